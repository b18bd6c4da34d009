"""What a baseline table shows of a trial: the plan's variables, or the usual ones by their role."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.efficacy.baseline_growth import (
    DERIVED,
    FOLLOWS,
    ROLES,
    alike,
    derived,
    places,
)
from analysis.efficacy.settings import Settings
from analysis.errors import NoSection, UserError
from analysis.sources.trial.records import has_value, one_each
from analysis.sources.trial.subgroups import order_of
from analysis.sources.trial.variable_words import USUAL, label_of

WHO = r"AGE|SEX|RACE|ETHNIC|REGION\d*"
SIZE = ("HEIGHT", "WEIGHT", "BMI")
FEW = 12
"""Whole numbers of at most so many kinds, used by the plan as levels, are categories."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Characteristic:
    """One variable at baseline.

    Attributes
    ----------
    name
        As the plan writes it: a variable of ADSL, or ``table.PARAMCD``.
    label, unit, dataset
        In words; "" for no unit; the table it is from.
    values
        By participant, in the order of those asked for: numbers, or categories as text with
        "" for a missing one.
    number
        Whether they are numbers.
    order
        The categories seen, in the order shown.
    """

    name: str
    label: str
    unit: str
    dataset: str
    values: pd.Series
    number: bool
    order: tuple[str, ...] = ()

    @property
    def titled(self) -> str:
        """Label with the unit, which a label of the data may have already."""
        has_unit = not self.unit or "(" in self.label or self.label.endswith(self.unit)
        return self.label if has_unit else f"{self.label} ({self.unit})"


def characteristics(
    run: Settings, subjects: pd.DataFrame
) -> tuple[list[Characteristic], dict[str, str]]:
    """Return what the baseline table shows, and what of the plan it cannot show, with the reason.

    Parameters
    ----------
    run
        What is analysed.
    subjects
        The participants shown, with their variables of ADSL.

    Returns
    -------
    list of Characteristic
        Those of the plan's ``baseline``; where it is empty the usual ones that the trial has, each
        once: a variable with the same values as one before it, such as BASE of the endpoint beside
        a copy of it in ADSL, is not repeated.
    dict
        Name in the plan's ``baseline`` → why it is not shown.
    """
    planned = run.trial.plan.baseline
    found, absent = [], {}
    for name in dict.fromkeys(planned or _usual(run, subjects)):
        try:
            found.append(named(run, subjects, name))
        except UserError as error:
            # What nobody asked for and the trial lacks is not missed.
            if planned or not isinstance(error, NoSection):
                absent[name] = str(error)
    return (found if planned else _each_once(found)), absent


def _each_once(found: Iterable[Characteristic]) -> list[Characteristic]:
    kept: list[Characteristic] = []
    for each in found:
        if not any(each.name == other.name or _alike(each, other) for other in kept):
            kept.append(each)
    return kept


def _alike(one: Characteristic, other: Characteristic) -> bool:
    if not (one.number and other.number) or one.values.notna().sum() < 2:
        return False
    return np.allclose(one.values, other.values, equal_nan=True)


def _usual(run: Settings, subjects: pd.DataFrame) -> Iterator[str]:
    """Yield the names of what is usually shown.

    Who they are, the plan's variables, their size, in a growth trial how they grew, the endpoint.
    """
    plan, adsl = run.trial.plan, list(run.trial.tables["adsl"])
    for each in WHO.split("|"):
        yield from (name for name in adsl if re.fullmatch(each, name))
    terms = [name for name in (*run.strata, *run.covariates) if name in adsl]
    # What is of growth has its place there; a term that is not shown there comes last.
    yield from (name for name in terms if not any(alike(run, name)))
    vital = plan.safety.vital_signs.lower() if plan.safety else ""
    for code in SIZE:
        yield f"{code}BL" if f"{code}BL" in adsl else f"{vital}.{code}"
    if plan.growth:
        yield from _of_growth(run, subjects)
    yield from terms
    yield f"{run.endpoint.dataset.lower()}.{run.endpoint.paramcd}"


def _of_growth(run: Settings, subjects: pd.DataFrame) -> Iterator[str]:
    """Yield the measurements of growth before treatment, and what follows from them.

    Of each place where one can be, the first that somebody has a number in.
    """
    for role in ROLES:
        for names in places(run, role):
            if numbers := [name for name in names if _is_number(run, subjects, name)]:
                yield from numbers
                break
        yield from FOLLOWS.get(role, ())


