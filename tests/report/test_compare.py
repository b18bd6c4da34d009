"""Comparing results: what is a change, what comes first, what the command says and returns."""

import shutil
import subprocess
from html import unescape
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.__main__ import main
from analysis.display.comparison import comparison_text
from analysis.errors import UserError
from analysis.report.anchors import places, words_of
from analysis.report.compare import (
    CHANGES,
    KEY,
    KINDS,
    STATUSES,
    compare,
    compare_paths,
    read_results,
    write_reference,
)
from analysis.report.pages import policy_for, script_of
from analysis.results import COLUMNS

FRAME = pd.DataFrame(
    [
        # analysis_id, group1_level, variable, stat_name, stat, stat_fmt
        ("sets", "A", "Randomised", "n", "98.0", "98"),
        ("primary", "A − B", "HV", "estimate", "-0.09472837465", "−0.09"),
        ("primary", "A − B", "HV", "std.error", "0.3125", "0.31"),
        ("primary", "A − B", "HV", "conclusion", "", "non-inferior"),
        ("primary", "A − B", "HV", "reason", "", "above the bound"),
        ("robustness", "A − B", "HV", "estimate", "0.0", "0.00"),
    ],
    columns=["analysis_id", "group1_level", "variable", "stat_name", "stat", "stat_fmt"],
).reindex(columns=COLUMNS, fill_value="")
FRAME["data_status"] = "synthetic"
FRAME["plan_status"] = "planned"


def changed(**at: str) -> pd.DataFrame:
    """The table with the named cells ``column_row`` replaced."""
    frame = FRAME.copy()
    for cell, value in at.items():
        column, _, row = cell.rpartition("_")
        frame.loc[int(row), column] = value
    return frame


