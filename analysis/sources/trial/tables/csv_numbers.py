"""Which columns of a csv are numbers; the file does not say, as the other formats do."""

import re
from collections.abc import Collection

import numpy as np
import pandas as pd

from analysis.sources.trial.columns import coded, each_once
from analysis.sources.trial.finding import TrialFinding
from analysis.sources.trial.tables.kinds import is_numeric_name, is_text_name, without_words

PLAIN = r"-?(?:(?:0|[1-9]\d*)(?:\.\d*)?|\.\d+)(?:[eE][-+]\d+)?"
"""A number as programs write it; 007 is an identifier and 2E5 may be a code."""
COMMA = r"-?(?:0|[1-9]\d*),\d+(?:[eE][-+]\d+)?"
COMMA_OR_WHOLE = r"-?(?:0|[1-9]\d*)(?:,\d+)?(?:[eE][-+]\d+)?"
NO_THOUSANDS = r"-?(?:0,\d+|\d{4,},\d+|\d+,(?:\d{1,2}|\d{4,}))(?:[eE][-+]\d+)?"
"""A comma that can only be a decimal one: 1,234 could be either."""
LIKE = r"-?\d[\d ,.']*(?:[eE][-+]?\d+)?"
"""Something written like a number, in whatever form."""
IDENTIFIER = r"0\d+"
FIRST = 200
"""Values by which a column is judged at first; in most of those that are text, none is a number."""


def with_numbers(
    table: pd.DataFrame, *, separator: str, text: Collection[str]
) -> tuple[pd.DataFrame, list[TrialFinding]]:
    """Make numbers of the columns that hold nothing else.

    Parameters
    ----------
    table
        Text in every column, perhaps as categories.
    separator
        Where it is no comma, 1,5 is a number with a decimal comma, if its whole column agrees.
    text
        Variables that are text all the same.

    Returns
    -------
    table : pandas.DataFrame
        The same columns; words for missing values stay in text and are counted in
        ``attrs["words"]`` where a column became numbers.
    findings : list of TrialFinding
        Notes on decimal commas, and on columns that are numbers but for some values.

    Raises
    ------
    ValueError
        If a comma may part thousands or decimals, or a column has both marks.
    """
    columns: list[pd.Series] = []
    findings: list[TrialFinding] = []
    words: dict[str, dict[str, int]] = {}
    commas: dict[int, pd.Series] = {}
    for at, name in enumerate(str(each).upper() for each in table.columns):
        cells = table.iloc[:, at]
        columns.append(cells)
        if is_text_name(name, text) or not _may_be_numbers(cells):
            continue
        if found := _plain_numbers(name, cells):
            columns[at], missing = found
            words |= {name: missing} if missing else {}
            continue
        values, missing = without_words(name, each_once(cells, str.strip, missing=""))
        present = values[values != ""]
        if present.empty:
            continue
        if separator != "," and _decimal_comma(name, present):
            commas[at] = values
        else:
            findings += [] if is_numeric_name(name) else _not_numbers(name, present)
            continue
        words |= {name: missing} if missing else {}
    if commas:
        _are_decimal(table, commas)
        for at, values in commas.items():
            pointed = values.str.replace(
                COMMA, lambda found: found[0].replace(",", "."), regex=True
            )
            whole = pointed[pointed != ""].str.fullmatch(PLAIN).all()
            columns[at] = pd.to_numeric(pointed.where(pointed != "")) if whole else pointed
        findings.append(_note(table, commas))
    read = pd.concat(columns, axis=1) if columns else table
    read.attrs["words"] = words
    return read, findings


def _plain_numbers(name: str, cells: pd.Series) -> tuple[pd.Series, dict[str, int]] | None:
    """Return the numbers of a column that has nothing else, and the words that meant missing.

    Each text is read once, however many cells have it. None where one is no number.
    """
    codes, known = coded(cells)
    written = pd.Series(known, dtype=str).str.strip()
    values, _ = without_words(name, written)
    present = values[values != ""]
    if present.empty or not all(map(re.compile(PLAIN).fullmatch, present.tolist())):
        return None
    numbers = pd.to_numeric(values.where(values != "")).to_numpy()
    if (codes < 0).any():
        numbers = np.append(numbers, np.nan)  # Where no text is, the code is −1.
    times = pd.Series(np.bincount(codes[codes >= 0], minlength=len(written)))
    emptied = times[written != values].groupby(written, sort=False).sum()
    emptied = emptied.sort_values(ascending=False, kind="stable")
    missing = {str(word): int(n) for word, n in emptied.items()}
    return pd.Series(numbers[codes], index=cells.index, name=cells.name), missing


def _may_be_numbers(cells: pd.Series) -> bool:
    like = re.compile(LIKE + r"|\.\d+")
    return any(like.fullmatch(cell.strip()) for cell in cells.dropna().iloc[:FIRST].tolist())


def _decimal_comma(name: str, present: pd.Series) -> bool:
    """Return whether a column has decimal commas; among words only where it must be numbers."""
    comma = present.str.fullmatch(COMMA)
    if not comma.any():
        return False
    if not is_numeric_name(name):
        return bool(present.str.fullmatch(COMMA_OR_WHOLE).all())
    point = present.str.fullmatch(r"-?\d+\.\d+")
    if point.any():
        raise ValueError(
            f"{name} has both a decimal comma, '{present[comma].iloc[0]}', and a decimal point, "
            f"'{present[point].iloc[0]}'; write all its numbers in one way"
        )
    return True


def _are_decimal(table: pd.DataFrame, commas: dict[int, pd.Series]) -> None:
    """Refuse commas that could part thousands, unless another column shows what they are."""
    if any(values.str.fullmatch(NO_THOUSANDS).any() for values in commas.values()):
        return
    at, values = next(iter(commas.items()))
    value = values[values.str.fullmatch(COMMA)].iloc[0]
    raise ValueError(
        f"{table.columns[at]} has '{value}', which may be {value.replace(',', '.')} or "
        f"{value.replace(',', '')}; write numbers with a decimal point and no other mark"
    )


def _note(table: pd.DataFrame, commas: dict[int, pd.Series]) -> TrialFinding:
    with_comma = [values[values.str.fullmatch(COMMA)] for values in commas.values()]
    where = ", ".join(str(table.columns[at]) for at in commas)
    message = f"numbers with a decimal comma, in {where}"
    first, count = str(with_comma[0].iloc[0]), sum(map(len, with_comma))
    return TrialFinding("", "", "decimal comma", message, "note", None, first, count)


def _not_numbers(name: str, present: pd.Series) -> list[TrialFinding]:
    """Note a column most of whose values are written like numbers, and which is text."""
    like = present.str.fullmatch(LIKE)
    if like.mean() <= 0.5 or present.str.fullmatch(IDENTIFIER).any():
        return []
    odd = present[~present.str.fullmatch(PLAIN)]
    message = "read as text, because not all its values are numbers written with a decimal point"
    return [
        TrialFinding(
            "",
            name,
            "not all numbers",
            message,
            "note",
            int(odd.index[0]) + 1,
            odd.iloc[0],
            len(odd),
        )
    ]
