"""A field of the plan that nothing reads is a defect: the package reads every one."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from typing import Any

import pydantic
import pytest

from analysis import paths
from analysis.sources.trial import plan as plan_module
from analysis.sources.trial.plan import TrialPlan
from analysis.sources.trial.plan_disclosure import Disclosure

PACKAGE = paths.ROOT / "analysis"


def _models(annotation: Any) -> Iterator[type[pydantic.BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, pydantic.BaseModel):
        yield annotation
    for part in getattr(annotation, "__args__", ()):
        yield from _models(part)


def _walk(model: type[pydantic.BaseModel], names: frozenset[str]) -> Iterator[tuple[str, str]]:
    """Yield the class and each field of a model and of those inside it."""
    OWNERS.setdefault(model.__name__, set()).update({model.__name__, *names})
    for name, field in model.model_fields.items():
        yield model.__name__, name
        for part in _models(field.annotation):
            yield from _walk(part, frozenset({name}))


OWNERS: dict[str, set[str]] = {}
"""Class → the names under which the package holds one of it."""
FIELDS = sorted(set(_walk(TrialPlan, frozenset({"plan"}))))
# Endpoints of a plan are handed on under these names, in settings and in loops.
OWNERS["Endpoint"] |= {"endpoint", "all"}


def _last(node: ast.AST) -> str:
    """Return the last name of an expression: `analysis` of ``trial.plan.analysis``."""
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Call | ast.Subscript):
        return _last(node.func if isinstance(node, ast.Call) else node.value)
    return node.id if isinstance(node, ast.Name) else ""


@cache
def _trees() -> list[ast.Module]:
    return [
        ast.parse(path.read_text(encoding="utf-8"))
        for path in sorted(PACKAGE.rglob("*.py"))
        if not (path.name.startswith("plan") and path.parent.name == "trial")
    ]


@cache
def _nodes(tree: ast.Module) -> list[ast.AST]:
    return list(ast.walk(tree))


@cache
def _named(tree: ast.Module) -> list[tuple[str, str]]:
    """Return each name that a module gives to something, and the last name of what it is."""
    found = []
    for node in _nodes(tree):
        pairs: list[tuple[ast.AST, ast.AST]] = []
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            target, value = node.targets[0], node.value
            both = isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple)
            pairs += zip(target.elts, value.elts, strict=True) if both else [(target, value)]
        elif isinstance(node, ast.For | ast.comprehension):
            pairs.append((node.target, node.iter))
        elif isinstance(node, ast.arg | ast.AnnAssign) and node.annotation is not None:
            name = node.arg if isinstance(node, ast.arg) else _last(node.target)
            found.append((name, _last(node.annotation)))
        for target, value in pairs:
            value = value.body if isinstance(value, ast.IfExp) else value
            if isinstance(target, ast.Name):
                found.append((target.id, _last(value)))
    return found


@cache
def _asked(tree: ast.Module) -> tuple[dict[str, set[str]], set[str]]:
    """Return each attribute that a module reads, with whose; and of whom it reads by a text."""
    read: dict[str, set[str]] = {}
    by_text = set()
    for node in _nodes(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
            read.setdefault(node.attr, set()).add(_last(node.value))
        elif isinstance(node, ast.Call) and _last(node.func) == "getattr":
            by_text.add(_last(node.args[0]))
    return read, by_text


def _aliases(tree: ast.Module, owners: set[str]) -> set[str]:
    """Return the names under which a module holds an object that it reached by `owners`."""
    found = set(owners)
    for name, source in _named(tree):
        if source in found:
            found.add(name)
    return found


@cache
def _returns() -> list[tuple[str, str]]:
    """Return each function and property of the package, and the last name of what it returns."""
    return [
        (node.name, _last(node.returns))
        for tree in _trees()
        for node in _nodes(tree)
        if isinstance(node, ast.FunctionDef) and node.returns
    ]


def _returning(owners: set[str]) -> set[str]:
    """Return the functions and properties that return one of the owners."""
    return {name for name, returned in _returns() if returned in owners}


@cache
def _texts() -> set[object]:
    return {
        node.value for tree in _trees() for node in _nodes(tree) if isinstance(node, ast.Constant)
    }


def _reads(field: str, owners: set[str]) -> bool:
    """Say whether a module reads the field from what holds it, by its name or as a text."""
    owners = owners | _returning(owners)
    for tree in _trees():
        read, by_text = _asked(tree)
        # A dump takes every field.
        whose = read.get(field, set()) | read.get("model_dump", set())
        if field in _texts():
            whose |= by_text
        if whose and not whose.isdisjoint(_aliases(tree, owners)):
            return True
    return False


@pytest.mark.parametrize(("owner", "field"), FIELDS)
def test_every_field_of_the_plan_is_read(owner: str, field: str) -> None:
    # A property of plan.py that gives the field on counts as the field, where it is read.
    assert _reads(field, OWNERS[owner]) or (owner, field) in GIVEN_ON, f"{owner}.{field}"


GIVEN_ON = {
    ("Endpoints", "primary"),
    ("Endpoints", "secondary"),
    ("Arms", "others"),
    ("TrialPlan", "levels"),
    ("TrialPlan", "disclosure"),
    *(("Disclosure", each) for each in Disclosure.model_fields),
    ("Safety", "identifiers"),
    ("OwnAnalysis", "margin_source"),
    *(("Response", each) for each in ("at_least", "above", "at_most", "below", "stated")),
}
"""Fields that properties of the plan itself read: `Endpoints.all`, `Arms.names`, `categories`,
`allowed`, `Response.limits`, `Response.words`, and `Analysis.of`, which
takes every field of `OwnAnalysis`."""


def test_a_field_that_nothing_reads_is_found() -> None:
    assert not _reads("margin_origin", OWNERS["Analysis"])
    # The name alone is not enough: others have a `margin_source`, the plan's must be read.
    assert not _reads("margin_source", {"nothing"})
    assert plan_module.Analysis.model_fields["margin_source"].default == ""
