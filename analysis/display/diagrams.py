"""Diagrams: boxes in rows and arrows between them, drawn as text that scales.

One mechanism for pathways, workflows and participant flow: rows of boxes from top to bottom,
arrows from box to box, and bands that name a run of rows. The drawing is inline SVG with real
text, laid out once for a desk and once for a phone.
"""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, field

from analysis.display.html import render
from analysis.display.shown import Displayed, statuses
from analysis.results import Results

WIDE, NARROW = 760, 358
"""Pixels of the two layouts."""
LINE, PAD, GAP, ROW_GAP, BAND_PAD = 18, 10, 16, 40, 26
"""Pixels: a line of text, the inside of a box, between boxes, between rows, above a band."""
LETTER, BOLD_LETTER = 7.2, 8.2
"""Pixels: mean width of a letter at 14 px, rounded up so that wrapped lines fit."""


@dataclass(frozen=True, slots=True)
class Box:
    """A box: a name that arrows refer to, a bold first line and further lines."""

    name: str
    title: str
    detail: str = ""
    kind: str = "plain"


@dataclass(frozen=True, slots=True)
class Arrow:
    """An arrow from one box to another; in one row it runs sideways."""

    start: str
    end: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Band:
    """A named background behind rows `first` to `last`, counted from 0."""

    title: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class _Placed:
    box: Box
    x: float
    y: float
    width: float
    height: float
    title: list[str]
    detail: list[str]


@dataclass(frozen=True, slots=True)
class Diagram(Displayed):
    """A titled diagram of boxes and arrows.

    Parameters
    ----------
    title
        What the diagram shows.
    alt
        The diagram in words.
    rows
        Boxes from top to bottom; those of one row stand side by side.
    arrows
        Arrows between boxes, by name.
    bands
        Named backgrounds behind runs of rows.
    results
        The numbers in the boxes, where there are any.
    caption
        A sentence under the diagram.
    """

    title: str
    alt: str
    rows: Sequence[Sequence[Box]]
    arrows: Sequence[Arrow]
    bands: Sequence[Band] = ()
    results: Results = field(default_factory=Results)
    caption: str = ""

    def __post_init__(self) -> None:
        names = [box.name for row in self.rows for box in row]
        if len(set(names)) != len(names):
            raise ValueError(f"box names must differ; got {names}")
        for arrow in self.arrows:
            if unknown := {arrow.start, arrow.end} - set(names):
                raise ValueError(f"arrows must join boxes of the diagram; got {sorted(unknown)}")

    @property
    def name(self) -> str:
        """Title, which tells it from others on its page."""
        return self.title

    def text(self) -> str:
        """Return title and alt text."""
        return "\n".join([f"[diagram] {self.title}", f"  {self.alt}"])

    def html(self) -> str:
        """Return both layouts as inline SVG; the stylesheet shows the one that fits."""
        return render(
            "diagram",
            title=self.title,
            alt=self.alt,
            layouts=[("wide", *self._layout(WIDE)), ("narrow", *self._layout(NARROW))],
            statuses=statuses(self.results),
            notes=[self.caption] if self.caption else [],
            name="-".join(self.title.lower().split()),
            line=LINE,
            pad=PAD,
        )

    def _layout(self, width: int) -> tuple[int, float, list[dict], list[_Placed], list[dict]]:  # type: ignore[type-arg]
        placed: dict[str, _Placed] = {}
        spans: list[tuple[float, float]] = []
        y = 4.0
        for index, row in enumerate(self.rows):
            if any(band.first == index for band in self.bands):
                y += BAND_PAD
            boxes = _place_row(row, y, width, inset=PAD if self.bands else 1)
            height = max(box.height for box in boxes)
            placed |= {box.box.name: box for box in boxes}
            spans.append((y, y + height))
            y += height + ROW_GAP
            if any(band.last == index for band in self.bands):
                y += PAD
        total = y - ROW_GAP + 6
        bands = [
            {
                "title": band.title,
                "y": spans[band.first][0] - BAND_PAD,
                "height": spans[band.last][1] - spans[band.first][0] + BAND_PAD + PAD,
            }
            for band in self.bands
        ]
        paths = [_path(placed[arrow.start], placed[arrow.end], arrow) for arrow in self.arrows]
        return width, total, bands, list(placed.values()), paths


def _place_row(row: Sequence[Box], y: float, width: float, inset: float) -> list[_Placed]:
    room = width - 2 * inset
    each = (room - GAP * (len(row) - 1)) / len(row)
    # One box alone would be a bar across the page.
    each = min(each, 380.0 if len(row) == 1 else each)
    left = inset + (room - each * len(row) - GAP * (len(row) - 1)) / 2
    plain, bold = (max(int((each - PAD) / letter), 3) for letter in (LETTER, BOLD_LETTER))
    wrapped = [(textwrap.wrap(box.title, bold), textwrap.wrap(box.detail, plain)) for box in row]
    height = max(len(title) + len(detail) for title, detail in wrapped) * LINE + 2 * PAD
    return [
        _Placed(box, left + index * (each + GAP), y, each, height, title, detail)
        for index, (box, (title, detail)) in enumerate(zip(row, wrapped, strict=True))
    ]


def _path(start: _Placed, end: _Placed, arrow: Arrow) -> dict:  # type: ignore[type-arg]
    if start.y == end.y:
        rightward = start.x < end.x
        x1 = start.x + start.width if rightward else start.x
        x2 = end.x - 3 if rightward else end.x + end.width + 3
        y = start.y + start.height / 2
        return {"d": f"M{x1:.1f},{y:.1f}H{x2:.1f}", "label": "", "x": 0, "y": 0}
    x1, y1 = start.x + start.width / 2, start.y + start.height
    x2, y2 = end.x + end.width / 2, end.y - 3
    middle = y1 + 14
    bend = f"V{middle:.1f}H{x2:.1f}" if abs(x1 - x2) > 1 else ""
    return {
        "d": f"M{x1:.1f},{y1:.1f}{bend}V{y2:.1f}",
        "label": arrow.label,
        "x": round(x2 + 8, 1),
        "y": round(y1 + 28, 1),
    }
