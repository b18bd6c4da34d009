"""Target height: values that others print, and what cannot be expected of parents."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from corpus import good_plan, good_tables

from analysis.display.page import views_of
from analysis.efficacy import target_heights as page
from analysis.efficacy.settings import ControlledParameters, Settings, resolve
from analysis.errors import UserError
from analysis.growth import target_height
from analysis.sources.growth_reference import load_reference, value_at_centile, value_at_z
from analysis.sources.trial.plan import TrialPlan
from analysis.sources.trial.trial import Trial

CDC = load_reference("CDC 2000 stature")


def child(sex: str, mother: float, father: float) -> pd.DataFrame:
    return pd.DataFrame(
        {"USUBJID": ["1"], "SEX": [sex], "MOTHERHT": [mother], "FATHERHT": [father]}
    )


def found(children: pd.DataFrame, formula: str = "Tanner 1970", **options: str) -> pd.Series:
    return target_height(children, reference=CDC, formula=formula, **options).iloc[0]


# Mother 157 cm, father 186 cm: boy 178 cm, girl 165 cm (droracle.ai/articles/501451, read
# 2026-11-26). Range ± 8.5 cm: table 1 of PMC12797921.
@pytest.mark.parametrize(("sex", "printed"), [("M", 178.0), ("F", 165.0)])
@pytest.mark.parametrize(("unit", "per"), [("cm", 1.0), ("m", 100.0), ("mm", 0.1)])
def test_the_mean_of_the_parents_as_printed(
    sex: str, printed: float, unit: str, per: float
) -> None:
    row = found(child(sex, 157 / per, 186 / per), unit=unit)
    assert row["AVAL"] == pytest.approx(printed)
    assert (row["low"], row["high"]) == pytest.approx((printed - 8.5, printed + 8.5))


# CDC's own 5th, 50th and 95th percentile at 20 years are −1.645, 0 and 1.645 by definition.
@pytest.mark.parametrize(("centile", "sds"), [(5, -1.645), (50, 0), (95, 1.645)])
@pytest.mark.parametrize("sex", ["M", "F"])
def test_the_score_is_that_of_adults_of_the_sex(sex: str, centile: float, sds: float) -> None:
    target = value_at_centile(centile, sex=sex, age_months=240, reference=CDC)
    away = 6.5 if sex == "M" else -6.5
    row = found(child(sex, float(target) - away, float(target) - away))
    assert row["sds"] == pytest.approx(sds, abs=5e-4)


# Table 1 of PMC12797921: TH SDS = mean of the parents' SDS × 0.72, ± 1.6 SDS; Cole 2000: the mean.
@pytest.mark.parametrize("sex", ["M", "F"])
@pytest.mark.parametrize(("formula", "slope"), [("Hermanussen and Cole", 0.72), ("Cole 2000", 1)])
def test_scores_of_the_parents(sex: str, formula: str, slope: float) -> None:
    mother, father = (
        float(value_at_z(z, sex=code, age_months=240, reference=CDC))
        for z, code in ((-1.0, "F"), (-3.0, "M"))
    )
    row = found(child(sex, mother, father), formula)
    assert row["sds"] == pytest.approx(-2 * slope)
    if formula == "Cole 2000":
        assert np.isnan(row["low"])
    else:
        ends = value_at_z([-3.04, 0.16], sex=sex, age_months=240, reference=CDC)
        assert (row["low"], row["high"]) == pytest.approx(tuple(ends))


@pytest.mark.parametrize("formula", ["Tanner 1970", "Hermanussen and Cole"])
@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (("M", np.nan, 180.0), "height of the mother missing"),
        (("F", 160.0, np.nan), "height of the father missing"),
        (("M", 1.62, 1.80), "height of the mother not between 100 and 250 cm"),
        (("F", 160.0, 1800.0), "height of the father not between 100 and 250 cm"),
        (("U", 160.0, 180.0), "sex not M or F"),
    ],
)
def test_why_there_is_none(formula: str, row: tuple[str, float, float], reason: str) -> None:
    got = found(child(*row), formula)
    assert got["reason"] == reason
    assert np.isnan([got["AVAL"], got["sds"], got["low"], got["high"]]).all()


def test_mistakes_are_told() -> None:
    with pytest.raises(UserError, match="must be one of Tanner 1970"):
        found(child("M", 160, 180), "Tanner")
    with pytest.raises(UserError, match="height unit: must be one of"):
        found(child("M", 160, 180), unit="ft")
    with pytest.raises(UserError, match="column 'FATHERHT' is required"):
        found(child("M", 160, 180).drop(columns="FATHERHT"))
    twice = pd.concat([child("M", 160, 180)] * 2, ignore_index=True)
    with pytest.raises(UserError, match="must have one row"):
        found(twice)


# On the page ------------------------------------------------------------------------------------


def run_of(parents: dict[str, Any], unit: str = "cm", indication: str = "GHD") -> Settings:
    """A small trial whose children have such parents, in variables of ADSL."""
    plan, tables = good_plan(), good_tables()
    plan["indication"] = indication
    plan["units"] = {**plan.get("units", {}), **dict.fromkeys(parents, unit)} if unit else {}
    tables["adsl"] = tables["adsl"].assign(**parents)
    trial = Trial(plan=TrialPlan.model_validate(plan), folder=Path(), tables=tables)
    return resolve(ControlledParameters.checked({"trial": "small"}), trial)


def reasons(run: Settings, variable: str) -> dict[str, str]:
    wide = page.target_heights(run).select(variable=variable).wide()
    return dict(zip(wide["variable_level"], wide["reason"], strict=True))


@pytest.mark.parametrize(("unit", "per"), [("cm", 1.0), ("m", 100.0), ("in", 2.54)])
def test_every_arm_has_the_mean_of_its_children(unit: str, per: float) -> None:
    run = run_of({"MOTHERHT": 157 / per, "FATHERHT": 186 / per}, unit)
    found = page.target_heights(run).select(variable="Target height, Tanner 1970")
    for arm in run.arms:
        boys = (run.subjects().query("arm == @arm")["SEX"] == "M").mean()
        at = {"group1_level": arm, "variable_level": page.HEIGHT_CM, "stat_name": "mean"}
        assert found.select(**at).frame["stat"].iloc[0] == pytest.approx(165 + 13 * boys)


def test_the_distance_is_height_sds_minus_target_sds() -> None:
    run = run_of({"MOTHERHT": 163.0, "FATHERHT": 176.0})
    found = page.target_heights(run).select(variable="Target height, Tanner 1970")
    height = page.height_scores(run, page.BEFORE).set_index("USUBJID")["AVAL"]
    for arm in run.arms:
        own = run.subjects().query("arm == @arm")["USUBJID"]
        mean = {level: found.select(group1_level=arm, variable_level=level, stat_name="mean")
                .frame["stat"].iloc[0] for level in (page.SCORE, page.DISTANCE)}  # fmt: skip
        expected = height[height.index.isin(own)].mean() - mean[page.SCORE]
        assert mean[page.DISTANCE] == pytest.approx(expected)


def test_a_missing_parent_is_counted_and_a_missing_unit_refused() -> None:
    mothers = pd.Series(160.0, good_tables()["adsl"].index)
    mothers.iloc[0] = np.nan
    run = run_of({"MOTHERHT": mothers, "FATHERHT": 180.0})
    said = views_of(page.target_heights, run)[0].text()
    assert "none: height of the mother missing (1)" in " ".join(said.split())
    bare = run_of({"MOTHERHT": 160.0, "FATHERHT": 180.0}, unit="")
    assert "nothing says in which unit ADSL.MOTHERHT is" in reasons(bare, "Target height")[""]
    assert "height of the mother" in reasons(run_of({}), "Target height")[""]


@pytest.mark.parametrize(
    ("indication", "level", "words"),
    [
        ("Growth-hormone deficiency", "KIGS 1999 GHD", "gives no coefficient"),
        ("Turner syndrome", "KIGS 1993 Turner", "no role of the plan gives injections a week"),
        ("Turner syndrome", "KIGS 2000 Turner", "gives no coefficient"),
        ("SHOX deficiency", "", "no model of growth in SHOX deficiency is listed"),
        ("", "", "no model of growth in an indication that the plan does not name"),
    ],
)
def test_an_index_that_is_not_computed_says_why(indication: str, level: str, words: str) -> None:
    assert words in reasons(run_of({}, indication=indication), page.INDEX)[level]
