"""Serious events, withdrawals, grades and subgroups: counted by hand, and where nothing is."""

from dataclasses import replace
from typing import Any

import pandas as pd
import pytest
from safety_events import H, V, cell, events, people, small

from analysis.display.arm_table import ArmTable
from analysis.display.page import views_of
from analysis.results import Results, Section, reason_of
from analysis.safety import (
    by_grade,
    by_kind,
    by_subgroup,
    by_term,
    by_worst,
    incidence_rates,
    kinds,
    overview,
)
from analysis.safety.coding import ALL_CLASSES, ANY
from analysis.safety.population import TOTAL
from analysis.safety.settings import SafetyParameters, SafetyRun, resolve
from analysis.safety.toxicity import GRADES, HIGH_GRADE

EVENTS = (
    ("V1", "Heart", "Syncope", 1), ("V1", "Heart", "Syncope", 9), ("V2", "Heart", "Flutter", 2),
    ("H1", "Skin", "Rash", 3), ("V3", "Skin", "Rash", 4), ("V3", "Skin", "Rash", -4),
)  # fmt: skip


@pytest.fixture(scope="module")
def ghd() -> SafetyRun:
    return resolve(SafetyParameters(trial="ghd"))


def planned(run: SafetyRun, **safety: Any) -> SafetyRun:
    """Return a run whose plan says something else of safety."""
    own = run.plan.model_copy(update=safety)
    plan = run.trial.plan.model_copy(update={"safety": own})
    return replace(run, trial=replace(run.trial, plan=plan))


def said(section: Section[SafetyRun], run: SafetyRun) -> str:
    """Return the text of what a section shows."""
    return "\n".join(each.text() for each in views_of(section, run))


def tables(section: Section[SafetyRun], run: SafetyRun) -> list[ArmTable]:
    return [each for each in views_of(section, run) if isinstance(each, ArmTable)]


# Serious --------------------------------------------------------------------------------------


def test_serious_events_by_hand(ghd: SafetyRun) -> None:
    adae = events(*EVENTS, AESER=["Y", "Y", "Y", "N", "N", "Y"])
    run = small(ghd, adae)
    found = by_kind.serious_by_term(run)
    assert cell(found, V, ALL_CLASSES, ANY) == [2, 4, 3]
    assert cell(found, V, "Heart", "Syncope") == [1, 4, 2], "once a participant, two events"
    assert cell(found, H, "Heart", "Flutter") == [0, 3, 0]
    assert "Skin" not in set(found.frame["variable"]), "nobody's rash was serious and emergent"
    words = said(by_kind.serious_by_term, run)
    assert f"{H} 0 of 3 (0.0 %), {V} 2 of 4 (50.0 %)" in words
    assert "By term: Syncope 1, Flutter 1." in words
    assert "1 further such event was not treatment-emergent, and counted in no row." in words


def test_no_serious_event_is_one_sentence_and_no_table(ghd: SafetyRun) -> None:
    run = small(ghd, events(*EVENTS))
    assert said(by_kind.serious_by_term, run) == "No treatment-emergent event was serious."
    assert cell(by_kind.serious_by_term(run), V, ALL_CLASSES, ANY) == [0, 4, 0]
    one = small(ghd, events(*EVENTS, AESER=["Y", *["N"] * 5]))
    assert "No treatment-emergent event" not in said(by_kind.serious_by_term, one)
    assert len(tables(by_kind.serious_by_term, one)) == 1


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"drop": "AESER"}, "not recorded: adae has no “Serious event”"),
        ({"AESER": ""}, "“Serious event” of adae is empty in every treatment-emergent event"),
        ({"AESER": "YES"}, "Serious event has YES; none is Y"),
    ],
)
def test_what_is_not_recorded_is_no_zero(
    ghd: SafetyRun, change: dict[str, str], reason: str
) -> None:
    adae = events(*EVENTS)
    adae = adae.drop(columns="AESER") if "drop" in change else adae.assign(**change)
    run = small(ghd, adae)
    assert reason in reason_of(by_kind.serious_by_term.rows(run))
    assert not tables(by_kind.serious_by_term, run)


def test_serious_terms_are_shown_however_rare(ghd: SafetyRun) -> None:
    adae = events(*EVENTS, AESER=["Y", *["N"] * 5])
    run = small(ghd, adae, min_percent=60.0)
    assert "Syncope" not in set(by_term.by_term(run).frame["variable_level"])
    assert cell(by_kind.serious_by_term(run), V, "Heart", "Syncope") == [1, 4, 1]


