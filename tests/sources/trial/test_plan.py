from pathlib import Path
from typing import Any

import pytest
import yaml
from corpus import good_plan, plan_value

from analysis.sources.trial.plan import TrialPlan
from analysis.sources.trial.read_plan import PlanError, read_draft, read_plan

ABSENT = object()


def write(folder: Path, text: str) -> Path:
    (folder / "trial.yml").write_text(text, encoding="utf-8")
    return folder


def test_the_good_plan_is_read(tmp_path: Path) -> None:
    plan = read_plan(write(tmp_path, yaml.safe_dump(good_plan())))
    assert plan.datasets == ("adsl", "adgr", "adae", "adlb", "advs")
    assert plan.arms.names == ("Humatrope", "Valtropin")


@pytest.mark.parametrize(
    ("path", "value", "sentence"),
    [
        (("title",), ABSENT, "title is required and missing"),
        (("endpoints", "primary"), ABSENT, "endpoints.primary is required and missing"),
        (("indicaton",), "GHD", "indicaton is not a field of trial.yml; did you mean 'indication'"),
        (("analysis", "covariate"), [], "did you mean 'covariates'?"),
        (("endpoints", "primary", "visits"), "x", "did you mean 'visit'?"),
        (("endpoints", "secondary", 0, "parmcd"), "x", "did you mean 'paramcd'?"),
        (("safety", "adverse_event"), "adae", "did you mean 'adverse_events'?"),
        (("visits", 0, "windows"), [1, 2], "did you mean 'window'?"),
        (("zzz",), 1, "zzz is not a field of trial.yml; remove it"),
        (("analysis", "margin"), "two", "analysis.margin: must be a number"),
        (("analysis", "conf_level"), 95, "analysis.conf_level: must be less than 1; got 95"),
        (("data_status",), "fake", "data_status: must be 'synthetic' or 'real'; got 'fake'"),
        (("design",), "crossover", "design: must be 'parallel' or 'single-arm'"),
        (("id",), "My Trial", "id: must be small letters and digits, words joined by hyphens"),
        (("analysis", "conf_level"), 0.05, "must be greater than 0.5; got 0.05"),
        (("analysis", "margin"), "-1_8", "analysis.margin: must be a number; got '-1_8'"),
        (("analysis", "margin"), True, "analysis.margin: must be a number; got true"),
        (("visits", 0, "window"), [True, 31], "visits.0.window: must be a number; got [true, 31]"),
        (("safety", "identifiers"), 1, "safety.identifiers: must be true or false; got 1"),
        (("visits", 0, "day"), 1.5, "visits.0.day: must be a whole number"),
        (("data", "cutoff"), 20021231, "data.cutoff: must be a day, as 2024-01-31"),
        (("data", "cutoff"), "soon", "data.cutoff: must be a day, as 2024-01-31"),
        (("analysis", "population"), "full anaylsis", "did you mean 'full analysis'?"),
        (("safety", "population"), "everyone", "safety.population must be one of populations"),
        (("populations",), {}, "populations: "),
        (("visits", 1, "window"), [200, 300], "window must hold day 92; got [200, 300]"),
        (("arms", "reference"), ABSENT, "arms.reference is required in a parallel trial"),
        (("arms", "others"), ["Valtropin"], "arms must differ"),
        (("arms", "treatment"), "", "arms.treatment: must have at least 1 character"),
        (("design",), "single-arm", "a single-arm trial has arms.treatment only"),
        (("endpoints", "primary", "paramcd"), "TOOLONGCODE", "at most 8 characters"),
        (("endpoints", "primary", "direction"), "up", "must be 'higher' or 'lower'"),
        (("analysis", "strata"), "SEX", "analysis.strata: must be a list; got 'SEX'; write [SEX]"),
        (
            ("safety", "related"),
            "yes, so",
            "related: must be a list; got 'yes, so'; write ['yes, s",
        ),
        (("safety", "laboratory"), 1, "safety.laboratory: must be a list; got 1; write [1]"),
        (("safety", "laboratory"), {"a": "b"}, 'laboratory: must be a list; got {"a": "b"}'),
        (("visits", 1, "window"), [1, 2, 300], "visits.1.window: must have at most 2 entries; got"),
        (
            ("estimand", "intercurrent_events"),
            "treatment policy",
            "estimand.intercurrent_events: must be a list, each entry with fields such as event "
            "and strategy; got 'treatment policy'",
        ),
        (("safety",), "adae", "safety: must be fields with their values, such as population and a"),
        (("units",), ["cm"], 'units: must be names with their values; got ["cm"]'),
        (("analysis", "covariates"), None, "analysis.covariates: must be a list; got nothing"),
    ],
)
def test_each_mistake_has_its_sentence(
    path: tuple[Any, ...], value: Any, sentence: str, tmp_path: Path
) -> None:
    plan = good_plan()
    if value is ABSENT:
        part: Any = plan
        for key in path[:-1]:
            part = part[key]
        del part[path[-1]]
    else:
        plan_value(value, *path)(plan, {})
    with pytest.raises(PlanError) as caught:
        read_plan(write(tmp_path, yaml.safe_dump(plan)))
    assert sentence in str(caught.value)
    assert "trial.yml" in str(caught.value)


