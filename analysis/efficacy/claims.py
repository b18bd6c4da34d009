"""What may be claimed of several hypotheses: their p-values adjusted as the plan declares."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from analysis.efficacy.adjusted import adjusted
from analysis.efficacy.comparisons import comparisons, has_several
from analysis.efficacy.held_back import held_back
from analysis.efficacy.hypotheses import Hypothesis, hypotheses, why_not_tested
from analysis.efficacy.primary import verdict_on
from analysis.efficacy.settings import Settings
from analysis.numbers import p_value
from analysis.sources.trial.plan_multiplicity import Multiplicity
from analysis.words import counted

CLAIMED, NOT_CLAIMED = "may be claimed", "may not be claimed"
UNTESTED = "the procedure of the plan does not test it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One hypothesis, that an arm clears the margin, and whether it may be claimed.

    Attributes
    ----------
    hypothesis
        Its difference and p-value as they are, for itself.
    endpoint, contrast, name
        The endpoint, the comparison in words, and what tells it from the others of the plan.
    p_value, lower, upper
        Adjusted p-value, two-sided, of the difference being the margin, and simultaneous limits;
        None where there are none.
    conclusion, reason
        Whether it may be claimed, and if not why not.
    """

    hypothesis: Hypothesis
    endpoint: str
    contrast: str
    name: str
    p_value: float | None
    lower: float | None
    upper: float | None
    conclusion: str
    reason: str


@lru_cache(maxsize=8)
def claims(run: Settings) -> tuple[Claim, ...]:
    """Return the hypotheses in the order in which they are tested; none where none is declared.

    Notes
    -----
    The hypothesis of an arm is that of the verdict: no difference, or in the primary endpoint the
    margin where there is one. It may be claimed where the adjusted two-sided p-value is below one
    minus the confidence level and the estimate lies on the better side of the bound. What cannot
    be estimated stays among the hypotheses with the p-value 1.
    """
    declared = run.trial.plan.analysis.multiplicity
    families = hypotheses(run)
    if declared is None or not families:
        return ()
    every = [each for family in families for each in family.hypotheses]
    found = adjusted(declared, families)
    alpha = 1.0 - run.conf_level
    claimed = [
        each.better and p_adjusted is not None and p_adjusted < alpha
        for each, (p_adjusted, _, _) in zip(every, found, strict=True)
    ]
    names = _names(run, every)
    before = held_back(declared, families, claimed, names)
    return tuple(
        Claim(
            hypothesis=each,
            endpoint=each.run.endpoint.name,
            contrast=each.contrast,
            name=name,
            p_value=p_adjusted,
            lower=lower,
            upper=upper,
            conclusion=CLAIMED if clear else NOT_CLAIMED,
            reason="" if clear else _why_not(each, p_adjusted, alpha, waiting),
        )
        for each, (p_adjusted, lower, upper), name, clear, waiting in zip(
            every, found, names, claimed, before, strict=True
        )
    )


def _names(run: Settings, every: Sequence[Hypothesis]) -> list[str]:
    """Return the name of each hypothesis: what tells it from the others."""
    if len({each.run.endpoint.name for each in every}) == 1:
        return [each.contrast for each in every]
    if not has_several(run):
        return [each.run.endpoint.name for each in every]
    return [f"{each.run.endpoint.name}, {each.contrast}" for each in every]


def _why_not(hypothesis: Hypothesis, p_adjusted: float | None, alpha: float, waiting: str) -> str:
    if hypothesis.difference is None:
        return hypothesis.reason
    if waiting:
        return waiting
    if p_adjusted is None:
        return (
            "the adjustment is not computed: it needs a linear model fitted to one data set, which "
            "knows how the differences go together, and a verdict with one margin"
        )
    if not hypothesis.better:
        verdict = verdict_on(hypothesis.run, hypothesis.difference)
        where = "between" if verdict.has_two_bounds else "on the better side of"
        return f"the estimate is not {where} {verdict.margin_words}"
    return f"its adjusted p is not below {alpha:.4g}"


def claims_words(run: Settings) -> str:
    """Say how the hypotheses of the run's endpoint are adjusted, and what may be claimed.

    "" where there is one comparison and nothing is declared.
    """
    declared = run.trial.plan.analysis.multiplicity
    if declared is None:
        return _unadjusted(run, "the plan declares no procedure") if has_several(run) else ""
    other = why_not_tested(run)
    if other:
        return _unadjusted(run, f"the plan's procedure is not that of this run, because {other}")
    every = claims(run)
    own = [each for each in every if each.hypothesis.run.endpoint is run.endpoint]
    said = "; ".join(_said(each) for each in own)
    if len(own) == len(every):
        number = counted(len(own), "comparison").capitalize()
        return f"{number}, adjusted by {procedure_words(declared)}: {said}." if own else ""
    number = f"Of {counted(len(every), 'hypothesis')}, tested by {procedure_words(declared)}"
    return f"{number}, those of this endpoint: {said or 'none'}."


def procedure_words(declared: Multiplicity) -> str:
    """Return what the plan calls its procedure, as a sentence has it after "by".

    Examples
    --------
    >>> procedure_words(Multiplicity(method="graphical"))
    'a graphical procedure'
    """
    if declared.method == "gatekeeping":
        return f"{declared.gate} gatekeeping"
    named = {"graphical": "a graphical procedure", "fallback": "the fallback procedure"}
    return named.get(declared.method, declared.method)


def _said(claim: Claim) -> str:
    p_adjusted = "" if claim.p_value is None else f" (adjusted p {p_value(claim.p_value)})"
    reason = f", because {claim.reason}" if claim.reason else ""
    return f"{claim.contrast} {claim.conclusion}{p_adjusted}{reason}"


def _unadjusted(run: Settings, why: str) -> str:
    number = counted(len(comparisons(run)), "comparison")
    verb = "are" if has_several(run) else "is"
    return f"The {number} with {run.reference} {verb} not adjusted for multiplicity: {why}."


def claim_columns(run: Settings, contrast: str) -> dict[str, float | str]:
    """Return the adjusted results of one comparison under the names of the vocabulary."""
    every = [each for each in claims(run) if each.hypothesis.run.endpoint is run.endpoint]
    found = next((each for each in every if each.contrast == contrast), None)
    if found is not None:
        return columns_of(found)
    # Who reads a comparison beside those that are tested must know that it is not one.
    return {"claimed": NOT_CLAIMED, "claimed.reason": UNTESTED} if claims(run) else {}


def columns_of(claim: Claim) -> dict[str, float | str]:
    """Return the adjusted results of a hypothesis under the names of the vocabulary."""
    numbers = {
        "p.value.adjusted": claim.p_value,
        "conf.low.adjusted": claim.lower,
        "conf.high.adjusted": claim.upper,
    }
    there = {name: value for name, value in numbers.items()
             if value is not None and math.isfinite(value)}  # fmt: skip
    return there | {"claimed": claim.conclusion, "claimed.reason": claim.reason}
