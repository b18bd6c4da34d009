"""One table of what the project takes against what it is compared with: ``make bench``.

Its rows are the `COMPARISONS` of the modules ``bench_*.py`` beside it, each measured in a fresh
process: processor seconds at one size of both, their ratio (baseline over project), the power with
which the project's own time grows over three sizes, and its peak memory. ``--readme`` writes the
table into README.md; words choose the modules that have one of them in their name.
"""

import argparse
import json
import os
import platform
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import psutil
from comparison import Comparison, measured, row

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
HEADER = ["What", "Size", "Time", "Baseline", "Its time", "Ratio", "Exponent", "Peak memory"]
PLACE = re.compile(r"(<!-- benchmarks: written by make bench -->\n).*?(<!-- end -->)", re.S)
ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": str(ROOT),
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}


def comparisons(words: list[str]) -> list[tuple[str, int, Comparison]]:
    """Return all comparisons, each with its module and its number there."""
    modules = sorted(path.stem for path in HERE.glob("bench_*.py"))
    chosen = [name for name in modules if not words or any(word in name for word in words)]
    return [
        (name, number, each)
        for name in chosen
        for number, each in enumerate(getattr(import_module(name), "COMPARISONS", []))
    ]


def elsewhere(module: str, number: int) -> dict[str, Any] | None:
    """Measure one comparison in a process of its own; None, and what it said, where it fails."""
    command = [sys.executable, __file__, "--one", module, str(number)]
    done = subprocess.run(
        command, cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        print(f"{module}, comparison {number}, failed:\n{done.stderr}", file=sys.stderr)
        return None
    return json.loads(done.stdout.splitlines()[-1])


def machine() -> str:
    """Return the machine and the day in words."""
    memory = psutil.virtual_memory().total / 2**30
    cores = len(os.sched_getaffinity(0))
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, {platform.machine()}, {cores} cores, {memory:.0f} GB, "
        f"Python {platform.python_version()}"
    )


def table(rows: list[list[str]]) -> str:
    """Return the table in Markdown, its columns in line."""
    lines = [HEADER, *rows]
    widths = [max(len(line[at]) for line in lines) for at in range(len(HEADER))]
    lines.insert(1, ["-" * width for width in widths])
    cells = [
        [f"{cell:{width}}" for cell, width in zip(line, widths, strict=True)] for line in lines
    ]
    return "\n".join(f"| {' | '.join(each)} |" for each in cells)


def main() -> None:
    """Measure two at a time, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("words", nargs="*")
    parser.add_argument("--readme", action="store_true", help="write the table into README.md")
    parser.add_argument("--one", nargs=2, metavar=("MODULE", "NUMBER"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        module, number = asked.one
        print(json.dumps(measured(import_module(module).COMPARISONS[int(number)])))
        return
    chosen = comparisons(asked.words)
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        found = pool.map(lambda each: elsewhere(*each[:2]), chosen)
        pairs = [(each[2], numbers) for each, numbers in zip(chosen, found, strict=True)]
    rows = [row(each, numbers) for each, numbers in pairs if numbers]
    text = f"{table(rows)}\n\n{machine()}."
    print(text)
    if asked.readme:
        readme = ROOT / "README.md"
        new = PLACE.sub(lambda place: f"{place[1]}{text}\n{place[2]}", readme.read_text("utf-8"))
        readme.write_text(new, encoding="utf-8")
    if len(rows) < len(chosen):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
