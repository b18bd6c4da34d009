"""Reading ``trial.yml``: one sentence for each mistake in it."""

import math
from pathlib import Path
from typing import Any

import pydantic
import yaml

from analysis import paths
from analysis.errors import UserError, suggestion
from analysis.parameters import RULES, as_words
from analysis.sources.trial.plan import TrialPlan
from analysis.sources.trial.questions import UNANSWERED, stand_ins
from analysis.words import numbered
from analysis.yaml_files import YamlError, read_yaml

KINDS = {
    **RULES,
    "literal_error": "{expected}",
    "float_parsing": RULES["float_type"],
    "int_parsing": RULES["int_type"],
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "date_type": "a day, as 2024-01-31",
    "date_parsing": "a day, as 2024-01-31",
    "date_from_datetime_parsing": "a day, as 2024-01-31",
    "date_from_datetime_inexact": "a day, as 2024-01-31",
    "tuple_type": "a list",
    "dict_type": "names with their values",
    "string_pattern_mismatch": "small letters and digits, words joined by hyphens",
}
"""Kind of mistake, by pydantic's name → what must stand there."""
ENTRIES = {
    "model_type": "fields with their values,",
    "tuple_type": "a list, each entry with fields",
}
"""The same where it is a part with fields, or several."""
LENGTHS = {"too_short": ("at least", "min_length"), "too_long": ("at most", "max_length")}


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
    return f"{field}: must {_wanted(error)}; got {_typed(error['input'])}{_as_list(error)}"


def _wanted(error: Any) -> str:
    """Return what must stand in the place of a wrong value, in the words of who types a plan."""
    kind, given, model = error["type"], error.get("ctx", {}), _model_at(error["loc"])
    if model and kind in ENTRIES:
        named = [field.alias or name for name, field in model.model_fields.items()]
        return f"be {ENTRIES[kind]} such as {' and '.join(named[:2])}"
    if kind in KINDS:
        return f"be {KINDS[kind].format(**given)}"
    if kind in LENGTHS:
        words, limit = LENGTHS[kind]
        return f"have {words} {numbered(given[limit], 'entry')}"
    # Of what is left, limits above all, pydantic says it in these words.
    return str(error["msg"]).removeprefix("Input should ").removeprefix("String should ")


def _typed(value: Any) -> str:
    """Return a value as it stands in a plan."""
    return (
        repr(value) if isinstance(value, str) else "nothing" if value is None else as_words(value)
    )


def _as_list(error: Any) -> str:
    """Return how a list is written, where a plain value stands in the place of one."""
    value = error["input"]
    plain = isinstance(value, str | int | float) and error["type"] == "tuple_type"
    if not plain or _model_at(error["loc"]):
        return ""
    written = yaml.safe_dump([value], default_flow_style=True, allow_unicode=True, width=math.inf)
    return f"; write {written.strip()}"


def _field_hint(location: tuple[Any, ...]) -> str:
    model = _model_at(location[:-1])
    return (model and suggestion(str(location[-1]), model.model_fields)) or "; remove it"


def _model_at(location: tuple[Any, ...]) -> Any:
    """Return the part that stands at a place, alone or in a list; None where none does."""
    model: Any = TrialPlan
    for part in location:
        if isinstance(part, int):
            continue  # The place in a list; the list's field has given the model.
        field = getattr(model, "model_fields", {}).get(part)
        kinds = (*getattr(field.annotation, "__args__", ()), field.annotation) if field else ()
        model = next((each for each in kinds if hasattr(each, "model_fields")), None)
    return model
