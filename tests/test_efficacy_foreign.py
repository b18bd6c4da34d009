"""The efficacy notebooks on data that others made: absent, blank, doubled, renamed."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from opened import Opened

from analysis.display.figures import Figure
from analysis.display.page import views_of
from analysis.efficacy import (
    answer,
    bone_age,
    conduct,
    growth_response,
    growth_scores,
    over_time,
    participants,
    primary_tables,
    response_definitions,
    robustness,
    single_arm,
    single_arm_changes,
    single_arm_growth,
    single_arm_settings,
    subgroup_analysis,
    target_heights,
    tipping,
    velocity_itself,
)
from analysis.efficacy.analysis_data import planned_visits
from analysis.efficacy.imputed import imputed
from analysis.efficacy.primary import fitted
from analysis.efficacy.settings import ControlledParameters, Settings, resolve
from analysis.efficacy.values import kinds_of
from analysis.errors import UserError
from analysis.results import Results, reason_of

LIGHT = [
    bone_age.bone_age, response_definitions.definitions,
    participants.disposition, participants.baseline, conduct.deviations, conduct.exclusions,
    primary_tables.observed, growth_response.curves, growth_response.responders,
    growth_response.distribution, growth_scores.growth_scores, target_heights.target_heights,
]  # fmt: skip
"""Sections that touch every table and fit little."""
CONTROLLED = [
    *LIGHT, answer.answer, answer.contrasts, participants.analysis_sets, primary_tables.means,
    primary_tables.diagnostics, velocity_itself.velocity_itself, over_time.by_visit,
    over_time.mmrm_by_visit, over_time.secondary, subgroup_analysis.in_subgroups,
    robustness.robustness, tipping.tipping,
]  # fmt: skip
SINGLE = [
    bone_age.bone_age, response_definitions.definitions,
    single_arm.change, participants.disposition, participants.baseline, conduct.deviations,
    conduct.exclusions, single_arm.observed, velocity_itself.own_velocity,
    single_arm_changes.robustness, single_arm_growth.responders, single_arm_growth.height_sds,
    growth_response.curves, growth_scores.growth_scores, target_heights.target_heights,
    over_time.by_visit, single_arm_changes.secondary,
]  # fmt: skip
TITLES = {
    participants.disposition: "Flow of participants",
    participants.baseline: "Baseline characteristics",
}
"""Sections that every trial has, whatever it lacks."""
CHOSEN = {
    "adsl": [
        "BRTHDT TRTSDT PPEXCL EOSSTT", "SEX DCSREAS AGEU HEIGHTBL", "AGE COMPLFL WEIGHTBL TRTEDT",
        "REGION1 SCRNFL HVBL", "PEAKGH BONEAGBL",
    ],
    "adgr": ["ADT BASE AVISITN", "CHG PARAM ADY", "ABLFL TRTP TRTA", "ANL01FL DTYPE"],
    "addv": ["DVTERM", "DVCAT TRT01P"],
}  # fmt: skip
"""Table -> variables that sections use and a folder of others may lack.

