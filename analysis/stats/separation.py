"""Separation: where the events of a logistic model are told apart, and no estimate exists."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.optimize import linprog

from analysis.errors import UserError
from analysis.stats._checks import Array
from analysis.stats.design_matrix import Design
from analysis.stats.design_terms import Term

TOLERANCE = 1e-9
"""How far a record may lie on the wrong side, in standard deviations of the covariates."""


def is_separated(matrix: Array, target: Array) -> bool:
    """Return whether a combination of the columns never errs about the event.

    Such a combination is at least 0 for every record with the event and at most 0 for every
    other, and not 0 for all: the likelihood rises along it without end. It is the solution of a
    linear program (Konis 2007).

    Examples
    --------
    >>> x = np.column_stack([np.ones(4), [1.0, 2.0, 3.0, 4.0]])
    >>> is_separated(x, np.array([0.0, 0, 1, 1])), is_separated(x, np.array([0.0, 1, 0, 1]))
    (True, False)
    """
    return _margin(matrix, target, strict=False) > 1e-6


def _margin(matrix: Array, target: Array, *, strict: bool) -> float:
    """Return how far the best combination keeps the furthest, or when strict every, record off."""
    signed = (2.0 * target - 1.0)[:, None] * matrix
    count, width = signed.shape
    free = np.full((count, 1), 1.0 if strict else 0.0)
    goal = np.append(np.zeros(width) if strict else -signed.sum(axis=0) / count, -float(strict))
    found = linprog(
        goal, A_ub=np.hstack([-signed, free]), b_ub=np.zeros(count), bounds=(-1.0, 1.0),
        options={"primal_feasibility_tolerance": 1e-10},
    )  # fmt: skip
    if found.x is None:
        return 0.0
    distances = signed @ found.x[:width]
    least = float(distances.min())
    if strict:
        return least
    return float(distances.max()) if least >= -TOLERANCE else 0.0


def separation(design: Design, frame: pd.DataFrame, target: Array) -> UserError | None:
    """Return the error of a separated model, which names what separates; None when nothing does."""
    if not is_separated(design.matrix, target):
        return None
    kept = list(design.terms[1:])
    for term in reversed(design.terms[1:]):  # what is left at the end is needed, all of it
        fewer = [each for each in kept if each is not term]
        if is_separated(_columns(design, fewer), target):
            kept = fewer
    complete = _margin(_columns(design, kept), target, strict=True) > TOLERANCE
    names = list(dict.fromkeys(name for term in kept for name in (*term.factors, *term.covariates)))
    return UserError(
        f"the logistic model has no estimate, because {_words(names, design, frame, target)}, so "
        f"that the likelihood rises without end ({'complete' if complete else 'quasi-complete'} "
        "separation): leave out or pool what separates, or compare the proportions themselves"
    )


def _columns(design: Design, terms: Sequence[Term]) -> Array:
    """Return the columns of the intercept and of some terms."""
    return np.hstack([design.matrix[:, each.columns] for each in (design.terms[0], *terms)])


def _words(names: Sequence[str], design: Design, frame: pd.DataFrame, target: Array) -> str:
    """Say what separates the events."""
    if len(names) > 1:
        return (
            f"{', '.join(map(repr, names[:-1]))} and {names[-1]!r} together tell the events apart"
        )
    (name,) = names
    if name not in design.levels:
        values = frame[name].to_numpy(dtype=float)
        yes, no = values[target == 1], values[target == 0]
        # the event lies on the side of the larger mean
        above, top, bottom = (
            ("has", no.max(), yes.min())
            if yes.mean() > no.mean()
            else ("lacks", yes.max(), no.min())
        )
        below = "lacks" if above == "has" else "has"
        return (
            f"{name!r} tells the events apart (every record above {top:g} {above} the event and "
            f"every record below {bottom:g} {below} it)"
        )
    rates = [float(target[design.codes[name] == place].mean())
             for place in range(len(design.levels[name]))]  # fmt: skip
    parts = [
        f"{'no' if rate == 0 else 'every'} record with {name} = {level} has the event"
        for level, rate in zip(design.levels[name], rates, strict=True)
        if rate in (0.0, 1.0)
    ]
    return " and ".join(parts[:3]) + (f" ({len(parts)} such levels)" if len(parts) > 3 else "")
