import html.parser
import re

import pandas as pd
import pytest

from analysis.display import Column, Table
from analysis.display.table_html import table_html
from analysis.results import Results, combine, rows_of


def results(**options: object) -> Results:
    frame = pd.DataFrame(
        {
            "group1_level": ["A <b>&", "B"],
            "group2_level": ["first", "second"],
            "n": [10.0, None],
            "mean": [1.25, 2.0],
            "sd": [0.5, None],
            "status": ["confirmed", "not reported"],
        }
    )
    options = {"analysis_id": "demo", "data_status": "published", **options}
    return rows_of(frame, context="test", decimals=0, **options)  # type: ignore[arg-type]


def table(shown: Results | None = None, **options: object) -> Table:
    return Table(
        title="Growth",
        results=results() if shown is None else shown,
        labels={"group1_level": "Arm"},
        columns=[
            Column("n", "{n}"),
            Column("Mean (SD)", "{mean} ({sd})"),
            Column("Status", "{status}", "status"),
        ],
        footnotes=["Observed means."],
        **options,  # type: ignore[arg-type]
    )


class Reader(html.parser.HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def read(text: str) -> Reader:
    reader = Reader()
    reader.feed(text)
    return reader


def test_text_is_fixed_width_and_complete() -> None:
    lines = table().text().splitlines()
    assert lines[0] == "Growth [Published data]"
    assert lines[3].split() == ["A", "<b>&", "10", "1.3", "(0.50)", "confirmed"]
    assert lines[4].split() == ["B", "–", "2.0", "(–)", "not", "reported"]
    assert lines[-1].strip() == "Observed means."


def test_a_cell_takes_the_first_pattern_that_has_a_result() -> None:
    column = Column("", ["{mean} ({sd})", "{n} ({p})"])
    assert column.fill({"mean": "1.3", "sd": "0.50", "n": "10"}) == "1.3 (0.50)"
    assert column.fill({"mean": "1.3", "sd": None, "n": "10"}) == "1.3 (–)"
    assert column.fill({"mean": float("nan"), "n": "10", "p": "40.0"}) == "10 (40.0)"
    assert column.fill({"median": "1.2"}) == "–"
    both = Column("", ["{mean} ({sd}); median {median}", "{mean} ({sd})", "median {median}"])
    assert both.fill({"mean": "1.3", "sd": "0.5", "median": "1.2"}) == "1.3 (0.5); median 1.2"
    assert both.fill({"mean": "1.3"}) == "1.3 (–)"
    assert both.fill({"median": "1.2"}) == "median 1.2"


def test_html_is_accessible() -> None:
    reader = read(table().html())
    headers = [attrs for tag, attrs in reader.tags if tag == "th"]
    assert all(attrs.get("scope") in ("col", "row", "rowgroup") for attrs in headers)
    assert [tag for tag, _ in reader.tags].count("caption") == 1
    region = dict(next(attrs for tag, attrs in reader.tags if attrs.get("role") == "region"))
    assert region["tabindex"] == "0"
    assert region["aria-label"] == "Growth"
    assert "Published data" in reader.words


def test_html_is_escaped() -> None:
    text = table().html()
    assert "A &lt;b&gt;&amp;" in text
    assert "<b>" not in text


def test_groups_and_sides() -> None:
    grouped = table(groups="group2_level")
    assert [group for group, _, _ in grouped.rows()] == ["first", "second"]
    assert "[first]" in grouped.text()
    across = Table(
        title="Side by side",
        results=results(),
        labels={"analysis_id": "All"},
        across="group2_level",
        columns=[Column("Mean", "{mean}")],
    )
    assert [column.title for column in across.headers()] == ["first, Mean", "second, Mean"]
    assert across.rows() == [("", ["demo"], ["1.3", "2.0"])]


@pytest.mark.parametrize("status", ["published", "synthetic", "real"])
def test_data_status_is_visible(status: str) -> None:
    shown = table(results(data_status=status))
    assert f'class="badge {status}"' in shown.html()
    assert status in shown.text().lower()


def test_mixed_status_shows_both() -> None:
    mixed = combine([results(), results(analysis_id="other", data_status="synthetic")])
    text = Table(title="x", results=mixed.select(stat_name="n"), labels={}, columns=[]).html()
    assert "badge published" in text
    assert "badge synthetic" in text


def test_exploratory_is_stamped() -> None:
    assert "EXPLORATORY" in table(results(plan_status="exploratory")).text()
    assert "EXPLORATORY" in table(results(plan_status="exploratory")).html()
    assert "EXPLORATORY" not in table().text()


def test_nothing_to_show_is_said() -> None:
    empty = table(results().select(group1_level="C"), empty="No arm has data.", folded=True)
    assert "No arm has data." in empty.text()
    assert "No arm has data." in empty.html()
    assert "<details" not in empty.html()


def test_folded_keeps_its_caption_for_readers_of_the_table() -> None:
    reader = read(table(folded=True).html())
    assert [tag for tag, _ in reader.tags].count("caption") == 1
    assert "2 rows" in reader.words


WHY = "neither its n nor any spread is in the texts read"


@pytest.mark.parametrize(
    ("reasons", "cells", "notes"),
    [
        ([WHY, WHY, "odd", WHY], ["note a", "note a", "odd", "note a"], [f"Note a: {WHY}"]),
        ([WHY, WHY, "odd"], [WHY, WHY, "odd"], []),
        (["short", "short", "short"], ["short", "short", "short"], []),
        ([f"{WHY} {n}" for n in (1, 2, 1, 2, 1, 2)],
         ["note a", "note b"] * 3, [f"Note a: {WHY} 1", f"Note b: {WHY} 2"]),
    ],
)  # fmt: skip
def test_a_caveat_that_rows_repeat_is_a_note(
    reasons: list[str], cells: list[str], notes: list[str]
) -> None:
    frame = pd.DataFrame(
        {"group1_level": [f"Trial {n}" for n in range(len(reasons))], "reason": reasons}
    )
    frame["detail"] = WHY
    found = rows_of(frame, analysis_id="demo", context="test", data_status="published")
    columns = [Column("Why", "{reason}", "text"), Column("Rests on", "{detail}", "text")]
    shown = Table("T", found, {"group1_level": "Trial"}, columns)
    html = shown.html()
    assert re.findall(r'<td class="text">(.*?)</td>', html)[::2] == cells
    # What a row is, rather than why, stays in its cell; and so does all in the text form.
    assert re.findall(r'<td class="text">(.*?)</td>', html)[1::2] == [WHY] * len(reasons)
    assert re.findall("<li>(.*?)</li>", html) == notes
    assert "Note" not in shown.text()


def test_both_forms_reach_jupyter() -> None:
    bundle = table()._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "text/html"}


