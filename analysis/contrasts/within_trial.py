"""Section 1: the difference of every randomised pair, how it was obtained, and its verdicts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from analysis.contrasts.pairs import randomised_pairs
from analysis.contrasts.routes import RAW_RANK, Pair, Route, missing, raw_difference, routes
from analysis.contrasts.settings import ContrastRun
from analysis.errors import NoSection, UserError
from analysis.numbers import percent
from analysis.results import NOT_ESTIMABLE, Results, Stat, from_frame
from analysis.sources.note_contrasts import note_contrasts
from analysis.sources.schemas import CONFIDENCE
from analysis.stats import dispersion
from analysis.stats.differences import Difference
from analysis.stats.verdicts import Verdict, equivalence, noninferiority
from analysis.words import in_sentence

DIGITS = 2
RAW_NUMBERS = ("raw_estimate", "raw_std_error", "raw_low", "raw_high", "explained")
NUMBERS = ("estimate", "std_error", "df", "low", "high", "own_level", "rank", *RAW_NUMBERS)
TEXTS = ("route", "conclusion", "equivalence", "own_conclusion", "own_equivalence", "reason")
COLUMNS = (*NUMBERS, *TEXTS)
SHOWN, NOT_SHOWN = "non-inferior", "not shown"
"""The two verdicts of non-inferiority."""
NO_MARGIN = "no margin is declared for this endpoint"
UNTREATED = "no verdict: the comparator is no treatment"
ONE_PRODUCT = "no verdict: two doses of one product"


@lru_cache(maxsize=16)
def differences(run: ContrastRun) -> pd.DataFrame:
    """Return the randomised pairs with their differences by the best route, and the verdicts.

    Parameters
    ----------
    run
        What is compared.

    Returns
    -------
    pandas.DataFrame
        The columns of `randomised_pairs` and ``estimate, std_error, df, low, high, route, rank``
        (of the route), ``conclusion, equivalence, own_conclusion, own_equivalence, own_level,
        reason``; and, where the difference was obtained otherwise, that of the observed means as
        they stand: ``raw_estimate, raw_std_error, raw_low, raw_high`` and ``explained``, the
        share of the variance that covariates would have to explain. The asked contrast first,
        then what can be estimated, within the time window first.

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
    ni, eq = _verdicts(pair, best.difference, run.margin)
    own_level, own_ni, own_eq = np.nan, "", ""
    if pd.notna(pair.margin):
        own_level = pair.level if pd.notna(pair.level) else run.conf_level
        at_own_level = routes(pair, level=own_level)[0].difference
        own_ni, own_eq = _verdicts(pair, at_own_level, pair.margin)
    d = best.difference
    return {
        "estimate": d.estimate,
        "std_error": d.std_error,
        "df": d.df,
        "low": d.lower,
        "high": d.upper,
        "route": best.name,
        "rank": best.rank,
        "conclusion": ni,
        "equivalence": eq,
        "own_conclusion": own_ni,
        "own_equivalence": own_eq,
        "own_level": own_level,
    } | _as_they_stand(run, pair, best)


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
    return {
        "raw_estimate": raw.estimate,
        "raw_std_error": raw.std_error,
        "raw_low": raw.lower,
        "raw_high": raw.upper,
        "explained": float(1 - (residual / spread) ** 2),
    }


def _refused(run: ContrastRun, pair: Pair) -> str:
    """Return why a pair is not estimated although numbers are printed."""
    return pair.audited if pair.audited and pair.study_id not in run.include else ""


def _verdicts(pair: Pair, difference: Difference, margin: float | None) -> tuple[str, str]:
    """Return the verdicts of non-inferiority and equivalence in words."""
    if "untreated" in (pair.product_class, pair.reference_class):
        return UNTREATED, ""
    if pair.product == pair.reference_product:
        return ONE_PRODUCT, ""
    if margin is None:
        return NO_MARGIN, ""
    return _words(
        noninferiority(difference, margin=-margin, direction="higher"),
        equivalence(difference, margins=(margin, -margin)),
    )


def _words(ni: Verdict, eq: Verdict) -> tuple[str, str]:
    return ni.conclusion, eq.conclusion


