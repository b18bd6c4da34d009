"""Rubin's rules and the tipping-point search."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis.errors import UserError
from analysis.stats.rubin import PooledEstimate, pool_rubin
from analysis.stats.tipping import tipping_point

LAWS = settings(max_examples=40, deadline=None)


def pool(values, errors, **changes) -> PooledEstimate:
    return pool_rubin(values, errors, **({"df_complete": np.inf, "level": 0.95} | changes))


def test_rubins_df_are_those_of_the_sas_manual() -> None:
    # SAS/STAT MIANALYZE, "Combining Inferences": m = 5 and r = 10 % give 484 df
    spread = np.array([-2.0, -1.0, 0.0, 1.0, 2.0])
    spread *= np.sqrt(0.1 / 1.2 / spread.var(ddof=1))
    pooled = pool(10 + spread, np.ones(5), df_complete=30)
    np.testing.assert_allclose(pooled.relative_increase, 0.1)
    np.testing.assert_allclose(pooled.df_rubin, 484.0)
    # Barnard and Rubin: (31/33) 30 (1 - 1/11) = 25.62, combined with 484
    np.testing.assert_allclose(pooled.df, 1 / (1 / 484 + 33 * 11 / (31 * 30 * 10)))
    assert pooled.df < 30


def test_pooled_oxygen_means_of_sas_by_hand() -> None:
    # inputs: SAS/STAT MIANALYZE Example "Reading Means and Standard Errors", five imputations
    means = [47.0120, 47.2407, 47.4995, 47.1485, 47.0042]
    errors = [0.95984, 0.93540, 1.00766, 0.95439, 0.96528]
    pooled = pool(means, errors, df_complete=30)
    average = sum(means) / 5
    between = sum((m - average) ** 2 for m in means) / 4
    within = sum(e * e for e in errors) / 5
    np.testing.assert_allclose(pooled.estimate, average)
    np.testing.assert_allclose(pooled.total, within + 1.2 * between)
    half = stats.t.ppf(0.975, pooled.df) * np.sqrt(pooled.total)
    np.testing.assert_allclose([pooled.lower, pooled.upper], [average - half, average + half])


@LAWS
@given(
    values=st.lists(st.floats(-10, 10), min_size=2, max_size=20),
    df=st.floats(2, 500),
    level=st.floats(0.5, 0.99),
)
def test_laws_of_pooling(values: list[float], df: float, level: float) -> None:
    errors = np.linspace(1, 2, len(values))
    pooled = pool(values, errors, df_complete=df, level=level)
    # the order of imputations does not matter
    again = pool(values[::-1], errors[::-1], df_complete=df, level=level)
    np.testing.assert_allclose(again.df, pooled.df, rtol=1e-8)
    np.testing.assert_allclose(again.std_error, pooled.std_error)
    # never more df than either bound, never less variance than within
    assert pooled.df <= min(df, pooled.df_rubin) * (1 + 1e-12)
    assert pooled.total >= pooled.within
    # p at a limit is alpha
    edge = pool(values, errors, df_complete=df, level=level, null=pooled.upper)
    np.testing.assert_allclose(edge.p_value, 1 - level, rtol=1e-7)
    # units
    scaled = pool(np.array(values) * 1e6, errors * 1e6, df_complete=df, level=level)
    np.testing.assert_allclose(scaled.df, pooled.df, rtol=1e-8)


def test_equal_estimates_keep_the_df_of_the_analysis() -> None:
    assert pool([2.0, 2.0, 2.0], [1.0, 1.0, 1.0], df_complete=17).df == 17
    assert pool([0.1 + 0.2, 0.3], [1.0, 1.0], df_complete=17).df == 17
    assert len(pool([2.0, 2.5], [1.0, 1.0]).to_frame()) == 1


@pytest.mark.parametrize("df", [0.5, 17.0, np.inf])
@pytest.mark.parametrize(
    ("values", "errors"),
    [
        ([1.0, 1.0], [0.5, 0.5]),
        ([0.1 + 0.2, 0.3], [1e-3, 2e-3]),  # equal up to rounding
        ([1e9 * (1 + 1e-15), 1e9, 1e9], [1.0, 1.0, 1.0]),
        ([0.0] * 5, [1e-200] * 5),
        ([1e200] * 3, [1e199] * 3),
    ],
)
def test_equal_estimates_are_said_to_be_equal(values, errors, df: float) -> None:
    pooled = pool(values, errors, df_complete=df)
    assert (pooled.df, pooled.df_rubin) == (df, np.inf)
    assert (pooled.missing_fraction, pooled.relative_increase) == (0.0, 0.0)
    assert (pooled.between, pooled.monte_carlo_error) == (0.0, 0.0)
    np.testing.assert_allclose(
        pooled.std_error, np.sqrt(np.mean(np.square(np.divide(errors, errors[0])))) * errors[0]
    )
    assert "estimates of all imputations are equal" in pooled.remark


@pytest.mark.parametrize("size", [1e-180, 1e-9, 1.0, 1e180])
def test_two_imputations_by_hand_in_any_unit(size: float) -> None:
    # estimates 1 and 3: B = 2, W = (1 + 4) / 2; lambda = 3 / 5.5; df = 1 / lambda^2
    pooled = pool(np.array([1.0, 3.0]) * size, np.array([1.0, 2.0]) * size)
    np.testing.assert_allclose(pooled.std_error / size, np.sqrt(5.5))
    np.testing.assert_allclose(pooled.df, (5.5 / 3) ** 2)
    np.testing.assert_allclose(pooled.missing_fraction, 3 / 5.5)
    assert pooled.remark == ""
    if size == 1.0:
        assert pooled.monte_carlo_error == 1.0  # sqrt(2 / 2)


def test_pooled_values_of_mice() -> None:
    # R 4.2.2, mice 3.15.0, summary(pool(…)) of the fits that tests/stats/test_rubin_joint.py
    # holds: the coefficient of chl, whose df.residual is 20
    estimates = [0.0771860126977, 0.0589175142996, 0.0515541056152, 0.0420664427543, 0.045861275229]
    variances = [
        0.000273738910069,
        0.000271324955975,
        0.000332546661212,
        0.000609753450371,
        0.000232268423908,
    ]
    found = pool(estimates, np.sqrt(variances), df_complete=20)
    numbers = (found.estimate, found.std_error, found.statistic, found.df, found.p_value)
    expected = (0.0551170701191, 0.0239786563421, 2.29858876714, 7.58034341936, 0.05232804427080)
    np.testing.assert_allclose(numbers, expected, rtol=1e-9)


@pytest.mark.parametrize(
    ("values", "errors", "changes", "message"),
    [
        ([1.0], [1.0], {}, "two or more"),
        ([], [], {}, "two or more"),
        ([1.0, 2.0], [1.0], {}, "two or more"),
        ([1.0, np.nan], [1.0, 1.0], {}, "imputation 2 has"),
        ([1.0, 2.0], [0.0, 1.0], {}, "imputation 1 has"),
        ([1.0, 2.0], [0.0, 0.0], {"label": "T - P"}, "'T - P' is not estimable, because"),
        ([3.0, 3.0], [0.0, 0.0], {}, "is not estimable, because"),
        ([1.0, 2.0], [1e-12, 1e-12], {"df_complete": 9}, "is not estimable, because"),
        ([1.0, 2.0], [1.0, np.inf], {}, "imputation 2 has"),
        ([1.0, 2.0], [1.0, 1.0], {"df_complete": 0}, "df_complete must be positive"),
        ([1.0, 2.0], [1.0, 1.0], {"df_complete": np.nan}, "df_complete must be positive"),
        ([1.0, 2.0], [1.0, 1.0], {"level": 95}, "between 0 and 1"),
    ],
)
def test_wrong_pooling_is_one_sentence(values, errors, changes, message) -> None:
    with pytest.raises(UserError, match=message):
        pool(values, errors, **changes)


# tipping point ----


def linear(delta: float, slope: float = 0.3) -> PooledEstimate:
    """Pooled result whose estimate falls linearly with delta."""
    values = np.array([1.9, 2.0, 2.1]) + slope * delta
    return pool(values, [0.5, 0.5, 0.5], df_complete=50)


@LAWS
@given(slope=st.floats(0.1, 2), threshold=st.floats(-0.5, 0.5))
def test_the_limit_meets_the_threshold_at_the_tipping_point(slope: float, threshold: float) -> None:
    found = tipping_point(
        lambda d: linear(d, slope), limit="lower", threshold=threshold, search=(0, -40)
    )
    assert found.found
    np.testing.assert_allclose(found.at_tip.lower, threshold, atol=2 * 40e-6)
    expected = (threshold - linear(0).lower) / slope
    np.testing.assert_allclose(found.delta, expected, atol=40e-6)


def test_p_value_at_the_tipping_point_of_superiority_is_alpha() -> None:
    found = tipping_point(linear, limit="lower", threshold=0.0, search=(0, -10), tolerance=1e-10)
    np.testing.assert_allclose(found.at_tip.p_value, 0.05, atol=1e-7)
    assert found.at_start.p_value < 0.05
    table = found.to_frame()
    assert list(table["delta"]) == sorted(table["delta"])


def test_no_change_within_the_range_is_said() -> None:
    found = tipping_point(linear, limit="lower", threshold=0.0, search=(0, -1))
    assert not found.found
    assert found.delta is None
    assert found.at_tip is None
    assert found.reason == "the lower limit stays above 0 for every delta from 0 to -1"


def test_the_change_nearest_to_the_start_is_found() -> None:
    def wave(delta: float) -> PooledEstimate:
        return linear(10 * np.cos(delta), 1.0)

    found = tipping_point(wave, limit="lower", threshold=0.0, search=(0, 20), n_steps=40)
    np.testing.assert_allclose(wave(found.delta).lower, 0, atol=1e-3)
    assert found.delta < np.pi


def test_a_threshold_met_at_the_start_is_the_tipping_point() -> None:
    at_start = linear(0).lower
    found = tipping_point(linear, limit="lower", threshold=at_start, search=(0, -5))
    assert found.delta == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"limit": "p"}, "must be one of lower, upper"),
        ({"search": (0, 0)}, "two different"),
        ({"search": (0, np.inf)}, "two different"),
        ({"n_steps": 0}, "n_steps"),
    ],
)
def test_wrong_searches_are_one_sentence(options, message) -> None:
    arguments = {"limit": "lower", "threshold": 0.0, "search": (0, -5)} | options
    with pytest.raises(UserError, match=message):
        tipping_point(linear, **arguments)
