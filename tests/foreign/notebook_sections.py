"""The sections of a notebook, called in process: what a page of it would show."""

import json
import re
from collections.abc import Iterable
from contextlib import nullcontext
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pandas as pd

from analysis import paths
from analysis.efficacy import settings as controlled
from analysis.efficacy import single_arm_settings as single_arm
from analysis.results import Results, Section
from analysis.safety import settings as safety
from analysis.sources.trial.trial import Trial

NOTEBOOKS = {
    "parallel": ("2_efficacy_controlled", "efficacy"),
    "single-arm": ("3_efficacy_single_arm", "efficacy"),
    "safety": ("4_safety", "safety"),
}
RUNS: dict[str, tuple[Any, str]] = {
    "parallel": (controlled, "ControlledParameters"),
    "single-arm": (single_arm, "SingleArmParameters"),
    "safety": (safety, "SafetyParameters"),
}
SHOWN = re.compile(r"page\.show\((\w+)\.(\w+)\)")


@cache
def sections(kind: str) -> dict[str, Section[Any]]:
    """Return the sections of a notebook in their order, as ``module.section``."""
    name, package = NOTEBOOKS[kind]
    cells = json.loads((paths.ROOT / "notebooks" / f"{name}.ipynb").read_text("utf-8"))["cells"]
    source = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    found = {
        f"{module}.{section}": getattr(import_module(f"analysis.{package}.{module}"), section)
        for module, section in SHOWN.findall(source)
    }
    assert found, f"{name} shows no section"
    return found


def run_of(kind: str, folder: Path, *, trial: Trial | None = None, **parameters: Any) -> Any:
    """Return the run of a notebook on a trial folder; `trial` saves loading it again."""
    module, name = RUNS[kind]
    given = getattr(module, name).checked({"trial": str(folder), **parameters})
    with patch.object(module, "load_trial", lambda _: trial) if trial else nullcontext():
        return module.resolve(given)


def rows_of(kind: str, run: Any, *, only: Iterable[str] = ()) -> dict[str, Results]:
    """Return the rows of each section; those that say why where it cannot be computed.

    Parameters
    ----------
    kind
        One of `NOTEBOOKS`.
    run
        Its run.
    only
        Names of sections, as `sections` has them; all if none.
    """
    wanted = set(only)
    return {
        name: section.rows(run)
        for name, section in sections(kind).items()
        if not wanted or name in wanted
    }


def numbers(results: Results, **levels: str) -> dict[str, float]:
    """Return statistic → number of the rows with some levels, each statistic once."""
    frame = results.select(**levels).frame
    values = frame.loc[frame["stat"].notna()].set_index("stat_name")["stat"]
    assert values.index.is_unique, f"several rows for {levels}"
    return {str(name): float(value) for name, value in values.items()}


def people(results: Results) -> pd.DataFrame:
    """Return the rows that count participants, n of N among them."""
    return results.frame[results.frame["stat_name"].isin(["n", "N"])]
