"""Participants who leave: the draws, the analyses, and what becomes of power and bias."""

import numpy as np
import pytest

from analysis.display.page import views_of
from analysis.display.reading import Absent
from analysis.results import is_absent
from analysis.stats.ancova_many import adjusted_differences, moments_of
from analysis.trial_design.designs import MeansDesign
from analysis.trial_design.engine import simulate
from analysis.trial_design.leaving import strategies
from analysis.trial_design.strategies import (
    AT_RANDOM,
    COMPLETERS,
    EVERYONE,
    FAST,
    JUMP,
    MISSING,
    MMRM,
    OBSERVED,
    SLOW,
    UNRELATED,
    LeavingTrials,
)

NAMES = (*FAST, *SLOW)
NEVER = 10**9


def leaving(mechanism, every=NEVER, direction="higher", effect=1.0, covariates=1):
    design = MeansDesign(
        n_test=40, n_reference=40, effect=effect, margin=1.8, direction=direction, alpha=0.025,
        sd=3.0, correlation=0.6, covariates=covariates,
    )  # fmt: skip
    return LeavingTrials(design=design, missing=0.3, mechanism=mechanism, every=every)


def row(found, name, what=0):
    return found[3 * NAMES.index(name) + what]


@pytest.fixture(scope="module")
def drawn():
    every = (UNRELATED, OBSERVED, MISSING)
    found = simulate([leaving(each) for each in every], 384, seed=2, chunk=64)
    return dict(zip(every, found, strict=True))


def lean(found, name):
    """Bias against the same trials with everyone, in Monte Carlo errors."""
    apart = row(found, name) - row(found, EVERYONE)
    return apart.mean() / (apart.std(ddof=1) / np.sqrt(apart.size))


def test_without_a_mechanism_nothing_is_biased(drawn):
    for name in (COMPLETERS, MMRM):
        assert abs(lean(drawn[UNRELATED], name)) < 3.5
    assert drawn[UNRELATED][-1].mean() == pytest.approx(0.3, abs=0.01)


def test_a_poor_observed_value_misleads_completers_and_no_mixed_model(drawn):
    assert lean(drawn[OBSERVED], COMPLETERS) > 8
    assert abs(lean(drawn[OBSERVED], MMRM)) < 3.5


def test_a_poor_missing_value_misleads_both(drawn):
    assert lean(drawn[MISSING], MMRM) > 5
    assert lean(drawn[MISSING], COMPLETERS) > lean(drawn[MISSING], MMRM)


def test_where_lower_is_better_the_bias_turns():
    found = simulate([leaving(OBSERVED, direction="lower", effect=-1.0)], 192, seed=2, chunk=64)
    assert lean(found[0], COMPLETERS) < -5


def test_whoever_leaves_stays_away_and_everyone_has_a_first_value():
    trials = leaving(OBSERVED)
    rng = np.random.default_rng(1)
    seen = trials._seen(rng, trials._responses(rng, 50)[1])
    assert seen[..., 0].all()
    assert (np.diff(seen.astype(int), axis=2) <= 0).all()


@pytest.mark.parametrize("covariates", [0, 1])
def test_two_ways_at_random_give_one_estimate(covariates):
    """Conditional means and the mixed model with the same terms; jump to reference is another."""
    [found] = simulate([leaving(OBSERVED, 1, covariates=covariates)], 2, seed=4, chunk=64)
    np.testing.assert_allclose(row(found, AT_RANDOM), row(found, MMRM), rtol=1e-5)
    assert (np.abs(row(found, JUMP) - row(found, MMRM)) > 0.01).all()
    assert (row(found, JUMP, 1) < row(found, AT_RANDOM, 1)).all()


def test_completers_are_those_who_are_there():
    rng = np.random.default_rng(3)
    values, seen = rng.normal(size=(2, 12, 1)), np.ones((12, 1))
    seen[[1, 4, 10]] = 0.0
    there = seen[:, 0] > 0
    some = adjusted_differences(moments_of(values, 7, seen))
    same = adjusted_differences(moments_of(values[:, there], 5))
    for one, other in zip(some, same, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12)


def test_the_table_tells_both_prices(run_of):
    run = run_of(missing_trials=64, simulations=100)
    found = strategies(run).wide("stat")
    assert len(found) == 3 * len(NAMES)
    slow = found["group2_level"].isin(SLOW)
    assert (found.loc[~slow, "draws"] == 64).all()
    assert (found.loc[slow, "draws"] == 4).all()
    assert (found["mc.error"].notna() & found["bias.error"].notna()).all()
    assert (found.loc[found["group2_level"] == EVERYONE, "p.missing"] == 0).all()


def test_of_another_kind_nothing_is_compared(run_of):
    run = run_of(kind="response", effect=0.0, margin=0.2, simulations=100)
    assert is_absent(strategies.rows(run))
    assert isinstance(views_of(strategies, run)[0], Absent)
