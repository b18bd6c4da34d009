"""Rules on baseline and change: BASE, CHG and PCHG follow from AVAL."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from analysis.sources.trial.checks.study import Study, found, number, row_keys, text, unlike
from analysis.sources.trial.finding import TrialFinding

KEYS = (["USUBJID", "PARAMCD"], ["BASETYPE"], ["ATPT"])
"""What tells baselines apart; each further variable is used where those before do not suffice."""


def base_is_the_baseline(study: Study) -> Iterator[TrialFinding]:
    """Find BASE other than AVAL of the baseline record."""
    for name, table in study.bds.items():
        own = _baseline_values(study, table)
        base = number(table, "BASE")
        if own is None or base is None:
            continue
        flag = study.plan.records.baseline
        yield from found(
            name,
            unlike(base, own),
            "BASE inconsistent",
            f"BASE must be AVAL of the record with {flag} = Y; derive it anew",
            column="BASE",
            values=base,
        )
        yield from found(
            name,
            base.notna() & own.isna(),
            "BASE without record",
            f"BASE is given and there is no single record with {flag} = Y and a value to check it",
            column="BASE",
            values=base,
            severity="note",
        )
        yield from found(
            name,
            base.isna() & own.notna() & study.counted(name),
            "BASE missing",
            "the baseline record has a value and BASE is empty",
            column="BASE",
            severity="note",
        )


def _baseline_values(study: Study, table: pd.DataFrame) -> pd.Series | None:
    """Return AVAL of the one baseline record for each row's participant and parameter."""
    flag, values = text(table, study.plan.records.baseline), number(table, "AVAL")
    if flag is None or values is None or not {"USUBJID", "PARAMCD"} <= set(table):
        return None
    columns: list[str] = []
    for more in KEYS:
        columns += [column for column in more if column in table]
        keys = row_keys(table, columns)
        if not keys[flag == "Y"].duplicated().any():
            break
    # Where several records remain, none is the baseline; `keys` names them.
    baseline = pd.Series(values[flag == "Y"].to_numpy(), index=keys[flag == "Y"])
    baseline = baseline[~baseline.index.duplicated(keep=False)]
    at = baseline.index.get_indexer(keys)  # −1 for none, which takes the NaN at the end
    return pd.Series(np.append(baseline.to_numpy(), np.nan)[at], index=table.index)


def change_is_the_difference(study: Study) -> Iterator[TrialFinding]:
    """Find CHG other than AVAL − BASE, and PCHG other than CHG in per cent of BASE."""
    for name, table in study.bds.items():
        value, base = number(table, "AVAL"), number(table, "BASE")
        change, percent = number(table, "CHG"), number(table, "PCHG")
        if value is None or base is None:
            continue
        if change is not None:
            yield from found(
                name,
                unlike(change, value - base),
                "CHG inconsistent",
                "CHG must be AVAL − BASE; derive it anew",
                column="CHG",
                values=change,
            )
            yield from found(
                name,
                change.notna() & (value.isna() | base.isna()),
                "CHG without values",
                "CHG is given where AVAL or BASE is missing",
                column="CHG",
                values=change,
            )
        if percent is not None:
            yield from found(
                name,
                unlike(percent, 100 * (value - base) / base.where(base != 0)),
                "PCHG inconsistent",
                "PCHG must be 100 (AVAL − BASE) / BASE; derive it anew",
                column="PCHG",
                values=percent,
            )


RULES = (base_is_the_baseline, change_is_the_difference)
