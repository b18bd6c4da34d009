"""Every sentence of the answer, and a case where its opposite holds."""

import pandas as pd
import pytest

from analysis.trial_design.answer import (
    agreement_sentence,
    level_sentence,
    missing_sentence,
    off_by,
    past_sentence,
    planned_sentence,
    size_sentences,
)
from analysis.trial_design.level import ABOVE, BELOW, HOLDS
from analysis.trial_design.sizes import WITH, WITHOUT
from analysis.trial_design.strategies import COMPLETERS, EVERYONE, MMRM, OBSERVED


def size(target="80", model=WITH, randomised="54"):
    return {"target": target, "group2_level": model, "n.randomised": randomised, "n.test": "26",
            "n.reference": "26"}  # fmt: skip


VALUES = {
    "margin": "1.80 cm/year",
    "alpha": "2.5\u202f%",
    "effect": "0.09 cm/year",
    "effect.words": "true difference",
}


def test_sizes_by_the_runs_model_and_without_covariates(default_run):
    both = [size(), size(model=WITHOUT, randomised="78"), size("90", randomised="68")]
    first, second = size_sentences(default_run, both, VALUES)
    assert "at a margin of 1.80 cm/year and a one-sided level of 2.5\u202f%" in first
    assert "54 participants (26 v 26 analysed) for a power of 80\u202f% and 68" in first
    assert second == "Without the covariates in the model: 78 for 80\u202f%."


def test_without_covariates_in_the_plan_nothing_is_said_of_them(default_run):
    assert len(list(size_sentences(default_run, [size(model="")], VALUES))) == 1


def test_the_plan_names_only_what_its_kind_reads():
    assert "SD" not in planned_sentence(VALUES)
    assert "an SD of 3.00" in planned_sentence(VALUES | {"sd": "3.00"})
    both = VALUES | {"correlation": "0.50", "covariates": "2"}
    assert "covariates (2) that correlate 0.50 with the response" in planned_sentence(both)


def margin_row(judged, n="26", share="2.5"):
    return {"holds.level": judged, "n.test": n, "n.reference": n, "null.shown": share,
            "alpha": "2.5"}  # fmt: skip


def test_the_level_holds_or_where_it_does_not():
    assert "as often as the level of 2.5\u202f% allows, in 2 designs" in level_sentence(
        [margin_row(HOLDS), margin_row(HOLDS)]
    )
    said = level_sentence([margin_row(HOLDS), margin_row(ABOVE, "30", "3.9")])
    assert "more often than the level of 2.5\u202f% allows in 30 v 30 (3.9\u202f%)" in said
    assert "less often" not in said
    said = level_sentence([margin_row(BELOW, "9", "1.1"), margin_row(ABOVE, "30", "3.9")])
    assert "and less often than 2.5\u202f% in 9 v 9 (1.1\u202f%)" in said


def test_disagreement_is_said_and_agreement_is_not():
    assert not list(agreement_sentence([{"outcome": "agree"}]))
    assert "approximation" in next(agreement_sentence([{"outcome": "differ"}]))


def test_past_trials_are_told_by_the_runs_model():
    row = {"power": "99.6", "n.test": "98", "n.reference": "49", "group1_level": "A report",
           "group2_level": WITH}  # fmt: skip
    said = past_sentence([row, row | {"group2_level": WITHOUT, "power": "96.0"}])
    assert "99.6\u202f% with 98 v 49 (A report)" in said
    assert "96.0" not in said


@pytest.mark.parametrize(
    ("bias", "direction", "said"),
    [(0.2, "higher", "favours the test by 0.20"), (0.2, "lower", "favours the comparator by 0.20"),
     (-0.2, "higher", "favours the comparator by 0.20"), (0.05, "higher", "shows no bias (0.05"),
     (-0.2, "lower", "favours the test by 0.20")],
)  # fmt: skip
def test_a_bias_takes_a_side_or_cannot_be_told(bias, direction, said):
    row = {"bias": f"{bias:.2f}".replace("-", "−"), "bias.error": "0.02"}
    assert said in off_by(row, {"bias": bias, "bias.error": 0.02}, sign=direction)


def test_the_price_of_missing_data_is_told_of_poor_responders_who_leave(default_run):
    bias = {EVERYONE: 0.0, COMPLETERS: 0.2, MMRM: -0.01}
    frame = pd.DataFrame(
        [
            {"group1_level": OBSERVED.capitalize(), "group2_level": name, "bias": value,
             "bias.error": 0.02, "power.simulated": 0.9 - abs(value), "mc.error": 0.01,
             "p.missing": 0.2}
            for name, value in bias.items()
        ]
    )  # fmt: skip
    left = default_run.results(frame, "missing", group1="mechanism", group2="analysis")
    [said] = missing_sentence(default_run, left)
    assert "Where 20\u202f% leave" in said
    assert "the analysis of completers favours the test by 0.20" in said
    assert "the mixed model shows no bias (−0.01" in said
    assert "a power of 89.0\u202f%" in said
    assert said.endswith("had nobody left is 90.0\u202f%.")
