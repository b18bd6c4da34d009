"""Rules on the model of the primary analysis: its variables are there, and it can be fitted."""

from collections.abc import Iterator

import pandas as pd

from analysis.errors import UserError
from analysis.sources.trial.checks.study import Study
from analysis.sources.trial.checks.values import ABSURD
from analysis.sources.trial.columns import as_text, kind_of, nearest, number, text
from analysis.sources.trial.finding import PLAN, TrialFinding
from analysis.sources.trial.plan_part import is_question
from analysis.stats.design_matrix import build_design

OUTCOMES = ("AVAL", "CHG", "PCHG")
"""Variables of an endpoint's records that are the outcome, or give it away."""
ARM = "arm"


def covariates_are_there(study: Study) -> Iterator[TrialFinding]:
    """Find covariates and strata that neither ADSL nor the endpoint's table has."""
    plan = study.plan
    home = plan.endpoints.primary.dataset.lower()
    if "adsl" not in study.tables or home not in study.tables:
        return
    for field, kind in (("covariates", "number"), ("strata", "text")):
        for column in getattr(plan.analysis, field):
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
            yield from _covariate_missing(study, name, column)
            if name == home and column in OUTCOMES:
                message = "is the outcome itself or made of it; take BASE, or leave it out"
                rule = "covariate is the outcome"
                yield TrialFinding(PLAN, f"analysis.{field}", rule, message, value=column)


def model_can_be_fitted(study: Study) -> Iterator[TrialFinding]:
    """Find the first term of the primary model that the data cannot tell from the others.

    A stratum of one level, a covariate that is constant, and one that is the arm under another
    name are such terms. The design is built as the analysis builds it, one more term at a time.
    """
    plan = study.plan.analysis
    frame = _model_records(study)
    if frame is None or study.plan.design == "single-arm" or frame[ARM].nunique() < 2:
        return
    factors, covariates = [ARM], list[str]()
    named = [("factors", name) for name in plan.strata]
    named += [("covariates", name) for name in plan.covariates]
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
        if kind == "factors" and len(complete) and _is_the_arm(complete, name):
            message = "each of its levels is found in one arm only, so it is the arm itself"
        message = f"the primary model cannot be fitted with {name}: {message}; correct it"
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


def _is_the_arm(records: pd.DataFrame, name: str) -> bool:
    levels = records.groupby(name)[ARM].nunique()
    return bool(len(levels) > 1 and (levels == 1).all())


def _model_records(study: Study) -> pd.DataFrame | None:
    """Return arm and terms of everyone with a value of the primary endpoint; None if unknown."""
    plan, endpoint = study.plan, study.plan.endpoints.primary
    name = endpoint.dataset.lower()
    table = study.tables.get(name, pd.DataFrame())
    values = number(table, endpoint.value)
    arm = study.of_subject(name, "TRT01P", "text")
    flag = study.of_subject(name, plan.populations[plan.analysis.population], "text")
    if values is None or arm is None or flag is None or not {"PARAMCD", "AVISIT"} <= set(table):
        return None
    keep = study.selected(endpoint) & values.notna()
    keep &= study.asked(endpoint)
    keep &= (flag == "Y") & arm.isin(plan.arms.names)
    columns = {ARM: arm}
    for kind, names in (("text", plan.analysis.strata), ("number", plan.analysis.covariates)):
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
        chosen &= study.selected(endpoint)
        rows = chosen & (position >= 0)
    values = table[column]
    missing = values == "" if kind_of(values) == "text" else values.isna()
    message = "missing where the primary analysis needs it; such participants leave a model"
    yield from study.notes(name, column, rows & missing, "covariate missing", message)
