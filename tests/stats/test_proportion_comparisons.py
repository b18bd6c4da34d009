"""Risk differences, risk ratios and odds ratios: published examples and laws."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, special, stats
from statsmodels.stats.contingency_tables import Table2x2
from statsmodels.stats.proportion import confint_proportions_2indep

from analysis.errors import UserError
from analysis.stats._score import difference_proportions, odds_ratio_terms, ratio_proportions
from analysis.stats.proportion_differences import RISK_DIFFERENCE_METHODS, risk_difference
from analysis.stats.proportion_ratios import odds_ratio, risk_ratio

quick = settings(max_examples=40, deadline=None, database=None)
arm = st.integers(1, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
SCORES = [
    (risk_difference, "miettinen-nurminen", (-1, 1)),
    (risk_difference, "mee", (-1, 1)),
    (risk_ratio, "miettinen-nurminen", (0, np.inf)),
    (odds_ratio, "miettinen-nurminen", (0, np.inf)),
]


def limits(comparison, digits=4):
    return round(float(comparison.lower), digits), round(float(comparison.upper), digits)


# published: risk difference -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("table", "method", "expected"),
    [
        # SAS PROC FREQ RISKDIFF, shown by the CAMIS project
        ((36, 154, 12, 77), "miettinen-nurminen", (-0.0361, 0.1775)),
        ((36, 154, 12, 77), "newcombe", (-0.0361, 0.1751)),
        ((36, 154, 12, 77), "agresti-caffo", (-0.0329, 0.1782)),
        ((36, 154, 12, 77), "wald", (-0.0271, 0.1830)),
        # Newcombe (1998), Stat Med 17: 873-890, table II, row a; methods 6, 5 and 10
        ((56, 70, 48, 80), "miettinen-nurminen", (0.0528, 0.3382)),
        ((56, 70, 48, 80), "mee", (0.0533, 0.3377)),
        ((56, 70, 48, 80), "newcombe", (0.0524, 0.3339)),
        # the same table, row d; values as the R package ratesci tests them
        ((5, 56, 0, 29), "miettinen-nurminen", (-0.0326, 0.1933)),
        ((5, 56, 0, 29), "mee", (-0.0313, 0.1926)),
        ((5, 56, 0, 29), "newcombe", (-0.0381, 0.1926)),
        # reference_values.md
        ((7, 34, 1, 34), "miettinen-nurminen", (0.0270, 0.3453)),
        ((7, 34, 1, 34), "mee", (0.0284, 0.3439)),
        ((0, 10, 0, 20), "miettinen-nurminen", (-0.1658, 0.2844)),
        ((10, 10, 0, 10), "miettinen-nurminen", (0.6636, 1.0)),
    ],
)
def test_risk_difference_as_published(table, method, expected):
    assert limits(risk_difference(*table, method=method, level=0.95)) == expected


def test_mee_as_gart_and_nam_print_it():
    # Gart & Nam (1990), Biometrics 46: 637-643: 7/25 v 2/25, score without skewness correction
    d = risk_difference(7, 25, 2, 25, method="mee", level=0.95)
    assert limits(d, 3) == (-0.014, 0.412)


def test_miettinen_nurminen_as_a_sas_macro_prints_it():
    # SAS macro %rate0compare, in the tests of the R package metalite.ae: 70/116 v 49/119
    d = risk_difference(70, 116, 49, 119, method="miettinen-nurminen", level=0.95)
    assert d.estimate == pytest.approx(0.19168356998, rel=1e-10)
    assert d.statistic == pytest.approx(2.9321947913, rel=1e-9)
    assert d.p_value == pytest.approx(0.0033657557, rel=1e-7)
    # the macro stops its bisection at 1e-6
    assert d.lower == pytest.approx(0.063821269823, abs=1e-6)
    assert d.upper == pytest.approx(0.31334314192, abs=1e-6)


# published: ratios ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("measure", "table", "expected"),
    # Fagerland, Lydersen & Laake (2015), Stat Methods Med Res 24: 224-254; values as the R
    # package ratesci tests them
    [
        (risk_ratio, (24, 73, 53, 65), (0.280, 0.560)),
        (risk_ratio, (29, 55, 11, 11), (0.397, 0.742)),
        (risk_ratio, (7, 18, 1, 18), (1.296, 42.544)),
        (odds_ratio, (24, 73, 53, 65), (0.050, 0.245)),
        (odds_ratio, (29, 55, 11, 11), (0.000, 0.417)),
        (odds_ratio, (7, 18, 1, 18), (1.416, 76.428)),
    ],
)
def test_ratios_as_published(measure, table, expected):
    assert limits(measure(*table, method="miettinen-nurminen", level=0.95), 3) == expected


@pytest.mark.parametrize("table", [(28, 99, 23, 182), (1, 40, 7, 38), (300, 310, 280, 305)])
def test_log_wald_against_statsmodels(table):
    x1, n1, x2, n2 = table
    other = Table2x2([[x1, n1 - x1], [x2, n2 - x2]])
    o = odds_ratio(*table, method="log-wald", level=0.95)
    r = risk_ratio(*table, method="log-wald", level=0.95)
    assert (o.lower, o.upper) == pytest.approx(other.oddsratio_confint(), rel=1e-12)
    assert (r.lower, r.upper) == pytest.approx(other.riskratio_confint(), rel=1e-12)
    assert o.p_value == pytest.approx(other.oddsratio_pvalue(), rel=1e-10)


@pytest.mark.parametrize(("method", "name"), [("newcombe", "newcomb"), ("wald", "wald")])
def test_difference_against_statsmodels(method, name):
    for table in [(36, 154, 12, 77), (5, 56, 1, 29), (199, 200, 150, 190)]:
        d = risk_difference(*table, method=method, level=0.9)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            other = confint_proportions_2indep(*table, compare="diff", method=name, alpha=0.1)
        assert (d.lower, d.upper) == pytest.approx(other, rel=1e-10)


# the restricted likelihood, by brute force ----------------------------------------------------


def log_likelihood(x, n, p):
    return special.xlogy(x, p) + special.xlog1py(n - x, -p)


@quick
@given(arm, arm, st.floats(-0.99, 0.99))
def test_restricted_proportions_of_a_difference_maximise_the_likelihood(one, two, delta):
    (x1, n1), (x2, n2) = one, two
    p1, p2 = difference_proportions(*(np.array(v, float) for v in (delta, x1, n1, x2, n2)))
    low, high = max(0.0, -delta), min(1.0, 1 - delta)

    def value(p):
        return log_likelihood(x1, n1, p + delta) + log_likelihood(x2, n2, p)

    best = optimize.minimize_scalar(
        lambda p: -value(p), bounds=(low, high), method="bounded", options={"xatol": 1e-10}
    )
    assert p1 - p2 == pytest.approx(delta, abs=1e-12)
    # a clipped end may be off by a rounding of p + delta beyond [0, 1]
    inside = min(max(float(p2), low + 1e-15), high - 1e-15)
    assert value(inside) >= -best.fun - 1e-7 * max(1, abs(best.fun))


@quick
@given(arm, arm, st.floats(0.01, 0.99))
def test_restricted_proportions_of_ratios_solve_the_likelihood_equations(one, two, share):
    (x1, n1), (x2, n2) = one, two
    ratio = share / (1 - share)
    arrays = tuple(np.array(v, float) for v in (share, x1, n1, x2, n2))
    p1, p2 = (float(p) for p in ratio_proportions(*arrays))
    if x1 + x2:
        assert p1 == pytest.approx(ratio * p2, rel=1e-9)
        # the score of log p2, multiplied out of its denominators
        slope = (
            (x1 + x2) * (1 - p1) * (1 - p2) - (n1 - x1) * p1 * (1 - p2) - (n2 - x2) * p2 * (1 - p1)
        )
        assert slope == pytest.approx(0, abs=1e-8 * (n1 + n2))
    excess, variance = odds_ratio_terms(*arrays)
    expected = (
        optimize.brentq(
            lambda m: m * (n2 - (x1 + x2) + m) - ratio * (n1 - m) * (x1 + x2 - m),
            max(0, x1 + x2 - n2),
            min(n1, x1 + x2),
        )
        if 0 < x1 + x2 < n1 + n2
        else x1
    )
    assert x1 - excess == pytest.approx(expected, abs=1e-7 * (n1 + n2))
    assert variance >= 0


# laws -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("measure", "method", "ends"), SCORES)
@quick
@given(arm, arm, st.sampled_from([0.8, 0.9, 0.95, 0.99]))
def test_p_at_a_confidence_limit_is_alpha(measure, method, ends, one, two, level):
    r = measure(*one, *two, method=method, level=level)
    for limit in (float(r.lower), float(r.upper)):
        scale_end = measure is not risk_difference and not 1e-12 < limit < 1e12
        if ends[0] < limit < ends[1] and not scale_end:
            at = measure(*one, *two, method=method, level=level, null=limit)
            assert at.p_value == pytest.approx(1 - level, rel=1e-5)


@pytest.mark.parametrize("method", ["wald", "agresti-caffo"])
@quick
@given(arm, arm)
def test_p_at_a_wald_limit_is_alpha(method, one, two):
    r = risk_difference(*one, *two, method=method, level=0.95)
    for limit in (float(r.lower), float(r.upper)):
        if -1 < limit < 1 and r.std_error > 0:
            at = risk_difference(*one, *two, method=method, level=0.95, null=limit)
            assert at.p_value == pytest.approx(0.05, rel=1e-8)


@pytest.mark.parametrize("method", RISK_DIFFERENCE_METHODS)
@quick
@given(arm, arm)
def test_exchanging_arms_or_outcomes_flips_the_difference(method, one, two):
    (x1, n1), (x2, n2) = one, two
    d = risk_difference(x1, n1, x2, n2, method=method, level=0.95)
    exchanged = risk_difference(x2, n2, x1, n1, method=method, level=0.95)
    complement = risk_difference(n1 - x1, n1, n2 - x2, n2, method=method, level=0.95)
    for other in (exchanged, complement):
        assert d.lower == pytest.approx(-other.upper, abs=1e-10)
        assert d.upper == pytest.approx(-other.lower, abs=1e-10)
        assert d.estimate == pytest.approx(-other.estimate, abs=1e-12)
    assert -1 <= d.lower <= d.upper <= 1
    if method != "agresti-caffo":  # its centre is not the estimate
        assert d.lower - 1e-12 <= d.estimate <= d.upper + 1e-12


@pytest.mark.parametrize("measure", [risk_ratio, odds_ratio])
@pytest.mark.parametrize("method", ["miettinen-nurminen", "log-wald"])
@quick
@given(arm, arm)
def test_exchanging_arms_inverts_a_ratio(measure, method, one, two):
    r = measure(*one, *two, method=method, level=0.95)
    s = measure(*two, *one, method=method, level=0.95)
    inverse = np.inf if s.upper == 0 else 1 / float(s.upper)
    assert float(r.lower) == pytest.approx(inverse, rel=1e-9)
    if np.isfinite(r.estimate):
        assert r.lower <= r.estimate * (1 + 1e-12)
        assert r.estimate <= r.upper * (1 + 1e-12)
    assert 0 <= r.lower <= r.upper


@quick
@given(arm, arm)
def test_exchanging_outcomes_inverts_the_odds_ratio_only(one, two):
    (x1, n1), (x2, n2) = one, two
    r = odds_ratio(x1, n1, x2, n2, method="miettinen-nurminen", level=0.95)
    s = odds_ratio(n1 - x1, n1, n2 - x2, n2, method="miettinen-nurminen", level=0.95)
    inverse = np.inf if s.upper == 0 else 1 / float(s.upper)
    assert float(r.lower) == pytest.approx(inverse, rel=1e-8)


@quick
@given(arm, arm)
def test_the_three_score_tests_of_no_effect_are_one_test(one, two):
    # At equality all three restrictions are p1 = p2: Pearson's chi-squared times (N - 1)/N.
    (x1, n1), (x2, n2) = one, two
    p = [
        float(f(x1, n1, x2, n2, method="miettinen-nurminen", level=0.95).p_value)
        for f in (risk_difference, risk_ratio, odds_ratio)
    ]
    assert p[0] == pytest.approx(p[1], abs=1e-12)
    assert p[0] == pytest.approx(p[2], abs=1e-12)
    if 0 < x1 + x2 < n1 + n2:
        table = [[x1, n1 - x1], [x2, n2 - x2]]
        chi2 = stats.chi2_contingency(table, correction=False).statistic
        n = n1 + n2
        assert p[0] == pytest.approx(stats.chi2.sf(chi2 * (n - 1) / n, 1), abs=1e-12)


@quick
@given(arm, arm)
def test_intervals_nest_by_level(one, two):
    for measure in (risk_difference, risk_ratio, odds_ratio):
        narrow = measure(*one, *two, method="miettinen-nurminen", level=0.8)
        wide = measure(*one, *two, method="miettinen-nurminen", level=0.99)
        assert wide.lower <= narrow.lower
        assert narrow.upper <= wide.upper


# zero events, one patient, huge arms ----------------------------------------------------------


@pytest.mark.parametrize("method", RISK_DIFFERENCE_METHODS)
@pytest.mark.parametrize(
    "table",
    [(0, 1, 0, 1), (1, 1, 0, 1), (0, 1, 1, 1), (0, 5, 0, 5), (5, 5, 5, 5), (0, 10**6, 1, 10**6)],
)
def test_differences_at_the_edges_are_finite_and_inside(method, table):
    d = risk_difference(*table, method=method, level=0.95)
    assert -1 <= d.lower <= d.upper <= 1
    width = d.upper - d.lower
    assert width > 0 or (method == "wald" and str(d.reason))


def test_a_zero_wald_error_is_said_not_hidden():
    d = risk_difference(0, 10, 0, 20, method="wald", level=0.95)
    assert "standard error is 0" in str(d.reason)
    assert np.isnan(d.p_value)


def test_ratios_without_events():
    for measure in (risk_ratio, odds_ratio):
        both = measure(0, 10, 0, 20, method="miettinen-nurminen", level=0.95)
        assert np.isnan(both.estimate)
        assert (both.lower, both.upper, both.p_value) == (0, np.inf, 1)
        assert "undefined" in str(both.reason)
        denominator = measure(3, 10, 0, 20, method="miettinen-nurminen", level=0.95)
        assert denominator.estimate == denominator.upper == np.inf
        assert denominator.lower > 1
        assert "infinite" in str(denominator.reason)
        numerator = measure(0, 10, 3, 20, method="miettinen-nurminen", level=0.95)
        assert numerator.estimate == numerator.lower == 0
        assert 0 < numerator.upper < np.inf
        wald = measure(0, 10, 3, 20, method="log-wald", level=0.95)
        assert (wald.lower, wald.upper) == (0, np.inf)
        assert np.isnan(wald.p_value)
        assert "no log-Wald test" in str(wald.reason)


def test_rare_events_in_a_million_keep_their_digits():
    # With rare events the score interval of the ratio is that of two Poisson counts: Wilson's
    # interval of 3 of 4 events, as odds.
    r = risk_ratio(3, 10**8, 1, 10**8, method="miettinen-nurminen", level=0.95)
    z2 = stats.norm.isf(0.025) ** 2
    centre, half = (3 + z2 / 2) / (4 + z2), np.sqrt(z2 * (z2 / 4 + 3 * 1 / 4)) / (4 + z2)
    low, high = centre - half, centre + half
    assert r.lower == pytest.approx(low / (1 - low), rel=1e-6)
    assert r.upper == pytest.approx(high / (1 - high), rel=1e-6)


# many tables ----------------------------------------------------------------------------------


@pytest.mark.parametrize("method", RISK_DIFFERENCE_METHODS)
def test_many_tables_are_the_same_as_one_by_one(method):
    rng = np.random.default_rng(3)
    x1, x2 = rng.integers(0, 31, 60), rng.integers(0, 21, 60)
    many = risk_difference(x1, 30, x2, 20, method=method, level=0.95)
    for i in range(0, 60, 7):
        one = risk_difference(x1[i], 30, x2[i], 20, method=method, level=0.95)
        assert many.lower[i] == pytest.approx(float(one.lower), abs=1e-14)
        assert many.upper[i] == pytest.approx(float(one.upper), abs=1e-14)
    frame = many.to_frame()
    assert list(frame.columns[:4]) == ["estimate", "std_error", "lower", "upper"]
    assert len(frame) == 60


def test_ten_thousand_terms_in_one_call():
    rng = np.random.default_rng(4)
    x1, x2 = rng.poisson(3, 10_000), rng.poisson(3, 10_000)
    d = risk_difference(x1, 254, x2, 127, method="miettinen-nurminen", level=0.95)
    assert np.isfinite(d.lower).all()
    assert np.isfinite(d.upper).all()


def test_inputs_are_not_changed():
    x = np.array([3, 0, 9])
    risk_difference(x, 10, 2, 10, method="miettinen-nurminen", level=0.95)
    assert x.tolist() == [3, 0, 9]


# coverage -------------------------------------------------------------------------------------


def test_score_interval_covers_near_its_level_at_a_clinical_size():
    rng = np.random.default_rng(20260101)
    p1, p2, n1, n2 = 0.12, 0.07, 100, 50
    x1, x2 = rng.binomial(n1, p1, 10_000), rng.binomial(n2, p2, 10_000)
    d = risk_difference(x1, n1, x2, n2, method="miettinen-nurminen", level=0.95)
    covered = np.mean((d.lower <= p1 - p2) & (p1 - p2 <= d.upper))
    assert 0.935 < covered < 0.97


# wrong inputs ---------------------------------------------------------------------------------


@pytest.mark.parametrize("measure", [risk_difference, risk_ratio, odds_ratio])
@pytest.mark.parametrize(
    ("table", "message"),
    [
        ((11, 10, 0, 10), "events_1 must not exceed n_1"),
        ((1, 10, 0, 0), "n_2 must be 1 or more"),
        ((-1, 10, 0, 10), "events_1 must hold whole numbers"),
        ((1.5, 10, 0, 10), "whole numbers"),
        ((np.nan, 10, 0, 10), "finite"),
        (([1, 2], 10, [1, 2, 3], 10), "one shape"),
        (("one", 10, 0, 10), "numbers only"),
    ],
)
def test_impossible_tables_are_refused(measure, table, message):
    with pytest.raises(UserError, match=message):
        measure(*table, method="miettinen-nurminen", level=0.95)


def test_unknown_choices_are_refused():
    with pytest.raises(UserError, match="miettinen-nurminen, mee"):
        risk_difference(1, 10, 2, 10, method="score", level=0.95)
    with pytest.raises(UserError, match="below 1"):
        risk_difference(1, 10, 2, 10, method="mee", level=0.95, null=1)
    with pytest.raises(UserError, match="above 0"):
        risk_ratio(1, 10, 2, 10, method="log-wald", level=0.95, null=0)
