"""The answer: the randomised contrast of two products, asked of the whole ledger by rules.

The best report is, in this order: an independent one before a secondary document; one that can
be estimated; within the time window; by the better route (an adjusted difference with its
interval before raw means); from the fuller document; the better read; the larger trial.
Everything else that reports the contrast stands beside it, with what disagrees.
"""

from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from analysis.contrasts.answer_words import NOT_FOUND, answer_sentences, around_sentences
from analysis.contrasts.columns import POPULATION, PRINTED
from analysis.contrasts.headline import field
from analysis.contrasts.pairs import randomised_pairs
from analysis.contrasts.relatives import relatives
from analysis.contrasts.settings import ContrastRun
from analysis.contrasts.side_by_side import own_series
from analysis.contrasts.verdict_counts import verdict_counts
from analysis.contrasts.within_trial import RAW, WORSE, differences
from analysis.display.reading import Reading
from analysis.errors import UserError
from analysis.numbers import level
from analysis.results import NOT_ESTIMABLE, ROW_KEY, Results, combine, reason_of, section
from analysis.results.intervals import INTERVAL
from analysis.sources.choice import document_ranks
from analysis.sources.evidence import Ledger
from analysis.sources.schemas import CONFIDENCE, INDICATIONS
from analysis.sources.searches import not_found_words
from analysis.stats.verdicts import words_of_zero
from analysis.words import counted

SWAPPED = [
    *((name, f"{name}_reference") for name in ("n", "mean", "sd", "se", "ls_mean", "ls_se")),
    *(("arm_id", "reference_arm_id"), ("product", "reference_product")),
    *(("conf.low", "conf.high"), ("raw.low", "raw.high"), ("ci_low", "ci_high")),
]
"""Columns that change places where a trial has product and comparator the other way round."""
SIGNED = [
    *("estimate", "conf.low", "conf.high", "diff", "ci_low", "ci_high"),
    *("raw.estimate", "raw.low", "raw.high"),
]
"""Columns that change their sign there."""
VERDICTS = [
    *("conclusion", "equivalence", "own.conclusion", "own.equivalence", "verdict"),
    *WORSE,
]
PLACING = (*ROW_KEY, "population", "n_population", "source", "note", "method")
REPORT = (
    *("conclusion", "reason", "n.test", "n.reference", *INTERVAL, "conf.level"),
    *("route", "model", "own.margin", "own.conclusion", "own.bound", "own.equivalence"),
    *("margin", "margin.source", "bound", "equivalence", *RAW.values(), "explained"),
    *("verdict.printed", "zero", "worse", "printed.words", "indication", "citation", "outside"),
    *("direction", "arms", "k", "asked"),
    *("document", "differs", "confidence"),
)
"""What is told of a report, as far as it is known."""


@lru_cache(maxsize=16)
def asked_contrasts(run: ContrastRun) -> pd.DataFrame:
    """Return every trial of the asked contrast, the best report first.

    Parameters
    ----------
    run
        What is compared; its product, comparator and indication are the question.

    Returns
    -------
    pandas.DataFrame
        The columns of `analysis.contrasts.within_trial.differences`, test minus reference as
        asked for, and ``turned`` where the trial has them the other way round; empty where the
        ledger has no such trial.
    """
    try:
        found = differences(run)
    except UserError:
        return pd.DataFrame()
    found = found[found["asked"] & ~found["study_id"].isin(run.exclude)]
    found = as_asked(run, found)
    order = found.assign(
        secondary=found["evidence"] == "note",
        unknown=found["estimate"].isna(),
        outside=~found["in_window"],
        document=found["source_id"].map(lambda ids: _fullest(run.ledger, ids)),
        doubt=[-CONFIDENCE.index(word) if word else 1 for word in found["confidence"]],
        size=-found["n_total"],
    )
    by = ["secondary", "unknown", "outside", "rank", "document", "doubt", "size"]
    return found.loc[order.sort_values(by, kind="stable").index].reset_index(drop=True)


def _fullest(ledger: Ledger, ids: str) -> int:
    return int(document_ranks(pd.Series(ids.split("; ")), ledger).min())


def as_asked(run: ContrastRun, found: pd.DataFrame) -> pd.DataFrame:
    """Turn the contrasts of trials that have product and comparator the other way round.

    Parameters
    ----------
    run
        What is compared.
    found
        Differences of the asked contrast, of `analysis.contrasts.within_trial.estimated`.

    Returns
    -------
    pandas.DataFrame
        With ``turned``; a turned contrast has no verdict, as its margin was set for the other
        direction.
    """
    turned = (found["product"] != run.product).to_numpy()
    if not turned.any():
        return found.assign(turned=turned)
    swaps = dict(SWAPPED) | {other: one for one, other in SWAPPED}
    other = found[turned].rename(columns=swaps)
    other[SIGNED] = -other[SIGNED]
    other["contrast"] = other["contrast"].map(lambda name: " − ".join(name.split(" − ")[::-1]))
    # A margin belongs to the direction in which its trial set it.
    other["margin"] = np.nan
    other.loc[other["estimate"].notna(), VERDICTS] = ""
    rows = pd.concat([found[~turned], other]) if (~turned).any() else other[found.columns]
    return rows.loc[found.index].assign(turned=turned)


