"""Published analyses of variance and covariance, recomputed."""

from analysis.stats.ancova import AncovaFit, fit_ancova
from analysis.stats.least_squares_means import contrast_reference, ls_means
from analysis.stats.term_tests import type3_tests
from analysis.validation.tables import load_data
from analysis.validation.values import Case, Values


def leprosy() -> Values:
    """Compare three drugs by their least-squares means at the mean of the baseline score."""
    fit = fit_ancova(
        load_data("glm_drug_leprosy"),
        response="post",
        factors=["drug"],
        covariates=["pre"],
        std_errors="model",
    )
    values: dict[tuple[str, str], float] = {}
    for mean in ls_means(fit, ["drug"], weights="equal", level=0.95):
        method = "least-squares means"
        values[method, f"drug {mean.label}, estimate"] = mean.estimate
        values[method, f"drug {mean.label}, standard error"] = mean.std_error
    model = fit.total_sum_of_squares - fit.residual_sum_of_squares
    return values | {
        ("ANCOVA", "residual df"): fit.residual_df,
        ("ANCOVA", "model sum of squares"): model,
        ("ANCOVA", "error sum of squares"): fit.residual_sum_of_squares,
        ("ANCOVA", "error mean square"): fit.residual_variance,
    }


def drug_by_disease() -> Values:
    """Test the terms of an unbalanced two-way layout by type III sums of squares."""
    fit = fit_ancova(
        load_data("glm_drug_disease"),
        response="y",
        factors=["drug", "disease"],
        interactions=[("drug", "disease")],
        std_errors="model",
    )
    tests = {test.term: test for test in type3_tests(fit)}
    found: dict[str, float] = {"error mean square": fit.residual_variance}
    for term, test in tests.items():
        found[f"{term}, sum of squares"] = test.sum_of_squares or 0.0
        found[f"{term}, F"] = test.f_value
    for term in ("disease", "drug:disease"):
        found[f"{term}, p"] = tests[term].p_value
    return {("type III tests", name): value for name, value in found.items()}


def mice() -> Values:
    """Compare two groups of mice with one control, with two adjustments for multiplicity."""
    fit = fit_ancova(
        load_data("glm_mice_dunnett"), response="score", factors=["group"], std_errors="model"
    )
    (test,) = type3_tests(fit)
    one_way = {"F": test.f_value, "p": test.p_value, "sum of squares": test.sum_of_squares or 0.0}
    values = {("one-way analysis of variance", name): value for name, value in one_way.items()}
    bonferroni = _against_control(fit, "bonferroni")
    values |= {("Bonferroni", name): value for name, value in bonferroni.items()}
    dunnett = _against_control(fit, "dunnett")
    return values | {
        ("Dunnett, two comparisons", name): value
        for name, value in dunnett.items()
        if not name.endswith("p")
    }


def _against_control(fit: AncovaFit, adjust: str) -> dict[str, float]:
    contrasts = contrast_reference(
        fit, "group", reference="C", weights="equal", level=0.95, adjust=adjust
    )
    found: dict[str, float] = {}
    for contrast in contrasts:
        label = contrast.label.replace("-", "−")
        found |= {
            f"{label}, lower": contrast.lower,
            f"{label}, upper": contrast.upper,
            f"{label}, p": contrast.p_value,
        }
    return found


LINEAR_CASES: dict[str, Case] = {
    "leprosy": leprosy,
    "drug by disease": drug_by_disease,
    "mice": mice,
}
