"""The answer is a query of the ledger: other evidence, another answer, and no line of code."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import Any

import pandas as pd
import pytest
from asking import asked
from scipy import stats

from analysis.contrasts import answer, known, relatives, reports, verdict_counts
from analysis.contrasts.answer import asked_contrasts
from analysis.contrasts.answer_words import (
    answer_sentences,
    counts_sentence,
    relatives_sentences,
)
from analysis.contrasts.known import answer_figure
from analysis.contrasts.settings import ContrastRun
from analysis.contrasts.within_trial import differences
from analysis.errors import UserError
from analysis.sources.audit import Finding
from analysis.sources.evidence import Ledger, load_ledger
from analysis.sources.schemas import INDICATIONS
from analysis.words import begins_sentence

WithTrial = Callable[..., Ledger]
RemoveStudy = Callable[[Ledger, str], Ledger]
PIVOTAL = "VALT-GHD-2007"
OMNITROPE = {"product": "Omnitrope", "comparator": "Humatrope"}


def run_of(ledger: Ledger, findings: tuple[Finding, ...] = (), **given: Any) -> ContrastRun:
    return asked(ledger, findings, **given)


def numbers(run: ContrastRun) -> dict[str, Any]:
    return dict(answer.answer(run).wide("stat").iloc[0])


def words(run: ContrastRun) -> dict[str, Any]:
    return dict(answer.answer(run).wide().iloc[0])


def sentences(run: ContrastRun) -> str:
    return " ".join(answer_sentences(answer.answer(run)))


# The question of the project. ------------------------------------------------------------------


def test_the_pivotal_contrast_as_its_abstract_prints_it(ledger: Ledger) -> None:
    # Horm Res 2007; 68: 288-293 (abstract): difference 0.09 (95 % −0.71 to 0.90), limit −2.0.
    run = run_of(ledger)
    value, word = numbers(run), words(run)
    assert [value[name] for name in ("estimate", "conf.low", "conf.high")] == [0.09, -0.71, 0.90]
    assert [value["n.test"], value["n.reference"]] == [98, 49]
    assert (value["own.margin"], word["own.conclusion"]) == (-2.0, "non-inferior")
    assert (value["margin"], word["conclusion"]) == (-1.8, "non-inferior")
    assert (word["own.equivalence"], word["equivalence"]) == ("equivalent", "equivalent")


def test_the_raw_twin_by_hand(ledger: Ledger) -> None:
    # 11.3 (3.0) in 98 v 10.5 (2.8) in 49: scipy's Welch interval, and the share of the variance
    # from 0.805 / t(145) / √(1/98 + 1/49) against the pooled SD.
    value = numbers(run_of(ledger))
    se = math.sqrt(3.0**2 / 98 + 2.8**2 / 49)
    a, b = 3.0**2 / 98, 2.8**2 / 49
    df = (a + b) ** 2 / (a**2 / 97 + b**2 / 48)
    assert value["raw.estimate"] == pytest.approx(0.8)
    assert value["raw.std.error"] == pytest.approx(se)
    assert value["raw.low"] == pytest.approx(0.8 - stats.t.ppf(0.975, df) * se)
    residual = 0.805 / stats.t.ppf(0.975, 145) / math.sqrt(1 / 98 + 1 / 49)
    pooled = math.sqrt((97 * 3.0**2 + 48 * 2.8**2) / 145)
    assert value["explained"] == pytest.approx(1 - (residual / pooled) ** 2, rel=1e-3)
    assert value["explained"] == pytest.approx(0.37, abs=0.005)


def test_the_first_sentence_says_estimate_verdicts_twin_and_source(ledger: Ledger) -> None:
    said = sentences(run_of(ledger))
    for part in (
        "Valtropin against Humatrope in growth-hormone deficiency: non-inferiority is shown at "
        "the trial's own margin of −2.00 and at the margin of this run, −1.80",
        "0.09 cm/year (95\u202f% interval −0.71 to 0.90; n 98 v 49)",
        "within ±2.00 and ±1.80",
        "printed means alone differ by 0.80",
        "inside the 95\u202f% interval of the reported difference",
        "likely reason: covariates would have to explain 37\u202f% of the variance",
        "do not say so",
        "17627092",
    ):
        assert part in said


def test_the_secondary_document_stands_beside_and_disagrees(ledger: Ledger) -> None:
    run = run_of(ledger)
    rows = reports.by_source(run).wide()
    assert list(rows["document"]) == ["abstract", "application note"]
    assert rows["differs"].iloc[1] == (
        "n 88 against 98 in the test arm; n 41 against 49 in the reference arm; mean 9.73 against "
        "11.3 in the test arm"
    )
    assert pd.isna(rows["differs"].iloc[0])


# Other evidence, another answer. ----------------------------------------------------------------


def test_without_the_trial_the_page_says_what_was_searched(
    ledger: Ledger, remove_study: RemoveStudy
) -> None:
    run = run_of(remove_study(ledger, PIVOTAL))
    word = words(run)
    assert word["conclusion"] == "not found"
    assert "not found in the searches of 20" in word["reason"]
    assert "does not carry it, because" in word["reason"]
    said = sentences(run)
    assert "not found" in said
    assert "0.09" not in said
    assert "non-inferiority is" not in said


def test_a_trial_whose_numbers_are_gone_says_what_was_searched(ledger: Ledger) -> None:
    """Its arms stand in the ledger, nothing of its growth does."""
    growth = ledger.results["paramcd"].isin(["HV", "CHGHV"])
    gone = (ledger.results["study_id"] == PIVOTAL) & growth
    run = run_of(replace(ledger, results=ledger.results[~gone]))
    word = words(run)
    assert word["conclusion"] == "not estimable"
    assert "no height velocity of either arm is in the texts read" in word["reason"]
    assert "not found in the searches of 20" in word["reason"]
    assert "0.09" not in sentences(run)
    # A pair that nobody searched for says that, and one that is known says neither.
    other = words(run_of(ledger, product="Samtropin", comparator="Norditropin"))
    assert "no search for it is logged" in other["reason"]
    assert "searches" not in sentences(run_of(ledger))


def test_an_invented_trial_of_another_pair_is_the_answer_when_asked_for(
    ledger: Ledger, with_trial: WithTrial
) -> None:
    before = words(run_of(ledger, **OMNITROPE))
    assert before["conclusion"] == "not found"
    found = with_trial(
        ledger,
        [("both", "diff", "adjusted", -0.5), ("both", "ci_low", "adjusted", -1.4),
         ("both", "ci_high", "adjusted", 0.4), ("both", "margin", "", -1.2)],
    )  # fmt: skip
    run = run_of(found, **OMNITROPE)
    value, word = numbers(run), words(run)
    assert value["estimate"] == -0.5
    # The strictest margin of the field is now the invented one, and both are failed.
    assert (word["own.conclusion"], word["conclusion"]) == ("not shown", "not shown")
    assert "non-inferiority is not shown at the trial's own margin, −1.20" in sentences(run)
    # The question of the project keeps its answer.
    assert numbers(run_of(found))["estimate"] == 0.09


def test_a_trial_that_the_run_leaves_out_is_no_answer(ledger: Ledger) -> None:
    word = words(run_of(ledger, exclude=[PIVOTAL]))
    assert word["conclusion"] == "not found"
    assert f"left out by this run: {PIVOTAL}" in word["reason"]
    # Another study left out moves nothing here, and is no reason where nothing was found.
    assert numbers(run_of(ledger, exclude=["REAL3"]))["estimate"] == 0.09
    unknown = words(run_of(ledger, **OMNITROPE, exclude=["REAL3"]))
    assert unknown["conclusion"] == "not found"
    assert "left out by this run" not in unknown["reason"]


def test_in_another_indication_nothing_is_known_of_it(ledger: Ledger) -> None:
    word = words(run_of(ledger, indication="SGA"))
    assert word["conclusion"] == "not found"
    assert INDICATIONS["SGA"] in word["reason"]


def test_a_trial_that_is_not_randomised_is_named_as_such(
    ledger: Ledger, with_trial: WithTrial
) -> None:
    found = with_trial(
        ledger, [("test", "mean", "observed", 9.5)], randomised="not stated"
    )  # fmt: skip
    word = words(run_of(found, **OMNITROPE))
    assert word["conclusion"] == "not found"
    assert "INVENTED had both, but not by a stated randomisation" in word["reason"]


def test_a_trial_without_a_spread_is_not_estimable_and_keeps_its_printed_verdict(
    ledger: Ledger,
) -> None:
    run = run_of(ledger, product="somapacitan", comparator="Norditropin")
    rows = asked_contrasts(run)
    open_one = rows[rows["estimate"].isna()].iloc[0]
    assert open_one["verdict"] == "non-inferior"
    counts = verdict_counts.verdict_counts(run).wide("stat").set_index("group1_level")["n"]
    assert counts["verdict printed without the numbers for it"] >= 1
    assert "REAL 4" in counts_sentence(verdict_counts.verdict_counts(run))


@lru_cache(maxsize=1)
def pairs_of_the_ledger() -> list[tuple[str, str, str]]:
    ledger = load_ledger()
    arms = ledger.arms[ledger.arms["role"].isin(["test", "comparator"])]
    both = arms.merge(arms, on=["study_id", "indication"], suffixes=("", "_other"))
    both = both[(both["product"] != both["product_other"]) & both["indication"].isin(
        ["GHD", "TS", "ISS", "SGA"])]  # fmt: skip
    found = both[["product", "product_other", "indication"]].itertuples(index=False, name=None)
    pairs = sorted({(*sorted(names), indication) for *names, indication in found})
    # Asked in the one direction and in the other by turns.
    return [
        (other, one, indication) if turn % 2 else (one, other, indication)
        for turn, (one, other, indication) in enumerate(pairs)
    ]


@pytest.mark.parametrize("pair", pairs_of_the_ledger(), ids=" v ".join)
def test_each_pair_of_the_ledger_can_be_asked_for(
    ledger: Ledger, pair: tuple[str, str, str]
) -> None:
    product, comparator, indication = pair
    run = run_of(ledger, product=product, comparator=comparator, indication=indication)
    [row] = answer.answer(run).wide().to_dict("records")
    assert row["group1_level"] == f"{product} − {comparator}"
    if not isinstance(row.get("estimate"), str):
        assert row["conclusion"] in ("not estimable", "not found")
        assert row["reason"]
    said = answer_sentences(answer.answer(run))
    name = f"{product} against {comparator} in {INDICATIONS[indication]}"
    missing = row.get("conclusion") == "not found"
    begins = f"No randomised trial of {name} stands" if missing else f"{begins_sentence(name)}: "
    assert said[0].startswith(begins)
    assert "None" not in " ".join(said)
    assert " nan" not in " ".join(said)


@pytest.mark.parametrize(
    ("product", "comparator"), [("somatrogon", "Genotropin"), ("Valtropin", "Humatrope")]
)
def test_asked_the_other_way_round_the_sign_turns_and_no_verdict_is_given(
    ledger: Ledger, product: str, comparator: str
) -> None:
    one = numbers(run_of(ledger, product=product, comparator=comparator))
    run = run_of(ledger, product=comparator, comparator=product)
    other, word = numbers(run), words(run)
    assert other["estimate"] == -one["estimate"]
    assert (other["conf.low"], other["conf.high"]) == (-one["conf.high"], -one["conf.low"])
    assert (other["n.test"], other["n.reference"]) == (one["n.reference"], one["n.test"])
    assert not isinstance(word.get("conclusion"), str)
    assert "no verdict, because the trial asked it the other way round" in sentences(run)


# Which report is the best. ----------------------------------------------------------------------

RAW = [
    ("test", "mean", "observed", 9.8), ("test", "sd", "observed", 2.0),
    ("reference", "mean", "observed", 9.6), ("reference", "sd", "observed", 2.1),
]  # fmt: skip
ADJUSTED = [
    ("both", "diff", "adjusted", 0.4), ("both", "ci_low", "adjusted", -0.3),
    ("both", "ci_high", "adjusted", 1.1),
]  # fmt: skip


def test_an_adjusted_difference_comes_before_raw_means(
    ledger: Ledger, with_trial: WithTrial
) -> None:
    found = with_trial(ledger, [*RAW, *ADJUSTED])
    value = numbers(run_of(found, **OMNITROPE))
    assert value["estimate"] == 0.4
    assert value["raw.estimate"] == pytest.approx(0.2)
    alone = numbers(run_of(with_trial(ledger, RAW), **OMNITROPE))
    assert alone["estimate"] == pytest.approx(0.2)
    assert "raw.estimate" not in alone


def test_a_full_publication_comes_before_an_abstract(ledger: Ledger, with_trial: WithTrial) -> None:
    found = with_trial(ledger, ADJUSTED, kind="abstract")
    printed_later = [(arm, name, model, value + 0.2) for arm, name, model, value in ADJUSTED]
    found = with_trial(found, printed_later, kind="article")
    run = run_of(found, **OMNITROPE)
    assert numbers(run)["estimate"] == pytest.approx(0.6)
    rows = reports.by_source(run).wide()
    assert list(rows["document"]) == ["article", "abstract"]
    assert rows["differs"].iloc[1] == "difference 0.4 against 0.6"
    # The other way round in the ledger, the same answer.
    turned = with_trial(ledger, printed_later, kind="article")
    turned = with_trial(turned, ADJUSTED, kind="abstract")
    assert numbers(run_of(turned, **OMNITROPE))["estimate"] == pytest.approx(0.6)


def test_all_randomised_come_before_the_per_protocol_set(
    ledger: Ledger, with_trial: WithTrial
) -> None:
    better = [(arm, name, model, value + 1) for arm, name, model, value in ADJUSTED]
    found = with_trial(ledger, better, population="per protocol", kind="article")
    found = with_trial(found, ADJUSTED, population="full analysis set", kind="abstract")
    assert numbers(run_of(found, **OMNITROPE))["estimate"] == pytest.approx(0.4)
    # Where nothing else is printed, the per-protocol set is what there is.
    alone = with_trial(ledger, better, population="per protocol")
    assert numbers(run_of(alone, **OMNITROPE))["estimate"] == pytest.approx(1.4)


def test_a_published_failure_by_one_set_and_success_by_the_other(ledger: Ledger) -> None:
    # VELOCITY: 9.44 v 10.70, lower limit −2.3, margin −2.0: failed; per protocol it passed.
    run = run_of(ledger, product="somavaratan", comparator="Genotropin")
    value, word = numbers(run), words(run)
    assert value["estimate"] == pytest.approx(9.44 - 10.70)
    assert value["conf.low"] == pytest.approx(-2.3)
    assert (value["own.margin"], word["own.conclusion"]) == (-2.0, "not shown")
    assert "non-inferiority is not shown" in sentences(run)


def test_numbers_of_one_arm_come_from_one_report(ledger: Ledger, with_trial: WithTrial) -> None:
    """A mean of one paper with the SD of another would be nobody's number."""
    found = with_trial(ledger, RAW, kind="abstract")
    means = [("test", "mean", "observed", 12.0), ("reference", "mean", "observed", 8.0)]
    found = with_trial(found, means, kind="article")
    assert numbers(run_of(found, **OMNITROPE))["estimate"] == pytest.approx(0.2)


