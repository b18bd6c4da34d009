"""Columns of a Cox model: each level of a factor against its reference, covariates as they are."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.brief import brief
from analysis.errors import UserError, suggestion
from analysis.stats import design_terms
from analysis.stats._checks import Array
from analysis.stats.design_estimable import independent_columns


@brief
@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """The columns, standardised: a Cox model does not change when a column is moved.

    Attributes
    ----------
    matrix : numpy.ndarray
        One row a participant.
    scales : numpy.ndarray
        Standard deviation of each column, by which it was divided.
    terms : tuple of Term
        The terms, with their columns.
    labels : tuple of str
        What each column compares: "new / old" for a level and its reference, "" for a covariate.
    """

    matrix: Array
    scales: Array
    terms: tuple[design_terms.Term, ...]
    labels: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The name of each column's term."""
        return tuple(term.name for term in self.column_terms)

    @property
    def column_terms(self) -> tuple[design_terms.Term, ...]:
        """The term of each column."""
        return tuple(term for term in self.terms for _ in range(term.start, term.stop))


def cox_columns(
    frame: pd.DataFrame,
    *,
    factors: Sequence[str],
    covariates: Sequence[str],
    interactions: Sequence[Sequence[str]],
    references: Mapping[str, Hashable],
) -> Columns:
    """Build the columns from complete records.

    Raises
    ------
    UserError
        If a factor has one level or not its reference, a covariate is constant, an interaction is
        not hierarchical or has an empty cell.
    """
    parts = {name: _levels(frame[name], references.get(name)) for name in factors}
    design_terms.standardise_covariates(frame, covariates)  # a constant one is an error
    for name in references:
        if name not in parts:
            raise UserError(
                f"references names {name!r}, which is no factor of the model"
                f"{suggestion(name, factors)}"
            )
    blocks: list[Array] = []
    labels: list[str] = []
    terms: list[design_terms.Term] = []
    for in_factors, in_covariates in design_terms.term_keys(factors, covariates, interactions):
        block, called = np.ones((len(frame), 1)), [""]
        for name in in_factors:
            levels, indicators = parts[name]
            block = (block[:, :, None] * indicators[:, None, :]).reshape(len(frame), -1)
            called = [
                f"{before}, {level} / {levels[0]}".removeprefix(", ")
                for before in called
                for level in levels[1:]
            ]
        for name in in_covariates:
            block = block * frame[name].to_numpy(dtype=float)[:, None]
        start = terms[-1].stop if terms else 0
        term = design_terms.Term(
            name=":".join((*in_factors, *in_covariates)), factors=in_factors,
            covariates=in_covariates, start=start, stop=start + block.shape[1],
        )  # fmt: skip
        _check_cells(term, frame, parts)
        terms.append(term)
        blocks.append(block)
        labels += called
    matrix = np.hstack(blocks) if blocks else np.ones((len(frame), 0))
    matrix = matrix - matrix.mean(axis=0)
    scales = np.sqrt((matrix**2).mean(axis=0))
    scales[scales == 0] = 1.0
    return Columns(matrix=matrix / scales, scales=scales, terms=tuple(terms), labels=tuple(labels))


def check_within_strata(columns: Columns, stratum: np.ndarray) -> None:
    """Raise, naming the first term that the terms before it, or the strata, explain."""
    counts = np.bincount(stratum)
    centred = np.column_stack([
        column - (np.bincount(stratum, weights=column) / counts)[stratum]
        for column in columns.matrix.T
    ])  # fmt: skip
    sizes = np.linalg.norm(centred, axis=0) / np.linalg.norm(columns.matrix, axis=0)
    centred[:, sizes < design_terms.ALIAS_TOLERANCE] = 0.0
    kept = independent_columns(centred)
    lost = np.setdiff1d(np.arange(centred.shape[1]), kept)
    if not lost.size:
        return
    term = next(each for each in columns.terms if each.start <= lost[0] < each.stop)
    if not centred[:, lost[0]].any() and len(counts) > 1:
        raise UserError(
            f"term {term.name!r} does not vary within any stratum, so no participants are compared "
            "for it: leave it out of the model, or out of the strata"
        )
    raise design_terms.aliased_term(term, columns.terms)


def _levels(values: pd.Series, reference: Hashable | None) -> tuple[list[Hashable], Array]:
    """Give the levels, the reference first, and an indicator of each of the others."""
    levels = list(design_terms.factor_levels(values))
    if len(levels) < 2:
        raise UserError(
            f"factor {values.name!r} has one level ('{levels[0]}') among the {len(values)} "
            "analysed records, but a comparison needs two: leave it out of the model or widen the "
            "population"
        )
    if reference is not None:
        if reference not in levels:
            known = [str(each) for each in levels]
            raise UserError(
                f"factor {values.name!r} has no level '{reference}' among the analysed records"
                f"{suggestion(str(reference), known)}; its levels are {', '.join(known)}"
            )
        levels = [reference, *(each for each in levels if each != reference)]
    codes = design_terms.level_codes(values, levels)
    return levels, np.eye(len(levels))[codes][:, 1:]


def _check_cells(
    term: design_terms.Term,
    frame: pd.DataFrame,
    parts: Mapping[str, tuple[list[Hashable], Array]],
) -> None:
    levels = {name: parts[name][0] for name in term.factors}
    codes = {name: design_terms.level_codes(frame[name], levels[name]) for name in term.factors}
    cells = design_terms.empty_cells(term, levels, codes)
    if cells:
        raise design_terms.has_empty_cells(term, cells)
