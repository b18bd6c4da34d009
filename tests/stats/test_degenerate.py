"""Tables and samples that say little or nothing: numbers that agree, or a reason."""

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis import stats
from analysis.errors import UserError
from analysis.stats.proportions import PROPORTION_METHODS

SIZES = (1, 2, 12)
ARMS = [(x, n) for n in SIZES for x in sorted({0, 1, n - 1, n})]
TABLES = [(*first, *second) for first, second in product(ARMS, ARMS)]
YEARS = [(x, t) for x in (0, 1, 40) for t in (0.5, 300.0)]
RATES = [(*first, *second) for first, second in product(YEARS, YEARS)]
LEVEL = 0.95

Call = Callable[..., Any]


def over(function: Call, methods: str, **options: Any) -> dict[str, Call]:
    return {
        f"{function.__name__}, {method}": lambda *table, method=method: function(
            *table, method=method, level=LEVEL, **options
        )
        for method in methods.split()
    }


COMPARISONS = {
    **over(stats.risk_difference, "miettinen-nurminen mee newcombe newcombe-cc wald wald-cc"),
    **over(stats.risk_difference, "agresti-caffo"),
    **over(stats.risk_ratio, "miettinen-nurminen log-wald"),
    **over(stats.odds_ratio, "miettinen-nurminen log-wald"),
}
RATE_COMPARISONS = {
    **over(stats.rate_difference, "mover score wald", per=1),
    **over(stats.rate_ratio, "exact score log-wald"),
}
STRATIFIED = {
    **{
        f"stratified, {weights}": lambda *t, weights=weights: stats.stratified_risk_difference(
            *t, weights=weights, level=LEVEL
        )
        for weights in ("cmh", "size", "iterated")
    },
    **{
        f"stratified {method}": lambda *t, method=method: stats.stratified_risk_difference(
            *t, weights="cmh", level=LEVEL, method=method
        )
        for method in ("newcombe", "wald")
    },
    **{
        f"Mantel–Haenszel, {measure}": lambda *t, measure=measure: stats.mantel_haenszel(
            *t, measure=measure, correction=False, level=LEVEL
        )
        for measure in ("odds ratio", "risk ratio", "risk difference", "peto odds ratio")
    },
}


def is_sound(found: Any, null: float, name: str) -> None:
    """Require of one estimate: numbers that agree with one another, or a reason."""
    reason = str(found.reason) if hasattr(found, "reason") else ""
    values = [found.estimate, found.lower, found.upper]
    if any(value is None or np.isnan(value) for value in values):
        assert reason, name
        return
    estimate, lower, upper = map(float, values)
    assert lower <= estimate <= upper, (name, values)
    if not reason:
        assert lower < upper, f"{name}: no width, and nothing said"
        assert np.isfinite(estimate)
    p_value = getattr(found, "p_value", None)
    std_error = getattr(found, "std_error", None)
    if p_value is None or np.isnan(p_value):
        return
    assert 0 <= p_value <= 1
    assert std_error is None or (0 < std_error < np.inf), (name, std_error)
    if not name.startswith("Mantel"):  # its p-value is that of another test
        outside = null < lower or null > upper
        near = min(abs(null - lower), abs(null - upper)) < 1e-9
        assert near or (p_value < 1 - LEVEL) == outside, (name, values, p_value)


@pytest.mark.parametrize("name", COMPARISONS)
def test_every_table_of_two_arms_has_numbers_that_agree_or_a_reason(name: str) -> None:
    for table in TABLES:
        found = COMPARISONS[name](*table)
        is_sound(found, float(found.null), f"{name}, {table}")


@pytest.mark.parametrize("name", RATE_COMPARISONS)
def test_every_pair_of_rates_has_numbers_that_agree_or_a_reason(name: str) -> None:
    for table in RATES:
        found = RATE_COMPARISONS[name](*table)
        is_sound(found, float(found.null), f"{name}, {table}")


@pytest.mark.parametrize("name", STRATIFIED)
def test_every_pair_of_strata_has_numbers_that_agree_or_a_reason(name: str) -> None:
    null = 0.0 if "difference" in name or name.startswith("stratified") else 1.0
    for first, second in product(TABLES[::13], TABLES[::17]):
        table = [list(pair) for pair in zip(first, second, strict=True)]
        is_sound(STRATIFIED[name](*table), null, f"{name}, {table}")
    for table in TABLES[::3]:  # a second stratum has an empty arm, and is left out
        strata = [[value, 0 if place in (0, 1) else 2] for place, value in enumerate(table)]
        found = STRATIFIED[name](*strata)
        assert found.n_strata_left_out == 1
        is_sound(found, null, f"{name}, {strata}")


def test_a_mantel_haenszel_interval_without_width_says_why() -> None:
    # No event at all, everybody on one side, and every patient of both arms.
    def found(x1: int, x2: int, measure: str) -> Any:
        return stats.mantel_haenszel(
            [x1, x1], [10, 10], [x2, x2], [10, 10], measure=measure, correction=False, level=LEVEL
        )

    for x1, x2, estimate in ((0, 0, 0.0), (10, 0, 1.0), (10, 10, 0.0)):
        difference = found(x1, x2, "risk difference")
        assert difference.estimate == estimate
        assert (difference.std_error, difference.lower, difference.upper) == (None, None, None)
        assert difference.reason == "the standard error is 0: no width"
    assert found(10, 10, "risk ratio").reason == "the standard error is 0: no width"
    assert found(10, 10, "odds ratio").estimate is None
    assert found(0, 0, "risk difference").p_value is None


