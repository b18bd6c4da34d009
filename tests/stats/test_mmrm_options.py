"""Options of the mixed model against SAS PROC MIXED, and laws that they must keep.

FEV1 data and SAS listings of the R package mmrm, design/SAS and design/Robust. SAS stops up to
2e-5 short of the optimum and prints df as whole numbers.
"""

import math
from functools import cache

import numpy as np
import pandas as pd
import pytest

from analysis import paths
from analysis.errors import UserError
from analysis.stats.mmrm import MmrmFit, fit_mmrm

EVIDENCE = paths.DATA / "validation"
VISITS = ["VIS1", "VIS2", "VIS3", "VIS4"]
FULL = ("arm", "visit", "race", "sex")
MEANS = {"weights": "equal", "level": 0.95}


@cache
def fev() -> pd.DataFrame:
    return pd.read_csv(EVIDENCE / "mmrm_fev_long.csv")


def fit(frame: pd.DataFrame, structure: str, df_method: str, **changes) -> MmrmFit:
    options = {"factors": (), "interactions": ()} | changes
    return fit_mmrm(
        frame, response="fev", subject="subject", visit="visit", visits=VISITS,
        structure=structure, df_method=df_method, **options,
    )  # fmt: skip


@cache
def fitted(structure: str, df_method: str, **changes) -> MmrmFit:
    return fit(fev(), structure, df_method, **changes)


def criteria(found: MmrmFit) -> tuple[float, ...]:
    return tuple(round(value, 1) for value in (found.aic, found.aicc, found.bic))


def is_minus2(found: MmrmFit, sas: float) -> None:
    """Assert that minus twice the log-likelihood is that of SAS, which stops short of it."""
    assert -2e-8 < sas - found.minus2_loglik < 2e-5


def lines(found: MmrmFit, references: dict[str, str]) -> dict[str, tuple[float, float]]:
    """Return df, as whole numbers, and F values to two decimals."""
    return {
        test.term: (round(test.df_denominator), round(test.f_value, 2))
        for test in found.type3_tests(references=references)
    }


# ML ----


def test_maximum_likelihood_is_that_of_sas() -> None:
    # design/SAS/sas_log.txt
    found = fitted("us", "sw", factors=FULL, interactions=("arm:visit",), estimation="ML")
    is_minus2(found, 3397.57220025)
    assert math.isnan(found.minus2_restricted_loglik)
    assert criteria(found) == (3439.6, 3441.4, 3508.8)
    references = {"visit": "VIS1", "arm": "PBO", "sex": "Male", "race": "Asian"}
    assert lines(found, references) == {
        "arm": (171, 32.49),
        "visit": (150, 144.50),
        "race": (170, 38.12),
        "sex": (171, 0.39),
        "arm:visit": (150, 0.26),
    }
    parameters = found.covariance_frame().set_index("parameter")["estimate"]
    sas = {"variance(VIS1)": 39.7740, "covariance(VIS1, VIS4)": 12.9820, "variance(VIS4)": 93.9227}
    for name, value in sas.items():
        np.testing.assert_allclose(parameters[name], value, rtol=3e-4)


def test_maximum_likelihood_by_ar1_is_that_of_sas() -> None:
    # design/SAS/sas_coef_ci_ml_ar1.txt
    found = fitted("ar1", "sw", factors=("arm", "sex"), estimation="ML")
    is_minus2(found, 3857.17944241)
    assert criteria(found) == (3867.2, 3867.3, 3883.7)
    assert lines(found, {}) == {"arm": (191, 19.51), "sex": (191, 0.06)}
    (arm,) = found.contrast("arm", reference="PBO", adjust="none", **MEANS)
    np.testing.assert_allclose([arm.lower, arm.upper], [2.3353, 6.1039], atol=6e-4)
    np.testing.assert_allclose(found.parameters, [83.9291, 0.3861], atol=1e-4)


def test_maximum_likelihood_of_balanced_data_is_the_restricted_one_shrunk() -> None:
    growth = pd.read_csv(EVIDENCE / "potthoff_roy.csv")
    options = {
        "response": "distance", "subject": "subject", "visit": "age", "factors": ["sex", "age"],
        "interactions": ["sex:age"], "structure": "us", "df_method": "sw",
    }  # fmt: skip
    restricted, whole = (fit_mmrm(growth, **options, estimation=e) for e in ("REML", "ML"))
    np.testing.assert_allclose(
        whole.visit_covariance, restricted.visit_covariance * 25 / 27, rtol=1e-8
    )
    means = [each.ls_means(["sex", "age"], **MEANS).to_frame() for each in (restricted, whole)]
    np.testing.assert_allclose(means[0]["estimate"], means[1]["estimate"], rtol=1e-10)


