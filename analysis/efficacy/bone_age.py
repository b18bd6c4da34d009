"""Bone age: how late it is before treatment, and how fast it advances under it."""

from typing import Any

import pandas as pd

from analysis import growth
from analysis.display import columns
from analysis.display.rows import has, method_words
from analysis.display.tables import Column, Table
from analysis.efficacy.growth_measures import SHORTEST
from analysis.efficacy.growth_rows import counted_reasons
from analysis.efficacy.height_scores import declared_growth
from analysis.efficacy.rows import described
from analysis.efficacy.settings import Settings
from analysis.errors import NoSection, UserError
from analysis.exact import ratio
from analysis.numbers import level
from analysis.results import Results, section
from analysis.results.intervals import TESTED, interval_columns
from analysis.sources.trial.growth_roles import before_treatment, needed_unit, over_time, place_of
from analysis.sources.trial.plan_disclosure import Allowed
from analysis.stats.differences import difference_of_means
from analysis.thresholds import below

ROLE = "bone_age"
BEFORE, AFTER = 0, 1
"""AVISITN given here to the baseline and to the visit of the endpoint."""
TIME_IN_YEARS = dict.fromkeys(("years", "year", "yrs", "yr", "y", "a"), 1.0) | dict.fromkeys(
    ("months", "month", "mo"), 1 / 12
)
"""Unit of a bone age → what it is multiplied by to be in years."""
ADVANCE = "Years of bone age gained per year of age (ΔBA/ΔCA)"
SHOWN = ("n", "mean", "sd", "median", "min", "max")


@section
def bone_age(run: Settings) -> Results:
    """Return how fast bone age advanced against age, arm by arm, and the difference.

    Returns
    -------
    Results
        Of each arm ``n``, ``N_miss``, ``mean``, ``sd``, ``median``, ``min`` and ``max`` of the
        children's own ratios, and a ``remark`` that counts why others have none and in whom bone
        age falls. In a controlled trial the difference with its t interval.

    Notes
    -----
    ΔBA/ΔCA of a child: the change in bone age from baseline to the endpoint's visit over the time
    between the dates of the two readings, which are at least half a year apart. Difference,
    treatment minus reference: means by Welch's t.
    """
    declared_growth(run)
    found = advance(run)
    if found["AVAL"].isna().all():
        reasons = counted_reasons(found["reason"], run.trial.plan.allowed)
        raise UserError(f"nobody has a bone age that advanced: {reasons}")
    rows: list[dict[str, Any]] = []
    for arm in run.arms:
        own = found[found["arm"] == arm]
        if len(own):
            row = {"group1_level": arm, "N_miss": int(own["AVAL"].isna().sum())}
            row |= described(own["AVAL"], *SHOWN)
            rows.append(row | {"remark": _remark(own, run.trial.plan.allowed)})
    if run.reference:
        rows.append(_difference(run, found))
    return run.results(
        pd.DataFrame(rows).assign(
            variable=ADVANCE,
            variable_level=run.endpoint.visit,
            dataset=place_of(run.trial, ROLE).table,
        ),
        "bone-age",
        group1="arm",
        context="growth",
        decimals=1,
        method="Ratios of the children at the dates of the readings; Welch's t interval, level "
        f"{level(run.conf_level)}",
    )


def advance(run: Settings) -> pd.DataFrame:
    """Return ΔBA/ΔCA of everyone in the population, with the reason where there is none.

    Returns
    -------
    pandas.DataFrame
        ``USUBJID``, ``arm``, ``from_value`` and ``to_value`` (bone ages, years), ``days``,
        ``AVAL`` and ``reason``.

    Raises
    ------
    UserError
        If no bone age is recorded at visits, or its unit or dates are not known.
    """
    try:
        records = over_time(run.trial, ROLE, population=run.population)
        factor = _years(run)
        after = over_time(run.trial, ROLE, population=run.population, visit=run.endpoint.visit)
    except NoSection as absent:
        # Of a trial of growth a reader misses it, so that its absence is said.
        raise UserError(str(absent)) from None
    flag, place = run.trial.plan.records.baseline, place_of(run.trial, ROLE)
    for column in (flag, "ADT"):
        if column not in records:
            raise UserError(f"{place.table} has no {column}, which the advance of bone age needs")
    both = [records[records[flag] == "Y"].assign(AVISITN=BEFORE), after.assign(AVISITN=AFTER)]
    readings = pd.concat(both, ignore_index=True)[["USUBJID", "AVISITN", "ADT", "AVAL"]]
    everyone = run.subjects()[["USUBJID", "arm"]]
    found = growth.bone_age_progression(
        readings.assign(AVAL=ratio(readings["AVAL"], 1.0, times=factor)),
        from_visit=BEFORE,
        to_visit=AFTER,
        minimum_days=SHORTEST,
        subjects=everyone["USUBJID"],
    )
    names = {f"at visit {BEFORE}": "at baseline", f"at visit {AFTER}": f"at {run.endpoint.visit}"}
    found["reason"] = found["reason"].replace(names, regex=True)
    return everyone.merge(found, on="USUBJID", validate="one_to_one")


