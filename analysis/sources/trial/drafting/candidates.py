"""Candidates for an endpoint: parameters that vary between participants at a planned visit."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pandas as pd

from analysis.sources.trial.drafting.folder import Folder, provisional
from analysis.sources.trial.drafting.labels import label_of, unit_of
from analysis.sources.trial.plan import TrialPlan, Visit
from analysis.sources.trial.records import FLAG, analysed, has_value, tells_apart

BY = ["USUBJID", "AVISIT"]
SAFETY_TABLES = ("advs", "adlb", "adeg", "adpc", "adpp", "adab")
"""Beginnings of the names of tables that rarely hold a primary endpoint; they stand last."""
ENOUGH = 1 / 3
"""Of the participants of the best-attended visit; a later visit with fewer is none to end at."""
MOST_LEVELS = 7
MOST_CHOICES = 3
LONGEST_CODE = 8


@dataclass(frozen=True)
class Candidate:
    """A parameter that a plan could make its endpoint.

    Parameters
    ----------
    dataset, paramcd, label, visit, value, unit, where
        As `plan.Endpoint` has them.
    participants
        How many have a value at the visit.
    levels
        The values where they are few whole numbers, else empty.
    choices
        Variable of `where` → all its values.
    base
        Whether the table has BASE for it.
    locf
        Participants with a value when those of DTYPE LOCF count too; 0 where there are none.
    """

    dataset: str
    paramcd: str
    label: str
    visit: str
    value: str
    unit: str
    participants: int
    levels: tuple[int, ...] = ()
    where: dict[str, str] = field(default_factory=dict)
    choices: dict[str, list[str]] = field(default_factory=dict)
    base: bool = False
    locf: int = 0

    @property
    def rank(self) -> tuple[bool, bool, int]:
        """What stands first: many values before few, then totals, then who was measured."""
        total = any(word in self.label.lower() for word in ("total", "composite", "global"))
        total |= "TOT" in self.paramcd
        return bool(self.levels), not total, -self.participants


def find_candidates(
    folder: Folder, visits: tuple[Visit, ...], members: set[str]
) -> dict[str, list[Candidate]]:
    """Return table → its candidates, best first; tables of efficacy before those of safety."""
    plan = provisional(visits)
    names = sorted(folder.measured, key=lambda name: name.startswith(SAFETY_TABLES))
    found = {}
    for name in names:
        table = folder.measured[name]
        own = sorted(_of_table(name, table, plan, members), key=lambda each: each.rank)
        if own:
            found[name] = own
    return found


def _of_table(
    name: str, table: pd.DataFrame, plan: TrialPlan, members: set[str]
) -> Iterator[Candidate]:
    later = [visit.name for visit in plan.visits if visit.day > 1]
    own = table[table["USUBJID"].isin(members) & table["AVISIT"].isin(later)]
    for paramcd, records in own.groupby("PARAMCD", sort=False):
        if 0 < len(str(paramcd)) <= LONGEST_CODE:
            candidate = _candidate(name, str(paramcd), records, plan, later)
            if candidate:
                yield candidate


def _candidate(
    name: str, paramcd: str, records: pd.DataFrame, plan: TrialPlan, later: list[str]
) -> Candidate | None:
    chosen = one_each_by(records, plan)
    if chosen is None:
        return None
    where, choices = chosen
    own = records[analysed(records, plan, where=_tuples(where))]
    changes = "CHG" in own and pd.api.types.is_numeric_dtype(own["CHG"])
    value = "CHG" if changes and own["CHG"].notna().any() else "AVAL"
    seen = own[own[value].notna()]
    attended = seen.groupby("AVISIT")["USUBJID"].nunique()
    enough = [v for v in later if attended.get(v, 0) > max(1, ENOUGH * attended.max())]
    if not enough:
        return None
    last = seen[seen["AVISIT"] == enough[-1]]
    if last[value].nunique() < 2:
        return None
    carried = analysed(records, plan, dtype="LOCF", where=_tuples(where))
    carried &= (records["AVISIT"] == enough[-1]) & records[value].notna()
    locf = int(records.loc[carried, "USUBJID"].nunique())
    return Candidate(
        dataset=name, paramcd=paramcd, label=label_of(records, paramcd), visit=enough[-1],
        value=value, unit=unit_of(records), participants=len(last), levels=_levels(last["AVAL"]),
        where=where, choices=choices, locf=locf if locf > len(last) else 0,
        base="BASE" in own and bool(last["BASE"].notna().any()),
    )  # fmt: skip


def _levels(values: pd.Series) -> tuple[int, ...]:
    """Return the values of a code or a scale of a few steps; none for a measurement."""
    distinct = sorted(values.dropna().unique())
    whole = all(float(each).is_integer() for each in distinct)
    return tuple(map(int, distinct)) if whole and len(distinct) <= MOST_LEVELS else ()


def one_each_by(
    records: pd.DataFrame, plan: TrialPlan
) -> tuple[dict[str, str], dict[str, list[str]]] | None:
    """Return what chooses one record a participant and visit; None if nothing does.

    Returns
    -------
    where : dict
        Variable → the value that most participants have; empty where there is no choice.
    choices : dict
        Variable → all its values.
    """
    where: dict[str, str] = {}
    choices: dict[str, list[str]] = {}
    for _ in range(MOST_CHOICES + 1):
        own = records[analysed(records, plan, where=_tuples(where))]
        if not own.duplicated(BY).any():
            return where, choices
        apart = {k: v for k, v in tells_apart(own, BY).items() if k not in where}
        if not apart:
            return None
        name, values = next(iter(apart.items()))
        where[name], choices[name] = _most(own, name, values), values
    return None


def _most(records: pd.DataFrame, name: str, values: list[str]) -> str:
    if FLAG.fullmatch(name):
        return "Y"
    people = {
        value: records.loc[has_value(records, name, [value]), "USUBJID"].nunique()
        for value in values
    }
    return max(values, key=lambda value: (people[value], value != ""))


def _tuples(where: dict[str, str]) -> dict[str, tuple[str, ...]]:
    return {name: (value,) for name, value in where.items()}
