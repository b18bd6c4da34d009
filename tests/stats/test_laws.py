"""Tails and quantiles are those of `scipy.stats`, and nothing of a page imports that."""

import subprocess
import sys

import numpy as np
from numpy.testing import assert_allclose
from scipy import stats

from analysis.stats import laws

DF = np.array([0.5, 1.0, 2.7, 30.0, 1e6, np.inf])[:, None]
X = np.array([-40.0, -3.1, -0.2, 0.0, 0.7, 2.5, 12.0])
TAIL = np.array([1e-12, 0.001, 0.025, 0.3, 0.5, 0.9, 1 - 1e-9])


def test_students_t() -> None:
    assert_allclose(laws.t_sf(X, DF), stats.t.sf(X, DF), rtol=1e-12)
    assert_allclose(laws.t_isf(TAIL, DF), stats.t.isf(TAIL, DF), rtol=1e-12, atol=1e-15)


def test_the_others() -> None:
    assert_allclose(laws.normal_isf(TAIL), stats.norm.isf(TAIL), rtol=1e-12, atol=1e-15)
    positive = X[X > 0]
    assert_allclose(laws.f_sf(positive, 2, 17.3), stats.f.sf(positive, 2, 17.3), rtol=1e-12)
    assert_allclose(laws.chi2_sf(positive, 3), stats.chi2.sf(positive, 3), rtol=1e-12)
    for df in (1, 4.5, 300):
        assert_allclose(laws.chi_pdf(positive, df), stats.chi.pdf(positive, df), rtol=1e-11)


def test_what_a_page_imports_is_without_scipy_stats() -> None:
    """It takes half a second, which everybody who opens a notebook would wait."""
    code = (
        "import sys, analysis.display, analysis.efficacy.answer, analysis.safety.answer, "
        "analysis.contrasts.answer, analysis.programme.answer; "
        "sys.exit('scipy.stats' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False)
    assert done.returncode == 0
