"""The answer of the page: how long, what befell whom, what stands out and is of interest."""

from analysis.display.arm_table import CONTRAST
from analysis.display.figures import Figure
from analysis.display.reading import Absent, Reading
from analysis.display.rows import filled
from analysis.errors import UserError
from analysis.results import Results, combine, reason_of, section
from analysis.safety.coding import ANY
from analysis.safety.dot_plot import dot_plot
from analysis.safety.exposure import PATIENT_YEARS, exposure
from analysis.safety.kinds import DEATHS, EMERGENT, SERIOUS, WITHDRAWAL
from analysis.safety.meanings import NOT_RECORDED
from analysis.safety.overview import overview
from analysis.safety.population import TOTAL
from analysis.safety.settings import SafetyRun
from analysis.safety.special_interest import COUNTS, SPEAKING, special_interest
from analysis.safety.standout import FREQUENT, TERMS, standout
from analysis.safety.treated import time_treated
from analysis.words import counted, in_sentence

NAMED = 5
"""So many terms are named in the answer."""


@section
def answer(run: SafetyRun) -> Results:
    """Return what the answer of the page is built from.

    Returns
    -------
    Results
        ``analysis_id`` "exposure" (patient-years), "ae-overview" (the whole of it) and
        "standout"; of the events of special interest the groups, and the terms in no group that
        speak of one. An exposure that is not recorded has no row.
    """
    years = exposure.rows(run)
    # The sections themselves say why they have none; the rest of the answer stands.
    parts = [] if reason_of(years) else [years.select(variable=PATIENT_YEARS)]
    events = [each for each in (overview.rows(run), standout.rows(run)) if not reason_of(each)]
    if not (events or parts):
        raise UserError(
            "neither adverse events nor exposure can be counted; their sections say why"
        )
    return combine([*events, *_interest_rows(run), *parts])


@answer.shows
def answer_reading(answer: Results, run: SafetyRun) -> Reading:
    """Say exposure, overview, what stands out and what is of special interest."""
    return Reading(sentences(run), answer, heading="The answer")


@answer.shows
def overview_figure(_answer: Results, run: SafetyRun) -> Figure | Absent:
    """Draw the overview: the share of each arm, and the differences."""
    if reason := reason_of(overview.rows(run)):
        return Absent(reason)
    return dot_plot(overview(run), run, title="Participants with an adverse event, by kind")


def sentences(run: SafetyRun) -> list[str]:
    """Return the answer in words, whose numbers are those of the sections it names."""
    kinds, found = overview.rows(run), standout.rows(run)
    if reason := reason_of(kinds):
        return [_exposure(run), f"Adverse events are not counted: {reason}."]
    if reason := reason_of(found):
        said = [f"Terms are not counted: {reason}."]
    elif run.reference:
        said = _outstanding(found)
    else:
        said = [_frequent(found)] if len(found) else []
    return [_exposure(run), _overview(kinds), *said, *_of_interest(run)]


def _exposure(run: SafetyRun) -> str:
    years = exposure.rows(run).select(variable=PATIENT_YEARS, stat_name="sum").frame
    if not len(years):
        return "Exposure is not recorded, so that no rate per time can be given."
    total = years.iloc[-1]
    arms = [f"{row['group1_level']} {row['stat_fmt']}" for row in years[:-1].to_dict("records")]
    who = (
        "One participant was"
        if total["n_population"] == 1
        else f"{total['n_population']} participants were"
    )
    split = f" ({'; '.join(arms)})" if arms else ""
    notes = "".join(f"; {note}" for note in time_treated(run).notes)
    return f"{who} on treatment for {total['stat_fmt']} patient-years{split}{notes}."


