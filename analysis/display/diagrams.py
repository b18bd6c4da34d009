"""Diagrams: boxes in rows and arrows between them, drawn as any other figure.

One mechanism for pathways, workflows and participant flow: rows of boxes from top to bottom,
arrows from box to box, and bands that name a run of rows. What it describes is laid out once for
a desk and once for a phone, with letters of one size.
"""

from collections import Counter
from collections.abc import Sequence

from analysis.display.arrangement import Band, Layout, Shade, arrange
from analysis.display.arrows import Arrow, Route
from analysis.display.boxes import DETAIL, PAD, SMALL, TITLE, Box, Placed
from analysis.display.figures import COLOURS, NARROW, WIDE, Axes, Canvas, Figure
from analysis.display.wrapping import DOTS
from analysis.results import Results

BAND = "#EEF1F4"
"""Half of the house's pale grey, so that ink is read on it."""
KINDS = {"plain": ("white", COLOURS["grey"]), "drug": ("#FDF0E6", COLOURS["orange"])}
"""Kind of a box → its ground and its edge."""
ABOVE = 4
"""Text stands on everything else."""


def diagram(
    *,
    title: str,
    alt: str,
    rows: Sequence[Sequence[Box]],
    arrows: Sequence[Arrow],
    bands: Sequence[Band] = (),
    results: Results | None = None,
    caption: str = "",
) -> Figure:
    """Return a diagram of boxes and arrows as a figure.

    Parameters
    ----------
    title
        What the diagram shows.
    alt
        The diagram in words: a reader who cannot see it has nothing else.
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

    Returns
    -------
    Figure
        Both drawings are as tall as their text needs.

    Raises
    ------
    ValueError
        If a row is empty, two boxes share a name, an arrow joins what is no box, or a label has
        no room.
    """
    _check(rows, arrows)
    wide, narrow = (
        arrange(rows, arrows, bands, width=inches * DOTS, narrow=inches == NARROW)
        for inches in (WIDE, NARROW)
    )

    def draw(canvas: Canvas, is_narrow: bool) -> None:
        _draw(canvas, narrow if is_narrow else wide)

    return Figure(
        title=title,
        alt=alt,
        draw=draw,
        height=wide.height / DOTS,
        narrow_height=narrow.height / DOTS,
        results=Results() if results is None else results,
        caption=caption,
    )


def _check(rows: Sequence[Sequence[Box]], arrows: Sequence[Arrow]) -> None:
    if not rows or not all(rows):
        raise ValueError("every row of a diagram must hold a box")
    names = [box.name for row in rows for box in row]
    if len(set(names)) != len(names):
        raise ValueError(f"box names must differ; got {names}")
    for arrow in arrows:
        if unknown := {arrow.start, arrow.end} - set(names):
            raise ValueError(f"arrows must join boxes of the diagram; got {sorted(unknown)}")
        if arrow.start == arrow.end:
            raise ValueError(f"an arrow must join two boxes; got {arrow.start!r} twice")
    row_of = {box.name: number for number, row in enumerate(rows) for box in row}
    down = [arrow for arrow in arrows if row_of[arrow.start] != row_of[arrow.end]]
    starts, ends = (Counter(getattr(each, end) for each in down) for end in ("start", "end"))
    for arrow in arrows:
        alone = starts[arrow.start] == 1 or ends[arrow.end] == 1
        if arrow.label and not (alone and row_of[arrow.end] == row_of[arrow.start] + 1):
            raise ValueError(
                "an arrow with a label must run to the next row, alone at its start or its end; "
                f"got {arrow.label!r}"
            )


def _draw(canvas: Canvas, layout: Layout) -> None:
    """Draw a layout on an empty canvas, with its pixels as coordinates."""
    # Everything has its place, and there are no axes to make room for.
    canvas.set_layout_engine("none")
    axes = canvas.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, layout.width), ylim=(layout.height, 0))
    axes.set_axis_off()
    for shade in layout.shades:
        _draw_shade(axes, shade, layout.width)
    for route in layout.routes:
        _draw_route(axes, route)
    for box in layout.boxes:
        _draw_box(axes, box)


def _draw_shade(axes: Axes, shade: Shade, width: float) -> None:
    _rectangle(axes, 0, shade.top, width, shade.bottom - shade.top, BAND, BAND)
    # Where an arrow crosses the name, the name stands on it.
    patch = {"facecolor": BAND, "edgecolor": "none", "pad": 1}
    axes.text(*shade.at, shade.title, va="top", bbox=patch, zorder=ABOVE, **SMALL.options())


def _draw_route(axes: Axes, route: Route) -> None:
    from matplotlib.patches import FancyArrowPatch
    from matplotlib.path import Path

    style = "-|>,head_length=7,head_width=3.5"
    axes.add_patch(
        FancyArrowPatch(
            path=Path(list(route.corners)), arrowstyle=style, shrinkA=0, shrinkB=0,
            mutation_scale=1, color=COLOURS["grey"], linewidth=1.1, joinstyle="miter", zorder=2,
        )
    )  # fmt: skip
    if route.label:
        axes.text(*route.label_at, route.label, va="top", zorder=ABOVE, **SMALL.options())


def _draw_box(axes: Axes, placed: Placed) -> None:
    fill, line = KINDS[placed.box.kind]
    _rectangle(axes, placed.x, placed.y, placed.width, placed.height, fill, line)
    for letters, text, y in (
        (TITLE, placed.title, placed.y + PAD),
        (DETAIL, placed.detail, placed.detail_y),
    ):
        if text:
            axes.text(placed.centre, y, text, va="top", ha="center", zorder=ABOVE,
                      **letters.options())  # fmt: skip


def _rectangle(
    axes: Axes, x: float, y: float, width: float, height: float, fill: str, line: str
) -> None:
    from matplotlib.patches import FancyBboxPatch

    axes.add_patch(
        FancyBboxPatch(
            (x, y), width, height, boxstyle="round,pad=0,rounding_size=4", facecolor=fill,
            edgecolor=line, linewidth=1.0, zorder=3 if line != fill else 1,
        )
    )  # fmt: skip
