"""Growth as a clinician sees it: curves over the centiles, responders, the whole distribution."""

from typing import Any

import numpy as np
import pandas as pd

from analysis.display.arms import arm_looks
from analysis.display.figures import COLOURS, Axes, Canvas, Figure
from analysis.display.legends import name_marks_of
from analysis.display.panels import panels
from analysis.display.rows import method_words, numbers
from analysis.display.tables import Column, Table
from analysis.efficacy.height_scores import (
    OF_CHILD,
    declared_growth,
    measured_heights,
)
from analysis.efficacy.response import grown
from analysis.efficacy.settings import Settings
from analysis.errors import UserError
from analysis.numbers import level
from analysis.results import PROPORTION, Results, section, tally
from analysis.results.intervals import LIMITS, interval_columns
from analysis.results.points import parts, too_many_words
from analysis.results.withheld import AMONG
from analysis.sources.growth_reference import HEIGHT, load_reference, value_at_centile
from analysis.stats.descriptive import SAS_QUARTILES, summarise
from analysis.stats.proportion_differences import risk_difference
from analysis.stats.proportions import estimate_proportion
from analysis.thresholds import at_least

CENTILES = {3.0: "3rd", 50.0: "50th", 97.0: "97th"}
SEXES = {"F": "Girls", "M": "Boys"}
BANDS, OUTER = "centiles of the children", (0.1, 0.9)
"""Variable of the rows that stand for the curves of single children, and the outer centiles."""
REFERENCE = "reference"
"""In place of an arm: the centiles of the growth reference."""


@section
def curves(run: Settings) -> Results:
    """Return height against age, child by child, with the reference centiles.

    Notes
    -----
    Children are numbered, never named. Where the plan allows no row of a single child, or there
    are too many for a line each, the centiles of the children at each visit stand in their place.
    Reference centiles: those of the reference of the run, for the ages seen.
    """
    dataset = declared_growth(run).dataset
    reference = load_reference(run.growth_reference, measures=HEIGHT)
    records = measured_heights(run)
    records["AGE"] = records["AGEMOS"] / 12
    records = records[records["AVAL"].notna() & records["AGE"].notna()]
    records = records[records["SEX"].isin(list(SEXES))]
    if records.empty:
        raise UserError(f"no child has a height with {', '.join([*OF_CHILD, 'ADT'])}")
    allowed = run.in_lines
    lines = (
        _bands(records, allowed.group)
        if allowed.points == "grouped"
        else _lines(records, exact=allowed.points == "exact")
    ).assign(population=run.population)
    ages = np.arange(
        max(np.floor(records["AGE"].min()), 2), np.ceil(records["AGE"].max()) + 0.5, 0.5
    )
    centiles = [
        pd.DataFrame(
            {
                "group1_level": REFERENCE,
                "group2_level": SEXES[sex],
                "variable": f"centile {centile:g}",
                "variable_level": [f"age {age:g}" for age in ages],
                "age": ages,
                "height": value_at_centile(
                    np.full(ages.shape, centile),
                    sex=np.full(ages.shape, sex),
                    age_months=12 * ages,
                    reference=reference,
                ),
                "population": "",
            }
        )
        for sex in SEXES
        if (records["SEX"] == sex).any()
        for centile in CENTILES
    ]
    return run.results(
        pd.concat([lines, *centiles], ignore_index=True).assign(
            dataset=f"{dataset}; {run.growth_reference}"
        ),
        "growth-curves",
        group1="arm",
        group2="sex",
        context="growth",
        method=f"observed heights over the centiles of {run.growth_reference}",
    )


def _lines(records: pd.DataFrame, *, exact: bool) -> pd.DataFrame:
    """Return the curve of each child; rounded and in the order of their values if not exact."""
    who = records["USUBJID"].astype("category")
    if not exact:
        records = records.assign(AGE=records["AGE"].round(1), AVAL=records["AVAL"].round())
        first = records.sort_values(["AGE", "AVAL"]).groupby("USUBJID")[["AVAL", "AGE"]].first()
        order = first.sort_values(["AVAL", "AGE"], kind="stable").index
        who = records["USUBJID"].astype(pd.CategoricalDtype(order))
    records = records.assign(number=who.cat.codes + 1)
    if not exact:
        records = records.sort_values(["number", "AGE"], kind="stable")
    # Unscheduled visits may share a name; a curve has all its points.
    same = records.groupby(["USUBJID", "AVISIT"]).cumcount()
    again, numbered = same > 0, records["AVISIT"] + " (" + (same + 1).astype(str) + ")"
    return pd.DataFrame(
        {
            "group1_level": records["arm"].astype(str),
            "group2_level": records["SEX"].map(SEXES),
            "variable": "child " + records["number"].astype(str),
            "variable_level": records["AVISIT"].mask(again, numbered),
            "age": records["AGE"],
            "height": records["AVAL"],
        }
    )


