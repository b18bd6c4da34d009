"""Errors that are for people: one sentence, no traceback; a warning of the package is one."""

import difflib
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager


class UserError(Exception):
    """A mistake that the user can mend.

    The message says where, which rule, which value and what to do. In a notebook only the
    message is shown; on the command line it goes to standard error with exit status 1.
    A value that it quotes may be a whole file; a line of it stays one that can be read.

    Examples
    --------
    >>> len(str(UserError(f"the margin must be a number; got '{'x' * 70_000}'"))) < 1000
    True
    """

    def __str__(self) -> str:
        """Return the message, the middle of a line that nobody could read left out."""
        return "\n".join(map(_readable, super().__str__().split("\n")))

    def _render_traceback_(self) -> list[str]:
        """Give IPython, and so papermill, the sentence in place of a traceback."""
        return [f"{type(self).__name__}: {self}"]


LONGEST = 900
"""Characters of a line of a message."""


def _readable(line: str) -> str:
    if len(line) <= LONGEST:
        return line
    half = LONGEST // 2
    left_out = f"… ({len(line) - 2 * half:,} characters) …"
    return f"{line[:half]}{left_out}{line[-half:]}"


class NoSection(UserError):
    """What a trial does not declare has no section; a page leaves it out without a word."""


class UnknownAttribute(UserError, AttributeError):
    """An object has no attribute of that name; ``hasattr`` says so, too."""


class UnknownName(UserError, LookupError):
    """Nothing is called so among what is looked up by its name."""


def suggestion(name: str, known: Iterable[str]) -> str:
    """Return ``"; did you mean 'x'?"`` for the nearest known name, or nothing.

    Examples
    --------
    >>> suggestion("indicaton", ["indication", "margin"])
    "; did you mean 'indication'?"
    >>> suggestion("zzz", ["indication"])
    ''
    """
    near = difflib.get_close_matches(name, list(known), n=1)
    return f"; did you mean '{near[0]}'?" if near else ""


def refuse_warnings() -> None:
    """Make every warning that tells of a number nobody checked an error, from now on."""
    # Named categories: a blanket filter trips over ipykernel's own shutdown warning.
    for category in (RuntimeWarning, UserWarning, FutureWarning):
        warnings.simplefilter("error", category)


@contextmanager
def warnings_are_errors() -> Iterator[None]:
    """Refuse warnings while the package works, and leave the filters of the caller as they are.

    Examples
    --------
    >>> with warnings_are_errors():
    ...     warnings.warn("overflow", RuntimeWarning)
    Traceback (most recent call last):
    RuntimeWarning: overflow
    """
    with warnings.catch_warnings():
        refuse_warnings()
        yield
