"""The records behind the numbers of a table, handed to a report that asks for them.

A report gives every such table a page with its records, and a number that counts some opens it.
Without a report, as in JupyterLab, or where the plan does not allow it, a table has neither.
"""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.display.shown import statuses
from analysis.results import KEY, Counted, Results
from analysis.results.counted import PLACE
from analysis.results.record_listing import AT, each_once, listing, places_of_each
from analysis.words import slug

RECORDS_FOLDER = "ANALYSIS_RECORDS"
"""Environment variable by which a run of the report asks for the records of its tables."""
PAGES = "records"
"""Folder of their pages, beside the page of the run."""


@dataclass(frozen=True, slots=True)
class Numbered:
    """A number of a table that counts records: where it stands, how it is shown, what it counts."""

    at: str
    row: str
    column: str
    shown: str
    counted: Counted


def page_of(title: str) -> str:
    """Return where the records of a table stand, seen from the page of its run.

    Examples
    --------
    >>> page_of("Liver tests, × ULN")
    'records/liver-tests-uln.html'
    """
    return f"{PAGES}/{slug(title) or 'table'}.html"


def hand_over(title: str, results: Results, numbers: Sequence[Numbered]) -> str:
    """Hand the records of a table to the report, and return where their page will be.

    Parameters
    ----------
    title, results
        Of the table.
    numbers
        Its numbers that count records.

    Returns
    -------
    str
        As `page_of`; "" where nobody asks, nothing is counted, or the plan does not allow it.
    """
    folder = os.environ.get(RECORDS_FOLDER, "")
    trial = next((each.counted.trial for each in numbers), None)
    if not folder or trial is None or not trial.plan.lists_participants:
        return ""
    page = page_of(title)
    held = _held(title, results, numbers)
    file = Path(folder) / Path(page).with_suffix(".json").name
    file.write_text(json.dumps(held, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")
    return page


def _held(title: str, results: Results, numbers: Sequence[Numbered]) -> Mapping[str, Any]:
    """Return all that the page of the records of a table shows."""
    own = places_of_each([each.counted for each in numbers])
    where = each_once(own)
    trial = numbers[0].counted.trial
    assert trial is not None  # `hand_over` has looked.
    shown = listing(trial, where)
    number = {place: at for at, place in enumerate(where[PLACE].itertuples(index=False, name=None))}
    own["number"] = [number[place] for place in own[PLACE].itertuples(index=False, name=None)]
    behind = dict(iter(own.groupby(AT)))
    counts = ((each, behind.get(at, own.iloc[:0])) for at, each in enumerate(numbers))
    cells = [
        {
            "at": each.at, "row": each.row, "column": each.column, "shown": each.shown,
            "participants": counted["USUBJID"].nunique(), "records": counted["number"].tolist(),
        }
        for each, counted in counts
    ]  # fmt: skip
    keys = results.frame[KEY].itertuples(index=False, name=None)
    frame = results.frame[[key in results.counted for key in keys]]
    return {
        "title": title,
        "statuses": statuses(results),
        "trial": trial.plan.title,
        "population": "; ".join(dict.fromkeys(name for name in frame["population"] if name)),
        "methods": list(dict.fromkeys(name for name in frame["method"] if name)),
        "columns": list(shown),
        "rows": shown.to_numpy().tolist(),
        "cells": cells,
    }
