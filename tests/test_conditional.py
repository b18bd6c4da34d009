"""Missing values without chance on the efficacy page, and what is fitted once."""

import math
from collections.abc import Callable
from dataclasses import replace
from types import ModuleType

import numpy as np
import pandas as pd
import pytest

from analysis.display.figures import Figure
from analysis.efficacy import conditional, imputed
from analysis.efficacy.analysis_data import analysis_data
from analysis.efficacy.methods import mmrm
from analysis.efficacy.once import Once
from analysis.efficacy.over_time import mmrm_by_visit
from analysis.efficacy.robustness import robustness, robustness_table
from analysis.efficacy.sensitivity import named
from analysis.efficacy.sensitivity.continuous import SENSITIVITIES
from analysis.efficacy.settings import ControlledParameters, Settings, resolve
from analysis.efficacy.tipping import (
    FURTHEST,
    POINTS,
    search,
    surface_results,
    tipping,
    tipping_reading,
    tipping_surface,
)
from analysis.errors import UserError
from analysis.results.fingerprints import fingerprint
from analysis.stats import impute_conditional_means


def run_of(trial: str = "ghd", **changes: object) -> Settings:
    return resolve(ControlledParameters.checked({"trial": trial, "imputations": 3, **changes}))


@pytest.fixture(scope="module")
def ghd() -> Settings:
    return run_of()


# The robustness table. -------------------------------------------------------------------------


def test_conditional_means_stand_with_both_standard_errors(ghd: Settings) -> None:
    data = analysis_data(ghd, visits=True)
    own = impute_conditional_means(
        data, response="response", subject="USUBJID", visit="AVISIT", arm="arm",
        reference="Humatrope", visits=["Month 3", "Month 6", "Month 9", "Month 12"],
        factors=["REGION1", "SEX"], covariates=["BASE", "AGE", "PEAKGH"],
        structure="us", weights="equal",
    )  # fmt: skip
    rows = robustness(ghd).wide("stat").set_index("group1_level")
    for label, strategy in (
        ("Conditional mean (MAR)", "mar"),
        ("Jump to reference", "jr"),
        ("Copy reference", "cr"),
        ("Copy increments in reference", "cir"),
        ("Last mean carried forward", "lmcf"),
    ):
        for std_errors, end in (("jackknife", ""), ("information-anchored", ".anchored")):
            found = own.difference(
                "Valtropin", visit="Month 12", strategy=strategy, std_errors=std_errors, level=0.95
            )
            assert rows.loc[label, "estimate"] == pytest.approx(found.estimate, rel=1e-12)
            assert rows.loc[label, f"std.error{end}"] == pytest.approx(found.std_error, rel=1e-12)
            assert rows.loc[label, f"conf.low{end}"] == pytest.approx(found.lower, rel=1e-12)
    words = robustness(ghd).frame.set_index("group1_level")["method"]
    assert "conditional means, jump to reference" in words["Jump to reference"].iloc[0]
    assert "jackknife of 145 participants" in words["Jump to reference"].iloc[0]
    text = robustness_table(robustness(ghd), ghd).text()
    assert "SE, information-anchored" in text
    assert "the jackknife's" in text


def test_multiple_imputation_says_its_monte_carlo_error(ghd: Settings) -> None:
    found = imputed.imputed(ghd, "").differences["Valtropin"]
    error = math.sqrt(found.between / 3)
    detail = SENSITIVITIES["multiple imputation"].analyse(ghd).rests_on
    said = float(detail.rsplit(" ", 1)[1])
    assert "Monte Carlo error of the estimate" in detail
    assert said == pytest.approx(error, abs=0.0006)


@pytest.mark.parametrize(
    "word", ["jump to reference", "copy reference", "last mean carried forward"]
)
def test_a_word_of_the_plan_means_conditional_means_unless_it_says_otherwise(
    ghd: Settings, word: str
) -> None:
    without = named(ghd, word).analyse(ghd)
    assert "conditional means" in without.interval.method
    drawn = named(ghd, f"{word}, multiple imputation").analyse(ghd)
    assert "3 imputations" in drawn.interval.method
    assert drawn.anchored is None
    # the same assumption: they differ by chance and by covariates of the model alone
    assert without.interval.estimate == pytest.approx(drawn.interval.estimate, abs=0.1)


