"""The engine: same bytes whoever simulates, bounded chunks, and power equal to the formula."""

from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
import pytest
from distributed import LocalCluster

from analysis.cluster import SIMULATION, Opened, own_code, with_same_code, workers_for_simulation
from analysis.errors import UserError
from analysis.stats.ancova_many import adjusted_differences, moments_of
from analysis.stats.laws import chi2_sf
from analysis.trial_design import engine
from analysis.trial_design.designs import MeansDesign, SharesDesign, TimesDesign
from analysis.trial_design.engine import CHUNK, simulate
from analysis.trial_design.evaluated import evaluated, monte_carlo

COMMON = {"direction": "higher", "alpha": 0.025}


def means(n_test=88, n_reference=41, effect=0.0, margin=1.8, sd=3.0, correlation=0.6,
          covariates=2, **given):  # fmt: skip
    return MeansDesign(
        n_test=n_test, n_reference=n_reference, effect=effect, margin=margin, sd=sd,
        correlation=correlation, covariates=covariates, **(COMMON | given),
    )  # fmt: skip


SHARES = SharesDesign(
    n_test=150, n_reference=150, effect=0.0, margin=0.15, reference_share=0.6, **COMMON
)
TIMES = TimesDesign(
    n_test=60, n_reference=40, effect=1.0, margin=1.8, reference_share=0.6, **COMMON
)


def simulated(design, trials, seed, workers=None):
    return simulate([design], trials, seed=seed, workers=workers)[0]


@pytest.mark.parametrize("workers", [1, 2])
def test_processes_give_the_same_bytes(workers):
    designs, trials = [means(), SHARES], 60 * CHUNK + 7
    alone = simulate(designs[:1], trials, seed=3) + simulate(designs[1:], 300, seed=3)
    with ProcessPoolExecutor(workers, get_context("fork")) as pool:
        opened = Opened(pool)
        [first] = simulate(designs[:1], trials, seed=3, workers=opened)
        # Beside another it is the same, too.
        second = simulate(designs, 300, seed=3, workers=opened)[1]
    assert [first.tobytes(), second.tobytes()] == [each.tobytes() for each in alone]
    assert first.shape == (2, trials)


def test_a_cluster_gives_the_same_bytes(monkeypatch):
    with LocalCluster(2, processes=False, dashboard_address=":0") as there:
        monkeypatch.setenv(SIMULATION, there.scheduler_address)
        with workers_for_simulation() as opened:
            found = simulated(means(), 2 * CHUNK, 3, opened)
    assert found.tobytes() == simulated(means(), 2 * CHUNK, 3).tobytes()


def test_without_an_address_this_process_simulates(monkeypatch):
    monkeypatch.delenv(SIMULATION, raising=False)
    with workers_for_simulation() as opened:
        assert opened is None


def test_workers_with_other_code_refuse():
    assert with_same_code(own_code(), max, 1, 2) == 2
    with pytest.raises(UserError, match="is not the one of the machine"):
        with_same_code("another", max, 1, 2)


def test_workers_that_are_lost_are_one_sentence(monkeypatch):
    monkeypatch.setattr(engine, "LOOK", 0.01)

    class Never:
        def submit(self, *_):
            return Future()

    with pytest.raises(UserError, match="all gone"):
        simulated(means(), 10, 1, Opened(Never(), lambda: "all gone"))


def test_a_longer_simulation_begins_with_a_shorter_one():
    few, many = (simulated(means(), trials, 3) for trials in (2 * CHUNK, 3 * CHUNK))
    np.testing.assert_array_equal(many[:, : 2 * CHUNK], few)


def test_seeds_and_designs_have_streams_of_their_own():
    first = simulated(means(), CHUNK, 1)
    assert not np.array_equal(first, simulated(means(), CHUNK, 2))
    other = simulated(means(margin=1.9), CHUNK, 1)
    assert not np.array_equal(first[0], other[0])


def test_no_more_than_a_chunk_is_drawn_at_once():
    asked = []

    class Spy:
        def __repr__(self):
            return "spy"

        def draw(self, rng, trials):
            asked.append(trials)
            return rng.normal(size=(1, trials))

    simulated(Spy(), 2 * CHUNK + 5, 0)
    assert asked == [CHUNK, CHUNK, 5]


def test_sums_and_participants_have_one_law():
    """Estimates and squared errors drawn from their own law, and by way of participants."""
    design, trials = means(n_test=12, n_reference=8, effect=1.0), 20_000
    rng = np.random.default_rng(8)
    by_sums = adjusted_differences(design.sums(rng, trials))
    by_participants = adjusted_differences(moments_of(design.patients(rng, trials), 12))
    for one, other in zip(by_sums[:2], by_participants[:2], strict=True):
        for power in (1, 2, 3):
            moments = [(each**power) for each in (one, other)]
            error = np.hypot(*(each.std() for each in moments)) / np.sqrt(trials)
            assert abs(moments[0].mean() - moments[1].mean()) < 4 * error


def grid():
    """64 designs of means: power from the level to near 1."""
    return [
        means(n_test=n_test, n_reference=n_reference, effect=effect, correlation=correlation,
              covariates=covariates, direction=direction)
        for n_test, n_reference in ((98, 49), (26, 26), (20, 40), (9, 7))
        for gain in (-1.8, -0.9, 0.0, 0.4)
        for covariates, correlation in ((0, 0.0), (2, 0.6))
        for direction, effect in (("higher", gain), ("lower", -gain))
    ]  # fmt: skip


def test_simulated_power_is_the_exact_one_in_64_designs():
    designs = grid()
    assert len(designs) >= 60
    found = evaluated(designs, trials=4_000, seed=11)
    distances = found["deviation"]
    # The sum of squares has chi-square's law: neither too far nor too near.
    assert 0.001 < float(chi2_sf((distances**2).sum(), len(designs))) < 0.999
    assert distances.abs().max() < 4.5
    at_margin = found[[design.effect * design.sign == -1.8 for design in designs]]
    assert len(at_margin) == 16
    np.testing.assert_allclose(at_margin["power"], 0.025, atol=1e-9)
    pooled = at_margin["power.simulated"].mean()
    assert abs(pooled - 0.025) < 3.5 * np.sqrt(0.025 * 0.975 / (16 * 4_000))


@pytest.mark.parametrize("design", [SHARES, TIMES], ids=["shares", "times"])
def test_approximations_are_near_the_simulation(design):
    found = evaluated([design], trials=4_000, seed=5).iloc[0]
    assert abs(found["power"] - found["power.simulated"]) < 0.03


def test_monte_carlo_error_is_that_of_a_share():
    found = monte_carlo([0, 50, 100], 100)
    assert found["error"].round(3).tolist() == [0.0, 0.05, 0.0]
    # Wilson's limits do not collapse where nothing or everything happened.
    assert found["high"].iloc[0] > 0
    assert found["low"].iloc[2] < 1
