"""Validation: that it would notice a wrong number, and that its simulations are true."""

import re
import shutil
from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis import validation
from analysis.display.page import views_of
from analysis.results import Results
from analysis.sources.tables import TableError
from analysis.stats.ancova import fit_ancova
from analysis.stats.differences import difference_of_means
from analysis.stats.least_squares_means import contrast_reference
from analysis.stats.meta import meta_analysis
from analysis.stats.mmrm import fit_mmrm
from analysis.stats.proportions import estimate_proportion
from analysis.validation import ValidationParameters, ValidationRun, experiments, tables
from analysis.validation.coverage import simulate
from analysis.validation.model_experiments import (
    ancova_limits,
    draw_ancova,
    draw_means,
    draw_meta,
    draw_mmrm,
    mean_limits,
    meta_limits,
    mmrm_limits,
)


@pytest.fixture(scope="module")
def run() -> ValidationRun:
    """A short run: a hundred draws."""
    return a_run()


@pytest.fixture(scope="module")
def cases(run: ValidationRun) -> Results:
    return validation.cases(run)


def a_run(folder: Path = tables.VALIDATION) -> ValidationRun:
    return validation.resolve(ValidationParameters(draws=100, conf_level=0.9, seed=1), folder)


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A copy of the outside numbers, free to be broken."""
    folder = tmp_path / "validation"
    shutil.copytree(tables.VALIDATION, folder)
    return folder


def replant(folder: Path, name: str, old: str, new: str) -> None:
    path = folder / name
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, text.count(old)
    path.write_text(text.replace(old, new), encoding="utf-8")


# outside numbers ------------------------------------------------------------------------------


def test_every_quantity_agrees(run: ValidationRun, cases: Results) -> None:
    verdicts = cases.wide()
    assert verdicts.loc[verdicts["verdict"] != "pass", "variable"].tolist() == []
    tally = validation.tally(run).wide().set_index("group1_level")
    assert tally.loc["all", "n"] == tally.loc["all", "agree"] == str(len(verdicts))
    assert tally.loc["all", "differ"] == "0"


def test_expected_and_computed_quantities_are_the_same() -> None:
    rows = tables.load_table("expected")
    expected = set(rows[["case", "method", "quantity"]].itertuples(index=False, name=None))
    computed = {(case, *key) for case, compute in validation.CASES.items() for key in compute()}
    assert expected == computed
    assert len(rows) == len(expected)


def reference_values() -> list[str]:
    """Return every number of the project's reference values, as printed there."""
    return """
        -0.0361 0.1775 0.1751 -0.0329 0.1782 -0.0271 0.1830 0.0528 0.3382 0.0533 0.3377 0.0524
        0.3339 0.0270 0.3453 0.0284 0.3439 -0.1658 0.2844 0.6636 0.03689 0.01623 0.11668 6.71496
        1.28849 6.82393 1.27247 10.16110 1.31592 26 25 3.81972 0.66124 160.73 3667.96276 -0.7145
        0.1798 0.3132 92.22 152.233 0.1808 -1.108 -0.321 3 63 0.29 -3
    """.split()


def test_every_reference_value_is_among_the_expected() -> None:
    printed = tables.load_table("expected")["expected"].astype(float).to_numpy()
    for text in reference_values():
        half = 0.5 * 10.0 ** -len(text.partition(".")[2])
        # SAS's listing has more digits, which the reference values cut or round.
        assert np.abs(printed - float(text)).min() <= 2 * half, text


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("drug F, estimate,10.16110", "drug F, estimate,10.16111", "drug F, estimate"),
        ("Newcombe,upper,0.1751", "Newcombe,upper,0.1752", "upper"),
    ],
)
def test_a_planted_wrong_number_is_reported(copied: Path, old: str, new: str, named: str) -> None:
    text = (copied / "expected.csv").read_text(encoding="utf-8").replace('"', "")
    assert text.count(old) == 1
    frame = pd.read_csv(copied / "expected.csv", dtype=str, keep_default_na=False)
    at = frame.agg(",".join, axis=1).str.contains(old, regex=False)
    frame.loc[at, "expected"] = new.rpartition(",")[2]
    frame.to_csv(copied / "expected.csv", index=False)
    run = a_run(copied)
    wrong = validation.cases(run).wide().query("verdict == 'differs'")
    assert wrong["variable_level"].tolist() == [named]
    assert validation.tally(run).text("differ", group1_level="all") == "1"
    [answer] = views_of(validation.answer, run)
    said = answer.text()
    assert f"These differ: {wrong['variable'].iloc[0]}" in said
    assert "None differs" not in said


