"""Conditional-mean imputation with the jackknife: published numbers, a second route, and laws."""

import math
import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis import paths
from analysis.errors import UserError
from analysis.stats import (
    contrast_reference,
    delta_surface,
    fit_ancova,
    fit_mmrm,
    impute_conditional_means,
    ls_means,
)
from analysis.stats.conditional_data import Incomplete
from analysis.stats.conditional_imputation import STRATEGIES, complete_responses
from analysis.stats.conditional_result import STD_ERRORS, ConditionalMeans

VISITS = ["W4", "W8", "W12"]
DATA = paths.ROOT.parent / "shared" / "reference" / "antidepressant.csv"


def impute(frame: pd.DataFrame, **changes: object) -> ConditionalMeans:
    options = {
        "response": "y", "subject": "id", "visit": "visit", "arm": "arm", "reference": "Ref",
        "visits": VISITS, "covariates": ["base"], "factors": ["site"],
        "structure": "unstructured", "weights": "equal",
    }  # fmt: skip
    return impute_conditional_means(frame, **(options | changes))


# rbmi, vignette CondMean_Inference (openpharma/rbmi, commit 5961fa07); every digit by R. -------

# what, visit → estimate, standard error, lower, upper, p; trt is PLACEBO minus DRUG
RBMI = {
    ("jump-to-reference", "jackknife"): {
        "trt 4": (-0.09180645, 0.6945980, -1.453193, 1.269581, 0.8948482),
        "DRUG 4": (-1.615820, 0.5875671, -2.767430, -0.4642096, 0.005959206),
        "PLACEBO 4": (-1.707626, 0.3960584, -2.483887, -0.9313663, 1.621123e-05),
        "trt 7": (2.125580, 0.8581352, 0.4436661, 3.807494, 0.01325009),
        "DRUG 7": (-6.964648, 0.6849488, -8.307123, -5.622173, 2.751428e-24),
        "PLACEBO 7": (-4.839068, 0.7619460, -6.332454, -3.345681, 2.140140e-10),
    },
    ("jump-to-reference", "information-anchored"): {
        "trt 4": (-0.09180645, 0.6945980, -1.453193, 1.269581, 0.8948482),
        "trt 7": (2.125580, 1.123189, -0.07583069, 4.326991, 0.05843101),
        "DRUG 7": (-6.964648, 0.8497961, -8.630217, -5.299078, 2.492027e-16),
        "PLACEBO 7": (-4.839068, 0.7631473, -6.334809, -3.343326, 2.283740e-10),
    },
    ("mar", "jackknife"): {
        "trt 5": (1.403211, 0.9411790, -0.4414655, 3.247888, 0.1359856),
        "trt 7": (2.801834, 1.106719, 0.6327043, 4.970963, 0.01135247),
    },
    ("copy-reference", "jackknife"): {
        "trt 5": (1.300066, 0.9048008, -0.4733115, 3.073443, 0.1507598),
        "trt 7": (2.370748, 0.9810774, 0.4478713, 4.293624, 0.01567166),
        "DRUG 7": (-7.207079, 0.7662160, -8.708835, -5.705324, 5.150457e-21),
    },
    ("copy-reference", "information-anchored"): {
        "trt 7": (2.370748, 1.115505, 0.1843990, 4.557096, 0.03356414)
    },
}
GIVEN = [(*key, what, row) for key, rows in RBMI.items() for what, row in rows.items()]


@pytest.fixture(scope="module")
def antidepressant() -> ConditionalMeans:
    if not DATA.is_file():
        pytest.skip("the reference data are not there")
    frame = pd.read_csv(DATA, dtype={"PATIENT": str, "VISIT": str})
    return impute_conditional_means(
        frame, response="CHANGE", subject="PATIENT", visit="VISIT", arm="THERAPY",
        reference="PLACEBO", visits=["4", "5", "6", "7"], covariates=["BASVAL"],
        structure="unstructured", weights="equal",
    )  # fmt: skip


