"""A time to an event as an endpoint: curves, hazard ratios, other measures, and the verdict.

Numbers of the pilot's time to the first dermatologic event are R 4.2's, package survival: coxph
(ties = "efron" and "breslow"), survfit (conf.type = "log-log"), survdiff and cox.zph, on the same
254 rows of adtte.
"""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_trials import estimated, run_of, said, times, value

from analysis.display import Figure, Reading
from analysis.efficacy import (
    answer,
    event_curves,
    hazards,
    measures,
    over_time,
    primary_tables,
    responses,
    robustness,
    subgroup_analysis,
    tipping,
    tipping_responses,
    tipping_times,
)
from analysis.efficacy.primary import analyse
from analysis.efficacy.settings import ControlledParameters, Settings, resolve
from analysis.errors import NoSection, UserError
from analysis.results.curves import EVENTS, MEDIAN, PLANNED
from analysis.results.hazards import TEST
from analysis.sources.trial.trial import load_trial

NAME = "Time to first dermatologic event"
LOW, HIGH = "Xanomeline Low Dose", "Xanomeline High Dose"


@pytest.fixture(scope="module")
def pilot() -> Settings:
    return resolve(ControlledParameters(trial="cdisc-pilot", endpoint=NAME, subgroups=["SEX"]))


# The pilot, against R. -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arm", "estimate", "error", "low", "high", "breslow"),
    [
        (HIGH, 5.0259700, 0.23326053, 3.1817656, 7.9391063, 1.6061088),
        (LOW, 4.1477041, 0.22950980, 2.6451400, 6.5037953, 1.4156316),
    ],
)
def test_the_pilots_hazard_ratios_are_rs(
    pilot: Settings, arm: str, estimate: float, error: float, low: float, high: float,
    breslow: float,
) -> None:  # fmt: skip
    found = answer.answer(pilot).select(group1_level=f"{arm} / Placebo")
    assert value(found, "estimate") == pytest.approx(estimate, abs=5e-8)
    assert value(found, "std.error") == pytest.approx(error, abs=5e-9)
    assert value(found, "conf.low") == pytest.approx(low, abs=5e-8)
    assert value(found, "conf.high") == pytest.approx(high, abs=5e-8)
    other = robustness.robustness(pilot).select(group2_level=f"{arm} / Placebo")
    ties = value(other, "estimate", group1_level="Ties by Breslow")
    assert math.log(ties) == pytest.approx(breslow, abs=5e-8)


@pytest.mark.parametrize(
    ("arm", "time", "estimate", "low", "high"),
    [
        ("Placebo", 30, 0.844421, 0.747045, 0.906598),
        ("Placebo", 180, 0.626102, 0.506521, 0.724454),
        (HIGH, 90, 0.1378810, 0.0621669, 0.243361),
        (LOW, 180, 0.125769, 0.0560318, 0.225008),
    ],
)
def test_the_pilots_curves_are_rs(
    pilot: Settings, arm: str, time: int, estimate: float, low: float, high: float
) -> None:
    found = event_curves.survival(pilot).select(
        group1_level=arm, variable=PLANNED, variable_level=f"{time} days"
    )
    expected = {"estimate": estimate, "conf.low": low, "conf.high": high}
    for stat, number in expected.items():
        assert value(found, stat) == pytest.approx(number, abs=5e-7)


@pytest.mark.parametrize(
    ("arm", "events", "median"),
    [("Placebo", 29, None), (HIGH, 61, (36, 23, 46)), (LOW, 62, (33, 27, 48))],
)
def test_the_pilots_medians_are_rs(
    pilot: Settings, arm: str, events: int, median: tuple[int, int, int] | None
) -> None:
    found = event_curves.survival(pilot).select(group1_level=arm)
    assert value(found, "n", variable=EVENTS) == events
    rows = found.select(variable=MEDIAN)
    if median is None:
        assert rows.select(stat_name="estimate").frame.empty
        return
    stats = [value(rows, name) for name in ("estimate", "conf.low", "conf.high")]
    assert stats == list(median)


