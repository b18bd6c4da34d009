"""The page of the records behind a table, made by hand and opened with the network off."""

import json
from pathlib import Path
from typing import Any

import pytest

from analysis.report.records import handed_over, record_pages

CELLS = [
    {"at": "r1c1", "row": "Cough", "column": "Valtropin", "shown": "2", "participants": 2,
     "records": [0, 1]},
    {"at": "r1c2", "row": "Cough", "column": "Humatrope", "shown": "1", "participants": 1,
     "records": [2]},
]  # fmt: skip


def page_of(folder: Path, columns: int) -> Path:
    """Write the page of three records with so many columns, and return it."""
    names = [f"Column {number}" for number in range(columns)]
    rows = [["RECOVERED/RESOLVED"] * (columns - 1) + [str(10 + row)] for row in range(3)]
    held = {
        "title": "Events </script>", "statuses": ["synthetic"], "trial": "By hand",
        "population": "safety", "methods": [], "columns": names, "rows": rows, "cells": CELLS,
    }  # fmt: skip
    [(name, content)] = record_pages({"events": json.dumps(held).encode()}, "by-hand").items()
    assert json.loads(handed_over(content)) == held
    page = folder / Path(name).name
    page.write_bytes(content)
    return page


@pytest.mark.parametrize("columns", [2, 6, 14])
def test_a_page_shows_the_records_of_the_number_asked_for(
    browser: Any, tmp_path: Path, columns: int
) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    messages: list[str] = []
    page.on("pageerror", lambda error: messages.append(str(error)))
    page.goto(f"{page_of(tmp_path, columns).as_uri()}#r1c2")
    shown = "[...document.querySelectorAll('#records tr')].map(r => r.lastChild.textContent)"
    assert page.evaluate(shown) == ["12"]
    assert "1 participant, 1 record." in page.inner_text("#said")
    page.select_option("#number", "r1c1")
    page.wait_for_function("document.querySelectorAll('#records tr').length === 2")
    assert page.evaluate(shown) == ["10", "11"]
    # What is cut, and only that, scrolls by the keyboard; the page itself never does sideways.
    box = "(b => [b.scrollWidth > b.clientWidth + 1, b.tabIndex === 0])"
    cut, stop = page.evaluate(f"{box}(document.querySelector('.scroll'))")
    assert cut == stop == (columns == 14)
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280
    # Two columns stand together and not at the two ends of the line.
    width = page.evaluate("document.querySelector('table').getBoundingClientRect().width")
    assert (width < 600) == (columns == 2)
    assert messages == []
    page.close()
