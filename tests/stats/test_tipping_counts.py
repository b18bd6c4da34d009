"""The tipping grid of a binary endpoint: every table that the missing of two arms allow."""

import itertools
import math
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.errors import UserError
from analysis.stats import (
    odds_ratio,
    risk_difference,
    share_events,
    stratified_risk_difference,
    tipping_grid,
)
from analysis.stats.intervals import no_interval
from analysis.stats.tipping_counts_result import ASSUMPTIONS

quick = settings(max_examples=40, deadline=None, database=None)
observed = st.integers(1, 25).flatmap(
    lambda n: st.tuples(st.integers(0, n), st.just(n), st.integers(0, 6))
)
METHODS = ("miettinen-nurminen", "newcombe")
ZERO = {"limit": "lower", "threshold": 0.0, "level": 0.95}
SMALL = (21, 40, 6, 14, 45, 5)

# R 4.2.2, stats::prop.test(c(21 + k1, 14 + k2), c(46, 50), correct = FALSE)$conf.int[1], whose
# interval is Wald's, for k1 in 0:6 (down) and k2 in 0:5 (across)
R_LOWER = [
    [-0.013763290, -0.035451580, -0.05696640, -0.07831177, -0.09949120, -0.12050770],
    [0.007664989, -0.014020580, -0.03553298, -0.05687625, -0.07805385, -0.09906876],
    [0.029300610, 0.007615955, -0.01389565, -0.03523822, -0.05641521, -0.07742960],
    [0.051143250, 0.029457680, 0.00794528, -0.01339799, -0.03457559, -0.05559050],
    [0.073193230, 0.051504940, 0.02999013, 0.00864475, -0.01253468, -0.03355114],
    [0.095451580, 0.073758710, 0.05223986, 0.03089095, 0.00970846, -0.01131061],
    [0.117920000, 0.096220670, 0.07469611, 0.05334220, 0.03215539, 0.01113264],
]
R_FEWEST = [1, 2, 3, 4, 5, 6]
"""Responders among the missing of arm 1 with which R's lower limit is above 0."""


def test_the_grid_is_what_r_gives_table_by_table():
    grid = tipping_grid(*SMALL, method="wald", **ZERO)
    assert grid.lower == pytest.approx(np.array(R_LOWER), rel=5e-7)
    assert grid.border.tolist() == R_FEWEST
    assert grid.changes
    assert grid.reason == "the lower limit is above 0 or not, depending on the missing"


def test_where_the_assumptions_lie():
    grid = tipping_grid(*SMALL, method="wald", **ZERO)
    cells = {each.name: (each.missing_events_1, each.missing_events_2) for each in grid.assumptions}
    # 6 × 21/40 = 3.15 and 5 × 14/45 = 1.56
    assert cells == dict(zip(ASSUMPTIONS, [(0, 0), (6, 5), (3, 2), (6, 0), (0, 5)], strict=True))
    assert grid.assumption("Observed shares").lower == pytest.approx(0.00794528, rel=5e-7)
    assert [each.beyond for each in grid.assumptions] == [False, True, True, True, False]
    # one patient more of the reference, or one fewer of the other, and the limit is below 0
    assert grid.nearest_tip("observed shares") in {(2, 2), (3, 3)}
    assert grid.nearest_tip("no events") == (1, 0)
    assert grid.nearest_tip("worst case") == (3, 2)


def test_fewer_events_may_be_better():
    grid = tipping_grid(*SMALL, method="wald", limit="upper", threshold=0.2, level=0.95)
    best, worst = grid.assumption("best case"), grid.assumption("worst case")
    assert (best.missing_events_1, best.missing_events_2) == (0, 5)
    assert (worst.missing_events_1, worst.missing_events_2) == (6, 0)
    assert np.isnan(grid.border).tolist() == (~grid.beyond.any(axis=0)).tolist()
    for k2, most in enumerate(grid.border):
        if not math.isnan(most):
            assert grid.beyond[: int(most) + 1, k2].all()
            assert not grid.beyond[int(most) + 1 :, k2].any()


