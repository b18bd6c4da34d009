"""Power of proportions and of events: all tables, simulation, laws, wrong inputs."""

import math

import numpy as np
import pytest
from scipy import stats

from analysis.errors import UserError
from analysis.stats.event_power import power_events, sample_size_events
from analysis.stats.proportion_power import (
    _approximate,
    power_proportions,
    power_proportions_equivalence,
)
from analysis.stats.proportion_sample_size import (
    sample_size_proportions,
    sample_size_proportions_equivalence,
)

NI = {"n_test": 30, "n_reference": 20, "proportion_test": 0.7, "proportion_reference": 0.75,
      "margin": 0.25, "direction": "higher", "alpha": 0.05}  # fmt: skip
EQ = {"n_test": 60, "n_reference": 50, "proportion_test": 0.7, "proportion_reference": 0.65,
      "margins": (-0.25, 0.3), "alpha": 0.05}  # fmt: skip
SIZE = {"power": 0.8, "proportion_test": 0.7, "proportion_reference": 0.75, "margin": 0.15,
        "direction": "higher", "alpha": 0.025, "allocation": 2, "dropout": 0.1}  # fmt: skip


def constrained(x1, n1, x2, n2, bound):
    """The variance of a difference under a bound, by a search for the likelihood's maximum."""
    from scipy.optimize import minimize_scalar

    def loss(p2):
        p1 = p2 + bound
        return -stats.binom.logpmf(x1, n1, p1) - stats.binom.logpmf(x2, n2, p2)

    low, high = max(0.0, -bound), min(1.0, 1 - bound)
    p2 = minimize_scalar(loss, bounds=(low, high), method="bounded", options={"xatol": 1e-10}).x
    p1 = p2 + bound
    return p1 * (1 - p1) / n1 + p2 * (1 - p2) / n2


@pytest.mark.parametrize("bounds", [(-0.25, math.inf), (-0.3, 0.35)])
def test_the_exact_power_is_the_sum_over_all_tables(bounds):
    n1, n2, p1, p2, z = 9, 7, 0.6, 0.7, stats.norm.isf(0.1)
    total = 0.0
    for x1 in range(n1 + 1):
        for x2 in range(n2 + 1):
            difference = x1 / n1 - x2 / n2
            shown = all(
                side * (difference - bound) >= z * math.sqrt(constrained(x1, n1, x2, n2, bound))
                for bound, side in zip(bounds, (1, -1), strict=True)
                if math.isfinite(bound)
            )
            total += shown * stats.binom.pmf(x1, n1, p1) * stats.binom.pmf(x2, n2, p2)
    design = {"n_test": n1, "n_reference": n2, "proportion_test": p1, "proportion_reference": p2,
              "alpha": 0.1, "method": "exact"}  # fmt: skip
    found = (
        power_proportions_equivalence(**design, margins=bounds)
        if math.isfinite(bounds[1])
        else power_proportions(**design, margin=0.25, direction="higher")
    )
    assert found.power == pytest.approx(total, abs=1e-9)


def test_equivalence_by_simulated_trials():
    rng = np.random.default_rng(3)
    pairs = list(zip(rng.binomial(60, 0.7, 1500), rng.binomial(50, 0.65, 1500), strict=True))
    z = stats.norm.isf(0.05)
    shown = {}
    for x1, x2 in set(pairs):
        low, high = (math.sqrt(constrained(x1, 60, x2, 50, bound)) for bound in EQ["margins"])
        difference = x1 / 60 - x2 / 50
        shown[x1, x2] = difference + 0.25 >= z * low and 0.3 - difference >= z * high
    share = np.mean([shown[pair] for pair in pairs])
    error = 4 * math.sqrt(share * (1 - share) / 1500)
    exact, normal = (
        power_proportions_equivalence(**EQ, method=each).power for each in ("exact", "fm")
    )
    assert exact == pytest.approx(share, abs=error)
    assert normal == pytest.approx(exact, abs=0.03)


def test_superiority_agrees_with_pearsons_test():
    # At a margin of 0 the score test is the chi-squared test without correction.
    found = power_proportions(**(NI | {"margin": 0, "proportion_test": 0.95}), method="exact")
    total = 0.0
    for x1 in range(31):
        for x2 in range(21):
            p = (x1 + x2) / 50
            if 0 < p < 1 and x1 / 30 > x2 / 20:
                z = (x1 / 30 - x2 / 20) / math.sqrt(p * (1 - p) * (1 / 30 + 1 / 20))
                total += (z >= stats.norm.isf(0.05)) * (
                    stats.binom.pmf(x1, 30, 0.95) * stats.binom.pmf(x2, 20, 0.75)
                )
    assert found.power == pytest.approx(total, abs=1e-9)


def test_unequal_arms_as_gsdesign_prints_them():
    # nBinomial(p1 = .677, p2 = .677, delta0 = 0.07, ratio = 2, outtype = 2): 685.5569, 1371.114,
    # power 0.9 (r-help, November 2011). Its second arm is the test arm: p2 - p1 > -0.07.
    for n, bounds in (
        ((685.5569, 1371.114), (-math.inf, 0.07)),
        ((1371.114, 685.5569), (-0.07, math.inf)),
    ):
        assert _approximate(bounds, (0.677, 0.677), n, 0.025) == pytest.approx(0.9, abs=2e-7)


