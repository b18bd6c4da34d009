"""The published mean change of a single-arm study, for every correlation it leaves open."""

import numpy as np
import pandas as pd

from analysis.display.figures import COLOURS, Canvas, Figure
from analysis.display.panels import panels
from analysis.display.reading import Reading
from analysis.display.rows import numbers
from analysis.efficacy.settings import Settings
from analysis.efficacy.single_arm_published import reported
from analysis.errors import UserError
from analysis.numbers import fixed, level
from analysis.results import Results, section
from analysis.sources.evidence import load_ledger
from analysis.stats.differences import difference_from_estimate

CORRELATIONS = tuple(round(0.05 * step, 2) for step in range(20))
"""Correlations of baseline with follow-up that are tried: 0 to 0.95."""
EXTREME = -1.0
"""The worst correlation that arithmetic allows; the first of those tried is the worst plausible."""


def sd_of_change(
    sd_before: float, sd_after: float, correlation: np.ndarray | float
) -> np.ndarray | float:
    """Return the SD of the change from the two marginal SDs and their correlation.

    Examples
    --------
    >>> round(float(sd_of_change(3.0, 4.0, 0.0)), 9), float(sd_of_change(3.0, 4.0, 1.0))
    (5.0, 1.0)
    """
    variance = sd_before**2 + sd_after**2 - 2 * correlation * sd_before * sd_after
    return np.sqrt(np.maximum(variance, 0.0))


def _level(correlation: float) -> str:
    """Return a correlation as it names a row."""
    return fixed(correlation, 2)


@section
def by_correlation(run: Settings) -> Results:
    """Return the interval of the published mean change for every correlation tried.

    Notes
    -----
    A paper that prints mean and SD before and after, but not the SD of the change, leaves the
    correlation of the two open. The SD of the change is √(s₀² + s₁² − 2 ρ s₀ s₁), and the
    interval is that of a paired t test, n − 1 df. It is widest at the lowest correlation: 0 is
    the worst of those tried, −1 the worst that arithmetic allows.

    References
    ----------
    Cochrane Handbook for Systematic Reviews of Interventions, section 6.5.2.8.
    """
    known = reported(run, load_ledger(), run.endpoint.paramcd)
    whole = known.dropna(subset=["sd_before", "sd_after", "n_before"])
    whole = whole[whole["n_before"] == whole["n_after"]]
    if whole.empty:
        raise UserError(
            f"no report of this study prints n and the SDs of {run.endpoint.paramcd} at "
            f"baseline and at {run.endpoint.visit}"
        )
    rows = []
    for report in whole.to_dict("records"):
        n = int(report["n_before"])
        estimate = report["mean_after"] - report["mean_before"]
        printed = int(max(report["decimals_before"], report["decimals_after"]))
        for correlation in (EXTREME, *CORRELATIONS):
            sd = float(sd_of_change(report["sd_before"], report["sd_after"], correlation))
            found = difference_from_estimate(
                estimate, sd / np.sqrt(n), df=n - 1, level=run.conf_level
            )
            rows.append(
                {
                    "group1_level": f"{report['label']}, {report['arm']}",
                    "group2_level": _level(correlation),
                    "r": correlation,
                    "n": n,
                    "estimate": estimate,
                    "places:estimate": printed,
                    "sd": sd,
                    "conf.low": found.lower,
                    "conf.high": found.upper,
                    "decimals": printed,
                    "population": report["population"],
                    "n_population": n,
                    "source": f"{report['source_id']}: {report['result_ids_before']}; "
                    f"{report['result_ids_after']}",
                }
            )
    return run.results(
        pd.DataFrame(rows).assign(variable=run.endpoint.name, data_status="published"),
        "by-correlation",
        group1="report",
        group2="correlation",
        context="published",
        unit=run.endpoint.unit,
        method=f"paired t interval from marginal SDs, level {level(run.conf_level)}",
    )


@by_correlation.shows
def correlation_figure(by_correlation: Results, run: Settings) -> Figure:
    """Draw the interval of the published change against the unknown correlation."""
    frame = numbers(by_correlation, "r", "estimate", "conf.low", "conf.high")
    frame = frame[frame["r"].isin(CORRELATIONS)]
    worst = {
        report: _limits(by_correlation, report, CORRELATIONS[0])
        for report in dict.fromkeys(frame["group1_level"])
    }

    def draw(canvas: Canvas, _narrow: bool) -> None:
        drawn = panels(canvas, len(worst), stacked=True, one_scale=False)
        for axes, (report, words) in zip(drawn, worst.items(), strict=True):
            own = frame[frame["group1_level"] == report]
            low, high = own["conf.low"], own["conf.high"]
            axes.fill_between(own["r"], low, high, color=COLOURS["ink"], alpha=0.18, lw=0)
            axes.plot(own["r"], own["estimate"], color=COLOURS["ink"], lw=1.8)
            axes.plot([0, 0], [low.iloc[0], high.iloc[0]], color=COLOURS["grey"],
                      lw=3, solid_capstyle="butt", clip_on=False)  # fmt: skip
            axes.annotate(
                f"worst case: {words}", (0, high.iloc[0]), (6, 3), textcoords="offset points",
                color=COLOURS["grey"], fontsize=9,
            )  # fmt: skip
            axes.axhline(0, color=COLOURS["ink"], lw=0.8)
            axes.set_ylim(min(0, low.min()) - 0.2, 1.15 * high.max())
            axes.set_ylabel(f"Mean change{f', {run.endpoint.unit}' if run.endpoint.unit else ''}")
            axes.set_title(report, loc="left", fontsize=9.5)
        drawn[-1].set_xlim(0, 1)
        drawn[-1].set_xlabel("Correlation of baseline with follow-up (not published)")

    said = "; ".join(f"{report}: {words}" for report, words in worst.items())
    return Figure(
        title="The published change: its interval by the unknown correlation",
        alt=f"Band of the interval of the mean change, which narrows as the correlation rises. "
        f"At correlation 0, the worst case: {said}.",
        draw=draw,
        height=0.7 + 2.7 * len(worst),
        narrow_height=0.7 + 2.9 * len(worst),
        results=by_correlation,
        caption="Line: difference of the published means; band: paired interval from their SDs. "
        "The lower the correlation, the wider.",
    )


def _limits(by_correlation: Results, report: str, correlation: float) -> str:
    """Return the interval of a report at one correlation, as written."""
    row = by_correlation.select(group1_level=report, group2_level=_level(correlation))
    return f"{row.text('conf.low')} to {row.text('conf.high')}"


@by_correlation.shows
def correlation_reading(by_correlation: Results, run: Settings) -> Reading:
    """Say the interval at the best, the worst and the arithmetically possible correlation."""
    worst, best, unit = CORRELATIONS[0], CORRELATIONS[-1], run.endpoint.unit
    sentences = []
    for report in dict.fromkeys(by_correlation.frame["group1_level"]):
        at = {each: _limits(by_correlation, report, each) for each in (worst, best, EXTREME)}
        change = by_correlation.text("estimate", group1_level=report, group2_level=_level(worst))
        sentences.append(
            f"{report}: the change is {change} {unit}. Its interval is {at[worst]} {unit} at a "
            f"correlation of {_level(worst)}, the worst case considered, and {at[best]} {unit} at "
            f"{_level(best)}; at {_level(EXTREME)}, the worst that arithmetic allows, it would "
            f"be {at[EXTREME]} {unit}."
        )
    return Reading(sentences, by_correlation)
