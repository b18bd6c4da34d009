"""How a drafted plan is written: quoted values, lists, and comments that wrap."""

import json
import re
import textwrap
from collections.abc import Iterable, Mapping

WIDTH = 98
PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
WORDS = frozenset("y n yes no on off true false null".split())
"""What YAML reads as something else than text."""


def quoted(value: str) -> str:
    r"""Quote a text for YAML; JSON strings are YAML strings.

    Examples
    --------
    >>> print(quoted('Week "0"'))
    "Week \"0\""
    """
    return json.dumps(value, ensure_ascii=not value.isprintable())


def listed(values: Iterable[str]) -> str:
    """Write texts as a list on one line.

    Examples
    --------
    >>> listed(["a", "b"])
    '["a", "b"]'
    """
    return f"[{', '.join(map(quoted, values))}]"


def mapped(values: Mapping[str, str]) -> str:
    """Write names with texts as a mapping on one line; a name is quoted where YAML needs it.

    Examples
    --------
    >>> mapped({"ATPT": "Standing", "NO": "ppb"})
    '{ATPT: "Standing", "NO": "ppb"}'
    """
    pairs = (f"{named(name)}: {quoted(value)}" for name, value in values.items())
    return f"{{{', '.join(pairs)}}}"


def named(name: str) -> str:
    """Write the name of a field; YAML reads NO as false, so such a word is quoted."""
    return name if PLAIN.fullmatch(name) and name.lower() not in WORDS else quoted(name)


def comment(words: str, *, indent: int = 0) -> list[str]:
    """Write words as lines of comment."""
    start = f"{' ' * indent}# "
    return textwrap.wrap(
        plain(words), WIDTH, initial_indent=start, subsequent_indent=start,
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip


def plain(words: str) -> str:
    r"""Return words on one line, without characters that a comment cannot hold.

    Examples
    --------
    >>> plain("two\nlines")
    'two lines'
    """
    return " ".join("".join(each if each.isprintable() else " " for each in words).split())


def counted(counts: Mapping[str, int], *, most: int = 12) -> str:
    """Write values with how often each was seen.

    Examples
    --------
    >>> counted({"NONE": 3, "": 1})
    'NONE 3, blank 1'
    """
    shown = [f"{value or 'blank'} {count}" for value, count in counts.items()]
    more = [f"and {len(shown) - most} other values"] if len(shown) > most else []
    return ", ".join([*shown[:most], *more])
