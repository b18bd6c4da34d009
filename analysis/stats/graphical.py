"""Graphical procedures: weights of the hypotheses, and where the weight of a rejected one goes."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from analysis.brief import brief
from analysis.errors import UserError
from analysis.stats._checks import Array, check_p_values

_ROUNDING = 1e-9
"""By how much weights that are written in decimals may miss their sum."""


@brief
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Graph:
    """A graph of hypotheses.

    Attributes
    ----------
    weights
        Share of alpha of each hypothesis.
    transitions
        A row for each hypothesis: which parts of its weight go to the others.
    """

    weights: Array
    transitions: Array


def adjust_by_graph(
    p_values: Sequence[float],
    *,
    weights: Sequence[float],
    transitions: Sequence[Sequence[float]],
) -> Array:
    """Adjust p-values by the sequentially rejective procedure of a graph.

    Parameters
    ----------
    p_values : sequence of float
        Unadjusted p-values of the hypotheses.
    weights : sequence of float
        Share of alpha at which each is tested at first; their sum is at most 1.
    transitions : sequence of sequences of float
        A row for each hypothesis: which parts of its weight go to the others once it is rejected;
        the sum of a row is at most 1, and nothing goes to itself.

    Returns
    -------
    numpy.ndarray
        Adjusted p-values in the order given, at most 1: a hypothesis is rejected at alpha where
        its own is at most alpha.

    Raises
    ------
    UserError
        If a p-value is not between 0 and 1, or these are no weights and transitions of a graph.

    Notes
    -----
    A shortcut of the closed test whose intersections are tested by weighted Bonferroni tests, so
    that the familywise error is controlled however the tests depend on one another. A hypothesis
    that no weight reaches has the adjusted p-value 1.

    References
    ----------
    Bretz F, Maurer W, Brannath W, Posch M (2009). A graphical approach to sequentially rejective
    multiple test procedures. Stat Med 28:586-604.

    See Also
    --------
    update_graph : the graph that is left when hypotheses are rejected.
    adjust_by_families : gatekeeping, families of hypotheses in order.

    Examples
    --------
    Two doses: the primary endpoint of each, then its secondary one.

    >>> graph = [[0, 0.5, 0.5, 0], [0.5, 0, 0, 0.5], [0, 1, 0, 0], [1, 0, 0, 0]]
    >>> found = adjust_by_graph(
    ...     [0.018, 0.01, 0.105, 0.006], weights=[0.5, 0.5, 0, 0], transitions=graph
    ... )
    >>> found.round(4).tolist()
    [0.024, 0.02, 0.105, 0.024]
    """
    values = check_p_values(p_values)
    share, moves = _graph(weights, transitions)
    if values.size != share.size:
        raise UserError(
            f"a graph of {share.size} hypotheses needs as many p-values, not {len(values)}"
        )
    adjusted = np.ones_like(values)
    left, reached = list(range(values.size)), 0.0
    while left and share[left].max() > 0.0:
        ratios = {each: values[each] / share[each] for each in left if share[each] > 0.0}
        first = min(ratios, key=lambda each: ratios[each])
        reached = max(reached, ratios[first])
        adjusted[first] = min(1.0, reached)
        left.remove(first)
        share, moves = _without(share, moves, first)
    return adjusted


def update_graph(
    weights: Sequence[float], transitions: Sequence[Sequence[float]], *, rejected: Collection[int]
) -> Graph:
    """Return the weights and transitions that are left when hypotheses are rejected.

    Parameters
    ----------
    weights, transitions
        As in `adjust_by_graph`.
    rejected : collection of int
        Places of the rejected hypotheses, from 0; their order does not matter.

    Returns
    -------
    Graph
        `weights` and `transitions` in the order given; those of a rejected hypothesis are 0.

    Raises
    ------
    UserError
        If these are no weights and transitions of a graph.

    References
    ----------
    Bretz F, Maurer W, Brannath W, Posch M (2009). A graphical approach to sequentially rejective
    multiple test procedures. Stat Med 28:586-604.

    Examples
    --------
    >>> left = update_graph([0.5, 0.5, 0], [[0, 1, 0], [0, 0, 1], [0, 0, 0]], rejected=[0])
    >>> left.weights.tolist()
    [0.0, 1.0, 0.0]
    """
    share, moves = _graph(weights, transitions)
    for each in rejected:
        share, moves = _without(share, moves, each)
    return Graph(weights=share, transitions=moves)


def adjust_fallback(p_values: Sequence[float], *, weights: Sequence[float]) -> Array:
    """Adjust p-values by the fallback procedure: in order, each with a share of alpha of its own.

    Parameters
    ----------
    p_values : sequence of float
        Unadjusted p-values in the order in which they are tested.
    weights : sequence of float
        Share of alpha of each, of a sum of at most 1; that of a rejected hypothesis goes to the
        next one. With all of it on the first it is the fixed sequence.

    Returns
    -------
    numpy.ndarray
        Adjusted p-values in the order given, at most 1.

    Raises
    ------
    UserError
        If a p-value is not between 0 and 1, or the weights are no shares.

    References
    ----------
    Wiens BL (2003). A fixed sequence Bonferroni procedure for testing multiple endpoints. Pharm
    Stat 2:211-215.

    Examples
    --------
    >>> adjust_fallback([0.03, 0.01, 0.02], weights=[0.5, 0.3, 0.2]).round(4).tolist()
    [0.06, 0.0333, 0.04]
    """
    return adjust_by_graph(p_values, weights=weights, transitions=chain(len(weights)).tolist())


def chain(hypotheses: int) -> Array:
    """Return the transitions of a chain: what is rejected gives all to the next one."""
    return np.eye(hypotheses, k=1)


def _graph(weights: Sequence[float], transitions: Sequence[Sequence[float]]) -> tuple[Array, Array]:
    """Return a graph as arrays, or say what is wrong with it."""
    _need_shares("weights", weights)
    if len(transitions) != len(weights) or any(len(row) != len(weights) for row in transitions):
        sizes = ", ".join(str(len(row)) for row in transitions)
        raise UserError(
            f"transitions must have {len(weights)} rows of {len(weights)} numbers, as there are "
            f"{len(weights)} weights; their rows have {sizes or 'none'}"
        )
    for place, row in enumerate(transitions):
        _need_shares(f"row {place + 1} of the transitions", row)
        if row[place]:
            raise UserError(
                f"row {place + 1} of the transitions must give nothing to hypothesis {place + 1} "
                f"itself; it gives {row[place]:.4g}"
            )
    shape = (len(weights), len(weights))
    return np.asarray(weights, dtype=float), np.asarray(transitions, dtype=float).reshape(shape)


def _need_shares(name: str, shares: Sequence[float]) -> None:
    if not all(0.0 <= each <= 1.0 for each in shares) or sum(shares) > 1.0 + _ROUNDING:
        found = ", ".join(f"{each:.4g}" for each in shares)
        raise UserError(
            f"{name} must be shares between 0 and 1 whose sum is at most 1; got {found}, "
            f"of the sum {sum(shares):.4g}"
        )


def _without(share: Array, moves: Array, gone: int) -> tuple[Array, Array]:
    """Reject a hypothesis: its weight, and the ways through it, go to the others."""
    into, out = moves[:, gone], moves[gone]
    found = share + share[gone] * out
    through = moves + np.outer(into, out)
    # What would come back to where it was is shared among the rest.
    rest = 1.0 - into * out
    open_ways = rest > _ROUNDING
    kept = np.where(open_ways[:, None], through / np.where(open_ways, rest, 1.0)[:, None], 0.0)
    np.fill_diagonal(kept, 0.0)
    found[gone] = 0.0
    kept[gone], kept[:, gone] = 0.0, 0.0
    return found, kept
