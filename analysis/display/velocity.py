"""How the velocity itself looks where a change in velocity is analysed."""

from __future__ import annotations

from analysis.display.reading import Reading
from analysis.display.sections import method_words, or_reason, unit_words
from analysis.display.tables import Column, Table
from analysis.results import Results
from analysis.words import in_sentence

NOISE = {
    "adds noise": "every one of these lies below it, so a change in velocity carries noise that "
    "the velocity itself does not",
    "takes noise away": "none of these lies below it, so a change in velocity varies less than "
    "the velocity itself",
    "may do either": "these lie on both sides of it, so whether a change in velocity varies more "
    "or less than the velocity itself is open",
}
VARIES = {
    "more": "more than the velocity itself",
    "less": "less than the velocity itself",
    "as much": "as much as the velocity itself",
}


@or_reason
def successive_reading(successive: Results) -> Reading:
    """Say why the velocity itself stands beside its change."""
    rows = successive.wide().to_dict("records")
    each = "; ".join(
        f"{in_sentence(row['variable'])}, r {row['r']} ({row['group1_level']}, "
        f"{row['group2_level']}{_sized(row)})"
        for row in rows
        if row["variable"]
    )
    even = successive.text("break.even")
    noise = NOISE[successive.text("conclusion", group1_level="All")]
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


def _sized(row: dict[str, object]) -> str:
    return f", n {row['n']}" if isinstance(row.get("n"), str) else ""


@or_reason
def itself_table(itself: Results, population: str) -> Table:
    """Show the difference in the change and in the velocity itself."""
    return Table(
        title=f"The change and the velocity itself{unit_words(itself)}",
        results=itself,
        labels={"group1_level": "Analysis"},
        columns=[
            Column("Difference", "{estimate}"),
            Column("SE", "{std.error}"),
            Column("df", "{parameter}"),
            Column("Interval", "{conf.low} to {conf.high}"),
            Column("Bound", "{margin}"),
            Column("Verdict", "{conclusion}", "text"),
            Column("SE over that of the change", "{se.ratio}"),
            Column("Model", "{detail}", "text"),
        ],
        footnotes=[f"Population: {population}. {method_words(itself)}."],
    )


@or_reason
def own_reading(own: Results, unit: str) -> Reading:
    """Say the velocity itself of a single arm, and how its spread compares with the change's."""
    row = own.wide().to_dict("records")[0]
    return Reading(
        [
            f"The velocity itself, {row['variable_level']}: mean {row['mean']} {unit} "
            f"({row['conf.low']} to {row['conf.high']}), SD {row['sd']}, n {row['n']}. The change "
            f"has an SD of {row['sd.change']} and varies {VARIES[row['conclusion']]} (ratio "
            f"{row['sd.ratio']}); baseline and velocity are correlated with r {row['r']}."
        ],
        own,
    )
