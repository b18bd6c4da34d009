"""Growth references against CDC's own documentation, tables and program."""

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis import paths
from analysis.errors import UserError
from analysis.sources import growth_reference as gr
from analysis.sources import growth_table
from analysis.stats import lms

CDC = gr.load_reference(gr.CDC_2000_STATURE)
TABLE = pd.read_csv(paths.DATA / "references" / "cdc_2000_stature.csv")
SEX = TABLE["Sex"].map(dict(growth_table.SEXES)).to_numpy()
CENTILES = (3, 5, 10, 25, 50, 75, 90, 95, 97)

# CDC, https://www.cdc.gov/growthcharts/cdc-data-files.htm: "To obtain the weight-for-age z-score
# of a 9-month-old male who weighs 9.7 kg ... L=-0.1600954, M=9.476500305, S=0.11218624".
CDC_EXAMPLE = (-0.1600954, 9.476500305, 0.11218624)

# Heights at z = -2, -1.5, ... 2 from CDC's z-score data file zstatage, a table separate from
# statage: sex, age in months, nine heights in cm.
Z_SCORES = (-2, -1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2)
# fmt: off
ZSTATAGE_AT_ROWS = [
    ("M", 24, 79.49727487, 81.23278961, 82.97047544, 84.71029213, 86.45220101, 88.19616479, 89.94214755, 91.69011463, 93.4400326),  # noqa: E501
    ("M", 60.5, 99.76447998, 102.1385664, 104.4980425, 106.8434111, 109.1751441, 111.4936855, 113.7994535, 116.0928427, 118.3742262),  # noqa: E501
    ("M", 120.5, 125.9158999, 129.0843963, 132.2918208, 135.5381626, 138.8234114, 142.1475568, 145.5105884, 148.9124963, 152.3532704),  # noqa: E501
    ("M", 240, 162.4705031, 166.0844828, 169.685354, 173.2734869, 176.8492322, 180.4129232, 183.9648767, 187.5053941, 191.0347628),  # noqa: E501
    ("F", 24, 78.02185636, 79.76434516, 81.50408026, 83.24112888, 84.97555512, 86.70742016, 88.43678251, 90.16369812, 91.88822059),  # noqa: E501
    ("F", 60.5, 98.830052, 101.0324183, 103.286763, 105.5943814, 107.9566031, 110.3747921, 112.8503488, 115.3847103, 117.9793515),  # noqa: E501
    ("F", 120.5, 125.2106084, 128.3749492, 131.5960808, 134.8746124, 138.2111552, 141.6063228, 145.0607308, 148.5749972, 152.149742),  # noqa: E501
    ("F", 240, 150.3326778, 153.595091, 156.8500336, 160.0976939, 163.338251, 166.5718761, 169.7987324, 173.018976, 176.2327565),  # noqa: E501
]
ZSTATAGE_BETWEEN_ROWS = [
    ("M", 25, 80.25084731, 81.98850199, 83.7347478, 85.48948827, 87.25262954, 89.02408021, 90.80375129, 92.59155604, 94.38740995),  # noqa: E501
    ("M", 120, 125.7479719, 128.9072778, 132.1055648, 135.3428275, 138.619061, 141.9342601, 145.2884198, 148.6815353, 152.1136015),  # noqa: E501
    ("M", 200, 159.5953903, 163.5213864, 167.3664562, 171.1356188, 174.8333914, 178.4638563, 182.0307182, 185.537351, 188.9868383),  # noqa: E501
    ("F", 25, 78.800043, 80.57378368, 82.3448374, 84.11326985, 85.87914364, 87.64251857, 89.40345176, 91.16199788, 92.91820925),  # noqa: E501
    ("F", 120, 125.0407507, 128.1912806, 131.3991203, 134.6649164, 137.9893182, 141.3729779, 144.8165505, 148.3206942, 151.8860696),  # noqa: E501
    ("F", 200, 149.8794107, 153.1108534, 156.3437722, 159.5781377, 162.8139219, 166.0510979, 169.2896396, 172.5295221, 175.7707213),  # noqa: E501
]
# fmt: on

