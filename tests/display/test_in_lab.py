"""A real JupyterLab in a real browser: what an analyst sees after a change, and meanwhile.

The long tour, with pictures and a comparison of two versions, is ``tests/lab/drive.py``.
"""

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

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


def _load(name: str) -> ModuleType:
    """Import a helper of ``tests/lab``, under importlib's import mode."""
    path = Path(__file__).parents[1] / f"lab/{name}.py"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


lab = _load("lab")


@pytest.fixture(scope="module")
def notebook(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A short notebook in a tab of JupyterLab, its first cells run."""
    if lab.CHROMIUM is None:
        pytest.skip("needs Debian's chromium")
    from playwright.sync_api import sync_playwright

    folder, home = (tmp_path_factory.mktemp(name) for name in ("notebooks", "home"))
    lab.shortened(paths.NOTEBOOKS / "1_programme.ipynb", folder / "short.ipynb", ["answer"])
    with lab.served(paths.ROOT, folder, home) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=lab.CHROMIUM, args=lab.OPTIONS)
        notebook = lab.Notebook.open(browser.new_page(), address, "short.ipynb")
        for id in ("parameters", "setup"):
            notebook.run(id)
        yield notebook
        browser.close()


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
