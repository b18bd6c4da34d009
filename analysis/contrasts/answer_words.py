"""The asked contrast in sentences: itself, its relatives, the field and the counts."""

from collections.abc import Mapping, Sequence
from typing import Any

from analysis.contrasts.pool_caveats import differ_words
from analysis.contrasts.side_by_side import own_series_sentence
from analysis.contrasts.synthesis import MODEL
from analysis.contrasts.verdict_counts import PRINTED
from analysis.contrasts.within_trial import NOT_SHOWN, SHOWN
from analysis.display.rows import both, filled, interval, number, unit_of
from analysis.results import Results, reason_of
from analysis.thresholds import within
from analysis.words import begins_sentence, counted, in_sentence

NOT_FOUND = "not found"
"""The conclusion on a contrast of which the ledger has no trial."""
VERDICTS = {SHOWN: "non-inferiority is shown", NOT_SHOWN: "non-inferiority is not shown"}


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
    said = [f"{begins_sentence(asked)}: {_verdict_words(row)}. {_estimate_words(row, answer)}"]
    if raw := _raw_words(row, value, answer):
        said.append(raw)
    several = int(number(value, "k") or 1)
    if several > 1:
        said.append(
            f"It is the best report by the rules of this page; the ledger has "
            f"{counted(several, 'trial')} of this contrast, listed below."
        )
    said.append(f"Read in: {row['citation']}.")
    if isinstance(row.get("margin.source"), str):
        said.append(f"Margin of this run: {row['margin.source']}.")
    return said


def _without_estimate(asked: str, row: Mapping[Any, Any]) -> str:
    if row["conclusion"] == NOT_FOUND:  # The reason names the pair and where it was looked for.
        return f"{begins_sentence(str(row['reason']))}."
    words = f"{begins_sentence(asked)}: {row['conclusion']}, because {row['reason']}."
    if row.get("verdict.printed"):
        words += f" The source prints the verdict “{row['verdict.printed']}” without those numbers."
    return words + filled(row, " Read in: {citation}.")


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
    arms, size = filled(row, " ({arms})"), filled(row, "; n {n.test} v {n.reference}")
    words = (
        f"In {row['group2_level']}{arms} {in_sentence(row['variable'])} differs by "
        f"{row['estimate']} {unit_of(answer)} ({row['conf.level']} interval {row['conf.low']} to "
        f"{row['conf.high']}{size})"
    )
    within = [
        f"±{row[bound]}"
        for bound, verdict in (("own.bound", "own.equivalence"), ("bound", "equivalence"))
        if row.get(verdict) == "equivalent"
    ]
    words += f", within {' and '.join(dict.fromkeys(within))}" if within else ""
    words += (filled(row, ", {worse}") or filled(row, "; {zero}")) + filled(
        row, "; measured at {variable_level}, outside {outside}"
    )
    return f"{words}. Obtained from the {row['route']}."


def _raw_words(row: Mapping[Any, Any], value: Mapping[Any, Any], answer: Results) -> str:
    """Say how the difference of the printed means stands to the reported one."""
    raw, low, high = (number(value, name) for name in ("raw.estimate", "conf.low", "conf.high"))
    if raw is None or low is None or high is None:
        return ""
    unit = unit_of(answer)
    inside = "inside" if within(raw, low, high) else "outside"
    words = (
        f"The printed means alone differ by {row['raw.estimate']} {unit} ({row['raw.low']} to "
        f"{row['raw.high']}), {inside} the {row['conf.level']} interval of the reported difference"
    )
    if row["raw.estimate"] == row["estimate"]:
        return f"{words}."
    explained = number(value, "explained")
    share = f"{row['explained']}\u202f% of the variance" if explained and explained > 0 else ""
    if row.get("model") == "adjusted":
        took = f", whose covariates explain {share}" if share else ""
        return f"{words}; the reported difference is that of a model{took}."
    if row.get("model") == "observed" or not share:
        return f"{words}; nothing in the texts read explains the gap."
    return (
        f"{words}. That the reported difference is adjusted for an imbalance at baseline is the "
        f"likely reason: covariates would have to explain {share}. The texts read do not say so."
    )


def relatives_sentences(relatives: Results, level: str) -> list[str]:
    """Say what the trials of the same kind of products found, the estimable ones first.

    Parameters
    ----------
    relatives
        Of the section of that name; or why there is none.
    level
        Confidence level of their intervals, as it is shown.
    """
    if reason_of(relatives):
        return [f"Closest relatives: {reason_of(relatives)}."]
    words, values = both(relatives)
    unit = unit_of(relatives)
    known = [
        f"{row['group1_level']} {interval(row)[:-1]}; {row['time.words']})"
        for row, value in zip(words, values, strict=True)
        if number(value, "estimate") is not None
    ]
    missing = [
        row["group1_level"]
        for row, value in zip(words, values, strict=True)
        if number(value, "estimate") is None
    ]
    said = f"Closest relatives, {words[0]['classes']}{f', in {unit}' if unit else ''}"
    said += f" with {level} intervals: " if known else ": "
    said += "; ".join(known) if known else "none can be estimated"
    if missing:
        said += f"; not estimable: {', '.join(dict.fromkeys(missing))}"
    return [f"{said}."]


