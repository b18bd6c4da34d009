import io
from typing import Any

import pytest
from PIL import Image

from analysis.display import Figure, Reading


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