@pytest.mark.parametrize("method", ["exact", "farrington-manning"])
def test_directions_mirror(method):
    up = power_proportions(**NI, method=method)
    down = power_proportions(
        **(NI | {"proportion_test": 0.3, "proportion_reference": 0.25, "direction": "lower"}),
        method=method,
    )
    assert up.power == pytest.approx(down.power, abs=1e-12)
    wide = power_proportions_equivalence(
        **{name: NI[name] for name in NI if name not in ("margin", "direction")},
        margins=(-0.25, 0.99), method=method,
    )  # fmt: skip
    assert wide.power == pytest.approx(up.power, abs=1e-3)


def test_at_the_margin_it_is_the_level():
    for method, room in (("farrington-manning", 1e-9), ("exact", 0.012)):
        found = power_proportions(
            **(NI | {"n_test": 300, "n_reference": 200, "proportion_test": 0.5}), method=method
        )
        assert found.power == pytest.approx(0.05, abs=room)


def test_the_size_found_is_the_smallest():
    found = sample_size_proportions(**SIZE)
    assert found.n_test == 2 * found.n_reference
    planned = ("proportion_test", "proportion_reference", "margin", "direction", "alpha")
    design = {name: SIZE[name] for name in planned}
    less = power_proportions(
        n_test=found.n_test - 2, n_reference=found.n_reference - 1, method="fm", **design
    )
    assert less.power < 0.8 <= found.power
    assert found.enrolled_total * 0.9 >= found.n_total
    # The exact power of that size is near.
    exact = power_proportions(
        n_test=found.n_test, n_reference=found.n_reference, method="exact", **design
    )
    assert exact.power == pytest.approx(0.8, abs=0.02)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: power_proportions(**(NI | {"proportion_test": 1}), method="fm"), "below 1"),
        (lambda: power_proportions(**(NI | {"n_test": 2.5}), method="fm"), "whole number"),
        (lambda: power_proportions(**(NI | {"margin": 1}), method="fm"), "below 1"),
        (lambda: power_proportions(**NI, method="wald"), "method must be one of"),
        (
            lambda: power_proportions(
                **(NI | {"n_test": 10**8, "n_reference": 10**8}), method="exact"
            ),
            "needs more than",
        ),
        (lambda: sample_size_proportions(**(SIZE | {"proportion_test": 0.6})), "no better than"),
        (lambda: sample_size_proportions(**(SIZE | {"proportion_test": 60})), "below 1"),
        (
            lambda: sample_size_proportions_equivalence(
                power=0.8, proportion_test=0.9, proportion_reference=0.5, margins=(-0.2, 0.2),
                alpha=0.05, allocation=1, dropout=0,
            ),
            "not between the margins",
        ),
    ],
)  # fmt: skip
def test_wrong_proportions_are_refused(call, message):
    with pytest.raises(UserError, match=message):
        call()


# events ---------------------------------------------------------------------------------------

HR = {"hazard_ratio": 0.65, "margin": 1.0, "direction": "lower", "alpha": 0.025, "allocation": 2}


def test_the_power_of_events_by_simulated_log_rank_tests():
    # The score of the Cox model, all with an event and one after the other: 240 events.
    rng = np.random.default_rng(12)
    trials, n = 2000, 240
    arm = np.repeat([1.0, 0.0], [160, 80])
    times = rng.exponential(1 / np.where(arm == 1, 0.65, 1.0), (trials, n))
    ordered = arm[np.argsort(times, axis=1)]
    at_risk = np.arange(n, 0, -1)
    share = ordered[:, ::-1].cumsum(axis=1)[:, ::-1] / at_risk
    z = (ordered - share).sum(axis=1) / np.sqrt((share * (1 - share)).sum(axis=1))
    shown = np.mean(z <= -stats.norm.isf(0.025))
    found = power_events(events=240, **HR)
    assert found.power == pytest.approx(shown, abs=4 * math.sqrt(shown * (1 - shown) / trials))


def test_directions_and_margins_of_ratios():
    down = power_events(events=200, **(HR | {"hazard_ratio": 0.9, "margin": 1.25}))
    up = power_events(
        events=200, **(HR | {"hazard_ratio": 1 / 0.9, "margin": 0.8, "direction": "higher"})
    )
    assert down.power == pytest.approx(up.power)
    at = power_events(events=200, **(HR | {"hazard_ratio": 1.25, "margin": 1.25}))
    assert at.power == pytest.approx(0.025)


def test_events_and_patients_are_the_fewest():
    shares = {"event_share_test": 0.4, "event_share_reference": 0.55}
    found = sample_size_events(power=0.9, **HR, **shares, dropout=0.1)
    assert power_events(events=found.events - 1, **HR).power < 0.9 <= found.power
    had = (0.4 * found.n_test + 0.55 * found.n_reference) * 0.9
    assert found.events <= had < found.events + 2
    assert found.n_test == pytest.approx(2 * found.n_reference, abs=1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"hazard_ratio": 1.1}, "no better than the margin"),
        ({"hazard_ratio": 0}, "hazard_ratio must be above 0"),
        ({"margin": -1}, "margin must be above 0"),
        ({"event_share_test": 1.2}, "at most 1"),
        ({"dropout": 1}, "dropout must be"),
        ({"hazard_ratio": 0.99999}, "events would be needed"),
    ],
)
def test_wrong_ratios_are_refused(change, message):
    given = HR | {"power": 0.9, "event_share_test": 0.4, "event_share_reference": 0.5, "dropout": 0}
    with pytest.raises(UserError, match=message):
        sample_size_events(**(given | change))
    with pytest.raises(UserError, match="events must be a whole number"):
        power_events(events=10.5, **HR)
