"""An analyst's frame on a page: each number a row of the results, or one sentence why not."""

import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.display import Page, Reading
from analysis.display.finished import RESULTS_FILE
from analysis.errors import UserError
from analysis.parameters import NotebookParameters, ParameterError

A_B = ["A", "B"]


def page() -> Page[Any, Any]:
    return Page({"In": ["", "page = Page(globals())"]})


def shown(frame: Any, **options: Any) -> Any:
    return page().table(frame, "Heights", **{"data_status": "synthetic"} | options)


def rows(table: Any) -> list[list[str]]:
    return [[*labels, *cells] for _, labels, cells in table.rows()]


def headers(table: Any) -> list[str]:
    return [*table.labels.values(), *(column.title for column in table.headers())]


def test_statistics_are_written_by_their_rule_and_other_numbers_as_recorded() -> None:
    frame = pd.DataFrame(
        {"arm": A_B, "n": [9, 8], "mean": [5.25, 4.5], "std": [1.0, 2.0],
         "p.value": [0.00001, 0.5], "dose": [0.1, 0.25]}
    )  # fmt: skip
    table = shown(frame, unit={"mean": "cm", "dose": "mg"})
    assert headers(table) == ["arm", "n", "Mean, cm", "SD, cm", "p", "dose, mg"]
    assert rows(table) == [
        ["A", "9", "5.250", "1.000", "<0.001", "0.10"],
        ["B", "8", "4.500", "2.000", "0.500", "0.25"],
    ]
    found = table.results.frame.set_index(["group1_level", "variable", "stat_name"])
    assert found.loc[("A", "", "p.value"), "stat"] == 0.00001
    dose = found.loc[("B", "dose", "value")]
    assert (dose["stat"], dose["stat_fmt"], dose["unit"], dose["group1"]) == (
        0.25, "0.25", "mg", "arm",
    )  # fmt: skip


def test_every_number_shown_is_the_written_one_of_the_results() -> None:
    values = np.random.default_rng(1).normal(100, 30, (20, 4))
    frame = pd.DataFrame(values, columns=list("wxyz")).assign(who=[f"no. {n}" for n in range(20)])
    table = shown(frame)
    written = set(table.results.frame["stat_fmt"])
    assert {cell for row in rows(table) for cell in row[1:]} <= written
    assert len(table.results) == 80
    assert table.cell("no. 3", column="x") == rows(table)[3][2]


def test_decimals_are_those_shown() -> None:
    frame = pd.DataFrame({"arm": A_B, "n": [9, 8], "mean": [0.25, 4.5], "dose": [2.5, 3.5]})
    assert rows(shown(frame, decimals=1))[0] == ["A", "9", "0.3", "2.5"]
    assert rows(shown(frame, decimals={"dose": 0}))[0] == ["A", "9", "0.250", "3"]


def test_a_share_is_shown_as_per_cent() -> None:
    frame = pd.DataFrame({"arm": A_B, "responders": [0.125, 0.5]})
    table = shown(frame, unit={"responders": "proportion"}, decimals=1)
    assert headers(table) == ["arm", "responders, %"]
    assert rows(table) == [["A", "12.5"], ["B", "50.0"]]


@pytest.mark.parametrize("name", ["age", "weight", "height", "time", "ratio", "day", "exposure"])
def test_a_name_that_a_topic_means_otherwise_is_a_plain_variable(name: str) -> None:
    table = shown(pd.DataFrame({"arm": A_B, name: [23.5, 31.0]}))
    assert headers(table) == ["arm", name]
    assert rows(table)[0] == ["A", "23.5"]


def test_a_statistic_can_be_said() -> None:
    frame = pd.DataFrame({"arm": A_B, "I2": [0.5, 0.25], "p": [0.1, 0.2]})
    table = shown(frame, statistics={"I2": "i2", "p": "p.value"})
    assert headers(table) == ["arm", "I², %", "p"]
    assert rows(table)[0] == ["A", "50", "0.100"]
    with pytest.raises(UserError, match=r"'wieght' is no statistic of .* did you mean 'weight'"):
        shown(frame, statistics={"I2": "wieght", "p": "p.value"})


