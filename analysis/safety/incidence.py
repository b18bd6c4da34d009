"""Counts of participants as result rows, with the differences between arms.

Every table of adverse events is made here from counts of `SafetyPopulation.count`, so that
denominators, methods and order are the same in all of them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.numbers import p_value
from analysis.results import Results, Stat, combine, from_frame, present
from analysis.safety.population import SafetyPopulation, safety_population
from analysis.safety.settings import SafetyRun
from analysis.stats.fisher import fisher_p_values
from analysis.stats.proportion_differences import risk_difference
from analysis.stats.proportions import estimate_proportion

ANY = "Any event"
"""Level of a row that counts whoever had at least one."""
ALL_CLASSES = "All system organ classes"
"""Heading of the row that counts the events of every organ class."""
POINTS = "percentage points"


COUNTS = {
    "n": Stat("n", "Participants", 0),
    "N": Stat("N", "In the arm", 0),
    "p": Stat("p", "Per cent", 1, "%"),
    "low": Stat("conf.low", "Lower limit", 1, "%"),
    "high": Stat("conf.high", "Upper limit", 1, "%"),
    "events": Stat("events", "Events", 0),
    "reason": Stat("reason", "Not given, because"),
}
DIFFERENCES = {
    "estimate": Stat("estimate", "Risk difference", 1, POINTS),
    "low": Stat("conf.low", "Lower limit", 1, POINTS),
    "high": Stat("conf.high", "Upper limit", 1, POINTS),
    "p": Stat("p.value", "Fisher's exact p", 4, form=p_value),
    "reason": Stat("reason", "Not estimable, because"),
}

Whole = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.float64]


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
    """Put counts into the order of given levels, with zeros where nothing was counted.

    Parameters
    ----------
    population
        Gives the columns and the denominators.
    counts
        Of `SafetyPopulation.count`.
    levels
        One row a level wanted, in order; its columns are those of the counts.
    """
    names, width = list(levels), len(population.columns)
    full = levels.loc[levels.index.repeat(width)].reset_index(drop=True)
    full["arm"] = np.tile(np.array(population.columns, dtype=object), len(levels))
    full["N"] = np.tile(population.sizes.to_numpy(), len(levels))
    known = counts[[*names, "arm", "n", "events"]].astype(dict.fromkeys(names, object))
    full = full.merge(known, on=[*names, "arm"], how="left", validate="one_to_one")
    full = full.fillna({"n": 0, "events": 0})
    return full.assign(p=full["n"] / full["N"].where(full["N"] > 0))


def table_of(population: SafetyPopulation, counts: pd.DataFrame, value: str = "n") -> Whole:
    """Return one number of the counts, one row a level and one column an arm (Total last)."""
    return counts[value].to_numpy(dtype=np.int64).reshape(-1, len(population.columns))


def risk_differences(
    first: Whole, n_first: int, second: Whole, n_second: int, *, level: float
) -> pd.DataFrame:
    """Compare the counts of two arms, every level at once.

    Parameters
    ----------
    first, second
        Participants with the event in the arm compared and in the reference, one a level.
    n_first, n_second
        Participants in them.
    level
        Two-sided confidence level.

    Returns
    -------
    pandas.DataFrame
        ``estimate, low, high`` in percentage points and ``p``, one row a level; ``reason`` in
        place of them where an arm is empty.

    Notes
    -----
    Miettinen–Nurminen interval with N/(N − 1); Fisher's exact test, two-sided, as in the
    published tables of the CDISC pilot. Equal tables are computed once.
    """
    if not (n_first and n_second):
        return pd.DataFrame({"reason": ["an arm has no participant"] * len(first)})
    pairs, place = np.unique(np.stack([first, second]), axis=1, return_inverse=True)
    x1, x2 = pairs
    found = risk_difference(x1, n_first, x2, n_second, method="miettinen-nurminen", level=level)
    values = {
        "estimate": 100 * found.estimate,
        "low": 100 * found.lower,
        "high": 100 * found.upper,
        "p": fisher_p_values(x1, n_first, x2, n_second),
    }
    return pd.DataFrame({name: value[place.ravel()] for name, value in values.items()})


def count_rows(run: SafetyRun, counts: pd.DataFrame) -> pd.DataFrame:
    """Return the counts as result rows; in a single-arm trial with intervals of the share."""
    rows = counts.rename(columns={"arm": "group1_level"}).assign(p=100 * counts["p"])
    rows["n_population"] = rows["N"]
    if run.reference or not len(rows):
        return rows
    known = rows["N"] > 0
    share = estimate_proportion(
        rows.loc[known, "n"],
        rows.loc[known, "N"],
        method="clopper-pearson",
        level=run.conf_level,
    )
    rows.loc[known, "low"], rows.loc[known, "high"] = 100 * share.lower, 100 * share.upper
    return rows


def difference_rows(run: SafetyRun, counts: pd.DataFrame, levels: Sequence[str]) -> pd.DataFrame:
    """Return the differences from the reference as result rows, arm by arm."""
    population = safety_population(run)
    sizes, columns = population.sizes, population.columns
    n = table_of(population, counts)
    kept = [*levels, *(["note"] if "note" in counts else [])]
    named = counts[kept].iloc[:: len(columns)].reset_index(drop=True)
    parts = []
    for arm in contrasted(run):
        found = risk_differences(
            n[:, columns.index(arm)],
            int(sizes[arm]),
            n[:, columns.index(run.reference)],
            int(sizes[run.reference]),
            level=run.conf_level,
        )
        rows = pd.concat([named, found], axis=1)
        parts.append(
            rows.assign(
                group1_level=contrast_label(run, arm),
                n_population=int(sizes[arm] + sizes[run.reference]),
            )
        )
    return pd.concat(parts, ignore_index=True) if parts else named.iloc[:0]


def incidence_results(
    run: SafetyRun,
    counts: pd.DataFrame,
    *,
    analysis_id: str,
    dataset: str = "",
    group2: str = "",
    differences: bool = True,
) -> Results:
    """Turn counts into results: arms and total, then the differences from the reference.

    Parameters
    ----------
    run
        What is analysed.
    counts
        Of `SafetyPopulation.count` or `with_zeros`, with level columns ``variable``,
        ``variable_level``, ``group2_level``; ``reason`` where a count is not given; ``note``.
    analysis_id
        Names the analysis.
    dataset
        Table the counts come from; "" for that of the adverse events.
    group2
        What ``group2_level`` is.
    differences
        Whether differences between arms are wanted.

    Returns
    -------
    Results
        ``group1`` "arm": n, N, p (per cent), events, and conf.low and conf.high of p in a
        single-arm trial. ``group1`` "contrast": estimate, conf.low, conf.high (percentage
        points) and p.value. All the rows of the arms come first.
    """
    levels = [c for c in ("group2_level", "variable", "variable_level") if c in counts]
    source = f"{run.trial.plan.id}: adsl, {dataset or run.plan.adverse_events}"
    common = {"population": run.population, "source": source}
    arms = count_rows(run, counts).assign(**common)
    parts = [
        from_frame(
            arms,
            present(COUNTS, arms),
            analysis_id=analysis_id,
            group1="arm",
            group2=group2,
            context="safety",
            method=count_method(run),
            **run.result_labels,
        )
    ]
    if differences and run.reference:
        given = counts[counts["reason"] == ""] if "reason" in counts else counts
        rows = difference_rows(run, given, levels).assign(**common)
        parts.append(
            from_frame(
                rows,
                present(DIFFERENCES, rows),
                analysis_id=analysis_id,
                group1="contrast",
                group2=group2,
                context="safety",
                method=difference_method(run),
                **run.result_labels,
            )
        )
    return combine(parts)


def count_method(run: SafetyRun) -> str:
    """Return how participants are counted, in words."""
    words = "each participant once a row, by actual treatment"
    if run.reference:
        return words
    return f"{words}; exact (Clopper–Pearson) interval, level {run.conf_level:g}"


def difference_method(run: SafetyRun) -> str:
    """Return how differences are computed, in words."""
    return (
        f"risk difference, Miettinen–Nurminen interval, level {run.conf_level:g}; Fisher's exact "
        "test, two-sided; descriptive, not adjusted for multiplicity"
    )
