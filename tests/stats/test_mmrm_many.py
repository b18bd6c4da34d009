"""Many mixed models at once give what each gives by itself."""

import numpy as np
import pandas as pd
import pytest

from analysis.errors import UserError
from analysis.stats.covariance_structures import covariance_structure
from analysis.stats.mmrm import fit_mmrm
from analysis.stats.mmrm_many import estimate_many


def data_sets(count: int, n: int, *, gaps: float, seed: int = 1) -> np.ndarray:
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(count, n, 1)) + rng.normal(size=(count, n, 3)) * [1.0, 1.5, 2.0]
    values[rng.random(values.shape) < gaps] = np.nan
    return values


def design(n: int) -> np.ndarray:
    """Return an indicator of each visit, and of each visit in the first arm."""
    visits = np.broadcast_to(np.eye(3), (n, 3, 3))
    first = (np.arange(n) % 2 == 0)[:, None, None]
    return np.concatenate([visits, first * visits], axis=2)


def by_frame(values: np.ndarray, structure: str) -> np.ndarray:
    n = len(values)
    frame = pd.DataFrame(
        {
            "id": np.repeat(np.arange(n), 3),
            "arm": np.repeat(np.where(np.arange(n) % 2 == 0, "A", "B"), 3),
            "visit": np.tile([1, 2, 3], n),
            "y": values.ravel(),
        }
    )
    fit = fit_mmrm(
        frame, response="y", subject="id", visit="visit", factors=["arm", "visit"],
        interactions=["arm:visit"], structure=structure, df_method="kr",
    )  # fmt: skip
    found = fit.contrast(
        "arm", reference="B", by="visit", weights="equal", level=0.95, adjust="none"
    )
    return np.array([[each.estimate, each.std_error, each.df] for each in found])


@pytest.mark.parametrize(
    ("structure", "n", "gaps"),
    # gaps and dropout; so few subjects that plain steps may not arrive; a structure that is not
    # linear in its parameters; complete data
    [("us", 30, 0.15), ("us", 9, 0.1), ("toep", 30, 0.15), ("ar1h", 24, 0.1), ("us", 12, 0.0)],
)
def test_each_data_set_is_as_by_itself(structure: str, n: int, gaps: float) -> None:
    values = data_sets(4, n, gaps=gaps)
    form = covariance_structure(structure, [1, 2, 3])
    found = estimate_many(design(n), values, np.eye(6)[3:], structure=form)
    for i, own in enumerate(values):
        together = np.column_stack([part[i] for part in found])
        np.testing.assert_allclose(together, by_frame(own, structure), rtol=1e-7)


def test_designs_of_their_own_and_the_order_of_the_data_sets() -> None:
    values, form = data_sets(3, 20, gaps=0.1), covariance_structure("us", [1, 2, 3])
    each = np.stack([design(20), design(20) * 2.0, design(20)])
    own = estimate_many(each, values, np.eye(6)[3:], structure=form)
    shared = estimate_many(design(20), values[::-1], np.eye(6)[3:], structure=form)
    factor = np.array([[1.0], [0.5], [1.0]])
    np.testing.assert_allclose(own.estimates, factor * shared.estimates[::-1], rtol=1e-8)
    np.testing.assert_allclose(own.dfs, shared.dfs[::-1], rtol=1e-7)


def test_data_sets_that_cannot_be_fitted_are_one_sentence() -> None:
    form, rows = covariance_structure("us", [1, 2, 3]), np.eye(6)[3:]
    values = data_sets(2, 20, gaps=0.0)
    with pytest.raises(UserError, match="a combination of others"):
        estimate_many(design(20)[..., [0, 1, 2, 3, 4, 4]], values, rows, structure=form)
    values[1, :, 2] = values[1, :, 0]
    with pytest.raises(UserError, match="data set 2 could not be fitted"):
        estimate_many(design(20), values, rows, structure=form)