def test_a_larger_trial_of_the_same_kind_comes_first_and_the_others_are_counted(
    ledger: Ledger,
    with_trial: WithTrial,
) -> None:
    found = with_trial(ledger, ADJUSTED, study="SMALL", n=(20, 20))
    larger = [(arm, name, model, value / 2) for arm, name, model, value in ADJUSTED]
    found = with_trial(found, larger, study="LARGE", n=(200, 200))
    run = run_of(found, **OMNITROPE)
    assert numbers(run)["estimate"] == pytest.approx(0.2)
    assert "the ledger has two trials of this contrast" in sentences(run)
    assert "trials of this contrast" not in sentences(run_of(ledger))


# Every sentence has a case where its opposite holds. ----------------------------------------------


def said_of(with_trial: WithTrial, ledger: Ledger, rows: list[Any], **given: Any) -> str:
    return sentences(run_of(with_trial(ledger, rows), **OMNITROPE, **given))


def test_verdicts_at_two_margins_that_disagree(ledger: Ledger, with_trial: WithTrial) -> None:
    rows = [*ADJUSTED, ("both", "margin", "", -2.0)]
    said = said_of(with_trial, ledger, rows, margin=-0.2)
    assert (
        "is shown at the trial's own margin of −2.00, but non-inferiority is not shown at" in said
    )
    said = said_of(with_trial, ledger, ADJUSTED)
    assert "the trial's own is not in the texts read" in said


