"""A derived number at a limit is at it, whatever the last bit says; and one helper says so."""

import ast
import importlib
import itertools
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest

from analysis import exact, growth, paths
from analysis.efficacy import growth_response
from analysis.efficacy.settings import ControlledParameters, Settings, resolve
from analysis.stats import difference_from_estimate, noninferiority
from analysis.thresholds import above, at, at_least, at_most, below, within

PACKAGE = paths.ROOT / "analysis"

LIMITS = [units / 10 for units in range(1, 400)]


@pytest.mark.parametrize("multiple", [1.5, 2.0, 3.0, 5.0, 10.0])
def test_a_multiple_of_any_limit_is_at_it_and_a_tenth_more_is_above(multiple: float) -> None:
    limits = np.array(LIMITS)
    values = np.array([round(10 * multiple * limit) / 10 for limit in LIMITS])
    exactly = np.abs(values - multiple * limits) < 0.01
    values, limits = values[exactly], limits[exactly]
    assert len(values) > 150
    for times in (values / limits, exact.ratio(values, limits)):
        assert at(times, multiple).all()
        assert not above(times, multiple).any()
        assert at_least(times, multiple).all()
    assert above((values + 0.1) / limits, multiple).all()
    assert below((values - 0.1) / limits, multiple).all()
    assert at_most(values, multiple * limits).all()
    # Plain comparisons of the same numbers do not agree with one another.
    assert multiple != 3 or (values / limits > multiple).any()


def test_changes_reach_the_threshold_that_they_are() -> None:
    tenths = [-2.5, -2.8, 0.3, 1.1, 142.3, 142.0, 9.75, 4.05, -0.1, 0.2]
    for value, base in itertools.permutations(tenths, 2):
        # The change by hand, in hundredths, which are whole numbers.
        change = (round(100 * value) - round(100 * base)) / 100
        for found in (value - base, float(exact.difference(value, base))):
            assert at_least(found, change)
            assert at_most(found, change)
            assert not above(found, change)
            assert within(found, change, change)
            assert below(found, change + 0.001)


def test_missing_and_infinite_values_are_on_no_side() -> None:
    assert not above([np.nan, None], 1.0).any()
    assert not at_most(pd.Series([pd.NA, None], dtype="Float64"), 1.0).any()
    assert not at_least(5.0, np.inf)
    assert below(5.0, np.inf)
    assert not within(np.nan, -np.inf, np.inf)
    assert above(1e-300, 0.0)


# Where it counts ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def ghd() -> Settings:
    return resolve(ControlledParameters(trial="ghd"))


@pytest.mark.parametrize("stored", [True, False])
@pytest.mark.parametrize(("base", "value"), [(-2.8, -2.5), (-1.1, -0.8), (-3.4, -3.1)])
def test_everyone_whose_change_is_the_threshold_responds(
    ghd: Settings, base: float, value: float, stored: bool
) -> None:
    adgr = ghd.trial.tables["adgr"].assign(BASE=base, AVAL=value, CHG=value - base)
    tables = {**ghd.trial.tables, "adgr": adgr if stored else adgr.drop(columns="CHG")}
    run = replace(ghd, trial=replace(ghd.trial, tables=tables))
    assert run.response_threshold == 0.3
    for arm in (run.treatment, run.reference):
        row = growth_response.responders(run).select(group1_level=arm).wide("stat").iloc[0]
        assert row["n"] == row["N"] - row["N_miss"] > 0


def test_a_window_and_an_interval_hold_their_ends() -> None:
    # 0.1 + 0.2 days more than the window's end are none more.
    heights = pd.DataFrame(
        {
            "USUBJID": "01",
            "AVISITN": [0, 12],
            "ADT": pd.to_datetime(["2024-01-10", "2025-01-10"]),
            "AVAL": [110.1, 119.2],
        }
    )
    ends = {"minimum_days": 366 + 5e-14, "window_days": (365.7 + 0.1 + 0.2, 1098 * (1 / 3))}
    found = growth.height_velocity(heights, from_visit=0, to_visit=12, **ends)
    assert found["reason"].tolist() == [""]
    # (119.2 − 110.1) / 366 × 365.25, by hand.
    assert found["AVAL"].tolist() == [9.1 * 365.25 / 366]


