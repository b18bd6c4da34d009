"""Against the worked examples of the Cochrane Handbook, chapter 6, and against scipy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analysis.stats import dispersion


def test_handbook_interval_of_a_mean() -> None:
    # Section 6.5.2.2: n 25, mean 32.1, 95 % interval 30.0 to 34.2; with t(24) the divisor is
    # 4.128 and the SD 5.09.
    se = dispersion.se_from_interval((34.2 - 30.0) / 2, 24, level=0.95)
    assert 2 * dispersion.t_quantile(0.95, 24) == pytest.approx(4.128, abs=5e-4)
    assert dispersion.sd_from_se(se, 25) == pytest.approx(5.09, abs=5e-3)


def test_handbook_p_value_of_a_difference() -> None:
    # Section 6.5.2.3: n 25 and 22, difference 3.8, p 0.008: t 2.78, SE 1.37, SD 4.69.
    se = dispersion.se_from_p(3.8, 0.008, 45)
    assert 3.8 / se == pytest.approx(2.78, abs=5e-3)
    assert se == pytest.approx(1.37, abs=5e-3)
    assert dispersion.sd_from_difference(se, 25, 22) == pytest.approx(4.69, abs=1e-2)


def test_one_sided_bound() -> None:
    # t(9) at one-sided 95 % is 1.833 (any t table).
    assert dispersion.se_from_interval(1.833, 9, level=0.95, sides=1) == pytest.approx(1, abs=1e-4)


samples = st.lists(st.floats(-50, 50).map(lambda x: round(x, 3)), min_size=3, max_size=30).filter(
    lambda x: np.ptp(x) > 0.1
)


@given(samples, st.floats(0.5, 0.99))
def test_gives_back_the_sd_of_a_sample(sample: list[float], level: float) -> None:
    low, high = stats.ttest_1samp(sample, 0).confidence_interval(level)
    n = len(sample)
    sd = dispersion.sd_from_se(dispersion.se_from_interval((high - low) / 2, n - 1, level=level), n)
    assert sd == pytest.approx(np.std(sample, ddof=1), rel=1e-9)


@given(samples, samples)
def test_gives_back_the_pooled_sd_of_two_samples(a: list[float], b: list[float]) -> None:
    test = stats.ttest_ind(a, b)
    pooled = dispersion.pooled_sd(np.std(a, ddof=1), len(a), np.std(b, ddof=1), len(b))
    low, high = test.confidence_interval(0.9)
    df = len(a) + len(b) - 2
    se = dispersion.se_from_interval((high - low) / 2, df, level=0.9)
    assert dispersion.sd_from_difference(se, len(a), len(b)) == pytest.approx(pooled, rel=1e-9)
    if 1e-12 < test.pvalue < 0.999:
        se = dispersion.se_from_p(np.mean(a) - np.mean(b), test.pvalue, df)
        assert dispersion.sd_from_difference(se, len(a), len(b)) == pytest.approx(pooled, rel=1e-6)