def test_equivalence_is_said_only_where_it_holds(ledger: Ledger, with_trial: WithTrial) -> None:
    assert "within ±" in said_of(with_trial, ledger, ADJUSTED)
    wide = [(arm, name, model, 4 * value) for arm, name, model, value in ADJUSTED]
    assert "within ±" not in said_of(with_trial, ledger, wide)


def test_what_the_interval_says_of_zero(ledger: Ledger, with_trial: WithTrial) -> None:
    def moved(by: float) -> list[Any]:
        shifted = ("diff", "ci_low", "ci_high")
        return [
            (arm, name, model, value + by if name in shifted else value)
            for arm, name, model, value in ADJUSTED
        ]

    assert "; the interval holds zero. Obtained" in said_of(with_trial, ledger, ADJUSTED)
    higher, lower = (with_trial(ledger, moved(by)) for by in (10.0, -10.0))
    assert "; the whole interval lies above zero. Obtained" in sentences(
        run_of(higher, **OMNITROPE)
    )
    said = sentences(run_of(lower, **OMNITROPE))
    assert "; the whole interval lies below zero, the worse side. Obtained" in said
    turned = {**OMNITROPE, "product": OMNITROPE["comparator"], "comparator": OMNITROPE["product"]}
    said = sentences(run_of(higher, **turned))
    assert "; the whole interval lies below zero, the worse side. Obtained" in said, (
        "the other way round"
    )