def _bands(records: pd.DataFrame, least: int) -> pd.DataFrame:
    """Return the centiles of the children of an arm and sex at each visit, and their mean age.

    A visit at which there are fewer than `least` has none.
    """
    once = records.drop_duplicates(["USUBJID", "AVISIT"])
    rows = []
    for (arm, sex, visit), own in once.groupby(["arm", "SEX", "AVISIT"], observed=True, sort=False):
        if len(own) < least:
            continue
        found = summarise(own["AVAL"])
        members = once.loc[(once["arm"] == arm) & (once["SEX"] == sex), "USUBJID"].nunique()
        low, high = np.quantile(own["AVAL"], OUTER, method=SAS_QUARTILES)
        rows.append({
            "group1_level": str(arm), "group2_level": SEXES[sex], "variable": BANDS,
            "variable_level": visit, "age": round(float(own["AGE"].mean()), 1),
            "n": len(own), AMONG: members,
            "p10": low, "p25": found.q1, "median": found.median, "p75": found.q3, "p90": high,
            "unit": "cm",
        })  # fmt: skip
    return pd.DataFrame(rows)


@curves.shows
def curves_figures(curves: Results, run: Settings) -> list[Figure]:
    """Draw height against age over the reference centiles, a figure for each compared arm."""
    frame = numbers(curves, "age", "height", "p10", "p25", "median", "p75", "p90")
    return [_curves_of(arm, frame, curves, run) for arm in (run.treatment, run.reference) if arm]


def _curves_of(arm: str, frame: pd.DataFrame, curves: Results, run: Settings) -> Figure:
    """Draw the curves of one arm, girls and boys."""
    own, look = frame[frame["group1_level"] == arm], arm_looks(run.arms)[arm]
    centiles = frame[frame["group1_level"] == REFERENCE]
    sexes = list(dict.fromkeys(centiles["group2_level"]))

    def panel(axes: Axes, sex: str) -> None:
        for centile in CENTILES:
            line = centiles[
                (centiles["group2_level"] == sex) & (centiles["variable"] == f"centile {centile:g}")
            ]
            axes.plot(line["age"], line["height"], color=COLOURS["grey"], lw=1, zorder=1)
            last = line.iloc[-1]
            axes.annotate(
                f"{centile:g}", (last["age"], last["height"]), (3, 0),
                textcoords="offset points", fontsize=8, color=COLOURS["grey"], va="center",
            )  # fmt: skip
        of_sex = own[own["group2_level"] == sex]
        for name, rows in of_sex.groupby("variable"):
            if name == BANDS:
                _draw_bands(axes, rows.sort_values("age"), look.colour)
            else:
                axes.plot(rows["age"], rows["height"], "-", color=look.colour, lw=0.9, alpha=0.7)
        axes.set_title(sex, loc="left")
        axes.set_xlabel("Age, years")

    def draw(canvas: Canvas, narrow: bool) -> None:
        drawn = panels(canvas, len(sexes), stacked=narrow)
        for axes, sex in zip(drawn, sexes, strict=True):
            panel(axes, sex)
        for axes in drawn if narrow else drawn[:1]:
            axes.set_ylabel("Height, cm")

    *first, last = CENTILES.values()
    allowed = run.in_lines
    grouped = allowed.points == "grouped"
    who = "the children" if grouped else f"{own['variable'].nunique()} children"
    what = (
        "Line: the median at each visit, at the mean age; bands: 25th to 75th and 10th to 90th "
        f"centile, of at least {allowed.group} children"
        if grouped
        else "One line a child"
    )
    return Figure(
        title=f"Growth curves, {arm}",
        alt=f"Height against age of {who} on {arm}, over the "
        f"{', '.join(first)} and {last} centile of {run.growth_reference}, by sex.",
        draw=draw,
        height=3.9,
        narrow_height=3.6 * len(sexes),
        results=curves,
        caption=f"{what}, from the visit before treatment on; grey: centiles of "
        f"{run.growth_reference}.{too_many_words(len(run.subjects()))}",
    )


def _draw_bands(axes: Axes, rows: pd.DataFrame, colour: str) -> None:
    for low, high in (("p10", "p90"), ("p25", "p75")):
        axes.fill_between(rows["age"], rows[low], rows[high], color=colour, alpha=0.2, lw=0)
    axes.plot(rows["age"], rows["median"], "o-", color=colour, lw=1.6, ms=3)