DATA = pd.DataFrame(
    {"arm": ["A", "A", "B"], "visit": ["M6", "M12", "M6"], "height": [101.5, 105.2, 99.9],
     "grown": [True, False, True], "seen": pd.to_datetime(["2020-01-01", "2020-07-01", None])}
)  # fmt: skip


@pytest.mark.parametrize(
    ("frame", "options", "expected"),
    [
        # Words name the rows; yes or no and days are results in words.
        (DATA, {}, [["A", "M6", "101.5", "yes", "2020-01-01"], ["A", "M12", "105.2", "no",
         "2020-07-01"], ["B", "M6", "99.9", "yes", "–"]]),
        # Columns that are named; the other words are results.
        (DATA[["arm", "visit", "height"]].iloc[[0, 2]], {"rows": ["arm"]},
         [["A", "M6", "101.5"], ["B", "M6", "99.9"]]),
        # An index with a name, a series, and an index of words without one.
        (DATA.groupby("arm")["height"].agg(["count", "mean"]), {},
         [["A", "2", "103.350"], ["B", "1", "99.900"]]),
        (DATA.groupby("arm")["height"].max(), {}, [["A", "105.2"], ["B", "99.9"]]),
        (pd.DataFrame({"x": [1, 2]}, index=A_B), {}, [["A", "1"], ["B", "2"]]),
        # Headings above headings, whichever of them names the statistic.
        (DATA.groupby("arm")[["height"]].agg(["count", "max"]), {},
         [["A", "2", "105.2"], ["B", "1", "99.9"]]),
        (DATA.pivot_table(index="arm", columns="visit", values="height", aggfunc=["max"]), {},
         [["A", "105.2", "101.5"], ["B", "–", "99.9"]]),
        # Several levels, and three of them.
        (DATA.set_index(["arm", "visit"])[["height"]], {},
         [["A", "M6", "101.5"], ["A", "M12", "105.2"], ["B", "M6", "99.9"]]),
        (DATA.assign(site="S").set_index(["arm", "visit", "site"])[["height"]], {},
         [["A", "M6", "S", "101.5"], ["A", "M12", "S", "105.2"], ["B", "M6", "S", "99.9"]]),
        # Nothing names the rows, or not enough: they are numbered.
        (DATA[["height"]], {}, [["1", "101.5"], ["2", "105.2"], ["3", "99.9"]]),
        (DATA[["arm", "height"]], {}, [["1", "A", "101.5"], ["2", "A", "105.2"],
         ["3", "B", "99.9"]]),
        (DATA[DATA["height"] > 100][["height"]], {}, [["1", "101.5"], ["2", "105.2"]]),
        # Only words: the first column names the rows.
        (DATA[["visit", "arm"]].iloc[:2], {}, [["M6", "A"], ["M12", "A"]]),
        # Missing values, missing names, infinite values, whole columns missing.
        (pd.DataFrame({"arm": ["A", None], "x": [np.inf, None], "y": [None, None]}), {},
         [["A", "∞", "–"], ["missing", "–", "–"]]),
        # Types that pandas and Python have beside float.
        (pd.DataFrame({"g": pd.Categorical([1, 2]), "a": pd.array([1, None], dtype="Int64"),
         "b": pd.array([True, None], dtype="boolean"), "c": [Decimal("1.5"), Decimal(2)]}), {},
         [["1", "1", "yes", "1.5"], ["2", "–", "–", "2.0"]]),
        # Names of columns that are no text.
        (pd.DataFrame({"arm": A_B, 6: [1, 2], datetime.date(2020, 1, 1): [3, 4]}), {},
         [["A", "1", "3"], ["B", "2", "4"]]),
    ],
)  # fmt: skip
def test_frames_of_every_kind(frame: Any, options: Any, expected: list[list[str]]) -> None:
    before = frame.copy()
    table = shown(frame, **options)
    assert rows(table) == expected
    assert before.equals(frame)
    assert table.text()
    assert "<table" in table.html()
    # Each cell that is not a dash is a row of the results, and there is no other.
    cells = [cell for row in expected for cell in row[len(table.labels) :] if cell != "–"]
    assert sorted(cells) == sorted(table.results.frame["stat_fmt"])


