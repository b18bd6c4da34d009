"""No word of a figure hides another or leaves the paper, whatever names and numbers there are."""

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from measured import collisions, fitted, words
from PIL import Image

from analysis.contrasts.forest import forest
from analysis.display import Figure
from analysis.display.arm_table import CONTRAST
from analysis.display.count_grid import count_grid_figure
from analysis.display.forest import forest_figure
from analysis.display.forest_drawing import Margin
from analysis.display.forest_rows import Row
from analysis.display.grouped_rows import GroupedRows
from analysis.display.legends import name_above
from analysis.display.panels import panels
from analysis.display.pictures import CROWDED
from analysis.results import rows_of
from analysis.safety.volcano import volcano_figure

INF = math.inf
LONG = "Xanomeline transdermal therapeutic system 0.24 mg/kg/week, high-dose group"
ARMS = ["Placebo", LONG, "B" * 40, "Compound_with_underscores_instead_of_blanks 12.5 mg", "C"]
BOTH = pytest.mark.parametrize("narrow", [False, True], ids=["wide", "narrow"])


def written(*texts: tuple[float, float, str], **options: Any) -> Figure:
    """Return a figure of texts at places of a drawing without margins."""

    def draw(canvas: Any, _narrow: bool) -> None:
        canvas.set_layout_engine("none")
        axes = canvas.add_axes((0, 0, 1, 1))
        axes.set_axis_off()
        for x, y, text in texts:
            axes.text(x, y, text, **options)

    return Figure(title="T", alt="Some words on a paper.", draw=draw, height=2, narrow_height=2)


def test_words_on_one_another_and_beyond_the_paper_are_found() -> None:
    assert not collisions(written((0.1, 0.2, "one"), (0.1, 0.6, "two")))
    found = collisions(written((0.1, 0.5, "one"), (0.11, 0.5, "two")))
    assert found == ["'one' stands on 'two'"] * 2
    assert "'far' leaves the paper" in collisions(written((0.97, 0.5, "far")))


@pytest.mark.parametrize(("y", "stands"), [(0.5, False), (0.2, True), (0.9, False)])
def test_words_on_the_frame_of_a_box_are_found(y: float, stands: bool) -> None:
    """Inside of its box and outside of it a text is well; on its line it is not."""
    from matplotlib.patches import FancyBboxPatch

    def draw(canvas: Any, _narrow: bool) -> None:
        canvas.set_layout_engine("none")
        axes = canvas.add_axes((0, 0, 1, 1))
        style = {"boxstyle": "square,pad=0", "facecolor": "white", "edgecolor": "black"}
        axes.add_patch(FancyBboxPatch((0.2, 0.2), 0.6, 0.6, **style))
        axes.set_axis_off()
        axes.text(0.5, y, "lost to follow-up 1", ha="center", va="center", fontsize=7)

    figure = Figure(title="T", alt="Words in a box, or not.", draw=draw, height=2, narrow_height=2)
    assert collisions(figure) == ["'lost to follow-up 1' stands on a frame"] * (2 * stands)


@BOTH
def test_rows_under_headings_have_name_and_number_on_either_drawing(narrow: bool) -> None:
    names = ["Wald", LONG[:40], "Newcombe", "Wald"]
    rows = GroupedRows(["One", "One", "Two", "Two"], names, ["95.1", "94.0 · 96.2", "11 (n 7)", ""])

    def draw(canvas: Any, is_narrow: bool) -> None:
        axes = canvas.subplots()
        places = rows.write(axes, narrow=is_narrow)
        axes.plot([0.1, 0.2, 0.3, 0.4], places, "o")

    figure = Figure(
        title="T", alt="Some rows under two headings.", draw=draw,
        height=1 + rows.height(narrow=False), narrow_height=1 + rows.height(narrow=True),
    )  # fmt: skip
    drawing = fitted(figure, narrow=narrow)
    assert not drawing.crowded
    said = words(drawing.canvas)
    assert {*names, "95.1", "94.0 · 96.2", "11 (n 7)", "One", "Two"} <= set(said)
    assert said.count("One") == 1


