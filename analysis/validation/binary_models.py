"""Logistic regression and standardised effects of published examples, recomputed."""

import numpy as np

from analysis.stats.ancova import fit_ancova
from analysis.stats.logistic import fit_logistic
from analysis.stats.standardisation import marginal_effects
from analysis.stats.standardised_means import WorkingModel
from analysis.validation.tables import load_data
from analysis.validation.values import Case, Values, together

OF_A_COEFFICIENT = {
    "coefficient": "coefficient", "std_error": "standard error", "p_value": "p",
    "estimate": "odds ratio", "lower": "Wald lower", "upper": "Wald upper",
    "profile_lower": "profile lower", "profile_upper": "profile upper",
}  # fmt: skip
"""Attribute → quantity on the page."""


def responders() -> Values:
    """Regress a response on the arm and the baseline, with both kinds of limits."""
    fit = fit_logistic(
        load_data("binary_generated_1"), response="resp", event=1, factors=["arm"],
        covariates=["base"],
    )  # fmt: skip
    values: dict[tuple[str, str], float] = {}
    for row in fit.odds_ratios(level=0.95, references={"arm": "DAILY"})[1:]:
        for name, quantity in OF_A_COEFFICIENT.items():
            values["logistic regression", f"{row.label}, {quantity}"] = getattr(row, name)
        values["likelihood-ratio test", f"{row.label}, χ²"] = row.lr_chi_squared
        values["likelihood-ratio test", f"{row.label}, p"] = row.lr_p_value
    return values


def simulated_trial() -> Values:
    """Standardise three working models of a trial of three arms."""
    data = load_data("robincar_glm_data")
    factors = ["treatment", "s1"]
    linear = fit_ancova(data, response="y_b", factors=factors, std_errors="model")
    crossed = fit_ancova(
        data, response="y_b", factors=factors, interactions=[factors], std_errors="model"
    )
    logistic = fit_logistic(
        data, response="y_b", event=1, factors=factors, covariates=["covar"],
        interactions=[factors],
    )  # fmt: skip
    return together(
        [
            _standardised("linear model, difference", "difference", linear),
            _standardised("linear model with interactions, log risk ratio", "risk ratio", crossed),
            _standardised("logistic model with interactions, difference", "difference", logistic),
        ]
    )


def _standardised(words: str, measure: str, fit: WorkingModel) -> Values:
    """Give every pair of arms, of ratios the logarithm."""
    values: dict[tuple[str, str], float] = {}
    for arm, reference in (("trt1", "pbo"), ("trt2", "pbo"), ("trt2", "trt1")):
        (found,) = (
            each
            for each in marginal_effects(
                fit, "treatment", reference=reference, measure=measure, variance="unconditional",
                level=0.95,
            )
            if each.label.startswith(arm)
        )  # fmt: skip
        pair = f"{arm} {'−' if measure == 'difference' else '/'} {reference}"
        estimate = found.estimate if measure == "difference" else float(np.log(found.estimate))
        values[f"standardisation, {words}", f"{pair}, estimate"] = estimate
        values[f"standardisation, {words}", f"{pair}, standard error"] = found.std_error
    return values


BINARY_CASES: dict[str, Case] = {
    "responders, generated": responders,
    "RobinCar2, simulated trial of three arms": simulated_trial,
}