def test_names_of_columns_that_are_no_text_are_headers() -> None:
    frame = pd.DataFrame({"arm": A_B, 6: [1, 2], datetime.date(2020, 1, 1): [3, 4]})
    assert headers(shown(frame)) == ["arm", "6", "2020-01-01"]
    assert headers(shown(frame, headers={"6": "Month 6"})) == ["arm", "Month 6", "2020-01-01"]


def test_an_empty_frame_is_shown_as_empty() -> None:
    table = shown(DATA.iloc[:0])
    assert "Nothing to show." in table.text()
    assert len(table.results) == 0


@pytest.mark.parametrize(
    ("frame", "options", "sentence"),
    [
        (DATA[[]], {}, "the frame has no column"),
        ({"a": 1}, {}, "it takes a pandas DataFrame; got dict"),
        (DATA.style, {}, "it takes a pandas DataFrame; got Styler"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), {}, "two columns are called 'a'; rename one"),
        (pd.DataFrame({"1": [1], 1: [2]}), {}, "two columns are called '1'; rename one"),
        (DATA, {"rows": ["arm"]}, "two rows are called 'A'; name more columns in rows=[…]"),
        (DATA, {"rows": ["amr"]}, "there is no column 'amr'; did you mean 'arm'?"),
        (DATA, {"unit": {"hight": "cm"}}, "there is no column 'hight'; did you mean 'height'?"),
        (pd.DataFrame({"a": [1, "x"]}), {}, "the column 'a' mixes numbers and words (1 and 'x')"),
        (pd.DataFrame({"a": [[1], [2]]}), {}, "the column 'a' holds a list in a cell"),
        (pd.DataFrame({"a": pd.to_timedelta([1], unit="D")}), {}, "the column 'a' holds timedelta"),
        (pd.DataFrame({"a": [1j]}), {}, "the column 'a' holds complex"),
        # The page writes numbers, not the analyst.
        (pd.DataFrame({"arm": A_B, "x": ["1.50 (0.2)", "2.1 (0.3)"]}), {},
         "the column 'x' holds numbers as text ('1.50 (0.2)')"),
        (pd.DataFrame({"arm": A_B, "x": ["12 %", "13 %"]}), {"rows": ["arm"]},
         "the column 'x' holds numbers as text ('12 %')"),
        # What a statistic cannot be.
        (pd.DataFrame({"arm": A_B, "n": [1.5, 2]}), {}, "the column 'n' is the statistic 'n'"),
        (pd.DataFrame({"arm": A_B, "p.value": [5.0, 0.2]}), {},
         "the column 'p.value' is the statistic 'p.value' (p) and must be between 0 and 1; got 5"),
        (pd.DataFrame({"arm": A_B, "conf.level": [95, 95]}), {}, "the column 'conf.level' is"),
        (pd.DataFrame({"arm": A_B, "p": [0.5, 0.2]}), {},
         "a column 'p' may be a share or a p-value; call it p.value"),
        (pd.DataFrame({"arm": A_B, "n": [1, 2], "count": [1, 2]}), {},
         "'n' and 'count' are both the statistic 'n'; rename one"),
        (DATA, {"data_status": "sinthetic"},
         "data_status must be 'published', 'synthetic' or 'real'; got 'sinthetic'"),
        (DATA, {"data_status": ""},
         "say what kind of data these are: data_status='published', 'synthetic' or 'real'"),
    ],
)  # fmt: skip
def test_what_cannot_be_shown_is_one_sentence(frame: Any, options: Any, sentence: str) -> None:
    with pytest.raises(UserError) as error:
        shown(frame, **options)
    assert str(error.value).startswith(f"table 'Heights': {sentence}")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("title", ["", "  ", "…", 5])
def test_a_title_is_words(title: Any) -> None:
    with pytest.raises(UserError, match="the title must be words"):
        page().table(DATA, title, data_status="real")


def test_ages_and_doses_in_words_are_names() -> None:
    frame = pd.DataFrame({"AGEGR1": ["<65", "65-80", ">80"], "n": [1, 2, 3]})
    assert rows(shown(frame))[2] == [">80", "3"]
    assert rows(shown(pd.DataFrame({"dose": ["0.25", "0.5"], "n": [1, 2]}), rows=["dose"]))


