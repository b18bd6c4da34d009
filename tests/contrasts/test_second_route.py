"""Pools, network, tipping and n limits again, by plain numpy and scipy, from results.csv."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from scipy import optimize, stats

from analysis.contrasts import indirect, plausible, sensitivity, surface, synthesis, tipping
from analysis.contrasts.settings import ContrastRun
from analysis.results import combine
from analysis.sources.evidence import Ledger
from analysis.stats.meta import meta_analysis

Vector = NDArray[np.float64]


@pytest.fixture(scope="module")
def run(run_of) -> ContrastRun:  # type: ignore[no-untyped-def]
    made: ContrastRun = run_of()
    return made


@pytest.fixture(scope="module")
def rows(run: ContrastRun, tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """What the page writes, read back from its file."""
    parts = (
        synthesis.studies, synthesis.pooled_differences, sensitivity.one_trial_left_out,
        indirect.league, indirect.consistency, tipping.what_is_needed, surface.tipping_surface,
        surface.tipping_corners, plausible.plausible_ranges,
    )  # fmt: skip
    path: Path = tmp_path_factory.mktemp("page") / "results.csv"
    combine(part(run) for part in parts).to_csv(path)
    return pd.read_csv(path, keep_default_na=False, na_values={"stat": [""]})


def wide(rows: pd.DataFrame, analysis: str, values: str = "stat") -> pd.DataFrame:
    found = rows[rows["analysis_id"] == analysis]
    keys = ["group1_level", "group2_level", "variable_level", "note"]
    return found.pivot(index=keys, columns="stat_name", values=values).reset_index()


def reml(y: Vector, v: Vector, x: Vector) -> float:
    """The tau² of the highest restricted likelihood, by direct search."""

    def minus_twice(tau2: float) -> float:
        w = 1 / (v + tau2)
        information = x.T @ (w[:, None] * x)
        beta = np.linalg.solve(information, x.T @ (w * y))
        return float(
            -np.log(w).sum() + np.linalg.slogdet(information)[1] + (w * (y - x @ beta) ** 2).sum()
        )

    grid = np.linspace(0, 10 * y.var(), 2000)
    best = grid[np.argmin([minus_twice(at) for at in grid])]
    step = grid[1]
    found = optimize.minimize_scalar(
        minus_twice, bounds=(max(best - step, 0), best + step), method="bounded",
        options={"xatol": 1e-12},
    )  # fmt: skip
    return float(found.x) if found.fun < minus_twice(0.0) else 0.0


def least_squares(y: Vector, v: Vector, x: Vector, tau2: float) -> tuple[Vector, Vector, float]:
    """Weighted least squares: coefficients, covariance, weighted residual sum of squares."""
    root = 1 / np.sqrt(v + tau2)
    beta = np.linalg.lstsq(root[:, None] * x, root * y, rcond=None)[0]
    covariance = np.linalg.inv((root[:, None] * x).T @ (root[:, None] * x))
    return beta, covariance, float(((root * (y - x @ beta)) ** 2).sum())


def trials_of(rows: pd.DataFrame) -> tuple[Vector, Vector, pd.DataFrame]:
    trials = wide(rows, "synthesis-studies")
    return trials["estimate"].to_numpy(), trials["std.error"].to_numpy() ** 2, trials


def test_the_pool_of_all_trials(rows: pd.DataFrame) -> None:
    y, v, _ = trials_of(rows)
    one = np.ones((y.size, 1))
    pooled = wide(rows, "synthesis")
    pooled = pooled[pooled["group2_level"] == "All trials"].set_index("group1_level")
    fixed = pooled.loc["Fixed effect"]
    mean, variance, q = least_squares(y, v, one, 0.0)
    se = np.sqrt(variance[0, 0])
    assert fixed["estimate"] == pytest.approx(mean[0])
    assert [fixed["conf.low"], fixed["conf.high"]] == pytest.approx(
        list(stats.norm(mean[0], se).ppf([0.025, 0.975]))
    )
    df = y.size - 1
    assert fixed["q"] == pytest.approx(q)
    assert fixed["q.p"] == pytest.approx(stats.chi2.sf(q, df))
    random = pooled.loc["Random effects"]
    # One Q, one I².
    assert fixed["i2"] == random["i2"] == pytest.approx(max(0, (q - df) / q))
    tau2 = reml(y, v, one)
    mean, variance, q = least_squares(y, v, one, tau2)
    se = np.sqrt(variance[0, 0] * max(1, q / df))
    assert random["tau2"] == pytest.approx(tau2, rel=1e-5)
    assert random["estimate"] == pytest.approx(mean[0], rel=1e-5)
    assert [random["conf.low"], random["conf.high"]] == pytest.approx(
        list(stats.t(df, mean[0], se).ppf([0.025, 0.975])), rel=1e-5
    )
    assert [random["prediction.low"], random["prediction.high"]] == pytest.approx(
        list(stats.t(df - 1, mean[0], np.hypot(se, np.sqrt(tau2))).ppf([0.025, 0.975])), rel=1e-5
    )


def test_each_trial_left_out(rows: pd.DataFrame) -> None:
    y, v, trials = trials_of(rows)
    found = wide(rows, "without-each").set_index("group1_level")
    for at, label in enumerate(trials["group2_level"]):
        keep = np.arange(y.size) != at
        one = np.ones((y.size - 1, 1))
        tau2 = reml(y[keep], v[keep], one)
        mean, _, _ = least_squares(y[keep], v[keep], one, tau2)
        _, _, q = least_squares(y[keep], v[keep], one, 0.0)
        assert found.loc[label, "estimate"] == pytest.approx(mean[0], rel=1e-4)
        assert found.loc[label, "i2"] == pytest.approx(max(0, (q - y.size + 2) / q))


def product_of(ledger: Ledger, note: str) -> str:
    """The test product of the trial behind a row, found through its rows of the ledger."""
    numbers = ledger.results.set_index("result_id")
    behind = numbers.loc[note.split("; ")]
    arms = ledger.arms[ledger.arms["study_id"] == behind["study_id"].iloc[0]]
    test = arms[(arms["role"] == "test") & arms["arm_id"].isin(behind["arm_id"])]
    [product] = test["product"].unique()
    return str(product)


def test_the_network(rows: pd.DataFrame, ledger: Ledger) -> None:
    y, v, trials = trials_of(rows)
    products = [product_of(ledger, note) for note in trials["note"]]
    names = sorted(set(products))
    x = np.array([[product == name for name in names] for product in products], float)
    tau2 = reml(y, v, x)
    beta, covariance, q = least_squares(y, v, x, tau2)
    df = y.size - len(names)
    covariance = covariance * max(1, q / df)
    league = wide(rows, "league").set_index(["group1_level", "group2_level"])
    critical = stats.t.ppf(0.975, df)
    daily = indirect.DAILY_NODE
    for i, first in enumerate(names):
        for j, second in [*enumerate(names), (-1, daily)]:
            if first == second:
                continue
            c = np.eye(len(names))[i] - (np.eye(len(names))[j] if second != daily else 0)
            se = np.sqrt(c @ covariance @ c)
            row = league.loc[(first, second)]
            assert row["estimate"] == pytest.approx(c @ beta, rel=1e-5, abs=1e-8)
            assert row["std.error"] == pytest.approx(se, rel=1e-4)
            assert row["conf.high"] - row["conf.low"] == pytest.approx(2 * critical * se, rel=1e-4)
            assert row["parameter"] == df


def test_the_tipping_line(rows: pd.DataFrame, run: ContrastRun) -> None:
    grid = wide(rows, "tipping-surface")
    for row in grid.to_dict("records"):
        n, m = row["n.test"], row["n.reference"]
        unit = np.sqrt((1 - row["correlation"] ** 2) * (1 / n + 1 / m))
        limit = (
            row["test.mean"]
            - row["reference.mean"]
            - stats.t.ppf(0.975, n + m - 2) * unit * (row["sd"])
        )
        # On the line the lower limit is the margin; where no SD will do, the SD is 0.
        assert limit == pytest.approx(run.margin) or (row["sd"] == 0 and limit < (run.margin or 0))
    corners = wide(rows, "tipping-corners")
    for row in corners.to_dict("records"):
        shape = grid.iloc[0]
        n, m = shape["n.test"], shape["n.reference"]
        error = row["sd"] * np.sqrt(1 / n + 1 / m)
        needed = (run.margin or 0) + stats.t.ppf(0.975, n + m - 2) * error
        assert row["difference"] == pytest.approx(needed)
        assert row["reference.mean"] == pytest.approx(shape["test.mean"] - needed)


def brute_force(difference: float, sd: float, sd_reference: float, margin: float) -> int:
    """The first n from 2 on at which the lower limit lies above the margin."""
    n = 2
    while True:
        se = np.sqrt((sd**2 + sd_reference**2) / n)
        if difference - stats.t.ppf(0.975, 2 * n - 2) * se > margin:
            return n
        n += 1


def test_the_n_limits(rows: pd.DataFrame, run: ContrastRun, ledger: Ledger) -> None:
    needed = wide(rows, "needed")
    needed = needed[needed["n.needed"].notna()]
    assert len(needed)
    numbers = ledger.results.set_index("result_id")
    arms = ledger.arms.set_index(["study_id", "arm_id"])
    for row in needed.to_dict("records"):
        behind = numbers.loc[row["note"].split("; ")]
        own = behind[behind["reference_arm_id"] == ""]
        cells = own.pivot_table(index=["study_id", "arm_id"], columns="statistic", values="value")
        role = arms.loc[cells.index, "role"]
        test, reference = (cells[role == name].iloc[0] for name in ("test", "comparator"))
        assert row["n.needed"] == brute_force(
            test["mean"] - reference["mean"], test["sd"], reference["sd"], run.margin or 0
        )


@pytest.mark.parametrize(
    ("difference", "sd", "sd_reference", "n"),
    # GX-H9 phase 2 at its three doses (10.50 (1.98), 11.76 (2.05) and 11.03 (2.27) v 9.14
    # (2.60) where the ledger has those), and LB03002 in Korea, 9.06 (1.63) v 9.72 (2.32).
    [(-0.66, 1.63, 2.32, 26), (0.0, 3.0, 3.0, 23), (5.0, 0.1, 0.1, 2)],
)
def test_at_n_it_is_and_at_one_less_it_is_not(
    difference: float, sd: float, sd_reference: float, n: int
) -> None:
    found = tipping.children_needed(
        difference, sd, sd_reference, margin=-1.8, correlation=0, level=0.95
    )
    assert found == n == brute_force(difference, sd, sd_reference, -1.8)


def test_no_n_is_large_enough_below_the_margin() -> None:
    # Means that differ by the margin: 6.4 − 8.2 is −1.799999999999999, a last bit above it.
    for difference in (-1.8, -2.5, np.nan, 6.4 - 8.2, 6.0 - 7.8, 9.2 - 11):
        assert np.isnan(
            tipping.children_needed(difference, 2, 2, margin=-1.8, correlation=0, level=0.95)
        )
    # A correlation takes its square out of the variance: as many as for an SD of 2 √(1 − 0.36).
    assert tipping.children_needed(
        -0.5, 2, 2, margin=-1.8, correlation=0.6, level=0.95
    ) == brute_force(-0.5, 1.6, 1.6, -1.8)


def test_the_failed_trial_moves_the_pool_and_nothing_else() -> None:
    """The six trials of 2026-11-25 as printed, and VELOCITY: 0.28 (−0.58 to 1.13)."""

    def from_limits(low: float, high: float, n: float) -> float:
        return float((high - low) / 2 / stats.t.ppf(0.975, n - 2))

    trials = [
        (0.33, from_limits(-0.24, 0.89, 224)),  # somatrogon
        (1.79, from_limits(0.97, 2.61, 44)),  # somatrogon, Japan
        (-0.127, from_limits(-0.487, 0.233, 391)),  # Pegpesen
        (11.2 - 10.3, np.hypot(0.2, 0.3)),  # heiGHt, least-squares means
        (11.63 - 11.97, np.sqrt(2.60**2 / 91 + 3.09**2 / 87)),  # LB03002
        (0.47, (1.00 + 0.06) / 2 / stats.norm.ppf(0.975)),  # GX-H9, no n
        (9.44 - 10.70, (9.44 - 10.70 + 2.3) / stats.t.ppf(0.975, 134)),  # VELOCITY
    ]
    y, se = np.array(trials).T
    pooled = meta_analysis(
        y, se, method="reml", interval=synthesis.KNAPP, prediction_df="k-2", level=0.95
    )
    said = (
        pooled.estimate, pooled.lower, pooled.upper, pooled.prediction_lower,
        pooled.prediction_upper,
    )  # fmt: skip
    assert [round(float(value or 0), 2) for value in said] == [0.28, -0.58, 1.13, -2.00, 2.56]
    # The interval is that of Hartung and Knapp without the floor, too: these trials scatter.
    plain = meta_analysis(
        y, se, method="reml", interval="hartung-knapp", prediction_df="k-2", level=0.95
    )
    assert (plain.lower, plain.upper) == pytest.approx((pooled.lower, pooled.upper))
    without = meta_analysis(
        y[:-1], se[:-1], method="reml", interval=synthesis.KNAPP, prediction_df="k-2", level=0.95
    )
    assert [round(x, 2) for x in (without.estimate, without.lower, without.upper)] == [
        0.48, -0.30, 1.26,
    ]  # fmt: skip
