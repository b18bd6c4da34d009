"""Adverse events by their toxicity grade (CTCAE): the high ones, and the worst of each term."""

from analysis.display.arm_table import ArmTable
from analysis.display.reading import Reading
from analysis.errors import UserError
from analysis.results import Results, section
from analysis.safety.by_kind import kind_results, kind_sentences, kind_tables
from analysis.safety.by_worst import worst_by_term, worst_table
from analysis.safety.emergent import emergent_events
from analysis.safety.settings import SafetyRun
from analysis.safety.toxicity import COLUMNS, GRADES, HIGH_GRADE, grades
from analysis.words import in_sentence

HIGH, WORST = "ae-high-grade-by-term", "ae-by-grade"
"""The analyses of the section: events of a high grade by term, and the worst grade."""


@section
def by_grade(run: SafetyRun) -> Results:
    """Return participants by the toxicity grade of their events, by organ class and term.

    Returns
    -------
    Results
        ``analysis_id`` `HIGH`: like `by_kind.serious_by_term`, of grade 3 or higher. `WORST`: like
        `by_worst.by_severity`; ``variable_level`` is one of `GRADES`, or "Not recorded".

    Raises
    ------
    UserError
        If neither ATOXGR nor AETOXGR is recorded.

    Notes
    -----
    In `WORST` each participant counts once in each row, at the highest grade of the events of
    that row; an event without a grade counts below every grade.
    """
    found = grades(run, emergent_events(run).records)
    if found is None:
        raise UserError(
            f"{run.plan.adverse_events} has no toxicity grade (no value of {' or '.join(COLUMNS)})"
        )
    worst = worst_by_term(run, found.of_events, GRADES, WORST)
    return kind_results(run, HIGH_GRADE, HIGH) + worst


@by_grade.shows
def grade_reading(by_grade: Results, _run: SafetyRun) -> Reading:
    """Say how many had an event of a high grade, and of which terms."""
    grade = in_sentence(HIGH_GRADE)
    own = by_grade.select(analysis_id=HIGH)
    said = kind_sentences(own, f"was of {grade}", f"a treatment-emergent event of {grade}")
    return Reading(said, own)


@by_grade.shows
def high_grade_table(by_grade: Results, run: SafetyRun) -> list[ArmTable]:
    """Show the events of a high grade by organ class and term, where there is any."""
    title = f"Adverse events of {in_sentence(HIGH_GRADE)} by system organ class and preferred term"
    return kind_tables(by_grade.select(analysis_id=HIGH), run, title)


@by_grade.shows
def worst_grade_table(by_grade: Results, run: SafetyRun) -> list[ArmTable | Reading]:
    """Show participants by their worst grade."""
    title, note = (
        "Adverse events by worst toxicity grade",
        ("Each participant once in each row of term, at the highest grade of its events."),
    )
    own = by_grade.select(analysis_id=WORST)
    return worst_table(own, run, title, note, "Worst grade")