def test_the_pilots_tests_are_rs(pilot: Settings) -> None:
    rows = measures.measures(pilot).select(
        group1_level="Equal hazards", variable_level=f"{HIGH} v Placebo"
    )
    assert value(rows, "p.value") == pytest.approx(4.698686e-13, rel=5e-7)
    zph = hazards.proportional(pilot).select(group1_level="arm", variable=TEST)
    assert value(zph, "p.value") == pytest.approx(0.59158, abs=5e-6)
    groups = subgroup_analysis.in_subgroups(pilot)
    p = value(groups, "p.value", variable_level=f"{HIGH} / Placebo")
    assert p == pytest.approx(0.1334257, abs=5e-8)
    female = value(groups, "estimate", variable_level=f"{HIGH} / Placebo", group2_level="Female")
    assert math.log(female) == pytest.approx(1.29942266, abs=5e-8)
    male = value(groups, "estimate", variable_level=f"{HIGH} / Placebo", group2_level="Male")
    assert math.log(male) == pytest.approx(1.29942266 + 0.75170793, abs=5e-8)


def test_the_answer_says_what_it_is_and_which_way_is_better(pilot: Settings) -> None:
    words = said(answer.answer(pilot), pilot)
    assert (
        f"{HIGH} / Placebo (analysed 84 v 86): hazard ratio 5.03 (95\u202f% interval 3.18 to 7.94)"
        in words
    )
    assert "superiority is not shown" in words
    assert "the whole interval lies above 1, the worse side" in words
    assert pilot.favours == (f"favours {HIGH}", "favours Placebo")


def test_every_part_of_the_page_is_there(pilot: Settings) -> None:
    curves = event_curves.survival(pilot)
    assert isinstance(event_curves.survival_curves(curves, pilot), Figure)
    assert "0 " not in event_curves.survival_table(curves, pilot).title
    check = hazards.proportional(pilot)
    assert isinstance(hazards.proportional_figure(check, pilot), Figure)
    assert "do not speak against" in hazards.proportional_reading(check, pilot).sentences[0]


def test_sections_of_other_kinds_are_not_on_the_page(pilot: Settings) -> None:
    for section in (
        primary_tables.observed, primary_tables.means, primary_tables.diagnostics,
        over_time.by_visit, over_time.mmrm_by_visit, tipping.tipping, responses.responses,
        tipping_responses.tipping_responses, event_curves.incidence,
    ):  # fmt: skip
        with pytest.raises(NoSection):
            section(pilot)


# Better and worse, margins, objectives. ----------------------------------------------------------

SLOW = [("new", 10.0 + number, number % 3 and 1) for number in range(40)]
FAST = [("old", 2.0 + number / 2, int(number % 4 == 3)) for number in range(40)]


@pytest.mark.parametrize(
    ("plan", "endpoint", "words"),
    [
        ({}, {"direction": "higher"}, "superior; the whole interval lies below 1"),
        ({}, {"direction": "lower"}, "superiority is not shown"),
        ({"margin": 1.25}, {}, "non-inferior at the margin of 1.25"),
        ({"margin": 0.8}, {}, "non-inferior at the margin of 1.25"),
        ({"margin": 1.25, "objectives": ["non-inferiority", "superiority"]}, {},
         "non-inferior at the margin of 1.25; superiority, tested after non-inferiority, is "
         "shown"),
        ({"margin": 1.25, "objectives": ["equivalence"]}, {}, "equivalence is not shown"),
        ({"model": "restricted mean survival", "margin": 2.0}, {},
         "non-inferior at the margin of −2.00"),
        ({"model": "Kaplan-Meier", "margin": 0.1}, {"until": 15},
         "non-inferior at the margin of −10.0"),
    ],
)  # fmt: skip
def test_the_verdict_follows_direction_margin_and_objectives(
    tmp_path: Path, plan: dict[str, Any], endpoint: dict[str, Any], words: str
) -> None:
    run = run_of(times(tmp_path / "t", [*SLOW, *FAST], endpoint, **plan))
    assert words in said(answer.answer(run), run)


def test_a_stratified_model_is_within_its_strata(tmp_path: Path) -> None:
    ends = [*SLOW, *FAST]
    site = ["A" if number % 2 else "B" for number in range(len(ends))]
    folder = times(tmp_path / "t", ends, columns={"SITE": site}, strata=["SITE"])
    run = run_of(folder)
    assert "stratified by SITE" in analyse(run).words
    rows = measures.measures(run).select(group1_level="Equal hazards").wide()
    assert len(rows) == 2
    labels = set(robustness.robustness(run).frame["group1_level"])
    assert "Unadjusted" in labels


