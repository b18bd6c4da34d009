"""The difference of every randomised pair, how it was obtained, and its verdicts."""

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from analysis.contrasts.columns import described, known, time_words
from analysis.contrasts.pairs import randomised_pairs
from analysis.contrasts.routes import RAW_RANK, Pair, Route, missing, raw_difference, routes
from analysis.contrasts.settings import ContrastRun
from analysis.display.columns import VERDICT
from analysis.display.rows import unit_words
from analysis.display.tables import Column, Table
from analysis.errors import NoSection, UserError
from analysis.results import NOT_ESTIMABLE, Results, section
from analysis.results.intervals import INTERVAL, interval_columns
from analysis.sources.note_contrasts import note_contrasts
from analysis.sources.schemas import CONFIDENCE
from analysis.stats import dispersion
from analysis.stats.differences import Difference
from analysis.stats.verdicts import equivalence, noninferiority, words_of_zero
from analysis.words import in_sentence

RAW = {
    name: f"raw.{name.removeprefix('conf.')}"
    for name in ("estimate", "std.error", "conf.low", "conf.high")
}
"""Statistic → that of the difference of the printed means."""
NUMBERS = (*INTERVAL, "own.level", "rank", *RAW.values(), "explained")
WORSE = ("worse", "equivalence.worse")
"""What a verdict that is shown leaves unsaid: that the interval excludes no difference."""
TEXTS = (
    "route",
    "conclusion",
    "equivalence",
    "own.conclusion",
    "own.equivalence",
    "reason",
    *WORSE,
)
COLUMNS = (*NUMBERS, *TEXTS)
SHOWN, NOT_SHOWN = "non-inferior", "not shown"
"""The two verdicts of non-inferiority."""
NO_MARGIN = "no margin is declared for this endpoint"
UNTREATED = "no verdict: the comparator is no treatment"
ONE_PRODUCT = "no verdict: two doses of one product"
LABELS = {"group1_level": "Contrast", "group2_level": "Study"}
"""Headers of the names of a pair."""


@lru_cache(maxsize=16)
def differences(run: ContrastRun) -> pd.DataFrame:
    """Return the randomised pairs with their differences by the best route, and the verdicts.

    Returns
    -------
    pandas.DataFrame
        The columns of `randomised_pairs` and, under the names of the vocabulary, the difference
        with its interval, ``route, rank`` (of the route), ``conclusion, equivalence,
        own.conclusion, own.equivalence, own.level, reason``; and, where the difference was
        obtained otherwise, that of the observed means as they stand: ``raw.estimate,
        raw.std.error, raw.low, raw.high`` and ``explained``, the share of the variance that
        covariates would have to explain. The asked contrast first, then what can be estimated,
        within the time window first.

    Notes
    -----
    Values that the audit found impossible are estimated only where the run includes the study.
    A secondary document is judged elsewhere and gives no difference.
    """
    pairs = randomised_pairs(run)
    if pairs.empty:
        raise UserError(
            f"the ledger has no randomised trial of {run.indication}; choose another indication"
        )
    tables = note_contrasts(run.ledger, run.findings)
    found = estimated(run, pairs, dict(zip(tables["study_id"], tables["reason"], strict=True)))
    order = pd.DataFrame(
        {
            "asked": ~found["asked"],
            "estimable": found["estimate"].isna(),
            "in_window": ~found["in_window"],
        }
    )
    return found.loc[order.sort_values(list(order), kind="stable").index].reset_index(drop=True)


def estimated(run: ContrastRun, pairs: pd.DataFrame, why_not: Mapping[str, str]) -> pd.DataFrame:
    """Return pairs with their differences and verdicts, in the order given.

    Parameters
    ----------
    run
        What is compared.
    pairs
        Of `randomised_pairs`.
    why_not
        Study of a secondary document → why its table gives no contrast.
    """
    rows = [_judged(run, pair, why_not) for pair in pairs.itertuples(index=False)]
    found = pd.concat([pairs, pd.DataFrame(rows, columns=list(COLUMNS))], axis=1)
    found = found.astype(dict.fromkeys(NUMBERS, float))
    return found.assign(**{name: found[name].astype(object).fillna("") for name in TEXTS})


