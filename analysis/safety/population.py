"""Who the safety percentages are of: every count carries its own denominator."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.brief import brief
from analysis.results import COUNTED, Counted
from analysis.results.counted import Groups
from analysis.safety.settings import SafetyRun
from analysis.sources.trial.trial import Trial

TOTAL = "Total"
"""Level of all arms together."""


@brief
@dataclass(frozen=True, slots=True, eq=False)
class SafetyPopulation:
    """The participants of a safety run by actual treatment.

    Parameters
    ----------
    subjects
        One row per participant of the population: ``USUBJID`` and all of ADSL, and the
        categorical ``arm``. Nobody without an arm is here.
    arms
        All arms of the trial in the plan's order, those without participants among them.
    unassigned
        How many participants of the population have no arm by actual treatment.
    trial
        Whose they are.
    """

    subjects: pd.DataFrame
    arms: tuple[str, ...]
    unassigned: int
    trial: Trial = field(repr=False)

    @property
    def columns(self) -> tuple[str, ...]:
        """What a count is given for: every arm, and the total where there is more than one."""
        return (*self.arms, TOTAL) if len(self.arms) > 1 else self.arms

    @property
    def sizes(self) -> pd.Series:
        """Participants per column; the denominator of every percentage."""
        codes = self.subjects["arm"].cat.codes.to_numpy()
        sizes = pd.Series(np.bincount(codes, minlength=len(self.arms)), index=list(self.arms))
        if len(self.arms) > 1:
            sizes[TOTAL] = int(sizes.sum())
        return sizes.astype(int)

    def within(self, part: npt.NDArray[np.bool_]) -> "SafetyPopulation":
        """Return those of the ``subjects`` that are marked, with all arms: a subgroup."""
        return replace(self, subjects=self.subjects[part].reset_index(drop=True), unassigned=0)

    def restrict(self, records: pd.DataFrame) -> pd.DataFrame:
        """Return the records of these participants, with their ``arm``."""
        position = self.positions(records["USUBJID"])
        if not (own := position >= 0).all():
            records, position = records[own], position[own]
        return records.assign(arm=self.subjects["arm"].array.take(position))

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
            (participants with at least one record, each once), ``events`` (records), `COUNTED`
            (these records), ``N`` (participants in the arm) and ``p`` (n / N as a fraction;
            missing where N is 0).
            A combination that occurs in one arm has a row in all of them.
        """
        position = self.positions(records["USUBJID"])
        own = np.flatnonzero(position >= 0)
        every = len(own) == len(records)
        position = position if every else position[own]
        named = records[list(by)]
        level, levels = _levels(named if every else named.take(own), list(by))
        # Each combination and each participant as a number: counting is then one bincount.
        arms, width = self.subjects["arm"].cat.codes.to_numpy(), len(self.arms)
        size = len(levels) * width
        groups = level * width + arms[position]
        events = np.bincount(groups, minlength=size)
        everybody = max(len(self.subjects), 1)
        level, position = np.divmod(_once(level * everybody + position), everybody)
        n = np.bincount(level * width + arms[position], minlength=size)
        n, events = n.reshape(-1, width), events.reshape(-1, width)
        if not every:
            # Those of others are in a group that nothing counts: no copy of a million records.
            of_own, groups = groups, np.full(len(records), size)
            groups[own] = of_own
        counted = self.counted(records, groups, len(levels))
        return with_share(self.each(levels, n=n, events=events).assign(**{COUNTED: counted}))

    def counted(
        self, records: pd.DataFrame, groups: npt.NDArray[np.int64], levels: int
    ) -> list[Counted]:
        """Return what is counted in each row of `each`.

        Parameters
        ----------
        records, groups
            What is counted, and the group of each: its level times the number of arms, and its arm.
        levels
            How many levels there are.
        """
        width, of_each = len(self.arms), Groups(groups)
        found = []
        for first in range(0, levels * width, width):
            arms = tuple(range(first, first + width))
            found += [Counted(records, of_each, (arm,), self.trial) for arm in arms]
            found += [Counted(records, of_each, arms, self.trial)] if width > 1 else []
        return found

    def positions(self, who: pd.Series) -> npt.NDArray[np.int64]:
        """Return the row of each participant in ``subjects``; −1 where it is not there."""
        names = participant_names(self)
        if not isinstance(who.dtype, pd.CategoricalDtype):
            return names.get_indexer(who).astype(np.int64)
        if who.cat.categories is names:
            return who.array.codes.astype(np.int64)
        # A missing identifier has the code −1, which takes the last entry.
        return np.append(names.get_indexer(who.cat.categories), -1)[who.cat.codes].astype(np.int64)

    def each(self, levels: pd.DataFrame, **values: np.ndarray) -> pd.DataFrame:
        """Return a row of each level for each column, with ``arm``, its size ``N`` and values.

        Values have one row a level and one column an arm; the total is added.
        """
        table = levels.loc[levels.index.repeat(len(self.columns))].reset_index(drop=True)
        table["arm"] = np.tile(np.array(self.columns, dtype=object), len(levels))
        for name, value in values.items():
            total = [value.sum(axis=1)] if len(self.arms) > 1 else []
            table[name] = np.column_stack([value, *total]).ravel()
        return table.assign(N=np.tile(self.sizes.to_numpy(), len(levels)))


def with_share(counts: pd.DataFrame) -> pd.DataFrame:
    """Return counts with ``p``, n of N as a fraction; missing where N is 0."""
    return counts.assign(p=counts["n"] / counts["N"].where(counts["N"] > 0))


def _once(keys: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return each key once."""
    most = int(keys.max(initial=-1)) + 1
    if most > 8 * len(keys):
        return pd.unique(keys)
    # Where keys are dense, marking them is several times faster than hashing them.
    seen = np.zeros(most, dtype=bool)
    seen[keys] = True
    return np.flatnonzero(seen)


def _levels(records: pd.DataFrame, names: list[str]) -> tuple[npt.NDArray[np.int64], pd.DataFrame]:
    """Return the number of each record's combination, and the combinations as they appear."""
    combined = np.zeros(len(records), dtype=np.int64)
    if not names:
        return combined, pd.DataFrame(index=range(1))
    for name in names:
        codes, known = pd.factorize(records[name], use_na_sentinel=False)
        if name is not names[0]:
            codes, _ = pd.factorize(combined * max(len(known), 1) + codes)
        combined = codes.astype(np.int64)
    first = np.zeros(int(combined.max(initial=-1)) + 1, dtype=np.int64)
    # Written from the end, so that the first record of a combination stays.
    first[combined[::-1]] = np.arange(len(records))[::-1]
    return combined, records[names].iloc[first].reset_index(drop=True)


@lru_cache(maxsize=8)
def participant_names(population: SafetyPopulation) -> pd.Index:
    """Return the identifiers of a population, in the order of its ``subjects``.

    Records whose ``USUBJID`` has these as its categories are counted without a look-up.
    """
    return pd.Index(population.subjects["USUBJID"])


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
    known = subjects["arm"].notna()
    return SafetyPopulation(
        subjects=subjects[known].reset_index(drop=True),
        arms=run.arms,
        unassigned=int((~known).sum()),
        trial=run.trial,
    )


@lru_cache(maxsize=16)
def positions_of(run: SafetyRun, name: str) -> npt.NDArray[np.int64]:
    """Return the participant of each record of a table of the trial, see `positions`."""
    run.table(name, "USUBJID")  # Says what is missing.
    who = run.trial.categories(name, "USUBJID")
    return safety_population(run).positions(pd.Series(who))
