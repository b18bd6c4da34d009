"""Rules on the model of an endpoint: its variables are there, and it can be fitted."""

from collections.abc import Iterator

import pandas as pd

from analysis.errors import UserError
from analysis.sources.trial.checks.outcome import (
    ARM,
    OUTCOMES,
    in_population,
    is_the_arm,
    outcome_of,
    records_of,
    table_of,
)
from analysis.sources.trial.checks.study import Study
from analysis.sources.trial.checks.values import ABSURD
from analysis.sources.trial.columns import as_text, kind_of, nearest, text
from analysis.sources.trial.finding import PLAN, TrialFinding
from analysis.sources.trial.plan_endpoint import Endpoint
from analysis.sources.trial.plan_part import is_question
from analysis.sources.trial.vocabulary import WITHOUT_COVARIATES, WITHOUT_STRATA
from analysis.stats.design_matrix import build_design


def covariates_are_there(study: Study) -> Iterator[TrialFinding]:
    """Find covariates and strata that neither ADSL nor the endpoint's table has."""
    for endpoint in study.plan.endpoints.all:
        home = endpoint.dataset.lower()
        if "adsl" in study.tables and home in study.tables:
            yield from _absent_terms(study, endpoint, home)


def _terms(study: Study, endpoint: Endpoint, field: str) -> tuple[str, ...]:
    """Return covariates or strata of an endpoint: of others than the primary, its own alone."""
    plan = study.plan
    if endpoint is not plan.endpoints.primary:
        own: tuple[str, ...] | None = getattr(endpoint.analysis, field)
        return own or ()
    usual = field == "covariates" and field not in plan.analysis.model_fields_set
    if usual and endpoint.kind != "continuous" and endpoint.analysis.covariates is None:
        return ()  # BASE is the default of changes, and nobody asked for it here.
    analysis = plan.analysis_of(endpoint)
    without = WITHOUT_COVARIATES if field == "covariates" else WITHOUT_STRATA
    takes_none = endpoint.kind != "continuous" and analysis.model in without
    return () if takes_none else tuple(getattr(analysis, field))


def _absent_terms(study: Study, endpoint: Endpoint, home: str) -> Iterator[TrialFinding]:
    for field, kind in (("covariates", "number"), ("strata", "text")):
        for column in _terms(study, endpoint, field):
            if is_question(column):
                continue
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
            yield from _covariate_missing(study, endpoint, name, column)
            if name == home and column in OUTCOMES:
                message = "is the outcome itself or made of it; take BASE, or leave it out"
                rule = "covariate is the outcome"
                yield TrialFinding(PLAN, f"analysis.{field}", rule, message, value=column)


def model_can_be_fitted(study: Study) -> Iterator[TrialFinding]:
    """Find the first term of the primary model that the data cannot tell from the others.

    A stratum of one level, a covariate that is constant, and one that is the arm under another
    name are such terms. The design is built as the analysis builds it, one more term at a time.
    """
    for endpoint in study.plan.endpoints.all:
        is_primary = endpoint is study.plan.endpoints.primary
        if study.plan.design == "parallel" and (is_primary or endpoint in study.plan.decided):
            yield from _not_estimable(study, endpoint)


def _not_estimable(study: Study, endpoint: Endpoint) -> Iterator[TrialFinding]:
    strata, terms = (_terms(study, endpoint, field) for field in ("strata", "covariates"))
    frame = _model_records(study, endpoint, strata, terms)
    if frame is None or frame[ARM].nunique() < 2:
        return
    factors, covariates = [ARM], list[str]()
    named = [("factors", name) for name in strata]
    named += [("covariates", name) for name in terms]
    named = [each for each in named if each[1] in frame]
    if named and _whole_fits(frame, named):
        return
    for kind, name in named:
        field = "strata" if kind == "factors" else "covariates"
        (factors if kind == "factors" else covariates).append(name)
        complete = frame[[*factors, *covariates]].dropna()
        message = "" if len(complete) else "nobody with a value of the endpoint has it"
        if not message:
            try:
                build_design(complete, factors=factors, covariates=covariates, interactions=())
                continue
            except UserError as error:
                message = str(error)
        if kind == "factors" and len(complete) and is_the_arm(complete, name):
            message = "each of its levels is found in one arm only, so it is the arm itself"
        is_primary = endpoint is study.plan.endpoints.primary
        model = "the primary model" if is_primary else f"the model of '{endpoint.name}'"
        message = f"{model} cannot be fitted with {name}: {message}; correct it"
        yield TrialFinding(PLAN, f"analysis.{field}", "term not estimable", message, value=name)
        return


def _whole_fits(frame: pd.DataFrame, named: list[tuple[str, str]]) -> bool:
    """Say whether the model of all terms can be fitted to all records, and so any part of it."""
    factors = [ARM, *(name for kind, name in named if kind == "factors")]
    covariates = [name for kind, name in named if kind == "covariates"]
    if frame[[*factors, *covariates]].isna().to_numpy().any():
        return False
    try:
        build_design(frame, factors=factors, covariates=covariates, interactions=())
    except UserError:
        return False
    return True


def _model_records(
    study: Study, endpoint: Endpoint, strata: tuple[str, ...], covariates: tuple[str, ...]
) -> pd.DataFrame | None:
    """Return arm and terms of everyone with a value of an endpoint; None if unknown."""
    name = endpoint.dataset.lower()
    if not (strata or covariates) or name not in study.tables:
        return None
    values, own = outcome_of(study, endpoint), in_population(study, endpoint)
    arm = study.of_subject(name, "TRT01P", "text")
    if values is None or own is None or arm is None:
        return None
    keep = records_of(study, endpoint) & values.notna() & own
    columns = {ARM: arm}
    for kind, names in (("text", strata), ("number", covariates)):
        for column in names:
            values = _of_records(study, name, column)
            if values is None or (kind == "number" and (values != "").any() and _is_text(values)):
                continue  # A rule above has said so.
            columns[column] = _as_levels(values) if kind == "text" or _is_text(values) else values
    frame = pd.DataFrame(columns)[keep].reset_index(drop=True)
    numbers = frame.select_dtypes("number")
    # What is infinite or absurd has been named; here it is as good as missing.
    return frame.assign(**numbers.where(numbers.abs() < ABSURD))


def _of_records(study: Study, name: str, column: str) -> pd.Series | None:
    """Return a variable of a table, or of its participants; None if neither has it."""
    if column in study.tables[name]:
        return study.tables[name][column]
    if column not in study.adsl:
        return None
    return study.of_subject(name, column, kind_of(study.adsl[column]))


def _is_text(values: pd.Series) -> bool:
    return kind_of(values) == "text"


def _as_levels(values: pd.Series) -> pd.Series:
    """Return values as text, blanks as missing."""
    written = as_text(values)
    return written.where(written != "")


def _covariate_missing(
    study: Study, endpoint: Endpoint, name: str, column: str
) -> Iterator[TrialFinding]:
    table, plan = study.tables[name], study.plan
    population = plan.analysis_of(endpoint).population
    flag = text(study.adsl, plan.populations.get(population, ""))
    if flag is None:
        return
    rows = flag == "Y"
    if name != "adsl":
        position = study.position(name)
        if position is None or table_of(study, endpoint).empty:
            return
        rows = records_of(study, endpoint) & (position >= 0)
    values = table[column]
    missing = values == "" if kind_of(values) == "text" else values.isna()
    message = "missing where the primary analysis needs it; such participants leave a model"
    yield from study.notes(name, column, rows & missing, "covariate missing", message)
