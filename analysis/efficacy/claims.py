"""What may be claimed of several comparisons: their p-values adjusted as the plan declares."""

import math
from dataclasses import dataclass
from functools import lru_cache

from analysis.efficacy.comparisons import comparisons, has_several
from analysis.efficacy.primary import analyse, verdict_on
from analysis.efficacy.settings import Settings
from analysis.numbers import p_value
from analysis.sources.trial.vocabulary import MULTIPLICITY
from analysis.stats.intervals import Interval, t_limits
from analysis.stats.multiplicity import adjust_p_values
from analysis.words import counted

CLAIMED, NOT_CLAIMED = "may be claimed", "may not be claimed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One hypothesis of a family, that an arm clears the bound, and whether it may be claimed.

    Attributes
    ----------
    contrast
        The comparison in words.
    p_value, lower, upper
        Adjusted p-value, two-sided, of the difference being the bound, and simultaneous limits;
        None where there are none.
    conclusion, reason
        Whether it may be claimed, and if not why not.
    """

    contrast: str
    p_value: float | None
    lower: float | None
    upper: float | None
    conclusion: str
    reason: str


Adjusted = tuple[float | None, float | None, float | None]
"""Adjusted p-value, lower and upper simultaneous limit."""


@lru_cache(maxsize=8)
def claims(run: Settings) -> tuple[Claim, ...]:
    """Return the hypotheses in the order in which they are tested; none where none is declared.

    Notes
    -----
    The hypothesis of an arm is that of the verdict: no difference, or the margin where there is
    one. It may be claimed where the adjusted two-sided p-value is below one minus the confidence
    level and the estimate lies on the better side of the bound; in a fixed sequence only where
    all before it may be. An arm that cannot be compared stays in the family with the p-value 1.
    """
    declared = run.trial.plan.analysis.multiplicity
    if declared is None or not has_several(run):
        return ()
    primary = analyse(run)
    differences = {run.treatment: primary.contrast, **primary.others}
    arms = _in_order(run)
    adjusted = _adjusted(run, declared.method, [differences.get(arm) for arm in arms])
    found: list[Claim] = []
    for arm, (p_adjusted, lower, upper) in zip(arms, adjusted, strict=True):
        why = _why_not(run, differences.get(arm), p_adjusted)
        before = [each.contrast for each in found if each.conclusion == NOT_CLAIMED]
        if declared.method == "fixed sequence" and before:
            why = f"{before[0]}, which is tested before it, may not be claimed"
        found.append(
            Claim(
                contrast=f"{arm} − {run.reference}", p_value=p_adjusted, lower=lower, upper=upper,
                conclusion=NOT_CLAIMED if why else CLAIMED, reason=why,
            )
        )  # fmt: skip
    return tuple(found)


def _in_order(run: Settings) -> list[str]:
    """Return the arms as the plan orders them, those of the run that it does not name after."""
    declared = run.trial.plan.analysis.multiplicity
    own = [each.treatment for each in comparisons(run)]
    plan = run.trial.plan.arms
    order = (declared.order if declared else ()) or (plan.treatment, *plan.others)
    return [*(arm for arm in order if arm in own), *(arm for arm in own if arm not in order)]


def _why_not(run: Settings, difference: Interval | None, p_adjusted: float | None) -> str:
    if difference is None:
        return "nobody of the arm has the endpoint"
    if p_adjusted is None:
        return "the adjustment is not computed: it needs the model fitted to one data set"
    if difference.estimate is None:
        return f"it is not estimable: {difference.reason}"
    bound = verdict_on(run, difference).bound
    better = 1.0 if run.effect_direction == "higher" else -1.0
    if (difference.estimate - bound) * better <= 0.0:
        return "the estimate is not on the better side of the bound"
    alpha = 1.0 - run.conf_level
    if p_adjusted >= alpha:
        return f"its adjusted p is not below {alpha:.4g}"
    return ""


def _adjusted(run: Settings, method: str, family: list[Interval | None]) -> list[Adjusted]:
    """Return the adjusted p-value and the simultaneous limits of each of a family."""
    if method == "Dunnett":
        return _by_dunnett(run, family)
    p_values = [1.0 if each is None else _p_at_bound(run, each) for each in family]
    found = adjust_p_values(p_values, method=MULTIPLICITY[method])
    share = 1.0 - (1.0 - run.conf_level) / len(family)

    def limits(each: Interval) -> tuple[float | None, float | None]:
        if method != "Bonferroni":
            return None, None
        if each.null or each.estimate is None or each.std_error is None or each.df is None:
            return None, None
        return t_limits(each.estimate, each.std_error, df=each.df, level=share)

    return [
        (None, None, None) if each is None else (float(p_adjusted), *limits(each))
        for each, p_adjusted in zip(family, found, strict=True)
    ]


def _p_at_bound(run: Settings, difference: Interval) -> float:
    """Return the p-value at the bound; of what has none, 1."""
    found = difference.p_at(verdict_on(run, difference).bound)
    return 1.0 if found is None else found


def _by_dunnett(run: Settings, family: list[Interval | None]) -> list[Adjusted]:
    """Return Dunnett's from the fitted model, which knows how the differences go together."""
    none: Adjusted = (None, None, None)
    if run.missing_data == "multiple imputation":
        return [none for _ in family]
    bound = next((verdict_on(run, each).bound for each in family if each), 0.0)
    joint = analyse(run).fitted.dunnett(bound)
    return [
        (joint[arm].p_value, joint[arm].lower, joint[arm].upper) if each else none
        for arm, each in zip(_in_order(run), family, strict=True)
    ]


def claims_words(run: Settings) -> str:
    """Say how several comparisons are adjusted and what may be claimed; "" of one comparison."""
    if not has_several(run):
        return ""
    number = counted(len(comparisons(run)), "comparison")
    declared = run.trial.plan.analysis.multiplicity
    if declared is None:
        return (
            f"The {number} with {run.reference} are not adjusted for multiplicity: the plan "
            "declares no procedure."
        )
    said = [
        f"{each.contrast} {each.conclusion}"
        + ("" if each.p_value is None else f" (adjusted p {p_value(each.p_value)})")
        + (f", because {each.reason}" if each.reason else "")
        for each in claims(run)
    ]
    return f"{number.capitalize()}, adjusted by {declared.method}: {'; '.join(said)}."


def claim_columns(run: Settings, contrast: str) -> dict[str, float | str]:
    """Return the adjusted results of one comparison under the names of the vocabulary."""
    found = next((each for each in claims(run) if each.contrast == contrast), None)
    if found is None:
        return {}
    numbers = {
        "p.value.adjusted": found.p_value,
        "conf.low.adjusted": found.lower,
        "conf.high.adjusted": found.upper,
    }
    there = {name: value for name, value in numbers.items()
             if value is not None and math.isfinite(value)}  # fmt: skip
    return there | {"claimed": found.conclusion, "claimed.reason": found.reason}
