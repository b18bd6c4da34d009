"""The register of alterations: what can happen to a trial on its way to a user's folder."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from bases import Base

Alter = Callable[[Base, np.random.Generator], str]
"""Alters a trial and says how in words; raises `NothingToAlter` where it cannot."""


class NothingToAlter(Exception):
    """The trial has nothing of the kind."""


@dataclass(frozen=True, slots=True)
class Alteration:
    """One kind of alteration.

    Parameters
    ----------
    name
        Of the function.
    alter
        The function.
    harmless
        Whether the trial says the same afterwards: every number must stay as it was.
    unseen
        Whether the trial is as good as before, but another: nobody could see it.
    """

    name: str
    alter: Alter
    harmless: bool = False
    unseen: bool = False


ALTERATIONS: list[Alteration] = []


def _register(one: Alteration) -> Alter:
    """Add an alteration once; pytest imports a module again when it looks for doctests in it."""
    if one.name not in {each.name for each in ALTERATIONS}:
        ALTERATIONS.append(one)
    return one.alter


def alteration(alter: Alter) -> Alter:
    """Register an alteration that changes what the trial says."""
    return _register(Alteration(alter.__name__, alter))


def unseen(alter: Alter) -> Alter:
    """Register an alteration that makes another good trial of it."""
    return _register(Alteration(alter.__name__, alter, unseen=True))


def harmless(alter: Alter) -> Alter:
    """Register an alteration after which the trial says the same."""
    return _register(Alteration(alter.__name__, alter, harmless=True))


USED = (
    "USUBJID TRT01P TRT01A AGE SEX TRTSDT TRTEDT TRTDURD SAFFL FASFL ITTFL EFFFL DTHDT DTHFL "
    "EOSSTT PARAMCD PARAM AVISIT AVAL BASE CHG ABLFL ANL01FL DTYPE ADY ADT ANRIND BNRIND A1HI "
    "ANRHI ATPT BASETYPE AEDECOD AEBODSYS AESEV AESER AEREL AEACN AEOUT ASTDT AENDT TRTEMFL "
    "COMPLFL RANDFL PPROTFL REGION1 SITEGR1 AVISITN"
).split()
"""Variables that an analysis uses, which are altered more often than the others."""


def a_table(base: Base, rng: np.random.Generator, *having: str) -> str:
    """Choose a table that has some variables."""
    names = [name for name, table in base.tables.items() if set(having) <= set(table)]
    if not names:
        raise NothingToAlter
    return str(rng.choice(names))


def a_column(base: Base, rng: np.random.Generator, name: str, *, among: str = "") -> str:
    """Choose a variable of a table; four times in five one that an analysis uses."""
    table = base.tables[name]
    columns = [str(column) for column in table if not among or _kind(table[column]) == among]
    used = [column for column in columns if column in USED]
    chosen = used if used and rng.random() < 0.8 else columns
    if not chosen:
        raise NothingToAlter
    return str(rng.choice(chosen))


def _kind(values: pd.Series) -> str:
    if pd.api.types.is_numeric_dtype(values):
        return "number"
    if pd.api.types.is_datetime64_any_dtype(values) or str(values.name).endswith("DT"):
        return "date"
    return "text"


def some_rows(
    table: pd.DataFrame, rng: np.random.Generator, share: float | None = None
) -> pd.Series:
    """Choose rows: one, a few, half, or all of them."""
    if not len(table):
        raise NothingToAlter
    share = share if share is not None else float(rng.choice([0.0, 0.05, 0.5, 1.0]))
    keep = pd.Series(rng.random(len(table)) < share, index=table.index)
    if not keep.any():
        keep.iloc[int(rng.integers(len(table)))] = True
    return keep


def as_text(values: pd.Series) -> pd.Series:
    """Return values as a csv has them: dates as ISO, numbers as short as they are."""
    if pd.api.types.is_datetime64_any_dtype(values):
        return values.dt.strftime("%Y-%m-%d").astype(object).where(values.notna(), None)
    if pd.api.types.is_float_dtype(values):
        return values.map(lambda value: None if np.isnan(value) else f"{value:.15g}").astype(object)
    return (
        values.astype(object)
        .where(values.notna(), None)
        .map(lambda value: None if value is None else str(value))
    )


def put(table: pd.DataFrame, column: str, rows: pd.Series, values: object) -> None:
    """Write values into some rows; one text among numbers makes text of them all."""
    held = as_text(table[column])
    if isinstance(values, pd.Series):
        values = values[rows]
    held.loc[rows] = values
    table[column] = held.astype(object)
