"""Figures: drawn by matplotlib in two widths, with alt text, and with their data as results."""

from __future__ import annotations

import base64
import io
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from analysis.display.html import BADGES, render
from analysis.display.shown import Displayed, plan_footnotes, statuses
from analysis.results import Results

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

WIDE, NARROW = 8.4, 3.9
"""Inches. At 100 dots an inch these are the widths of the text on a desk and on a phone, so
that letters keep their size on both."""
RESOLUTION = 160
SHADES = 96
"""Colours kept in the PNG: enough for anti-aliased lines, and a third of the bytes."""
COLOURS = {
    "blue": "#0072B2",
    "orange": "#D55E00",
    "green": "#009E73",
    "purple": "#AA4499",
    "grey": "#6B7280",
    "ink": "#1F2933",
    "pale": "#D9DEE4",
}
"""Okabe and Ito's palette, distinguishable with any colour vision."""
STYLE: dict[str, object] = {
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "axes.titlesize": 11,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": COLOURS["grey"],
    "axes.labelcolor": COLOURS["ink"],
    "text.color": COLOURS["ink"],
    "xtick.color": COLOURS["grey"],
    "ytick.color": COLOURS["ink"],
    "axes.grid": False,
    "figure.facecolor": "white",
}

Draw = Callable[["Canvas", bool], None]


@dataclass(frozen=True, slots=True)
class Figure(Displayed):
    """A titled figure with alt text; its plotted data are its results.

    Parameters
    ----------
    title
        What the figure shows; stands above it, not inside.
    alt
        What a reader who cannot see the figure should know.
    draw
        Draws on an empty matplotlib figure; the second argument says whether it is narrow.
    height, narrow_height
        Inches, for the wide and for the narrow drawing.
    results
        The plotted numbers.
    caption
        A sentence under the figure: how to read it, the method, the source.
    """

    title: str
    alt: str
    draw: Draw
    height: float
    narrow_height: float
    results: Results = field(default_factory=Results)
    caption: str = ""

    def __post_init__(self) -> None:
        if len(self.alt.split()) < 4:
            raise ValueError(f"alt must describe the figure in a sentence; got '{self.alt}'")

    @property
    def name(self) -> str:
        """Title, which tells it from others on its page."""
        return self.title

    def notes(self) -> list[str]:
        """Return the caption and the stamp of an exploratory analysis."""
        return [*([self.caption] if self.caption else []), *plan_footnotes(self.results)]

    def text(self) -> str:
        """Return title, status and alt text."""
        status = "; ".join(BADGES[name] for name in statuses(self.results))
        heading = f"[figure] {self.title} [{status}]" if status else f"[figure] {self.title}"
        return "\n".join([heading, f"  {self.alt}", *(f"  {note}" for note in self.notes())])

    def png(self, *, narrow: bool = False) -> bytes:
        """Return the drawing as PNG; the same data give the same bytes."""
        # On a new machine matplotlib says that it builds a font cache; on a page that is noise.
        logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)
        # Imported late: text forms and the command line do not need matplotlib.
        import matplotlib
        from matplotlib.figure import Figure as Canvas
        from PIL import Image

        style: Any = {**matplotlib.rcParamsDefault, **STYLE}
        size = (NARROW, self.narrow_height) if narrow else (WIDE, self.height)
        with matplotlib.rc_context(style):
            canvas = Canvas(figsize=size, layout="constrained")
            self.draw(canvas, narrow)
            drawn, small = io.BytesIO(), io.BytesIO()
            canvas.savefig(drawn, format="png", dpi=RESOLUTION)
        picture = Image.open(drawn).convert("RGB").quantize(SHADES, dither=Image.Dither.NONE)
        picture.save(small, format="png", optimize=True)
        return small.getvalue()

    def html(self) -> str:
        """Return the figure as HTML with both drawings inside."""
        return render(
            "figure",
            title=self.title,
            alt=self.alt,
            wide=base64.b64encode(self.png()).decode(),
            narrow=base64.b64encode(self.png(narrow=True)).decode(),
            width=round(WIDE * 100),
            height=round(self.height * 100),
            statuses=statuses(self.results),
            notes=self.notes(),
        )
