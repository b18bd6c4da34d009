"""Assurance, looks and re-estimation on the page: second routes, and sentences both ways."""

import math
from dataclasses import replace

import numpy as np
import pytest

from analysis.display.page import views_of
from analysis.errors import UserError
from analysis.results import reason_of
from analysis.stats.assurance import assurance_noninferiority
from analysis.trial_design import answer, assurance, group_sequential, looks, reestimation
from analysis.trial_design.sizes import recommended

RESPONSE = {"kind": "response", "effect": 0.0, "margin": 0.15, "dropout": 0.05,
            "reference_share": 0.6, "simulations": 1_000}  # fmt: skip


@pytest.fixture(scope="module")
def plain_run(run_of):
    """A measurement without covariates, whose assurance has a form of its own."""
    return run_of(simulations=1_000, covariates=0)


def test_assurance_is_that_of_the_closed_form(plain_run):
    design = recommended(plain_run)[-1].design
    rows = assurance.assurance.rows(plain_run).wide("stat")
    for prior in assurance.priors(plain_run):
        expected = assurance_noninferiority(
            n_test=design.n_test, n_reference=design.n_reference, sd=design.sd,
            prior_mean=prior.mean, prior_sd=prior.sd, prior_df=prior.df, margin=design.margin,
            direction=design.direction, alpha=design.alpha,
        )  # fmt: skip
        assert assurance.assurance_of(design, prior) == pytest.approx(expected.assurance, abs=1e-4)
        row = rows[rows["group1_level"] == prior.words].iloc[-1]
        assert float(row["within.margin"]) == pytest.approx(expected.limit, abs=1e-6)
        error = 4 * float(row["mc.error"]) + 0.002
        assert float(row["assurance.simulated"]) == pytest.approx(expected.assurance, abs=error)


def test_evidence_is_the_asked_trial_and_the_pool(default_run):
    trial, pool = assurance.priors(default_run)[:2]
    assert trial.words.endswith("alone")
    assert (trial.mean, pool.df) == (pytest.approx(0.09), 8)
    assert pool.sd > trial.sd  # trials differ among themselves
    assert "ten trials of five kinds of product" in pool.words


def test_a_heavy_prior_has_an_assurance(default_run):
    # Two degrees of freedom reach so far from the margin that scipy gives no noncentral t.
    design = recommended(default_run)[0].design
    heavy = assurance.Prior("heavy", 0.3, 1.3, 2.0, "made", "made")
    assert 0.5 < assurance.assurance_of(design, heavy) < 0.9
    sure = replace(heavy, sd=0.0)
    assert assurance.assurance_of(design, sure) == replace(design, effect=0.3).power().power
    assert (sure.better_than(0.2, 1), sure.better_than(0.2, -1)) == (1.0, 0.0)


def test_the_curve_is_below_the_limit_and_rises(default_run):
    frame = assurance.assurance_curves.rows(default_run).wide("stat")
    for name, own in frame.groupby("group1_level"):
        values = own.sort_values("n.randomised")["assurance"].astype(float)
        assert values.is_monotonic_increasing, name
    limits = {prior.words: prior.better_than(-1.8, 1) for prior in assurance.priors(default_run)}
    assert all(
        float(row["assurance"]) <= limits.get(row["group1_level"], 1) + 1e-6
        for row in frame.to_dict("records")
    )


def test_assurance_in_words():
    rows = [{"assurance": "85.4", "group1_level": "A alone", "within.margin": "99.9"}]
    said = assurance.assured_sentence("90\u202f%", rows)
    assert "planned for a power of 90\u202f%" in said
    assert "85.4\u202f% (A alone; at most 99.9\u202f%)" in said


def test_the_head_of_the_page_says_it_where_there_is_evidence(default_run, run_of):
    for run, told in ((default_run, True), (run_of(**RESPONSE), False)):
        [view] = views_of(answer.answer, run)
        assert ("Averaged over what the evidence" in view.text()) is told


def test_other_kinds_have_no_assurance_and_no_sd_but_looks(run_of):
    run = run_of(**RESPONSE)
    for part, word in ((assurance.assurance, "response"), (reestimation.reestimation, "no SD")):
        assert word in reason_of(part.rows(run))
    rows = group_sequential.expected_size.rows(run).wide("stat")
    assert "null.shown" not in rows
    assert (rows["n.most"].astype(float) >= rows["n.fixed"].astype(float)).all()


