"""Differences of two arms and the verdicts on them."""

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

from analysis.errors import UserError
from analysis.stats.differences import (
    Difference,
    difference_from_estimate,
    difference_from_interval,
    difference_of_means,
)
from analysis.stats.intervals import Interval, interval_of
from analysis.stats.linear_estimates import make_estimate
from analysis.stats.proportion_differences import risk_difference
from analysis.stats.rubin import pool_rubin
from analysis.stats.verdicts import equivalence, judge, noninferiority, superiority

quick = settings(max_examples=80, deadline=None, database=None)
estimates = st.floats(-5, 5)
errors = st.floats(0.05, 3)
dfs = st.one_of(st.floats(1, 300), st.just(math.inf))
levels = st.sampled_from([0.8, 0.9, 0.95, 0.99])
margins = st.floats(0.1, 4)


def make(estimate=0.2, std_error=0.5, df=60.0, level=0.95):
    return difference_from_estimate(estimate, std_error, df=df, level=level)


# differences ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("method", "usevar"), [("pooled", "pooled"), ("welch", "unequal")])
def test_means_against_statsmodels(method, usevar):
    rng = np.random.default_rng(7)
    a, b = rng.normal(9, 2, 23), rng.normal(8, 3, 31)
    d = difference_of_means(
        mean_test=a.mean(),
        sd_test=a.std(ddof=1),
        n_test=a.size,
        mean_reference=b.mean(),
        sd_reference=b.std(ddof=1),
        n_reference=b.size,
        method=method,
        level=0.95,
    )
    compared = CompareMeans(DescrStatsW(a), DescrStatsW(b))
    low, high = compared.tconfint_diff(usevar=usevar)
    assert (d.lower, d.upper) == (pytest.approx(low), pytest.approx(high))
    assert d.df == pytest.approx(compared.ttest_ind(usevar=usevar)[2])


def test_tost_against_statsmodels():
    rng = np.random.default_rng(8)
    a, b = rng.normal(0, 1, 40), rng.normal(0.1, 1, 44)
    d = difference_of_means(
        mean_test=a.mean(),
        sd_test=a.std(ddof=1),
        n_test=40,
        mean_reference=b.mean(),
        sd_reference=b.std(ddof=1),
        n_reference=44,
        method="pooled",
        level=0.9,
    )
    p = CompareMeans(DescrStatsW(a), DescrStatsW(b)).ttost_ind(-0.6, 0.6)[0]
    verdict = equivalence(d, margins=(-0.6, 0.6))
    assert verdict.p_value == pytest.approx(p)


@pytest.mark.parametrize(
    ("field", "words"),
    [
        ("mean_reference", "the mean of the reference arm"),
        ("sd_test", "the SD of the test arm"),
        ("n_reference", "the n of the reference arm"),
    ],
)
@pytest.mark.parametrize("absent", [None, math.nan])
def test_what_is_not_reported_is_named_and_nothing_is_estimable(field, words, absent):
    inputs = {
        "mean_test": 9.0,
        "sd_test": 2.0,
        "n_test": 98,
        "mean_reference": 9.5,
        "sd_reference": 2.1,
        "n_reference": 49,
    } | {field: absent}
    d = difference_of_means(**inputs, method="welch", level=0.95)
    assert d.estimate is None
    assert d.reason == f"not reported: {words}"
    for verdict in (
        noninferiority(d, margin=2, direction="higher"),
        superiority(d, margin=0, direction="lower"),
        equivalence(d, margins=(-2, 2)),
    ):
        assert verdict.conclusion == "not estimable"
        assert words in verdict.reason
        assert verdict.interval.lower is verdict.p_value is None
        assert not verdict.shown


@quick
@given(estimates, errors, dfs, levels)
def test_a_reported_interval_gives_back_its_standard_error(estimate, std_error, df, level):
    d = make(estimate, std_error, df, level)
    back = difference_from_interval(
        d.estimate, d.lower, d.upper, reported_level=level, df=df, level=level
    )
    assert back.std_error == pytest.approx(std_error, rel=1e-9)
    other = difference_from_interval(
        None, d.lower, d.upper, reported_level=level, df=df, level=0.85
    )
    direct = make(estimate, std_error, df, 0.85)
    assert other.lower == pytest.approx(direct.lower, rel=1e-6, abs=1e-9)