@pytest.mark.parametrize(("strategy", "std_errors", "what", "row"), GIVEN)
def test_the_numbers_of_rbmi_are_met(
    antidepressant: ConditionalMeans,
    strategy: str,
    std_errors: str,
    what: str,
    row: tuple[float, ...],
) -> None:
    name, visit = what.split()
    options = {"visit": visit, "strategy": strategy, "std_errors": std_errors, "level": 0.95}
    if name == "trt":
        it = antidepressant.difference("DRUG", **options)
        found = (-it.estimate, it.std_error, -it.upper, -it.lower, it.p_value)
    else:
        it = antidepressant.mean(name, **options)
        found = (it.estimate, it.std_error, it.lower, it.upper, it.p_value)
    # seven significant digits are given
    np.testing.assert_allclose(found, row, rtol=5.5e-7)


def test_a_gap_in_the_middle_is_no_dropout(antidepressant: ConditionalMeans) -> None:
    # patient 3618 alone has a gap: every other missing value comes after the last observed one
    assert int((antidepressant.n_missing - antidepressant.n_missing_after).sum()) == 1
    assert antidepressant.n_subjects == 172


# A second route: every refit by `fit_mmrm` and `fit_ancova`, every imputation by its definition.


def trial(seed: int = 7, n: int = 42) -> pd.DataFrame:
    """Three arms, two sites; dropout, gaps, and one who was never seen."""
    rng = np.random.default_rng(seed)
    arm, site = np.resize(["Ref", "Low", "High"], n), np.resize(["A", "A", "A", "B", "B"], n)
    base = rng.normal(10, 2, n)
    gain = np.array([{"Ref": 0, "Low": 1, "High": 2}[name] for name in arm])
    values = 0.6 * base[:, None] + gain[:, None] * [0.4, 0.8, 1.2] + rng.normal(0, 1, (n, 1))
    values = values + rng.normal(0, 1, (n, 3))
    values[[3, 4, 11, 20, 29], 2] = np.nan
    values[[5, 7, 15], 1:] = np.nan
    values[[8, 13], 1] = np.nan
    values[10, 0] = np.nan
    values[18, :] = np.nan
    rows = [
        (f"S{i:02}", arm[i], site[i], base[i], VISITS[j], values[i, j])
        for i in range(n)
        for j in range(3)
    ]
    return pd.DataFrame(rows, columns=["id", "arm", "site", "base", "visit", "y"])


class ByHand:
    """One data set: imputed by the definitions, and analysed at the last visit."""

    def __init__(self, frame: pd.DataFrame) -> None:
        fit = fit_mmrm(
            frame, response="y", subject="id", visit="visit", visits=VISITS,
            factors=["arm", "visit", "site"], covariates=["base"],
            interactions=[("arm", "visit"), ("site", "visit"), ("base", "visit")],
            structure="us", df_method="sw",
        )  # fmt: skip
        self.people = frame.drop_duplicates("id").sort_values("id").set_index("id")
        wide = frame.pivot(index="id", columns="visit", values="y")
        self.values = wide.loc[self.people.index, VISITS].to_numpy()
        self.covariance = fit.visit_covariance
        self.done: dict[str, np.ndarray] = {}
        self.own, self.ref = (
            np.array([[self._mean(fit, row, visit, arm) for visit in VISITS]
                      for _, row in self.people.iterrows()])
            for arm in ("", "Ref")
        )  # fmt: skip

    @staticmethod
    def _mean(fit, row: pd.Series, visit: str, arm: str) -> float:
        at = {"arm": {arm or row["arm"]: 1.0}, "site": {row["site"]: 1.0}, "visit": {visit: 1.0}}
        where = fit.design.mean_row(at=at, weights="equal", covariates={"base": row["base"]})
        return float(where @ fit.coefficients)

    def completed(self, strategy: str) -> np.ndarray:
        if strategy not in self.done:
            self.done[strategy] = self._complete(strategy)
        return self.done[strategy]

    def _complete(self, strategy: str) -> np.ndarray:
        done = self.values.copy()
        for i, row in enumerate(self.values):
            seen = np.flatnonzero(~np.isnan(row))
            last = seen[-1] + 1 if seen.size else 0
            own, ref = self.own[i], self.ref[i]
            gaps = [t for t in range(last) if np.isnan(row[t])]
            done[i, gaps] = self._given(own, own, row, seen, gaps)
            before, after = {
                "mar": (own, own),
                "jump-to-reference": (own, ref),
                "copy-reference": (ref, ref),
                "copy-increments": (own, ref + (own - ref)[last - 1] if last else ref),
                "last-mean-carried-forward": (own, own[last - 1] + 0 * own if last else own),
            }[strategy]
            late = list(range(last, 3))
            done[i, late] = self._given(before, after, done[i], np.arange(last), late)
        return done

    def _given(self, before, after, row, seen, wanted) -> np.ndarray:
        v = self.covariance
        slope = v[np.ix_(wanted, seen)] @ np.linalg.pinv(v[np.ix_(seen, seen)])
        return after[wanted] + slope @ (row[seen] - before[seen])

    def missing(self, arm: str, *, after: bool) -> np.ndarray:
        late = np.isnan(self.values[:, ::-1]).cumprod(axis=1)[:, ::-1].astype(bool)
        cells = late if after else np.isnan(self.values)
        return cells & (self.people["arm"] == arm).to_numpy()[:, None]

    def difference(self, values: np.ndarray, arm: str) -> float:
        people = self.people
        columns = [people["arm"] == arm, ~people["arm"].isin([arm, "Ref"]), people["site"] == "A",
                   people["base"], people["base"] == people["base"]]  # fmt: skip
        design = np.column_stack(columns).astype(float)
        return float(np.linalg.lstsq(design, values[:, 2])[0][0])


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return trial()


