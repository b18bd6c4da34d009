"""The records that a number counts, as far as the plan of their trial lets them be shown."""

from collections.abc import Iterable, Sequence

import pandas as pd

from analysis.results.counted import DATASET, PLACE, RECORD, Counted, placed
from analysis.sources.trial.columns import as_text, normal_limits
from analysis.sources.trial.trial import Trial

SUBJECTS = "adsl"
PARTICIPANT, ARM = "Participant", "Actual treatment"
TABLE, NUMBER = "Table", "Record"
WHERE = [TABLE, NUMBER]
"""What is shown of a record whoever it is of: where it stands, with rows counted from 1."""
AT = "at"
"""Column of the place that a number has among others."""
KINDS = {
    "AEDECOD": {
        "AEBODSYS": "System organ class", "AEDECOD": "Preferred term", "ASTDY": "First day",
        "AENDY": "Last day", "AESEV": "Severity", "AESER": "Serious", "AEREL": "Relation",
        "AEACN": "Action taken", "AEOUT": "Outcome", "TRTEMFL": "Emergent",
    },
    "DVTERM": {"DVCAT": "Category", "DVTERM": "Deviation"},
    "PARAMCD": {
        "PARAM": "Measurement", "AVISIT": "Visit", "ADY": "Day", "AVAL": "Value",
        "AVALC": "Result", "ANRLO": "Lower limit", "ANRHI": "Upper limit", "ANRIND": "Side",
        "BASE": "At baseline", "CNSR": "Censored", "EVNTDESC": "Event",
    },
    "": {
        "AGE": "Age", "SEX": "Sex", "TRTDURD": "Days treated", "EOSSTT": "End of study",
        "DCSREAS": "Reason", "PPEXCL": "Left out of per protocol",
    },
}  # fmt: skip
"""A variable by which a table is known → what is shown of its records, in order.

Never a date, and never the reported term of an event: it is free text, and may name somebody.
"""


def places(counted: Iterable[Counted]) -> pd.DataFrame:
    """Return where records stand, each once: ``USUBJID`` and `PLACE`, in the order of the tables.

    A row that is no record of a table stands in ADSL, with its participant.
    """
    return each_once(places_of_each(list(counted)))


def each_once(places: pd.DataFrame) -> pd.DataFrame:
    """Return the places of `places_of_each`, each once, whichever numbers count it."""
    found = places.drop(columns=AT).drop_duplicates(PLACE)
    return found.sort_values(PLACE, kind="stable", ignore_index=True)


def places_of_each(counted: Sequence[Counted]) -> pd.DataFrame:
    """Return where the records of several numbers stand: as `places`, a row a number and record.

    `AT` is the place of the number among those given, in whose order the rows are.
    """
    own = [each.records.reindex(columns=["USUBJID", *PLACE]) for each in counted]
    if not own:
        return pd.DataFrame(columns=["USUBJID", *PLACE, AT])
    where = pd.concat(
        [each.astype({"USUBJID": str, DATASET: object}) for each in own],
        keys=range(len(own)), names=[AT, None],
    ).reset_index(AT).reset_index(drop=True)  # fmt: skip
    missing = where[RECORD].isna()
    if missing.any():
        trial = _trial_of(counted[at] for at in where.loc[missing, AT].unique())
        adsl = placed(trial.tables[SUBJECTS], SUBJECTS)[["USUBJID", *PLACE]]
        adsl = adsl.astype({"USUBJID": str})
        stands = where.loc[missing, ["USUBJID", AT]].merge(adsl, on="USUBJID")
        where = pd.concat([stands, where[~missing]])
    where = where.astype({DATASET: str, RECORD: int}).drop_duplicates([AT, *PLACE])
    return where.sort_values([AT, *PLACE], kind="stable", ignore_index=True)


def listing(trial: Trial, where: pd.DataFrame) -> pd.DataFrame:
    """Return records as they may be shown.

    Parameters
    ----------
    trial
        Whose plan says whether participants may be named.
    where
        Of `places`.

    Returns
    -------
    pandas.DataFrame
        A row a record, in the order given, all as text: participant, treatment and what `KINDS`
        has of its table, then its place; the place alone where participants may not be named.
    """
    place = where[PLACE].set_axis(WHERE, axis=1).astype({NUMBER: str}).reset_index(drop=True)
    if not trial.plan.names_participants:
        return place
    parts = [pd.DataFrame({PARTICIPANT: []})]
    for name, own in where.reset_index(drop=True).groupby(DATASET, sort=False):
        table = trial.tables[str(name)].iloc[own[RECORD] - 1].set_axis(own.index)
        shown = {
            title: as_text(table[column]) for column, title in _shown(table) if column in table
        }
        parts.append(pd.DataFrame({PARTICIPANT: own["USUBJID"], ARM: _arms(trial, own), **shown}))
    found = pd.concat(parts).sort_index().fillna("")
    empty = [name for name in found if not (found[name] != "").any()]
    return found.drop(columns=empty).join(place)


def _shown(table: pd.DataFrame) -> list[tuple[str, str]]:
    """Return the variables of a table that are shown, with their titles."""
    kind = next(name for name in KINDS if name in table or not name)
    limits = dict(zip(("ANRLO", "ANRHI"), normal_limits(table) or ("", ""), strict=True))
    return [(limits.get(column) or column, title) for column, title in KINDS[kind].items()]


def _arms(trial: Trial, own: pd.DataFrame) -> pd.Series:
    adsl = trial.tables[SUBJECTS]
    variable = "TRT01A" if "TRT01A" in adsl else "TRT01P"
    return own["USUBJID"].map(adsl.set_index("USUBJID")[variable])


def _trial_of(counted: Iterable[Counted]) -> Trial:
    trial, *others = {id(each.trial): each.trial for each in counted}.values()
    if trial is None or others:
        raise ValueError("records of no one trial have no place; give them dataset and record")
    return trial
