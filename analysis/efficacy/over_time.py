"""The endpoint over visits, and the secondary endpoints."""

from typing import Any

from analysis.display import columns
from analysis.display.arms import arm_looks
from analysis.display.figures import Canvas, Figure
from analysis.display.legends import name_above
from analysis.display.lettering import name_levels
from analysis.display.rows import has, method_words, numbers, unit_shown, unit_words
from analysis.display.tables import Column, Table
from analysis.efficacy.analysis_data import analysis_data, planned_visits
from analysis.efficacy.comparisons import comparisons, has_several
from analysis.efficacy.endpoints import measured
from analysis.efficacy.methods import mmrm
from analysis.efficacy.methods.method import model_columns
from analysis.efficacy.primary import analyse, need_both_arms
from analysis.efficacy.rows import described, endpoint_results
from analysis.efficacy.settings import Settings, for_endpoint, need_kind
from analysis.efficacy.values import notes_on
from analysis.errors import UserError
from analysis.numbers import level
from analysis.results import Results, section
from analysis.results.intervals import TESTED, interval_columns
from analysis.stats.intervals import interval_of
from analysis.stats.mmrm import MmrmFit

REMARK = Column("Remark", ["{reason}", "{remark}"], "text")
"""Why a row has no difference, or what a reader of it must know."""
MEASURE, ESTIMATE = Column("Effect", "{measure}", "text"), Column("Estimate", "{estimate}")
"""What is estimated, where it is not the same in every row."""


@section
def by_visit(run: Settings) -> Results:
    """Return the observed mean of the endpoint at every visit, arm by arm, with its interval.

    Notes
    -----
    Observed values, no model and no imputation; t intervals of the mean.
    """
    need_kind(run, "continuous")
    data = analysis_data(run, visits=True)
    rows = []
    for visit in planned_visits(run):
        for arm in run.arms:
            own = data[(data["AVISIT"] == visit) & (data["arm"] == arm)]["response"]
            if len(own):
                place = {"group1_level": arm, "group2_level": visit, **_variable(run)}
                shown = ("n", "mean", "sd", "conf.low", "conf.high")
                rows.append(place | described(own, *shown, level=run.conf_level))
    if not rows:
        raise UserError(f"{run.endpoint.paramcd} has no record after baseline")
    return endpoint_results(
        run, rows, "over-visits", group1="arm", group2="visit",
        method=f"observed values, t interval of the mean, level {level(run.conf_level)}",
    )  # fmt: skip


def _variable(run: Settings) -> dict[str, Any]:
    """Return what rows of several visits are of: observed values, not the endpoint at its visit."""
    return {"variable": measured(run.trial, run.endpoint), "variable_level": ""}


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
            colour, mark, line = looks[arm]
            axes.plot(at, rows["mean"], marker=mark, ls=line, color=colour, label=arm)
            axes.vlines(at, rows["conf.low"], rows["conf.high"], color=colour, lw=1.6)
        name_levels(axes, names, narrow=narrow)
        axes.set_ylabel(f"Mean{unit}")
        name_above(canvas, *axes.get_legend_handles_labels(), narrow=narrow)

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
    """Return the differences from the reference at every visit, from one mixed model."""
    need_kind(run, "continuous")
    fit = mmrm.over_visits(run, analysis_data(run, visits=True))
    words = _mmrm_words(run, fit)
    found = {visit: mmrm.at_visit(run, fit, visit) for visit in map(str, fit.visits)}
    rows = []
    for each in comparisons(run):
        for visit, (means, differences) in found.items():
            place = {"group1_level": each.contrast, "group2_level": visit, **_variable(run)}
            try:
                need_both_arms(each, means)
            except UserError as error:
                rows.append(place | {"reason": str(error)})
                continue
            difference = interval_of(differences[each.treatment], words)
            rows.append(place | interval_columns(difference, *TESTED))
    return endpoint_results(
        run, rows, "mmrm-by-visit", group1="contrast", group2="visit", method=words
    )


def _mmrm_words(run: Settings, fit: MmrmFit) -> str:
    return f"{mmrm.in_words(run, fit)}; n {run.said(fit.n_subjects)}; level {level(run.conf_level)}"


def mmrm_means(run: Settings) -> Results:
    """Return the least-squares mean of each arm at every visit, from the same model.

    Returns
    -------
    Results
        ``n`` is how many of the arm have a value at the visit.
    """
    data = analysis_data(run, visits=True)
    fit = mmrm.over_visits(run, data)
    words = _mmrm_words(run, fit)
    analysed = data.dropna(subset=model_columns(run))
    sizes = analysed.groupby(["AVISIT", "arm"]).size()
    rows = []
    for visit in map(str, fit.visits):
        means, _ = mmrm.at_visit(run, fit, visit)
        for arm in run.arms:
            row = {"group1_level": arm, "group2_level": visit, **_variable(run),
                   "n": int(sizes.get((visit, arm), 0))}  # fmt: skip
            if arm in means:
                row |= interval_columns(interval_of(means[arm], words))
            else:
                row["reason"] = f"no participant of arm '{arm}' has the endpoint"
            rows.append(row)
    return endpoint_results(run, rows, "mmrm-means", group1="arm", group2="visit", method=words)


