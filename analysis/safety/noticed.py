"""What stands out beside the terms: every section that can stand out, asked in one way.

A section that compares arms, or counts what is said whether or not anybody has it, is one entry
of `ASKED`; the answer of the page collects what they report. Worst severity, relation and grade
compare nothing; rates by term compare the events of the tables by term once more.
"""

from collections import Counter
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analysis.brief import brief
from analysis.display.arm_table import CONTRAST
from analysis.results import PROPORTION, Results, Section, combine, reason_of
from analysis.safety import (
    abnormal,
    by_grade,
    by_kind,
    by_subgroup,
    glycaemia,
    hepatic,
    igf,
    immunogenicity,
    overview,
    special_interest,
    thyroid,
)
from analysis.safety.coding import ALL_CLASSES, ANY
from analysis.safety.event_rows import OVERVIEW
from analysis.safety.incidence import difference_method
from analysis.safety.kinds import EMERGENT
from analysis.safety.population import TOTAL
from analysis.safety.settings import SafetyRun
from analysis.safety.standout import with_summary
from analysis.safety.toxicity import HIGH_GRADE
from analysis.words import in_sentence

FINDINGS = "Kinds of events and findings"
CLOSER = "Events of one kind, group or subgroup"
FAMILIES = {FINDINGS: "standout-findings", CLOSER: "standout-closer"}
"""What is looked at together, and counted together → its analysis; `CLOSER` are terms of the table
by term once more, many of them, in parts of the events or of the participants."""
UNSAID = (ANY, OVERVIEW)
"""Names of a row that say nothing in a sentence."""
COMPARED = ["group1_level", "variable", "estimate", "conf.low", "conf.high"]


@brief
@dataclass(frozen=True, slots=True)
class Asked:
    """A section that can stand out, and how its rows are called in a sentence.

    Parameters
    ----------
    section
        Its rows are told apart by ``variable`` and ``variable_level``.
    called
        What its rows are of, where they do not say so themselves.
    elsewhere
        Rows, by either of the two, that another sentence or section has.
    watched
        Rows whose counts are said whatever they are.
    family
        One of `FAMILIES`.
    whole
        Whether only the rows of a whole group are asked for, as others have its terms.
    """

    section: Section[SafetyRun]
    called: Callable[[SafetyRun], str] = lambda _run: ""
    elsewhere: tuple[str, ...] = ()
    watched: tuple[str, ...] = ()
    family: str = FINDINGS
    whole: bool = False


def _igf_words(run: SafetyRun) -> str:
    return f"IGF-I SDS above {run.parameters.igf1_sds:g}"


def _closer(section: Section[SafetyRun], called: str = "", **options: Any) -> Asked:
    return Asked(section, lambda _run: called, family=CLOSER, **options)


ASKED = (
    Asked(overview.overview, elsewhere=(EMERGENT,)),
    Asked(abnormal.new_abnormalities, lambda _run: "new on treatment"),
    Asked(abnormal.marked_abnormalities),
    Asked(hepatic.hepatic, watched=(hepatic.HY,)),
    Asked(glycaemia.emergent_glycaemia),
    Asked(igf.igf1_sds, _igf_words, watched=(igf.EVER,)),
    # What is new on treatment is among the new abnormalities.
    Asked(thyroid.thyroid, elsewhere=thyroid.NEW),
    Asked(
        immunogenicity.emergent_antibodies,
        lambda _run: "antibodies",
        watched=(immunogenicity.EMERGENT,),
    ),
    # Of all classes together they are rows of the overview.
    _closer(by_kind.serious_by_term, "serious", elsewhere=(ALL_CLASSES,)),
    _closer(by_kind.withdrawals_by_term, "led to withdrawal", elsewhere=(ALL_CLASSES,)),
    _closer(by_grade.by_grade, in_sentence(HIGH_GRADE)),
    _closer(special_interest.special_interest, whole=True),
    _closer(by_subgroup.by_subgroup),
)


