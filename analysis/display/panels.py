"""Several panels of one drawing, each of which can be read by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas


def panels(canvas: Canvas, count: int, *, stacked: bool, one_scale: bool = True) -> list[Axes]:
    """Return panels beside one another or stacked, with one scale across.

    Parameters
    ----------
    canvas
        An empty drawing.
    count
        How many.
    stacked
        Whether one stands below the other; then each has the numbers of its own axis, since who
        reads the first on a phone does not see the last.
    one_scale
        Whether they have one scale up, too.
    """
    shape = (count, 1) if stacked else (1, count)
    made = canvas.subplots(*shape, sharex=True, sharey=one_scale, squeeze=False)
    for axes in made.ravel():
        axes.tick_params(labelbottom=True)
    return list(np.ravel(made))
