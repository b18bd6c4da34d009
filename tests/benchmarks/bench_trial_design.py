"""Simulated trials: the engine against loops of statsmodels fits, in time and in memory.

Run ``python tests/benchmarks/bench_trial_design.py``. Trials of 88 v 41 participants with two
covariates. The engine simulates and analyses 100,000 of them from the laws of their sums, and by
way of every participant; the loops fit a sample of trials whose participants the engine drew, by
arrays and by a formula. Every way is timed as CPU time per trial, and each ratio is that to the
engine. Peak memory is that of a process of its own which does nothing else. Workers and a Dask
cluster on this machine have to give the same bytes, or it stops.
"""

import hashlib
import multiprocessing
import resource
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from comparison import Comparison

from analysis.cluster import Opened, cluster
from analysis.stats.ancova_many import adjusted_differences, moments_of
from analysis.stats.laws import t_isf
from analysis.trial_design.designs import MeansDesign
from analysis.trial_design.engine import CHUNK, simulate

TRIALS, SAMPLE, FORMULAS, SEED = 100_000, 300, 40, 20260424
BLOCK = 250
DESIGN = MeansDesign(
    n_test=88, n_reference=41, effect=0.09, margin=1.8, direction="higher", alpha=0.025, sd=2.9,
    correlation=0.6, covariates=2,
)  # fmt: skip


@dataclass(frozen=True)
class ByParticipants:
    """The same trials by way of their participants."""

    design: MeansDesign

    def draw(self, rng: np.random.Generator, trials: int) -> np.ndarray:
        """Draw every participant, sum up, analyse; by blocks that stay in the cache."""
        parts = [self.some(rng, min(BLOCK, trials - at)) for at in range(0, trials, BLOCK)]
        return np.concatenate(parts, axis=1)

    def some(self, rng: np.random.Generator, trials: int) -> np.ndarray:
        """Draw and analyse a few trials."""
        found = adjusted_differences(moments_of(self.design.patients(rng, trials), 88))
        lower = found.estimates - float(t_isf(0.025, found.dfs[0])) * found.std_errors
        return np.stack([found.estimates, lower > -self.design.margin])


def per_trial(make: Callable[[], Any], trials: int, *, repeat: int = 3) -> float:
    """Return the least CPU time of several calls, in microseconds a trial."""
    times = []
    for _ in range(repeat):
        start = time.process_time()
        make()
        times.append(time.process_time() - start)
    return 1e6 * min(times) / trials


def sample() -> np.ndarray:
    """Return the participants of the trials that the loops fit."""
    return DESIGN.patients(np.random.default_rng(SEED), SAMPLE)


def by_arrays(values: np.ndarray) -> np.ndarray:
    """Fit each trial of a sample by statsmodels' OLS of arrays: estimates and errors."""
    import statsmodels.api as sm

    arm = np.repeat([1.0, 0.0], [88, 41])
    found = []
    for trial in range(values.shape[2]):
        base, age, response = values[:, :, trial]
        fit = sm.OLS(response, np.column_stack([np.ones(129), arm, base, age])).fit()
        found.append((fit.params[1], fit.bse[1]))
    return np.array(found)


def by_formula(values: np.ndarray) -> np.ndarray:
    """Fit each trial of a sample by statsmodels' OLS of a formula: estimates and errors."""
    import pandas as pd
    import statsmodels.formula.api as smf

    arm = np.repeat([1.0, 0.0], [88, 41])
    found = []
    for trial in range(values.shape[2]):
        frame = pd.DataFrame(values[:, :, trial].T, columns=["base", "age", "y"]).assign(arm=arm)
        fit = smf.ols("y ~ arm + base + age", frame).fit()
        found.append((fit.params["arm"], fit.bse["arm"]))
    return np.array(found)


def engine(trials: int = TRIALS, workers: Opened | None = None) -> str:
    """Simulate by the engine; return the hash of its bytes."""
    [found] = simulate([DESIGN], trials, seed=SEED, workers=workers)
    return hashlib.sha256(found.tobytes()).hexdigest()