def test_the_gap_to_the_printed_means_is_explained_only_where_it_can_be(
    ledger: Ledger, with_trial: WithTrial
) -> None:
    unstated = [(arm, name, "", value) for arm, name, _, value in ADJUSTED]
    assert "likely reason" in said_of(with_trial, ledger, [*RAW, *unstated])
    modelled = said_of(with_trial, ledger, [*RAW, *ADJUSTED])
    assert "the reported difference is that of a model" in modelled
    assert "likely reason" not in modelled
    # Wider than the SDs allow: no covariate explains it.
    wide = [("both", "diff", "", 0.4), ("both", "ci_low", "", -1.6), ("both", "ci_high", "", 2.4)]
    assert "nothing in the texts read explains the gap" in said_of(
        with_trial, ledger, [*RAW, *wide]
    )
    same = [("both", "diff", "", 0.2), ("both", "ci_low", "", -0.62), ("both", "ci_high", "", 1.02)]
    agreeing = said_of(with_trial, ledger, [*RAW, *same])
    assert "inside the 95\u202f% interval of the reported difference." in agreeing


def test_printed_means_may_lie_outside_the_reported_interval(
    ledger: Ledger, with_trial: WithTrial
) -> None:
    far = [("test", "mean", "observed", 12.0), *RAW[1:]]
    assert "outside the 95\u202f% interval" in said_of(with_trial, ledger, [*far, *ADJUSTED])


