"""What planted defects do to the controlled analysis of the synthetic trial."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis.display.page import views_of
from analysis.display.reading import ABSENT_MARK
from analysis.efficacy import growth_response, over_time, participants, primary_tables
from analysis.efficacy.answer import answer
from analysis.efficacy.settings import ControlledParameters, Settings, resolve
from analysis.efficacy.subgroup_analysis import in_subgroups
from analysis.efficacy.tipping import tipping
from analysis.results import Results

SECTIONS: list[Callable[[Settings], Results]] = [
    answer,
    primary_tables.observed,
    primary_tables.diagnostics,
    over_time.by_visit,
    over_time.mmrm_by_visit,
    over_time.secondary,
    in_subgroups,
    participants.disposition,
    participants.analysis_sets,
    participants.baseline,
    growth_response.responders,
]


@pytest.fixture(scope="module")
def ghd() -> Settings:
    return resolve(ControlledParameters(trial="ghd", imputations=4))


def planted(
    settings: Settings, table: str, change: Callable[[pd.DataFrame], pd.DataFrame], **more: object
) -> Settings:
    """Return the settings on a trial of which one table was changed."""
    trial = settings.trial
    tables = {**trial.tables, table: change(trial.tables[table].copy())}
    return replace(settings, trial=replace(trial, tables=tables), **more)  # type: ignore[arg-type]


def treated(settings: Settings) -> pd.Series:
    adsl = settings.trial.tables["adsl"]
    return adsl.loc[adsl["TRT01P"] == settings.treatment, "USUBJID"]


def test_planted_inferiority_flips_the_verdict(ghd: Settings) -> None:
    ids = treated(ghd)

    def worse(adgr: pd.DataFrame) -> pd.DataFrame:
        hit = adgr["USUBJID"].isin(ids) & (adgr["PARAMCD"] == "HV") & (adgr["AVISIT"] != "Baseline")
        adgr.loc[hit, ["AVAL", "CHG"]] -= 2.5
        return adgr

    before, after = answer(ghd), answer(planted(ghd, "adgr", worse))
    assert before.text("conclusion") == "non-inferior"
    assert after.text("conclusion") == "not shown"
    moved = [found.wide("stat").iloc[0]["estimate"] for found in (before, after)]
    assert moved[1] - moved[0] == pytest.approx(-2.5, abs=1e-9)


def test_dropout_in_one_arm_moves_the_tipping_point(ghd: Settings) -> None:
    ids = treated(ghd).sample(frac=0.4, random_state=3)

    def leave(adgr: pd.DataFrame) -> pd.DataFrame:
        late = adgr["AVISIT"].isin(["Month 6", "Month 9", "Month 12"])
        return adgr[~(adgr["USUBJID"].isin(ids) & late)]

    def delta(settings: Settings) -> float:
        found = tipping(settings)
        row = found.select(stat_name="delta", variable_level="tipping point").frame
        return float(row["stat"].iloc[0]) if len(row) else -np.inf

    few, many = delta(ghd), delta(planted(ghd, "adgr", leave))
    # With more values imputed, less harm to each of them suffices.
    assert few < many < 0


@pytest.mark.parametrize(
    ("name", "change", "sentence"),
    [
        ("constant covariate", lambda adsl: adsl.assign(CONSTANT=1.0), "CONSTANT"),
    ],
)
def test_a_constant_covariate_is_named(
    ghd: Settings, name: str, change: Callable[[pd.DataFrame], pd.DataFrame], sentence: str
) -> None:
    settings = planted(ghd, "adsl", change, covariates=("BASE", "CONSTANT"))
    found = answer.rows(settings)
    assert found.text("conclusion") == "not estimable", name
    assert sentence in found.text("reason")
    assert len(participants.baseline.rows(settings)) > 5


def test_an_arm_with_one_participant_is_local(ghd: Settings) -> None:
    keep = (
        ghd.trial.tables["adsl"].query("TRT01P == 'Humatrope' and FASFL == 'Y'")["USUBJID"].iloc[0]
    )

    def alone(adsl: pd.DataFrame) -> pd.DataFrame:
        return adsl[(adsl["TRT01P"] != "Humatrope") | (adsl["USUBJID"] == keep)]

    settings = planted(ghd, "adsl", alone)
    for section in SECTIONS:
        found = section.rows(settings)
        assert len(found), section.__name__
        assert not found.frame["stat"].map(lambda v: isinstance(v, float) and np.isinf(v)).any()


def test_no_data_after_baseline_is_local(ghd: Settings) -> None:
    settings = planted(
        ghd, "adgr", lambda adgr: adgr[adgr["AVISIT"].isin(["Pre-study", "Baseline"])]
    )
    found = {section.__name__: section.rows(settings) for section in SECTIONS}
    for name in ("answer", "observed", "by_visit", "mmrm_by_visit"):
        assert found[name].text("conclusion") == "not estimable", name
        assert "HV" in found[name].text("reason")
    for name in ("disposition", "analysis_sets", "baseline"):
        assert (found[name].frame["stat_name"] == "n").any()


def test_an_empty_subgroup_is_local(ghd: Settings) -> None:
    alike = planted(
        ghd, "adsl", lambda adsl: adsl.assign(CLINIC="one"), subgroups=("CLINIC", "SEX")
    )
    found = in_subgroups(alike).wide().set_index("group1_level")
    assert "one level only" in found.loc["CLINIC", "reason"]
    assert isinstance(found.loc["All", "estimate"], str)
    assert found.loc["Sex", "estimate"].notna().all()


def test_swapping_the_arms_flips_the_sign(ghd: Settings) -> None:
    swapped = replace(ghd, treatment=ghd.reference, reference=ghd.treatment)
    one, other = (answer(each).wide("stat").iloc[0] for each in (ghd, swapped))
    assert one["estimate"] == pytest.approx(-other["estimate"], rel=1e-9)
    assert one["conf.low"] == pytest.approx(-other["conf.high"], rel=1e-9)
    assert one["p.value"] == pytest.approx(other["p.value"], rel=1e-9)


def test_row_order_and_units_do_not_matter(ghd: Settings) -> None:
    shuffled = planted(ghd, "adgr", lambda adgr: adgr.sample(frac=1, random_state=1))

    def in_millimetres(adgr: pd.DataFrame) -> pd.DataFrame:
        numbers = ["AVAL", "BASE", "CHG"]
        adgr.loc[adgr["PARAMCD"] == "HV", numbers] *= 10
        return adgr

    one, other, scaled = (
        answer(each).wide("stat").iloc[0]
        for each in (ghd, shuffled, planted(ghd, "adgr", in_millimetres))
    )
    assert one["estimate"] == pytest.approx(other["estimate"], rel=1e-9)
    assert scaled["estimate"] == pytest.approx(10 * one["estimate"], rel=1e-9)
    assert scaled["p.value"] == pytest.approx(one["p.value"], rel=1e-9)


def test_responders_against_counts_by_hand(ghd: Settings) -> None:
    # A second plain route: counts straight from the stored tables.
    adgr, adsl = ghd.trial.tables["adgr"], ghd.trial.tables["adsl"]
    final = adgr.query("PARAMCD == 'HTSDS' and AVISIT == 'Month 12' and ANL01FL == 'Y'")
    yes = set(final.loc[final["CHG"] >= ghd.response_threshold, "USUBJID"])
    found = growth_response.responders(ghd).wide("stat").set_index("group1_level")
    for arm in (ghd.treatment, ghd.reference):
        members = adsl.query("TRT01P == @arm and FASFL == 'Y'")["USUBJID"]
        assert found.loc[arm, "N"] == len(members)
        assert found.loc[arm, "n"] == sum(member in yes for member in members)


def test_a_trial_without_growth_has_no_growth_section() -> None:
    pilot = resolve(ControlledParameters(trial="cdisc-pilot"))
    for section in (
        growth_response.curves,
        growth_response.responders,
        growth_response.distribution,
    ):
        [shown] = views_of(section, pilot)
        assert shown.text().startswith(ABSENT_MARK)
        assert shown.html() == ""