def contrasts(run: ContrastRun) -> Results:
    """Return the difference of every randomised pair with its interval and verdicts.

    Returns
    -------
    Results
        One set of rows a pair (``group1_level``) of a study (``group2_level``): ``estimate``,
        ``std.error``, ``parameter`` (df), ``conf.low``, ``conf.high``, ``conf.level``,
        ``route``, ``margin``, ``conclusion`` (non-inferiority), ``equivalence``,
        ``own.margin``, ``own.conclusion``, ``printed``, ``time``, ``confidence``; or
        ``conclusion`` "not estimable" with its ``reason``.

    Notes
    -----
    Estimand: the difference of mean growth, test minus reference, as each trial defines its
    population and model. Non-inferiority: the lower limit above the margin; equivalence: the
    whole interval between the margin and its opposite.
    """
    found = differences(run)
    known = found["estimate"].notna()
    margin = run.margin if run.margin is not None else np.nan
    # Decided pairs only: a margin is no part of a dose comparison or of one without treatment.
    judged = known & found["conclusion"].isin([SHOWN, NOT_SHOWN])
    return from_frame(
        described(run, found).assign(
            level=np.where(known, run.conf_level, np.nan),
            margin_used=np.where(judged, margin, np.nan),
            basis=np.where(known, found["route"], found["reason"]),
        ),
        {
            "n": Stat("n.test", "n, test", 0),
            "n_reference": Stat("n.reference", "n, reference", 0),
            "printed": Stat("printed", "As printed"),
            "estimate": Stat("estimate", "Difference", DIGITS, run.unit),
            "std_error": Stat("std.error", "SE", DIGITS, run.unit),
            "df": Stat("parameter", "df", 0),
            "low": Stat("conf.low", "Lower limit", DIGITS, run.unit),
            "high": Stat("conf.high", "Upper limit", DIGITS, run.unit),
            "level": Stat("conf.level", "Confidence level", 0, form=percent),
            "route": Stat("route", "Obtained from"),
            "time": Stat("time", "Time"),
            "margin_used": Stat("margin", "Margin", DIGITS, run.unit),
            "conclusion": Stat("conclusion", "Non-inferiority"),
            "equivalence": Stat("equivalence", "Equivalence"),
            "margin": Stat("own.margin", "The trial's own margin", DIGITS, run.unit),
            "own_level": Stat("own.level", "Level of its interval", 0, form=percent),
            "own_conclusion": Stat("own.conclusion", "Verdict at its own margin"),
            "reason": Stat("reason", "Because"),
            "basis": Stat("basis", "How obtained, or why not"),
            "confidence": Stat("confidence", "Confidence"),
        },
        analysis_id="within-trial",
        group1="contrast",
        group2="study",
        context="published",
        **run.result_labels,
    )


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


def described(run: ContrastRun, found: pd.DataFrame) -> pd.DataFrame:
    """Return differences with the columns that place them in a results table."""
    return found.assign(
        group1_level=found["contrast"],
        group2_level=found["label"],
        variable=run.param,
        variable_level=found["timepoint"].fillna(""),
        population="as the paper analysed",
        n_population=found["n_total"],
        source=found["source_id"],
        note=found["result_ids"],
        method=found["route"].where(found["route"] != "", NOT_ESTIMABLE),
        time=time_words(found),
    )


def time_words(found: pd.DataFrame) -> pd.Series:
    """Return the time of each difference as printed, and whether it is outside the window."""
    outside = np.where(found["in_window"] | found["months"].isna(), "", ", outside the window")
    return found["timepoint"].fillna("") + outside


def all_routes(run: ContrastRun) -> Results:
    """Return each pair that can be estimated by several routes, by every one of them.

    Returns
    -------
    Results
        ``estimate``, ``std.error``, ``conf.low`` and ``conf.high`` for each route
        (``variable_level``); the first of a pair is the one in use.
    """
    pairs = differences(run)
    pairs = pairs[pairs["estimate"].notna()]
    rows = [
        {"contrast": pair.contrast, "label": pair.label, "source": pair.source_id,
         "note": pair.result_ids, "route": route.name, "used": "yes" if number == 0 else "no",
         "estimate": route.difference.estimate, "std_error": route.difference.std_error,
         "low": route.difference.lower, "high": route.difference.upper}
        for pair in pairs.itertuples(index=False)
        for number, route in enumerate(routes(pair, level=run.conf_level))
    ]  # fmt: skip
    names = "contrast label source note route used estimate std_error low high".split()
    frame = pd.DataFrame(rows, columns=names)
    several = frame.groupby(["contrast", "label"])["route"].transform("size") > 1
    frame = frame[several]
    return from_frame(
        frame.assign(
            group1_level=frame["contrast"],
            group2_level=frame["label"],
            variable=run.param,
            variable_level=frame["route"],
            method=frame["route"],
        ),
        {
            "estimate": Stat("estimate", "Difference", DIGITS, run.unit),
            "std_error": Stat("std.error", "SE", DIGITS + 1, run.unit),
            "low": Stat("conf.low", "Lower limit", DIGITS, run.unit),
            "high": Stat("conf.high", "Upper limit", DIGITS, run.unit),
            "used": Stat("used", "In use"),
        },
        analysis_id="within-trial-routes",
        group1="contrast",
        group2="study",
        context="published",
        **run.result_labels,
    )
