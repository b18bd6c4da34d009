"""A mixed model on a handful of participants: fitted, or refused in one sentence."""

from contextlib import suppress

import numpy as np
import pandas as pd
import pytest

from analysis.errors import UserError
from analysis.stats.mmrm import fit_mmrm


def few(seed: int) -> pd.DataFrame:
    """Four to six participants in two arms at two or three visits, a fifth of it missing."""
    draw = np.random.default_rng(seed)
    n, visits = int(draw.integers(4, 7)), int(draw.integers(2, 4))
    data = pd.DataFrame(
        {
            "USUBJID": np.repeat([f"s{each}" for each in range(n)], visits),
            "arm": np.repeat(np.array(list("AB"))[np.arange(n) % 2], visits),
            "AVISIT": np.tile([f"V{each}" for each in range(visits)], n),
            "BASE": np.repeat(draw.normal(size=n).round(1), visits),
        }
    )
    data["response"] = (data["BASE"] + draw.normal(size=len(data))).round(1)
    return data[draw.random(len(data)) > 0.2].reset_index(drop=True)


# The first five once ended in numpy's "Singular matrix": the information on the covariance
# parameters is singular at an iterate, though not where the iterations begin.
@pytest.mark.parametrize("seed", [25, 242, 243, 263, 266, *range(8)])
def test_too_few_participants_are_one_sentence(seed: int) -> None:
    with suppress(UserError):
        fit = fit_mmrm(
            few(seed), response="response", subject="USUBJID", visit="AVISIT",
            factors=["arm", "AVISIT"], covariates=["BASE"],
            interactions=[("arm", "AVISIT"), ("BASE", "AVISIT")],
            structure=("unstructured", "toeplitz-heterogeneous", "compound-symmetry"),
            df_method="kenward-roger",
        )  # fmt: skip
        assert np.isfinite(fit.minus2_restricted_loglik)
