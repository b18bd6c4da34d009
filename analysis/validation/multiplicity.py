"""Adjusted p-values, comparisons with a control and of all pairs, and verdicts, recomputed."""

from collections.abc import Iterable, Mapping
from functools import partial

import numpy as np

from analysis.stats.ancova import AncovaFit, fit_ancova
from analysis.stats.differences import difference_from_estimate
from analysis.stats.dunnett import dunnett_critical_value
from analysis.stats.graphical import adjust_by_graph, adjust_fallback
from analysis.stats.least_squares_means import contrast_pairwise, contrast_reference
from analysis.stats.multiplicity import adjust_p_values
from analysis.stats.verdicts import noninferiority, superiority
from analysis.validation.tables import load_data
from analysis.validation.values import Case, Values, taken, together

ADJUSTMENTS = {
    "Bonferroni": "bonferroni",
    "Holm": "holm",
    "Hochberg": "hochberg",
    "Hommel": "hommel",
    "false discovery rate": "benjamini-hochberg",
    "Šidák": "sidak",
    "fixed sequence": "fixed-sequence",
}
"""Names on the page → names in the package."""

FAMILIES = {
    "three p-values": (0.0121, 0.0142, 0.1986),
    "five p-values": (0.04, 0.01, 0.03, 0.005, 0.2),
}

TRIALS: Mapping[str, tuple[float, float, float]] = {
    "0.9 (0.35), 120 df": (0.9, 0.35, 120),
    "−0.6 (0.5), 120 df": (-0.6, 0.5, 120),
    "−1 (0.3), 200 df": (-1.0, 0.3, 200),
    "−1.2 (0.45), 60 df": (-1.2, 0.45, 60),
}
"""Estimate, standard error and df of a trial whose margin is 1.8, higher being better."""
MARGIN = 1.8


def adjusted(p_values: tuple[float, ...]) -> Values:
    """Adjust a family of p-values in every way."""
    return {
        (method, f"p {p:g}"): value
        for method, name in ADJUSTMENTS.items()
        for p, value in zip(p_values, adjust_p_values(p_values, method=name), strict=True)
    }


GRAPH = ((0.0, 0.5, 0.5, 0.0), (0.5, 0.0, 0.0, 0.5), (0.0, 1.0, 0.0, 0.0), (1.0, 0.0, 0.0, 0.0))
"""Two doses and two endpoints: what a claimed hypothesis leaves to the others."""
GRAPHS = {
    "two doses, two endpoints": (0.02, 0.03, 0.01, 0.04),
    "two doses, two endpoints, vignette": (0.018, 0.01, 0.105, 0.006),
}
FALLBACK = {"three hypotheses in order": ((0.03, 0.01, 0.02), (0.5, 0.3, 0.2))}
"""p-values and weights."""


def by_graph(p_values: tuple[float, ...]) -> Values:
    """Adjust the p-values of two doses in two endpoints by a graph."""
    found = adjust_by_graph(p_values, weights=[0.5, 0.5, 0.0, 0.0], transitions=GRAPH)
    return _numbered("graphical procedure", found)


def by_fallback(p_values: tuple[float, ...], weights: tuple[float, ...]) -> Values:
    """Adjust p-values by the fallback procedure."""
    return _numbered("fallback", adjust_fallback(p_values, weights=weights))


def _numbered(method: str, p_values: Iterable[float]) -> Values:
    return {(method, f"hypothesis {place}, adjusted p"): float(each)
            for place, each in enumerate(p_values, start=1)}  # fmt: skip


def four_arms() -> Values:
    """Compare three arms with one, adjusted for baseline, by Dunnett's test."""
    fit = fit_ancova(
        load_data("dunnett_four_arm"), response="chg", factors=["arm"], covariates=["base"],
        std_errors="model",
    )  # fmt: skip
    parts: list[Values] = []
    for adjust, names in (
        ("none", "estimate std_error statistic df p_value"),
        ("dunnett", "p_value lower upper"),
    ):
        method = "Dunnett, three comparisons" if adjust == "dunnett" else "ANCOVA"
        found = contrast_reference(
            fit, "arm", reference="DAILY", weights="equal", level=0.95, adjust=adjust
        )
        parts += [taken(method, each, names, f"{each.label.split(' - ')[0]}, ") for each in found]
    return together([*parts, _critical(fit)])


def _critical(fit: AncovaFit) -> Values:
    """Give the correlations of the comparisons, and the critical value from them."""
    design, arms = fit.design, ("HIGH", "LOW", "MID")
    rows = np.array(
        [design.mean_row(at={"arm": {arm: 1.0, "DAILY": -1.0}}, weights="equal") for arm in arms]
    )
    _, covariance, _ = fit.evaluate(rows)
    spread = np.sqrt(np.diag(covariance))
    correlation = covariance / np.outer(spread, spread)
    method = "Dunnett, three comparisons"
    found = {
        (method, f"correlation, {arms[i]} and {arms[j]}"): float(correlation[i, j])
        for i, j in ((0, 1), (0, 2), (1, 2))
    }
    critical = dunnett_critical_value(correlation, fit.residual_df, level=0.95)
    return found | {(method, "critical value"): critical}


def all_pairs() -> Values:
    """Compare all pairs of three means by Tukey's test."""
    fit = fit_ancova(
        load_data("warpbreaks"), response="breaks", factors=["tension"], std_errors="model"
    )
    found = contrast_pairwise(fit, "tension", weights="equal", level=0.95, adjust="tukey")
    return together(
        taken("Tukey", each, "estimate lower upper p_value", f"{each.label.replace('-', '−')}, ")
        for each in found
    )


def verdict(estimate: float, std_error: float, df: float) -> Values:
    """Judge a difference: its interval, and the p-values of both verdicts."""
    d = difference_from_estimate(estimate, std_error, df=df, level=0.95)
    not_worse = noninferiority(d, margin=MARGIN, direction="higher")
    better = superiority(d, margin=0, direction="higher")
    return taken("t interval", d, "lower upper p_value") | {
        ("non-inferiority", "one-sided p"): float(not_worse.p_value or np.nan),
        ("non-inferiority", "shown (1) or not (0)"): float(not_worse.shown),
        ("superiority", "shown (1) or not (0)"): float(better.shown),
    }


MULTIPLICITY_CASES: dict[str, Case] = {
    "four arms": four_arms,
    "warp breaks": all_pairs,
    **{name: partial(adjusted, values) for name, values in FAMILIES.items()},
    **{name: partial(by_graph, values) for name, values in GRAPHS.items()},
    **{name: partial(by_fallback, *given) for name, given in FALLBACK.items()},
    **{name: partial(verdict, *trial) for name, trial in TRIALS.items()},
}
