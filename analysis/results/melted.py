"""A frame with one row per table row, melted into results: one row per number."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from typing import Any, NamedTuple, TypedDict

import numpy as np
import pandas as pd

from analysis.results.counted import Counted, counted_by, marks
from analysis.results.declarations import STATISTICS
from analysis.results.table import COLUMNS, KEY, ROW_KEY, Key, Results
from analysis.results.vocabulary import Statistic
from analysis.words import with_units

OWN = ["population", "n_population", "source", "note", "method", "data_status", "plan_status"]
"""Columns of a frame that say what its rows rest on."""
SHOWN = ["unit", "decimals"]
"""Columns of a frame that say how the values of a row are shown."""
WITH_UNITS = ["variable", "variable_level", "method", "note"]
"""Columns of text in which units stand, which are written in one way."""
TEXTS = {"analysis_id", "group1", "group2", "context", *WITH_UNITS}
"""Columns of texts, of their own type where there is nothing else in them."""
PLACES, SOURCE, WORDS = "places:", "source:", "words:"
"""Before the name of a statistic: a column with its own decimals, its own source, or what stands in
place of a number that is not given."""


def rows_of(
    frame: pd.DataFrame,
    analysis_id: str,
    *,
    context: str,
    group1: str = "",
    group2: str = "",
    unit: str = "",
    decimals: int = 1,
    as_shown: bool = False,
    **labels: str,
) -> Results:
    """Melt a frame with one row per table row into one row per number.

    Parameters
    ----------
    frame
        Tidy frame. Columns of `ROW_KEY`, `OWN` and `SHOWN` describe the row; every other column
        is a statistic of the vocabulary under its name, or ``places:NAME`` (decimals of a number
        that is quoted as printed), ``source:NAME`` (its own source) or ``words:NAME`` (what stands
        in place of a number that is not shown); ``records`` and
        ``records:NAME`` are what the row, or that number, counts. A number that is missing gives
        no row, nor does an empty text.
    analysis_id
        Names the analysis; with `ROW_KEY` and the name of the statistic it identifies a row.
    context
        Kind of analysis, for example ``"published"`` or ``"audit"``.
    group1, group2
        What the levels are: ``"arm"``, ``"study"``, …
    unit, decimals
        Unit of the values and decimals they were recorded with, where the frame has no column of
        that name.
    as_shown
        Whether numbers are given with the digits that are shown and no more.
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
    placing = [*ROW_KEY, *OWN, *SHOWN, *_marked(frame), *marks(frame)]
    names = [name for name in frame if name not in placing]
    unknown = [name for name in names if name not in STATISTICS]
    if unknown:
        raise ValueError(
            f"{analysis_id}: {', '.join(map(repr, unknown))} is no statistic of "
            "analysis/results/statistics.csv; declare it there"
        )
    # As lists: of a few rows, a frame takes longer to make than everything that is done to it.
    base = {name: _filled(frame, name, labels.get(name, "")) for name in (*ROW_KEY, *OWN)}
    base |= {name: _written(base[name]) for name in WITH_UNITS}
    units = _written(_filled(frame, "unit", unit))
    recorded = _filled(frame, "decimals", decimals, missing=decimals)
    about = _About(frame, units, recorded, as_shown)
    found = [_numbers(name, about) for name in names]
    every = list(chain.from_iterable(each.rows for each in found))
    # In the order of the rows; within a row in that of the columns.
    order = np.argsort(every, kind="stable").tolist()
    of_row = _taken(every, order)

    def ordered(values: Iterable[Any]) -> list[Any]:
        return _taken(list(values), order)

    laid = {name: _taken(values, of_row) for name, values in base.items()}
    own = ordered(chain.from_iterable(each.sources for each in found))
    names = ordered(chain.from_iterable([each.name] * len(each.rows) for each in found))
    label = {each.name: STATISTICS[each.name].label for each in found}
    columns = laid | {
        **{
            name: [text] * len(of_row)
            for name, text in (
                ("analysis_id", analysis_id), ("group1", group1), ("group2", group2),
                ("context", context),
            )
        },
        "stat_name": names,
        "stat_label": list(map(label.__getitem__, names)),
        "stat": ordered(chain.from_iterable(each.values for each in found)),
        "stat_fmt": ordered(chain.from_iterable(each.shown for each in found)),
        "unit": ordered(chain.from_iterable(each.units for each in found)),
        "source": [
            said if source is None else source
            for source, said in zip(own, laid["source"], strict=True)
        ],
    }  # fmt: skip
    rows = pd.DataFrame({name: _typed(name, columns[name]) for name in COLUMNS})
    # Within a row of the frame every statistic stands once.
    several = len(set(zip(*(base[name] for name in ROW_KEY), strict=True))) < len(frame)
    if several and (again := rows.duplicated(KEY)).any():
        raise ValueError(f"two results have one key: {rows.loc[again, KEY].iloc[0].to_dict()}")
    return Results(rows, _counted(frame, of_row, rows))


