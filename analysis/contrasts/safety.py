"""Section 5: published counts of adverse events, compared within trials."""

from __future__ import annotations

import re
from functools import lru_cache

import numpy as np
import pandas as pd

from analysis.contrasts.settings import ContrastRun
from analysis.errors import UserError
from analysis.numbers import percent
from analysis.results import Results, Stat, from_frame
from analysis.stats.proportion_differences import risk_difference
from analysis.stats.proportion_ratios import risk_ratio
from analysis.stats.proportions import estimate_proportion

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

    Parameters
    ----------
    run
        What is compared.

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


def adverse_events(run: ContrastRun) -> Results:
    """Return risk difference and ratio of each event of each randomised pair with both counts.

    Returns
    -------
    Results
        Per contrast (``group1_level``), study (``group2_level``) and event (``variable``):
        ``printed``, ``events``, ``n`` of both arms, ``estimate`` (risk difference, a fraction) with
        ``conf.low`` and ``conf.high``, ``ratio`` with ``ratio.low`` and ``ratio.high``,
        ``caveat`` and ``remark``.

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
    level = run.conf_level
    counts = (pairs["events"], pairs["n"], pairs["events_reference"], pairs["n_reference"])
    difference = risk_difference(*counts, method=METHOD, level=level).to_frame()
    ratio = risk_ratio(*counts, method=METHOD, level=level).to_frame()
    bounded = np.isfinite(ratio["estimate"])
    return from_frame(
        pairs.assign(
            group1_level=pairs["product"].where(pairs["one"] & ~pairs["doses"], pairs["arm"])
            + " − "
            + pairs["product_reference"].where(~pairs["doses"], pairs["arm_reference"]),
            group2_level=pairs["label"],
            variable=pairs["param"],
            variable_level=pairs["endpoint_printed"],
            n_population=pairs["n"] + pairs["n_reference"],
            source=pairs["source_id"],
            note=pairs["result_id"] + "; " + pairs["result_id_reference"],
            rd=difference["estimate"],
            rd_low=difference["lower"],
            rd_high=difference["upper"],
            rr=ratio["estimate"].where(bounded),
            rr_low=ratio["lower"].where(bounded),
            rr_high=ratio["upper"].where(bounded),
            caveat=_caveats(run, pairs),
            remark=np.where(bounded, pairs["derived"], ratio["reason"]),
        ),
        {
            "printed": Stat("printed", "As printed"),
            "events": Stat("n.event", "With event, test", 0),
            "n": Stat("n", "n, test", 0),
            "events_reference": Stat("n.event.reference", "With event, reference", 0),
            "n_reference": Stat("n.reference", "n, reference", 0),
            "rd": Stat("estimate", "Risk difference", 1, form=percent),
            "rd_low": Stat("conf.low", "Lower limit", 1, form=percent),
            "rd_high": Stat("conf.high", "Upper limit", 1, form=percent),
            "rr": Stat("ratio", "Risk ratio", 2),
            "rr_low": Stat("ratio.low", "Lower limit", 2),
            "rr_high": Stat("ratio.high", "Upper limit", 2),
            "caveat": Stat("caveat", "Caveat"),
            "remark": Stat("remark", "Remark"),
        },
        analysis_id="safety-contrasts",
        group1="contrast",
        group2="study",
        context="published",
        method=f"Miettinen–Nurminen score intervals, level {level:g}",
        **run.result_labels,
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
    return from_frame(
        alone.assign(
            group1_level=alone["label"],
            group2_level=alone["arm"],
            variable=alone["param"],
            variable_level=alone["endpoint_printed"],
            n_population=alone["n"],
            source=alone["source_id"],
            note=alone["result_id"],
            share=found.estimate,
            low=found.lower,
            high=found.upper,
        ),
        {
            "printed": Stat("printed", "As printed"),
            "events": Stat("n.event", "With event", 0),
            "n": Stat("n", "n", 0),
            "share": Stat("p", "Share", 1, form=percent),
            "low": Stat("conf.low", "Lower limit", 1, form=percent),
            "high": Stat("conf.high", "Upper limit", 1, form=percent),
        },
        analysis_id="safety-single",
        group1="study",
        group2="arm",
        context="published",
        method=f"Clopper–Pearson interval, level {run.conf_level:g}",
        **run.result_labels,
    )
