"""What the derivations share: columns of ADaM frames, and why a row has no number."""

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.errors import UserError, suggestion
from analysis.growth.units import DateArray, FloatArray, same_unit
from analysis.words import in_rows


def require(frame: pd.DataFrame, columns: list[str]) -> None:
    """Refuse a frame without one of the columns."""
    for column in columns:
        if column not in frame:
            raise UserError(
                f"column '{column}' is required and missing; got {', '.join(map(str, frame))}"
                f"{suggestion(column, map(str, frame.columns))}"
            )


def number_array(frame: pd.DataFrame, column: str) -> FloatArray:
    """Return a column as floats, or refuse it."""
    require(frame, [column])
    try:
        return frame[column].to_numpy(np.float64, na_value=np.nan)
    except (TypeError, ValueError):
        raise UserError(
            f"column '{column}': must hold numbers; got {frame[column].dtype}; convert it"
        ) from None


def date_array(frame: pd.DataFrame, column: str) -> DateArray:
    """Return a column as dates, or refuse it."""
    require(frame, [column])
    if not pd.api.types.is_datetime64_dtype(frame[column]):
        raise UserError(
            f"column '{column}': must hold dates without a time zone; got {frame[column].dtype}; "
            "convert it with pandas.to_datetime"
        )
    return frame[column].to_numpy("datetime64[D]")


def one_parameter(records: pd.DataFrame) -> None:
    """Refuse records of more than one PARAMCD."""
    if "PARAMCD" in records and (names := records["PARAMCD"].unique()).size > 1:
        raise UserError(
            f"column 'PARAMCD': must hold one parameter; got {', '.join(map(str, names[:5]))}; "
            "select the one that is meant"
        )


def refuse_repeats(frame: pd.DataFrame, key: list[str], what: str) -> None:
    """Refuse a subject with more than one row where one is meant."""
    again = frame.duplicated(key, keep=False)
    if again.any():
        raise UserError(
            f"each subject must have one {what}; {frame.loc[again, 'USUBJID'].nunique()} "
            f"subject(s) have more ({in_rows(again)}); select one, for example with ANL01FL = 'Y'"
        )


def at_visit(records: pd.DataFrame, visit: float, ids: pd.Index) -> pd.DataFrame:
    """Return the date and value at one visit, one row for each of `ids`, NaN where none is."""
    rows = records[records["AVISITN"] == visit]
    refuse_repeats(rows, ["USUBJID"], f"record at visit {visit:g}")
    values = pd.DataFrame(
        {
            "ADT": date_array(rows, "ADT").astype("datetime64[s]"),
            "AVAL": number_array(rows, "AVAL"),
        },
        index=pd.Index(rows["USUBJID"]),
    )
    return values.reindex(ids)


def subject_index(records: pd.DataFrame, subjects: Iterable[str] | None) -> pd.Index:
    """Return the subjects asked for, each once."""
    ids = records["USUBJID"].unique() if subjects is None else list(subjects)
    index = pd.Index(ids, name="USUBJID")
    if not index.is_unique:
        raise UserError(
            f"subjects: must be listed once each; got '{index[index.duplicated()][0]}' twice; "
            "take them from ADSL"
        )
    return index


def first_reason(
    rules: list[tuple[pd.Series | npt.NDArray[np.bool_], str]],
) -> npt.NDArray[np.object_]:
    """Return the text of the first rule that holds in each row, or an empty one."""
    return np.select(
        [np.asarray(broken, dtype=bool) for broken, _ in rules],
        [np.array(text, dtype=object) for _, text in rules],
        default="",
    )


def blank(frame: pd.DataFrame, column: str) -> pd.DataFrame:
    """Empty the number of every row that has a reason."""
    frame[column] = frame[column].where(frame["reason"].eq(""))
    return frame


def check_order(what: str, bounds: Sequence[float]) -> None:
    """Refuse bounds that are negative or decrease."""
    if list(bounds) != sorted(bounds) or min(bounds) < 0:
        raise UserError(
            f"{what}: must not be negative and must not decrease; "
            f"got {', '.join(f'{bound:g}' for bound in bounds)}; correct the plan"
        )


def check_heights(heights: pd.DataFrame, unit: str = "cm") -> None:
    """Refuse height records that lack a column, mix parameters or have another unit."""
    check_measurements(heights, "heights", unit)


def check_measurements(records: pd.DataFrame, what: str, unit: str) -> None:
    """Refuse records that lack a column, mix parameters or have another unit."""
    require(records, ["USUBJID", "AVISITN", "ADT", "AVAL"])
    one_parameter(records)
    if "AVALU" in records:
        units = records["AVALU"].dropna().astype(str)
        wrong = units[~units.map(lambda own: same_unit(own, unit))]
        if len(wrong):
            convert = " with to_centimetres" if unit == "cm" else f" to {unit}"
            raise UserError(
                f"{what}, column 'AVALU': must be {unit}; got '{wrong.iloc[0]}' in {len(wrong)} "
                f"row(s); convert the values{convert}"
            )


def count_reasons(frame: pd.DataFrame) -> pd.DataFrame:
    """Count why numbers are missing: ``PARAMCD``, ``reason``, ``n``, most frequent first.

    Examples
    --------
    >>> frame = pd.DataFrame({"PARAMCD": "HV", "reason": ["", "no height at visit 12"]})
    >>> count_reasons(frame).values.tolist()
    [['HV', 'no height at visit 12', 1]]
    """
    told = frame.loc[frame["reason"].ne(""), ["PARAMCD", "reason"]]
    counts = told.groupby(["PARAMCD", "reason"], observed=True).size().reset_index(name="n")
    return counts.sort_values(
        ["PARAMCD", "n", "reason"], ascending=[True, False, True], ignore_index=True
    )
