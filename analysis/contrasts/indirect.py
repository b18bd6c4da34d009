"""Section 4: the network through daily somatropin, and products that never met."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from itertools import combinations

import numpy as np
import pandas as pd

from analysis.contrasts.inclusion import TESTED, comparable, require
from analysis.contrasts.settings import LEDGER, ContrastRun
from analysis.contrasts.synthesis import TAU2_NAMES, meta
from analysis.contrasts.within_trial import DIGITS
from analysis.errors import UserError
from analysis.numbers import percent
from analysis.results import Results, Stat, from_frame, present
from analysis.stats.consistency import Consistency, check_consistency
from analysis.stats.indirect import bucher
from analysis.stats.meta import MetaAnalysis
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
    return network_meta_analysis(
        edges(run), reference=DAILY_NODE, method=network_method(run), level=run.conf_level
    )


def _method(run: ContrastRun) -> str:
    method = fitted(run).method
    words = "fixed effects" if method == "fixed" else f"tau² by {TAU2_NAMES[method]}"
    return f"network by contrasts, {words}; normal intervals, level {run.conf_level:g}"


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
        ``estimate``, ``std.error``, ``conf.low``, ``conf.high`` and ``n.direct``, the trials
        that compare the two directly.
    """
    table = fitted(run).league()
    return from_frame(
        table.assign(
            group1_level=table["treatment_1"],
            group2_level=table["treatment_2"],
            variable=run.param,
            variable_level=run.window,
            source=LEDGER,
        ),
        {
            "estimate": Stat("estimate", "Difference", DIGITS, run.unit),
            "std_error": Stat("std.error", "SE", DIGITS, run.unit),
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
            "q_p": Stat("q.p", "p of Q", 3),
            "p": Stat("p.value", "p of consistency", 3),
            "conclusion": Stat("conclusion", "Consistency"),
        },
        analysis_id="consistency",
        group1="network",
        context="published",
        method=_method(run),
        **run.result_labels,
    )


def never_met(run: ContrastRun) -> Results:
    """Return Bucher's indirect contrast of every two products that no trial compares.

    Returns
    -------
    Results
        ``estimate``, ``std.error``, ``conf.low``, ``conf.high``.

    Notes
    -----
    Products with several trials are pooled first, by random effects where the headline is; two
    trials say little about the spread between trials, and the interval shows it.
    """
    rows = edges(run)
    products = sorted(rows["treatment_1"].unique())
    if len(products) < 2:
        raise UserError("an indirect contrast needs two products or more, and there is one")
    by_product = {
        name: _direct(run, members) for name, members in rows.groupby("treatment_1", sort=True)
    }
    found = [
        (a, b, bucher(*by_product[a], *by_product[b], level=run.conf_level))
        for a, b in combinations(products, 2)
    ]
    frame = pd.DataFrame(
        {
            "group1_level": [a for a, _, _ in found],
            "group2_level": [b for _, b, _ in found],
            "variable": run.param,
            "variable_level": run.window,
            "estimate": [c.estimate for *_, c in found],
            "std_error": [c.std_error for *_, c in found],
            "lower": [c.lower for *_, c in found],
            "upper": [c.upper for *_, c in found],
            "level": run.conf_level,
            "source": LEDGER,
        }
    )
    stats = {
        "estimate": Stat("estimate", "Difference", DIGITS, run.unit),
        "std_error": Stat("std.error", "SE", DIGITS, run.unit),
        "lower": Stat("conf.low", "Lower limit", DIGITS, run.unit),
        "upper": Stat("conf.high", "Upper limit", DIGITS, run.unit),
        "level": Stat("conf.level", "Confidence level", 0, form=percent),
    }
    return from_frame(
        frame,
        present(stats, frame),
        analysis_id="never-met",
        group1="product",
        group2="against",
        context="published",
        method=f"Bucher's indirect comparison through {DAILY_NODE}, level {run.conf_level:g}",
        **run.result_labels,
    )


def _direct(run: ContrastRun, members: pd.DataFrame) -> tuple[float, float]:
    """Return one product against daily somatropin: its trial, or its trials pooled."""
    if len(members) == 1:
        return float(members["estimate"].iloc[0]), float(members["std_error"].iloc[0])
    # The normal interval: Bucher's method has no use for two t distributions.
    model = "fixed" if run.model == "fixed" else "random"
    pooled: MetaAnalysis = meta(replace(run, hartung_knapp=False), members, model)
    return pooled.estimate, pooled.std_error
