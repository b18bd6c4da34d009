"""Cells that never end, say too much or end their kernel: one sentence that is true of each."""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import psutil
import pytest

from analysis.report import warm, watched
from analysis.report.execute import RunError, execute

Stopped = Callable[..., str]


@pytest.fixture(scope="module", autouse=True)
def _light() -> Iterator[None]:
    """Kernels of this module import nothing that their cells do not need."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(warm, "IMPORTED", ["ipykernel.kernelapp", "analysis.report.recorder"])
        yield


@pytest.fixture
def stopped(tmp_path: Path) -> Stopped:
    """What is said of a notebook with this cell between two others, and what is kept of it."""

    def stopped(cell: str, timeout: float = 60) -> str:
        cells = [nbformat.v4.new_code_cell(code) for code in ("print('before')", cell, "1")]
        nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "source.ipynb")
        with pytest.raises(RunError) as error:
            execute(tmp_path / "source.ipynb", {}, tmp_path, name="mine", timeout=timeout)
        kept = nbformat.read(tmp_path / "notebook.ipynb", as_version=4)
        assert kept.cells[0].outputs[0].text == "before\n"
        assert (tmp_path / "notebook.ipynb").stat().st_size < 2e6
        assert "\n" not in str(error.value)
        return str(error.value)

    return stopped


@pytest.mark.parametrize(
    "cell",
    [
        # No Python between: neither an interrupt nor a message reaches it.
        "3 ** 10 ** 9",
        "import os, signal; os.kill(os.getpid(), signal.SIGSTOP)",
        "import time\nwhile True:\n    try: time.sleep(99)\n    except BaseException: pass",
    ],
)
def test_a_cell_that_never_ends(stopped: Stopped, cell: str) -> None:
    before = time.monotonic()
    said = stopped(cell, 0.5)
    assert said.startswith("run mine was stopped in cell 1: it took longer than 0.5 s; give it")
    assert "--timeout SECONDS" in said
    assert time.monotonic() - before < 30


def test_the_limit_is_for_all_cells_together(stopped: Stopped) -> None:
    said = stopped("import time\nfor _ in range(4): time.sleep(0.5)", 1.2)
    assert "was stopped in cell 1: it took longer than 1.2 s" in said


@pytest.mark.parametrize(
    "cell",
    [
        "print('x' * 3_000_000)",
        "while True: print('x' * 99)",
        "from IPython.display import HTML, display\nwhile True: display(HTML('x' * 10_000))",
        "import os\nwhile True: os.write(1, b'x' * 999)",
    ],
)
def test_a_cell_that_puts_out_too_much(
    stopped: Stopped, cell: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watched, "MOST", 1_000_000)
    # Where this is set, ipykernel does not catch what compiled code writes.
    monkeypatch.delenv("PYTEST_CURRENT_TEST")
    said = stopped(cell)
    assert said == (
        "run mine was stopped in cell 1: the run put out more than 1 MB; print and show less"
    )


@pytest.mark.parametrize(
    ("cell", "sentence"),
    [
        ("exit()", "which ends the notebook (exit, quit or sys.exit); take that out"),
        ("import sys; sys.exit()", "which ends the notebook"),
        ("raise SystemExit('no data')", "which ends the notebook"),
        ("import os; os._exit(0)", ": its kernel ended by itself with exit status 0, as by os._e"),
        ("import os; os.kill(os.getpid(), 9)", ": its kernel was killed, perhaps for want of mem"),
        ("import os; os.abort()", ": its kernel was ended by signal 6 (Aborted)"),
    ],
)
def test_a_cell_that_ends_its_kernel(stopped: Stopped, cell: str, sentence: str) -> None:
    said = stopped(cell)
    assert said.startswith("run mine stopped in cell 1")
    assert sentence in said
    assert ("memory" in said) == ("killed" in sentence)


def test_what_a_cell_started_ends_with_it(stopped: Stopped, tmp_path: Path) -> None:
    note = tmp_path / "child"
    stopped(
        "import os, subprocess\nchild = subprocess.Popen(['sleep', '99'])\n"
        f"open({str(note)!r}, 'w').write(str(child.pid))\nos._exit(0)"
    )
    _, alive = psutil.wait_procs([each for each in [_process(note)] if each], timeout=5)
    assert not alive


def _process(note: Path) -> psutil.Process | None:
    pid = int(note.read_text())
    assert pid != os.getpid()
    return psutil.Process(pid) if psutil.pid_exists(pid) else None
