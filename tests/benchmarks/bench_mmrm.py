"""Time and memory of the mixed model against a straightforward per-subject implementation.

Run ``OMP_NUM_THREADS=1 python tests/benchmarks/bench_mmrm.py``. Both fit the same trial of
3,000 subjects and 5 visits with dropout, unstructured covariance, and give the Kenward-Roger
contrast at the last visit; the per-subject one uses the same Newton steps and the textbook
sums over subjects, with the exact Hessian.
"""

import resource
import sys
import time
import tracemalloc

import numpy as np
import pandas as pd

from analysis.stats.least_squares_means import contrast_reference
from analysis.stats.mmrm import fit_mmrm

N_SUBJECTS, N_VISITS = 3000, 5


def make_trial(seed: int = 1) -> pd.DataFrame:
    """Return a long trial with monotone dropout and some gaps."""
    rng = np.random.default_rng(seed)
    arm = np.resize(["Ref", "Test"], N_SUBJECTS)
    base = rng.normal(10, 2, N_SUBJECTS)
    lag = np.abs(np.subtract.outer(np.arange(N_VISITS), np.arange(N_VISITS)))
    root = np.linalg.cholesky(4 * 0.7**lag)
    values = base[:, None] + (arm == "Test")[:, None] * np.linspace(0, 1, N_VISITS)
    values = values + rng.normal(size=values.shape) @ root.T
    values[np.cumsum(rng.random(values.shape) < 0.06, axis=1) > 0] = np.nan
    values[rng.random(values.shape) < 0.02] = np.nan
    long = pd.DataFrame(values).assign(id=np.arange(N_SUBJECTS), arm=arm, base=base)
    return long.melt(id_vars=["id", "arm", "base"], var_name="visit", value_name="y").astype(
        {"visit": int}
    )


def fit_by_pattern(trial: pd.DataFrame) -> tuple[float, float, float]:
    """Return estimate, standard error and df of the last visit's contrast."""
    fit = fit_mmrm(
        trial,
        response="y",
        subject="id",
        visit="visit",
        factors=["arm", "visit"],
        covariates=["base"],
        interactions=[("arm", "visit"), ("base", "visit")],
        structure="unstructured",
        df_method="kenward-roger",
    )
    found = contrast_reference(
        fit, "arm", reference="Ref", weights="equal", level=0.95, adjust="none", by=["visit"]
    )[-1]
    return found.estimate, found.std_error, found.df


def fit_by_subject(trial: pd.DataFrame) -> tuple[float, float, float]:
    """Return the same three numbers, summing over subjects one by one."""
    kept = trial.dropna()
    visits = np.eye(N_VISITS)[kept["visit"].to_numpy()]
    test = (kept["arm"] == "Test").to_numpy(dtype=float)[:, None]
    base = (kept["base"].to_numpy() - kept["base"].mean())[:, None]
    design = np.hstack([visits, visits * test, visits * base])
    target = kept["y"].to_numpy()
    groups = list(kept.groupby("id").indices.values())
    subjects = [(design[g], target[g], kept["visit"].to_numpy()[g]) for g in groups]
    rows, columns = np.tril_indices(N_VISITS)
    basis = np.zeros((rows.size, N_VISITS, N_VISITS))
    for k, (i, j) in enumerate(zip(rows, columns, strict=True)):
        basis[k, i, j] = basis[k, j, i] = 1.0
    residual = target - design @ np.linalg.lstsq(design, target, rcond=None)[0]
    wide = kept.assign(r=residual).pivot(index="id", columns="visit", values="r")
    sigma = wide.cov().to_numpy()
    for _ in range(50):
        phi, p, q, gradient, hessian, beta = per_subject_sums(subjects, sigma, basis)
        if abs(gradient @ np.linalg.solve(hessian, gradient)) < 1e-12:
            break
        step = np.linalg.solve(hessian, gradient)
        shrink = 1.0
        while np.linalg.eigvalsh(sigma - shrink * np.tensordot(step, basis, 1))[0] <= 0:
            shrink /= 2
        sigma = sigma - shrink * np.tensordot(step, basis, 1)
    weight = 2 * np.linalg.inv(hessian)
    middle = np.einsum("kl,klij->ij", weight, q)
    middle -= np.einsum("kl,kij,jm,lmn->in", weight, p, phi, p, optimize=True)
    adjusted = phi + 2 * phi @ middle @ phi
    contrast = np.zeros(3 * N_VISITS)
    contrast[2 * N_VISITS - 1] = 1.0
    slope = -np.einsum("i,kij,j->k", phi @ contrast, p, phi @ contrast)
    df = 2 * (contrast @ phi @ contrast) ** 2 / (slope @ weight @ slope)
    return float(contrast @ beta), float(np.sqrt(contrast @ adjusted @ contrast)), float(df)