@pytest.mark.parametrize(("level", "where"), [(0.9, "outside the 90"), (0.95, "inside the 95")])
def test_the_interval_that_holds_the_printed_means_is_named_by_its_level(
    ledger: Ledger, level: float, where: str
) -> None:
    # 0.8 lies below 0.90, the printed 95 % limit, and above 0.77, the 90 % one of the same SE.
    assert f"{where}\u202f% interval of the reported difference" in sentences(
        run_of(ledger, conf_level=level)
    )


def test_a_trial_with_several_doses_says_which_one_it_is_read_from(ledger: Ledger) -> None:
    said = sentences(run_of(ledger, product="LB03002", comparator="Eutropin"))
    assert "(LB03002 0.5 mg/kg/week − Eutropin, one of its two pairs of arms)" in said
    assert "pairs of arms" not in sentences(run_of(ledger))


def test_a_verdict_without_any_number_cites_its_source(
    ledger: Ledger, with_trial: WithTrial
) -> None:
    planted = with_trial(ledger, RAW)
    results = planted.results[planted.results["study_id"] != "INVENTED"]
    verdict = ledger.verdicts.iloc[[0]].assign(
        study_id="INVENTED", arm_id="test", reference_arm_id="reference", paramcd="HV"
    )
    verdicts = pd.concat([ledger.verdicts, verdict])
    said = sentences(run_of(replace(planted, results=results, verdicts=verdicts), **OMNITROPE))
    title = ledger.sources.set_index("source_id").loc[verdict["source_id"].iloc[0], "title"]
    assert "“non-inferior” without those numbers. Read in: " in said
    assert title in said
    # Nothing printed, nothing cited.
    bare = sentences(run_of(replace(planted, results=results), **OMNITROPE))
    assert "not estimable" in bare
    assert "Read in" not in bare


