"""The arms before treatment, side by side."""

import numpy as np
import pandas as pd

from analysis.display.tables import Column, Table
from analysis.programme.settings import ProgrammeRun
from analysis.results import Results, section
from analysis.sources.covariates import arm_covariates


@section
def covariates(run: ProgrammeRun) -> Results:
    """Return age, dose, growth and growth-hormone peak of every arm before treatment.

    Returns
    -------
    Results
        Per arm the words as printed of each covariate, and the dose in mg/kg/day with
        ``dose.origin``, "derived" where the paper prints another unit.
    """
    arms = arm_covariates(run.shown, run.parameters.field)
    arms = arms.sort_values(["indication", "label"], kind="stable")
    origins = [arms["dose_derived"], arms["dose_per_day"].notna()]
    frame = pd.DataFrame(
        {
            "group1_level": arms["label"],
            "group2_level": arms["arm"],
            "variable": "Before treatment",
            "variable_level": arms["indication"],
            "age.words": arms["age"],
            # A dose that is not printed has no unit either.
            "dose.words": arms["dose"] + " " + arms["dose_unit"],
            "velocity.words": arms["velocity"],
            "height.sds.words": arms["height_sds"],
            "gh.peak.words": arms["gh_peak"],
            "dose.per.day": arms["dose_per_day"],
            "dose.origin": np.select(origins, ["derived", "as printed"], ""),
            "population": "as the paper analysed",
            "source": arms["source_id"],
        }
    )
    method = "as printed; a week is 7 days, 3 IU are 1 mg"
    return run.results(
        frame, "covariates", group1="study", group2="arm", context="published", method=method
    )


@covariates.shows
def covariates_table(covariates: Results, _run: ProgrammeRun) -> Table:
    """Show every arm before treatment."""
    return Table(
        title="The arms before treatment",
        results=covariates,
        groups="variable_level",
        labels={"group1_level": "Study", "group2_level": "Arm"},
        columns=[
            Column("Age, years", "{age.words}"),
            Column("Dose as printed", "{dose.words}", "text"),
            Column("mg/kg/day", "{dose.per.day} ({dose.origin})"),
            Column("Height velocity, cm/year", "{velocity.words}"),
            Column("Height SDS", "{height.sds.words}"),
            Column("GH peak, µg/L", "{gh.peak.words}"),
        ],
        footnotes=[
            "Mean (SD), or what the paper prints in its place. A derived dose is converted here "
            "from a week (7 days) or from IU (3 IU are 1 mg); a dose by body surface and units of "
            "methionyl or pituitary hormone do not convert."
        ],
        folded=True,
        empty="The ledger has nothing of the arms of this selection before treatment.",
    )
