"""The results table: one row a number, in the Analysis Results Data convention.

The columns follow CDISC ARS and the R package {cards}, so that a run can be read there.
Topics return `Results`; tables, figures and sentences on a page are views of them, and the
report writes them to ``results.csv`` at full precision.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from analysis.numbers import fixed

COLUMNS = (
    "analysis_id group1 group1_level group2 group2_level variable variable_level context "
    "stat_name stat_label stat stat_fmt unit population n_population method data_status "
    "plan_status source note"
).split()
"""The fixed columns of ``results.csv``, in order."""

ROW_KEY = ["group1_level", "group2_level", "variable", "variable_level"]
"""What tells one row of a table from the next within an analysis."""

NOT_ESTIMABLE = "not estimable"
"""The conclusion where there is none, and the context of a section that could not be analysed."""

ABSENT = "absent"
"""Variable of the row of a section that a trial does not declare."""

NUMBERS = ("stat", "n_population")
"""The columns that hold numbers; all others hold text."""
FORMULA = ("=", "+", "-", "@", "\t", "\n")
"""A cell that begins with one of these is a formula, or may become one, in a spreadsheet."""

DataStatus = Literal["published", "synthetic", "real"]


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


@dataclass(frozen=True, slots=True)
class Results:
    """Result rows of one analysis or of several.

    Parameters
    ----------
    frame
        One row a number or text result, with exactly the columns `COLUMNS`.
    """

    frame: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=COLUMNS, dtype=object))

    def __post_init__(self) -> None:
        if list(self.frame.columns) != COLUMNS:
            raise ValueError(f"results must have the columns {COLUMNS}; got {list(self.frame)}")

    def __add__(self, other: Results) -> Results:
        return combine([self, other])

    def __len__(self) -> int:
        return len(self.frame)

    def select(self, **levels: str) -> Results:
        """Return the rows whose columns equal the given values."""
        keep = pd.Series(True, index=self.frame.index)
        for column, value in levels.items():
            keep &= self.frame[column] == value
        return Results(self.frame[keep])

    def text(self, stat_name: str, **levels: str) -> str:
        """Return the one formatted value of `stat_name` among the rows that match `levels`.

        Raises
        ------
        LookupError
            If no row or more than one row matches.
        """
        found = self.select(stat_name=stat_name, **levels).frame["stat_fmt"]
        if len(found) != 1:
            raise LookupError(f"{stat_name} {levels} names {len(found)} results, expected one")
        return str(found.iloc[0])

    def wide(self, values: Literal["stat", "stat_fmt"] = "stat_fmt") -> pd.DataFrame:
        """Return one row per table row and one column per ``stat_name``, in the given order."""
        keys = ["analysis_id", "group1", "group2", *ROW_KEY]
        names = list(dict.fromkeys(self.frame["stat_name"]))
        wide = self.frame.pivot(index=keys, columns="stat_name", values=values)
        order = pd.MultiIndex.from_frame(self.frame[keys].drop_duplicates())
        return wide.reindex(index=order, columns=names).reset_index().rename_axis(columns=None)

    def to_csv(self, path: Path) -> None:
        """Write the rows as UTF-8 csv, numbers with all their digits.

        A text that a spreadsheet would run as a formula gets an apostrophe before it, and a
        carriage return is written as a line feed.
        """
        texts = [column for column in COLUMNS if column not in NUMBERS]
        safe = {column: self.frame[column].map(_inert) for column in texts}
        self.frame.assign(**safe).to_csv(path, index=False, lineterminator="\n")


def _inert(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    # The csv writer quotes a cell with a line feed, but not one with a carriage return.
    text = value.replace("\r\n", "\n").replace("\r", "\n")
    return f"'{text}" if text.startswith(FORMULA) else text


def combine(parts: Iterable[Results]) -> Results:
    """Put several results under one another, in the order given."""
    frames = [part.frame for part in parts if len(part)]
    return Results(pd.concat(frames, ignore_index=True)) if frames else Results()


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
