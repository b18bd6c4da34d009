"""Diagrams as drawn: every text in its box, every arrow from box to box, in both widths."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure as Canvas
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from matplotlib.path import Path
from matplotlib.text import Text
from matplotlib.transforms import Bbox
from PIL import Image

from analysis.display import Arrow, Band, Box, Figure, diagram
from analysis.display.figures import NARROW, RESOLUTION, WIDE
from analysis.display.lettering import make_drawable
from analysis.display.wrapping import Letters

BOTH = pytest.mark.parametrize("narrow", [False, True], ids=["wide", "narrow"])
LONG = "Somatropin 0.24 mg/kg/week, high-dose group, subcutaneously"
HOSTILE = [
    LONG, LONG.replace(" ", "_"), "W" * 60, "i" * 60, "$x_1$ and $y", "成長ホルモン製剤投与群",
    "زيارة", "🤕", "𞸧", "__", "<b>bold</b> & co", "'\"/%{}\\", "A", "e\u0301" * 30,
]  # fmt: skip


@dataclass(frozen=True)
class Drawn:
    """What stands on a finished drawing, in pixels from the lower left."""

    paper: Bbox
    boxes: list[Bbox]
    texts: list[tuple[str, Bbox]]
    arrows: list[list[tuple[float, float]]]
    changed: dict[str, str]

    def inside(self, box: Bbox) -> list[str]:
        """Return the texts that stand in a box as a whole."""
        return [text for text, own in self.texts if holds(box, own)]


def holds(outer: Bbox, inner: Bbox, slack: float = 0.5) -> bool:
    return bool(
        outer.x0 - slack <= inner.x0
        and inner.x1 <= outer.x1 + slack
        and outer.y0 - slack <= inner.y0
        and inner.y1 <= outer.y1 + slack
    )


def corners(arrow: FancyArrowPatch) -> list[tuple[float, float]]:
    """Return where the line of an arrow turns, from its start to its tip; its head comes after."""
    path = arrow.get_path()
    head = list(path.codes).index(Path.MOVETO, 1)
    return [(float(x), float(y)) for x, y in arrow.get_transform().transform(path.vertices[:head])]


def drawn(figure: Figure, *, narrow: bool) -> Drawn:
    """Draw a figure as `Figure` does, and find what stands on it."""
    size = (NARROW, figure.narrow_height) if narrow else (WIDE, figure.height)
    canvas = Canvas(figsize=size, dpi=RESOLUTION, layout="constrained")
    FigureCanvasAgg(canvas)
    figure.draw(canvas, narrow)
    changed = make_drawable(canvas, narrow=narrow)
    canvas.draw_without_rendering()
    return Drawn(
        paper=canvas.bbox,
        # Bands lie below the boxes, and have no edge of their own.
        boxes=[
            each.get_window_extent()
            for each in canvas.findobj(FancyBboxPatch)
            if each.get_edgecolor() != each.get_facecolor()
        ],
        texts=[
            (each.get_text(), each.get_window_extent())
            for each in canvas.findobj(Text)
            if each.get_text()
        ],
        arrows=[corners(each) for each in canvas.findobj(FancyArrowPatch)],
        changed=changed,
    )


def flow(names: Sequence[str], detail: str = "lost to follow-up 2,\nadverse event 1") -> Figure:
    """Return a flow of one box above a column of three for every name."""
    top = Box("top", "Screened 200", "not randomised 10")
    columns = [
        [Box(f"r{place}", name, "randomised 98"), Box(f"s{place}", "Stopped early", detail),
         Box(f"a{place}", "Analysed 98")]
        for place, name in enumerate(names)
    ]  # fmt: skip
    return diagram(
        title="Flow",
        alt="Everyone was screened, then randomised.",
        rows=[[top], *(list(row) for row in zip(*columns, strict=True))],
        arrows=[
            Arrow(start.name, end.name) for own in columns for start, end in pairwise([top, *own])
        ],
    )


def branching(**options: Any) -> Figure:
    return diagram(
        **{
            "title": "Branches",
            "alt": "One box leads to two others.",
            "rows": [
                [Box("a", "Start")],
                [Box("b", "Left", "detail"), Box("c", "Right", "", "drug")],
            ],
            "arrows": [Arrow("a", "b"), Arrow("a", "c", "quite often"), Arrow("b", "c")],
            "bands": [Band("Below the start", 1, 1)],
            **options,
        }
    )


def words(texts: Sequence[str]) -> str:
    """Return all letters but blanks: lines end where they must."""
    return "".join("".join(texts).split())


def test_a_diagram_is_a_figure() -> None:
    figure = branching(caption="As described.")
    assert isinstance(figure, Figure)
    assert figure.text() == "[figure] Branches\n  One box leads to two others.\n  As described."
    assert 'alt="One box leads to two others."' in figure.html()
    assert "<svg" not in figure.html()
    with pytest.raises(ValueError, match="alt must describe"):
        branching(alt="A flow.")


@BOTH
def test_every_text_stands_whole_in_its_box(narrow: bool) -> None:
    page = drawn(flow(["Placebo", LONG]), narrow=narrow)
    said = [words(page.inside(box)) for box in page.boxes]
    stopped = "Stoppedearlylosttofollow-up2,adverseevent1"
    assert said == [
        "Screened200notrandomised10", "Placeborandomised98", f"{words([LONG])}randomised98",
        stopped, stopped, "Analysed98", "Analysed98",
    ]  # fmt: skip
    assert not page.changed


@BOTH
@pytest.mark.parametrize("name", HOSTILE)
def test_any_name_stays_in_its_box(name: str, narrow: bool) -> None:
    page = drawn(flow([name, "B", f"{name} again"], detail=name), narrow=narrow)
    # Names, numbers and reasons are texts of their own.
    assert sum(len(page.inside(box)) for box in page.boxes) == len(page.texts) == 2 + 3 * 5
    assert all(holds(page.paper, box, slack=0) for box in page.boxes)
    whole = [page.changed.get(text, text) for text, _ in page.texts]
    for said, times in ((name, 4), (f"{name} again", 1)):
        assert [words([text]) for text in whole].count(words([said])) == times


letters = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=70)


@settings(max_examples=40)
@given(st.lists(letters, min_size=1, max_size=9), letters, st.booleans())
def test_no_text_leaves_its_box(names: list[str], detail: str, narrow: bool) -> None:
    page = drawn(flow(names, detail), narrow=narrow)
    assert len(page.boxes) == 1 + 3 * len(names)
    assert sum(len(page.inside(box)) for box in page.boxes) == len(page.texts)
    assert all(holds(page.paper, box, slack=0) for box in page.boxes)
    assert not any(
        Bbox.intersection(one, other)
        for one in page.boxes
        for other in page.boxes
        if one is not other
    )


TIP = 4
"""Pixels by which the point of a head, as wide as its line, reaches beyond the path."""


def box_at(page: Drawn, point: tuple[float, float]) -> int:
    """Return the box on whose edge a point lies, and in no box."""
    x, y = point
    [found] = [
        number for number, box in enumerate(page.boxes)
        if holds(box, Bbox([point, point]), slack=TIP)
    ]  # fmt: skip
    box = page.boxes[found]
    assert not (box.x0 + 1 < x < box.x1 - 1 and box.y0 + 1 < y < box.y1 - 1)
    return found


def segments(line: list[tuple[float, float]]) -> list[Bbox]:
    """Return the straight parts of an arrow."""
    parts = (Bbox(ends) for ends in pairwise(line))
    return [Bbox.from_extents(*part.min, *part.max) for part in parts]


def joined(page: Drawn) -> list[tuple[int, int]]:
    """Return which boxes the arrows join; no arrow may run through a box or leave the paper."""
    for line in page.arrows:
        for along in segments(line):
            assert holds(page.paper, along)
            assert not any(Bbox.intersection(box.padded(-2), along) for box in page.boxes)
    return [(box_at(page, line[0]), box_at(page, line[-1])) for line in page.arrows]


@BOTH
def test_arrows_end_at_their_boxes(narrow: bool) -> None:
    page = drawn(branching(), narrow=narrow)
    assert joined(page) == [(0, 1), (0, 2), (1, 2)]
    assert {"quite often", "Below the start"} <= {text.replace("\n", " ") for text, _ in page.texts}


@BOTH
@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 6, 7, 8, 12])
def test_many_arms_are_folded_and_still_joined(count: int, narrow: bool) -> None:
    page = drawn(flow([f"Arm {place}" for place in range(count)]), narrow=narrow)
    said = [page.inside(box)[0] for box in page.boxes]
    ends = [(said[start], said[end]) for start, end in joined(page)]
    own = [("Screened 200", f"Arm {place}") for place in range(count)]
    assert [pair for pair in ends if pair[0] == "Screened 200"] == own
    assert len(ends) == 3 * count
    # No box is too narrow to be read, which is why they are folded.
    assert min(box.width for box in page.boxes) / RESOLUTION > 0.9


@BOTH
def test_an_arrow_past_other_boxes_goes_around_them(narrow: bool) -> None:
    boxes = [Box(name, name.upper()) for name in "abcde"]
    ways = ["ae", "ea", "bd", "db", "ce", "ca", "ab", "de"]
    page = drawn(
        branching(rows=[boxes[:1], boxes[1:4], boxes[4:]], arrows=[Arrow(*each) for each in ways]),
        narrow=narrow,
    )
    said = ["".join(page.inside(box)).lower() for box in page.boxes]
    assert [said[start] + said[end] for start, end in joined(page)] == ways


LABELLED = {
    "out and in": (["a", "bc", "d"], ["ab", "ac", "bd", "cd"]),
    "past a row": (["a", "bc", "d"], ["bd", "cd"]),
    "many in": (["abcdef", "g"], [f"{start}g" for start in "abcdef"]),
    "many out": (["g", "abcdef"], [f"g{end}" for end in "abcdef"]),
}


@BOTH
@pytest.mark.parametrize("kind", LABELLED)
def test_labels_stand_clear_of_boxes_and_of_one_another(kind: str, narrow: bool) -> None:
    rows, ways = LABELLED[kind]
    arrows = [Arrow(*way, f"is read {number} times and more") for number, way in enumerate(ways)]
    page = drawn(
        branching(
            rows=[[Box(name, name) for name in row] for row in rows],
            arrows=[*arrows, Arrow("a", "d")] if kind == "past a row" else arrows,
            bands=[],
        ),
        narrow=narrow,
    )
    joined(page)
    beside = [own for text, own in page.texts if len(text) > 1]
    assert len(beside) == len(ways)
    lines = [segment for line in page.arrows for segment in segments(line)]
    for own in beside:
        others = [*page.boxes, *(other for other in beside if other is not own), *lines]
        assert holds(page.paper, own)
        assert not any(Bbox.intersection(own.padded(-1), other) for other in others)


def test_same_data_same_bytes() -> None:
    assert branching().png() == branching().png()
    assert branching().svg() == branching().svg()
    assert branching().png(narrow=True) != branching(bands=[]).png(narrow=True)


def test_letters_keep_their_size() -> None:
    wide, narrow = (Image.open(io.BytesIO(branching().png(narrow=each))) for each in (False, True))
    assert (wide.width, narrow.width) == (round(WIDE * RESOLUTION), round(NARROW * RESOLUTION))


def test_what_the_font_lacks_is_said_in_full_below() -> None:
    html = flow(["訪問 3", "Placebo"]).html()
    assert "In full: 訪問 3" in html
    assert html.count("In full") == 1


def test_a_diagram_refuses_loose_ends() -> None:
    with pytest.raises(ValueError, match="arrows must join boxes of the diagram"):
        branching(arrows=[Arrow("a", "x")])
    with pytest.raises(ValueError, match="box names must differ"):
        branching(rows=[[Box("a", "1"), Box("a", "2")]], arrows=[], bands=[])
    with pytest.raises(ValueError, match="must run to the next row, alone"):
        branching(arrows=[Arrow("b", "c", "then")])
    with pytest.raises(ValueError, match="alone at its start or its end; got 'both'"):
        branching(
            rows=[[Box("a", "A"), Box("d", "D")], [Box("b", "B"), Box("c", "C")]],
            arrows=[Arrow("a", "b", "both"), Arrow("a", "c"), Arrow("d", "b")],
        )
    with pytest.raises(ValueError, match="two boxes; got 'a' twice"):
        branching(arrows=[Arrow("a", "a")])
    with pytest.raises(ValueError, match="every row"):
        branching(rows=[[Box("a", "1")], []], arrows=[], bands=[])


def test_lines_are_as_few_as_fit_and_about_equally_long() -> None:
    hand = Letters(10)
    room = hand.extent("one two three four")[0]
    assert hand.wrap("one two three four", room, narrow=False) == "one two three four"
    assert hand.wrap("one two three four five", room, narrow=False) == "one two three\nfour five"
    assert hand.wrap("first,\n second", room, narrow=False) == "first,\nsecond"
    # A word that no line holds ends at a joint first.
    assert hand.wrap("parent/guardian", hand.extent("guardian")[0], narrow=False) == (
        "parent/\nguardian"
    )
    assert hand.wrap("", room, narrow=False) == hand.wrap("  \n ", room, narrow=False) == ""