@pytest.mark.parametrize("stacked", [False, True])
def test_every_stacked_panel_has_the_numbers_of_its_axis(stacked: bool) -> None:
    def draw(canvas: Any, _narrow: bool) -> None:
        for axes in panels(canvas, 2, stacked=stacked):
            axes.plot([0, 10], [0, 1])

    figure = Figure(title="T", alt="A line in two panels.", draw=draw, height=3, narrow_height=5)
    canvas = fitted(figure, narrow=stacked).canvas
    shown = [[tick.label1.get_visible() for tick in axes.xaxis.get_major_ticks()]
             for axes in canvas.axes]  # fmt: skip
    assert all(map(all, shown))


@BOTH
@pytest.mark.parametrize("label", ["Correlation of baseline with follow-up (not published)",
                                   f"Added to each imputed value of {LONG}, points"])  # fmt: skip
def test_the_words_of_an_axis_are_wrapped_rather_than_cut(label: str, narrow: bool) -> None:
    def draw(canvas: Any, _narrow: bool) -> None:
        canvas.subplots().set_xlabel(label)

    figure = Figure(title="T", alt="An axis with many words.", draw=draw, height=2, narrow_height=2)
    drawing = fitted(figure, narrow=narrow)
    assert not drawing.crowded
    assert label in words(drawing.canvas)


def test_turned_names_side_by_side_are_no_collision() -> None:
    turned = {"rotation": 35, "rotation_mode": "anchor", "ha": "right", "fontsize": 8}
    beside = [(0.3 + 0.1 * place, 0.9, "a long name of a visit") for place in range(4)]
    assert not collisions(written(*beside[::2], **turned))
    close = [(0.6 + 0.01 * place, 0.9, "a long name of a visit") for place in range(2)]
    assert collisions(written(*close, **turned))


def test_a_file_says_which_of_its_words_collide() -> None:
    def text_of(figure: Figure) -> dict[str, str]:
        import io

        image: Any = Image.open(io.BytesIO(figure.png()))
        return dict(image.text)

    crowd = written((0.1, 0.5, "one"), (0.11, 0.5, "two"))
    assert text_of(crowd)[CROWDED] == "'one' stands on 'two'"
    assert CROWDED not in text_of(written((0.1, 0.2, "one"), (0.1, 0.6, "two")))


def effects(names: list[str], *, ratio: bool, bound: float | None, far: bool) -> Any:
    """Return a forest of some rows, the second of which is not estimable."""
    scale = 1e4 if far else 1.0
    rows = [
        (name, scale * (1.2 + 0.1 * place), 0.0 if far and ratio else -INF if far else 0.4,
         INF if far else 2.9 + place, bound)
        for place, name in enumerate(names)
    ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=["group1_level", "estimate", "conf.low", "conf.high",
                                        "bound"])  # fmt: skip
    if len(frame) > 1:
        frame.loc[1, ["estimate", "conf.low", "conf.high"]] = math.nan
    results = rows_of(frame, "x", context="test", data_status="synthetic")
    return forest_figure(
        results, title="T", labels=["group1_level"], unit="" if ratio else "cm/year", caption="",
        ratio=ratio, measure="Hazard ratio" if ratio else "Difference",
        favours=(f"favours {names[-1]}", f"favours {names[0]}"),
    )  # fmt: skip


@BOTH
@pytest.mark.parametrize(("ratio", "far"), [(False, False), (True, False), (False, True),
                                            (True, True)])  # fmt: skip
@pytest.mark.parametrize("names", [["A − B"], ARMS], ids=["one", "five"])
def test_every_row_of_a_forest_has_its_number_and_its_axis_its_sides(
    names: list[str], ratio: bool, far: bool, narrow: bool
) -> None:
    drawing = fitted(effects(names, ratio=ratio, bound=0.5, far=far), narrow=narrow)
    said = words(drawing.canvas)
    joined = "".join("".join(said).split())
    assert not drawing.crowded
    assert sum("(" in each and " to " in each for each in said) == max(len(names) - 1, 1)
    assert ("not estimable" in said) == (len(names) > 1)
    for name in (names[0], names[-1]):
        assert f"favours{''.join(name.split())}" in joined
    assert not any("…" in each for each in said)


@BOTH
def test_a_forest_of_thirty_rows_is_as_readable_as_one_of_three(narrow: bool) -> None:
    names = [f"Analysis {place}" for place in range(30)]
    assert not fitted(effects(names, ratio=False, bound=0.5, far=False), narrow=narrow).crowded


