"""Numbers that are exactly half: against fractions, on every way from data to the printed digit.

Nothing here repeats the implementation: what must be printed is worked out with `fractions` from
the decimals as they are written, half away from zero, as SAS rounds.
"""

import itertools
import math
import random
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from analysis import exact
from analysis.numbers import NOT_AVAILABLE, fixed, level, p_value, percent, share
from analysis.results import rows_of
from analysis.safety import summaries
from analysis.stats import summarise

SIZES = (8, 16, 40, 80, 125, 160, 200, 250, 400, 800, 1600)
"""Sizes of groups in which many shares are halves of a digit of a per cent."""


def printed(value: Fraction, digits: int) -> str:
    """The digits of a fraction, half away from zero."""
    units = math.floor(abs(value) * 10**digits + Fraction(1, 2))
    number = Decimal(units).scaleb(-digits)
    return f"{-number if value < 0 and units else number:f}".replace("-", "−")


def is_tie(value: Fraction, digits: int) -> bool:
    return (value * 10**digits) % 1 == Fraction(1, 2)


def decimals_of(values: list[str]) -> list[Fraction]:
    return [Fraction(value) for value in values]


def ties_of_means(digits: int, count: int) -> list[list[str]]:
    """Lists of decimals with so many places, whose means are ties at one place more."""
    rng, found = random.Random(digits), []
    while len(found) < count:
        size = rng.choice((4, 8, 16, 20, 40))
        units = [rng.randint(-300, 3000) for _ in range(size)]
        for more in range(size):
            total = Fraction(sum(units) + more, size * 10**digits)
            if is_tie(total, digits + 1):
                units[0] += more
                found.append([str(Decimal(unit).scaleb(-digits)) for unit in units])
                break
    return found


@pytest.mark.parametrize("digits", [0, 1, 2])
def test_every_share_that_is_a_tie_is_rounded_away_from_zero(digits: int) -> None:
    ties = [
        (k, n, Fraction(100 * k, n))
        for n in SIZES
        for k in range(n + 1)
        if is_tie(Fraction(100 * k, n), digits)
    ]
    assert len(ties) > 100
    for k, n, value in ties:
        right = printed(value, digits)
        ways = (
            share(k / n, digits), fixed(100 * (k / n), digits), fixed(k / n * 100, digits),
            fixed(100 * k / n, digits), share(1 - (n - k) / n, digits),
            fixed(float(exact.ratio(k, n, times=100)), digits),
        )  # fmt: skip
        assert set(ways) == {right}, (k, n)


def test_the_share_of_the_issue_and_its_opposite() -> None:
    # 23 of 80 is 28.75 %; 100 * (23 / 80) is 28.749999999999996.
    assert fixed(100 * (23 / 80), 1) == share(23 / 80, 1) == "28.8"
    assert fixed(-100 * (23 / 80), 1) == share(-23 / 80, 1) == "−28.8"
    # Near a tie is no tie.
    assert fixed(28.749999999, 1) == "28.7"
    assert percent(0.2875, 1) == "28.8\u202f%"
    assert fixed(123456789012.5, 0) == "123456789013"
    assert fixed(1e24, 1) == f"{10**24}.0"


@pytest.mark.parametrize("digits", [0, 1, 2])
def test_every_mean_that_is_a_tie_is_rounded_away_from_zero(digits: int) -> None:
    for values in ties_of_means(digits, 700):
        fractions = decimals_of(values)
        mean = sum(fractions) / len(fractions)
        numbers = [float(value) for value in values]
        found = summarise(numbers, level=0.95).mean
        assert found == float(mean), values
        right = printed(mean, digits + 1)
        # However an analyst has calculated it.
        ways = (found, float(np.mean(numbers)), float(pd.Series(numbers).mean()))
        assert {fixed(way, digits + 1) for way in ways} == {right}, values


def test_the_mean_of_the_issue() -> None:
    s = summarise([16.7, 4.4, 6.0, 7.0], level=0.95)
    assert (s.mean, fixed(s.mean, 2)) == (8.525, "8.53")
    mirrored = summarise([-16.7, -4.4, -6.0, -7.0], level=0.95)
    assert fixed(mirrored.mean, 2) == "−8.53"


