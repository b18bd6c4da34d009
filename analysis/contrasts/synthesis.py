"""The comparable contrasts pooled, and how firm that is."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from analysis.contrasts.columns import described
from analysis.contrasts.forest import forest, given_rows, margins_of, row_of
from analysis.contrasts.inclusion import comparable, require
from analysis.contrasts.mixture import cautions, kinds_pooled, sets_of_trials
from analysis.contrasts.pool_caveats import REMARK, caveat
from analysis.contrasts.settings import ContrastRun
from analysis.contrasts.within_trial import NO_MARGIN
from analysis.display.columns import VERDICT
from analysis.display.figures import Figure
from analysis.display.forest_rows import Row
from analysis.display.rows import filled, has, method_sentences, number
from analysis.display.tables import Column, Table
from analysis.errors import UserError
from analysis.results import NOT_ESTIMABLE, Results, combine, section
from analysis.results.intervals import INTERVAL, TESTED, interval_columns
from analysis.stats.differences import Difference
from analysis.stats.meta import MetaAnalysis, meta_analysis
from analysis.stats.verdicts import noninferiority
from analysis.words import begins_sentence, counted

PREDICTION = "k-2"
TAU2_NAMES = {
    "reml": "REML",
    "dersimonian-laird": "DerSimonian–Laird",
    "paule-mandel": "Paule–Mandel",
}
MODEL = "model"
"""What a row of a pool is named by first; a row of the network is named by its product."""
FIXED, RANDOM, ALONE = "Fixed effect", "Random effects", "One trial"
KNAPP = "hartung-knapp-adhoc"
"""The interval of random effects, in the pool as in the network: by Hartung and Knapp, never
narrower than the model's own, as few trials can agree by chance."""


def meta(run: ContrastRun, found: pd.DataFrame, model: str) -> MetaAnalysis:
    """Pool contrasts by a model of the run.

    Parameters
    ----------
    run
        What is compared.
    found
        Contrasts with ``label``, ``estimate`` and ``std.error``.
    model
        ``"fixed"``, or ``"random"`` with the between-trial variance and interval of the run.

    Raises
    ------
    UserError
        As `analysis.stats.meta.meta_analysis`.
    """
    return meta_analysis(
        found["estimate"].to_numpy(),
        found["std.error"].to_numpy(dtype=float),
        labels=list(found["label"]),
        level=run.conf_level,
        prediction_df=PREDICTION,
        **meta_options(run, model),
    )


def meta_options(run: ContrastRun, model: str) -> dict[str, Any]:
    """Return estimator and interval of a pool by a model of the run."""
    if model == "fixed":
        return {"method": "fixed", "interval": "normal"}
    return {"method": run.tau2_method, "interval": random_interval(run)}


def random_interval(run: ContrastRun) -> str:
    """Return the kind of interval of a random-effects estimate, of the pool or the network."""
    return KNAPP if run.hartung_knapp else "normal"


def interval_words(run: ContrastRun, df: str) -> str:
    """Return the interval of random effects in words, the df as they are called."""
    if not run.hartung_knapp:
        return "normal interval"
    return f"Hartung–Knapp interval (t with {df} df, variance scaled by the scatter, never down)"


def method_of(run: ContrastRun, model: str) -> str:
    """Return the method of pooling in words."""
    if model == "fixed":
        return f"inverse variance, fixed effect; normal interval, {run.level_words}"
    return (
        f"inverse variance, random effects, tau² by {TAU2_NAMES[run.tau2_method]}; "
        f"{interval_words(run, 'k − 1')}, {run.level_words}; prediction interval with "
        "k − 2 df"
    )


def headline_model(run: ContrastRun, k: int) -> str:
    """Return the pairwise model of the headline: one trial alone has no random effects."""
    return "fixed" if run.model == "fixed" or k < 2 else "random"


