"""The runs that no stored notebook covers, held by their stored results.

nbval compares the default run of every notebook. The results of the other runs stand in
``tests/reference``; ``make refresh`` writes them.
"""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from analysis import paths
from analysis.display.comparison import comparison_text
from analysis.errors import UserError
from analysis.numbers import decimals
from analysis.report import stored as storing
from analysis.report.compare import REFERENCE, compare_paths, write_reference
from analysis.report.executor import Place
from analysis.report.index import FAMILIES
from analysis.report.job import Job, Outcome
from analysis.report.place import RESULTS as FILE
from analysis.report.results_files import read_results
from analysis.report.runs import Run, load_runs
from analysis.results import COLUMNS

TOLERANCE = 1e-6
OF_THE_PROJECT = [run for run in load_runs(paths.RUNS).values() if run.notebook in FAMILIES]
RUNS = [run.name for run in storing.beyond_defaults(OF_THE_PROJECT)]


def test_every_run_beyond_the_defaults_is_stored_and_nothing_else() -> None:
    stored = {path.parent.name for path in REFERENCE.glob(f"*/{FILE}")}
    assert stored == set(RUNS), "run make refresh"


@pytest.mark.parametrize("name", RUNS)
def test_results_are_the_stored_ones(report: Path, name: str) -> None:
    found = compare_paths(REFERENCE / name, report / name, tolerance=TOLERANCE)
    text = comparison_text(found.changes, compared=found.compared, tolerance=found.tolerance)
    assert not found.differs, f"{text}\nIf these changes are meant, run make refresh."
    # Numbers within the tolerance may round to another last digit, but not to another length.
    shown = found.changes[["before", "after"]].map(decimals)
    assert (shown["before"] == shown["after"]).all(), text


@pytest.mark.parametrize("name", RUNS)
def test_stored_files_are_rounded_and_small(name: str, tmp_path: Path) -> None:
    stored = REFERENCE / name / FILE
    write_reference(stored, tmp_path / FILE)
    assert (tmp_path / FILE).read_bytes() == stored.read_bytes()
    # The safety tables of a real trial have 44,000 rows, of them 8,600 the rate of every term.
    assert stored.stat().st_size < 5_000_000


def test_a_run_that_only_repeats_the_defaults_is_not_stored_again() -> None:
    notebook = "1_programme"
    runs = [
        Run(name="plain", notebook=notebook),
        Run(name="same", notebook=notebook, parameters={"conf_level": 0.95}),
        Run(name="other", notebook=notebook, parameters={"conf_level": 0.9}),
    ]
    assert [run.name for run in storing.beyond_defaults(runs)] == ["other"]


def test_refresh_follows_the_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def perform_all(jobs: list[Job], _: Place) -> Iterator[Outcome]:
        (job,) = jobs
        assert job.run.parameters == {"conf_level": 0.9}
        row = {"analysis_id": job.run.name, "stat_name": "n", "stat": 1 / 3, "stat_fmt": "0.3"}
        table = pd.DataFrame([row]).reindex(columns=COLUMNS).to_csv(index=False)
        yield Outcome(job.run.name, {FILE: table.encode()})

    monkeypatch.setattr(storing, "perform_all", perform_all)
    runs = [
        Run(name="stored", notebook="1_programme"),
        Run(name="other", notebook="1_programme", parameters={"conf_level": 0.9}),
    ]
    gone = tmp_path / "gone" / FILE
    gone.parent.mkdir()
    gone.touch()
    (tmp_path / "README.md").touch()
    for _ in range(2):
        written = list(storing.refresh_references(runs, tmp_path))
        assert written == [tmp_path / "other" / FILE]
        assert sorted(path.name for path in tmp_path.iterdir()) == ["README.md", "other"]
        assert read_results(written[0])["stat"].tolist() == ["0.333333333333"]


def test_a_failure_leaves_what_is_stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def perform_all(jobs: list[Job], _: Place) -> Iterator[Outcome]:
        yield from (Outcome(job.run.name, error=f"run {job.run.name} stopped") for job in jobs)

    monkeypatch.setattr(storing, "perform_all", perform_all)
    old = tmp_path / "other" / FILE
    old.parent.mkdir()
    old.write_text("as it was")
    runs = [Run(name="other", notebook="1_programme", parameters={"conf_level": 0.9})]
    with pytest.raises(UserError, match="run other stopped"):
        list(storing.refresh_references(runs, tmp_path))
    assert old.read_text() == "as it was"


def test_references_stand_in_the_project() -> None:
    assert REFERENCE.is_relative_to(paths.ROOT / "tests")
