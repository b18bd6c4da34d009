"""The tipping grid of a response: how many of the missing would have to respond."""

from functools import lru_cache
from typing import Any

from analysis.display.count_grid import count_grid_figure
from analysis.display.figures import Figure
from analysis.display.reading import Reading
from analysis.display.rows import method_words
from analysis.display.tables import Column, Table
from analysis.efficacy.analysis_data import analysis_data
from analysis.efficacy.comparisons import comparisons, has_several
from analysis.efficacy.methods.binary import BY_SCORE
from analysis.efficacy.primary import analyse, one_bound, to_be_shown
from analysis.efficacy.rows import effect_results
from analysis.efficacy.settings import Settings, need_kind
from analysis.errors import UserError
from analysis.numbers import level
from analysis.results import NOT_ESTIMABLE, Results, section
from analysis.stats.tipping_counts import tipping_grid
from analysis.stats.tipping_counts_result import TippingGrid
from analysis.stats.verdicts import CONCLUSIONS, NOT_SHOWN

ASSUMED = {
    "no events": "none of the missing responds",
    "observed shares": "as many as of the observed",
    "all events": "all of the missing respond",
    "best case": "best case for the treatment",
    "worst case": "worst case for the treatment",
}
"""Name of an assumption in the statistics → in words."""
START = "no events"


@lru_cache(maxsize=8)
def grid(run: Settings) -> TippingGrid:
    """Return the verdict for every number of responders among the missing of two arms.

    Notes
    -----
    Counts are all that the grid moves, so the interval is unadjusted: Newcombe's where that is
    the method of the run, else Miettinen and Nurminen's.

    Raises
    ------
    UserError
        If the model estimates a ratio and has a margin, which is none of a difference, or the
        verdict has two bounds.
    """
    bound = one_bound(analyse(run).verdict)
    if run.effect.is_ratio and run.margin:
        raise UserError(
            f"the margin is of the {run.effect.measure.lower()}, and the grid is of differences"
        )
    observed = analysis_data(run.handling("observed"))
    counts: list[int] = []
    for arm in (run.treatment, run.reference):
        own = observed.loc[observed["arm"] == arm, "response"].dropna()
        counts += [int(own.sum()), len(own), int(run.size_of(run.population, arm)) - len(own)]
    lower = run.endpoint.direction == "higher"
    return tipping_grid(
        *counts,
        method=BY_SCORE[_by(run)],
        limit="lower" if lower else "upper",
        threshold=0.0 if run.effect.is_ratio else bound, level=run.conf_level,
    )  # fmt: skip


def _by(run: Settings) -> str:
    return run.model if run.model in BY_SCORE else "Miettinen-Nurminen"


@section
def tipping_responses(run: Settings) -> Results:
    """Return, for each comparison, what the missing may have been and what each would mean.

    Returns
    -------
    Results
        One row an assumption: ``count.treatment`` and ``count.reference`` responders among the
        missing, difference, limits and ``conclusion``; ``remark`` says whether the missing can
        change the verdict, and the nearest change.
    """
    need_kind(run, "binary")
    rows = [row | {"group2_level": each.contrast_words} for each in comparisons(run)
            for row in _of_one(each)]  # fmt: skip
    return effect_results(
        run, rows, "tipping-responses", group1="assumption", group2="contrast",
        context="sensitivity", unit="proportion", decimals=1,
        method=f"Difference of shares, unadjusted, by {_by(run)}; level {level(run.conf_level)}",
    )  # fmt: skip


def _of_one(run: Settings) -> list[dict[str, Any]]:
    found = grid(run)
    rows: list[dict[str, Any]] = []
    for name, words in ASSUMED.items():
        own = found.assumption(name)
        row: dict[str, Any] = {"group1_level": words}
        if own.missing_events_1 is None or own.missing_events_2 is None:
            rows.append(row | {"conclusion": NOT_ESTIMABLE, "reason": own.reason})
            continue
        row |= {"count.treatment": own.missing_events_1, "count.reference": own.missing_events_2,
                "conclusion": verdicts(run)[not own.beyond]}  # fmt: skip
        if not own.reason:
            row |= {"estimate": own.estimate, "conf.low": own.lower, "conf.high": own.upper}
        rows.append(row | ({"remark": said(run)} if name == START else {}))
    return rows


def verdicts(run: Settings) -> tuple[str, str]:
    """Return the verdict where the limit clears the bound, and where it does not."""
    return CONCLUSIONS[to_be_shown(run).objective], NOT_SHOWN


def said(run: Settings) -> str:
    """Say whether the missing can change the verdict, and how few would do."""
    found = grid(run)
    said = run.trial.plan.allowed.count
    missing = f"{said(found.missing[0])} missing of {run.treatment} and " + (
        f"{said(found.missing[1])} of {run.reference}"
    )
    if not found.changes:
        same = verdicts(run)[not found.beyond.flat[0]]
        return f"Whatever the {missing} were, the verdict is: {same}"
    tip = found.nearest_tip(START)
    assert tip is not None  # The verdict changes somewhere.
    start, other = verdicts(run)[:: 1 if found.assumption(START).beyond else -1]
    return (
        f"With none of the {missing} responding the verdict is: {start}; it becomes {other} if "
        f"{said(tip[0])} of {run.treatment} and {said(tip[1])} of {run.reference} did, "
        "the fewest that change it"
    )


@tipping_responses.shows
def tipping_reading(tipping: Results, run: Settings) -> Reading:
    """Say how many of the missing would change the verdict."""
    several = has_several(run)
    rows = tipping.wide().dropna(subset=["remark"]).to_dict("records")
    return Reading(
        [f"{row['group2_level'] + ': ' if several else ''}{row['remark']}." for row in rows],
        tipping,
    )


@tipping_responses.shows
def tipping_figures(tipping: Results, run: Settings) -> list[Figure | Reading]:
    """Draw the verdict over what the missing of both arms may have been."""
    return [
        count_grid_figure(
            tipping.select(group2_level=each.contrast_words),
            shown=grid(each).beyond,
            arms=(each.treatment, each.reference),
            title=f"Where the verdict tips: {each.contrast_words}",
            verdicts=verdicts(each),
            outcome="responders",
            unit="points",
            remark=said(each),
            caption=f"{method_words(tipping)}.",
        )
        for each in comparisons(run)
    ]


@tipping_responses.shows
def tipping_table(tipping: Results, run: Settings) -> Table:
    """Show what each assumption about the missing would mean."""
    return Table(
        title="What the missing may have been",
        results=tipping,
        labels={"group1_level": "Assumption"},
        groups="group2_level" if has_several(run) else "",
        columns=[
            Column("Responders among the missing, treatment", "{count.treatment}"),
            Column("Reference", "{count.reference}"),
            Column("Difference, percentage points", "{estimate}"),
            Column("Interval", "{conf.low} to {conf.high}"),
            Column("Verdict", "{conclusion}", "text"),
        ],
        footnotes=[f"Population: {run.population_words}. {method_words(tipping)}."],
        folded=True,
    )
