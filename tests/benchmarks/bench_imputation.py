"""Processor time of multiple imputation and of a grid of deltas, against one data set at a time.

Run ``OMP_NUM_THREADS=1 python tests/benchmarks/bench_imputation.py``. Both imputations are of 200
subjects at 5 visits with 12 gaps, 200 times, and draw parameters and gaps 101 times in turn. The
baseline makes one imputation after the other: it draws each regression from a QR decomposition of
all subjects and each gap from the joint normal law, pattern by pattern, as the project did before
imputations were made in batches; 10 of them are timed and counted 20 times. Where R has mice,
``mice(method = "norm", m = 200)`` is timed too, with its own default of 5 iterations.

The grid has 11 deltas at the last visit. Its baseline shifts, fits and pools every completed data
set at every delta by `shift_imputed`, `fit_ancova` and `pool_imputations`.
"""

import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
import pandas as pd
from comparison import Comparison
from scipy import linalg

from analysis.stats.ancova import fit_ancova
from analysis.stats.imputation import impute, impute_mar, shift_imputed
from analysis.stats.imputation_ancova import pool_ancova
from analysis.stats.imputation_draws import BURN_IN
from analysis.stats.imputation_methods import METHODS
from analysis.stats.imputation_model import ImputationData, prepare_imputation
from analysis.stats.rubin import pool_imputations

N_SUBJECTS, N_VISITS, N_GAPS, N_IMPUTATIONS, N_TIMED = 200, 5, 12, 200, 10
VISITS = [f"W{visit}" for visit in range(N_VISITS)]
DELTAS = np.linspace(0, -5, 11)
MICE = """
suppressMessages(library(mice))
data <- read.csv("{path}")
cat(sum(system.time(mice(data, m = {m}, method = "norm", printFlag = FALSE, seed = 1))[1:2]))
"""
Result = TypeVar("Result")


def make_trial(dropout: float = 0.0, size: int = N_SUBJECTS) -> ImputationData:
    """Return a trial of two arms with gaps before the last visit, and dropout if wished."""
    rng = np.random.default_rng(1)
    arm = np.resize(["Ref", "Test"], size)
    base = rng.normal(10, 2, size)
    own = rng.normal(0, 1, (size, 1))
    effect = (arm == "Test")[:, None] * np.linspace(0, 1, N_VISITS)
    values = base[:, None] + effect + own + rng.normal(0, 1, (size, N_VISITS))
    late = rng.random(values.shape) < dropout
    late[:, 0] = False
    values[np.cumsum(late, axis=1) > 0] = np.nan
    there = np.flatnonzero(~np.isnan(values[:, -1]))
    gaps = rng.choice(there, N_GAPS, replace=False)
    values[gaps, rng.integers(0, N_VISITS - 1, N_GAPS)] = np.nan
    wide = pd.DataFrame(values, columns=VISITS).assign(id=np.arange(size), arm=arm, base=base)
    return prepare_imputation(
        wide.melt(id_vars=["id", "arm", "base"], var_name="visit", value_name="y"),
        response="y", subject="id", visit="visit", arm="arm", visits=VISITS,
        covariates=["base"], covariance="pooled",
    )  # fmt: skip


def impute_alone(data: ImputationData, number: int) -> np.ndarray:
    """Make one imputation of the gaps by itself; there is no dropout."""
    rng = np.random.default_rng([1, number])
    missing = np.isnan(data.values)
    indicators = np.eye(len(data.arms))[data.arm_index]
    fixed = np.hstack([indicators, data.baseline])
    means = np.array([np.nanmean(data.values[data.arm_index == a], axis=0) for a in (0, 1)])
    filled = np.where(missing, means[data.arm_index], data.values)
    patterns = np.unique(missing[missing.any(axis=1)], axis=0)
    for _ in range(BURN_IN + 1):
        gamma = np.empty((N_VISITS, fixed.shape[1]))
        phi, variances = np.zeros((N_VISITS, N_VISITS)), np.empty(N_VISITS)
        for visit in range(N_VISITS):
            design = np.hstack([fixed, filled[:, :visit]])
            orthogonal, triangular = np.linalg.qr(design)
            effects = orthogonal.T @ filled[:, visit]
            residual = filled[:, visit] - orthogonal @ effects
            df = len(filled) - design.shape[1]
            variances[visit] = residual @ residual / rng.chisquare(df)
            noise = np.sqrt(variances[visit]) * rng.standard_normal(design.shape[1])
            drawn = linalg.solve_triangular(triangular, effects + noise)
            gamma[visit], phi[visit, :visit] = np.split(drawn, [fixed.shape[1]])
        whole = linalg.solve_triangular(np.eye(N_VISITS) - phi, np.eye(N_VISITS), lower=True)
        covariance = (whole * variances) @ whole.T
        deviations = filled - fixed @ gamma.T @ whole.T
        for pattern in patterns:
            rows = np.flatnonzero((missing == pattern).all(axis=1))
            given, wanted = np.flatnonzero(~pattern), np.flatnonzero(pattern)
            link = covariance[np.ix_(given, wanted)]
            slope = np.linalg.solve(covariance[np.ix_(given, given)], link)
            rest = covariance[np.ix_(wanted, wanted)] - link.T @ slope
            noise = rng.standard_normal((rows.size, wanted.size)) @ np.linalg.cholesky(rest).T
            there = np.ix_(rows, wanted)
            change = deviations[np.ix_(rows, given)] @ slope + noise - deviations[there]
            filled[there] += change
            deviations[there] += change
    return filled


