"""The public face of the statistics."""

import doctest
import inspect

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
