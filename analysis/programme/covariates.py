"""The arms before treatment, side by side."""

from __future__ import annotations

import numpy as np

from analysis.programme.words import PUBLISHED
from analysis.results import Results, Stat, from_frame
from analysis.sources.covariates import COVARIATES, arm_covariates
from analysis.sources.evidence import Ledger

DOSE_DIGITS = 3


def covariates(ledger: Ledger, *, indication: str) -> Results:
    """Return age, dose, growth and growth-hormone peak of every arm before treatment.

    Parameters
    ----------
    ledger
        The ledger as filtered for the page.
    indication
        ``"all"`` or a code.

    Returns
    -------
    Results
        Per arm the words as printed of each covariate, and the dose in mg/kg/day with
        ``dose_origin``, "derived" where the paper prints another unit.
    """
    arms = arm_covariates(ledger, indication)
    arms = arms.sort_values(["indication", "label"], kind="stable")
    dose = [
        f"{words} {unit}" if isinstance(words, str) else ""
        for words, unit in zip(arms["dose"], arms["dose_unit"], strict=True)
    ]
    return from_frame(
        arms.assign(
            group1_level=arms["label"],
            group2_level=arms["arm"],
            variable="Before treatment",
            variable_level=arms["indication"],
            source=arms["source_id"],
            dose=dose,
            dose_origin=np.select(
                [arms["dose_derived"], arms["dose_per_day"].notna()], ["derived", "as printed"], ""
            ),
        ),
        {
            **{
                name: Stat(name, name.replace("_", " ").capitalize())
                for name in COVARIATES.values()
            },
            "dose_per_day": Stat("dose_per_day", "Dose a day", DOSE_DIGITS, "mg/kg/day"),
            "dose_origin": Stat("dose_origin", "Origin of the dose a day"),
        },
        analysis_id="covariates",
        group1="study",
        group2="arm",
        context="published",
        method="as printed; a week is 7 days, 3 IU are 1 mg",
        data_status=PUBLISHED,
    )