def test_a_reported_interval_of_a_ratio_must_be_on_the_log_scale():
    with pytest.raises(UserError, match="not symmetric"):
        difference_from_interval(0.5, 0.25, 1.0, reported_level=0.95, df=math.inf, level=0.95)
    d = difference_from_interval(
        math.log(0.5),
        math.log(0.25),
        math.log(1.0),
        reported_level=0.95,
        df=math.inf,
        level=0.95,
    )
    assert d.std_error == pytest.approx(math.log(4) / 2 / stats.norm.isf(0.025))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: make(std_error=0.0), "std_error must be above 0"),
        (lambda: make(df=0), "df must be above 0"),
        (lambda: make(df="9"), "df must be a number"),
        (lambda: make(estimate="0.2"), "estimate must be a number"),
        (lambda: make(std_error=True), "std_error must be a number"),
        (lambda: make(level=95), r"write 0\.95"),
        (lambda: make(estimate=math.inf), "finite"),
        (
            lambda: difference_from_interval(1, 0.5, 0.2, reported_level=0.95, df=9, level=0.95),
            "above 0.5",
        ),
        (
            lambda: difference_from_interval(2, 0, 1, reported_level=0.95, df=9, level=0.95),
            "outside its interval",
        ),
        (
            lambda: difference_from_interval(0.5, 0, 1, reported_level=0.95, df=None, level=0.9),
            "without df",
        ),
    ],
)
def test_wrong_differences_are_refused(call, message):
    with pytest.raises(UserError, match=message):
        call()


def test_impossible_groups_are_refused():
    good = {
        "mean_test": 1.0,
        "sd_test": 1.0,
        "n_test": 5,
        "mean_reference": 1.0,
        "sd_reference": 1.0,
        "n_reference": 5,
        "method": "pooled",
        "level": 0.95,
    }
    for change, message in (
        ({"n_test": 1}, "at least 2"),
        ({"n_test": 5.5}, "whole number"),
        ({"sd_test": -1.0}, "at least 0"),
        ({"sd_test": 0.0, "sd_reference": 0.0}, "both 0"),
        ({"method": "paired"}, "pooled, welch"),
        ({"mean_test": "1"}, "mean_test must be a number"),
    ):
        with pytest.raises(UserError, match=message):
            difference_of_means(**(good | change))


# verdicts -------------------------------------------------------------------------------------


@quick
@given(estimates, errors, dfs, levels)
def test_p_at_a_confidence_limit_is_alpha(estimate, std_error, df, level):
    d = make(estimate, std_error, df, level)
    alpha = (1 - level) / 2
    verdict = equivalence(d, margins=(d.lower, d.upper))
    assert verdict.p_low == pytest.approx(alpha, rel=1e-9)
    assert verdict.p_high == pytest.approx(alpha, rel=1e-9)
    # An interval that touches the margin shows nothing.
    assert verdict.conclusion == "not shown"


@quick
@given(estimates, errors, dfs, levels, margins)
def test_p_values_are_those_of_the_t_test(estimate, std_error, df, level, margin):
    verdict = noninferiority(
        make(estimate, std_error, df, level), margin=margin, direction="higher"
    )
    expected = stats.t.sf((estimate + margin) / std_error, df)
    assert verdict.p_value == pytest.approx(expected, rel=1e-6, abs=1e-12)


@quick
@given(estimates, errors, dfs, levels, margins)
def test_tost_is_the_interval_rule(estimate, std_error, df, level, margin):
    verdict = equivalence(make(estimate, std_error, df, level), margins=(-margin, margin))
    both = max(
        stats.t.sf((estimate + margin) / std_error, df),
        stats.t.cdf((estimate - margin) / std_error, df),
    )
    alpha = (1 - level) / 2
    if abs(both - alpha) > 1e-9:
        assert verdict.shown == (both < alpha)


@quick
@given(estimates, errors, dfs, levels, margins)
def test_exchanging_arms_and_direction_changes_nothing(estimate, std_error, df, level, margin):
    there = make(estimate, std_error, df, level)
    back = make(-estimate, std_error, df, level)
    a = noninferiority(there, margin=margin, direction="higher")
    b = noninferiority(back, margin=margin, direction="lower")
    assert (a.conclusion, a.p_value) == (b.conclusion, b.p_value)
    assert (a.bound_low, a.bound_high) == (-b.bound_high, -b.bound_low)
    c, d = (
        superiority(there, margin=margin, direction="higher"),
        superiority(back, margin=margin, direction="lower"),
    )
    assert (c.conclusion, c.p_value) == (d.conclusion, d.p_value)


@quick
@given(estimates, errors, dfs, levels, margins)
def test_superiority_implies_noninferiority(estimate, std_error, df, level, margin):
    d = make(estimate, std_error, df, level)
    if superiority(d, margin=0, direction="lower").shown:
        assert noninferiority(d, margin=margin, direction="lower").shown


def test_direction_of_benefit_decides_the_side():
    d = make(estimate=-3.0, std_error=0.5)
    assert noninferiority(d, margin=2, direction="higher").conclusion == "not shown"
    assert noninferiority(d, margin=2, direction="lower").conclusion == "non-inferior"
    assert superiority(d, margin=0, direction="lower").conclusion == "superior"
    assert "lower confidence limit" in noninferiority(d, margin=2, direction="higher").reason