def test_kenward_roger_is_for_restricted_likelihood() -> None:
    with pytest.raises(UserError, match="rests on restricted maximum likelihood"):
        fit(fev(), "us", "kr", estimation="ML")
    with pytest.raises(UserError, match="estimation must be one of REML, ML"):
        fit(fev(), "us", "kr", estimation="MLE")


# The BIC counts subjects without a response ----


@pytest.mark.parametrize(
    ("structure", "sas"),
    # BIC and AICC of design/SAS: sas_log_simple_reml.txt; design/Robust: empirical_*.txt have
    # 200 subjects in Dimensions, of whom 197 have a response
    [("us", 3753.9)],
)
def test_the_bic_counts_as_sas_does(structure: str, sas: float) -> None:
    found = fitted(structure, "sw")
    assert round(found.bic, 1) == sas
    assert (found.n_subjects, found.n_subjects_dropped, found.n_subjects_counted) == (197, 3, 200)


@pytest.mark.parametrize(("structure", "sas"), [("us", 3720.9), ("ar1", 3865.7), ("cs", 3901.6)])
def test_the_bic_of_two_arms_is_that_of_sas(structure: str, sas: float) -> None:
    # design/Robust/empirical_us.txt, empirical_ar1.txt, empirical_cs.txt
    assert round(fitted(structure, "sw", factors=("arm",)).bic, 1) == sas


def test_subjects_whose_arm_is_not_known_are_not_counted() -> None:
    frame = fev().copy()
    frame.loc[frame["subject"].isin(["PT1", "PT2"]), "arm"] = None
    found = fit(frame, "ar1", "sw", factors=("arm",))
    assert found.n_subjects_counted == 198


# Record weights ----


def weighted(df_method: str, **changes) -> MmrmFit:
    options = {"factors": FULL, "interactions": ("arm:visit",), "weights": "weight"}
    return fitted("us", df_method, **(options | changes))


def test_weights_are_those_of_sas() -> None:
    # design/SAS/sas_weighted.txt
    found = weighted("satterthwaite-sas")
    is_minus2(found, 3475.77144483)
    assert criteria(found) == (3495.8, 3496.2, 3528.8)
    assert lines(found, {"race": "Asian"}) == {
        "race": (497, 34.37),
        "sex": (506, 0.19),
        "arm": (502, 30.41),  # SAS 30.42, short of the optimum: 30.4149 here
        "visit": (408, 134.59),
        "arm:visit": (408, 0.08),
    }
    difference = found.contrast("arm", reference="PBO", by="visit", adjust="none", **MEANS)
    estimates = [each.estimate for each in difference]
    np.testing.assert_allclose(estimates, [3.3962, 3.4181, 3.3929, 4.2616], atol=1e-4)
    errors = [each.std_error for each in difference]
    np.testing.assert_allclose(errors, [1.0925, 0.8509, 0.7191, 1.6901], atol=1.5e-4)
    assert [round(each.df) for each in difference] == [345, 367, 333, 357]
    # a df above those of the residuals, 537 - 11, is these
    cells = found.ls_means(["arm", "visit"], **MEANS)
    first, second = (
        next(c for c in cells if dict(c.groups) == {"arm": arm, "visit": visit})
        for arm, visit in (("TRT", "VIS1"), ("PBO", "VIS2"))
    )
    assert round(first.df) == 350
    assert round(second.df) == 367
    (across,) = found.contrast(
        "arm", reference="PBO", adjust="none", along={"visit": {"VIS1": 0.5, "VIS4": 0.5}}, **MEANS
    )
    assert across.df <= 526


def test_weights_are_those_of_r() -> None:
    # design/R/R_weighted_mmrm.txt: R mmrm, Satterthwaite
    found = weighted("satterthwaite")
    difference = found.contrast("arm", reference="PBO", by="visit", adjust="none", **MEANS)
    assert [round(each.df) for each in difference] == [143, 144, 129, 133]
    (sex,) = found.contrast("sex", reference="Male", adjust="none", **MEANS)
    numbers = [round(sex.estimate, 4), round(sex.std_error, 4), round(sex.df, 1)]
    assert numbers == [0.2326, 0.5325, 186.6]
    np.testing.assert_allclose(
        found.visit_covariance,
        [
            [22.3772, 6.6763, 2.6997, 6.5406],
            [6.6763, 13.3126, 1.3678, 3.7312],
            [2.6997, 1.3678, 8.3600, 0.0859],
            [6.5406, 3.7312, 0.0859, 49.7552],
        ],
        atol=6e-5,
    )