def _filled(frame: pd.DataFrame, name: str, text: Any, *, missing: Any = "") -> list[Any]:
    """Return the values of a column, what is missing filled; a text where there is no column."""
    if name not in frame:
        return [text] * len(frame)
    values = frame[name].tolist()
    for row in np.flatnonzero(frame[name].isna()):
        values[row] = missing
    return values


def _taken(values: list[Any], places: list[int]) -> list[Any]:
    # Without a step of Python for each of a million values.
    return list(map(values.__getitem__, places))


def _typed(name: str, values: list[Any]) -> pd.Series:
    texts = name in TEXTS and all(issubclass(kind, str) for kind in set(map(type, values)))
    return pd.Series(values, dtype="str" if texts else object)


def _counted(frame: pd.DataFrame, of_row: list[int], rows: pd.DataFrame) -> dict[Key, Counted]:
    """Return what the numbers of a frame count, by their keys in the rows made of them.

    The rows are each of a row of the frame.
    """
    if not (held := {name: frame[name].tolist() for name in marks(frame)}):
        return {}
    nothing = [None] * len(frame)
    said_by = {
        name: [held[mark] for mark in counted_by(name) if mark in held] or [nothing]
        for name in rows["stat_name"].unique()
    }
    # Of each row of the frame, and each statistic, the first that says it.
    first = {
        name: [next(filter(_is_counted, of), None) for of in zip(*said, strict=True)]
        for name, said in said_by.items()
    }
    keys = zip(*(rows[name].tolist() for name in KEY), strict=True)
    pairs = zip(of_row, keys, strict=True)
    return {key: own for row, key in pairs if (own := first[key[-1]][row]) is not None}


def _is_counted(value: Any) -> bool:
    return isinstance(value, Counted)


def _written(texts: list[Any]) -> list[Any]:
    """Return texts with their units in one way of writing, two that differ still different."""
    written = {each: with_units(str(each)) for each in dict.fromkeys(texts)}
    same = len(set(written.values())) < len(written)
    return texts if same else [written[each] for each in texts]


def _marked(frame: pd.DataFrame) -> list[str]:
    return [name for name in frame if str(name).startswith((PLACES, SOURCE, WORDS))]


class _About(NamedTuple):
    """A frame, of each of its rows the unit and the decimals recorded, and which digits stay."""

    frame: pd.DataFrame
    units: list[str]
    recorded: list[float]
    as_shown: bool


class _How(TypedDict):
    """How a number is written, see `Statistic.write`."""

    unit: str
    decimals: int
    places: int | None


class _Numbers(NamedTuple):
    """One statistic: the rows of a frame that have it, and of each its value and how it is shown.

    A source is None where it is that of the row.
    """

    name: str
    rows: list[int]
    values: list[float | None]
    shown: list[str]
    units: list[str]
    sources: list[str | None]


def _numbers(name: str, about: _About) -> _Numbers:
    """Return the values of one statistic, those that are there."""
    statistic, frame = STATISTICS[name], about.frame
    there = (frame[name].notna() & (frame[name] != "")).to_numpy(dtype=bool)
    rows, given = np.flatnonzero(there).tolist(), frame.loc[there, name].tolist()

    def beside(prefix: str) -> list[Any] | None:
        column = f"{prefix}{name}"
        return frame.loc[there, column].tolist() if column in frame else None

    own: list[str | None] = [None] * len(rows)
    if (sources := beside(SOURCE)) is not None:
        own = ["" if pd.isna(source) else source for source in sources]
    if statistic.scale == "text":
        texts = {text: with_units(str(text)) for text in set(given)}
        shown = [texts[text] for text in given]
        return _Numbers(name, rows, [None] * len(rows), shown, [""] * len(rows), own)
    units, decimals = _taken(about.units, rows), _taken(about.recorded, rows)
    places = beside(PLACES) or [None] * len(rows)
    numbers = list(map(float, given))
    hows = list(zip(numbers, units, decimals, places, strict=True))
    # Among ten thousand rows of rare events most numbers are the same few.
    once = {how: _written_number(statistic, about, *how) for how in dict.fromkeys(hows)}
    values: list[float | None] = [once[how][0] for how in hows] if about.as_shown else [*numbers]
    shown = [once[how][1] for how in hows]
    for place, said in enumerate(beside(WORDS) or ()):
        if said:
            values[place], shown[place] = None, said
    unit_of = {unit: statistic.unit_of(unit) for unit in set(units)}
    return _Numbers(
        name=name,
        rows=rows,
        values=values,
        shown=shown,
        units=list(map(unit_of.__getitem__, units)),
        sources=own,
    )


def _written_number(
    statistic: Statistic, about: _About, number: float, unit: str, decimals: float, places: Any
) -> tuple[float, str]:
    """Return a number with the digits that are shown and no more, where asked for, and as shown."""
    quoted = None if pd.isna(places) else int(places)
    how = _How(unit=unit, decimals=int(decimals), places=quoted)
    exact = statistic.as_shown(number, **how) if about.as_shown else number
    return exact, statistic.write(number, **how)