def test_a_verdict_from_a_score_interval_has_no_p_value_but_a_conclusion():
    # 36/154 v 12/77, Miettinen-Nurminen -0.0361 to 0.1775 (SAS, shown by CAMIS)
    r = risk_difference(36, 154, 12, 77, method="miettinen-nurminen", level=0.95)
    d = difference_from_interval(
        float(r.estimate),
        float(r.lower),
        float(r.upper),
        reported_level=0.95,
        df=None,
        level=0.95,
    )
    assert noninferiority(d, margin=0.04, direction="higher").conclusion == "non-inferior"
    assert noninferiority(d, margin=0.03, direction="higher").conclusion == "not shown"
    assert noninferiority(d, margin=0.04, direction="higher").p_value is None


# hand-made intervals: every number is on the page, so nothing is computed ---------------------


def between(lower, upper):
    return Interval(
        estimate=(lower + upper) / 2, std_error=None, df=None, lower=lower, upper=upper,
        level=0.95, method="by hand",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("direction", "lower", "upper", "conclusion"),
    [
        ("higher", -1.8, 0.2, "not shown"),  # touches its bound with one limit
        ("higher", -1.799, 0.2, "non-inferior"),
        ("higher", -1.801, 0.2, "not shown"),
        ("lower", -0.2, 1.8, "not shown"),
        ("lower", -0.2, 1.799, "non-inferior"),
        ("lower", -0.2, 1.801, "not shown"),
    ],
)
def test_an_interval_that_touches_the_bound_shows_nothing(direction, lower, upper, conclusion):
    verdict = noninferiority(between(lower, upper), margin=1.8, direction=direction)
    assert verdict.conclusion == conclusion
    assert verdict.margin == 1.8
    assert verdict.bound == (-1.8 if direction == "higher" else 1.8)
    side = "lower" if direction == "higher" else "upper"
    assert (f"the {side} confidence limit" in verdict.reason) == (conclusion == "not shown")


@pytest.mark.parametrize(
    ("direction", "lower", "upper", "conclusion"),
    [
        ("higher", 0.0, 1.0, "not shown"),
        ("higher", 0.001, 1.0, "superior"),
        ("lower", -1.0, 0.0, "not shown"),
        ("lower", -1.0, -0.001, "superior"),
    ],
)
def test_an_interval_that_touches_zero_shows_no_superiority(direction, lower, upper, conclusion):
    verdict = superiority(between(lower, upper), margin=0, direction=direction)
    assert (verdict.conclusion, verdict.bound) == (conclusion, 0)


@pytest.mark.parametrize(
    ("lower", "upper", "conclusion"),
    [(-2.0, 1.0, "not shown"), (-1.0, 2.0, "not shown"), (-1.999, 1.999, "equivalent")],
)
def test_an_interval_that_touches_one_margin_is_not_equivalent(lower, upper, conclusion):
    verdict = equivalence(between(lower, upper), margins=(-2, 2))
    assert verdict.conclusion == conclusion
    assert verdict.margin == (-2, 2)


@pytest.mark.parametrize(
    ("lower", "upper", "zero", "words"),
    [
        (-1.5, -0.1, "below", "the whole interval lies below zero"),
        (-1.5, 0.0, "held", "the interval holds zero"),
        (-1.5, 0.1, "held", "the interval holds zero"),
        (0.0, 0.1, "held", "the interval holds zero"),
        (0.1, 1.5, "above", "the whole interval lies above zero"),
    ],
)
def test_a_verdict_says_where_zero_lies_whatever_its_objective(lower, upper, zero, words):
    found = between(lower, upper)
    for worse, verdict in (
        ("below", noninferiority(found, margin=1.2, direction="higher")),
        ("above", superiority(found, margin=0, direction="lower")),
        ("", equivalence(found, margins=(-0.05, 0.05))),
    ):
        side = ", the worse side" if zero == worse else ""
        assert (verdict.zero, verdict.zero_words) == (zero, words + side)


@pytest.mark.parametrize(
    ("lower", "upper", "of_higher", "of_lower", "of_both"),
    [
        (-1.5, -0.1, "but wholly below zero", "", "but wholly below zero"),
        (-1.5, 0.0, "", "", ""),
        (-1.9, -0.1, "", "", ""),  # the margin of higher is not cleared; of lower that is better
        (0.1, 1.5, "", "but wholly above zero", "but wholly above zero"),
        (0.1, 1.9, "", "", ""),
    ],
)
def test_what_is_shown_on_the_worse_side_of_zero_is_said_so(
    lower, upper, of_higher, of_lower, of_both
):
    found = between(lower, upper)
    assert noninferiority(found, margin=1.8, direction="higher").worse_words == of_higher
    assert noninferiority(found, margin=1.8, direction="lower").worse_words == of_lower
    both = equivalence(found, margins=(-1.8, 1.8))
    assert both.worse_words == of_both
    assert ("within the margins, but" in both.zero_words) == bool(of_both)
    assert superiority(found, margin=0, direction="higher").worse_words == ""


