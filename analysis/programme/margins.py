"""The non-inferiority margins of the field."""

from __future__ import annotations

import pandas as pd

from analysis.display.tables import Column, Table
from analysis.programme.settings import ProgrammeRun
from analysis.results import Results, section


@section
def margins(run: ProgrammeRun) -> Results:
    """Return the non-inferiority margins of the field, as printed."""
    rows = run.shown.described()
    rows = rows[rows["statistic"] == "margin"]
    frame = pd.DataFrame(
        {
            "group1_level": rows["label"],
            "group2_level": rows["indication"],
            "variable": rows["param"],
            "variable_level": rows["timepoint_printed"],
            "margin": rows["value"],
            "places:margin": rows["decimals"],
            "unit": rows["unit"],
            "unit.words": rows["unit"],
            "source.words": rows["source_id"],
            "remark": rows["note"],
            "population": rows["population"],
            "source": rows["source_id"],
            "note": rows["note"],
        }
    )
    return run.results(frame, "margins", group1="study", group2="indication", context="published")


@margins.shows
def margins_table(margins: Results, _run: ProgrammeRun) -> Table:
    """Show the non-inferiority margins of the field."""
    return Table(
        title="Non-inferiority margins used in the field",
        results=margins,
        labels={"group1_level": "Study", "group2_level": "Indication", "variable": "Endpoint"},
        columns=[
            Column("Margin", "{margin}"),
            Column("Unit", "{unit.words}", "text"),
            Column("Remark", "{remark}", "text"),
            Column("Source", "{source.words}", "text"),
        ],
        footnotes=["As printed: test minus reference, except where a paper prints no sign."],
        empty="The ledger has no margin of a study of this selection.",
    )
