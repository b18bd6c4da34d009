"""The planned ANCOVA: one fit, the mean of each arm, its difference from the reference."""

from __future__ import annotations

import pandas as pd

from analysis.efficacy.settings import Settings
from analysis.stats.ancova import AncovaFit, fit_ancova
from analysis.stats.least_squares_means import contrast_reference, ls_means
from analysis.stats.linear_estimates import Estimate

WEIGHTS = "equal"


def fit_planned(settings: Settings, data: pd.DataFrame) -> AncovaFit:
    """Fit arm, strata and covariates of a run to one row per participant.

    Notes
    -----
    Model-based standard errors, residual degrees of freedom.
    """
    return fit_ancova(
        data,
        response="RESPONSE",
        factors=["ARM", *settings.strata],
        covariates=list(settings.covariates),
        std_errors="model",
    )


def arm_means(settings: Settings, fit: AncovaFit) -> dict[str, Estimate]:
    """Return the least-squares mean of each arm that the data hold, in the order of the arms."""
    found = {
        mean.groups[0][1]: mean
        for mean in ls_means(fit, ["ARM"], weights=WEIGHTS, level=settings.conf_level)
    }
    return {arm: found[arm] for arm in settings.arms if arm in found}


def arm_differences(settings: Settings, fit: AncovaFit) -> dict[str, Estimate]:
    """Return arm minus reference for each other arm that the data hold."""
    found = {
        estimate.label.removesuffix(f" - {settings.reference}"): estimate
        for estimate in contrast_reference(
            fit, "ARM", reference=settings.reference, weights=WEIGHTS,
            level=settings.conf_level, adjust="none",
        )
    }  # fmt: skip
    return {arm: found[arm] for arm in settings.arms if arm in found}
