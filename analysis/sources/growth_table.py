"""A growth reference as it is read: L, M and S, or centiles, by sex and age, from a csv file."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import ClassVar

import numpy as np
import pandas as pd
from scipy.special import ndtri

from analysis import paths
from analysis.brief import brief
from analysis.errors import UserError, suggestion
from analysis.stats._checks import Array
from analysis.stats.centiles import two_piece_value, two_piece_z_score
from analysis.stats.lms import lms_value, lms_z_score

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

    positive: ClassVar[bool] = True
    """A logarithm needs a measurement above 0."""

    def z_score(self, value: Array, age: Array) -> Array:
        """Return z-scores at ages within the table; L, M and S are interpolated."""
        return lms_z_score(value, *self._at(age))

    def value(self, z: Array, age: Array) -> Array:
        """Return the measurements that have these z-scores."""
        return lms_value(z, *self._at(age))

    def _at(self, age: Array) -> list[Array]:
        columns = (self.power, self.median, self.spread)
        return [np.interp(age, self.age_months, column) for column in columns]


@brief
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CentileTable:
    """The median of one sex and an outer centile on either side, at increasing ages.

    Parameters
    ----------
    age_months
        Tabulated ages, months, strictly increasing.
    median
        The 50th centile, in the reference's unit.
    sd_below, sd_above
        Its distance from the lower and from the upper centile, each over the normal deviate of
        that centile.
    """

    age_months: Array
    median: Array
    sd_below: Array
    sd_above: Array

    positive: ClassVar[bool] = False
    """A rate may be zero or, by errors of measurement, less."""

    def z_score(self, value: Array, age: Array) -> Array:
        """Return z-scores at ages within the table; the centiles are interpolated."""
        return two_piece_z_score(value, *self._at(age))

    def value(self, z: Array, age: Array) -> Array:
        """Return the measurements that have these z-scores."""
        return two_piece_value(z, *self._at(age))

    def _at(self, age: Array) -> list[Array]:
        columns = (self.median, self.sd_below, self.sd_above)
        return [np.interp(age, self.age_months, column) for column in columns]


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
    remark
        What a reader of its scores must know, in sentences; "" for nothing.
    """

    name: str
    measure: str
    unit: str
    citation: str
    tables: Mapping[str, LmsTable | CentileTable]
    remark: str = ""

    @property
    def positive(self) -> bool:
        """Whether only measurements above 0 can have a score."""
        return any(table.positive for table in self.tables.values())


def read_reference(
    path: Path, *, name: str, measure: str, unit: str, citation: str, remark: str = ""
) -> GrowthReference:
    """Read a reference table in CDC's layout.

    Parameters
    ----------
    path
        A csv file with columns ``Sex`` (1 male, 2 female), ``Agemos`` (months) and ``L``, ``M``,
        ``S``, or ``Mean``, ``SD``, or three centiles such as ``P5``, ``P50``, ``P95``; other
        columns are not read.
    name, measure, unit, citation, remark
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
    are interpolated, so that the SD between two ages is the product of both. Three centiles give
    a standard deviation below the median and one above it, each of which is interpolated.
    """
    where = f"growth reference '{name}', {paths.shown(path)}"
    if not path.is_file():
        raise UserError(f"{where}: must be a csv file; got no such file; check the path")
    try:
        table = pd.read_csv(path)
    except (UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise UserError(f"{where}: must be a UTF-8 csv table; got: {error}") from None
    layout = _layout(table)
    for column in ("Sex", "Agemos", *layout):
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
        remark=remark,
        tables=MappingProxyType(
            {
                letter: _table(where, table[table["Sex"] == code], layout)
                for code, letter in SEXES.items()
                if (table["Sex"] == code).any()
            }
        ),
    )


def _layout(table: pd.DataFrame) -> tuple[str, ...]:
    """Return the columns that hold the distribution: of L, M and S unless others are there."""
    centiles = sorted(filter(re.compile(r"P\d+(\.\d+)?").fullmatch, table.columns), key=_centile)
    if {"Mean", "SD"} <= set(table.columns):
        return "Mean", "SD"
    three = len(centiles) == 3 and centiles[1] == "P50"
    return tuple(centiles) if three and not {"L", "M", "S"} & set(table.columns) else tuple("LMS")


def _centile(column: str) -> float:
    return float(column[1:])


def _table(where: str, rows: pd.DataFrame, layout: tuple[str, ...]) -> LmsTable | CentileTable:
    age, *columns = (rows[name].to_numpy(np.float64, copy=True) for name in ("Agemos", *layout))
    if len(age) < 2 or np.any(np.diff(age) <= 0):
        raise UserError(
            f"{where}, column 'Agemos': must have two or more ages that increase within each sex; "
            f"got {len(age)} age(s), or one that does not; sort the rows and remove repeats"
        )
    made: LmsTable | CentileTable
    if len(layout) == 3 and layout[1] == "P50":
        low, median, high = columns
        if np.any(low >= median) or np.any(median >= high):
            raise UserError(
                f"{where}, columns {', '.join(map(repr, layout))}: must increase in every row; "
                "got a row that does not; correct the table"
            )
        below, above = (abs(ndtri(_centile(layout[at]) / 100)) for at in (0, 2))
        made = CentileTable(
            age_months=age,
            median=median,
            sd_below=(median - low) / below,
            sd_above=(high - median) / above,
        )
    else:
        power, median, spread = columns if len(layout) == 3 else (np.ones_like(age), *columns)
        if np.any(median <= 0) or np.any(spread <= 0):
            raise UserError(
                f"{where}, columns {' and '.join(map(repr, layout[-2:]))}: must be positive; "
                "got a value that is not; correct the table"
            )
        spread = spread / median if len(layout) == 2 else spread
        made = LmsTable(age_months=age, power=power, median=median, spread=spread)
    for name in made.__slots__:
        getattr(made, name).flags.writeable = False  # one loaded reference serves many callers
    return made
