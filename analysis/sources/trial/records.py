"""Which records of a table count: the flagged ones, those chosen, and one for each participant."""

import re
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from analysis.errors import UserError
from analysis.sources.trial.columns import as_shown, as_text
from analysis.sources.trial.plan import TrialPlan, Visit
from analysis.sources.trial.plan_endpoint import Endpoint
from analysis.thresholds import above, below

FLAG = re.compile(r"ANL\d\dFL")
"""Variables that mark analysed records."""
APART = ("ATPT", "BASETYPE", "DTYPE")
"""Variables that CDISC has for telling records of one visit apart; they are named first."""
MOST_VALUES = 12
"""A variable with more values than that tells records apart and is no word of a plan."""
UNSCHEDULED = re.compile(r"unsched", re.IGNORECASE)


def analysed(
    table: pd.DataFrame,
    plan: TrialPlan,
    *,
    dtype: str = "",
    where: Mapping[str, Sequence[str]] | None = None,
    at_visits: bool = True,
) -> pd.Series:
    """Say which records of a table the plan analyses.

    Parameters
    ----------
    table
        A normalised table.
    plan
        The trial's plan.
    dtype
        DTYPE of derived records that count too.
    where
        Variable → values of the records that count, as `Endpoint` has it.
    at_visits
        Whether they are records of visits; a time to an event, or the best of several visits, has
        neither a baseline record nor a window.

    Returns
    -------
    pandas.Series
        One truth value per row: flagged (or baseline), observed or of that DTYPE, as chosen, and
        inside its visit's window where the plan gives one. Derived records are not put to the
        window: their date is that of the record they carry forward.
    """
    where = where or {}
    keep = pd.Series(True, index=table.index)
    marks = (plan.records.analysed, *([plan.records.baseline] if at_visits else []))
    flags = [name for name in marks if name in table]
    if plan.records.analysed in flags and not any(map(FLAG.fullmatch, where)):
        keep &= any_is_yes(table, flags)
    derived = table["DTYPE"] != "" if "DTYPE" in table else ~pd.Series(True, index=table.index)
    if derived.any() and "DTYPE" not in where:
        keep &= ~derived | (table["DTYPE"] == dtype if dtype else False)
    keep &= chosen(table, where)
    return keep & ~(outside_window(table, plan) & ~derived) if at_visits else keep


def taken(table: pd.DataFrame, plan: TrialPlan, endpoint: Endpoint) -> pd.Series:
    """Say which records of its table an endpoint takes, of any parameter and visit."""
    return analysed(
        table, plan, dtype=endpoint.dtype, where=endpoint.where, at_visits=is_at_a_visit(endpoint)
    )


def of_endpoint(table: pd.DataFrame, plan: TrialPlan, endpoint: Endpoint) -> pd.Series:
    """Say which records of its table are those of an endpoint."""
    its = taken(table, plan, endpoint) & (table["PARAMCD"] == endpoint.paramcd)
    return its & (table["AVISIT"] == endpoint.visit) if endpoint.visit else its


def is_at_a_visit(endpoint: Endpoint) -> bool:
    """Say whether an endpoint is what was found at a visit: a time to an event never is."""
    return bool(endpoint.visit) and endpoint.kind != "time-to-event"


def record_of(endpoint: Endpoint) -> list[str]:
    """Return the variables of which an endpoint has one record for each of their values."""
    return ["USUBJID", "AVISIT"] if endpoint.visit else ["USUBJID"]


def any_is_yes(table: pd.DataFrame, flags: Sequence[str]) -> pd.Series:
    """Say which records have Y in one of some flags."""
    marks = [(table[flag] == "Y").to_numpy(dtype=bool) for flag in flags]
    return pd.Series(np.any(marks, axis=0), index=table.index)


def chosen(table: pd.DataFrame, where: Mapping[str, Sequence[str]]) -> pd.Series:
    """Say which records of a table have the values that an endpoint's `where` names."""
    keep = pd.Series(True, index=table.index)
    for name, values in where.items():
        keep &= has_value(table, name, values)
    return keep


def has_value(table: pd.DataFrame, name: str, values: Sequence[str]) -> pd.Series:
    """Say which records have one of some values; none where the table lacks the variable."""
    if name not in table:
        return pd.Series(False, index=table.index)
    return as_text(table[name]).isin(list(values))


def outside_window(table: pd.DataFrame, plan: TrialPlan) -> pd.Series:
    """Say which records of a table lie outside the window of the visit they are filed under."""
    outside = ~pd.Series(True, index=table.index)
    windows = {visit.name: visit.window for visit in plan.visits if visit.window}
    if not windows or not {"AVISIT", "ADY"} <= set(table):
        return outside
    if not pd.api.types.is_numeric_dtype(table["ADY"]):
        return outside  # A wrong type, which the checks name.
    # Visits without a window have −1, which takes the NaN at the end: nothing is outside it.
    at = pd.Index(list(windows)).get_indexer(table["AVISIT"])
    low, high = np.array([*windows.values(), (np.nan, np.nan)])[at].T
    return pd.Series(below(table["ADY"], low) | above(table["ADY"], high), index=table.index)


