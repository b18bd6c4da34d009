"""Which adverse events count: those that are treatment-emergent, with one name a term."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.brief import brief
from analysis.errors import UserError
from analysis.results import PLACE
from analysis.safety.coding import one_class, one_spelling
from analysis.safety.meanings import words_of
from analysis.safety.population import SafetyPopulation, safety_population
from analysis.safety.recorded import events_table, recorded_events
from analysis.safety.settings import SafetyRun
from analysis.sources.trial.columns import order_of, study_day

DESCRIBED = ("AESEV", "AESER", "AEREL", "AEACN", "ATOXGR", "AETOXGR")
"""Variables by which events are told apart beside their terms."""
RULES = (
    ("flagged treatment-emergent by the trial", True),
    ("not flagged treatment-emergent by the trial", False),
    ("begins on or after the first dose", True),
    ("begins before the first dose", False),
    ("begin unknown, ended before the first dose", False),
    ("begin unknown and not ruled out", True),
    ("no date of the first dose, so not ruled out", True),
)
"""What was decided of an event → whether it counts as treatment-emergent."""
FLAG_RULES = 2
"""So many of `RULES` follow from the flag, the others from dates."""

OPEN = -1
"""In place of a rule, where the flag does not say and the dates must."""

NO_EVENTS = "no events recorded"

Codes = npt.NDArray[np.int64]


@brief
@dataclass(frozen=True, slots=True, eq=False)
class EmergentEvents:
    """The treatment-emergent events of a run.

    Parameters
    ----------
    records
        One row an event: ``USUBJID``, ``AEBODSYS`` and ``AEDECOD`` (one spelling a term) and
        what of `DESCRIBED` the table has, all as categories; ``DAY``, the day of onset since
        the first dose, which is day 1, missing where a date is; and its `PLACE`.
    organ_classes
        AEDECOD → AEBODSYS of every event of the table, emergent or not.
    decisions
        Number of events by each of `RULES`.
    spellings
        Columns of a term, its other spelling, and how many events had it.
    moved
        Columns of a term that was recorded under several organ classes, what was done in words,
        and how many events were moved.
    coded
        Whether the table has AEDECOD at all; without it every event is `NOT_CODED`.
    outside
        Events of those who are not in the population, or in no arm of it.
    switched
        Events whose TRTA is not the arm in which the participant is counted.
    flagged
        Whether the trial flags emergent events.
    """

    records: pd.DataFrame
    organ_classes: dict[str, str]
    decisions: Codes
    spellings: pd.DataFrame
    moved: pd.DataFrame
    coded: bool
    outside: int
    switched: int
    flagged: bool


@lru_cache(maxsize=4)
def emergent_events(run: SafetyRun) -> EmergentEvents:
    """Return the treatment-emergent events of a run's population.

    Returns
    -------
    EmergentEvents
        Every event of the trial's table is in it, or counted in `decisions` or ``outside``.

    Raises
    ------
    NoSection
        If the plan names no table of adverse events.
    UserError
        If the table is missing, or can neither be dated nor is flagged.

    Notes
    -----
    TRTEMFL decides where the trial sets it; an event without the flag is not emergent, unless
    the trial also writes N, so that an empty flag says nothing. What it leaves open is decided
    by dates: emergent from the day of the first dose on. An event of unknown begin counts
    unless its end rules it out, and so does an event of a participant without a date of first
    dose. There is no last day: a trial that ends counting after the last dose flags its events.
    """
    table = _events_table(run)
    own = recorded_events(run)
    first = _of_subject(safety_population(run), "TRTSDT", own["USUBJID"].array.codes)
    rule, flagged = _decide(own, first)
    terms, spellings = one_spelling(_text(own, "AEDECOD"))
    classes, class_spellings = one_spelling(_text(own, "AEBODSYS"))
    classes, moved = one_class(terms, classes)
    records = pd.DataFrame(
        {
            "USUBJID": own["USUBJID"],
            "AEDECOD": terms,
            "AEBODSYS": classes,
            **{name: words_of(own[name]) for name in DESCRIBED if name in own},
            "DAY": _day(own, first),
            **{name: own[name] for name in PLACE},
        }
    )
    known = records[["AEDECOD", "AEBODSYS"]].drop_duplicates("AEDECOD").astype(str)
    emergent = np.array([counts for _, counts in RULES])[rule]
    return EmergentEvents(
        records=records[emergent].reset_index(drop=True),
        organ_classes=dict(zip(known["AEDECOD"], known["AEBODSYS"], strict=True)),
        decisions=np.bincount(rule, minlength=len(RULES)),
        spellings=pd.concat([spellings, class_spellings], ignore_index=True),
        moved=moved,
        coded="AEDECOD" in table,
        outside=len(table) - len(own),
        switched=_switched(own),
        flagged=flagged,
    )


def events_recorded(run: SafetyRun) -> bool:
    """Say whether the table of adverse events has any record; a table of none says so too."""
    return len(_events_table(run)) > 0


def _events_table(run: SafetyRun) -> pd.DataFrame:
    table = events_table(run)
    if "TRTEMFL" not in table and "ASTDT" not in table:
        raise UserError(
            f"{run.plan.adverse_events.lower()} must have TRTEMFL or ASTDT; without either, nobody "
            "can say which events began under treatment"
        )
    return table


def _text(own: pd.DataFrame, name: str) -> pd.Series:
    """Return a variable of the events, empty throughout where the table has none."""
    if name in own:
        return own[name]
    return pd.Series(pd.Categorical.from_codes(np.zeros(len(own), dtype=np.int8), [""]))


def _of_subject(
    population: SafetyPopulation, column: str, position: npt.NDArray[np.int64]
) -> pd.Series:
    """Return a date of ADSL for every event."""
    subjects = population.subjects
    if column not in subjects:
        return pd.Series(pd.NaT, index=range(len(position)), dtype="datetime64[ns]")
    return pd.Series(subjects[column].array.take(position))


def _decide(own: pd.DataFrame, first: pd.Series) -> tuple[Codes, bool]:
    """Return the place in `RULES` of every event, and whether the trial flags them."""
    flag = pd.Categorical(_text(own, "TRTEMFL"))
    used = set(flag.categories[np.unique(flag.codes[flag.codes >= 0])])
    flagged = "Y" in used
    # Where the trial never writes N, an event without a flag is none.
    unsaid = OPEN if "N" in used or not flagged else 1
    by_word = {"Y": 0, "N": 1, "": unsaid}
    decided = [by_word.get(word, 1 if flagged else OPEN) for word in flag.categories]
    rule = np.array([*decided, unsaid], dtype=np.int64)[flag.codes]  # −1, for missing: the last.
    if (left := rule == OPEN).any():
        rule[left] = _by_dates(own[left], first[left])
    return rule, flagged


def _by_dates(own: pd.DataFrame, first: pd.Series) -> Codes:
    """Return the place in `RULES` of events of which the trial does not say."""
    none = pd.Series(pd.NaT, index=own.index, dtype="datetime64[ns]")
    start, end = own.get("ASTDT", none), own.get("AENDT", none)
    known = [first.isna(), start >= first, start < first, end < first]
    return np.select(known, [6, 2, 3, 4], default=5)


def _day(own: pd.DataFrame, first: pd.Series) -> pd.Series:
    """Return the day of onset; the first dose is on day 1, and there is no day 0."""
    if "ASTDT" not in own:
        return pd.Series(np.nan, index=own.index)
    return study_day(own["ASTDT"], first).astype(float)


def by_day(days: npt.NDArray[np.float64]) -> npt.NDArray[np.intp]:
    """Return the order of days of onset, the unknown last; of one day as they are.

    Examples
    --------
    >>> by_day(np.array([3.0, np.nan, -1.0, 3.0])).tolist()
    [2, 0, 3, 1]
    """
    unknown = np.isnan(days)
    return order_of(np.where(unknown, np.max(days, initial=0, where=~unknown) + 1, days))


def _switched(own: pd.DataFrame) -> int:
    """Return how many events were noted under another treatment than that of their arm."""
    if "TRTA" not in own or not len(own):
        return 0
    arm, noted = own["arm"].array, own["TRTA"].array
    # What is missing has the code −1, and a place of its own.
    width = len(noted.categories) + 1
    pairs = arm.codes.astype(np.int64) * width + noted.codes + 1
    times = np.bincount(pairs, minlength=len(arm.categories) * width).reshape(-1, width)[:, 1:]
    other = [[name not in (each, "") for name in noted.categories] for each in arm.categories]
    return int(times[np.array(other, dtype=bool)].sum())