@section
def studies(run: ContrastRun) -> Results:
    """Return the contrasts that are pooled with their weights.

    Returns
    -------
    Results
        One set of rows a trial: ``estimate``, ``std.error``, ``conf.low``, ``conf.high``,
        ``weight`` (of the headline model), ``route``, ``product.class``.
    """
    found = require(comparable(run), run, 1, "a synthesis")
    pooled = meta(run, found, headline_model(run, len(found)))
    frame = described(
        run, found.assign(weight=pooled.studies["weight"].to_numpy()),
        "n", "estimate", "std.error", "conf.low", "conf.high", "weight", "product.class", "route",
    )  # fmt: skip
    return run.results(frame, "synthesis-studies", group1="contrast", group2="study")


@studies.shows
def synthesis_figure(studies: Results, run: ContrastRun) -> Figure:
    """Draw the pooled trials with their weights, fixed and random effects, and the margin."""
    pooled = pooled_differences.rows(run)
    trials = [
        row_of(given, detail=f"{given[0]['group2_level']}; weight {given[0]['weight']}\u202f%")
        for given in given_rows(studies)
    ]
    return forest(
        [*trials, *pooled_rows(pooled)],
        title="Synthesis: long-acting or follow-on against daily somatropin",
        results=combine([studies, pooled]),
        xlabel=f"Difference, {run.unit}",
        caption="Dot: one trial; weight: its share in the model of the headline. Diamonds: "
        "pooled differences; thin line: prediction interval. Dashed: the margin.",
        margins=margins_of({"margin": "margin"}, pooled),
    )


@section
def pooled_differences(run: ContrastRun) -> Results:
    """Return the pooled difference by fixed and random effects: all trials, each class and kind.

    Returns
    -------
    Results
        One set of rows a model (``group1_level``, "One trial" where there is one) and set of
        trials (``group2_level``): ``k``, ``estimate``, ``std.error``, ``conf.low``,
        ``conf.high``, ``p.value``, ``tau2`` with its limits, ``i2``, ``q``, ``q.p``,
        ``prediction.low``, ``prediction.high``, ``margin``, ``conclusion`` with ``worse``,
        ``caveat``, that the trials differ or mix what differs, and ``caution``, what they mix.

    Notes
    -----
    Estimand: for fixed effects the common difference, for random effects the mean of the
    differences of trials like these. A verdict is given on trials of one kind of product.
    I² is (Q − df)/Q, 0 or more, by either model.
    """
    found = require(comparable(run), run, 1, "a synthesis")
    rows = [
        pooled_row(run, name, members, model)
        for name, members in sets_of_trials(found).items()
        for model in (("fixed", "random") if len(members) > 1 else ("fixed",))
    ]
    return pooled_results(run, rows, "synthesis")


@pooled_differences.shows
def pooled_table(pooled: Results, run: ContrastRun) -> Table:
    """Show the pooled differences by model and set of trials."""
    first = pooled.frame["group2_level"].iloc[0]
    mixed = pooled.select(stat_name="caution", group2_level=first).frame["stat_fmt"]
    return Table(
        title=f"Pooled differences, {run.unit}",
        results=pooled,
        groups="group2_level",
        labels={"group1_level": "Model"},
        columns=[
            Column("k", "{k}"),
            Column("Difference", "{estimate}"),
            Column("Interval", "{conf.low} to {conf.high}"),
            Column("Prediction interval", "{prediction.low} to {prediction.high}"),
            Column("tau² (limits)", "{tau2} ({tau2.low} to {tau2.high})"),
            Column("I², %", "{i2}"),
            Column("Q, p", "{q}, {q.p}"),
            Column("Non-inferiority", VERDICT, "text"),
            *([REMARK] if has(pooled, "caveat") or has(pooled, "reason") else []),
        ],
        footnotes=[
            *method_sentences(pooled),
            "I² is (Q − df)/Q, 0 or more, by either model. Non-inferiority is judged for trials "
            "of one kind of product.",
            *(f"{begins_sentence(text)}." for text in dict.fromkeys(mixed)),
        ],
    )


