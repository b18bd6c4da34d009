"""Constrained longitudinal models: numbers of R, and laws."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import paths
from analysis.errors import UserError
from analysis.stats import fit_ancova, fit_constrained

quick = settings(max_examples=15, deadline=None, database=None)
COLUMNS = {"response": "y", "baseline": "base", "subject": "id", "visit": "visit", "arm": "arm"}


def fitted(frame: pd.DataFrame, **changes: object):
    given = {**COLUMNS, "structure": "us", "df_method": "kr", **changes}
    return fit_constrained(frame, **given)


def one(frame: pd.DataFrame, visit: object, **changes: object):
    fit = fitted(frame, **changes)
    return fit.differences(reference="old", visit=visit, level=0.95)[0]


# R --------------------------------------------------------------------------------------------

FEV = pd.read_csv(paths.DATA / "validation" / "mmrm_fev_long.csv")
FEV_COLUMNS = {"response": "fev", "subject": "subject"}

# FEV1 of openpharma/mmrm with its baseline as visit V0 (737 records of 200 patients). R 4: a REML
# fit of our own by Fisher scoring, with X = model.matrix(~ x1 + x2 + x3 + x4 + visit + terms) and
# xk = 1 for TRT at visit k; standard error and df by the formulas of Kenward and Roger (1997) with
# the observed information. Estimate, standard error without and with the adjustment, df.
BY_R = {
    "": [
        (4.6708111662, 1.0928160010, 1.1085998237, 142.8788344634),
        (4.3955848373, 0.8461289763, 0.8562573137, 148.1364777166),
        (3.5963432595, 0.7603377636, 0.7729013578, 131.7621250423),
        (5.0047507339, 1.7063865530, 1.7312633894, 134.3127897683),
    ],
    "visit*(sex + race)": [
        (4.1250443255, 1.0601639123, 1.0764226106, 138.1965596965),
        (4.2526310432, 0.8080395814, 0.8181769362, 142.7716169784),
        (2.9677732171, 0.6733284790, 0.6853415357, 124.7231437339),
        (4.0378283861, 1.6753092712, 1.7004153881, 129.9729488544),
    ],
    "visit*sex + race + race:before": [
        (4.1989721713, 1.0379480189, 1.0536623548, 142.0456687184),
        (4.0919156760, 0.8005427938, 0.8106271672, 145.4731599699),
        (2.9800496563, 0.6640195753, 0.6757561264, 129.0653555490),
        (4.3708566418, 1.6665673321, 1.6917181118, 131.8107503188),
    ],
}
TERMS = {
    "": {},
    "visit*(sex + race)": {"factors": ["sex", "race"], "crossed": ["sex", "race"]},
    "visit*sex + race + race:before": {"factors": ["sex", "race"], "crossed": "sex"},
}


@pytest.mark.parametrize("terms", BY_R)
def test_differences_by_visit_as_r_fits_them(terms: str) -> None:
    kr = fitted(FEV, **FEV_COLUMNS, **TERMS[terms])
    plain = fitted(FEV, **FEV_COLUMNS, **TERMS[terms], df_method="satterthwaite")
    assert (kr.mixed.n_subjects, kr.mixed.n_records, kr.n_baseline_only) == (200, 737, 3)
    for visit, expected in zip(kr.visits, BY_R[terms], strict=True):
        [found] = kr.differences(reference="PBO", visit=visit, level=0.95)
        [unadjusted] = plain.differences(reference="PBO", visit=visit, level=0.95)
        assert found.label == "TRT - PBO"
        numbers = found.estimate, unadjusted.std_error, found.std_error, found.df
        assert numbers == pytest.approx(expected, rel=5e-9)


def test_the_likelihood_is_that_of_gls() -> None:
    # nlme 3: gls(…, correlation = corSymm(form = ~ t | subject), weights = varIdent(form = ~ 1 |
    # visit), method = "REML"); -2 logLik, which stops 8e-8 above its optimum
    plain = fitted(FEV, **FEV_COLUMNS).mixed
    assert plain.minus2_loglik == pytest.approx(4874.35025203, abs=1e-7)
    crossed = fitted(FEV, **FEV_COLUMNS, **TERMS["visit*(sex + race)"]).mixed
    assert crossed.minus2_loglik == pytest.approx(4761.14907775, abs=1e-7)


# laws -----------------------------------------------------------------------------------------


def complete_trial(seed: int, n: int, visits: int) -> pd.DataFrame:
    """Give a trial in which nothing is missing, arms uneven at baseline."""
    rng = np.random.default_rng(seed)
    who = pd.DataFrame({"id": range(n), "arm": np.where(np.arange(n) % 3, "new", "old"),
                        "sex": np.where(np.arange(n) % 2, "F", "M"), "age": rng.normal(9, 2, n),
                        "base": rng.normal(50, 8, n)})  # fmt: skip
    return pd.concat(
        who.assign(visit=f"Week {week}", y=0.6 * who["base"] + rng.normal(week, 5, n) + who["age"])
        for week in range(1, visits + 1)
    )


@quick
@given(seed=st.integers(0, 10_000), n=st.integers(18, 40), visits=st.integers(1, 2))
def test_with_complete_data_the_estimate_is_that_of_ancova(seed: int, n: int, visits: int) -> None:
    """Not the standard error: the mixed model takes the slope of the baseline as known."""
    trial = complete_trial(seed, n, visits)
    terms = {"factors": ["sex"], "covariates": ["age"]}
    crossed = ["sex", "age"] if visits > 1 else []
    last = f"Week {visits}"
    ancova = fit_ancova(
        trial[trial["visit"] == last], response="y", factors=["arm", "sex"],
        covariates=["age", "base"], std_errors="model",
    ).contrast("arm", reference="old", weights="equal", level=0.95, adjust="none")[0]  # fmt: skip
    found = one(trial, last, **terms, crossed=crossed)
    assert found.estimate == pytest.approx(ancova.estimate, rel=1e-6, abs=1e-6)


@quick
@given(seed=st.integers(0, 10_000), n=st.integers(12, 40))
def test_the_unadjusted_standard_error_differs_from_that_of_ancova_as_known(
    seed: int, n: int
) -> None:
    """One visit, two arms: s² (n − 3) / (n − 2) (1/n₁ + 1/n₂), with s² of the ANCOVA."""
    trial = complete_trial(seed, n, 1)
    ancova = fit_ancova(trial, response="y", factors="arm", covariates="base", std_errors="model")
    sizes = trial["arm"].value_counts()
    expected = ancova.residual_variance * (n - 3) / (n - 2) * (1 / sizes).sum()
    found = one(trial, "Week 1", df_method="satterthwaite")
    assert found.std_error**2 == pytest.approx(expected, rel=1e-8)
    assert one(trial, "Week 1").std_error > found.std_error


@quick
@given(seed=st.integers(0, 10_000), shift=st.floats(-1e3, 1e3), scale=st.floats(0.01, 100))
def test_swapped_arms_turn_the_sign_and_units_do_not_matter(
    seed: int, shift: float, scale: float
) -> None:
    trial = complete_trial(seed, 24, 2)
    trial.loc[(trial["id"] % 5 == 0) & (trial["visit"] == "Week 2"), "y"] = None
    found = one(trial, "Week 2")
    swapped = one(trial.assign(arm=trial["arm"].map({"new": "old", "old": "new"})), "Week 2")
    assert (-swapped.upper, -swapped.lower) == pytest.approx((found.lower, found.upper), rel=1e-6)
    moved = one(
        trial.assign(y=shift + scale * trial["y"], base=shift + scale * trial["base"]), "Week 2"
    )
    assert moved.estimate == pytest.approx(scale * found.estimate, rel=1e-5, abs=1e-6 * scale)
    assert moved.std_error == pytest.approx(scale * found.std_error, rel=1e-5)


# what is missing ------------------------------------------------------------------------------


@pytest.fixture
def trial() -> pd.DataFrame:
    return complete_trial(7, 30, 2)


def test_who_has_a_baseline_alone_or_none_stays_in(trial: pd.DataFrame) -> None:
    trial.loc[trial["id"] < 3, "y"] = None
    trial.loc[trial["id"] > 27, "base"] = None
    before = trial.copy()
    fit = fitted(trial)
    assert (fit.mixed.n_subjects, fit.n_baseline_only) == (30, 3)
    assert fit.mixed.n_records == 30 * 3 - 3 * 2 - 2
    pd.testing.assert_frame_equal(trial, before)


def test_a_stratum_seen_on_one_side_of_the_baseline_only_costs_nothing(
    trial: pd.DataFrame,
) -> None:
    trial["site"] = trial["id"] % 4
    trial.loc[trial["id"] < 2, "site"] = 9
    trial.loc[trial["id"] < 2, "y"] = None
    assert one(trial, "Week 2", factors="site").reason == ""


def test_an_arm_that_is_not_there_says_so(trial: pd.DataFrame) -> None:
    trial.loc[trial["id"] < 6, "arm"] = "third"
    early = trial[(trial["arm"] != "third") | (trial["visit"] == "Week 1")]
    fit = fitted(early)
    new, third = fit.differences(reference="old", visit="Week 2", level=0.95)
    assert (new.reason, third.label) == ("", "third - old")
    assert third.reason == "not estimable, because no analysed record has the arm at the visit"
    [*_, there] = fit.differences(reference="old", visit="Week 1", level=0.95)
    assert there.reason == ""
    found = fit.differences(reference="third", visit="Week 2", level=0.95)
    assert all(each.reason for each in found)


@pytest.mark.parametrize(
    ("change", "options", "words"),
    [
        ({"base": [1.0, 2.0] * 30}, {}, "a subject has 2 values of 'base' .rows"),
        ({"visit": ["Week 1"] * 30 + ["baseline"] * 30}, {"visits": ["baseline", "Week 1"]},
         "leave its records out"),
        ({}, {"baseline": "bas"}, "did you mean 'base'"),
        ({}, {"factors": "sex", "crossed": "sexx"}, "neither among the factors nor the covariates"),
        ({"base": [4.0] * 60}, {}, "'baseline'"),
        ({"y": [None] * 60}, {}, "no analysed record after baseline"),
        ({"base": [None] * 60}, {}, "no analysed subject has a value of 'base'"),
        ({"arm": ["new"] * 60}, {}, "there is one arm, 'new'"),
    ],
)  # fmt: skip
def test_what_cannot_be_fitted_is_one_sentence(
    trial: pd.DataFrame, change: dict, options: dict, words: str
) -> None:
    frame = trial.reset_index(drop=True).assign(**change)
    if "base" in change and change["base"][0] == 1.0:
        frame["base"] = np.where(frame["visit"] == "Week 1", 1.0, 2.0)
    with pytest.raises(UserError, match=words):
        fitted(frame, **options)


def test_unknown_arms_and_visits_are_named(trial: pd.DataFrame) -> None:
    fit = fitted(trial)
    with pytest.raises(UserError, match="no arm 'olt'; did you mean 'old'"):
        fit.differences(reference="olt", visit="Week 2", level=0.95)
    with pytest.raises(UserError, match="no visit 'Week 3'"):
        fit.differences(reference="old", visit="Week 3", level=0.95)
