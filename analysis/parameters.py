"""Notebook parameters: typed, validated, and refused in one sentence when they are wrong."""

import difflib
import json
from collections.abc import Iterable, Mapping
from numbers import Number
from types import UnionType
from typing import Any, ClassVar, Self, Union, get_origin

import pydantic

from analysis.errors import UserError, suggestion

SEVERAL = (list, tuple, dict, set)
PLAIN = (str, Number, *SEVERAL, type(None))
SHELL = {"In", "Out"}
"""Names by which IPython's namespace is known."""
CLOSE = 0.8
"""Likeness (difflib's ratio) from which a name is taken for a misspelt parameter."""
CHECKED = "_parameters_checked"


class ParameterError(UserError):
    """A parameter has a wrong name, type or value."""


class NotebookParameters(pydantic.BaseModel):
    """Base of every notebook's parameters: frozen, strict, nothing unknown.

    Subclasses declare fields with a default, a description (the help text) and limits.
    """

    model_config = pydantic.ConfigDict(
        frozen=True, strict=True, extra="forbid", allow_inf_nan=False
    )
    _allowed_names: ClassVar[frozenset[str]] = frozenset()

    @classmethod
    def from_notebook(cls, namespace: dict[str, Any]) -> Self:
        """Build the parameters from the notebook's globals, refusing misspelt ones.

        Parameters
        ----------
        namespace
            ``globals()`` of the notebook.

        Returns
        -------
        Self
            The validated parameters.

        Raises
        ------
        ParameterError
            Naming the parameter, the rule and the value.

        Notes
        -----
        Papermill only warns of a parameter that the notebook does not have. On the first call
        nothing but parameters can be in the namespace, so any other plain value is a misspelt
        one. Later calls leave the analyst variables of their own, and refuse a name only when
        it is close to a parameter's: ``margn``, but not ``note`` nor a list ``margins``.
        """
        given = {name: namespace[name] for name in cls.model_fields if name in namespace}
        if cls.model_fields and not given and set(namespace) >= SHELL:
            # After a restart the cell may show other values than the defaults.
            raise ParameterError("the parameters cell has not been run; run it, then this cell")
        own = [
            name
            for name, value in namespace.items()
            if not name.startswith("_")
            and name not in SHELL
            and name not in cls.model_fields
            and isinstance(value, PLAIN)
        ]
        if not namespace.get(CHECKED):
            _refuse(_unknown_sentence(cls, name) for name in own)
        _refuse(
            f"'{name}' is not a parameter of this notebook; did you mean '{near}'? "
            f"Set {near}, or give a variable of your own another name and: del {name}"
            for name in own
            if (near := _misspelt(name, namespace[name], cls.model_fields))
        )
        parameters = cls.checked(given)
        namespace[CHECKED] = True
        return parameters

    @classmethod
    def checked(cls, given: Mapping[str, Any]) -> Self:
        """Build the parameters from a mapping, with errors as one sentence each."""
        _refuse(_unknown_sentence(cls, name) for name in given if name not in cls.model_fields)
        try:
            return cls(**given)
        except pydantic.ValidationError as error:
            raise ParameterError(" ".join(_sentences(cls, error.errors()))) from None

    def described(self) -> list[tuple[str, str, str, str]]:
        """Return name, value, default and help text of each parameter, values as text."""
        return [
            (
                name,
                as_words(getattr(self, name)),
                as_words(default_of(field)),
                field.description or "",
            )
            for name, field in type(self).model_fields.items()
        ]

    def departures(self) -> dict[str, str]:
        """Return the parameters that differ from their default: name → value as text."""
        return {name: value for name, value, default, _ in self.described() if value != default}

    def __str__(self) -> str:
        """Return one ``name = value`` a line."""
        return "\n".join(f"{name} = {value}" for name, value, _, _ in self.described())


def default_of(field: pydantic.fields.FieldInfo) -> Any:
    """Return the default of a field, also where data say what it is."""
    return field.get_default(call_default_factory=True)


def _refuse(sentences: Iterable[str]) -> None:
    if said := list(sentences):
        raise ParameterError("; ".join(said))