# Height-for-age z-scores from CDC's SAS program for the 2000 growth charts (variable haz), on
# synthetic children: growthcleanr, inst/extdata/test_syngrowth_sas_output_compare.csv.gz, every
# n-th row by age and the two extremes of each sex. Sex, age in months, height in cm, z.
SAS_PROGRAM = [
    ("M", 25.0848, 84.1, -0.913160823),
    ("M", 35.2104, 93, -0.384112329),
    ("M", 47.178, 101.4, -0.083822402),
    ("M", 59.3748, 112.36, 0.8274381036),
    ("M", 83.7696, 110.5, -2.087623954),
    ("M", 95.9676, 125.15, -0.473107218),
    ("M", 108.1644, 138.1, 0.7247953767),
    ("M", 125.8848, 133, -1.194027287),
    ("M", 144.756, 149.7, 0.0342413635),
    ("M", 169.1508, 155.9, -1.05427547),
    ("M", 193.5456, 167.7, -0.804584293),
    ("M", 230.1372, 191.2, 2.0562034496),
    ("M", 71.5728, 94.1, -4.129316163),
    ("M", 26.0052, 99.8, 3.2350710959),
    ("F", 25.0848, 83.3, -0.742633694),
    ("F", 35.2104, 92.4, -0.270630245),
    ("F", 47.178, 101.49, 0.2771197439),
    ("F", 59.3748, 110.29, 0.6220970791),
    ("F", 81.6984, 120.4, 0.030308443),
    ("F", 95.9676, 125.8, -0.304971938),
    ("F", 108.1644, 138.18, 0.8185671846),
    ("F", 129.1068, 135.2, -1.016540137),
    ("F", 144.756, 156.2, 0.6234448336),
    ("F", 169.1508, 158.07, -0.382867528),
    ("F", 193.5456, 159.6, -0.465044301),
    ("F", 230.1372, 178.3, 2.3301626096),
    ("F", 71.5728, 95.332, -4.152083829),
    ("F", 108.1644, 154.13, 3.1676429041),
]
# The same, where L is within 0.01 of 0 and CDC's program uses the logarithm instead.
SAS_PROGRAM_LOGARITHM = [
    ("F", 102.8712, 129.6, -0.185573296),
    ("F", 57.534, 105.4, -0.176469691),
    ("F", 102.8712, 125.6, -0.861690654),
    ("F", 57.534, 117.7, 2.3286267471),
    ("F", 102.6408, 135.1, 0.7277127414),
    ("F", 57.9948, 111.4, 1.021936099),
]

ages = st.floats(24, 240)
sexes = st.sampled_from("MF")
scores = st.floats(-4, 4)


def write(tmp_path, text):
    path = tmp_path / "reference.csv"
    path.write_text(text, encoding="utf-8")
    return path


def read(path):
    return growth_table.read_reference(
        path, name="mine", measure="height", unit="cm", citation="none"
    )


# CDC's documentation ----


def test_cdc_worked_example_of_a_z_score():
    z = float(lms.lms_z_score(9.7, *CDC_EXAMPLE))
    assert z == pytest.approx(0.207, abs=0.0005)


def test_cdc_worked_example_of_a_percentile():
    assert float(lms.lms_value(-1.645, *CDC_EXAMPLE)) == pytest.approx(7.90, abs=0.005)


# CDC's tables ----


def test_table_has_cdcs_ages_for_both_sexes():
    expected = [24.0, *np.arange(24.5, 240), 240.0]
    for code in (1, 2):
        assert TABLE.loc[TABLE["Sex"] == code, "Agemos"].tolist() == expected


@pytest.mark.parametrize("centile", CENTILES)
def test_every_tabulated_percentile_is_reproduced(centile):
    heights = gr.value_at_centile(centile, sex=SEX, age_months=TABLE["Agemos"], reference=CDC)
    # CDC prints 10 significant digits, from L, M and S of 9 decimals or fewer.
    np.testing.assert_allclose(heights, TABLE[f"P{centile}"], rtol=0, atol=5e-7)


@pytest.mark.parametrize("row", ZSTATAGE_AT_ROWS, ids=lambda row: f"{row[0]}-{row[1]}")
def test_heights_at_z_scores_equal_cdcs_z_score_file(row):
    sex, age, *heights = row
    ours = gr.value_at_z(Z_SCORES, sex=sex, age_months=age, reference=CDC)
    np.testing.assert_allclose(ours, heights, rtol=0, atol=5e-7)
    z = gr.z_score(heights, sex=sex, age_months=age, reference=CDC)
    np.testing.assert_allclose(z, Z_SCORES, rtol=0, atol=5e-7)


