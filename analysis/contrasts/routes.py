"""From what a paper prints to a difference: the routes, best first, each under its name.

References
----------
Higgins JPT, Li T, Deeks JJ (editors). Cochrane Handbook for Systematic Reviews of
Interventions, sections 6.3.1, 6.5.2.2 and 6.5.2.3.
"""

import math
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analysis.errors import UserError
from analysis.numbers import level as level_words
from analysis.stats import dispersion
from analysis.stats.differences import (
    Difference,
    difference_from_estimate,
    difference_from_interval,
    difference_of_means,
)
from analysis.words import in_sentence, listed

Pair = Any
"""A row of `analysis.contrasts.pairs.randomised_pairs`, as ``itertuples`` gives it."""


@dataclass(frozen=True, slots=True)
class Route:
    """A difference and the route by which the paper's numbers gave it.

    Parameters
    ----------
    name
        The route in words.
    rank
        Its place among all routes, 0 for the best.
    difference
        What it gave.
    """

    name: str
    rank: int
    difference: Difference


def routes(pair: Pair, *, level: float) -> list[Route]:
    """Return the difference by every route that the printed numbers allow, the best first.

    Parameters
    ----------
    pair
        A randomised pair with its printed numbers.
    level
        Two-sided confidence level wanted, a fraction.

    Returns
    -------
    list of Route
        In the order: reported interval, one reported limit, standard errors of the means,
        means and SDs, p-value; empty where none is possible.

    Notes
    -----
    A reported interval comes first because it alone carries the paper's model: standard errors
    of adjusted means leave out their covariance, and a rounded p-value is coarse. Student's t
    with n − 2 degrees of freedom, the normal distribution where n is not printed; means with
    SDs by Welch's method. A route whose numbers contradict themselves is passed over.
    """
    found = []
    for rank, route in enumerate((_interval, _limit, _standard_errors, _means, _p_value)):
        try:
            name, difference = route(pair, level)
        except UserError:
            continue
        if difference is not None and difference.estimate is not None:
            found.append(Route(name, rank, difference))
    return found


RAW, RAW_RANK = "means, SDs and n", 3
"""Name and place of the route that compares the observed means as they stand."""
Attempted = tuple[str, Difference | None]


def _known(*values: float) -> bool:
    return not any(pd.isna(value) for value in values)


def _df(pair: Pair) -> float:
    return pair.n_total - 2 if _known(pair.n_total) else math.inf


def _centre(pair: Pair) -> float:
    """Return the printed difference, else that of the adjusted means, else of the means."""
    if _known(pair.diff):
        return float(pair.diff)
    adjusted = pair.ls_mean - pair.ls_mean_reference
    return float(adjusted if _known(adjusted) else pair.mean - pair.mean_reference)


ADJUSTED = "adjusted"
"""Begins the name of a route whose difference a model adjusted."""


def _kind(pair: Pair) -> str:
    return f"{ADJUSTED} difference" if pair.model == "adjusted" else "difference"


def _interval(pair: Pair, level: float) -> Attempted:
    if not _known(pair.ci_low, pair.ci_high):
        return "", None
    return f"{_kind(pair)} and its {level_words(pair.level)} interval", difference_from_interval(
        _centre(pair), pair.ci_low, pair.ci_high,
        reported_level=pair.level, df=_df(pair), level=level,
    )  # fmt: skip


def _limit(pair: Pair, level: float) -> Attempted:
    limits = [limit for limit in (pair.ci_low, pair.ci_high) if _known(limit)]
    centre = _centre(pair)
    if len(limits) != 1 or not _known(centre):
        return "", None
    df = _df(pair)
    se = float(dispersion.se_from_interval(abs(centre - limits[0]), df, level=pair.level))
    side = "lower" if limits[0] < centre else "upper"
    return (
        f"means and the {side} {level_words(pair.level)} limit of the difference",
        difference_from_estimate(centre, se, df=df, level=level),
    )


def _standard_errors(pair: Pair, level: float) -> Attempted:
    adjusted = (pair.ls_mean, pair.ls_mean_reference, pair.ls_se, pair.ls_se_reference)
    observed = (pair.mean, pair.mean_reference, pair.se, pair.se_reference)
    numbers, kind = (adjusted, f"{ADJUSTED} means") if _known(*adjusted) else (observed, "means")
    if not _known(*numbers):
        return "", None
    mean, mean_reference, se, se_reference = numbers
    return f"{kind} and their standard errors", difference_from_estimate(
        mean - mean_reference, math.hypot(se, se_reference), df=_df(pair), level=level
    )


def _p_value(pair: Pair, level: float) -> Attempted:
    centre = _centre(pair)
    if not _known(centre, pair.p) or centre == 0 or not 0 < pair.p < 1:
        return "", None
    df = _df(pair)
    se = float(dispersion.se_from_p(centre, pair.p, df))
    return "difference and its p-value", difference_from_estimate(centre, se, df=df, level=level)


def _means(pair: Pair, level: float) -> Attempted:
    numbers = (pair.mean, pair.sd, pair.n, pair.mean_reference, pair.sd_reference, pair.n_reference)
    if not _known(*numbers):
        return "", None
    name = f"{RAW}; {pair.sizes}" if pair.sizes else RAW
    return name, difference_of_means(
        mean_test=pair.mean, sd_test=pair.sd, n_test=int(pair.n),
        mean_reference=pair.mean_reference, sd_reference=pair.sd_reference,
        n_reference=int(pair.n_reference), method="welch", level=level,
    )  # fmt: skip


def raw_difference(pair: Pair, *, level: float) -> Difference | None:
    """Return the difference of the observed means with its Welch interval, None where it cannot be.

    Parameters
    ----------
    pair
        A randomised pair with its printed numbers.
    level
        Two-sided confidence level wanted, a fraction.
    """
    try:
        return _means(pair, level)[1]
    except UserError:
        return None


def missing(pair: Pair, param: str) -> str:
    """Return what the paper would have to print, in words; for a pair without a route."""
    param = in_sentence(param)
    if not pair.result_ids:
        return f"no {param} of either arm is in the texts read"
    lacking = [
        f"the mean of {name}"
        for name, mean in ((pair.contrast.split(" − ")[0], pair.mean),
                           (pair.contrast.split(" − ")[1], pair.mean_reference))
        if not _known(mean) and not _known(pair.diff)
    ]  # fmt: skip
    spread = _known(pair.sd, pair.sd_reference) or _known(pair.se, pair.se_reference)
    if not spread and not _known(pair.p) and not _known(pair.ci_low):
        lacking.append("a standard deviation, interval or p-value")
    if not _known(pair.n, pair.n_reference) and not _known(pair.se):
        lacking.append("the n of each arm")
    if not lacking:
        return "the printed numbers contradict one another"
    return f"not in the texts read: {listed(lacking)}"
