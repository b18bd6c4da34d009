"""Rows of results for those who show them: as written, as numbers, and what they share."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from analysis.display.not_shown import all_withheld
from analysis.display.tables import NAMED, said
from analysis.numbers import PROPORTION
from analysis.results import NOT_ESTIMABLE, Results
from analysis.words import begins_sentence


def both(results: Results) -> tuple[list[dict[Any, Any]], list[dict[Any, Any]]]:
    """Return the rows of results as written and as numbers."""
    return results.wide().to_dict("records"), results.wide("stat").to_dict("records")


def number(row: Mapping[Any, Any], name: str) -> float | None:
    """Return one number of a row, None where it is missing."""
    value = row.get(name)
    return None if value is None or pd.isna(value) else float(value)


def interval(row: Mapping[Any, Any], low: str = "conf.low", high: str = "conf.high") -> str:
    """Return estimate and interval of a row as written."""
    if not isinstance(row.get("estimate"), str):
        return NOT_ESTIMABLE
    limits = [limit for limit in (row.get(low), row.get(high)) if isinstance(limit, str)]
    if len(limits) < 2:
        return f"{row['estimate']} (no interval)"
    return said("{estimate} ({low} to {high})", [row["estimate"], *limits])


def filled(row: Mapping[Any, Any], pattern: str) -> str:
    """Return a part of a sentence, such as ``" ({p} %)"``, with the results of a row.

    It is left out, "", if a result is missing, or if all are withheld.

    Examples
    --------
    >>> filled({"mean": "9.7", "sd": "1.6"}, "{mean} ({sd})"), filled({"mean": "9.7"}, "{sd}")
    ('9.7 (1.6)', '')
    >>> filled({"p": "withheld"}, " ({p} %)")
    ''
    """
    names = NAMED.findall(pattern)
    words = [row[name] for name in names if isinstance(row.get(name), str) and row[name]]
    return said(pattern, words) if len(words) == len(names) and not all_withheld(words) else ""


def numbers(results: Results, *names: str) -> pd.DataFrame:
    """Return the results one row a mark to draw, the named statistics as numbers."""
    words, values = results.wide("stat_fmt"), results.wide("stat")
    for name in names:
        words[name] = pd.to_numeric(values[name]) if name in values else np.nan
    return words


def has(results: Results, name: str) -> bool:
    """Say whether any row has the statistic, so that a table has its column."""
    return bool((results.frame["stat_name"] == name).any())


def synthetic_words(results: Results) -> list[str]:
    """Say of generated data that they are no trial's; nothing of any others."""
    if "synthetic" not in set(results.frame["data_status"]):
        return []
    return ["The data are synthetic: this is the result of no trial and no evidence on a product."]


def unit_words(results: Results) -> str:
    """Return the unit of the results as the end of a title."""
    units = [unit for unit in dict.fromkeys(results.frame["unit"]) if unit]
    return f", {unit_shown(units[0])}" if units else ""


def unit_shown(unit: str) -> str:
    """Return a unit as a reader sees it: what is a fraction is shown in percentage points."""
    return "percentage points" if unit == PROPORTION else unit


def unit_of(results: Results) -> str:
    """Return the unit of the estimates; "" where there are none."""
    rows = results.select(stat_name="estimate").frame["unit"]
    return str(rows.iloc[0]) if len(rows) else ""


def method_words(results: Results) -> str:
    """Return the method of the first row, for a footnote."""
    return str(results.frame["method"].iloc[0])


def method_sentences(results: Results) -> list[str]:
    """Return every method of the results as a sentence of a footnote."""
    return [f"{begins_sentence(method)}." for method in dict.fromkeys(results.frame["method"])]