def test_quartiles_differences_and_quotients_are_those_of_the_decimals() -> None:
    rng = random.Random(7)
    for _ in range(1500):
        digits, size = rng.choice((1, 2, 3)), rng.randint(2, 13)
        values = [Decimal(rng.randint(-900, 9000)).scaleb(-digits) for _ in range(size)]
        fractions = [Fraction(value) for value in values]
        numbers = [float(value) for value in values]
        low, high = sorted(fractions)[(size - 1) // 2], sorted(fractions)[size // 2]
        assert exact.median(numbers) == float((low + high) / 2)
        (a, b), (x, y) = fractions[:2], numbers[:2]
        assert float(exact.difference(x, y)) == float(a - b)
        if b:
            assert float(exact.ratio(x, y)) == float(a / b)
            assert float(exact.ratio(x - y if digits == 0 else exact.difference(x, y), y,
                                     times=100)) == float(100 * (a - b) / b)  # fmt: skip


def test_standard_deviations_are_those_of_the_decimals() -> None:
    rng = random.Random(11)
    for _ in range(300):
        size = rng.randint(2, 12)
        values = [Decimal(rng.randint(-900, 9000)).scaleb(-1) for _ in range(size)]
        fractions = [Fraction(value) for value in values]
        mean = sum(fractions) / size
        variance = sum((value - mean) ** 2 for value in fractions) / (size - 1)
        root = (Decimal(variance.numerator) / Decimal(variance.denominator)).sqrt()
        assert exact.deviation([float(value) for value in values]) == float(root)
    # A deviation that is itself a tie: 1.25, shown with one decimal.
    found = summarise([0.0, 1.25, 2.5], level=0.95).sd
    assert (found, fixed(found, 1)) == (1.25, "1.3")


def test_velocities_and_rates_a_hundred_patient_years() -> None:
    # 100 events in 36525 days are 1 in a day of a year: 100 × n / years with n / days = k / 36525.
    for n, days in itertools.product((1, 3, 7, 23), (36525, 73050, 146100, 292200, 584400)):
        value = Fraction(100 * n * 36525, 100 * days)
        assert fixed(100 * n / (days / 365.25), 2) == printed(value, 2)
    for gain, days in itertools.product((51, 83, 99, 101), (1461, 2922, 487)):
        value = Fraction(gain, 10) * Fraction(36525, 100) / days
        assert float(exact.ratio(gain / 10, days, times=365.25)) == float(value)


def test_groups_are_summarised_as_their_decimals() -> None:
    rows = [
        {"PARAM": f"P{number}", "AVISIT": "Day 1", "arm": "A", "AVAL": float(value)}
        for number, values in enumerate(ties_of_means(1, 300))
        for value in values
    ]
    frame = pd.DataFrame(rows).assign(
        CHG=lambda table: table["AVAL"], ORDER=0, dataset="adlb", UNIT="", DECIMALS=1
    )
    frame["arm"] = pd.Categorical(frame["arm"])
    found = summaries.summarised(frame, conf_level=0.95).set_index("variable")
    for number, values in enumerate(ties_of_means(1, 300)):
        mean = sum(decimals_of(values)) / len(values)
        assert found.loc[f"P{number}", "mean"] == float(mean)
        assert found.loc[f"P{number}", "mean.change"] == float(mean)
        spread = np.std([float(value) for value in values], ddof=1)
        assert found.loc[f"P{number}", "sd"] == pytest.approx(spread, rel=1e-12)


def test_results_print_the_tie_whatever_they_were_calculated_by() -> None:
    frame = pd.DataFrame(
        {
            "group1_level": ["A", "B"],
            "p": [1 - 57 / 80, 23 / 80],
            "mean": [np.mean([16.7, 4.4, 6.0, 7.0]), 8.525],
            "estimate": [1.0625 - 0.9375, 142.425 - 142.3],
        }
    )
    rows = rows_of(frame, "ties", context="test", decimals=1, unit="cm")
    text = {name: rows.select(stat_name=name).frame["stat_fmt"].tolist() for name in frame}
    assert text["p"] == ["28.8", "28.8"]
    assert text["mean"] == ["8.53", "8.53"]
    assert text["estimate"] == ["0.13", "0.13"]


def test_p_values_and_levels_at_a_tie() -> None:
    # 0.0005 is shown as 0.001, as SAS's PVALUE format rounds, also where it was calculated.
    assert p_value(0.00049999999999999999) == p_value(1.0005 - 1.0) == "0.001"
    assert p_value(0.000499) == "<0.001"
    assert level(1 - 0.1 - 0.1) == level(0.8) == "80\u202f%"


def test_values_that_are_no_decimals_and_none_at_all() -> None:
    thirds = [1 / 3, 2 / 3, 1.0]
    assert exact.mean(thirds) == pytest.approx(2 / 3, rel=1e-16)
    assert exact.deviation([1 / 3] * 49) == 0.0
    assert exact.mean([1 / 3] * 49) == 1 / 3
    assert np.isnan(exact.ratio(1.0, 0.0))
    assert np.isnan(exact.difference([np.nan, np.inf], [1.0, np.inf])).all()
    assert exact.places_of(pd.Series([1.5, None], dtype="Float64")).tolist()[0] == 1
    assert exact.units_of([1e300, 0.1]) is None
    assert fixed(math.nan, 1) == NOT_AVAILABLE
