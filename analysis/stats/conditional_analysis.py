"""Analysis of covariance of completed responses, for all subjects and without each in turn.

Adjusted means are linear in the responses and the design is the same at every visit, so that an
analysis is one small product, and leaving a subject out changes its inverse by one row.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.brief import brief
from analysis.errors import UserError
from analysis.stats._checks import Array
from analysis.stats.conditional_data import ALONE, ConditionalData


@brief
@dataclass(frozen=True, slots=True, kw_only=True)
class Adjusted:
    """Adjusted means of all subjects, and without each in turn.

    Attributes
    ----------
    full : numpy.ndarray
        Adjusted means (…, arms, visits).
    without : numpy.ndarray
        The same without each subject (…, subjects, arms, visits).
    """

    full: Array
    without: Array


@brief(hide=("full", "without"))
@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """The analysis of one design: from cross-products of rows and responses to adjusted means."""

    data: ConditionalData
    full: Array
    without: Array

    def of(self, responses: Array) -> Adjusted:
        """Return the adjusted means of responses (…, subjects, visits) that stay as they are."""
        rows = self.data.rows
        sums = np.einsum("nr,...nt->...rt", rows, responses)
        own = np.einsum("nr,...nt->...nrt", rows, responses)
        return Adjusted(
            full=np.einsum("kr,...rt->...kt", self.full, sums),
            without=self.adjusted(sums[..., None, :, :] - own),
        )

    def adjusted(self, sums: Array) -> Array:
        """Return the adjusted means without each subject, from sums (…, subjects, columns, visits).

        The sums leave out the subject's own.
        """
        return np.einsum("nkr,...nrt->...nkt", self.without, sums)


def analysis_of(data: ConditionalData) -> Analysis:
    """Return the analysis of the design of some data.

    Raises
    ------
    UserError
        If it is not estimable without one of the subjects.
    """
    rows, size = data.rows, len(data.rows)
    leverage = np.einsum("nr,nr->n", rows, rows) / size
    if leverage.max() > 1.0 - ALONE:
        source = data.source
        raise UserError(
            f"the analysis of {source.response!r} is not estimable without one subject, the only "
            "one in its level of a factor, so the jackknife cannot leave it out: pool levels "
            "or leave the factor out"
        )
    # the columns are orthogonal with length sqrt(size), so that X'X = size I
    others = (data.averaged.sum(axis=0) - data.averaged) / (size - 1)
    means = data.mean_rows - data.averaged.mean(axis=0) + others[:, None, :]
    along = np.einsum("nkr,nr->nk", means, rows)
    taken = (along / (size * (1.0 - leverage))[:, None])[:, :, None] * rows[:, None, :]
    return Analysis(data=data, full=data.mean_rows / size, without=(means + taken) / size)
