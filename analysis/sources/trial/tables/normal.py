"""Bring a table that was read into the one form that the analysis uses."""

from collections import Counter

import numpy as np
import pandas as pd

from analysis.sources.trial.columns import each_once
from analysis.sources.trial.finding import TrialFinding
from analysis.sources.trial.plan import TrialPlan
from analysis.sources.trial.tables.dates import as_dates, as_times, wrong_type
from analysis.sources.trial.tables.kinds import (
    NA,
    NA_MEANS,
    is_date_name,
    is_numeric_name,
    without_words,
)
from analysis.sources.trial.tables.labels import tidy

Found = tuple[pd.Series, list[TrialFinding]]


def normalise(
    name: str, table: pd.DataFrame, plan: TrialPlan | None = None
) -> tuple[pd.DataFrame, list[TrialFinding]]:
    """Bring one table into the form the analysis uses, whatever it was stored in.

    Parameters
    ----------
    name
        Table name, for the findings.
    table
        As read.
    plan
        Says where NA is an arm or a level, and no missing value.

    Returns
    -------
    table : pandas.DataFrame
        Upper-case names, each once; text as text without trailing blanks, missing text empty;
        numbers as float; variables whose names end in DT as dates (datetime64), from ISO text,
        SAS's words (24FEB2003) and day numbers, date objects or time stamps; those in DTM as ISO
        text. Its ``attrs["labels"]`` hold variable → label, as far as the file had labels.
    findings : list of TrialFinding
        A note for each conversion that a reader should know of, and an error for each value
        that is no date or no number.
    """
    said = table.attrs
    findings = [TrialFinding(**{**note, "file": name}) for note in said.get("read", [])]
    names = pd.Index([str(column).strip().upper() for column in table])
    findings += _names_twice(name, table, names)
    table = table.set_axis(names, axis=1).loc[:, ~names.duplicated()].reset_index(drop=True)
    columns: dict[str, pd.Series] = {}
    words: dict[str, dict[str, int]] = dict(said.get("words", {}))
    for column in table:
        columns[column], found, missing = _column(name, table[column], plan)
        findings += found
        words |= {column: missing} if missing else {}
    findings += [*_words(name, words), *_kept(name, columns, plan)]
    normal = pd.DataFrame(columns, index=table.index)
    labels = tidy(said.get("labels", {}))
    normal.attrs = {"labels": labels} if labels else {}  # Whatever is here, pandas copies often.
    return normal, findings


def _column(
    name: str, values: pd.Series, plan: TrialPlan | None
) -> tuple[pd.Series, list[TrialFinding], dict[str, int]]:
    """Return a column in its form, what was found in it, and the words that meant missing."""
    column, kind = str(values.name), pd.api.types
    if column.endswith("DTM") and (kind.is_datetime64_any_dtype(values) or _seconds(values)):
        return *as_times(name, values), {}
    if kind.is_bool_dtype(values) and not is_date_name(column):
        return values.map({True: "Y", False: "N"}).fillna("").astype(str), [], {}
    if kind.is_datetime64_any_dtype(values) and is_date_name(column):
        return *as_dates(name, values, None), {}
    if kind.is_numeric_dtype(values) and not is_date_name(column):
        return _number(values), [], {}
    # Categories have few words, and some of no cell perhaps.
    few = values.cat.categories if isinstance(values.dtype, pd.CategoricalDtype) else None
    known = None if few is None else {str(each).rstrip() for each in few}
    text, words = without_words(column, _text(values), plan, known=known)
    if is_date_name(column):
        return *as_dates(name, values, text), words
    if is_numeric_name(column):
        return *_numbers(name, text), words
    if column.endswith("DTM"):
        return *as_times(name, text), words
    return text, [], words


def _seconds(values: pd.Series) -> bool:
    """Return whether numbers can be seconds since 1960; days are never so many."""
    numbers = pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)
    return bool(numbers and values.notna().any() and values.abs().min() >= 1e6)


def _names_twice(name: str, table: pd.DataFrame, names: pd.Index) -> list[TrialFinding]:
    message = "names must differ, and by more than case; rename or remove one of the columns"
    return [
        TrialFinding(name, names[at], "variable twice", message, value=str(table.columns[at]))
        for at in names.duplicated().nonzero()[0]
    ]


def _number(values: pd.Series) -> pd.Series:
    if values.isna().all() and not is_numeric_name(str(values.name)):
        # A text variable that is empty throughout is stored as a number by pandas and R.
        return pd.Series("", index=values.index, dtype=str)
    return pd.Series(values.to_numpy(dtype=float, na_value=np.nan), index=values.index)


def _text(values: pd.Series) -> pd.Series:
    if not isinstance(values.dtype, pd.StringDtype | pd.CategoricalDtype):
        values = values.astype(object).where(values.notna(), "").astype(str)
    return each_once(values, str.rstrip, missing="")


def _numbers(name: str, text: pd.Series) -> Found:
    column, text = str(text.name), text.str.strip()
    number = pd.to_numeric(text.where(text != ""), errors="coerce").astype(float)
    wrong = (text != "") & number.isna()
    if not wrong.any():
        return number, []
    seen = text[wrong].value_counts()
    shown = ", ".join(f"'{word}' {count}" for word, count in seen.iloc[:3].items())
    if len(seen) > 3:
        shown += f" and {len(seen) - 3} more"
    if text[wrong].str.fullmatch(r"-?\d[\d ,.']*").any():
        remedy = "write it with a decimal point and no mark between thousands"
    elif column == "AVAL":
        remedy = "put the word in AVALC and leave AVAL empty"
    else:
        remedy = "correct the value or leave it empty"
    return number, wrong_type(name, column, text, wrong, "a number", f"{remedy} ({shown})")


def _words(name: str, words: dict[str, dict[str, int]]) -> list[TrialFinding]:
    """Note how many cells of a table were emptied because their word means missing."""
    if not words:
        return []
    total: Counter[str] = Counter()
    for counts in words.values():
        total.update(counts)
    where = ", ".join(f"{column} {sum(counts.values())}" for column, counts in words.items())
    message = f"words that stand for a missing value, read as one: {where}"
    value = ", ".join(f"{word} {count}" for word, count in total.most_common())
    return [TrialFinding(name, "", "missing words", message, "note", None, value, total.total())]


def _kept(name: str, columns: dict[str, pd.Series], plan: TrialPlan | None) -> list[TrialFinding]:
    """Note where NA stays a word although the plan does not say that it is one."""
    message = "NA stays a word here, such as North America or sodium; leave missing cells empty"
    found = []
    for column, values in columns.items():
        said = plan is not None and column in plan.levels
        # Other tables copy what a participant has in ADSL.
        own = name == "adsl" or column.startswith("PARAM")
        if own and not said and NA_MEANS.fullmatch(column) and (count := int((values == NA).sum())):
            found.append(TrialFinding(name, column, "NA kept", message, "note", None, NA, count))
    return found
