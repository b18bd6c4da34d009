"""Growth references: L, M and S by sex and age, from a measurement to a z-score and back.

A reference is a csv table in CDC's own layout, listed in ``data/references/references.csv``.
Nothing is extrapolated: outside the tabulated ages there is no z-score, and the reason is said.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import ndtri

from analysis import paths
from analysis.errors import UserError, suggestion

__all__ = [
    "CDC_2000_STATURE",
    "DAYS_PER_MONTH",
    "GrowthReference",
    "LmsTable",
    "available_references",
    "lms_value",
    "lms_z_score",
    "load_reference",
    "not_estimable",
    "read_reference",
    "value_at_centile",
    "value_at_z",
    "z_score",
]

CDC_2000_STATURE = "CDC 2000 stature"
REFERENCES = paths.DATA / "references"
DAYS_PER_MONTH = 30.4375
"""Days in a month of age: 365.25 / 12, as in CDC's program for its growth charts."""
SEXES = MappingProxyType({1: "M", 2: "F"})
"""CDC's sex codes and the ones of ADaM."""

NEGLIGIBLE_POWER = 1e-12
"""An L this near to 0 moves a score by less than rounding; a subnormal one cannot be divided by."""

FloatArray = npt.NDArray[np.float64]
TextArray = npt.NDArray[np.object_]


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

    age_months: FloatArray
    power: FloatArray
    median: FloatArray
    spread: FloatArray


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


def available_references() -> tuple[str, ...]:
    """Return the names of the references whose tables are shipped.

    Examples
    --------
    >>> available_references()
    ('CDC 2000 stature',)
    """
    listed = _listed()
    return tuple(name for name, row in listed.items() if (REFERENCES / row["file"]).is_file())


def load_reference(name: str) -> GrowthReference:
    """Load a reference by its name.

    Parameters
    ----------
    name
        A name of ``data/references/references.csv``.

    Returns
    -------
    GrowthReference

    Raises
    ------
    UserError
        If the name is unknown, or listed without a shipped table.

    Examples
    --------
    >>> cdc = load_reference("CDC 2000 stature")
    >>> cdc.unit, sorted(cdc.tables)
    ('cm', ['F', 'M'])
    """
    listed = _listed()
    if name not in listed:
        raise UserError(
            f"growth reference: must be one of {', '.join(map(repr, available_references()))}; "
            f"got '{name}'{suggestion(name, listed)}"
        )
    row = listed[name]
    path = REFERENCES / row["file"]
    if not path.is_file():
        raise UserError(
            f"growth reference '{name}': its table must be in {paths.shown(path)} and is not "
            f"shipped; got no file; copy the published means and SDs ({row['citation']}) there in "
            "the layout that data/references/README.md gives, or use one of "
            f"{', '.join(map(repr, available_references()))}"
        )
    return read_reference(
        path, name=name, measure=row["measure"], unit=row["unit"], citation=row["citation"]
    )


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


def lms_z_score(
    value: npt.ArrayLike, power: npt.ArrayLike, median: npt.ArrayLike, spread: npt.ArrayLike
) -> FloatArray:
    """Return the z-score of a measurement under given L, M and S.

    Parameters
    ----------
    value
        Measurements, in the unit of `median`.
    power, median, spread
        L, M and S: Box-Cox power, median and generalised coefficient of variation.

    Returns
    -------
    numpy.ndarray
        Standard deviation scores; NaN where the value is missing or not positive.

    Notes
    -----
    z = ((X/M)^L - 1) / (L S), and ln(X/M) / S where L = 0 [1]_, [2]_. It is computed as
    expm1(L ln(X/M)) / (L S), which has no cancellation as L goes to 0. CDC's SAS program
    switches to the logarithm wherever L is within 0.01 of 0, which moves a stature score by less
    than 0.001; here the exact form holds for every L.

    References
    ----------
    .. [1] Cole TJ, Green PJ. Smoothing reference centile curves: the LMS method and penalized
       likelihood. Stat Med 1992;11:1305-1319.
    .. [2] CDC/NCHS. Data files for the CDC growth charts.
       https://www.cdc.gov/growthcharts/cdc-data-files.htm

    Examples
    --------
    CDC's own example: a boy of 9 months who weighs 9.7 kg is at 0.207.

    >>> round(float(lms_z_score(9.7, -0.1600954, 9.476500305, 0.11218624)), 3)
    0.207
    """
    x, l_, m, s = _floats(value, power, median, spread)
    usable = (x > 0) & np.isfinite(x)
    logarithm = np.log(np.divide(x, m, out=np.full(x.shape, np.nan), where=usable))
    # ln(X/M) is the limit at L = 0; a divisor of 1 there keeps the unused branch finite.
    zero = np.abs(l_) < NEGLIGIBLE_POWER
    normal = np.where(zero, logarithm, np.expm1(l_ * logarithm) / np.where(zero, 1.0, l_))
    return np.asarray(normal / s, dtype=np.float64)


