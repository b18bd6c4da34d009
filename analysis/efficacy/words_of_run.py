"""Words that a run chooses, held to the data: one that meets nothing there is an error."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from analysis.errors import UserError, suggestion
from analysis.sources.growth_reference import HEIGHT, listed_references
from analysis.sources.trial.checks.outcome import OUTCOMES, is_the_arm
from analysis.sources.trial.records import of_endpoint
from analysis.words import numbered

if TYPE_CHECKING:
    from analysis.efficacy.settings import Settings

LEAST_OF_A_GROUP = 2
"""Participants a value, on average, below which a variable is no grouping: a name, a date."""


def check_words(settings: Settings, *, subgroups: bool = False) -> None:
    """Refuse what a run chooses and the trial does not have, or what cannot be asked of it.

    Parameters
    ----------
    settings
        The run. What it leaves as planned is not looked at: of that, `check` and the sections
        say what is wrong.
    subgroups
        Whether the run chooses its subgroups.

    Raises
    ------
    UserError
        If a visit has no record of the endpoint; if a covariate, stratum or subgroup is no
        variable, named twice, the outcome, or the arm under another name; if a covariate is no
        number, or a stratum or subgroup makes no groups; if a growth reference is none of the list.
    """
    if settings.departs("visit"):
        _need_visit(settings)
    if settings.departs("growth_reference"):
        _need_reference(settings.growth_reference)
    if both := sorted({*settings.covariates} & {*settings.strata}):
        raise UserError(f"covariates and strata both name {', '.join(both)}; keep one of the two")
    for field in ("covariates", "strata"):
        if settings.departs(field):
            _need_terms(settings, field)
    if subgroups:
        _need_terms(settings, "subgroups")


def need_variable(settings: Settings, name: str) -> None:
    """Refuse a variable that neither the endpoint's table nor ADSL has.

    Raises
    ------
    UserError
        With the nearest that there is.
    """
    home = settings.endpoint.dataset
    known = [*settings.trial.tables[home.lower()], *settings.trial.tables["adsl"]]
    if name not in known:
        # Names of variables are upper case; small letters are the commonest slip.
        hint = suggestion(name.upper(), known)
        raise UserError(f"'{name}' is a variable of neither {home} nor adsl{hint}")


def _need_visit(settings: Settings) -> None:
    endpoint = settings.endpoint
    table = settings.trial.tables[endpoint.dataset.lower()]
    known = table.loc[table["PARAMCD"] == endpoint.paramcd, "AVISIT"].drop_duplicates()
    if endpoint.visit not in set(known):
        hint = suggestion(endpoint.visit, known) or f"; visits are {', '.join(known)}"
        raise UserError(
            f"visit must be one of {endpoint.paramcd} in {endpoint.dataset}; "
            f"got '{endpoint.visit}'{hint}"
        )


def _need_reference(name: str) -> None:
    known = listed_references()
    if name not in known:
        hint = suggestion(name, known) or f"; they are {', '.join(known)}"
        raise UserError(
            f"growth_reference must be one of data/references, of {' or '.join(HEIGHT)}; "
            f"got '{name}'{hint}"
        )


def _need_terms(settings: Settings, field: str) -> None:
    names = getattr(settings, field)
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise UserError(f"{field} names {', '.join(twice)} twice; leave one out")
    for name in names:
        need_variable(settings, name)
        if name in OUTCOMES:
            raise UserError(f"{field} names {name}, which is the outcome; leave it out")
        who = _with_values(settings, name)
        values = who[name].dropna()
        if values.nunique() <= len(settings.arms) and is_the_arm(who, name):
            raise UserError(f"{field} names {name}, which is the arm itself; leave it out")
        if field == "covariates" and not pd.api.types.is_numeric_dtype(values):
            raise UserError(
                f"covariates names {name}, which is no number; strata are for groups such as "
                f"{values.iloc[0] if len(values) else 'none'}"
            )
        if field != "covariates" and LEAST_OF_A_GROUP * values.nunique() > len(values):
            raise UserError(
                f"{field} names {name}, which has {values.nunique()} values among "
                f"{numbered(len(values), 'participant')} and so makes no groups; name a variable "
                "that does"
            )


def _with_values(settings: Settings, name: str) -> pd.DataFrame:
    """Return the participants with a variable: of ADSL, or of their record of the endpoint."""
    who = settings.subjects()
    if name in who:
        return who
    table = settings.trial.tables[settings.endpoint.dataset.lower()]
    own = table[of_endpoint(table, settings.trial.plan, settings.endpoint)]
    return who.merge(own.drop_duplicates("USUBJID")[["USUBJID", name]], on="USUBJID", how="left")
