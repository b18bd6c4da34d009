"""The log of searches: what it says of a pair, and that silence is no fact."""

from dataclasses import replace

import pandas as pd
import pytest

from analysis.sources.evidence import Ledger
from analysis.sources.searches import NOT_LOGGED, not_found_words

COLUMNS = ["search_id", "product", "comparator", "indication", "date", "outcome"]
LOG = [
    ("S01", "A", "B", "GHD", "2026-01-01", "found"),
    ("S02", "A", "B", "GHD", "2026-01-01", "not found"),
    ("S03", "B", "A", "GHD", "2026-01-01", "in part"),
    ("S04", "A", "", "", "2026-01-01", "not found"),
    ("S05", "A", "C", "GHD", "2026-01-01", "not found"),
    ("S06", "A", "B", "TS", "2026-02-02", "not found"),
    ("S07", "B", "", "", "2026-02-02", "not found"),
    ("S08", "A", "B", "", "2026-02-02", "not found"),
    ("S09", "", "", "GHD", "2026-02-02", "not found"),
]


@pytest.fixture
def log(ledger: Ledger) -> Ledger:
    return replace(ledger, searches=pd.DataFrame(LOG, columns=COLUMNS))


@pytest.mark.parametrize(
    ("pair", "indication", "said"),
    [
        (("A", "B"), "GHD", "2026-01-01 (S02 to S04) and 2026-02-02 (S08)"),
        # The other way round: the searches for B alone in place of those for A.
        (("B", "A"), "GHD", "2026-01-01 (S02, S03) and 2026-02-02 (S07, S08)"),
        (("A", "B"), "TS", "2026-01-01 (S04) and 2026-02-02 (S06, S08)"),
        (("A", ""), "GHD", "2026-01-01 (S04)"),
        (("A", "C"), "GHD", "2026-01-01 (S04, S05)"),
    ],
)
def test_what_the_log_says(log: Ledger, pair: tuple[str, str], indication: str, said: str) -> None:
    words = not_found_words(log, product=pair[0], comparator=pair[1], indication=indication)
    assert words == f"not found in the searches of {said}"


def test_where_nothing_was_searched(log: Ledger) -> None:
    nothing = {"product": "X", "comparator": "Y", "indication": "GHD"}
    assert not_found_words(log, **nothing) == NOT_LOGGED
    assert not_found_words(replace(log, searches=pd.DataFrame()), **nothing) == NOT_LOGGED
    found = log.searches.assign(outcome="found")
    assert not_found_words(
        replace(log, searches=found), product="A", comparator="B", indication="GHD"
    ) == NOT_LOGGED  # fmt: skip


def test_every_search_says_what_it_came_to(ledger: Ledger) -> None:
    for row in ledger.searches.itertuples():
        assert bool(row.found) == (row.outcome != "not found"), row.search_id
        assert bool(row.not_found) == (row.outcome != "found"), row.search_id


def test_no_table_states_an_absence_as_a_fact(ledger: Ledger) -> None:
    for name in ("sources", "claims", "programme", "conventions", "identities"):
        said = " ".join(getattr(ledger, name).astype(str).to_numpy().ravel()).casefold()
        for words in ("could not be opened", "not seen", "no other source", "nothing exists"):
            assert words not in said, f"{name}: {words}"


def test_every_search_that_a_table_cites_is_logged(ledger: Ledger) -> None:
    logged = set(ledger.searches["search_id"])
    for name in ("sources", "claims", "programme", "conventions"):
        text = pd.Series(getattr(ledger, name).astype(str).to_numpy().ravel())
        cited = text.str.findall(r"\bS\d\d\b").explode().dropna()
        assert set(cited) <= logged, name
