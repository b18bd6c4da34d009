"""An analyst's drawing on a page: house style, both widths, its data as results, nothing left."""

import warnings
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from analysis.display import Page
from analysis.display.finished import FIGURES_FOLDER
from analysis.errors import UserError

FRAME = pd.DataFrame({"arm": ["A", "B"], "n": [9, 8], "mean": [5.25, 4.5], "std": [1.0, 2.0]})
ALT = "Two bars, one an arm, of the mean height."
plt.switch_backend("agg")


@pytest.fixture(autouse=True)
def _no_figure_is_left_open() -> Iterator[None]:
    plt.close("all")
    yield
    assert plt.get_fignums() == []


def figure(draw: Any, **options: Any) -> Any:
    page = Page({"In": ["", "page = Page(globals())"]})
    given = {"alt": ALT, "data": FRAME, "data_status": "synthetic"} | options
    return page.figure(draw, "Heights", **given)


def colours(png: bytes) -> set[tuple[int, ...]]:
    found = Image.open(BytesIO(png)).convert("RGB").getcolors(maxcolors=100_000)
    assert found
    return {colour for _, colour in found}


BLUE = (0, 114, 178)


@pytest.mark.parametrize(
    "draw",
    [
        lambda axes: FRAME.plot(ax=axes),
        lambda axes: FRAME.plot.barh(x="arm", y="mean", xerr=FRAME["std"], ax=axes),
        lambda axes: FRAME.set_index("arm")["mean"].plot.bar(ax=axes, rot=0),
        lambda axes: FRAME["mean"].hist(ax=axes),
        lambda axes: FRAME.plot.scatter("mean", "std", ax=axes),
        lambda axes: axes.plot([1, 2], [3, 4]),
        # pyplot draws on the axes of the page, too.
        lambda _: plt.plot([1, 2], [3, 4]),
        lambda axes: (axes.plot([1, 2]), plt.title("Heights"), plt.show()),
        lambda axes: axes.figure.subplots(1, 2)[0].plot([1, 2]),
    ],
)
def test_what_draws_on_axes_draws_in_the_colours_of_the_house(draw: Any) -> None:
    shown = figure(draw)
    near = [
        c
        for c in colours(shown.png())
        if sum(abs(a - b) for a, b in zip(c, BLUE, strict=True)) < 12
    ]
    assert near
    wide, narrow = (Image.open(BytesIO(shown.png(narrow=n))).size for n in (False, True))
    assert wide[0] > 2 * narrow[0]
    assert wide[1] == narrow[1]


def test_a_figure_of_words_alone_is_a_figure() -> None:
    assert figure(lambda axes: axes.text(0.5, 0.5, "Nothing happened")).png()


def test_a_function_that_knows_the_width_is_told() -> None:
    told = []

    def draw(axes: Any, narrow: bool) -> None:
        told.append(narrow)
        axes.plot([1, 2])

    shown = figure(draw, height=3, narrow_height=5)
    assert told == [False]
    assert "<img" in shown.html()
    assert told == [False, True]


def test_its_data_are_results_and_the_words_stand_around_it() -> None:
    shown = figure(
        lambda axes: FRAME.plot(ax=axes),
        caption="Means.",
        unit="cm",
        source="a diary",
        method="eye",
    )
    frame = shown.results.frame
    assert set(frame["analysis_id"]) == {"own-figure-heights"}
    assert list(frame[frame["stat_name"] == "mean"]["stat"]) == [5.25, 4.5]
    assert set(frame["source"]) == {"a diary"}
    text = shown.text()
    for words in (
        "[Synthetic data: no evidence]",
        ALT,
        "Means. eye. Source: a diary.",
        "EXPLORATORY",
    ):
        assert words in text


def test_a_table_of_the_page_can_be_its_data() -> None:
    page = Page({"In": ["", "page = Page(globals())"]})
    table = page.table(FRAME, "Heights", data_status="synthetic")
    shown = page.figure(lambda axes: FRAME.plot(ax=axes), "Heights", alt=ALT, data=table)
    assert shown.results is table.results
    # A table and a figure may have one title; both stand, and each number once.
    assert len(page.results) == 6
    assert "6 numbers" in page.finish().text()


