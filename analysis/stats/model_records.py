"""The records that a model can use, and a count of those it cannot."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.brief import brief
from analysis.errors import UserError
from analysis.stats._checks import Array, no_column

NUMBERS = frozenset({"integer", "floating", "mixed-integer-float", "decimal", "empty"})
"""What pandas infers of a column of numbers."""


@brief
@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRecords:
    """Complete records of a model, with what was left out.

    Attributes
    ----------
    frame : pandas.DataFrame
        The complete records, index reset.
    n_records : int
        Records analysed.
    n_dropped : int
        Records left out because a model column is missing.
    dropped_by_column : tuple of (str, int)
        Missing values by column; a record with two missing columns counts in both.
    """

    frame: pd.DataFrame
    n_records: int
    n_dropped: int
    dropped_by_column: tuple[tuple[str, int], ...]


def select_records(
    frame: pd.DataFrame,
    *,
    response: str,
    factors: Sequence[str],
    covariates: Sequence[str],
    keys: Sequence[str] = (),
) -> ModelRecords:
    """Return the records without a missing model value; one missing in `keys` is an error."""
    names = [response, *keys, *factors, *covariates]
    _check_columns(frame, names)
    for name in (response, *covariates):
        _check_numeric(frame, name)
    for name in keys:
        missing = int(frame[name].isna().sum())
        if missing:
            raise UserError(
                f"column {name!r} has {missing} missing values, but it identifies records: "
                "fill them or leave those rows out"
            )
    model_columns = list(dict.fromkeys([response, *factors, *covariates]))
    absent = frame[model_columns].isna()
    keep = ~absent.any(axis=1)
    counts = tuple((name, int(absent[name].sum())) for name in model_columns if absent[name].any())
    if not keep.any():
        raise UserError(
            f"no record is left for the response {response!r}: of {len(frame)} records each "
            f"lacks one of {', '.join(map(repr, model_columns))}; missing by column: {counts}"
        )
    kept = frame.loc[keep, list(dict.fromkeys(names))].reset_index(drop=True)
    return ModelRecords(
        frame=kept, n_records=len(kept), n_dropped=int((~keep).sum()), dropped_by_column=counts
    )


def location_and_scale(target: Array, response: str) -> tuple[float, float]:
    """Return mean and largest deviation of the response, which must not be constant."""
    largest = float(np.abs(target).max())
    centre = largest * float(np.mean(target / largest)) if largest else 0.0
    scale = float(np.abs(target - centre).max())
    if scale <= 1e-13 * largest or scale == 0.0:
        raise UserError(
            f"the response {response!r} is constant ({float(target[0])!r}) over the {target.size} "
            "analysed records, so there is no variance to analyse: check the data"
        )
    return centre, scale


def exact_fit(response: str) -> UserError:
    """Return the error of a model that leaves nothing of the response."""
    return UserError(
        f"the model fits the response {response!r} exactly, so the residual variance is zero "
        "and there is no standard error: check whether the response is among the covariates"
    )


def _check_columns(frame: pd.DataFrame, names: Sequence[str]) -> None:
    """Raise when a name is unknown, ambiguous or used in two roles."""
    if not isinstance(frame, pd.DataFrame):
        raise UserError(
            f"the data must be a pandas.DataFrame, not {type(frame).__name__}: pandas.DataFrame(…) "
            "makes one"
        )
    for name in names:
        if name not in frame.columns:
            raise no_column(name, frame.columns)
        if list(frame.columns).count(name) > 1:
            raise UserError(f"the data have more than one column {name!r}: rename one of them")
        if list(names).count(name) > 1:
            raise UserError(f"column {name!r} has two roles in the model: give it one")


def _check_numeric(frame: pd.DataFrame, name: str) -> None:
    """Raise when a column is not numeric or has infinite values."""
    values = frame[name]
    # numbers that pandas keeps as objects, because a None stood among them, are numbers
    if pd.api.types.infer_dtype(values, skipna=True) not in NUMBERS:
        raise UserError(
            f"column {name!r} must be numeric but has type {values.dtype}{_first_text(values)}: "
            f"convert it, for example by pandas.to_numeric(…, errors='coerce'), or use it as a "
            "factor"
        )
    infinite = int(np.isinf(values.to_numpy(dtype=float, na_value=np.nan)).sum())
    if infinite:
        raise UserError(f"column {name!r} has {infinite} infinite values: correct them")


def _first_text(values: pd.Series) -> str:
    """Return, as a part of a sentence, the first value that is text and no number."""
    text = values.dropna().astype(str)
    wrong = text[pd.to_numeric(text, errors="coerce").isna()]
    return f" (its value {wrong.iloc[0]!r} is no number)" if len(wrong) else ""
