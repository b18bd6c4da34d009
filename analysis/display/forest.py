"""A forest of differences: one row an estimate, with its interval and the bound drawn."""

import pandas as pd

from analysis.display.figures import COLOURS, Axes, Canvas, Figure
from analysis.display.reading import Reading
from analysis.display.rows import numbers
from analysis.results import Results


def forest_figure(
    results: Results, *, title: str, labels: list[str], unit: str, caption: str
) -> Figure | Reading:
    """Draw one row an estimate, with its interval and the bound of the verdict.

    Parameters
    ----------
    results
        Rows with ``estimate``, ``conf.low``, ``conf.high`` and, where there is one, ``bound``.
        A row without an estimate keeps its place.
    title, caption
        Above and below the figure.
    labels
        Level columns that name a row.
    unit
        Unit of the differences.

    Returns
    -------
    Figure or Reading
        A sentence where no row has an estimate: there is nothing to draw.
    """
    frame = numbers(results, "estimate", "conf.low", "conf.high", "bound")
    if frame["estimate"].isna().all():
        why = dict.fromkeys(results.select(stat_name="reason").frame["stat_fmt"])
        return Reading(
            [f"{title}: not drawn, because nothing is estimable{': ' if why else ''}"
             f"{'; '.join(why)}."],
            results,
        )  # fmt: skip
    words = results.wide()
    frame["label"] = frame[labels].agg(" ".join, axis=1).str.strip()
    bound = frame["bound"].dropna()

    def draw(canvas: Canvas, narrow: bool) -> None:
        axes = canvas.subplots()
        _forest(axes, frame, narrow=narrow)
        if len(bound):
            axes.axvline(bound.iloc[0], color=COLOURS["orange"], ls="--", lw=1.2)
            axes.annotate(
                f"bound {words['bound'].dropna().iloc[0]}",
                (bound.iloc[0], 1), (3, -2), xycoords=axes.get_xaxis_transform(),
                textcoords="offset points", color=COLOURS["orange"], fontsize=8.5, va="top",
            )  # fmt: skip
        axes.set_xlabel(f"Difference{f', {unit}' if unit else ''}")

    said = "; ".join(
        f"{label} {row['estimate']} ({row['conf.low']} to {row['conf.high']})"
        for label, row in zip(frame["label"], words.to_dict("records"), strict=False)
        if isinstance(row.get("estimate"), str)
    )
    return Figure(
        title=title,
        alt=f"Forest plot of differences in {unit or 'the endpoint'}: {said}.",
        draw=draw,
        height=1.3 + 0.36 * len(frame),
        narrow_height=1.5 + 0.5 * len(frame),
        results=results,
        caption=caption,
    )


def _forest(axes: Axes, frame: pd.DataFrame, *, narrow: bool) -> None:
    for y, row in enumerate(frame.to_dict("records")):
        if pd.notna(row["estimate"]):
            axes.plot([row["conf.low"], row["conf.high"]], [y, y], color=COLOURS["blue"], lw=2)
            axes.plot(row["estimate"], y, "o", color=COLOURS["blue"], ms=6)
        if narrow:
            axes.text(0, y - 0.3, row["label"], fontsize=8, transform=axes.get_yaxis_transform())
    axes.axvline(0, color=COLOURS["pale"], lw=1.2, zorder=0)
    axes.set_ylim(len(frame) - 0.4, -0.8)
    axes.set_yticks([] if narrow else range(len(frame)), [] if narrow else list(frame["label"]))
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
