"""What runs of a grid share: what is read of a run is noted, and nothing else decides."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from analysis import shared_folder
from analysis.contrasts.settings import ContrastParameters
from analysis.contrasts.settings import resolve as contrasts_of
from analysis.efficacy.baseline_table import baseline
from analysis.efficacy.growth_scores import growth_scores
from analysis.efficacy.over_time import by_visit
from analysis.efficacy.primary_tables import means, observed
from analysis.efficacy.settings import ControlledParameters, Settings, resolve
from analysis.efficacy.target_heights import target_heights
from analysis.results import Section
from analysis.results.fingerprints import Incomparable, fingerprint
from analysis.results.reads import watched
from analysis.results.shared import shared
from analysis.shared_folder import OPENED, SHARED_FOLDER, made_once


def run_of(**parameters: Any) -> Settings:
    return resolve(ControlledParameters(trial="ghd", **parameters))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv(SHARED_FOLDER, str(tmp_path / "shared"))
    before = dict(OPENED)
    yield tmp_path
    OPENED.clear()
    OPENED.update(before)


class Counting:
    """Makes something of a run, and says how often it was asked to."""

    def __init__(self, make: Any) -> None:
        self.make, self.times = make, 0

    def __call__(self, *given: Any) -> Any:
        self.times += 1
        return self.make(*given)


# what is read ---------------------------------------------------------------------------------


def names_of(reads: Any) -> set[str]:
    return {name for name, _ in reads.answers}


def test_fields_are_noted_whatever_looks_at_them() -> None:
    run, reads = watched(run_of(margin=1.5))
    assert run.margin_source.startswith("chosen for this run")
    assert names_of(reads) >= {"margin", "departs", "trial", "endpoint"}
    assert "conf_level" not in names_of(reads)


def test_a_copy_looks_at_nothing_and_a_change_hides_what_it_replaced() -> None:
    run, reads = watched(run_of(margin=1.5, conf_level=0.9))
    other = replace(run, conf_level=0.99)
    assert not reads.answers
    assert other.conf_level == 0.99
    assert not reads.answers, "this level is not the run's"
    assert other.margin == 1.5
    assert reads.answers == {("margin", None): 1.5}


def test_how_a_run_departs_is_noted_by_the_answer() -> None:
    run, reads = watched(run_of(margin=1.5, conf_level=0.9))
    assert run.plan_status == "exploratory"
    assert run.departs("margin", "direction")
    assert reads.answers == {
        ("plan_status", None): "exploratory",
        ("departs", ("margin", "direction")): True,
    }
    changed = replace(run, departures=())
    assert changed.plan_status == "planned"
    assert reads.answers["plan_status", None] == "exploratory", "what was changed is no answer"
    assert run.departures
    assert "departures" in names_of(reads)


def test_a_watched_run_is_one_of_its_kind() -> None:
    own = run_of()
    run, _ = watched(own)
    again, reads = watched(run)
    for each in (run, again):
        assert isinstance(each, Settings)
        assert type(each).__name__ == "Settings"
        assert each.in_brief() == own.in_brief()
    assert type(again).__mro__[1] is Settings
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = again.nothing  # type: ignore[attr-defined]
    assert "trial" in names_of(reads)


@pytest.mark.parametrize(
    ("section", "asks"),
    [
        (baseline, False), (observed, False), (growth_scores, False), (target_heights, False),
        (means, True), (by_visit, True),
    ],
    ids=lambda each: getattr(each, "words", None),
)  # fmt: skip
def test_only_what_has_an_interval_hangs_on_the_level(section: Section[Any], asks: bool) -> None:
    run, reads = watched(run_of())
    assert len(section(run))
    assert ("conf_level" in names_of(reads)) == asks


# what is shared -------------------------------------------------------------------------------


@pytest.mark.usefixtures("folder")
def test_a_run_takes_what_was_made_of_another_that_it_reads_alike() -> None:
    make = Counting(lambda run: (run.treatment, run.conf_level))
    for margin in (1.5, 2.0, 2.5):
        assert shared("one", run_of(margin=margin), make) == ("Valtropin", 0.95)
    assert make.times == 1
    assert shared("one", run_of(conf_level=0.9), make) == ("Valtropin", 0.9)
    assert make.times == 2
    shared("another", run_of(margin=1.5), make)
    assert make.times == 3, "another thing is made of the same run"


@pytest.mark.usefixtures("folder")
def test_what_is_read_may_hang_on_what_was_read_before() -> None:
    def looks(run: Settings) -> float | None:
        return run.margin if run.conf_level > 0.9 else run.conf_level

    make = Counting(looks)
    runs = [run_of(margin=m, conf_level=c) for c in (0.9, 0.95) for m in (1.5, 1.6)]
    assert [shared("one", run, make) for run in runs] == [0.9, 0.9, 1.5, 1.6]
    assert [shared("one", run, make) for run in runs[::-1]] == [1.6, 1.5, 0.9, 0.9]
    assert make.times == 3


@pytest.mark.usefixtures("folder")
def test_what_is_remembered_for_a_run_is_read_anew() -> None:
    """`subjects` remembers its rows: who asks second has read the population all the same."""
    run = run_of()
    run.subjects()
    own, reads = watched(run)
    own.subjects()
    assert "population" in names_of(reads)
    sizes = [len(shared("rows", run_of(population=p), lambda run: run.subjects())) for p in PEOPLE]
    assert sizes == [len(run_of(population=p).subjects()) for p in PEOPLE]
    assert len(set(sizes)) > 1


PEOPLE = ("full analysis", "randomised", "per protocol")


@pytest.mark.usefixtures("folder")
def test_what_is_made_inside_counts_as_read_outside() -> None:
    inner = Counting(lambda run: run.margin)
    outer = Counting(lambda run: ("made", shared("inner", run, inner)))
    found = [shared("outer", run_of(margin=m), outer)[1] for m in (1.5, 1.6, 1.5)]
    assert found == [1.5, 1.6, 1.5]
    assert (inner.times, outer.times) == (2, 2)
    wider = Counting(lambda run: (run.conf_level, shared("inner", run, inner)))
    found = [shared("wider", run_of(margin=m, conf_level=0.9), wider) for m in (1.5, 1.6)]
    assert found == [(0.9, 1.5), (0.9, 1.6)], "taken inside, and read outside"
    assert inner.times == 2


@pytest.mark.usefixtures("folder")
def test_a_section_of_two_kinds_of_run_asks_each_its_own() -> None:
    """`departures` stands on every page; a run of the ledger has no population."""
    parameters = ContrastParameters(product="Valtropin", comparator="Humatrope")
    runs = (run_of(), contrasts_of(parameters), run_of())
    make = Counting(lambda run: getattr(run, "population", "none"))
    assert [shared("one", run, make) for run in runs] == ["full analysis", "none", "full analysis"]
    assert make.times == 2


@pytest.mark.usefixtures("folder")
def test_another_trial_is_another_answer() -> None:
    make = Counting(lambda run: len(run.trial.tables["adsl"]))
    run = run_of()
    tables = {**run.trial.tables, "adsl": run.trial.tables["adsl"].iloc[1:]}
    fewer = replace(run, trial=replace(run.trial, tables=tables))
    size = len(run.trial.tables["adsl"])
    assert [shared("n", each, make) for each in (run, fewer, run_of())] == [size, size - 1, size]
    assert make.times == 2


def test_a_file_that_changed_is_read_anew(folder: Path) -> None:
    file = folder / "norms.csv"

    def read() -> str:
        OPENED[str(file)] = text = file.read_text()  # As a report notes it.
        return text

    file.write_text("one")
    make = Counting(read)
    assert made_once("norms", make) == "one"
    assert made_once("norms", make) == "one"
    assert make.times == 1
    file.write_text("two")
    OPENED[str(file)] = "two"
    assert made_once("norms", make) == "two"
    assert make.times == 2


@pytest.mark.usefixtures("folder")
def test_nothing_is_kept_that_cannot_be_compared_or_written() -> None:
    run = run_of()
    odd = replace(run, subgroups=(object(),))  # type: ignore[arg-type]
    make = Counting(lambda run: len(run.subgroups))
    assert [shared("odd", odd, make) for _ in range(2)] == [1, 1]
    assert make.times == 2
    unwritten = Counting(lambda run: lambda: run.conf_level)
    assert [shared("local", run, unwritten)() for _ in range(2)] == [0.95, 0.95]
    assert unwritten.times == 2


@pytest.mark.parametrize("why", ["nearly full", "read-only"])
def test_a_disk_that_takes_nothing_costs_time_and_no_run(
    folder: Path, monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    def refuse(*_: Any) -> Any:
        if why == "nearly full":
            return SimpleNamespace(free=shared_folder.LEFT_FREE)
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(shared_folder.shutil, "disk_usage", refuse)
    make = Counting(lambda: 1)
    assert [made_once("one", make) for _ in range(2)] == [1, 1]
    assert make.times == 2
    assert not [path for path in folder.rglob("*") if path.is_file()]


def test_nothing_is_shared_where_nobody_asks(tmp_path: Path) -> None:
    assert not os.environ.get(SHARED_FOLDER)
    make = Counting(lambda run: run.conf_level)
    assert [shared("one", run_of(), make) for _ in range(2)] == [0.95, 0.95]
    assert make.times == 2
    assert not list(tmp_path.iterdir())


# fingerprints ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, 1.0),
        (1, True),
        (("a", "b"), ("ab",)),
        (("a", ("b",)), (("a", "b"),)),
        ({"a": 1, "b": 2}, {"a": 2, "b": 1}),
        (None, "None"),
        (pd.DataFrame({"y": [1, 2]}), pd.DataFrame({"y": [1.0, 2.0]})),
        (pd.DataFrame({"y": [1, 2]}), pd.DataFrame({"y": [1, 2]}, index=[5, 6])),
        (pd.DataFrame({"y": ["a"]}), pd.DataFrame({"y": ["a"]}, dtype="category")),
    ],
)
def test_what_differs_has_another_fingerprint(one: Any, other: Any) -> None:
    assert fingerprint(one) == fingerprint(one)
    assert fingerprint(one) != fingerprint(other)


def test_what_nothing_compares_has_none() -> None:
    for odd in (object(), SimpleNamespace(a=1), {"a": [object()]}, pd.DataFrame({"y": [[1]]})):
        with pytest.raises(Incomparable):
            fingerprint(odd)
