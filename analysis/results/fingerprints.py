"""One text for what is the same: of tables, of plans, and of all that a run holds."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pydantic

PLAIN = (str, int, float, bool, date, type(None))
"""Values that are compared as they are."""


class Incomparable(TypeError):
    """A value of which nothing says when it is the same."""


def is_plain(value: Any) -> bool:
    """Say whether a value is a text, a number, nothing, or a tuple of such.

    Examples
    --------
    >>> is_plain(("SEX", 1.8)), is_plain(pd.DataFrame())
    (True, False)
    """
    if isinstance(value, tuple):
        return all(map(is_plain, value))
    return isinstance(value, PLAIN)


def fingerprint(value: Any) -> str:
    """Return a text that two values share when they are the same, in whatever process.

    Parameters
    ----------
    value
        A text, a number, a path, a table, a model of pydantic, a dataclass, or a sequence, set or
        mapping of such. Of a dataclass the fields count that count when two are compared.

    Raises
    ------
    Incomparable
        If the value is, or holds, anything else.

    Examples
    --------
    >>> one = pd.DataFrame({"arm": ["A", "B"], "y": [1.0, None]})
    >>> fingerprint(one) == fingerprint(one.copy())
    True
    >>> fingerprint(one) == fingerprint(one.assign(y=[1.0, 2.0]))
    False
    >>> fingerprint((1.8, "SEX")) == fingerprint((1.8, "AGE"))
    False
    """
    digest = hashlib.sha256()
    for part in _parts(value):
        digest.update(part)
        digest.update(b"\0")
    return digest.hexdigest()


def _parts(value: Any) -> Iterator[bytes]:
    """Return bytes that tell a value from every other."""
    yield type(value).__name__.encode()
    if isinstance(value, (*PLAIN, Path)):
        yield repr(value).encode()
    elif isinstance(value, pd.DataFrame):
        yield from _of_frame(value)
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield from _parts(key)
            yield from _parts(each)
        yield b"end"
    elif isinstance(value, tuple | list):
        for each in value:
            yield from _parts(each)
        yield b"end"
    elif isinstance(value, frozenset | set):
        yield from sorted(fingerprint(each).encode() for each in value)
        yield b"end"
    elif isinstance(value, pydantic.BaseModel):
        yield from _parts({name: getattr(value, name) for name in type(value).model_fields})
    elif is_dataclass(value) and not isinstance(value, type):
        compared = [each.name for each in fields(value) if each.compare]
        yield from _parts({name: getattr(value, name) for name in compared})
    else:
        raise Incomparable(type(value).__name__)


def _of_frame(frame: pd.DataFrame) -> Iterator[bytes]:
    yield pd.util.hash_pandas_object(frame.index, categorize=False).to_numpy().tobytes()
    for name, column in frame.items():
        categorical = isinstance(column.dtype, pd.CategoricalDtype)
        levels = list(column.cat.categories) if categorical else ""
        yield repr((name, str(column.dtype), levels, len(column))).encode()
        try:
            hashes = pd.util.hash_pandas_object(column, index=False, categorize=False)
        except (TypeError, ValueError) as error:  # A cell that is a list, for example.
            raise Incomparable(str(error)) from None
        yield hashes.to_numpy().tobytes()
    yield repr(frame.attrs).encode()
