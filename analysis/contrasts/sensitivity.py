"""Section 4, third part: the pool without each trial, and with each excluded one put back."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from analysis.contrasts.inclusion import comparable, could_be_put_back, exclusions, require
from analysis.contrasts.settings import LEDGER, ContrastRun
from analysis.contrasts.synthesis import (
    PREDICTION,
    headline_model,
    meta,
    meta_options,
    method_of,
    pooled_verdict,
)
from analysis.contrasts.within_trial import DIGITS
from analysis.errors import UserError
from analysis.numbers import percent
from analysis.results import Results, Stat, from_frame, present
from analysis.stats.meta import leave_one_out


def one_trial_left_out(run: ContrastRun) -> Results:
    """Return the headline without each trial in turn.

    Returns
    -------
    Results
        Per trial left out: ``estimate``, ``conf.low``, ``conf.high``, ``tau2``, ``i2`` and the
        ``conclusion``.
    """
    found = require(comparable(run), run, 3, "leaving out one trial at a time")
    model = headline_model(run, len(found))
    rows = leave_one_out(
        found["estimate"].to_numpy(),
        found["std_error"].to_numpy(dtype=float),
        labels=list(found["label"]),
        level=run.conf_level,
        prediction_df=PREDICTION,
        **meta_options(run, model),
    )
    pools = [found.drop(index) for index in found.index]
    return _sensitivity(
        run, rows.rename(columns={"left_out": "label"}), pools, "without-each", model
    )


def one_trial_put_back(run: ContrastRun) -> Results:
    """Return the headline with each excluded trial put back in turn.

    Returns
    -------
    Results
        Per trial put back: ``estimate``, ``conf.low``, ``conf.high``, ``tau2``, ``i2``, the
        ``conclusion`` and how far the estimate ``moved``.
    """
    now = require(comparable(run), run, 2, "putting a trial back")
    model = headline_model(run, len(now))
    reasons = exclusions(run)
    base = meta(run, now, model).estimate
    rows, pools = [], []
    added = could_be_put_back(run)
    for trial in added["label"]:
        pools.append(pd.concat([now, added[added["label"] == trial]]))
        m = meta(run, pools[-1], model)
        rows.append(
            {
                "label": trial, "estimate": m.estimate, "lower": m.lower, "upper": m.upper,
                "tau2": m.tau2, "i2_from_q": m.i2_from_q, "moved": m.estimate - base,
                "why": reasons.text("reason", group1_level=trial),
            }
        )  # fmt: skip
    if not rows:
        raise UserError("no excluded trial has a contrast that could be put back")
    return _sensitivity(run, pd.DataFrame(rows), pools, "put-back", model)


def _sensitivity(
    run: ContrastRun, rows: pd.DataFrame, pools: list[pd.DataFrame], analysis_id: str, model: str
) -> Results:
    rows = rows.assign(
        conclusion=[
            pooled_verdict(run, pool, row.estimate, row.lower, row.upper)
            for row, pool in zip(rows.itertuples(index=False), pools, strict=True)
        ],
        tau2=rows["tau2"] if model == "random" else math.nan,
        margin=run.margin if run.margin is not None else np.nan,
    )
    every = {
        "estimate": Stat("estimate", "Difference", DIGITS, run.unit),
        "lower": Stat("conf.low", "Lower limit", DIGITS, run.unit),
        "upper": Stat("conf.high", "Upper limit", DIGITS, run.unit),
        "tau2": Stat("tau2", "tau²", DIGITS),
        "i2_from_q": Stat("i2", "I²", 0, form=percent),
        "margin": Stat("margin", "Margin", DIGITS, run.unit),
        "conclusion": Stat("conclusion", "Non-inferiority"),
        "moved": Stat("moved", "Moves the estimate by", DIGITS, run.unit),
        "why": Stat("reason", "Why it is left out"),
    }
    return from_frame(
        rows.assign(
            group1_level=rows["label"], variable=run.param, variable_level=run.window, source=LEDGER
        ),
        present(every, rows),
        analysis_id=analysis_id,
        group1="study",
        context="published",
        method=method_of(run, model),
        **run.result_labels,
    )
