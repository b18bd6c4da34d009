"""Five questions that a reviewer asks first, written down before the front page was rebuilt.

Each is answered from the front page in at most three clicks; typing is none.
"""

from pathlib import Path
from typing import Any, NamedTuple

import pytest

from analysis.display.html import BADGES

CLICKS = 3


class Question(NamedTuple):
    """What is asked, what is typed into the search, and what the place that is reached must say.

    Where nothing is typed, the first card answers.
    """

    asked: str
    typed: str
    chosen: str
    answer: tuple[str, ...]


QUESTIONS = [
    Question(
        "Was the pivotal trial published, and what was the difference?",
        "",
        "",
        ("differs by 0.09 cm/year", "−0.71 to 0.90", "Horm Res 2007"),
    ),
    Question(
        "How many participants had antibodies?",
        "How many participants had antibodies?",
        "Anti-growth-hormone antibodies",
        ("3/98", "1/49"),
    ),
    Question(
        "What was the margin, and who set it?",
        "non-inferiority margin source",
        "Valtropin v Humatrope 2007",
        ("−2", "PMID-17627092"),
    ),
    Question(
        "Deaths in the Turner studies?",
        "Deaths in the Turner studies?",
        "deaths",
        ("deaths 0",),
    ),
    Question(
        "What does the data status of the GHD trial mean?",
        "data status synthetic",
        "what this data status means",
        (BADGES["synthetic"], "no evidence on a product"),
    ),
]


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.asked)
def test_a_question_is_answered_in_three_clicks(
    browser: Any, report: Path, question: Question
) -> None:
    page = browser.new_page()
    clicks = 0

    def click(what: Any) -> None:
        nonlocal clicks
        what.click()
        clicks += 1

    page.goto((report / "index.html").as_uri())
    reached = page.locator("article").first
    if question.typed:
        click(page.locator("#query"))
        page.keyboard.type(question.typed)
        page.wait_for_selector("#found li")
        hit = page.locator("#found li", has_text=question.chosen).first
        # On the first screen of hits, and with its status.
        assert page.locator("#found li").all_text_contents().index(hit.text_content() or "") < 8
        assert hit.locator(".badge").count() or "status" in question.asked
        click(hit.locator("a"))
        reached = page.locator(":target, .found").last
        reached.wait_for()
    assert reached.is_visible()
    if question.typed:
        # A row is told from its neighbours by its ground.
        ground = "e => getComputedStyle(e.matches('tr') ? e.firstElementChild : e).backgroundColor"
        assert reached.evaluate(ground) == "rgb(255, 243, 191)"
    # A number and its unit are held together by a space of their own.
    text = (reached.text_content() or "").replace("\u00a0", " ")
    assert [part for part in question.answer if part not in text] == []
    assert clicks <= CLICKS
    page.close()


def test_the_answer_of_a_synthetic_trial_is_marked_where_it_is_found(
    browser: Any, report: Path
) -> None:
    """The deaths of the Turner studies are no published number, and the hit says so."""
    page = browser.new_page()
    page.goto((report / "index.html").as_uri())
    page.fill("#query", "deaths turner")
    page.wait_for_selector("#found li")
    assert BADGES["synthetic"] in (page.locator("#found li").first.text_content() or "")
    page.close()


def test_the_source_of_the_first_answer_is_one_click_away(browser: Any, report: Path) -> None:
    page = browser.new_page()
    page.goto((report / "index.html").as_uri())
    link = page.locator("article").first.locator("a.source").first
    assert str(link.get_attribute("href")).startswith("https://")
    page.close()