@pytest.fixture(scope="module")
def found(frame: pd.DataFrame) -> ConditionalMeans:
    return impute(frame)


@pytest.fixture(scope="module")
def by_hand(frame: pd.DataFrame) -> list[ByHand]:
    """All subjects, then without each."""
    every = sorted(frame["id"].unique())
    return [ByHand(frame), *(ByHand(frame[frame["id"] != each]) for each in every)]


def jackknife(values: list[float]) -> float:
    n = len(values) - 1
    return math.sqrt((n - 1) / n * np.sum((np.array(values[1:]) - np.mean(values[1:])) ** 2))


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("arm", ["Low", "High"])
def test_each_refit_by_itself_gives_the_same(
    found: ConditionalMeans, by_hand: list[ByHand], strategy: str, arm: str
) -> None:
    values = [each.difference(each.completed(strategy), arm) for each in by_hand]
    it = found.difference(arm, visit="W12", strategy=strategy, std_errors="jackknife", level=0.9)
    np.testing.assert_allclose(it.estimate, values[0], rtol=1e-8)
    np.testing.assert_allclose(it.std_error, jackknife(values), rtol=1e-7)
    full = by_hand[0]
    kept = full.completed(strategy) - full.completed("mar")
    anchored = [full.difference(full.completed(strategy), arm)]
    for place, each in enumerate(by_hand[1:]):
        own = each.completed("mar") + np.delete(kept, place, axis=0)
        anchored.append(each.difference(own, arm))
    options = {"strategy": strategy, "std_errors": "information-anchored", "level": 0.9}
    it = found.difference(arm, visit="W12", **options)
    np.testing.assert_allclose(it.std_error, jackknife(anchored), rtol=1e-7)
    assert it.df == math.inf


@pytest.mark.parametrize("which", ["all", "after-dropout"])
def test_the_surface_is_what_moved_values_give(
    found: ConditionalMeans, by_hand: list[ByHand], which: str
) -> None:
    surface = delta_surface(
        found, arm="High", visit="W12", deltas=[-3.0, 1.0], reference_deltas=[0.0, 2.0],
        which=which, std_errors="jackknife", limit="lower", threshold=0.5, level=0.95,
    )  # fmt: skip
    values = []
    for each in by_hand:
        moved = each.completed("mar")
        moved = moved - 3.0 * each.missing("High", after=which == "after-dropout")
        moved = moved + 2.0 * each.missing("Ref", after=which == "after-dropout")
        values.append(each.difference(moved, "High"))
    np.testing.assert_allclose(surface.estimate[0, 1], values[0], rtol=1e-8)
    np.testing.assert_allclose(surface.std_error[0, 1], jackknife(values), rtol=1e-7)
    for row, delta in enumerate(surface.deltas):
        for column, other in enumerate(surface.reference_deltas):
            at = surface.at(delta, other)
            assert math.isclose(surface.lower[row, column], at.lower, rel_tol=1e-12)
            assert math.isclose(surface.upper[row, column], at.upper, rel_tol=1e-12)
            assert surface.beyond[row, column] == (at.lower > 0.5)


