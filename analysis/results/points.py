"""Values of single participants for a figure, as far as the plan of their trial lets them be shown.

Whatever has a row or a mark a participant passes through here.
"""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.sources.trial.plan_disclosure import Allowed

MOST_LINES = 500
"""So many participants at most have a line each in a figure: more are one dark area."""


def points_of(
    values: pd.DataFrame,
    columns: Sequence[str],
    allowed: Allowed,
    *,
    by: Sequence[str],
    places: int,
) -> pd.DataFrame:
    """Return the rows of participants as they may be shown.

    Parameters
    ----------
    values
        One row a participant: `by`, and the numbers `columns`. What else it has stays as it is
        where it is the same for all rows of a group.
    columns
        The numbers; rows are put into the order of the first, then of the others.
    allowed
        What the plan allows.
    by
        Columns within which participants are put into order, or together.
    places
        Decimals to which values are rounded, where they are not exact.

    Returns
    -------
    pandas.DataFrame
        The rows as they are, where every participant may have an exact one; rounded and in the
        order of their values; or one row for at least `Allowed.group` participants, the mean of
        their values, none where there are fewer. ``number`` counts the rows of each group from 1.

    Examples
    --------
    >>> heights = pd.DataFrame({"arm": ["new"] * 5, "cm": [101.34, 90.0, 99.0, 97.0, 94.0]})
    >>> strict = Allowed(listed=False, identifiers=False, points="grouped", minimum=2, dates=False)
    >>> points_of(heights, ["cm"], strict, by=["arm"], places=1)
       arm     cm  number
    0  new   93.7       1
    1  new  100.2       2
    """
    columns, by = list(columns), list(by)
    if allowed.points == "exact":
        return values.assign(number=_numbered(values, by))
    rows = values.sort_values([*by, *columns], kind="stable", ignore_index=True)
    if allowed.points == "grouped":
        groups = rows.groupby(by, sort=False, observed=True)
        rows = rows.assign(number=groups[by[0]].transform(lambda own: parts(len(own), allowed)))
        rows = rows[rows["number"] > 0]
        means = {name: "mean" if name in columns else "first" for name in rows if name not in by}
        means.pop("number")
        found = rows.groupby([*by, "number"], sort=False, observed=True).agg(means).reset_index()
        rows = found.reindex(columns=[*values, "number"])
    rows[columns] = rows[columns].round(places)
    return rows.assign(number=_numbered(rows, by))


def parts(size: int, allowed: Allowed) -> npt.NDArray[np.int64]:
    """Return the part, from 1, of each of `size` participants in order; 0 where they are too few.

    Parts are as equal as can be, and none is smaller than `Allowed.group`.

    Examples
    --------
    >>> strict = Allowed(listed=False, identifiers=False, points="grouped", minimum=2, dates=False)
    >>> parts(5, strict).tolist(), parts(1, strict).tolist()
    ([1, 1, 1, 2, 2], [0])
    """
    many = size // allowed.group
    return np.arange(size) * many // max(size, 1) + (many > 0)


def for_lines(allowed: Allowed, participants: int) -> Allowed:
    """Return what a figure with a line a participant may draw: above `MOST_LINES`, only several.

    Parameters
    ----------
    allowed
        What the plan allows.
    participants
        How many there are to be drawn.

    Returns
    -------
    Allowed
        The same, or groups so large that there are at most `MOST_LINES`.

    Examples
    --------
    >>> free = Allowed(listed=True, identifiers=True, points="exact", minimum=0, dates=True)
    >>> for_lines(free, 500) == free, for_lines(free, 30_000).group
    (True, 60)
    """
    if participants <= MOST_LINES:
        return allowed
    least = max(allowed.group, math.ceil(participants / MOST_LINES))
    return replace(allowed, points="grouped", minimum=least)


def too_many_words(participants: int) -> str:
    """Return why none has a line of its own, to end a caption; "" where `MOST_LINES` are enough.

    Examples
    --------
    >>> too_many_words(30_000)
    ' More than 500 are too many for a line each.'
    >>> too_many_words(500)
    ''
    """
    if participants <= MOST_LINES:
        return ""
    return f" More than {MOST_LINES} are too many for a line each."


def who_words(allowed: Allowed) -> str:
    """Return what one mark stands for, for a caption: "one participant", or how many.

    Examples
    --------
    >>> strict = Allowed(listed=False, identifiers=False, points="grouped", minimum=2, dates=False)
    >>> who_words(strict)
    'the mean of at least 2 participants'
    """
    if allowed.points == "grouped":
        return f"the mean of at least {allowed.group} participants"
    return "one participant"


def _numbered(rows: pd.DataFrame, by: list[str]) -> pd.Series:
    return rows.groupby(by, sort=False, observed=True).cumcount() + 1
