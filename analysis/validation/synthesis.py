"""Published meta-analyses and networks, recomputed."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from analysis.stats.consistency import check_consistency
from analysis.stats.meta import MetaAnalysis, meta_analysis
from analysis.stats.network import contrasts_from_arms
from analysis.stats.proportion_ratios import odds_ratio, risk_ratio
from analysis.validation.tables import load_data
from analysis.validation.values import Case, Values, taken, together


def _pool_bcg(
    measure: Callable[..., Any], method: str, interval: str = "normal", prediction: str = "normal"
) -> MetaAnalysis:
    t = load_data("bcg_colditz_1994")
    found = measure(t.tpos, t.tpos + t.tneg, t.cpos, t.cpos + t.cneg, method="log-wald", level=0.95)
    return meta_analysis(
        np.log(found.estimate),
        found.std_error,
        method=method,
        interval=interval,
        prediction_df=prediction,
        level=0.95,
    )


def _pooled(method: str, m: MetaAnalysis) -> Values:
    return taken(method, m, "estimate lower upper") | {(method, "z"): m.statistic}


def _spread(method: str, m: MetaAnalysis, names: str = "tau2") -> Values:
    return taken(method, m, names) | {(method, "I², %"): 100 * m.i2}


def bcg_risk_ratio() -> Values:
    """Pool thirteen log risk ratios in four ways."""
    reml = _pool_bcg(risk_ratio, "reml")
    knapp = _pool_bcg(risk_ratio, "reml", "hartung-knapp", "k-1")
    moments = _pool_bcg(risk_ratio, "dersimonian-laird")
    by_knapp = "REML, Hartung–Knapp"
    predicted = {"lower": knapp.prediction_lower, "upper": knapp.prediction_upper}
    return together(
        [
            taken("REML", reml, "estimate std_error lower upper q q_df"),
            _spread("REML", reml),
            taken(by_knapp, knapp, "estimate std_error df lower upper p_value"),
            {
                (by_knapp, f"prediction {side}, risk ratio"): float(np.exp(limit or np.nan))
                for side, limit in predicted.items()
            },
            _pooled("fixed effect", _pool_bcg(risk_ratio, "fixed")),
            _pooled("DerSimonian–Laird", moments),
            _spread("DerSimonian–Laird", moments, "tau2 tau2_lower tau2_upper"),
        ]
    )


def bcg_odds_ratio() -> Values:
    """Pool thirteen log odds ratios in two ways."""
    moments = _pool_bcg(odds_ratio, "dersimonian-laird")
    return together(
        [
            _pooled("fixed effect", _pool_bcg(odds_ratio, "fixed")),
            _pooled("DerSimonian–Laird", moments),
            _spread("DerSimonian–Laird", moments),
        ]
    )


def estimators(example: int) -> Values:
    """Estimate the heterogeneity of published effects in seven ways."""
    both = load_data("viechtbauer_2005")
    rows = both[both["example"] == example]
    return together(
        _spread(
            name,
            meta_analysis(
                rows["estimate"], np.sqrt(rows["variance"]), method=method, interval="normal",
                prediction_df="normal", level=0.95,
            ),
        )
        for name, method in ESTIMATORS.items()
    )  # fmt: skip


def senn() -> pd.DataFrame:
    """Return the network of glucose-lowering drugs."""
    return load_data("senn_2013")


def smoking() -> pd.DataFrame:
    """Return the smoking network as log odds ratios.

    0.5 is added to every cell of a trial that has an arm without events, as netmeta does.
    """
    arms = load_data("smoking_hasselblad_1998")
    half = 0.5 * arms.groupby("study").events.transform(lambda events: (events == 0).any())
    yes, no = arms.events + half, arms.n - arms.events + half
    return contrasts_from_arms(
        arms.assign(mean=np.log(yes / no), std_error=np.sqrt(1 / yes + 1 / no))
    )


def network(data: Callable[[], pd.DataFrame]) -> Values:
    """Split the heterogeneity of a network into parts within and between designs."""
    found = check_consistency(data(), method="fixed")
    names = "q_total df_total q_within df_within q_between df_between"
    return taken("network, decomposition of Q", found, names)


ESTIMATORS = {
    "Hunter–Schmidt": "hunter-schmidt",
    "Hedges–Olkin": "hedges-olkin",
    "DerSimonian–Laird": "dersimonian-laird",
    "maximum likelihood": "ml",
    "REML": "reml",
    "Paule–Mandel (empirical Bayes)": "paule-mandel",
    "Sidik–Jonkman": "sidik-jonkman",
}
"""Estimators of tau² on the page → names in the package."""

SYNTHESIS_CASES: dict[str, Case] = {
    "BCG, log risk ratio": bcg_risk_ratio,
    "BCG, log odds ratio": bcg_odds_ratio,
    "Viechtbauer 2005, ten studies": partial(estimators, 1),
    "Viechtbauer 2005, eighteen studies": partial(estimators, 2),
    "Senn 2013": partial(network, senn),
    "smoking cessation": partial(network, smoking),
}
