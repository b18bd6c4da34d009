"""Export of a run for R: what the package {cards} reads, from what this project writes.

``results.csv`` is flat: one row a number under fixed columns. {cards} keeps the statistic and the
levels in list columns, tells analyses apart by their groups alone, and has the method as a
statistic. `cards_frame` says the same in its terms; ``docs/read_cards.R`` makes the list columns.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from analysis import paths
from analysis.report.place import put_file
from analysis.report.results_files import run_results
from analysis.results import ROW_KEY

EXPORT = "cards.csv"
ROW = ["analysis_id", *ROW_KEY]
SUMMARY = frozenset("N N_obs N_miss n mean sd median p25 p75 min max".split())
TABULATE = frozenset("n N p".split())
"""The statistics of the contexts that {cards} names so; others keep this project's context."""
KEPT = "unit population n_population data_status plan_status source note".split()
"""Columns that {cards} does not know and lets stand."""


def export_cards(run: str, folder: Path = paths.REPORTS) -> Path:
    """Write ``cards.csv`` beside the results of a run of the report, and return where.

    Raises
    ------
    UserError
        If the report has no results of that run.
    """
    target = folder / run / EXPORT
    text = cards_frame(run_results(run, folder)).to_csv(index=False, lineterminator="\n")
    put_file(target, text.encode("utf-8"))
    return target


def cards_frame(table: pd.DataFrame) -> pd.DataFrame:
    """Return results in the terms of {cards}.

    Parameters
    ----------
    table
        Results as text, with the columns of ``results.csv``.

    Returns
    -------
    pandas.DataFrame
        The columns of an analysis-results data set of {cards}, flat: ``group1`` to ``group3``
        with their levels (the third names the analysis, so that groups, variable and
        ``stat_name`` identify a row), ``variable``, ``variable_level``, ``context``,
        ``stat_name``, ``stat_label``, ``stat``, ``stat_type`` ("number" or "text"),
        ``stat_fmt``, and `KEPT`. The method is a row of its own after each table row.
    """
    table = table.assign(context=_contexts(table))
    number = table["stat"] != ""
    every = table.assign(
        stat=table["stat"].where(number, table["stat_fmt"]),
        stat_type=np.where(number, "number", "text"),
        # A minus is a minus in R; the sign of the page is typographic.
        stat_fmt=table["stat_fmt"].where(~number, table["stat_fmt"].str.replace("−", "-")),
    )
    methods = every[every["method"] != ""].drop_duplicates(ROW, keep="last")
    methods = methods.assign(
        stat_name="method", stat_label="method", stat=methods["method"],
        stat_fmt=methods["method"], stat_type="text", unit="",
    )  # fmt: skip
    rows = pd.concat([every, methods]).sort_index(kind="stable")
    rows = rows.assign(group3="analysis", group3_level=rows["analysis_id"])
    # A level without a name of what it is a level of is none that {cards} can read.
    for group in ("group1", "group2"):
        unnamed = (rows[group] == "") & (rows[f"{group}_level"] != "")
        rows[group] = rows[group].mask(unnamed, group)
    named = [
        column for group in ("group1", "group2", "group3") for column in (group, f"{group}_level")
    ]
    stated = ["context", "stat_name", "stat_label", "stat", "stat_type", "stat_fmt"]
    return rows[[*named, "variable", "variable_level", *stated, *KEPT]].reset_index(drop=True)


def _contexts(table: pd.DataFrame) -> pd.Series:
    """Return {cards}' name of the kind of each table row, the project's where it has none."""
    keys = table[ROW].agg("\x1f".join, axis=1)
    names = table["stat_name"].where(table["stat"] != "")
    found = names.groupby(keys, sort=False).agg(lambda own: frozenset(own.dropna()))
    kind = found.map(
        lambda own: (
            "tabulate"
            if "p" in own and own <= TABULATE
            else "summary"
            if "mean" in own and own <= SUMMARY
            else ""
        )
    )
    known = keys.map(kind)
    return table["context"].where(known == "", known)
