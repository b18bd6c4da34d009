"""The answer: the randomised contrast of two products, asked of the whole ledger by rules.

The best report is, in this order: an independent one before a secondary document; one that can
be estimated; within the time window; by the better route (an adjusted difference with its
interval before raw means); from the fuller document; the better read; the larger trial.
Everything else that reports the contrast stands beside it, with what disagrees.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from analysis.contrasts.pairs import randomised_pairs
from analysis.contrasts.printed import PAIR
from analysis.contrasts.settings import ContrastRun
from analysis.contrasts.within_trial import DIGITS, NOT_ESTIMABLE, differences, estimated
from analysis.errors import UserError
from analysis.numbers import decimals, fixed, percent
from analysis.results import Results, Stat, from_frame
from analysis.sources.evidence import Ledger
from analysis.sources.schemas import CONFIDENCE, DOCUMENTS, INDICATIONS
from analysis.sources.searches import not_found_words
from analysis.words import counted

NOT_FOUND = "not found"
DISTINCT = {
    "n": "n {} against {} in the test arm",
    "n_reference": "n {} against {} in the reference arm",
    "mean": "mean {} against {} in the test arm",
    "mean_reference": "mean {} against {} in the reference arm",
    "estimate": "difference {} against {}",
}
"""Column → how two reports of one contrast differ in it."""


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
    found = _as_asked(run, found[found["asked"]])
    documents = [
        min(ranks, default=len(DOCUMENTS))
        for ranks in found["source_id"].map(lambda ids: _document_ranks(run.ledger, ids))
    ]
    order = found.assign(
        secondary=found["evidence"] == "note",
        unknown=found["estimate"].isna(),
        outside=~found["in_window"],
        document=documents,
        doubt=[-CONFIDENCE.index(word) if word else 1 for word in found["confidence"]],
        size=-found["n_total"],
    )
    by = ["secondary", "unknown", "outside", "rank", "document", "doubt", "size"]
    return found.loc[order.sort_values(by, kind="stable").index].reset_index(drop=True)


def _document_ranks(ledger: Ledger, ids: str) -> list[int]:
    kinds = ledger.sources.set_index("source_id")["kind"]
    return [DOCUMENTS.index(kinds[name]) for name in ids.split("; ") if name in kinds.index]


def _as_asked(run: ContrastRun, found: pd.DataFrame) -> pd.DataFrame:
    """Turn the contrasts of trials that have product and comparator the other way round."""
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
        "indication": INDICATIONS[run.indication],
        "citation": _citation(run.ledger, row.get("source_id") or row.get("verdict_source", "")),
        "trials": independent["study_id"].nunique() if len(independent) else 0,
        "arms": _which_arms(independent),
    }
    return _results(run, pd.DataFrame([row]), "answer")


def _which_arms(found: pd.DataFrame) -> str:
    """Name the arms of the best report where its trial has several of the contrast."""
    if found.empty or (found["study_id"] == found["study_id"].iloc[0]).sum() == 1:
        return ""
    pairs = counted(int((found["study_id"] == found["study_id"].iloc[0]).sum()), "pair")
    return f"{found['contrast'].iloc[0]}, one of its {pairs} of arms"


def _nothing(run: ContrastRun, found: pd.DataFrame) -> dict[str, Any]:
    """Say that the ledger has no trial of the contrast, and what the searches looked for."""
    words = not_found_words(
        run.ledger, product=run.product, comparator=run.comparator, indication=run.indication
    )
    reason = (
        f"no randomised trial of {run.product} against {run.comparator} in "
        f"{INDICATIONS[run.indication]} stands in the ledger: {words}"
    )
    if len(found):
        document = found.iloc[0]
        reason += f"; {document['label']} does not carry it, because {document['reason']}"
    if studies := _not_randomised(run):
        reason += f"; {studies} had both, but not by a stated randomisation"
    return {"conclusion": NOT_FOUND, "reason": reason}


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


def by_source(run: ContrastRun) -> Results:
    """Return every report of the asked contrast side by side, with what disagrees.

    Returns
    -------
    Results
        One set of rows a study (``group2_level``) and document (``variable_level``): as
        `answer`, with ``kind`` of the document and ``differs``: how its numbers differ from
        those of the best report.

    Raises
    ------
    UserError
        If the ledger has no report of the contrast.
    """
    trials = asked_contrasts(run)
    if trials.empty:
        raise UserError(
            f"the ledger has no report of {run.product} against {run.comparator} in "
            f"{INDICATIONS[run.indication]}"
        )
    best = trials.iloc[0]
    kinds = run.ledger.sources.set_index("source_id")["kind"]
    rows = [
        row
        for trial in trials.to_dict("records")
        for row in _reports(run, trial, best, kinds.to_dict())
    ]
    return _results(run, pd.DataFrame(rows), "answer-sources")


def _reports(
    run: ContrastRun, trial: dict[Any, Any], best: pd.Series, kinds: dict[str, str]
) -> list[dict[Any, Any]]:
    """Return one row a document that prints something of a trial's contrast."""
    rows = []
    for name in _documents(run, trial):
        alone = _read_alone(run, trial, name)
        known = pd.notna(alone["estimate"])
        rows.append(
            alone
            | {
                "group1_level": alone["contrast"],
                "group2_level": trial["label"],
                "variable": run.param,
                "variable_level": name,
                "n_population": alone["n_total"],
                "source": name,
                "note": alone["result_ids"],
                "method": alone["route"] or NOT_ESTIMABLE,
                "level": run.conf_level if known else np.nan,
                "margin_used": run.margin if known and run.margin is not None else np.nan,
                "document": kinds.get(name, ""),
                "differs": _disagreement(alone, best),
            }
        )
    return rows


