"""Processor time of the validation page, against another checkout.

Run ``python tests/benchmarks/bench_validation.py --against FOLDER``. Each checkout, in a process
of its own and on one thread, recomputes the published examples and simulates the coverages with
the page's own parameters; the coverages of both are compared. Without a folder, the times alone.
Then, here, mixed models of many data sets in arrays against one frame each.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

from analysis import validation
from analysis.stats.mmrm import fit_mmrm
from analysis.validation import model_experiments
from analysis.validation.settings import ValidationParameters, resolve

SIZES = (88, 41)


def measured() -> dict[str, object]:
    """Return the seconds of both parts of the page, and the coverages."""
    run = resolve(ValidationParameters())
    seconds = []
    for section in (validation.coverage, validation.cases):
        start = time.process_time()
        found = section(run)
        seconds.append(time.process_time() - start)
        if section is validation.coverage:
            rows = found.frame[found.frame["stat_name"] == "estimate"]
            shares = rows["stat"].astype(float).tolist()
    return {"seconds": seconds, "coverages": shares}


def elsewhere(folder: Path) -> dict[str, list[float]]:
    """Return what `measured` returns, of the code in another folder."""
    options = {"PYTHONPATH": str(folder), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, __file__, "--measure"]
    said = subprocess.run(command, env=os.environ | options, check=True, capture_output=True)
    return json.loads(said.stdout)


def one_frame_each(data: tuple[np.ndarray, ...]) -> np.ndarray:
    """Return the limits at the last visit, one frame and one fit a data set."""
    n, visits = sum(SIZES), model_experiments.VISITS
    frame = pd.DataFrame(
        {
            "subject": np.repeat(np.arange(n), visits),
            "arm": np.repeat(["test", "reference"], np.array(SIZES) * visits),
            "visit": np.tile(np.arange(visits), n),
        }
    )
    limits = []
    for base, values in zip(*data, strict=True):
        own = frame.assign(base=np.repeat(base, visits), value=values.ravel())
        fit = fit_mmrm(
            own, response="value", subject="subject", visit="visit", factors=["arm", "visit"],
            covariates=["base"], interactions=["arm:visit"], structure="us", df_method="kr",
        )  # fmt: skip
        last = fit.contrast(
            "arm", reference="reference", by="visit", weights="equal", level=0.95, adjust="none"
        )[-1]
        limits.append((last.lower, last.upper))
    return np.array(limits).T


def main() -> None:
    """Print times and ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--against", type=Path, help="another checkout")
    parser.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.measure:
        print(json.dumps(measured()))
        return
    here = elsewhere(Path(__file__).parents[2])
    print("here     coverage {:.2f} s, examples {:.2f} s".format(*here["seconds"]))
    if asked.against:
        other = elsewhere(asked.against)
        print("against  coverage {:.2f} s, examples {:.2f} s".format(*other["seconds"]))
        off = np.abs(np.array(here["coverages"]) - other["coverages"]).max()
        ratio = sum(other["seconds"]) / sum(here["seconds"])
        print(f"ratio    {ratio:.1f}; coverages differ by at most {off:.1e}")
    data = model_experiments.draw_mmrm(np.random.default_rng(1), 200, SIZES)
    start = time.process_time()
    together = np.array(model_experiments.mmrm_limits(data, SIZES, 0.95))
    middle = time.process_time()
    alone = one_frame_each(data)
    ratio = (time.process_time() - middle) / (middle - start)
    print(f"200 mixed models: arrays {middle - start:.2f} s, frames {ratio:.1f} times as long; "
          f"limits differ by at most {np.abs(together - alone).max():.1e}")  # fmt: skip


if __name__ == "__main__":
    main()
