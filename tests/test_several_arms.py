"""Trials with more than two arms: every planned comparison, the model with all arms."""

from dataclasses import replace

import pandas as pd
import pytest
from statsmodels.formula.api import ols
from statsmodels.stats.anova import anova_lm

from analysis.efficacy import answer, over_time, primary_tables
from analysis.efficacy.analysis_data import analysis_data
from analysis.efficacy.comparisons import comparisons
from analysis.efficacy.over_time import mmrm_by_visit, mmrm_means, secondary
from analysis.efficacy.robustness import robustness, robustness_table
from analysis.efficacy.settings import ControlledParameters, Settings, resolve
from analysis.efficacy.subgroup_analysis import in_subgroups, subgroups_figures, subgroups_table
from analysis.efficacy.tipping import tipping, tipping_reading
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


@pytest.mark.parametrize(("name", "title"), [("SEX", "Sex"), ("AGEGR1", "Age group")])
def test_subgroups_are_those_of_the_model_with_all_arms(
    pilot: Settings, name: str, title: str
) -> None:
    """By statsmodels: each level as the reference in turn, and the type III test."""
    data = analysis_data(pilot)
    found = in_subgroups(pilot).select(group1_level=title).wide("stat")
    arm = "C(arm, Treatment('Placebo'))"
    for level, rows in found.groupby("group2_level"):
        code = {"Female": "F", "Male": "M"}.get(level, level)
        terms = f"{arm} * C({name}, Treatment('{code}')) + C(SITEGR1) + BASE"
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
    rows = in_subgroups(pilot).select(group1_level="Sex", variable_level=HIGH).wide("stat")
    assert rows["estimate"].round(2).tolist() == [-1.86, 0.05]
    assert rows["p.value"].round(3).tolist()[0] == 0.404


def test_levels_stand_in_the_order_of_their_codes_or_of_the_plan(pilot: Settings) -> None:
    def levels(run: Settings) -> list[str]:
        found = in_subgroups(run).select(group1_level="Age group", variable_level=HIGH)
        return list(dict.fromkeys(found.frame["group2_level"]))

    assert levels(pilot) == ["<65", "65-80", ">80"]
    plan = pilot.trial.plan.model_copy(update={"levels": {"AGEGR1": (">80", "65-80", "<65")}})
    assert levels(replace(pilot, trial=replace(pilot.trial, plan=plan))) == [">80", "65-80", "<65"]
    numeric = in_subgroups(replace(pilot, subgroups=("AGE",))).select(group1_level="Age")
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


# Over time, other endpoints, robustness, tipping ----


def test_every_comparison_has_its_visits_from_one_model(pilot: Settings) -> None:
    """The difference is that of the means at the visit, whichever arm it is of."""
    means = mmrm_means(pilot).wide("stat").set_index(["group1_level", "group2_level"])
    rows = mmrm_by_visit(pilot).wide("stat").set_index(["group1_level", "group2_level"])
    assert len(means) == 9
    for arm, contrast in (("Xanomeline High Dose", HIGH), ("Xanomeline Low Dose", LOW)):
        for visit in ("Week 8", "Week 16", "Week 24"):
            difference = means.loc[(arm, visit), "estimate"] - means.loc[("Placebo", visit),
                                                                         "estimate"]  # fmt: skip
            assert rows.loc[(contrast, visit), "estimate"] == pytest.approx(difference, rel=1e-9)
    data = analysis_data(pilot, visits=True).dropna(subset=["response", "BASE"])
    sizes = data.groupby(["arm", "AVISIT"]).size()
    assert means["n"].astype(int).to_dict() == sizes.to_dict()
    text = "\n".join(view(mmrm_by_visit(pilot), pilot).text() for view in mmrm_by_visit.views)
    assert "baseline × visit" in text
    assert f"n {data['USUBJID'].nunique()}" in text
    assert f"[{LOW}]" in text


def test_every_comparison_has_its_secondary_endpoints(pilot: Settings) -> None:
    rows = secondary(pilot).wide("stat").set_index(["group1_level", "variable"])
    data = pilot.trial.endpoint(pilot.trial.plan.endpoints.secondary[1], population="efficacy")
    data = data.assign(response=data["CHG"], arm=data["arm"].astype(str))
    model = ols("response ~ C(arm, Treatment('Placebo')) + C(SITEGR1) + BASE", data).fit()
    name = pilot.trial.plan.endpoints.secondary[1].name
    for contrast, arm in ((HIGH, "Xanomeline High Dose"), (LOW, "Xanomeline Low Dose")):
        expected = model.params[f"C(arm, Treatment('Placebo'))[T.{arm}]"]
        assert rows.loc[(contrast, name), "estimate"] == pytest.approx(expected, rel=1e-8)


