"""Time of the report: nothing changed, one process, two, and the plain way.

Run ``python tests/benchmarks/bench_report.py [RUN ...]``. It makes the report of the project in
temporary folders: with two processes, again with nothing changed, with one process, and as a
shell loop of papermill and nbconvert over the same runs; then prints the seconds and the ratios.
``--cluster FILE`` instead makes a grid twice, by two local processes and on a Dask cluster of
two workers on loopback, one of which is killed on the way, and compares every byte.
"""

import argparse
import importlib.util
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from comparison import Comparison

from analysis import paths
from analysis.report.runs import Run, choose, load_runs

SCRIPTS = Path(sys.executable).parent
ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": str(paths.ROOT),
    "SOURCE_DATE_EPOCH": "1000000000",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}


def analysis(*arguments: object) -> float:
    """Run a command of the project and return its seconds."""
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "analysis", *map(str, arguments)],
        cwd=paths.ROOT, env=ENVIRONMENT, check=True, capture_output=True,
    )  # fmt: skip
    return time.perf_counter() - start


def plain(runs: Sequence[Run], folder: Path) -> float:
    """Execute and render with the two programs that anyone would use."""
    start = time.perf_counter()
    for run in runs:
        out = folder / f"{run.name}.ipynb"
        parameters = folder / f"{run.name}.yml"
        import yaml

        parameters.write_text(yaml.safe_dump(run.parameters))
        subprocess.run(
            [SCRIPTS / "papermill", run.path, out, "-f", parameters, "--cwd", paths.NOTEBOOKS,
             "-k", "python3", "--no-progress-bar"],
            env=ENVIRONMENT, check=True, capture_output=True,
        )  # fmt: skip
        subprocess.run(
            [SCRIPTS / "jupyter", "nbconvert", "--to", "html", out],
            env=ENVIRONMENT, check=True, capture_output=True,
        )  # fmt: skip
    return time.perf_counter() - start


def bench_report(names: Sequence[str]) -> None:
    """Print seconds and ratios."""
    runs = choose(load_runs(), names)
    print(f"{len(runs)} runs, {len(os.sched_getaffinity(0))} cores, load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        two = analysis("report", *names, "--jobs", 2, "--folder", folder / "two")
        print(f"two processes            {two:7.1f} s")
        again = analysis("report", *names, "--jobs", 2, "--folder", folder / "two")
        print(f"nothing changed          {again:7.1f} s, {100 * again / two:.1f} % of the first")
        one = analysis("report", *names, "--jobs", 1, "--folder", folder / "one")
        print(f"one process              {one:7.1f} s, {one / two:.2f} times two processes")
        loop = plain(runs, folder)
        print(f"papermill and nbconvert  {loop:7.1f} s, {loop / two:.2f} times two processes")
        same = _same(folder / "one", folder / "two")
        print(f"one and two processes give the same bytes: {same}")


def some(number: int) -> list[Run]:
    """Return the first of some runs."""
    names = ("turner-1-efficacy", "turner-1-safety", "turner-2-efficacy", "turner-2-safety")
    return choose(load_runs(), names[:number])


def ours(runs: Sequence[Run]) -> None:
    """Make the pages of some runs from nothing, by two processes."""
    with tempfile.TemporaryDirectory() as folder:
        analysis("report", *(run.name for run in runs), "--jobs", 2, "--folder", folder)


def theirs(runs: Sequence[Run]) -> float:
    """Execute and render them in a plain loop."""
    with tempfile.TemporaryDirectory() as folder:
        plain(runs, Path(folder))
    return 1.0


COMPARISONS = [
    Comparison(
        what="A report: pages, search, documents, figures",
        baseline="a loop of papermill and nbconvert", sizes=(1, 2, 4), of="runs", make=some,
        ours=ours, theirs=theirs, at=2,
    )
]  # fmt: skip


def bench_cluster(grid: Path) -> None:
    """Print whether a grid has the same bytes from a cluster that loses a worker."""
    place = paths.ROOT / "tests" / "report" / "test_cluster.py"
    spec = importlib.util.spec_from_file_location("cluster", place)
    assert spec
    assert spec.loader
    helpers = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(helpers)

    class Project:
        def environment(self) -> dict[str, str]:
            return ENVIRONMENT

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        cluster = helpers.Cluster(Project(), folder)
        try:
            start = time.perf_counter()
            far = subprocess.Popen(
                [sys.executable, "-m", "analysis", "grid", str(grid), "--folder",
                 str(folder / "far"), "--scheduler", cluster.address],
                cwd=paths.ROOT, env=ENVIRONMENT, stderr=subprocess.PIPE, stdout=subprocess.PIPE,
            )  # fmt: skip
            assert far.stderr
            done = 0
            for line in iter(far.stderr.readline, b""):
                done += bool(re.match(rb"(done|FAILED) ", line))
                if done == 5:
                    break
            os.killpg(cluster.processes[1].pid, signal.SIGKILL)
            print("killed one of two workers after 5 scenarios")
            cluster.worker("c")
            out, said = far.communicate()
            print(f"cluster                  {time.perf_counter() - start:7.1f} s, {out.decode()}")
            print(said.decode()[-2000:] if far.returncode else f"status {far.returncode}")
        finally:
            cluster.close()
        seconds = analysis("grid", grid, "--folder", folder / "local", "--jobs", 2)
        print(f"two local processes      {seconds:7.1f} s")
        print(f"the same bytes: {_same(folder / 'far', folder / 'local')}")


def _same(a: Path, b: Path) -> str:
    """Compare two reports byte by byte, but for logs and lock."""
    files = [
        {
            path.relative_to(root).as_posix(): path.read_bytes()
            for path in root.rglob("*")
            if path.is_file() and "logs" not in path.parts and path.name != ".lock"
        }
        for root in (a, b)
    ]
    differing = sorted(
        name for name in {*files[0], *files[1]} if files[0].get(name) != files[1].get(name)
    )
    return f"yes, all {len(files[0])} files" if not differing else f"no: {differing}"


def main() -> None:
    """Choose what is measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("runs", nargs="*")
    parser.add_argument("--cluster", type=Path, metavar="FILE")
    options = parser.parse_args()
    if options.cluster:
        bench_cluster(options.cluster.resolve())
    else:
        bench_report(options.runs)


if __name__ == "__main__":
    main()
