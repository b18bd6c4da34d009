"""A tidy frame of an analyst as results: which columns name a row, which are its numbers."""

from __future__ import annotations

import datetime
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from analysis.brief import brief
from analysis.errors import UserError, suggestion
from analysis.numbers import PROPORTION
from analysis.results.column_words import statistic_of
from analysis.results.declarations import STATISTICS
from analysis.results.frame_values import (
    DATE,
    NOTHING,
    NUMBER,
    TEXT,
    kind_of,
    refuse_written,
    values_of,
    word_of,
    words_of,
)
from analysis.results.precision import recorded_decimals
from analysis.results.vocabulary import Statistic

MISSING = "missing"
"""How a missing value is called where it names a row."""
ROW = "Row"
"""Header of the numbers of rows that nothing else tells apart."""
Named = Mapping[Hashable, Any]


@dataclass(frozen=True, slots=True)
class Measured:
    """One column of values: its name, kind, variable and statistic, unit, and decimals shown."""

    name: str
    kind: str
    variable: str
    statistic: Statistic
    unit: str
    places: int | None

    @property
    def title(self) -> str:
        """Header of the column: what it is, with its unit."""
        single = self.statistic.name in ("value", "text")
        words = [self.variable] if self.variable else []
        words += [] if single and words else [self.statistic.label]
        unit = self.statistic.unit_of(self.unit).replace(PROPORTION, "%")
        words += [unit] if unit and unit not in words else []
        return ", ".join(words)


@brief
@dataclass(frozen=True, slots=True)
class Tidy:
    """A frame, read: the headers of the row labels, the labels of each row, columns and values."""

    labels: tuple[str, ...]
    lines: tuple[tuple[str, ...], ...]
    columns: tuple[Measured, ...]
    values: pd.DataFrame

    def row_keys(self) -> list[dict[str, str]]:
        """Return what tells each row from the others, in the columns of the results table."""
        return [
            {
                "group1_level": line[0],
                "group2_level": line[1] if len(line) > 1 else "",
                "variable_level": ", ".join(line[2:]),
            }
            for line in self.lines
        ]

    def groups(self) -> dict[str, str]:
        """Return what the levels are."""
        return dict(zip(("group1", "group2"), self.labels, strict=False))

    def long(self) -> pd.DataFrame:
        """Return one row a row and variable, in the columns of `rows_of`."""
        variables = list(dict.fromkeys(column.variable for column in self.columns))
        rows: list[dict[str, Any]] = []
        for place, key in enumerate(self.row_keys()):
            for variable in variables:
                mine = [column for column in self.columns if column.variable == variable]
                row: dict[str, Any] = {**key, "variable": variable, "unit": mine[0].unit}
                row["decimals"] = self._recorded(mine)
                for column in mine:
                    row[column.statistic.name] = self.values[column.name].iloc[place]
                    if column.places is not None:
                        row[f"places:{column.statistic.name}"] = column.places
                rows.append(row)
        return pd.DataFrame(rows)

    def _recorded(self, columns: Sequence[Measured]) -> int:
        """Return the decimals of the recorded values behind the columns of one variable."""
        values = [each for each in columns if each.statistic.scale == "value"]
        least = min((each.statistic.places for each in values), default=0)
        named = [each.name for each in values if each.statistic.places == least]
        return recorded_decimals(self.values[named].to_numpy(dtype=float)) if named else 0


def read_frame(
    frame: Any,
    *,
    rows: Sequence[Hashable] | None = None,
    statistics: Named | None = None,
    unit: str | Named = "",
    decimals: int | Named | None = None,
) -> Tidy:
    """Read a frame: its row labels, and what each other column holds.

    Parameters
    ----------
    frame
        One row a row of the table; a series is a frame of one column.
    rows
        Columns or index levels that name the rows. By default an index that has a name or words,
        else the columns of text; rows that these do not tell apart are numbered.
    statistics
        Column → statistic of the vocabulary, where the column is not called so.
    unit, decimals
        Of all columns, or by column. Decimals are those shown; left out, they follow the
        recorded values.

    Raises
    ------
    UserError
        If a row or a column cannot be told from another, or a value is not what its column says.
    """
    if isinstance(frame, pd.Series):
        frame = frame.to_frame("value" if frame.name is None else frame.name)
    table = _named(frame)
    parts = dict(zip(table, _parts(frame), strict=True))
    given = {_flat(name): str(word) for name, word in (statistics or {}).items()}
    units, places = _by_column(unit), _by_column(decimals)
    known_names = {*table, *(part[0] for part in parts.values())}
    for name in (*given, *units, *places):
        if name and name not in known_names:
            raise UserError(f"there is no column '{name}'{suggestion(name, list(table))}")
    kinds = {name: kind_of(table[name], name) for name in table}
    labels = _labels(frame, table, kinds, rows, given)
    found = []
    for name in table:
        if name in labels:
            continue
        number = kinds[name] in (NUMBER, NOTHING)
        variable, word = statistic_of(parts[name], number=number, given=given)
        statistic, heading = STATISTICS[word], parts[name][0]
        shown, used = (part.get(name, part.get(heading, part.get(""))) for part in (places, units))
        fixed_places = statistic.scale in ("value", "proportion", "number")
        found.append(
            Measured(
                name, kinds[name], variable, statistic,
                str(used or ""), shown if fixed_places else None,
            )
        )  # fmt: skip
    _refuse_alike(found)
    # The statistics of one variable have one unit, whichever of them names it.
    of_variable = {each.variable: each.unit for each in found if each.unit}
    found = [replace(each, unit=of_variable.get(each.variable, "")) for each in found]
    values = pd.DataFrame(
        {
            each.name: values_of(table[each.name], each.name, each.kind, each.statistic)
            for each in found
        }
    )
    lines, headers = _lines(table, kinds, labels, chosen=rows is not None)
    return Tidy(headers, lines, tuple(found), values)


