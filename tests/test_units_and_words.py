"""Words of variables, units beside limits and counts with their nouns, by hand-made cases."""

import ast
import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest

from analysis import paths
from analysis.efficacy import over_time, single_arm, single_arm_settings, subgroup_analysis
from analysis.efficacy.primary import analyse
from analysis.efficacy.settings import ControlledParameters, Settings, resolve
from analysis.safety import glycaemia, measurements
from analysis.safety.settings import SafetyParameters
from analysis.safety.settings import resolve as resolve_safety
from analysis.sources.trial.variable_words import label_of, words_of
from analysis.words import counted, numbered, plural, with_units

READERS = "contrasts display efficacy programme safety validation".split()
"""Packages whose f-strings readers see."""
ONE_BY_ONE = re.compile(r"^ (?:[a-z-]+ )?[a-z]+s\b")


def table(**labels: str) -> pd.DataFrame:
    found = pd.DataFrame({name: [1] for name in labels})
    found.attrs["labels"] = labels
    return found


def pilot(**given: object) -> Settings:
    return resolve(ControlledParameters(trial="cdisc-pilot", **given))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "labels", "label", "words"),
    [
        ("REGION1", {"REGION1": "Geographic Region 1"}, "Region", "region"),
        ("REGION1", {"REGION1": "Continent"}, "Continent", "continent"),
        ("SITEGR1", {}, "Pooled site", "pooled site"),
        ("SITEGR2", {"SITEGR2": "Pooled Site Group 2"}, "Pooled Site Group 2",
         "pooled Site Group 2"),
        ("HBA1CBL", {"HBA1CBL": "HbA1c at baseline (%)"}, "HbA1c at baseline (%)",
         "HbA1c at baseline"),
        ("STRATUM9", {}, "STRATUM9", "STRATUM9"),
    ],
)  # fmt: skip
def test_a_variable_is_called_by_its_label_or_as_is_usual(
    name: str, labels: dict[str, str], label: str, words: str
) -> None:
    assert label_of(name, [table(**labels)]) == label
    assert words_of(name, [table(**labels)]) == words


def test_a_label_of_the_endpoints_table_comes_before_that_of_adsl() -> None:
    assert words_of("SEX", [table(SEX="Sex at birth"), table(SEX="Gender")]) == "sex at birth"


def test_models_and_subgroups_have_the_words_of_the_data() -> None:
    run = pilot(subgroups=["SEX", "AGEGR1"])
    assert "ANCOVA: arm, pooled site, baseline; " in analyse(run).words
    titles = subgroup_analysis.in_subgroups(run).frame["group1_level"]
    assert set(titles) == {"All", "Sex", "Age group"}
    tables = {name: run.trial.tables[name].copy() for name in ("adsl", "adadas")}
    for each in tables.values():
        each.attrs = {"labels": {"SEX": "Group", "AGEGR1": "Group"}}
    alike = replace(run, trial=replace(run.trial, tables={**run.trial.tables, **tables}))
    assert alike.titles_of("SEX", "AGEGR1") == ["Group, SEX", "Group, AGEGR1"]


def test_secondary_endpoints_and_differences_by_visit_have_units() -> None:
    run = pilot()
    rows = over_time.secondary(run).frame
    units = dict(zip(rows["variable"], rows["variable_level"], strict=True))
    assert units["ADAS-Cog (11), change from baseline to week 8 (observed)"] == "points"
    assert units["ADAS-Cog (11), improved by 4 points or more at week 24"] == "percentage points"
    assert units["Time to first dermatologic event"] == ""
    shown = [view(over_time.mmrm_by_visit(run), run) for view in over_time.mmrm_by_visit.views]
    assert {each.title for each in shown} >= {"Difference by visit, points"}


def test_what_a_single_arm_cannot_show_speaks_of_growth_in_a_growth_trial_alone() -> None:
    run = single_arm_settings.resolve(single_arm_settings.SingleArmParameters(trial="turner-1"))
    plan = run.trial.plan.model_copy(update={"growth": None})
    other = replace(run, trial=replace(run.trial, plan=plan))
    ours, theirs = (" ".join(single_arm.limits(each).frame["stat_fmt"]) for each in (run, other))
    assert "grow" in ours
    assert not re.search(r"grow|puberty|height", theirs)


