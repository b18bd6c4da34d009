"""Power and sample size for a hazard ratio: Schoenfeld's number of events."""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy import special

from analysis.brief import brief
from analysis.errors import UserError
from analysis.stats._checks import check_number
from analysis.stats._comparison import Tabular
from analysis.stats._words import meant
from analysis.stats.laws import normal_isf
from analysis.stats.sample_size import LARGEST, round_up


@brief
@dataclass(frozen=True, slots=True, kw_only=True)
class EventPower(Tabular):
    """The power of a number of events.

    Attributes
    ----------
    power
        Probability of the positive conclusion, a fraction.
    events
        Events of both arms.
    std_error
        Standard error of the logarithm of the hazard ratio.
    hazard_ratio, margin, allocation, alpha
        As given.
    """

    power: float
    events: int
    std_error: float
    hazard_ratio: float
    margin: float
    allocation: float
    alpha: float


@brief
@dataclass(frozen=True, slots=True, kw_only=True)
class EventSize(Tabular):
    """The events, and the patients, that a power needs.

    Attributes
    ----------
    events, events_exact
        Events of both arms, rounded up and before.
    n_test, n_reference, n_total
        Patients to be randomised.
    power, target
        Power of the events, and power asked for, fractions.
    hazard_ratio, margin, allocation, alpha
        As given.
    """

    events: int
    events_exact: float
    n_test: int
    n_reference: int
    n_total: int
    power: float
    target: float
    hazard_ratio: float
    margin: float
    allocation: float
    alpha: float


def power_events(
    *,
    events: int,
    hazard_ratio: float,
    margin: float,
    direction: str,
    alpha: float,
    allocation: float,
) -> EventPower:
    """Compute the power of the log-rank test with a number of events.

    With ``direction="lower"`` (an event is bad): H0: hazard ratio ≥ margin; H1: it is below. With
    ``"higher"`` (an event is good): H0: hazard ratio ≤ margin; H1: it is above.

    Parameters
    ----------
    events
        Events of both arms, 1 or more.
    hazard_ratio
        Assumed true hazard ratio, test over reference.
    margin
        The ratio that is no longer acceptable, 1.25 or 0.8; 1 for superiority.
    direction
        Which hazards are better, ``"higher"`` or ``"lower"``.
    alpha
        One-sided level, usually 0.025.
    allocation
        Patients on test for each on reference.

    Returns
    -------
    EventPower
        Power by Schoenfeld's approximation, which is good for ratios near the margin.

    Raises
    ------
    UserError
        When an input is out of range.

    References
    ----------
    Schoenfeld DA (1983). Sample-size formula for the proportional-hazards regression model.
    Biometrics 39:499-503.

    Examples
    --------
    >>> p = power_events(events=100, hazard_ratio=0.6, margin=1, direction="lower", alpha=0.025,
    ...                  allocation=1)
    >>> round(p.power, 7)
    0.7237988
    """
    if check_number("events", events, at_least=1) != math.floor(events):
        raise UserError(f"events must be a whole number, not {events!r}.")
    distance = _distance(hazard_ratio, margin, direction)
    check_number("alpha", alpha, above=0, below=0.5)
    check_number("allocation", allocation, above=0)
    error = (1 + allocation) / math.sqrt(events * allocation)
    return EventPower(
        power=float(special.ndtr(distance / error - normal_isf(alpha))), events=int(events),
        std_error=error, hazard_ratio=hazard_ratio, margin=margin, allocation=allocation,
        alpha=alpha,
    )  # fmt: skip


def sample_size_events(
    *,
    power: float,
    hazard_ratio: float,
    margin: float,
    direction: str,
    alpha: float,
    allocation: float,
    event_share_test: float,
    event_share_reference: float,
    dropout: float,
) -> EventSize:
    """Find the events, and the patients to have them, that give a power.

    Parameters
    ----------
    power
        Power wanted, a fraction between alpha and 1.
    hazard_ratio, margin, direction, alpha, allocation
        As for `power_events`.
    event_share_test, event_share_reference
        Share of each arm's patients who have the event until the analysis, above 0 to 1.
    dropout
        Expected share of randomised patients of whom nothing is known, 0 to below 1.

    Returns
    -------
    EventSize
        Events and patients.

    Raises
    ------
    UserError
        When the assumed ratio is no better than the margin, or an input is out of range.

    References
    ----------
    Schoenfeld DA (1983). Sample-size formula for the proportional-hazards regression model.
    Biometrics 39:499-503.

    Examples
    --------
    >>> s = sample_size_events(power=0.9, hazard_ratio=0.5, margin=1, direction="lower",
    ...                        alpha=0.025, allocation=1, event_share_test=0.3,
    ...                        event_share_reference=0.5, dropout=0)
    >>> round(s.events_exact, 4), s.events, s.n_total
    (87.4793, 88, 220)
    """
    check_number("alpha", alpha, above=0, below=0.5)
    check_number("power", power, above=alpha, below=1)
    check_number("allocation", allocation, above=0)
    check_number("dropout", dropout, at_least=0, below=1)
    shares = event_share_test, event_share_reference
    for name, share in zip(("event_share_test", "event_share_reference"), shares, strict=True):
        if check_number(name, share, above=0) > 1:
            raise UserError(f"{name} must be a share of patients, at most 1, not {share!r}.")
    distance = _distance(hazard_ratio, margin, direction)
    if distance <= 0:
        raise UserError(
            f"the assumed ratio {hazard_ratio:g} is no better than the margin {margin:g}, so no "
            "number of events gives power; change the assumption or the margin."
        )
    quantiles = float(normal_isf(alpha) + normal_isf(1 - power))
    exact = (quantiles * (1 + allocation) / distance) ** 2 / allocation
    if exact > LARGEST:
        raise UserError(f"more than {LARGEST:,} events would be needed; widen the margin.")
    found = power_events(
        events=round_up(exact), hazard_ratio=hazard_ratio, margin=margin, direction=direction,
        alpha=alpha, allocation=allocation,
    )  # fmt: skip
    # Of a reference patient and the test patients that go with one.
    events_of_block = (allocation * shares[0] + shares[1]) * (1 - dropout)
    reference = round_up(found.events / events_of_block)
    test = round_up(allocation * found.events / events_of_block)
    return EventSize(
        events=found.events, events_exact=exact, n_test=test, n_reference=reference,
        n_total=test + reference, power=found.power, target=power, hazard_ratio=hazard_ratio,
        margin=margin, allocation=allocation, alpha=alpha,
    )  # fmt: skip


def _distance(hazard_ratio: float, margin: float, direction: str) -> float:
    """Return how far the logarithm of the ratio is on the good side of the margin's."""
    better = 1 if meant("direction", direction, ("higher", "lower")) == "higher" else -1
    ratio = check_number("hazard_ratio", hazard_ratio, above=0)
    return better * math.log(ratio / check_number("margin", margin, above=0))