def field_sentences(field: Results, answer: Results, level: str) -> list[str]:
    """Say where the field stands, kind of product by kind of product, then all trials together.

    Parameters
    ----------
    field
        Of `analysis.contrasts.headline.field`; or why there is none.
    answer
        Of `analysis.contrasts.answer.answer`: the asked contrast may be all there is of a kind.
    level
        Confidence level of the intervals, as it is shown.
    """
    stands = f"Where the field stands in {answer.text('indication')}"
    if why := reason_of(field):
        return [f"{stands}: {why}."]
    margin = field.select(stat_name="margin").frame["stat_fmt"]
    if len(margin):
        stands += f" at the margin of this run, {margin.iloc[0]} {unit_of(field)}"
    words, values = both(field)
    if words[0]["group1"] != MODEL:
        each = "; ".join(f"{row['group1_level']} {interval(row)}" for row in words)
        return [
            f"{stands}, by a network through daily somatropin, in {unit_of(field)} with "
            f"{level} intervals: {each}."
        ]
    said = []
    if kinds := _kinds_words(words[:-1], field, answer):
        said.append(f"{stands}, test against daily somatropin by kind of product: {kinds}.")
    everything = _all_words(words[-1], values[-1], field, answer, level, "" if kinds else stands)
    return [*said, everything]


def _kinds_words(rows: Sequence[Mapping[Any, Any]], field: Results, answer: Results) -> str:
    """Say for which kinds of product non-inferiority is shown, and for which it is not."""
    said = []
    for verdict, words in VERDICTS.items():
        kinds = [
            # Commas stand between kinds, so none stands in a name.
            f"{row['group2_level'].replace(', ', ' ')} ({_size_words(row, field, answer)})"
            for row in rows
            if row["conclusion"] == verdict
        ]
        if kinds:
            said.append(f"{words} for {', '.join(kinds)}")
    return "; ".join(said)


def _size_words(row: Mapping[Any, Any], field: Results, answer: Results) -> str:
    """Return how many trials there are, and whether the one is the asked contrast itself."""
    trials = counted(int(row["k"]), "trial") + filled(row, " {caveat}")
    trials += filled(row, ", within the margin, {worse}")
    source = field.select(group2_level=row["group2_level"]).frame["source"].iloc[0]
    same = row["k"] == "1" and source == answer.frame["source"].iloc[0]
    return f"{trials}, the one above" if same else trials


def _all_words(
    row: Mapping[Any, Any],
    value: Mapping[Any, Any],
    field: Results,
    answer: Results,
    level: str,
    stands: str,
) -> str:
    """Say what all trials together give; a single one gives its own difference."""
    size = counted(int(row["k"]), "trial") if not stands else _size_words(row, field, answer)
    begins = f"{stands}, test minus daily somatropin, {size}" if stands else f"All {size} together"
    said = (
        f"{begins}: {row['estimate']} {unit_of(field)} ({level} interval {row['conf.low']} to "
        f"{row['conf.high']})"
    )
    if row["conclusion"] in VERDICTS:
        said += f", {VERDICTS[row['conclusion']]}{filled(row, ', {worse}')}"
    elif isinstance(row["conclusion"], str):
        said += f", {row['conclusion']}"
    said += filled(
        row, "; a new trial like these is expected between {prediction.low} and {prediction.high}"
    )
    differ = differ_words(number(value, "q.p"), number(value, "i2") or 0)
    # The caveat beside the size of the only pool says it already.
    if differ and not (stands and isinstance(row.get("caveat"), str)):
        said += f" (I² {row['i2']}\u202f%: they {differ})"
    return f"{said}."


def counts_sentence(counts: Results) -> str:
    """Say how the randomised pairs of the ledger divide by what is known of them."""
    rows = counts.select(stat_name="n").wide().to_dict("records")
    total = rows.pop()
    which = {
        row["group1_level"]: row["stat_fmt"]
        for row in counts.select(stat_name="pairs").frame.to_dict("records")
    }
    parts = [
        f"{_state_words(row['group1_level'])}: {row['n']}"
        # A verdict without numbers is in no figure, so it is named here.
        + (f" ({which[row['group1_level']]})" if row["group1_level"] == PRINTED else "")
        for row in rows
        if row["n"] != "0"
    ]
    pairs = counted(int(total["n"]), "randomised pair")
    return (
        f"Of {pairs} of arms of this indication in the ledger, at the margin of this run: "
        f"{'; '.join(parts)}."
    )


def _state_words(state: str) -> str:
    """Return a state as it reads before its number; what explains it goes into brackets."""
    name, _, because = state.partition(": ")
    return f"{name} ({because})" if because else name


def around_sentences(
    answer: Results,
    relatives: Results,
    field: Results,
    counts: Results,
    own: Results,
    *,
    level: str,
) -> list[str]:
    """Say what stands around the asked contrast, as far as there is something.

    Parameters
    ----------
    answer, relatives, field, counts, own
        Of the sections `answer`, `relatives`, `field`, `verdict_counts` and `own_series`.
    level
        Confidence level of the intervals, as it is shown.
    """
    said = [
        *relatives_sentences(relatives, level),
        *field_sentences(field, answer, level),
        "" if reason_of(counts) else counts_sentence(counts),
        own_series_sentence(own),
    ]
    return [sentence for sentence in said if sentence]
