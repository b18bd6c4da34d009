"""What nbval says of stored notebooks with the conftest that stands beside them."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from project import WITHOUT

from analysis import paths

V4 = nbformat.v4
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(WITHOUT)}
Cells = dict[str, tuple[str, str | None]]
MANY = {f"more-{number}": ("1 + 1", "2") for number in range(24)}
TABLE = "print('\\n'.join(f'row {i}  {i / 8:.3f}' for i in range(9)))"
ROWS = "\n".join(f"row {i}  {i / 8:.3f}" for i in range(9)) + "\n"
RICH = """
from IPython.display import display
new = {"text/html": "<p>new", "image/png": "bmV3", "image/svg+xml": "<svg>"}
display({"text/plain": "a picture", "application/gzip": "bmV3", **new}, raw=True)
"""
BEFORE = {
    "text/plain": "a picture", "text/html": "<p>old", "image/png": "b2xk", "image/svg+xml": "<s>",
    "application/gzip": "b2xk",
}  # fmt: skip
NOTEBOOKS: dict[str, Cells] = {
    "good": {"sum": ("1 + 1", "2"), "quiet": ("x = 1", None)},
    "moved": {
        "before": ("1 + 1", "2"),
        "numbers": (TABLE, ROWS.replace("0.375", "0.374")),
        "same": ("2 + 2", "4"),
        "other": ("2 + 2", "5"),
        "longer": ("'a'", "'a'\n'b'\n'c'"),
    },
    "raises": {"before": ("1 + 1", "2"), "answer": ("1 / 0", "3"), **MANY},
    "raises-next-to-last": {"answer": ("undefined", "3"), "end": ("1", "1")},
    "raises-last": {"moved": ("1", "3"), "answer": ("undefined", "3")},
    "dies": {"before": ("1 + 1", "2"), "answer": ("import os; os._exit(1)", "3"), **MANY},
    "stored-empty": {
        "answer": ("1 + 1", None),
        "quiet": ("x = 1", None),
        "two": ("display(1); display(2)", "1"),
    },
}


def write(folder: Path, name: str, cells: Cells) -> None:
    made = []
    for cell_id, (source, text) in cells.items():
        cell = V4.new_code_cell(source, id=cell_id, execution_count=1)
        if text is not None and "print" in source:
            cell.outputs = [V4.new_output("stream", name="stdout", text=text)]
        elif text is not None:
            cell.outputs = [V4.new_output("display_data", {"text/plain": text})]
        made.append(cell)
    if name == "good":
        rich = V4.new_code_cell(RICH, id="rich", execution_count=1)
        rich.outputs = [V4.new_output("display_data", BEFORE)]
        made.append(rich)
    if name == "stored-empty":
        # As JupyterLab leaves a cell whose output was cleared.
        made.append(V4.new_code_cell("3 + 3", id="cleared"))
    nbformat.write(V4.new_notebook(cells=made), folder / f"1_{name}.ipynb")


def run(folder: Path, *arguments: str) -> list[str]:
    shutil.copy(paths.NOTEBOOKS / "conftest.py", folder)
    command = [
        *(sys.executable, "-m", "pytest", "-c", str(paths.ROOT / "pyproject.toml")),
        *("--rootdir", str(folder), "--nbval", "--color=no", "--nbval-cell-timeout=60"),
        *("-p", "no:cacheprovider", *arguments, str(folder)),
    ]
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, env=ENVIRONMENT
    )
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stdout.splitlines()


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder = tmp_path_factory.mktemp("stored")
    for name, cells in NOTEBOOKS.items():
        write(folder, name, cells)
    return run(folder, "--nbval-current-env")


def about(said: list[str], name: str, cell: str) -> list[str]:
    """Return the lines below the heading of one cell."""
    heading = re.compile(rf"_+ 1_{name}\.ipynb: cell '{cell}' _+")
    [start] = [at for at, line in enumerate(said) if heading.fullmatch(line)]
    end = next(at for at in range(start + 1, len(said)) if re.match(r"(__|==)", said[at]))
    return said[start + 1 : end]


def headings(said: list[str]) -> list[str]:
    found = (re.fullmatch(r"_+ 1_(\S+)\.ipynb: cell '(.*)' _+", line) for line in said)
    return [f"{line[1]} {line[2]}" for line in found if line]


def test_what_is_the_same_or_not_compared_is_passed_over(said: list[str]) -> None:
    assert headings(said) == [
        "dies answer", "moved numbers", "moved other", "moved longer", "raises-last moved",
        "raises-last answer", "raises-next-to-last answer", "raises answer",
        "stored-empty answer", "stored-empty two", "stored-empty cleared",
    ]  # fmt: skip


def test_a_moved_number_is_a_diff_from_stored_to_new(said: list[str]) -> None:
    assert about(said, "moved", "numbers") == [
        "cell 'numbers' differs; lines only stored (-): 1, only new (+): 1",
        "--- stored in the notebook",
        "+++ new, from running it",
        "@@ -2,7 +2,7 @@",
        " row 0  0.000",
        " row 1  0.125",
        " row 2  0.250",
        "-row 3  0.374",
        "+row 3  0.375",
        " row 4  0.500",
        " row 5  0.625",
        " row 6  0.750",
    ]


def test_the_other_cells_that_moved_are_a_line_each(said: list[str]) -> None:
    assert about(said, "moved", "other") == [
        "cell 'other' differs too; lines only stored (-): 1, only new (+): 1"
    ]
    assert about(said, "moved", "longer") == [
        "cell 'longer' differs too; lines only stored (-): 2, only new (+): 0"
    ]


@pytest.mark.parametrize(
    ("name", "rest"),
    [
        ("raises", "; the 24 cells after it were not run"),
        ("raises-next-to-last", "; the cell after it was not run"),
        ("raises-last", ""),
    ],
)
def test_what_stands_after_a_cell_that_raised_is_one_line(
    said: list[str], name: str, rest: str
) -> None:
    lines = about(said, name, "answer")
    assert lines[0] == f"cell 'answer' failed{rest}"
    assert sum("not run" in line for line in lines) == bool(rest)
    assert any("Error" in line for line in lines)


def test_a_dead_kernel_is_one_line(said: list[str]) -> None:
    assert about(said, "dies", "answer") == [
        "cell 'answer' failed; the 24 cells after it were not run: "
        "its kernel died, perhaps for want of memory"
    ]


def test_an_output_that_was_stored_empty_or_shorter_differs(said: list[str]) -> None:
    assert about(said, "stored-empty", "answer")[-3:] == ["@@ -0,0 +1,2 @@", "+[text/plain]", "+2"]
    assert about(said, "stored-empty", "cleared") == [
        "cell 'cleared' differs too; lines only stored (-): 0, only new (+): 2"
    ]
    assert about(said, "stored-empty", "two") == [
        "cell 'two' differs too; lines only stored (-): 0, only new (+): 2"
    ]


def test_a_kernel_that_does_not_start_is_said_once(tmp_path: Path) -> None:
    write(tmp_path, "good", NOTEBOOKS["good"])
    said = run(tmp_path, "--nbval-kernel-name=no-such-kernel")
    line = about(said, "good", "sum")[0]
    assert line.startswith("cell 'sum' failed; the 2 cells after it were not run: its kernel did")
    assert "no-such-kernel" in line
    assert headings(said) == ["good sum"]
