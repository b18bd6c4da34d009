"""What a variable and its codes are called in words: by the data's labels, or as is usual."""

import re
from collections.abc import Sequence

import pandas as pd

from analysis.sources.trial.tables import labels_of
from analysis.words import in_sentence

USUAL = {
    "AGE": ("Age", "years"),
    "AGEGR1": ("Age group", ""),
    "SEX": ("Sex", ""),
    "RACE": ("Race", ""),
    "RACEGR1": ("Race group", ""),
    "ETHNIC": ("Ethnicity", ""),
    "COUNTRY": ("Country", ""),
    "REGION1": ("Region", ""),
    "SITEID": ("Site", ""),
    "SITEGR1": ("Pooled site", ""),
    "BASE": ("Baseline", ""),
    "AVAL": ("Value", ""),
    "CHG": ("Change from baseline", ""),
    "PCHG": ("Per cent change from baseline", ""),
    "HEIGHTBL": ("Height", "cm"),
    "WEIGHTBL": ("Weight", "kg"),
    "BMIBL": ("Body-mass index", "kg/m²"),
    "BONEAGBL": ("Bone age", "years"),
    "HTSDSBL": ("Height SDS", ""),
    "HVBL": ("Height velocity before treatment", "cm/year"),
    "PEAKGH": ("Peak growth hormone", ""),
    "AESER": ("Serious event", ""),
    "AESEV": ("Severity", ""),
    "AEREL": ("Causality", ""),
    "AEACN": ("Action taken with treatment", ""),
    "AEOUT": ("Outcome of the event", ""),
    "AESDTH": ("Results in death", ""),
    "DTHFL": ("Death flag", ""),
}
"""Variable → its usual name in words and its unit, where the data give no label."""

SAYS_LITTLE = re.compile(
    r"Geographic Region \d|Pooled (Age|Race|Site) Group \d|(Analysis|Baseline) Value"
    r"|Study Site Identifier"
)
"""Labels of the ADaM guide that say no more than the name of the variable does."""
UNIT = re.compile(r"\s*\([^()]*\)$")
CODES = {"SEX": {"F": "Female", "M": "Male", "U": "Unknown"}}
"""Variable → its codes of CDISC's terminology → what they mean."""


def label_of(name: str, tables: Sequence[pd.DataFrame], otherwise: str = "") -> str:
    """Return what a variable is called: the data's label, its usual name, or its name.

    Parameters
    ----------
    name
        The variable.
    tables
        Normalised tables that may have it, the first choice first.
    otherwise
        A name in words, where neither the data nor use has one.

    Examples
    --------
    >>> table = pd.DataFrame({"SITEGR1": [1], "STRAT1R": [2]})
    >>> table.attrs["labels"] = {"SITEGR1": "Pooled Site Group 1"}
    >>> label_of("SITEGR1", [table]), label_of("STRAT1R", [table])
    ('Pooled site', 'STRAT1R')
    """
    usual = USUAL.get(name, ("", ""))[0]
    labels = (labels_of(table).get(name, "") for table in tables)
    said = next((label for label in labels if label and not _little(label, usual)), "")
    return said or usual or otherwise or name


def _little(label: str, usual: str) -> bool:
    return bool(usual) and SAYS_LITTLE.fullmatch(label) is not None


def words_of(name: str, tables: Sequence[pd.DataFrame]) -> str:
    """Return what a variable is called inside a sentence, without its unit; see `label_of`.

    Examples
    --------
    >>> table = pd.DataFrame({"BASE": [1.0], "HBA1CBL": [7.0]})
    >>> table.attrs["labels"] = {"BASE": "Baseline Value", "HBA1CBL": "HbA1c at baseline (%)"}
    >>> words_of("BASE", [table]), words_of("HBA1CBL", [table])
    ('baseline', 'HbA1c at baseline')
    """
    label = label_of(name, tables)
    return label if label == name else in_sentence(UNIT.sub("", label) or label)


def told_apart(names: Sequence[str], labels: Sequence[str]) -> list[str]:
    """Return labels; two that are alike have the names of their variables beside them.

    Examples
    --------
    >>> told_apart(["SEX", "ARM1", "ARM2"], ["Sex", "Arm", "Arm"])
    ['Sex', 'Arm, ARM1', 'Arm, ARM2']
    """
    return [
        label if labels.count(label) == 1 else f"{label}, {name}"
        for name, label in zip(names, labels, strict=True)
    ]


def level_words(name: str, level: str) -> str:
    """Return what a value of a variable means, where the terminology has a code for it.

    Examples
    --------
    >>> level_words("SEX", "F"), level_words("RACE", "WHITE"), level_words("SEX", "female")
    ('Female', 'WHITE', 'female')
    """
    return CODES.get(name, {}).get(level, level)
