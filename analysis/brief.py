"""Short reprs: what a person who prints an object wants to see of it, never all of its numbers."""

import dataclasses
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, TypeVar, overload

from analysis.words import numbered

Kind = TypeVar("Kind", bound=type)

LIMIT = 1000
"""Characters of a whole repr, without a table's first rows."""

VALUE = 60
"""Characters of one value."""

ROWS = 5
"""First rows of a table that are shown."""


@overload
def brief(cls: Kind) -> Kind: ...


@overload
def brief(
    *, show: Sequence[str] = (), hide: Collection[str] = (), rows: str = "", words: str = ""
) -> Callable[[Kind], Kind]: ...


def brief(
    cls: Kind | None = None,
    *,
    show: Sequence[str] = (),
    hide: Collection[str] = (),
    rows: str = "",
    words: str = "",
) -> Kind | Callable[[Kind], Kind]:
    """Give a class a short ``repr``, as text and in a notebook as HTML.

    Stands above ``@dataclass``, on a pydantic model, or on any class with `show`. Scalars are
    written out, arrays and frames by their shape, what is nested in one line.

    Parameters
    ----------
    show : sequence of str, optional
        Attributes or properties to show, in this order; without it every public field.
    hide : collection of str, optional
        Fields that are not shown.
    rows : str, optional
        For what is a table: the attribute, or the method without arguments, that gives its frame.
        Its first rows are shown under the fields.
    words : str, optional
        The method without arguments that gives what is shown in place of the fields, label → words;
        what is empty is left out.

    Examples
    --------
    >>> @brief
    ... @dataclasses.dataclass
    ... class Fit:
    ...     response: str
    ...     slope: float
    ...     residuals: list
    >>> Fit("height", 2 / 3, list(range(5000)))
    Fit
      response   'height'
      slope      0.666667
      residuals  list of 5000
    """

    def decorate(cls: Kind) -> Kind:
        def parts(self: object) -> tuple[str, dict[str, str], Any]:
            frame = _first_rows(self, rows)
            if words:
                in_words = getattr(self, words)
                return type(self).__name__, _worded(in_words()), frame
            lines = _lines(self, show or _public_fields(type(self)), {*hide, rows})
            if frame is not None:  # what is a column of the table is not said twice
                columns = {name for name in lines if name in frame and _shape(self, name)}
                lines = {name: line for name, line in lines.items() if name not in columns}
            return type(self).__name__, lines, frame

        def as_text(self: object) -> str:
            return _as_text(*parts(self))

        def as_html(self: object) -> str:
            return _as_html(*parts(self))

        namespace: Any = cls
        namespace.__repr__ = as_text
        if "__str__" not in vars(cls):  # pydantic has one of its own
            namespace.__str__ = as_text
        namespace._repr_html_ = as_html
        return cls

    return decorate if cls is None else decorate(cls)


def one_line(value: object, width: int = VALUE) -> str:
    """Return a value in one line: scalars written out, what is large by its kind and size.

    Examples
    --------
    >>> one_line(1.23456789), one_line("W4"), one_line((4, 8)), one_line(dict.fromkeys(range(99)))
    ('1.23457', "'W4'", '(4, 8)', 'dict of 99')
    """
    shape = getattr(value, "shape", None)
    if isinstance(shape, tuple) and shape:
        return _sized(value, shape)
    if hasattr(value, "item") and callable(value.item):  # a scalar of numpy
        value = value.item()
    if isinstance(value, float):
        return f"{value:.6g}"
    if value is None or isinstance(value, bool | int | str):
        return _cut(repr(value), width)
    if isinstance(value, type) or callable(value):
        return str(getattr(value, "__name__", type(value).__name__))
    if isinstance(value, Mapping):
        parts = (f"{one_line(key)}: {one_line(part)}" for key, part in value.items())
        return _gathered(value, parts, "{}", width)
    if isinstance(value, tuple | list | set | frozenset):
        ends = "()" if isinstance(value, tuple) else "[]" if isinstance(value, list) else "{}"
        return _gathered(value, map(one_line, value), ends, width)
    if _public_fields(type(value)):
        inner = _lines(value, _public_fields(type(value)), (), nested=True)
        return _cut(f"{type(value).__name__}({', '.join(inner.values())}", width - 1) + ")"
    return _cut(" ".join(str(value).split()), width)


