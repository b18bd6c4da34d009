"""Multiplicity adjustments against printed tables, other software and laws."""

import gc
from unittest.mock import patch

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests

from analysis import paths
from analysis.errors import UserError
from analysis.stats.ancova import fit_ancova
from analysis.stats.dunnett import dunnett_critical_value, dunnett_p_value
from analysis.stats.least_squares_means import contrast_pairwise, contrast_reference
from analysis.stats.linear_estimates import make_estimate
from analysis.stats.multiplicity import adjust_estimates, adjust_p_values

EVIDENCE = paths.DATA / "validation"


def mice(adjust: str):
    frame = pd.read_csv(EVIDENCE / "glm_mice_dunnett.csv")
    result = fit_ancova(frame, response="score", factors=["group"], std_errors="model")
    return contrast_reference(
        result, "group", reference="C", weights="equal", level=0.95, adjust=adjust
    )


def test_bonferroni_and_dunnett_intervals_of_the_mice_are_those_of_minitab() -> None:
    # MTBmice.html: Bonferroni 2.137, 26.86 and -1.863, 22.86, p 0.0211 and 0.1032;
    # Dunnett 2.388, 26.61 and -1.612, 22.61
    one, two = mice("bonferroni")
    assert (round(one.lower, 3), round(one.upper, 2)) == (2.137, 26.86)
    assert (round(two.lower, 3), round(two.upper, 2)) == (-1.863, 22.86)
    assert (round(one.p_value, 4), round(two.p_value, 4)) == (0.0211, 0.1032)
    one, two = mice("dunnett")
    assert (round(one.lower, 3), round(one.upper, 2)) == (2.388, 26.61)
    assert (round(two.lower, 3), round(two.upper, 2)) == (-1.612, 22.61)
    assert one.interval == "simultaneous"


def test_dunnett_agrees_with_scipy() -> None:
    frame = pd.read_csv(EVIDENCE / "glm_mice_dunnett.csv")
    groups = {name: part["score"].to_numpy() for name, part in frame.groupby("group")}
    oracle = stats.dunnett(groups["1"], groups["2"], control=groups["C"], rng=1)
    np.testing.assert_allclose([e.p_value for e in mice("dunnett")], oracle.pvalue, atol=2e-4)


@pytest.mark.parametrize(
    ("count", "df", "printed"),
    # two-sided 5 % points of Dunnett (1964) table II, equal groups, 20 df
    [(2, 20, 2.38), (3, 20, 2.54)],
)
def test_critical_values_are_those_of_dunnetts_table(count: int, df: float, printed: float) -> None:
    correlation = np.full((count, count), 0.5) + 0.5 * np.eye(count)
    assert round(dunnett_critical_value(correlation, df, level=0.95), 2) == printed


def test_general_correlations_agree_with_simulation() -> None:
    correlation = np.array([[1.0, 0.5, 0.2], [0.5, 1.0, 0.6], [0.2, 0.6, 1.0]])
    rng = np.random.default_rng(5)
    normal = rng.multivariate_normal(np.zeros(3), correlation, 400_000)
    t = np.abs(normal / np.sqrt(rng.chisquare(12, 400_000) / 12)[:, None]).max(axis=1)
    for bound in (1.5, 2.2, 3.0):
        expected = (t >= bound).mean()
        error = 4 * np.sqrt(expected * (1 - expected) / 400_000) + 1e-4
        assert abs(dunnett_p_value(bound, correlation, 12) - expected) < error


@settings(max_examples=15, deadline=None)
@given(df=st.floats(3, 200), rho=st.floats(0.0, 0.9), bound=st.floats(0.5, 4))
def test_dunnett_lies_between_one_test_and_bonferroni(df: float, rho: float, bound: float) -> None:
    correlation = np.array([[1.0, rho], [rho, 1.0]])
    single = 2 * stats.t.sf(bound, df)
    p_value = dunnett_p_value(bound, correlation, df)
    assert single - 1e-9 <= p_value <= min(1.0, 2 * single) + 1e-9
    mirrored = np.array([[1.0, -rho], [-rho, 1.0]])
    np.testing.assert_allclose(dunnett_p_value(bound, mirrored, df), p_value, atol=1e-9)


def test_dunnett_p_at_the_simultaneous_limit_is_alpha() -> None:
    first = mice("dunnett")[0]
    frame = pd.read_csv(EVIDENCE / "glm_mice_dunnett.csv")
    result = fit_ancova(frame, response="score", factors=["group"], std_errors="model")
    again = contrast_reference(
        result,
        "group",
        reference="C",
        weights="equal",
        level=0.95,
        adjust="dunnett",
        null=first.lower,
    )[0]
    np.testing.assert_allclose(again.p_value, 0.05, atol=1e-8)


def test_one_comparison_needs_no_adjustment() -> None:
    alone = np.array([[1.0]])
    np.testing.assert_allclose(dunnett_p_value(2.0, alone, 9), 2 * stats.t.sf(2.0, 9))
    np.testing.assert_allclose(dunnett_critical_value(alone, 9, level=0.95), stats.t.ppf(0.975, 9))
    twins = np.ones((2, 2))
    np.testing.assert_allclose(dunnett_critical_value(twins, 9, level=0.95), stats.t.ppf(0.975, 9))


