"""TAB lists what a module gives, in a real kernel, for every module of the package."""

import ast
import functools
import pkgutil
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from jupyter_client.manager import start_new_kernel

import analysis.display
import analysis.stats
from analysis.public import completions, public_names, submodules

MODULES = sorted(
    each.name
    for each in pkgutil.walk_packages(analysis.__path__, "analysis.")
    if "._" not in each.name and "templates" not in each.name
)


FACES = [analysis.stats, analysis.display]
"""Packages whose names stand in modules that are read on first use."""
by_face = pytest.mark.parametrize("face", FACES, ids=lambda face: face.__name__)


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    manager, client = start_new_kernel(kernel_name="python3")
    yield client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


@pytest.fixture(scope="module")
def complete(client: Any) -> Callable[[str], list[str]]:
    def ask(code: str) -> list[str]:
        return client.complete(code, reply=True, timeout=60)["content"]["matches"]

    return ask


@pytest.fixture(scope="module")
def said(client: Any) -> Callable[[str], str]:
    def run(code: str) -> str:
        reply = client.execute(code, user_expressions={"r": "said"}, reply=True, timeout=60)
        assert reply["content"]["status"] == "ok", reply["content"]
        return reply["content"]["user_expressions"]["r"]["data"]["text/plain"]

    return run


def foreign(module: ModuleType, names: list[str]) -> list[str]:
    """Give the names that a module has only because it imports them."""
    wrong = []
    for name in names:
        value = getattr(module, name, None)
        home = getattr(value, "__module__", module.__name__)
        if isinstance(value, ModuleType) or (
            issubclass(type(value), type) and not str(home).startswith(("analysis", "typing"))
        ):
            wrong.append(name)
    return wrong


@pytest.mark.parametrize("name", MODULES)
def test_public_names_are_a_modules_own(name: str) -> None:
    if name == "analysis.__main__":
        pytest.skip("the command line is not imported")
    module = import_module(name)
    names = public_names(module)
    assert not [each for each in names if each.startswith("_")]
    own = [each for each in names if each not in submodules(module)]
    assert not foreign(module, own), name
    assert not {"np", "pd", "lru_cache", "import_module", "Any", "dataclass"} & set(names)
    # whatever the text defines is there: nothing is hidden that is the module's own
    if not hasattr(module, "__all__"):
        text = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))
        defined = {
            node.name for node in text.body if isinstance(node, ast.FunctionDef | ast.ClassDef)
        }
        assert {each for each in defined if not each.startswith("_")} <= set(names)


@pytest.mark.parametrize("each", [8, pytest.param(1, marks=pytest.mark.thorough)])
def test_every_module_in_the_kernel(
    complete: Callable[[str], list[str]], said: Callable[[str], str], each: int
) -> None:
    """Every package, and modules of each: what is asked of all is asked of `public_names`."""
    names = [name for name in MODULES if name != "analysis.__main__"]
    packages = [name for name in names if hasattr(import_module(name), "__path__")]
    chosen = [*packages, *[name for name in names if name not in packages][::each]]
    said(f"import analysis, importlib\nfor m in {names!r}: importlib.import_module(m)\nsaid = 1")
    for name in chosen:
        module = import_module(name)
        expected = public_names(module)
        reached = functools.reduce(getattr, name.split(".")[1:], analysis) is module
        if reached:
            assert sorted(complete(f"{name}.")) == expected, name
        # Under another name it is the same object: asked of packages, and where nothing else is.
        if not reached or hasattr(module, "__path__"):
            said(f"it = importlib.import_module({name!r}); said = 1")
            assert sorted(complete("it.")) == expected, name
        assert sorted(complete(f"from {name} import ")) == expected, name


@by_face
def test_a_name_of_a_face_is_no_module(face: ModuleType) -> None:
    """A module of the same name would take its place once it is imported."""
    assert face.__all__
    assert not set(submodules(face)) & set(face.__all__)


@by_face
def test_a_name_that_a_face_has_not_is_no_attribute(face: ModuleType) -> None:
    with pytest.raises(AttributeError, match=rf"{face.__name__}' has no attribute 'fit_anova'"):
        _ = face.fit_anova
    assert set(face.__all__) <= set(dir(face))


def test_a_face_alone_imports_nothing_heavy() -> None:
    code = "import sys, analysis.stats, analysis.display.html; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"scipy", "pandas", "matplotlib"} & set(done.stdout.split())


def test_a_notebook_in_which_nothing_is_imported_yet() -> None:
    fresh, other = start_new_kernel(kernel_name="python3")
    try:
        listed = other.complete("from analysis.stats import ", reply=True, timeout=60)
        first = set(listed["content"]["matches"])
        listed = other.complete("from analysis.stats import ", reply=True, timeout=60)
        second = listed["content"]["matches"]
    finally:
        other.stop_channels()
        fresh.shutdown_kernel(now=True)
    assert set(analysis.stats.__all__) <= first
    assert not {"Any", "import_module", "np", "pd"} & first
    assert sorted(second) == sorted(analysis.stats.__all__)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("from analysis.stats import fit_m", ["fit_mmrm"]),
        ("from analysis.stats import fit_ancova, fit_m", ["fit_mmrm"]),
        ("from analysis.stats import (\n    fit_ancova,\n    fit_m", ["fit_mmrm"]),
        ("x = 1\nfrom analysis.stats import fit_m", ["fit_mmrm"]),
        ("x = 1; from analysis.stats import fit_m", ["fit_mmrm"]),
        ("from analysis.st", ["stats"]),
        ("import os, analysis.st", ["stats"]),
        ("print(st.fit_m", ["fit_mmrm"]),
        ("st.mmrm_pro", ["mmrm_problem"]),
    ],
)
def test_where_a_module_is_asked_for(text: str, expected: list[str]) -> None:
    import analysis.stats
    import analysis.stats.mmrm  # a module nobody imported is no attribute

    found = completions(text, {"st": analysis.stats})
    assert found is not None
    assert found[1] == expected


@pytest.mark.parametrize(
    "text",
    [
        *("frame.he", "np.ar", "from numpy import ar", "from analysis_of import x", "st.fit_mmrm."),
        *("f(st).fit", "x[0].fit", "st._FA", "from nowhere import ", "fit_m", "'analysis.st"),
    ],
)
def test_what_others_complete(text: str) -> None:
    import numpy as np

    assert completions(text, {"st": analysis.stats, "np": np, "frame": object()}) is None


def test_shift_tab_shows_signature_and_docstring(client: Any, said: Callable[[str], str]) -> None:
    said("import analysis.stats as st; said = 1")
    for name in analysis.stats.__all__:
        code = f"st.{name}("
        reply = client.inspect(code, len(code), detail_level=0, reply=True, timeout=60)["content"]
        assert reply["found"], name
        shown = re.sub(r"\x1b\[[\d;]*m", "", reply["data"]["text/plain"])
        assert "Signature:" in shown, name
        assert "Examples" in shown, name
        lines = shown.partition("Docstring:")[0].splitlines()
        assert max(map(len, lines)) < 130, (name, max(lines, key=len))
