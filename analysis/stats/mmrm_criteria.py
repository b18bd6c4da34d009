"""Fit statistics of a mixed model, as SAS PROC MIXED defines them."""

import math

import numpy as np

from analysis.stats.design_matrix import reference_cell_log_determinant
from analysis.stats.mmrm_data import MixedData


def criteria(
    value: float, data: MixedData, *, n_parameters: int, restricted: bool
) -> dict[str, float]:
    """Return minus twice the log-likelihood, AIC, AICC and BIC in the units and coding of SAS.

    The restricted likelihood has the covariance parameters alone, the whole one the fixed
    effects, too.
    """
    records, rank = data.moments.n_records, data.design.rank
    free = records - rank if restricted else records
    value += 2.0 * free * math.log(data.problem.scale) - float(np.log(data.weights).sum())
    if restricted:
        determinant = data.problem.log_determinant - reference_cell_log_determinant(data.design)
        value += 2.0 * determinant
    count = n_parameters if restricted else n_parameters + rank
    small = 2.0 * count * free / (free - count - 1) if free > count + 1 else math.inf
    return {
        "minus2_loglik": value,
        "aic": value + 2.0 * count,
        "aicc": value + small,
        "bic": value + count * math.log(data.n_counted),
    }
