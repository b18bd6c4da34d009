"""The height that the heights of the parents let expect: mid-parental, or target, height."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import pandas as pd

from analysis.errors import UserError, suggestion
from analysis.growth.frames import blank, first_reason, number_array, refuse_repeats, require
from analysis.growth.units import FloatArray, to_centimetres
from analysis.sources.growth_reference import value_at_z, z_score
from analysis.sources.growth_table import GrowthReference
from analysis.thresholds import within

ADULT_MONTHS = 240.0
"""Age at which parents and target are put on a reference: 20 years, where CDC's ends."""
TALLER = 6.5
"""cm that a man is above, and a woman below, the mean of the parents: half of Tanner's 13 cm."""
SHORTEST, TALLEST = 100.0, 250.0
"""cm between which the height of a parent must lie: beyond is another unit (assumed)."""
CHILD, PARENTS = {"M": TALLER, "F": -TALLER}, {"mother": "F", "father": "M"}


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetFormula:
    """A formula of the target height, as table 1 of a review prints it (PMC12797921, read there).

    Parameters
    ----------
    citation
        Who proposed it.
    slope
        What the mean of the parents' SDS is multiplied with; None where the formula adds
        centimetres to the mean of their heights.
    reach
        How far the target reaches to either side, in `unit`; NaN where none is printed.
    unit
        ``"cm"`` or ``"SDS"``.
    """

    citation: str
    slope: float | None
    reach: float
    unit: str


TARGET_FORMULAS: Mapping[str, TargetFormula] = MappingProxyType(
    {
        "Tanner 1970": TargetFormula(
            citation="Tanner et al. 1970, England", slope=None, reach=8.5, unit="cm"
        ),
        "Cole 2000": TargetFormula(
            citation="Cole 2000, England", slope=1.0, reach=np.nan, unit="SDS"
        ),
        "Hermanussen and Cole": TargetFormula(
            citation="Hermanussen and Cole 2002 or 2003, Germany", slope=0.72, reach=1.6, unit="SDS"
        ),
    }
)
"""Name → formula."""


def target_height(
    children: pd.DataFrame,
    *,
    reference: GrowthReference,
    formula: str = "Tanner 1970",
    mother: str = "MOTHERHT",
    father: str = "FATHERHT",
    unit: str = "cm",
    paramcd: str = "TARGETHT",
) -> pd.DataFrame:
    """Return the target height of each child, and its SDS among adults of the child's sex.

    Parameters
    ----------
    children
        One row a child: ``USUBJID``, ``SEX`` (``M`` or ``F``) and the parents' heights.
    reference
        Heights that reach to 20 years, from `growth_reference.load_reference`.
    formula
        A name of `TARGET_FORMULAS`: ``"Tanner 1970"`` is the mean of both heights plus 6.5 cm for
        a boy and minus 6.5 cm for a girl; the others take the mean of the parents' SDS, by
        Hermanussen and Cole multiplied with 0.72.
    mother, father
        Columns of the heights.
    unit
        Their unit: cm, m, mm or in.
    paramcd
        ``PARAMCD`` of the result.

    Returns
    -------
    pandas.DataFrame
        On the index of `children`: ``USUBJID``, ``PARAMCD``, ``AVAL`` (cm), ``sds``, ``low`` and
        ``high`` (cm, where the formula prints a range), ``formula``, ``reference``, ``reason``.

    Raises
    ------
    UserError
        If a column is missing, a child has two rows, or the formula or unit is unknown.

    Notes
    -----
    Heights of parents are not corrected for their age; none of the formulas asks for it. Tanner's
    formula underestimates the target of very short parents (Luo et al. 1998, abstract read).

    Examples
    --------
    >>> from analysis.sources.growth_reference import load_reference
    >>> children = pd.DataFrame(
    ...     {"USUBJID": ["1", "2"], "SEX": ["M", "F"], "MOTHERHT": 157.0, "FATHERHT": 186.0}
    ... )
    >>> target_height(children, reference=load_reference("CDC 2000 stature"))["AVAL"].tolist()
    [178.0, 165.0]
    """
    if formula not in TARGET_FORMULAS:
        raise UserError(
            f"target height: the formula must be one of {', '.join(TARGET_FORMULAS)}; "
            f"got '{formula}'{suggestion(formula, TARGET_FORMULAS)}"
        )
    require(children, ["USUBJID", "SEX"])
    refuse_repeats(children, ["USUBJID"], "row")
    sex = children["SEX"].astype(object).where(children["SEX"].isin(list(CHILD)), "")
    heights = {
        parent: to_centimetres(number_array(children, column), unit=unit)
        for parent, column in (("mother", mother), ("father", father))
    }
    reason = first_reason(
        [
            *((np.isnan(value), f"height of the {parent} missing")
              for parent, value in heights.items()),
            *((~within(value, SHORTEST, TALLEST) & np.isfinite(value),
               f"height of the {parent} not between {SHORTEST:g} and {TALLEST:g} cm")
              for parent, value in heights.items()),
            (sex == "", "sex not M or F"),
        ]
    )  # fmt: skip
    # A height that is no adult's has no score, and is not asked for one.
    usable = {parent: np.where(reason == "", value, np.nan) for parent, value in heights.items()}
    target, low, high = _target(usable, sex, TARGET_FORMULAS[formula], reference)
    frame = children[["USUBJID"]].assign(
        PARAMCD=paramcd,
        AVAL=target,
        sds=z_score(target, sex=sex, age_months=ADULT_MONTHS, reference=reference),
        low=low,
        high=high,
        formula=formula,
        reference=reference.name,
        reason=reason,
    )
    return blank(frame, "AVAL")


def _target(
    heights: Mapping[str, FloatArray],
    sex: pd.Series,
    formula: TargetFormula,
    reference: GrowthReference,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the target height and how far down and up it reaches, in cm."""
    if formula.slope is None:
        target = (heights["mother"] + heights["father"]) / 2 + sex.map(CHILD).fillna(0).to_numpy()
        return target, target - formula.reach, target + formula.reach
    scores = [
        z_score(heights[parent], sex=code, age_months=ADULT_MONTHS, reference=reference)
        for parent, code in PARENTS.items()
    ]
    middle = formula.slope * (scores[0] + scores[1]) / 2
    target, low, high = (
        value_at_z(middle + away, sex=sex, age_months=ADULT_MONTHS, reference=reference)
        for away in (0.0, -formula.reach, formula.reach)
    )
    return target, low, high
