import csv
from pathlib import Path

import pandas as pd
import pytest

from analysis.results import COLUMNS, Results, Stat, combine, from_frame


def arms() -> Results:
    frame = pd.DataFrame(
        {
            "group1_level": ["B", "A"],
            "n": [10.0, None],
            "mean": [1.25, 2.0],
            "places": [1, 3],
            "verdict": ["", "not estimable"],
            "source": ["S1", "S2"],
        },
        index=[7, 3],
    )
    return from_frame(
        frame,
        {
            "n": Stat("n", "n", 0),
            "mean": Stat("mean", "Mean", "places", "cm/year"),
            "verdict": Stat("verdict", "Verdict"),
        },
        analysis_id="demo",
        group1="arm",
        context="test",
        data_status="published",
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
    assert list(frame["stat_name"]) == ["n", "mean", "mean", "verdict"]
    assert list(frame["stat_fmt"]) == ["10", "1.3", "2.000", "not estimable"]
    assert frame["stat"].iloc[1] == 1.25
    assert frame["stat"].iloc[3] is None


def test_wide_puts_the_rows_back_together() -> None:
    wide = arms().wide()
    assert list(wide["group1_level"]) == ["B", "A"]
    assert wide.loc[1, "verdict"] == "not estimable"
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
    results = from_frame(
        frame,
        {"mean": Stat("mean", "Mean", 1)},
        analysis_id="x",
        context="test",
        data_status="synthetic",
    )
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
