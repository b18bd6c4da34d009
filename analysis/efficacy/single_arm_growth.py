"""Growth in a single-arm trial: responders, and height SDS on both references."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from analysis.efficacy.height_scores import declared_growth, scored_heights
from analysis.efficacy.primary import DIGITS
from analysis.efficacy.single_arm import (
    HEIGHT_SDS,
    HEIGHT_VELOCITY,
    endpoint_of,
    level_words,
    pairs,
    sourced,
)
from analysis.efficacy.single_arm_settings import SingleArmSettings
from analysis.errors import UserError
from analysis.numbers import percent
from analysis.results import NOT_ESTIMABLE, Results, Stat, from_frame, present
from analysis.stats.descriptive import summarise
from analysis.stats.proportions import estimate_proportion


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
            data = pairs(replace(settings, endpoint=endpoint_of(settings, paramcd)))
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
        sourced(frame, settings),
        present(stats, frame),
        analysis_id="responders",
        group1="denominator",
        context="growth",
        method=f"Clopper–Pearson and Wilson intervals, {level_words(settings)}",
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
    declared = declared_growth(settings)
    meanings = {
        settings.growth_reference: "compares with children of the same age and sex in the general "
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
            scored = scored_heights(settings, name)
        except UserError as error:
            rows.append(
                place
                | {
                    "variable_level": "Not estimable",
                    "remark": f"It {meaning}. Not estimable, because {error}",
                    "conclusion": NOT_ESTIMABLE,
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
        sourced(frame, settings).assign(
            variable="Height SDS", source=f"{settings.trial.plan.id}: {declared.dataset}"
        ),
        present(stats, frame),
        analysis_id="height-sds",
        group1="growth reference",
        context="growth",
        method=f"LMS at the exact age; t interval of the mean, {level_words(settings)}",
        **settings.result_labels,
    )


def _against_own(settings: SingleArmSettings, scored: pd.DataFrame) -> float | None:
    """Return the largest difference from the height SDS in the trial's own tables."""
    try:
        own = pairs(replace(settings, endpoint=endpoint_of(settings, HEIGHT_SDS)))
    except UserError:
        return None
    own = own.set_index("USUBJID")[["BASE", "AVAL"]]
    gaps = (scored[["BASE", "AVAL"]] - own).abs().to_numpy()
    return None if np.isnan(gaps).all() else float(np.nanmax(gaps))
