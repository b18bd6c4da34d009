"""Type III tests of model terms, subgroup effects, and slopes of covariates."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence

import numpy as np

from analysis.stats._checks import Array, as_names
from analysis.stats.design_matrix import Design, raw_transform
from analysis.stats.design_terms import Term, sum_codes
from analysis.stats.least_squares_means import (
    Along,
    LinearFit,
    cell_text,
    contrast_reference,
    design_cells,
    estimate_rows,
)
from analysis.stats.linear_estimates import Estimate, Rows, TermTest, f_test_p_value


def type3_tests(
    fit: LinearFit,
    terms: str | Sequence[str] | None = None,
    *,
    references: Mapping[str, Hashable] | None = None,
) -> Rows[TermTest]:
    """Test each term by its type III hypothesis.

    H0: the term's estimable functions are zero, every other term being in the model.

    Parameters
    ----------
    fit : LinearFit
        A fitted model.
    terms : sequence of str, optional
        Names of terms; all but the intercept when not given.
    references : mapping of factor to level, optional
        Levels that the others are compared with, as SAS ``CLASS AVISIT(REF='VIS1')``; the last
        level, in the order of the data's levels, where none is named.

    Returns
    -------
    Rows of TermTest
        A tuple; ``.to_frame()`` makes tidy rows.

    Raises
    ------
    UserError
        If a term, factor or level is unknown.

    Notes
    -----
    Where all cells are filled these are the hypotheses of SAS type III: main effects are
    differences of equally weighted means of cells. A term whose hypothesis needs an empty cell
    is not tested and says so: SAS tests another hypothesis then, which depends on what is
    empty. A factor that interacts with a covariate is tested at covariate value 0, as in SAS.

    The rows of a hypothesis are each level minus the reference level, and in an interaction
    their products, as in SAS. Satterthwaite's denominator df of several rows (Fai and Cornelius)
    depends on these rows, and so on the reference; *F*, the other df and hypotheses of one row
    do not.

    Examples
    --------
    Dental growth of Potthoff and Roy (1964), Kenward-Roger: R gives F 9.2921 on 1 and 25 df for
    sex, 31.6911 on 3 and 23 for age and 2.6953 on 3 and 23 for their interaction.

    >>> import pandas as pd
    >>> from analysis import paths
    >>> from analysis.stats import fit_mmrm
    >>> growth = pd.read_csv(paths.DATA / "validation" / "potthoff_roy.csv")
    >>> fit = fit_mmrm(growth, response="distance", subject="subject", visit="age",
    ...                factors=["sex", "age"], interactions=[("sex", "age")],
    ...                structure="unstructured", df_method="kenward-roger")
    >>> [(t.term, round(t.f_value, 4), round(t.df_denominator, 4)) for t in type3_tests(fit)]
    [('sex', 9.2921, 25.0), ('age', 31.6911, 23.0), ('sex:age', 2.6953, 23.0)]
    """
    design = fit.design
    chosen = design.terms[1:] if terms is None else [design.term(name) for name in as_names(terms)]
    for factor, level in (references or {}).items():
        design.level_index(factor, level)
    raw = raw_transform(design)
    return Rows(
        _term_test(fit, term.name, level_differences(design, term, references) @ raw[term.columns])
        for term in chosen
    )


def level_differences(
    design: Design, term: Term, references: Mapping[str, Hashable] | None
) -> Array:
    """Return each level minus the reference level, from the sum-to-zero codes of a term."""
    rows = np.eye(1)
    for factor in term.factors:
        levels = design.levels[factor]
        codes = sum_codes(len(levels))
        place = levels.index((references or {}).get(factor, levels[-1]))
        rows = np.kron(rows, np.delete(codes, place, axis=0) - codes[place])
    return rows


def _term_test(fit: LinearFit, name: str, rows: Array) -> TermTest:
    """Return the *F* test of one block of rows, or why its hypothesis is not estimable."""
    size = rows.shape[0]
    if reason := fit.design.why_not(rows):
        return _not_tested(name, size, reason)
    f_value, df = fit.joint_test(rows)
    scale = fit.sum_of_squares_scale
    return TermTest(
        term=name, df_numerator=size, df_denominator=df, f_value=f_value,
        p_value=f_test_p_value(f_value, size, df),
        sum_of_squares=None if scale is None else f_value * size * scale,
    )  # fmt: skip


def _not_tested(name: str, size: int, reason: str) -> TermTest:
    return TermTest(
        term=name, df_numerator=size, df_denominator=math.nan, f_value=math.nan,
        p_value=math.nan, reason=reason,
    )  # fmt: skip


def subgroup_effects(
    fit: LinearFit,
    factor: str,
    subgroup: str,
    *,
    reference: Hashable,
    weights: str,
    level: float,
    along: Along | None = None,
) -> tuple[Rows[Estimate], TermTest]:
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
    Rows of Estimate, TermTest
        Effects (not adjusted for multiplicity) and the interaction test. Where a level is missing
        from a subgroup, it tests whether those effects differ that there are.

    Raises
    ------
    UserError
        If the model lacks the interaction.

    Examples
    --------
    Cells with means 1, 2, 4 and 9 and a residual variance of 2: the effects are 3 and 7, and
    their difference of 4 has the standard error 2, so F is 4.

    >>> import pandas as pd
    >>> from analysis.stats import fit_ancova
    >>> trial = pd.DataFrame({"arm": list("PPPPTTTT"), "sex": list("FFMMFFMM"),
    ...                       "y": [0.0, 2.0, 1.0, 3.0, 3.0, 5.0, 8.0, 10.0]})
    >>> fit = fit_ancova(trial, response="y", factors=["arm", "sex"],
    ...                  interactions=[("arm", "sex")], std_errors="model")
    >>> effects, test = subgroup_effects(fit, "arm", "sex", reference="P", weights="equal",
    ...                                  level=0.95)
    >>> [round(each.estimate, 6) for each in effects], round(test.f_value, 6)
    ([3.0, 7.0], 4.0)
    """
    term = fit.design.term(f"{factor}:{subgroup}")
    effects = contrast_reference(
        fit, factor, reference=reference, weights=weights, level=level, adjust="none",
        by=[subgroup], along=along,
    )  # fmt: skip
    if not along and not any(each.reason for each in effects):
        return effects, type3_tests(fit, [term.name])[0]
    rows = [
        fit.design.mean_row(
            at={factor: {item: 1.0, reference: -1.0}, subgroup: {one: 1.0, last: -1.0}}
            | dict(along or {}),
            weights=weights,
        )
        for item, there in _estimable(fit.design, effects, factor, subgroup, reference).items()
        for *rest, last in [there]
        for one in rest
    ]
    if not rows:
        return effects, _not_tested(term.name, 0, "no level is compared in two subgroups")
    return effects, _term_test(fit, term.name, np.array(rows))


