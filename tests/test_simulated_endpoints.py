"""Simulated times and responders: their truths are true, and so are their intervals."""

import numpy as np
import pandas as pd
import pytest

from analysis.stats import fit_ancova
from analysis.validation import response_experiments as responses
from analysis.validation import time_experiments as times
from analysis.validation.coverage import simulate
from analysis.validation.experiments import Sample
from analysis.validation.reasons import REASONS
from analysis.validation.simulated import experiments

MANY = 400_000


@pytest.fixture(scope="module")
def uncensored() -> dict[float, np.ndarray]:
    """Times of many, by hazard, followed for ever."""
    rng = np.random.default_rng(5)
    return {h: np.ceil(rng.exponential(1 / h, MANY) / times.STEP) * times.STEP
            for h in times.hazards()}  # fmt: skip


def test_the_true_curves_are_those_of_many(uncensored) -> None:
    for hazard, time in uncensored.items():
        # four standard errors of a share of so many
        share = 4 * 0.5 / np.sqrt(MANY)
        assert (time > times.AT + 1e-9).mean() == pytest.approx(
            times.survival(hazard, times.AT), abs=share
        )
        until = np.minimum(time, times.UNTIL)
        assert until.mean() == pytest.approx(
            times.restricted_mean(hazard, times.UNTIL), abs=4 * until.std() / np.sqrt(MANY)
        )


def test_the_true_incidence_and_the_follow_up_are_those_of_many() -> None:
    hazard = times.hazards()[1]
    time, ends = times.draw_times(np.random.default_rng(6), 1, MANY, hazard, times.COMPETING)
    # nobody is censored before the months at which curves are compared
    assert time[ends == 0].min() == pytest.approx(times.FOLLOWED[0])
    assert time.max() <= times.FOLLOWED[1] + 1e-9
    had = ((ends == 1) & (time <= times.AT + 1e-9)).mean()
    assert had == pytest.approx(times.incidence(hazard, times.AT), abs=2 / np.sqrt(MANY))
    # months to one place, so that times are tied
    assert len(np.unique(time)) == 360


def test_simultaneous_limits_are_those_of_the_package() -> None:
    sizes = (5, 4, 6)
    rng = np.random.default_rng(3)
    arm = np.repeat(["a", "b", "c"], sizes)
    y = rng.normal(size=15)
    groups = pd.Series(y).groupby(arm)
    sd = np.sqrt(groups.apply(lambda each: ((each - each.mean()) ** 2).sum()).sum() / 12)
    experiment = responses.several_arms(sizes)
    (limits,) = experiment.intervals.values()
    lower, upper = limits(
        Sample((groups.mean().to_numpy()[None, :], np.array([sd])), np.ones(1)), 0.9
    )
    frame = pd.DataFrame({"arm": arm, "y": y})
    fit = fit_ancova(frame, response="y", factors=["arm"], std_errors="model")
    found = fit.contrast("arm", reference="c", weights="equal", level=0.9, adjust="dunnett")
    assert lower[0] == pytest.approx(max(each.lower for each in found), rel=1e-5)
    assert upper[0] == pytest.approx(min(each.upper for each in found), rel=1e-5)


def test_about_a_fifth_of_the_responses_is_missing_more_where_the_covariate_is_low() -> None:
    x, y = responses.imputed(88, 41, 1.0).draw(np.random.default_rng(2), 200).data
    gone = np.isnan(y)
    assert gone.mean() == pytest.approx(responses.MISSING / 2, abs=0.02)
    assert gone[x < -1].mean() > 2 * gone[x > 1].mean()


def test_every_interval_of_these_settings_gives_limits() -> None:
    settings = [
        times.cox(12, 10, 1.0), *times.one_curve(20, 1.0), *times.two_curves(20, 15, 1.0),
        responses.over_strata(1.0), responses.several_arms((9, 8, 7)),
        responses.imputed(40, 30, 1.0),
    ]  # fmt: skip
    rows = pd.DataFrame(
        [row for each in settings for row in simulate(each, draws=12, conf_level=0.95, seed=4)]
    )
    assert len(rows) == 13
    assert rows["estimate"].between(0.5, 1).all()


def test_a_reason_is_of_an_interval_that_is_simulated() -> None:
    there = {(each.family, name) for each in experiments() for name in each.intervals}
    assert set(REASONS) <= there
