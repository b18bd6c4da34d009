"""The rows of a check of proportional hazards: residuals, the course of each ratio, the tests.

`analysis.display.hazard_courses` draws them. Events are numbered in the order of time; nobody is
named.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.results.points import points_of
from analysis.results.precision import recorded_decimals
from analysis.sources.trial.plan_disclosure import Allowed
from analysis.stats.cox_result import CoxFit
from analysis.stats.hazard_course import own_residuals
from analysis.stats.proportional_hazards import ProportionalHazards

RESIDUAL, COURSE, COEFFICIENT, TEST = "Residual", "Course", "Coefficient", "Test"
"""What a row is of: its ``variable``."""
NAMES = {"time": "at.time", "lower": "conf.low", "upper": "conf.high"}


def hazard_rows(
    fit: CoxFit, check: ProportionalHazards, course: pd.DataFrame, *, allowed: Allowed | None = None
) -> pd.DataFrame:
    """Return a check of proportional hazards as rows for a run's results.

    Parameters
    ----------
    fit
        The Cox model.
    check
        Its check by `check_proportional_hazards`.
    course
        The lines by `hazard_ratio_course`.
    allowed
        What may be shown of single events; everything where nobody says.

    Returns
    -------
    pandas.DataFrame
        ``group1_level`` the coefficient, such as "arm, new / old"; ``variable`` "Residual":
        at.time, schoenfeld; "Course": at.time, estimate (log hazard ratio), conf.low, conf.high;
        "Coefficient": estimate; "Test", of each term and "GLOBAL": p.value, parameter (degrees of
        freedom), conclusion. What could not be had is a reason.

    Examples
    --------
    >>> from analysis.stats import check_proportional_hazards, fit_cox, hazard_ratio_course
    >>> trial = pd.DataFrame({"arm": list("ABABABAB"), "weeks": [1, 2, 3, 4, 5, 6, 7, 8],
    ...                       "had": [1, 1, 1, 0, 1, 1, 1, 0]})
    >>> fit = fit_cox(trial, time="weeks", event="had", factors=["arm"], ties="efron")
    >>> check = check_proportional_hazards(fit, transform="km", alpha=0.05)
    >>> rows = hazard_rows(fit, check, hazard_ratio_course(fit, check, df=2, level=0.95))
    >>> rows.groupby("variable").size().to_dict()
    {'Coefficient': 1, 'Course': 41, 'Residual': 6, 'Test': 2}
    >>> rows["group1_level"].unique().tolist()
    ['arm, B / A', 'arm', 'GLOBAL']
    """
    keys = list(zip(fit.columns.names, fit.columns.labels, strict=True))
    parts = [
        *(
            _of(check, course, *key, float(fit.coefficients[n]), allowed)
            for n, key in enumerate(keys)
        ),
        check.tests.rename(
            columns={"term": "group1_level", "p_value": "p.value", "df": "parameter"}
        )[["group1_level", "p.value", "parameter", "reason"]].assign(
            variable=TEST, conclusion=check.tests["verdict"].to_numpy()
        ),
    ]
    rows = pd.concat(parts, ignore_index=True)
    times = check.residuals["time"].to_numpy(dtype=float)
    # points of a line lie between the times of the data
    more = np.where(rows["variable"] == COURSE, 2, 0)
    rows["places:at.time"] = recorded_decimals(times) + more
    return rows


def _of(
    check: ProportionalHazards,
    course: pd.DataFrame,
    term: str,
    label: str,
    coefficient: float,
    allowed: Allowed | None,
) -> pd.DataFrame:
    """Return the rows of one coefficient."""
    own = own_residuals(check.residuals, term, label)
    residuals = pd.DataFrame({
        "variable": RESIDUAL,
        "at.time": own["time"].astype(float),
        "schoenfeld": own["scaled"].astype(float),
    })  # fmt: skip
    if allowed is not None:
        shown = ["at.time", "schoenfeld"]
        residuals = points_of(residuals, shown, allowed, by=["variable"], places=3)
        residuals = residuals.drop(columns="number")
    residuals["variable_level"] = [f"event {number}" for number in range(1, len(residuals) + 1)]
    line = course[(course["term"] == term) & (course["label"] == label)].rename(columns=NAMES)
    line = line[["at.time", "estimate", "conf.low", "conf.high", "reason"]].assign(
        variable=COURSE, variable_level=[f"point {number}" for number in range(1, len(line) + 1)]
    )
    fitted = pd.DataFrame({"variable": [COEFFICIENT], "estimate": [coefficient]})
    rows = pd.concat([residuals, line, fitted], ignore_index=True)
    return rows.assign(group1_level=", ".join(filter(None, [term, label])))
