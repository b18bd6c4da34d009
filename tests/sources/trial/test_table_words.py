"""Words for missing values, partial dates, labels, and tables in two files."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pyreadstat
import pytest
from corpus import N, good_plan, good_tables, write_table, write_trial

from analysis.errors import UserError
from analysis.sources.trial.plan import TrialPlan
from analysis.sources.trial.tables import (
    labels_of,
    normalise,
    other_formats,
    read_table,
    table_files,
    two_files,
)
from analysis.sources.trial.trial import load_trial, read_trial

# Words for missing values


@pytest.mark.parametrize("word", ["NA", ".", "NaN", "NULL", "null", "<NA>"])
@pytest.mark.parametrize("column", ["DTYPE", "ABLFL", "AVAL", "ADT", "ADY", "AETERM", "USUBJID"])
def test_words_for_missing_are_missing_everywhere(word: str, column: str) -> None:
    table, (finding,) = normalise("adlb", pd.DataFrame({column: ["", word, word]}))
    assert all(value == "" or pd.isna(value) for value in table[column])
    assert (finding.rule, finding.severity, finding.column) == ("missing words", "note", "")
    assert (finding.count, finding.value) == (2, f"{word} 2")
    assert f"{column} 2" in finding.message


@pytest.mark.parametrize("word", [".A", ".Z", "._", "N/A", "None"])
def test_words_that_can_be_text_are_missing_where_no_text_can_stand(word: str) -> None:
    table, findings = normalise(
        "adlb", pd.DataFrame({"AVAL": ["1", word], "ANL01FL": ["Y", word], "AETERM": ["x", word]})
    )
    np.testing.assert_equal(table["AVAL"].to_numpy(), [1, np.nan])
    assert table["ANL01FL"].tolist() == ["Y", ""]
    assert table["AETERM"].tolist() == ["x", word]
    assert [(each.rule, each.count) for each in findings] == [("missing words", 2)]


@pytest.mark.parametrize("column", ["REGION1", "COUNTRY", "PARAMCD", "PARAM"])
def test_na_is_a_place_or_sodium(column: str) -> None:
    table, findings = normalise("adsl", pd.DataFrame({column: ["NA", "."]}))
    assert table[column].tolist() == ["NA", ""]
    kept = [each for each in findings if each.rule == "NA kept"]
    assert [(each.severity, each.column, each.count) for each in kept] == [("note", column, 1)]


def _plan(**parts: object) -> TrialPlan:
    return TrialPlan.model_validate({**good_plan(), **parts})


def test_the_plan_says_whether_na_is_an_arm_or_a_level() -> None:
    table = pd.DataFrame({"TRT01P": ["NA", "Valtropin"], "REGION": ["NA", "East"]})
    plain, findings = normalise("adsl", table, _plan())
    assert plain["TRT01P"].tolist() == ["", "Valtropin"]
    assert plain["REGION"].tolist() == ["", "East"]
    assert [(each.rule, each.count) for each in findings] == [("missing words", 2)]
    named = _plan(
        arms={"treatment": "Valtropin", "reference": "NA"}, levels={"REGION": ["NA", "East"]}
    )
    kept, findings = normalise("adsl", table, named)
    assert kept["TRT01P"].tolist() == ["NA", "Valtropin"]
    assert kept["REGION"].tolist() == ["NA", "East"]
    assert findings == []


@pytest.mark.parametrize("suffix", ["csv", "parquet", "xpt8"])
def test_a_trial_written_by_r_is_the_same_trial(suffix: str, tmp_path: Path) -> None:
    """R writes NA for what is missing: in DTYPE every record would seem derived."""
    expected = load_trial(write_trial(tmp_path / "good"))
    tables = good_tables()
    for table in tables.values():
        for column in table.select_dtypes("str"):
            table[column] = table[column].replace("", "NA")
    folder = write_trial(tmp_path / suffix, tables=tables, suffix=suffix)
    if suffix == "csv":
        for path in table_files(folder).values():
            path.write_text(path.read_text().replace(",,", ",NA,").replace(",,", ",NA,"))
    trial = load_trial(folder)
    for name, table in expected.tables.items():
        pd.testing.assert_frame_equal(trial.tables[name], table, check_exact=False, rtol=1e-12)
    primary = trial.plan.endpoints.primary
    assert len(trial.endpoint(primary, population="full analysis")) == N
    assert {each.rule for each in trial.findings} <= {"missing words", "SAS dates"}
    assert "missing words" in {each.rule for each in trial.findings}


# Dates


@pytest.mark.parametrize(
    "value", ["2014-05", "2014", "2014-05-UN", "2014---15", "UNMAY2014", "MAY2014", "2014-XX-XX"]
)
def test_partial_dates_are_named(value: str) -> None:
    table, (finding,) = normalise("adae", pd.DataFrame({"ASTDT": ["2014-05-01", "", value]}))
    assert (finding.rule, finding.severity) == ("partial date", "error")
    assert (finding.row, finding.value, finding.count) == (3, value, 1)
    assert "ASTDTC" in finding.message
    assert "ASTDTF" in finding.message
    assert table["ASTDT"].notna().tolist() == [True, False, False]


@pytest.mark.parametrize("values", [["2014", "2013"], [2014.0, np.nan], [1999, 2001]])
def test_years_are_no_days_of_sas(values: list[object]) -> None:
    table, (finding,) = normalise("adae", pd.DataFrame({"ASTDT": values}))
    assert (finding.rule, finding.row) == ("partial date", 1)
    assert table["ASTDT"].isna().all()


def test_worded_dates_are_counted_and_shown() -> None:
    dates = pd.DataFrame({"ADT": ["24FEB2003", "2003-02-25", "26 feb 2003"]})
    table, (finding,) = normalise("adlb", dates)
    assert table["ADT"].dt.day.tolist() == [24, 25, 26]
    assert (finding.rule, finding.count, finding.value) == ("worded dates", 2, "24FEB2003")


def test_days_counted_from_another_day_show_in_the_note() -> None:
    _, (finding,) = normalise("adlb", pd.DataFrame({"ADT": [45000.0]}))
    assert "the last is in 2083, yet to come" in finding.message


@pytest.mark.parametrize(
    "values",
    [
        ["2014-01-02T08:30:00", ""],
        ["2014-01-02 08:30:00+00:00", "NA"],
        ["2014-01-02T08:30:00Z", None],
        [pd.Timestamp("2014-01-02 08:30"), pd.NaT],
        [pd.Timestamp("2014-01-02 08:30", tz="UTC"), pd.NaT],
        [1704270600.0, np.nan],
    ],
)
def test_date_times_have_one_form(values: list[object]) -> None:
    table, findings = normalise("adsl", pd.DataFrame({"TRTSDTM": values}))
    assert table["TRTSDTM"].tolist() == ["2014-01-02T08:30:00", ""]
    assert all(finding.severity == "note" for finding in findings)


@pytest.mark.parametrize("value", ["2014-01-02T08:30", "2014-01-02T08:30:00+02:00", "2014-01"])
def test_date_times_of_other_zones_or_in_part_are_left_as_they_are(value: str) -> None:
    table, findings = normalise("adsl", pd.DataFrame({"TRTSDTM": [value]}))
    assert table["TRTSDTM"].tolist() == [value]
    assert findings == []


# Labels


def _labelled(folder: Path, suffix: str) -> Path:
    table = pd.DataFrame({"usubjid": ["1"], "AGE": [7.0]})
    labels = {"usubjid": "Unique Subject Identifier", "AGE": "Age"}
    path = folder / f"adsl.{suffix.partition('-')[0]}"
    if suffix == "xpt":
        pyreadstat.write_xport(table, str(path), column_labels=list(labels.values()))
    elif suffix == "parquet-attrs":
        table.attrs = {"labels": labels}
        table.to_parquet(path)
    else:
        fields = [
            field.with_metadata({"label": labels[field.name]})
            for field in pa.Schema.from_pandas(table)
        ]
        pa.parquet.write_table(pa.Table.from_pandas(table, schema=pa.schema(fields)), path)
    return path


@pytest.mark.parametrize("suffix", ["xpt", "parquet-attrs", "parquet-fields"])
def test_labels_are_kept(suffix: str, tmp_path: Path) -> None:
    table, findings = normalise("adsl", read_table(_labelled(tmp_path, suffix)))
    assert findings == []
    assert labels_of(table) == {"USUBJID": "Unique Subject Identifier", "AGE": "Age"}
    assert labels_of(table[table["AGE"] > 1]) == labels_of(table)
    table.to_parquet(tmp_path / "again.parquet")
    again, _ = normalise("adsl", read_table(tmp_path / "again.parquet"))
    assert labels_of(again) == labels_of(table)


def test_a_table_without_labels_has_none() -> None:
    table, _ = normalise("adsl", pd.DataFrame({"AGE": [1.0]}))
    assert labels_of(table) == {}
    assert labels_of(pd.DataFrame()) == {}


def test_xpt_in_windows_text_is_read_with_a_word_as_example(tmp_path: Path) -> None:
    path = tmp_path / "adsl.xpt"
    table = pd.DataFrame({"USUBJID": ["1", "2"], "CITY": ["Zurich", "Bern"]})
    pyreadstat.write_xport(table, str(path), column_labels=["Subject", "Town"])
    path.write_bytes(path.read_bytes().replace(b"Zurich", "Zürich".encode("cp1252")))
    read, (finding,) = normalise("adsl", read_table(path))
    assert read["CITY"].tolist() == ["Zürich", "Bern"]
    assert (finding.file, finding.rule, finding.value) == ("adsl", "encoding", "Zürich")


# One file a table


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("adsl.csv", "adsl.parquet"),
        ("adsl.csv", "ADSL.CSV"),
        ("adsl.xpt", "adsl.csv"),
        ("adsl.csv", "adsl.csv.gz"),
        ("adsl.sas7bdat", "Adsl.parquet"),
    ],
)
def test_a_table_in_two_files_is_refused_by_name(first: str, second: str, tmp_path: Path) -> None:
    folder = write_trial(tmp_path / "t")
    (folder / "adsl.parquet").rename(folder / "kept")
    for name in (first, second):
        (folder / name).write_bytes((folder / "kept").read_bytes())
    (finding,) = two_files(folder)
    assert (finding.file, finding.rule, finding.severity) == ("adsl", "two files", "error")
    assert sorted(finding.value.split(", ")) == sorted([first, second])
    assert finding.count == 2
    assert two_files(folder, ["advs"]) == []


def test_two_files_of_the_plan_are_an_error_and_others_are_not(tmp_path: Path) -> None:
    folder = write_trial(tmp_path / "t")
    write_table(folder, "advs", good_tables()["advs"], "csv")
    for suffix in ("csv", "parquet"):
        write_table(folder, "adcm", good_tables()["advs"], suffix)
    errors = [each for each in read_trial(folder).findings if each.severity == "error"]
    assert [(each.file, each.rule, each.value) for each in errors] == [
        ("advs", "two files", "advs.parquet, advs.csv")
    ]


@pytest.mark.parametrize("name", ["advs.xlsx", "ADVS.rds", "advs.sav", "advs"])
def test_a_table_in_another_format_is_named(name: str, tmp_path: Path) -> None:
    folder = write_trial(tmp_path / "t")
    (folder / "advs.parquet").rename(folder / name)
    (folder / "adcm.xlsx").write_bytes(b"")
    (finding,) = other_formats(folder, ["adsl", "advs"])
    assert (finding.file, finding.rule, finding.value) == ("advs", "format not read", name)
    rules = {(each.file, each.rule) for each in read_trial(folder).findings}
    assert ("advs", "format not read") in rules


# A variable named twice


@pytest.mark.parametrize("suffix", ["xpt", "ndjson"])
def test_a_variable_twice_in_any_format_is_an_error(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"adsl.{suffix}"
    if suffix == "xpt":
        table = pd.DataFrame({"USUBJID": ["1"], "AGE": [7.0], "AGX": [8.0]})
        pyreadstat.write_xport(table, str(path), file_format_version=5)
        path.write_bytes(path.read_bytes().replace(b"AGX", b"AGE"))
    else:
        columns = [
            {"name": name, "label": "", "dataType": kind}
            for name, kind in (("USUBJID", "string"), ("AGE", "integer"), ("age", "integer"))
        ]
        lines = [{"datasetJSONVersion": "1.1.0", "columns": columns}, ["1", 7, 8]]
        path.write_text("\n".join(map(json.dumps, lines)))
    _, findings = normalise("adsl", read_table(path))
    assert [(each.rule, each.severity, each.column) for each in findings] == [
        ("variable twice", "error", "AGE")
    ]


def test_a_variable_twice_in_parquet_is_an_error(tmp_path: Path) -> None:
    table = pa.table({"USUBJID": ["1"], "AGE": [7.0], "AGX": [8.0]})
    path = tmp_path / "adsl.parquet"
    pa.parquet.write_table(table.rename_columns(["USUBJID", "AGE", "AGE"]), path)
    with pytest.raises(UserError, match="two columns are called AGE"):
        read_table(path)
