"""The forest: differences as ever, ratios on a logarithmic axis, limits that have no end."""

import math
from typing import Any

import matplotlib.figure
import pandas as pd
import pytest

from analysis.display import Figure, Reading
from analysis.display.effect_axis import effect_axis
from analysis.display.forest import forest_figure
from analysis.display.specification_curve import specification_curve
from analysis.results import rows_of

NAN, INF = math.nan, math.inf
SIDES = ("favours A", "favours B")


def forest(rows: list[tuple[Any, ...]], **options: Any) -> Figure | Reading:
    columns = ["group1_level", "estimate", "conf.low", "conf.high", "bound"]
    results = rows_of(
        pd.DataFrame(rows, columns=columns), "x", context="test", data_status="synthetic"
    )
    words = {"title": "T", "labels": ["group1_level"], "unit": "", "caption": "", "favours": SIDES}
    return forest_figure(results, **{**words, **options})


def drawn(figure: Figure | Reading, *, narrow: bool = False) -> Any:
    assert isinstance(figure, Figure)
    canvas = matplotlib.figure.Figure()
    figure.draw(canvas, narrow)
    return canvas.axes[0]


def texts(axes: Any) -> list[str]:
    return [each.get_text() for each in axes.texts]


def test_a_difference_is_drawn_as_ever() -> None:
    figure = forest([("A − B", 1.0, -2.0, 4.0, NAN)], unit="cm")
    axes = drawn(figure)
    assert axes.get_xscale() == "linear"
    assert axes.get_xlabel() == "Difference, cm"
    assert "Forest plot of differences in cm: A − B 1.00 (−2.00 to 4.00)." in figure.text()


def test_ratios_have_a_logarithmic_axis_with_its_null_at_one() -> None:
    rows = [("All", 0.62, 0.41, 0.94, 1.25), ("Women", 0.5, 0.2, 4.5, 1.25)]
    figure = forest(rows, ratio=True, measure="Hazard ratio")
    axes = drawn(figure)
    assert axes.get_xscale() == "log"
    assert "1" in [each.get_text() for each in axes.get_xticklabels()]
    assert any(list(line.get_xdata()) == [1.0, 1.0] for line in axes.lines)
    assert axes.get_xlabel() == "Hazard ratio"
    assert {"← favours A", "favours B →", "margin 1.25"} <= set(texts(axes))
    assert {"0.62 (0.41 to 0.94)", "0.50 (0.20 to 4.50)"} <= set(texts(axes))
    assert "Forest plot, hazard ratio: All 0.62 (0.41 to 0.94); Women" in figure.text()
    assert "Left of 1: favours A; right of it: favours B." in figure.text()


@pytest.mark.parametrize("ratio", [True, False])
def test_a_limit_without_end_is_an_arrow_at_the_end_of_the_axis(ratio: bool) -> None:
    none = 0.0 if ratio else -INF
    figure = forest([("A", 2.0, 1.0, INF, NAN), ("B", 0.5, none, 3.0, NAN)], ratio=ratio)
    axes = drawn(figure)
    low, high = axes.get_xlim()
    arrows = {line.get_marker(): line.get_xdata()[0] for line in axes.lines}
    assert arrows["<"] == pytest.approx(low)
    assert arrows[">"] == pytest.approx(high)
    assert low > (0.01 if ratio else -10)
    assert "∞" in figure.text()


def test_a_ratio_without_end_has_an_arrow_and_no_dot() -> None:
    figure = forest([("A", INF, 1.5, INF, NAN), ("B", 0.0, 0.0, 2.0, NAN)], ratio=True)
    for narrow in (False, True):
        assert isinstance(figure, Figure)
        assert figure.png(narrow=narrow)


def test_a_very_wide_interval_does_not_squeeze_the_others() -> None:
    axis = effect_axis([0.8, 1.2], [0.6, 1e-9, 1.9, 1e9], null=1.0, ratio=True, sides=False)
    assert (axis.low, axis.high) == pytest.approx((0.52, 2.2), rel=0.01)


@pytest.mark.parametrize(
    ("low", "high"), [(0.96, 1.05), (0.5, 2.0), (0.7, 30.0), (1e-4, 1e3), (1e-9, 1e9), (0.9, 1e40)]
)
def test_an_axis_of_ratios_has_a_few_round_ticks(low: float, high: float) -> None:
    axis = effect_axis([low, high], [], null=1.0, ratio=True, sides=False)
    for narrow in (False, True):
        assert 2 <= len(axis.ticks(narrow=narrow)) <= 8
        assert 1.0 in axis.ticks(narrow=narrow)


def test_named_sides_both_have_room() -> None:
    axis = effect_axis([8.0], [4.0, 16.0], null=1.0, ratio=True, sides=True)
    width = math.log(axis.high / axis.low)
    assert math.log(1 / axis.low) / width == pytest.approx(0.3)


def test_one_estimate_at_the_null_has_an_axis() -> None:
    axis = effect_axis([1.0], [NAN, NAN], null=1.0, ratio=True, sides=False)
    assert axis.low < 1.0 < axis.high


def test_no_ratio_is_negative() -> None:
    with pytest.raises(ValueError, match="a ratio is 0 or above, not -1"):
        effect_axis([-1.0], [], null=1.0, ratio=True, sides=False)


def test_nothing_estimable_is_a_sentence() -> None:
    assert isinstance(forest([("A", NAN, NAN, NAN, NAN)], ratio=True), Reading)


@pytest.mark.parametrize("ratio", [True, False])
def test_a_specification_curve_has_the_same_axis_upright(ratio: bool) -> None:
    rows = {"group1_level": ["a", "b"], "estimate": [0.5, 2.0], "conf.high": [1.5, INF],
            "conf.low": [0.0 if ratio else -INF, 1.0], "bound": 1.25,
            "conclusion": ["shown", "not shown"]}  # fmt: skip
    found = rows_of(pd.DataFrame(rows), "x", context="test", data_status="synthetic")
    figure = specification_curve(
        found, title="T", unit="", measure="Odds ratio" if ratio else "Estimate", ratio=ratio
    )
    axes = drawn(figure)
    assert axes.get_yscale() == ("log" if ratio else "linear")
    assert axes.get_ylabel() == ("Odds ratio" if ratio else "Estimate")
    assert {"v", "^"} <= {line.get_marker() for line in axes.lines}
    assert figure.png(narrow=True)


@pytest.mark.parametrize(
    ("verdicts", "said"),
    [
        ({"conclusion": ["shown", "not shown"]}, "1 shown, 1 not shown"),
        ({"verdict": ["agrees", "agrees"]}, "2 agrees"),
        ({}, "2 no verdict"),
    ],
)
def test_scenarios_of_one_arm_have_no_verdict_and_a_curve(
    verdicts: dict[str, list[str]], said: str
) -> None:
    rows = {"group1_level": ["a", "b"], "estimate": [0.5, 2.0], "conf.low": [0.1, 1.0],
            "conf.high": [1.5, 3.0], **verdicts}  # fmt: skip
    found = rows_of(pd.DataFrame(rows), "x", context="test", data_status="synthetic")
    figure = specification_curve(found, title="T", unit="cm")
    assert said in figure.alt
    assert figure.png(narrow=False)
