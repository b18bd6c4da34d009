"""Type III joint tests of the mixed model against SAS PROC MIXED, by reference level.

FEV1 data of the R package mmrm, 200 subjects and 4 visits, with the listings that it keeps of SAS
in design/SAS, design/anova and design/ddfm_covtype; SAS prints df there as whole numbers.
"""

from functools import cache

import numpy as np
import pandas as pd
import pytest

from analysis import paths
from analysis.errors import UserError
from analysis.stats.ancova import fit_ancova
from analysis.stats.mmrm import fit_mmrm
from analysis.stats.term_tests import type3_tests

EVIDENCE = paths.DATA / "validation"
VISITS = ["VIS1", "VIS2", "VIS3", "VIS4"]
SAS_REFERENCES = {"visit": "VIS1", "arm": "PBO", "sex": "Male", "race": "Asian"}


@cache
def fev() -> pd.DataFrame:
    return pd.read_csv(EVIDENCE / "mmrm_fev_long.csv")


@cache
def fitted(
    structure: str,
    df_method: str,
    factors: tuple[str, ...],
    covariates: tuple[str, ...] = (),
    interactions: tuple[str, ...] = (),
    **changes: str,
):
    return fit_mmrm(
        fev(), response="fev", subject="subject", visit="visit", visits=VISITS,
        factors=factors, covariates=covariates, interactions=interactions,
        structure=structure, df_method=df_method, **changes,
    )  # fmt: skip


def saturated(**changes: str):
    factors = ("arm", "visit", "race", "sex")
    return fitted("us", "satterthwaite", factors, (), ("arm:visit",), **changes)


def agrees(found, df: float, f_value: float, *, digits: int = 2) -> None:
    """Assert a line of a listing: whole df, and an F value of so many digits."""
    assert round(found.df_denominator) == df, found
    np.testing.assert_allclose(found.f_value, f_value, atol=0.5 * 10.0**-digits + 1e-4 * f_value)


@pytest.mark.parametrize(
    ("reference", "df"),
    # own R of the project's reference values, SAS's rows with each reference level
    [("VIS1", 144.83), ("VIS2", 160.85), ("VIS3", 158.27), ("VIS4", 143.64), (None, 143.64)],
)
def test_satterthwaite_df_of_joint_tests_are_those_of_the_named_reference(
    reference: str | None, df: float
) -> None:
    fit = fitted("us", "satterthwaite", ("arm", "visit"), (), ("arm:visit",))
    references = {} if reference is None else {"visit": reference}
    for arm in ("PBO", "TRT"):  # two arms have one row, whose sign does not matter
        visit, both = type3_tests(
            fit, ["visit", "arm:visit"], references={**references, "arm": arm}
        )
        assert round(visit.df_denominator, 2) == df
        assert round(both.df_denominator, 2) == df


@pytest.mark.parametrize("df_method", ["satterthwaite", "kenward-roger"])
def test_references_move_no_f_value_and_no_other_df(df_method: str) -> None:
    fit = fitted("us", df_method, ("arm", "visit"), (), ("arm:visit",))
    tests = [fit.type3_tests(references={"visit": visit}).to_frame() for visit in VISITS]
    for each in tests[1:]:
        np.testing.assert_allclose(each["f_value"], tests[0]["f_value"], rtol=1e-9)
        same = slice(None) if df_method == "kenward-roger" else slice(1)
        np.testing.assert_allclose(
            each["df_denominator"][same], tests[0]["df_denominator"][same], rtol=1e-9
        )


def test_references_are_the_same_for_an_analysis_of_covariance() -> None:
    frame = fev()[fev()["visit"] == "VIS2"]
    fit = fit_ancova(
        frame, response="fev", factors=["arm", "race"], interactions=["arm:race"],
        std_errors="model",
    )  # fmt: skip
    first, second = (
        fit.type3_tests(references={"race": race}).to_frame() for race in ("Asian", "White")
    )
    pd.testing.assert_frame_equal(first, second, rtol=1e-10)


def test_unknown_references_are_one_sentence() -> None:
    fit = fitted("us", "satterthwaite", ("arm", "visit"), (), ("arm:visit",))
    with pytest.raises(UserError, match="no factor 'VISIT'"):
        fit.type3_tests(references={"VISIT": "VIS1"})
    with pytest.raises(UserError, match="no level 'VIS9'"):
        fit.type3_tests("arm", references={"visit": "VIS9"})


