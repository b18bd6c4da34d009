"""The published contrasts: every route by hand, every row against the ledger, every verdict."""

import csv
import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis import paths
from analysis.contrasts import every_route, inclusion, pairs, printed, within_trial
from analysis.contrasts.field_margin import field_margin
from analysis.contrasts.routes import missing, routes
from analysis.contrasts.settings import (
    ContrastParameters,
    ContrastRun,
    resolve,
)
from analysis.display import departures
from analysis.errors import UserError
from analysis.parameters import ParameterError
from analysis.results import Results, section
from analysis.sources.audit import Finding, audit_ledger
from analysis.sources.evidence import Ledger

NUMBERS = (
    "mean sd se mean_reference sd_reference se_reference n n_reference n_total "
    "ls_mean ls_se ls_mean_reference ls_se_reference diff ci_low ci_high level p"
).split()


def pair(**given: Any) -> SimpleNamespace:
    row = dict.fromkeys(NUMBERS, np.nan)
    row |= {"model": "", "model_mean": "", "result_ids": "R1", "contrast": "A − B", "sizes": ""}
    return SimpleNamespace(**{**row, **given})


FOUND: dict[int, list[Finding]] = {}


def run_of(ledger: Ledger, **given: Any) -> ContrastRun:
    parameters = ContrastParameters.checked(given)
    # The audit takes a second; one a ledger is enough.
    if id(ledger) not in FOUND:
        FOUND[id(ledger)] = audit_ledger(ledger)
    return resolve(parameters, ledger, FOUND[id(ledger)])


@pytest.fixture(scope="module")
def default(ledger: Ledger) -> ContrastRun:
    return run_of(ledger)


@pytest.fixture(scope="module")
def within(default: ContrastRun) -> Results:
    return within_trial.contrasts(default)


def row_of(results: Results, study: str, contrast: str = "") -> dict[str, Any]:
    wide = results.wide("stat_fmt")
    numbers = results.wide("stat")
    keep = wide["group2_level"] == study
    if contrast:
        keep &= wide["group1_level"] == contrast
    assert keep.sum() == 1, (study, contrast)
    words, values = wide[keep].iloc[0], numbers[keep].iloc[0]
    return {
        name: float(values[name]) if isinstance(values[name], float | int) else words[name]
        for name in wide
    }


# Routes by hand. -----------------------------------------------------------------------------


def test_handbook_p_value_of_a_difference() -> None:
    # Cochrane Handbook, section 6.5.2.3: n 25 and 22, difference 3.8, p 0.008: t 2.78, SE 1.37.
    found = routes(pair(diff=3.8, p=0.008, n_total=47), level=0.95)
    assert [route.name for route in found] == ["difference and its p-value"]
    assert found[0].difference.std_error == pytest.approx(1.37, abs=5e-3)
    assert 3.8 / (found[0].difference.std_error or 0) == pytest.approx(2.78, abs=5e-3)


def test_handbook_interval_in_large_samples() -> None:
    # Cochrane Handbook, section 6.3.1: SE = (upper − lower)/3.92 for a 95 % interval.
    found = routes(pair(diff=1.0, ci_low=0.02, ci_high=1.98, level=0.95), level=0.95)
    assert found[0].difference.std_error == pytest.approx(1.96 / 3.92, rel=1e-4)
    assert (found[0].difference.lower, found[0].difference.upper) == (0.02, 1.98)


def test_adjusted_interval_by_hand() -> None:
    # n 22, so t(20) = 2.086: half-width 1.043 is an SE of 0.5.
    given_pair = pair(
        mean=9.0, mean_reference=9.9, diff=-0.2, ci_low=-1.243, ci_high=0.843, level=0.95,
        model="adjusted", n_total=22,
    )  # fmt: skip
    found = routes(given_pair, level=0.95)
    assert found[0].name.startswith("adjusted difference and its 95")
    # The adjusted difference, not that of the means, is the estimate.
    assert found[0].difference.estimate == -0.2
    assert found[0].difference.std_error == pytest.approx(0.5, abs=1e-4)


