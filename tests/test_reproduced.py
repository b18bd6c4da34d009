"""Published numbers that synthetic data give: each row, the sentence, and where neither holds."""

from dataclasses import replace
from pathlib import Path

import pytest

from analysis.display.page import views_of
from analysis.efficacy.reproduced import AS_PRINTED, DERIVED, NOT_AS_PRINTED, reproduced
from analysis.efficacy.settings import ControlledParameters, Settings, resolve
from analysis.efficacy.single_arm_published import published
from analysis.efficacy.single_arm_settings import SingleArmParameters
from analysis.efficacy.single_arm_settings import resolve as resolve_single
from analysis.errors import NoSection
from analysis.sources.evidence import Ledger
from analysis.sources.synthetic.calibrated import synthesise_study


@pytest.fixture(scope="module")
def ghd() -> Settings:
    return resolve(ControlledParameters(trial="ghd"))


def said(run: Settings) -> str:
    return str(views_of(reproduced, run)[0].text())


def test_every_row_is_a_row_of_the_ledger(ghd: Settings, ledger: Ledger) -> None:
    printed = ledger.results.set_index("result_id")["value"]
    wide = reproduced(ghd).wide("stat_fmt")
    own = wide[wide["locator"] != DERIVED]
    assert len(own) == 14
    for row in own.to_dict("records"):
        value = printed[row["locator"].partition(",")[0]]
        assert float(row["printed.words"].replace("−", "-")) == pytest.approx(value, abs=0.0051)
    assert set(wide["outcome"]) == {AS_PRINTED}
    # The raw difference follows from the means and is printed by nobody.
    assert "made to give 14 published numbers; they give all of them" in said(ghd)


def test_data_that_give_other_numbers_say_which_do_not_agree(ghd: Settings) -> None:
    adgr = ghd.trial.tables["adgr"]
    faster = adgr["AVAL"].where(
        (adgr["PARAMCD"] != "HV") | (adgr["AVISITN"] != 12), adgr["AVAL"] + 1
    )
    tables = {**ghd.trial.tables, "adgr": adgr.assign(AVAL=faster)}
    run = replace(ghd, trial=replace(ghd.trial, tables=tables))
    wide = reproduced(run).wide("stat_fmt")
    wrong = wide.loc[wide["outcome"] == NOT_AS_PRINTED, "variable"]
    # Every child alike: the means move, and no SD and no difference.
    assert list(wrong) == ["Height velocity at 12 months, mean"] * 2
    assert "they give 12 of 14 to the printed digit" in said(run)


def test_a_departure_has_no_planned_difference_to_compare() -> None:
    run = resolve(ControlledParameters(trial="ghd", margin=-1.0))
    assert not any("adjusted" in each for each in reproduced(run).frame["variable"])
    assert "made to give 11 published numbers" in said(run)


def test_a_single_arm_has_its_own() -> None:
    run = resolve_single(SingleArmParameters(trial="turner-2"))
    assert DERIVED not in set(reproduced(run).wide("stat_fmt")["locator"])
    assert "all of them to the printed digit" in said(run)


def test_real_data_were_made_to_give_nothing() -> None:
    run = resolve(ControlledParameters(trial="cdisc-pilot"))
    with pytest.raises(NoSection, match="not generated from published numbers"):
        reproduced(run)


def test_a_calibrated_study_says_what_does_not_come_out_and_why(tmp_path: Path) -> None:
    folder = synthesise_study("GROW2-SGA-KOR", tmp_path / "patients")[1]
    run = resolve(ControlledParameters(trial=str(folder)))
    wide = reproduced(run).wide("stat_fmt")
    wrong = wide[wide["outcome"] != AS_PRINTED]
    assert list(wrong["printed.words"]) == ["6.19"]
    assert wrong["outcome"].item().startswith("not reproducible: it cannot hold together with")
    assert "made to give 27 published numbers; they give 26 of 27 to the printed digit" in said(run)


def test_an_arm_reported_in_several_sets_is_named_with_each(tmp_path: Path) -> None:
    folder = synthesise_study("BIOSYN-309-GHD", tmp_path / "patients")[1]
    run = resolve_single(SingleArmParameters(trial=str(folder)))
    reports = set(published(run).wide("stat_fmt")["group1_level"])
    ends = {"prepubertal", "entered puberty"}
    assert ends == {end for end in ends if any(each.endswith(f", {end}") for each in reports)}
