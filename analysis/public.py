"""What a module gives to a person who presses TAB: its own public names, not what it imports."""

import ast
import inspect
import pkgutil
import re
import sys
from importlib import import_module
from types import ModuleType
from typing import Any

PACKAGE = __name__.partition(".")[0]

_IMPORT = re.compile(
    rf"(?:^|[\n;])\s*from\s+({PACKAGE}[\w.]*)\s+import\s+(?:\([\w\s,]*?|[\w ,]*?)(\w*)$"
)
_MODULE = re.compile(rf"(?:^|[\n;])\s*(?:from|import)\s+(?:[\w. ]+,\s*)?({PACKAGE}[\w.]*)\.(\w*)$")
_ATTRIBUTE = re.compile(r"(?:^|[^\w.)\]])([A-Za-z_][\w.]*)\.(\w*)$")


def public_names(module: ModuleType) -> list[str]:
    """Return what a module gives: its `__all__`, or the public names that its own text defines.

    Examples
    --------
    >>> from analysis import words
    >>> public_names(words)[:5]
    ['MOST_ROWS', 'NUMERALS', 'agreeing', 'begins_sentence', 'counted']
    """
    listed = getattr(module, "__all__", None)
    names = set(_defined(module) if listed is None else listed)
    if listed is None:
        names |= set(submodules(module))
    return sorted(name for name in names if not name.startswith("_"))


def submodules(module: ModuleType) -> list[str]:
    """Return the public modules inside a package."""
    found = pkgutil.iter_modules(getattr(module, "__path__", ()))
    return sorted(each.name for each in found if not each.name.startswith("_"))


def _defined(module: ModuleType) -> set[str]:
    """Return the names that a module's text defines at its top level.

    The text tells a constant of its own from an imported one, which no value can.
    """
    names: set[str] = set()
    for node in ast.parse(inspect.getsource(module)).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            parts = [part for target in targets for part in ast.walk(target)]
            names |= {
                part.id
                for part in parts
                if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)
            }
    return names


def completions(text: str, namespace: dict[str, Any]) -> tuple[str, list[str]] | None:
    """Return the typed beginning and the names that complete it, where a module is asked for.

    Parameters
    ----------
    text : str
        What stands before the cursor.
    namespace : dict
        The notebook's names.

    Returns
    -------
    tuple of (str, list of str), or None
        None where the text asks for no module of this package, so that others complete it.

    Examples
    --------
    >>> completions("from analysis.words import li", {})
    ('li', ['listed'])
    >>> completions("frame.he", {}) is None
    True
    """
    if found := _IMPORT.search(text):
        names = _names(_imported(found[1]), found[2])
    elif found := _MODULE.search(text):
        module = _imported(found[1])
        names = submodules(module) if module else []
    elif found := _ATTRIBUTE.search(text):
        module = _held(found[1], namespace)
        # What nobody has imported yet is no attribute.
        names = [name for name in _names(module, found[2]) if hasattr(module, name)]
    else:
        return None
    names = [name for name in names if name.startswith(found[2])]
    return (found[2], names) if names else None


def _names(module: ModuleType | None, start: str) -> list[str]:
    """Return the public names; the modules of a package too where no name begins as typed."""
    if module is None or module.__name__.partition(".")[0] != PACKAGE:
        return []
    names = public_names(module)
    return names if any(name.startswith(start) for name in names) else submodules(module)


def _imported(name: str) -> ModuleType | None:
    try:
        return import_module(name)
    except ImportError:
        return None


def _held(path: str, namespace: dict[str, Any]) -> ModuleType | None:
    """Return the module that a dotted name stands for; nothing but modules is looked into."""
    first, *rest = path.split(".")
    value = namespace.get(first)
    for name in rest:
        value = vars(value).get(name) if isinstance(value, ModuleType) else None
    return value if isinstance(value, ModuleType) else None


def complete_in_notebook() -> None:
    """Let TAB list a module's public names, where a notebook is running.

    IPython lists what a module's text imports as well (its jedi reads no `__all__` and no
    `__dir__`), so its own interface for further completions is asked to go first.
    """
    if (shell := sys.modules["IPython"].get_ipython()) is None:
        return
    from IPython.core.completer import SimpleCompletion, context_matcher

    def public(context: Any) -> dict[str, Any]:
        lines = [*context.full_text.split("\n")[: context.cursor_line], context.text_until_cursor]
        found = completions("\n".join(lines), shell.user_ns)
        start, names = found or ("", [])
        listed = [SimpleCompletion(name) for name in names]
        return {"completions": listed, "matched_fragment": start, "suppress": bool(listed)}

    first = context_matcher(identifier=f"{PACKAGE}.public", priority=1000)
    shell.Completer.custom_matchers.append(first(public))
