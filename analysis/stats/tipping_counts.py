"""The tipping grid of a binary endpoint: how many of the missing would have to be responders."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.errors import UserError
from analysis.stats._checks import Array, check_level, check_number, counts
from analysis.stats._words import meant
from analysis.stats.proportion_differences import risk_difference
from analysis.stats.tipping_counts_result import ASSUMPTIONS, Assumption, TippingGrid

Analyse = Callable[[int, int], Any]
"""How many of the missing of each arm have the event → a result with estimate, lower and upper."""


def tipping_grid(
    events_1: int,
    n_1: int,
    missing_1: int,
    events_2: int,
    n_2: int,
    missing_2: int,
    *,
    method: str | Analyse,
    limit: str,
    threshold: float,
    level: float,
) -> TippingGrid:
    """Count the missing of each arm as events, from none to all, and see where a verdict changes.

    Parameters
    ----------
    events_1, n_1, missing_1
        Patients of arm 1 with the event, observed, and missing.
    events_2, n_2, missing_2
        The same of arm 2, with which it is compared.
    method : str or callable
        A method of :func:`analysis.stats.risk_difference`; or any analysis: called with how many
        of the missing of arm 1 and of arm 2 have the event, once for every pair, it returns a
        result with ``estimate``, ``lower`` and ``upper``, which may be None with a ``reason``.
    limit : {'lower', 'upper'}
        The confidence limit that decides the conclusion: "lower" where arm 1 should have more
        events than the threshold says, "upper" where it should have fewer.
    threshold : float
        What it is compared with, in the unit of the estimate.
    level : float
        Two-sided confidence level; that of the analysis where `method` is one.

    Returns
    -------
    TippingGrid

    Raises
    ------
    UserError
        If a count is impossible, an arm has nobody, or a word is unknown.

    Notes
    -----
    Counted as events are numbers of patients, not patients: that is all an unadjusted analysis
    sees. For one over strata, :func:`share_events` gives every stratum its part. "Best case" and
    "worst case" are for arm 1; "observed shares" takes the shares of the observed of each arm,
    rounded to whole patients, a half up.

    References
    ----------
    Hollis S (2002). A graphical sensitivity analysis for clinical trials with non-ignorable
    missing binary outcome. Stat Med 21:3823-3834.

    Liublinska V, Rubin DB (2014). Sensitivity analysis for a partially missing binary outcome in
    a two-arm randomized clinical trial. Stat Med 33:4170-4185.

    Examples
    --------
    30 of 40 and 18 of 40 respond, 5 and 3 are missing. If none of these does, the limit is above
    0; with two of the reference it is so only if one of arm 1 does too.

    >>> grid = tipping_grid(
    ...     30, 40, 5, 18, 40, 3, method="newcombe", limit="lower", threshold=0, level=0.95)
    >>> grid.border.tolist(), grid.reason
    ([0.0, 0.0, 1.0, 2.0], 'the lower limit is above 0 or not, depending on the missing')
    >>> grid.assumption("worst case").beyond, grid.nearest_tip("no events")
    (False, (0, 2))
    """
    check_level(level)
    threshold = check_number("threshold", threshold)
    limit = meant("limit", limit, ("lower", "upper"))
    x1, n1, m1 = _arm(1, events_1, n_1, missing_1)
    x2, n2, m2 = _arm(2, events_2, n_2, missing_2)
    name, found = (
        (_name_of(method), _cell_by_cell(method, m1, m2, level))
        if callable(method)
        else _at_once(method, (x1, n1, m1), (x2, n2, m2), level)
    )
    estimate, lower, upper, why = found
    beyond = lower > threshold if limit == "lower" else upper < threshold
    cells = _cells((x1, n1, m1), (x2, n2, m2), limit)
    return TippingGrid(
        events=(x1, x2), n=(n1, n2), missing=(m1, m2), method=name, limit=limit,
        threshold=threshold, level=level, estimate=estimate, lower=lower, upper=upper,
        beyond=beyond, why=why, border=_border(beyond, limit),
        assumptions=tuple(
            _assumption(each, cells[each], (n1, n2), estimate, lower, upper, beyond, why)
            for each in ASSUMPTIONS
        ),
        reason=_words(beyond, limit, threshold),
    )  # fmt: skip


def share_events(events: int, missing: ArrayLike) -> NDArray[np.int64]:
    """Share events among the missing of strata, as evenly as whole patients allow.

    Parameters
    ----------
    events : int
        How many of all the missing have the event.
    missing : array of int
        Missing patients of each stratum.

    Returns
    -------
    numpy.ndarray
        How many of each stratum have it: in proportion to the missing. One more event changes
        one stratum only, so that a grid moves by single patients.

    Raises
    ------
    UserError
        If there are more events than missing patients.

    Examples
    --------
    >>> share_events(3, [4, 2, 0]).tolist(), share_events(4, [4, 2, 0]).tolist()
    ([2, 1, 0], [3, 1, 0])
    >>> from analysis.stats import stratified_risk_difference
    >>> def analyse(k_1, k_2):
    ...     x_1, x_2 = share_events(k_1, [2, 1]) + [12, 9], share_events(k_2, [1, 1]) + [6, 7]
    ...     return stratified_risk_difference(
    ...         x_1, [22, 19], x_2, [21, 20], weights="cmh", level=0.95)
    >>> grid = tipping_grid(
    ...     21, 38, 3, 13, 39, 2, method=analyse, limit="lower", threshold=-0.1, level=0.95)
    >>> int(grid.beyond.sum()), grid.beyond.size
    (12, 12)
    """
    sizes = counts("missing", missing).astype(int).ravel()
    number = _whole("events", events)
    if number > sizes.sum():
        raise UserError(
            f"events must not exceed the missing: {number} of {sizes.sum()}; check the counts."
        )
    # Webster's divisors: the next event goes where its stratum is furthest behind its share
    turns = np.concatenate([(np.arange(size) + 0.5) / size for size in sizes if size] or [[]])
    stratum = np.repeat(np.arange(sizes.size), sizes)[np.argsort(turns, kind="stable")]
    return np.bincount(stratum[:number], minlength=sizes.size)


def _whole(name: str, value: object) -> int:
    """Read one whole number, 0 or more."""
    array = counts(name, value)  # type: ignore[arg-type]
    if array.size != 1:
        raise UserError(
            f"{name} must be one number of all patients, not {array.size} numbers: over strata "
            "give the whole numbers, and the stratified analysis as the method."
        )
    return int(array.ravel()[0])


def _arm(place: int, events: object, n: object, missing: object) -> tuple[int, int, int]:
    """Read the counts of an arm."""
    x, size = _whole(f"events_{place}", events), _whole(f"n_{place}", n)
    absent = _whole(f"missing_{place}", missing)
    if x > size:
        raise UserError(
            f"events_{place} must not exceed n_{place}, the observed: {x} of {size}; the missing "
            "are counted apart."
        )
    if not size + absent:
        raise UserError(f"arm {place} has nobody, observed or missing: nothing can be compared.")
    return x, size, absent


Grid = tuple[Array, Array, Array, np.ndarray]
Counts = tuple[int, int, int]


def _at_once(method: str, one: Counts, other: Counts, level: float) -> tuple[str, Grid]:
    """Analyse all tables of counts in one go."""
    (x1, n1, m1), (x2, n2, m2) = one, other
    found = risk_difference(
        x1 + np.arange(m1 + 1)[:, None], n1 + m1, x2 + np.arange(m2 + 1), n2 + m2,
        method=method, level=level,
    )  # fmt: skip
    # what lacks a test has an interval all the same
    why = np.full(found.estimate.shape, "", dtype=object)
    return found.method, (found.estimate, found.lower, found.upper, why)


def _name_of(method: Analyse) -> str:
    """Return what a given analysis is called."""
    return str(getattr(method, "__name__", type(method).__name__))


def _cell_by_cell(analyse: Analyse, m1: int, m2: int, level: float) -> Grid:
    """Analyse every pair of counts on its own."""
    values = np.full((3, m1 + 1, m2 + 1), np.nan)
    why = np.full((m1 + 1, m2 + 1), "", dtype=object)
    for k1, k2 in np.ndindex(why.shape):
        found = analyse(k1, k2)
        if getattr(found, "level", level) != level:
            raise UserError(
                f"the analysis has the level {found.level:g}, but the grid {level:g}: give one."
            )
        row = [getattr(found, name) for name in ("estimate", "lower", "upper")]
        values[:, k1, k2] = [np.nan if each is None else float(each) for each in row]
        if np.isnan(values[:, k1, k2]).any():
            why[k1, k2] = str(getattr(found, "reason", "")) or "not estimable"
    return values[0], values[1], values[2], why


def _border(beyond: NDArray[np.bool_], limit: str) -> Array:
    """Return from how many events of arm 1 on the limit is on the good side, by those of arm 2."""
    rows = beyond[::-1] if limit == "lower" else beyond
    lasting = np.logical_and.accumulate(rows, axis=0).sum(axis=0)
    at = beyond.shape[0] - lasting if limit == "lower" else lasting - 1
    return np.where(lasting > 0, at, np.nan)


def _cells(one: Counts, other: Counts, limit: str) -> dict[str, tuple[int, int] | None]:
    """Return where the assumptions lie; None where there is no observed share."""
    (x1, n1, m1), (x2, n2, m2) = one, other
    ends = [(m1, 0), (0, m2)]
    best, worst = ends if limit == "lower" else ends[::-1]
    # in whole numbers, so that a half is a half
    shares = ((2 * x1 * m1 + n1) // (2 * n1), (2 * x2 * m2 + n2) // (2 * n2)) if n1 and n2 else None
    return dict(zip(ASSUMPTIONS, ((0, 0), (m1, m2), shares, best, worst), strict=True))


def _assumption(
    name: str,
    cell: tuple[int, int] | None,
    n: Sequence[int],
    *values: np.ndarray,
) -> Assumption:
    """Return an assumption with the result of its cell."""
    if cell is None:
        arms = " and ".join(f"arm {place}" for place, size in enumerate(n, 1) if not size)
        return Assumption(
            name=name, missing_events_1=None, missing_events_2=None, estimate=np.nan,
            lower=np.nan, upper=np.nan, beyond=False,
            reason=f"nobody of {arms} was observed, so there is no observed share to go by",
        )  # fmt: skip
    estimate, lower, upper, beyond, why = (each[cell] for each in values)
    return Assumption(
        name=name, missing_events_1=cell[0], missing_events_2=cell[1], estimate=float(estimate),
        lower=float(lower), upper=float(upper), beyond=bool(beyond), reason=str(why),
    )  # fmt: skip


def _words(beyond: NDArray[np.bool_], limit: str, threshold: float) -> str:
    """Say whether the missing can change the verdict."""
    side = "above" if limit == "lower" else "below"
    if beyond.size == 1:
        verb = "is" if beyond.all() else "is not"
        return f"nobody is missing; the {limit} limit {verb} {side} {threshold:g}"
    if beyond.all():
        return f"the {limit} limit is {side} {threshold:g} whatever the missing are"
    if not beyond.any():
        return f"the {limit} limit is not {side} {threshold:g} whatever the missing are"
    return f"the {limit} limit is {side} {threshold:g} or not, depending on the missing"
