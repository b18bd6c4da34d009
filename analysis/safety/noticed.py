"""What stands out beside the terms: every section that can stand out, asked in one way.

A section that compares arms, or counts what is said whether or not anybody has it, is one entry
of `ASKED`; the answer of the page collects what they report.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pandas as pd

from analysis.brief import brief
from analysis.display.arm_table import CONTRAST
from analysis.results import PROPORTION, Results, Section, reason_of
from analysis.safety import abnormal, glycaemia, hepatic, igf, immunogenicity, overview, thyroid
from analysis.safety.incidence import difference_method
from analysis.safety.kinds import EMERGENT
from analysis.safety.population import TOTAL
from analysis.safety.settings import SafetyRun
from analysis.safety.standout import with_summary
from analysis.words import in_sentence

FINDINGS, ANALYSIS = "Kinds of events and findings", "standout-findings"
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
    """

    section: Section[SafetyRun]
    called: Callable[[SafetyRun], str] = lambda _run: ""
    elsewhere: tuple[str, ...] = ()
    watched: tuple[str, ...] = ()


def _igf_words(run: SafetyRun) -> str:
    return f"IGF-I SDS above {run.parameters.igf1_sds:g}"


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
)


def _rows(run: SafetyRun, group1: str) -> Iterator[tuple[Asked, pd.DataFrame]]:
    """Yield the rows of each section that the trial has, each with its words as ``called``."""
    for asked in ASKED:
        found = asked.section.rows(run)
        if reason_of(found):
            continue
        rows = found.select(group1=group1).wide("stat")
        if len(rows):
            prefix = asked.called(run)
            names = rows[["variable", "variable_level"]].to_dict("records")
            yield asked, rows.assign(called=[_called(prefix, row) for row in names])


def _called(prefix: str, row: dict[str, str]) -> str:
    parts = (prefix, in_sentence(str(row["variable"])), str(row["variable_level"]))
    return ", ".join(filter(None, [*parts[:2], in_sentence(parts[2])]))


def _is(rows: pd.DataFrame, names: tuple[str, ...]) -> pd.Series:
    return rows["variable"].isin(names) | rows["variable_level"].isin(names)


def noticed(run: SafetyRun) -> Results:
    """Return which differences beside those of terms stand out, and how many were looked at.

    Returns
    -------
    Results
        As `analysis.safety.standout.standout`, with ``variable`` `FINDINGS` in the row of the
        numbers; empty where nothing is compared.
    """
    parts = [
        rows[~_is(rows, asked.elsewhere)].drop(columns="variable").rename(
            columns={"called": "variable"}
        )
        for asked, rows in _rows(run, CONTRAST)
        if "estimate" in rows
    ]  # fmt: skip
    if not parts:
        return Results()
    found = pd.concat([part[COMPARED] for part in parts], ignore_index=True)
    found = found.astype(dict.fromkeys(COMPARED[2:], float)).dropna(subset="estimate")
    return run.results(
        with_summary(run, found, FINDINGS),
        ANALYSIS,
        group1=CONTRAST,
        unit=PROPORTION,
        dataset=run.laboratory_source,
        method=difference_method(run),
    )


def watched(run: SafetyRun) -> Results:
    """Return the counts that are said whatever they are, arm by arm, under their words."""
    parts = []
    for asked, rows in _rows(run, "arm"):
        own = rows[_is(rows, asked.watched) & (rows["group1_level"] != TOTAL)]
        parts.append(own.assign(variable=own["called"]).reindex(columns=WATCHED))
    found = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=WATCHED)
    if found.empty:
        return Results()
    return run.results(found, "watched", group1="arm", dataset=run.laboratory_source)


WATCHED = ["group1_level", "variable", "n", "N"]
