"""Rates per patient-time: published limits, statsmodels, scipy, and laws."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.rates import confint_poisson, confint_poisson_2indep
from statsmodels.stats.rates import test_poisson_2indep as poisson_2indep

from analysis.errors import UserError
from analysis.stats.common_rates import mantel_haenszel_rates
from analysis.stats.rate_comparisons import rate_difference, rate_ratio
from analysis.stats.rates import estimate_rate

quick = settings(max_examples=60, deadline=None, database=None)
arm = st.tuples(st.integers(0, 200), st.floats(0.1, 500))
ARMS = [(60, 51477.5, 30, 54308.8), (15, 19.017, 41, 28.01), (3, 10, 1, 12), (0, 10, 3, 12)]


# one arm --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("events", "lower", "upper"),
    # Garwood (1936), exact limits of a Poisson count; as in reference_values.md
    [(0, 0.0, 0.03689), (5, 0.01623, 0.11668)],
)
def test_garwood_as_published(events, lower, upper):
    r = estimate_rate(events, 100, method="garwood", level=0.95, per=1)
    assert (round(float(r.lower), 5), round(float(r.upper), 5)) == (lower, upper)


def test_per_100_patient_years_scales_everything():
    one = estimate_rate([0, 5, 12], [80.0, 100.0, 33.0], method="garwood", level=0.9, per=1)
    hundred = estimate_rate([0, 5, 12], [80.0, 100.0, 33.0], method="garwood", level=0.9, per=100)
    for field in ("estimate", "lower", "upper"):
        np.testing.assert_allclose(getattr(hundred, field), 100 * getattr(one, field))


def test_garwood_against_statsmodels():
    r = estimate_rate([1, 9, 250], 7.5, method="garwood", level=0.9, per=1)
    other = [confint_poisson(x, 7.5, method="exact-c", alpha=0.1) for x in (1, 9, 250)]
    np.testing.assert_allclose(np.column_stack([r.lower, r.upper]), other, rtol=1e-12)


@quick
@given(st.integers(0, 10**6), st.floats(1e-3, 1e6))
def test_garwood_limits_are_where_the_poisson_tail_is_alpha(x, time):
    r = estimate_rate(x, time, method="garwood", level=0.95, per=1)
    if x:
        assert stats.poisson.sf(x - 1, r.lower * time) == pytest.approx(0.025, rel=1e-6)
    assert stats.poisson.cdf(x, r.upper * time) == pytest.approx(0.025, rel=1e-6)


# two arms -------------------------------------------------------------------------------------


def test_exact_ratio_as_r_documents_it():
    # R, help(poisson.test): 11 events in 800 v 21 in 3011; 95 percent confidence interval
    # 0.8584264 4.2772659
    r = rate_ratio(11, 800, 6 + 8 + 7, 1083 + 1050 + 878, method="exact", level=0.95)
    assert round(float(r.lower), 7) == 0.8584264
    assert round(float(r.upper), 7) == 4.2772659


@pytest.mark.parametrize("arms", ARMS)
def test_score_limits_against_statsmodels(arms):
    d = rate_difference(*arms, method="score", level=0.95, per=1)
    other = confint_poisson_2indep(*arms, method="score", compare="diff")
    # statsmodels stops its search near 1e-5 of the width
    assert (d.lower, d.upper) == pytest.approx(other, rel=1e-4)
    r = rate_ratio(*arms, method="score", level=0.95)
    assert float(r.upper) == pytest.approx(
        confint_poisson_2indep(*arms, method="score", compare="ratio")[1], rel=1e-6
    )
    assert r.p_value == pytest.approx(poisson_2indep(*arms, method="score").pvalue)
    assert d.p_value == pytest.approx(poisson_2indep(*arms, method="score", compare="diff").pvalue)


@quick
@given(arm, arm)
def test_exact_ratio_limits_are_binomial(one, two):
    (x1, t1), (x2, t2) = one, two
    r = rate_ratio(x1, t1, x2, t2, method="exact", level=0.95)
    if x1 + x2 == 0:
        return
    ci = stats.binomtest(x1, x1 + x2).proportion_ci(0.95, method="exact")
    assert r.lower == pytest.approx(ci.low / (1 - ci.low) * t2 / t1, rel=1e-8)
    if x2:
        assert r.upper == pytest.approx(ci.high / (1 - ci.high) * t2 / t1, rel=1e-6)


@pytest.mark.parametrize("method", ["exact", "score"])
@quick
@given(arm, arm, st.sampled_from([0.8, 0.95]))
def test_p_at_a_ratio_limit_is_alpha(method, one, two, level):
    r = rate_ratio(*one, *two, method=method, level=level)
    for limit in (float(r.lower), float(r.upper)):
        if 0 < limit < np.inf:
            at = rate_ratio(*one, *two, method=method, level=level, null=limit)
            assert at.p_value == pytest.approx(1 - level, rel=1e-6)


@quick
@given(arm, arm, st.sampled_from([0.8, 0.95]))
def test_p_at_a_difference_limit_is_alpha(one, two, level):
    d = rate_difference(*one, *two, method="score", level=level, per=100)
    for limit in (float(d.lower), float(d.upper)):
        at = rate_difference(*one, *two, method="score", level=level, per=100, null=limit)
        # near an arm without events the p-value is steep in the limit
        assert at.p_value == pytest.approx(1 - level, rel=1e-4)


@quick
@given(arm, arm)
def test_exchanging_arms(one, two):
    for method in ("mover", "score"):
        d = rate_difference(*one, *two, method=method, level=0.95, per=1)
        e = rate_difference(*two, *one, method=method, level=0.95, per=1)
        assert (d.lower, d.upper) == pytest.approx((-e.upper, -e.lower), rel=1e-9, abs=1e-12)
        assert d.lower <= d.estimate <= d.upper
    for method in ("exact", "score"):
        r = rate_ratio(*one, *two, method=method, level=0.95)
        s = rate_ratio(*two, *one, method=method, level=0.95)
        inverse = np.inf if s.upper == 0 else 1 / float(s.upper)
        assert float(r.lower) == pytest.approx(inverse, rel=1e-9)
        assert r.p_value == pytest.approx(s.p_value, rel=1e-9)


@quick
@given(arm, arm, st.floats(1e-3, 1e3))
def test_a_change_of_the_time_unit(one, two, factor):
    (x1, t1), (x2, t2) = one, two
    a = rate_difference(x1, t1, x2, t2, method="score", level=0.95, per=1)
    b = rate_difference(x1, t1 * factor, x2, t2 * factor, method="score", level=0.95, per=factor)
    assert (a.lower, a.upper) == pytest.approx((b.lower, b.upper), rel=1e-8, abs=1e-10)
    r = rate_ratio(x1, t1, x2, t2, method="exact", level=0.95)
    s = rate_ratio(x1, t1 * factor, x2, t2 * factor, method="exact", level=0.95)
    assert (float(r.lower), float(r.upper)) == pytest.approx(
        (float(s.lower), float(s.upper)), rel=1e-9
    )


def test_no_events_in_either_arm():
    for method in ("mover", "score"):
        d = rate_difference(0, 10, 0, 12, method=method, level=0.95, per=100)
        assert d.lower < 0 < d.upper
    for method in ("exact", "score"):
        r = rate_ratio(0, 10, 0, 12, method=method, level=0.95)
        assert np.isnan(r.estimate)
        assert (r.lower, r.upper, r.p_value) == (0, np.inf, 1)
        assert "undefined" in str(r.reason)
        r = rate_ratio(3, 10, 0, 12, method=method, level=0.95)
        assert r.estimate == r.upper == np.inf
        assert r.lower > 0


def test_mover_with_no_events_is_the_other_arms_garwood_limit():
    d = rate_difference(0, 50, 0, 20, method="mover", level=0.95, per=1)
    r = estimate_rate(0, [50, 20], method="garwood", level=0.95, per=1)
    assert (d.lower, d.upper) == pytest.approx((-r.upper[1], r.upper[0]))


def test_many_rates_at_once():
    x1, x2 = np.arange(12), np.arange(12)[::-1]
    many = rate_difference(x1, 30.0, x2, 20.0, method="score", level=0.95, per=100)
    for i in (0, 5, 11):
        one = rate_difference(x1[i], 30.0, x2[i], 20.0, method="score", level=0.95, per=100)
        assert many.lower[i] == pytest.approx(float(one.lower), abs=1e-10)
    assert len(many.to_frame()) == 12
    assert len(estimate_rate(x1, 30, method="garwood", level=0.95, per=1).to_frame()) == 12


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: estimate_rate(1, 0, method="garwood", level=0.95, per=1), "exposure must be"),
        (lambda: estimate_rate(-1, 5, method="garwood", level=0.95, per=1), "whole numbers"),
        (lambda: estimate_rate(1, 5, method="normal", level=0.95, per=1), "garwood"),
        (lambda: estimate_rate(1, 5, method="garwood", level=0.95, per=0), "per must be"),
        (lambda: estimate_rate([1, 2], [1, 2, 3], method="garwood", level=0.9, per=1), "shape"),
        (lambda: rate_ratio(1, 5, 2, -1, method="exact", level=0.95), "exposure_2"),
        (lambda: rate_ratio(1, 5, 2, 5, method="garwood", level=0.95), "exact, score, log-wald"),
        (lambda: rate_ratio(1, 5, 2, 5, method="exact", level=0.95, null=0), "null must be"),
        (
            lambda: rate_difference([1, 2], 5, [2, 3, 4], 5, method="mover", level=0.95, per=1),
            "one shape",
        ),
    ],
)
def test_wrong_inputs_are_refused(call, message):
    with pytest.raises(UserError, match=message):
        call()


@pytest.mark.parametrize("table", ARMS[:3])
def test_wald_intervals_against_statsmodels(table):
    difference = rate_difference(*table, method="wald", level=0.95, per=1)
    ratio = rate_ratio(*table, method="log-wald", level=0.95)
    for found, compare, name in ((difference, "diff", "wald"), (ratio, "ratio", "wald-log")):
        other = confint_poisson_2indep(*table, compare=compare, method=name)
        np.testing.assert_allclose((found.lower, found.upper), other, rtol=1e-10)


def test_one_stratum_of_rates_is_the_unstratified_interval():
    for table in ARMS[:3]:
        strata = [[value] for value in table]
        options = {"correction": False, "level": 0.9}
        ratio = mantel_haenszel_rates(*strata, measure="rate ratio", **options)
        alone = rate_ratio(*table, method="log-wald", level=0.9)
        np.testing.assert_allclose((ratio.lower, ratio.upper), (alone.lower, alone.upper))
        difference = mantel_haenszel_rates(*strata, measure="rate difference", per=100, **options)
        alone = rate_difference(*table, method="wald", level=0.9, per=100)
        np.testing.assert_allclose((difference.lower, difference.upper), (alone.lower, alone.upper))
