"""Assurance: the power averaged over a prior by brute force, its limits, wrong inputs."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis.errors import UserError
from analysis.stats.assurance import assurance_equivalence, assurance_noninferiority
from analysis.stats.power import power_equivalence, power_noninferiority

NI = {"n_test": 40, "n_reference": 25, "sd": 3.0, "margin": 1.8, "direction": "higher",
      "alpha": 0.025}  # fmt: skip
EQ = {"n_test": 90, "n_reference": 60, "sd": 2.5, "margins": (-1.2, 1.3), "alpha": 0.05}
SHARES = (np.arange(400) + 0.5) / 400


@pytest.mark.parametrize("df", [3, 8, math.inf])
def test_it_is_the_power_averaged_over_the_prior(df):
    truths = -0.3 + 0.5 * (stats.norm.ppf(SHARES) if df == math.inf else stats.t.ppf(SHARES, df))
    powers = [power_noninferiority(**NI, difference=each).power for each in truths]
    found = assurance_noninferiority(**NI, prior_mean=-0.3, prior_sd=0.5, prior_df=df)
    assert found.assurance == pytest.approx(np.mean(powers), abs=2e-5)
    both = [power_equivalence(**EQ, difference=each).power for each in truths]
    found = assurance_equivalence(**EQ, prior_mean=-0.3, prior_sd=0.5, prior_df=df)
    assert found.assurance == pytest.approx(np.mean(both), abs=2e-5)
    assert found.power == power_equivalence(**EQ, difference=-0.3).power


@settings(max_examples=25, deadline=None, database=None)
@given(st.integers(2, 300), st.floats(-2, 2), st.just(0) | st.floats(0.01, 3), st.floats(0.1, 3))
def test_directions_mirror_and_more_patients_do_not_pass_the_limit(n, mean, spread, margin):
    design = NI | {"n_test": n, "n_reference": n, "margin": margin}
    up = assurance_noninferiority(**design, prior_mean=mean, prior_sd=spread)
    down = assurance_noninferiority(
        **(design | {"direction": "lower"}), prior_mean=-mean, prior_sd=spread
    )
    assert up.assurance == pytest.approx(down.assurance)
    assert up.limit == pytest.approx(down.limit)
    good = stats.norm.sf(-margin, mean, spread) if spread else float(mean > -margin)
    assert up.limit == pytest.approx(good)
    many = assurance_noninferiority(
        **(design | {"n_test": 10**8, "n_reference": 10**8}), prior_mean=mean, prior_sd=spread
    )
    if spread:
        assert many.assurance == pytest.approx(good, abs=0.02)


def test_a_certain_prior_gives_the_power():
    found = assurance_noninferiority(**NI, prior_mean=-0.3, prior_sd=0)
    assert found.assurance == found.power
    assert found.limit == 1
    beyond = assurance_noninferiority(**NI, prior_mean=-2, prior_sd=0)
    assert (beyond.limit, beyond.assurance < 0.025) == (0, True)


def test_doubt_lowers_a_high_power_and_raises_a_low_one():
    high = NI | {"n_test": 200, "n_reference": 200}
    assert assurance_noninferiority(**high, prior_mean=0, prior_sd=1).assurance < 0.99
    far = {"prior_mean": -2.5, "prior_sd": 1}
    low = assurance_noninferiority(**high, **far)
    assert low.assurance > 10 * low.power


def test_margins_without_room_have_no_assurance():
    narrow = EQ | {"margins": (-0.01, 0.01), "n_test": 5, "n_reference": 5}
    found = assurance_equivalence(**narrow, prior_mean=0, prior_sd=0.3)
    assert found.known_variance == 0
    assert found.assurance < 0.001


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"prior_sd": -1}, "prior_sd must be at least 0"),
        ({"prior_df": 0}, "prior_df must be above 0"),
        ({"prior_df": math.nan}, "prior_df must be a finite number"),
        ({"prior_mean": math.inf}, "difference must be a finite number"),
        ({"margin": -1}, "margin must be at least 0"),
        ({"direction": "better"}, "direction must be one of"),
    ],
)
def test_wrong_priors_are_refused(change, message):
    with pytest.raises(UserError, match=message):
        assurance_noninferiority(**(NI | {"prior_mean": 0, "prior_sd": 1} | change))