def test_a_factor_and_a_covariate_that_interact_are_those_of_sas() -> None:
    # design/anova/test3_1.csv, AR(1), REML: SAS stops up to 2e-5 short of the optimum; then the
    # optimum itself by own R of the project's reference values
    fit = fitted("ar1", "satterthwaite", ("arm",), ("base",), ("arm:base",))
    sas = {
        "arm": (199.582314, 0.0309966068, 0.86042647),
        "base": (198.163532, 11.0435095, 0.00105994995),
        "arm:base": (198.163532, 0.764436809, 0.383001971),
    }
    optimum = {
        "arm": (199.5825, 0.03099669, 0.8604263),
        "base": (198.1637, 11.04352, 0.001059944),
        "arm:base": (198.1637, 0.7644371, 0.3830019),
    }
    for test in type3_tests(fit):
        numbers = (test.df_denominator, test.f_value, test.p_value)
        np.testing.assert_allclose(numbers, sas[test.term], rtol=6e-6)
        np.testing.assert_allclose(numbers, optimum[test.term], rtol=5e-7)


def test_three_visits_arms_races_and_sexes_by_reml_are_those_of_sas() -> None:
    # design/SAS/sas_log_reml.txt, CLASS AVISIT(REF='VIS1') and so on
    found = {t.term: t for t in type3_tests(saturated(), references=SAS_REFERENCES)}
    agrees(found["arm"], 169, 31.67)
    agrees(found["visit"], 148, 142.11)
    agrees(found["arm:visit"], 148, 0.26)
    agrees(found["race"], 166, 36.92)
    agrees(found["sex"], 166, 0.38)
    assert round(found["arm:visit"].p_value, 4) == 0.8555
    assert round(found["sex"].p_value, 4) == 0.5408  # SAS 0.5406, short of the optimum


def test_two_factors_unstructured_are_those_of_sas() -> None:
    # design/SAS/sas_coef_ci_reml_un.txt
    found = {t.term: t for t in fitted("us", "satterthwaite", ("arm", "sex")).type3_tests()}
    agrees(found["arm"], 161, 35.51)
    agrees(found["sex"], 161, 0.05)
    assert round(found["sex"].p_value, 4) == 0.8276


@pytest.mark.parametrize(
    ("structure", "df_method", "df", "f_value"),
    # design/ddfm_covtype: kr_ar1.txt, kr1_ar1.csv, kr_toep.txt; design/KR: kr_us.txt, kr_cs.txt
    [
        ("us", "kr", 161, 33.37),
        ("ar1", "kr", 188, 19.43),
        ("ar1", "krl", 188, 19.35),
        ("cs", "kr", 177, 27.76),
        ("toep", "kr", 160, 25.90),
    ],
)
def test_treatment_by_kenward_roger_is_that_of_sas(
    structure: str, df_method: str, df: int, f_value: float
) -> None:
    (found,) = fitted(structure, df_method, ("arm",)).type3_tests()
    agrees(found, df, f_value)


@pytest.mark.parametrize(
    ("df_method", "expected"),
    # own R of the project's reference values: balanced data, so that one-row df are 25
    [
        (
            "satterthwaite",
            {
                "sex": (25.0, 9.292099, 0.005375056),
                "age": (25.0, 34.44685, 4.898903e-09),
                "sex:age": (25.0, 2.929642, 0.05320873),
            },
        ),
        (
            "kenward-roger",
            {
                "sex": (25.0, 9.292099, 0.005375056),
                "age": (23.0, 31.69110, 2.419875e-08),
                "sex:age": (23.0, 2.695270, 0.06960387),
            },
        ),
    ],
)
def test_dental_growth(df_method: str, expected: dict[str, tuple[float, ...]]) -> None:
    fit = fit_mmrm(
        pd.read_csv(EVIDENCE / "potthoff_roy.csv"), response="distance", subject="subject",
        visit="age", factors=["sex", "age"], interactions=["sex:age"], structure="us",
        df_method=df_method,
    )  # fmt: skip
    for test in fit.type3_tests(references={"age": 10}):
        numbers = (test.df_denominator, test.f_value, test.p_value)
        np.testing.assert_allclose(numbers, expected[test.term], rtol=5e-7)
