"""What a page does in the browser: tables that fit, are filtered, sorted, downloaded, copied."""

import csv
import io
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from page_of_tables import WHY, a_page, a_table

ROWS = 150


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return a_page(
        tmp_path_factory.mktemp("page"),
        a_table("Short", 4),
        a_table("Long", ROWS, groups="group2_level"),
        a_table("Wide", 4, wide=9),
        a_table("Folded", ROWS, folded=True, status="real"),
        a_table("Closable", ROWS, groups="group2_level", foldable=True),
    )


@pytest.fixture
def page(browser: Any, path: Path) -> Iterator[Any]:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, offline=True)
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(path.as_uri())
    yield page
    context.close()
    assert said == []


def figure(page: Any, title: str) -> Any:
    return page.locator("figure.table", has=page.locator(".title", has_text=title)).first


def labels(page: Any, title: str) -> list[str]:
    return figure(page, title).locator("tbody tr:not(.group) > :first-child").all_inner_texts()


def test_only_what_is_too_wide_scrolls_and_is_a_stop(page: Any) -> None:
    stop = "e => e.querySelector('.scroll').tabIndex >= 0"
    cut = "e => (b => b.scrollWidth > b.clientWidth + 1)(e.querySelector('.scroll'))"
    for title, scrolls in [("Short", False), ("Long", False), ("Wide", True)]:
        assert figure(page, title).evaluate(stop) == scrolls
        assert figure(page, title).evaluate(cut) == scrolls
    page.set_viewport_size({"width": 2600, "height": 900})
    page.locator(".scroll[tabindex]").first.wait_for(state="detached")
    assert not figure(page, "Wide").evaluate(cut)


def test_a_wide_table_leaves_the_column_of_the_text(page: Any) -> None:
    width = "e => e.getBoundingClientRect().width"
    text = page.locator(".prose").first.evaluate(width)
    assert figure(page, "Short").evaluate(width) == text
    assert figure(page, "Wide").evaluate(width) > text
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280


def test_a_long_table_shows_its_first_rows_then_all(page: Any) -> None:
    assert len(labels(page, "Long")) == 40
    figure(page, "Long").get_by_role("button", name=f"Show all {ROWS} rows").click()
    assert len(labels(page, "Long")) == ROWS
    assert len(labels(page, "Short")) == 4


def test_rows_are_filtered_by_all_words_also_of_their_group(page: Any) -> None:
    long = figure(page, "Long")
    field = long.get_by_role("searchbox")
    field.fill("class 2 week 15")
    found = labels(page, "Long")
    assert {"Week 15", "Week 150"} <= set(found)
    assert "Week 16" not in found
    assert long.locator(".count").inner_text() == f"{len(found)} of {ROWS} rows"
    assert long.locator("tr.group").all_inner_texts() == ["Class 2"]
    field.fill("-149.0")
    assert labels(page, "Long") == ["Week 150"]
    field.fill("nowhere")
    assert labels(page, "Long") == []
    field.fill("")
    assert len(labels(page, "Long")) == 40


def test_rows_are_sorted_as_numbers_up_down_and_back(page: Any) -> None:
    before = labels(page, "Long")
    head = figure(page, "Long").get_by_role("button", name="Mean difference")
    head.click()
    assert labels(page, "Long")[:2] == ["Week 150", "Week 147"]
    assert figure(page, "Long").locator("[aria-sort=ascending]").count() == 1
    head.click()
    assert labels(page, "Long")[:2] == ["Week 1", "Week 4"]
    head.click()
    assert labels(page, "Long") == before
    assert figure(page, "Long").locator("[aria-sort]").count() == 0


def test_the_total_of_a_group_that_closes_stays_first(page: Any) -> None:
    totals = ["Week 1", "Week 2", "Week 3"]
    figure(page, "Closable").get_by_role("button", name="Mean difference").click()
    shown = labels(page, "Closable")
    assert shown[0] == "Week 3"
    assert shown[1] == "Week 150"
    figure(page, "Closable").get_by_role("button", name="Show all").click()
    assert [each for each in labels(page, "Closable") if each in totals] == totals[::-1]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["3", "−1.5", "12 (3.4 %)", "< 5", "–", "5", "> 5"],
         ["−1.5", "3", "< 5", "5", "> 5", "12 (3.4 %)", "–"]),
        (["0.05", "<0.001", "0.0002"], ["0.0002", "<0.001", "0.05"]),
        (["1,204", "99", "1e-3"], ["1e-3", "99", "1,204"]),
        (["not estimable", "2.0 (−1 to 5)", "−2.0 (−4 to 0)"],
         ["−2.0 (−4 to 0)", "2.0 (−1 to 5)", "not estimable"]),
        (["Week 12", "Week 4", ""], ["Week 4", "Week 12", ""]),
    ],
)  # fmt: skip
def test_order_of_cells(
    browser: Any, tmp_path: Path, cells: list[str], expected: list[str]
) -> None:
    path = a_page(tmp_path, a_table("T", 40))
    text = path.read_text(encoding="utf-8")
    head, start, rest = text.partition("<tbody")
    _, end, tail = rest.partition("</tbody>")
    rows = "".join(f"<tr><td>{each}</td><td></td><td></td><td></td></tr>" for each in cells)
    path.write_text(f"{head}{start}>{rows}{end}{tail}", encoding="utf-8")
    page = browser.new_page()
    page.goto(path.as_uri())
    page.locator("thead button").first.click()
    assert page.locator("tbody td:first-child").all_inner_texts() == expected
    page.locator("thead button").first.click()
    known = [each for each in expected if each not in ("–", "", "not estimable")]
    assert page.locator("tbody td:first-child").all_inner_texts()[: len(known)] == known[::-1]
    page.close()


