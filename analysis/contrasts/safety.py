"""Published counts of adverse events, compared within trials."""

import re
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from analysis.contrasts.columns import known
from analysis.contrasts.settings import ContrastRun
from analysis.display.rows import method_words
from analysis.display.tables import Column, Table
from analysis.errors import UserError
from analysis.results import PROPORTION, Results, section
from analysis.stats.proportion_differences import risk_difference
from analysis.stats.proportion_ratios import risk_ratio
from analysis.stats.proportions import estimate_proportion
from analysis.words import begins_sentence

SELECTIVE = (
    "Selective reporting: a table that lists only events more frequent on the test arm makes "
    "every difference look harmful and hides the events that were rarer; do not pool it."
)
METHOD = "miettinen-nurminen"
SELECTED = "more frequent on"
"""How the ledger's notes mark a table that lists only events more frequent on one arm."""
CAVEAT = (
    "selective: the table lists only events that were more frequent on the test arm, so these "
    "differences could not come out the other way"
)
NO_COMPARISON = "not compar"
"""How a note of the ledger says that the rates of two arms cannot be compared."""
FILLERS = {"ae", "any", "in", "of", "patient", "the", "to", "with"}
DERIVED = "count derived from the printed percentage"


@lru_cache(maxsize=16)
def event_counts(run: ContrastRun) -> pd.DataFrame:
    """Return events and n of each arm of the indication and event.

    Returns
    -------
    pandas.DataFrame
        ``study_id, arm_id, paramcd, param, label, arm, role, product, randomised, evidence, n,
        events, derived, selected, printed, source_id, result_id, confidence``; ``printed`` is
        the paper's word for the event where it says more than the endpoint's name.

    Notes
    -----
    A count that is not printed is derived from the percentage where exactly one whole number
    of the n gives the percentage as printed.
    """
    ledger = run.ledger.select(indication=run.indication, min_confidence=run.min_confidence)
    rows = ledger.described()
    rows = rows[
        (rows["domain"] == "safety")
        & rows["statistic"].isin(["events", "pct"])
        & rows["value"].notna()
        & rows["n"].notna()
        & (rows["reference_arm_id"] == "")
        & ~rows["study_id"].isin(run.exclude)
    ]
    key = ["study_id", "arm_id", "paramcd"]
    events = rows[rows["statistic"] == "events"].drop_duplicates(key)
    alone = rows[rows["statistic"] == "pct"].drop_duplicates(key)
    alone = alone[~pd.MultiIndex.from_frame(alone[key]).isin(pd.MultiIndex.from_frame(events[key]))]
    found = pd.concat(
        [
            events.assign(events=events["value"], derived=""),
            alone.assign(events=_from_percentage(alone), derived=DERIVED),
        ],
        ignore_index=True,
    )
    found = found[found["events"].notna()]
    more = [
        printed if _words(printed) - _words(name) - FILLERS else ""
        for printed, name in zip(found["endpoint_printed"], found["param"], strict=True)
    ]
    return found.assign(selected=found["note"].str.contains(SELECTED, regex=False), printed=more)


def _words(label: str) -> frozenset[str]:
    """Return the words of a label, without number or spelling of compounds."""
    return frozenset(word.removesuffix("s") for word in re.findall(r"[a-z]+", label.lower()))


def _from_percentage(rows: pd.DataFrame) -> pd.Series:
    """Return the one count that gives each printed percentage, missing where it is not one."""
    slack = rows["n"] * 0.5 * 10.0 ** -rows["decimals"] / 100
    exact = rows["n"] * rows["value"] / 100
    low, high = np.ceil(exact - slack - 1e-9), np.floor(exact + slack + 1e-9)
    return low.where(low == high)


