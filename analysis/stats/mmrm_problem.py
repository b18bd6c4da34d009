"""Preparation of a mixed model: visits, repeated records and a well-conditioned basis."""

import math
import re
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import linalg

from analysis.brief import brief
from analysis.errors import UserError, suggestion
from analysis.stats._checks import Array
from analysis.stats.design_matrix import Design
from analysis.stats.design_terms import factor_levels, level_codes
from analysis.stats.model_records import exact_fit, location_and_scale
from analysis.words import in_rows


@brief
@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """The least-squares problem in a well-conditioned basis.

    ``orthogonal`` spans the design, ``residuals`` is what ordinary least squares leaves of
    the response in units of ``scale``; coefficients of the design are
    ``offset + scale * basis @ (coefficients of orthogonal)``, zero for columns without one.
    """

    orthogonal: Array
    residuals: Array
    basis: Array
    offset: Array
    scale: float
    log_determinant: float


def visit_order(
    column: pd.Series, visits: Sequence[Hashable] | None
) -> tuple[tuple[Hashable, ...], NDArray[np.intp]]:
    """Return the visits in use, in order, and the index of each record's visit."""
    present = factor_levels(column)
    if visits is None:
        order = _own_order(column, present)
    else:
        unknown = [item for item in present if item not in visits]
        if unknown:
            raise UserError(
                f"the data have the visit '{unknown[0]}' in {column.name!r}, which is not among "
                f"visits = {[str(item) for item in visits]}: add it, or leave its records out"
            )
        order = tuple(item for item in visits if item in present)
    return order, level_codes(column, order)


def _own_order(column: pd.Series, present: tuple[Hashable, ...]) -> tuple[Hashable, ...]:
    """Return the order that the visits have by themselves: as numbers, dates, or categories."""
    category = isinstance(column.dtype, pd.CategoricalDtype)
    # pandas sorts the categories of text by letters, which nobody chose
    if category and (column.cat.ordered or [*map(str, present)] != sorted(map(str, present))):
        return present
    numbered = {item: VISIT.fullmatch(str(item).strip()) for item in present}
    names = {(it[1].strip().casefold(), it[3].strip().casefold()) if it else None
             for it in numbered.values()}  # fmt: skip
    places = {item: float(it[2]) for item, it in numbered.items() if it}
    if len(names) == 1 and None not in names and len(set(places.values())) == len(present):
        return tuple(sorted(present, key=places.__getitem__))
    text = pd.api.types.is_object_dtype(column) or pd.api.types.is_string_dtype(column)
    if text and not category and len(present) > 2:
        raise UserError(
            f"the visits of {column.name!r} are text without an order: give it as visits = "
            f"{[str(item) for item in present]} in the order of time"
        )
    return present


VISIT = re.compile(r"([^\d]*)(\d+(?:\.\d+)?)([^\d]*)")
"""A visit of one number, as "Week 12" or "V3"."""


def check_long(frame: pd.DataFrame, *, response: str, visit: str, others: Sequence[str]) -> None:
    """Raise, saying what to do, when the data have one column a visit in place of one row."""
    columns = getattr(frame, "columns", ())
    absent = [name for name in (response, visit) if name not in columns]
    if not absent or (len(absent) == 1 and suggestion(str(absent[0]), map(str, columns))):
        return  # a slip of the pen is the next check's
    kept = [name for name in others if name in columns]
    numeric = frame.select_dtypes("number").columns if len(columns) else ()
    wide = [str(name) for name in numeric if name not in kept]
    if len(wide) < 2:
        return
    raise UserError(
        f"the data have no column {absent[0]!r}, and one row a subject and visit is needed; from "
        f"one column a visit frame.melt(id_vars={kept}, value_vars={wide[:8]}, "
        f"var_name={visit!r}, value_name={response!r}) makes it"
    )


def check_repeats(
    data: pd.DataFrame,
    visit: str,
    subject_index: NDArray[np.intp],
    visit_index: NDArray[np.intp],
) -> None:
    """Raise when a subject has more than one record at a visit."""
    pair = subject_index * (int(visit_index.max()) + 1) + visit_index
    _, first, counts = np.unique(pair, return_index=True, return_counts=True)
    if counts.max() > 1:
        one = int(first[int(counts.argmax())])
        raise UserError(
            f"a subject has {int(counts.max())} records at {visit} '{data[visit].iloc[one]}' "
            f"({in_rows(pair == pair[one])}), but one is allowed ({int((counts > 1).sum())} such "
            "pairs): keep one record for each subject and visit, for example by the analysis "
            "flag ANL01FL"
        )


def orthogonalise(design: Design, target: Array, response: str, weights: Array) -> Problem:
    """Return the problem in an orthogonal basis, with the ordinary residuals as response.

    A record's row and response are multiplied by the root of its weight, so that its variance
    is that of a record of weight 1.

    Working on residuals makes the fit exactly invariant to shifts and keeps the digits of
    responses that are large against their variation.
    """
    n_records = target.size
    kept, root_weights = design.estimable.kept, np.sqrt(weights)
    orthogonal, triangular = np.linalg.qr(root_weights[:, None] * design.matrix[:, kept])
    centre, spread = location_and_scale(target, response)
    scaled = root_weights * (target - centre) / spread
    effects = orthogonal.T @ scaled
    residuals = scaled - orthogonal @ effects
    residuals = residuals - orthogonal @ (orthogonal.T @ residuals)
    deviation = float(np.sqrt(residuals @ residuals / n_records))
    if deviation < 1e-10:
        raise exact_fit(response)
    root = math.sqrt(n_records)
    inverse = np.zeros((design.n_columns, design.rank))
    inverse[kept] = linalg.solve_triangular(triangular, np.eye(design.rank))
    offset = spread * (inverse @ effects)
    offset[0] += centre
    return Problem(
        orthogonal=root * orthogonal,
        residuals=residuals / deviation,
        basis=root * inverse,
        offset=offset,
        scale=spread * deviation,
        log_determinant=float(np.log(np.abs(np.diag(triangular))).sum())
        - design.rank * math.log(root),
    )


def visits_without_variation(problem: Problem, visits: NDArray[np.intp]) -> list[int]:
    """Return the visits at which the fixed effects leave nothing of the response.

    Either nothing is left at all, or more records than the fixed effects have columns there are
    fitted exactly, so that the likelihood grows without bound as the variance there vanishes.
    """
    flat = []
    for visit in np.unique(visits):
        here = visits == visit
        own, left = problem.orthogonal[here], problem.residuals[here]
        size = max(1.0, float(np.linalg.norm(left)))
        fitted, _, rank, _ = np.linalg.lstsq(own, left, rcond=None)
        exact = float(np.linalg.norm(left - own @ fitted)) < 1e-10 * size
        if float(np.abs(left).max()) < 1e-11 or (exact and len(left) > rank):
            flat.append(int(visit))
    return flat
