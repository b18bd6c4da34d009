"""Draft a ``trial.yml`` from the tables of a folder, for its owner to complete."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

from analysis import paths
from analysis.errors import UserError
from analysis.sources.trial.tables import normalise, read_table, table_files

POPULATIONS = {
    "FASFL": "full analysis",
    "ITTFL": "intention to treat",
    "EFFFL": "efficacy",
    "PPROTFL": "per protocol",
    "SAFFL": "safety",
    "RANDFL": "randomised",
}
REFERENCE_WORDS = ("placebo", "control", "reference", "comparator", "standard")


def draft_plan(folder: Path) -> str:
    """Inspect the ADaM tables of a folder and draft its plan.

    Parameters
    ----------
    folder
        Folder with ADSL and other ADaM tables as csv, parquet, xpt or sas7bdat.

    Returns
    -------
    str
        YAML with a comment at every line that the owner should check. It validates, but what
        cannot be seen in data (margin, direction, estimand) is a question, not an answer.

    Raises
    ------
    UserError
        If the folder has no ADSL or no table of analysis values.
    """
    where = paths.shown(folder)
    if not folder.is_dir():
        raise UserError(f"{where} must be a folder of ADaM tables; there is none")
    tables = {
        name: normalise(name, read_table(path))[0] for name, path in table_files(folder).items()
    }
    if "adsl" not in tables or "TRT01P" not in tables["adsl"]:
        raise UserError(
            f"{where} must hold ADSL with TRT01P; it has: {', '.join(tables) or 'no table'}"
        )
    values = {
        name: table
        for name, table in tables.items()
        if {"USUBJID", "PARAMCD", "AVAL", "AVISIT"} <= set(table)
    }
    if not values:
        raise UserError(f"{where} must hold a table with PARAMCD, AVAL and AVISIT; none was found")
    return "\n".join(
        [
            *_head(folder),
            *_arms(tables["adsl"]),
            *_populations(tables["adsl"]),
            *_endpoints(values),
            *_analysis(tables["adsl"]),
            *_safety(tables),
            *_estimand(),
            "",
        ]
    )


def _text(value: str) -> str:
    """Quote a text for YAML; JSON strings are YAML strings."""
    return json.dumps(value, ensure_ascii=False)


def _head(folder: Path) -> list[str]:
    name = "-".join("".join(c if c.isalnum() else " " for c in folder.name.lower()).split())
    return [
        "# Drafted from the tables in this folder. Check every line marked with a question.",
        "# Then: python -m analysis check FOLDER",
        f"id: {_text(name or 'trial')}",
        f"title: {_text(folder.name)}  # ? the title readers see",
        'data_status: "real"  # ? "synthetic" if these are not records of people',
    ]


def _arms(adsl: pd.DataFrame) -> list[str]:
    counts = adsl.loc[adsl["TRT01P"] != "", "TRT01P"].value_counts()
    arms = sorted(counts.index, key=str)
    if len(arms) < 2:
        return ['design: "single-arm"', "arms:", f"  treatment: {_text(arms[0] if arms else '?')}"]
    likely = [arm for arm in arms if any(word in arm.lower() for word in REFERENCE_WORDS)]
    reference = (likely or arms)[0]
    rest = [arm for arm in arms if arm != reference]
    sizes = ", ".join(f"{arm}: {counts[arm]}" for arm in arms)
    return [
        'design: "parallel"',
        f"# Participants by TRT01P: {sizes}",
        "arms:",
        f"  treatment: {_text(rest[-1])}  # ? the arm under test",
        f"  reference: {_text(reference)}  # ? the comparator",
        f"  others: [{', '.join(map(_text, rest[:-1]))}]",
    ]


def _flags(adsl: pd.DataFrame) -> dict[str, str]:
    known = {flag: name for flag, name in POPULATIONS.items() if flag in adsl}
    return known or {"ITTFL": "all"}


def _populations(adsl: pd.DataFrame) -> list[str]:
    lines = [
        f"  {_text(name)}: {_text(flag)}"
        + (
            f"  # {(adsl[flag] == 'Y').sum()} participants"
            if flag in adsl
            else "  # ? no flag found"
        )
        for flag, name in _flags(adsl).items()
    ]
    return ["populations:  # name: flag in ADSL", *lines]


def _endpoints(values: dict[str, pd.DataFrame]) -> list[str]:
    candidates = [(name, table) for name, table in values.items() if "CHG" in table]
    name, table = (candidates or list(values.items()))[0]
    visits = table.loc[table["AVISIT"] != "", "AVISIT"]
    order = table.groupby("AVISIT")["AVISITN"].first() if "AVISITN" in table else None
    last = str(order.drop("", errors="ignore").idxmax()) if order is not None else visits.iloc[-1]
    paramcd = table.loc[table["AVISIT"] == last, "PARAMCD"].value_counts().index[0]
    found = [
        f"#   {each}: {', '.join(list(rows['PARAMCD'].unique())[:12])}"
        for each, rows in values.items()
    ]
    return [
        "# Tables with analysis values, and their PARAMCD:",
        *found,
        "endpoints:",
        "  primary:",
        f"    name: {_text(f'{paramcd} at {last}')}  # ? in words",
        f"    dataset: {_text(name)}  # ?",
        f"    paramcd: {_text(paramcd)}  # ?",
        f"    visit: {_text(last)}  # ?",
        f"    value: {_text('CHG' if 'CHG' in table else 'AVAL')}  # CHG or AVAL",
        '    unit: ""  # ?',
        '    direction: "higher"  # ? higher or lower is better',
        "  secondary: []",
    ]


def _analysis(adsl: pd.DataFrame) -> list[str]:
    single = adsl.loc[adsl["TRT01P"] != "", "TRT01P"].nunique() < 2
    population = next(iter(_flags(adsl).values()))
    return [
        "analysis:",
        f"  population: {_text(population)}  # ?",
        f"  model: {_text('paired t' if single else 'ANCOVA')}",
        '  covariates: ["BASE"]  # ?',
        "  strata: []  # ? variables of ADSL, for example REGION1",
        "  margin: null  # ? non-inferiority margin, on the scale of the primary endpoint",
        "  conf_level: 0.95",
        '  missing_data: "observed"  # observed, LOCF or multiple imputation',
    ]


def _safety(tables: dict[str, pd.DataFrame]) -> list[str]:
    laboratory = [name for name in tables if name.startswith("adlb")]
    population = _flags(tables["adsl"]).get("SAFFL") or next(iter(_flags(tables["adsl"]).values()))
    return [
        "safety:",
        f"  population: {_text(population)}",
        f"  adverse_events: {_text('adae' if 'adae' in tables else '')}",
        f"  laboratory: [{', '.join(map(_text, laboratory))}]",
        f"  vital_signs: {_text('advs' if 'advs' in tables else '')}",
        f"  exposure: {_text('adex' if 'adex' in tables else '')}",
        "  identifiers: false  # true shows subject identifiers in listings",
    ]


def _estimand() -> list[str]:
    return [
        "estimand:  # ? in the words of ICH E9(R1)",
        '  population: "?"',
        '  treatment: "?"',
        '  variable: "?"',
        '  intercurrent_events: []  # - {event: "Stop of treatment", strategy: "treatment policy"}',
        '  summary_measure: "?"',
    ]
