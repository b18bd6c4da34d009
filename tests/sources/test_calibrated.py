"""Calibrated patients: every printed number, what cannot hold, wrong input, the same bytes."""

import io
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from statsmodels.formula.api import ols

from analysis.__main__ import main
from analysis.errors import UserError
from analysis.sources.evidence import Ledger, load_ledger
from analysis.sources.synthetic import entries
from analysis.sources.synthetic.calibrated import Calibrated, as_stored, calibrate, synthesise_study
from analysis.sources.synthetic.calibrated.carriers import FILE as CARRIERS
from analysis.sources.synthetic.calibrated.counts import whole_number
from analysis.sources.synthetic.calibrated.moving import Goal, Limits, move
from analysis.sources.synthetic.calibrated.printed import numbers_of
from analysis.sources.synthetic.calibrated.statistics import (
    Adjusted,
    Correlation,
    Difference,
    Statistic,
    Summary,
)
from analysis.sources.synthetic.reading import disagreements
from analysis.sources.trial.trial import Trial, read_trial
from analysis.yaml_files import read_yaml

KINDS = {
    "VALT-GHD-2007": 14, "VALT-TS-2004": 5, "SHIH-1994-GHD": 26, "KRISTROM-1997-PRED": 8,
    "LOWDOSE-HGH-GHD": 8, "TANAKA-2000-TS": 9, "SOMATROPIN-JP-1987": 7, "EUTR-TS-KOR": 32,
}  # fmt: skip
"""Studies of several kinds, and how many numbers of each are reproduced: a controlled trial with
an adjusted difference, single arms, three products, correlations, standard errors, ranges,
antibodies of groups, heights at five visits."""


@cache
def made(study: str) -> Calibrated:
    return calibrate(load_ledger(), study)


def frame(study: str, table: str) -> pd.DataFrame:
    """Return a table as whoever reads the file finds it."""
    return pd.read_csv(io.StringIO(made(study).files[f"{table}.csv"]))


def changed(ledger: Ledger, result_id: str, value: float) -> Ledger:
    """Return a ledger in which one number is another."""
    results = ledger.results.copy()
    results.loc[results["result_id"] == result_id, "value"] = value
    return replace(ledger, results=results)


# Printed numbers ----


@pytest.mark.parametrize("study", KINDS)
def test_every_published_number_comes_out(study: str) -> None:
    table = made(study).reproduced
    assert set(table.loc[table["outcome"] != "not carried", "outcome"]) == {"reproduced"}
    assert made(study).count[0] == KINDS[study]
    assert (table["printed"].str.replace("-0.0", "0.0") != "").all()
    assert table["source"].str.contains(": ").all()


@pytest.mark.thorough
def test_the_whole_ledger_names_what_does_not_come_out(ledger: Ledger) -> None:
    outcomes: list[pd.DataFrame] = []
    refused = []
    for study in ledger.studies["study_id"]:
        try:
            outcomes.append(calibrate(ledger, study).reproduced)
        except UserError as error:
            refused.append(str(error))
    table = pd.concat(outcomes)
    assert (table["outcome"] == "reproduced").mean() > 0.97
    assert (table.loc[table["outcome"] != "reproduced", "why"] != "").all()
    assert all("pools" in each or "prints only" in each for each in refused)


def test_an_outside_program_finds_the_printed_numbers() -> None:
    adgr = frame("VALT-GHD-2007", "adgr").query("PARAMCD == 'HV' and AVISITN == 12")
    by_arm = adgr.groupby("TRTP")["AVAL"]
    assert by_arm.size().to_dict() == {"Humatrope": 49, "Valtropin": 98}
    assert by_arm.mean().round(1).to_dict() == {"Humatrope": 10.5, "Valtropin": 11.3}
    assert by_arm.std().round(1).to_dict() == {"Humatrope": 2.8, "Valtropin": 3.0}
    fit = ols("AVAL ~ BASE + C(TRTP, Treatment('Humatrope'))", adgr).fit()
    term = next(name for name in fit.params.index if "Valtropin" in name)
    assert fit.params[term] == pytest.approx(0.09, abs=0.005)
    assert list(fit.conf_int().loc[term]) == pytest.approx([-0.71, 0.90], abs=0.005)
    adlb = frame("VALT-GHD-2007", "adlb").query("PARAMCD == 'ADA' and AVALC == 'POSITIVE'")
    assert adlb["TRTP"].value_counts().to_dict() == {"Valtropin": 3, "Humatrope": 1}


def test_a_change_is_the_end_less_the_baseline() -> None:
    adgr = frame("DAILY-VS-TIW-GHD", "adgr").query("PARAMCD == 'HTSDS' and TRTP == '7-doses'")
    end = adgr[adgr["AVISITN"] == 12]
    start = adgr[adgr["AVISITN"] == 0].set_index("USUBJID")["AVAL"]
    assert start.mean() == pytest.approx(-2.06, abs=0.005)
    assert end["AVAL"].mean() == pytest.approx(-1.5, abs=0.05)
    assert end["CHG"].mean() == pytest.approx(0.5, abs=0.05)
    assert end["CHG"].std() == pytest.approx(0.3, abs=0.05)
    assert np.allclose(end["AVAL"] - end["USUBJID"].map(start), end["CHG"])


