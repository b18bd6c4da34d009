"""Design matrices of factors, covariates and interactions, in sum-to-zero coding."""

import itertools
import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.brief import brief
from analysis.errors import UserError, suggestion
from analysis.stats import design_terms
from analysis.stats._checks import Array
from analysis.stats._words import meant
from analysis.stats.design_estimable import (
    Estimable,
    all_estimable,
    estimable_by_cells,
    independent_columns,
    indicator_columns,
    log_volume,
)


@brief
@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """A full-rank design matrix with what is needed to write further rows.

    Attributes
    ----------
    matrix : numpy.ndarray
        One row a record; intercept, then the terms.
    terms : tuple of Term
        The terms, intercept first.
    levels : dict of str to tuple
        Levels in use of each factor, in order.
    codes : dict of str to numpy.ndarray
        Level index of each record, by factor.
    centres, scales : dict of str to float
        Mean and standard deviation by which each covariate is standardised.
    estimable : Estimable
        Columns with a coefficient, and which functions of the coefficients have an estimate:
        all, unless the design was built with empty cells.
    empty : tuple of tuple of str
        The empty cells, in words.

    Notes
    -----
    Factors have sum-to-zero coding, so that a test of a term's coefficients is the type
    III test where all cells are filled. Covariates are standardised
    in the matrix, which keeps it well conditioned in any unit.
    """

    matrix: Array
    terms: tuple[design_terms.Term, ...]
    levels: Mapping[str, tuple[Hashable, ...]]
    codes: Mapping[str, NDArray[np.intp]]
    centres: Mapping[str, float]
    scales: Mapping[str, float]
    estimable: Estimable
    empty: tuple[design_terms.Cell, ...] = ()

    @property
    def n_columns(self) -> int:
        """Number of columns."""
        return int(self.matrix.shape[1])

    @property
    def rank(self) -> int:
        """Number of coefficients: all columns, unless cells are empty."""
        return int(self.estimable.kept.size)

    def why_not(self, rows: Array) -> str:
        """Return why any of the rows is not estimable; empty when all are."""
        if self.estimable.of(rows).all():
            return ""
        cells = " or ".join(", ".join(cell) for cell in self.empty)
        return f"not estimable, because no analysed record has {cells}"

    def term(self, name: str) -> design_terms.Term:
        """Return the term called `name` (in any order of its parts)."""
        wanted = frozenset(name.split(":"))
        for term in self.terms:
            if frozenset(term.name.split(":")) == wanted:
                return term
        known = [term.name for term in self.terms]
        raise UserError(
            f"the model has no term {name!r}{suggestion(name, known)}; its terms are "
            f"{', '.join(known)}"
        )

    def level_index(self, factor: str, level: Hashable) -> int:
        """Return the position of a level of a factor."""
        if factor not in self.levels:
            raise UserError(
                f"the model has no factor {factor!r}{suggestion(factor, self.levels)}; its "
                f"factors are {', '.join(map(repr, self.levels)) or 'none'}"
            )
        if level not in self.levels[factor]:
            known = [str(item) for item in self.levels[factor]]
            raise UserError(
                f"factor {factor!r} has no level '{level}' among the analysed records"
                f"{suggestion(str(level), known)}; its levels are {', '.join(known)}"
            )
        return self.levels[factor].index(level)

    def mean_row(
        self,
        *,
        at: Mapping[str, Mapping[Hashable, float]],
        weights: str,
        covariates: Mapping[str, float] | None = None,
    ) -> Array:
        """Return the row that gives a mean of the model over its factors.

        Parameters
        ----------
        at : mapping of factor to mapping of level to number
            Weights of the levels of the factors that are held; ``{"arm": {"A": 1}}`` holds
            arm A. Weights that sum to 0 give a contrast, weights that sum to 1 an average.
        weights : {'equal', 'observed'}
            How the other factors are averaged: equal weight to every combination of levels,
            or the weights of the analysed records (their joint distribution).
        covariates : mapping of str to float, optional
            Values of covariates in their own unit; those not named are at their mean over
            the analysed records.

        Returns
        -------
        numpy.ndarray
            A row of the design.
        """
        weights = meant("weights", weights, ("equal", "observed"))
        held = {name: self._held_code(name, share) for name, share in at.items()}
        # the sum of the level weights multiplies every term that lacks the held factor
        totals = {name: sum(share.values()) for name, share in at.items()}
        values = self._standardise(covariates or {})
        row = np.zeros(self.n_columns)
        for term in self.terms:
            factor = math.prod(total for name, total in totals.items() if name not in term.factors)
            factor *= math.prod(values[name] for name in term.covariates)
            if factor:
                row[term.start : term.stop] = factor * self._average(term, held, weights)
        return row

    def _held_code(self, name: str, share: Mapping[Hashable, float]) -> Array:
        """Return the sum-to-zero code of a weighted sum of levels."""
        table = design_terms.sum_codes(len(self.levels.get(name, ())) or 1)
        code = np.zeros(table.shape[1])
        for level, weight in share.items():
            code = code + weight * table[self.level_index(name, level)]
        return code

    def _standardise(self, covariates: Mapping[str, float]) -> dict[str, float]:
        """Return standardised covariate values, 0 (the mean) where none is given."""
        for name in covariates:
            if name not in self.centres:
                raise UserError(
                    f"the model has no covariate {name!r}{suggestion(name, self.centres)}"
                )
        return {
            name: (covariates[name] - self.centres[name]) / self.scales[name]
            if name in covariates
            else 0.0
            for name in self.centres
        }

    def _average(self, term: design_terms.Term, held: Mapping[str, Array], weights: str) -> Array:
        """Return a term's columns averaged over the factors that are not held."""
        free = [name for name in term.factors if name not in held]
        if free and weights == "equal":
            return np.zeros(term.stop - term.start)  # sum-to-zero codes average to zero
        parts = [
            held[name][None, :]
            if name in held
            else design_terms.sum_codes(len(self.levels[name]))[self.codes[name]]
            for name in term.factors
        ]
        return np.asarray(_row_products(parts).mean(axis=0))