def test_all_mistakes_at_once(tmp_path: Path) -> None:
    plan = good_plan()
    del plan["title"]
    plan["design"], plan["analysis"]["conf_level"], plan["extra"] = "cross", 2, 1
    with pytest.raises(PlanError) as caught:
        read_plan(write(tmp_path, yaml.safe_dump(plan)))
    assert len(str(caught.value).splitlines()) == 4


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "must map fields to values; got NoneType"),
        ("- a\n- b\n", "must map fields to values; got list"),
        ("id: [1, 2\n", "must be readable YAML"),
        ("id: a\n\tdesign: b\n", "must be readable YAML"),
        ("title: one\ntitle: two\n", "line 2, column 1: 'title' is given twice"),
        ("{}", "id is required and missing"),
        ("1: 2", "1 is not a field of trial.yml"),
    ],
)
def test_what_is_no_plan(text: str, sentence: str, tmp_path: Path) -> None:
    with pytest.raises(PlanError) as caught:
        read_plan(write(tmp_path, text))
    assert sentence in str(caught.value)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="is missing; draft one with: python -m analysis new"):
        read_plan(tmp_path)


def test_other_encodings_are_named(tmp_path: Path) -> None:
    (tmp_path / "trial.yml").write_bytes("title: Größe".encode("latin-1"))
    with pytest.raises(PlanError, match="must be readable YAML"):
        read_plan(tmp_path)


def test_categories_are_text_whatever_their_digits() -> None:
    plan = TrialPlan.model_validate(good_plan())
    assert plan.categories == {"REGION", "FASFL", "SAFFL"}


@pytest.mark.parametrize(
    ("path", "value", "asked"),
    [
        (("visits",), "?", "visits"),
        (("visits",), ["?"], "visits.0"),
        (("endpoints", "secondary"), "?", "endpoints.secondary"),
        (("analysis", "multiplicity"), "?", "analysis.multiplicity"),
        (("analysis", "multiplicity"), {"method": "fixed sequence", "order": "?"},
         "analysis.multiplicity.order"),
        (("analysis", "multiplicity"), {"method": "gatekeeping", "families": [{"hypotheses": "?"}]},
         "analysis.multiplicity.families.0.hypotheses"),
        (("analysis", "multiplicity"), {"method": "fallback", "weights": ["?"]},
         "analysis.multiplicity.weights.0"),
    ],
)  # fmt: skip
def test_a_question_in_the_place_of_a_list_is_a_question(
    path: tuple[str, ...], value: Any, asked: str, tmp_path: Path
) -> None:
    plan = good_plan()
    *parts, last = path
    holder = plan
    for part in parts:
        holder = holder[part]
    holder[last] = value
    assert read_draft(write(tmp_path, yaml.safe_dump(plan)))[1] == (asked,)
