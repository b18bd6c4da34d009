"""Where a run departs from what was declared beforehand, as every notebook shows it."""

from analysis.display.tables import Column, Table
from analysis.results import Results


def departures_table(departures: Results, declared: str = "the plan") -> Table:
    """Show each departure; `declared` names what the run departs from."""
    return Table(
        title=f"Departures from {declared}",
        results=departures,
        labels={"group1_level": "Parameter"},
        columns=[Column("Planned", "{planned}", "text"), Column("In this run", "{used}", "text")],
        empty=f"None: this run follows {declared}.",
    )
