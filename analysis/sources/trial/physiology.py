"""Limits of what a living person can have, by quantity and unit: outside is a slip or a unit.

The limits are wide on purpose. They lie beyond values that survivors have been reported with, so
that what is outside is worth a look and what is merely abnormal is left alone.
"""

import re
from dataclasses import dataclass

from analysis.thresholds import within

Limits = dict[str, tuple[float, float]]
"""Unit, as `plain_unit` writes it, → lowest and highest value."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """What is measured, how PARAMCD and PARAM call it, and its limits by unit."""

    name: str
    codes: frozenset[str]
    label: re.Pattern[str]
    limits: Limits


def _quantity(name: str, codes: str, label: str, **limits: tuple[float, float]) -> Quantity:
    by_unit = {UNITS[word]: pair for word, pair in limits.items()}
    return Quantity(name, frozenset(codes.split()), re.compile(label, re.IGNORECASE), by_unit)


UNITS = {
    "kg": "kg", "lb": "lb", "cm": "cm", "m": "m", "inches": "in", "kg_m2": "kg/m2",
    "mmHg": "mmhg", "beats": "beats/min", "breaths": "breaths/min", "C": "c", "F": "f",
    "percent": "%", "fraction": "1", "mmol": "mmol/l", "umol": "umol/l", "pmol": "pmol/l",
    "mg_dL": "mg/dl", "g_dL": "g/dl", "ng_dL": "ng/dl", "ng_mL": "ng/ml", "g_L": "g/l",
    "mmol_mol": "mmol/mol", "U": "u/l", "mU": "mu/l", "giga": "10^9/l", "tera": "10^12/l",
}  # fmt: skip
"""Short name of a unit in the table below → the unit."""

QUANTITIES = (
    _quantity("weight", "WEIGHT WT", r"^(?:body )?weight\b(?!-)", kg=(0.3, 400), lb=(0.7, 880)),
    _quantity("height", "HEIGHT HT", r"^(?:standing |body )?(?:height|length|stature)\b(?!-)",
              cm=(20, 260), m=(0.2, 2.6), inches=(8, 102)),
    _quantity("body mass index", "BMI", "^body mass index", kg_m2=(7, 150)),
    _quantity("systolic pressure", "SYSBP SBP", "systolic", mmHg=(40, 310)),
    _quantity("diastolic pressure", "DIABP DBP", "diastolic", mmHg=(15, 220)),
    _quantity("pulse", "PULSE HR", "^(?:pulse|heart) rate", beats=(20, 300)),
    _quantity("breathing", "RESP", "^respirat.* rate", breaths=(3, 120)),
    _quantity("temperature", "TEMP", "temperature", C=(25, 45), F=(77, 113)),
    _quantity("oxygen saturation", "OXYSAT SPO2", "oxygen saturation", percent=(30, 100)),
    _quantity("glucose", "GLUC GLUCF FGLUC", "glucose", mmol=(0.5, 50), mg_dL=(9, 900)),
    _quantity("HbA1c", "HBA1C HGBA1C HBA1CHGB", "a1c|gly[ck](?:os?yl)?ated h",
              percent=(2.5, 25), fraction=(0.025, 0.25), mmol_mol=(4, 250)),
    _quantity("sodium", "SODIUM NA", "^sodium", mmol=(90, 200)),
    _quantity("potassium", "POTAS K", "^potassium", mmol=(1, 12)),
    _quantity("chloride", "CL CHLORIDE", "^chloride", mmol=(50, 170)),
    _quantity("calcium", "CA CALCIUM", "^calcium", mmol=(0.5, 6), mg_dL=(2, 24)),
    _quantity("creatinine", "CREAT", "^creatinine(?! kin)(?! clear)",
              umol=(5, 4000), mg_dL=(0.05, 45)),
    _quantity("urea", "BUN UREA UREAN", "^(?:blood )?urea", mmol=(0.1, 120), mg_dL=(0.5, 700)),
    _quantity("bilirubin", "BILI", "^(?:total )?bilirubin", umol=(0, 1300), mg_dL=(0, 80)),
    _quantity("albumin", "ALB", "^albumin(?!/)", g_L=(5, 80), g_dL=(0.5, 8)),
    _quantity("cholesterol", "CHOL CHOLES", "^(?:total )?cholesterol",
              mmol=(0.3, 50), mg_dL=(10, 2000)),
    _quantity("haemoglobin", "HGB", "^ha?emoglobin(?! a1c)(?!/)",
              g_L=(15, 300), g_dL=(1.5, 30), mmol=(1, 19)),
    _quantity("haematocrit", "HCT", "^ha?ematocrit", percent=(3, 85), fraction=(0.03, 0.85)),
    _quantity("platelets", "PLAT", "^platelet", giga=(0, 6000)),
    _quantity("leucocytes", "WBC", "^leu[ck]ocytes(?!/)", giga=(0, 1500)),
    _quantity("erythrocytes", "RBC", "^erythrocytes(?!/)", tera=(0.3, 12)),
    _quantity("ALT", "ALT", "^(?:alanine|alt\\b)", U=(0, 30000)),
    _quantity("AST", "AST", "^(?:aspartate|ast\\b)", U=(0, 50000)),
    _quantity("alkaline phosphatase", "ALP ALKPH", "^alkaline", U=(0, 20000)),
    _quantity("TSH", "TSH", "thyrotropin|^tsh", mU=(0, 2000)),
    _quantity("free T4", "FT4 T4FR", "free (?:t4|thyroxine)", pmol=(0.1, 300), ng_dL=(0.01, 24)),
    _quantity("IGF-I", "IGF1", "^igf-(?:i|1)\\b|^insulin-like growth factor (?:i|1)\\b",
              ng_mL=(1, 4000)),
)  # fmt: skip

SCORE, SCORE_LIMIT = re.compile(r"\bSDS\b|z-?score", re.IGNORECASE), 10.0
"""Standard deviation scores: ten from the mean is a slip, or a value of another sex or age."""
PERCENTILE = re.compile("percentile", re.IGNORECASE)
SIGNED = re.compile(
    "chang|differ|excess|gap|gain|minus|balance|percent|score|sds|velocity|slope|log|deviation|predicted|"
    "compliance|of baseline|ratio|relative|activity",
    re.IGNORECASE,
)
"""Quantities that may lie below zero, or above one hundred per cent."""
AMOUNT = re.compile(
    r"(?:[kmunpf]?(?:mol|g|iu|u|eq|kat)|10\^\d+|cells|mosm)/(?:[mdu]?l|mm3|mol|g)|kg|cm|mm|mmhg|lb|"
    r"(?:beats|breaths)/min|kg/m2|years?|ms|msec|fl|f/l|pg|fmol.*"
)
"""Units of amounts, which cannot be negative."""

SAME = (
    (r"\s|\[|\]", ""), ("[μµ]", "u"), (r"\^2|\*\*2|²", "2"),
    (r"^(?:°|deg)?(c|f)(?:elsius|ahr.*)?$", r"\1"),
    (r"^(?:gi/l|x?10(?:\^|e|\*\*)?9/l|thou(?:/|\W)ul|10(?:\^|e)3/ul|k/ul)$", "10^9/l"),
    (r"^(?:ti/l|x?10(?:\^|e|\*\*)?12/l|10(?:\^|e)6/ul|m/ul)$", "10^12/l"),
    (r"^iu/l$", "u/l"), (r"^(?:miu/l|uiu/ml|uu/ml)$", "mu/l"),
    (r"^(?:bpm|/min|1/min)$", "beats/min"),
    (r"^(?:fraction|ratio|proportion)$", "1"), (r"^(?:percent|pct)$", "%"), (r"^ug/l$", "ng/ml"),
)  # fmt: skip


def plain_unit(unit: str) -> str:
    """Return a unit in one way of writing it.

    Examples
    --------
    >>> plain_unit("GI/L"), plain_unit("µmol/L"), plain_unit("mIU/L"), plain_unit("kg/m^2")
    ('10^9/l', 'umol/l', 'mu/l', 'kg/m2')
    """
    plain = unit.casefold()
    for written, same in SAME:
        plain = re.sub(written, same, plain)
    return plain


def limits_of(code: str, label: str, unit: str) -> tuple[str, float, float]:
    """Return what a parameter measures and between which values it can lie.

    Parameters
    ----------
    code, label
        PARAMCD and PARAM.
    unit
        As stated; "" if it is not.

    Returns
    -------
    name : str
        The quantity in words; "" where nothing is known of it.
    low, high : float
        Infinite where there is no limit. Without a unit, the widest of the quantity's.

    Examples
    --------
    >>> limits_of("WEIGHT", "Weight (kg)", "kg")
    ('weight', 0.3, 400)
    >>> limits_of("CRP", "C-reactive protein (mg/L)", "mg/L")
    ('an amount', 0.0, inf)
    """
    none = float("inf")
    plain, words = plain_unit(unit), f"{label} {unit}"
    if SCORE.search(words):
        return "a standard deviation score", -SCORE_LIMIT, SCORE_LIMIT
    if PERCENTILE.search(label):
        return "a percentile", 0.0, 100.0
    quantity = _measured(code, label)
    if quantity and not plain:
        every = quantity.limits.values()
        return quantity.name, min(low for low, _ in every), max(high for _, high in every)
    if quantity and plain in quantity.limits:
        return quantity.name, *quantity.limits[plain]
    if SIGNED.search(label):
        return "", -none, none
    if plain == "%":
        return "a percentage", 0.0, 100.0
    return ("an amount", 0.0, none) if AMOUNT.fullmatch(plain) else ("", -none, none)


def fitting_unit(code: str, label: str, unit: str, value: float) -> str:
    """Return another unit of a quantity within whose limits a value lies, or nothing."""
    quantity = _measured(code, label)
    for other, (low, high) in quantity.limits.items() if quantity else ():
        if other != plain_unit(unit) and within(value, low, high):
            return other
    return ""


def _measured(code: str, label: str) -> Quantity | None:
    if SIGNED.search(label):
        return None
    by_label = (each for each in QUANTITIES if each.label.search(label))
    by_code = (each for each in QUANTITIES if code in each.codes)
    return next(by_label, None) or next(by_code, None)
