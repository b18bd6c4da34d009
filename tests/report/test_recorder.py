"""What the recorder of a run's inputs notes of folders, and what it leaves out."""

import subprocess
import sys
from pathlib import Path

import pytest

START = "import os, sys; from analysis.report.recorder import start; start(); sys.path[0] = ''; "
WHERE = {
    "another folder": ("os.listdir('data')", ["data"]),
    "the current one, where the path has it": ("os.chdir('code'); os.listdir('.')", []),
    "what was the current one": (
        "os.chdir('code'); os.listdir('.'); os.chdir('..'); os.listdir('code')",
        ["code"],
    ),
    "one that comes to the path": (
        "os.listdir('data'); sys.path.append(os.path.abspath('code')); os.listdir('code')",
        ["data"],
    ),
    "one that leaves it": (
        "sys.path.append(os.path.abspath('code')); os.listdir('code'); sys.path.pop(); "
        "os.listdir('code')",
        ["code"],
    ),
}


@pytest.mark.parametrize(("lists", "noted"), WHERE.values(), ids=WHERE)
def test_folders_of_the_path_are_no_inputs(tmp_path: Path, lists: str, noted: list[str]) -> None:
    """Python lists the folders from which it imports; which these are may change at any time."""
    own, temporary, record = (tmp_path / name for name in ("own", "temporary", "record"))
    for folder in (own / "data", own / "code", temporary):
        folder.mkdir(parents=True)
    subprocess.run(
        [sys.executable, "-c", f"{START}os.chdir({str(own)!r}); {lists}"],
        check=True, cwd=Path(__file__).parents[2],
        env={"ANALYSIS_INPUTS": str(record), "TMPDIR": str(temporary), "HOME": str(temporary),
             "MPLCONFIGDIR": str(temporary)},
    )  # fmt: skip
    paths = [Path(line.split("  ", 1)[1]) for line in record.read_text().splitlines()]
    assert [path.name for path in paths if path.parent == own] == noted
