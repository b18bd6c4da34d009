"""How the safety notebook looks: sentences and tables of adverse events and exposure."""

from __future__ import annotations

from analysis.display.arm_table import CONTRAST, ArmTable
from analysis.display.reading import Reading
from analysis.display.sections import has, method_words, or_reason
from analysis.display.tables import Column, Table
from analysis.numbers import NOT_AVAILABLE
from analysis.results import Results
from analysis.safety.population import TOTAL
from analysis.words import begins_sentence, in_sentence

DESCRIPTIVE = "Intervals and p-values are descriptive and not adjusted for multiplicity."
DIFFERENCES = (
    Column("difference (interval)", "{estimate} ({conf.low} to {conf.high})"),
    Column("p", "{p.value}"),
)


def _arms(results: Results, *, events: bool = True) -> list[Column]:
    """Return the columns of an arm; with an interval where there is nothing to compare with."""
    counted = Column("", "{n} ({p}) {events}" if events else "{n} ({p})")
    if _compares(results) or not has(results, "conf.low"):
        return [counted]
    return [counted, Column("interval", "{conf.low} to {conf.high}")]


def _compares(results: Results) -> bool:
    return bool((results.frame["group1"] == CONTRAST).any())


def _arm_methods(results: Results, *, events: bool = True) -> list[str]:
    """Return the footnotes of a table of counts: what a cell says, and every method."""
    methods = dict.fromkeys(results.frame["method"])
    cell = "n (per cent) events" if events else "n (per cent)"
    who = results.frame["population"].iloc[0]
    notes = [f"Cells: {cell}, of the {who} population. {begins_sentence('; '.join(methods))}."]
    if _compares(results):
        return [*notes, "Differences in percentage points."]
    return [*notes, DESCRIPTIVE]


def _row_notes(results: Results) -> list[str]:
    """Return the notes of single rows, each once."""
    noted = results.frame[results.frame["note"] != ""].drop_duplicates(["variable", "note"])
    return [f"{row['variable']}: {row['note']}." for row in noted.to_dict("records")]


# The answer ----------------------------------------------------------------------------------


@or_reason
def answer(answer: Results) -> Reading:
    """Say exposure, overview and what stands out in three sentences."""
    sentences = [_exposure_sentence(answer), _overview_sentence(answer)]
    sentences += _standout_sentences(answer.select(analysis_id="standout"))
    return Reading([each for each in sentences if each], answer, heading="The answer")


def _exposure_sentence(answer: Results) -> str:
    years = answer.select(analysis_id="exposure", stat_name="sum").frame
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
    return f"{who} on treatment for {total['stat_fmt']} patient-years{split}."


def _overview_sentence(answer: Results) -> str:
    overview = answer.select(analysis_id="ae-overview")
    arms = overview.select(group1="arm").wide()
    arms = arms[arms["group1_level"] != TOTAL] if arms["group1_level"].nunique() > 1 else arms
    kinds = list(dict.fromkeys(arms["variable"]))
    any_event = arms[arms["variable"] == kinds[0]].to_dict("records")
    said = ", ".join(
        f"{row['group1_level']} {row['n']} of {row['N']} ({row.get('p', NOT_AVAILABLE)} %)"
        for row in any_event
    )
    first = f"{kinds[0]}: {said}{_difference_words(overview, kinds[0])}"
    others = []
    for kind in kinds[3:]:  # Serious, withdrawal, deaths.
        rows = arms[arms["variable"] == kind].to_dict("records")
        counts = [row["n"] for row in rows if isinstance(row.get("n"), str)]
        others.append(f"{in_sentence(kind)} {' v '.join(counts) or 'not recorded'}")
    order = " v ".join(row["group1_level"] for row in any_event)
    by_arm = f"participants by arm ({order})" if len(any_event) > 1 else "participants"
    return f"{first}; {by_arm}: {', '.join(others)}."


def _difference_words(overview: Results, kind: str) -> str:
    rows = overview.select(group1=CONTRAST, variable=kind).wide().to_dict("records")
    return "".join(
        f"; {row['group1_level']} {row['estimate']} percentage points "
        f"({row['conf.low']} to {row['conf.high']})"
        for row in rows
        if isinstance(row.get("estimate"), str)
    )