# laws -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS)
@quick
@given(observed, observed, st.sampled_from([-0.2, 0.0, 0.13]))
def test_the_limits_rise_with_arm_1_and_fall_with_arm_2(method, one, other, threshold):
    given = {"limit": "lower", "threshold": threshold, "level": 0.9}
    grid = tipping_grid(*one, *other, method=method, **given)
    for values in (grid.estimate, grid.lower, grid.upper):
        assert (np.diff(values, axis=0) > -1e-9).all()
        assert (np.diff(values, axis=1) < 1e-9).all()
    for k2, fewest in enumerate(grid.border):
        first = math.inf if math.isnan(fewest) else fewest
        assert grid.beyond[:, k2].tolist() == [k1 >= first for k1 in range(one[2] + 1)]


@pytest.mark.parametrize("method", METHODS)
@quick
@given(observed, observed, st.sampled_from([-0.2, 0.0, 0.13]))
def test_swapped_arms_give_the_same_verdicts_turned(method, one, other, threshold):
    grid = tipping_grid(*one, *other, method=method, limit="lower", threshold=threshold, level=0.9)
    turned = tipping_grid(
        *other, *one, method=method, limit="upper", threshold=-threshold, level=0.9
    )
    assert grid.lower == pytest.approx(-turned.upper.T, abs=1e-8)
    assert grid.estimate == pytest.approx(-turned.estimate.T, abs=1e-12)
    clear = np.abs(grid.lower - threshold) > 1e-8
    assert (grid.beyond == turned.beyond.T)[clear].all()


@pytest.mark.parametrize("method", METHODS)
@quick
@given(observed, observed)
def test_the_corner_is_the_analysis_of_non_responders(method, one, other):
    grid = tipping_grid(*one, *other, method=method, **ZERO)
    (x1, n1, m1), (x2, n2, m2) = one, other
    corner = grid.assumption("no events")
    plain = risk_difference(x1, n1 + m1, x2, n2 + m2, method=method, level=0.95)
    assert (corner.estimate, corner.lower, corner.upper) == pytest.approx(
        (float(plain.estimate), float(plain.lower), float(plain.upper)), abs=1e-9
    )
    assert grid.to_frame().shape == ((m1 + 1) * (m2 + 1), 7)


