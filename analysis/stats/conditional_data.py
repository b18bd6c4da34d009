"""What conditional-mean imputation works on: one row a subject, and one design for all visits."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import linalg

from analysis.brief import brief
from analysis.errors import UserError, suggestion
from analysis.stats._checks import Array
from analysis.stats._words import meant
from analysis.stats.design_matrix import Design, build_design
from analysis.stats.imputation_model import ImputationData, prepare_imputation
from analysis.stats.model_records import location_and_scale

# a subject whose leverage is this near 1 is fitted by itself alone
ALONE = 1e-8


@brief
@dataclass(frozen=True, slots=True, kw_only=True)
class Incomplete:
    """Subjects who miss the same visits: all that their conditional means depend on.

    Attributes
    ----------
    who : numpy.ndarray
        Their places among all subjects.
    seen : numpy.ndarray
        Which of the visits are observed.
    rows, reference_rows : numpy.ndarray
        Their design rows (…, subjects, columns), and those as if they were in the reference arm.
    values : numpy.ndarray
        Their responses at the visits that are observed (…, subjects, visits seen).
    """

    who: NDArray[np.intp]
    seen: NDArray[np.bool_]
    rows: Array
    reference_rows: Array
    values: Array

    def moments(self) -> Incomplete:
        """Return what stands for all of them, a column of the design each: sums of products.

        Notes
        -----
        Imputed values are linear in the two rows and the observed values, so that those of the
        sum over the subjects of a column times all three are the sum of the column times theirs.
        """
        rows, others, values = (
            np.einsum("nr,ns->rs", self.rows, each)
            for each in (self.rows, self.reference_rows, self.values)
        )
        return replace(self, rows=rows, reference_rows=others, values=values)

    def one_by_one(self) -> Incomplete:
        """Return them such that each meets a fit of its own."""
        rows, others, values = (
            each[:, None] for each in (self.rows, self.reference_rows, self.values)
        )
        return replace(self, rows=rows, reference_rows=others, values=values)


# no slots: what is derived from the fields is worked out once, when it is first asked for
@brief(hide=("subjects", "values", "rows"))
@dataclass(frozen=True, kw_only=True)
class ConditionalData:
    """Longitudinal responses with the design that every visit shares.

    Attributes
    ----------
    source : ImputationData
        The data as multiple imputation takes them.
    reference : hashable
        The reference arm.
    values : numpy.ndarray
        Responses (subjects, visits) minus `centre`, over `spread`; NaN where missing.
    centre, spread : float
        Mean and largest deviation of the observed responses.
    rows : numpy.ndarray
        Design row of each subject (subjects, columns); columns orthogonal, of mean square one.
    reference_rows : numpy.ndarray
        The same rows as if each subject were in the reference arm.
    mean_rows : numpy.ndarray
        The row of each arm's adjusted mean (arms, columns).
    averaged : numpy.ndarray
        Rows (subjects, columns) whose mean over the subjects stands in every mean row: the
        covariates, and with observed weights the factors too.
    """

    source: ImputationData
    reference: Hashable
    values: Array
    centre: float
    spread: float
    rows: Array
    reference_rows: Array
    mean_rows: Array
    averaged: Array

    @cached_property
    def observed(self) -> NDArray[np.bool_]:
        """Which cells are observed."""
        return ~np.isnan(self.values)

    @cached_property
    def incomplete(self) -> tuple[Incomplete, ...]:
        """The subjects with a missing value, by the visits that they miss."""
        patterns, member = np.unique(self.observed, axis=0, return_inverse=True)
        parts = []
        for number, seen in enumerate(patterns):
            who = np.flatnonzero(member.ravel() == number)
            if not seen.all():
                parts.append(
                    Incomplete(
                        who=who, seen=seen, rows=self.rows[who],
                        reference_rows=self.reference_rows[who],
                        values=self.values[np.ix_(who, np.flatnonzero(seen))],
                    )
                )  # fmt: skip
        return tuple(parts)

    @cached_property
    def after_dropout(self) -> NDArray[np.bool_]:
        """Which cells come after the subject's last observed visit."""
        visits = np.arange(self.values.shape[1])
        return np.asarray(visits >= self.source.n_visits_kept[:, None])


