"""How many laboratory and vital-sign records there are, and what is left out or stands apart."""

from __future__ import annotations

import pandas as pd

from analysis.display.tables import Column, Table
from analysis.results import Results, section
from analysis.safety.measurements import RULE, VISIT_RULE, measurements
from analysis.safety.settings import SafetyRun
from analysis.safety.tables import last_method


@section
def records_left_out(run: SafetyRun) -> Results:
    """Return how many records there are, and how many are left out or stand apart, and why."""
    found = measurements(run)
    named = [name.lower() for name in (*run.plan.laboratory, run.plan.vital_signs) if name]
    used = found.records["TABLE"].value_counts().reindex(named, fill_value=0)
    used = used.rename_axis("TABLE").rename("n").reset_index()
    rows = pd.concat([used.assign(reason="records used"), found.left_out])
    order = {name: place for place, name in enumerate(named)}
    rows = rows.sort_values("TABLE", key=lambda names: names.map(order), kind="stable")
    return run.results(
        rows.rename(columns={"TABLE": "variable", "reason": "variable_level"}),
        "measurement-records",
        context="safety",
        method=f"{RULE}. {VISIT_RULE}",
    )


@records_left_out.shows
def records_table(records: Results, _run: SafetyRun) -> Table:
    """Show how many records were used, and what was left out."""
    return Table(
        title="Laboratory and vital-sign records, used and set apart",
        results=records,
        groups="variable",
        labels={"variable_level": "Records"},
        columns=[Column("n", "{n}")],
        footnotes=[
            "Records that are later, without a day or outside a visit's window are among the "
            "records used, and stay out of the tables that the rule excludes them from.",
            last_method(records),
        ],
        folded=True,
    )
