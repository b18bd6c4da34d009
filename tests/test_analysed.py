"""``run.analysed()`` holds those whom the page counts, arm by arm, and says why others are out."""

import pandas as pd
import pytest

from analysis.contrasts import indirect, synthesis
from analysis.contrasts.settings import ContrastParameters
from analysis.contrasts.settings import resolve as resolve_contrast
from analysis.efficacy import primary_tables, single_arm
from analysis.efficacy.primary import analyse
from analysis.efficacy.settings import ControlledParameters
from analysis.efficacy.settings import resolve as resolve_controlled
from analysis.efficacy.single_arm_settings import SingleArmParameters
from analysis.efficacy.single_arm_settings import resolve as resolve_single
from analysis.growth.units import DAYS_PER_YEAR
from analysis.results import Results
from analysis.safety import exposure, kinds, overview
from analysis.safety.population import TOTAL
from analysis.safety.settings import SafetyParameters
from analysis.safety.settings import resolve as resolve_safety
from analysis.sources.evidence import Ledger
from analysis.sources.trial.trial import load_trial

WHO = ["USUBJID", "arm", "analysed", "why_not"]


def by_arm(frame: pd.DataFrame) -> dict[str, int]:
    inside = frame[frame["analysed"]]
    return inside.groupby("arm")["USUBJID"].nunique().to_dict()


def sound(frame: pd.DataFrame) -> None:
    """Whoever is out has a reason, and whoever is in has none."""
    assert list(frame)[:4] == WHO
    assert (frame["analysed"] == (frame["why_not"] == "")).all()


def shown(results: Results, **levels: str) -> dict[str, float]:
    rows = results.select(**levels).frame
    return dict(zip(rows["group1_level"], rows["stat"].astype(float), strict=True))


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"population": "per protocol"},
        {"covariates": ["BASE"], "strata": []},
        {"trial": "cdisc-pilot"},
        {"trial": "cdisc-pilot", "missing_data": "observed"},
        {"trial": "cdisc-pilot", "visit": "Week 16", "population": "completers"},
    ],
)
def test_a_controlled_trial(given: dict[str, object]) -> None:
    run = resolve_controlled(ControlledParameters.checked(given))
    found = run.analysed()
    sound(found)
    place = {"variable_level": run.endpoint.visit, "stat_name": "n"}
    assert by_arm(found) == shown(primary_tables.observed(run), **place)
    assert found["analysed"].sum() == analyse(run).fitted.n
    everyone = run.trial.adsl[run.trial.adsl["TRT01P"].isin(run.arms)]
    assert list(found["USUBJID"]) == list(everyone["USUBJID"])
    mean = found[found["analysed"]].groupby("arm")["AVAL"].mean().round(9).to_dict()
    place["stat_name"] = "mean"
    assert mean == {k: round(v, 9) for k, v in shown(primary_tables.observed(run), **place).items()}


def test_a_model_of_all_visits_has_a_row_a_visit() -> None:
    for trial in ("ghd", "cdisc-pilot"):
        given = {"trial": trial, "model": "MMRM", "missing_data": "observed"}
        run = resolve_controlled(ControlledParameters.checked(given))
        found = run.analysed()
        sound(found)
        assert sum(by_arm(found).values()) == analyse(run).fitted.n
        assert f"{found['analysed'].sum()} records" in analyse(run).fitted.rests_on
        assert found[found["analysed"]].duplicated("USUBJID").any()


def test_who_is_imputed_is_analysed() -> None:
    run = resolve_controlled(ControlledParameters.checked({"missing_data": "multiple imputation"}))
    found = run.analysed()
    sound(found)
    # Two of Valtropin have no visit after baseline.
    assert by_arm(found) == {"Humatrope": 49, "Valtropin": 96}
    assert set(found["why_not"]) == {"", "no HV at any visit"}


@pytest.mark.parametrize("trial", ["turner-1", "turner-2"])
@pytest.mark.parametrize("given", [{}, {"visit": "Month 6"}, {"endpoint": "HTSDS"}])
def test_a_single_arm(trial: str, given: dict[str, object]) -> None:
    run = resolve_single(SingleArmParameters.checked({"trial": trial} | given))
    found = run.analysed()
    sound(found)
    assert by_arm(found) == shown(single_arm.change(run), stat_name="n")
    assert len(found) == (run.trial.adsl["TRT01P"] == run.treatment).sum()


