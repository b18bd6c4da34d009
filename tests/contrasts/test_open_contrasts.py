"""Which contrast is open, what its figure says, and which SDs a finding forbids."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.contrasts import (
    assumptions,
    plausible,
    surface,
    tipping,
    within_trial,
)
from analysis.contrasts.settings import ContrastRun
from analysis.display.figures import Figure
from analysis.errors import UserError
from analysis.sources.arm_summaries import arm_summaries
from analysis.sources.audit import Finding, unusable_sds, without_unusable_sds
from analysis.sources.evidence import Ledger

RunOf = Callable[..., ContrastRun]
Plant = Callable[..., Ledger]

OPEN = [
    ("t", "", "mean", 9.6, {"n": 60}), ("c", "", "mean", 9.9, {"n": 40}),
]  # fmt: skip
ANSWERED = [*OPEN, ("t", "c", "ci_low", -1.1, {"n": 100}), ("t", "c", "ci_high", 0.5, {"n": 100})]
ARMS = [("t", "test", "Samtropin"), ("c", "comparator", "Saizen")]
ASKED = {"product": "Samtropin", "comparator": "Saizen"}


def figure(run: ContrastRun) -> Figure:
    return surface.tipping_figure(surface.tipping_surface(run), run)


def test_the_pair_that_is_asked_for_is_drawn_if_it_is_open(
    ledger: Ledger, run_of: RunOf, plant: Plant
) -> None:
    run = run_of(plant(ledger, "PLANTED", ARMS, OPEN), **ASKED)
    found = surface.tipping_surface(run).wide("stat")
    assert set(found["group1_level"]) == {"Samtropin − Saizen"}
    assert set(found["reference.printed"]) == {9.9}
    # The printed mean of the comparator lies within the axis and is marked.
    assert found["reference.mean"].min() <= 9.9 <= found["reference.mean"].max()
    drawn = figure(run)
    assert "A vertical line marks the comparator's mean as its source prints it, 9.90" in drawn.alt
    assert drawn.png(narrow=True)[:4] == b"\x89PNG"
    # Nothing is wrong with its values, so nothing is said of them.
    assert "audit" not in drawn.caption
    said = surface.tipping_reading(surface.tipping_corners(run), run).text()
    assert "Its source prints 9.90 for Saizen" in said
    assert "The printed means differ by −0.30." in said


@pytest.mark.parametrize(
    ("mean", "words"),
    [
        (9.6, "non-inferior at every plausible SD, if the printed means are right"),
        (5.0, "not shown at any plausible SD"),
    ],
)
def test_the_printed_means_leave_open_what_the_sd_decides(
    ledger: Ledger, run_of: RunOf, plant: Plant, mean: float, words: str
) -> None:
    # n 60 and 40: at an SD of 3.1 the difference needed is −1.8 + 1.98 · 0.204 · 3.1 = −0.55.
    rows = [("t", "", "mean", mean, {"n": 60}), OPEN[1]]
    run = run_of(plant(ledger, "PLANTED", ARMS, rows), margin=-1.8, **ASKED)
    assert set(surface.tipping_corners(run).wide()["conclusion"]) == {words}


def test_a_pair_that_is_answered_leaves_its_place_to_the_first_open_one(
    ledger: Ledger, run_of: RunOf, plant: Plant
) -> None:
    changed = plant(plant(ledger, "A-OPEN", ARMS, OPEN), "B-DONE", ARMS, ANSWERED)
    run = run_of(changed, **ASKED)
    field = tipping.open_contrasts(run)
    sized = field[field[["n", "n_reference", "mean"]].notna().all(axis=1)]
    pair = tipping.pair_of_the_surface(run)
    assert pair["label"] == sized["label"].iloc[0]
    # The pair without an answer goes before the first of the field, whatever its place.
    only_open = run_of(plant(ledger, "Z-OPEN", ARMS, OPEN), **ASKED)
    assert tipping.pair_of_the_surface(only_open)["label"] == "Z-OPEN"


def test_a_pair_without_n_is_not_drawn(ledger: Ledger, run_of: RunOf, plant: Plant) -> None:
    rows = [(*each[:4], {}) for each in OPEN]
    run = run_of(plant(ledger, "PLANTED", ARMS, rows), **ASKED)
    assert tipping.pair_of_the_surface(run)["label"] != "PLANTED"


def test_a_comparator_without_a_mean_is_said(ledger: Ledger, run_of: RunOf, plant: Plant) -> None:
    size = {"paramcd": "PARTIC", "months": np.nan}
    rows = [OPEN[0], ("c", "", "n", 40.0, size)]
    run = run_of(plant(ledger, "PLANTED", ARMS, rows), **ASKED)
    assert "vertical line" not in figure(run).alt
    said = surface.tipping_reading(surface.tipping_corners(run), run).text()
    assert "A mean of Saizen is not in the texts read" in said
    assert "printed means differ" not in said


def test_the_document_s_report_is_open_until_a_trial_answers(
    ledger: Ledger, run_of: RunOf, plant: Plant, remove: Callable[..., Ledger]
) -> None:
    bare = remove(ledger, "Valtropin", "Humatrope")
    before = run_of(bare)
    note = tipping.open_contrasts(before)
    assert "note" in set(note["evidence"])
    assert tipping.pair_of_the_surface(before)["evidence"] == "note"
    # The audit finds its values in the table of another population, and only then is it said.
    assert "The audit on the printed values: " in figure(before).caption
    needed = tipping.what_is_needed(before).wide().iloc[0]
    assert not isinstance(needed.get("difference"), str)
    kinds = assumptions.assumption_ledger(before).wide()["group2_level"]
    assert "n of the source document's trial" in set(kinds)
    arms = [("t", "test", "Valtropin"), ("c", "comparator", "Humatrope")]
    after = run_of(plant(bare, "PLANTED", arms, ANSWERED))
    assert "note" not in set(tipping.open_contrasts(after)["evidence"])
    kinds = assumptions.assumption_ledger(after).wide()["group2_level"]
    assert "n of the source document's trial" not in set(kinds)


def test_a_borrowed_mean_of_any_trial_is_not_used(
    ledger: Ledger, run_of: RunOf, plant: Plant
) -> None:
    """The finding decides, not the study: a planted finding on a planted trial."""
    changed = plant(ledger, "PLANTED", ARMS, OPEN)
    finding = Finding(
        rule=tipping.BORROWED, severity="error", study_ids=("PLANTED",),
        result_ids=("PLANTED-ARTICLE-all-0",), sentence="PLANTED has the values of OTHER",
        action="none",
    )  # fmt: skip
    for more, words in (((finding,), True), ((), False)):
        run = run_of(changed, more=more, **ASKED)
        assert ("PLANTED has the values of OTHER" in figure(run).caption) == words
        needed = tipping.what_is_needed(run).wide("stat").set_index("group2_level")
        assert pd.isna(needed.loc["PLANTED", "difference"]) == words


def test_no_open_contrast_claims_no_more_than_that(
    run_of: RunOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those that cannot be estimated may be outside the window or taken out by the audit."""
    run = replace(run_of())  # One of its own: what is kept of it would be true of no other.
    nothing = tipping.open_contrasts(run).iloc[:0]
    monkeypatch.setattr(tipping, "open_contrasts", lambda _: nothing)
    needed = tipping.what_is_needed(run)
    assert not len(needed)
    said = tipping.needed_table(needed, run).text()
    assert "can be estimated" not in said
    assert "No contrast is open here" in said
    with pytest.raises(UserError, match="prints the n of its arms and a mean"):
        tipping.pair_of_the_surface(run)


