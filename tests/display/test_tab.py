"""TAB after something of ours offers what it has."""

import importlib
import inspect
import pkgutil
from typing import Any, Literal, get_origin, get_type_hints

import pytest
from IPython.core.completer import IPCompleter, provisionalcompleter

import analysis
from analysis import programme
from analysis.display import Page

MODULES = [
    module.name
    for module in pkgutil.walk_packages(analysis.__path__, "analysis.")
    if not module.name.endswith("__main__")
]


def offered(text: str, namespace: dict[str, Any]) -> set[str]:
    completer = IPCompleter(namespace=namespace, global_namespace=namespace, use_jedi=True)
    with provisionalcompleter():
        return {each.text.lstrip(".") for each in completer.completions(text, len(text))}


@pytest.mark.parametrize(
    ("text", "some"),
    [
        ("page.", {"show", "run", "results", "parameters", "finish"}),
        ("page.run.", {"ledger", "contrast", "data_status", "departures", "plan_status"}),
        ("run.", {"ledger", "contrast", "data_status", "departures", "plan_status"}),
        ("run.contrast.", {"conf_level", "comparator", "data_status", "source"}),
        ("page.results.", {"frame", "select", "text"}),
        ("page.parameters.", {"comparator", "field", "conf_level"}),
    ],
)
def test_tab_offers_what_a_page_and_its_run_have(text: str, some: set[str]) -> None:
    page = Page({}, programme.ProgrammeParameters, programme.resolve)
    assert some <= offered(text, {"page": page, "run": page.run})


def test_no_property_is_typed_as_what_jedi_stumbles_over() -> None:
    """One property with a Literal and TAB after its object offers nothing."""
    for name in MODULES:
        for _, kind in inspect.getmembers(importlib.import_module(name), inspect.isclass):
            if not kind.__module__.startswith("analysis"):
                continue
            for attribute, value in vars(kind).items():
                if isinstance(value, property) and not attribute.startswith("_"):
                    hint = get_type_hints(value.fget).get("return")
                    assert get_origin(hint) is not Literal, (name, kind, attribute)
