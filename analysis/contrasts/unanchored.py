"""Section 3: differences between single arms that were never randomised against each other."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.contrasts.settings import ContrastRun
from analysis.contrasts.single_arm import UNIT, in_words, single_arms
from analysis.errors import UserError
from analysis.numbers import fixed
from analysis.results import Results, Stat, from_frame
from analysis.stats import dispersion
from analysis.stats.differences import difference_of_means

NOT_RANDOMISED = "not randomised: no verdict"
ENOUGH = 3
"""Other studies from which a spread between studies is taken."""
DESCRIBED = (
    ("age", "age (years)", 0),
    ("baseline", "velocity before", 1),
    ("dose", "dose (mg/kg/day)", 3),
    ("n", "n", 0),
    ("population", "analysed", 0),
)
"""What sets two series apart besides the treatment: column, words, decimals."""


def spread_of_others(run: ContrastRun) -> pd.DataFrame:
    """Return how far the means of the other studies lie apart, by indication.

    Returns
    -------
    pandas.DataFrame
        By ``indication``: ``k`` studies and the ``spread``, the SD of their means, one a
        study; missing for fewer than `ENOUGH`.

    Notes
    -----
    The product's own studies are not among them: a series must not widen the interval that
    tells whether it is unusual.
    """
    found = single_arms(run)
    others = found[found["own"] == ""].dropna(subset=["mean"])
    means = others.groupby(["indication", "study_id"])["mean"].mean().groupby("indication")
    spread = pd.DataFrame({"k": means.size(), "spread": means.std(ddof=1)})
    spread["spread"] = spread["spread"].where(spread["k"] >= ENOUGH)
    return spread.reindex(dict.fromkeys(found["indication"])).fillna({"k": 0})


def unanchored(run: ContrastRun) -> Results:
    """Return the differences between the product's own series and every other one.

    Returns
    -------
    Results
        Per pair: ``estimate``; ``conf.low`` and ``conf.high``, the sampling error alone, where
        n and SD are printed; ``wide.low`` and ``wide.high``, which also hold what sets two
        series apart; ``imbalance`` in words; ``conclusion`` "not randomised: no verdict".

    Notes
    -----
    Unanchored: no arm is common to the two series, so age, dose, era, assessment and chance
    all enter. The wide interval is t(k − 1) · √2 · the SD of the means of the k other studies:
    how far two series of this field lie apart without either being better. A series that
    prints a median and no mean has no difference.
    """
    pairs = _pairs(single_arms(run))
    if pairs.empty:
        raise UserError("no other series of the indication has a mean to compare with")
    pairs = pairs.join(spread_of_others(run), on="indication")
    wide = dispersion.t_quantile(run.conf_level, pairs["k"].where(pairs["k"] >= ENOUGH) - 1)
    half = wide * np.sqrt(2) * pairs["spread"]
    pairs["estimate"] = pairs["mean"] - pairs["mean_other"]
    limits = [_sampling(run, pair) for pair in pairs.to_dict("records")]
    pairs[["low", "high"]] = pd.DataFrame(limits, index=pairs.index)
    return from_frame(
        pairs.assign(
            group1_level=pairs["name"],
            group2_level=pairs["name_other"],
            variable="Height velocity at month 12",
            variable_level=pairs["indication"].map(in_words),
            wide_low=pairs["estimate"] - half,
            wide_high=pairs["estimate"] + half,
            imbalance=[_imbalance(pair) for pair in pairs.to_dict("records")],
            conclusion=NOT_RANDOMISED,
            source=pairs["source_id"] + "; " + pairs["source_id_other"],
            note=pairs["result_ids"] + "; " + pairs["result_ids_other"],
            method=[_method(run, pair) for pair in pairs.to_dict("records")],
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
        **run.result_labels,
    )


def _pairs(found: pd.DataFrame) -> pd.DataFrame:
    """Return each own series beside every later one of its indication that has a mean."""
    found = found[found["mean"].notna()].reset_index(drop=True)
    found["place"] = found.index
    own = found[found["own"] != ""]
    pairs = own.merge(found, on="indication", suffixes=("", "_other"))
    return pairs[pairs["place"] < pairs["place_other"]].reset_index(drop=True)


def _method(run: ContrastRun, pair: dict[str, float]) -> str:
    spread = (
        f"spread of the means of the {pair['k']:.0f} other studies {fixed(pair['spread'], 2)} "
        f"{UNIT}"
        if pd.notna(pair["spread"])
        else f"fewer than {ENOUGH} other studies, so no spread between them"
    )
    return f"unanchored difference; Welch; {spread}; level {run.conf_level:g}"


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
    # A Welch interval has both limits.
    return float(d.lower or 0), float(d.upper or 0)


def _imbalance(pair: dict[str, object]) -> str:
    """Say what is known of the differences between two series other than the treatment."""
    differ, known_once = [], []
    for name, words, digits in DESCRIBED:
        one, other = (_shown(pair[f"{name}{side}"], digits) for side in ("", "_other"))
        if one and other and one != other:
            differ.append(f"{words} {one} v {other}")
        elif one != other:
            known_once.append(words)
    if known_once:
        differ.append(f"in the ledger for one of the two only: {', '.join(known_once)}")
    return "; ".join(differ)


def _shown(value: object, digits: int) -> str:
    if isinstance(value, str):
        return value
    return fixed(float(value), digits) if pd.notna(value) else ""  # type: ignore[arg-type]
