"""Covariance structures of repeated measurements: one entry each."""

from collections.abc import Callable, Sequence

from analysis.stats import covariance_patterns as patterns
from analysis.stats._words import meant
from analysis.stats.covariance_patterns import Pattern, product

#: Structures by name, with the ``TYPE=`` of SAS PROC MIXED. A new one is one entry: a function of
#: the visits, for most a product of variances and correlations. The parameters are those of SAS
#: (variances, not standard deviations or logarithms), because the full Kenward-Roger standard
#: error depends on the parametrisation.
STRUCTURES: dict[str, Callable[[Sequence[str]], Pattern]] = {
    # UN, TOEPH, TOEP
    "unstructured": patterns.free_covariance,
    "toeplitz-heterogeneous": product(patterns.own_variances, patterns.lag_correlations),
    "toeplitz": patterns.lag_covariances,
    # ARH(1), AR(1)
    "ar1-heterogeneous": product(patterns.own_variances, patterns.ar1_correlation),
    "ar1": product(patterns.common_variance, patterns.ar1_correlation),
    # CSH, CS
    "compound-symmetry-heterogeneous": product(patterns.own_variances, patterns.common_correlation),
    "compound-symmetry": patterns.common_covariance,
    # ANTE(1)
    "ante-dependence": product(patterns.own_variances, patterns.neighbour_correlations),
}


def covariance_structure(name: str, visits: Sequence[object]) -> Pattern:
    """Return the structure of a name, for the given visits in order.

    Raises
    ------
    UserError
        If `STRUCTURES` has no such name.

    Examples
    --------
    >>> covariance_structure("ar1", ["W4", "W8"]).matrix([2.0, 0.5]).tolist()
    [[2.0, 1.0], [1.0, 2.0]]
    """
    name = meant("structure", name, STRUCTURES)
    # with one visit every structure is a single variance
    make = STRUCTURES["unstructured" if len(visits) == 1 else name]
    return make([str(visit) for visit in visits])