# Who left early. ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pace", "first", "last", "between"),
    [
        (1.0, "superior", "not shown", "3.00 and 5.00"),
        (1.1, "not shown", "superior", "0.67 and 0.50"),
    ],
)
def test_the_verdict_changes_where_those_who_left_fare_otherwise(
    tmp_path: Path, pace: float, first: str, last: str, between: str
) -> None:
    """Half of the new arm leaves early: they must fare worse, or better, for another verdict."""
    ends = [("new", 3.0 + n, n % 2) for n in range(40)]
    ends += [("old", 2.0 + pace * n, 0) for n in range(40)]
    run = run_of(times(tmp_path / "t", ends))
    found = tipping_times.tipping_times(run)
    rows = found.wide().to_dict("records")
    assert [rows[0]["conclusion"], rows[-1]["conclusion"]] == [first, last]
    deltas, ratios = (
        [float(each) for each in found.select(stat_name=name).frame["stat"]]
        for name in ("ratio.delta", "estimate")
    )
    # The more hazard of those who left, the larger the ratio.
    assert sorted(ratios) == [ratio for _, ratio in sorted(zip(deltas, ratios, strict=True))]
    words = tipping_times.tipping_reading(found, run).sentences[0]
    assert f"the verdict ({first}) becomes {last}" in words
    assert f"multiplied by a number between {between}" in words


def test_the_verdict_stays_where_nobody_left(tmp_path: Path) -> None:
    ends = [
        *(("new", 3.0 + n, 0) for n in range(20)),
        *(("old", 2.0 + n / 2, 0) for n in range(20)),
    ]
    run = run_of(times(tmp_path / "t", ends))
    found = tipping_times.tipping_times(run)
    assert "the verdict stays: superior" in tipping_times.tipping_reading(found, run).sentences[0]
    (start, *others) = found.select(stat_name="estimate").frame["stat"]
    assert {float(each) for each in others} == {float(start)}
    assert float(start) == pytest.approx(value(answer.answer(run), "estimate"))


def test_only_a_hazard_ratio_has_such_a_tipping_point(tmp_path: Path) -> None:
    run = run_of(times(tmp_path / "t", [*SLOW, *FAST], model="restricted mean survival"))
    with pytest.raises(NoSection):
        tipping_times.tipping_times(run)


# Competing events. -------------------------------------------------------------------------------


def test_a_competing_event_has_its_incidence_beside(tmp_path: Path) -> None:
    ends = [("new", 1.0, 0), ("new", 2.0, 2), ("new", 3.0, 0), ("new", 4.0, 1),
            ("old", 1.0, 0), ("old", 2.0, 0), ("old", 3.0, 2), ("old", 4.0, 1)]  # fmt: skip
    endpoint = {"cnsr": {0: "relapse", 1: "end of study", 2: "death"}, "competing": [2],
                "times": [3]}  # fmt: skip
    run = run_of(times(tmp_path / "t", ends, endpoint))
    found = event_curves.incidence(run)
    shares = {
        (arm, kind): value(found, "estimate", group1_level=arm, group2_level=kind, variable=PLANNED)
        for arm in ("new", "old")
        for kind in ("The event", "Competing event")
    }
    # Of four in each arm: relapse at 1 and 3, and at 1 and 2; one death each.
    assert shares == pytest.approx({
        ("new", "The event"): 0.5, ("new", "Competing event"): 0.25,
        ("old", "The event"): 0.5, ("old", "Competing event"): 0.25,
    })  # fmt: skip
    assert isinstance(event_curves.incidence_curves(found, run), Figure)
    assert "death 2" in " ".join(
        event_curves.survival_table(event_curves.survival(run), run).footnotes
    )


# Degenerate data: an estimate that is right, or one true sentence. --------------------------------