def _judged(run: ContrastRun, pair: Pair, why_not: Mapping[str, str]) -> dict[str, Any]:
    found = [] if _refused(run, pair) else routes(pair, level=run.conf_level)
    if pair.evidence == "note" or not found:
        of_note = pair.evidence == "note"
        reason = why_not.get(pair.study_id, "") if of_note else _refused(run, pair)
        return {
            "estimate": np.nan,
            "conclusion": NOT_ESTIMABLE,
            "reason": reason or missing(pair, run.param) + _as_read(run),
        }
    best = found[0]
    ni, eq, *worse = _verdicts(pair, best.difference, run.margin)
    own_level, own_ni, own_eq = np.nan, "", ""
    if pd.notna(pair.margin):
        own_level = pair.level if pd.notna(pair.level) else run.conf_level
        at_own_level = routes(pair, level=own_level)[0].difference
        own_ni, own_eq, *_ = _verdicts(pair, at_own_level, pair.margin)
    return (
        interval_columns(best.difference)
        | {
            "route": best.name,
            "rank": best.rank,
            "conclusion": ni,
            "equivalence": eq,
            "own.conclusion": own_ni,
            "own.equivalence": own_eq,
            "own.level": own_level,
        }
        | dict(zip(WORSE, worse, strict=True))
        | _as_they_stand(run, pair, best)
    )


def _as_read(run: ContrastRun) -> str:
    """Say that what is missing may only be too unsure for the run."""
    if run.min_confidence == CONFIDENCE[0]:
        return ""
    return f"; numbers read with less than {run.min_confidence} confidence are not used"


def _as_they_stand(run: ContrastRun, pair: Pair, best: Route) -> dict[str, Any]:
    """Return the difference of the observed means, where the best route is another.

    The share to be explained is that by which the residual variance behind the reported
    interval falls short of the variance between children that the SDs show.
    """
    raw = raw_difference(pair, level=run.conf_level)
    if raw is None or raw.estimate is None or best.rank == RAW_RANK:
        return {}
    spread = dispersion.pooled_sd(pair.sd, pair.n, pair.sd_reference, pair.n_reference)
    residual = dispersion.sd_from_difference(
        best.difference.std_error or np.nan, pair.n, pair.n_reference
    )
    numbers = interval_columns(raw)
    return {name: numbers[own] for own, name in RAW.items()} | {
        "explained": float(1 - (residual / spread) ** 2)
    }


def _refused(run: ContrastRun, pair: Pair) -> str:
    """Return why a pair is not estimated although numbers are printed."""
    return pair.audited if pair.audited and pair.study_id not in run.include else ""


def _verdicts(
    pair: Pair, difference: Difference, margin: float | None
) -> tuple[str, str, str, str]:
    """Return the verdicts of non-inferiority and equivalence, and what `WORSE` says of each."""
    if "untreated" in (pair.product_class, pair.reference_class):
        return UNTREATED, "", "", ""
    if pair.product == pair.reference_product:
        return ONE_PRODUCT, "", "", ""
    if margin is None:
        return NO_MARGIN, "", "", ""
    ni = noninferiority(difference, margin=-margin, direction="higher")
    eq = equivalence(difference, margins=(margin, -margin))
    return ni.conclusion, eq.conclusion, ni.worse_words, eq.worse_words


@section
def contrasts(run: ContrastRun) -> Results:
    """Return the difference of every randomised pair with its interval and verdicts.

    Returns
    -------
    Results
        One set of rows a pair (``group1_level``) of a study (``group2_level``): ``estimate``,
        ``std.error``, ``parameter`` (df), ``conf.low``, ``conf.high``, ``conf.level``,
        ``route``, ``margin``, ``conclusion`` (non-inferiority), ``equivalence``, `WORSE`,
        ``own.margin``, ``own.conclusion``, ``printed.words``, ``time.words``, ``confidence``; or
        ``conclusion`` "not estimable" with its ``reason``.

    Notes
    -----
    Estimand: the difference of mean growth, test minus reference, as each trial defines its
    population and model. Non-inferiority: the lower limit above the margin; equivalence: the
    whole interval between the margin and its opposite.
    """
    found = differences(run)
    known = found["estimate"].notna()
    # Decided pairs only: a margin is no part of a dose comparison or of one without treatment.
    judged = known & found["conclusion"].isin([SHOWN, NOT_SHOWN])
    found = found.assign(
        **{"time.words": time_words(found), "conf.level": np.where(known, run.conf_level, np.nan)},
        zero=[
            words_of_zero(*limits, direction="higher")
            for limits in zip(found["conf.low"], found["conf.high"], strict=True)
        ],
    )
    frame = described(
        run, found,
        "n.test", "n.reference", "printed.words", *INTERVAL, "conf.level", "route",
        "time.words", "conclusion", "zero", "equivalence", "own.margin", "own.level",
        "own.conclusion", "reason", "confidence", *WORSE,
    )  # fmt: skip
    frame["margin"] = np.where(judged, run.margin_number, np.nan)
    return run.results(frame, "within-trial", group1="contrast", group2="study")


