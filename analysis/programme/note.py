"""The source document: what it prints, what holds up, and whether it could carry a contrast."""

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from analysis.display.reading import Reading
from analysis.display.rows import filled
from analysis.display.tables import Column, Table
from analysis.numbers import fixed
from analysis.programme.counts import ALL, counts_of, tally
from analysis.programme.settings import YEAR, ProgrammeRun, month_words
from analysis.results import NOT_ESTIMABLE, Results, section
from analysis.sources.evidence import Ledger
from analysis.sources.note_contrasts import note_contrasts
from analysis.sources.note_reports import copied_rows, derived_rows, independent_reports
from analysis.sources.schemas import INDICATIONS, STATUSES
from analysis.sources.searches import not_found_words
from analysis.words import numbered

SAID = {"differs": "differ from a report whose identity or analysis set is inferred"}
"""Status → how a sentence says it, where it is no adjective."""


@section
def note_cells(run: ProgrammeRun) -> Results:
    """Judge every cell of the source document's tables.

    Returns
    -------
    Results
        One set of rows per cell: ``value`` and ``printed.words`` (as in the document),
        ``status``, ``independent`` (mean, SD and n of the independent report), ``reason``.

    Notes
    -----
    A cell is *not reported* where the document says so; *derived* where it is only the
    subtraction of two others; *confirmed* where the independent report of the same trial agrees
    to rounding; *differs* where that report says otherwise but its identity with the trial is
    only inferred, or a count is smaller than its own, as an analysis set is, or a mean is that of
    another number of participants and an analysis set may have it; *contradicted* where a report
    of that very trial says otherwise of the same participants; else *unverified*. That a value
    stands in the table of another population, too, is a reason to doubt it and no report of the
    trial.
    """
    ledger, findings = run.ledger, run.findings
    cells = ledger.described()
    cells = cells[(cells["evidence"] == "note") & cells["statistic"].isin(["mean", "n"])]
    cells = cells.merge(independent_reports(ledger), on="result_id", how="left")
    status, reason = _judged(cells, derived_rows(ledger, findings), _unfound(cells, ledger))
    copied = cells["result_id"].map(copied_rows(ledger, findings)).astype(object)
    frame = pd.DataFrame(
        {
            "group1_level": cells["label"],
            "group2_level": cells["arm"],
            "variable": cells["param"],
            "variable_level": cells["months"].map(month_words),
            "value": cells["value"],
            "places:value": cells["decimals"],
            "unit": cells["unit"],
            "printed.words": [_printed(row) for row in cells.to_dict("records")],
            "status": status,
            "independent": cells["independent"],
            "source:independent": cells["independent_source"],
            "independent.source": cells["independent_source"],
            "reason": reason + ("; " + copied).where(copied.notna(), ""),
            "population": cells["population"],
            "n_population": cells["n"],
            "source": cells["source_id"],
            "note": cells["locator"],
        }
    )
    return run.results(frame, "note-cells", group1="table", group2="column", context="source audit")


@note_cells.shows
def note_tables(cells: Results, _run: ProgrammeRun) -> list[Table]:
    """Show each table of the source document, every cell judged."""
    tables = dict.fromkeys(cells.frame["group1_level"])
    return [_note_table(cells.select(group1_level=table), table) for table in tables]


def _note_table(cells: Results, table: str) -> Table:
    return Table(
        title=f"{table}: every cell as printed, and what holds up",
        results=cells,
        groups="group2_level",
        labels={"variable": "Value", "variable_level": "Time"},
        columns=[
            Column("As printed", "{printed.words}"),
            Column("Status", "{status}", "status"),
            Column("Independent report", "{independent}", "text"),
            Column("Source", "{independent.source}", "text"),
            Column("Why", "{reason}", "text"),
        ],
        footnotes=[
            "Agreement is judged to the rounding of both printed values. Contradicted: a report of "
            "that very trial says otherwise of the same participants, or by more than an analysis "
            "set could. Differs: so does one whose identity is inferred, or the cell may be of an "
            "analysis set. Derived: only the subtraction of two cells. "
            "Units: height velocity cm/year, height SDS in SD units of the general population."
        ],
    )


@section
def note_counts(run: ProgrammeRun) -> Results:
    """Return how many cells of the source document have each status."""
    statuses = note_cells(run).select(stat_name="status").frame["stat_fmt"]
    return tally(run, statuses, "status", "note-cells-count")


@note_counts.shows
def note_reading(statuses: Results, run: ProgrammeRun) -> Reading:
    """Show how many cells hold up, and what the tables repeat."""
    return Reading(note_sentences(statuses, run), statuses)


