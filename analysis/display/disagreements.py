"""Where a p-value and the interval beside it say two things of one difference, said once a table.

`analysis.results.intervals.disagreement` finds them where p and interval become results; every
table that shows both names the rows, whatever it is about.
"""

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

from analysis.results import ROW_KEY, Results
from analysis.results.intervals import DISAGREES
from analysis.words import begins_sentence

NAMED = 5
"""So many rows are named."""
TWO_METHODS = (
    "There p and interval are by two methods; near the border of significance the two need not "
    "agree."
)


def disagreements(results: Results, levels: Sequence[str], group: str = "") -> list[str]:
    """Say where a p-value and the interval beside it disagree on no difference, and why they can.

    Parameters
    ----------
    results
        With ``p.disagrees`` where they do.
    levels
        Columns of the results that name a row.
    group
        Column that names it more closely where several rows have one name, before all others are
        taken; "" for none.
    """
    if DISAGREES not in set(results.frame["stat_name"]):
        return []
    rows = results.wide().to_dict("records")
    choices = [list(levels), [*filter(None, [group]), *levels]]
    choices.append(list(dict.fromkeys([*choices[-1], *ROW_KEY])))
    often = [Counter(_name(row, choice) for row in rows) for choice in choices]
    said: dict[str, list[str]] = {}
    for row in (row for row in rows if isinstance(row[DISAGREES], str)):
        names = [_name(row, choice) for choice in choices]
        alone = (name for name, times in zip(names, often, strict=True) if times[name] == 1)
        said.setdefault(row[DISAGREES], []).append(next(alone, names[-1]))
    return [*(_sentence(words, names) for words, names in said.items()), TWO_METHODS]


def _sentence(words: str, names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return f"{begins_sentence(words)}: {'; '.join(names[:NAMED])}{more}."


def _name(row: Mapping[Hashable, Any], levels: Sequence[str]) -> str:
    return ", ".join(filter(None, (str(row[level]) for level in levels)))