def timed(run: Callable[[], Result]) -> tuple[float, Result]:
    """Return the seconds of processor time that something takes, and what it gives."""
    start = time.process_time()
    found = run()
    return time.process_time() - start, found


def time_of_mice(data: ImputationData) -> float | None:
    """Return the seconds of R's mice, None where R or mice is not installed."""
    if not shutil.which("Rscript"):
        return None
    frame = pd.DataFrame(data.values, columns=VISITS).assign(
        test=data.arm_index, base=data.subjects["base"]
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "wide.csv"
        frame.to_csv(path, index=False)
        code = MICE.format(path=path, m=N_IMPUTATIONS)
        done = subprocess.run(["Rscript", "-e", code], capture_output=True, text=True, check=False)
    return float(done.stdout) if done.returncode == 0 else None


def compare_imputation() -> None:
    """Print the times of gap imputation, and whether both give the same moments."""
    data = make_trial()
    impute_mar(data, n_imputations=2, seed=1)  # so that nothing is imported on the clock
    batch, found = timed(lambda: impute_mar(data, n_imputations=N_IMPUTATIONS, seed=1))
    alone, plain = timed(lambda: [impute_alone(data, number) for number in range(N_TIMED)])
    alone *= N_IMPUTATIONS / N_TIMED
    missing = np.isnan(data.values)
    values = np.array([item.values[missing] for item in found])
    apart = np.array([each[missing] for each in plain]).mean(axis=0) - values.mean(axis=0)
    away = np.abs(apart / values.std(axis=0) * np.sqrt(N_TIMED)).max()
    print(f"gaps, batches:           {batch:7.2f} s")
    print(f"gaps, one at a time:     {alone:7.2f} s, {alone / batch:.0f} times as long")
    print(f"  largest distance of the means of 12 gaps: {away:.1f} Monte Carlo errors")
    mice = time_of_mice(data)
    print(
        f"gaps, R mice, maxit = 5: {mice:7.2f} s, {mice / batch:.0f} times as long"
        if mice
        else "gaps, R mice:            not installed"
    )
    trial = make_trial(dropout=0.06)
    every, _ = timed(
        lambda: impute(trial, methods=METHODS, reference="Ref", n_imputations=N_IMPUTATIONS, seed=1)
    )
    print(f"gaps and dropout, all {len(METHODS)} methods: {every:.2f} s")


def alone(data: ImputationData) -> float:
    """Make a sample of the imputations one at a time, and say of how many."""
    for number in range(N_TIMED):
        impute_alone(data, number)
    return N_IMPUTATIONS / N_TIMED


def by_mice(data: ImputationData) -> float | None:
    """Impute by R's mice, which is a child of this process."""
    return None if time_of_mice(data) is None else 1.0


COMPARISONS = [
    Comparison(
        what=f"{N_IMPUTATIONS} imputations of 12 gaps", baseline=words, sizes=(100, 200, 400),
        of="participants", make=lambda size: make_trial(size=size), theirs=theirs, at=N_SUBJECTS,
        ours=lambda data: impute_mar(data, n_imputations=N_IMPUTATIONS, seed=1),
    )
    for words, theirs in (
        ("one imputation after the other", alone),
        ("R, mice, maxit = 5", by_mice),
    )
]  # fmt: skip


def compare_grid() -> None:
    """Print the times of the grid of deltas, and whether both give the same numbers."""
    data = make_trial(dropout=0.06)
    done = impute_mar(data, n_imputations=N_IMPUTATIONS, seed=1)

    def analysis(frame: pd.DataFrame) -> list:
        last = frame[frame["visit"] == VISITS[-1]]
        fit = fit_ancova(
            last, response="y", factors=["arm"], covariates=["base"], std_errors="model"
        )
        means = fit.ls_means("arm", weights="equal", level=0.95)
        return [*means, *fit.contrast(
            "arm", reference="Ref", weights="equal", level=0.95, adjust="none"
        )]  # fmt: skip

    def one_by_one() -> list[float]:
        found = []
        for delta in DELTAS:
            shifted = [
                shift_imputed(each, data, delta=delta, arms=["Test"], which="all") for each in done
            ]
            found += [each.lower for each in pool_imputations(shifted, data, analysis, level=0.95)]
        return found

    def at_once() -> list[float]:
        pooled = pool_ancova(
            done, data, visit=VISITS[-1], covariates=["base"], reference="Ref", weights="equal",
            level=0.95, arms=["Test"],
        )  # fmt: skip
        return list(pooled.grid(DELTAS)["lower"])

    at_once()
    grid, lower = timed(at_once)
    loop, expected = timed(one_by_one)
    apart = np.abs(np.subtract(lower, expected)).max()
    print(f"11 deltas, at once:      {grid:7.4f} s")
    print(f"11 deltas, one by one:   {loop:7.2f} s, {loop / grid:.0f} times as long")
    print(f"  largest difference of a limit: {apart:.1e}")


if __name__ == "__main__":
    compare_imputation()
    compare_grid()
