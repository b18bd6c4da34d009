"""Where a change in velocity is analysed: the velocity itself, and why it is shown."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.display import columns
from analysis.display.reading import Reading
from analysis.display.rows import method_words, unit_words
from analysis.display.tables import Column, Table
from analysis.efficacy.analysis_data import analysis_data
from analysis.efficacy.primary import Primary, analyse, bound_columns, to_be_shown
from analysis.efficacy.rows import described, endpoint_results
from analysis.efficacy.settings import Settings
from analysis.efficacy.single_arm import pairs
from analysis.errors import NoSection, UserError
from analysis.exact import deviation
from analysis.growth.units import is_velocity
from analysis.numbers import level, shown
from analysis.results import STATISTICS, Results, section
from analysis.results.intervals import interval_columns
from analysis.thresholds import below
from analysis.words import in_sentence

if TYPE_CHECKING:
    from analysis.sources.evidence import Ledger

BASELINE = "BASE"
CHANGE, ITSELF = "The change, as analysed", "The velocity itself"
SAME = "the same difference: the baseline is in the model, and a change is the value less it"
SUCCESSIVE = ("CORUNTR", "CORPRE")
"""Endpoints of the ledger: a child's growth in one period against that in the period before."""
BREAK_EVEN = 0.5
"""At equal spread s, a change has the variance 2 s² (1 − r): more than the value's s² below it."""
ALL = "All"
"""In place of a study: the row on all of them."""
ADDS, TAKES, EITHER = "adds noise", "takes noise away", "may do either"
NOISE = {
    ADDS: "every one of these lies below it, so a change in velocity carries noise that the "
    "velocity itself does not",
    TAKES: "none of these lies below it, so a change in velocity varies less than the velocity "
    "itself",
    EITHER: "these lie on both sides of it, so whether a change in velocity varies more or less "
    "than the velocity itself is open",
}
"""Conclusion → in a sentence."""
MORE, LESS, AS_MUCH = "more", "less", "as much"
VARIES = {
    MORE: "more than the velocity itself",
    LESS: "less than the velocity itself",
    AS_MUCH: "as much as the velocity itself",
}
"""How a change varies → in a sentence."""


def _require_velocity(run: Settings) -> None:
    """Raise `NoSection` where the endpoint is no change in a velocity."""
    endpoint = run.endpoint
    unit = endpoint.unit or run.trial.plan.units.get(endpoint.paramcd, "")
    if endpoint.value != "CHG" or not is_velocity(unit):
        raise NoSection("the endpoint is no change in a velocity")


@section
def successive_growth(run: Settings) -> Results:
    """Return how strongly one child's successive growth is related, as published.

    Returns
    -------
    Results
        ``r`` and ``n`` of each published correlation, and one row with the ``conclusion``: a
        change from baseline *adds noise*, *takes noise away*, or *may do either*.

    Notes
    -----
    With equal variances before and after, a change has a larger variance than the value itself
    where the correlation is below one half. Analysis of covariance leaves the share 1 − r² of
    the variance, never more than either.
    """
    # Imported late: the answer does not wait for the ledger's schemas.
    from analysis.sources.evidence import load_ledger

    _require_velocity(run)
    return correlations(run, load_ledger())


def correlations(run: Settings, ledger: Ledger) -> Results:
    """Return the correlations of successive growth in a ledger, and what they say."""
    rows = ledger.described()
    rows = rows[rows["paramcd"].isin(SUCCESSIVE) & (rows["statistic"] == "r")]
    rows = rows[rows["value"].notna()].sort_values(
        "paramcd", key=lambda codes: codes.map(SUCCESSIVE.index), kind="stable"
    )
    if rows.empty:
        raise NoSection("the ledger has no correlation of successive growth")
    frame = pd.DataFrame(
        {
            "group1_level": rows["label"],
            "group2_level": rows["arm"],
            "variable": rows["endpoint_printed"],
            "variable_level": rows["result_id"],
            "source": rows["source_id"],
            "population": rows["population"],
            "r": rows["value"],
            "places:r": rows["decimals"],
            "n": rows["n"],
        }
    )
    verdict = {
        "group1_level": ALL,
        "break.even": BREAK_EVEN,
        "conclusion": _noise(rows["value"]),
        "source": "; ".join(dict.fromkeys(rows["source_id"])),
    }
    return run.results(
        pd.concat([frame, pd.DataFrame([verdict])], ignore_index=True).assign(
            n_population="", data_status="published"
        ),
        "successive-growth",
        group1="study",
        group2="arm",
        context="published",
        method="correlations as printed",
    )


def _noise(correlations: pd.Series) -> str:
    adds = below(correlations, BREAK_EVEN)
    if adds.all():
        return ADDS
    return EITHER if adds.any() else TAKES


@successive_growth.shows
def successive_reading(successive: Results, _run: Settings) -> Reading:
    """Say why the velocity itself stands beside its change."""
    rows = successive.wide().to_dict("records")
    each = "; ".join(
        f"{in_sentence(row['variable'])}, r {row['r']} ({row['group1_level']}, "
        f"{row['group2_level']}{_sized(row)})"
        for row in rows
        if row["group1_level"] != ALL
    )
    even = successive.text("break.even")
    noise = NOISE[successive.text("conclusion", group1_level=ALL)]
    return Reading(
        [
            f"Why the velocity itself stands beside its change: published correlations of one "
            f"child's successive growth are {each}. A change varies more than the value itself "
            f"where the correlation is below {even}, at equal spread: {noise}. Where arms are "
            "compared, analysis of covariance with the baseline as a covariate leaves no more "
            "variance than either."
        ],
        successive,
    )


