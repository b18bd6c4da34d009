"""Candidates for an endpoint: parameters that vary between participants at a planned visit."""

from collections.abc import Iterator

import pandas as pd

from analysis.sources.trial.columns import as_text
from analysis.sources.trial.drafting.arms import is_reference
from analysis.sources.trial.drafting.candidate import Candidate, Where
from analysis.sources.trial.drafting.folder import Folder, provisional
from analysis.sources.trial.drafting.kinds import criteria, with_codes, with_kind, without_visits
from analysis.sources.trial.drafting.labels import label_of, unit_of
from analysis.sources.trial.plan import TrialPlan, Visit
from analysis.sources.trial.records import FLAG, analysed, tells_apart

BY = ["USUBJID", "AVISIT"]
SAFETY_TABLES = ("advs", "adlb", "adeg", "adpc", "adpp", "adab")
"""Beginnings of the names of tables that rarely hold a primary endpoint; they stand last."""
FEWEST = 2
"""Participants of an arm with a value; of one, nothing can be estimated."""
ENOUGH = 1 / 3
"""Of the participants of the best-attended visit; a later visit with fewer is none to end at."""
MOST_LEVELS = 7
MOST_CHOICES = 3
LOOKED_AT = 500
"""Repeated records that show what tells them apart; all of them are put to the test."""
LONGEST_CODE = 8


def find_candidates(
    folder: Folder, visits: tuple[Visit, ...], members: dict[str, str]
) -> dict[str, list[Candidate]]:
    """Return table → its candidates, best first; tables of efficacy before those of safety."""
    plan = provisional(visits)
    own = {
        name: list(_of_table(name, table, plan, members))
        for name, table in folder.measured.items()
        if name not in folder.doubled
    }
    if len(set(members.values())) > 1:  # One arm is described by measurements alone.
        for name, others in without_visits(folder, plan, members).items():
            codes = {each.paramcd for each in others}
            kept = [each for each in own.get(name, []) if each.paramcd not in codes]
            own[name] = [*kept, *others]
    found = {name: sorted(each, key=lambda one: one.rank) for name, each in own.items()}
    order = sorted(
        (name for name, own in found.items() if own),
        key=lambda name: (_place(name), bool(found[name][0].levels)),
    )
    return {name: found[name] for name in order}


def _place(name: str) -> int:
    starts = [name.startswith(start) for start in SAFETY_TABLES]
    return starts.index(True) + 1 if any(starts) else 0


def _of_table(
    name: str, table: pd.DataFrame, plan: TrialPlan, members: dict[str, str]
) -> Iterator[Candidate]:
    later = [visit.name for visit in plan.visits if visit.day > 1]
    own = table[table["USUBJID"].isin(list(members)) & table["AVISIT"].isin(later)]
    # Lower case, as no variable of the data is.
    own = own.assign(arm=pd.Categorical(own["USUBJID"].map(members), set(members.values())))
    for paramcd, records in own.groupby("PARAMCD", sort=False):
        if 0 < len(str(paramcd)) <= LONGEST_CODE:
            several = len(set(members.values())) > 1
            coded = with_codes(records) if several else records
            candidate = _candidate(name, str(paramcd), coded, plan, later)
            if candidate and several:
                yield with_kind(candidate, coded, of_words=coded is not records)
                yield from criteria(candidate, records, plan)
            elif candidate:
                yield candidate


def _candidate(
    name: str, paramcd: str, records: pd.DataFrame, plan: TrialPlan, later: list[str]
) -> Candidate | None:
    observed = _measured(name, paramcd, records, plan, later, where={})
    if observed or "DTYPE" not in records or records["DTYPE"].isin(["", "LOCF"]).all():
        return observed
    # Averages of a visit, and values put to a limit of detection, are derived records too.
    flagged = records[analysed(records.assign(DTYPE=""), plan)]
    kinds = tuple(sorted(set(flagged["DTYPE"].unique()) - {"LOCF"}))
    return _measured(name, paramcd, records, plan, later, where={"DTYPE": kinds})


def _measured(
    name: str, paramcd: str, records: pd.DataFrame, plan: TrialPlan, later: list[str], where: Where
) -> Candidate | None:
    chosen = one_each_by(records, plan, where)
    if chosen is None:
        return None
    where, choices = chosen
    own = records.loc[analysed(records, plan, where=where), _narrow(records)]
    changes = "CHG" in own and pd.api.types.is_numeric_dtype(own["CHG"])
    value = "CHG" if changes and own["CHG"].notna().any() else "AVAL"
    seen = own[own[value].notna()]
    by_arm = seen.groupby(["AVISIT", "arm"], observed=False)["USUBJID"].nunique().unstack()
    people = by_arm.sum(axis=1)[_comparable(by_arm)]
    enough = [visit for visit in later if people.get(visit, 0) > ENOUGH * by_arm.sum(axis=1).max()]
    if not enough:
        return None
    last = seen[seen["AVISIT"] == enough[-1]]
    if last[value].nunique() < 2:
        return None
    carried = analysed(records, plan, dtype="LOCF", where=where)
    carried &= (records["AVISIT"] == enough[-1]) & records[value].notna()
    locf = int(records.loc[carried, "USUBJID"].nunique())
    return Candidate(
        dataset=name, paramcd=paramcd, label=label_of(records, paramcd), visit=enough[-1],
        value=value, unit=unit_of(records), participants=len(last), levels=_levels(last["AVAL"]),
        where=where, choices=choices, locf=locf if locf > len(last) else 0,
        base="BASE" in own and bool(last["BASE"].notna().any()),
    )  # fmt: skip


def _comparable(by_arm: pd.DataFrame) -> pd.Series:
    """Say at which visits two arms (or the only one) can be estimated, a named reference too."""
    enough = by_arm >= FEWEST
    references = [name for name in by_arm if is_reference(str(name))]
    return (enough.sum(axis=1) >= min(2, by_arm.shape[1])) & enough[references].all(axis=1)


def _levels(values: pd.Series) -> tuple[int, ...]:
    """Return the values of a code or a scale of a few steps; none for a measurement."""
    distinct = sorted(values.dropna().unique())
    whole = all(float(each).is_integer() for each in distinct)
    return tuple(map(int, distinct)) if whole and len(distinct) <= MOST_LEVELS else ()


def one_each_by(
    records: pd.DataFrame, plan: TrialPlan, where: Where
) -> tuple[Where, dict[str, list[str]]] | None:
    """Return what chooses one record a participant and visit; None if nothing does.

    Returns
    -------
    where : dict
        As given, and variable → the value that most participants have.
    choices : dict
        Variable → all its values.
    """
    where = dict(where)
    choices: dict[str, list[str]] = {}
    for _ in range(MOST_CHOICES + 1):
        keys = records.loc[analysed(records, plan, where=where), BY]
        again = keys[keys.duplicated(keep=False)].sort_values(BY, kind="stable")
        if again.empty:
            return where, choices
        some = records.loc[again.index[:LOOKED_AT]]
        apart = [name for name in tells_apart(some, BY) if name not in where]
        if not apart:
            return None
        name = apart[0]
        people = keys["USUBJID"].groupby(as_text(records.loc[keys.index, name])).nunique()
        choices[name] = sorted(people.index)
        most = max(choices[name], key=lambda value: (people[value], value != ""))
        where[name] = ("Y" if FLAG.fullmatch(name) else most,)
    return None


def _narrow(records: pd.DataFrame) -> list[str]:
    """Return the columns that a count needs; a table may have a hundred others."""
    return [name for name in (*BY, "arm", "AVAL", "CHG", "BASE") if name in records]