def _estimable(
    design: Design, effects: Sequence[Estimate], factor: str, subgroup: str, reference: Hashable
) -> dict[Hashable, list[Hashable]]:
    """Return each compared level → the subgroups in which its effect is estimable."""
    others = [item for item in design.levels[factor] if item != reference]
    # Effects stand subgroup by subgroup, each with every level that is compared.
    cells = [(item, group) for group in design.levels[subgroup] for item in others]
    there: dict[Hashable, list[Hashable]] = {}
    for (item, group), effect in zip(cells, effects, strict=True):
        if not effect.reason:
            there.setdefault(item, []).append(group)
    return there


def estimate_slopes(
    fit: LinearFit,
    covariate: str,
    *,
    by: str | Sequence[str],
    weights: str,
    level: float,
) -> Rows[Estimate]:
    """Estimate the slope of a covariate in each combination of the levels of `by`.

    Parameters
    ----------
    fit : LinearFit
        A fitted model.
    covariate : str
        The covariate, for example time.
    by : str or sequence of str
        Factors; empty for one slope.
    weights, level
        As in :func:`ls_means`; other covariates that interact are held at their mean.

    Returns
    -------
    Rows of Estimate
        Slopes per unit of the covariate; for their differences see
        :func:`contrast_slopes`.

    Examples
    --------
    Means of 0 and 1 in arm A, of 0 and 3 in arm B, one unit of time apart.

    >>> import pandas as pd
    >>> from analysis.stats import fit_ancova
    >>> trial = pd.DataFrame({"arm": list("AAAABBBB"), "time": [0.0, 0.0, 1.0, 1.0] * 2,
    ...                       "y": [-1.0, 1.0, 0.0, 2.0, -1.0, 1.0, 2.0, 4.0]})
    >>> fit = fit_ancova(trial, response="y", factors=["arm"], covariates=["time"],
    ...                  interactions=[("arm", "time")], std_errors="model")
    >>> slopes = estimate_slopes(fit, "time", by=["arm"], weights="equal", level=0.95)
    >>> [round(each.estimate, 6) for each in slopes]
    [1.0, 3.0]
    """
    rows, labels, groups = [], [], []
    for cell in design_cells(fit.design, as_names(by)):
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
) -> Rows[Estimate]:
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
    Rows of Estimate

    Raises
    ------
    UserError
        If the model lacks the interaction.

    Examples
    --------
    As in :func:`estimate_slopes`: the slopes are 1 and 3.

    >>> import pandas as pd
    >>> from analysis.stats import fit_ancova
    >>> trial = pd.DataFrame({"arm": list("AAAABBBB"), "time": [0.0, 0.0, 1.0, 1.0] * 2,
    ...                       "y": [-1.0, 1.0, 0.0, 2.0, -1.0, 1.0, 2.0, 4.0]})
    >>> fit = fit_ancova(trial, response="y", factors=["arm"], covariates=["time"],
    ...                  interactions=[("arm", "time")], std_errors="model")
    >>> [more] = contrast_slopes(fit, "time", "arm", reference="A", weights="equal", level=0.95,
    ...                          adjust="none")
    >>> more.label, round(more.estimate, 6)
    ('B - A', 2.0)
    """
    fit.design.term(f"{factor}:{covariate}")
    fit.design.level_index(factor, reference)
    others = [item for item in fit.design.levels[factor] if item != reference]
    base = slope_row(fit.design, covariate, {factor: reference}, weights=weights)
    rows = [
        slope_row(fit.design, covariate, {factor: item}, weights=weights) - base for item in others
    ]
    labels, groups = [f"{item} - {reference}" for item in others], [()] * len(others)
    return estimate_rows(
        fit, np.array(rows), labels=labels, groups=groups, level=level, adjust=adjust
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