@BOTH
def test_no_line_crosses_a_name_of_a_narrow_forest(narrow: bool) -> None:
    """A text has a ground of its own above every line, where it stands in the axes."""
    canvas = fitted(effects(ARMS, ratio=False, bound=0.5, far=False), narrow=narrow).canvas
    [axes] = canvas.axes
    inside = axes.get_window_extent()
    for text in axes.texts:
        box = text.get_window_extent()
        covered = inside.x0 + 1 < box.x1 and box.x0 < inside.x1 - 1 and box.y0 < inside.y1 - 1
        assert not covered or text.get_bbox_patch() is not None, text.get_text()


def test_margins_close_together_are_all_named() -> None:
    margins = [Margin(-2.0, "trial's margin −2.00"), Margin(-1.8, "run's margin −1.80"),
               Margin(-1.79, "planned margin −1.79"), Margin(1.8, "bound 1.80")]  # fmt: skip
    results = rows_of(
        pd.DataFrame({"group1_level": ["A"], "estimate": [0.1]}), "x", context="test",
        data_status="published",
    )  # fmt: skip
    rows = [Row(label="A − B", detail=LONG, words="0.10 (−1.00 to 1.20)", estimate=0.1, low=-1.0,
                high=1.2)]  # fmt: skip
    figure = forest(rows, title="T", results=results, xlabel="Difference", caption="",
                    margins=margins)  # fmt: skip
    for narrow in (False, True):
        drawing = fitted(figure, narrow=narrow)
        assert not drawing.crowded
        assert {each.words for each in margins} <= set(words(drawing.canvas))


@BOTH
@pytest.mark.parametrize("names", [["A", "B"], ARMS, [f"Dose {place} mg" for place in range(9)]])
def test_a_legend_of_any_names_fits(names: list[str], narrow: bool) -> None:
    def draw(canvas: Any, is_narrow: bool) -> None:
        axes = canvas.subplots()
        handles = [axes.plot([0, 1], [0, place])[0] for place in range(len(names))]
        name_above(canvas, handles, names, narrow=is_narrow)

    figure = Figure(title="T", alt="Lines from one point on.", draw=draw, height=4,
                    narrow_height=5)  # fmt: skip
    drawing = fitted(figure, narrow=narrow)
    said = "".join("".join(words(drawing.canvas)).split())
    assert not drawing.crowded
    assert all("".join(name.split()) in said for name in names)


@BOTH
def test_names_of_points_close_together_stay_in_their_panel(narrow: bool) -> None:
    terms = [f"{LONG} term {place}" for place in range(6)]
    levels = {"variable": "any", "variable_level": terms}
    rows = pd.DataFrame({
        **levels, "group1_level": "A − B", "estimate": [0.2, 0.21, 0.2, -0.2,
        -0.21, 0.19], "conf.low": [0.1, 0.1, 0.1, -0.4, -0.4, 0.1], "conf.high": [0.4, 0.4, 0.4,
        -0.1, -0.1, 0.4], "p.value": [0.01, 0.011, 0.012, 0.01, 0.011, 0.0001],
    })  # fmt: skip
    results = rows_of(rows, "x", context="test", data_status="synthetic", group1=CONTRAST)
    any_run: Any = None
    assert not fitted(volcano_figure(results, any_run), narrow=narrow).crowded


@BOTH
def test_names_in_the_corners_of_a_count_grid_do_not_meet(narrow: bool) -> None:
    marks = pd.DataFrame({
        "group1_level": ["none of the missing would respond", "all of the missing would respond",
                         "worst case for the treatment", "best case for the treatment",
                         "as many as of the observed"],
        "count.treatment": [0, 30, 0, 30, 6], "count.reference": [0, 12, 12, 0, 2],
        "conclusion": "shown",
    })  # fmt: skip
    figure = count_grid_figure(
        rows_of(marks, "x", context="test", data_status="synthetic"),
        shown=np.add.outer(np.arange(31), -np.arange(13)) > 4, arms=(LONG, "Placebo"), title="T",
        verdicts=("superior", "not shown"),
    )  # fmt: skip
    assert not fitted(figure, narrow=narrow).crowded
