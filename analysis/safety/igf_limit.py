"""One limit of IGF-I on a page: that of its SDS, a parameter of the run."""

import re

import numpy as np
import pandas as pd

from analysis.safety.settings import SafetyRun
from analysis.sources.trial.checks.laboratory import LIMITS
from analysis.sources.trial.columns import as_text
from analysis.thresholds import above, below

IGF1_BY_SDS = "IGF-I itself, which is high or low by its SDS"
"""Why a concentration of IGF-I is on no side of a range, where the trial has its SDS."""
IGF1 = re.compile(
    r"\b(?:igf|insulin[- ]like growth factor)[- ]?(?:1|i)\b(?!.*(?:binding|score|sds))",
    re.IGNORECASE,
)


def one_limit(run: SafetyRun, records: pd.DataFrame) -> pd.DataFrame:
    """Put the run's limit of the IGF-I SDS in the place of the trial's own range of IGF-I.

    Parameters
    ----------
    run
        Its parameter ``igf1_sds`` is the limit, where the plan names the SDS as a role.
    records
        ``PARAMCD, PARAM, LOW, HIGH``.

    Returns
    -------
    pandas.DataFrame
        With ``FLAGGED``: whether the trial's own flags (ANRIND, BNRIND) count. Those of the SDS
        do not: it is high above the limit, and low as far below 0. Nor do those of the
        concentration, which has no limits: IGF-I is judged once.

    Notes
    -----
    A page that counts a value as high above 2 in one table, above 1.96 in another and by the
    laboratory's own range in a third counts one thing under three limits.
    """
    code, limit = run.plan.roles.igf1_sds, run.parameters.igf1_sds
    if not code:
        return records.assign(FLAGGED=True)
    scores = records["PARAMCD"] == code
    plain = records["PARAM"].str.contains(IGF1) & ~scores
    low, high = (records[name].mask(plain) for name in ("LOW", "HIGH"))
    return records.assign(
        LOW=low.mask(scores, -abs(limit)), HIGH=high.mask(scores, limit), FLAGGED=~(scores | plain)
    )


def own_range_words(run: SafetyRun) -> str:
    """Say that the trial's own range of the IGF-I SDS is not used, where it is another one.

    Returns
    -------
    str
        The range, where there is one, and how many records it puts on another side; "" where the
        trial has none, or the page's own.
    """
    code, limit = run.plan.roles.igf1_sds, run.parameters.igf1_sds
    tables = [run.table(name, "PARAMCD", "AVAL") for name in run.plan.laboratory]
    own = pd.concat([table[(table["PARAMCD"] == code) & table["AVAL"].notna()] for table in tables])
    sides = [above(own["AVAL"], limit), below(own["AVAL"], -abs(limit))]
    by_limit = np.select(sides, ["H", "L"], "N")
    flag = as_text(own["ANRIND"]).str.upper().str[:1] if "ANRIND" in own else pd.Series(by_limit)
    differ = int((flag.isin(["H", "L", "N"]).to_numpy() & (flag.to_numpy() != by_limit)).sum())
    pair = next((pair for pair in LIMITS if set(pair) <= set(own)), None)
    ranges = own[list(pair)].dropna().drop_duplicates().to_numpy().tolist() if pair else []
    if not differ and all(each == [-abs(limit), limit] for each in ranges):
        return ""
    records = run.trial.plan.allowed.counted(differ, "record")
    one = ranges[0] if len(ranges) == 1 else []
    named = " to ".join(f"{each:g}".replace("-", "−") for each in one)
    return (
        f"High and low of IGF-I are by its SDS and {limit:g} on the whole page; the trial's own "
        f"range{f' of it ({named})' if named else ' of it'} is not used: by it "
        f"{records} {'lies' if differ == 1 else 'lie'} on another side"
    )
