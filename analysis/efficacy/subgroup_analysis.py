"""Subgroups: the adjusted difference in each, and whether the differences differ."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.efficacy.primary import DIGITS, ancova
from analysis.efficacy.settings import Settings, analysis_data
from analysis.errors import UserError
from analysis.numbers import p_value
from analysis.results import Results, Stat, from_frame, present
from analysis.stats.ancova import fit_ancova
from analysis.stats.term_tests import subgroup_effects


def subgroups(settings: Settings) -> Results:
    """Return the treatment difference in every subgroup, with interaction p-values.

    Parameters
    ----------
    settings
        What is analysed; `subgroups` names variables of ADSL. A numeric one is split at its
        median.

    Returns
    -------
    Results
        One row per subgroup: n, difference, interval; one ``p.value`` per variable for the
        interaction; a variable that cannot be analysed says why.

    Notes
    -----
    ANCOVA as planned with the subgroup and its interaction with the arm; equal weights. Not
    adjusted for multiplicity, and not powered.
    """
    data = analysis_data(settings)
    pair = data[data["ARM"].isin([settings.treatment, settings.reference])]
    rows: list[dict[str, object]] = [_overall(settings)]
    for name in settings.subgroups:
        try:
            rows += _one_variable(settings, pair, name)
        except UserError as error:
            rows.append({"group1_level": name, "group2_level": "", "reason": str(error)})
    unit = settings.endpoint.unit
    found = pd.DataFrame(rows)
    stats = {
        "n": Stat("n", "n", 0),
        "estimate": Stat("estimate", "Difference", DIGITS, unit),
        "low": Stat("conf.low", "Lower limit", DIGITS, unit),
        "high": Stat("conf.high", "Upper limit", DIGITS, unit),
        "p": Stat("p.value", "p of the interaction", 3, form=p_value),
        "reason": Stat("reason", "Not estimable, because"),
    }
    return from_frame(
        found.assign(
            variable=settings.endpoint.name,
            population=settings.population,
            source=settings.trial.plan.id,
        ),
        present(stats, found),
        analysis_id="subgroups",
        group1="subgroup",
        group2="level",
        context="subgroups",
        method=f"ANCOVA with interaction, level {settings.conf_level:g}",
        **settings.result_labels,
    )


def _overall(settings: Settings) -> dict[str, object]:
    found = ancova(settings)
    return {
        "group1_level": "All",
        "group2_level": "",
        "n": found.fit.n_records,
        "estimate": found.contrast.estimate,
        "low": found.contrast.lower,
        "high": found.contrast.upper,
    }


def _one_variable(settings: Settings, data: pd.DataFrame, name: str) -> list[dict[str, object]]:
    data = data.assign(SUBGROUP=_levels(data[name])).query("SUBGROUP != ''")
    if data["SUBGROUP"].nunique() < 2:
        raise UserError(f"{name} has one level only among those analysed")
    cells = data.groupby(["SUBGROUP", "ARM"]).size().unstack(fill_value=0)
    if (cells == 0).any(axis=None):
        empty = cells.index[(cells == 0).any(axis=1)][0]
        raise UserError(f"{name}: the subgroup '{empty}' has no participant in one of the arms")
    strata = [stratum for stratum in settings.strata if stratum != name]
    fit = fit_ancova(
        data,
        response="RESPONSE",
        factors=["ARM", "SUBGROUP", *strata],
        covariates=list(settings.covariates),
        interactions=[("ARM", "SUBGROUP")],
        std_errors="model",
    )
    effects, test = subgroup_effects(
        fit, "ARM", "SUBGROUP", reference=settings.reference, weights="equal",
        level=settings.conf_level,
    )  # fmt: skip
    sizes = data["SUBGROUP"].value_counts()
    rows: list[dict[str, object]] = [
        {
            "group1_level": name,
            "group2_level": dict(effect.groups)["SUBGROUP"],
            "n": sizes[dict(effect.groups)["SUBGROUP"]],
            "estimate": effect.estimate,
            "low": effect.lower,
            "high": effect.upper,
        }
        for effect in effects
        if effect.label.startswith(settings.treatment)
    ]
    rows[0]["p"] = test.p_value
    return rows


def _levels(values: pd.Series) -> pd.Series:
    """Return the subgroup of each value; numbers are split at their median."""
    if not pd.api.types.is_numeric_dtype(values):
        return values.astype(str)
    middle = float(values.median())
    return pd.Series(
        np.select([values <= middle, values > middle], [f"≤ {middle:g}", f"> {middle:g}"], ""),
        index=values.index,
    )