@section
def responders(run: Settings) -> Results:
    """Return the share of responders in each arm and the difference, by the run's threshold.

    Notes
    -----
    Response: a change in height SDS of at least `response_threshold`. Denominator: the
    population; a missing value counts as no response. Share: Clopper–Pearson. Difference,
    treatment minus reference: Miettinen–Nurminen with N/(N − 1).
    """
    found = grown(run, "height_sds_change")
    rows: list[dict[str, Any]] = []
    counts = {}
    for arm in run.arms:
        own = found.children[found.children["arm"] == arm]
        if own.empty:
            continue
        row = {
            "group1_level": arm,
            **tally(own[at_least(own["VALUE"], run.response_threshold)]),
            **tally(own, "N"),
            **tally(own[own["VALUE"].isna()], "N_miss"),
        }
        counts[arm] = row["n"], row["N"]
        share = estimate_proportion(*counts[arm], method="clopper-pearson", level=run.conf_level)
        rows.append(row | interval_columns(share, *LIMITS))
    if not {run.treatment, run.reference} <= set(counts):
        raise UserError("an arm has no participant in the population")
    difference = risk_difference(
        *counts[run.treatment],
        *counts[run.reference],
        method="miettinen-nurminen",
        level=run.conf_level,
    )
    rows.append({"group1_level": run.contrast} | interval_columns(difference, *LIMITS))
    return run.results(
        pd.DataFrame(rows).assign(variable=f"{found.label}, at least {run.response_threshold:g}"),
        "responders",
        group1="arm",
        context="growth",
        unit=PROPORTION,
        method=f"Clopper–Pearson; difference by Miettinen–Nurminen; level {level(run.conf_level)}",
    )


@responders.shows
def responders_table(responders: Results, run: Settings) -> Table:
    """Show the share of responders and its difference."""
    return Table(
        title=str(responders.frame["variable"].iloc[0]),
        results=responders,
        labels={"group1_level": "Arm"},
        columns=[
            Column("Responders", "{n} of {N}"),
            Column("Missing", "{N_miss}"),
            Column("%, of a difference points", "{estimate}"),
            Column("Interval", "{conf.low} to {conf.high}"),
        ],
        footnotes=[
            f"Population: {run.population_words}; a missing value counts as no response. The "
            f"difference is in percentage points. {method_words(responders)}.",
            "The threshold is a parameter of this run, not of the plan; published ones stand in "
            "the table of definitions.",
        ],
    )


@section
def distribution(run: Settings) -> Results:
    """Return the share of each arm whose change in SDS reaches every value seen.

    Where the plan allows no row of a single child, a step is of several, at a rounded value.
    """
    found, allowed = grown(run, "height_sds_change"), run.trial.plan.allowed
    step = "participant" if allowed.group == 1 else "group"
    rows = []
    for arm in run.arms:
        own = np.sort(found.children.loc[found.children["arm"] == arm, "VALUE"].dropna().to_numpy())
        part = parts(len(own), allowed)
        first = np.flatnonzero(np.diff(part, prepend=0))
        changes = own[first]
        rows.append(
            pd.DataFrame(
                {
                    "group1_level": arm,
                    "variable_level": [f"{step} {i + 1}" for i in range(len(first))],
                    "change": changes if allowed.points == "exact" else changes.round(2),
                    "p": 1 - first / max(len(own), 1),
                }
            )
        )
    if not any(len(own) for own in rows):
        raise UserError(f"no participant has {found.label}")
    return run.results(
        pd.concat(rows, ignore_index=True).assign(variable=found.label),
        "response-distribution",
        group1="arm",
        context="growth",
        unit="SDS",
        method="observed changes",
    )


@distribution.shows
def distribution_figure(distribution: Results, run: Settings) -> Figure:
    """Draw the cumulative distribution of response."""
    frame, looks = numbers(distribution, "change", "p"), arm_looks(run.arms)
    arms = list(dict.fromkeys(frame["group1_level"]))

    def draw(canvas: Canvas, narrow: bool) -> None:
        axes = canvas.subplots()
        for arm in arms:
            rows = frame[frame["group1_level"] == arm]
            axes.step(
                rows["change"], rows["p"], where="pre", color=looks[arm].colour, label=arm,
                ls=looks[arm].line,
            )  # fmt: skip
        axes.axvline(run.response_threshold, color=COLOURS["pale"], zorder=0)
        axes.set(xlabel="Change in height SDS", ylabel="Share that reaches it, %", ylim=(0, 1.02))
        axes.yaxis.set_major_formatter(lambda share, _: f"{100 * share:.0f}")
        name_marks_of(canvas, axes, narrow=narrow)

    return Figure(
        title="Distribution of response",
        alt=f"Step curves of the share of {' and '.join(arms)} whose change in height SDS "
        f"reaches each value; a line marks {run.response_threshold:g}.",
        draw=draw,
        height=3.4,
        narrow_height=3.6,
        results=distribution,
        caption="Observed changes. The further right a curve, the better the arm grew.",
    )
