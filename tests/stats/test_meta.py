"""Pairwise meta-analysis: the BCG data as metafor and Stata print them, and laws."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, stats
from statsmodels.stats.meta_analysis import combine_effects

from analysis import paths
from analysis.errors import UserError
from analysis.stats.meta import leave_one_out, meta_analysis
from analysis.stats.proportion_ratios import odds_ratio, risk_ratio

EVIDENCE = paths.DATA / "validation"
RANDOM = ("dersimonian-laird", "reml", "paule-mandel")

quick = settings(max_examples=40, deadline=None, database=None)
studies = st.lists(st.tuples(st.floats(-5, 5), st.floats(0.05, 2)), min_size=2, max_size=8)


def bcg(measure=risk_ratio):
    t = pd.read_csv(EVIDENCE / "bcg_colditz_1994.csv")
    r = measure(t.tpos, t.tpos + t.tneg, t.cpos, t.cpos + t.cneg, method="log-wald", level=0.95)
    return np.log(r.estimate), r.std_error


def pool(y, se, method="reml", interval="normal", prediction_df="normal", level=0.95):
    return meta_analysis(
        y, se, method=method, interval=interval, prediction_df=prediction_df, level=level
    )


def digits(*values, places=4):
    return tuple(round(float(v), places) for v in values)


# BCG ------------------------------------------------------------------------------------------


def test_bcg_reml():
    # reference_values.md (metafor, dat.bcg, log risk ratio)
    m = pool(*bcg())
    assert digits(m.estimate, m.std_error, m.tau2) == (-0.7145, 0.1798, 0.3132)
    assert round(100 * m.i2, 2) == 92.22
    assert round(m.q, 3) == 152.233
    assert m.q_df == 12


def test_bcg_hartung_knapp():
    # reference_values.md (metafor, test = "knha")
    m = pool(*bcg(), interval="hartung-knapp")
    assert digits(m.std_error) == (0.1808,)
    assert digits(m.lower, m.upper, places=3) == (-1.108, -0.321)
    assert m.df == 12


@pytest.mark.parametrize(
    ("measure", "method", "estimate", "lower", "upper", "z"),
    # metafor against Stata's metan (test_misc_metan_vs_rma.uni_with_dat.bcg.r)
    [
        (risk_ratio, "fixed", -0.4303, -0.5097, -0.3509, -10.6247),
        (risk_ratio, "dersimonian-laird", -0.7141, -1.0644, -0.3638, -3.9952),
        (odds_ratio, "fixed", -0.4361, -0.5190, -0.3533, -10.3190),
        (odds_ratio, "dersimonian-laird", -0.7474, -1.1242, -0.3706, -3.8873),
    ],
)
def test_bcg_as_metafor_and_stata_print_it(measure, method, estimate, lower, upper, z):
    m = pool(*bcg(measure), method=method)
    assert digits(m.estimate, m.lower, m.upper, m.statistic) == (estimate, lower, upper, z)


def test_bcg_heterogeneity_as_metafor_prints_it():
    # metafor, test_misc_confint.r: tau² 0.3088 (0.1197, 1.1115), I² 92.1173 (DL)
    m = pool(*bcg(), method="dersimonian-laird")
    assert digits(m.tau2, m.tau2_lower, m.tau2_upper) == (0.3088, 0.1197, 1.1115)
    assert digits(100 * m.i2, 100 * m.i2_from_q) == (92.1173, 92.1173)
    o = pool(*bcg(odds_ratio), method="dersimonian-laird")
    assert digits(o.tau2, 100 * o.i2) == (0.3663, 92.6455)


def test_prediction_interval_conventions():
    y, se = bcg()
    spread = np.hypot(pool(y, se).std_error, np.sqrt(pool(y, se).tau2))
    for name, df in (("normal", np.inf), ("k-1", 12), ("k-2", 11)):
        m = pool(y, se, prediction_df=name)
        assert m.prediction_df == df
        half = (m.prediction_upper - m.prediction_lower) / 2
        assert half == pytest.approx(stats.t.ppf(0.975, df) * spread)


# against other implementations ----------------------------------------------------------------


@pytest.mark.parametrize("seed", range(6))
def test_moments_and_paule_mandel_against_statsmodels(seed):
    # statsmodels lets tau² be negative, so the data are heterogeneous.
    rng = np.random.default_rng(seed)
    se = rng.uniform(0.1, 0.6, 9)
    y = rng.normal(0.4, 1.0, 9) + rng.normal(0, se)
    other = combine_effects(y, se**2, method_re="dl")
    m, fixed = pool(y, se, method="dersimonian-laird"), pool(y, se, method="fixed")
    assert m.tau2 == pytest.approx(other.tau2, rel=1e-12)
    assert (m.estimate, m.std_error) == pytest.approx((other.mean_effect_re, other.sd_eff_w_re))
    assert (fixed.estimate, fixed.q) == pytest.approx((other.mean_effect_fe, other.q))
    hartung_knapp = pool(y, se, method="dersimonian-laird", interval="hartung-knapp")
    assert hartung_knapp.std_error == pytest.approx(other.sd_eff_w_re_hksj)
    iterated = combine_effects(y, se**2, method_re="iterated", atol=1e-12)
    if iterated.tau2 > 0:  # its iteration stops at 0 when a step overshoots
        assert pool(y, se, method="paule-mandel").tau2 == pytest.approx(iterated.tau2, rel=1e-6)


@quick
@given(studies)
def test_reml_maximises_the_restricted_likelihood(rows):
    y, se = np.array(rows).T

    def minus_log_likelihood(tau2):
        w = 1 / (se**2 + tau2)
        mean = w @ y / w.sum()
        return (-np.log(w).sum() + np.log(w.sum()) + w @ (y - mean) ** 2) / 2

    m = pool(y, se, method="reml")
    best = optimize.brute(minus_log_likelihood, [(0, 50)], Ns=400, finish=None)
    assert minus_log_likelihood(m.tau2) <= minus_log_likelihood(best) + 1e-9


@quick
@given(studies)
def test_q_at_the_paule_mandel_estimate_and_limits(rows):
    y, se = np.array(rows).T
    k = len(y)

    def q(tau2):
        w = 1 / (se**2 + tau2)
        return w @ (y - w @ y / w.sum()) ** 2

    m = pool(y, se, method="paule-mandel")
    for tau2, target in (
        (m.tau2, k - 1),
        (m.tau2_lower, stats.chi2.ppf(0.975, k - 1)),
        (m.tau2_upper, stats.chi2.ppf(0.025, k - 1)),
    ):
        assert q(tau2) == pytest.approx(target, rel=1e-6) or (tau2 == 0 and q(0) <= target)


# laws -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["fixed", *RANDOM])
@quick
@given(studies, st.floats(-10, 10), st.randoms(use_true_random=False))
def test_shift_sign_scale_and_order(method, rows, shift, random):
    y, se = np.array(rows).T
    m = pool(y, se, method=method)
    moved = pool(y + shift, se, method=method)
    assert moved.estimate == pytest.approx(m.estimate + shift, abs=1e-5)
    assert moved.tau2 == pytest.approx(m.tau2, rel=1e-4, abs=1e-6)
    flipped = pool(-y, se, method=method)
    assert (flipped.lower, flipped.upper) == pytest.approx((-m.upper, -m.lower), abs=1e-7)
    scaled = pool(y * 1000, se * 1000, method=method)
    assert scaled.tau2 == pytest.approx(m.tau2 * 1e6, rel=1e-5, abs=1e-3)
    order = random.sample(range(len(y)), len(y))
    assert pool(y[order], se[order], method=method).estimate == pytest.approx(m.estimate, abs=1e-7)


@pytest.mark.parametrize("method", RANDOM)
def test_without_scatter_random_is_fixed(method):
    y, se = [0.30, 0.31, 0.29], [0.2, 0.3, 0.25]
    m, f = pool(y, se, method=method), pool(y, se, method="fixed")
    assert m.tau2 == 0
    assert (m.estimate, m.lower) == pytest.approx((f.estimate, f.lower))
    assert m.i2 == 0


@quick
@given(studies)
def test_p_at_a_confidence_limit_is_alpha(rows):
    y, se = np.array(rows).T
    for interval in ("normal", "hartung-knapp-adhoc"):
        m = pool(y, se, interval=interval, level=0.9)
        at = pool(y - m.lower, se, interval=interval, level=0.9)
        assert at.p_value == pytest.approx(0.1, rel=1e-3)


@quick
@given(studies)
def test_adhoc_hartung_knapp_is_never_narrower_than_its_parents(rows):
    y, se = np.array(rows).T
    adhoc = pool(y, se, interval="hartung-knapp-adhoc")
    normal = pool(y, se)
    assert adhoc.std_error >= normal.std_error * (1 - 1e-9)


def test_equal_precision_gives_the_one_sample_t_test():
    # With equal standard errors Hartung-Knapp is Student's t test of the estimates.
    y = np.array([0.1, 0.9, 0.4, 1.2, -0.3])
    m = pool(y, np.full(5, 0.2), interval="hartung-knapp")
    t = stats.ttest_1samp(y, 0)
    ci = t.confidence_interval(0.95)
    assert (m.lower, m.upper, m.p_value) == pytest.approx((ci.low, ci.high, t.pvalue))


def test_weights_sum_to_one_and_studies_keep_their_names():
    y, se = bcg()
    names = [f"trial {i}" for i in range(13)]
    m = meta_analysis(
        y, se, method="reml", interval="normal", prediction_df="k-2", level=0.95, labels=names
    )
    assert m.studies.study.tolist() == names
    assert m.studies.weight.sum() == pytest.approx(1)
    assert m.studies.weight @ m.studies.estimate == pytest.approx(m.estimate)


def test_leave_one_out_repeats_the_analysis_without_each_study():
    y, se = bcg()
    table = leave_one_out(
        y, se, method="reml", interval="hartung-knapp", prediction_df="k-2", level=0.95
    )
    assert len(table) == 13
    without = pool(np.delete(y, 3), np.delete(se, 3), interval="hartung-knapp")
    assert table.loc[3, "estimate"] == without.estimate
    assert table.loc[3, "left_out"] == "4"
    # Heterogeneity falls most without the trial in Madras (no effect, 177,000 people).
    assert table.loc[table.q.idxmin(), "left_out"] == "8"


# small and wrong inputs -----------------------------------------------------------------------


def test_one_study_is_itself():
    m = pool([0.4], [0.2], method="fixed")
    assert (m.estimate, m.std_error, m.q, m.q_df) == (0.4, pytest.approx(0.2), 0.0, 0)
    assert m.q_p is m.tau2_lower is m.prediction_lower is None
    assert "one study" in m.reason


def test_two_studies_have_no_prediction_interval_with_k_minus_2():
    m = pool([0.4, 0.9], [0.2, 0.3], prediction_df="k-2")
    assert m.prediction_lower is m.prediction_df is None
    assert "2 studies" in m.reason


def test_badly_scaled_inputs():
    y, se = bcg()
    for factor in (1e-8, 1e8):
        m = pool(y * factor, se * factor)
        assert m.tau2 / factor**2 == pytest.approx(0.3132432581, rel=1e-8)
    huge = pool([1.0, 2.0], [1e-6, 1e6], method="reml")
    assert huge.estimate == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: pool([], [], method="fixed"), "empty"),
        (lambda: pool([1.0], [0.1], method="reml"), "two studies or more"),
        (lambda: pool([1.0, 2.0], [0.1, 0.0]), "above 0"),
        (lambda: pool([1.0, np.nan], [0.1, 0.2]), "missing or infinite"),
        (lambda: pool([1.0, 2.0], [0.1]), "one value per study"),
        (lambda: pool([1.0, 2.0], [0.1, 0.2], method="MLE2"), "dersimonian-laird"),
        (lambda: pool([1.0, 2.0], [0.1, 0.2], interval="t"), "hartung-knapp"),
        (
            lambda: pool([1.0, 2.0], [0.1, 0.2], method="fixed", interval="hartung-knapp"),
            "random effects",
        ),
        (lambda: pool([1.0, 1.0], [0.1, 0.2], interval="hartung-knapp"), "identical"),
        (
            lambda: leave_one_out(
                [1, 2], [1, 1], method="fixed", interval="normal", prediction_df="k-2", level=0.9
            ),
            "three studies",
        ),
        (
            lambda: meta_analysis(
                [1, 2],
                [1, 1],
                method="fixed",
                interval="normal",
                prediction_df="k-2",
                level=0.9,
                labels=["a", "a"],
            ),
            "once",
        ),
    ],
)
def test_wrong_inputs_are_refused(call, message):
    with pytest.raises(UserError, match=message):
        call()