def _sized(row: Mapping[Hashable, object]) -> str:
    return f", n {row['n']}" if isinstance(row.get("n"), str) else ""


@section
def velocity_itself(run: Settings) -> Results:
    """Return the difference in the change as analysed, and in the velocity itself likewise.

    Returns
    -------
    Results
        For the change and for the velocity: ``estimate``, ``std.error``, ``parameter`` (df),
        ``conf.low``, ``conf.high``, ``bound``, ``conclusion`` at the same bound, and
        ``se.ratio``: the standard error over that of the change.

    Raises
    ------
    NoSection
        If the endpoint is no change in a velocity.

    Notes
    -----
    Model of the velocity: arm, strata, covariates of the run, and the baseline velocity. Where
    the baseline is a covariate already, a change is the value less a term of the model, so that
    difference, standard error and verdict are the same; it is not computed twice.
    """
    _require_velocity(run)
    change, label = analyse(run), f"{ITSELF}, by {run.model}"
    if baseline_in_model(run):
        rows = [_row(CHANGE, change, change), _row(label, change, change) | {"detail": SAME}]
    else:
        value = run.endpoint.model_copy(update={"value": "AVAL"})
        covariates = (*run.covariates, BASELINE)
        itself = analyse(replace(run, endpoint=value, covariates=covariates))
        rows = [_row(CHANGE, change, change), _row(label, itself, change)]
    return endpoint_results(run, rows, "velocity-itself", group1="analysis", context="sensitivity")


def _row(label: str, found: Primary, change: Primary) -> dict[str, Any]:
    own = found.settings
    errors = [float(each.contrast.std_error or math.nan) for each in (found, change)]
    return {
        "group1_level": label,
        "method": found.words,
        **interval_columns(found.contrast),
        **bound_columns(found.verdict),
        "conclusion": found.verdict.conclusion,
        "worse": found.verdict.worse_words,
        "se.ratio": errors[0] / errors[1],
        "detail": ", ".join(("arm", *own.words_of(*own.strata, *own.covariates))),
    }


def baseline_in_model(run: Settings) -> bool:
    """Say whether a covariate of the run is the baseline, by its name or by its values."""
    if BASELINE in run.covariates:
        return True
    data = analysis_data(run)
    if BASELINE not in data:
        return False
    baseline = data[BASELINE].to_numpy(dtype=float)
    return any(
        np.allclose(pd.to_numeric(data[name], errors="coerce"), baseline, equal_nan=True)
        for name in run.covariates
    )


@velocity_itself.shows
def itself_table(itself: Results, run: Settings) -> Table:
    """Show the difference in the change and in the velocity itself."""
    return Table(
        title=f"The change and the velocity itself{unit_words(itself)}",
        results=itself,
        labels={"group1_level": "Analysis"},
        columns=[
            columns.DIFFERENCE,
            *columns.PRECISION,
            columns.MARGIN,
            Column(to_be_shown(run).objective.capitalize(), columns.VERDICT, "text"),
            Column("SE over that of the change", "{se.ratio}"),
            Column("Model", "{detail}", "text"),
        ],
        footnotes=[f"Population: {run.population_words}. {method_words(itself)}."],
    )


@section
def own_velocity(run: Settings) -> Results:
    """Return the velocity itself of a single arm, and how its spread compares with the change's.

    Returns
    -------
    Results
        ``n``, ``mean``, ``conf.low``, ``conf.high`` and ``sd`` of the velocity, ``sd.change``,
        ``sd.ratio`` (change over velocity), ``r`` of baseline and velocity, and the
        ``conclusion``: the change varies *more*, *less*, or *as much*.

    Raises
    ------
    NoSection
        If the endpoint is no change in a velocity.
    UserError
        If fewer than two participants have both velocities, or all have the same.
    """
    _require_velocity(run)
    data = pairs(run)
    if data[["BASE", "AVAL"]].nunique().min() < 2:
        raise UserError("all participants have the same velocity, before or during treatment")
    row = described(data["AVAL"], "n", "mean", "conf.low", "conf.high", "sd", level=run.conf_level)
    sd_change = deviation(data["CHANGE"])
    row |= {
        "group1_level": run.treatment,
        "variable": run.endpoint.paramcd,
        "sd.change": sd_change,
        "sd.ratio": sd_change / row["sd"],
        "r": data["BASE"].corr(data["AVAL"]),
        "conclusion": _spread(sd_change, row["sd"], run.places + STATISTICS["sd"].places),
    }
    method = f"Observed values; t interval of the mean, level {level(run.conf_level)}"
    return endpoint_results(run, [row], "velocity-itself", group1="arm", method=method)


def _spread(change: float, value: float, places: int) -> str:
    """Return how the spreads compare; to the decimals that are shown, so that words fit them."""
    more = shown(change, places) - shown(value, places)
    return MORE if more > 0 else LESS if more < 0 else AS_MUCH


@own_velocity.shows
def own_reading(own: Results, run: Settings) -> Reading:
    """Say the velocity itself of a single arm, and how its spread compares with the change's."""
    row = own.wide().to_dict("records")[0]
    return Reading(
        [
            f"The velocity itself, {row['variable_level']}: mean {row['mean']} "
            f"{run.endpoint.unit} ({row['conf.low']} to {row['conf.high']}), SD {row['sd']}, n "
            f"{row['n']}. The change has an SD of {row['sd.change']} and varies "
            f"{VARIES[row['conclusion']]} (ratio {row['sd.ratio']}); baseline and velocity are "
            f"correlated with r {row['r']}."
        ],
        own,
    )
