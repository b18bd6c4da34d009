"""Type III tests of model terms, subgroup effects, and slopes of covariates."""

from collections.abc import Hashable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from analysis.stats.design_matrix import Design, raw_transform
from analysis.stats.least_squares_means import (
    Along,
    LinearFit,
    cell_text,
    contrast_reference,
    design_cells,
    estimate_rows,
)
from analysis.stats.linear_estimates import Estimate, TermTest, f_test_p_value

__all__ = ["contrast_slopes", "estimate_slopes", "slope_row", "subgroup_effects", "type3_tests"]

Array = NDArray[np.float64]


def type3_tests(fit: LinearFit, terms: Sequence[str] | None = None) -> tuple[TermTest, ...]:
    """Test each term by its type III hypothesis.

    H0: the term's estimable functions are zero, every other term being in the model.

    Parameters
    ----------
    fit : LinearFit
        A fitted model.
    terms : sequence of str, optional
        Names of terms; all but the intercept when not given.

    Returns
    -------
    tuple of TermTest

    Notes
    -----
    All cells are filled (the fit refuses empty ones), so these are the hypotheses of SAS
    type III: main effects are differences of equally weighted means of cells. A factor
    that interacts with a covariate is tested at covariate value 0, as in SAS.
    """
    design = fit.design
    raw = raw_transform(design)
    chosen = design.terms[1:] if terms is None else [design.term(name) for name in terms]
    return tuple(_term_test(fit, term.name, raw[term.start : term.stop]) for term in chosen)


def _term_test(fit: LinearFit, name: str, rows: Array) -> TermTest:
    """Return the *F* test of one block of rows."""
    f_value, df = fit.joint_test(rows)
    scale = fit.sum_of_squares_scale
    return TermTest(
        term=name,
        df_numerator=rows.shape[0],
        df_denominator=df,
        f_value=f_value,
        p_value=f_test_p_value(f_value, rows.shape[0], df),
        sum_of_squares=None if scale is None else f_value * rows.shape[0] * scale,
    )


def subgroup_effects(
    fit: LinearFit,
    factor: str,
    subgroup: str,
    *,
    reference: Hashable,
    weights: str,
    level: float,
    along: Along | None = None,
) -> tuple[tuple[Estimate, ...], TermTest]:
    """Estimate the effect in each subgroup, and test whether the effects differ.

    H0: no interaction, the effect is the same in every level of the subgroup.

    Parameters
    ----------
    fit : LinearFit
        A fit whose model has the interaction of `factor` and `subgroup`.
    factor, subgroup : str
        Treatment and subgroup factor.
    reference : hashable
        Reference level of `factor`.
    weights, level, along
        As in :func:`ls_means`; `along` a visit gives the effects, and tests their difference,
        at that visit alone.

    Returns
    -------
    tuple of Estimate, TermTest
        Effects (not adjusted for multiplicity) and the interaction test.

    Raises
    ------
    UserError
        If the model lacks the interaction.
    """
    term = fit.design.term(f"{factor}:{subgroup}")
    effects = contrast_reference(
        fit, factor, reference=reference, weights=weights, level=level, adjust="none",
        by=[subgroup], along=along,
    )  # fmt: skip
    if not along:
        return effects, type3_tests(fit, [term.name])[0]
    others = [item for item in fit.design.levels[factor] if item != reference]
    first, *rest = fit.design.levels[subgroup]
    rows = [
        fit.design.mean_row(
            at={factor: {item: 1.0, reference: -1.0}, subgroup: {each: 1.0, first: -1.0}, **along},
            weights=weights,
        )
        for item in others
        for each in rest
    ]
    return effects, _term_test(fit, term.name, np.array(rows))


def estimate_slopes(
    fit: LinearFit,
    covariate: str,
    *,
    by: Sequence[str],
    weights: str,
    level: float,
) -> tuple[Estimate, ...]:
    """Estimate the slope of a covariate in each combination of the levels of `by`.

    Parameters
    ----------
    fit : LinearFit
        A fitted model.
    covariate : str
        The covariate, for example time.
    by : sequence of str
        Factors; empty for one slope.
    weights, level
        As in :func:`ls_means`; other covariates that interact are held at their mean.

    Returns
    -------
    tuple of Estimate
        Slopes per unit of the covariate; for their differences see
        :func:`contrast_slopes`.
    """
    rows, labels, groups = [], [], []
    for cell in design_cells(fit.design, by):
        rows.append(slope_row(fit.design, covariate, dict(cell), weights=weights))
        labels.append(", ".join([*(str(item) for _, item in cell), f"slope of {covariate}"]))
        groups.append(cell_text(cell))
    return estimate_rows(fit, np.array(rows), labels=labels, groups=groups, level=level)


def contrast_slopes(
    fit: LinearFit,
    covariate: str,
    factor: str,
    *,
    reference: Hashable,
    weights: str,
    level: float,
    adjust: str,
) -> tuple[Estimate, ...]:
    """Estimate the slope in each level of a factor minus that in its reference level.

    H0: the slopes are equal; the model must have the interaction of factor and covariate.

    Parameters
    ----------
    fit : LinearFit
        A fitted model.
    covariate, factor : str
        The covariate, and the factor whose levels are compared.
    reference : hashable
        The level that is subtracted.
    weights, level, adjust
        As in :func:`analysis.stats.least_squares_means.contrast_reference`.

    Returns
    -------
    tuple of Estimate

    Raises
    ------
    UserError
        If the model lacks the interaction.
    """
    fit.design.term(f"{factor}:{covariate}")
    fit.design.level_index(factor, reference)
    others = [item for item in fit.design.levels[factor] if item != reference]
    base = slope_row(fit.design, covariate, {factor: reference}, weights=weights)
    rows = [
        slope_row(fit.design, covariate, {factor: item}, weights=weights) - base for item in others
    ]
    return estimate_rows(
        fit,
        np.array(rows),
        labels=[f"{item} - {reference}" for item in others],
        groups=[()] * len(others),
        level=level,
        adjust=adjust,
    )


def slope_row(design: Design, covariate: str, at: Mapping[str, Hashable], *, weights: str) -> Array:
    """Return the row of the slope of a covariate at the given factor levels."""
    if covariate not in design.centres:
        design.mean_row(at={}, weights=weights, covariates={covariate: 0.0})
    held = {name: {item: 1.0} for name, item in at.items()}
    centre, scale = design.centres[covariate], design.scales[covariate]
    # the model is linear in each covariate, so one scale-unit step divided by it is the slope
    upper = design.mean_row(at=held, weights=weights, covariates={covariate: centre + scale})
    lower = design.mean_row(at=held, weights=weights, covariates={covariate: centre})
    return (upper - lower) / scale
