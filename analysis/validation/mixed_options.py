"""Published joint tests of mixed models, and their options, recomputed."""

from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Any

from analysis.stats.mmrm import MmrmFit, fit_mmrm
from analysis.validation.tables import load_data
from analysis.validation.values import Case, Values, taken, together

VISITS = ("VIS1", "VIS2", "VIS3", "VIS4")
FIVE_TERMS: dict[str, Any] = {
    "factors": ("arm", "visit", "race", "sex"),
    "interactions": ("arm:visit",),
}
FIRST_VISIT = {"visit": "VIS1", "arm": "PBO", "sex": "Male", "race": "Asian"}
LAST_VISIT = FIRST_VISIT | {"visit": "VIS4"}
"""Reference levels of the listings: those that SAS sorts last."""
CRITERIA = "minus2_loglik aic aicc bic"
MEANS: dict[str, Any] = {"weights": "equal", "level": 0.95}


@cache
def _fit(structure: str, df_method: str, **options: Any) -> MmrmFit:
    given = {"factors": (), **options}
    return fit_mmrm(
        load_data("mmrm_fev_long"), response="fev", subject="subject", visit="visit",
        visits=VISITS, structure=structure, df_method=df_method, **given,
    )  # fmt: skip


def _tests(method: str, fit: MmrmFit, references: Mapping[str, str], names: str) -> Values:
    return together(
        taken(method, test, names, f"{test.term}, ")
        for test in fit.type3_tests(references=references)
    )


def _terms(
    structure: str,
    df_method: str,
    references: Mapping[str, str],
    names: str = "df_denominator f_value",
    criteria: str = CRITERIA,
    **options: Any,
) -> Values:
    """Test every term, and take the fit statistics."""
    fit = _fit(structure, df_method, **options)
    return together([_tests(df_method, fit, references, names), taken("fit", fit, criteria)])


def _treatment() -> Values:
    """Test the treatment by Kenward and Roger's method in four structures."""
    kinds = (("unstructured", "kr"), ("ar1", "kr"), ("ar1", "krl"), ("cs", "kr"), ("toep", "kr"))
    return together(
        _tests(f"{structure}, {form}", _fit(structure, form, factors=("arm",)), {},
               "df_denominator f_value")
        for structure, form in kinds
    )  # fmt: skip


def _visit_by_reference() -> Values:
    """Give the df of the visit effect against each visit."""
    crossed: dict[str, Any] = {"factors": ("arm", "visit"), "interactions": ("arm:visit",)}
    fit = _fit("unstructured", "satterthwaite", **crossed)
    found = {}
    for visit in VISITS:
        (test,) = fit.type3_tests("visit", references={"visit": visit})
        found["satterthwaite", f"visit against {visit}, df"] = test.df_denominator
    return found


def _weighted(df_method: str) -> Values:
    """Compare the arms at each visit with record weights."""
    fit = _fit("unstructured", df_method, weights="weight", **FIVE_TERMS)
    return together(
        taken(df_method, found, "estimate std_error df", f"{visit}, ")
        for visit, found in zip(
            VISITS,
            fit.contrast("arm", reference="PBO", by="visit", adjust="none", **MEANS),
            strict=True,
        )
    )


def _empirical(structure: str, weights: str | None) -> Values:
    """Estimate the arms with empirical standard errors."""
    fit = _fit(
        structure, "between-within", factors=("arm",), std_errors="empirical", weights=weights
    )
    means = fit.ls_means("arm", **MEANS)
    parts = [taken("empirical", mean, "estimate std_error df", f"{mean.label}, ") for mean in means]
    return together([*parts, _tests("empirical", fit, {}, "f_value"), taken("fit", fit, "bic")])


def _grouped(structure: str, estimation: str) -> Values:
    """Estimate the overall mean with a covariance of its own in each arm."""
    fit = _fit(structure, "satterthwaite", group="arm", estimation=estimation)
    (mean,) = fit.ls_means((), **MEANS)
    names = zip(fit.parameter_names, fit.parameters.tolist(), strict=True)
    parameters = {("covariance", name): value for name, value in names}
    parts = [taken("fit", fit, CRITERIA), taken("satterthwaite", mean, "estimate std_error df")]
    return together([parameters, *parts])


def _growth(df_method: str) -> Values:
    """Test sex, age and their interaction in complete data."""
    fit = fit_mmrm(
        load_data("potthoff_roy"), response="distance", subject="subject", visit="age",
        factors=["sex", "age"], interactions=["sex:age"], structure="unstructured",
        df_method=df_method,
    )  # fmt: skip
    return _tests(df_method, fit, {}, "df_denominator f_value p_value")


_five: Callable[..., Case] = partial(partial, _terms, "unstructured", **FIVE_TERMS)
_two: Callable[..., Case] = partial(partial, _terms, factors=("arm", "sex"))
OPTION_CASES: dict[str, Case] = {
    "FEV1, five terms, REML": _five("satterthwaite", FIRST_VISIT),
    "FEV1, five terms, ML": _five("satterthwaite", FIRST_VISIT, estimation="ML"),
    "FEV1, five terms, weighted": _five("satterthwaite-sas", LAST_VISIT, weights="weight"),
    "FEV1, arm and sex, REML": _two("unstructured", "satterthwaite", {}),
    "FEV1, arm and sex, ML": _two("ar1", "satterthwaite", {}, estimation="ML"),
    "FEV1, arm and baseline": partial(
        _terms, "ar1", "satterthwaite", {}, "df_denominator f_value p_value", "",
        factors=("arm",), covariates=("base",), interactions=("arm:base",),
    ),
    "FEV1, treatment, Kenward–Roger": _treatment,
    "FEV1, visit, reference level": _visit_by_reference,
    "FEV1, difference by visit, weighted, SAS": partial(_weighted, "satterthwaite-sas"),
    "FEV1, difference by visit, weighted, R": partial(_weighted, "satterthwaite"),
    **{
        f"FEV1, empirical, {structure}": partial(_empirical, structure, None)
        for structure in ("unstructured", "ar1", "compound-symmetry")
    },
    "FEV1, empirical, weighted": partial(_empirical, "unstructured", "weight"),
    "FEV1, covariance by arm, ar1, REML": partial(_grouped, "ar1", "REML"),
    "FEV1, covariance by arm, csh, ML": partial(_grouped, "csh", "ML"),
    "Potthoff and Roy, joint tests, Satterthwaite": partial(_growth, "satterthwaite"),
    "Potthoff and Roy, joint tests, Kenward–Roger": partial(_growth, "kenward-roger"),
}  # fmt: skip
