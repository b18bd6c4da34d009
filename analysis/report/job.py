"""A run as it goes to a worker, and what comes back.

A job carries the notebook itself, and what it makes comes back as bytes: a worker needs the
package and the data, and no folder that it shares with anyone. Only the process that started
the report writes into the report.
"""

import os
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from analysis.report.execution import Execution

from analysis import paths
from analysis.cluster import SIMULATION, Errand
from analysis.report.fingerprint import Inputs
from analysis.report.homes import away_from_home
from analysis.report.runs import Run
from analysis.report.source import Source

_one_at_a_time = threading.Lock()


@dataclass(frozen=True, slots=True)
class Job:
    """A run as it is sent to a worker: the stored notebook, and its inputs known before it runs.

    `reason`: why it is executed, for the log. `elsewhere`: it goes to another machine, which
    refuses if its code, environment or data are not the ones of `inputs`. `left`: the folder of
    the run in the report, where its page alone is to be made anew of what its execution left there.
    `outside`: where the trials are that the run names without their place. `simulation`: the
    scheduler whose workers simulate for it; none where empty. `alike`: other runs show the same
    sections, which may be shown again where they read the same.
    """

    run: Run
    source: Source
    inputs: Inputs
    reason: str
    elsewhere: bool = False
    left: Path | None = None
    alike: bool = False
    outside: str = field(default_factory=lambda: os.environ.get(paths.OUTSIDE, "{}"))
    simulation: str = field(default_factory=lambda: os.environ.get(SIMULATION, ""))

    def errand(self) -> bytes:
        """Return the job as bytes that `pickle.loads` performs, giving the outcome."""
        if self.left is None:
            return Errand(perform, self).packed()
        # Imported late, as it takes a second; read now and not before, as jobs may be many.
        from analysis.report.execution import Execution

        return Errand(perform, self, Execution.of_page(self.left)).packed()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a worker sends back of a run.

    Attributes
    ----------
    files
        Path below the folder of the run → content; of a failed run only the notebook so far.
    summary
        What the front page and the next report need to know of it.
    error
        Why it failed, in a sentence; empty for a page that is done.
    log, seconds
        What happened when, and how long it took.
    """

    name: str
    files: dict[str, bytes] = field(default_factory=dict)
    summary: dict[str, Any] = field(default_factory=dict)
    error: str = ""
    log: str = ""
    seconds: float = 0.0


def perform(job: Job, left: "Execution | None" = None) -> Outcome:
    """Execute and render one run in a temporary folder of the machine that is asked.

    Where it is given what an execution left, that is rendered and nothing is executed.
    """
    # Environment, log and standard error belong to the process: it has one run at a time.
    with _one_at_a_time, away_from_home():
        # Imported where the work is done: it takes seconds, and a report without work needs none.
        from analysis.report.worker import work

        return work(job, left)
