"""What was published of the same single-arm study, beside its patient-level summary."""

from dataclasses import replace
from typing import Any

import pandas as pd

from analysis.display.tables import Column, Table
from analysis.efficacy.by_role import endpoint_by_role
from analysis.efficacy.settings import Settings
from analysis.efficacy.single_arm import (
    BASELINE,
    CHANGE,
    HEIGHT_SDS,
    HEIGHT_VELOCITY,
    before_and_after,
    endpoint_of,
    pairs,
)
from analysis.errors import NoSection, UserError
from analysis.results import Results, section
from analysis.sources.arm_summaries import arm_summaries
from analysis.sources.evidence import Ledger, load_ledger
from analysis.sources.growth_reference import DAYS_PER_MONTH

LABELS = {HEIGHT_VELOCITY: "Height velocity", HEIGHT_SDS: "Height SDS"}
"""Endpoint of the ledger → name of the measures that stand beside the endpoint."""
ROLES = {HEIGHT_VELOCITY: "height_velocity", HEIGHT_SDS: "height_sds"}
"""Endpoint of the ledger → what it is in the trial, whatever its PARAMCD there."""


def _reported_arms(run: Settings, ledger: Ledger) -> pd.DataFrame:
    """Return the arms of the ledger that report this study, and why each is taken to be it."""
    declared = run.trial.plan.published
    if declared is None:
        raise NoSection("the plan names no published report of this study")
    known = ledger.arms
    at = (known["study_id"] == declared.study_id) & (known["arm_id"] == declared.arm_id)
    if not at.any():
        raise UserError(
            f"published must name an arm of the ledger; got {declared.study_id}, {declared.arm_id}"
        )
    same = ledger.identities
    same = same[
        (same["same_as_study_id"] == declared.study_id)
        & (same["same_as_arm_id"] == declared.arm_id)
    ]
    first = pd.DataFrame([{"study_id": declared.study_id, "arm_id": declared.arm_id}])
    return pd.concat(
        [first, same[["study_id", "arm_id", "basis", "note"]]], ignore_index=True
    ).fillna("")


def _months(run: Settings) -> int:
    """Return the planned time of the endpoint's visit, in whole months."""
    for visit in run.trial.visits(run.endpoint):
        if visit.name == run.endpoint.visit:
            return round((visit.day - 1) / DAYS_PER_MONTH)
    raise UserError(f"trial.yml gives no day for the visit {run.endpoint.visit}")


def reported(run: Settings, ledger: Ledger, paramcd: str) -> pd.DataFrame:
    """Return each report's baseline and follow-up of one endpoint, side by side.

    An arm that is reported in several analysis sets is named with its set.
    """
    arms = _reported_arms(run, ledger)[["study_id", "arm_id"]]
    key = ["study_id", "arm_id", "population"]
    before, after = (
        arm_summaries(ledger, paramcd=paramcd, months=months).merge(arms).drop_duplicates(key)
        for months in (0, _months(run))
    )
    kept = "n mean decimals sd sd_decimals sd_method result_ids".split()
    described = ["label", "arm", "unit", "source_id"]
    both = before[[*key, *described, *kept]].merge(
        after[[*key, *kept]], on=key, suffixes=("_before", "_after"), validate="one_to_one"
    )
    several = both.duplicated(["study_id", "arm_id"], keep=False)
    both["arm"] = both["arm"].mask(several, both["arm"] + ", " + both["population"])
    return arms.merge(both)  # the independent report first


@section
def identities(run: Settings) -> Results:
    """Return which published reports are taken to be of this study, and why."""
    ledger = load_ledger()
    arms = _reported_arms(run, ledger).merge(ledger.studies[["study_id", "label"]], on="study_id")
    arms = arms.merge(
        ledger.arms[["study_id", "arm_id", "label"]],
        on=["study_id", "arm_id"],
        suffixes=("", "_arm"),
    )
    said = arms["note"].where(arms["basis"] == "", arms["basis"] + "; " + arms["note"])
    frame = pd.DataFrame(
        {
            "group1_level": arms["label"] + ", " + arms["label_arm"],
            "reason": said.where(
                said != "", "the independent report, named in the plan of the trial"
            ),
            "source": arms["study_id"],
            "population": "",
            "data_status": "published",
        }
    )
    return run.results(frame, "identities", group1="report", context="published")


