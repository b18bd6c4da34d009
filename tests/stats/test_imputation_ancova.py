"""Analysis of covariance of all completed data sets at once, against each by itself."""

import numpy as np
import pandas as pd
import pytest

from analysis.errors import UserError
from analysis.stats.ancova import fit_ancova
from analysis.stats.imputation import imputation_frame, impute, shift_imputed
from analysis.stats.imputation_ancova import pool_ancova
from analysis.stats.imputation_model import ImputationData, prepare_imputation
from analysis.stats.mmrm import fit_mmrm
from analysis.stats.rubin import pool_imputations, pool_rubin
from analysis.stats.tipping import tipping_point

ARMS = ("High", "Low", "Placebo")
FIELDS = ("estimate", "std_error", "df", "lower", "upper", "p_value", "total", "missing_fraction")


def prepare(size: float = 1.0, offset: float = 0.0) -> ImputationData:
    rng = np.random.default_rng(5)
    n = 48
    people = pd.DataFrame({"id": range(n), "arm": np.resize(ARMS, n)})
    people["sex"] = np.where(rng.random(n) < 0.4, "F", "M")
    people["base"] = rng.normal(10, 2, n)
    frames = []
    for visit in range(3):
        y = people["base"] + visit + (people["arm"] == "High") + rng.normal(0, 1, n)
        y[rng.random(n) < 0.08 * visit] = np.nan
        frames.append(people.assign(visit=f"W{visit}", y=offset + size * y))
    return prepare_imputation(
        pd.concat(frames), response="y", subject="id", visit="visit", arm="arm",
        visits=["W0", "W1", "W2"], factors=["sex"], covariates=["base"], covariance="pooled",
    )  # fmt: skip


DATA = prepare()
DONE = impute(DATA, methods=["mar", "j2r"], reference="Placebo", n_imputations=6, seed=2)


def one_by_one(data, imputations, *, weights="equal", covariates=("base",), factors=("sex",)):
    def analysis(completed: pd.DataFrame):
        fit = fit_ancova(
            completed[completed["visit"] == "W2"], response="y", factors=["arm", *factors],
            covariates=covariates, std_errors="model",
        )  # fmt: skip
        return [
            *fit.ls_means("arm", weights=weights, level=0.9),
            *fit.contrast("arm", reference="Placebo", weights=weights, level=0.9, adjust="none"),
        ]

    return pool_imputations(imputations, data, analysis, level=0.9)


def at_once(data, imputations, **changes):
    options = {"factors": "sex", "covariates": ["base"], "weights": "equal"} | changes
    return pool_ancova(
        imputations, data, visit="W2", reference="Placebo", level=0.9, **options
    )  # fmt: skip


def agree(found, expected) -> None:
    for one, two in zip(found, expected, strict=True):
        assert one.label == two.label
        for name in FIELDS:
            np.testing.assert_allclose(getattr(one, name), getattr(two, name), rtol=1e-11)


@pytest.mark.parametrize("method", list(DONE))
@pytest.mark.parametrize("weights", ["equal", "observed"])
def test_all_at_once_is_each_by_itself(method: str, weights: str) -> None:
    found = at_once(DATA, DONE[method], weights=weights).at()
    agree(found, one_by_one(DATA, DONE[method], weights=weights))
    assert [each.label for each in found] == [*ARMS, "High - Placebo", "Low - Placebo"]


def test_estimates_and_errors_are_those_of_each_fit() -> None:
    found = at_once(DATA, DONE["mar"], factors=())
    frame = DATA.subjects.assign(y=DONE["mar"][3].values[:, 2])
    fit = fit_ancova(frame, response="y", factors="arm", covariates="base", std_errors="model")
    means = fit.ls_means("arm", weights="equal", level=0.9)
    errors = found.scales * np.sqrt(found.squares[3] / found.df)
    np.testing.assert_allclose(found.estimates[:3, 3], [m.estimate for m in means], rtol=1e-12)
    np.testing.assert_allclose(errors[:3], [m.std_error for m in means], rtol=1e-12)