def _rows(run: SafetyRun, asked: Asked, group1: str, names: tuple[str, ...] = ()) -> pd.DataFrame:
    """Return the rows of a section, of some names only where any are given, as ``called``."""
    found = asked.section.rows(run)
    if reason_of(found):
        return pd.DataFrame()
    own = found.select(group1=group1)
    # Before they are named: a section may have a row a participant.
    rows = (own.where(_is(own.frame, names)) if names else own).wide("stat")
    return rows.assign(called=_called(asked, run, rows.to_dict("records")))


def _called(asked: Asked, run: SafetyRun, rows: list[dict[Hashable, Any]]) -> list[str]:
    """Name rows in a sentence; a term without its organ class where no other has its name."""
    prefix = asked.called(run)
    full = [_words(prefix, row, "variable", "variable_level") for row in rows]
    if asked.family != CLOSER:
        return full
    short = [
        _words(prefix, row, "variable" if row["variable_level"] == ANY else "variable_level")
        for row in rows
    ]
    often = Counter((row["group1_level"], name) for row, name in zip(rows, short, strict=True))
    return [
        name if often[row["group1_level"], name] == 1 else longer
        for row, name, longer in zip(rows, short, full, strict=True)
    ]


def _words(prefix: str, row: Mapping[Hashable, Any], *names: str) -> str:
    own = [in_sentence(str(row[name])) for name in names if row[name] not in UNSAID]
    subgroup = f"{in_sentence(row['group2'])} {row['group2_level']}" if row["group2_level"] else ""
    return ", ".join(filter(None, [prefix, *own, subgroup]))


def _is(rows: pd.DataFrame, names: tuple[str, ...]) -> pd.Series:
    return rows["variable"].isin(names) | rows["variable_level"].isin(names)


def _asked_of(asked: Asked, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows that no other sentence or section has, under their words."""
    own = rows[~_is(rows, asked.elsewhere)]
    own = own[own["variable_level"] == ANY] if asked.whole else own[~_says_a_term(own)]
    return own.drop(columns="variable").rename(columns={"called": "variable"})


def _says_a_term(rows: pd.DataFrame) -> pd.Series:
    """Say which rows are of a class that has the numbers of one of its terms, as of its only one.

    Class and term are then one comparison, which is counted and named once, as the term.
    """
    one = ["group1_level", "variable", "group2_level", "estimate", "conf.low", "conf.high"]
    return (rows["variable_level"] == ANY) & rows.duplicated(one, keep=False)


def noticed(run: SafetyRun) -> Results:
    """Return which differences beside those of terms stand out, and how many were looked at.

    Returns
    -------
    Results
        As `analysis.safety.standout.standout`, each of `FAMILIES` an analysis, with its name as
        ``variable`` in the row of the numbers; empty where nothing is compared.
    """
    parts = [
        (asked.family, _asked_of(asked, rows))
        for asked, rows in ((asked, _rows(run, asked, CONTRAST)) for asked in ASKED)
        if "estimate" in rows
    ]
    families = {
        name: [part[COMPARED] for family, part in parts if family == name] for name in FAMILIES
    }
    return combine(_summed_up(run, name, own) for name, own in families.items() if own)


def _summed_up(run: SafetyRun, family: str, parts: list[pd.DataFrame]) -> Results:
    """Return what stands out of one family, and how many were looked at."""
    found = pd.concat(parts, ignore_index=True)
    found = found.astype(dict.fromkeys(COMPARED[2:], float)).dropna(subset="estimate")
    return run.results(
        with_summary(run, found, family),
        FAMILIES[family],
        group1=CONTRAST,
        unit=PROPORTION,
        dataset=run.laboratory_source if family == FINDINGS else run.events_source,
        method=difference_method(run, test=False),
    )


def watched(run: SafetyRun) -> Results:
    """Return the counts that are said whatever they are, arm by arm, under their words."""
    asked = (each for each in ASKED if each.watched)
    parts = [_rows(run, each, "arm", each.watched) for each in asked]
    parts = [own[own["group1_level"] != TOTAL] for own in parts if len(own)]
    parts = [own.assign(variable=own["called"]).reindex(columns=WATCHED) for own in parts]
    found = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=WATCHED)
    if found.empty:
        return Results()
    return run.results(found, "watched", group1="arm", dataset=run.laboratory_source)


WATCHED = ["group1_level", "variable", "n", "N"]