# What the rows say of themselves.
def of_ghd(**parameters: Any) -> tuple[Page[Any, Any], dict[str, Any]]:
    cell = 'trial: str = "ghd"\npopulation: str = "as planned"\ncutoff: float = 2.0'
    given = {"trial": "ghd", "population": "as planned", "cutoff": 2.0} | parameters
    namespace = {"In": ["", cell, "page = Page(globals())"], **given}
    return Page(namespace), namespace


def means(page: Page[Any, Any]) -> pd.DataFrame:
    return page.run.subjects().groupby("arm", observed=True)["AGE"].agg(["count", "mean"])


def test_the_run_says_source_population_and_status() -> None:
    page, _ = of_ghd()
    table = page.table(means(page), "Age")
    frame = table.results.frame
    said = {"source": "ghd", "population": page.run.population, "data_status": "synthetic"}
    for name, value in {**said, "plan_status": "exploratory"}.items():
        assert set(frame[name]) == {value}
    sizes = frame.set_index("group1_level")["n_population"].to_dict()
    assert sizes == {arm: page.run.size_of(page.run.population, arm) for arm in page.run.arms}
    assert "[Synthetic data: no evidence]" in table.text()
    assert "EXPLORATORY: an analysis of the author's own, which no plan declares." in table.text()
    assert "departs" not in table.text()


def test_what_was_planned_is_not_stamped_unless_the_run_departs() -> None:
    page, _ = of_ghd()
    table = page.table(means(page), "Age", planned=True)
    assert "EXPLORATORY" not in table.text()
    assert set(table.results.frame["plan_status"]) == {"planned"}
    other, _ = of_ghd(population="safety")
    assert "EXPLORATORY" in other.table(means(other), "Age", planned=True).text()


def test_other_data_than_the_trials_name_their_source() -> None:
    page, _ = of_ghd()
    frame = pd.DataFrame({"study": A_B, "mean": [9.5, 8.5]})
    with pytest.raises(UserError, match="of this page's trial are synthetic; if these are other"):
        page.table(frame, "Published", data_status="published")
    table = page.table(frame, "Published", data_status="published", source="Horm Res 2007")
    assert set(table.results.frame["source"]) == {"Horm Res 2007"}
    assert set(table.results.frame["population"]) == {""}
    assert "Source: Horm Res 2007." in table.text()


def test_a_source_that_nobody_names_is_said_to_be_missing() -> None:
    table = shown(pd.DataFrame({"arm": A_B, "n": [1, 2]}))
    assert set(table.results.frame["source"]) == {"not stated"}
    assert "Source: not stated." in table.text()


# A page that cells are run again on.
def test_a_cell_run_again_replaces_its_table() -> None:
    page, namespace = of_ghd()
    page.table(means(page), "Age")
    namespace["In"].append("again")
    page.table(means(page) + 1, "Age")
    results = page.results.frame
    assert len(results) == 4
    assert results["stat"].iloc[0] == means(page)["count"].iloc[0] + 1


def test_two_of_one_title_would_hide_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    page, namespace = of_ghd()
    page.table(means(page), "Age (years)")
    with pytest.raises(UserError, match="'Age \\(years\\)' is on this page already"):
        page.table(means(page), "Age (years)")
    namespace["In"].append("another cell")
    with pytest.raises(UserError, match="is on this page already"):
        page.table(means(page), "Age, years")
    page.table(means(page), "Age (years)")
    # In a report every cell runs once: there it is another table.
    monkeypatch.setenv(RESULTS_FILE, "results.csv")
    namespace["In"].append("a third")
    with pytest.raises(UserError, match="is on this page already"):
        page.table(means(page), "Age (years)")


def test_a_frame_of_the_trial_before_is_refused_under_the_next() -> None:
    page, namespace = of_ghd()
    frame = means(page)
    page.table(frame, "Age")
    namespace["cutoff"] = 3.0
    namespace["In"].append("cutoff")
    page.table(frame, "Age")
    namespace["trial"] = "turner-1"
    with pytest.raises(UserError, match="trial changed after its data were made; run the cells"):
        page.table(frame, "Age")
    assert page.table(means(page), "Other").results.frame["source"].unique() == ["turner-1"]
    assert "shown with other parameters" in page.finish().text()


