"""How many participants remained on treatment, month by month."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.display.figures import Figure
from analysis.results import Results, section
from analysis.safety.drawing import drawable, in_percent, looks
from analysis.safety.exposure import by_column, known_days
from analysis.safety.population import safety_population
from analysis.safety.settings import SafetyRun
from analysis.safety.tables import methods
from analysis.sources.growth_reference import DAYS_PER_MONTH

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas


@section
def remaining(run: SafetyRun) -> Results:
    """Return how many participants were still on treatment after each month.

    Returns
    -------
    Results
        ``variable_level`` "month k": time in months, n, N and p. Those without a duration are in
        N only and counted in ``N_miss`` of the first row.

    Raises
    ------
    UserError
        If exposure is not recorded, or nobody was exposed.

    Notes
    -----
    On treatment after k months: a duration of more than k × 30.4375 days.
    """
    population, days = safety_population(run), known_days(run)
    months = np.arange(int(np.ceil(days.max() / DAYS_PER_MONTH)) + 1)
    rows = [
        pd.DataFrame(
            {
                "group1_level": column,
                "variable_level": [f"month {month}" for month in months],
                "time": months,
                "n": (own.to_numpy()[:, None] > months * DAYS_PER_MONTH).sum(axis=0),
                "N": len(own),
                "N_miss": np.where(months == 0, own.isna().sum(), np.nan),
            }
        )
        for column, own in by_column(population, days).items()
    ]
    frame = pd.concat(rows, ignore_index=True)
    return run.results(
        frame.assign(
            variable="On treatment",
            p=frame["n"] / frame["N"].where(frame["N"] > 0),
            n_population=frame["N"],
            dataset="adsl" + (f", {run.plan.exposure}" if run.plan.exposure else ""),
        ),
        "exposure-remaining",
        group1="arm",
        context="safety",
        method=f"share of the arm with a longer duration; a month is {DAYS_PER_MONTH:g} days",
    )


@remaining.shows
def remaining_figure(remaining: Results, run: SafetyRun) -> Figure:
    """Draw the share still on treatment by month."""
    rows = in_percent(remaining, "p").astype({"time": int})
    look = looks(run)

    def draw(canvas: Canvas, _narrow: bool) -> None:
        axes = canvas.subplots()
        for number, arm in enumerate(run.arms):
            own = rows[rows["group1_level"] == arm]
            axes.plot(
                own["time"], own["p"], look[arm][1] + ("-" if number % 2 == 0 else "--"),
                color=look[arm][0], label=drawable(arm), ms=4,
            )  # fmt: skip
        axes.set(ylim=(0, 103), xlabel="Months since the first dose", ylabel="On treatment, %")
        if len(run.arms) > 1:
            axes.legend(frameon=False, labelcolor="linecolor", loc="lower left", fontsize=9)

    return Figure(
        title="Participants remaining on treatment",
        alt=f"Lines of the share on treatment by month. {_halfway(remaining, run)}",
        draw=draw,
        height=3.0,
        narrow_height=3.2,
        results=remaining,
        caption=f"{methods(remaining)} A fall at the planned end of treatment is no loss.",
    )


def _halfway(remaining: Results, run: SafetyRun) -> str:
    """Say the share half-way to the month in which the first arm is empty."""
    wide = remaining.wide()
    there = wide[(wide["n"] != "0") & wide["group1_level"].isin(run.arms)]
    months = there.astype({"time": int}).groupby("group1_level")["time"].max()
    half = int(months.min()) // 2
    own = wide[(wide["time"] == str(half)) & wide["group1_level"].isin(run.arms)]
    said = ", ".join(
        f"{row['group1_level']} {row['p']} %"
        for row in own.to_dict("records")
        if isinstance(row["p"], str)
    )
    return f"After {half} months: {said}."