def one_each(records: pd.DataFrame, by: Sequence[str], *, what: str) -> pd.DataFrame:
    """Return the records, of which each participant has one.

    This is the one place where a number of records becomes a number of participants: every
    endpoint, visit and model goes through it.

    Parameters
    ----------
    records
        Those that count.
    by
        What a record stands for once: ``USUBJID``, or ``USUBJID`` and ``AVISIT``.
    what
        What the records are, in words.

    Raises
    ------
    UserError
        If a participant has several; the sentence says what tells them apart.
    """
    again = records.duplicated(list(by), keep=False)
    if again.any():
        raise UserError(f"{what}: {repeated_words(records, by)}")
    return records


def repeated_words(records: pd.DataFrame, by: Sequence[str]) -> str:
    """Say how many records stand for how many, what tells them apart, and what to write."""
    groups = records.groupby(list(by), sort=False).ngroups
    of_visits = " and visit" if "AVISIT" in by else ""
    said = f"{len(records)} records count where {groups} should, one a participant{of_visits}"
    apart = tells_apart(records, by)
    if not apart:
        return f"{said}; no variable tells them apart: flag one of each, or remove the others"
    shown = "; ".join(f"{name} ({', '.join(values)})" for name, values in apart.items())
    name, values = next(iter(apart.items()))
    line = f'where: {{{name}: "{values[0]}"}}'
    if name == "AVISIT":
        line = f'visit: "{next(filter(None, values))}"'
    return f"{said}; they differ in {shown}: choose some, for example with {line} at the endpoint"


def tells_apart(records: pd.DataFrame, by: Sequence[str]) -> dict[str, list[str]]:
    """Return the variables that tell repeated records apart, each with its values.

    Those that do so alone stand first, and among them the ones that CDISC has for it.
    """
    again = records[records.duplicated(list(by), keep=False)]
    found: dict[str, tuple[bool, list[str]]] = {}
    for name in again.columns.difference([*by, "arm"], sort=False):
        column = again[name]
        if not _could_be_written(str(name), column):
            continue
        within = column.groupby([again[each] for each in by], sort=False).nunique()
        if (within > 1).any():
            alone = not again.duplicated([*by, str(name)]).any()
            values = [as_shown(value) for value in sorted(column.unique())]
            found[str(name)] = (alone, values)
    rank = {name: place for place, name in enumerate(APART)}
    order = sorted(found, key=lambda name: (not found[name][0], rank.get(name, len(APART))))
    useful = [name for name in order if found[name][0]] or order
    return {name: found[name][1] for name in useful[:3]}


def _could_be_written(name: str, column: pd.Series) -> bool:
    """Say whether a plan could choose by a variable: text, or a number of few kinds (…N)."""
    if pd.api.types.is_datetime64_any_dtype(column) or column.nunique() > MOST_VALUES:
        return False
    return not pd.api.types.is_numeric_dtype(column) or name.endswith("N")


def visits_seen(table: pd.DataFrame, plan: TrialPlan, endpoint: Endpoint) -> tuple[Visit, ...]:
    """Return the visits at which an endpoint was measured, in the order of their days.

    Parameters
    ----------
    table
        The endpoint's table, normalised.
    plan
        The trial's plan.
    endpoint
        Whose records are looked at: those that count, at any visit but unscheduled ones.

    Returns
    -------
    tuple of Visit
        Each with the median study day of its records and no window; the baseline is day 1.
        Without study days, AVISITN (or the order of the table) gives the order, and days count on.
    """
    keep = analysed(table, plan, dtype=endpoint.dtype, where=endpoint.where)
    keep &= (table["PARAMCD"] == endpoint.paramcd) & (table["AVISIT"] != "")
    own = table[keep & ~table["AVISIT"].str.contains(UNSCHEDULED)]
    if plan.records.baseline in own:
        before = own.loc[own[plan.records.baseline] == "Y", "AVISIT"].unique()
    else:
        before = []
    own = own[~own["AVISIT"].isin(before)]
    by = next((name for name in ("ADY", "AVISITN") if name in own and own[name].notna().any()), "")
    if by:
        days = own.groupby("AVISIT", sort=False)[by].median().dropna().sort_values(kind="stable")
    else:
        days = pd.Series({name: place for place, name in enumerate(own["AVISIT"].unique())})
    if by != "ADY":
        days = pd.Series(np.arange(2, len(days) + 2), index=days.index)
    return (
        *(Visit(name=name, day=1) for name in before),
        *(Visit(name=str(name), day=int(np.floor(day + 0.5))) for name, day in days.items()),
    )
