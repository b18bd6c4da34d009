"""Descriptive statistics: published quartile definitions, scipy, and the small cases."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis.errors import UserError
from analysis.stats.descriptive import summarise, summarise_log

numbers = st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=30)
quick = settings(max_examples=60, deadline=None, database=None)


# SAS quartiles --------------------------------------------------------------------------------


def test_quartiles_average_at_a_whole_rank_as_sas_definition_5_does():
    # SAS documentation, PCTLDEF=5: with n p = j + g, the mean of x_j and x_j+1 if g = 0, else
    # x_j+1. n = 8: ranks 2, 4 and 6 are whole; n = 7: ranks 1.75, 3.5 and 5.25 are not.
    s = summarise(np.arange(1, 9) ** 2, level=0.95)
    assert (s.q1, s.median, s.q3) == ((4 + 9) / 2, (16 + 25) / 2, (36 + 49) / 2)
    s = summarise(np.arange(1, 8) ** 2, level=0.95)
    assert (s.q1, s.median, s.q3) == (4, 16, 36)


def test_quartile_definition_can_be_named():
    # R's default, type 7, of 1..4
    s = summarise([1, 2, 3, 4], level=0.95, quantile_method="linear")
    assert (s.q1, s.q3) == (1.75, 3.25)


# known by their making -------------------------------------------------------------------------


def test_large_values_that_differ_little_keep_their_digits():
    # 1001 values: the mean once, then 0.1 below and above it in turn, so that the squares sum to
    # 1000 × 0.01 and the SD is 0.1 exactly.
    values = np.array([10000000.2] + [10000000.1, 10000000.3] * 500)
    s = summarise(values, level=0.95)
    assert s.mean == pytest.approx(10000000.2, rel=1e-15)
    assert s.sd == pytest.approx(0.1, rel=1e-7)  # the data themselves carry 9 digits of it


def test_three_values_and_a_thousand_with_a_known_sd():
    # Around 10000002 the squares are 1, 1 and 0: their sum over 2 is 1.
    assert summarise([10000001, 10000003, 10000002], level=0.95).sd == 1
    s = summarise([1.2] + [1.1, 1.3] * 500, level=0.95)
    assert (s.mean, s.sd) == (pytest.approx(1.2, rel=1e-14), pytest.approx(0.1, rel=1e-12))


# against scipy --------------------------------------------------------------------------------


@quick
@given(numbers)
def test_interval_is_the_one_sample_t_interval(values):
    s = summarise(values, level=0.9)
    if s.sd == 0:
        assert s.lower == s.mean == s.upper
        return
    interval = stats.ttest_1samp(values, 0).confidence_interval(0.9)
    assert s.lower == pytest.approx(interval.low, rel=1e-6, abs=1e-6)
    assert s.upper == pytest.approx(interval.high, rel=1e-6, abs=1e-6)


def test_geometric_mean_and_cv():
    values = [12.0, 15.5, 9.1, 20.2]
    s = summarise_log(values, level=0.95)
    assert s.geometric_mean == pytest.approx(stats.gmean(values))
    # scipy's gstd is the exponential of the SD of the logs
    assert s.cv == pytest.approx(np.sqrt(np.exp(np.log(stats.gstd(values)) ** 2) - 1))
    assert s.lower * s.upper == pytest.approx(s.geometric_mean**2)


# laws -----------------------------------------------------------------------------------------


@quick
@given(numbers, st.randoms(use_true_random=False))
def test_order_does_not_matter(values, random):
    shuffled = random.sample(values, len(values))
    a, b = summarise(values, level=0.95), summarise(shuffled, level=0.95)
    assert (a.median, a.q1, a.q3, a.minimum) == (b.median, b.q1, b.q3, b.minimum)
    assert a.mean == pytest.approx(b.mean, rel=1e-9, abs=1e-6)


@pytest.mark.parametrize("factor", [1e-9, 0.01, 1e9])
def test_a_change_of_unit_scales_everything(factor):
    values = np.array([3.1, 4.7, 9.9, 5.2])
    a, b = summarise(values, level=0.95), summarise(values * factor, level=0.95)
    for field in ("mean", "sd", "std_error", "median", "q1", "q3", "lower", "upper"):
        assert getattr(b, field) == pytest.approx(factor * getattr(a, field), rel=1e-12)


def test_the_input_is_not_changed():
    values = np.array([3.0, np.nan, 1.0])
    summarise(values, level=0.95)
    assert np.array_equal(values, [3.0, np.nan, 1.0], equal_nan=True)


# small and odd inputs -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "values",
    [[], [None, None], [np.nan], pd.Series([], dtype=float), pd.array([pd.NA], dtype="Float64")],
)
def test_no_observation_gives_counts_and_a_reason(values):
    s = summarise(values, level=0.95)
    assert s.n == 0
    assert s.n_missing == len(values)
    assert s.mean is s.sd is s.median is s.lower is s.maximum is None
    assert s.reason == "no observations"
    assert summarise_log(values, level=0.95).geometric_mean is None


def test_one_observation_has_no_spread():
    s = summarise([7.5, None], level=0.95)
    assert (s.n, s.n_missing, s.mean, s.median, s.q1, s.maximum) == (1, 1, 7.5, 7.5, 7.5, 7.5)
    assert s.sd is s.std_error is s.lower is s.upper is None
    assert summarise_log([7.5], level=0.95).cv is None


def test_a_constant_has_a_standard_deviation_of_exactly_zero():
    s = summarise([0.1] * 7, level=0.95)
    assert (s.mean, s.sd, s.lower, s.upper) == (0.1, 0.0, 0.1, 0.1)


def test_nullable_and_integer_columns():
    s = summarise(pd.Series([1, pd.NA, 3], dtype="Int64"), level=0.95)
    assert (s.n, s.n_missing, s.mean) == (2, 1, 2)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (["a", "b"], "numbers or missing"),
        ([1, "2"], "numbers or missing"),
        ([True, False], "numbers or missing"),
        ([1.0, np.inf], "infinite"),
        ([1e300, -1e300], "overflow"),
    ],
)
def test_wrong_values_are_refused(values, message):
    with pytest.raises(UserError, match=message):
        summarise(values, level=0.95)


def test_wrong_options_are_refused():
    with pytest.raises(UserError, match=r"write 0\.95"):
        summarise([1, 2], level=95)
    with pytest.raises(UserError, match="quantile_method"):
        summarise([1, 2], level=0.95, quantile_method="type 5")
    with pytest.raises(UserError, match="above 0"):
        summarise_log([1.0, 0.0], level=0.95)
