"""Which adverse events count: those that are treatment-emergent, with one name a term."""

import unicodedata
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.errors import NoSection, UserError
from analysis.safety.incidence import ALL_CLASSES, ANY
from analysis.safety.population import SafetyPopulation, participant_names, safety_population
from analysis.safety.settings import SafetyRun

NOT_CODED = "Not coded"
"""Stands for an empty AEDECOD or AEBODSYS."""
USED = ("AEDECOD", "AEBODSYS", "TRTEMFL", "TRTA", "ASTDT", "AENDT")
DESCRIBED = ("AESEV", "AESER", "AEREL", "AEACN")
"""Variables by which events are told apart beside their terms."""
RULES = (
    ("flagged treatment-emergent (TRTEMFL)", True),
    ("not flagged treatment-emergent (TRTEMFL)", False),
    ("begins on or after the first dose", True),
    ("begins before the first dose", False),
    ("begin unknown, ended before the first dose", False),
    ("begin unknown and not ruled out", True),
    ("no date of the first dose, so not ruled out", True),
)
"""What was decided of an event → whether it counts as treatment-emergent."""
FLAG_RULES = 2
"""So many of `RULES` follow from the flag, the others from dates."""

Codes = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class EmergentEvents:
    """The treatment-emergent events of a run.

    Parameters
    ----------
    records
        One row an event: ``USUBJID``, ``AEBODSYS`` and ``AEDECOD`` (one spelling a term) and
        what of `DESCRIBED` the table has, all as categories; and ``DAY``, the day of onset
        since the first dose, which is day 1; missing where a date is.
    organ_classes
        AEDECOD → AEBODSYS of every event of the table, emergent or not.
    decisions
        Number of events by each of `RULES`.
    spellings
        Columns of a term, its other spelling, and how many events had it.
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
    outside: int
    switched: int
    flagged: bool


def folded(name: str) -> str:
    """Return a term without what does not tell terms apart: case, accents, spaces.

    Examples
    --------
    >>> folded("  Oedème   péripherique "), folded("OEDEME PERIPHERIQUE")
    ('oedeme peripherique', 'oedeme peripherique')
    """
    plain = unicodedata.normalize("NFKD", name.casefold())
    kept = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return " ".join(kept.casefold().split())


def one_spelling(values: pd.Series) -> tuple[pd.Categorical, pd.DataFrame]:
    """Give every term its most frequent spelling.

    Parameters
    ----------
    values
        Terms as recorded; an empty one becomes `NOT_CODED`.

    Returns
    -------
    terms : pandas.Categorical
        As many as values.
    spellings : pandas.DataFrame
        ``term, spelling, events`` of what was written otherwise (a difference in spaces alone
        is not shown).
    """
    codes, recorded = pd.factorize(values)
    written = [_written(str(name)) for name in recorded]
    group, _ = pd.factorize(pd.Series([folded(name) for name in written], dtype=object))
    events = np.bincount(codes, minlength=len(written)) if len(written) else np.zeros(0, int)
    table = pd.DataFrame({"group": group, "spelling": written, "events": events})
    table = table.groupby(["group", "spelling"], sort=False, as_index=False)["events"].sum()
    ranked = table.sort_values("events", ascending=False, kind="stable")
    chosen = ranked.drop_duplicates("group").set_index("group")["spelling"].sort_index()
    terms = pd.Categorical.from_codes(group[codes], categories=chosen.tolist())
    table = table.assign(term=table["group"].map(chosen))
    other = table[table["term"] != table["spelling"]]
    return terms, other[["term", "spelling", "events"]].reset_index(drop=True)


def _written(name: str) -> str:
    """Return a term as it is shown; never under the name of the row that counts them all."""
    plain = " ".join(name.split()) or NOT_CODED
    return f"{plain} (as coded)" if plain in (ANY, ALL_CLASSES) else plain


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
    population = safety_population(run)
    # As categories, each text is compared and copied once and not a million times.
    position = population.positions(table["USUBJID"])
    inside = position >= 0
    position = position[inside]
    wanted = [name for name in (*USED, *DESCRIBED) if name in table]
    own = table[wanted] if inside.all() else table.loc[inside, wanted]
    own = own.reset_index(drop=True)
    first = _of_subject(population, "TRTSDT", position)
    rule, flagged = _decide(own, first)
    terms, spellings = one_spelling(own["AEDECOD"])
    classes, class_spellings = one_spelling(own["AEBODSYS"])
    records = pd.DataFrame(
        {
            "USUBJID": pd.Categorical.from_codes(position, participant_names(population)),
            "AEDECOD": terms,
            "AEBODSYS": classes,
            **{name: _category(own[name]) for name in DESCRIBED if name in own},
            "DAY": _day(own, first),
        }
    )
    known = records[["AEDECOD", "AEBODSYS"]].drop_duplicates("AEDECOD").astype(str)
    emergent = np.array([counts for _, counts in RULES])[rule]
    return EmergentEvents(
        records=records[emergent].reset_index(drop=True),
        organ_classes=dict(zip(known["AEDECOD"], known["AEBODSYS"], strict=True)),
        decisions=np.bincount(rule, minlength=len(RULES)),
        spellings=pd.concat([spellings, class_spellings], ignore_index=True),
        outside=int((~inside).sum()),
        switched=_switched(own, population, position),
        flagged=flagged,
    )


def _category(values: pd.Series) -> pd.Categorical:
    """Return texts as categories, in upper case."""
    codes, known = pd.factorize(values)
    place, upper = pd.factorize(pd.Series(known, dtype=str).str.upper())
    return pd.Categorical.from_codes(place[codes], categories=upper)


def _events_table(run: SafetyRun) -> pd.DataFrame:
    name = run.plan.adverse_events.lower()
    if not name:
        raise NoSection(f"trial.yml of '{run.trial.plan.id}' names no table of adverse events")
    if name not in run.trial.tables:
        raise UserError(f"the table of adverse events, '{name}', is not among the trial's tables")
    table = run.trial.tables[name]
    if missing := [name for name in ("AEDECOD", "AEBODSYS") if name not in table]:
        raise UserError(f"{name} must have {' and '.join(missing)}, by which events are counted")
    if "TRTEMFL" not in table and "ASTDT" not in table:
        raise UserError(
            f"{name} must have TRTEMFL or ASTDT; without either, nobody can say which events "
            "began under treatment"
        )
    return table


def _of_subject(
    population: SafetyPopulation, column: str, position: npt.NDArray[np.int64]
) -> pd.Series:
    """Return a date of ADSL for every event."""
    subjects = population.subjects
    if column not in subjects:
        return pd.Series(pd.NaT, index=range(len(position)), dtype="datetime64[ns]")
    return subjects[column].take(position).reset_index(drop=True)


def _decide(own: pd.DataFrame, first: pd.Series) -> tuple[Codes, bool]:
    """Return the place in `RULES` of every event, and whether the trial flags them."""
    blank = pd.Series("", index=own.index)
    flag = own.get("TRTEMFL", blank)
    flagged, both = bool((flag == "Y").any()), bool((flag == "N").any())
    none = pd.Series(pd.NaT, index=own.index, dtype="datetime64[ns]")
    start, end = own.get("ASTDT", none), own.get("AENDT", none)
    open_flag = (flag == "") if both or not flagged else pd.Series(False, index=own.index)
    decided = np.select(
        [
            flag == "Y",
            ~open_flag & flagged | (flag == "N"),
            first.isna(),
            start >= first,
            start < first,
            end < first,
        ],
        [0, 1, 6, 2, 3, 4],
        default=5,
    )
    return decided.astype(np.int64), flagged


def _day(own: pd.DataFrame, first: pd.Series) -> pd.Series:
    """Return the day of onset; the first dose is on day 1, and there is no day 0."""
    if "ASTDT" not in own:
        return pd.Series(np.nan, index=own.index)
    days = (own["ASTDT"] - first).dt.days.astype(float)
    return days + (days >= 0)


def _switched(
    own: pd.DataFrame, population: SafetyPopulation, position: npt.NDArray[np.int64]
) -> int:
    if "TRTA" not in own or not len(own):
        return 0
    arm = population.subjects["arm"].cat.codes.to_numpy()[position]
    codes, noted = pd.factorize(own["TRTA"])
    known = pd.Index(noted).get_indexer(pd.Index(population.arms))
    empty = pd.Index(noted).get_indexer(pd.Index([""]))
    return int(((known[arm] != codes) & ~np.isin(codes, empty)).sum())
