"""Whole pages of large trials: every cell of a notebook is run, and what it shows is drawn.

Run ``python tests/benchmarks/bench_pages.py 2_efficacy_controlled FOLDER`` for the processor
seconds of each cell on a trial of one's own. The trials of the table are the shipped ones in
growth-hormone deficiency many times over, under other identifiers, as parquet.
"""

import ast
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from comparison import Comparison

from analysis import paths

SHIPPED = paths.DATA / "trials" / "ghd"
LATER = tempfile.TemporaryDirectory()
"""Holds the trials until this process ends."""


def run_cells(name: str, trial: str) -> None:
    """Run the cells of a notebook, draw what each shows, and print what took its time."""
    notebook = json.loads((paths.NOTEBOOKS / f"{name}.ipynb").read_text(encoding="utf-8"))
    namespace: dict[str, object] = {"__name__": "__main__"}
    for cell in notebook["cells"]:
        if cell["cell_type"] != "code":
            continue
        source = "".join(cell["source"])
        if "parameters" in cell["metadata"].get("tags", []):
            source += f"\ntrial = {trial!r}"
        parsed = ast.parse(source)
        last = parsed.body.pop() if isinstance(parsed.body[-1], ast.Expr) else None
        start = time.process_time()
        exec(compile(parsed, name, "exec"), namespace)
        if isinstance(last, ast.Expr):
            shown = eval(compile(ast.Expression(last.value), name, "eval"), namespace)
            shown._repr_mimebundle_()
        took = time.process_time() - start
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"{took:6.1f} s {memory:6.0f} MB  {source.splitlines()[-1]}")


def trial_of(events: str, size: int) -> Path:
    """Write the shipped trial so often that it has so many participants, or rows of a table."""
    folder = Path(LATER.name) / f"{events or 'adsl'}-{size}"
    if folder.is_dir():
        return folder
    folder.mkdir()
    shutil.copy(SHIPPED / "trial.yml", folder)
    tables = {path.stem: pd.read_csv(path, low_memory=False) for path in SHIPPED.glob("*.csv")}
    counted = tables[events] if events else tables["adsl"].query("FASFL == 'Y'")
    times = -(-size // len(counted))
    for name, table in tables.items():
        large = pd.concat([table] * times, ignore_index=True)
        copy = pd.Series(np.repeat(np.arange(times), len(table))).astype(str)
        for column in {"USUBJID", "SUBJID"} & set(table):
            large[column] = large[column].astype(str) + "-" + copy.str.zfill(5)
        large.to_parquet(folder / f"{name}.parquet")
    return folder


def page(name: str, folder: Path) -> None:
    """Make the page in a process of its own."""
    command = [sys.executable, __file__, name, str(folder)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def by_pandas(folder: Path) -> float:
    """Read the same tables and do nothing with them."""
    for path in folder.glob("*.parquet"):
        pd.read_parquet(path)
    return 1.0


COMPARISONS = [
    Comparison(
        what=what, baseline="pandas, reading the tables", sizes=sizes, of=of,
        make=partial(trial_of, table), ours=partial(page, name), theirs=by_pandas,
    )
    for what, name, table, sizes, of in (
        ("The whole efficacy page", "2_efficacy_controlled", "", (3_000, 10_000, 30_000),
         "participants"),
    )
]  # fmt: skip


if __name__ == "__main__":
    run_cells(*sys.argv[1:])