def _public_fields(cls: type) -> list[str]:
    """Return the names of a dataclass's, a named tuple's or a pydantic model's shown fields."""
    if dataclasses.is_dataclass(cls):
        names = [field.name for field in dataclasses.fields(cls) if field.repr]
    else:
        names = list(getattr(cls, "model_fields", ()) or getattr(cls, "_fields", ()))
    return [name for name in names if not name.startswith("_")]


def _lines(
    value: object, names: Sequence[str], hidden: Collection[str], *, nested: bool = False
) -> dict[str, str]:
    """Return the values of the fields, each in one line; nested ones only by their scalars."""
    found: dict[str, str] = {}
    for name in names:
        if name in hidden:
            continue
        part = getattr(value, name, None)
        if not nested:
            found[name] = one_line(part)
        elif part is not None and isinstance(part, bool | int | float | str):
            found[name] = f"{name}={one_line(part, VALUE // 2)}"
    return found


def _worded(words: Mapping[str, object]) -> dict[str, str]:
    """Return what a class says of itself, each in one line, without what is empty."""
    said = {label: " ".join(str(each).split()) for label, each in words.items()}
    return {label: _cut(each, 2 * VALUE) for label, each in said.items() if each}


def _shape(value: object, name: str) -> tuple[int, ...]:
    """Return the shape of a field, empty where it has none."""
    shape: tuple[int, ...] = getattr(getattr(value, name, None), "shape", ())
    return shape


def _sized(value: object, shape: tuple[int, ...]) -> str:
    """Return an array, a frame or a series by its kind and shape; a short array by its values."""
    kind = {"ndarray": "array", "DataFrame": "frame"}.get(
        type(value).__name__, type(value).__name__.lower()
    )
    if kind == "array" and len(shape) == 1 and shape[0] <= 4 and hasattr(value, "tolist"):
        return one_line(value.tolist())
    return f"{kind}, {' × '.join(map(str, shape))}"


def _gathered(value: Any, parts: Any, ends: str, width: int) -> str:
    """Return what holds other values: written out where that is short, else by its length."""
    kind = f"{type(value).__name__} of {len(value)}"
    if len(value) > width // 2:
        return kind
    text = ends[0] + ", ".join(parts) + ends[1]
    return text if len(text) <= width and "\n" not in text else kind


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"


def _first_rows(value: object, rows: str) -> Any:
    """Return the frame of what is a table, or None."""
    if not rows:
        return None
    frame = getattr(value, rows)
    return frame() if callable(frame) else frame


def _within(lines: Mapping[str, str]) -> dict[str, str]:
    """Return the lines that fit the limit, and how many more there are."""
    kept: dict[str, str] = {}
    width = max(map(len, lines), default=0) + 5
    room = LIMIT - 60
    for name, text in lines.items():
        room -= width + len(text)
        if room < 0:
            return kept | {"…": f"and {len(lines) - len(kept)} more"}
        kept[name] = text
    return kept


def _as_text(title: str, lines: Mapping[str, str], frame: Any) -> str:
    """Return the title, one line a field, and the first rows of a table."""
    kept = _within(lines)
    width = max(map(len, kept), default=0)
    text = "\n".join([title, *(f"  {name:<{width}}  {line}" for name, line in kept.items())])
    if frame is None:
        return text
    shown = frame.head(ROWS).to_string(max_cols=8, max_colwidth=24)
    return f"{text}\n{_size(frame)}:\n{shown}"


def _as_html(title: str, lines: Mapping[str, str], frame: Any) -> str:
    """Return the same as tables in the notebook's own style."""
    import pandas as pd  # only a notebook asks for HTML

    kept = _within(lines)
    table = pd.DataFrame({title: kept.values()}, index=list(kept), dtype=object)
    with pd.option_context("display.max_colwidth", None):
        text = table.to_html(border=0)
    if frame is None:
        return text
    with pd.option_context("display.max_colwidth", 30):
        shown = frame.head(ROWS).to_html(border=0, max_cols=20)
    return f"{text}\n<p>{_size(frame)}:</p>\n{shown}"


def _size(frame: Any) -> str:
    """Return how large a table is, and how much of it follows."""
    rows, columns = frame.shape
    first = f", the first {ROWS}" if rows > ROWS else ""
    return f"{numbered(rows, 'row')} × {numbered(columns, 'column')}{first}"