def test_a_limit_stands_in_the_unit_of_the_data_too() -> None:
    run = resolve_safety(SafetyParameters(trial="cdisc-pilot"))
    tests = glycaemia.glycaemia_tests(run).wide().set_index("variable")
    assert tests.loc["Random glucose", "diabetes.words"] == "200 mg/dL (11.1 mmol/L)"
    assert tests.loc["HbA1c", "diabetes.words"] == "6.5 %", "nothing is recorded of it"
    shown = "\n".join(view(glycaemia.glycaemia_tests(run), run).text()
                      for view in glycaemia.glycaemia_tests.views)  # fmt: skip
    assert "PARAMCD" not in shown
    assert "GLUC\n" not in shown


@pytest.mark.parametrize(
    ("param", "avalu", "units", "name", "unit"),
    [
        ("Potassium", "mmol/L", {}, "Potassium (mmol/L)", "mmol/L"),
        ("Potassium", "", {"K": "mEq/L"}, "Potassium (mEq/L)", "mEq/L"),
        ("Potassium (mmol/L)", "mmol/L", {}, "Potassium (mmol/L)", "mmol/L"),
        ("Potassium", "", {}, "Potassium", ""),
    ],
)
def test_a_measurement_has_its_unit_wherever_it_is_stated(
    param: str, avalu: str, units: dict[str, str], name: str, unit: str
) -> None:
    run = resolve_safety(SafetyParameters(trial="ghd"))
    adlb = run.trial.tables["adlb"].query("PARAMCD == 'GLUC'")
    adlb = adlb.assign(PARAMCD="K", PARAM=param, **({"AVALU": avalu} if avalu else {}))
    plan = run.trial.plan.model_copy(update={"units": units})
    trial = replace(run.trial, plan=plan, tables={**run.trial.tables, "adlb": adlb})
    found = measurements.measurements(replace(run, trial=trial)).records
    found = found[found["KIND"] == "laboratory"]
    assert set(found["PARAM"]) == {name}
    assert set(found["UNIT"]) == {unit}


def test_counts_and_nouns_agree() -> None:
    nouns = {"row": "rows", "study": "studies", "child": "children", "analysis": "analyses",
             "organ class": "organ classes", "day": "days"}  # fmt: skip
    for noun, several in nouns.items():
        assert plural(noun) == several
        assert (numbered(1, noun), numbered("1", noun)) == (f"1 {noun}", f"1 {noun}")
        assert (numbered(0, noun), numbered("12", noun)) == (f"0 {several}", f"12 {several}")
        assert (counted(1, noun), counted(3, noun)) == (f"one {noun}", f"three {several}")


def test_units_are_written_in_one_way_and_words_stay() -> None:
    greek = "\N{GREEK SMALL LETTER MU}g/L"
    assert {with_units(each) for each in ("ug/L", "µg/L", greek)} == {"µg/L"}
    assert with_units("UV light, kg/m^2, 10^12/L") == "UV light, kg/m², 10¹²/L"
    for unchanged in ("drug/placebo", "5 m2 of skin", "aug", "group/2"):
        assert with_units(unchanged) == unchanged


def hand_made_plurals(source: str) -> list[str]:
    """Return the f-strings that write a count before a plural by themselves."""
    found = []
    for node in ast.walk(ast.parse(source)):
        parts = node.values if isinstance(node, ast.JoinedStr) else []
        for one, other in pairwise(parts):
            counts = isinstance(one, ast.FormattedValue) and "len(" in ast.unparse(one.value)
            if counts and isinstance(other, ast.Constant) and "numbered(" not in ast.unparse(one):
                said = ONE_BY_ONE.match(str(other.value))
                if said and "counted(" not in ast.unparse(one):
                    found.append(f"{node.lineno}: {ast.unparse(one.value)}{said[0]}")
    return found


@pytest.mark.parametrize("package", READERS)
def test_one_function_makes_plurals(package: str) -> None:
    for path in sorted((paths.ROOT / "analysis" / package).rglob("*.py")):
        assert not hand_made_plurals(path.read_text("utf-8")), Path(path).name


def test_a_plural_made_by_hand_would_be_found() -> None:
    assert hand_made_plurals('f"{len(rows)} rows"') == ["1: len(rows) rows"]
    assert not hand_made_plurals("f\"{numbered(len(rows), 'row')} shown\"")
