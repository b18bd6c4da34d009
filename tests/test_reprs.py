"""What one sees of a run, a trial, a plan or results on looking around: short, and what matters."""

import dataclasses
import importlib
import pkgutil
import re
from functools import cache
from typing import Any

import pytest

import analysis
from analysis.brief import LIMIT
from analysis.contrasts.settings import ContrastParameters
from analysis.contrasts.settings import resolve as resolve_contrast
from analysis.display.reading import Reading
from analysis.efficacy import answer
from analysis.efficacy.primary import analyse
from analysis.efficacy.settings import ControlledParameters
from analysis.efficacy.settings import resolve as resolve_controlled
from analysis.efficacy.single_arm_settings import SingleArmParameters
from analysis.efficacy.single_arm_settings import resolve as resolve_single
from analysis.programme.settings import ProgrammeParameters
from analysis.programme.settings import resolve as resolve_programme
from analysis.results import Results
from analysis.safety.settings import SafetyParameters
from analysis.safety.settings import resolve as resolve_safety
from analysis.sources.trial.plan_part import Part
from analysis.sources.trial.trial import load_trial
from analysis.trial_design.settings import DesignParameters
from analysis.trial_design.settings import resolve as resolve_design
from analysis.validation.settings import ValidationParameters
from analysis.validation.settings import resolve as resolve_validation


@cache
def run_of(page: str, **given: Any) -> Any:
    parameters, resolve = {
        "controlled": (ControlledParameters, resolve_controlled),
        "single": (SingleArmParameters, resolve_single),
        "safety": (SafetyParameters, resolve_safety),
        "contrasts": (ContrastParameters, resolve_contrast),
        "programme": (ProgrammeParameters, resolve_programme),
        "design": (DesignParameters, resolve_design),
        "validation": (ValidationParameters, resolve_validation),
    }[page]
    return resolve(parameters.checked(given))  # type: ignore[attr-defined,operator]


def short(thing: object) -> str:
    shown = repr(thing)
    assert len(shown) <= LIMIT, len(shown)
    html = thing._repr_html_()  # type: ignore[attr-defined]
    assert html.startswith("<table")
    assert len(html) < 10 * LIMIT
    assert "<style" not in html
    return shown


@pytest.mark.parametrize(
    ("page", "given", "said"),
    [
        ("controlled", {}, ["ghd: ", "Humatrope N 49; Valtropin N 98", "Height velocity",
                            "HV", "Month 12", "full analysis", "may not lie below −2",
                            "planned", "ANCOVA with baseline, age, ", "95 %"]),
        ("controlled", {"trial": "cdisc-pilot", "margin": 2.0, "population": "completers"},
         ["cdisc-pilot: ", "lower is better", "may not lie above 2", "exploratory", "LOCF",
          "points: the difference may not lie above 2; population completers", "real"]),
        ("single", {}, ["turner-1: ", "Valtropin N 30", "paired t"]),
        ("single", {"trial": "turner-2", "visit": "Month 6"}, ["Month 6", "visit Month 6"]),
        ("safety", {}, ["ghd: ", "safety (Humatrope N 49; Valtropin N 98)", "adae", "adlb"]),
        ("safety", {"trial": "cdisc-pilot", "conf_level": 0.9}, ["Placebo N ", "conf_level 0.9"]),
        ("contrasts", {}, ["Valtropin − Humatrope in GHD", "below −1.8", "month 11 to 13"]),
        ("contrasts", {"margin": -1.0, "model": "fixed"}, ["may not lie below −1", "exploratory"]),
        ("programme", {}, ["Valtropin − Humatrope in GHD", "studies of the ledger"]),
        ("programme", {"field": "TS"}, ["TS: "]),
        ("design", {}, ["in growth-hormone deficiency, height velocity", "2.5", "10000"]),
        ("design", {"dropout": 0.2}, ["exploratory", "dropout 0.2"]),
        ("validation", {}, ["10000 data sets", "data/validation"]),
        ("validation", {"draws": 200, "conf_level": 0.9}, ["200 data sets, level 90"]),
    ],
)  # fmt: skip
def test_a_run_is_shown_by_what_it_is_told(
    page: str, given: dict[str, object], said: list[str]
) -> None:
    shown = short(run_of(page, **given))
    for words in said:
        assert words in shown, (words, shown)


