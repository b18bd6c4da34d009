"""Differences between single arms that were never randomised against each other."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from analysis.contrasts.forest import forest, given_rows, row_of
from analysis.contrasts.settings import ContrastRun
from analysis.contrasts.single_arm import SINGLE_ARM, UNIT, VELOCITY_IN_WORDS, in_words, single_arms
from analysis.display.figures import Figure
from analysis.display.forest_rows import Row
from analysis.display.rows import interval, method_sentences
from analysis.display.tables import Column, Table
from analysis.errors import UserError
from analysis.numbers import fixed
from analysis.results import Results, section
from analysis.stats import dispersion
from analysis.stats.differences import difference_of_means
from analysis.words import numbered

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


@section
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
    difference = pairs["mean"] - pairs["mean_other"]
    records = pairs.to_dict("records")
    low, high = zip(*(_sampling(run, pair) for pair in records), strict=True)
    frame = pd.DataFrame(
        {
            "group1_level": pairs["name"],
            "group2_level": pairs["name_other"],
            "variable": VELOCITY_IN_WORDS,
            "variable_level": pairs["indication"].map(in_words),
            "source": pairs["source_id"] + "; " + pairs["source_id_other"],
            "note": pairs["result_ids"] + "; " + pairs["result_ids_other"],
            "method": [_method(run, pair) for pair in records],
            "estimate": difference,
            "conf.low": low,
            "conf.high": high,
            "wide.low": difference - half,
            "wide.high": difference + half,
            "imbalance": [_imbalance(pair) for pair in records],
            "conclusion": NOT_RANDOMISED,
        }
    )
    return run.results(
        frame, "unanchored", group1="series", group2="other series", context=SINGLE_ARM, unit=UNIT
    )


@unanchored.shows
def unanchored_figure(unanchored: Results, _: ContrastRun) -> Figure:
    """Draw the differences between series with both kinds of uncertainty."""
    rows: list[Row] = []
    said: list[str] = []
    before = ""
    for row, value in given_rows(unanchored):
        own, other = row["group1_level"], row["group2_level"]
        if own != before:
            rows.append(Row(label=f"{own} minus:", detail="", words="", kind="heading"))
            before = own
        rows.append(_difference(row, value))
        said.append(f"{own} minus {other}: {rows[-1].words}")
    figure = forest(
        rows,
        title="Series never randomised against each other: unanchored differences",
        results=unanchored,
        xlabel="Difference in height velocity, cm/year",
        favours=("more growth in the other series", "more growth in the series above"),
        caption="Thick bar: sampling error alone, where n and SD are in the ledger; thin bar, and "
        "the numbers: with the spread that the other studies have among themselves. Not "
        "randomised, no verdict.",
    )
    lead = "Forest plot of differences between series that were never randomised"
    return replace(figure, alt=f"{lead}, the first minus the second. {'; '.join(said)}.")


def _difference(row: Mapping[Any, Any], value: Mapping[Any, Any]) -> Row:
    """Return one row of the forest; the numbers are those of the wider interval, if any."""
    drawn = row_of((row, value), label=row["group2_level"], detail="", kind="faint", wide="wide")
    return replace(drawn, words=interval(row, "wide.low", "wide.high"))


@unanchored.shows
def unanchored_table(unanchored: Results, _: ContrastRun) -> Table:
    """Show what differs between the series besides the treatment."""
    return Table(
        title="Unanchored differences between series, cm/year",
        results=unanchored,
        groups="group1_level",
        labels={"group2_level": "Against"},
        columns=[
            Column("Difference", "{estimate}"),
            Column("Sampling error only", "{conf.low} to {conf.high}"),
            Column("With the spread between series", "{wide.low} to {wide.high}"),
            Column("What differs", "{imbalance}", "text"),
            Column("Verdict", "{conclusion}", "text"),
        ],
        footnotes=[
            *method_sentences(unanchored),
            "The studies of the product itself are not part of that spread.",
        ],
        folded=True,
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
        f"spread of the means of the {numbered(int(pair['k']), 'other study')} "
        f"{fixed(pair['spread'], 2)} "
        f"{UNIT}"
        if pd.notna(pair["spread"])
        else f"fewer than {ENOUGH} other studies, so no spread between them"
    )
    return f"unanchored difference; Welch; {spread}; {run.level_words}"


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
