"""What the ledger says against a comparison stands beside its row."""

from collections.abc import Callable
from dataclasses import replace

import pandas as pd
import pytest

from analysis.contrasts import safety
from analysis.contrasts.settings import ContrastRun
from analysis.results import Results
from analysis.sources.evidence import Ledger

RunOf = Callable[..., ContrastRun]
Plant = Callable[..., Ledger]
ARMS = [("t", "test", "Samtropin"), ("c", "comparator", "Saizen")]


def row(found: Results, name: str, study: str = "PLANTED") -> pd.Series:
    wide = found.wide()
    return wide[(wide["group2_level"] == study) & (wide["variable"] == name)].iloc[0]


def counted(ledger: Ledger, plant: Plant, **every: object) -> Ledger:
    rows = [("t", "", "events", 12.0), ("c", "", "events", 5.0)]
    return plant(
        ledger, "PLANTED", ARMS, rows,
        **{"paramcd": "AEINJSR", "endpoint_printed": "injection site reactions", "n": 50.0,
           "model": "", "unit": "patients", "decimals": 0, **every},
    )  # fmt: skip


def with_convention(ledger: Ledger, source: str, topic: str) -> Ledger:
    added = {
        "topic": topic, "convention": "Asked for more often in one arm", "where_seen": "label",
        "source_id": source,
    }  # fmt: skip
    return replace(
        ledger,
        conventions=pd.concat([ledger.conventions, pd.DataFrame([added])], ignore_index=True),
    )


@pytest.mark.parametrize(
    ("source", "topic", "expected"),
    [
        ("PLANTED-ARTICLE", "Injection-site reactions", True),
        ("PLANTED-ARTICLE", "Injection site reaction", True),
        # Another event, or another study's source: no word on this row.
        ("PLANTED-ARTICLE", "Headache", False),
        ("OTHER-ARTICLE", "Injection-site reactions", False),
    ],
)
def test_a_convention_of_the_study_s_source_is_a_caveat(
    ledger: Ledger, run_of: RunOf, plant: Plant, source: str, topic: str, expected: bool
) -> None:
    changed = with_convention(counted(ledger, plant), source, topic)
    run = run_of(changed)
    found = safety.adverse_events(run)
    said = row(found, "Injection-site reaction")["caveat"]
    assert (said == "Asked for more often in one arm") == expected
    if expected:
        text = " ".join(
            safety.safety_table(found.select(group2_level="PLANTED"), run).text().split()
        )
        assert "Asked for more" in text
        # It is no selective table, so the sentence on those is not under it.
        assert safety.SELECTIVE not in text


def test_a_note_of_the_row_is_a_caveat(ledger: Ledger, run_of: RunOf, plant: Plant) -> None:
    note = "asked for weekly and daily, so the rates do not compare"
    for given, expected in ((note, True), ("US label Table 1", False)):
        found = safety.adverse_events(run_of(counted(ledger, plant, note=given)))
        assert (row(found, "Injection-site reaction")["caveat"] == note) == expected


def test_the_ledger_s_own_words_on_injection_sites(ledger: Ledger, run_of: RunOf) -> None:
    """By a second route: each convention on an event stands beside that event's rows."""
    run = run_of()
    caveats = safety.adverse_events(run).select(stat_name="caveat").frame
    topic = ledger.conventions["topic"] == "Injection-site reactions"
    for _, convention in ledger.conventions[topic].iterrows():
        rows = ledger.results
        rows = rows[(rows["source_id"] == convention["source_id"]) & (rows["paramcd"] == "AEINJSR")]
        for study in rows["study_id"].unique():
            label = ledger.studies.set_index("study_id").loc[study, "label"]
            beside = caveats[
                (caveats["group2_level"] == label)
                & (caveats["variable"] == "Injection-site reaction")
            ]
            assert beside["stat_fmt"].str.contains(convention["convention"], regex=False).all()
            assert len(beside)


@pytest.mark.parametrize(
    ("printed", "shown"),
    [
        ("injection site reactions", False),
        ("Injection-site reaction", False),
        ("patients with injection site reactions", False),
        ("injection skin reactions", True),
        ("severe injection-site reactions", True),
    ],
)
def test_the_printed_name_is_shown_where_it_says_more(
    ledger: Ledger, run_of: RunOf, plant: Plant, printed: str, shown: bool
) -> None:
    found = safety.adverse_events(run_of(counted(ledger, plant, endpoint_printed=printed)))
    said = row(found, "Injection-site reaction").get("printed.words")
    assert (said == printed) == shown
    assert shown or not isinstance(said, str)
