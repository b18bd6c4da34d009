"""A stored notebook as its author wrote it: cells, imports and parameters, no outputs."""

import ast
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis import paths
from analysis.errors import UserError
from analysis.report.hashes import text_hash


@dataclass(frozen=True, slots=True)
class Source:
    """A stored notebook: its cells, its bytes, and its path for messages and as an input."""

    cells: tuple[dict[str, Any], ...]
    content: bytes
    where: str

    @property
    def digest(self) -> str:
        """A hash of everything that a run of the notebook depends on, and of no output."""
        parts = [
            [cell["cell_type"], cell.get("id"), cell["metadata"].get("tags"), cell["source"]]
            for cell in self.cells
        ]
        return text_hash(json.dumps(parts))

    @property
    def code(self) -> str:
        """The code without the lines that only IPython understands."""
        sources = [cell["source"] for cell in self.cells if cell["cell_type"] == "code"]
        lines = "\n".join(sources).splitlines()
        return "\n".join(line for line in lines if not line.lstrip().startswith(("%", "!", "?")))

    def parameters(self) -> dict[str, Any]:
        """Return the parameters with their defaults, in their order.

        Raises
        ------
        UserError
            If a default is not a literal.
        """
        found: dict[str, Any] = {}
        for name, default, _ in self._declarations():
            try:
                found[name] = ast.literal_eval(default)
            except ValueError:
                raise UserError(
                    f"{self.where}: the default of {name} must be a literal; "
                    f"got '{ast.unparse(default)}'"
                ) from None
        return found

    def lists(self) -> set[str]:
        """Return the names of the parameters whose value is a list."""
        return {name for name, _, kind in self._declarations() if kind.startswith("list")}

    def _declarations(self) -> Iterator[tuple[str, ast.expr, str]]:
        """Return name, default and annotation of every parameter."""
        for cell in self.cells:
            if "parameters" not in cell["metadata"].get("tags", []):
                continue
            for statement in ast.parse(cell["source"]).body:
                target: ast.expr | None = None
                if isinstance(statement, ast.AnnAssign):
                    target, kind = statement.target, ast.unparse(statement.annotation)
                elif isinstance(statement, ast.Assign):
                    target, kind = statement.targets[0], ""
                if isinstance(target, ast.Name) and statement.value is not None:
                    yield target.id, statement.value, kind


def read_source(path: Path) -> Source:
    """Read a stored notebook.

    Raises
    ------
    UserError
        If the file is not a notebook.
    """
    where = paths.shown(path)
    try:
        content = path.read_bytes()
        cells = tuple(
            {"metadata": {}, **cell, "source": "".join(cell["source"])}
            for cell in json.loads(content)["cells"]
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"{where} must be a notebook; reading it gave: {error}") from None
    return Source(cells, content, where)
