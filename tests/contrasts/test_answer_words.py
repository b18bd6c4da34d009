"""How the answer reads: each sentence where it holds, and where its opposite does."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from asking import asked

from analysis.contrasts import (
    answer,
    headline,
    known,
    mixture,
    overlay,
    pool_caveats,
    relatives,
    reports,
    synthesis,
    verdict_counts,
    within_trial,
)
from analysis.contrasts import answer_words as show
from analysis.contrasts.indirect import _beside
from analysis.contrasts.known import answer_figure
from analysis.contrasts.overlay import overlay_figure
from analysis.contrasts.reports import reports_table
from analysis.contrasts.routes import ADJUSTED as ROUTE
from analysis.contrasts.settings import ContrastRun
from analysis.display.page import views_of
from analysis.display.reading import ABSENT_MARK
from analysis.sources.evidence import Ledger

LEVEL = "95 %"
WithTrial = Callable[..., Ledger]
PIVOTAL = "VALT-GHD-2007"
OMNITROPE = {"product": "Omnitrope", "comparator": "Humatrope"}
ADJUSTED = [
    ("both", "diff", "adjusted", 0.4), ("both", "ci_low", "adjusted", -0.3),
    ("both", "ci_high", "adjusted", 1.1),
]  # fmt: skip


def run_of(ledger: Ledger, **given: Any) -> ContrastRun:
    return asked(ledger, (), **given)


def apart(ledger: Ledger) -> ContrastRun:
    """A run of its own: what is worked out of it while a function is another holds of no other."""
    return replace(run_of(ledger))


def field_of(run: ContrastRun) -> str:
    return " ".join(show.field_sentences(headline.field.rows(run), answer.answer(run), LEVEL))


# Where the field stands. ------------------------------------------------------------------------


def test_the_only_trial_of_a_kind_may_be_the_asked_one(ledger: Ledger) -> None:
    assert "follow-on daily (one trial, the one above)" in field_of(run_of(ledger))
    other = field_of(run_of(ledger, product="somatrogon", comparator="Genotropin"))
    assert "follow-on daily (one trial)" in other
    assert "the one above" not in other


def test_kinds_stand_under_their_verdict_and_all_trials_follow(ledger: Ledger) -> None:
    run = run_of(ledger)
    said = field_of(run)
    shown, _, not_shown = said.partition("non-inferiority is not shown for ")
    pooled = headline.field(run).wide()
    for _, row in pooled.iloc[:-1].iterrows():
        name = row["group2_level"].replace(", ", " ") + " ("
        assert (name in shown) == (row["conclusion"] == "non-inferior")
        assert (name in not_shown.partition(".")[0]) == (row["conclusion"] == "not shown")
    assert f" together: {pooled['estimate'].iloc[-1]} cm/year ({LEVEL} interval " in said
    assert "no verdict: products of" in said


def test_the_field_names_its_margin_and_its_spread_whatever_the_verdict(ledger: Ledger) -> None:
    given = field_of(run_of(ledger, margin=1.5))
    assert "hormone deficiency at the margin of this run, −1.50 cm/year, test" in given
    none = field_of(run_of(ledger, margin="none"))
    assert "margin of this run" not in none
    assert "%: they differ more than chance allows for)" in none


def pooled_of(run: ContrastRun, *trials: tuple[str, float]) -> str:
    """Say where the field stands with nothing but trials of one kind, each with an SE of 0.2."""
    kind = {"product_class": "long-acting", "product_group": "long-acting, prodrug"}
    found = pd.DataFrame(
        [
            kind | {"label": f"T{at}", "study_id": f"T{at}", "source_id": "S", "product": product,
                    "estimate": estimate, "std.error": 0.2, "n_total": 40, "route": "means"}
            for at, (product, estimate) in enumerate(trials)
        ]
    )  # fmt: skip
    rows = [synthesis.pooled_row(run, name, found, "fixed") for name in ("one kind", "all")]
    field = synthesis.pooled_results(run, rows, "headline")
    return " ".join(show.field_sentences(field, answer.answer(run), LEVEL))


def nothing_mixed(monkeypatch: pytest.MonkeyPatch, *but: str) -> None:
    """Let pools made by hand mix nothing but what is named."""
    monkeypatch.setattr(synthesis, "cautions", lambda *_: "")
    monkeypatch.setattr(pool_caveats, "mixtures", lambda *_: dict.fromkeys(but, "in full"))


def test_a_verdict_on_a_mean_says_that_the_trials_differ(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    nothing_mixed(monkeypatch)
    run = apart(ledger)
    spread = pooled_of(run, ("A", 0.0), ("B", 2.0))
    assert (
        "one kind (two trials of two products that differ more than chance allows for, " in spread
    )
    assert "I² 98\u202f%)" in spread
    same = pooled_of(run, ("A", 0.0), ("A", 2.0))
    assert "one kind (two trials that differ more than chance allows for" in same
    alike = pooled_of(run, ("A", 0.4), ("A", 0.5))
    assert "one kind (two trials)" in alike
    assert "differ" not in alike


def test_few_trials_may_differ_though_their_test_finds_nothing(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """0.00 and 0.45, each with SE 0.2: Q 2.53 on 1 df has p 0.112, and I² is 60 %."""
    nothing_mixed(monkeypatch)
    run = apart(ledger)
    few = pooled_of(run, ("A", 0.0), ("A", 0.45))
    said = "may differ, though Q gives p 0.112"
    assert f"one kind (two trials that {said}, I² 60\u202f%)" in few
    assert f"(I² 60\u202f%: they {said})" in few
    assert "may differ" not in pooled_of(run, ("A", 0.0), ("A", 0.3))
    assert "may differ" not in pooled_of(run, ("A", 0.0), ("A", 2.0))


def test_a_pool_of_several_products_says_so_also_where_they_agree(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    nothing_mixed(monkeypatch)
    said = pooled_of(apart(ledger), ("A", 0.4), ("B", 0.5))
    assert "one kind (two trials of two products)" in said


def test_a_verdict_on_a_mean_says_what_the_pool_mixes(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    nothing_mixed(monkeypatch, "several ages")
    run = apart(ledger)
    assert "(two trials that mix several ages)" in pooled_of(run, ("A", 0.4), ("A", 0.5))
    both = "(two trials of two products that differ more than chance allows for, I² 98\u202f%, and "
    assert f"{both}mix several ages)" in pooled_of(run, ("A", 0.0), ("B", 2.0))


def test_what_a_pool_mixes_is_read_off_its_trials(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    alike = {"months": 12.0, "route": "means", "reference_arm_id": "R", "arm_id": "T"}
    known = pd.DataFrame([alike | {"study_id": s, "label": s} for s in ("HEIGHT", "VELOCITY")])
    run, ages = apart(ledger), known[["study_id", "arm_id"]].assign(age=[8.5, 7.7])
    monkeypatch.setattr(mixture, "age_of_arms", lambda _: ages)
    assert mixture.mixtures(run, known) == {}
    ages.loc[1, "age"] = 6.0
    assert mixture.mixtures(run, known) == {
        "several ages": "the children's mean age differs between trials: 6.0 (VELOCITY), 8.5 "
        "(HEIGHT) years"
    }
    ages.loc[1, "age"] = np.nan
    other = known.assign(months=[6.0, 12.0], route=[f"{ROUTE} and its interval", "means"])
    assert mixture.mixtures(run, other) == {
        "adjusted with raw differences": "adjusted and raw differences are pooled (one said to be "
        "adjusted, one not)",
        "several times": "the trials measured at 6 and 12 months",
    }


def test_the_age_of_an_arm_is_its_mean_or_else_its_median(ledger: Ledger) -> None:
    run = run_of(ledger)
    age = mixture.age_of_arms(run.ledger).set_index(["study_id", "arm_id"])["age"]
    rows = run.ledger.results
    rows = rows[(rows["paramcd"] == "AGE") & (rows["months"].isna() | (rows["months"] == 0))]
    rows = rows[
        (rows["reference_arm_id"] == "") & (rows["unit"] == "years") & rows["value"].notna()
    ]
    printed = rows.groupby(["study_id", "arm_id", "statistic"])["value"].agg(set).unstack()
    means, medians = printed["mean"].dropna(), printed["median"][printed["mean"].isna()].dropna()
    assert len(means) > 10
    assert len(medians) > 1
    for arm, values in [*means.items(), *medians.items()]:
        assert age[arm] in values


def test_a_kind_that_is_shown_below_zero_is_not_only_called_shown(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    nothing_mixed(monkeypatch)
    run = apart(ledger)
    below = pooled_of(run, ("A", -1.0), ("A", -1.0))
    assert "one kind (two trials, within the margin, but wholly below zero)" in below
    assert "but wholly" not in pooled_of(run, ("A", -0.1), ("A", -0.1))
    assert "but wholly" not in pooled_of(run, ("A", 1.0), ("A", 1.0))
    # Beyond the margin nothing is shown, so nothing is taken back.
    assert "but wholly" not in pooled_of(run, ("A", -3.0), ("A", -3.0))


@pytest.mark.parametrize(
    ("low", "difference", "high", "said"),
    [
        (-1.6, -1.0, -0.4, ", within ±1.80, but wholly below zero. "),
        (-1.2, -0.5, 0.2, ", within ±1.80; the interval holds zero. "),
        (0.4, 1.0, 1.6, ", within ±1.80; the whole interval lies above zero. "),
        (-2.6, -2.0, -1.4, "); the whole interval lies below zero, the worse side. "),
    ],
)
def test_an_interval_within_the_margin_and_below_zero_is_said(
    ledger: Ledger,
    with_trial: WithTrial,
    low: float,
    difference: float,
    high: float,
    said: str,
) -> None:
    rows = [("both", "diff", "adjusted", difference), ("both", "ci_low", "adjusted", low),
            ("both", "ci_high", "adjusted", high)]  # fmt: skip
    run = run_of(with_trial(ledger, rows), **OMNITROPE)
    assert said in show.answer_sentences(answer.answer(run))[0]
    cell = within_trial.contrasts_table(within_trial.contrasts(run), run).text()
    assert ("non-inferior, but wholly below zero" in cell) == ("but wholly" in said)


def test_a_single_trial_is_not_called_all_trials(ledger: Ledger) -> None:
    said = field_of(run_of(ledger, indication="TS", endpoint="CHGHV"))
    assert said.startswith("Where the field stands in Turner syndrome")
    assert ", one trial: " in said
    assert "All" not in said


# What is not found. ----------------------------------------------------------------------------


def test_not_found_is_said_once_and_with_the_searches_if_there_are_any(ledger: Ledger) -> None:
    searched = " ".join(show.answer_sentences(answer.answer(run_of(ledger, indication="SGA"))))
    assert searched.startswith("No randomised trial of Valtropin against Humatrope in ")
    assert searched.count("not found") == 1
    assert "because" not in searched
    never = run_of(ledger, product="Saizen", comparator="Humatrope", indication="ISS")
    said = " ".join(show.answer_sentences(answer.answer(never)))
    assert "no search for it is logged" in said
    assert "not found" not in said


def test_a_pair_without_a_report_has_no_table_of_reports(ledger: Ledger) -> None:
    [nothing] = views_of(reports.by_source, run_of(ledger, indication="SGA"))
    assert ABSENT_MARK in nothing.text()
    [some] = views_of(reports.by_source, run_of(ledger))
    assert ABSENT_MARK not in some.text()


def test_a_product_named_in_small_letters_begins_a_sentence_with_a_capital(ledger: Ledger) -> None:
    run = run_of(ledger, product="somatrogon", comparator="Genotropin")
    assert show.answer_sentences(answer.answer(run))[0].startswith("Somatrogon against")


# Columns, rows and counts. ----------------------------------------------------------------------


def test_a_column_of_dashes_is_left_out(ledger: Ledger, with_trial: WithTrial) -> None:
    titles = _columns(run_of(with_trial(ledger, ADJUSTED), **OMNITROPE))
    assert "Why not estimable" not in titles
    assert "Against the best report" not in titles
    both = _columns(run_of(ledger))
    assert {"Why not estimable", "Against the best report"} <= both


def _columns(run: ContrastRun) -> set[str]:
    return {column.title for column in reports_table(reports.by_source(run), run).columns}


def test_no_study_is_called_inestimable_beside_its_estimate(ledger: Ledger) -> None:
    run = run_of(ledger, product="somatrogon", comparator="Genotropin")
    found = reports.by_source(run).wide()
    has = set(found.loc[found["estimate"].notna(), "group2_level"])
    lacks = set(found.loc[found["estimate"].isna(), "group2_level"])
    assert has & lacks, "the case: one document of a study carries it, another does not"
    figure = answer_figure(known.what_is_known(run), run)
    for study in has:
        assert f"({study}): not estimable" not in figure.alt
    # A study that no document carries keeps one row.
    for study in lacks - has:
        assert figure.alt.count(f"({study}): not estimable") == 1


def test_times_of_relatives_stand_within_the_brackets_of_the_interval(ledger: Ledger) -> None:
    [said] = show.relatives_sentences(relatives.relatives(run_of(ledger)), LEVEL)
    assert f", in cm/year with {LEVEL} intervals: " in said
    assert ") (" not in said
    assert "; 9 months, outside the window)" in said
    [turner] = show.relatives_sentences(
        relatives.relatives(run_of(ledger, indication="TS", endpoint="CHGHV")), LEVEL
    )
    assert "; 52 weeks)" in turner


def test_counts_stand_behind_their_state(ledger: Ledger) -> None:
    run = run_of(ledger)
    rows = verdict_counts.verdict_counts(run).wide().set_index("group1_level")["n"]
    said = show.counts_sentence(verdict_counts.verdict_counts(run))
    assert f"non-inferiority shown: {rows['non-inferiority shown']};" in said
    assert "no verdict: " not in said
    open_ones = show.counts_sentence(
        verdict_counts.verdict_counts(run_of(ledger, indication="ISS"))
    )
    assert "no verdict" not in open_ones
    without = run_of(ledger, indication="SGA", endpoint="CHGHTSDS")
    said = show.counts_sentence(verdict_counts.verdict_counts(without))
    assert "no verdict (no treatment, two doses of one product, or no margin): 1" in said
    assert "Of one randomised pair of arms" in said


# A trial at patient level is not the published one. ----------------------------------------------


def overlay_of(run: ContrastRun) -> Any:
    return overlay_figure(overlay.trial_contrast(run), run)


def test_a_synthetic_trial_of_the_same_products_is_told_from_the_published_one(
    ledger: Ledger, remove_study: Callable[..., Ledger]
) -> None:
    figure = overlay_of(run_of(ledger))
    assert "Synthetic: Valtropin − Humatrope (trial ghd: synthetic data: no evidence)" in figure.alt
    assert "The square is not the published trial of Valtropin − Humatrope" in figure.caption
    assert figure.png(narrow=True) != figure.png(narrow=False)
    alone = overlay_of(run_of(remove_study(ledger, PIVOTAL)))
    assert "The square is not the published trial" not in alone.caption
    assert "Synthetic: " in alone.alt


def test_low_neighbours_of_the_network_do_not_overlap_on_a_phone() -> None:
    # Labels of about 0.9 wide at ±0.43 overlapped; now they end and begin 0.26 apart.
    assert _beside(-0.43, crowded=True) == ("right", pytest.approx(-0.13))
    assert _beside(0.43, crowded=True) == ("left", pytest.approx(0.13))
    for x, crowded in ((0.0, True), (0.9, True), (0.43, False)):
        assert _beside(x, crowded=crowded) == ("center", x)


def test_the_text_of_the_contrasts_page_names_no_product(ledger: Ledger) -> None:
    """Product, comparator and indication are parameters; fixed text would be false for others."""
    path = Path(__file__).parents[2] / "notebooks" / "5_comparator_contrasts.ipynb"
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    text = " ".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    named = [name for name in ledger.products["product"] if name in text]
    assert named == []
    assert "Turner" not in text
