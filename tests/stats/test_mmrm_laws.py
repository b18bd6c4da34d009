"""Laws of the mixed model, its fallback chain and its answers to wrong input."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.errors import UserError
from analysis.stats.ancova import fit_ancova
from analysis.stats.covariance_structures import STRUCTURES, covariance_structure
from analysis.stats.least_squares_means import contrast_reference, ls_means
from analysis.stats.mmrm import fit_mmrm
from analysis.stats.mmrm_df import CoefficientInference
from analysis.stats.term_tests import type3_tests

SEEDS = st.integers(0, 10_000)
LAWS = settings(max_examples=12, deadline=None)
VISITS = ["Week 4", "Week 8", "Week 12"]


def trial(seed: int, n: int = 50, missing: float = 0.2) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    t = len(VISITS)
    arm = np.resize(["Ref", "Test", "High"], n)
    base = rng.normal(8, 2, n)
    own = rng.normal(0, 1, (n, 1))
    values = base[:, None] + own + (arm == "Test")[:, None] + rng.normal(0, [1, 1.5, 2], (n, t))
    dropped = np.cumsum(rng.random((n, t)) < missing / 2, axis=1) > 0
    values[dropped] = np.nan
    values[rng.random((n, t)) < missing / 4] = np.nan
    rows = [
        (f"S{i:03}", arm[i], base[i], VISITS[j], values[i, j]) for i in range(n) for j in range(t)
    ]
    return pd.DataFrame(rows, columns=["id", "arm", "base", "visit", "y"])


WORDS = str.maketrans("0123456789", "abcdefghij")
"""Numbers as letters: visits without an order of their own."""


def fit(frame: pd.DataFrame, **changes):
    options = {
        "response": "y",
        "subject": "id",
        "visit": "visit",
        "visits": VISITS,
        "factors": ["arm", "visit"],
        "covariates": ["base"],
        "interactions": [("arm", "visit"), ("base", "visit")],
        "structure": "unstructured",
        "df_method": "kenward-roger",
    }
    return fit_mmrm(frame, **(options | changes))


def last_visit(result, **changes):
    options = {"reference": "Ref", "weights": "equal", "level": 0.95, "adjust": "none"}
    return contrast_reference(result, "arm", by=["visit"], **(options | changes))[-2:]


def numbers(estimates) -> np.ndarray:
    return np.array([[e.estimate, e.std_error, e.df] for e in estimates])


@LAWS
@given(seed=SEEDS)
def test_row_order_unused_levels_and_missing_rows_do_not_matter(seed: int) -> None:
    frame = trial(seed)
    # "Test" is the later level in both orders, and an unused level and visit are there
    changed = frame.dropna().sample(frac=1.0, random_state=seed)
    arms = pd.Categorical(changed["arm"], categories=["High", "None", "Ref", "Test"])
    changed = changed.assign(arm=arms)
    before, after = fit(frame), fit(changed, visits=[*VISITS, "Week 16"])
    np.testing.assert_allclose(
        numbers(last_visit(before)), numbers(last_visit(after)), rtol=1e-6, atol=1e-9
    )
    assert before.n_dropped - after.n_dropped == frame["y"].isna().sum()


@LAWS
@given(
    seed=SEEDS,
    scale=st.floats(1e-7, 1e9),
    shift=st.floats(-1e3, 1e3),
    unit=st.floats(1e-6, 1e6),
    method=st.sampled_from(["satterthwaite", "kenward-roger"]),
)
def test_units_and_shifts_do_not_matter(
    seed: int, scale: float, shift: float, unit: float, method: str
) -> None:
    frame = trial(seed)
    moved = frame.assign(y=scale * (frame["y"] + shift), base=unit * (frame["base"] + shift))
    before, after = fit(frame, df_method=method), fit(moved, df_method=method)
    one, two = numbers(last_visit(before)), numbers(last_visit(after))
    np.testing.assert_allclose(one * [scale, scale, 1], two, rtol=1e-5, atol=1e-7 * scale)
    np.testing.assert_allclose(
        after.visit_covariance, scale**2 * before.visit_covariance, rtol=1e-6
    )


@LAWS
@given(seed=SEEDS, structure=st.sampled_from(list(STRUCTURES)))
def test_swapped_arms_flip_signs(seed: int, structure: str) -> None:
    frame = trial(seed).query("arm != 'High'")
    result = fit(frame, structure=structure)
    forward, back = last_visit(result)[-1], last_visit(result, reference="Test")[-1]
    np.testing.assert_allclose(
        [forward.estimate, forward.lower, forward.df, forward.p_value],
        [-back.estimate, -back.upper, back.df, back.p_value],
        rtol=1e-8,
    )


@LAWS
@given(seed=SEEDS, level=st.floats(0.6, 0.99), side=st.sampled_from(["lower", "upper"]))
def test_p_at_a_limit_is_alpha(seed: int, level: float, side: str) -> None:
    result = fit(trial(seed))
    first = last_visit(result, level=level)[0]
    again = last_visit(result, level=level, null=getattr(first, side))[0]
    np.testing.assert_allclose(again.p_value, 1 - level, rtol=1e-7)


@LAWS
@given(
    seed=SEEDS,
    structure=st.sampled_from(list(STRUCTURES)),
    method=st.sampled_from(["satterthwaite", "kenward-roger", "kenward-roger-linear"]),
)
def test_one_visit_is_ancova(seed: int, structure: str, method: str) -> None:
    frame = trial(seed).query("visit == 'Week 8'")
    mixed = fit(frame, factors=["arm"], interactions=[], structure=structure, df_method=method)
    plain = fit_ancova(
        frame, response="y", factors=["arm"], covariates=["base"], std_errors="model"
    )
    np.testing.assert_allclose(mixed.parameters, [plain.residual_variance], rtol=1e-8)
    for one, two in zip(
        ls_means(mixed, ["arm"], weights="observed", level=0.95),
        ls_means(plain, ["arm"], weights="observed", level=0.95),
        strict=True,
    ):
        np.testing.assert_allclose(
            [one.estimate, one.std_error, one.df, one.p_value],
            [two.estimate, two.std_error, two.df, two.p_value],
            rtol=1e-7,
        )
    for one, two in zip(type3_tests(mixed), type3_tests(plain), strict=True):
        np.testing.assert_allclose(
            [one.f_value, one.df_denominator, one.p_value],
            [two.f_value, two.df_denominator, two.p_value],
            rtol=1e-6,
        )


@LAWS
@given(seed=SEEDS)
def test_simpler_structures_cannot_fit_better_than_those_that_contain_them(seed: int) -> None:
    frame = trial(seed)
    value = {s: fit(frame, structure=s).minus2_restricted_loglik for s in STRUCTURES}
    for outer, inner in [
        ("unstructured", "toeplitz-heterogeneous"),
        ("unstructured", "ante-dependence"),
        ("toeplitz-heterogeneous", "toeplitz"),
        ("toeplitz-heterogeneous", "ar1-heterogeneous"),
        ("toeplitz-heterogeneous", "compound-symmetry-heterogeneous"),
        ("ante-dependence", "ar1-heterogeneous"),
        ("toeplitz", "ar1"),
        ("toeplitz", "compound-symmetry"),
        ("ar1-heterogeneous", "ar1"),
    ]:
        assert value[outer] <= value[inner] + 1e-8


def test_many_subjects_give_the_same_answer_twice_over() -> None:
    # every subject doubled under a new name: estimates stay, the covariance of n - p scales
    frame = trial(3)
    doubled = pd.concat([frame, frame.assign(id=frame["id"] + "x")])
    one, two = last_visit(fit(frame))[0], last_visit(fit(doubled))[0]
    assert two.std_error < one.std_error / 1.3
    assert fit(doubled).n_patterns == fit(frame).n_patterns


def test_single_arm_and_data_unchanged() -> None:
    frame = trial(4).query("arm == 'Test'")
    copy = frame.copy(deep=True)
    result = fit(frame, factors=["visit"], interactions=[])
    means = ls_means(result, ["visit"], weights="equal", level=0.95)
    assert [m.label for m in means] == VISITS
    pd.testing.assert_frame_equal(frame, copy)


def test_fallback_chain_is_reported() -> None:
    # 9 subjects, 3 visits; first and last visit never in one subject
    frame = trial(5, n=60, missing=0.0)
    number = frame["id"].str[1:].astype(int)
    gap = (number % 2 == 0) & (frame["visit"] == "Week 12")
    gap |= (number % 2 == 1) & (frame["visit"] == "Week 4")
    frame.loc[gap, "y"] = np.nan
    with pytest.raises(UserError, match=r"covariance\(Week 4, Week 12\) is not identified"):
        fit(frame)
    result = fit(frame, structure=["unstructured", "toeplitz-heterogeneous", "ar1"])
    assert [(a.structure, a.converged) for a in result.attempts] == [
        ("unstructured", False),
        ("toeplitz-heterogeneous", False),
        ("ar1", True),
    ]
    assert result.structure == "ar1"
    assert "no subject has both" in result.attempts[0].reason
    assert result.attempts[-1].reason == ""


def test_too_few_subjects_for_the_covariance_is_an_error() -> None:
    frame = trial(6, n=9, missing=0.0)
    small = frame[frame["id"].isin(["S000", "S001", "S003", "S004"])]
    with pytest.raises(UserError, match=r"could not be fitted.*unstructured"):
        fit(small, covariates=[], interactions=[("arm", "visit")])


def test_a_visit_with_one_subject_an_arm_has_no_variance() -> None:
    frame = trial(10, missing=0.0)
    last = frame["visit"] == "Week 12"
    frame.loc[last & ~frame["id"].isin(["S000", "S001", "S002"]), "y"] = np.nan
    with pytest.raises(UserError, match="no variation at visit 'Week 12', so"):
        fit(frame, covariates=[], interactions=[("arm", "visit")])


@pytest.mark.parametrize("correlation", [0.9, 0.99, 0.999])
def test_strong_correlation_is_fitted(correlation: float) -> None:
    # heights of one child from visit to visit correlate like this
    rng = np.random.default_rng(1)
    frame = trial(11, n=90, missing=0.2)
    order = {visit: j for j, visit in enumerate(VISITS)}
    lag = np.abs(np.subtract.outer(range(3), range(3)))
    noise = rng.normal(size=(90, 3)) @ np.linalg.cholesky(correlation**lag).T
    index = frame["id"].str[1:].astype(int), frame["visit"].map(order)
    full = pd.Series(100 + noise[index], index=frame.index).where(frame["y"].notna())
    result = fit(frame.assign(y=full), covariates=[], interactions=[("arm", "visit")])
    spread = np.sqrt(np.diag(result.visit_covariance))
    found = (result.visit_covariance / np.outer(spread, spread))[0, 1]
    assert abs(np.arctanh(found) - np.arctanh(correlation)) < 0.5
    assert result.gradient_norm < 1e-8


def test_visits_that_determine_one_another_are_an_error() -> None:
    frame = trial(7, missing=0.0)
    wide = frame.pivot(index="id", columns="visit", values="y")
    copied = frame["id"].map(wide["Week 4"])
    frame.loc[frame["visit"] == "Week 12", "y"] = copied[frame["visit"] == "Week 12"]
    with pytest.raises(UserError, match="singular"):
        fit(frame)


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        (lambda f: f[f.arm == "Ref"], {}, "factor 'arm' has one level"),
        (lambda f: f[f.visit == "Week 4"], {}, "factor 'visit' has one level"),
        (
            lambda f: f[f.id == "S001"],
            {"factors": ["visit"], "covariates": [], "interactions": []},
            "3 coefficients but only",
        ),
        (
            lambda f: f[f.id == "S001"],
            {"factors": [], "covariates": [], "interactions": []},
            "one subject carries no information",
        ),
        (lambda f: f.assign(y=1.0), {}, "constant"),
        (lambda f: f.assign(y=np.nan), {}, "no record is left"),
        (lambda f: f.assign(base=1.0), {}, "covariate 'base' is constant"),
        (lambda f: f.assign(y=f.base), {}, "fits the response 'y' exactly"),
        (lambda f: f.assign(y=f.y.where(f.index != 3, -np.inf)), {}, "infinite"),
        (lambda f: pd.concat([f, f.head(1).assign(y=1.0)]), {}, "has 2 records at visit"),
        (
            lambda f: f.assign(visit=f.visit.map("after {}".format).str.translate(WORDS)),
            {"visits": None},
            "text without an order",
        ),
        (lambda f: f, {"visits": VISITS[:2]}, "'Week 12'"),
        (lambda f: f, {"structure": "unstructred"}, "did you mean 'unstructured'"),
        (lambda f: f, {"structure": []}, "structure is empty"),
        (lambda f: f, {"df_method": "kr2"}, "df_method must be one of"),
        (lambda f: f.assign(id=f.id.where(f.index > 2)), {}, "'id' has 3 missing"),
        (lambda f: f.rename(columns={"id": "USUBJID"}), {}, "no column 'id'"),
    ],
)
def test_wrong_models_are_one_sentence(change, options, message) -> None:
    with pytest.raises(UserError, match=message):
        fit(change(trial(8, missing=0.05)), **options)


@pytest.mark.parametrize("method", ["satterthwaite", "kenward-roger"])
def test_joint_tests_without_df_are_an_error_not_a_number(method: str) -> None:
    # two contrasts with one and 0.8 df of their own
    inference = CoefficientInference(
        method=method,
        covariance=np.eye(2),
        adjusted=np.eye(2),
        information_slopes=np.diag([1.0, 1.1])[None],
        parameter_covariance=np.array([[2.0]]),
    )
    with pytest.raises(UserError, match="joint test of 2 contrasts has no"):
        inference.joint_test(np.eye(2), np.ones(2))


def test_known_variances_have_infinite_df() -> None:
    inference = CoefficientInference(
        method="satterthwaite",
        covariance=np.eye(1),
        adjusted=np.eye(1),
        information_slopes=np.zeros((1, 1, 1)),
        parameter_covariance=np.array([[1.0]]),
    )
    assert inference.variance(np.eye(1))[1].tolist() == [np.inf]


def test_a_structure_of_one_visit_is_a_variance() -> None:
    for name in STRUCTURES:
        form = covariance_structure(name, ["V1"])
        assert form.matrix(np.array([3.0])).tolist() == [[3.0]]
