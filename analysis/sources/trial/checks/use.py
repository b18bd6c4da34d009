"""What an analysis that the plan asks for uses: the records of a table, the variables of ADSL.

An error elsewhere would stop an analysis that it cannot touch, so there it is a note.
"""

from collections.abc import Callable

import pandas as pd

from analysis.sources.trial.plan import TrialPlan
from analysis.sources.trial.plan_endpoint import Endpoint
from analysis.sources.trial.plan_growth import Place
from analysis.sources.trial.plan_part import is_question

SUBJECT = frozenset(
    "USUBJID TRT01P TRT01A TRTSDT TRTEDT TRTDURD AGE AGEU SEX RACE ETHNIC BRTHDT RFICDT RANDDT "
    "DTHDT DTHFL EOSDT EOSSTT DCDECOD DCSREAS DCTREAS HEIGHTBL WEIGHTBL BMIBL HTSDSBL HVBL "
    "BONEAGBL PEAKGH COMPLFL".split()
)
"""Variables of ADSL that the notebooks read by their name."""
POPULATIONS = frozenset("COMPLFL FASFL ITTFL PPROTFL SAFFL RANDFL ENRLFL".split())
"""Population flags of the ADaM guide (ADaMIG 1.3, 3.2.3), whether the plan names them or not."""


def subject_variables(plan: TrialPlan) -> frozenset[str]:
    """Return the variables of ADSL that an analysis uses: the usual ones and the plan's."""
    named = [*plan.populations.values(), *plan.analysis.covariates, *plan.analysis.strata]
    for endpoint in plan.endpoints.all:
        named += [*(endpoint.analysis.covariates or ()), *(endpoint.analysis.strata or ())]
    named += [*plan.levels, *(name for name in plan.baseline if "." not in name)]
    named += plan.safety.subgroups if plan.safety else ()
    named += [place.name for place in _places(plan) if place.of_subject]
    return SUBJECT | POPULATIONS | frozenset(named)


def _places(plan: TrialPlan) -> tuple[Place, ...]:
    return tuple(plan.growth.places.values()) if plan.growth else ()


def parameters(plan: TrialPlan, name: str) -> frozenset[str] | None:
    """Return the PARAMCDs of a table that an analysis uses; None for all of them.

    Parameters
    ----------
    plan
        The trial's plan.
    name
        Table name, in lower case.
    """
    safety = plan.safety
    whole = [*safety.laboratory, safety.vital_signs, safety.exposure] if safety else []
    if name in {each.lower() for each in whole}:
        return None
    used = {each.paramcd for each in plan.endpoints.all if each.dataset.lower() == name}
    if any(map(is_question, used)):
        return None  # Which of them is not yet decided.
    if plan.growth and plan.growth.dataset.lower() == name:
        used.add(plan.growth.paramcd)
    used |= {place.name for place in _places(plan) if place.table == name}
    for each in plan.baseline:
        table, _, parameter = each.partition(".")
        if table.lower() == name:
            used.add(parameter)
    return frozenset(used)


def used_records(plan: TrialPlan, name: str, table: pd.DataFrame) -> pd.Series | None:
    """Say which records of a BDS table an analysis uses; None for all of them.

    A record without PARAMCD may belong to any parameter, and so counts as used.
    """
    used = parameters(plan, name)
    if used is None or "PARAMCD" not in table or pd.api.types.is_numeric_dtype(table["PARAMCD"]):
        return None
    return table["PARAMCD"].isin([*used, ""])


def has_visits(plan: TrialPlan, name: str) -> bool:
    """Say whether what is used of a table is of visits: all but endpoints that have none."""
    return not _are_all_used(plan, name, lambda endpoint: not endpoint.visit)


def has_numbers(plan: TrialPlan, name: str) -> bool:
    """Say whether what is used of a table are numbers: all but responses by another variable."""
    return not _are_all_used(plan, name, lambda endpoint: endpoint.variable not in ("AVAL", "CHG"))


def _are_all_used(plan: TrialPlan, name: str, which: Callable[[Endpoint], bool]) -> bool:
    """Say whether all that is used of a table are endpoints of a sort, and there is one."""
    endpoints = [each for each in plan.endpoints.all if each.dataset.lower() == name]
    used, own = parameters(plan, name), {each.paramcd for each in endpoints if which(each)}
    others = {each.paramcd for each in endpoints if not which(each)}
    return bool(own) and used is not None and not used - own and not others


def parameters_at_visits(plan: TrialPlan, name: str) -> bool:
    """Say whether more is used of a table than the baseline values of some participants."""
    without = plan.model_copy(update={"baseline": ()})
    return parameters(without, name) != frozenset()
