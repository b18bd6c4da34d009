"""Hepatic screening: peak transaminase against peak bilirubin, in multiples of the upper limit."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pandas as pd

from analysis.errors import UserError
from analysis.results import Results, Stat, from_frame
from analysis.safety.abnormal import with_multiples
from analysis.safety.lab_counts import count_results, findings
from analysis.safety.measurements import (
    ON_TREATMENT,
    RULE,
    measurements,
    need_roles,
    of_roles,
    source_of,
)
from analysis.safety.population import safety_population
from analysis.safety.settings import SafetyRun

NORMAL, CHOLESTASIS, TEMPLE, HY = (
    "Neither raised",
    "Cholestasis range",
    "Temple's corollary",
    "Possible Hy's law",
)
QUADRANTS = (HY, TEMPLE, CHOLESTASIS, NORMAL)
ALP_MULTIPLE = 2.0
"""Alkaline phosphatase from so many upper limits on speaks for cholestasis, against Hy's law."""
WITHOUT_ALP = f"{HY}, alkaline phosphatase below {ALP_MULTIPLE:g} × ULN"
INCOMPLETE = "No peak of both"


@lru_cache(maxsize=8)
def peaks(run: SafetyRun) -> pd.DataFrame:
    """Return each participant's peaks on treatment, in multiples of the upper limit of normal.

    Returns
    -------
    pandas.DataFrame
        ``USUBJID, transaminase`` (the higher of ALT and AST), ``bilirubin, alp`` (missing where
        not measured) and ``QUADRANT``; one row per participant with both peaks.

    Raises
    ------
    NoSection
        If the trial names no bilirubin, or neither ALT nor AST.

    Notes
    -----
    Each peak over its own records and their own limits; the two need not be of the same day.
    """
    transaminases = need_roles(run, "alt", "ast")
    bilirubin = need_roles(run, "bilirubin")
    codes = {**transaminases, **bilirubin}
    if alp := run.plan.roles.alp:
        codes["alp"] = alp
    records = of_roles(measurements(run).phase(ON_TREATMENT), codes.values())
    what = {code: role if role in ("bilirubin", "alp") else "transaminase"
            for role, code in codes.items()}  # fmt: skip
    records = with_multiples(records).assign(WHAT=lambda frame: frame["PARAMCD"].map(what))
    highest = records.groupby(["USUBJID", "WHAT"], observed=True)["TIMES"].max().unstack("WHAT")
    highest = highest.reindex(columns=["transaminase", "bilirubin", "alp"]).reset_index()
    both = highest.dropna(subset=["transaminase", "bilirubin"])
    if both.empty:
        raise UserError(
            "no participant has a transaminase and a bilirubin on treatment with upper limits"
        )
    return both.assign(QUADRANT=quadrants(run, both)).rename_axis(columns=None)


def quadrants(run: SafetyRun, values: pd.DataFrame) -> np.ndarray:
    """Return the quadrant of each participant; above a multiple, not at it, is raised."""
    liver = values["transaminase"] > run.parameters.alt_multiple
    yellow = values["bilirubin"] > run.parameters.bilirubin_multiple
    return np.select([liver & yellow, liver, yellow], [HY, TEMPLE, CHOLESTASIS], default=NORMAL)


def hepatic_points(run: SafetyRun) -> Results:
    """Return one point per participant, to be drawn; nothing tells who a point is.

    Notes
    -----
    Points are numbered by their values within an arm, so that a number cannot be traced.
    """
    own = safety_population(run).restrict(peaks(run))
    own = own.sort_values(["ARM", "transaminase", "bilirubin"], ascending=[True, False, False])
    number = own.groupby("ARM", observed=True).cumcount() + 1
    return from_frame(
        own.assign(
            group1_level=own["ARM"].astype(str),
            variable=own["QUADRANT"],
            variable_level="point " + number.astype(str),
            population=run.population,
            source=source_of(run),
        ),
        {
            "transaminase": Stat("transaminase", "Peak ALT or AST", 2, "× ULN"),
            "bilirubin": Stat("bilirubin", "Peak bilirubin", 2, "× ULN"),
        },
        analysis_id="hepatic-points",
        group1="arm",
        context="safety",
        method=_rule(run),
        **run.result_labels,
    )


def hepatic_quadrants(run: SafetyRun) -> Results:
    """Return how many participants of each arm are in each quadrant.

    Notes
    -----
    Per cent of all participants of the arm; those without both peaks have their own row. A
    screening: whether a participant in the upper right meets Hy's law needs the exclusion of
    other causes, and no alkaline phosphatase of 2 × ULN or more.

    References
    ----------
    FDA (2009). Guidance for industry. Drug-induced liver injury: premarketing clinical
    evaluation.
    """
    found = peaks(run)
    population = safety_population(run)
    everyone = population.subjects[["USUBJID"]]
    own = everyone.merge(found, on="USUBJID", how="left", validate="one_to_one")
    own = own.assign(QUADRANT=own["QUADRANT"].fillna(INCOMPLETE))
    levels = [*QUADRANTS, INCOMPLETE]
    if run.plan.roles.alp:
        clear = own[(own["QUADRANT"] == HY) & (own["alp"] < ALP_MULTIPLE)]
        own = pd.concat([own, clear.assign(QUADRANT=WITHOUT_ALP)])
        levels.insert(1, WITHOUT_ALP)
    wanted = pd.DataFrame({"QUADRANT": levels})
    return count_results(
        run,
        findings(population, own, everyone, wanted, []),
        ["QUADRANT"],
        analysis_id="hepatic-quadrants",
        source=source_of(run),
        rule=_rule(run),
        compared=False,
    )


def _rule(run: SafetyRun) -> str:
    which = " or ".join(role.upper() for role in ("alt", "ast") if getattr(run.plan.roles, role))
    return (
        f"peak {which} above {run.parameters.alt_multiple:g} × ULN and peak bilirubin above "
        f"{run.parameters.bilirubin_multiple:g} × ULN, each at its own time. {RULE}"
    )