@pytest.mark.parametrize("row", ZSTATAGE_BETWEEN_ROWS, ids=lambda row: f"{row[0]}-{row[1]}")
def test_interpolation_stays_near_cdcs_own_whole_months(row):
    sex, age, *heights = row
    z = gr.z_score(heights, sex=sex, age_months=age, reference=CDC)
    # 0.0137 at 25 months is the largest of the 430 whole months, 0.0005 that from 4 years on.
    np.testing.assert_allclose(z, Z_SCORES, rtol=0, atol=0.014 if age < 48 else 0.0005)


# CDC's program ----


def test_z_scores_equal_those_of_cdcs_sas_program():
    sex, age, height, expected = map(list, zip(*SAS_PROGRAM, strict=True))
    z = gr.z_score(height, sex=sex, age_months=age, reference=CDC)
    np.testing.assert_allclose(z, expected, rtol=0, atol=1e-9)


def test_sas_program_approximates_where_l_is_near_zero():
    sex, age, height, expected = map(list, zip(*SAS_PROGRAM_LOGARITHM, strict=True))
    z = gr.z_score(height, sex=sex, age_months=age, reference=CDC)
    np.testing.assert_allclose(z, expected, rtol=0, atol=1e-3)
    table = CDC.tables["F"]
    median = np.interp(age, table.age_months, table.median)
    spread = np.interp(age, table.age_months, table.spread)
    np.testing.assert_allclose(np.log(np.array(height) / median) / spread, expected, atol=1e-9)


# Laws ----


@given(z=scores, sex=sexes, age=ages)
def test_score_and_height_invert_each_other(z, sex, age):
    where = {"sex": sex, "age_months": age, "reference": CDC}
    assert float(gr.z_score(gr.value_at_z(z, **where), **where)) == pytest.approx(z, abs=1e-9)


@given(low=scores, high=scores, sex=sexes, age=ages)
def test_height_increases_with_its_score(low, high, sex, age):
    if high - low > 1e-9:
        heights = gr.value_at_z([low, high], sex=sex, age_months=age, reference=CDC)
        assert heights[0] < heights[1]
        assert np.all(np.diff(gr.z_score(heights, sex=sex, age_months=age, reference=CDC)) > 0)


@given(value=st.floats(20, 250), factor=st.sampled_from([100.0, 0.1, 1 / 2.54]), age=ages)
def test_score_does_not_depend_on_the_unit(value, factor, age):
    table = CDC.tables["F"]
    columns = (table.power, table.median, table.spread)
    power, median, spread = (np.interp(age, table.age_months, c) for c in columns)
    z = lms.lms_z_score(value, power, median, spread)
    scaled = lms.lms_z_score(value * factor, power, median * factor, spread)
    assert float(scaled) == pytest.approx(float(z), rel=1e-9, abs=1e-9)


@given(power=st.floats(-1e-6, 1e-6), value=st.floats(50, 200))
def test_formula_has_no_jump_at_l_zero(power, value):
    normal = np.log(value / 110) / 0.045
    assert float(lms.lms_z_score(value, power, 110, 0.045)) == pytest.approx(normal, abs=1e-4)
    assert float(lms.lms_value(normal, power, 110, 0.045)) == pytest.approx(value, rel=1e-4)


def test_l_zero_is_the_logarithm_exactly():
    assert float(lms.lms_z_score(np.e * 110, 0, 110, 0.5)) == pytest.approx(2)
    assert float(lms.lms_value(2, 0, 110, 0.5)) == pytest.approx(np.e * 110)


def test_mean_and_sd_are_lms_with_l_one(tmp_path):
    path = write(tmp_path, "Sex,Agemos,Mean,SD\n2,48,90,4\n2,60,96,5\n")
    reference = read(path)
    assert list(reference.tables) == ["F"]
    z = gr.z_score([86, 101], sex="F", age_months=[48, 60], reference=reference)
    np.testing.assert_allclose(z, [-1, 1], atol=1e-12)
    # Halfway the mean is 93 and the SD, interpolated through S, within 0.01 of 4.5.
    height = gr.value_at_z([0, 1], sex="F", age_months=54, reference=reference)
    assert height[0] == pytest.approx(93)
    assert height[1] - height[0] == pytest.approx(4.5, abs=0.02)


# Not estimable ----


