"""Growth references: a distribution by sex and age, from a measurement to a z-score and back.

A reference is a csv table, listed with what it measures in ``data/references/references.csv``.
Nothing is extrapolated: outside the tabulated ages there is no z-score, and the reason is said.
"""

import csv

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

from analysis import paths
from analysis.errors import UserError, suggestion
from analysis.sources.growth_table import GrowthReference, read_reference
from analysis.stats._checks import Array
from analysis.stats.lms import broadcast_floats
from analysis.thresholds import above, below, within

CDC_2000_STATURE = "CDC 2000 stature"
HEIGHT = ("stature", "height")
WEIGHT, BMI = ("weight",), ("body-mass index",)
HEIGHT_VELOCITY = ("height velocity",)
"""What references measure, in the words of ``references.csv``; those of a kind stand together."""
REFERENCES = paths.DATA / "references"
DAYS_PER_MONTH = 30.4375
"""Days in a month of age: 365.25 / 12, as in CDC's program for its growth charts."""


def available_references(measures: tuple[str, ...] = HEIGHT) -> tuple[str, ...]:
    """Return the names of the references of a measure whose tables are shipped.

    Examples
    --------
    >>> available_references(), available_references(WEIGHT)
    (('CDC 2000 stature',), ('CDC 2000 weight',))
    """
    listed = _listed()
    return tuple(
        name for name in listed_references(measures)
        if (REFERENCES / listed[name]["file"]).is_file()
    )  # fmt: skip


def listed_references(measures: tuple[str, ...] = HEIGHT) -> tuple[str, ...]:
    """Return all listed references of a measure, also those whose table is not shipped.

    Examples
    --------
    >>> listed_references()
    ('CDC 2000 stature', 'Turner 1985 height')
    """
    return tuple(name for name, row in _listed().items() if row["measure"] in measures)


def load_reference(name: str, *, measures: tuple[str, ...] = ()) -> GrowthReference:
    """Load a reference by its name.

    Parameters
    ----------
    name
        A name of ``data/references/references.csv``.
    measures
        What it must measure, for example `HEIGHT`; by default anything.

    Returns
    -------
    GrowthReference

    Raises
    ------
    UserError
        If the name is unknown, of another measure, or listed without a shipped table.

    Examples
    --------
    >>> cdc = load_reference("CDC 2000 stature")
    >>> cdc.unit, sorted(cdc.tables)
    ('cm', ['F', 'M'])
    """
    listed = _listed()
    own = measures or tuple(row["measure"] for row in listed.values())
    shipped = ", ".join(map(repr, available_references(own)))
    if name not in listed:
        raise UserError(
            f"growth reference: must be one of {shipped}; got '{name}'{suggestion(name, listed)}"
        )
    row = listed[name]
    if row["measure"] not in own:
        raise UserError(
            f"growth reference: must be of {' or '.join(own)}, one of {shipped}; got '{name}', "
            f"which is of {row['measure']}"
        )
    path = REFERENCES / row["file"]
    if not path.is_file():
        raise UserError(
            f"growth reference '{name}': its table is not shipped ({row['citation']}); enter its "
            f"published means and SDs as {row['file']}, as the guide to the references says, or "
            f"use one of {', '.join(map(repr, available_references(_kind(row['measure']))))}"
        )
    return read_reference(
        path, name=name, measure=row["measure"], unit=row["unit"], citation=row["citation"],
        remark=row.get("remark", ""),
    )  # fmt: skip


def z_score(
    value: ArrayLike, *, sex: ArrayLike, age_months: ArrayLike, reference: GrowthReference
) -> Array:
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
    Between two tabulated ages L, M and S, or the centiles, are interpolated linearly, as CDC's
    SAS program does [1]_. CDC lists age at the half-month point of a month of age; the exact age
    is used as it is, and never rounded to its row. Outside the table there is no score. CDC's
    program stops before 240 months; here the table's own last row still counts.

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
    return _each_sex("z_score", value, sex, age_months, reference)


def value_at_z(
    z: ArrayLike, *, sex: ArrayLike, age_months: ArrayLike, reference: GrowthReference
) -> Array:
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
    return _each_sex("value", z, sex, age_months, reference)


def value_at_centile(
    centile: ArrayLike, *, sex: ArrayLike, age_months: ArrayLike, reference: GrowthReference
) -> Array:
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
    value: ArrayLike, *, sex: ArrayLike, age_months: ArrayLike, reference: GrowthReference
) -> NDArray[np.object_]:
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
    x, age = broadcast_floats(value, age_months)
    x, age, code = np.broadcast_arrays(x, age, _texts(sex))
    conditions = [
        ~np.isfinite(x),
        (x <= 0) & reference.positive,
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
        conditions.append((code == key) & (below(age, first) | above(age, last)))
        reasons.append(f"age outside {reference.name} ({first:g} to {last:g} months)")
    return np.select(conditions, [np.array(r, dtype=object) for r in reasons], default="")


def _listed() -> dict[str, dict[str, str]]:
    path = REFERENCES / "references.csv"
    if not path.is_file():
        raise UserError(f"{paths.shown(path)} is missing; restore it")
    # Asked for with every score and every check; a frame would take ten times as long.
    with path.open(encoding="utf-8", newline="") as file:
        return {row["name"]: row for row in csv.DictReader(file, restval="")}


def _kind(measure: str) -> tuple[str, ...]:
    """Return the measures that one may stand in for, itself among them."""
    return HEIGHT if measure in HEIGHT else (measure,)


def _each_sex(
    what: str, given: ArrayLike, sex: ArrayLike, age_months: ArrayLike, reference: GrowthReference
) -> Array:
    """Ask each sex's table, NaN outside its ages and for a sex that has none."""
    x, age = broadcast_floats(given, age_months)
    x, age, code = np.broadcast_arrays(x, age, _texts(sex))
    out = np.full(age.shape, np.nan)
    for key, table in reference.tables.items():
        tabulated = (code == key) & within(age, *table.age_months[[0, -1]])
        out[tabulated] = getattr(table, what)(x[tabulated], age[tabulated])
    return out


def _texts(values: ArrayLike) -> NDArray[np.str_]:
    """Return `values` as text, so that a missing one compares like any other."""
    return np.asarray(values, dtype=object).astype(str)
