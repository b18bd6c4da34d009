"""Figures: drawn by matplotlib in two widths, with alt text, and with their data as results."""

from __future__ import annotations

import io
import logging
import os
import warnings
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.brief import brief
from analysis.display.crowding import crowded
from analysis.display.finished import FIGURES_FOLDER
from analysis.display.html import BADGES, badge_words
from analysis.display.layout import lay_out, leave_room
from analysis.display.lettering import make_drawable
from analysis.display.pictures import NARROW_FILE, Picture, caption_html, picture_html
from analysis.display.shown import Displayed, plan_footnotes, statuses
from analysis.display.undrawn import Undrawn, why_not
from analysis.errors import warnings_are_errors
from analysis.results import Results
from analysis.words import slug

if TYPE_CHECKING:
    import matplotlib.axes
    import matplotlib.figure
    from PIL.Image import Image

    Axes = matplotlib.axes.Axes
    Canvas = matplotlib.figure.Figure
else:
    # Imported late: text forms and the command line do not need matplotlib.
    Axes = Canvas = Image = Any

WIDE, NARROW = 8.4, 3.9
"""Inches. At 100 dots an inch these are the widths of the text on a desk and on a phone, so
that letters keep their size on both."""
RESOLUTION = 160
COLOURS = {
    "blue": "#0072B2",
    "orange": "#D55E00",
    "green": "#009E73",
    "purple": "#8A2BE2",
    "brown": "#57330F",
    "pink": "#CC79A7",
    "grey": "#6B7280",
    "ink": "#1F2933",
    "pale": "#D9DEE4",
}
"""The first three and pink are Okabe and Ito's; any colour vision tells each from the others."""
BEHIND = {"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1.0}
"""Ground of a text that lies over lines or areas."""
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
    # Names of the data may hold a dollar sign; nothing of ours is a formula.
    "text.parse_math": False,
    "figure.facecolor": "white",
}

ROOM = (1.0, 0.6, 0.3)
"""Shares of the usual length to which names of the data are cut until the axes have room."""
MARK_ROOM = 0.2
"""Inches at the foot of a drawing of synthetic data, where it says that it is no evidence."""
FILE_NAME = 60
"""Letters of a title that the file name of its figure takes over."""

Draw = Callable[["Canvas", bool], None]


def file_stem(number: int, title: str) -> str:
    """Return the file name of a figure by its place on the page, without the ending.

    Examples
    --------
    >>> file_stem(3, "Height velocity, cm/year (Turner)")
    '03-height-velocity-cm-year-turner'
    """
    return f"{number:02d}-{slug(title, FILE_NAME) or 'figure'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A drawing; what stands in it in place of a text → that text; words that collide."""

    pixels: Image
    svg: bytes
    cut: dict[str, str]
    crowded: tuple[str, ...]
    narrow: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """A drawing with every word in its place, what was cut in it, and what still collides."""

    canvas: Canvas
    pixels: Image
    cut: dict[str, str]
    crowded: list[str]


