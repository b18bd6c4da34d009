"""The single-arm trials, recomputed with scipy, by hand and by simulation."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.display import departures
from analysis.display.page import views_of
from analysis.display.reading import Reading
from analysis.efficacy import over_time, participants, plan, single_arm
from analysis.efficacy import single_arm_changes as changes
from analysis.efficacy import single_arm_correlation as correlation
from analysis.efficacy import single_arm_growth as grown
from analysis.efficacy import single_arm_published as reports
from analysis.efficacy.single_arm_settings import SingleArmParameters, SingleArmSettings, resolve
from analysis.errors import NoSection, UserError
from analysis.parameters import ParameterError
from analysis.results import Results, Section, combine
from analysis.sources.growth_reference import load_reference
from analysis.sources.trial.trial_folder import TRIALS

EVERY: tuple[Section[SingleArmSettings], ...] = (
    single_arm.change,
    single_arm.observed,
    single_arm.individuals,
    single_arm.limits,
    changes.robustness,
    changes.secondary,
    reports.identities,
    reports.published,
    correlation.by_correlation,
    grown.responders,
    grown.height_sds,
    participants.disposition,
    participants.analysis_sets,
    participants.baseline,
    over_time.by_visit,
    plan.estimand,
    departures,
)


def settings_of(**given: object) -> SingleArmSettings:
    return resolve(SingleArmParameters.checked(given))


@pytest.fixture(scope="module")
def one() -> SingleArmSettings:
    return settings_of()


@pytest.fixture(scope="module")
def two() -> SingleArmSettings:
    return settings_of(trial="turner-2")


def raw_changes(trial: str, flag: str = "FASFL", paramcd: str = "HV") -> pd.DataFrame:
    """Read the change at Month 12 from the csv files, past all of the package."""
    adgr = pd.read_csv(TRIALS / trial / "adgr.csv")
    adsl = pd.read_csv(TRIALS / trial / "adsl.csv")
    kept = adgr[
        (adgr["PARAMCD"] == paramcd)
        & (adgr["AVISIT"] == "Month 12")
        & (adgr["ANL01FL"] == "Y")
        & adgr["DTYPE"].isna()
        & adgr["USUBJID"].isin(adsl.loc[adsl[flag] == "Y", "USUBJID"])
        & adgr["ADY"].between(338, 394)
    ]
    return kept[["AVAL", "BASE", "CHG"]].dropna()


def said(section: Section[SingleArmSettings], settings: SingleArmSettings) -> str:
    """What a page shows of a section, its views under one another."""
    return "\n".join(view.text() for view in views_of(section, settings))


def only(results: Results, **levels: str) -> dict[str, object]:
    [row] = results.select(**levels).wide("stat").to_dict("records")
    return row


# The primary change ----


@pytest.mark.parametrize(("trial", "n"), [("turner-1", 28), ("turner-2", 55)])
@pytest.mark.parametrize("level", [0.9, 0.95])
def test_paired_interval_is_scipys(trial: str, n: int, level: float) -> None:
    raw = raw_changes(trial)
    row = only(single_arm.change(settings_of(trial=trial, conf_level=level)))
    paired = stats.ttest_rel(raw["AVAL"], raw["BASE"]).confidence_interval(level)
    single = stats.ttest_1samp(raw["CHG"], 0).confidence_interval(level)
    for interval in (paired, single):
        # CHG of the files is rounded to four decimals.
        assert [row["conf.low"], row["conf.high"]] == pytest.approx([*interval], abs=1e-4)
    assert row["n"] == n
    assert row["conf.level"] == level
    assert row["sd"] == pytest.approx(np.std(raw["CHG"], ddof=1), abs=1e-4)


@pytest.mark.parametrize(
    ("trial", "before", "after", "change"),
    [("turner-1", "3.75", "9.73", "5.98"), ("turner-2", "3.48", "6.97", "3.49")],
)
def test_published_means_are_those_of_the_synthetic_data(
    trial: str, before: str, after: str, change: str
) -> None:
    observed = single_arm.observed(settings_of(trial=trial))
    means = [observed.text("mean", variable_level=time) for time in ("Baseline", "Month 12")]
    assert means == [before, after]
    assert observed.text("mean", variable_level="Change") == change
    answer = said(single_arm.change, settings_of(trial=trial))
    assert f"mean {change} cm/year (95" in answer
    assert "not an effect of it" in answer
    assert "this is the result of no trial" in answer


def test_values_above_ten_are_shown_as_precisely_as_their_baseline(one: SingleArmSettings) -> None:
    # Most velocities of the first quarter are above 10 cm/year: one decimal is a third figure.
    values = one.trial.tables["adgr"].query("PARAMCD == 'HV' and AVISIT == 'Month 3'")["AVAL"]
    assert values.median() > 10
    assert one.decimals("adgr", "HV") == 1


def test_other_populations_and_missing_counted_as_none(one: SingleArmSettings) -> None:
    rows = changes.robustness(one).wide("stat").set_index("group1_level")
    kept = raw_changes("turner-1", "PPROTFL")["CHG"]
    assert rows.loc["per protocol, observed", "estimate"] == pytest.approx(kept.mean(), abs=1e-4)
    assert rows.loc["per protocol, observed", "n"] == len(kept) == 26
    filled = rows.loc["full analysis, a missing change counted as none"]
    values = np.append(raw_changes("turner-1")["CHG"], [0.0, 0.0])
    expected = [values.mean(), *stats.ttest_1samp(values, 0).confidence_interval(0.95)]
    assert list(filled[["estimate", "conf.low", "conf.high"]].astype(float)) == pytest.approx(
        expected, abs=1e-4
    )
    populations = changes.robustness(one).frame[["group1_level", "population"]]
    assert dict(populations.to_numpy())["per protocol, observed"] == "per protocol"


def test_other_endpoints(one: SingleArmSettings) -> None:
    found = changes.secondary(one)
    row = only(found, variable="Change in height SDS to 12 months")
    raw = raw_changes("turner-1", paramcd="HTSDS")["CHG"]
    assert row["estimate"] == pytest.approx(raw.mean(), abs=1e-4)
    assert "Change in height velocity to 12 months" not in set(found.frame["variable"])
    assert len(found.wide()) == 4


def test_participants_are_numbered_never_named(one: SingleArmSettings) -> None:
    frame = combine([each.rows(one) for each in EVERY]).frame
    assert not frame.astype(str).apply(lambda column: column.str.contains("SYN-TURNER")).any().any()
    assert len(single_arm.individuals(one).wide()) == 28


# Published beside patient-level ----


def test_published_rows_stay_published_and_as_printed(
    one: SingleArmSettings, two: SingleArmSettings
) -> None:
    found = reports.published(one)
    velocity = found.select(variable="Height velocity, cm/year")
    abstract = velocity.select(group1_level="Valtropin Turner study 2004, Valtropin")
    note = velocity.select(group1_level="Application note, Table 2, Study 1")
    own = velocity.select(group1_level="turner-1, patient level")
    for rows, status in ((abstract, "published"), (note, "published"), (own, "synthetic")):
        assert set(rows.frame["data_status"]) == {status}
        assert set(rows.frame["group2_level"]) == {status}
    shown = [
        [rows.text("mean", variable_level=time) for time in ("Baseline", "Month 12", "Change")]
        for rows in (abstract, note, own)
    ]
    assert shown == [["3.8", "9.7", "5.9"], ["3.75", "9.73", "5.98"], ["3.75", "9.73", "5.98"]]
    assert abstract.text("sd", variable_level="Baseline") == "1.8"
    # The SD of a published change is never made up.
    assert "sd" not in set(abstract.select(variable_level="Change").frame["stat_name"])
    assert "sd" not in set(note.frame["stat_name"])
    assert set(note.frame["source"].str.split(":").str[0]) == {"APPLICATION-NOTE"}
    assert "R530" in abstract.frame["source"].iloc[0]
    korean = reports.published(two).select(variable="Height SDS", variable_level="Baseline")
    assert list(korean.select(stat_name="mean").frame["stat_fmt"]) == ["−3.1", "−3.02", "−3.02"]


def test_identities_say_on_what_they_rest(two: SingleArmSettings) -> None:
    found = reports.identities(two)
    assert list(found.wide()["group1_level"]) == [
        "Eutropin, Korea (Turner), Eutropin",
        "Application note, Table 2, Study 2",
    ]
    assert "inferred; same maker (LG)" in found.text(
        "reason", group1_level="Application note, Table 2, Study 2"
    )


def test_a_trial_without_published_report_leaves_the_section_out(one: SingleArmSettings) -> None:
    unpublished = _with_plan(one, published=None)
    for section in (
        reports.published,
        reports.identities,
        correlation.by_correlation,
    ):
        with pytest.raises(NoSection):
            section(unpublished)
    wrong = one.trial.plan.published
    assert wrong
    unknown = _with_plan(one, published=wrong.model_copy(update={"arm_id": "nobody"}))
    with pytest.raises(UserError, match="must name an arm of the ledger; got VALT-TS-2004, nobody"):
        reports.published(unknown)


def _with_plan(settings: SingleArmSettings, **changes: object) -> SingleArmSettings:
    changed = settings.trial.plan.model_copy(update=changes)
    return replace(settings, trial=replace(settings.trial, plan=changed))


# The unknown correlation ----


def test_sd_of_change_at_the_ends_is_algebra() -> None:
    assert correlation.sd_of_change(1.8, 1.6, 1.0) == pytest.approx(0.2)
    assert correlation.sd_of_change(1.8, 1.6, -1.0) == pytest.approx(3.4)
    assert correlation.sd_of_change(1.8, 1.6, 0.0) == pytest.approx(np.hypot(1.8, 1.6))
    assert correlation.sd_of_change(2.0, 2.0, 1.0) == 0.0


@pytest.mark.parametrize("rho", [-0.5, 0.3, 0.9])
def test_sd_of_change_by_simulation(rho: float) -> None:
    rng = np.random.default_rng(20260101)
    covariance = [[1.8**2, rho * 1.8 * 1.6], [rho * 1.8 * 1.6, 1.6**2]]
    draws = rng.multivariate_normal([3.8, 9.7], covariance, size=400_000)
    simulated = np.std(draws[:, 1] - draws[:, 0], ddof=1)
    assert correlation.sd_of_change(1.8, 1.6, rho) == pytest.approx(simulated, rel=0.005)


def test_sd_of_change_returns_the_sd_of_the_patient_level_data() -> None:
    raw = raw_changes("turner-1")
    before, after = raw["BASE"].to_numpy(), raw["AVAL"].to_numpy()
    rho = np.corrcoef(before, after)[0, 1]
    found = correlation.sd_of_change(before.std(ddof=1), after.std(ddof=1), rho)
    assert found == pytest.approx((after - before).std(ddof=1), rel=1e-9)


def test_interval_by_correlation_from_the_printed_numbers(one: SingleArmSettings) -> None:
    found = correlation.by_correlation(one)
    assert set(found.frame["data_status"]) == {"published"}
    wide = found.wide("stat")
    assert list(wide["group2_level"]) == ["−1.00"] + [f"{k / 20:.2f}" for k in range(20)]
    # n 30, 3.8 ± 1.8 to 9.7 ± 1.6; t(29) for 95 % from the printed tables: 2.045.
    worst = only(found, group2_level="0.00")
    half = 2.045 * np.sqrt(1.8**2 + 1.6**2) / np.sqrt(30)
    assert worst["estimate"] == pytest.approx(5.9)
    assert [worst["conf.low"], worst["conf.high"]] == pytest.approx(
        [5.9 - half, 5.9 + half], abs=2e-4
    )
    widths = (wide["conf.high"] - wide["conf.low"]).to_numpy(dtype=float)
    assert (np.diff(widths) < 0).all()
    words = said(correlation.by_correlation, one)
    assert "5.00 to 6.80 cm/year at a correlation of 0.00, the worst case considered" in words
    assert "4.63 to 7.17 cm/year" in words


def test_no_published_spread_is_said_where_it_matters() -> None:
    no_spread = settings_of(endpoint="HTSDS")
    found = correlation.by_correlation.rows(no_spread)
    assert "no report of this study prints n and the SDs of HTSDS" in found.text("reason")
    [shown] = views_of(correlation.by_correlation, no_spread)
    assert isinstance(shown, Reading)
    assert "SDS" in said(single_arm.change, no_spread)


# Responders ----


@pytest.mark.parametrize("trial", ["turner-1", "turner-2"])
@pytest.mark.parametrize(
    ("paramcd", "threshold", "name"),
    [
        ("HV", 3.0, "Change in height velocity of at least 3 cm/year"),
        ("HTSDS", 0.3, "Change in height SDS of at least 0.3 SDS"),
    ],
)
def test_response_intervals_are_scipys(
    trial: str, paramcd: str, threshold: float, name: str
) -> None:
    found = grown.responders(settings_of(trial=trial)).select(variable=name)
    raw = raw_changes(trial, paramcd=paramcd)["CHG"]
    events = int((raw >= threshold).sum())
    everyone = {"turner-1": 30, "turner-2": 60}[trial]
    for who, n in (("observed", len(raw)), ("missing as no response", everyone)):
        row = only(found, group1_level=who)
        assert (row["n"], row["N"]) == (events, n)
        assert row["p"] == pytest.approx(events / n)
        test = stats.binomtest(events, n)
        for prefix, method in (("conf", "exact"), ("wilson", "wilson")):
            expected = test.proportion_ci(0.95, method=method)
            assert [row[f"{prefix}.low"], row[f"{prefix}.high"]] == pytest.approx([*expected])


def test_thresholds_are_parameters(one: SingleArmSettings) -> None:
    low = grown.responders(settings_of(velocity_threshold=6.0, response_threshold=0.5))
    expected = int((raw_changes("turner-1")["CHG"] >= 6).sum())
    name = "Change in height velocity of at least 6 cm/year"
    assert only(low, variable=name, group1_level="observed")["n"] == expected
    assert "Change in height SDS of at least 0.5 SDS" in set(low.frame["variable"])
    assert one.plan_status == "planned"


# Height SDS by reference ----


def test_general_reference_gives_the_trials_own_sds(one: SingleArmSettings) -> None:
    found = grown.height_sds(one).select(group1_level="CDC 2000 stature")
    own = raw_changes("turner-1", paramcd="HTSDS")
    for time, column in (("Baseline", "BASE"), ("Month 12", "AVAL"), ("Change", "CHG")):
        row = only(found.select(variable_level=time))
        assert row["mean"] == pytest.approx(own[column].mean(), abs=1e-4)
        assert row["n"] == len(own)
    assert float(found.frame.loc[found.frame["stat_name"] == "check", "stat"].iloc[0]) < 1e-4


def test_reference_that_is_not_shipped_says_so_in_its_row(one: SingleArmSettings) -> None:
    found = grown.height_sds(one).select(group1_level="Turner 1985 height")
    with pytest.raises(UserError) as error:
        load_reference("Turner 1985 height")
    remark = found.text("remark")
    assert "untreated children with the same condition" in remark
    assert remark.endswith(f"Not estimable, because {error.value}")
    table = said(grown.height_sds, one)
    assert "Not estimable" in table
    assert "−2.42" in table


def test_unknown_reference_stays_local() -> None:
    found = grown.height_sds(replace(settings_of(), growth_reference="CDC 2001 stature"))
    assert "must be one of 'CDC 2000 stature'" in found.select(
        group1_level="CDC 2001 stature"
    ).text("remark")


def test_a_reference_whose_table_is_not_there_stays_local() -> None:
    found = grown.height_sds(settings_of(growth_reference="Turner 1985 height"))
    assert found.select(group1_level="Turner 1985 height").text("remark")
    assert set(found.frame["plan_status"]) == {"exploratory"}


# Settings ----


def test_a_controlled_trial_is_sent_to_its_notebook() -> None:
    with pytest.raises(
        UserError, match="trial 'ghd' compares arms; open it with notebook 2_efficacy_controlled"
    ):
        settings_of(trial="ghd")


@pytest.mark.parametrize(
    ("changes", "name", "planned", "used"),
    [
        ({"conf_level": 0.9}, "conf_level", "0.95", "0.9"),
        ({"population": "per protocol"}, "population", "full analysis", "per protocol"),
        ({"visit": "Month 6"}, "visit", "Month 12", "Month 6"),
        ({"endpoint": "HTSDS"}, "endpoint", "Change in height velocity to 12 months", "Height SDS"),
    ],
)
def test_departures_are_listed_and_stamped(
    changes: dict[str, object], name: str, planned: str, used: str
) -> None:
    settings = settings_of(**changes)
    [departure] = settings.departures
    assert (departure.name, departure.planned) == (name, planned)
    assert departure.used.startswith(used)
    for each in EVERY:
        found = each.rows(settings)
        assert set(found.frame["plan_status"]) <= {"exploratory"}, each.__name__
    assert "EXPLORATORY: this analysis departs from the plan." in said(single_arm.change, settings)


def test_another_visit_is_not_called_by_the_planned_time() -> None:
    assert settings_of(visit="Month 6").endpoint.name == "Change in HV to Month 6"


def test_as_planned_departs_from_nothing(one: SingleArmSettings, two: SingleArmSettings) -> None:
    for settings in (one, two):
        assert settings.departures == ()
        assert settings.arms == ("Valtropin",)
        for each in EVERY:
            assert set(each(settings).frame["plan_status"]) <= {"planned"}


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"endpoint": "HVV"}, "endpoint must be one of the trial's; got 'HVV'"),
        ({"population": "nobody"}, "population must be one of full analysis"),
        (
            {"conf_level": 1.0},
            r"conf_level must be greater than 0\.5 and less than 1, 0\.95 for 95 %; got 1",
        ),
    ],
)
def test_wrong_parameters_are_one_sentence(given: dict[str, object], sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        settings_of(**given)
    with pytest.raises(ParameterError, match="'tria' is not a parameter"):
        settings_of(tria="turner-1")


# What cannot be analysed ----


def test_an_empty_visit_stays_local(one: SingleArmSettings) -> None:
    endpoint = one.endpoint.model_copy(update={"visit": "Month 13"})
    nothing = replace(one, endpoint=endpoint)
    for each in (single_arm.change, single_arm.observed, single_arm.individuals):
        found = each.rows(nothing)
        assert "no participant of the population 'full analysis' has HV" in found.text("reason")
    [shown] = views_of(single_arm.change, nothing)
    assert isinstance(shown, Reading)
    assert len(participants.baseline.rows(nothing)) > 5
    assert "Month 13" in said(grown.responders, nothing)
    assert len(one.departures) == 0


def test_one_participant_is_too_few(tmp_path: Path) -> None:
    folder = tmp_path / "turner-x"
    shutil.copytree(TRIALS / "turner-1", folder)
    plan_text = (folder / "trial.yml").read_text(encoding="utf-8")
    (folder / "trial.yml").write_text(
        plan_text.replace('id: "turner-1"', 'id: "turner-x"'), encoding="utf-8"
    )
    adgr = pd.read_csv(folder / "adgr.csv", dtype=str, keep_default_na=False)
    first = adgr["USUBJID"].iloc[0]
    kept = (adgr["USUBJID"] == first) | (adgr["AVISIT"] != "Month 12")
    adgr[kept].to_csv(folder / "adgr.csv", index=False)
    # The check stops it before a page is made of it,
    with pytest.raises(UserError, match=r"one participant of arm 'Valtropin'.* needs 2"):
        settings_of(trial=str(folder))
    # and the section would say so by itself.
    whole = settings_of(trial="turner-1")
    table = whole.trial.tables["adgr"]
    alone = table[(table["USUBJID"] == first) | (table["AVISIT"] != "Month 12")]
    tables = whole.trial.tables | {"adgr": alone.reset_index(drop=True)}
    lonely = replace(whole, trial=replace(whole.trial, tables=tables))
    with pytest.raises(UserError, match=r"needs two participants with HV .* has 1"):
        single_arm.change(lonely)
    assert grown.height_sds.rows(lonely).frame["stat_fmt"].str.contains("fewer than").any()


# Words ----


def test_nobody_is_called_randomised(one: SingleArmSettings) -> None:
    diagram = said(participants.disposition, one)
    assert "randomised" not in diagram.lower()
    assert "enrolled 30" in diagram
    assert "randomised" not in said(participants.baseline, one)
    assert "Nobody was randomised: that set holds the enrolled." in said(
        participants.analysis_sets, one
    )


def test_the_box_says_what_the_design_cannot_show(one: SingleArmSettings) -> None:
    words = said(single_arm.limits, one)
    for word in ("without treatment", "regression to the mean", "Non-inferiority", "no evidence"):
        assert word in words
    real = one.trial.plan.model_copy(update={"data_status": "real"})
    measured = replace(one, trial=replace(one.trial, plan=real))
    assert measured.data_status == "real"
    assert "synthetic" not in said(single_arm.limits, measured)