@quick
@given(st.lists(st.integers(0, 9), min_size=1, max_size=6))
def test_one_more_event_is_one_more_of_one_stratum(missing):
    parts = [share_events(k, missing) for k in range(sum(missing) + 1)]
    assert parts[0].sum() == 0
    assert parts[-1].tolist() == missing
    for before, after in itertools.pairwise(parts):
        assert sorted((after - before).tolist())[-1] == 1
        assert (after - before).sum() == 1
        assert (after <= missing).all()
    half = parts[len(parts) // 2]
    share = (len(parts) // 2) / max(sum(missing), 1)
    assert (np.abs(half - share * np.array(missing)) < len(missing) / 2 + 0.5).all()


# any analysis -----------------------------------------------------------------------------------


def test_an_analysis_that_is_given_is_asked_for_every_pair():
    asked = []

    def score(k_1, k_2):
        asked.append((k_1, k_2))
        return risk_difference(21 + k_1, 46, 14 + k_2, 50, method="mn", level=0.95)

    grid = tipping_grid(*SMALL, method=score, **ZERO)
    word = tipping_grid(*SMALL, method="mn", **ZERO)
    assert asked == list(np.ndindex(7, 6))
    assert grid.method == "score"
    assert grid.lower == pytest.approx(word.lower, abs=1e-12)
    assert grid.border.tolist() == word.border.tolist()


def test_an_analysis_over_strata():
    missing = ([4, 2], [2, 3])

    def analyse(k_1, k_2):
        return stratified_risk_difference(
            np.array([11, 10]) + share_events(k_1, missing[0]), [26, 20],
            np.array([9, 5]) + share_events(k_2, missing[1]), [26, 24], weights="cmh", level=0.95,
        )  # fmt: skip

    grid = tipping_grid(*SMALL, method=analyse, **ZERO)
    full = stratified_risk_difference([15, 12], [26, 20], [11, 8], [26, 24], weights="cmh",
                                      level=0.95)  # fmt: skip
    assert grid.assumption("all events").lower == full.lower
    assert grid.changes


def test_ratios_without_an_event():
    grid = tipping_grid(
        0, 8, 2, 0, 9, 1, limit="lower", threshold=1.0, level=0.95,
        method=lambda k1, k2: odds_ratio(k1, 10, k2, 10, method="log-wald", level=0.95),
    )  # fmt: skip
    assert np.isnan(grid.estimate[0, 0])
    assert grid.why[0, 0]
    assert not grid.beyond[0, 0]
    assert np.isfinite(grid.estimate[1:, 1]).all()


def test_an_analysis_without_an_estimate_gives_its_reason():
    why = "the model has no estimate, because no one responds"
    grid = tipping_grid(
        0, 8, 1, 4, 8, 0, **ZERO,
        method=lambda k1, _k2: no_interval(why, level=0.95, method="x") if not k1
        else SimpleNamespace(estimate=0.1, lower=0.05, upper=0.2),
    )  # fmt: skip
    assert grid.why[0, 0] == why
    assert grid.assumption("worst case").reason == why
    assert grid.to_frame()["reason"].tolist() == [why, ""]
    assert grid.beyond.ravel().tolist() == [False, True]


# little or nothing ------------------------------------------------------------------------------


@pytest.mark.parametrize("method", [*METHODS, "wald", "agresti-caffo"])
@pytest.mark.parametrize(
    "counts",
    [
        (0, 9, 0, 0, 9, 0),  # no event, nobody missing
        (0, 9, 3, 0, 9, 2),  # no event among the observed
        (9, 9, 3, 9, 9, 0),  # only events
        (0, 0, 4, 3, 7, 0),  # everyone missing in one arm
        (0, 0, 2, 0, 0, 3),  # in both
        (1, 1, 0, 0, 1, 1),
    ],
)
def test_a_grid_that_says_little_still_stands(method, counts):
    grid = tipping_grid(*counts, method=method, **ZERO)
    assert grid.estimate.shape == (counts[2] + 1, counts[5] + 1)
    for values in (grid.estimate, grid.lower, grid.upper):
        assert np.isfinite(values).all()
    share = grid.assumption("observed shares")
    nobody = [place for place, n in ((1, counts[1]), (2, counts[4])) if not n]
    assert bool(share.reason) == bool(nobody)
    if nobody:
        arms = " and ".join(f"arm {place}" for place in nobody)
        assert share.reason == (
            f"nobody of {arms} was observed, so there is no observed share to go by"
        )
        with pytest.raises(UserError, match="no observed share"):
            grid.nearest_tip("observed shares")


def test_nobody_missing_leaves_one_verdict():
    grid = tipping_grid(30, 40, 0, 10, 40, 0, method="mn", **ZERO)
    assert grid.reason == "nobody is missing; the lower limit is above 0"
    assert grid.nearest_tip("worst case") is None
    assert {each.lower for each in grid.assumptions} == {float(grid.lower[0, 0])}


def test_the_missing_may_matter_to_no_verdict():
    above = tipping_grid(30, 40, 1, 10, 40, 1, method="mn", **ZERO)
    below = tipping_grid(10, 40, 1, 30, 40, 1, method="mn", **ZERO)
    assert above.reason == "the lower limit is above 0 whatever the missing are"
    assert below.reason == "the lower limit is not above 0 whatever the missing are"
    assert np.isnan(below.border).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"events_1": 50}, "events_1 must not exceed n_1, the observed: 50 of 40"),
        ({"missing_2": -1}, "missing_2 must hold whole numbers, 0 or more"),
        ({"missing_2": 1.5}, "missing_2 must hold whole numbers"),
        ({"events_2": [3, 4]}, "events_2 must be one number of all patients, not 2 numbers"),
        ({"events_1": 0, "n_1": 0, "missing_1": 0}, "arm 1 has nobody"),
        ({"method": "fisher"}, "method must be one of"),
        ({"limit": "both"}, "limit must be one of lower, upper"),
        ({"level": 95}, "level must be a fraction"),
        ({"threshold": math.nan}, "threshold must be a finite number"),
        ({"method": lambda _a, _b: risk_difference(1, 2, 1, 2, method="mn", level=0.9)},
         "the analysis has the level 0.9, but the grid 0.95"),
    ],
)  # fmt: skip
def test_what_cannot_be_counted(change, message):
    names = ("events_1", "n_1", "missing_1", "events_2", "n_2", "missing_2")
    given = dict(zip(names, SMALL, strict=True)) | ZERO | {"method": "mn"}
    with pytest.raises(UserError, match=message):
        tipping_grid(**(given | change))


def test_more_events_than_missing():
    with pytest.raises(UserError, match="events must not exceed the missing: 4 of 3"):
        share_events(4, [2, 1])
