"""The mixed model against SAS PROC MIXED and textbook answers."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis import paths
from analysis.stats.covariance_structures import STRUCTURES
from analysis.stats.least_squares_means import contrast_reference, ls_means
from analysis.stats.mmrm import fit_mmrm
from analysis.stats.term_tests import estimate_slopes, type3_tests

EVIDENCE = paths.DATA / "validation"
VISITS = ["VIS1", "VIS2", "VIS3", "VIS4"]


def sas_differences() -> pd.DataFrame:
    """Treatment differences of SAS, one row per covariance structure and df method."""
    rows = pd.read_csv(EVIDENCE / "expected.csv")
    rows = rows[rows["case"].str.startswith("FEV1, treatment") & (rows["method"] != "REML fit")]
    rows["structure"] = rows["case"].str.rpartition(", ")[2]
    wide = rows.pivot(index=["structure", "method"], columns="quantity", values="expected")
    names = {"standard error": "std_error", "−2 restricted log-likelihood": "minus2"}
    return wide.astype(float).rename(columns=names).reset_index()


SAS = sas_differences()


def fev() -> pd.DataFrame:
    wide = pd.read_csv(EVIDENCE / "mmrm_fev_wide.csv")
    return wide.melt(id_vars=["subject", "arm"], var_name="visit", value_name="fev")


def fit_fev(structure, df_method: str, **changes):
    options = {"response": "fev", "subject": "subject", "visit": "visit", "factors": ["arm"]}
    return fit_mmrm(
        fev(), visits=VISITS, structure=structure, df_method=df_method, **(options | changes)
    )


def growth() -> pd.DataFrame:
    return pd.read_csv(EVIDENCE / "potthoff_roy.csv")


def fit_growth(df_method: str, structure: str = "unstructured", **changes):
    options = {"factors": ["sex", "age"], "interactions": [("sex", "age")]}
    return fit_mmrm(
        growth(),
        response="distance",
        subject="subject",
        visit="age",
        structure=structure,
        df_method=df_method,
        **(options | changes),
    )


def pooled_covariance() -> np.ndarray:
    wide = growth().pivot(index=["subject", "sex"], columns="age", values="distance")
    centred = wide - wide.groupby(level="sex").transform("mean")
    return (centred.T @ centred).to_numpy() / 25


# SAS stops up to 2e-5 short of the optimum in -2 log-likelihood, so its parameters lie up to
# sqrt(2e-5), 0.0045 of a standard error, from it (see data/validation/README.md)
SHORT = 0.0045


# SAS PROC MIXED on the FEV1 data: 200 subjects, 4 visits, 263 of 800 values missing ----


@pytest.mark.parametrize("row", list(SAS.itertuples()), ids=lambda r: f"{r.structure}-{r.method}")
def test_fev_treatment_difference_is_that_of_sas(row) -> None:
    result = fit_fev(row.structure, row.method)
    (found,) = contrast_reference(
        result, "arm", reference="PBO", weights="equal", level=0.95, adjust="none"
    )
    assert abs(found.estimate - row.estimate) < SHORT * row.std_error
    np.testing.assert_allclose(found.std_error, row.std_error, rtol=1.5e-4)
    np.testing.assert_allclose(found.df, row.df, rtol=5e-4)
    if np.isfinite(row.minus2):
        shortfall = row.minus2 - result.minus2_restricted_loglik
        assert -2e-8 < shortfall < 2e-5
    assert result.gradient_norm < 1e-8
    assert (result.n_subjects, result.n_records, result.n_dropped) == (197, 537, 263)
    assert result.n_subjects_dropped == 3


def test_kenward_roger_forms_differ_as_in_sas_by_more_than_the_tolerance() -> None:
    # the second derivatives are in force: AR(1) 0.95865 with them, 0.96058 without
    full, linear = SAS[SAS.structure == "ar1"]["std_error"]
    assert abs(full - linear) > 10 * 1.5e-4 * full
    assert fit_fev("ar1", "kenward-roger").structure == "ar1"


def test_fev_means_and_fit_statistics_are_those_of_sas() -> None:
    # design/KR/kr_us.txt
    result = fit_fev("unstructured", "kenward-roger")
    means = ls_means(result, ["arm"], weights="equal", level=0.95)
    found = {m.label: m for m in means}
    for arm, expected in {
        "TRT": (44.8255, 0.4801, 159, 43.8773, 45.7737),
        "PBO": (41.0058, 0.4547, 162, 40.1078, 41.9037),
    }.items():
        estimate, std_error, df, lower, upper = expected
        assert abs(found[arm].estimate - estimate) < SHORT * std_error
        np.testing.assert_allclose(found[arm].std_error, std_error, atol=1.5e-4)
        assert abs(found[arm].df - df) < 0.55  # printed as a whole number
        np.testing.assert_allclose([found[arm].lower, found[arm].upper], [lower, upper], atol=1e-3)
    assert (round(result.aic, 1), round(result.aicc, 1)) == (3688.0, 3688.4)
    parameters = result.covariance_frame().set_index("parameter")
    sas = {
        "variance(VIS1)": 108.39,
        "covariance(VIS1, VIS2)": 45.4113,
        "variance(VIS2)": 40.1721,
        "covariance(VIS1, VIS3)": -2.6971,
        "covariance(VIS2, VIS3)": 0.7771,
        "variance(VIS3)": 24.6058,
        "covariance(VIS1, VIS4)": -47.0103,
        "covariance(VIS2, VIS4)": -13.0998,
        "covariance(VIS3, VIS4)": 18.7346,
        "variance(VIS4)": 152.36,
    }
    for name, value in sas.items():
        estimate, std_error = parameters.loc[name]
        assert abs(estimate - value) < SHORT * std_error + 0.005


@pytest.mark.parametrize(
    ("structure", "expected"),
    # Covariance Parameter Estimates of kr_ar1.txt, kr_toep.txt, kr_toeph.txt, kr_csh.txt,
    # kr_cs.txt, kr_adh.txt
    [
        ("ar1", [84.4289, 0.3904]),
        ("toeplitz", [83.8804, 35.9753, 1.9311, -22.3320]),
        (
            "toeplitz-heterogeneous",
            [86.1623, 34.6275, 33.9109, 168.32, 0.3837, -0.0156, -0.3778],
        ),
        ("compound-symmetry-heterogeneous", [100.98, 35.2903, 28.6359, 168.89, 0.09475]),
        ("compound-symmetry", [1.1388, 81.4907]),
        ("ante-dependence", [110.47, 41.1742, 24.0872, 151.80, 0.6996, -0.01585, 0.3180]),
    ],
)
def test_covariance_parameters_are_those_of_sas(structure: str, expected: list[float]) -> None:
    found = fit_fev(structure, "satterthwaite")
    assert len(found.parameters) == len(expected)
    printed = 10.0 ** -np.array([4 if abs(value) < 100 else 2 for value in expected])
    allowed = SHORT * found.parameter_std_errors + printed / 2
    assert (np.abs(found.parameters - expected) < allowed).all()


@pytest.mark.parametrize(
    ("structure", "minus2", "estimate", "std_error", "df", "aicc"),
    # design/SAS: sas_log_simple_reml.txt, sas_antedependence_reml.txt, sas_toeph_reml.txt
    [
        ("unstructured", 3700.94648570, 42.8338, 0.3509, 171, 3721.4),
        ("ante-dependence", 3713.49317786, 42.9009, 0.3529, 171, 3727.7),
        ("toeplitz-heterogeneous", 3722.38018329, 41.6726, 0.3822, 185, 3736.6),
    ],
)
def test_intercept_only_models_are_those_of_sas(
    structure: str, minus2: float, estimate: float, std_error: float, df: int, aicc: float
) -> None:
    result = fit_fev(structure, "satterthwaite", factors=[])
    (mean,) = ls_means(result, [], weights="equal", level=0.95)
    assert -2e-8 < minus2 - result.minus2_restricted_loglik < 2e-5
    assert abs(mean.estimate - estimate) < SHORT * std_error
    np.testing.assert_allclose(mean.std_error, std_error, atol=1.1e-4)
    assert round(mean.df) == df
    assert round(result.aicc, 1) == aicc


# Potthoff and Roy: complete data, so the answers are exact ----


@pytest.mark.parametrize("df_method", ["satterthwaite", "kenward-roger", "kenward-roger-linear"])
def test_complete_data_give_the_pooled_covariance_and_25_df(df_method: str) -> None:
    result = fit_growth(df_method)
    covariance = pooled_covariance()
    np.testing.assert_allclose(result.visit_covariance, covariance, rtol=1e-9)
    means = ls_means(result, ["sex", "age"], weights="equal", level=0.95)
    cells = growth().groupby(["sex", "age"])["distance"].agg(["mean", "size"])
    for mean in means:
        sex, age = (value for _, value in mean.groups)
        average, count = cells.loc[(sex, int(age))]
        variance = covariance[[8, 10, 12, 14].index(int(age))][[8, 10, 12, 14].index(int(age))]
        np.testing.assert_allclose(mean.estimate, average)
        np.testing.assert_allclose(mean.std_error, np.sqrt(variance / count), rtol=1e-8)
        np.testing.assert_allclose(mean.df, 25.0, rtol=1e-7)
    differences = contrast_reference(
        result, "sex", reference="Female", weights="equal", level=0.95, adjust="none", by=["age"]
    )
    for item in differences:
        age = int(dict(item.groups)["age"])
        parts = [p["distance"] for _, p in growth().query("age == @age").groupby("sex")]
        oracle = stats.ttest_ind(parts[1], parts[0])
        np.testing.assert_allclose(item.df, 25.0, rtol=1e-7)
        np.testing.assert_allclose([item.statistic, item.p_value], oracle, rtol=1e-7)


def test_kenward_roger_joint_test_of_complete_data_is_hotellings() -> None:
    (found,) = type3_tests(fit_growth("kenward-roger"), ["sex:age"])
    wide = growth().pivot(index=["subject", "sex"], columns="age", values="distance")
    increments = np.diff(wide.to_numpy(), axis=1)
    boys = wide.index.get_level_values("sex") == "Male"
    gap = increments[boys].mean(axis=0) - increments[~boys].mean(axis=0)
    step = np.diff(np.eye(4), axis=0)
    pooled = step @ pooled_covariance() @ step.T
    hotelling = (16 * 11 / 27) * gap @ np.linalg.solve(pooled, gap)
    np.testing.assert_allclose(found.f_value, hotelling * 23 / (25 * 3), rtol=1e-8)
    np.testing.assert_allclose(found.df_denominator, 23.0, rtol=1e-7)
    (wald,) = type3_tests(fit_growth("satterthwaite"), ["sex:age"])
    np.testing.assert_allclose(wald.f_value, hotelling / 3, rtol=1e-8)
    np.testing.assert_allclose(wald.df_denominator, 25.0, rtol=1e-7)


@pytest.mark.parametrize("df_method", ["satterthwaite", "kenward-roger"])
def test_compound_symmetry_of_complete_data_is_the_split_plot_anova(df_method: str) -> None:
    result = fit_growth(df_method, "compound-symmetry")
    tests = {t.term: t for t in type3_tests(result)}
    np.testing.assert_allclose(tests["sex"].df_denominator, 25.0, rtol=1e-6)
    np.testing.assert_allclose(tests["sex:age"].df_denominator, 75.0, rtol=1e-6)
    frame = growth()
    cell = frame.groupby(["sex", "age"])["distance"].transform("mean")
    person = frame.groupby("subject")["distance"].transform("mean")
    sex = frame.groupby("sex")["distance"].transform("mean")
    within = ((frame["distance"] - cell - person + sex) ** 2).sum() / 75
    between = ((person - sex) ** 2).sum() / 25
    np.testing.assert_allclose(result.parameters, [(between - within) / 4, within], rtol=1e-7)
    means = frame.groupby("sex")["distance"].mean()
    expected = (means["Male"] - means["Female"]) ** 2 / (between / 4 * (1 / 16 + 1 / 11))
    np.testing.assert_allclose(tests["sex"].f_value, expected, rtol=1e-7)


def test_average_over_visits_and_slopes_are_t_tests_of_each_childs_own() -> None:
    wide = growth().pivot(index=["subject", "sex"], columns="age", values="distance")
    boys = wide.index.get_level_values("sex") == "Male"
    age = np.array([8.0, 10.0, 12.0, 14.0])
    weights = {
        "average": np.full(4, 0.25),
        "late average": np.array([0.0, 0.0, 0.5, 0.5]),
        "slope": (age - 11) / ((age - 11) ** 2).sum(),
    }
    for values in weights.values():
        along = {"age": dict(zip([8, 10, 12, 14], values, strict=True))}
        (found,) = contrast_reference(
            fit_growth("kenward-roger"),
            "sex",
            reference="Female",
            weights="equal",
            level=0.95,
            adjust="none",
            along=along,
        )
        own = wide.to_numpy() @ values
        oracle = stats.ttest_ind(own[boys], own[~boys])
        np.testing.assert_allclose(found.estimate, own[boys].mean() - own[~boys].mean())
        np.testing.assert_allclose([found.statistic, found.p_value], oracle, rtol=1e-7)
        np.testing.assert_allclose(found.df, 25, rtol=1e-7)


def test_covariate_slopes_by_sex_under_compound_symmetry_are_least_squares_lines() -> None:
    # balanced data and compound symmetry: GLS and OLS slopes agree
    frame = growth().assign(years=lambda f: f["age"].astype(float))
    result = fit_mmrm(
        frame,
        response="distance",
        subject="subject",
        visit="age",
        factors=["sex"],
        covariates=["years"],
        interactions=[("sex", "years")],
        structure="compound-symmetry",
        df_method="kenward-roger",
    )
    slopes = estimate_slopes(result, "years", by=["sex"], weights="equal", level=0.95)
    expected = [np.polyfit(p.age, p.distance, 1)[0] for _, p in frame.groupby("sex")]
    np.testing.assert_allclose([s.estimate for s in slopes], expected)
    np.testing.assert_allclose([s.df for s in slopes], 79.0, rtol=1e-6)


# with equal variances by visit it is another model than the paired t test
UNEQUAL = sorted(set(STRUCTURES) - {"toeplitz", "ar1", "compound-symmetry"})


@pytest.mark.parametrize("structure", UNEQUAL)
def test_two_visits_of_one_group_are_the_paired_t_test(structure: str) -> None:
    frame = growth().query("sex == 'Male' and age in (8, 14)")
    result = fit_mmrm(
        frame,
        response="distance",
        subject="subject",
        visit="age",
        factors=["age"],
        structure=structure,
        df_method="satterthwaite",
    )
    (found,) = contrast_reference(
        result, "age", reference=8, weights="equal", level=0.95, adjust="none"
    )
    wide = frame.pivot(index="subject", columns="age", values="distance")
    oracle = stats.ttest_rel(wide[14], wide[8])
    np.testing.assert_allclose([found.statistic, found.p_value], oracle, rtol=1e-6)
    np.testing.assert_allclose(found.df, 15.0, rtol=1e-6)
