"""Data flows one way: a module imports only from its left."""

import ast
import re
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from analysis import paths

PACKAGE = paths.ROOT / "analysis"
BASE = set(
    "__init__ brief cluster declared public paths errors exact mistakes numbers parameters "
    "shared_folder texts thresholds threads words yaml_files".split()
)
LAYERS = ["base", "stats", "sources", "results", "display", "topics", "report", "command line"]


def layer(module: str) -> str:
    parts = module.split(".")
    name = parts[1] if len(parts) > 1 else "__init__"
    if name in BASE:
        return "base"
    if name in LAYERS:
        return name
    return "command line" if name in ("__main__", "commands") else "topics"


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            if node.module == "analysis":
                names |= {f"analysis.{alias.name}" for alias in node.names}
    return {name for name in names if name.startswith("analysis.")}


@pytest.mark.parametrize(
    "path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: path.relative_to(PACKAGE).as_posix()
)
def test_imports_only_from_the_left(path: Path) -> None:
    own = ".".join(["analysis", *path.relative_to(PACKAGE).with_suffix("").parts])
    mine = LAYERS.index(layer(own))
    wrong = [name for name in imported(path) if LAYERS.index(layer(name)) > mine]
    assert not wrong, f"{own} ({layer(own)}) imports {wrong}"


SHOWING = ("display", "report", "command line")


def test_only_display_and_report_know_html() -> None:
    for path in PACKAGE.rglob("*.py"):
        if layer(f"analysis.{path.relative_to(PACKAGE).parts[0].removesuffix('.py')}") in SHOWING:
            continue
        text = path.read_text(encoding="utf-8")
        assert "<td" not in text, path
        assert "papermill.execute" not in text, path


def topic_of(module: str) -> str:
    return module.split(".")[1] if layer(module) == "topics" else ""


def test_topics_import_one_another_one_way() -> None:
    uses: dict[str, set[str]] = {}
    for path in PACKAGE.rglob("*.py"):
        own = topic_of(".".join(["analysis", *path.relative_to(PACKAGE).with_suffix("").parts]))
        if own:
            uses.setdefault(own, set()).update(map(topic_of, imported(path)))
    graph = {own: others - {own, ""} for own, others in uses.items()}
    # Raises CycleError, which names the circle.
    order = list(TopologicalSorter(graph).static_order())
    assert "programme" in order
    assert graph["programme"] <= {"contrasts"}, "the source document is judged in sources"


def test_what_a_section_is_stands_in_one_place() -> None:
    """A section is its module: nothing lists sections again, or shows them from afar."""
    assert not list(PACKAGE.rglob("sections.py"))
    gone = re.compile(r"\b(attempt|or_reason|from_frame|Stat)\(")
    for path in (*PACKAGE.rglob("*.py"), *paths.NOTEBOOKS.glob("*.ipynb")):
        text = path.read_text(encoding="utf-8").replace("MultiIndex.from_frame(", "")
        assert not gone.search(text), path


def test_a_module_has_one_idea_and_fits_few_screens() -> None:
    longest = {
        path: len(path.read_text(encoding="utf-8").splitlines()) for path in PACKAGE.rglob("*.py")
    }
    assert not {path.name: lines for path, lines in longest.items() if lines > 350}
