"""n, mean and SD of one endpoint, arm by arm, with the SD by the best route there is."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.errors import UserError
from analysis.sources.evidence import Ledger
from analysis.stats import dispersion

ARM_KEY = ["study_id", "arm_id", "population", "source_id", "printing"]
"""What tells one summary of an arm from another."""
RESIDUAL = " (adjusted: the residual SD)"
"""Ends the way in which an SD was obtained that is the residual one of a model."""


def per_arm(
    rows: pd.DataFrame, statistics: Sequence[str], *, key: Sequence[str] = ARM_KEY
) -> pd.DataFrame:
    """Return the ledger one row an arm, its statistics side by side.

    Parameters
    ----------
    rows
        Numbers of the ledger.
    statistics
        The columns; those that no arm has are missing throughout.
    key
        What tells one row from the next: an arm, a report of it, or a pair of arms.

    Returns
    -------
    pandas.DataFrame
        Indexed by `key`, in its order. Of several numbers the first that is known.
    """
    first = rows.groupby([*key, "statistic"])["value"].first()
    return first.unstack().reindex(columns=list(statistics)).rename_axis(columns=None)


def arm_summaries(
    ledger: Ledger,
    *,
    paramcd: str,
    months: float,
    indication: str = "all",
    min_confidence: str = "low",
) -> pd.DataFrame:
    """Return n, mean and SD of one endpoint per arm, and how each SD was obtained.

    Parameters
    ----------
    ledger
        The published ledger.
    paramcd
        Endpoint: ``"HV"``, ``"CHGHV"``, ``"HTSDS"``, …
    months
        Time since the start of treatment; 52 weeks and year 1 are 12 months, 0 is baseline.
    indication, min_confidence
        As in `Ledger.select`.

    Returns
    -------
    pandas.DataFrame
        One row per study, arm, analysis set, source and printing: ``study_id, label, arm_id,
        arm, indication, product, product_class, role, evidence, design, randomised,
        population, n, mean, decimals, unit, model, sd, sd_decimals, sd_method, sd_reference,
        source_id, result_ids, confidence``; decimals are those printed. ``sd_method`` is
        ``"reported"``, ``"derived from …"`` or ``"not estimable: …"``, then ``sd`` is missing.

    Raises
    ------
    UserError
        If the ledger has no such endpoint.

    Notes
    -----
    The SD is taken, in this order, from the paper's SD, the SE of the mean, the confidence
    interval of the mean, the interval of the difference between two arms, and the p-value of
    that difference. The last two give one SD that both arms share; where the difference is
    adjusted, it is the residual SD of the model. A single printed bound is used on its side.

    References
    ----------
    Cochrane Handbook for Systematic Reviews of Interventions, sections 6.5.2.2 and 6.5.2.3.

    Examples
    --------
    >>> from analysis.sources.evidence import load_ledger
    >>> found = arm_summaries(load_ledger(), paramcd="HV", months=12, indication="GHD")
    >>> found.set_index(["study_id", "arm_id"]).loc[("SOMATROGON-P3", "somatrogon"), "sd_method"]
    'derived from the interval of the difference (adjusted: the residual SD)'
    """
    if paramcd not in set(ledger.endpoints["paramcd"]):
        raise UserError(
            f"paramcd must be one of {', '.join(ledger.endpoints['paramcd'])}; got '{paramcd}'"
        )
    chosen = ledger.select(indication=indication, min_confidence=min_confidence)
    rows = chosen.described()
    rows = rows[(rows["paramcd"] == paramcd) & (rows["months"] == months)]
    arms = _one_row_per_arm(rows[rows["reference_arm_id"] == ""])
    shared = _shared_sd(arms, rows[rows["reference_arm_id"] != ""])
    return _choose_sd(arms.merge(shared, on=["study_id", "arm_id"], how="left"))


def _one_row_per_arm(rows: pd.DataFrame) -> pd.DataFrame:
    """Pivot the statistics of each arm into columns, beside what describes the arm."""
    described = [
        *ARM_KEY,
        *"label arm indication product product_class role".split(),
        *"evidence design randomised n unit".split(),
    ]
    statistics = ["mean", "sd", "se", "ci_low", "ci_high"]
    rows = rows[rows["statistic"].isin(statistics)]
    values = per_arm(rows, statistics).reset_index()
    means = rows[rows["statistic"] == "mean"]
    ids = rows.groupby(ARM_KEY)["result_id"].agg("; ".join).rename("result_ids").reset_index()
    sd_places = rows[rows["statistic"] == "sd"].set_index(ARM_KEY)["decimals"].rename("sd_decimals")
    limits = rows[rows["level"].notna()].groupby(ARM_KEY)[["level", "interval"]].first()
    return (
        means[[*described, "model", "decimals", "confidence"]]
        .merge(values, on=ARM_KEY)
        .merge(ids, on=ARM_KEY)
        .merge(sd_places.reset_index(), on=ARM_KEY, how="left")
        .merge(limits.reset_index(), on=ARM_KEY, how="left")
    )


def _shared_sd(arms: pd.DataFrame, contrasts: pd.DataFrame) -> pd.DataFrame:
    """Return the SD that both arms of a contrast share, from its interval and from its p."""
    columns = ["study_id", "arm_id", "sd_interval", "sd_p", "contrast_spread"]
    key = ["study_id", "arm_id", "reference_arm_id"]
    if contrasts.empty or arms.empty:
        return pd.DataFrame(columns=columns)
    wide = per_arm(contrasts, ["diff", "ci_low", "ci_high", "p"], key=key).reset_index()
    level = contrasts.groupby(key)["level"].first().reset_index()
    one = arms.drop_duplicates(["study_id", "arm_id"])[["study_id", "arm_id", "n", "mean"]]
    pairs = (
        wide.merge(level, on=key)
        .merge(one, on=["study_id", "arm_id"])
        .merge(
            one.rename(columns={"arm_id": "reference_arm_id"}),
            on=["study_id", "reference_arm_id"],
            suffixes=("", "_reference"),
        )
    )
    df = pairs["n"] + pairs["n_reference"] - 2
    difference = pairs["diff"].fillna(pairs["mean"] - pairs["mean_reference"])
    half_width = (pairs["ci_high"] - pairs["ci_low"]) / 2
    sizes = pairs["n"], pairs["n_reference"]
    by_interval = dispersion.se_from_interval(half_width, df, level=pairs["level"])
    by_p = dispersion.se_from_p(difference, pairs["p"], df)
    pairs["sd_interval"] = dispersion.sd_from_difference(by_interval, *sizes)
    pairs["sd_p"] = dispersion.sd_from_difference(by_p, *sizes)
    pairs["contrast_spread"] = half_width.fillna(pairs["p"])
    reference = pairs.drop(columns="arm_id").rename(columns={"reference_arm_id": "arm_id"})
    both = [pairs[columns], reference[columns]]
    # An arm in two contrasts keeps the first one printed.
    return pd.concat(both).groupby(["study_id", "arm_id"], as_index=False).first()


def _choose_sd(arms: pd.DataFrame) -> pd.DataFrame:
    """Take the SD from the best route there is and say which."""
    n, mean = arms["n"], arms["mean"]
    two_sided = arms["ci_low"].notna() & arms["ci_high"].notna()
    half_width = np.where(
        two_sided,
        (arms["ci_high"] - arms["ci_low"]) / 2,
        mean - arms["ci_low"].fillna(2 * mean - arms["ci_high"]),
    )
    sides = np.where(arms["interval"] == "one-sided", 1, 2)
    by_error = dispersion.sd_from_se(arms["se"], n)
    error = dispersion.se_from_interval(half_width, n - 1, level=arms["level"], sides=sides)
    by_interval = dispersion.sd_from_se(error, n)
    of_mean, shared = dispersion.FROM_SE, dispersion.FROM_DIFFERENCE
    routes = [
        (arms["sd"], "reported", ""),
        (by_error, "derived from the SE of the mean", of_mean),
        (by_interval, "derived from the interval of the mean", of_mean),
        (arms["sd_interval"], "derived from the interval of the difference", shared),
        (arms["sd_p"], "derived from the p-value of the difference", shared),
    ]
    known = [np.asarray(pd.notna(sd)) for sd, _, _ in routes]
    spread = arms[["se", "ci_low", "ci_high", "contrast_spread"]].notna().any(axis=1)
    what = np.where(spread, "a spread but no n of the value", "no spread of the arm")
    reason = [f"not estimable: the ledger has {each}" for each in what]
    sd = np.select(known, [np.asarray(sd, float) for sd, _, _ in routes], np.nan)
    method = pd.Series(np.select(known, [name for _, name, _ in routes], reason), arms.index)
    residual = method.str.startswith("derived") & (arms["model"] == "adjusted")
    used = "se ci_low ci_high level interval sd_interval sd_p contrast_spread".split()
    return arms.drop(columns=used).assign(
        sd=sd,
        sd_method=method.where(~residual, method + RESIDUAL),
        sd_reference=np.select(known, [reference for _, _, reference in routes], ""),
    )