@pytest.mark.parametrize(("limit", "threshold"), [("lower", -1.0), ("upper", 1.5), ("upper", -9.0)])
@pytest.mark.parametrize("strategy", ["mar", "jump-to-reference"])
def test_at_the_border_the_limit_is_the_threshold(
    found: ConditionalMeans, strategy: str, limit: str, threshold: float
) -> None:
    surface = delta_surface(
        found, arm="High", visit="W12", deltas=[0.0], strategy=strategy, which="all",
        std_errors="information-anchored", limit=limit, threshold=threshold, level=0.9,
    )  # fmt: skip
    across = [-4.0, 0.0, 3.0]
    border = surface.border(across)
    assert np.isfinite(border).any()
    for other, deltas in zip(across, border, strict=True):
        for delta in deltas[np.isfinite(deltas)]:
            there = getattr(surface.at(delta, other), limit)
            assert math.isclose(there, threshold, abs_tol=1e-9)
    for towards in (-500.0, 500.0):
        tip = surface.tip(towards=towards)
        if tip is not None:
            assert tip * towards >= 0
            assert math.isclose(getattr(surface.at(tip), limit), threshold, abs_tol=1e-9)
            assert surface.tip(towards=tip * 0.99) is None


# Laws. -----------------------------------------------------------------------------------------


def test_at_random_the_difference_is_that_of_the_mixed_model(
    frame: pd.DataFrame, found: ConditionalMeans
) -> None:
    """Generalised least squares is a fixed point of imputing means and least squares."""
    fit = fit_mmrm(
        frame, response="y", subject="id", visit="visit", visits=VISITS,
        factors=["arm", "visit", "site"], covariates=["base"],
        interactions=[("arm", "visit"), ("site", "visit"), ("base", "visit")],
        structure="us", df_method="kr",
    )  # fmt: skip
    mixed = contrast_reference(
        fit, "arm", reference="Ref", weights="equal", level=0.95, adjust="none", by="visit"
    )
    for each in mixed:
        visit = dict(each.groups)["visit"]
        arm = each.label.removesuffix(" - Ref")
        it = found.difference(arm, visit=visit, strategy="mar", std_errors="jackknife", level=0.95)
        np.testing.assert_allclose(it.estimate, each.estimate, rtol=1e-8)


def test_nothing_missing_is_the_analysis_of_covariance_itself() -> None:
    whole = trial()
    whole["y"] = np.random.default_rng(1).normal(whole["base"], 1.0)
    found = impute(whole)
    last = whole[whole["visit"] == "W12"]
    fit = fit_ancova(
        last, response="y", factors=["arm", "site"], covariates=["base"], std_errors="model"
    )
    means = {dict(each.groups)["arm"]: each.estimate
             for each in ls_means(fit, "arm", weights="equal", level=0.95)}  # fmt: skip
    for strategy in STRATEGIES:
        for std_errors in STD_ERRORS:
            options = {"strategy": strategy, "std_errors": std_errors, "level": 0.95}
            for arm, mean in means.items():
                it = found.mean(arm, visit="W12", **options)
                np.testing.assert_allclose(it.estimate, mean, rtol=1e-12)
            assert found.difference("Low", visit="W12", **options).std_error > 0
    assert found.structure == ""
    surface = delta_surface(
        found, arm="Low", visit="W12", deltas=[-9.0], which="all", std_errors="jackknife",
        limit="lower", threshold=0.0, level=0.95,
    )  # fmt: skip
    assert surface.tip(towards=-9.0) is None
    assert surface.estimate[0, 0] == surface.at(0.0).estimate


def test_units_and_the_order_of_rows_do_not_matter(
    frame: pd.DataFrame, found: ConditionalMeans
) -> None:
    other = frame.sample(frac=1.0, random_state=3).assign(
        y=lambda f: 1e6 + 1e3 * f["y"], base=lambda f: 5e4 - 10 * f["base"]
    )
    again = impute(other.dropna(subset="y"), visits=VISITS, strategies=["cir", "JR"])
    # who has no record is not in the data
    assert again.n_subjects == found.n_subjects - 1
    again = impute(other, strategies=["cir", "JR"])
    assert again.strategies == ("copy-increments", "jump-to-reference")
    for std_errors in STD_ERRORS:
        options = {"visit": "W12", "strategy": "cir", "std_errors": std_errors, "level": 0.95}
        one, two = found.difference("Low", **options), again.difference("Low", **options)
        np.testing.assert_allclose(two.estimate, 1e3 * one.estimate, rtol=1e-6)
        np.testing.assert_allclose(two.std_error, 1e3 * one.std_error, rtol=1e-6)


