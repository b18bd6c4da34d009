"""Peak growth hormone before treatment as a covariate, where the plan's model has not got it."""

import re
from dataclasses import replace

import numpy as np

from analysis.efficacy.analysis_data import analysis_data
from analysis.efficacy.primary import fitted
from analysis.efficacy.settings import Settings
from analysis.errors import NoSection, UserError
from analysis.numbers import shown
from analysis.sources.trial.growth_names import named_so
from analysis.sources.trial.growth_roles import before_treatment, place_of
from analysis.stats.intervals import Interval, interval_of

ROLE = "peak_gh"
NAME = "ln(peak GH)"
"""The covariate in the model; no variable of ADaM can be called so."""
LOGGED = ("LOG", "LN", "L")
"""Beginnings of the name of a variable that is the logarithm of another."""
GROUPS = re.compile(r"(GR|CAT)\d*N?$|BL$")
"""End of the name of a variable that holds groups of another, or its baseline."""


def with_peak_gh(settings: Settings) -> tuple[Interval, str]:
    """Return the difference by the model of a run with peak GH among its covariates.

    Returns
    -------
    interval : Interval
    rests_on : str
        In words, with how many children have no peak above zero and so are left out.

    Raises
    ------
    NoSection
        If the trial declares no growth or records no peak, or the model has it already.
    UserError
        If several things can be the peak, or the model cannot be fitted.

    Notes
    -----
    By its natural logarithm: in 593 prepubertal children with idiopathic deficiency that was the
    most influential variable for the growth of the first year (KIGS, PMID 10199749, abstract at
    https://www.qxmd.com/r/10199749); log GHmax too in Kriström 1997 (abstract at
    https://scilit.com/publications/e724dd406ae7fc974c82fed676bd748a).
    """
    if settings.trial.plan.growth is None:
        raise NoSection("the plan of the trial declares no growth")
    terms = (*settings.covariates, *settings.strata)
    already = next((term for term in terms if _is_peak(term)), "")
    place = None if already else place_of(settings.trial, ROLE)
    if place is None or place.name in terms:
        raise NoSection(f"the model has peak GH already, as {place.name if place else already}")
    own = _with_logarithm(settings)
    data = analysis_data(own)
    lacking = data.loc[data["response"].notna() & data[NAME].isna(), "USUBJID"].nunique()
    if data[NAME].isna().all():
        raise UserError(f"no child with the endpoint has a peak GH above zero in {place}")
    found = fitted(own)
    difference = found.differences[own.treatment]
    rests_on = f"{settings.model}, {found.rests_on}"
    return interval_of(difference, found.words), (
        f"{rests_on}, {shown(lacking, 0)} of them for want of a peak in {place}"
        if lacking
        else rests_on
    )


def _is_peak(term: str) -> bool:
    """Say whether a term of the model is a peak of GH by its name, a logarithm or groups of one."""
    term = GROUPS.sub("", term)
    names = [term, *(term.removeprefix(each) for each in LOGGED if term.startswith(each))]
    return any(named_so(ROLE, name, "")[0] for name in names)


def _with_logarithm(settings: Settings) -> Settings:
    """Return the settings with the logarithm of the peak in ADSL and among the covariates."""
    trial = settings.trial
    adsl = trial.tables["adsl"]
    peak = adsl["USUBJID"].map(before_treatment(trial, ROLE)).astype(float)
    logarithm = np.log(peak.where(peak > 0))
    tables = {**trial.tables, "adsl": adsl.assign(**{NAME: logarithm})}
    covariates = (*settings.covariates, NAME)
    return replace(settings, trial=replace(trial, tables=tables), covariates=covariates)
