"""Antibodies worked by hand, and every laboratory table, figure and listing of the trials."""

import functools
import html
import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from scipy import stats

from analysis.display.figures import Figure
from analysis.display.page import views_of
from analysis.display.reading import Absent
from analysis.errors import UserError
from analysis.results import ROW_KEY, Results, Section, combine
from analysis.safety import (
    abnormal,
    glycaemia,
    hepatic,
    igf,
    immunogenicity,
    listings,
    shifts,
    summaries,
    thyroid,
)
from analysis.safety.settings import SafetyParameters, SafetyRun, resolve
from analysis.sources.trial.plan import TrialPlan
from analysis.sources.trial.trial import Trial
from analysis.stats.proportion_differences import risk_difference

TRIALS = ["ghd", "turner-2", "cdisc-pilot"]
SECTIONS: list[Section[SafetyRun]] = [
    summaries.measurements_by_visit,
    summaries.measurements_baseline_and_last,
    shifts.shift_to_worst,
    shifts.shift_to_worst_of_others,
    shifts.shift_by_visit,
    abnormal.new_abnormalities,
    abnormal.marked_abnormalities,
    hepatic.hepatic,
    glycaemia.glycaemia_tests,
    glycaemia.glycaemia_shift,
    glycaemia.emergent_glycaemia,
    igf.igf1_sds,
    igf.igf1_sds_duration,
    thyroid.thyroid,
    immunogenicity.antibodies_by_visit,
    immunogenicity.emergent_antibodies,
    immunogenicity.growth_by_antibodies,
    listings.serious_events,
    listings.withdrawals,
    listings.deaths,
    listings.abnormal_values,
    summaries.records_left_out,
]


@functools.cache
def shipped(name: str) -> SafetyRun:
    return resolve(SafetyParameters(trial=name))


def objects(run: SafetyRun) -> Iterator[Any]:
    """Everything that the laboratory part of a page shows."""
    for section in SECTIONS:
        yield from views_of(section, run)


@functools.cache
def shown(name: str) -> tuple[Any, ...]:
    return tuple(objects(shipped(name)))


@functools.cache
def results_of(name: str) -> Results:
    return combine(each.results for each in shown(name))


@pytest.mark.parametrize("name", TRIALS)
def test_every_number_has_a_place_of_its_own(name: str) -> None:
    frame = combine(each.results for each in shown(name)).frame
    key = ["analysis_id", *ROW_KEY, "stat_name"]
    # A figure and a table may show the same rows; rows of one place say the same.
    assert len(frame.drop_duplicates(key)) == len(frame.drop_duplicates([*key, "stat_fmt"]))
    for each in shown(name):
        if not isinstance(each, Figure):
            assert not each.results.frame.duplicated(key).any(), each.name
    assert set(frame["data_status"]) == {"real" if name == "cdisc-pilot" else "synthetic"}
    assert (frame["source"] != "").all()


@pytest.mark.parametrize("name", TRIALS)
def test_every_share_is_of_its_denominator(name: str) -> None:
    wide = results_of(name).select(group1="arm").frame
    wide = wide[wide["stat_name"].isin(["n", "p"])].drop_duplicates(
        ["analysis_id", *ROW_KEY, "stat_name"]
    )
    pairs = wide.pivot(index=["analysis_id", *ROW_KEY], columns="stat_name", values="stat")
    size = wide.drop_duplicates(["analysis_id", *ROW_KEY]).set_index(["analysis_id", *ROW_KEY])
    pairs = pairs.dropna().astype(float)
    whole = size["n_population"].reindex(pairs.index).astype(float)
    assert len(pairs) > 50
    assert (pairs["n"] <= whole).all()
    assert (pairs["n"] / whole).to_numpy() == pytest.approx(pairs["p"].to_numpy())


def test_a_single_arm_has_intervals_and_no_differences() -> None:
    frame = results_of("turner-2").frame
    assert not (frame["group1"] == "contrast").any()
    row = thyroid.thyroid(shipped("turner-2")).wide("stat").iloc[0]
    exact = stats.binomtest(int(row["n"]), int(row["N"])).proportion_ci(0.95, method="exact")
    assert (row["conf.low"], row["conf.high"]) == pytest.approx((exact.low, exact.high))


def test_differences_are_those_of_the_counts() -> None:
    found = results_of("cdisc-pilot").select(analysis_id="glycaemia-emergent").wide("stat")
    by_arm = found[found["variable_level"].str.startswith("Diabetes range, treat")].set_index(
        "group1_level"
    )
    high, placebo = by_arm.loc["Xanomeline High Dose"], by_arm.loc["Placebo"]
    row = by_arm.loc["Xanomeline High Dose − Placebo"]
    assert row["estimate"] == pytest.approx(high["p"] - placebo["p"])
    limits = risk_difference(
        high["n"], high["N"], placebo["n"], placebo["N"], method="miettinen-nurminen", level=0.95
    )
    assert row["conf.low"] == pytest.approx(float(limits.lower))
    assert row["conf.high"] == pytest.approx(float(limits.upper))


