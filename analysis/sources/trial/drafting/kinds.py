"""Candidates that are no measurements: responses at a visit, and records that have no visit."""

import re
from collections.abc import Iterator
from dataclasses import replace

import pandas as pd

from analysis.sources.trial.columns import number, text
from analysis.sources.trial.drafting.candidate import Candidate
from analysis.sources.trial.drafting.folder import Folder
from analysis.sources.trial.drafting.labels import label_of, unit_of, without_unit
from analysis.sources.trial.plan import TrialPlan
from analysis.sources.trial.records import analysed
from analysis.sources.trial.scales import named_steps
from analysis.sources.trial.units_of_time import unit_by_dates

FLAG = re.compile(r"(CRIT\d+)FL")
"""A criterion's flag; the criterion in words stands in the variable of its name without FL."""
YES = {"Y": "N", "YES": "NO", "1": "0"}
"""A response → what is none, where the two words say so themselves."""
MOST_WORDS = 12
"""Words up to which they are categories of a response."""
MOST_REASONS = 3
LONGEST_CODE = 8
FEWEST = 2
"""Participants with a value, and values that differ."""


def with_codes(records: pd.DataFrame) -> pd.DataFrame:
    """Return the records of a parameter of words alone with a number for each word."""
    values, words = number(records, "AVAL"), text(records, "AVALC")
    if values is None or words is None or values.notna().any():
        return records
    seen = sorted(set(words.unique()) - {""})
    if not FEWEST <= len(seen) <= MOST_WORDS or any(_is_number(each) for each in seen):
        return records
    codes = {word: float(place) for place, word in enumerate(seen)}
    return records.assign(AVAL=words.map(codes).astype(float))


def with_kind(candidate: Candidate, records: pd.DataFrame, *, of_words: bool) -> Candidate:
    """Return a candidate of few values as a response, or as a scale of which the kind is asked.

    Parameters
    ----------
    candidate, records
        The candidate, and the records of its parameter.
    of_words
        Whether its numbers are made of words, so that there is nothing to average.
    """
    if not candidate.levels:
        return candidate
    own = records[(records["AVISIT"] == candidate.visit) & records["AVAL"].notna()]
    words = text(own, "AVALC")
    steps = named_steps(own["AVAL"], words) if words is not None else {}
    named = tuple(steps.values()) or tuple(f"{level:g}" for level in candidate.levels)
    found = replace(candidate, words=named, variable="AVALC" if steps else "AVAL")
    if of_words:
        found = replace(found, levels=())
    elif len(named) > FEWEST:
        return replace(found, kind="?")
    return replace(found, kind="binary", responses=_response(named))


def _response(words: tuple[str, ...]) -> str:
    """Return the word that is a response, if the two say so themselves; else a question."""
    known = (word for word in words if YES.get(word.upper()) in {each.upper() for each in words})
    return next(known, "?")


def criteria(candidate: Candidate, records: pd.DataFrame, plan: TrialPlan) -> Iterator[Candidate]:
    """Yield the criteria, flagged by CRITyFL, that some met at the visit of a candidate."""
    own = records[analysed(records, plan, where=candidate.where)]
    own = own[own["AVISIT"] == candidate.visit]
    for column in own:
        found = FLAG.fullmatch(str(column))
        flag = text(own, str(column))
        if not found or flag is None or not (flag == "Y").any() or (flag == "Y").all():
            continue
        words = text(records, found.group(1))
        said = [each for each in words.unique() if each] if words is not None else []
        told = int((flag != "").sum()) if (flag == "N").any() else len(own)
        label = f"{without_unit(candidate.label)}: {said[0] if len(said) == 1 else column}"
        yield replace(
            candidate, kind="binary", variable=str(column), responses="Y", label=label, levels=(),
            words=tuple(sorted(set(flag.unique()) - {""})), participants=told, unit="", locf=0,
        )  # fmt: skip


def without_visits(
    folder: Folder, plan: TrialPlan, members: dict[str, str]
) -> dict[str, list[Candidate]]:
    """Return table → times to an event, and responses of which everybody has one record."""
    found: dict[str, list[Candidate]] = {}
    for name, table in folder.tables.items():
        if name in folder.doubled or name.startswith("adex"):
            continue
        if text(table, "PARAMCD") is None or text(table, "USUBJID") is None:
            continue
        own = table[table["USUBJID"].isin(list(members))]
        for paramcd, records in own.groupby("PARAMCD", sort=False):
            counted = records[analysed(records, plan, at_visits=False)]
            if not 0 < len(str(paramcd)) <= LONGEST_CODE or not counted["USUBJID"].is_unique:
                continue
            make = _time if number(table, "CNSR") is not None else _best
            if candidate := make(name, str(paramcd), counted):
                found.setdefault(name, []).append(candidate)
    return found


def _time(name: str, paramcd: str, records: pd.DataFrame) -> Candidate | None:
    values = number(records, "AVAL")
    if values is None:
        return None
    own = records[values.notna() & records["CNSR"].notna()]
    if own["AVAL"].nunique() < FEWEST:
        return None
    cnsr = {int(code): _meaning(own, int(code)) for code in sorted(own["CNSR"].unique())}
    return Candidate(
        dataset=name, paramcd=paramcd, label=label_of(records, paramcd), visit="", value="AVAL",
        unit=unit_of(records) or unit_by_dates(own), participants=len(own), kind="time-to-event",
        cnsr=cnsr, events=int((own["CNSR"] == 0).sum()),
    )  # fmt: skip


def _meaning(records: pd.DataFrame, code: int) -> str:
    """Return what the descriptions of the records with a value of CNSR say of it."""
    own = records[records["CNSR"] == code]
    for name in ("EVNTDESC",) if code == 0 else ("CNSDTDSC", "EVNTDESC"):
        words = text(own, name)
        said = [each for each in words.value_counts().index if each] if words is not None else []
        if said:
            more = [f"{len(said) - MOST_REASONS} others"] if len(said) > MOST_REASONS else []
            return " or ".join([*said[:MOST_REASONS], *more])
    return "event" if code == 0 else "censored"


def _best(name: str, paramcd: str, records: pd.DataFrame) -> Candidate | None:
    """Return a response in words, such as the best one of all visits; None for anything else."""
    words = text(records, "AVALC")
    if words is None:
        return None
    seen = tuple(sorted(set(words.unique()) - {""}))
    if not FEWEST <= len(seen) <= MOST_WORDS or any(_is_number(each) for each in seen):
        return None
    return Candidate(
        dataset=name, paramcd=paramcd, label=label_of(records, paramcd), visit="", value="AVAL",
        unit="", participants=int((words != "").sum()), kind="binary", variable="AVALC",
        responses=_response(seen), words=seen,
    )  # fmt: skip


def _is_number(word: str) -> bool:
    return bool(pd.notna(pd.to_numeric(word, errors="coerce")))
