"""Intervals of one proportion: published examples, statsmodels, and laws."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from analysis.errors import UserError
from analysis.stats.proportions import PROPORTION_METHODS, estimate_proportion

quick = settings(max_examples=80, deadline=None, database=None)
tables = st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@pytest.mark.parametrize(
    ("events", "n", "lower", "upper"),
    # Newcombe (1998), Two-sided confidence intervals for the single proportion, Stat Med 17:
    # 857-872, table I, method 5 (exact); values as the R package ratesci tests them.
    [(15, 148, 0.0578, 0.1617), (0, 20, 0.0, 0.1684), (1, 29, 0.0009, 0.1776)],
)
def test_clopper_pearson_as_published(events, n, lower, upper):
    p = estimate_proportion(events, n, method="clopper-pearson", level=0.95)
    assert (round(float(p.lower), 4), round(float(p.upper), 4)) == (lower, upper)


@pytest.mark.parametrize(
    ("events", "n", "lower", "upper"),
    # Newcombe (1998), the same table, method 3 (score without continuity correction).
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611)],
)
def test_wilson_as_published(events, n, lower, upper):
    p = estimate_proportion(events, n, method="wilson", level=0.95)
    assert (round(float(p.lower), 4), round(float(p.upper), 4)) == (lower, upper)


@pytest.mark.parametrize(
    ("method", "name"),
    [
        ("clopper-pearson", "beta"),
        ("wilson", "wilson"),
        ("agresti-coull", "agresti_coull"),
        ("jeffreys", "jeffreys"),
    ],
)
def test_against_statsmodels(method, name):
    events, n = np.array([1, 3, 20, 77, 149]), np.array([10, 200, 40, 80, 150])
    p = estimate_proportion(events, n, method=method, level=0.9)
    lower, upper = proportion_confint(events, n, alpha=0.1, method=name)
    np.testing.assert_allclose(p.lower, lower, rtol=1e-12)
    np.testing.assert_allclose(p.upper, upper, rtol=1e-12)


@quick
@given(tables)
def test_clopper_pearson_limits_are_where_the_binomial_tail_is_alpha(table):
    x, n = table
    p = estimate_proportion(x, n, method="clopper-pearson", level=0.95)
    if x > 0:
        assert stats.binom.sf(x - 1, n, p.lower) == pytest.approx(0.025, rel=1e-8)
    if x < n:
        assert stats.binom.cdf(x, n, p.upper) == pytest.approx(0.025, rel=1e-8)


@quick
@given(tables)
def test_wilson_limits_are_where_the_score_test_is_alpha(table):
    x, n = table
    p = estimate_proportion(x, n, method="wilson", level=0.9)
    for limit in (p.lower, p.upper):
        if 0 < limit < 1:
            z = (x / n - limit) / np.sqrt(limit * (1 - limit) / n)
            assert 2 * stats.norm.sf(abs(z)) == pytest.approx(0.1, rel=1e-8)


@quick
@given(tables, st.sampled_from(PROPORTION_METHODS))
def test_complement_mirrors_the_interval(table, method):
    x, n = table
    p = estimate_proportion(x, n, method=method, level=0.95)
    q = estimate_proportion(n - x, n, method=method, level=0.95)
    assert p.lower == pytest.approx(1 - q.upper, abs=1e-12)
    assert 0 <= p.lower <= p.estimate <= p.upper <= 1


@pytest.mark.parametrize("method", PROPORTION_METHODS)
@pytest.mark.parametrize("n", [1, 5, 10**7])
def test_no_event_and_only_events(method, n):
    p = estimate_proportion([0, n], n, method=method, level=0.95)
    assert (p.lower[0], p.upper[1]) == (0, 1)
    if method == "wald":
        assert all("no width" in reason for reason in p.reason)
        return
    assert 0 < p.upper[0] <= 1
    assert 0 <= p.lower[1] < 1


def test_many_are_the_same_as_one_by_one():
    events = np.arange(0, 41)
    many = estimate_proportion(events, 40, method="jeffreys", level=0.95).to_frame()
    one = estimate_proportion(17, 40, method="jeffreys", level=0.95)
    assert many.shape == (41, 8)
    assert many.loc[17, "lower"] == one.lower


@pytest.mark.parametrize(
    ("events", "n", "message"),
    [
        (5, 4, "must not exceed"),
        (-1, 4, "whole numbers"),
        (1.5, 4, "whole numbers"),
        (0, 0, "without patients"),
        (np.nan, 4, "finite"),
        (None, 4, "numbers only"),
        ("3", 4, "numbers only"),
        ([True, False], 4, "numbers only"),
        ([1, 2], [3, 4, 5], "one shape"),
    ],
)
def test_impossible_counts_are_refused(events, n, message):
    with pytest.raises(UserError, match=message):
        estimate_proportion(events, n, method="wilson", level=0.95)


def test_the_method_must_be_named():
    with pytest.raises(TypeError):
        estimate_proportion(1, 4, level=0.95)
    with pytest.raises(UserError, match="clopper-pearson, mid-p, wilson"):
        estimate_proportion(1, 4, method="bayes", level=0.95)


def test_wald_against_statsmodels():
    for x, n in ((81, 263), (15, 148), (1, 29)):
        found = estimate_proportion(x, n, method="wald", level=0.95)
        other = proportion_confint(x, n, method="normal")
        np.testing.assert_allclose((found.lower, found.upper), other, rtol=1e-10, atol=1e-12)
        wider = estimate_proportion(x, n, method="wald-cc", level=0.95)
        assert wider.upper - found.upper == pytest.approx(1 / (2 * n))
