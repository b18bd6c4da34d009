"""The names that measurements of growth usually have, and which of a trial's data have one."""

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import pandas as pd

from analysis.sources.trial.columns import number, text
from analysis.sources.trial.plan_growth import Place
from analysis.sources.trial.tables import labels_of

WORDS = {
    "height": "height",
    "height_sds": "height SDS",
    "height_velocity": "height velocity",
    "height_velocity_sds": "height velocity SDS",
    "weight": "weight",
    "bmi": "body-mass index",
    "bone_age": "bone age",
    "peak_gh": "peak growth hormone",
    "mother_height": "height of the mother",
    "father_height": "height of the father",
}
"""Role → what it is, in words."""
SDS = r"(SDS?|Z|ZS|SCORE)"
SCORE = r"(\bSDS\b|\bSD.?score|standard deviation score|\bz.?score)"
TALL = r"(height|stature|length)"


class Usual(NamedTuple):
    """How a measurement is usually called: its PARAMCD, its variable of ADSL, words of its label.

    A variable of ADSL holds one value of a participant, so that of something which changes ends
    in BL. What nobody measures twice has a variable without it.
    """

    code: str
    label: str
    once: bool = False


USUAL = {
    "height": Usual(r"HEIGHT|HGT|HT|STATURE", rf"^(standing )?{TALL}$"),
    "height_sds": Usual(
        rf"(HT|HGT|HEIGHT|H|STAT){SDS}|{SDS}(HT|HGT|H)|HAZ", rf"\b{TALL}\b.*{SCORE}"
    ),
    "height_velocity": Usual(
        r"A?(H|HT|HGT|G)V(EL)?|(HT|HGT|GR)VEL\w*", r"\b(height|growth|annuali[sz]ed) velocity\b"
    ),
    "height_velocity_sds": Usual(
        rf"(H|HT|HGT|G)V(EL)?{SDS}", rf"\b(height|growth) velocity\b.*{SCORE}"
    ),
    "weight": Usual(r"WEIGHT|WGT|WT", r"^(body )?weight$"),
    "bmi": Usual(r"BMI", r"^body.mass index$"),
    "bone_age": Usual(r"BONE?AGE?|BA(GE)?", r"\bbone age\b"),
    "peak_gh": Usual(
        r"((PEAK|MAX|PK|MX)_?GH|GH_?(PEAK|PK|MAX))\d?",
        r"\b(peak|max\w*)\b.*\b(GH|growth hormone)\b|\b(GH|growth hormone)\b.*\bpeak\b",
        once=True,
    ),
    "mother_height": Usual(
        r"(MOTHER|MOTH|MO|MAT\w?)_?(HEIGHT|HGT|HT)", r"\b(mother|maternal)\b.*\bheight\b", once=True
    ),
    "father_height": Usual(
        r"(FATHER|FATH|FA|PAT\w?)_?(HEIGHT|HGT|HT)", r"\b(father|paternal)\b.*\bheight\b", once=True
    ),
}
"""Role → its usual names."""
SOMETHING_ELSE = re.compile(
    r"\b(change|gain|increment|ratio|advance\w*|delay|minus|difference|percentile|centile|target"
    r"|parental|predicted|adult|corrected|adjusted|expected|category|group|reason|date|flag|method"
    r"|delta)\b|Δ|−",
    re.IGNORECASE,
)
"""Labels of what is computed from a measurement, or about it."""
OTHERS = {
    "height_sds": r"veloc|bone age|mother|father|sitting|weight|\bbmi\b",
    "height_velocity": r"\bsds\b|score|z.?score|bone",
    "bone_age": r"\bsds\b|score|chronological|CA\b|mineral|height",
    "mother_height": r"\bsds\b|score|father",
    "father_height": r"\bsds\b|score|mother",
    "peak_gh": r"\btime\b",
}
"""Role → words of labels that have its own words and mean another measurement."""

BEFORE = re.compile(r"^PRE(?=[A-Z])|(BL|PRE)$")
WHEN = re.compile(
    r"\b(at )?(baseline|screening)\b|\bpre.?treatment\b|\b(before|prior to) (first )?\w+\b",
    re.IGNORECASE,
)
"""What the name, or the label, of a variable of ADSL has that is the value before treatment."""