def _standout_sentences(standout: Results) -> list[str]:
    if not len(standout):
        return []
    rows = standout.wide().to_dict("records")
    if standout.frame["group1"].iloc[0] != CONTRAST:
        return [_frequent_sentence(rows)]
    sentences = []
    for summary in (row for row in rows if isinstance(row.get("expected"), str)):
        label = summary["group1_level"]
        own = [r for r in rows if r["group1_level"] == label and r is not summary]
        named = ", ".join(
            f"{row['variable_level']} ({_signed(row['estimate'])})" for row in own[:5]
        )
        more = f" and {len(own) - 5} more" if len(own) > 5 else ""
        tail = f": {named}{more}, in percentage points" if own else ""
        sentences.append(
            f"{label}: of {summary['N']} preferred terms compared one by one, {summary['n']} "
            f"{'has' if summary['n'] == '1' else 'have'} an interval that excludes no "
            f"difference, where chance alone would give up to {summary['expected']}{tail}."
        )
    return sentences


def _frequent_sentence(rows: list[dict[str, str]]) -> str:
    def listed(kind: str, name: str) -> str:
        return ", ".join(
            f"{row[name]} {row['n']} ({row.get('p', NOT_AVAILABLE)} %)"
            for row in rows
            if row["group2_level"] == kind
        )

    special = listed("special interest", "variable")
    first = f"Nothing to compare with; most frequent: {listed('most frequent', 'variable_level')}"
    return f"{first}. Of special interest: {special or 'none'}."


def _signed(number: str) -> str:
    return number if number.startswith("−") else f"+{number}"


# Tables --------------------------------------------------------------------------------------


@or_reason
def counting_rule_table(rule: Results) -> Table:
    """Show which events count as treatment-emergent, and how many were decided how."""
    return Table(
        title="Which events count",
        results=rule,
        groups="variable",
        labels={"variable_level": "What was decided"},
        columns=[Column("Events", "{n}"), Column("Counted", "{counted}", "text")],
        footnotes=[f"{begins_sentence(method_words(rule))}."],
    )


@or_reason
def exposure_table(exposure: Results) -> Table:
    """Show duration, patient-years, dose and compliance."""
    return Table(
        title="Exposure",
        results=exposure,
        groups="variable",
        labels={"group1_level": "Arm"},
        columns=[
            Column("n", "{n}"),
            Column("Missing", "{N_miss}"),
            Column("Mean (SD)", "{mean} ({sd})"),
            Column("Median", "{median}"),
            Column("Range", "{min} to {max}"),
            Column("Sum", "{sum}"),
        ],
        footnotes=[f"{begins_sentence(method_words(exposure))}."],
    )


@or_reason
def overview_table(overview: Results, rule: Results) -> ArmTable:
    """Show the overview of adverse events with the differences between arms."""
    return ArmTable(
        title="Overview of treatment-emergent adverse events",
        results=overview,
        labels={"variable": "Participants with"},
        columns=_arms(overview),
        differences=DIFFERENCES,
        footnotes=[
            *_arm_methods(overview),
            *_row_notes(overview),
            f"{begins_sentence(method_words(rule))}.",
        ],
    )


@or_reason
def by_term_table(by_term: Results, shown: Results) -> ArmTable:
    """Show events by organ class and preferred term."""
    return ArmTable(
        title="Adverse events by system organ class and preferred term",
        results=by_term,
        groups="variable",
        labels={"variable_level": "Preferred term"},
        columns=_arms(by_term),
        differences=DIFFERENCES,
        foldable=True,
        footnotes=[
            *_arm_methods(by_term),
            "A participant counts once in each row, so that rows do not add up.",
            *_shown_words(shown),
        ],
    )


def _shown_words(shown: Results) -> list[str]:
    rows = shown.wide().to_dict("records")
    said = ", ".join(f"{row['variable_level']} {row['n']}" for row in rows)
    return [f"Preferred terms: {said}."]


@or_reason
def special_interest_table(special: Results) -> ArmTable:
    """Show the declared events of special interest, zero rows included."""
    return ArmTable(
        title="Adverse events of special interest",
        results=special,
        groups="variable",
        labels={"variable_level": "Preferred term"},
        columns=_arms(special),
        differences=DIFFERENCES,
        footnotes=[
            *_arm_methods(special),
            "Groups and terms as trial.yml declares them; a term without an event keeps its row.",
        ],
    )


@or_reason
def severity_table(severity: Results) -> ArmTable:
    """Show participants by worst severity."""
    return _by_worst(
        severity,
        "Adverse events by worst severity",
        "Worst severity",
        "Each participant once in each row of term, at the worst severity of its events.",
    )


