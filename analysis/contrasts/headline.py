"""Where the field stands: the one result of the synthesis that the first screen shows."""

from __future__ import annotations

import pandas as pd

from analysis.contrasts.inclusion import comparable, require
from analysis.contrasts.indirect import DAILY_NODE, league
from analysis.contrasts.settings import ContrastRun
from analysis.contrasts.synthesis import headline_model, pooled_results, pooled_row
from analysis.results import Results


def field(run: ContrastRun) -> Results:
    """Return the pooled difference by the model of the run, all comparable trials.

    Returns
    -------
    Results
        One set of rows as in `analysis.contrasts.synthesis.pooled_differences`; with the
        network, one for each product against daily somatropin as in the league table.

    Raises
    ------
    UserError
        If no trial is comparable.
    """
    if run.model == "network":
        rows = league(run).select(group2_level=DAILY_NODE).frame
        return Results(rows.assign(analysis_id="headline"))
    found = require(comparable(run), run, 1, "a synthesis")
    row = pooled_row(run, "All trials", found, headline_model(run, len(found)))
    return pooled_results(run, pd.DataFrame([row]), "headline")
