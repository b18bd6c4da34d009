"""Between-within degrees of freedom: those of subjects, and those of records within them."""

import numpy as np
from numpy.typing import NDArray

from analysis.errors import UserError
from analysis.stats._checks import Array
from analysis.stats.design_matrix import Design


def column_dfs(design: Design, subjects: NDArray[np.intp], *, only_between: bool) -> Array:
    """Return the degrees of freedom of each column of a design.

    A term that changes within a subject has those within subjects, any other those between; with
    `only_between` all have those between, as SAS gives them to an unstructured covariance.

    References
    ----------
    Schluchter MD, Elashoff JT (1990). Small-sample adjustments to tests with unbalanced repeated
    measures assuming several covariance structures. J Stat Comput Simul 37:69-87.
    """
    _, first, place = np.unique(subjects, return_index=True, return_inverse=True)
    moved = np.abs(design.matrix - design.matrix[first][place]).max(axis=0) > 1e-9
    within = np.zeros(design.n_columns, dtype=bool)
    for term in design.terms:
        within[term.columns] = moved[term.columns].any()
    kept = design.estimable.kept
    between = first.size - int((~within[kept]).sum())
    if between <= 0:
        raise UserError(
            f"no degrees of freedom are left between {first.size} subjects: use fewer factors and "
            "covariates"
        )
    rest = len(design.matrix) - design.rank - between
    return np.where(within & (not only_between), float(max(rest, 1)), float(between))


def row_df(row: Array, dfs: Array) -> float:
    """Return the degrees of freedom of a function of the coefficients: the least of its terms'."""
    loaded = np.abs(row) > 1e-12 * np.abs(row).max()
    loaded[0] &= not loaded[1:].any()
    return float(dfs[loaded].min())