# SDs that a finding names. ---------------------------------------------------------------------

RULE = "SD contradicts the interval"


def test_a_finding_on_one_endpoint_leaves_the_others_their_sds(
    run_of: RunOf, ledger: Ledger
) -> None:
    findings = run_of().findings
    rows = ledger.results[ledger.results["result_id"].isin(unusable_sds(ledger, findings))]
    place = ["study_id", "arm_id", "paramcd", "months"]
    cells = set(rows[place].itertuples(index=False, name=None))
    study = "GROW2-SGA-KOR"
    assert (study, "Genotropin", "CHGHV", 12.0) in cells
    assert not [cell for cell in cells if cell[2] == "CHGHTSDS"]
    for endpoint, kept in (("CHGHV", []), ("CHGHTSDS", [0.33, 0.28])):
        run = run_of(indication="SGA", endpoint=endpoint, trial="")
        printed = arm_summaries(ledger, paramcd=endpoint, months=12.0, indication="SGA")
        own = printed[(printed["study_id"] == study) & (printed["sd_method"] == "reported")]
        own = own.sort_values("arm_id", ascending=False)
        assert list(without_unusable_sds(own, ledger, findings)["sd"].dropna()) == kept
    pair = within_trial.differences(run).set_index("study_id").loc[study]
    assert [round(float(pair[name]), 2) for name in ("estimate", "conf.low", "conf.high")] == [
        0.13, -0.04, 0.30,
    ]  # fmt: skip
    # What follows from them: 1.23 − 1.10 = 0.13 (−0.04 to 0.30), by Welch.
    rows = ledger.results[(ledger.results["study_id"] == study) & (ledger.results["months"] == 12)]
    rows = rows[rows["paramcd"] == "CHGHTSDS"].set_index(["arm_id", "statistic"])["value"]
    (m1, s1), (m2, s2) = (
        (rows[arm, "mean"], rows[arm, "sd"]) for arm in ("Growtropin-II", "Genotropin")
    )
    v1, v2 = s1**2 / 24, s2**2 / 28
    df = (v1 + v2) ** 2 / (v1**2 / 23 + v2**2 / 27)
    low, high = stats.t(df, m1 - m2, np.sqrt(v1 + v2)).ppf([0.025, 0.975])
    assert [round(float(x), 2) for x in (m1 - m2, low, high)] == [0.13, -0.04, 0.30]


