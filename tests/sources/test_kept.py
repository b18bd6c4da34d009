"""A trial that was read stays in memory as long as its files stay as they were, and no longer."""

import builtins
import io
import os
import shutil
from collections.abc import Callable, Collection
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from corpus import write_trial

from analysis import paths
from analysis.errors import UserError
from analysis.sources.kept import Files
from analysis.sources.trial import trial as trials
from analysis.sources.trial.tables import once
from analysis.sources.trial.trial import Trial, load_trial, read_trial

OLD = 1_700_000_000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A trial as csv, none of whose files is young."""
    made = write_trial(tmp_path / "own", suffix="csv")
    for path in made.iterdir():
        os.utime(path, (OLD, OLD))
    return made


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The folders that were really read."""
    seen: list[Path] = []
    read = trials._read

    def noted(folder: Path) -> Trial:
        seen.append(folder)
        return read(folder)

    monkeypatch.setattr(trials, "_read", noted)
    monkeypatch.setattr(trials, "_KEPT", {})
    return seen


def _same_size(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    assert len(old) == len(new)
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def _edit_plan(folder: Path) -> None:
    with (folder / "trial.yml").open("a", encoding="utf-8") as file:
        file.write("# a remark\n")


def _edit_table(folder: Path) -> None:
    _same_size(folder / "advs.csv", "MONTH 12".title(), "Month 13")


def _edit_as_if_never(folder: Path) -> None:
    """Same size, same inode, and the old time put back."""
    path = folder / "advs.csv"
    before = path.stat()
    _edit_table(folder)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def _put_in_place(folder: Path) -> None:
    """As editors save: another file of the same size, renamed over it."""
    other = folder / "advs.new"
    shutil.copy2(folder / "advs.csv", other)
    _same_size(other, "Month 12", "Month 13")
    os.utime(other, (OLD, OLD))
    other.replace(folder / "advs.csv")


def _add_second(folder: Path) -> None:
    shutil.copy2(folder / "advs.csv", folder / "advs.csv.gz")


def _add_other_format(folder: Path) -> None:
    (folder / "adxy.xlsx").touch()  # Named like no table of the plan.
    (folder / "ADLB.xlsx").touch()


def _remove(folder: Path) -> None:
    (folder / "adlb.csv").unlink()


def _remove_plan(folder: Path) -> None:
    (folder / "trial.yml").unlink()


def _remove_all(folder: Path) -> None:
    shutil.rmtree(folder)


CHANGES = (
    *(_edit_plan, _edit_table, _edit_as_if_never, _put_in_place, _add_second),
    *(_add_other_format, _remove, _remove_plan, _remove_all),
)


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_a_trial_is_current_until_a_file_changes(
    change: Callable[[Path], None], folder: Path, reads: list[Path]
) -> None:
    trial = read_trial(folder)
    assert trial.is_current
    change(folder)
    assert not trial.is_current
    try:
        again = read_trial(folder)
    except UserError:
        assert not (folder / "trial.yml").exists()
    else:
        assert again.is_current
    assert len(reads) == 1 + folder.exists()


@pytest.mark.parametrize("time", [0, OLD])
def test_a_file_rewritten_at_once_is_seen(time: int, tmp_path: Path) -> None:
    # Size and inode are the same, and the time can be: many a clock of files ticks every 4 ms.
    path = tmp_path / "one.csv"
    for number in range(100, 200):
        path.write_text(str(number))
        files = Files()
        files.look([path])
        assert files.unchanged([path])
        path.write_text(str(number + 1))
        if time:
            os.utime(path, (time, time))
        assert not files.unchanged([path])


def test_a_file_that_is_old_is_looked_at_and_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "one.csv"
    path.write_text("1")
    files = Files()
    monkeypatch.setattr("analysis.sources.kept.YOUNG", -(10**18))
    files.look([path])
    monkeypatch.setattr("analysis.sources.kept.sha256", lambda path: pytest.fail(f"read {path}"))
    assert files.unchanged([path])
    path.write_text("12")
    assert not files.unchanged([path])


@pytest.mark.parametrize("young", [False, True])
def test_what_has_not_changed_is_read_once(young: bool, folder: Path, reads: list[Path]) -> None:
    if young:
        for path in folder.iterdir():
            path.touch()
    first = load_trial(folder)
    # Notes beside the tables, and what spreadsheets leave while they are open, are no tables.
    (folder / "notes.txt").touch()
    (folder / ".~lock.advs.csv#").touch()
    again = load_trial(str(folder))
    assert first.is_current
    assert reads == [folder]
    assert again.plan == first.plan
    assert again.findings == first.findings
    for name, table in first.tables.items():
        pd.testing.assert_frame_equal(again.tables[name], table)
        assert again.tables[name].attrs == table.attrs


def test_no_caller_changes_what_another_has(folder: Path, reads: list[Path]) -> None:
    mine, other = load_trial(folder), load_trial(folder)
    expected = {name: table.copy() for name, table in other.tables.items()}
    adsl = mine.tables["adsl"]
    adsl.loc[0, "SEX"] = "?"
    adsl["AGE"] += 100
    adsl["NEW"] = 1
    adsl.iloc[1:3, 2] = adsl.iloc[4:6, 2].to_numpy()
    del adsl["SAFFL"]
    adsl.index.name = "mine"
    adsl.attrs["labels"] = {"AGE": "mine"}
    mine.tables["advs"].columns = [name.lower() for name in mine.tables["advs"]]
    del mine.tables["adlb"]
    mine.plan.populations["everyone"] = "SAFFL"
    mine.plan.units.clear()
    for trial in (other, load_trial(folder)):
        assert list(trial.tables) == list(expected)
        for name, table in expected.items():
            pd.testing.assert_frame_equal(trial.tables[name], table)
            assert trial.tables[name].index.name is None
            assert trial.tables[name].attrs == table.attrs
        assert "everyone" not in trial.plan.populations
    assert reads == [folder]


def test_errors_are_kept_too(folder: Path, reads: list[Path]) -> None:
    (folder / "adlb.csv").unlink()
    said = []
    for _ in range(2):
        with pytest.raises(trials.TrialError) as error:
            load_trial(folder)
        said.append(str(error.value))
    assert said[0] == said[1]
    assert reads == [folder]


def test_few_are_kept(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reads = []
    one = read_trial(folder)

    def read(folder: Path) -> Trial:
        reads.append(folder)
        return replace(one, folder=folder, files=None)

    monkeypatch.setattr(trials, "_read", read)
    monkeypatch.setattr(trials, "_KEPT", {})
    folders = [tmp_path / str(number) for number in range(trials.MOST_KEPT + 1)]
    for each in folders:
        each.mkdir()
        read_trial(each)
    assert len(trials._KEPT) == trials.MOST_KEPT
    # The first had gone; when it comes again, the third goes and not the second, just used.
    read_trial(folders[1])
    read_trial(folders[0])
    assert reads == [*folders, folders[0]]
    assert set(trials._KEPT) == {folders[number] for number in (0, 1, *range(3, len(folders)))}


def test_every_file_that_is_opened_is_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A rule that reads another file of the project must be known to what tells a change."""
    monkeypatch.setattr(trials, "_KEPT", {})
    opened: set[Path] = set()
    real = builtins.open

    def noting(file: Any, *arguments: Any, **named: Any) -> Any:
        opened.add(Path(file) if isinstance(file, str | Path) else Path())
        return real(file, *arguments, **named)

    for module in (builtins, io):
        monkeypatch.setattr(module, "open", noting)
    trial = read_trial("ghd")
    monkeypatch.undo()
    data = {path for path in opened if path.is_relative_to(paths.DATA)}
    assert {paths.DATA / "trials" / "ghd" / name for name in ("trial.yml", "adsl.csv")} < data
    assert data <= set(trials._files_of(trial.folder, trial.plan))


def test_a_trial_made_by_hand_rests_on_no_file() -> None:
    assert Trial(plan=None, folder=Path("nowhere"), tables={}).is_current  # type: ignore[arg-type]


# Tables, kept by what is in their files ----------------------------------------------------------


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files of tables that were really parsed."""
    seen: list[str] = []
    read = once.read_table

    def noted(path: Path, *, text: Collection[str]) -> pd.DataFrame:
        seen.append(path.name)
        return read(path, text=text)

    monkeypatch.setattr(once, "read_table", noted)
    monkeypatch.setattr(once, "_KEPT", {})
    monkeypatch.setattr(trials, "_KEPT", {})
    return seen


def _new_plan(folder: Path, old: str, new: str) -> None:
    path = folder / "trial.yml"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_after_an_edit_only_what_was_edited_is_parsed(folder: Path, parsed: list[str]) -> None:
    tables = {path.name for path in folder.glob("*.csv")}
    first = read_trial(folder)
    assert set(parsed) == tables
    parsed.clear()
    _edit_plan(folder)
    again = read_trial(folder)
    assert parsed == []
    assert again.findings == first.findings
    _edit_table(folder)
    other = read_trial(folder)
    assert parsed == ["advs.csv"]
    assert set(other.tables["advs"]["AVISIT"]) - set(first.tables["advs"]["AVISIT"]) == {"Month 13"}
    for name in set(first.tables) - {"advs"}:
        pd.testing.assert_frame_equal(other.tables[name], first.tables[name])


def test_another_folder_with_the_same_tables_is_told_the_same(
    folder: Path, tmp_path: Path, parsed: list[str]
) -> None:
    first = read_trial(folder)
    parsed.clear()
    second = read_trial(shutil.copytree(folder, tmp_path / "second"))
    assert parsed == []
    # What is done to the one does not show in the other, nor in what is kept.
    second.tables["adsl"].loc[0, "SEX"] = "?"
    second.tables["adsl"].attrs["labels"] = {"SEX": "mine"}
    third = read_trial(shutil.copytree(folder, tmp_path / "third"))
    assert parsed == []
    for name, table in first.tables.items():
        pd.testing.assert_frame_equal(third.tables[name], table)
        assert third.tables[name].attrs == table.attrs


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("treatment: Valtropin", "treatment: NA"),
        ("levels:", "levels:\n  RACE: [NA]"),
        ("populations:", "populations:\n  of age: AGE"),
    ],
)
def test_what_the_plan_says_of_a_table_has_it_read_anew(
    old: str, new: str, folder: Path, parsed: list[str]
) -> None:
    read_trial(folder)
    tables = sorted(parsed)
    parsed.clear()
    _new_plan(folder, old, new)
    read_trial(folder)
    assert sorted(parsed) == tables