@pytest.mark.parametrize(
    ("lower", "upper", "margin", "direction", "sentence"),
    [
        (-1.5, -0.1, 1.8, "higher",
         "non-inferior at the margin of BOUND; the interval lies within the margin, but wholly "
         "below zero"),
        (-1.5, 0.3, 1.8, "higher", "non-inferior at the margin of BOUND; the interval holds zero"),
        (0.1, 0.9, 1.8, "higher",
         "non-inferior at the margin of BOUND; the whole interval lies above zero"),
        (0.1, 0.9, 1.8, "lower",
         "non-inferior at the margin of BOUND; the interval lies within the margin, but wholly "
         "above zero"),
        (-2.5, -0.1, 1.8, "higher",
         "non-inferiority is not shown at the margin of BOUND (the lower confidence limit is not "
         "above the margin); the whole interval lies below zero, the worse side"),
        (-0.5, 2.1, 1.8, "lower",
         "non-inferiority is not shown at the margin of BOUND (the upper confidence limit is not "
         "below the margin); the interval holds zero"),
        (0.1, 0.9, None, "higher", "superior; the whole interval lies above zero"),
        (-0.9, -0.1, None, "lower", "superior; the whole interval lies below zero"),
        (-0.9, 0.1, None, "lower",
         "superiority is not shown (the upper confidence limit is not below zero); the "
         "interval holds zero"),
        (0.1, 0.9, None, "lower",
         "superiority is not shown (the upper confidence limit is not below zero); the "
         "whole interval lies above zero, the worse side"),
    ],
)  # fmt: skip
def test_the_judge_says_both_things_in_one_sentence(lower, upper, margin, direction, sentence):
    verdict = judge(between(lower, upper), margin=margin, direction=direction)
    assert verdict.sentence("BOUND") == sentence


def test_the_sentence_of_what_is_not_estimable_is_its_reason():
    absent = difference_from_estimate(None, 0.5, df=9, level=0.95)
    verdict = judge(absent, margin=2, direction="higher")
    assert verdict.sentence("−2.0") == "not estimable: not reported: the difference"
    assert verdict.zero == verdict.zero_words == ""


def test_the_interval_of_an_estimate_is_its_own():
    """Both limits, by hand: t(10, 97.5 %) is 2.228139."""
    made = make_estimate(label="d", estimate=2.0, std_error=1.0, df=10, level=0.95)
    pooled = pool_rubin([1.0, 3.0], [1.0, 1.0], df_complete=30, level=0.95)
    for found in (made, pooled):
        interval = interval_of(found, "by hand")
        assert (interval.lower, interval.upper) == (found.lower, found.upper)
        assert interval.lower < interval.estimate < interval.upper
        assert interval.p_value == pytest.approx(found.p_value, rel=1e-12)
    interval = interval_of(made, "by hand")
    assert interval.lower == pytest.approx(-0.228139, abs=1e-6)
    assert interval.upper == pytest.approx(4.228139, abs=1e-6)


def test_verdicts_are_frozen_and_tidy():
    verdict = noninferiority(make(), margin=1, direction="higher")
    with pytest.raises(dataclasses.FrozenInstanceError):
        verdict.conclusion = "superior"
    row = verdict.to_frame()
    assert row.shape[0] == 1
    assert row.loc[0, "conclusion"] == verdict.conclusion
    assert row.loc[0, "lower"] == verdict.interval.lower


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda d: noninferiority(d, margin=0, direction="higher"), "margin must be above 0"),
        (lambda d: noninferiority(d, margin=-2, direction="higher"), "margin must be above 0"),
        (lambda d: noninferiority(d, margin=2, direction="up"), "higher, lower"),
        (lambda d: superiority(d, margin=-1, direction="lower"), "at least 0"),
        (lambda d: equivalence(d, margins=(2, -2)), "above 2"),
        (lambda d: equivalence(d, margins=2), "lower and an upper"),
    ],
)
def test_wrong_margins_are_refused(call, message):
    with pytest.raises(UserError, match=message):
        call(make())


def test_an_absent_difference_can_be_built_by_hand():
    d = Difference(
        estimate=None,
        std_error=None,
        df=None,
        lower=None,
        upper=None,
        level=0.95,
        method="published",
        reason="the comparator's 12-month height velocity is not reported",
    )
    assert noninferiority(d, margin=2, direction="higher").conclusion == "not estimable"