def test_a_finding_at_one_time_leaves_the_other_times_their_sds(
    ledger: Ledger, run_of: RunOf, plant: Plant
) -> None:
    rows = [
        (arm, "", name, value, {"n": 30, "months": months})
        for arm in ("t", "c")
        for months in (6.0, 12.0)
        for name, value in (("mean", 9.0), ("sd", 1.0 + months / 10))
    ]
    changed = plant(ledger, "PLANTED", ARMS, rows)
    named = changed.results
    named = named[(named["study_id"] == "PLANTED") & (named["months"] == 6)]
    finding = Finding(
        rule=RULE, severity="error", study_ids=("PLANTED",),
        result_ids=tuple(named["result_id"]), sentence="", action="",
    )  # fmt: skip
    for months, kept in (([5.0, 7.0], False), ([11.0, 13.0], True)):
        run = run_of(changed, more=(finding,), months=months, trial="")
        arms = plausible.comparable_arms(run).set_index("study_id")
        assert arms.loc["PLANTED", "sd"].notna().all() == kept
        # Without the finding both times have theirs.
        free = plausible.comparable_arms(run_of(changed, months=months, trial=""))
        assert free.set_index("study_id").loc["PLANTED", "sd"].notna().all()


# What is plausible. ----------------------------------------------------------------------------


@pytest.mark.parametrize("product_class", ["methionyl", "pituitary", "untreated"])
def test_other_hormones_say_nothing_of_daily_somatropin(
    ledger: Ledger, run_of: RunOf, plant: Plant, product_class: str
) -> None:
    """A comparator that is no authentic somatropin moves neither the range nor the pool."""
    rows = [
        ("t", "", "mean", 9.0, {"n": 50}), ("t", "", "sd", 2.0, {"n": 50}),
        ("c", "", "mean", 3.0, {"n": 50}), ("c", "", "sd", 2.0, {"n": 50}),
    ]  # fmt: skip
    changed = plant(ledger, "PLANTED", ARMS, rows)
    arms = changed.arms
    other = (arms["study_id"] == "PLANTED") & (arms["arm_id"] == "c")
    changed = replace(
        changed, arms=arms.assign(product_class=arms["product_class"].mask(other, product_class))
    )
    before, after = (
        plausible.plausible_ranges(run).wide("stat").set_index("group1_level")
        for run in (run_of(), run_of(changed))
    )
    name = "Mean on daily somatropin"
    assert list(before.loc[name, ["min", "max"]]) == list(after.loc[name, ["min", "max"]])
    assert after.loc[name, "min"] > 3.0


@pytest.mark.parametrize("mean", [1.0, 9.6, 30.0])
def test_the_surface_holds_both_verdicts_whatever_the_printed_mean(
    ledger: Ledger, run_of: RunOf, plant: Plant, mean: float
) -> None:
    """A mean far below the field left no SD above zero, and the picture could not be drawn."""
    rows = [("t", "", "mean", mean, {"n": 60}), ("c", "", "mean", 9.9, {"n": 40})]
    run = run_of(plant(ledger, "PLANTED", ARMS, rows), **ASKED)
    found = surface.tipping_surface(run).wide("stat")
    line = found[found["group2_level"] == found["group2_level"].iloc[0]].sort_values(
        "reference.mean"
    )
    # Two points above zero fix the straight line, and it reaches zero within the picture.
    assert (line["sd"] > 0).sum() >= 2
    assert line["sd"].iloc[-1] == 0
    assert figure(run).png(narrow=False)[:4] == b"\x89PNG"