def asked(trials: int) -> tuple[int, np.ndarray]:
    """Return how many trials there are to be, and a sample for the loops; import theirs."""
    import statsmodels.formula.api  # noqa: F401

    return trials, sample()


def loop(
    fit: Callable[[np.ndarray], np.ndarray], count: int, data: tuple[int, np.ndarray]
) -> float:
    """Fit some of the sample, and say of how many times as many trials."""
    trials, values = data
    fit(values[:, :, :count])
    return trials / count


COMPARISONS = [
    Comparison(
        what="Simulated trials of 129, ANCOVA with two covariates",
        baseline=f"a loop of statsmodels OLS, {how}", sizes=(25_000, TRIALS, 400_000),
        of="trials", make=asked, ours=lambda data: engine(data[0]),
        theirs=partial(loop, fit, count), at=TRIALS,
    )
    for how, fit, count in (("arrays", by_arrays, SAMPLE), ("formula", by_formula, FORMULAS))
]  # fmt: skip


def peak(trials: int) -> tuple[float, float]:
    """Return the megabytes of this process before and after it simulates."""
    scale = 1024.0
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / scale
    engine(trials)
    return before, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / scale


def alone(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function in a process of its own."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()


def same_bytes() -> list[str]:
    """Simulate alone, by 1, 2 and 4 workers, and by a Dask cluster; stop where bytes differ."""
    from distributed import LocalCluster

    expected, said = engine(), ["1 process"]
    for workers in (1, 2, 4):
        with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as pool:
            assert engine(workers=Opened(pool)) == expected, workers
        said.append(f"{workers} worker{'s' if workers > 1 else ''}")
    with (
        LocalCluster(2, threads_per_worker=1, dashboard_address=":0") as there,
        cluster(there.scheduler_address) as opened,
    ):
        assert engine(workers=opened) == expected, "Dask"
    return [*said, "a Dask cluster of 2"]


def main() -> None:
    """Print times per trial, ratios, growth, peak memory and who gave the same bytes."""
    values = sample()
    found = adjusted_differences(moments_of(values, 88))
    own = np.stack([found.estimates, found.std_errors], axis=1)
    far = [np.abs(own[:count] - fit(values[:, :, :count])).max()
           for fit, count in ((by_arrays, SAMPLE), (by_formula, FORMULAS))]  # fmt: skip
    sums = per_trial(engine, TRIALS)
    drawn = ByParticipants(DESIGN)
    whole = per_trial(lambda: simulate([drawn], TRIALS, seed=SEED), TRIALS, repeat=2)
    chunk = DESIGN.patients(np.random.default_rng(SEED), CHUNK)
    fits = per_trial(lambda: adjusted_differences(moments_of(chunk, 88)), CHUNK, repeat=50)
    arrays = per_trial(lambda: by_arrays(values), SAMPLE)
    formulas = per_trial(lambda: by_formula(values[:, :, :FORMULAS]), FORMULAS)
    print("100,000 trials of 88 v 41, ANCOVA with two covariates; CPU time a trial")
    rows = [("engine, from the laws of the sums", sums), ("engine, every participant", whole),
            ("engine, the fits alone", fits), ("statsmodels OLS, arrays", arrays),
            ("statsmodels OLS, formula", formulas)]  # fmt: skip
    for name, each in rows:
        print(f"{name:36}{each:10.2f} µs{each / sums:10.0f} ×{each / whole:8.1f} × by participants")
    print(f"largest difference from statsmodels: {far[0]:.1e} (arrays), {far[1]:.1e} (formula)")
    for trials in (TRIALS // 4, TRIALS, 4 * TRIALS):
        before, after = alone(peak, trials)
        print(f"peak memory, {trials:7,} trials: {after:5.0f} MB ({before:.0f} before)")
    print(f"same bytes: {', '.join(same_bytes())}")


if __name__ == "__main__":
    main()
