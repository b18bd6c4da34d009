"""Re-estimated sample sizes: patients drawn one by one, combination tests, wrong inputs."""

import math

import numpy as np
import pytest
from scipy import stats

from analysis.errors import UserError
from analysis.stats.blinded_reestimation import plan_blinded_reestimation
from analysis.stats.group_sequential import design_group_sequential
from analysis.stats.power import power_noninferiority
from analysis.stats.sample_size import sample_size_noninferiority
from analysis.stats.unblinded_reestimation import (
    combine_stages,
    conditional_power,
    reestimate_unblinded,
)

RULE = {
    "n_first": 24, "n_least": 36, "n_most": 90, "power": 0.8, "difference": -0.4, "margin": 2,
    "direction": "higher", "alpha": 0.025, "allocation": 2, "adjust": True, "formula": "t",
}  # fmt: skip


def rule(**change):
    return plan_blinded_reestimation(**(RULE | change))


# blinded --------------------------------------------------------------------------------------


def with_patients(made, sd, difference, trials, seed):
    """Share of trials that succeed and mean size, with two patients on test for each reference."""
    rng = np.random.default_rng(seed)
    most = made.n_most // 3
    test = rng.normal(difference, sd, (trials, 2 * most))
    reference = rng.normal(0, sd, (trials, most))
    seen = np.hstack([test[:, : 2 * made.n_first // 3], reference[:, : made.n_first // 3]])
    blocks = -(-made.total(seen.var(axis=1, ddof=1)) // 3)
    shown = 0
    for block in np.unique(blocks):
        at = blocks == block
        a, b = test[at, : 2 * block], reference[at, :block]
        pooled = (a.var(1, ddof=1) * (2 * block - 1) + b.var(1, ddof=1) * (block - 1)) / (
            3 * block - 2
        )
        t = (a.mean(1) - b.mean(1) + 2) / np.sqrt(pooled * 1.5 / block)
        shown += int((t > stats.t.isf(0.025, 3 * block - 2)).sum())
    return shown / trials, 3 * blocks.mean()


@pytest.mark.parametrize("sd", [2.0, 2.6])
def test_the_characteristics_are_those_of_patients(sd):
    made = rule()
    found = made.characteristics(sd, draws=100_000, seed=5)
    error, _ = with_patients(made, sd, -2.0, 20_000, 1)
    power, size = with_patients(made, sd, -0.4, 20_000, 2)
    assert found.type_1_error == pytest.approx(error, abs=4 * math.sqrt(0.025 / 20_000))
    # whole blocks of three, where the characteristics count patients one by one
    assert found.power == pytest.approx(power, abs=0.012)
    assert found.n_mean == pytest.approx(size, abs=1.5)


def test_superiority_keeps_its_level():
    # Kieser and Friede (2003): blinded variance, margin 0
    made = rule(difference=1.5, margin=0, n_first=20, n_least=20, n_most=300, allocation=1)
    found = made.characteristics(2.5, draws=200_000, seed=2)
    assert found.type_1_error <= 0.025 + 4 * found.type_1_mc_error


def test_noninferiority_exceeds_it_a_little():
    # Friede and Kieser (2003); more with a small first stage
    small, large = (
        rule(n_first=n, n_least=n, n_most=400, difference=0).characteristics(
            2.0, draws=100_000, seed=3
        )
        for n in (10, 60)
    )
    assert 0.025 + 4 * small.type_1_mc_error < small.type_1_error < 0.04
    assert large.type_1_error < small.type_1_error


def test_a_rule_with_no_freedom_is_a_fixed_trial():
    found = rule(n_first=60, n_least=60, n_most=60).characteristics(3, draws=100_000, seed=4)
    fixed = power_noninferiority(
        n_test=40, n_reference=20, sd=3, difference=-0.4, margin=2, direction="higher", alpha=0.025
    )
    assert found.power == pytest.approx(fixed.power, abs=4 * found.power_mc_error)
    assert found.type_1_error == pytest.approx(0.025, abs=4 * found.type_1_mc_error)
    assert (found.n_mean, found.n_lower, found.n_upper, found.at_most) == (60, 60, 60, 1)


def test_power_is_kept_when_the_sd_is_not_as_planned():
    made = rule(n_most=400)
    for sd in (2.4, 3.2):
        assert made.characteristics(sd, draws=50_000, seed=6).power == pytest.approx(0.8, abs=0.02)


@pytest.mark.parametrize("sd", [2.0, 2.37, 3.1])
def test_the_new_size_is_that_of_a_new_plan(sd):
    plan = {name: RULE[name] for name in
            ("power", "difference", "margin", "direction", "alpha", "allocation")}  # fmt: skip
    new = rule(adjust=False, n_most=400).reestimate(sd)
    planned = sample_size_noninferiority(sd=sd, dropout=0, **plan)
    assert abs(new.n_total - planned.n_total) <= 2  # whole arms
    assert rule(adjust=False, n_most=400, formula="normal").reestimate(sd).n_total <= new.n_total


def test_the_adjustment_takes_off_what_the_arms_differ_by():
    # Two constant arms: all of the variance is the difference.
    arms = np.r_[np.full(16, -0.4), np.zeros(8)]
    made = rule()
    assert made.removed == pytest.approx(arms.var(ddof=1))
    with pytest.raises(UserError, match="adjust=False"):
        made.reestimate(arms.std(ddof=1) * 0.999)
    assert made.reestimate(2.5).sd == pytest.approx(math.sqrt(2.5**2 - made.removed))


def test_size_stays_within_what_the_protocol_allows():
    made = rule()
    assert made.reestimate(0.5).n_total == 36
    capped = made.reestimate(30.0)
    assert (capped.n_total, capped.enough) == (90, False)
    assert made.reestimate(2.2).enough


def test_directions_mirror():
    up = rule().characteristics(2.5, draws=20_000, seed=1)
    down = rule(difference=0.4, direction="lower").characteristics(2.5, draws=20_000, seed=1)
    assert up == down


def test_the_same_seed_gives_the_same_numbers_and_chunks_are_whole():
    made = rule()
    twice = [made.characteristics(2.5, draws=60_000, seed=9) for _ in range(2)]
    assert twice[0] == twice[1]
    assert twice[0].draws == 60_000
    assert twice[0].power == pytest.approx(
        made.characteristics(2.5, draws=50_000, seed=10).power, abs=0.012
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"n_first": 3}, "n_first must be .*at least 4"),
        ({"n_first": 24.5}, "whole number"),
        ({"n_least": 20}, "n_least must be .*at least 24"),
        ({"n_most": 30}, "n_most must be .*at least 36"),
        ({"difference": -2}, "no better than the margin"),
        ({"formula": "z-test"}, "formula must be one of"),
        ({"direction": "up"}, "direction must be one of"),
        ({"allocation": 0}, "allocation must be above 0"),
    ],
)
def test_wrong_rules_are_refused(change, message):
    with pytest.raises(UserError, match=message):
        rule(**change)


def test_wrong_uses_of_a_rule_are_refused():
    with pytest.raises(UserError, match="sd must be above 0"):
        rule().characteristics(0, draws=1000, seed=1)
    with pytest.raises(UserError, match=r"draws must be .*at least 1000"):
        rule().characteristics(1, draws=10, seed=1)
    with pytest.raises(UserError, match="sd_blinded"):
        rule().reestimate(-1)


# unblinded ------------------------------------------------------------------------------------

STAGE = {"z_first": 1.5, "sd": 2.5, "effect": 0.75, "weight_first": 0.5**0.5, "critical": 1.977431}


def test_the_combination_keeps_its_level_whatever_the_second_stage_is():
    made = design_group_sequential(2, boundary="obrien-fleming", alpha=0.025, power=0.9)
    rng = np.random.default_rng(8)
    first, second = rng.standard_normal((2, 400_000))
    stops = first >= made.bounds[0]
    # A rule that looks at the first stage changes n, not the law of the second statistic; the
    # naive statistic of all patients does not keep the level.
    n_second = np.clip((made.bounds[1] / np.maximum(first, 0.1)) ** 2 - 1, 0.05, 50)
    combined = (first + second) / math.sqrt(2)
    naive = (first + np.sqrt(n_second) * second) / np.sqrt(1 + n_second)
    shown = stops | (combined >= made.bounds[1])
    assert shown.mean() == pytest.approx(0.025, abs=0.001)
    assert (stops | (naive >= made.bounds[1])).mean() > 0.035
    for z1, z2, whole in zip(first[:50], second[:50], combined[:50], strict=True):
        found = combine_stages(z1, z2, weight_first=0.5**0.5, critical=made.bounds[1])
        assert (found.z, found.shown) == (pytest.approx(whole), whole >= made.bounds[1])


def test_conditional_power_is_that_of_simulated_second_stages():
    rng = np.random.default_rng(4)
    second = rng.normal(0.75 / (2.5 * math.sqrt(1 / 40 + 1 / 20)), 1, 400_000)
    shown = np.mean(0.5**0.5 * (1.5 + second) >= 1.977431)
    found = conditional_power(n_test=40, n_reference=20, **STAGE)
    assert found.power == pytest.approx(shown, abs=0.003)


@pytest.mark.parametrize("allocation", [1, 2, 0.5])
def test_the_second_stage_is_the_smallest(allocation):
    found = reestimate_unblinded(power=0.8, allocation=allocation, n_most=1000, **STAGE)
    assert found.power >= 0.8
    fewer = conditional_power(
        n_test=math.floor(found.n_test_exact), n_reference=math.floor(found.n_reference_exact),
        **STAGE,
    )  # fmt: skip
    assert fewer.power < 0.8
    assert found.n_test_exact == pytest.approx(allocation * found.n_reference_exact)


def test_the_most_patients_bind():
    found = reestimate_unblinded(power=0.8, allocation=1, n_most=101, **STAGE)
    assert (found.n_test, found.n_reference) == (50, 50)
    assert found.power == pytest.approx(0.5806, abs=1e-4)
    assert found.n_test_exact == pytest.approx(101.59, abs=0.01)


def test_a_first_stage_that_is_enough_needs_one_more_patient_an_arm():
    found = reestimate_unblinded(power=0.8, allocation=1, n_most=100, **(STAGE | {"z_first": 5}))
    assert (found.n_test, found.n_reference) == (1, 1)
    assert found.power > 0.8


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: combine_stages(1, 1, weight_first=1, critical=2), "weight_first must be"),
        (lambda: combine_stages(math.nan, 1, weight_first=0.5, critical=2), "z_first"),
        (lambda: conditional_power(n_test=0, n_reference=3, **STAGE), "n_test must be at least 1"),
        (
            lambda: reestimate_unblinded(
                power=0.8, allocation=1, n_most=10, **(STAGE | {"effect": -0.2})
            ),
            "not on the good side",
        ),
        (
            lambda: reestimate_unblinded(power=1, allocation=1, n_most=10, **STAGE),
            "power must be",
        ),
    ],
)
def test_wrong_stages_are_refused(call, message):
    with pytest.raises(UserError, match=message):
        call()
