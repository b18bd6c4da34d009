"""The baseline table: the characteristics that ADSL or a baseline record has."""

import pandas as pd

from analysis.sources.trial.drafting.folder import Folder
from analysis.sources.trial.drafting.writing import comment, listed

OF_ADSL = ("AGE", "SEX", "RACE", "ETHNIC", "HEIGHTBL", "WEIGHTBL", "BMIBL", "DURDIS", "REGION1")
MEASURED = {"HEIGHT": "HEIGHTBL", "WEIGHT": "WEIGHTBL", "BMI": "BMIBL"}
"""PARAMCD → the variable of ADSL that has it, where ADSL does."""


def baseline_lines(folder: Folder) -> list[str]:
    """Return the line of the baseline table: what is there and differs between participants."""
    adsl = folder.adsl
    names = [name for name in OF_ADSL if name in adsl and _varies(adsl[name])]
    for paramcd, variable in MEASURED.items():
        if variable not in names:
            names += [f"{table}.{paramcd}" for table in _tables_with(folder, paramcd)[:1]]
    if not names:
        return []
    words = "The baseline table: variables of ADSL, or TABLE.PARAMCD for a baseline record."
    return [*comment(words), f"baseline: {listed(names)}"]


def _varies(values: pd.Series) -> bool:
    return values.replace("", None).nunique() > 1


def _tables_with(folder: Folder, paramcd: str) -> list[str]:
    """Return the tables with one baseline record a participant of a parameter."""
    found = []
    for name in (*folder.named("advs"), *folder.measured):
        table = folder.tables[name]
        if name not in folder.measured or "ABLFL" not in table or name in found:
            continue
        own = table[(table["PARAMCD"] == paramcd) & (table["ABLFL"] == "Y")]
        if len(own) and own["USUBJID"].is_unique and own["AVAL"].nunique() > 1:
            found.append(name)
    return found
