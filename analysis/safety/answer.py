"""The answer of the page: how long, what befell whom, what stands out and is of interest.

What stands out is collected from the sections that can stand out (`standout`, `noticed`), so that
the answer leaves out nothing that the page shows as standing out.
"""

from analysis.display.arm_table import CONTRAST
from analysis.display.figures import Figure
from analysis.display.reading import Absent, Reading
from analysis.display.rows import filled, has, synthetic_words
from analysis.errors import UserError
from analysis.numbers import level
from analysis.results import Results, combine, reason_of, section
from analysis.results.withheld import WITHHELD
from analysis.safety.by_kind import BY_ADSL, withdrawals_by_term
from analysis.safety.coding import ANY
from analysis.safety.dot_plot import dot_plot
from analysis.safety.exposure import PATIENT_YEARS, exposure
from analysis.safety.kinds import DEATHS, EMERGENT, SERIOUS, WITHDRAWAL
from analysis.safety.meanings import NOT_RECORDED
from analysis.safety.noticed import CLOSER, FAMILIES, FINDINGS, noticed, watched
from analysis.safety.overview import overview
from analysis.safety.population import TOTAL
from analysis.safety.settings import SafetyRun
from analysis.safety.special_interest import COUNTS, SPEAKING, special_interest
from analysis.safety.standout import FREQUENT, TERMS, standout
from analysis.safety.tables import shares
from analysis.safety.treated import time_treated
from analysis.words import counted, in_sentence, numbered

NAMED = 5
"""So many terms are named in the answer."""


@section
def answer(run: SafetyRun) -> Results:
    """Return what the answer of the page is built from.

    Returns
    -------
    Results
        ``analysis_id`` "exposure" (patient-years), "ae-overview" (the whole of it), "standout",
        those of `noticed` and "watched"; of the events of special interest the groups with their
        terms, and the terms in no group that speak of one. An exposure that is not recorded has
        no row.
    """
    years = exposure.rows(run)
    # The sections themselves say why they have none; the rest of the answer stands.
    parts = [] if reason_of(years) else [years.select(variable=PATIENT_YEARS)]
    events = [each for each in (overview.rows(run), standout.rows(run)) if not reason_of(each)]
    if not (events or parts):
        raise UserError(
            "neither adverse events nor exposure can be counted; their sections say why"
        )
    beside = [noticed(run), watched(run)] if events else []
    return combine([*events, *filter(len, beside), *_interest_rows(run), *parts])


@answer.shows
def answer_reading(answer: Results, run: SafetyRun) -> Reading:
    """Say exposure, overview, what stands out and what is of special interest."""
    said = [*sentences(run), *synthetic_words(answer)]
    return Reading(said, answer, heading="The answer", further={CLOSER: _family(run, CLOSER)})


@answer.shows
def overview_figure(_answer: Results, run: SafetyRun) -> Figure | Absent:
    """Draw the overview: the share of each arm, and the differences."""
    if reason := reason_of(overview.rows(run)):
        return Absent(reason)
    return dot_plot(overview(run), run, title="Participants with an adverse event, by kind")


def sentences(run: SafetyRun) -> list[str]:
    """Return the answer in words, whose numbers are those of the sections it names.

    What stands out in `CLOSER` is second: its terms stand out in the whole as well, or do not.
    """
    kinds, found = overview.rows(run), standout.rows(run)
    if reason := reason_of(kinds):
        return [_exposure(run), f"Adverse events are not counted: {reason}."]
    if reason := reason_of(found):
        said = [f"Terms are not counted: {reason}."]
    elif run.reference:
        said = _outstanding(run, found, TERMS)
    else:
        said = [_frequent(found)] if len(found) else []
    said += [*_family(run, FINDINGS), *_watched(run)]
    first = [_exposure(run), _overview(kinds, run), *_ended_by_adsl(run, kinds)]
    return [*first, *said, *_of_interest(run)]


def _family(run: SafetyRun, family: str) -> list[str]:
    """Say what stands out of one of the `FAMILIES`."""
    if reason_of(overview.rows(run)):
        return []
    return _outstanding(run, noticed(run).select(analysis_id=FAMILIES[family]), family)


def _ended_by_adsl(run: SafetyRun, overview: Results) -> list[str]:
    """Say whose treatment ended for safety by ADSL, where the events do not say it."""
    if has(overview.select(variable=WITHDRAWAL, group1="arm"), "n"):
        return []
    rows = withdrawals_by_term.rows(run).select(variable=BY_ADSL)
    if not len(rows):
        return []
    return [f"{rows.frame['method'].iloc[0]}: {shares(rows.wide().to_dict('records'))}."]


def _exposure(run: SafetyRun) -> str:
    years = exposure.rows(run).select(variable=PATIENT_YEARS, stat_name="sum").frame
    if not len(years):
        return "Exposure is not recorded, so that no rate per time can be given."
    total = years.iloc[-1]
    arms = [f"{row['group1_level']} {row['stat_fmt']}" for row in years[:-1].to_dict("records")]
    who = (
        "One participant was"
        if total["n_population"] == 1
        else f"{numbered(total['n_population'], 'participant')} were"
    )
    split = f" ({'; '.join(arms)})" if arms else ""
    notes = "".join(f"; {note}" for note in time_treated(run).notes)
    return f"{who} on treatment for {total['stat_fmt']} patient-years{split}{notes}."