CENSORED = [(arm, 5.0 + number, 1) for arm in ("new", "old") for number in range(6)]
AT_ONCE = [(arm, 5.0, 0) for arm in ("new", "old") for _ in range(6)]
ONE_ARM_FREE = [*(("new", 5.0 + n, 1) for n in range(6)), *(("old", 2.0 + n, 0) for n in range(6))]
ALONE = [("new", 3.0, 0), ("old", 5.0, 0)]
MODELS = ("Cox regression", "restricted mean survival", "Kaplan-Meier")


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("ends", [CENSORED, AT_ONCE, ONE_ARM_FREE, ALONE])
def test_an_estimate_that_is_right_or_one_true_sentence(
    tmp_path: Path, model: str, ends: list[tuple[str, float, int]]
) -> None:
    run = run_of(times(tmp_path / "t", ends, {"times": [4]}, model=model))
    found, reason = estimated(run)
    if found is None or found.estimate is None:
        assert reason
        assert "\n" not in reason
    else:
        assert found.lower is not None
        assert found.upper is not None
        assert found.lower <= found.estimate <= found.upper
    for section in (event_curves.survival, measures.measures, robustness.robustness,
                    hazards.proportional):  # fmt: skip
        assert len(section(run).frame)
    curves = event_curves.survival(run)
    assert isinstance(event_curves.survival_curves(curves, run), Figure | Reading)


def test_nobody_has_the_event(tmp_path: Path) -> None:
    run = run_of(times(tmp_path / "t", CENSORED))
    found = answer.answer(run)
    assert "new / old (analysed 6 v 6): not estimable: nobody had the event." in said(found, run)
    curves = event_curves.survival(run).select(group1_level="new")
    assert value(curves, "n", variable=EVENTS) == 0


def test_an_arm_without_an_event_has_no_hazard_ratio_and_says_so(tmp_path: Path) -> None:
    run = run_of(times(tmp_path / "t", ONE_ARM_FREE))
    assert "monotone" in said(answer.answer(run), run)


# Laws. -------------------------------------------------------------------------------------------

DAYS = st.lists(st.integers(1, 400), min_size=3, max_size=12, unique=True)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("laws")


@settings(max_examples=10)
@given(new=DAYS, old=DAYS)
def test_without_censoring_and_ties_the_curve_is_the_empirical_one(
    folder: Path, new: list[int], old: list[int]
) -> None:
    ends = [*(("new", float(t), 0) for t in new), *(("old", t + 0.5, 0) for t in old)]
    run = run_of(times(folder / "t", ends, {"times": [50, 200]}))
    rows = event_curves.survival(run).select(variable=PLANNED, group1_level="new")
    for time in (50, 200):
        own = rows.select(variable_level=f"{time} days", stat_name="estimate").frame["stat"]
        if len(own):
            assert float(own.iloc[0]) == pytest.approx(np.mean(np.array(new) > time))


@settings(max_examples=10)
@given(new=DAYS, old=DAYS)
def test_swapping_the_arms_turns_the_ratio_over(
    folder: Path, new: list[int], old: list[int]
) -> None:
    ends = [*(("new", float(t), 0) for t in new), *(("old", t + 0.5, 0) for t in old)]
    path = times(folder / "t", ends)
    trial = load_trial(path)
    for model in MODELS:
        one, other = (
            estimated(resolve(ControlledParameters(trial=str(path), model=model, **arms), trial))[0]
            for arms in ({}, {"treatment": "old", "reference": "new"})
        )
        if one is None or one.estimate is None or other is None or other.estimate is None:
            continue
        if model == "Cox regression":
            assert other.estimate == pytest.approx(1 / one.estimate, rel=1e-6)
            assert other.lower == pytest.approx(1 / float(one.upper or 0), rel=1e-6)
            assert one.p_at(float(one.upper or 0)) == pytest.approx(0.05, abs=1e-9)
        else:
            assert other.estimate == pytest.approx(-one.estimate, abs=1e-9)
        assert one.p_value == pytest.approx(other.p_value, rel=1e-6)


# Words. ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"model": "ANCOVA"}, "for the time-to-event endpoint 'Time to relapse'"),
        ({"model": "Cox"}, "model must be one of Cox regression"),
        ({"model": "Kaplan-Meier", "strata": ["SEX"]}, "strata must be empty with the model Kap"),
        ({"missing_data": "multiple imputation"}, "missing_data must be one of observed"),
    ],
)
def test_words_of_another_kind_are_refused(
    tmp_path: Path, parameters: dict[str, Any], words: str
) -> None:
    path = times(tmp_path / "t", [*SLOW, *FAST])
    with pytest.raises(UserError, match=words):
        run_of(path, **parameters)
