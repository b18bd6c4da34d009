"""Imputed times of those who left early, held to R's curves and Cox regression."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import paths
from analysis.errors import UserError
from analysis.stats import fit_cox, impute_times, pool_hazard_ratio, tipping_point

quick = settings(max_examples=25, deadline=None, database=None)
ASKED = {"time": "time", "event": "event", "arm": "arm", "arms": "WEEKLY", "until": 112}

# R 4.2.2, survival 3.5-3 and mice 3.15.0, 2,000 imputations, set.seed(20261128):
# tte_generated_1.csv, those of WEEKLY censored before 112. survfit of the arm drawn with
# replacement, the first event time with (S(t)/S(c))^delta <= runif(1), coxph of WEEKLY against
# DAILY, pool.scalar(n = Inf, rule = "rubin1987").
R_IMPUTATIONS = 2_000
R_POOLED = {  # delta: estimate, within, between, share with the event, mean time, their deviations
    1.0: (-0.1572361, 0.0405715, 0.004217873, 0.5796786, 77.723, 0.1574119, 8.994942),
    2.5: (-0.04219797, 0.03919379, 0.002501958, 0.7950357, 61.75025, 0.1075612, 6.31371),
}


@pytest.fixture(scope="module")
def trial():
    return pd.read_csv(paths.DATA / "validation" / "tte_generated_1.csv")


@pytest.mark.parametrize("delta", R_POOLED)
def test_pooled_as_r_pools(trial, delta):
    estimate, within, between, share, mean, share_sd, mean_sd = R_POOLED[delta]
    found = impute_times(trial, **ASKED, delta=delta, n_imputations=400, seed=1)
    who = (trial.arm == "WEEKLY") & (trial.event == 0) & (trial.time < 112)
    assert found.n_imputed == {"DAILY": 0, "WEEKLY": int(who.sum())}
    assert who.sum() == 14
    # four Monte-Carlo errors of both sides
    error = 4 * np.sqrt(1 / R_IMPUTATIONS + 1 / 400)
    assert found.ends[:, who].mean() == pytest.approx(share, abs=error * share_sd)
    assert found.times[:, who].mean() == pytest.approx(mean, abs=error * mean_sd)
    pooled = pool_hazard_ratio(found, arm="WEEKLY", reference="DAILY", ties="efron", level=0.95)
    assert pooled.estimate == pytest.approx(estimate, abs=error * np.sqrt(between))
    assert pooled.between == pytest.approx(between, rel=error * np.sqrt(2))
    assert pooled.within == pytest.approx(within, rel=0.01)


def test_censored_at_random_is_near_the_analysis_of_what_was_observed(trial):
    found = impute_times(trial, **ASKED, delta=1, n_imputations=100, seed=2)
    pooled = pool_hazard_ratio(found, arm="WEEKLY", reference="DAILY", ties="efron", level=0.95)
    fit = fit_cox(trial, time="time", event="event", factors="arm", ties="efron",
                  references={"arm": "DAILY"})  # fmt: skip
    row = fit.hazard_ratios(level=0.95, interval="wald")
    assert pooled.estimate == pytest.approx(float(row.coefficient[0]), abs=0.1)
    assert pooled.std_error == pytest.approx(float(row.std_error[0]), rel=0.1)


# laws -------------------------------------------------------------------------------------------

participants = st.lists(
    st.tuples(st.integers(1, 9), st.booleans(), st.sampled_from("AB")), min_size=6, max_size=20
)


@quick
@given(participants, st.floats(0.2, 5), st.floats(1, 4), st.integers(5, 12))
def test_a_larger_delta_brings_no_event_later(rows, delta, times, until):
    frame = pd.DataFrame(rows, columns=["time", "event", "arm"])
    frame["event"] = frame.event.astype(int)
    able = frame[frame.event == 1].arm.unique().tolist()
    if not able:
        return
    asked = {**ASKED, "arms": able, "until": until, "n_imputations": 3, "seed": 5}
    less, more = (impute_times(frame, **asked, delta=each) for each in (delta, delta * times))
    assert (more.ends >= less.ends).all()
    # with the event in both it comes no later
    assert (more.times <= less.times)[less.ends == 1].all()
    for found in (less, more):
        left = ((frame.event == 0) & (frame.time < until) & frame.arm.isin(able)).to_numpy()
        assert (found.times[:, ~left] == frame.time.to_numpy()[~left]).all()
        assert (found.ends[:, ~left] == frame.event.to_numpy()[~left]).all()
        assert (found.times >= frame.time.to_numpy()).all()
        new = (found.ends == 1) & (frame.event == 0).to_numpy()
        assert (found.times <= until)[new].all()
        assert sum(found.n_imputed.values()) == left.sum()


def test_the_others_and_earlier_imputations_stay_as_they_are(trial):
    few = impute_times(trial, **ASKED, delta=2, n_imputations=2, seed=7)
    more = impute_times(trial, **ASKED, delta=2, n_imputations=5, seed=7)
    assert (few.times == more.times[:2]).all()
    assert (
        more.times[:, trial.arm == "DAILY"] == trial.time[trial.arm == "DAILY"].to_numpy()
    ).all()
    assert (few.completed(1)["time"] == few.times[1]).all()


def test_an_end_of_follow_up_for_each(trial):
    own = trial.assign(planned=np.where(trial.id % 2 == 0, trial.time, 112))
    found = impute_times(own, **{**ASKED, "until": "planned"}, delta=5, n_imputations=3, seed=1)
    even = (own.id % 2 == 0).to_numpy()
    assert (found.times[:, even] == own.time[even].to_numpy()).all()
    assert found.n_imputed["WEEKLY"] > 0


# the tipping point ------------------------------------------------------------------------------


def test_where_a_gain_is_lost():
    rng = np.random.default_rng(4)
    arm = np.repeat(["new", "old"], 60)
    event = rng.exponential(np.where(arm == "new", 30.0, 12.0))
    left = rng.exponential(20.0, 120)
    end = np.minimum(left, 24.0)
    frame = pd.DataFrame({"arm": arm, "time": np.minimum(event, end), "event": (event <= end) * 1})
    asked = {**ASKED, "arms": "new", "until": 24, "n_imputations": 20, "seed": 3}

    def evaluate(delta):
        found = impute_times(frame, **asked, delta=delta)
        return pool_hazard_ratio(found, arm="new", reference="old", ties="efron", level=0.95)

    tip = tipping_point(
        evaluate, limit="upper", threshold=0.0, search=(1, 31), n_steps=3, tolerance=0.01
    )
    assert tip.at_start.upper < 0
    assert tip.found
    assert tip.delta > 1
    estimates = [result.estimate for _, result in tip.evaluations]
    assert estimates == sorted(estimates)


# little or nothing ------------------------------------------------------------------------------


def test_nobody_left_early_or_the_curve_says_nothing():
    frame = pd.DataFrame(
        {"arm": list("AAABBB"), "time": [1, 2, 9, 1, 3, 9], "event": [1, 1, 0] * 2}
    )
    asked = {**ASKED, "arms": ["A", "B"], "until": 9, "n_imputations": 4, "seed": 1, "delta": 2}
    found = impute_times(frame, **asked)
    assert found.n_imputed == {"A": 0, "B": 0}
    assert (found.times == frame.time.to_numpy()).all()
    pooled = pool_hazard_ratio(found, arm="A", reference="B", ties="efron", level=0.95)
    assert pooled.remark
    # the last of all left: nobody was followed longer, so that there is nothing to impute from
    longer = impute_times(frame, **asked | {"until": 20})
    assert (longer.times == frame.time.to_numpy()).all()
    assert (longer.ends == frame.event.to_numpy()).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"delta": 0}, "delta must be above 0"),
        ({"arms": "MONTHLY"}, "no arm is 'MONTHLY': the arms are 'DAILY', 'WEEKLY'"),
        ({"until": "planned"}, "no column 'planned'"),
        ({"until": -3}, "until must be above 0"),
        ({"time": "weeks"}, "no column 'weeks'"),
        ({"n_imputations": 1}, "n_imputations must be a whole number from 2 up"),
        ({"seed": 0.5}, "seed must be a whole number"),
        ({"event": "id"}, "event must be 0 or 1"),
    ],
)
def test_what_cannot_be_imputed(trial, change, message):
    asked = {**ASKED, "delta": 2, "n_imputations": 3, "seed": 1}
    with pytest.raises(UserError, match=message):
        impute_times(trial, **(asked | change))


def test_an_arm_without_an_event(trial):
    frame = trial.assign(event=trial.event.where(trial.arm == "DAILY", 0))
    with pytest.raises(UserError, match="nobody with arm = WEEKLY had the event, so there is no"):
        impute_times(frame, **ASKED, delta=2, n_imputations=3, seed=1)


@pytest.mark.parametrize(
    ("arms", "message"),
    [
        (("MONTHLY", "DAILY"), "no arm is 'MONTHLY': the arms are 'DAILY', 'WEEKLY'"),
        (("WEEKLY", "daily"), "no arm is 'daily'"),
        (("DAILY", "DAILY"), "arm must be another than the reference 'DAILY'"),
    ],
)
def test_arms_that_cannot_be_compared(trial, arms, message):
    found = impute_times(trial, **ASKED, delta=2, n_imputations=2, seed=1)
    with pytest.raises(UserError, match=message):
        pool_hazard_ratio(found, arm=arms[0], reference=arms[1], ties="efron", level=0.95)
