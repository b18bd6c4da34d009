"""Reading ``trial.yml``: one sentence for each mistake in it."""

from pathlib import Path
from typing import Any

import pydantic

from analysis import paths
from analysis.errors import UserError, suggestion
from analysis.sources.trial.plan import TrialPlan
from analysis.sources.trial.questions import UNANSWERED, stand_ins
from analysis.yaml_files import YamlError, read_yaml


class PlanError(UserError):
    """Everything wrong with a ``trial.yml``, one sentence a line."""


def read_plan(folder: Path) -> TrialPlan:
    """Read and validate the ``trial.yml`` of a trial folder.

    Parameters
    ----------
    folder
        The trial folder.

    Raises
    ------
    PlanError
        With one sentence per mistake: field, rule, value. A question that is left is one.
    """
    plan, questions = read_draft(folder)
    if questions:
        where = paths.shown(folder / "trial.yml")
        raise PlanError("\n".join(f"{where}: {field}: {UNANSWERED}" for field in questions))
    return plan


def read_draft(folder: Path) -> tuple[TrialPlan, tuple[str, ...]]:
    """Read a plan that may have questions in it.

    Parameters
    ----------
    folder
        The trial folder.

    Returns
    -------
    plan : TrialPlan
        With something that is valid in the place of each question, so that the rest can be
        checked. Nothing may be analysed by it while there are questions.
    questions : tuple of str
        The fields that hold a question mark.

    Raises
    ------
    PlanError
        With one sentence per mistake: field, rule, value.
    """
    path = folder / "trial.yml"
    where = paths.shown(path)
    if not path.is_file():
        raise PlanError(
            f"{where} is missing; draft one with: python -m analysis new {paths.shown(folder)}"
        )
    try:
        content = read_yaml(path)
    except YamlError as error:
        raise PlanError(str(error)) from None
    if not isinstance(content, dict):
        raise PlanError(f"{where} must map fields to values; got {type(content).__name__}")
    content, questions = stand_ins(content)
    try:
        return TrialPlan.model_validate(content), questions
    except pydantic.ValidationError as error:
        raise PlanError("\n".join(f"{where}: {_sentence(e)}" for e in error.errors())) from None


def _sentence(error: Any) -> str:
    field = ".".join(str(part) for part in error["loc"]) or "the plan"
    if error["type"] == "missing":
        return f"{field} is required and missing"
    if error["type"] == "extra_forbidden":
        return f"{field} is not a field of trial.yml{_field_hint(error['loc'])}"
    rule = error["msg"].removeprefix("Value error, ")
    if error["type"] == "value_error":
        return rule
    rule = rule.replace("Input should be", "must be").replace("String should", "must")
    return f"{field}: {rule[0].lower() + rule[1:]}; got {error['input']!r}"


def _field_hint(location: tuple[Any, ...]) -> str:
    model: Any = TrialPlan
    for part in location[:-1]:
        if isinstance(part, int):
            continue  # The place in a list; the list's field has given the model.
        field = getattr(model, "model_fields", {}).get(part)
        kinds = (*getattr(field.annotation, "__args__", ()), field.annotation) if field else ()
        model = next((each for each in kinds if hasattr(each, "model_fields")), None)
        if model is None:
            return "; remove it"
    return suggestion(str(location[-1]), model.model_fields) or "; remove it"
