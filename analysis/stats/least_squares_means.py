"""Least-squares means and their contrasts, of any fitted linear model."""

from __future__ import annotations

import itertools
import math
from collections.abc import Hashable, Mapping, Sequence
from typing import Protocol

import numpy as np

from analysis.errors import UserError
from analysis.stats._checks import Array, as_names, check_level
from analysis.stats._words import meant
from analysis.stats.design_matrix import Design
from analysis.stats.linear_estimates import Estimate, Rows, make_estimate
from analysis.stats.multiplicity import ADJUSTMENTS, adjust_estimates

Along = Mapping[str, Mapping[Hashable, float]]


class LinearFit(Protocol):
    """What a fit must offer so that means and contrasts can be made from it."""

    @property
    def design(self) -> Design:
        """The design of the fit."""

    @property
    def sum_of_squares_scale(self) -> float | None:
        """Residual variance when sums of squares exist, else None."""

    def evaluate(self, rows: Array) -> tuple[Array, Array, Array]:
        """Return estimates, their covariance matrix and the df of each row."""

    def joint_test(self, rows: Array) -> tuple[float, float]:
        """Return the *F* value and denominator df of ``rows @ coefficients = 0``."""


def estimate_rows(
    fit: LinearFit,
    rows: Array,
    *,
    labels: Sequence[str],
    groups: Sequence[Sequence[tuple[str, str]]],
    level: float,
    null: float = 0.0,
    adjust: str = "none",
) -> Rows[Estimate]:
    """Estimate linear functions of the coefficients, one a row, adjusted over all of them."""
    check_level(level)
    values, covariance, dfs = fit.evaluate(np.atleast_2d(rows))
    found = tuple(
        make_estimate(
            label=label,
            groups=tuple(group),
            estimate=float(value),
            # an adjusted variance that is not positive has no root: make_estimate refuses it
            std_error=math.sqrt(variance) if variance > 0.0 else math.nan,
            df=float(df),
            level=level,
            null=null,
        )
        for label, group, value, variance, df in zip(
            labels, groups, values, np.diag(covariance), dfs, strict=True
        )
    )
    return Rows(adjust_estimates(found, covariance=covariance, method=adjust))


def ls_means(
    fit: LinearFit,
    factors: str | Sequence[str],
    *,
    weights: str,
    level: float,
    covariates: Mapping[str, float] | None = None,
    along: Along | None = None,
) -> Rows[Estimate]:
    """Estimate the least-squares mean of each combination of factor levels.

    Parameters
    ----------
    fit : LinearFit
        A fitted model.
    factors : str or sequence of str
        Factors of the means, for example ``"arm"`` or ``["arm", "visit"]``.
    weights : {'equal', 'observed'}
        How the other factors are averaged: SAS ``LSMEANS`` uses equal weights, its option
        ``OM`` the observed ones.
    level : float
        Confidence level.
    covariates : mapping of str to float, optional
        Covariate values; those not named are at their mean over the analysed records.
    along : mapping of factor to mapping of level to number, optional
        Weights along further factors: ``{"visit": {"W4": 0.5, "W8": 0.5}}`` averages two
        visits, weights that sum to 0 give a contrast or slope over visits.

    Returns
    -------
    Rows of Estimate
        A tuple; ``.to_frame()`` makes tidy rows.

    Raises
    ------
    UserError
        If a factor or level is unknown, or the weights are no known kind.

    Examples
    --------
    The leprosy trial of SAS PROC GLM, which prints 6.71496 (1.28849) for A, 6.82393 (1.27247)
    for D and 10.16110 (1.31592) for F.

    >>> import pandas as pd
    >>> from analysis import paths
    >>> from analysis.stats import fit_ancova
    >>> trial = pd.read_csv(paths.DATA / "validation" / "glm_drug_leprosy.csv")
    >>> fit = fit_ancova(trial, response="post", factors=["drug"], covariates=["pre"],
    ...                  std_errors="model")
    >>> means = ls_means(fit, ["drug"], weights="equal", level=0.95)
    >>> [(m.label, round(m.estimate, 5), round(m.std_error, 5)) for m in means]
    [('A', 6.71496, 1.28849), ('D', 6.82393, 1.27247), ('F', 10.1611, 1.31592)]
    """
    factors = as_names(factors)
    _check_held(along or {}, factors)
    rows, labels, groups = [], [], []
    for cell in design_cells(fit.design, factors):
        held = {name: {item: 1.0} for name, item in cell} | dict(along or {})
        rows.append(fit.design.mean_row(at=held, weights=weights, covariates=covariates))
        labels.append(", ".join(str(item) for _, item in cell) or "overall")
        groups.append(cell_text(cell))
    return estimate_rows(fit, np.array(rows), labels=labels, groups=groups, level=level)


