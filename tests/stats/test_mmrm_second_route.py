"""The mixed model against a second, slow implementation that shares none of its formulas.

The second route builds the dense covariance matrix of all records, evaluates the restricted
likelihood through the error contrasts of an orthogonal complement (Patterson and Thompson's
definition), differentiates numerically, and takes Kenward and Roger's matrices from their
definition with dense matrices.
"""

import numpy as np
import pandas as pd
import pytest
from scipy import linalg, optimize

from analysis.stats import covariance_patterns as patterns
from analysis.stats.covariance_patterns import Pattern
from analysis.stats.covariance_structures import STRUCTURES, covariance_structure
from analysis.stats.least_squares_means import contrast_reference
from analysis.stats.mmrm import fit_mmrm


def trial(seed: int, n: int = 40, t: int = 3) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    arm = np.resize(["A", "B"], n)
    base = rng.normal(0, 1, n)
    root = np.linalg.cholesky(0.5 ** np.abs(np.subtract.outer(range(t), range(t))))
    noise = (rng.normal(size=(n, t)) @ root.T) * np.array([1.0, 1.4, 1.9, 2.0])[:t]
    values = base[:, None] + (arm == "B")[:, None] * np.arange(t) + noise
    values[rng.random((n, t)) < 0.2] = np.nan
    rows = [(i, arm[i], base[i], j, values[i, j]) for i in range(n) for j in range(t)]
    return pd.DataFrame(rows, columns=["id", "arm", "base", "visit", "y"]).dropna()


class DenseModel:
    """REML by error contrasts and numerical derivatives."""

    def __init__(self, frame: pd.DataFrame, structure: str) -> None:
        self.y = frame["y"].to_numpy()
        visits = frame["visit"].to_numpy()
        arm = (frame["arm"] == "B").to_numpy(dtype=float)
        dummies = [(visits == v).astype(float) for v in sorted(set(visits))]
        self.x = np.column_stack([*dummies, *(arm * d for d in dummies), frame["base"]])
        same = np.equal.outer(frame["id"].to_numpy(), frame["id"].to_numpy())
        self.blocks = same * 1.0
        self.visits = visits
        self.form = covariance_structure(structure, sorted(set(visits)))
        q, _ = np.linalg.qr(self.x, mode="complete")
        self.contrasts = q[:, self.x.shape[1] :]

    def v(self, theta: np.ndarray) -> np.ndarray:
        return self.blocks * self.form.matrix(theta)[np.ix_(self.visits, self.visits)]

    def minus2(self, theta: np.ndarray) -> float:
        k = self.contrasts
        try:
            factor = np.linalg.cholesky(k.T @ self.v(theta) @ k)
        except np.linalg.LinAlgError:
            return 1e10
        white = linalg.solve_triangular(factor, k.T @ self.y, lower=True)
        return k.shape[1] * np.log(2 * np.pi) + 2 * np.log(np.diag(factor)).sum() + white @ white

    def phi(self, theta: np.ndarray) -> np.ndarray:
        return np.linalg.inv(self.x.T @ np.linalg.solve(self.v(theta), self.x))

    def beta(self, theta: np.ndarray) -> np.ndarray:
        return self.phi(theta) @ self.x.T @ np.linalg.solve(self.v(theta), self.y)


def numerical_hessian(function, point: np.ndarray, relative: float = 2e-3) -> np.ndarray:
    """Fourth-order mixed differences by Richardson extrapolation."""
    size = point.size

    def second(h: np.ndarray) -> np.ndarray:
        out = np.empty((size, size))
        for i in range(size):
            for j in range(size):
                a, b = np.eye(size)[i] * h, np.eye(size)[j] * h
                terms = function(point + a + b) - function(point + a - b)
                terms += -function(point - a + b) + function(point - a - b)
                out[i, j] = terms / (4 * h[i] * h[j])
        return out

    step = relative * np.maximum(np.abs(point), 0.2)
    return (4 * second(step / 2) - second(step)) / 3


@pytest.mark.parametrize("structure", STRUCTURES)
def test_estimates_standard_errors_and_df_agree_with_dense_reml(structure: str) -> None:
    frame = trial(4)
    fits = {
        method: fit_mmrm(
            frame,
            response="y",
            subject="id",
            visit="visit",
            factors=["arm", "visit"],
            covariates=["base"],
            interactions=[("arm", "visit")],
            structure=structure,
            df_method=method,
        )
        for method in ("satterthwaite", "kenward-roger", "kenward-roger-linear")
    }
    found = {
        method: contrast_reference(
            fit, "arm", reference="A", weights="equal", level=0.95, adjust="none", by=["visit"]
        )[2]
        for method, fit in fits.items()
    }
    dense = DenseModel(frame, structure)
    theta = fits["satterthwaite"].parameters
    # no direction improves the dense likelihood
    polished = optimize.minimize(
        dense.minus2, theta, method="Nelder-Mead", options={"xatol": 1e-7, "fatol": 1e-10}
    )
    assert dense.minus2(theta) <= polished.fun + 1e-7
    np.testing.assert_allclose(polished.x, theta, rtol=2e-4, atol=2e-4)
    contrast = np.array([0, 0, 0, 0, 0, 1.0, 0])
    phi = dense.phi(theta)
    for item in found.values():
        np.testing.assert_allclose(item.estimate, contrast @ dense.beta(theta), rtol=1e-8)
    variance = contrast @ phi @ contrast
    np.testing.assert_allclose(found["satterthwaite"].std_error, np.sqrt(variance), rtol=1e-8)
    # Satterthwaite: 2 v^2 / Var(v), everything numerical
    covariance = 2 * np.linalg.inv(numerical_hessian(dense.minus2, theta))
    step = 1e-5 * np.maximum(np.abs(theta), 0.1)
    slope = [
        (contrast @ (dense.phi(theta + s) - dense.phi(theta - s)) @ contrast) / (2 * s.sum())
        for s in np.diag(step)
    ]
    expected_df = 2 * variance**2 / (slope @ covariance @ np.array(slope))
    for item in found.values():
        np.testing.assert_allclose(item.df, expected_df, rtol=2e-4)
    for method in ("kenward-roger", "kenward-roger-linear"):
        adjusted = kenward_roger_covariance(dense, theta, covariance, method == "kenward-roger")
        np.testing.assert_allclose(
            found[method].std_error, np.sqrt(contrast @ adjusted @ contrast), rtol=2e-5
        )


