"""What a method of the plan is, and what each of them finds."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from analysis.brief import brief
from analysis.efficacy.methods.subgroups import Effects
from analysis.efficacy.settings import Settings
from analysis.stats.intervals import Interval
from analysis.stats.least_squares_means import Along, LinearFit, contrast_reference, ls_means
from analysis.stats.linear_estimates import Estimate

WEIGHTS = "equal"
RESIDUALS = ("arm", "fitted", "residual")

Estimates = Mapping[str, Estimate | Interval]
"""Arm → what was estimated of it."""


@brief
@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """What a method found at the endpoint's visit.

    Attributes
    ----------
    means, differences
        Arm → its mean, the reference first; other arm → its difference from the reference.
    n, rests_on, words
        Participants analysed; participants and records in words; the model in words.
    residuals
        `RESIDUALS` of those analysed at the endpoint's visit; empty of a model that has none.
    dunnett
        Bound → other arm → its difference with Dunnett's p-value of the bound and limits.
    """

    means: Estimates
    differences: Estimates
    n: int
    rests_on: str
    words: str
    residuals: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=[*RESIDUALS]))
    dunnett: Callable[[float], dict[str, Estimate]] = field(
        default=lambda _bound: {}, repr=False, compare=False
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """A method that a plan can name, and whether it models all visits or the endpoint's alone.

    `needs` names the columns of which a row that is analysed lacks none. `fit` goes from settings
    and data to what was found; `effects` from settings, data with the column ``subgroup`` and
    the strata to `Effects`.
    """

    name: str
    visits: bool
    needs: Callable[[Settings], Sequence[str]]
    fit: Callable[[Settings, pd.DataFrame], Fitted]
    effects: Callable[[Settings, pd.DataFrame, tuple[str, ...]], Effects]


def model_columns(settings: Settings, *, covariates: bool = True) -> list[str]:
    """Return the columns of a model of the response, the arm beside them."""
    return ["response", *settings.strata, *(settings.covariates if covariates else ())]


def of_arms(
    settings: Settings, fit: LinearFit, along: Along | None = None
) -> tuple[dict[str, Estimate], dict[str, Estimate]]:
    """Return the mean of each arm, and each other arm minus the reference.

    An arm that the data do not hold, or not at the visit, has neither.
    """
    level = settings.conf_level
    means = {
        dict(each.groups)["arm"]: each
        for each in ls_means(fit, ["arm"], weights=WEIGHTS, level=level, along=along)
    }
    return _ordered(settings, means), _differences(settings, fit, along)


def dunnett_of(
    settings: Settings, fit: LinearFit, along: Along | None = None
) -> Callable[[float], dict[str, Estimate]]:
    """Return what gives each other arm minus the reference by Dunnett, tested at a bound."""
    return lambda bound: _differences(settings, fit, along, adjust="dunnett", null=bound)


def _differences(
    settings: Settings, fit: LinearFit, along: Along | None, adjust: str = "none", null: float = 0.0
) -> dict[str, Estimate]:
    reference = settings.reference
    differences = {
        each.label.removesuffix(f" - {reference}"): each
        for each in contrast_reference(
            fit, "arm", reference=reference, weights=WEIGHTS, level=settings.conf_level,
            adjust=adjust, along=along, null=null,
        )
    }  # fmt: skip
    return _ordered(settings, differences)


def _ordered(settings: Settings, found: dict[str, Estimate]) -> dict[str, Estimate]:
    return {arm: found[arm] for arm in settings.arms if arm in found and not found[arm].reason}
