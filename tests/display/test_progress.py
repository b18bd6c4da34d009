"""Progress in a real kernel: what a front end sees meanwhile, and what stays."""

import os
import time
from collections.abc import Callable, Iterator
from typing import Any

import nbformat
import pytest
from jupyter_client.manager import KernelManager
from nbclient import NotebookClient
from nbformat.v4 import output_from_msg

from analysis import paths

HERE = {**os.environ, "PYTHONPATH": str(paths.ROOT)}
SETUP = """
import time
from analysis.display import Page, progress
from analysis.display.reading import Reading
from analysis.errors import UserError
from analysis.programme import ProgrammeParameters, resolve
from analysis.results import section

progress.PATIENCE = progress.EVERY = 0.2

def made(seconds, error=None):
    def long_division(run):
        time.sleep(seconds)
        if error:
            raise error
        return run.results(pd.DataFrame({"group1_level": ["a"], "n": [3]}), "x", context="test")
    made = section(long_division)
    made.shows(lambda results, run: [Reading(["first"]), Reading(["second"])])
    return made

import pandas as pd
slow, quick, broken = made(0.9), made(0), made(0.5, ZeroDivisionError("defect"))
endless, absent = made(60), made(0.5, UserError("too few records"))
product = "Valtropin"  # as the parameters cell
page = Page(globals(), ProgrammeParameters, resolve)
_ = page.run
"""


class Cell:
    """The outputs of a cell as JupyterLab keeps them, and every message on the way."""

    def __init__(self) -> None:
        self.outputs: list[Any] = []
        self.passing: list[str] = []
        self.cleared = 0

    def take(self, kind: str, message: dict[str, Any]) -> None:
        if kind == "clear_output":
            self.cleared += 1
            self.outputs.clear()
        elif kind == "update_display_data":
            self.passing.append(message["content"]["data"]["text/plain"])
        elif kind in ("display_data", "execute_result", "stream", "error"):
            if message["content"].get("transient"):
                self.passing.append(message["content"]["data"]["text/plain"])
            self.outputs.append(output_from_msg(message))

    def texts(self) -> list[str]:
        kept = (output for output in self.outputs if "data" in output)
        return [output["data"]["text/plain"] for output in kept]


class Front:
    """A front end over one kernel; `lab` says which cell it runs, as JupyterLab does."""

    def __init__(self) -> None:
        self.manager = KernelManager(kernel_name="python3")
        self.manager.start_kernel(env=HERE, cwd=str(paths.ROOT))
        self.client = self.manager.blocking_client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=60)

    def run(
        self, code: str, *, lab: bool = True, meanwhile: Callable[[Cell], None] = lambda _: None
    ) -> Cell:
        request = self.client.session.msg(
            "execute_request", {"code": code, "silent": False, "store_history": True}
        )
        request["metadata"] = {"cellId": "a"} if lab else {}
        self.client.shell_channel.send(request)
        cell = Cell()
        while True:
            message = self.client.get_iopub_msg(timeout=60)
            if message["parent_header"].get("msg_id") != request["header"]["msg_id"]:
                continue
            if message["content"].get("execution_state") == "idle":
                return cell
            cell.take(message["msg_type"], message)
            meanwhile(cell)


@pytest.fixture(scope="module")
def front() -> Iterator[Front]:
    front = Front()
    started = front.run(SETUP)
    assert started.outputs == []
    yield front
    front.client.stop_channels()
    front.manager.shutdown_kernel(now=True)


def test_a_long_section_says_how_long_and_leaves_its_outputs_alone(front: Front) -> None:
    cell = front.run("page.show(slow)")
    assert cell.passing[0] == "computing long division … 0 s"
    assert cell.passing[-1] == "computing long division … 1 s"
    assert cell.texts() == ["first", "second"]
    again = front.run("page.show(slow)")
    assert again.passing == []
    assert again.texts() == cell.texts()


def test_a_quick_one_sends_nothing_that_passes(front: Front) -> None:
    cell = front.run("page.show(quick)")
    assert (cell.passing, cell.cleared) == ([], 0)
    assert cell.texts() == ["first", "second"]


def test_an_error_stands_alone(front: Front) -> None:
    cell = front.run("page.show(broken)")
    assert cell.passing
    assert [output["output_type"] for output in cell.outputs] == ["error"]
    assert cell.outputs[0]["evalue"] == "defect"


def test_a_reason_stands_alone(front: Front) -> None:
    cell = front.run("page.show(absent)")
    assert cell.passing
    assert cell.texts() == ["Not estimable (long division): too few records."]


def test_an_interrupt_ends_it_and_the_next_cell_works(front: Front) -> None:
    stopped: list[int] = []

    def stop(cell: Cell) -> None:
        if len(cell.passing) == 2 and not stopped:
            stopped.append(2)
            front.manager.interrupt_kernel()

    start = time.monotonic()
    cell = front.run("page.show(endless)", meanwhile=stop)
    assert time.monotonic() - start < 30
    assert [output.get("ename", output) for output in cell.outputs] == ["KeyboardInterrupt"]
    assert front.run("page.show(quick)").texts() == ["first", "second"]


@pytest.mark.parametrize(
    "code",
    [
        "print('mine'); page.show(made(0.5))",
        "for each in [made(0.5), made(0.5)]:\n    display(page.show(each))",
        "[page.show(each) for each in [made(0.5), made(0.5)]][0]",
        "%time page.show(made(0.5))",
    ],
)
def test_what_a_cell_of_ones_own_shows_is_not_taken_back(code: str, front: Front) -> None:
    cell = front.run(code)
    assert (cell.passing, cell.cleared) == ([], 0)
    assert "first" in cell.texts()


def test_two_long_cells_do_not_mix(front: Front) -> None:
    assert front.run("page.show(made(0.5))").texts() == ["first", "second"]
    time.sleep(0.5)
    assert front.run("margin_of_mine = 3").outputs == []


def test_who_executes_whole_notebooks_stores_the_same_bytes(front: Front) -> None:
    assert front.run("page.show(made(0.5))", lab=False).passing == []
    seen: list[str] = []

    class Watched(NotebookClient):  # type: ignore[misc]
        def process_message(self, message: Any, *rest: Any) -> Any:
            seen.append(message["msg_type"])
            return super().process_message(message, *rest)

    notebook = nbformat.v4.new_notebook()
    notebook.cells = [nbformat.v4.new_code_cell(code) for code in (SETUP, "page.show(slow)")]
    Watched(notebook, kernel_name="python3").execute(env=HERE)
    assert not {"clear_output", "update_display_data"} & set(seen)
    texts = [output.data["text/plain"] for output in notebook.cells[1].outputs]
    assert texts == ["first", "second"]
