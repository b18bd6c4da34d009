"""The results table: one row a number, in the columns of Analysis Results Data.

The columns follow CDISC ARS and the R package {cards}; ``python -m analysis export cards`` writes
what {cards} itself reads. Topics return `Results`; tables, figures and sentences on a page are
views of them, and the report writes them to ``results.csv`` at full precision.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd

from analysis.brief import brief
from analysis.errors import UnknownName, suggestion
from analysis.results.declarations import STATISTICS

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

OWN_ANALYSIS = "own analysis"
"""The context of what an analyst's own notebook computes, beside the project's analyses."""

KEY = ["analysis_id", *ROW_KEY, "stat_name"]
"""What tells one result of a run from the next."""

ABSENT = "absent"
"""Variable of the row of a section that a trial does not declare."""

NUMBERS = ("stat", "n_population")
"""The columns that hold numbers; all others hold text."""
FORMULA = ("=", "+", "-", "@", "\t", "\n")
"""A cell that begins with one of these is a formula, or may become one, in a spreadsheet."""

DataStatus = Literal["published", "synthetic", "real"]


@brief(words="in_brief", rows="readable")
@dataclass(frozen=True, slots=True)
class Results:
    """Result rows of one analysis or of several, by the names of the analyses.

    ``results.analyses()`` lists them, ``results["primary-contrasts"]`` is one, ``for name in
    results`` goes through them; ``wide()`` gives a table of any, and ``frame`` every row.

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

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(self.frame["analysis_id"]))

    def __contains__(self, analysis_id: object) -> bool:
        return analysis_id in list(self)

    def __getitem__(self, analysis_id: str) -> Results:
        """Return the rows of one analysis.

        Raises
        ------
        UnknownName
            If there is no such analysis; it names the nearest, or where the name belongs.
        """
        if analysis_id in self:
            return self.select(analysis_id=analysis_id)
        raise UnknownName(_no_analysis(self, analysis_id))

    def analyses(self) -> pd.DataFrame:
        """Return the analyses: id, rows, numbers among them, statistics, and what they are of."""
        parts = {name: self[name].frame for name in self}
        rows = [
            {
                "analysis_id": name,
                "rows": len(frame),
                "numbers": int(frame["stat"].notna().sum()),
                "statistics": ", ".join(dict.fromkeys(frame["stat_name"])),
                "variables": ", ".join(filter(None, dict.fromkeys(frame["variable"]))),
            }
            for name, frame in parts.items()
        ]
        columns = ["analysis_id", "rows", "numbers", "statistics", "variables"]
        return pd.DataFrame(rows, columns=columns)

    @property
    def readable(self) -> pd.DataFrame:
        """The columns by which a person reads a row."""
        used = [name for name in ROW_KEY if (self.frame[name] != "").any()]
        return self.frame[["analysis_id", *used, "stat_name", "stat_fmt"]]

    def in_brief(self) -> dict[str, str]:
        """Return what a person wants to know of the rows, label → words."""
        names = list(self)
        return {
            "analyses": f"{len(names)}: {', '.join(names)}" if names else "none",
            "data": " and ".join(dict.fromkeys(self.frame["data_status"])),
            "plan": " and ".join(dict.fromkeys(self.frame["plan_status"])),
        }

    def select(self, **levels: str) -> Results:
        """Return the rows whose columns equal the given values.

        Raises
        ------
        UnknownName
            If a result row has no such column.
        """
        keep = pd.Series(True, index=self.frame.index)
        for column, value in levels.items():
            if column not in COLUMNS:
                hint = suggestion(column, COLUMNS) or f"; they are {', '.join(COLUMNS)}"
                raise UnknownName(f"results have no column '{column}'{hint}")
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
        names, number = self.frame["stat_name"].tolist(), dict[tuple[str, ...], int]()
        # Plain lists: a page has dozens of such tables, and a pivot costs more than what it holds.
        identities = zip(*(self.frame[key].tolist() for key in keys), strict=True)
        rows = [number.setdefault(identity, len(number)) for identity in identities]
        cells = {name: [np.nan] * len(number) for name in dict.fromkeys(names)}
        for row, name, value in zip(rows, names, self.frame[values].tolist(), strict=True):
            cells[name][row] = value
        kind = self.frame[values].dtype
        return pd.DataFrame(list(number), columns=keys).assign(
            **{name: pd.Series(column, dtype=kind) for name, column in cells.items()}
        )

    def csv(self) -> str:
        """Return the rows as csv, numbers with all their digits.

        A text that a spreadsheet would run as a formula gets an apostrophe before it, and a
        carriage return is written as a line feed.
        """
        texts = [column for column in COLUMNS if column not in NUMBERS]
        safe = {column: self.frame[column].map(_inert) for column in texts}
        return self.frame.assign(**safe).to_csv(index=False, lineterminator="\n")

    def to_csv(self, path: Path) -> None:
        """Write the rows as UTF-8 csv; see `csv`."""
        path.write_text(self.csv(), encoding="utf-8", newline="")


