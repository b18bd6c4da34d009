"""The log-log plot: proportional hazards are parallel; what the scale cannot show is left out."""

from typing import Any

import matplotlib.figure
import numpy as np
import pandas as pd
import pytest

from analysis.display import Figure, Reading
from analysis.display.log_log import log_log_figure
from analysis.results import rows_of
from analysis.results.curves import curve_rows
from analysis.stats import kaplan_meier


def figure(arms: dict[str, Any], **options: Any) -> Figure | Reading:
    parts = [
        curve_rows(kaplan_meier(time, event, level=0.95), at_risk=[0], unit="weeks").assign(
            group1_level=arm
        )
        for arm, (time, event) in arms.items()
    ]
    found = rows_of(pd.concat(parts), "x", context="test", data_status="synthetic")
    return log_log_figure(found, arms=["A", "B"], title="T", unit="weeks", **options)


def axes_of(shown: Figure | Reading) -> Any:
    assert isinstance(shown, Figure)
    canvas = matplotlib.figure.Figure()
    shown.draw(canvas, False)
    return canvas.axes[0]


def test_weibull_curves_with_proportional_hazards_are_parallel_lines() -> None:
    # Quantiles of S = exp(−(t/θ)²): log(−log S) is a line of slope 2 over log t, θ moves it.
    shares = (np.arange(200) + 0.5) / 200
    arms = {
        name: (scale * np.sqrt(-np.log(shares)), np.ones(200))
        for name, scale in (("A", 10.0), ("B", 20.0))
    }
    axes = axes_of(figure(arms))
    points = [axes.transScale.transform(line.get_xydata())[5:-5] for line in axes.lines]
    slopes = [np.polyfit(*each.T, 1)[0] for each in points]
    # The axis is logarithmic to base 10, the scale natural, and few events are at the top.
    assert slopes == pytest.approx([-2 * np.log(10)] * 2, rel=0.03)
    top, bottom = (axes.transData.transform((20, share))[1] for share in (99, 1))
    assert top > bottom


def test_none_and_all_of_the_events_are_left_out() -> None:
    axes = axes_of(figure({"A": ([1, 2, 3, 4], [0, 1, 1, 1]), "B": ([5, 6], [0, 0])}))
    assert len(axes.lines) == 1
    assert list(axes.lines[0].get_xdata()) == [2, 3]


@pytest.mark.parametrize("own", [([3, 3], [1, 1]), ([3, 4], [0, 0]), ([3], [1])])
def test_no_curve_between_none_and_all_is_a_sentence(own: Any) -> None:
    shown = figure({"A": own})
    assert isinstance(shown, Reading)
    assert "no arm has a curve between none and all of its events." in shown.text()


def test_one_event_is_drawn_and_the_remark_is_said() -> None:
    shown = figure({"A": ([3, 4], [1, 0])}, remark="the test does not reject them")
    assert isinstance(shown, Figure)
    assert shown.png()
    assert shown.png(narrow=True)
    assert "The test does not reject them." in shown.caption
    assert "The test does not reject them." in shown.alt
