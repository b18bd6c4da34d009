"""The records of a mixed model, in every form that its fit needs."""

from collections.abc import Hashable, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.errors import UserError
from analysis.stats._checks import Array
from analysis.stats.covariance_patterns import Pattern, one_a_group
from analysis.stats.covariance_structures import covariance_structure
from analysis.stats.design_matrix import Design, build_design
from analysis.stats.design_terms import factor_levels, level_codes
from analysis.stats.mmrm_moments import PatternMoments, collect_moments
from analysis.stats.mmrm_problem import (
    Problem,
    check_long,
    check_repeats,
    orthogonalise,
    visit_order,
    visits_without_variation,
)
from analysis.stats.model_records import ModelRecords, select_records
from analysis.words import in_rows


class Model(NamedTuple):
    """The columns of a mixed model."""

    response: str
    subject: str
    visit: str
    factors: Sequence[str]
    covariates: Sequence[str]
    interactions: Sequence[Sequence[str]]
    visits: Sequence[Hashable] | None
    weights: str | None = None
    group: str | None = None


class MixedData(NamedTuple):
    """The records of a model in every form that the fit needs.

    With a covariance by group each visit of a group is a visit of its own to `moments` and
    `visit_index`. `n_counted`: subjects that SAS counts, those with a record whose factors are
    known, whether or not it has a response.
    """

    records: ModelRecords
    visits: tuple[Hashable, ...]
    groups: tuple[Hashable, ...]
    design: Design
    problem: Problem
    moments: PatternMoments
    subject_index: NDArray[np.intp]
    visit_index: NDArray[np.intp]
    weights: Array
    n_counted: int

    def structure(self, name: str) -> Pattern:
        """Return the covariance structure of a name for these visits, in each group."""
        form = covariance_structure(name, self.visits)
        return one_a_group(form, [str(group) for group in self.groups]) if self.groups else form

    def without_variation(self) -> list[str]:
        """Return the visits, of a group where there are groups, that have no variance."""
        found = visits_without_variation(self.problem, self.visit_index)
        names = [
            f"'{visit}'" + (f" in '{group}'" if self.groups else "")
            for group in self.groups or ("",)
            for visit in self.visits
        ]
        return [names[place] for place in found]

    def whole(self) -> PatternMoments:
        """Return the moments subject by subject."""
        return self._whole(self.problem.orthogonal, self.problem.residuals)

    def root_weights(self) -> Array:
        """Return the roots of the record weights (subjects, visits), as `whole` has its rows."""
        return self._whole(np.sqrt(self.weights)).rows[..., 0]

    def _whole(self, *columns: Array) -> PatternMoments:
        return collect_moments(
            np.column_stack(columns), subjects=self.subject_index, visits=self.visit_index,
            n_visits=self.moments.observed.shape[1], whole=True,
        )  # fmt: skip


def prepare(frame: pd.DataFrame, model: Model) -> MixedData:
    """Select and check the records, and turn them into a design and its moments."""
    response, subject, visit, factors, covariates = model[:5]
    check_long(frame, response=response, visit=visit, others=[subject, *factors, *covariates])
    keys = [subject] if visit in factors else [subject, visit]
    named = {*factors, visit, subject}
    own_group = [model.group] if model.group is not None and model.group not in named else []
    records = select_records(
        frame,
        response=response,
        factors=[*factors, *own_group],
        covariates=[*covariates, *([model.weights] if model.weights else [])],
        keys=keys,
    )
    data = records.frame
    order, visit_index = visit_order(data[visit], model.visits)
    subject_index = np.unique(data[subject].astype(object).map(str), return_inverse=True)[1]
    check_repeats(data, visit, subject_index, visit_index)
    if visit in factors:  # means and contrasts come in the order of the visits
        ordered = pd.Categorical(data[visit].astype(object), categories=list(order), ordered=True)
        data = data.assign(**{visit: ordered})
    design = build_design(
        data, factors=factors, covariates=covariates, interactions=model.interactions,
        keep_empty=True,
    )  # fmt: skip
    weights = _record_weights(data, model.weights)
    problem = orthogonalise(design, data[response].to_numpy(dtype=float), response, weights)
    groups, group_index = _subject_groups(data, model, subject_index)
    visit_index = group_index * len(order) + visit_index
    moments = collect_moments(
        np.column_stack([problem.orthogonal, problem.residuals]), subjects=subject_index,
        visits=visit_index, n_visits=max(len(groups), 1) * len(order),
    )  # fmt: skip
    counted = frame.dropna(subset=[name for name in (*factors, visit) if name in frame])
    return MixedData(
        records, order, groups, design, problem,
        moments, subject_index, visit_index, weights, int(counted[subject].nunique()),
    )  # fmt: skip


def _record_weights(data: pd.DataFrame, name: str | None) -> Array:
    """Return the weight of each record, 1 where none is named."""
    if name is None:
        return np.ones(len(data))
    weights = data[name].to_numpy(dtype=float)
    if not (weights > 0).all():
        raise UserError(
            f"the weight {name!r} is {float(weights.min())!r} in {int((weights <= 0).sum())} "
            "analysed records, but a weight must be above 0: leave these records out"
        )
    return weights


def _subject_groups(
    data: pd.DataFrame, model: Model, subjects: NDArray[np.intp]
) -> tuple[tuple[Hashable, ...], NDArray[np.intp]]:
    """Return the groups with a covariance of their own and each record's group."""
    if model.group is None:
        return (), np.zeros(len(data), dtype=np.intp)
    if model.group in (model.subject, model.visit):
        raise UserError(
            f"group = {model.group!r} is the subject or the visit, but the covariance differs by "
            "groups of subjects: name a column such as the arm"
        )
    groups = factor_levels(data[model.group])
    index = level_codes(data[model.group], groups)
    first = np.zeros(int(subjects.max()) + 1, dtype=np.intp)
    first[subjects] = index
    wrong = np.flatnonzero(first[subjects] != index)
    if wrong.size:
        own = subjects == subjects[int(wrong[0])]
        raise UserError(
            f"a subject is in more than one group of {model.group!r} ({in_rows(own)}), but its "
            "records share one covariance matrix: give each subject one group"
        )
    return groups, index
