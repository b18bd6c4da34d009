"""Every report of the asked contrast, side by side, with what disagrees."""

from dataclasses import replace
from typing import Any

import pandas as pd

from analysis.contrasts.answer import answer_results, as_asked, asked_contrasts, report_row
from analysis.contrasts.columns import known
from analysis.contrasts.pairs import randomised_pairs
from analysis.contrasts.settings import ContrastRun
from analysis.contrasts.within_trial import estimated
from analysis.display.tables import Column, Table
from analysis.errors import NoSection
from analysis.numbers import decimals, fixed
from analysis.results import Results, section
from analysis.sources.schemas import INDICATIONS

DISTINCT = {
    "n": "n {} against {} in the test arm",
    "n_reference": "n {} against {} in the reference arm",
    "mean": "mean {} against {} in the test arm",
    "mean_reference": "mean {} against {} in the reference arm",
    "estimate": "difference {} against {}",
}
"""Column → how two reports of one contrast differ in it."""
SIZES = ("n", "n_reference")
"""Columns that hold whole numbers."""


@section
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
    NoSection
        If the ledger has no report of the contrast; `answer` says so.
    """
    trials = asked_contrasts(run)
    if trials.empty:
        raise NoSection(
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
    return answer_results(run, rows, "answer-sources")


@by_source.shows
def reports_table(by_source: Results, _: ContrastRun) -> Table:
    """Show every report of the asked contrast side by side, with what disagrees."""
    return Table(
        title="Every report of this contrast, the best first",
        results=by_source,
        labels={"group2_level": "Study", "variable_level": "Source"},
        columns=[
            Column("As printed", "{document}:\n{printed.words}", "text"),
            Column("Difference", "{estimate}\n{conf.low} to {conf.high}", "text"),
            Column("At its own margin", "{own.margin}: {own.conclusion}", "text"),
            *known(by_source, Column("Against the best report", "{differs}", "text")),
            *known(by_source, Column("Why not estimable", "{reason}", "text")),
        ],
        footnotes=[
            "Best first: an independent report before a secondary document; an adjusted "
            "difference with its interval before raw means; a full publication before an abstract; "
            "the better read; the larger trial. Another trial of the pair need not agree with the "
            "best."
        ],
    )


def _reports(
    run: ContrastRun, trial: dict[Any, Any], best: pd.Series, kinds: dict[str, str]
) -> list[dict[Any, Any]]:
    """Return one row a document that prints something of a trial's contrast."""
    rows = []
    for name in _documents(run, trial):
        alone = _read_alone(run, trial, name)
        rows.append(
            report_row(run, alone)
            | {
                "group1_level": alone["contrast"],
                "variable_level": name,
                "source": name,
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
    found = as_asked(run, estimated(alone, randomised_pairs(alone), {}))
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
