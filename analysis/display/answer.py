"""How the asked contrast looks: its sentences, its forest and its table of reports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from analysis.display.contrasts_forest import Margin, Row, forest
from analysis.display.contrasts_series import own_series_sentence
from analysis.display.figures import Figure
from analysis.display.reading import Reading
from analysis.display.sections import both, interval, number, or_reason, reason_of
from analysis.display.tables import Column, Table
from analysis.results import Results, combine
from analysis.words import begins_sentence, counted, in_sentence

VERDICTS = {
    "non-inferior": "non-inferiority is shown",
    "not shown": "non-inferiority is not shown",
}


def answer_sentences(answer: Results) -> list[str]:
    """Say what is known of the asked contrast, from its best report.

    Parameters
    ----------
    answer
        Of `analysis.contrasts.answer.answer`.

    Returns
    -------
    list of str
        The estimate with its interval and verdicts; the difference of the printed means, where
        it is another; the source. Or why there is no estimate.
    """
    row, value = (rows[0] for rows in both(answer))
    asked = f"{row['group1_level'].replace(' − ', ' against ')} in {row['indication']}"
    if number(value, "estimate") is None:
        return [_without_estimate(asked, row)]
    said = [f"{asked}: {_verdict_words(row)}. {_estimate_words(row, answer)}"]
    if raw := _raw_words(row, value, answer):
        said.append(raw)
    several = int(number(value, "k") or 1)
    if several > 1:
        said.append(
            f"It is the best report by the rules of this page; the ledger has "
            f"{counted(several, 'trial')} of this contrast, listed below."
        )
    said.append(f"Read in: {row['citation']}.")
    return said


def _without_estimate(asked: str, row: Mapping[Any, Any]) -> str:
    words = f"{asked}: {row['conclusion']}, because {row['reason']}."
    if row.get("verdict.printed"):
        words += f" The source prints the verdict “{row['verdict.printed']}” without those numbers."
    if isinstance(row.get("citation"), str) and row["citation"]:
        words += f" Read in: {row['citation']}."
    return words


def _verdict_words(row: Mapping[Any, Any]) -> str:
    """Return the verdicts at the trial's own margin and at the run's, as one clause."""
    own, run = row.get("own.conclusion"), row.get("conclusion")
    at_own = f"at the trial's own margin of {row.get('own.margin')}"
    at_run = f"at the margin of this run, {row.get('margin')}"
    if own in VERDICTS and run in VERDICTS and isinstance(row.get("margin"), str):
        if row["own.margin"] == row["margin"]:
            return f"{VERDICTS[own]} at the trial's own margin, {row['own.margin']}"
        if own == run:
            return f"{VERDICTS[own]} {at_own} and {at_run}"
        return f"{VERDICTS[own]} {at_own}, but {VERDICTS[run]} {at_run}"
    if own in VERDICTS:
        return f"{VERDICTS[own]} {at_own}"
    if run in VERDICTS:
        return f"{VERDICTS[run]} {at_run}; the trial's own is not in the texts read"
    if row.get("direction"):
        return "no verdict, because the trial asked it the other way round"
    return str(run)


def _estimate_words(row: Mapping[Any, Any], answer: Results) -> str:
    unit = _unit(answer)
    size = (
        f"; n {row['n.test']} v {row['n.reference']}"
        if isinstance(row.get("n.test"), str) and isinstance(row.get("n.reference"), str)
        else ""
    )
    arms = f" ({row['arms']})" if isinstance(row.get("arms"), str) else ""
    words = (
        f"In {row['group2_level']}{arms} {in_sentence(row['variable'])} differs by "
        f"{row['estimate']} {unit} ({row['conf.level']} interval {row['conf.low']} to "
        f"{row['conf.high']}{size})"
    )
    within = [
        f"±{row[margin].lstrip('−')}"
        for margin, verdict in (("own.margin", "own.equivalence"), ("margin", "equivalence"))
        if row.get(verdict) == "equivalent" and isinstance(row.get(margin), str)
    ]
    words += f", within {' and '.join(dict.fromkeys(within))}" if within else ""
    words += (
        f"; measured at {row['variable_level']}, outside {row['outside']}"
        if isinstance(row.get("outside"), str)
        else ""
    )
    return f"{words}. Obtained from the {row['route']}."


def _raw_words(row: Mapping[Any, Any], value: Mapping[Any, Any], answer: Results) -> str:
    """Say how the difference of the printed means stands to the reported one."""
    raw, low, high = (number(value, name) for name in ("raw.estimate", "conf.low", "conf.high"))
    if raw is None or low is None or high is None:
        return ""
    unit = _unit(answer)
    inside = "inside" if low <= raw <= high else "outside"
    words = (
        f"The printed means alone differ by {row['raw.estimate']} {unit} ({row['raw.low']} to "
        f"{row['raw.high']}), {inside} the {row['conf.level']} interval of the reported difference"
    )
    if row["raw.estimate"] == row["estimate"]:
        return f"{words}."
    explained = number(value, "explained")
    share = f"{row['explained']} of the variance" if explained and explained > 0 else ""
    if row.get("model") == "adjusted":
        took = f", whose covariates explain {share}" if share else ""
        return f"{words}; the reported difference is that of a model{took}."
    if row.get("model") == "observed" or not share:
        return f"{words}; nothing in the texts read explains the gap."
    return (
        f"{words}. That the reported difference is adjusted for an imbalance at baseline is the "
        f"likely reason: covariates would have to explain {share}. The texts read do not say so."
    )


def _unit(results: Results) -> str:
    rows = results.select(stat_name="estimate").frame["unit"]
    return str(rows.iloc[0]) if len(rows) else ""


def relatives_sentences(relatives: Results) -> list[str]:
    """Say what the trials of the same kind of products found, the estimable ones first."""
    if reason_of(relatives):
        return [f"Closest relatives: {reason_of(relatives)}."]
    words, values = both(relatives)
    known = [
        f"{row['group1_level']} {interval(row)} ({row['time']})"
        for row, value in zip(words, values, strict=True)
        if number(value, "estimate") is not None
    ]
    missing = [
        row["group1_level"]
        for row, value in zip(words, values, strict=True)
        if number(value, "estimate") is None
    ]
    said = f"Closest relatives, {words[0]['classes']}: "
    said += "; ".join(known) if known else "none can be estimated"
    if missing:
        said += f"; not estimable: {', '.join(dict.fromkeys(missing))}"
    return [f"{said}."]


def field_sentences(field: Results, indication: str) -> list[str]:
    """Say where the field stands, kind of product by kind of product, then all trials together.

    Parameters
    ----------
    field
        Of `analysis.contrasts.headline.field`; or why there is none.
    indication
        Name of the indication.
    """
    stands = f"Where the field stands in {indication}"
    if why := reason_of(field):
        return [f"{stands}: {why}."]
    words, values = both(field)
    if words[0]["group1"] == "product":
        each = "; ".join(f"{row['group1_level']} {interval(row)}" for row in words)
        return [f"{stands}, by a network through daily somatropin: {each}."]
    kinds = [_kind_words(row) for row in words[:-1]] or [_kind_words(words[-1])]
    said = [f"{stands}, test minus daily somatropin in {_unit(field)}: {'; '.join(kinds)}."]
    if len(words) > 1:
        said.append(_all_words(words[-1], values[-1]))
    return said


def _kind_words(row: Mapping[Any, Any]) -> str:
    verdict = f", {VERDICTS[row['conclusion']]}" if row["conclusion"] in VERDICTS else ""
    return f"{row['group2_level']} {interval(row)}, {counted(int(row['k']), 'trial')}{verdict}"


def _all_words(row: Mapping[Any, Any], value: Mapping[Any, Any]) -> str:
    said = f"All {counted(int(row['k']), 'trial')} together: {interval(row)}"
    if row["conclusion"] not in VERDICTS:
        said += f"; {row['conclusion']}"
    if isinstance(row.get("prediction.low"), str):
        said += (
            f"; a new trial like these would lie between {row['prediction.low']} and "
            f"{row['prediction.high']}"
        )
    p = number(value, "q.p")
    if p is not None and p < DIFFER:
        said += f" (I² {row['i2']}: they differ more than chance allows for)"
    return f"{said}."


DIFFER = 0.05
"""Trials differ where Cochran's test of one common effect gives less than this."""
PRINTED = "verdict printed without the numbers for it"


