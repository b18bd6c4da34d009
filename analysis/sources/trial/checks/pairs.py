"""Rules on variables that come in pairs: one value of the one means one value of the other."""

import re
from collections.abc import Iterator

import numpy as np
import pandas as pd

from analysis.sources.trial.checks.study import Study
from analysis.sources.trial.columns import as_text, kind_of, number, text
from analysis.sources.trial.finding import TrialFinding

SHOWN = 5
"""Values named in a message; the rest are counted."""
CATEGORY = re.compile(r"PARCAT\d|PARAMTYP")
WITHIN = ("PARAM", "TRTP", "TRTA")
"""Pairs that hold in a whole table; others hold within a parameter."""


def codes_and_words_agree(study: Study) -> Iterator[TrialFinding]:
    """Find a variable and its number (AVISIT and AVISITN) that are not one to one.

    An error for arms, strata and what else an analysis groups by: word or number is wrong. The
    number of a visit gives an order and no more, so there it is a note. (CDISC checks 92 and 93
    ask it of TRTP and TRTPN, others of each further pair.)
    """
    for name, table in study.tables.items():
        for column in [each for each in table if f"{each}N" in table]:
            code = f"{column}N"
            if text(table, column) is None or number(table, code) is None:
                continue
            wide = "PARAMCD" not in table or column in WITHIN
            keys = [] if wide else ["PARAMCD"]
            wrong, words = _not_one_to_one(study, name, keys, column, code)
            message = f"one {column} must have one {code}, and the other way round; got {words}"
            used = column in study.subject_variables | study.strata
            report = study.errors if used else study.notes
            yield from report(name, column, wrong, "not one to one", message)


def parameters_are_one_to_one(study: Study) -> Iterator[TrialFinding]:
    """Find a PARAM that stands under more than one PARAMCD (CDISC checks AD0146, AD0147)."""
    for name, _, _ in study.having(study.bds, "text PARAMCD", "text PARAM"):
        several, words = _several(study, name, [], "PARAM", "PARAMCD")
        message = f"one PARAM must have one PARAMCD; got {words}"
        yield from study.errors(name, "PARAMCD", several, "PARAM has several PARAMCD", message)


def parameters_have_one_category(study: Study) -> Iterator[TrialFinding]:
    """Note a PARAMCD under several PARCATy or PARAMTYP (CDISC checks 123 and 124)."""
    for name, _ in study.having(study.bds, "text PARAMCD"):
        for column in filter(CATEGORY.fullmatch, study.bds[name]):
            several, words = _several(study, name, [], "PARAMCD", column)
            message = f"one PARAMCD must have one {column}; got {words}"
            yield from study.notes(name, column, several, "PARAMCD has several", message)


def numbers_and_texts_agree(study: Study) -> Iterator[TrialFinding]:
    """Note that AVALC and AVAL are not one to one (CDISC checks AD0149, AD0150)."""
    for name, value, words in study.having(study.bds, "number AVAL", "text AVALC"):
        printed, half = _printed(study, name)
        both = value.notna() & (words != "")
        apart = np.abs(value - printed) > np.maximum(half, 0.01 * np.abs(value))
        message = "AVALC is a number and not that of AVAL; the analysis takes AVAL"
        yield from study.notes(name, "AVALC", both & apart, "AVALC is not AVAL", message)
        texts = both & np.isnan(printed)
        several, shown = _several(study, name, ["PARAMCD"], "AVALC", "AVAL", where=texts)
        message = f"one AVALC stands for several AVAL within a parameter, as {shown}"
        yield from study.notes(name, "AVALC", several, "AVALC is not AVAL", message)


def _printed(study: Study, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Return AVALC of each record as a number, and half a unit of its last digit."""
    levels = study.distinct(name, "AVALC").astype(str)
    numbers = pd.to_numeric(pd.Series(levels), errors="coerce").to_numpy(dtype=float)
    digits = [len(level.partition(".")[2]) for level in levels]
    half = np.array([0.505 * 10.0**-each for each in digits])
    codes = study.codes(name, "AVALC")  # −1, for none, takes the NaN at the end.
    return np.append(numbers, np.nan)[codes], np.append(half, np.nan)[codes]


def terms_have_one_class(study: Study) -> Iterator[TrialFinding]:
    """Note preferred terms under more than one system organ class: each counts in both."""
    events, name = study.events, study.events_name
    if text(events, "AEDECOD") is None or text(events, "AEBODSYS") is None:
        return
    several, words = _several(study, name, [], "AEDECOD", "AEBODSYS")
    message = f"one term stands under several classes, and so in several rows: {words}"
    yield from study.notes(name, "AEBODSYS", several, "term in several classes", message)


def _not_one_to_one(
    study: Study, name: str, keys: list[str], left: str, right: str
) -> tuple[pd.Series, str]:
    forth, words = _several(study, name, keys, left, right)
    back, others = _several(study, name, keys, right, left)
    return forth | back, words or others


def _several(
    study: Study,
    name: str,
    keys: list[str],
    left: str,
    right: str,
    *,
    where: pd.Series | None = None,
) -> tuple[pd.Series, str]:
    """Say which records have a left value that goes with several right ones, and which they are.

    Blank and missing values say nothing and are left out.
    """
    table = study.tables[name]
    none = pd.Series(False, index=table.index)
    keys = [key for key in keys if key in table]
    codes = {column: study.codes(name, column) for column in (*keys, left, right)}
    given = (codes[left] >= 0) & (codes[right] >= 0)
    if where is not None:
        given &= where.to_numpy()
    # A few hundred combinations, whatever the number of records.
    combined = np.zeros(len(table), dtype=np.int64)
    for column in (*keys, left):
        combined = combined * (len(study.distinct(name, column)) + 1) + codes[column] + 1
    full = combined * (len(study.distinct(name, right)) + 1) + codes[right] + 1
    seen = pd.unique(full[given])
    of_left = pd.Series(seen // (len(study.distinct(name, right)) + 1))
    repeated = of_left[of_left.duplicated()].unique()
    if not len(repeated):
        return none, ""
    several = pd.Series(given & np.isin(combined, repeated), index=table.index)
    return several, _pairs_words(table.loc[several, [left, right]])


def _pairs_words(pairs: pd.DataFrame) -> str:
    distinct = pairs.drop_duplicates().sort_values(list(pairs.columns), kind="stable")
    left, right = (_written(distinct[column]) for column in distinct)
    named = [f"{word} with {other}" for word, other in zip(left, right, strict=True)]
    rest = f" and {len(named) - SHOWN} more" if len(named) > SHOWN else ""
    return ", ".join(named[:SHOWN]) + rest


def _written(values: pd.Series) -> list[str]:
    if kind_of(values) == "number":
        return list(as_text(values))
    return [f"'{value}'" for value in values]
