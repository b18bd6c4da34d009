"""A trial without a comparator: change within participants, and what was published of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from analysis import growth
from analysis.efficacy import participants
from analysis.efficacy.primary import DIGITS
from analysis.efficacy.settings import Settings, analysis_data, find_endpoint
from analysis.efficacy.single_arm_settings import SingleArmSettings
from analysis.errors import NoSection, UserError
from analysis.numbers import percent
from analysis.results import Results, Stat, combine, from_frame, present
from analysis.sources.evidence import Ledger, arm_summaries, load_ledger
from analysis.sources.growth_reference import DAYS_PER_MONTH, load_reference
from analysis.sources.trial.plan import Endpoint
from analysis.stats.descriptive import Summary, summarise
from analysis.stats.differences import difference_from_estimate
from analysis.stats.proportions import estimate_proportion

HEIGHT_VELOCITY, HEIGHT_SDS = "HV", "HTSDS"
"""PARAMCD of the two measures of growth, in trials and in the ledger."""
CORRELATIONS = tuple(round(0.05 * step, 2) for step in range(20))
"""Correlations of baseline with follow-up that are tried: 0 to 0.95."""
WORST, EXTREME = 0.0, -1.0
"""The worst correlation considered plausible, and the worst that arithmetic allows."""


def pairs(settings: Settings, population: str = "") -> pd.DataFrame:
    """Return baseline, value and change of everyone who has both.

    Parameters
    ----------
    settings
        What is analysed.
    population
        Another population than that of the settings; "" for the same.

    Raises
    ------
    UserError
        If fewer than two participants have both.
    """
    data = analysis_data(settings, population=population)
    endpoint = settings.endpoint
    if "BASE" not in data:
        raise UserError(f"{endpoint.dataset} has no BASE, so there is no change from baseline")
    found = data[["USUBJID", "BASE", "AVAL"]].dropna()
    if len(found) < 2:
        raise UserError(
            f"a change from baseline needs two participants with {endpoint.paramcd} at baseline "
            f"and at {endpoint.visit}; the population '{population or settings.population}' "
            f"has {len(found)}"
        )
    return found.assign(CHANGE=found["AVAL"] - found["BASE"]).reset_index(drop=True)


def disposition(settings: Settings) -> Results:
    """Return participant numbers from screening to analysis; nobody was randomised."""
    found = participants.disposition(settings).frame
    words = {"Randomised": "Enrolled", "Not randomised": "Not enrolled"}
    return Results(found.assign(variable=found["variable"].replace(words)))


def change(settings: Settings) -> Results:
    """Return the mean change from baseline with its paired t interval."""
    data = pairs(settings)
    level = settings.conf_level
    row = {
        "group1_level": settings.treatment,
        "big_n": len(settings.trial.subjects(settings.population)),
        "level": level,
        "level_digits": 0 if float(100 * level).is_integer() else 1,
    }
    return _changes(
        [row | _change_row(data["CHANGE"], settings)],
        settings,
        analysis_id="change",
        group1="arm",
    )


def observed(settings: Settings) -> Results:
    """Return baseline, value and change: n, mean, SD, interval of the mean, median and range."""
    data = pairs(settings)
    rows = []
    for column, label in (
        ("BASE", "Baseline"),
        ("AVAL", settings.endpoint.visit),
        ("CHANGE", "Change"),
    ):
        summary = summarise(data[column], level=settings.conf_level)
        rows.append(
            {
                "group1_level": settings.treatment,
                "variable_level": label,
                "n": summary.n,
                "mean": summary.mean,
                "sd": summary.sd,
                "low": summary.lower,
                "high": summary.upper,
                "median": summary.median,
                "min": summary.minimum,
                "max": summary.maximum,
            }
        )
    unit = settings.endpoint.unit
    return from_frame(
        _sourced(pd.DataFrame(rows), settings).assign(variable=settings.endpoint.paramcd),
        {
            "n": Stat("n", "n", 0),
            "mean": Stat("mean", "Mean", DIGITS, unit),
            "sd": Stat("sd", "SD", DIGITS, unit),
            "low": Stat("conf.low", "Lower limit", DIGITS, unit),
            "high": Stat("conf.high", "Upper limit", DIGITS, unit),
            "median": Stat("median", "Median", DIGITS, unit),
            "min": Stat("min", "Minimum", DIGITS, unit),
            "max": Stat("max", "Maximum", DIGITS, unit),
        },
        analysis_id="observed",
        group1="arm",
        context="efficacy",
        method=f"{_paired(settings)}; median by SAS definition 5",
        **settings.result_labels,
    )


def individuals(settings: Settings) -> Results:
    """Return baseline, value and change of each participant, numbered by change, never named."""
    data = pairs(settings).sort_values("CHANGE", ignore_index=True)
    unit = settings.endpoint.unit
    return from_frame(
        _sourced(
            pd.DataFrame(
                {
                    "group1_level": [f"participant {i + 1}" for i in range(len(data))],
                    "base": data["BASE"],
                    "value": data["AVAL"],
                    "change": data["CHANGE"],
                }
            ),
            settings,
        ).assign(variable=settings.endpoint.paramcd),
        {
            "base": Stat("base", "Baseline", DIGITS, unit),
            "value": Stat("value", settings.endpoint.visit, DIGITS, unit),
            "change": Stat("change", "Change", DIGITS, unit),
        },
        analysis_id="individuals",
        group1="participant",
        context="efficacy",
        method="observed values",
        **settings.result_labels,
    )


def robustness(settings: Settings) -> Results:
    """Return the mean change in the planned populations, and with 0 where it is missing.

    Notes
    -----
    The last row puts a change of 0 in place of a missing one. It is a pessimistic bound where a
    rise is expected, not a model of what would have been.
    """
    plan = settings.trial.plan
    planned = [name for name in plan.analysis.sensitivity if name in plan.populations]
    rows: list[dict[str, object]] = []
    for population in dict.fromkeys((settings.population, plan.analysis.population, *planned)):
        row: dict[str, object] = {
            "group1_level": f"{population}, observed",
            "population": population,
        }
        try:
            rows.append(row | _change_row(pairs(settings, population)["CHANGE"], settings))
        except UserError as error:
            rows.append(row | {"reason": str(error)})
    everyone = settings.trial.subjects(settings.population)["USUBJID"]
    known = pairs(settings).set_index("USUBJID")["CHANGE"]
    rows.append(
        {
            "group1_level": f"{settings.population}, a missing change counted as none",
            "population": settings.population,
        }
        | _change_row(everyone.map(known).fillna(0.0), settings)
    )
    return _changes(rows, settings, analysis_id="robustness", group1="analysis")


def secondary(settings: Settings) -> Results:
    """Return the mean change in every other endpoint of the plan that is a change.

    Notes
    -----
    Intervals are not adjusted for multiplicity.
    """
    rows: list[dict[str, object]] = []
    for endpoint in settings.trial.plan.endpoints.all:
        if endpoint.value != "CHG" or endpoint.paramcd == settings.endpoint.paramcd:
            continue
        row: dict[str, object] = {
            "group1_level": settings.treatment,
            "variable": endpoint.name,
            "variable_level": endpoint.unit,
        }
        try:
            data = pairs(replace(settings, endpoint=endpoint))
            rows.append(row | _change_row(data["CHANGE"], settings))
        except UserError as error:
            rows.append(row | {"reason": str(error)})
    if not rows:
        raise NoSection("the plan declares no change in another endpoint")
    return _changes(rows, settings, analysis_id="secondary", group1="arm")


def _change_row(values: pd.Series, settings: Settings) -> dict[str, object]:
    summary: Summary = summarise(values, level=settings.conf_level)
    return {
        "n": summary.n,
        "estimate": summary.mean,
        "sd": summary.sd,
        "se": summary.std_error,
        "df": summary.n - 1,
        "low": summary.lower,
        "high": summary.upper,
    }


def _changes(
    rows: list[dict[str, object]], settings: Settings, *, analysis_id: str, group1: str
) -> Results:
    frame = pd.DataFrame(rows)
    if "variable_level" not in frame:
        frame = frame.assign(variable_level=settings.endpoint.unit)
    stats = {
        "n": Stat("n", "n", 0),
        "big_n": Stat("N", "Population", 0),
        "level": Stat("conf.level", "Confidence level", "level_digits", form=percent),
        "estimate": Stat("estimate", "Mean change", DIGITS, "variable_level"),
        "sd": Stat("sd", "SD", DIGITS, "variable_level"),
        "se": Stat("std.error", "SE", DIGITS, "variable_level"),
        "df": Stat("parameter", "df", 0),
        "low": Stat("conf.low", "Lower limit", DIGITS, "variable_level"),
        "high": Stat("conf.high", "Upper limit", DIGITS, "variable_level"),
        "reason": Stat("reason", "Not estimable, because"),
    }
    if "variable" not in frame:
        frame = frame.assign(variable=settings.endpoint.name)
    return from_frame(
        _sourced(frame, settings),
        present(stats, frame),
        analysis_id=analysis_id,
        group1=group1,
        context="efficacy",
        method=_paired(settings),
        **settings.result_labels,
    )


def _paired(settings: Settings) -> str:
    return f"Value minus baseline within participants; paired t interval, {_level(settings)}"


def _level(settings: Settings) -> str:
    return f"level {percent(settings.conf_level, 1).replace('.0', '')}"


def _sourced(frame: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    trial = settings.trial
    who = frame.get("population", pd.Series(settings.population, index=frame.index))
    sizes = {name: len(trial.subjects(name)) for name in who.unique()}
    return frame.assign(
        population=who,
        n_population=who.map(sizes),
        source=f"{trial.plan.id}: {settings.endpoint.dataset}",
    )


# What was published ------------------------------------------------------------------------


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
        "note": "difference of the two means; the SD of the change is not printed",
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
        endpoint = _endpoint(settings, paramcd)
        data = pairs(replace(settings, endpoint=endpoint))
    except UserError:
        return Results()
    rows = []
    for column, time in (("BASE", "Baseline"), ("AVAL", endpoint.visit), ("CHANGE", "Change")):
        summary = summarise(data[column], level=settings.conf_level)
        rows.append({"variable_level": time, "n": summary.n, "mean": summary.mean,
                     "sd": summary.sd})  # fmt: skip
    return from_frame(
        _sourced(pd.DataFrame(rows), settings).assign(
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


def _endpoint(settings: Settings, paramcd: str) -> Endpoint:
    """Return an endpoint by its PARAMCD, at the visit of the run."""
    found = find_endpoint(settings.trial, paramcd)
    return found.model_copy(update={"visit": settings.endpoint.visit})


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
        method=f"paired t interval from marginal SDs, {_level(settings)}",
        data_status="published",
        plan_status=settings.plan_status,
    )


# Growth --------------------------------------------------------------------------------------


def responders(settings: SingleArmSettings) -> Results:
    """Return the share of participants whose growth reached the stated thresholds.

    Notes
    -----
    Two denominators: those with both measurements, and the whole population with a missing
    change counted as no response. Clopper–Pearson keeps at least its level for any true share;
    Wilson is nearer to it on average and narrower.
    """
    rows: list[dict[str, object]] = []
    level = settings.conf_level
    size = len(settings.trial.subjects(settings.population))
    for paramcd, threshold, label, unit in (
        (HEIGHT_VELOCITY, settings.velocity_threshold, "Change in height velocity", "cm/year"),
        (HEIGHT_SDS, settings.response_threshold, "Change in height SDS", "SDS"),
    ):
        name = f"{label} of at least {threshold:g} {unit}"
        try:
            data = pairs(replace(settings, endpoint=_endpoint(settings, paramcd)))
        except UserError as error:
            rows.append({"variable": name, "group1_level": "observed", "reason": str(error)})
            continue
        # Without the noise of binary fractions, so that 2.3 − 2.0 reaches 0.3.
        events = int((data["CHANGE"].round(6) >= threshold).sum())
        for who, n in (("observed", len(data)), ("missing as no response", size)):
            exact = estimate_proportion(events, n, method="clopper-pearson", level=level)
            score = estimate_proportion(events, n, method="wilson", level=level)
            rows.append(
                {
                    "variable": name,
                    "group1_level": who,
                    "events": events,
                    "n": n,
                    "p": float(exact.estimate),
                    "low": float(exact.lower),
                    "high": float(exact.upper),
                    "wilson_low": float(score.lower),
                    "wilson_high": float(score.upper),
                }
            )
    stats = {
        "events": Stat("n", "Responders", 0),
        "n": Stat("N", "Of", 0),
        "p": Stat("p", "Per cent", 1, form=percent),
        "low": Stat("conf.low", "Clopper–Pearson, lower limit", 1, form=percent),
        "high": Stat("conf.high", "Clopper–Pearson, upper limit", 1, form=percent),
        "wilson_low": Stat("wilson.low", "Wilson, lower limit", 1, form=percent),
        "wilson_high": Stat("wilson.high", "Wilson, upper limit", 1, form=percent),
        "reason": Stat("reason", "Not estimable, because"),
    }
    frame = pd.DataFrame(rows)
    return from_frame(
        _sourced(frame, settings),
        present(stats, frame),
        analysis_id="responders",
        group1="denominator",
        context="growth",
        method=f"Clopper–Pearson and Wilson intervals, {_level(settings)}",
        **settings.result_labels,
    )


def height_sds(settings: SingleArmSettings) -> Results:
    """Return height SDS before and after on the general and on the disease's own reference.

    Notes
    -----
    Derived anew from heights, dates and sex, so that the same heights stand on every reference.
    A reference whose table is not shipped keeps its row and says why. ``check`` is the largest
    difference from the trial's own height SDS, on the reference that the plan names.
    """
    declared = settings.trial.plan.growth
    if declared is None:
        raise NoSection("the plan of the trial declares no growth")
    meanings = {
        settings.height_reference: "compares with children of the same age and sex in the general "
        "population: how short a child is among peers",
        declared.disease_reference: "compares with untreated children with the same condition: "
        "how much taller a child is than expected without treatment",
    }
    rows: list[dict[str, object]] = []
    for name, meaning in meanings.items():
        if not name:
            continue
        place: dict[str, object] = {"group1_level": name}
        try:
            scored = _scored(settings, name)
        except UserError as error:
            rows.append(
                place
                | {
                    "variable_level": "Not estimable",
                    "remark": f"It {meaning}. Not estimable, because {error}",
                    "conclusion": "not estimable",
                }
            )
            continue
        times = {"BASE": "Baseline", "AVAL": settings.endpoint.visit, "CHANGE": "Change"}
        for column, time in times.items():
            summary = summarise(scored[column], level=settings.conf_level)
            rows.append(
                place
                | {
                    "variable_level": time,
                    "n": summary.n,
                    "mean": summary.mean,
                    "sd": summary.sd,
                    "low": summary.lower,
                    "high": summary.upper,
                    "remark": f"It {meaning}." if column == "BASE" else None,
                }
            )
        if name == declared.reference:
            rows[-1] |= {"check": _against_own(settings, scored)}
    stats = {
        "n": Stat("n", "n", 0),
        "mean": Stat("mean", "Mean", DIGITS, "SDS"),
        "sd": Stat("sd", "SD", DIGITS, "SDS"),
        "low": Stat("conf.low", "Lower limit", DIGITS, "SDS"),
        "high": Stat("conf.high", "Upper limit", DIGITS, "SDS"),
        "check": Stat("check", "Largest difference from the trial's own SDS", 4, "SDS"),
        "remark": Stat("remark", "Remark"),
        "conclusion": Stat("conclusion", "Conclusion"),
    }
    frame = pd.DataFrame(rows)
    return from_frame(
        _sourced(frame, settings).assign(
            variable="Height SDS", source=f"{settings.trial.plan.id}: {declared.dataset}"
        ),
        present(stats, frame),
        analysis_id="height-sds",
        group1="growth reference",
        context="growth",
        method=f"LMS at the exact age; t interval of the mean, {_level(settings)}",
        **settings.result_labels,
    )


def _scored(settings: SingleArmSettings, name: str) -> pd.DataFrame:
    """Return height SDS at baseline and at the visit on a reference, of those with both."""
    declared = settings.trial.plan.growth
    assert declared is not None
    reference = load_reference(name)
    trial = settings.trial
    adsl = trial.tables["adsl"]
    for column in ("SEX", "BRTHDT"):
        if column not in adsl:
            raise UserError(f"ADSL has no {column}, which height SDS needs")
    heights = trial.records(
        declared.dataset, population=settings.population, paramcd=declared.paramcd
    )
    heights = heights.drop(columns=["SEX", "BRTHDT"], errors="ignore").merge(
        adsl[["USUBJID", "SEX", "BRTHDT"]], on="USUBJID", validate="many_to_one"
    )
    if trial.plan.records.baseline not in heights:
        raise UserError(f"{declared.dataset} has no {trial.plan.records.baseline}")
    baseline = heights[trial.plan.records.baseline] == "Y"
    at_visit = heights["AVISIT"] == settings.endpoint.visit
    heights = heights[baseline | at_visit]
    heights = heights.assign(AGEMOS=growth.age_in_months(heights, source="BRTHDT"))
    scores = growth.height_sds(heights, reference=reference)
    scores["BASELINE"] = heights[trial.plan.records.baseline] == "Y"
    before = scores[scores["BASELINE"]].set_index("USUBJID")["AVAL"]
    after = scores[~scores["BASELINE"]].set_index("USUBJID")["AVAL"]
    found = pd.DataFrame({"BASE": before, "AVAL": after}).dropna()
    if len(found) < 2:
        raise UserError(f"fewer than two participants have a height SDS on {name} at both times")
    return found.assign(CHANGE=found["AVAL"] - found["BASE"])


def _against_own(settings: SingleArmSettings, scored: pd.DataFrame) -> float | None:
    """Return the largest difference from the height SDS in the trial's own tables."""
    try:
        own = pairs(replace(settings, endpoint=_endpoint(settings, HEIGHT_SDS)))
    except UserError:
        return None
    own = own.set_index("USUBJID")[["BASE", "AVAL"]]
    gaps = (scored[["BASE", "AVAL"]] - own).abs().to_numpy()
    return None if np.isnan(gaps).all() else float(np.nanmax(gaps))