def named_so(role: str, name: str, label: str) -> tuple[bool, bool]:
    """Say whether a name, and whether a label, is what a measurement is usually called.

    Parameters
    ----------
    role
        Field of `GrowthRoles`.
    name
        PARAMCD, or variable of ADSL without ``BL``.
    label
        PARAM, or label of the variable; "" for none.

    Examples
    --------
    >>> named_so("height_sds", "HTSDS", "Height SDS")
    (True, True)
    >>> named_so("height_sds", "IGFSDS", "IGF-I SDS")
    (False, False)
    >>> named_so("height_sds", "HVSDS", "Height velocity SDS")
    (False, False)
    """
    usual, words = USUAL[role], re.sub(r"\s*\([^()]*\)\s*$", "", label).strip()
    other = OTHERS.get(role, "")
    if SOMETHING_ELSE.search(words) or (other and re.search(other, words, re.IGNORECASE)):
        return False, False
    code = re.fullmatch(usual.code, name, re.IGNORECASE) is not None
    return code, re.search(usual.label, words, re.IGNORECASE) is not None


def candidates(role: str, tables: Mapping[str, pd.DataFrame]) -> list[Place]:
    """Return every place in the data that a measurement may be in by its name.

    Parameters
    ----------
    role
        Field of `GrowthRoles`.
    tables
        Table name → normalised table.

    Returns
    -------
    list of Place
        Those whose PARAMCD or variable is a usual one; if there is none, those whose label is.
        Parameters of tables stand before variables of ADSL, and where something that changes
        has a parameter, a variable of ADSL, which holds its baseline alone, is not returned.
    """
    adsl = tables.get("adsl", pd.DataFrame())
    found = [*_parameters(role, tables), *_variables(role, adsl)]
    named = [place for place, by_code in found if by_code] or [place for place, _ in found]
    recorded = [place for place in named if not place.of_subject]
    return recorded if recorded and not USUAL[role].once else named


def _parameters(role: str, tables: Mapping[str, pd.DataFrame]) -> Iterator[tuple[Place, bool]]:
    """Yield every PARAMCD with a number that is named so, and whether its code is."""
    for name, table in tables.items():
        codes, values = text(table, "PARAMCD"), number(table, "AVAL")
        if name == "adsl" or codes is None or values is None:
            continue
        labels = text(table, "PARAM")
        for at, code in codes[values.notna()].drop_duplicates().items():
            label = "" if labels is None else str(labels[at])
            by_code, by_label = named_so(role, str(code), label)
            if code != "" and (by_code or by_label):
                yield Place(name, str(code)), by_code


def _variables(role: str, adsl: pd.DataFrame) -> Iterator[tuple[Place, bool]]:
    """Yield the variables of ADSL that are named so, of what changes those at baseline.

    Their names are read before their values: of a hundred variables one or two are named so.
    """
    labels = labels_of(adsl)
    for name in map(str, adsl.columns):
        label = labels.get(name, "")
        if not USUAL[role].once and not at_baseline(name, label):
            continue
        by_code, by_label = named_so(role, *without_time(name, label))
        if (by_code or by_label) and _has_a_number(adsl, name):
            yield Place("adsl", name), by_code


def _has_a_number(table: pd.DataFrame, name: str) -> bool:
    values = number(table, name)
    return values is not None and bool(values.notna().any())


def without_time(name: str, label: str) -> tuple[str, str]:
    """Return name and label of a variable of ADSL without what says that it is at baseline.

    Examples
    --------
    >>> without_time("BONEAGBL", "Baseline Bone Age (years)")
    ('BONEAG', 'Bone Age (years)')
    """
    return BEFORE.sub("", name), WHEN.sub("", label).strip(" ,;:-")


def at_baseline(name: str, label: str) -> bool:
    """Say whether a variable of ADSL is the value at baseline, by its name or its label.

    Examples
    --------
    >>> at_baseline("BONEAGBL", ""), at_baseline("BONEAGE", ""), at_baseline("BA", "Baseline BA")
    (True, False, True)
    """
    return BEFORE.search(name) is not None or WHEN.search(label) is not None
