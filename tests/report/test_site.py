"""The front page in headless Chromium with the network off: search, keys, paper, dark, phone."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

CONTRAST = """() => {
  const rgb = (c) => { const n = c.match(/[\\d.]+/g).map(Number);
    return n.length < 4 || n[3] === 1 ? n.slice(0, 3) : null; };
  const light = (c) => c.map(v => v / 255).map(v => v <= .03928 ? v / 12.92
    : ((v + .055) / 1.055) ** 2.4).reduce((s, v, i) => s + v * [.2126, .7152, .0722][i], 0);
  const ground = (e) => { for (; e; e = e.parentElement) {
    const found = rgb(getComputedStyle(e).backgroundColor); if (found) return found; }
    return matchMedia('(prefers-color-scheme: dark)').matches ? [17, 22, 28] : [255, 255, 255]; };
  const poor = [];
  for (const e of document.querySelectorAll('body *')) {
    const own = [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
    if (!own || !e.getClientRects().length || e.closest('svg, script, style')) continue;
    const a = light(rgb(getComputedStyle(e).color)), b = light(ground(e));
    const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    if (ratio < 4.5) poor.push([e.tagName, e.className, e.textContent.slice(0, 40), ratio]);
  }
  return poor; }"""


@pytest.fixture(scope="module")
def site(project: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report with two runs and a grid of three scenarios."""
    mine = project.copy(tmp_path_factory.mktemp("site") / "project")
    (mine.root / "small.yml").write_text(
        'title: "Does it hang on x?"\nnotebook: "one"\nparameters:\n  x: [-1.0, 2.0, 3.0]\n'
    )
    mine.main("grid", "small.yml", "--jobs", 1)
    return Path(mine.folder)


class Opened:
    """A page, and what it asked for and said."""

    def __init__(self, browser: Any, path: Path, **options: Any) -> None:
        self.context = browser.new_context(
            **{"offline": True, "viewport": {"width": 1280, "height": 900}, **options}
        )
        self.page = self.context.new_page()
        self.requests: list[str] = []
        self.messages: list[str] = []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda message: self.messages.append(message.text))
        self.page.on("pageerror", lambda error: self.messages.append(str(error)))
        self.page.goto(path.as_uri())

    def __enter__(self) -> "Opened":
        return self

    def __exit__(self, *_: object) -> None:
        asked = [url for url in self.requests if not url.startswith(("data:", "file:"))]
        self.context.close()
        assert asked == []
        assert self.messages == []


def test_search_finds_sentences_and_sections(browser: Any, site: Path) -> None:
    with Opened(browser, site / "index.html") as opened:
        page = opened.page
        assert len(opened.requests) == 1, "what is searched is loaded when it is asked for"
        page.fill("#query", "6.0")
        page.wait_for_selector("#found li")
        assert page.inner_text("#count") == "2 found"
        assert "sentence in one" in page.locator("#found li").first.inner_text()
        page.fill("#query", "nowhere")
        assert page.inner_text("#count") == "Nothing found"
        page.fill("#query", "the answer")
        page.press("#query", "Enter")
        page.wait_for_url("**/one/index.html#The-answer")
        page.get_by_role("link", name="All reports").click()
        page.wait_for_url("**/index.html")


def test_everything_is_reached_by_the_keyboard(browser: Any, site: Path) -> None:
    with Opened(browser, site / "index.html") as opened:
        page = opened.page
        page.keyboard.press("/")
        assert page.evaluate("document.activeElement.id") == "query"
        page.keyboard.type("answer")
        page.wait_for_selector("#found li")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.closest('#found') !== null")
        page.keyboard.press("Shift+Tab")
        page.keyboard.press("Escape")
        assert page.locator("#found li").count() == 0
        page.evaluate("document.activeElement.blur()")
        reached = set()
        for _ in range(80):
            page.keyboard.press("Tab")
            name = page.evaluate("document.activeElement.outerHTML.slice(0, 90)")
            outline = "getComputedStyle(document.activeElement).outlineStyle"
            assert name.startswith("<body") or page.evaluate(outline) != "none", name
            reached.add(name)
        links = page.evaluate(
            "[...document.querySelectorAll('a[href], summary, input')]"
            ".filter(e => e.checkVisibility()).map(e => e.outerHTML.slice(0, 90))"
        )
        assert set(links) <= reached


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("name", ["index.html", "one/index.html", "grids/small/index.html"])
def test_contrast_and_width(browser: Any, site: Path, name: str, width: int, scheme: str) -> None:
    viewport = {"width": width, "height": 900}
    with Opened(browser, site / name, color_scheme=scheme, viewport=viewport) as opened:
        page = opened.page
        page.evaluate("document.querySelectorAll('details').forEach(e => e.open = true)")
        assert page.evaluate(CONTRAST) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert ground == ("rgb(17, 22, 28)" if scheme == "dark" else "rgb(255, 255, 255)")
        assert page.evaluate("[...document.images].every(i => i.alt.length > 20)")
        for mark in ("main", "h1", "html[lang=en]", "a.skip", "footer"):
            assert page.locator(mark).count() == 1
        headings = page.evaluate(
            "[...document.querySelectorAll('h1,h2,h3')].map(h => +h.tagName[1])"
        )
        assert all(b - a <= 1 for a, b in pairwise(headings))


