import math
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.numbers import NOT_AVAILABLE, decimals, fixed, p_value, percent, round_half_away


# Ties go away from zero, as SAS rounds (shared reference values of the project); Python's
# format gives 2, 62, 0.28 and -2.
@pytest.mark.parametrize(
    ("value", "digits", "expected"),
    [(2.5, 0, "3"), (62.5, 0, "63"), (0.285, 2, "0.29"), (-2.5, 0, "−3"), (1e-7, 3, "0.000")],
)
def test_ties_go_away_from_zero(value: float, digits: int, expected: str) -> None:
    assert fixed(value, digits) == expected


@pytest.mark.parametrize(
    ("p", "shown"),
    [(0.0004, "<0.001"), (0.0005, "0.001"), (0.03, "0.030"), (1.0, "1.000"),
     (None, NOT_AVAILABLE), (math.nan, NOT_AVAILABLE), (1.9e-6, "<0.001")],
)  # fmt: skip
def test_no_p_value_is_shown_as_zero(p: float | None, shown: str) -> None:
    assert p_value(p) == shown


@given(st.floats(-1e9, 1e9), st.integers(0, 6))
def test_rounding_moves_a_number_by_at_most_half_a_unit(value: float, digits: int) -> None:
    rounded = Fraction(round_half_away(value, digits))
    assert abs(rounded - Fraction(repr(value))) <= Fraction(1, 2 * 10**digits)


@given(st.floats(0, 1e9), st.integers(0, 6))
def test_rounding_is_odd(value: float, digits: int) -> None:
    assert round_half_away(-value, digits) == -round_half_away(value, digits)


def test_missing_infinite_and_negative_zero() -> None:
    assert fixed(None, 2) == fixed(math.nan, 2) == percent(None) == NOT_AVAILABLE
    assert fixed(-math.inf, 1) == "−∞"
    assert round_half_away(-0.001, 1) == Decimal("0.0")
    assert "−" not in fixed(-0.001, 1)


def test_percent_keeps_a_tie_a_tie() -> None:
    assert percent(0.625) == "63\u202f%"
    assert percent(0.285, 0) == "29\u202f%"


def test_decimals_as_printed() -> None:
    assert [decimals(text) for text in ("9.730", "3", "", "-0.20")] == [3, 0, 0, 2]
