"""The studies that the evidence map leaves out."""

from __future__ import annotations

import pandas as pd

from analysis.display.tables import Column, Table
from analysis.programme.field import evidence_map
from analysis.programme.settings import ProgrammeRun
from analysis.results import Results, section
from analysis.sources.audit import excluded_results


@section
def left_out(run: ProgrammeRun) -> Results:
    """Return the studies with height velocities that the evidence map leaves out, and why."""
    rows = run.shown.described()
    rows = rows[rows["paramcd"].isin(["HV", "CHGHV"]) & (rows["statistic"].isin(["mean", "diff"]))]
    on_map = {row for ids in evidence_map(run).frame["note"] for row in ids.split("; ")}
    mapped = rows[rows["result_id"].isin(on_map)]["study_id"]
    gone = rows[~rows["study_id"].isin(mapped)]
    excluded = excluded_results(run.findings)
    studies = gone.drop_duplicates("study_id")
    reasons = [
        _why_left_out(gone[gone["study_id"] == study], excluded) for study in studies["study_id"]
    ]
    frame = pd.DataFrame(
        {
            "group1_level": studies["label"],
            "group2_level": studies["indication"],
            "reason": reasons,
            "source": studies["source_id"],
        }
    )
    return run.results(frame, "left-out", group1="study", group2="indication", context="published")


@left_out.shows
def left_out_table(left_out: Results, _run: ProgrammeRun) -> Table:
    """Show which studies the map leaves out and why."""
    return Table(
        title="Studies with a height velocity that are not on the map",
        results=left_out,
        labels={"group1_level": "Study", "group2_level": "Indication"},
        columns=[Column("Why", "{reason}", "text")],
        folded=True,
        empty="None is left out.",
    )


def _why_left_out(rows: pd.DataFrame, excluded: pd.Series) -> str:
    audited = rows["result_id"].map(excluded).dropna()
    if not audited.empty:
        return str(audited.iloc[0])
    if (rows["evidence"] == "note").all():
        return "the source document itself, audited above"
    if (rows["evidence"] == "pooled").all():
        return "a review: pooled differences, no arm of its own"
    if (rows["paramcd"] == "CHGHV").all():
        return "gives the change in height velocity only"
    if (rows["statistic"] == "diff").all():
        return "gives a difference only, no mean of an arm"
    return "no value at 12 months"
