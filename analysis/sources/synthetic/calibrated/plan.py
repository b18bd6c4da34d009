"""Write the plan of a calibrated study: its arms, sets and endpoints, and what is not published."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from analysis.errors import UserError
from analysis.sources.synthetic.calibrated.assumed import identifier, title_of
from analysis.sources.synthetic.calibrated.columns import Columns, visit_name
from analysis.sources.synthetic.calibrated.goals import covariate, is_adjusted
from analysis.sources.synthetic.calibrated.places import Made
from analysis.sources.synthetic.calibrated.printed import END, Number
from analysis.sources.synthetic.calibrated.statistics import Terms

LOWER = {"ADA", "DOSE"}
"""Endpoints of which less is better."""
ALL = "all participants"
ROLES = {"IGF1SDS": "igf1_sds"}


def plan_of(
    columns: Columns, made: Made, arms: pd.DataFrame, *, study: str, label: str, registration: str
) -> dict[str, Any]:
    """Return the plan of a study, as `trial.yml` has it.

    Parameters
    ----------
    columns, made
        The study and its tables.
    arms
        Its rows of ``arms.csv``.
    study, label, registration
        Its study_id, name and registration number.
    """
    names = list(columns.groups.arms)
    treatment, reference = _arms(names, arms)
    parallel = bool(reference)
    endpoints = [each for each in _endpoints(columns, made) if _usable(each, made, names)]
    if not parallel:
        # With one arm a share is the mean of yes and no, where nothing else is measured.
        measured = [each for each in endpoints if each["kind"] == "continuous"]
        endpoints = measured or [_as_scores(each) for each in endpoints]
    if not endpoints:
        raise UserError(
            f"--study {study} prints nothing that an endpoint could be of: no measurement after "
            "the start and no count that its number of participants allows"
        )
    margins = [each for each in columns.numbers if each.statistic == "margin"]
    primary, number = _primary(columns, made, endpoints)
    populations = {ALL: "SAFFL"} | {
        population: flags[-1]
        for (arm, population), flags in made.flags.items()
        if arm in names and flags[-1] != "SAFFL" and not flags[-1].startswith("SET")
    }
    plan: dict[str, Any] = {
        "id": identifier(study),
        "title": title_of(label),
        "data_status": "synthetic",
        "design": "parallel" if parallel else "single-arm",
        "indication": str(arms["indication"].iloc[0]),
        "purpose": (
            f"Made to reproduce the published numbers of {study}"
            + (f" ({registration})" if registration else "")
            + "; reproduced.tsv beside the tables compares each with its source"
        ),
        "arms": {"treatment": treatment},
        "populations": populations,
        "endpoints": {
            "primary": primary,
            "secondary": [each for each in endpoints if each != primary],
        },
        "analysis": {"population": _population(number, populations, columns)},
    }
    if parallel:
        plan["arms"] |= {
            "reference": reference,
            "others": [each for each in names if each not in (treatment, reference)],
        }
    plan["analysis"] |= _analysis(columns, primary, number, margins, parallel)
    plan |= _safety(made)
    plan["published"] = (
        {"study_id": study, "arm_id": treatment}
        if treatment in set(arms["arm_id"])
        else {"study_id": study, "arm_id": str(arms["arm_id"].iloc[0])}
    )
    safety = plan.get("safety", {})
    read = {*(each["dataset"] for each in endpoints), *safety.get("laboratory", [])}
    read |= {safety.get("exposure", "")} & set(made.tables)
    plan["visits"] = _visits([made.tables[name] for name in sorted(read)])
    plan["units"] = {
        code: key.unit
        for key, (table, code) in made.codes.items()
        if key.unit and table in read and (made.tables[table]["PARAMCD"] == code).any()
    }
    plan["estimand"] = {
        "population": "Participants as published; the ledger's analysis sets",
        "treatment": f"{treatment} v {reference}" if parallel else treatment,
        "variable": primary["name"],
        "summary_measure": "Difference of means" if parallel else "Mean",
    }
    return plan


def _arms(names: Sequence[str], arms: pd.DataFrame) -> tuple[str, str]:
    """Return the arm under test and the reference: comparators first, else the last arm."""
    if len(names) == 1:
        return names[0], ""
    roles = dict(zip(arms["arm_id"], arms["role"], strict=True))
    comparators = [each for each in names if roles.get(each) == "comparator"]
    reference = comparators[0] if comparators else names[-1]
    tested = [each for each in names if roles.get(each) == "test" and each != reference]
    return next(iter([*tested, *(each for each in names if each != reference)])), reference


def _endpoints(columns: Columns, made: Made) -> list[dict[str, Any]]:
    """Return every endpoint of the tables: as it is and, where it is printed, as a change."""
    terms_of = [
        columns.terms(each)
        if columns.carrier(each).kind == "measurement"
        else columns.pair(each)[1]
        for each in columns.numbers
        if columns.carrier(each).kind in ("measurement", "correlation")
    ]
    found = [_measured(columns, made, terms) for terms in terms_of]
    # What was assumed so that every arm has an endpoint comes last.
    found += [_measured(columns, made, ((k, 1.0),)) for k, key in enumerate(columns.keys) if key[2]]
    found = [each for each in found if each["dataset"] != "adsl"]
    for fact, (table, code) in made.facts.items():
        if table == "adae" and "adds" in made.tables:
            table = "adds"
        if table not in made.tables or table in ("adae", "adsl"):
            continue
        if code not in set(made.tables[table]["PARAMCD"]):
            continue
        yes = "POSITIVE" if fact.code == "ADA" else "Y"
        found.append(
            {
                "name": f"{columns.param(fact.code)}, {visit_name(fact.months).lower()}"
                + (f", {fact.variant}" if fact.variant else ""),
                "kind": "binary", "dataset": table, "paramcd": code,
                "visit": visit_name(fact.months), "response": {"variable": "AVALC", "is": [yes]},
                "direction": "lower" if fact.code in LOWER else "higher",
            }
        )  # fmt: skip
    return list({str(each): each for each in found}.values())


def _measured(columns: Columns, made: Made, terms: Terms) -> dict[str, Any]:
    """Return the endpoint of a measurement."""
    key, changed = columns.keys[terms[0][0]], len(terms) == 2
    table, code = made.codes[key]
    words = f"{columns.param(key.code)}, {visit_name(key.months).lower()}"
    variant = f", {key.variant}" if key.variant else ""
    return {
        "name": ("Change in " if changed else "") + words + variant,
        "kind": "continuous", "dataset": table, "paramcd": code, "visit": visit_name(key.months),
        "value": "CHG" if changed else "AVAL", "unit": key.unit,
        "direction": "lower" if key.code in LOWER else "higher",
    }  # fmt: skip


def _usable(endpoint: dict[str, Any], made: Made, arms: Sequence[str]) -> bool:
    """Say whether every arm has values of an endpoint, and somebody a response."""
    records = made.tables[endpoint["dataset"]]
    at = (records["PARAMCD"] == endpoint["paramcd"]) & (records["AVISIT"] == endpoint["visit"])
    own = records[at]
    if endpoint["kind"] == "binary":
        if not own["AVALC"].isin(endpoint["response"]["is"]).any():
            return False
        return bool(own["TRTP"].nunique() == len(arms))
    counts = own.dropna(subset=[endpoint["value"]])["TRTP"].value_counts()
    return bool((counts.reindex(list(arms)).fillna(0) > 1).all())


def _as_scores(endpoint: dict[str, Any]) -> dict[str, Any]:
    """Return an endpoint of yes and no as one of the numbers 1 and 0."""
    kept = {name: value for name, value in endpoint.items() if name != "response"}
    return kept | {"kind": "continuous", "value": "AVAL", "name": f"{endpoint['name']}, share"}


def _visits(tables: Sequence[pd.DataFrame]) -> list[dict[str, Any]]:
    """Return the visits of tables, in their order."""
    listed = (
        pd.concat([table[["AVISIT", "ADY"]] for table in tables])
        .drop_duplicates("AVISIT")
        .sort_values("ADY")
    )
    return [
        {"name": str(row["AVISIT"]), "day": int(row["ADY"])} for row in listed.to_dict("records")
    ]


def _primary(
    columns: Columns, made: Made, endpoints: Sequence[dict[str, Any]]
) -> tuple[dict[str, Any], Number | None]:
    """Return the endpoint with a margin, else compared, else of most numbers after baseline."""
    best: tuple[tuple[bool, ...], dict[str, Any], Number | None] | None = None
    for each in columns.numbers:
        if columns.carrier(each).kind != "measurement":
            continue
        terms = columns.terms(each)
        key = columns.keys[terms[0][0]]
        table, code = made.codes[key]
        value = "CHG" if len(terms) == 2 else "AVAL"
        own = next(
            (
                e
                for e in endpoints
                if (e["dataset"], e["paramcd"], e["visit"]) == (table, code, visit_name(key.months))
                and e.get("value") == value
            ),
            None,
        )
        if own is None:
            continue
        rank = (
            each.statistic == "margin", bool(each.reference), each.months not in (0.0, END),
            each.code == "HV", each.months == 12, each.months != 0,
            columns.domain(each.code) == "growth",
        )  # fmt: skip
        if best is None or rank > best[0]:
            best = rank, own, each
    return (best[1], best[2]) if best else (endpoints[0], None)


def _population(number: Number | None, populations: dict[str, str], columns: Columns) -> str:
    """Return the set of the primary number, where all its arms have it; else everybody."""
    groups = columns.groups
    if number and number.population in populations:
        arms = (number.arm, number.reference) if number.reference else tuple(groups.arms)
        if all((arm, number.population) in groups.sets for arm in arms):
            return number.population
    return ALL


def _analysis(
    columns: Columns,
    primary: dict[str, Any],
    number: Number | None,
    margins: Sequence[Number],
    parallel: bool,
) -> dict[str, Any]:
    """Return the model: adjusted where the published numbers are."""
    if primary["kind"] == "binary":
        return {"model": "Miettinen-Nurminen", "covariates": []} if parallel else {"covariates": []}
    if not parallel:
        return {"model": "paired t", "covariates": []}
    found: dict[str, Any] = {"model": "ANCOVA", "covariates": []}
    if number and any(is_adjusted(columns, each) for each in columns.numbers):
        adjusted = next(each for each in columns.numbers if is_adjusted(columns, each))
        key = covariate(columns, number if is_adjusted(columns, number) else adjusted)
        found["covariates"] = ["BASE" if key.months == 0 and key.code != "AGE" else "AGE"]
    if margins and number and margins[0].code == number.code:
        found |= {
            "margin": margins[0].value,
            "margin_source": f"{margins[0].result_id}, {margins[0].place}",
        }
    return found


def _safety(made: Made) -> dict[str, Any]:
    """Return the safety part, where something of it is published."""
    laboratory = ["adlb"] if "adlb" in made.tables else []
    if not {"adae", "adlb", "adex"} & set(made.tables):
        return {}
    part: dict[str, Any] = {"population": ALL, "subgroups": [], "identifiers": True}
    if "adae" in made.tables:
        part["adverse_events"] = "adae"
    if laboratory:
        codes = set(made.tables["adlb"]["PARAMCD"])
        part["laboratory"] = laboratory
        part["roles"] = {role: code for code, role in ROLES.items() if code in codes}
        if "ADA" in codes:
            part["roles"]["antibodies"] = "ADA"
    if "adex" in made.tables:
        part["exposure"] = "adex"
    return {"safety": part}


def margin_of(plan: dict[str, Any]) -> float | None:
    """Return the margin that a plan has."""
    found = plan["analysis"].get("margin")
    return None if found is None else float(found)
