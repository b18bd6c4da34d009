"""How notebook 5 looks: its first screen and its forests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from analysis.display.contrasts_forest import Row, forest
from analysis.display.figures import Figure
from analysis.display.html import BADGES
from analysis.display.reading import Reading
from analysis.display.sections import NOT_ESTIMABLE, or_reason
from analysis.results import Results, combine
from analysis.sources.schemas import INDICATIONS

MANY = 14
"""Rows that the first screen has room for."""
VERDICTS = {
    "non-inferior": "so non-inferiority is shown",
    "not shown": "so non-inferiority is not shown",
}


def reason_of(results: Results) -> str:
    """Return why a section has no results; "" where it has some."""
    rows = results.frame
    missing = len(rows) and (rows["context"] == NOT_ESTIMABLE).all()
    return results.text("reason") if missing else ""


def both(results: Results) -> tuple[list[dict[Any, Any]], list[dict[Any, Any]]]:
    """Return the rows of results as written and as numbers."""
    return results.wide().to_dict("records"), results.wide("stat").to_dict("records")


def number(row: Mapping[Any, Any], name: str) -> float | None:
    """Return one number of a row, None where it is missing."""
    value = row.get(name)
    return None if value is None or pd.isna(value) else float(value)


def interval(row: Mapping[Any, Any], low: str = "conf.low", high: str = "conf.high") -> str:
    """Return estimate and interval of a row as written."""
    if not isinstance(row.get("estimate"), str):
        return "not estimable"
    limits = [row.get(low), row.get(high)]
    if not all(isinstance(limit, str) for limit in limits):
        return f"{row['estimate']} (no interval)"
    return f"{row['estimate']} ({limits[0]} to {limits[1]})"


def answer(
    document: Results, turner: Results, studies: Results, field: Results, indication: str
) -> Reading:
    """Say what is known of Valtropin in GHD, in Turner syndrome, and of the field.

    Parameters
    ----------
    document
        The contrast of the source document's controlled trial.
    turner
        The Turner series.
    studies, field
        The contrasts that are pooled, and the headline; or why there are none.
    indication
        Code of the indication that the run asks about.
    """
    sentences = [
        f"{row['group1_level'].replace(' − ', ' against ')} in "
        f"{INDICATIONS[row['group2_level']]}: public aggregate data hold nothing "
        f"quantitative. The contrast is {row['conclusion']}, because {row['reason']}."
        for row in document.wide().to_dict("records")
    ]
    sentences += [
        _turner_sentence(turner),
        *_field_sentences(studies, field, INDICATIONS[indication]),
    ]
    return Reading(sentences, combine([document, turner, studies, field]), heading="The answer")


def _turner_sentence(turner: Results) -> str:
    if why := reason_of(turner):
        return f"Valtropin in Turner syndrome: {why}."
    ours = [
        row for row in turner.wide().to_dict("records")
        if row["group1_level"].startswith("Turner Study")
    ]  # fmt: skip
    each = " and ".join(
        f"{row['mean']} cm/year (SD {row['sd']}, n {row['n']}) in "
        f"{row['group1_level'].removeprefix('Turner ')}{_printed_as(row['group2_level'])}"
        for row in ours
    )
    return (
        f"Valtropin in Turner syndrome: {_counted(len(ours), 'single arm')} and no comparator. "
        f"Growth in the first year was {each}. Nothing was randomised, so there is no verdict."
    )


def _printed_as(product: str) -> str:
    return "" if product == "Valtropin" else f" (printed as {product})"


def _counted(count: int, noun: str) -> str:
    words = {1: "one", 2: "two", 3: "three", 4: "four", 5: "five", 6: "six"}
    return f"{words.get(count, count)} {noun}{'s' if count != 1 else ''}"


def _field_sentences(studies: Results, field: Results, indication: str) -> list[str]:
    stands = f"Where the field stands in {indication}"
    if why := reason_of(field):
        return [f"{stands}: {why}."]
    words = field.wide().to_dict("records")
    if words[0]["group1"] == "product":
        each = "; ".join(f"{row['group1_level']} {interval(row)}" for row in words)
        return [f"{stands}, by a network through daily somatropin: {each}."]
    row = words[0]
    classes = studies.select(stat_name="product.class").frame["stat_fmt"]
    kinds = " or ".join(f"{name} products" for name in dict.fromkeys(classes))
    unit = field.frame["unit"].iloc[_first(field, "estimate")]
    trials = "one randomised trial" if row["k"] == "1" else f"{row['k']} randomised trials"
    sentence = (
        f"{stands}: {trials} of {kinds} against daily somatropin can be used. "
        f"Test minus daily is {interval(row)} {unit}"
        f"{'' if row['k'] == '1' else ' (' + row['group1_level'].lower() + ')'}"
    )
    if row["conclusion"] in VERDICTS:
        sentence += f"; the margin is {row['margin']}, {VERDICTS[row['conclusion']]}"
    said = [f"{sentence}."]
    if isinstance(row.get("prediction.low"), str):
        said.append(
            f"A new trial like these would lie between {row['prediction.low']} and "
            f"{row['prediction.high']}: the trials differ more than chance allows for."
            if _spread(field)
            else f"A new trial like these would lie between {row['prediction.low']} and "
            f"{row['prediction.high']}."
        )
    if "follow-on daily" not in set(classes):
        said.append("No trial of a follow-on (biosimilar) product can be pooled here.")
    return said


def _first(results: Results, name: str) -> int:
    return int((results.frame["stat_name"] == name).to_numpy().argmax())


def _spread(field: Results) -> bool:
    """Say whether Cochran's test speaks against one common effect."""
    p = number(field.wide("stat").to_dict("records")[0], "q.p")
    return p is not None and p < 0.05


