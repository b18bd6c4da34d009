"""The overview of adverse events: any, related, severe, serious, withdrawals, deaths."""

from collections.abc import Iterator

import pandas as pd

from analysis.display.arm_table import ArmTable
from analysis.display.tables import Table
from analysis.results import Results, section
from analysis.safety.counting_rule import counting_rule
from analysis.safety.emergent import emergent_events
from analysis.safety.incidence import incidence_results, with_zeros
from analysis.safety.population import SafetyPopulation, safety_population
from analysis.safety.settings import SafetyRun
from analysis.safety.tables import event_table, methods, plain_table

SEVERITIES = ("MILD", "MODERATE", "SEVERE", "LIFE THREATENING", "FATAL")
"""Grades of AESEV from the least, where the plan does not list its own."""
EMERGENT, RELATED, SEVERE, SERIOUS, WITHDRAWAL, DEATHS = (
    "Any treatment-emergent event",
    "Related to treatment",
    "Severe",
    "Serious",
    "Leading to withdrawal of treatment",
    "Deaths",
)
NOT_RECORDED = "not recorded"


def severities(run: SafetyRun) -> tuple[str, ...]:
    """Return the grades of AESEV from the least to the worst."""
    return tuple(level.upper() for level in run.trial.plan.levels.get("AESEV", SEVERITIES))


def recorded(records: pd.DataFrame, column: str) -> bool:
    """Say whether a variable is there and not empty throughout (an empty table says nothing)."""
    return column in records and (not len(records) or bool((records[column] != "").any()))


def kinds(run: SafetyRun, records: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame | None, str]]:
    """Give each row of the overview: its name, its events, and what is missing of it.

    The events are None where the trial does not record them: that is no zero.
    """
    yield EMERGENT, records, ""
    grades = severities(run)
    severe = grades[grades.index("SEVERE") :] if "SEVERE" in grades else ()
    for name, column, values in (
        (RELATED, "AEREL", run.plan.related),
        (SEVERE, "AESEV", severe),
        (SERIOUS, "AESER", ("Y",)),
        (WITHDRAWAL, "AEACN", run.plan.withdrawal),
    ):
        if not values or not recorded(records, column):
            yield name, None, column
            continue
        wanted = [value.upper() for value in values]
        empty = int((records[column] == "").sum())
        note = f"{column} is empty in {empty} of {len(records)} events, not counted"
        yield name, records[records[column].isin(wanted)], note if empty else ""


def deaths(run: SafetyRun, population: SafetyPopulation) -> pd.DataFrame | None:
    """Return one row for each participant who died, whenever; None where nothing records it.

    Notes
    -----
    DTHFL or DTHDT of ADSL, or an event with AEOUT FATAL or AESDTH Y, emergent or not.
    """
    subjects = population.subjects
    events = run.trial.tables.get(run.plan.adverse_events.lower(), pd.DataFrame())
    said = ((subjects, "DTHFL", "Y"), (events, "AEOUT", "FATAL"), (events, "AESDTH", "Y"))
    found = [
        table.loc[table[column].str.upper() == value, "USUBJID"]
        for table, column, value in said
        if column in table
    ]
    if "DTHDT" in subjects:
        found.append(subjects.loc[subjects["DTHDT"].notna(), "USUBJID"])
    if not found:
        return None
    return pd.concat(found).astype(str).drop_duplicates().to_frame()


@section
def overview(run: SafetyRun) -> Results:
    """Return the overview of adverse events.

    Returns
    -------
    Results
        ``variable`` is the kind of event (`EMERGENT`, `RELATED`, …, `DEATHS`); one row for each
        arm, the total and each difference from the reference. What the trial does not record
        has the text ``reason`` "not recorded" in place of counts.

    Notes
    -----
    A participant counts once in each row. Only treatment-emergent events count, except for
    deaths, which count whenever they occurred.
    """
    population = safety_population(run)
    records = emergent_events(run).records
    parts = []
    for name, own, note in kinds(run, records):
        parts.append(_row(population, name, own).assign(note=note if own is not None else ""))
    dead = _row(population, DEATHS, deaths(run, population))
    parts.append(dead.assign(note="at any time, emergent or not"))
    return incidence_results(run, pd.concat(parts, ignore_index=True), "ae-overview")


@overview.shows
def overview_table(overview: Results, run: SafetyRun) -> ArmTable:
    """Show the overview of adverse events with the differences between arms."""
    noted = overview.frame[overview.frame["note"] != ""].drop_duplicates(["variable", "note"])
    return event_table(
        overview,
        "Overview of treatment-emergent adverse events",
        {"variable": "Participants with"},
        *(f"{row['variable']}: {row['note']}." for row in noted.to_dict("records")),
        methods(counting_rule(run)),
        groups="",
    )


@overview.shows
def counting_rule_table(_overview: Results, run: SafetyRun) -> Table:
    """Show which events count as treatment-emergent, and how many were decided how."""
    labels = {"variable_level": "What was decided"}
    columns = {"Events": "{n}", "Counted": "{counted}"}
    return plain_table(counting_rule(run), "Which events count", labels, columns, groups="variable")


def _row(population: SafetyPopulation, name: str, records: pd.DataFrame | None) -> pd.DataFrame:
    """Count one kind of event in every arm."""
    level = pd.DataFrame({"variable": [name]})
    if records is None:
        return population.each(level).assign(reason=NOT_RECORDED)
    counts = population.count(records).assign(variable=name)
    return with_zeros(population, counts, level).assign(reason="")
