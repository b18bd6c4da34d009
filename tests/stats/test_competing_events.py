"""Cumulative incidence against R, by hand, and where there is no competing event."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.errors import UserError
from analysis.stats.competing_events import cumulative_incidence, incidence_difference
from analysis.stats.survival import kaplan_meier
from analysis.validation.tables import load_data

quick = settings(max_examples=60, deadline=None, database=None)


@pytest.fixture(scope="module")
def weekly() -> pd.DataFrame:
    """Generated times with weekly ties; every third participant's event is taken as a rival."""
    frame = load_data("tte_generated_1")
    number = frame["id"] if "id" in frame else pd.Series(np.arange(1, len(frame) + 1))
    rival = (frame["event"] == 1) & (number % 3 == 0)
    return frame.assign(rival=rival, own=(frame["event"] == 1) & ~rival)


# R 4.2.2, survival 3.5-3, run for this test: survfit(Surv(time, factor(cause, 0:2)) ~ 1,
# conf.type = ...) at weeks 14, 28, 56 and 84; etm 1.1.1 has the same standard errors
DAILY = [
    (14, 51, 0.25, 0.05590169944),
    (28, 26, 0.336965812, 0.06149488306),
    (56, 11, 0.521390137, 0.06804946395),
    (84, 7, 0.521390137, 0.06804946395),
]
LIMITS = {
    "log-log": [(0.1493075500, 0.3640184044), (0.2206275308, 0.4570570208)],
    "log": [(0.1612893001, 0.3875024565), (0.2356378430, 0.4818663971)],
    "plain": [(0.1404346824, 0.3595653176), (0.2164380559, 0.4574935680)],
}


@pytest.mark.parametrize("interval", LIMITS)
def test_the_curve_and_its_limits_as_r_has_them(weekly: pd.DataFrame, interval: str) -> None:
    own = weekly[weekly["arm"] == "DAILY"]
    curve = cumulative_incidence(
        own["time"], own["own"], own["rival"], level=0.95, interval=interval
    )
    found = curve.at([14, 28, 56, 84])
    columns = ["time", "at_risk", "estimate", "std_error"]
    np.testing.assert_allclose(found[columns], DAILY, atol=5e-10)
    np.testing.assert_allclose(found[["lower", "upper"]][:2], LIMITS[interval], atol=5e-10)
    assert curve.events.sum() == 31
    assert curve.competing.sum() == 18


def test_a_difference_at_a_time(weekly: pd.DataFrame) -> None:
    one, two = (
        cumulative_incidence(own["time"], own["own"], own["rival"], level=0.95)
        for _, own in weekly.groupby("arm")
    )
    found = incidence_difference(two, one, at=28)
    # R's estimates of both arms, as above: 0.3340743970 (0.06301286005)
    assert found.estimate == pytest.approx(0.3340743970 - 0.336965812, abs=5e-10)
    assert found.std_error == pytest.approx(np.hypot(0.06301286005, 0.06149488306), abs=5e-11)
    swapped = incidence_difference(one, two, at=28)
    assert (swapped.lower, swapped.upper) == pytest.approx((-found.upper, -found.lower))
    assert "as long as 999" in incidence_difference(one, two, at=999).reason
    assert "no width" in incidence_difference(one, two, at=1).reason
    other = cumulative_incidence([1, 2], [1, 0], [0, 1], level=0.9)
    with pytest.raises(UserError, match="different confidence levels"):
        incidence_difference(one, other, at=1)


def test_by_hand() -> None:
    # 8 participants; survfit of R 4.2.2 gives the same estimates and errors
    curve = cumulative_incidence(
        range(1, 9), [1, 0, 0, 1, 0, 1, 0, 0], [0, 0, 1, 0, 0, 0, 1, 0], level=0.95
    )
    first = 1 / 8
    second = first + (7 / 8) * (5 / 6) / 5
    third = second + (7 / 8) * (5 / 6) * (4 / 5) / 3
    np.testing.assert_allclose(curve.estimate[[0, 3, 5]], [first, second, third])
    errors = [0.1169267933, 0.1649762364, 0.2042865058]
    np.testing.assert_allclose(curve.std_error[[0, 3, 5]], errors, atol=5e-11)


def test_nobody_everybody_and_past_the_end() -> None:
    nobody = cumulative_incidence([1, 2, 3], [0, 0, 0], [0, 1, 0], level=0.95)
    assert nobody.estimate.tolist() == [0, 0, 0]
    assert np.isnan(nobody.lower).all()
    assert nobody.at(2)["reason"][0].startswith("no event yet")
    assert nobody.at(4)["reason"][0] == "nobody was followed as long"
    ended = cumulative_incidence([1, 2, 3], [1, 0, 1], [0, 1, 0], level=0.95)
    assert ended.at([2, 9])["estimate"].tolist() == [pytest.approx(1 / 3), pytest.approx(2 / 3)]
    at_once = cumulative_incidence([5, 5, 5, 5], [1, 1, 0, 0], [0, 0, 1, 1], level=0.95)
    assert at_once.std_error[0] == pytest.approx(np.sqrt(0.25 / 4))  # a proportion's


@pytest.mark.parametrize(
    ("event", "competing", "words"),
    [
        ([1, 0], [1, 0], "1 participants have the event and the competing event"),
        ([1, 0], [2, 0], "competing must be a list of 0 or 1"),
        ([1, 0], [0, 0, 0], "competing must be a list of 0 or 1"),
        ([2, 0], [0, 0], "event must be 0 or 1"),
    ],
)
def test_wrong_input_is_refused(event: list[int], competing: list[int], words: str) -> None:
    with pytest.raises(UserError, match=words):
        cumulative_incidence([1, 2], event, competing, level=0.95)


@quick
@given(st.lists(st.tuples(st.integers(1, 9), st.integers(0, 2)), min_size=1, max_size=30))
def test_laws(data: list[tuple[int, int]]) -> None:
    time, cause = np.array(data).T
    own, rival = (
        cumulative_incidence(time, cause == each, cause == 3 - each, level=0.95) for each in (1, 2)
    )
    both = kaplan_meier(time, cause > 0, level=0.95)
    np.testing.assert_allclose(own.estimate + rival.estimate, 1 - both.estimate, atol=1e-12)
    assert (np.diff(own.estimate) >= 0).all()
    inside = ~np.isnan(own.lower)
    assert (own.lower[inside] <= own.estimate[inside] + 1e-12).all()
    assert (own.upper[inside] >= own.estimate[inside] - 1e-12).all()
    # without a competing event it is one minus Kaplan–Meier, with Greenwood's error
    alone = cumulative_incidence(time, cause > 0, np.zeros(len(time)), level=0.95)
    np.testing.assert_allclose(alone.estimate, 1 - both.estimate, atol=1e-12)
    np.testing.assert_allclose(alone.std_error, both.std_error, atol=1e-7)
    if (cause > 0).all():  # without censoring it is the share of those who had the event
        shares = np.array([((time <= t) & (cause == 1)).mean() for t in own.time])
        np.testing.assert_allclose(own.estimate, shares, atol=1e-12)
        error = np.sqrt(shares * (1 - shares) / len(time))
        np.testing.assert_allclose(own.std_error, error, atol=1e-7)