def test_the_contrast_check_can_fail(browser: Any, site: Path) -> None:
    with Opened(browser, site / "index.html") as opened:
        opened.page.evaluate("document.querySelector('.card .run').style.color = '#999'")
        assert [found[0] for found in opened.page.evaluate(CONTRAST)] == ["SPAN"]


def test_without_scripts_all_is_there_but_the_search(browser: Any, site: Path) -> None:
    with Opened(browser, site / "index.html", java_script_enabled=False) as opened:
        assert not opened.page.locator("#search").is_visible()
        opened.page.locator(".files summary").first.click()
        for link in ("one/index.html", "one/results.csv", "grids/small/index.html"):
            assert opened.page.locator(f'a[href="{link}"]').first.is_visible()


def test_no_other_script_may_run(browser: Any, site: Path, tmp_path: Path) -> None:
    """The policy lets one script run; an injected one is stopped."""
    text = (site / "index.html").read_text(encoding="utf-8")
    evil = tmp_path / "index.html"
    (tmp_path / "search-data.js").write_bytes((site / "search-data.js").read_bytes())
    evil.write_text(text.replace("</main>", "<script>document.title='x'</script></main>"))
    page = browser.new_page()
    page.goto(evil.as_uri())
    assert page.title() != "x"
    page.fill("#query", "6.0")
    page.wait_for_selector("#found li")
    page.close()


def test_on_paper(browser: Any, site: Path) -> None:
    """Dark on white whatever the screen, nothing to click, and a real PDF."""
    with Opened(browser, site / "index.html", color_scheme="dark") as opened:
        page = opened.page
        page.emulate_media(media="print", color_scheme="dark")
        assert page.evaluate("getComputedStyle(document.body).color") == "rgb(31, 41, 51)"
        for name in ("#search", ".contents", ".files", ".skip"):
            assert not page.locator(name).first.is_visible()
        pdf = page.pdf(format="A4")
        assert pdf.startswith(b"%PDF")
        assert b"%%EOF" in pdf[-20:]


def test_the_grid_page_words_and_links_its_verdicts(browser: Any, site: Path) -> None:
    with Opened(browser, site / "grids" / "small" / "index.html") as opened:
        page = opened.page
        rows = page.locator("figure.table tbody tr")
        assert rows.count() == 3
        said = [rows.nth(n).inner_text().split("\t") for n in range(3)]
        assert [row[0] for row in said] == ["-1", "2", "3"]
        assert [row[4].strip() for row in said] == ["not shown", "superior", "superior"]
        colours = page.evaluate(
            "[...document.querySelectorAll('.mark')].map(e => getComputedStyle(e).color)"
        )
        assert colours[0] != colours[1] == colours[2]
        page.get_by_role("button", name="Estimate").click()
        page.get_by_role("button", name="Estimate").click()
        assert rows.nth(0).inner_text().startswith("3\t")
        page.get_by_role("searchbox").fill("superior")
        assert rows.count() == 2
        page.get_by_role("searchbox").fill("")
        page.get_by_role("button", name="Estimate").click()
        with page.expect_download() as saved:
            page.locator(".tools summary").click()
            page.get_by_role("button", name="Download csv").click()
        lines = saved.value.path().read_text(encoding="utf-8-sig").splitlines()
        assert saved.value.suggested_filename == "small-a-row-a-scenario-all.csv"
        assert len(lines) == 1 + 3
        assert lines[1].startswith("Synthetic data: no evidence,-1,")
        rows.nth(1).get_by_role("link").click()
        page.wait_for_url("**/grids/small/x-2.0/index.html")
