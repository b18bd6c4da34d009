"""What was published of the same single-arm study, and its change for every correlation."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from analysis.efficacy.primary import DIGITS
from analysis.efficacy.settings import Settings
from analysis.efficacy.single_arm import (
    HEIGHT_SDS,
    HEIGHT_VELOCITY,
    endpoint_of,
    level_words,
    pairs,
    sourced,
)
from analysis.errors import NoSection, UserError
from analysis.results import Results, Stat, combine, from_frame
from analysis.sources.arm_summaries import arm_summaries
from analysis.sources.evidence import Ledger, load_ledger
from analysis.sources.growth_reference import DAYS_PER_MONTH
from analysis.stats.descriptive import summarise
from analysis.stats.differences import difference_from_estimate

CORRELATIONS = tuple(round(0.05 * step, 2) for step in range(20))
"""Correlations of baseline with follow-up that are tried: 0 to 0.95."""
WORST, EXTREME = 0.0, -1.0
"""The worst correlation considered plausible, and the worst that arithmetic allows."""


def _reported_arms(settings: Settings, ledger: Ledger) -> pd.DataFrame:
    """Return the arms of the ledger that report this study, and why each is taken to be it."""
    declared = settings.trial.plan.published
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


def _months(settings: Settings) -> int:
    """Return the planned time of the endpoint's visit, in whole months."""
    for visit in settings.trial.plan.visits:
        if visit.name == settings.endpoint.visit:
            return round((visit.day - 1) / DAYS_PER_MONTH)
    raise UserError(f"trial.yml gives no day for the visit {settings.endpoint.visit}")


def _reported(settings: Settings, ledger: Ledger, paramcd: str) -> pd.DataFrame:
    """Return each report's baseline and follow-up of one endpoint, side by side."""
    arms = _reported_arms(settings, ledger)[["study_id", "arm_id"]]
    before, after = (
        arm_summaries(ledger, paramcd=paramcd, months=months).merge(arms)
        for months in (0, _months(settings))
    )
    kept = "n mean decimals sd sd_decimals sd_method result_ids".split()
    described = ["label", "arm", "unit", "source_id"]
    key = ["study_id", "arm_id", "population"]
    both = before[[*key, *described, *kept]].merge(
        after[[*key, *kept]], on=key, suffixes=("_before", "_after"), validate="one_to_one"
    )
    return arms.merge(both)  # the independent report first


def identities(settings: Settings) -> Results:
    """Return which published reports are taken to be of this study, and why."""
    ledger = load_ledger()
    arms = _reported_arms(settings, ledger).merge(
        ledger.studies[["study_id", "label"]], on="study_id"
    )
    arms = arms.merge(
        ledger.arms[["study_id", "arm_id", "label"]],
        on=["study_id", "arm_id"],
        suffixes=("", "_arm"),
    )
    said = arms["note"].where(arms["basis"] == "", arms["basis"] + "; " + arms["note"])
    return from_frame(
        pd.DataFrame(
            {
                "group1_level": arms["label"] + ", " + arms["label_arm"],
                "because": said.where(
                    said != "", "the independent report, named in the plan of the trial"
                ),
                "source": arms["study_id"],
            }
        ),
        {"because": Stat("because", "Taken to be this study because")},
        analysis_id="identities",
        group1="report",
        context="published",
        data_status="published",
        plan_status=settings.plan_status,
    )


def published(settings: Settings) -> Results:
    """Return what was published of this study beside the patient-level summary.

    Notes
    -----
    Rows are laid side by side and never pooled: the published ones keep their status and their
    printed decimals. The change of a published row is the difference of its two means; its SD
    is not printed and cannot be had from the means. The patient-level rows of a synthetic trial
    were generated to hit the published means, so that their agreement shows nothing.
    """
    ledger = load_ledger()
    parts = []
    names = {
        HEIGHT_VELOCITY: "Height velocity",
        HEIGHT_SDS: "Height SDS",
    }
    for paramcd in dict.fromkeys((settings.endpoint.paramcd, *names)):
        if paramcd not in set(ledger.endpoints["paramcd"]):
            continue
        label = names.get(paramcd, paramcd)
        for report in _reported(settings, ledger, paramcd).to_dict("records"):
            parts.append(_published_rows(report, label, settings))
        parts.append(_patient_level_rows(paramcd, label, settings))
    found = combine(parts)
    if not (found.frame["data_status"] == "published").any():
        raise UserError(f"the ledger has no {settings.endpoint.paramcd} of this study")
    return found


MEASURES = {
    "n": Stat("n", "n", 0),
    "mean": Stat("mean", "Mean", "decimals", "unit"),
    "sd": Stat("sd", "SD", "sd_decimals", "unit"),
}


