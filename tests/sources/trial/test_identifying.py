"""What an analyst shows of a real trial names nobody and dates nobody where its plan hides them."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from analysis.errors import UserError
from analysis.sources.trial.finding import TrialFinding
from analysis.sources.trial.identifiers import (
    identifying,
    refuse_identifying,
    without_identifiers,
)
from analysis.sources.trial.trial import load_trial

DAY = "1999-10-04"


@pytest.fixture(scope="module")
def real() -> tuple[Any, dict[str, pd.DataFrame]]:
    plan = load_trial("ghd").plan
    assert plan.safety is not None
    safety = plan.safety.model_copy(update={"identifiers": False})
    plan = plan.model_copy(update={"data_status": "real", "safety": safety})
    adsl = pd.DataFrame({"USUBJID": ["T-101-001", "T-101-002"], "SUBJID": ["101-001", "1002"],
                         "TRTSDT": pd.to_datetime([DAY, str(plan.data.cutoff)])})  # fmt: skip
    return plan, {"adsl": adsl}


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("T-101-001", "disclosure.identifiers"),
        ("child 101-001", "disclosure.identifiers"),
        (DAY, "disclosure.dates"),
        (f"from {DAY} on", "disclosure.dates"),
        ("1002", ""),
        ("1999-10-05", ""),
        ("Month 12", ""),
    ],
)
def test_a_cell_that_identifies_is_refused(real: Any, value: str, said: str) -> None:
    plan, tables = real
    frame = pd.DataFrame({"group1_level": ["A", value], "n": [8, 9]})
    if not said:
        refuse_identifying(plan, tables, frame)
        return
    with pytest.raises(UserError, match=said) as refused:
        refuse_identifying(plan, tables, frame)
    assert value not in str(refused.value)


def test_the_cutoff_is_no_date_of_a_participant(real: Any) -> None:
    plan, tables = real
    assert str(plan.data.cutoff) not in identifying(plan, tables)
    assert DAY in identifying(plan, tables)


def test_what_the_plan_shows_and_synthetic_data_are_free(real: Any) -> None:
    plan, tables = real
    frame = pd.DataFrame({"group1_level": ["T-101-001", DAY]})
    shown = plan.disclosure.model_copy(update={"identifiers": "shown", "dates": "shown"})
    refuse_identifying(plan.model_copy(update={"disclosure": shown}), tables, frame)
    refuse_identifying(plan.model_copy(update={"data_status": "synthetic"}), tables, frame)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (DAY, "is before TRTSDT"),
        ("1999-02-30", "is no date"),
        ("04OCT1999", "must be an ISO date"),
        ("1999-10-04T08:30", "must be an ISO date"),
        ("3", f"is later than {DAY}, the last dose"),
    ],
)
def test_a_finding_says_no_date_of_a_participant(real: Any, value: str, message: str) -> None:
    """An impossible day is that of somebody, too; what stands in it is found by its row."""
    plan, tables = real
    finding = TrialFinding("adae", "ASTDT", "dates", message, row=7, value=value)
    (found,) = without_identifiers(plan, tables, [finding])
    said = f"{found.value} {found.message}"
    assert "1999" not in said
    assert found.row == 7
    (kept,) = without_identifiers(open_to_dates(plan), tables, [finding])
    assert (kept.value, kept.message) == (value, message)


def test_a_finding_says_the_cutoff_and_numbers(real: Any) -> None:
    plan, tables = real
    cutoff = str(plan.data.cutoff)
    finding = TrialFinding("adae", "ASTDT", "dates", f"is later than {cutoff}", value="12.5")
    assert without_identifiers(plan, tables, [finding]) == [finding]


def open_to_dates(plan: Any) -> Any:
    shown = plan.disclosure.model_copy(update={"dates": "shown"})
    return plan.model_copy(update={"disclosure": shown})
