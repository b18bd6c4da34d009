"""A diagram in its places: first across the paper, which wraps the text, then down."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from analysis.display.arrows import EXIT, HEAD, LANE, OVER, Arrow, Ground, Plan, Route, Way
from analysis.display.boxes import GAP, JOINED, PAD, SMALL, Box, Line, Placed, across, folded

EDGE, ROOM, NAMED = 2, EXIT + 6, 10
"""Pixels: around all, below a line of boxes, around the name of a band."""


@dataclass(frozen=True, slots=True)
class Band:
    """A named background behind rows `first` to `last`, counted from 0."""

    title: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Shade:
    """A band in its place: its upper and lower edge, and its name by the upper left."""

    top: float
    bottom: float
    title: str
    at: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Layout:
    """A diagram in its places, in pixels from the upper left."""

    width: float
    height: float
    boxes: Sequence[Placed]
    routes: Sequence[Route]
    shades: Sequence[Shade]


def arrange(
    rows: Sequence[Sequence[Box]],
    arrows: Sequence[Arrow],
    bands: Sequence[Band],
    *,
    width: float,
    narrow: bool,
) -> Layout:
    """Return where everything of a diagram stands, and how tall that is.

    Parameters
    ----------
    rows, arrows, bands
        As of a diagram.
    width
        Of the paper, in pixels.
    narrow
        Whether it is for the narrow drawing.
    """
    inset = PAD if bands else EDGE
    banded = {row for band in bands for row in range(band.first, band.last + 1)}
    gap = GAP[narrow]
    lines = list(folded(rows, width - 2 * inset, banded, gap=gap))
    plan = Plan(
        arrows,
        {box.name: (number, place) for number, line in enumerate(lines)
         for place, box in enumerate(line.boxes)},
    )  # fmt: skip
    left, right = inset + LANE * len(set(plan.lanes().values())), width - inset
    loose = [across(line, left, right, gap=_gap(line, plan, gap), narrow=narrow) for line in lines]
    labels = plan.labels(_named(loose), narrow=narrow)
    free = [_tallest(labels, plan, number) for number in range(len(lines))]
    spans = [_span(band, lines, SMALL.wrap(band.title, right - left, narrow=narrow))
             for band in bands]  # fmt: skip
    above = [free[number] + (HEAD if plan.enters(number) else 0) for number in range(len(lines))]
    set_down, height = _down(loose, above, spans, more=plan.leaves(len(lines) - 1))
    boxes = _named(set_down)
    ground = Ground(plan, boxes, [line[0].y for line in set_down], free)
    return Layout(
        width=width,
        height=height,
        boxes=list(boxes.values()),
        routes=[ground.route(arrow, labels.get(arrow, "")) for arrow in arrows],
        shades=[_shade(span, set_down, above, left) for span in spans],
    )


@dataclass(frozen=True, slots=True)
class _Span:
    """A band by its first and last line, and its name in lines."""

    title: str
    first: int
    last: int

    def name_height(self) -> float:
        return SMALL.extent(self.title)[1] + NAMED


def _span(band: Band, lines: Sequence[Line], title: str) -> _Span:
    """Return the lines of a band."""
    own = [number for number, line in enumerate(lines) if band.first <= line.row <= band.last]
    return _Span(title, own[0], own[-1])


def _named(lines: Sequence[Sequence[Placed]]) -> dict[str, Placed]:
    return {each.box.name: each for line in lines for each in line}


def _gap(line: Line, plan: Plan, usual: float) -> float:
    """Return how far the boxes of a line stand apart: further where an arrow runs between."""
    joined = {name for arrow in plan.those(Way.SIDEWAYS) for name in (arrow.start, arrow.end)}
    return JOINED if joined & {box.name for box in line.boxes} else usual


def _tallest(labels: Mapping[Arrow, str], plan: Plan, number: int) -> float:
    """Return how much the labels above a line take."""
    own = [text for arrow, text in labels.items() if plan.label_line(arrow) == number]
    return max((SMALL.extent(text)[1] + OVER for text in own), default=0.0)


def _down(
    lines: Sequence[Sequence[Placed]], above: Sequence[float], spans: Sequence[_Span], *, more: bool
) -> tuple[list[list[Placed]], float]:
    """Return the lines one below the other, and how far down they reach."""
    found: list[list[Placed]] = []
    y: float = EDGE
    for number, line in enumerate(lines):
        y += ROOM if number else 0
        y += max((span.name_height() for span in spans if span.first == number), default=0.0)
        y += above[number]
        height = max(each.needs() for each in line)
        found.append([replace(each, y=y, height=height) for each in line])
        y += height + (PAD if any(span.last == number for span in spans) else 0)
    return found, y + EDGE + (ROOM if more else 0)


def _shade(
    span: _Span, lines: Sequence[Sequence[Placed]], above: Sequence[float], left: float
) -> Shade:
    top = lines[span.first][0].y - above[span.first] - span.name_height()
    bottom = lines[span.last][0].bottom + PAD
    return Shade(top, bottom, span.title, (left, top + NAMED / 2))
