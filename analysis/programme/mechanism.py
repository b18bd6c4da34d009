"""How growth hormone acts: a picture whose every word is a row of the ledger with its source."""

from collections.abc import Iterator, Sequence
from itertools import groupby

import pandas as pd

from analysis.display import Arrow, Band, Box, Figure, diagram
from analysis.display.reading import Absent
from analysis.display.tables import Column, Table
from analysis.programme.settings import ProgrammeRun
from analysis.programme.statements import statements
from analysis.results import Results, section
from analysis.words import begins_sentence

DRAWN = "confirmed"
"""Status of the statements that the picture shows; the table has the others, too."""


@section
def mechanism(run: ProgrammeRun) -> Results:
    """Return how growth hormone acts: every statement, its status, its source, what was read."""
    return statements(
        run,
        run.ledger.mechanism,
        "mechanism",
        "statement evidence status",
        group1_level="title",
        variable="words",
    )


@mechanism.shows
def mechanism_diagram(mechanism: Results, run: ProgrammeRun) -> Figure | Absent:
    """Draw the statements that a source confirms, from the hormone to growth and feedback."""
    return picture(run.ledger.mechanism, mechanism)


@mechanism.shows
def mechanism_table(mechanism: Results, _run: ProgrammeRun) -> Table:
    """Show every statement on how growth hormone acts with its source."""
    return Table(
        title="How somatropin acts: each statement and its source",
        results=mechanism,
        groups="group1_level",
        labels={"variable": "In the picture"},
        columns=[
            Column("Statement", "{statement}", "text"),
            Column("Status", "{status}", "status"),
            Column("Read of the source", "{evidence}", "text"),
            Column("Source", "{source.words}", "text"),
        ],
        footnotes=[
            f"The picture shows what is {DRAWN}: said by a source of which at least the part "
            "named here was read."
        ],
        folded=True,
    )


def picture(rows: pd.DataFrame, results: Results | None = None) -> Figure | Absent:
    """Draw statements on how growth hormone acts: their boxes, arrows and words.

    Parameters
    ----------
    rows
        ``data/published/mechanism.csv``: a row is a statement, and those of one box are its
        lines. A row that goes takes its words from the picture and from the description of it.
    results
        The statements as results.
    """
    drawn = rows[rows["status"] == DRAWN].sort_values("line", kind="stable")
    if drawn.empty:
        return Absent("no statement on how growth hormone acts is confirmed by a source")
    by_line = [own for _, own in drawn.groupby("line", sort=False)]
    arrows, lost = _arrows(drawn)
    caption = "Every line is a statement of the table below, with its source."
    if lost:
        caption += f" Arrows from what is not shown are left out: {', '.join(lost)}."
    return diagram(
        title="How somatropin acts",
        alt=" ".join(drawn["statement"]),
        rows=[_boxes(own) for own in by_line],
        arrows=arrows,
        bands=list(_bands([str(own["band"].iloc[0]) for own in by_line])),
        results=results,
        caption=caption,
    )


def _boxes(line: pd.DataFrame) -> list[Box]:
    """Return the boxes of a line, each with the words of its rows."""
    return [
        Box(
            str(name),
            own["title"].iloc[0],
            begins_sentence("; ".join(own["words"])),
            own["kind"].iloc[0],
        )
        for name, own in line.groupby("box", sort=False)
    ]


def _arrows(drawn: pd.DataFrame) -> tuple[list[Arrow], list[str]]:
    """Return the arrows between boxes, and the boxes that arrows come from and no row has."""
    boxes = drawn.drop_duplicates("box")
    arrows, lost = [], []
    for box, after in zip(boxes["box"], boxes["after"], strict=True):
        for each in filter(None, after.split("; ")):
            start, _, label = each.partition(": ")
            if start in set(boxes["box"]):
                arrows.append(Arrow(start, box, label))
            else:
                lost.append(start)
    return arrows, list(dict.fromkeys(lost))


def _bands(names: Sequence[str]) -> Iterator[Band]:
    """Yield the backgrounds: a name and the lines next to one another that share it."""
    for name, run in groupby(enumerate(names), key=lambda each: each[1]):
        lines = [number for number, _ in run]
        if name:
            yield Band(name, lines[0], lines[-1])