def write(frame: pd.DataFrame, path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    frame.to_csv(path, index=False)
    return path


def kinds(before: pd.DataFrame, after: pd.DataFrame, tolerance: float = 1e-8) -> list[str]:
    return list(compare(before, after, tolerance=tolerance).changes["change"])


def said(
    capsys: pytest.CaptureFixture[str], *arguments: object, status: int
) -> tuple[list[str], str]:
    assert main(["compare", *map(str, arguments)]) == status
    captured = capsys.readouterr()
    assert "Traceback" not in captured.err
    return captured.out.splitlines(), captured.err


def test_equal_files_give_status_0(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = write(FRAME, tmp_path / "a" / "results.csv")
    for arguments in ((file, file), (file.parent, file), (tmp_path, tmp_path)):
        lines, _ = said(capsys, *arguments, status=0)
        assert lines == ["6 results compared, tolerance 1e-08: all equal."]


def test_one_number_that_moved(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    a = write(FRAME, tmp_path / "a.csv")
    b = write(changed(stat_2="0.3437500", stat_fmt_2="0.34"), tmp_path / "b.csv")
    lines, _ = said(capsys, a, b, status=1)
    cells = [[cell.strip() for cell in line.split("  ") if cell.strip()] for line in lines]
    assert cells[0] == "change analysis row statistic data before after absolute relative".split()
    key = ["primary", "A − B · HV", "std.error", "synthetic"]
    assert cells[2] == ["moved", *key, "0.31", "0.34", "+0.0312", "+10.0\u202f%"]
    assert lines[3:] == ["6 results compared, tolerance 1e-08: 1 number moved."]
    row = compare_paths(a, b).changes.iloc[0]
    assert row["absolute"] == 0.03125
    assert row["relative"] == pytest.approx(0.1)


def test_a_change_behind_the_rounding_is_shown_with_its_digits() -> None:
    found = compare(FRAME, changed(stat_1="-0.09472837365"))
    text = comparison_text(found.changes, compared=found.compared, tolerance=found.tolerance)
    assert found.differs is False
    found = compare(FRAME, changed(stat_1="-0.09472837365"), tolerance=0)
    text = comparison_text(found.changes, compared=found.compared, tolerance=found.tolerance)
    assert "−0.09472837465" in text
    assert "−0.09472837365" in text
    assert "+1.00e−09" in text


def test_a_number_that_was_zero_has_no_relative_change() -> None:
    found = compare(FRAME, changed(stat_5="0.5", stat_fmt_5="0.50"))
    assert np.isnan(found.changes["relative"].iloc[0])
    text = comparison_text(found.changes, compared=found.compared, tolerance=found.tolerance)
    assert text.splitlines()[2].split()[-2:] == ["+0.500", "–"]


def test_a_verdict_that_flips_is_listed_first(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    after = changed(
        stat_0="97.0", stat_fmt_0="97", stat_fmt_3="not shown", stat_fmt_4="it crosses the bound"
    )
    a, b = write(FRAME, tmp_path / "a.csv"), write(after, tmp_path / "b.csv")
    lines, _ = said(capsys, a, b, status=1)
    assert [line.split()[0] for line in lines[2:5]] == ["verdict", "text", "moved"]
    assert "non-inferior" in lines[2]
    assert "not shown" in lines[2]
    assert lines[-1].endswith(": 1 verdict changed, 1 text changed, 1 number moved.")


def test_added_and_removed_results(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    a, b = write(FRAME[1:], tmp_path / "a.csv"), write(FRAME[:-2], tmp_path / "b.csv")
    lines, _ = said(capsys, a, b, status=1)
    assert [line.split()[0] for line in lines[2:-1]] == ["added", "removed", "removed"]
    assert lines[2].split()[1:] == ["sets", "A", "·", "Randomised", "n", "synthetic", "98"]
    assert lines[-1].startswith("3 results compared")
    assert lines[-1].endswith(": 1 added, 2 removed.")


def test_an_added_verdict_stands_before_other_added_results() -> None:
    found = compare(FRAME[:1], FRAME).changes
    assert found["stat_name"].iloc[0] == "conclusion"
    assert set(found["change"]) == {"added"}


@pytest.mark.parametrize(
    ("stat", "tolerance", "equal"),
    [
        ("98.5", "0.01", True),
        ("98.5", "0.001", False),
        ("98.0000001", "1e-8", True),
        ("98.000001", "1e-8", False),
        ("98.0", "0", True),
    ],
)
def test_tolerance_is_relative_to_the_number(
    stat: str, tolerance: str, equal: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    a, b = write(FRAME, tmp_path / "a.csv"), write(changed(stat_0=stat), tmp_path / "b.csv")
    said(capsys, a, b, "--tolerance", tolerance, status=int(not equal))


def test_tolerance_is_absolute_below_one() -> None:
    assert kinds(FRAME, changed(stat_5="1e-9")) == []
    assert kinds(FRAME, changed(stat_5="1e-7")) == ["moved"]


def test_infinite_is_near_to_nothing_else() -> None:
    infinite = changed(stat_1="-inf")
    assert kinds(infinite, infinite) == []
    assert kinds(infinite, FRAME, tolerance=0.5) == ["moved"]
    assert kinds(infinite, changed(stat_1="inf"), tolerance=0.5) == ["moved"]


@pytest.mark.parametrize("tolerance", ["-1", "nan", "inf"])
def test_a_tolerance_that_is_none(
    tolerance: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    a = write(FRAME, tmp_path / "a.csv")
    _, error = said(capsys, a, a, f"--tolerance={tolerance}", status=1)
    assert "the tolerance must be 0 or greater and finite; got" in error


def test_an_equal_number_shown_differently_is_said_and_is_no_difference(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    a, b = write(FRAME, tmp_path / "a.csv"), write(changed(stat_fmt_0="98.0"), tmp_path / "b.csv")
    lines, _ = said(capsys, a, b, status=0)
    assert lines[2].startswith("shown differently")
    assert lines[-1].endswith(": 1 shown differently.")


def test_a_number_that_becomes_a_text() -> None:
    assert kinds(FRAME, changed(stat_1="", stat_fmt_1="not estimable")) == ["text"]
    assert kinds(FRAME, changed(stat_0="")) == ["text"]


def test_statuses_are_one_change_an_analysis(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    after = FRAME.assign(plan_status="exploratory")
    after.loc[0, "data_status"] = "real"
    a, b = write(FRAME, tmp_path / "a.csv"), write(after, tmp_path / "b.csv")
    lines, _ = said(capsys, a, b, status=1)
    assert [line.split() for line in lines[2:6]] == [
        ["status", "sets", "1", "result", "data_status", "synthetic", "real"],
        ["status", "sets", "1", "result", "plan_status", "planned", "exploratory"],
        ["status", "primary", "4", "results", "plan_status", "planned", "exploratory"],
        ["status", "robustness", "1", "result", "plan_status", "planned", "exploratory"],
    ]
    assert lines[-1].endswith(": 4 statuses changed.")


def test_reports_are_compared_run_by_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("a/one", "b/one", "a/two", "a/gone", "b/new"):
        write(FRAME, tmp_path / name / "results.csv")
    write(changed(stat_fmt_3="not shown"), tmp_path / "b/two/results.csv")
    write(FRAME[:1], tmp_path / "b/.building-x/results.csv")
    lines, _ = said(capsys, tmp_path / "a", tmp_path / "b", status=1)
    assert lines[2].split()[:3] == ["two", "verdict", "primary"]
    assert lines[3].split() == ["new", "added", "6", "results"]
    assert lines[4].split() == ["gone", "removed", "6", "results"]
    assert lines[5] == (
        "12 results compared, tolerance 1e-08: 1 verdict changed, 6 added, 6 removed."
    )


def test_wrong_paths_are_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = write(FRAME, tmp_path / "report" / "run" / "results.csv")
    empty = tmp_path / "empty"
    empty.mkdir()
    (tmp_path / "nothing.csv").touch()
    (tmp_path / "picture.csv").write_bytes(b"\x89PNG\r\n\xff\xfe\x00")
    write(FRAME.drop(columns=["stat"]), tmp_path / "short.csv")
    write(changed(stat_0="ninety"), tmp_path / "word.csv")
    write(pd.concat([FRAME, FRAME[:1]]), tmp_path / "twice.csv")
    for name, sentence in {
        "absent": "absent'; name a results.csv, an executed notebook, the folder of a run",
        "empty": "empty holds no results.csv, and neither does a folder in it",
        "nothing.csv": "nothing.csv is not a results file; reading it gave: ",
        "picture.csv": "picture.csv is not a results file; reading it gave: ",
        "short.csv": "short.csv is not a results file; it lacks the columns stat",
        "word.csv": "stat must be a number or empty, got 'ninety'",
        "twice.csv": "twice.csv names one result twice: sets, A, Randomised, n",
        "report": "is one run; name the folder of a run in ",
    }.items():
        for arguments in ((run, tmp_path / name), (tmp_path / name, run)):
            lines, error = said(capsys, *arguments, status=1)
            assert not lines
            assert error.startswith("error: ")
            assert error.count("\n") == 1
            assert sentence in error


def test_a_stored_file_equals_the_run_it_was_made_from(tmp_path: Path) -> None:
    full = write(changed(stat_2="0.31250000000004"), tmp_path / "results.csv")
    stored = tmp_path / "reference" / "results.csv"
    write_reference(full, stored)
    assert list(pd.read_csv(stored)) == [*KEY, "stat", "stat_fmt", *STATUSES]
    assert read_results(stored)["stat"][:3].tolist() == ["98", "-0.09472837465", "0.3125"]
    assert not compare_paths(stored, full).differs
    again = tmp_path / "again.csv"
    write_reference(stored, again)
    assert again.read_bytes() == stored.read_bytes()


def test_a_status_that_one_side_lacks_is_not_compared() -> None:
    assert kinds(FRAME, FRAME.drop(columns=STATUSES)) == []


words = st.sampled_from(["", "a", "b"])
numbers = st.one_of(
    st.just(""),
    st.floats(allow_nan=False).map(repr),
    st.sampled_from(["0.0", "1.0", "1.000000001"]),
)
tables = st.dictionaries(
    st.tuples(words, words, st.sampled_from(["n", "mean", "conclusion"])),
    st.tuples(numbers, words, st.sampled_from(["real", "synthetic"])),
    max_size=8,
).map(
    lambda rows: pd.DataFrame(
        [(*key, *value) for key, value in rows.items()],
        columns=["analysis_id", "group1_level", "stat_name", "stat", "stat_fmt", "data_status"],
        dtype=str,
    ).reindex(columns=COLUMNS, fill_value="")
)
tolerances = st.sampled_from([0.0, 1e-8, 0.1])


@settings(deadline=None, max_examples=50)
@given(tables, tolerances)
def test_a_table_equals_itself(table: pd.DataFrame, tolerance: float) -> None:
    found = compare(table, table, tolerance=tolerance)
    assert found.changes.empty
    assert list(found.changes) == CHANGES
    assert not found.differs
    assert found.compared == len(table)


@settings(deadline=None, max_examples=50)
@given(tables, tables, tolerances)
def test_the_way_back_mirrors_the_way_there(
    a: pd.DataFrame, b: pd.DataFrame, tolerance: float
) -> None:
    there, back = (compare(x, y, tolerance=tolerance) for x, y in ((a, b), (b, a)))
    assert there.compared == back.compared
    assert there.differs == back.differs
    order = [*KEY, "change", "before", "after"]
    turned = back.changes.rename(
        columns={
            "before": "after",
            "after": "before",
            "stat_before": "stat_after",
            "stat_after": "stat_before",
        }
    ).assign(
        change=back.changes["change"].replace({"added": "removed", "removed": "added"}),
        absolute=-back.changes["absolute"],
    )[CHANGES]
    left, right = (
        frame.drop(columns="relative").sort_values(order, ignore_index=True)
        for frame in (there.changes, turned)
    )
    pd.testing.assert_frame_equal(left, right, check_dtype=False)
    ranks = [KINDS.index(change) for change in there.changes["change"]]
    assert ranks == sorted(ranks)
    text = comparison_text(there.changes, compared=there.compared, tolerance=tolerance)
    assert text.endswith(".")


def test_folders_are_not_touched(tmp_path: Path) -> None:
    write(FRAME, tmp_path / "a" / "results.csv")
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    compare_paths(tmp_path / "a", tmp_path / "b")
    assert sorted(path.name for path in tmp_path.rglob("*")) == sorted(
        ["a", "b", "results.csv", "results.csv"]
    )
    with pytest.raises(UserError, match="there is no"):
        compare_paths(tmp_path / "a", tmp_path / "c")


def test_a_page_puts_verdicts_first(tmp_path: Path) -> None:
    a = write(FRAME, tmp_path / "a.csv")
    b = write(
        changed(stat_fmt_3="not <shown>", stat_1="-0.2", stat_fmt_1="−0.20"), tmp_path / "b.csv"
    )
    page = tmp_path / "made" / "page.html"
    assert main(["compare", str(a), str(b), "--html", str(page)]) == 1
    text = page.read_text(encoding="utf-8")
    assert text.index("Verdicts changed") < text.index("Numbers moved")
    assert "not &lt;shown&gt;" in text
    assert "−0.105" in text
    # One script filters and sorts, and the policy of the page lets no other run.
    assert text.count("<script") == 1
    assert policy_for(script_of("page")) in unescape(text)
    tables = [words_of(each.html) for each in places(text)]
    assert len(tables) == 2
    assert ["not <shown>" in each for each in tables] == [True, False]


def test_a_git_revision_and_the_working_tree(project: Any, tmp_path: Path) -> None:
    """Exactly what a changed parameter moves, from the repository's own history."""
    mine = project.copy(tmp_path / "project")

    def git(*arguments: str) -> None:
        named = ["-c", "user.name=x", "-c", "user.email=x@example.org"]
        subprocess.run(["git", *named, *arguments], cwd=mine.root, check=True, capture_output=True)

    git("init", "--quiet")
    git("add", "analysis", "data", "notebooks", "requirements.lock")
    git("commit", "--quiet", "-m", "first")
    runs = mine.root / "notebooks" / "runs.yml"
    runs.write_text(runs.read_text().replace("x: 2.0", "x: -3.0"))
    done = mine.main("compare", "HEAD", "--html", "moved.html", status=1)
    lines = [line.split() for line in done.stdout.splitlines() if line.startswith("two ")]
    numbers = ["estimate", "conf.low", "conf.high"]
    assert [line[1] for line in lines] == ["verdict", *["moved"] * 3]
    assert [line[4] for line in lines] == ["conclusion", *numbers]
    assert "revision HEAD" in (mine.root / "moved.html").read_text()
    assert not (mine.root / ".git" / "worktrees").exists()
    # The other run is the same on both sides, and the second time nothing is executed.
    done = mine.main("compare", "HEAD", "--runs", "one")
    assert "all equal" in done.stdout
    done = mine.here("compare", "no-such-revision", status=1)
    assert "there is no 'no-such-revision'; name a results.csv" in done.stderr
