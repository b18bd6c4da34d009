"""Adverse events by their worst severity and by their relation to treatment."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.display.arm_table import ArmTable
from analysis.display.reading import Reading
from analysis.errors import UserError
from analysis.results import PLACE, Results, section
from analysis.safety.coding import ALL_CLASSES, ANY
from analysis.safety.emergent import emergent_events
from analysis.safety.incidence import incidence_results
from analysis.safety.meanings import meaning
from analysis.safety.population import safety_population
from analysis.safety.settings import SafetyRun
from analysis.safety.severity import ordered
from analysis.safety.tables import event_table
from analysis.safety.terms import class_notes, term_counts, without_rare_terms

NOT_RECORDED = "Not recorded"
RELATED, NOT_RELATED = "Related", "Not related"


@section
def by_severity(run: SafetyRun) -> Results:
    """Return participants by their worst severity, overall, by organ class and by term.

    Returns
    -------
    Results
        ``variable`` organ class, ``group2_level`` term or `ANY`, ``variable_level`` severity.
        A severity that nobody had in a row has no row.

    Raises
    ------
    UserError
        If AESEV is not recorded.

    Notes
    -----
    Each participant counts once in each row, at the worst severity of the events of that row.
    An event without AESEV counts below every grade.
    """
    given = _recorded(run, "AESEV", "severity")
    return worst_by_term(run, given, ordered(run, list(given.unique())), "ae-by-severity")


@by_severity.shows
def severity_table(by_severity: Results, run: SafetyRun) -> list[ArmTable | Reading]:
    """Show participants by their worst severity."""
    note = "Each participant once in each row of term, at the worst severity of its events."
    return worst_table(by_severity, run, "Adverse events by worst severity", note, "Worst severity")


@section
def by_relation(run: SafetyRun) -> Results:
    """Return participants by relation to treatment, overall, by organ class and by term.

    Returns
    -------
    Results
        Like `by_severity`; ``variable_level`` is "Related", "Not related" or `NOT_RECORDED`.

    Raises
    ------
    UserError
        If AEREL is not recorded.

    Notes
    -----
    A participant with any related event in a row counts as related. An event without AEREL
    counts below both.
    """
    given = _recorded(run, "AEREL", "relation")
    found = meaning(
        run, emergent_events(run).records, "AEREL", run.plan.related, field="safety.related"
    )
    if found.counts is None:
        raise UserError(f"{found.note or 'trial.yml names no word of safety.related'}; list them")
    answers = np.array(["", NOT_RELATED, RELATED], dtype=object)
    related = np.where(found.counts, 2, (given != "").astype(int))
    words = pd.Series(pd.Categorical.from_codes(related, answers), index=given.index)
    return worst_by_term(run, words, (NOT_RELATED, RELATED), "ae-by-relation")


@by_relation.shows
def relation_table(by_relation: Results, run: SafetyRun) -> list[ArmTable | Reading]:
    """Show participants by relation to treatment."""
    note = "Each participant once in each row of term, as related if any of its events is."
    return worst_table(
        by_relation, run, "Adverse events by relation to treatment", note, "Relation"
    )


def worst_table(
    results: Results, run: SafetyRun, title: str, note: str, label: str
) -> list[ArmTable | Reading]:
    """Show participants by organ class, term and the worst of the events of each row."""
    labels = {"group2_level": "Preferred term", "variable_level": label}
    shown, left_out = without_rare_terms(run, results, title, "group2_level")
    notes = [note, *class_notes(run)]
    table = event_table(shown, run, title, labels, *notes, events=False, folded=True)
    return [table, *left_out]


def _recorded(run: SafetyRun, column: str, what: str) -> pd.Series:
    """Return a variable of the emergent events, of which there must be some."""
    records = emergent_events(run).records
    if not len(records):
        raise UserError("no treatment-emergent event was recorded")
    if column not in records or not (records[column] != "").any():
        raise UserError(f"{column} is not recorded, so that events cannot be counted by {what}")
    return records[column]


def worst_by_term(
    run: SafetyRun, values: pd.Series, grades: Sequence[str], analysis_id: str
) -> Results:
    """Count every participant at the worst grade of the events of each row.

    Parameters
    ----------
    run
        What is analysed.
    values
        The grade of each treatment-emergent event; "" where none is recorded.
    grades
        From the least to the worst.
    analysis_id
        See `analysis.results.rows_of`.

    Returns
    -------
    Results
        See `by_severity`; only rows that somebody is in.
    """
    population, terms = safety_population(run), term_counts(run)
    names = [NOT_RECORDED, *grades]
    number = {"": 0} | {name: place for place, name in enumerate(names)}
    grade = values.map(number).astype(int)
    records = emergent_events(run).records[["USUBJID", "AEBODSYS", "AEDECOD", *PLACE]]
    records = records.assign(grade=grade).sort_values("grade", ascending=False, kind="stable")
    columns = ["variable", "group2_level"]
    parts = [
        (["USUBJID"], {"variable": ALL_CLASSES, "group2_level": ANY}),
        (["USUBJID", "AEBODSYS"], {"group2_level": ANY}),
        (["USUBJID", "AEBODSYS", "AEDECOD"], {}),
    ]
    counts = pd.concat(
        [
            population.count(records.drop_duplicates(each), [*each[1:], "grade"])
            .rename(columns={"AEBODSYS": "variable", "AEDECOD": "group2_level"})
            .assign(**said)
            .astype(dict.fromkeys(columns, object))
            for each, said in parts
        ],
        ignore_index=True,
    )
    wanted = terms.counts[["variable", "variable_level"]].drop_duplicates()
    order = pd.MultiIndex.from_frame(wanted)
    counts["place"] = order.get_indexer(pd.MultiIndex.from_frame(counts[columns]))
    counts = counts[counts["place"] >= 0]
    counts = counts.sort_values(["place", "grade"], ascending=[True, False], kind="stable")
    counts["variable_level"] = counts["grade"].map(pd.Series(names, dtype=object).str.capitalize())
    counts = counts.drop(columns=["place", "grade", "events"]).reset_index(drop=True)
    return incidence_results(run, counts, analysis_id, group2="preferred term", differences=False)
