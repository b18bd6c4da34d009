"""The overview of adverse events: any, related, severe, serious, withdrawals, deaths."""

import pandas as pd

from analysis.display.arm_table import ArmTable
from analysis.display.tables import Table
from analysis.results import Results, section
from analysis.safety.counting_rule import counting_rule
from analysis.safety.deaths import deaths_of
from analysis.safety.incidence import incidence_results, with_zeros
from analysis.safety.kinds import DEATHS, Kind, emergent_kinds
from analysis.safety.population import SafetyPopulation, safety_population
from analysis.safety.settings import SafetyRun
from analysis.safety.tables import event_table, methods, population_table


@section
def overview(run: SafetyRun) -> Results:
    """Return the overview of adverse events.

    Returns
    -------
    Results
        ``variable`` is the kind of event (`EMERGENT`, `RELATED`, …, `DEATHS`); one row for each
        arm, the total and each difference from the reference. What the trial does not record
        has the text ``reason`` "not recorded" in place of counts, and what cannot be read "not
        estimable", with the words in the ``note``.

    Notes
    -----
    A participant counts once in each row. Only treatment-emergent events count, except for
    deaths, which count whenever they occurred.
    """
    population = safety_population(run)
    rows = [_row(population, kind) for kind in emergent_kinds(run)]
    dead = deaths_of(run)
    note = "; ".join(["at any time, emergent or not", *dead.notes])
    parts = [*rows, _row(population, Kind(DEATHS, dead.who, note, dead.reason))]
    return incidence_results(run, pd.concat(parts, ignore_index=True), "ae-overview")


@overview.shows
def overview_table(overview: Results, run: SafetyRun) -> ArmTable:
    """Show the overview of adverse events with the differences between arms."""
    noted = overview.frame[overview.frame["note"] != ""].drop_duplicates(["variable", "note"])
    return event_table(
        overview,
        run,
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
    rule = counting_rule(run)
    return population_table(rule, run, "Which events count", labels, columns, groups="variable")


def _row(population: SafetyPopulation, kind: Kind) -> pd.DataFrame:
    """Count one kind of event in every arm."""
    level = pd.DataFrame({"variable": [kind.name]})
    if kind.records is None:
        return population.each(level).assign(reason=kind.reason, note=kind.note)
    counts = population.count(kind.records).assign(variable=kind.name)
    return with_zeros(population, counts, level).assign(reason="", note=kind.note)
