"""Between-study variance in y = X b + u + e, var(e) = V, var(u) = tau² G.

Pairwise meta-analysis has X = 1, G = I and a diagonal V; a network has blocks for trials with
several arms. Both use the estimators here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy import linalg, optimize, special

from analysis.brief import brief
from analysis.errors import UserError
from analysis.stats._checks import Array

INTERVALS = ("normal", "hartung-knapp", "hartung-knapp-adhoc")
IDENTICAL = 1e-10
"""Estimates that differ by less, relatively, are one: what is left is rounding."""
TAU2_METHODS = (
    *("fixed", "dersimonian-laird", "reml", "ml", "paule-mandel"),
    *("hedges-olkin", "hunter-schmidt", "sidik-jonkman"),
)


@brief
@dataclass(frozen=True, slots=True)
class GeneralisedLeastSquares:
    """A fit at one value of tau².

    Attributes
    ----------
    coefficients, covariance
        Estimates and their covariance matrix.
    q, total
        Weighted sums of squares: of the residuals, and of the contrasts themselves.
    projection
        P = W − W X (X'WX)⁻¹ X'W, with W the inverse of V + tau² G.
    """

    coefficients: Array
    covariance: Array
    q: float
    total: float
    projection: Array


@brief
@dataclass(frozen=True, slots=True)
class Heterogeneous:
    """The data of the model: contrasts, design, sampling covariance, between-study structure."""

    y: Array
    x: Array
    v: Array
    g: Array

    @property
    def df(self) -> int:
        """Residual degrees of freedom."""
        return int(self.y.size - self.x.shape[1])

    def fit(self, tau2: float) -> GeneralisedLeastSquares:
        """Fit by generalised least squares at a given tau²."""
        factor = linalg.cho_factor(self.v + tau2 * self.g, lower=True)
        wx = linalg.cho_solve(factor, self.x)
        w = linalg.cho_solve(factor, np.eye(self.y.size))
        covariance = linalg.inv(self.x.T @ wx)
        coefficients = covariance @ (wx.T @ self.y)
        # From the residuals: y' P y loses the digits that equal estimates have in common.
        residual = self.y - self.x @ coefficients
        return GeneralisedLeastSquares(
            coefficients=coefficients,
            covariance=covariance,
            q=max(float(residual @ w @ residual), 0.0),
            total=float(self.y @ w @ self.y),
            projection=w - wx @ covariance @ wx.T,
        )

    def q(self, tau2: float) -> float:
        """Give the generalised Q statistic at a given tau²; it falls as tau² rises."""
        return self.fit(tau2).q

    def upper_bound(self) -> float:
        """Give a tau² that exceeds every estimate, whatever the origin of the scale."""
        residual = self.y - self.x @ np.linalg.lstsq(self.x, self.y)[0]
        return 10 * float(residual @ residual + np.diag(self.v).max())


def estimate_tau2(model: Heterogeneous, method: str) -> float:
    """Estimate the between-study variance; 0 is the least value.

    Notes
    -----
    ``dersimonian-laird`` is the moment estimator (Q − df) / tr(P0 G). ``paule-mandel`` makes the
    generalised Q equal to its degrees of freedom. ``reml`` and ``ml`` maximise the (restricted)
    likelihood: it is scanned over a grid, so that a second maximum is not missed, and its score
    solved to machine precision in the best cell. ``hedges-olkin`` is the moment estimator without
    weights, ``hunter-schmidt`` (Q − k) / Σw, ``sidik-jonkman`` starts from the variance of the
    estimates and is never 0 (Viechtbauer 2005).
    """
    if method == "fixed":
        return 0.0
    if model.df < 1:
        raise UserError(
            "tau² is not estimable: there are no more contrasts than effects; use method='fixed'."
        )
    return max(_ESTIMATORS[method](model), 0.0)


def _dersimonian_laird(model: Heterogeneous) -> float:
    fixed = model.fit(0.0)
    return (fixed.q - model.df) / float((fixed.projection * model.g).sum())


def _hunter_schmidt(model: Heterogeneous) -> float:
    fixed = model.fit(0.0)
    return (fixed.q - model.y.size) / float((np.linalg.inv(model.v) * model.g).sum())


def _hedges_olkin(model: Heterogeneous) -> float:
    plain = Heterogeneous(model.y, model.x, np.eye(model.y.size), model.g).fit(0.0)
    excess = plain.q - float((plain.projection * model.v).sum())
    return excess / float((plain.projection * model.g).sum())


def _sidik_jonkman(model: Heterogeneous) -> float:
    plain = Heterogeneous(model.y, model.x, np.eye(model.y.size), model.g).fit(0.0)
    start = plain.q / model.y.size
    return start * model.q(start) / model.df if start > 0 else 0.0


def solve_q(model: Heterogeneous, target: float) -> float:
    """Find the tau² at which the generalised Q equals `target`; 0 when Q is below it already."""
    if model.q(0.0) <= target:
        return 0.0
    high = model.upper_bound()
    while model.q(high) > target:
        high *= 10
    return float(optimize.brentq(lambda t: model.q(t) - target, 0.0, high, xtol=1e-300))


def _likeliest(model: Heterogeneous, *, restricted: bool) -> float:
    """Maximise the likelihood, or the restricted one, over tau² ≥ 0."""
    high = model.upper_bound()
    grid = np.concatenate([[0.0], np.geomspace(1e-9, 1.0, 60) * high])
    best = int(np.argmax([_log_likelihood(model, t, restricted=restricted) for t in grid]))
    score = partial(_score, model, restricted=restricted)
    low, top = grid[max(best - 1, 0)], grid[min(best + 1, grid.size - 1)]
    if score(low) <= 0 or score(top) >= 0:
        # The likelihood falls from 0 on, or is flat within a cell: the grid has the maximum.
        return float(grid[best])
    return float(optimize.brentq(score, low, top, xtol=1e-300))


def _log_likelihood(model: Heterogeneous, tau2: float, *, restricted: bool) -> float:
    """Give the log-likelihood but for a constant."""
    fit = model.fit(tau2)
    log_det = float(np.linalg.slogdet(model.v + tau2 * model.g)[1])
    if restricted:
        log_det -= float(np.linalg.slogdet(fit.covariance)[1])
    return -(log_det + fit.q) / 2


def _score(model: Heterogeneous, tau2: float, *, restricted: bool) -> float:
    """Give the derivative of the log-likelihood."""
    p = model.fit(tau2).projection
    residual = p @ model.y
    weight = p if restricted else np.linalg.inv(model.v + tau2 * model.g)
    return float(residual @ model.g @ residual - (weight * model.g).sum()) / 2


_ESTIMATORS: dict[str, Callable[[Heterogeneous], float]] = {
    "dersimonian-laird": _dersimonian_laird,
    "reml": partial(_likeliest, restricted=True),
    "ml": partial(_likeliest, restricted=False),
    "paule-mandel": lambda model: solve_q(model, model.df),
    "hedges-olkin": _hedges_olkin,
    "hunter-schmidt": _hunter_schmidt,
    "sidik-jonkman": _sidik_jonkman,
}


def scatter_factor(fit: GeneralisedLeastSquares, df: int, interval: str) -> float:
    """Give Hartung and Knapp's factor of the variance, Q over its degrees of freedom.

    Raises
    ------
    UserError
        When the estimates differ by rounding alone: by less than 1e-10 of themselves, or of their
        standard errors.
    """
    if interval.endswith("adhoc"):
        return max(fit.q / df, 1.0)
    if fit.q <= IDENTICAL**2 * (fit.total + df):
        raise UserError(
            "the estimates are identical, or agree exactly, so the Hartung-Knapp interval would "
            "have no width; use interval='hartung-knapp-adhoc'."
        )
    return fit.q / df


def q_profile(model: Heterogeneous, level: float) -> tuple[float | None, float | None]:
    """Give the tau² at which Q meets the upper and the lower chi-squared quantile."""
    if model.df < 1:
        return None, None
    tail = (1 - level) / 2
    upper = float(special.chdtri(model.df, 1 - tail))
    return solve_q(model, float(special.chdtri(model.df, tail))), solve_q(model, upper)


def chi2_p(q: float, df: int) -> float | None:
    """Give the upper tail of chi-squared; None without degrees of freedom."""
    return float(special.chdtrc(df, q)) if df else None


def typical_variance(v: Array) -> float:
    """Give the typical within-study variance of Higgins and Thompson (2002)."""
    w = np.sort(v.min() / v)[::-1]
    # (sum w)² − sum w² as a sum of products, which cannot cancel when one study has all weight.
    products = 2 * (w[1:] @ np.cumsum(w)[:-1])
    return float(v.min() * (v.size - 1) * w.sum() / products)
