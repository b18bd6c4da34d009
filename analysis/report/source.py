"""A stored notebook as its author wrote it: cells, imports and parameters, no outputs."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis import paths
from analysis.declared import Declaration, declarations
from analysis.errors import UserError
from analysis.parameters import ParameterError
from analysis.report.hashes import text_hash

_SHOWS = re.compile(r"\s*page\.(show\([\w.]+\)|finish\(\))\s*")
_MAKES = re.compile(r"^page = Page\(globals\(\), \w+, resolve\)\npage\s*\Z", re.M)


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

    @property
    def shows_sections_only(self) -> bool:
        """Whether every cell after the one that makes the page shows a section of the package.

        Such a notebook computes nothing itself, and alters nothing of its run.
        """
        code = [cell["source"] for cell in self.cells if cell["cell_type"] == "code"]
        return all(map(_SHOWS.fullmatch, code[2:])) and bool(_MAKES.search("".join(code[:2])))

    def parameters(self) -> dict[str, Any]:
        """Return the parameters with their defaults, in their order.

        Raises
        ------
        UserError
            If a default is not a literal.
        """
        try:
            return {each.name: each.value() for each in self._declarations()}
        except ParameterError as error:
            raise UserError(f"{self.where}: {error}") from None

    def lists(self) -> set[str]:
        """Return the names of the parameters whose value is a list."""
        return {each.name for each in self._declarations() if each.kind.startswith("list")}

    def _declarations(self) -> Iterator[Declaration]:
        """Return the declaration of every parameter."""
        for cell in self.cells:
            if "parameters" in cell["metadata"].get("tags", []):
                yield from declarations(cell["source"])


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
