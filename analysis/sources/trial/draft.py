"""Draft a ``trial.yml`` from the tables of a folder, for its owner to complete."""

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

TEMPLATE = """\
# Drafted from the tables in this folder. Check every line marked with a question.
# Then: python -m analysis check FOLDER
id: {id}
title: {title}  # ? the title readers see
data_status: "real"  # ? "synthetic" if these are not records of people
{arms}
populations:  # name: flag in ADSL
{populations}
# Tables with analysis values, and their PARAMCD:
{tables}
endpoints:
  primary:
    name: {endpoint}  # ? in words
    dataset: {dataset}  # ?
    paramcd: {paramcd}  # ?
    visit: {visit}  # ?
    value: {value}  # CHG or AVAL
    unit: ""  # ?
    direction: "higher"  # ? higher or lower is better
  secondary: []
analysis:
  population: {population}  # ?
  model: {model}
  covariates: ["BASE"]  # ?
  strata: []  # ? variables of ADSL, for example REGION1
  margin: null  # ? non-inferiority margin, on the scale of the primary endpoint
  conf_level: 0.95
  missing_data: "observed"  # observed, LOCF or multiple imputation
safety:
  population: {safety}
  adverse_events: {adae}
  laboratory: [{laboratory}]
  vital_signs: {advs}
  exposure: {adex}
  identifiers: false  # true shows subject identifiers in listings
estimand:  # ? in the words of ICH E9(R1)
  population: "?"
  treatment: "?"
  variable: "?"
  intercurrent_events: []  # - {{event: "Stop of treatment", strategy: "treatment policy"}}
  summary_measure: "?"
"""


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
    adsl = tables["adsl"]
    flags = {flag: name for flag, name in POPULATIONS.items() if flag in adsl} or {"ITTFL": "all"}
    name = "-".join("".join(c if c.isalnum() else " " for c in folder.name.lower()).split())
    arms, model = _arms(adsl)
    laboratory = [name for name in tables if name.startswith("adlb")]
    first = next(iter(flags.values()))
    words = {
        "id": name or "trial", "title": folder.name, "model": model, "population": first,
        "safety": flags.get("SAFFL", first), **_endpoint(values),
        **{name: name if name in tables else "" for name in ("adae", "advs", "adex")},
    }  # fmt: skip
    return TEMPLATE.format(
        arms=arms,
        populations="\n".join(_population(adsl, flag, name) for flag, name in flags.items()),
        tables="\n".join(
            f"#   {each}: {', '.join(list(rows['PARAMCD'].unique())[:12])}"
            for each, rows in values.items()
        ),
        laboratory=", ".join(map(_text, laboratory)),
        **{key: _text(word) for key, word in words.items()},
    )


def _text(value: str) -> str:
    """Quote a text for YAML; JSON strings are YAML strings."""
    return json.dumps(value, ensure_ascii=False)


def _arms(adsl: pd.DataFrame) -> tuple[str, str]:
    """Return the lines of design and arms, and the model that goes with them."""
    counts = adsl.loc[adsl["TRT01P"] != "", "TRT01P"].value_counts()
    arms = sorted(counts.index, key=str)
    if len(arms) < 2:
        treatment = _text(arms[0] if arms else "?")
        return f'design: "single-arm"\narms:\n  treatment: {treatment}', "paired t"
    likely = [arm for arm in arms if any(word in arm.lower() for word in REFERENCE_WORDS)]
    reference = (likely or arms)[0]
    *others, treatment = [arm for arm in arms if arm != reference]
    sizes = ", ".join(f"{arm}: {counts[arm]}" for arm in arms)
    return (
        f"""\
design: "parallel"
# Participants by TRT01P: {sizes}
arms:
  treatment: {_text(treatment)}  # ? the arm under test
  reference: {_text(reference)}  # ? the comparator
  others: [{", ".join(map(_text, others))}]""",
        "ANCOVA",
    )


def _population(adsl: pd.DataFrame, flag: str, name: str) -> str:
    seen = f"{(adsl[flag] == 'Y').sum()} participants" if flag in adsl else "? no flag found"
    return f"  {_text(name)}: {_text(flag)}  # {seen}"


def _endpoint(values: dict[str, pd.DataFrame]) -> dict[str, str]:
    """Return the last visit of the first table with a change, and its most frequent PARAMCD."""
    candidates = [(name, table) for name, table in values.items() if "CHG" in table]
    name, table = (candidates or list(values.items()))[0]
    visits = table.loc[table["AVISIT"] != "", "AVISIT"]
    order = table.groupby("AVISIT")["AVISITN"].first() if "AVISITN" in table else None
    last = str(order.drop("", errors="ignore").idxmax()) if order is not None else visits.iloc[-1]
    paramcd = table.loc[table["AVISIT"] == last, "PARAMCD"].value_counts().index[0]
    return {
        "endpoint": f"{paramcd} at {last}", "dataset": name, "paramcd": paramcd, "visit": last,
        "value": "CHG" if "CHG" in table else "AVAL",
    }  # fmt: skip
