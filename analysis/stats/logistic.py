"""Logistic regression by maximum likelihood, as SAS PROC LOGISTIC and R glm do it."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import linalg
from scipy.special import expit

from analysis.brief import brief
from analysis.errors import UserError
from analysis.stats._checks import Array, as_interactions, as_names, no_column
from analysis.stats._fitted import Fitted
from analysis.stats.design_matrix import Design, build_design
from analysis.stats.linear_estimates import Rows, quadratic_form_solve
from analysis.stats.logistic_newton import maximise, residuals, weights
from analysis.stats.logistic_ratios import (
    LikelihoodRatioTest,
    OddsRatio,
    likelihood_ratio_tests,
    odds_ratios,
)
from analysis.stats.model_records import select_records
from analysis.stats.separation import separation


@brief
@dataclass(frozen=True, slots=True, kw_only=True)
class LogisticFit(Fitted):
    """A fitted logistic regression; its estimates are on the scale of the log odds.

    Odds ratios and tests come from its methods `odds_ratios` and `likelihood_ratio_tests`, log
    odds at the mean of the covariates from `ls_means`, log odds ratios from `contrast` and
    `pairwise`, Wald tests from `type3_tests`; effects on the probabilities themselves from
    `analysis.stats.marginal_effects`.

    Attributes
    ----------
    response : str
        Response column.
    event : hashable
        The value of the response that is the event.
    design : Design
        Design of the model, standardised covariates.
    coefficients, covariance : numpy.ndarray
        Coefficients of the design and the inverse of their information matrix.
    log_likelihood, null_log_likelihood : float
        Of the model, and of the model with an intercept alone.
    n_records, n_events, n_dropped : int
        Records analysed, those with the event, and records left out for a missing value.
    dropped_by_column : tuple of (str, int)
        Missing values by column.
    residuals, fitted : numpy.ndarray
        Outcome minus probability, and probability, of each analysed record.
    """

    response: str
    event: Hashable
    design: Design
    coefficients: Array
    covariance: Array
    log_likelihood: float
    null_log_likelihood: float
    n_records: int
    n_events: int
    n_dropped: int
    dropped_by_column: tuple[tuple[str, int], ...]
    residuals: Array
    fitted: Array

    @property
    def sum_of_squares_scale(self) -> float | None:
        """None: a logistic model has no sums of squares."""
        return None

    @property
    def outcome(self) -> Array:
        """1 for each analysed record with the event, else 0."""
        return np.asarray((self.residuals > 0).astype(float))

    def evaluate(self, rows: Array) -> tuple[Array, Array, Array]:
        """Return estimates, their covariance and infinite df of linear functions."""
        return (
            rows @ self.coefficients,
            rows @ self.covariance @ rows.T,
            np.full(rows.shape[0], np.inf),
        )

    def joint_test(self, rows: Array) -> tuple[float, float]:
        """Return Wald's chi-squared over its df, and the denominator df, which are infinite."""
        value = quadratic_form_solve(rows @ self.covariance @ rows.T, rows @ self.coefficients)
        return value / rows.shape[0], np.inf

    def odds_ratios(
        self, *, level: float, references: Mapping[str, Hashable] | None = None
    ) -> Rows[OddsRatio]:
        """Give every coefficient with its odds ratio, Wald and profile limits and tests.

        Examples
        --------
        ``fit.odds_ratios(level=0.95, references={"arm": "Placebo"}).to_frame()``
        """
        return odds_ratios(self, level=level, references=references)

    def likelihood_ratio_tests(
        self,
        terms: str | Sequence[str] | None = None,
        *,
        references: Mapping[str, Hashable] | None = None,
    ) -> Rows[LikelihoodRatioTest]:
        """Test each term by the ratio of likelihoods with and without its type III hypothesis.

        Examples
        --------
        ``fit.likelihood_ratio_tests("arm").to_frame()``
        """
        return likelihood_ratio_tests(self, terms, references=references)