def _named(frame: Any) -> pd.DataFrame:
    """Return a frame with its index levels as columns, each column under a name of its own."""
    if not isinstance(frame, pd.DataFrame):
        raise UserError(f"it takes a pandas DataFrame; got {type(frame).__name__}")
    if not frame.shape[1]:
        raise UserError("the frame has no column")
    names = [*_index_names(frame), *map(_flat, frame.columns)]
    for place, name in enumerate(names):
        if name in names[:place]:
            raise UserError(f"two columns are called '{name}'; rename one")
    levels = [frame.index.get_level_values(n) for n in range(len(_index_names(frame)))]
    columns = [frame.iloc[:, n] for n in range(frame.shape[1])]
    series = [pd.Series(each).reset_index(drop=True) for each in (*levels, *columns)]
    return pd.DataFrame(dict(zip(names, series, strict=True)))


def _index_names(frame: pd.DataFrame) -> list[str]:
    """Return the names of the index levels that name rows; of a mere row number none."""
    index = frame.index
    counted = index.nlevels == 1 and index.name is None and pd.api.types.is_integer_dtype(index)
    if counted:
        return []
    return [_flat(f"Level {n}" if name is None and index.nlevels > 1 else name)
            for n, name in enumerate(index.names, start=1)]  # fmt: skip


def _parts(frame: pd.DataFrame) -> list[tuple[str, ...]]:
    """Return the words of each column's name, those of index levels included."""
    several = [
        tuple(map(_flat, name)) if isinstance(name, tuple) else (_flat(name),)
        for name in frame.columns
    ]
    words = [tuple(part for part in parts if part) or ("",) for parts in several]
    return [*((name,) for name in _index_names(frame)), *words]


def _flat(name: Hashable) -> str:
    if isinstance(name, tuple):
        return ", ".join(_flat(part) for part in name if _flat(part))
    if isinstance(name, datetime.date) and not pd.isna(name):
        return word_of(name, DATE)
    return "" if name is None else str(name)


def _by_column(given: Any) -> dict[str, Any]:
    """Return what is given by column; what is given for all columns stands under ""."""
    if isinstance(given, Mapping):
        return {_flat(name): value for name, value in given.items()}
    return {} if given is None or given == "" else {"": given}


def _labels(
    frame: pd.DataFrame,
    table: pd.DataFrame,
    kinds: Mapping[str, str],
    rows: Sequence[Hashable] | None,
    statistics: Mapping[str, Any],
) -> list[str]:
    """Return the columns that name the rows."""
    if rows is not None:
        named = [_flat(each) for each in ([rows] if isinstance(rows, str) else rows)]
        for name in named:
            if name not in table:
                raise UserError(f"there is no column '{name}'{suggestion(name, list(table))}")
        return named
    if index := _index_names(frame):
        return index
    words = [name for name in table if name not in statistics]
    texts = [
        name for name in words
        if kinds[name] == TEXT and STATISTICS[statistic_of((name,), number=False)[1]].name == "text"
    ]  # fmt: skip
    found = texts or [name for name in words if kinds[name] == DATE]
    for name in found:
        refuse_written(table[name], name)
    if len(found) < len(list(table)):
        return found
    return found[:1] if len(found) > 1 else []


def _lines(
    table: pd.DataFrame, kinds: Mapping[str, str], labels: Sequence[str], *, chosen: bool
) -> tuple[tuple[tuple[str, ...], ...], tuple[str, ...]]:
    """Return the labels of every row, and their headers; numbered where they are not enough."""
    words = [words_of(table[name], kinds[name], missing=MISSING) for name in labels]
    lines = list(zip(*words, strict=True)) if words else [()] * len(table)
    again = [line for place, line in enumerate(lines) if line in lines[:place]] if words else []
    if chosen and again:
        raise UserError(
            f"two rows are called '{', '.join(again[0])}'; name more columns in rows=[…], until "
            "each row has a name of its own"
        )
    if not words or again:
        counted = [(str(n), *line) for n, line in enumerate(lines, start=1)]
        return tuple(counted), (ROW, *labels)
    return tuple(lines), tuple(labels)


def _refuse_alike(columns: Sequence[Measured]) -> None:
    seen: dict[tuple[str, str], str] = {}
    for each in columns:
        key = each.variable, each.statistic.name
        if key in seen:
            raise UserError(
                f"'{seen[key]}' and '{each.name}' are both the statistic '{key[1]}'; rename one"
            )
        seen[key] = each.name
    for variable in dict.fromkeys(each.variable for each in columns):
        units = {each.unit for each in columns if each.variable == variable and each.unit}
        if len(units) > 1:
            raise UserError(f"statistics of one variable have one unit; got {' and '.join(units)}")
