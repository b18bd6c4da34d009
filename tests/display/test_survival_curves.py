"""Curves over time: what is drawn, what is said of it, and what cannot be drawn."""

from collections.abc import Sequence
from typing import Any

import matplotlib.figure
import numpy as np
import pandas as pd
import pytest

from analysis.display import Figure, Reading
from analysis.display.at_risk import few
from analysis.display.survival_curves import survival_figure
from analysis.results import Results, rows_of
from analysis.results.curves import curve_rows
from analysis.stats import cumulative_incidence, kaplan_meier

SHORT = ([1, 2, 2, 3, 8, 9], [1, 1, 0, 1, 1, 0])
LONG = ([2, 5, 7, 9, 9, 9], [1, 0, 0, 0, 0, 0])
GRID = [0, 3, 6, 9]


def results(arms: dict[str, Any], *, planned: Sequence[float] = ()) -> Results:
    parts = [
        curve_rows(
            kaplan_meier(time, event, level=0.95), at_risk=GRID, planned=planned, unit="weeks"
        ).assign(group1_level=arm)
        for arm, (time, event) in arms.items()
    ]
    return rows_of(pd.concat(parts), "x", context="test", decimals=0, data_status="synthetic")


def figure(found: Results, **options: Any) -> Figure:
    words = {"arms": ["A", "B"], "title": "Relapse", "unit": "weeks"}
    shown = survival_figure(found, **{**words, **options})
    assert isinstance(shown, Figure)
    return shown


def canvas_of(shown: Figure, *, narrow: bool = False) -> Any:
    canvas = matplotlib.figure.Figure()
    shown.draw(canvas, narrow)
    return canvas


def texts(axes: Any) -> list[str]:
    return [each.get_text() for each in axes.texts]


@pytest.fixture(scope="module")
def two() -> Figure:
    return figure(results({"A": SHORT, "B": LONG}, planned=[3]), since="randomisation")


def test_curves_begin_at_all_hundred_and_step(two: Figure) -> None:
    panel, table = canvas_of(two).axes
    step = panel.lines[0]
    assert step.get_drawstyle() == "steps-post"
    assert list(step.get_xdata()) == [0, 1, 2, 3, 8, 9]
    assert step.get_ydata()[0] == 100
    assert step.get_ydata()[1] == pytest.approx(500 / 6)
    assert panel.get_ylim() == (0, 102)
    assert panel.get_xlabel() == "Weeks since randomisation"
    assert list(panel.get_xticks()) == GRID == list(table.get_xticks())
    censored = panel.lines[1]
    assert (censored.get_marker(), list(censored.get_xdata())) == ("|", [2, 9])
    assert texts(table) == ["6", "3", "2", "1", "6", "5", "4", "3"]


def test_the_words_say_what_the_numbers_say(two: Figure) -> None:
    said = two.text()
    assert "Kaplan–Meier curves: without an event, in per cent, over weeks since" in said
    # Of A, 6 at risk: 5/6 · 4/5 · 2/3 = 4/9; it rests at 4/9 below one half from week 3.
    assert "A: 4 of 6 with the event; 44.4% (" in said
    assert ") at 3 weeks; median 3 weeks (1 to not reached)." in said
    assert "B: 1 of 6 with the event; 83.3% (27.3 to 97.5) at 3 weeks; median not reached." in said
    assert "Dotted: medians." in said


def test_arms_have_their_own_line_and_a_name_where_they_end(two: Figure) -> None:
    panel = canvas_of(two).axes[0]
    styles = {line.get_linestyle() for line in panel.lines if line.get_drawstyle() != "default"}
    assert styles == {"-", "--"}
    assert {"A", "B"} <= set(texts(panel))
    narrow = canvas_of(two, narrow=True)
    assert [each.get_text() for each in narrow.legends[0].get_texts()] == ["A", "B"]


def test_an_arm_keeps_its_colour_where_others_are_absent() -> None:
    both = canvas_of(figure(results({"A": SHORT, "B": LONG}))).axes[0]
    alone = canvas_of(figure(results({"B": LONG}))).axes[0]
    colour = next(line for line in reversed(both.lines) if line.get_drawstyle() != "default")
    assert alone.lines[0].get_color() == colour.get_color()
    assert not texts(alone), "one arm is not named"


def test_curves_that_end_together_are_named_in_a_legend() -> None:
    canvas = canvas_of(figure(results({"A": SHORT, "B": SHORT})))
    assert not texts(canvas.axes[0])
    assert len(canvas.legends) == 1


def test_a_curve_without_a_planned_time_is_said_at_its_end() -> None:
    assert "A: 4 of 6 with the event; 22.2% (" in figure(results({"A": SHORT})).text()


@pytest.mark.parametrize(
    "own",
    [([5, 6, 7], [0, 0, 0]), ([4, 4, 4], [1, 1, 1]), ([3], [1]), ([3], [0])],
    ids=["everyone censored", "all events at one time", "one with an event", "one without"],
)
def test_sparse_arms_are_drawn(own: Any) -> None:
    shown = figure(results({"A": own, "B": SHORT}, planned=[2, 20]))
    assert shown.png() != shown.png(narrow=True)
    assert "nan" not in shown.text()
    assert "not estimable (nobody was followed as long) at 20 weeks" in shown.text()


def test_names_of_others_are_drawn_as_they_can_be() -> None:
    shown = figure(results({"<b>$5$</b> 🤕 " + "long name " * 9: SHORT, "_under": LONG}))
    assert shown.png(narrow=True)
    assert shown.png()


def test_no_curve_is_a_sentence() -> None:
    rows = pd.DataFrame(
        {"group1_level": ["A"], "variable": "Curve", "reason": "nobody was treated"}
    )
    none = rows_of(rows, "x", context="test", data_status="synthetic")
    shown = survival_figure(none, arms=["A"], title="Relapse", unit="weeks")
    assert isinstance(shown, Reading)
    assert shown.sentences == [
        "Relapse: not drawn, because no arm has a curve: nobody was treated."
    ]


def test_competing_events_have_a_panel_each_and_rise_from_zero() -> None:
    time, kind = np.arange(1, 41), np.arange(40) % 10
    parts = [
        curve_rows(
            cumulative_incidence(time, kind == own, kind == other, level=0.95),
            at_risk=[0, 20, 40], planned=[20], unit="weeks",
        ).assign(group1_level=arm, group2_level=name)
        for arm in ("A", "B")
        for name, own, other in (("Relapse", 0, 1), ("Death", 1, 0))
    ]  # fmt: skip
    found = rows_of(pd.concat(parts), "x", context="test", data_status="synthetic")
    shown = figure(found, rising=True, measure="With the event")
    panels = canvas_of(shown).axes[:2]
    assert [axes.get_title(loc="left") for axes in panels] == ["Relapse", "Death"]
    assert all(axes.lines[0].get_ydata()[0] == 0 for axes in panels)
    assert panels[0].get_ylim() == panels[1].get_ylim() == (0, 51)
    assert "The axis ends at 50%." in shown.caption
    # By week 20: 1/40, and at week 11 the 38/40 still free times 1/30.
    assert "A, Relapse: 4 of 40 with the event; 5.7% (" in shown.text()
    assert "median" not in shown.text()
    assert len(canvas_of(shown, narrow=True).axes) == 3, "one table for both panels"


def test_few_times_keep_the_first_and_fit() -> None:
    for most in (3, 5, 9):
        for count in range(1, 40):
            kept = few([float(each) for each in range(count)], most)
            assert kept[0] == 0
            assert len(kept) <= most
