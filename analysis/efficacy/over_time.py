"""The endpoint over visits, and the secondary endpoints."""

from dataclasses import replace
from typing import Any

from analysis.display import columns
from analysis.display.arms import arm_looks
from analysis.display.figures import Canvas, Figure
from analysis.display.lettering import legend_columns, name_levels
from analysis.display.rows import has, method_words, numbers, unit_words
from analysis.display.tables import Column, Table
from analysis.efficacy.methods import mmrm
from analysis.efficacy.primary import analyse, need_both_arms
from analysis.efficacy.rows import described, endpoint_results
from analysis.efficacy.settings import Settings, analysis_data, planned_visits
from analysis.efficacy.values import notes_on
from analysis.errors import UserError
from analysis.numbers import level
from analysis.results import Results, section
from analysis.results.intervals import TESTED, interval_columns
from analysis.stats.intervals import interval_of

REMARK = Column("Remark", ["{reason}", "{remark}"], "text")
"""Why a row has no difference, or what a reader of it must know."""


@section
def by_visit(run: Settings) -> Results:
    """Return the observed mean of the endpoint at every visit, arm by arm, with its interval.

    Notes
    -----
    Observed values, no model and no imputation; t intervals of the mean.
    """
    data = analysis_data(run, visits=True)
    rows = []
    for visit in planned_visits(run):
        for arm in run.arms:
            own = data[(data["AVISIT"] == visit) & (data["arm"] == arm)]["response"]
            if len(own):
                place = {"group1_level": arm, "group2_level": visit, "variable_level": ""}
                shown = ("n", "mean", "sd", "conf.low", "conf.high")
                rows.append(place | described(own, run.conf_level, *shown))
    if not rows:
        raise UserError(f"{run.endpoint.paramcd} has no record after baseline")
    return endpoint_results(
        run, rows, "over-visits", group1="arm", group2="visit",
        method=f"observed values, t interval of the mean, level {level(run.conf_level)}",
    )  # fmt: skip


@by_visit.shows
def visits_figure(visits: Results, run: Settings) -> Figure:
    """Draw the observed mean of each arm over the visits."""
    frame = numbers(visits, "mean", "conf.low", "conf.high")
    names = list(dict.fromkeys(frame["group2_level"]))
    arms, looks = list(dict.fromkeys(frame["group1_level"])), arm_looks(run.arms)
    unit = f", {run.endpoint.unit}" if run.endpoint.unit else ""

    def draw(canvas: Canvas, narrow: bool) -> None:
        axes = canvas.subplots()
        for number, arm in enumerate(arms):
            rows = frame[frame["group1_level"] == arm]
            at = [
                names.index(visit) + 0.08 * (number - (len(arms) - 1) / 2)
                for visit in rows["group2_level"]
            ]
            colour, mark = looks[arm]
            axes.plot(at, rows["mean"], f"{mark}-", color=colour, label=arm)
            axes.vlines(at, rows["conf.low"], rows["conf.high"], color=colour, lw=1.6)
        name_levels(axes, names, narrow=narrow)
        axes.set_ylabel(f"Mean{unit}")
        axes.legend(
            frameon=False, fontsize=9, labelcolor="linecolor", loc="lower left",
            bbox_to_anchor=(0, 1), ncols=legend_columns(arms, narrow=narrow), borderaxespad=0,
        )  # fmt: skip

    last = visits.select(group2_level=names[-1]).wide()
    said = ", ".join(f"{row['group1_level']} {row['mean']}" for row in last.to_dict("records"))
    return Figure(
        title="The endpoint over the visits, observed",
        alt=f"Line plot of observed means by visit. At {names[-1]}: {said}.",
        draw=draw,
        height=3.6,
        narrow_height=4.2,
        results=visits,
        caption="Means with their intervals; observed values only.",
    )


@by_visit.shows
def visits_table(visits: Results, run: Settings) -> Table:
    """Show the observed means by visit."""
    return Table(
        title=f"The endpoint over the visits, observed{unit_words(visits)}",
        results=visits,
        groups="group2_level",
        labels={"group1_level": "Arm"},
        columns=[columns.N, columns.MEAN_SD, columns.MEAN_INTERVAL],
        footnotes=[f"Population: {run.population_words}. {method_words(visits)}."],
        folded=True,
    )


@section
def mmrm_by_visit(run: Settings) -> Results:
    """Return the treatment difference of the mixed model at every visit."""
    fit = mmrm.over_visits(run, analysis_data(run, visits=True))
    words = f"{mmrm.in_words(run, fit)}; n {fit.n_subjects}; level {level(run.conf_level)}"
    rows = []
    for visit in map(str, fit.visits):
        place = {"group1_level": run.contrast, "group2_level": visit, "variable_level": ""}
        means, found = mmrm.at_visit(run, fit, visit)
        try:
            need_both_arms(run, means)
        except UserError as error:
            rows.append(place | {"reason": str(error)})
            continue
        rows.append(place | interval_columns(interval_of(found[run.treatment], words), *TESTED))
    return endpoint_results(
        run, rows, "mmrm-by-visit", group1="contrast", group2="visit", method=words
    )


@mmrm_by_visit.shows
def mmrm_table(differences: Results, run: Settings) -> Table:
    """Show the difference by visit."""
    return _differences(differences, run, "Difference by visit", {"group2_level": "Visit"})


@section
def secondary(run: Settings) -> Results:
    """Return the treatment difference in every secondary endpoint of the plan.

    Notes
    -----
    Each by the method of the primary analysis; intervals and p-values are not adjusted for
    multiplicity. An endpoint that cannot be analysed keeps its row and says why.
    """
    rows = [_endpoint_row(run, replace(run, endpoint=each, margin=None))
            for each in run.trial.plan.endpoints.secondary]  # fmt: skip
    if not rows:
        raise UserError("the plan declares no secondary endpoint")
    return endpoint_results(
        run, rows, "secondary", group1="contrast", group2="visit",
        method=f"{run.model} as planned for the primary endpoint; level {level(run.conf_level)}, "
        "not adjusted for multiplicity",
    )  # fmt: skip


def _endpoint_row(run: Settings, other: Settings) -> dict[str, Any]:
    endpoint = other.endpoint
    row: dict[str, Any] = {
        "group1_level": run.contrast,
        "variable": endpoint.name,
        "variable_level": endpoint.unit,
        "dataset": endpoint.dataset,
        "unit": endpoint.unit,
    }
    try:
        found = analyse(other)
    except UserError as error:
        return row | {"variable_level": "", "reason": str(error)}
    columns = interval_columns(found.contrast, *TESTED)
    remark = ". ".join(notes_on(found.data, endpoint))
    return row | {"decimals": other.places, "n": found.fitted.n, **columns, "remark": remark}


@secondary.shows
def secondary_table(differences: Results, run: Settings) -> Table:
    """Show the difference by endpoint."""
    return _differences(differences, run, "Secondary endpoints", {"variable": "Endpoint"})


def _differences(differences: Results, run: Settings, title: str, labels: dict[str, str]) -> Table:
    """Show differences by visit or by endpoint."""
    return Table(
        title=title,
        results=differences,
        labels=labels,
        columns=[
            *([columns.N] if has(differences, "n") else []),
            columns.DIFFERENCE,
            *columns.PRECISION,
            columns.P,
            *([REMARK] if has(differences, "reason") or has(differences, "remark") else []),
        ],
        footnotes=[
            f"{run.contrast}. Population: {run.population_words}. {method_words(differences)}."
        ],
    )
