"""ANCOVA against SAS PROC GLM, statsmodels and its own laws."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis import paths
from analysis.errors import UserError
from analysis.stats.ancova import fit_ancova
from analysis.stats.least_squares_means import (
    contrast_pairwise,
    contrast_reference,
    estimate_rows,
    ls_means,
)
from analysis.stats.linear_estimates import estimates_to_frame, make_estimate, term_tests_to_frame
from analysis.stats.term_tests import (
    contrast_slopes,
    estimate_slopes,
    subgroup_effects,
    type3_tests,
)

EVIDENCE = paths.DATA / "validation"


def leprosy() -> pd.DataFrame:
    return pd.read_csv(EVIDENCE / "glm_drug_leprosy.csv")


def simulated(seed: int, n: int = 60) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "arm": rng.permutation(np.resize(["A", "B", "C"], n)),
            "sex": rng.permutation(np.resize(["F", "M"], n)),
            "base": rng.normal(10, 2, n),
            "age": rng.normal(9, 3, n),
        }
    )
    frame["y"] = frame["base"] + (frame["arm"] == "B") * 2 + rng.normal(0, 1 + (frame.sex == "F"))
    return frame


def fit(frame: pd.DataFrame, **changes: object):
    options = {
        "response": "y",
        "factors": ["arm", "sex"],
        "covariates": ["base", "age"],
        "interactions": [("arm", "sex")],
        "std_errors": "model",
    }
    return fit_ancova(frame, **(options | changes))


def difference(result, weights: str = "equal", **options: object):
    return contrast_reference(
        result, "arm", reference="A", weights=weights, level=0.95, adjust="none", **options
    )


# SAS ----


def test_leprosy_least_squares_means_are_those_of_sas() -> None:
    result = fit_ancova(
        leprosy(), response="post", factors=["drug"], covariates=["pre"], std_errors="model"
    )
    means = ls_means(result, ["drug"], weights="equal", level=0.95)
    assert [round(m.estimate, 6) for m in means] == [6.714963, 6.823935, 10.161102]
    np.testing.assert_allclose([m.estimate for m in means], [6.71496, 6.82393, 10.16110], atol=6e-6)
    np.testing.assert_allclose(
        [m.std_error for m in means], [1.28849, 1.27247, 1.31592], atol=5.1e-6
    )
    assert {m.df for m in means} == {26.0}
    # SAS: model 871.497403 (3 df), error 417.202597, mean square 16.046254
    assert result.residual_df == 26
    assert round(result.residual_sum_of_squares, 6) == 417.202597
    assert round(result.residual_variance, 6) == 16.046254
    model_ss = result.total_sum_of_squares - result.residual_sum_of_squares
    assert round(model_ss, 6) == 871.497403


def test_unbalanced_two_way_type_iii_tests_are_those_of_sas() -> None:
    frame = pd.read_csv(EVIDENCE / "glm_drug_disease.csv")
    result = fit_ancova(
        frame,
        response="y",
        factors=["drug", "disease"],
        interactions=[("drug", "disease")],
        std_errors="model",
    )
    assert (result.n_records, result.n_dropped) == (58, 14)
    assert result.dropped_by_column == (("y", 14),)
    table = term_tests_to_frame(type3_tests(result)).set_index("term")
    expected = {
        "drug": (3, 2997.471860, 9.05),
        "disease": (2, 415.873046, 1.88),
        "drug:disease": (6, 707.266259, 1.07),
    }
    for term, (df, sum_of_squares, f_value) in expected.items():
        assert table.loc[term, "df_numerator"] == df
        assert round(table.loc[term, "sum_of_squares"], 6) == sum_of_squares
        assert round(table.loc[term, "f_value"], 2) == f_value
    assert round(table.loc["disease", "p_value"], 4) == 0.1637
    assert round(table.loc["drug:disease", "p_value"], 4) == 0.3958
    assert round(result.residual_variance, 6) == 110.452536


def test_one_way_f_value_is_that_of_sas() -> None:
    frame = pd.read_csv(EVIDENCE / "glm_mice_dunnett.csv")
    result = fit_ancova(frame, response="score", factors=["group"], std_errors="model")
    (test,) = type3_tests(result)
    assert (round(test.f_value, 2), round(test.p_value, 4)) == (4.55, 0.0286)
    assert round(test.sum_of_squares, 6) == 673.0


def test_longley_regression_meets_the_certified_values_of_nist() -> None:
    # NIST StRD, Longley: badly conditioned; the data come with statsmodels
    data = sm.datasets.longley.load_pandas()
    certified = {
        "GNPDEFL": (15.0618722713733, 84.9149257747669),
        "GNP": (-0.0358191792925910, 0.0334910077722432),
        "UNEMP": (-2.02022980381683, 0.488399681651699),
        "ARMED": (-1.03322686717359, 0.214274163161675),
        "POP": (-0.0511041056535807, 0.226073200069370),
        "YEAR": (1829.15146461355, 455.478499142212),
    }
    result = fit_ancova(
        data.data.astype(float),
        response="TOTEMP",
        factors=[],
        covariates=list(certified),
        std_errors="model",
    )
    for name, (estimate, std_error) in certified.items():
        (slope,) = estimate_slopes(result, name, by=[], weights="equal", level=0.95)
        np.testing.assert_allclose(slope.estimate, estimate, rtol=1e-10)
        np.testing.assert_allclose(slope.std_error, std_error, rtol=1e-10)
    np.testing.assert_allclose(result.residual_variance, 304.854073561965**2, rtol=1e-11)
    np.testing.assert_allclose(result.r_squared, 0.995479004577296, rtol=1e-12)


# statsmodels ----


@pytest.mark.parametrize("kind", ["model", "HC0", "HC1", "HC2", "HC3"])
def test_coefficients_and_standard_errors_agree_with_statsmodels(kind: str) -> None:
    frame = simulated(1)
    dummies = pd.get_dummies(frame[["arm", "sex"]], drop_first=True, dtype=float)
    design = sm.add_constant(dummies.join(frame[["base", "age"]]))
    oracle = sm.OLS(frame["y"], design).fit()
    if kind != "model":
        oracle = oracle.get_robustcov_results(kind, use_t=True)
    result = fit(frame, interactions=[], std_errors=kind)
    found = difference(result)
    place = [list(design.columns).index("arm_B"), list(design.columns).index("arm_C")]
    for estimate, position in zip(found, place, strict=True):
        np.testing.assert_allclose(estimate.estimate, np.asarray(oracle.params)[position])
        np.testing.assert_allclose(estimate.std_error, np.asarray(oracle.bse)[position])
        np.testing.assert_allclose(estimate.p_value, np.asarray(oracle.pvalues)[position])
    slope = estimate_slopes(result, "base", by=[], weights="equal", level=0.95)[0]
    position = list(design.columns).index("base")
    np.testing.assert_allclose(slope.estimate, np.asarray(oracle.params)[position])
    np.testing.assert_allclose(slope.std_error, np.asarray(oracle.bse)[position])


def test_type_iii_of_a_model_with_covariate_interaction_is_the_drop_of_raw_columns() -> None:
    # in sum-to-zero coding of raw columns, type III is the test that the term's columns vanish
    frame = simulated(2)
    codes = {"A": (1, 0), "B": (0, 1), "C": (-1, -1)}
    first, second = np.array([codes[a] for a in frame["arm"]], dtype=float).T
    base = frame["base"].to_numpy()
    full = np.column_stack([np.ones(60), first, second, base, first * base, second * base])
    oracle = sm.OLS(frame["y"], full).fit()
    result = fit(frame, factors=["arm"], covariates=["base"], interactions=[("arm", "base")])
    for test, columns in zip(type3_tests(result), ([1, 2], [3], [4, 5]), strict=True):
        expected = oracle.f_test(np.eye(6)[columns])
        np.testing.assert_allclose(test.f_value, float(expected.fvalue), rtol=1e-8)
        np.testing.assert_allclose(test.p_value, float(expected.pvalue), rtol=1e-7)


def test_two_groups_without_covariates_are_the_student_t_test() -> None:
    frame = simulated(3).query("arm != 'C'")
    result = fit(frame, factors=["arm"], covariates=[], interactions=[])
    groups = [part["y"] for _, part in frame.groupby("arm")]
    oracle = stats.ttest_ind(groups[1], groups[0])
    (found,) = difference(result)
    interval = oracle.confidence_interval(0.95)
    np.testing.assert_allclose(
        [found.statistic, found.p_value, found.lower, found.upper],
        [oracle.statistic, oracle.pvalue, interval.low, interval.high],
    )


# means, weights and interactions, recomputed from predictions ----


def predictions(frame: pd.DataFrame, arm: str) -> np.ndarray:
    """Predict everyone in one arm at the mean covariates, through statsmodels."""

    def matrix(data: pd.DataFrame) -> np.ndarray:
        b, c, m = data.arm == "B", data.arm == "C", data.sex == "M"
        columns = [np.ones(len(data)), b, c, m, b & m, c & m, data.base, data.age]
        return np.column_stack(columns).astype(float)

    oracle = sm.OLS(frame["y"], matrix(frame)).fit()
    moved = frame.assign(arm=arm, base=frame.base.mean(), age=frame.age.mean())
    return oracle.predict(matrix(moved))


def test_observed_weights_average_predictions_and_equal_weights_average_cells() -> None:
    frame = simulated(4).iloc[:41]
    observed = ls_means(fit(frame), ["arm"], weights="observed", level=0.95)
    equal = ls_means(fit(frame), ["arm"], weights="equal", level=0.95)
    for estimate, other, arm in zip(observed, equal, "ABC", strict=True):
        predicted = predictions(frame, arm)
        np.testing.assert_allclose(estimate.estimate, predicted.mean())
        by_sex = pd.Series(predicted).groupby(frame["sex"].to_numpy()).first()
        np.testing.assert_allclose(other.estimate, by_sex.mean())


def test_covariates_can_be_set_and_default_to_their_mean() -> None:
    frame = simulated(5)
    at_mean = ls_means(fit(frame), ["arm"], weights="equal", level=0.95)
    named = {"base": frame.base.mean(), "age": frame.age.mean()}
    same = ls_means(fit(frame), ["arm"], weights="equal", level=0.95, covariates=named)
    np.testing.assert_allclose([e.estimate for e in at_mean], [e.estimate for e in same])
    up = ls_means(
        fit(frame),
        ["arm"],
        weights="equal",
        level=0.95,
        covariates=named | {"base": named["base"] + 1},
    )
    slope = estimate_slopes(fit(frame), "base", by=[], weights="equal", level=0.95)[0]
    np.testing.assert_allclose(up[0].estimate - at_mean[0].estimate, slope.estimate)


def test_subgroup_effects_are_differences_of_cell_means_and_carry_the_interaction() -> None:
    frame = simulated(6)
    result = fit(frame, covariates=[])
    effects, interaction = subgroup_effects(
        result, "arm", "sex", reference="A", weights="equal", level=0.95
    )
    cells = frame.groupby(["sex", "arm"])["y"].mean()
    for effect in effects:
        sex, arm = dict(effect.groups)["sex"], effect.label.split(" - ")[0]
        np.testing.assert_allclose(effect.estimate, cells[sex, arm] - cells[sex, "A"])
    assert interaction.term == "arm:sex"
    assert interaction.df_numerator == 2
    with pytest.raises(UserError, match="no term 'arm:sex'"):
        subgroup_effects(
            fit(frame, interactions=[]), "arm", "sex", reference="A", weights="equal", level=0.9
        )


def test_slopes_by_group_are_those_of_separate_lines() -> None:
    frame = simulated(7)
    result = fit(frame, factors=["arm"], covariates=["base"], interactions=[("arm", "base")])
    slopes = estimate_slopes(result, "base", by=["arm"], weights="equal", level=0.95)
    for slope, (_, part) in zip(slopes, frame.groupby("arm"), strict=True):
        np.testing.assert_allclose(slope.estimate, np.polyfit(part.base, part.y, 1)[0])
    gaps = contrast_slopes(
        result, "base", "arm", reference="A", weights="equal", level=0.95, adjust="none"
    )
    for gap, slope in zip(gaps, slopes[1:], strict=True):
        np.testing.assert_allclose(gap.estimate, slope.estimate - slopes[0].estimate)
    # with two groups the slope contrast is the interaction test
    two = fit(
        frame.query("arm != 'C'"),
        factors=["arm"],
        covariates=["base"],
        interactions=[("arm", "base")],
    )
    (gap,) = contrast_slopes(
        two, "base", "arm", reference="A", weights="equal", level=0.95, adjust="none"
    )
    np.testing.assert_allclose(gap.p_value, type3_tests(two, ["arm:base"])[0].p_value)


# laws ----

seeds = st.integers(0, 10_000)
laws = settings(max_examples=20, deadline=None)


@laws
@given(seed=seeds)
def test_row_order_and_unused_levels_do_not_matter(seed: int) -> None:
    frame = simulated(seed)
    extra = pd.Categorical(frame["arm"], categories=["A", "Z", "B", "C"])
    changed = frame.assign(arm=extra).sample(frac=1.0, random_state=seed)
    before, after = difference(fit(frame)), difference(fit(changed))
    for one, two in zip(before, after, strict=True):
        assert one.label == two.label
        np.testing.assert_allclose(
            [one.estimate, one.std_error, one.p_value], [two.estimate, two.std_error, two.p_value]
        )


@laws
@given(
    seed=seeds,
    scale=st.floats(1e-6, 1e9),
    shift=st.floats(-1e4, 1e4),
    unit=st.floats(1e-6, 1e6),
)
def test_units_and_shifts_do_not_matter(seed: int, scale: float, shift: float, unit: float) -> None:
    frame = simulated(seed)
    moved = frame.assign(y=scale * (frame["y"] + shift), base=unit * (frame["base"] - shift))
    for one, two in zip(difference(fit(frame)), difference(fit(moved)), strict=True):
        np.testing.assert_allclose(
            [scale * one.estimate, scale * one.std_error],
            [two.estimate, two.std_error],
            rtol=1e-7,
            atol=1e-9 * scale,
        )
        np.testing.assert_allclose(one.p_value, two.p_value, rtol=1e-6, atol=1e-300)


@laws
@given(seed=seeds, weights=st.sampled_from(["equal", "observed"]))
def test_swapped_arms_flip_signs(seed: int, weights: str) -> None:
    result = fit(simulated(seed))
    forward = contrast_reference(
        result, "arm", reference="A", weights=weights, level=0.9, adjust="none"
    )[0]
    back = contrast_reference(
        result, "arm", reference="B", weights=weights, level=0.9, adjust="none"
    )[0]
    np.testing.assert_allclose(
        [forward.estimate, forward.lower, forward.p_value],
        [-back.estimate, -back.upper, back.p_value],
    )


@laws
@given(seed=seeds, level=st.floats(0.5, 0.999), side=st.sampled_from(["lower", "upper"]))
def test_p_at_a_limit_is_alpha(seed: int, level: float, side: str) -> None:
    result = fit(simulated(seed))
    options = {"reference": "A", "weights": "equal", "adjust": "none", "level": level}
    first = contrast_reference(result, "arm", **options)[0]
    again = contrast_reference(result, "arm", null=getattr(first, side), **options)[0]
    np.testing.assert_allclose(again.p_value, 1 - level, rtol=1e-7)


@laws
@given(seed=seeds)
def test_balanced_two_way_type_iii_equals_sequential_sums_of_squares(seed: int) -> None:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        [(a, b, rng.normal()) for a in "ABC" for b in "XY" for _ in range(3)],
        columns=["arm", "sex", "y"],
    )
    result = fit(frame, covariates=[])
    grand = frame["y"].mean()
    expected = 6 * ((frame.groupby("arm")["y"].mean() - grand) ** 2).sum()
    np.testing.assert_allclose(type3_tests(result, ["arm"])[0].sum_of_squares, expected)


def test_pairwise_contrasts_are_differences_of_means_and_data_are_not_changed() -> None:
    frame = simulated(8)
    copy = frame.copy(deep=True)
    result = fit(frame)
    means = {e.label: e.estimate for e in ls_means(result, ["arm"], weights="equal", level=0.95)}
    for pair in contrast_pairwise(result, "arm", weights="equal", level=0.95, adjust="none"):
        first, second = pair.label.split(" - ")
        np.testing.assert_allclose(pair.estimate, means[first] - means[second])
    pd.testing.assert_frame_equal(frame, copy)


def test_means_are_right_for_a_large_offset() -> None:
    frame = simulated(9)
    near = ls_means(fit(frame), ["arm"], weights="equal", level=0.95)
    far = ls_means(fit(frame.assign(y=frame["y"] + 1e9)), ["arm"], weights="equal", level=0.95)
    for one, two in zip(near, far, strict=True):
        np.testing.assert_allclose(two.estimate - 1e9, one.estimate, atol=1e-6)
        np.testing.assert_allclose(two.std_error, one.std_error, rtol=1e-6)


# results ----


def test_frames_have_fixed_columns() -> None:
    result = fit(simulated(10))
    table = estimates_to_frame(ls_means(result, ["arm", "sex"], weights="equal", level=0.95))
    assert list(table.columns[:3]) == ["arm", "sex", "label"]
    assert {"estimate", "std_error", "df", "lower", "upper", "level", "p_value"} <= set(table)
    assert len(table) == 6
    single = ls_means(result, [], weights="equal", level=0.95)
    assert [e.label for e in single] == ["overall"]
    assert len(single[0].to_frame()) == 1


def test_infinite_df_give_the_normal_interval() -> None:
    item = make_estimate(label="d", estimate=0.0, std_error=1.0, df=np.inf, level=0.95)
    np.testing.assert_allclose(item.upper, stats.norm.ppf(0.975))


# wrong inputs ----


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        (lambda f: f.assign(arm="A"), {}, "factor 'arm' has one level"),
        (lambda f: f.assign(base=3.0), {}, "covariate 'base' is constant"),
        (lambda f: f.assign(base=1e9 + 1e-6), {}, "covariate 'base' is constant"),
        (lambda f: f.assign(y=2.5), {}, "response 'y' is constant"),
        (lambda f: f.assign(y=np.nan), {}, "no record is left"),
        (lambda f: f.assign(age=2 * f.base + 1), {}, "term 'age' is aliased"),
        (lambda f: f.assign(sex=np.where(f.arm == "A", "F", "M")), {"interactions": []}, "aliased"),
        (
            lambda f: f[~((f.arm == "B") & (f.sex == "M"))],
            {},
            "empty cells.*arm = B, sex = M",
        ),
        (lambda f: f.iloc[:1], {}, "one level"),
        (lambda f: f.assign(y=f.base), {}, "fits the response 'y' exactly"),
        (lambda f: f.assign(y=f.y.where(f.index > 0, np.inf)), {}, "1 infinite"),
        (lambda f: f.assign(base=f.base.astype(str)), {}, "'base' must be numeric"),
        (lambda f: f, {"response": "yy"}, "no column 'yy'"),
        (lambda f: f, {"covariates": ["bse"]}, "did you mean 'base'"),
        (lambda f: f, {"factors": ["arm", "arm"]}, "two roles"),
        (lambda f: f, {"std_errors": "HC9"}, "std_errors must be one of"),
        (lambda f: f, {"interactions": [("arm", "site")]}, "no main effect"),
        (lambda f: f, {"interactions": [("arm", "sex", "base")]}, "needs the interaction"),
        (lambda f: f, {"interactions": [("arm", "sex"), ("sex", "arm")]}, "given twice"),
        (lambda f: f, {"interactions": ["arm"]}, "as a sequence|no main effect"),
    ],
)
def test_wrong_models_are_one_sentence(change, options, message) -> None:
    with pytest.raises(UserError, match=message):
        fit(change(simulated(11)), **options)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda r: ls_means(r, ["arm"], weights="some", level=0.95), "weights must be"),
        (lambda r: ls_means(r, ["arm"], weights="equal", level=95), "between 0 and 1"),
        (lambda r: ls_means(r, ["site"], weights="equal", level=0.95), "no factor 'site'"),
        (lambda r: difference(r, covariates={"bas": 1.0}), "no covariate 'bas'"),
        (lambda r: difference(r, by=["arm"]), "cannot also be held"),
        (
            lambda r: ls_means(r, ["sex"], weights="equal", level=0.95, along={"sex": {"F": 1.0}}),
            "in `along` and also",
        ),
        (
            lambda r: contrast_reference(
                r, "arm", reference="Q", weights="equal", level=0.9, adjust="none"
            ),
            "no level 'Q'",
        ),
        (
            lambda r: contrast_pairwise(r, "arm", weights="equal", level=0.9, adjust="dunnett"),
            "one reference",
        ),
        (lambda r: estimate_slopes(r, "bas", by=[], weights="equal", level=0.9), "'bas'"),
        (
            lambda r: estimate_rows(
                r, np.zeros((1, r.design.n_columns)), labels=["0"], groups=[()], level=0.95
            ),
            "has no interval",
        ),
    ],
)
def test_wrong_questions_are_one_sentence(call, message) -> None:
    with pytest.raises(UserError, match=message):
        call(fit(simulated(12)))


def test_as_many_coefficients_as_records_is_one_sentence() -> None:
    frame = pd.DataFrame({"arm": list("AB"), "y": [1.0, 2.0]})
    with pytest.raises(UserError, match="2 coefficients but only 2 analysed records"):
        fit(frame, factors=["arm"], covariates=[], interactions=[])


def test_a_record_that_alone_determines_a_coefficient_has_no_hc3() -> None:
    frame = simulated(13)
    frame["sex"] = np.where(frame.index == 5, "X", frame["sex"])
    with pytest.raises(UserError, match="leverage 1"):
        fit(frame, interactions=[], std_errors="HC3")
    assert fit(frame, interactions=[], std_errors="HC0").residual_df == 60 - 7
