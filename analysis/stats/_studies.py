"""The studies of a meta-analysis, as people have them: arrays, a frame, errors or limits."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd
from numpy.typing import ArrayLike

from analysis.errors import UserError
from analysis.stats._checks import Array, check_same_shape, float_array, no_column
from analysis.stats.differences import difference_from_interval

Column = str | ArrayLike
Limits = tuple[Column, Column]


def read_studies(
    estimates: Column,
    std_errors: Column | None,
    labels: str | Sequence[str] | None,
    *,
    data: pd.DataFrame | None,
    limits: Limits | None,
    limits_level: float | None,
) -> tuple[Array, Array, list[str]]:
    """Return estimates, standard errors and names of the studies, checked.

    Raises
    ------
    UserError
        When a column is not there, neither errors nor limits are given, or a value is impossible.
    """
    if isinstance(estimates, pd.DataFrame):
        columns = ", ".join(map(str, estimates.columns))
        raise UserError(
            "name the columns of the frame: data=frame, estimates='…', std_errors='…' (or "
            f"limits=('…', '…') with limits_level=0.95), labels='…'; its columns are {columns}."
        )
    y = float_array("estimates", _column(estimates, data))
    if (std_errors is None) == (limits is None):
        raise UserError("give each study's standard error, or its limits, and not both.")
    if std_errors is not None:
        se = float_array("std_errors", _column(std_errors, data))
        check_same_shape(estimates=y, std_errors=se)
    else:
        se = _from_limits(y, limits, data, limits_level)
    if not y.size:
        raise UserError("estimates is empty: give at least one study.")
    if (se <= 0).any():
        raise UserError(
            f"std_errors must be above 0, not {se[se <= 0][0]:g}; a study without a standard "
            "error cannot be weighted."
        )
    given = range(1, y.size + 1) if labels is None else _column(labels, data)
    names = [str(each) for each in given]
    if len(names) != y.size or len(set(names)) != y.size:
        raise UserError(f"labels must name each of the {y.size} studies once, not {names}.")
    return y, se, names


def _column(values: Any, data: pd.DataFrame | None) -> Any:
    """Return a column of the data by its name, or the values as they are."""
    if not isinstance(values, str):
        return values
    if data is None:
        raise UserError(f"the column {values!r} is named, but there are no data: give data=frame.")
    if values not in data.columns:
        raise no_column(values, data.columns)
    return data[values]


def _from_limits(
    y: Array, limits: Limits | None, data: pd.DataFrame | None, limits_level: float | None
) -> Array:
    """Return the standard errors behind normal limits that lie evenly about the estimates."""
    if limits is None or isinstance(limits, str) or len(limits) != 2:
        raise UserError("limits must be the lower and the upper limit: limits=('low', 'high').")
    if limits_level is None:
        raise UserError("say which level the limits have, for example limits_level=0.95.")
    low, high = (float_array("limits", _column(each, data)) for each in limits)
    check_same_shape(estimates=y, lower=low, upper=high)
    found = [
        difference_from_interval(
            estimate, lower, upper, reported_level=limits_level, df=math.inf, level=limits_level
        ).std_error
        for estimate, lower, upper in zip(y, low, high, strict=True)
    ]
    return float_array("std_errors", [math.nan if each is None else each for each in found])
