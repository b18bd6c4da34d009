"""How notebook 5 looks: the tables and sentences of the synthesis and of the network."""

from __future__ import annotations

from analysis.display.reading import Reading
from analysis.display.sections import has, method_words, or_reason, unit_words
from analysis.display.tables import Column, Table
from analysis.results import Results
from analysis.words import begins_sentence, counted


@or_reason
def pooled_table(pooled: Results) -> Table:
    """Show the pooled differences by model and set of trials."""
    return Table(
        title=f"Pooled differences{unit_words(pooled)}",
        results=pooled,
        groups="group2_level",
        labels={"group1_level": "Model"},
        columns=[
            Column("k", "{k}"),
            Column("Difference", "{estimate}"),
            Column("Interval", "{conf.low} to {conf.high}"),
            Column("Prediction interval", "{prediction.low} to {prediction.high}"),
            Column("tau² (limits)", "{tau2} ({tau2.low} to {tau2.high})"),
            Column("I²", "{i2}"),
            Column("Q, p", "{q}, {q.p}"),
            Column("Non-inferiority", "{conclusion}", "text"),
            *([Column("Remark", "{reason}", "text")] if has(pooled, "reason") else []),
        ],
        footnotes=[
            *(f"{begins_sentence(text)}." for text in dict.fromkeys(pooled.frame["method"])),
            "I² is (Q − df)/Q, 0 or more, by either model. Non-inferiority is judged for trials "
            "of one kind of product.",
            *_cautions(pooled),
        ],
    )


def _cautions(pooled: Results) -> list[str]:
    """Return what the first set of trials mixes, as a sentence."""
    rows = pooled.select(stat_name="caution").frame
    first = rows[rows["group2_level"] == pooled.frame["group2_level"].iloc[0]]
    return [f"{begins_sentence(text)}." for text in dict.fromkeys(first["stat_fmt"])]


@or_reason
def sensitivity_table(results: Results, title: str) -> Table:
    """Show the headline with one trial left out or put back."""
    return Table(
        title=title,
        results=results,
        labels={"group1_level": "Trial"},
        columns=[
            Column("Pooled difference", "{estimate}"),
            Column("Interval", "{conf.low} to {conf.high}"),
            Column("tau²", "{tau2}"),
            Column("I²", "{i2}"),
            Column("Non-inferiority", "{conclusion}", "text"),
            *([Column("Moves it by", "{moved}")] if has(results, "moved") else []),
            *([Column("Why it is left out", "{reason}", "text")] if has(results, "moved") else []),
        ],
        footnotes=[f"{begins_sentence(method_words(results))}."],
    )


@or_reason
def exclusions_table(exclusions: Results) -> Table:
    """Show every study that is not pooled, and why."""
    return Table(
        title="Exclusions: studies that are not pooled, and why",
        results=exclusions,
        labels={"group1_level": "Study"},
        columns=[
            Column("Id", "{study.id}", "text"),
            Column("Why", "{reason}", "text"),
            *(
                [Column("Its contrast, if put back", "{estimate} ({conf.low} to {conf.high})")]
                if has(exclusions, "estimate")
                else []
            ),
        ],
        footnotes=["Parameter include takes the ids; exclude takes those of pooled studies."],
        folded=True,
        empty="No study of the indication is left out.",
    )


@or_reason
def league_table(league: Results) -> Table:
    """Show every product against every other by the network."""
    return Table(
        title=f"League table: row minus column{unit_words(league)}",
        results=league,
        labels={"group1_level": "Product"},
        across="group2_level",
        columns=[Column("", "{estimate}\n{conf.low} to {conf.high}", "text")],
        footnotes=[f"{begins_sentence(method_words(league))}."],
    )


@or_reason
def consistency_reading(consistency: Results) -> Reading:
    """Say whether the network's consistency can be tested, and how the trials spread."""
    row = consistency.wide().to_dict("records")[0]
    said = [
        f"The network has {counted(int(row['k']), 'trial')} and "
        f"{counted(int(row['designs']), 'compared pair')}: {row['conclusion']}."
    ]
    if isinstance(row.get("q"), str):
        said.append(f"Trials of one pair differ with Q {row['q']} (p {row['q.p']}).")
    if isinstance(row.get("p.value"), str):
        said.append(f"Test of consistency: p {row['p.value']}.")
    if isinstance(row.get("tau2"), str):
        said.append(
            f"The spread between trials, tau² {row['tau2']}, rests on the pairs that were "
            "compared more than once and is carried by every trial."
        )
    return Reading(said, consistency)
