"""Events of one kind by organ class and preferred term: serious ones, and what ended treatment."""

import pandas as pd

from analysis.display.arm_table import ArmTable
from analysis.display.reading import Reading
from analysis.errors import UserError
from analysis.results import COUNTED, PROPORTION, Counted, Results, section
from analysis.safety.coding import ALL_CLASSES, ANY
from analysis.safety.incidence import arm_rows, incidence_results, with_zeros
from analysis.safety.kinds import SERIOUS, WITHDRAWAL, kind_of, kinds, selected, why_unknown
from analysis.safety.population import safety_population
from analysis.safety.recorded import recorded_events
from analysis.safety.settings import SafetyRun
from analysis.safety.stopped import stopped
from analysis.safety.tables import event_table, shares
from analysis.safety.terms import class_notes, coded_events, term_counts
from analysis.sources.trial.variable_words import label_of
from analysis.words import begins_sentence, counted

NAMED = 5
"""So many terms are named in a sentence."""
BY_ADSL = "Ended for an adverse event or death, by ADSL"
NOT_EMERGENT = "Not treatment-emergent"


@section
def serious_by_term(run: SafetyRun) -> Results:
    """Return the participants with serious treatment-emergent events, by organ class and term.

    Returns
    -------
    Results
        Like `by_term.by_term`, of every term with such an event; and ``events`` of this kind that
        are not treatment-emergent, under ``variable`` `NOT_EMERGENT`.

    Raises
    ------
    UserError
        If nobody can say which events are serious, or events are not coded.
    """
    return kind_results(run, SERIOUS, "ae-serious-by-term")


@section
def withdrawals_by_term(run: SafetyRun) -> Results:
    """Return the participants with events that ended treatment, by organ class and term.

    Returns
    -------
    Results
        Like `serious_by_term`, and under ``variable`` `BY_ADSL` those of each arm whose treatment
        ended for an adverse event or death by the reason that ADSL gives, whatever the events say.
        Where the events say nothing, these alone, with the ``remark`` why.

    Raises
    ------
    UserError
        If neither the events nor ADSL say who withdrew.
    """
    coded_events(run)
    kind, by_adsl = kind_of(run, WITHDRAWAL), _by_adsl(run)
    if kind.records is not None:
        return kind_results(run, WITHDRAWAL, "ae-withdrawals-by-term") + by_adsl
    said = f"{kind.reason}: {why_unknown(run, kind)}"
    if not len(by_adsl):
        raise UserError(f"which events ended treatment is {said}, and adsl gives no reason")
    because = pd.DataFrame({"variable": [WITHDRAWAL], "remark": [said]})
    return by_adsl + run.results(because, "ae-withdrawals-by-term", dataset=run.events_source)


@serious_by_term.shows
def serious_reading(found: Results, _run: SafetyRun) -> Reading:
    """Say how many had a serious event, and of which terms."""
    said = kind_sentences(found, "was serious", "a serious treatment-emergent event")
    return Reading(said, found)


@serious_by_term.shows
def serious_table(found: Results, run: SafetyRun) -> list[ArmTable]:
    """Show serious events by organ class and term, where there is any."""
    return kind_tables(
        found, run, "Serious adverse events by system organ class and preferred term"
    )


@withdrawals_by_term.shows
def withdrawals_reading(found: Results, _run: SafetyRun) -> Reading:
    """Say in how many an event ended treatment, of which terms, and what ADSL gives."""
    said = found.select(stat_name="remark").frame["stat_fmt"].tolist()
    sentences = [f"Which events led to withdrawal of treatment is {each}." for each in said]
    if not said:
        what = "an event that led to withdrawal of treatment"
        sentences = kind_sentences(found, "led to withdrawal of treatment", what)
    by_adsl = found.select(variable=BY_ADSL)
    if len(by_adsl):
        by_arm = shares(by_adsl.wide().to_dict("records"))
        sentences.append(f"{by_adsl.frame['method'].iloc[0]}: {by_arm}.")
    return Reading(sentences, found)


