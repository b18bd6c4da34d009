"""The values of an endpoint: where they come from, and what kind of numbers they are."""

from collections.abc import Iterator

import pandas as pd

from analysis.errors import UserError
from analysis.exact import difference
from analysis.sources.trial.plan_disclosure import Allowed
from analysis.sources.trial.plan_endpoint import Endpoint
from analysis.sources.trial.plan_response import Response
from analysis.sources.trial.scales import few_whole_numbers
from analysis.words import numbered


def values_of(
    data: pd.DataFrame, endpoint: Endpoint, every: pd.DataFrame | None = None
) -> pd.Series:
    """Return the values of an endpoint; a change that the table lacks is value minus baseline.

    Of a binary endpoint they are 1 for a response, 0 for none, and missing; `every` are then all
    records of its parameter, which say what a blank means.

    Raises
    ------
    UserError
        If the table has neither the variable nor what it can be derived from.
    """
    if endpoint.response:
        return _responses(data, endpoint, endpoint.response, every)
    if endpoint.value in data:
        return data[endpoint.value]
    if is_derived(data, endpoint):
        return pd.Series(difference(data["AVAL"], data["BASE"]), index=data.index)
    lacking = "AVAL" if "AVAL" not in data else "BASE"
    rest = f", and no {lacking} to derive it from" if endpoint.value == "CHG" else ""
    raise UserError(f"{endpoint.dataset} has no {endpoint.value}{rest}")


def _responses(
    data: pd.DataFrame, endpoint: Endpoint, rule: Response, every: pd.DataFrame | None
) -> pd.Series:
    if rule.variable == "CHG" and is_derived(data, endpoint.model_copy(update={"value": "CHG"})):
        data = data.assign(CHG=difference(data["AVAL"], data["BASE"]))
    if rule.variable not in data:
        raise UserError(f"{endpoint.dataset} has no {rule.variable}, which tells who responds")
    return rule.met(data, every if every is not None and rule.variable in every else None)


def event_of(data: pd.DataFrame, endpoint: Endpoint) -> pd.Series:
    """Return 1 where a time ends with the event and 0 where it is censored, from CNSR.

    A competing event censors the event; see `analysis.stats.competing_events` for what does not.

    Raises
    ------
    UserError
        If the table has no CNSR.
    """
    if "CNSR" not in data:
        raise UserError(f"{endpoint.dataset} has no CNSR, which tells events from censored times")
    ends = pd.to_numeric(data["CNSR"])
    return (ends == 0).astype(float).where(ends.notna())


def is_derived(data: pd.DataFrame, endpoint: Endpoint) -> bool:
    """Say whether an endpoint is a change that has to be derived from value and baseline."""
    return endpoint.value == "CHG" and "CHG" not in data and {"AVAL", "BASE"} <= set(data)


def notes_on(data: pd.DataFrame, endpoint: Endpoint, allowed: Allowed) -> list[str]:
    """Return what a reader of means must know of the values: sentences, mostly none.

    Parameters
    ----------
    data
        One row per participant, as `analysis_data` returns them.
    endpoint
        Whose values they are.
    allowed
        Which counts of participants may be said.
    """
    return list(_notes(data, endpoint, allowed))


def _notes(data: pd.DataFrame, endpoint: Endpoint, allowed: Allowed) -> Iterator[str]:
    if is_derived(data, endpoint):
        yield f"{endpoint.dataset} has no CHG; the change is derived as AVAL − BASE"
    if "filled" in data and (filled := int(data["filled"].sum())):
        who = allowed.counted(filled, "participant")
        at = f" at {endpoint.visit}" if endpoint.visit else ""
        yield f"{who} without a value{at} count as having no response"
    if endpoint.kind != "continuous":
        return
    kinds = kinds_of(data["AVAL"] if "AVAL" in data else data["response"])
    if kinds:
        yield (
            f"{endpoint.paramcd} has {kinds} at {endpoint.visit} and is analysed as a continuous "
            "measurement: its means are averages of codes or of scores, and an analysis made for "
            "proportions or ordered categories may suit it better"
        )


def kinds_of(values: pd.Series) -> str:
    """Say of values that are few whole numbers which they are; "" of any others.

    Examples
    --------
    >>> kinds_of(pd.Series([0.0, 1.0] * 4)), kinds_of(pd.Series([1.0, 2.0, 3.0] * 4))
    ('two values, 0 and 1,', 'only 3 different values, 1 to 3,')
    >>> kinds_of(pd.Series([1.5, 2.5] * 9)), kinds_of(pd.Series([1.0, 2.0, 3.0]))
    ('', '')
    """
    seen = few_whole_numbers(values)
    if not seen:
        return ""
    if len(seen) == 1:
        return f"one value only, {seen[0]:g},"
    if len(seen) == 2:
        return f"two values, {seen[0]:g} and {seen[1]:g},"
    return f"only {numbered(len(seen), 'different value')}, {seen[0]:g} to {seen[-1]:g},"
