"""The map of a count grid: its cells, its border, its marks, and what is said of it."""

from typing import Any

import matplotlib.figure
import numpy as np
import pandas as pd
import pytest

from analysis.display import Figure, Reading
from analysis.display.count_grid import count_grid_figure
from analysis.display.placing import Rectangle, beside, free_place
from analysis.results import Results, rows_of

ARMS = ("Drug", "Placebo")
VERDICTS = ("superiority shown", "not shown")


def results(cells: dict[str, tuple[int, int]]) -> Results:
    rows = [
        {"group1_level": name, "count.treatment": x, "count.reference": y, "estimate": 12.5,
         "conf.low": 1.25, "conf.high": 23.75, "conclusion": "shown"}
        for name, (x, y) in cells.items()
    ]  # fmt: skip
    return rows_of(
        pd.DataFrame(rows), "x", context="test", unit="percentage points", decimals=0,
        data_status="synthetic",
    )  # fmt: skip


def corners(shown: np.ndarray) -> Results:
    across, up = (size - 1 for size in shown.shape)
    return results(
        {"non-responders": (0, 0), "all respond": (across, up), "best case": (across, 0),
         "worst case": (0, up), "observed shares": (across // 2, up // 3)}
    )  # fmt: skip


def grid(shown: np.ndarray, found: Results | None = None, **options: Any) -> Figure | Reading:
    found = corners(shown) if found is None else found
    words = {"arms": ARMS, "title": "T", "verdicts": VERDICTS, "unit": "percentage points"}
    return count_grid_figure(found, shown=shown, **{**words, **options})


def drawn(shown: np.ndarray, *, narrow: bool = False) -> Any:
    figure = grid(shown)
    assert isinstance(figure, Figure)
    canvas = matplotlib.figure.Figure()
    figure.draw(canvas, narrow)
    return canvas.axes[0]


def rising(across: int, up: int) -> np.ndarray:
    x, y = np.arange(across + 1)[:, None] / across, np.arange(up + 1) / up
    return y < x + 0.4


def test_cells_lie_treatment_across_and_reference_up() -> None:
    shown = np.zeros((4, 3), dtype=bool)
    shown[3, 0] = True
    axes = drawn(shown)
    image = axes.images[0]
    assert image.origin == "lower"
    assert np.asarray(image.get_array()).tolist() == [[0, 0, 0, 1], [0, 0, 0, 0], [0, 0, 0, 0]]
    assert "Drug" in axes.get_xlabel()
    assert "Placebo" in axes.get_title(loc="left")


def test_the_border_runs_between_cells_that_differ() -> None:
    shown = np.zeros((4, 3), dtype=bool)
    shown[3, 0] = True
    border = next(each for each in drawn(shown).collections if each.get_linewidth() == 2.2)
    lines = sorted(np.asarray(line).tolist() for line in border.get_segments())
    assert lines == [[[2.5, -0.5], [2.5, 0.5]], [[2.5, 0.5], [3.5, 0.5]]]


@pytest.mark.parametrize("narrow", [False, True])
@pytest.mark.parametrize("shape", [(12, 9), (200, 190), (60, 8), (6, 50), (5, 1)])
def test_names_do_not_lie_on_one_another(shape: tuple[int, int], narrow: bool) -> None:
    figure = grid(rising(*shape))
    assert isinstance(figure, Figure)
    assert figure.png(narrow=narrow)
    canvas = matplotlib.figure.Figure(
        figsize=(3.9, figure.narrow_height) if narrow else (8.4, figure.height),
        layout="constrained",
    )
    figure.draw(canvas, narrow)
    canvas.draw_without_rendering()
    boxes = [each.get_window_extent() for each in canvas.axes[0].texts]
    assert len(boxes) >= 5
    assert not [
        (n, m) for n, one in enumerate(boxes) for m, two in enumerate(boxes[:n])
        if one.overlaps(two)
    ]  # fmt: skip


def test_the_words_say_where_and_what() -> None:
    said = grid(rising(12, 9), remark="the worst case tips it").text()
    assert "Drug across, 0 to 12; Placebo up, 0 to 9." in said
    assert "cells, not shown in the rest. The worst case tips it. Assumptions:" in said
    assert "worst case at 0 and 9: 12.5 percentage points (1.3 to 23.8), shown" in said


@pytest.mark.parametrize(("verdict", "word"), [(True, VERDICTS[0]), (False, VERDICTS[1])])
def test_a_verdict_that_nothing_changes(verdict: bool, word: str) -> None:
    shown = np.full((6, 5), verdict)
    assert f"Whatever the missing are: {word}." in grid(shown).text()
    axes = drawn(shown)
    assert word in [each.get_text() for each in axes.texts]
    border = next(each for each in axes.collections if each.get_linewidth() == 2.2)
    assert not border.get_segments()


def test_an_arm_with_nobody_missing_has_one_row() -> None:
    found = results({"non-responders": (0, 0), "worst case": (0, 0), "all respond": (5, 0)})
    figure = grid(np.array([[False]] * 3 + [[True]] * 3), found)
    assert isinstance(figure, Figure)
    canvas = matplotlib.figure.Figure()
    figure.draw(canvas, False)
    names = [each.get_text() for each in canvas.axes[0].texts]
    assert "non-responders\nworst case" in names
    assert figure.png(narrow=True)


def test_nobody_missing_is_a_sentence() -> None:
    figure = grid(np.array([[True]]), results({"non-responders": (0, 0)}))
    assert isinstance(figure, Reading)
    assert figure.sentences == ["T: not drawn, because nobody of either arm is missing."]


def test_an_assumption_without_counts_is_not_marked() -> None:
    rows = corners(rising(4, 4)).frame
    known = ~((rows["group1_level"] == "observed shares") & (rows["stat"].notna()))
    figure = grid(rising(4, 4), Results(rows[known].reset_index(drop=True)))
    assert isinstance(figure, Figure)
    assert "observed shares" not in figure.text()


WITHIN = Rectangle(0, 0, 4, 3)
NONE = np.empty((0, 2))


def test_a_name_stands_towards_the_middle_unless_something_is_there() -> None:
    box, right, above = beside(0.2, 0.2, "name", within=WITHIN, taken=[], avoid=NONE)
    assert (right, above) == (True, True)
    again, right, above = beside(0.3, 0.9, "name", within=WITHIN, taken=[box], avoid=NONE)
    assert not again.overlaps(box)
    _, right, above = beside(
        2.0, 1.0, "name", within=WITHIN, taken=[], avoid=np.array([[1.8, 1.15]])
    )
    assert (right, above) == (False, False) or right


def test_a_word_stands_where_it_is_free_or_nowhere() -> None:
    inside = np.array([[x, y] for x in (0.5, 2.0, 3.5) for y in (0.5, 1.5, 2.5)], dtype=float)
    free = {"inside": inside, "within": WITHIN}
    assert free_place("word", outside=NONE, taken=[], **free) == (2.0, 1.5)
    assert free_place("word", outside=NONE, taken=[WITHIN], **free) is None
    assert free_place("w" * 60, outside=NONE, taken=[], **free) is None
    assert free_place("word", outside=inside, taken=[], **free) is None