def test_one_visit_alone_and_observed_weights(frame: pd.DataFrame) -> None:
    """With one visit at random, whoever is missing adds nothing to the difference."""
    last = frame[frame["visit"] == "W12"]
    found = impute(last, visits=["W12"], weights="observed")
    fit = fit_ancova(
        last, response="y", factors=["arm", "site"], covariates=["base"], std_errors="model"
    )
    [low] = [each for each in contrast_reference(
        fit, "arm", reference="Ref", weights="observed", level=0.95, adjust="none"
    ) if each.label == "Low - Ref"]  # fmt: skip
    it = found.difference("Low", visit="W12", strategy="mar", std_errors="jackknife", level=0.95)
    np.testing.assert_allclose(it.estimate, low.estimate, rtol=1e-10)


def test_a_structure_that_cannot_be_fitted_gives_way_to_the_next_and_is_named() -> None:
    few = trial()
    # the first and the last visit share no subject, so their covariance is not identified
    number = few["id"].str[1:].astype(int)
    apart = few.assign(y=few["y"].mask((number % 2 == 0) & (few["visit"] == "W12")))
    apart["y"] = apart["y"].mask((number % 2 == 1) & (few["visit"] == "W4"))
    chain = ["unstructured", "compound-symmetry"]
    found = impute(apart, factors=[], covariates=[], structure=chain)
    assert found.structure == "compound-symmetry"
    [(name, reason)] = found.failures
    assert name == "unstructured"
    assert "not identified" in reason


def test_the_frame_has_every_difference_with_both_standard_errors(found: ConditionalMeans) -> None:
    rows = found.to_frame(level=0.95)
    assert len(rows) == len(STRATEGIES) * 2 * 2 * 3
    assert set(rows["std_errors"]) == set(STD_ERRORS)
    one = rows.query("strategy == 'mar' and visit == 'W12' and label == 'Low - Ref'")
    assert one["std_error"].nunique() == 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"reference": "ref"}, "no arm 'ref'.*did you mean 'Ref'"),
        ({"strategies": "jump"}, "strategy must be one of"),
        ({"structure": "free"}, "structure must be one of"),
        ({"weights": "some"}, "weights must be one of"),
        ({"visits": ["W4", "W8"]}, "W12"),
        ({"covariates": ["bse"]}, "no column 'bse'"),
        ({"structure": []}, "name a covariance structure"),
    ],
)
def test_wrong_inputs_are_one_sentence(
    frame: pd.DataFrame, changes: dict[str, object], words: str
) -> None:
    with pytest.raises(UserError, match=words) as raised:
        impute(frame, **changes)
    assert "\n" not in str(raised.value)


def test_data_that_cannot_be_imputed_say_where(frame: pd.DataFrame) -> None:
    empty = frame.assign(y=frame["y"].mask((frame["arm"] == "Low") & (frame["visit"] == "W8")))
    with pytest.raises(UserError, match="arm 'Low' is observed at visit 'W8'"):
        impute(empty)
    alone = frame.assign(site=frame["site"].mask(frame["id"] == "S02", "Z"))
    with pytest.raises(UserError, match="without one subject"):
        impute(alone)
    with pytest.raises(UserError, match="exactly"):
        impute(frame.assign(y=frame["base"].mask(frame["y"].isna())))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"arm": "Ref"}, "another than the reference"),
        ({"arm": "Hi"}, "no arm 'Hi'"),
        ({"visit": "W9"}, "no visit 'W9'"),
        ({"which": "some"}, "which must be one of"),
        ({"limit": "left"}, "limit must be one of"),
        ({"deltas": []}, "one delta or more"),
        ({"deltas": [math.nan]}, "finite"),
        ({"threshold": math.inf}, "threshold must be a finite number"),
        ({"std_errors": "model"}, "std_errors must be one of"),
        ({"level": 95}, "write 0.95"),
    ],
)
def test_wrong_inputs_of_the_surface_are_one_sentence(
    found: ConditionalMeans, changes: dict[str, object], words: str
) -> None:
    options = {
        "arm": "High", "visit": "W12", "deltas": [0.0], "which": "all", "limit": "lower",
        "std_errors": "jackknife", "threshold": 0.0, "level": 0.95,
    }  # fmt: skip
    with pytest.raises(UserError, match=words):
        delta_surface(found, **(options | changes))


