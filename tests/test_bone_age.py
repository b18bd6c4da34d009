"""Bone age: the one before treatment in the baseline table, and its advance under treatment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.display.page import views_of
from analysis.efficacy.baseline_table import baseline
from analysis.efficacy.bone_age import ADVANCE, advance, bone_age, delay
from analysis.efficacy.settings import ControlledParameters, Settings, resolve
from analysis.efficacy.single_arm_settings import SingleArmParameters
from analysis.efficacy.single_arm_settings import resolve as resolve_single
from analysis.results import Results, is_absent, reason_of


@pytest.fixture(scope="module")
def ghd() -> Settings:
    return resolve(ControlledParameters(trial="ghd"))


def altered(
    run: Settings, *, plan: Mapping[str, Any] | None = None, **tables: pd.DataFrame
) -> Settings:
    trial = run.trial
    trial = replace(trial, plan=trial.plan.model_copy(update=dict(plan or {})))
    return replace(run, trial=replace(trial, tables={**trial.tables, **tables}))


def with_roles(run: Settings, **roles: str) -> dict[str, Any]:
    growth = run.trial.plan.growth
    assert growth is not None
    return {"growth": growth.model_copy(update={"roles": growth.roles.model_copy(update=roles)})}


def titles(found: Results) -> list[str]:
    return list(dict.fromkeys(found.frame["variable"]))


def mean_of(found: Results, variable: str, arm: str = "Total") -> float:
    rows = found.select(variable=variable, group1_level=arm, stat_name="mean")
    return float(rows.frame["stat"].iloc[0])


# In the baseline table ----


def test_a_bone_age_that_is_no_baseline_is_not_taken_for_it(ghd: Settings) -> None:
    adsl = ghd.trial.tables["adsl"]
    expected = mean_of(baseline(ghd), "Bone age (years)")
    # The last one, or any, stands first; and then alone, so that the record at baseline is meant.
    later = pd.DataFrame({"BONEAGE": adsl["BONEAGBL"] + 2}, index=adsl.index)
    before = altered(ghd, adsl=pd.concat([later, adsl], axis=1))
    alone = altered(ghd, adsl=pd.concat([later, adsl.drop(columns="BONEAGBL")], axis=1))
    assert mean_of(baseline(before), "Bone age (years)") == pytest.approx(expected, rel=1e-12)
    assert mean_of(baseline(alone), "Bone Age (years)") == pytest.approx(expected, rel=1e-9)
    adgr = ghd.trial.tables["adgr"]
    bare = altered(alone, adgr=adgr[adgr["PARAMCD"] != "BONEAGE"].reset_index(drop=True))
    assert not [title for title in titles(baseline(bare)) if "one age" in title]


@pytest.mark.parametrize("name", ["HVMONTH12", "HTSDS", "HV"])
def test_neither_is_another_measurement_that_changes(ghd: Settings, name: str) -> None:
    adsl = ghd.trial.tables["adsl"]
    later = pd.concat([pd.DataFrame({name: np.full(len(adsl), 9.5)}), adsl], axis=1)
    assert titles(baseline(altered(ghd, adsl=later))) == titles(baseline(ghd))


def test_the_baseline_of_a_growth_trial(ghd: Settings) -> None:
    adsl = ghd.trial.tables["adsl"]
    units = {**ghd.trial.plan.units, "MOTHERHT": "cm", "FATHERHT": "cm"}
    parents = adsl.assign(MOTHERHT=160.0, FATHERHT=175.0)
    parents = altered(ghd, plan={"units": units}, adsl=parents)
    shown = titles(baseline(parents))
    expected = [
        "Age (years)", "Height (cm)", "Weight (kg)",
        "Bone age (years)", "Delay of bone age (years)", "BA/CA", "Height SDS",
        "Height velocity before treatment (cm/year)",
        "Peak growth hormone", "Height of the mother (cm)", "Height of the father (cm)",
    ]  # fmt: skip
    places = [[title.startswith(each) for title in shown].index(True) for each in expected]
    assert places == sorted(places)


@pytest.mark.parametrize("unit", ["ng/mL", "mU/L"])
def test_the_unit_of_peak_gh_is_the_plans(ghd: Settings, unit: str) -> None:
    units = {**ghd.trial.plan.units, "PEAKGH": unit}
    assert f"Peak growth hormone ({unit})" in titles(baseline(altered(ghd, plan={"units": units})))


def test_two_tests_of_gh_are_both_shown(ghd: Settings) -> None:
    adsl = ghd.trial.tables["adsl"]
    both = adsl.assign(PEAKGH1=adsl["PEAKGH"], PEAKGH2=adsl["PEAKGH"] + 1).drop(columns="PEAKGH")
    shown = titles(baseline(altered(ghd, adsl=both)))
    assert {"Peak growth hormone, PEAKGH1", "Peak growth hormone, PEAKGH2"} <= set(shown)


def test_delay_is_age_on_that_day_less_bone_age(ghd: Settings) -> None:
    adsl, adgr = ghd.trial.tables["adsl"], ghd.trial.tables["adgr"]
    own = adgr[(adgr["PARAMCD"] == "BONEAGE") & (adgr["ABLFL"] == "Y")].set_index("USUBJID")
    born = adsl.set_index("USUBJID")["BRTHDT"].reindex(own.index)
    age = (own["ADT"] - born).dt.days / 365.25
    found = delay(ghd).reindex(own.index)
    np.testing.assert_allclose(found["delay"], age - own["AVAL"], rtol=0, atol=1e-9)
    np.testing.assert_allclose(found["ratio"], own["AVAL"] / age, rtol=1e-9)


# Under treatment ----


def by_hand(run: Settings) -> pd.DataFrame:
    """Return the ratios from the tables themselves, by another route."""
    adgr = run.trial.tables["adgr"]
    own = adgr[(adgr["PARAMCD"] == "BONEAGE") & (adgr["ANL01FL"] == "Y")]
    first = own[own["ABLFL"] == "Y"].set_index("USUBJID")
    last = own[own["AVISIT"] == "Month 12"].set_index("USUBJID")
    gain = (last["AVAL"] - first["AVAL"]) / ((last["ADT"] - first["ADT"]).dt.days / 365.25)
    found = run.subjects().set_index("USUBJID")[["arm"]]
    return found.assign(ratio=gain.reindex(found.index))


def test_advance_against_the_tables_by_hand(ghd: Settings) -> None:
    expected, found = by_hand(ghd), bone_age(ghd).wide("stat").set_index("group1_level")
    for arm in (ghd.treatment, ghd.reference):
        own = expected.loc[expected["arm"] == arm, "ratio"]
        assert (found.loc[arm, "n"], found.loc[arm, "N_miss"]) == (own.count(), own.isna().sum())
        assert found.loc[arm, "mean"] == pytest.approx(own.mean(), rel=1e-9)
        assert found.loc[arm, "sd"] == pytest.approx(own.std(), rel=1e-9)
        assert found.loc[arm, "median"] == pytest.approx(own.median(), rel=1e-9)
    own, reference = (
        expected.loc[expected["arm"] == arm, "ratio"].dropna()
        for arm in (ghd.treatment, ghd.reference)
    )
    welch = stats.ttest_ind(own, reference, equal_var=False)
    interval = welch.confidence_interval(ghd.conf_level)
    row = found.loc[ghd.contrast]
    assert row["estimate"] == pytest.approx(own.mean() - reference.mean(), rel=1e-9)
    assert [row["conf.low"], row["conf.high"]] == pytest.approx([interval.low, interval.high])


def test_one_arm_has_no_difference() -> None:
    found = bone_age(resolve_single(SingleArmParameters(trial="turner-1")))
    assert set(found.frame["variable"]) == {ADVANCE}
    assert found.frame["group1_level"].nunique() == 1
    assert "estimate" not in set(found.frame["stat_name"])


def test_bone_ages_in_months_are_the_same_ratios(ghd: Settings) -> None:
    adgr = ghd.trial.tables["adgr"]
    own = adgr["PARAMCD"] == "BONEAGE"
    monthly = adgr.assign(AVAL=adgr["AVAL"].where(~own, adgr["AVAL"] * 12))
    run = altered(ghd, plan={"units": {**ghd.trial.plan.units, "BONEAGE": "months"}}, adgr=monthly)
    np.testing.assert_allclose(advance(run)["AVAL"], advance(ghd)["AVAL"], rtol=1e-9)
    weekly = altered(ghd, plan={"units": {**ghd.trial.plan.units, "BONEAGE": "weeks"}})
    assert "must be in years or months" in reason_of(bone_age.rows(weekly))


def dropped(code: str) -> Callable[[Settings], Settings]:
    def change(run: Settings) -> Settings:
        adgr = run.trial.tables["adgr"]
        return altered(run, adgr=adgr[adgr["PARAMCD"] != code].reset_index(drop=True))

    return change


def undated(run: Settings) -> Settings:
    return altered(run, adgr=run.trial.tables["adgr"].drop(columns="ADT"))


def unlabelled(run: Settings) -> Settings:
    units = {name: unit for name, unit in run.trial.plan.units.items() if name != "BONEAGE"}
    adgr = run.trial.tables["adgr"].drop(columns="PARAM")
    return altered(run, plan={"units": units}, adgr=adgr)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (dropped("BONEAGE"), "bone age is a variable of ADSL, BONEAGBL, and has no visits"),
        (undated, "adgr has no ADT"),
        (unlabelled, 'units: {BONEAGE: "years"}'),
    ],
)
def test_what_is_not_computed_says_why(
    ghd: Settings, change: Callable[[Settings], Settings], words: str
) -> None:
    run = change(ghd)
    assert words in reason_of(bone_age.rows(run))
    [view] = views_of(bone_age, run)
    assert words in view.text()


def test_without_any_bone_age_it_is_said(ghd: Settings) -> None:
    adsl = ghd.trial.tables["adsl"].drop(columns="BONEAGBL")
    rows = bone_age.rows(altered(dropped("BONEAGE")(ghd), adsl=adsl))
    assert "growth.roles.bone_age" in reason_of(rows)
    assert not is_absent(rows)
    assert is_absent(bone_age.rows(resolve(ControlledParameters(trial="cdisc-pilot"))))


def test_a_bone_age_that_falls_is_counted(ghd: Settings) -> None:
    adgr = ghd.trial.tables["adgr"]
    last = (adgr["PARAMCD"] == "BONEAGE") & (adgr["AVISIT"] == "Month 12")
    some = last & adgr["USUBJID"].isin(
        ghd.subjects().query("arm == @ghd.reference")["USUBJID"].head(2)
    )
    fallen = altered(ghd, adgr=adgr.assign(AVAL=adgr["AVAL"].where(~some, 0.1)))
    count = int(some.sum())
    rows = bone_age(fallen).wide().set_index("group1_level")
    assert count > 0
    assert f"bone age falls: {count}" in rows.loc[ghd.reference, "remark"]


def test_the_role_says_which_bone_age(ghd: Settings) -> None:
    adgr = ghd.trial.tables["adgr"]
    own = adgr[adgr["PARAMCD"] == "BONEAGE"]
    other = own.assign(PARAMCD="BATW", PARAM="Bone age, TW2 (years)", AVAL=own["AVAL"] * 0.9)
    both = pd.concat([other, adgr], ignore_index=True)
    named = altered(ghd, plan=with_roles(ghd, bone_age="BATW"), adgr=both)
    np.testing.assert_allclose(advance(named)["AVAL"], 0.9 * advance(ghd)["AVAL"], rtol=1e-9)
