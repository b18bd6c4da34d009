"""Which endpoint a run analyses, of the plan or any other PARAMCD, and at which margin."""

from analysis.errors import UserError, suggestion
from analysis.results import AS_PLANNED, Choices, Planned
from analysis.sources.trial.margin import limit_words, size_of
from analysis.sources.trial.plan_endpoint import Endpoint
from analysis.sources.trial.trial import Trial


def choose_endpoint(choices: Choices, trial: Trial, wanted: str, visit: str) -> Endpoint:
    """Return the endpoint of a run at its visit; the plan's where nothing else is wanted."""
    primary = trial.plan.endpoints.primary
    found = primary
    if wanted != AS_PLANNED:
        found = find_endpoint(trial, wanted)
        choices.choose("endpoint", primary.name, found.name)
    return found.model_copy(update={"visit": choices.choose("visit", found.visit, visit)})


def choose_margin(
    choices: Choices, trial: Trial, endpoint: Endpoint, wanted: Planned | float
) -> float | None:
    """Return the margin of a run, a size; None where there is none.

    A planned margin is for the primary endpoint, in whose unit it is.
    """
    plan, primary = trial.plan.analysis, trial.plan.endpoints.primary
    planned = None
    if plan.margin is not None and endpoint.paramcd == primary.paramcd:
        planned = abs(plan.margin)
    if isinstance(wanted, float):
        wanted = size_of(wanted)

    def words(margin: float | None) -> str:
        direction = primary.direction if margin == planned else endpoint.direction
        return limit_words(margin, direction, endpoint.unit)

    chosen: float | None = choices.choose("margin", planned, wanted, words)
    return chosen


def find_endpoint(trial: Trial, wanted: str) -> Endpoint:
    """Return an endpoint of the plan by name or PARAMCD, or any PARAMCD of the trial's tables.

    Raises
    ------
    UserError
        If the trial has none of that name.
    """
    endpoints = trial.plan.endpoints.all
    for endpoint in endpoints:
        if wanted in (endpoint.name, endpoint.paramcd):
            return endpoint
    primary = trial.plan.endpoints.primary
    known = [name for endpoint in endpoints for name in (endpoint.name, endpoint.paramcd)]
    for name, table in trial.tables.items():
        if not {"PARAMCD", "AVISIT"} <= set(table):
            continue
        rows = table[(table["PARAMCD"] == wanted) & (table["AVISIT"] == primary.visit)]
        if len(rows):
            label = rows["PARAM"].iloc[0] if "PARAM" in rows else wanted
            return primary.model_copy(
                update={"name": f"{label}, change", "dataset": name, "paramcd": wanted,
                        "value": "CHG", "unit": "", "where": {}}
            )  # fmt: skip
        known += list(table["PARAMCD"].unique())
    raise UserError(
        f"endpoint must be one of the trial's; got '{wanted}'{suggestion(wanted, known)}"
    )


def measured(trial: Trial, endpoint: Endpoint) -> str:
    """Return what an endpoint measures, whatever the visit and the handling of missing values.

    The plan's name of an endpoint may tell of both, and so belongs to no other row.

    Examples
    --------
    >>> from analysis.sources.trial.trial import load_trial
    >>> ghd = load_trial("ghd")
    >>> measured(ghd, ghd.plan.endpoints.primary)
    'Height Velocity (cm/year)'
    """
    table = trial.tables[endpoint.dataset.lower()]
    labels = table.loc[table["PARAMCD"] == endpoint.paramcd].get("PARAM")
    label = str(labels.iloc[0]) if labels is not None and len(labels) else endpoint.paramcd
    return f"{label}, change from baseline" if endpoint.value == "CHG" else label


def named_as_used(trial: Trial, endpoint: Endpoint) -> Endpoint:
    """Return an endpoint under a name that is true: the plan's only as the plan has it.

    One at another visit, or with missing values handled otherwise, says what it is.
    """
    planned = next((each for each in trial.plan.endpoints.all if each.name == endpoint.name), None)
    if planned is None or (planned.visit, planned.dtype) == (endpoint.visit, endpoint.dtype):
        return endpoint
    handled = endpoint.dtype or "observed"
    name = f"{measured(trial, endpoint)}, {endpoint.visit} ({handled})"
    return endpoint.model_copy(update={"name": name})
