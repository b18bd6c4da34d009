"""Where each participant stands: treated, completed, stopped and why, as far as ADSL records it."""

import re
from dataclasses import dataclass

import pandas as pd

from analysis.brief import brief

COMPLETED, STOPPED, ONGOING, UNKNOWN = "completed", "stopped", "ongoing", ""
"""How a participant's time in the study ended, where that is recorded."""
FIRST_DOSE = ("TRTSDT", "TRTSDTM")
STUDY_REASONS = ("DCSREAS", "DCSREASP", "DCREASCD", "DCREAS", "DCDECOD")
"""Variables that say why a participant's time in the study ended."""
TREATMENT_REASONS = ("DCTREAS", "DCTREASP", "DSDECOD")
"""Variables that say why the treatment ended."""
REASONS = (*STUDY_REASONS, *TREATMENT_REASONS)
"""Variables that say why a participant stopped, the study's before the treatment's."""
STATUSES = ("EOSSTT", "EOTSTT")
"""Variables that say how it ended: the study, and the treatment."""
WEEKS_COMPLETED = re.compile(r"COMP\d+FL")
"""Flags of those who completed so many weeks."""
SCREENING = ("SCRNFL", "SCRFFL", "SCRFL", "SCFREAS", "ARMNRS", "ACTARMUD")
"""Variables that only a record of everyone screened fills in for those without an arm."""


@brief
@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What ADSL records of the flow, one entry per row of it; None where it does not.

    Attributes
    ----------
    screened
        Whether ADSL holds those who were screened and got no arm.
    treated
        Who had a first dose.
    ended
        `COMPLETED`, `STOPPED`, `ONGOING`, or `UNKNOWN` of a participant where it is blank.
    reasons
        Why someone stopped, "" where it is blank.
    """

    screened: bool
    treated: pd.Series | None
    ended: pd.Series | None
    reasons: pd.Series | None


def speaks_of_completion(population: str, flag: str) -> bool:
    """Say whether a population is one of completers, by its name or by its flag.

    Examples
    --------
    >>> speaks_of_completion("completers", "COMP24FL"), speaks_of_completion("safety", "SAFFL")
    (True, False)
    """
    by_flag = flag == "COMPLFL" or WEEKS_COMPLETED.fullmatch(flag)
    return bool(by_flag or "complete" in population.lower())


def standing(adsl: pd.DataFrame, with_arm: pd.Series) -> Standing:
    """Return where the participants of ADSL stand.

    Parameters
    ----------
    adsl
        Normalised.
    with_arm
        Which of them have an arm of the plan.

    Notes
    -----
    A variable that is blank throughout records nothing. Everyone screened: someone has no arm, or
    a variable of screening is filled in.
    """
    filled = _filled(adsl)
    treated = [_has(adsl[name]) for name in FIRST_DOSE if name in filled]
    return Standing(
        screened=bool((~with_arm).any()) or not filled.isdisjoint(SCREENING),
        treated=pd.concat(treated, axis=1).any(axis=1) if treated else None,
        ended=_ended(adsl, filled, STATUSES),
        reasons=_reasons(adsl, filled),
    )


def treatment_ended(adsl: pd.DataFrame) -> pd.Series | None:
    """Return how each participant's treatment ended: as the study did, where nothing else is said.

    Parameters
    ----------
    adsl
        Normalised.

    Returns
    -------
    pandas.Series or None
        `COMPLETED`, `STOPPED`, `ONGOING` or `UNKNOWN`; None where ADSL records it of nobody.
    """
    return _ended(adsl, _filled(adsl), STATUSES[::-1])


def why_treatment_ended(adsl: pd.DataFrame) -> pd.Series | None:
    """Return why each participant's treatment ended: as the study did, where nothing else is said.

    Parameters
    ----------
    adsl
        Normalised.

    Returns
    -------
    pandas.Series or None
        Under the name of its variable; None where ADSL gives nobody a reason.
    """
    return _reasons(adsl, _filled(adsl), (*TREATMENT_REASONS, *STUDY_REASONS))


def _filled(adsl: pd.DataFrame) -> set[str]:
    return {name for name in adsl if _has(adsl[name].drop_duplicates()).any()}


def _reasons(
    adsl: pd.DataFrame, filled: set[str], names: tuple[str, ...] = REASONS
) -> pd.Series | None:
    return next((adsl[name].astype(str) for name in names if name in filled), None)


def _has(values: pd.Series) -> pd.Series:
    if pd.api.types.is_numeric_dtype(values) or pd.api.types.is_datetime64_any_dtype(values):
        return values.notna()
    return values.fillna("").astype(str).str.strip() != ""


def _ended(adsl: pd.DataFrame, filled: set[str], statuses: tuple[str, ...]) -> pd.Series | None:
    """Return how each participant's time ended; who has a reason and no status, has stopped."""
    ended, reasons = _recorded(adsl, filled, statuses), _reasons(adsl, filled)
    if ended is None or reasons is None:
        return ended
    given = ~reasons.str.strip().str.upper().isin(["", "COMPLETED"])
    return ended.where((ended != UNKNOWN) | ~given, STOPPED)


def _recorded(adsl: pd.DataFrame, filled: set[str], statuses: tuple[str, ...]) -> pd.Series | None:
    """Return how each participant's time ended, from the first variable that records it."""
    for name in statuses:
        if name in filled:
            return adsl[name].astype(str).map(_in_words)
    weeks = sorted(filter(WEEKS_COMPLETED.fullmatch, filled), key=_number)
    for name in ("COMPLFL", *reversed(weeks)):
        if name in filled and adsl[name].isin(["Y"]).any():
            return adsl[name].map({"Y": COMPLETED}).fillna(STOPPED)
    for name in REASONS:
        if name in filled and (adsl[name].astype(str).str.upper() == "COMPLETED").any():
            return adsl[name].astype(str).map(_in_words)
    return None


def _number(name: str) -> int:
    return int(name.removeprefix("COMP").removesuffix("FL"))


def _in_words(status: str) -> str:
    """Return a status of CDISC, such as COMPLETED or DISCONTINUED, as one of ours."""
    word = status.strip().upper()
    if not word:
        return UNKNOWN
    if word.startswith("COMPLET"):
        return COMPLETED
    return ONGOING if word.startswith("ONGOING") else STOPPED
