"""What can be found, and how it is found: addresses, statuses, whole words, synonyms, order."""

import csv
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd
import pytest

from analysis.display.html import BADGES
from analysis.display.reading import Reading
from analysis.display.tables import Column, Table
from analysis.report import index
from analysis.report.anchors import places, with_anchors
from analysis.report.search import SYNONYMS, entries
from analysis.report.summary import sealed
from analysis.results import Results, combine, rows_of


def rows(level: str, mean: float, status: Any = "published") -> Results:
    frame = pd.DataFrame({"group1_level": [level], "mean": [mean]}).assign(source="S")
    return rows_of(frame, "means", context="test", decimals=0, data_status=status)


def table(title: str, results: Results, **more: Any) -> Table:
    return Table(title, results, {"group1_level": "Arm"}, [Column("Mean, cm", "{mean}")], **more)


def notebook(*shown: Any) -> nbformat.NotebookNode:
    outputs = [
        nbformat.v4.new_output("display_data", {"text/plain": "", "text/html": each.html()})
        for each in shown
    ]
    heading = nbformat.v4.new_markdown_cell("## What was seen")
    cell = nbformat.v4.new_code_cell("page.show()", outputs=outputs)
    return with_anchors(nbformat.v4.new_notebook(cells=[heading, cell]))


def html_of(made: nbformat.NotebookNode) -> str:
    return "".join(output.data["text/html"] for output in made.cells[1].outputs)


def test_rows_sentences_and_tables_have_an_address_and_a_status() -> None:
    both = combine([rows("Test", 4.0, "synthetic"), rows("Control", 5.0, "published")])
    said = Reading(["It grew."], rows("x", 1.0, "synthetic"))
    made = notebook(said, table("Height < 5", both), table("Height < 5", rows("Other", 1.0)))
    text = html_of(made)
    section, sentence, first, test, control, second, other = entries(made)
    assert section == ["section", "What was seen", "What-was-seen", "", "", -1]
    assert sentence == ["sentence", "It grew.", "s1", "", "synthetic", -1]
    assert first == ["table", "Height < 5", "table-height-5", "", "synthetic published", -1]
    # A row of a table on several kinds of data has its own status, not the table's.
    made_up, printed = (f"; Data {BADGES[status]}" for status in ("synthetic", "published"))
    assert test == ["row", "Test", "t1r1", f"Mean, cm 4.0{made_up}", "synthetic", 2]
    assert control == ["row", "Control", "t1r2", f"Mean, cm 5.0{printed}", "published", 2]
    assert second[2] == "table-height-5-2"
    assert other[5] == 5
    for _, _, anchor, *_ in entries(made)[1:]:
        assert text.count(f'id="{anchor}"') == 1, anchor


def test_an_address_does_not_hang_on_what_stands_before() -> None:
    alone = notebook(table("Heights", rows("a", 1.0)))
    after = notebook(table("Weights", rows("a", 2.0)), table("Heights", rows("a", 1.0)))
    (place,) = places(html_of(alone))
    assert place.anchor in [each.anchor for each in places(html_of(after))]


def test_a_row_of_a_group_is_found_by_its_group() -> None:
    results = rows("Rash", 1.0)
    results = Results(results.frame.assign(group2="class", group2_level="Skin"))
    made = notebook(table("Events", results, groups="group2_level"))
    assert [title for kind, title, *_ in entries(made) if kind == "row"] == ["Skin · Rash"]


def test_no_synonym_stands_twice_and_each_has_its_reason() -> None:
    with SYNONYMS.open(encoding="utf-8", newline="") as lines:
        read = list(csv.DictReader(lines))
    words = [row["word"].lower() for row in read]
    assert sorted(set(words)) == sorted(words)
    assert all(row["reason"] for row in read)


Entries = list[list[Any]]
Find = Callable[..., list[str]]


@pytest.fixture
def find(browser: Any, project: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Find:
    """Ask the front page of two made-up pages; the second is a worked example."""
    mine = project.copy(tmp_path / "project")
    mine.use(monkeypatch)
    page = browser.new_page()

    def ask(words: str, *, evidence: Entries = [], example: Entries = []) -> list[str]:  # noqa: B006
        for run, notebook_name, entries_of, status in (
            ("one", "1_programme", evidence, "published"),
            ("two", "4_safety", example, "synthetic"),
        ):
            file = mine.folder / run / "run.json"
            said = {"notebook": notebook_name, "title": run, "data_status": [status]}
            file.write_bytes(sealed({**json.loads(file.read_text()), **said}))
            (mine.folder / run / "search.json").write_text(json.dumps(entries_of))
        index.write(mine.folder)
        page.goto((mine.folder / "index.html").as_uri())
        page.fill("#query", words)
        page.locator("#count", has_text=re.compile(r"\S")).wait_for()
        return page.locator("#found li > a").all_text_contents()

    yield ask
    page.close()


def entry(title: str, values: str = "", kind: str = "table") -> list[Any]:
    return [kind, title, "a", values, "", -1]


@pytest.mark.parametrize(
    ("words", "title", "is_found"),
    [
        ("EMA", "Guideline of the EMA", True),
        ("EMA", "Participants remaining", False),
        ("EMA", "Emaciation", False),
        ("emac", "Emaciation", True),
        ("eding", "Bleeding", False),
        ("growth", "Anti-growth-hormone", True),
        ("−0.79", "Difference -0.79", True),
        ("0.7", "Difference 0.79", False),
        ("fatal", "Deaths", True),
        ("DTHFL", "Deaths", True),
        ("deaths", "Fatal events", True),
        ("ADA", "Anti-growth-hormone antibodies", True),
        ("immunogenicity", "Antibody", True),
        ("antibody", "Immunogenicity", True),
        ("growth rate", "Height velocity", True),
        ("antibodies", "Deaths", False),
        ("how many antibodies were there?", "Antibodies", True),
        ("margins", "The margin", True),
    ],
)
def test_what_a_word_finds(find: Find, words: str, title: str, is_found: bool) -> None:
    assert find(words, evidence=[entry(title)]) == ([title] if is_found else [])


def test_evidence_stands_before_examples_and_titles_before_values(find: Find) -> None:
    found = find(
        "height",
        evidence=[entry("Growth", "height 5", "row"), entry("Height of girls")],
        example=[entry("Height of boys")],
    )
    assert found == ["Height of girls", "Growth", "Height of boys"]


def test_where_nothing_has_all_words_the_rare_one_counts(find: Find) -> None:
    evidence = [entry(f"Height {n}") for n in range(5)] + [entry("Glucose")]
    assert find("height glucose", evidence=evidence) == ["Glucose"]


def test_a_missing_file_is_said(find: Find, browser: Any, tmp_path: Path) -> None:
    assert find("height", evidence=[entry("Height")]) == ["Height"]
    folder = tmp_path / "project" / "reports"
    (folder / "search-data.js").unlink()
    page = browser.new_page()
    page.goto((folder / "index.html").as_uri())
    page.fill("#query", "height")
    page.locator("#count", has_text=re.compile(r"\S")).wait_for()
    assert "the file search-data.js beside this page could not be read" in page.inner_text("#count")
    page.close()
