"""Peak GH as a covariate: a row of the robustness table where it is recorded and not yet in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf

from analysis.efficacy import robustness as robust
from analysis.efficacy.analysis_data import analysis_data
from analysis.efficacy.peak_gh import with_peak_gh
from analysis.efficacy.sensitivity.continuous import SENSITIVITIES
from analysis.efficacy.settings import ControlledParameters, Settings, resolve
from analysis.errors import NoSection, UserError

WORD = "peak GH as covariate"
LABEL = SENSITIVITIES[WORD].label


@pytest.fixture(scope="module")
def ghd() -> Settings:
    # Whatever the plan adjusts for: here without the peak.
    return replace(resolve(ControlledParameters(trial="ghd")), covariates=("BASE", "AGE"))


def altered(
    run: Settings, *, plan: Mapping[str, Any] | None = None, **tables: pd.DataFrame
) -> Settings:
    trial = run.trial
    trial = replace(trial, plan=trial.plan.model_copy(update=dict(plan or {})))
    return replace(run, trial=replace(trial, tables={**trial.tables, **tables}))


def labels(run: Settings, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the rows of a robustness table of this analysis and the plan's own populations."""
    monkeypatch.setattr(robust, "further", lambda _run: (WORD,))
    return list(dict.fromkeys(robust.robustness(run).frame["group1_level"]))


def test_the_difference_is_that_of_least_squares_with_the_logarithm(ghd: Settings) -> None:
    # Another program: statsmodels' OLS of the same records.
    interval, _ = with_peak_gh(ghd)
    data = analysis_data(ghd).dropna(subset=["response"])
    adsl = ghd.trial.tables["adsl"].set_index("USUBJID")
    data = data.assign(LNPEAK=np.log(data["USUBJID"].map(adsl["PEAKGH"])))
    terms = " + ".join((*ghd.covariates, *(f"C({name})" for name in ghd.strata)))
    fit = smf.ols(f"response ~ C(arm, Treatment('{ghd.reference}')) + {terms} + LNPEAK", data).fit()
    (arm,) = (name for name in fit.params.index if name.startswith("C(arm"))
    assert interval.estimate == pytest.approx(fit.params[arm], rel=1e-8)
    low, high = fit.conf_int(1 - ghd.conf_level).loc[arm]
    assert [interval.lower, interval.upper] == pytest.approx([low, high], rel=1e-8)


def test_children_without_a_peak_are_counted_and_left_out(ghd: Settings) -> None:
    adsl = ghd.trial.tables["adsl"].copy()
    known = analysis_data(ghd).dropna(subset=["response"])["USUBJID"]
    blank, zero = known.iloc[:3], known.iloc[3:5]
    adsl.loc[adsl["USUBJID"].isin(blank), "PEAKGH"] = np.nan
    adsl.loc[adsl["USUBJID"].isin(zero), "PEAKGH"] = 0.0
    _, rests_on = with_peak_gh(altered(ghd, adsl=adsl))
    assert f"n {len(known) - 5}; " in rests_on
    assert rests_on.endswith("5 of them for want of a peak in ADSL.PEAKGH")


def test_it_is_a_row_where_it_is_recorded_only(
    ghd: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert LABEL in labels(ghd, monkeypatch)
    bare = altered(ghd, adsl=ghd.trial.tables["adsl"].drop(columns="PEAKGH"))
    assert LABEL not in labels(bare, monkeypatch)
    assert LABEL not in labels(altered(ghd, plan={"growth": None}), monkeypatch)


def test_a_plan_that_asks_for_what_is_not_recorded_gets_a_reason(
    ghd: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = ghd.trial.plan.analysis.model_copy(update={"sensitivity": (WORD,)})
    adsl = ghd.trial.tables["adsl"].drop(columns="PEAKGH")
    run = altered(ghd, plan={"analysis": asked}, adsl=adsl)
    monkeypatch.setattr(robust, "further", lambda _run: ())
    row = robust.robustness(run).wide().set_index("group1_level").loc[LABEL]
    assert "growth.roles.peak_gh" in row["reason"]
    assert row["standing"] == "planned"


@pytest.mark.parametrize("name", ["PEAKGH", "LNPEAKGH", "PEAKGHGR1", "GHMAX"])
def test_a_model_that_has_it_already_needs_no_row(ghd: Settings, name: str) -> None:
    adsl = ghd.trial.tables["adsl"]
    run = altered(ghd, adsl=adsl.assign(**{name: np.log(adsl["PEAKGH"])}))
    with pytest.raises(NoSection, match=f"already, as {name}"):
        with_peak_gh(replace(run, covariates=(*run.covariates, name)))


def test_groups_of_the_peak_are_no_second_peak(ghd: Settings) -> None:
    adsl = ghd.trial.tables["adsl"]
    grouped = adsl.assign(PEAKGHGR1N=np.where(adsl["PEAKGH"] < 5, 1.0, 2.0))
    found = with_peak_gh(altered(ghd, adsl=grouped))[0]
    assert found.estimate == pytest.approx(with_peak_gh(ghd)[0].estimate, rel=1e-12)


def test_of_two_peaks_the_plan_says_which(ghd: Settings) -> None:
    adsl = ghd.trial.tables["adsl"]
    both = adsl.assign(PEAKGH1=adsl["PEAKGH"], PEAKGH2=adsl["PEAKGH"] ** 2).drop(columns="PEAKGH")
    two = altered(ghd, adsl=both)
    with pytest.raises(UserError, match=r"name the one that is meant in growth\.roles\.peak_gh"):
        with_peak_gh(two)
    growth = ghd.trial.plan.growth
    assert growth is not None
    roles = growth.roles.model_copy(update={"peak_gh": "ADSL.PEAKGH2"})
    named = altered(two, plan={"growth": growth.model_copy(update={"roles": roles})})
    # The logarithm of a square is twice the logarithm: the same model.
    assert with_peak_gh(named)[0].estimate == pytest.approx(with_peak_gh(ghd)[0].estimate)


def test_a_mixed_model_takes_it_too(ghd: Settings) -> None:
    interval, rests_on = with_peak_gh(replace(ghd, model="MMRM"))
    assert np.isfinite(interval.estimate)
    assert rests_on.startswith("MMRM, ")