def test_another_printed_number_gives_other_patients(ledger: Ledger) -> None:
    taller = calibrate(changed(ledger, "R571", 12.4), "VALT-GHD-2007")
    row = taller.reproduced.set_index("result_id").loc["R571"]
    assert (row["reproduced"], row["outcome"]) == ("12.4", "reproduced")


def test_sets_of_one_arm_lie_in_each_other() -> None:
    adsl = frame("REAL3", "adsl").query("TRT01P == 'somapacitan-0.04'")
    assert len(adsl) == 16
    assert (adsl["FASFL"] == "Y").sum() == 14


# What cannot hold ----


def test_a_number_in_the_way_is_named_with_the_rule_of_the_audit() -> None:
    table = made("GROW2-SGA-KOR").reproduced
    wrong = table[table["outcome"] != "reproduced"]
    assert list(wrong["result_id"]) == ["R107"]
    assert "it cannot hold together with" in wrong["why"].item()
    assert "Audit, " in wrong["why"].item()
    # Nothing is fudged: what the data give is said beside what is printed.
    assert (wrong["printed"].item(), wrong["reproduced"].item()) != ("6.19", "6.19")


def test_a_change_that_its_ends_forbid_is_named(ledger: Ledger) -> None:
    ids = ledger.results.query(
        "study_id == 'DAILY-VS-TIW-GHD' and paramcd == 'CHGHTSDS' and statistic == 'sd'"
    )["result_id"]
    table = calibrate(changed(ledger, ids.iloc[0], 1.9), "DAILY-VS-TIW-GHD").reproduced
    why = table.set_index("result_id").loc[ids.iloc[0], "why"]
    # SDs of 0.43 and 0.4 allow a change of at most 0.83.
    assert "it cannot hold together with" in why


def test_a_share_that_no_whole_number_gives_is_named(ledger: Ledger) -> None:
    share = next(n for n in numbers_of(ledger, "VALT-GHD-2007") if n.statistic == "pct")
    assert whole_number(share, 98) == 3
    assert whole_number(replace(share, value=3.5), 98) is None
    found = calibrate(changed(ledger, share.result_id, 3.5), "VALT-GHD-2007").reproduced
    row = found.set_index("result_id").loc[share.result_id]
    assert row["outcome"] == "not reproducible"
    assert "no whole number of 98 participants is 3.5 %" in row["why"]


def sample_of(n: int) -> tuple[np.ndarray, Limits]:
    sample = np.random.default_rng(1).normal(size=(n, 2))
    bound = np.full((n, 2), np.inf)
    return sample, Limits(np.ones(2), -bound, bound)


def mean_goal(key: str, rows: np.ndarray, value: float) -> Goal:
    statistic = Summary(rows, ((0, 1.0),), "mean")
    return Goal(key, statistic, value, value - 0.05, value + 0.05, 0.1)


def test_goals_that_can_hold_all_do_and_others_are_left_out() -> None:
    sample, limits = sample_of(20)
    parts = [mean_goal("a", np.arange(10), 1.0), mean_goal("b", np.arange(10, 20), 2.0)]
    good = move(sample, [*parts, mean_goal("all", np.arange(20), 1.5)], limits, len)
    assert good.missed == {}
    assert good.sample[:, 0].mean() == pytest.approx(1.5)
    assert np.array_equal(good.sample[:, 1], sample[:, 1])
    doubted = {"all": 0, "a": 1, "b": 1}
    goals = [*parts, mean_goal("all", np.arange(20), 1.9)]
    bad = move(sample, goals, limits, lambda key: doubted[key])
    assert list(bad.missed) == ["all"]
    assert set(bad.missed["all"]) == {"a", "b"}
    assert bad.sample[:10, 0].mean() == pytest.approx(1.0)


ROWS, OTHERS = np.arange(12), np.arange(12, 30)
CHANGE = ((1, 1.0), (0, -1.0))
STATISTICS: list[Statistic] = [
    *(Summary(ROWS, CHANGE, name, 1.3) for name in ("mean", "sd", "se", "ci_low", "median")),
    *(Difference(ROWS, OTHERS, CHANGE, name, 2.0) for name in ("t", "se", "limit")),
    Correlation(ROWS, CHANGE, ((0, 1.0),)),
    *(
        Adjusted((ROWS, OTHERS), CHANGE, ((0, 1.0),), weights, name, 1.5)
        for weights in ((1.0, 0.0), (1.0, -1.0))
        for name in ("estimate", "se", "t")
    ),
]