def counts_sentence(counts: Results) -> str:
    """Say how the randomised pairs of the ledger divide by what is known of them."""
    rows = counts.select(stat_name="n").wide().to_dict("records")
    total = rows.pop()
    which = {
        row["group1_level"]: row["stat_fmt"]
        for row in counts.select(stat_name="pairs").frame.to_dict("records")
    }
    parts = [
        f"{row['group1_level']} {row['n']}"
        # A verdict without numbers is in no figure, so it is named here.
        + (f" ({which[row['group1_level']]})" if row["group1_level"] == PRINTED else "")
        for row in rows
        if row["n"] != "0"
    ]
    pairs = counted(int(total["n"]), "randomised pair")
    return f"Of {pairs} of this indication in the ledger: {'; '.join(parts)}."


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
    unit = _unit(answer) or _unit(relatives) or _unit(pooled)
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
    """Return the reports of the contrast beside the best one."""
    if reason_of(by_source):
        return []
    words, values = both(by_source)
    return [
        _row(row, value, detail=row["group2_level"], kind="faint")
        for row, value in list(zip(words, values, strict=True))[1:]
    ]


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
        for name, words in (("own.margin", "own margin"), ("margin", "margin")):
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
            Column("Document", "{document}", "text"),
            Column("As printed", "{printed}", "text"),
            Column("Difference", "{estimate}"),
            Column("Interval", "{conf.low} to {conf.high}"),
            Column("Obtained from", "{route}", "text"),
            Column("At its own margin", "{own.margin}: {own.conclusion}", "text"),
            Column("Differs from the best in", "{differs}", "text"),
            Column("Why not estimable", "{reason}", "text"),
        ],
        footnotes=[
            "Best first: an independent report before a secondary document; an adjusted "
            "difference with its interval before raw means; a full publication before an abstract; "
            "the better read; the larger trial."
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


def contrasts_answer(
    answer: Results, relatives: Results, counts: Results, own: Results, field: Results
) -> Reading:
    """Say what is known of the asked contrast, its relatives, its product and the field.

    Parameters
    ----------
    answer, relatives, counts
        Of `analysis.contrasts.answer`.
    own
        Single-arm studies of the product, of `analysis.contrasts.single_arm.own_series`.
    field
        Of `analysis.contrasts.headline.field`.
    """
    indication = answer.text("indication")
    sentences = [
        *answer_sentences(answer),
        *relatives_sentences(relatives),
        *field_sentences(field, indication),
        *([counts_sentence(counts)] if not reason_of(counts) else []),
        own_series_sentence(own),
    ]
    parts = [part for part in (answer, relatives, counts, own, field) if not reason_of(part)]
    return Reading([said for said in sentences if said], combine(parts), heading="The answer")
