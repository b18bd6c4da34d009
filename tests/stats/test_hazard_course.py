"""The course of a hazard ratio against another implementation of splines, and its laws."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from statsmodels.formula.api import ols

from analysis.errors import UserError
from analysis.stats import check_proportional_hazards, fit_cox, hazard_ratio_course
from analysis.stats.hazard_course import own_residuals
from analysis.validation.tables import load_data


@pytest.fixture(scope="module")
def weekly() -> Any:
    return fit_cox(
        load_data("tte_generated_1"), time="time", event="event", factors=["arm"], ties="efron"
    )


def checked(fit: Any, transform: str = "km") -> Any:
    return check_proportional_hazards(fit, transform=transform, alpha=0.05)


@pytest.mark.parametrize("transform", ["km", "identity", "rank"])
@pytest.mark.parametrize("df", [2, 4, 5])
def test_line_and_limits_as_least_squares_on_natural_splines_elsewhere(
    weekly: Any, transform: str, df: int
) -> None:
    check = checked(weekly, transform)
    course = hazard_ratio_course(weekly, check, df=df, level=0.95)
    own = own_residuals(check.residuals, *course[["term", "label"]].iloc[0])
    x = own["transformed"].to_numpy()
    inner = np.quantile(x, np.linspace(0, 1, df))[1:-1].tolist()
    # cr() is mgcv's natural cubic regression spline; with two knots it is a line.
    bounds = f"lower_bound={x.min():.17g}, upper_bound={x.max():.17g}"
    spline = f"cr(x, knots={inner}, {bounds}) - 1" if inner else "x"
    fit = ols(f"y ~ {spline}", pd.DataFrame({"x": x, "y": own["scaled"].to_numpy()})).fit()
    at = fit.get_prediction(pd.DataFrame({"x": course["transformed"]}))
    np.testing.assert_allclose(course["estimate"], at.predicted_mean, atol=1e-9)
    spread = len(own) * weekly.covariance[0, 0] / fit.scale
    half = 1.959963984540054 * at.se_mean * np.sqrt(spread)
    np.testing.assert_allclose(course["upper"] - course["estimate"], half, rtol=1e-8)
    np.testing.assert_allclose(course["estimate"] - course["lower"], half, rtol=1e-8)


def test_the_mean_of_the_line_over_events_is_the_coefficient(weekly: Any) -> None:
    check = checked(weekly)
    course = hazard_ratio_course(weekly, check, df=2, level=0.95)
    at = check.residuals["transformed"].mean()
    line = np.interp(at, course["transformed"], course["estimate"])
    assert line == pytest.approx(float(weekly.coefficients[0]), abs=1e-9)


def test_times_of_the_line_are_those_of_the_data(weekly: Any) -> None:
    course = hazard_ratio_course(weekly, checked(weekly, "log"), df=4, level=0.9)
    had = weekly.risk_sets.time
    assert (course["time"].iloc[0], course["time"].iloc[-1]) == (had.min(), had.max())
    assert course["time"].is_monotonic_increasing


@pytest.mark.parametrize(
    ("event", "why"),
    [([1, 0, 0, 1, 0, 0, 0, 1], "events came at 3 times, too few for a line of 4 degrees"),
     ([0] * 8, "events came at 0 times")],
)  # fmt: skip
def test_few_events_have_no_line_but_a_reason(event: list[int], why: str) -> None:
    frame = pd.DataFrame({"time": range(1, 9), "event": event, "arm": list("ABABBABA")})
    fit = fit_cox(frame, time="time", event="event", factors=["arm"], ties="efron")
    course = hazard_ratio_course(fit, checked(fit), df=4, level=0.95)
    assert len(course) == 1
    assert why in course["reason"].iloc[0]
    assert course["estimate"].isna().all()


def test_many_events_at_one_time_have_no_line_but_a_reason() -> None:
    frame = pd.DataFrame({"time": [1] * 20 + [2, 3, 4, 5], "event": 1, "arm": list("AB" * 12)})
    fit = fit_cox(frame, time="time", event="event", factors=["arm"], ties="efron")
    course = hazard_ratio_course(fit, checked(fit), df=4, level=0.95)
    assert "too many events came at one time" in course["reason"].iloc[0]


def test_a_line_has_two_degrees_of_freedom(weekly: Any) -> None:
    with pytest.raises(UserError, match="df must be a whole number from 2 on, not 1"):
        hazard_ratio_course(weekly, checked(weekly), df=1, level=0.95)
