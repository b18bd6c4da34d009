"""Linear algebra keeps to one thread, whichever is imported first, unless its user says else."""

import json
import os
import subprocess
import sys

import pytest

REPORT = """
import json, sys
import scipy.linalg
from threadpoolctl import threadpool_info
json.dump([each["num_threads"] for each in threadpool_info() if each["user_api"] == "blas"],
          sys.stdout)
"""


def _threads(first: str, **environment: str) -> list[int]:
    """Threads of every library of linear algebra in a process that imports in an order."""
    inherited = {key: value for key, value in os.environ.items() if "NUM_THREADS" not in key}
    done = subprocess.run(
        [sys.executable, "-c", first + REPORT],
        env=inherited | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return list(json.loads(done.stdout))


@pytest.mark.parametrize(
    "first",
    ["import analysis", "import numpy, analysis", "import scipy.linalg, pandas, analysis.errors"],
)
def test_one_thread_whatever_was_imported_before(first: str) -> None:
    found = _threads(first)
    assert found
    assert set(found) == {1}


def test_more_where_its_user_asks() -> None:
    if (os.cpu_count() or 1) < 2:
        pytest.skip("needs two cores")
    assert set(_threads("import analysis", OPENBLAS_NUM_THREADS="2")) == {2}
    assert set(_threads("import numpy, analysis", OPENBLAS_NUM_THREADS="2")) == {2}


def test_without_the_package_there_are_more() -> None:
    """The twin: what the tests above see is this package's doing."""
    if (os.cpu_count() or 1) < 2:
        pytest.skip("needs two cores")
    assert max(_threads("")) > 1