def test_change_of_level_by_hand() -> None:
    # 90 % interval 0 ± 1.645 is SE 1 in large samples, so the 95 % interval is ± 1.960.
    found = routes(pair(diff=0.0, ci_low=-1.645, ci_high=1.645, level=0.9), level=0.95)
    assert found[0].difference.upper == pytest.approx(1.960, abs=1e-3)


def test_one_limit_by_hand() -> None:
    # Means 4.15 and 4.34, lower 95 % limit −1.02 (the abstract of DA-3002), n 58: t(56) = 2.003;
    # SE (−0.19 + 1.02)/2.003 = 0.414, upper limit −0.19 + 0.83 = 0.64.
    given_pair = pair(mean=4.15, mean_reference=4.34, ci_low=-1.02, level=0.95, n_total=58)
    difference = routes(given_pair, level=0.95)[0].difference
    assert difference.std_error == pytest.approx(0.414, abs=5e-4)
    assert difference.lower == pytest.approx(-1.02, abs=1e-12)
    assert difference.upper == pytest.approx(0.64, abs=1e-12)


def test_standard_errors_by_hand() -> None:
    found = routes(pair(mean=10, mean_reference=9, se=0.3, se_reference=0.4), level=0.95)
    assert found[0].difference.std_error == pytest.approx(0.5)
    assert found[0].difference.lower == pytest.approx(1 - 1.959964 * 0.5, abs=1e-5)


def test_means_and_sds_by_hand() -> None:
    # SD 3 in 36 and 4 in 64: √(9/36 + 16/64) = √0.5.
    given_pair = pair(mean=8, sd=3, n=36, mean_reference=8.5, sd_reference=4, n_reference=64)
    found = routes(given_pair, level=0.95)
    assert found[0].name == "means, SDs and n"
    assert found[0].difference.std_error == pytest.approx(math.sqrt(0.5))


def test_handbook_combined_groups() -> None:
    # Table 6.5.a: 1 2 3 and 4 5 6 together are the numbers 1 to 6.
    n, mean, sd = inclusion.combine_groups(
        pd.Series([3, 3]), pd.Series([2.0, 5.0]), pd.Series([1.0, 1.0])
    )
    assert (n, mean) == (6, 3.5)
    assert sd == pytest.approx(np.std([1, 2, 3, 4, 5, 6], ddof=1))


def test_order_of_routes() -> None:
    everything = pair(
        mean=10, mean_reference=9, sd=2, sd_reference=2, n=50, n_reference=50, n_total=100,
        se=0.28, se_reference=0.28, p=0.01, diff=1.0, ci_low=0.2, ci_high=1.8, level=0.95,
    )  # fmt: skip
    names = [route.name for route in routes(everything, level=0.95)]
    # Means and SDs before a p-value, which is coarse.
    assert [name.split()[0] for name in names] == ["difference", "means", "means,", "difference"]
    assert "interval" in names[0]
    assert "standard errors" in names[1]


def test_a_route_that_contradicts_itself_is_passed_over() -> None:
    # The estimate lies outside its interval, so the means are used instead.
    given_pair = pair(
        diff=3, ci_low=-1, ci_high=1, level=0.95, n_total=40,
        mean=8, sd=2, n=20, mean_reference=8, sd_reference=2, n_reference=20,
    )  # fmt: skip
    assert [route.name for route in routes(given_pair, level=0.95)] == ["means, SDs and n"]


@pytest.mark.parametrize(
    ("given_numbers", "sentence"),
    [
        ({"mean": 9.7}, "the mean of B, a standard deviation, interval or p-value and the n of"),
        ({"mean": 9, "mean_reference": 8, "n": 9, "n_reference": 9}, "texts read: a standard dev"),
        ({"mean": 9, "mean_reference": 8, "sd": 2, "sd_reference": 2}, "texts read: the n of each"),
        ({"result_ids": ""}, "no height velocity of either arm is in the texts read"),
    ],
)
def test_what_is_missing_is_named(given_numbers: dict[str, Any], sentence: str) -> None:
    incomplete = pair(**given_numbers)
    assert not routes(incomplete, level=0.95)
    assert sentence in missing(incomplete, "Height velocity")