def _no_analysis(results: Results, wanted: object) -> str:
    """Say that there is no analysis of a name, and what the name is near to."""
    known, name = list(results), str(wanted)
    if name in COLUMNS:
        hint = f"; it is a column: results.frame['{name}']"
    elif name in set(results.frame["stat_name"]):
        hint = f"; it is a statistic: results.select(stat_name='{name}')"
    else:
        hint = suggestion(name, known) or f"; they are {', '.join(known) or 'none'}"
    return f"results have no analysis '{name}'{hint}"


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


OWN = ["population", "n_population", "source", "note", "method", "data_status", "plan_status"]
"""Columns of a frame that say what its rows rest on."""
SHOWN = ["unit", "decimals"]
"""Columns of a frame that say how the values of a row are shown."""
PLACES, SOURCE = "places:", "source:"
"""Before the name of a statistic: a column with its own decimals, or with its own source."""


def rows_of(
    frame: pd.DataFrame,
    analysis_id: str,
    *,
    context: str,
    group1: str = "",
    group2: str = "",
    unit: str = "",
    decimals: int = 1,
    **labels: str,
) -> Results:
    """Melt a frame with one row per table row into one row per number.

    Parameters
    ----------
    frame
        Tidy frame. Columns of `ROW_KEY`, `OWN` and `SHOWN` describe the row; every other column
        is a statistic of the vocabulary under its name, or ``places:NAME`` (decimals of a number
        that is quoted as printed) or ``source:NAME`` (its own source). A number that is missing
        gives no row, nor does an empty text.
    analysis_id
        Names the analysis; with `ROW_KEY` and the name of the statistic it identifies a row.
    context
        Kind of analysis, for example ``"published"`` or ``"audit"``.
    group1, group2
        What the levels are: ``"arm"``, ``"study"``, …
    unit, decimals
        Unit of the values and decimals they were recorded with, where the frame has no column of
        that name.
    labels
        Any column of `OWN` that is the same in every row, where the frame has none.

    Returns
    -------
    Results
        Rows in the order of `frame`, statistics in the order of its columns.

    Raises
    ------
    ValueError
        If a column is no statistic of the vocabulary, or two rows have one key.
    """
    frame = frame.reset_index(drop=True)
    placing = [*ROW_KEY, *OWN, *SHOWN, *_marked(frame)]
    names = [name for name in frame if name not in placing]
    unknown = [name for name in names if name not in STATISTICS]
    if unknown:
        raise ValueError(
            f"{analysis_id}: {', '.join(map(repr, unknown))} is no statistic of "
            "analysis/results/statistics.csv; declare it there"
        )
    base = frame.reindex(columns=[*ROW_KEY, *OWN]).astype(object)
    base = base.assign(**{name: text for name, text in labels.items() if name not in frame})
    base = base.where(base.notna(), "").assign(
        analysis_id=analysis_id, group1=group1, group2=group2, context=context
    )
    units = frame.get("unit", pd.Series(unit, frame.index)).fillna("")
    recorded = frame.get("decimals", pd.Series(decimals, frame.index)).fillna(decimals)
    about = _About(frame, units.tolist(), recorded.tolist())
    found = [each for name in names for each in _numbers(name, about)]
    # In the order of the rows; within a row in that of the columns.
    found.sort(key=lambda each: each.row)
    rows = base.iloc[[each.row for each in found]].reset_index(drop=True)
    own = pd.Series([each.source for each in found], dtype=object)
    rows = rows.assign(
        stat_name=[each.name for each in found],
        stat_label=[STATISTICS[each.name].label for each in found],
        stat=pd.Series([each.value for each in found], dtype=object),
        stat_fmt=[each.shown for each in found],
        unit=[each.unit for each in found],
        source=own.where(own.notna(), rows["source"]),
    ).reindex(columns=COLUMNS)
    again = rows.duplicated(KEY)
    if again.any():
        raise ValueError(f"two results have one key: {rows.loc[again, KEY].iloc[0].to_dict()}")
    return Results(rows)


def _marked(frame: pd.DataFrame) -> list[str]:
    return [name for name in frame if str(name).startswith((PLACES, SOURCE))]


class _About(NamedTuple):
    """A frame, and of each of its rows the unit and the decimals it was recorded with."""

    frame: pd.DataFrame
    units: list[str]
    recorded: list[float]


class _Number(NamedTuple):
    """One statistic of one row of a frame; `source` is None where it is that of the row."""

    row: int
    name: str
    value: float | None
    shown: str
    unit: str
    source: str | None


def _numbers(name: str, about: _About) -> Iterator[_Number]:
    """Yield the values of one statistic, those that are there."""
    statistic, frame = STATISTICS[name], about.frame
    given, absent = frame[name].tolist(), frame[name].isna().tolist()
    own = frame[f"{SOURCE}{name}"].fillna("").tolist() if f"{SOURCE}{name}" in frame else None
    quoted = frame[f"{PLACES}{name}"].tolist() if f"{PLACES}{name}" in frame else None
    for row, value in enumerate(given):
        if absent[row] or value == "":
            continue
        source = own[row] if own else None
        if statistic.scale == "text":
            yield _Number(row, name, None, str(value), "", source)
            continue
        number, unit = float(value), about.units[row]
        places = None if quoted is None or pd.isna(quoted[row]) else int(quoted[row])
        shown = statistic.write(number, unit=unit, decimals=int(about.recorded[row]), places=places)
        yield _Number(row, name, number, shown, statistic.unit_of(unit), source)
