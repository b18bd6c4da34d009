"""Columns of a normalised table: kinds, cells as text, study days, and when two are unlike."""

from collections.abc import Callable, Container, Iterable
from typing import Any, Literal

import numpy as np
import pandas as pd

from analysis.errors import suggestion

Kind = Literal["text", "number", "date"]


def typed(table: pd.DataFrame, column: str, kind: str) -> pd.Series | None:
    """Return a column if it is there and of the kind asked for, otherwise None."""
    if column not in table:
        return None
    values = table[column]
    return values if kind_of(values) == kind else None


def kind_of(values: pd.Series) -> Kind:
    """Say which of the three kinds of a normalised table a column is."""
    # By numpy's letter of a type, which pandas' own types have too: this is asked very often.
    letter = values.dtype.kind
    return "date" if letter == "M" else "number" if letter in "iufcb" else "text"


def text(table: pd.DataFrame, column: str) -> pd.Series | None:
    """Return a text column, or None."""
    return typed(table, column, "text")


def number(table: pd.DataFrame, column: str) -> pd.Series | None:
    """Return a number column, or None."""
    return typed(table, column, "number")


def date(table: pd.DataFrame, column: str) -> pd.Series | None:
    """Return a date column, or None."""
    return typed(table, column, "date")


def normal_limits(columns: Container[str]) -> tuple[str, str] | None:
    """Return the variables that hold the limits of the normal range, to which ANRIND refers.

    They are ANRLO and ANRHI. Many a table has them as A1LO and A1HI, the limits of a further range
    of the analysis; these are taken where there are no others and no A1IND, whose limits they are.

    Examples
    --------
    >>> normal_limits(["ANRLO", "ANRHI", "A1LO", "A1HI"]), normal_limits(["A1LO", "A1HI"])
    (('ANRLO', 'ANRHI'), ('A1LO', 'A1HI'))
    >>> normal_limits(["A1LO", "A1HI", "A1IND"])
    """
    if "ANRLO" in columns and "ANRHI" in columns:
        return "ANRLO", "ANRHI"
    taken = "A1LO" in columns and "A1HI" in columns and "A1IND" not in columns
    return ("A1LO", "A1HI") if taken else None


def nearest(name: str, known: Iterable[str]) -> str:
    """Return `analysis.errors.suggestion`, for which upper and lower case are the same."""
    by_key = {each.casefold(): each for each in sorted(known, reverse=True)}
    hint = suggestion(name.casefold(), by_key)
    for key, each in by_key.items():
        if hint == f"; did you mean '{key}'?":
            return f"; did you mean '{each}'?"
    return hint


def as_shown(value: Any) -> str:
    """Write a cell as a reader would: no time of day, no trailing ``.0``."""
    if value is None or value is pd.NaT or (isinstance(value, float) and np.isnan(value)):
        return ""
    if isinstance(value, pd.Timestamp):
        return value.date().isoformat()
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def as_text(values: pd.Series) -> pd.Series:
    """Return a column as text: each number and date as `as_shown` writes it, "" where missing."""
    if kind_of(values) == "text":
        return values.astype(str)
    written = {value: as_shown(value) for value in values.unique()}
    return values.map(written).astype(object).fillna("").astype(str)


def coded(values: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Return the number of the value of each cell, −1 where none is, and the values.

    Examples
    --------
    >>> codes, known = coded(pd.Series(["b", "a", None, "b"]))
    >>> codes.tolist(), known.tolist()
    ([0, 1, -1, 0], ['b', 'a'])
    """
    if isinstance(values.dtype, pd.CategoricalDtype):
        return values.array.codes, values.array.categories.to_numpy()
    # Texts as the objects that they are: pandas would first look for missing ones.
    codes, known = pd.factorize(values.to_numpy(dtype=object))
    return codes, known


def order_of(numbers: np.ndarray) -> np.ndarray:
    """Return the stable order of whole numbers; short ones are counted, in a tenth of the time.

    Examples
    --------
    >>> order_of(np.array([3, 0, 3, -1])).tolist()
    [3, 1, 0, 2]
    """
    ends = np.iinfo(np.int16)
    short = ends.min <= numbers.min(initial=0) and numbers.max(initial=0) <= ends.max
    return np.argsort(numbers.astype(np.int16) if short else numbers, kind="stable")


def each_once(
    texts: pd.Series, change: Callable[[str], Any], *, missing: str | None = None
) -> pd.Series:
    """Return texts changed one by one, where each distinct text is changed once.

    Parameters
    ----------
    texts
        Texts or categories: a million cells hold few words.
    change
        Takes a text; a text, or None where it has none.
    missing
        What stands where no text is.

    Examples
    --------
    >>> each_once(pd.Series(["y", "N ", "y"]), lambda text: text.strip().upper()).tolist()
    ['Y', 'N', 'Y']
    """
    codes, known = coded(texts)
    # Where no text is the code is −1, which takes the last; what is taken is not looked at again.
    changed = pd.Series([*map(change, map(str, known)), missing], dtype=str).array
    return pd.Series(changed.take(codes), index=texts.index, name=texts.name)


def study_day(dates: pd.Series, first: pd.Series) -> pd.Series:
    """Return the study day of dates: the first dose is on day 1, the day before it is −1.

    Parameters
    ----------
    dates, first
        Dates, and the date of the first dose beside each.

    Examples
    --------
    >>> day = pd.to_datetime(pd.Series(["2000-01-09", "2000-01-10", "2000-01-11"]))
    >>> study_day(day, pd.to_datetime(pd.Series(["2000-01-10"] * 3))).tolist()
    [-1, 1, 2]
    """
    elapsed = (dates - first).dt.days
    return elapsed + (elapsed >= 0)


def joined(factors: Iterable[tuple[np.ndarray, int]], size: int) -> np.ndarray:
    """Return one whole number per row that is equal where all factors are equal.

    Numbers, because comparing them is some ten times faster than comparing text.

    Parameters
    ----------
    factors
        The codes of each row, from 0, and how many there can be.
    size
        Number of rows.
    """
    keys = np.zeros(size, dtype=np.int64)
    for codes, levels in factors:
        if (keys.max(initial=0) + 1) * float(levels) > 2.0**62:
            keys, _ = pd.factorize(keys)  # Number anew before the product overflows.
        keys = keys * levels + codes
    return keys


def unlike(left: pd.Series, right: pd.Series) -> pd.Series:
    """Say where two number columns differ by more than the sixth digit; missing is not unlike."""
    one, other = left.to_numpy(dtype=float), right.to_numpy(dtype=float)
    with np.errstate(invalid="ignore", over="ignore"):
        scale = np.maximum(1.0, np.maximum(np.abs(one), np.abs(other)))
        return pd.Series(np.abs(one - other) > 1e-6 * scale, index=left.index)