def test_verdicts_and_margins_are_minded_only_where_they_were_read_surely(
    ledger: Ledger, with_trial: WithTrial
) -> None:
    def state(run: ContrastRun) -> pd.Series:
        found = differences(run).set_index("study_id")
        return found.loc["INVENTED"]

    planted = with_trial(ledger, [*RAW, ("both", "margin", "", -2.0)])
    verdict = ledger.verdicts.iloc[[0]].assign(
        study_id="INVENTED", arm_id="test", reference_arm_id="reference", paramcd="HV"
    )
    for sure in ("high", "medium"):
        results = planted.results.copy()
        results.loc[results["study_id"] == "INVENTED", "confidence"] = sure
        verdicts = pd.concat([ledger.verdicts, verdict.assign(confidence=sure)])
        row = state(
            run_of(
                replace(planted, results=results, verdicts=verdicts), **OMNITROPE,
                min_confidence="high",
            )
        )  # fmt: skip
        known = sure == "high"
        assert (row["verdict"] != "") == known
        assert pd.notna(row["margin"]) == known
        assert pd.notna(row["estimate"]) == known
        assert ("less than high confidence are not used" in row["reason"]) != known


def test_relatives_are_of_the_same_kind_and_the_asked_pair_is_not_among_them(
    ledger: Ledger,
) -> None:
    run = run_of(ledger)
    found = relatives.relatives(run)
    classes = ledger.arms.set_index(["study_id", "product"])["product_class"].to_dict()
    for name in set(found.frame["group1_level"]):
        assert name != "Valtropin − Humatrope"
    assert any(kind == "follow-on daily" for kind in classes.values())
    first = found.wide().iloc[0]
    assert first["group1_level"] == "Omnitrope − Genotropin"
    assert "outside the window" in first["time.words"]
    lonely = run_of(ledger, product="Saizen", comparator="Humatrope")
    with pytest.raises(UserError, match="no other randomised trial"):
        relatives.relatives(lonely)
    assert "Closest relatives: no other" in relatives_sentences(
        relatives.relatives.rows(lonely), "95 %"
    )[0]  # fmt: skip


# Counts that add up. ---------------------------------------------------------------------------


@pytest.mark.parametrize("indication", ["GHD", "TS", "ISS", "SGA"])
@pytest.mark.parametrize("endpoint", ["HV", "CHGHV", "CHGHTSDS"])
def test_verdict_counts_add_up_to_the_randomised_pairs(
    ledger: Ledger, findings: list[Finding], indication: str, endpoint: str
) -> None:
    run = run_of(ledger, tuple(findings), indication=indication, endpoint=endpoint)
    counts = verdict_counts.verdict_counts(run).wide("stat").set_index("group1_level")["n"]
    total = counts.pop("all randomised pairs")
    assert counts.sum() == total
    # Second route: distinct pairs of the page that are not the secondary document's.
    found = differences(run)
    found = found[found["evidence"] != "note"]
    assert total == len(found.drop_duplicates(["study_id", "arm_id", "reference_arm_id"]))
    shown = (found["conclusion"] == "non-inferior").sum()
    assert counts["non-inferiority shown"] == shown


def test_an_interim_report_is_no_pair_of_its_own(ledger: Ledger) -> None:
    again = ledger.identities.merge(ledger.studies[["study_id", "evidence"]])
    interim = set(again[again["evidence"] != "note"]["study_id"])
    assert interim
    assert not interim & set(differences(run_of(ledger))["study_id"])


def test_the_figure_draws_both_twins_and_both_margins(
    ledger: Ledger, remove_study: RemoveStudy
) -> None:
    run = run_of(ledger)
    figure = answer_figure(known.what_is_known(run), run)
    assert "as reported): 0.09 (−0.71 to 0.90)" in figure.alt
    assert "printed means, unadjusted): 0.80" in figure.alt
    assert "Omnitrope − Genotropin" in figure.alt
    assert figure.png(narrow=False)[:4] == b"\x89PNG"
    missing = run_of(remove_study(ledger, PIVOTAL))
    figure = answer_figure(known.what_is_known(missing), missing)
    assert "not found" in figure.alt
