"""Every row that was offered to the ledger is in it, or left out with a reason."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pandas as pd
import pytest

from analysis import paths
from analysis.sources.evidence import Ledger

SHARED = paths.ROOT.parent / "shared" / "evidence"
OFFERED = (
    *("evidence.csv", "abstracts.csv", "new_rows.csv", "new_numbers.md", "corrections.md"),
    *("findings.md", "pivotal_trial.md"),
)
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="the offered files are not here")


def rows_offered(path: Path) -> int:
    """Rows of a csv table, of the one table of a Markdown file, or of its numbered list."""
    if path.suffix == ".csv":
        with path.open(encoding="utf-8", newline="") as file:
            return sum(1 for _ in csv.DictReader(file))
    text = path.read_text(encoding="utf-8")
    table = [line for line in text.splitlines() if line.startswith("|")]
    return len(table) - 2 if table else len(re.findall(r"^\d+\. ", text, flags=re.M))


@needs_shared
@pytest.mark.parametrize("name", OFFERED)
def test_every_offered_row_has_one_line(ledger: Ledger, name: str) -> None:
    rows = ledger.intake[ledger.intake["file"] == name]["row"]
    assert sorted(rows) == list(range(1, rows_offered(SHARED / name) + 1))


def test_every_line_names_numbers_of_the_ledger_or_a_reason(ledger: Ledger) -> None:
    ids = ledger.intake["result_ids"]
    assert ((ids != "") | (ledger.intake["reason"] != "")).all()
    named = {each for cell in ids if cell for each in cell.split("; ")}
    assert named <= set(ledger.results["result_id"])
    assert set(ledger.intake["file"]) == set(OFFERED)


@needs_shared
@pytest.mark.parametrize("name", ["abstracts.csv", "new_rows.csv", "evidence.csv"])
def test_the_number_that_was_offered_is_the_number_that_stands(ledger: Ledger, name: str) -> None:
    """A row's value is among those it was entered as, unless its line says how it was read."""
    offered = pd.read_csv(SHARED / name, dtype=str, keep_default_na=False)
    values = ledger.results.set_index("result_id")["value"]
    lines = ledger.intake[ledger.intake["file"] == name]
    wrong = []
    for line in lines.to_dict("records"):
        told = offered.loc[int(line["row"]) - 1, "value"]
        number = pd.to_numeric(told.replace("%", ""), errors="coerce")
        entered = [values[each] for each in line["result_ids"].split("; ") if each]
        if entered and pd.notna(number) and not any(abs(v - number) < 1e-9 for v in entered):
            wrong.append((line["row"], told, entered, line["reason"]))
    assert not [each for each in wrong if not each[-1]], wrong
    # Few are read otherwise than they were offered, and each says how.
    assert len(wrong) < 0.03 * len(offered), wrong