@mmrm_by_visit.shows
def mmrm_means_table(_differences: Results, run: Settings) -> Table:
    """Show the least-squares means by visit, with the terms of the model."""
    means = mmrm_means(run)
    return Table(
        title=f"Least-squares means by visit, mixed model{unit_words(means)}",
        results=means,
        groups="group2_level",
        labels={"group1_level": "Arm"},
        columns=[
            columns.N,
            Column("LS mean", "{estimate}"),
            *columns.PRECISION,
            *([columns.REMARK] if has(means, "reason") else []),
        ],
        footnotes=[
            f"Population: {run.population_words}. {method_words(means)}. n: participants with a "
            "value at the visit."
        ],
    )


@mmrm_by_visit.shows
def mmrm_table(differences: Results, run: Settings) -> Table:
    """Show the difference by visit."""
    title = f"Difference by visit{unit_words(differences)}"
    return _differences(differences, run, title, {"group2_level": "Visit"})


@section
def secondary(run: Settings) -> Results:
    """Return the differences from the reference in every secondary endpoint of the plan.

    Notes
    -----
    Each by the model that the plan names for it, else by that of the primary analysis; one of
    another kind by the usual model of its kind. Intervals and p-values are not adjusted for
    multiplicity. An endpoint that cannot be analysed keeps its row and says why.
    """
    plan = run.trial.plan.endpoints
    # A run of a secondary endpoint is not about it once more.
    others = [for_endpoint(run, each) for each in plan.secondary if each.name != run.endpoint.name]
    rows = [_endpoint_row(each, other) for each in comparisons(run) for other in others]
    if not rows:
        raise UserError("the plan declares no secondary endpoint")
    return endpoint_results(
        run, rows, "secondary", group1="contrast", group2="visit",
        method=f"{_by(others, run)}; level {level(run.conf_level)}, not adjusted for multiplicity"
        + _hypotheses(run),
    )  # fmt: skip


def _hypotheses(run: Settings) -> str:
    """Point to the adjusted p-values where the plan's procedure is of these endpoints, too."""
    declared = run.trial.plan.analysis.multiplicity
    return ": see the hypotheses" if declared is not None and declared.named else ""


def _by(others: list[Settings], run: Settings) -> str:
    """Say by which model the endpoints are analysed."""
    if all(each.model == run.model for each in others):
        return f"{run.model} as planned for the primary endpoint"
    return "Each by the model planned for it, or else the usual one of its kind"


def _endpoint_row(run: Settings, other: Settings) -> dict[str, Any]:
    endpoint = other.endpoint
    row: dict[str, Any] = {
        "group1_level": run.contrast,
        "variable": endpoint.name,
        "variable_level": unit_shown(other.effect_unit),
        "dataset": endpoint.dataset,
        "unit": other.effect_unit,
    }
    if other.model != run.model:
        row |= {"measure": other.effect.measure, "population": other.population}
    try:
        found = analyse(other)
        need_both_arms(run, found.means)
    except UserError as error:
        return row | {"reason": str(error)}
    differences = {other.treatment: found.contrast, **found.others}
    columns = interval_columns(differences[run.treatment], *TESTED)
    remark = ". ".join(notes_on(found.data, endpoint, run.trial.plan.allowed))
    if other.model != run.model:
        remark = ". ".join(filter(None, [found.fitted.words, remark]))
    places = other.effect_places
    return row | {"decimals": places, "n": found.fitted.n, **columns, "remark": remark}


@secondary.shows
def secondary_table(differences: Results, run: Settings) -> Table:
    """Show the difference by endpoint."""
    labels = {"variable": "Endpoint", "variable_level": "Unit"}
    return _differences(differences, run, "Secondary endpoints", labels)


def _differences(differences: Results, run: Settings, title: str, labels: dict[str, str]) -> Table:
    """Show differences by visit or by endpoint, those of each comparison under its name."""
    several = has_several(run)
    return Table(
        title=title,
        results=differences,
        labels=labels,
        groups="group1_level" if several else "",
        columns=[
            *([columns.N] if has(differences, "n") else []),
            *([MEASURE] if has(differences, "measure") else []),
            columns.DIFFERENCE if not has(differences, "measure") else ESTIMATE,
            *columns.PRECISION,
            columns.P,
            *([REMARK] if has(differences, "reason") or has(differences, "remark") else []),
        ],
        footnotes=[
            f"{'' if several else f'{run.contrast}. '}Population: {run.population_words}. "
            f"{method_words(differences)}."
        ],
    )
