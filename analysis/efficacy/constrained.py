"""Constrained longitudinal model: the baseline of the endpoint as a response like its visits."""

import pandas as pd

from analysis.efficacy.analysis_data import analysis_data, planned_visits
from analysis.efficacy.methods.mmrm import STRUCTURES
from analysis.efficacy.once import Once
from analysis.efficacy.settings import Settings
from analysis.errors import UserError
from analysis.stats.constrained import ConstrainedFit, fit_constrained
from analysis.stats.intervals import Interval, interval_of
from analysis.words import numbered

SCALES = ("AVAL", "CHG")
"""Values of an endpoint whose differences are those of the value itself."""
_FITS = Once[ConstrainedFit]("constrained models", size=4)


def constrained(settings: Settings) -> tuple[Interval, str]:
    """Return the difference at the endpoint's visit by the constrained longitudinal model.

    Returns
    -------
    interval : Interval
    rests_on : str
        In words, with how many have a baseline alone.

    Raises
    ------
    UserError
        If the endpoint has no baseline on its own scale, or the model cannot be fitted.

    Notes
    -----
    Observed values of the baseline and of every visit up to the endpoint's, of all arms;
    participants with a baseline alone stay in. It is the plan's mixed model with the baseline
    moved to the other side: covariates other than the baseline are crossed with visit, and a
    stratum has one effect on the visits after baseline, beside that on the baseline itself.
    Structures in the same order; Kenward–Roger degrees of freedom.
    """
    covariates = [name for name in settings.covariates if name != "BASE"]
    data = _with_baseline_alone(settings, [*settings.strata, *covariates])
    visits = [visit for visit in planned_visits(settings) if (data["AVISIT"] == visit).any()]

    def make() -> ConstrainedFit:
        return fit_constrained(
            data,
            response="AVAL",
            baseline="BASE",
            subject="USUBJID",
            visit="AVISIT",
            visits=visits,
            arm="arm",
            factors=list(settings.strata),
            covariates=covariates,
            crossed=covariates,
            structure=STRUCTURES,
            df_method="kenward-roger",
        )

    words = tuple(visits), settings.strata, settings.covariates, STRUCTURES
    fit = _FITS.of(data, words, make)
    for arm in (settings.treatment, settings.reference):
        if arm not in fit.arms:
            raise UserError(f"no participant of arm '{arm}' has the endpoint or its baseline")
    found = fit.differences(
        reference=settings.reference, visit=settings.endpoint.visit, level=settings.conf_level
    )
    label = f"{settings.treatment} - {settings.reference}"
    [estimate] = [each for each in found if each.label == label]
    mixed = fit.mixed
    strata, crossing = settings.words_of(*settings.strata), settings.words_of(*covariates)
    effects = (f"{words} at and after baseline" for words in strata)
    crossed = (f"{words} × visit" for words in crossing)
    model = ", ".join(("arm × visit after baseline", *effects, *crossed))
    interval = interval_of(
        estimate,
        f"constrained longitudinal model: {model}; {mixed.structure} covariance, Kenward–Roger df",
    )
    few = settings.said(fit.n_baseline_only)
    alone = f", {few} with the baseline alone" if fit.n_baseline_only else ""
    return interval, (
        f"n {settings.said(mixed.n_subjects)}{alone}, "
        f"{numbered(mixed.n_records, 'record')} with the baselines, {mixed.structure}"
    )


def _with_baseline_alone(settings: Settings, terms: list[str]) -> pd.DataFrame:
    """Return one row a participant and visit, and one of those with a baseline alone."""
    endpoint, trial = settings.endpoint, settings.trial
    if endpoint.value not in SCALES:
        raise UserError(
            f"a constrained longitudinal model needs values on the scale of its baseline, "
            f"{' or '.join(SCALES)}, and {endpoint.words} is {endpoint.value}"
        )
    table = trial.tables[endpoint.dataset.lower()]
    if lacking := [name for name in ("AVAL", "BASE") if name not in table]:
        raise UserError(
            f"{endpoint.dataset} has no {' and no '.join(lacking)}, so there is no baseline that "
            "could be a response"
        )
    columns = ["USUBJID", "arm", "AVISIT", "AVAL", "BASE", *terms]
    seen = analysis_data(settings, visits=True)[columns]
    records = trial.records(
        endpoint.dataset, population=settings.population, paramcd=endpoint.paramcd,
        where=endpoint.where,
    ).dropna(subset=["BASE"]).drop_duplicates("USUBJID")  # fmt: skip
    alone = records[~records["USUBJID"].isin(seen["USUBJID"])]
    others = trial.tables["adsl"][["USUBJID", *(name for name in terms if name not in alone)]]
    alone = alone.merge(others, on="USUBJID", validate="many_to_one").assign(
        arm=alone["arm"].astype(str).to_numpy(),
        AVISIT=settings.endpoint.visit,
        AVAL=float("nan"),
    )
    return pd.concat([seen, alone[columns]], ignore_index=True)
