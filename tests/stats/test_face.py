"""The public face of the statistics."""

import doctest
import inspect
import pkgutil
import subprocess
import sys

import pytest

from analysis import stats


@pytest.mark.parametrize("name", stats.__all__)
def test_every_public_name_has_an_example_that_is_run(name: str) -> None:
    found = getattr(stats, name)
    examples = doctest.DocTestParser().get_examples(inspect.getdoc(found) or "")
    assert any(name in each.source for each in examples), f"{name} has no example"
    assert any(each.want for each in examples), f"the example of {name} shows nothing"
    # pytest collects the doctests of every module under `testpaths` where it is defined.
    assert found.__module__.startswith("analysis.stats.")


def test_a_public_name_is_no_module() -> None:
    """A submodule of the same name would take its place once it is imported."""
    assert not {each.name for each in pkgutil.iter_modules(stats.__path__)} & set(stats.__all__)


def test_an_unknown_name_is_no_attribute() -> None:
    with pytest.raises(ImportError, match="fit_anova"):
        from analysis.stats import fit_anova  # noqa: F401
    assert set(stats.__all__) <= set(dir(stats))


def test_the_face_alone_imports_nothing_heavy() -> None:
    code = "import sys, analysis.stats; print('scipy' in sys.modules, 'pandas' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