def test_outside_the_table_nothing_is_clamped():
    age = np.array([23.99, 24, 240, 240.01, np.nan])
    z = gr.z_score(100.0, sex="F", age_months=age, reference=CDC)
    assert np.isnan(z).tolist() == [True, False, False, True, True]
    height = gr.value_at_z(0.0, sex="F", age_months=age, reference=CDC)
    assert np.isnan(height).tolist() == [True, False, False, True, True]
    reasons = gr.not_estimable(100.0, sex="F", age_months=age, reference=CDC)
    assert (reasons != "").tolist() == [True, False, False, True, True]


def test_each_missing_score_has_the_first_reason():
    reasons = gr.not_estimable(
        [np.nan, 0.0, 100.0, 100.0, 100.0, 100.0, np.inf],
        sex=["F", "F", "U", None, "M", "M", "M"],
        age_months=[60, 60, 60, 60, np.nan, 12, 60],
        reference=CDC,
    )
    assert reasons.tolist() == [
        "stature missing",
        "stature not positive",
        "sex not in CDC 2000 stature (F, M)",
        "sex not in CDC 2000 stature (F, M)",
        "age missing",
        "age outside CDC 2000 stature (24 to 240 months)",
        "stature missing",
    ]


@given(
    value=st.one_of(st.none(), st.floats(-10, 300)),
    sex=st.sampled_from(["M", "F", "U", None]),
    age=st.one_of(st.none(), st.floats(0, 300)),
)
def test_a_score_is_missing_exactly_where_there_is_a_reason(value, sex, age):
    value, age = (np.nan if x is None else x for x in (value, age))
    where = {"sex": [sex], "age_months": [age], "reference": CDC}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        z = gr.z_score([value], **where)
        reason = gr.not_estimable([value], **where)
    assert np.isnan(z[0]) == (reason[0] != "")


def test_beyond_the_end_of_the_distribution_there_is_no_height():
    # With L = 1 and S = 0.05 the height at z = -20 would be 0.
    assert np.isnan(lms.lms_value([-20.0, -21.0], 1.0, 110.0, 0.05)).all()


@pytest.mark.parametrize("centile", [0, 100, -1])
def test_centile_must_lie_between_0_and_100(centile):
    with pytest.raises(ValueError, match="between 0 and 100"):
        gr.value_at_centile(centile, sex="F", age_months=60, reference=CDC)


# Loading ----


def test_tables_cannot_be_changed():
    with pytest.raises(ValueError, match="read-only"):
        CDC.tables["F"].median[0] = 1.0


def test_unknown_reference_is_refused_with_the_nearest_name():
    with pytest.raises(UserError, match="did you mean 'CDC 2000 stature'"):
        gr.load_reference("CDC 2000 stature ")


def test_turner_reference_is_refused_because_its_table_could_not_be_read():
    assert "Turner 1985 height" not in gr.available_references()
    with pytest.raises(
        UserError, match=r"its table is not shipped .* as turner_1985_height\.csv"
    ) as error:
        gr.load_reference("Turner 1985 height")
    assert "Lyon AJ, Preece MA, Grant DB" in str(error.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Sex,Agemos,L,M\n1,24,1,90\n", "column 'S' is required"),
        ("Sex,Agemos,L,M,S\n1,24,x,90,0.04\n1,36,1,95,0.04\n", "row 2, column 'L'.*number"),
        ("Sex,Agemos,L,M,S\n1,24,1,,0.04\n1,36,1,95,0.04\n", "row 2, column 'M'.*number"),
        ("Sex,Agemos,L,M,S\n3,24,1,90,0.04\n3,36,1,95,0.04\n", "must be 1 .male. or 2"),
        ("Sex,Agemos,L,M,S\n", "got no row"),
        ("Sex,Agemos,L,M,S\n1,36,1,90,0.04\n1,24,1,95,0.04\n", "increase"),
        ("Sex,Agemos,L,M,S\n1,24,1,90,0.04\n1,24,1,95,0.04\n", "increase"),
        ("Sex,Agemos,L,M,S\n1,24,1,90,0.04\n", "two or more ages"),
        ("Sex,Agemos,Mean,SD\n2,24,90,0\n2,36,95,4\n", "must be positive"),
        ("", "UTF-8 csv"),
    ],
)
def test_broken_table_is_refused(tmp_path, text, message):
    with pytest.raises(UserError, match=message):
        read(write(tmp_path, text))


def test_missing_file_is_refused(tmp_path):
    with pytest.raises(UserError, match="no such file"):
        read(tmp_path / "none.csv")