@pytest.mark.parametrize("df_method", ["satterthwaite", "kenward-roger"])
def test_a_factor_of_the_weights_scales_the_covariance_alone(df_method: str) -> None:
    own = weighted(df_method)
    scaled = fit(
        fev().assign(weight=fev()["weight"] * 1e4), "us", df_method, factors=FULL,
        interactions=("arm:visit",), weights="weight",
    )  # fmt: skip
    np.testing.assert_allclose(scaled.visit_covariance, 1e4 * own.visit_covariance, rtol=1e-7)
    np.testing.assert_allclose(scaled.minus2_loglik, own.minus2_loglik, rtol=1e-9)
    for one, two in zip(
        own.ls_means(["arm", "visit"], **MEANS), scaled.ls_means(["arm", "visit"], **MEANS),
        strict=True,
    ):  # fmt: skip
        numbers = [[each.estimate, each.std_error, each.df] for each in (one, two)]
        np.testing.assert_allclose(*numbers, rtol=1e-6)


@pytest.mark.parametrize("df_method", ["satterthwaite", "kenward-roger", "satterthwaite-sas"])
def test_weights_of_one_change_nothing(df_method: str) -> None:
    plain, ones = (
        fit(fev().assign(one=1.0), "us", method, factors=("arm",), weights=weights)
        for method, weights in ((df_method.removesuffix("-sas"), None), (df_method, "one"))
    )
    before, after = (each.ls_means("arm", **MEANS).to_frame() for each in (plain, ones))
    pd.testing.assert_frame_equal(before, after, rtol=1e-9)
    assert plain.bic == pytest.approx(ones.bic, rel=1e-12)


def test_a_record_without_weight_is_left_out_and_none_may_be_zero() -> None:
    frame = fev().copy()
    frame.loc[frame.index[1], "weight"] = np.nan
    found = fit(frame, "ar1", "sw", weights="weight")
    assert ("weight", 1) in found.dropped_by_column
    assert found.n_records == 536
    frame.loc[frame.index[1], "weight"] = 0.0
    with pytest.raises(UserError, match=r"the weight 'weight' is 0.0 in 1 analysed records"):
        fit(frame, "ar1", "sw", weights="weight")


# Empirical standard errors ----


@pytest.mark.parametrize(
    ("structure", "weights", "f_value", "arms"),
    # design/Robust/empirical_us.txt, _ar1.txt, _cs.txt and empirical_us_weighted.txt
    [
        ("us", None, 35.67, {"TRT": (44.8255, 0.4918), "PBO": (41.0058, 0.4090)}),
        ("ar1", None, 26.18, {"TRT": (44.5139, 0.6366), "PBO": (40.2881, 0.5260)}),
        ("cs", None, 27.97, {"TRT": (44.4461, 0.6005), "PBO": (40.2495, 0.5188)}),
        ("us", "weight", 22.84, {"TRT": (44.1508, 0.5798), "PBO": (40.6580, 0.4450)}),
    ],
)
def test_empirical_standard_errors_are_those_of_sas(
    structure: str, weights: str | None, f_value: float, arms: dict[str, tuple[float, float]]
) -> None:
    found = fitted(
        structure, "between-within", factors=("arm",), std_errors="empirical", weights=weights
    )
    (test,) = found.type3_tests()
    assert test.df_denominator == 195
    np.testing.assert_allclose(test.f_value, f_value, atol=0.006)
    for mean in found.ls_means("arm", **MEANS):
        estimate, std_error = arms[mean.label]
        np.testing.assert_allclose(mean.estimate, estimate, atol=8e-4)
        np.testing.assert_allclose(mean.std_error, std_error, atol=6e-5)
        assert mean.df == 195


def test_empirical_errors_of_complete_balanced_data_are_those_of_the_arms() -> None:
    # one variance matrix an arm, over n and not n - 1: each mean has the variance of its own arm
    growth = pd.read_csv(EVIDENCE / "potthoff_roy.csv")
    found = fit_mmrm(
        growth, response="distance", subject="subject", visit="age", factors=["sex", "age"],
        interactions=["sex:age"], structure="us", df_method="bw", std_errors="empirical",
    )  # fmt: skip
    cells = growth.groupby(["sex", "age"])["distance"]
    expected = np.sqrt(cells.var(ddof=0) / cells.size())
    for mean in found.ls_means(["sex", "age"], **MEANS):
        sex, age = (level for _, level in mean.groups)
        np.testing.assert_allclose(mean.std_error, expected[sex, int(age)], rtol=1e-8)


