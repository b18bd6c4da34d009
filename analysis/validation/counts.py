"""Published proportions, their differences and ratios, and rates, recomputed."""

from functools import partial

import numpy as np

from analysis.stats.common_effects import mantel_haenszel
from analysis.stats.proportion_differences import risk_difference
from analysis.stats.proportion_ratios import odds_ratio, risk_ratio
from analysis.stats.proportions import estimate_proportion
from analysis.stats.rate_comparisons import rate_ratio
from analysis.stats.rates import estimate_rate
from analysis.stats.stratified import stratified_risk_difference
from analysis.validation.tables import load_data
from analysis.validation.values import Case, Values, taken, together

NAMES = {
    "Clopper–Pearson": "clopper-pearson",
    "Wilson": "wilson",
    "Agresti–Coull": "agresti-coull",
    "Miettinen–Nurminen": "miettinen-nurminen",
    "Mee": "mee",
    "Newcombe": "newcombe",
    "Agresti–Caffo": "agresti-caffo",
    "Wald": "wald",
}
"""Names on the page → names of the methods in the package."""

OTHER_NAMES = {
    "mid-p": "mid-p",
    "Wilson, corrected": "wilson-cc",
    "Wald, corrected": "wald-cc",
    "Newcombe, corrected": "newcombe-cc",
}
"""The same for intervals whose coverage is not simulated."""

NEWCOMBE = ("Clopper–Pearson", "Wilson", "mid-p", "Wilson, corrected")
"""What Newcombe's table of one proportion compares."""
PROPORTIONS = {
    (15, 148): NEWCOMBE,
    (0, 20): NEWCOMBE,
    (1, 29): NEWCOMBE,
    (81, 263): NEWCOMBE,
    (4, 20): ("Clopper–Pearson", "Wilson", "Agresti–Coull"),
    (190, 200): ("Clopper–Pearson", "Wilson", "Agresti–Coull"),
}
SEVEN = (
    *("Miettinen–Nurminen", "Mee", "Newcombe", "Newcombe, corrected"),
    *("Agresti–Caffo", "Wald, corrected", "Wald"),
)
"""What a SAS paper compares; Wald last, which has no width at 10/10 v 0/20."""
DIFFERENCES = {
    (36, 154, 12, 77): ("Miettinen–Nurminen", "Newcombe", "Agresti–Caffo", "Wald"),
    (56, 70, 48, 80): SEVEN,
    (9, 10, 3, 10): SEVEN,
    (10, 10, 0, 20): SEVEN[:-1],
    (84, 101, 89, 105): SEVEN,
    (5, 56, 0, 29): ("Miettinen–Nurminen", "Mee", "Newcombe"),
    (7, 34, 1, 34): ("Miettinen–Nurminen", "Mee"),
    (0, 10, 0, 20): ("Miettinen–Nurminen",),
    (10, 10, 0, 10): ("Miettinen–Nurminen",),
    (7, 25, 2, 25): ("Mee",),
}
RATIOS = ((24, 73, 53, 65), (29, 55, 11, 11), (7, 18, 1, 18))
RATES = {"0 events in 100": (0, 100), "5 events in 100": (5, 100), "15 events in 400": (15, 400)}

STRATA = ([24, 23, 23], [39, 39, 38], [16, 16, 17], [40, 39, 40])


LIMITS = "lower upper"


def proportion(events: int, n: int, methods: tuple[str, ...]) -> Values:
    """Give the intervals of one proportion."""
    return together(
        taken(
            each,
            estimate_proportion(events, n, method=(NAMES | OTHER_NAMES)[each], level=0.95),
            LIMITS,
        )
        for each in methods
    )


def difference(table: tuple[int, int, int, int], methods: tuple[str, ...]) -> Values:
    """Give the intervals of one risk difference."""
    return together(
        taken(each, risk_difference(*table, method=(NAMES | OTHER_NAMES)[each], level=0.95), LIMITS)
        for each in methods
    )


def ratios(table: tuple[int, int, int, int]) -> Values:
    """Give the score intervals of a risk ratio and an odds ratio."""
    return together(
        taken(f"{name}, Miettinen–Nurminen",
              measure(*table, method="miettinen-nurminen", level=0.95), LIMITS)
        for name, measure in (("risk ratio", risk_ratio), ("odds ratio", odds_ratio))
    )  # fmt: skip


def difference_with_test() -> Values:
    """Give a score interval together with its test."""
    found = risk_difference(70, 116, 49, 119, method="miettinen-nurminen", level=0.95)
    return taken("Miettinen–Nurminen", found, "estimate statistic p_value lower upper")


def stratified() -> Values:
    """Give the stratified score interval of a risk difference."""
    found = stratified_risk_difference(*STRATA, weights="cmh", level=0.95)
    method = "stratified Miettinen–Nurminen, CMH weights"
    one_sided = {(method, "one-sided p"): (found.p_value or 0) / 2}
    return taken(method, found, "estimate statistic lower upper") | one_sided


def bcg_common_effect() -> Values:
    """Pool thirteen trials by Mantel and Haenszel's weights on three scales."""
    trials = load_data("bcg_colditz_1994")
    columns = trials.tpos, trials.tpos + trials.tneg, trials.cpos, trials.cpos + trials.cneg
    methods = {
        "risk difference": "Mantel–Haenszel",
        "risk ratio": "risk ratio, Mantel–Haenszel",
        "odds ratio": "odds ratio, Mantel–Haenszel",
    }
    parts: list[Values] = []
    for measure, method in methods.items():
        found = mantel_haenszel(*columns, measure=measure, correction=False, level=0.95)
        estimate, error = float(found.estimate or np.nan), float(found.std_error or np.nan)
        scale = estimate if measure == "risk difference" else float(np.log(estimate))
        parts += [taken(method, found, "estimate lower upper"), {(method, "z"): scale / error}]
    return together(parts)


def rate(events: int, exposure: float) -> Values:
    """Give Garwood's interval of a rate."""
    found = estimate_rate(events, exposure, method="garwood", level=0.95, per=1)
    return taken("Garwood", found, LIMITS)


def exact_rate_ratio() -> Values:
    """Give the exact conditional interval of a rate ratio."""
    found = rate_ratio(11, 800, 21, 3011, method="exact", level=0.95)
    return taken("rate ratio, exact", found, "estimate lower upper")


def _written(table: tuple[int, ...]) -> str:
    return "{}/{} v {}/{}".format(*table)


COUNT_CASES: dict[str, Case] = {
    **{f"{x}/{n}": partial(proportion, x, n, methods) for (x, n), methods in PROPORTIONS.items()},
    **{_written(table): partial(difference, table, m) for table, m in DIFFERENCES.items()},
    "70/116 v 49/119": difference_with_test,
    "three strata, 70/116 v 49/119": stratified,
    "BCG, 13 trials": bcg_common_effect,
    **{_written(table): partial(ratios, table) for table in RATIOS},
    **{name: partial(rate, *arm) for name, arm in RATES.items()},
    "11 in 800 v 21 in 3011": exact_rate_ratio,
}
