"""The table of ``make bench``: what its rows are, and what stands in them."""

from importlib import import_module
from typing import Any

import pytest

from analysis import paths


@pytest.fixture
def comparison(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(paths.ROOT / "tests" / "benchmarks"))
    return import_module("comparison")


def of(comparison: Any, **changes: Any) -> Any:
    given = {
        "what": "Counting", "baseline": "a loop", "sizes": (10, 100, 1000), "of": "events",
        "make": range, "ours": sum, "theirs": lambda data: 4.0 * (sum(data) >= 0),
    }  # fmt: skip
    return comparison.Comparison(**given | changes)


def test_a_row_divides_the_baseline_by_the_project(comparison: Any) -> None:
    found = {"took": [0.1, 1.0, 10.0], "ours": 10.0, "theirs": 12_345.0, "peak": 99.6}
    cells = comparison.row(of(comparison), found)
    assert cells == [
        "Counting", "1,000 events", "10 s", "a loop", "12,300 s", "1,230", "1.0", "100 MB",
    ]  # fmt: skip
    square = comparison.row(of(comparison, at=100), found | {"took": [0.1, 10.0, 1000.0]})
    assert (square[1], square[6]) == ("100 events", "2.0")


def test_a_baseline_that_is_not_there_has_no_ratio(
    comparison: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter(range(1000))
    monkeypatch.setattr(comparison, "processor", lambda: float(next(clock)))
    found = comparison.measured(of(comparison, theirs=lambda _: None))
    assert comparison.row(of(comparison), found)[4:6] == ["not installed", ""]


def test_a_sample_of_the_baseline_counts_as_often_as_it_says(
    comparison: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter(range(1000))
    monkeypatch.setattr(comparison, "processor", lambda: float(next(clock)))
    found = comparison.measured(of(comparison))
    assert (found["took"], found["ours"], found["theirs"]) == ([1.0, 1.0, 1.0], 1.0, 4.0)


@pytest.mark.usefixtures("comparison")
def test_modules_with_rows_name_what_they_are_compared_with() -> None:
    run = import_module("run")
    listed = run.comparisons(["mmrm", "imputation"])
    assert {module for module, _, _ in listed} == {"bench_mmrm", "bench_imputation"}
    for _, _, each in listed:
        assert each.what
        assert each.baseline
        assert list(each.sizes) == sorted(set(each.sizes))
        assert each.compared_at in each.sizes
    assert run.comparisons(["no such module"]) == []
    assert run.table([["x"] * len(run.HEADER)]).count("\n") == 2