def test_what_is_drawn_is_what_the_function_saw_when_it_was_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a loop every function sees the last value, if it is called when the cell is shown."""
    monkeypatch.setenv(FIGURES_FOLDER, str(tmp_path))
    page = Page({"In": ["", "page = Page(globals())"]})
    shown = []
    for heights in ([1, 2], [2, 1]):
        shown.append(
            page.figure(
                lambda axes: axes.plot(heights), f"Heights {heights}", alt=ALT,  # noqa: B023
                data=FRAME, data_status="real",
            )
        )  # fmt: skip
    heights = [7]
    for each in shown:
        each._ipython_display_()
    drawn = sorted(tmp_path.glob("*.svg"))
    assert [path.stem for path in drawn] == ["01-heights-1-2", "02-heights-2-1"]
    assert len({path.read_bytes() for path in drawn}) == 2


def test_a_cell_run_again_keeps_the_number_of_its_figure() -> None:
    namespace: dict[str, Any] = {"In": ["", "page = Page(globals())"]}
    page = Page(namespace)
    numbers = []
    for title in ("First", "Second", "First"):
        namespace["In"].append(title)
        shown = page.figure(
            lambda axes: axes.plot([1, 2]), title, alt=ALT, data=FRAME, data_status="real"
        )
        numbers.append(shown.number)
    assert numbers == [1, 2, 1]


def test_the_same_data_give_the_same_bytes() -> None:
    one, two = (figure(lambda axes: FRAME.plot(ax=axes)) for _ in range(2))
    assert one.png() == two.png()
    assert one.svg() == two.svg()


def own_canvas(_axes: Any) -> None:
    _, axes = plt.subplots()
    axes.plot([1, 2])


@pytest.mark.parametrize(
    ("draw", "sentence"),
    [
        (lambda: plt.figure(), "it takes a function that draws, so that the drawing fits desk and"),
        (lambda: plt.subplots()[1], "it takes a function that draws, so that the drawing fits"),
        (lambda: FRAME.plot(), "it takes a function that draws, so that the drawing fits"),
        (lambda: np.array([1]), "it takes a function that draws, so that the drawing fits"),
        (lambda: "draw", "it takes a function that draws, so that the drawing fits"),
        (lambda: None, "it takes a function that draws and got None; write a function: def draw"),
        (lambda: lambda: 1, "the function that draws takes axes, and perhaps narrow"),
        (lambda: lambda _axes, _frame: 1, "the function that draws takes axes, and perhaps narrow"),
        (lambda: lambda _: None, "nothing was drawn on the axes that the function is given"),
        (lambda: own_canvas, "the function opened a figure of its own; draw on the axes that"),
        (lambda: lambda _: FRAME.plot(), "the function opened a figure of its own"),
    ],
)
def test_what_is_no_drawing_is_one_sentence(draw: Any, sentence: str) -> None:
    given = draw()
    with pytest.raises(UserError) as error:
        figure(given)
    assert str(error.value).startswith(f"figure 'Heights': {sentence}")
    plt.close("all")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"alt": ""}, "alt must be a sentence that tells what is drawn and what it shows"),
        ({"alt": "A plot"}, "alt must be a sentence"),
        ({"data": None}, "data must be what is drawn: a frame, or what page.table returned"),
        ({"data": [1, 2]}, "it takes a pandas DataFrame; got list"),
        ({"data_status": ""}, "say what kind of data these are"),
    ],
)
def test_what_is_missing_is_one_sentence(options: Any, sentence: str) -> None:
    with pytest.raises(UserError) as error:
        figure(lambda axes: axes.plot([1, 2]), **options)
    assert str(error.value).startswith(f"figure 'Heights': {sentence}")


def test_an_error_of_the_function_is_the_analysts() -> None:
    with pytest.raises(KeyError, match="hight"):
        figure(lambda axes: FRAME["hight"].plot(ax=axes))


def test_a_drawing_may_warn_and_is_drawn_all_the_same() -> None:
    def draw(axes: Any) -> None:
        axes.plot([1, 2])
        axes.legend()

    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        shown = figure(draw)
        assert "<img" in shown.html()
    assert ["No artists with labels" in str(each.message) for each in told] == [True]
    # Where warnings are errors, as in a report, this one is too.
    with pytest.raises(UserWarning, match="No artists with labels"):
        figure(draw)
