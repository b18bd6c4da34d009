"""Comparisons of proportions and rates over strata, recomputed."""

from collections.abc import Mapping
from functools import partial

import numpy as np

from analysis.stats.common_effects import mantel_haenszel
from analysis.stats.common_rates import mantel_haenszel_rates
from analysis.stats.proportion_differences import risk_difference
from analysis.stats.proportion_ratios import risk_ratio
from analysis.stats.rate_comparisons import rate_difference, rate_ratio
from analysis.stats.stratified import stratified_risk_difference
from analysis.validation.tables import load_data
from analysis.validation.values import Case, Values, taken, together

Counts = tuple[list[float], list[float], list[float], list[float]]

TRIALS: Mapping[str, Counts] = {
    "CDISC pilot, three age groups": ([4, 2, 18], [10, 14, 50], [6, 6, 11], [13, 26, 40]),
    "generated, four strata": ([21, 16, 11, 6], [47, 27, 19, 7], [14, 12, 11, 2], [48, 29, 19, 4]),
}
"""Events and patients of arm 1, then of arm 2, stratum by stratum."""

TOLBUTAMIDE: Counts = ([8, 22], [106, 98], [5, 16], [120, 85])
SMOKERS: Counts = (
    [32, 104, 206, 186, 102],
    [5.2407, 4.3248, 2.8612, 1.2663, 0.5317],
    [2, 12, 28, 28, 31],
    [1.879, 1.0673, 0.571, 0.2585, 0.1462],
)
AGES = ("35–44", "45–54", "55–64", "65–74", "75–84")
"""Deaths and 10,000 person-years of smokers, then of non-smokers."""

STRATIFIED = {
    "CMH weights, Wald": "wald",
    "stratified Miettinen–Nurminen, CMH weights": "miettinen-nurminen",
    "stratified Newcombe, CMH weights": "newcombe",
}


def stratified(counts: Counts) -> Values:
    """Give every stratified interval and test of two arms."""
    parts = [
        taken(name, stratified_risk_difference(*counts, weights="cmh", level=0.95, method=method),
              "lower upper")
        for name, method in STRATIFIED.items()
    ]  # fmt: skip
    names = {"odds ratio": "estimate lower upper", "risk ratio": "estimate lower upper"}
    names["risk difference"] = "estimate std_error lower upper"
    for measure, wanted in names.items():
        found = mantel_haenszel(*counts, measure=measure, correction=False, level=0.95)
        parts.append(taken(f"{measure}, Mantel–Haenszel", found, wanted))
    corrected = mantel_haenszel(*counts, measure="odds ratio", correction=True, level=0.95)
    parts += [
        taken("Cochran–Mantel–Haenszel", found, "chi_squared p_value"),
        taken("Cochran–Mantel–Haenszel, corrected", corrected, "chi_squared"),
        taken("Breslow–Day", found, "breslow_day breslow_day_p"),
        taken("Tarone", found, "homogeneity homogeneity_p"),
    ]
    return together(parts)


def tolbutamide() -> Values:
    """Compare deaths age by age and crudely, and by common effects with limits of level 0.9."""
    crude = [sum(part) for part in TOLBUTAMIDE]
    parts: list[Values] = []
    for age, arms in zip(("<55", "55+", "all"), [*zip(*TOLBUTAMIDE, strict=True), crude],
                         strict=True):  # fmt: skip
        difference = risk_difference(*arms, method="wald", level=0.95)
        ratio = risk_ratio(*arms, method="log-wald", level=0.95)
        parts += [
            taken("risk difference, Wald", difference, "estimate std_error statistic", f"{age}, "),
            taken("risk ratio, log-Wald", ratio, "estimate lower upper", f"{age}, "),
        ]
    for measure in ("risk difference", "risk ratio", "odds ratio"):
        found = mantel_haenszel(*TOLBUTAMIDE, measure=measure, correction=False, level=0.9)
        parts.append(taken(f"{measure}, Mantel–Haenszel", found, "estimate lower upper"))
    return together(
        [
            *parts,
            taken("Cochran–Mantel–Haenszel", found, "chi_squared p_value"),
            taken("Tarone", found, "homogeneity homogeneity_p"),
        ]
    )


def bcg_peto() -> Values:
    """Pool thirteen trials by Peto's odds ratio."""
    trials = load_data("bcg_colditz_1994")
    columns = trials.tpos, trials.tpos + trials.tneg, trials.cpos, trials.cpos + trials.cneg
    found = mantel_haenszel(*columns, measure="peto odds ratio", correction=False, level=0.95)
    statistic = float(np.log(found.estimate or np.nan)) / float(found.std_error or np.nan)
    return taken("Peto", found, "estimate lower upper") | {("Peto", "z"): statistic}


def smokers() -> Values:
    """Compare rates age by age, crudely, and by Mantel and Haenszel's weights."""
    crude = [sum(part) for part in SMOKERS]
    parts: list[Values] = []
    for age, arms in zip((*AGES, "all"), [*zip(*SMOKERS, strict=True), crude], strict=True):
        difference = rate_difference(*arms, method="wald", level=0.95, per=1)
        ratio = rate_ratio(*arms, method="log-wald", level=0.95)
        parts += [
            taken("rate difference, Wald", difference, "estimate std_error statistic", f"{age}, "),
            taken("rate ratio, log-Wald", ratio, "estimate lower upper", f"{age}, "),
        ]
    for measure in ("rate difference", "rate ratio"):
        found = mantel_haenszel_rates(*SMOKERS, measure=measure, correction=False, level=0.9)
        parts.append(taken(f"{measure}, Mantel–Haenszel", found, "estimate lower upper"))
    corrected = mantel_haenszel_rates(*SMOKERS, measure="rate ratio", correction=True, level=0.9)
    return together(
        [
            *parts,
            taken("Mantel–Haenszel test of rates", found, "chi_squared p_value"),
            taken("Mantel–Haenszel test of rates, corrected", corrected, "chi_squared p_value"),
        ]
    )


STRATA_CASES: dict[str, Case] = {
    **{name: partial(stratified, counts) for name, counts in TRIALS.items()},
    "tolbutamide, two age groups": tolbutamide,
    "BCG, 13 trials, rare events": bcg_peto,
    "smokers and non-smokers, five age groups": smokers,
}
