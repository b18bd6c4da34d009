"""The stored outputs of the notebooks, and the stored results of the runs beyond them."""

import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from analysis import paths
from analysis.errors import UserError
from analysis.report.compare import REFERENCE, write_reference
from analysis.report.executor import Place, choose_place, perform_all
from analysis.report.fingerprint import Fingerprints
from analysis.report.job import Job, Outcome
from analysis.report.place import NOTEBOOK, RESULTS, put_file
from analysis.report.runs import Run, load_runs
from analysis.report.source import read_source


def beyond_defaults(runs: Iterable[Run]) -> list[Run]:
    """Return the runs that are not the stored one of their notebook, so that nbval misses them.

    A run that sets parameters to their defaults is the stored one.
    """

    def differs(run: Run) -> bool:
        stored = read_source(run.path).parameters()
        return any(value != stored[name] for name, value in run.parameters.items())

    return [run for run in runs if run.parameters and differs(run)]


def refresh_stored(place: Place | None = None) -> Iterator[Path]:
    """Re-execute every stored notebook in place, and every other run for its stored results.

    Yields each notebook and results file when it is rewritten.

    Raises
    ------
    UserError
        After all were tried, if any failed; what is stored of these stays.
    """
    place = place or choose_place()
    stored = {
        path.stem: Run(name=path.stem, notebook=path.stem)
        for path in sorted(paths.NOTEBOOKS.glob("*.ipynb"))
    }
    for outcome in _outcomes(stored.values(), place):
        path = stored[outcome.name].path
        put_file(path, outcome.files[NOTEBOOK])
        yield path
    yield from refresh_references(load_runs(paths.RUNS).values(), place=place)


def refresh_references(
    runs: Iterable[Run], folder: Path = REFERENCE, *, place: Place | None = None
) -> Iterator[Path]:
    """Execute the runs that no stored notebook covers and store their results, one folder a run.

    Yields each results file when it is rewritten. `runs` are all checked runs: the results of runs
    that are not among them are removed.
    """
    beyond = beyond_defaults(runs)
    targets = {run.name: folder / run.name / RESULTS for run in beyond}
    for outcome in _outcomes(beyond, place or choose_place()):
        with tempfile.TemporaryDirectory() as made:
            results = Path(made) / RESULTS
            results.write_bytes(outcome.files[RESULTS])
            write_reference(results, targets[outcome.name])
        yield targets[outcome.name]
    for old in set(folder.glob(f"*/{RESULTS}")) - set(targets.values()):
        old.unlink()
        if not any(old.parent.iterdir()):
            old.parent.rmdir()


def _outcomes(runs: Iterable[Run], place: Place) -> Iterator[Outcome]:
    """Execute runs and yield those that succeed; raise in the end what failed."""
    fingerprints = Fingerprints()
    jobs = []
    for run in sorted(runs, key=lambda run: -run.seconds):
        source = read_source(run.path)
        inputs = fingerprints.of(run, source)
        jobs.append(Job(run, source, inputs, "refreshed", place.elsewhere))
    failures = []
    for outcome in perform_all(jobs, place):
        if outcome.error:
            failures.append(outcome.error)
        else:
            yield outcome
    if failures:
        raise UserError("\n".join(failures))
