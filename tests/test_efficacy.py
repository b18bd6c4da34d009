"""Efficacy on the real CDISC pilot trial, against the tables of its published study report."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from statsmodels.formula.api import ols

from analysis.display import departures
from analysis.efficacy import growth_response, over_time, participants, plan, primary_tables
from analysis.efficacy.answer import answer, answer_figure, answer_reading, contrasts_table
from analysis.efficacy.imputed import imputation_data, impute, pooled
from analysis.efficacy.primary import analyse
from analysis.efficacy.robustness import robustness, robustness_table
from analysis.efficacy.settings import ControlledParameters, Settings, resolve
from analysis.efficacy.subgroup_analysis import in_subgroups
from analysis.efficacy.tipping import tipping
from analysis.errors import UserError
from analysis.results import Results, reason_of
from analysis.stats.ancova import fit_ancova
from analysis.stats.imputation import imputation_frame
from analysis.stats.term_tests import type3_tests

ARMS = ["Placebo", "Xanomeline Low Dose", "Xanomeline High Dose"]


def settings_of(**changes: object) -> Settings:
    given = {"trial": "cdisc-pilot", "imputations": 4, **changes}
    return resolve(ControlledParameters.checked(given))


@pytest.fixture(scope="module")
def pilot() -> Settings:
    return settings_of()


def shown(results: Results, *names: str, **levels: str) -> tuple[str, ...]:
    return tuple(results.text(name, **levels) for name in names)


# Study report of the CDISC pilot, table 14-3.01: ADAS-Cog (11), change from baseline to week 24,
# LOCF, efficacy population. -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arm", "n", "baseline", "week24", "change"),
    [
        ("Placebo", 79, (24.1, 12.19), (26.7, 13.79), (2.5, 5.80)),
        ("Xanomeline Low Dose", 81, (24.4, 12.92), (26.4, 13.18), (2.0, 5.55)),
        ("Xanomeline High Dose", 74, (21.3, 11.74), (22.8, 12.48), (1.5, 4.26)),
    ],
)
def test_observed_values_of_the_published_table(
    pilot: Settings,
    arm: str,
    n: int,
    baseline: tuple[float, float],
    week24: tuple[float, float],
    change: tuple[float, float],
) -> None:
    frame = primary_tables.observed(pilot).wide("stat")
    rows = frame[frame["group1_level"] == arm].set_index("variable_level")
    for time, (mean, sd) in (("Baseline", baseline), ("Week 24", week24), ("Change", change)):
        assert rows.loc[time, "n"] == n
        assert rows.loc[time, "mean"] == pytest.approx(mean, abs=0.05)
        assert rows.loc[time, "sd"] == pytest.approx(sd, abs=0.005)


@pytest.mark.parametrize(
    ("label", "difference", "se", "low", "high", "p"),
    [
        ("Xanomeline Low Dose − Placebo", -0.5, 0.82, -2.1, 1.1, 0.569),
        ("Xanomeline High Dose − Placebo", -1.0, 0.84, -2.7, 0.7, 0.233),
    ],
)
def test_differences_of_the_published_table(
    pilot: Settings, label: str, difference: float, se: float, low: float, high: float, p: float
) -> None:
    frame = answer(pilot).wide("stat").set_index("group1_level")
    row = frame.loc[label]
    assert row["estimate"] == pytest.approx(difference, abs=0.05)
    assert row["std.error"] == pytest.approx(se, abs=0.005)
    assert row["conf.low"] == pytest.approx(low, abs=0.05)
    assert row["conf.high"] == pytest.approx(high, abs=0.05)
    assert row["p.value"] == pytest.approx(p, abs=0.0005)


def test_high_against_low_dose_of_the_published_table() -> None:
    pair = settings_of(reference="Xanomeline Low Dose")
    row = (
        answer(pair)
        .wide("stat")
        .set_index("group1_level")
        .loc["Xanomeline High Dose − Xanomeline Low Dose"]
    )
    expected = {"estimate": -0.5, "conf.low": -2.2, "conf.high": 1.1}
    assert row[list(expected)].astype(float).to_dict() == pytest.approx(expected, abs=0.05)
    assert row["p.value"] == pytest.approx(0.520, abs=0.0005)


def test_dose_response_of_the_published_table(pilot: Settings) -> None:
    data = analyse(pilot).data
    data = data.assign(DOSE=data["arm"].map(dict(zip(ARMS, (0.0, 54.0, 81.0), strict=True))))
    fit = fit_ancova(
        data,
        response="response",
        factors=["SITEGR1"],
        covariates=["BASE", "DOSE"],
        std_errors="model",
    )
    [test] = [term for term in type3_tests(fit) if term.term == "DOSE"]
    assert test.p_value == pytest.approx(0.245, abs=0.0005)


def test_populations_and_disposition_of_the_published_report(pilot: Settings) -> None:
    # Tables 14-1.01 and 14-1.02.
    sets = participants.analysis_sets(pilot).select(analysis_id="analysis-sets").wide("stat")
    for name, sizes in (
        ("intention to treat", [86, 84, 84]),
        ("efficacy", [79, 81, 74]),
        ("completers", [60, 28, 30]),
    ):
        assert list(sets[sets["variable"] == name]["n"]) == sizes
    flow = participants.disposition(pilot).wide("stat")
    for step, sizes in (
        ("Randomised", [86, 84, 84]),
        ("Completed", [58, 25, 27]),
        ("Analysed", [79, 81, 74]),
    ):
        at = flow[flow["variable"] == step].set_index("group1_level")["n"]
        assert [at[arm] for arm in ARMS] == sizes
    completed = flow[flow["variable"] == "Completed"].set_index("group1_level")["n"]
    stopped = flow[flow["variable"] == "Stopped"].groupby("group1_level")["n"].sum()
    assert all(
        stopped[arm] + completed[arm] == n for arm, n in zip(ARMS, (86, 84, 84), strict=True)
    )


def test_baseline_of_the_published_report() -> None:
    # Table 14-2.01 on the intention-to-treat population: age 75.2 (8.59), 75.7 (8.29), 74.4 (7.89).
    everyone = settings_of(population="intention to treat")
    ages = participants.baseline(everyone).select(variable="Age (years)").wide("stat")
    ages = ages.dropna(subset=["mean"]).set_index("group1_level")
    for arm, mean, sd in zip(ARMS, (75.2, 75.7, 74.4), (8.59, 8.29, 7.89), strict=True):
        assert ages.loc[arm, "mean"] == pytest.approx(mean, abs=0.05)
        assert ages.loc[arm, "sd"] == pytest.approx(sd, abs=0.005)


# What a changed parameter changes. ------------------------------------------------------------


def test_the_plan_is_the_default(pilot: Settings) -> None:
    assert pilot.departures == ()
    assert pilot.plan_status == "planned"
    assert len(departures(pilot)) == 0


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"margin": -2.0}, "margin"),
        ({"population": "completers"}, "population"),
        ({"conf_level": 0.9}, "conf_level"),
        ({"covariates": ["BASE", "AGE"]}, "covariates"),
        ({"visit": "Week 16"}, "visit"),
        ({"missing_data": "observed"}, "missing_data"),
        ({"reference": "Xanomeline Low Dose"}, "reference"),
        ({"direction": "higher"}, "direction"),
    ],
)
def test_a_departure_is_named_and_stamped(changes: dict[str, object], name: str) -> None:
    settings = settings_of(**changes)
    assert [departure.name for departure in settings.departures] == [name]
    found = answer(settings)
    assert set(found.frame["plan_status"]) == {"exploratory"}
    assert departures(settings).frame["group1_level"].iloc[0] == name


def test_repeating_the_plan_is_no_departure() -> None:
    same = settings_of(population="efficacy", covariates=["BASE"], conf_level=0.95)
    assert same.departures == ()


def test_a_margin_makes_a_non_inferiority_verdict() -> None:
    near, far = (answer(settings_of(margin=margin)).text("conclusion") for margin in (-0.5, -3.0))
    # Lower is better, and the upper limit is 0.65: inside a bound of 3, outside one of 0.5.
    assert (near, far) == ("not shown", "non-inferior")


def test_verdict_and_interval_agree_whatever_the_level() -> None:
    for level in (0.51, 0.8, 0.95, 0.99):
        found = answer(settings_of(conf_level=level))
        high = found.wide("stat")["conf.high"].iloc[0]
        assert (found.text("conclusion") == "superior") == (high < 0)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"population": "eficacy"}, "did you mean 'efficacy'"),
        ({"treatment": "Xanomeline"}, "treatment must be one of"),
        ({"reference": "Xanomeline High Dose"}, "treatment and reference must differ"),
        ({"endpoint": "ACTOTT"}, "did you mean 'ACTOT'"),
        ({"conf_level": 2.0}, r"conf_level must be greater than 0\.5 and less than 1"),
        ({"trial": "turner-9"}, "trial must be one of"),
    ],
)
def test_a_wrong_parameter_is_a_sentence(changes: dict[str, object], sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        settings_of(**changes)


# One broken section does not take the page with it. ---------------------------------------------


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"covariates": ("BASE", "AGEX")}, "'AGEX' is a variable of neither"),
        ({"visit": "Week 99"}, "no participant of the population 'efficacy' has ACTOT"),
    ],
)
def test_a_section_says_why_it_is_missing(changes: dict[str, Any], sentence: str) -> None:
    """What a plan says wrong costs its sections; a run that chooses such words stops."""
    settings = settings_of()
    if "visit" in changes:
        changes = {"endpoint": settings.endpoint.model_copy(update=changes)}
    settings = replace(settings, **changes)
    found = answer.rows(settings)
    assert found.text("conclusion") == "not estimable"
    assert sentence in found.text("reason")
    assert len(participants.analysis_sets(settings))


def test_an_empty_subgroup_is_local() -> None:
    found = in_subgroups(settings_of(subgroups=["RACE", "SEX", "AGE"])).wide()
    reasons = found[found["variable_level"].str.startswith("Xanomeline High")]
    reasons = reasons.set_index("group1_level")["reason"].dropna()
    assert list(reasons.index) == ["Race"]
    assert "is in this subgroup" in reasons["Race"]
    assert {"Sex", "Age"} <= set(found["group1_level"])


def test_every_analysis_has_its_row_and_they_are_judged_alike(pilot: Settings) -> None:
    found = robustness(pilot).wide("stat")
    assert list(found["group1_level"])[-1] == "Agreement"
    assert len(found) == 2 * (len(pilot.trial.plan.populations) + 13)
    words = robustness(pilot).wide()
    for row, verdict in zip(found.to_dict("records"), words["conclusion"], strict=True):
        if not math.isnan(row["estimate"]):
            assert (verdict == "superior") == (row["conf.high"] < 0)


def test_the_planned_sensitivity_analyses_are_rows_and_marked(pilot: Settings) -> None:
    found = robustness(pilot).select(group2_level="Xanomeline High Dose − Placebo")
    standing = found.select(stat_name="standing").frame.set_index("group1_level")["stat_fmt"]
    assert list(standing.index[:3]) == ["ANCOVA, efficacy", "Observed cases", "MMRM"]
    assert list(standing) == ["primary", "planned", "planned", *["further"] * 13]
    assert pilot.trial.plan.analysis.sensitivity == ("observed cases", "MMRM")
    own = found.select(group1_level="Observed cases").wide("stat").iloc[0]
    alone = analyse(settings_of(missing_data="observed")).contrast
    assert own["estimate"] == pytest.approx(alone.estimate, rel=1e-12)
    assert "Observed cases" in robustness_table(found, pilot).text()


def test_imputation_is_seeded(pilot: Settings) -> None:
    again = settings_of()
    other = settings_of(seed=7)
    first, second, third = (
        pooled(each, impute(each, "")).differences["Xanomeline High Dose"].estimate
        for each in (pilot, again, other)
    )
    assert first == second != third


def test_the_tipping_point_is_where_the_limit_meets_the_bound() -> None:
    settings = settings_of(margin=-3.0)
    found = tipping(settings)
    delta = float(
        found.select(stat_name="delta", variable_level="tipping point").frame["stat"].iloc[0]
    )
    assert delta > 0  # worse means higher here
    rows = found.wide("stat")
    near = rows.iloc[(rows["delta"] - delta).abs().argsort().to_numpy()[1]]
    assert near["conf.high"] == pytest.approx(3.0, abs=0.05)


def test_visits_and_secondary_endpoints(pilot: Settings) -> None:
    visits = over_time.by_visit(pilot).wide("stat")
    assert list(dict.fromkeys(visits["group2_level"])) == ["Week 8", "Week 16", "Week 24"]
    mixed = over_time.mmrm_by_visit(pilot).wide("stat")
    assert list(mixed["group2_level"]) == ["Week 8", "Week 16", "Week 24"] * 2
    others = over_time.secondary(pilot).wide()
    assert len(others) == 5 * 2
    assert others["measure"].dropna().tolist() == ["Risk difference", "Hazard ratio"] * 2


# Synthetic is never mistaken for real. ---------------------------------------------------------


def test_data_status_travels_from_the_plan_to_every_row_and_badge() -> None:
    settings = resolve(ControlledParameters(trial="ghd"))
    contrasts = answer(settings)
    for found in (
        contrasts,
        primary_tables.observed(settings),
        participants.disposition(settings),
        over_time.by_visit(settings),
        plan.estimand(settings),
    ):
        assert set(found.frame["data_status"]) == {"synthetic"}
    for shown in (
        answer_reading(contrasts, settings),
        answer_figure(contrasts, settings),
        contrasts_table(contrasts, settings),
        participants.flow_diagram(participants.disposition(settings), settings),
    ):
        assert "Synthetic data: no evidence" in shown.html()
    # The products may be those of a published trial: the sentence itself says that it is none.
    assert "this is the result of no trial" in answer_reading(contrasts, settings).text()
    real = Results(contrasts.frame.assign(data_status="real"))
    assert "this is the result of no trial" not in answer_reading(real, settings).text()


def test_multiple_imputation_can_be_the_primary_analysis() -> None:
    """Rubin's rules by hand over the same completed data sets, each fitted on its own."""
    settings = settings_of(missing_data="multiple imputation", imputations=5)
    found = answer(settings)
    assert set(found.frame["plan_status"]) == {"exploratory"}
    assert "5 imputations" in found.frame["method"].iloc[0]
    assert list(dict.fromkeys(found.frame["group1_level"])) == [
        "Xanomeline High Dose − Placebo",
        "Xanomeline Low Dose − Placebo",
    ]
    data = imputation_data(settings)
    fits = []
    for each in impute(settings, ""):
        completed = imputation_frame(each, data).query("AVISIT == 'Week 24'")
        model = ols("response ~ C(arm, Treatment('Placebo')) + C(SITEGR1) + BASE", completed).fit()
        name = "C(arm, Treatment('Placebo'))[T.Xanomeline High Dose]"
        fits.append((model.params[name], model.bse[name] ** 2))
    estimates, variances = np.array(fits).T
    total = variances.mean() + (1 + 1 / 5) * estimates.var(ddof=1)
    row = found.wide("stat").iloc[0]
    assert row["estimate"] == pytest.approx(estimates.mean(), rel=1e-9)
    assert row["std.error"] == pytest.approx(np.sqrt(total), rel=1e-9)


