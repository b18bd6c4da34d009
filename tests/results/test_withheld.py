"""Small counts are withheld, and nothing that stands beside them gives them away."""

from __future__ import annotations

import random
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.results import COUNTED, PROPORTION, Counted, rows_of
from analysis.results.points import parts, points_of
from analysis.results.withheld import AMONG, RESTS, WITHHELD, withheld
from analysis.sources.trial.plan_disclosure import Allowed

STRICT = Allowed(listed=False, identifiers=False, points="grouped", minimum=5, dates=False)
OPEN = Allowed(listed=True, identifiers=True, points="exact", minimum=0, dates=True)
ROUNDED = Allowed(listed=False, identifiers=False, points="rounded", minimum=0, dates=False)
ARMS = ["new", "old"]


def written(frame: pd.DataFrame, allowed: Allowed = STRICT, unit: str = "") -> pd.DataFrame:
    """Rows as they are shown: one row each, one column a statistic."""
    shown = withheld(frame, allowed, arms=ARMS, unit=unit)
    labels = {"data_status": "real", "plan_status": "planned", "source": "test"}
    return rows_of(shown.assign(**labels), "test", context="test", unit=unit).wide()


def counts(*n: int, size: int = 30, **columns: Any) -> pd.DataFrame:
    frame = pd.DataFrame({"group1_level": "new", "n": n, "N": size, **columns})
    return frame.assign(p=frame["n"] / frame["N"])


@pytest.mark.parametrize(
    ("n", "shown", "share"),
    [
        (0, "0", "0.0"),
        (1, "< 5", WITHHELD),
        (4, "< 5", WITHHELD),
        (5, "5", "16.7"),
        (25, "25", "83.3"),
        (26, "> 25", WITHHELD),
        (29, "> 25", WITHHELD),
        (30, "30", "100.0"),
    ],
)
def test_a_count_and_what_it_leaves_of_all(n: int, shown: str, share: str) -> None:
    row = written(counts(n)).iloc[0]
    assert (row["n"], row["p"], row["N"]) == (shown, share, "30")


def test_nothing_is_withheld_where_the_plan_is_open() -> None:
    assert written(counts(1, 2, variable_level=["a", "b"]), OPEN)["n"].tolist() == ["1", "2"]


def test_the_size_of_the_population_is_what_all_are_where_no_n_is_given() -> None:
    frame = pd.DataFrame({"group1_level": ["new"], "n": [28], "mean": [1.0], "n_population": [30]})
    row = written(frame).iloc[0]
    assert (row["n"], row["mean"]) == ("> 25", "1.00"), "a mean of 28 is nobody's value"


def test_means_of_few_and_a_population_of_few_are_withheld_whole() -> None:
    frame = pd.DataFrame({"group1_level": ["new"], "n": [3], "mean": [1.0], "sd": [0.5]})
    assert written(frame)[["n", "mean", "sd"]].iloc[0].tolist() == ["< 5", WITHHELD, WITHHELD]
    few = pd.DataFrame({"group1_level": ["new"], "estimate": [1.0], "n_population": [3]})
    shown = withheld(few, STRICT, arms=ARMS)
    assert shown["words:estimate"].tolist() == [WITHHELD]
    assert shown["n_population"].tolist() == [""]


def test_missing_values_of_few_hide_those_who_have_one() -> None:
    frame = pd.DataFrame({"group1_level": ["new"], "n": [58], "N_miss": [2], "mean": [1.0]})
    row = written(frame).iloc[0]
    assert (row["n"], row["N_miss"], row["mean"]) == (WITHHELD, "< 5", "1.00")


def test_smallest_and_largest_are_somebodys_values() -> None:
    frame = pd.DataFrame({"group1_level": ["new"], "n": [30], "min": [1.0], "max": [9.0]})
    assert written(frame)[["min", "max"]].iloc[0].tolist() == [WITHHELD, WITHHELD]
    assert written(frame, ROUNDED)["min"].tolist() == ["1.0"]