def _misspelt(name: str, value: Any, known: Iterable[str]) -> str:
    """Return the parameter that a name is a slip of; "" where it is a name of its own."""
    for near in difflib.get_close_matches(name.casefold(), list(known), n=1, cutoff=CLOSE):
        # The values that an analyst tries one after another: margins for margin.
        plural = name == f"{near}s" and isinstance(value, SEVERAL)
        return "" if plural else near
    return ""


def _unknown_sentence(cls: type[NotebookParameters], name: str) -> str:
    hint = suggestion(name, cls.model_fields) or f"; they are {', '.join(cls.model_fields)}"
    return f"'{name}' is not a parameter of this notebook{hint}"


LIMITS = {"gt": "greater than", "ge": "at least", "lt": "less than", "le": "at most"}
RULES = {
    "literal_error": "one of {expected}",
    "string_type": "a text",
    "float_type": "a number",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "bool_type": "True or False",
    "list_type": "a list",
    "finite_number": "a finite number",
}


def _sentences(cls: type[NotebookParameters], problems: Iterable[Any]) -> list[str]:
    """Turn pydantic's errors into sentences: name must be rule; got value.

    Where a parameter may be of several kinds each has an error, of which one sentence is made.
    """
    rules: dict[str, list[str]] = {}
    given: dict[str, Any] = {}
    for problem in problems:
        name, *rest = problem["loc"]
        several = get_origin(cls.model_fields[name].annotation) in (Union, UnionType)
        place = name if several else ".".join(map(str, problem["loc"]))
        rule = _rule(cls, problem)
        if several and isinstance(rest[-1], int):  # the place of a wrong value in a list
            rule = rule.replace("must be ", "must be a list, each ")
        rules.setdefault(place, []).append(rule)
        given.setdefault(place, problem["input"])
    return [
        f"{place} {_either(said)}; got {as_words(given[place])}{_as_list(place, said, given)}."
        for place, said in rules.items()
    ]


def _as_list(place: str, rules: Iterable[str], given: Mapping[str, Any]) -> str:
    """Return how a list is given on the command line, where a text stands in the place of one."""
    value = given[place]
    if not isinstance(value, str) or not any("a list" in rule for rule in rules):
        return ""
    return f"; with papermill: -y '{place}: [{value.strip('[] ')}]'"


def _either(rules: list[str]) -> str:
    first, *others = dict.fromkeys(rules)
    return " or ".join([first, *(each.removeprefix("must be ") for each in others)])


def _rule(cls: type[NotebookParameters], error: Any) -> str:
    """Return the rule that a value breaks."""
    rule = RULES.get(error["type"])
    if rule is None and error["type"].startswith(("greater_than", "less_than")):
        rule = _limits(cls, str(error["loc"][0]))
    if rule is None:
        return str(error["msg"])
    named = error.get("ctx", {})
    one = error["type"] == "literal_error" and " or " not in named["expected"]
    return f"must be {named['expected'] if one else rule.format(**named)}"


def _limits(cls: type[NotebookParameters], name: str) -> str:
    """Return all limits of a field in words, so that one message says the whole rule."""
    limits = cls.model_fields[name].metadata
    return " and ".join(
        f"{words} {getattr(limit, key):g}"
        for key, words in LIMITS.items()
        for limit in limits
        if hasattr(limit, key)
    )


NAMED = {
    "conf_level": "confidence level",
    "min_confidence": "least confidence",
    "min_percent": "least per cent",
    "igf1_sds": "limit of IGF-I SDS",
    "hba1c": "limit of HbA1c",
    "alt_multiple": "multiple of ALT",
    "tau2_method": "estimator of τ²",
    "hartung_knapp": "Hartung–Knapp",
    "pool_trial": "trial pooled",
}
"""Parameters whose names are no words → what a reader is told."""


def name_in_words(name: str) -> str:
    """Return the name of a parameter as a reader is told it.

    Examples
    --------
    >>> name_in_words("conf_level"), name_in_words("missing_data")
    ('confidence level', 'missing data')
    """
    return NAMED.get(name, name.replace("_", " "))


def as_words(value: Any) -> str:
    """Return the value of a parameter as a page shows it."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