samples = st.lists(st.floats(-20, 20).map(lambda x: round(x, 2)), min_size=3, max_size=20).filter(
    lambda x: np.ptp(x) > 0.5
)


@settings(max_examples=25, deadline=None)
@given(samples, samples, st.floats(0.6, 0.99))
def test_all_routes_give_back_what_a_sample_says(
    a: list[float], b: list[float], level: float
) -> None:
    """Second route: scipy's own t tests, reported in each of the ways a paper may choose."""
    welch = stats.ttest_ind(a, b, equal_var=False).confidence_interval(level)
    numbers = {
        "mean": np.mean(a), "sd": np.std(a, ddof=1), "n": len(a),
        "mean_reference": np.mean(b), "sd_reference": np.std(b, ddof=1), "n_reference": len(b),
    }  # fmt: skip
    by_means = routes(pair(**numbers), level=level)[0].difference
    assert by_means.lower == pytest.approx(welch.low, abs=1e-8)
    student = stats.ttest_ind(a, b)
    limits = student.confidence_interval(0.9)
    total = len(a) + len(b)
    reported = pair(ci_low=limits.low, ci_high=limits.high, level=0.9, n_total=total,
                    diff=(limits.low + limits.high) / 2)  # fmt: skip
    wanted = student.confidence_interval(level)
    by_interval = routes(reported, level=level)[0].difference
    assert by_interval.lower == pytest.approx(wanted.low, abs=1e-7)
    if 1e-9 < student.pvalue < 0.99:
        by_p = routes(pair(diff=np.mean(a) - np.mean(b), p=student.pvalue, n_total=total),
                      level=level)[0].difference  # fmt: skip
        assert by_p.upper == pytest.approx(wanted.high, abs=1e-5, rel=1e-5)


# Rows against the ledger, read a second way. --------------------------------------------------


def ledger_values() -> dict[str, dict[str, str]]:
    with (paths.PUBLISHED / "results.csv").open(encoding="utf-8", newline="") as file:
        return {row["result_id"]: row for row in csv.DictReader(file)}


@pytest.mark.parametrize(
    "study",
    ["SOMATROGON-P3", "SOMATROGON-JP", "REAL3", "REAL4", "HEIGHT", "PEGPESEN-P3",
     "LB03002-GHD-KHADILKAR", "LB03002-GHD-KOREA", "GXH9-P2", "GXH9-P3-CHINA", "OMNI-GHD-ROMER"],
)  # fmt: skip
def test_inputs_equal_the_ledger(default: ContrastRun, study: str) -> None:
    plain = ledger_values()
    frame = pairs.inputs(default).frame
    shown = frame[(frame["stat_name"] == "value")].set_index("variable_level")
    expected = {
        row: values
        for row, values in plain.items()
        if values["study_id"] == study and values["paramcd"] == "HV" and values["months"] != "0"
        # Slighter reports of what the paper in use prints as well.
        and row not in ("R151", "R892")
        and values["statistic"] in ("mean", "sd", "se", "diff", "ci_low", "ci_high", "p")
    }  # fmt: skip
    if any(values["months"] == "12" for values in expected.values()):
        expected = {row: each for row, each in expected.items() if each["months"] == "12"}
    assert expected
    assert set(expected) == {row for row in shown.index if plain[row]["study_id"] == study}
    for row, values in expected.items():
        assert shown.loc[row, "stat"] == float(values["value"])
        # As printed: the decimals of the source.
        assert shown.loc[row, "stat_fmt"].replace("−", "-") == values["value"]


# Difference and limits as the source prints them: ledger rows diff, ci_low, ci_high.
PRINTED = {
    "Somatrogon phase 3": ("R452", "R453", "R454"),
    "Somatrogon, Japan": ("R444", "R445", "R446"),
    "Pegpesen phase 3, China": ("R330", "R331", "R332"),
    "GX-H9 phase 3, China": ("R144", "R145", "R146"),
    "Omnitrope v Genotropin": ("R310", "R311", "R312"),
}


@pytest.mark.parametrize("study", PRINTED)
def test_reported_intervals_are_taken_as_they_stand(within: Results, study: str) -> None:
    plain = ledger_values()
    row = row_of(within, study)
    expected = [float(plain[each]["value"]) for each in PRINTED[study]]
    assert [row["estimate"], row["conf.low"], row["conf.high"]] == expected


