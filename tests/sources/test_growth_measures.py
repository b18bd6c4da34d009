"""References of weight, body-mass index and height velocity against outside numbers."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis import paths
from analysis.errors import UserError
from analysis.sources import growth_reference as gr
from analysis.sources import growth_table
from analysis.stats.centiles import two_piece_value, two_piece_z_score

FOLDER = paths.DATA / "references"
WEIGHT, BMI = (gr.load_reference(name) for name in ("CDC 2000 weight", "CDC 2000 BMI"))
TANNER = gr.load_reference("Tanner height velocity")
# Synthetic children with the scores that CDC's SAS program gave: data/validation/README.md.
CHILDREN = pd.read_csv(paths.DATA / "validation" / "cdc_sas_scores.csv")
SEXES = CHILDREN["sex"].map(dict(growth_table.SEXES))

# tanner_ht_vel_with_2sd.csv.gz of growthcleanpy 0.1.0 (Apache License 2.0), a table of other
# columns than the one shipped: sex there (0 male, 1 female), age, and the velocities 2 SDs below
# and above the median; 0 where the lower would be less.
# fmt: off
TWO_SDS = [
    (0, 30, 5.2, 11.1), (0, 42, 4.6, 10.1), (0, 54, 4.2, 9.4), (0, 66, 4.1, 8.7),
    (0, 78, 3.8, 8.2), (0, 90, 3.7, 7.9), (0, 102, 3.5, 7.3), (0, 114, 3.4, 7.0),
    (0, 126, 3.4, 6.8), (0, 138, 3.5, 7.1), (0, 150, 4.5, 9.5), (0, 162, 6.6, 12.4),
    (0, 174, 3.5, 9.1), (0, 186, 0.6, 6.0), (0, 198, 0.2, 3.2), (0, 210, 0.0, 1.8),
    (1, 30, 5.3, 11.9), (1, 42, 4.7, 10.4), (1, 54, 4.3, 9.5), (1, 66, 4.1, 8.7),
    (1, 78, 3.9, 8.2), (1, 90, 4.1, 7.8), (1, 102, 3.9, 7.6), (1, 114, 4.0, 7.7),
    (1, 126, 4.3, 9.1), (1, 138, 5.6, 10.8), (1, 150, 3.2, 8.5), (1, 162, 0.4, 5.2),
    (1, 174, 0.0, 2.0),
]
# fmt: on


def read(tmp_path, text, unit="cm/year"):
    path = tmp_path / "reference.csv"
    path.write_text(text, encoding="utf-8")
    return growth_table.read_reference(
        path, name="mine", measure="height velocity", unit=unit, citation="none"
    )


# CDC's tables and program ----


@pytest.mark.parametrize(("reference", "file"), [(WEIGHT, "weight"), (BMI, "bmi")])
def test_every_tabulated_percentile_is_reproduced(reference, file):
    table = pd.read_csv(FOLDER / f"cdc_2000_{file}.csv")
    sex = table["Sex"].map(dict(growth_table.SEXES))
    centiles = [column for column in table if column.startswith("P")]
    assert len(centiles) * len(table) == {"weight": 3924, "bmi": 4380}[file]
    for column in centiles:
        found = gr.value_at_centile(
            float(column[1:]), sex=sex, age_months=table["Agemos"], reference=reference
        )
        np.testing.assert_allclose(found, table[column], rtol=0, atol=5e-7)


@pytest.mark.parametrize(
    ("reference", "measurement", "score"),
    [(WEIGHT, "weight", "waz"), (BMI, "bmi", "original_bmiz")],
)
def test_scores_equal_those_of_cdcs_sas_program(reference, measurement, score):
    assert len(CHILDREN) >= 500
    found = gr.z_score(
        CHILDREN[measurement], sex=SEXES, age_months=CHILDREN["agemos"], reference=reference
    )
    np.testing.assert_allclose(found, CHILDREN[score], rtol=0, atol=1e-9)


def test_bmi_is_not_the_extended_one_above_the_95th_centile():
    # CDC: both are the same up to 1.645, https://cdc.gov/growthcharts/extended-bmi-data-files.htm
    found = gr.z_score(CHILDREN["bmi"], sex=SEXES, age_months=CHILDREN["agemos"], reference=BMI)
    differs = np.abs(found - CHILDREN["bmiz"]) > 1e-9
    np.testing.assert_array_equal(differs, CHILDREN["original_bmiz"] > 1.645)
    assert 0 < differs.sum() < len(CHILDREN) / 5


# The table of height velocity ----


def test_every_tabulated_centile_has_its_own_score():
    table = pd.read_csv(FOLDER / "tanner_height_velocity.csv")
    where = {"sex": table["Sex"].map(dict(growth_table.SEXES)), "age_months": table["Agemos"]}
    for column, z in (("P5", -1.6448536), ("P50", 0), ("P95", 1.6448536)):
        found = gr.z_score(table[column], **where, reference=TANNER)
        np.testing.assert_allclose(found, z, rtol=0, atol=1e-6)
        back = gr.value_at_z(z, **where, reference=TANNER)
        np.testing.assert_allclose(back, table[column], rtol=0, atol=1e-6)


def test_two_sds_are_those_of_another_table_of_the_carrier():
    sex = np.array(["MF"[row[0]] for row in TWO_SDS])
    age, low, high = (np.array([row[at] for row in TWO_SDS]) for at in (1, 2, 3))
    where = {"sex": sex, "age_months": age, "reference": TANNER}
    lower = np.maximum(gr.value_at_z(-2, **where), 0)
    # One decimal is printed there.
    np.testing.assert_allclose(lower, low, rtol=0, atol=0.05)
    np.testing.assert_allclose(gr.value_at_z(2, **where), high, rtol=0, atol=0.05)


def test_a_boy_of_ninety_months():
    # The project's reference values: 4.1 / 5.8 / 7.5, SD 1.03; 3.75 is -1.98, 9.73 is +3.80.
    where = {"sex": "M", "age_months": 90, "reference": TANNER}
    found = gr.z_score([3.75, 4.1, 5.8, 7.5, 9.73], **where)
    np.testing.assert_allclose(found, [-1.98, -1.645, 0, 1.645, 3.80], atol=0.005)
    assert np.diff(gr.value_at_z([0, 1], **where))[0] == pytest.approx(1.03, abs=0.005)


def test_girls_have_their_peak_two_years_before_boys():
    ages = np.arange(96, 200)
    peaks = [
        ages[np.argmax(gr.value_at_z(0, sex=sex, age_months=ages, reference=TANNER))]
        for sex in "MF"
    ]
    assert peaks == [162, 138]


@given(st.floats(-3, 3), st.floats(30, 246), st.sampled_from("MF"))
def test_score_and_velocity_invert_each_other(z, age, sex):
    where = {"sex": sex, "age_months": age, "reference": TANNER}
    assert float(gr.z_score(gr.value_at_z(z, **where), **where)) == pytest.approx(z, abs=1e-9)


def test_between_two_ages_the_centiles_lie_on_a_line():
    where = {"sex": "F", "reference": TANNER}
    for z in (-1.6448536, 0, 1.6448536):
        first, middle, last = gr.value_at_z(z, age_months=[150, 156, 162], **where)
        assert middle == pytest.approx((first + last) / 2)


def test_outside_the_table_there_is_no_score_and_a_reason():
    age = [29.9, 30, 246, 246.1]
    where = {"sex": "F", "age_months": age, "reference": TANNER}
    assert np.isnan(gr.z_score(5.0, **where)).tolist() == [True, False, False, True]
    reason = "age outside Tanner height velocity (30 to 246 months)"
    assert gr.not_estimable(5.0, **where).tolist() == [reason, "", "", reason]


def test_a_velocity_may_be_zero_or_less_and_a_weight_may_not():
    # An error of measurement can make a child who does not grow shrink.
    where = {"sex": "M", "age_months": [90, 90]}
    assert gr.not_estimable([0.0, -0.3], **where, reference=TANNER).tolist() == ["", ""]
    assert np.isfinite(gr.z_score([0.0, -0.3], **where, reference=TANNER)).all()
    assert gr.not_estimable([0.0, -0.3], **where, reference=WEIGHT)[0] == "weight not positive"


# Reading three centiles ----


def test_the_header_says_which_centiles_they_are(tmp_path):
    rows = "1,84,4.1,5.8,7.5\n1,96,4.1,5.8,7.5\n"
    where = {"sex": "M", "age_months": 90}
    for header, z in (("P3,P50,P97", -2.27), ("P5,P50,P95", -1.98), ("P10,P50,P90", -1.55)):
        reference = read(tmp_path, f"Sex,Agemos,{header}\n{rows}")
        # -2.05 / (1.7 / 1.8808), / (1.7 / 1.6449), / (1.7 / 1.2816): normal deviates of a table.
        assert float(gr.z_score(3.75, **where, reference=reference)) == pytest.approx(z, abs=0.005)


def test_a_table_with_lms_is_read_by_lms(tmp_path):
    reference = read(
        tmp_path, "Sex,Agemos,L,M,S,P5,P50,P95\n1,24,1,90,0.04,1,2,3\n1,36,1,95,0.04,1,2,3\n"
    )
    assert float(gr.value_at_z(0, sex="M", age_months=24, reference=reference)) == 90


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Sex,Agemos,P5,P50\n1,84,4,6\n1,96,4,6\n", "column 'L' is required"),
        ("Sex,Agemos,P50,P75,P95\n1,84,4,6,7\n1,96,4,6,7\n", "column 'L' is required"),
        ("Sex,Agemos,P5,P50,P95\n1,84,4,6,6\n1,96,4,6,7\n", "must increase in every row"),
        ("Sex,Agemos,P5,P50,P95\n1,84,6,5,7\n1,96,4,6,7\n", "must increase in every row"),
        ("Sex,Agemos,P5,P50,P95\n1,84,4,,7\n1,96,4,6,7\n", "row 2, column 'P50'.*number"),
    ],
)
def test_broken_centiles_are_refused(tmp_path, text, message):
    with pytest.raises(UserError, match=message):
        read(tmp_path, text)


def test_a_side_has_the_deviation_of_its_own():
    assert two_piece_z_score([4, 12], 8, 2, 4).tolist() == [-2, 1]
    assert two_piece_value([-2, 1], 8, 2, 4).tolist() == [4, 12]


# What a reference is of ----


def test_a_reference_of_another_measure_is_refused():
    message = "must be of stature or height, one of 'CDC 2000 stature'; got 'CDC 2000 weight'"
    with pytest.raises(UserError, match=message):
        gr.load_reference("CDC 2000 weight", measures=gr.HEIGHT)
    assert gr.load_reference("CDC 2000 weight", measures=gr.WEIGHT).unit == "kg"


@pytest.mark.parametrize(
    ("measures", "names"),
    [
        (gr.HEIGHT, ("CDC 2000 stature",)),
        (gr.BMI, ("CDC 2000 BMI",)),
        (gr.HEIGHT_VELOCITY, ("Tanner height velocity",)),
        (("head circumference",), ()),
    ],
)
def test_references_are_listed_by_measure(measures, names):
    assert gr.available_references(measures) == names
