"""The rows that the primary analysis of a trial rests on, and why a participant is in none."""

from dataclasses import replace
from functools import lru_cache

import pandas as pd

from analysis.efficacy.analysis_data import analysis_data
from analysis.efficacy.imputed import imputation_data
from analysis.efficacy.imputed_responses import with_missing
from analysis.efficacy.methods import METHODS
from analysis.efficacy.settings import Settings
from analysis.errors import UserError

WHO = ["USUBJID", "arm", "analysed", "why_not"]
"""Who it is, whether the row is in the analysis, and why not; the values follow."""


def analysed(run: Settings) -> pd.DataFrame:
    """Return the data of the primary analysis: everyone with an arm, analysed or not.

    Parameters
    ----------
    run
        What is analysed, of a trial with one arm or with several.

    Returns
    -------
    pandas.DataFrame
        `WHO`, then ``AVISIT, response, AVAL, BASE, CHG`` and every covariate, stratum and
        subgroup variable, as far as there is one; in the order of ADSL. One row a participant, or
        where all visits are analysed, one a participant and visit with a record.

    Notes
    -----
    With multiple imputation, who has a value at any visit is analysed, and what is missing of
    the others is imputed.
    """
    imputes = run.missing_data == "multiple imputation"
    binary = run.endpoint.kind == "binary"
    visits = METHODS[run.model].visits or (imputes and not binary)
    if imputes and binary:  # Whose response is missing is imputed, and so analysed.
        data = with_missing(run).assign(why_not="")
    else:
        data = analysis_data(run, visits=visits)
        data["why_not"] = _imputed(run, data) if imputes else _incomplete(run, data)
    rows = pd.concat([data, _without_record(run, data, visits)], ignore_index=True)
    rows["analysed"] = rows["why_not"] == ""
    place = pd.Index(run.trial.tables["adsl"]["USUBJID"])
    rows = rows.sort_values("USUBJID", key=place.get_indexer, kind="stable", ignore_index=True)
    return rows[[*WHO, *(name for name in rows if name not in WHO)]]


def analysed_by_arm(run: Settings) -> dict[str, int]:
    """Return how many participants of each arm are in the primary analysis, with any row of it."""
    rows = analysed(run)
    own = rows[rows["analysed"]].drop_duplicates("USUBJID")["arm"].value_counts()
    return {arm: int(own.get(arm, 0)) for arm in run.arms}


@lru_cache(maxsize=16)
def leaves_few(run: Settings) -> bool:
    """Say whether an arm leaves out so few that their number is withheld.

    Of those of its population who are not analysed, or of those of the planned one who are not in
    a population of the run's own.
    """
    allowed = run.trial.plan.allowed
    if allowed.minimum <= 1:
        return False
    try:
        found = analysed_by_arm(run)
    except UserError:
        return False
    planned = replace(run, population=run.trial.plan.analysis_of(run.endpoint).population)
    sizes = [each.subjects()["arm"].value_counts() for each in (run, planned)]
    return any(
        allowed.small(abs(int(size.get(arm, 0)) - found[arm])) for size in sizes for arm in run.arms
    )


def _imputed(run: Settings, data: pd.DataFrame) -> pd.Series:
    """Return why rows of several visits are not completed: there is no visit to go by."""
    known = data["USUBJID"].isin(imputation_data(run).subjects["USUBJID"])
    return known.map({True: "", False: _no_value(run, visits=True)})


def _incomplete(run: Settings, data: pd.DataFrame) -> list[str]:
    """Return what each row lacks of that which the method of the run needs."""
    words = {"response": f"{run.endpoint.paramcd} ({run.endpoint.variable})"}
    lacks = {words.get(name, name): data[name].isna() for name in METHODS[run.model].needs(run)}
    return [
        f"{' and '.join(name for name, missing in row.items() if missing)} missing"
        if any(row.values())
        else ""
        for row in pd.DataFrame(lacks).to_dict("records")
    ]


def _without_record(run: Settings, data: pd.DataFrame, visits: bool) -> pd.DataFrame:
    """Return who has an arm and no row of the data, with what ADSL says of them, and why."""
    adsl = run.trial.tables["adsl"]
    others = adsl[adsl["TRT01P"].isin(run.arms) & ~adsl["USUBJID"].isin(data["USUBJID"])]
    inside = others["USUBJID"].isin(run.subjects()["USUBJID"])
    outside = f"not in the population '{run.population}'"
    return others.assign(
        arm=others["TRT01P"].astype(str),
        why_not=inside.map({True: _no_value(run, visits), False: outside}),
    ).filter([*data])


def _no_value(run: Settings, visits: bool) -> str:
    when = "at any visit" if visits else run.endpoint.visit and f"at {run.endpoint.visit}"
    return f"no {run.endpoint.paramcd} {when}".rstrip()