@pytest.mark.parametrize(("title", "status"), [("Long", "Synthetic data: no evidence"),
                                               ("Folded", "Real trial data")])  # fmt: skip
def test_a_download_has_all_rows_and_its_mark_in_each(page: Any, title: str, status: str) -> None:
    table = figure(page, title)
    if title == "Folded":
        table.locator("summary").first.click()
    table.get_by_role("searchbox").fill("Week 15")
    table.locator(".tools summary").click()
    with page.expect_download() as download:
        table.get_by_role("button", name="Download csv").click()
    assert download.value.suggested_filename == f"demo-{title.lower()}.csv"
    text = Path(download.value.path()).read_text(encoding="utf-8-sig")
    head, *rows = list(csv.reader(io.StringIO(text)))
    group = ["Group"] if title == "Long" else []
    assert head == ["Data", *group, "Visit", "Participants", "Mean difference of the arms",
                    "Remark", "Table", "Page"]  # fmt: skip
    assert len(rows) == ROWS
    assert {row[0] for row in rows} == {status}
    assert {tuple(row[-2:]) for row in rows} == {(title, "Growth of some children (demo)")}
    remarks = {row[-6]: row[-3] for row in rows}
    assert remarks["Week 148"] == "see, “note” 147"
    # On the page such a cell names a note; alone it says what the note says.
    assert table.locator("li", has_text=f"Note a: {WHY}").count() == 1
    assert list(remarks.values()).count(WHY) == len(range(0, ROWS, 14))


COPIED = """() => new Promise(done => {
  document.addEventListener('copy', e => { done([e.clipboardData.getData('text/plain'),
    e.clipboardData.getData('text/html'), e.defaultPrevented, String(getSelection())]); });
  document.execCommand('copy'); })"""
SELECT = """([from, to]) => { const range = document.createRange();
  range.setStartBefore(document.querySelector(from)); range.setEndAfter(document.querySelector(to));
  getSelection().removeAllRanges(); getSelection().addRange(range); }"""


def test_a_part_that_is_copied_takes_its_mark_along(page: Any) -> None:
    page.evaluate(SELECT, ["figure.table tbody tr", "figure.table tbody tr:nth-child(2)"])
    plain, html, _, _ = page.evaluate(COPIED)
    first, *rows = plain.splitlines()
    assert first == "Short [Synthetic data: no evidence] Growth of some children (demo)"
    assert len(rows) == 2
    assert "Synthetic data: no evidence" in html
    assert html.count("<tr") == 2


def test_what_is_copied_with_its_badge_or_without_data_is_left_as_it_is(page: Any) -> None:
    for start, end in [("figure.table figcaption", "figure.table table"), ("h1", "h1")]:
        page.evaluate(SELECT, [start, end])
        assert not page.evaluate(COPIED)[2]


def test_the_contents_say_where_one_is(page: Any) -> None:
    page.locator("#Part-3").evaluate("e => scrollTo(0, e.offsetTop - 50)")
    page.locator(".here", has_text="Part 3").wait_for(state="attached")
    assert page.locator(".toc summary").is_visible()
    page.locator(".toc summary").click()
    page.get_by_role("link", name="Part 1").click()
    page.locator(".here", has_text="Part 1").wait_for(state="attached")
    assert not page.get_by_role("link", name="Part 1").is_visible()
    page.set_viewport_size({"width": 1920, "height": 900})
    page.get_by_role("link", name="Part 5").wait_for()
    page.evaluate("scrollTo(0, 9999)")
    assert page.get_by_role("link", name="Part 5").is_visible()