@pytest.mark.parametrize("name", ["ghd", "turner-1", "turner-2", "cdisc-pilot"])
def test_a_trial_and_its_plan(name: str) -> None:
    trial = load_trial(name)
    for thing in (trial, trial.plan):
        shown = short(thing)
        for words in (f"{name}: {trial.plan.title}"[:40], trial.data_status, trial.plan.design):
            assert words in shown
        assert trial.plan.endpoints.primary.paramcd in shown
    assert f"adsl {len(trial.adsl)}" in repr(trial)
    sizes = trial.subjects(trial.plan.analysis.population)["arm"].value_counts()
    assert all(f"{arm} N {size}" in repr(trial) for arm, size in sizes.items())
    parts = [part for _, part in trial.plan if isinstance(part, Part)]
    assert len(parts) >= 6
    for part in parts:
        short(part)


def test_a_trial_with_errors_can_be_looked_at() -> None:
    trial = load_trial("ghd")
    for tables in ({}, {"adsl": trial.adsl.drop(columns=["TRT01P"])}):
        shown = repr(dataclasses.replace(trial, tables=tables))
        assert "Humatrope; Valtropin (full analysis)" in shown


def test_results_show_their_first_rows_and_how_many() -> None:
    for found in (answer.answer(run_of("controlled")), Results()):
        shown = short(found)
        assert f"{len(found)} rows × " in shown
    assert "primary-contrasts" in shown or "none" in shown
    assert "0.407" in repr(answer.answer(run_of("controlled")))


def test_what_a_page_shows_and_what_a_fit_found() -> None:
    run = run_of("controlled")
    for view in answer.answer.views:
        thing = view(answer.answer(run), run)
        if isinstance(thing, Reading):
            assert "The answer" in short(thing)
    table = answer.contrasts_table(answer.contrasts(run), run)
    assert "Primary endpoint, differences" in short(table)
    assert "Estimate" in repr(table)
    short(analyse(run))
    short(run_of("contrasts").ledger)
    short(run_of("contrasts").findings[0])


HOLDS = re.compile(r"DataFrame|\bResults\b|\bTrial\b|\bLedger\b|Settings\b|Run\b")
OWN_PLACE = (
    *("analysis.stats", "analysis.report", "analysis.sources.synthetic"),
    *("analysis.sources.trial.checks", "analysis.sources.trial.drafting"),
    *("analysis.display.diagrams", "analysis.display.figures", "analysis.display.undrawn"),
)
"""Whose objects have tests of their own, or which nobody meets in a notebook."""


def holders() -> list[type]:
    """The dataclasses that a user meets and that hold a frame, results or a run."""
    found = []
    for each in pkgutil.walk_packages(analysis.__path__, "analysis."):
        if each.name.endswith("__main__") or each.name.startswith(OWN_PLACE):
            continue
        for kind in vars(importlib.import_module(each.name)).values():
            # A module may hold one of a dataclass too, which is as its class is.
            if not isinstance(kind, type) or not dataclasses.is_dataclass(kind):
                continue
            if kind.__module__ != each.name:
                continue
            types = " ".join(
                str(field.type)
                for field in dataclasses.fields(kind)
                if "Callable" not in str(field.type)  # type: ignore[arg-type]
            )
            if HOLDS.search(types) and not kind.__name__.startswith("_"):  # type: ignore[union-attr]
                found.append(kind)
    return found  # type: ignore[return-value]


def test_nothing_that_holds_a_frame_prints_all_of_it() -> None:
    long = {kind.__qualname__ for kind in holders() if kind.__repr__.__module__ != "analysis.brief"}
    assert not long
