"""Which of the package's files a notebook imports, directly or through others.

The imports are read, not executed: a run is stale when code that it *may* use has changed.
"""

import ast
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

PACKAGE = "analysis"
FACE = "_FACE"
"""In a package: module → the names that it gives to the package, where they are read late."""


class Imports:
    """The import graph of the package, each module parsed once.

    Parameters
    ----------
    root
        The folder that holds the package.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._found: dict[str, Path | None] = {}
        self._direct: dict[str, frozenset[str]] = {}
        self._files: dict[str, frozenset[Path]] = {}
        self._faces: dict[str, dict[str, str]] = {}

    def of_source(self, source: str) -> frozenset[Path]:
        """Return every file of the package behind the imports of some code.

        Code that is not plain Python may import anything, so it has the whole package behind it.
        """
        try:
            return self.of_modules(self._named(source, ""))
        except SyntaxError:
            return frozenset(
                path
                for path in (self._root / PACKAGE).rglob("*")
                if path.is_file() and "__pycache__" not in path.parts
            )

    def named_in(self, source: str) -> list[str]:
        """Return the modules of the package that code names; none of what is not plain Python."""
        try:
            named = self._named(source, "")
        except SyntaxError:
            return []
        return sorted(name for name in named if self._file(name))

    def of_modules(self, modules: Iterable[str]) -> frozenset[Path]:
        """Return every file behind the given modules: theirs, and all that they import.

        Templates and stylesheets count with the package in whose folder they stand.
        """
        found: set[str] = set()
        waiting = list(modules)
        while waiting:
            module = waiting.pop()
            if module not in found:
                found.add(module)
                waiting += self._imports(module)
        files = {path for module in found if (path := self._file(module))}
        packages = [path.parent for path in files if path.name == "__init__.py"]
        return frozenset(files).union(*(self._beside(folder) for folder in packages))

    def _imports(self, module: str) -> frozenset[str]:
        if module not in self._direct:
            path = self._file(module)
            text = path.read_text(encoding="utf-8") if path else ""
            inside = module if path and path.name == "__init__.py" else module.rpartition(".")[0]
            self._direct[module] = self._named(text, inside)
        return self._direct[module]

    def _file(self, module: str) -> Path | None:
        """Return the file of a module; nothing for a name that is not a module."""
        if module not in self._found:
            base = self._root.joinpath(*module.split("."))
            files = base.with_suffix(".py"), base / "__init__.py"
            self._found[module] = next((path for path in files if path.is_file()), None)
        return self._found[module]

    def _named(self, source: str, package: str) -> frozenset[str]:
        """Return the modules of the package that code imports, parents included."""
        named, starred = _imported(source, package)
        names = named.union(*map(self._submodules, starred), *map(self._behind, named))
        mine = {name for name in names if name == PACKAGE or name.startswith(f"{PACKAGE}.")}
        return frozenset(parent for name in mine for parent in _with_parents(name))

    def _behind(self, name: str) -> Iterable[str]:
        """Return the modules that give a name of a face, or all of a face that is itself named."""
        package, _, own = name.rpartition(".")
        given = self._face(package).get(own)
        return [given] if given else self._face(name).values()

    def _face(self, package: str) -> dict[str, str]:
        """Return name → module of a package that reads modules when their names are asked for."""
        if package not in self._faces:
            path = self._file(package)
            whole = path is not None and path.name == "__init__.py"
            found = _faces(path.read_text(encoding="utf-8")) if path and whole else {}
            self._faces[package] = {
                name: f"{package}.{module}"
                for module, names in found.items()
                for name in names.split()
            }
        return self._faces[package]

    def _submodules(self, package: str) -> Iterator[str]:
        folder = self._root.joinpath(*package.split("."))
        return (f"{package}.{path.stem}" for path in folder.glob("*.py"))

    def _beside(self, package: Path) -> frozenset[Path]:
        """Return what is no code in a package's folder and is in no package below it."""
        key = package.as_posix()
        if key not in self._files:
            self._files[key] = frozenset(
                path
                for path in package.rglob("*")
                if path.is_file()
                and path.suffix not in (".py", ".pyc")
                and not path.name.startswith(".")
                and _nearest_package(path) == package
            )
        return self._files[key]


@cache
def _imported(source: str, package: str) -> tuple[frozenset[str], frozenset[str]]:
    """Return what code in a package imports by name, and the modules of which it imports all.

    The same text is parsed once, in however many reports of one process.
    """
    names: set[str] = set()
    starred: set[str] = set()
    for node in _statements(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(node, package)
            # What is imported from a package may be a module of it.
            names |= {f"{base}.{alias.name}" for alias in node.names}
            if any(alias.name == "*" for alias in node.names):
                starred.add(base)
    return frozenset(names), frozenset(starred)


def _faces(source: str) -> dict[str, str]:
    """Return what the code of a package says of its face, as that of `analysis.stats` does."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == FACE:
            return dict(ast.literal_eval(node.value))
    return {}


def _statements(node: ast.AST) -> Iterator[ast.AST]:
    """Yield every statement inside a node, at whatever depth; no import stands in an expression."""
    for block in ("body", "handlers", "orelse", "finalbody", "cases"):
        for inner in getattr(node, block, ()):
            yield inner
            yield from _statements(inner)


def _absolute(node: ast.ImportFrom, package: str) -> str:
    if not node.level:
        return node.module or ""
    parents = package.split(".")
    kept = parents[: len(parents) - node.level + 1]
    return ".".join([*kept, *([node.module] if node.module else [])])


def _with_parents(name: str) -> Iterator[str]:
    parts = name.split(".")
    return (".".join(parts[:count]) for count in range(1, len(parts) + 1))


def _nearest_package(path: Path) -> Path | None:
    return next((folder for folder in path.parents if (folder / "__init__.py").is_file()), None)
