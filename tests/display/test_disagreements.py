"""A p-value beside an interval that says otherwise: found in results, said by every table."""

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd
import pytest

from analysis.display import Column, Table
from analysis.display.columns import INTERVAL, P
from analysis.display.disagreements import TWO_METHODS
from analysis.results import rows_of
from analysis.results.intervals import DISAGREES, TESTED, interval_columns
from analysis.stats.intervals import Interval, Ratio, Scored

EXCLUDES = "P is not below {} although the {}\u202f% interval excludes no difference: "
INCLUDES = "P is below {} although the {}\u202f% interval includes no difference: "


def interval(low: float, high: float, z: float, *, level: float = 0.95) -> Interval:
    """Return an interval of a difference whose test is not that of its limits."""
    return Scored(
        estimate=(low + high) / 2, std_error=1.0, df=math.inf, lower=low, upper=high, level=level,
        method="score", score=lambda _: z,
    )  # fmt: skip


def ratio(low: float, high: float, log_error: float) -> Interval:
    return Ratio(
        estimate=2.0, std_error=log_error, df=math.inf, lower=low, upper=high, level=0.95,
        method="profile",
    )  # fmt: skip


def notes(found: Sequence[Interval], columns: Sequence[Column] = (INTERVAL, P)) -> list[str]:
    """Return the footnotes of a table of intervals, in groups of two rows."""
    rows: list[dict[str, Any]] = [
        {"group1_level": "XY"[at % 2], "group2_level": f"visit {at // 2}",
         **interval_columns(each, *TESTED)}
        for at, each in enumerate(found)
    ]  # fmt: skip
    results = rows_of(pd.DataFrame(rows), "t", context="test", data_status="published")
    return Table("T", results, {"group1_level": "Arm"}, columns, groups="group2_level").notes()


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (interval(0.1, 2.0, z=1.8), EXCLUDES.format("0.05", "95")),
        (interval(-2.0, -0.1, z=-1.8), EXCLUDES.format("0.05", "95")),
        (interval(-0.1, 2.0, z=2.1), INCLUDES.format("0.05", "95")),
        # At another level the test, too, is at another level.
        (interval(0.1, 2.0, z=1.6, level=0.9), EXCLUDES.format("0.1", "90")),
        (interval(-0.1, 2.0, z=1.8, level=0.9), INCLUDES.format("0.1", "90")),
        # No effect of a ratio is 1, which neither limit of the first is on the other side of.
        (ratio(1.1, 4.0, 0.40), EXCLUDES.format("0.05", "95")),
        (ratio(0.9, 4.0, 0.30), INCLUDES.format("0.05", "95")),
    ],
)
def test_where_p_and_interval_disagree_the_table_says_so(found: Interval, said: str) -> None:
    assert notes([found]) == [f"{said}X.", TWO_METHODS]


@pytest.mark.parametrize(
    "found",
    [
        interval(0.1, 2.0, z=2.1),
        interval(-0.1, 2.0, z=1.8),
        interval(0.1, 2.0, z=1.8, level=0.9),
        ratio(0.5, 8.0, 0.40),
        ratio(1.1, 4.0, 0.30),
        Interval(estimate=None, std_error=None, df=None, lower=None, upper=None, level=0.95,
                 method="none", reason="nobody"),
    ],
)  # fmt: skip
def test_where_they_agree_nothing_is_said(found: Interval) -> None:
    assert notes([found, interval(1, 2, z=3)]) == []


def test_only_what_stands_beside_an_interval_is_explained() -> None:
    odd = [interval(0.1, 2.0, z=1.8)]
    assert notes(odd, [INTERVAL]) == notes(odd, [P]) == []


def test_rows_of_one_name_are_told_apart_and_many_are_counted() -> None:
    odd, plain = interval(0.1, 2.0, z=1.8), interval(0.1, 2.0, z=3)
    [said, _] = notes([odd, plain, plain, odd])
    assert said.endswith(": visit 0, X; visit 1, Y.")
    [said, _] = notes([odd] * 14)
    assert said.endswith("; visit 2, X and 9 more.")


def test_an_interval_without_its_test_has_no_word_on_it() -> None:
    assert DISAGREES not in interval_columns(interval(0.1, 2.0, z=1.8), "estimate", "conf.low")