@contrasts.shows
def contrasts_table(within: Results, run: ContrastRun) -> Table:
    """Show every randomised pair: how its difference was obtained, and the verdicts."""
    return _pairs_table(within, f"Every randomised pair, {run.unit}")


def _pairs_table(within: Results, title: str) -> Table:
    return Table(
        title=title,
        results=within,
        labels=LABELS,
        columns=[
            Column("Difference", "{estimate}"),
            Column("Interval", "{conf.low} to {conf.high}"),
            Column("Non-inferiority", VERDICT, "text"),
            Column("Equivalence", ["{equivalence}, {equivalence.worse}", "{equivalence}"], "text"),
            Column("Obtained from", "{route}", "text"),
            Column("Why it cannot be estimated", "{reason}", "text"),
        ],
        footnotes=[
            "Test minus reference; higher is better. Non-inferior: the lower limit lies above the "
            f"margin{_margin_words(within)}; equivalent: the whole interval lies between it and "
            "its opposite. Not adjusted for the number of contrasts. Times and printed numbers: "
            "in the next table."
        ],
    )


def _margin_words(results: Results) -> str:
    found = results.select(stat_name="margin").frame
    if not len(found):
        return ""
    level = results.select(stat_name="conf.level").frame["stat_fmt"].iloc[0]
    return f" of {found['stat_fmt'].iloc[0]} {found['unit'].iloc[0]} (level {level})"


@section
def velocity_itself(run: ContrastRun) -> Results:
    """Return the same contrasts on the endpoint itself, where the run's endpoint is its change.

    Returns
    -------
    Results
        As `contrasts`.

    Raises
    ------
    NoSection
        If the endpoint is no change.

    Notes
    -----
    A change from baseline carries the noise of the value before treatment; the value itself,
    adjusted for baseline, does not.
    """
    of = run.ledger.endpoints.set_index("paramcd").loc[run.endpoint, "change_of"]
    if not of:
        raise NoSection(f"{in_sentence(run.param)} is no change from baseline")
    frame = contrasts(replace(run, endpoint=str(of))).frame
    return Results(frame.assign(analysis_id="within-trial-itself"))


@velocity_itself.shows
def velocity_table(itself: Results, _: ContrastRun) -> Table:
    """Show the pairs on the endpoint itself, where the page analyses its change."""
    of = in_sentence(str(itself.frame["variable"].iloc[0]))
    return _pairs_table(itself, f"The same pairs on {of} itself{unit_words(itself)}")


@section
def as_printed(run: ContrastRun) -> Results:
    """Return the rows of `contrasts`, for what the papers print of every pair."""
    return contrasts(run)


@as_printed.shows
def printed_table(within: Results, run: ContrastRun) -> Table:
    """Show what the papers print of every pair, when, and the verdict at the trial's own margin."""
    return Table(
        title=f"The same pairs as printed, {run.unit}",
        results=within,
        labels=LABELS,
        columns=[
            Column("n", "{n.test} v {n.reference}"),
            Column("As printed", "{printed.words}", "text"),
            Column("Time", "{time.words}", "text"),
            *known(
                within,
                Column("At its own margin", "{own.margin} ({own.level}): {own.conclusion}", "text"),
            ),
            Column("Confidence", "{confidence}", "text"),
        ],
        footnotes=[
            "Mean of test v reference first. The trial's own margin is judged at the level of its "
            "own interval."
        ],
        folded=True,
    )
