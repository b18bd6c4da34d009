"""What every kernel would do first, done once by the server of which kernels are forks.

The server imports this module last. By then it holds all that its kernels share: none of it is
garbage of theirs, and a kernel that looked through it for garbage would make a copy of it all.
"""

import gc
from contextlib import suppress

from analysis.display.figures import Canvas, Figure
from analysis.display.html import FOLDER, environment


def _draw(canvas: Canvas, narrow: bool) -> None:
    axes = canvas.subplots()
    axes.plot([0, 1], [0, 1], label="a line")
    axes.legend()
    axes.set_xlabel("narrow" if narrow else "wide", weight="bold")


def rehearse() -> None:
    """Draw a figure and read the templates: fonts are found, and what they need is imported."""
    figure = Figure(
        title="Rehearsal", alt="A line that nobody looks at.", draw=_draw, height=2, narrow_height=2
    )
    figure.png()
    figure.svg()
    templates = environment(FOLDER / "templates")
    for name in templates.list_templates():
        templates.get_template(name)


with suppress(Exception):  # Whatever fails here fails again where a reader is told of it.
    rehearse()
gc.collect()
gc.freeze()