def lms_value(
    z: npt.ArrayLike, power: npt.ArrayLike, median: npt.ArrayLike, spread: npt.ArrayLike
) -> FloatArray:
    """Return the measurement that has a z-score, the inverse of `lms_z_score`.

    Parameters
    ----------
    z
        Standard deviation scores.
    power, median, spread
        L, M and S: Box-Cox power, median and generalised coefficient of variation.

    Returns
    -------
    numpy.ndarray
        Measurements in the unit of `median`; NaN where no positive measurement has that score.

    Notes
    -----
    X = M (1 + L S z)^(1/L), and M exp(S z) where L = 0. The distribution has an end where
    1 + L S z = 0; beyond it there is no measurement.

    Examples
    --------
    CDC's own example: the 5th percentile of weight for a boy of 9 months is 7.90 kg.

    >>> round(float(lms_value(-1.645, -0.1600954, 9.476500305, 0.11218624)), 2)
    7.9
    """
    score, l_, m, s = _floats(z, power, median, spread)
    shift = l_ * s * score
    inside = np.log1p(shift, out=np.full(shift.shape, np.nan), where=shift > -1)
    zero = np.abs(l_) < NEGLIGIBLE_POWER
    exponent = np.where(zero, s * score, inside / np.where(zero, 1.0, l_))
    return np.asarray(m * np.exp(exponent), dtype=np.float64)


def z_score(
    value: npt.ArrayLike,
    *,
    sex: npt.ArrayLike,
    age_months: npt.ArrayLike,
    reference: GrowthReference,
) -> FloatArray:
    """Return standard deviation scores on a reference.

    Parameters
    ----------
    value
        Measurements, in the reference's unit.
    sex
        ``"M"`` or ``"F"``.
    age_months
        Exact ages in months: days / 30.4375.
    reference
        The reference.

    Returns
    -------
    numpy.ndarray
        z-scores; NaN where `not_estimable` gives a reason.

    Notes
    -----
    L, M and S are interpolated linearly between the two tabulated ages, as CDC's SAS program
    does [1]_. CDC lists age at the half-month point of a month of age; the exact age is used as
    it is, and never rounded to its row. Outside the table there is no score. CDC's program stops
    before 240 months; here the table's own last row, 240 months, still counts.

    References
    ----------
    .. [1] CDC. A SAS program for the 2000 CDC growth charts, ``cdc-source-code.sas``.
       https://www.cdc.gov/growth-chart-training/hcp/computer-programs/sas.html

    Examples
    --------
    CDC's 5th percentile of stature for girls of 120.5 months is 127.452… cm.

    >>> cdc = load_reference("CDC 2000 stature")
    >>> z_score([127.4524005, 127.0], sex="F", age_months=[120.5, 241], reference=cdc).round(3)
    array([-1.645,    nan])
    """
    return lms_z_score(value, *_interpolate(reference, sex, age_months))


def value_at_z(
    z: npt.ArrayLike,
    *,
    sex: npt.ArrayLike,
    age_months: npt.ArrayLike,
    reference: GrowthReference,
) -> FloatArray:
    """Return the measurements that have the z-scores `z`, the inverse of `z_score`.

    Parameters
    ----------
    z
        Standard deviation scores.
    sex, age_months, reference
        As in `z_score`.

    Returns
    -------
    numpy.ndarray
        Measurements in the reference's unit; NaN outside the tabulated ages.

    Examples
    --------
    >>> cdc = load_reference("CDC 2000 stature")
    >>> value_at_z([0, -2], sex="M", age_months=[24, 240], reference=cdc).round(2)
    array([ 86.45, 162.47])
    """
    return lms_value(z, *_interpolate(reference, sex, age_months))