def test_a_table_carries_its_populations() -> None:
    def carried(*names: str) -> str:
        frame = pd.DataFrame({"group1_level": [*map(str, range(len(names)))], "n": 1.0})
        shown = results_of(frame.assign(population=names))
        return dict(next(a for tag, a in read(table(shown).html()).tags if tag == "figure")).get(
            "data-population", ""
        )

    def results_of(frame: pd.DataFrame) -> Results:
        return rows_of(frame, "demo", context="test", data_status="published")

    assert carried("safety", "safety") == "safety"
    assert carried("safety", "", "per <protocol>") == "safety; per <protocol>"
    assert carried("", "") == ""
    assert carried(*"abcdef") == "a; b; c; d; and 2 more in the results of this page"


def test_a_row_says_of_which_data_it_is_where_a_table_mixes_them() -> None:
    made = rows_of(
        pd.DataFrame({"group1_level": ["C"], "n": [3]}), "made", context="test",
        data_status="synthetic",
    )  # fmt: skip
    mixed = table(combine([results(), made]))
    lines = mixed.text().splitlines()
    assert "Data" in lines[1]
    assert [line.split("  ")[-1].strip() for line in lines if line.startswith(("B ", "C "))] == [
        "Published data", "Synthetic data: no evidence",
    ]  # fmt: skip
    words = [each.strip() for each in read(mixed.html()).words]
    # Each badge once above the table, and once for each of its rows.
    assert words.count("Published data") == 3
    assert words.count("Synthetic data: no evidence") == 2
    assert "Data" not in table().text().splitlines()[1]


@pytest.mark.parametrize(
    ("words", "room"), [("planned", " brief"), ("n 145, 547 records", ""), ("why " * 25, " long")]
)
def test_a_column_of_words_keeps_the_room_that_its_longest_cell_needs(
    words: str, room: str
) -> None:
    columns = [Column("Why", "", "text"), Column("Mean", "")]
    html = table_html("T", [("", ["A"], [words, words])], labels=["Arm"], columns=columns)
    assert f'<th scope="col" class="text{room}">Why</th>' in html
    assert '<th scope="col" class="number">Mean</th>' in html


def test_no_line_ends_between_a_number_and_its_unit() -> None:
    told = table_html("T", [], labels=[], columns=[], notes=["At 90.9 % of 5 cm/year, SD 5 more"])
    assert "90.9\xa0% of 5\xa0cm/year, SD 5 more" in told


def test_a_first_column_of_long_terms_is_held_wide() -> None:
    term = "GENERAL DISORDERS AND ADMINISTRATION SITE CONDITIONS"
    long = rows_of(
        pd.DataFrame({"group1_level": [term], "n": [3]}), "terms", context="test",
        data_status="real",
    )  # fmt: skip
    assert 'class="scroll wordy"' in table(long).html()
    assert "wordy" not in table().html()


def of_few(*shown: str) -> Table:
    """A table of a class of events, a row each, with what is shown of its count."""
    frame = pd.DataFrame(
        {
            "group1_level": "new",
            "variable": "Skin",
            "variable_level": [f"term {n}" for n in range(len(shown))],
            "n": [int(word) if word.isdigit() else 3 for word in shown],
            "words:n": [word if not word.isdigit() else "" for word in shown],
        }
    )
    rows = rows_of(frame, "demo", context="test", data_status="real")
    labels = {"variable_level": "Term"}
    return Table("Events", rows, labels, [Column("n", "{n}")], groups="variable")


@pytest.mark.parametrize(
    ("shown", "lines"),
    [
        (["9", "< 5", "withheld", "> 40", "9"], ["term 0 9", "3 rows withheld", "term 4 9"]),
        (["< 5", "< 5", "9"], ["term 0 < 5", "term 1 < 5", "term 2 9"]),
        (["< 5"] * 30, ["30 rows withheld"]),
        (["0", "< 5", "0", "< 5"], ["term 0 0", "term 1 < 5", "term 2 0", "term 3 < 5"]),
    ],
)
def test_rows_of_which_nothing_is_shown_are_one_line(shown: list[str], lines: list[str]) -> None:
    made = of_few(*shown)
    text = made.text()
    for line in lines:
        assert re.search(re.sub(" +", " +", re.escape(line).replace("\\ ", " ")) + "$", text, re.M)
    folded = "counted in one line; results.csv names them"
    assert (folded in text) == (len(lines) < len(shown))
    assert (folded in made.html()) == (folded in text)
    assert made.html().count("<tr") == len(lines) + 2, "with the head and the heading of the group"
