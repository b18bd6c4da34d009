"""The good trials that are altered: tables as a user's program would hold them, and a plan."""

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml
from corpus import DUMPER, good_plan, good_tables, write_table
from families import GENERAL, PILOT

from analysis import paths
from analysis.sources.trial.tables import read_table

Tables = dict[str, pd.DataFrame]
Plan = dict[str, Any]


@dataclass(slots=True)
class Base:
    """A trial that may be altered.

    Parameters
    ----------
    name
        Of the trial it was.
    tables, plan
        Free to be changed.
    formats
        Table → format, as `corpus.write_table` has it.
    after
        What is done to the folder once it is written.
    renamed
        New word → the old one, where an alteration renames what is shown.
    """

    name: str
    tables: Tables
    plan: Plan
    formats: dict[str, str] = field(default_factory=dict)
    after: list[Callable[[Path], None]] = field(default_factory=list)
    renamed: dict[str, str] = field(default_factory=dict)

    def write(self, folder: Path) -> Path:
        """Write the folder and return it."""
        folder.mkdir(parents=True)
        text = yaml.dump(self.plan, Dumper=DUMPER, sort_keys=False, allow_unicode=True)
        (folder / "trial.yml").write_text(text, encoding="utf-8")
        for name, table in self.tables.items():
            write_table(folder, name, table, self.formats.get(name, "parquet"))
        for each in self.after:
            each(folder)
        return folder


def small() -> tuple[Tables, Plan]:
    """Return the small trial of the corpus."""
    return good_tables(), good_plan()


def shipped(name: str, keep: int) -> tuple[Tables, Plan]:
    """Return a shipped synthetic trial with some of its participants."""
    folder = paths.DATA / "trials" / name
    plan = yaml.safe_load((folder / "trial.yml").read_text("utf-8"))
    tables = {path.stem: read_table(path) for path in sorted(folder.glob("*.csv"))}
    return of_some(tables, keep), plan


def foreign(family: Any, keep: int) -> tuple[Tables, Plan]:
    """Return a public family with some of its participants."""
    return of_some(family.frames(), keep), family.plan


def of_some(tables: Tables, keep: int) -> Tables:
    """Return the records of every so-many-th participant, the arms in their proportion."""
    adsl = tables["adsl"].sort_values(["TRT01P", "USUBJID"])
    step = max(1, len(adsl) // keep)
    names = set(adsl["USUBJID"].iloc[::step])
    return {
        name: table[table["USUBJID"].isin(names)].reset_index(drop=True)
        for name, table in tables.items()
    }


MAKERS: dict[str, Callable[[], tuple[Tables, Plan]]] = {
    "small": small,
    "turner-1": lambda: shipped("turner-1", 20),
    "ghd": lambda: shipped("ghd", 24),
    "general": lambda: foreign(GENERAL, 30),
    "pilot": lambda: foreign(PILOT, 40),
}


@cache
def _made(name: str) -> tuple[Tables, Plan]:
    return MAKERS[name]()


def base(name: str, rng: np.random.Generator | None = None) -> Base:
    """Return a good trial that may be altered, written as csv or parquet by chance.

    The public families stay parquet: their tables have a hundred columns.
    """
    tables, plan = _made(name)
    text = rng is not None and name not in ("general", "pilot") and rng.random() < 0.6
    return Base(
        name=name,
        tables={table: frame.copy() for table, frame in tables.items()},
        plan=copy.deepcopy(plan),
        formats=dict.fromkeys(tables, "csv" if text else "parquet"),
    )
