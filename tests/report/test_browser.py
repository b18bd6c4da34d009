"""The pages as a reader sees them: headless Chromium with the network off."""

from pathlib import Path
from typing import Any

import pytest

from analysis import paths
from analysis.report.index import FAMILIES
from analysis.report.runs import load_runs

PAGES = [
    "index.html",
    *(
        f"{run}/index.html"
        for run in sorted(
            name for name, run in load_runs(paths.RUNS).items() if run.notebook in FAMILIES
        )
    ),
]


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("name", PAGES)
def test_page_opens_offline_and_fits(browser: Any, report: Path, name: str, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900}, offline=True)
    page = context.new_page()
    requests: list[str] = []
    messages: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda message: messages.append(message.text))
    page.on("pageerror", lambda error: messages.append(str(error)))
    url = (report / name).as_uri()
    page.goto(url)
    assert [r for r in requests if not r.startswith("data:")] == [url]
    assert messages == []
    without = "[...document.images].filter(i => !i.alt || !i.complete || !i.naturalWidth).length"
    assert page.evaluate(without) == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    small = """[...document.querySelectorAll('p, td, th, li, dd, summary, svg text')]
        .filter(e => e.getClientRects().length && parseFloat(getComputedStyle(e).fontSize) < 11)
        .length"""
    assert page.evaluate(small) == 0
    assert page.evaluate(CUT_BADGES) == 0
    # Where cells stand in columns, numbers stand under the right end of their header.
    numbers = """[...document.querySelectorAll('figure.table tbody td:not([class])')]
        .filter(e => getComputedStyle(e).display === 'table-cell')
        .filter(e => getComputedStyle(e).textAlign !== 'right').length"""
    assert page.evaluate(numbers) == 0
    # The answer stands on the first screen or two, before any table.
    answer = "document.querySelector('.answer')?.getBoundingClientRect().top ?? 0"
    assert page.evaluate(answer) < 1000
    assert stops(page) < 60
    # Folded or not, a page stays light, and no table hides rows in a box of its own.
    page.evaluate("document.querySelectorAll('main details').forEach(e => { e.open = true; })")
    assert page.evaluate("document.getElementsByTagName('*').length") < 15_000
    assert (report / name).stat().st_size < 2_500_000
    assert page.evaluate(SCROLLED_DOWN) == 0
    if width == 1280:
        assert page.evaluate(CUT_THOUGH_IT_FITS) == []
    context.close()


CUT_BADGES = """[...document.querySelectorAll('.badge')].filter(e => e.getClientRects().length)
    .filter(e => e.closest('.scroll') || e.getBoundingClientRect().right > innerWidth).length"""
SCROLLED_DOWN = """[...document.querySelectorAll('main *')].filter(e => e.clientHeight)
    .filter(e => /auto|scroll/.test(getComputedStyle(e).overflowY))
    .filter(e => e.scrollHeight > e.clientHeight + 1).length"""
CUT_THOUGH_IT_FITS = """[...document.querySelectorAll('.scroll')]
    .filter(e => e.scrollWidth > e.clientWidth + 1)
    .filter(e => e.scrollWidth <= innerWidth - 40 || e.clientWidth < innerWidth - 80)
    .map(e => e.closest('figure').querySelector('.title').textContent)"""


def stops(page: Any) -> int:
    """Press the tab key until the focus leaves the page; return how often it stopped."""
    for pressed in range(200):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement === document.body"):
            return pressed
    return 200


def test_the_drawing_that_fits_is_the_one_shown(browser: Any, report: Path) -> None:
    """Letters of a picture keep their size: a phone shows the drawing made for it."""
    drawn = {}
    for width in (1280, 390):
        page = browser.new_page(viewport={"width": width, "height": 900})
        page.goto((report / "programme/index.html").as_uri())
        pictures = "[...document.querySelectorAll('.picture img')].map(i => i.naturalWidth)"
        drawn[width] = page.evaluate(pictures)
        page.close()
    assert len(drawn[1280]) >= 3
    assert min(drawn[1280]) > 2 * max(drawn[390]) > 0
