"""The former way of making result rows; nothing new uses it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from analysis.numbers import fixed
from analysis.results.table import COLUMNS, ROW_KEY, DataStatus, Results


@dataclass(frozen=True, slots=True)
class Stat:
    """How one column of a frame becomes a result.

    Parameters
    ----------
    name
        ``stat_name``: N, n, mean, sd, estimate, conf.low, … for a number; any word for a text.
    label
        ``stat_label``: the name in words.
    digits
        Decimals shown; a column name gives each row its own (numbers quoted as printed);
        None marks a text result, whose ``stat`` stays empty.
    unit
        Unit of the number, or the name of a column that holds it.
    source
        Column that holds this statistic's own sources, where they differ from the row's.
    form
        Writes a number with so many decimals: `fixed`, or `percent` for a fraction.
    """

    name: str
    label: str
    digits: int | str | None = None
    unit: str = ""
    source: str = "source"
    form: Callable[[float, int], str] = fixed


def present(stats: Mapping[str, Stat], frame: pd.DataFrame) -> dict[str, Stat]:
    """Return the statistics whose column the frame has, where some are not always given."""
    return {name: stat for name, stat in stats.items() if name in frame}


def from_frame(
    frame: pd.DataFrame,
    stats: Mapping[str, Stat],
    *,
    analysis_id: str,
    group1: str = "",
    group2: str = "",
    context: str,
    method: str = "",
    data_status: DataStatus,
    plan_status: Literal["planned", "exploratory"] = "planned",
) -> Results:
    """Melt a frame with one row per table row into one row per number.

    Parameters
    ----------
    frame
        Tidy frame. Its columns ``group1_level``, ``group2_level``, ``variable``,
        ``variable_level``, ``population``, ``n_population``, ``source``, ``note`` and
        ``method`` are taken over where present.
    stats
        Column of `frame` → what it is. A number that is missing gives no row; a text that is
        empty gives none either.
    analysis_id
        Names the analysis; together with `ROW_KEY` and the stat name it identifies a row.
    group1, group2
        What the levels are: ``"arm"``, ``"study"``, …
    context
        Kind of analysis, for example ``"published"`` or ``"audit"``.
    method
        The statistical method in words, where `frame` has no column ``method``.
    data_status, plan_status
        What kind of data the numbers rest on, and whether the analysis was planned.

    Returns
    -------
    Results
        Rows in the order of `frame`, statistics in the order of `stats`.
    """
    fixed_part: dict[str, Any] = {
        "analysis_id": analysis_id,
        "group1": group1,
        "group2": group2,
        "context": context,
        "data_status": data_status,
        "plan_status": plan_status,
    }
    frame = frame.reset_index(drop=True)
    own = [*ROW_KEY, "population", "n_population", "source", "note", "method"]
    base = frame.reindex(columns=own).assign(**fixed_part)
    base["n_population"] = base["n_population"].astype(object)
    base = base.where(base.notna(), "")
    if "method" not in frame:
        base["method"] = method
    parts = [_stat_rows(frame, base, column, stat) for column, stat in stats.items()]
    rows = pd.concat(parts).sort_index(kind="stable")
    rows = rows[(rows["stat_fmt"] != "") & rows["stat_fmt"].notna()]
    return Results(rows[COLUMNS].reset_index(drop=True))


def _stat_rows(frame: pd.DataFrame, base: pd.DataFrame, column: str, stat: Stat) -> pd.DataFrame:
    rows = base.assign(stat_name=stat.name, stat_label=stat.label)
    rows["unit"] = frame.get(stat.unit, stat.unit)
    if stat.source in frame:
        rows["source"] = frame[stat.source].fillna("")
    if stat.digits is None:
        text = frame[column].astype(object)
        return rows.assign(stat=None, stat_fmt=text.where(text.notna(), ""))
    values = frame[column].astype(float)
    digits = frame[stat.digits] if isinstance(stat.digits, str) else [stat.digits] * len(frame)
    shown = [
        "" if pd.isna(value) else stat.form(value, int(places))
        for value, places in zip(values, digits, strict=True)
    ]
    return rows.assign(stat=values.astype(object), stat_fmt=shown)