def test_a_mixed_model_of_completed_data_is_the_ancova_of_the_visit() -> None:
    # every term crossed with the visit, one covariance matrix: regressions on the same columns
    fits = []
    for item in DONE["mar"][:2]:
        mixed = fit_mmrm(
            imputation_frame(item, DATA), response="y", subject="id", visit="visit",
            visits=["W0", "W1", "W2"], factors=["arm", "visit"], covariates=["base"],
            interactions=["arm:visit", "base:visit"], structure="unstructured",
            df_method="kenward-roger",
        )  # fmt: skip
        fits.append(
            mixed.contrast(
                "arm", reference="Placebo", weights="equal", level=0.9, adjust="none", by="visit"
            )[-2:]
        )
    found = at_once(DATA, DONE["mar"][:2], factors=()).at()[-2:]
    for place, pooled in enumerate(found):
        own = [fit[place] for fit in fits]
        mixed = pool_rubin(
            [e.estimate for e in own], [e.std_error for e in own], df_complete=own[0].df, level=0.9
        )
        for name in FIELDS:
            np.testing.assert_allclose(getattr(pooled, name), getattr(mixed, name), rtol=1e-9)


@pytest.mark.parametrize("which", ["all", "after-dropout"])
@pytest.mark.parametrize("delta", [(-3.0, -3.0), (1.5, 0.0), (-40.0, 7.0)])
def test_a_delta_is_that_of_shifted_values(delta: tuple[float, float], which: str) -> None:
    found = at_once(DATA, DONE["mar"], arms=["High", "Low"], which=which)
    moved = DONE["mar"]
    for arm, each in zip(("High", "Low"), delta, strict=True):
        moved = [shift_imputed(i, DATA, delta=each, arms=[arm], which=which) for i in moved]
    expected = one_by_one(DATA, moved)
    agree(found.at(delta), expected)
    if delta[0] == delta[1]:
        agree(found.at(delta[0]), expected)
    grid = found.grid([delta, (0.0, 0.0)])
    assert grid.columns[:3].tolist() == ["delta High", "delta Low", "label"]
    for name in ("estimate", "std_error", "df", "lower", "upper", "p_value"):
        np.testing.assert_allclose(grid[name][:5], [getattr(e, name) for e in expected], rtol=1e-11)


def test_a_response_far_from_zero_keeps_its_digits() -> None:
    near, far = prepare(), prepare(offset=1e8)
    one, two = (
        at_once(data, impute(data, methods="mar", n_imputations=3, seed=4)["mar"]).at()
        for data in (near, far)
    )
    for a, b in zip(one[3:], two[3:], strict=True):
        np.testing.assert_allclose(a.estimate, b.estimate, atol=1e-6)
        np.testing.assert_allclose(a.std_error, b.std_error, rtol=1e-6)


def test_it_serves_the_search_for_the_tipping_point() -> None:
    found = at_once(DATA, DONE["mar"], arms=["High"])
    tip = tipping_point(
        lambda delta: found.at(delta)[3], limit="lower", threshold=-2.0, search=(0, -30)
    )
    assert tip.found
    np.testing.assert_allclose(found.at(tip.delta)[3].lower, -2.0, atol=1e-3)
    grid = found.grid([tip.delta, tip.delta - 1]).query("label == 'High - Placebo'")
    assert grid["lower"].is_monotonic_decreasing
    assert grid.columns[0] == "delta"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"imputations": DONE["mar"][:1]}, "two or more imputations"),
        ({"visit": "W9"}, "no visit 'W9'"),
        ({"reference": "Plcebo"}, "did you mean 'Placebo'"),
        ({"arms": ["Hi"]}, "no arm 'Hi'"),
        ({"which": "some"}, "which must be"),
        ({"level": 95}, "between 0 and 1"),
        ({"weights": "none"}, "weights must be"),
    ],
)
def test_wrong_requests_are_one_sentence(change, message) -> None:
    options = {
        "imputations": DONE["mar"], "visit": "W2", "reference": "Placebo", "level": 0.9,
        "weights": "equal",
    } | change  # fmt: skip
    with pytest.raises(UserError, match=message):
        pool_ancova(options.pop("imputations"), DATA, **options)


@pytest.mark.parametrize(
    ("arms", "delta", "message"),
    [
        ([], 1.0, "no arm is named"),
        (["High"], (1.0, 2.0), "one for each of the 1 arms"),
        (["High"], np.nan, "finite"),
    ],
)
def test_wrong_deltas_are_one_sentence(arms, delta, message) -> None:
    with pytest.raises(UserError, match=message):
        at_once(DATA, DONE["mar"], arms=arms).at(delta)