# The same to the last bit. ---------------------------------------------------------------------

BITS = """
import hashlib
import numpy as np
import pandas as pd
from analysis.stats import delta_surface, impute_conditional_means

rng = np.random.default_rng(5)
n, visits = 150, ["a", "b", "c", "d"]
arm = np.resize(["R", "T"], n)
values = rng.normal(0, 1, (n, 1)) + rng.normal(0, 1, (n, 4)) + (arm == "T")[:, None]
values[np.cumsum(rng.random((n, 4)) < 0.08, axis=1) > 0] = np.nan
frame = pd.DataFrame({"id": np.repeat(np.arange(n), 4), "arm": np.repeat(arm, 4),
                      "base": np.repeat(rng.normal(0, 1, n), 4),
                      "site": np.repeat(rng.choice(list("ABCDEF"), n), 4),
                      "visit": visits * n, "y": values.ravel()})
found = impute_conditional_means(
    frame, response="y", subject="id", visit="visit", arm="arm", reference="R", visits=visits,
    factors=["site"], covariates=["base"], structure="unstructured", weights="equal")
grid = np.linspace(-3, 3, 21)
surface = delta_surface(
    found, arm="T", visit="d", deltas=grid, reference_deltas=grid, which="all",
    std_errors="jackknife", limit="lower", threshold=0.0, level=0.95)
parts = (found.means, found.jackknife, found.anchored, surface.estimate, surface.lower,
         surface.border(grid))
print(hashlib.sha256(b"".join(np.ascontiguousarray(each).tobytes() for each in parts)).hexdigest())
"""


def test_threads_processes_and_hash_seeds_change_no_bit() -> None:
    running = []
    for threads, seed in (("1", "1"), ("2", "1"), ("2", "77")):
        names = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
        own = os.environ | dict.fromkeys(names, threads) | {"PYTHONHASHSEED": seed}
        running.append(
            subprocess.Popen(
                [sys.executable, "-c", BITS], env=own, stdout=subprocess.PIPE, text=True,
                cwd=paths.ROOT,
            )
        )  # fmt: skip
    said = [each.communicate()[0].strip() for each in running]
    assert len(said[0]) == 64
    assert len(set(said)) == 1


@pytest.mark.parametrize("size", [100, 2])
@pytest.mark.parametrize("seen", ["110", "100", "011", "001", "000"])
def test_sums_stand_for_all_who_miss_the_same_visits(size: int, seen: str) -> None:
    """Twins: a dropout after each visit, a gap, a gap before a gap, and nothing at all."""
    rng = np.random.default_rng(3)
    rows = np.hstack([np.ones((size, 1)), rng.normal(size=(size, 2))])
    there = np.array([each == "1" for each in seen])
    everyone = Incomplete(
        who=np.arange(size), seen=there, rows=rows, reference_rows=rows * [1, 1, 0],
        values=rng.normal(size=(size, there.sum())),
    )  # fmt: skip
    fits = rng.normal(size=(2, 3, 3)), np.stack([np.eye(3) + 0.4, np.diag([1.0, 2.0, 3.0])])
    each, sums = (
        complete_responses(some, *fits, STRATEGIES) for some in (everyone, everyone.moments())
    )
    direct = np.einsum("mr,scmt->scrt", rows, each)
    assert np.allclose(sums, direct, rtol=1e-12, atol=1e-10)
    assert np.abs(direct).max() > 1
    assert not each[..., there].any()
    # One by one, the first subject meets the first fit and the second the second.
    two = replace(everyone, rows=rows[:2], reference_rows=everyone.reference_rows[:2],
                  values=everyone.values[:2])  # fmt: skip
    own = complete_responses(two.one_by_one(), *fits, STRATEGIES)
    assert np.allclose(own[:, :, 0], each[:, [0, 1], [0, 1]], rtol=1e-12)
