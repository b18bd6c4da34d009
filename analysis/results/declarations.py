"""Every statistic that may stand in ``results.csv``, declared once, in ``statistics.csv``.

What is not there cannot be written. Each line is one `Statistic`, after the topic that it is of;
{cards}' name is used where it has one.
"""

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import cast

from analysis.results.vocabulary import Scale, Statistic

FILE = Path(__file__).with_name("statistics.csv")


def declared(rows: Iterable[Mapping[str, str]]) -> dict[str, Statistic]:
    """Return the statistics of a table by name.

    Raises
    ------
    ValueError
        If a name is declared twice, or its scale is none.
    """
    found: dict[str, Statistic] = {}
    for row in rows:
        name, places = row["name"], int(row["places"] or 0)
        if name in found:
            raise ValueError(f"{name} is declared twice")
        scale = cast("Scale", row["scale"])
        found[name] = Statistic(name, row["label"], scale, places, row["unit"])
    return found


with FILE.open(encoding="utf-8", newline="") as file:
    ROWS = list(csv.DictReader(file))
STATISTICS = declared(ROWS)
"""Name → statistic."""
GENERAL = frozenset(row["name"] for row in ROWS if row["topic"] == "general")
"""Names of the statistics that are no topic's own."""