def test_empirical_errors_need_between_within_df() -> None:
    with pytest.raises(UserError, match="needs df_method = 'between-within'"):
        fit(fev(), "us", "kr", std_errors="empirical")


def test_between_within_df_are_those_of_subjects_and_of_records() -> None:
    # Potthoff and Roy: 27 children, 2 sexes; 108 records, 8 coefficients
    growth = pd.read_csv(EVIDENCE / "potthoff_roy.csv")

    def dfs(structure: str) -> dict[str, float]:
        found = fit_mmrm(
            growth, response="distance", subject="subject", visit="age", factors=["sex", "age"],
            interactions=["sex:age"], structure=structure, df_method="between-within",
        )  # fmt: skip
        return {test.term: test.df_denominator for test in found.type3_tests()}

    assert dfs("cs") == {"sex": 25, "age": 75, "sex:age": 75}
    assert dfs("us") == {"sex": 25, "age": 25, "sex:age": 25}


# Covariance by group ----


def test_covariance_by_arm_is_that_of_sas() -> None:
    # design/SAS/sas_group_ar1_reml.txt
    found = fitted("ar1", "sw", group="arm")
    is_minus2(found, 3872.65212395)
    assert criteria(found) == (3880.7, 3880.7, 3893.8)
    (mean,) = found.ls_means([], **MEANS)
    assert [round(mean.std_error, 4), round(mean.df)] == [0.4960, 189]
    np.testing.assert_allclose(mean.estimate, 41.9576, atol=2e-4)
    parameters = found.covariance_frame().set_index("parameter")
    expected = {
        "PBO: variance": 78.6615, "PBO: correlation": 0.3693,
        "TRT: variance": 100.79, "TRT: correlation": 0.4831,
    }  # fmt: skip
    for name, value in expected.items():
        # SAS stops up to 2e-5 short, √2e-5 = 0.0045 standard errors, and half a unit in print
        estimate, std_error = parameters.loc[name]
        assert abs(estimate - value) < 0.0045 * std_error + 0.005 * (value > 99) + 5e-5


def test_covariance_by_arm_and_ml_is_that_of_sas() -> None:
    # design/SAS/sas_group_csh_ml.txt
    found = fitted("csh", "sw", group="arm", estimation="ML")
    is_minus2(found, 3764.21336404)
    assert criteria(found) == (3786.2, 3786.7, 3822.5)
    (mean,) = found.ls_means([], **MEANS)
    assert [round(mean.std_error, 4), round(mean.df)] == [0.3363, 192]
    assert found.groups == ("PBO", "TRT")
    variances = np.diagonal(found.visit_covariance, axis1=1, axis2=2)
    sas = [[122.60, 45.1010, 21.2903, 125.92], [82.6000, 31.2298, 44.5561, 234.25]]
    np.testing.assert_allclose(variances, sas, rtol=1e-4)


@pytest.mark.parametrize("df_method", ["satterthwaite", "kenward-roger"])
def test_saturated_groups_are_two_fits(df_method: str) -> None:
    def means(frame: pd.DataFrame, **options) -> pd.DataFrame:
        found = fit(frame, "us", df_method, **options)
        names = [name for name in ("arm", "visit") if name in options["factors"]]
        return found.ls_means(names, **MEANS).to_frame()

    both = means(fev(), factors=("arm", "visit"), interactions=("arm:visit",), group="arm")
    for arm, own in fev().groupby("arm"):
        alone = means(own, factors=("visit",))
        together = both[both["arm"] == arm]
        for name in ("estimate", "std_error", "df"):
            np.testing.assert_allclose(together[name], alone[name], rtol=1e-6)


def test_a_subject_is_in_one_group() -> None:
    frame = fev().copy()
    frame.loc[frame.index[1], "arm"] = "PBO"
    with pytest.raises(UserError, match=r"in more than one group of 'arm' \(rows 1 and 2\)"):
        fit(frame, "ar1", "sw", group="arm")
    with pytest.raises(UserError, match="is the subject or the visit"):
        fit(fev(), "ar1", "sw", group="visit")