def test_a_table_of_the_trial_before_is_not_shown_again_nor_drawn_nor_read() -> None:
    page, namespace = of_ghd()
    table = page.table(means(page), "Age")
    assert page.show(table).text() == table.text()
    namespace["trial"] = "turner-1"
    for shown in (table, Reading([f"Mean {table.rows()[0][2][1]}."], table.results)):
        with pytest.raises(UserError, match="was made before its data or the parameters"):
            page.show(shown)
    with pytest.raises(UserError, match="was made before its data or the parameters"):
        page.figure(lambda axes: axes.plot([1]), "Age", alt="A line of one point alone", data=table)
    assert len(page.results) == 0


def test_what_rests_on_a_table_goes_when_the_table_is_made_anew_with_other_numbers() -> None:
    page, namespace = of_ghd()
    drawn = {"title": "Drawn", "alt": "A line of one point alone"}
    for more, expected in ((0, "4 numbers"), (0, "4 numbers"), (1, "Without 1 table or figure")):
        namespace["In"].append("again")
        table = page.table(means(page) + more, "Age")
        if not more:
            page.figure(lambda axes: axes.plot([1]), data=table, **drawn)
        assert expected in page.finish().text()
    namespace["In"].append("figure")
    page.figure(lambda axes: axes.plot([1]), data=table, **drawn)
    assert "Without" not in page.finish().text()


def test_a_wrong_parameter_is_said_as_such() -> None:
    page, namespace = of_ghd()
    frame = means(page)
    namespace["cutoff"] = "abc"
    with pytest.raises(ParameterError) as error:
        page.table(frame, "Age")
    assert str(error.value) == "cutoff must be a number; got abc."


def test_without_a_trial_a_changed_parameter_outdates_what_stood() -> None:
    namespace: dict[str, Any] = {"In": ["", "cutoff: float = 2.0", "page"], "cutoff": 2.0}
    page = Page(namespace)
    frame = pd.DataFrame({"arm": A_B, "n": [1, 2]})
    page.table(frame, "First", data_status="real")
    namespace["cutoff"] = 3.0
    page.table(frame, "Second", data_status="real")
    assert set(page.results.frame["analysis_id"]) == {"own-second"}
    assert "Without 1 table or figure" in page.finish().text()


def test_results_travel_and_are_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(RESULTS_FILE, str(tmp_path / "results.csv"))
    page, _ = of_ghd()
    table = page.table(means(page), "Age")
    page.show(Reading([f"Mean {table.cell('Valtropin', column='mean')}."], table.results))
    said = page.finish().text()
    assert said.startswith("4 numbers and 0 texts from synthetic data")
    assert len(pd.read_csv(tmp_path / "results.csv")) == 4


def test_a_cell_that_is_not_there_is_a_sentence() -> None:
    table = shown(pd.DataFrame({"arm": A_B, "mean": [1.0, 2.0]}))
    with pytest.raises(UserError, match="has no row 'C'; rows are A, B"):
        table.cell("C", column="mean")
    with pytest.raises(UserError, match="has no column 'maen'; did you mean 'mean'"):
        table.cell("A", column="maen")


def test_a_page_with_a_class_of_parameters_has_tables_too() -> None:
    class Parameters(NotebookParameters):
        x: int = 1

    page = Page({}, Parameters)
    assert page.table(pd.DataFrame({"arm": A_B, "n": [1, 2]}), "n", data_status="real").text()


def test_sections_that_need_no_more_than_a_trial_are_shown_and_others_say_what_they_need() -> None:
    from analysis.display import departures
    from analysis.efficacy import participants
    from analysis.safety import by_term

    page, _ = of_ghd()
    assert "Departures from the plan" in page.show(departures).text()
    assert "Synthetic data" in page.show(participants.analysis_sets).text()
    for section, module in (
        (participants.baseline, "analysis.efficacy.settings"),
        (by_term.by_term, "analysis.safety.settings"),
    ):
        with pytest.raises(UserError, match=rf"is shown of a run of {module}; make one with its"):
            page.show(section)
