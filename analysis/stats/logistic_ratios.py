"""Odds ratios of a logistic model: Wald and profile-likelihood limits, likelihood-ratio tests."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import linalg, optimize

from analysis.brief import brief
from analysis.stats._checks import Array, as_names, check_level
from analysis.stats._comparison import Tabular
from analysis.stats.design_matrix import Design, raw_transform
from analysis.stats.design_terms import Term, sum_codes
from analysis.stats.laws import chi2_sf, normal_isf
from analysis.stats.linear_estimates import Rows
from analysis.stats.logistic_newton import maximise
from analysis.stats.term_tests import level_differences

if TYPE_CHECKING:
    from analysis.stats.logistic import LogisticFit


@brief
@dataclass(frozen=True, slots=True, kw_only=True)
class OddsRatio(Tabular):
    """A coefficient of a logistic model, and its odds ratio.

    Attributes
    ----------
    term, label : str
        The term, and what is compared in it: ``"arm new/old"``, or ``"age"`` for one unit more.
    coefficient, std_error : float
        Log odds ratio and its standard error.
    statistic, p_value : float
        Wald's standard normal statistic and two-sided p-value.
    estimate : float
        Odds ratio; of the intercept the odds.
    lower, upper : float
        Wald limits of the odds ratio.
    profile_lower, profile_upper : float
        Profile-likelihood limits of the odds ratio: exact roots, not interpolated.
    lr_chi_squared, lr_p_value : float
        Likelihood-ratio test of the coefficient, on 1 df.
    level : float
        Confidence level of both pairs of limits.
    """

    term: str
    label: str
    coefficient: float
    std_error: float
    statistic: float
    p_value: float
    estimate: float
    lower: float
    upper: float
    profile_lower: float
    profile_upper: float
    lr_chi_squared: float
    lr_p_value: float
    level: float


@brief
@dataclass(frozen=True, slots=True, kw_only=True)
class LikelihoodRatioTest(Tabular):
    """A likelihood-ratio test of a model term.

    Attributes
    ----------
    term : str
        The term.
    df : int
        Degrees of freedom.
    chi_squared, p_value : float
        Twice the fall of the log-likelihood under the hypothesis, and its p-value.
    """

    term: str
    df: int
    chi_squared: float
    p_value: float


def odds_ratios(
    fit: LogisticFit, *, level: float, references: Mapping[str, Hashable] | None = None
) -> Rows[OddsRatio]:
    """Give every coefficient of a logistic model, each level against its reference level.

    Parameters
    ----------
    fit : LogisticFit
        A fitted model.
    level : float
        Two-sided confidence level, for example 0.95.
    references : mapping of factor to level, optional
        Levels that the others are compared with; the first, in the order of the data's levels,
        where none is named. Covariates are in their own unit, and factors that interact are
        compared at the reference of the other factors and at covariate 0.

    Returns
    -------
    Rows of OddsRatio
        A tuple; ``.to_frame()`` makes tidy rows.

    Notes
    -----
    Profile limits are the values of a coefficient at which twice the fall of the largest
    log-likelihood, the other coefficients fitted anew, is the quantile of chi-squared. The
    likelihood-ratio p-value at such a limit is 1 − `level`.
    """
    check_level(level)
    chosen = _references(fit.design, references)
    return Rows(
        _odds_ratio(fit, term, label, row, level)
        for term in fit.design.terms
        for label, row in _reference_cell_rows(fit.design, term, chosen)
    )


def likelihood_ratio_tests(
    fit: LogisticFit,
    terms: str | Sequence[str] | None = None,
    *,
    references: Mapping[str, Hashable] | None = None,
) -> Rows[LikelihoodRatioTest]:
    """Test each term, its type III hypothesis against the whole model.

    Parameters are those of :func:`analysis.stats.type3_tests`, and so are the hypotheses.

    Returns
    -------
    Rows of LikelihoodRatioTest
        A tuple; ``.to_frame()`` makes tidy rows.
    """
    design = fit.design
    chosen = design.terms[1:] if terms is None else [design.term(name) for name in as_names(terms)]
    raw = raw_transform(design)
    tests = []
    for term in chosen:
        rows = level_differences(design, term, references) @ raw[term.columns]
        chi_squared = fall(fit, rows)(0.0)
        tests.append(
            LikelihoodRatioTest(
                term=term.name, df=rows.shape[0], chi_squared=chi_squared,
                p_value=float(chi2_sf(chi_squared, rows.shape[0])),
            )
        )  # fmt: skip
    return Rows(tests)


def fall(fit: LogisticFit, rows: Array) -> Callable[[float], float]:
    """Return the function that gives twice the fall of the log-likelihood where ``rows @ b = v``.

    The coefficients that obey a hypothesis are a point plus what is free, so that the hypothesis
    is a logistic model with fewer columns and an offset.
    """
    matrix, target = fit.design.matrix, fit.outcome
    free = linalg.null_space(rows)
    point = np.linalg.pinv(rows) @ np.ones(rows.shape[0])
    columns, along = matrix @ free, matrix @ point
    start: Array = free.T @ fit.coefficients

    def value(at: float) -> float:
        nonlocal start  # the next hypothesis is a near one
        found = maximise(columns, target, offset=at * along, start=start)
        start = found.coefficients
        return max(2.0 * (fit.log_likelihood - found.log_likelihood), 0.0)

    return value


def _odds_ratio(fit: LogisticFit, term: Term, label: str, row: Array, level: float) -> OddsRatio:
    """Estimate one linear function of the coefficients."""
    coefficient = float(row @ fit.coefficients)
    std_error = math.sqrt(float(row @ fit.covariance @ row))
    statistic = coefficient / std_error
    critical = float(normal_isf((1 - level) / 2))
    ratio = fall(fit, row[None, :])
    chi_squared = ratio(0.0)
    low, high = (
        coefficient + side * std_error * _profile(ratio, coefficient, side * std_error, critical)
        for side in (-1.0, 1.0)
    )
    half = critical * std_error
    with np.errstate(over="ignore"):  # a covariate in a huge unit has an infinite odds ratio
        estimate, lower, upper, profile_lower, profile_upper = np.exp(
            [coefficient, coefficient - half, coefficient + half, low, high]
        ).tolist()
    return OddsRatio(
        term=term.name, label=label, coefficient=coefficient, std_error=std_error,
        statistic=statistic, p_value=math.erfc(abs(statistic) / math.sqrt(2)), estimate=estimate,
        lower=lower, upper=upper, profile_lower=profile_lower, profile_upper=profile_upper,
        lr_chi_squared=chi_squared, lr_p_value=float(chi2_sf(chi_squared, 1)), level=level,
    )  # fmt: skip


def _profile(
    ratio: Callable[[float], float], coefficient: float, unit: float, critical: float
) -> float:
    """Return how many units from the estimate the profile limit lies."""

    def excess(distance: float) -> float:
        # the signed root is all but a straight line, so that few steps find where it crosses
        return math.sqrt(ratio(coefficient + distance * unit)) - critical

    far = critical
    while excess(far) < 0:  # the likelihood falls without end, because a maximum exists
        far *= 2
    return float(optimize.brentq(excess, 0.0, far, xtol=1e-13, rtol=1e-13))


def _references(design: Design, references: Mapping[str, Hashable] | None) -> dict[str, Hashable]:
    """Return the reference level of every factor."""
    for factor, level in (references or {}).items():
        design.level_index(factor, level)
    return {name: found[0] for name, found in design.levels.items()} | dict(references or {})


def _reference_cell_rows(
    design: Design, term: Term, references: Mapping[str, Hashable]
) -> list[tuple[str, Array]]:
    """Return a label and a row for each coefficient of a term, as the reference-cell coding has it.

    A coefficient belongs to the term's covariates in their own unit, the others being 0, and to
    the difference of each of its factors from the reference, the other factors being there.
    """
    raw = raw_transform(design)
    codes = {name: sum_codes(len(found)) for name, found in design.levels.items()}
    held = {
        name: codes[name][design.level_index(name, level)] for name, level in references.items()
    }
    larger = [
        each
        for each in design.terms
        if each.covariates == term.covariates and set(term.factors) <= set(each.factors)
    ]
    choices = [
        [level for level in design.levels[name] if level != references[name]]
        for name in term.factors
    ]
    found = []
    for levels in itertools.product(*choices):
        compared = dict(zip(term.factors, levels, strict=True))
        differences = {
            name: codes[name][design.level_index(name, level)] - held[name]
            for name, level in compared.items()
        }
        row = np.zeros(design.n_columns)
        for each in larger:
            code = np.ones(1)
            for name in each.factors:
                code = np.kron(code, (held | differences)[name])
            row += code @ raw[each.columns]
        parts = [f"{name} {level}/{references[name]}" for name, level in compared.items()]
        found.append((" : ".join([*parts, *term.covariates]) or term.name, row))
    return found
