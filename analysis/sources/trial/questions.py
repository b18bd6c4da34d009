"""Questions of a plan: what its author has still to decide, written as a question mark.

A drafted plan asks what cannot be seen in data. Each question is an error until it is answered;
so that the rest of the plan can be checked meanwhile, something valid stands in for it.
"""

import itertools
from collections.abc import Iterator
from typing import Any, Literal, get_args, get_origin

import pydantic

from analysis.sources.trial.plan import TrialPlan
from analysis.sources.trial.plan_part import QUESTION, Part

UNANSWERED = "is still a question; answer it in the place of the question mark"


def stand_ins(content: dict[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return the content of a plan without its questions, and the fields that they stand in.

    Parameters
    ----------
    content
        As read from ``trial.yml``; it is not changed.

    Returns
    -------
    content : dict
        A text in the place of a question is unique and begins with a question mark, any other
        value is the field's default or the first that is allowed.
    questions : tuple of str
        Their fields, as ``analysis.margin``, in the order of the plan.

    Examples
    --------
    >>> stand_ins({"title": "?", "analysis": {"margin": "?"}})
    ({'title': '?1', 'analysis': {}}, ('title', 'analysis.margin'))
    """
    found: list[str] = []
    filled = _filled(content, TrialPlan, "", found, itertools.count(1))
    return filled, tuple(found)


def _filled(
    value: Any, annotation: Any, where: str, found: list[str], number: Iterator[int]
) -> Any:
    model = _model(annotation)
    if _is_asked(value):
        found.append(where)
        return _stand_in(annotation, number)
    if isinstance(value, dict):
        fields = model.model_fields if model else {}
        inner = {
            name: _filled(
                each, fields[name].annotation if name in fields else str,
                f"{where}.{name}".lstrip("."), found, number,
            )
            for name, each in value.items()
        }  # fmt: skip
        own = model.stand_ins(value) if model and issubclass(model, Part) else {}
        inner |= {name: each for name, each in own.items() if _is_asked(value.get(name))}
        return {name: each for name, each in inner.items() if each is not _NONE}
    if isinstance(value, list):
        kind = next(iter(get_args(annotation)), str)
        places = [f"{where}.{place}" for place in range(len(value))]
        each_filled = [
            _filled(each, kind, place, found, number)
            for place, each in zip(places, value, strict=True)
        ]
        return [each for each in each_filled if each is not _NONE]
    return value


def _is_asked(value: Any) -> bool:
    return isinstance(value, str) and value.strip() == QUESTION


_NONE = object()
"""Stands for nothing: the field keeps its default."""


def _stand_in(annotation: Any, number: Iterator[int]) -> Any:
    if annotation == tuple[str, ...]:
        return [f"{QUESTION}{next(number)}"]  # No default: its words would be held against data.
    if get_origin(annotation) is tuple:
        return []
    model = _model(annotation)
    if model:
        fields = {
            name: _stand_in(field.annotation, number)
            for name, field in model.model_fields.items()
            if field.is_required()
        }
        # Nothing stands in for a number, and so nothing for what must have one.
        return _NONE if _NONE in fields.values() else fields
    if get_origin(annotation) is Literal:
        return get_args(annotation)[0]
    return f"{QUESTION}{next(number)}" if annotation is str else _NONE


def _model(annotation: Any) -> type[pydantic.BaseModel] | None:
    """Return the model that a field holds, also where it may be None."""
    for each in (annotation, *get_args(annotation)):
        if isinstance(each, type) and issubclass(each, pydantic.BaseModel):
            return each
    return None