# Withdrawals ----------------------------------------------------------------------------------


def test_withdrawals_by_hand_beside_what_adsl_says(ghd: SafetyRun) -> None:
    action = ["DOSE NOT CHANGED", "DRUG WITHDRAWN", *["DOSE NOT CHANGED"] * 4]
    reasons = ["", "Adverse event", "", "ADVERSE EVENT", "", "", "Lost to follow-up"]
    run = small(ghd, events(*EVENTS, AEACN=action), people(DCSREAS=reasons))
    found = by_kind.withdrawals_by_term(run)
    assert cell(found, V, "Heart", "Syncope") == [1, 4, 1]
    assert cell(found, H, by_kind.BY_ADSL) == [1, 3]
    words = said(by_kind.withdrawals_by_term, run)
    assert f"{V} 1 of 4 (25.0 %). By term: Syncope 1." in words
    assert "ended for an adverse event or death: Humatrope 1 of 3 (33.3 %), Valtropin 1 of" in words


def test_withdrawals_that_only_adsl_knows(ghd: SafetyRun) -> None:
    run = small(ghd, events(*EVENTS, AEACN=""), people(DCSREAS=["DEATH", *[""] * 6]))
    words = said(by_kind.withdrawals_by_term, run)
    assert (
        "led to withdrawal of treatment is not recorded: “Action taken with treatment” of" in words
    )
    assert f"{H} 1 of 3 (33.3 %), {V} 0 of 4 (0.0 %)" in words
    assert not tables(by_kind.withdrawals_by_term, run)
    nothing = small(ghd, events(*EVENTS, AEACN=""))
    assert "adsl gives no reason" in reason_of(by_kind.withdrawals_by_term.rows(nothing))


def test_no_withdrawal_is_one_sentence(ghd: SafetyRun) -> None:
    words = said(by_kind.withdrawals_by_term, small(ghd, events(*EVENTS)))
    assert words == "No treatment-emergent event led to withdrawal of treatment."


# Grades ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "written",
    [
        ["2", "3", "5", "1", "", "4"],
        [2.0, 3.0, 5.0, 1.0, float("nan"), 4.0],
        ["GRADE 2", "Grade 3", "GRADE 5", "G1", "", "IV"],
    ],
)
def test_grades_however_they_are_written(ghd: SafetyRun, written: list[Any]) -> None:
    run = small(ghd, events(*EVENTS, AETOXGR=written))
    found = by_grade.by_grade(run)

    def n(grade: str, variable: str, term: str = ANY, arm: str = V) -> list[float]:
        worst = found.select(analysis_id=by_grade.WORST)
        return cell(worst, arm, variable, grade, group2_level=term)[:1]

    assert n("Grade 3", "Heart", "Syncope") == [1], "V1 at the worse of 2 and 3"
    assert n("Grade 2", "Heart", "Syncope") == []
    assert n("Grade 5", ALL_CLASSES) == [1]
    assert n("Not recorded", "Skin", "Rash") == [1]
    assert n("Grade 1", "Skin", "Rash", H) == [1]
    high = found.select(analysis_id=by_grade.HIGH)
    assert cell(high, V, ALL_CLASSES, ANY) == [2, 4, 2]
    assert cell(overview.overview(run), V, HIGH_GRADE) == [2, 4, 2]
    assert "By term: Flutter 1, Syncope 1." in said(by_grade.by_grade, run)


def test_the_grade_of_the_analysis_comes_first(ghd: SafetyRun) -> None:
    adae = events(*EVENTS, AETOXGR="1")
    both = by_grade.by_grade(small(ghd, adae.assign(ATOXGR="4")))
    assert cell(both.select(analysis_id=by_grade.HIGH), H, "Skin", "Rash") == [1, 3, 1]
    empty = by_grade.by_grade(small(ghd, adae.assign(ATOXGR="")))
    assert "Skin" not in set(empty.select(analysis_id=by_grade.HIGH).frame["variable"])


def test_no_grade_and_no_high_grade_are_sentences(ghd: SafetyRun) -> None:
    bare = small(ghd, events(*EVENTS))
    assert "adae has no toxicity grade" in reason_of(by_grade.by_grade.rows(bare))
    assert HIGH_GRADE not in set(overview.overview(bare).frame["variable"])
    low = small(ghd, events(*EVENTS, AETOXGR="2"))
    assert "No treatment-emergent event was of grade 3 or higher." in said(by_grade.by_grade, low)


