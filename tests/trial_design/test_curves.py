"""The curves, the trials that stand, the level and the agreement: what their rows say."""

import numpy as np
import pytest

from analysis.contrasts.answer import asked_contrasts
from analysis.trial_design.agreement import agreement
from analysis.trial_design.curves import axes_of, curves, curves_figure
from analysis.trial_design.level import ABOVE, BELOW, HOLDS, at_the_margin
from analysis.trial_design.past_trials import past_trials
from analysis.trial_design.planned import shown_as
from analysis.trial_design.sizes import recommended


@pytest.fixture(scope="module")
def drawn(default_run):
    return curves(default_run).wide("stat")


def test_at_the_planned_value_every_curve_has_the_power_of_the_trial(default_run):
    """Allocation has that value among its own; its power is that of the recommendation."""
    found = curves(default_run).wide("stat")
    name = shown_as(default_run)["allocation"].words
    own = found[(found["group1_level"] == name) & (found["assumed"] == 1.0)]
    expected = [each.design.power().power for each in recommended(default_run)]
    assert own["power"].tolist() == pytest.approx(expected)


@pytest.mark.parametrize(
    ("assumption", "rises"),
    [("effect", True), ("sd", False), ("margin", True), ("dropout", False), ("correlation", True)],
)
def test_each_assumption_moves_power_its_own_way(default_run, drawn, assumption, rises):
    own = drawn[drawn["group1_level"] == shown_as(default_run)[assumption].words]
    for _, curve in own.groupby("group2_level"):
        steps = np.diff(curve.sort_values("assumed")["power"])
        assert ((steps >= 0) if rises else (steps <= 0)).all()


def test_an_effect_at_the_margin_has_the_level(default_run, drawn):
    own = drawn[drawn["group1_level"] == shown_as(default_run)["effect"].words]
    worst = own[own["assumed"] == own["assumed"].min()]
    np.testing.assert_allclose(
        worst["power"].astype(float), default_run.assumptions.alpha, atol=1e-9
    )


def test_as_many_are_randomised_on_every_curve(default_run, drawn):
    most = max(each.randomised for each in recommended(default_run))
    assert (drawn["n.test"] + drawn["n.reference"] <= most).all()


def test_both_drawings_can_be_read(run_of):
    run = run_of(kind="time to event", effect=1.0, margin=1.5, simulations=100)
    assert {axis.name for axis in axes_of(run)} == {
        "effect", "reference_share", "margin", "allocation", "dropout",
    }  # fmt: skip
    figure = curves_figure(curves(run), run)
    assert not figure.drawn(narrow=False).crowded
    assert not figure.drawn(narrow=True).crowded


def test_past_trials_are_the_reports_of_the_ledger(default_run):
    found = past_trials(default_run).wide("stat")
    reports = asked_contrasts(default_run.evidence).dropna(subset=["n", "n_reference"])
    assert set(found["group1_level"]) == set(reports["label"])
    assert set(found["n.test"]) == set(reports["n"])


def test_the_level_is_judged_by_more_than_one_interval_in_twenty(default_run):
    words = at_the_margin(default_run).wide()
    assert set(words["holds.level"]) <= {HOLDS, ABOVE, BELOW}
    values = at_the_margin(default_run).wide("stat")
    outside = (values["null.low"] > 0.035) | (values["null.high"] < 0.015)
    assert not (outside & (words["holds.level"] == HOLDS)).any()


def test_formula_and_simulation_agree_for_means_and_not_for_an_approximation(run_of, default_run):
    assert agreement(default_run).wide()["outcome"].iloc[0] == "agree"
    assert int(agreement(default_run).wide("stat")["n"].iloc[0]) >= 60
    # Few events: Schoenfeld's formula is far off, and many trials show it.
    few = run_of(
        kind="time to event", effect=0.4, margin=3.0, reference_share=0.5, simulations=4_000,
        power=[0.8],
    )  # fmt: skip
    assert agreement(few).wide()["outcome"].iloc[0] == "differ"
