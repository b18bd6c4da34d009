"""The pool without each trial, and with each excluded one put back."""

import math
from typing import Any

import pandas as pd

from analysis.contrasts.inclusion import comparable, could_be_put_back, exclusions, require
from analysis.contrasts.pool_caveats import CAVEAT
from analysis.contrasts.settings import ContrastRun
from analysis.contrasts.synthesis import headline_model, meta, method_of, pooled_verdict
from analysis.display.columns import VERDICT
from analysis.display.rows import has, method_sentences
from analysis.display.tables import Column, Table
from analysis.errors import UserError
from analysis.results import Results, section
from analysis.results.intervals import interval_columns


@section
def one_trial_left_out(run: ContrastRun) -> Results:
    """Return the headline without each trial in turn.

    Returns
    -------
    Results
        Per trial left out: ``estimate``, ``conf.low``, ``conf.high``, ``tau2``, ``i2`` and the
        ``conclusion`` with its ``caveat``.
    """
    found = require(comparable(run), run, 3, "leaving out one trial at a time")
    pools = {row["label"]: found.drop(index) for index, row in found.iterrows()}
    return _sensitivity(run, pools, headline_model(run, len(found)), "without-each")


@one_trial_left_out.shows
def left_out_table(less: Results, _: ContrastRun) -> Table:
    """Show the headline without each trial."""
    return _table(less, "Without each trial in turn", [])


@section
def one_trial_put_back(run: ContrastRun) -> Results:
    """Return the headline with each excluded trial put back in turn.

    Returns
    -------
    Results
        Per trial put back: ``estimate``, ``conf.low``, ``conf.high``, ``tau2``, ``i2``, the
        ``conclusion`` with its ``caveat``, and how far the estimate ``moved``.
    """
    now = require(comparable(run), run, 2, "putting a trial back")
    added = could_be_put_back(run)
    if added.empty:
        raise UserError("no excluded trial has a contrast that could be put back")
    pools = {label: pd.concat([now, added[added["label"] == label]]) for label in added["label"]}
    model, reasons = headline_model(run, len(now)), exclusions(run)
    why = [reasons.text("reason", group1_level=label) for label in pools]
    base = meta(run, now, model).estimate
    return _sensitivity(run, pools, model, "put-back", base=base, reason=why)


@one_trial_put_back.shows
def put_back_table(more: Results, _: ContrastRun) -> Table:
    """Show the headline with each excluded trial put back."""
    columns = [Column("Moves it by", "{moved}"), Column("Why it is left out", "{reason}", "text")]
    return _table(more, "With each excluded trial put back in turn", columns)


def _sensitivity(
    run: ContrastRun,
    pools: dict[str, pd.DataFrame],
    model: str,
    analysis_id: str,
    base: float = math.nan,
    **more: Any,
) -> Results:
    """Return each pool, named by the trial that is left out or put back; it moves the base."""
    pooled = {label: meta(run, found, model) for label, found in pools.items()}
    rows = [
        {
            "group1_level": label,
            **interval_columns(m, "estimate", "conf.low", "conf.high"),
            "tau2": m.tau2 if model == "random" else math.nan,
            "i2": m.i2_from_q,
            "margin": run.margin_number,
            "moved": m.estimate - base,
            **pooled_verdict(run, pools[label], m),
        }
        for label, m in pooled.items()
    ]
    frame = pd.DataFrame(rows).assign(**run.placing, **more)
    return run.results(frame, analysis_id, group1="study", method=method_of(run, model))


def _table(results: Results, title: str, more: list[Column]) -> Table:
    return Table(
        title=title,
        results=results,
        labels={"group1_level": "Trial"},
        columns=[
            Column("Pooled difference", "{estimate}"),
            Column("Interval", "{conf.low} to {conf.high}"),
            Column("tau²", "{tau2}"),
            Column("I², %", "{i2}"),
            Column("Non-inferiority", VERDICT, "text"),
            *([CAVEAT] if has(results, "caveat") else []),
            *more,
        ],
        footnotes=method_sentences(results),
    )
