"""Build the report: execute the runs that are not up to date, and write the front page."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from analysis import paths
from analysis.errors import UserError
from analysis.report import index, manifest
from analysis.report.executor import Place, choose_place, perform_all
from analysis.report.fingerprint import RENDERING, Fingerprints
from analysis.report.job import Job, Outcome
from analysis.report.lock import locked, writing_into
from analysis.report.manifest import json_text
from analysis.report.place import NOTEBOOK, SUMMARY, put_file, put_folder, recover
from analysis.report.progress import Progress
from analysis.report.runs import Run, without_places
from analysis.report.source import read_source
from analysis.report.summary import damage, read_summary, sealed
from analysis.words import numbered

LOGS, FAILED = "logs", "failed"
TIMES = "times.json"


@dataclass(frozen=True, slots=True)
class Built:
    """What a build did, and how long it took.

    `executed` and `rendered` runs with the reason, the latter with a new page of what their
    execution had left; `skipped` are up to date.
    """

    executed: dict[str, str]
    rendered: dict[str, str]
    skipped: list[str]
    seconds: float

    def __str__(self) -> str:
        """Return the summary in one sentence."""
        done = len(self.executed), len(self.rendered), len(self.skipped)
        anew = f"{done[1]} rendered anew, " if done[1] else ""
        return (
            f"{done[0]} of {numbered(sum(done), 'run')} executed, {anew}{done[2]} up to date, "
            f"in {self.seconds:.1f} s"
        )


def build(
    runs: Sequence[Run],
    *,
    folder: Path = paths.REPORTS,
    force: bool = False,
    place: Place | None = None,
    front_page: Callable[[Path], None] = index.write,
) -> Built:
    """Execute and render the runs that are not up to date, and write the front page.

    Parameters
    ----------
    runs, folder
        Checked runs, and where the report stands; it is made if it does not exist.
    force
        Whether to execute also what is up to date.
    place
        Where runs are executed; as many processes as there are cores if None.
    front_page
        Writes the front page of everything in the folder.

    Raises
    ------
    UserError
        After all runs were tried, if any failed. The last good page of a failed run stays;
        its executed notebook is kept in ``failed/`` and its log in ``logs/``.
    """
    start = time.perf_counter()
    place = place or choose_place()
    with locked(folder), writing_into(folder):
        recover(folder)
        jobs, skipped = to_do(runs, folder, force=force, elsewhere=place.elsewhere)
        try:
            failures = _perform(jobs, folder, place) if jobs else []
        except KeyboardInterrupt:
            front_page(folder)
            raise
        front_page(folder)
    if failures:
        where = paths.shown(folder)
        kept = f"notebooks are kept in {where}/{FAILED}, logs in {where}/{LOGS}"
        raise UserError("\n".join([*failures, kept]))
    executed, rendered = (
        {job.run.name: job.reason for job in jobs if (job.left is None) == anew}
        for anew in (True, False)
    )
    return Built(executed, rendered, skipped, time.perf_counter() - start)


def to_do(
    runs: Sequence[Run], folder: Path, *, force: bool = False, elsewhere: bool = False
) -> tuple[list[Job], list[str]]:
    """Return the runs to execute, the longest first, and the names of those up to date.

    `elsewhere`: the runs may go to other machines.
    """
    fingerprints = Fingerprints()
    jobs, skipped = [], []
    for run in map(without_places, runs):
        source = read_source(run.path)
        inputs = fingerprints.of(run, source)
        stored = folder / run.name
        reason = "forced" if force else "it has no page yet" if not stored.is_dir() else ""
        reason = reason or damage(stored)
        if reason:
            jobs.append(Job(run, source, inputs, reason, elsewhere))
            continue
        changes = fingerprints.changes(inputs, read_summary(stored)["inputs"])
        if changes:
            left = stored if [*changes] == [RENDERING] else None
            reason = next(iter(changes.values()))
            jobs.append(Job(run, source, inputs, reason, elsewhere, left))
        else:
            skipped.append(run.name)
    jobs = _told_alike(jobs)
    times = _times(folder)
    # A long run that starts last keeps the others waiting.
    jobs.sort(key=lambda job: -times.get(job.run.name, job.run.seconds))
    return jobs, skipped


def _told_alike(jobs: Sequence[Job]) -> list[Job]:
    """Return jobs that know whether others show the same sections of the same trial."""

    def shown(job: Job) -> tuple[str, str] | None:
        trial = str(job.run.parameters.get("trial", ""))
        executed = job.left is None and job.source.shows_sections_only
        return (job.source.digest, trial) if executed else None

    kinds = [shown(job) for job in jobs]
    times = Counter(kinds)
    return [
        replace(job, alike=kind is not None and times[kind] > 1)
        for job, kind in zip(jobs, kinds, strict=True)
    ]


def _perform(jobs: Sequence[Job], folder: Path, place: Place) -> list[str]:
    """Execute jobs and put each in its place as soon as it is done; return what failed."""
    made_with = manifest.describe()
    # Of these the log and the time of their execution stay.
    rendered = {job.run.name for job in jobs if job.left is not None}
    failures = []
    with Progress(len(jobs)) as progress, closing(
        perform_all(jobs, place, started=progress.started)
    ) as outcomes:  # fmt: skip
        for job in jobs:
            what = "to do    " if job.left is None else "to render"
            progress.say(f"{what} {job.run.name}: {job.reason}")
        for outcome in outcomes:
            error = outcome.error or (_other_data(outcome) if place.elsewhere else "")
            if error:
                failures.append(error)
                if NOTEBOOK in outcome.files:
                    kept = folder / FAILED / f"{outcome.name}.ipynb"
                    put_file(kept, outcome.files[NOTEBOOK])
            else:
                summary = sealed({**outcome.summary, "made_with": made_with})
                put_folder(folder, outcome.name, {**outcome.files, SUMMARY: summary})
                (folder / FAILED / f"{outcome.name}.ipynb").unlink(missing_ok=True)
            if outcome.error or outcome.name not in rendered:
                _keep_log(outcome, folder)
            progress.finished(outcome.name, "FAILED" if error else "done", outcome.seconds)
    return failures


def _other_data(outcome: Outcome) -> str:
    """Say which file that a worker read is not the one of this machine."""
    read = outcome.summary["inputs"]["data"]
    for name, digest in Fingerprints().present(read).items():
        if digest != read[name]:
            return f"run {outcome.name}: {name} is not the same on its worker; bring both to one"
    return ""


def _keep_log(outcome: Outcome, folder: Path) -> None:
    if outcome.log:
        put_file(folder / LOGS / f"{outcome.name}.txt", outcome.log)
    if not outcome.error:
        times = {**_times(folder), outcome.name: round(outcome.seconds, 1)}
        put_file(folder / LOGS / TIMES, json_text(times))


def _times(folder: Path) -> dict[str, float]:
    """Return the seconds that runs took; what is no number there tells nothing."""
    told = manifest.read_json(folder / LOGS / TIMES)
    return {name: seconds for name, seconds in told.items() if isinstance(seconds, int | float)}
