"""A notebook under watch: how long its cells may take together, and how much they may put out.

What goes beyond a limit is stopped in the one way that stops everything, a loop in compiled code
too: its kernel is killed. Every end before the last cell is told apart here and said in words.
"""

import json
import signal
import threading
from typing import Any

from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import Engine, papermill_engines
from papermill.log import logger

from analysis.report.warm import LOST, WarmKernelManager

ENGINE = "watched"
"""The name under which papermill knows it."""
MOST = 20_000_000
"""Bytes that the cells of a run may put out together; the longest page has a tenth of them."""
START = 60
"""Seconds in which a kernel must start, and the last outputs of a cell must arrive."""


class Ended(Exception):
    """A run ended before its last cell: in words where, why and what to do, and the notebook."""

    def __init__(self, said: str) -> None:
        super().__init__(said)
        self.notebook: Any = None


class Client(PapermillNotebookClient):  # type: ignore[misc]
    """Executes the cells, and kills the kernel of those that go beyond a limit."""

    def __init__(self, manager: Any, timeout: float, **options: Any) -> None:
        super().__init__(
            manager,
            on_notebook_start=self._begin,
            on_cell_start=self._enter,
            on_cell_executed=self._refuse_exit,
            startup_timeout=START,
            iopub_timeout=START,
            **options,
        )
        self._cell, self._size, self._stopped = 0, 0, ""
        said = f"it took longer than {timeout:g} s; give it more by --timeout SECONDS, or do less"
        self._timer = threading.Timer(timeout, self._stop, [said])
        self._timer.daemon = True

    def execute(self, **options: Any) -> Any:
        """Execute all cells.

        Raises
        ------
        Ended
            If the kernel ended before, by itself or not.
        """
        try:
            return super().execute(**options)
        except (Ended, DeadKernelError, CellTimeoutError) as error:
            ended = error if isinstance(error, Ended) else Ended(self._why(error))
            ended.notebook = self.nb
            raise ended from None
        finally:
            self._timer.cancel()

    def process_message(self, msg: dict[str, Any], *where: Any, **named: Any) -> Any:
        """Take what a cell puts out, up to the limit of the run."""
        self._size += len(json.dumps(msg["content"], default=str))
        if self._size > MOST:
            self._stop(f"the run put out more than {MOST / 1e6:.0f} MB; print and show less")
            return None
        return super().process_message(msg, *where, **named)

    def _begin(self, **_: Any) -> None:
        self._kernel = self.km.provisioner
        self._timer.start()

    def _enter(self, cell_index: int, **_: Any) -> None:
        self._cell = cell_index

    def _refuse_exit(self, cell: Any, execute_reply: dict[str, Any], **_: Any) -> None:
        """Refuse a cell after which nothing is executed, which papermill takes for the end."""
        asked = [each.get("source") for each in execute_reply["content"].get("payload", [])]
        if "ask_exit" in asked or "SystemExit" in [out.get("ename") for out in cell.outputs]:
            raise Ended(
                f"stopped in cell {self._cell}, which ends the notebook (exit, quit or sys.exit); "
                "take that out, so that the other cells are executed"
            )

    def _stop(self, why: str) -> None:
        self._stopped = self._stopped or f"was stopped in cell {self._cell}: {why}"
        self._kernel.end()

    def _why(self, error: Exception) -> str:
        """Say why a cell got no answer."""
        status, where = self._kernel.status, f"in cell {self._cell}"
        if self._stopped:
            return self._stopped
        if isinstance(error, CellTimeoutError):
            return f"stopped {where}: its output did not arrive within {START} s; run it again"
        if status in (-signal.SIGKILL, LOST, None):
            return (
                f"stopped {where}: its kernel was killed, perhaps for want of memory; run it "
                "again, with fewer --jobs"
            )
        if status < 0:
            return (
                f"stopped {where}: its kernel was ended by signal {-status} "
                f"({signal.strsignal(-status)}), as by an error in compiled code; its log may say "
                "where"
            )
        return (
            f"stopped {where}: its kernel ended by itself with exit status {status}, as by "
            "os._exit; take out what ends it"
        )


class WatchedEngine(Engine):  # type: ignore[misc]
    """The engine of papermill that executes a notebook in a warm kernel under watch."""

    @classmethod
    def execute_managed_notebook(
        cls, nb_man: Any, kernel_name: str, *, run_timeout: float, extra_arguments: list[str],
        **_: Any,
    ) -> Any:  # fmt: skip
        """Execute a notebook within `run_timeout` seconds."""
        return Client(
            nb_man,
            run_timeout,
            kernel_name=kernel_name,
            kernel_manager_class=f"{WarmKernelManager.__module__}.{WarmKernelManager.__name__}",
            extra_arguments=extra_arguments,
            log=logger,
        ).execute()


papermill_engines.register(ENGINE, WatchedEngine)
