"""Walk every page of a report with axe and with the tab key; print what is found.

Not a test of the suite: axe-core is under the MPL-2.0, which the project does not depend on.
``npm install axe-core`` in any folder, then::

    python tests/lab/axe.py FOLDER/node_modules/axe-core/axe.min.js reports [PAGE ...]

Beside a report other pages are walked, such as one of `compare`.
Each page is opened light and dark, wide and narrow, with everything folded opened and its code
shown. It ends with 1 where axe finds a violation or the tab key stops at too many places.
"""

import sys
from itertools import chain, product
from pathlib import Path
from typing import Any

from lab import CHROMIUM, OPTIONS
from playwright.sync_api import sync_playwright

MOST_STOPS = 60
OPEN = """() => { document.querySelectorAll('main details').forEach(e => { e.open = true; });
  const code = document.getElementById('show-code'); if (code) code.click(); }"""
FOUND = """async () => (await axe.run(document, { resultTypes: ['violations'] })).violations
  .map(v => [v.id, v.nodes.length, v.nodes[0].html.slice(0, 160)])"""


def stops(page: Any) -> int:
    """Press the tab key until the focus leaves the page; return how often it stopped."""
    page.evaluate("document.activeElement.blur()")
    for pressed in range(1000):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement === document.body"):
            return pressed
    return 1000


def walk(browser: Any, axe: str, path: Path, width: int, scheme: str) -> list[list[Any]]:
    """Return the violations of one page; too many stops of the tab key are one."""
    view = {"width": width, "height": 900}
    context = browser.new_context(viewport=view, color_scheme=scheme, offline=True)
    page = context.new_page()
    page.goto(path.resolve().as_uri())
    counted = stops(page) if scheme == "light" else 0
    page.evaluate(OPEN)
    page.wait_for_timeout(200)
    page.evaluate(axe)
    found: list[list[Any]] = page.evaluate(FOUND)
    context.close()
    print(f"{path.parent.name} {width} {scheme}: {len(found)} violations, {counted} stops")
    return [*found, *([["stops", counted, ""]] if counted >= MOST_STOPS else [])]


def main(axe: Path, report: Path, *more: Path) -> int:
    """Walk all pages of a report, and more; return 1 where one has a violation."""
    source, poor = axe.read_text(encoding="utf-8"), 0
    found = (
        sorted(report.glob(each))
        for each in ("index.html", "*/index.html", "grids/*/*.html", "*/records/*.html")
    )
    pages = [*chain.from_iterable(found), *more]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        for path, width, scheme in product(pages, (1280, 390), ("light", "dark")):
            for each in walk(browser, source, path, width, scheme):
                print("   ", *each)
                poor = 1
        browser.close()
    return poor


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:])))
