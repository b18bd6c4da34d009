"""What an executed notebook carries with it: its results, and the parameters of its run."""

import ast
import base64
import math
import warnings
import zlib
from collections.abc import Iterator
from operator import itemgetter
from pathlib import Path
from typing import Any

from analysis import paths
from analysis.display.finished import RESULTS_TYPE
from analysis.errors import UserError
from analysis.report.render import unfinished

ENDING = ".ipynb"
LIMIT = 100_000_000
"""Bytes of results that are unpacked; the largest run of the project has three million."""
GZIP = 16 + zlib.MAX_WBITS


def read_executed(path: Path) -> Any:
    """Read a notebook file, of whatever format.

    Raises
    ------
    UserError
        If it is not a notebook.
    """
    import nbformat

    try:
        with warnings.catch_warnings():
            # Cells of another program may lack an id; nobody asks for it here.
            warnings.simplefilter("ignore")
            return nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)
    except OSError as error:
        raise UserError(f"{paths.shown(path)} cannot be read: {error.strerror}") from None
    except Exception as error:
        first = " ".join(str(error).split())[:80]
        raise UserError(
            f"{paths.shown(path)} is not a notebook; reading it gave: {first}"
        ) from None


def carried_results(path: Path) -> bytes:
    """Return the ``results.csv`` that travels in the output of ``page.finish()``.

    Parameters
    ----------
    path
        An executed notebook: of JupyterLab, of papermill, or of a report.

    Raises
    ------
    UserError
        If it is no notebook, was not executed, carries no results or those of other parameters
        than it has by now, or they are damaged or larger than `LIMIT`.
    """
    notebook, where = read_executed(path), paths.shown(path)
    *_, (last, packed) = [(0, None), *sorted(_handed_over(notebook), key=itemgetter(0))]
    if packed is None:
        raise UserError(f"{where} {_why_none(notebook)}")
    count, number = last_setting(notebook)
    if count > last:
        raise UserError(
            f"{where} carries the results of before its cell {number} set parameters; run its "
            "cell page.finish() again and save it"
        )
    return _unpacked(packed, where)


def last_setting(notebook: Any) -> tuple[int, int]:
    """Return of the cell that set parameters last when it ran, and its number; zeros for none."""
    names = _parameter_names(notebook)
    return max(
        (
            (cell.get("execution_count") or 0, number)
            for number, cell in enumerate(notebook.cells, start=1)
            if cell.cell_type == "code" and names & {name for name, _ in _assignments(cell.source)}
        ),
        default=(0, 0),
    )


def _unpacked(packed: Any, where: str) -> bytes:
    try:
        unpacker = zlib.decompressobj(GZIP)
        results = unpacker.decompress(base64.b64decode(packed), LIMIT)
    except (TypeError, ValueError, zlib.error):
        results = b""
    else:
        # What is left could fill a disk; nobody needs it to know that these are no results.
        if unpacker.unconsumed_tail:
            raise UserError(
                f"{where} holds more than {LIMIT:,} bytes of results; no run of the project makes "
                "them, and they are not read"
            )
        whole = unpacker.eof and not unpacker.unused_data
        results = results if whole else b""
    if not results:
        raise UserError(
            f"{where} holds damaged results; run its cell page.finish() again and save it"
        )
    return results


def carried_parameters(path: Path) -> dict[str, Any]:
    """Return the parameters with which an executed notebook made its results.

    Notes
    -----
    The cell that is tagged ``parameters`` names them. A value may come from a later cell as well:
    papermill adds one, an analyst may write one. So the assignments of all cells count, in the
    order in which they were executed, up to the one that handed over the results.
    """
    notebook = read_executed(path)
    last = max((count for count, _ in _handed_over(notebook)), default=math.inf)
    cells = sorted(
        (cell for cell in _code(notebook) if 0 < (cell.execution_count or 0) <= last),
        key=lambda cell: cell.execution_count,
    )
    names = _parameter_names(notebook)
    set_by = (each for cell in cells for each in _assignments(cell.source))
    return {name: value for name, value in set_by if name in names}


def _code(notebook: Any) -> list[Any]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def _parameter_names(notebook: Any) -> set[str]:
    tagged = [c for c in _code(notebook) if "parameters" in c.get("metadata", {}).get("tags", [])]
    return {name for cell in tagged for name, _ in _assignments(cell.source)}


def _handed_over(notebook: Any) -> Iterator[tuple[int, Any]]:
    """Return the results in the outputs, each with the count of its cell."""
    for cell in _code(notebook):
        for output in cell.get("outputs", []):
            if RESULTS_TYPE in output.get("data", {}):
                yield cell.get("execution_count") or 0, output["data"][RESULTS_TYPE]


def _why_none(notebook: Any) -> str:
    """Say why a notebook carries no results."""
    code = _code(notebook)
    if not any(cell.get("outputs") or cell.get("execution_count") for cell in code):
        return "was not executed; run all its cells and save it"
    for number, what in unfinished(notebook.cells):
        if what == "holds an error":
            return f"carries no results, as its cell {number} holds an error; mend it and run all"
    return "carries no results; end it with page.finish(), run all its cells and save it"


def _assignments(source: str) -> Iterator[tuple[str, Any]]:
    """Return name and value of each assignment at the left edge of a cell, in order."""
    lines = (line for line in source.splitlines() if not line.lstrip().startswith(("%", "!", "?")))
    try:
        body = ast.parse("\n".join(lines)).body
    except SyntaxError:
        return
    for statement in body:
        if isinstance(statement, ast.AnnAssign):
            targets: list[ast.expr] = [statement.target]
        elif isinstance(statement, ast.Assign):
            targets = statement.targets
        else:
            continue
        for target in targets:
            if isinstance(target, ast.Name) and statement.value is not None:
                yield target.id, _value(statement.value)


def _value(expression: ast.expr) -> Any:
    try:
        return ast.literal_eval(expression)
    except ValueError:
        return ast.unparse(expression)
