"""Rules on whether the data have what the plan names: parameters, visits, covariates, terms."""

from collections.abc import Iterator

import pandas as pd

from analysis.sources.trial.checks.study import Study, kind_of, nearest, number, text
from analysis.sources.trial.finding import PLAN, Severity, TrialFinding
from analysis.sources.trial.plan import Endpoint
from analysis.sources.trial.records import analysed


def endpoints_have_records(study: Study) -> Iterator[TrialFinding]:
    """Find endpoints whose PARAMCD, AVISIT or DTYPE the data do not have."""
    for endpoint in study.plan.decided:
        name = endpoint.dataset.lower()
        table = study.tables.get(name, pd.DataFrame())
        parameter, visit = text(table, "PARAMCD"), text(table, "AVISIT")
        if table.empty or parameter is None or visit is None:
            continue
        yield from _endpoint_records(study, endpoint, parameter, visit)


def _endpoint_records(
    study: Study, endpoint: Endpoint, parameter: pd.Series, visit: pd.Series
) -> Iterator[TrialFinding]:
    name = endpoint.dataset.lower()
    table = study.tables[name]
    its = parameter == endpoint.paramcd
    if not its.any():
        yield _absent(name, "PARAMCD", endpoint.paramcd, parameter, f"of '{endpoint.name}'")
        return
    here = its & (visit == endpoint.visit)
    if not here.any():
        what = f"of {endpoint.paramcd} for '{endpoint.name}'"
        yield _absent(name, "AVISIT", endpoint.visit, visit[its], what)
        return
    dtype = text(table, "DTYPE")
    if endpoint.dtype and (dtype is None or not (dtype[here] == endpoint.dtype).any()):
        known = dtype[here] if dtype is not None else pd.Series(dtype=str)
        yield _absent(name, "DTYPE", endpoint.dtype, known, f"of '{endpoint.name}'")
    values = number(table, endpoint.value)
    counted = analysed(table, study.plan, dtype=endpoint.dtype, where=endpoint.where)
    if values is not None and not (here & counted & values.notna()).any():
        at = f"{endpoint.paramcd} at {endpoint.visit}"
        message = f"'{endpoint.name}' has no analysed record with a value; check flags and "
        message, rule = f"{message}visit windows", "endpoint without values"
        yield TrialFinding(name, endpoint.value, rule, message, value=at, count=int(here.sum()))


def _absent(name: str, column: str, value: str, known: pd.Series, what: str) -> TrialFinding:
    message = f"trial.yml names this {column} {what}, and no record has it; correct one of them"
    hint = nearest(value, known.unique())
    return TrialFinding(name, column, "not in the data", message + hint, value=value)


def growth_has_records(study: Study) -> Iterator[TrialFinding]:
    """Find that the height parameter or the pre-treatment visit has no record."""
    plan = study.plan.growth
    table = study.tables.get(plan.dataset.lower(), pd.DataFrame()) if plan else pd.DataFrame()
    if plan is None or table.empty:
        return
    for column, value in (("PARAMCD", plan.paramcd), ("AVISIT", plan.pretreatment_visit)):
        known = text(table, column)
        if value and known is not None and not (known == value).any():
            yield _absent(plan.dataset.lower(), column, value, known, "for growth")


def covariates_are_there(study: Study) -> Iterator[TrialFinding]:
    """Find covariates and strata that neither ADSL nor the endpoint's table has."""
    plan = study.plan
    home = plan.endpoints.primary.dataset.lower()
    if "adsl" not in study.tables or home not in study.tables:
        return
    for field, kind in (("covariates", "number"), ("strata", "text")):
        for column in getattr(plan.analysis, field):
            name = next((each for each in ("adsl", home) if column in study.tables[each]), "")
            if not name:
                hint = nearest(column, {*study.adsl, *study.tables[home]})
                message = f"analysis.{field} must be variables of adsl or {home}{hint}"
                yield TrialFinding(PLAN, column, "variable in no table", message, value=column)
                continue
            values = study.tables[name][column]
            if kind == "number" and kind_of(values) != "number":
                message = "a covariate must be a number variable; make it one or use it as stratum"
                yield from study.errors(name, column, values != "", "wrong type", message)
            yield from _covariate_missing(study, name, column)


def _covariate_missing(study: Study, name: str, column: str) -> Iterator[TrialFinding]:
    table, plan = study.tables[name], study.plan
    flag = text(study.adsl, plan.populations[plan.analysis.population])
    if flag is None:
        return
    rows = flag == "Y"
    if name != "adsl":
        endpoint = plan.endpoints.primary
        position = study.position(name)
        parameter, visit = text(table, "PARAMCD"), text(table, "AVISIT")
        if position is None or parameter is None or visit is None:
            return
        chosen = (parameter == endpoint.paramcd) & (visit == endpoint.visit)
        rows = chosen & study.counted(name) & (position >= 0)
    values = table[column]
    missing = values == "" if kind_of(values) == "text" else values.isna()
    message = "missing where the primary analysis needs it; such participants leave a model"
    yield from study.notes(name, column, rows & missing, "covariate missing", message)


def visits_are_there(study: Study) -> Iterator[TrialFinding]:
    """Note visits of the plan that no record has, and visits that the plan does not have."""
    planned = {visit.name for visit in study.plan.visits}
    before = {study.plan.growth.pretreatment_visit} if study.plan.growth else set()
    columns = {name: text(table, "AVISIT") for name, table in study.bds.items()}
    visits = {name: values for name, values in columns.items() if values is not None}
    if not planned or not visits:
        return
    seen = {visit for values in visits.values() for visit in values.unique()} - {""}
    for visit in sorted(planned - seen):
        message = "no record is filed under this visit, so its window is never applied"
        message += nearest(visit, seen - planned)
        yield TrialFinding(PLAN, "visits", "visit in no table", message, "note", value=visit)
    for name, values in visits.items():
        message = "visits of trial.yml do not list it; no window is applied"
        other = ~values.isin(planned | before | {""})
        yield from study.notes(name, "AVISIT", other, "visit not in the plan", message)


def terms_of_interest_are_there(study: Study) -> Iterator[TrialFinding]:
    """Find preferred terms of special interest that the events do not have."""
    terms = text(study.events, "AEDECOD")
    if study.plan.safety is None or terms is None:
        return
    seen = set(terms.unique())
    folded = {term.casefold() for term in seen}
    for group, members in study.plan.safety.special_interest.items():
        for term in sorted(set(members) - seen):
            # A term that differs by case alone would leave its group empty unseen.
            severity: Severity = "error" if term.casefold() in folded else "note"
            message = f"special interest '{group}': no event has this term{nearest(term, seen)}"
            rule = "term not in the data"
            yield TrialFinding(PLAN, "AEDECOD", rule, message, severity, value=term)
