"""Many Cox regressions of two arms at once: each equals the project's own fit."""

import numpy as np
import pandas as pd
import pytest

from analysis.stats.cox import fit_cox
from analysis.stats.cox_many import log_hazard_ratios

N_TEST, N = 12, 20


@pytest.fixture(scope="module")
def drawn():
    rng = np.random.default_rng(4)
    times = rng.exponential(size=(12, N))
    times[:, :N_TEST] /= 2.0
    return np.minimum(times, 1.0), times < 1.0


def test_equal_to_the_single_fits(drawn):
    times, events = drawn
    found = log_hazard_ratios(times, events, N_TEST)
    arm = np.repeat(["new", "old"], [N_TEST, N - N_TEST])
    for trial in range(len(times)):
        frame = pd.DataFrame({"arm": arm, "time": times[trial], "event": events[trial] * 1})
        fit = fit_cox(
            frame, time="time", event="event", factors="arm", references={"arm": "old"},
            ties="efron",
        )  # fmt: skip
        assert found.estimates[trial] == pytest.approx(fit.coefficients[0], abs=1e-8)
        error = np.sqrt(fit.covariance[0, 0])
        assert found.std_errors[trial] == pytest.approx(error, rel=1e-6)


def test_nothing_is_estimated_where_nothing_is_compared():
    times = np.array([[1.0, 2.0, 3.0, 4.0], [1.0, 2.0, 3.0, 4.0], [3.0, 4.0, 1.0, 2.0]])
    events = np.array([[True, True, False, False], [True, True, True, True], [False] * 4])
    # Only one arm has events; every event of one arm before those of the other; none at all.
    found = log_hazard_ratios(times, events, 2)
    assert np.isnan(found.estimates).all()
    assert np.isnan(found.std_errors).all()
