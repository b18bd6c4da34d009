"""The report as files: self-contained, accessible, and every number in results.csv."""

import html.parser
import json
import re
from pathlib import Path

import nbformat
import pandas as pd
import pytest

from analysis import paths
from analysis.display.reading import ABSENT_MARK
from analysis.display.undrawn import UNDRAWN_CLASS
from analysis.report.index import FAMILIES
from analysis.report.render import without_absent
from analysis.report.runs import load_runs
from analysis.results import COLUMNS

RUNS = sorted(name for name, run in load_runs(paths.RUNS).items() if run.notebook in FAMILIES)
LEVEL = re.compile(r"\blevel (\d+(?:\.\d+)?)\s%")
NUMBER = re.compile(r"(?<![\w./-])[−-]?\d+(?:\.\d+)?")


class Page(html.parser.HTMLParser):
    """What a test asks of a page: tags, and the words of cells and sentences."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.shown: list[str] = []
        self._inside: list[bool] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag in ("td", "p", "dd", "summary"):
            kind = dict(attrs).get("class") or ""
            self._inside.append(tag == "td" or "reading" in kind)
            if self._inside[-1]:
                self.shown.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "p", "dd", "summary") and self._inside:
            self._inside.pop()

    def handle_data(self, data: str) -> None:
        if self._inside and self._inside[-1]:
            self.shown[-1] += data


def read(report: Path, run: str) -> tuple[Page, str, pd.DataFrame]:
    text = (report / run / "index.html").read_text(encoding="utf-8")
    results = pd.read_csv(report / run / "results.csv", dtype=str, keep_default_na=False)
    return Page(text), text, results


@pytest.mark.parametrize("run", RUNS)
def test_results_follow_the_contract(report: Path, run: str) -> None:
    _, _, results = read(report, run)
    assert list(results.columns) == COLUMNS
    assert set(results["data_status"]) <= {"published", "synthetic", "real"}
    assert set(results["plan_status"]) <= {"planned", "exploratory"}
    assert ((results["stat"] != "") | (results["stat_fmt"] != "")).all()
    key = "analysis_id group1_level group2_level variable variable_level stat_name".split()
    assert not results.duplicated(key).any()


def test_programme_results_are_published_and_sourced(report: Path) -> None:
    _, _, results = read(report, "programme")
    assert set(results["data_status"]) == {"published"}
    # Counts over the whole field, and texts that say that no source exists, have none.
    own = ["audit-rules", "audit-findings-count", "note-cells-count", "searches-count"]
    numbers = results[(results["stat"] != "") & ~results["analysis_id"].isin(own)]
    assert (numbers["source"] != "").all()


@pytest.mark.parametrize("run", RUNS)
def test_every_number_on_the_page_is_in_the_file(report: Path, run: str) -> None:
    page, _, results = read(report, run)
    known: set[str] = set()
    for column in ("stat_fmt", *(c for c in COLUMNS if c.endswith(("_level", "variable")))):
        for text in results[column].unique():
            known |= set(NUMBER.findall(text))
    # The level of an interval is part of its method.
    known |= {level for text in results["method"].unique() for level in LEVEL.findall(text)}
    shown = {number for text in page.shown for number in NUMBER.findall(text)}
    # The last sentence of a page counts the results themselves.
    counts = {str((results["stat"] != "").sum()), str((results["stat"] == "").sum())}
    assert len(shown) > 50
    assert shown - known - counts == set()


@pytest.mark.parametrize("run", RUNS)
def test_pages_are_self_contained_and_accessible(report: Path, run: str) -> None:
    page, text, _ = read(report, run)
    tags = [tag for tag, _ in page.tags]
    assert tags.count("script") == 1
    assert f'class="shown {UNDRAWN_CLASS}"' not in text
    assert tags.count("h1") == 1
    assert dict(page.tags)["html"] == {"lang": "en"}
    assert "Content-Security-Policy" in text
    for tag, attrs in page.tags:
        if tag == "img":
            assert len(attrs.get("alt") or "") > 20
            assert (attrs["src"] or "").startswith("data:")
        for name in ("src", "href", "srcset"):
            # A link to a source leads out when a reader follows it; nothing else does.
            value = (attrs.get(name) or "") if (tag, name) != ("a", "href") else ""
            assert not value.startswith(("http", "//", "file:")), (tag, value[:60])
    assert "/home/" not in text
    assert "/root/" not in text
    ids = [attrs["id"] for _, attrs in page.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    anchors = {
        (attrs.get("href") or "")[1:]
        for tag, attrs in page.tags
        if tag == "a" and (attrs.get("href") or "").startswith("#")
    }
    assert anchors <= set(ids)


def test_the_front_page_leads_to_every_run(report: Path) -> None:
    text = (report / "index.html").read_text(encoding="utf-8")
    for run in RUNS:
        assert f'href="{run}/index.html"' in text
        assert f'href="{run}/results.csv"' in text
    assert "not estimable" in text
    assert Page(text).tags
    manifest = json.loads((report / "manifest.json").read_text(encoding="utf-8"))
    assert set(manifest["runs"]) >= set(RUNS), "a user's own runs may stand there too"


@pytest.mark.parametrize("run", RUNS)
def test_no_date_and_no_path_in_a_page(report: Path, run: str) -> None:
    for name in ("index.html", "results.csv", "notebook.ipynb"):
        text = (report / run / name).read_text(encoding="utf-8")
        assert str(report) not in text
        assert "papermill" not in json.dumps(
            json.loads(text)["metadata"] if name.endswith("ipynb") else {}
        )


def test_what_is_not_declared_leaves_the_cell_or_the_section_but_nothing_beside_it() -> None:
    def cell(*texts: str) -> nbformat.NotebookNode:
        outputs = [
            nbformat.v4.new_output("display_data", {"text/plain": text, "text/html": ""})
            for text in texts
        ]
        return nbformat.v4.new_code_cell("page.show(…)", outputs=outputs)

    absent = f"{ABSENT_MARK} nothing of the kind"
    kept, gone = (nbformat.v4.new_markdown_cell(f"## {name}") for name in ("Kept", "Gone"))
    silent = nbformat.v4.new_code_cell("without output")
    notebook = nbformat.v4.new_notebook(
        cells=[kept, cell("a table", absent), cell(absent), silent, gone, cell(absent, absent)]
    )
    cells = without_absent(notebook).cells
    assert [each.source for each in cells] == ["## Kept", "page.show(…)", "without output"]
    assert [output.data["text/plain"] for output in cells[1].outputs] == ["a table"]
