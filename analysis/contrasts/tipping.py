"""What would have to be true for a contrast that cannot be estimated.

For two arms of n and n' children with one SD s, and with a correlation r of baseline and
outcome that the model uses, the standard error of the difference is
s √((1 − r²)(1/n + 1/n')). Non-inferiority holds where difference − t · SE is above the margin,
so the largest s that allows it falls in a straight line as the comparator's mean rises.
"""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from analysis import exact
from analysis.contrasts.columns import described
from analysis.contrasts.plausible import bounds
from analysis.contrasts.settings import ContrastRun
from analysis.contrasts.within_trial import LABELS, differences
from analysis.display.rows import method_sentences
from analysis.display.tables import Column, Table
from analysis.errors import UserError
from analysis.numbers import fixed
from analysis.results import Results, section
from analysis.stats import dispersion
from analysis.thresholds import above
from analysis.words import in_sentence


def unit_error(n: ArrayLike, n_reference: ArrayLike, correlation: ArrayLike) -> NDArray[np.float64]:
    """Return the standard error of a difference for an SD of 1.

    Parameters
    ----------
    n, n_reference
        Children in each arm.
    correlation
        Of baseline and outcome, which an adjusted analysis takes out of the variance.
    """
    r = np.asarray(correlation, float)
    return np.sqrt((1 - r**2) * (1 / np.asarray(n, float) + 1 / np.asarray(n_reference, float)))


def tipping_sd(
    difference: ArrayLike, *, margin: float, n: float, n_reference: float,
    correlation: ArrayLike, level: float,
) -> NDArray[np.float64]:  # fmt: skip
    """Return the SD below which a difference is non-inferior; 0 where no SD is small enough.

    Parameters
    ----------
    difference
        Test minus reference, in the unit of the endpoint; higher is better.
    margin
        Below 0.
    n, n_reference
        Children in each arm.
    correlation
        Of baseline and outcome, 0 or more and below 1.
    level
        Two-sided confidence level.

    Examples
    --------
    >>> tip = tipping_sd(0, margin=-2, n=50, n_reference=50, correlation=0, level=0.95)
    >>> round(float(tip), 2)  # 2 / (1.984 · √(2/50))
    5.04
    """
    t = float(dispersion.t_quantile(level, n + n_reference - 2))
    room = np.maximum(np.asarray(difference, float) - margin, 0)
    return room / (t * unit_error(n, n_reference, correlation))


def tipping_difference(
    sd: ArrayLike, *, margin: float, n: float, n_reference: float, correlation: float, level: float
) -> NDArray[np.float64]:
    """Return the difference above which a trial of this size and SD is non-inferior.

    Parameters
    ----------
    sd
        SD of the endpoint in each arm.
    margin, n, n_reference, correlation, level
        As for `tipping_sd`.
    """
    t = float(dispersion.t_quantile(level, n + n_reference - 2))
    return margin + t * np.asarray(sd, float) * unit_error(n, n_reference, correlation)


def children_needed(
    difference: float, sd: float, sd_reference: float,
    *, margin: float, correlation: float, level: float,
) -> float:  # fmt: skip
    """Return the smallest n an arm, of two equal arms, at which a trial is non-inferior.

    Parameters
    ----------
    difference, sd, sd_reference
        The means and SDs that such a trial finds, test minus reference.
    margin, correlation, level
        As for `tipping_sd`.

    Returns
    -------
    float
        2 or more, with Student's t on 2n − 2 df; missing where no n is large enough.

    Examples
    --------
    >>> children_needed(0.0, 3.0, 3.0, margin=-2.0, correlation=0.0, level=0.95)
    19.0
    """
    # At the margin no number of children is enough, whatever the last bit of the difference says.
    room = difference - margin if above(difference, margin) else 0.0
    variance = (sd**2 + sd_reference**2) * (1 - correlation**2)
    if not (room > 0 and np.isfinite(variance)):
        return np.nan
    # Student's t needs more children than the normal distribution, so the search starts there.
    z = float(dispersion.t_quantile(level, np.inf))
    n = max(2, int(z**2 * variance / room**2))
    while dispersion.t_quantile(level, 2 * n - 2) * np.sqrt(variance / n) >= room:
        n += 1
    return float(n)


def open_contrasts(run: ContrastRun) -> pd.DataFrame:
    """Return the contrasts that cannot be estimated, with a margin to be judged at.

    Notes
    -----
    Rates from another time than the window's are left out: the plausible ranges are not theirs.
    So is the source document's report of two products whose contrast a trial gives.
    """
    if run.margin is None:
        raise UserError(f"no margin is declared for {in_sentence(run.param)}")
    found = differences(run)
    retold = (found["evidence"] == "note") & _answered(found)
    return found[
        found["estimate"].isna()
        & (found["reference_class"] != "untreated")
        & (found["product"] != found["reference_product"])
        & (found["audited"] == "")
        & (found["in_window"] | found["months"].isna())
        & ~retold
    ]


def _answered(found: pd.DataFrame) -> pd.Series:
    """Return for each pair whether its two products have a contrast that can be estimated."""
    known = found["estimate"].notna() & found["in_window"]
    products = found[["product", "reference_product"]].apply(lambda row: " ".join(sorted(row)), 1)
    return known.groupby(products).transform("any")