@section
def adverse_events(run: ContrastRun) -> Results:
    """Return risk difference and ratio of each event of each randomised pair with both counts.

    Returns
    -------
    Results
        Per contrast (``group1_level``), study (``group2_level``) and event (``variable``):
        ``printed.words``, ``n.event`` and ``n`` of both arms, ``estimate`` (risk difference, a
        fraction) with ``conf.low`` and ``conf.high``, ``ratio`` with ``ratio.low`` and
        ``ratio.high``, ``caveat`` and ``remark``.

    Notes
    -----
    A caveat is what the ledger says against a comparison: a table that lists only what was more
    frequent on one arm, a note of the row, or a convention on the event in a source of the study.
    Score intervals of Miettinen and Nurminen. Events are counted in patients; no correction
    for the number of events compared.

    References
    ----------
    Miettinen, O., & Nurminen, M. (1985). Comparative analysis of two rates. Statistics in
    Medicine, 4(2), 213-226.
    """
    pairs = _pairs(run)
    if pairs.empty:
        raise UserError(
            f"no randomised trial of {run.indication} prints an adverse event with the counts of "
            "both arms"
        )
    counts = (pairs["events"], pairs["n"], pairs["events_reference"], pairs["n_reference"])
    options: dict[str, Any] = {"method": METHOD, "level": run.conf_level}
    difference = risk_difference(*counts, **options).to_frame()
    ratio = risk_ratio(*counts, **options).to_frame()
    bounded = np.isfinite(ratio["estimate"])
    frame = _placed(pairs).assign(
        **{
            "group1_level": _contrast(pairs),
            "group2_level": pairs["label"],
            "n_population": pairs["n"] + pairs["n_reference"],
            "note": pairs["result_id"] + "; " + pairs["result_id_reference"],
            "n.event.reference": pairs["events_reference"],
            "n.reference": pairs["n_reference"],
            "estimate": difference["estimate"],
            "conf.low": difference["lower"],
            "conf.high": difference["upper"],
            "ratio": ratio["estimate"].where(bounded),
            "ratio.low": ratio["lower"].where(bounded),
            "ratio.high": ratio["upper"].where(bounded),
            "caveat": _caveats(run, pairs),
            "remark": np.where(bounded, pairs["derived"], ratio["reason"]),
        }
    )
    method = f"Miettinen–Nurminen score intervals, {run.level_words}"
    return run.results(
        frame, "safety-contrasts", group1="contrast", group2="study", unit=PROPORTION, method=method
    )


def _placed(counts: pd.DataFrame) -> pd.DataFrame:
    """Return the counts of an arm with what places them in a results table."""
    return pd.DataFrame(
        {
            "variable": counts["param"],
            "variable_level": counts["endpoint_printed"],
            "population": counts["population"],
            "n_population": counts["n"],
            "source": counts["source_id"],
            "note": counts["result_id"],
            "printed.words": counts["printed"],
            "n.event": counts["events"],
            "n": counts["n"],
        }
    )


def _contrast(pairs: pd.DataFrame) -> pd.Series:
    """Name a pair by its products where these tell its arms apart."""
    test = pairs["product"].where(pairs["one"] & ~pairs["doses"], pairs["arm"])
    return test + " − " + pairs["product_reference"].where(~pairs["doses"], pairs["arm_reference"])


@adverse_events.shows
def safety_table(safety: Results, _: ContrastRun) -> Table:
    """Show the risk differences and ratios, the caveat beside each row it holds for."""
    caveats = safety.select(stat_name="caveat").frame["stat_fmt"]
    return Table(
        title="Adverse events within randomised trials",
        results=safety,
        groups="group2_level",
        labels={"group1_level": "Contrast", "variable": "Event"},
        columns=[
            *known(safety, Column("As printed", "{printed.words}", "text")),
            Column("Test", "{n.event}/{n}"),
            Column("Reference", "{n.event.reference}/{n.reference}"),
            Column("Risk difference, percentage points", "{estimate} ({conf.low} to {conf.high})"),
            Column("Risk ratio", "{ratio} ({ratio.low} to {ratio.high})"),
            *known(safety, Column("Caveat", "{caveat}", "text")),
            *known(safety, Column("Remark", "{remark}", "text")),
        ],
        footnotes=[
            f"{begins_sentence(method_words(safety))}; participants with the event; not adjusted "
            "for the number of events.",
            *([SELECTIVE] if caveats.str.startswith(CAVEAT).any() else []),
        ],
    )