def test_a_table_that_is_written_while_it_is_read_is_not_kept(
    folder: Path, parsed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path, before = folder / "advs.csv", (folder / "advs.csv").read_bytes()
    noted = once.read_table

    def slow(read: Path, *, text: Collection[str]) -> pd.DataFrame:
        found = noted(read, text=text)
        if read == path:
            _edit_table(folder)
        return found

    monkeypatch.setattr(once, "read_table", slow)
    read_trial(folder)
    monkeypatch.setattr(once, "read_table", noted)
    parsed.clear()
    assert "Month 13" in set(read_trial(folder).tables["advs"]["AVISIT"])
    path.write_bytes(before)
    assert "Month 13" not in set(read_trial(folder).tables["advs"]["AVISIT"])
    assert parsed == ["advs.csv", "advs.csv"]


def test_of_tables_only_so_many_cells_are_kept(
    folder: Path, parsed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = {f"{name}.csv": table.size for name, table in read_trial(folder).tables.items()}
    largest = max(sizes, key=lambda name: sizes[name])
    monkeypatch.setattr(once, "_KEPT", {})
    monkeypatch.setattr(once, "MOST_CELLS", sizes[largest] - 1)
    _edit_plan(folder)
    read_trial(folder)
    assert sum(kept.table.size for kept in once._KEPT.values()) < sizes[largest]
    parsed.clear()
    _edit_plan(folder)
    read_trial(folder)
    assert largest in parsed
