"""Which endpoint a run analyses, of the plan or any other PARAMCD, and at which margin."""

from analysis.errors import UserError, suggestion
from analysis.results import AS_PLANNED, Choices, Planned
from analysis.sources.trial.margin import limit_words, size_of
from analysis.sources.trial.plan import Endpoint
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