# The tipping point and its surface. ------------------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"margin": 1.5},
        {"trial": "cdisc-pilot", "margin": -3.0},
        {"trial": "cdisc-pilot", "margin": 1.0},
    ],
)
def test_where_the_verdict_tips_the_limit_is_the_bound(changes: dict[str, object]) -> None:
    run = run_of(**changes)
    found = search(run)
    limit = "lower" if run.endpoint.direction == "higher" else "upper"
    assert found.at_tip is not None
    assert found.delta is not None
    assert getattr(found.at_tip, limit) == pytest.approx(found.verdict.bound, abs=1e-9)
    worse = -1 if run.endpoint.direction == "higher" else 1
    assert (found.delta * worse > 0) == found.verdict.shown
    row = tipping(run).wide("stat").iloc[0]
    assert row["delta"] == found.delta
    assert row["delta.sd"] == pytest.approx(abs(found.delta) / found.spread)
    assert "standard deviations of the endpoint" in tipping_reading(tipping(run), run).text()


def test_the_surface_is_a_grid_of_results_with_the_assumptions_on_it(ghd: Settings) -> None:
    found = surface_results(ghd).wide("stat")
    words = surface_results(ghd).wide()
    grid = found[found["analysis_id"] == "tipping-surface"]
    assert len(grid) == POINTS**2
    shown = words.loc[grid.index, "conclusion"] == "non-inferior"
    assert (shown == (grid["conf.low"] > -2.0)).all()
    assert shown.any()
    assert not shown.all()
    marks = found[found["analysis_id"] == "tipping-assumptions"].set_index("variable_level")
    assert marks.loc["missing at random", ["delta", "delta.reference"]].tolist() == [0, 0]
    # a strategy of the reference arm leaves that arm at random
    assert marks.loc["jump to reference", "delta.reference"] == pytest.approx(0, abs=1e-12)
    rows = robustness(ghd).wide("stat").set_index("group1_level")["estimate"]
    jump = marks.loc["jump to reference", "delta"]
    assert np.sign(jump) == np.sign(rows["Jump to reference"] - rows["Conditional mean (MAR)"])


def test_the_map_is_drawn_in_both_widths_and_said_in_words(ghd: Settings) -> None:
    figure = tipping_surface(tipping(ghd), ghd)
    assert isinstance(figure, Figure)
    assert figure.png()[:4] == figure.png(narrow=True)[:4] == b"\x89PNG"
    for words in ("Map of the verdict", "Valtropin", "jump to reference at", "within 1 SD"):
        assert words in figure.alt
    assert "MAR missing at random" in figure.caption
    assert tipping.views == [tipping_reading, tipping_surface]


def complete(run: Settings, arms: tuple[str, ...]) -> Settings:
    """Return the run without those participants of some arms who lack a visit."""
    adgr = run.trial.tables["adgr"]
    data = analysis_data(run, visits=True)
    visits = data.dropna(subset="response").groupby("USUBJID").size()
    out = data[data["arm"].isin(arms) & ~data["USUBJID"].isin(visits.index[visits == 4])]
    tables = {**run.trial.tables, "adgr": adgr[~adgr["USUBJID"].isin(out["USUBJID"])]}
    return replace(run, trial=replace(run.trial, tables=tables))


def test_without_missing_values_there_is_nothing_to_move(ghd: Settings) -> None:
    one = complete(ghd, ("Valtropin",))
    assert "no value of Valtropin is missing at Month 12" in tipping(one).text("reason")
    with pytest.raises(UserError, match="no value of Valtropin is missing"):
        SENSITIVITIES["tipping point"].analyse(one)
    assert isinstance(tipping_surface(tipping(one), one), Figure)
    none = complete(ghd, ("Valtropin", "Humatrope"))
    with pytest.raises(UserError, match="nothing is missing at Month 12"):
        tipping_surface(tipping(none), none)
    found = SENSITIVITIES["jump to reference"].analyse(none)
    assert "nothing imputed" in found.interval.method
    plain = named(none, "observed cases").analyse(none)
    assert found.interval.estimate == pytest.approx(plain.interval.estimate, rel=1e-9)


def test_a_bound_out_of_reach_is_said(ghd: Settings) -> None:
    far = replace(ghd, margin=80.0)
    found = search(far)
    assert found.delta is None
    assert "stays above -80 for every delta" in found.reason
    assert f"{-FURTHEST * found.spread:g}" in found.reason


# What took long is made once. ------------------------------------------------------------------


