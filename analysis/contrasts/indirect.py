"""Section 4: the network through daily somatropin; it compares products that never met, too."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pandas as pd

from analysis.contrasts.inclusion import TESTED, comparable, require
from analysis.contrasts.settings import LEDGER, ContrastRun
from analysis.contrasts.synthesis import TAU2_NAMES, interval_words, random_interval
from analysis.contrasts.within_trial import DIGITS
from analysis.errors import UserError
from analysis.numbers import p_value
from analysis.results import Results, Stat, from_frame
from analysis.stats.consistency import Consistency, check_consistency
from analysis.stats.network import NETWORK_METHODS, NetworkMetaAnalysis, network_meta_analysis

DAILY_NODE = "daily somatropin"


@lru_cache(maxsize=16)
def edges(run: ContrastRun) -> pd.DataFrame:
    """Return the comparable contrasts as edges of a network of products.

    Returns
    -------
    pandas.DataFrame
        ``study, treatment_1, treatment_2, estimate, std_error`` and what describes the trial.

    Notes
    -----
    All daily somatropins that serve as comparators are one node: that they do the same is the
    assumption on which every indirect contrast here rests. A trial within one node is left out.
    """
    found = comparable(run)
    if len(found):
        found = found[found["product_class"].isin(TESTED)]
    found = require(found, run, 1, "a network")
    return found.assign(
        study=found["label"], treatment_1=found["product"], treatment_2=DAILY_NODE
    ).reset_index(drop=True)


def network_method(run: ContrastRun) -> str:
    """Return the estimator of the between-trial variance in the network.

    Raises
    ------
    UserError
        If the network has no such estimator.
    """
    if run.model == "fixed":
        return "fixed"
    if run.tau2_method not in NETWORK_METHODS:
        raise UserError(
            f"the network has no estimator {run.tau2_method}; choose one of "
            f"{', '.join(NETWORK_METHODS[1:])} for tau2_method"
        )
    # Without a pair compared twice nothing shows the spread between trials.
    return run.tau2_method if edges(run)["treatment_1"].duplicated().any() else "fixed"


@lru_cache(maxsize=16)
def fitted(run: ContrastRun) -> NetworkMetaAnalysis:
    """Return the fitted network with daily somatropin as the reference."""
    method = network_method(run)
    return network_meta_analysis(
        edges(run),
        reference=DAILY_NODE,
        method=method,
        level=run.conf_level,
        interval="normal" if method == "fixed" else random_interval(run),
    )


def _method(run: ContrastRun) -> str:
    network = fitted(run)
    if network.method != "fixed":
        words = f"one tau² for all trials, by {TAU2_NAMES[network.method]}"
        # The rule of the pool, with as many degrees of freedom as trials exceed products.
        interval = interval_words(run, f"{network.q_df}")
    else:
        interval = "normal interval"
        words = "fixed effects"
        if run.model != "fixed":
            words += ": no pair is compared twice, so nothing shows the spread between trials"
    return f"network by contrasts, {words}; {interval}, level {run.conf_level:g}"


def geometry(run: ContrastRun) -> Results:
    """Return which products the trials compare.

    Returns
    -------
    Results
        Per product and daily somatropin: ``k`` trials, ``n`` children where printed.
    """
    rows = edges(run)
    frame = rows.groupby("treatment_1", sort=True).agg(
        k=("study", "size"),
        n=("n_total", lambda n: n.sum(min_count=len(n))),
        source=("source_id", lambda ids: "; ".join(dict.fromkeys(ids))),
        note=("study_id", ", ".join),
    )
    return from_frame(
        frame.reset_index().assign(
            group1_level=lambda f: f["treatment_1"], group2_level=DAILY_NODE
        ),
        {"k": Stat("k", "Trials", 0), "n": Stat("n", "Children", 0)},
        analysis_id="network-geometry",
        group1="product",
        group2="comparator",
        context="published",
        **run.result_labels,
    )


def league(run: ContrastRun) -> Results:
    """Return every ordered pair of products, first minus second.

    Returns
    -------
    Results
        ``estimate``, ``std.error``, ``parameter`` (df), ``conf.low``, ``conf.high`` and
        ``n.direct``, the trials that compare the two directly.
    """
    table = fitted(run).league()
    return from_frame(
        table.assign(
            group1_level=table["treatment_1"],
            group2_level=table["treatment_2"],
            variable=run.param,
            variable_level=run.window,
            source=LEDGER,
            df=fitted(run).df,
        ),
        {
            "estimate": Stat("estimate", "Difference", DIGITS, run.unit),
            "std_error": Stat("std.error", "SE", DIGITS, run.unit),
            "df": Stat("parameter", "df", 0),
            "lower": Stat("conf.low", "Lower limit", DIGITS, run.unit),
            "upper": Stat("conf.high", "Upper limit", DIGITS, run.unit),
            "n_direct": Stat("n.direct", "Trials that compare them", 0),
        },
        analysis_id="league",
        group1="product",
        group2="against",
        context="published",
        method=_method(run),
        **run.result_labels,
    )


def consistency(run: ContrastRun) -> Results:
    """Return whether direct and indirect evidence agree, or why that cannot be tested.

    Returns
    -------
    Results
        ``k`` trials, ``designs``, ``tau2``, ``q`` within designs, ``q.p``, the test of
        consistency (``p.value``) where there is a loop, and ``conclusion``.
    """
    found: Consistency = check_consistency(edges(run), method=network_method(run))
    network = fitted(run)
    star = bool(found.reason)
    row = {
        "group1_level": "Network",
        "k": network.n_studies,
        "designs": found.n_designs,
        "tau2": network.tau2 if network.method != "fixed" else np.nan,
        "q": found.q_within if found.df_within else np.nan,
        "q_p": found.p_within if found.df_within else np.nan,
        "p": found.wald_p if not star else np.nan,
        "conclusion": "a star network has no loop, so consistency cannot be tested"
        if star
        else "consistency tested by the design-by-treatment interaction",
        "source": LEDGER,
    }
    return from_frame(
        pd.DataFrame([row]),
        {
            "k": Stat("k", "Trials", 0),
            "designs": Stat("designs", "Pairs compared", 0),
            "tau2": Stat("tau2", "tau²", DIGITS),
            "q": Stat("q", "Q within pairs", DIGITS),
            "q_p": Stat("q.p", "p of Q", 3, form=p_value),
            "p": Stat("p.value", "p of consistency", 3, form=p_value),
            "conclusion": Stat("conclusion", "Consistency"),
        },
        analysis_id="consistency",
        group1="network",
        context="published",
        method=_method(run),
        **run.result_labels,
    )
