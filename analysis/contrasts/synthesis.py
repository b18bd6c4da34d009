"""Section 4, second half: the comparable contrasts pooled, and how firm that is."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from analysis.contrasts.inclusion import comparable, require
from analysis.contrasts.mixture import cautions, kinds_pooled, sets_of_trials
from analysis.contrasts.settings import ContrastRun
from analysis.contrasts.within_trial import DIGITS, NO_MARGIN, described
from analysis.errors import UserError
from analysis.numbers import p_value, percent
from analysis.results import NOT_ESTIMABLE, Results, Stat, from_frame, present
from analysis.stats.differences import Difference
from analysis.stats.meta import MetaAnalysis, meta_analysis
from analysis.stats.verdicts import noninferiority
from analysis.words import counted

PREDICTION = "k-2"
TAU2_NAMES = {
    "reml": "REML",
    "dersimonian-laird": "DerSimonian–Laird",
    "paule-mandel": "Paule–Mandel",
}
FIXED, RANDOM, ALONE = "Fixed effect", "Random effects", "One trial"
INTERVAL = "hartung-knapp-adhoc"
"""The interval of random effects, in the pool as in the network: by Hartung and Knapp, never
narrower than the model's own, as few trials can agree by chance."""


def meta(run: ContrastRun, found: pd.DataFrame, model: str) -> MetaAnalysis:
    """Pool contrasts by a model of the run.

    Parameters
    ----------
    run
        What is compared.
    found
        Contrasts with ``label``, ``estimate`` and ``std_error``.
    model
        ``"fixed"``, or ``"random"`` with the between-trial variance and interval of the run.

    Raises
    ------
    UserError
        As `analysis.stats.meta.meta_analysis`.
    """
    return meta_analysis(
        found["estimate"].to_numpy(),
        found["std_error"].to_numpy(dtype=float),
        labels=list(found["label"]),
        level=run.conf_level,
        prediction_df=PREDICTION,
        **meta_options(run, model),
    )


def meta_options(run: ContrastRun, model: str) -> dict[str, str]:
    """Return estimator and interval of a pool by a model of the run."""
    if model == "fixed":
        return {"method": "fixed", "interval": "normal"}
    return {"method": run.tau2_method, "interval": random_interval(run)}


def random_interval(run: ContrastRun) -> str:
    """Return the kind of interval of a random-effects estimate, of the pool or the network."""
    return INTERVAL if run.hartung_knapp else "normal"


def interval_words(run: ContrastRun, df: str) -> str:
    """Return the interval of random effects in words, the df as they are called."""
    if not run.hartung_knapp:
        return "normal interval"
    return f"Hartung–Knapp interval (t with {df} df, variance scaled by the scatter, never down)"


def method_of(run: ContrastRun, model: str) -> str:
    """Return the method of pooling in words."""
    if model == "fixed":
        return f"inverse variance, fixed effect; normal interval, level {run.conf_level:g}"
    return (
        f"inverse variance, random effects, tau² by {TAU2_NAMES[run.tau2_method]}; "
        f"{interval_words(run, 'k − 1')}, level {run.conf_level:g}; prediction interval with "
        "k − 2 df"
    )


def headline_model(run: ContrastRun, k: int) -> str:
    """Return the pairwise model of the headline: one trial alone has no random effects."""
    return "fixed" if run.model == "fixed" or k < 2 else "random"


def studies(run: ContrastRun) -> Results:
    """Return the contrasts that are pooled with their weights.

    Returns
    -------
    Results
        One set of rows a trial: ``estimate``, ``std.error``, ``conf.low``, ``conf.high``,
        ``weight`` (of the headline model), ``route``, ``product.class``.
    """
    found = require(comparable(run), run, 1, "a synthesis")
    pooled = meta(run, found, headline_model(run, len(found)))
    frame = described(run, found.assign(weight=pooled.studies["weight"].to_numpy()))
    return from_frame(
        frame,
        {
            "n_total": Stat("n", "n", 0),
            "estimate": Stat("estimate", "Difference", DIGITS, run.unit),
            "std_error": Stat("std.error", "SE", DIGITS, run.unit),
            "low": Stat("conf.low", "Lower limit", DIGITS, run.unit),
            "high": Stat("conf.high", "Upper limit", DIGITS, run.unit),
            "weight": Stat("weight", "Weight", 1, form=percent),
            "product_class": Stat("product.class", "Class"),
            "route": Stat("route", "Obtained from"),
        },
        analysis_id="synthesis-studies",
        group1="contrast",
        group2="study",
        context="published",
        **run.result_labels,
    )


@lru_cache(maxsize=64)
def pooled_differences(run: ContrastRun) -> Results:
    """Return the pooled difference by fixed and random effects: all trials, each class and kind.

    Returns
    -------
    Results
        One set of rows a model (``group1_level``, "One trial" where there is one) and set of
        trials (``group2_level``): ``k``, ``estimate``, ``std.error``, ``conf.low``,
        ``conf.high``, ``p.value``, ``tau2`` with its limits, ``i2``, ``q``, ``q.p``,
        ``prediction.low``, ``prediction.high``, ``margin``, ``conclusion`` and ``caution``,
        what the trials mix besides products.

    Notes
    -----
    Estimand: for fixed effects the common difference, for random effects the mean of the
    differences of trials like these. A verdict is given on trials of one kind of product.
    I² is (Q − df)/Q, 0 or more, by either model.
    """
    found = require(comparable(run), run, 1, "a synthesis")
    rows = [
        pooled_row(run, name, members, model)
        for name, members in sets_of_trials(found).items()
        for model in (("fixed", "random") if len(members) > 1 else ("fixed",))
    ]
    return pooled_results(run, pd.DataFrame(rows), "synthesis")


