"""Whether hazards are proportional: what one hazard ratio for all times rests on."""

from typing import Any

from analysis.display import columns
from analysis.display.reading import Reading
from analysis.display.rows import has
from analysis.display.tables import Column, Table
from analysis.efficacy.event_curves import known_times
from analysis.efficacy.methods import METHODS
from analysis.efficacy.methods.survival import cox
from analysis.efficacy.rows import endpoint_results
from analysis.efficacy.settings import Settings
from analysis.numbers import level
from analysis.results import Results, section
from analysis.stats.proportional_hazards import check_proportional_hazards

TRANSFORM = "km"
GLOBAL = "GLOBAL"
"""Row of all terms together."""


@section
def proportional(run: Settings) -> Results:
    """Return the test of proportional hazards of each term of the Cox model, and of all.

    Notes
    -----
    Score test of the scaled Schoenfeld residuals against one minus the Kaplan–Meier estimate (as
    R's cox.zph); H0: the log hazard ratio has no trend in it. The model has the terms of the run.
    """
    data = known_times(run)
    fit = cox(run, data.dropna(subset=list(METHODS[run.model].needs(run))))
    found = check_proportional_hazards(fit, transform=TRANSFORM, alpha=1.0 - run.conf_level)
    rows: list[dict[str, Any]] = []
    for test in found.tests.to_dict("records"):
        row = {"group1_level": "all terms" if test["term"] == GLOBAL else str(test["term"])}
        if test["reason"]:
            rows.append(row | {"reason": test["reason"]})
            continue
        rows.append(
            row
            | {"parameter": test["df"], "p.value": test["p_value"], "conclusion": test["verdict"],
               "detail": test["direction"]}
        )  # fmt: skip
    return endpoint_results(
        run, rows, "proportional-hazards", group1="term",
        method="score test of scaled Schoenfeld residuals against 1 − Kaplan–Meier; level "
        f"{level(run.conf_level)}",
    )  # fmt: skip


@proportional.shows
def proportional_reading(proportional: Results, _run: Settings) -> Reading:
    """Say whether one hazard ratio can stand for all times."""
    row = proportional.select(group1_level="arm").wide().to_dict("records")[0]
    return Reading([_sentence(row)], proportional)


def _sentence(row: dict[Any, Any]) -> str:
    if not isinstance(row.get("p.value"), str):
        return f"Proportional hazards are not tested: {row.get('reason')}."
    if row["conclusion"] == "rejected":
        trend = (
            f": the ratio {row['detail']} with time" if isinstance(row.get("detail"), str) else ""
        )
        return (
            f"Hazards are not proportional (p {row['p.value']}){trend}, so that one hazard ratio "
            "is an average over the times observed; the difference of restricted means and the "
            "survival at planned times do not rest on it."
        )
    return (
        f"The data do not speak against proportional hazards (p {row['p.value']}), which with few "
        "events says little."
    )


@proportional.shows
def proportional_table(proportional: Results, run: Settings) -> Table:
    """Show the tests."""
    return Table(
        title="Are the hazards proportional?",
        results=proportional,
        labels={"group1_level": "Term"},
        columns=[
            Column("df", "{parameter}"),
            columns.P,
            Column("Proportional hazards", "{conclusion}", "text"),
            *([columns.REMARK] if has(proportional, "reason") else []),
        ],
        footnotes=[f"Population: {run.population_words}. {proportional.frame['method'].iloc[0]}."],
        folded=True,
    )