def _published_rows(report: dict[str, object], label: str, settings: Settings) -> Results:
    def at(moment: str, time: str) -> dict[str, object]:
        return {
            "variable_level": time,
            "n": report[f"n_{moment}"],
            "mean": report[f"mean_{moment}"],
            "sd": report[f"sd_{moment}"],
            "decimals": report[f"decimals_{moment}"],
            "sd_decimals": _places(report[f"sd_decimals_{moment}"]),
            "source": f"{report['source_id']}: {report[f'result_ids_{moment}']}",
            "note": report[f"sd_method_{moment}"],
        }

    after, before = at("after", settings.endpoint.visit), at("before", "Baseline")
    change = after | {
        "variable_level": "Change",
        "n": after["n"] if after["n"] == before["n"] else None,
        "mean": _number(after["mean"]) - _number(before["mean"]),
        "sd": None,
        "decimals": max(_places(after["decimals"]), _places(before["decimals"])),
        "source": f"{before['source']}; {report['result_ids_after']}",
        "note": "difference of the two means; the SD of the change is not in the texts read",
    }
    return from_frame(
        pd.DataFrame([before, after, change]).assign(
            group1_level=f"{report['label']}, {report['arm']}",
            variable=_with_unit(label, str(report["unit"])),
            group2_level="published",
            unit=report["unit"],
            population=report["population"],
        ),
        MEASURES,
        analysis_id="published",
        group1="report",
        group2="data",
        context="published",
        method="as printed",
        data_status="published",
        plan_status=settings.plan_status,
    )


def _with_unit(label: str, unit: str) -> str:
    return label if label.endswith(unit) else f"{label}, {unit}"


def _places(value: object) -> int:
    """Return the printed decimals; 0 where nothing was printed."""
    number = _number(value)
    return 0 if np.isnan(number) else int(number)


def _number(value: object) -> float:
    return np.nan if value is None else float(str(value))


def _patient_level_rows(paramcd: str, label: str, settings: Settings) -> Results:
    try:
        endpoint = endpoint_of(settings, paramcd)
        data = pairs(replace(settings, endpoint=endpoint))
    except UserError:
        return Results()
    rows = []
    for column, time in (("BASE", "Baseline"), ("AVAL", endpoint.visit), ("CHANGE", "Change")):
        summary = summarise(data[column], level=settings.conf_level)
        rows.append({"variable_level": time, "n": summary.n, "mean": summary.mean,
                     "sd": summary.sd})  # fmt: skip
    return from_frame(
        sourced(pd.DataFrame(rows), settings).assign(
            group1_level=f"{settings.trial.plan.id}, patient level",
            variable=_with_unit(label, endpoint.unit),
            group2_level=settings.data_status,
            unit=endpoint.unit,
            decimals=DIGITS,
            sd_decimals=DIGITS,
        ),
        MEASURES,
        analysis_id="published",
        group1="report",
        group2="data",
        context="published",
        method="observed values of those with both measurements",
        **settings.result_labels,
    )


def sd_of_change(
    sd_before: float, sd_after: float, correlation: np.ndarray | float
) -> np.ndarray | float:
    """Return the SD of the change from the two marginal SDs and their correlation.

    Examples
    --------
    >>> round(float(sd_of_change(3.0, 4.0, 0.0)), 9), float(sd_of_change(3.0, 4.0, 1.0))
    (5.0, 1.0)
    """
    variance = sd_before**2 + sd_after**2 - 2 * correlation * sd_before * sd_after
    return np.sqrt(np.maximum(variance, 0.0))


def by_correlation(settings: Settings) -> Results:
    """Return the interval of the published mean change for every correlation tried.

    Notes
    -----
    A paper that prints mean and SD before and after, but not the SD of the change, leaves the
    correlation of the two open. The SD of the change is √(s₀² + s₁² − 2 ρ s₀ s₁), and the
    interval is that of a paired t test, n − 1 df. It is widest at the lowest correlation: 0 is
    the worst of those tried, −1 the worst that arithmetic allows.

    References
    ----------
    Cochrane Handbook for Systematic Reviews of Interventions, section 6.5.2.8.
    """
    reported = _reported(settings, load_ledger(), settings.endpoint.paramcd)
    whole = reported.dropna(subset=["sd_before", "sd_after", "n_before"])
    whole = whole[whole["n_before"] == whole["n_after"]]
    if whole.empty:
        raise UserError(
            f"no report of this study prints n and the SDs of {settings.endpoint.paramcd} at "
            f"baseline and at {settings.endpoint.visit}"
        )
    frames = []
    for report in whole.to_dict("records"):
        n = int(report["n_before"])
        estimate = report["mean_after"] - report["mean_before"]
        for correlation in (EXTREME, *CORRELATIONS):
            sd = float(sd_of_change(report["sd_before"], report["sd_after"], correlation))
            found = difference_from_estimate(
                estimate, sd / np.sqrt(n), df=n - 1, level=settings.conf_level
            )
            frames.append(
                {
                    "group1_level": f"{report['label']}, {report['arm']}",
                    "group2_level": f"{correlation:.2f}".replace("-", "−"),
                    "n": n,
                    "estimate": estimate,
                    "sd": sd,
                    "low": found.lower,
                    "high": found.upper,
                    "population": report["population"],
                    "n_population": n,
                    "source": f"{report['source_id']}: {report['result_ids_before']}; "
                    f"{report['result_ids_after']}",
                    "places": int(max(report["decimals_before"], report["decimals_after"])),
                }
            )
    unit = settings.endpoint.unit
    return from_frame(
        pd.DataFrame(frames).assign(variable=settings.endpoint.name),
        {
            "n": Stat("n", "n", 0),
            "estimate": Stat("estimate", "Difference of the means", "places", unit),
            "sd": Stat("sd", "SD of the change", DIGITS, unit),
            "low": Stat("conf.low", "Lower limit", DIGITS, unit),
            "high": Stat("conf.high", "Upper limit", DIGITS, unit),
        },
        analysis_id="by-correlation",
        group1="report",
        group2="correlation",
        context="published",
        method=f"paired t interval from marginal SDs, {level_words(settings)}",
        data_status="published",
        plan_status=settings.plan_status,
    )