@or_reason
def relation_table(relation: Results) -> ArmTable:
    """Show participants by relation to treatment."""
    return _by_worst(
        relation,
        "Adverse events by relation to treatment",
        "Relation",
        "Each participant once in each row of term, as related if any of its events is.",
    )


def _by_worst(results: Results, title: str, label: str, rule: str) -> ArmTable:
    return ArmTable(
        title=title,
        results=results,
        groups="variable",
        labels={"group2_level": "Preferred term", "variable_level": label},
        columns=_arms(results, events=False),
        footnotes=[*_arm_methods(results, events=False), rule],
        folded=True,
    )


@or_reason
def rates_table(rates: Results) -> ArmTable:
    """Show first events per 100 patient-years: overview and special interest."""
    return _rates(_general(rates, wanted=True), "Exposure-adjusted incidence", folded=False)


@or_reason
def rates_by_term_table(rates: Results) -> ArmTable:
    """Show first events per 100 patient-years of every term."""
    return _rates(
        _general(rates, wanted=False),
        "Exposure-adjusted incidence by preferred term",
        folded=True,
    )


def _general(rates: Results, *, wanted: bool) -> Results:
    frame = rates.frame
    general = (frame["variable"] == "Overview") | (frame["variable_level"] == "Any event")
    return Results(frame[general == wanted].reset_index(drop=True))


def _rates(rates: Results, title: str, *, folded: bool) -> ArmTable:
    return ArmTable(
        title=f"{title}, first events per 100 patient-years",
        results=rates,
        groups="variable",
        labels={"variable_level": "Event"},
        columns=[
            Column("n / years", "{n} / {exposure}"),
            Column("rate (interval)", "{estimate} ({conf.low} to {conf.high})"),
        ],
        differences=[Column("difference (interval)", "{estimate} ({conf.low} to {conf.high})")],
        footnotes=[
            "n: participants with the event; years: patient-years from the first dose to the "
            "first event, or to the last dose without one.",
            f"{begins_sentence('; '.join(dict.fromkeys(rates.frame['method'])))}.",
            *([] if _compares(rates) else [DESCRIPTIVE]),
        ],
        folded=folded,
        foldable=folded,
    )


@or_reason
def standout_table(standout: Results) -> Table:
    """Show the terms whose interval of the difference excludes 0."""
    named = standout.frame[standout.frame["variable_level"] != ""].reset_index(drop=True)
    if not (standout.frame["group1"] == CONTRAST).all():
        return Table(
            title="Most frequent events, and those of special interest that occurred",
            results=Results(named),
            groups="group2_level",
            labels={"variable": "Organ class or group", "variable_level": "Event"},
            columns=[Column("n of N", "{n} of {N}"), Column("Per cent", "{p}")],
        )
    return Table(
        title="Terms whose interval of the risk difference excludes 0",
        results=Results(named),
        groups="group1_level",
        labels={"variable_level": "Preferred term", "variable": "System organ class"},
        columns=[*DIFFERENCES],
        footnotes=[
            f"{begins_sentence(method_words(standout))}.",
            "A signal to look at, not a finding: each term was compared by itself.",
        ],
        empty="None.",
    )


@or_reason
def first_event_table(times: Results) -> Table:
    """Show the median time to the first event."""
    medians = times.frame[times.frame["variable"] == "Median"].reset_index(drop=True)
    return Table(
        title="Time to the first treatment-emergent event, days",
        results=Results(medians),
        labels={"group1_level": "Arm"},
        columns=[
            Column("With an event", "{n} of {N}"),
            Column("Median", "{estimate}"),
            Column("Interval", "{conf.low} to {conf.high}"),
        ],
        footnotes=[f"{method_words(times)}.", f"{begins_sentence(str(medians['note'].iloc[0]))}."],
    )


@or_reason
def published_table(published: Results) -> Table:
    """Show the published safety evidence, as printed."""
    return Table(
        title="Published safety of growth hormone in children",
        results=published,
        groups="group2_level",
        labels={"variable": "Event", "group1_level": "Study and arm"},
        columns=[
            Column("n of N", "{n} of {N}"),
            Column("Per cent", "{p}"),
            Column("Months", "{time}"),
            Column("Read in", "{locator}", "text"),
        ],
        footnotes=[
            "As printed, one source a row (named in results.csv); nothing is computed and "
            "nothing is pooled with the data of the trial.",
            "Definitions, follow-up and collection differ between studies: rates across rows "
            "are no comparison.",
        ],
        folded=True,
    )
