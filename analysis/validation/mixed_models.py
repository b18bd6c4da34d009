"""Published mixed models for repeated measures, recomputed."""

from functools import cache, partial

import numpy as np

from analysis.stats.least_squares_means import contrast_reference, ls_means
from analysis.stats.mmrm import MmrmFit, fit_mmrm
from analysis.validation.tables import load_data
from analysis.validation.values import Case, Values, taken, together

VISITS = ["VIS1", "VIS2", "VIS3", "VIS4"]
FULL_ONLY = ("unstructured", "toeplitz", "compound-symmetry")
BOTH_FORMS = (
    *("ar1", "ar1-heterogeneous", "toeplitz-heterogeneous"),
    *("compound-symmetry-heterogeneous", "ante-dependence"),
)
"""Structures for which SAS output of one or of both forms of Kenward and Roger's is public."""
NO_LIKELIHOOD = "ar1-heterogeneous"
PARAMETERS = (
    *("unstructured", "ar1", "toeplitz", "toeplitz-heterogeneous"),
    *("compound-symmetry-heterogeneous", "compound-symmetry", "ante-dependence"),
)
INTERCEPT_ONLY = ("unstructured", "ante-dependence", "toeplitz-heterogeneous")


@cache
def _fit_fev(structure: str, df_method: str, factors: tuple[str, ...] = ("arm",)) -> MmrmFit:
    long = load_data("mmrm_fev_wide").melt(
        id_vars=["subject", "arm"], var_name="visit", value_name="fev"
    )
    return fit_mmrm(
        long, response="fev", subject="subject", visit="visit", visits=VISITS,
        factors=list(factors), structure=structure, df_method=df_method,
    )  # fmt: skip


def fev_difference(structure: str) -> Values:
    """Estimate the treatment difference in FEV1, averaged over visits."""
    forms = ["kenward-roger"] + ["kenward-roger-linear"] * (structure in BOTH_FORMS)
    parts = []
    for form in forms:
        fit = _fit_fev(structure, form)
        (found,) = contrast_reference(
            fit, "arm", reference="PBO", weights="equal", level=0.95, adjust="none"
        )
        parts.append(taken(form, found, "estimate std_error df"))
        if structure != NO_LIKELIHOOD:
            parts.append(taken(form, fit, "minus2_restricted_loglik"))
    if structure == "unstructured":
        parts.append(taken("REML fit", fit, "aic aicc"))
    return together(parts)


def fev_means() -> Values:
    """Estimate the mean FEV1 of each arm."""
    fit = _fit_fev("unstructured", "kenward-roger")
    return together(
        taken("kenward-roger", mean, "estimate std_error df lower upper", f"{mean.label}, ")
        for mean in ls_means(fit, ["arm"], weights="equal", level=0.95)
    )


def fev_covariance(structure: str) -> Values:
    """Estimate the covariance parameters of the FEV1 data."""
    fit = _fit_fev(structure, "kenward-roger")
    return {
        ("REML fit", name): float(value)
        for name, value in zip(fit.parameter_names, fit.parameters, strict=True)
    }


def fev_overall_mean(structure: str) -> Values:
    """Estimate the overall mean of FEV1 without any factor."""
    fit = _fit_fev(structure, "satterthwaite", ())
    (mean,) = ls_means(fit, [], weights="equal", level=0.95)
    model = taken("satterthwaite", fit, "minus2_restricted_loglik aicc")
    return taken("satterthwaite", mean, "estimate std_error df") | model


def potthoff_roy() -> Values:
    """Compare boys and girls at each age; the data are complete, so the answers are exact."""
    growth = load_data("potthoff_roy")
    values: dict[tuple[str, str], float] = {}
    for df_method in ("satterthwaite", "kenward-roger", "kenward-roger-linear"):
        fit = fit_mmrm(
            growth, response="distance", subject="subject", visit="age",
            factors=["sex", "age"], interactions=[("sex", "age")],
            structure="unstructured", df_method=df_method,
        )  # fmt: skip
        by_age = contrast_reference(
            fit, "sex", reference="Female", weights="equal", level=0.95, adjust="none", by=["age"]
        )
        df = [difference.df for difference in by_age]
        values[df_method, "smallest df of the sex difference"] = min(df)
        values[df_method, "largest df of the sex difference"] = max(df)
    wide = growth.pivot(index=["subject", "sex"], columns="age", values="distance")
    centred = (wide - wide.groupby(level="sex").transform("mean")).to_numpy()
    pooled = centred.T @ centred / (len(wide) - 2)
    gap = np.abs(fit.visit_covariance - pooled).max()
    quantity = "largest difference from the pooled within-sex covariance"
    return values | {("unstructured covariance", quantity): float(gap)}


MIXED_CASES: dict[str, Case] = {
    "Potthoff and Roy": potthoff_roy,
    "FEV1, means, unstructured": fev_means,
    **{
        f"FEV1, treatment difference, {structure}": partial(fev_difference, structure)
        for structure in (*FULL_ONLY, *BOTH_FORMS)
    },
    **{f"FEV1, covariance, {name}": partial(fev_covariance, name) for name in PARAMETERS},
    **{f"FEV1, overall mean, {name}": partial(fev_overall_mean, name) for name in INTERCEPT_ONLY},
}