def answer_figure(
    document: Results, within: Results, studies: Results, field: Results, unit: str
) -> Figure | Reading:
    """Draw the missing contrast above the trials and their pooled difference."""
    words = document.wide().to_dict("records")
    rows = [
        Row(label=row["group1_level"], detail=f"{row['group2_level']}, pivotal trial",
            words=row["conclusion"], kind="missing")
        for row in words
    ]  # fmt: skip
    if reason_of(studies):
        rows += _listed(within)
        shown = combine([document, within])
    else:
        rows += [*_trials(studies), *_pooled(field)]
        shown = combine([document, studies, field])
    if len(rows) == len(words):
        return Reading(["No other contrast can be drawn for this indication."], document)
    margin, margin_words = margin_of(field, within)
    return forest(
        rows[:MANY],
        title="Growth against daily somatropin: what is known, and what is not",
        results=shown,
        xlabel=f"Difference, test minus reference{f', {unit}' if unit else ''}",
        caption="Dot: difference of one trial; bar: its interval. Diamond: pooled difference; "
        "thin line: where a new trial is expected. Dashed: the non-inferiority margin.",
        margin=margin,
        margin_words=margin_words,
    )


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


def _pooled(field: Results) -> list[Row]:
    """Return the headline as diamonds: one, or one a product of the network."""
    if reason_of(field):
        return []
    words, values = both(field)
    network = words[0]["group1"] == "product"
    return [
        Row(
            label=row["group1_level"] if network else f"Pooled, {row['group1_level'].lower()}",
            detail=f"network, against {row['group2_level']}" if network else _trials_words(row),
            words=interval(row), kind="pooled",
            estimate=number(value, "estimate"), low=number(value, "conf.low"),
            high=number(value, "conf.high"), wide_low=number(value, "prediction.low"),
            wide_high=number(value, "prediction.high"),
        )
        for row, value in zip(words, values, strict=True)
        if number(value, "estimate") is not None and (network or row["k"] != "1")
    ]  # fmt: skip


def _trials_words(row: Mapping[Any, Any]) -> str:
    said = f"{row['group2_level'].lower()}, k {row['k']}"
    if isinstance(row.get("prediction.low"), str):
        return f"{said}; prediction {row['prediction.low']} to {row['prediction.high']}"
    return said


def _listed(within: Results) -> list[Row]:
    """Return all randomised pairs, also those that cannot be estimated."""
    if reason_of(within):
        return []
    words, values = both(within)
    rows = []
    for row, value in zip(words, values, strict=True):
        known = number(value, "estimate") is not None
        rows.append(
            Row(
                label=row["group1_level"], detail=row["group2_level"],
                words=interval(row), kind="trial" if known else "faint",
                estimate=number(value, "estimate"), low=number(value, "conf.low"),
                high=number(value, "conf.high"),
            )
        )  # fmt: skip
    return rows


def margin_of(*several: Results) -> tuple[float | None, str]:
    """Return the first margin among results, as a number and as written."""
    for results in several:
        found = results.select(stat_name="margin").frame
        if len(found):
            return float(found["stat"].iloc[0]), str(found["stat_fmt"].iloc[0])
    return None, ""


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
    margin, margin_words = margin_of(pooled)
    return forest(
        [*rows, *_pooled(pooled)],
        title="Synthesis: long-acting or follow-on against daily somatropin",
        results=combine([studies, pooled]),
        xlabel=f"Difference, {unit}",
        caption="Dot: one trial; weight: its share in the model of the headline. Diamonds: "
        "pooled differences; thin line: prediction interval. Dashed: the margin.",
        margin=margin,
        margin_words=margin_words,
    )


def overlay_figure(trial: Results, studies: Results, field: Results) -> Figure | Reading:
    """Draw a trial's own estimate beside the published contrasts, never among them."""
    if why := reason_of(trial):
        return Reading([f"No trial stands beside the published contrasts: {why}."], trial)
    badge = BADGES[trial.frame["data_status"].iloc[0]]
    published = [] if reason_of(studies) else [*_trials(studies), *_pooled(field)]
    own = [
        Row(
            label=row.label, detail=f"trial {row.detail}: {badge.lower()}", words=row.words,
            kind="patient level", estimate=row.estimate, low=row.low, high=row.high,
        )
        for row in _trials(trial)
    ]  # fmt: skip
    margin, margin_words = margin_of(trial, field)
    unit = trial.frame["unit"].iloc[_first(trial, "estimate")]
    return forest(
        [*published, *own],
        title="A trial at patient level beside the published contrasts",
        results=trial if not published else combine([studies, field, trial]),
        xlabel=f"Difference, {unit}",
        caption=f"Square: the trial, {badge.lower()}. Side by side, never pooled: the diamond "
        "holds the published trials alone.",
        margin=margin,
        margin_words=margin_words,
    )