def fit_logistic(
    frame: pd.DataFrame,
    *,
    response: str,
    event: Hashable,
    factors: str | Sequence[str],
    covariates: str | Sequence[str] = (),
    interactions: str | Sequence[str | Sequence[str]] = (),
) -> LogisticFit:
    """Fit a logistic regression of a binary endpoint.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row a subject. It is not changed.
    response : str
        Response of two values.
    event : hashable
        The value of the response that is the event, for example ``1``, ``True`` or ``"Y"``.
    factors, covariates : sequence of str
        Categorical and numeric main effects.
    interactions : sequence of sequence of str, optional
        For example ``[("arm", "sex")]``.

    Returns
    -------
    LogisticFit

    Raises
    ------
    UserError
        If a column is unusable, the response has not two values, a term is aliased, has an
        empty cell or one level, or the events are separated, so that no estimate exists.

    Notes
    -----
    Records with a missing model value are left out and counted. Newton's method goes on until
    the gradient is at rounding. Complete and quasi-complete separation is found for certain, by
    a linear program, and named; R and SAS warn and print the last iteration.

    References
    ----------
    Konis, K. (2007). Linear programming algorithms for detecting separated data in binary
    logistic regression models. DPhil thesis, University of Oxford.

    Examples
    --------
    Eight of twelve and four of twelve: the odds ratio is (8/4)/(4/8).

    >>> trial = pd.DataFrame({"arm": ["new"] * 12 + ["old"] * 12,
    ...                       "cured": ["Y"] * 8 + ["N"] * 4 + ["Y"] * 4 + ["N"] * 8})
    >>> fit = fit_logistic(trial, response="cured", event="Y", factors=["arm"])
    >>> odds = fit.odds_ratios(level=0.95, references={"arm": "old"}).to_frame()
    >>> odds[["label", "estimate", "lower", "upper"]].round(3)
             label  estimate  lower   upper
    0    Intercept       0.5  0.151   1.660
    1  arm new/old       4.0  0.733  21.838
    """
    factors, covariates = as_names(factors), as_names(covariates)
    coded = coded_response(frame, response, event)
    records = select_records(coded, response=response, factors=factors, covariates=covariates)
    target = records.frame[response].to_numpy(dtype=float)
    n_events = int(target.sum())
    if n_events in (0, target.size):
        raise UserError(
            f"{'every' if n_events else 'no'} one of the {target.size} analysed records has "
            f"{response} = {event!r}, so there is nothing to compare: check the event, or compare "
            "the proportions by risk_difference"
        )
    design = build_design(
        records.frame, factors=factors, covariates=covariates,
        interactions=as_interactions(interactions),
    )  # fmt: skip
    top = maximise(design.matrix, target)
    if not top.sure and (found := separation(design, records.frame, target)):
        raise found
    if not top.sure and top.steepest > 1e-8 * target.size:
        raise UserError(
            f"the logistic model of {response!r} has no estimate to the digits of a computer: its "
            "covariates all but tell the events apart; leave out the one that does"
        )
    root = np.linalg.qr(design.matrix * np.sqrt(weights(top.eta))[:, None], mode="r")
    inverse = linalg.solve_triangular(root, np.eye(design.n_columns))
    share = n_events / target.size
    return LogisticFit(
        response=response, event=event, design=design, coefficients=top.coefficients,
        covariance=np.asarray(inverse @ inverse.T), log_likelihood=top.log_likelihood,
        null_log_likelihood=float(
            n_events * np.log(share) + (target.size - n_events) * np.log1p(-share)
        ),
        n_records=records.n_records, n_events=n_events, n_dropped=records.n_dropped,
        dropped_by_column=records.dropped_by_column, residuals=residuals(top.eta, target),
        fitted=np.asarray(expit(top.eta)),
    )  # fmt: skip


def coded_response(frame: pd.DataFrame, response: str, event: Hashable) -> pd.DataFrame:
    """Return the data with the response as 1 for the event, 0 for the other value, or missing."""
    if not isinstance(frame, pd.DataFrame) or list(frame.columns).count(response) != 1:
        if isinstance(frame, pd.DataFrame) and response not in frame.columns:
            raise no_column(response, frame.columns)
        return frame  # the records say what is wrong
    values = frame[response]
    known = values.dropna().unique().tolist()
    words = ", ".join(map(repr, known[:8]))
    if len(known) > 2:
        raise UserError(
            f"the response {response!r} of a logistic model must have two values, but it has "
            f"{len(known)} ({words}{', …' if len(known) > 8 else ''}): make it an event or none"
        )
    if known and event not in known and len(known) == 2:
        raise UserError(f"no value of {response!r} is {event!r}: its values are {words}")
    coded = (values == event).astype(float).where(values.notna(), np.nan)
    return frame.assign(**{response: coded.astype(float)})