def _caveats(run: ContrastRun, pairs: pd.DataFrame) -> list[str]:
    """Return what the ledger says against the comparison of each row; "" for nothing."""
    conventions = run.ledger.conventions
    sources = run.ledger.results.groupby("study_id")["source_id"].agg(set)
    topics = conventions["topic"].map(_words)
    said = []
    for row in pairs.itertuples(index=False):
        holds = (topics == _words(row.param)) & conventions["source_id"].isin(sources[row.study_id])
        notes = [note for note in (row.note, row.note_reference) if NO_COMPARISON in note]
        parts = [CAVEAT] if row.selected else []
        said.append("; ".join(dict.fromkeys([*parts, *conventions["convention"][holds], *notes])))
    return said


def _pairs(run: ContrastRun) -> pd.DataFrame:
    counts = event_counts(run)
    counts = counts[(counts["randomised"] == "yes") | counts["study_id"].isin(run.include)]
    test, reference = (counts[counts["role"] == role] for role in ("test", "comparator"))
    kept = ["study_id", "paramcd", "arm", "product", "n", "events", "result_id", "derived", "note"]
    pairs = test.merge(reference[kept], on=["study_id", "paramcd"], suffixes=("", "_reference"))
    one = pairs.groupby(["study_id", "paramcd"])["arm_id"].transform("nunique") == 1
    both = pairs["derived"].where(pairs["derived"] != "", pairs["derived_reference"])
    doses = pairs["product"] == pairs["product_reference"]
    return pairs.assign(one=one, doses=doses, derived=both).sort_values(
        ["selected", "label", "position", "param"], ignore_index=True
    )


@section
def single_counts(run: ContrastRun) -> Results:
    """Return the events that are printed for one arm only: proportions, nothing to compare with.

    Returns
    -------
    Results
        Per arm and event: ``n.event``, ``n``, ``p`` with ``conf.low`` and ``conf.high``.

    Notes
    -----
    Exact intervals of Clopper and Pearson.
    """
    counts, pairs = event_counts(run), _pairs(run)
    used = pd.MultiIndex.from_frame(pairs[["study_id", "paramcd"]])
    alone = counts[~pd.MultiIndex.from_frame(counts[["study_id", "paramcd"]]).isin(used)]
    if alone.empty:
        raise UserError(
            f"the ledger has no count of an adverse event in one arm of {run.indication} alone"
        )
    found = estimate_proportion(
        alone["events"], alone["n"], method="clopper-pearson", level=run.conf_level
    )
    frame = _placed(alone).assign(
        **{
            "group1_level": alone["label"],
            "group2_level": alone["arm"],
            "p": found.estimate,
            "conf.low": found.lower,
            "conf.high": found.upper,
        }
    )
    method = f"Clopper–Pearson interval, {run.level_words}"
    return run.results(
        frame, "safety-single", group1="study", group2="arm", unit=PROPORTION, method=method
    )


@single_counts.shows
def single_counts_table(counts: Results, _: ContrastRun) -> Table:
    """Show the events that are printed for one arm only."""
    return Table(
        title="Events printed for one arm only, or for the arms together",
        results=counts,
        groups="group1_level",
        labels={"group2_level": "Arm", "variable": "Event"},
        columns=[
            *known(counts, Column("As printed", "{printed.words}", "text")),
            Column("With event", "{n.event}/{n}"),
            Column("Share, %", "{p}"),
            Column("Interval, %", "{conf.low} to {conf.high}"),
        ],
        footnotes=[f"{method_words(counts)}. Nothing to compare with."],
        folded=True,
    )
