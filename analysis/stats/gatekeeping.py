"""Gatekeeping: families of hypotheses in order, each tested as those before it allow."""

from collections.abc import Sequence

import numpy as np

from analysis.errors import UserError
from analysis.stats._checks import Array, check_p_values
from analysis.stats._words import meant
from analysis.stats.multiplicity import FAMILYWISE, adjust_p_values

FAMILY_METHODS = (*FAMILYWISE, "fixed-sequence")
GATES = ("serial", "parallel")


def adjust_by_families(
    families: Sequence[Sequence[float]], *, methods: Sequence[str] | str, gate: str
) -> tuple[Array, ...]:
    """Adjust the p-values of families that are tested one after the other.

    Parameters
    ----------
    families : sequence of sequences of float
        Unadjusted p-values of each family, in the order in which the families are tested.
    methods : sequence of str, or str
        How each family is tested within itself, as in `adjust_p_values`; one word is for all.
    gate : str
        ``"serial"``, a family is tested where all hypotheses before it are rejected, at all of
        alpha; ``"parallel"``, at the part of alpha that the rejected hypotheses of the family
        before it had, so that one of them is enough. For the latter all families but the last are
        tested by Bonferroni's method, the only one here whose level splits into such parts.

    Returns
    -------
    tuple of numpy.ndarray
        Adjusted p-values of each family in the order given: a hypothesis is rejected at alpha
        where its own is at most alpha.

    Raises
    ------
    UserError
        If a p-value is not between 0 and 1, a family is empty, or a method or gate is unknown.

    See Also
    --------
    gate_families : the same of families that are adjusted already, for example by Dunnett's test.

    References
    ----------
    Dmitrienko A, Tamhane AC, Wiens BL (2008). General multistage gatekeeping procedures. Biom J
    50:667-677.

    Examples
    --------
    >>> [each.tolist() for each in adjust_by_families(
    ...     [[0.01, 0.02], [0.015]], methods="holm", gate="serial")]
    [[0.02, 0.02], [0.02]]
    >>> [each.tolist() for each in adjust_by_families(
    ...     [[0.01, 0.2], [0.015]], methods="bonferroni", gate="parallel")]
    [[0.02, 0.4], [0.03]]
    """
    words = [methods] * len(families) if isinstance(methods, str) else list(methods)
    if len(words) != len(families):
        raise UserError(f"{len(families)} families need as many methods, not {len(words)}")
    known = [meant("method", word, FAMILY_METHODS) for word in words]
    gate = meant("gate", gate, GATES)
    others = [word for word in known[:-1] if word != "bonferroni"]
    if gate == "parallel" and others:
        raise UserError(
            "with a parallel gate all families but the last must be tested by bonferroni; one is "
            f"tested by {others[0]}"
        )
    within = [
        adjust_p_values(each, method=word).tolist()
        for each, word in zip(families, known, strict=True)
    ]
    return gate_families(within, gate=gate)


def gate_families(within: Sequence[Sequence[float]], *, gate: str) -> tuple[Array, ...]:
    """Let families wait for those before them; each is adjusted within itself already.

    Parameters
    ----------
    within : sequence of sequences of float
        Adjusted p-values of each family for itself, in the order in which they are tested.
    gate : str
        As in `adjust_by_families`.

    Returns
    -------
    tuple of numpy.ndarray
        Adjusted p-values of the whole.

    Raises
    ------
    UserError
        If a p-value is not between 0 and 1, a family is empty, or the gate is unknown.

    Notes
    -----
    The part of alpha that reaches a family grows in steps, at the adjusted p-values of those
    before it. A hypothesis is rejected at the first alpha whose part is as large as the p-value
    that its own family gives it, which is what is returned, exactly and without a search.

    Examples
    --------
    >>> [each.tolist() for each in gate_families([[0.03, 0.01], [0.02, 0.3]], gate="serial")]
    [[0.03, 0.01], [0.03, 0.3]]
    """
    gate = meant("gate", gate, GATES)
    found: list[Array] = []
    # From which alpha on which part of it reaches the family.
    steps: list[tuple[float, float]] = [(0.0, 1.0)]
    for place, family in enumerate(within):
        values = check_p_values(family)
        if not values.size:
            raise UserError(f"a family must have a hypothesis; family {place + 1} has none")
        adjusted = np.asarray([_first_level(value, steps) for value in values])
        found.append(adjusted)
        steps = _passed_on(adjusted, steps, gate)
    return tuple(found)


def _first_level(value: float, steps: list[tuple[float, float]]) -> float:
    """Return the least alpha whose part, in a family, is at least its adjusted p-value."""
    levels = [max(start, value / part) for start, part in steps if part > 0.0]
    return min([1.0, *levels])


def _passed_on(
    adjusted: Array, steps: list[tuple[float, float]], gate: str
) -> list[tuple[float, float]]:
    """Return the part of alpha that a family leaves to the next one, step by step."""
    starts = sorted({*(start for start, _ in steps), *map(float, adjusted)})

    def part(alpha: float) -> float:
        reached = [share for start, share in steps if start <= alpha][-1]
        rejected = float((adjusted <= alpha).mean())
        return reached * (rejected if gate == "parallel" else float(rejected == 1.0))

    return [(start, part(start)) for start in starts]