def _is_number(run: Settings, subjects: pd.DataFrame, name: str) -> bool:
    """Say whether a variable is measured in anybody; a PARAMCD may have no baseline record."""
    try:
        each = named(run, subjects, name)
    except UserError:
        return False
    return each.number and bool(each.values.notna().any())


def named(run: Settings, subjects: pd.DataFrame, name: str) -> Characteristic:
    """Return one variable at baseline by the name that a plan gives it.

    Raises
    ------
    UserError
        If the trial has none of that name.
    """
    if name in DERIVED:
        found = derived(run, subjects, name)
        return _made(run, name, found.label, found.unit, found.dataset, found.values, subjects)
    table, dot, code = name.rpartition(".")
    if dot:
        return _of_record(run, subjects, table.lower(), code.upper())
    name = name.upper()
    if name not in subjects:
        raise NoSection(f"ADSL has no {name}")
    words, recorded_in = alike(run, name)
    _, unit = USUAL.get(name, ("", ""))
    units = run.trial.plan.units
    unit = units.get(name, units.get(name.removesuffix("BL"))) or recorded_in or unit
    label = label_of(name, [run.trial.tables["adsl"]], words)
    return _made(run, name, label, unit, "adsl", subjects[name], subjects)


def _of_record(run: Settings, subjects: pd.DataFrame, table: str, code: str) -> Characteristic:
    """Return the value of the baseline record of a PARAMCD: flagged and observed, one each."""
    data, plan = run.trial.tables.get(table, pd.DataFrame()), run.trial.plan
    own = data[data["PARAMCD"] == code] if "PARAMCD" in data else pd.DataFrame()
    if own.empty:
        raise NoSection(f"there is no PARAMCD {code} in a table {table.upper()}")
    label = str(own["PARAM" if "PARAM" in own else "PARAMCD"].iloc[-1])
    own = own[own["USUBJID"].isin(subjects["USUBJID"])]
    if "DTYPE" in own:
        own = own[own["DTYPE"] == ""]
    for endpoint in plan.endpoints.all:
        if (endpoint.dataset.lower(), endpoint.paramcd) == (table, code):
            for variable, values in endpoint.where.items():
                if variable in own and not variable.startswith("ANL"):
                    own = own[has_value(own, variable, values)]
            break
    flag = plan.records.baseline
    if flag in own and (own[flag] == "Y").any():
        own = own[own[flag] == "Y"]
        value = "AVAL" if "AVAL" in own and own["AVAL"].notna().any() else "AVALC"
    else:
        # Without a baseline record, each record still says what its baseline was.
        value = "BASE"
        own = own.dropna(subset=["BASE"]) if "BASE" in own else own.iloc[:0]
        own = own.drop_duplicates(["USUBJID", "BASE"])
    if own.empty or value not in own:
        raise NoSection(f"{table.upper()} has no baseline record of {code}")
    own = one_each(own, ["USUBJID"], what=f"{table.upper()}, {code} at baseline")
    values = subjects["USUBJID"].map(own.set_index("USUBJID")[value])
    unit = plan.units.get(code, "")
    return _made(run, f"{table}.{code}", label, unit, table, values, subjects)


def _made(
    run: Settings, name: str, label: str, unit: str, dataset: str,
    values: pd.Series, subjects: pd.DataFrame,
) -> Characteristic:  # fmt: skip
    """Return a characteristic, numbers that the plan uses as levels among the categories."""
    plan = run.trial.plan
    number = pd.api.types.is_numeric_dtype(values)
    coded = name in plan.categories or name in run.strata
    if number and not (coded and values.nunique() <= FEW):
        return Characteristic(
            name=name,
            label=label,
            unit=unit,
            dataset=dataset,
            number=True,
            values=values.astype(float),
        )
    text = values.map(_written)
    return Characteristic(
        name=name, label=label, unit="", dataset=dataset, number=False, values=text,
        order=order_of(text, plan.levels.get(name, ()), subjects.get(f"{name}N")),
    )  # fmt: skip


def _written(value: object) -> str:
    """Return a category as text: a whole number without decimals, a missing one as ""."""
    if pd.isna(value):
        return ""
    if isinstance(value, pd.Timestamp):
        return f"{value:%Y-%m-%d}"
    return f"{value:g}" if isinstance(value, float) else str(value).strip()