def _overview(overview: Results, run: SafetyRun) -> str:
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
    of_level = f"{level(run.conf_level)} interval {{conf.low}} to {{conf.high}}"
    differences = "".join(
        f"; {row['group1_level']} "
        f"{filled(row, f'{{estimate}} percentage points ({of_level})') or WITHHELD}"
        for row in overview.select(group1=CONTRAST, variable=EMERGENT).wide().to_dict("records")
        if isinstance(row.get("estimate"), str)
    )
    return f"{EMERGENT}: {said}{differences}; {by_arm}: {', '.join(others)}."


def _outstanding(run: SafetyRun, found: Results, what: str) -> list[str]:
    """Say of each contrast how many terms or findings were compared, and which stand out."""
    rows = found.wide().to_dict("records") if len(found) else []
    said = []
    for summary in (row for row in rows if row["variable"] == what):
        label = summary["group1_level"]
        own = [r for r in rows if r["group1_level"] == label and r is not summary]
        named = "; ".join(
            f"{row['variable_level'] or row['variable']} {_signed(row['estimate'])} "
            f"({row['conf.low']} to {row['conf.high']})"
            for row in own[:NAMED]
        )
        more = f" and {len(own) - NAMED} more" if len(own) > NAMED else ""
        tail = f": {named}{more}, in percentage points" if own else ""
        said.append(
            f"{label}, {in_sentence(what)} compared one by one: {summary['n']} of {summary['N']} "
            f"{'has' if summary['n'] == '1' else 'have'} a {level(run.conf_level)} interval that "
            "excludes no difference, where chance alone would give up to "
            f"{summary['n.chance']}{tail}."
        )
    return said


def _watched(run: SafetyRun) -> list[str]:
    """Say the counts that are said whatever they are."""
    found = watched(run)
    if not len(found):
        return []
    said = []
    for words, rows in found.wide().groupby("variable", sort=False):
        counts = [f"{row['n']}{filled(row, '/{N}')}" for row in rows.to_dict("records")]
        said.append(f"{words} {' v '.join(counts)}")
    return [f"Watched for (participants{_arms(run)}): {'; '.join(said)}."]


def _arms(run: SafetyRun) -> str:
    return f", {' v '.join(run.arms)}" if len(run.arms) > 1 else ""


def _frequent(standout: Results) -> str:
    """Name the most frequent terms of a single arm."""
    named = ", ".join(
        f"{row['variable_level']} {row['n']}{filled(row, ' ({p} %)')}"
        for row in standout.select(group2_level=FREQUENT).wide().to_dict("records")
    )
    return f"Nothing to compare with; most frequent: {named}."


def _interest_rows(run: SafetyRun) -> list[Results]:
    """Return the counts by group and term, and the terms in no group that speak of one."""
    found = special_interest.rows(run)
    if reason_of(found):
        return []
    groups = found.select(analysis_id=COUNTS, group1="arm")
    return [groups, found.select(analysis_id=SPEAKING)]


def _of_interest(run: SafetyRun) -> list[str]:
    """Say which groups of special interest occurred, and what else is to be looked at."""
    rows = _interest_rows(run)
    if not rows:
        return []
    counts, speaking = rows[0], _by_arm(rows[1])
    groups = _by_arm(counts.select(variable_level=ANY))
    happened = [
        f"{name} {' v '.join(n)}{_terms_of(counts, name)}"
        for name, n in groups.items()
        if set(n) != {"0"}
    ]
    if others := len(groups) - len(happened):
        happened.append(f"no event in {counted(others, 'other group' if happened else 'group')}")
    said = [f"Of special interest (participants{_arms(run)}): {'; '.join(happened)}."]
    if speaking:
        terms = "; ".join(f"{name} {' v '.join(n)}" for name, n in list(speaking.items())[:NAMED])
        more = f"; and {len(speaking) - NAMED} more" if len(speaking) > NAMED else ""
        said.append(f"In no such group, to be looked at: {terms}{more}.")
    return said


def _terms_of(counts: Results, group: str) -> str:
    """Return the terms that occurred in a group, as its name may say more than they do.

    One term has the counts of the group; where it is the group's own name nothing is added.
    """
    frame = counts.frame
    own = frame[(frame["variable"] == group) & (frame["variable_level"] != ANY)]
    terms = {term: n for term, n in _by_arm(Results(own)).items() if set(n) != {"0"}}
    # A count that is withheld is of few; it stands after those that are told.
    told = {term: sum(int(n) for n in own if n.isdigit()) for term, own in terms.items()}
    terms = dict(sorted(terms.items(), key=lambda each: -told[each[0]]))
    if len(terms) == 1:
        (term,) = terms
        return "" if term.casefold() == group.casefold() else f" ({term})"
    named = [f"{term} {' v '.join(n)}" for term, n in list(terms.items())[:NAMED]]
    more = [f"{len(terms) - NAMED} more"] if len(terms) > NAMED else []
    return f" ({', '.join([*named, *more])})"


def _by_arm(rows: Results) -> dict[str, list[str]]:
    """Return group, or term, → the participants of each arm."""
    frame = rows.select(group1="arm", stat_name="n").frame
    frame = frame[frame["group1_level"] != TOTAL]
    names = frame["variable_level"].where(frame["variable_level"] != ANY, frame["variable"])
    return {str(name): own["stat_fmt"].tolist() for name, own in frame.groupby(names, sort=False)}


def _signed(number: str) -> str:
    return number if number.startswith("−") else f"+{number}"
