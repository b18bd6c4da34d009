"""The model behind a published contrast: its covariates and factors, as a design."""

import numpy as np
import pandas as pd

from analysis.sources.synthetic.assumptions import Published
from analysis.sources.synthetic.draws import Floats

LEVEL = 0.95
"""Level of the interval that is printed."""


def covariates(published: Published, children: pd.DataFrame, before: Floats) -> Floats:
    """Return the design without the arm: a constant, covariates, and factors by their levels.

    Parameters
    ----------
    published
        Names the covariates and factors.
    children
        One row a child.
    before
        Velocity before treatment, the covariate ``BASE``.
    """
    frame = children.assign(BASE=before)
    factors = pd.get_dummies(frame[published.factors.value], drop_first=True)
    columns = [np.ones(len(frame)), frame[published.covariates.value], factors]
    return np.column_stack(columns).astype(float)
