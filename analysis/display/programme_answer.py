"""How the first screen of notebook 1 looks: the answer, and the product's own single arms."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis.display.figures import COLOURS, Figure
from analysis.display.reading import Reading
from analysis.display.sections import numbers
from analysis.results import NOT_ESTIMABLE, Results, combine
from analysis.words import counted

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

NO_SINGLE_ARM = "The ledger has no single-arm study of this product."
TIMES = {"Baseline": ("before", COLOURS["grey"]), "Month 12": ("first year", COLOURS["orange"])}
"""Time → its word in the figure, and its colour."""


def answer(contrast: Sequence[str], of: Results, own: Results, severities: Results) -> Reading:
    """Say what is known of the product: the contrast, its own single arms, and the audit.

    Parameters
    ----------
    contrast, of
        Sentences on the randomised contrast, and the results they rest on.
    own
        The product's own single-arm studies.
    severities
        How many findings of each severity the audit has.
    """
    counts = dict(severities.frame[["group1_level", "stat_fmt"]].itertuples(index=False))
    sentences = [
        *contrast,
        *own_sentences(own),
        _audit_words(int(counts["all"]), int(counts.get("error", 0))),
    ]
    return Reading(sentences, combine([of, own, severities]), heading="The answer")


def _audit_words(findings: int, errors: int) -> str:
    """Say how much the audit finds; an error is a value unfit for use, or one left out."""
    said = f"The source audit of the studies shown lists {counted(findings, 'finding')}"
    if not findings:
        return f"{said}."
    return (
        f"{said}, {counted(errors) if errors else 'none'} of them so grave that what is "
        "printed cannot carry a result."
    )


def own_sentences(own: Results) -> list[str]:
    """Say how each single-arm study of the product grew, or that it is not known."""
    rows = own.wide().to_dict("records")
    return [
        _unknown(row) if row.get("conclusion") else _growth(row)
        for row in rows
        if row.get("conclusion") or row["variable_level"] == "Month 12"
    ]


def _unknown(row: dict[str, str]) -> str:
    return f"{row['group1_level']}: {row['conclusion']}; a report of its growth: {row['reason']}."


def _growth(row: dict[str, str]) -> str:
    spread = (
        f" (SD {row['sd']}, {row['conf.level']} interval of the mean {row['conf.low']} to "
        f"{row['conf.high']})"
        if isinstance(row.get("conf.low"), str)
        else ""
    )
    inferred = (
        f" That the report read, {row['report']}, is of this study is {row['identity']}."
        if isinstance(row.get("identity"), str)
        else ""
    )
    n = f"{row['n']} participants" if isinstance(row.get("n"), str) else "the participants"
    return (
        f"{row['group1_level']}: {n} grew {row['mean']} cm/year on average in the first year "
        f"on treatment"
        f"{spread}; a single arm, so there is nothing to compare with.{inferred}"
    )


def own_growth_figure(own: Results) -> Figure | Reading:
    """Draw height velocity before and in the first year of treatment, study by study."""
    if not len(own.select(stat_name="mean")):
        return Reading([NO_SINGLE_ARM], own)
    frame = numbers(own, "n", "mean", "sd", "conf.low", "conf.high").assign(
        shown=own.wide()["mean"]
    )
    frame["group1_level"] = [_named(row) for row in frame.to_dict("records")]
    names = list(dict.fromkeys(frame["group1_level"]))

    def draw(canvas: Canvas, _narrow: bool) -> None:
        axes = canvas.subplots()
        for y, name in enumerate(reversed(names)):
            _study(axes, y, frame[frame["group1_level"] == name])
        _frame(axes, names, frame)

    means = own.select(stat_name="mean").frame
    words = ", ".join(
        f"{name} {row['variable_level'].lower()} {row['stat_fmt']}"
        for name, row in zip(
            frame.loc[frame["mean"].notna(), "group1_level"], means.to_dict("records"), strict=True
        )
    )
    return Figure(
        title="Single arms: height velocity before treatment and in the first year",
        alt=f"Dot plot of mean height velocity in cm/year: {words}.",
        draw=draw,
        height=1.4 + 0.6 * len(names),
        narrow_height=1.6 + 0.7 * len(names),
        results=own,
        caption="Dots are means, bars their t intervals at the level of this run: grey before "
        "treatment, orange in the first year. The values are those of the independent reports.",
    )


def _named(row: dict[Hashable, Any]) -> str:
    """Return a study's name, and that its report's identity is a guess where it is one."""
    if isinstance(row.get("identity"), str):
        return f"{row['group1_level']} (identity {row['identity']})"
    return str(row["group1_level"])


def _study(axes: Axes, y: int, rows: pd.DataFrame) -> None:
    """Draw one study: its two means with their intervals, or that it is not estimable."""
    known = rows[rows["mean"].notna()]
    if known.empty:
        axes.text(0.4, y, NOT_ESTIMABLE, va="center", color=COLOURS["grey"], style="italic")
        return
    axes.plot(known["mean"], [y] * len(known), color=COLOURS["pale"], lw=3)
    for row in known.to_dict("records"):
        word, colour = TIMES[row["variable_level"]]
        axes.plot([row["conf.low"], row["conf.high"]], [y, y], color=colour, lw=2.5)
        axes.plot(row["mean"], y, "o", color=colour, ms=7)
        for text, offset, weight in ((row["shown"], 9, "bold"), (word, -17, "normal")):
            axes.annotate(
                text, (row["mean"], y), (0, offset), textcoords="offset points", ha="center",
                color=colour, weight=weight,
            )  # fmt: skip


def _frame(axes: Axes, names: Sequence[str], frame: pd.DataFrame) -> None:
    highest = frame[["mean", "conf.high"]].max(axis=None)
    axes.set(xlim=(0, 1.15 * highest), ylim=(-0.6, len(names) - 0.4))
    axes.set_xlabel("Height velocity, cm/year")
    axes.set_yticks(
        range(len(names)),
        [name.replace(", ", ",\n").replace(" (", "\n(") for name in reversed(names)],
    )
    axes.tick_params(axis="y", length=0)