def test_a_supplied_value_half_a_unit_away_agrees() -> None:
    rows = pd.DataFrame(
        {
            "USUBJID": ["1", "2", "3"],
            "PARAMCD": "HT",
            "AVISITN": 12,
            "AVAL": [142.35, 9.75, 142.36],
        }
    )
    derived = rows.assign(AVAL=[142.3, 9.7, 142.3])
    found = growth.reconcile(rows, derived, tolerance={"HT": 0.05})
    assert found["finding"].tolist() == ["agrees", "agrees", "differs"]


def test_a_limit_that_touches_the_margin_does_not_clear_it() -> None:
    # −0.3 + 0.2 − 0.1 is −0.19999999999999998 and is the bound of −0.2.
    touching = difference_from_estimate(0.0, 0.1, df=100, level=0.95)
    margin = -float(touching.lower)
    for size in (margin, margin * (1 + 1e-15), margin * (1 - 1e-15)):
        verdict = noninferiority(touching, margin=size, direction="higher")
        assert verdict.conclusion == "not shown"
        assert verdict.p_value == pytest.approx(0.025, rel=1e-12)
    assert noninferiority(touching, margin=margin * 1.001, direction="higher").shown


# Nowhere else ------------------------------------------------------------------------------------

GUARDED = ("safety", "growth", "efficacy", "sources/trial/checks")
ORDER = (ast.Lt, ast.Gt, ast.LtE, ast.GtE)
ALLOWED = {
    "run.parameters.min_percent > 0": "whether terms are hidden at all",
    "(given - derived).abs() <= CLOSE": "a tolerance of what is written otherwise",
    "> 0.75 * top": "a colour",
    "mean() > 0.5": "a majority of records",
    "abs(ratio / length - 1) < 0.1": "a guess at a unit",
    "np.maximum(half, 0.01 *": "a tolerance of its own",
    "ABSURD": "beyond any number that is meant",
}
"""Comparisons that no result and no finding hangs on by a last bit, and why."""


def modules() -> list[Path]:
    return sorted(path for part in GUARDED for path in (PACKAGE / part).rglob("*.py"))


def is_limit(node: ast.expr, module: ModuleType) -> bool:
    """Say whether an operand is a limit: a parameter of the run, or a constant with decimals."""
    for part in ast.walk(node):
        if isinstance(part, ast.Constant) and isinstance(part.value, float) and part.value % 1:
            return True
        if isinstance(part, ast.Attribute) and part.attr.endswith(("_threshold", "_multiple")):
            return True
        if isinstance(part, ast.Attribute) and "parameters" in ast.unparse(part.value):
            return True
        if isinstance(part, ast.Name) and part.id.isupper():
            value = getattr(module, part.id, None)
            if isinstance(value, float):
                return True
    return False


def compared(path: Path) -> list[str]:
    name = ".".join(["analysis", *path.relative_to(PACKAGE).with_suffix("").parts])
    module = importlib.import_module(name.removesuffix(".__init__"))
    return [
        f"{path.relative_to(PACKAGE)}:{node.lineno} {ast.unparse(node)}"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Compare)
        and any(isinstance(operator, ORDER) for operator in node.ops)
        and any(is_limit(side, module) for side in (node.left, *node.comparators))
    ]


def test_no_module_compares_a_derived_number_with_a_limit_itself() -> None:
    found = {each for path in modules() for each in compared(path)}
    assert not {each for each in found if not any(part in each for part in ALLOWED)}
    assert not [part for part in ALLOWED if not any(part in each for each in found)]