def test_the_size_of_the_results_stays_sane() -> None:
    assert len(results_of("cdisc-pilot")) < 20_000


@pytest.mark.parametrize("name", TRIALS)
def test_sections_follow_from_the_plan(name: str) -> None:
    absent = {each.name for each in shown(name) if isinstance(each, Absent)}
    assert bool(absent) == (name == "cdisc-pilot")
    for each in shown(name):
        assert "Not estimable" not in each.text(), each.text()


# Identifiers ---------------------------------------------------------------------------------


def test_no_identifier_of_real_data_is_shown_anywhere() -> None:
    subjects = shipped("cdisc-pilot").trial.tables["adsl"]
    csv = results_of("cdisc-pilot").frame.to_csv()
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # As on a page.
        pages = [html.unescape(each.html()) for each in shown("cdisc-pilot")]
    words = "\n".join([csv, *(each.text() for each in shown("cdisc-pilot")), *pages])
    assert len(words) > 100_000
    assert not re.findall("|".join(map(re.escape, subjects["USUBJID"])), words)
    # The short numbers are also values; as words or labels they must not be there.
    frame = results_of("cdisc-pilot").frame
    texts = pd.concat(
        [frame[level] for level in ROW_KEY] + [frame[frame["stat"].isna()]["stat_fmt"]]
    )
    short = set(subjects["SUBJID"].astype(str))
    assert len(short) > 200
    found = {token for text in texts.unique() for token in re.findall(r"\d{4,}", str(text))}
    assert not found & short
    # Nor a date by which somebody could be found.
    assert not re.search(r"20\d\d-\d\d-\d\d", words)


def test_the_scan_can_fail() -> None:
    names = shipped("ghd").trial.tables["adsl"]["USUBJID"]
    csv = results_of("ghd").frame.to_csv()
    assert any(name in csv for name in names)


def test_counts_of_the_listings_of_the_pilot() -> None:
    # Study report of the CDISC pilot, table 14-5.02: three serious events, one on the low and two
    # on the high dose; table 14-1.02: deaths 2, 1 and 0 on placebo, low and high dose.
    serious = results_of("cdisc-pilot").select(analysis_id="listing-serious", stat_name="term")
    assert serious.frame["group1_level"].tolist() == [
        "Xanomeline Low Dose", "Xanomeline High Dose", "Xanomeline High Dose",
    ]  # fmt: skip
    died = results_of("cdisc-pilot").select(analysis_id="listing-deaths", stat_name="term")
    assert died.frame["group1_level"].tolist() == ["Placebo", "Placebo", "Xanomeline Low Dose"]


def test_hostile_terms_are_text_on_the_page() -> None:
    listing = results_of("ghd").select(analysis_id="listing-serious")
    frame = listing.frame.assign(
        stat_fmt=listing.frame["stat_fmt"].mask(
            listing.frame["stat_name"] == "term", "<script>alert('x')</script>"
        )
    )
    page = listings.serious_events_table(Results(frame), shipped("ghd")).html()
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


# Figures -----------------------------------------------------------------------------------------


def test_figures_show_their_rows() -> None:
    drawn = [each for each in shown("turner-2") if isinstance(each, Figure)]
    assert len(drawn) == 3
    for each in drawn:
        assert len(each.results)
        assert len(each.alt) > 40
    # Real data have no IGF-I, so that its figure is drawn here; the others are drawn above.
    assert drawn[-1].png() != drawn[-1].png(narrow=True)


# Antibodies --------------------------------------------------------------------------------------

# Worked by hand: results at baseline, month 6, month 12; change in height velocity.
#   A  −  +  −    5.0   emergent
#   B  −  −  +    7.0   emergent
#   C  +  +       9.0   positive before
#   D     +       8.0   baseline missing
#   E  −  −  −    4.0   negative
#   F  −  −       6.0   negative
#   G  −          3.0   nothing after baseline: neither
#   H  ?  −       5.0   the unclear baseline is no baseline: negative, baseline missing
ANTIBODIES = {
    "A": "-+-", "B": "--+", "C": "++", "D": " +", "E": "---", "F": "--", "G": "-", "H": "?-",
}  # fmt: skip
GROWTH = {"A": 5.0, "B": 7.0, "C": 9.0, "D": 8.0, "E": 4.0, "F": 6.0, "G": 3.0, "H": 5.0}
WORDS = {"+": "positive", "-": "NEGATIVE ", "?": "INCONCLUSIVE"}


