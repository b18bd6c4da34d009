"""How long an analyst waits in JupyterLab, several versions in turn.

    python tests/lab/times.py --rounds 5 before=/path/to/a/checkout after=.

Opened: from the address of the notebook to its verdict on the screen, kernel and all. Changed:
from another margin to its verdict, by the cells that this takes. The first is the divisor;
``tests/benchmarks/bench_waiting.py`` measures the same without a browser.
"""

import argparse
import statistics
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from lab import CHROMIUM, OPTIONS, Notebook, served, shortened

NOTEBOOK = "2_efficacy_controlled"


def waited(window: Any, address: str) -> dict[str, float]:
    """Return the seconds of one opening and one change."""
    took, start = {}, time.perf_counter()
    notebook = Notebook.open(window, address, "opened.ipynb")
    took["open, no cell run"] = time.perf_counter() - start
    first = [id for id in notebook.ids() if id in ("parameters", "setup", "load")]
    again = first if "load" in first else ["parameters"]
    for what, cells in {"opened": first, "changed": again}.items():
        if what == "changed":
            start = time.perf_counter()
            notebook.write("parameters", notebook.source("parameters") + "\nmargin = -1.0")
        for id in [*cells, "answer"]:
            notebook.start(id)
        # Each cell waits for the one before; the last has a new number when all have run.
        notebook.wait("answer")
        bound = "−1.00" if what == "changed" else "−1.80"
        assert f"at the margin of {bound}" in notebook.seen("answer"), notebook.seen("answer")
        took[what] = time.perf_counter() - start
    notebook.close()
    return took


def main() -> None:
    """Read the command line, measure in turn, and print medians and ratios."""
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("versions", nargs="+", help="NAME=FOLDER")
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        addresses = {}
        for name, root in (version.split("=") for version in given.versions):
            folder, home = scratch / name, scratch / f"{name}-home"
            folder.mkdir()
            home.mkdir()
            source = Path(root).resolve() / f"notebooks/{NOTEBOOK}.ipynb"
            shortened(source, folder / "opened.ipynb", ["answer"])
            addresses[name] = stack.enter_context(served(Path(root).resolve(), folder, home))
        taken: dict[str, list[dict[str, float]]] = {name: [] for name in addresses}
        for _ in range(given.rounds):
            for name, address in addresses.items():
                window = browser.new_page()
                taken[name].append(waited(window, address))
                window.close()
        browser.close()
    base = next(iter(taken))
    for what in taken[base][0]:
        medians = {name: statistics.median(each[what] for each in taken[name]) for name in taken}
        said = (f"{name} {m:6.2f} s ({m / medians[base]:.2f})" for name, m in medians.items())
        print(f"  {what:20} {'   '.join(said)}")


if __name__ == "__main__":
    main()
