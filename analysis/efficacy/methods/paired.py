"""Paired change within the participants of a single arm."""

import math

import pandas as pd

from analysis import exact
from analysis.efficacy.methods.method import Fitted, Method
from analysis.efficacy.methods.subgroups import Effects
from analysis.efficacy.settings import Settings
from analysis.errors import UserError
from analysis.stats.linear_estimates import make_estimate

NEEDS = ["AVAL", "BASE"]


def _fit(settings: Settings, data: pd.DataFrame) -> Fitted:
    """Return the mean change of those with baseline and value, with its paired t interval."""
    if "BASE" not in data:
        raise UserError(
            f"{settings.endpoint.dataset} has no BASE, so there is no change from baseline"
        )
    both = data.dropna(subset=NEEDS)
    change = exact.difference(both["AVAL"], both["BASE"])
    if len(change) < 2:
        raise UserError(f"a paired t interval needs two participants or more; got {len(change)}")
    mean, sd, size = exact.mean(change), exact.deviation(change), len(change)
    estimate = make_estimate(
        label=settings.treatment, estimate=mean, std_error=sd / math.sqrt(size), df=size - 1,
        level=settings.conf_level,
    )  # fmt: skip
    return Fitted(
        means={settings.treatment: estimate},
        differences={},
        n=size,
        rests_on=f"n {settings.said(size)}",
        words="value minus baseline within participants; paired t interval",
        residuals=pd.DataFrame(
            {"arm": both["arm"].to_numpy(), "fitted": mean, "residual": change - mean}
        ),
    )


def _effects(_settings: Settings, _data: pd.DataFrame, _strata: tuple[str, ...]) -> Effects:
    raise UserError("a single arm has no difference that subgroups could change")


PAIRED = Method(name="paired t", visits=False, needs=lambda _: NEEDS, fit=_fit, effects=_effects)
