"""How notebook 5 looks: the forests of its sections."""

from __future__ import annotations

from analysis.display.answer_forest import pooled_rows
from analysis.display.contrasts_forest import Margin, Row, forest
from analysis.display.figures import Figure
from analysis.display.html import BADGES
from analysis.display.reading import Reading
from analysis.display.sections import both, interval, number, or_reason, reason_of
from analysis.results import Results, combine
from analysis.words import begins_sentence


def _first(results: Results, name: str) -> int:
    return int((results.frame["stat_name"] == name).to_numpy().argmax())


def _trials(studies: Results, kind: str = "trial") -> list[Row]:
    words, values = both(studies)
    return [
        Row(
            label=row["group1_level"], detail=row["group2_level"], words=interval(row),
            kind=kind, estimate=number(value, "estimate"), low=number(value, "conf.low"),
            high=number(value, "conf.high"),
        )
        for row, value in zip(words, values, strict=True)
    ]  # fmt: skip


def margin_of(*several: Results) -> list[Margin]:
    """Return the first margin among results, as a line of a forest; none where there is none."""
    for results in several:
        found = results.select(stat_name="margin").frame
        if len(found):
            value, words = float(found["stat"].iloc[0]), str(found["stat_fmt"].iloc[0])
            return [Margin(value, f"margin {words}")]
    return []


@or_reason
def synthesis_figure(studies: Results, pooled: Results, unit: str) -> Figure:
    """Draw the pooled trials with their weights, fixed and random effects, and the margin."""
    words, values = both(studies)
    rows = [
        Row(
            label=row["group1_level"], detail=f"{row['group2_level']}; weight {row['weight']}",
            words=interval(row), estimate=number(value, "estimate"),
            low=number(value, "conf.low"), high=number(value, "conf.high"),
        )
        for row, value in zip(words, values, strict=True)
    ]  # fmt: skip
    return forest(
        [*rows, *pooled_rows(pooled)],
        title="Synthesis: long-acting or follow-on against daily somatropin",
        results=combine([studies, pooled]),
        xlabel=f"Difference, {unit}",
        caption="Dot: one trial; weight: its share in the model of the headline. Diamonds: "
        "pooled differences; thin line: prediction interval. Dashed: the margin.",
        margins=margin_of(pooled),
    )


def overlay_figure(trial: Results, studies: Results, field: Results) -> Figure | Reading:
    """Draw a trial's own estimate beside the published contrasts, never among them."""
    if why := reason_of(trial):
        return Reading([f"No trial stands beside the published contrasts: {why}."], trial)
    status = trial.frame["data_status"].iloc[0]
    badge = BADGES[status]
    published = [] if reason_of(studies) else [*_trials(studies), *pooled_rows(field)]
    own = [
        Row(
            label=f"{begins_sentence(status)}: {row.label}",
            detail=f"trial {row.detail}: {badge.lower()}", words=row.words,
            kind="synthetic" if status == "synthetic" else "patient level",
            estimate=row.estimate, low=row.low, high=row.high,
        )
        for row in _trials(trial)
    ]  # fmt: skip
    unit = trial.frame["unit"].iloc[_first(trial, "estimate")]
    return forest(
        [*published, *own],
        title="A trial at patient level beside the published contrasts",
        results=trial if not published else combine([studies, field, trial]),
        xlabel=f"Difference, {unit}",
        caption=f"Square, under the line: the trial, {badge.lower()}. Side by side, never pooled: "
        f"the diamonds hold the published trials alone.{_namesake(own, published)}",
        margins=margin_of(trial, field),
    )


def _namesake(own: list[Row], published: list[Row]) -> str:
    """Warn where the trial compares two products that a published one compares, too."""
    labels = {row.label for row in published}
    same = [name for row in own if (name := row.label.partition(": ")[2]) in labels]
    if not same:
        return ""
    return f" The square is not the published trial of {same[0]} in the same figure."
