"""How the asked contrast looks: its forest, its table of reports and what the pairs come to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from analysis.display.contrasts_forest import Margin, Row, forest
from analysis.display.figures import Figure
from analysis.display.sections import both, has, interval, number, or_reason, reason_of, unit_of
from analysis.display.tables import Column, Table
from analysis.results import Results, combine
from analysis.words import begins_sentence, counted


def answer_figure(
    answer: Results, by_source: Results, relatives: Results, pooled: Results
) -> Figure:
    """Draw the asked contrast, its raw twin and other reports, its relatives and the field.

    Parameters
    ----------
    answer, by_source, relatives
        Of `analysis.contrasts.answer`; the last two may be a reason.
    pooled
        The pooled differences that the first screen shows; may be a reason.
    """
    rows = [*_asked_rows(answer), *_other_reports(by_source), *_relative_rows(relatives)]
    rows += pooled_rows(pooled)
    parts = [part for part in (answer, by_source, relatives, pooled) if not reason_of(part)]
    unit = unit_of(answer) or unit_of(relatives) or unit_of(pooled)
    contrast = answer.frame["group1_level"].iloc[0]
    return forest(
        rows,
        title=f"{contrast}: what is known",
        results=combine(parts),
        xlabel=f"Difference, test minus reference{f', {unit}' if unit else ''}",
        caption="Dot: difference of one trial; bar: its interval. Open dot: the printed means as "
        "they stand. Diamond: pooled difference of a class of products; thin line: where a new "
        "trial is expected. Dashed: non-inferiority margins.",
        margins=_margins(answer, pooled),
    )


def _asked_rows(answer: Results) -> list[Row]:
    row, value = (rows[0] for rows in both(answer))
    name = row["group1_level"]
    if number(value, "estimate") is None:
        return [Row(label=name, detail=row["indication"], words=row["conclusion"], kind="missing")]
    rows = [_row(row, value, detail=f"{row['group2_level']}: as reported", kind="asked")]
    if number(value, "raw.estimate") is not None:
        rows.append(
            Row(
                label=name, detail="printed means, unadjusted", kind="raw",
                words=f"{row['raw.estimate']} ({row['raw.low']} to {row['raw.high']})",
                estimate=number(value, "raw.estimate"), low=number(value, "raw.low"),
                high=number(value, "raw.high"),
            )
        )  # fmt: skip
    return rows


def _other_reports(by_source: Results) -> list[Row]:
    """Return the reports beside the best one; of a study without an estimate one row is enough."""
    if reason_of(by_source):
        return []
    words, values = both(by_source)
    shown = {words[0]["group2_level"]}
    rows = []
    # What can be estimated first, so that a study is not called inestimable beside its estimate.
    order = sorted(range(1, len(words)), key=lambda at: number(values[at], "estimate") is None)
    for at in order:
        study = words[at]["group2_level"]
        if number(values[at], "estimate") is None and study in shown:
            continue
        shown.add(study)
        rows.append(_row(words[at], values[at], detail=study, kind="faint"))
    return rows


def _relative_rows(relatives: Results) -> list[Row]:
    if reason_of(relatives):
        return []
    words, values = both(relatives)
    return [
        _row(row, value, detail=f"{row['group2_level']}, {row['time']}", kind="trial")
        for row, value in zip(words, values, strict=True)
        if number(value, "estimate") is not None
    ]


def pooled_rows(pooled: Results) -> list[Row]:
    """Return pooled differences as diamonds, one a class of products."""
    if reason_of(pooled):
        return []
    words, values = both(pooled)
    return [
        Row(
            label=begins_sentence(_set_name(row)), detail=_trials_words(row),
            words=interval(row), kind="trial" if row.get("k") == "1" else "pooled",
            estimate=number(value, "estimate"), low=number(value, "conf.low"),
            high=number(value, "conf.high"), wide_low=number(value, "prediction.low"),
            wide_high=number(value, "prediction.high"),
        )
        for row, value in zip(words, values, strict=True)
        if number(value, "estimate") is not None
    ]  # fmt: skip


def _set_name(row: Mapping[Any, Any]) -> str:
    if row["group1"] == "product":
        return str(row["group1_level"])
    return str(row["group2_level"])


def _trials_words(row: Mapping[Any, Any]) -> str:
    if row["group1"] == "product":
        return f"network, against {row['group2_level']}"
    trials = counted(int(row["k"]), "trial")
    said = trials if row["k"] == "1" else f"{row['group1_level'].lower()}, {trials}"
    if isinstance(row.get("prediction.low"), str):
        return f"{said}; prediction {row['prediction.low']} to {row['prediction.high']}"
    return said


def _row(row: Mapping[Any, Any], value: Mapping[Any, Any], *, detail: str, kind: str) -> Row:
    known = number(value, "estimate") is not None
    return Row(
        label=row["group1_level"], detail=detail, words=interval(row),
        kind=kind if known else "missing", estimate=number(value, "estimate"),
        low=number(value, "conf.low"), high=number(value, "conf.high"),
    )  # fmt: skip


def _margins(*several: Results) -> list[Margin]:
    """Return the margins of the figure, each once: the trial's own and the run's."""
    found: dict[float, Margin] = {}
    for results in several:
        for name, words in (("own.margin", "trial's margin"), ("margin", "run's margin")):
            rows = results.select(stat_name=name).frame
            if len(rows):
                value, shown = float(rows["stat"].iloc[0]), str(rows["stat_fmt"].iloc[0])
                found.setdefault(value, Margin(value, f"{words} {shown}"))
    return list(found.values())


@or_reason
def reports_table(by_source: Results) -> Table:
    """Show every report of the asked contrast side by side, with what disagrees."""
    return Table(
        title="Every report of this contrast, the best first",
        results=by_source,
        labels={"group2_level": "Study", "variable_level": "Source"},
        columns=[
            Column("As printed", "{document}:\n{printed}", "text"),
            Column("Difference", "{estimate}\n{conf.low} to {conf.high}", "text"),
            Column("At its own margin", "{own.margin}: {own.conclusion}", "text"),
            *(
                [Column("Against the best report", "{differs}", "text")]
                if has(by_source, "differs")
                else []
            ),
            *(
                [Column("Why not estimable", "{reason}", "text")]
                if has(by_source, "reason")
                else []
            ),
        ],
        footnotes=[
            "Best first: an independent report before a secondary document; an adjusted "
            "difference with its interval before raw means; a full publication before an abstract; "
            "the better read; the larger trial. Another trial of the pair need not agree with the "
            "best."
        ],
    )


@or_reason
def counts_table(counts: Results) -> Table:
    """Show how many randomised pairs come to which verdict, and which they are."""
    return Table(
        title="What the randomised pairs of the ledger come to",
        results=counts,
        labels={"group1_level": "State"},
        columns=[Column("Pairs", "{n}"), Column("Which", "{pairs}", "text")],
        footnotes=["Each pair counts once; a secondary document is not counted."],
        folded=True,
    )
