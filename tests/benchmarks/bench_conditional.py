"""Time of conditional means and of the tipping surface against refitting every imputed data set.

Run ``OMP_NUM_THREADS=1 python tests/benchmarks/bench_conditional.py``. Both work on the synthetic
trial in growth-hormone deficiency. The grid of 11 deltas is evaluated once in closed form, and once
as multiple imputation has to: every delta is added to each of 20 completed data sets, each of which
is analysed by ANCOVA and pooled. Imputing and fitting come before and are timed by themselves.
"""

import time
from collections.abc import Callable
from typing import TypeVar

import numpy as np
import pandas as pd

from analysis.efficacy.analysis_data import analysis_data
from analysis.efficacy.settings import ControlledParameters, Settings, resolve
from analysis.stats import (
    contrast_reference,
    delta_surface,
    fit_ancova,
    imputation_frame,
    impute_conditional_means,
    impute_mar,
    pool_rubin,
    prepare_imputation,
    shift_imputed,
)
from analysis.stats.conditional_result import ConditionalMeans
from analysis.stats.tipping_surface import DeltaSurface

VISITS = ["Month 3", "Month 6", "Month 9", "Month 12"]
FACTORS, COVARIATES = ["REGION1", "SEX"], ["BASE", "AGE"]
DELTAS = np.linspace(-5.0, 5.0, 11)
Result = TypeVar("Result")


def timed(make: Callable[[], Result], *, repeat: int = 5) -> tuple[float, Result]:
    """Return the least CPU time of several calls, and what the last returned."""
    times = []
    for _ in range(repeat):
        start = time.process_time()
        made = make()
        times.append(time.process_time() - start)
    return min(times), made


def fit(data: pd.DataFrame) -> ConditionalMeans:
    """Impute conditional means under all assumptions, with the jackknife."""
    return impute_conditional_means(
        data, response="response", subject="USUBJID", visit="AVISIT", arm="arm",
        reference="Humatrope", visits=VISITS, factors=FACTORS, covariates=COVARIATES,
        structure="unstructured", weights="equal",
    )  # fmt: skip


def surface(found: ConditionalMeans, up: np.ndarray, across: np.ndarray) -> DeltaSurface:
    """Return the surface of a grid of deltas."""
    return delta_surface(
        found, arm="Valtropin", visit="Month 12", deltas=across.tolist(),
        reference_deltas=up.tolist(), which="all", std_errors="jackknife", limit="lower",
        threshold=-1.8, level=0.95,
    )  # fmt: skip


def refitted(data: pd.DataFrame) -> tuple[float, float, list[float]]:
    """Return the times to impute and to evaluate the grid data set by data set, and estimates."""
    ready = prepare_imputation(
        data, response="response", subject="USUBJID", visit="AVISIT", arm="arm", visits=VISITS,
        factors=FACTORS, covariates=COVARIATES, covariance="pooled",
    )  # fmt: skip
    first, drawn = timed(lambda: impute_mar(ready, n_imputations=20, seed=20260101), repeat=1)

    def pooled(delta: float) -> float:
        estimates, errors = [], []
        for each in drawn:
            moved = shift_imputed(each, ready, delta=delta, arms=["Valtropin"], which="all")
            frame = imputation_frame(moved, ready)
            fitted = fit_ancova(
                frame[frame["AVISIT"] == "Month 12"], response="response",
                factors=["arm", *FACTORS], covariates=COVARIATES, std_errors="model",
            )  # fmt: skip
            [found] = contrast_reference(
                fitted, "arm", reference="Humatrope", weights="equal", level=0.95, adjust="none"
            )
            estimates.append(found.estimate)
            errors.append(found.std_error)
        return pool_rubin(estimates, errors, df_complete=float(found.df), level=0.95).estimate

    grid, estimates = timed(lambda: [pooled(float(delta)) for delta in DELTAS], repeat=1)
    return first, grid, estimates


def main() -> None:
    """Print the times and their ratios."""
    run: Settings = resolve(ControlledParameters(trial="ghd"))
    data = analysis_data(run, visits=True)
    fitting, found = timed(lambda: fit(data))
    grid, closed = timed(lambda: surface(found, np.zeros(1), DELTAS))
    square = np.linspace(-5.0, 5.0, 21)
    whole, _ = timed(lambda: surface(fit(data), square, square))
    imputing, refits, estimates = refitted(data)
    gap = np.abs(closed.estimate[:, 0] - estimates).max()
    print(f"{found.n_subjects} participants, CPU seconds; largest difference {gap:.3f}")
    print(f"conditional means, five assumptions, jackknife: {fitting:.3f}")
    print(f"surface of 21 x 21 deltas with its fit: {whole:.3f}")
    print(f"20 imputations: {imputing:.3f}")
    print(f"grid of 11 deltas: in closed form {grid:.5f}, data set by data set {refits:.3f}")
    print(f"ratio {refits / grid:.0f}; with fit and imputations {(imputing + refits) / whole:.1f}")


if __name__ == "__main__":
    main()
