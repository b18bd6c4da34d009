"""The participants that a safety page counts, with their exposure and events."""

from contextlib import suppress

import numpy as np
import pandas as pd

from analysis.errors import UserError
from analysis.growth.units import DAYS_PER_YEAR
from analysis.safety.emergent import emergent_events
from analysis.safety.population import safety_population
from analysis.safety.settings import SafetyRun
from analysis.safety.treated import time_treated


def analysed(run: SafetyRun) -> pd.DataFrame:
    """Return who is counted for safety, by actual treatment, and why the others are not.

    Parameters
    ----------
    run
        What is analysed.

    Returns
    -------
    pandas.DataFrame
        One row a participant of ADSL, in its order: ``USUBJID, arm, analysed, why_not``; ``days``
        on treatment, ``until`` what they run to, the same as ``patient_years``; and ``events``,
        how many treatment-emergent ones are counted, missing where the trial records none at all.
    """
    population, treated = safety_population(run), time_treated(run)
    own = population.subjects[["USUBJID", "arm"]].astype({"arm": str})
    own = own.assign(
        days=treated.days, until=treated.until, patient_years=treated.days / DAYS_PER_YEAR
    )
    with suppress(UserError):  # The sections say why there are none.
        who = emergent_events(run).records["USUBJID"].cat.codes.to_numpy()
        own["events"] = np.bincount(who, minlength=len(own))
    rows = run.trial.tables["adsl"][["USUBJID"]].merge(own, on="USUBJID", how="left")
    inside = rows["USUBJID"].isin(run.subjects()["USUBJID"])
    counted = rows["USUBJID"].isin(own["USUBJID"])
    why_not = np.select(
        [counted, inside],
        ["", "in no arm by actual treatment"],
        f"not in the population '{run.population}'",
    )
    rows = rows.assign(analysed=counted, why_not=why_not)
    first = ["USUBJID", "arm", "analysed", "why_not", "days", "until", "patient_years"]
    return rows.reindex(columns=[*first, "events"]).astype({"events": "Int64"})
