"""Stratified score interval, Mantel-Haenszel estimates and exact tests."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.contingency_tables import StratifiedTable

from analysis import paths
from analysis.errors import UserError
from analysis.stats.common_effects import MH_MEASURES, mantel_haenszel
from analysis.stats.exact_tests import exact_test
from analysis.stats.proportion_differences import risk_difference
from analysis.stats.stratified import STRATUM_WEIGHTS, stratified_risk_difference

EVIDENCE = paths.DATA / "validation"
# SAS macro %rate0compare, data of the tests of the R package metalite.ae: 3 strata
SAS_STRATA = ([24, 23, 23], [39, 39, 38], [16, 16, 17], [40, 39, 40])

quick = settings(max_examples=25, deadline=None, database=None)
arm = st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
strata = st.lists(st.tuples(arm, arm), min_size=1, max_size=5)


def columns(tables):
    return tuple([t[i][j] for t in tables] for i, j in ((0, 0), (0, 1), (1, 0), (1, 1)))


# stratified Miettinen-Nurminen ----------------------------------------------------------------


def test_cmh_weights_as_a_sas_macro_prints_them():
    d = stratified_risk_difference(*SAS_STRATA, weights="cmh", level=0.95)
    assert d.estimate == pytest.approx(0.19181363786, rel=1e-10)
    assert d.statistic == pytest.approx(2.9216181843, rel=1e-9)
    assert d.p_value / 2 == pytest.approx(0.0017410907, rel=1e-6)
    # the macro stops its bisection at 1e-6
    assert d.lower == pytest.approx(0.063399769229, abs=1e-6)
    assert d.upper == pytest.approx(0.31396078455, abs=1e-6)


@pytest.mark.parametrize("weights", STRATUM_WEIGHTS)
@quick
@given(arm, arm)
def test_one_stratum_is_the_unstratified_interval(weights, one, two):
    s = stratified_risk_difference(*columns([(one, two)]), weights=weights, level=0.95)
    d = risk_difference(*one, *two, method="miettinen-nurminen", level=0.95)
    assert (s.lower, s.upper) == pytest.approx((float(d.lower), float(d.upper)), abs=1e-9)
    assert s.estimate == pytest.approx(float(d.estimate), abs=1e-12)
    assert s.p_value == pytest.approx(float(d.p_value), abs=1e-9)


@pytest.mark.parametrize("weights", STRATUM_WEIGHTS)
@quick
@given(strata)
def test_exchanging_arms_and_the_order_of_strata(weights, tables):
    x1, n1, x2, n2 = columns(tables)
    d = stratified_risk_difference(x1, n1, x2, n2, weights=weights, level=0.95)
    e = stratified_risk_difference(x2, n2, x1, n1, weights=weights, level=0.95)
    r = stratified_risk_difference(*columns(tables[::-1]), weights=weights, level=0.95)
    assert (d.lower, d.upper) == pytest.approx((-e.upper, -e.lower), abs=1e-8)
    assert (d.lower, d.upper) == pytest.approx((r.lower, r.upper), abs=1e-8)
    assert -1 <= d.lower <= d.estimate + 1e-12
    assert d.estimate <= d.upper + 1e-12 <= 1 + 1e-11
    assert d.stratum_weights.sum() == pytest.approx(1)


@pytest.mark.parametrize("weights", STRATUM_WEIGHTS)
@quick
@given(strata)
def test_p_at_a_stratified_limit_is_alpha(weights, tables):
    d = stratified_risk_difference(*columns(tables), weights=weights, level=0.9)
    for limit in (d.lower, d.upper):
        if -0.999999 < limit < 0.999999:
            at = stratified_risk_difference(
                *columns(tables), weights=weights, level=0.9, null=limit
            )
            assert at.p_value == pytest.approx(0.1, rel=1e-5)


def test_cmh_weighted_score_test_is_the_cmh_test():
    # At no difference the weighted score statistic with CMH weights is Cochran-Mantel-Haenszel.
    d = stratified_risk_difference(*SAS_STRATA, weights="cmh", level=0.95)
    m = mantel_haenszel(*SAS_STRATA, measure="odds ratio", correction=False, level=0.95)
    assert d.statistic**2 == pytest.approx(m.chi_squared, rel=1e-10)


def test_strata_with_an_empty_arm_are_counted_not_hidden():
    d = stratified_risk_difference(
        [24, 0, 23, 23],
        [39, 0, 39, 38],
        [16, 2, 16, 17],
        [40, 9, 39, 40],
        weights="iterated",
        level=0.95,
    )
    full = stratified_risk_difference(*SAS_STRATA, weights="iterated", level=0.95)
    assert (d.n_strata, d.n_strata_left_out) == (3, 1)
    assert d.stratum_weights[1] == 0
    assert d.lower == full.lower


def test_no_events_anywhere_gives_an_interval():
    d = stratified_risk_difference([0, 0], [10, 5], [0, 0], [7, 9], weights="iterated", level=0.95)
    assert d.estimate == 0
    assert -1 < d.lower < 0 < d.upper < 1
    assert d.p_value == 1


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        (([1], [0], [1], [4]), "events_1 must be 0|no stratum"),
        (([0], [0], [1], [4]), "no stratum has patients in both arms"),
        (([5], [4], [1], [4]), "must not exceed"),
        (([1, 1], [4, 4], [1], [4]), "one value per study or stratum"),
    ],
)
def test_impossible_strata_are_refused(tables, message):
    with pytest.raises(UserError, match=message):
        stratified_risk_difference(*tables, weights="cmh", level=0.95)
    with pytest.raises(UserError, match=message):
        mantel_haenszel(*tables, measure="risk ratio", correction=True, level=0.95)


# Mantel-Haenszel ------------------------------------------------------------------------------


def bcg():
    trials = pd.read_csv(EVIDENCE / "bcg_colditz_1994.csv")
    return trials.tpos, trials.tpos + trials.tneg, trials.cpos, trials.cpos + trials.cneg


@pytest.mark.parametrize(
    ("measure", "estimate", "lower", "upper", "z"),
    # metafor's rma.mh against Stata's metan, BCG data (test_misc_metan_vs_rma.mh_with_dat.bcg.r)
    [
        ("risk ratio", 0.6353, 0.5881, 0.6862, -11.5338),
        ("odds ratio", 0.6229, 0.5748, 0.6750, -11.5444),
        ("risk difference", -0.0033, -0.0039, -0.0027, -11.4708),
    ],
)
def test_bcg_as_metafor_prints_it(measure, estimate, lower, upper, z):
    m = mantel_haenszel(*bcg(), measure=measure, correction=False, level=0.95)
    assert (round(m.estimate, 4), round(m.lower, 4), round(m.upper, 4)) == (estimate, lower, upper)
    scale = m.estimate if measure == "risk difference" else np.log(m.estimate)
    assert round(scale / m.std_error, 4) == z


@pytest.mark.parametrize("correction", [True, False])
def test_against_statsmodels(correction):
    x1, n1, x2, n2 = (
        np.array(v) for v in ([24, 23, 13, 4], [39, 39, 38, 20], [16, 16, 17, 0], [40, 39, 40, 11])
    )
    other = StratifiedTable(
        [np.array([[a, b - a], [c, d - c]]) for a, b, c, d in zip(x1, n1, x2, n2, strict=True)]
    )
    m = mantel_haenszel(x1, n1, x2, n2, measure="odds ratio", correction=correction, level=0.95)
    test = other.test_null_odds(correction)
    assert m.estimate == pytest.approx(other.oddsratio_pooled)
    assert m.std_error == pytest.approx(other.logodds_pooled_se)
    assert (m.chi_squared, m.p_value) == pytest.approx((test.statistic, test.pvalue))
    homogeneity = other.test_equal_odds(adjust=True)
    assert m.homogeneity == pytest.approx(homogeneity.statistic)
    assert m.homogeneity_p == pytest.approx(homogeneity.pvalue)
    r = mantel_haenszel(x1, n1, x2, n2, measure="risk ratio", correction=correction, level=0.95)
    assert r.estimate == pytest.approx(other.riskratio_pooled)


@pytest.mark.parametrize("measure", MH_MEASURES)
@quick
@given(strata)
@example([((1, 1), (1, 23))])  # a ratio of a hundred thousand
def test_exchanging_arms_flips_the_common_effect(measure, tables):
    x1, n1, x2, n2 = columns(tables)
    m = mantel_haenszel(x1, n1, x2, n2, measure=measure, correction=False, level=0.95)
    e = mantel_haenszel(x2, n2, x1, n1, measure=measure, correction=False, level=0.95)
    if m.estimate is None:
        assert e.estimate is None
        assert m.reason
        return
    # A difference and the logarithm of a ratio, of whatever size, change their sign.
    scale = float if measure == "risk difference" else np.log
    assert scale(m.estimate) == pytest.approx(-scale(e.estimate), abs=1e-10)
    assert m.std_error == pytest.approx(e.std_error, abs=1e-9)
    assert m.chi_squared == (None if e.chi_squared is None else pytest.approx(e.chi_squared))


def test_no_informative_stratum_is_not_estimable():
    m = mantel_haenszel(
        [0, 0], [5, 6], [0, 0], [5, 9], measure="risk ratio", correction=False, level=0.95
    )
    assert m.estimate is m.lower is m.chi_squared is m.p_value is m.homogeneity is None
    assert m.reason


# exact tests ----------------------------------------------------------------------------------


def test_fisher_tea_tasting():
    # Fisher (1935), The design of experiments, chapter 2: 3 of 4 cups right; p one-sided 17/70
    one = exact_test(3, 4, 1, 4, method="fisher", alternative="greater")
    two = exact_test(3, 4, 1, 4, method="fisher", alternative="two-sided")
    assert one.p_value == pytest.approx(17 / 70)
    assert two.p_value == pytest.approx(34 / 70)


@pytest.mark.parametrize(
    ("method", "table", "alternative", "expected"),
    [
        # Chan (1998), influenza vaccine, 7 of 15 v 12 of 15, shown by scipy: Barnard's test
        # 0.0341, Fisher's 0.0640
        ("barnard", (7, 15, 12, 15), "less", 0.0341),
        ("fisher", (7, 15, 12, 15), "less", 0.0640),
        # job satisfaction, 74 of 117 v 31 of 63, shown by scipy
        ("boschloo", (74, 117, 31, 63), "greater", 0.0355),
    ],
)
def test_exact_tests_as_published(method, table, alternative, expected):
    t = exact_test(*table, method=method, alternative=alternative)
    assert float(t.p_value) == pytest.approx(expected, abs=1e-4)  # scipy cuts, not rounds


@quick
@given(arm, arm)
def test_fisher_from_the_hypergeometric(one, two):
    (x1, n1), (x2, n2) = one, two
    t = exact_test(x1, n1, x2, n2, method="fisher", alternative="less")
    expected = stats.hypergeom.cdf(x1, n1 + n2, x1 + x2, n1)
    if 0 < x1 + x2 < n1 + n2:
        assert t.p_value == pytest.approx(expected, abs=1e-10)
    else:
        assert t.p_value == 1


def test_many_tables_with_repeats():
    t = exact_test([3, 0, 3, 4], 4, [1, 0, 1, 4], 4, method="fisher", alternative="two-sided")
    assert t.p_value.tolist() == pytest.approx([34 / 70, 1, 34 / 70, 1])


@settings(max_examples=15, deadline=None, database=None)
@given(st.integers(1, 12), st.integers(1, 12), st.data())
def test_boschloo_never_exceeds_fisher(n1, n2, data):
    x1, x2 = data.draw(st.integers(0, n1)), data.draw(st.integers(0, n2))
    f = exact_test(x1, n1, x2, n2, method="fisher", alternative="greater")
    b = exact_test(x1, n1, x2, n2, method="boschloo", alternative="greater")
    assert b.p_value <= f.p_value + 1e-9


def test_unknown_exact_choices_are_refused():
    with pytest.raises(UserError, match="fisher, boschloo"):
        exact_test(1, 2, 1, 2, method="chi2", alternative="less")
    with pytest.raises(UserError, match="alternative"):
        exact_test(1, 2, 1, 2, method="fisher", alternative="larger")


@pytest.mark.parametrize("method", ["newcombe", "wald"])
def test_one_stratum_of_any_method_is_the_unstratified_interval(method):
    for table in ((36, 154, 12, 77), (5, 56, 0, 29), (7, 34, 1, 34)):
        strata = [[value] for value in table]
        found = stratified_risk_difference(*strata, weights="cmh", level=0.9, method=method)
        alone = risk_difference(*table, method=method, level=0.9)
        assert (found.lower, found.upper) == pytest.approx((alone.lower, alone.upper), rel=1e-10)
    with pytest.raises(UserError, match="fixed weights"):
        stratified_risk_difference([3], [9], [2], [8], weights="iterated", level=0.9, method=method)
