"""Joint tests over imputations, held to R mice and mitml."""

import numpy as np
import pytest
from scipy import stats

from analysis.errors import UserError
from analysis.stats.rubin_joint import pool_chi_square, pool_wald

# R 4.2.2, mice 3.15.0: imp <- mice(nhanes2, seed = 51009); with(imp, lm(bmi ~ age + hyp + chl)):
# coefficients of age 40-59, age 60-99, hyp and chl, and the lower triangles of their covariance
ESTIMATES = np.array([
    [-5.9248492178188, -8.8444480756695, 1.9099062625887, 0.0771860126977],
    [-5.2875398595060, -5.3752691024231, 1.6097897852145, 0.0589175142996],
    [-5.6074315686732, -8.4830934947118, 2.9930928698084, 0.0515541056152],
    [-5.8603499842609, -7.3825307190370, 5.4687671469043, 0.0420664427543],
    [-4.677189012356, -8.419493123857, 2.755967094118, 0.045861275229],
])  # fmt: skip
TRIANGLES = np.array([
    [1.844642355740699, 0.956069907701983, 2.151250605701178, -0.246322496512635,
     -0.309570063626055, 1.875644837607242, -0.008393478726851, -0.010003429684450,
     -0.003966999479894, 0.000273738910069],
    [2.615330488242570, 1.203548385530439, 2.969963900742629, -1.070293916527393,
     -1.204165883706104, 4.055967766121777, 0.000348512227933, -0.000825669909130,
     -0.009800444530463, 0.000271324955975],
    [2.773742555559911, 1.263103478497681, 3.360558407429461, -1.135297100689691,
     -1.102601456973077, 4.123736272019427, 0.000561889186186, -0.008434071355921,
     -0.008118725384082, 0.000332546661212],
    [5.486494854651815, 3.666376041596480, 7.672287099223394, -2.374689576167475,
     -3.726004053814175, 5.824719853503719, -0.016117181044954, -0.020356873004563,
     -0.004144417982988, 0.000609753450371],
    [2.116127862957955, 1.286634915728280, 3.238812640992930, -0.769599730885308,
     -0.855414570544444, 2.799736550552194, -0.005755317871729, -0.015234272343988,
     -0.001157337491543, 0.000232268423908],
])  # fmt: skip
COVARIANCES = np.zeros((5, 4, 4))
COVARIANCES[:, *np.tril_indices(4)] = TRIANGLES
COVARIANCES += np.tril(COVARIANCES, -1).swapaxes(1, 2)
INF = float("inf")


@pytest.mark.parametrize(
    ("chosen", "df", "expected"),
    [
        # documentation of mice::D1: 5.28351, 1, 4, 0.08306791, riv 0.671799
        ([3], 20, (5.28351032043, 1, 4, 0.0830679065841, 0.671799041064)),
        # mitml 0.4-4, testModels(method = "D1", df.com = …)
        ([0, 1, 3], INF, (4.45816413821, 3, 55.0965632456, 0.0071151550883, 0.545637538137)),
        ([0, 1, 3], 20, (4.45816413821, 3, 10.12522711, 0.0306448355512, 0.545637538137)),
        ([0, 1, 2, 3], 20, (3.31991683921, 4, 11.3355962036, 0.0500718006556, 0.567112141681)),
    ],
)
def test_d1_is_that_of_mice_and_mitml(chosen: list[int], df: float, expected: tuple) -> None:
    found = pool_wald(
        ESTIMATES[:, chosen], COVARIANCES[:, chosen][:, :, chosen], df_complete=df, term="age"
    )
    numbers = (
        found.f_value, found.df_numerator, found.df_denominator, found.p_value,
        found.relative_increase,
    )  # fmt: skip
    np.testing.assert_allclose(numbers, expected, rtol=1e-9)
    assert (found.method, found.term, found.n_imputations) == ("D1", "age", 5)


def test_d2_is_that_of_mitml() -> None:
    # mitml 0.4-4, testModels(method = "D2"): age and chl, their Wald statistics
    wald = [43.46895573764, 26.87252887855, 27.78790131084, 9.18788144704, 23.25681401963]
    found = pool_chi_square(wald, df=3)
    numbers = (found.f_value, found.df_denominator, found.p_value, found.relative_increase)
    expected = (1.94131854825, 4.71031138123, 0.247209810917, 1.96541532453)
    np.testing.assert_allclose(numbers, expected, rtol=1e-9)
    chosen = [0, 1, 3]
    own = [
        b[chosen] @ np.linalg.solve(v[np.ix_(chosen, chosen)], b[chosen])
        for b, v in zip(ESTIMATES, COVARIANCES, strict=True)
    ]
    np.testing.assert_allclose(own, wald, rtol=1e-9)


@pytest.mark.parametrize("df", [7.0, INF])
def test_where_nothing_varies_the_test_is_that_of_the_data(df: float) -> None:
    found = pool_wald([[1.0, 2.0]] * 4, [np.diag([0.5, 2.0])] * 4, df_complete=df)
    assert (found.relative_increase, found.df_denominator) == (0.0, df)
    np.testing.assert_allclose(found.f_value, (1 / 0.5 + 4 / 2.0) / 2)
    assert pool_chi_square([4.0] * 3, df=2).p_value == pytest.approx(stats.chi2.sf(4.0, 2))


def test_units_do_not_matter() -> None:
    scale = np.array([1e6, 1e-6, 1.0, 10.0])
    one = pool_wald(ESTIMATES, COVARIANCES, df_complete=20)
    two = pool_wald(ESTIMATES * scale, COVARIANCES * np.outer(scale, scale), df_complete=20)
    np.testing.assert_allclose(two.f_value, one.f_value, rtol=1e-8)
    np.testing.assert_allclose(two.df_denominator, one.df_denominator, rtol=1e-8)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: pool_wald([[1.0]], [[[1.0]]], df_complete=5), "the shapes are"),
        (lambda: pool_wald([1.0, 2.0], [1.0, 1.0], df_complete=5), "the shapes are"),
        (lambda: pool_wald([[1.0], [2.0]], [[[0.0]]] * 2, df_complete=5), "is singular"),
        (lambda: pool_wald([[1, 2], [2, 1]], [np.ones((2, 2))] * 2, df_complete=5), "is singular"),
        (lambda: pool_wald([[1.0], [2.0]], [[[1.0]]] * 2, df_complete=0), "df_complete must be"),
        (lambda: pool_wald([[1.0], [2.0]], [[[1.0]]] * 2, df_complete=9), "5 or more imputations"),
        (lambda: pool_wald(ESTIMATES, COVARIANCES, df_complete=4), "too few"),
        (lambda: pool_chi_square([4.0], df=1), "two or more"),
        (lambda: pool_chi_square([4.0, -1.0], df=1), "0 or more"),
        (lambda: pool_chi_square([4.0, 1.0], df=0), "df must be"),
        (lambda: pool_chi_square([4.0, np.nan], df=1), "finite"),
    ],
)
def test_wrong_joint_tests_are_one_sentence(call, message) -> None:
    with pytest.raises(UserError, match=message):
        call()
