import io
from typing import Any

import pytest
from PIL import Image

from analysis.display import Arrow, Band, Box, Diagram, Figure, Reading


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


def diagram(**options: Any) -> Diagram:
    return Diagram(
        **{
            "title": "Flow",
            "alt": "One box leads to two others.",
            "rows": [[Box("a", "Start")], [Box("b", "Left", "with detail"), Box("c", "Right")]],
            "arrows": [Arrow("a", "b"), Arrow("a", "c", "often"), Arrow("b", "c")],
            "bands": [Band("Below", 1, 1)],
            **options,
        }
    )


def test_diagram_is_text_that_scales() -> None:
    text = diagram().html()
    assert text.count("<svg") == 2
    assert 'role="img" aria-label="One box leads to two others."' in text
    assert "with detail" in text
    assert text.count('marker-end="url(#wide-flow)"') == 3
    assert diagram().text() == "[diagram] Flow\n  One box leads to two others."


def test_boxes_stay_inside_the_drawing() -> None:
    for width in (760, 358):
        _, total, bands, boxes, _ = diagram()._layout(width)
        assert all(box.x > 0 and box.x + box.width < width for box in boxes)
        assert all(box.y + box.height < total for box in boxes)
        assert all(band["y"] >= 0 for band in bands)


def test_diagram_refuses_loose_ends() -> None:
    with pytest.raises(ValueError, match="arrows must join boxes"):
        diagram(arrows=[Arrow("a", "x")])
    with pytest.raises(ValueError, match="box names must differ"):
        diagram(rows=[[Box("a", "1"), Box("a", "2")]], arrows=[])


def test_reading_with_and_without_a_box() -> None:
    assert "<section" in Reading(["It grew."], heading="The answer").html()
    assert "<section" not in Reading(["It < grew."]).html()
    assert "It &lt; grew." in Reading(["It < grew."]).html()
    assert Reading(["It grew."], heading="The answer").text() == "The answer\nIt grew."