def test_every_comparison_has_its_robustness_and_tipping_point(pilot: Settings) -> None:
    """Those of an arm are what the run with that arm as treatment has."""
    low = resolve(
        ControlledParameters(trial="cdisc-pilot", imputations=4, treatment="Xanomeline Low Dose")
    )
    names = ("estimate", "std.error", "conf.low", "conf.high")
    for section, level in ((robustness, "group2_level"), (tipping, "group1_level")):
        shown = [[*dict.fromkeys(section(run).frame[level])] for run in (pilot, low)]
        assert shown == [[HIGH, LOW], [LOW, HIGH]]
        given = names if section is robustness else (*names[:1], *names[2:], "delta")
        one, other = (numbers(section(run), *given) for run in (pilot, low))
        pd.testing.assert_frame_equal(one, other, rtol=1e-9)
    assert f"[{LOW}]" in robustness_table(robustness(pilot), pilot).text()
    assert f"Tipping point of {LOW}: " in tipping_reading(tipping(pilot), pilot).text()


def test_the_order_of_arms_changes_no_difference(pilot: Settings) -> None:
    other = permuted(pilot)
    for section in (mmrm_by_visit, mmrm_means, secondary):
        one, same = (numbers(section(run), "estimate", "conf.low") for run in (pilot, other))
        pd.testing.assert_frame_equal(one, same, rtol=1e-6)


def test_a_further_arm_that_nobody_is_in_costs_its_own_rows_only(pilot: Settings) -> None:
    trial = pilot.trial
    arms = trial.plan.arms.model_copy(update={"others": ("Xanomeline Low Dose", "Nobody")})
    plan = trial.plan.model_copy(update={"arms": arms})
    run = replace(pilot, trial=replace(trial, plan=plan))
    for section, level in (
        (in_subgroups, "variable_level"), (mmrm_by_visit, "group1_level"),
        (secondary, "group1_level"), (robustness, "group2_level"), (tipping, "group1_level"),
    ):  # fmt: skip
        found, before = section(run), section(pilot)
        nobody = found.select(**{level: "Nobody − Placebo"})
        assert "estimate" not in set(nobody.frame["stat_name"])
        assert nobody.frame["stat_fmt"].str.contains("Nobody|nobody").any()
        rest = found.frame[found.frame[level] != "Nobody − Placebo"]
        assert rest["stat"].tolist() == pytest.approx(before.frame["stat"].tolist(), nan_ok=True)
        for view in section.views:
            view(found, run)


# What a row says it is of ----


def test_no_row_of_observed_values_says_that_they_are_carried_forward(pilot: Settings) -> None:
    what = "Adas-Cog(11) Subscore, change from baseline"
    for section in (over_time.by_visit, mmrm_by_visit, mmrm_means, robustness, tipping):
        assert set(section(pilot).frame["variable"]) == {what}
    assert primary_tables.means(pilot).frame["variable"].iloc[0].endswith("week 24 (LOCF)")


def test_a_run_that_departs_from_the_endpoint_does_not_keep_its_name() -> None:
    observed = resolve(ControlledParameters(trial="cdisc-pilot", missing_data="observed"))
    what = "Adas-Cog(11) Subscore, change from baseline"
    assert observed.endpoint.name == f"{what}, Week 24 (observed)"
    earlier = resolve(ControlledParameters(trial="cdisc-pilot", visit="Week 8"))
    assert earlier.endpoint.name == f"{what}, Week 8 (LOCF)"
    months = resolve(ControlledParameters(trial="ghd", visit="Month 6"))
    assert months.endpoint.name == "Height Velocity (cm/year), Month 6 (observed)"
    planned = resolve(ControlledParameters(trial="ghd"))
    assert planned.endpoint.name == planned.trial.plan.endpoints.primary.name


def test_the_answer_names_every_comparison_with_its_interval(pilot: Settings) -> None:
    rows = answer.answer(pilot)
    _, other = rows.wide().to_dict("records")
    said = answer.answer_reading(rows, pilot).sentences
    shown = f"{other['estimate']} ({other['conf.low']} to {other['conf.high']})"
    assert (
        "Beside it, with 95\u202f% intervals, in points: Xanomeline Low Dose − Placebo "
        f"(analysed 81 v 79) {shown}." in said
    )
