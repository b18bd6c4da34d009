"""Terms of a linear model: their coding, and the checks that make them estimable."""

import itertools
import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.brief import brief
from analysis.errors import UserError, suggestion
from analysis.stats._checks import Array

# a column counts as aliased when less than this share of its norm is left after the
# columns before it are swept out; the covariates are standardised, so the share is unit-free
ALIAS_TOLERANCE = 1e-9

Cell = tuple[str, ...]
"""A combination of factor levels in words, one a factor."""


@brief
@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A model term: the product of its factors and covariates.

    Attributes
    ----------
    name : str
        Factors and covariates joined by ``:``; ``"Intercept"`` for the first term.
    factors, covariates : tuple of str
        Columns in the product.
    start, stop : int
        Columns of the design matrix.
    """

    name: str
    factors: tuple[str, ...]
    covariates: tuple[str, ...]
    start: int
    stop: int

    @property
    def columns(self) -> slice:
        """The term's columns."""
        return slice(self.start, self.stop)


def sum_codes(n_levels: int) -> Array:
    """Return the sum-to-zero codes of `n_levels` levels, one row a level.

    Examples
    --------
    >>> sum_codes(3).tolist()
    [[1.0, 0.0], [0.0, 1.0], [-1.0, -1.0]]
    """
    codes = np.zeros((n_levels, max(n_levels - 1, 0)))
    codes[:-1] = np.eye(n_levels)[:-1, :-1]
    codes[-1] = -1.0
    return codes


def factor_levels(values: pd.Series) -> tuple[Hashable, ...]:
    """Return the levels in use: in category order, else sorted.

    Examples
    --------
    >>> factor_levels(pd.Series(["b", "a", "b"]))
    ('a', 'b')
    """
    if isinstance(values.dtype, pd.CategoricalDtype):
        used = set(values.dropna().unique())
        return tuple(level for level in values.cat.categories if level in used)
    unique = list(values.dropna().unique())
    try:
        return tuple(sorted(unique))
    except TypeError:  # mixed types have no order of their own
        return tuple(sorted(unique, key=str))


def level_codes(values: pd.Series, levels: Sequence[Hashable]) -> NDArray[np.intp]:
    """Return the place of each value among the levels."""
    codes = pd.Categorical(values.astype(object), categories=list(levels)).codes
    return np.asarray(codes, dtype=np.intp)


def standardise_covariates(
    frame: pd.DataFrame, covariates: Sequence[str]
) -> tuple[dict[str, float], dict[str, float], dict[str, Array]]:
    """Return means, standard deviations and standardised values of covariates."""
    centres: dict[str, float] = {}
    scales: dict[str, float] = {}
    values: dict[str, Array] = {}
    for name in covariates:
        raw = frame[name].to_numpy(dtype=float)
        largest = float(np.abs(raw).max())
        centre = largest * float(np.mean(raw / largest)) if largest else 0.0
        spread = float(np.abs(raw - centre).max())
        if spread <= 1e-12 * largest:
            raise UserError(
                f"covariate {name!r} is constant ({float(raw[0])!r}) over the {len(frame)} "
                "analysed records, so its slope is not estimable: leave it out of the model"
            )
        scale = spread * float(np.sqrt(np.mean(((raw - centre) / spread) ** 2)))
        centres[name], scales[name] = centre, scale
        values[name] = (raw - centre) / scale
    return centres, scales, values


def term_keys(
    factors: Sequence[str], covariates: Sequence[str], interactions: Sequence[Sequence[str]]
) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Return (factors, covariates) of each term, main effects first, checked for hierarchy."""
    keys: list[tuple[tuple[str, ...], tuple[str, ...]]] = [((name,), ()) for name in factors]
    keys += [((), (name,)) for name in covariates]
    present = {frozenset((*key[0], *key[1])) for key in keys}
    for parts in sorted(interactions, key=len):
        label = ":".join(parts)
        for name in parts:
            if name not in factors and name not in covariates:
                raise UserError(
                    f"interaction {label!r} uses {name!r}, which is no main effect: add it to the "
                    f"factors or covariates{suggestion(name, [*factors, *covariates])}"
                )
        if isinstance(parts, str) or len(parts) < 2 or len(set(parts)) != len(parts):
            raise UserError(
                f"interaction {label!r} must name two or more different columns, as a sequence"
            )
        for size in range(2, len(parts)):
            for part in itertools.combinations(parts, size):
                if frozenset(part) not in present:
                    raise UserError(
                        f"interaction {label!r} needs the interaction {':'.join(part)!r}: add it"
                    )
        if frozenset(parts) in present:
            raise UserError(f"interaction {label!r} is given twice: remove one")
        present.add(frozenset(parts))
        keys.append(
            (
                tuple(name for name in factors if name in parts),
                tuple(name for name in covariates if name in parts),
            )
        )
    return keys


def empty_cells(
    term: Term, levels: Mapping[str, Sequence[Hashable]], codes: Mapping[str, NDArray[np.intp]]
) -> list[Cell]:
    """Return the combinations of factor levels in a term that have no record."""
    if len(term.factors) < 2:
        return []
    shape = tuple(len(levels[name]) for name in term.factors)
    counts = np.bincount(
        np.ravel_multi_index(tuple(codes[name] for name in term.factors), shape),
        minlength=math.prod(shape),
    )
    return [
        tuple(
            f"{name} = {levels[name][int(index)]}"
            for name, index in zip(term.factors, place, strict=True)
        )
        for place in zip(*np.unravel_index(np.flatnonzero(counts == 0), shape), strict=True)
    ]


def has_empty_cells(term: Term, cells: Sequence[Cell]) -> UserError:
    """Return the error of a term with empty cells."""
    return UserError(
        f"term {term.name!r} has {len(cells)} empty cells among the analysed records, the first "
        f"at {', '.join(cells[0])}: pool levels or leave the interaction out"
    )


def aliased_term(term: Term, terms: Sequence[Term]) -> UserError:
    """Return the error of a term that the terms before it explain."""
    return UserError(
        f"term {term.name!r} is aliased: it is a combination of the terms before it "
        f"({', '.join(item.name for item in terms if item.stop <= term.start)}), so its "
        "effect is not estimable; leave one of them out"
    )


def check_rank(matrix: Array, terms: Sequence[Term]) -> None:
    """Raise, naming the first aliased term, when the columns are not independent."""
    n_records, n_columns = matrix.shape
    if n_records <= n_columns:
        raise UserError(
            f"the model has {n_columns} coefficients but only {n_records} analysed records, so "
            "no residual variance is left: use fewer terms or more records"
        )
    norms = np.linalg.norm(matrix, axis=0)
    # QR without pivoting: the diagonal of R is what each column adds to those before it
    left = np.abs(np.diag(np.linalg.qr(matrix / np.where(norms > 0, norms, 1.0), mode="r")))
    aliased = np.flatnonzero(left < ALIAS_TOLERANCE)
    if aliased.size:
        term = next(item for item in terms if item.start <= aliased[0] < item.stop)
        raise aliased_term(term, terms)