def test_a_rate_of_few_is_withheld_with_its_events() -> None:
    frame = pd.DataFrame({"group1_level": ["new"], "events": [2], "N": [40], "estimate": [5.0]})
    assert written(frame, unit="per 100")["estimate"].tolist() == [WITHHELD]


def test_records_of_few_participants_are_few() -> None:
    def row(*who: str) -> pd.DataFrame:
        own = Counted.all(pd.DataFrame({"USUBJID": list(who)}))
        return pd.DataFrame(
            {"group1_level": ["new"], "events": [len(who)], "N": [40], COUNTED: [own]}
        )

    assert written(row(*"AABBCC"))["events"].tolist() == [WITHHELD]
    assert written(row(*"ABCDEF"))["events"].tolist() == ["6"]
    assert withheld(row(*"AABBCC"), STRICT, arms=ARMS)[COUNTED].tolist() == [None]


def test_a_total_and_a_difference_go_with_an_arm() -> None:
    frame = pd.DataFrame(
        {
            "group1_level": ["new", "old", "Total", "new − old"],
            "n": [3, 12, 15, np.nan],
            "N": [30, 30, 60, np.nan],
            "estimate": [0.1, 0.4, 0.25, -0.3],
        }
    )
    found = written(frame, unit=PROPORTION)
    assert found["estimate"].tolist() == [WITHHELD, "40.0", WITHHELD, WITHHELD]
    assert found["n"].tolist()[:3] == ["< 5", "12", WITHHELD]


@pytest.mark.parametrize(
    ("pairs", "shown"),
    [
        (((3, 30), (12, 30)), WITHHELD),
        (((27, 30), (12, 30)), WITHHELD),
        (((8, 30), (12, 30)), "-13.0"),
        ((), "-13.0"),
    ],
)
def test_a_row_that_rests_on_counts_elsewhere(pairs: object, shown: str) -> None:
    frame = pd.DataFrame({"group1_level": ["new − old"], "estimate": [-0.13], RESTS: [pairs]})
    assert written(frame, unit=PROPORTION)["estimate"].tolist() == [shown.replace("-", "−")]


@pytest.mark.parametrize(
    ("n", "shown"),
    [
        ((4, 4), [WITHHELD, WITHHELD]),
        ((1, 1, 1, 1), [WITHHELD] * 4),
        ((3, 4), ["< 5", "< 5"]),
        ((4, 4, 9, 20), ["< 5", "< 5", WITHHELD, "20"]),
    ],
)
def test_no_bounds_that_give_a_sum_away(n: tuple[int, ...], shown: list[str]) -> None:
    """Two counts below 5 that are 8 together are 4 and 4; four that are 4 are 1 each."""
    frame = counts(*n, size=100, variable_level=list("abcd")[: len(n)])
    assert written(frame)["n"].tolist() == shown


def test_no_bound_is_said_of_a_total_of_a_withheld_arm() -> None:
    frame = pd.DataFrame({"group1_level": ["new", "old", "Total"], "n": [1, 1, 2], "N": 30})
    assert written(frame)["n"].tolist() == ["< 5", "< 5", WITHHELD]


def test_a_set_that_leaves_few_of_its_arm_is_withheld() -> None:
    sizes = pd.DataFrame({"group1_level": ["new", "old"], "n": [45, 40], AMONG: [49, 49]})
    assert written(sizes)["n"].tolist() == ["> 44", "40"]


@pytest.mark.parametrize(
    ("n", "size", "arm", "shown"),
    [
        (12, 84, 86, ["12", "> 81", WITHHELD]),
        (84, 84, 86, ["> 81", "> 81", WITHHELD]),
        (0, 47, 49, ["0", "> 44", WITHHELD]),
        (12, 81, 86, ["12", "81", "14.8"]),
        (12, 86, 86, ["12", "86", "14.0"]),
    ],
)
def test_a_size_that_leaves_few_of_its_arm(n: int, size: int, arm: int, shown: list[str]) -> None:
    """Two of 86 have no value: neither the 84 nor a share of them is shown."""
    frame = counts(n, size=size, **{AMONG: arm}).assign(n_population=size)
    row = written(frame).iloc[0]
    assert row[["n", "N", "p"]].tolist() == shown
    hidden = withheld(frame, STRICT, arms=ARMS)["n_population"].tolist() == [""]
    assert hidden == (shown[1] == f"> {arm - 5}")