def test_why_not_names_what_is_missing() -> None:
    trial = load_trial("ghd")
    who = trial.adgr.query("PARAMCD == 'HV' and AVISIT == 'Month 12'")["USUBJID"].iloc[[0, 1, 2]]
    tables = {name: frame.copy() for name, frame in trial.tables.items()}
    adsl = tables["adsl"].set_index("USUBJID", drop=False)
    adsl.loc[who.iloc[0], "AGE"] = float("nan")
    adsl.loc[who.iloc[1], trial.plan.populations["full analysis"]] = "N"
    tables["adsl"] = adsl.reset_index(drop=True)
    record = (tables["adgr"]["USUBJID"] == who.iloc[2]) & (tables["adgr"]["PARAMCD"] == "HV")
    tables["adgr"] = tables["adgr"][~(record & (tables["adgr"]["AVISIT"] == "Month 12"))]
    broken = type(trial)(plan=trial.plan, folder=trial.folder, tables=tables)
    run = resolve_controlled(ControlledParameters.checked({}), broken)
    found = run.analysed().set_index("USUBJID")
    sound(found.reset_index())
    assert list(found.loc[list(who), "why_not"]) == [
        "AGE missing", "not in the population 'full analysis'", "no HV at Month 12",
    ]  # fmt: skip
    assert found["analysed"].sum() == analyse(run).fitted.n == 136


@pytest.mark.parametrize(
    "given",
    [{"trial": trial} for trial in ("ghd", "turner-1", "turner-2", "cdisc-pilot")]
    + [{"trial": "cdisc-pilot", "population": "completers"}, {"population": "per protocol"}],
)
def test_safety(given: dict[str, object]) -> None:
    run = resolve_safety(SafetyParameters.checked(given))
    found = run.analysed()
    sound(found)
    assert list(found["USUBJID"]) == list(run.trial.adsl["USUBJID"])
    inside = found[found["analysed"]]
    kind = {"group1": "arm", "variable": kinds.EMERGENT}
    for counted, name in (
        (inside.groupby("arm").size(), "N"),
        (inside.groupby("arm")["events"].sum(), "events"),
        (inside[inside["events"] > 0].groupby("arm").size(), "n"),
    ):
        page = shown(overview.overview(run), stat_name=name, **kind)
        page.pop(TOTAL, None)
        assert counted.to_dict() == page, name
    years = shown(exposure.exposure(run), variable=exposure.PATIENT_YEARS, stat_name="sum")
    years.pop(TOTAL, None)
    assert inside.groupby("arm")["patient_years"].sum().to_dict() == pytest.approx(years)
    assert (inside["days"] / DAYS_PER_YEAR).sum() == pytest.approx(sum(years.values()))


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"exclude": ["REAL3", "VELOCITY"]},
        {"include": ["REAL3"], "model": "fixed"},
        {"indication": "TS", "endpoint": "CHGHV", "trial": ""},
    ],
)
def test_contrasts(ledger: Ledger, given: dict[str, object]) -> None:
    run = resolve_contrast(ContrastParameters.checked(given), ledger)
    found = run.analysed()
    assert (found["analysed"] == (found["why_not"] == "")).all()
    inside = found[found["analysed"]].set_index("label")
    page = synthesis.studies(run).wide("stat").set_index("group2_level")
    assert list(inside.index) == list(page.index)
    for name in ("estimate", "std.error", "weight"):
        assert list(inside[name]) == pytest.approx(list(page[name].astype(float)))
    assert not found[~found["analysed"]]["study_id"].isin(inside["study_id"]).any() or given


def test_contrasts_of_a_network(ledger: Ledger) -> None:
    run = resolve_contrast(ContrastParameters.checked({"model": "network"}), ledger)
    found = run.analysed()
    inside = found[found["analysed"]]
    page = shown(indirect.geometry(run), stat_name="k")
    assert inside["product"].value_counts().to_dict() == page


def test_the_page_that_asks_looks_at_the_contrast(ledger: Ledger) -> None:
    from analysis.programme.settings import ProgrammeParameters, resolve

    run = resolve(ProgrammeParameters.checked({}), ledger)
    assert run.analysed().equals(run.contrast.analysed())
