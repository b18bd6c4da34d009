"""Scores of weight, body-mass index and height velocity of ADaM records."""

import numpy as np
import pandas as pd
import pytest

from analysis import growth
from analysis.errors import UserError
from analysis.growth.units import same_unit
from analysis.sources.growth_reference import load_reference

STATURE, WEIGHT, BMI, TANNER = map(
    load_reference,
    ("CDC 2000 stature", "CDC 2000 weight", "CDC 2000 BMI", "Tanner height velocity"),
)


def records(value, **given):
    """Return one record of a boy of 71.5728 months."""
    columns = {"USUBJID": "01", "AVISITN": 0, "ADT": pd.Timestamp("2024-01-10"), "AVAL": value}
    return pd.DataFrame([columns | {"SEX": "M", "AGEMOS": 71.5728} | given])


def velocities(value, **given):
    """Return the velocity of a boy over the year from 7 to 8."""
    return records(value, **({"AGEMOS": 96.0, "days": 365.25} | given))


def hv_sds(frame, minimum_days=330, maximum_days=400):
    return growth.height_velocity_sds(
        frame, reference=TANNER, minimum_days=minimum_days, maximum_days=maximum_days
    )


# Weight and body-mass index: CDC's SAS program on two of the children of growthcleanr's test data.


@pytest.mark.parametrize(
    ("age", "height", "weight", "haz", "waz", "bmiz"),
    [
        (59.3748, 107.47, 19.50, -0.2363, 0.4869, 1.0655),
        (71.5728, 119.20, 19.86, 0.8062, -0.2686, -1.3565),
    ],
)
def test_two_children_of_cdcs_program(age, height, weight, haz, waz, bmiz):
    heights, weights = (records(value, AGEMOS=age) for value in (height, weight))
    index = growth.body_mass_index(weights, heights)
    found = [
        growth.height_sds(heights, reference=STATURE),
        growth.weight_sds(weights, reference=WEIGHT),
        growth.bmi_sds(index, reference=BMI),
    ]
    assert [each["AVAL"].item() for each in found] == pytest.approx([haz, waz, bmiz], abs=5e-5)
    assert [each["PARAMCD"].item() for each in found] == ["HTSDS", "WTSDS", "BMISDS"]


@pytest.mark.parametrize(
    ("scores", "own", "reference", "words"),
    [
        (growth.height_sds, STATURE, WEIGHT, "heights: need a growth reference of stature or"),
        (growth.weight_sds, WEIGHT, STATURE, "weights: need a growth reference of weight"),
        (growth.bmi_sds, BMI, WEIGHT, "body-mass indices: need a growth reference of body-mass"),
    ],
)
def test_another_measure_or_unit_is_refused(scores, own, reference, words):
    with pytest.raises(UserError, match=f"{words}.*got '{reference.name}'"):
        scores(records(20.0), reference=reference)
    with pytest.raises(UserError, match=f"must be {own.unit}; got 'lb' in 1 row"):
        scores(records(44.0, AVALU="lb"), reference=own)


@pytest.mark.parametrize("unit", ["kg", "KG", " kg "])
def test_the_same_unit_in_another_spelling_is_the_same(unit):
    assert growth.weight_sds(records(20.0, AVALU=unit), reference=WEIGHT)["AVAL"].notna().all()


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("kg/m2", "kg/m²", True),
        ("cm/year", "cm per year", True),
        ("cm/year", "CM/YR", True),
        ("cm/year", "cm/month", False),
        ("cm", "m", False),
        ("kg", "g", False),
        ("kg", "kg/m2", False),
    ],
)
def test_units_are_told_apart(one, other, same):
    assert same_unit(one, other) is same


def test_heights_in_metres_are_refused_in_an_index():
    with pytest.raises(UserError, match="heights, column 'AVALU': must be cm; got 'm'"):
        growth.body_mass_index(records(20.0, AVALU="kg"), records(1.19, AVALU="m"))
    with pytest.raises(UserError, match="must have one height at one visit"):
        growth.body_mass_index(records(20.0), pd.concat([records(119.0), records(120.0)]))


