"""The trial object: which records count, on real data and on a small table made here."""

import pandas as pd
import pytest

from analysis.errors import UserError
from analysis.sources.trial.plan import TrialPlan
from analysis.sources.trial.records import analysed, outside_window
from analysis.sources.trial.trial import Trial, load_trial
from analysis.sources.trial.trial_folder import trial_folder


@pytest.fixture(scope="module")
def pilot() -> Trial:
    return load_trial("cdisc-pilot")


def test_real_trial_loads(pilot: Trial) -> None:
    assert pilot.data_status == "real"
    assert len(pilot.tables["adsl"]) == 254
    # CDISC pilot study report, table 14-1.01: safety 86, 84, 84; efficacy 79, 81, 74.
    for population, sizes in (("safety", [86, 84, 84]), ("efficacy", [79, 81, 74])):
        counts = pilot.subjects(population)["arm"].value_counts(sort=False)
        assert list(counts.index) == ["Placebo", "Xanomeline Low Dose", "Xanomeline High Dose"]
        assert list(counts) == sizes


def test_primary_endpoint_of_the_real_trial(pilot: Trial) -> None:
    # Table 14-3.01: n 79, 81, 74; change at week 24 (LOCF) 2.5 (5.80), 2.0 (5.55), 1.5 (4.26).
    records = pilot.endpoint(pilot.plan.endpoints.primary, population="efficacy")
    summary = records.groupby("arm", observed=False)["CHG"].agg(["size", "mean", "std"])
    assert list(summary["size"]) == [79, 81, 74]
    assert list(summary["mean"].round(1)) == [2.5, 2.0, 1.5]
    assert list(summary["std"].round(2)) == [5.80, 5.55, 4.26]
    assert records["USUBJID"].is_unique


def test_observed_cases_leave_the_carried_forward_out(pilot: Trial) -> None:
    observed = pilot.endpoint(pilot.plan.endpoints.secondary[0], population="efficacy")
    assert set(observed["DTYPE"]) == {""}
    assert len(observed) < 234


def test_dates_are_dates_whatever_they_were_stored_as(pilot: Trial) -> None:
    # ADLBC stores SAS day numbers, ADSL date objects.
    for name in ("adsl", "adlbc"):
        dates = pilot.tables[name]["TRTSDT"]
        assert dates.dtype == "datetime64[ns]"
        assert dates.min() == pd.Timestamp("2012-07-09")


def plan(**changes: object) -> TrialPlan:
    endpoint = {
        "name": "x",
        "dataset": "advs",
        "paramcd": "HEIGHT",
        "visit": "Month 12",
        "direction": "higher",
    }
    return TrialPlan.model_validate(
        {
            "id": "demo",
            "title": "Demo",
            "data_status": "synthetic",
            "design": "single-arm",
            "arms": {"treatment": "A"},
            "populations": {"all": "SAFFL"},
            "endpoints": {"primary": endpoint},
            "analysis": {"population": "all", "model": "paired t"},
            "visits": [{"name": "Month 12", "day": 365, "window": [335, 395]}],
            "estimand": {
                "population": "x",
                "treatment": "x",
                "variable": "x",
                "summary_measure": "x",
            },
            **changes,
        }
    )


def records() -> pd.DataFrame:
    return pd.DataFrame(
        [
            ("flagged", "Month 12", 365, "Y", "", ""),
            ("not flagged", "Month 12", 365, "", "", ""),
            ("baseline", "Baseline", 1, "", "Y", ""),
            ("carried forward", "Month 12", 200, "Y", "", "LOCF"),
            ("averaged", "Month 12", 365, "Y", "", "AVERAGE"),
            ("first day of the window", "Month 12", 335, "Y", "", ""),
            ("day before the window", "Month 12", 334, "Y", "", ""),
            ("no day", "Month 12", float("nan"), "Y", "", ""),
        ],
        columns="WHO AVISIT ADY ANL01FL ABLFL DTYPE".split(),
    )


@pytest.mark.parametrize(
    ("dtype", "extra"), [("", []), ("LOCF", ["carried forward"]), ("AVERAGE", ["averaged"])]
)
def test_which_records_count(dtype: str, extra: list[str]) -> None:
    table = records()
    kept = table[analysed(table, plan(), dtype=dtype)]["WHO"]
    always = ["flagged", "baseline", "first day of the window", "no day"]
    assert sorted(kept) == sorted([*always, *extra])


def test_a_table_without_flags_counts_whole() -> None:
    table = records()[["WHO", "AVISIT", "ADY"]]
    assert list(table["WHO"][~analysed(table, plan())]) == [
        "carried forward",
        "day before the window",
    ]
    assert not outside_window(table, plan(visits=[])).any()


def test_unknown_trials_and_populations(pilot: Trial) -> None:
    with pytest.raises(UserError, match="did you mean 'cdisc-pilot'"):
        trial_folder("cdisc-pilto")
    with pytest.raises(UserError, match="did you mean 'efficacy'"):
        pilot.subjects("eficacy")


def test_an_arm_without_participants_keeps_its_place(pilot: Trial) -> None:
    adsl = pilot.tables["adsl"]
    fewer = {**pilot.tables, "adsl": adsl[adsl["TRT01P"] != "Xanomeline Low Dose"]}
    counts = Trial(plan=pilot.plan, folder=pilot.folder, tables=fewer).subjects("safety")["arm"]
    assert counts.value_counts(sort=False)["Xanomeline Low Dose"] == 0
