"""Growth derivations: velocity, SD scores of size and velocity, bone age, and reconciliation.

Frames in and frames out, with the names of CDISC ADaM; helper columns are in lower case. A row
whose number cannot be given stays, with NaN in ``AVAL`` (or ``CHG``) and the cause in ``reason``,
which is empty everywhere else; `count_reasons` counts them.
"""

from analysis.growth.ages import age_in_months
from analysis.growth.frames import count_reasons
from analysis.growth.reconciliation import reconcile
from analysis.growth.responsiveness import index_of_responsiveness, predicted_velocity
from analysis.growth.scores import (
    bone_age_advance,
    bone_age_progression,
    change_from_baseline,
    height_sds,
    igf1_sds,
)
from analysis.growth.size import (
    bmi_sds,
    body_mass_index,
    height_velocity_sds,
    weight_sds,
)
from analysis.growth.target_height import TARGET_FORMULAS, TargetFormula, target_height
from analysis.growth.units import (
    DAYS_PER_YEAR,
    add_months,
    annualised,
    elapsed_days,
    to_centimetres,
)
from analysis.growth.velocity import change_in_velocity, height_velocity, pretreatment_velocity

__all__ = [
    "DAYS_PER_YEAR",
    "TARGET_FORMULAS",
    "TargetFormula",
    "add_months",
    "age_in_months",
    "annualised",
    "bmi_sds",
    "body_mass_index",
    "bone_age_advance",
    "bone_age_progression",
    "change_from_baseline",
    "change_in_velocity",
    "count_reasons",
    "elapsed_days",
    "height_sds",
    "height_velocity",
    "height_velocity_sds",
    "igf1_sds",
    "index_of_responsiveness",
    "predicted_velocity",
    "pretreatment_velocity",
    "reconcile",
    "target_height",
    "to_centimetres",
    "weight_sds",
]
