"""Parameters as the cell of a notebook declares them: ``cutoff: float = 2.0  # what it is``.

The stored notebook is read by the report, the running one by its page; what a line of the cell
means is decided here once.
"""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Optional, Union

import pydantic

from analysis.errors import suggestion
from analysis.parameters import NotebookParameters, ParameterError

INJECTED = "# Parameters"
"""How the cell begins that papermill adds below the parameters cell."""
ALIKE = 0.5
"""Share of names beyond which a cell is taken for the parameters cell, edited and run again."""
BESIDE = (ast.Import, ast.ImportFrom, ast.Expr, ast.Delete, ast.Pass)
"""What may stand beside the declarations in the parameters cell."""
TYPES: dict[str, Any] = {
    **{kind.__name__: kind for kind in (str, int, float, bool, list, dict, tuple)},
    **{"Literal": Literal, "Optional": Optional, "Union": Union, "None": None},
}
"""What an annotation may consist of."""


@dataclass(frozen=True, slots=True)
class Declaration:
    """One line of a parameters cell: name, default, annotation ("" for none) and help text."""

    name: str
    default: ast.expr
    kind: str
    words: str

    def value(self) -> Any:
        """Return the default.

        Raises
        ------
        ParameterError
            If it is no literal.
        """
        try:
            return ast.literal_eval(self.default)
        except ValueError:
            raise ParameterError(
                f"the default of {self.name} must be a literal; got '{ast.unparse(self.default)}'"
            ) from None

    def type(self) -> Any:
        """Return the type that a value must have: the annotation's, or the default's.

        A default that is words in place of another type, such as ``"as planned"``, may stay.

        Raises
        ------
        ParameterError
            If the annotation is of other things than those that papermill can pass.
        """
        value = self.value()
        if not self.kind:
            kind = type(value) if value is not None else Any
            return float | int if kind is float else kind
        try:
            # Names of TYPES alone, from the notebook whose code runs in this process anyway.
            kind = eval(self.kind, {"__builtins__": {}}, TYPES)
            fits = pydantic.TypeAdapter(kind, config={"strict": True})
        except Exception:
            raise ParameterError(
                f"the type of {self.name} must be str, int, float, bool, list or such as "
                f"list[str]; got '{self.kind}'"
            ) from None
        try:
            fits.validate_python(value)
        except pydantic.ValidationError:
            if value is None or isinstance(value, str):
                return Union[Literal[value], kind]  # noqa: UP007, a value makes the type
            raise ParameterError(
                f"the default of {self.name} must be of its type, {self.kind}; got {value!r}"
            ) from None
        return kind


def declarations(source: str) -> Iterator[Declaration]:
    """Return what the lines of a cell declare; what is no assignment declares nothing."""
    try:
        statements = ast.parse(source).body
    except SyntaxError:
        return
    words = _comments(source)
    for statement in statements:
        target: ast.expr | None = None
        kind = ""
        if isinstance(statement, ast.AnnAssign):
            target, kind = statement.target, ast.unparse(statement.annotation)
        elif isinstance(statement, ast.Assign):
            target = statement.targets[0]
        if isinstance(target, ast.Name) and getattr(statement, "value", None) is not None:
            said = words.get(statement.end_lineno or 0, "")
            yield Declaration(target.id, statement.value, kind, said)  # type: ignore[attr-defined]


def _comments(source: str) -> dict[int, str]:
    """Return the comment of each line that has one."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return {
        token.start[0]: token.string.lstrip("# ").strip()
        for token in tokens
        if token.type == tokenize.COMMENT
    }


def declared_parameters(namespace: Mapping[str, Any]) -> type[NotebookParameters]:
    """Return the class of the parameters that a running notebook declares in its cell.

    Parameters
    ----------
    namespace
        ``globals()`` of the notebook; ``In`` has the cells that ran.

    Raises
    ------
    ParameterError
        If a default is no literal, an annotation no type, or papermill gave a parameter that the
        cell does not have.

    Notes
    -----
    The kernel does not know the tag of the cell. It is the first cell of nothing but
    declarations; run again after a change, the last one that declares mostly the same names, or
    that ran directly before the cell that asks.
    """
    sources = [str(source) for source in namespace.get("In", [])]
    found = declared_cell(sources[:-1])
    fields: dict[str, Any] = {
        each.name: (each.type(), pydantic.Field(each.value(), description=each.words or None))
        for each in found
    }
    made = pydantic.create_model("Declared", __base__=NotebookParameters, **fields)
    _refuse_unknown(_injected(sources), fields)
    return made


def declared_cell(sources: Sequence[str]) -> list[Declaration]:
    """Return the declarations of the parameters cell among the cells that ran, oldest first."""
    ran = [source for source in sources if source.strip() and not _is_injected(source)]
    cells = [_only_declarations(source, first=not place) for place, source in enumerate(ran)]
    if cells and cells[-1]:
        return cells[-1]
    found: list[Declaration] = []
    for cell in cells:
        names, known = ({each.name for each in part} for part in (cell, found))
        if cell and (not found or len(names & known) > ALIKE * len(names | known)):
            found = cell
    return found


def _only_declarations(source: str, *, first: bool) -> list[Declaration]:
    """Return the declarations of a cell that sets nothing else; nothing of any other cell.

    The first cell of a notebook may declare without annotations, as papermill lets it.
    """
    found = list(declarations(source))
    try:
        statements = ast.parse(source).body
    except SyntaxError:
        return []
    others = [each for each in statements if not isinstance(each, ast.Assign | ast.AnnAssign)]
    plain = all(isinstance(each, BESIDE) for each in others)
    if len(statements) - len(others) != len(found) or not plain:
        return []
    return found if all(each.kind for each in found) or (first and not others) else []


def _is_injected(source: str) -> bool:
    return source.lstrip().partition("\n")[0].strip() == INJECTED


def _injected(sources: Sequence[str]) -> list[str]:
    """Return the names of the parameters that papermill gave."""
    cells = [source for source in sources if _is_injected(source)]
    return [each.name for source in cells[-1:] for each in declarations(source)]


def _refuse_unknown(given: Sequence[str], known: Mapping[str, Any]) -> None:
    for name in given:
        if name not in known:
            hint = suggestion(name, known) or (
                f"; they are {', '.join(known)}" if known else ", which declares none"
            )
            raise ParameterError(f"'{name}' is not a parameter of this notebook{hint}")