def test_differences_from_means_and_spread(within: Results) -> None:
    # LB03002, Korea: 9.06 (1.63) v 9.72 (2.32), 63 randomised 1:1, so 31 each, rounded down;
    # √(1.63²/31 + 2.32²/31) = 0.5092.
    row = row_of(within, "LB03002, Korea")
    assert row["estimate"] == pytest.approx(-0.66)
    assert row["std.error"] == pytest.approx(0.5092, abs=5e-5)
    assert "n of each arm from the total and its allocation 1:1" in row["route"]


def test_an_interval_of_another_level(within: Results) -> None:
    # LB03002, multinational: −0.43, 99 % interval −1.45 to 0.60, n 178: t(176) at 0.995 is
    # 2.604 and at 0.975 1.974, so the half-width of 1.025 becomes 0.777; each limit keeps its
    # side of the printed difference.
    row = row_of(within, "LB03002, multinational")
    assert row["estimate"] == -0.43
    assert row["conf.low"] == pytest.approx(-0.43 - 1.02 * 1.9735 / 2.6042, abs=1e-3)
    assert row["conf.high"] == pytest.approx(-0.43 + 1.03 * 1.9735 / 2.6042, abs=1e-3)


@pytest.mark.parametrize("level", [0.8, 0.9, 0.99])
def test_a_level_moves_the_limits_and_never_the_estimate(
    ledger: Ledger, within: Results, level: float
) -> None:
    """Somatrogon's 0.33 (−0.24 to 0.89) has its middle at 0.325; the printed 0.33 stands."""
    other = within_trial.contrasts(run_of(ledger, conf_level=level)).wide("stat")
    same = within.wide("stat").merge(
        other, on=["group1_level", "group2_level"], suffixes=("", "_other")
    )
    known = same[same["estimate"].notna()]
    assert list(known["estimate"]) == list(known["estimate_other"])
    wider = (known["conf.high_other"] - known["conf.low_other"]).astype(float)
    width = (known["conf.high"] - known["conf.low"]).astype(float)
    assert (wider > width).all() if level > 0.95 else (wider < width).all()


# What a source read for the ledger says of its own verdict: table, text that must stand there.
STATED = {
    "GX-H9 phase 3, China": ("non-inferior", "sources", "GX-H9 meets primary endpoint"),
    # 9.44 v 10.70, lower limit −2.3: the trial missed its margin, and so it is here.
    "VELOCITY (somavaratan)": ("not shown", "verdicts", "non-inferiority was not demonstrated"),
    # Its margin is on the height gain, and the text read has no SD: no verdict here.
    "Somatin, Iran": ("not estimable", "results", "did not exceed the 2 cm margin"),
}


@pytest.mark.parametrize("study", STATED)
def test_verdict_is_the_papers_own_or_the_difference_is_explained(
    within: Results, study: str
) -> None:
    verdict, table, words = STATED[study]
    assert words in (paths.PUBLISHED / f"{table}.csv").read_text(encoding="utf-8")
    row = row_of(within, study)
    assert row["conclusion"] == verdict
    if verdict == "not estimable":
        assert "not in the texts read" in row["reason"]
        assert pd.isna(row["estimate"])


# What the abstracts conclude as these trials are commonly cited; the ledger keeps their numbers
# and not their conclusions, so these were not read again.
CITED = {
    "Somatrogon phase 3": "non-inferior",
    "Somatrogon, Japan": "non-inferior",
    "heiGHt (lonapegsomatropin)": "non-inferior",
    "Pegpesen phase 3, China": "non-inferior",
    "LB03002, multinational": "non-inferior",
    "Omnitrope v Genotropin": "non-inferior",
    # Cited as non-inferior; the text read has neither SD nor interval, so no verdict here.
    "REAL 4 (somapacitan)": "not estimable",
}


@pytest.mark.parametrize("study", CITED)
def test_verdict_by_hand_from_the_printed_limit(within: Results, study: str) -> None:
    row = row_of(within, study)
    assert row["conclusion"] == CITED[study]
    if CITED[study] == "non-inferior":
        assert row["conf.low"] > -1.8 == row["margin"]
    else:
        assert "a standard deviation, interval or p-value" in row["reason"]


