"""Rules on treatment periods: this project analyses trials that have one."""

import re
from collections.abc import Iterator

import pandas as pd

from analysis.sources.trial.checks.study import Study
from analysis.sources.trial.columns import number, text
from analysis.sources.trial.finding import TrialFinding

PERIOD = re.compile(r"TRT(?!01)(\d\d)[PA]")
"""TRT02P, TRT02A, TRT03P and so on: treatments of later periods."""


def trials_have_one_period(study: Study) -> Iterator[TrialFinding]:
    """Find participants whose treatment changes with a period, as in a crossover."""
    first = text(study.adsl, "TRT01P")
    flags = [text(study.adsl, column) for column in study.plan.populations.values()]
    if first is None:
        return
    member = pd.Series(False, index=study.adsl.index)
    for flag in flags:
        if flag is not None:
            member |= flag == "Y"
    second = pd.Series(False, index=study.adsl.index)
    columns: list[str] = []
    for column in filter(PERIOD.fullmatch, study.adsl):
        later = text(study.adsl, column)
        own = first if column.endswith("P") else text(study.adsl, "TRT01A")
        if later is not None and own is not None:
            differs = member & (later != "") & (later != own)
            columns += [column] if differs.any() else []
            second |= differs
    if columns:
        message = (
            f"these data have a further period: {', '.join(columns)} differ from the treatment of "
            f"the first; this project analyses {study.plan.design} trials of one period, not "
            "crossovers: supply the records and dates of one period, without the others' variables"
        )
        yield from study.errors(
            "adsl", columns[0], second, "several periods", message, everywhere=True
        )


def records_are_of_one_period(study: Study) -> Iterator[TrialFinding]:
    """Note records of a second period and later, which count with those of the first."""
    for name, table in study.tables.items():
        period = number(table, "APERIOD")
        if period is not None and name != "adsl":
            message = "records of a later period (APERIOD) count with those of the first"
            yield from study.notes(name, "APERIOD", period > 1, "several periods", message)
