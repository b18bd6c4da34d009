"""Section 3: the two single-arm Turner studies of Valtropin among the other Turner series.

Nothing here is randomised, so nothing here is a verdict.
"""

from __future__ import annotations

import re
from functools import lru_cache

import numpy as np
import pandas as pd

from analysis.contrasts.settings import ContrastRun
from analysis.errors import UserError
from analysis.numbers import fixed, percent
from analysis.programme import TWELVE_MONTHS, with_interval
from analysis.results import Results, Stat, from_frame
from analysis.sources import dispersion
from analysis.sources.audit import excluded_results
from analysis.sources.evidence import arm_summaries
from analysis.stats.differences import difference_of_means

TURNER = "TS"
UNIT = "cm/year"
NOT_RANDOMISED = "not randomised: no verdict"


@lru_cache(maxsize=16)
def turner_series(run: ContrastRun) -> pd.DataFrame:
    """Return one row a Turner series with a 12-month height velocity on growth hormone.

    Parameters
    ----------
    run
        What is compared; its confidence, inclusions and exclusions count, its indication and
        endpoint do not.

    Returns
    -------
    pandas.DataFrame
        ``study_id, arm_id, name, valtropin, n, mean, sd, baseline, baseline_sd, age, age_sd,
        dose, population, description, source_id, result_ids``; Valtropin's studies first.

    Raises
    ------
    UserError
        If the studies of Valtropin have no value with enough confidence.
    """
    ledger = run.ledger
    at_12 = arm_summaries(
        ledger, paramcd="HV", months=TWELVE_MONTHS, indication=TURNER,
        min_confidence=run.min_confidence,
    )  # fmt: skip
    audited = set(excluded_results(list(run.findings)).index)
    out = at_12["result_ids"].map(lambda ids: bool(audited & set(ids.split("; ")))).astype(bool)
    own = ledger.identities.rename(columns={"arm_id": "own_arm", "study_id": "own_study"})
    own = own.rename(columns={"same_as_study_id": "study_id", "same_as_arm_id": "arm_id"})
    names = own.set_index(["study_id", "arm_id"])["own_arm"].str.replace("-", " ")
    series = at_12[
        (at_12["evidence"] == "trial") & ~out & ~at_12["study_id"].isin(run.exclude)
    ].copy()
    key = pd.MultiIndex.from_frame(series[["study_id", "arm_id"]])
    series["valtropin"] = names.reindex(key).to_numpy()
    if series["valtropin"].isna().all():
        raise UserError("no 12-month height velocity of the Turner studies of Valtropin is left")
    several = series.groupby("study_id")["arm_id"].transform("size") > 1
    arm = series["label"] + (", " + series["arm"]).where(several, "")
    series["name"] = ("Turner " + series["valtropin"]).fillna(arm)
    for param, months, column in (
        ("HV", 0.0, "baseline"), ("AGE", 0.0, "age"), ("DOSE", None, "dose"),
    ):  # fmt: skip
        for statistic, name in (("mean", column), ("sd", f"{column}_sd")):
            values = _value(run, param, months, statistic)
            series[name] = values.reindex(key).to_numpy()
    described = ledger.studies.set_index("study_id")["description"]
    series["description"] = series["study_id"].map(described)
    order = series["valtropin"].fillna("~") + series["label"]
    return series.loc[order.sort_values(kind="stable").index].reset_index(drop=True)


def _value(run: ContrastRun, param: str, months: float | None, statistic: str) -> pd.Series:
    rows = run.ledger.results
    rows = rows[(rows["paramcd"] == param) & (rows["statistic"] == statistic)]
    rows = rows[rows["reference_arm_id"] == ""]
    if months is not None:
        rows = rows[rows["months"] == months]
    return rows.groupby(["study_id", "arm_id"])["value"].first()


def series(run: ContrastRun) -> Results:
    """Return the Turner series side by side, with what can be seen of their differences.

    Returns
    -------
    Results
        Per series: ``n``, ``mean``, ``sd`` and ``conf.low``, ``conf.high`` of the mean,
        ``baseline``, ``age``, ``dose`` where printed, ``analysis.set`` and ``described``.
    """
    frame = with_interval(turner_series(run), conf_level=run.conf_level)
    return from_frame(
        frame.assign(
            group1_level=frame["name"],
            group2_level=frame["product"],
            variable="Height velocity",
            variable_level="Month 12",
            n_population=frame["n"],
            source=frame["source_id"],
            note=frame["result_ids"],
            level=np.where(frame["conf_low"].notna(), run.conf_level, np.nan),
            sd_places=frame["sd_decimals"].fillna(1),
        ),
        {
            "n": Stat("n", "n", 0),
            "mean": Stat("mean", "Mean", "decimals", UNIT),
            "sd": Stat("sd", "SD", "sd_places", UNIT),
            "conf_low": Stat("conf.low", "Lower limit", 2, UNIT),
            "conf_high": Stat("conf.high", "Upper limit", 2, UNIT),
            "level": Stat("conf.level", "Confidence level", 0, form=percent),
            "baseline": Stat("baseline", "Before treatment", 1, UNIT),
            "age": Stat("age", "Mean age", 1, "years"),
            "dose": Stat("dose", "Daily dose", 3, "mg/kg/day"),
            "population": Stat("analysis.set", "Analysed"),
            "description": Stat("described", "As described"),
        },
        analysis_id="turner-series",
        group1="series",
        group2="product",
        context="single arm",
        method=f"t interval of a mean, level {run.conf_level:g}",
        **run.result_labels,
    )


