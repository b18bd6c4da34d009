"""Rows of which no number but 0 is shown, in one line that counts them."""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import TypeVar

from analysis.numbers import NOT_AVAILABLE
from analysis.results.withheld import WITHHELD
from analysis.words import numbered

NOT_SHOWN = re.compile(rf"{WITHHELD}|[<>] \d+")
"""What stands in place of a number of few participants."""
PARTS = re.compile(rf"{NOT_SHOWN.pattern}|[^\s()\[\]]+")
"""What a cell consists of, without brackets."""
NOTHING = re.compile(rf"{NOT_SHOWN.pattern}|0(\.0+)?|{NOT_AVAILABLE}")
"""A part that tells no number but 0."""
MOST = 2
"""So many of them, one after the other, stand as they are."""
Words = TypeVar("Words", bound=str)
Line = tuple[str, list[str], list[Words]]
"""Group heading, row labels and cells of a row."""


def all_withheld(words: Sequence[str]) -> bool:
    """Say whether there are numbers, and none of them is shown."""
    return bool(words) and all(NOT_SHOWN.fullmatch(word) for word in words)


def in_one_line(rows: Iterable[Line[Words]]) -> Iterator[Line[Words]]:
    """Yield rows, those of a group that follow each other and show nothing as one line.

    Examples
    --------
    >>> silent = [("Skin", [name], ["< 5", "0 (0.0)"]) for name in ("Acne", "Rash", "Sweat")]
    >>> list(in_one_line([*silent, ("Skin", ["Itching"], ["5", "withheld"])]))
    [('Skin', ['3 rows'], ['withheld', 'withheld']), ('Skin', ['Itching'], ['5', 'withheld'])]
    """
    for (group, silent), same in groupby(rows, lambda row: (row[0], _says_nothing(row[2]))):
        own = list(same)
        if silent and len(own) > MOST:
            _, labels, cells = own[0]
            words = [numbered(len(own), "row"), *[""] * (len(labels) - 1)]
            yield group, words, [type(cell)(WITHHELD) for cell in cells]
        else:
            yield from own


def _says_nothing(cells: Sequence[str]) -> bool:
    """Say whether numbers of a row are withheld, and none but 0 is shown."""
    if not any(NOT_SHOWN.match(cell) for cell in cells):
        return False
    return all(NOTHING.fullmatch(part) for cell in cells for part in PARTS.findall(cell))
