"""Reading ``trial.yml``: one sentence for each mistake in it."""

from pathlib import Path

import pydantic

from analysis import paths
from analysis.errors import UserError
from analysis.mistakes import mistakes
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
        raise PlanError(
            "\n".join(f"{where}: {each}" for each in mistakes(error, TrialPlan, "trial.yml"))
        ) from None
