"""Power of non-inferiority with covariates in the model, exactly."""

from __future__ import annotations

import math

import numpy as np
from scipy import special

from analysis.errors import UserError
from analysis.stats._checks import check_number
from analysis.stats._words import meant
from analysis.stats.laws import t_isf
from analysis.stats.power import Power, between, power_noninferiority

NODES, WEIGHTS = np.polynomial.legendre.leggauss(64)


def power_adjusted(
    *,
    n_test: int,
    n_reference: int,
    sd: float,
    correlation: float,
    covariates: int,
    difference: float,
    margin: float,
    direction: str,
    alpha: float,
) -> Power:
    """Compute the power to show non-inferiority of a mean by analysis of covariance.

    H0 and H1 as for `power_noninferiority`.

    Parameters
    ----------
    n_test, n_reference, sd, difference, margin, direction, alpha
        As for `power_noninferiority`; `sd` is that of the response within an arm, unadjusted.
    correlation
        Multiple correlation of the response and the covariates within an arm, 0 to below 1.
    covariates
        Normal covariates in the model, 0 or more, whatever they explain.

    Returns
    -------
    Power
        Exact power over all trials, whose covariates differ by chance between the arms;
        `std_error` is that of a trial whose covariates are balanced.

    Raises
    ------
    UserError
        When an input is out of range, or the covariates leave no degree of freedom.

    Notes
    -----
    Given the covariates, the test has a noncentral t law. A chance imbalance divides the
    information by a beta variable with (df + 1)/2 and q/2 (Hotelling's law of the distance between
    the arms), over which the power is averaged by quadrature.

    References
    ----------
    Shieh, G. (2017). Power and sample size calculations for contrast analysis in ANCOVA.
    Multivariate Behavioral Research, 52(1), 1-11.

    Examples
    --------
    >>> p = power_adjusted(n_test=64, n_reference=64, sd=1.0, correlation=0.6, covariates=2,
    ...                    difference=0.0, margin=0.5, direction="higher", alpha=0.025)
    >>> round(p.power, 3), p.df
    (0.936, 124)
    """
    check_number("correlation", correlation, at_least=0, below=1)
    if check_number("covariates", covariates, at_least=0) != math.floor(covariates):
        raise UserError(f"covariates must be a whole number, not {covariates!r}.")
    plain = power_noninferiority(
        n_test=n_test, n_reference=n_reference, sd=sd * math.sqrt(1 - correlation**2),
        difference=difference, margin=margin, direction=direction, alpha=alpha,
    )  # fmt: skip
    if covariates == 0:
        return plain
    df = plain.n_test + plain.n_reference - 2 - int(covariates)
    if df < 1:
        raise UserError(
            f"{covariates} covariates leave no degree of freedom of {n_test} v {n_reference} "
            "patients; take fewer covariates or more patients."
        )
    sign = 1 if meant("direction", direction, ("higher", "lower")) == "higher" else -1
    shift = (sign * difference + margin) / plain.std_error
    found = _averaged(shift, df, int(covariates), alpha)
    return Power(
        power=found, n_test=plain.n_test, n_reference=plain.n_reference, df=df,
        std_error=plain.std_error, alpha=alpha,
        method="exact, noncentral t averaged over chance imbalance of the covariates",
    )  # fmt: skip


def _averaged(shift: float, df: int, covariates: int, alpha: float) -> float:
    """Average the noncentral t power over the beta law of the share of information kept."""
    kept, few = (df + 1) / 2, covariates / 2
    # By the root of the share that is lost, in which the density is smooth for any number.
    most = math.sqrt(float(special.betaincinv(few, kept, 1 - 1e-15)))
    root = most * (NODES + 1) / 2
    density = 2 * np.exp(
        (covariates - 1) * np.log(root)
        + (kept - 1) * np.log1p(-(root**2))
        - special.betaln(few, kept)
    )
    shifts = shift * np.sqrt(1.0 - root**2)
    shown = 1.0 - special.nctdtr(df, shifts, float(t_isf(alpha, df)))
    # Of a truth that is far from the margin scipy gives no noncentral t probability.
    lost = np.isnan(shown)
    shown[lost] = [between(0.0, math.inf, each, 1.0, df, alpha) for each in shifts[lost].tolist()]
    return float(np.clip(most / 2 * WEIGHTS @ (density * shown), 0.0, 1.0))
