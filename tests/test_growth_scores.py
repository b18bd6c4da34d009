"""Growth in scores on a tiny trial: every arm, before treatment and at the endpoint's visit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from corpus import Plan, Tables, drop, good_plan, good_tables, plan_value

from analysis.display.page import views_of
from analysis.efficacy import growth_scores as scores
from analysis.efficacy.growth_rows import EVERY_ARM
from analysis.efficacy.settings import ControlledParameters, Settings, resolve
from analysis.efficacy.single_arm_settings import SingleArmParameters
from analysis.efficacy.single_arm_settings import resolve as resolve_single
from analysis.errors import UserError
from analysis.sources.growth_reference import load_reference, value_at_z
from analysis.sources.trial.plan import TrialPlan
from analysis.sources.trial.trial import Trial

Change = Callable[[Plan, Tables], None]
LAST = "Month 12"
NAMES = {"height": "Height SDS", "velocity": "Height-velocity SDS", "weight": "Weight SDS",
         "bmi": "BMI SDS"}  # fmt: skip


def run_of(*changes: Change, **given: object) -> Settings:
    """Return a run on the small good trial, changed."""
    plan, tables = good_plan(), good_tables()
    for change in changes:
        change(plan, tables)
    trial = Trial(plan=TrialPlan.model_validate(plan), folder=Path(), tables=tables)
    return resolve(ControlledParameters.checked({"trial": "small", **given}), trial)


def rows_of(run: Settings) -> pd.DataFrame:
    """Return numbers and words, one row a table row."""
    found = scores.growth_scores(run)
    said = found.wide("stat_fmt").filter(["remark", "reason"])
    return found.wide("stat").drop(columns=["remark", "reason"], errors="ignore").join(said)


def row(run: Settings, measure: str, time: str, arm: str = "") -> dict[str, Any]:
    """Return the row of a measure at a time, of the first arm unless one is named."""
    wide = rows_of(run)
    own = wide[(wide["variable"] == NAMES[measure]) & (wide["variable_level"] == time)]
    own = own[own["group1_level"] == arm] if arm else own
    return dict(own.iloc[0])


def reason(run: Settings, measure: str, time: str) -> str:
    found = row(run, measure, time)
    assert found["group1_level"] == EVERY_ARM
    return str(found["reason"])


def records(table: str, code: str, change: Callable[[pd.DataFrame], pd.DataFrame]) -> Change:
    """Return a change of the records of one PARAMCD; no records are none."""

    def edit(_: Plan, tables: Tables) -> None:
        own = tables[table]["PARAMCD"] == code
        tables[table] = pd.concat(
            [tables[table][~own], change(tables[table][own].copy())], ignore_index=True
        )

    return edit


def without_weights(_: Plan, tables: Tables) -> None:
    tables["advs"] = tables["advs"].assign(PARAMCD="SYSBP", PARAM="Systolic blood pressure (mmHg)")


def of_child(role: str, z: float) -> Change:
    """Return a change that puts every child at one score, of height or of weight."""
    table, code, name = {
        "height": ("adgr", "HEIGHT", "CDC 2000 stature"),
        "weight": ("advs", "WEIGHT", "CDC 2000 weight"),
    }[role]

    def edit(_: Plan, tables: Tables) -> None:
        adsl = tables["adsl"].set_index("USUBJID")
        own = tables[table]["PARAMCD"] == code
        at = tables[table][own]
        born, sex = (at["USUBJID"].map(adsl[each]) for each in ("BRTHDT", "SEX"))
        months = (at["ADT"] - born).dt.days / 30.4375
        tables[table].loc[own, "AVAL"] = value_at_z(
            z, sex=sex, age_months=months, reference=load_reference(name)
        )

    return edit


@pytest.fixture(scope="module")
def plain() -> Settings:
    return run_of()


# What is computed ----


def test_every_measure_has_a_row_for_each_arm_and_time(plain: Settings) -> None:
    wide = rows_of(plain)
    assert list(dict.fromkeys(wide["variable"])) == list(NAMES.values())
    assert len(wide) == len(NAMES) * 2 * len(plain.arms)
    sizes = plain.subjects()["arm"].value_counts()
    assert (wide["n"] == wide["group1_level"].map(sizes)).all()


@pytest.mark.parametrize("role", ["height", "weight"])
def test_children_put_at_a_score_have_it(role: str) -> None:
    run = run_of(of_child(role, -2.25))
    for time in ("Baseline", LAST):
        for arm in run.arms:
            found = row(run, role, time, arm)
            assert (found["mean"], found["sd"]) == pytest.approx((-2.25, 0), abs=1e-9)


def test_velocity_is_by_hand_what_the_dates_say(plain: Settings) -> None:
    adsl = plain.subjects().set_index("USUBJID")
    heights = good_tables()["adgr"].query("PARAMCD == 'HEIGHT'")
    median_sd = pd.read_csv(
        Path(__file__).parents[1] / "data" / "references" / "tanner_height_velocity.csv"
    )
    for time, first, last in (("Baseline", "Pre-study", "Baseline"), (LAST, "Baseline", LAST)):
        start, end = (heights[heights["AVISIT"] == at].set_index("USUBJID") for at in (first, last))
        days = (end["ADT"] - start["ADT"]).dt.days
        velocity = (end["AVAL"] - start["AVAL"]) / days * 365.25
        middle = start["ADT"] + (end["ADT"] - start["ADT"]) / 2
        months = (middle - adsl["BRTHDT"]).dt.total_seconds() / 86400 / 30.4375
        z = {}
        for child, value in velocity.items():
            table = median_sd[median_sd["Sex"] == {"M": 1, "F": 2}[adsl["SEX"][child]]]
            low, median, high = (
                np.interp(months[child], table["Agemos"], table[name])
                for name in ("P5", "P50", "P95")
            )
            side = median - low if value < median else high - median
            z[child] = 1.6448536 * (value - median) / side
        means = pd.Series(z).groupby(adsl["arm"]).mean()
        for arm in plain.arms:
            assert row(plain, "velocity", time, arm)["mean"] == pytest.approx(means[arm], abs=1e-6)


def test_a_recorded_index_is_taken_before_one_from_weight_and_height(plain: Settings) -> None:
    def indexed(_: Plan, tables: Tables) -> None:
        more = tables["advs"].assign(PARAMCD="BMI", PARAM="Body mass index (kg/m²)", AVAL=15.0)
        tables["advs"] = pd.concat([tables["advs"], more], ignore_index=True)

    recorded = run_of(indexed)
    assert row(recorded, "bmi", LAST)["mean"] != pytest.approx(row(plain, "bmi", LAST)["mean"])
    assert row(recorded, "weight", LAST)["mean"] == row(plain, "weight", LAST)["mean"]
    low = row(
        run_of(indexed, records("advs", "BMI", lambda own: own.assign(AVAL=12.0))), "bmi", LAST
    )
    assert low["mean"] < row(recorded, "bmi", LAST)["mean"]


def test_who_has_no_score_is_counted(plain: Settings) -> None:
    someone = good_tables()["adsl"]["USUBJID"].iloc[0]
    arm = plain.subjects().set_index("USUBJID")["arm"][someone]
    gone = run_of(
        records("advs", "WEIGHT", lambda own: own[own["USUBJID"] != someone]),
        records("adgr", "HEIGHT", lambda own: own[
            (own["USUBJID"] != someone) | (own["AVISIT"] != LAST)]),
    )  # fmt: skip
    assert row(gone, "weight", LAST, arm)["remark"] == "no score: not measured (1)"
    assert "no score: no height at Month 12 (1)" in row(gone, "velocity", LAST, arm)["remark"]
    assert row(gone, "weight", LAST, arm)["n"] == row(plain, "weight", LAST, arm)["n"] - 1


def test_ages_outside_the_reference_are_counted() -> None:
    def babies(_: Plan, tables: Tables) -> None:
        tables["adsl"].loc[[1, 3], "BRTHDT"] = tables["adsl"]["TRTSDT"] - pd.Timedelta(days=500)

    wide = rows_of(run_of(babies))
    own = wide[(wide["variable"] == "Weight SDS") & (wide["variable_level"] == "Baseline")]
    assert (
        own["remark"]
        .str.contains("age outside CDC 2000 weight (24 to 240 months)", regex=False)
        .any()
    )
    assert own["n"].sum() == len(good_tables()["adsl"]) - 2


def test_girls_alone_are_scored() -> None:
    def girls(_: Plan, tables: Tables) -> None:
        names = tables["adsl"].loc[tables["adsl"]["SEX"] == "F", "USUBJID"]
        for name, table in tables.items():
            tables[name] = table[table["USUBJID"].isin(names)].reset_index(drop=True)

    wide = rows_of(run_of(girls))
    assert wide.groupby("variable")["n"].min().gt(0).all()


# What is not ----


def test_a_trial_without_weights_says_so_and_keeps_the_rest() -> None:
    run = run_of(without_weights)
    for measure in ("weight", "bmi"):
        for time in ("Baseline", LAST):
            said = reason(run, measure, time)
            assert "no table has weight under a usual name" in said
            assert "growth.roles.weight" in said
    assert row(run, "height", LAST)["n"] > 0
    [view] = views_of(scores.growth_scores, run)
    assert "Not computed, because no table has weight" in " ".join(str(view.text()).split())


def test_weights_at_baseline_alone_give_the_baseline_alone() -> None:
    run = run_of(records("advs", "WEIGHT", lambda own: own[own["ABLFL"] == "Y"]))
    for measure in ("weight", "bmi"):
        assert row(run, measure, "Baseline")["n"] > 0
        assert reason(run, measure, LAST) == "ADVS.WEIGHT has no record at Month 12"


def test_a_weight_in_adsl_is_that_at_baseline() -> None:
    def moved(plan: Plan, tables: Tables) -> None:
        own = tables["advs"].query("ABLFL == 'Y'").set_index("USUBJID")["AVAL"]
        tables["adsl"] = tables["adsl"].assign(WEIGHTBL=tables["adsl"]["USUBJID"].map(own))
        without_weights(plan, tables)
        plan["units"] = {**plan.get("units", {}), "WEIGHTBL": "kg"}
        plan["units"].pop("WEIGHT", None)

    run = run_of(moved)
    assert row(run, "weight", "Baseline")["mean"] == pytest.approx(
        row(run_of(), "weight", "Baseline")["mean"]
    )
    assert "before treatment alone" in reason(run, "weight", LAST)


@pytest.mark.parametrize(
    ("label", "declared", "words"),
    [
        ("Weight (lb)", "lb", "weight must be in kg; ADVS.WEIGHT is in lb: convert the values"),
        ("Weight (lb)", "", "weight must be in kg; ADVS.WEIGHT is in lb: convert the values"),
        ("Weight (g)", "", "weight must be in kg; ADVS.WEIGHT is in g: convert the values"),
        ("Weight", "", "nothing says in which unit ADVS.WEIGHT is"),
    ],
)
def test_another_unit_or_none_is_refused(label: str, declared: str, words: str) -> None:
    def changed(plan: Plan, tables: Tables) -> None:
        tables["advs"] = tables["advs"].assign(PARAM=label)
        plan["units"] = {k: v for k, v in plan.get("units", {}).items() if k != "WEIGHT"}
        plan["units"] |= {"WEIGHT": declared} if declared else {}

    run = run_of(changed)
    for measure in ("weight", "bmi"):
        assert words in reason(run, measure, LAST)


def test_heights_in_metres_are_refused_in_every_score_of_them() -> None:
    def metres(plan: Plan, tables: Tables) -> None:
        own = tables["adgr"]["PARAMCD"] == "HEIGHT"
        tables["adgr"].loc[own, ["AVAL", "BASE", "CHG"]] /= 100
        tables["adgr"].loc[own, "PARAM"] = "Height (m)"
        plan["units"] = {**plan.get("units", {}), "HEIGHT": "m"}

    run = run_of(metres)
    for measure in ("height", "velocity", "bmi"):
        assert "height must be in cm; ADGR.HEIGHT is in m" in reason(run, measure, LAST)
    assert row(run, "weight", LAST)["n"] > 0


def test_without_heights_before_treatment_the_velocity_on_it_stays() -> None:
    run = run_of(records("adgr", "HEIGHT", lambda own: own[own["AVISIT"] != "Pre-study"]))
    assert "no record before the baseline" in reason(run, "velocity", "Baseline")
    assert row(run, "velocity", LAST)["n"] > 0


def test_a_velocity_over_three_months_is_not_compared(plain: Settings) -> None:
    early = replace(plain, endpoint=plain.endpoint.model_copy(update={"visit": "Month 3"}))
    assert reason(early, "velocity", "Month 3") == "interval shorter than 181 days (24)"
    assert row(early, "height", "Month 3")["n"] > 0


def test_without_birth_recorded_scores_stand_in_for_those_of_height() -> None:
    def recorded(plan: Plan, tables: Tables) -> None:
        own = tables["adgr"].query("PARAMCD == 'HEIGHT'")
        more = own.assign(PARAMCD="HTSDS", PARAM="Height SDS", AVAL=-2.0)
        tables["adgr"] = pd.concat([tables["adgr"], more], ignore_index=True)
        drop("adsl", "BRTHDT")(plan, tables)

    run = run_of(recorded)
    found = row(run, "height", LAST)
    assert (found["mean"], found["remark"]) == (-2.0, "as recorded in ADGR.HTSDS")
    assert reason(run, "weight", LAST) == "ADSL has no BRTHDT, which a growth score needs"


def test_the_plan_decides_which_weight_is_meant() -> None:
    def two(_: Plan, tables: Tables) -> None:
        more = tables["advs"].assign(PARAMCD="WGT", AVAL=tables["advs"]["AVAL"] + 5)
        tables["advs"] = pd.concat([tables["advs"], more], ignore_index=True)

    assert "name the one that is meant in growth.roles.weight" in reason(
        run_of(two), "weight", LAST
    )
    chosen = run_of(two, plan_value({"weight": "ADVS.WGT"}, "growth", "roles"))
    assert row(chosen, "weight", LAST)["mean"] > row(run_of(), "weight", LAST)["mean"]


def test_a_reference_of_another_measure_is_refused() -> None:
    with pytest.raises(UserError, match="of stature or height; got 'CDC 2000 weight'; did you"):
        run_of(growth_reference="CDC 2000 weight")
    said = reason(replace(run_of(), growth_reference="CDC 2000 weight"), "height", LAST)
    assert "must be of stature or height" in said


def test_a_plan_without_growth_has_no_such_section() -> None:
    run = run_of(lambda plan, _: plan.pop("growth"))
    [view] = views_of(scores.growth_scores, run)
    assert "[absent]" in str(view.text())


def test_a_trial_with_one_arm_has_the_same_rows() -> None:
    run = resolve_single(SingleArmParameters.checked({"trial": "turner-1"}))
    wide = rows_of(run)
    assert set(wide["variable"]) == set(NAMES.values())
    assert set(wide["group1_level"]) == set(run.arms)


def test_an_arm_that_nobody_weighed_has_its_row_and_the_reason(plain: Settings) -> None:
    one, other = plain.arms
    weighed = set(plain.subjects().query("arm == @one")["USUBJID"])
    run = run_of(records("advs", "WEIGHT", lambda own: own[own["USUBJID"].isin(weighed)]))
    size = int((plain.subjects()["arm"] == other).sum())
    found = row(run, "weight", LAST, other)
    assert (found["n"], found["remark"]) == (0, f"no score: not measured ({size})")
    assert pd.isna(found["mean"])
    assert row(run, "weight", LAST, one)["n"] == len(weighed)
    [view] = views_of(scores.growth_scores, run)
    assert "nan" not in str(view.text()).lower()
