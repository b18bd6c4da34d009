"""Group-sequential designs: laws, simulation and a second route; outside numbers are validated."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis.errors import UserError
from analysis.stats.boundaries import SHAPES, SPENDING
from analysis.stats.group_sequential import crossing_probabilities, design_group_sequential

PARAMETER = {"wang-tsiatis": 0.25, "hwang-shih-decani": -2, "kim-demets": 3}
UNEVEN = [0.3, 0.55, 0.9, 1]


def design(boundary, fractions=UNEVEN, alpha=0.025, power=0.9, **more):
    given = {"parameter": PARAMETER.get(boundary)} | more
    return design_group_sequential(fractions, boundary=boundary, alpha=alpha, power=power, **given)


def simulated(found, drift, draws=200_000, seed=7):
    """Cumulative share of trials that crossed, from increments of Brownian motion."""
    rng = np.random.default_rng(seed)
    steps = np.diff(found.fractions, prepend=0.0)
    paths = (rng.standard_normal((draws, steps.size)) * np.sqrt(steps) + drift * steps).cumsum(1)
    crossed = paths / np.sqrt(found.fractions) >= found.bounds
    return np.logical_or.accumulate(crossed, axis=1).mean(axis=0)


@pytest.mark.parametrize("boundary", [*SHAPES, *SPENDING])
def test_level_and_power_are_those_of_simulated_trials(boundary):
    found = design(boundary)
    for drift, expected in ((0.0, found.alpha_spent), (found.drift, found.power_reached)):
        error = np.sqrt(expected * (1 - expected) / 200_000)
        assert np.all(np.abs(simulated(found, drift) - expected) <= 4 * error + 1e-6)
    assert found.alpha_spent[-1] == pytest.approx(0.025, abs=1e-9)
    assert found.power_reached[-1] == pytest.approx(0.9, abs=1e-9)


def test_two_looks_by_the_bivariate_normal():
    found = design("hwang-shih-decani", [0.4, 1])
    correlation = [[1, 0.4**0.5], [0.4**0.5, 1]]
    for drift in (0.0, -1.5, found.drift):
        means = drift * np.sqrt(found.fractions)
        stays = stats.multivariate_normal(means, correlation).cdf(found.bounds)
        crossed = crossing_probabilities(found.fractions, found.bounds, drifts=drift).sum()
        assert crossed == pytest.approx(1 - stays, abs=1e-5)


@settings(max_examples=10, deadline=None, database=None)
@given(
    st.lists(st.floats(0.02, 0.97), min_size=1, max_size=4, unique=True),
    st.sampled_from(list(SPENDING)),
)
def test_what_is_spent_by_a_look_does_not_depend_on_later_looks(times, boundary):
    times = sorted(times)
    if np.diff([0, *times, 1]).min() < 1e-3:
        return
    whole = design(boundary, [*times, 1.0])
    first = design(boundary, [times[0], 1.0])
    assert whole.bounds[0] == pytest.approx(first.bounds[0])
    assert whole.alpha_spent[-1] == pytest.approx(0.025, abs=1e-9)
    assert np.all(np.diff(whole.power_reached) >= 0)


def test_one_look_is_the_trial_without_looks():
    for boundary in (*SHAPES, *SPENDING):
        found = design(boundary, 1)
        assert found.bounds[0] == pytest.approx(stats.norm.isf(0.025))
        assert (found.inflation, found.expected_h0) == pytest.approx((1, 1))


def test_the_families_meet_at_their_ends():
    pocock, fleming = design("pocock"), design("obrien-fleming")
    assert design("wang-tsiatis", parameter=0.5).bounds == pytest.approx(pocock.bounds)
    assert design("wang-tsiatis", parameter=0).bounds == pytest.approx(fleming.bounds)
    linear = design("kim-demets", parameter=1).bounds
    assert design("hwang-shih-decani", parameter=0).bounds == pytest.approx(linear)
    for gamma in (-1e-7, 1e-7):
        near = design("hwang-shih-decani", parameter=gamma).bounds
        assert near == pytest.approx(linear, abs=1e-6)


def test_early_looks_cost_little_where_they_spend_little():
    # Pocock spends early: it stops sooner when the effect is there, and needs more patients.
    fleming, pocock = design("obrien-fleming", 4), design("pocock", 4)
    assert fleming.inflation < pocock.inflation
    assert fleming.power_reached[0] < pocock.power_reached[0]
    # An extra look that can hardly succeed changes nothing.
    extra = design("lan-demets-obrien-fleming", [0.01, 1])
    assert extra.bounds[1] == pytest.approx(stats.norm.isf(0.025), abs=1e-9)
    assert extra.bounds[0] > 20


def test_other_effects_than_the_assumed_one():
    found = design("obrien-fleming", 3)
    at = found.at([-1, 0, 0.5, 1, 3])
    assert at["power"].is_monotonic_increasing
    assert at["power"].iloc[[1, 3]].tolist() == pytest.approx([0.025, 0.9])
    assert at["expected"].iloc[[1, 3]].tolist() == pytest.approx(
        [found.expected_h0, found.expected_h1]
    )
    assert at["expected"].iloc[0] == pytest.approx(found.inflation, abs=1e-4)
    # and each by simulation
    for row in at.itertuples():
        share = simulated(found, row.effect * found.drift, draws=100_000)[-1]
        assert share == pytest.approx(row.power, abs=0.006)


@pytest.mark.parametrize("apart", [0.3, 0.01, 0.001])
def test_a_look_that_cannot_succeed_takes_nothing_away(apart):
    # However near to another one it lies: the quadrature follows the narrowest increment.
    looks = [0.9 - apart, 0.9, 1] if apart < 0.3 else [0.3, 0.6, 1]
    found = crossing_probabilities(looks, [40, 40, 1.96], drifts=[-2, 0, 3])
    expected = stats.norm.sf(1.96 - np.array([-2, 0, 3]))
    assert found.sum(axis=1) == pytest.approx(expected, abs=1e-10)
    near = crossing_probabilities([0.5, 0.5 + apart, 1], [2.3, 2.3, 2], drifts=[0])
    apart_alone = crossing_probabilities([0.5, 1], [2.3, 2], drifts=[0])
    assert apart_alone.sum() < near.sum() < apart_alone.sum() + 0.01


def test_many_close_looks():
    found = design("lan-demets-pocock", 30)
    assert found.alpha_spent[-1] == pytest.approx(0.025, abs=1e-9)
    assert simulated(found, 0.0, draws=50_000)[-1] == pytest.approx(0.025, abs=0.003)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"fractions": [0.5, 0.9]}, "rise from 0.001 or more to 1"),
        ({"fractions": [0.5, 0.5, 1]}, "rise from 0.001 or more to 1"),
        ({"fractions": [0.5, 0.5005, 1]}, "0.001 apart"),
        ({"fractions": [0, 1]}, "rise from 0.001 or more to 1"),
        ({"fractions": [[0.5, 1]]}, "rise from 0.001 or more to 1"),
        ({"fractions": []}, "rise from 0.001 or more to 1"),
        ({"fractions": 0}, "number of looks must be .*at least 1"),
        ({"fractions": 2.5}, "whole number"),
        ({"fractions": True}, "must be a number"),
        ({"fractions": [0.5, np.nan, 1]}, "finite"),
        ({"alpha": 0.6}, "alpha must be"),
        ({"power": 0.02}, "power must be above 0.025"),
        ({"boundary": "haybittle"}, "boundary must be one of"),
        ({"boundary": "pocock", "parameter": 1}, "has no parameter"),
        ({"boundary": "kim-demets", "parameter": None}, "needs its parameter"),
        ({"boundary": "kim-demets", "parameter": 0}, "parameter must be above 0"),
    ],
)
def test_wrong_designs_are_refused(change, message):
    asked = {"boundary": "obrien-fleming", "fractions": 3} | change
    with pytest.raises(UserError, match=message):
        design(**asked)


def test_bounds_and_fractions_go_together():
    with pytest.raises(UserError, match="shapes"):
        crossing_probabilities([0.5, 1], [2.0], drifts=0)
