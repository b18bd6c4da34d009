"""What new numbers move: the same questions asked of the ledger with and without them."""

from dataclasses import replace

import pandas as pd

from analysis.contrasts.moves import Audited, Move, moves
from analysis.report.compare import compare_results
from analysis.sources.audit import Finding, audit_ledger
from analysis.sources.evidence import Ledger

STUDY = "INVENTED"


def with_trial(ledger: Ledger, indication: str, mean: float = 10.2) -> Ledger:
    """Add an invented randomised trial of two products that never met."""
    product = {"product": "Novatropin", "product_class": "follow-on daily", "kind": "daily"}
    study = {
        "study_id": STUDY,
        "label": "Invented trial",
        "evidence": "trial",
        "design": "parallel",
        "randomised": "yes",
        "registration": "",
        "description": "x",
    }
    arms = [
        {
            "study_id": STUDY,
            "arm_id": arm,
            "position": float(position),
            "label": arm,
            "indication": indication,
            "role": role,
            "product": name,
            "kind": "daily",
            "product_class": of,
        }
        for position, (arm, role, name, of) in enumerate(
            [
                ("new", "test", "Novatropin", "follow-on daily"),
                ("old", "comparator", "Genotropin", "reference daily"),
            ],
            start=1,
        )
    ]
    numbers = [
        {"result_id": f"R{9000 + place}", "study_id": STUDY, "arm_id": arm, "reference_arm_id": "",
         "population": "all", "n": 50.0, "paramcd": "HV", "endpoint_printed": "height velocity",
         "months": 12.0, "timepoint_printed": "12 months", "statistic": statistic, "value": value,
         "unit": "cm/year", "reported": "yes", "model": "observed", "interval": "",
         "printing": 1.0, "source_id": ledger.sources["source_id"].iloc[0], "locator": "x",
         "confidence": "high", "note": "", "decimals": 1}
        for place, (arm, statistic, value) in enumerate(
            [("new", "mean", mean), ("new", "sd", 2.1), ("old", "mean", 9.9), ("old", "sd", 2.0)])
    ]  # fmt: skip

    def added(table: pd.DataFrame, rows: list[dict[str, object]]) -> pd.DataFrame:
        alike = table[table["randomised"] == "yes"] if "randomised" in table else table
        # Columns that the rows do not name are those of some row like them.
        full = pd.DataFrame([alike.iloc[0].to_dict() | row for row in rows])
        return pd.concat([table, full], ignore_index=True).astype(table.dtypes)

    return replace(
        ledger,
        products=added(ledger.products, [product | {"note": ""}]),
        studies=added(ledger.studies, [study]),
        arms=added(ledger.arms, list(arms)),
        results=added(ledger.results, list(numbers)),
    )


def moved(ledger: Ledger, findings: list[Finding], after: Ledger) -> list[Move]:
    touched = after.results[after.results["study_id"] == STUDY]
    touched = touched[["study_id", "arm_id", "paramcd"]].drop_duplicates()
    return moves(Audited(ledger, findings), Audited(after, audit_ledger(after)), touched)


def changes(found: list[Move]) -> pd.DataFrame:
    return compare_results(
        {move.question: move.before for move in found},
        {move.question: move.after for move in found},
    ).changes


def test_an_invented_trial_makes_a_verdict_and_moves_the_field(
    ledger: Ledger, findings: list[Finding]
) -> None:
    found = changes(moved(ledger, findings, with_trial(ledger, "GHD")))
    own = found[found["group2_level"] == "Invented trial"]
    assert set(own["change"]) == {"added"}
    verdicts = own.set_index("stat_name")["after"]
    # 10.2 − 9.9 = 0.3; SE √(2.1² / 50 + 2.0² / 50) = 0.4101; t(97.8) 1.9845: −0.514 to 1.114.
    assert (verdicts["estimate"], verdicts["conf.low"], verdicts["conf.high"]) == (
        *("0.30", "−0.51", "1.11"),
    )
    assert verdicts["conclusion"] == "non-inferior"
    trials = found[(found["analysis_id"] == "headline") & (found["stat_name"] == "k")]
    trials = trials[trials["group2_level"] == "All trials"]
    assert (trials["stat_after"] - trials["stat_before"]).tolist() == [1.0]


def test_a_worse_one_makes_the_opposite_verdict(ledger: Ledger, findings: list[Finding]) -> None:
    found = changes(moved(ledger, findings, with_trial(ledger, "GHD", mean=7.5)))
    own = found[found["group2_level"] == "Invented trial"].set_index("stat_name")["after"]
    # 7.5 − 9.9 = −2.4: below every margin of the field.
    assert own["conclusion"] == "not shown"


def test_nothing_new_moves_nothing(ledger: Ledger, findings: list[Finding]) -> None:
    found = moved(ledger, findings, ledger)
    assert len(found) == 1  # the ledger's own question is asked all the same
    assert changes(found).empty
    assert len(found[0].before)


def test_another_indication_is_another_question(ledger: Ledger, findings: list[Finding]) -> None:
    indication = "SGA"
    found = moved(ledger, findings, with_trial(ledger, indication))
    asked = ledger.question["indication"].iloc[0]
    assert [move.question for move in found] == [f"{asked}, HV", f"{indication}, HV"]
    touched = changes(found)
    assert set(touched["run"]) == {f"{indication}, HV"}
    assert "Invented trial" in set(touched["group2_level"])


def test_an_indication_that_the_page_cannot_ask_for_is_not_asked(
    ledger: Ledger, findings: list[Finding]
) -> None:
    found = moved(ledger, findings, with_trial(ledger, "AGHD"))
    assert len(found) == 1
    assert changes(found).empty