def between_series(run: ContrastRun) -> tuple[float, int]:
    """Return the SD of the series' means, one a study, and the number of studies."""
    means = turner_series(run).groupby("study_id")["mean"].mean()
    if len(means) < 3:
        raise UserError(
            f"the spread between Turner series needs three series or more, and {len(means)} are "
            "left"
        )
    return float(means.std(ddof=1)), len(means)


def unanchored(run: ContrastRun) -> Results:
    """Return the differences between Valtropin's Turner studies and every other series.

    Returns
    -------
    Results
        Per pair: ``estimate``; ``conf.low`` and ``conf.high``, the sampling error alone, where
        n and SD are printed; ``wide.low`` and ``wide.high``, which also hold what sets two
        series apart; ``imbalance`` in words; ``conclusion`` "not randomised: no verdict".

    Notes
    -----
    Unanchored: no arm is common to the two series, so age, dose, era, assessment and chance
    all enter. The wide interval is t(k − 1) · √2 · the SD of the k series' means: how far two
    series of this field lie apart without either being better.
    """
    found = turner_series(run)
    spread, k = between_series(run)
    wide = float(dispersion.t_quantile(run.conf_level, k - 1)) * np.sqrt(2) * spread
    ours = found[found["valtropin"].notna()]
    pairs = ours.merge(found, how="cross", suffixes=("", "_other"))
    position = found.set_index("name").index
    pairs = pairs[[
        position.get_loc(a) < position.get_loc(b)
        for a, b in zip(pairs["name"], pairs["name_other"], strict=True)
    ]].reset_index(drop=True)  # fmt: skip
    pairs["estimate"] = pairs["mean"] - pairs["mean_other"]
    limits = [_sampling(run, pair) for pair in pairs.to_dict("records")]
    pairs[["low", "high"]] = pd.DataFrame(limits, index=pairs.index)
    return from_frame(
        pairs.assign(
            group1_level=pairs["name"],
            group2_level=pairs["name_other"],
            variable="Height velocity",
            variable_level="Month 12",
            wide_low=pairs["estimate"] - wide,
            wide_high=pairs["estimate"] + wide,
            imbalance=[_imbalance(pair) for pair in pairs.to_dict("records")],
            conclusion=NOT_RANDOMISED,
            source=pairs["source_id"] + "; " + pairs["source_id_other"],
            note=pairs["result_ids"] + "; " + pairs["result_ids_other"],
        ),
        {
            "estimate": Stat("estimate", "Difference", 1, UNIT),
            "low": Stat("conf.low", "Lower limit, sampling only", 1, UNIT),
            "high": Stat("conf.high", "Upper limit, sampling only", 1, UNIT),
            "wide_low": Stat("wide.low", "Lower limit, with spread between series", 1, UNIT),
            "wide_high": Stat("wide.high", "Upper limit, with spread between series", 1, UNIT),
            "imbalance": Stat("imbalance", "What differs"),
            "conclusion": Stat("conclusion", "Verdict"),
        },
        analysis_id="unanchored",
        group1="series",
        group2="other series",
        context="single arm",
        method=f"unanchored difference; Welch; spread of {k} series' means "
        f"{fixed(spread, 2)} {UNIT}; level {run.conf_level:g}",
        **run.result_labels,
    )


def _sampling(run: ContrastRun, pair: dict[str, float]) -> tuple[float, float]:
    """Return the Welch limits, missing where n or SD are not printed."""
    known = [pair[name] for name in ("n", "sd", "n_other", "sd_other")]
    if any(pd.isna(value) for value in known):
        return np.nan, np.nan
    d = difference_of_means(
        mean_test=pair["mean"], sd_test=pair["sd"], n_test=int(pair["n"]),
        mean_reference=pair["mean_other"], sd_reference=pair["sd_other"],
        n_reference=int(pair["n_other"]), method="welch", level=run.conf_level,
    )  # fmt: skip
    return float(d.lower or 0), float(d.upper or 0)


def _imbalance(pair: dict[str, object]) -> str:
    """Say what is known of the differences between two series other than the treatment."""
    parts = [
        f"{words} {_shown(pair, name, digits)} v {_shown(pair, f'{name}_other', digits)}"
        for name, words, digits in (
            ("age_words", "age", None),
            ("baseline", "velocity before", 1),
            ("n", "n", 0),
            ("population", "analysed:", None),
        )
        if _shown(pair, name, digits) != _shown(pair, f"{name}_other", digits)
    ]
    return "; ".join(parts)


def _shown(pair: dict[str, object], name: str, digits: int | None) -> str:
    if name.startswith("age_words"):
        side = name.removeprefix("age_words")
        age = pair[f"age{side}"]
        text = re.search(AGES, str(pair[f"description{side}"]))
        if isinstance(age, float) and pd.notna(age):
            return f"{fixed(age, 1)} y"
        return f"{text[1]} to {text[2]} y" if text else "not printed"
    value = pair[name]
    if digits is None:
        return str(value)
    return fixed(float(value), digits) if pd.notna(value) else "?"  # type: ignore[arg-type]


AGES = r"age (\d+)\s*-\s*(\d+) y"
"""How the ledger writes the ages admitted to a study."""