def pair_of_the_surface(run: ContrastRun) -> pd.Series:
    """Return the contrast whose surface is drawn: that asked for if it is open, else the first.

    Notes
    -----
    It has to print the n of both arms and the mean of the test arm.
    """
    found = open_contrasts(run)
    found = found[found[["n", "n_reference", "mean"]].notna().all(axis=1)]
    if found.empty:
        raise UserError("no contrast that cannot be estimated prints the n of its arms and a mean")
    asked = found["asked"] & ~_answered(differences(run))[found.index]
    return (found[asked] if asked.any() else found).iloc[0]


TIPPING = "tipping"
"""Context of results that say under which conditions a verdict would hold."""
BORROWED = "repeated table"
"""The audit's rule for values that stand in two tables of different populations."""


def borrowed_mean(run: ContrastRun, pair: pd.Series) -> str:
    """Return what the audit says where a mean of a pair may be another population's; else ""."""
    rows = run.ledger.results
    rows = rows[rows["result_id"].isin(pair["result_ids"].split("; "))]
    means = set(rows[rows["statistic"] == "mean"]["result_id"])
    said = (
        finding.sentence
        for finding in run.findings
        if finding.rule == BORROWED and means & set(finding.result_ids)
    )
    return next(said, "")


@section
def what_is_needed(run: ContrastRun) -> Results:
    """Return, for each contrast that cannot be estimated, what would make it non-inferior.

    Returns
    -------
    Results
        Per contrast, where the printed numbers allow it: ``difference`` of the printed means;
        ``needed.low`` and ``needed.high``, the difference needed at the smallest and the
        largest plausible SD (given the n); ``sd.limit``, the largest SD (given means and n);
        ``n.needed``, children an arm (given means and SDs); ``reading`` in words.

    Notes
    -----
    Empty where no contrast is open. The correlation is the lowest of the range, the cautious
    end. ``n.needed`` is for two arms of equal size. No difference is formed from a mean that
    the audit finds in a table of another population.
    """
    found = open_contrasts(run)
    if found.empty:
        return Results()
    ranges = bounds(run)
    margin, rho = run.margin_number, run.correlation[0]
    sized = found[["n", "n_reference"]].notna().all(axis=1)
    n, n_reference = found["n"].where(sized, 2), found["n_reference"].where(sized, 2)
    own = [not borrowed_mean(run, pair) for _, pair in found.iterrows()]
    means = exact.difference(found["mean"], found["mean_reference"])
    difference = pd.Series(means, index=found.index).where(own)
    critical = dispersion.t_quantile(run.conf_level, n + n_reference - 2)
    error = pd.Series(critical * unit_error(n, n_reference, rho), found.index)
    room = difference - margin
    frame = described(run, found, "n.test", "n.reference").assign(
        **{
            **run.placing,
            "difference": difference,
            "needed.low": (margin + error * ranges["sd_low"]).where(sized),
            "needed.high": (margin + error * ranges["sd_high"]).where(sized),
            "sd.limit": (np.maximum(room, 0) / error).where(sized & room.notna()),
            "n.needed": [
                children_needed(*row, margin=margin, correlation=rho, level=run.conf_level)
                for row in zip(difference, found["sd"], found["sd_reference"], strict=True)
            ],
            "method": f"{method_words(run)}, one SD for both arms, correlation {rho:g}",
        }
    )
    frame["reading"], frame["reason"] = _reading(frame, ranges), found["reason"]
    return run.results(frame, "needed", group1="contrast", group2="study", context=TIPPING)


def method_words(run: ContrastRun) -> str:
    """Return margin and level, for the method of a result."""
    return f"margin {fixed(run.margin, 2)}, {run.level_words}"


@what_is_needed.shows
def needed_table(needed: Results, run: ContrastRun) -> Table:
    """Show what would make each contrast that cannot be estimated non-inferior."""
    return Table(
        title=f"What would have to be true, {run.unit}",
        results=needed,
        labels=LABELS,
        columns=[
            Column("n", "{n.test} v {n.reference}"),
            Column("Printed", "{difference}"),
            Column("Needed", "{needed.low} to {needed.high}"),
            Column("SD limit", "{sd.limit}"),
            Column("n limit", "{n.needed}"),
            Column("So the contrast is", "{reading}", "text"),
        ],
        footnotes=[
            "Printed: difference of the printed means. Needed: the observed difference above "
            "which the contrast is non-inferior, at the smallest and the largest plausible SD. "
            "SD limit: the SD below which, and n limit: the children an arm from which the "
            "printed difference is non-inferior.",
            *method_sentences(needed),
        ],
        empty="No contrast is open here. Considered are randomised pairs of two products, the "
        "reference a treatment, whose rates belong to the time window or have no time, without "
        "those that the audit takes out; the table of every randomised pair says what became of "
        "each.",
    )


def _reading(frame: pd.DataFrame, ranges: dict[str, float]) -> np.ndarray:
    """Say in words what the numbers of each row mean for the verdict."""
    limit, n = frame["sd.limit"], frame["n.needed"]
    room = frame["difference"].notna()
    return np.select(
        [
            limit > ranges["sd_high"],
            (limit < ranges["sd_low"]) & limit.notna(),
            limit.notna(),
            n.notna(),
            frame["needed.low"].notna() & ~room,
        ],
        [
            "non-inferior at every plausible SD, if the printed means are right",
            "not shown at any plausible SD",
            "non-inferior at the smaller of the plausible SDs, not at the larger",
            "non-inferior with so many children an arm",
            "non-inferior above the difference needed; none is in the texts read",
        ],
        "open: neither n nor a spread is in the texts read",
    )
