"""The hypotheses that a plan tests: which arm in which endpoint, family by family."""

from dataclasses import dataclass

from analysis.errors import UserError
from analysis.sources.trial.columns import nearest
from analysis.sources.trial.plan import Arms, TrialPlan
from analysis.sources.trial.plan_multiplicity import Hypothesis


@dataclass(frozen=True, slots=True)
class PlannedHypothesis:
    """A hypothesis by the names of its endpoint and of the arm that is compared."""

    endpoint: str
    arm: str


@dataclass(frozen=True, slots=True)
class PlannedFamily:
    """Hypotheses that are tested together, and how."""

    method: str
    hypotheses: tuple[PlannedHypothesis, ...]


def compared(arms: Arms) -> tuple[str, ...]:
    """Return the arms that are compared with the reference, the one under test first."""
    return (arms.treatment, *arms.others) if arms.reference else ()


def planned_families(plan: TrialPlan) -> tuple[PlannedFamily, ...]:
    """Return what the plan tests, in the order in which it is tested.

    Parameters
    ----------
    plan
        The plan of a trial.

    Returns
    -------
    tuple of PlannedFamily
        Of gatekeeping its families, of another procedure one; none where none is declared.

    Raises
    ------
    UserError
        If a name is none of the plan's, or does not say which hypothesis it is.

    Examples
    --------
    >>> from analysis.sources.trial.trial import load_trial
    >>> planned_families(load_trial("ghd").plan)
    ()
    """
    declared = plan.analysis.multiplicity
    if declared is None:
        return ()
    if declared.families:
        last = len(declared.families) - 1
        return tuple(
            PlannedFamily(
                family.method or _usual(declared.gate, place == last),
                tuple(which(plan, each) for each in family.hypotheses),
            )
            for place, family in enumerate(declared.families)
        )
    named = declared.order or declared.hypotheses
    if named:
        return (PlannedFamily(declared.method, tuple(which(plan, each) for each in named)),)
    primary = plan.endpoints.primary.name
    every = tuple(PlannedHypothesis(primary, arm) for arm in compared(plan.arms))
    return (PlannedFamily(declared.method, every),)


def _usual(gate: str, last: bool) -> str:
    # Bonferroni's level splits into parts that a parallel gate can pass on.
    return "Bonferroni" if gate == "parallel" and not last else "Holm"


def which(plan: TrialPlan, hypothesis: Hypothesis) -> PlannedHypothesis:
    """Return which hypothesis of the plan is meant.

    Raises
    ------
    UserError
        If a name is none of the plan's, or does not say which hypothesis it is.
    """
    arms = compared(plan.arms)
    endpoints = tuple(each.name for each in plan.endpoints.all)
    endpoint, arm = hypothesis.endpoint, hypothesis.arm
    if hypothesis.name:
        if endpoint or arm:
            raise UserError(f"'{hypothesis.name}' must stand alone, or be an endpoint or an arm")
        endpoint, arm = _word(hypothesis.name, endpoints, arms)
    if not arms:
        raise UserError("a trial without a reference compares no arms; remove it")
    if not endpoint and not arm:
        raise UserError("a hypothesis must name an endpoint or an arm; one names neither")
    if endpoint and endpoint not in endpoints:
        raise _none("endpoint", endpoint, endpoints)
    if endpoints.count(endpoint) > 1:
        raise UserError(f"two endpoints are called '{endpoint}'; give them different names")
    if arm and arm not in arms:
        raise _none("arm", arm, arms)
    if not arm and len(arms) > 1:
        raise UserError(
            f"'{endpoint}' must say which arm it is of: {{endpoint: …, arm: …}}, where the arm is "
            f"one of {', '.join(arms)}"
        )
    return PlannedHypothesis(endpoint or endpoints[0], arm or arms[0])


def _word(name: str, endpoints: tuple[str, ...], arms: tuple[str, ...]) -> tuple[str, str]:
    """Return the endpoint and the arm, one of them empty, that a word alone means."""
    if name in arms:
        return "", name
    if name in endpoints:
        return name, ""
    what = "an arm that is compared" if len(arms) > 1 else "an endpoint"
    near = nearest(name, (*endpoints, *arms))
    near = near or _listed(arms if len(arms) > 1 else endpoints)
    raise UserError(f"'{name}' must be {what}{near}")


def _none(what: str, name: str, known: tuple[str, ...]) -> UserError:
    return UserError(
        f"'{name}' is no {what} that is tested{nearest(name, known) or _listed(known)}"
    )


def _listed(known: tuple[str, ...]) -> str:
    return f"; there is {', '.join(known)}"
