"""Means of all patients under each arm, predicted by a working model, and their covariance."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from scipy.special import expit

from analysis.errors import UserError
from analysis.stats._checks import Array
from analysis.stats._words import meant
from analysis.stats.design_matrix import Design
from analysis.stats.logistic import LogisticFit

VARIANCES = ("unconditional", "model-based")


class WorkingModel(Protocol):
    """What a fit must offer to be standardised: `AncovaFit` and `LogisticFit` do."""

    @property
    def response(self) -> str:
        """Response column."""

    @property
    def design(self) -> Design:
        """Design of the model."""

    @property
    def coefficients(self) -> Array:
        """Coefficients of the design."""

    @property
    def covariance(self) -> Array:
        """Covariance matrix of the coefficients."""

    @property
    def residuals(self) -> Array:
        """One a record."""

    @property
    def fitted(self) -> Array:
        """One a record."""


def standardised_means(fit: WorkingModel, arm: str, variance: str) -> tuple[Array, Array, str]:
    """Return the mean prediction under each arm, their covariance matrix, and the variance.

    Everybody is predicted under each arm, whatever arm he was in.
    """
    variance = meant("variance", variance, VARIANCES)
    if arm not in fit.design.levels:
        fit.design.level_index(arm, None)
    rows = _under_each_arm(fit.design, arm)
    eta = rows @ fit.coefficients
    binary = isinstance(fit, LogisticFit)
    predicted = expit(eta) if binary else eta  # arms × records
    means = predicted.mean(axis=1)
    if variance == "unconditional":
        return means, _unconditional(fit, arm, predicted), variance
    slopes = expit(eta) * expit(-eta) if binary else np.ones_like(eta)
    jacobian = np.einsum("an,anp->ap", slopes, rows) / eta.shape[1]
    return means, np.asarray(jacobian @ fit.covariance @ jacobian.T), variance


def _under_each_arm(design: Design, arm: str) -> Array:
    """Return the rows of every record as if it had been in each arm."""
    count = design.matrix.shape[0]
    values = {
        term.covariates[0]: design.matrix[:, term.start]
        for term in design.terms
        if not term.factors and len(term.covariates) == 1
    }
    return np.array(
        [
            design.rows({**design.codes, arm: np.full(count, place)}, values, count)
            for place in range(len(design.levels[arm]))
        ]
    )


def _unconditional(fit: WorkingModel, arm: str, predicted: Array) -> Array:
    """Return the covariance matrix of the means where covariates are sampled too.

    The mean of arm t varies with the responses around the predictions in that arm, which are
    independent between arms, and with the predictions over all patients, which are not.
    """
    outcome, codes = fit.fitted + fit.residuals, fit.design.codes[arm]
    everyone = np.cov(predicted)
    between = np.zeros_like(everyone)
    own = np.zeros(len(everyone))
    for place, name in enumerate(fit.design.levels[arm]):
        here = codes == place
        if here.sum() < 2:
            raise UserError(
                f"{arm} = {name} has one analysed patient, whose response has no variance: the "
                "marginal effect has no unconditional standard error; compare other arms"
            )
        inside = np.cov(outcome[here], predicted[:, here])
        between[:, place] = inside[0, 1:]
        around = inside[0, 0] + everyone[place, place] - 2.0 * inside[0, 1 + place]
        own[place] = around / here.mean()
    covariance = np.diag(own) + between + between.T - everyone
    return np.asarray(covariance / codes.size)
