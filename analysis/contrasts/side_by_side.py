"""The single-arm studies of a product side by side with the other series, and in a sentence."""

from collections.abc import Hashable, Mapping

import numpy as np
import pandas as pd

from analysis.contrasts.printed_ages import COLUMNS
from analysis.contrasts.settings import ContrastRun
from analysis.contrasts.single_arm import (
    SINGLE_ARM,
    UNIT,
    VELOCITY_IN_WORDS,
    in_words,
    judged,
    single_arms,
)
from analysis.display.rows import method_sentences
from analysis.display.tables import Column, Table
from analysis.numbers import fixed
from analysis.results import Results, is_absent, reason_of, section
from analysis.sources.schemas import INDICATIONS, PERCENTILES
from analysis.stats.dispersion import with_interval
from analysis.words import counted, numbered

Words = Mapping[Hashable, str]
"""A row of results as written."""
BEFORE = {"baseline": "baseline", "dose": "dose.per.day"}
"""Column on the time before treatment, and the dose → statistic."""
INTERVAL = "{conf.low} to {conf.high}"
SPREADS = (("p10", "p90", "10th to 90th"), ("p25", "p75", "quartiles"), ("min", "max", "range"))


@section
def series(run: ContrastRun) -> Results:
    """Return the series side by side, with what can be seen of their differences.

    Returns
    -------
    Results
        Per series (``group1_level``; ``variable_level`` is its indication): ``n``, ``mean``,
        ``sd`` and ``conf.low``, ``conf.high`` of the mean; ``median`` and percentiles, in
        numbers and as ``percentiles`` in words; ``baseline``, ``dose.per.day``; ``age.words`` and
        ``age.mean``, ``age.median``, ``age.min``, … in numbers; ``analysis.set``,
        ``described``, ``remark``, ``indication``; and for the product's own ``asked.product``.
    """
    return _as_results(run, single_arms(run))


@section
def own_series(run: ContrastRun) -> Results:
    """Return the rows of `series` on the product's own single-arm studies."""
    frame = single_arms(run)
    return _as_results(run, frame[frame["own"] != ""])


def _as_results(run: ContrastRun, frame: pd.DataFrame) -> Results:
    frame = with_interval(frame, conf_level=run.conf_level)
    left_out = _left_out(run)
    texts = {"population": "analysis.set", "description": "described", "remark": "remark"}
    named = ("n", "mean", "sd", "conf_low", "conf_high", *PERCENTILES, *BEFORE, *COLUMNS)
    kept = {name: BEFORE.get(name, name.replace("_", ".")) for name in named}
    rows = frame[[*kept, *texts]].rename(columns=kept | texts)
    rows = rows.assign(
        **{
            "group1_level": frame["name"],
            "group2_level": frame["product"],
            "variable": VELOCITY_IN_WORDS,
            "variable_level": frame["indication"].map(in_words),
            "population": frame["population"],
            "n_population": frame["n"],
            "source": frame["source_id"],
            "note": frame["result_ids"],
            "asked.product": np.where(frame["own"] != "", run.product, ""),
            "indication": frame["indication"].map(INDICATIONS),
            "conf.level": np.where(frame["conf_low"].notna(), run.conf_level, np.nan),
            "percentiles": [_spread_words(row) for row in frame.to_dict("records")],
            "age.words": frame["age"],
            # As the papers print them.
            "places:mean": frame["decimals"],
            "places:sd": frame["sd_decimals"],
            **{f"places:{name}": frame["median_places"] for name in PERCENTILES},
        }
    )
    return run.results(
        rows,
        "single-arm-series",
        group1="series",
        group2="product",
        context=SINGLE_ARM,
        unit=UNIT,
        method=f"interval of a mean by t, {run.level_words}"
        + (f"; left out: {left_out}" if left_out else ""),
    )


