"""Multiple imputation: exact limits, independent recomputation and laws."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.errors import UserError
from analysis.stats import imputation_methods
from analysis.stats.ancova import fit_ancova
from analysis.stats.imputation import (
    imputation_frame,
    impute,
    impute_mar,
    impute_once,
    impute_reference_based,
    shift_imputed,
)
from analysis.stats.imputation_ancova import pool_ancova
from analysis.stats.imputation_draws import BURN_IN, Plan, fill_gaps, impute_after, plan_draws
from analysis.stats.imputation_methods import METHODS
from analysis.stats.imputation_model import ImputationData, prepare_imputation
from analysis.stats.imputation_noise import Noise, draw_noise
from analysis.stats.least_squares_means import contrast_reference
from analysis.stats.linear_estimates import Estimate
from analysis.stats.mmrm import fit_mmrm
from analysis.stats.rubin import PooledEstimate

REFERENCE_BASED = METHODS[1:4]
VISITS = ["W4", "W8", "W12"]
LAWS = settings(max_examples=10, deadline=None)
SEEDS = st.integers(0, 10_000)


def trial(seed: int, n: int = 60, dropout: float = 0.15, gaps: float = 0.0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    arm = np.resize(["Ref", "Test"], n)
    base = rng.normal(10, 2, n)
    own = rng.normal(0, 1, (n, 1))
    effect = (arm == "Test")[:, None] * np.array([0.5, 1.0, 2.0])
    values = base[:, None] + np.arange(3) + effect + own + rng.normal(0, 1, (n, 3))
    for i in range(n):
        for j in range(1, 3):
            if rng.random() < dropout:
                values[i, j:] = np.nan
    values[:, :2][rng.random((n, 2)) < gaps] = np.nan
    rows = [
        (f"S{i:03}", arm[i], base[i], VISITS[j], values[i, j]) for i in range(n) for j in range(3)
    ]
    return pd.DataFrame(rows, columns=["id", "arm", "base", "visit", "y"])


def prepare(frame: pd.DataFrame, **changes):
    options = {
        "response": "y",
        "subject": "id",
        "visit": "visit",
        "arm": "arm",
        "visits": VISITS,
        "covariates": ["base"],
        "covariance": "pooled",
    }
    return prepare_imputation(frame, **(options | changes))


def ancova(frame: pd.DataFrame) -> Estimate:
    last = frame[frame["visit"] == "W12"]
    fit = fit_ancova(last, response="y", factors=["arm"], covariates=["base"], std_errors="model")
    return contrast_reference(
        fit, "arm", reference="Ref", weights="equal", level=0.95, adjust="none"
    )[0]


def pool(imputations: object, data: ImputationData) -> PooledEstimate:
    found = pool_ancova(
        imputations, data, visit="W12", covariates=["base"], reference="Ref", weights="equal",
        level=0.95,
    )  # fmt: skip
    return found.at()[-1]


def with_a_visit(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[frame.groupby("id")["y"].transform("count") > 0]


def noise_of(plan: Plan, numbers, seed: int) -> Noise:
    return draw_noise(
        numbers, seed, groups=plan.groups, n_sweeps=plan.n_sweeps, gaps=plan.gaps, after=plan.after
    )


# limits ----


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("covariance", ["pooled", "by-arm"])
def test_nothing_missing_is_the_analysis_itself(method: str, covariance: str) -> None:
    frame = trial(1, dropout=0.0)
    data = prepare(frame, covariance=covariance)
    assert (data.n_missing_intermittent, data.n_missing_after) == (0, 0)
    if method == "mar":
        done = impute_mar(data, n_imputations=3, seed=1)
    else:
        done = impute_reference_based(data, method=method, reference="Ref", n_imputations=3, seed=1)
    for item in done:
        np.testing.assert_array_equal(item.values, data.values)
    pooled, direct = pool(done, data), ancova(frame)
    for name in ("estimate", "std_error", "df", "lower", "upper", "p_value"):
        np.testing.assert_allclose(getattr(pooled, name), getattr(direct, name), rtol=1e-12)


@pytest.mark.parametrize("gaps", [0.0, 0.05])
def test_missing_at_random_agrees_with_the_mixed_model(gaps: float) -> None:
    frame = trial(2, n=300, dropout=0.2, gaps=gaps)
    done = impute_mar(prepare(frame), n_imputations=300, seed=7)
    pooled = pool(done, prepare(frame))
    mixed = fit_mmrm(
        frame,
        response="y",
        subject="id",
        visit="visit",
        visits=VISITS,
        factors=["arm", "visit"],
        covariates=["base"],
        interactions=[("arm", "visit"), ("base", "visit")],
        structure="unstructured",
        df_method="kenward-roger",
    )
    expected = contrast_reference(
        mixed, "arm", reference="Ref", weights="equal", level=0.95, adjust="none", by=["visit"]
    )[-1]
    monte_carlo = np.sqrt(pooled.between / pooled.n_imputations)
    assert abs(pooled.estimate - expected.estimate) < 4 * monte_carlo
    np.testing.assert_allclose(pooled.std_error, expected.std_error, rtol=0.05)


def two_visit_plan(frame: pd.DataFrame):
    """Regress the last visit on the first two, arm and baseline, by statsmodels-free algebra."""
    wide = frame.pivot(index="id", columns="visit", values="y")[VISITS]
    people = frame.drop_duplicates("id").set_index("id").loc[wide.index]
    test = (people["arm"] == "Test").to_numpy(dtype=float)
    return wide.to_numpy(), test, people["base"].to_numpy()


@pytest.mark.parametrize("method", METHODS)
def test_mean_imputed_values_are_those_of_the_definition(method: str) -> None:
    # dropout only before the last visit; posterior means of the regressions are their
    # least-squares fits, and with dropout after W8 all other quantities are linear in them
    frame = trial(3, n=200, dropout=0.0)
    drop = np.random.default_rng(1).choice(200, 50, replace=False)
    ids = [f"S{i:03}" for i in drop]
    frame.loc[frame["id"].isin(ids) & (frame["visit"] == "W12"), "y"] = np.nan
    data = prepare(frame)
    values, test, base = two_visit_plan(frame)
    fixed = np.column_stack([1 - test, test, base])
    g1 = np.linalg.lstsq(fixed, values[:, 0])[0]
    g2 = np.linalg.lstsq(np.column_stack([fixed, values[:, 0]]), values[:, 1])[0]
    seen = ~np.isnan(values[:, 2])
    g3 = np.linalg.lstsq(np.column_stack([fixed, values[:, :2]])[seen], values[seen, 2])[0]

    def means(as_test: np.ndarray) -> np.ndarray:
        row = np.column_stack([1 - as_test, as_test, base])
        m1 = row @ g1
        m2 = row @ g2[:3] + m1 * g2[3]
        return np.column_stack([m1, m2, row @ g3[:3] + m1 * g3[3] + m2 * g3[4]])

    own, ref = means(test), means(np.zeros_like(test))
    before = ref if method == "copy-reference" else own
    after = {
        "mar": own[:, 2],
        "jump-to-reference": ref[:, 2],
        "copy-reference": ref[:, 2],
        "copy-increments": own[:, 1] + ref[:, 2] - ref[:, 1],
        "last-mean-carried-forward": own[:, 1],
    }[method]
    expected = after + (values[:, 0] - before[:, 0]) * g3[3] + (values[:, 1] - before[:, 1]) * g3[4]
    count = 800
    if method == "mar":
        done = impute_mar(data, n_imputations=count, seed=11)
    else:
        done = impute_reference_based(
            data, method=method, reference="Ref", n_imputations=count, seed=11
        )
    drawn = np.array([item.values[~seen, 2] for item in done])
    error = drawn.std(axis=0) / np.sqrt(count)
    assert (np.abs(drawn.mean(axis=0) - expected[~seen]) < 4.5 * error).all()
    # observed values are untouched
    np.testing.assert_array_equal(done[0].values[seen], values[seen])


def test_reference_arm_is_imputed_at_random_by_every_method() -> None:
    frame = trial(4, n=120)
    data = prepare(frame)
    reference = data.arm_index == 0
    mar = impute_mar(data, n_imputations=300, seed=3)
    for method in REFERENCE_BASED:
        done = impute_reference_based(
            data, method=method, reference="Ref", n_imputations=300, seed=4
        )
        one = np.mean([m.values[reference, 2].mean() for m in mar])
        two = np.mean([m.values[reference, 2].mean() for m in done])
        spread = np.std([m.values[reference, 2].mean() for m in mar])
        assert abs(one - two) < 5 * spread * np.sqrt(2 / 300)


def test_reference_methods_shrink_the_effect_in_the_expected_order() -> None:
    frame = trial(5, n=300, dropout=0.25)
    data = prepare(frame)
    effect = {"mar": impute_mar(data, n_imputations=40, seed=2)} | {
        m: impute_reference_based(data, method=m, reference="Ref", n_imputations=40, seed=2)
        for m in REFERENCE_BASED
    }
    found = {m: pool(v, data).estimate for m, v in effect.items()}
    assert found["mar"] > found["copy-increments"] > found["jump-to-reference"]
    assert found["mar"] > found["copy-reference"] > found["jump-to-reference"]


# the posterior ----


@pytest.mark.parametrize("covariance", ["pooled", "by-arm"])
def test_draws_have_the_posterior_moments(covariance: str) -> None:
    frame = trial(6, n=24, dropout=0.0)
    data = prepare(frame, covariates=[], covariance=covariance)
    plan = plan_draws(data)
    parameters, _ = fill_gaps(plan, noise_of(plan, range(4000), seed=8))
    group, law = plan.groups[-1], parameters[-1]
    first = law.std_devs[:, 0] ** 2
    means = law.means(group.fixed_as(1, data.baseline[:1]))[:, 0, 0]
    wide, test, _ = two_visit_plan(frame)
    groups = (
        [wide[test == 1, 0]] if covariance == "by-arm" else [wide[test == 1, 0], wide[test == 0, 0]]
    )
    rss = sum(((g - g.mean()) ** 2).sum() for g in groups)
    df = sum(g.size - 1 for g in groups)
    # sigma^2 is RSS over chi-square(df); the mean is t around the average
    expected, error = rss / (df - 2), first.std() / np.sqrt(4000)
    assert abs(first.mean() - expected) < 5 * error
    average = groups[0].mean()
    assert abs(means.mean() - average) < 5 * means.std() / np.sqrt(4000)
    np.testing.assert_allclose(means.var(), expected / groups[0].size, rtol=0.12)


def test_imputed_values_carry_the_covariance_of_the_data() -> None:
    # a subject without any visit gets the whole covariance matrix
    frame = trial(7, n=200, dropout=0.0)
    frame.loc[frame["id"] == "S001", "y"] = np.nan
    data = prepare(frame)
    assert data.n_subjects_unobserved == 1
    drawn = np.array([m.values[1] for m in impute_mar(data, n_imputations=1500, seed=1)])
    values, test, base = two_visit_plan(frame)
    seen = ~np.isnan(values[:, 0])
    fixed = np.column_stack([1 - test, test, base])[seen]
    residuals = values[seen] - fixed @ np.linalg.lstsq(fixed, values[seen])[0]
    np.testing.assert_allclose(
        np.cov(drawn.T), residuals.T @ residuals / (199 - 3), rtol=0.15, atol=0.15
    )


# a second route, one imputation and one subject at a time ----


def plainly(data: ImputationData, noise: Noise, method: str, number: int) -> np.ndarray:
    """Impute by normal equations and the joint normal law of each subject; reference arm 0."""
    n, width = data.values.shape
    kept, missing = data.n_visits_kept, np.isnan(data.values)
    pooled, n_arms = data.covariance == "pooled", len(data.arms)
    units = [range(n_arms)] if pooled else [[a] for a in range(n_arms)]
    gaps = np.argwhere(missing & (np.arange(width) < kept[:, None]))
    cell = {(i, t): place for place, (i, t) in enumerate(gaps.tolist())}
    filled = data.values.copy()
    for i, t in cell:
        filled[i, t] = np.nanmean(data.values[data.arm_index == data.arm_index[i], t])
    means = np.empty((n_arms, n, width))
    covariances = np.empty((n_arms, width, width))
    for sweep in range(BURN_IN + 1 if cell else 1):
        for u, members in enumerate(units):
            arms = {a: np.tile(np.equal(members, a).astype(float), (n, 1)) for a in members}
            fixed = {a: np.hstack([arms[a], data.baseline]) for a in members}
            inside = np.isin(data.arm_index, list(members))
            some = fixed[members[0]]
            own = np.array([fixed.get(a, some)[i] for i, a in enumerate(data.arm_index)])
            p = own.shape[1]
            spare = np.zeros((p + width, width))
            stairs = np.arange(p + width)[:, None] < p + np.arange(width)
            spare[stairs] = noise.coefficients[u][number, sweep]
            gamma, phi, sigma = np.zeros((width, p)), np.zeros((width, width)), np.zeros(width)
            for t in range(width):
                rows = inside & (kept > t)
                x, y = np.hstack([own[rows], filled[rows, :t]]), filled[rows, t]
                root = np.linalg.cholesky(x.T @ x).T
                beta = np.linalg.lstsq(x, y)[0]
                rss = ((y - x @ beta) ** 2).sum()
                sigma[t] = np.sqrt(rss / noise.chi_square[u][number, sweep, t])
                beta = beta + sigma[t] * np.linalg.solve(root, spare[: p + t, t])
                gamma[t], phi[t, :t] = beta[:p], beta[p:]
            whole = np.linalg.inv(np.eye(width) - phi)
            for a in members:
                means[a] = fixed[a] @ gamma.T @ whole.T
                covariances[a] = whole @ np.diag(sigma**2) @ whole.T
        law_means = means[data.arm_index, np.arange(n)]
        for i in {i for i, _ in cell}:
            wanted = [t for t in range(width) if (i, t) in cell]
            given = [t for t in range(kept[i]) if t not in wanted]
            extra = [noise.gaps[number, sweep, cell[i, t]] for t in wanted]
            filled[i, wanted] = conditional(
                covariances[data.arm_index[i]], given, wanted, filled[i] - law_means[i],
                law_means[i], extra,
            )  # fmt: skip
    for i in np.flatnonzero(kept < width):
        before = after = means[data.arm_index[i], i]
        arm, last = data.arm_index[i], max(kept[i] - 1, 0)
        if method in REFERENCE_BASED:
            arm, ref = 0, means[0, i]
            before = ref if method == "copy-reference" else before
            after = ref + (means[data.arm_index[i], i] - ref)[last] * (method == "copy-increments")
        if method == "last-mean-carried-forward":
            after = np.full(width, before[last])
        given, wanted = list(range(kept[i])), list(range(kept[i], width))
        noisy = noise.after[number, i, wanted]
        filled[i, wanted] = conditional(
            covariances[arm], given, wanted, filled[i] - before, after, noisy
        )
    return filled


def conditional(covariance, given, wanted, deviations, mean, noise):
    """Return normal values given others, from the covariance matrix."""
    link = covariance[np.ix_(wanted, given)] @ np.linalg.inv(covariance[np.ix_(given, given)])
    rest = covariance[np.ix_(wanted, wanted)] - link @ covariance[np.ix_(given, wanted)]
    return mean[wanted] + link @ deviations[given] + np.linalg.cholesky(rest) @ noise


@pytest.mark.parametrize("covariance", ["pooled", "by-arm"])
@pytest.mark.parametrize("method", METHODS)
def test_batches_are_what_subjects_one_by_one_give(method: str, covariance: str) -> None:
    # gaps of one and of two visits, dropout at every visit, a third arm
    frame = trial(14, n=60, dropout=0.15, gaps=0.08)
    frame["arm"] = frame["arm"].where(frame["id"] > "S014", "Other")
    data = prepare(with_a_visit(frame), covariance=covariance)
    assert data.n_missing_intermittent > 5
    plan = plan_draws(data)
    assert max(each.wanted.size for parts in plan.patterns for each in parts) == 2
    noise = noise_of(plan, [0, 7], seed=3)
    parameters, filled = fill_gaps(plan, noise)
    reference = data.arms[0]
    found = impute_after(plan, parameters, filled, noise.after, method, reference)
    for number in range(2):
        expected = plainly(data, noise, method, number)
        np.testing.assert_allclose(found[number], expected, rtol=1e-9)


# laws ----


@pytest.mark.parametrize("memory", [1, 3000, 10**9])
def test_batches_and_company_change_no_digit(memory: int, monkeypatch) -> None:
    data = prepare(with_a_visit(trial(8, gaps=0.05)))
    monkeypatch.setattr(imputation_methods, "MEMORY", memory)
    done = impute(data, methods=METHODS, reference="Ref", n_imputations=7, seed=5)
    for method, found in done.items():
        alone = impute_once(6, data, method=method, reference="Ref", seed=5)
        assert found[6].values.tobytes() == alone.values.tobytes()
        assert [each.index for each in found] == list(range(7))


def test_results_do_not_depend_on_order_or_parallel_runs() -> None:
    data = prepare(trial(8, gaps=0.05))
    plain = impute_mar(data, n_imputations=4, seed=5)
    alone = impute_once(3, data, method="mar", reference=None, seed=5)
    np.testing.assert_array_equal(plain[3].values, alone.values)
    with ThreadPoolExecutor(2) as pool:
        parallel = impute_mar(data, n_imputations=4, seed=5, mapper=pool.map)
    for one, two in zip(plain, parallel, strict=True):
        np.testing.assert_array_equal(one.values, two.values)
    other = impute_mar(data, n_imputations=4, seed=6)
    assert not np.array_equal(plain[0].values, other[0].values)
    assert not np.array_equal(plain[0].values, plain[1].values)


SCRIPT = """
import hashlib, numpy as np, pandas as pd
from analysis.stats import impute, pool_ancova, prepare_imputation
rng = np.random.default_rng(1)
y = rng.normal(size=(600, 1)) + rng.normal(size=(600, 3))
y[:60, 0] = y[50:150, 2] = np.nan
wide = pd.DataFrame(y).assign(id=range(600), arm=list("PT") * 300, base=rng.normal(size=600))
long = wide.melt(id_vars=["id", "arm", "base"], var_name="visit", value_name="y")
data = prepare_imputation(long, response="y", subject="id", visit="visit", arm="arm",
                          visits=[0, 1, 2], covariates=["base"], covariance="pooled")
