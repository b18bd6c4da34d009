"""Many covariance analyses at once: each equals statsmodels' and the project's own."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from analysis.stats.ancova import fit_ancova
from analysis.stats.ancova_many import Moments, adjusted_differences, moments_of
from analysis.stats.least_squares_means import contrast_reference


def trials(covariates, sizes=(9, 6), count=20, *, mean=0.0):
    rng = np.random.default_rng(covariates + 1)
    values = rng.normal(mean, 1.0, size=(covariates + 1, sum(sizes), count))
    values[-1] += values[:-1].sum(axis=0)
    return values


@pytest.mark.parametrize("covariates", [0, 1, 2, 4])
@pytest.mark.parametrize("mean", [0.0, 1e5])
def test_equal_to_statsmodels(covariates, mean):
    values = trials(covariates, mean=mean)
    found = adjusted_differences(moments_of(values, 9))
    arm = np.repeat([1.0, 0.0], [9, 6])
    for trial in range(values.shape[2]):
        # Centred for statsmodels' sake, whose pseudo-inverse loses digits of large means.
        centred = values[:-1, :, trial] - mean
        fit = sm.OLS(values[-1, :, trial], np.column_stack([np.ones(15), arm, *centred])).fit()
        tolerance = 1e-10 if mean == 0.0 else 1e-8
        assert found.estimates[trial] == pytest.approx(fit.params[1], abs=tolerance)
        assert found.std_errors[trial] == pytest.approx(fit.bse[1], abs=tolerance)
        assert found.dfs[trial] == fit.df_resid


def test_equal_to_the_analysis_of_the_pages():
    values = trials(2, count=1)
    frame = pd.DataFrame(values[:, :, 0].T, columns=["base", "age", "y"])
    frame["arm"] = np.repeat(["new", "old"], [9, 6])
    fit = fit_ancova(
        frame, response="y", factors=["arm"], covariates=["base", "age"], std_errors="model"
    )
    row = contrast_reference(
        fit, "arm", reference="old", weights="equal", level=0.95, adjust="none"
    )[0]
    found = adjusted_differences(moments_of(values, 9))
    assert found.estimates[0] == pytest.approx(row.estimate, abs=1e-10)
    assert found.std_errors[0] == pytest.approx(row.std_error, abs=1e-10)


def test_sizes_may_differ_between_trials():
    one = [moments_of(trials(1, sizes), sizes[0]) for sizes in ((9, 6), (5, 8))]
    both = Moments(
        np.concatenate([each.within for each in one], axis=-1),
        np.concatenate([each.gaps for each in one], axis=-1),
        np.repeat([9, 5], 20), np.repeat([6, 8], 20),
    )  # fmt: skip
    apart = np.concatenate([adjusted_differences(each).std_errors for each in one])
    np.testing.assert_allclose(adjusted_differences(both).std_errors, apart, rtol=1e-13)
