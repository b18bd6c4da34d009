"""Power and sample size: PowerTOST, statsmodels, and simulation."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats
from statsmodels.stats.power import TTestIndPower

from analysis.errors import UserError
from analysis.stats.differences import difference_of_means
from analysis.stats.power import power_equivalence, power_noninferiority
from analysis.stats.sample_size import sample_size_equivalence, sample_size_noninferiority
from analysis.stats.verdicts import equivalence, noninferiority

quick = settings(max_examples=50, deadline=None, database=None)


def bioequivalence(cv, n, ratio=0.95, limit=0.8, crossover=False):
    """Log scale; a 2 x 2 crossover of n subjects is this design with half the variance."""
    sd = math.sqrt(math.log(1 + cv**2) / (2 if crossover else 1))
    groups = (n // 2, n // 2) if crossover else n
    return power_equivalence(
        n_test=groups[0],
        n_reference=groups[1],
        sd=sd,
        difference=math.log(ratio),
        margins=(math.log(limit), -math.log(limit)),
        alpha=0.05,
    ).power


# published ------------------------------------------------------------------------------------


def test_parallel_groups_as_powertost_prints_them():
    # PowerTOST README: power.TOST(CV = 0.35, n = c(52, 49), design = "parallel")
    assert bioequivalence(0.35, (52, 49)) == pytest.approx(0.8011186, abs=5e-8)


@pytest.mark.parametrize(
    ("cv", "ratio", "limit", "n", "power"),
    # PowerTOST README: sampleN.TOST(CV = 0.20); sampleN.TOST(CV = 0.125, theta0 = 0.975,
    # theta1 = 0.90)
    [(0.20, 0.95, 0.8, 20, 0.834680), (0.125, 0.975, 0.9, 32, 0.800218)],
)
def test_crossovers_as_powertost_prints_them(cv, ratio, limit, n, power):
    assert bioequivalence(cv, n, ratio, limit, crossover=True) == pytest.approx(power, abs=5e-7)
    assert bioequivalence(cv, n - 2, ratio, limit, crossover=True) < 0.8
    found = sample_size_equivalence(
        power=0.8,
        sd=math.sqrt(math.log(1 + cv**2) / 2),
        difference=math.log(ratio),
        margins=(math.log(limit), -math.log(limit)),
        alpha=0.05,
        allocation=1,
        dropout=0,
    )
    assert found.n_total == n


# against other implementations ----------------------------------------------------------------


@quick
@given(st.integers(2, 400), st.integers(2, 400), st.floats(0, 2))
def test_noninferiority_against_statsmodels(n1, n2, margin):
    p = power_noninferiority(
        n_test=n1,
        n_reference=n2,
        sd=2,
        difference=0.3,
        margin=margin,
        direction="higher",
        alpha=0.025,
    )
    other = TTestIndPower().power(
        (0.3 + margin) / 2, n1, 0.025, ratio=n2 / n1, alternative="larger"
    )
    assert p.power == pytest.approx(other, abs=1e-9)


@pytest.mark.parametrize("n", [2, 10, 60])
def test_equivalence_by_another_route(n):
    # The same probability from the joint distribution of estimate and SD: for each estimate,
    # the chance that the SD is small enough (Simpson over the estimate, chi-squared inside).
    sd, delta, low, high, alpha = 1.3, 0.2, -1.0, 1.1, 0.05
    se, df = sd * math.sqrt(2 / n), 2 * n - 2
    d = np.linspace(low, high, 20001)
    room = np.minimum(d - low, high - d) / (stats.t.isf(alpha, df) * math.sqrt(2 / n))
    inside = special.chdtr(df, df * room**2 / sd**2)
    values = stats.norm.pdf(d, delta, se) * inside
    h = d[1] - d[0]
    expected = (
        h / 3 * (values[0] + values[-1] + 4 * values[1:-1:2].sum() + 2 * values[2:-1:2].sum())
    )
    p = power_equivalence(
        n_test=n, n_reference=n, sd=sd, difference=delta, margins=(low, high), alpha=alpha
    )
    assert p.power == pytest.approx(expected, abs=1e-7)


@pytest.mark.parametrize("n", [10**5, 10**6])
def test_large_samples_approach_the_normal(n):
    sd = 1.0 * math.sqrt(n)
    p = power_noninferiority(
        n_test=n, n_reference=n, sd=sd, difference=0, margin=4, direction="higher", alpha=0.025
    )
    assert p.power == pytest.approx(stats.norm.sf(1.959964 - 4 / math.sqrt(2)), abs=1e-5)


# simulation -----------------------------------------------------------------------------------


def simulated_means(n1, n2, sd, difference, draws, seed):
    """Means and SDs of many trials, without patients: normal and chi-squared."""
    rng = np.random.default_rng(seed)
    m1, m2 = rng.normal(difference, sd / n1**0.5, draws), rng.normal(0, sd / n2**0.5, draws)
    s1 = sd * np.sqrt(rng.chisquare(n1 - 1, draws) / (n1 - 1))
    s2 = sd * np.sqrt(rng.chisquare(n2 - 1, draws) / (n2 - 1))
    return m1, s1, m2, s2


@pytest.mark.parametrize("judge", ["non-inferiority", "equivalence"])
def test_power_against_simulated_trials_judged_by_the_package(judge):
    # Two to one, a margin of 2 cm/year and an SD of 3.4: a height-velocity trial.
    n1, n2, sd, difference, draws = 98, 49, 3.4, -0.2, 4000
    level = 0.95
    shown = 0
    for m1, s1, m2, s2 in zip(*simulated_means(n1, n2, sd, difference, draws, 1), strict=True):
        d = difference_of_means(
            mean_test=m1,
            sd_test=s1,
            n_test=n1,
            mean_reference=m2,
            sd_reference=s2,
            n_reference=n2,
            method="pooled",
            level=level,
        )
        verdict = (
            noninferiority(d, margin=2, direction="higher")
            if judge == "non-inferiority"
            else equivalence(d, margins=(-2, 2))
        )
        shown += verdict.shown
    design = {"n_test": n1, "n_reference": n2, "sd": sd, "difference": difference, "alpha": 0.025}
    power = (
        power_noninferiority(**design, margin=2, direction="higher")
        if judge == "non-inferiority"
        else power_equivalence(**design, margins=(-2, 2))
    ).power
    assert shown / draws == pytest.approx(power, abs=4 * math.sqrt(power * (1 - power) / draws))


@pytest.mark.parametrize(("n1", "n2", "alpha"), [(12, 12, 0.05), (30, 15, 0.025), (6, 9, 0.05)])
def test_equivalence_against_a_large_simulation(n1, n2, alpha):
    sd, difference, margins, draws = 1.0, 0.15, (-0.9, 1.0), 400_000
    m1, s1, m2, s2 = simulated_means(n1, n2, sd, difference, draws, 99)
    df = n1 + n2 - 2
    se = np.sqrt(((n1 - 1) * s1**2 + (n2 - 1) * s2**2) / df * (1 / n1 + 1 / n2))
    half = stats.t.isf(alpha, df) * se
    shown = np.mean((m1 - m2 - half > margins[0]) & (m1 - m2 + half < margins[1]))
    p = power_equivalence(
        n_test=n1, n_reference=n2, sd=sd, difference=difference, margins=margins, alpha=alpha
    )
    assert shown == pytest.approx(p.power, abs=0.004)


# laws -----------------------------------------------------------------------------------------


@quick
@given(st.integers(2, 200), st.floats(-2, 2), st.floats(0.1, 3))
def test_power_at_the_margin_is_alpha_and_direction_mirrors(n, difference, margin):
    design = {"n_test": n, "n_reference": n, "sd": 1.5, "margin": margin, "alpha": 0.025}
    at = power_noninferiority(**design, difference=-margin, direction="higher")
    assert at.power == pytest.approx(0.025, abs=1e-10)
    a = power_noninferiority(**design, difference=difference, direction="higher")
    b = power_noninferiority(**design, difference=-difference, direction="lower")
    assert a.power == b.power


@quick
@given(st.integers(2, 100), st.integers(2, 100), st.floats(-1, 1))
def test_equivalence_is_harder_than_noninferiority(n1, n2, difference):
    design = {"n_test": n1, "n_reference": n2, "sd": 1.0, "difference": difference, "alpha": 0.05}
    e = power_equivalence(**design, margins=(-1, 1)).power
    n = power_noninferiority(**design, margin=1, direction="higher").power
    mirrored = power_equivalence(**(design | {"difference": -difference}), margins=(-1, 1)).power
    assert e <= n + 1e-12
    assert e == pytest.approx(mirrored, abs=1e-12)


@settings(max_examples=20, deadline=None, database=None)
@given(st.floats(0.5, 0.95), st.floats(0.3, 2), st.sampled_from([0.5, 1, 2, 3]))
def test_the_size_found_is_the_smallest(power, margin, allocation):
    s = sample_size_noninferiority(
        power=power,
        sd=1,
        difference=0,
        margin=margin,
        direction="lower",
        alpha=0.025,
        allocation=allocation,
        dropout=0.15,
    )
    assert s.power >= power
    assert s.n_test == math.ceil(allocation * s.n_reference - 1e-9)
    assert s.n_total == s.n_test + s.n_reference
    assert s.enrolled_total * 0.85 >= s.n_total - 1e-9
    if s.n_reference > 2:
        fewer = power_noninferiority(
            n_test=math.ceil(allocation * (s.n_reference - 1)),
            n_reference=s.n_reference - 1,
            sd=1,
            difference=0,
            margin=margin,
            direction="lower",
            alpha=0.025,
        )
        assert fewer.power < power


def test_dropout_does_not_round_up_a_whole_number():
    base = {
        "power": 0.9,
        "sd": 1,
        "difference": 0,
        "margin": 0.5,
        "direction": "higher",
        "alpha": 0.025,
        "allocation": 1,
    }
    none = sample_size_noninferiority(**base, dropout=0)
    assert none.enrolled_total == none.n_total
    # 86 / (1 - 0.14) = 100 exactly
    assert sample_size_noninferiority(**base, dropout=0.14).enrolled_test == 100


def test_a_margin_too_narrow_for_the_groups_has_no_power():
    p = power_equivalence(
        n_test=2, n_reference=2, sd=10, difference=0, margins=(-0.01, 0.01), alpha=0.05
    )
    assert 0 <= p.power < 1e-4


# wrong inputs ---------------------------------------------------------------------------------

NI = {
    "n_test": 10,
    "n_reference": 10,
    "sd": 1.0,
    "difference": 0.0,
    "margin": 1.0,
    "direction": "higher",
    "alpha": 0.025,
}
SIZE = {
    "power": 0.8,
    "sd": 1.0,
    "difference": 0.0,
    "margin": 1.0,
    "direction": "higher",
    "alpha": 0.025,
    "allocation": 1,
    "dropout": 0.0,
}


@pytest.mark.parametrize(
    ("function", "base", "change", "message"),
    [
        (power_noninferiority, NI, {"sd": 0}, "sd must be above 0"),
        (power_noninferiority, NI, {"alpha": 0.5}, "alpha must be above 0 and below 0.5"),
        (power_noninferiority, NI, {"n_test": 2.5}, "whole number"),
        (power_noninferiority, NI, {"n_test": 1, "n_reference": 1}, "3 or more together"),
        (power_noninferiority, NI, {"direction": "up"}, "higher, lower"),
        (power_noninferiority, NI, {"margin": -1}, "at least 0"),
        (sample_size_noninferiority, SIZE, {"difference": -1}, "no better than the margin"),
        (sample_size_noninferiority, SIZE, {"power": 1}, "below 1"),
        (sample_size_noninferiority, SIZE, {"power": 0.01}, "above 0.025"),
        (sample_size_noninferiority, SIZE, {"dropout": 1}, "below 1"),
        (sample_size_noninferiority, SIZE, {"allocation": 0}, "above 0"),
        (sample_size_noninferiority, SIZE, {"margin": 1e-5}, "patients in the reference arm"),
    ],
)
def test_wrong_designs_are_refused(function, base, change, message):
    with pytest.raises(UserError, match=message):
        function(**(base | change))


def test_wrong_margins_are_refused():
    with pytest.raises(UserError, match="not between the margins"):
        sample_size_equivalence(
            power=0.8, sd=1, difference=1, margins=(-1, 1), alpha=0.05, allocation=1, dropout=0
        )
    with pytest.raises(UserError, match="lower and an upper"):
        power_equivalence(n_test=9, n_reference=9, sd=1, difference=0, margins=1, alpha=0.05)
