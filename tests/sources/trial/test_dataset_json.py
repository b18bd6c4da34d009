"""Dataset-JSON 1.1 as one document and by line, whole and broken."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from corpus import good_tables, write_trial
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.errors import UserError
from analysis.sources.trial.tables import labels_of, normalise, read_table, table_files, two_files
from analysis.sources.trial.trial import load_trial, read_trial

Content = dict[str, Any]


def content(name: str = "ADSL") -> Content:
    """Return a small table, every type in it."""
    columns = [
        ("USUBJID", "Unique Subject Identifier", "string", {}),
        ("SITEID", "Site", "string", {}),
        ("AGE", "Age", "integer", {}),
        ("BMIBL", "Baseline BMI (kg/m^2)", "decimal", {"targetDataType": "decimal"}),
        ("HEIGHTBL", "Baseline Height (cm)", "float", {}),
        ("TRTSDT", "First Dose", "date", {"targetDataType": "integer", "displayFormat": "DATE9."}),
        ("TRTEDT", "Last Dose", "datetime", {}),
        ("CODED", "", "boolean", {}),
    ]
    return {
        "datasetJSONCreationDateTime": "2024-12-05T10:00:00",
        "datasetJSONVersion": "1.1.0",
        "sourceSystem": {"name": "Software", "version": "1"},
        "itemGroupOID": f"IG.{name}",
        "records": 3,
        "name": name,
        "label": "Subjects",
        "columns": [
            {"itemOID": f"IT.{column}", "name": column, "label": label, "dataType": kind, **more}
            for column, label, kind, more in columns
        ],
        "rows": [
            ["01", "0701", 7, "15.25", 101.5, "2003-02-24", "2004-02-24T08:30:00Z", True],
            ["02", "12", None, "1,015.5", 99, None, "", False],
            ["03", "", 8, None, None, "2003-02-25", None, None],
        ],
    }


def as_lines(whole: Content) -> bytes:
    metadata = {key: value for key, value in whole.items() if key != "rows"}
    return "".join(json.dumps(each) + "\n" for each in [metadata, *whole["rows"]]).encode()


def as_one(whole: Content) -> bytes:
    return json.dumps(whole, ensure_ascii=False, indent=1).encode()


FORMS = pytest.mark.parametrize(
    ("write", "suffix"),
    [
        (as_one, "json"),
        (as_lines, "ndjson"),
        (lambda whole: as_lines(whole).replace(b"\n", b"\r\n"), "ndjson"),
        (lambda whole: b"\xef\xbb\xbf" + as_one(whole), "JSON"),
        (lambda whole: gzip.compress(as_lines(whole), mtime=0), "ndjson.gz"),
    ],
)


@FORMS
def test_types_and_labels_are_those_of_the_metadata(
    write: Callable[[Content], bytes], suffix: str, tmp_path: Path
) -> None:
    path = tmp_path / f"adsl.{suffix}"
    path.write_bytes(write(content()))
    assert table_files(tmp_path) == {"adsl": path}
    table, findings = normalise("adsl", read_table(path))
    assert findings == []
    assert table["USUBJID"].tolist() == ["01", "02", "03"]
    assert table["SITEID"].tolist() == ["0701", "12", ""]
    np.testing.assert_equal(table["AGE"].to_numpy(), [7, np.nan, 8])
    np.testing.assert_equal(table["BMIBL"].to_numpy(), [15.25, 1015.5, np.nan])
    np.testing.assert_equal(table["HEIGHTBL"].to_numpy(), [101.5, 99, np.nan])
    assert table["TRTSDT"].tolist() == [
        pd.Timestamp("2003-02-24"),
        pd.NaT,
        pd.Timestamp("2003-02-25"),
    ]
    assert table["TRTEDT"].tolist() == [pd.Timestamp("2004-02-24"), pd.NaT, pd.NaT]
    assert table["CODED"].tolist() == ["Y", "N", ""]
    assert labels_of(table)["BMIBL"] == "Baseline BMI (kg/m^2)"
    assert "CODED" not in labels_of(table)


def test_dates_that_are_numbers_are_days_of_sas(tmp_path: Path) -> None:
    whole = content()
    for row, day in zip(whole["rows"], [15760, None, 15761], strict=True):
        row[5] = day
    (tmp_path / "adsl.json").write_bytes(as_one(whole))
    table, (finding,) = normalise("adsl", read_table(tmp_path / "adsl.json"))
    assert table["TRTSDT"].tolist() == [
        pd.Timestamp("2003-02-24"),
        pd.NaT,
        pd.Timestamp("2003-02-25"),
    ]
    assert (finding.rule, finding.count) == ("SAS dates", 2)


@FORMS
def test_the_table_is_called_as_its_metadata_say(
    write: Callable[[Content], bytes], suffix: str, tmp_path: Path
) -> None:
    path = tmp_path / f"export_1.{suffix}"
    path.write_bytes(write(content("ADVS")))
    assert table_files(tmp_path) == {"advs": path}


def test_the_order_of_the_metadata_is_free(tmp_path: Path) -> None:
    whole = content("ADVS")
    path = tmp_path / "export.json"
    path.write_bytes(as_one({"columns": whole.pop("columns"), "rows": whole.pop("rows"), **whole}))
    assert table_files(tmp_path) == {"advs": path}
    assert len(read_table(path)) == 3


def test_no_records_keep_numbers_and_dates(tmp_path: Path) -> None:
    whole = content() | {"records": 0, "rows": []}
    (tmp_path / "adsl.ndjson").write_bytes(as_lines(whole))
    whole.pop("rows")
    (tmp_path / "adsl.json").write_bytes(as_one(whole))
    for name in ("adsl.json", "adsl.ndjson"):
        table, findings = normalise("adsl", read_table(tmp_path / name))
        assert (len(table), findings) == (0, [])
        assert table["AGE"].dtype == float
        assert table["TRTSDT"].dtype == "datetime64[ns]"


def _without(key: str) -> Callable[[Content], None]:
    def change(whole: Content) -> None:
        whole.pop(key)

    return change


def _cell(row: int, column: int, value: Any) -> Callable[[Content], None]:
    def change(whole: Content) -> None:
        whole["rows"][row][column] = value

    return change


def _metadata(column: int, **more: Any) -> Callable[[Content], None]:
    def change(whole: Content) -> None:
        whole["columns"][column].update(more)

    return change


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_without("columns"), "must begin with the metadata"),
        (lambda whole: whole["rows"].pop(), "say 3 records and it has 2"),
        (lambda whole: whole["rows"][1].pop(), "record 2 has 7 values for 8 columns"),
        (lambda whole: whole["rows"].__setitem__(2, "03"), "record 3 has no list"),
        (_cell(1, 2, "seven"), "AGE, record 2, must be a number; got 'seven'"),
        (_cell(0, 4, True), "HEIGHTBL, record 1, must be a number; got 'True'"),
        (_cell(0, 3, "15,25 x"), "BMIBL, record 1, must be a number"),
        (_cell(0, 7, "Y"), "CODED, record 1, must be boolean; got 'Y'"),
        (_cell(2, 0, ["03"]), "USUBJID, record 3, must be string"),
        (_metadata(2, dataType="int"), "dataType of AGE must be one of .*; got 'int'"),
        (_metadata(1, name=""), "column 2 must have a name"),
    ],
)
@pytest.mark.parametrize(("write", "suffix"), [(as_one, "json"), (as_lines, "ndjson")])
def test_what_is_wrong_is_named(
    change: Callable[[Content], None],
    said: str,
    write: Callable[[Content], bytes],
    suffix: str,
    tmp_path: Path,
) -> None:
    whole = content()
    change(whole)
    path = tmp_path / f"adsl.{suffix}"
    path.write_bytes(write(whole))
    with pytest.raises(UserError, match=rf"adsl\.{suffix} must be a readable {suffix} .*{said}"):
        read_table(path)


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("adsl.json", as_one(content())[:-40], "no whole json document"),
        ("adsl.ndjson", as_lines(content())[:-40], "line 4 is no whole json value"),
        ("adsl.json", b"", "no whole json document"),
        ("adsl.ndjson", b"\n", "must begin with the metadata"),
        ("adsl.json", b'[{"USUBJID": "1"}]', "must begin with the metadata"),
        ("adsl.json", b'{"clinicalData": {"itemGroupData": {}}}', "convert it to version 1.1"),
        ("adsl.json.gz", gzip.compress(as_one(content()))[:-20], "cut short"),
    ],
)
def test_a_broken_file_is_a_table_and_a_sentence(
    name: str, data: bytes, said: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(data)
    assert list(table_files(tmp_path)) == ["adsl"]
    with pytest.raises(UserError, match=said):
        read_table(tmp_path / name)


@pytest.mark.parametrize(
    "data", [b"{}", b"[]", b'{"adsl": {"label": "x", "columns": {}}}', b"\x80", b"null", b"{"]
)
def test_other_json_is_no_table(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "_meta.json").write_bytes(data)
    assert table_files(tmp_path) == {}


def write_json(folder: Path, name: str, table: pd.DataFrame, suffix: str) -> None:
    """Write a table by the standard: numbers as numbers, dates as ISO text, null where missing."""
    kinds = {"f": "double", "M": "date"}
    dates = {each: table[each].dt.strftime("%Y-%m-%d") for each in table.select_dtypes("datetime")}
    cells = table.assign(**dates).astype(object)
    whole = content(name.upper()) | {
        "records": len(table),
        "columns": [
            {
                "itemOID": f"IT.{column}",
                "name": column,
                "label": f"Label of {column}",
                "dataType": kinds.get(table[column].dtype.kind, "string"),
                **({"targetDataType": "integer"} if table[column].dtype.kind == "M" else {}),
            }
            for column in table
        ],
        "rows": cells.where(cells.notna(), None).values.tolist(),
    }
    path = folder / f"{name}.{suffix}"
    path.write_bytes(as_one(whole) if suffix == "json" else as_lines(whole))


@pytest.mark.parametrize("suffix", ["json", "ndjson"])
def test_a_trial_in_json_is_the_same_trial(suffix: str, tmp_path: Path) -> None:
    expected = load_trial(write_trial(tmp_path / "good"))
    folder = write_trial(tmp_path / suffix, tables={})
    for name, table in good_tables().items():
        write_json(folder, name, table, suffix)
    (folder / "_meta.json").write_text("{}")
    trial = load_trial(folder)
    assert trial.findings == ()
    assert list(trial.tables) == list(expected.tables)
    for name, table in expected.tables.items():
        pd.testing.assert_frame_equal(trial.tables[name], table)
    assert labels_of(trial.tables["adsl"])["AGE"] == "Label of AGE"


def test_json_beside_another_format_is_refused(tmp_path: Path) -> None:
    folder = write_trial(tmp_path / "t", suffix="csv")
    write_json(folder, "adsl", good_tables()["adsl"], "json")
    (folder / "adsl.json").rename(folder / "subjects.json")
    (finding,) = two_files(folder)
    assert (finding.file, finding.value) == ("adsl", "adsl.csv, subjects.json")
    errors = [each.rule for each in read_trial(folder).findings if each.severity == "error"]
    assert errors == ["two files"]


@settings(deadline=None)
@given(
    texts=st.lists(st.none() | st.text(st.characters(exclude_categories=["C", "Z"]), max_size=5)),
    lines=st.booleans(),
)
def test_text_is_kept_as_written(
    texts: list[str | None], lines: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("json")
    whole = content() | {
        "records": len(texts),
        "columns": [{"itemOID": "x", "name": "AETERM", "label": "", "dataType": "string"}],
        "rows": [[text] for text in texts],
    }
    path = folder / ("adae.ndjson" if lines else "adae.json")
    path.write_bytes(as_lines(whole) if lines else as_one(whole))
    assert read_table(path)["AETERM"].fillna("").tolist() == [text or "" for text in texts]