@brief(show=("title", "alt"))
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
    number
        Its place among the figures of its page, for the names of its files.
    """

    title: str
    alt: str
    draw: Draw
    height: float
    narrow_height: float
    results: Results = field(default_factory=Results)
    caption: str = ""
    number: int = 0

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
        status = badge_words(statuses(self.results))
        heading = f"[figure] {self.title} [{status}]" if status else f"[figure] {self.title}"
        return "\n".join([heading, f"  {self.alt}", *(f"  {note}" for note in self.notes())])

    def png(self, *, narrow: bool = False) -> bytes:
        """Return the drawing as PNG; the same data give the same bytes."""
        return self._picture(self.drawn(narrow=narrow)).png

    def svg(self) -> bytes:
        """Return the wide drawing as SVG, its letters as outlines; the same data, same bytes."""
        return self.drawn(narrow=False, vector=True).svg

    def drawn(self, *, narrow: bool, vector: bool = False) -> Drawn:
        """Return the drawing, with `vector` as SVG, too."""
        # On a new machine matplotlib says that it builds a font cache; on a page that is noise.
        logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)
        import matplotlib

        # The salt fixes the ids inside an SVG; to name a backend would look for a window.
        style: Any = {**matplotlib.rcParamsDefault, **STYLE, "svg.hashsalt": "analysis"}
        del style["backend"]
        with matplotlib.rc_context(style), warnings.catch_warnings():
            # A drawing without room for its axes is a warning of matplotlib, and no drawing.
            warnings.simplefilter("error", UserWarning)
            fitted = self._fitted(narrow=narrow)
            svg = _svg(fitted.canvas, self._about()) if vector else b""
        return Drawn(
            pixels=fitted.pixels, svg=svg, cut=fitted.cut, crowded=tuple(fitted.crowded),
            narrow=narrow,
        )  # fmt: skip

    def _fitted(self, *, narrow: bool) -> Fitted:
        """Draw with names of the data cut until the axes have room and no word hides another."""
        *roomy, tight = ROOM
        fitting = []
        for room in roomy:
            with suppress(UserWarning):
                fitting.append(self._laid_out(narrow=narrow, room=room))
                if not fitting[-1].crowded:
                    break
        if not fitting:
            return self._laid_out(narrow=narrow, room=tight)
        return min(fitting, key=lambda each: len(each.crowded))

    def _laid_out(self, *, narrow: bool, room: float) -> Fitted:
        """Draw with the names of the data cut to the share `room` of what usually fits."""
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure as Canvas

        mark = self._mark()
        size = (NARROW if narrow else WIDE, self._inches(narrow=narrow))
        canvas = Canvas(figsize=size, layout="constrained")
        # What lays it out and what draws it are one, which measures every text once.
        FigureCanvasAgg(canvas)
        self.draw(canvas, narrow)
        if mark:
            leave_room(canvas, MARK_ROOM)
        cut = make_drawable(canvas, narrow=narrow, room=room)
        lay_out(canvas, RESOLUTION)
        if mark:
            _write_mark(canvas, mark)
        return Fitted(canvas=canvas, pixels=_pixels(canvas), cut=cut, crowded=crowded(canvas))

    def _mark(self) -> str:
        """Return what the drawing itself says of its data: that they are no evidence, or nothing.

        A picture is copied without the badge beside it.
        """
        return BADGES["synthetic"] if "synthetic" in statuses(self.results) else ""

    def _inches(self, *, narrow: bool) -> float:
        """Return the height of a drawing with its mark."""
        own = self.narrow_height if narrow else self.height
        return own + (MARK_ROOM if self._mark() else 0.0)

    def _about(self) -> dict[str, Any]:
        """Return the words inside an SVG; no date, so that the same data give the same bytes."""
        words = badge_words(statuses(self.results))
        about = {"Date": None, "Title": self.title, "Description": self.alt}
        return about | ({"Source": words} if words else {})

    def html(self) -> str:
        """Return the figure as HTML with both drawings inside, or why it could not be drawn."""
        wide, narrow = (self._picture_or_reason(narrow=each) for each in (False, True))
        for each in (wide, narrow):
            if isinstance(each, Undrawn):
                return each.html()
        return picture_html(wide, narrow.png)

    def _picture(self, drawn: Drawn) -> Picture:
        """Return a drawing with the words around it.

        A text that the drawing cannot hold stands in full among the notes.
        """
        cut = dict.fromkeys(drawn.cut.values())
        return Picture.of_pixels(
            drawn.pixels,
            drawn.crowded,
            title=self.title,
            alt=self.alt,
            statuses=tuple(statuses(self.results)),
            notes=(*self.notes(), *(f"In full: {text}" for text in cut)),
            width=round((NARROW if drawn.narrow else WIDE) * 100),
            height=round(self._inches(narrow=drawn.narrow) * 100),
            stem=file_stem(self.number, self.title),
        )

    def _picture_or_reason(self, *, narrow: bool, folder: str = "") -> Any:
        """Return the picture, or why there is none; what stands beside it goes into a folder."""
        try:
            drawn = self.drawn(narrow=narrow, vector=bool(folder))
            picture = self._picture(drawn)
            if folder:
                beside = Path(folder) / picture.stem
                beside.with_suffix(".svg").write_bytes(drawn.svg)
                Path(f"{beside}{NARROW_FILE}").write_bytes(self.png(narrow=True))
            return picture
        except Exception as error:
            # Its numbers stand in the tables and its words in the alt text: the page goes on.
            return why_not(self.title, error, alt=self.alt, results=self.results)

    def _ipython_display_(self) -> None:
        """Show the words and the picture as two outputs.

        A picture inside of HTML is lost wherever HTML is cleaned or not shown: GitHub's preview,
        LaTeX, slides. As an output of its own it is kept, and the report joins both again. A
        report asks for the SVG and for the narrow drawing, too, as files.
        """
        from IPython.display import display

        with warnings_are_errors():
            picture = self._picture_or_reason(
                narrow=False, folder=os.environ.get(FIGURES_FOLDER, "")
            )
        if isinstance(picture, Undrawn):
            display(picture)
            return
        words = {"text/plain": self.text(), "text/html": caption_html(picture)}
        display(words, raw=True)
        data, metadata = picture.output()
        display(data, metadata=metadata, raw=True)


def _write_mark(canvas: Canvas, mark: str) -> None:
    canvas.text(
        0.995, 0.03 / canvas.get_figheight(), mark, ha="right", va="bottom", fontsize=8,
        color=COLOURS["orange"], weight="bold",
    )  # fmt: skip


def _pixels(canvas: Canvas) -> Image:
    """Return the drawing as it is on a screen."""
    from PIL import Image

    agg: Any = canvas.canvas
    agg.draw()
    return Image.frombuffer(
        "RGBA", agg.get_width_height(), agg.buffer_rgba(), "raw", "RGBA", 0, 1
    ).convert("RGB")


def _svg(canvas: Canvas, about: dict[str, Any]) -> bytes:
    file = io.BytesIO()
    canvas.savefig(file, format="svg", metadata=about)
    return file.getvalue()
