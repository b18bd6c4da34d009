"""A stored notebook as its author wrote it: cells, imports and parameters, no outputs."""

from __future__ import annotations

import ast
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis import paths
from analysis.errors import UserError
from analysis.report.hashes import text_hash


@dataclass(frozen=True, slots=True)
class Source:
    """The cells of a stored notebook.

    Parameters
    ----------
    cells
        Cells with their source as one text.
    content
        The file as it is stored.
    where
        Its path, for messages and as the name of an input.
    """

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
        for statement in self._declarations():
            target = _target(statement)
            if target is None:
                continue
            name, value = target
            try:
                found[name] = ast.literal_eval(value)
            except ValueError:
                raise UserError(
                    f"{self.where}: the default of {name} must be a literal; "
                    f"got '{ast.unparse(value)}'"
                ) from None
        return found

    def lists(self) -> set[str]:
        """Return the names of the parameters whose value is a list."""
        return {
            statement.target.id
            for statement in self._declarations()
            if isinstance(statement, ast.AnnAssign)
            and isinstance(statement.target, ast.Name)
            and ast.unparse(statement.annotation).startswith("list")
        }

    def _declarations(self) -> list[ast.stmt]:
        tagged = [
            cell["source"]
            for cell in self.cells
            if "parameters" in cell["metadata"].get("tags", [])
        ]
        return ast.parse("\n".join(tagged)).body


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


def _target(statement: ast.stmt) -> tuple[str, ast.expr] | None:
    """Return name and value of an assignment."""
    target: ast.expr
    if isinstance(statement, ast.AnnAssign) and statement.value is not None:
        target, value = statement.target, statement.value
    elif isinstance(statement, ast.Assign):
        target, value = statement.targets[0], statement.value
    else:
        return None
    return (target.id, value) if isinstance(target, ast.Name) else None
