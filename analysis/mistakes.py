"""Mistakes in a file of fields, each one sentence in the words of who types it."""

import math
from collections.abc import Iterator
from typing import Annotated, Any, get_args, get_origin

import pydantic
import yaml

from analysis.errors import suggestion
from analysis.parameters import RULES, as_words
from analysis.words import numbered

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
    "model_type": "fields with their values",
}
"""Kind of mistake, by pydantic's name → what must stand there."""
ENTRIES = {
    "model_type": "fields with their values,",
    "list_type": "a list, each entry with fields",
    "tuple_type": "a list, each entry with fields",
}
"""The same where it is a part with fields, or several."""
LENGTHS = {"too_short": ("at least", "min_length"), "too_long": ("at most", "max_length")}
UNKNOWN = ("extra_forbidden", "invalid_key")
LISTS = ("list_type", "tuple_type")
KEY = "[key]"
"""What pydantic puts behind the place of a name that is wrong itself."""

Location = tuple[Any, ...]


def mistakes(
    error: pydantic.ValidationError, file: type[pydantic.BaseModel], what: str
) -> list[str]:
    r"""Return one sentence for each mistake: field, rule, value.

    Parameters
    ----------
    error
        What pydantic found.
    file
        What the file, or the part of it, must be.
    what
        What its fields are fields of, in words, for example ``"trial.yml"`` or ``"a grid"``.

    Notes
    -----
    A pattern says by the ``description`` of its field what matches it. A ``ValueError`` of a
    validator is a sentence of its own.

    Examples
    --------
    >>> class Plot(pydantic.BaseModel, extra="forbid"):
    ...     size: float
    ...     colours: list[str] = []
    >>> try:
    ...     Plot.model_validate({"size": "large", "colours": "red", "colour": 1})
    ... except pydantic.ValidationError as error:
    ...     print(*mistakes(error, Plot, "a plot"), sep="\n")
    size: must be a number; got 'large'
    colours: must be a list; got 'red'; write [red]
    colour is not a field of a plot; did you mean 'colours'?
    """
    return [_sentence(each, file, what) for each in error.errors()]


def _sentence(error: Any, file: type[pydantic.BaseModel], what: str) -> str:
    kind, location = error["type"], error["loc"]
    named = tuple(part for part in location if part != KEY)
    field = ".".join(map(str, named))
    if kind == "missing":
        return f"{field} is required and missing"
    if kind in UNKNOWN:
        return f"{field} is not a field of {what}{_field_hint(file, location)}"
    if kind == "value_error":
        return str(error["msg"]).removeprefix("Value error, ")
    subject = f"{field}: " if field else ""
    subject += "the name " if named != location else "" if field else f"{what} "
    got = _typed(error["input"])
    return f"{subject}must {_wanted(error, file)}; got {got}{_as_list(error, file)}"


def _wanted(error: Any, file: type[pydantic.BaseModel]) -> str:
    """Return what must stand in the place of a wrong value."""
    kind, given = error["type"], error.get("ctx", {})
    model = _model_in(_at(file, error["loc"]))
    if model and kind in ENTRIES:
        return f"be {ENTRIES[kind]} such as {' and '.join(list(_fields(model))[:2])}"
    if kind == "string_pattern_mismatch":
        return f"be {_around(file, error['loc'])[error['loc'][-1]].description}"
    if kind in KINDS:
        return f"be {KINDS[kind].format(**given)}"
    if kind in LENGTHS:
        words, limit = LENGTHS[kind]
        return f"have {words} {numbered(given[limit], 'entry')}"
    # Of what is left, limits above all, pydantic says it in these words.
    return str(error["msg"]).removeprefix("Input should ").removeprefix("String should ")


def _typed(value: Any) -> str:
    """Return a value as it stands in a file."""
    return (
        repr(value) if isinstance(value, str) else "nothing" if value is None else as_words(value)
    )


def _as_list(error: Any, file: type[pydantic.BaseModel]) -> str:
    """Return how a list is written, where a plain value stands in the place of one."""
    value = error["input"]
    plain = isinstance(value, str | int | float) and error["type"] in LISTS
    if not plain or _model_in(_at(file, error["loc"])):
        return ""
    written = yaml.safe_dump([value], default_flow_style=True, allow_unicode=True, width=math.inf)
    return f"; write {written.strip()}"


def _field_hint(file: type[pydantic.BaseModel], location: Location) -> str:
    return suggestion(str(location[-1]), _around(file, location)) or "; remove it"


def _around(file: type[pydantic.BaseModel], location: Location) -> dict[Any, Any]:
    """Return the fields among which a place is one."""
    return _fields(_model_in(_at(file, location[:-1])))


def _at(file: Any, location: Location) -> Any:
    """Return the type of what stands at a place; None where nothing may."""
    kind = file
    for part in location:
        kind = next((_below(each, part) for each in _alternatives(kind) if _holds(each)), None)
    return kind


def _below(kind: Any, part: Any) -> Any:
    """Return the type of a field, of the entries of a list, or of what stands under a name."""
    if fields := _fields(kind):
        return fields[part].annotation if part in fields else None
    return get_args(kind)[-1 if get_origin(kind) is dict else 0]


def _holds(kind: Any) -> bool:
    return bool(_fields(kind)) or get_origin(kind) in (list, tuple, dict)


def _alternatives(kind: Any) -> Iterator[Any]:
    """Yield what a value may be: of a field that may be left out, what it is where it is not."""
    if get_origin(kind) is Annotated:
        kind = get_args(kind)[0]
    yield kind
    if not _holds(kind):
        yield from get_args(kind)


def _model_in(kind: Any) -> Any:
    """Return the part with fields that a value is, or a list of such; None for another value."""
    for each in _alternatives(kind):
        inner = get_args(each)[0] if get_origin(each) in (list, tuple) else each
        if _fields(inner):
            return inner
    return None


def _fields(kind: Any) -> dict[Any, Any]:
    """Return name, as it is typed, → field of a part with fields; nothing of another type."""
    fields = getattr(kind, "model_fields", {})
    return {field.alias or name: field for name, field in fields.items()}