@section
def answer(run: ContrastRun) -> Results:
    """Return the asked contrast by the best report that the ledger has of it.

    Returns
    -------
    Results
        One set of rows: ``estimate``, ``std.error``, ``parameter`` (df), ``conf.low``,
        ``conf.high``, ``conf.level``, ``n.test``, ``n.reference``, ``route``, ``own.margin`` with
        ``own.conclusion`` and ``own.equivalence``, ``margin`` with ``conclusion`` and
        ``equivalence``, the difference of the printed means as they stand (``raw.estimate``,
        ``raw.low``, ``raw.high``, ``explained``), ``verdict.printed`` and ``citation``; or
        ``conclusion`` "not estimable" or "not found" with its ``reason``.

    Notes
    -----
    Estimand: the difference of mean growth, test minus reference, as the trial defines its
    population and model.
    """
    found = asked_contrasts(run)
    independent = found[found["evidence"] != "note"] if len(found) else found
    row = independent.iloc[0].to_dict() if len(independent) else _nothing(run, found)
    known = pd.notna(row.get("estimate"))
    if len(independent) and not known:
        row["reason"] += f"; {_searched(run)}"
    row = report_row(run, row) | {
        "group1_level": f"{run.product} − {run.comparator}",
        "variable_level": row.get("timepoint") or run.window,
        "outside": run.window if known and not row["in_window"] else "",
        "direction": "turned" if row.get("turned") else "",
        "source": row.get("source_id", ""),
        "own.bound": abs(row.get("margin", np.nan)),
        "bound": abs(run.margin_number) if known else np.nan,
        "margin.source": run.margin_chosen if known else "",
        "indication": INDICATIONS[run.indication],
        "asked": run.question,
        "citation": _citation(run.ledger, row.get("source_id") or row.get("verdict_source", "")),
        "k": independent["study_id"].nunique() if len(independent) else 0,
        "arms": _which_arms(independent),
    }
    return answer_results(run, [row], "answer")


@answer.shows
def answer_reading(answer: Results, run: ContrastRun) -> Reading:
    """Say what is known of the asked contrast, its relatives, its product and the field."""
    around = [each.rows(run) for each in (relatives, field, verdict_counts, own_series)]
    shown = level(run.conf_level)
    sentences = [*answer_sentences(answer), *around_sentences(answer, *around, level=shown)]
    parts = [part for part in (answer, *around) if not reason_of(part)]
    return Reading(sentences, combine(parts), heading="The answer")


def report_row(run: ContrastRun, row: dict[Any, Any]) -> dict[Any, Any]:
    """Return a report of the contrast with what places it and the rules of this run."""
    known = pd.notna(row.get("estimate"))
    return {PRINTED.get(name, name): value for name, value in row.items()} | {
        "group2_level": row.get("label", ""),
        "variable": run.param,
        "population": POPULATION if "label" in row else "",
        "n_population": row.get("n_total", np.nan),
        "note": row.get("result_ids", ""),
        "method": row.get("route") or NOT_ESTIMABLE,
        "conf.level": run.conf_level if known else np.nan,
        "margin": run.margin_number if known else np.nan,
        "zero": words_of_zero(row.get("conf.low"), row.get("conf.high"), direction="higher"),
    }


def _which_arms(found: pd.DataFrame) -> str:
    """Name the arms of the best report where its trial has several of the contrast."""
    own = found[found["study_id"].isin(found["study_id"].head(1))] if len(found) else found
    if len(own) < 2:
        return ""
    return f"{own['contrast'].iloc[0]}, one of its {counted(len(own), 'pair')} of arms"


def _nothing(run: ContrastRun, found: pd.DataFrame) -> dict[str, Any]:
    """Say that the ledger has no trial of the contrast, and what the searches looked for."""
    reason = (
        f"no randomised trial of {run.product} against {run.comparator} in "
        f"{INDICATIONS[run.indication]} stands in the ledger: {_searched(run)}"
    )
    if len(found):
        document = found.iloc[0]
        reason += f"; {document['label']} does not carry it, because {document['reason']}"
    if studies := _not_randomised(run):
        reason += f"; {studies} had both, but not by a stated randomisation"
    if studies := _left_out(run):
        reason += f"; left out by this run: {studies}"
    return {"conclusion": NOT_FOUND, "reason": reason}


def _searched(run: ContrastRun) -> str:
    """Return what the log of searches says of the asked contrast."""
    return not_found_words(
        run.ledger, product=run.product, comparator=run.comparator, indication=run.indication
    )


def _left_out(run: ContrastRun) -> str:
    """Return the trials of the asked contrast that the run itself leaves out."""
    pairs = randomised_pairs(run)
    asked = pairs[pairs["asked"] & pairs["study_id"].isin(run.exclude)]
    return ", ".join(dict.fromkeys(asked["study_id"]))


def _not_randomised(run: ContrastRun) -> str:
    """Return the studies that had both products without being stated to be randomised."""
    arms = run.ledger.arms
    arms = arms[(arms["indication"] == run.indication) & (arms["role"] != "all")]
    both = arms.groupby("study_id")["product"].agg({run.product, run.comparator}.issubset)
    studies = run.ledger.studies
    studies = studies[studies["study_id"].isin(both.index[both.astype(bool)])]
    return ", ".join(studies[studies["randomised"] != "yes"].query("evidence != 'note'")["label"])


def _citation(ledger: Ledger, ids: str) -> str:
    """Return where the numbers were read, with the kind of document."""
    rows = ledger.sources.set_index("source_id")
    cited = [rows.loc[name] for name in ids.split("; ") if name in rows.index]
    return "; ".join(f"{row['title']} [{row['kind']}], {row['address']}" for row in cited)


def answer_results(run: ContrastRun, rows: list[dict[Any, Any]], analysis_id: str) -> Results:
    """Return reports of the contrast as results; what a row lacks gives no number.

    Parameters
    ----------
    run
        What is compared.
    rows
        One a report, of `report_row` and with what is known of it besides.
    analysis_id
        Name of the analysis.
    """
    frame = pd.DataFrame(rows).reindex(columns=[*PLACING, *REPORT])
    return run.results(frame, analysis_id, group1="contrast", group2="study")
