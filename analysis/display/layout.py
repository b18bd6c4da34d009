"""Where the axes of a drawing stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

DIGITS = 9
"""Of a place, as a share of the drawing: what is solved for has a last digit that is chance."""


def leave_room(canvas: Canvas, room: float) -> None:
    """Keep so many inches at the foot of a drawing free, whatever gives its axes their places."""
    from matplotlib.layout_engine import ConstrainedLayoutEngine, TightLayoutEngine

    engine, foot = canvas.get_layout_engine(), room / canvas.get_figheight()
    if isinstance(engine, ConstrainedLayoutEngine):
        engine.set(rect=(0.0, foot, 1.0, 1.0 - foot))
    elif isinstance(engine, TightLayoutEngine):
        engine.set(rect=(0.0, foot, 1.0, 1.0))
    else:
        for axes in canvas.axes:
            left, low, width, height = axes.get_position().bounds
            axes.set_position((left, foot + low * (1.0 - foot), width, height * (1.0 - foot)))


def lay_out(canvas: Canvas, resolution: float) -> None:
    """Find every place once; each saving would look for it twice, whatever its form.

    The solver of a layout takes its terms in the order in which they lie in memory, and adds up to
    another last digit in another process. The names inside an SVG would follow.
    """
    canvas.set_dpi(resolution)
    engine = canvas.get_layout_engine()
    if engine is None:
        return
    engine.execute(canvas)
    canvas.set_layout_engine(None)
    for axes in canvas.axes:
        place = axes.get_position(original=True).bounds
        axes.set_position(tuple(round(each, DIGITS) for each in place), which="original")
