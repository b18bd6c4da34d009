"""Growth references: L, M and S by sex and age, from a measurement to a z-score and back.

A reference is a csv table in CDC's own layout, listed in ``data/references/references.csv``.
Nothing is extrapolated: outside the tabulated ages there is no z-score, and the reason is said.
"""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

from analysis import paths
from analysis.errors import UserError, suggestion
from analysis.sources.growth_table import GrowthReference, read_reference
from analysis.stats._checks import Array
from analysis.stats.lms import broadcast_floats, lms_value, lms_z_score
from analysis.thresholds import above, below, within

CDC_2000_STATURE = "CDC 2000 stature"
REFERENCES = paths.DATA / "references"
DAYS_PER_MONTH = 30.4375
"""Days in a month of age: 365.25 / 12, as in CDC's program for its growth charts."""


def available_references() -> tuple[str, ...]:
    """Return the names of the references whose tables are shipped.

    Examples
    --------
    >>> available_references()
    ('CDC 2000 stature',)
    """
    listed = _listed()
    return tuple(name for name, row in listed.items() if (REFERENCES / row["file"]).is_file())


def listed_references() -> tuple[str, ...]:
    """Return the names of all references that are listed, also those whose table is not shipped.

    Examples
    --------
    >>> listed_references()
    ('CDC 2000 stature', 'Turner 1985 height')
    """
    return tuple(_listed())


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
    return lms_value(z, *_interpolate(reference, sex, age_months))


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
    conditions = [~np.isfinite(x), x <= 0, ~np.isin(code, list(reference.tables)), np.isnan(age)]
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
    rows = pd.read_csv(path, dtype=str, keep_default_na=False).to_dict("records")
    return {str(row["name"]): {str(k): str(v) for k, v in row.items()} for row in rows}


def _interpolate(
    reference: GrowthReference, sex: ArrayLike, age_months: ArrayLike
) -> tuple[Array, Array, Array]:
    """Return L, M and S at exact ages, NaN outside the table or for a sex that has none."""
    code, age = np.broadcast_arrays(_texts(sex), *broadcast_floats(age_months))
    out = [np.full(age.shape, np.nan)] * 3
    for key, table in reference.tables.items():
        first, last = table.age_months[[0, -1]]
        tabulated = (code == key) & within(age, first, last)
        for i, column in enumerate((table.power, table.median, table.spread)):
            found = np.interp(np.clip(age, first, last), table.age_months, column)
            out[i] = np.where(tabulated, found, out[i])
    return out[0], out[1], out[2]


def _texts(values: ArrayLike) -> NDArray[np.str_]:
    """Return `values` as text, so that a missing one compares like any other."""
    return np.asarray(values, dtype=object).astype(str)
