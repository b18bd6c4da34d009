"""Growth as a clinician sees it: curves over the centiles, responders, the whole distribution."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from analysis import growth
from analysis.efficacy.height_scores import declared_growth, scored_heights
from analysis.efficacy.primary import DIGITS
from analysis.efficacy.settings import Settings
from analysis.errors import UserError
from analysis.results import Results, Stat, from_frame
from analysis.sources.growth_reference import load_reference, value_at_centile
from analysis.sources.trial.plan import Endpoint
from analysis.stats.proportion_differences import risk_difference
from analysis.stats.proportions import estimate_proportion

CENTILES = (3.0, 50.0, 97.0)
SEXES = {"F": "Girls", "M": "Boys"}


def _sds_change(settings: Settings) -> Endpoint:
    declared_growth(settings)
    for endpoint in settings.trial.plan.endpoints.all:
        if endpoint.unit == "SDS" and endpoint.value == "CHG":
            return endpoint
    raise UserError("the plan has no endpoint that is a change in SDS")


def curves(settings: Settings) -> Results:
    """Return height against age, child by child, with the reference centiles.

    Notes
    -----
    Children are numbered, never named. Centiles: those of the reference of the run, for
    the ages seen.
    """
    declared = declared_growth(settings)
    reference = load_reference(settings.growth_reference)
    records = settings.trial.records(
        declared.dataset, population=settings.population, paramcd=declared.paramcd
    )
    adsl = settings.trial.tables["adsl"][["USUBJID", "SEX", "BRTHDT"]]
    records = records.drop(columns=["SEX", "BRTHDT"], errors="ignore").merge(adsl, on="USUBJID")
    records["AGEMOS"] = growth.age_in_months(records, source="BRTHDT")
    records = records[records["AVAL"].notna() & records["AGEMOS"].notna()]
    number = records["USUBJID"].astype("category").cat.codes + 1
    lines = pd.DataFrame(
        {
            "group1_level": records["ARM"].astype(str),
            "group2_level": records["SEX"].map(SEXES),
            "variable": "child " + number.astype(str),
            "variable_level": records["AVISIT"],
            "age": records["AGEMOS"] / 12,
            "height": records["AVAL"],
        }
    )
    ages = np.arange(
        max(np.floor(records["AGEMOS"].min() / 12), 2),
        np.ceil(records["AGEMOS"].max() / 12) + 0.5,
        0.5,
    )
    centiles = [
        pd.DataFrame(
            {
                "group1_level": "reference",
                "group2_level": SEXES[sex],
                "variable": f"centile {centile:g}",
                "variable_level": [f"age {age:g}" for age in ages],
                "age": ages,
                "height": value_at_centile(
                    np.full(ages.shape, centile),
                    sex=np.full(ages.shape, sex),
                    age_months=12 * ages,
                    reference=reference,
                ),
            }
        )
        for sex in SEXES
        if (records["SEX"] == sex).any()
        for centile in CENTILES
    ]
    return from_frame(
        pd.concat([lines, *centiles], ignore_index=True).assign(
            source=f"{settings.trial.plan.id}: {declared.dataset}; {settings.growth_reference}"
        ),
        {"age": Stat("age", "Age", 1, "years"), "height": Stat("height", "Height", 1, "cm")},
        analysis_id="growth-curves",
        group1="arm",
        group2="sex",
        context="growth",
        method=f"observed heights over the centiles of {settings.growth_reference}",
        **settings.result_labels,
    )


def _changes(settings: Settings) -> tuple[Endpoint, pd.DataFrame]:
    """Return the change in SDS of everyone in the population, missing where not measured.

    The trial's own SDS stand on the planned reference; on any other they are derived anew.
    """
    endpoint = _sds_change(settings)
    if settings.growth_reference == declared_growth(settings).reference:
        found = settings.trial.endpoint(endpoint, population=settings.population)
    else:
        at_visit = replace(settings, endpoint=endpoint)
        found = scored_heights(at_visit, settings.growth_reference).reset_index()
        found = found.rename(columns={"CHANGE": "CHG"})
        endpoint = endpoint.model_copy(
            update={"name": f"{endpoint.name} ({settings.growth_reference})"}
        )
    everyone = settings.trial.subjects(settings.population)[["USUBJID", "ARM"]]
    return endpoint, everyone.merge(found[["USUBJID", "CHG"]], on="USUBJID", how="left")


def responders(settings: Settings) -> Results:
    """Return the share of responders in each arm and the difference.

    Notes
    -----
    Response: a change in height SDS of at least `response_threshold`. Denominator: the
    population; a missing value counts as no response. Share: Clopper–Pearson. Difference,
    treatment minus reference: Miettinen–Nurminen with N/(N − 1).
    """
    endpoint, changes = _changes(settings)
    level, threshold = settings.conf_level, settings.response_threshold
    rows: list[dict[str, object]] = []
    counts = {}
    for arm in settings.arms:
        own = changes[changes["ARM"] == arm]
        events, size = int((own["CHG"] >= threshold).sum()), len(own)
        if not size:
            continue
        counts[arm] = (events, size)
        share = estimate_proportion(events, size, method="clopper-pearson", level=level)
        rows.append(
            {
                "group1_level": arm,
                "n": events,
                "big_n": size,
                "missing": int(own["CHG"].isna().sum()),
                "estimate": 100 * float(share.estimate),
                "low": 100 * float(share.lower),
                "high": 100 * float(share.upper),
            }
        )
    if not {settings.treatment, settings.reference} <= set(counts):
        raise UserError("an arm has no participant in the population")
    difference = risk_difference(
        *counts[settings.treatment],
        *counts[settings.reference],
        method="miettinen-nurminen",
        level=level,
    )
    rows.append(
        {
            "group1_level": f"{settings.treatment} − {settings.reference}",
            "estimate": 100 * float(difference.estimate),
            "low": 100 * float(difference.lower),
            "high": 100 * float(difference.upper),
        }
    )
    return from_frame(
        pd.DataFrame(rows).assign(
            variable=f"{endpoint.name}, at least {threshold:g}",
            population=settings.population,
            source=settings.trial.plan.id,
        ),
        {
            "n": Stat("n", "Responders", 0),
            "big_n": Stat("N", "N", 0),
            "missing": Stat("N_miss", "Missing", 0),
            "estimate": Stat("estimate", "Per cent", 1, "%"),
            "low": Stat("conf.low", "Lower limit", 1, "%"),
            "high": Stat("conf.high", "Upper limit", 1, "%"),
        },
        analysis_id="responders",
        group1="arm",
        context="growth",
        method=f"Clopper–Pearson; difference by Miettinen–Nurminen; level {level:g}",
        **settings.result_labels,
    )


def distribution(settings: Settings) -> Results:
    """Return the share of each arm whose change in SDS reaches every value seen."""
    endpoint, changes = _changes(settings)
    rows = []
    for arm in settings.arms:
        own = np.sort(changes.loc[changes["ARM"] == arm, "CHG"].dropna().to_numpy())
        share = 100 * (1 - np.arange(len(own)) / len(own)) if len(own) else own
        rows.append(
            pd.DataFrame(
                {
                    "group1_level": arm,
                    "variable_level": [f"participant {i + 1}" for i in range(len(own))],
                    "change": own,
                    "share": share,
                }
            )
        )
    return from_frame(
        pd.concat(rows, ignore_index=True).assign(
            variable=endpoint.name,
            population=settings.population,
            source=settings.trial.plan.id,
        ),
        {
            "change": Stat("change", "Change in height SDS", DIGITS, "SDS"),
            "share": Stat("p", "Share that reaches it", 1, "%"),
        },
        analysis_id="response-distribution",
        group1="arm",
        context="growth",
        method="observed changes",
        **settings.result_labels,
    )
