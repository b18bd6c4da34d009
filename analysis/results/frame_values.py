"""The cells of an analyst's frame: what kind a column is of, and its values as results."""

import datetime
import re
from collections.abc import Callable, Hashable
from numbers import Number
from typing import Any

import numpy as np
import pandas as pd

from analysis.errors import UserError
from analysis.results.vocabulary import Statistic

NUMBER, TEXT, YES_NO, DATE, NOTHING = "number", "text", "yes or no", "date", "nothing"
WRITTEN = re.compile(r"[<>≤≥=~ ]*[-−+]?\d+(?:[.,]\d+)?\s*(?:%|[(\[±/].*)?")
"""A number that was written by hand, such as ``12.3 (4.5)``."""


def kind_of(column: pd.Series, name: str) -> str:
    """Return what a column holds; refuse what can be neither a number nor a word.

    Raises
    ------
    UserError
        If the column mixes numbers and words, or holds lists or lengths of time.
    """
    types, dtype = pd.api.types, column.dtype
    known = column.dropna()
    if known.empty and types.is_object_dtype(dtype):
        return NOTHING
    if types.is_bool_dtype(dtype):
        return YES_NO
    if types.is_complex_dtype(dtype) or types.is_timedelta64_dtype(dtype):
        raise UserError(
            f"the column '{name}' holds {dtype} values; make them numbers, such as days"
        )
    if types.is_numeric_dtype(dtype):
        return NUMBER
    if types.is_datetime64_any_dtype(dtype):
        return DATE
    if not types.is_object_dtype(dtype):
        return TEXT
    for kind, members in ((YES_NO, bool | np.bool_), (NUMBER, Number), (DATE, datetime.date)):
        are = [isinstance(value, members) for value in known]
        if all(are):
            return kind
        if any(are) and kind == NUMBER:
            said = f"{known[are].iloc[0]!s} and '{known[[not each for each in are]].iloc[0]}'"
            raise UserError(
                f"the column '{name}' mixes numbers and words ({said}); make it numbers: "
                "pd.to_numeric(column, errors='coerce')"
            )
    if not all(isinstance(value, Hashable) for value in known):
        raise UserError(f"the column '{name}' holds a {type(known.iloc[0]).__name__} in a cell")
    return TEXT


def words_of(column: pd.Series, kind: str, *, missing: str = "") -> list[str]:
    """Return the values of a column as words."""
    return [word_of(value, kind, missing) for value in column]


def word_of(value: Any, kind: str, missing: str = "") -> str:
    """Return one value as a word: a day without its time, yes or no, a number as it is."""
    if pd.isna(value):
        return missing
    if kind == YES_NO:
        return "yes" if value else "no"
    if kind == DATE:
        day = pd.Timestamp(value)
        return day.date().isoformat() if day == day.normalize() else day.isoformat(" ")
    if kind == NUMBER:
        return str(int(value)) if float(value).is_integer() else str(value)
    return str(value).strip() or missing


def values_of(column: pd.Series, name: str, kind: str, statistic: Statistic) -> pd.Series:
    """Return the values of a column as the results table takes them.

    Raises
    ------
    UserError
        If numbers are written as words, or are none that the statistic can have.
    """
    if kind not in (NUMBER, NOTHING):
        if kind == TEXT:
            refuse_written(column, name)
        return pd.Series(words_of(column, kind), dtype=object)
    numbers = pd.to_numeric(column, errors="coerce").astype("Float64").astype(float)
    _refuse_off_scale(numbers.dropna(), name, statistic)
    return numbers


def refuse_written(column: pd.Series, name: str) -> None:
    """Refuse numbers that the analyst has written: the page writes them, by one rule."""
    known = [str(value).strip() for value in column.dropna()]
    decimal = any(re.search(r"[.,(\[±%]", value) for value in known)
    if known and decimal and all(WRITTEN.fullmatch(value) for value in known):
        raise UserError(
            f"the column '{name}' holds numbers as text ('{known[0]}'); give them as numbers, each "
            "in a column of its own, and the page writes them; if they are names: rows=[…]"
        )


OFF_SCALE: dict[str, tuple[Callable[[pd.Series], pd.Series], str]] = {
    "count": (lambda numbers: (numbers < 0) | (numbers % 1 != 0), "whole numbers"),
    "p-value": (lambda numbers: (numbers < 0) | (numbers > 1), "between 0 and 1"),
    "level": (lambda numbers: (numbers <= 0) | (numbers >= 1), "fractions between 0 and 1"),
}
"""Scale → which numbers cannot be on it, and what they must be."""


def _refuse_off_scale(numbers: pd.Series, name: str, statistic: Statistic) -> None:
    if statistic.scale not in OFF_SCALE:
        return
    wrong, rule = OFF_SCALE[statistic.scale]
    off = numbers[wrong(numbers)]
    if len(off):
        raise UserError(
            f"the column '{name}' is the statistic '{statistic.name}' ({statistic.label}) and "
            f"must be {rule}; got {off.iloc[0]:g}; correct it, or call the column otherwise"
        )
