"""Small tables of participants and events, which tests of safety count by hand."""

import datetime
from dataclasses import replace
from typing import Any

import pandas as pd

from analysis.results import Results
from analysis.safety.settings import SafetyParameters, SafetyRun

H, V = "Humatrope", "Valtropin"
START = pd.Timestamp("2001-03-01")


def people(**changes: Any) -> pd.DataFrame:
    """Seven participants: H1 to H3 and V1 to V4, each treated for 100 days."""
    names = ["H1", "H2", "H3", "V1", "V2", "V3", "V4"]
    arm = [H] * 3 + [V] * 4
    frame = pd.DataFrame(
        {
            "USUBJID": names,
            "TRT01P": arm,
            "TRT01A": arm,
            "SAFFL": "Y",
            "TRTSDT": START,
            "TRTEDT": START + pd.Timedelta(days=99),
            "TRTDURD": 100.0,
            "DTHFL": "",
        }
    )
    return frame.assign(**changes)


def events(*rows: tuple[Any, ...], **columns: Any) -> pd.DataFrame:
    """Events by participant, organ class, term and day of onset (None: unknown)."""
    frame = pd.DataFrame(list(rows), columns=["USUBJID", "AEBODSYS", "AEDECOD", "day"])
    start = START + pd.to_timedelta(pd.to_numeric(frame.pop("day")) - 1, unit="D")
    return frame.assign(
        **{
            "ASTDT": start.astype("datetime64[ns]"),
            "AENDT": pd.Series(pd.NaT, index=frame.index, dtype="datetime64[ns]"),
            "AESEV": "MILD",
            "AESER": "N",
            "AEREL": "RELATED",
            "AEACN": "DOSE NOT CHANGED",
            "AEOUT": "RECOVERED/RESOLVED",
            **columns,
        }
    )


def small(
    ghd: SafetyRun,
    adae: pd.DataFrame,
    adsl: pd.DataFrame | None = None,
    *,
    special: dict[str, tuple[str, ...]] | None = None,
    cutoff: datetime.date | None = None,
    **parameters: Any,
) -> SafetyRun:
    """Return a run on hand-made tables."""
    own = {"special_interest": special or {}, "special_interest_lists": (), "exposure": ""}
    safety = ghd.plan.model_copy(update=own)
    data = ghd.trial.plan.data.model_copy(update={"cutoff": cutoff})
    plan = ghd.trial.plan.model_copy(update={"safety": safety, "data": data})
    tables = {"adsl": people() if adsl is None else adsl, "adae": adae}
    tables = {name: _as_read(table) for name, table in tables.items()}
    return replace(
        ghd,
        trial=replace(ghd.trial, plan=plan, tables=tables),
        parameters=SafetyParameters(trial="ghd", **parameters),
    )


def _as_read(table: pd.DataFrame) -> pd.DataFrame:
    texts = table.select_dtypes(["object", "string"]).columns
    return table.astype(dict.fromkeys(texts, str))


def cell(results: Results, arm: str, variable: str, level: str = "", **more: str) -> list[float]:
    """Return n, N and events of one row."""
    rows = results.select(
        group1_level=arm, variable=variable, variable_level=level, **more
    ).frame.set_index("stat_name")["stat"]
    return [float(rows[name]) for name in ("n", "N", "events") if name in rows]
