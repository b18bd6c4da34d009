"""Where the field stands: what the first screen shows of the synthesis."""

from analysis.contrasts.inclusion import comparable, require
from analysis.contrasts.indirect import DAILY_NODE, league
from analysis.contrasts.mixture import sets_of_trials
from analysis.contrasts.settings import ContrastRun
from analysis.contrasts.synthesis import headline_model, pooled_results, pooled_row
from analysis.results import Results, section


@section
def field(run: ContrastRun) -> Results:
    """Return the pooled difference by the model of the run: each kind of product, then all.

    Returns
    -------
    Results
        Sets of rows as in `analysis.contrasts.synthesis.pooled_differences`, follow-on products
        first and all trials last; with the network, one for each product against daily
        somatropin as in the league table.

    Raises
    ------
    UserError
        If no trial is comparable.
    """
    if run.model == "network":
        rows = league(run).select(group2_level=DAILY_NODE).frame
        return Results(rows.assign(analysis_id="headline"))
    sets = sets_of_trials(require(comparable(run), run, 1, "a synthesis"))
    everything = next(iter(sets))
    order = [*(name for name in sets if name != everything), everything]
    rows = [
        pooled_row(run, name, sets[name], headline_model(run, len(sets[name]))) for name in order
    ]
    return pooled_results(run, rows, "headline")