@pytest.mark.parametrize("statistic", STATISTICS, ids=lambda each: type(each).__name__)
def test_gradients_are_those_of_small_differences(statistic: Statistic) -> None:
    sample = np.random.default_rng(2).normal(size=(30, 2)) * [1, 2] + [1, 2]
    slopes = np.zeros_like(sample)
    for rows, terms, slope in statistic(sample)[1]:
        for column, by in terms:
            slopes[rows, column] += by * slope
    for row, column in ((0, 0), (0, 1), (11, 1), (20, 0), (29, 1)):
        step = np.zeros_like(sample)
        step[row, column] = 1e-6
        rise = (statistic(sample + step)[0] - statistic(sample - step)[0]) / 2e-6
        assert slopes[row, column] == pytest.approx(rise, abs=1e-6)


# The folder ----


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return synthesise_study("VALT-GHD-2007", tmp_path_factory.mktemp("made") / "patients")[1]


@pytest.fixture(scope="module")
def trial(folder: Path) -> Trial:
    return read_trial(folder)


def test_the_folder_is_a_trial_without_errors(trial: Trial) -> None:
    assert [each for each in trial.findings if each.severity == "error"] == []
    assert trial.plan.data_status == "synthetic"
    assert "Synthetic" in trial.plan.title
    assert trial.plan.analysis.margin == -2.0
    assert trial.plan.arms.reference == "Humatrope"


def test_every_assumption_is_of_the_ledger_or_has_a_reason(ledger: Ledger, folder: Path) -> None:
    found = list(entries(made("VALT-GHD-2007").assumptions))
    assert all(bool(each.ledger) != bool(each.assumed) for _, each in found)
    assert disagreements(made("VALT-GHD-2007").assumptions, ledger.results) == []
    stored = read_yaml(folder / "assumptions.yml")
    # Nothing of the velocity before treatment is printed.
    assert "assumed" in stored["laws"]["HV, Baseline, cm/year"]["Valtropin"]["mean"]


def test_every_way_out_says_synthetic(folder: Path) -> None:
    words = {name: (folder / name).read_text() for name in made("VALT-GHD-2007").files}
    assert "SYN-VALT-GHD-2007" in words["adsl.csv"]
    assert "Synthetic" in words["define.xml"]
    assert "synthetic" in words["reproduced.tsv"]
    assert "no evidence" in words["trial.yml"]


def test_the_comparison_follows_the_tables(trial: Trial) -> None:
    now = as_stored(trial)
    assert now is not None
    assert set(now["outcome"]) == {"reproduced"}
    adgr = trial.tables["adgr"]
    moved = adgr.assign(AVAL=adgr["AVAL"] + (adgr["AVISITN"] == 12))
    after = as_stored(replace(trial, tables={**trial.tables, "adgr": moved}))
    assert after is not None
    wrong = after[after["outcome"] != "reproduced"]
    assert list(wrong["statistic"]) == ["mean", "mean"]


def test_the_same_bytes_each_time(ledger: Ledger) -> None:
    assert calibrate(ledger, "VALT-TS-2004").files == made("VALT-TS-2004").files


def test_endpoints_that_are_carried_in_a_way_of_their_own_are_in_the_ledger(
    ledger: Ledger,
) -> None:
    carried = pd.read_csv(CARRIERS, keep_default_na=False)
    assert set(carried["paramcd"]) <= set(ledger.endpoints["paramcd"])
    assert carried["paramcd"].is_unique


# Wrong input ----


@pytest.mark.parametrize(
    ("study", "words"),
    [
        ("NOPE", "must be a study_id of data/published/studies.csv; got 'NOPE'"),
        ("valt-ts-2004", "did you mean 'VALT-TS-2004'?"),
        ("ZHU-2024-NMA", "it pools the results of other studies"),
        ("CERES-GHD", "prints only how many took part"),
    ],
)
def test_what_cannot_be_made_is_one_sentence(ledger: Ledger, study: str, words: str) -> None:
    with pytest.raises(UserError, match=r".+") as error:
        calibrate(ledger, study)
    assert words in str(error.value)
    assert "\n" not in str(error.value)


def test_a_folder_of_another_is_left_alone(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (folder / "adsl.csv").read_bytes()
    asked = ["synthesise", "--study", "VALT-TS-2004", "--folder"]
    assert main([*asked, str(folder)]) == 1
    assert "must be new, empty, or made before of this study" in capsys.readouterr().err
    assert (folder / "adsl.csv").read_bytes() == before
    file = tmp_path / "file"
    file.write_text("")
    assert main([*asked, str(file)]) == 1
    assert "is a file" in capsys.readouterr().err
    assert main([*asked, str(tmp_path / "new")]) == 0
    assert main([*asked, str(tmp_path / "new")]) == 0
    assert "5 of 5 published numbers" in capsys.readouterr().out


@pytest.mark.parametrize("words", [[], ["ghd", "--study", "HEIGHT"], ["ghd", "--folder", "x"]])
def test_a_command_that_asks_for_two_things_is_refused(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["synthesise", *words]) == 1
    assert capsys.readouterr().err.startswith("error: ")