done = impute(data, methods=["mar", "cir", "lmcf"], reference="P", n_imputations=40, seed=1)
grid = pool_ancova(done["mar"], data, visit=2, covariates=["base"], reference="P",
                   weights="equal", level=0.95, arms=["T"]).grid([0.0, -1.0])
values = [each.values for items in done.values() for each in items]
numbers = np.append(np.ravel(values), grid.drop(columns="label").to_numpy())
print(hashlib.sha256(numbers.tobytes()).hexdigest())
"""


def test_threads_and_processes_change_no_digit() -> None:
    names = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "PYTHONHASHSEED")
    runs = [
        subprocess.run(
            [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True,
            env=os.environ | dict.fromkeys(names, count),
        )
        for count in ("1", "2")
    ]  # fmt: skip
    assert runs[0].stdout == runs[1].stdout
    assert len(runs[0].stdout) == 65


@LAWS
@given(seed=SEEDS)
def test_row_order_and_absent_rows_do_not_matter(seed: int) -> None:
    frame = trial(seed)
    changed = frame.sample(frac=1.0, random_state=seed)
    present = changed[changed["y"].notna() | (changed["visit"] == "W4")]
    one = impute_once(0, prepare(frame), method="mar", reference=None, seed=1)
    two = impute_once(0, prepare(present), method="mar", reference=None, seed=1)
    np.testing.assert_allclose(one.values, two.values, rtol=1e-9)


@LAWS
@given(seed=SEEDS, scale=st.floats(1e-6, 1e8), shift=st.floats(-100, 100))
def test_units_and_shifts_do_not_matter(seed: int, scale: float, shift: float) -> None:
    frame = trial(seed, gaps=0.02)
    moved = frame.assign(y=scale * (frame["y"] + shift), base=frame["base"] * 1e3)
    for method, reference in (("mar", None), ("copy-increments", "Ref")):
        one = impute_once(0, prepare(frame), method=method, reference=reference, seed=1)
        two = impute_once(0, prepare(moved), method=method, reference=reference, seed=1)
        np.testing.assert_allclose(
            scale * (one.values + shift), two.values, rtol=1e-6, atol=1e-6 * scale
        )


@LAWS
@given(seed=SEEDS, delta=st.floats(-5, 5))
def test_delta_moves_only_the_imputed_values_asked_for(seed: int, delta: float) -> None:
    data = prepare(trial(seed, gaps=0.05))
    base = impute_once(0, data, method="mar", reference=None, seed=1)
    missing = np.isnan(data.values)
    after = np.arange(3) >= data.n_visits_kept[:, None]
    test = (data.arm_index == 1)[:, None]
    for which, cells in (("all", missing & test), ("after-dropout", missing & after & test)):
        moved = shift_imputed(base, data, delta=delta, arms=["Test"], which=which)
        np.testing.assert_allclose(
            moved.values - base.values, np.where(cells, delta, 0), atol=1e-12
        )
    by_visit = shift_imputed(base, data, delta={"W12": delta}, arms=["Test", "Ref"], which="all")
    change = by_visit.values - base.values
    np.testing.assert_allclose(change[:, :2], 0)
    np.testing.assert_allclose(change[missing[:, 2], 2], delta, atol=1e-12)


def test_completed_frame_has_every_cell_and_flags_the_imputed() -> None:
    frame = trial(9)
    copy = frame.copy(deep=True)
    data = prepare(frame)
    long = imputation_frame(impute_once(0, data, method="mar", reference=None, seed=1), data)
    assert len(long) == 180
    assert long["imputed"].sum() == frame["y"].isna().sum() == data.n_missing_after
    assert long["visit"].cat.categories.tolist() == VISITS
    merged = long.merge(frame, on=["id", "visit"], suffixes=("", "_raw"))
    kept = merged[~merged["imputed"]]
    assert (kept["y"] == kept["y_raw"]).all()
    pd.testing.assert_frame_equal(frame, copy)


def test_baseline_factors_enter_the_model() -> None:
    frame = trial(10)
    frame["site"] = np.where(frame["id"].str[-1].astype(int) < 5, "X", "Y")
    data = prepare(frame, factors=["site"])
    assert data.baseline.shape == (60, 2)
    done = impute_once(0, data, method="mar", reference=None, seed=1)
    assert np.isfinite(done.values).all()


# wrong inputs ----


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        (lambda f: f.assign(y=np.nan), {}, "no record is left"),
        (lambda f: f.assign(y=3.0), {}, "constant"),
        (lambda f: f.assign(base=1.0), {}, "covariate 'base' is constant"),
        (lambda f: f.assign(base=f.base.where(f.id != "S003")), {}, "'base' has 3 missing"),
        (lambda f: f.assign(base=f.base + (f.visit == "W8")), {}, "changes within a subject"),
        (lambda f: pd.concat([f, f.head(1)]), {}, "more than one record"),
        (lambda f: f[f.id.isin(["S000", "S001", "S002"])], {}, "coefficients but"),
        (lambda f: f[f.id == "S000"], {"covariates": []}, "constant|coefficients but 1 subjects"),
        (lambda f: f, {"visits": ["W4", "W8"]}, "'W12'"),
        (lambda f: f, {"covariance": "by sex"}, "must be one of pooled, by-arm"),
        (lambda f: f, {"response": "z"}, "no column 'z'"),
        (
            lambda f: f.assign(y=f.y.where((f.arm == "Ref") | (f.visit == "W4"))),
            {},
            "aliased",
        ),
        (
            lambda f: f.assign(y=f.y.where((f.arm == "Ref") | (f.visit != "W8"))),
            {},
            "no subject of arm 'Test'",
        ),
        (
            lambda f: f.assign(y=f.groupby("id").y.transform("first")),
            {},
            "fits exactly|aliased",
        ),
        (
            # a copy of the visit before, seen through gaps
            lambda f: f.assign(
                y=f.groupby("id")
                .y.transform("first")
                .where(f.visit != "W12", f.y)
                .mask(f.id.isin(["S005", "S008"]) & (f.visit == "W8"))
            ),
            {},
            "does not settle|fits exactly|aliased",
        ),
    ],
)
def test_wrong_data_are_one_sentence(change, options, message) -> None:
    with pytest.raises(UserError, match=message):
        impute_mar(prepare(change(trial(11, dropout=0.1)), **options), n_imputations=2, seed=1)


@pytest.mark.parametrize("visits", [1, 3])
@pytest.mark.parametrize("covariates", [["base"], []])
def test_arms_that_are_pooled_are_not_to_be_pooled(visits: int, covariates: list[str]) -> None:
    frame = trial(15, n=4, dropout=0.0)
    frame = frame[frame["visit"].isin(VISITS[:visits])]
    said = {}
    for covariance in ("pooled", "by-arm"):
        data = prepare(
            frame if visits == 3 else frame[frame["id"] < "S002"],
            visits=VISITS[:visits], covariates=covariates, covariance=covariance,
        )  # fmt: skip
        with pytest.raises(UserError) as error:
            impute_mar(data, n_imputations=2, seed=1)
        said[covariance] = str(error.value)
    assert "coefficients but" in said["pooled"]
    assert "pool" not in said["pooled"]
    assert "pool arms (covariance = 'pooled')" in said["by-arm"]


@pytest.mark.parametrize("covariance", ["pooled", "by-arm"])
@pytest.mark.parametrize("visit", VISITS)
def test_a_visit_without_variance_is_named(visit: str, covariance: str) -> None:
    frame = trial(16, gaps=0.02)
    frame.loc[(frame["visit"] == visit) & frame["y"].notna(), "y"] = 7.5
    with pytest.raises(UserError, match=rf"constant \(7.5\) at visit '{visit}'"):
        impute_mar(prepare(frame, covariance=covariance), n_imputations=2, seed=1)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda d: impute_mar(d, n_imputations=1, seed=1), "from 2 up"),
        (lambda d: impute_mar(d, n_imputations=2, seed=-1), "seed must be"),
        (
            lambda d: impute_reference_based(
                d, method="locf", reference="Ref", n_imputations=2, seed=1
            ),
            "method must be one of",
        ),
        (
            lambda d: impute_reference_based(
                d, method="copy-reference", reference="Rf", n_imputations=2, seed=1
            ),
            "did you mean 'Ref'",
        ),
        (lambda d: impute(d, methods=["mar", "j2r"], n_imputations=2, seed=1), "no arm 'None'"),
        (
            lambda _: impute(
                prepare(trial(12).assign(y=lambda f: f.y.where(f.id != "S003"))),
                methods="lmcf",
                n_imputations=2,
                seed=1,
            ),
            "1 subjects have no observed visit",
        ),
    ],
)
def test_wrong_requests_are_one_sentence(call, message) -> None:
    with pytest.raises(UserError, match=message):
        call(prepare(trial(12)))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"delta": np.nan}, "delta must be finite"),
        ({"delta": {"W99": 1.0}}, "names the visit 'W99'"),
        ({"arms": ["Placebo"]}, "no arm 'Placebo'"),
        ({"which": "some"}, "which must be"),
    ],
)
def test_wrong_shifts_are_one_sentence(options, message) -> None:
    data = prepare(trial(13))
    done = impute_once(0, data, method="mar", reference=None, seed=1)
    with pytest.raises(UserError, match=message):
        shift_imputed(done, data, **({"delta": 1.0, "arms": ["Test"], "which": "all"} | options))