@settings(max_examples=20, deadline=None)
@given(values=st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holm_and_bonferroni_agree_with_statsmodels(values: list[float]) -> None:
    for method in ("holm", "bonferroni"):
        # statsmodels collects garbage at every call, half a second beside a whole suite.
        with patch.object(gc, "collect"):
            expected = multipletests(values, method=method)[1]
        np.testing.assert_allclose(adjust_p_values(values, method=method), expected, atol=1e-12)


def test_holm_keeps_pointwise_limits() -> None:
    assert [e.interval for e in mice("holm")] == ["pointwise", "pointwise"]
    assert [e.lower for e in mice("holm")] == [e.lower for e in mice("none")]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: mice("scheffe"), "adjust must be one of"),
        (lambda: mice("tukey"), "all pairs"),
        (lambda: adjust_p_values([0.1], method="gray"), "one of bonferroni, sidak, holm"),
        (lambda: adjust_p_values([1.1], method="holm"), "between 0 and 1"),
        (lambda: adjust_p_values([float("nan")], method="holm"), "between 0 and 1"),
    ],
)
def test_wrong_adjustments_are_one_sentence(call, message) -> None:
    with pytest.raises(UserError, match=message):
        call()


def test_comparisons_with_df_of_their_own_have_their_own_dunnett_distribution() -> None:
    # As in mixed models: each is adjusted as in a family in which all have its df.
    covariance = np.array([[1.0, 0.5], [0.5, 1.0]])

    def adjusted(*dfs: float) -> list:
        family = [
            make_estimate(label="d", estimate=2.4, std_error=1.0, df=df, level=0.95) for df in dfs
        ]
        return list(adjust_estimates(family, covariance=covariance, method="dunnett"))

    mixed = adjusted(12.0, 40.5)
    assert [each.df for each in mixed] == [12.0, 40.5]
    for own, df in zip(mixed, (12.0, 40.5), strict=True):
        alike = adjusted(df, df)[0]
        assert (own.p_value, own.lower) == (alike.p_value, alike.lower)
    assert mixed[0].p_value > mixed[1].p_value


# R 4.2.2: TukeyHSD(aov(breaks ~ tension, data = warpbreaks)): diff, lwr, upr, p adj
WARP = {
    "M-L": (-10.0, -19.55982444, -0.440175556, 0.038459768065),
    "H-L": (-14.722222222, -24.28204667, -5.162397778, 0.001431503308),
    "H-M": (-4.722222222, -14.28204667, 4.837602222, 0.463083097086),
}
# the same without the rows 1, 2, 3, 20, 30 (Tukey and Kramer)
WARP_UNEQUAL = {
    "M-L": (-10.468253968, -20.86929701, -0.06721092767, 0.048228535077),
    "H-L": (-15.151260504, -25.68529032, -4.61723069100, 0.003094616996),
    "H-M": (-4.683006536, -14.55433229, 5.18831921412, 0.489417122634),
}


@pytest.mark.parametrize(("left_out", "listing"), [([], WARP), ([0, 1, 2, 19, 29], WARP_UNEQUAL)])
def test_all_pairs_are_those_of_tukey_hsd(left_out: list[int], listing: dict) -> None:
    frame = pd.read_csv(EVIDENCE / "warpbreaks.csv").drop(index=left_out)
    fit = fit_ancova(frame, response="breaks", factors=["tension"], std_errors="model")
    for found in contrast_pairwise(fit, "tension", weights="equal", level=0.95, adjust="tukey"):
        first, second = found.label.split(" - ")
        turned = first + "-" + second in listing
        difference, lower, upper, p_value = listing[
            f"{first}-{second}" if turned else f"{second}-{first}"
        ]
        sign = 1 if turned else -1
        limits = sorted((sign * found.lower, sign * found.upper))
        assert sign * found.estimate == pytest.approx(difference, abs=1e-8)
        # qtukey is good to the fourth decimal of the quantile
        assert limits == pytest.approx([lower, upper], abs=1e-4)
        assert found.p_value == pytest.approx(p_value, rel=1e-7)
    with pytest.raises(UserError, match="all pairs"):
        contrast_reference(
            fit, "tension", reference="L", weights="equal", level=0.95, adjust="tukey"
        )


def test_tukey_of_two_means_is_the_t_test() -> None:
    frame = pd.DataFrame({"arm": list("AAABBB"), "y": [1.0, 3, 2, 5, 7, 9]})
    fit = fit_ancova(frame, response="y", factors=["arm"], std_errors="model")
    given = {"factor": "arm", "weights": "equal", "level": 0.95}
    (plain,), (tukey,) = (contrast_pairwise(fit, **given, adjust=a) for a in ("none", "tukey"))
    assert tukey.p_value == pytest.approx(plain.p_value, rel=1e-8)
    assert tukey.lower == pytest.approx(plain.lower, rel=1e-8)


def test_sidak_limits_reject_where_its_p_value_does() -> None:
    # SciPy's t quantile at 1 − (1 − 0.05)^(1/2)
    one, _ = mice("sidak")
    half = float(stats.t.isf((1 - 0.95**0.5) / 2, one.df)) * one.std_error
    assert one.lower == pytest.approx(one.estimate - half, rel=1e-12)
    assert one.interval == "simultaneous"
    assert adjust_p_values([1.0, 0.5], method="sidak").tolist() == [1.0, 0.75]