@section
def published(run: Settings) -> Results:
    """Return what was published of this study beside the patient-level summary.

    Notes
    -----
    Rows are laid side by side and never pooled: the published ones keep their status and their
    printed decimals. The change of a published row is the difference of its two means; its SD
    is not printed and cannot be had from the means. The patient-level rows of a synthetic trial
    were generated to hit the published means, so that their agreement shows nothing.
    """
    ledger = load_ledger()
    frames = []
    for paramcd in dict.fromkeys((run.endpoint.paramcd, *LABELS)):
        if paramcd not in set(ledger.endpoints["paramcd"]):
            continue
        label = LABELS.get(paramcd, paramcd)
        for report in reported(run, ledger, paramcd).to_dict("records"):
            frames.append(_published_rows(report, label, run))
        frames.append(_patient_level_rows(paramcd, label, run))
    if not any((frame["data_status"] == "published").any() for frame in frames if len(frame)):
        raise UserError(f"the ledger has no {run.endpoint.paramcd} of this study")
    return run.results(
        pd.concat([frame for frame in frames if len(frame)], ignore_index=True),
        "published",
        group1="report",
        group2="data",
        context="published",
    )


def _published_rows(report: dict[str, Any], label: str, run: Settings) -> pd.DataFrame:
    def at(moment: str, time: str) -> dict[str, Any]:
        return {
            "variable_level": time,
            "n": report[f"n_{moment}"],
            "mean": report[f"mean_{moment}"],
            "sd": report[f"sd_{moment}"],
            "places:mean": report[f"decimals_{moment}"],
            "places:sd": report[f"sd_decimals_{moment}"],
            "source": f"{report['source_id']}: {report[f'result_ids_{moment}']}",
            "note": report[f"sd_method_{moment}"],
        }

    before, after = at("before", BASELINE), at("after", run.endpoint.visit)
    change = {
        "variable_level": CHANGE,
        "n": after["n"] if after["n"] == before["n"] else None,
        "mean": after["mean"] - before["mean"],
        "places:mean": max(after["places:mean"], before["places:mean"]),
        "source": f"{before['source']}; {report['result_ids_after']}",
        "note": "difference of the two means; the SD of the change is not in the texts read",
    }
    return pd.DataFrame([before, after, change]).assign(
        group1_level=f"{report['label']}, {report['arm']}",
        variable=_with_unit(label, str(report["unit"])),
        group2_level="published",
        unit=report["unit"],
        population=report["population"],
        n_population="",
        data_status="published",
        method="as printed",
    )


def _with_unit(label: str, unit: str) -> str:
    return label if label.endswith(unit) else f"{label}, {unit}"


def _patient_level_rows(paramcd: str, label: str, run: Settings) -> pd.DataFrame:
    try:
        role = ROLES.get(paramcd)
        endpoint = endpoint_by_role(run, role) if role else endpoint_of(run, paramcd)
        data = pairs(replace(run, endpoint=endpoint))
    except UserError:
        return pd.DataFrame()
    return pd.DataFrame(before_and_after(data, run, "n", "mean", "sd")).assign(
        group1_level=f"{run.trial.plan.id}, patient level",
        variable=_with_unit(label, endpoint.unit),
        group2_level=run.data_status,
        unit=endpoint.unit,
        decimals=run.decimals(endpoint.dataset.lower(), endpoint.paramcd),
        population=run.population,
        n_population=run.size_of(run.population),
        source=f"{run.source}: {endpoint.dataset}",
        data_status=run.data_status,
        method="observed values of those with both measurements",
    )


@published.shows
def published_table(published: Results, run: Settings) -> Table:
    """Show what was published beside the patient-level summary."""
    notes = [
        "Mean (SD), n. Published: decimals as printed; – is not in the texts read; never pooled.",
        "The change of a published row is the difference of its two means. On which reference a "
        "published height SDS stands is not stated.",
    ]
    if run.data_status == "synthetic":
        notes.append(
            "The synthetic data were generated to meet the published means: that they agree "
            "is by construction and confirms nothing."
        )
    return Table(
        title="What was published of this study, beside the patient-level summary",
        results=published,
        labels={"variable": "Measure", "group1_level": "Report"},
        across="variable_level",
        columns=[Column("", "{mean} ({sd}), n {n}", "text")],
        footnotes=notes,
    )


@published.shows
def identities_table(_published: Results, run: Settings) -> Table:
    """Show which reports are taken to be of this study, and why."""
    return Table(
        title="Which reports are taken to be of this study",
        results=identities(run),
        labels={"group1_level": "Report"},
        columns=[Column("Because", "{reason}", "text")],
    )