def test_one_switch_shows_all_code(page: Any) -> None:
    code = page.locator(".code")
    assert code.count() == 5
    assert not any(code.nth(n).is_visible() for n in range(5))
    page.get_by_label("Show code").check()
    assert all(code.nth(n).is_visible() for n in range(5))


def test_the_arrow_keys_walk_within_a_table(page: Any) -> None:
    stops = (
        "e => e.querySelectorAll(':is(summary, thead button, tbody input)[tabindex=\"0\"]').length"
    )
    assert figure(page, "Closable").evaluate(stops) == 1
    figure(page, "Closable").locator("thead button").first.focus()
    page.keyboard.press("ArrowRight")
    assert "Participants" in page.evaluate("document.activeElement.textContent")
    page.keyboard.press("End")
    assert page.evaluate("document.activeElement.type") == "checkbox"
    assert figure(page, "Closable").evaluate(stops) == 1
    page.keyboard.press("Home")
    page.keyboard.press("ArrowDown")
    assert "Visit" in page.evaluate("document.activeElement.textContent")


def test_a_link_to_a_row_that_is_not_laid_out_leads_to_it(browser: Any, path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    page = browser.new_page()
    for title in ("Long", "Folded"):
        head, start, rest = text.partition(f'class="title">{title}<')
        other = path.with_name(f"{title}.html")
        row = rest.replace('scope="row">Week 148<', 'scope="row" id="x">Week 148<', 1)
        other.write_text(head + start + row, encoding="utf-8")
        page.goto(f"{other.as_uri()}#x")
        assert page.locator("#x").is_visible()
    page.close()


def test_without_scripts_every_row_is_there(browser: Any, path: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(path.as_uri())
    for title, rows in [("Long", ROWS), ("Folded", ROWS), ("Short", 4)]:
        assert len(labels(page, title)) == rows
    context.close()


def test_enter_opens_the_tools_of_a_table_that_scrolls(page: Any) -> None:
    wide = figure(page, "Wide")
    wide.locator(".scroll").focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.textContent") == "Download csv"
    page.keyboard.press("Escape")
    assert wide.evaluate("e => document.activeElement === e.querySelector('.scroll')")


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="needs poppler")
def test_on_paper_every_column_stands_on_a_sheet_and_no_page_shrinks(
    browser: Any, tmp_path: Path
) -> None:
    """What needs more than a sheet lies across it, with its heading, or has smaller letters."""
    made = a_page(
        tmp_path, a_table("Short", 4), a_table("Wider", 4, wide=4), a_table("W", 4, wide=6)
    )
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(made.as_uri())
    (tmp_path / "a.pdf").write_bytes(page.pdf(prefer_css_page_size=True))
    page.close()
    told = subprocess.run(["pdftotext", "-bbox", tmp_path / "a.pdf", "-"], capture_output=True,
                          text=True, check=True).stdout  # fmt: skip
    sheets = told.split("<page ")[1:]
    size = r'width="([\d.]+)" height="([\d.]+)"'
    across = [float(w) > float(h) for sheet in sheets for w, h in re.findall(size, sheet)]
    assert [across.count(each) for each in (True, False)] == [1, len(sheets) - 1]
    assert ">Part</word>" in sheets[across.index(True)]
    word = r'xMin="([\d.]+)" yMin="([\d.]+)" xMax="([\d.]+)" yMax="([\d.]+)">(.*?)<'
    words = [(float(x), float(z), float(end) - float(y), text) for sheet in sheets
             for x, y, z, end, text in re.findall(word, sheet)]  # fmt: skip
    assert sum(text == "Participants" for *_, text in words) == 1 + 4 + 6
    # A heading is as high as it is where no table is wide.
    heights = {round(height) for *_, height, text in words if text == "Part"}
    assert heights == {round(1.35 * 12 * 1.17)}


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="needs poppler")
def test_every_sheet_says_what_it_is_of_and_has_the_head_of_its_table(
    page: Any, tmp_path: Path
) -> None:
    (tmp_path / "a.pdf").write_bytes(page.pdf(format="A4"))
    command = ["pdftotext", "-layout", tmp_path / "a.pdf", "-"]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    sheets = told.split("\f")[:-1]
    assert len(sheets) > 3
    for number, sheet in enumerate(sheets, 1):
        lines = sheet.splitlines()
        assert lines[0].split("  ")[0] == "Growth of some children"
        assert lines[0].endswith("Synthetic data: no evidence; Real trial data")
        assert lines[-1].split() == ["demo", str(number), "/", str(len(sheets))]
        # What is folded on the screen, or not laid out, is on paper; a head stands over its rows.
        assert "Visit" in sheet or "Week" not in sheet
        assert all(word not in sheet for word in ("Filter rows", "Show code", "On this page"))
    assert told.count("Week 150 ") == 3
    assert "page.show" not in told
