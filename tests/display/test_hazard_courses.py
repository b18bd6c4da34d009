"""The course of hazard ratios: a panel a coefficient, what is said of it, and what has no line."""

from typing import Any

import matplotlib.figure
import numpy as np
import pandas as pd
import pytest

from analysis.display import Figure, Reading
from analysis.display.hazard_courses import hazard_course_figure
from analysis.results import Results, rows_of
from analysis.results.hazards import RESIDUAL, hazard_rows
from analysis.stats import check_proportional_hazards, fit_cox, hazard_ratio_course
from analysis.validation.tables import load_data


def results(frame: pd.DataFrame, *, df: int = 4, **more: Any) -> Results:
    fit = fit_cox(frame, time="time", event="event", factors=["arm"], ties="efron", **more)
    check = check_proportional_hazards(fit, transform="km", alpha=0.05)
    course = hazard_ratio_course(fit, check, df=df, level=0.95)
    rows = hazard_rows(fit, check, course)
    return rows_of(rows, "x", context="test", data_status="synthetic")


def figure(found: Results) -> Figure:
    shown = hazard_course_figure(found, title="T", unit="days", since="randomisation")
    assert isinstance(shown, Figure)
    return shown


def axes_of(shown: Figure, *, narrow: bool = False) -> list[Any]:
    canvas = matplotlib.figure.Figure()
    shown.draw(canvas, narrow)
    return canvas.axes


@pytest.fixture(scope="module")
def weekly() -> pd.DataFrame:
    return load_data("tte_generated_1")


def test_every_event_is_a_dot_and_the_test_is_said(weekly: pd.DataFrame) -> None:
    found = results(weekly)
    shown = figure(found)
    (axes,) = axes_of(shown)
    dots, line, fitted = axes.lines
    assert len(dots.get_xdata()) == weekly["event"].sum() == 92
    assert len(line.get_xdata()) == 41
    # R 4.2.2, survival 3.5-3, coxph(Surv(time, event) ~ arm): −0.16293408; cox.zph: p 0.84440803.
    assert fitted.get_ydata()[0] == pytest.approx(-0.16293408, abs=5e-9)
    assert "Test of proportional hazards, arm: p 0.844, not rejected." in shown.alt
    assert "all together" not in shown.alt, "it is the test of the only term"
    assert axes.get_xlabel() == "Days since randomisation"
    assert "1" in [each.get_text() for each in axes.get_yticklabels()]


def test_each_coefficient_has_its_panel_and_nobody_is_named(weekly: pd.DataFrame) -> None:
    ages = np.random.default_rng(2).normal(50, 9, len(weekly))
    found = results(weekly.assign(age=ages), covariates=["age"])
    shown = figure(found)
    assert [axes.get_title(loc="left") for axes in axes_of(shown)] == [
        "arm, WEEKLY / DAILY", "age"]  # fmt: skip
    assert len(axes_of(shown, narrow=True)) == 2
    assert "; all together: p " in shown.alt
    levels = found.select(variable=RESIDUAL).frame["variable_level"]
    assert levels.str.fullmatch(r"event \d+").all()
    assert shown.png() != shown.png(narrow=True)


def test_few_events_are_drawn_without_a_line() -> None:
    frame = pd.DataFrame(
        {"time": range(1, 9), "event": [1, 0, 0, 1, 0, 0, 0, 1], "arm": [*"ABABBABA"]}
    )
    shown = figure(results(frame))
    assert "arm, B / A: no line, because events came at 3 times" in shown.alt
    assert shown.png(narrow=True)


@pytest.mark.parametrize("event", [[0] * 8, [1, 1, 1, 1, 0, 0, 0, 0]])
def test_no_residual_is_a_sentence(event: list[int]) -> None:
    frame = pd.DataFrame({"time": range(1, 9), "event": event, "arm": [*"AAAABBBB"]})
    shown = hazard_course_figure(results(frame), title="T", unit="days")
    assert isinstance(shown, Reading)
    assert shown.sentences[0].startswith("T: not drawn, because there are no residuals: ")
