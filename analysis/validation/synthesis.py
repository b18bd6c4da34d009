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
from analysis.validation.values import Case, Values, named


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


def _stated(value: float | None) -> float:
    return float("nan") if value is None else float(value)


def _pooled(method: str, m: MetaAnalysis) -> dict[tuple[str, str], float]:
    return named(method, estimate=m.estimate, lower=m.lower, upper=m.upper, z=m.statistic)


def bcg_risk_ratio() -> Values:
    """Pool thirteen log risk ratios in four ways."""
    reml = _pool_bcg(risk_ratio, "reml")
    knapp = _pool_bcg(risk_ratio, "reml", "hartung-knapp", "k-1")
    moments = _pool_bcg(risk_ratio, "dersimonian-laird")
    values = named(
        "REML",
        estimate=reml.estimate,
        standard_error=reml.std_error,
        lower=reml.lower,
        upper=reml.upper,
        Q=reml.q,
        Q_df=reml.q_df,
    )
    values |= {("REML", "tau²"): reml.tau2, ("REML", "I², %"): 100 * reml.i2}
    values |= named(
        "REML, Hartung–Knapp",
        estimate=knapp.estimate,
        standard_error=knapp.std_error,
        df=knapp.df,
        lower=knapp.lower,
        upper=knapp.upper,
        p=knapp.p_value,
    )
    for side in ("lower", "upper"):
        limit = np.exp(_stated(getattr(knapp, f"prediction_{side}")))
        values["REML, Hartung–Knapp", f"prediction {side}, risk ratio"] = float(limit)
    values |= _pooled("fixed effect", _pool_bcg(risk_ratio, "fixed"))
    values |= _pooled("DerSimonian–Laird", moments)
    return values | {
        ("DerSimonian–Laird", "tau²"): moments.tau2,
        ("DerSimonian–Laird", "tau² lower"): _stated(moments.tau2_lower),
        ("DerSimonian–Laird", "tau² upper"): _stated(moments.tau2_upper),
        ("DerSimonian–Laird", "I², %"): 100 * moments.i2,
    }


def bcg_odds_ratio() -> Values:
    """Pool thirteen log odds ratios in two ways."""
    moments = _pool_bcg(odds_ratio, "dersimonian-laird")
    values = _pooled("fixed effect", _pool_bcg(odds_ratio, "fixed"))
    values |= _pooled("DerSimonian–Laird", moments)
    return values | {
        ("DerSimonian–Laird", "tau²"): moments.tau2,
        ("DerSimonian–Laird", "I², %"): 100 * moments.i2,
    }


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
    c = check_consistency(data(), method="fixed")
    found = {
        "Q total": c.q_total,
        "Q total, df": c.df_total,
        "Q within designs": c.q_within,
        "Q within designs, df": c.df_within,
        "Q between designs": c.q_between,
        "Q between designs, df": c.df_between,
    }
    return {("network, decomposition of Q", k): _stated(v) for k, v in found.items()}


SYNTHESIS_CASES: dict[str, Case] = {
    "BCG, log risk ratio": bcg_risk_ratio,
    "BCG, log odds ratio": bcg_odds_ratio,
    "Senn 2013": partial(network, senn),
    "smoking cessation": partial(network, smoking),
}
