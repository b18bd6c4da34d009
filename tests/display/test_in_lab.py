"""A real JupyterLab in a real browser: what an analyst sees after a change, and meanwhile.

The long tour, with pictures and a comparison of two versions, is ``tests/lab/drive.py``.
"""

from collections.abc import Iterator
from typing import Any

import lab
import pytest

from analysis import paths

SLOW = """
import time
from analysis.display.reading import Reading
from analysis.results import section

@section
def long_division(run):
    time.sleep(4)
    return programme.answer(run)

_ = long_division.shows(lambda results, run: Reading(["done"]))
"""


@pytest.fixture(scope="module")
def notebook(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A short notebook in a tab of JupyterLab, its first cells run."""
    folder, home = (tmp_path_factory.mktemp(name) for name in ("notebooks", "home"))
    lab.shortened(paths.NOTEBOOKS / "1_programme.ipynb", folder / "short.ipynb", ["answer"])
    with lab.served(paths.ROOT, folder, home) as address:
        notebook = lab.Notebook.open(browser.new_page(), address, "short.ipynb")
        for id in ("parameters", "setup"):
            notebook.run(id)
        yield notebook


def test_the_natural_cells_show_what_holds_now(notebook: Any) -> None:
    assert "Humatrope in growth-hormone deficiency" in notebook.run("answer")
    parameters = notebook.source("parameters")
    for value, seen in {
        '"TS"': "With indication = TS (above: GHD).",
        '"TX"': "ERROR ParameterError: indication must be one of",
        '"GHD"': "The answer Valtropin against Humatrope in growth-hormone deficiency",
    }.items():
        notebook.write("parameters", f"{parameters}\nindication = {value}")
        notebook.run("parameters")
        assert notebook.run("answer").startswith(seen)


def test_a_long_cell_says_what_it_computes_and_keeps_its_results_alone(notebook: Any) -> None:
    own = notebook.add("answer", SLOW)
    assert notebook.run(own) == ""
    notebook.write(own, "page.show(long_division)")
    notebook.start(own)
    notebook.page.wait_for_function(
        "document.body.innerText.includes('computing long division … 2 s')", timeout=60_000
    )
    notebook.wait(own)
    assert notebook.seen(own) == "done"
    assert "computing" not in notebook.page.inner_text("body")
