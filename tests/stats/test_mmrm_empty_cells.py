"""A mixed model with an empty cell, or with a visit at which nothing varies."""

from functools import cache

import numpy as np
import pandas as pd
import pytest

from analysis import paths
from analysis.errors import UserError
from analysis.stats.intervals import interval_of
from analysis.stats.mmrm import MmrmFit, fit_mmrm

VISITS = ["VIS1", "VIS2", "VIS3", "VIS4"]
MEANS = {"weights": "equal", "level": 0.95}
CONTRAST = {"reference": "PBO", "adjust": "none", **MEANS}


@cache
def fev() -> pd.DataFrame:
    return pd.read_csv(paths.DATA / "validation" / "mmrm_fev_long.csv")


def fit(frame: pd.DataFrame, structure="us", **changes) -> MmrmFit:
    options = {
        "factors": ["arm", "visit", "sex"], "covariates": ["base"], "df_method": "kr",
        "interactions": [("arm", "visit"), ("base", "visit")],
    } | changes  # fmt: skip
    return fit_mmrm(
        frame, response="fev", subject="subject", visit="visit", visits=VISITS,
        structure=structure, **options,
    )  # fmt: skip


def without(frame: pd.DataFrame, **cell: str) -> pd.DataFrame:
    """Return the records without a response in one cell."""
    there = np.ones(len(frame), dtype=bool)
    for name, level in cell.items():
        there &= (frame[name] == level).to_numpy()
    return frame.assign(fev=frame["fev"].mask(there))


# The arm misses the last visit: its mean there and the difference are not estimable ----


@cache
def missing_last() -> MmrmFit:
    return fit(without(fev(), arm="TRT", visit="VIS4"))


def test_the_cell_says_why_and_the_others_are_there() -> None:
    means = missing_last().ls_means(["arm", "visit"], **MEANS)
    lost = [each for each in means if each.reason]
    assert [dict(each.groups) for each in lost] == [{"arm": "TRT", "visit": "VIS4"}]
    why = "not estimable, because no analysed record has arm = TRT, visit = VIS4"
    assert lost[0].reason == why
    assert np.isnan([lost[0].estimate, lost[0].p_value, lost[0].df]).all()
    differences = missing_last().contrast("arm", by="visit", **CONTRAST)
    assert [bool(each.reason) for each in differences] == [False, False, False, True]
    assert "not estimable" in repr(differences)
    with pytest.raises(UserError, match="TRT - PBO is not estimable, because no analysed record"):
        interval_of(differences[-1], "mixed model")


def test_what_is_estimable_is_what_the_filled_cells_alone_give() -> None:
    # one factor of the seven filled cells spans the same model, in another coding
    frame = without(fev(), arm="TRT", visit="VIS4")
    frame = frame.assign(cell=frame["arm"] + frame["visit"])
    cells = fit_mmrm(
        frame, response="fev", subject="subject", visit="visit", visits=VISITS,
        factors=["cell", "sex"], structure="us", df_method="kr",
    )  # fmt: skip
    crossed = fit(frame, covariates=[], interactions=[("arm", "visit")])
    np.testing.assert_allclose(crossed.visit_covariance, cells.visit_covariance, rtol=1e-7)
    expected = {dict(m.groups)["cell"]: m for m in cells.ls_means("cell", **MEANS)}
    for mean in crossed.ls_means(["arm", "visit"], **MEANS):
        if mean.reason:
            continue
        same = expected["".join(level for _, level in mean.groups)]
        np.testing.assert_allclose(
            [mean.estimate, mean.std_error, mean.df],
            [same.estimate, same.std_error, same.df], rtol=1e-7,
        )  # fmt: skip
    # the restricted likelihood has the determinant of SAS's columns in both
    np.testing.assert_allclose(crossed.minus2_loglik, cells.minus2_loglik, rtol=1e-9)
    assert crossed.aic == pytest.approx(cells.aic, rel=1e-9)


def test_joint_tests_that_need_the_cell_are_not_made() -> None:
    tests = {test.term: test for test in missing_last().type3_tests()}
    assert {name for name, test in tests.items() if test.reason} == {"arm", "visit", "arm:visit"}
    assert tests["arm"].reason.startswith("not estimable, because no analysed record has")
    assert np.isfinite([tests["sex"].f_value, tests["base"].p_value]).all()


