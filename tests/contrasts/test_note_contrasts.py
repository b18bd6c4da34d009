"""Each comparative table of a secondary document is judged by what it prints itself."""

from collections.abc import Callable
from typing import Any

from analysis.contrasts.within_trial import differences
from analysis.sources.audit import Finding
from analysis.sources.evidence import Ledger
from analysis.sources.note_contrasts import note_contrasts

ARMS = [("test", "test", "Omnitrope"), ("reference", "comparator", "Saizen")]
MEANS = [("test", "", "mean", 9.0), ("reference", "", "mean", 8.5)]
SPREADS = [("test", "", "sd", 2.0), ("reference", "", "sd", 2.1)]


def test_a_table_that_lacks_nothing_and_one_that_lacks_a_spread(
    ledger: Ledger,
    findings: list[Finding],
    run_of: Callable[..., Any],
    plant: Callable[..., Ledger],
) -> None:
    changed = plant(ledger, "NOTE-FULL", ARMS, [*MEANS, *SPREADS], evidence="note")
    changed = plant(changed, "NOTE-BARE", ARMS, MEANS, evidence="note")
    reasons = note_contrasts(changed, findings).set_index("study_id")["reason"]
    assert reasons["NOTE-FULL"] == ""
    assert reasons["NOTE-BARE"] == "no cell has a standard deviation or an interval"
    # Every table has its own reason on the page, whatever the others lack.
    found = differences(run_of(changed)).set_index("study_id")["reason"]
    of_note = ledger.studies[ledger.studies["evidence"] == "note"]["study_id"]
    [shipped] = of_note[of_note.isin(reasons.index)]
    assert found["NOTE-BARE"] == reasons["NOTE-BARE"]
    assert found[shipped] == reasons[shipped]
    assert "another population" in found[shipped]


def test_a_value_that_the_document_leaves_out_is_named(
    ledger: Ledger, findings: list[Finding], plant: Callable[..., Ledger]
) -> None:
    hidden = ("reference", "", "mean", float("nan"), {"reported": "no"})
    changed = plant(ledger, "NOTE-HALF", ARMS, [MEANS[0], hidden, *SPREADS], evidence="note")
    reasons = note_contrasts(changed, findings).set_index("study_id")["reason"]
    assert reasons["NOTE-HALF"] == "the 12-month value of Saizen is not reported"
