"""How notebook 5 looks: the single-arm studies of a product among other series."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import replace

from analysis.contrasts.age import READING, SAME_AGE
from analysis.display.contrasts_forest import Row, forest
from analysis.display.figures import Figure
from analysis.display.reading import Reading
from analysis.display.sections import (
    has,
    is_absent,
    method_words,
    numbers,
    or_reason,
    reason_of,
)
from analysis.display.tables import Column, Table
from analysis.results import Results
from analysis.words import begins_sentence, counted

HOW_MUCH = {
    "all": "would account for the whole difference",
    "all or a part": "could account for all of it or for a part, and would leave {left} of it",
    "a part": "would account for a part of it at most, and would leave {left} unexplained",
    "none": "would account for none of it, and would leave {left} unexplained",
}
"""How far healthy growth goes → in words."""

Words = Mapping[Hashable, str]


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


@or_reason
def series_table(series: Results) -> Table:
    """Show the series side by side, those of the product first."""
    medians = [
        *([Column("Median", "{median}")] if has(series, "median") else []),
        *([Column("Percentiles", "{percentiles}", "text")] if has(series, "percentiles") else []),
    ]
    return Table(
        title="First year of growth hormone, series by series, cm/year",
        results=series,
        groups="variable_level",
        labels={"group1_level": "Series", "group2_level": "Product"},
        columns=[
            Column("n", "{n}"),
            Column("Mean (SD)", "{mean} ({sd})"),
            Column("Interval", "{conf.low} to {conf.high}"),
            *medians,
            Column("Before", "{baseline}"),
            Column("Age, years", "{age}", "text"),
            Column("Analysed", "{analysis.set}", "text"),
            Column("As described", "{described}", "text"),
            *([Column("Remark", "{remark}", "text")] if has(series, "remark") else []),
        ],
        footnotes=[
            "None is randomised against another; a dash is what the ledger does not hold. "
            "Interval: of the mean. Before: mean velocity before treatment. Age: at the start; "
            "admitted: the ages that the study took in.",
            "Not shown: arms without treatment, of several products together, and on methionyl or "
            f"pituitary hormone. {begins_sentence(method_words(series))}.",
        ],
    )


@or_reason
def unanchored_table(unanchored: Results) -> Table:
    """Show what differs between the series besides the treatment."""
    methods = dict.fromkeys(unanchored.frame["method"])
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
            *(f"{begins_sentence(method)}." for method in methods),
            "The studies of the product itself are not part of that spread.",
        ],
        folded=True,
    )


@or_reason
def unanchored_figure(unanchored: Results) -> Figure:
    """Draw the differences between series with both kinds of uncertainty."""
    pairs = numbers(unanchored, "estimate", "conf.low", "conf.high", "wide.low", "wide.high")
    words = unanchored.wide().to_dict("records")
    rows: list[Row] = []
    said: list[str] = []
    for row, value in zip(words, pairs.to_dict("records"), strict=True):
        if not rows or row["group1_level"] != words[len(said) - 1]["group1_level"]:
            # A heading: a row in bold that has no mark.
            rows.append(
                Row(label=f"{row['group1_level']} minus:", detail="", words="", kind="pooled")
            )
        rows.append(_difference(row, value))
        said.append(f"{row['group1_level']} minus {row['group2_level']}: {rows[-1].words}")
    figure = forest(
        rows,
        title="Series never randomised against each other: unanchored differences",
        results=unanchored,
        xlabel="Difference in height velocity, cm/year",
        caption="Thick bar: sampling error alone, where n and SD are in the ledger; thin bar, and "
        "the numbers: with the spread that the other studies have among themselves. Not "
        "randomised, no verdict.",
    )
    lead = "Forest plot of differences between series that were never randomised"
    return replace(figure, alt=f"{lead}. {'; '.join(said)}.")


def _difference(row: Words, value: Mapping[Hashable, float]) -> Row:
    """Return one row of the forest; the numbers are those of the wider interval, if any."""
    ends = {name: None if value[name] != value[name] else value[name] for name in value}
    low, high = row.get("wide.low"), row.get("wide.high")
    spread = f" ({low} to {high})" if isinstance(low, str) else " (no interval)"
    return Row(
        label=str(row["group2_level"]), detail="", kind="faint", words=f"{row['estimate']}{spread}",
        estimate=ends["estimate"], low=ends["conf.low"], high=ends["conf.high"],
        wide_low=ends["wide.low"], wide_high=ends["wide.high"],
    )  # fmt: skip


@or_reason
def age_reading(age: Results) -> Reading:
    """Say what age could explain of the difference between two single-arm studies."""
    rows = {row["variable_level"]: row for row in age.wide().to_dict("records")}
    words, gap, apart = rows[READING], rows["Age gap"], rows["Difference at month 12"]
    faster, other = apart["group1_level"], apart["group2_level"]
    children, indication = words["children"], words["indication"]
    before = rows.get("Difference before treatment")
    already = f"; before treatment the difference was {before['estimate']}" if before else ""
    healthy = " and ".join(
        f"{row['estimate']}{_range(row)} in the {name.partition(', ')[2]}"
        for name, row in rows.items()
        if name.startswith("Healthy difference")
    )
    left = " and ".join(
        f"{row['estimate']}{_range(row)}"
        for name, row in rows.items()
        if name.startswith("Left unexplained")
    )
    return Reading(
        [
            f"{faster} grew {apart['estimate']} cm/year more than {other}{already}. The "
            f"{children} of {faster} were {_younger(words, gap)}.",
            f"The yearly growth of healthy {children} of these ages differs by {healthy}; growth "
            f"like theirs {HOW_MUCH[words['conclusion']].format(left=left)}.",
            f"Treated {children} with {indication} need not slow as healthy {children} do, so age "
            "is a possible explanation, not a shown one.",
        ],
        age,
    )


def _younger(words: Words, gap: Words) -> str:
    if words["direction"] == SAME_AGE:
        return SAME_AGE
    middle = ", a range of ages standing at its middle" if _range(gap) else ""
    return f"{words['direction']} by {gap['estimate']} years{_range(gap)}{middle}"


def _range(row: Words) -> str:
    known = isinstance(row.get("min"), str)
    return f" ({row['min']} to {row['max']})" if known else ""


@or_reason
def age_table(age: Results) -> Table:
    """Show the arithmetic on age."""
    quantities = Results(age.frame[age.frame["variable_level"] != READING])
    faster, other = quantities.frame[["group1_level", "group2_level"]].iloc[0]
    return Table(
        title="What age could explain of the difference",
        results=quantities,
        labels={"variable_level": "Quantity"},
        columns=[
            Column("Value", "{estimate}"),
            Column("Range", "{min} to {max}"),
            Column("Unit", "{unit}", "text"),
            Column("Rests on", "{basis}", "text"),
        ],
        footnotes=[
            f"{faster} minus {other}. Range: over all ages that the study took in, where only "
            "these are known, as far as the reference goes. The reference's medians hold the "
            "growth of healthy children's puberty.",
        ],
        folded=True,
    )