@pytest.mark.parametrize("measure", ["rate ratio", "rate difference"])
def test_every_pair_of_strata_of_rates_has_numbers_that_agree_or_a_reason(measure: str) -> None:
    for first, second in product(RATES[::2], RATES[::3]):
        table = [list(pair) for pair in zip(first, second, strict=True)]
        found = stats.mantel_haenszel_rates(*table, measure=measure, correction=True, level=LEVEL)
        is_sound(found, 0.0, f"Mantel–Haenszel {measure}, {table}")


def test_every_proportion_and_rate_has_its_interval() -> None:
    for (x, n), method in product(ARMS, PROPORTION_METHODS):
        found = stats.estimate_proportion(x, n, method=method, level=LEVEL)
        assert 0 <= found.lower <= found.estimate <= found.upper <= 1
        assert found.lower < found.upper or "no width" in str(found.reason)
    for x, years in YEARS:
        found = stats.estimate_rate(x, years, method="garwood", level=LEVEL, per=1)
        assert 0 <= found.lower <= found.estimate < found.upper < np.inf


@pytest.mark.parametrize("method", ["fisher", "boschloo", "barnard"])
def test_an_exact_test_of_nothing_is_1(method: str) -> None:
    for table in TABLES[:60:4]:
        p_value = stats.exact_test(*table, method=method, alternative="two-sided").p_value
        assert 0 < p_value <= 1
        if table[0] + table[2] in (0, table[1] + table[3]):
            assert p_value == 1


# meta-analysis ----------------------------------------------------------------------------------


def pool(estimates: list[float], errors: list[float], interval: str, method: str = "reml") -> Any:
    return stats.meta_analysis(
        estimates, errors, method=method, interval=interval, prediction_df="k-1", level=LEVEL
    )


IDENTICAL = [
    [0.3] * 3,
    [0.1 + 0.2, 0.3, 0.3],  # one number, by two routes
    [123.456] * 5,
    [np.log(2) / 3, np.log(2 ** (1 / 3)), np.log(8) / 9],
    [1e6 + 1e-10, 1e6, 1e6],
    [0.1 + 0.2 - 0.3, 0.0],
    [-7e-9] * 4,
]


@pytest.mark.parametrize("estimates", IDENTICAL)
@pytest.mark.parametrize("error", [1e-3, 0.1, 50.0])
def test_identical_estimates_have_no_hartung_knapp_interval(
    estimates: list[float], error: float
) -> None:
    errors = [error * (1 + place / 7) for place in range(len(estimates))]
    with pytest.raises(UserError, match="identical"):
        pool(estimates, errors, "hartung-knapp")
    adhoc = pool(estimates, errors, "hartung-knapp-adhoc")
    assert adhoc.std_error == pytest.approx(np.sum(1 / np.square(errors)) ** -0.5, rel=1e-9)
    assert adhoc.q == pytest.approx(0, abs=1e-12)
    assert (adhoc.tau2, adhoc.i2, adhoc.q_p) == (0, 0, pytest.approx(1))


def test_estimates_that_are_only_near_have_one() -> None:
    near = pool([0.3, 0.3001, 0.2999], [0.1, 0.1, 0.1], "hartung-knapp")
    # SD 1e-4 of three: the t interval of their mean, 2 df
    assert near.std_error == pytest.approx(1e-4 / np.sqrt(3), rel=1e-6)


def test_one_study_left_out_of_which_the_others_are_identical() -> None:
    table = stats.leave_one_out(
        [0.5, 0.3, 0.3], [0.1, 0.1, 0.2], method="reml", interval="hartung-knapp",
        prediction_df="k-1", level=LEVEL,
    )  # fmt: skip
    assert np.isnan(table["estimate"][0])
    assert "identical" in table["reason"][0]
    assert table["reason"][1:].tolist() == ["", ""]
    assert table["estimate"][1:].notna().all()


def test_one_study_is_its_own_result() -> None:
    alone = pool([0.4], [0.2], "normal", "fixed")
    assert (alone.estimate, alone.std_error, alone.q_p, alone.tau2_lower) == (0.4, 0.2, None, None)
    assert "one study" in alone.reason


def test_a_network_of_identical_estimates() -> None:
    rows = [("1", "A", "B", 0.1 + 0.2, 0.1), ("2", "A", "B", 0.3, 0.1), ("3", "A", "B", 0.3, 0.2)]
    trials = pd.DataFrame(
        rows, columns=["study", "treatment_1", "treatment_2", "estimate", "std_error"]
    )
    with pytest.raises(UserError, match="identical"):
        stats.network_meta_analysis(
            trials, reference="B", method="reml", interval="hartung-knapp", level=LEVEL
        )


# multiplicity -----------------------------------------------------------------------------------


def test_comparisons_that_are_one_are_adjusted_as_one() -> None:
    same = np.ones((3, 3))
    single = stats.dunnett_p_value(2.0, np.eye(1), 20)
    assert stats.dunnett_p_value(2.0, same, 20) == pytest.approx(single, rel=1e-9)
    assert stats.dunnett_p_value(0.0, same, 20) == 1.0
    for method in ("bonferroni", "holm", "hochberg", "hommel"):
        assert stats.adjust_p_values([], method=method).size == 0
        assert stats.adjust_p_values([1.0, 1.0], method=method).tolist() == [1.0, 1.0]
        assert stats.adjust_p_values([0.0, 0.0], method=method).tolist() == [0.0, 0.0]
