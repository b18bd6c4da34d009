"""What the HTML of an output becomes on a page."""

import re

import nbformat
from nbformat.v4 import new_code_cell, new_notebook, new_output
from page_of_tables import a_table

from analysis.report.page_outputs import ASLEEP, on_a_page, with_page_outputs


def test_a_title_stands_outside_the_box_that_scrolls_and_stays_in_what_is_copied() -> None:
    html = on_a_page(a_table("Growth & more", 3).html())
    before, box, inside = html.partition('<div class="scroll')
    assert 'class="title">Growth &amp; more</strong>' in before
    assert "badge synthetic" in before
    assert box
    assert "badge" not in inside
    assert "Growth &amp; more [Synthetic data: no evidence]</caption>" in inside


def test_a_folded_table_has_its_title_in_its_summary_alone() -> None:
    html = on_a_page(a_table("Growth", 3, folded=True).html())
    assert "<figcaption" not in html
    assert html.count('class="title"') == html.count("badge synthetic") == 1


def test_only_a_long_folded_table_sleeps() -> None:
    for rows, folded, sleeps in [
        (ASLEEP + 1, True, True), (ASLEEP - 10, True, False), (ASLEEP + 1, False, False),
    ]:  # fmt: skip
        html = on_a_page(a_table("Growth", rows, folded=folded).html())
        assert ("<noscript>" in html) == sleeps
        # No row is lost, and the notes stay outside.
        assert html.count('scope="row"') == rows
        assert len(re.findall("</noscript>\n<ul", html)) == sleeps


def test_one_long_folded_table_puts_no_other_to_sleep() -> None:
    short = a_table("Short", 3, folded=True).html()
    html = on_a_page(short + a_table("Long", ASLEEP + 1, folded=True).html() + short)
    assert [each.count("<tr") for each in re.findall("<noscript>.*?</noscript>", html, re.S)] == [
        ASLEEP + 2
    ]


def test_the_stylesheet_of_a_notebook_is_left_out_and_no_other() -> None:
    assert on_a_page("<style>a</style>\n<p>b</p><style>c</style>") == "<p>b</p><style>c</style>"


def test_a_stored_notebook_is_not_changed() -> None:
    html = a_table("Growth", 3).html()
    output = new_output("display_data", {"text/html": html, "text/plain": "Growth"})
    notebook = new_notebook(cells=[new_code_cell("show()", outputs=[output])])
    before = nbformat.writes(notebook)
    shown = with_page_outputs(notebook)
    assert nbformat.writes(notebook) == before
    made = shown.cells[0].outputs[0].data["text/html"]
    assert 'role="row"' in made
    assert "<figcaption>" in made