def test_a_quantity_that_nobody_computes_stops_the_page(copied: Path) -> None:
    replant(copied, "expected.csv", "leprosy,ANCOVA,residual df", "leprosy,ANCOVA,error df")
    with pytest.raises(LookupError, match=r"leprosy.*error df"):
        validation.cases(a_run(copied))
    replant(copied, "expected.csv", "Rounding,ties,half away from zero,62.5", "Rounding,tie,x,62.5")
    with pytest.raises(LookupError, match="'tie'"):
        validation.cases(a_run(copied))


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("half away from zero,62.5,63", "half away from zero,62.5,about 63", "as it was printed"),
        ("62.5,63,1e-12,", "62.5,63,-1,", "must be above 0"),
        ("62.5,63,1e-12,", "62.5,63,,", "a tolerance needs a reason"),
        ("POWERTOST,\n", "POWERTOSTS,\n", "did you mean 'POWERTOST'"),
    ],
)
def test_unusable_rows_are_one_sentence(copied: Path, old: str, new: str, sentence: str) -> None:
    replant(copied, "expected.csv", old, new)
    with pytest.raises(TableError, match=re.escape(sentence)):
        validation.cases(a_run(copied))


def test_a_tolerance_of_the_printed_digits_is_half_a_unit(cases: Results) -> None:
    row = cases.select(variable="36/154 v 12/77", group2_level="Wald", variable_level="upper")
    assert row.text("expected") == "0.1830"
    assert row.text("estimate") == "0.1830"
    assert row.text("tolerance") == "0.00005"
    assert row.text("tolerance.basis") == "printed"
    assert "reason" not in set(row.frame["stat_name"])


def test_no_number_is_shown_with_more_digits_than_it_is_expected_with(cases: Results) -> None:
    expected = tables.load_table("expected")["expected"]
    shown = cases.wide()
    for printed, obtained in zip(expected, shown["estimate"], strict=True):
        places = len(obtained.partition(".")[2])
        assert places <= len(printed.partition(".")[2])
        if len(printed) > 12:
            assert len(obtained.lstrip("−0.").replace(".", "")) <= 11


def test_at_the_covariance_of_sas_least_squares_gives_the_difference_of_sas() -> None:
    # Why FEV1 differs from SAS in the sixth digit: not the formulas, the stopping point.
    wide = tables.load_data("mmrm_fev_wide")
    rows = tables.load_table("expected").query("case == 'FEV1, covariance, unstructured'")
    covariance = np.zeros((4, 4))
    for name, value in zip(rows["quantity"], rows["expected"].astype(float), strict=True):
        places = [int(digit) - 1 for digit in re.findall(r"VIS(\d)", name)]
        covariance[places[0], places[-1]] = covariance[places[-1], places[0]] = value
    left, right = np.zeros((2, 2)), np.zeros(2)
    for row in wide.itertuples(index=False):
        y = np.array(row[2:], dtype=float)
        seen = ~np.isnan(y)
        if seen.any():
            x = np.column_stack([np.ones(seen.sum()), np.full(seen.sum(), row.arm == "TRT")])
            weight = np.linalg.inv(covariance[np.ix_(seen, seen)])
            left += x.T @ weight @ x
            right += x.T @ weight @ y[seen]
    # SAS: 3.81972492; its covariance is printed with four decimals or six digits
    assert np.linalg.solve(left, right)[1] == pytest.approx(3.81972492, abs=2e-6)


