"""A frame with one row per table row, melted into results: one row per number."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, TypedDict

import pandas as pd

from analysis.results.counted import Counted, counted_by, marks
from analysis.results.declarations import STATISTICS
from analysis.results.table import COLUMNS, KEY, ROW_KEY, Key, Results
from analysis.words import with_units

OWN = ["population", "n_population", "source", "note", "method", "data_status", "plan_status"]
"""Columns of a frame that say what its rows rest on."""
SHOWN = ["unit", "decimals"]
"""Columns of a frame that say how the values of a row are shown."""
WITH_UNITS = ["variable", "variable_level", "method", "note"]
"""Columns of text in which units stand, which are written in one way."""
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
    base = frame.reindex(columns=[*ROW_KEY, *OWN]).astype(object)
    base = base.assign(**{name: text for name, text in labels.items() if name not in frame})
    base = base.where(base.notna(), "").assign(
        analysis_id=analysis_id, group1=group1, group2=group2, context=context
    )
    base = base.assign(**{name: _written(base[name]) for name in WITH_UNITS})
    units = _written(frame.get("unit", pd.Series(unit, frame.index)).fillna(""))
    recorded = frame.get("decimals", pd.Series(decimals, frame.index)).fillna(decimals)
    about = _About(frame, units.tolist(), recorded.tolist(), as_shown)
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
    return Results(rows, _counted(frame, found, rows))


def _counted(frame: pd.DataFrame, found: list[_Number], rows: pd.DataFrame) -> dict[Key, Counted]:
    """Return what the numbers of a frame count, by their keys in the rows made of them."""
    held = {name: frame[name].tolist() for name in marks(frame)}
    if not held:
        return {}
    counted = {}
    for number, key in zip(found, rows[KEY].itertuples(index=False, name=None), strict=True):
        of_it = (held[name][number.row] for name in counted_by(number.name) if name in held)
        for each in of_it:
            if isinstance(each, Counted):
                counted[key] = each
                break
    return counted


def _written(texts: pd.Series) -> pd.Series:
    """Return texts with their units in one way of writing, two that differ still different."""
    written = {each: with_units(str(each)) for each in texts.unique()}
    return texts if len(set(written.values())) < len(written) else texts.map(written)


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
    instead = frame[f"{WORDS}{name}"].tolist() if f"{WORDS}{name}" in frame else None
    quoted = frame[f"{PLACES}{name}"].tolist() if f"{PLACES}{name}" in frame else None
    for row, value in enumerate(given):
        if absent[row] or value == "":
            continue
        source = own[row] if own else None
        if statistic.scale == "text":
            yield _Number(row, name, None, with_units(str(value)), "", source)
            continue
        number, unit = float(value), about.units[row]
        if instead and instead[row]:
            yield _Number(row, name, None, instead[row], statistic.unit_of(unit), source)
            continue
        places = None if quoted is None or pd.isna(quoted[row]) else int(quoted[row])
        how = _How(unit=unit, decimals=int(about.recorded[row]), places=places)
        shown = statistic.write(number, **how)
        if about.as_shown:
            number = statistic.as_shown(number, **how)
        yield _Number(row, name, number, shown, statistic.unit_of(unit), source)
