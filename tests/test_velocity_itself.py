"""A change in velocity beside the velocity itself: equal with the baseline in the model, and not
without; and the published correlations that say why it matters."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from statsmodels.formula.api import ols

from analysis.display.page import views_of
from analysis.efficacy import velocity_itself as velocity
from analysis.efficacy.analysis_data import analysis_data
from analysis.efficacy.primary import analyse
from analysis.efficacy.settings import ControlledParameters, Settings, resolve
from analysis.efficacy.single_arm_settings import SingleArmParameters
from analysis.efficacy.single_arm_settings import resolve as resolve_single
from analysis.errors import NoSection, UserError
from analysis.results import Results, Section
from analysis.sources.evidence import Ledger

CHANGE = "Change in height velocity to 12 months"
"""An endpoint of the trial: the secondary one that is a change."""


def settings_of(**given: object) -> Settings:
    trial = {"trial": "ghd", "endpoint": CHANGE} if "trial" not in given else {}
    return resolve(ControlledParameters.checked({"imputations": 4, "margin": -2.0} | trial | given))


@pytest.fixture(scope="module")
def planned() -> Settings:
    return settings_of()


@pytest.fixture(scope="module")
def without() -> Settings:
    """The change without its baseline as a covariate, which is no plan of the trial."""
    return settings_of(covariates=["AGE"])


def said(section: Section[Settings], settings: Settings) -> str:
    """What a page shows of a section."""
    [view] = views_of(section, settings)
    return str(view.text())


def rows_of(results: Results) -> tuple[dict[str, float], dict[str, float]]:
    wide = results.wide("stat").set_index("group1_level")
    change, itself = (
        wide.loc[label].to_dict() for label in (velocity.CHANGE, f"{velocity.ITSELF}, by ANCOVA")
    )
    return change, itself


def least_squares(settings: Settings, response: str, covariates: str) -> tuple[float, float]:
    """Return difference and standard error by statsmodels."""
    data = analysis_data(settings)
    data = data.assign(TREATED=(data["arm"] == settings.treatment).astype(float))
    fit = ols(f"{response} ~ TREATED + C(REGION1) + C(SEX) + {covariates}", data).fit()
    return fit.params["TREATED"], fit.bse["TREATED"]


def test_with_the_baseline_in_the_model_both_are_the_same(planned: Settings) -> None:
    change, itself = rows_of(velocity.velocity_itself(planned))
    assert itself == change
    # The claim behind the copied row, by another program: both models, one difference.
    of_change = least_squares(planned, "CHG", "BASE + AGE + PEAKGH")
    of_value = least_squares(planned, "AVAL", "BASE + AGE + PEAKGH")
    assert of_change == pytest.approx(of_value, rel=1e-9)
    assert (itself["estimate"], itself["std.error"]) == pytest.approx(of_value, rel=1e-9)
    assert "the same difference" in said(velocity.velocity_itself, planned)


def test_without_it_they_differ(without: Settings) -> None:
    results = velocity.velocity_itself(without)
    change, itself = rows_of(results)
    of_change = least_squares(without, "CHG", "AGE")
    of_value = least_squares(without, "AVAL", "AGE + BASE")
    assert (change["estimate"], change["std.error"]) == pytest.approx(of_change, rel=1e-9)
    assert (itself["estimate"], itself["std.error"]) == pytest.approx(of_value, rel=1e-9)
    assert itself["se.ratio"] == pytest.approx(of_value[1] / of_change[1])
    assert itself["se.ratio"] < 1
    assert change["bound"] == itself["bound"] == -2.0
    text = said(velocity.velocity_itself, without)
    assert "the same difference" not in text
    assert "arm, region, sex, age, baseline" in text


def test_each_has_its_own_verdict_at_the_same_margin(without: Settings) -> None:
    change, itself = rows_of(velocity.velocity_itself(without))
    limits = [change["conf.low"], itself["conf.low"]]
    assert limits[0] != limits[1]
    between = -sum(limits) / 2
    verdicts = velocity.velocity_itself(replace(without, margin=between)).wide()
    passed = ["non-inferior" if limit > -between else "not shown" for limit in limits]
    assert list(verdicts["conclusion"]) == passed
    wide = velocity.velocity_itself(replace(without, margin=5.0)).wide()
    assert list(wide["conclusion"]) == ["non-inferior", "non-inferior"]


def test_a_baseline_by_another_name_is_the_baseline(planned: Settings) -> None:
    trial = planned.trial
    adgr = trial.tables["adgr"].assign(HVBASE=lambda table: table["BASE"])
    named = replace(trial, tables={**trial.tables, "adgr": adgr})
    same = replace(planned, trial=named, covariates=("HVBASE", "AGE", "PEAKGH"))
    assert velocity.baseline_in_model(same)
    change, itself = rows_of(velocity.velocity_itself(same))
    assert itself == change
    assert change["estimate"] == pytest.approx(analyse(planned).contrast.estimate)
    # A variable that merely goes with it is not the baseline.
    noisy = adgr.assign(HVBASE=adgr["BASE"] + np.arange(len(adgr)) % 2)
    other = replace(same, trial=replace(trial, tables={**trial.tables, "adgr": noisy}))
    assert not velocity.baseline_in_model(other)


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [("CHG", "cm/year", True), ("CHG", "cm per yr", True), ("CHG", "", True),
     ("AVAL", "cm/year", False), ("CHG", "SDS", False), ("CHG", "mg/L", False)],
)  # fmt: skip
def test_what_the_plan_says_decides(planned: Settings, value: str, unit: str, shown: bool) -> None:
    # Where the endpoint has no unit, that of the plan's units for its PARAMCD, cm/year.
    endpoint = planned.endpoint.model_copy(update={"value": value, "unit": unit})
    other = replace(planned, endpoint=endpoint)
    if shown:
        assert len(velocity.velocity_itself(other))
    else:
        with pytest.raises(NoSection):
            velocity.velocity_itself(other)


def test_another_kind_of_trial_leaves_it_out() -> None:
    pilot = settings_of(trial="cdisc-pilot")
    for section in (velocity.velocity_itself, velocity.successive_growth):
        assert "[absent]" in said(section, pilot)


# Published correlations of successive growth. ---------------------------------------------------


def with_correlations(ledger: Ledger, *values: tuple[str, float]) -> Ledger:
    """Return the ledger with these correlations, as (code, r), in place of its own."""
    results = ledger.results[~ledger.results["paramcd"].isin(velocity.SUCCESSIVE)]
    arm = ledger.arms.iloc[0]
    rows = [
        results.iloc[0].to_dict()
        | {"result_id": f"R{9000 + place}", "study_id": arm["study_id"], "arm_id": arm["arm_id"],
           "reference_arm_id": "", "paramcd": code, "endpoint_printed": "Successive velocities",
           "statistic": "r", "value": value, "decimals": 2, "n": 84.0 + place, "unit": "r"}
        for place, (code, value) in enumerate(values)
    ]  # fmt: skip
    endpoints = ledger.endpoints[~ledger.endpoints["paramcd"].isin(velocity.SUCCESSIVE)]
    known = pd.DataFrame(
        [endpoints.iloc[0].to_dict() | {"paramcd": code, "unit": "correlation"}
         for code in velocity.SUCCESSIVE]
    )  # fmt: skip
    if rows:
        added = pd.DataFrame(rows).astype(results.dtypes.to_dict())
        results = pd.concat([results, added], ignore_index=True)
    endpoints = pd.concat([endpoints, known], ignore_index=True)
    return replace(ledger, results=results, endpoints=endpoints)


@pytest.mark.parametrize(
    ("values", "conclusion", "words"),
    [
        # PMID 2750532: −0.14 and −0.15 in untreated children.
        (
            [("CORUNTR", -0.14), ("CORUNTR", -0.15), ("CORPRE", -0.25)],
            "adds noise",
            "carries noise",
        ),
        ([("CORUNTR", 0.7)], "takes noise away", "varies less"),
        ([("CORUNTR", 0.5)], "takes noise away", "none of these lies below"),
        ([("CORPRE", 0.7), ("CORUNTR", -0.14)], "may do either", "is open"),
    ],
)
def test_the_reading_follows_the_correlations(
    planned: Settings,
    ledger: Ledger,
    values: list[tuple[str, float]],
    conclusion: str,
    words: str,
) -> None:
    found = velocity.correlations(planned, with_correlations(ledger, *values))
    assert found.text("conclusion", group1_level="All") == conclusion
    assert sorted(found.select(stat_name="r").frame["stat"]) == sorted(r for _, r in values)
    assert set(found.frame["data_status"]) == {"published"}
    text = velocity.successive_reading(found, planned).text()
    assert words in text
    assert text.count(", n 8") == len(values)


def test_a_change_varies_more_exactly_below_one_half() -> None:
    # By simulation: two unit normal velocities with correlation r.
    draw = np.random.default_rng(20261126).standard_normal((2, 200_000))
    for r in (-0.15, 0.3, 0.7):
        before, after = draw[0], r * draw[0] + np.sqrt(1 - r**2) * draw[1]
        more = np.var(after - before) > np.var(after)
        assert more == (r < velocity.BREAK_EVEN)
        slope = np.cov(before, after)[0, 1] / np.var(before)
        assert np.var(after - slope * before) <= min(np.var(after - before), np.var(after))


def test_without_correlations_the_reading_is_left_out(planned: Settings, ledger: Ledger) -> None:
    with pytest.raises(NoSection, match="the ledger has no correlation of successive growth"):
        velocity.correlations(planned, with_correlations(ledger))


# A single arm. ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def single() -> Settings:
    return resolve_single(SingleArmParameters(trial="turner-1"))


def single_with(settings: Settings, base: list[float], value: list[float]) -> Settings:
    """Return the settings with these velocities of the first participants, and no others."""
    trial = settings.trial
    table = trial.tables[settings.endpoint.dataset]
    at = (table["PARAMCD"] == settings.endpoint.paramcd) & (
        table["AVISIT"] == settings.endpoint.visit
    )
    rows = table[at].iloc[: len(base)].assign(BASE=base, AVAL=value)
    rows = rows.assign(CHG=rows["AVAL"] - rows["BASE"])
    tables = {**trial.tables, settings.endpoint.dataset: rows}
    return replace(settings, trial=replace(trial, tables=tables))


def test_the_velocity_of_a_single_arm_is_numpys(single: Settings) -> None:
    data = analysis_data(single)[["BASE", "AVAL"]].dropna()
    row = velocity.own_velocity(single).wide("stat").iloc[0]
    assert row["mean"] == pytest.approx(data["AVAL"].mean())
    assert row["sd"] == pytest.approx(np.std(data["AVAL"], ddof=1))
    assert row["sd.change"] == pytest.approx(np.std(data["AVAL"] - data["BASE"], ddof=1))
    assert row["r"] == pytest.approx(np.corrcoef(data["BASE"], data["AVAL"])[0, 1])


@pytest.mark.parametrize(
    ("base", "value", "words"),
    [
        ([4.0, 3.0, 2.0, 1.0], [7.0, 8.0, 9.0, 10.0], "varies more than"),
        ([1.0, 2.0, 3.0, 4.0], [7.0, 8.0, 9.0, 10.5], "varies less than"),
        ([2.0, 4.0, 4.0, 2.0], [7.0, 9.0, 7.0, 9.0], "varies more than"),  # r 0
        ([2.0, 4.0, 4.0, 6.0], [7.0, 9.0, 7.0, 9.0], "varies as much as"),
    ],
)  # fmt: skip
def test_how_the_spreads_compare(
    single: Settings, base: list[float], value: list[float], words: str
) -> None:
    assert words in said(velocity.own_velocity, single_with(single, base, value))


def test_velocities_without_spread_are_said(single: Settings) -> None:
    with pytest.raises(UserError, match="all participants have the same velocity"):
        velocity.own_velocity(single_with(single, [3.0, 3.0, 3.0], [8.0, 9.0, 10.0]))


def test_a_single_arm_without_a_velocity_leaves_it_out(single: Settings) -> None:
    endpoint = single.endpoint.model_copy(update={"unit": "SDS"})
    with pytest.raises(NoSection):
        velocity.own_velocity(replace(single, endpoint=endpoint))