# coverage -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "method", [experiments.METHOD[name] for name in experiments.PROPORTION_METHODS]
)
def test_coverage_of_a_proportion_is_that_of_a_full_enumeration(method: str) -> None:
    n, p, draws = 30, 0.1, 40_000
    x = np.arange(n + 1)
    found = estimate_proportion(x, n, method=method, level=0.95)
    exact = stats.binom.pmf(x, n, p)[(found.lower <= p) & (p <= found.upper)].sum()
    name = {value: key for key, value in experiments.METHOD.items()}[method]
    rows = simulate(experiments.one_proportion(n, p), draws=draws, conf_level=0.95, seed=3)
    simulated = next(row["estimate"] for row in rows if row["group2_level"] == name)
    assert simulated == pytest.approx(exact, abs=4 * np.sqrt(exact * (1 - exact) / draws))


def test_coverage_of_the_pooled_interval_is_its_level() -> None:
    rows = simulate(experiments.two_means(88, 41, 2, 2), draws=4000, conf_level=0.9, seed=5)
    assert rows[0]["estimate"] == pytest.approx(0.9, abs=4 * np.sqrt(0.09 / 4000))


@pytest.mark.parametrize("method", ["pooled", "welch"])
def test_differences_of_means_are_those_of_the_package(method: str) -> None:
    data = draw_means(np.random.default_rng(4), 5, (14, 9), (2.0, 3.0))
    lower, upper = mean_limits(data, (14, 9), method, 0.9)
    for i in range(5):
        m1, s1, m2, s2 = (part[i] for part in data)
        found = difference_of_means(
            mean_test=m1, sd_test=s1, n_test=14, mean_reference=m2, sd_reference=s2,
            n_reference=9, method=method, level=0.9,
        )  # fmt: skip
        assert (lower[i], upper[i]) == pytest.approx((found.lower, found.upper), rel=1e-10)


def test_mixed_models_are_those_of_the_package() -> None:
    # two data sets in arrays, and each by its own frame
    data, n = draw_mmrm(np.random.default_rng(4), 2, (14, 9)), 23
    lower, upper = mmrm_limits(data, (14, 9), 0.9)
    frame = pd.DataFrame({"id": np.repeat(np.arange(n), 4), "visit": np.tile([1, 2, 3, 4], n)})
    frame = frame.assign(arm=np.repeat(["test", "reference"], [4 * 14, 4 * 9]))
    for i in range(2):
        own = frame.assign(base=np.repeat(data[0][i], 4), y=data[1][i].ravel())
        fit = fit_mmrm(
            own, response="y", subject="id", visit="visit", factors=["arm", "visit"],
            covariates=["base"], interactions=["arm:visit"], structure="us", df_method="kr",
        )  # fmt: skip
        last = fit.contrast(
            "arm", reference="reference", by="visit", weights="equal", level=0.9, adjust="none"
        )[-1]
        assert (lower[i], upper[i]) == pytest.approx((last.lower, last.upper), rel=1e-8)


def test_adjusted_differences_are_those_of_the_package() -> None:
    data = draw_ancova(np.random.default_rng(4), 5, (14, 9))
    lower, upper = ancova_limits(data, 0.9)
    for i in range(5):
        x1, y1, x2, y2 = (part[i] for part in data)
        frame = pd.DataFrame({"arm": ["test"] * 14 + ["reference"] * 9})
        frame = frame.assign(x=np.r_[x1, x2], y=np.r_[y1, y2])
        fit = fit_ancova(frame, response="y", factors=["arm"], covariates=["x"], std_errors="model")
        (found,) = contrast_reference(
            fit, "arm", reference="reference", weights="equal", level=0.9, adjust="none"
        )
        assert (lower[i], upper[i]) == pytest.approx((found.lower, found.upper), rel=1e-10)


@pytest.mark.parametrize("interval", ["normal", "hartung-knapp", "hartung-knapp-adhoc"])
def test_pooled_effects_are_those_of_the_package(interval: str) -> None:
    data = draw_meta(np.random.default_rng(4), 12, 5, 0.2)
    lower, upper = meta_limits(data, interval, 0.9)
    for i in range(12):
        found = meta_analysis(
            data[0][i],
            data[1][i],
            method="dersimonian-laird",
            interval=interval,
            prediction_df="k-2",
            level=0.9,
        )
        assert (lower[i], upper[i]) == pytest.approx((found.lower, found.upper), rel=1e-9)