def test_the_tipping_point_is_a_row_of_the_forest_and_no_vote() -> None:
    settings = settings_of(trial="ghd")
    rows = robustness(settings).wide().set_index("group1_level")
    tip = rows.loc["Tipping point (delta-adjusted)"]
    assert tip["conf.low"] == tip["bound"] == "−2.00"
    assert "moved by −" in tip["detail"]
    assert "tips" not in rows.loc["Agreement", "detail"]


def test_another_growth_reference_moves_the_response_and_is_exploratory() -> None:
    planned = settings_of(trial="ghd")
    assert growth_response.responders(planned).frame["plan_status"].iloc[0] == "planned"
    unknown = replace(planned, growth_reference="CDC 2001 stature")
    with pytest.raises(UserError, match="CDC 2000 stature"):
        growth_response.curves(unknown)
    with pytest.raises(UserError, match="CDC 2000 stature"):
        growth_response.responders(unknown)
    assert len(answer(unknown)) > 5


def test_observed_values_stand_where_the_model_cannot_be_fitted() -> None:
    """They need none: an arm of which nobody has a value has n 0, and the other its mean."""
    run = resolve(ControlledParameters(trial="ghd"))
    tables, name = run.trial.tables, run.endpoint.dataset.lower()
    adsl, values = tables["adsl"], tables[name]
    gone = adsl.loc[adsl["TRT01P"] == run.reference, "USUBJID"]
    left = {**tables, name: values[~values["USUBJID"].isin(gone)].reset_index(drop=True)}
    without = replace(run, trial=replace(run.trial, tables=left))
    assert "has one level" in reason_of(primary_tables.means.rows(without))
    n = primary_tables.observed(without).select(stat_name="n", variable_level="Change").frame
    assert dict(zip(n["group1_level"], n["stat"], strict=True)) == {
        run.reference: 0, run.treatment: 92,
    }  # fmt: skip