Those of one line are used by different sections, or for different rows: where they are absent
together, each is missed as if it were absent alone.
"""


def few(run: Settings, arm: int = 20) -> Settings:
    """Return a run on some participants of each arm, which is enough to find what breaks."""
    tables = run.trial.tables
    mixed = tables["adsl"].sample(frac=1, random_state=1)
    kept = mixed.groupby("TRT01P").head(arm)["USUBJID"]
    own = {name: table[table["USUBJID"].isin(kept)] for name, table in tables.items()}
    return altered(run, **{name: table.reset_index(drop=True) for name, table in own.items()})


def altered(run: Settings, *, plan: dict[str, Any] | None = None, **tables: Any) -> Settings:
    trial = run.trial
    trial = replace(trial, plan=trial.plan.model_copy(update=plan or {}))
    return replace(run, trial=replace(trial, tables={**trial.tables, **tables}))


@pytest.fixture(scope="module")
def whole() -> Settings:
    return resolve(ControlledParameters(trial="ghd", imputations=2))


@pytest.fixture(scope="module")
def ghd(whole: Settings) -> Settings:
    return few(whole)


@pytest.fixture(scope="module")
def single() -> Settings:
    return single_arm_settings.resolve(single_arm_settings.SingleArmParameters(trial="turner-1"))


@pytest.fixture(scope="module")
def pilot() -> Settings:
    return resolve(ControlledParameters(trial="cdisc-pilot", imputations=2))


def shown(run: Settings, sections: Sequence[Any]) -> str:
    """Return all that sections show as text; on the way, no number is on too many people."""
    said = []
    for section in sections:
        for view in views_of(section, run):
            said.append(view.text())
            assert_within_population(view.results)
    return "\n".join(said)


def assert_within_population(results: Results) -> None:
    """Assert that no number of participants is above the size of its population, or its arm."""
    rows = results.frame[results.frame["stat_name"].isin(["n", "N", "N_obs", "N_miss"])]
    sizes = pd.to_numeric(rows["n_population"], errors="coerce")
    over = rows[pd.to_numeric(rows["stat"]) > sizes]
    assert over.empty, over.iloc[0].to_dict()


def reason(section: Any, run: Settings) -> str:
    """Return why a section has no results; "" where it has some."""
    return reason_of(section.rows(run))


# Variables that are not there ----


def blank(values: pd.Series) -> pd.Series:
    """Return a variable that is there and says nothing, of the same type."""
    if pd.api.types.is_datetime64_any_dtype(values):
        return values.where(values.isna())
    return values * np.nan if pd.api.types.is_numeric_dtype(values) else values.map(lambda _: "")


@pytest.fixture(scope="module")
def opened(ghd: Settings) -> dict[Any, Opened]:
    """The tables that each section opens: a variable of another changes nothing that it shows."""
    found = {section: Opened(ghd.trial.tables) for section in LIGHT}
    for section, tables in found.items():
        shown(replace(ghd, trial=replace(ghd.trial, tables=tables)), [section])
    return found


@pytest.mark.parametrize("table", CHOSEN)
@pytest.mark.parametrize("how", ["dropped", "blank"])
def test_a_variable_that_is_absent_costs_its_section_only(
    ghd: Settings, opened: dict[Any, Opened], table: str, how: str
) -> None:
    frame = ghd.trial.tables[table]
    opening = [section for section in LIGHT if table in opened[section].names]
    for line in CHOSEN[table]:
        names = [name for name in line.split() if name in frame]
        other = frame.assign(**{name: blank(frame[name]) for name in names})
        run = altered(ghd, **{table: other if how == "blank" else frame.drop(columns=names)})
        text = shown(run, opening)
        for section, title in TITLES.items():
            assert title in text or section not in opening, names


@pytest.mark.parametrize("how", ["dropped", "blank"])
def test_all_that_is_no_use_to_the_plan_may_be_absent_together(
    ghd: Settings, single: Settings, how: str
) -> None:
    needed = {"USUBJID", "PARAMCD", "AVISIT", "AVAL", "BASE", "CHG", "TRT01P", "TRT01A", "SEX",
              "AGE", "REGION1", "ABLFL", "ANL01FL", "DVTERM"}  # fmt: skip
    for run, sections in ((ghd, CONTROLLED), (single, SINGLE)):
        needed |= set(run.trial.plan.populations.values())
        tables = {}
        for name, table in run.trial.tables.items():
            useless = [column for column in table if column not in needed]
            tables[name] = (
                table.drop(columns=useless)
                if how == "dropped"
                else table.assign(**{column: blank(table[column]) for column in useless})
            )
        text = shown(altered(run, **tables), sections)
        assert "Flow of participants" in text


def test_without_birth_dates_growth_curves_say_so_and_nothing_else_does(ghd: Settings) -> None:
    adsl = ghd.trial.tables["adsl"]
    for other in (adsl.drop(columns="BRTHDT"), adsl.assign(BRTHDT=blank(adsl["BRTHDT"]))):
        run = altered(ghd, adsl=other)
        assert "BRTHDT" in reason(growth_response.curves, run)
        for section in (answer.answer, growth_response.responders, participants.baseline):
            assert reason(section, run) == ""


def test_text_in_place_of_numbers_is_local(ghd: Settings) -> None:
    adsl = ghd.trial.tables["adsl"]
    # As in CHOSEN: those of one line do not hide each other.
    for line in ("AGE HEIGHTBL TRTSDT", "PEAKGH EOSSTT"):
        typed = pd.Series([f"value {n % 3}" for n in range(len(adsl))], index=adsl.index)
        other = adsl.assign(**dict.fromkeys(line.split(), typed))
        assert "Flow of participants" in shown(altered(ghd, adsl=other), LIGHT)
    for line in ("SEX DCSREAS", "REGION1 EOSSTT PPEXCL"):
        coded = pd.Series(np.arange(len(adsl)) % 2 + 1.0, index=adsl.index)
        shown(altered(ghd, adsl=adsl.assign(**dict.fromkeys(line.split(), coded))), LIGHT)


def test_a_change_that_is_not_stored_is_value_minus_baseline(ghd: Settings) -> None:
    adgr = ghd.trial.tables["adgr"]
    change = {"endpoint": ghd.endpoint.model_copy(update={"value": "CHG"})}
    ghd = replace(ghd, **change)
    derived = replace(altered(ghd, adgr=adgr.drop(columns="CHG")), **change)
    one, other = answer.answer(ghd), answer.answer(derived)
    for name in ("estimate", "std.error", "conf.low"):
        before, after = (found.wide("stat").iloc[0][name] for found in (one, other))
        assert after == pytest.approx(before, rel=1e-6)
    said = "adgr has no CHG; the change is derived as AVAL − BASE"
    assert said in views_of(answer.answer, derived)[0].text()
    assert "derived" not in views_of(answer.answer, ghd)[0].text()
    neither = replace(altered(ghd, adgr=adgr.drop(columns=["CHG", "BASE"]), plan={}), **change)
    assert "adgr has no CHG, and no BASE to derive it from" in reason(answer.answer, neither)


def test_copies_of_adsl_in_the_table_of_the_endpoint_change_nothing(ghd: Settings) -> None:
    adgr, adsl = ghd.trial.tables["adgr"], ghd.trial.tables["adsl"]
    copied = adgr.merge(adsl[["USUBJID", "AGE", "SEX", "REGION1", "BRTHDT"]], on="USUBJID")
    copied = copied.assign(ARM="x", ACTARM="x", RESPONSE=-1.0, SUBGROUP="x", TRTP="x", TRT01P="x")
    both = [
        {section: section.rows(run).frame for section in [answer.answer, *LIGHT]}
        for run in (ghd, altered(ghd, adgr=copied))
    ]
    for section, frame in both[0].items():
        other = both[1][section]
        assert list(frame["stat_fmt"]) == list(other["stat_fmt"]), section.__name__


# Visits ----


@pytest.mark.parametrize("trial", ["ghd", "pilot"])
def test_without_visits_in_the_plan_the_data_have_them(
    trial: str, request: pytest.FixtureRequest
) -> None:
    run: Settings = request.getfixturevalue("whole" if trial == "ghd" else trial)
    if trial == "ghd":
        run = few(run, 40)
    days = [visit.model_copy(update={"window": None}) for visit in run.trial.plan.visits]
    listed, seen = altered(run, plan={"visits": tuple(days)}), altered(run, plan={"visits": ()})
    expected = planned_visits(listed)
    assert [visit for visit in planned_visits(seen) if visit in expected] == expected
    if planned_visits(seen) != expected:
        pytest.fail(f"other visits: {planned_visits(seen)}")
    for section in (over_time.by_visit, over_time.mmrm_by_visit):
        one, other = (section(each).frame for each in (listed, seen))
        pd.testing.assert_series_equal(one["stat"].astype(float), other["stat"].astype(float))
    one, other = (imputed(each, "").differences[run.treatment] for each in (listed, seen))
    assert one.estimate == pytest.approx(other.estimate, rel=1e-12)
    assert "no participant" not in robustness.robustness(seen).frame["stat_fmt"].str.cat()


def test_an_endpoint_at_a_visit_that_is_not_listed_is_refused_in_words(ghd: Settings) -> None:
    short = tuple(visit for visit in ghd.trial.plan.visits if visit.name != "Month 12")
    run = altered(ghd, plan={"visits": short})
    for section in (over_time.by_visit, over_time.mmrm_by_visit):
        assert "add Month 12, the visit of HV, with its day" in reason(section, run)
    # What needs the one visit only goes on.
    assert reason(primary_tables.means, run) == ""
    rows = robustness.robustness(run).frame
    said = rows.loc[rows["group1_level"] == "MMRM", "stat_fmt"].str.cat(sep=" ")
    assert "add Month 12" in said


def without_visit(run: Settings, arm: str, visit: str) -> Settings:
    """Return a run in which an arm has no record of the endpoint at a visit."""
    name = run.endpoint.dataset.lower()
    table = run.trial.tables[name]
    gone = (table["TRTP"] == arm) & (table["AVISIT"] == visit)
    assert gone.any()
    return altered(run, **{name: table[~gone].reset_index(drop=True)})


def test_an_arm_that_misses_a_visit_keeps_its_other_visits(pilot: Settings) -> None:
    run = without_visit(pilot, pilot.treatment, "Week 16")
    found = over_time.mmrm_by_visit(run).select(group1_level=run.contrast)
    rows = found.wide("stat").set_index("group2_level")
    assert rows["estimate"].notna().tolist() == [True, False, True]
    every = over_time.mmrm_by_visit(run).wide("stat")["estimate"]
    assert every.notna().tolist() == [True, False, True, True, True, True]
    why = f"no participant of arm '{run.treatment}' has the endpoint"
    said = found.wide().set_index("group2_level")["reason"]
    assert said.fillna("").tolist() == ["", why, ""]
    assert "no participant" in shown(run, [over_time.mmrm_by_visit])
    # an arm that is not compared, at the endpoint's own visit
    [other] = set(pilot.arms) - {pilot.treatment, pilot.reference}
    run = replace(without_visit(pilot, other, "Week 24"), model="MMRM")
    means = fitted(run).means
    assert other not in means
    assert np.isfinite(means[run.treatment].estimate)


# Records and participants ----


def test_three_positions_a_visit_are_refused_and_one_is_chosen(ghd: Settings) -> None:
    adgr = ghd.trial.tables["adgr"]
    positions = ["LYING", "SITTING", "STANDING"]
    tripled = pd.concat(
        [adgr.assign(ATPT=name, AVAL=adgr["AVAL"] + n, CHG=adgr["CHG"] + n * n)
         for n, name in enumerate(positions)],
        ignore_index=True,
    )  # fmt: skip
    run = altered(ghd, adgr=tripled)
    assert 'where: {ATPT: "LYING"}' in reason(answer.answer, run)
    shown(run, CONTROLLED)
    chosen = replace(
        run, endpoint=run.endpoint.model_copy(update={"where": {"ATPT": ("SITTING",)}})
    )
    adsl = run.trial.tables["adsl"]
    members = adsl.loc[adsl["FASFL"] == "Y", ["USUBJID", "TRT01P"]]
    own = tripled[
        (tripled["PARAMCD"] == "HV") & (tripled["AVISIT"] == "Month 12")
        & (tripled["ATPT"] == "SITTING") & (tripled["ANL01FL"] == "Y")
    ].merge(members, on="USUBJID")  # fmt: skip
    found = primary_tables.observed(chosen)
    for arm, values in own.groupby("TRT01P")["CHG"]:
        row = found.select(group1_level=str(arm), variable_level="Change").wide("stat").iloc[0]
        assert row["n"] == values.notna().sum()
        assert row["mean"] == pytest.approx(values.mean(), rel=1e-9)
    shown(chosen, [answer.answer, over_time.by_visit, primary_tables.observed])


def test_no_table_counts_more_than_the_population(
    ghd: Settings, single: Settings, pilot: Settings
) -> None:
    shown(ghd, CONTROLLED)
    shown(single, SINGLE)
    shown(few(pilot, 30), [section for section in CONTROLLED if section is not tipping.tipping])


# Values ----


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (lambda n: n % 2, "two values, 0 and 1,"),
        (lambda n: n % 5 + 1, "only 5 different values, 1 to 5,"),
        (lambda n: 2 * (n % 2) + 1, "two values, 1 and 3,"),
    ],
)
def test_codes_analysed_as_a_measurement_are_said(
    ghd: Settings, values: Callable[[int], int], words: str
) -> None:
    adgr = ghd.trial.tables["adgr"].copy()
    hit = (adgr["PARAMCD"] == "HV") & (adgr["AVISIT"] == "Month 12")
    adgr.loc[hit, "AVAL"] = [float(values(n)) for n in range(int(hit.sum()))]
    endpoint = ghd.endpoint.model_copy(update={"value": "AVAL"})
    run = replace(altered(ghd, adgr=adgr), endpoint=endpoint)
    text = views_of(answer.answer, run)[0].text()
    assert words in text
    assert "analysed as a continuous measurement" in text
    assert "continuous" not in views_of(answer.answer, ghd)[0].text()


def test_a_single_arm_says_it_too(single: Settings) -> None:
    adgr = single.trial.tables["adgr"]
    said = views_of(single_arm.change, single)[0].text()
    assert "derived" not in said
    assert "continuous" not in said
    bare = altered(single, adgr=adgr.drop(columns="CHG"))
    assert "derived as AVAL − BASE" in views_of(single_arm.change, bare)[0].text()
    scored = altered(single, adgr=adgr.assign(AVAL=adgr["AVAL"].round() % 3))
    assert "only 3 different values, 0 to 2," in views_of(single_arm.change, scored)[0].text()


def test_measurements_are_no_codes() -> None:
    rng = np.random.default_rng(1)
    assert kinds_of(pd.Series(rng.normal(size=50))) == ""
    assert kinds_of(pd.Series(np.arange(50.0))) == ""
    assert kinds_of(pd.Series([np.nan] * 9)) == ""


# Arms and subgroups ----


def test_a_subgroup_without_an_arm_costs_itself_only(whole: Settings) -> None:
    adsl = whole.trial.tables["adsl"].copy()
    adsl["CLINIC"] = np.where(np.arange(len(adsl)) % 2, "one", "two")
    only = adsl.index[(adsl["TRT01P"] == "Valtropin") & (adsl["FASFL"] == "Y")][:4]
    adsl.loc[only, "CLINIC"] = "three"
    run = replace(altered(whole, adsl=adsl), subgroups=("CLINIC",))
    found = subgroup_analysis.in_subgroups(run).wide().set_index("group2_level")
    assert found.loc["three", "reason"] == "nobody of Humatrope is in this subgroup"
    assert found.loc["three", "n"] == "4"
    assert found.loc[["one", "two"], "estimate"].notna().all()
    # The others are as if those four were not in the population.
    without = adsl.copy()
    without.loc[only, "FASFL"] = "N"
    other = replace(altered(whole, adsl=without), subgroups=("CLINIC",))
    same = subgroup_analysis.in_subgroups(other).wide().set_index("group2_level")
    for level in ("one", "two"):
        assert found.loc[level, "estimate"] == same.loc[level, "estimate"]


def test_one_subgroup_that_compares_has_no_interaction(ghd: Settings) -> None:
    adsl = ghd.trial.tables["adsl"].copy()
    adsl["CLINIC"] = np.where(adsl["TRT01P"] == "Valtropin", "own", "shared")
    adsl.loc[adsl.index[adsl["TRT01P"] == "Valtropin"][:6], "CLINIC"] = "shared"
    run = replace(altered(ghd, adsl=adsl), subgroups=("CLINIC", "SEX"))
    found = subgroup_analysis.in_subgroups(run).wide().set_index("group2_level")
    assert "no interaction to estimate" in found.loc["shared", "reason"]
    assert found.loc[["Female", "Male"], "estimate"].notna().all()


@pytest.mark.parametrize(
    ("treatment", "reference"),
    [("Drug A/B 'new', \"5 mg\" - $x_1$", "- Placebo & <b>"), ("1", "2"), ("V" * 85, "W" * 85)],
)  # fmt: skip
def test_names_of_arms_are_names(ghd: Settings, treatment: str, reference: str) -> None:
    names = {"Valtropin": treatment, "Humatrope": reference}
    arms = ghd.trial.plan.arms.model_copy(update={"treatment": treatment, "reference": reference})
    adsl = ghd.trial.tables["adsl"]
    renamed = adsl.assign(TRT01P=adsl["TRT01P"].replace(names))
    run = replace(
        altered(ghd, plan={"arms": arms}, adsl=renamed), treatment=treatment, reference=reference
    )
    quick = [answer.answer, *LIGHT, primary_tables.diagnostics, over_time.by_visit,
             subgroup_analysis.in_subgroups, over_time.mmrm_by_visit]  # fmt: skip
    shown(run, quick)
    for section in quick:
        before, after = section.rows(ghd).frame, section.rows(run).frame
        numbers = [frame["stat"].dropna().astype(float).to_numpy() for frame in (before, after)]
        np.testing.assert_allclose(*numbers, rtol=1e-9, err_msg=section.__name__)
    for view in (*views_of(over_time.by_visit, run), *views_of(participants.disposition, run)):
        assert "undrawn" not in view.html()


def test_a_third_arm_and_an_empty_one_keep_their_place(ghd: Settings) -> None:
    arms = ghd.trial.plan.arms.model_copy(update={"others": ("Low dose", "Nobody")})
    adsl = ghd.trial.tables["adsl"].copy()
    adsl.loc[adsl.index[adsl["TRT01P"] == "Valtropin"][:5], "TRT01P"] = "Low dose"
    run = altered(ghd, plan={"arms": arms}, adsl=adsl)
    text = shown(run, CONTROLLED)
    assert "Low dose (N 5)" in text
    assert "Nobody (N 0)" in text
    assert "Nobody: randomised 0" in text


@pytest.mark.parametrize("size", [0, 1])
def test_an_arm_of_nobody_or_of_one(ghd: Settings, size: int) -> None:
    adsl = ghd.trial.tables["adsl"]
    kept = adsl[(adsl["TRT01P"] != "Humatrope")]
    own = adsl[adsl["TRT01P"] == "Humatrope"].head(size)
    run = altered(ghd, adsl=pd.concat([kept, own]))
    text = shown(run, CONTROLLED)
    assert f"Humatrope (N {size})" in text
    for section in (answer.answer, robustness.robustness, subgroup_analysis.in_subgroups):
        for view in views_of(section, run):
            assert "undrawn" not in view.html()
            assert not isinstance(view, Figure) or view.results.frame["stat"].notna().any()


def test_a_stratum_in_one_arm_only_is_fitted_or_refused_in_words(ghd: Settings) -> None:
    adsl = ghd.trial.tables["adsl"]
    confounded = adsl.assign(REGION1=np.where(adsl["TRT01P"] == "Valtropin", "A", "B"))
    text = shown(altered(ghd, adsl=confounded), [answer.answer, over_time.secondary])
    # A message names the variable, which is what its reader has to change.
    assert "term 'REGION1' is aliased" in text
    partly = adsl["REGION1"].where(adsl.index > 3, "elsewhere")
    shown(altered(ghd, adsl=adsl.assign(REGION1=partly)), [answer.answer, over_time.secondary])


@pytest.mark.parametrize(("name", "title"), [("SEX", "Sex"), ("COUNTRY", "Country")])
def test_a_subgroup_that_is_not_recorded_costs_the_subgroups_only(
    ghd: Settings, name: str, title: str
) -> None:
    adsl = ghd.trial.tables["adsl"].drop(columns=[name], errors="ignore")
    strata = tuple(each for each in ghd.strata if each != name)
    run = replace(altered(ghd, adsl=adsl), subgroups=(name,), strata=strata)
    assert reason(primary_tables.means, run) == ""
    row = subgroup_analysis.in_subgroups(run).wide().set_index("group1_level").loc[title]
    assert row["reason"].startswith(f"'{name}' is a variable of neither adgr nor adsl")
    # Who asks for it by name has misspelt it, or has another trial in mind.
    with pytest.raises(UserError, match="variable of neither"):
        resolve(ControlledParameters(trial="ghd", subgroups=["SEXX"]))
