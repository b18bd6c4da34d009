"""Fisher's test of many tables against scipy table by table, R's documentation, and laws."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis.errors import UserError
from analysis.stats.fisher import fisher_p_values

quick = settings(max_examples=80, deadline=None, database=None)
arm = st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


def test_as_r_documents_it() -> None:
    # R, help(fisher.test): tea tasting 3 of 4 v 1 of 4, two-sided p 0.4857; convictions of twins,
    # 2 of 17 v 10 of 13 (Fisher 1962), p-value = 0.0005367
    found = fisher_p_values([3, 2], [4, 17], [1, 10], [4, 13])
    np.testing.assert_allclose(found, [0.4857143, 0.0005367], atol=5e-8)


@quick
@given(arm, arm)
def test_scipy_agrees_and_arms_may_be_exchanged(
    first: tuple[int, int], second: tuple[int, int]
) -> None:
    (x1, n1), (x2, n2) = first, second
    p = float(fisher_p_values(x1, n1, x2, n2))
    assert p == pytest.approx(stats.fisher_exact([[x1, x2], [n1 - x1, n2 - x2]])[1], rel=1e-9)
    assert p == pytest.approx(float(fisher_p_values(x2, n2, x1, n1)), rel=1e-9)
    assert p == pytest.approx(float(fisher_p_values(n1 - x1, n1, n2 - x2, n2)), rel=1e-9)
    assert 0 < p <= 1


def test_large_arms_keep_their_digits() -> None:
    rng = np.random.default_rng(5)
    x1 = rng.integers(0, 900, 25)
    x2 = 2 * x1 + rng.integers(0, 90, 25)
    found = fisher_p_values(x1, 33_000, x2, 67_000)
    tables = [[[a, b], [33_000 - a, 67_000 - b]] for a, b in zip(x1, x2, strict=True)]
    expected = [stats.fisher_exact(table)[1] for table in tables]
    np.testing.assert_allclose(found, expected, rtol=1e-7)


def test_nothing_to_test_is_1_and_the_shape_stays() -> None:
    assert fisher_p_values([[0, 5]], [[4, 5]], [[0, 3]], [[6, 3]]).tolist() == [[1.0, 1.0]]


def test_impossible_counts_are_refused() -> None:
    with pytest.raises(UserError):
        fisher_p_values(5, 4, 1, 4)
