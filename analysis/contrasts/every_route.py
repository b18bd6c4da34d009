"""The same contrast by every route that its printed numbers allow."""

import pandas as pd

from analysis.contrasts.columns import described
from analysis.contrasts.routes import routes
from analysis.contrasts.settings import ContrastRun
from analysis.contrasts.within_trial import RAW, differences
from analysis.display.tables import Column, Table
from analysis.results import Results, section
from analysis.results.intervals import interval_columns


@section
def all_routes(run: ContrastRun) -> Results:
    """Return each pair that can be estimated by several routes, by every one of them.

    Returns
    -------
    Results
        ``estimate``, ``std.error``, ``conf.low`` and ``conf.high`` for each route
        (``variable_level``); the first of a pair is the one in use.
    """
    pairs = differences(run)
    pairs = pairs[pairs["estimate"].notna()]
    placed = described(run, pairs).to_dict("records")
    found = [routes(pair, level=run.conf_level) for pair in pairs.itertuples(index=False)]
    rows = [
        place
        | interval_columns(route.difference, *RAW)
        | {"variable_level": route.name, "method": route.name, "in.use": "no" if number else "yes"}
        for place, several in zip(placed, found, strict=True)
        if len(several) > 1
        for number, route in enumerate(several)
    ]
    return run.results(pd.DataFrame(rows), "within-trial-routes", group1="contrast", group2="study")


@all_routes.shows
def routes_table(routes: Results, _: ContrastRun) -> Table:
    """Show the contrasts that can be had by several routes."""
    return Table(
        title="The same contrast by every route its numbers allow",
        results=routes,
        groups="group2_level",
        labels={"group1_level": "Contrast", "variable_level": "Route"},
        columns=[
            Column("Difference", "{estimate}"),
            Column("SE", "{std.error}"),
            Column("Interval", "{conf.low} to {conf.high}"),
            Column("In use", "{in.use}", "text"),
        ],
        footnotes=["Routes from one paper should agree; where they do not, the first is used."],
        folded=True,
        empty="No contrast can be had by more than one route.",
    )
