"""How long every participant was treated: the one answer for exposure, rates and times."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd

from analysis.brief import brief
from analysis.errors import UserError
from analysis.safety.emergent import emergent_events
from analysis.safety.population import safety_population
from analysis.safety.settings import SafetyRun
from analysis.words import numbered

RULE = (
    "from the first dose to the earliest of last dose, death, end of study and data cut, both days "
    "included; the recorded duration where the dates do not say; interruptions not taken off"
)
NEED = "adsl must have TRTSDT and TRTEDT (or a data cut, data.cutoff of trial.yml), or TRTDURD"
LAST_DOSE, RECORDED, CUT = "last dose", "recorded duration", "data cut"
OTHER_ENDS = {"DTHDT": "death", "EOSDT": "end of study"}
"""Dates of ADSL after which nobody is treated."""


@brief
@dataclass(frozen=True, slots=True, eq=False)
class TimeTreated:
    """The days on treatment of the participants of a safety population.

    Parameters
    ----------
    days
        In the order of `SafetyPopulation.subjects`; missing where it is not known.
    until
        What the days run to: `LAST_DOSE`, `RECORDED`, `CUT` or one of `OTHER_ENDS`; "" where
        they are not known.
    notes
        What a reader must know of them, each with its number of participants.
    """

    days: pd.Series
    until: pd.Series
    notes: tuple[str, ...]

    @property
    def unknown(self) -> int:
        """How many participants have no known duration."""
        return int(self.days.isna().sum())

    @property
    def recorded(self) -> pd.Series:
        """The days up to a last dose that was recorded, missing where there was none."""
        return self.days.where(self.until.isin([LAST_DOSE, RECORDED]))

    def rule(self, *more: str) -> str:
        """Return how the days are counted, with the notes."""
        return "; ".join([RULE, *self.notes, *more])


@lru_cache(maxsize=8)
def time_treated(run: SafetyRun) -> TimeTreated:
    """Return the days on treatment of every participant of the safety population.

    Notes
    -----
    Dates come first: from TRTSDT to the earliest of TRTEDT, death, end of study and the data cut
    of the plan. TRTDURD, which is derived from dates, stands where one of its two is missing,
    unless it contradicts most of those that are there (weeks, for example). Who has no end at all
    is ongoing and counts up to the data cut; without a cut the duration is not known, and neither
    is any where ADSL has no variable for the last dose.
    """
    subjects, cut = safety_population(run).subjects, run.trial.plan.data.cutoff
    if not {"TRTEDT", "TRTDURD"} & set(subjects):
        subjects, cut = subjects[["USUBJID"]], None
    first, nothing = _date(subjects, "TRTSDT"), _date(subjects, "")
    ends = {LAST_DOSE: _date(subjects, "TRTEDT")}
    ends |= {end: _date(subjects, name) for name, end in OTHER_ENDS.items()}
    ends[CUT] = nothing.fillna(pd.Timestamp(cut)) if cut else nothing
    by_dates = pd.DataFrame({end: (date - first).dt.days + 1.0 for end, date in ends.items()})
    dated = by_dates[LAST_DOSE].notna()
    given = _number(subjects, "TRTDURD")
    differs = dated & given.notna() & ((given - by_dates[LAST_DOSE]).abs() > 0)
    contradicted = differs.sum() > (dated & given.notna()).sum() / 2
    stands = ~dated & given.notna() & ~contradicted
    known = by_dates.notna().any(axis=1)
    earliest = by_dates.fillna(np.inf)
    days = earliest.min(axis=1).where(known).mask(stands, given)
    until = earliest.idxmin(axis=1).where(known, "").mask(stands, RECORDED)
    days = days.where(days > 0)
    until = until.where(days.notna(), "")
    notes = _notes(run, until, dated, differs, days.isna())
    return TimeTreated(days=days, until=until, notes=notes)


def known_days(run: SafetyRun) -> pd.Series:
    """Return the days of `time_treated`, of which there must be some.

    Raises
    ------
    UserError
        If nobody's duration of treatment is known.
    """
    days = time_treated(run).days
    if not days.notna().any():
        raise UserError(
            f"no participant of the safety population has a duration of treatment; {NEED}"
        )
    return days


def left_out(run: SafetyRun) -> str:
    """Say how many participants a rate leaves out, with how many events; "" where none."""
    missing = time_treated(run).days.isna().to_numpy()
    if not missing.any():
        return ""
    who = emergent_events(run).records["USUBJID"].cat.codes.to_numpy()
    events, n = int(missing[who].sum()), int(missing.sum())
    allowed = run.trial.plan.allowed
    who = numbered(allowed.count(n), "participant")
    with_them = numbered(allowed.count(events), "event")
    return f"{who} of unknown duration left out with their {with_them}"


def _date(subjects: pd.DataFrame, name: str) -> pd.Series:
    nothing = pd.Series(pd.NaT, index=subjects.index, dtype="datetime64[ns]")
    return subjects.get(name, nothing)


def _number(subjects: pd.DataFrame, name: str) -> pd.Series:
    nothing = pd.Series(np.nan, index=subjects.index)
    given = pd.to_numeric(subjects.get(name, nothing), errors="coerce")
    return given.where(given > 0)


def _notes(
    run: SafetyRun, until: pd.Series, dated: pd.Series, differs: pd.Series, unknown: pd.Series
) -> tuple[str, ...]:
    """Count what is not simply from the first dose to the last."""
    cut = f"{CUT} of {run.trial.plan.data.cutoff}"
    counts = [(int((~dated & (until == CUT)).sum()), f"ongoing, counted to the {cut}")]
    counts += [
        (int((~dated & (until == end)).sum()), f"without a last dose, counted to {end}")
        for end in OTHER_ENDS.values()
    ]
    counts += [
        (int((dated & (until == end)).sum()), f"with a last dose after {said}, counted to that")
        for end, said in (*((end, end) for end in OTHER_ENDS.values()), (CUT, f"the {cut}"))
    ]
    counts += [
        (int((until == RECORDED).sum()), "without both dates, by the recorded duration"),
        (int(differs.sum()), "whose recorded duration is not that of their dates, which count"),
        (int(unknown.sum()), "of unknown duration, not counted"),
    ]
    return tuple(f"{n} {said}" for n, said in counts if n)
