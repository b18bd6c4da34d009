"""The network through daily somatropin; it compares products that never met, too."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.contrasts.forest import given_rows
from analysis.contrasts.inclusion import TESTED, comparable, require
from analysis.contrasts.settings import ContrastRun
from analysis.contrasts.synthesis import (
    TAU2_NAMES,
    interval_words,
    own_interval_words,
    random_interval,
)
from analysis.display.figures import COLOURS, Figure
from analysis.display.reading import Reading
from analysis.display.rows import filled, method_sentences
from analysis.display.tables import Column, Table
from analysis.errors import UserError
from analysis.results import Results, section
from analysis.results.intervals import interval_columns
from analysis.stats.consistency import Consistency, check_consistency
from analysis.stats.network import NETWORK_METHODS, NetworkMetaAnalysis, network_meta_analysis
from analysis.words import counted, listed

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

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
        study=found["label"],
        treatment_1=found["product"],
        treatment_2=DAILY_NODE,
        std_error=found["std.error"],
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
    return f"network by contrasts, {words}; {interval}, {run.level_words}"


ROUND = 0.65
"""Radii that the words of a product need above or below its mark."""


@section
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
    return run.results(
        frame.reset_index(names="group1_level").assign(group2_level=DAILY_NODE),
        "network-geometry",
        group1="product",
        group2="comparator",
    )


@geometry.shows
def geometry_figure(geometry: Results, _: ContrastRun) -> Figure:
    """Draw the products around daily somatropin, a line for each compared pair."""
    given = given_rows(geometry)
    angles = np.linspace(0, 2 * np.pi, len(given), endpoint=False) + np.pi / 2
    # As tall as its products reach, so that one alone does not hang over an empty half.
    low, high = min(0.0, *np.sin(angles)) - ROUND, max(0.0, *np.sin(angles)) + ROUND

    def draw(canvas: Canvas, narrow: bool) -> None:
        axes = canvas.subplots()
        for (row, value), angle in zip(given, angles, strict=True):
            x, y = np.cos(angle) * (1.0 if narrow else 1.9), np.sin(angle)
            axes.plot([0, x], [0, y], color=COLOURS["grey"], lw=1.5 * float(value["k"]), zorder=1)
            axes.plot(x, y, "o", color=COLOURS["blue"], ms=11, zorder=2)
            said = f"{row['group1_level']}\n{_size_words(row)}"
            up = bool(y >= -0.01)
            side, at = _beside(float(x), crowded=narrow and not up)
            axes.text(
                at, y + (0.16 if up else -0.16), said, ha=side,
                va="bottom" if up else "top", fontsize=8 if narrow else 9,
            )  # fmt: skip
        axes.plot(0, 0, "o", color=COLOURS["orange"], ms=16, zorder=2)
        axes.text(0, -0.17, DAILY_NODE, fontsize=9, weight="bold", color=COLOURS["orange"],
                  ha="center", va="top", zorder=3,
                  bbox={"fc": "white", "ec": "none", "alpha": 0.85, "pad": 1})  # fmt: skip
        width = 1.65 if narrow else 2.9
        axes.set(xlim=(-width, width), ylim=(low, high))
        axes.axis("off")

    said = "; ".join(f"{row['group1_level']} {_size_words(row)}" for row, _ in given)
    return Figure(
        title="The network: which products were compared with what",
        alt=f"Network with {DAILY_NODE} in the middle and a line to each product: {said}. No line "
        "joins two products.",
        draw=draw,
        height=1.1 * (high - low),
        narrow_height=1.15 * (high - low),
        results=geometry,
        caption="A line: randomised trials that compare the two; the thicker, the more trials.",
    )


def _beside(x: float, *, crowded: bool) -> tuple[str, float]:
    """Return how a label is aligned and where, so that two low neighbours do not overlap."""
    if not crowded or not 0.05 < abs(x) < 0.6:
        return "center", x
    return ("right", x + 0.3) if x < 0 else ("left", x - 0.3)


def _size_words(row: Mapping[Any, Any]) -> str:
    n = filled(row, "n {n}") or "n not in the texts read"
    return f"{counted(int(row['k']), 'trial')}, {n}"


@section
def league(run: ContrastRun) -> Results:
    """Return every ordered pair of products, first minus second.

    Returns
    -------
    Results
        ``estimate``, ``std.error``, ``parameter`` (df), ``conf.low``, ``conf.high`` and
        ``n.direct``, the trials that compare the two directly.
    """
    network = fitted(run)
    table = network.league().assign(df=network.df, method=_method(run))
    names = {"treatment_1": "group1_level", "treatment_2": "group2_level", "n_direct": "n.direct"}
    frame = table[[*names, "method"]].rename(columns=names)
    frame = frame.assign(**interval_columns(table), **run.placing)
    if network.method == "fixed":
        frame = _own_intervals(run, frame)
    return run.results(frame, "league", group1="product", group2="against")


def _own_intervals(run: ContrastRun, frame: pd.DataFrame) -> pd.DataFrame:
    """Give a product of one trial that trial's own interval, as everywhere else on the page.

    Without a spread between trials the network adds nothing to it: difference and standard error
    are the trial's, and only the law of the limits would be another.
    """
    trials = edges(run).drop_duplicates("treatment_1", keep=False)
    own = pd.DataFrame(
        {
            "group1_level": trials["treatment_1"],
            "group2_level": trials["treatment_2"],
            **trials[["conf.low", "conf.high", "parameter"]],
            "method": [own_interval_words(route) for route in trials["route"]],
        }
    )
    turned = {"group1_level": "group2_level", "conf.low": "conf.high"}
    back = own.rename(columns=turned | {new: old for old, new in turned.items()})
    back[["conf.low", "conf.high"]] *= -1
    pair = ["group1_level", "group2_level"]
    found = frame.set_index(pair)
    found.update(pd.concat([own, back]).set_index(pair))
    return found.reset_index()


@league.shows
def league_table(league: Results, run: ContrastRun) -> Table:
    """Show every product against every other by the network."""
    return Table(
        title=f"League table: row minus column, {run.unit}",
        results=league,
        labels={"group1_level": "Product"},
        across="group2_level",
        columns=[Column("", "{estimate}\n{conf.low} to {conf.high}", "text")],
        footnotes=[*method_sentences(league), *_wider_words(run)],
    )


def _wider_words(run: ContrastRun) -> list[str]:
    """Say why a product of one trial has another interval here than in that trial."""
    if fitted(run).method == "fixed":
        return []
    alone = edges(run).drop_duplicates("treatment_1", keep=False)["treatment_1"]
    if alone.empty:
        return []
    return [
        f"{listed(sorted(alone))}: one trial each, with its own difference and another interval "
        "than in the trial itself, because the spread between trials is part of it here."
    ]


@section
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
        "tau2": network.tau2 if network.method != "fixed" else None,
        "q": found.q_within if found.df_within else None,
        "q.p": found.p_within if found.df_within else None,
        "p.value": found.wald_p if not star else None,
        "conclusion": "a star network has no loop, so consistency cannot be tested"
        if star
        else "consistency tested by the design-by-treatment interaction",
    }
    return run.results(pd.DataFrame([row]), "consistency", group1="network", method=_method(run))


@consistency.shows
def consistency_reading(consistency: Results, _: ContrastRun) -> Reading:
    """Say whether the network's consistency can be tested, and how the trials spread."""
    row = consistency.wide().to_dict("records")[0]
    said = [
        f"The network has {counted(int(row['k']), 'trial')} and "
        f"{counted(int(row['designs']), 'compared pair')}: {row['conclusion']}.",
        filled(row, "Trials of one pair differ with Q {q} (p {q.p})."),
        filled(row, "Test of consistency: p {p.value}."),
        filled(
            row,
            "The spread between trials, tau² {tau2}, rests on the pairs that were compared more "
            "than once and is carried by every trial.",
        ),
    ]
    return Reading([sentence for sentence in said if sentence], consistency)
