"""The events that a trial recorded of a run's participants, emergent or not, texts as numbers."""

from functools import lru_cache

import pandas as pd

from analysis.errors import NoSection
from analysis.results.counted import places
from analysis.safety.population import participant_names, positions_of, safety_population
from analysis.safety.settings import SafetyRun
from analysis.sources.trial.columns import kind_of

READ = (
    *("AEDECOD", "AEBODSYS", "TRTEMFL", "TRTA", "ASTDT", "AENDT", "ASTDY", "AENDY"),
    *("AESEV", "AESER", "AEREL", "AEACN", "AEOUT", "AESDTH", "ATOXGR", "AETOXGR"),
)
"""The variables of events that an analysis reads. Not what was reported, which is free text."""


def events_table(run: SafetyRun) -> pd.DataFrame:
    """Return the trial's table of adverse events.

    Raises
    ------
    NoSection
        If the plan names none.
    UserError
        If the table is missing or has no USUBJID.
    """
    name = run.plan.adverse_events.lower()
    if not name:
        raise NoSection(f"trial.yml of '{run.trial.plan.id}' names no table of adverse events")
    return run.table(name, "USUBJID")


@lru_cache(maxsize=4)
def recorded_events(run: SafetyRun) -> pd.DataFrame:
    """Return the events of the participants of a run's population.

    Returns
    -------
    pandas.DataFrame
        One row an event, in the order of the table: ``USUBJID`` and ``arm``, `PLACE`, and what of
        `READ` the table has. Texts are categories, of all the words of the table: a million of
        them are compared, selected and counted as numbers.

    Raises
    ------
    NoSection, UserError
        As `events_table`.
    """
    table, population = events_table(run), safety_population(run)
    position = positions_of(run, run.plan.adverse_events)
    read = {name: _read(run, table[name]) for name in READ if name in table}
    who = {
        "USUBJID": pd.Categorical.from_codes(position, participant_names(population)),
        "arm": population.subjects["arm"].array.take(position),
    }
    # As they are: pandas would lay those of one type together anew.
    own = pd.DataFrame(who | places(len(table), run.plan.adverse_events) | read, copy=False)
    inside = position >= 0
    return own if inside.all() else own[inside].reset_index(drop=True)


def _read(run: SafetyRun, values: pd.Series) -> pd.Series | pd.Categorical:
    """Return texts as categories; numbers and dates as they are."""
    if kind_of(values) != "text":
        return values.reset_index(drop=True)
    return run.trial.categories(run.plan.adverse_events, str(values.name))


def as_recorded(events: pd.DataFrame) -> pd.DataFrame:
    """Return some of `recorded_events` with texts in place of categories; the arm stays one."""
    coded = [name for name in events if isinstance(events[name].dtype, pd.CategoricalDtype)]
    return events.astype({name: object for name in coded if name != "arm"})