def test_verdicts_at_the_trials_own_margins(ledger: Ledger, within: Results) -> None:
    assert row_of(within, "Somatrogon phase 3")["own.conclusion"] == "non-inferior"
    assert row_of(within, "Somatrogon phase 3")["own.margin"] == -1.8
    turner = within_trial.contrasts(run_of(ledger, indication="TS", endpoint="CHGHV"))
    # "satisfied the non-inferiority margin (-1.5)", locator of ledger row R032.
    assert "satisfied the non-inferiority margin (-1.5)" in ledger_values()["R032"]["locator"]
    row = row_of(turner, "DA-3002, Korea")
    assert (row["own.margin"], row["own.conclusion"]) == (-1.5, "non-inferior")
    short = within_trial.contrasts(
        run_of(ledger, indication="ISS", endpoint="CHGHV", months=[5.0, 7.0])
    )
    # Rows R258 and R259: 90 % limit −1.72, margin −1.75: met at its own level, not at 95 %.
    row = row_of(short, "LB03002, Korea (ISS)", "LB03002 0.7 mg/kg/wk − daily rhGH")
    assert (row["own.level"], row["own.conclusion"]) == (0.9, "non-inferior")
    assert (row["margin"], row["conclusion"]) == (-1.75, "not shown")


def test_the_asked_contrast_comes_first_and_the_secondary_document_is_no_estimate(
    ledger: Ledger, within: Results
) -> None:
    first, second = within.wide().head(2).to_dict("records")
    assert {first["group1_level"], second["group1_level"]} == {"Valtropin − Humatrope"}
    assert first["estimate"] == "0.09"
    assert second["conclusion"] == "not estimable"
    assert "12-month value of Humatrope is not reported" in second["reason"]
    assert "no cell has a standard deviation or an interval" in second["reason"]
    other = run_of(ledger, product="Omnitrope", comparator="Genotropin")
    assert within_trial.contrasts(other).wide().iloc[0]["group1_level"] == "Omnitrope − Genotropin"


def test_every_randomised_trial_has_its_row(default: ContrastRun, ledger: Ledger) -> None:
    arms = ledger.arms[ledger.arms["indication"] == "GHD"]
    randomised = ledger.studies[
        (ledger.studies["randomised"] == "yes") & (ledger.studies["evidence"] == "trial")
    ]
    # CERES has only one arm in the ledger: both together.
    several = arms[arms["role"].isin(["test", "comparator"])].groupby("study_id").size() > 1
    wanted = set(randomised["study_id"]) & set(several.index[several])
    found = within_trial.differences(default)
    # An interim report is the trial's own, once more.
    interim = set(ledger.identities["study_id"]) - {"NOTE-T1-GHD"}
    assert (wanted | {"NOTE-T1-GHD"}) - interim == set(found["study_id"])
    key = ["study_id", "arm_id", "reference_arm_id"]
    assert not found.duplicated(key).any()


def test_impossible_data_are_estimated_only_when_put_back(ledger: Ledger, within: Results) -> None:
    row = row_of(within, "Two doses, China")
    assert row["conclusion"] == "not estimable"
    assert "implausible growth" in row["reason"]
    opened = within_trial.contrasts(run_of(ledger, include=["XUE-DOSE-GHD"]))
    row = row_of(opened, "Two doses, China")
    # 12.05 (5.84) v 10.96 (4.87), 30 each: √(5.84²/30 + 4.87²/30) = 1.388.
    assert row["std.error"] == pytest.approx(1.388, abs=5e-4)
    assert row["conclusion"] == "no verdict: two doses of one product"


def test_an_sd_that_its_interval_contradicts_is_in_no_route(ledger: Ledger) -> None:
    run = run_of(ledger, indication="SGA", endpoint="CHGHV")
    found = pairs.randomised_pairs(run)
    assert "SD 6.19" in found["printed"].iloc[0]
    assert pd.isna(found["sd_reference"].iloc[0])
    assert len(every_route.all_routes(run)) == 0


