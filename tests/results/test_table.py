import csv
from pathlib import Path

import pandas as pd
import pytest

from analysis.errors import UserError
from analysis.results import COLUMNS, PROPORTION, Results, combine, rows_of


def arms() -> Results:
    frame = pd.DataFrame(
        {
            "group1_level": ["B", "A"],
            "n": [10.0, None],
            "mean": [1.25, 2.0],
            "places:mean": [1, 3],
            "conclusion": ["", "not estimable"],
            "source": ["S1", "S2"],
        },
        index=[7, 3],
    )
    return rows_of(
        frame, "demo", group1="arm", context="test", unit="cm/year", data_status="published"
    )


def test_columns_are_the_contract() -> None:
    assert ",".join(COLUMNS) == (
        "analysis_id,group1,group1_level,group2,group2_level,variable,variable_level,context,"
        "stat_name,stat_label,stat,stat_fmt,unit,population,n_population,method,data_status,"
        "plan_status,source,note"
    )


def test_one_row_a_number_in_the_order_of_the_frame() -> None:
    frame = arms().frame
    assert list(frame["group1_level"]) == ["B", "B", "A", "A"]
    assert list(frame["stat_name"]) == ["n", "mean", "mean", "conclusion"]
    assert list(frame["stat_fmt"]) == ["10", "1.3", "2.000", "not estimable"]
    assert frame["stat"].iloc[1] == 1.25
    assert frame["stat"].iloc[3] is None


def test_wide_puts_the_rows_back_together() -> None:
    wide = arms().wide()
    assert list(wide["group1_level"]) == ["B", "A"]
    assert wide.loc[1, "conclusion"] == "not estimable"
    assert pd.isna(wide.loc[1, "n"])


def test_text_names_exactly_one_result() -> None:
    assert arms().text("mean", group1_level="B") == "1.3"
    with pytest.raises(LookupError, match="names 2 results"):
        arms().text("mean")


def test_csv_keeps_all_digits(tmp_path: Path) -> None:
    arms().to_csv(tmp_path / "results.csv")
    back = pd.read_csv(tmp_path / "results.csv")
    assert list(back.columns) == COLUMNS
    assert back["stat"].dropna().tolist() == [10, 1.25, 2.0]


@pytest.mark.parametrize(
    "text", ['=HYPERLINK("http://x","y")', "+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1"]
)
def test_csv_holds_no_formula_and_keeps_negative_numbers(tmp_path: Path, text: str) -> None:
    frame = pd.DataFrame({"group1_level": [text], "variable": ['a, "b"\nc'], "mean": [-1.25]})
    results = rows_of(frame, "x", context="test", data_status="synthetic", decimals=0)
    results.to_csv(tmp_path / "results.csv")
    # newline="" as a spreadsheet reads it: a carriage return in a cell stays one.
    with (tmp_path / "results.csv").open(encoding="utf-8", newline="") as file:
        row = next(csv.DictReader(file))
    assert row["group1_level"] == f"'{text}".replace("\r", "\n")
    assert row["variable"] == 'a, "b"\nc'
    assert float(row["stat"]) == -1.25
    assert row["stat_fmt"] == "−1.3"
    assert not any(
        cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
        for name, cell in row.items()
        if name != "stat"
    )
    assert results.frame["group1_level"].iloc[0] == text, "the page shows the text as it is"


def test_other_columns_are_refused() -> None:
    with pytest.raises(ValueError, match="must have the columns"):
        Results(pd.DataFrame({"a": [1]}))


def test_nothing_combined_is_nothing() -> None:
    assert len(combine([])) == 0
    assert len(combine([arms(), arms()])) == 8


def one(name: str, value: object, **options: object) -> pd.Series:
    frame = pd.DataFrame({"group1_level": ["A"], name: [value]})
    return rows_of(frame, "x", context="test", **options).frame.iloc[0]


def test_a_name_that_is_not_declared_cannot_be_written() -> None:
    with pytest.raises(ValueError, match="'average' is no statistic of"):
        one("average", 1.0)


def test_two_results_with_one_key_are_refused() -> None:
    frame = pd.DataFrame({"group1_level": ["A", "A"], "n": [1, 2]})
    with pytest.raises(ValueError, match=r"two results have one key.*'n'"):
        rows_of(frame, "x", context="test")


def test_a_value_has_the_decimals_of_its_record_and_those_of_its_scale() -> None:
    assert one("mean", 9.7249, decimals=1)["stat_fmt"] == "9.72"
    assert one("sd", 9.7249, decimals=1)["stat_fmt"] == "9.725"
    assert one("sd", 9.7249, decimals=2)["stat_fmt"] == one("mean", 9.7249, decimals=2)["stat_fmt"]
    assert one("min", 9.7249, decimals=1)["stat_fmt"] == "9.7"
    assert one("mean", 9.7249, decimals=0)["stat_fmt"] == "9.7"
    assert one("n", 12.0, decimals=3)["stat_fmt"] == "12"