def antibody_run(results: dict[str, str], growth: dict[str, float]) -> SafetyRun:
    rows = [
        (who, visit, WORDS[mark])
        for who, marks in results.items()
        for visit, mark in enumerate(marks)
        if mark != " "
    ]
    adlb = pd.DataFrame(rows, columns=["USUBJID", "AVISITN", "AVALC"])
    adlb = adlb.assign(
        PARAMCD="ADA",
        AVAL=float("nan"),
        AVISIT=adlb["AVISITN"].map({0: "Baseline", 1: "Month 6", 2: "Month 12"}),
        ABLFL=(adlb["AVISITN"] == 0).map({True: "Y", False: ""}),
        ADY=adlb["AVISITN"] * 180.0 + 1,
    )
    adgr = pd.DataFrame({"USUBJID": list(growth), "CHG": list(growth.values())})
    adgr = adgr.assign(PARAMCD="HV", AVISIT="Month 12", ANL01FL="Y")
    adsl = pd.DataFrame({"USUBJID": list(results), "SAFFL": "Y", "TRT01P": "Test"})
    plan = {
        "id": "worked",
        "title": "Worked by hand",
        "data_status": "synthetic",
        "design": "single-arm",
        "arms": {"treatment": "Test"},
        "populations": {"safety": "SAFFL"},
        "endpoints": {
            "primary": {
                "name": "Change in velocity",
                "dataset": "adgr",
                "paramcd": "HV",
                "visit": "Month 12",
                "value": "CHG",
                "direction": "higher",
            }
        },
        "analysis": {"population": "safety"},
        "safety": {
            "population": "safety",
            "laboratory": ["adlb"],
            "roles": {"antibodies": "ADA"},
        },
        "estimand": {"population": "", "treatment": "", "variable": "", "summary_measure": ""},
    }
    return SafetyRun(
        trial=Trial(
            plan=TrialPlan.model_validate(plan),
            folder=Path("worked"),
            tables={"adsl": adsl, "adlb": adlb, "adgr": adgr},
        ),
        population="safety",
        conf_level=0.95,
        departures=(),
        parameters=SafetyParameters(),
    )


def test_antibodies_worked_by_hand() -> None:
    run = antibody_run(ANTIBODIES, GROWTH)
    visits = immunogenicity.antibodies_by_visit(run).wide()
    said = {row["variable"]: (row["n"], row["N"]) for row in visits.to_dict("records")}
    assert said == {"Baseline": ("1", "6"), "Month 6": ("3", "7"), "Month 12": ("1", "3")}
    emergent = immunogenicity.emergent_antibodies(run)
    found = {row["variable"]: (row["n"], row["N"]) for row in emergent.wide().to_dict("records")}
    assert found == {
        immunogenicity.EMERGENT: ("2", "4"),  # A and B of A, B, E, F
        immunogenicity.UNKNOWN: ("1", "2"),  # D of D, H
        immunogenicity.PERSISTENT: ("1", "1"),  # C
        immunogenicity.ANY: ("4", "7"),
    }
    assert "1 result neither positive nor negative" in emergent.frame["method"].iloc[0]


def test_growth_in_positive_and_negative_by_a_second_route() -> None:
    found = immunogenicity.growth_by_antibodies(antibody_run(ANTIBODIES, GROWTH)).wide("stat")
    positive, negative, difference = found.to_dict("records")
    assert (positive["n"], positive["mean"]) == (4, 7.25)  # A, B, C, D
    assert (negative["n"], negative["mean"]) == (3, 5.0)  # E, F, H
    test = stats.ttest_ind([5, 7, 9, 8], [4, 6, 5], equal_var=False)
    interval = test.confidence_interval(0.95)
    assert difference["estimate"] == pytest.approx(2.25)
    assert difference["conf.low"] == pytest.approx(interval.low)
    assert difference["conf.high"] == pytest.approx(interval.high)


def test_one_positive_gives_no_difference() -> None:
    run = antibody_run({"A": "-+", "B": "--", "C": "--"}, {"A": 5.0, "B": 4.0, "C": 3.0})
    found = immunogenicity.growth_by_antibodies(run)
    assert found.text("reason") == "only 1 positive with the endpoint"
    assert "not randomised" in found.frame["method"].iloc[0]


def test_antibody_results_must_be_words() -> None:
    run = antibody_run(ANTIBODIES, GROWTH)
    tables_of = {**run.trial.tables, "adlb": run.trial.tables["adlb"].drop(columns="AVALC")}
    broken = SafetyRun(
        trial=Trial(plan=run.trial.plan, folder=run.trial.folder, tables=tables_of),
        population="safety",
        conf_level=0.95,
        departures=(),
        parameters=run.parameters,
    )
    with pytest.raises(UserError, match="adlb must have AVALC with POSITIVE or NEGATIVE"):
        immunogenicity.antibodies_by_visit(broken)
