"""Claims that pages state: only those that another source confirms."""

import csv
from pathlib import Path

import pytest

from analysis import paths
from analysis.sources.statements import AUTHORISATION, confirmed_claim


@pytest.fixture(autouse=True)
def _afresh(published: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "PUBLISHED", published)
    monkeypatch.setattr(paths, "ROOT", published.parent)


def test_the_authorisation_is_a_confirmed_claim() -> None:
    assert "European Union" in confirmed_claim(AUTHORISATION)


def test_a_claim_that_is_not_confirmed_is_not_stated(published: Path) -> None:
    path = published / "claims.csv"
    with path.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        row["status"] = "unverified" if row["topic"] == AUTHORISATION else row["status"]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    assert confirmed_claim(AUTHORISATION) == ""
    assert confirmed_claim("no such topic") == ""
