"""The results table: one row a number, in the columns of Analysis Results Data.

The columns follow CDISC ARS and the R package {cards}; ``python -m analysis export cards`` writes
what {cards} itself reads. Topics return `Results`; tables, figures and sentences on a page are
views of them, and the report writes them to ``results.csv`` at full precision.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from analysis.brief import brief
from analysis.errors import UnknownName, suggestion
from analysis.results.counted import Counted

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
Key = tuple[str, ...]
"""The values of `KEY` of one result."""


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
    counted
        Key of a number that counts records → those records; of what is read from a file, none.
    """

    frame: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=COLUMNS, dtype=object))
    counted: Mapping[Key, Counted] = field(default_factory=dict, repr=False, compare=False)

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
        return self.where(keep)

    def where(self, keep: pd.Series) -> Results:
        """Return the rows for which `keep` is true, with what they count."""
        return replace(self, frame=self.frame[keep])

    def counted_in(self, row: Mapping[Any, Any], names: Iterable[str]) -> Counted | None:
        """Return what the first of some statistics of a table row counts; None where none does.

        Parameters
        ----------
        row
            A row of `wide`, or of ``frame``.
        names
            The statistics, in order.
        """
        place = tuple(row[name] for name in KEY[:-1])
        found = (self.counted.get((*place, name)) for name in names)
        return next((each for each in found if each is not None), None)

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
        safe = {column: _inert(self.frame[column]) for column in texts}
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


def _inert(column: pd.Series) -> pd.Series:
    """Return a column whose texts no spreadsheet runs; of many rows few texts differ."""
    changed = {}
    for value in column.unique():
        if isinstance(value, str):
            # The csv writer quotes a cell with a line feed, but not one with a carriage return.
            text = value.replace("\r\n", "\n").replace("\r", "\n")
            text = f"'{text}" if text.startswith(FORMULA) else text
            if text != value:
                changed[value] = text
    return column.map(lambda value: changed.get(value, value)) if changed else column


def combine(parts: Iterable[Results]) -> Results:
    """Put several results under one another, in the order given."""
    parts = [part for part in parts if len(part)]
    if not parts:
        return Results()
    counted = {key: each for part in parts for key, each in part.counted.items()}
    return Results(pd.concat([part.frame for part in parts], ignore_index=True), counted)
