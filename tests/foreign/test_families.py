"""Public trials from folder to page: what is shown equals a plain second route, or one sentence."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from families import FAMILIES
from family import Family, Plan, write_plan
from notebook_sections import numbers, rows_of, run_of
from scipy import stats
from statsmodels.formula.api import ols

from analysis.errors import UserError
from analysis.results import Results
from analysis.sources.trial.draft import draft_plan
from analysis.sources.trial.finding import TrialFinding
from analysis.sources.trial.read_plan import read_draft
from analysis.sources.trial.trial import Trial, read_trial

ANALYSED = [family for family in FAMILIES if not family.refused]
REFUSED = [family for family in FAMILIES if family.refused]
MOST_QUESTIONS = 10
DECIDED = ("title", "data_status", "design", "arms", "endpoints", "analysis", "estimand", "records")
"""What the owner of a trial decides; everything else stays as it was drafted."""

Shown = Callable[[Family], tuple[Trial, dict[str, Results]]]


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Shown:
    """Return the trial of a family and the sections that are counted again below, each once."""

    @cache
    def of(name: str) -> tuple[Trial, dict[str, Results]]:
        family = next(each for each in FAMILIES if each.name == name)
        folder = family.write(tmp_path_factory.mktemp("foreign") / name, plan=family.plan)
        trial = read_trial(folder)
        assert errors_of(trial) == []
        rows: dict[str, Results] = {}
        for kind in (trial.plan.design, "safety"):
            run = run_of(kind, folder, trial=trial)
            rows |= rows_of(kind, run, only=COUNTED[kind])
        return trial, rows

    return lambda family: of(family.name)


COUNTED = {
    "parallel": ["answer.answer", "primary_tables.observed", "participants.analysis_sets"],
    "single-arm": ["single_arm.change", "single_arm.observed", "participants.analysis_sets"],
    "safety": [
        *("overview.overview", "summaries.measurements_by_visit", "shifts.shift_to_worst"),
        *("summaries.measurements_baseline_and_last", "exposure.exposure"),
    ],
}


def errors_of(trial: Trial) -> list[TrialFinding]:
    return [each for each in trial.findings if each.severity == "error"]


# The second route ------------------------------------------------------------------------------


def safety_set(family: Family) -> pd.DataFrame:
    """Return the participants of the safety population by the treatment that they took."""
    adsl = family.frames()["adsl"]
    return adsl.loc[adsl["SAFFL"] == "Y"].assign(arm=adsl["TRT01A"])


def counts_of_events(family: Family) -> dict[str, dict[str, int] | None]:
    """Return kind → arm → participants, counted anew; None where it is not recorded."""
    people, events = safety_set(family), family.frames()["adae"]
    emergent = events[events["TRTEMFL"] == "Y"]
    kinds = {
        "Any treatment-emergent event": emergent,
        "Related to treatment": emergent[emergent["AEREL"].isin(family.safety["related"])],
        "Severe": emergent[emergent["AESEV"].isin(["SEVERE"])],
        "Serious": emergent[emergent["AESER"] == "Y"],
        "Leading to withdrawal of treatment": (
            emergent[emergent["AEACN"] == "DRUG WITHDRAWN"]
            if "AEACN" in emergent and emergent["AEACN"].notna().any()
            else None
        ),
    }
    found = {
        kind: None if own is None else by_arm(people[people["USUBJID"].isin(own["USUBJID"])])
        for kind, own in kinds.items()
    }
    dead = events.loc[(events["AEOUT"] == "FATAL") | (events["AESDTH"] == "Y"), "USUBJID"]
    died = (people["DTHFL"] == "Y") | people["USUBJID"].isin(dead)
    if "DTHDT" in people:
        died |= people["DTHDT"].notna()
    return {**found, "Deaths": by_arm(people[died])}


def by_arm(people: pd.DataFrame) -> dict[str, int]:
    return {str(arm): int(n) for arm, n in people.groupby("arm")["USUBJID"].nunique().items()}


def primary_records(family: Family) -> pd.DataFrame:
    """Return one record a participant, chosen from the tables as they are stored."""
    frames, endpoint = family.frames(), family.endpoint
    table = frames[endpoint["dataset"]]
    table = table[table["PARAMCD"] == endpoint["paramcd"]]
    table = table[table["AVISIT"] == endpoint["visit"]]
    analysed = family.more.get("records", {}).get("analysed", "ANL01FL")
    if analysed in table:
        table = table[table[analysed] == "Y"]
    where = endpoint.get("where", {})
    if "DTYPE" in table and "DTYPE" not in where:
        derived = table["DTYPE"].fillna("")
        table = table[derived.isin(["", endpoint.get("dtype", "")])]
    for name, value in where.items():
        table = table[table[name] == value]
    flag = family.populations[family.plan["analysis"]["population"]]
    people = frames["adsl"].loc[frames["adsl"][flag] == "Y"]
    own = people.columns.intersection(["USUBJID", "TRT01P", "SEX", "AGE", "SITEGR1"])
    kept = table.columns.intersection(["USUBJID", "AVAL", "BASE", "CHG"])
    records = people[own].merge(table[kept], on="USUBJID", validate="one_to_one")
    value = endpoint.get("value", "AVAL")
    return records.assign(value=records[value])[records[value].notna()].rename(
        columns={"TRT01P": "arm"}
    )


# Tests -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("family", ANALYSED, ids=lambda family: family.name)
def test_sizes_of_the_arms(family: Family, shown: Shown) -> None:
    trial, rows = shown(family)
    adsl = family.frames()["adsl"]
    for name, flag in family.populations.items():
        planned = adsl[adsl[flag] == "Y"].assign(arm=adsl["TRT01P"])
        sizes = by_arm(planned)
        for arm in trial.plan.arms.names:
            found = numbers(rows["participants.analysis_sets"], variable=name, group1_level=arm)
            assert found == {"n": sizes.get(arm, 0)}


@pytest.mark.parametrize(
    "family", [each for each in ANALYSED if "adae" in each.tables], ids=lambda family: family.name
)
def test_counts_of_adverse_events(family: Family, shown: Shown) -> None:
    trial, rows = shown(family)
    overview = rows["overview.overview"]
    sizes = by_arm(safety_set(family))
    for kind, counts in counts_of_events(family).items():
        for arm in trial.plan.arms.names:
            own = overview.select(variable=kind, group1_level=arm)
            if counts is None:
                assert own.text("reason") == "not recorded"
                continue
            found = numbers(own)
            assert found["n"] == counts.get(arm, 0), (kind, arm)
            assert found["N"] == sizes[arm]


@pytest.mark.parametrize("family", ANALYSED, ids=lambda family: family.name)
def test_the_primary_endpoint_as_observed(family: Family, shown: Shown) -> None:
    trial, rows = shown(family)
    records = primary_records(family)
    name = "single_arm.observed" if trial.plan.design == "single-arm" else "primary_tables.observed"
    at = "Change" if family.endpoint.get("value") == "CHG" else family.endpoint["visit"]
    for arm in trial.plan.arms.names:
        own = records.loc[records["arm"] == arm, "value"].astype(float)
        found = numbers(rows[name], group1_level=arm, variable_level=at)
        assert found.get("n", 0) == len(own)
        if own.empty:
            continue
        assert found["mean"] == pytest.approx(own.mean(), rel=1e-9)
        if len(own) > 1:
            assert found["sd"] == pytest.approx(own.std(), rel=1e-9)


@pytest.mark.parametrize(
    "family",
    [each for each in ANALYSED if each.plan["design"] == "parallel"],
    ids=lambda family: family.name,
)
def test_differences_by_least_squares(family: Family, shown: Shown) -> None:
    trial, rows = shown(family)
    records, analysis = primary_records(family), trial.plan.analysis
    reference = trial.plan.arms.reference
    terms = [
        f"C(arm, Treatment('{reference}'))",
        *analysis.covariates,
        *(f"C({name})" for name in analysis.strata),
    ]
    fit = ols(f"value ~ {' + '.join(terms)}", records).fit()
    for arm in trial.plan.arms.names[1:]:
        if not (records["arm"] == arm).any():
            continue
        found = numbers(rows["answer.answer"], group1_level=f"{arm} − {reference}")
        term = f"{terms[0]}[T.{arm}]"
        low, high = fit.conf_int().loc[term]
        assert found["estimate"] == pytest.approx(fit.params[term], rel=1e-9, abs=1e-9)
        assert found["std.error"] == pytest.approx(fit.bse[term], rel=1e-7)
        assert found["p.value"] == pytest.approx(fit.pvalues[term], rel=1e-7)
        assert [found["conf.low"], found["conf.high"]] == pytest.approx([low, high], rel=1e-7)


@pytest.mark.parametrize(
    "family",
    [each for each in ANALYSED if each.plan["design"] == "single-arm"],
    ids=lambda family: family.name,
)
def test_the_change_of_a_single_arm(family: Family, shown: Shown) -> None:
    _, rows = shown(family)
    values = primary_records(family)["value"].astype(float)
    frame = rows["single_arm.change"].frame
    means = frame.loc[frame["stat_name"].isin(["estimate", "mean"]), "stat"].astype(float)
    assert np.isclose(means, values.mean(), rtol=1e-9).any()
    limits = stats.t.interval(0.95, len(values) - 1, values.mean(), stats.sem(values))
    for name, limit in zip(("conf.low", "conf.high"), limits, strict=True):
        found = frame.loc[frame["stat_name"] == name, "stat"].astype(float)
        assert np.isclose(found, limit, rtol=1e-9).any()


@pytest.mark.parametrize("family", ANALYSED, ids=lambda family: family.name)
def test_no_table_shows_more_than_there_are(family: Family, shown: Shown) -> None:
    trial, rows = shown(family)
    adsl = trial.tables["adsl"]
    most = {
        arm: max(int((adsl[name] == arm).sum()) for name in ("TRT01P", "TRT01A") if name in adsl)
        for arm in trial.plan.arms.names
    }
    for name, results in rows.items():
        counts = results.frame[results.frame["stat_name"].isin(["n", "N"])]
        for row in counts.to_dict("records"):
            limit = most.get(row["group1_level"], len(adsl))
            assert row["stat"] <= limit, (name, row)


@pytest.mark.parametrize("family", REFUSED, ids=lambda family: family.name)
def test_what_cannot_be_analysed_is_said(family: Family, tmp_path: Path) -> None:
    trial = read_trial(family.write(tmp_path / family.name, plan=family.plan))
    said = [f"{each.file} {each.column} {each.value} {each.message}" for each in errors_of(trial)]
    assert any(family.refused in sentence for sentence in said), said


@pytest.mark.parametrize(
    "family", [each for each in FAMILIES if each.noted], ids=lambda family: family.name
)
def test_what_a_reader_must_know_is_noted(family: Family, shown: Shown) -> None:
    trial, _ = shown(family)
    assert any(family.noted in f"{each.column} {each.message}" for each in trial.findings)


# From a draft ----------------------------------------------------------------------------------


def answered(draft: Plan, family: Family) -> Plan:
    """Return a draft with what its owner decides."""
    plan = {**draft, **{name: family.plan[name] for name in DECIDED if name in family.plan}}
    plan["populations"] = {**draft["populations"], **family.plan["populations"]}
    if "safety" in family.plan and isinstance(plan.get("safety"), dict):
        own = family.plan["safety"]
        for name, value in plan["safety"].items():
            if value in ("?", ["?"]):
                plan["safety"][name] = own[name]
    return plan


@pytest.mark.parametrize("family", ANALYSED, ids=lambda family: family.name)
def test_a_draft_with_its_questions_answered_is_analysed(
    family: Family, shown: Shown, tmp_path: Path
) -> None:
    folder = family.write(tmp_path / family.name)
    if family.undrafted:
        with pytest.raises(UserError, match=family.undrafted):
            draft_plan(folder)
        return
    (folder / "trial.yml").write_text(draft_plan(folder), encoding="utf-8")
    draft: Plan = yaml.safe_load((folder / "trial.yml").read_text("utf-8"))
    _, questions = read_draft(folder)
    assert len(questions) <= MOST_QUESTIONS, questions
    write_plan(folder, answered(draft, family))
    trial = read_trial(folder)
    assert errors_of(trial) == []
    kind = trial.plan.design
    name = COUNTED[kind][0]
    again = rows_of(kind, run_of(kind, folder, trial=trial), only=[name])[name]
    before = shown(family)[1][name]
    assert values(again) == values(before)


def values(results: Results) -> list[Any]:
    return [value for value in results.frame["stat"] if pd.notna(value)]
