"""The hypotheses of a run: the difference of each, and its p-value at the bound."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from analysis.brief import brief
from analysis.efficacy.comparisons import comparisons, has_several
from analysis.efficacy.primary import analyse, verdict_on
from analysis.efficacy.settings import Settings, for_endpoint
from analysis.errors import UserError
from analysis.sources.trial.hypotheses import planned_families
from analysis.stats.intervals import Interval


@brief
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Hypothesis:
    """That an arm clears the bound in an endpoint.

    Attributes
    ----------
    run
        What is analysed; its endpoint is that of the hypothesis.
    arm
        The arm that is compared with the reference.
    difference, reason
        The arm minus the reference; None, and why, where it cannot be estimated.
    p_value, better
        Two-sided, of the difference being the bound, 1 where there is no difference; and whether
        the estimate lies on the better side of the bound.
    """

    run: Settings
    arm: str
    difference: Interval | None
    reason: str
    p_value: float
    better: bool

    @property
    def contrast(self) -> str:
        """The comparison in words."""
        return self.run.contrast_of(self.arm)

    @property
    def directed(self) -> float:
        """The p-value, and 1 on the worse side of the bound, where nothing can be claimed."""
        return self.p_value if self.better else 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Hypotheses that are tested together by the method that the plan calls so."""

    method: str
    hypotheses: tuple[Hypothesis, ...]


def why_not_tested(run: Settings) -> str:
    """Say why the plan's procedure is not that of a run; "" where it is, or there is none.

    The hypotheses that a plan names are of its own endpoints and reference. A run of another one
    would test something else by their weights and order.
    """
    declared = run.trial.plan.analysis.multiplicity
    if declared is None or not declared.named:
        return ""
    other = [each.name for each in run.departures if each.name in ("endpoint", "reference")]
    return f"the run has another {' and '.join(other)} than the plan" if other else ""


@lru_cache(maxsize=8)
def hypotheses(run: Settings) -> tuple[Family, ...]:
    """Return the hypotheses that the plan tests, family by family in their order.

    Parameters
    ----------
    run
        What is analysed.

    Returns
    -------
    tuple of Family
        None where the plan declares no procedure, or where it is not that of the run. A
        hypothesis whose difference cannot be estimated stays in its family with the p-value 1.
    """
    plan = run.trial.plan
    declared = plan.analysis.multiplicity
    if declared is None or why_not_tested(run):
        return ()
    if not declared.named:
        if not has_several(run):
            return ()
        every = tuple(_hypothesis(run, arm) for arm in _in_order(run))
        return (Family(method=declared.method, hypotheses=every),)
    families = planned_families(plan)
    return tuple(
        Family(
            method=family.method,
            hypotheses=tuple(
                _hypothesis(of_endpoint(run, each.endpoint), each.arm) for each in family.hypotheses
            ),
        )
        for family in families
    )


def _in_order(run: Settings) -> Sequence[str]:
    """Return the arms as the plan orders them, those of the run that it does not name after."""
    own = [each.treatment for each in comparisons(run)]
    order = (run.trial.plan.arms.treatment, *run.trial.plan.arms.others)
    return [*(arm for arm in order if arm in own), *(arm for arm in own if arm not in order)]


@lru_cache(maxsize=32)
def of_endpoint(run: Settings, name: str) -> Settings:
    """Return the run for an endpoint of the plan: itself for the primary one.

    Parameters
    ----------
    run
        What is analysed.
    name
        The endpoint's name in the plan.

    Returns
    -------
    Settings
        The same one at every call: a fit is kept for the run that it was made with.
    """
    endpoints = run.trial.plan.endpoints
    if name == endpoints.primary.name:
        return run
    (endpoint,) = (each for each in endpoints.secondary if each.name == name)
    return for_endpoint(run, endpoint)


def _hypothesis(run: Settings, arm: str) -> Hypothesis:
    used, difference, reason = _difference(run, arm)
    p_value, better = (1.0, False) if difference is None else at_bound(run, difference)
    return Hypothesis(
        run=used, arm=arm, difference=difference, reason=reason, p_value=p_value, better=better
    )


def _difference(run: Settings, arm: str) -> tuple[Settings, Interval | None, str]:
    """Return what could be analysed, the difference of an arm, or None and why there is none."""
    try:
        found = analyse(run)
    except UserError as error:
        if arm == run.treatment:
            return run, None, str(error)
        # Perhaps the arm under test alone cannot be analysed.
        return _difference(replace(run, treatment=arm), arm)
    difference = {run.treatment: found.contrast, **found.others}.get(arm)
    if difference is None:
        return run, None, "nobody of the arm has the endpoint"
    if difference.estimate is None:
        return run, None, difference.reason
    return run, difference, ""


def at_bound(run: Settings, difference: Interval) -> tuple[float, bool]:
    """Return the two-sided p-value of a difference being the bound, and whether it is better.

    Notes
    -----
    The bound is that of the verdict: no effect, or the margin where there is one. Equivalence has
    two, and the larger of both one-sided p-values, doubled. A method without a test has the
    p-value 1, with which nothing can be claimed.
    """
    verdict, estimate = verdict_on(run, difference), difference.estimate
    p_value = verdict.two_sided_p
    if estimate is None or p_value is None:
        return 1.0, False
    return p_value, verdict.bound_low < estimate < verdict.bound_high
