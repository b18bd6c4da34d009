"""What the person at the terminal sees of a report: the state of each run, and a summary."""

import sys
from typing import Any, Self

from tqdm import tqdm


class Progress:
    """One line a run when it ends, and below them a bar that names the runs under way.

    Parameters
    ----------
    total
        Number of runs to execute.
    """

    def __init__(self, total: int) -> None:
        self._running: list[str] = []
        # Without a terminal the lines are enough, and a log stays readable.
        self._bar: Any = tqdm(
            total=total,
            unit="run",
            file=sys.stderr,
            disable=not sys.stderr.isatty() or not total,
            leave=False,
            bar_format="{n_fmt}/{total_fmt} {bar:20} {elapsed} {postfix}",
        )

    def started(self, name: str) -> None:
        """Show a run as under way."""
        self._running.append(name)
        self._show()

    def finished(self, name: str, state: str, seconds: float) -> None:
        """Say how a run ended."""
        if name in self._running:
            self._running.remove(name)
        self.say(f"{state:9} {name:32} {seconds:6.1f} s")
        self._bar.update()
        self._show()

    def say(self, line: str) -> None:
        """Write a line above the bar."""
        tqdm.write(line, file=sys.stderr)
        sys.stderr.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.close()

    def _show(self) -> None:
        self._bar.set_postfix_str(f"running: {', '.join(self._running)}" if self._running else "")
