"""The source document, cell by cell: what it prints and what holds up."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from analysis.numbers import fixed
from analysis.programme.words import PUBLISHED, month_words
from analysis.results import Results, Stat, from_frame
from analysis.sources.audit import Finding
from analysis.sources.evidence import Ledger
from analysis.sources.note_reports import copied_rows, derived_rows, independent_reports
from analysis.sources.searches import not_found_words


def note_cells(ledger: Ledger, findings: list[Finding]) -> Results:
    """Judge every cell of the source document's tables.

    Parameters
    ----------
    ledger
        The published ledger.
    findings
        What the audit found.

    Returns
    -------
    Results
        One set of rows per cell: ``printed`` (as in the document), ``status``,
        ``independent`` (mean, SD and n of the independent report), ``reason``.

    Notes
    -----
    A cell is *not reported* where the document says so; *derived* where it is only the
    subtraction of two others; *confirmed* where the independent report of the same trial agrees
    to rounding; *differs* where that report says otherwise but its identity with the trial is
    only inferred, or a count is smaller than its own, as an analysis set is; *contradicted*
    where a report of that very trial says otherwise; else *unverified*. That a value stands in
    the table of another population, too, is a reason to doubt it and no report of the trial.
    """
    cells = ledger.described()
    cells = cells[(cells["evidence"] == "note") & cells["statistic"].isin(["mean", "n"])]
    cells = cells.merge(independent_reports(ledger), on="result_id", how="left")
    judged = _judged(cells, derived_rows(ledger, findings), _unfound(cells, ledger))
    copied = cells["result_id"].map(copied_rows(ledger, findings)).astype(object)
    judged["reason"] += ("; " + copied).where(copied.notna(), "")
    return from_frame(
        cells.assign(
            **judged,
            printed=[_printed(row) for row in cells.to_dict("records")],
            group1_level=cells["label"],
            group2_level=cells["arm"],
            variable=cells["param"],
            variable_level=cells["months"].map(month_words),
            n_population=cells["n"],
            source=cells["source_id"],
            note=cells["locator"],
        ),
        {
            "value": Stat("value", "As printed", "decimals", "unit"),
            "printed": Stat("printed", "As printed, in words"),
            "status": Stat("status", "Status"),
            "independent": Stat("independent", "Independent report", source="independent_source"),
            "independent_source": Stat("independent_source", "Independent source"),
            "reason": Stat("reason", "Reason"),
        },
        analysis_id="note-cells",
        group1="table",
        group2="column",
        context="source audit",
        data_status=PUBLISHED,
    )


def _printed(cell: Mapping[Hashable, Any]) -> str:
    if cell["reported"] == "no":
        return "Not Reported"
    return fixed(cell["value"], int(cell["decimals"]))


def _judged(
    cells: pd.DataFrame, derived: dict[str, str], unfound: pd.Series
) -> dict[str, pd.Series]:
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
        (differs & cells["fewer"].isin([True]), "differs",
         "fewer than the independent report has: an analysis set, or a misprint"),
        (differs, "contradicted", "the independent report of the trial says otherwise"),
    ]  # fmt: skip
    when = [rule for rule, _, _ in rules]
    status = np.select(when, [name for _, name, _ in rules], "unverified")
    reason = np.select(when, [why for _, _, why in rules], unfound)
    return {
        "status": pd.Series(status, cells.index, dtype=object),
        "reason": pd.Series(reason, cells.index, dtype=object),
    }


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