@pytest.mark.parametrize(("size", "shown"), [(84, WITHHELD), (81, "7.0")])
def test_a_difference_of_shares_goes_with_the_size_of_an_arm(size: int, shown: str) -> None:
    frame = pd.DataFrame(
        {
            "group1_level": ["new", "old", "new − old"],
            "n": [12, 8, np.nan],
            "N": [size, 80, np.nan],
            "estimate": [12 / size, 0.1, 0.07],
            AMONG: [86, 80, 166],
        }
    )
    found = written(frame, unit=PROPORTION)["estimate"].tolist()
    frame = frame.assign(n_population=[size, 80, size + 80])
    sizes = withheld(frame, STRICT, arms=ARMS, unit=PROPORTION)["n_population"].tolist()
    assert sizes == (["", 80, ""] if shown == WITHHELD else [size, 80, size + 80])
    assert found[2] == shown
    assert (found[0] == WITHHELD) == (shown == WITHHELD)
    assert found[1] == "10.0"


def test_a_size_that_is_rounded_tells_of_nobody() -> None:
    frame = pd.DataFrame({"group1_level": ["new"], "events": [20], "N": [85], AMONG: [np.nan]})
    assert written(frame)["N"].tolist() == ["85"]


@pytest.mark.parametrize(
    ("of_all", "shown"),
    [
        ({"n": 139}, WITHHELD),
        ({"n.test": 92}, WITHHELD),
        ({"n.reference": 47}, WITHHELD),
        ({"parameter": 131.0}, WITHHELD),
        ({"parameter": np.inf}, "∞"),
        ({"n": 147}, "147"),
    ],
)
def test_no_sum_over_the_arms_where_one_leaves_out_few(
    of_all: dict[str, float], shown: str
) -> None:
    """Of 147, 92 of 98 in one arm and 139 in all are analysed: so 2 of 49 are not."""
    frame = pd.DataFrame([{"group1_level": "new − old", "estimate": 0.1, **of_all}])
    frame = frame.assign(n_population=147)
    (name,) = of_all
    told, kept = (withheld(frame, STRICT, arms=ARMS, sums=sums) for sums in (False, True))
    labels = {"data_status": "real", "plan_status": "planned", "source": "test"}
    rows = [rows_of(each.assign(**labels), "test", context="test").wide() for each in (told, kept)]
    assert rows[0][name].tolist() == [shown]
    assert rows[0]["estimate"].tolist() == ["0.10"]
    assert rows[1][name].tolist() != [WITHHELD]


def test_degrees_of_freedom_go_with_the_number_that_they_tell() -> None:
    frame = pd.DataFrame(
        {"group1_level": ["new", "old"], "n": [28, 22], "parameter": [27, 21], "estimate": 1.0}
    ).assign(n_population=30)
    rows = written(frame)
    assert rows["n"].tolist() == ["> 25", "22"]
    assert rows["parameter"].tolist() == [WITHHELD, "21"]


def test_grades_of_one_each_say_no_bound() -> None:
    """Any < 5, and four grades of at least one: each is one, whatever stands beside them."""
    levels = ["Grade 1", "Grade 2", "Grade 3", "Grade 4", "Grade 3 or higher"]
    frame = counts(1, 1, 1, 1, 2, size=100, variable_level=levels)
    assert written(frame)["n"].tolist() == [WITHHELD] * 5
    others = counts(1, 1, 2, 1, 3, size=100, variable_level=levels)
    assert set(written(others)["n"]) == {"< 5"}, "five in all are no fewer than 5"
    pairs = counts(1, 1, 7, size=100, variable_level=["a", "b", "c"])
    least = Allowed(listed=False, identifiers=False, points="grouped", minimum=3, dates=False)
    assert written(pairs, least)["n"].tolist()[:2] == [WITHHELD] * 2


