"""Rules on what is there: tables, variables and their types."""

from collections.abc import Iterator

from analysis.sources.trial.checks.study import Study
from analysis.sources.trial.checks.use import has_numbers, has_visits, parameters_at_visits
from analysis.sources.trial.columns import kind_of, nearest
from analysis.sources.trial.finding import Severity, TrialFinding
from analysis.sources.trial.names import misspelt
from analysis.sources.trial.tables import TEXT

TEXT_HERE = TEXT | {"STUDYID", "USUBJID", "PARAMCD", "TRTEMFL"}
INCIDENTAL = frozenset("STUDYID SITEID SUBJID SITEGR1 COUNTRY ARM ACTARM VISIT".split())
"""Text variables that no analysis reads unless the plan names them."""
NUMBERS = frozenset("AVAL BASE CHG CNSR ADY AESEQ ASTDY AENDY AGE A1LO A1HI ANRLO ANRHI".split())


UNNAMED = {
    "adae": "safety.adverse_events",
    "adex": "safety.exposure",
    "addv": "deviations",
}
"""Tables that are there to be analysed → the field of the plan that would name them."""


def tables_are_there(study: Study) -> Iterator[TrialFinding]:
    """Find tables of the plan that the data folder does not have, and empty ones."""
    for name in study.plan.datasets:
        if name not in study.tables:
            hint = nearest(name, set(study.available) - set(study.plan.datasets))
            have = ", ".join(study.available) or "nothing"
            message = (
                f"trial.yml names this table and the folder has {have}; "
                f"supply it or correct the name{hint}"
            )
            yield TrialFinding(name, "", "table missing", message)
        elif study.tables[name].empty and name in _may_be_empty(study):
            message = f"the table has a header and no records: {_may_be_empty(study)[name]}"
            yield TrialFinding(name, "", "empty table", message, "note", count=0)
        elif study.tables[name].empty:
            message = "a table must have records; supply them"
            yield TrialFinding(name, "", "empty table", message, count=0)


def tables_are_named(study: Study) -> Iterator[TrialFinding]:
    """Note tables of events, exposure and deviations that the plan does not name."""
    for name, field in UNNAMED.items():
        if name in study.available and name not in study.plan.datasets:
            message = f"the folder has this table and {field} does not name it: it is not analysed"
            yield TrialFinding(name, "", "table not in the plan", message, "note")


def _may_be_empty(study: Study) -> dict[str, str]:
    """Tables of what happens to some and perhaps to nobody, and what no record means."""
    return {
        study.events_name: "no adverse event was reported",
        study.exposure_name: "no exposure was recorded",
        study.plan.deviations.lower(): "no protocol deviation was recorded",
    }


def variables_are_there(study: Study) -> Iterator[TrialFinding]:
    """Find variables that the analysis needs and a table has not."""
    for name, table in study.tables.items():
        for column in _required(study, name):
            if column not in table:
                yield _missing(study, name, column, "error", "the analysis needs it; supply it")
        of_visits = name in study.bds and has_visits(study.plan, name)
        if of_visits and not {"ADT", "ADY"} & set(table):
            why = "a record needs its date, ADT, or its study day, ADY; supply one"
            # A table of which only the baseline is shown can do without.
            severity: Severity = "error" if parameters_at_visits(study.plan, name) else "note"
            yield _missing(study, name, "ADT", severity, why)
        for column, why in _wanted(study, name).items():
            if column not in table:
                yield _missing(study, name, column, "note", why)


def _required(study: Study, name: str) -> list[str]:
    plan = study.plan
    if name == "adsl":
        exposure = ["TRTSDT"] if plan.safety else []
        return [*dict.fromkeys(["USUBJID", "TRT01P", *plan.populations.values(), *exposure])]
    if name == study.events_name:
        return "USUBJID AEDECOD AEBODSYS TRTEMFL ASTDT".split()
    if name == study.exposure_name:
        return "USUBJID PARAMCD AVAL".split()
    if name == plan.deviations.lower():
        return "USUBJID DVTERM".split()
    endpoints = [each for each in plan.endpoints.all if each.dataset.lower() == name]
    named = plan.records.model_fields_set
    flags = [getattr(plan.records, field) for field in ("analysed", "baseline") if field in named]
    # What a response rests on is named where the response is; see `responses`.
    values: list[str] = [each.value for each in endpoints if each.kind != "binary"]
    values += ["CNSR"] * any(each.kind == "time-to-event" for each in endpoints)
    aval = ["AVAL"] * has_numbers(plan, name)
    of_visits = ["AVISIT", *flags] if has_visits(plan, name) else []
    return [*dict.fromkeys(["USUBJID", "PARAMCD", *aval, *of_visits, *values])]


def _wanted(study: Study, name: str) -> dict[str, str]:
    """Variables that a table can do without, and what is lost."""
    if name == study.plan.deviations.lower():
        return {"DVCAT": "minor and major deviations cannot be told apart"}
    if name == "adsl":
        growth = study.plan.growth is not None
        return {"BRTHDT": "no height SDS can be computed, nor an age at a visit"} if growth else {}
    if name == study.exposure_name:
        return {}
    if name == study.events_name:
        return {
            "AESEQ": "repeated events cannot be told from repeated rows",
            "AESEV": "no table by severity",
            "AESER": "no table of serious events",
            "AEREL": "no table of related events",
        }
    records = study.plan.records
    if not has_visits(study.plan, name):
        return {}  # No flag is asked of a table of one record a participant and parameter.
    return {
        records.analysed: "every record counts as analysed",
        records.baseline: "BASE cannot be checked against the baseline record",
    }


def _missing(study: Study, name: str, column: str, severity: Severity, why: str) -> TrialFinding:
    needed = set(study.plan.populations.values()) | set(_required(study, name))
    hint = misspelt(column, study.tables[name], needed=needed)
    # An optional variable that stands there under a slip of the pen is no option but a mistake:
    # with ANL1FL for ANL01FL, every record would count.
    severity = "error" if hint else severity
    return TrialFinding(name, column, "variable missing", f"{why}{hint}", severity)


def variables_have_their_type(study: Study) -> Iterator[TrialFinding]:
    """Find text variables stored as numbers, and the other way round."""
    plan = study.plan
    flags = {*plan.populations.values(), plan.records.analysed, plan.records.baseline}
    for name, table in study.tables.items():
        for column in table:
            for known, kind in ((TEXT_HERE | flags, "text"), (NUMBERS, "number")):
                if column in known and kind_of(table[column]) != kind and not table.empty:
                    message = (
                        f"must be a {kind} variable; got {kind_of(table[column])}s: convert it"
                    )
                    there = table[column].notna()
                    if column in INCIDENTAL - study.subject_variables:
                        yield from study.notes(name, column, there, "wrong type", message)
                        continue
                    yield from study.errors(
                        name, column, there, "wrong type", message, everywhere=True
                    )


def subjects_are_named(study: Study) -> Iterator[TrialFinding]:
    """Find records without USUBJID."""
    for name, subjects in study.having(study.tables, "text USUBJID"):
        message = "every record must name its participant; fill it in"
        yield from study.errors(name, "USUBJID", subjects == "", "USUBJID blank", message)
