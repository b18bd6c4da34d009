"""How nbval compares a stored notebook, and what it says of one that differs.

Compared is the text of every output, also of a cell that was stored without any; never its HTML,
its pictures or the results that travel with it. After a cell that fails, the rest is not run;
after one whose output differs it is, and of the others that differ the size is said in a line.
"""

import difflib
import json
import time
from collections.abc import Iterator
from pathlib import Path
from queue import Empty
from typing import Any

import pytest
from nbval.plugin import IPyNbCell, IPyNbFile, transform_streams_for_comparison

NOT_COMPARED = ("text/html", "image/png", "image/svg+xml", "application/gzip")
# Drawing on a slow machine takes longer than nbval's 5 seconds.
SECONDS_FOR_OUTPUT = 60

# What is not the project's is its author's: see own/README.md.
collect_ignore_glob = ["own/*", "[!0-9]*.ipynb"]


class KernelError(Exception):
    """The kernel did not start, or ended."""


class StoredNotebook(IPyNbFile):
    """A notebook whose cells know of one another."""

    failed = ""
    not_started = ""
    differs = False

    def collect(self) -> Iterator[pytest.Item]:
        self.skip_compare = (*self.skip_compare, *NOT_COMPARED)
        cells = list(super().collect())
        for item in cells:
            # nbval would pass a cell that was cleared; here it differs if it has an output now.
            item.cell.execution_count = item.cell.execution_count or 0
            name = item.cell.get("id", item.name)
            kept = {"cell_num": item.cell_num, "cell": item.cell, "options": item.options}
            cell = StoredCell.from_parent(self, name=name, **kept)
            cell.after = len(cells) - item.cell_num - 1
            yield cell

    def setup(self) -> None:
        try:
            super().setup()
        except Exception as error:
            # Said once, by the first cell.
            self.not_started = f"{type(error).__name__}: {error}"
            return
        wait = self.kernel.get_message

        def get_message(stream: str, timeout: float | None = None) -> Any:
            """Wait for the kernel as nbval does, but not when it is dead."""
            end = time.monotonic() + (timeout or 0)
            while True:
                try:
                    return wait(stream, timeout=1)
                except Empty:
                    if not self.kernel.is_alive():
                        raise KernelError("its kernel died, perhaps for want of memory") from None
                    if timeout is not None and time.monotonic() > end:
                        raise

        self.kernel.get_message = get_message


class StoredCell(IPyNbCell):
    """A cell that is compared as a unified diff from what is stored to what is new."""

    after = 0
    comparison: tuple[str, ...] = ()
    is_first = True

    def setup(self) -> None:
        self.output_timeout = SECONDS_FOR_OUTPUT
        if self.parent.failed:
            pytest.skip(f"not run, since cell {self.parent.failed!r} failed")

    def runtest(self) -> None:
        try:
            if self.parent.not_started:
                raise KernelError(f"its kernel did not start ({self.parent.not_started})")
            super().runtest()
        except Exception:
            if self.comparison:
                self.is_first, self.parent.differs = not self.parent.differs, True
            else:
                self.parent.failed = self.name
            raise

    def compare_outputs(self, test: Any, ref: Any, skip_compare: Any = None) -> bool:
        stored, new = self._lines(ref), self._lines(test)
        names = {"fromfile": "stored in the notebook", "tofile": "new, from running it"}
        self.comparison = tuple(difflib.unified_diff(stored, new, lineterm="", **names))
        self.comparison_traceback = list(self.comparison)
        return not self.comparison

    def _lines(self, outputs: list[Any]) -> list[str]:
        """Return what is compared of outputs as lines, those of a kind together as nbval has it."""
        found: dict[str, list[str]] = {}
        for output in transform_streams_for_comparison(outputs):
            for name, value in {**output, **output.get("data", {})}.items():
                if name != "data" and name not in self.parent.skip_compare:
                    is_text = isinstance(value, str)
                    text = value if is_text else json.dumps(value, indent=1, sort_keys=True)
                    lines = self.sanitize(text).split("\n")
                    found.setdefault(name, []).extend([f"[{name}]", *lines])
        return [line for name in sorted(found) for line in found[name]]

    def repr_failure(self, excinfo: Any) -> str:
        if self.comparison:
            return self._said_of_difference()
        rest = {0: "", 1: "; the cell after it was not run"}.get(
            self.after, f"; the {self.after} cells after it were not run"
        )
        if excinfo.errisinstance(KernelError):
            return f"cell {self.name!r} failed{rest}: {excinfo.value}"
        return f"cell {self.name!r} failed{rest}\n{super().repr_failure(excinfo)}"

    def _said_of_difference(self) -> str:
        gone, come = (sum(line[0] == sign for line in self.comparison[2:]) for sign in "-+")
        size = f"lines only stored (-): {gone}, only new (+): {come}"
        if not self.is_first:
            return f"cell {self.name!r} differs too; {size}"
        return "\n".join([f"cell {self.name!r} differs; {size}", *self.comparison])

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, 0, f"{self.path.name}: cell {self.name!r}"


@pytest.hookimpl(wrapper=True)
def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> Iterator[None]:
    """Put these classes in the place of nbval's."""
    found = yield
    return [
        StoredNotebook.from_parent(parent, path=file_path) if isinstance(each, IPyNbFile) else each
        for each in found
    ]