@series.shows
def series_table(series: Results, _: ContrastRun) -> Table:
    """Show the series side by side, those of the product first.

    A report has a mean or a median, and few have both or a remark: these share a column.
    """
    medians, remarks = (len(series.select(stat_name=name)) for name in ("median", "remark"))
    return Table(
        title="First year of growth hormone, series by series, cm/year",
        results=series,
        groups="variable_level",
        labels={"group1_level": "Series", "group2_level": "Product"},
        columns=[
            Column("n", "{n}"),
            Column(
                f"Mean (SD){', or median' if medians else ''}",
                ["{mean} ({sd}); median {median}", "{mean} ({sd})", "median {median}"],
            ),
            Column(
                f"Interval{', or percentiles' if medians else ''}",
                ["{conf.low} to {conf.high}; {percentiles}", INTERVAL, "{percentiles}"],
            ),
            Column("Before", "{baseline}"),
            Column("Age, years", "{age.words}", "text"),
            Column("Analysed", "{analysis.set}", "text"),
            Column(
                f"As described{', with remarks' if remarks else ''}",
                ["{described}; {remark}", "{described}", "{remark}"],
                "text",
            ),
        ],
        footnotes=[
            "None is randomised against another; a dash is what the ledger does not hold. "
            "Interval: of the mean. Before: mean velocity before treatment. Age: at the start; "
            "admitted: the ages that the study took in.",
            "Not shown: arms without treatment, of several products together, and on methionyl or "
            f"pituitary hormone. {method_sentences(series)[0]}",
        ],
    )


def own_series_sentence(results: Results) -> str:
    """Say what the product's single-arm studies found; "" for a product that has none.

    Parameters
    ----------
    results
        Those of `analysis.contrasts.single_arm.own_series`, or why there are none.
    """
    if why := reason_of(results):
        return "" if is_absent(results) else f"Single-arm studies: {why}."
    by_indication: dict[str, list[Words]] = {}
    for row in results.wide().to_dict("records"):
        by_indication.setdefault(row["indication"], []).append(row)
    product = results.select(stat_name="asked.product").frame["stat_fmt"].iloc[0]
    said = [_of_indication(product, name, rows) for name, rows in by_indication.items()]
    return " ".join([*said, "Nothing was randomised, so there is no verdict."])


def _of_indication(product: str, indication: str, rows: list[Words]) -> str:
    grew = [f"{_growth(row)} in {row['group1_level']}" for row in rows]
    # Names of arms hold commas.
    each = " and ".join(grew) if len(grew) < 3 else f"{'; '.join(grew[:-1])}; and {grew[-1]}"
    return (
        f"{product} in {indication}: {counted(len(rows), 'single arm')} and no comparator; "
        f"height velocity in the first year was {each}."
    )


def _growth(row: Words) -> str:
    """Return the growth of one series as a sentence gives it: a mean, or else a median."""
    mean = isinstance(row.get("mean"), str)
    known = [
        f"{words} {row[name]}" if words else row[name]
        for words, name in (("SD", "sd"), ("", "percentiles"), ("n", "n"))
        if isinstance(row.get(name), str) and not (mean and name == "percentiles")
    ]
    value = f"{row['mean']} cm/year" if mean else f"a median of {row['median']} cm/year"
    return f"{value} ({', '.join(known)})" if known else value


def _left_out(run: ContrastRun) -> str:
    """Count the arms of the same indications that are not shown, by reason."""
    counts = judged(run).query("why_out != ''")["why_out"].value_counts()
    arms = [f"{numbered(count, 'arm')} {why}" for why, count in counts.items()]
    return ", ".join(arms)


def _spread_words(row: dict[str, float]) -> str:
    places = int(row["median_places"]) if pd.notna(row["median_places"]) else 1
    return "; ".join(
        f"{words} {fixed(row[low], places)} to {fixed(row[high], places)}"
        for low, high, words in SPREADS
        if pd.notna(row[low]) and pd.notna(row[high])
    )
