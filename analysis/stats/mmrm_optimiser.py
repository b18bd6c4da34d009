"""Newton's method for the (restricted) likelihood, with exact derivatives and safe steps."""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from analysis.brief import brief
from analysis.stats._checks import Array
from analysis.stats.covariance_patterns import Pattern
from analysis.stats.mmrm_likelihood import (
    Curvature,
    Likelihood,
    evaluate_curvature,
    evaluate_likelihood,
)
from analysis.stats.mmrm_moments import PatternMoments

MAX_ITERATIONS = 100
# gradient in units of its own information, divided by the square root of the number of
# records; it bounds how far, in standard errors, the parameters are from the maximum
GRADIENT_TOLERANCE = 1e-8
# steps go on to here as long as they still help: Newton gets there in one more
POLISHED = 1e-11
# smallest eigenvalue of the correlation matrix that still counts as a covariance matrix
SINGULAR = 1e-8
# smallest standard deviation of a visit, relative to the largest, that is not yet zero
COLLAPSED = 1e-11
# margins of the starting values: the first keeps strong correlations as they are, the second
# is for patterns of missing visits whose pairwise covariances hardly fit together
START_MARGINS = (1e-7, 0.02)


class FitFailure(Exception):
    """Raised for a covariance structure that cannot be fitted; the message says why."""


@brief
@dataclass(frozen=True, slots=True, kw_only=True)
class CovarianceFit:
    """A maximum of the (restricted) likelihood.

    Attributes
    ----------
    parameters : numpy.ndarray
        Covariance parameters.
    point : Likelihood
        Value, coefficients and inverse information there.
    curvature : Curvature
        Second-order quantities there.
    iterations : int
        Newton steps taken.
    gradient_norm : float
        Scaled gradient at the end.
    """

    parameters: Array
    point: Likelihood
    curvature: Curvature
    iterations: int
    gradient_norm: float


def starting_values(
    residuals: Array,
    subjects: NDArray[np.intp],
    visits: NDArray[np.intp],
    structure: Pattern,
    *,
    margin: float,
    n_visits: int | None = None,
) -> Array:
    """Return starting parameters from the covariance of the ordinary residuals.

    The correlation matrix that they imply has no eigenvalue below `margin`.
    """
    size = n_visits or int(visits.max()) + 1
    wide = np.zeros((int(subjects.max()) + 1, size))
    seen = np.zeros_like(wide)
    wide[subjects, visits], seen[subjects, visits] = residuals, 1.0
    pairs = np.maximum(seen.T @ seen, 1.0)
    matrix = (wide.T @ wide) / pairs
    variances = np.maximum(np.diag(matrix), 1e-24 * np.diag(matrix).max())
    off = matrix - np.diag(np.diag(matrix))
    # covariances from different subjects need not fit together: shrink them until they do
    for shrink in (1.0, 0.9, 0.7, 0.5, 0.3, 0.1, 0.0):
        start = structure.project(np.diag(variances) + shrink * off)
        implied = structure.matrix(start)
        spread = np.sqrt(np.maximum(np.diag(implied), 1e-300))
        if np.linalg.eigvalsh(implied / np.outer(spread, spread))[0] > margin:
            break
    shares = np.diag(implied) / np.diag(implied).max()
    if shares.min() < 1e-22:  # rounding is all that is left there
        raise FitFailure(
            f"the fixed effects leave no variation at visit number {int(shares.argmin()) + 1} in "
            "time, so its variance is not identified"
        )
    return start


def fit_covariance(
    moments: PatternMoments,
    structure: Pattern,
    *,
    residuals: Array,
    subjects: NDArray[np.intp],
    visits: NDArray[np.intp],
    restricted: bool = True,
) -> CovarianceFit:
    """Fit a structure from the residuals' own covariance, then from a shrunken start."""
    if moments.n_subjects < 2:
        raise FitFailure("one subject carries no information on the variance between subjects")
    first, second = (
        starting_values(
            residuals,
            subjects,
            visits,
            structure,
            margin=margin,
            n_visits=moments.observed.shape[1],
        )
        for margin in START_MARGINS
    )
    try:
        return maximise_likelihood(moments, structure, first, restricted=restricted)
    except FitFailure:
        if np.array_equal(first, second):
            raise
        return maximise_likelihood(moments, structure, second, restricted=restricted)


def maximise_likelihood(
    moments: PatternMoments, structure: Pattern, start: Array, *, restricted: bool = True
) -> CovarianceFit:
    """Maximise the restricted likelihood, or the whole one, over the covariance parameters.

    Raises
    ------
    FitFailure
        If a parameter is not identified by the data, the covariance matrix becomes
        singular, or the iterations do not converge.

    Notes
    -----
    Steps are Newton's with the exact Hessian. Where it is not positive definite, its
    eigenvalues relative to the expected information are replaced by their absolute values,
    so that a step always goes downhill whatever the unit of the response; a step is halved
    until it stays among positive definite matrices and the likelihood rises.
    """
    try:
        return _iterate(_Target(moments, structure, restricted), start)
    except np.linalg.LinAlgError:
        raise FitFailure(
            "the information on the covariance parameters became singular: too few participants "
            "for the structure"
        ) from None


