"""Published analyses of variance and covariance, recomputed."""

from analysis.stats.ancova import AncovaFit, fit_ancova
from analysis.stats.least_squares_means import contrast_reference, ls_means
from analysis.stats.term_tests import type3_tests
from analysis.validation.tables import load_data
from analysis.validation.values import Case, Values, taken, together


def leprosy() -> Values:
    """Compare three drugs by their least-squares means at the mean of the baseline score."""
    fit = fit_ancova(
        load_data("glm_drug_leprosy"),
        response="post",
        factors=["drug"],
        covariates=["pre"],
        std_errors="model",
    )
    means = [
        taken("least-squares means", mean, "estimate std_error", f"drug {mean.label}, ")
        for mean in ls_means(fit, ["drug"], weights="equal", level=0.95)
    ]
    errors = taken("ANCOVA", fit, "residual_df residual_sum_of_squares residual_variance")
    model = fit.total_sum_of_squares - fit.residual_sum_of_squares
    return together([*means, errors, {("ANCOVA", "model sum of squares"): model}])


def drug_by_disease() -> Values:
    """Test the terms of an unbalanced two-way layout by type III sums of squares."""
    fit = fit_ancova(
        load_data("glm_drug_disease"),
        response="y",
        factors=["drug", "disease"],
        interactions=[("drug", "disease")],
        std_errors="model",
    )
    method = "type III tests"
    terms = [
        # The outside numbers hold no p-value of the drugs.
        taken(method, test, "sum_of_squares f_value" + " p_value" * (test.term != "drug"),
              f"{test.term}, ")
        for test in type3_tests(fit)
    ]  # fmt: skip
    return together([taken(method, fit, "residual_variance"), *terms])


def mice() -> Values:
    """Compare two groups of mice with one control, with two adjustments for multiplicity."""
    fit = fit_ancova(
        load_data("glm_mice_dunnett"), response="score", factors=["group"], std_errors="model"
    )
    (test,) = type3_tests(fit)
    return together(
        [
            taken("one-way analysis of variance", test, "f_value p_value sum_of_squares"),
            _against_control(fit, "Bonferroni", "bonferroni", "lower upper p_value"),
            _against_control(fit, "Dunnett, two comparisons", "dunnett", "lower upper"),
        ]
    )


def _against_control(fit: AncovaFit, method: str, adjust: str, names: str) -> Values:
    contrasts = contrast_reference(
        fit, "group", reference="C", weights="equal", level=0.95, adjust=adjust
    )
    return together(
        taken(method, contrast, names, f"{contrast.label.replace('-', '−')}, ")
        for contrast in contrasts
    )


LINEAR_CASES: dict[str, Case] = {
    "leprosy": leprosy,
    "drug by disease": drug_by_disease,
    "mice": mice,
}