def test_a_strange_grade_is_said_and_not_guessed(ghd: SafetyRun) -> None:
    run = small(ghd, events(*EVENTS, AETOXGR=["3", "SEVERE", "2.5", "3", "1", "1"]))
    words = said(by_grade.by_grade, run)
    assert "AETOXGR is 'SEVERE' in 1 of 5 events, which is no grade of 1 to 5" in words
    assert "AETOXGR is '2.5' in 1 of 5 events" in words


# Subgroups ------------------------------------------------------------------------------------


def test_subgroups_by_hand(ghd: SafetyRun) -> None:
    adsl = people(SEX=["F", "M", "M", "F", "F", "M", ""])
    run = small(ghd, events(*EVENTS, AESER=["Y", *["N"] * 5]), adsl)
    found = by_subgroup.by_subgroup(planned(run, subgroups=("SEX",)))
    assert cell(found, V, "Overview", kinds.EMERGENT, group2_level="Female") == [2, 2, 3]
    assert cell(found, V, "Overview", kinds.EMERGENT, group2_level="Male") == [1, 1, 1]
    assert cell(found, V, "Overview", kinds.SERIOUS, group2_level="Female") == [1, 2, 1]
    assert cell(found, V, "Heart", "Syncope", group2_level="Male") == [0, 1, 0]
    assert cell(found, H, "Skin", ANY, group2_level="Not recorded") == [0, 0, 0]
    difference = found.select(
        group1="contrast", variable="Heart", variable_level=ANY, group2_level="Female"
    )
    assert difference.text("estimate") == "100.0"
    assert not len(found.select(stat_name="p.value"))
    words = said(by_subgroup.by_subgroup, planned(run, subgroups=("SEX",)))
    assert "Female: Humatrope 1 of 1 (100.0 %), Valtropin 2 of 2 (100.0 %)" in words


def test_numbers_are_split_at_the_median_of_the_population(ghd: SafetyRun) -> None:
    adsl = people(AGE=[5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0])
    run = planned(small(ghd, events(*EVENTS), adsl), subgroups=("AGE",))
    found = by_subgroup.by_subgroup(run)
    assert cell(found, V, "Overview", kinds.EMERGENT, group2_level="≤ 8") == [1, 1, 2]
    assert cell(found, V, "Overview", kinds.EMERGENT, group2_level="> 8") == [2, 3, 2]
    assert tables(by_subgroup.by_subgroup, run)[0].title == "Adverse events by age (years)"


@pytest.mark.parametrize(
    ("adsl", "names", "sentence"),
    [
        ({"SEX": "F"}, ("SEX",), "Not estimable by sex: Sex is the same in every participant"),
        ({"SEX": ""}, ("SEX",), "Not estimable by sex: Sex is empty"),
        ({"SEX": "F"}, ("SXE",), "adsl has no variable SXE; did you mean 'SEX'?"),
        ({}, (), "names no subgroups"),
    ],
)
def test_subgroups_that_there_are_not(
    ghd: SafetyRun, adsl: dict[str, str], names: tuple[str, ...], sentence: str
) -> None:
    run = planned(small(ghd, events(*EVENTS), people(**adsl)), subgroups=names)
    assert sentence in said(by_subgroup.by_subgroup, run)
    assert not tables(by_subgroup.by_subgroup, run)


def test_rare_terms_stand_in_no_subgroup(ghd: SafetyRun) -> None:
    adsl = people(SEX=["F", "M"] * 3 + ["F"])
    run = planned(small(ghd, events(*EVENTS), adsl, min_percent=30.0), subgroups=("SEX",))
    # Heart: two of four of an arm; each of its terms one of four. Rash: one of three.
    shown = set(by_subgroup.by_subgroup(run).frame["variable_level"])
    assert shown & {ANY, "Syncope", "Flutter", "Rash"} == {ANY, "Rash"}


# Rates ----------------------------------------------------------------------------------------


