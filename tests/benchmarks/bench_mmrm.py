"""Time and memory of the mixed model, against a plain implementation and another checkout.

Run ``OMP_NUM_THREADS=1 python tests/benchmarks/bench_mmrm.py``. Both fit the same trial of
3,000 subjects and 5 visits with dropout, unstructured covariance, and give the Kenward-Roger
contrast at the last visit; the per-subject one uses the same Newton steps and the textbook
sums over subjects, with the exact Hessian. Then 500 subjects with 10 and with 14 visits.

With ``--against FOLDER`` a checkout of another version fits the trial of 500 x 10, and ``--many``
makes it fit that of 500 x 14, too; times are those of the processor, each in a process of its own.
"""

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import tracemalloc
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from comparison import Comparison

from analysis.stats.least_squares_means import contrast_reference
from analysis.stats.mmrm import fit_mmrm

N_SUBJECTS, N_VISITS = 3000, 5


def make_trial(n: int = N_SUBJECTS, visits: int = N_VISITS, seed: int = 1) -> pd.DataFrame:
    """Return a long trial with monotone dropout and some gaps."""
    rng = np.random.default_rng(seed)
    arm = np.resize(["Ref", "Test"], n)
    base = rng.normal(10, 2, n)
    lag = np.abs(np.subtract.outer(np.arange(visits), np.arange(visits)))
    root = np.linalg.cholesky(4 * 0.7**lag)
    values = base[:, None] + (arm == "Test")[:, None] * np.linspace(0, 1, visits)
    values = values + rng.normal(size=values.shape) @ root.T
    values[np.cumsum(rng.random(values.shape) < 0.06, axis=1) > 0] = np.nan
    values[rng.random(values.shape) < 0.02] = np.nan
    long = pd.DataFrame(values).assign(id=np.arange(n), arm=arm, base=base)
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


GLS = """
suppressMessages(library(nlme))
trial <- na.omit(read.csv("{path}"))
trial$visit <- factor(trial$visit)
cat(sum(system.time(gls(y ~ arm * visit + base * visit, trial, method = "REML",
  correlation = corSymm(form = ~ as.integer(visit) | id),
  weights = varIdent(form = ~ 1 | visit)))[1:2]))
"""
GLMMTMB = """
suppressMessages(library(glmmTMB))
trial <- na.omit(read.csv("{path}"))
trial$visit <- factor(trial$visit)
cat(sum(system.time(glmmTMB(y ~ arm * visit + base * visit + us(0 + visit | id), trial,
  dispformula = ~ 0, REML = TRUE))[1:2]))
"""


def by_r(code: str, trial: pd.DataFrame) -> float | None:
    """Fit in R, whose time is that of a child; None where R or its package is not installed."""
    if not shutil.which("Rscript"):
        return None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "trial.csv"
        trial.to_csv(path, index=False)
        command = ["Rscript", "-e", code.format(path=path)]
        done = subprocess.run(command, capture_output=True, check=False)
    return None if done.returncode else 1.0


def per_subject(trial: pd.DataFrame) -> float:
    """Fit subject by subject, all of it."""
    fit_by_subject(trial)
    return 1.0


FITS = {
    "sums over subjects one by one": per_subject,
    "R, nlme::gls without Kenward–Roger": partial(by_r, GLS),
    "R, glmmTMB without Kenward–Roger": partial(by_r, GLMMTMB),
}
COMPARISONS = [
    Comparison(
        what="Mixed model, 5 visits, Kenward–Roger", baseline=words, sizes=(300, 1000, 3000),
        of="participants", make=make_trial, ours=fit_by_pattern, theirs=fit, at=1000,
    )
    for words, fit in FITS.items()
]  # fmt: skip


def measured(visits: int) -> dict[str, float]:
    """Return processor seconds and peak megabytes of a fit of 500 subjects, and its numbers."""
    fit_by_pattern(make_trial(100, 3))  # imports and caches
    trial = make_trial(500, visits)
    start = time.process_time()
    estimate, std_error, df = fit_by_pattern(trial)
    seconds = time.process_time() - start
    tracemalloc.start()
    fit_by_pattern(trial)
    peak = tracemalloc.get_traced_memory()[1] / 2**20
    return {"s": seconds, "MB": peak, "estimate": estimate, "SE": std_error, "df": df}


def elsewhere(folder: str, visits: int) -> dict[str, float]:
    """Return what `measured` returns, of the code in another folder."""
    options = {"PYTHONPATH": folder, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, __file__, "--measure", str(visits)]
    said = subprocess.run(command, env=os.environ | options, check=True, capture_output=True)
    return json.loads(said.stdout)


def many_visits(others: dict[str, str], visits: int) -> None:
    """Print time and memory with many visits, here and in other checkouts."""
    here = elsewhere(str(Path(__file__).parents[2]), visits)
    print(f"500 x {visits:2d}     {here['s']:8.3f} s   {here['MB']:8.1f} MB in the fit")
    for name, folder in others.items():
        other = elsewhere(folder, visits)
        off = max(abs(other[key] / here[key] - 1) for key in ("estimate", "SE", "df"))
        print(
            f"  {name:9}  {other['s']:8.3f} s   {other['MB']:8.1f} MB   ratio "
            f"{other['s'] / here['s']:.1f}, numbers differ by {off:.1e} of themselves"
        )


def main() -> None:
    """Print times, their ratio, memory and the agreement of the two."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--against", metavar="FOLDER", help="another checkout")
    parser.add_argument("--many", action="store_true", help="14 visits in it, too: minutes")
    parser.add_argument("--measure", type=int, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.measure:
        print(json.dumps(measured(asked.measure)))
        return
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
    print("\n".join(lines))
    others = {"against": asked.against} if asked.against else {}
    many_visits(others, 10)
    many_visits(others if asked.many else {}, 14)


if __name__ == "__main__":
    main()