def value_at_centile(
    centile: npt.ArrayLike,
    *,
    sex: npt.ArrayLike,
    age_months: npt.ArrayLike,
    reference: GrowthReference,
) -> FloatArray:
    """Return the measurements at centiles, given in percent.

    Parameters
    ----------
    centile
        Percent, between 0 and 100, both excluded.
    sex, age_months, reference
        As in `z_score`.

    Returns
    -------
    numpy.ndarray
        Measurements in the reference's unit; NaN outside the tabulated ages.

    Raises
    ------
    ValueError
        If a centile is not between 0 and 100.

    Examples
    --------
    >>> cdc = load_reference("CDC 2000 stature")
    >>> value_at_centile([3, 97], sex="M", age_months=24, reference=cdc).round(4)
    array([79.9108, 93.0227])
    """
    percent = np.asarray(centile, dtype=np.float64)
    if np.any((percent <= 0) | (percent >= 100)):
        raise ValueError(f"centile must be between 0 and 100, both excluded; got {centile!r}")
    return value_at_z(ndtri(percent / 100), sex=sex, age_months=age_months, reference=reference)


def not_estimable(
    value: npt.ArrayLike,
    *,
    sex: npt.ArrayLike,
    age_months: npt.ArrayLike,
    reference: GrowthReference,
) -> TextArray:
    """Return why a z-score cannot be given, or an empty text where it can.

    Parameters
    ----------
    value, sex, age_months, reference
        As in `z_score`.

    Returns
    -------
    numpy.ndarray
        One text each, from a small set, so that they can be counted. The first rule broken is
        the one named: measurement missing, not positive, sex, age missing, age outside.

    Examples
    --------
    >>> cdc = load_reference("CDC 2000 stature")
    >>> print(*not_estimable(100.0, sex="F", age_months=[23.9, 24], reference=cdc), sep="|")
    age outside CDC 2000 stature (24 to 240 months)|
    """
    x, age = _floats(value, age_months)
    x, age, code = np.broadcast_arrays(x, age, _texts(sex))
    conditions = [
        ~np.isfinite(x),
        x <= 0,
        ~np.isin(code, list(reference.tables)),
        np.isnan(age),
    ]
    reasons = [
        f"{reference.measure} missing",
        f"{reference.measure} not positive",
        f"sex not in {reference.name} ({', '.join(sorted(reference.tables))})",
        "age missing",
    ]
    for key, table in sorted(reference.tables.items()):
        first, last = table.age_months[[0, -1]]
        conditions.append((code == key) & ((age < first) | (age > last)))
        reasons.append(f"age outside {reference.name} ({first:g} to {last:g} months)")
    return np.select(conditions, [np.array(r, dtype=object) for r in reasons], default="")


def _listed() -> dict[str, dict[str, str]]:
    path = REFERENCES / "references.csv"
    if not path.is_file():
        raise UserError(f"{paths.shown(path)} is missing; restore it")
    rows = pd.read_csv(path, dtype=str, keep_default_na=False).to_dict("records")
    return {str(row["name"]): {str(k): str(v) for k, v in row.items()} for row in rows}


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


def _interpolate(
    reference: GrowthReference, sex: npt.ArrayLike, age_months: npt.ArrayLike
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return L, M and S at exact ages, NaN outside the table or for a sex that has none."""
    code, age = np.broadcast_arrays(_texts(sex), *_floats(age_months))
    out = [np.full(age.shape, np.nan)] * 3
    for key, table in reference.tables.items():
        for i, column in enumerate((table.power, table.median, table.spread)):
            inside = np.interp(age, table.age_months, column, left=np.nan, right=np.nan)
            out[i] = np.where(code == key, inside, out[i])
    return out[0], out[1], out[2]


def _texts(values: npt.ArrayLike) -> npt.NDArray[np.str_]:
    """Return `values` as text, so that a missing one compares like any other."""
    return np.asarray(values, dtype=object).astype(str)


def _floats(*arrays: npt.ArrayLike) -> tuple[FloatArray, ...]:
    return tuple(np.broadcast_arrays(*(np.asarray(a, dtype=np.float64) for a in arrays)))