def delay(run: Settings) -> pd.DataFrame:
    """Return bone age before treatment against age on the same day, by USUBJID.

    Returns
    -------
    pandas.DataFrame
        ``delay``, age minus bone age in years, and ``ratio``, bone age over age.

    Raises
    ------
    NoSection, UserError
        If no bone age is recorded, its unit is not known, or ages on that day are not.
    """
    bone = before_treatment(run.trial, ROLE)
    bone = pd.Series(ratio(bone, 1.0, times=_years(run)), index=bone.index)
    age = _age(run).reindex(bone.index)
    return pd.DataFrame({"delay": age - bone, "ratio": pd.Series(ratio(bone, age), bone.index)})


def _age(run: Settings) -> pd.Series:
    """Return the age in years at the bone age before treatment, by USUBJID."""
    trial, place = run.trial, place_of(run.trial, ROLE)
    adsl = trial.tables["adsl"]
    if "BRTHDT" not in adsl:
        raise NoSection("ADSL has no BRTHDT, which the delay of bone age needs")
    if place.of_subject:
        dated = adsl.assign(ADT=adsl["TRTSDT"]) if "TRTSDT" in adsl else adsl
    else:
        flag, dated = trial.plan.records.baseline, trial.tables[place.table]
        first = dated[flag] == "Y" if flag in dated else False
        dated = dated[(dated["PARAMCD"] == place.name) & first]
        dated = dated.drop(columns="BRTHDT", errors="ignore").merge(adsl[["USUBJID", "BRTHDT"]])
    if "ADT" not in dated:
        raise NoSection("the bone age before treatment has no date")
    months = growth.age_in_months(dated, source="BRTHDT")
    ages = pd.Series(months.to_numpy() / 12, index=dated["USUBJID"].to_numpy())
    return ages[~ages.index.duplicated()]


def _years(run: Settings) -> float:
    """Return what a recorded bone age is multiplied by to be in years; never a guess."""
    place, unit = place_of(run.trial, ROLE), needed_unit(run.trial, ROLE, "years")
    factor = TIME_IN_YEARS.get(unit.strip().casefold())
    if factor is None:
        raise UserError(f"bone age must be in years or months; {place} is in {unit}")
    return factor


def _remark(own: pd.DataFrame, allowed: Allowed) -> str:
    """Return why children have no ratio, and in how many bone age falls, which no child's does."""
    falls = int(below(own["AVAL"], 0).sum())
    said = [f"bone age falls: {allowed.count(falls)}"] if falls else []
    if (own["reason"] != "").any():
        said.append(f"no ratio: {counted_reasons(own['reason'], allowed)}")
    return "; ".join(said)


def _difference(run: Settings, found: pd.DataFrame) -> dict[str, Any]:
    own, reference = (
        found.loc[found["arm"] == arm, "AVAL"].dropna() for arm in (run.treatment, run.reference)
    )
    place = {"group1_level": run.contrast}
    try:
        difference = difference_of_means(
            mean_test=own.mean(), sd_test=own.std(), n_test=len(own),
            mean_reference=reference.mean(), sd_reference=reference.std(),
            n_reference=len(reference), method="welch", level=run.conf_level,
        )  # fmt: skip
    except UserError as error:
        return place | {"reason": f"no difference, because {error}"}
    return place | interval_columns(difference, *TESTED)


@bone_age.shows
def bone_age_table(bone_age: Results, run: Settings) -> Table:
    """Show how fast bone age advanced, arm by arm, and the difference."""
    compared = (
        [Column("Difference", "{estimate}"), columns.INTERVAL] if has(bone_age, "estimate") else []
    )
    return Table(
        title=f"{ADVANCE}, baseline to {run.endpoint.visit}",
        results=bone_age,
        labels={"group1_level": "Arm"},
        columns=[
            Column("n", "{n}"),
            Column("Missing", "{N_miss}"),
            columns.MEAN_SD,
            columns.MEDIAN,
            columns.RANGE,
            *compared,
            Column("Remark", ("{reason}", "{remark}"), "text"),
        ],
        footnotes=[
            f"Population: {run.population_words}. {method_words(bone_age)}.",
            "1: bone age keeps pace with age; above 1 it catches up, and the time left to grow "
            "becomes shorter than the years alone say.",
        ],
    )