def test_no_digit_that_is_not_shown() -> None:
    labels = {"data_status": "real", "plan_status": "planned", "source": "test", "N": 7}
    frame = pd.DataFrame({"p": [1 / 7], "mean": [10.0049], "p.value": [0.04219], **labels})
    for as_shown, kept in ((True, [0.143, 10.0, 0.042]), (False, [1 / 7, 10.0049, 0.04219])):
        rows = rows_of(frame, "test", context="test", as_shown=as_shown).frame
        assert rows.set_index("stat_name").loc[["p", "mean", "p.value"], "stat"].tolist() == kept
        assert rows["stat_fmt"].tolist() == ["14.3", "10.00", "0.042", "7"]
    tiny = rows_of(frame.assign(**{"p.value": 3.26e-7}), "test", context="test", as_shown=True)
    assert tiny.frame.set_index("stat_name").loc["p.value", "stat"] == 3e-7


def test_what_counts_terms_counts_nobody() -> None:
    frame = pd.DataFrame({"group1_level": ["new"], "n": [2], "N": [40], RESTS: [()]})
    assert written(frame)["n"].tolist() == ["2"]


def test_published_numbers_are_public_already() -> None:
    frame = counts(2).assign(data_status="published")
    shown = withheld(frame, STRICT, arms=ARMS)
    assert not [name for name in shown if str(name).startswith("words:")]


THREE = list(product(range(0, 14), repeat=3))
"""Counts of three levels."""


@pytest.mark.parametrize("along", ["variable_level", "group2_level", "variable"])
@pytest.mark.parametrize(
    "tried",
    [
        random.Random(5).sample(THREE, len(THREE) // 10),
        pytest.param(THREE, marks=pytest.mark.thorough),
    ],
    ids=["one in ten", "all"],
)
def test_levels_that_add_up_never_leave_one_to_be_computed(
    tried: list[tuple[int, ...]], along: str
) -> None:
    """Whatever the counts of three levels, all and what is shown leave room for a small count."""
    for n in tried:
        frame = counts(*n, size=sum(n) or 1, **{along: ["a", "b", "c"]})
        shown = written(frame)["n"]
        gone = [size for size, word in zip(n, shown, strict=True) if not word.isdigit()]
        small = any(0 < size < 5 for size in n)
        assert small <= bool(gone), n
        if small and sum(n) >= 5:
            # All less what is shown is what is withheld together: of two or more, and not few.
            others = [size for size in n if size and size != sum(n)]
            assert len(gone) > 1 or len(others) == 1, n
            assert sum(gone) >= 5 or len(gone) == len(others), n


def test_participants_in_parts_of_at_least_the_minimum() -> None:
    for size in range(60):
        sizes = np.bincount(parts(size, STRICT))[1:] if size >= 5 else []
        assert all(each >= 5 for each in sizes)
        assert sum(sizes) == (size if size >= 5 else 0)
    assert not parts(4, STRICT).any()


def test_the_order_of_rows_carries_nothing() -> None:
    rng = np.random.default_rng(1)
    values = pd.DataFrame(
        {"arm": "new", "value": rng.normal(size=23), "other": rng.normal(size=23)}
    )
    shuffled = values.sample(frac=1, random_state=2)
    for allowed in (ROUNDED, STRICT):
        one, two = (points_of(each, ["value", "other"], allowed, by=["arm"], places=1)
                    for each in (values, shuffled))  # fmt: skip
        pd.testing.assert_frame_equal(one, two)
        assert one["value"].is_monotonic_increasing
        assert (one["value"] == one["value"].round(1)).all()
    assert len(one) == 4, "23 participants are four parts of at least five"
    exact = points_of(values, ["value", "other"], OPEN, by=["arm"], places=1)
    pd.testing.assert_frame_equal(exact.drop(columns="number"), values)