def test_an_index_needs_both_at_the_same_visit():
    weights = pd.concat([records(20.0), records(21.0, AVISITN=12), records(None, AVISITN=24)])
    heights = pd.concat([records(119.2), records(0.0, AVISITN=12), records(130.0, AVISITN=24)])
    index = growth.body_mass_index(weights, heights)
    assert np.isnan(index["AVAL"]).tolist() == [False, True, True]
    reasons = growth.bmi_sds(index, reference=BMI)["reason"]
    assert reasons.tolist() == ["", "body-mass index missing", "body-mass index missing"]


def test_ages_outside_are_counted():
    weights = pd.concat([records(9.0, AGEMOS=12.0), records(60.0, AGEMOS=241.0), records(20.0)])
    counts = growth.count_reasons(growth.weight_sds(weights, reference=WEIGHT))
    reason = "age outside CDC 2000 weight (24 to 240 months)"
    assert counts.values.tolist() == [["WTSDS", reason, 2]]


# Height velocity ----


def test_a_velocity_is_scored_at_the_middle_of_its_interval():
    frame = pd.concat([velocities(v, USUBJID=v) for v in (3.75, 9.73)], ignore_index=True)
    found = hv_sds(frame)
    # The project's reference values for a boy of 90 months.
    assert found["AVAL"].tolist() == pytest.approx([-1.98, 3.80], abs=0.005)
    assert found["age_months"].tolist() == [90, 90]
    # At 96 months, the end of the interval, the median is another one.
    assert hv_sds(velocities(5.8))["AVAL"].item() == pytest.approx(0)
    assert hv_sds(velocities(5.8, AGEMOS=102.0))["AVAL"].item() > 0.1


def test_dates_give_the_interval_and_birth_the_age():
    heights = pd.DataFrame(
        {
            "USUBJID": "01",
            "AVISITN": [-12, 0, 12],
            "ADT": pd.to_datetime(["2022-07-01", "2023-07-01", "2024-07-01"]),
            "AVAL": [110.0, 114.1, 123.0],
        }
    )
    child = {"SEX": "M", "BRTHDT": pd.Timestamp("2015-07-02")}
    before = growth.pretreatment_velocity(
        heights, baseline_visit=0, minimum_months=6, maximum_months=18, preferred_months=12
    )
    after = growth.height_velocity(
        heights, from_visit=0, to_visit=12, minimum_days=182, window_days=None
    )
    found = hv_sds(before.assign(**child))
    # Born nearly 8 years before: the middle of the year before is 7.5 years.
    assert found["age_months"].item() == pytest.approx(90, abs=0.05)
    assert found["AVAL"].item() == pytest.approx((before["AVAL"].item() - 5.8) / 1.0335, abs=0.01)
    later = hv_sds(after.drop(columns="days").assign(**child))
    assert later["age_months"].item() == pytest.approx(102, abs=0.05)
    assert later["days"].item() == 366


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"days": 182.0}, "interval shorter than 330 days"),
        ({"days": 548.0}, "interval longer than 400 days"),
        ({"days": None}, "interval unknown"),
        ({"AGEMOS": 30.0}, "age outside Tanner height velocity (30 to 246 months)"),
        ({"AGEMOS": None}, "age missing"),
        ({"SEX": "U"}, "sex not in Tanner height velocity (F, M)"),
        ({"AVAL": None}, "height velocity missing"),
        ({"AVAL": None, "reason": "no height at visit 12"}, "no height at visit 12"),
        ({"days": 182.0, "AVAL": None, "reason": "date missing"}, "date missing"),
    ],
)
def test_each_missing_score_has_the_first_reason(given, reason):
    found = hv_sds(velocities(6.0, **given).astype({"days": float, "AGEMOS": float, "AVAL": float}))
    assert found["reason"].item() == reason
    assert found["AVAL"].isna().all()


def test_a_velocity_needs_its_interval_and_a_reference_of_its_own():
    with pytest.raises(UserError, match="'from_date' is required"):
        hv_sds(velocities(6.0).drop(columns="days"))
    with pytest.raises(UserError, match="need a growth reference of height velocity"):
        growth.height_velocity_sds(
            velocities(6.0), reference=STATURE, minimum_days=330, maximum_days=400
        )
    with pytest.raises(UserError, match="must be cm/year; got 'cm/month'"):
        hv_sds(velocities(0.5, AVALU="cm/month"))
    assert hv_sds(velocities(5.8, AVALU="cm/yr"))["AVAL"].item() == pytest.approx(0)
