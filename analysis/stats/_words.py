"""The words for methods: the field's names and short forms, all in one table beside the code."""

import csv
import difflib
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from analysis.errors import UserError

TABLE = Path(__file__).with_name("methods.csv")
"""One row a method: its name, the function and option that give it, its short forms, and where
it is described. `analysis.stats.methods` searches it."""


Word = TypeVar("Word", bound=str)


def meant(name: str, value: object, choices: Iterable[Word]) -> Word:
    """Return which of `choices` a word means, however it is written.

    Capitals, accents, dashes and spaces do not matter, and the short forms of the table are
    known: "KR", "Kenward–Roger" and "kenward-roger" are one.

    Raises
    ------
    UserError
        When the word is none of them; the message lists them.

    Examples
    --------
    >>> meant("method", "Miettinen–Nurminen", ["wald", "miettinen-nurminen"])
    'miettinen-nurminen'
    >>> meant("method", "DL", ["fixed", "dersimonian-laird"])
    'dersimonian-laird'
    """
    known = list(choices)
    for choice in known:
        if value == choice:
            return choice
    # A full word goes before a short form of another.
    words = {plain(short): choice for choice in known for short in short_forms(choice)}
    words |= {plain(choice): choice for choice in known}
    written = plain(value) if isinstance(value, str) else ""
    if written in words:
        return words[written]
    near = difflib.get_close_matches(written, words, n=1)
    advice = f"; did you mean '{words[near[0]]}'?" if near else "."
    raise UserError(f"{name} must be one of {', '.join(known)}, not {value!r}{advice}")


def plain(word: str) -> str:
    """Return a word without capitals, accents, dashes, spaces and brackets.

    Examples
    --------
    >>> plain("Miettinen–Nurminen"), plain("AR(1)"), plain("Rücker")
    ('miettinennurminen', 'ar1', 'rucker')
    """
    letters = unicodedata.normalize("NFKD", word.casefold())
    return "".join(letter for letter in letters if letter.isalnum())


@lru_cache
def rows() -> tuple[dict[str, str], ...]:
    """Return the rows of the table."""
    with TABLE.open(encoding="utf-8", newline="") as text:
        return tuple(csv.DictReader(text))


@lru_cache
def short_forms(value: str) -> tuple[str, ...]:
    """Return the short forms of an option's value."""
    found = (row["short"] for row in rows() if row["value"] == value)
    return tuple(word.strip() for words in found for word in words.split(";") if word.strip())
