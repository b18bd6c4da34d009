"""When events begin: counts by organ class and month since the first dose."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.display.figures import COLOURS, Figure
from analysis.display.lettering import drawable
from analysis.display.panels import panels
from analysis.display.rows import numbers
from analysis.errors import UserError
from analysis.numbers import fixed, short
from analysis.results import COUNTED, PLACE, Results, section
from analysis.results.counted import nobody_where_none
from analysis.results.withheld import AMONG
from analysis.safety.coding import ALL_CLASSES
from analysis.safety.emergent import emergent_events
from analysis.safety.population import safety_population
from analysis.safety.settings import SafetyRun
from analysis.safety.tables import methods
from analysis.safety.treated import known_days, time_treated
from analysis.sources.growth_reference import DAYS_PER_MONTH
from analysis.thresholds import above
from analysis.words import begins_sentence, numbered

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

CLASSES = 14
"""So many organ classes have a row in the heat map."""
FEWEST = 10
"""Participants on treatment of whom a rate is shaded."""
MANY_MONTHS = 14
"""Months of which the counts are written smaller."""
LARGE = 1_000
"""From here on a number is written short: its cell holds no more than four signs."""
ON_TREATMENT = "On treatment"


@section
def onset_by_month(run: SafetyRun) -> Results:
    """Return the events that began in each month, by organ class and arm.

    Returns
    -------
    Results
        ``variable`` organ class (all classes first, then by frequency), ``variable_level``
        "month k", ``group1_level`` arm: events; N, the participants of the arm on treatment
        when the month begins; estimate, events per 100 of them.

    Raises
    ------
    UserError
        If no event has a date, or exposure is not recorded.

    Notes
    -----
    Month k holds the days from (k − 1) × 30.4375 to k × 30.4375 after the first dose. Every
    event counts, repeated ones too. Events without a date are counted in ``note``.
    """
    population, records = safety_population(run), emergent_events(run).records
    dated = records[records["DAY"].notna()]
    if not len(dated):
        raise UserError("no treatment-emergent event has a date of onset")
    month = np.floor((dated["DAY"].clip(lower=1) - 1) / DAYS_PER_MONTH).astype(int)
    classes = dated["AEBODSYS"].cat.remove_unused_categories()
    own = dated[["USUBJID", *PLACE]].assign(variable=classes, month=month)
    people = own.drop_duplicates(["USUBJID", "variable"])["variable"].value_counts()
    # An order by few would tell how many they are: such classes go by name, after the others.
    small = people.map(run.trial.plan.allowed.small).astype(bool)
    order = own["variable"].value_counts().mask(small, 0)
    names = sorted(order.index, key=lambda name: (-order[name], name))
    by = ["variable", "month"]
    of_all = population.count(own, ["month"]).assign(variable=ALL_CLASSES)
    every = pd.concat([of_all, population.count(own, by).astype({"variable": object})])
    months = range(int(month.max()) + 1)
    cells = pd.MultiIndex.from_product(
        [[ALL_CLASSES, *names], population.arms, months], names=["variable", "arm", "month"]
    ).to_frame(index=False)
    frame = cells.merge(every[[*by, "arm", "events", COUNTED]], on=[*by, "arm"], how="left")
    frame = frame.merge(_on_treatment(run, months), on=["arm", "month"], how="left")
    frame = nobody_where_none(frame, "events", "N").rename(columns={"arm": "group1_level"})
    frame["variable_level"] = "month " + (frame.pop("month") + 1).astype(str)
    undated = run.trial.plan.allowed.count(len(records) - len(dated))
    return run.results(
        frame.assign(
            # How many are on treatment is rounded, and tells of nobody.
            **{AMONG: np.nan},
            estimate=100 * frame["events"] / frame["N"].where(frame["N"] > 0),
            n_population=frame["group1_level"].map(population.sizes),
            note=f"not shown: {numbered(undated, 'event')} without a date of onset",
        ),
        "ae-onset",
        group1="arm", unit="per 100", decimals=0, dataset=run.events_source,
        method="; ".join([
            f"all events by month of onset; a month is {DAYS_PER_MONTH:g} days",
            *time_treated(run).notes,
        ]),
    )  # fmt: skip


def _on_treatment(run: SafetyRun, months: Sequence[int]) -> pd.DataFrame:
    """Return ``N`` on treatment when each month begins, by ``month`` and ``arm``, and who."""
    population, days = safety_population(run), known_days(run).to_numpy(dtype=float)
    who = population.subjects[["USUBJID"]]
    lasting = [who[above(days, month * DAYS_PER_MONTH)].assign(month=month) for month in months]
    found = population.count(pd.concat(lasting), ["month"])[["month", "arm", "n", COUNTED]]
    least = run.trial.plan.allowed.group
    # As under a survival curve: from month to month nobody is seen to leave.
    found["n"] = (found["n"] / least).round().astype(int) * least
    return found.rename(columns={"n": "N", COUNTED: f"{COUNTED}:N"})


@onset_by_month.shows
def onset_figure(onset: Results, _run: SafetyRun) -> Figure:
    """Draw a heat map of onset by organ class and month, one panel an arm."""
    rows = numbers(onset, "events", "estimate", "N")
    arms = list(dict.fromkeys(rows["group1_level"]))
    classes = list(dict.fromkeys(rows["variable"]))
    shown = classes[: CLASSES + 1]
    months = list(dict.fromkeys(rows["variable_level"]))
    rows = rows[rows["variable"].isin(shown)]

    # A rate of the last few on treatment says little, and would leave all others pale.
    enough = rows[(rows["N"] >= FEWEST) & (rows["variable"] != classes[0])]
    top = max(float(enough["estimate"].max()), 1.0) if len(enough) else 1.0

    def draw(canvas: Canvas, narrow: bool) -> None:
        drawn = panels(canvas, len(arms), stacked=narrow)
        for axes, arm in zip(drawn, arms, strict=True):
            _heat(axes, rows[rows["group1_level"] == arm], shown, months, top)
            axes.set_title(drawable(arm), loc="left", fontsize=9.5)
        for axes in drawn if narrow else drawn[:1]:
            width = 24 if narrow else 34
            names = [ON_TREATMENT, *shown]
            labels = ["\n".join(textwrap.wrap(drawable(n, 2 * width), width)) for n in names]
            axes.set_yticks(range(-1, len(shown)), labels, fontsize=6.5 if narrow else 7.5)
        drawn[-1].set_xlabel("Month since the first dose")

    told = rows[rows["variable"] != classes[0]].dropna(subset=["events"])
    peak = told.nlargest(1, "events").to_dict("records")
    said = "".join(
        f" Most in one month: {row['variable']}, {row['group1_level']}, {row['variable_level']}, "
        f"{numbered(int(row['events']), 'event')}."
        for row in peak
    )
    most = rows[["events", "N"]].max(axis=None)
    units = "" if most < LARGE else " k: thousand; M: million; results.csv has every digit."
    hidden = len(classes) - len(shown)
    left_out = f" Not drawn: {numbered(hidden, 'organ class')} with fewer events." if hidden else ""
    return Figure(
        title="Onset of adverse events by month",
        alt=f"Heat map of {numbered(len(shown) - 1, 'organ class')} by "
        f"{numbered(len(months), 'month')} for "
        f"{' and '.join(arms)}.{said}",
        draw=draw,
        height=1.3 + 0.36 * (len(shown) + 1),
        narrow_height=(1.1 + 0.33 * (len(shown) + 1)) * len(arms),
        results=onset,
        caption="Number: events that began in the month; above them, the participants on "
        "treatment when it begins. Shade of a class: events per 100 of them, from none to "
        f"the strongest, {fixed(top, 0)}; no shade where fewer than {FEWEST} are left.{units} "
        f"{'–: withheld. ' if rows['events'].isna().any() else ''}"
        f"{methods(onset)} "
        f"{begins_sentence(onset.frame['note'].iloc[0])}."
        f"{left_out}",
    )


def _heat(axes: Axes, rows: pd.DataFrame, shown: list[str], months: list[str], top: float) -> None:
    """Write the events of every class and month, shaded by their rate; above them who could."""
    table = rows.pivot(index="variable", columns="variable_level")
    grid, counts, at_risk = (table[name].loc[shown, months] for name in ("estimate", "events", "N"))
    # The sum of all classes has no shade: beside it every class would be pale.
    shaded = grid.where(at_risk >= FEWEST).fillna(0.0)
    shaded = np.vstack([np.zeros(len(months)), shaded.iloc[1:]])
    axes.imshow(shaded, cmap="Greys", vmin=0, vmax=1.25 * top, aspect="auto")
    # Inside their cells, the numbers take no part in finding room for the axes.
    style: dict[str, Any] = {
        "in_layout": False,
        "ha": "center",
        "va": "center",
        "fontsize": 7 if len(months) < 14 else 6.5,
    }
    for y, x in zip(*np.nonzero(counts.to_numpy() > 0), strict=True):
        colour = "white" if shaded[y, x] > 0.75 * top else COLOURS["ink"]
        axes.text(x, y, short(counts.iloc[y, x]), color=colour, **style)
    for y, x in zip(*np.nonzero(counts.isna().to_numpy()), strict=True):
        axes.text(x, y, "–", color=COLOURS["grey"], **style)
    for x, n in enumerate(at_risk.iloc[0]):
        axes.text(x, -1, short(n), color=COLOURS["grey"], **style)
    for y in (-0.5, 0.5):
        axes.axhline(y, color=COLOURS["ink"], lw=0.8)
    axes.set_ylim(len(shown) - 0.5, -1.5)
    axes.set_xticks(range(len(months)), [name.removeprefix("month ") for name in months])
    axes.tick_params(length=0, labelsize=7.5)
    axes.spines[:].set_visible(False)
