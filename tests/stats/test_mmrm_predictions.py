"""Predictions of the mixed model against SAS PROC MIXED, and laws."""

import numpy as np
import pandas as pd
import pytest

from analysis import paths
from analysis.errors import UserError
from analysis.stats.mmrm import MmrmFit, fit_mmrm

VISITS = ["VIS1", "VIS2", "VIS3", "VIS4"]


@pytest.fixture(scope="module")
def fev() -> pd.DataFrame:
    return pd.read_csv(paths.DATA / "validation" / "mmrm_fev_long.csv")


def fit(frame: pd.DataFrame, **changes) -> MmrmFit:
    options = {"factors": ["arm"], "structure": "us", "df_method": "kr"} | changes
    return fit_mmrm(
        frame, response="fev", subject="subject", visit="visit", visits=VISITS, **options
    )


@pytest.mark.parametrize(
    ("subject", "visit", "prediction", "std_error"),
    # R mmrm, design/predict_interval/un_kenwardroger_linear.csv: OUTP of SAS, columns P and PSD,
    # lines 1, 3, 5, 21, 77, 122; SAS stops short of the optimum
    [
        ("PT1", "VIS1", 44.9753553724207, 7.07537882030293),
        ("PT1", "VIS3", 41.4074753229983, 4.72199122235202),
        ("PT2", "VIS1", 29.0767506637377, 7.07428203196852),
        ("PT6", "VIS1", 41.2229759837373, 10.4083706649541),
        ("PT20", "VIS1", 47.0401803470129, 7.51918933890607),
        ("PT31", "VIS2", 35.5799198236952, 4.58772563935899),
    ],
)
def test_predictions_are_those_of_sas(
    fev: pd.DataFrame, subject: str, visit: str, prediction: float, std_error: float
) -> None:
    found = fit(fev).predict(fev).set_index(["subject", "visit"]).loc[(subject, visit)]
    np.testing.assert_allclose(found["prediction"], prediction, rtol=2e-4)
    np.testing.assert_allclose(found["std_error"], std_error, rtol=2e-4)


def test_means_are_those_of_sas_and_stand_for_values_that_are_there(fev: pd.DataFrame) -> None:
    # columns PM and PMSD of the same listing
    found = fit(fev).predict(fev)
    for arm, mean, std_error in (("TRT", 44.8254982, 0.46348535), ("PBO", 41.0057733, 0.43968593)):
        own = found[(fev["arm"] == arm).to_numpy()]
        np.testing.assert_allclose(own["mean"], mean, rtol=2e-5)
        np.testing.assert_allclose(own["mean_std_error"], std_error, rtol=1e-4)
    there = found["fev"].notna()
    pd.testing.assert_series_equal(
        found["prediction"][there], found["mean"][there], check_names=False
    )
    assert found.index.equals(fev.index)


def test_predictions_are_conditional_means_of_the_fitted_normal(fev: pd.DataFrame) -> None:
    # one subject by hand: mean + S_mo inv(S_oo) (y_o - mean_o)
    changes = {"factors": ["arm", "visit"], "interactions": ["arm:visit"], "covariates": ["base"]}
    model = fit(fev, **changes)
    found = model.predict(fev)
    own = found[found["subject"] == "PT1"]
    mean, y, s = own["mean"].to_numpy(), own["fev"].to_numpy(), model.visit_covariance
    seen, missing = [1, 3], [0, 2]
    slope = s[np.ix_(missing, seen)] @ np.linalg.inv(s[np.ix_(seen, seen)])
    expected = mean[missing] + slope @ (y[seen] - mean[seen])
    np.testing.assert_allclose(own["prediction"].to_numpy()[missing], expected, rtol=1e-10)


def test_groups_and_weights_have_their_own_covariance(fev: pd.DataFrame) -> None:
    crossed = {"factors": ["arm", "visit"], "interactions": ["arm:visit"]}
    both = fit(fev, group="arm", **crossed).predict(fev)
    for _, own in fev.groupby("arm"):
        alone = fit(own, factors=["visit"]).predict(own)
        np.testing.assert_allclose(both.loc[own.index, "std_error"], alone["std_error"], rtol=1e-6)
    plain, ones = fit(fev), fit(fev.assign(one=4.0), weights="one")
    expected, found = plain.predict(fev), ones.predict(fev.assign(one=4.0))
    np.testing.assert_allclose(found["std_error"], expected["std_error"], rtol=1e-7)


def test_what_cannot_be_predicted_is_one_sentence(fev: pd.DataFrame) -> None:
    model = fit(fev)
    with pytest.raises(UserError, match="no level 'OTHER'"):
        model.predict(fev.assign(arm="OTHER"))
    with pytest.raises(UserError, match="no visit 'VIS9'"):
        model.predict(fev.assign(visit="VIS9"))
    with pytest.raises(UserError, match="no column 'arm'"):
        model.predict(fev.drop(columns="arm"))
    with pytest.raises(UserError, match="2 records lack the subject"):
        model.predict(fev.assign(arm=fev["arm"].where(fev.index > 1)))
    gone = fev.assign(fev=fev["fev"].mask((fev["arm"] == "TRT") & (fev["visit"] == "VIS4")))
    model = fit(gone, factors=["arm", "visit"], interactions=["arm:visit"])
    with pytest.raises(UserError, match="not estimable, because no analysed record"):
        model.predict(gone)
