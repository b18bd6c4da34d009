"""Pictures of adverse events and exposure in time: first event, remaining, onset."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.display.figures import COLOURS, Figure
from analysis.display.safety_figures import arm_looks, drawable
from analysis.display.sections import method_words, numbers, or_reason
from analysis.results import Results
from analysis.safety.population import TOTAL
from analysis.sources.growth_reference import DAYS_PER_MONTH
from analysis.words import begins_sentence

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

CLASSES = 14
"""So many organ classes have a row in the heat map."""


@or_reason
def first_event_figure(times: Results) -> Figure:
    """Draw the Kaplan–Meier curves with the numbers at risk under them."""
    rows = numbers(times, "time", "estimate", "conf.low", "conf.high", "n.risk")
    arms = list(dict.fromkeys(rows["group1_level"]))
    look = arm_looks(arms, [])

    def draw(canvas: Canvas, narrow: bool) -> None:
        ratio = [1, 0.07 + 0.055 * len(arms) * (1.9 if narrow else 1.0)]
        axes, table = canvas.subplots(2, 1, sharex=True, height_ratios=ratio)
        for arm in arms:
            own = rows[(rows["group1_level"] == arm) & (rows["variable"] == "Curve")]
            months = own["time"] / DAYS_PER_MONTH
            colour = look[arm][0]
            axes.step(months, own["estimate"], where="post", color=colour, lw=1.6)
            axes.fill_between(
                months, own["conf.low"], own["conf.high"], step="post", color=colour, alpha=0.12,
                lw=0,
            )  # fmt: skip
        axes.set(ylim=(0, 101), ylabel="Without an event, %")
        handles = [axes.plot([], [], color=look[arm][0], label=drawable(arm))[0] for arm in arms]
        if len(arms) > 1:
            axes.legend(handles=handles, frameon=False, labelcolor="linecolor", loc="upper right")
        _numbers_at_risk(table, rows, arms, look, narrow=narrow)

    medians = times.frame[times.frame["variable"] == "Median"]
    said = "; ".join(
        f"{arm}: median {_text(medians, arm, 'estimate') or 'not reached'} days, "
        f"{_text(medians, arm, 'n')} of {_text(medians, arm, 'N')} with an event"
        for arm in arms
    )
    return Figure(
        title="Time to the first treatment-emergent event",
        alt=f"Kaplan–Meier curves of the share without an event over months, numbers at risk "
        f"below. {said}.",
        draw=draw,
        height=4.0,
        narrow_height=4.2 + 0.3 * len(arms),
        results=times,
        caption=f"{begins_sentence(method_words(times))}. Bands: pointwise intervals. "
        f"{times.frame['note'].iloc[0].capitalize()}.",
    )


def _text(frame: pd.DataFrame, arm: str, name: str) -> str:
    found = frame[(frame["group1_level"] == arm) & (frame["stat_name"] == name)]["stat_fmt"]
    return str(found.iloc[0]) if len(found) else ""


def _numbers_at_risk(
    axes: Axes, rows: pd.DataFrame, arms: list[str], look: dict[str, Any], *, narrow: bool
) -> None:
    """Write the numbers at risk under the curves, in the colours of the arms."""
    own = rows[rows["variable"] == "At risk"]
    for y, arm in enumerate(arms):
        line = y * (2.0 if narrow and len(arms) > 1 else 1.0)
        if len(arms) > 1 and narrow:
            axes.text(0, line, drawable(arm), color=look[arm][0], fontsize=7.5, va="center")
            line += 0.9
        for row in own[own["group1_level"] == arm].to_dict("records"):
            axes.text(
                row["time"], line, f"{row['n.risk']:.0f}", color=look[arm][0], fontsize=8.5,
                ha="center", va="center",
            )  # fmt: skip
    axes.set_ylim(len(arms) * (2 if narrow and len(arms) > 1 else 1) - 0.4, -0.6)
    axes.set_yticks([] if narrow else range(len(arms)))
    if not narrow:
        axes.set_yticklabels([drawable(arm) for arm in arms], fontsize=8.5)
    axes.set_xticks(sorted(own["time"].unique()))
    axes.tick_params(axis="y", length=0)
    axes.spines[["left", "bottom"]].set_visible(False)
    axes.set_title("At risk", loc="left", fontsize=8.5, pad=3)
    axes.set_xlabel("Months since the first dose")


@or_reason
def remaining_figure(remaining: Results) -> Figure:
    """Draw the share still on treatment by month."""
    rows = numbers(remaining, "time", "p")
    arms = list(dict.fromkeys(rows["group1_level"]))
    arms = [arm for arm in arms if arm != TOTAL or len(arms) == 1]
    look = arm_looks(arms, [])

    def draw(canvas: Canvas, _narrow: bool) -> None:
        axes = canvas.subplots()
        for number, arm in enumerate(arms):
            own = rows[rows["group1_level"] == arm]
            axes.plot(
                own["time"], own["p"], look[arm][1] + ("-" if number % 2 == 0 else "--"),
                color=look[arm][0], label=drawable(arm), ms=4,
            )  # fmt: skip
        axes.set(ylim=(0, 103), xlabel="Months since the first dose", ylabel="On treatment, %")
        if len(arms) > 1:
            axes.legend(frameon=False, labelcolor="linecolor", loc="lower left", fontsize=9)

    last = rows[rows["p"] > 0].groupby("group1_level")["time"].max()
    half = last.min() // 2
    wide = remaining.wide()
    said = ", ".join(f"{arm} {_at(wide, arm, half)} %" for arm in arms if _at(wide, arm, half))
    return Figure(
        title="Participants remaining on treatment",
        alt=f"Lines of the share on treatment by month. After {half:g} months: {said}.",
        draw=draw,
        height=3.0,
        narrow_height=3.2,
        results=remaining,
        caption=f"{begins_sentence(method_words(remaining))}. A fall at the planned end of "
        "treatment is no loss.",
    )


def _at(wide: pd.DataFrame, arm: str, month: float) -> str:
    found = wide[(wide["group1_level"] == arm) & (wide["time"] == f"{month:.0f}")]["p"]
    return str(found.iloc[0]) if len(found) else ""


@or_reason
def onset_figure(onset: Results) -> Figure:
    """Draw a heat map of onset by organ class and month, one panel an arm."""
    rows = numbers(onset, "events", "estimate", "N")
    arms = list(dict.fromkeys(rows["group1_level"]))
    classes = list(dict.fromkeys(rows["variable"]))
    shown = classes[: CLASSES + 1]
    months = list(dict.fromkeys(rows["variable_level"]))
    rows = rows[rows["variable"].isin(shown)]

    def draw(canvas: Canvas, narrow: bool) -> None:
        shape = (len(arms), 1) if narrow else (1, len(arms))
        panels = np.atleast_1d(canvas.subplots(*shape, sharex=True, sharey=True))
        # The row of all classes is the sum of the others and would leave them pale.
        top = max(float(rows.loc[rows["variable"] != classes[0], "estimate"].max()), 1.0)
        for axes, arm in zip(panels, arms, strict=True):
            _heat(axes, rows[rows["group1_level"] == arm], shown, months, top)
            axes.set_title(drawable(arm), loc="left", fontsize=9.5)
        for axes in panels if narrow else panels[:1]:
            width = 24 if narrow else 34
            labels = ["\n".join(textwrap.wrap(drawable(n, 2 * width), width)) for n in shown]
            axes.set_yticks(range(len(shown)), labels, fontsize=6.5 if narrow else 7.5)
        panels[-1].set_xlabel("Month since the first dose")

    peak = rows[rows["variable"] != classes[0]].nlargest(1, "events").to_dict("records")
    said = "".join(
        f" Most in one month: {row['variable']}, {row['group1_level']}, {row['variable_level']}, "
        f"{row['events']:.0f} events."
        for row in peak
    )
    hidden = len(classes) - len(shown)
    left_out = f" {hidden} organ classes with fewer events are not drawn." if hidden else ""
    return Figure(
        title="Onset of adverse events by month",
        alt=f"Heat map of {len(shown) - 1} organ classes by {len(months)} months for "
        f"{' and '.join(arms)}.{said}",
        draw=draw,
        height=1.3 + 0.36 * len(shown),
        narrow_height=(1.0 + 0.33 * len(shown)) * len(arms),
        results=onset,
        caption="Number: events that began in the month. Shade: events per 100 participants on "
        f"treatment when it begins. {begins_sentence(method_words(onset))}. "
        f"{onset.frame['note'].iloc[0]}."
        f"{left_out}",
    )


def _heat(axes: Axes, rows: pd.DataFrame, shown: list[str], months: list[str], top: float) -> None:
    grid = rows.pivot(index="variable", columns="variable_level", values="estimate")
    counts = rows.pivot(index="variable", columns="variable_level", values="events")
    grid, counts = (table.reindex(index=shown, columns=months) for table in (grid, counts))
    axes.imshow(grid.fillna(0), cmap="Blues", vmin=0, vmax=1.25 * top, aspect="auto")
    for y, x in zip(*np.nonzero(counts.to_numpy() > 0), strict=True):
        dark = (grid.iloc[y, x] or 0) > 0.75 * top
        axes.text(
            x, y, f"{counts.iloc[y, x]:.0f}", ha="center", va="center", fontsize=7,
            color="white" if dark else COLOURS["ink"],
        )  # fmt: skip
    axes.axhline(0.5, color=COLOURS["ink"], lw=0.8)
    axes.set_xticks(range(len(months)), [name.removeprefix("month ") for name in months])
    axes.tick_params(length=0, labelsize=7.5)
    axes.spines[:].set_visible(False)