def test_a_fraction_stays_a_fraction_and_is_shown_as_per_cent() -> None:
    p = one("p", 0.285, unit="cm")
    assert (p["stat"], p["stat_fmt"], p["unit"]) == (0.285, "28.5", PROPORTION)
    difference = one("estimate", -0.0125, unit=PROPORTION)
    assert (difference["stat"], difference["stat_fmt"]) == (-0.0125, "−1.3")
    # A percentage that was measured, such as HbA1c, is a value like any other.
    assert one("mean", 5.43, unit="%")["stat_fmt"] == "5.43"


@pytest.mark.parametrize(
    ("level", "shown"),
    [(0.95, "95"), (0.975, "97.5"), (0.995, "99.5"), (0.999, "99.9"), (0.9, "90"), (2 / 3, None)],
)
def test_a_level_is_written_in_its_shortest_exact_form(level: float, shown: str | None) -> None:
    written = one("conf.level", level)["stat_fmt"]
    assert (
        written == f"{shown}\u202f%" if shown else float(written[:-2]) == pytest.approx(100 * level)
    )


@pytest.mark.parametrize(
    ("p", "shown"),
    [(0.0004, "<0.001"), (0.0005, "0.001"), (0.03214, "0.032"), (1.0, "1.000"), (0.9999, "1.000")],
)
def test_every_p_value_follows_one_rule(p: float, shown: str) -> None:
    assert one("p.value", p)["stat_fmt"] == shown
    assert one("q.p", p)["stat_fmt"] == shown


def test_a_statistic_may_have_its_own_source_and_a_row_its_own_unit() -> None:
    frame = pd.DataFrame(
        {"group1_level": ["A", "B"], "n": [1, 2], "mean": [1.0, 2.0], "unit": ["cm", "kg"],
         "source": ["S1", "S2"], "source:mean": ["T1", "T2"]}
    )  # fmt: skip
    rows = rows_of(frame, "x", context="test").frame
    assert list(rows["source"]) == ["S1", "T1", "S2", "T2"]
    assert list(rows["unit"]) == ["", "cm", "", "kg"]


# By the names of the analyses. -------------------------------------------------------------------


def two() -> Results:
    other = rows_of(
        pd.DataFrame({"group1_level": ["C"], "variable": ["HV"], "estimate": [0.5], "n": [3]}),
        "primary-contrasts", group1="contrast", context="test", data_status="synthetic",
    )  # fmt: skip
    return arms() + other


def test_an_analysis_is_taken_by_its_name() -> None:
    found = two()
    assert list(found) == ["demo", "primary-contrasts"]
    assert "demo" in found
    assert "dem" not in found
    assert len(found) == 6
    assert list(found["demo"].frame["stat_fmt"]) == list(arms().frame["stat_fmt"])
    assert found["primary-contrasts"].text("estimate") == "0.50"
    assert combine(found[name] for name in found).frame.equals(found.frame)


def test_the_analyses_are_listed() -> None:
    listed = two().analyses().set_index("analysis_id")
    assert list(listed["rows"]) == [4, 2]
    assert list(listed["numbers"]) == [3, 2]
    assert listed.loc["demo", "statistics"] == "n, mean, conclusion"
    assert listed.loc["primary-contrasts", "variables"] == "HV"
    assert list(Results().analyses()) == list(two().analyses())
    assert list(Results()) == []


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("primary-contrast", "no analysis 'primary-contrast'; did you mean 'primary-contrasts'?"),
        ("dmo", "did you mean 'demo'?"),
        ("zzz", "they are demo, primary-contrasts"),
        ("estimate", "it is a statistic: results.select(stat_name='estimate')"),
        ("mean", "it is a statistic"),
        ("stat_fmt", "it is a column: results.frame['stat_fmt']"),
        ("variable", "it is a column"),
        (0, "they are demo, primary-contrasts"),
    ],
)
def test_an_unknown_analysis_is_refused_in_one_sentence(asked: str, said: str) -> None:
    with pytest.raises(UserError) as refused:
        two()[asked]
    assert said in str(refused.value)
    assert isinstance(refused.value, LookupError)


@pytest.mark.parametrize(
    ("column", "said"), [("group_levl", "did you mean .group._level."), ("arm", "they are")]
)
def test_an_unknown_column_is_refused_in_one_sentence(column: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        two().select(**{column: "A"})
