"""What a reader sees: tables, figures, diagrams and sentences, each a view of results.

Every displayed object has two forms: a fixed text, which nbval compares between runs, and an
accessible HTML, which people read. Only this package knows HTML; nothing in it computes.

Its names are those of `face`, which is read when the first of them is asked for: a report in
which there is nothing to do needs templates, and does not wait for what draws.
"""

from importlib import import_module as _import_module
from typing import TYPE_CHECKING as _TYPE_CHECKING
from typing import Any as _Any

if _TYPE_CHECKING:
    from analysis.display.face import *  # noqa: F403


def __getattr__(name: str) -> _Any:
    if not name.startswith("_") or name == "__all__":
        face = _import_module(f"{__name__}.face")
        globals().update({each: getattr(face, each) for each in ("__all__", *face.__all__)})
    if name not in globals():
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return globals()[name]


def __dir__() -> list[str]:
    return sorted(__getattr__("__all__"))
