"""Which endpoint a run analyses, of the plan or any other PARAMCD, and at which margin."""

import pandas as pd

from analysis.errors import UserError, suggestion
from analysis.results import AS_PLANNED, Choices
from analysis.sources.trial.effects import effect_of
from analysis.sources.trial.margin import NO_MARGIN, margin_words, size_of
from analysis.sources.trial.plan_endpoint import Endpoint, OwnAnalysis
from analysis.sources.trial.scales import few_whole_numbers
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
    choices: Choices,
    trial: Trial,
    endpoint: Endpoint,
    model: str,
    wanted: str | float,
) -> float | None:
    """Return the margin of a run, a size; None where there is none.

    A planned margin is for the endpoint for which it is planned, on the scale of its model.
    """
    primary, own = trial.plan.endpoints.primary, trial.plan.analysis_of(endpoint)
    planned = own.margin_size
    if planned is not None and effect_of(model) != effect_of(own.model):
        # A margin of a difference is none of a ratio.
        choices.choose("margin", margin_words(planned, endpoint, own.model), "none")
        planned = None
    asked_for: str | float | None = size_of(wanted) if isinstance(wanted, float) else wanted
    if wanted == NO_MARGIN:
        asked_for = None

    def words(margin: float | None) -> str:
        asked = primary if margin == planned and endpoint.paramcd == primary.paramcd else endpoint
        return margin_words(
            margin, endpoint.model_copy(update={"direction": asked.direction}), model
        )

    chosen: float | None = choices.choose("margin", planned, asked_for, words)
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
            _need_measurements(name, wanted, rows)
            label = rows["PARAM"].iloc[0] if "PARAM" in rows else wanted
            return primary.model_copy(
                update={"name": f"{label}, change", "dataset": name, "paramcd": wanted,
                        "kind": "continuous", "response": None, "value": "CHG", "unit": "",
                        "where": {}, "analysis": OwnAnalysis()}
            )  # fmt: skip
        known += list(table["PARAMCD"].unique())
    hint = suggestion(wanted, known) or f"; they are {', '.join(dict.fromkeys(known))}"
    raise UserError(f"endpoint must be one of the trial's; got '{wanted}'{hint}")


def _need_measurements(dataset: str, paramcd: str, rows: pd.DataFrame) -> None:
    """Refuse to take for a measurement what the plan does not declare and does not look like one.

    Raises
    ------
    UserError
        If the values are a time to an event, yes and no, or the steps of a scale.
    """
    if "CNSR" in rows:
        kind, seen = "time-to-event", "has CNSR"
    elif levels := few_whole_numbers(rows["AVAL"]):
        kind = "binary" if len(levels) == 2 else "continuous"
        seen = f"has the values {', '.join(f'{each:g}' for each in levels[:6])}"
    else:
        return
    raise UserError(
        f"endpoint '{paramcd}' of {dataset} {seen}, and the plan does not declare its kind: add it "
        f"to endpoints.secondary of trial.yml with kind: {kind}"
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
    if endpoint.response:
        return f"{label}, {endpoint.response.words}"
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
