"""How the single-arm notebook looks: sentences, tables and figures of `analysis.efficacy`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from analysis.display import efficacy
from analysis.display.diagrams import Diagram
from analysis.display.figures import COLOURS, Figure
from analysis.display.reading import Reading
from analysis.display.sections import has, method_words, numbers, or_reason, synthetic_words
from analysis.display.tables import Column, Table
from analysis.results import Results, combine

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

WORST, EXTREME = "0.00", "−1.00"
"""Correlations that the reading names: the worst that is plausible, and that is possible."""


@or_reason
def answer(change: Results, endpoint: str, unit: str) -> Reading:
    """Say the mean change and its interval in one sentence."""
    row = change.wide().to_dict("records")[0]
    return Reading(
        [
            f"{endpoint}, {row['group1_level']}: mean {row['estimate']} {unit} "
            f"({row['conf.level']} interval {row['conf.low']} to {row['conf.high']}), in "
            f"{row['n']} of {row['N']} participants; without a comparator this is a change "
            "during treatment, not an effect of it.",
            *synthetic_words(change),
        ],
        change,
        heading="The answer",
    )


@or_reason
def answer_figure(individuals: Results, observed: Results, unit: str, visit: str) -> Figure:
    """Draw every participant before and after, the means, and the sorted changes."""
    frame = numbers(individuals, "base", "value", "change")
    means = numbers(observed, "mean", "conf.low", "conf.high").set_index("variable_level")
    words = observed.wide().set_index("variable_level")

    def before_after(axes: Axes) -> None:
        for row in frame.to_dict("records"):
            axes.plot([0, 1], [row["base"], row["value"]], color=COLOURS["grey"], lw=0.7, alpha=0.5)
        at = means.loc[["Baseline", visit]]
        axes.plot([0, 1], at["mean"], "o-", color=COLOURS["blue"], lw=2.4, ms=6, zorder=4)
        axes.vlines(
            [0, 1], at["conf.low"], at["conf.high"], color=COLOURS["blue"], lw=2.4, zorder=4
        )
        for x, time, side in ((0, "Baseline", "right"), (1, visit, "left")):
            axes.annotate(
                words.loc[time, "mean"], (x, means.loc[time, "mean"]),
                (-9 if x == 0 else 9, 0), textcoords="offset points", ha=side, va="center",
                color=COLOURS["blue"], weight="bold",
            )  # fmt: skip
        axes.set_xticks([0, 1], ["Baseline", visit])
        axes.set_xlim(-0.35, 1.35)
        axes.set_ylabel(unit or "Value")
        axes.set_title("Before and after", loc="left")

    def sorted_changes(axes: Axes) -> None:
        axes.plot(range(1, len(frame) + 1), frame["change"], "o", color=COLOURS["grey"], ms=3.5)
        row = means.loc["Change"]
        axes.axhspan(row["conf.low"], row["conf.high"], color=COLOURS["blue"], alpha=0.18, lw=0)
        axes.axhline(row["mean"], color=COLOURS["blue"], lw=1.8)
        axes.axhline(0, color=COLOURS["ink"], lw=0.8)
        axes.annotate(
            f"mean {words.loc['Change', 'mean']}", (1, row["conf.high"]), (0, 4),
            textcoords="offset points", color=COLOURS["blue"], weight="bold", fontsize=9,
        )  # fmt: skip
        axes.set_xlabel("Participants by their change")
        axes.set_title(f"Change{f', {unit}' if unit else ''}", loc="left")

    def draw(canvas: Canvas, narrow: bool) -> None:
        panels = canvas.subplots(2, 1) if narrow else canvas.subplots(1, 2)
        before_after(panels[0])
        sorted_changes(panels[1])

    change = words.loc["Change"]
    return Figure(
        title="Each participant before and after, and the mean",
        alt=f"Lines from baseline to {visit} of {len(frame)} participants; the mean goes from "
        f"{words.loc['Baseline', 'mean']} to {words.loc[visit, 'mean']} {unit}. Beside it the "
        f"changes, sorted, with their mean {change['mean']} ({change['conf.low']} to "
        f"{change['conf.high']}).",
        draw=draw,
        height=3.8,
        narrow_height=6.8,
        results=combine([individuals, observed]),
        caption="Grey: one participant each. Blue: means with their intervals. Zero is no change.",
    )


@or_reason
def flow_diagram(disposition: Results) -> Diagram:
    """Draw the flow of participants; nobody was randomised, so they are called enrolled."""
    words = {"Enrolled": "Randomised", "Not enrolled": "Not randomised"}
    frame = disposition.frame
    drawn: Diagram = efficacy.flow_diagram(
        Results(frame.assign(variable=frame["variable"].replace(words)))
    )
    rows = [
        [replace(box, detail=box.detail.replace("randomised", "enrolled")) for box in row]
        for row in drawn.rows
    ]
    return replace(
        drawn,
        rows=rows,
        alt=drawn.alt.replace("randomised", "enrolled"),
        results=disposition,
        caption="Counted from the data; analysed: the population of this run.",
    )


def sets_table(sets: Results) -> Table:
    """Show the analysis sets; a flag named after randomisation is explained."""
    table = efficacy.sets_table(sets)
    if (sets.frame["variable"] == "randomised").any():
        return replace(table, footnotes=["Nobody was randomised: that set holds the enrolled."])
    return table


@or_reason
def baseline_table(baseline: Results) -> Table:
    """Show the baseline characteristics."""
    table: Table = efficacy.baseline_table(baseline)
    return replace(table, footnotes=table.footnotes[:1])


@or_reason
def observed_table(observed: Results, endpoint: str, unit: str, population: str) -> Table:
    """Show baseline, value and change."""
    return Table(
        title=f"{endpoint}: baseline, value and change{f', {unit}' if unit else ''}",
        results=observed,
        labels={"variable_level": "Time"},
        columns=[
            Column("n", "{n}"),
            Column("Mean (SD)", "{mean} ({sd})"),
            Column("Interval of the mean", "{conf.low} to {conf.high}"),
            Column("Median", "{median}"),
            Column("Range", "{min} to {max}"),
        ],
        footnotes=[
            f"Population: {population}; those with both measurements. {method_words(observed)}."
        ],
    )


@or_reason
def changes_table(changes: Results, title: str, labels: dict[str, str]) -> Table:
    """Show mean changes: by analysis, or by endpoint."""
    return Table(
        title=title,
        results=changes,
        labels=labels,
        columns=[
            Column("n", "{n}"),
            Column("Mean change", "{estimate}"),
            Column("SD", "{sd}"),
            Column("SE", "{std.error}"),
            Column("Interval", "{conf.low} to {conf.high}"),
            *([Column("Remark", "{reason}", "text")] if has(changes, "reason") else []),
        ],
        footnotes=[f"{method_words(changes)}."],
    )


@or_reason
def published_table(published: Results) -> Table:
    """Show what was published beside the patient-level summary."""
    notes = [
        "Mean (SD), n. Published: decimals as printed; – is not in the texts read; never pooled."
    ]
    notes.append(
        "The change of a published row is the difference of its two means. On which reference a "
        "published height SDS stands is not stated."
    )
    if (published.frame["data_status"] == "synthetic").any():
        notes.append(
            "The synthetic data were generated to meet the published means: that they agree "
            "is by construction and confirms nothing."
        )
    return Table(
        title="What was published of this study, beside the patient-level summary",
        results=published,
        labels={"variable": "Measure", "group1_level": "Report", "group2_level": "Data"},
        across="variable_level",
        columns=[Column("", "{mean} ({sd}), n {n}", "text")],
        footnotes=notes,
    )


@or_reason
def identities_table(identities: Results) -> Table:
    """Show which reports are taken to be of this study, and why."""
    return Table(
        title="Which reports are taken to be of this study",
        results=identities,
        labels={"group1_level": "Report"},
        columns=[Column("Because", "{because}", "text")],
    )


@or_reason
def correlation_reading(by_correlation: Results, unit: str) -> Reading:
    """Say the interval at the best, the worst and the arithmetically possible correlation."""
    wide = by_correlation.wide()
    sentences = []
    for report, own in wide.groupby("group1_level", sort=False):
        rows = {row["group2_level"]: row for row in own.to_dict("records")}
        best = list(rows)[-1]

        def said(at: str, rows: dict[str, dict[str, str]] = rows) -> str:
            return f"{rows[at]['conf.low']} to {rows[at]['conf.high']} {unit}"

        sentences.append(
            f"{report}: the change is {rows[WORST]['estimate']} {unit}. Its interval is "
            f"{said(WORST)} at a correlation of {WORST}, the worst case considered, and "
            f"{said(best)} at {best}; at {EXTREME}, the worst that arithmetic allows, it would be "
            f"{said(EXTREME)}."
        )
    return Reading(sentences, by_correlation)


@or_reason
def correlation_figure(by_correlation: Results, unit: str) -> Figure:
    """Draw the interval of the published change against the unknown correlation."""
    frame = numbers(by_correlation, "estimate", "conf.low", "conf.high")
    frame["rho"] = [float(text.replace("−", "-")) for text in frame["group2_level"]]
    frame = frame[frame["rho"] >= 0]
    words = by_correlation.wide().set_index(["group1_level", "group2_level"])
    reports = list(dict.fromkeys(frame["group1_level"]))

    def draw(canvas: Canvas, _narrow: bool) -> None:
        panels = canvas.subplots(len(reports), 1, squeeze=False, sharex=True)[:, 0]
        for axes, report in zip(panels, reports, strict=True):
            own = frame[frame["group1_level"] == report]
            axes.fill_between(
                own["rho"], own["conf.low"], own["conf.high"], color=COLOURS["blue"], alpha=0.18,
                lw=0,
            )  # fmt: skip
            axes.plot(own["rho"], own["estimate"], color=COLOURS["blue"], lw=1.8)
            worst = own.iloc[0]
            axes.plot([0, 0], [worst["conf.low"], worst["conf.high"]], color=COLOURS["orange"],
                      lw=3, solid_capstyle="butt", clip_on=False)  # fmt: skip
            row = words.loc[(report, WORST)]
            axes.annotate(
                f"worst case: {row['conf.low']} to {row['conf.high']}", (0, worst["conf.high"]),
                (6, 3), textcoords="offset points", color=COLOURS["orange"], fontsize=9,
            )  # fmt: skip
            axes.axhline(0, color=COLOURS["ink"], lw=0.8)
            axes.set_ylim(min(0, own["conf.low"].min()) - 0.2, 1.15 * own["conf.high"].max())
            axes.set_ylabel(f"Mean change{f', {unit}' if unit else ''}")
            axes.set_title(report, loc="left", fontsize=9.5)
        panels[-1].set_xlim(0, 1)
        panels[-1].set_xlabel("Correlation of baseline with follow-up (not published)")

    said = "; ".join(
        f"{report}: {words.loc[(report, WORST), 'conf.low']} to "
        f"{words.loc[(report, WORST), 'conf.high']}"
        for report in reports
    )
    return Figure(
        title="The published change: its interval by the unknown correlation",
        alt=f"Band of the interval of the mean change, which narrows as the correlation rises. "
        f"At correlation 0, the worst case: {said}.",
        draw=draw,
        height=0.7 + 2.7 * len(reports),
        narrow_height=0.7 + 2.9 * len(reports),
        results=by_correlation,
        caption="Line: difference of the published means; band: paired interval from their SDs. "
        "The lower the correlation, the wider.",
    )


@or_reason
def responders_table(responders: Results, population: str) -> Table:
    """Show the share of participants above the stated thresholds."""
    return Table(
        title="Participants whose growth reached a threshold",
        results=responders,
        groups="variable",
        labels={"group1_level": "Denominator"},
        columns=[
            Column("Responders", "{n} of {N}"),
            Column("Per cent", "{p}"),
            Column("Clopper–Pearson", "{conf.low} to {conf.high}"),
            Column("Wilson", "{wilson.low} to {wilson.high}"),
            *([Column("Remark", "{reason}", "text")] if has(responders, "reason") else []),
        ],
        footnotes=[
            f"Population: {population}. {method_words(responders)}. Thresholds are parameters of "
            "this run, not of the plan.",
            "Clopper–Pearson keeps at least its level whatever the true share; Wilson is closer "
            "to it on average and narrower.",
        ],
    )


@or_reason
def height_sds_table(height_sds: Results, population: str) -> Table:
    """Show height SDS on the general and on the disease's own reference."""
    checked = height_sds.select(stat_name="check")
    notes = [f"Population: {population}; those with both heights. {method_words(height_sds)}."]
    if len(checked):
        notes.append(
            "Derived anew from the heights; the largest difference from the trial's own height "
            f"SDS is {checked.text('check')}."
        )
    return Table(
        title="Height SDS by growth reference",
        results=height_sds,
        groups="group1_level",
        labels={"variable_level": "Time"},
        columns=[
            Column("n", "{n}"),
            Column("Mean (SD)", "{mean} ({sd})"),
            Column("Interval of the mean", "{conf.low} to {conf.high}"),
            Column("What this reference tells", "{remark}", "text"),
        ],
        footnotes=notes,
    )


def limits(synthetic: bool) -> Reading:
    """Say what a study without a concurrent comparator cannot show."""
    sentences = [
        "An effect: nobody knows how these participants would have grown in the same months "
        "without treatment. The interval describes how well the mean change is known, not how "
        "much of it the treatment caused.",
        "Freedom from regression to the mean: who enters because of slow growth would on average "
        "be measured as growing faster the next time, treated or not.",
        "Freedom from other causes: age, puberty, other medicines and the attention of a trial "
        "change growth as well, and the velocity before treatment rests on two heights taken "
        "outside it.",
        "Non-inferiority or superiority to another product, nor a difference between two such "
        "studies: their participants, doses and measurements differ.",
        "What happened in those who left: they enter only by assumption.",
    ]
    if synthetic:
        sentences.append(
            "And because these patient-level data are synthetic, they are no evidence at all."
        )
    return Reading(sentences, heading="What a single-arm study cannot show")
