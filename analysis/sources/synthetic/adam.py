"""The shape of ADaM tables: study days, baseline and change, and bytes of a csv file."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.sources.synthetic.disposition import Course
from analysis.sources.synthetic.draws import Floats, Truths
from analysis.sources.synthetic.schedule import BASELINE, MONTHS, VISITS
from analysis.sources.trial.columns import study_day

DIGITS = 4
"""Decimals of derived values: a velocity recomputed from stored heights agrees to half of these."""

BDS = [
    *"STUDYID USUBJID ASEQ TRTA PARAMCD PARAM AVISIT AVISITN ADT ADY".split(),
    *"AVAL BASE CHG ABLFL ANL01FL SRCDOM SRCSEQ".split(),
]
"""Variables of every table of measurements; efficacy adds TRTP and DTYPE."""


def records(
    children: pd.DataFrame,
    course: Course,
    values: Floats,
    *,
    paramcd: str,
    param: str,
    visits: Sequence[int],
    kept: Truths | None = None,
    source: str = "",
) -> pd.DataFrame:
    """Return the records of one parameter, one row a child and a visit that was held.

    The `values` have one row a child and one column for each of `visits`, which are positions in
    `schedule.VISITS`; NaN gives no record, nor does a value that is not `kept`. `source` is the
    domain of a value as collected; what is derived from several has none.
    """
    chosen = list(visits)
    there = course.attended[:, chosen] & np.isfinite(values)
    if kept is not None:
        there &= kept
    child, column = np.nonzero(there)
    visit = np.array(chosen)[column]
    frame = children.iloc[child][["STUDYID", "USUBJID", "ARM", "RANDDT"]].reset_index(drop=True)
    frame["TRTP"] = frame["TRTA"] = frame.pop("ARM")
    frame["PARAMCD"], frame["PARAM"] = paramcd, param
    frame["AVISIT"] = np.array(VISITS)[visit]
    frame["AVISITN"] = MONTHS[visit]
    start = frame.pop("RANDDT")
    frame["ADT"] = start + pd.to_timedelta(course.days[child, visit], unit="D")
    frame["ADY"] = study_day(frame["ADT"], start)
    frame["AVAL"] = values[child, column]
    frame["ABLFL"] = np.where(visit == BASELINE, "Y", "")
    frame["ANL01FL"] = np.where(course.inside[child, visit], "Y", "")
    frame["DTYPE"], frame["SRCDOM"] = "", source
    return frame


def with_baseline(frame: pd.DataFrame) -> pd.DataFrame:
    """Add ``BASE`` and, after baseline, ``CHG``: exact in the digits that are stored."""
    key = ["USUBJID", "PARAMCD"]
    base = frame[frame["ABLFL"] == "Y"].set_index(key)["AVAL"].rename("BASE")
    frame = frame.join(base, on=key)
    after = frame["AVISITN"] > 0
    frame["CHG"] = (frame["AVAL"] - frame["BASE"]).round(DIGITS).where(after)
    return frame


def as_bds(frames: Sequence[pd.DataFrame], extra: Sequence[str] = ()) -> pd.DataFrame:
    """Stack records into one table in the order of child, parameter and visit."""
    stacked = with_baseline(pd.concat(frames, ignore_index=True))
    order = pd.CategoricalIndex(stacked["PARAMCD"], categories=stacked["PARAMCD"].unique()).codes
    stacked = stacked.assign(order=order).sort_values(
        ["USUBJID", "order", "AVISITN"], kind="stable", ignore_index=True
    )
    return numbered(stacked.assign(SRCSEQ=np.nan))[[*BDS, *extra]]


def numbered(frame: pd.DataFrame) -> pd.DataFrame:
    """Add ``ASEQ``, the number of each record within its participant."""
    return frame.assign(ASEQ=frame.groupby("USUBJID").cumcount() + 1)


def traced(*tables: pd.DataFrame) -> list[pd.DataFrame]:
    """Return tables whose records name the collected one: its number in its domain, ``SRCSEQ``.

    Tables that share a domain share its numbers.
    """
    stacked = pd.concat(tables, keys=range(len(tables)))
    collected = stacked[stacked["SRCDOM"] != ""]
    by_day = collected.sort_values(["USUBJID", "ADT"], kind="stable")
    stacked.loc[by_day.index, "SRCSEQ"] = by_day.groupby(["USUBJID", "SRCDOM"]).cumcount() + 1
    return [stacked.loc[k, list(table)] for k, table in enumerate(tables)]


def flag(truths: npt.ArrayLike) -> npt.NDArray[np.str_]:
    """Return Y or N."""
    return np.where(np.asarray(truths, dtype=bool), "Y", "N")


def csv_text(frame: pd.DataFrame) -> str:
    """Return a table as csv: ISO dates, no trailing zeros, an empty cell for what is missing.

    Examples
    --------
    >>> print(csv_text(pd.DataFrame({"AVAL": [110.1, 3.0], "ADT": pd.to_datetime("2000-02-01")})))
    AVAL,ADT
    110.1,2000-02-01
    3,2000-02-01
    <BLANKLINE>
    """
    return frame.to_csv(
        index=False, lineterminator="\n", float_format="%.10g", date_format="%Y-%m-%d"
    )
