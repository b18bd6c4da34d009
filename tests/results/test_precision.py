import numpy as np
import pytest

from analysis.results import recorded_decimals


@pytest.mark.parametrize(
    ("values", "decimals"),
    [
        ([4, 7, 12], 0),
        ([4.0, 7.5], 1),
        ([0.03, 0.1], 2),
        ([9.7021, 8.8746], 1),  # calculated: two significant figures
        ([0.04567, 0.0321], 3),
        ([412.345678, 380.1234], 0),
        ([np.nan, 2.5], 1),
        ([0.00001234, 0.000023], 3),
        ([np.nan], 0),
    ],
)
def test_values_tell_how_precisely_they_were_recorded(values: list[float], decimals: int) -> None:
    assert recorded_decimals(values) == decimals
