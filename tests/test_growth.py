"""Growth derivations against cases computed by hand, and the laws that they obey."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis import growth
from analysis.errors import UserError
from analysis.sources import growth_reference as gr
from analysis.sources import growth_table

CDC = gr.load_reference(gr.CDC_2000_STATURE)
YEAR = {"from_visit": 0, "to_visit": 12, "minimum_days": 182, "window_days": (335, 395)}
BEFORE = {
    "baseline_visit": 0,
    "minimum_months": 6,
    "maximum_months": 18,
    "preferred_months": 12,
}

days = st.dates(dt.date(2000, 1, 1), dt.date(2030, 12, 31))
statures = st.floats(80, 180)


def frame(*rows, **columns):
    """Return height records from (subject, visit, date, height) rows."""
    records = pd.DataFrame(rows, columns=["USUBJID", "AVISITN", "ADT", "AVAL"])
    return records.assign(ADT=pd.to_datetime(records["ADT"]), **columns)


def one_year(start, end, low, high):
    return frame(("01", 0, start, low), ("01", 12, end, high))


# elapsed_days, annualised, add_months ----


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("2023-02-28", "2024-02-28", 365),
        ("2024-02-28", "2025-02-28", 366),
        ("2024-02-29", "2025-02-28", 365),
        ("2023-03-01", "2024-03-01", 366),
        ("1899-12-31", "1900-12-31", 365),
        ("2024-06-01", "2024-05-31", -1),
    ],
)
def test_days_are_counted_through_leap_years(start, end, expected):
    assert growth.elapsed_days(start, end) == expected


def test_days_from_or_to_a_missing_date_are_missing():
    assert np.isnan(growth.elapsed_days(["NaT", "2024-01-01"], ["2024-01-01", "NaT"])).all()


@pytest.mark.parametrize(
    ("date", "months", "expected"),
    [
        ("2024-08-31", -6, "2024-02-29"),
        ("2023-08-31", -6, "2023-02-28"),
        ("2024-02-29", 12, "2025-02-28"),
        ("2024-02-29", 48, "2028-02-29"),
        ("2024-01-15", -18, "2022-07-15"),
        ("2024-12-31", 2, "2025-02-28"),
        ("2024-05-05", 0, "2024-05-05"),
    ],
)
def test_months_are_calendar_months(date, months, expected):
    assert growth.add_months(date, months) == np.datetime64(expected)


@given(date=days, months=st.integers(-60, 60))
def test_adding_months_agrees_with_pandas(date, months):
    expected = pd.Timestamp(date) + pd.DateOffset(months=months)
    assert growth.add_months(str(date), months) == expected.to_datetime64()


def test_an_unknown_unit_is_refused():
    with pytest.raises(UserError, match="must be one of cm, m, mm, in; got 'inch'"):
        growth.to_centimetres([50], unit="inch")


# height_velocity ----


@pytest.mark.parametrize(
    ("start", "end", "low", "high", "expected"),
    [
        # 9 cm in 366 days: 9 / 366 * 365.25
        ("2024-01-10", "2025-01-10", 110.0, 119.0, 8.981557377),
        # 9 cm in 365 days: 9 / 365 * 365.25
        ("2025-01-10", "2026-01-10", 110.0, 119.0, 9.006164384),
        # 29 February to 28 February, 365 days
        ("2024-02-29", "2025-02-28", 101.3, 108.3, 7.004794521),
        # 395 days, the last of the window: 10.2 / 395 * 365.25
        ("2024-01-10", "2025-02-08", 100.0, 110.2, 9.431772152),
        # a child who lost half a centimetre in 365 days
        ("2025-01-10", "2026-01-10", 110.0, 109.5, -0.500342466),
    ],
)
def test_velocity_of_hand_computed_cases(start, end, low, high, expected):
    velocity = growth.height_velocity(one_year(start, end, low, high), **YEAR)
    assert velocity["AVAL"].tolist() == pytest.approx([expected], abs=1e-8)
    assert velocity["reason"].tolist() == [""]


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([("01", 12, "2024-01-10", 110.0)], "no height at visit 0"),
        ([("01", 0, "2024-01-10", 110.0)], "no height at visit 12"),
        (
            [("01", 0, "2024-01-10", 110.0), ("01", 12, "2025-01-10", None)],
            "no height at visit 12",
        ),
        ([("01", 0, None, 110.0), ("01", 12, "2025-01-10", 119.0)], "date missing"),
        (
            [("01", 0, "2024-01-10", 110.0), ("01", 12, "2024-01-10", 119.0)],
            "dates out of order",
        ),
        (
            [("01", 0, "2024-01-10", 110.0), ("01", 12, "2024-07-09", 114.0)],
            "interval shorter than 182 days",
        ),
        (
            [("01", 0, "2024-01-10", 110.0), ("01", 12, "2024-12-09", 118.0)],
            "outside the window of 335 to 395 days",
        ),
        (
            [("01", 0, "2024-01-10", 110.0), ("01", 12, "2025-02-09", 120.0)],
            "outside the window of 335 to 395 days",
        ),
    ],
)
def test_velocity_that_cannot_be_given_says_why(rows, reason):
    velocity = growth.height_velocity(frame(*rows), **YEAR)
    assert velocity["reason"].tolist() == [reason]
    assert velocity["AVAL"].isna().all()


def test_velocity_over_a_quarter_is_given_where_the_plan_allows_it():
    heights = frame(("01", 0, "2024-01-10", 110.0), ("01", 3, "2024-04-10", 113.0))
    plan = {"from_visit": 0, "to_visit": 3, "window_days": None}
    short = growth.height_velocity(heights, minimum_days=92, **plan)
    assert short["reason"].tolist() == ["interval shorter than 92 days"]
    enough = growth.height_velocity(heights, minimum_days=91, **plan)
    # 3 / 91 * 365.25
    assert enough["AVAL"].tolist() == pytest.approx([12.041208791], abs=1e-8)


def test_every_subject_of_the_population_has_a_row():
    heights = one_year("2024-01-10", "2025-01-10", 110.0, 119.0)
    velocity = growth.height_velocity(heights, subjects=["02", "01"], **YEAR)
    assert velocity["USUBJID"].tolist() == ["02", "01"]
    assert velocity["reason"].tolist() == ["no height at visit 0", ""]
    none = growth.height_velocity(heights, subjects=[], **YEAR)
    assert none.empty


def test_reasons_are_counted():
    heights = frame(
        ("01", 0, "2024-01-10", 110.0),
        ("02", 0, "2024-01-10", 110.0),
        ("03", 12, "2024-01-10", 110.0),
    )
    counts = growth.count_reasons(growth.height_velocity(heights, **YEAR))
    assert counts.to_dict("list") == {
        "PARAMCD": ["HV", "HV"],
        "reason": ["no height at visit 12", "no height at visit 0"],
        "n": [2, 1],
    }


@given(start=days, span=st.integers(335, 395), low=statures, high=statures, shift=days)
def test_velocity_is_the_same_whenever_the_year_began(start, span, low, high, shift):
    velocities = [
        growth.height_velocity(one_year(day, day + dt.timedelta(days=span), low, high), **YEAR)[
            "AVAL"
        ]
        for day in (start, shift)
    ]
    assert velocities[0].tolist() == velocities[1].tolist()


@given(low=statures, high=statures, more=st.floats(0.1, 10), span=st.integers(335, 395))
def test_velocity_increases_with_the_height_reached(low, high, more, span):
    start = dt.date(2024, 1, 10)
    end = start + dt.timedelta(days=span)
    slow, fast = (
        growth.height_velocity(one_year(start, end, low, reached), **YEAR)["AVAL"][0]
        for reached in (high, high + more)
    )
    assert slow < fast
    assert fast - slow == pytest.approx(more / span * 365.25, rel=1e-6)


@given(low=statures, high=statures)
def test_velocity_from_inches_equals_velocity_from_centimetres(low, high):
    heights = one_year("2024-01-10", "2025-01-10", low, high)
    inches = heights["AVAL"] / 2.54
    converted = heights.assign(AVAL=growth.to_centimetres(inches, unit="in"))
    expected = growth.height_velocity(heights, **YEAR)["AVAL"][0]
    assert growth.height_velocity(converted, **YEAR)["AVAL"][0] == pytest.approx(expected, abs=1e-9)


def test_row_order_other_visits_and_time_of_day_do_not_matter():
    heights = pd.concat(
        [
            one_year("2024-01-10", "2025-01-10", 110.0, 119.0),
            frame(("01", 6, "2024-07-10", 115.0), ("02", 0, "2024-02-01", 100.0)),
        ]
    )
    expected = growth.height_velocity(heights, **YEAR)
    later = heights.iloc[::-1].assign(ADT=lambda f: f["ADT"] + pd.Timedelta(hours=23))
    again = growth.height_velocity(later, subjects=["01", "02"], **YEAR)
    pd.testing.assert_series_equal(again["AVAL"], expected["AVAL"])
    assert again["days"].tolist()[0] == 366


def test_derivations_leave_their_input_alone():
    heights = one_year("2024-01-10", "2025-01-10", 110.0, 119.0).assign(
        SEX="F", AGEMOS=100.0, PARAMCD="HEIGHT", AVALU="cm"
    )
    copy = heights.copy()
    growth.height_velocity(heights, **YEAR)
    growth.pretreatment_velocity(heights, **BEFORE)
    sds = growth.height_sds(heights, reference=CDC)
    before = sds.copy()
    growth.change_from_baseline(sds, baseline_visit=0)
    pd.testing.assert_frame_equal(heights, copy)
    pd.testing.assert_frame_equal(sds, before)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"AVALU": ["cm", "in"]}, "column 'AVALU': must be cm; got 'in' in 1 row"),
        ({"PARAMCD": ["HEIGHT", "WEIGHT"]}, "must hold one parameter; got HEIGHT, WEIGHT"),
        ({"AVISITN": [0, 0]}, r"one record at visit 0; 1 subject\(s\) have more \(rows 1 and 2\)"),
        ({"ADT": ["2024-01-10", "2025-01-10"]}, "column 'ADT': must hold dates"),
        ({"AVAL": ["tall", "taller"]}, "column 'AVAL': must hold numbers"),
    ],
)
def test_heights_that_cannot_be_used_are_refused(change, message):
    heights = one_year("2024-01-10", "2025-01-10", 110.0, 119.0).assign(**change)
    with pytest.raises(UserError, match=message):
        growth.height_velocity(heights, **YEAR)


def test_a_missing_column_is_named_with_the_nearest_one():
    heights = one_year("2024-01-10", "2025-01-10", 110.0, 119.0).rename(columns={"AVAL": "AVALS"})
    with pytest.raises(UserError, match=r"column 'AVAL' is required.*did you mean 'AVALS'"):
        growth.height_velocity(heights, **YEAR)


def test_a_plan_with_its_bounds_reversed_is_refused():
    heights = one_year("2024-01-10", "2025-01-10", 110.0, 119.0)
    with pytest.raises(UserError, match=r"window_days: .*got 395, 335"):
        growth.height_velocity(heights, **(YEAR | {"window_days": (395, 335)}))
    with pytest.raises(UserError, match=r"months: .*got 18, 12, 6"):
        growth.pretreatment_velocity(
            heights, **(BEFORE | {"minimum_months": 18, "maximum_months": 6})
        )


def test_a_subject_listed_twice_is_refused():
    heights = one_year("2024-01-10", "2025-01-10", 110.0, 119.0)
    with pytest.raises(UserError, match="got '01' twice"):
        growth.height_velocity(heights, subjects=["01", "01"], **YEAR)


# pretreatment_velocity ----


@pytest.mark.parametrize(
    ("earlier", "baseline", "height", "expected"),
    [
        # six calendar months, 181 days: 2 / 181 * 365.25
        ("2023-01-01", "2023-07-01", 106.0, 4.035911602),
        # six calendar months, 184 days: 2 / 184 * 365.25
        ("2023-07-01", "2024-01-01", 106.0, 3.970108696),
        # six calendar months to the end of a February: 2 / 182 * 365.25
        ("2023-08-31", "2024-02-29", 106.0, 4.013736264),
        # 18 months, 549 days: 6 / 549 * 365.25
        ("2022-07-01", "2024-01-01", 102.0, 3.991803279),
        # 365 days: 3.8 / 365 * 365.25
        ("2023-01-01", "2024-01-01", 104.2, 3.802602740),
    ],
)
def test_pretreatment_velocity_of_hand_computed_cases(earlier, baseline, height, expected):
    heights = frame(("01", -1, earlier, height), ("01", 0, baseline, 108.0))
    velocity = growth.pretreatment_velocity(heights, **BEFORE)
    assert velocity["AVAL"].tolist() == pytest.approx([expected], abs=1e-8)


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([("01", -1, "2023-01-01", 104.0)], "no height at visit 0"),
        ([("01", 0, "2024-01-01", 108.0)], "no height before baseline"),
        (
            [("01", -1, "2023-07-02", 106.0), ("01", 0, "2024-01-01", 108.0)],
            "no height 6 to 18 months before baseline",
        ),
        (
            [("01", -1, "2022-06-30", 102.0), ("01", 0, "2024-01-01", 108.0)],
            "no height 6 to 18 months before baseline",
        ),
        (
            [("01", -1, "2023-01-01", None), ("01", 0, "2024-01-01", 108.0)],
            "no height before baseline",
        ),
        (
            [("01", 12, "2025-01-01", 117.0), ("01", 0, "2024-01-01", 108.0)],
            "no height before baseline",
        ),
        ([("01", -1, "2023-01-01", 104.0), ("01", 0, None, 108.0)], "date missing"),
    ],
)
def test_pretreatment_velocity_that_cannot_be_given_says_why(rows, reason):
    velocity = growth.pretreatment_velocity(frame(*rows), **BEFORE)
    assert velocity["reason"].tolist() == [reason]
    assert velocity["AVAL"].isna().all()


def test_the_earlier_height_nearest_to_the_preferred_interval_is_taken():
    heights = frame(
        ("01", -3, "2022-08-01", 101.0),
        ("01", -2, "2023-01-20", 103.0),
        ("01", -1, "2023-06-01", 105.0),
        ("01", 0, "2024-01-01", 108.0),
    )
    velocity = growth.pretreatment_velocity(heights, **BEFORE)
    assert velocity["from_value"].tolist() == [103.0]
    tied = heights.assign(ADT=heights["ADT"].replace(pd.Timestamp("2023-06-01"), "2022-12-13"))
    assert growth.pretreatment_velocity(tied, **BEFORE)["from_value"].tolist() == [105.0]


def test_two_earlier_heights_on_one_date_are_refused():
    heights = frame(
        ("01", -2, "2023-01-01", 103.0),
        ("01", -1, "2023-01-01", 104.0),
        ("01", 0, "2024-01-01", 108.0),
    )
    with pytest.raises(UserError, match="one earlier height on one date"):
        growth.pretreatment_velocity(heights, **BEFORE)
    others = growth.pretreatment_velocity(heights, subjects=["02"], **BEFORE)
    assert others["reason"].tolist() == ["no height at visit 0"]


# change_in_velocity ----


def test_change_in_velocity_needs_both():
    heights = frame(
        ("01", -1, "2023-01-01", 104.25),
        ("01", 0, "2024-01-01", 108.0),
        ("01", 12, "2024-12-31", 117.0),
        ("02", 0, "2024-01-01", 108.0),
        ("02", 12, "2024-12-31", 117.0),
        ("03", 0, "2024-01-01", 108.0),
    )
    after = growth.height_velocity(heights, **YEAR)
    before = growth.pretreatment_velocity(heights, **BEFORE)
    change = growth.change_in_velocity(after, before)
    # (9 - 3.75) / 365 * 365.25
    assert change["AVAL"].tolist() == pytest.approx([5.253595890, np.nan, np.nan], nan_ok=True)
    assert change["reason"].tolist() == [
        "",
        "pre-treatment: no height before baseline",
        "on treatment: no height at visit 12",
    ]
    unmatched = growth.change_in_velocity(after, before[before["USUBJID"] != "01"])
    assert unmatched["reason"].tolist()[0] == "pre-treatment: no row"
    with pytest.raises(UserError, match="one pre-treatment velocity"):
        growth.change_in_velocity(after, pd.concat([before, before]))


# age_in_months ----


def test_age_from_birth_is_exact():
    records = frame(("01", 0, "2024-03-01", 110.0), ("01", 0, None, 110.0)).assign(
        BRTHDT=pd.Timestamp("2016-03-01")
    )
    ages = growth.age_in_months(records, source="BRTHDT")
    # 2922 days / 30.4375
    assert ages.tolist() == pytest.approx([96.0, np.nan], nan_ok=True)


def test_age_in_years_is_carried_to_the_record():
    records = frame(("01", 0, "2024-01-01", 110.0), ("01", 12, "2025-01-01", 118.0)).assign(
        AGE=8.25, TRTSDT=pd.Timestamp("2024-01-01")
    )
    ages = growth.age_in_months(records, source="AGE", age_date="TRTSDT")
    # 99 months, and 366 / 30.4375 = 12.0246 more
    assert ages.tolist() == pytest.approx([99.0, 111.024640657])


def test_completed_years_must_be_declared():
    records = frame(("01", 0, "2024-01-01", 110.0)).assign(AGE=8)
    with pytest.raises(UserError, match="whole numbers only, for example 8"):
        growth.age_in_months(records, source="AGE", age_date="ADT")
    ages = growth.age_in_months(records, source="AGE", age_date="ADT", completed_years=True)
    assert ages.tolist() == [102.0]
    with pytest.raises(UserError, match="age_date must name the column"):
        growth.age_in_months(records, source="AGE")


# height_sds, change_from_baseline ----


def girls(*heights, age=120.5):
    rows = [("01", 12 * i, f"{2024 + i}-01-01", height) for i, height in enumerate(heights)]
    return frame(*rows, SEX="F", AGEMOS=[age + 12 * i for i in range(len(heights))])


def test_height_sds_of_cdc_percentiles():
    # statage.csv, girls of 120.5 months: P3 125.9599043 and P50 138.2111552 cm.
    records = girls(125.9599043).assign(ADT=pd.Timestamp("2024-01-01"))
    assert growth.height_sds(records, reference=CDC)["AVAL"][0] == pytest.approx(
        -1.8807936, abs=1e-6
    )
    records = girls(138.2111552)
    assert growth.height_sds(records, reference=CDC)["AVAL"][0] == pytest.approx(0, abs=1e-8)


def test_height_sds_takes_the_exact_age_from_birth():
    records = girls(130.0).drop(columns="AGEMOS").assign(BRTHDT=pd.Timestamp("2014-01-01"))
    sds = growth.height_sds(records, reference=CDC)
    assert sds["age_months"].tolist() == pytest.approx([3652 / 30.4375])
    with pytest.raises(UserError, match="need AGEMOS or BRTHDT"):
        growth.height_sds(records.drop(columns="BRTHDT"), reference=CDC)


def test_height_sds_keeps_every_row_and_says_why():
    records = girls(120.0, None, 130.0, age=215).assign(SEX=["F", "F", "U"])
    records.index = [7, 5, 3]
    sds = growth.height_sds(records, reference=CDC)
    assert sds.index.tolist() == [7, 5, 3]
    assert sds["reason"].tolist() == [
        "",
        "stature missing",
        "sex not in CDC 2000 stature (F, M)",
    ]
    assert sds["AVAL"].isna().tolist() == [False, True, True]
    assert set(sds["reference"]) == {"CDC 2000 stature"}


@given(low=st.floats(90, 170), more=st.floats(0.01, 10), sex=st.sampled_from("FM"))
def test_height_sds_increases_with_height(low, more, sex):
    records = girls(low).assign(SEX=sex)
    taller = records.assign(AVAL=low + more)
    first, second = (growth.height_sds(r, reference=CDC)["AVAL"][0] for r in (records, taller))
    assert first < second


@given(shift=st.integers(-4000, 4000), age=st.integers(740, 7300), height=statures)
def test_height_sds_does_not_depend_on_the_calendar(shift, age, height):
    birth = pd.Timestamp("2012-02-29")
    sds = []
    for origin in (birth, birth + pd.Timedelta(days=shift)):
        measured = pd.to_datetime([origin + pd.Timedelta(days=age)])
        records = pd.DataFrame(
            {
                "USUBJID": ["01"],
                "AVISITN": [0],
                "ADT": measured,
                "AVAL": [height],
                "SEX": ["M"],
                "BRTHDT": [origin],
            }
        )
        sds.append(growth.height_sds(records, reference=CDC)["AVAL"][0])
    assert sds[0] == sds[1]


def test_change_in_sds_has_base_and_change():
    sds = growth.height_sds(girls(120.0, 128.0), reference=CDC)
    change = growth.change_from_baseline(sds, baseline_visit=0)
    assert change["AVISITN"].tolist() == [12]
    assert change["BASE"].tolist() == sds["AVAL"].tolist()[:1]
    assert change["CHG"][0] == pytest.approx(sds["AVAL"][1] - sds["AVAL"][0])


def test_change_that_cannot_be_given_says_why():
    first = growth.height_sds(girls(None, 128.0), reference=CDC)
    second = growth.height_sds(girls(120.0, None), reference=CDC).assign(USUBJID="02")
    third = growth.height_sds(girls(120.0, 128.0), reference=CDC).assign(USUBJID="03").iloc[1:]
    change = growth.change_from_baseline(pd.concat([first, second, third]), baseline_visit=0)
    assert change["reason"].tolist() == [
        "baseline: stature missing",
        "stature missing",
        "baseline: no record at visit 0",
    ]
    assert change["CHG"].isna().all()
    plain = first.drop(columns="reason")
    told = growth.change_from_baseline(plain, baseline_visit=0)["reason"].tolist()
    assert told == ["baseline: value missing"]
    with pytest.raises(UserError, match="one record at visit 0"):
        growth.change_from_baseline(pd.concat([first, first]), baseline_visit=0)


# bone age ----


def test_bone_age_is_compared_with_exact_age():
    readings = frame(("01", 0, "2024-01-01", 6.5), ("01", 12, "2025-01-01", None)).assign(
        BRTHDT=pd.Timestamp("2016-01-01")
    )
    advance = growth.bone_age_advance(readings)
    # 6.5 - 2922 / 365.25 = 6.5 - 8
    assert advance["AVAL"].tolist() == pytest.approx([-1.5, np.nan], nan_ok=True)
    assert advance["reason"].tolist() == ["", "bone age missing"]


def test_bone_age_progression_is_per_year_of_age():
    readings = frame(("01", 0, "2024-01-01", 6.5), ("01", 12, "2025-01-01", 8.0))
    plan = {"from_visit": 0, "to_visit": 12, "minimum_days": 300}
    progression = growth.bone_age_progression(readings, **plan)
    # 1.5 / 366 * 365.25
    assert progression["AVAL"].tolist() == pytest.approx([1.496926230])
    alone = growth.bone_age_progression(readings.iloc[:1], **plan)
    assert alone["reason"].tolist() == ["no bone age at visit 12"]


def test_a_trial_without_bone_ages_has_none():
    readings = frame().assign(BRTHDT=pd.to_datetime([]))
    assert growth.bone_age_advance(readings).empty
    plan = {"from_visit": 0, "to_visit": 12, "minimum_days": 300}
    assert growth.bone_age_progression(readings, **plan).empty


# igf1_sds ----


def labs(*rows):
    columns = ["USUBJID", "PARAMCD", "AVISITN", "AVAL"]
    records = pd.DataFrame(rows, columns=columns)
    return records.assign(ADT=pd.Timestamp("2024-01-01"), SEX="F", AGEMOS=96.0)


def test_supplied_igf1_sds_is_passed_through_and_the_rest_derived(tmp_path):
    path = tmp_path / "igf1.csv"
    path.write_text("Sex,Agemos,Mean,SD\n2,84,150,40\n2,108,190,60\n", encoding="utf-8")
    reference = growth_table.read_reference(
        path, name="assay", measure="IGF-I", unit="ug/L", citation="none"
    )
    records = labs(
        ("01", "IGFSDS", 0, -1.2),
        ("01", "IGF1", 0, 88.0),
        ("02", "IGF1", 0, 170.0),
        ("03", "IGF1", 0, None),
        ("04", "IGFSDS", 0, None),
        ("05", "GLUC", 0, 5.0),
    )
    names = {"supplied": "IGFSDS", "measured": "IGF1"}
    sds = growth.igf1_sds(records, reference=reference, **names)
    assert sds["USUBJID"].tolist() == ["01", "02", "03", "04"]
    assert sds["AVAL"].tolist() == pytest.approx([-1.2, 0.0, np.nan, np.nan], nan_ok=True)
    assert sds["origin"].tolist() == ["supplied", "derived", "", ""]
    assert sds["reason"].tolist() == ["", "", "IGF-I missing", "IGF-I missing"]
    without = growth.igf1_sds(records, reference=None, **names)
    assert without["reason"].tolist()[1] == "no IGF-I reference"
    assert without["AVAL"].notna().tolist() == [True, False, False, False]


# reconcile ----


def values(*rows):
    return pd.DataFrame(rows, columns=["USUBJID", "PARAMCD", "AVISITN", "AVAL"])


def test_reconciliation_names_every_kind_of_difference():
    supplied = values(
        ("01", "HV", 12, 9.7),
        ("02", "HV", 12, 9.7),
        ("03", "HV", 12, 9.7),
        ("05", "HV", 12, None),
        ("01", "HTSDS", 12, -2.0),
    )
    derived = values(
        ("01", "HV", 12, 9.75),
        ("02", "HV", 12, 9.76),
        ("03", "HV", 12, None),
        ("04", "HV", 12, 8.1),
        ("05", "HV", 12, None),
    ).assign(reason=["", "", "date missing", "", "no height at visit 12"])
    found = growth.reconcile(supplied, derived, tolerance={"HV": 0.05})
    assert found["USUBJID"].tolist() == ["01", "02", "03", "04", "05"]
    assert found["finding"].tolist() == [
        "agrees",
        "differs",
        "supplied only",
        "derived only",
        "neither",
    ]
    assert found["difference"].tolist()[:2] == pytest.approx([-0.05, -0.06])
    assert found["reason"].tolist() == ["", "", "date missing", "", "no height at visit 12"]


def test_reconciliation_refuses_a_key_that_stands_twice():
    twice = values(("01", "HV", 12, 9.7), ("01", "HV", 12, 9.8))
    with pytest.raises(UserError, match="one supplied value of one key"):
        growth.reconcile(twice, values(), tolerance={"HV": 0.05})


@given(st.lists(st.floats(-20, 20), min_size=1, max_size=5))
def test_rounded_values_agree_with_themselves(numbers):
    ours = values(*((str(i), "HV", 12, x) for i, x in enumerate(numbers)))
    theirs = ours.assign(AVAL=ours["AVAL"].round(2))
    found = growth.reconcile(theirs, ours, tolerance={"HV": 0.005})
    assert found["finding"].eq("agrees").all()


# scale ----


def test_derivations_are_vectorised():
    subjects, visits = 20_000, np.array([-12, 0, 3, 6, 9, 12])
    rng = np.random.default_rng(20)
    baseline = np.datetime64("2022-01-01") + rng.integers(0, 365, subjects)
    dates = baseline[:, None] + (visits * 30.4375).round().astype("timedelta64[D]")
    heights = pd.DataFrame(
        {
            "USUBJID": np.repeat(np.arange(subjects).astype(str), visits.size),
            "AVISITN": np.tile(visits, subjects),
            "ADT": dates.ravel().astype("datetime64[s]"),
            "AVAL": (rng.normal(115, 8, subjects)[:, None] + 0.6 * visits).ravel(),
            "SEX": "F",
            "AGEMOS": np.tile(96.0 + visits, subjects),
        }
    )
    velocity = growth.height_velocity(heights, **YEAR)
    before = growth.pretreatment_velocity(heights, **BEFORE)
    # 7.2 cm over round(12 * 30.4375) = 365 days, for everyone
    np.testing.assert_allclose(velocity["AVAL"], 7.2 / 365 * 365.25)
    np.testing.assert_allclose(before["AVAL"], 7.2 / 365 * 365.25)
    sds = growth.height_sds(heights, reference=CDC)
    assert growth.change_from_baseline(sds, baseline_visit=0)["CHG"].notna().sum() == 4 * subjects