def note_sentences(statuses: Results, run: ProgrammeRun) -> list[str]:
    """Say how many cells of the source document hold up, and what its tables repeat."""
    counts = counts_of(statuses)
    words = ", ".join(
        f"{counts[status]} {SAID.get(status, status)}" for status in STATUSES if status in counts
    )
    repeated = [f"{each.sentence}." for each in run.findings if each.rule == "repeated table"]
    return [f"Of the {numbered(counts[ALL], 'cell')}: {words}.", *repeated]


@section
def controlled_contrast(run: ProgrammeRun) -> Results:
    """Say whether the document's controlled trial gives a contrast, and why not.

    Returns
    -------
    Results
        For each comparative table of the document one ``conclusion`` and its ``reason``.

    Notes
    -----
    Estimand asked for: the difference in mean change of height velocity at 12 months.
    """
    tables = note_contrasts(run.ledger, run.findings)
    frame = pd.DataFrame(
        {
            "group1_level": tables["product"] + " − " + tables["comparator"],
            "group2_level": tables["indication"],
            "variable": "Change in height velocity",
            "variable_level": YEAR,
            "conclusion": np.where(tables["reason"] != "", NOT_ESTIMABLE, "estimable"),
            "reason": tables["reason"],
            "source": tables["source_id"],
            "note": tables["label"] + " (" + tables["study_id"] + ")",
        }
    )
    return run.results(
        frame, "controlled-contrast", group1="contrast", group2="indication", context="published"
    )


@controlled_contrast.shows
def note_contrast_reading(contrast: Results, _run: ProgrammeRun) -> Reading:
    """Show whether the document's own table could carry its contrast."""
    sentences = [
        f"The document's own table on {row['group1_level'].replace(' − ', ' against ')} in "
        f"{INDICATIONS[row['group2_level']]}: a contrast is {row['conclusion']} from it"
        + (filled(row, ", because {reason}.") or ".")
        for row in contrast.wide().to_dict("records")
    ]
    return Reading(sentences, contrast)


def _printed(cell: Mapping[Hashable, Any]) -> str:
    if cell["reported"] == "no":
        return "Not Reported"
    return fixed(cell["value"], int(cell["decimals"]))


def _judged(
    cells: pd.DataFrame, derived: dict[str, str], unfound: pd.Series
) -> tuple[pd.Series, pd.Series]:
    """Return status and reason of each cell; the first rule that holds decides."""
    agrees, differs = cells["agrees"].isin([True]), cells["agrees"].isin([False])
    inferred = cells["inferred"].isin([True])
    is_derived = cells["result_id"].isin(list(derived))
    rules = [
        (cells["reported"] == "no", "not reported", "the document leaves the cell out"),
        (is_derived, "derived", [derived.get(row, "") for row in cells["result_id"]]),
        (agrees & ~inferred, "confirmed", "the independent report of the trial agrees"),
        (agrees, "confirmed", "agrees with a report whose identity with this study is inferred"),
        (differs & inferred, "differs",
         "differs by more than rounding from a report whose identity with this study is inferred"),
        (differs & cells["fewer"].isin([True]) & (cells["statistic"] == "n"), "differs",
         "fewer than the independent report has: an analysis set, or a misprint"),
        (differs & cells["fewer"].isin([True]), "differs",
         "of another number of participants than the independent report, whose analysis set may "
         "have this mean"),
        (differs, "contradicted", "the independent report of the trial says otherwise"),
    ]  # fmt: skip
    when = [rule for rule, _, _ in rules]
    status = np.select(when, [name for _, name, _ in rules], "unverified")
    reason = np.select(when, [why for _, _, why in rules], unfound)
    return tuple(pd.Series(said, cells.index, dtype=object) for said in (status, reason))


def _unfound(cells: pd.DataFrame, ledger: Ledger) -> pd.Series:
    """Return, for each cell, what the log of searches says of another report of it."""
    table = ["study_id", "indication"]
    said = {}
    for key, rows in cells.groupby(table):
        of_role = rows.drop_duplicates("role").set_index("role")["product"]
        product = of_role.get("test", of_role.iloc[0])
        comparator = of_role.get("comparator", "")
        words = not_found_words(
            ledger, product=product, comparator=comparator, indication=str(key[1])
        )
        said[key] = f"another report of this value: {words}"
    return pd.Series([said[key] for key in zip(*(cells[name] for name in table), strict=True)],
                     cells.index, dtype=object)  # fmt: skip
