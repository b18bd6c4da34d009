"""Where a run departs from what was declared beforehand, as every notebook shows it."""

import pandas as pd

from analysis.display.tables import Column, Table
from analysis.results import DeclaredRun, Results, section


@section
def departures(run: DeclaredRun) -> Results:
    """Return every respect in which this run departs from what was declared."""
    frame = pd.DataFrame(
        [(each.name, each.planned, each.used) for each in run.departures],
        columns=["group1_level", "planned", "used"],
    )
    return run.results(frame, "departures", group1="parameter", context="plan")


@departures.shows
def departures_table(departures: Results, run: DeclaredRun) -> Table:
    """Show each departure, or that there is none."""
    return Table(
        title=f"Departures from {run.declared}",
        results=departures,
        labels={"group1_level": "Parameter"},
        columns=[Column("Planned", "{planned}", "text"), Column("In this run", "{used}", "text")],
        empty=f"None: this run follows {run.declared}.",
    )
