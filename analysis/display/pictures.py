"""A drawn figure: a picture and its words, as a notebook stores them and a page shows them."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd

from analysis.brief import brief
from analysis.display.html import badge_words, render

if TYPE_CHECKING:
    from PIL.Image import Image

PNG = "image/png"
ABOUT = "figure"
"""Key of an output's metadata under which a picture's words stand."""
SHADES = 96
"""Colours kept in the PNG, those that lie widest apart: enough for anti-aliased lines, and a third
of the bytes."""
COMPRESSION = 7
"""Of PNG: the two levels above save a tenth of the bytes and take four times as long."""
CROWDED = "Crowded"
"""Key of a PNG's text under which labels stand that cover one another or leave the paper."""
NARROW_FILE = "-narrow.png"
"""How the name of the file ends that holds the drawing for a phone."""


@brief(show=("title", "alt", "width", "height"))
@dataclass(frozen=True, slots=True)
class Picture:
    """One drawing of a figure.

    Parameters
    ----------
    png
        The drawing.
    title, alt, statuses, notes
        The words: title, what it shows, status of its data, sentences under it.
    width, height
        Pixels on the page.
    stem
        Name of the files of the figure, without the ending.
    """

    png: bytes
    title: str
    alt: str
    statuses: tuple[str, ...]
    notes: tuple[str, ...]
    width: int
    height: int
    stem: str

    @classmethod
    def of_pixels(cls, pixels: Image, crowded: Sequence[str] = (), **words: Any) -> Self:
        """Return the picture in few colours, a third of the bytes, and with its words inside.

        So a file has the words too, and says which of its labels cannot all be read.
        """
        from PIL.PngImagePlugin import PngInfo

        picture = cls(png=b"", **words)
        inside, filled = PngInfo(), io.BytesIO()
        inside.add_itxt("Title", picture.title)
        inside.add_itxt("Description", picture.alt)
        inside.add_itxt("Source", badge_words(picture.statuses))
        inside.add_itxt("Comment", "\n".join(picture.notes))
        if crowded:
            inside.add_itxt(CROWDED, "\n".join(crowded))
        in_few_colours(pixels).save(filled, "png", compress_level=COMPRESSION, pnginfo=inside)
        return replace(picture, png=filled.getvalue())

    def output(self) -> tuple[dict[str, str], dict[str, Any]]:
        """Return data and metadata of the output of a notebook that holds the picture.

        JupyterLab and nbconvert read size and alt text there; `of_output` reads it all.
        """
        about = {name: value for name, value in asdict(self).items() if name != "png"}
        size = {name: about.pop(name) for name in ("alt", "width", "height")}
        about |= {"statuses": list(self.statuses), "notes": list(self.notes)}
        data = {PNG: base64.b64encode(self.png).decode(), "text/plain": f"[picture] {self.title}"}
        return data, {PNG: size, ABOUT: about}

    @classmethod
    def of_output(cls, output: Any) -> Self | None:
        """Return the picture that an output of a notebook holds; None where it holds none."""
        metadata = output.get("metadata", {})
        if ABOUT not in metadata or PNG not in output.get("data", {}):
            return None
        words = {**metadata[PNG], **metadata[ABOUT]}
        words |= {name: tuple(words[name]) for name in ("statuses", "notes")}
        return cls(png=base64.b64decode(output["data"][PNG]), **words)


def in_few_colours(pixels: Image) -> Image:
    """Return a drawing in those `SHADES` of its colours that lie widest apart.

    It has a million pixels and a thousand colours: the palette is made of each colour once, and
    looked up for every pixel.
    """
    from PIL import Image
    from PIL.Image import Dither, Quantize

    drawn = np.asarray(pixels.convert("RGBA")).view("<u4")[..., 0]
    places, colours = pd.factorize(drawn.ravel())
    each_once = Image.frombytes("RGBA", (len(colours), 1), colours.astype("<u4").tobytes())
    few = each_once.convert("RGB").quantize(SHADES, Quantize.MAXCOVERAGE, dither=Dither.NONE)
    found = Image.fromarray(np.asarray(few)[0][places].reshape(drawn.shape), mode="P")
    found.putpalette(few.getpalette())
    return found


def caption_html(picture: Picture) -> str:
    """Return the words of a figure as HTML, for above the picture."""
    return render("caption", picture=picture)


def picture_html(wide: Picture, narrow: bytes) -> str:
    """Return a figure as HTML: its words, and the drawing that fits the screen.

    What only the narrow drawing had to cut stands among the notes as well.
    """
    notes = dict.fromkeys([*wide.notes, *_notes_inside(narrow)])
    return render(
        "figure",
        picture=replace(wide, notes=tuple(notes)),
        wide=base64.b64encode(wide.png).decode(),
        narrow=base64.b64encode(narrow).decode(),
    )


def _notes_inside(png: bytes) -> list[str]:
    from PIL import Image
    from PIL.PngImagePlugin import PngImageFile

    image = Image.open(io.BytesIO(png))
    text = image.text if isinstance(image, PngImageFile) else {}
    return str(text.get("Comment", "")).splitlines()
