"""The guide ``docs/your_own_notebook.md``: its steps are done, one after another, to the page."""

import re
import shlex
from inspect import signature
from pathlib import Path

import nbformat
import pandas as pd
import pytest

from analysis import paths
from analysis.__main__ import main
from analysis.display import Page
from analysis.report.runs import load_own_runs

GUIDE = (paths.ROOT / "docs" / "your_own_notebook.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    """Return the one fenced block of a language."""
    (found,) = re.findall(rf"^```{language}\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)
    return str(found)


def commands() -> list[list[str]]:
    found = re.findall(r"^```sh\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)
    return [shlex.split(line) for part in found for line in part.splitlines()]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in the place of the project's notebooks, so that nothing is written there."""
    notebooks = tmp_path / "notebooks"
    notebooks.mkdir()
    (notebooks / "4_safety.ipynb").write_bytes((paths.NOTEBOOKS / "4_safety.ipynb").read_bytes())
    (notebooks / "runs.yml").write_text("{}\n")
    monkeypatch.setattr(paths, "NOTEBOOKS", notebooks)
    monkeypatch.setattr(paths, "RUNS", notebooks / "runs.yml")
    return notebooks


def test_the_steps_of_the_guide_lead_to_the_page(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    new, report, papermill = commands()
    assert main(new[3:]) == 0
    path = folder / "own" / "my-ages.ipynb"
    assert f"wrote {path}" in capsys.readouterr().out

    notebook = nbformat.read(path, as_version=4)
    cells = {cell["id"]: cell for cell in notebook.cells}
    cells["parameters"]["source"] += f"\n{block('parameters').strip()}"
    for name in ("table", "figure"):
        cells[name]["source"] = block(name).strip()
    nbformat.write(notebook, path)
    own_runs = folder / "own" / "runs.yml"
    own_runs.write_text(own_runs.read_text(encoding="utf-8") + block("yaml"), encoding="utf-8")
    runs = load_own_runs()
    assert {name: run.notebook for name, run in runs.items()} == {
        "my-ages": "own/my-ages",
        "my-ages-from-8": "own/my-ages",
        "turner-2-from-me": "4_safety",
    }

    assert main([*report[3:], "--folder", str(tmp_path / "reports"), "--jobs", "1"]) == 0
    page = (tmp_path / "reports" / "my-ages" / "index.html").read_text(encoding="utf-8")
    assert "<h1" in page
    assert "How old the children were" in page
    assert "Children from 9 years on" in page
    assert 'alt="A bar an arm: the share of children who were 9 years or older' in page
    rows = pd.read_csv(tmp_path / "reports" / "my-ages" / "results.csv", keep_default_na=False)
    assert set(rows["analysis_id"]) == {
        "own-age-by-arm", "own-children-from-9-years-on",
        "own-figure-share-of-children-from-9-years-on",
    }  # fmt: skip
    assert set(rows["data_status"]) == {"synthetic"}
    assert set(rows["source"]) == {"ghd"}
    front = (tmp_path / "reports" / "index.html").read_text(encoding="utf-8")
    assert '<h2 id="your-own-notebooks">' in front

    assert papermill[1] == "notebooks/own/my-ages.ipynb"
    assert papermill[4:] == ["cutoff", "8"]


def test_what_the_guide_names_is_there() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", GUIDE):
        assert (paths.ROOT / "docs" / target).exists(), target
    known = {name for does in (Page.table, Page.figure) for name in signature(does).parameters}
    assert set(re.findall(r"`(\w+)=", GUIDE)) - {"ax"} <= known