def _documents(run: ContrastRun, trial: dict[Any, Any]) -> list[str]:
    """Return the documents that print something of a trial's endpoint, the one in use first."""
    rows = run.ledger.results
    rows = rows[
        (rows["study_id"] == trial["study_id"])
        & (rows["paramcd"] == run.endpoint)
        & (rows["months"] > 0)
        & rows["arm_id"].isin([trial["arm_id"], trial["reference_arm_id"]])
    ]
    return list(dict.fromkeys([*trial["source_id"].split("; "), *rows["source_id"]]))


def _read_alone(run: ContrastRun, trial: dict[Any, Any], source: str) -> dict[Any, Any]:
    """Return the contrast as one document alone gives it."""
    if trial["evidence"] == "note":
        return trial
    ledger, study = run.ledger, trial["study_id"]
    results = ledger.results[ledger.results["study_id"] == study]
    alone = replace(
        run,
        ledger=replace(
            ledger,
            results=results[results["source_id"] == source],
            arms=ledger.arms[ledger.arms["study_id"] == study],
        ),
    )
    found = _as_asked(run, estimated(alone, randomised_pairs(alone), ""))
    sides = (found["arm_id"] == trial["arm_id"]) & (
        found["reference_arm_id"] == trial["reference_arm_id"]
    )
    # A document may print nothing on the asked endpoint; then the trial's own row stands.
    return dict(found[sides].iloc[0]) if sides.any() else trial


def _disagreement(row: dict[Any, Any], best: pd.Series) -> str:
    """Say in which printed numbers two reports of one contrast differ beyond rounding."""
    if row["study_id"] == best["study_id"] and row["result_ids"] == best["result_ids"]:
        return ""
    said = []
    for column, words in DISTINCT.items():
        mine, other = row[column], best[column]
        if pd.isna(mine) or pd.isna(other):
            continue
        places = [decimals(repr(round(float(value), 3))) for value in (mine, other)]
        slack = sum(0.5 * 10.0**-place for place in places) if column not in SIZES else 0.0
        if abs(mine - other) > slack + 1e-9:
            shown = [
                fixed(value, 0 if column in SIZES else place)
                for value, place in zip((mine, other), places, strict=True)
            ]
            said.append(words.format(*shown))
    return "; ".join(said)


SIZES = ("n", "n_reference")


def _results(run: ContrastRun, frame: pd.DataFrame, analysis_id: str) -> Results:
    """Return reports of the contrast as results; a column that a row lacks gives no number."""
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
        "own_equivalence": Stat("own.equivalence", "Equivalence at its own margin"),
        "margin_used": Stat("margin", "Margin of this run", DIGITS, unit),
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
        {column: stat for column, stat in every.items() if column in frame},
        analysis_id=analysis_id,
        group1="contrast",
        group2="study",
        context="published",
        **run.result_labels,
    )


