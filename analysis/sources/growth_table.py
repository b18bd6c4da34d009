"""A growth reference as it is read: L, M and S by sex and age, from a csv in CDC's layout."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pandas as pd

from analysis import paths
from analysis.brief import brief
from analysis.errors import UserError, suggestion
from analysis.stats._checks import Array

SEXES = MappingProxyType({1: "M", 2: "F"})
"""CDC's sex codes and the ones of ADaM."""


@brief
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LmsTable:
    """The L, M and S of one sex, at increasing ages.

    Parameters
    ----------
    age_months
        Tabulated ages, months, strictly increasing.
    power
        L, the Box-Cox power, no unit; 1 where a reference gives a mean and a standard deviation.
    median
        M, in the reference's unit.
    spread
        S, the generalised coefficient of variation, no unit.
    """

    age_months: Array
    power: Array
    median: Array
    spread: Array


@brief
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GrowthReference:
    """A named reference: what it measures, where it comes from, and its table for each sex.

    Parameters
    ----------
    name
        The name under which trials and reports cite it.
    measure
        What is measured, for example ``"stature"``.
    unit
        Unit of the measurement, for example ``"cm"``.
    citation
        Where the numbers were published.
    tables
        One table for each sex that the reference covers, keyed ``"M"`` and ``"F"``.
    """

    name: str
    measure: str
    unit: str
    citation: str
    tables: Mapping[str, LmsTable]


def read_reference(
    path: Path, *, name: str, measure: str, unit: str, citation: str
) -> GrowthReference:
    """Read a reference table in CDC's layout.

    Parameters
    ----------
    path
        A csv file with columns ``Sex`` (1 male, 2 female), ``Agemos`` (months) and either
        ``L``, ``M``, ``S`` or ``Mean``, ``SD``; other columns are not read.
    name, measure, unit, citation
        As in `GrowthReference`.

    Returns
    -------
    GrowthReference

    Raises
    ------
    UserError
        If the file is missing, or a column or value is not what the layout asks.

    Notes
    -----
    A mean and a standard deviation are the LMS of a normal distribution: L = 1, M = mean,
    S = SD / mean, for which the LMS z-score is (X - mean) / SD. Between tabulated ages M and S
    are interpolated, so that the SD between two ages is the product of both.
    """
    where = f"growth reference '{name}', {paths.shown(path)}"
    if not path.is_file():
        raise UserError(f"{where}: must be a csv file; got no such file; check the path")
    try:
        table = pd.read_csv(path)
    except (UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise UserError(f"{where}: must be a UTF-8 csv table; got: {error}") from None
    normal = {"Mean", "SD"} <= set(table.columns)
    columns = ["Sex", "Agemos", *(["Mean", "SD"] if normal else ["L", "M", "S"])]
    for column in columns:
        if column not in table.columns:
            raise UserError(
                f"{where}: column '{column}' is required and missing"
                f"{suggestion(column, table.columns)}; see data/references/README.md"
            )
        bad = ~np.isfinite(pd.to_numeric(table[column], errors="coerce").astype(float))
        if bad.any():
            row = int(np.flatnonzero(bad)[0])
            raise UserError(
                f"{where}, row {row + 2}, column '{column}': must be a number; "
                f"got '{table[column].iloc[row]}'; correct the cell"
            )
    unknown = set(table["Sex"]) - set(SEXES)
    if unknown or table.empty:
        raise UserError(
            f"{where}, column 'Sex': must be 1 (male) or 2 (female); "
            f"got {', '.join(map(repr, sorted(unknown))) or 'no row'}; correct the column"
        )
    return GrowthReference(
        name=name,
        measure=measure,
        unit=unit,
        citation=citation,
        tables=MappingProxyType(
            {
                letter: _table(where, table[table["Sex"] == code], normal)
                for code, letter in SEXES.items()
                if (table["Sex"] == code).any()
            }
        ),
    )


def _table(where: str, rows: pd.DataFrame, normal: bool) -> LmsTable:
    age = rows["Agemos"].to_numpy(np.float64, copy=True)
    if len(age) < 2 or np.any(np.diff(age) <= 0):
        raise UserError(
            f"{where}, column 'Agemos': must have two or more ages that increase within each sex; "
            f"got {len(age)} age(s), or one that does not; sort the rows and remove repeats"
        )
    columns = ("Mean", "SD") if normal else ("M", "S")
    median, spread = (rows[column].to_numpy(np.float64, copy=True) for column in columns)
    if np.any(median <= 0) or np.any(spread <= 0):
        raise UserError(
            f"{where}, columns {' and '.join(map(repr, columns))}: must be positive; "
            "got a value that is not; correct the table"
        )
    if normal:
        power, spread = np.ones_like(median), spread / median
    else:
        power = rows["L"].to_numpy(np.float64, copy=True)
    for array in (age, power, median, spread):
        array.flags.writeable = False  # one loaded reference may serve many callers
    return LmsTable(age_months=age, power=power, median=median, spread=spread)
