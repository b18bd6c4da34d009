"""The rows that a model is fitted to: one a participant, or one a participant and visit."""

from functools import lru_cache

import pandas as pd

from analysis.efficacy.settings import Settings
from analysis.efficacy.values import event_of, values_of
from analysis.efficacy.words_of_run import need_variable
from analysis.errors import UserError


def analysis_data(
    settings: Settings, *, population: str = "", visits: bool = False
) -> pd.DataFrame:
    """Return one row per participant (or per participant and visit) for a model.

    Parameters
    ----------
    settings
        What is analysed.
    population
        Another population than that of the settings; "" for the same.
    visits
        Whether all post-baseline visits are wanted, observed values only.

    Returns
    -------
    pandas.DataFrame
        ``USUBJID, arm, AVISIT, response, AVAL, BASE, CHG`` and every covariate, stratum and
        subgroup variable, from the endpoint's table or from ADSL. The response of a binary
        endpoint is 1 or 0; with non-responder imputation everybody of the population has a row,
        and ``filled`` says whose response was missing. Of a time to an event the response is the
        time, and ``event`` (1 or 0) and ``CNSR`` say how it ends.

    Raises
    ------
    UserError
        If a variable is in neither table, or no participant has the endpoint.
    """
    return _made(settings, population or settings.population, visits).copy(deep=False)


@lru_cache(maxsize=8)
def _made(settings: Settings, who: str, visits: bool) -> pd.DataFrame:
    """Make the rows of `analysis_data`, once for all sections of a run."""
    endpoint, trial = settings.endpoint, settings.trial
    if visits:
        data = trial.records(
            endpoint.dataset, population=who, paramcd=endpoint.paramcd,
            visit=planned_visits(settings), where=endpoint.where,
        )  # fmt: skip
    else:
        data = trial.endpoint(endpoint, population=who)
    if endpoint.kind == "time-to-event":
        data = data.assign(event=event_of(data, endpoint))
    table = trial.tables[endpoint.dataset.lower()]
    every = table[table["PARAMCD"] == endpoint.paramcd]
    data = data.assign(response=values_of(data, endpoint, every))
    adsl = trial.tables["adsl"]
    terms = dict.fromkeys((*settings.covariates, *settings.strata))
    # A subgroup that the trial does not record costs the subgroups, not the model.
    groups = [name for name in settings.subgroups if name in data or name in adsl]
    for name in terms:
        need_variable(settings, name)
    named = dict.fromkeys((*terms, *groups))
    extra = [name for name in named if name not in data]
    data = data.merge(adsl[["USUBJID", *extra]], on="USUBJID", validate="many_to_one")
    if settings.missing_data == "non-responder" and not visits:
        data = _with_everybody(settings, data, who, list(named))
    if not data["response"].notna().any():
        at = f" at {endpoint.visit}" if endpoint.visit else ""
        raise UserError(
            f"no participant of the population '{who}' has {endpoint.paramcd} "
            f"({endpoint.variable}){at}"
        )
    kept = ["USUBJID", "arm", "AVISIT", "response", "event", "CNSR", "filled"]
    kept += ["AVAL", "BASE", "CHG", *named]
    return (
        data[[name for name in dict.fromkeys(kept) if name in data]]
        .assign(arm=data["arm"].astype(str))
        .reset_index(drop=True)
    )


def _with_everybody(
    settings: Settings, data: pd.DataFrame, population: str, terms: list[str]
) -> pd.DataFrame:
    """Return a row for everybody of a population: a response that is missing is none.

    Who has no record at all has the covariates of ADSL, or of another record of the endpoint.
    """
    endpoint, trial = settings.endpoint, settings.trial
    subjects = trial.subjects(population)
    absent = subjects.loc[~subjects["USUBJID"].isin(data["USUBJID"]), ["USUBJID", "arm"]]
    records = trial.tables[endpoint.dataset.lower()]
    records = records[records["PARAMCD"] == endpoint.paramcd]
    for name in terms:
        home = trial.tables["adsl"] if name in trial.tables["adsl"] else records
        first = home.dropna(subset=[name]).drop_duplicates("USUBJID").set_index("USUBJID")[name]
        absent = absent.assign(**{name: absent["USUBJID"].map(first)})
    every = pd.concat([data, absent.assign(AVISIT=endpoint.visit)], ignore_index=True)
    filled = every["response"].isna()
    return every.assign(filled=filled, response=every["response"].fillna(0.0))


def planned_visits(settings: Settings) -> list[str]:
    """Return the post-baseline visits up to the endpoint's, in the order of their days.

    They are the plan's, or those seen in the data where the plan lists none.

    Raises
    ------
    UserError
        If the endpoint's visit is none of them, so that its place among them is not known.
    """
    # Only observed values have a day of their own: what is carried forward keeps the old one.
    observed = settings.endpoint.model_copy(update={"dtype": ""})
    visits = sorted(settings.trial.visits(observed), key=lambda visit: visit.day)
    last = next((v.day for v in visits if v.name == observed.visit), None)
    if last is None and not settings.trial.plan.visits:
        raise UserError(f"no participant has {observed.paramcd} observed at {observed.visit}")
    if last is None:
        raise UserError(
            f"visits of trial.yml are {', '.join(v.name for v in visits)}; add {observed.visit}, "
            f"the visit of {observed.paramcd}, with its day"
        )
    return [v.name for v in visits if v.day > 1 and v.day <= last]
