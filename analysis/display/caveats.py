"""A caveat that many rows repeat is said once, under the table; its cells name the note."""

from collections import Counter
from collections.abc import Collection, Sequence
from string import ascii_lowercase

STATISTICS = frozenset({"reason", "remark", "caveat", "caution", "doubt"})
"""What says why a row is as it is, rather than what it is."""
OFTEN = 3
"""Rows of a table from which on a caveat repeats."""
SHORT = 30
"""Letters up to which a caveat stays where it is: it takes no more room than the name of a note."""


def said_once(
    rows: Sequence[tuple[str, list[str], Sequence[str]]], columns: Collection[int]
) -> tuple[list[tuple[str, list[str], list[str]]], list[str]]:
    """Return the rows of a table with its repeated caveats as notes, and these notes.

    Parameters
    ----------
    rows
        Group heading, row labels and cells of every row.
    columns
        Places of the cells that hold caveats.

    Examples
    --------
    >>> why = "neither n nor a spread is in the texts read"
    >>> rows, notes = said_once([("", [arm], ["7", why]) for arm in "ABC"], {1})
    >>> rows[0], notes
    (('', ['A'], ['7', 'note a']), ['Note a: neither n nor a spread is in the texts read'])
    """
    said = Counter(cells[place] for *_, cells in rows for place in columns)
    often = [words for words, n in said.items() if n >= OFTEN and len(words) > SHORT]
    names = dict(zip(often, ascii_lowercase, strict=False))
    noted = [
        (group, labels, [
            f"note {names[cell]}" if place in columns and cell in names else cell
            for place, cell in enumerate(cells)
        ])
        for group, labels, cells in rows
    ]  # fmt: skip
    return noted, [f"Note {name}: {words}" for words, name in names.items()]
