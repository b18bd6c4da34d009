"""The rows of a curve: exact at what they say, and never more than a picture can show."""

import numpy as np
import pandas as pd
import pytest

from analysis.results import PROPORTION, rows_of
from analysis.results.curves import AT_RISK, CELLS, CURVE, EVENTS, MEDIAN, PLANNED, curve_rows
from analysis.stats import cumulative_incidence, kaplan_meier


def of(rows: pd.DataFrame, variable: str) -> pd.DataFrame:
    return rows[rows["variable"] == variable]


def test_the_rows_of_a_small_curve_by_hand() -> None:
    # Four participants: events at 1 and 2, one censored at 2, one at 3. S(1) = 3/4, S(2) = 1/2.
    curve = kaplan_meier([1, 2, 2, 3], [1, 1, 0, 0], level=0.95)
    rows = curve_rows(curve, at_risk=[0, 2, 9], planned=[2, 9], unit="weeks")
    steps = of(rows, CURVE)
    assert steps["at.time"].tolist() == [1, 2, 3]
    assert steps["estimate"].tolist() == [0.75, 0.5, 0.5]
    assert steps[["n.risk", "n.event", "n.censor"]].to_numpy().tolist() == [
        [4, 1, 0], [3, 1, 1], [1, 0, 1]]  # fmt: skip
    assert of(rows, AT_RISK)["n.risk"].tolist() == [4, 3, 0]
    planned = of(rows, PLANNED)
    assert planned["variable_level"].tolist() == ["2 weeks", "9 weeks"]
    assert planned["estimate"].iloc[0] == 0.5
    assert "followed as long" in planned["reason"].iloc[1]
    assert of(rows, MEDIAN)["estimate"].tolist() == [2.5], "flat at one half from 2 to 3"
    assert of(rows, EVENTS)[["n", "N"]].to_numpy().tolist() == [[2, 4]]
    written = rows_of(rows, "x", context="test", data_status="synthetic")
    assert written.text("estimate", variable=MEDIAN) == "2.5"
    assert written.text("estimate", variable=PLANNED) == "50.0"
    assert set(of(written.frame, CURVE).query("stat_name == 'estimate'")["unit"]) == {PROPORTION}


def test_competing_events_have_their_number_and_no_median() -> None:
    curve = cumulative_incidence([1, 2, 3, 4], [1, 0, 1, 0], [0, 1, 0, 0], level=0.95)
    rows = curve_rows(curve, at_risk=[0], unit="days")
    assert of(rows, EVENTS)[["n", "N", "n.competing"]].to_numpy().tolist() == [[2, 4, 1]]
    assert of(rows, CURVE)["n.competing"].tolist() == [0, 1, 0, 0]
    assert of(rows, MEDIAN).empty


@pytest.mark.parametrize("scale", [1.0, 365.25])
def test_a_curve_of_thousands_of_times_is_thinned_and_nothing_is_lost(scale: float) -> None:
    rng = np.random.default_rng(3)
    time, event = rng.exponential(scale, 6000), rng.uniform(size=6000) < 0.6
    curve = kaplan_meier(time, event, level=0.95)
    steps = of(curve_rows(curve, at_risk=[], unit="years"), CURVE)
    assert len(steps) <= CELLS
    assert steps["n.event"].sum() == event.sum()
    assert steps["n.event"].sum() + steps["n.censor"].sum() == 6000
    assert steps["at.time"].iloc[-1] == time.max()
    at = curve.at(steps["at.time"])
    assert np.array_equal(at["estimate"], steps["estimate"])
    assert np.array_equal(at["at_risk"], steps["n.risk"])
    # The drawn step function is the whole one, moved by less than a cell of the axis.
    asked = np.linspace(0, time.max(), 997)
    drawn = np.append(1.0, steps["estimate"])[np.searchsorted(steps["at.time"], asked, "right")]
    cell = time.max() / CELLS
    assert (drawn <= curve.estimate_at(asked - cell) + 1e-12).all()
    assert (drawn >= curve.estimate_at(asked + cell) - 1e-12).all()


def test_times_that_differ_in_their_last_digits_are_rows_of_their_own() -> None:
    curve = kaplan_meier([1.23456789, 1.23456788], [1, 1], level=0.95)
    rows = curve_rows(curve, at_risk=[1], unit="days")
    assert len(rows_of(rows, "x", context="test", data_status="synthetic"))
