"""Who the safety percentages are of: every count carries its own denominator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd

from analysis.safety.settings import SafetyRun

TOTAL = "Total"
"""Level of all arms together."""


@dataclass(frozen=True, slots=True, eq=False)
class SafetyPopulation:
    """The participants of a safety run by actual treatment.

    Parameters
    ----------
    subjects
        One row per participant of the population: ``USUBJID`` and all of ADSL, and the
        categorical ``ARM``. Nobody without an arm is here.
    arms
        All arms of the trial in the plan's order, those without participants among them.
    unassigned
        How many participants of the population have no arm by actual treatment.
    """

    subjects: pd.DataFrame
    arms: tuple[str, ...]
    unassigned: int

    @property
    def columns(self) -> tuple[str, ...]:
        """What a count is given for: every arm, and the total where there is more than one."""
        return (*self.arms, TOTAL) if len(self.arms) > 1 else self.arms

    @property
    def sizes(self) -> pd.Series:
        """Participants per column; the denominator of every percentage."""
        sizes = self.subjects["ARM"].value_counts().reindex(list(self.arms), fill_value=0)
        if len(self.arms) > 1:
            sizes[TOTAL] = int(sizes.sum())
        return sizes.astype(int)

    def restrict(self, records: pd.DataFrame) -> pd.DataFrame:
        """Return the records of these participants, with their ``ARM``."""
        arm = self.subjects.set_index("USUBJID")["ARM"]
        own = records["USUBJID"].map(arm)
        kept = own.notna()
        return records[kept].assign(ARM=pd.Categorical(own[kept], categories=list(self.arms)))

    def count(self, records: pd.DataFrame, by: Sequence[str] = ()) -> pd.DataFrame:
        """Count participants and records per level and arm.

        Parameters
        ----------
        records
            Rows with ``USUBJID`` and the columns `by`; rows of others are left out.
        by
            Columns whose combinations are counted, in order of first appearance; none counts
            everybody with any record.

        Returns
        -------
        pandas.DataFrame
            One row per combination and per column of `columns`: `by`, ``arm``, ``n``
            (participants with at least one record, each once), ``events`` (records), ``N``
            (participants in the arm) and ``p`` (n / N as a fraction; missing where N is 0).
            A combination that occurs in one arm has a row in all of them.
        """
        names = list(by)
        own = self.restrict(records)
        if names:
            # Each combination and each participant as a number: counting is then one bincount.
            level = own.groupby(names, sort=False, dropna=False, observed=True).ngroup().to_numpy()
            first = own.loc[~pd.Series(level, index=own.index).duplicated(), names]
            levels = first.reset_index(drop=True)
        else:
            level = np.zeros(len(own), dtype=np.int64)
            levels = pd.DataFrame(index=range(1))
        arms, width = own["ARM"].cat.codes.to_numpy(), len(self.arms)
        cell = level * width + arms
        events = np.bincount(cell, minlength=len(levels) * width)
        subject, names_of = pd.factorize(own["USUBJID"])
        once = pd.unique(level * max(len(names_of), 1) + subject)
        arm_of = np.empty(len(names_of), dtype=np.int64)
        arm_of[subject] = arms
        pairs = (once // max(len(names_of), 1)) * width + arm_of[once % max(len(names_of), 1)]
        n = np.bincount(pairs, minlength=len(levels) * width)
        return self._table(levels, n.reshape(-1, width), events.reshape(-1, width))

    def _table(self, levels: pd.DataFrame, n: np.ndarray, events: np.ndarray) -> pd.DataFrame:
        if len(self.arms) > 1:
            n = np.column_stack([n, n.sum(axis=1)])
            events = np.column_stack([events, events.sum(axis=1)])
        table = levels.loc[levels.index.repeat(len(self.columns))].reset_index(drop=True)
        size = np.tile(self.sizes.to_numpy(), len(levels))
        counted = table.assign(
            arm=np.tile(np.array(self.columns, dtype=object), len(levels)),
            n=n.ravel(),
            events=events.ravel(),
            N=size,
        )
        share = counted["n"] / counted["N"].where(counted["N"] > 0)
        return counted.assign(p=share)


@lru_cache(maxsize=8)
def safety_population(run: SafetyRun) -> SafetyPopulation:
    """Return the participants of a run by actual treatment.

    Notes
    -----
    The arm is TRT01A of ADSL (TRT01P where a trial has no TRT01A), never the treatment noted
    on an event. A participant of the population without an arm is counted in ``unassigned``
    and in no percentage.
    """
    subjects = run.subjects()
    known = subjects["ARM"].notna()
    return SafetyPopulation(
        subjects=subjects[known].reset_index(drop=True),
        arms=run.arms,
        unassigned=int((~known).sum()),
    )
