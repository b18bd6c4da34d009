"""The answer: the randomised contrast of two products, asked of the whole ledger by rules.

The best report is, in this order: an independent one before a secondary document; one that can
be estimated; within the time window; by the better route (an adjusted difference with its
interval before raw means); from the fuller document; the better read; the larger trial.
Everything else that reports the contrast stands beside it, with what disagrees.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from analysis.contrasts.pairs import randomised_pairs
from analysis.contrasts.settings import ContrastRun
from analysis.contrasts.within_trial import DIGITS, differences
from analysis.errors import UserError
from analysis.numbers import percent
from analysis.results import NOT_ESTIMABLE, Results, Stat, from_frame, present
from analysis.sources.choice import document_ranks
from analysis.sources.evidence import Ledger
from analysis.sources.schemas import CONFIDENCE, INDICATIONS
from analysis.sources.searches import not_found_words
from analysis.words import counted

NOT_FOUND = "not found"


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
    swapped = found.assign(turned=turned)
    both = [
        (name, f"{name}_reference") for name in ("n", "mean", "sd", "se", "ls_mean", "ls_se")
    ] + [("arm_id", "reference_arm_id"), ("product", "reference_product")]
    for one, other in both:
        swapped[one] = found[one].where(~turned, found[other])
        swapped[other] = found[other].where(~turned, found[one])
    for low, middle, high in (
        ("low", "estimate", "high"),
        ("raw_low", "raw_estimate", "raw_high"),
        ("ci_low", "diff", "ci_high"),
    ):
        swapped[middle] = found[middle].where(~turned, -found[middle])
        swapped[low] = found[low].where(~turned, -found[high])
        swapped[high] = found[high].where(~turned, -found[low])
    sides = found["contrast"].str.split(" − ")
    swapped["contrast"] = found["contrast"].where(~turned, sides.map(lambda s: " − ".join(s[::-1])))
    # A margin belongs to the direction in which its trial set it.
    swapped["margin"] = found["margin"].where(~turned)
    judged = turned & found["estimate"].notna().to_numpy()
    for verdict in ("conclusion", "equivalence", "own_conclusion", "own_equivalence", "verdict"):
        swapped[verdict] = found[verdict].where(~judged, "")
    return swapped


def answer(run: ContrastRun) -> Results:
    """Return the asked contrast by the best report that the ledger has of it.

    Parameters
    ----------
    run
        What is compared.

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
    row |= {
        "group1_level": f"{run.product} − {run.comparator}",
        "group2_level": row.get("label", ""),
        "variable": run.param,
        "variable_level": row.get("timepoint") or run.window,
        "window": run.window if known and not row["in_window"] else "",
        "direction": "turned" if row.get("turned") else "",
        "n_population": row.get("n_total", np.nan),
        "source": row.get("source_id", ""),
        "note": row.get("result_ids", ""),
        "method": row.get("route") or NOT_ESTIMABLE,
        "level": run.conf_level if known else np.nan,
        "margin_used": run.margin if known and run.margin is not None else np.nan,
        "own_bound": abs(row.get("margin", np.nan)),
        "bound": abs(run.margin) if known and run.margin is not None else np.nan,
        "indication": INDICATIONS[run.indication],
        "citation": _citation(run.ledger, row.get("source_id") or row.get("verdict_source", "")),
        "trials": independent["study_id"].nunique() if len(independent) else 0,
        "arms": _which_arms(independent),
    }
    return answer_results(run, pd.DataFrame([row]), "answer")


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
    arms = arms[(arms["indication"] == run.indication) & ~arms["role"].isin(["all"])]
    both = arms.groupby("study_id")["product"].agg({run.product, run.comparator}.issubset)
    studies = run.ledger.studies
    studies = studies[studies["study_id"].isin(both.index[both.astype(bool)])]
    return ", ".join(studies[studies["randomised"] != "yes"].query("evidence != 'note'")["label"])


def _citation(ledger: Ledger, ids: str) -> str:
    """Return where the numbers were read, with the kind of document."""
    rows = ledger.sources.set_index("source_id")
    cited = [rows.loc[name] for name in ids.split("; ") if name in rows.index]
    return "; ".join(f"{row['title']} [{row['kind']}], {row['address']}" for row in cited)


def answer_results(run: ContrastRun, frame: pd.DataFrame, analysis_id: str) -> Results:
    """Return reports of the contrast as results; a column that a row lacks gives no number.

    Parameters
    ----------
    run
        What is compared.
    frame
        One row a report, with the columns of `asked_contrasts` and those of a results table.
    analysis_id
        Name of the analysis.
    """
    unit = run.unit
    every = {
        "conclusion": Stat("conclusion", "Non-inferiority"),
        "reason": Stat("reason", "Because"),
        "n": Stat("n.test", "n, test", 0),
        "n_reference": Stat("n.reference", "n, reference", 0),
        "estimate": Stat("estimate", "Difference", DIGITS, unit),
        "std_error": Stat("std.error", "SE", DIGITS, unit),
        "df": Stat("parameter", "df", 0),
        "low": Stat("conf.low", "Lower limit", DIGITS, unit),
        "high": Stat("conf.high", "Upper limit", DIGITS, unit),
        "level": Stat("conf.level", "Confidence level", 0, form=percent),
        "route": Stat("route", "Obtained from"),
        "model": Stat("model", "Model that the source states"),
        "margin": Stat("own.margin", "The trial's own margin", DIGITS, unit),
        "own_conclusion": Stat("own.conclusion", "Verdict at its own margin"),
        "own_bound": Stat("own.bound", "Equivalence bound by its own margin", DIGITS, unit),
        "own_equivalence": Stat("own.equivalence", "Equivalence at its own margin"),
        "margin_used": Stat("margin", "Margin of this run", DIGITS, unit),
        "bound": Stat("bound", "Equivalence bound of this run", DIGITS, unit),
        "equivalence": Stat("equivalence", "Equivalence"),
        "raw_estimate": Stat("raw.estimate", "Difference of the printed means", DIGITS, unit),
        "raw_std_error": Stat("raw.std.error", "SE of that difference", DIGITS, unit),
        "raw_low": Stat("raw.low", "Lower limit, printed means", DIGITS, unit),
        "raw_high": Stat("raw.high", "Upper limit, printed means", DIGITS, unit),
        "explained": Stat("explained", "Variance that covariates would explain", 0, form=percent),
        "verdict": Stat("verdict.printed", "Verdict that the source prints"),
        "printed": Stat("printed", "As printed"),
        "indication": Stat("indication", "Indication"),
        "citation": Stat("citation", "Read in"),
        "window": Stat("outside", "Outside the time window of"),
        "direction": Stat("direction", "Direction of the trial"),
        "arms": Stat("arms", "Arms of the trial"),
        "trials": Stat("k", "Trials of this contrast", 0),
        "document": Stat("document", "Kind of document"),
        "differs": Stat("differs", "Differs from the best report in"),
        "confidence": Stat("confidence", "Confidence"),
    }
    return from_frame(
        frame,
        present(every, frame),
        analysis_id=analysis_id,
        group1="contrast",
        group2="study",
        context="published",
        **run.result_labels,
    )