def test_dropout_is_monotone_and_about_a_fifth_at_the_end() -> None:
    _, visits = draw_mmrm(np.random.default_rng(2), 200, (88, 41))
    missing = np.isnan(visits)
    assert not missing[..., 0].any()
    assert (missing[..., 1:] >= missing[..., :-1]).all()
    assert 0.15 < missing[..., -1].mean() < 0.25


def test_coverage_is_repeatable_and_each_setting_has_its_own_stream(run: ValidationRun) -> None:
    first, again = (validation.coverage(each).frame for each in (run, a_run()))
    pd.testing.assert_frame_equal(first, again)
    setting = experiments.one_proportion(30, 0.1)
    alone = pd.DataFrame(simulate(setting, draws=100, conf_level=0.9, seed=1))
    together = first[(first["variable"] == setting.setting) & (first["stat_name"] == "estimate")]
    np.testing.assert_array_equal(alone["estimate"], together["stat"].astype(float))
    other = pd.DataFrame(simulate(setting, draws=100, conf_level=0.9, seed=2))
    assert (other["estimate"] != alone["estimate"]).any()


def test_every_interval_of_the_package_is_simulated(run: ValidationRun) -> None:
    found, simulated = validation.coverage(run), validation.coverage_tally(run)
    wide = found.wide()
    assert set(experiments.METHOD) <= set(wide["group2_level"])
    assert wide["group1_level"].nunique() == 20
    assert set(wide["n"]) == {"100", "20", "10", "5"}
    total = simulated.wide().iloc[0]
    assert int(total["below"]) + int(total["near"]) + int(total["above"]) == len(wide)
    assert (total["draws"], total["fewest"], total["nominal"]) == ("100", "5", "90\u202f%")
    assert set(found.frame["data_status"]) == {"synthetic"}


def test_a_coverage_off_its_level_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    few = [experiments.one_proportion(30, 0.1), experiments.two_means(88, 41, 2, 2),
           experiments.two_means(20, 60, 4, 1)]  # fmt: skip
    module = import_module("analysis.validation.coverage")
    monkeypatch.setattr(module, "experiments", lambda: few)
    run = validation.resolve(ValidationParameters(draws=20_000, conf_level=0.95, seed=1))
    wide = validation.coverage(run).wide().set_index(["variable", "group2_level"])
    told = wide["reason"].fillna("").str.len() > 1
    assert told.tolist() == wide["judged"].ne("near").tolist()
    assert wide.loc[("n 30, true 10\u202f%", "Clopper–Pearson"), "reason"].startswith("exact: ")
    assert not told[("88 v 41, SD 2 v 2", "Welch")]
    unequal = wide.loc[("20 v 60, SD 4 v 1", "pooled variance")]
    assert (unequal["judged"], unequal["reason"]) == (
        "below", "the variances differ, and the smaller arm has the larger"
    )  # fmt: skip


def test_coverages_are_fractions_shown_as_per_cent(run: ValidationRun) -> None:
    rows = validation.coverage(run).frame
    shares = rows[rows["stat_name"].isin(["estimate", "conf.low", "conf.high"])]
    assert set(shares["unit"]) == {"proportion"}
    assert shares["stat"].astype(float).between(0, 1).all()
    one = validation.coverage(run).select(stat_name="estimate").frame.iloc[0]
    assert one["stat_fmt"] == f"{100 * one['stat']:.1f}"
    total = validation.coverage_tally(run)
    [answer] = views_of(validation.answer, run)
    for end in ("min", "max"):
        assert f"{total.text(end)}\u202f% (" in answer.text()


def test_tables_and_figures_have_both_forms(run: ValidationRun) -> None:
    for section in (
        validation.answer,
        validation.agreement,
        validation.tally,
        validation.cases,
        validation.conventions,
        validation.not_validated,
        validation.coverage,
        validation.sources,
    ):
        assert section.views
        for item in views_of(section, run):
            assert item.text().strip()
            assert len(item.html()) > 200


def test_every_family_has_its_table(run: ValidationRun, cases: Results) -> None:
    tables = views_of(validation.cases, run)
    families = list(dict.fromkeys(cases.frame["group1_level"]))
    assert [table.title for table in tables] == [f"{name}: every quantity" for name in families]
    assert sum(len(table.rows()) for table in tables) == len(cases.wide())
