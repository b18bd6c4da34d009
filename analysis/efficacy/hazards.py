"""Whether hazards are proportional: what one hazard ratio for all times rests on."""

from typing import Any

from analysis.display import columns
from analysis.display.figures import Figure
from analysis.display.hazard_courses import hazard_course_figure
from analysis.display.log_log import log_log_figure
from analysis.display.reading import Reading
from analysis.display.rows import has, method_words
from analysis.display.tables import Column, Table
from analysis.efficacy.event_curves import survival
from analysis.efficacy.methods.survival import cox
from analysis.efficacy.primary import modelled
from analysis.efficacy.rows import endpoint_results
from analysis.efficacy.settings import Settings, need_kind
from analysis.numbers import level
from analysis.results import Results, section
from analysis.results.hazards import TEST, hazard_rows
from analysis.stats.hazard_course import hazard_ratio_course
from analysis.stats.proportional_hazards import check_proportional_hazards

TRANSFORM = "km"
ARM = "arm"
"""The term of the model that holds the arms."""
BENDS = 4
"""Degrees of freedom of the line through the residuals, as R draws it."""


@section
def proportional(run: Settings) -> Results:
    """Return the test of proportional hazards of each term of the Cox model, and the residuals.

    Returns
    -------
    Results
        Rows of `analysis.results.hazards.hazard_rows`; ``detail`` of a test says which way the
        ratio tends with time.

    Notes
    -----
    Score test of the scaled Schoenfeld residuals against one minus the Kaplan–Meier estimate (as
    R's cox.zph); H0: the log hazard ratio has no trend in it. The model has the terms of the run.
    """
    need_kind(run, "time-to-event")
    fit = cox(run, modelled(run))
    check = check_proportional_hazards(fit, transform=TRANSFORM, alpha=1.0 - run.conf_level)
    course = hazard_ratio_course(fit, check, df=BENDS, level=run.conf_level)
    rows = hazard_rows(fit, check, course, allowed=run.trial.plan.allowed)
    ways = dict(zip(check.tests["term"], check.tests["direction"], strict=True))
    # Of an arm the contrast says enough; of a covariate its name is needed.
    rows["group1_level"] = rows["group1_level"].str.removeprefix(f"{ARM}, ")
    tends = rows["group1_level"].map(ways).where(rows["variable"] == TEST, "")
    return endpoint_results(
        run, rows.assign(detail=tends.fillna("")), "proportional-hazards", group1="term", unit="",
        decimals=2, method="score test of scaled Schoenfeld residuals against 1 − Kaplan–Meier; "
        f"level {level(run.conf_level)}",
    )  # fmt: skip


@proportional.shows
def proportional_reading(proportional: Results, _run: Settings) -> Reading:
    """Say whether one hazard ratio can stand for all times."""
    row = proportional.select(group1_level=ARM, variable=TEST).wide().to_dict("records")[0]
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
def proportional_figure(proportional: Results, run: Settings) -> Figure | Reading:
    """Draw the course of each hazard ratio over time."""
    return hazard_course_figure(
        proportional, title="The course of hazard ratios", unit=run.endpoint.unit,
        caption=f"Population: {run.population_words}.",
    )  # fmt: skip


@proportional.shows
def proportional_log_log(_proportional: Results, run: Settings) -> Figure | Reading:
    """Draw the curves on the scales on which proportional hazards are parallel."""
    return log_log_figure(
        survival(run), arms=run.arms, title="Are the curves parallel?", unit=run.endpoint.unit,
        caption=f"Population: {run.population_words}.",
    )  # fmt: skip


@proportional.shows
def proportional_table(proportional: Results, run: Settings) -> Table:
    """Show the tests."""
    tests = proportional.select(variable=TEST)
    return Table(
        title="Are the hazards proportional?",
        results=tests,
        labels={"group1_level": "Term"},
        columns=[
            Column("df", "{parameter}"),
            columns.P,
            Column("Proportional hazards", "{conclusion}", "text"),
            *([columns.REMARK] if has(tests, "reason") else []),
        ],
        footnotes=[f"Population: {run.population_words}. {method_words(proportional)}."],
        folded=True,
    )
