"""What the code imports is declared in pyproject.toml."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions

import pytest

from analysis import paths

PROJECT = tomllib.loads((paths.ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def declared(*extras: str) -> set[str]:
    """Distributions that pyproject.toml asks for, without their ranges."""
    more = [PROJECT["optional-dependencies"][extra] for extra in extras]
    entries = [*PROJECT["dependencies"], *(entry for each in more for entry in each)]
    return {normal(re.match(r"[\w.-]+", entry)[0]) for entry in entries}


def imported(folder: str) -> dict[str, str]:
    """Top-level modules from elsewhere that a folder imports, late imports too."""
    found = {}
    for path in sorted((paths.ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [each.name for each in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module]
            found |= {name.split(".")[0]: str(path.relative_to(paths.ROOT)) for name in names}
    own = {path.stem for path in (paths.ROOT / folder).rglob("*")}
    return {n: p for n, p in found.items() if n not in sys.stdlib_module_names | own | {"analysis"}}


@pytest.mark.parametrize(("folder", "extras"), [("analysis", ()), ("tests", ("test",))])
def test_every_import_is_declared(folder: str, extras: tuple[str, ...]) -> None:
    of_module = packages_distributions()
    known = declared(*extras)
    missing = {
        name: path
        for name, path in imported(folder).items()
        if not known & set(map(normal, of_module.get(name, ())))
    }
    assert not missing, f"imported and not in pyproject.toml: {missing}"


def test_every_declared_distribution_is_locked() -> None:
    lock = (paths.ROOT / "requirements.lock").read_text(encoding="utf-8")
    locked = {normal(name) for name in re.findall(r"^([\w.-]+)(?:\[\w+\])?==", lock, re.MULTILINE)}
    assert declared(*PROJECT["optional-dependencies"]) <= locked
