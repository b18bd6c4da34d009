"""How long an analyst waits for a verdict: a bare kernel, several checkouts in turn.

    python tests/benchmarks/bench_waiting.py --rounds 5 before=/path/to/a/checkout after=.

Opened: the kernel starts, then the cells up to the answer run. Changed: another margin, then the
cells that must run before the answer is that of the new margin. Seconds of the clock depend on
what else the machine does; those of the kernel's processor less so. The first is the divisor.
"""

import argparse
import os
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
import psutil
from jupyter_client.manager import KernelManager

NOTEBOOKS = {
    "1_programme": "min_confidence = 'medium'",
    "2_efficacy_controlled": "margin = -1.0",
    "4_safety": "conf_level = 0.9",
}
"""A value that changes each notebook's answer."""
BEFORE = "parameters", "setup", "load"
"""Cells before the answer; a notebook that reads its parameters anew needs the first only."""


@contextmanager
def kernel_of(root: Path) -> Iterator[tuple[Any, psutil.Process]]:
    """Start a kernel as JupyterLab does, with the package of a checkout."""
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel(cwd=str(root / "notebooks"), env={**os.environ, "PYTHONPATH": str(root)})
    client = manager.blocking_client()
    client.start_channels()
    client.wait_for_ready(timeout=300)
    try:
        yield client, psutil.Process(manager.provisioner.pid)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def waited(root: Path, name: str) -> dict[str, float]:
    """Return what one opening and one change take: seconds of the clock and of the processor."""
    notebook = nbformat.read(root / f"notebooks/{name}.ipynb", as_version=4)
    cells = {cell.id: cell.source for cell in notebook.cells}
    first = [id for id in BEFORE if id in cells]
    again = first if "load" in cells else []
    clock, took = time.perf_counter(), {}
    with kernel_of(root) as (client, process):

        def ran(what: str, sources: list[str], clock: float, used: float) -> None:
            for source in sources:
                reply = client.execute(source, reply=True, timeout=600)
                assert reply["content"]["status"] == "ok", reply["content"]["evalue"]
            took[f"{what}, clock"] = time.perf_counter() - clock
            took[f"{what}, processor"] = sum(process.cpu_times()[:2]) - used

        ran("opened", [cells[id] for id in [*first, "answer"]], clock, 0.0)
        now = time.perf_counter(), sum(process.cpu_times()[:2])
        changed = cells["parameters"] + "\n" + NOTEBOOKS[name]
        ran("changed", [changed, *(cells[id] for id in [*again[1:], "answer"])], *now)
    return took


def main() -> None:
    """Read the command line, measure in turn, and print medians and ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("versions", nargs="+", help="NAME=FOLDER")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--notebook", choices=NOTEBOOKS, default="2_efficacy_controlled")
    given = parser.parse_args()
    versions = {name: Path(root).resolve() for name, root in (v.split("=") for v in given.versions)}
    taken: dict[str, list[dict[str, float]]] = {name: [] for name in versions}
    for _ in range(given.rounds):
        for name, root in versions.items():
            taken[name].append(waited(root, given.notebook))
    print(given.notebook, f"medians of {given.rounds}, in turn")
    medians = {
        name: {what: statistics.median(each[what] for each in rounds) for what in rounds[0]}
        for name, rounds in taken.items()
    }
    base = next(iter(medians.values()))
    for what in base:
        taken_by = ((name, each[what]) for name, each in medians.items())
        said = (f"{name} {took:6.2f} s ({took / base[what]:.2f})" for name, took in taken_by)
        print(f"  {what:20} {'   '.join(said)}")


if __name__ == "__main__":
    main()