def test_an_adjustment_is_over_the_estimable_comparisons() -> None:
    # three arms, of whom one misses the visit: Holm over the one comparison that is left
    frame = fev().assign(
        arm=np.where(fev()["subject"].str[-1].isin(list("13579")), fev()["arm"], "MID")
    )
    found = fit(without(frame, arm="MID", visit="VIS4"))
    options = CONTRAST | {"adjust": "holm"}
    at_last = [c for c in found.contrast("arm", by="visit", **options) if c.groups[0][1] == "VIS4"]
    plain = [c for c in found.contrast("arm", by="visit", **CONTRAST) if c.groups[0][1] == "VIS4"]
    assert [bool(c.reason) for c in at_last] == [True, False]
    assert at_last[1].p_value == pytest.approx(plain[1].p_value)


@pytest.mark.parametrize(
    "cells",
    [
        [{"arm": "PBO", "visit": "VIS1"}],  # the first visit, of the other arm
        [{"arm": "TRT", "visit": "VIS2"}, {"arm": "TRT", "visit": "VIS3"}],  # two in the middle
    ],
)
def test_other_empty_cells(cells: list[dict[str, str]]) -> None:
    frame = fev()
    for cell in cells:
        frame = without(frame, **cell)
    found = fit(frame)
    lost = [dict(m.groups) for m in found.ls_means(["arm", "visit"], **MEANS) if m.reason]
    assert lost == cells
    fitted = found.design.matrix @ found.coefficients
    assert np.isfinite(fitted).all()


def test_an_empty_cell_of_three_factors_names_the_smaller_one() -> None:
    frame = without(fev(), arm="TRT", visit="VIS4")
    crossed = [("arm", "visit"), ("sex", "visit"), ("arm", "sex"), ("arm", "sex", "visit")]
    found = fit(frame, covariates=[], interactions=crossed)
    lost = [m for m in found.ls_means(["arm", "sex", "visit"], **MEANS) if m.reason]
    assert len(lost) == 2
    assert {m.reason.partition("has ")[2] for m in lost} == {"arm = TRT, visit = VIS4"}
    alone = without(fev(), arm="PBO", sex="Male", visit="VIS2")
    found = fit(alone, covariates=[], interactions=crossed)
    (lost,) = [m for m in found.ls_means(["arm", "sex", "visit"], **MEANS) if m.reason]
    assert lost.reason.endswith("has arm = PBO, visit = VIS2, sex = Male")
    assert not any(m.reason for m in found.ls_means(["arm", "sex"], **MEANS, along={
        "visit": {"VIS1": 1.0}}))  # fmt: skip


def test_an_aliased_term_is_still_an_error() -> None:
    frame = without(fev(), arm="TRT", visit="VIS4").assign(twice=lambda f: 2 * f["base"])
    with pytest.raises(UserError, match="term 'twice' is aliased"):
        fit(frame, covariates=["base", "twice"])


# A visit at which the fixed effects leave nothing ----


def test_a_visit_where_nobody_differs_is_named_at_once() -> None:
    frame = fev().assign(fev=fev()["fev"].where(fev()["visit"] != "VIS3", 40.0))
    with pytest.raises(UserError, match="no variation at visit 'VIS3', so its variance is not"):
        fit(frame)
    # with one slope for all visits, least squares leave something there, and yet it is flat
    with pytest.raises(UserError, match="no variation at visit 'VIS3'"):
        fit(frame, interactions=[("arm", "visit")])


def test_two_flat_visits_and_a_flat_group_are_named() -> None:
    frame = fev().assign(fev=fev()["fev"].where(fev()["visit"].isin(["VIS2", "VIS4"]), 1.0))
    frame.loc[frame["arm"] == "TRT", "fev"] *= 2  # each arm has its own value
    with pytest.raises(UserError, match="no variation at visit 'VIS1' and 'VIS3'"):
        fit(frame)
    flat = (fev()["visit"] == "VIS2") & (fev()["arm"] == "PBO")
    frame = fev().assign(fev=fev()["fev"].mask(flat, 7.0))
    with pytest.raises(UserError, match="no variation at visit 'VIS2' in 'PBO'"):
        fit(frame, group="arm")


def test_a_structure_with_one_variance_is_fitted_where_a_visit_is_flat() -> None:
    frame = fev().assign(fev=fev()["fev"].where(fev()["visit"] != "VIS1", 30.0))
    found = fit(frame, structure=["unstructured", "toeph", "cs"])
    assert [attempt.converged for attempt in found.attempts] == [False, False, True]
    assert "no variation at visit 'VIS1'" in found.attempts[1].reason
