"""The plan: what the ledger gives, what a run changes, and what is refused."""

import math

import numpy as np
import pytest

from analysis.contrasts.plausible import comparable_arms
from analysis.errors import UserError
from analysis.sources.trial.margin import size_of
from analysis.trial_design.planned import planning_values
from analysis.trial_design.sizes import recommendation, sized


def test_the_default_is_planned_from_the_ledger(default_run):
    assumed, evidence = default_run.assumptions, default_run.evidence
    assert default_run.plan_status == "planned"
    assert {name: value.value for name, value in default_run.planned.items()} == {
        name: getattr(assumed, name)
        for name in ("effect", "sd", "correlation", "dropout", "margin")
    }
    assert assumed.margin == -evidence.margin
    arms = comparable_arms(evidence)
    arms = arms[arms["sd_method"] == "reported"].dropna(subset=["n", "sd"])
    variances = np.repeat(arms["sd"] ** 2, arms["n"].astype(int) - 1)
    assert assumed.sd == pytest.approx(np.sqrt(variances.mean()), rel=1e-12)
    assert all(value.source for value in default_run.planned.values())


def test_each_planning_value_says_where_it_comes_from(default_run):
    rows = planning_values(default_run).frame
    routes = rows[rows["stat_name"] == "route"]
    assert len(routes) == 8
    assert (routes["source"] != "").all()


def test_a_contrast_that_does_not_show_what_covariates_explain_counts_on_none(run_of):
    run = run_of(product="somatrogon", comparator="Genotropin")
    assert run.assumptions.correlation == 0.0
    assert "none is counted on" in run.planned["correlation"].route
    # The smallest set of trials that holds the asked contrast, and not all of them.
    assert "four trials (long-acting, fusion protein)" in run.planned["effect"].route


def test_a_changed_assumption_is_a_departure_beside_the_ledgers(run_of):
    run = run_of(effect=0.5, dropout=0.1, margin=1.0, power=[0.85])
    assert {each.name for each in run.departures} == {"effect", "dropout", "margin", "power"}
    words = planning_values(run).wide().set_index("group1_level")
    assert words.loc["Dropout", ["value", "ledger.value"]].tolist() == ["10.0", "1.8"]
    assert words.loc["True difference", "route"] == "given by this run"


def test_what_a_run_gives_of_another_kind_is_no_ones_but_its_own(run_of):
    run = run_of(kind="response", effect=0.0, margin=0.15, reference_share=0.6)
    words = planning_values(run).wide().set_index("group1_level")
    assert words.loc["Margin", ["value", "unit.words", "route"]].tolist() == [
        "15.0", "percentage points", "given by this run",
    ]  # fmt: skip
    assert words.loc["Response rate of the comparator", "value"] == "60"


def test_the_sign_of_a_margin_says_nothing(run_of):
    assert run_of(margin=-1.5).assumptions.margin == size_of(1.5)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"kind": "response"}, "of the ledger for a measurement only"),
        ({"kind": "response", "effect": 0.0}, "of the field for a measurement only"),
        ({"kind": "response", "effect": 0.6, "margin": 0.1}, "rate of the test arm"),
        ({"kind": "time to event", "effect": 1.0, "margin": 0.8}, "above 1"),
        ({"kind": "time to event", "effect": 1.6, "margin": 1.5}, "better than the margin"),
        ({"effect": -2.0}, "better than the margin"),
        ({"endpoint": "HTSDS"}, "give"),
        ({"endpoint": "HTSDS", "effect": 0.0, "sd": 0.5, "dropout": 0.1, "correlation": 0.5},
         "prints a margin"),
        ({"sd": 0.0}, "sd must be above 0"),
        ({"dropout": 1.0}, "dropout must be"),
        ({"correlation": 1.0}, "correlation must be"),
        ({"power": [0.8, 0.8]}, "twice"),
        ({"power": [0.02]}, "power must list"),
        ({"power": []}, "power must list"),
        ({"allocation": 0.0}, "allocation"),
        ({"months": [13.0, 11.0]}, "months"),
    ],
)  # fmt: skip
def test_what_cannot_be_planned_is_one_sentence(run_of, given, said):
    with pytest.raises(UserError, match=said) as refused:
        run_of(**given)
    assert "\n" not in str(refused.value)


def test_a_size_reaches_its_power_and_one_fewer_does_not(default_run):
    for power in default_run.parameters.power:
        found = sized(default_run, power)
        n = found.design.n_reference
        assert found.design.power().power >= power
        assert default_run.design(n - 1, n - 1).power().power < power


def test_the_lost_are_randomised_on_top(run_of):
    run = run_of(dropout=0.25, simulations=100, power=[0.9])
    values = recommendation(run).wide("stat").iloc[0]
    kept = values["n.randomised"] - values["n.lost"]
    assert kept == values["n.test"] + values["n.reference"]
    assert values["n.randomised"] * 0.75 >= kept > (values["n.randomised"] - 2) * 0.75


def test_who_takes_no_covariates_is_told_of_one_model_only(run_of):
    run = run_of(covariates=0, simulations=100)
    assert set(recommendation(run).frame["group2_level"]) == {""}
    assert math.isclose(sized(run, 0.9).design.explained, 0.0)


@pytest.mark.parametrize(
    ("given", "unit"),
    [({"kind": "response", "effect": 0.0, "margin": 0.15}, "proportion"),
     ({"kind": "time to event", "effect": 1.0, "margin": 1.4}, "")],
)  # fmt: skip
def test_other_kinds_are_planned_too(run_of, given, unit):
    run = run_of(simulations=100, **given)
    assert run.unit == unit
    found = recommendation(run).wide("stat")
    assert (found["power"] >= found["target"]).all()