def pooled_row(run: ContrastRun, name: str, found: pd.DataFrame, model: str) -> dict[str, Any]:
    """Return one row of `pooled_differences`: a set of contrasts by one model."""
    row: dict[str, Any] = {
        "group1_level": FIXED if model == "fixed" else RANDOM,
        "group2_level": name,
        "k": len(found),
        "children": found["n_total"].sum(min_count=len(found)),
        "method": method_of(run, model),
        "source": "; ".join(dict.fromkeys(found["source_id"])),
        "note": ", ".join(found["study_id"]),
        "caution": cautions(run, found),
    }
    if len(found) == 1:
        return row | _one_trial(run, found.iloc[0])
    try:
        m = meta(run, found, model)
    except UserError as error:
        return row | {"conclusion": NOT_ESTIMABLE, "reason": str(error).rstrip(".")}
    return row | {
        "estimate": m.estimate,
        "se": m.std_error,
        "df": m.df,
        "low": m.lower,
        "high": m.upper,
        "p": m.p_value,
        "q": m.q,
        "q_p": m.q_p,
        "tau2": np.nan if model == "fixed" else m.tau2,
        "tau2_low": np.nan if model == "fixed" else m.tau2_lower,
        "tau2_high": np.nan if model == "fixed" else m.tau2_upper,
        "i2": m.i2_from_q if len(found) > 1 else np.nan,
        "prediction_low": m.prediction_lower,
        "prediction_high": m.prediction_upper,
        "margin": run.margin if run.margin is not None else np.nan,
        "conclusion": pooled_verdict(run, found, m.estimate, m.lower, m.upper),
        "reason": m.reason if model == "random" else "",
    }


def _one_trial(run: ContrastRun, trial: pd.Series) -> dict[str, Any]:
    """Return the one trial there is with its own interval: it shows no spread between trials."""
    return {
        "group1_level": ALONE,
        "estimate": trial["estimate"],
        "se": trial["std_error"],
        "df": trial["df"],
        "low": trial["low"],
        "high": trial["high"],
        "margin": run.margin if run.margin is not None else np.nan,
        "conclusion": verdict_of(run, trial["estimate"], trial["low"], trial["high"]),
        "method": f"the one trial's own interval: {trial['route']}",
    }


def pooled_verdict(
    run: ContrastRun, found: pd.DataFrame, estimate: float, low: float, high: float
) -> str:
    """Return the verdict on a pool in words; none where it mixes several kinds of product."""
    kinds = kinds_pooled(found)
    if kinds > 1 and run.margin is not None:
        return f"no verdict: products of {counted(kinds, 'kind')}"
    return verdict_of(run, estimate, low, high)


def verdict_of(run: ContrastRun, estimate: float, low: float, high: float) -> str:
    """Return the verdict of non-inferiority on a pooled difference in words."""
    if run.margin is None:
        return NO_MARGIN
    difference = Difference(
        estimate=estimate, std_error=None, df=None, lower=low, upper=high,
        level=run.conf_level, method="pooled",
    )  # fmt: skip
    return noninferiority(difference, margin=-run.margin, direction="higher").conclusion


def pooled_results(run: ContrastRun, rows: pd.DataFrame, analysis_id: str) -> Results:
    """Return rows of `pooled_row` as results under the name of an analysis."""
    unit = run.unit
    every = {
        "k": Stat("k", "Trials", 0),
        "children": Stat("n", "Children", 0),
        "estimate": Stat("estimate", "Difference", DIGITS, unit),
        "se": Stat("std.error", "SE", DIGITS, unit),
        "df": Stat("parameter", "df", 0),
        "low": Stat("conf.low", "Lower limit", DIGITS, unit),
        "high": Stat("conf.high", "Upper limit", DIGITS, unit),
        "p": Stat("p.value", "p", 3, form=p_value),
        "tau2": Stat("tau2", "tau²", DIGITS),
        "tau2_low": Stat("tau2.low", "tau², lower limit", DIGITS),
        "tau2_high": Stat("tau2.high", "tau², upper limit", DIGITS),
        "i2": Stat("i2", "I²", 0, form=percent),
        "q": Stat("q", "Q", DIGITS),
        "q_p": Stat("q.p", "p of Q", 4, form=p_value),
        "prediction_low": Stat("prediction.low", "Prediction, lower limit", DIGITS, unit),
        "prediction_high": Stat("prediction.high", "Prediction, upper limit", DIGITS, unit),
        "margin": Stat("margin", "Margin", DIGITS, unit),
        "conclusion": Stat("conclusion", "Non-inferiority"),
        "reason": Stat("reason", "Remark"),
        "caution": Stat("caution", "What the trials mix"),
    }
    return from_frame(
        rows.assign(variable=run.param, variable_level=run.window),
        present(every, rows),
        analysis_id=analysis_id,
        group1="model",
        group2="trials",
        context="published",
        **run.result_labels,
    )
