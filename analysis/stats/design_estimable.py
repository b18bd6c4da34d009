"""What a design with empty cells can estimate."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analysis.errors import UserError
from analysis.stats._checks import Array
from analysis.stats.design_terms import ALIAS_TOLERANCE, Term, aliased_term


class Estimable(NamedTuple):
    """Which columns of a design have a coefficient, and which functions of them an estimate.

    Attributes
    ----------
    kept : numpy.ndarray
        Columns with a coefficient of their own: no combination of those before them.
    blind : numpy.ndarray
        One column for every other column: a direction of the coefficients that the records do
        not see. A function of the coefficients is estimable when it is zero along all of them.
    """

    kept: NDArray[np.intp]
    blind: Array

    def of(self, rows: Array) -> NDArray[np.bool_]:
        """Return which rows are estimable functions of the coefficients."""
        size = np.linalg.norm(rows, axis=-1, keepdims=True) * np.linalg.norm(self.blind, axis=0)
        return np.asarray((np.abs(rows @ self.blind) <= 1e-8 * size).all(axis=-1))


def independent_columns(matrix: Array) -> NDArray[np.intp]:
    """Return the columns that are no combination of those before them.

    Examples
    --------
    >>> independent_columns(np.array([[1.0, 2.0, 0.0], [1.0, 2.0, 1.0]])).tolist()
    [0, 2]
    """
    basis = np.zeros((matrix.shape[0], 0))
    kept = []
    for number, column in enumerate(matrix.T):
        size = float(np.linalg.norm(column))
        left = column / (size or 1.0)
        for _ in range(2):  # once more, because one pass leaves rounding
            left = left - basis @ (basis.T @ left)
        rest = float(np.linalg.norm(left))
        if rest > ALIAS_TOLERANCE:
            kept.append(number)
            basis = np.column_stack([basis, left / rest])
    return np.array(kept, dtype=np.intp)


def all_estimable(matrix: Array) -> Estimable:
    """Return what a matrix of independent columns can estimate: everything."""
    return Estimable(np.arange(matrix.shape[1]), np.zeros((matrix.shape[1], 0)))


def estimable_by_cells(matrix: Array, terms: Sequence[Term], empty: Sequence[Term]) -> Estimable:
    """Return what a design can estimate that lacks columns because terms have empty cells.

    Raises
    ------
    UserError
        If a column is aliased for another reason.
    """
    kept = independent_columns(matrix)
    lost = np.setdiff1d(np.arange(matrix.shape[1]), kept)
    for column in lost:
        term = next(item for item in terms if item.start <= column < item.stop)
        if not any(set(item.factors) <= set(term.factors) for item in empty):
            raise aliased_term(term, terms)
    if matrix.shape[0] <= kept.size:
        raise UserError(
            f"the model has {kept.size} coefficients but only {matrix.shape[0]} analysed records, "
            "so no residual variance is left: use fewer terms or more records"
        )
    blind = np.zeros((matrix.shape[1], lost.size))
    blind[lost, np.arange(lost.size)] = 1.0
    blind[kept] = -np.linalg.lstsq(matrix[:, kept], matrix[:, lost], rcond=None)[0]
    return Estimable(kept, blind)


def indicator_columns(
    terms: Sequence[Term],
    levels: Mapping[str, Sequence[object]],
    codes: Mapping[str, NDArray[np.intp]],
    values: Mapping[str, Array],
    n_records: int,
) -> Array:
    """Return the columns of SAS: an indicator of every cell, times covariates in their unit."""
    blocks = []
    for term in terms:
        block = np.ones((n_records, 1))
        for name in term.factors:
            own = np.eye(len(levels[name]))[codes[name]]
            block = (block[:, :, None] * own[:, None, :]).reshape(n_records, -1)
        for name in term.covariates:
            block = block * values[name][:, None]
        blocks.append(block)
    return np.hstack(blocks)


def log_volume(matrix: Array) -> float:
    """Return half of log |X'X|."""
    return float(np.log(np.abs(np.diag(np.linalg.qr(matrix)[1]))).sum())
