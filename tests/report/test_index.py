"""The front page as a file: groups, departures, what is missing, and what an old report left."""

import html
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd
import pytest

from analysis.display.figures import file_stem
from analysis.display.html import BADGES
from analysis.report import index
from analysis.report.render import figure_files, page_title
from analysis.report.search import LONGEST, MOST
from analysis.report.summary import sealed
from analysis.sources.question import asked

SYNTHETIC = BADGES["synthetic"]


@pytest.fixture
def mine(project: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    made = project.copy(tmp_path / "project")
    made.use(monkeypatch)
    return made


def page(project: Any) -> str:
    index.write(project.folder)
    return (project.folder / "index.html").read_text(encoding="utf-8")


def alter(project: Any, run: str, **values: object) -> None:
    path = project.folder / run / "run.json"
    path.write_bytes(sealed({**json.loads(path.read_text()), **values}))


def test_nothing_is_written_when_nothing_changed(mine: Any) -> None:
    before = (mine.folder / "index.html").stat().st_mtime_ns
    page(mine)
    assert (mine.folder / "index.html").stat().st_mtime_ns == before


def test_groups_follow_the_notebooks(mine: Any) -> None:
    alter(mine, "one", notebook="1_programme")
    alter(mine, "two", notebook="4_safety")
    found = re.findall(r'<h2 id="([^"]+)">(Evidence on \w+)?', page(mine))
    assert [anchor for anchor, _ in found] == [
        "evidence-on-product", "worked-examples-safety", "how-to-read", "made-of",
    ]  # fmt: skip
    assert found[0][1] == f"Evidence on {asked()['product']}"
    assert page(mine).count("Nothing in this part is evidence on") == 1


def test_why_a_trial_is_there_is_said_once_and_follows_its_plan(mine: Any) -> None:
    assert "Here because" not in page(mine)
    for run in ("one", "two"):
        alter(mine, run, notebook="4_safety", trial="A trial", purpose="Here because I say so.")
    assert page(mine).count("A trial: Here because I say so.") == 1


def test_files_and_figures_carry_the_status_of_their_data(mine: Any) -> None:
    drawing = {"file": "figures/01-x.png", "title": "Growth", "statuses": ["published"]}
    alter(mine, "one", data_status=["synthetic"], drawings=[drawing])
    alter(mine, "two", data_status=["real"], drawings=[])
    text = page(mine)
    for link, status in (
        ("one/results.csv", "synthetic"),
        ("one/notebook.ipynb", "synthetic"),
        ("one/figures/01-x.svg", "published"),
        ("two/results.csv", "real"),
    ):
        (item,) = re.findall(rf'<li>(?:(?!<li>).)*href="{link}".*?</li>', text)
        assert re.findall(r'class="badge (\w+)"', item) == [status]


@pytest.mark.parametrize(
    ("rows", "title"),
    [
        (
            [("opening", "title", "A trial"), ("opening", "asked", "Height")],
            "Safety: A trial. Height",
        ),
        ([("opening", "title", "A trial")], "Safety: A trial"),
        ([("answer", "asked", "A against B")], "Safety: A against B"),
        # Another table may speak of another trial.
        ([("overlay", "title", "Another trial")], "Safety: exposure"),
    ],
)
def test_a_page_is_called_after_its_trial_and_its_question(
    rows: list[tuple[str, str, str]], title: str
) -> None:
    heading = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# Safety: exposure")])
    frame = pd.DataFrame(rows, columns=["analysis_id", "stat_name", "stat_fmt"])
    assert page_title(heading, frame) == title


def test_every_page_has_a_title_of_its_own(report: Path) -> None:
    runs = [json.loads(path.read_text(encoding="utf-8")) for path in report.glob("*/run.json")]
    titles = [run["title"] for run in runs]
    assert sorted(set(titles)) == sorted(titles)
    text = (report / "index.html").read_text(encoding="utf-8")
    for run in runs:
        assert run["data_status"] != ["real"] or run["purpose"], run["run"]
        assert run["purpose"] in html.unescape(text)


@pytest.mark.parametrize(
    ("claim", "said"),
    [
        ("Sold by One Firm", "Onetropin: sold by One Firm. Nothing here is clinical advice."),
        ("", "Research use only. Nothing here is clinical advice."),
    ],
)
def test_names_come_from_the_question_and_the_claims(
    mine: Any, monkeypatch: pytest.MonkeyPatch, claim: str, said: str
) -> None:
    monkeypatch.setattr(index, "asked", lambda: {"product": "Onetropin"})
    monkeypatch.setattr(index, "confirmed_claim", lambda _: claim)
    text = page(mine)
    assert "<h1>Onetropin: reproducible trial evidence</h1>" in text
    assert said in text
    assert "Valtropin" not in text


def test_departures_are_marked_and_named(mine: Any) -> None:
    words = {"population": {"planned": "full <analysis>", "used": "per protocol"}}
    alter(mine, "two", departures=words)
    text = page(mine)
    assert "Exploratory: departs from the plan" in text
    assert "population per protocol (planned full &lt;analysis&gt;)" in text


@pytest.mark.parametrize("empty", ["", [], None])
def test_an_empty_parameter_is_none_in_words(mine: Any, empty: object) -> None:
    alter(mine, "two", parameters={"trial": empty, "strata": ["SEX", "REGION1"], "draws": 0})
    said = "Set for this run: <code>trial = none</code>, <code>strata = SEX, REGION1</code>, "
    assert f"{said}<code>draws = 0</code>." in page(mine)


def test_runs_without_a_page_and_pages_without_a_run(mine: Any) -> None:
    runs = mine.root / "notebooks" / "runs.yml"
    runs.write_text('one:\n  notebook: "one"\nthree:\n  notebook: "one"\n')
    text = page(mine)
    assert "Without a page so far: three." in text
    assert text.count("No longer in runs.yml") == 1
    assert text.index("No longer in runs.yml") > text.index('id="two"')


def test_what_an_older_version_left_is_no_page(mine: Any) -> None:
    (mine.folder / "one" / "run.json").write_text('{"run": "one", "title": "x"}')
    changed = mine.folder / "two" / "run.json"
    changed.write_text(changed.read_text().replace("about two", "about you"))
    text = page(mine)
    assert "Without a page so far: one, two." in text
    assert "<article" not in text


def test_different_origins_are_all_named(mine: Any) -> None:
    made = json.loads((mine.folder / "one" / "run.json").read_text())["made_with"]
    alter(mine, "one", made_with={**made, "commit": "abc", "made": "2020-01-01T00:00:00+00:00"})
    text = page(mine)
    assert "abc, not a git checkout" in text
    assert "2020-01-01T00:00:00+00:00" in text


def test_search_entries_are_short(report: Path) -> None:
    for path in report.glob("*/search.json"):
        entries = json.loads(path.read_text(encoding="utf-8"))
        assert entries
        assert max(len(values) for _, _, _, values, *_ in entries) <= LONGEST
        by_table = Counter(table for kind, *_, table in entries if kind == "row")
        assert max(by_table.values(), default=0) <= MOST
        # A row names the table that it stands in, which is found before it.
        for kind, *_, table in entries:
            assert (kind == "row") == (table >= 0)
            assert kind != "row" or entries[table][0] == "table"
    assert (report / "index.html").stat().st_size < 500_000


def test_what_can_be_found_says_what_data_it_rests_on(report: Path) -> None:
    """A hit is read without its page: a synthetic result among them must say what it is."""
    runs = [json.loads(path.read_text(encoding="utf-8")) for path in report.glob("*/run.json")]
    synthetic = [run for run in runs if "synthetic" in run["data_status"]]
    assert len(synthetic) > 3
    for run in runs:
        entries = json.loads((report / run["run"] / "search.json").read_text(encoding="utf-8"))
        rows = Counter(table for kind, *_, table in entries if kind == "row")
        for kind, title, _, _, status, table in entries:
            if kind == "row" and not status:
                # The sentence of a table that has nothing to show, which rests on no data.
                assert (rows[table], entries[table][4]) == (1, ""), (run["run"], title)
            # What rests on no data, such as departures, is shown with the status of its page.
            assert set(status.split()) <= set(run["data_status"]), (run["run"], title)
            if run["data_status"] == ["synthetic"]:
                assert status in ("synthetic", ""), title


def test_every_hit_of_a_search_is_marked(report: Path, browser: Any) -> None:
    page = browser.new_page()
    page.goto((report / "index.html").as_uri())

    def kinds(words: str) -> list[str]:
        page.fill("#query", words)
        page.wait_for_selector("#found li")
        hits = page.locator("#found li")
        assert hits.count() > 0
        marks = [hits.nth(n).locator(".badge").first.text_content() for n in range(hits.count())]
        # Evidence stands before examples.
        first = marks.index(SYNTHETIC) if SYNTHETIC in marks else len(marks)
        assert set(marks[first:]) <= {SYNTHETIC}
        return marks

    assert SYNTHETIC not in kinds("valtropin − humatrope")[:3]
    assert len({SYNTHETIC, "Published data"} & set(kinds("age at baseline"))) == 2
    assert set(kinds("ghd-efficacy tipping")) == {SYNTHETIC}
    # A word is found where a word begins: in no title or value that only holds the letters.
    page.fill("#query", "EMA")
    for hit in page.locator("#found li").all_text_contents():
        assert re.search(r"(^|[^a-z])ema", hit.lower()), hit
    page.fill("#query", "nothingiscalledso")
    assert page.locator("#found li").count() == 0
    page.close()


def test_figures_are_files_with_their_titles(report: Path) -> None:
    summary = json.loads((report / "programme" / "run.json").read_text(encoding="utf-8"))
    assert summary["drawings"]
    text = (report / "programme" / "index.html").read_text(encoding="utf-8")
    for number, drawing in enumerate(summary["drawings"], start=1):
        path, title = drawing["file"], drawing["title"]
        assert (report / "programme" / path).read_bytes().startswith(b"\x89PNG")
        assert title in text
        assert path == f"figures/{file_stem(number, title)}.png"
        drawn = (report / "programme" / path).with_suffix(".svg").read_text(encoding="utf-8")
        assert "<svg" in drawn
        assert "<script" not in drawn
    notebook = nbformat.read(report / "programme" / "notebook.ipynb", as_version=4)
    assert len(figure_files(notebook.cells)) == text.count('<figure class="shown picture"')
