"""Multiple imputation of a binary endpoint, held to R mice."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import paths
from analysis.errors import UserError
from analysis.stats import (
    fit_logistic,
    impute_binary,
    odds_ratio,
    pool_binary,
    pool_rubin,
    risk_difference,
)

quick = settings(max_examples=25, deadline=None, database=None)
MODEL = {"response": "resp", "event": 1, "arm": "arm", "factors": "stratum", "covariates": "base"}
JUMP = {"method": "jump-to-reference", "reference": "DAILY"}

# R 4.2.2 and mice 3.15.0, 10,000 imputations, set.seed(20261127): binary_generated_1.csv with the
# responses of `missing` taken away. mice.impute.logreg with the columns of
# model.matrix(~ arm + stratum + base, contr.sum); for the jump, its augment and glm.fit, and the
# prediction with the arm's code of DAILY. Risk difference with Wald's variance and log odds ratio
# with Woolf's, WEEKLY against DAILY, by pool.scalar(n = Inf, rule = "rubin1987").
R_DRAWS = 10_000
R_POOLED = {  # estimate, within, between
    ("mar", "difference"): (0.154273, 0.004755795, 0.003152367),
    ("mar", "log odds ratio"): (0.6390329, 0.08438325, 0.05582611),
    ("jump-to-reference", "difference"): (0.118822, 0.00474918, 0.002015234),
    ("jump-to-reference", "log odds ratio"): (0.4964649, 0.08449004, 0.036055),
}
# glm.fit of mice's augmented data, epsilon 1e-14: (Intercept), arm1, stratum1 to 3, base
R_COEFFICIENTS = [0.11536680, -0.28635367, -0.88016578, -0.09847464, 0.21177696, 0.56661094]
R_ERRORS = [0.2313316, 0.1984735, 0.3130163, 0.3309400, 0.3812833, 0.2232282]


def missing(d):
    """Say who is missing: of each arm on its side of the baseline, two ids of three."""
    return np.where(d.arm == "DAILY", d.base < -0.2, d.base > 0.3) & (d.id % 3 != 0)


@pytest.fixture(scope="module")
def trial():
    d = pd.read_csv(paths.DATA / "validation" / "binary_generated_1.csv")
    d["resp"] = d.resp.astype(float).mask(missing(d))
    return d


@pytest.fixture(scope="module", params=["mar", "jump-to-reference"])
def imputed(request, trial):
    how = JUMP if request.param != "mar" else {"method": "mar"}
    return impute_binary(trial, **MODEL, **how, n_imputations=10_000, seed=1)


def test_the_model_is_that_of_mice(imputed, trial):
    assert imputed.n_missing == {"DAILY": 38, "WEEKLY": 29}
    # R has the baseline as it is, the design standardises it over the observed
    base = trial.base[trial.resp.notna()]
    raw = np.eye(6)
    raw[[0, 5], 5] = np.array([-base.mean(), 1.0]) / base.std(ddof=0)
    assert raw @ imputed.coefficients == pytest.approx(R_COEFFICIENTS, rel=0, abs=1e-8)
    errors = np.sqrt(np.diag(raw @ imputed.covariance @ raw.T))
    assert errors == pytest.approx(R_ERRORS, rel=2e-7)


@pytest.mark.parametrize("measure", ["difference", "log odds ratio"])
def test_pooled_as_mice_pools(imputed, measure):
    estimate, within, between = R_POOLED[imputed.method, measure]
    found = pool_binary(imputed, arm="WEEKLY", reference="DAILY", measure=measure, level=0.95)
    # Monte-Carlo errors of both sides: four of them
    both = 1 / R_DRAWS + 1 / imputed.n_imputations
    assert found.estimate == pytest.approx(estimate, abs=4 * np.sqrt(between * both))
    assert found.between == pytest.approx(between, rel=4 * np.sqrt(2 * both))
    assert found.within == pytest.approx(within, rel=0.005)


def test_the_jump_moves_the_other_arms_alone(trial):
    own = impute_binary(trial, **MODEL, method="mar", n_imputations=50, seed=1)
    jumped = impute_binary(trial, **MODEL, **JUMP, n_imputations=50, seed=1)
    stays = (trial.arm == "DAILY").to_numpy()
    assert (own.events[:, stays] == jumped.events[:, stays]).all()
    assert (own.events[:, ~stays] != jumped.events[:, ~stays]).any()
    # WEEKLY does better, so that its missing lose by the jump
    assert (own.events >= jumped.events).all()


def test_observed_values_stay_and_imputations_depend_on_their_number_alone(trial):
    few = impute_binary(trial, **MODEL, method="mar", n_imputations=3, seed=8)
    more = impute_binary(trial, **MODEL, method="mar", n_imputations=9, seed=8)
    other = impute_binary(trial, **MODEL, method="mar", n_imputations=3, seed=9)
    assert (few.events == more.events[:3]).all()
    assert (few.events != other.events).any()
    seen = trial.resp.notna().to_numpy()
    assert (few.events[:, seen] == (trial.resp[seen] == 1).to_numpy()).all()


def test_any_analysis_of_the_completed_data_is_pooled(trial):
    found = impute_binary(trial, **MODEL, method="mar", n_imputations=4, seed=8)
    rows = [
        fit_logistic(
            found.completed(i), response="resp", event=1, factors=["arm", "stratum"],
            covariates="base",
        ).contrast("arm", reference="DAILY", weights="equal", level=0.95, adjust="none")[0]
        for i in range(found.n_imputations)
    ]  # fmt: skip
    pooled = pool_rubin(
        [row.estimate for row in rows], [row.std_error for row in rows],
        df_complete=np.inf, level=0.95,
    )  # fmt: skip
    assert pooled.missing_fraction > 0
    assert trial.resp.isna().sum() == missing(trial).sum()


# laws -------------------------------------------------------------------------------------------

arms = st.integers(2, 12).flatmap(lambda n: st.tuples(st.integers(1, n - 1), st.just(n)))


def of_counts(one, other):
    """Return patients of two arms, the events first."""
    (x1, n1), (x2, n2) = one, other
    y = np.concatenate([np.arange(n1) < x1, np.arange(n2) < x2]).astype(float)
    return pd.DataFrame({"arm": ["A"] * n1 + ["B"] * n2, "y": y})


@quick
@given(arms, arms)
def test_nobody_missing_leaves_the_analysis_as_it_is(one, other):
    found = impute_binary(
        of_counts(one, other), response="y", event=1, arm="arm", method="mar", n_imputations=3,
        seed=1,
    )  # fmt: skip
    asked = {"arm": "A", "reference": "B", "level": 0.9}
    pooled = pool_binary(found, measure="difference", **asked)
    plain = risk_difference(*one, *other, method="wald", level=0.9)
    assert pooled.estimate == pytest.approx(float(plain.estimate), abs=1e-12)
    assert pooled.std_error == pytest.approx(float(plain.std_error), rel=1e-9)
    assert pooled.remark
    logs = pool_binary(found, measure="log odds ratio", **asked)
    woolf = odds_ratio(*one, *other, method="log-wald", level=0.9)
    assert np.exp([logs.estimate, logs.lower, logs.upper]) == pytest.approx(
        [float(woolf.estimate), float(woolf.lower), float(woolf.upper)], rel=1e-9
    )


@quick
@given(arms, arms, st.integers(1, 5))
def test_swapped_arms_and_swapped_outcomes_turn_the_sign(one, other, lost):
    frame = of_counts(one, other)
    frame.loc[:: lost + 1, "y"] = np.nan
    if frame.groupby("arm")["y"].count().min() == 0 or frame["y"].count() < 3:
        return
    asked = {"response": "y", "event": 1, "arm": "arm", "method": "mar", "n_imputations": 5}
    found = impute_binary(frame, **asked, seed=3)
    try:
        first = pool_binary(found, arm="A", reference="B", measure="difference", level=0.9)
    except UserError as said:
        assert "variance is 0" in str(said)  # noqa: PT017
        return
    turned = pool_binary(found, arm="B", reference="A", measure="difference", level=0.9)
    assert (first.estimate, first.lower) == pytest.approx((-turned.estimate, -turned.upper))
    # of the other outcome the same coefficients with the other sign
    mirrored = impute_binary(frame.assign(y=1 - frame.y), **asked, seed=3)
    assert mirrored.coefficients == pytest.approx(-found.coefficients, abs=1e-7)


# little or nothing ------------------------------------------------------------------------------


def test_an_arm_without_an_event_is_drawn_near_none():
    frame = of_counts((1, 30), (15, 30))
    frame.loc[[0, *range(20, 30)], "y"] = np.nan  # no event among the observed of A
    found = impute_binary(
        frame, response="y", event=1, arm="arm", method="mar", n_imputations=400, seed=1
    )
    share = found.events[:, frame["y"].isna()].mean()
    assert 0.0 < share < 0.1


def test_events_told_apart_by_a_covariate_are_imputed_all_the_same():
    x = np.arange(40.0)
    frame = pd.DataFrame({"arm": ["A", "B"] * 20, "x": x, "y": (x >= 20).astype(float)})
    frame.loc[[1, 2, 38], "y"] = np.nan
    with pytest.raises(UserError, match="tells the events apart"):
        fit_logistic(frame, response="y", event=1, factors="arm", covariates="x")
    found = impute_binary(
        frame, response="y", event=1, arm="arm", covariates="x", method="mar", n_imputations=400,
        seed=1,
    )  # fmt: skip
    low, _, high = found.events[:, [1, 2, 38]].mean(axis=0)
    assert low < 0.2
    assert high > 0.8


def test_responses_in_words_and_only_one_of_them_seen():
    frame = pd.DataFrame({"arm": list("AAAABBBB"), "y": ["Y", "Y", None, "Y", "Y", "Y", "Y", None]})
    found = impute_binary(
        frame, response="y", event="Y", arm="arm", method="mar", n_imputations=200, seed=1
    )
    assert found.completed(0)["y"].isin([0, 1]).all()
    assert found.events[:, [2, 7]].mean() > 0.6
    with pytest.raises(UserError, match="nobody or everybody of an arm has the event: pool the"):
        pool_binary(found, arm="A", reference="B", measure="log odds ratio", level=0.95)
    with pytest.raises(UserError, match="all of each arm have the same outcome"):
        pool_binary(found, arm="A", reference="B", measure="difference", level=0.95)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"method": "bootstrap"}, "method must be one of mar, jump-to-reference"),
        ({"reference": "DAILY"}, "missing at random has no reference arm"),
        ({**JUMP, "reference": "MONTHLY"}, "reference must be one of the arms .* not 'MONTHLY'"),
        ({"method": "j2r"}, "reference must be one of the arms .* not None"),
        ({"n_imputations": 1}, "n_imputations must be a whole number from 2 up"),
        ({"seed": -1}, "seed must be a whole number from 0 up"),
        ({"covariates": "bass"}, "no column 'bass'"),
        ({"event": "yes"}, "no value of 'resp' is 'yes'"),
        ({"response": "base"}, "must have two values"),
        ({"factors": "arm"}, "two roles"),
        ({"covariates": ["base", "twice"]}, "'twice' is aliased"),
        ({"factors": ["stratum", "half"]}, "100 of 200 values of 'half' are missing"),
        ({"factors": ["site"]}, "nobody with site = 9 has an observed response"),
    ],
)
def test_what_cannot_be_imputed(trial, change, message):
    frame = trial.assign(
        twice=2 * trial.base, half=np.where(trial.id % 2 == 0, "x", None),
        site=np.where(trial.resp.isna() & (trial.id % 5 == 0), 9, 1 + trial.id % 2),
    )  # fmt: skip
    asked = MODEL | {"method": "mar", "n_imputations": 5, "seed": 1} | change
    with pytest.raises(UserError, match=message):
        impute_binary(frame, **asked)


@pytest.mark.parametrize("how", [{"method": "mar"}, JUMP])
def test_an_arm_that_nobody_observed(trial, how):
    frame = trial.assign(resp=trial.resp.where(trial.arm == "DAILY"))
    with pytest.raises(UserError, match="nobody with arm = WEEKLY has an observed response"):
        impute_binary(frame, **MODEL, **how, n_imputations=5, seed=1)


def test_arms_that_are_not_there(trial):
    found = impute_binary(trial, **MODEL, method="mar", n_imputations=2, seed=1)
    asked = {"measure": "difference", "level": 0.95}
    with pytest.raises(UserError, match="no arm is 'MONTHLY': the arms are 'DAILY', 'WEEKLY'"):
        pool_binary(found, arm="MONTHLY", reference="DAILY", **asked)
    with pytest.raises(UserError, match="another than the reference"):
        pool_binary(found, arm="DAILY", reference="DAILY", **asked)
