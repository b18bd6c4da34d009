"""Measurements of growth are found by what they are, as the plan or their names say."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pydantic
import pytest
import yaml
from corpus import Tables, good_plan, good_tables, write_table
from test_checks import check

from analysis.errors import NoSection, UserError
from analysis.sources.trial.draft import draft_plan
from analysis.sources.trial.growth_names import USUAL, named_so
from analysis.sources.trial.growth_roles import (
    WORDS,
    before_treatment,
    over_time,
    place_of,
    unit_of,
)
from analysis.sources.trial.plan import TrialPlan
from analysis.sources.trial.plan_growth import GrowthRoles
from analysis.sources.trial.read_plan import read_draft
from analysis.sources.trial.trial import Trial

RULE = "measurement of growth not in the data"


def scores(code: str, label: str, table: str = "adgr") -> Callable[[Tables], None]:
    """Return a change that adds a measurement under a name, half of the heights' values."""

    def change(tables: Tables) -> None:
        height = tables["adgr"][tables["adgr"]["PARAMCD"] == "HEIGHT"]
        more = height.assign(PARAMCD=code, PARAM=label, **{
            name: height[name] / 2 for name in ("AVAL", "BASE", "CHG")
        })  # fmt: skip
        tables[table] = pd.concat([more, tables[table]], ignore_index=True)

    return change


def trial(*changes: Callable[[Tables], None], **roles: str) -> Trial:
    """Return the small good trial, changed, with roles in its plan."""
    plan, tables = good_plan(), good_tables()
    plan["growth"]["roles"] = roles
    for change in changes:
        change(tables)
    return Trial(plan=TrialPlan.model_validate(plan), folder=Path(), tables=tables)


def errors(*changes: Callable[[Tables], None], **roles: str) -> list[Any]:
    """Return the findings on the roles of a plan."""
    plan, tables = good_plan(), good_tables()
    plan["growth"]["roles"] = roles
    for change in changes:
        change(tables)
    return [each for each in check(plan, tables) if each.rule == RULE]


def test_every_role_has_names_and_words() -> None:
    assert set(USUAL) == set(WORDS) == set(GrowthRoles.model_fields)


@pytest.mark.parametrize(
    ("word", "place"),
    [
        ("HSDS2", "ADGR.HSDS2"),
        ("adgr.HSDS2", "ADGR.HSDS2"),
        ("ADLB.GLUC", "ADLB.GLUC"),
        ("adsl.age", "ADSL.AGE"),
    ],
)
def test_the_plan_says_where(word: str, place: str) -> None:
    assert str(place_of(trial(height_sds=word), "height_sds")) == place


def test_a_table_that_only_a_role_names_is_a_table_of_the_plan() -> None:
    assert "adxy" in trial(bmi="adxy.BMI").plan.datasets


@pytest.mark.parametrize(
    ("code", "label"),
    [
        ("HTSDS", "Height SDS (CDC 2000)"), ("HSDS", ""), ("HAZ", "Height-for-age"),
        ("G17", "Height standard deviation score"), ("G18", "Stature z-score"),
    ],
)  # fmt: skip
def test_a_usual_name_is_found(code: str, label: str) -> None:
    found = trial(scores(code, label), scores("IGFSDS", "IGF-I SDS", "adlb"))
    assert str(place_of(found, "height_sds")) == f"ADGR.{code}"


@pytest.mark.parametrize(
    ("code", "label"),
    [
        ("IGFSDS", "IGF-I SDS"), ("HVSDS", "Height velocity SDS"), ("BMISDS", "BMI SDS"),
        ("WTSDS", "Weight SDS"), ("THSDS", "Target height SDS"), ("SHSDS", "Sitting height SDS"),
        ("HTSDS", "Height SDS for bone age"), ("CHTSDS", "Change in height SDS"),
        ("MPHSDS", "Mid-parental height SDS"), ("HTSDSBA", "Bone-age-corrected height SDS"),
    ],
)  # fmt: skip
def test_another_score_is_no_height_sds(code: str, label: str) -> None:
    assert not any(named_so("height_sds", code, label))
    with pytest.raises(NoSection, match=r"growth\.roles\.height_sds"):
        place_of(trial(scores(code, label)), "height_sds")


def test_of_several_the_plan_must_say_which() -> None:
    both = [scores("HSDS", "Height SDS"), scores("HAZ", "Height z-score")]
    with pytest.raises(UserError, match=r"ADGR\.HAZ, ADGR\.HSDS; name .* growth\.roles"):
        place_of(trial(*both), "height_sds")
    assert place_of(trial(*both, height_sds="HAZ"), "height_sds").name == "HAZ"
    # One in the table of growth is that of growth.
    apart = [scores("HSDS", "Height SDS"), scores("HAZ", "Height z-score", "advs")]
    assert place_of(trial(*apart), "height_sds").name == "HSDS"


def test_what_changes_has_its_baseline_in_a_variable_that_says_so() -> None:
    def with_both(tables: Tables) -> None:
        tables["adsl"] = tables["adsl"].assign(BONEAGE=12.0, BONEAGBL=4.0)

    found = before_treatment(trial(with_both), "bone_age")
    assert set(found) == {4.0}

    def with_last(tables: Tables) -> None:
        tables["adsl"]["BONEAGE"] = 12.0

    with pytest.raises(NoSection):
        place_of(trial(with_last), "bone_age")
    assert set(before_treatment(trial(with_last, bone_age="ADSL.BONEAGE"), "bone_age")) == {12.0}


def test_the_value_before_treatment_is_the_baseline_record() -> None:
    found = trial()
    height = found.tables["adgr"].query("PARAMCD == 'HEIGHT' and ABLFL == 'Y'")
    expected = height.set_index("USUBJID")["AVAL"]
    pd.testing.assert_series_equal(before_treatment(found, "height"), expected, check_names=False)


