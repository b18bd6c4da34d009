"""Subgroups of participants by a variable of ADSL: which there are, and who is in which."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.brief import brief
from analysis.errors import UserError, suggestion
from analysis.exact import median
from analysis.sources.trial.columns import as_text, each_once
from analysis.sources.trial.trial import Trial
from analysis.sources.trial.variable_words import UNIT, USUAL, label_of, level_words
from analysis.thresholds import above, at_most

UNKNOWN = "Not recorded"
"""The subgroup of those in whom the variable is missing."""


@brief
@dataclass(frozen=True, slots=True, eq=False)
class Subgroups:
    """The subgroups of some participants.

    Parameters
    ----------
    label
        The variable in words.
    of_each
        The subgroup of each participant, in the order of those asked for.
    order
        The subgroups that somebody is in, as they are shown; `UNKNOWN` last.
    """

    label: str
    of_each: pd.Series
    order: tuple[str, ...]


def subgroups_of(trial: Trial, subjects: pd.DataFrame, name: str) -> Subgroups:
    """Return the subgroups of participants by a variable of ADSL.

    Parameters
    ----------
    trial
        Its plan says which categories there are, in which order.
    subjects
        Those asked for, with their variables of ADSL.
    name
        The variable. Numbers are split at the median of these participants, unless the plan uses
        them as categories.

    Raises
    ------
    UserError
        If ADSL has no such variable, or fewer than two subgroups are known.
    """
    if name not in subjects:
        hint = suggestion(name, list(subjects))
        raise UserError(f"adsl has no variable {name}{hint}")
    values, label = subjects[name], label_of(name, [trial.tables["adsl"]])
    if pd.api.types.is_numeric_dtype(values) and name not in trial.plan.categories:
        found = at_the_median(values, values)
        unit = trial.plan.units.get(name) or USUAL.get(name, ("", ""))[1]
        label = f"{label} ({unit})" if unit and not UNIT.search(label) else label
        order = tuple(sorted(set(found.unique()) - {""}, reverse=True))  # ≤ comes before >.
    else:
        found = each_once(as_text(values), str.strip)
        order = order_of(found, trial.plan.levels.get(name, ()), subjects.get(f"{name}N"))
        order = tuple(level_words(name, each) for each in order)
        found = each_once(found, lambda each: level_words(name, each))
    if len(order) < 2:
        what = f"the same in every participant ({order[0]})" if order else "empty"
        raise UserError(f"{label} is {what}, so that there are no subgroups")
    missing = (found == "").any()
    return Subgroups(label, found.replace("", UNKNOWN), (*order, *([UNKNOWN] if missing else [])))


def at_the_median(values: pd.Series, of_participants: pd.Series) -> pd.Series:
    """Return on which side of the median of all participants each value is; "" for a missing one.

    Examples
    --------
    >>> ages = pd.Series([7.5, 9.0, 11.0, None])
    >>> at_the_median(ages, ages).tolist()
    ['≤ 9', '≤ 9', '> 9', '']
    """
    known = of_participants.dropna()
    if known.empty:
        return pd.Series("", index=values.index)
    middle = median(known)
    sides = [at_most(values, middle), above(values, middle)]
    return pd.Series(np.select(sides, [f"≤ {middle:g}", f"> {middle:g}"], ""), index=values.index)


def order_of(
    text: pd.Series, levels: tuple[str, ...], numbers: pd.Series | None
) -> tuple[str, ...]:
    """Return the categories seen: as the plan lists them, by their numbers (…N), or by name.

    Examples
    --------
    >>> ages = pd.Series(["<65", "65-80", ">80"])
    >>> order_of(ages, (), pd.Series([1.0, 2.0, 3.0])), order_of(ages, (">80",), None)
    (('<65', '65-80', '>80'), ('>80', '65-80', '<65'))
    """
    seen = sorted(set(text.unique()) - {""})
    if numbers is not None and pd.api.types.is_numeric_dtype(numbers):
        rank = numbers.groupby(text).min()
        seen.sort(key=lambda level: rank.get(level, np.inf))
    return tuple(
        sorted(seen, key=lambda each: levels.index(each) if each in levels else len(levels))
    )
