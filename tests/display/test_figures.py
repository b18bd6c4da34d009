import io
from typing import Any

import pandas as pd
import pytest
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.transforms import Bbox
from PIL import Image

from analysis.display import Figure, Reading
from analysis.display.figures import MARK_ROOM, RESOLUTION
from analysis.results import Results, rows_of


def draw(canvas: Any, narrow: bool) -> None:
    axes = canvas.subplots()
    axes.plot([0, 1], [0, 2 if narrow else 1])


def figure(**options: Any) -> Figure:
    return Figure(
        **{
            "title": "A line",
            "alt": "A straight line that rises from left to right.",
            "draw": draw,
            "height": 2,
            "narrow_height": 3,
            **options,
        }
    )


def test_same_data_same_bytes() -> None:
    assert figure().png() == figure().png()
    assert figure().png() != figure().png(narrow=True)


def test_two_widths() -> None:
    wide, narrow = (Image.open(io.BytesIO(figure().png(narrow=n))) for n in (False, True))
    assert wide.width > 2 * narrow.width


def test_alt_text_is_required_and_shown() -> None:
    assert 'alt="A straight line' in figure().html()
    assert "A straight line" in figure().text()
    with pytest.raises(ValueError, match="alt must describe"):
        figure(alt="Figure 1")


def results_of(status: str) -> Results:
    rows = pd.DataFrame({"variable": ["x"], "estimate": [1.0]})
    return rows_of(rows, "x", context="test", decimals=0, data_status=status)


@pytest.mark.parametrize("narrow", [False, True])
def test_a_drawing_of_synthetic_data_says_so_itself(narrow: bool) -> None:
    """A picture is copied, and its file opened, without the badge beside it on the page."""
    marked, plain = (
        Image.open(io.BytesIO(figure(results=results_of(status)).png(narrow=narrow))).convert("RGB")
        for status in ("synthetic", "real")
    )
    room = round(MARK_ROOM * RESOLUTION)
    # The drawing keeps its size; the mark stands in room of its own below it.
    assert (marked.width, marked.height) == (plain.width, plain.height + room)
    foot = marked.crop((marked.width // 2, marked.height - room, marked.width, marked.height))
    orange = sum(r > 180 and 60 < g < 140 and b < 60 for r, g, b in foot.get_flattened_data())
    assert orange > 100
    beneath = plain.crop((plain.width // 2, plain.height - room, plain.width, plain.height))
    assert not any(r > 180 and 60 < g < 140 and b < 60 for r, g, b in beneath.get_flattened_data())


def test_an_svg_has_its_words_and_its_status_inside() -> None:
    svg = figure(results=results_of("synthetic")).svg().decode()
    assert "<dc:title>A line</dc:title>" in svg
    assert "Synthetic data: no evidence" in svg
    assert "Synthetic data" not in figure(results=results_of("published")).svg().decode()


def test_style_does_not_leak() -> None:
    import matplotlib

    before = dict(matplotlib.rcParams)
    figure().png()
    assert dict(matplotlib.rcParams) == before


def test_reading_with_and_without_a_box() -> None:
    assert "<section" in Reading(["It grew."], heading="The answer").html()
    assert "<section" not in Reading(["It < grew."]).html()
    assert "It &lt; grew." in Reading(["It < grew."]).html()
    assert Reading(["It grew."], heading="The answer").text() == "The answer\nIt grew."


def test_what_a_layout_adds_up_to_is_no_part_of_the_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The solver sums in the order of addresses, so the last digits of a place are chance."""
    execute = ConstrainedLayoutEngine.execute

    def svg_off_by(chance: float) -> bytes:
        def executed(engine: ConstrainedLayoutEngine, canvas: Any) -> None:
            execute(engine, canvas)
            for axes in canvas.axes:
                place = axes.get_position(original=True).get_points()
                axes.set_position(Bbox(place + chance), which="original")

        monkeypatch.setattr(ConstrainedLayoutEngine, "execute", executed)
        return figure().svg()

    assert svg_off_by(0.0) == svg_off_by(1e-15)
    assert svg_off_by(0.0) != svg_off_by(1e-3)
