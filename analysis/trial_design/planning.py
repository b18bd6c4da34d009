"""The planning values that the ledger gives, each with its rule and its sources."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.contrasts.answer import answer, asked_contrasts
from analysis.contrasts.headline import field
from analysis.contrasts.inclusion import comparable
from analysis.contrasts.mixture import sets_of_trials
from analysis.contrasts.plausible import comparable_arms
from analysis.contrasts.settings import ContrastRun
from analysis.errors import UserError
from analysis.sources.arm_summaries import RESIDUAL
from analysis.words import counted, in_sentence, listed

COMPLETED = "COMPLETE"
"""Endpoint of the ledger that counts who completed."""
OF_ALL = "all"
"""Role of an arm that stands for all arms of its study together."""


@dataclass(frozen=True, slots=True)
class PlanningValue:
    """A value that a trial is planned with.

    Attributes
    ----------
    value
        In the unit of what it is; a share is a fraction.
    route
        How it follows from the ledger, in words.
    source
        Source ids.
    """

    value: float
    route: str
    source: str


def effect(run: ContrastRun) -> PlanningValue:
    """Return the pooled difference of the trials that are closest to the asked contrast.

    Raises
    ------
    UserError
        If no trial is comparable.

    Notes
    -----
    The smallest set of pooled trials that holds one of the asked contrast, else all comparable
    trials: a product is planned from its kind where its kind was tried.
    """
    pooled = field(run).wide("stat").assign(words=field(run).wide()["group1_level"])
    sets = sets_of_trials(comparable(run))
    asked = asked_contrasts(run)
    studies = set(asked.loc[asked["estimate"].notna(), "study_id"]) if len(asked) else set()
    holding = [name for name, rows in sets.items() if studies & set(rows["study_id"])]
    name = min(holding or sets, key=lambda each: len(sets[each]) if holding else 0)
    row = pooled[pooled["group2_level"] == name].iloc[0]
    route = (
        f"difference of {sets[name]['label'].iloc[0]}, the one comparable trial of its kind"
        if len(sets[name]) == 1
        else f"pooled difference of {counted(len(sets[name]), 'trial')} "
        f"({in_sentence(name)}), {in_sentence(row['words'])}"
    )
    return PlanningValue(
        float(row["estimate"]),
        route,
        "; ".join(dict.fromkeys(sets[name]["source_id"])),
    )


def sd(run: ContrastRun) -> PlanningValue:
    """Return the SD within arms, pooled over the comparable arms that print one and their n.

    Raises
    ------
    UserError
        If no arm prints both.
    """
    arms = comparable_arms(run)
    observed = ~arms["sd_method"].str.endswith(RESIDUAL)
    arms = arms[observed & arms["sd"].notna() & (arms["n"] > 1)]
    if arms.empty:
        raise UserError("no comparable arm prints an SD and its n")
    df = arms["n"] - 1
    names = [f"{row.label}, {row.arm} ({row.sd:.2f}, n {row.n:.0f})" for row in arms.itertuples()]
    return PlanningValue(
        float(np.sqrt((df * arms["sd"] ** 2).sum() / df.sum())),
        f"pooled over {counted(len(arms), 'arm')}: {listed(names)}",
        "; ".join(dict.fromkeys(arms["source_id"])),
    )


def correlation(run: ContrastRun) -> PlanningValue:
    """Return what covariates explain in the asked contrast's best report, as a correlation.

    Notes
    -----
    None is counted on where that report does not let it be seen: the cautious end.
    """
    row = answer(run).wide("stat").iloc[0]
    explained = row.get("explained", np.nan)
    if pd.isna(explained):
        unknown = (
            "no report of the asked contrast shows what covariates explain: none is counted on"
        )
        return PlanningValue(0.0, unknown, run.source)
    words = answer(run).wide().iloc[0]
    return PlanningValue(
        float(np.sqrt(explained)),
        f"root of the variance that covariates would have to explain in {words['group2_level']} "
        f"({words['explained']}\u202f%)",
        answer(run).frame["source"].iloc[0],
    )


def dropout(run: ContrastRun) -> PlanningValue:
    """Return the share that did not complete, over the arms of randomised trials.

    Raises
    ------
    UserError
        If no arm prints how many completed, and of how many.
    """
    rows = run.ledger.select(indication=run.indication, min_confidence=run.min_confidence)
    rows = rows.described()
    rows = rows[
        (rows["paramcd"] == COMPLETED) & (rows["statistic"] == "n") & (rows["n"] > 0)
        & rows["months"].between(*run.months) & (rows["randomised"] == "yes")
        & (rows["evidence"] == "trial") & (rows["role"] != OF_ALL)
        & ~rows["study_id"].isin(run.exclude)
    ]  # fmt: skip
    rows = rows.drop_duplicates(["study_id", "arm_id"])
    if rows.empty:
        raise UserError("no arm of a randomised trial prints how many completed")
    lost, all_of_them = float((rows["n"] - rows["value"]).sum()), float(rows["n"].sum())
    studies = list(dict.fromkeys(rows["label"]))
    return PlanningValue(
        lost / all_of_them,
        f"{lost:.0f} of {all_of_them:.0f} did not complete, in {listed(studies)}",
        "; ".join(dict.fromkeys(rows["source_id"])),
    )


FROM_LEDGER: dict[str, Callable[[ContrastRun], PlanningValue]] = {
    "effect": effect,
    "sd": sd,
    "correlation": correlation,
    "dropout": dropout,
}
"""Assumption → what gives it from the ledger."""