def build_design(
    frame: pd.DataFrame,
    *,
    factors: Sequence[str],
    covariates: Sequence[str],
    interactions: Sequence[Sequence[str]],
    keep_empty: bool = False,
) -> Design:
    """Build the design of a model with an intercept, from complete records.

    With `keep_empty` the cells of an interaction may be empty: what needs them is then not
    estimable, and all else is as it is.

    Raises
    ------
    UserError
        If a factor has one level, a covariate is constant, an interaction is not
        hierarchical, a cell of an interaction is empty, or a term is aliased.

    Notes
    -----
    R and SAS drop aliased columns and go on. Here an aliased or empty term is an error that
    names it, because the tests and means that depend on it are not estimable.
    """
    levels = {name: design_terms.factor_levels(frame[name]) for name in factors}
    for name, found in levels.items():
        if len(found) < 2:
            raise UserError(
                f"factor {name!r} has one level ('{found[0]}') among the {len(frame)} analysed "
                "records, but a factor needs two: leave it out of the model or widen the population"
            )
    codes = {name: design_terms.level_codes(frame[name], found) for name, found in levels.items()}
    centres, scales, values = design_terms.standardise_covariates(frame, covariates)
    keys = design_terms.term_keys(factors, covariates, interactions)
    blocks = [np.ones((len(frame), 1))]
    lacking: list[design_terms.Term] = []
    empty: list[design_terms.Cell] = []
    terms = [design_terms.Term(name="Intercept", factors=(), covariates=(), start=0, stop=1)]
    for in_factors, in_covariates in keys:
        parts = [design_terms.sum_codes(len(levels[name]))[codes[name]] for name in in_factors]
        parts += [values[name][:, None] for name in in_covariates]
        block = _row_products(parts)
        start = terms[-1].stop
        name, stop = ":".join((*in_factors, *in_covariates)), start + block.shape[1]
        columns = {"factors": in_factors, "covariates": in_covariates}
        terms.append(design_terms.Term(name=name, start=start, stop=stop, **columns))
        blocks.append(block)
        cells = design_terms.empty_cells(terms[-1], levels, codes)
        if cells and not keep_empty:
            raise design_terms.has_empty_cells(terms[-1], cells)
        # a cell of a larger interaction that is part of an empty one says nothing new
        cells = [cell for cell in cells if not any(set(known) <= set(cell) for known in empty)]
        lacking += [terms[-1]] if cells else []
        empty += cells
    matrix = np.hstack(blocks)
    if lacking:
        estimable = estimable_by_cells(matrix, terms, lacking)
    else:
        design_terms.check_rank(matrix, terms)
        estimable = all_estimable(matrix)
    return Design(
        matrix=matrix, terms=tuple(terms), levels=levels, codes=codes, centres=centres,
        scales=scales, estimable=estimable, empty=tuple(empty),
    )  # fmt: skip


def raw_transform(design: Design) -> Array:
    """Return the matrix that turns the design's coefficients into those of raw covariates.

    Notes
    -----
    A type III test of a factor that interacts with a covariate depends on the covariate's
    origin. SAS takes the covariate as it is, so the tests are made on these coefficients.
    """
    position = {(term.factors, frozenset(term.covariates)): term for term in design.terms}
    expansion = np.zeros((design.n_columns, design.n_columns))
    for term in design.terms:
        names = term.covariates
        for size in range(len(names) + 1):
            for chosen in itertools.combinations(names, size):
                # product of (centre + scale * z), expanded; hierarchy makes every part a term
                part = position[(term.factors, frozenset(chosen))]
                weight = math.prod(
                    design.scales[name] if name in chosen else design.centres[name]
                    for name in names
                )
                expansion[part.start : part.stop, term.start : term.stop] += weight * np.eye(
                    term.stop - term.start
                )
    return np.asarray(np.linalg.inv(expansion), dtype=float)


def reference_cell_log_determinant(design: Design) -> float:
    """Return log |det M| where the design is M times the reference-cell design of SAS.

    Notes
    -----
    The restricted likelihood holds log |X'V^-1 X|, which depends on the coding of X. SAS
    codes factors by indicators and leaves covariates in their unit; with this term the
    printed values agree.
    """
    if design.empty:
        values = {
            term.name: design.centres[term.name]
            + design.scales[term.name] * design.matrix[:, term.start]
            for term in design.terms
            if term.covariates and not term.factors and len(term.covariates) == 1
        }
        theirs = indicator_columns(
            design.terms, design.levels, design.codes, values, len(design.matrix)
        )
        own = design.matrix[:, design.estimable.kept]
        return log_volume(own) - log_volume(theirs[:, independent_columns(theirs)])
    total = 0.0
    for term in design.terms:
        sizes = [len(design.levels[name]) for name in term.factors]
        width = term.stop - term.start
        # sum-to-zero codes are (I + J) times indicators, with determinant the level count
        total += sum(math.log(size) * width / (size - 1) for size in sizes)
        total -= width * sum(math.log(design.scales[name]) for name in term.covariates)
    return total


def _row_products(parts: Sequence[Array]) -> Array:
    """Return all products of columns, one from each part, row by row."""
    product = np.ones((1, 1))
    for part in parts:
        rows = max(product.shape[0], part.shape[0])
        product = (product[:, :, None] * part[:, None, :]).reshape(rows, -1)
    return product
