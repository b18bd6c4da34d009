"""Value and change of laboratory tests and vital signs, by visit or at baseline and last."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import special

from analysis import exact
from analysis.display.arms import Look
from analysis.display.figures import Figure
from analysis.display.legends import name_marks_of
from analysis.display.lettering import drawable
from analysis.display.rows import numbers
from analysis.display.tables import Table
from analysis.errors import NoSection, UserError
from analysis.numbers import level
from analysis.results import COUNTED, PLACE, Results, section
from analysis.results.counted import in_groups
from analysis.safety.drawing import by_arm, looks
from analysis.safety.measurements import RULE, VISIT_RULE, measurements
from analysis.safety.roles import named_codes
from analysis.safety.settings import SafetyRun
from analysis.safety.tables import columns_of, last_method, population_table, view
from analysis.stats.descriptive import Summary
from analysis.words import numbered

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

LAST = "Last on treatment"
COPY = "End of Treatment"
"""AVISIT of a copy of the last record, which is no further point on a line."""
MOST_TICKS = 6
KEY = ["PARAM", "AVISIT", "arm"]
SUMMARISED = [*KEY, "USUBJID", *PLACE, "AVAL", "CHG", "ORDER", "UNIT", "DECIMALS"]
"""What a summary needs of a record: a million of them are not copied whole."""
SUMMARY = {
    "n": "{n}", "Mean (SD)": "{mean} ({sd})", "Median": "{median}", "Range": "{min} to {max}",
}  # fmt: skip
"""Columns of a summary, as `described` names its numbers."""


def of_interest(run: SafetyRun) -> list[str]:
    """Return the PARAMCDs shown at every visit: named roles, and endpoints in these tables."""
    named = named_codes(run)
    tables = {name.lower() for name in (*run.plan.laboratory, run.plan.vital_signs) if name}
    endpoints = run.trial.plan.endpoints.all
    named += [each.paramcd for each in endpoints if each.dataset.lower() in tables]
    return list(dict.fromkeys(named))


@section
def measurements_by_visit(run: SafetyRun) -> Results:
    """Return value and change at every visit of the measurements of interest, arm by arm.

    Notes
    -----
    Of interest: the measurements that trial.yml names as roles, and its endpoints. The others
    are in `measurements_baseline_and_last`. Observed values; t intervals of the mean.
    """
    found = measurements(run)
    wanted = of_interest(run)
    records = found.by_visit
    records = records.loc[records["PARAMCD"].isin(wanted), SUMMARISED]
    if records.empty:
        raise NoSection(f"trial.yml of '{run.trial.plan.id}' names no measurement of interest")
    last = found.last_on_treatment
    last = last.loc[last["PARAMCD"].isin(wanted), SUMMARISED].assign(AVISIT=LAST, ORDER=np.inf)
    return _results(run, pd.concat([records, last]), "measurements-by-visit")


@measurements_by_visit.shows
def means_figure(by_visit: Results, run: SafetyRun) -> Figure:
    """Draw the mean of each measurement over the visits, one panel each."""
    frame = numbers(by_visit, "mean", "conf.low", "conf.high")
    frame = frame[~frame["variable_level"].isin([LAST, COPY])]
    panels = list(dict.fromkeys(frame["variable"]))
    arms = list(dict.fromkeys(frame["group1_level"]))
    look = looks(run)

    def draw(canvas: Canvas, narrow: bool) -> None:
        across = 1 if narrow else 3
        grid = canvas.subplots(-(-len(panels) // across), across, squeeze=False).ravel()
        for axes, name in zip(grid, panels, strict=False):
            _means(axes, frame[frame["variable"] == name], arms, look)
            title = drawable(name, 60)
            title = title.replace(" (", "\n(", 1) if len(title) > 28 else title
            axes.set_title(title, loc="left", fontsize=9)
        for axes in grid[len(panels) :]:
            axes.set_axis_off()
        name_marks_of(canvas, grid[0], narrow=narrow)

    rows = -(-len(panels) // 3)
    return Figure(
        title="Measurements over the visits",
        alt=f"Line plots of the mean over the visits, {numbered(len(panels), 'measurement')}, "
        f"by arm "
        f"({', '.join(arms)}): {'; '.join(panels)}. The numbers are in the table.",
        draw=draw,
        height=0.5 + 2.1 * rows,
        narrow_height=0.8 + 1.9 * len(panels),
        results=by_visit,
        caption="Mean with its t interval, observed values at each visit; each panel has its own "
        "scale, which does not begin at 0.",
    )


WITH_CHANGE = {
    **SUMMARY,
    "Change, mean (SD)": "{mean.change} ({sd.change})",
    "Change, median": "{median.change}",
}
BY_TIME = {"variable_level": "Time", "group1_level": "Arm"}
summary_table = partial(
    view, population_table, labels=BY_TIME, patterns=WITH_CHANGE, groups="variable", folded=True
)
measurements_by_visit.shows(summary_table(title="Measurements by visit"))


@section
def measurements_baseline_and_last(run: SafetyRun) -> Results:
    """Return value and change at baseline and last on treatment of all other measurements."""
    found = measurements(run)
    first = found.by_visit
    first = first[first["AVISIT"] == "Baseline"]
    last = found.last_on_treatment.assign(AVISIT=LAST, ORDER=np.inf)
    records = pd.concat([first, last])
    records = records[~records["PARAMCD"].isin(of_interest(run))]
    if records.empty:
        raise NoSection(f"trial '{run.trial.plan.id}' has no further measurement")
    return _results(run, records, "measurements-baseline-and-last")


measurements_baseline_and_last.shows(summary_table(title="Other measurements, baseline and last"))


@section
def records_left_out(run: SafetyRun) -> Results:
    """Return how many records there are, and how many are left out or stand apart, and why."""
    found = measurements(run)
    named = [name.lower() for name in (*run.plan.laboratory, run.plan.vital_signs) if name]
    used = found.records["dataset"].value_counts().reindex(named, fill_value=0)
    used = used.rename_axis("dataset").rename("n").reset_index()
    rows = pd.concat([used.assign(reason="records used"), found.left_out])
    order = {name: place for place, name in enumerate(named)}
    rows = rows.sort_values("dataset", key=lambda names: names.map(order), kind="stable")
    rows = rows.rename(columns={"dataset": "variable", "reason": "variable_level"})
    return run.results(rows, "measurement-records", method=f"{RULE}. {VISIT_RULE}")


@records_left_out.shows
def records_table(records: Results, _run: SafetyRun) -> Table:
    """Show how many records were used, and what was left out."""
    return Table(
        title="Laboratory and vital-sign records, used and set apart",
        results=records,
        groups="variable",
        labels={"variable_level": "Records"},
        columns=columns_of({"n": "{n}"}),
        footnotes=[
            "Records that are later, without a day or outside a visit's window are among the "
            "records used, and stay out of the tables that the rule excludes them from.",
            last_method(records),
        ],
        folded=True,
    )


def _results(run: SafetyRun, records: pd.DataFrame, analysis_id: str) -> Results:
    varies = records.groupby("PARAM")["AVAL"].transform("nunique") > 1
    constant = sorted(records.loc[~varies, "PARAM"].unique())
    if not varies.any():
        raise UserError(f"no two values differ in {', '.join(constant)}")
    rows = summarised(records[varies], conf_level=run.conf_level)
    left_out = f". Left out, since no two values differ: {', '.join(constant)}"
    return run.results(
        rows,
        analysis_id,
        group1="arm",
        method=f"observed values. {VISIT_RULE}. {LAST}: the last record on treatment. {RULE}. "
        f"t interval of the mean, level {level(run.conf_level)}{left_out if constant else ''}",
    )


def summarised(records: pd.DataFrame, *, conf_level: float) -> pd.DataFrame:
    """Summarise value and change of records: a row of results per measurement, visit and arm."""
    # As categories, a million names are grouped as numbers.
    records = records.astype(dict.fromkeys(KEY[:2], "category"))
    value = exact.in_groups(records, "AVAL", KEY)
    change = exact.in_groups(records, "CHG", KEY).add_suffix(".change")
    change["n.change"] = change["n.change"].replace(0, np.nan)
    half = special.stdtrit(np.maximum(value["n"] - 1, 1), (1 + conf_level) / 2)
    half = half * value["sd"] / np.sqrt(value["n"])
    limits = pd.DataFrame({"conf.low": value["mean"] - half, "conf.high": value["mean"] + half})
    grouped = records.groupby(KEY, sort=False, observed=True)
    rests = grouped[["ORDER", "dataset", "UNIT", "DECIMALS"]].first()
    counted = {COUNTED: in_groups(records, KEY)}
    counted[f"{COUNTED}:n.change"] = in_groups(records.dropna(subset=["CHG"]), KEY)
    rows = pd.concat([value, limits, change, rests, pd.DataFrame(counted)], axis=1).reset_index()
    rows = rows.astype(dict.fromkeys(KEY[:2], object))
    first = {name: place for place, name in enumerate(records["PARAM"].unique())}
    visit = rows.groupby(["PARAM", "AVISIT"])["ORDER"].transform("median")
    arm = pd.Categorical(rows["arm"], categories=records["arm"].cat.categories).codes
    order = pd.DataFrame({"param": rows["PARAM"].map(first), "visit": visit, "arm": arm})
    names = {"arm": "group1_level", "PARAM": "variable", "AVISIT": "variable_level",
             "UNIT": "unit", "DECIMALS": "decimals"}  # fmt: skip
    rows = rows.rename(columns=names).drop(columns="ORDER").astype({"group1_level": object})
    in_order = order.sort_values(["param", "visit", "arm"], kind="stable").index
    return rows.loc[in_order].reset_index(drop=True)


def described(found: Summary) -> dict[str, float | None]:
    """Return a summary under the names of the vocabulary."""
    return {
        "n": found.n, "mean": found.mean, "sd": found.sd, "median": found.median,
        "min": found.minimum, "max": found.maximum,
    }  # fmt: skip


def _means(axes: Axes, frame: pd.DataFrame, arms: list[str], looks: dict[str, Look]) -> None:
    visits = list(dict.fromkeys(frame["variable_level"]))
    for arm, rows, beside, look in by_arm(frame, arms, looks):
        at = rows["variable_level"].map(visits.index) + 0.12 * beside
        axes.plot(at, rows["mean"], marker=look.mark, ls=look.line, color=look.colour,
                  label=drawable(arm), ms=4, lw=1.2)  # fmt: skip
        axes.vlines(at, rows["conf.low"], rows["conf.high"], color=look.colour, lw=1)
    step = -(-len(visits) // MOST_TICKS)
    shown = range(0, len(visits), step)
    names = [drawable(visits[place].replace("Baseline", "Base"), 24) for place in shown]
    short = [name.replace(" ", "\n") for name in names]
    axes.set_xticks(list(shown), short, fontsize=8)
    axes.tick_params(axis="y", labelsize=8)
    axes.margins(y=0.12)
