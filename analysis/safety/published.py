"""The published safety evidence on growth hormone, beside the trial and never pooled with it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.errors import NoSection, UserError
from analysis.results import Results, Stat, from_frame
from analysis.safety.settings import SafetyRun
from analysis.sources.evidence import load_ledger
from analysis.sources.schemas import INDICATIONS
from analysis.words import begins_sentence

WORDS = {"GHD": "deficien", "TS": "turner", "ISS": "idiopathic", "SGA": "gestational"}
"""Indication → what a plan's words for it hold."""
ROW = ["indication", "study_id", "arm_id", "paramcd", "population", "months", "printing"]


def own_indication(run: SafetyRun) -> str:
    """Return the ledger's code of the trial's indication; "" where it has none."""
    said = run.trial.plan.indication.casefold()
    found = (code for code, word in WORDS.items() if word in said or said == code.casefold())
    return next(found, "")


def published_safety(run: SafetyRun) -> Results:
    """Return what was published of the safety of growth hormone, as printed.

    Returns
    -------
    Results
        All rows are ``data_status`` "published". ``group1_level`` study and arm,
        ``group2_level`` indication (the trial's own first), ``variable`` the endpoint: n, N and
        p (per cent) as far as the source prints them, and its locator.

    Raises
    ------
    NoSection
        If the trial is not one of growth hormone: its plan declares no growth.
    UserError
        If the ledger has nothing on safety.

    Notes
    -----
    Nothing is computed from these numbers; a percentage that a source does not print is not
    filled in.
    """
    if run.trial.plan.growth is None:
        raise NoSection(
            f"trial '{run.trial.plan.id}' declares no growth, so that the published safety of "
            "growth hormone does not belong beside it"
        )
    rows = load_ledger().described()
    rows = rows[rows["domain"] == "safety"]
    if not len(rows):
        raise UserError("the published ledger has no row on safety")
    return from_frame(
        _one_row_per_arm(rows, own_indication(run)),
        {
            "count": Stat("n", "Participants", 0),
            "size": Stat("N", "Participants in the arm", 0),
            "percent": Stat("p", "Per cent", "decimals", "%"),
            "duration": Stat("time", "Months", 0, "months"),
            "locator": Stat("locator", "Read in"),
        },
        analysis_id="published-safety",
        group1="arm",
        group2="indication",
        context="published",
        method="as printed",
        data_status="published",
    )


def _one_row_per_arm(rows: pd.DataFrame, own: str) -> pd.DataFrame:
    """Put count and percentage of one arm and endpoint into one row."""
    keys = rows[ROW].astype(object).where(rows[ROW].notna(), "")
    rows = rows.assign(
        **{name: keys[name] for name in ROW},
        count=rows["value"].where(rows["statistic"] == "events"),
        percent=rows["value"].where(rows["statistic"] == "pct"),
        decimals=rows["decimals"].where(rows["statistic"] == "pct"),
    )
    joined = rows.groupby(ROW, sort=False, as_index=False).agg(
        count=("count", "first"),
        percent=("percent", "first"),
        decimals=("decimals", "first"),
        size=("n", "first"),
        study=("label", "first"),
        arm=("arm", "first"),
        variable=("param", "first"),
        note=("note", "first"),
        sources=("source_id", lambda each: "; ".join(dict.fromkeys(each))),
        locator=("locator", lambda each: "; ".join(dict.fromkeys(each))),
        ids=("result_id", lambda each: "; ".join(each)),
    )
    first = (joined["indication"] != own).to_numpy()
    joined = joined.iloc[np.argsort(first, kind="stable")]
    duration = pd.to_numeric(joined["months"], errors="coerce")
    return joined.assign(
        duration=duration,
        group1_level=joined["study"] + ", " + joined["arm"],
        group2_level=joined["indication"].map(INDICATIONS).map(begins_sentence),
        variable_level=_apart(joined),
        n_population=joined["size"],
        source=joined["sources"] + ": " + joined["ids"],
        decimals=joined["decimals"].fillna(0).astype(int),
    )


def _apart(rows: pd.DataFrame) -> pd.Series:
    """Tell rows of one study, arm and endpoint apart, where there are several."""
    same = rows.duplicated(["study", "arm", "paramcd", "indication"], keep=False)
    more = rows["population"].astype(str) + ", " + rows["months"].astype(str) + " months"
    return more.where(same, "")