def relatives(run: ContrastRun) -> Results:
    """Return the contrasts most like the asked one: the same kinds of product.

    Returns
    -------
    Results
        Per contrast and study: ``estimate``, ``conf.low``, ``conf.high``, ``conclusion``,
        ``time``; or ``conclusion`` "not estimable" and its ``reason``. What can be estimated
        stands first.

    Raises
    ------
    UserError
        If no other trial compares products of these classes.
    """
    products = run.ledger.products.set_index("product")
    test, reference = (products["product_class"][name] for name in (run.product, run.comparator))
    found = differences(run)
    found = found[
        (found["product_class"] == test)
        & (found["kind"] == products["kind"][run.product])
        & (found["reference_class"] == reference)
        & (found["product"] != found["reference_product"])
        & ~found["asked"]
        & (found["evidence"] != "note")
    ]
    if found.empty:
        raise UserError(
            f"no other randomised trial of {INDICATIONS[run.indication]} in the ledger compares "
            f"products of the classes {test} and {reference}"
        )
    outside = np.where(found["in_window"] | found["months"].isna(), "", ", outside the window")
    return from_frame(
        found.assign(
            group1_level=found["contrast"],
            group2_level=found["label"],
            variable=run.param,
            variable_level=found["timepoint"].fillna(""),
            n_population=found["n_total"],
            source=found["source_id"],
            note=found["result_ids"],
            classes=f"{test} against {reference}",
            time=found["timepoint"].fillna("") + outside,
        ),
        {
            "estimate": Stat("estimate", "Difference", DIGITS, run.unit),
            "low": Stat("conf.low", "Lower limit", DIGITS, run.unit),
            "high": Stat("conf.high", "Upper limit", DIGITS, run.unit),
            "n_total": Stat("n", "n", 0),
            "conclusion": Stat("conclusion", "Non-inferiority"),
            "time": Stat("time", "Time"),
            "verdict": Stat("verdict.printed", "Verdict that the source prints"),
            "reason": Stat("reason", "Because"),
            "classes": Stat("classes", "Classes"),
        },
        analysis_id="relatives",
        group1="contrast",
        group2="study",
        context="published",
        **run.result_labels,
    )


SHOWN, NOT_SHOWN = "non-inferior", "not shown"
COUNTED = (
    "non-inferiority shown",
    "non-inferiority not shown",
    "verdict printed without the numbers for it",
    "not estimable",
    "no verdict: no treatment, two doses of one product, or no margin",
)
"""What a randomised pair can come to; each pair is counted under one."""


def verdict_counts(run: ContrastRun) -> Results:
    """Count the randomised pairs of the indication by what is known of them.

    Returns
    -------
    Results
        One ``n`` a state (`COUNTED`) and one for all; the pairs of a secondary document are not
        counted. ``note`` names the pairs.
    """
    found = differences(run)
    found = found[found["evidence"] != "note"]
    estimable = found["estimate"].notna()
    printed = ~estimable & (found["verdict"] != "")
    state = np.select(
        [found["conclusion"] == SHOWN, found["conclusion"] == NOT_SHOWN, estimable, printed],
        [COUNTED[0], COUNTED[1], COUNTED[4], COUNTED[2]],
        COUNTED[3],
    )
    named = found["contrast"] + " (" + found["label"] + ")"
    verdicts = named + ": " + found["verdict"]
    named = named.where(~printed, verdicts)
    rows = [
        {"group1_level": words, "n": int((state == words).sum()),
         "note": "; ".join(named[state == words])}
        for words in COUNTED
    ]  # fmt: skip
    rows.append({"group1_level": "all randomised pairs", "n": len(found), "note": ""})
    return from_frame(
        pd.DataFrame(rows).assign(
            variable=run.param,
            variable_level=f"nearest to {run.window}",
            source=run.source,
            pairs=lambda f: f.note,
        ),
        {"n": Stat("n", "Pairs", 0), "pairs": Stat("pairs", "Which")},
        analysis_id="verdict-counts",
        group1="state",
        context="published",
        method=f"one state a pair, as of {', '.join(PAIR)}",
        **run.result_labels,
    )