def test_a_test_at_screening_needs_no_flag() -> None:
    def with_test(tables: Tables) -> None:
        first = tables["adgr"].drop_duplicates("USUBJID")
        first = first.assign(PARAMCD="GHPEAK", PARAM="Peak GH (ug/L)", AVAL=4.5, ABLFL="")
        tables["adgr"] = pd.concat([tables["adgr"], first], ignore_index=True)

    found = trial(with_test)
    assert set(before_treatment(found, "peak_gh")) == {4.5}
    assert unit_of(found, "peak_gh") == "ug/L"


def test_the_unit_of_a_variable_is_that_of_the_plan() -> None:
    def with_peak(tables: Tables) -> None:
        tables["adsl"]["PEAKGH"] = 12.5

    plan, tables = good_plan(), good_tables()
    with_peak(tables)
    plan["units"]["PEAKGH"] = "mU/L"
    assert [each for each in check(plan, tables) if each.severity == "error"] == []
    found = Trial(plan=TrialPlan.model_validate(plan), folder=Path(), tables=tables)
    assert (unit_of(found, "peak_gh"), unit_of(found, "height")) == ("mU/L", "cm")


@pytest.mark.parametrize(("declared", "errors"), [("ng/mL", 0), ("mU/L", 1)])
def test_a_label_may_not_state_another_unit_than_the_plan(declared: str, errors: int) -> None:
    plan, tables = good_plan(), good_tables()
    tables["adsl"]["PEAKGH"] = 12.5
    tables["adsl"].attrs["labels"] = {"PEAKGH": "Peak GH (ng/mL)"}
    plan["units"]["PEAKGH"] = declared
    found = [each for each in check(plan, tables) if each.severity == "error"]
    assert [each.rule for each in found] == ["unit not as declared"] * errors


def test_records_over_time() -> None:
    found = over_time(trial(), "height_velocity", population="safety", visit="Month 12")
    assert (found["PARAMCD"] == "HV").all()
    assert found["USUBJID"].is_unique
    with pytest.raises(NoSection, match="has no visits"):
        over_time(trial(weight="adsl.AGE"), "weight", population="safety")


@pytest.mark.parametrize(
    ("role", "word", "said"),
    [
        ("height_velocity", "HVV", "did you mean 'HV'?"),
        ("height_velocity", "hv", "did you mean 'HV'?"),
        ("weight", "advs.WEIGH", "did you mean 'WEIGHT'?"),
        ("weight", "WEIGHT", "it may be ADVS.WEIGHT"),
        ("peak_gh", "ADSL.AGEE", "did you mean 'AGE'?"),
        ("mother_height", "adsl.SEX", "must be a number"),
        ("bone_age", "adae.BONEAGE", "name a variable of ADSL"),
    ],
)
def test_a_word_that_meets_nothing_is_an_error(role: str, word: str, said: str) -> None:
    (error,) = errors(**{role: word})
    assert (error.severity, error.column, error.value) == ("error", f"growth.roles.{role}", word)
    assert said in error.message


@pytest.mark.parametrize(
    ("role", "word", "notes"),
    [
        ("height_sds", "adlb.GLUC", 1),
        ("height_velocity", "HV", 0),
        ("weight", "advs.WEIGHT", 0),
        ("weight", "ADSL.WEIGHTBL", 0),
        ("weight", "ADSL.AGE", 1),
    ],
)
def test_a_label_that_says_something_else_is_worth_a_note(role: str, word: str, notes: int) -> None:
    plan, tables = good_plan(), good_tables()
    tables["adsl"]["WEIGHTBL"] = 20.0
    tables["adsl"].attrs["labels"] = {"WEIGHTBL": "Baseline Weight (kg)", "AGE": "Age"}
    plan["growth"]["roles"] = {role: word}
    found = [each for each in check(plan, tables) if each.column.startswith("growth")]
    assert [each.rule for each in found] == ["measurement of growth by another name"] * notes
    assert all(each.severity == "note" for each in found)


def test_a_role_in_an_absent_table_names_the_table() -> None:
    plan = good_plan()
    plan["growth"]["roles"] = {"bmi": "advz.BMI"}
    found = [each for each in check(plan, good_tables()) if each.severity == "error"]
    assert [each.file for each in found] == ["advz"]


def test_there_is_one_height() -> None:
    plan = good_plan()
    plan["growth"]["roles"] = {"height": "HGT"}
    with pytest.raises(pydantic.ValidationError, match=r"growth\.paramcd.*ADGR\.HEIGHT.*'HGT'"):
        TrialPlan.model_validate(plan)


def test_a_draft_says_what_is_certain_and_asks_the_rest(tmp_path: Path) -> None:
    tables = good_tables()
    scores("HSDS", "Height SDS (CDC)")(tables)
    scores("HAZ", "Height z-score (WHO)")(tables)
    scores("BONEAGE", "Bone age (years)")(tables)
    tables["adsl"] = tables["adsl"].assign(PEAKGH=4.0, MOTHERHT=160.0)
    for name, table in tables.items():
        write_table(tmp_path, name, table, "parquet")
    text = draft_plan(tmp_path)
    assert yaml.safe_load(text)["growth"]["roles"] == {
        "height_sds": "?", "height_velocity": "HV", "weight": "ADVS.WEIGHT",
        "bone_age": "BONEAGE", "peak_gh": "ADSL.PEAKGH", "mother_height": "ADSL.MOTHERHT",
    }  # fmt: skip
    assert "which of ADGR.HAZ, ADGR.HSDS?" in text
    (tmp_path / "trial.yml").write_text(text, encoding="utf-8")
    assert "growth.roles.height_sds" in read_draft(tmp_path)[1]