def _overview(overview: Results) -> str:
    arms = overview.select(group1="arm").wide()
    arms = arms[arms["group1_level"] != TOTAL] if arms["group1_level"].nunique() > 1 else arms
    any_event = arms[arms["variable"] == EMERGENT].to_dict("records")
    said = ", ".join(
        f"{row['group1_level']} {row['n']} of {row['N']}{filled(row, ' ({p} %)')}"
        for row in any_event
    )
    others = []
    for kind in (SERIOUS, WITHDRAWAL, DEATHS):
        own = arms[arms["variable"] == kind]
        counts = own["n"].dropna()
        why = own["reason"].iloc[0] if "reason" in own and not len(counts) else NOT_RECORDED
        others.append(f"{in_sentence(kind)} {' v '.join(counts) or why}")
    order = " v ".join(row["group1_level"] for row in any_event)
    by_arm = f"participants by arm ({order})" if len(any_event) > 1 else "participants"
    differences = "".join(
        f"; {row['group1_level']} {row['estimate']} percentage points "
        f"({row['conf.low']} to {row['conf.high']})"
        for row in overview.select(group1=CONTRAST, variable=EMERGENT).wide().to_dict("records")
        if isinstance(row.get("estimate"), str)
    )
    return f"{EMERGENT}: {said}{differences}; {by_arm}: {', '.join(others)}."


def _outstanding(standout: Results) -> list[str]:
    """Say of each contrast how many terms were compared, and which stand out."""
    rows = standout.wide().to_dict("records")
    said = []
    for summary in (row for row in rows if row["variable"] == TERMS):
        label = summary["group1_level"]
        own = [r for r in rows if r["group1_level"] == label and r is not summary]
        named = ", ".join(
            f"{row['variable_level']} ({_signed(row['estimate'])})" for row in own[:NAMED]
        )
        more = f" and {len(own) - NAMED} more" if len(own) > NAMED else ""
        tail = f": {named}{more}, in percentage points" if own else ""
        said.append(
            f"{label}: of {summary['N']} preferred terms compared one by one, {summary['n']} "
            f"{'has' if summary['n'] == '1' else 'have'} an interval that excludes no "
            f"difference, where chance alone would give up to {summary['n.chance']}{tail}."
        )
    return said


def _frequent(standout: Results) -> str:
    """Name the most frequent terms of a single arm."""
    named = ", ".join(
        f"{row['variable_level']} {row['n']}{filled(row, ' ({p} %)')}"
        for row in standout.select(group2_level=FREQUENT).wide().to_dict("records")
    )
    return f"Nothing to compare with; most frequent: {named}."


def _interest_rows(run: SafetyRun) -> list[Results]:
    """Return the groups of special interest, and the terms in no group that speak of one."""
    found = special_interest.rows(run)
    if reason_of(found):
        return []
    groups = found.select(analysis_id=COUNTS, variable_level=ANY, group1="arm")
    return [groups, found.select(analysis_id=SPEAKING)]


def _of_interest(run: SafetyRun) -> list[str]:
    """Say which groups of special interest occurred, and what else is to be looked at."""
    rows = _interest_rows(run)
    if not rows:
        return []
    groups, speaking = (_by_arm(each) for each in rows)
    happened = [f"{name} {' v '.join(n)}" for name, n in groups.items() if set(n) != {"0"}]
    if others := len(groups) - len(happened):
        happened.append(f"no event in {counted(others, 'other group' if happened else 'group')}")
    arms = f", {' v '.join(run.arms)}" if len(run.arms) > 1 else ""
    said = [f"Of special interest (participants{arms}): {'; '.join(happened)}."]
    if speaking:
        terms = "; ".join(f"{name} {' v '.join(n)}" for name, n in list(speaking.items())[:NAMED])
        more = f"; and {len(speaking) - NAMED} more" if len(speaking) > NAMED else ""
        said.append(f"In no such group, to be looked at: {terms}{more}.")
    return said


def _by_arm(rows: Results) -> dict[str, list[str]]:
    """Return group, or term, → the participants of each arm."""
    frame = rows.select(group1="arm", stat_name="n").frame
    frame = frame[frame["group1_level"] != TOTAL]
    names = frame["variable_level"].where(frame["variable_level"] != ANY, frame["variable"])
    return {str(name): own["stat_fmt"].tolist() for name, own in frame.groupby(names, sort=False)}


def _signed(number: str) -> str:
    return number if number.startswith("−") else f"+{number}"
