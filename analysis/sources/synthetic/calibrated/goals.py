"""The goals of a sample: what each published number of measurements asks of it."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
from scipy.special import stdtrit

from analysis.sources.synthetic.calibrated.columns import Columns, Key
from analysis.sources.synthetic.calibrated.groups import Groups, Rows
from analysis.sources.synthetic.calibrated.moving import Goal
from analysis.sources.synthetic.calibrated.printed import END, Number
from analysis.sources.synthetic.calibrated.statistics import (
    QUANTILES,
    Adjusted,
    Correlation,
    Difference,
    Statistic,
    Summary,
    Terms,
    quantile_of,
)

LIMITS = {"ci_low": -1.0, "ci_high": 1.0}
ANY_MODEL = ("sd", *QUANTILES)
"""Statistics that are plain ones of the values, also of values that a model predicts."""
RANKS = {"p": 10, "ci_low": 20, "ci_high": 20, "diff": 30, "se": 40, "r": 40, "sd": 60, "mean": 70}
"""What is doubted before what, where not all can hold: what is derived before what is not."""


class Model:
    """Which arms and covariate an adjusted number's model has.

    Parameters
    ----------
    columns
        The columns of the study.
    number
        A number of its model; others of the same endpoint, time and set are of the same model.
    """

    def __init__(self, columns: Columns, number: Number) -> None:
        self.of = [
            each
            for each in columns.numbers
            if is_adjusted(columns, each)
            and (each.code, each.months, each.unit, each.population)
            == (number.code, number.months, number.unit, number.population)
            and each.variant == number.variant
        ]  # fmt: skip
        names = dict.fromkeys(
            name for each in self.of for name in (each.arm, each.reference) if name
        )
        self.arms = tuple(names)
        self.rows = tuple(_rows_of_arm(columns, number, self.of, name) for name in names)
        self.key = covariate(columns, number)
        self.terms: Terms = ((columns.index(self.key), 1.0),)


def covariate(columns: Columns, number: Number) -> Key:
    """Return the covariate of an adjusted number: its endpoint before treatment, or else age."""
    code = columns.root(number.code) or number.code
    growth = columns.domain(code) in ("growth", "laboratory") and columns.root(number.code) != ""
    timed = number.months not in (END, 0.0)
    if timed and (growth or code in {each.code for each in columns.numbers if each.months == 0}):
        return Key(code, number.unit, 0.0, number.variant)
    if timed and code == "HV":
        return Key(code, number.unit, 0.0, number.variant)
    return Key("AGE", "years", 0.0)


def _rows_of_arm(columns: Columns, number: Number, of: Sequence[Number], arm: str) -> Rows:
    """Return the rows of an arm in a model: of its own summary, or of what compares it."""
    groups = columns.groups
    own = [
        each
        for each in columns.numbers
        if each.arm == arm and not each.reference and not each.counts
        and (each.code, each.months, each.population)
        == (number.code, number.months, number.population)
    ]  # fmt: skip
    if own:
        return groups.members(arm, own[0].population, own[0].n)
    for each in of:
        if each.reference and arm in (each.arm, each.reference):
            return compared(columns, each)[arm == each.reference]
    return groups.members(arm, number.population)


def compared(columns: Columns, number: Number) -> tuple[Rows, Rows]:
    """Return the rows of the two arms that a number compares, so many as its n where it can be."""
    groups = columns.groups
    sizes: dict[str, list[Rows]] = {}
    for arm in (number.arm, number.reference):
        own = [
            groups.members(arm, each.population, each.n)
            for each in columns.numbers
            if each.arm == arm and not each.reference and not each.counts
            and each.code in (number.code, columns.root(number.code))
            and each.months == number.months
        ]  # fmt: skip
        sizes[arm] = [*own, groups.members(arm, number.population)]
    pairs = [(a, b) for a in sizes[number.arm] for b in sizes[number.reference]]
    if number.n is None:
        return pairs[0]
    for a, b in pairs:
        if len(a) + len(b) == number.n:
            return a, b
    a, b = sizes[number.arm][-1], sizes[number.reference][-1]
    if len(a) + len(b) <= number.n:
        return a, b
    # The first of each arm, in proportion to their sizes.
    first = round(number.n * len(a) / (len(a) + len(b)))
    return a[:first], b[: number.n - first]


def observe(columns: Columns) -> None:
    """Note which participants have which values, by every number of measurements."""
    for number in columns.numbers:
        kind = columns.carrier(number).kind
        if kind == "correlation":
            for terms in columns.pair(number):
                columns.see(terms, columns.groups.members(number.arm, number.population, number.n))
        if kind != "measurement":
            continue
        terms = columns.terms(number)
        if number.reference:
            rows = np.concatenate(compared(columns, number))
        else:
            rows = columns.groups.members(number.arm, number.population, number.n)
        columns.see(terms, rows)
        if is_adjusted(columns, number):
            model = Model(columns, number)
            for each in model.rows:
                columns.see(terms, each)
                columns.see(model.terms, each)


def complete(columns: Columns) -> None:
    """Give every arm values of one endpoint on treatment, assumed where none are printed.

    A trial is analysed by an endpoint that all arms have: what most of them have, else height
    velocity at a year. Age is everybody's where none is printed.
    """
    everybody = np.arange(columns.groups.size)
    if not any(key.code == "AGE" for key in columns.keys):
        columns.see(columns.combined("AGE", "years", 0.0), everybody)
    arm_of = columns.groups.arm_of

    def arms_of(column: int) -> int:
        seen = arm_of[columns.observed[column]]
        return sum(int((seen == arm).sum() > 1) for arm in columns.groups.arms)

    later = [
        column
        for column, key in enumerate(columns.keys)
        if key.months != 0 and columns.domain(key.code) == "growth"
    ]
    best = max(later, key=arms_of, default=columns.index(Key("HV", "cm/year", 12.0)))
    if not any(arms_of(column) == len(columns.groups.arms) for column in later):
        columns.see(((best, 1.0),), everybody)


def is_adjusted(columns: Columns, number: Number) -> bool:
    """Say whether a number is of a model and not of the values themselves.

    It is where the ledger says so, and where a comparison is not that of the printed means: then
    covariates that differ by chance must lie between the two.
    """
    if number.statistic in (*ANY_MODEL, "margin") or number.counts:
        return False
    same = (number.code, number.months, number.unit, number.population, number.variant)
    own = [
        each
        for each in columns.numbers
        if (each.code, each.months, each.unit, each.population, each.variant) == same
    ]
    if number.model == "adjusted":
        # A model of one arm has nothing to adjust: its mean is that of the values.
        of_model = [each for each in own if each.model == "adjusted"]
        return len({name for each in of_model for name in (each.arm, each.reference) if name}) > 1
    if not number.reference:
        return False
    pair = (number.arm, number.reference)
    own = [each for each in own if not each.reference or (each.arm, each.reference) == pair]
    diffs = [each for each in own if each.statistic == "diff"]
    means = {each.arm: each for each in own if each.statistic == "mean" and not each.reference}
    if not diffs or not {number.arm, number.reference} <= set(means):
        return False
    first, second = means[number.arm], means[number.reference]
    gap = first.value - second.value - diffs[0].value
    return abs(gap) > sum(each.unit_of_rounding for each in (first, second, diffs[0])) / 2 + 1e-9


def goals_of(columns: Columns) -> list[Goal]:
    """Return the goals of every number of measurements; `columns` are observed."""
    found = []
    for number in columns.numbers:
        kind = columns.carrier(number).kind
        if kind not in ("measurement", "correlation") or number.statistic == "margin":
            continue
        statistic = _statistic(columns, number)
        if statistic is not None:
            found.append(_goal(number, statistic))
    return found


def rank_of(number: Number, doubted: Collection[str]) -> int:
    """Return the rank of a number: the lowest is doubted first where not all can hold.

    Parameters
    ----------
    number
        A number of the ledger.
    doubted
        Rows that a rule of the audit doubts.
    """
    rank = RANKS.get(number.statistic, 50)
    return rank - 100 * number.doubtful - 200 * (number.result_id in doubted)


def _goal(number: Number, statistic: Statistic) -> Goal:
    unit = number.unit_of_rounding
    value, low, high = number.value, number.value - unit / 2, number.value + unit / 2
    if number.statistic == "p" and not isinstance(statistic, Summary | Correlation):
        # The t that gives this p; a larger p is a smaller t.
        low, value, high = (
            float(-stdtrit(statistic.df, min(max(p, unit / 50), 0.999) / 2))
            for p in (high, value, low)
        )
        unit = max(high - low, 1e-6)
    return Goal(number.result_id, statistic, value, low, high, unit)


def _statistic(columns: Columns, number: Number) -> Statistic | None:
    groups: Groups = columns.groups
    if number.statistic == "r":
        one, other = columns.pair(number)
        return Correlation(groups.members(number.arm, number.population, number.n), one, other)
    terms, side = columns.terms(number), LIMITS.get(number.statistic, 0.0)
    if is_adjusted(columns, number):
        return _adjusted(columns, number, terms, side)
    if number.reference:
        first, second = compared(columns, number)
        by = side * quantile_of(number.level, number.interval, len(first) + len(second) - 2)
        words = {"p": "t", "se": "se"}
        return Difference(first, second, terms, words.get(number.statistic, "limit"), by)
    rows = groups.members(number.arm, number.population, number.n)
    if len(rows) < 2 and number.statistic != "mean":
        return None
    by = side * quantile_of(number.level, number.interval, len(rows) - 1)
    return Summary(rows, terms, number.statistic, by)


def _adjusted(columns: Columns, number: Number, terms: Terms, side: float) -> Adjusted:
    model = Model(columns, number)
    weights = tuple(
        float(name == number.arm) - float(name == number.reference) for name in model.arms
    )
    df = sum(map(len, model.rows)) - len(model.rows) - 1
    words = {"p": "t", "se": "se"}
    return Adjusted(
        model.rows, terms, model.terms, weights, words.get(number.statistic, "estimate"),
        side * quantile_of(number.level, number.interval, df),
    )  # fmt: skip
