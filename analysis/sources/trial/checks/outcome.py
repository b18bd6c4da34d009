"""The outcome of an endpoint, one value a record, whatever its kind; for the rules on endpoints."""

import pandas as pd

from analysis.sources.trial.checks.study import Study
from analysis.sources.trial.columns import number, text
from analysis.sources.trial.plan_endpoint import Endpoint

OUTCOMES = ("AVAL", "CHG", "PCHG")
"""Variables of an endpoint's records that are the outcome, or give it away."""
ARM = "arm"
"""Who was treated with what, in a frame of participants."""


def table_of(study: Study, endpoint: Endpoint) -> pd.DataFrame:
    """Return the table of an endpoint; an empty one if it cannot be asked for its records."""
    table = study.tables.get(endpoint.dataset.lower(), pd.DataFrame())
    asked = ["PARAMCD", *(["AVISIT"] if endpoint.visit else [])]
    return table if all(text(table, each) is not None for each in asked) else pd.DataFrame()


def records_of(study: Study, endpoint: Endpoint) -> pd.Series:
    """Say which records of its table are an endpoint's."""
    return study.asked(endpoint) & study.selected(endpoint)


def outcome_of(study: Study, endpoint: Endpoint) -> pd.Series | None:
    """Return the outcome of each record of an endpoint's table; None if it cannot be told.

    It is the value, 1 for a response and 0 for none, or the time; missing of records that are not
    the endpoint's, where it is no measurement.
    """
    table = table_of(study, endpoint)
    if table.empty:
        return None
    if endpoint.kind == "binary":
        return _response(study, endpoint, table)
    values = number(table, endpoint.value)
    if values is None or endpoint.kind == "continuous":
        return values
    ends = number(table, "CNSR")
    return None if ends is None else values.where(ends.notna())


def _response(study: Study, endpoint: Endpoint, table: pd.DataFrame) -> pd.Series | None:
    rule = endpoint.response
    if rule is None or rule.variable not in table:
        return None
    if rule.limits and number(table, rule.variable) is None:
        return None
    own = table[records_of(study, endpoint)]
    every = table[study.equal(endpoint.dataset.lower(), "PARAMCD", endpoint.paramcd)]
    return rule.met(own, every).reindex(table.index)


def in_population(study: Study, endpoint: Endpoint) -> pd.Series | None:
    """Say which records of its table are of the population and the arms that are compared."""
    plan, name = study.plan, endpoint.dataset.lower()
    population = plan.analysis_of(endpoint).population
    arm = study.of_subject(name, "TRT01P", "text")
    flag = study.of_subject(name, plan.populations.get(population, ""), "text")
    if arm is None or flag is None:
        return None
    return (flag == "Y") & arm.isin(plan.arms.names)


def is_the_arm(records: pd.DataFrame, name: str) -> bool:
    """Say whether a variable is the arm under another name: each level is found in one arm only."""
    levels = records.groupby(name)[ARM].nunique()
    return bool(len(levels) > 1 and (levels == 1).all())