@withdrawals_by_term.shows
def withdrawals_table(found: Results, run: SafetyRun) -> list[ArmTable]:
    """Show what ended treatment by organ class and term, where an event did."""
    title = "Adverse events leading to withdrawal of treatment, by organ class and preferred term"
    return kind_tables(found, run, title)


def kind_results(run: SafetyRun, kind: str, analysis_id: str) -> Results:
    """Return the counts of a kind by organ class and term, and its events that do not count."""
    own, counts = selected(run, kind), term_counts(run, kind).counts
    found = incidence_results(run, counts.assign(note=kind_of(run, kind).note), analysis_id)
    of_all = next(each for each in kinds(run, recorded_events(run)) if each.name == kind).records
    others = own.iloc[:0] if of_all is None else of_all[~of_all["record"].isin(own["record"])]
    row = {"variable": NOT_EMERGENT, "events": len(others), COUNTED: Counted.all(others)}
    return found + run.results(pd.DataFrame([row]), analysis_id, dataset=run.events_source)


def _by_adsl(run: SafetyRun) -> Results:
    """Return the participants whose treatment ended for safety by ADSL; none where it is silent."""
    found, population = stopped(run), safety_population(run)
    if not found.column or not (found.reason != "").any():
        return Results()
    who = population.subjects.loc[found.for_safety, ["USUBJID"]]
    level = pd.DataFrame({"variable": [BY_ADSL]})
    counts = with_zeros(population, population.count(who).assign(variable=BY_ADSL), level)
    words = label_of(found.column, [run.trial.tables["adsl"]])
    method = f"By ADSL ({words}), treatment or study ended for an adverse event or death"
    rows = arm_rows(run, counts.drop(columns="events"), intervals=False)
    options = {"unit": PROPORTION, "dataset": "adsl", "method": method}
    return run.results(rows, "ae-withdrawals-by-term", group1="arm", **options)


def kind_sentences(found: Results, was: str, what: str) -> list[str]:
    """Say who had an event of a kind, which terms, what is left out of the count."""
    anybody = found.select(variable=ALL_CLASSES, group1="arm")
    whole = anybody.frame["group1_level"].iloc[-1]
    terms = found.select(group1_level=whole, stat_name="n").frame
    terms = terms[~terms["variable_level"].isin([ANY, ""])]
    terms = terms.sort_values("stat", ascending=False, kind="stable")
    if anybody.text("n", group1_level=whole) == "0":
        said = [f"No treatment-emergent event {was}."]
    else:
        named = [f"{row['variable_level']} {row['stat_fmt']}" for row in terms.to_dict("records")]
        more = len(named) - NAMED
        listed = ", ".join(named[:NAMED]) + (f" and {counted(more, 'other')}" if more > 0 else "")
        by_arm = shares(anybody.wide().to_dict("records"))
        said = [f"Participants with {what}: {by_arm}. By term: {listed}."]
    notes = [note for note in dict.fromkeys(found.frame["note"]) if note]
    said += [f"{begins_sentence(note)}." for note in notes]
    others = int(found.text("events", variable=NOT_EMERGENT))
    if others:
        such = "further such event was" if others == 1 else "further such events were"
        said.append(f"{others} {such} not treatment-emergent, and counted in no row.")
    return said


def kind_tables(found: Results, run: SafetyRun, title: str) -> list[ArmTable]:
    """Return the table of a kind; none where nobody had such an event."""
    counts = found.where(found.frame["variable_level"] != "")
    if not (counts.select(stat_name="n").frame["stat"] > 0).any():
        return []
    labels = {"variable_level": "Preferred term"}
    note = "A participant counts once in each row, so that rows do not add up."
    return [event_table(counts, run, title, labels, note, *class_notes(run), foldable=True)]
