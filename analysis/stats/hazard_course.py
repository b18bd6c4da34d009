"""The course of a hazard ratio over time: a smooth line through scaled Schoenfeld residuals."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import interpolate, special

from analysis.errors import UserError
from analysis.stats._checks import check_level
from analysis.stats.cox_result import CoxFit
from analysis.stats.proportional_hazards import ProportionalHazards

POINTS = 41
LEAST = 2
COLUMNS = ["term", "label", "time", "transformed", "estimate", "lower", "upper", "reason"]


def hazard_ratio_course(
    fit: CoxFit, check: ProportionalHazards, *, df: int, level: float
) -> pd.DataFrame:
    """Smooth the scaled Schoenfeld residuals of each coefficient over time.

    Parameters
    ----------
    fit : CoxFit
        The fitted model.
    check : ProportionalHazards
        Its check by `check_proportional_hazards`; its function of time is that of the line.
    df : int
        Degrees of freedom of the line, 2 (straight) or more; R draws 4.
    level : float
        Confidence level of the pointwise limits.

    Returns
    -------
    pandas.DataFrame
        One row a coefficient and point of time: term, label, time, transformed, estimate (log
        hazard ratio), lower, upper, reason. A coefficient without a line has one row that says why.

    Raises
    ------
    UserError
        If df is less than 2.

    Notes
    -----
    A natural cubic spline by least squares, its inner knots at evenly spaced quantiles of the
    function of time, as R's plot of cox.zph has it (there two standard errors). The variance of a
    scaled residual is taken as the number of events times that of the coefficient. The line shows
    where a ratio tends; whether it changes is for the test.

    References
    ----------
    Grambsch, P. M., & Therneau, T. M. (1994). Proportional hazards tests and diagnostics based on
    weighted residuals. Biometrika, 81(3), 515-526.

    Examples
    --------
    >>> from analysis.stats import check_proportional_hazards, fit_cox
    >>> trial = pd.DataFrame({"arm": ["old"] * 5 + ["new"] * 5,
    ...                       "weeks": [1, 2, 4, 5, 9, 3, 6, 7, 8, 10],
    ...                       "relapsed": [1, 1, 1, 0, 1, 1, 0, 1, 1, 1]})
    >>> fit = fit_cox(trial, time="weeks", event="relapsed", factors=["arm"], ties="efron")
    >>> check = check_proportional_hazards(fit, transform="identity", alpha=0.05)
    >>> course = hazard_ratio_course(fit, check, df=2, level=0.95)
    >>> course[["time", "estimate"]].iloc[[0, -1]].round(3)
        time  estimate
    0    1.0     1.428
    40  10.0    -0.035
    """
    check_level(level)
    if df != int(df) or df < LEAST:
        raise UserError(f"df must be a whole number from {LEAST} on, not {df:g}.")
    z = -special.ndtri((1 - level) / 2)
    keys = list(zip(fit.columns.names, fit.columns.labels, strict=True))
    parts = [
        _course(own_residuals(check.residuals, *key), fit.covariance[place, place], int(df), z)
        .assign(term=key[0], label=key[1])
        for place, key in enumerate(keys)
    ]  # fmt: skip
    return pd.concat(parts, ignore_index=True)[COLUMNS]


def own_residuals(residuals: pd.DataFrame, term: str, label: str) -> pd.DataFrame:
    """Return the residuals of one coefficient, without those of strata in which it does not vary.

    Examples
    --------
    >>> rows = pd.DataFrame({"term": ["arm", "age"], "label": ["new / old", ""],
    ...                      "scaled": [0.5, float("nan")]})
    >>> len(own_residuals(rows, "arm", "new / old")), len(own_residuals(rows, "age", ""))
    (1, 0)
    """
    own = residuals[(residuals["term"] == term) & (residuals["label"] == label)]
    return own.dropna(subset=["scaled"])


def _course(own: pd.DataFrame, variance: float, df: int, z: float) -> pd.DataFrame:
    """Return the line through the residuals of one coefficient, or one row that says why not."""
    at = own["transformed"].to_numpy(dtype=float)
    distinct, first = np.unique(at, return_index=True)
    if len(distinct) < df or not np.isfinite(variance):
        few = f"events came at {len(distinct)} times, too few for a line of {df} degrees of freedom"
        why = few if len(distinct) < df else "the coefficient has no standard error"
        return _no_line(why)
    knots = np.quantile(at, np.linspace(0, 1, df))
    if len(np.unique(knots)) < df:
        return _no_line("too many events came at one time for the knots of a line")
    grid = np.linspace(distinct[0], distinct[-1], POINTS)
    # each column is the natural spline that is 1 at one knot and 0 at the others
    spline = interpolate.CubicSpline(knots, np.eye(df), bc_type="natural")
    basis, points = spline(at), spline(grid)
    # by the triangle of the basis: nothing is squared
    q, r = np.linalg.qr(basis)
    line = points @ np.linalg.solve(r, q.T @ own["scaled"].to_numpy(dtype=float))
    leverage = (np.linalg.solve(r.T, points.T) ** 2).sum(axis=0)
    half = z * np.sqrt(len(own) * variance * leverage)
    time = np.interp(grid, distinct, own["time"].to_numpy(dtype=float)[first])
    return pd.DataFrame({
        "time": time, "transformed": grid, "estimate": line, "lower": line - half,
        "upper": line + half, "reason": "",
    })  # fmt: skip


def _no_line(why: str) -> pd.DataFrame:
    row = dict.fromkeys(["time", "transformed", "estimate", "lower", "upper"], np.nan)
    return pd.DataFrame([row | {"reason": f"no line, because {why}"}])