class _Target(NamedTuple):
    """What is maximised."""

    moments: PatternMoments
    structure: Pattern
    restricted: bool

    def at(self, parameters: Array) -> Likelihood | None:
        return evaluate_likelihood(
            self.moments, self.structure, parameters, restricted=self.restricted
        )

    def curvature(self, parameters: Array, point: Likelihood) -> Curvature:
        return evaluate_curvature(
            self.moments, self.structure, parameters, point, restricted=self.restricted
        )


def _iterate(target: _Target, start: Array) -> CovarianceFit:
    """Take Newton's steps from a starting value until the gradient vanishes."""
    parameters, structure = start, target.structure
    point = target.at(parameters)
    if point is None:
        raise FitFailure("no positive definite starting value was found")
    _check_identified(point.expected, structure)
    root = math.sqrt(target.moments.n_records)
    for iteration in range(MAX_ITERATIONS + 1):
        curvature = target.curvature(parameters, point)
        norm = _scaled_gradient(point) / root
        moved = None
        if norm > POLISHED:
            direction = _newton_direction(point, curvature)
            moved = _line_search(target, parameters, point, direction)
        helps = moved is not None and _scaled_gradient(moved[1]) / root < 0.5 * norm
        if norm <= GRADIENT_TOLERANCE and not helps:
            _check_maximum(curvature, point, structure, parameters)
            return CovarianceFit(
                parameters=parameters, point=point, curvature=curvature, iterations=iteration,
                gradient_norm=norm,
            )  # fmt: skip
        if moved is None:
            break
        parameters, point = moved
        _check_not_singular(structure, parameters)
    raise FitFailure(
        f"the iterations did not converge (scaled gradient {norm:.1e} after {iteration} steps)"
    )


def _scaled_gradient(point: Likelihood) -> float:
    """Return the gradient's length in the metric of the expected information."""
    root = 1.0 / np.sqrt(np.diag(point.expected))
    scaled = point.expected * np.outer(root, root)
    gradient = point.gradient * root
    return math.sqrt(max(0.0, float(gradient @ np.linalg.solve(scaled, gradient))))


def _newton_direction(point: Likelihood, curvature: Curvature) -> Array:
    """Return the (modified) Newton step."""
    root = 1.0 / np.sqrt(np.diag(point.expected))
    values, vectors = linalg.eigh(
        curvature.hessian * np.outer(root, root), point.expected * np.outer(root, root)
    )
    safe = np.maximum(np.abs(values), 1e-3)
    return np.asarray(-root * (vectors @ ((vectors.T @ (root * point.gradient)) / safe)))


def _line_search(
    target: _Target, parameters: Array, point: Likelihood, direction: Array
) -> tuple[Array, Likelihood] | None:
    """Return the first halved step that lowers the value or, near the end, the gradient."""
    slope = float(point.gradient @ direction)
    # below this the value cannot show a decrease, only the gradient can
    noise = 1e-11 * (1.0 + abs(point.value))
    step = 1.0
    for _ in range(60):
        trial = parameters + step * direction
        found = target.at(trial)
        if found is not None:
            lower = found.value <= point.value + 1e-4 * step * slope
            flat = -slope < noise and found.value <= point.value + noise
            if lower or (flat and _scaled_gradient(found) < _scaled_gradient(point)):
                return trial, found
        step *= 0.5
    return None


def _check_identified(expected: Array, structure: Pattern) -> None:
    """Raise when the data carry no information on a parameter or a combination of them."""
    diagonal = np.diag(expected)
    for name, value in zip(structure.parameter_names, diagonal, strict=True):
        if not value > 0.0:
            raise FitFailure(
                f"{name} is not identified: no subject has both of the visits it links"
            )
    root = 1.0 / np.sqrt(diagonal)
    values, vectors = np.linalg.eigh(expected * np.outer(root, root))
    if values[0] < 1e-12:
        involved = [
            name
            for name, loading in zip(structure.parameter_names, vectors[:, 0], strict=True)
            if abs(loading) > 0.1
        ]
        raise FitFailure(f"{', '.join(involved)} are not identified separately by the data")


def _check_not_singular(structure: Pattern, parameters: Array) -> None:
    """Raise when the covariance matrix runs into the boundary."""
    matrix = structure.matrix(parameters)
    spread: Array = np.sqrt(np.diag(matrix))
    if np.linalg.eigvalsh(matrix / np.outer(spread, spread))[0] < SINGULAR or float(
        spread.min()
    ) < COLLAPSED * float(spread.max()):
        raise FitFailure(
            "the covariance matrix becomes singular: too few subjects for its parameters, or "
            "visits that determine one another"
        )


def _check_maximum(
    curvature: Curvature, point: Likelihood, structure: Pattern, parameters: Array
) -> None:
    """Raise when the stationary point is no proper maximum."""
    _check_not_singular(structure, parameters)
    root = 1.0 / np.sqrt(np.diag(point.expected))
    smallest = float(np.linalg.eigvalsh(curvature.hessian * np.outer(root, root))[0])
    if smallest < 1e-10:
        raise FitFailure(
            "the likelihood is flat or has a saddle where it is stationary, so the covariance "
            "parameters are not identified"
        )