def test_a_contrast_printed_the_other_way_round_is_turned(ledger: Ledger) -> None:
    # The Swedish paper prints 33 minus 67: −0.441 (−0.829 to −0.056); 67 is the test arm.
    run = run_of(ledger, indication="TS")
    values = ledger.results[ledger.results["study_id"] == "SWE-TS-DOSE"]
    turned = printed.pair_values(values).set_index(["arm_id", "reference_arm_id"])
    row = turned.loc[("67-young", "33-young")]
    assert (row["diff"], row["ci_low"], row["ci_high"]) == (0.441, 0.056, 0.829)
    names = pairs.randomised_pairs(run)
    strata = names[names["study_id"] == "SWE-TS-DOSE"]
    # Girls of different age strata were never randomised against each other.
    assert set(zip(strata["arm_id"], strata["reference_arm_id"], strict=True)) == {
        ("67-young", "33-young"),
        ("67-older", "33-older"),
    }


# Settings. -----------------------------------------------------------------------------------


def test_margin_comes_from_the_field(ledger: Ledger) -> None:
    assert field_margin(ledger, "GHD", "HV")[0] == -1.8
    assert field_margin(ledger, "TS", "CHGHV") == (-1.5, "DA3002-ABSTRACT")
    # No trial in SGA prints one on velocity, so the strictest of the whole field counts.
    assert field_margin(ledger, "SGA", "HV")[0] == -1.5
    assert field_margin(ledger, "GHD", "HTSDS") == (None, "")


def test_no_margin_no_verdict(ledger: Ledger) -> None:
    found = within_trial.contrasts(run_of(ledger, endpoint="CHGHTSDS"))
    row = row_of(found, "heiGHt (lonapegsomatropin)")
    assert row["conclusion"] == "no margin is declared for this endpoint"
    assert not (found.frame["stat_name"] == "margin").any()


def test_departures_stamp_every_row(ledger: Ledger, default: ContrastRun) -> None:
    assert default.plan_status == "planned"
    run = run_of(ledger, margin=-1, exclude=["REAL3"], hartung_knapp=False)
    listed = departures(run).wide()
    assert set(listed["group1_level"]) == {"exclude", "hartung_knapp", "margin"}
    assert set(within_trial.contrasts(run).frame["plan_status"]) == {"exploratory"}
    # Another question is no departure.
    assert run_of(ledger, indication="TS", endpoint="CHGHV", trial="").plan_status == "planned"


@pytest.mark.parametrize(
    ("given_parameters", "sentence"),
    [
        ({"margin": 0.0}, "margin must be the largest loss"),
        ({"trial": "gdh"}, "gdh"),
        ({"months": [13.0, 11.0]}, "months must be a lowest and a highest value"),
        ({"correlation": [0.2, 1.0]}, "correlation must be a lowest and a highest value"),
        ({"include": ["SOMATROGON-P4"]}, "did you mean 'SOMATROGON-P3'"),
        ({"include": ["REAL3"], "exclude": ["REAL3"]}, "include and exclude both name REAL3"),
        ({"pool_trial": True, "trial": ""}, "pool_trial needs a trial"),
    ],
)
def test_wrong_parameters_are_refused_in_one_sentence(
    ledger: Ledger, given_parameters: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(UserError, match=sentence):
        run_of(ledger, **given_parameters)


def test_wrong_types_are_refused() -> None:
    with pytest.raises(ParameterError, match="indication must be one of"):
        ContrastParameters.checked({"indication": "PWS"})
    with pytest.raises(ParameterError, match=r"conf_level must be greater than 0\.5"):
        ContrastParameters.checked({"conf_level": 0.05})
    with pytest.raises(ParameterError, match="hartung_knapp must be True or False"):
        ContrastParameters.checked({"hartung_knapp": "yes"})


def test_a_section_gives_the_reason_in_a_row(default: ContrastRun) -> None:
    @section
    def some_section(_: ContrastRun) -> Results:
        raise UserError("there is none")

    found = some_section.rows(default)
    assert found.text("conclusion") == "not estimable"
    assert found.text("reason") == "there is none"
    assert set(found.frame["context"]) == {"not estimable"}
