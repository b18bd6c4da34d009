"""The synthetic children against what a clinician would look for; and what was made possible."""

from functools import cache

import numpy as np
import pandas as pd
import pytest

from analysis.sources.evidence import Ledger
from analysis.sources.synthetic import Assumptions, generate, read_assumptions
from analysis.sources.synthetic.calendar import clinic_day
from analysis.sources.trial.trial_folder import TRIALS
from analysis.validation.properties import MEASURES
from analysis.validation.realism import measured
from analysis.validation.tables import load_table

REALISM = load_table("realism")


def test_every_property_has_limits_and_every_limit_a_property() -> None:
    assert set(REALISM["property"]) == set(MEASURES)


def test_limits_name_rows_of_the_ledger(ledger: Ledger) -> None:
    named = REALISM.loc[REALISM["origin"] != "assumed", "origin"]
    assert set(named) <= set(ledger.results["result_id"])


@pytest.mark.parametrize(
    "row", REALISM.to_dict("records"), ids=lambda row: f"{row['trial']}-{row['property']}"
)
def test_property_lies_within_its_limits(row: dict[str, object]) -> None:
    found = measured(str(row["property"]), str(row["trial"]))
    assert not found < row["low"]
    assert not found > row["high"]


def test_most_properties_were_outside_before() -> None:
    """The limits can fail: the tables of version 0.1 did."""
    before, low, high = REALISM["before"], REALISM["low"], REALISM["high"]
    outside = (before < low) | (before > high)
    assert outside.mean() > 0.5
    assert set(REALISM.loc[outside, "property"]) >= {
        "visits_at_weekends",
        "successive_quarters",
        "alt_with_ast",
        "igf1_from_month_6_to_12",
        "systolic_with_age",
    }


# What makes them hold, with other assumptions ----


@cache
def altered(trial_id: str, *changes: tuple[str, float | int]) -> dict[str, pd.DataFrame]:
    """Generate a trial with other values: ``("events.terms.Anaemia.percent", 40)``."""
    content = read_assumptions(TRIALS / trial_id).model_dump()
    for path, value in changes:
        part = content
        for name in path.split("."):
            part = part[name]
        if isinstance(part["value"], dict):
            part["value"] = part["value"] | {"mean": value}
        else:
            part |= {"value": value, "ledger": "", "assumed": "changed by a test"}
    return generate(Assumptions.model_validate(content))


@pytest.mark.parametrize(
    ("term", "code", "word"),
    [("Anaemia", "HGB", "LOW"), ("Impaired glucose tolerance", "GLUC", "HIGH"),
     ("Hypothyroidism", "TSH", "HIGH")],
)  # fmt: skip
def test_a_frequent_event_is_always_seen_in_blood(term: str, code: str, word: str) -> None:
    tables = altered("turner-2", (f"events.terms.{term}.percent", 40.0))
    adae, adlb = tables["adae"], tables["adlb"]
    events = adae[(adae["AEDECOD"] == term) & (adae["TRTEMFL"] == "Y")]
    assert events["USUBJID"].nunique() > 10
    assert not events.duplicated("USUBJID").any()
    seen = adlb[(adlb["PARAMCD"] == code) & (adlb["ANRIND"] == word)]
    on_the_day = events.merge(seen, left_on=["USUBJID", "ASTDT"], right_on=["USUBJID", "ADT"])
    assert len(on_the_day) == len(events)


def test_a_stricter_rule_lowers_more_doses_and_igf1() -> None:
    strict = altered("turner-2", ("laboratory.dose_reduction.above", 0.5))
    usual = altered("turner-2")
    count, high = [], []
    for tables in (usual, strict):
        adex, adlb = tables["adex"], tables["adlb"]
        reduced = adex[(adex["PARAMCD"] == "DOSERED") & (adex["AVAL"] > 0)]["USUBJID"]
        adae = tables["adae"]
        assert set(reduced) == set(adae.loc[adae["AEACN"] == "DOSE REDUCED", "USUBJID"])
        score = adlb[adlb["PARAMCD"] == "IGFSDS"].pivot(
            index="USUBJID", columns="AVISITN", values="AVAL"
        )
        assert (score.loc[reduced, 6] > (0.5 if tables is strict else 2)).all()
        count.append(len(reduced))
        high.append((score[12] > 2).sum())
    assert count[1] > 1.5 * count[0]
    assert high[1] < high[0]


def test_children_who_take_fewer_doses_grow_less() -> None:
    few = altered("turner-2", ("disposition.compliance_irregular", 42.0))
    usual = altered("turner-2")
    slower = [MEASURES["first_year_with_doses_taken"](tables) for tables in (few, usual)]
    assert slower[0] > slower[1] + 0.5


def test_a_larger_error_of_measurement_is_seen_in_short_intervals() -> None:
    exact = altered("turner-1", ("growth.measurement_error", 0.02))
    rough = altered("turner-1", ("growth.measurement_error", 0.45))
    quarters = [MEASURES["successive_quarters"](tables) for tables in (exact, rough)]
    assert quarters[1] < quarters[0]
    spread = [MEASURES["spread_at_month_3"](tables) for tables in (exact, rough)]
    assert spread[1] > spread[0]


def test_a_child_with_appendicitis_is_in_hospital() -> None:
    adae = altered("turner-2", ("events.terms.Appendicitis.percent", 30.0))["adae"]
    events = adae[adae["AEDECOD"] == "Appendicitis"]
    assert len(events) > 5
    assert (events["AESER"] == "Y").all()
    assert (events["AESEV"] != "MILD").all()


def test_who_is_lost_is_seen_by_nobody_again() -> None:
    adsl = altered("turner-2")["adsl"]
    lost = adsl[adsl["DCSREAS"] == "LOST TO FOLLOW-UP"]
    assert len(lost) > 0
    assert (lost["EOSDT"] == lost["TRTEDT"]).all()


def test_a_clinic_is_closed_at_weekends_and_holidays() -> None:
    days = np.arange("1999-01-01", "2004-01-01", dtype="datetime64[D]")
    moved = clinic_day(days)
    late = (moved - days).astype(int)
    assert late.min() == 0
    # Five closed days at most: Wednesday 24 December to Sunday 28.
    assert late.max() == 5
    assert np.is_busday(moved).all()
    assert not set(np.datetime_as_string(moved)) & {"2000-12-25", "2001-12-26", "2002-01-01"}


@pytest.mark.parametrize("trial_id", ["ghd", "turner-1", "turner-2"])
def test_records_are_numbered_and_traced(trial_id: str) -> None:
    tables = altered(trial_id)
    adsl = tables["adsl"]
    assert adsl[["RACE", "ARM", "ACTARM"]].notna().all().all()
    collected = []
    for name in ("adgr", "advs", "adlb"):
        table = tables[name]
        assert not table.duplicated(["USUBJID", "ASEQ"]).any()
        assert (table["SRCSEQ"].notna() == (table["SRCDOM"] != "")).all()
        collected.append(table[table["SRCDOM"] != ""])
    assert not pd.concat(collected).duplicated(["USUBJID", "SRCDOM", "SRCSEQ"]).any()
