"""Trials with more than two arms: every planned comparison, the model with all arms."""

from dataclasses import replace

import pandas as pd
import pytest
from statsmodels.formula.api import ols
from statsmodels.stats.anova import anova_lm

from analysis.efficacy.comparisons import comparisons
from analysis.efficacy.settings import ControlledParameters, Settings, analysis_data, resolve
from analysis.efficacy.subgroup_analysis import in_subgroups, subgroups_figures, subgroups_table
from analysis.results import Results

HIGH = "Xanomeline High Dose − Placebo"
LOW = "Xanomeline Low Dose − Placebo"


@pytest.fixture(scope="module")
def pilot() -> Settings:
    given = {"trial": "cdisc-pilot", "imputations": 4, "subgroups": ["SEX", "AGEGR1", "RACE"]}
    return resolve(ControlledParameters.checked(given))


def permuted(run: Settings) -> Settings:
    """Return the run with its arms listed in another order, and its records, too."""
    trial = run.trial
    arms = trial.plan.arms.model_copy(
        update={"treatment": trial.plan.arms.others[0], "others": (trial.plan.arms.treatment,)}
    )
    tables = {name: table[::-1].reset_index(drop=True) for name, table in trial.tables.items()}
    plan = trial.plan.model_copy(update={"arms": arms})
    return replace(run, trial=replace(trial, plan=plan, tables=tables), treatment=arms.treatment)


def numbers(results: Results, *names: str) -> pd.DataFrame:
    """Return numbers of the rows, in an order that does not hang on that of the arms."""
    keys = ["group1_level", "group2_level", "variable", "variable_level"]
    found = results.wide("stat").set_index(keys)[list(names)].astype(float)
    return found.sort_index().dropna(how="all")


# Subgroups ----


def test_the_comparisons_are_those_of_the_plan(pilot: Settings) -> None:
    assert [each.contrast for each in comparisons(pilot)] == [HIGH, LOW]
    assert comparisons(pilot)[0] is pilot
    other = resolve(ControlledParameters(trial="cdisc-pilot", treatment="Xanomeline Low Dose"))
    assert [each.contrast for each in comparisons(other)] == [LOW, HIGH]


@pytest.mark.parametrize("name", ["SEX", "AGEGR1"])
def test_subgroups_are_those_of_the_model_with_all_arms(pilot: Settings, name: str) -> None:
    """By statsmodels: each level as the reference in turn, and the type III test."""
    data = analysis_data(pilot)
    found = in_subgroups(pilot).select(group1_level=name).wide("stat")
    arm = "C(arm, Treatment('Placebo'))"
    for level, rows in found.groupby("group2_level"):
        terms = f"{arm} * C({name}, Treatment('{level}')) + C(SITEGR1) + BASE"
        model = ols(f"response ~ {terms}", data).fit()
        for contrast, treated in ((HIGH, "Xanomeline High Dose"), (LOW, "Xanomeline Low Dose")):
            row = rows[rows["variable_level"] == contrast].iloc[0]
            coefficient = f"{arm}[T.{treated}]"
            assert row["estimate"] == pytest.approx(model.params[coefficient], rel=1e-8)
            assert row["conf.low"] == pytest.approx(model.conf_int().loc[coefficient, 0], rel=1e-8)
    without = ols(f"response ~ C(arm) + C({name}) + C(SITEGR1) + BASE", data).fit()
    assert found["p.value"].dropna().tolist() == pytest.approx(
        [anova_lm(without, model)["Pr(>F)"].iloc[1]] * 2, rel=1e-8
    )


def test_the_pilots_women_and_men(pilot: Settings) -> None:
    rows = in_subgroups(pilot).select(group1_level="SEX", variable_level=HIGH).wide("stat")
    assert rows["estimate"].round(2).tolist() == [-1.86, 0.05]
    assert rows["p.value"].round(3).tolist()[0] == 0.404


def test_levels_stand_in_the_order_of_their_codes_or_of_the_plan(pilot: Settings) -> None:
    def levels(run: Settings) -> list[str]:
        found = in_subgroups(run).select(group1_level="AGEGR1", variable_level=HIGH)
        return list(dict.fromkeys(found.frame["group2_level"]))

    assert levels(pilot) == ["<65", "65-80", ">80"]
    plan = pilot.trial.plan.model_copy(update={"levels": {"AGEGR1": (">80", "65-80", "<65")}})
    assert levels(replace(pilot, trial=replace(pilot.trial, plan=plan))) == [">80", "65-80", "<65"]
    numeric = in_subgroups(replace(pilot, subgroups=("AGE",))).select(group1_level="AGE")
    assert [level[0] for level in dict.fromkeys(numeric.frame["group2_level"])] == ["≤", ">"]


def test_an_arm_that_a_subgroup_lacks_costs_its_own_difference_only(pilot: Settings) -> None:
    adsl = pilot.trial.tables["adsl"]
    side = pd.Series("two", adsl.index).mask(adsl["AGE"] > 76, "one")
    gone = (side == "two") & (adsl["TRT01P"] == "Xanomeline Low Dose")
    adsl = adsl.assign(SIDE=side.mask(gone, "three").mask(adsl["AGE"] > 84, "three"))
    trial = replace(pilot.trial, tables={**pilot.trial.tables, "adsl": adsl})
    run = replace(pilot, trial=trial, subgroups=("SIDE",))
    rows = in_subgroups(run).select(group1_level="SIDE").wide().set_index(
        ["variable_level", "group2_level"]
    )  # fmt: skip
    assert rows.loc[(HIGH, "two"), "estimate"]
    assert rows.loc[(LOW, "two"), "reason"] == "nobody of Xanomeline Low Dose is in this subgroup"
    # The hypothesis of what there is: High in three subgroups, Low in two.
    data = analysis_data(run)
    data = data.assign(cell=data["arm"] + data["SIDE"])  # A mean for each cell that there is.
    full = ols("response ~ C(cell) + C(SITEGR1) + BASE", data).fit()
    less = ols("response ~ C(arm) + C(SIDE) + C(SITEGR1) + BASE", data).fit()
    stat = in_subgroups(run).wide("stat")["p.value"].dropna().tolist()
    assert stat == pytest.approx([anova_lm(less, full)["Pr(>F)"].iloc[1]] * 2, rel=1e-8)


def test_the_order_of_arms_changes_no_subgroup(pilot: Settings) -> None:
    names = ("n", "estimate", "conf.low", "conf.high")
    one, other = (numbers(in_subgroups(run), *names) for run in (pilot, permuted(pilot)))
    pd.testing.assert_frame_equal(one, other, rtol=1e-9)


def test_each_comparison_has_its_figure_and_its_rows(pilot: Settings) -> None:
    found = in_subgroups(pilot)
    titles = [figure.title for figure in subgroups_figures(found, pilot)]
    assert titles == [f"Difference in subgroups: {each}" for each in (HIGH, LOW)]
    text = subgroups_table(found, pilot).text()
    assert f"[{HIGH}]" in text
    assert "all arms together" in text
