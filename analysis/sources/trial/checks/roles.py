"""Rules on what the plan refers to by name: measurements, references, reports, baseline values."""

import re
from collections.abc import Iterator

import pandas as pd

from analysis import paths
from analysis.sources.growth_reference import available_references, listed_references
from analysis.sources.trial.checks.study import Study
from analysis.sources.trial.columns import nearest, text
from analysis.sources.trial.finding import PLAN, TrialFinding
from analysis.sources.trial.plan_part import is_question

LABELS = {
    "alt": "alanine|\\balt\\b",
    "ast": "aspartate|\\bast\\b",
    "alp": "alkaline|\\balp\\b",
    "bilirubin": "bilirubin",
    "fasting_glucose": "glucose",
    "random_glucose": "glucose",
    "hba1c": "a1c|glycated|glycosylated|glycohaemoglobin|glycohemoglobin",
    "insulin": "insulin(?!.like)",
    "igf1_sds": "igf|insulin-like",
    "tsh": "\\btsh\\b|thyrotropin|thyroid stimulating",
    "free_t4": "free t4|\\bft4\\b|thyroxine",
    "antibodies": "antibod|immunogen",
}
"""Role → what its label in PARAM holds."""


def roles_are_measured(study: Study) -> Iterator[TrialFinding]:
    """Find measurements named by role that no laboratory table has."""
    safety = study.plan.safety
    if safety is None:
        return
    named = {role: code for role, code in safety.roles.model_dump().items() if code}
    tables = [study.tables.get(name.lower(), pd.DataFrame()) for name in safety.laboratory]
    if any(text(table, "PARAMCD") is None for table in tables):
        return  # A table or variable that is missing has a finding of its own.
    labels: dict[str, str] = {}
    for table in tables:
        own = table[~table["PARAMCD"].duplicated()]
        names = own["PARAMCD"] if text(table, "PARAM") is None else own["PARAM"]
        labels |= dict(zip(own["PARAMCD"], names, strict=True))
    for role, code in named.items():
        if code in labels or is_question(code):
            continue
        likely = [
            f"{each} ({label})"
            for each, label in sorted(labels.items())
            if re.search(LABELS[role], label, re.IGNORECASE)
        ]
        have = ", ".join(safety.laboratory) or "a laboratory table, as safety.laboratory is empty"
        message = f"no record of {have} has this PARAMCD; correct or remove it"
        message += nearest(code, labels)
        if likely:
            message += f"; by its label it may be {' or '.join(likely)}"
        column = f"safety.roles.{role}"
        yield TrialFinding(PLAN, column, "parameter in no table", message, value=code)


def growth_references_are_known(study: Study) -> Iterator[TrialFinding]:
    """Find growth references that nothing lists, and a first one whose table is not shipped."""
    growth = study.plan.growth
    if growth is None:
        return
    known, shipped = listed_references(), available_references()
    for field in ("reference", "disease_reference"):
        name = getattr(growth, field)
        if not name or is_question(name):
            continue
        # A disease reference adds to a page that is complete without it, which says what lacks.
        if name not in known or (field == "reference" and name not in shipped):
            message = f"must be one of {', '.join(shipped if field == 'reference' else known)}"
            message += nearest(name, known)
            yield TrialFinding(
                PLAN, f"growth.{field}", "unknown growth reference", message, value=name
            )


def published_report_is_in_the_ledger(study: Study) -> Iterator[TrialFinding]:
    """Find that the independent report of the study is no arm of the published ledger."""
    published = study.plan.published
    if published is None or is_question(published.study_id) or is_question(published.arm_id):
        return
    arms = pd.read_csv(paths.PUBLISHED / "arms.csv", dtype=str, keep_default_na=False)
    own = arms.loc[arms["study_id"] == published.study_id, "arm_id"]
    for field, value, known in (
        ("study_id", published.study_id, set(arms["study_id"])),
        ("arm_id", published.arm_id, set(own)),
    ):
        if value not in known and len(known):
            message = "must be in data/published/arms.csv; correct it or remove published"
            message += nearest(value, known)
            rule = "report not in the ledger"
            yield TrialFinding(PLAN, f"published.{field}", rule, message, value=value)


def baseline_entries_are_there(study: Study) -> Iterator[TrialFinding]:
    """Find entries of the baseline table that are no variable and no baseline record."""
    for entry in study.plan.baseline:
        if is_question(entry) or "adsl" not in study.tables:
            continue
        message = _baseline_problem(study, entry)
        if message:
            rule = "baseline entry not in the data"
            yield TrialFinding(PLAN, "baseline", rule, message, value=entry)


def subgroups_are_there(study: Study) -> Iterator[TrialFinding]:
    """Find subgroups of safety, written in the plan, that are no variables of ADSL."""
    safety = study.plan.safety
    if safety is None or "subgroups" not in safety.model_fields_set or "adsl" not in study.tables:
        return
    for name in safety.subgroups:
        if not is_question(name) and name not in study.adsl:
            message = f"adsl has no such variable; correct it{nearest(name, study.adsl.columns)}"
            rule = "subgroup not in the data"
            yield TrialFinding(PLAN, "safety.subgroups", rule, message, value=name)


def _baseline_problem(study: Study, entry: str) -> str:
    """Say what is wrong with an entry, or nothing."""
    dataset, point, code = entry.partition(".")
    if not point:
        hint = nearest(entry, study.adsl.columns)
        known = entry in study.adsl
        return "" if known else f"adsl has no such variable; correct it{hint}"
    table = study.tables.get(dataset.lower(), pd.DataFrame())
    codes, flag = text(table, "PARAMCD"), text(table, study.plan.records.baseline)
    if codes is None:
        return ""  # The table, or its PARAMCD, is missing: a finding of its own.
    if not (codes == code).any():
        return f"{dataset} has no such PARAMCD; correct it{nearest(code, set(codes) - {''})}"
    if flag is None or not ((codes == code) & (flag == "Y")).any():
        name = study.plan.records.baseline
        return f"{dataset} has no record of {code} with {name} = Y; flag them or leave it out"
    return ""