@pytest.mark.parametrize(
    "section",
    [assurance.assurance, assurance.assurance_curves, group_sequential.bounds,
     group_sequential.expected_size, group_sequential.course, reestimation.reestimation],
    ids=lambda section: section.words,
)  # fmt: skip
def test_every_section_shows_itself_or_says_why_not(section, default_run, run_of):
    for run in (default_run, run_of(**RESPONSE)):
        for view in views_of(section, run):
            assert len(view.text().split()) > 8


# looks ----------------------------------------------------------------------------------------


def test_bounds_keep_level_and_power_in_simulated_participants(run_of):
    rows = group_sequential.expected_size.rows(run_of(simulations=4_000)).wide("stat")
    for row in rows.astype({"null.shown": float, "power.simulated": float}).to_dict("records"):
        assert row["null.shown"] == pytest.approx(0.025, abs=4 * math.sqrt(0.025 / 4_000) + 0.002)
        # Whole participants, and t tests: near the planned power.
        assert row["power.simulated"] == pytest.approx(0.9, abs=0.025)
        assert float(row["n.simulated"]) == pytest.approx(float(row["n.expected"]), abs=4)


def test_a_trial_ends_at_its_first_crossing(default_run):
    design = recommended(default_run)[0].design
    sizes = ((10, 10), (20, 20), (design.n_test, design.n_reference))
    rng = np.random.default_rng(1)
    never = looks.Watched(design, sizes, (1e-300,) * 3).draw(rng, 50)
    assert set(never[0]) == {design.n_test + design.n_reference}
    assert not never[1].any()
    always = looks.Watched(design, sizes, (0.4999999,) * 3)
    ended, shown = always.draw(rng, 200)
    assert {20.0} <= set(ended) <= {20.0, 40.0, float(design.n_test + design.n_reference)}
    assert shown.mean() > 0.95


def test_looks_are_those_of_the_run(run_of):
    run = run_of(simulations=1_000, looks=[0.4, 1.0])
    rows = group_sequential.bounds.rows(run).wide("stat")
    assert sorted(set(rows["information"].astype(float))) == [0.4, 1.0]
    assert any(each.name == "looks" for each in run.departures)


@pytest.mark.parametrize("fractions", [[0.5, 0.9], [0.5, 0.5, 1.0], [], [-0.1, 1.0]])
def test_wrong_looks_stop_the_run(run_of, fractions):
    with pytest.raises(UserError, match="looks: information fractions must rise"):
        run_of(looks=fractions)


def test_looks_in_words():
    row = {"n.most": "68", "n.expected": "50.8", "n.fixed": "66", "group1_level": "A"}
    said = group_sequential.looks_sentence([0.5, 1.0], [row])
    assert "looks at 50\u202f% and 100\u202f%" in said
    assert "68 by A (50.8 on average) are analysed" in said
    said = group_sequential.looks_sentence([1.0], [row])
    assert "nothing is saved" in said


# re-estimation --------------------------------------------------------------------------------


def row(sd, shown, words):
    return {"sd": sd, "null.shown": shown, "null.error": 0.001, "group1_level": words,
            "power.fixed": "77.2", "power.simulated": "90.0", "mc.error": "0.30",
            "n.mean": "92"}  # fmt: skip


def test_the_look_gives_back_the_power_that_a_larger_sd_takes(default_run):
    rows = reestimation.reestimation.rows(default_run).wide("stat").set_index("group1_level")
    larger = rows.loc["20\u202f% larger"].astype(float, errors="ignore")
    assert float(larger["power.fixed"]) < 0.8
    assert float(larger["power.simulated"]) == pytest.approx(0.9, abs=0.03)
    smaller = rows.loc["20\u202f% smaller"]
    size = reestimation.planned(default_run).size
    assert float(smaller["n.mean"]) == pytest.approx(size, abs=0.5)


def test_the_type_i_error_in_words():
    fair = [row(2.9, 0.0255, "as planned"), row(3.5, 0.026, "20 % larger")]
    assert "at no SD" in reestimation.level_sentence(fair, fair, 0.025)
    wide = [row(2.9, 0.0255, "as planned"), row(3.5, 0.031, "20 % larger")]
    said = reestimation.level_sentence(wide, wide, 0.025)
    assert said.startswith("The type I error exceeds the level of 2.5\u202f%: 0.031")
    assert "as planned" not in said


def test_a_larger_sd_in_words():
    rows = [row(2.9, 0.025, "as planned"), row(3.5, 0.025, "20 % larger")]
    [said] = reestimation.larger_sentence(rows, rows)
    assert "With an SD 20 % larger" in said
    assert "77.2" in said
    assert not list(reestimation.larger_sentence(rows[:1], rows[:1]))
