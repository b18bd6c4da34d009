"""IGF-I SDS above a limit: how many, when, and for how long."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.errors import UserError
from analysis.results import Results, Stat, from_frame
from analysis.safety.lab_counts import count_results, findings
from analysis.safety.measurements import (
    BASELINE,
    ON_TREATMENT,
    RULE,
    VISIT_RULE,
    measurements,
    need_roles,
    of_roles,
    source_of,
)
from analysis.safety.population import safety_population
from analysis.safety.settings import SafetyRun

EVER = "Ever on treatment"
DURATION = (
    "from the first to the last of consecutive high records, the longest such stretch of a "
    "participant; one high record alone is 0 days. How long the value was high before and after "
    "is not observed"
)


def igf1_sds_high(run: SafetyRun) -> Results:
    """Return participants with IGF-I SDS above the limit, by visit and ever on treatment.

    Notes
    -----
    Above, not at, the parameter ``igf1_sds``. Per cent of those with a value at the visit, or
    of those with any value on treatment.
    """
    found = measurements(run)
    codes = need_roles(run, "igf1_sds").values()
    visits = of_roles(found.by_visit(), codes).sort_values("ORDER", kind="stable")
    ever = of_roles(found.phase(ON_TREATMENT), codes).assign(AVISIT=EVER)
    records = pd.concat([visits, ever])
    wanted = records[["AVISIT"]].drop_duplicates()
    above = records[records["AVAL"] > run.parameters.igf1_sds]
    return count_results(
        run,
        findings(safety_population(run), above, records, wanted, ["AVISIT"]),
        ["AVISIT"],
        analysis_id="igf1-sds-high",
        source=source_of(run),
        rule=f"IGF-I SDS above {run.parameters.igf1_sds:g}; per cent of those with a value. "
        f"{VISIT_RULE}. {RULE}",
    )


def stretches(records: pd.DataFrame, limit: float) -> pd.DataFrame:
    """Return each unbroken stretch of high records.

    Parameters
    ----------
    records
        ``USUBJID, ADY, AVAL`` on treatment.
    limit
        A value above it is high.

    Returns
    -------
    pandas.DataFrame
        ``USUBJID, first, last, records, days``: days from the first to the last high record,
        0 for one record.

    Examples
    --------
    >>> days = pd.DataFrame({"USUBJID": "A", "ADY": [30, 90, 180, 270], "AVAL": [3, 3, 1, 3]})
    >>> stretches(days, 2)["days"].tolist()
    [60, 0]
    """
    ordered = records.dropna(subset=["ADY"]).sort_values(["USUBJID", "ADY"], kind="stable")
    above = ordered["AVAL"] > limit
    # A stretch ends at every record that is not high and at every new participant.
    ends = ~above | (ordered["USUBJID"] != ordered["USUBJID"].shift())
    named = ordered.assign(STRETCH=ends.cumsum())[above]
    grouped = named.groupby(["USUBJID", "STRETCH"], sort=False)["ADY"]
    found = grouped.agg(first="min", last="max", records="count").reset_index()
    return found.assign(days=found["last"] - found["first"]).drop(columns="STRETCH")


def igf1_sds_duration(run: SafetyRun) -> Results:
    """Return for how long IGF-I SDS was above the limit, of those who ever were.

    Raises
    ------
    UserError
        If no participant was.
    """
    codes = need_roles(run, "igf1_sds").values()
    records = of_roles(measurements(run).phase(ON_TREATMENT), codes)
    limit = run.parameters.igf1_sds
    found = stretches(records, limit)
    if found.empty:
        raise UserError(f"no participant has an IGF-I SDS above {limit:g} on treatment")
    longest = found.sort_values(["days", "records"]).drop_duplicates("USUBJID", keep="last")
    population = safety_population(run)
    own = population.restrict(longest)
    grouped = own.groupby("ARM", observed=False)
    rows = pd.DataFrame(
        {
            "n": grouped["days"].count(),
            "lasting": grouped["records"].agg(lambda counts: int((counts > 1).sum())),
            "median": grouped["days"].median(),
            "min": grouped["days"].min(),
            "max": grouped["days"].max(),
        }
    ).reindex(list(run.arms))
    return from_frame(
        rows.reset_index(names="group1_level").assign(
            variable=f"IGF-I SDS above {limit:g}",
            n_population=rows.index.map(population.sizes),
            population=run.population,
            source=source_of(run),
        ),
        {
            "n": Stat("n", "Participants ever high", 0),
            "lasting": Stat("n.lasting", "High in consecutive records", 0),
            "median": Stat("median", "Median", 0, "days"),
            "min": Stat("min", "Shortest", 0, "days"),
            "max": Stat("max", "Longest", 0, "days"),
        },
        analysis_id="igf1-sds-duration",
        group1="arm",
        context="safety",
        method=f"{DURATION}. {RULE}",
        **run.result_labels,
    )


def igf1_sds_points(run: SafetyRun) -> Results:
    """Return the IGF-I SDS of every participant at every visit, to be drawn.

    Notes
    -----
    Points are numbered by their values within an arm and a visit: a number cannot be traced
    to a participant, nor from visit to visit.
    """
    codes = need_roles(run, "igf1_sds").values()
    records = of_roles(measurements(run).by_visit(), codes)
    records = records.sort_values(["ORDER", "ARM", "AVAL"], kind="stable")
    number = records.groupby(["AVISIT", "ARM"], observed=True).cumcount() + 1
    if not (records["PHASE"] == BASELINE).any():
        raise UserError("IGF-I SDS has no baseline record")
    return from_frame(
        records.assign(
            group1_level=records["ARM"].astype(str),
            group2_level=records["AVISIT"],
            variable=np.where(records["AVAL"] > run.parameters.igf1_sds, "high", "not high"),
            variable_level="point " + number.astype(str),
            population=run.population,
            source=source_of(run),
        ),
        {"AVAL": Stat("value", "IGF-I SDS", 2, "SDS")},
        analysis_id="igf1-sds-points",
        group1="arm",
        group2="visit",
        context="safety",
        method=VISIT_RULE,
        **run.result_labels,
    )
