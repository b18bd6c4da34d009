"""What the numbers of the trials that stand could have shown."""

from __future__ import annotations

from typing import Any

import pandas as pd

from analysis.contrasts.answer import asked_contrasts
from analysis.display.rows import method_sentences
from analysis.display.tables import Column, Table
from analysis.errors import UserError
from analysis.results import Results, section
from analysis.trial_design.design import Design
from analysis.trial_design.evaluated import COLUMNS, evaluated
from analysis.trial_design.settings import DesignRun
from analysis.trial_design.sizes import by_model, limit_column, models, observed_limit


def past(run: DesignRun) -> pd.DataFrame:
    """Return the reports of the asked contrast that print how many each arm had.

    Raises
    ------
    UserError
        If there is none.
    """
    found = asked_contrasts(run.evidence)
    sized = found[found[["n", "n_reference"]].notna().all(axis=1)] if len(found) else found
    if sized.empty:
        raise UserError("no report of the asked contrast prints how many each arm had")
    return sized.drop_duplicates(["label", "n", "n_reference"]).reset_index(drop=True)


@section
def past_trials(run: DesignRun) -> Results:
    """Return what trials of the sizes that stand would show under the assumptions of the run.

    Returns
    -------
    Results
        For each report of the asked contrast (``group1_level``) and model (``group2_level``):
        ``n.test``, ``n.reference``, ``power`` by the formula, the simulated one, and
        ``observed.limit``.
    """
    asked, found = run.parameters, past(run)
    rows: list[dict[str, Any]] = []
    designs: list[Design] = []
    for report in found.to_dict("records"):
        for model, changed in models(run).items():
            design = run.design(int(report["n"]), int(report["n_reference"]), **changed)
            designs.append(design)
            rows.append(
                {
                    "group1_level": report["label"], "group2_level": model,
                    "observed.limit": observed_limit(design), "note": report["source_id"],
                }
            )  # fmt: skip
    frame = evaluated(designs, trials=asked.simulations, seed=asked.seed)
    return run.results(frame.join(pd.DataFrame(rows)), "past", group1="report", group2="model")


@past_trials.shows
def past_table(past: Results, run: DesignRun) -> Table:
    """Show what trials of the sizes that stand could have shown."""
    return Table(
        title="What the trials that stand could have shown",
        results=past,
        labels=by_model(run, "Report"),
        columns=[
            Column("n", "{n.test} v {n.reference}"),
            *COLUMNS,
            limit_column(run),
        ],
        footnotes=[
            *method_sentences(past),
            "The n of each arm as the report prints them, the other assumptions as planned here: "
            "what such a trial can show, not what it showed.",
        ],
    )