def kenward_roger_covariance(
    dense: DenseModel, theta: np.ndarray, covariance: np.ndarray, second: bool
) -> np.ndarray:
    """Phi + 2 Phi [sum W_ij (Q_ij - P_i Phi P_j - R_ij / 4)] Phi from dense matrices."""
    phi, inverse = dense.phi(theta), np.linalg.inv(dense.v(theta))
    h = 1e-4 * np.maximum(np.abs(theta), 0.5)
    unit = np.diag(h)
    slopes = [(dense.v(theta + s) - dense.v(theta - s)) / (2 * s.sum()) for s in unit]
    half = inverse @ dense.x
    p = [-half.T @ d @ half for d in slopes]
    total = np.zeros_like(phi)
    for i in range(theta.size):
        for j in range(theta.size):
            term = half.T @ slopes[i] @ inverse @ slopes[j] @ half - p[i] @ phi @ p[j]
            if second:
                a, b = unit[i], unit[j]
                bend = dense.v(theta + a + b) - dense.v(theta + a - b)
                bend += dense.v(theta - a - b) - dense.v(theta - a + b)
                term -= half.T @ (bend / (4 * h[i] * h[j])) @ half / 4
            total += covariance[i, j] * term
    return phi + 2 * phi @ total @ phi


@pytest.mark.parametrize("structure", STRUCTURES)
@pytest.mark.parametrize("size", [2, 3, 5])
def test_derivatives_of_structures_are_those_of_differences(structure: str, size: int) -> None:
    form = covariance_structure(structure, list(range(size)))
    rng = np.random.default_rng(size)
    theta = np.array(
        [
            rng.uniform(-0.4, 0.4) if name.startswith("correlation") else rng.uniform(1.5, 2.5)
            for name in form.parameter_names
        ]
    )
    _, first, second = form.expand(theta)
    for k, step in enumerate(np.eye(theta.size) * 1e-5):
        above, below = form.expand(theta + step), form.expand(theta - step)
        np.testing.assert_allclose(first[k], (above[0] - below[0]) / 2e-5, atol=1e-8)
        bend = (above[1] - below[1]) / 2e-5
        np.testing.assert_allclose(0 if second is None else second[k], bend, atol=1e-7)
        np.testing.assert_array_equal(above[0], above[0].T)


def variance_before_and_after(visits: list[str]) -> Pattern:
    """Planted: the first visit has one variance, all later visits share another."""
    own = patterns.own_variances(visits)
    share = np.column_stack([np.arange(len(visits)) == 0, np.arange(len(visits)) > 0]) * 1.0

    def expand(variances):
        matrix, first, second = own.expand(share @ variances)
        return (
            matrix,
            np.tensordot(share.T, first, 1),
            np.einsum("ki,lj,klab->ijab", share, share, second),
        )

    return Pattern(
        parameter_names=("variance(first)", "variance(later)"),
        expand=expand,
        project=lambda matrix: np.diag(matrix) @ share / share.sum(axis=0),
    )


def test_a_new_structure_is_one_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = patterns.product(variance_before_and_after, patterns.common_correlation)
    monkeypatch.setitem(STRUCTURES, "before and after", entry)
    test_derivatives_of_structures_are_those_of_differences("before and after", 4)
    test_estimates_standard_errors_and_df_agree_with_dense_reml("before and after")


def test_saturated_model_with_monotone_dropout_equals_factored_regressions() -> None:
    # ML of monotone normal data factors into regressions; REML does not, but the generalised
    # least-squares means at the REML covariance must satisfy the same normal equations
    frame = trial(9, n=60)
    fit = fit_mmrm(
        frame,
        response="y",
        subject="id",
        visit="visit",
        factors=["arm", "visit"],
        interactions=[("arm", "visit")],
        structure="unstructured",
        df_method="satterthwaite",
    )
    sigma = fit.visit_covariance
    normal, right = np.zeros((6, 6)), np.zeros(6)
    for _, part in frame.groupby("id"):
        rows = np.zeros((len(part), 6))
        rows[np.arange(len(part)), part["visit"] + 3 * (part["arm"] == "B")] = 1
        weight = np.linalg.inv(sigma[np.ix_(part["visit"], part["visit"])])
        normal += rows.T @ weight @ rows
        right += rows.T @ weight @ part["y"].to_numpy()
    means = np.linalg.solve(normal, right)
    found = contrast_reference(
        fit, "arm", reference="A", weights="equal", level=0.95, adjust="none", by=["visit"]
    )
    np.testing.assert_allclose([f.estimate for f in found], means[3:] - means[:3], rtol=1e-8)
