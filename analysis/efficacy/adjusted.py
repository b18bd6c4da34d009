"""The p-values of a run's hypotheses, adjusted by the procedure that the plan declares."""

from collections.abc import Iterable, Sequence

from analysis.efficacy.hypotheses import Family, Hypothesis
from analysis.efficacy.primary import analyse, verdict_on
from analysis.sources.trial.plan_multiplicity import Multiplicity
from analysis.sources.trial.vocabulary import MULTIPLICITY
from analysis.stats.gatekeeping import gate_families
from analysis.stats.graphical import adjust_by_graph, adjust_fallback
from analysis.stats.multiplicity import adjust_p_values

Adjusted = tuple[float | None, float | None, float | None]
"""Adjusted p-value, lower and upper simultaneous limit."""
_NONE: Adjusted = (None, None, None)


def adjusted(declared: Multiplicity, families: Sequence[Family]) -> list[Adjusted]:
    """Return the adjusted p-value, and the simultaneous limits where the procedure has them.

    Parameters
    ----------
    declared
        What the plan says of the procedure.
    families
        The hypotheses of the run.

    Returns
    -------
    list
        One for each hypothesis, in the order of the families.

    Notes
    -----
    Where one hypothesis opens the way to another, an estimate on the worse side of the bound
    counts as the p-value 1: it allows no claim, and so none after it.
    """
    every = [each for family in families for each in family.hypotheses]
    directed = [each.directed for each in every]
    if declared.method == "graphical":
        moves = declared.transitions
        return _alone(every, adjust_by_graph(directed, weights=declared.weights, transitions=moves))
    if declared.method == "fallback":
        return _alone(every, adjust_fallback(directed, weights=declared.weights))
    if declared.method == "gatekeeping":
        return _by_gates(declared, families)
    (family,) = families
    if family.method == "Dunnett":
        return _by_dunnett(every)
    in_order = family.method == "fixed sequence"
    p_values = directed if in_order else [each.p_value for each in every]
    found = _alone(every, adjust_p_values(p_values, method=MULTIPLICITY[family.method]))
    return _with_limits(every, found) if family.method == "Bonferroni" else found


def _alone(hypotheses: Sequence[Hypothesis], p_values: Iterable[float]) -> list[Adjusted]:
    """Return adjusted p-values without limits; none where there is no difference."""
    return [
        _NONE if each.difference is None else (float(p_value), None, None)
        for each, p_value in zip(hypotheses, p_values, strict=True)
    ]


def _with_limits(hypotheses: Sequence[Hypothesis], found: list[Adjusted]) -> list[Adjusted]:
    """Add Bonferroni's simultaneous limits."""
    share = 1.0 - (1.0 - hypotheses[0].run.conf_level) / len(hypotheses)
    return [
        _NONE if each.difference is None else (p_value, *each.difference.limits_at(share))
        for each, (p_value, _, _) in zip(hypotheses, found, strict=True)
    ]  # fmt: skip


def _by_gates(declared: Multiplicity, families: Sequence[Family]) -> list[Adjusted]:
    """Return what each family gives for itself, held back by those before it."""
    within: list[list[float]] = []
    for family in families:
        own = _for_itself(family)
        if own is None:
            break  # What comes after it is not known either.
        within.append(own)
    found = gate_families(within, gate=declared.gate)
    known = [_alone(family.hypotheses, p) for family, p in zip(families, found, strict=False)]
    missing = sum(len(family.hypotheses) for family in families[len(within) :])
    return [each for family in known for each in family] + [_NONE] * missing


def _for_itself(family: Family) -> list[float] | None:
    """Return the adjusted p-values of a family within gatekeeping; None where not computed."""
    if family.method != "Dunnett":
        directed = [each.directed for each in family.hypotheses]
        return [float(p) for p in adjust_p_values(directed, method=MULTIPLICITY[family.method])]
    joint = [p_value for p_value, _, _ in _by_dunnett(family.hypotheses)]
    # Dunnett's test is of both sides, whatever the estimate.
    found = [p_value if each.better else 1.0
             for each, p_value in zip(family.hypotheses, joint, strict=True)]  # fmt: skip
    return None if None in found else [p for p in found if p is not None]


def _by_dunnett(hypotheses: Sequence[Hypothesis]) -> list[Adjusted]:
    """Return Dunnett's from the fitted model, which knows how the differences go together."""
    first = next((each for each in hypotheses if each.difference), None)
    if first is None or not first.difference or first.run.missing_data == "multiple imputation":
        return [_NONE for _ in hypotheses]
    verdict = verdict_on(first.run, first.difference)
    if verdict.has_two_bounds:  # Of two bounds there is no one test of all arms.
        return [_NONE for _ in hypotheses]
    # A model that does not know how its effects go together has none.
    joint = analyse(first.run).fitted.dunnett(verdict.bound)
    return [
        (joint[each.arm].p_value, joint[each.arm].lower, joint[each.arm].upper)
        if each.difference and each.arm in joint else _NONE
        for each in hypotheses
    ]  # fmt: skip