def test_rates_stand_beside_counts_by_class_and_term(ghd: SafetyRun) -> None:
    days = [100.0] * 6 + [float("nan")]
    adsl = people(TRTDURD=days).assign(TRTEDT=people()["TRTEDT"].where(pd.Series(days).notna()))
    found = incidence_rates.rates(small(ghd, events(*EVENTS), adsl))
    own = found.select(analysis_id=incidence_rates.BY_TERM, group1_level=V).wide("stat")
    own = own.set_index(["variable", "variable_level"])
    heart, syncope = own.loc[("Heart", ANY)], own.loc[("Heart", "Syncope")]
    # V4's duration is not known: three are at risk. V1 has the event on day 1, V2 on day 2.
    assert (heart["n"], heart["N"], heart["p"]) == (2, 3, pytest.approx(2 / 3))
    assert heart["exposure"] == pytest.approx((1 + 2 + 100) / 365.25)
    assert (syncope["n"], syncope["exposure"]) == (1, pytest.approx((1 + 100 + 100) / 365.25))
    assert "2 (66.7) / 0.3" in said(incidence_rates.rates, small(ghd, events(*EVENTS), adsl))


# Without organ classes ------------------------------------------------------------------------


def test_without_organ_classes_the_tables_say_so(ghd: SafetyRun) -> None:
    adae = events(*EVENTS, AESER="Y", AETOXGR="3").drop(columns="AEBODSYS")
    run = small(ghd, adae, people(SEX=["F", "M"] * 3 + ["F"]))
    sentence = "No event has an organ class (AEBODSYS)"
    for section in (
        by_term.by_term, by_worst.by_severity, by_worst.by_relation, by_grade.by_grade,
        by_kind.serious_by_term, by_subgroup.by_subgroup, incidence_rates.rates,
    ):  # fmt: skip
        assert sentence in said(section, run), section.words
    whole = small(ghd, events(*EVENTS, AESER="Y"))
    assert sentence not in said(by_kind.serious_by_term, whole)


# Laws -----------------------------------------------------------------------------------------


def test_laws_on_a_twin_with_grades(ghd: SafetyRun) -> None:
    """Of the whole synthetic trial, with grades laid on its events and some sexes lost."""
    adae, adsl = ghd.trial.tables["adae"], ghd.trial.tables["adsl"]
    graded = adae.assign(AETOXGR=[str(1 + number % 5) for number in range(len(adae))])
    partly = adsl.assign(SEX=adsl["SEX"].where(adsl.index % 10 > 0, ""))
    twin = {**ghd.trial.tables, "adae": graded, "adsl": partly}
    run = replace(ghd, trial=replace(ghd.trial, tables=twin))
    everybody = _n(by_term.by_term(run), ["variable", "variable_level"])
    # The worst grades of a row add up to the participants with any event of it.
    worst = by_grade.by_grade(run).select(analysis_id=by_grade.WORST)
    summed = _n(worst, ["variable", "group2_level"])
    assert summed.to_dict() == everybody.to_dict()
    assert set(worst.frame["variable_level"]) == set(GRADES)
    # Those of grade 3 or higher are the worst grades from 3 on.
    high = by_grade.by_grade(run).select(analysis_id=by_grade.HIGH)
    from_three = Results(worst.frame[worst.frame["variable_level"].isin(GRADES[2:])])
    own = _n(from_three, ["variable", "group2_level"])
    grave = _n(high, ["variable", "variable_level"])
    assert grave[grave > 0].to_dict() == own[own > 0].to_dict()
    # What is serious or led to withdrawal is no more than all.
    for section in (by_kind.serious_by_term, by_kind.withdrawals_by_term):
        part = _n(section(run), ["variable", "variable_level"])
        part = part[part.index.isin(everybody.index)]
        assert len(part)
        assert (part <= everybody[part.index]).all()
    # Subgroups add up to the whole: participants, and who is counted.
    found = by_subgroup.by_subgroup(run)
    sexes = found["ae-by-subgroup-sex"]
    assert set(sexes.frame["group2_level"]) == {"Female", "Male", "Not recorded"}
    terms = _n(sexes, ["variable", "variable_level"]).drop("Overview", level="variable")
    assert len(terms) > 10
    assert terms.to_dict() == everybody[terms.index].to_dict()
    sizes = sexes.select(stat_name="N", variable_level=kinds.EMERGENT, group1_level=TOTAL).frame[
        "stat"
    ]
    assert sizes.sum() == 147


def _n(results: Results, by: list[str]) -> pd.Series:
    """Return the participants of each row and arm, added up over what is not in `by`."""
    frame = results.select(group1="arm", stat_name="n").frame
    frame = frame[frame["variable_level"] != ""]
    names = ["variable", "variable_level", "group1_level"]
    counts = frame.astype({"stat": float}).groupby([*by, "group1_level"])["stat"].sum()
    return counts.rename_axis(names)
