"""Rules on baseline and change: BASE, CHG and PCHG follow from AVAL."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from analysis.sources.trial.checks.study import Study
from analysis.sources.trial.columns import number, text, unlike
from analysis.sources.trial.finding import TrialFinding

KEYS = (["USUBJID", "PARAMCD"], ["BASETYPE"], ["ATPT"])
"""What tells baselines apart; each further variable is used where those before do not suffice."""


def base_is_the_baseline(study: Study) -> Iterator[TrialFinding]:
    """Find BASE other than AVAL of the baseline record."""
    flag = study.plan.records.baseline
    for name, base in study.having(study.bds, "number BASE"):
        own = _baseline_values(study, name)
        if own is None:
            continue
        message = f"BASE must be AVAL of the record with {flag} = Y; derive it anew"
        yield from study.errors(name, "BASE", unlike(base, own), "BASE inconsistent", message)
        lone = base.notna() & own.isna()
        message = (
            f"BASE is given and there is no single record with {flag} = Y and a value to check it"
        )
        yield from study.notes(name, "BASE", lone, "BASE without record", message)
        blank = base.isna() & own.notna() & study.counted(name)
        message = "the baseline record has a value and BASE is empty"
        yield from study.notes(name, "BASE", blank, "BASE missing", message)


def _baseline_values(study: Study, name: str) -> pd.Series | None:
    """Return AVAL of the one baseline record for each row's participant and parameter."""
    table = study.bds[name]
    flag, values = text(table, study.plan.records.baseline), number(table, "AVAL")
    if flag is None or values is None or not {"USUBJID", "PARAMCD"} <= set(table):
        return None
    columns: list[str] = []
    for more in KEYS:
        columns += [column for column in more if column in table]
        keys = study.row_keys(name, columns)
        if not keys[flag == "Y"].duplicated().any():
            break
    # Where several records remain, none is the baseline; `keys` names them.
    baseline = pd.Series(values[flag == "Y"].to_numpy(), index=keys[flag == "Y"])
    baseline = baseline[~baseline.index.duplicated(keep=False)]
    at = baseline.index.get_indexer(keys)  # −1 for none, which takes the NaN at the end
    return pd.Series(np.append(baseline.to_numpy(), np.nan)[at], index=table.index)


def change_is_the_difference(study: Study) -> Iterator[TrialFinding]:
    """Find CHG other than AVAL − BASE, and PCHG other than CHG in per cent of BASE."""
    for name, value, base in study.having(study.bds, "number AVAL", "number BASE"):
        change, percent = (number(study.bds[name], column) for column in ("CHG", "PCHG"))
        if change is not None:
            wrong, message = unlike(change, value - base), "CHG must be AVAL − BASE; derive it anew"
            yield from study.errors(name, "CHG", wrong, "CHG inconsistent", message)
            lone = change.notna() & (value.isna() | base.isna())
            message = "CHG is given where AVAL or BASE is missing"
            yield from study.errors(name, "CHG", lone, "CHG without values", message)
        if percent is not None:
            # Per cent of BASE, or of its size: they differ where BASE is negative.
            expected, scale = value - base, base.where(base != 0)
            wrong = unlike(percent, 100 * expected / scale)
            wrong &= unlike(percent, 100 * expected / scale.abs())
            message = "PCHG must be 100 (AVAL − BASE) / BASE, or / |BASE|; derive it anew"
            yield from study.errors(name, "PCHG", wrong, "PCHG inconsistent", message)
