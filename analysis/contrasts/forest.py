"""Forests of contrasts: trials, a pooled diamond, a prediction interval, and what is missing."""

from collections.abc import Mapping, Sequence
from typing import Any

from analysis.display.figures import Figure
from analysis.display.forest_drawing import Forest, Margin
from analysis.display.forest_rows import Row
from analysis.display.rows import both, interval, number
from analysis.results import Results, reason_of

PRODUCTS = ("favours the reference product", "favours the test product")
"""What a difference below zero means and one above, test minus reference: more growth is better."""

Given = tuple[Mapping[Any, Any], Mapping[Any, Any]]
"""A row of results as written, and as numbers."""


def given_rows(results: Results) -> list[Given]:
    """Return each row of results as written and as numbers; none where there is but a reason."""
    return [] if reason_of(results) else list(zip(*both(results), strict=True))


def row_of(
    given: Given, *, detail: str, kind: str = "trial", label: str = "", wide: str = "prediction"
) -> Row:
    """Return a result as a row of a forest; without an estimate it says so.

    Parameters
    ----------
    given
        The result.
    detail, kind
        As in `Row`.
    label
        What is compared, where it is not the first name of the result.
    wide
        Begins the names of the limits that the thin bar joins.
    """
    row, value = given
    known = number(value, "estimate") is not None
    return Row(
        label=label or row["group1_level"],
        detail=detail,
        words=interval(row),
        kind=kind if known else "missing",
        estimate=number(value, "estimate"),
        low=number(value, "conf.low"),
        high=number(value, "conf.high"),
        wide_low=number(value, f"{wide}.low"),
        wide_high=number(value, f"{wide}.high"),
    )


def margins_of(named: Mapping[str, str], *several: Results) -> list[Margin]:
    """Return the first margin of each kind among results as lines, each value once.

    Parameters
    ----------
    named
        Statistic → how its line is called.
    several
        Results; of two with one value the first names the line.
    """
    found: dict[float, Margin] = {}
    for results in several:
        for name, words in named.items():
            rows = results.select(stat_name=name).frame
            if len(rows):
                value, shown = float(rows["stat"].iloc[0]), str(rows["stat_fmt"].iloc[0])
                found.setdefault(value, Margin(value, f"{words} {shown}"))
    return list(found.values())


def forest(
    rows: Sequence[Row],
    *,
    title: str,
    results: Results,
    xlabel: str,
    caption: str,
    favours: tuple[str, str] = PRODUCTS,
    margins: Sequence[Margin] = (),
    lead: str = "Forest plot",
) -> Figure:
    """Draw rows with their intervals and numbers, a line at zero and, if there is one, the margin.

    Parameters
    ----------
    rows
        From top to bottom.
    title, xlabel, caption
        Words around the figure.
    results
        The plotted numbers.
    favours
        What a difference below zero means, and one above.
    margins
        The dashed lines.
    lead
        Beginning of the alt text.
    """
    said = "; ".join(
        f"{row.label}{f' ({row.detail})' if row.detail else ''}: {row.words}" for row in rows
    )
    drawn = Forest(rows=rows, xlabel=xlabel, null=0.0, favours=favours, margins=margins)
    return Figure(
        title=title,
        alt=f"{lead}. {said}. Left of 0: {favours[0]}; right of it: {favours[1]}.",
        draw=drawn.draw,
        height=drawn.height(narrow=False),
        narrow_height=drawn.height(narrow=True),
        results=results,
        caption=caption,
    )
