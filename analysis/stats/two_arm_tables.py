"""The four counts of two arms, from records or from a table of counts."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from analysis.errors import UserError, suggestion
from analysis.stats._checks import as_names, no_column


class TwoByTwo(NamedTuple):
    """Events and patients of two arms, in the order in which every comparison takes them.

    Whole numbers; arrays with one value a stratum where strata were asked for.
    """

    events_1: Any
    n_1: Any
    events_2: Any
    n_2: Any


def two_by_two(
    data: pd.DataFrame | None = None,
    *,
    arm: str | ArrayLike | None = None,
    outcome: str | ArrayLike | None = None,
    event: Hashable,
    reference: Hashable,
    by: str | Sequence[str] = (),
) -> TwoByTwo:
    """Count events and patients of two arms, for every function that compares two proportions.

    Parameters
    ----------
    data : pandas.DataFrame, optional
        One row a patient, with the columns `arm` and `outcome`; or, without these two, a 2 × 2
        table of counts, arms against outcomes, as ``pandas.crosstab`` gives it.
    arm, outcome : str or array
        Columns of the data, or without data the values themselves, one a patient.
    event : hashable
        The value of the outcome that is counted, for example ``1``, ``True`` or ``"Y"``.
    reference : hashable
        The arm that the other is compared with; it becomes arm 2.
    by : str or sequence of str, optional
        Columns of strata, for `mantel_haenszel` and `stratified_risk_difference`.

    Returns
    -------
    TwoByTwo
        events_1, n_1, events_2, n_2; a star passes them on.

    Raises
    ------
    UserError
        When a column or value is not there, a value is missing, or there are not two arms.

    Examples
    --------
    >>> from analysis.stats import risk_difference
    >>> trial = pd.DataFrame({"trt": ["new"] * 5 + ["old"] * 5,
    ...                       "cured": ["Y", "Y", "Y", "Y", "N", "Y", "Y", "N", "N", "N"]})
    >>> counts = two_by_two(trial, arm="trt", outcome="cured", event="Y", reference="old")
    >>> counts
    TwoByTwo(events_1=4, n_1=5, events_2=2, n_2=5)
    >>> d = risk_difference(*counts, method="miettinen-nurminen", level=0.95)
    >>> round(float(d.estimate), 2), round(float(d.lower), 2), round(float(d.upper), 2)
    (0.4, -0.23, 0.79)
    """
    if data is not None and arm is None and outcome is None:
        return _from_table(pd.DataFrame(data), event, reference)
    frame, names = patients(data, arm, outcome, as_names(by))
    arms = _two_arms(frame["arm"], reference)
    known = frame["outcome"].unique().tolist()
    if event not in known:
        raise UserError(f"no outcome is {event!r}: the outcomes are {_listed(known)}.")
    grouped = frame.assign(event=frame["outcome"] == event).groupby(
        [*names, "arm"], observed=True, sort=True
    )["event"]
    counts = pd.DataFrame({"events": grouped.sum(), "n": grouped.size()})
    if not names:
        return TwoByTwo(*(int(counts.loc[each, kind]) for each in arms for kind in counts))
    wide = counts.unstack("arm", fill_value=0)
    return TwoByTwo(*(wide[kind, each].to_numpy(int) for each in arms for kind in counts))


def patients(
    data: pd.DataFrame | None, arm: Any, outcome: Any, by: list[str]
) -> tuple[pd.DataFrame, list[str]]:
    """Return a column of arms, one of outcomes and those of the strata, nothing missing."""
    if arm is None or outcome is None:
        raise UserError("give both arm= and outcome=, as columns of the data or as values.")
    if data is None:
        if isinstance(arm, str) or isinstance(outcome, str) or by:
            raise UserError("columns are named, but there are no data: give the frame first.")
        if len(arm) != len(outcome):
            raise UserError(
                f"arm has {len(arm)} values and outcome {len(outcome)}: one a patient is needed."
            )
        columns = {"arm": np.asarray(arm), "outcome": np.asarray(outcome)}
    else:
        for name in (arm, outcome, *by):
            if not isinstance(name, str) or name not in data.columns:
                raise no_column(name, data.columns)
        columns = {"arm": data[arm].to_numpy(), "outcome": data[outcome].to_numpy()}
        columns |= {f"stratum {name}": data[name].to_numpy() for name in by}
    frame = pd.DataFrame(columns)
    absent = frame.isna().sum()
    for name in frame:
        if absent[name]:
            raise UserError(
                f"{absent[name]} of {len(frame)} values of the {name} are missing: leave those "
                "patients out, or count them as without the event, before they are counted."
            )
    return frame, [name for name in frame if name not in {"arm", "outcome"}]


def _two_arms(values: pd.Series, reference: Hashable) -> tuple[Hashable, Hashable]:
    """Return the arm that is compared and the reference."""
    arms = values.unique().tolist()
    if reference not in arms:
        near = suggestion(str(reference), map(str, arms))
        raise UserError(f"no arm is {reference!r}{near or '.'} The arms are {_listed(arms)}.")
    others = [each for each in arms if each != reference]
    if len(others) != 1:
        raise UserError(
            f"two arms are compared, but there are {len(arms)} ({_listed(arms)}): keep the "
            "records of two."
        )
    return others[0], reference


def _from_table(table: pd.DataFrame, event: Hashable, reference: Hashable) -> TwoByTwo:
    """Return the counts of a table of arms against outcomes, whichever stands in the rows."""
    if event not in table.columns and event in table.index:
        table = table.T
    if event not in table.columns or reference not in table.index:
        raise UserError(
            f"the table has no outcome {event!r} or no arm {reference!r}: its columns are "
            f"{_listed(table.columns)}, its rows {_listed(table.index)}; of records name the "
            "columns as arm= and outcome=."
        )
    # margins of a crosstab count everybody twice
    table = table.drop(index="All", columns="All", errors="ignore")
    first, second = _two_arms(pd.Series(table.index), reference)
    totals = table.sum(axis=1)
    cells = (table.loc[first, event], totals[first], table.loc[second, event], totals[second])
    return TwoByTwo(*(int(cell) for cell in cells))


def _listed(values: Any) -> str:
    return ", ".join(repr(each) for each in list(values)[:8])