class Counted:
    """Counts the calls of what takes long, with empty memories."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.calls: dict[str, int] = {}
        self._patch(monkeypatch, conditional, "impute_conditional_means", "_FOUND")
        self._patch(monkeypatch, imputed, "impute_mar", "_IMPUTED", "_POOLED", "_PREPARED")
        self._patch(monkeypatch, imputed, "pool_ancova")
        self._patch(monkeypatch, mmrm, "fit_mmrm", "_FITS")

    def _patch(
        self, monkeypatch: pytest.MonkeyPatch, module: ModuleType, name: str, *memories: str
    ) -> None:
        made: Callable[..., object] = getattr(module, name)
        self.calls[name] = 0

        def counted(*args: object, **options: object) -> object:
            self.calls[name] += 1
            return made(*args, **options)

        monkeypatch.setattr(module, name, counted)
        for memory in memories:
            monkeypatch.setattr(module, memory, Once[object](memory, size=8))


ONCE = {"impute_conditional_means": 1, "impute_mar": 1, "pool_ancova": 1, "fit_mmrm": 1}


def test_another_margin_or_level_fits_nothing_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    counted = Counted(monkeypatch)
    first = run_of()
    tables = {margin: robustness(run) for margin, run in ((2.0, first),)}
    tipping(first)
    mmrm_by_visit(first)
    assert counted.calls == ONCE
    for changes in ({"margin": 0.3}, {"conf_level": 0.9}, {"direction": "lower"}):
        run = run_of(**changes)
        tables[run.conf_level, run.margin] = robustness(run)
        tipping(run)
        mmrm_by_visit(run)
        assert counted.calls == ONCE, changes
    one, narrow = (tables[key].wide("stat").set_index("group1_level") for key in (2.0, (0.9, 2.0)))
    for label in ("Multiple imputation (MAR)", "Jump to reference", "MMRM"):
        assert one.loc[label, "estimate"] == narrow.loc[label, "estimate"]
        assert one.loc[label, "conf.low"] < narrow.loc[label, "conf.low"]
    strict = tables[0.95, 0.3].wide().set_index("group1_level")["conclusion"]
    assert strict["Jump to reference"] == "not shown"


@pytest.mark.parametrize(
    "changes", [{"covariates": ["BASE"]}, {"strata": ["SEX"]}, {"population": "per protocol"}]
)
def test_another_model_or_population_is_fitted_anew(
    monkeypatch: pytest.MonkeyPatch, changes: dict[str, object]
) -> None:
    counted = Counted(monkeypatch)
    for run in (run_of(), run_of(**changes)):
        tipping(run)
        mmrm_by_visit(run)
    assert counted.calls["impute_conditional_means"] == 2
    assert counted.calls["fit_mmrm"] == 2


def test_another_seed_or_number_is_drawn_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    counted = Counted(monkeypatch)
    for run in (run_of(), run_of(seed=5), run_of(imputations=2), run_of()):
        imputed.imputed(run, "")
    assert counted.calls["impute_mar"] == 3


def test_rows_are_told_apart_by_values_types_and_levels() -> None:
    rows = pd.DataFrame({"arm": pd.Categorical(["a", "b"]), "y": [1.0, np.nan]})
    others = [
        rows.assign(y=[1.0, 2.0]),
        rows.assign(y=pd.Series([1.0, None], dtype=object)),
        rows.assign(arm=["a", "b"]),
        rows.assign(arm=pd.Categorical(["a", "b"], categories=["b", "a"])),
        rows[["y", "arm"]],
        rows.iloc[::-1],
        rows.rename(columns={"y": "z"}),
    ]
    prints = {fingerprint(each) for each in (rows, *others)}
    assert len(prints) == len(others) + 1
    assert fingerprint(rows) == fingerprint(rows.copy())


def test_the_last_results_stay_and_an_error_does_not() -> None:
    memory, rows = Once[int]("numbers", size=2), pd.DataFrame({"y": [1.0]})
    made: list[int] = []

    def make(number: int) -> int:
        made.append(number)
        if number < 0:
            raise UserError("no")
        return number

    for number in (1, 2, 1, 3, 1, 2):
        assert memory.of(rows, number, lambda number=number: make(number)) == number
    assert made == [1, 2, 3, 2]
    for _ in range(2):
        with pytest.raises(UserError):
            memory.of(rows, -1, lambda: make(-1))
    assert made[-2:] == [-1, -1]
