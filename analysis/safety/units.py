"""Units of laboratory values: explicit conversions, and an error where a unit is not known."""

import re
from typing import Final

import numpy as np
import numpy.typing as npt

from analysis import exact
from analysis.errors import UserError, suggestion
from analysis.sources.trial.checks.stored_units import BRACKET
from analysis.sources.trial.plan import TrialPlan

GLUCOSE_MG_DL: Final = 18.016
"""mg/dL in 1 mmol/L of glucose: molar mass 180.16 g/mol (PubChem CID 5793) over 10."""
BILIRUBIN_UMOL_L: Final = 17.104
"""umol/L in 1 mg/dL of bilirubin: 10 000 over its molar mass 584.66 g/mol (PubChem CID 5280352)."""
INSULIN_PMOL: Final = 6.0
"""pmol in 1 mIU of human insulin. Two factors are in use, 6.0 and 6.945; the latter gives about
15 % less insulin and is the wrong one (Knopp et al., J Diabetes Sci Technol 2019; 13, 597,
abstract); 1 IU is 0.0347 mg, which at 5808 g/mol is 5.97 nmol."""
NGSP_SLOPE, NGSP_INTERCEPT = 0.09148, 2.152
"""HbA1c: % (NGSP) = 0.09148 · mmol/mol (IFCC) + 2.152 (Hoelzel et al., Clin Chem 2004)."""

CONVERSIONS: Final[dict[str, dict[str, tuple[float, float, float]]]] = {
    "glucose in mg/dL": {"mg/dl": (1.0, 1.0, 0.0), "mmol/l": (GLUCOSE_MG_DL, 1.0, 0.0)},
    "glucose in mmol/L": {"mmol/l": (1.0, 1.0, 0.0), "mg/dl": (1.0, GLUCOSE_MG_DL, 0.0)},
    "insulin in mIU/L": {
        **dict.fromkeys(
            ("miu/l", "mu/l", "m[iu]/l", "uiu/ml", "uu/ml", "u[iu]/ml"), (1.0, 1.0, 0.0)
        ),
        "pmol/l": (1.0, INSULIN_PMOL, 0.0),
    },
    "bilirubin in mg/dL": {"mg/dl": (1.0, 1.0, 0.0), "umol/l": (1.0, BILIRUBIN_UMOL_L, 0.0)},
    "HbA1c in %": {"%": (1.0, 1.0, 0.0), "mmol/mol": (NGSP_SLOPE, 1.0, NGSP_INTERCEPT)},
    "HbA1c in mmol/mol": {
        "mmol/mol": (1.0, 1.0, 0.0),
        "%": (1.0, NGSP_SLOPE, -NGSP_INTERCEPT / NGSP_SLOPE),
    },
}
"""What is wanted → unit of the data → factor, divisor and what is added."""

FloatArray = npt.NDArray[np.float64]


def convert(values: npt.ArrayLike, *, unit: str, wanted: str) -> FloatArray:
    """Convert laboratory values to the unit in which a threshold is stated.

    Parameters
    ----------
    values
        Values in `unit`.
    unit
        Unit of the data, as written; spaces, case and the letter for micro do not matter.
    wanted
        One of `CONVERSIONS`, for example ``"glucose in mg/dL"``, whose unit is returned.

    Raises
    ------
    UserError
        If the unit is not one that can be converted; it is never guessed.

    Examples
    --------
    >>> convert([7.0, 11.1], unit="mmol/L", wanted="glucose in mg/dL").round(2)
    array([126.11, 199.98])
    """
    known = CONVERSIONS[wanted]
    written = plain(unit)
    if written not in known:
        raise UserError(
            f"{wanted}: the unit of the data must be one of {', '.join(known)}; got '{unit}'"
            f"{suggestion(written, known)}; name it under units in trial.yml"
        )
    slope, per, intercept = known[written]
    return exact.ratio(values, per, times=slope) + intercept


def plain(unit: str) -> str:
    """Return a unit without the differences that are only ways of writing.

    Examples
    --------
    >>> plain("µmol / L")
    'umol/l'
    """
    return re.sub(r"\s", "", unit).casefold().replace("μ", "u").replace("µ", "u")


def unit_of(plan: TrialPlan, paramcd: str, param: str, stored: str = "") -> str:
    """Return a unit as written: that of the plan, else the bracket that closes PARAM, else AVALU.

    `stored` is AVALU, or "" where there is none.
    """
    bracket = BRACKET.search(param)
    return plan.units.get(paramcd, bracket.group(1) if bracket else stored)


def with_unit(label: str, unit: str) -> str:
    """Return the label of a measurement with its unit, where it has not got it yet.

    Examples
    --------
    >>> with_unit("Glucose", "mmol/L"), with_unit("Bilirubin (umol/L)", "µmol/L")
    ('Glucose (mmol/L)', 'Bilirubin (umol/L)')
    """
    return label if not unit or plain(unit) in plain(label) else f"{label} ({unit})"
