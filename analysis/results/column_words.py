"""Which statistic of the vocabulary a column of an analyst's frame is, by its name."""

import re
from collections.abc import Mapping, Sequence

from analysis.errors import UserError, suggestion
from analysis.results.declarations import GENERAL, STATISTICS
from analysis.results.intervals import ATTRIBUTES

OF_WORDS = ("conclusion", "reason", "remark")
"""Columns of text that are no names of rows."""
SYNONYMS = {
    "count": "n", "size": "n", "std": "sd", "sem": "std.error", "se": "std.error",
    "25%": "p25", "50%": "median", "75%": "p75", "q1": "p25", "q3": "p75", "pvalue": "p.value",
    **{attribute: name for name, attribute in ATTRIBUTES.items()},
}  # fmt: skip
"""What pandas, and the fits of `analysis.stats`, call a statistic."""
UNSURE = {"p": "a share or a p-value"}
"""Names that mean two things."""
SURE = frozenset(
    name
    for name in GENERAL - set(UNSURE)
    if not STATISTICS[name].unit and STATISTICS[name].scale != "text"
)
"""Statistics of numbers that a name alone makes sure; an age may be in months."""


def statistic_of(
    parts: Sequence[str], *, number: bool, given: Mapping[str, str] | None = None
) -> tuple[str, str]:
    """Return the variable and the statistic of a column.

    Parameters
    ----------
    parts
        The column's name; of a column under headings, all of them.
    number
        Whether it holds numbers.
    given
        Column → statistic, where the analyst says it.

    Raises
    ------
    UserError
        If the name means two things, or the analyst names no statistic.

    Examples
    --------
    >>> statistic_of(["mean"], number=True), statistic_of(["height", "std"], number=True)
    (('', 'mean'), ('height', 'sd'))
    >>> statistic_of(["velocity"], number=True), statistic_of(["weight"], number=True)
    (('velocity', 'value'), ('weight', 'value'))
    """
    name = ", ".join(parts)
    if word := (given or {}).get(name):
        if word not in STATISTICS or (STATISTICS[word].scale == "text") == number:
            kind = "numbers" if number else "text"
            hint = suggestion(word, STATISTICS)
            raise UserError(f"'{word}' is no statistic of {kind} of the vocabulary{hint}")
        return ", ".join(parts[:-1]), word
    if number and name in UNSURE:
        raise UserError(
            f"a column '{name}' may be {UNSURE[name]}; call it p.value, or say "
            f"statistics={{'{name}': '{name}'}} for a share, a fraction that is shown as per cent"
        )
    for place in reversed(range(len(parts))):
        if word := _known(parts[place], number=number):
            return ", ".join([*parts[:place], *parts[place + 1 :]]), word
    return name, "value" if number else "text"


def _known(part: str, *, number: bool) -> str:
    if not number:
        return part if part in OF_WORDS else ""
    plain = _plain(part)
    for word in (part, SYNONYMS.get(part), SYNONYMS.get(plain), BY_PLAIN.get(plain)):
        if word and word in SURE:
            return word
    return ""


def _plain(word: str) -> str:
    return re.sub(r"[^a-z0-9%]+", "_", word.casefold()).strip("_")


# Of N and n the later, n, is what a plain n means.
BY_PLAIN = {_plain(name): name for name in STATISTICS if name in SURE}
