"""How notebook 7 looks: agreement with outside numbers, and coverage."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.display.figures import COLOURS, Figure
from analysis.display.reading import Reading
from analysis.display.tables import Column, Table
from analysis.results import Results, combine

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

JUDGED = {"below": COLOURS["orange"], "near": COLOURS["blue"], "above": COLOURS["green"]}
"""A coverage against the nominal level → its colour."""


def answer(
    cases: Results, tally: Results, missing: Results, coverage: Results, simulated: Results
) -> Reading:
    """Say in a few sentences what agrees, what does not, and how the intervals do."""
    total = _row(tally, "all")
    sentences = [
        f"{total['agree']} of {total['n']} quantities agree with a number published elsewhere: "
        f"{total['printed']} to the digits printed there, {total['stated']} within a wider "
        "tolerance that is stated beside the number, with its reason.",
        _worst(cases, total),
        f"{missing.frame['group1_level'].nunique()} methods or options have no outside number; "
        "they are listed, with what was done instead.",
        _covered(coverage, simulated),
    ]
    rows = combine([tally, simulated])
    return Reading([sentence for sentence in sentences if sentence], rows, heading="The answer")


def _row(results: Results, level: str) -> dict[str, str]:
    found = results.select(group1_level=level).wide().to_dict("records")
    return {str(name): str(value) for name, value in found[0].items()}


def _worst(cases: Results, total: dict[str, str]) -> str:
    """Name what differs, or say how large the largest difference is."""
    wide = cases.wide()
    wrong = wide[wide["verdict"] == "differs"]
    if len(wrong):
        named = "; ".join(
            f"{row['variable']}, {row['group2_level']}, {row['variable_level']}"
            for row in wrong.to_dict("records")
        )
        return f"These differ: {named}."
    return (
        f"None differs; the largest difference is {total['max']} of its tolerance, and rounding "
        "in print alone makes differences up to 1."
    )


def _covered(coverage: Results, simulated: Results) -> str:
    """Say how the coverages lie about the nominal level."""
    total = _row(simulated, "all")
    wide = coverage.wide()
    low = wide[wide["judged"] == "below"]
    families = [
        f"{family} ({', '.join(dict.fromkeys(rows['group2_level']))})"
        for family, rows in low.groupby("group1_level", sort=False)
    ]
    named = f": {'; '.join(families)}" if families else ""
    return (
        f"In simulation, intervals of nominal level {total['nominal']} hold the truth in "
        f"{total['min']} ({total['lowest']}) to {total['max']} ({total['highest']}) of data sets. "
        f"{total['below']} of {total['n']} coverages lie below the level by more than chance "
        f"explains{named}."
    )


def agreement_figure(cases: Results, tally: Results) -> Figure:
    """Draw the difference of every quantity from its outside number, in tolerances."""
    values = cases.wide("stat")
    frame = values.assign(
        distance=values["distance"].astype(float),
        printed=cases.wide()["basis"] == "printed",
    )
    families = list(dict.fromkeys(frame["group1_level"]))

    def draw(canvas: Canvas, narrow: bool) -> None:
        axes = canvas.subplots()
        edge = max(1.25, float(frame["distance"].max()) * 1.08)
        axes.axvspan(0, 1, color=COLOURS["pale"], alpha=0.35, lw=0)
        axes.axvline(1, color=COLOURS["grey"], lw=1)
        for y, family in enumerate(reversed(families)):
            rows = frame[frame["group1_level"] == family]
            for printed, colour, shift in (
                (True, COLOURS["blue"], 0.14),
                (False, COLOURS["purple"], -0.14),
            ):
                at = rows.loc[rows["printed"] == printed, "distance"].to_numpy()
                axes.plot(at, _stacked(at, y + shift), "o", ms=3.4, color=colour, alpha=0.6, mew=0)
            n = _row(tally, family)
            text = f"{n['agree']} of {n['n']}"
            if narrow:
                axes.text(0, y + 0.4, f"{family}: {text}", fontsize=8.5, va="center")
            else:
                axes.text(edge, y, text, va="center", ha="right", color=COLOURS["ink"])
        if narrow:
            axes.set_yticks([])
        else:
            axes.set_yticks(range(len(families)), list(reversed(families)))
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
        axes.set(xlim=(-0.02, edge), ylim=(-0.5, len(families) - 0.35))
        axes.set_xlabel("Difference from the outside number, in tolerances")
        top = len(families) - 0.35
        for x, words, colour in (
            (0.0, "printed digits", COLOURS["blue"]),
            (0.42, "stated tolerance", COLOURS["purple"]),
        ):
            axes.text(x, top + 0.08, words, color=colour, fontsize=8.5, va="bottom")
        axes.text(1.0, top + 0.08, "limit", ha="center", fontsize=8.5, va="bottom")

    total = _row(tally, "all")
    return Figure(
        title="Every quantity against its outside number",
        alt=f"Strip plot of {total['n']} quantities in {len(families)} families; "
        f"{total['agree']} lie within their tolerance, the furthest at {total['max']} of it.",
        draw=draw,
        height=3.9,
        narrow_height=4.9,
        results=combine([cases, tally]),
        caption="One dot a quantity: 0 is equal, up to 1 agrees. Upper row of each family: the "
        "tolerance is half a unit of the last printed place, so that rounding in print alone "
        "spreads dots from 0 to 1. Lower row: a tolerance stated with its reason.",
    )


def _stacked(at: np.ndarray, y: float) -> np.ndarray:
    """Spread dots of nearly one place a little, always in the same way."""
    return y + 0.09 * (np.arange(at.size) % 5 - 2) / 2


def tally_table(tally: Results) -> Table:
    """Show how many quantities agree, family by family."""
    return Table(
        title="Agreement by family of methods",
        results=tally,
        labels={"group1_level": "Family"},
        columns=[
            Column("Agree", "{agree} of {n}"),
            Column("How", "{printed} to the printed digits, {stated} as stated", "text"),
            Column("Differ", "{differ}"),
            Column("Largest difference, in tolerances", "{max}"),
        ],
    )


def cases_table(cases: Results, family: str) -> Table:
    """Show every quantity of one family."""
    return Table(
        title=f"{family}: every quantity",
        results=cases.select(group1_level=family),
        groups="variable",
        labels={"group2_level": "Method", "variable_level": "Quantity"},
        columns=[
            Column("Expected", "{expected}"),
            Column("Obtained", "{estimate}"),
            Column("Tolerance", "{tolerance}"),
            Column("Difference, in tolerances", "{distance}"),
            Column("", "{verdict}", "status"),
            Column("Reason of a stated tolerance", "{reason}", "text"),
        ],
        footnotes=[
            "Expected as printed; with a stated tolerance, six digits of both are shown. Sources "
            "are in the last table and, quantity by quantity, in results.csv."
        ],
        folded=True,
    )


def conventions_table(conventions: Results) -> Table:
    """Show where packages disagree, and what is done here."""
    return Table(
        title="Where packages disagree",
        results=conventions,
        groups="group1_level",
        labels={"group2_level": "Question"},
        columns=[
            Column("Here", "{here}", "text"),
            Column("Elsewhere", "{elsewhere}", "text"),
            Column("What it changes", "{effect}", "text"),
        ],
    )


def not_validated_table(missing: Results) -> Table:
    """Show what has no outside number."""
    return Table(
        title="Methods and options without an outside number",
        results=missing,
        labels={"group1_level": "Method or option"},
        columns=[
            Column("What is missing", "{missing}", "text"),
            Column("What stands in its place", "{instead}", "text"),
        ],
    )


def coverage_figure(coverage: Results, simulated: Results) -> Figure:
    """Draw the simulated coverage of every interval against the nominal level."""
    frame = coverage.wide("stat")
    words = coverage.wide()
    for name in ("estimate", "conf.low", "conf.high", "nominal"):
        frame[name] = frame[name].astype(float)
    frame = frame.assign(judged=words["judged"], shown=words["estimate"])
    band = simulated.wide("stat").iloc[0]
    rows = frame.drop_duplicates(["group1_level", "group2_level"])
    families = rows["group1_level"].nunique()
    total = _row(simulated, "all")

    def draw(canvas: Canvas, narrow: bool) -> None:
        axes = canvas.subplots()
        axes.axvspan(float(band["band.low"]), float(band["band.high"]), color=COLOURS["pale"], lw=0)
        axes.axvline(frame["nominal"].iloc[0], color=COLOURS["grey"], lw=1)
        _coverage_rows(axes, frame, rows, narrow=narrow)

    return Figure(
        title="Coverage of the intervals: nominal and simulated",
        alt=f"Dot plot of {total['n']} simulated coverages in {families} families about the "
        f"nominal {total['nominal']}: {total['below']} below, {total['near']} near and "
        f"{total['above']} above it, from {total['min']} to {total['max']}.",
        draw=draw,
        height=1.0 + 0.245 * (len(rows) + 1.35 * families),
        narrow_height=1.1 + 0.33 * (len(rows) + 0.9 * families),
        results=combine([coverage, simulated]),
        caption=f"One dot an interval and setting, {total['draws']} data sets each "
        f"({total['fewest']} of the mixed model), its bar the 95 % Monte-Carlo interval; from top "
        "to bottom, and from left to right in the numbers, the settings of the table below. "
        "Shaded: where 95 % of dots lie if the true coverage is the nominal one, so that one dot "
        "in twenty falls outside by chance; the colours allow for that. Exact intervals of counts "
        "lie above the level by construction.",
    )


def _coverage_rows(axes: Axes, frame: pd.DataFrame, rows: pd.DataFrame, *, narrow: bool) -> None:
    """Draw one line per interval under the name of its family, its settings as dots."""
    left = axes.get_yaxis_transform()
    y, previous, ticks = 0.0, "", []
    for family, interval in rows[["group1_level", "group2_level"]].itertuples(index=False):
        if family != previous:
            y -= 1.35 if previous else 1.0
            axes.text(0, y, family, weight="bold", va="center", transform=left)
            y, previous = y - 1.0, family
        dots = frame[(frame["group1_level"] == family) & (frame["group2_level"] == interval)]
        spread = np.linspace(0.24, -0.24, len(dots)) if len(dots) > 1 else np.zeros(1)
        for dot, shift in zip(dots.to_dict("records"), spread, strict=True):
            colour = JUDGED[dot["judged"]]
            axes.plot([dot["conf.low"], dot["conf.high"]], [y + shift] * 2, color=colour, lw=1.2)
            axes.plot(dot["estimate"], y + shift, "o", ms=4.2, color=colour, mew=0)
        if not narrow:
            numbers = " · ".join(text.partition("\u202f")[0] for text in dots["shown"])
            axes.text(1.01, y, numbers, va="center", fontsize=8, transform=left)
        ticks.append((y, interval))
        y -= 1.0
    low = min(frame["conf.low"].min(), 2 * frame["nominal"].iloc[0] - 1)
    axes.set(ylim=(y + 0.4, 0.0), xlim=(low - 0.004, 1.002))
    names = [name.replace(", ", ",\n") if narrow else name for _, name in ticks]
    axes.set_yticks([at for at, _ in ticks], names, fontsize=8.5)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x", color=COLOURS["pale"], lw=0.6)
    axes.set_axisbelow(True)
    axes.xaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f} %")
    axes.set_xlabel("Coverage" if narrow else "Share of data sets whose interval holds the truth")
    for x, (word, colour) in zip((0.0, 0.2, 0.4), JUDGED.items(), strict=True):
        axes.text(x, 1.005, word, color=colour, fontsize=8.5, transform=axes.transAxes)
    axes.text(0.6, 1.005, "the nominal level", fontsize=8.5, transform=axes.transAxes)


def coverage_table(coverage: Results) -> Table:
    """Show the numbers behind the coverage figure."""
    return Table(
        title="Coverage of the intervals in numbers",
        results=coverage,
        groups="group1_level",
        labels={"group2_level": "Interval", "variable": "Setting"},
        columns=[
            Column("Coverage", "{estimate}"),
            Column("Monte-Carlo interval", "{conf.low} to {conf.high}"),
            Column("Nominal", "{nominal}"),
            Column("Draws", "{n}"),
            Column("Against the level", "{judged}"),
        ],
        footnotes=[
            "Monte-Carlo interval: 95 %, Wilson. Below and above: further from the level than "
            "chance explains among so many coverages (Bonferroni). The intervals of one setting "
            "see the same data sets. The mixed model is fitted to a fifth of the draws, because "
            "one fit takes some 13 ms."
        ],
        folded=True,
    )


def sources_table(sources: Results) -> Table:
    """Show every source of an outside number."""
    return Table(
        title="Sources of the outside numbers",
        results=sources,
        labels={"group1_level": "Source"},
        columns=[
            Column("What it is", "{title}", "text"),
            Column("Where", "{address}", "text"),
            Column("Quantities", "{n}"),
        ],
        folded=True,
    )
