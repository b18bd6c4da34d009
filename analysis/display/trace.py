"""How the way back from a number looks in a terminal."""

import shlex
from collections.abc import Mapping
from typing import Any

import pandas as pd
from tabulate import tabulate

from analysis.display.html import badge_words
from analysis.results import PROPORTION, ROW_KEY, Counted
from analysis.results.counted import COUNTS
from analysis.results.record_listing import NUMBER, PARTICIPANT, TABLE, listing, places
from analysis.words import begins_sentence, numbered

MOST = 60
"""Addresses that are listed."""
WIDE = 60
"""Letters after which a text is cut."""


def address(row: Mapping[Any, Any]) -> str:
    """Return how a table row is named on the command line."""
    words = [row["analysis_id"], *(f"{name}={row[name]}" for name in ROW_KEY if row[name])]
    return shlex.join(words)


def addresses_text(found: pd.DataFrame) -> str:
    """Return the table rows that results are of, each with what it shows."""
    rows = [
        {"address": address(own.iloc[0].to_dict()), "shows": _shows(own)}
        for _, own in found.groupby(["analysis_id", *ROW_KEY], sort=False)
    ]
    more = (
        f"\n… and {len(rows) - MOST} more; name a column to see fewer" if len(rows) > MOST else ""
    )
    return f"{tabulate(rows[:MOST], headers='keys', tablefmt='plain')}{more}"


def analyses_text(found: pd.DataFrame) -> str:
    """Return the analyses of some results, each with how many table rows it has."""
    rows = [
        {"analysis": name, "rows": len(own.drop_duplicates(ROW_KEY)), "first": address(own.iloc[0])}
        for name, own in found.groupby("analysis_id", sort=False)
    ]
    return tabulate(rows, headers="keys", tablefmt="plain")


def _shows(own: pd.DataFrame) -> str:
    said = " ".join(f"{row['stat_name']} {row['stat_fmt']}" for row in own.to_dict("records"))
    return said if len(said) <= WIDE else f"{said[: WIDE - 1]}…"


def trace_text(
    rows: pd.DataFrame,
    counted: Mapping[str, Counted],
    printed: pd.DataFrame,
    sources: pd.DataFrame,
) -> str:
    """Return a table row, what its numbers count, and the documents that printed it."""
    parts = [_numbers(rows), *_definition(rows)]
    # What the row is about comes first, and is listed; all who were looked at only where asked for.
    first, *others = sorted(counted, key=lambda name: name not in COUNTS) or [""]
    if first:
        parts.append(_counted(first, counted[first]))
    parts += [
        f"{name} counts {numbered(len(counted[name].participants), 'participant')}; they are "
        f"listed with statistic={name}."
        for name in others
        if name not in COUNTS
    ]
    if not counted and (rows["data_status"] != "published").any():
        parts.append("Computed, not counted: there is no list of what it counts.")
    return "\n\n".join([*parts, *_documents(printed, sources)])


def _numbers(rows: pd.DataFrame) -> str:
    first = rows.iloc[0]
    badge = badge_words(dict.fromkeys(rows["data_status"]))
    lines = [
        (row["stat_name"], f"{row['stat_fmt']}{_unit(row)}", row["stat_label"])
        for row in rows.to_dict("records")
    ]
    return f"{address(first)} [{badge}]\n{tabulate(lines, tablefmt='plain', disable_numparse=True)}"


def _unit(row: Mapping[Any, str]) -> str:
    unit = "%" if row["unit"] == PROPORTION else row["unit"]
    return f" {unit}" if unit and row["stat"] else ""


def _definition(rows: pd.DataFrame) -> list[str]:
    """Return population, method, source and note, as far as they are given."""
    first = rows.iloc[0]
    size = f", N {first['n_population']}" if first["n_population"] else ""
    said = {
        "Population": f"{first['population']}{size}" if first["population"] else "",
        "Method": begins_sentence(first["method"]),
        "Source": first["source"],
        "Note": first["note"],
    }
    lines = [f"{name}: {words}" for name, words in said.items() if words]
    return ["\n".join(lines)] if lines else []


def _counted(name: str, counted: Counted) -> str:
    where = places([counted])
    people, records = where["USUBJID"].nunique(), len(where)
    head = f"{name} counts {numbered(people, 'participant')}, {numbered(records, 'record')}"
    if not records or counted.trial is None:
        return f"{head}."
    shown = listing(counted.trial, where)
    if PARTICIPANT in shown:
        grid = tabulate(
            shown, headers="keys", tablefmt="simple", showindex=False, disable_numparse=True
        )
        return f"{head}:\n{grid}"
    rows = [f"{table} {', '.join(own[NUMBER])}" for table, own in shown.groupby(TABLE, sort=False)]
    return (
        f"{head}. Participants are not named: safety.identifiers of trial.yml does not allow it. "
        f"Rows of the tables, from 1 without the header: {'; '.join(rows)}."
    )


def _documents(printed: pd.DataFrame, sources: pd.DataFrame) -> list[str]:
    """Return the rows of the ledger and the documents, each with its place."""
    parts = []
    for row in printed.to_dict("records"):
        value = "not reported" if pd.isna(row["value"]) else f"{row['value']:.10g} {row['unit']}"
        parts.append(
            f"Ledger {row['result_id']}: {row['study_id']}, {row['arm_id']}, "
            f"{row['endpoint_printed']}, {row['timepoint_printed']}, {row['statistic']} {value}\n"
            f"  printed in {row['source_id']}: {row['locator']}"
            + (f"\n  note: {row['note']}" if row["note"] else "")
        )
    for row in sources.to_dict("records"):
        parts.append(
            f"Source {row['source_id']}, {row['kind']}: {row['title']}\n  {row['address']}"
            + (f"\n  {row['note']}" if row["note"] else "")
        )
    return parts