def contrast_reference(
    fit: LinearFit,
    factor: str,
    *,
    reference: Hashable,
    weights: str,
    level: float,
    adjust: str,
    by: str | Sequence[str] = (),
    covariates: Mapping[str, float] | None = None,
    along: Along | None = None,
    null: float = 0.0,
) -> Rows[Estimate]:
    """Estimate each level of a factor minus its reference level.

    H0: difference = `null`; H1: difference ≠ `null`.

    Parameters
    ----------
    fit : LinearFit
        A fitted model.
    factor : str
        The factor compared.
    reference : hashable
        The level that is subtracted.
    weights, level, covariates, along
        As in :func:`ls_means`.
    adjust : {'none', 'bonferroni', 'sidak', 'holm', 'hochberg', 'hommel', 'dunnett'}
        Multiplicity adjustment, over the comparisons within each level of `by`.
    by : str or sequence of str, optional
        Factors within whose levels the comparison is made, for example the visit.
    null : float, default 0.0
        Difference under the null hypothesis.

    Returns
    -------
    Rows of Estimate
        A tuple; ``.to_frame()`` makes tidy rows.

    Raises
    ------
    UserError
        If a factor or level is unknown.

    Examples
    --------
    The leprosy trial, as in :func:`ls_means`: A minus F is 6.71496 − 10.16110.

    >>> import pandas as pd
    >>> from analysis import paths
    >>> from analysis.stats import fit_ancova
    >>> trial = pd.read_csv(paths.DATA / "validation" / "glm_drug_leprosy.csv")
    >>> fit = fit_ancova(trial, response="post", factors=["drug"], covariates=["pre"],
    ...                  std_errors="model")
    >>> a, d = contrast_reference(fit, "drug", reference="F", weights="equal", level=0.95,
    ...                           adjust="dunnett")
    >>> a.label, round(a.estimate, 4), a.interval
    ('A - F', -3.4461, 'simultaneous')
    """
    if meant("adjust", adjust, ADJUSTMENTS) == "tukey":
        raise UserError(
            "adjust = 'tukey' compares all pairs, with contrast_pairwise; with one reference use "
            "'dunnett'"
        )
    fit.design.level_index(factor, reference)
    others = [item for item in fit.design.levels[factor] if item != reference]
    pairs = [(item, reference) for item in others]
    return _contrasts(
        fit, factor, pairs, weights, level, adjust, by, covariates, dict(along or {}), null=null
    )


def contrast_pairwise(
    fit: LinearFit,
    factor: str,
    *,
    weights: str,
    level: float,
    adjust: str,
    by: str | Sequence[str] = (),
    covariates: Mapping[str, float] | None = None,
    along: Along | None = None,
) -> Rows[Estimate]:
    """Estimate all differences between levels of a factor, earlier minus later level.

    Parameters are those of :func:`contrast_reference`; 'dunnett' is refused, because it is
    for comparisons with one reference, and 'tukey' is taken (Tukey–Kramer).

    Returns
    -------
    Rows of Estimate
        A tuple; ``.to_frame()`` makes tidy rows.

    Raises
    ------
    UserError
        If the factor is unknown or the adjustment does not fit.

    Examples
    --------
    Two records an arm, one apart from their mean: the residual variance is 2 and the standard
    error √2.

    >>> import pandas as pd
    >>> from analysis.stats import fit_ancova
    >>> trial = pd.DataFrame({"arm": list("AABBCC"), "y": [1.0, 3.0, 5.0, 7.0, 2.0, 4.0]})
    >>> fit = fit_ancova(trial, response="y", factors=["arm"], std_errors="model")
    >>> found = contrast_pairwise(fit, "arm", weights="equal", level=0.95, adjust="none")
    >>> [(each.label, round(each.estimate, 9), round(each.std_error, 4)) for each in found]
    [('A - B', -4.0, 1.4142), ('A - C', -1.0, 1.4142), ('B - C', 3.0, 1.4142)]
    """
    if meant("adjust", adjust, ADJUSTMENTS) == "dunnett":
        raise UserError(
            "adjust = 'dunnett' compares with one reference; for all pairs use 'tukey', "
            "'holm', 'bonferroni' or 'none'"
        )
    if factor not in fit.design.levels:
        fit.design.level_index(factor, None)
    pairs = list(itertools.combinations(fit.design.levels[factor], 2))
    return _contrasts(fit, factor, pairs, weights, level, adjust, by, covariates, dict(along or {}))


def _contrasts(
    fit: LinearFit,
    factor: str,
    pairs: Sequence[tuple[Hashable, Hashable]],
    weights: str,
    level: float,
    adjust: str,
    by: str | Sequence[str],
    covariates: Mapping[str, float] | None,
    along: dict[str, Mapping[Hashable, float]],
    *,
    null: float = 0.0,
) -> Rows[Estimate]:
    """Return the contrasts of pairs of levels within each cell of `by`."""
    by = as_names(by)
    if factor in by or factor in along:
        raise UserError(f"factor {factor!r} is compared, so it cannot also be held: leave it out")
    _check_held(along, by)
    found: list[Estimate] = []
    for cell in design_cells(fit.design, by):
        held = {name: {item: 1.0} for name, item in cell} | along
        rows = [
            fit.design.mean_row(
                at=held | {factor: {first: 1.0, second: -1.0}},
                weights=weights,
                covariates=covariates,
            )
            for first, second in pairs
        ]
        found += estimate_rows(
            fit, np.array(rows), labels=[f"{first} - {second}" for first, second in pairs],
            groups=[cell_text(cell)] * len(pairs), level=level, null=null, adjust=adjust,
        )  # fmt: skip
    return Rows(found)


def _check_held(along: Along, factors: Sequence[str]) -> None:
    """Raise when a factor is both crossed and weighted."""
    for name in along:
        if name in factors:
            raise UserError(
                f"factor {name!r} is in `along` and also among the factors {list(factors)}: "
                "leave it out of one of them"
            )


def design_cells(design: Design, factors: Sequence[str]) -> list[tuple[tuple[str, Hashable], ...]]:
    """Return every combination of levels of the factors, the last varying fastest."""
    for name in factors:
        if name not in design.levels:
            design.level_index(name, None)
    return [
        tuple(zip(factors, combination, strict=True))
        for combination in itertools.product(*(design.levels[name] for name in factors))
    ]


def cell_text(cell: Sequence[tuple[str, Hashable]]) -> tuple[tuple[str, str], ...]:
    """Return a cell with its levels as text, for result rows."""
    return tuple((name, str(level)) for name, level in cell)
