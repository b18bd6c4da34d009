"""Counts of participants as result rows, with the differences between arms.

Every table of adverse events (`incidence_results`) and of laboratory findings (`count_results`) is
made here, so that denominators, methods and order are the same in all of them.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.display.arm_table import CONTRAST
from analysis.errors import UserError
from analysis.numbers import level
from analysis.results import COUNTED, PROPORTION, ROW_KEY, Results
from analysis.results.counted import nobody_where_none
from analysis.results.intervals import DISAGREES, disagreements
from analysis.results.withheld import RESTS
from analysis.safety.population import SafetyPopulation, safety_population, with_share
from analysis.safety.settings import SafetyRun
from analysis.stats.fisher import fisher_p_values
from analysis.stats.proportion_differences import risk_difference
from analysis.stats.proportions import estimate_proportion

NOBODY = "an arm has no participant"


def contrasted(run: SafetyRun) -> tuple[str, ...]:
    """Return the arms that are compared with the reference, the treatment under test first."""
    if not run.reference:
        return ()
    others = [arm for arm in run.arms if arm not in (run.reference, run.treatment)]
    return (run.treatment, *others)


def contrast_label(run: SafetyRun, arm: str) -> str:
    """Return how a difference from the reference is written."""
    return f"{arm} − {run.reference}"


def with_zeros(
    population: SafetyPopulation, counts: pd.DataFrame, levels: pd.DataFrame
) -> pd.DataFrame:
    """Put counts of a population into the order of given levels, with zeros where nothing was.

    The columns of `levels`, one row a level wanted, are those of the counts.
    """
    names = list(levels)
    known = counts[[*names, "arm", "n", "events", COUNTED]].astype(dict.fromkeys(names, object))
    full = population.each(levels).merge(
        known, on=[*names, "arm"], how="left", validate="one_to_one"
    )
    return with_share(nobody_where_none(full, "n", "events"))


def findings(
    run: SafetyRun,
    found: pd.DataFrame,
    looked_at: pd.DataFrame,
    levels: pd.DataFrame,
    within: Sequence[str],
) -> pd.DataFrame:
    """Count participants with a finding among those looked at.

    Parameters
    ----------
    run
        Who is counted.
    found
        Records of the finding: ``USUBJID`` and the columns of `levels`.
    looked_at
        Records that could have shown it: ``USUBJID`` and `within`.
    levels
        The combinations wanted, one row each, in order.
    within
        The columns of `levels` that the denominators go by; none: all participants looked at.

    Returns
    -------
    pandas.DataFrame
        The columns of `levels`, ``arm``, ``n``, ``N`` (participants looked at), what both count,
        and ``p``: a row for each of `levels` and each arm, with 0 where nothing was found.
    """
    by, population = list(levels), safety_population(run)
    n = population.count(found, by)[[*by, "arm", "n", COUNTED]]
    size = population.count(looked_at, within)[[*within, "arm", "n", COUNTED]]
    size = size.rename(columns={"n": "N", COUNTED: f"{COUNTED}:N"})
    table = levels.merge(pd.DataFrame({"arm": list(population.columns)}), how="cross")
    table = table.merge(n, on=[*by, "arm"], how="left", validate="one_to_one")
    table = table.merge(size, on=[*within, "arm"], how="left", validate="many_to_one")
    return with_share(nobody_where_none(table, "n", "N").astype({"n": int, "N": int}))


def arm_rows(run: SafetyRun, counts: pd.DataFrame, *, intervals: bool) -> pd.DataFrame:
    """Return counts as rows of results; with exact intervals of the share where asked for."""
    rows = counts.rename(columns={"arm": "group1_level"}).assign(n_population=counts["N"])
    known = (rows["N"] > 0) & (rows["n"].notna() if "n" in rows else False)
    if not (intervals and known.any()):
        return rows
    share = estimate_proportion(
        rows.loc[known, "n"], rows.loc[known, "N"], method="clopper-pearson", level=run.conf_level
    )
    rows.loc[known, "conf.low"], rows.loc[known, "conf.high"] = share.lower, share.upper
    return rows


def risk_differences(
    first: pd.DataFrame, second: pd.DataFrame, *, conf_level: float, test: bool
) -> pd.DataFrame:
    """Compare ``n`` of ``N`` of two arms, the reference second, every level at once.

    Returns
    -------
    pandas.DataFrame
        ``estimate, conf.low, conf.high`` and ``p.value``, one row a level, with ``p.disagrees``
        where p and interval disagree; ``reason`` in place of them where an arm is empty.

    Notes
    -----
    Miettinen–Nurminen interval with N/(N − 1); Fisher's exact test, two-sided, as in the
    published tables of the CDISC pilot. Equal tables are computed once.
    """
    given = np.stack([part[name].to_numpy(np.int64) for part in (first, second) for name in "nN"])
    known = (given[1] > 0) & (given[3] > 0)
    found = pd.DataFrame({"reason": np.where(known, "", NOBODY)})
    found[["estimate", "conf.low", "conf.high"]] = np.nan
    if not known.any():
        return found
    tables, place = np.unique(given[:, known], axis=1, return_inverse=True)
    limits = risk_difference(*tables, method="miettinen-nurminen", level=conf_level)
    values: dict[str, npt.NDArray[Any]]
    values = {"estimate": limits.estimate, "conf.low": limits.lower, "conf.high": limits.upper}
    if test:
        p = values["p.value"] = fisher_p_values(*tables)
        values[DISAGREES] = disagreements(limits.lower, limits.upper, p, level=conf_level)
    for name, value in values.items():
        found.loc[known, name] = value[place.ravel()]
    return found


def difference_rows(run: SafetyRun, counts: pd.DataFrame, *, test: bool) -> pd.DataFrame:
    """Return the differences from the reference as rows of results, with p-values or without.

    Every arm of the counts has the same levels in the same order.
    """
    by_arm = {arm: rows.reset_index(drop=True) for arm, rows in counts.groupby("arm", sort=False)}
    sizes = safety_population(run).sizes
    described = [name for name in (*ROW_KEY, "note") if name in counts]
    parts = []
    for arm in contrasted(run):
        own, reference = (by_arm.get(each, counts.iloc[:0]) for each in (arm, run.reference))
        found = risk_differences(own, reference, conf_level=run.conf_level, test=test)
        named = own[described].assign(
            group1_level=contrast_label(run, arm), n_population=own["N"] + reference["N"]
        )
        if len(found) == len(own):
            sides = [zip(part["n"], part["N"], strict=True) for part in (own, reference)]
            # And how many of each arm were looked at, which a share of few levels tells.
            every = [
                [(n, size) for n in part["N"]]
                for size, part in ((sizes[arm], own), (sizes[run.reference], reference))
            ]
            named[RESTS] = [*zip(*sides, *every, strict=True)]
        parts.append(pd.concat([named, found], axis=1))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def incidence_results(
    run: SafetyRun,
    counts: pd.DataFrame,
    analysis_id: str,
    *,
    group2: str = "",
    differences: bool = True,
    test: bool = True,
) -> Results:
    """Turn counts of adverse events into results: arms and total, then the differences.

    Parameters
    ----------
    run
        What is analysed.
    counts
        Of `SafetyPopulation.count` or `with_zeros`, with level columns ``variable``,
        ``variable_level``, ``group2_level``; ``reason`` where a count is not given; ``note``.
    analysis_id, group2
        See `analysis.results.rows_of`.
    differences
        Whether differences between arms are wanted.
    test
        Whether they have a p-value.

    Returns
    -------
    Results
        ``group1`` "arm": n, N, p, events, and conf.low and conf.high of p in a single-arm
        trial. ``group1`` "contrast": estimate, conf.low, conf.high and p.value. All the rows of
        the arms come first.
    """
    options = {"group2": group2, "unit": PROPORTION, "dataset": run.events_source}
    rows = arm_rows(run, counts, intervals=not run.reference)
    arms = run.results(rows, analysis_id, group1="arm", method=count_method(run), **options)
    if not (differences and run.reference):
        return arms
    given = counts[counts["reason"] == ""] if "reason" in counts else counts
    rows, method = difference_rows(run, given, test=test), difference_method(run, test=test)
    return arms + run.results(rows, analysis_id, group1=CONTRAST, method=method, **options)


def count_results(
    run: SafetyRun,
    counts: pd.DataFrame,
    analysis_id: str,
    *,
    rule: str,
    group2: str = "",
    compared: bool = True,
) -> Results:
    """Return counts of `findings` as results, with differences or exact intervals.

    Parameters
    ----------
    run
        What is analysed.
    counts
        One to three columns of levels before ``arm``, which become variable, variable level and
        the level of `group2`; ``n``, ``N`` and ``p``.
    analysis_id, group2
        See `analysis.results.rows_of`.
    rule
        What was counted, in words.
    compared
        Whether arms are compared (in a single-arm trial: exact intervals are given).

    Notes
    -----
    Differences: score limits of Miettinen and Nurminen; none where nobody of an arm was looked
    at. Other than in the tables of adverse events, who was looked at differs between levels.
    """
    if counts.empty:
        raise UserError("no participant has anything to count here")
    by = list(counts)[: list(counts).index("arm")]
    names = dict(zip(by, ("variable", "variable_level", "group2_level"), strict=False))
    options = {"group2": group2, "unit": PROPORTION, "dataset": run.laboratory_source}
    rests = f"level {level(run.conf_level)}, descriptive, not adjusted for multiplicity"
    single = compared and not run.reference
    counts = counts.rename(columns=names)
    rows = arm_rows(run, counts, intervals=single)
    rows = rows if compared else rows.drop(columns="N")
    method = f"{rule}; exact (Clopper–Pearson) intervals, {rests}" if single else rule
    shown = run.results(rows, analysis_id, group1="arm", method=method, **options)
    if not compared or single:
        return shown
    rows = difference_rows(run, counts, test=False)
    method = f"{rule}; risk difference, Miettinen–Nurminen interval, {rests}"
    rows = rows[rows["reason"] == ""]
    return shown + run.results(rows, analysis_id, group1=CONTRAST, method=method, **options)


def count_method(run: SafetyRun) -> str:
    """Return how participants are counted, in words."""
    words = "each participant once a row, by actual treatment"
    if without := safety_population(run).unassigned:
        words = f"{words}; {without} of the population in no arm by it, and not counted"
    if run.reference:
        return words
    return f"{words}; exact (Clopper–Pearson) interval, level {level(run.conf_level)}"


def difference_method(run: SafetyRun, *, test: bool = True) -> str:
    """Return how differences are computed, in words."""
    interval = f"risk difference, Miettinen–Nurminen interval, level {level(run.conf_level)}"
    tested = "Fisher's exact test, two-sided; " if test else ""
    return f"{interval}; {tested}descriptive, not adjusted for multiplicity"


def excludes_zero(rows: pd.DataFrame) -> pd.Series:
    """Say of each difference whether its interval excludes 0."""
    return (rows["conf.low"] > 0) | (rows["conf.high"] < 0)
