"""Growth in a single-arm trial: responders, and height SDS on both references."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from analysis.display import columns
from analysis.display.rows import has, method_words
from analysis.display.tables import Column, Table
from analysis.efficacy.by_role import endpoint_by_role
from analysis.efficacy.height_scores import declared_growth, scored_heights
from analysis.efficacy.response import grown, share_limits
from analysis.efficacy.single_arm import CHANGE, before_and_after, pairs
from analysis.efficacy.single_arm_settings import SingleArmSettings
from analysis.errors import UserError
from analysis.numbers import level
from analysis.results import NOT_ESTIMABLE, PROPORTION, Results, section, tally
from analysis.sources.response_thresholds import Measure
from analysis.thresholds import at_least


@section
def responders(run: SingleArmSettings) -> Results:
    """Return the share of participants whose growth reached the stated thresholds.

    Notes
    -----
    Two denominators: those with both measurements, and the whole population with a missing
    change counted as no response. Clopper–Pearson keeps at least its level for any true share;
    Wilson is nearer to it on average and narrower.
    """
    rows: list[dict[str, Any]] = []
    thresholds: tuple[tuple[Measure, float, str, str], ...] = (
        ("height_velocity_change", run.velocity_threshold, "Change in height velocity", "cm/year"),
        ("height_sds_change", run.response_threshold, "Change in height SDS", "SDS"),
    )
    for measure, threshold, label, unit in thresholds:
        place = {
            "variable": f"{label} of at least {threshold:g} {unit}",
            "dataset": run.endpoint.dataset,
        }
        try:
            found = grown(run, measure)
        except UserError as error:
            rows.append(place | {"group1_level": "observed", "reason": str(error)})
            continue
        place["dataset"] = found.dataset
        known = found.children.dropna(subset=["VALUE"])
        reached = tally(known[at_least(known["VALUE"], threshold)])
        for who, own in {"observed": known, "missing as no response": found.children}.items():
            size = tally(own, "N")
            share = {"p": reached["n"] / size["N"]}
            limits = share_limits(reached["n"], size["N"], level=run.conf_level)
            rows.append(place | {"group1_level": who} | reached | size | share | limits)
    return run.results(
        pd.DataFrame(rows),
        "responders",
        group1="denominator",
        context="growth",
        unit=PROPORTION,
        method=f"Clopper–Pearson and Wilson intervals, level {level(run.conf_level)}",
    )


@responders.shows
def responders_table(responders: Results, run: SingleArmSettings) -> Table:
    """Show the share of participants above the stated thresholds."""
    return Table(
        title="Participants whose growth reached a threshold",
        results=responders,
        groups="variable",
        labels={"group1_level": "Denominator"},
        columns=[
            Column("Responders", "{n} of {N}"),
            Column("%", "{p}"),
            Column("Clopper–Pearson, %", "{conf.low} to {conf.high}"),
            Column("Wilson, %", "{wilson.low} to {wilson.high}"),
            *([columns.REMARK] if has(responders, "reason") else []),
        ],
        footnotes=[
            f"Population: {run.population_words}. {method_words(responders)}. Thresholds are "
            "parameters of this run, not of the plan; published ones stand in the table of "
            "definitions.",
            "Clopper–Pearson keeps at least its level whatever the true share; Wilson is closer "
            "to it on average and narrower.",
        ],
    )


@section
def height_sds(run: SingleArmSettings) -> Results:
    """Return height SDS before and after on the general and on the disease's own reference.

    Notes
    -----
    Derived anew from heights, dates and sex, so that the same heights stand on every reference.
    A reference whose table is not shipped keeps its row and says why. ``check`` is the largest
    difference from the trial's own height SDS, on the reference that the plan names.
    """
    declared = declared_growth(run)
    meanings = {
        run.growth_reference: "compares with children of the same age and sex in the general "
        "population: how short a child is among peers",
        declared.disease_reference: "compares with untreated children with the same condition: "
        "how much taller a child is than expected without treatment",
    }
    rows: list[dict[str, Any]] = []
    for name, meaning in meanings.items():
        if not name:
            continue
        try:
            scored = scored_heights(run, name)
        except UserError as error:
            remark = f"It {meaning}. Not estimable, because {error}"
            row = {"group1_level": name, "variable_level": "Not estimable", "remark": remark}
            rows.append(row | {"conclusion": NOT_ESTIMABLE})
            continue
        found = before_and_after(scored, run, "n", "mean", "sd", "conf.low", "conf.high")
        times = [{"group1_level": name} | row for row in found]
        times[0]["remark"] = f"It {meaning}."
        if name == declared.reference:
            times[-1]["check"] = _against_own(run, scored)
        rows += times
    return run.results(
        pd.DataFrame(rows).assign(variable="Height SDS", dataset=declared.dataset),
        "height-sds",
        group1="growth reference",
        context="growth",
        unit="SDS",
        method=f"LMS at the exact age; t interval of the mean, level {level(run.conf_level)}",
    )


def _against_own(run: SingleArmSettings, scored: pd.DataFrame) -> float | None:
    """Return the largest difference from the height SDS in the trial's own tables."""
    try:
        own = pairs(replace(run, endpoint=endpoint_by_role(run, "height_sds")))
    except UserError:
        return None
    own = own.set_index("USUBJID")[["BASE", "AVAL"]]
    gaps = (scored[["BASE", "AVAL"]] - own).abs().to_numpy()
    return None if np.isnan(gaps).all() else float(np.nanmax(gaps))


@height_sds.shows
def height_sds_table(height_sds: Results, run: SingleArmSettings) -> Table:
    """Show height SDS on the general and on the disease's own reference."""
    checked = height_sds.select(stat_name="check", variable_level=CHANGE).frame["stat_fmt"]
    return Table(
        title="Height SDS by growth reference",
        results=height_sds,
        groups="group1_level",
        labels={"variable_level": "Time"},
        columns=[
            columns.N,
            columns.MEAN_SD,
            columns.MEAN_INTERVAL,
            Column("What this reference tells", "{remark}", "text"),
        ],
        footnotes=[
            f"Population: {run.population_words}; those with both heights. "
            f"{method_words(height_sds)}.",
            *(
                "Derived anew from the heights; the largest difference from the trial's own "
                f"height SDS is {largest}."
                for largest in checked
            ),
        ],
    )
