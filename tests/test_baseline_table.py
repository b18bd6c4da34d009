"""The baseline table: which variables it shows, and each number against plain pandas."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.display.page import views_of
from analysis.efficacy import single_arm_settings
from analysis.efficacy.baseline_table import baseline, skewed
from analysis.efficacy.settings import ControlledParameters, Settings, resolve
from analysis.results import Results


@pytest.fixture(scope="module")
def ghd() -> Settings:
    return resolve(ControlledParameters(trial="ghd"))


@pytest.fixture(scope="module")
def pilot() -> Settings:
    return resolve(ControlledParameters(trial="cdisc-pilot"))


def altered(
    run: Settings, *, plan: Mapping[str, Any] | None = None, **tables: pd.DataFrame
) -> Settings:
    """Return a run on a trial with other tables, or with other fields of its plan."""
    trial = run.trial
    trial = replace(trial, plan=trial.plan.model_copy(update=dict(plan or {})))
    return replace(run, trial=replace(trial, tables={**trial.tables, **tables}))


def titles(found: Results) -> list[str]:
    return list(dict.fromkeys(found.frame["variable"]))


def numbers(found: Results, variable: str, arm: str) -> dict[str, float]:
    rows = found.select(variable=variable, group1_level=arm).frame
    return dict(zip(rows["stat_name"], rows["stat"], strict=True))


def test_weight_of_the_pilot_is_known_of_80_of_81(pilot: Settings) -> None:
    adsl = pilot.trial.tables["adsl"]
    own = adsl[(adsl["EFFFL"] == "Y") & (adsl["TRT01P"] == "Xanomeline Low Dose")]["WEIGHTBL"]
    found = numbers(baseline(pilot), "Baseline Weight (kg)", "Xanomeline Low Dose")
    assert (found["n"], found["N_miss"]) == (own.notna().sum(), own.isna().sum()) == (80, 1)
    assert found["mean"] == pytest.approx(own.mean(), rel=1e-12)
    assert found["sd"] == pytest.approx(own.std(), rel=1e-12)
    assert found["median"] == pytest.approx(own.median(), rel=1e-12)
    [table] = views_of(baseline, pilot)
    assert "80 (1)" in table.text()
    assert "Xanomeline Low Dose (N 81)" in table.text()


def test_the_total_is_everyone_with_an_arm(pilot: Settings) -> None:
    adsl = pilot.trial.tables["adsl"]
    own = adsl[adsl["EFFFL"] == "Y"]
    found = baseline(pilot)
    ages = numbers(found, "Age (years)", "Total")
    assert ages["n"] == len(own)
    assert ages["mean"] == pytest.approx(own["AGE"].mean(), rel=1e-12)
    assert (ages["min"], ages["max"]) == (own["AGE"].min(), own["AGE"].max())
    races = found.select(variable="Race", group1_level="Total", stat_name="p").frame
    shares = own["RACE"].value_counts(normalize=True)
    seen = dict(zip(races["variable_level"], races["stat"], strict=True))
    assert seen == pytest.approx(shares.to_dict())
    assert set(found.select(group1_level="Total").frame["n_population"]) == {len(own)}


def test_a_growth_trial_shows_how_its_children_grew(ghd: Settings) -> None:
    shown = titles(baseline(ghd))
    for words in ("Bone age", "Height SDS", "Height velocity", "Peak growth hormone"):
        assert sum(words in title for title in shown) == 1, words
    single = single_arm_settings.resolve(single_arm_settings.SingleArmParameters(trial="turner-1"))
    assert "Total" not in set(baseline(single).frame["group1_level"])


def test_what_adsl_lacks_is_taken_from_the_baseline_record(ghd: Settings) -> None:
    adsl = ghd.trial.tables["adsl"]
    found = baseline(altered(ghd, adsl=adsl.drop(columns=["BONEAGBL", "HVBL", "WEIGHTBL"])))
    adgr = ghd.trial.tables["adgr"]
    members = adsl.loc[adsl["FASFL"] == "Y", "USUBJID"]
    for code, table in (("BONEAGE", adgr), ("HV", adgr), ("WEIGHT", ghd.trial.tables["advs"])):
        own = table[(table["PARAMCD"] == code) & (table["ABLFL"] == "Y")]
        own = own[own["USUBJID"].isin(members)]
        title = own["PARAM"].iloc[0]
        assert numbers(found, title, "Total")["mean"] == pytest.approx(own["AVAL"].mean(), rel=1e-9)


def test_the_plan_says_what_is_shown(ghd: Settings) -> None:
    planned = altered(ghd, plan={"baseline": ("SEX", "adlb.IGF1", "adgr.BONEAGE", "PEAKHG")})
    found = baseline(planned)
    assert titles(found) == ["Sex", "IGF-I (ng/mL)", "Bone Age (years)", "PEAKHG"]
    # A name that meets nothing keeps its place and says why.
    assert found.text("reason") == "ADSL has no PEAKHG"
    [table] = views_of(baseline, planned)
    assert "ADSL has no PEAKHG" in table.text()


def test_an_unknown_record_is_said_too(ghd: Settings) -> None:
    found = baseline(altered(ghd, plan={"baseline": ("adlb.IGF2", "adxx.IGF1", "AGE")}))
    said = found.select(stat_name="reason").frame["stat_fmt"]
    assert [words.split(" in ")[0] for words in said] == [
        "there is no PARAMCD IGF2", "there is no PARAMCD IGF1",
    ]  # fmt: skip


def test_labels_of_the_data_come_first(ghd: Settings) -> None:
    adsl = ghd.trial.tables["adsl"].copy()
    adsl.attrs["labels"] = {"AGE": "Age at informed consent", "HEIGHTBL": "Baseline height (cm)"}
    shown = titles(baseline(altered(ghd, adsl=adsl)))
    assert {"Age at informed consent (years)", "Baseline height (cm)"} <= set(shown)


def test_a_label_that_says_no_more_than_the_name_gives_way(ghd: Settings) -> None:
    adsl = ghd.trial.tables["adsl"]
    adsl = adsl.assign(REGION2=adsl["REGION1"].where(adsl.index % 2 == 0, "Region Z"))
    adsl.attrs["labels"] = {"REGION1": "Geographic Region 1", "REGION2": "Geographic Region 2"}
    shown = titles(baseline(altered(ghd, adsl=adsl)))
    # Where this package has no words of its own, the generic ones are better than a name.
    assert {"Region", "Geographic Region 2"} <= set(shown)


def test_two_variables_of_one_label_stay_apart(ghd: Settings) -> None:
    adsl = ghd.trial.tables["adsl"].copy()
    adsl.attrs["labels"] = {"HEIGHTBL": "Size", "WEIGHTBL": "Size"}
    shown = titles(baseline(altered(ghd, adsl=adsl)))
    assert {"Size (cm)", "Size (kg)"} <= set(shown)
    adsl.attrs["labels"] = {"SEX": "Group", "REGION1": "Group"}
    shown = titles(baseline(altered(ghd, adsl=adsl)))
    assert {"Group, SEX", "Group, REGION1"} <= set(shown)


def test_skewed_numbers_lead_with_their_median(ghd: Settings) -> None:
    adsl = ghd.trial.tables["adsl"]
    run = altered(
        ghd, plan={"baseline": ("AGE", "WEIGHTBL")},
        adsl=adsl.assign(WEIGHTBL=np.exp(adsl["WEIGHTBL"] / 3)),
    )  # fmt: skip
    found = baseline(run).frame
    lines = found.groupby("variable", sort=False)["variable_level"].unique()
    assert list(lines["Age (years)"])[1:3] == ["Mean (SD)", "Median [Q1, Q3]"]
    assert list(lines["Weight (kg)"])[1:3] == ["Median [Q1, Q3]", "Mean (SD)"]
    assert not skewed(pd.Series([1.0, 2.0, 3.0]))
    [table] = views_of(baseline, run)
    assert "the median leads where the skewness is beyond 1" in table.text()


def test_numbers_that_the_plan_uses_as_levels_are_categories(ghd: Settings) -> None:
    adsl = ghd.trial.tables["adsl"]
    coded = adsl["REGION1"].map({"Region A": 1.0, "Region B": 2.0, "Region C": 3.0})
    found = baseline(altered(ghd, adsl=adsl.assign(REGION1=coded)))
    rows = found.select(variable="Region", group1_level="Total").frame
    assert list(rows["variable_level"].unique()) == ["n (missing)", "1", "2", "3"]
    assert "mean" not in set(rows["stat_name"])


def test_categories_stand_in_the_order_of_their_numbers(pilot: Settings) -> None:
    found = baseline(altered(pilot, plan={"baseline": ("AGEGR1",)}))
    levels = list(dict.fromkeys(found.frame["variable_level"]))
    assert levels == ["n (missing)", "<65", "65-80", ">80"]


def test_missing_categories_are_counted_and_no_category(ghd: Settings) -> None:
    adsl = ghd.trial.tables["adsl"].copy()
    chosen = adsl.index[(adsl["FASFL"] == "Y") & (adsl["TRT01P"] == "Valtropin")][:3]
    adsl.loc[chosen, "REGION1"] = ""
    found = numbers_by_line(baseline(altered(ghd, adsl=adsl)), "Region", "Valtropin")
    assert found["n (missing)"]["N_miss"] == 3
    assert "" not in found
    whole = int(((adsl["FASFL"] == "Y") & (adsl["TRT01P"] == "Valtropin")).sum())
    assert sum(row["n"] for line, row in found.items() if line != "n (missing)") == whole - 3


def numbers_by_line(found: Results, variable: str, arm: str) -> dict[str, dict[str, float]]:
    rows = found.select(variable=variable, group1_level=arm).frame
    return {
        str(line): dict(zip(own["stat_name"], own["stat"], strict=True))
        for line, own in rows.groupby("variable_level")
    }


def test_no_number_is_on_more_than_the_population(ghd: Settings, pilot: Settings) -> None:
    for run in (ghd, pilot):
        counted = baseline(run).frame.query("stat_name in ('n', 'N_miss')")
        assert (counted["stat"].astype(float) <= counted["n_population"].astype(float)).all()


def test_a_repeated_baseline_record_is_refused_in_words(ghd: Settings) -> None:
    adgr = ghd.trial.tables["adgr"]
    again = adgr[(adgr["PARAMCD"] == "BONEAGE") & (adgr["ABLFL"] == "Y")].assign(AVAL=1.0)
    run = altered(
        ghd, plan={"baseline": ("AGE", "adgr.BONEAGE")}, adgr=pd.concat([adgr, again])
    )  # fmt: skip
    assert "one a participant" in baseline(run).text("reason")


def test_an_arm_called_total_keeps_its_name(ghd: Settings) -> None:
    adsl = ghd.trial.tables["adsl"]
    arms = ghd.trial.plan.arms.model_copy(update={"treatment": "Total"})
    run = altered(
        ghd, plan={"arms": arms}, adsl=adsl.replace({"TRT01P": {"Valtropin": "Total"}})
    )  # fmt: skip
    run = replace(run, treatment="Total")
    shown = list(dict.fromkeys(baseline(run).frame["group1_level"]))
    assert shown == ["Humatrope", "Total", "All arms"]