def per_subject_sums(subjects, sigma, basis):
    """Return (X'V^-1 X)^-1, P, Q, gradient, average-information Hessian and coefficients."""
    size, width = basis.shape[0], subjects[0][0].shape[1]
    normal, right = np.zeros((width, width)), np.zeros(width)
    for x, y, v in subjects:
        inverse = np.linalg.inv(sigma[np.ix_(v, v)])
        normal += x.T @ inverse @ x
        right += x.T @ inverse @ y
    phi = np.linalg.inv(normal)
    beta = phi @ right
    p, q = np.zeros((size, width, width)), np.zeros((size, size, width, width))
    gradient, log_part = np.zeros(size), np.zeros((size, size))
    along, bend = np.zeros((size, width)), np.zeros((size, size))
    for x, y, v in subjects:
        inverse = np.linalg.inv(sigma[np.ix_(v, v)])
        residual = y - x @ beta
        left = [inverse @ basis[k][np.ix_(v, v)] for k in range(size)]
        white = inverse @ x
        turned = [a @ white for a in left]
        shifted = [a @ inverse @ residual for a in left]
        for k in range(size):
            p[k] -= x.T @ turned[k]
            gradient[k] += np.trace(left[k]) - residual @ shifted[k]
            along[k] += x.T @ shifted[k]
            for m in range(size):
                q[k, m] += x.T @ left[k] @ turned[m]
                log_part[k, m] -= np.trace(left[k] @ left[m])
                bend[k, m] += 2 * residual @ left[k] @ shifted[m]
    gradient += np.einsum("ij,kji->k", phi, p)
    hessian = log_part + bend - 2 * along @ phi @ along.T
    hessian += np.einsum("ij,klji->kl", phi, q + q.swapaxes(0, 1))
    hessian -= np.einsum("ij,kjm,mn,lni->kl", phi, p, phi, p, optimize=True)
    return phi, p, q, gradient, hessian, beta


def main() -> None:
    """Print times, their ratio, memory and the agreement of the two."""
    trial = make_trial()
    fit_by_pattern(trial[trial["id"] < 100])  # imports and caches
    times = []
    for _ in range(3):
        start = time.perf_counter()
        fast = fit_by_pattern(trial)
        times.append(time.perf_counter() - start)
    peak_process = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    tracemalloc.start()
    fit_by_pattern(trial)
    peak = tracemalloc.get_traced_memory()[1] / 2**20
    tracemalloc.stop()
    start = time.perf_counter()
    slow = fit_by_subject(trial)
    slow_time = time.perf_counter() - start
    lines = [
        f"records      {trial['y'].notna().sum():8d}",
        f"by pattern   {min(times):8.3f} s   estimate, SE, df {fast}",
        f"by subject   {slow_time:8.3f} s   estimate, SE, df {slow}",
        f"ratio        {slow_time / min(times):8.1f}",
        f"memory       {peak:8.1f} MB in the fit, {peak_process:.0f} MB the whole process",
    ]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