def pooled_row(run: ContrastRun, name: str, found: pd.DataFrame, model: str) -> dict[str, Any]:
    """Return one row of `pooled_differences`: a set of contrasts by one model."""
    row: dict[str, Any] = {
        "group1_level": FIXED if model == "fixed" else RANDOM,
        "group2_level": name,
        "k": len(found),
        "n": found["n_total"].sum(min_count=len(found)),
        "method": method_of(run, model),
        "source": "; ".join(dict.fromkeys(found["source_id"])),
        "note": ", ".join(found["study_id"]),
        "caution": cautions(run, found),
    }
    if len(found) == 1:
        return row | _one_trial(run, found.iloc[0])
    try:
        m = meta(run, found, model)
    except UserError as error:
        return row | {"conclusion": NOT_ESTIMABLE, "reason": str(error).rstrip(".")}
    spread = {"tau2": m.tau2, "tau2.low": m.tau2_lower, "tau2.high": m.tau2_upper}
    return (
        row
        | interval_columns(m, *TESTED)
        | (spread if model == "random" else {})
        | {
            "i2": m.i2_from_q,
            "q": m.q,
            "q.p": m.q_p,
            "prediction.low": m.prediction_lower,
            "prediction.high": m.prediction_upper,
            "margin": run.margin_number,
            "reason": m.reason if model == "random" else "",
        }
        | pooled_verdict(run, found, m)
    )


def _one_trial(run: ContrastRun, trial: pd.Series) -> dict[str, Any]:
    """Return the one trial there is with its own interval: it shows no spread between trials."""
    return dict(trial[list(INTERVAL)]) | {
        "group1_level": ALONE,
        "margin": run.margin_number,
        "method": own_interval_words(trial["route"]),
        **verdict_of(run, trial["estimate"], trial["conf.low"], trial["conf.high"]),
    }


def own_interval_words(route: str) -> str:
    """Return the method of a difference that rests on one trial alone."""
    return f"the one trial's own interval: {route}"


def pooled_verdict(run: ContrastRun, found: pd.DataFrame, pooled: Any) -> dict[str, str]:
    """Return `verdict_of` a pool with its ``caveat``; none where it mixes kinds of product."""
    kinds = kinds_pooled(found)
    if kinds > 1 and run.margin is not None:
        return {"conclusion": f"no verdict: products of {counted(kinds, 'kind')}"}
    verdict = verdict_of(run, pooled.estimate, pooled.lower, pooled.upper)
    # A pool of several kinds has no verdict, and the headline names its kinds and I² itself.
    return verdict if kinds > 1 else verdict | {"caveat": caveat(run, found, pooled)}


def verdict_of(run: ContrastRun, estimate: float, low: float, high: float) -> dict[str, str]:
    """Return the verdict of non-inferiority on a pooled difference: ``conclusion, worse``."""
    if run.margin is None:
        return {"conclusion": NO_MARGIN}
    difference = Difference(
        estimate=estimate, std_error=None, df=None, lower=low, upper=high,
        level=run.conf_level, method="pooled",
    )  # fmt: skip
    verdict = noninferiority(difference, margin=-run.margin, direction="higher")
    return {"conclusion": verdict.conclusion, "worse": verdict.worse_words}


def pooled_results(run: ContrastRun, rows: list[dict[str, Any]], analysis_id: str) -> Results:
    """Return rows of `pooled_row` as results under the name of an analysis."""
    return run.results(
        pd.DataFrame(rows).assign(**run.placing), analysis_id, group1=MODEL, group2="trials"
    )


def pooled_rows(pooled: Results) -> list[Row]:
    """Return pooled differences as diamonds of a forest, one a class of products."""
    return [
        row_of(
            (row, value),
            label=begins_sentence(set_name(row)),
            detail=_trials_words(row),
            kind="trial" if row.get("k") == "1" else "pooled",
        )
        for row, value in given_rows(pooled)
        if number(value, "estimate") is not None
    ]


def set_name(row: Mapping[Any, Any]) -> str:
    """Return what is pooled: a set of trials, or a product of the network."""
    return str(row["group2_level"] if row["group1"] == MODEL else row["group1_level"])


def _trials_words(row: Mapping[Any, Any]) -> str:
    if row["group1"] != MODEL:
        return f"network, against {row['group2_level']}"
    trials = counted(int(row["k"]), "trial")
    said = trials if row["k"] == "1" else f"{row['group1_level'].lower()}, {trials}"
    return said + filled(row, "; prediction {prediction.low} to {prediction.high}")