def conditional_data(
    frame: pd.DataFrame,
    *,
    response: str,
    subject: str,
    visit: str,
    arm: str,
    reference: Hashable,
    visits: Sequence[Hashable],
    factors: Sequence[str],
    covariates: Sequence[str],
    weights: str,
) -> ConditionalData:
    """Check long records and bring them into this form.

    Raises
    ------
    UserError
        If a column is unusable, the reference is no arm, or a term is not estimable at a visit,
        or not without one of the subjects.
    """
    weights = meant("weights", weights, ("equal", "observed"))
    source = prepare_imputation(
        frame, response=response, subject=subject, visit=visit, arm=arm, visits=visits,
        factors=factors, covariates=covariates, covariance="pooled",
    )  # fmt: skip
    if reference not in source.arms:
        known = [str(item) for item in source.arms]
        raise UserError(
            f"the data have no arm '{reference}'{suggestion(str(reference), known)}; the arms are "
            f"{', '.join(known)}"
        )
    people = source.subjects
    design = build_design(people, factors=[arm, *factors], covariates=covariates, interactions=())
    as_reference = _in_reference(design, arm, reference)
    means = np.stack([design.mean_row(at={arm: {name: 1.0}}, weights=weights)
                      for name in source.arms])  # fmt: skip
    free = [term for term in design.terms if term.covariates]
    if weights == "observed":
        free += [term for term in design.terms if term.factors and term.factors != (arm,)]
    averaged = np.zeros_like(design.matrix)
    for term in free:
        averaged[:, term.start : term.stop] = design.matrix[:, term.start : term.stop]
    observed = source.values[~np.isnan(source.values)]
    centre, spread = location_and_scale(observed, response)
    basis = _orthogonal_basis(design.matrix)
    rows, others, average, mean_rows = (
        np.einsum("nr,rs->ns", each, basis)
        for each in (design.matrix, as_reference, averaged, means)
    )
    data = ConditionalData(
        source=source, reference=reference, values=(source.values - centre) / spread,
        centre=centre, spread=spread, rows=rows, reference_rows=others, mean_rows=mean_rows,
        averaged=average,
    )  # fmt: skip
    _check_visits(data, [item.name for item in design.terms])
    return data


def _orthogonal_basis(matrix: Array) -> Array:
    """Return what makes the columns orthogonal, each with a mean square of one.

    Notes
    -----
    The sums are numpy's own and not those of a library with threads: with these results are the
    same to the last bit, however many threads there are. The second pass mends the rounding of
    the first.
    """
    basis = np.eye(matrix.shape[1])
    for _ in range(2):
        turned = np.einsum("nr,rs->ns", matrix, basis)
        gram = np.einsum("nr,ns->rs", turned, turned) / len(matrix)
        factor = np.linalg.cholesky(gram)
        basis = basis @ linalg.solve_triangular(factor, np.eye(len(gram)), lower=True).T
    return basis


def _in_reference(design: Design, arm: str, reference: Hashable) -> Array:
    """Return the design with every subject in the reference arm."""
    rows = design.matrix.copy()
    [term] = [item for item in design.terms if item.factors == (arm,)]
    own = design.codes[arm] == design.level_index(arm, reference)
    rows[:, term.start : term.stop] = rows[own, term.start : term.stop][0]
    return rows


def _check_visits(data: ConditionalData, terms: Sequence[str]) -> None:
    """Raise when a visit does not carry the design, or hangs on one subject."""
    source = data.source
    for number, visit in enumerate(source.visits):
        seen = data.observed[:, number]
        for place, name in enumerate(source.arms):
            if not (seen & (source.arm_index == place)).any():
                raise UserError(
                    f"no subject of arm '{name}' is observed at visit '{visit}', so its values "
                    "there cannot be imputed: leave the visit or the arm out"
                )
        rows = data.rows[seen]
        values, vectors = np.linalg.eigh(np.einsum("nr,ns->rs", rows, rows))
        where = f"the imputation model of {source.response!r} at visit '{visit}'"
        if rows.shape[0] <= rows.shape[1] or values[0] < 1e-9 * values[-1]:
            raise UserError(
                f"{where} has {rows.shape[1]} coefficients ({', '.join(terms)}) that the "
                f"{rows.shape[0]} subjects observed there cannot tell apart: leave a term out or "
                "pool levels"
            )
        leverage = (np.einsum("nr,rs->ns", rows, vectors) ** 2 / values).sum(axis=1)
        if leverage.max() > 1.0 - ALONE:
            raise UserError(
                f"{where} is not estimable without one subject, the only one there in its "
                "level of a factor, so the jackknife cannot leave it out: pool levels of "
                f"{', '.join(terms[1:])} or leave a factor out"
            )
