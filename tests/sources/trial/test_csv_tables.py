"""A csv that others made: its separator, decimal mark, encoding, and lines that are wrong."""

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from corpus import good_plan, good_tables, write_trial
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.errors import UserError
from analysis.sources.trial.finding import TrialFinding
from analysis.sources.trial.tables import normalise, read_table
from analysis.sources.trial.trial import load_trial, read_trial

GOOD = "USUBJID,AGE,SEX\n01,7,F\n02,8.5,M\n"
EXPECTED = {"USUBJID": ["01", "02"], "AGE": [7.0, 8.5], "SEX": ["F", "M"]}


def read(
    folder: Path, content: bytes | str, name: str = "adsl.csv"
) -> tuple[pd.DataFrame, list[TrialFinding]]:
    data = content.encode() if isinstance(content, str) else content
    (folder / name).write_bytes(data)
    return normalise("adsl", read_table(folder / name))


def rules(findings: list[TrialFinding]) -> list[tuple[str, str, int]]:
    return [(each.severity, each.rule, each.count) for each in findings]


# Separators


@pytest.mark.parametrize(
    ("separator", "word"), [(";", "semicolons"), ("\t", "tabs"), ("|", "vertical bars")]
)
def test_separators_are_found_and_said(separator: str, word: str, tmp_path: Path) -> None:
    table, (finding,) = read(tmp_path, GOOD.replace(",", separator))
    assert table.to_dict("list") == EXPECTED
    assert (finding.file, finding.rule, finding.severity) == ("adsl", "separator", "note")
    assert word in finding.message
    assert finding.count == 2


def test_a_comma_needs_no_word(tmp_path: Path) -> None:
    table, findings = read(tmp_path, GOOD)
    assert table.to_dict("list") == EXPECTED
    assert findings == []


@pytest.mark.parametrize(
    "content",
    [
        GOOD.replace("\n", "\r\n"),
        GOOD.replace("\n", "\r"),
        "\ufeff" + GOOD,
        GOOD + "\n\n\r\n",
        "\n" + GOOD,
        GOOD.replace("F", '"F"').replace("SEX", '"SEX"'),
        GOOD.replace("USUBJID,", " usubjid , "),
        GOOD.replace("7", " 7 "),
    ],
)
def test_what_means_the_same_reads_the_same(content: str, tmp_path: Path) -> None:
    table, findings = read(tmp_path, content.replace(" usubjid ,  ", " usubjid , "))
    assert table.to_dict("list") == EXPECTED
    assert findings == []


def test_text_with_other_separators_is_left_alone(tmp_path: Path) -> None:
    table, findings = read(tmp_path, 'USUBJID,AETERM\n1,"a; b, c"\n2,"d; e"\n3,"f ""g""\nh"\n')
    assert table["AETERM"].tolist() == ["a; b, c", "d; e", 'f "g"\nh']
    assert findings == []


def test_a_declared_separator_is_believed(tmp_path: Path) -> None:
    table, findings = read(tmp_path, "sep=;\n" + GOOD.replace(",", ";"))
    assert table.to_dict("list") == EXPECTED
    assert rules(findings) == [("note", "separator", 2)]


@pytest.mark.parametrize("separator", [":", " ", "^"])
def test_other_separators_are_refused(separator: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="parted by comma, semicolon, tab or"):
        read(tmp_path, GOOD.replace(",", separator))


def test_two_separators_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="parted by commas or semicolons"):
        read(tmp_path, "A;B,C\n1;2,3\n")


# Lines


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("USUBJID,AGE,SEX\n01,7,F\n02,8", "line 3 has 2 cells, fewer than"),
        ("USUBJID,AGE,SEX\n01,7\n02,8,M\n03,9\n", "line 2 has 2 cells.* 1 other lines"),
        ("USUBJID,AGE,SEX\n\n01,7,F,F\n", "line 3 has 4 cells, more than"),
        ('USUBJID,AGE,SEX\n01,7,"F\nx"\n02,8\n', "line 4 has 2 cells"),
        ('USUBJID,AGE,SEX\n01,7,F\n02,8,"M', "quotation mark .* not closed"),
        ("USUBJID,AGE,\n01,7,F\n", "column 3 has values and no name"),
        ("", "it is empty"),
        ("\n\n", "it is empty"),
    ],
)
def test_wrong_lines_are_named(content: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"adsl\.csv must be a readable csv table; got: .*" + said):
        read(tmp_path, content)


def test_a_long_file_with_one_short_line_is_named(tmp_path: Path) -> None:
    lines = ["USUBJID,AGE,SEX", *(f"{at},7,F" for at in range(100_000)), "100000,7"]
    with pytest.raises(UserError, match="line 100002 has 2 cells"):
        read(tmp_path, "\n".join(lines))


def test_a_last_line_without_a_break_is_said(tmp_path: Path) -> None:
    table, findings = read(tmp_path, GOOD.rstrip("\n"))
    assert table.to_dict("list") == EXPECTED
    assert [(each.rule, each.row) for each in findings] == [("last line", 2)]


def test_a_quotation_mark_within_a_cell_is_no_quote(tmp_path: Path) -> None:
    table, findings = read(tmp_path, 'USUBJID,AETERM\n1,5" wound\n2,pain\n')
    assert table["AETERM"].tolist() == ['5" wound', "pain"]
    assert findings == []


def test_lines_of_separators_only_are_no_records(tmp_path: Path) -> None:
    table, findings = read(tmp_path, GOOD + ",,\n,,\n")
    assert table.to_dict("list") == EXPECTED
    assert rules(findings) == [("note", "empty line", 2)]
    assert findings[0].row == 3


@pytest.mark.parametrize(
    "content",
    [
        ',USUBJID,AGE,SEX\n"1",01,7,F\n"2",02,8.5,M\n',
        ",USUBJID,AGE,SEX\n0,01,7,F\n1,02,8.5,M\n",
        "USUBJID,AGE,SEX,\n01,7,F,\n02,8.5,M,\n",
    ],
)
def test_row_names_and_trailing_separators_are_not_read(content: str, tmp_path: Path) -> None:
    table, findings = read(tmp_path, content)
    assert table.to_dict("list") == EXPECTED
    assert rules(findings) == [("note", "column without name", 1)]


@pytest.mark.parametrize("header", ["USUBJID,AGE,AGE", "USUBJID,AGE,age", "USUBJID,AGE, AGE "])
def test_a_column_twice_is_an_error(header: str, tmp_path: Path) -> None:
    _, (finding,) = read(tmp_path, f"{header}\n01,7,8\n")
    assert (finding.rule, finding.severity, finding.column) == ("variable twice", "error", "AGE")
    assert finding.value == header.split(",")[2].strip()


def test_a_header_alone_has_no_records(tmp_path: Path) -> None:
    table, findings = read(tmp_path, "USUBJID,AETERM,ASTDT,ASTDY,AVAL,TRTEMFL\n")
    assert findings == []
    assert len(table) == 0
    kinds = {column: table[column].dtype.kind for column in table}
    assert (kinds["ASTDT"], kinds["ASTDY"], kinds["AVAL"]) == ("M", "f", "f")
    assert all(pd.api.types.is_string_dtype(table[each]) for each in ("USUBJID", "TRTEMFL"))


# Packed, and what is no csv


def test_a_packed_csv_is_read(tmp_path: Path) -> None:
    table, findings = read(tmp_path, gzip.compress(GOOD.encode(), mtime=0), "adsl.csv.gz")
    assert table.to_dict("list") == EXPECTED
    assert findings == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (gzip.compress(GOOD.encode() * 99, mtime=0)[:-9], "cut short"),
        (gzip.compress(GOOD.encode(), mtime=0)[:11], "cut short"),
        (b"PK\x03\x04 and more", "workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "workbook"),
        (GOOD.encode("utf-16-le"), "UTF-16 without its mark"),
        (b"USUBJID\n\x81\n", "neither UTF-8 nor Windows-1252"),
    ],
)
def test_what_is_no_csv_is_named(content: bytes, said: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=said):
        read(tmp_path, content)


# Encodings

WORDS = "USUBJID,CITY\n1,Zürich\n2,Besançon – x\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_declared_encodings_are_read(encoding: str, tmp_path: Path) -> None:
    table, findings = read(tmp_path, WORDS.encode(encoding))
    assert table["CITY"].tolist() == ["Zürich", "Besançon – x"]
    assert findings == []


def test_big_endian_is_read(tmp_path: Path) -> None:
    table, _ = read(tmp_path, b"\xfe\xff" + WORDS.encode("utf-16-be"))
    assert table["CITY"].tolist() == ["Zürich", "Besançon – x"]


def test_windows_text_is_read_with_a_word_as_example(tmp_path: Path) -> None:
    table, (finding,) = read(tmp_path, WORDS.encode("cp1252"))
    assert table["CITY"].tolist() == ["Zürich", "Besançon – x"]
    assert (finding.rule, finding.severity, finding.value) == ("encoding", "note", "Zürich")
    assert "Windows-1252" in finding.message


@pytest.mark.parametrize("word", ["ZÃ¼rich", "BesanÃ§on", "Z\ufffdrich"])
def test_garbled_text_is_said(word: str, tmp_path: Path) -> None:
    _, (finding,) = read(tmp_path, f"USUBJID,CITY\n1,{word}\n")
    assert (finding.rule, finding.value) == ("garbled text", word)


def test_words_for_missing_are_counted_by_cell(tmp_path: Path) -> None:
    """A text that many cells have is read once; what was emptied is counted cell by cell."""
    text = "USUBJID,AVAL,N\n1,NA,1\n2, NA ,1\n3,.,2\n4,5,2\n5,NA,2\n6,,2\n"
    table, findings = read(tmp_path, text)
    np.testing.assert_equal(table["AVAL"].to_numpy(), [np.nan, np.nan, np.nan, 5, np.nan, np.nan])
    assert table["N"].tolist() == [1, 1, 2, 2, 2, 2]
    (note,) = (each for each in findings if each.rule == "missing words")
    assert (note.count, note.value) == (4, "NA 3, . 1")


# Decimal commas


@pytest.mark.parametrize("separator", [";", "\t", "|"])
def test_decimal_commas_are_read_with_a_note(separator: str, tmp_path: Path) -> None:
    text = "USUBJID;AVAL;BAGE;DOSE\n1;1,5;-0,25;3\n2;;1,234;4\n3;NA;7;.\n".replace(";", separator)
    table, findings = read(tmp_path, text)
    np.testing.assert_equal(table["AVAL"].to_numpy(), [1.5, np.nan, np.nan])
    assert table["BAGE"].tolist() == [-0.25, 1.234, 7.0]
    found = {each.rule: each for each in findings}
    assert found["decimal comma"].count == 3
    assert "AVAL, BAGE" in found["decimal comma"].message
    assert found["missing words"].count == 2


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("USUBJID;AVAL\n1;1,234\n2;5\n", r"AVAL has '1,234', which may be 1\.234 or 1234"),
        ("USUBJID;BAGE\n1;12,500\n2;17,250\n", "BAGE has '12,500'"),
        ("USUBJID;AVAL\n1;1,5\n2;1.5\n", "AVAL has both a decimal comma, '1,5', and"),
        ("USUBJID\tCHG\n1\t-0,5\n2\t2.25\n", "CHG has both"),
    ],
)
def test_commas_of_two_meanings_are_refused(content: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=said):
        read(tmp_path, content)


def test_text_with_commas_stays_text(tmp_path: Path) -> None:
    table, findings = read(tmp_path, "USUBJID;AVALC;AETERM\n1;1,5;pain, head\n2;2,5;1,5\n")
    assert table["AVALC"].tolist() == ["1,5", "2,5"]
    assert table["AETERM"].tolist() == ["pain, head", "1,5"]
    assert [each.rule for each in findings] == ["separator"]


# Numbers


@pytest.mark.parametrize(
    ("column", "cells", "expected"),
    [
        ("BAGE", ["1e+05", "2.5"], [1e5, 2.5]),
        ("BAGE", [".5", "-3"], [0.5, -3.0]),
        ("BAGE", ["12 ", " 3"], [12.0, 3.0]),
        ("AVAL", ["1e3", "2"], [1000.0, 2.0]),
        ("CODE", ["007", "008"], ["007", "008"]),
        ("SUBJID", ["1", "2"], ["1", "2"]),
    ],
)
def test_numbers_and_what_looks_like_them(
    column: str, cells: list[str], expected: list[object], tmp_path: Path
) -> None:
    table, findings = read(tmp_path, f"USUBJID,{column}\n1,{cells[0]}\n2,{cells[1]}\n")
    assert table[column].tolist() == expected
    assert findings == []


@pytest.mark.parametrize(
    ("cell", "remedy"),
    [
        ("<0.1", "put the word in AVALC and leave AVAL empty ('<0.1' 1)"),
        ("HEMOLYZED", "put the word in AVALC"),
        ('"1,5"', "with a decimal point"),
        ('"1,234.5"', "no mark between thousands"),
        ("1 234", "no mark between thousands"),
    ],
)
def test_words_among_numbers_are_counted(cell: str, remedy: str, tmp_path: Path) -> None:
    table, (finding,) = read(tmp_path, f"USUBJID,AVAL\n1,5\n2,{cell}\n3,6\n")
    assert (finding.rule, finding.severity) == ("wrong type", "error")
    assert (finding.row, finding.count, finding.value) == (2, 1, cell.strip('"'))
    assert remedy in finding.message
    assert table["AVAL"].isna().tolist() == [False, True, False]


@pytest.mark.parametrize(
    ("cells", "row", "count"),
    [
        (["1", "2", "many"], 3, 1),
        (['"1,5"', '"2,5"', "3"], 1, 2),
        (['"1,234"', '"2,345"', '"3,456"'], 1, 3),
        (["1E3", "2E5", "3"], 1, 2),
    ],
)
def test_a_column_of_no_known_kind_that_is_almost_numbers_is_said(
    cells: list[str], row: int, count: int, tmp_path: Path
) -> None:
    text = "USUBJID,BAGE\n" + "".join(f"{at},{cell}\n" for at, cell in enumerate(cells))
    table, (finding,) = read(tmp_path, text)
    assert (finding.rule, finding.severity) == ("not all numbers", "note")
    assert (finding.column, finding.row, finding.count) == ("BAGE", row, count)
    assert table["BAGE"].tolist() == [cell.strip('"') for cell in cells]


# Laws


CELLS = st.text(st.characters(codec="cp1252", exclude_categories=["C", "Z"]), max_size=6)
NUMBER = st.decimals(-9999, 9999, places=2, allow_nan=False).map(float)


@settings(deadline=None)
@given(
    rows=st.lists(st.tuples(CELLS, NUMBER), min_size=2, max_size=8),
    separator=st.sampled_from([";", "\t", "|", ","]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]),
    ending=st.sampled_from(["\n", "\r\n"]),
)
def test_every_dialect_gives_the_same_table(
    rows: list[tuple[str, float]],
    separator: str,
    encoding: str,
    ending: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("dialect")
    table = pd.DataFrame(
        {
            "USUBJID": [f"{at:03d}" for at in range(len(rows))],
            "AETERM": [word for word, _ in rows],
            "AVAL": [number for _, number in rows],
        }
    )
    plain = folder / "plain.csv"
    table.to_csv(plain, index=False)
    expected, _ = normalise("adsl", read_table(plain))
    decimal = "." if separator == "," else ","
    text = table.to_csv(
        index=False, sep=separator, decimal=decimal, lineterminator=ending, float_format="%.2f"
    )
    read_back, findings = read(folder, text.encode(encoding))
    pd.testing.assert_frame_equal(read_back, expected)
    assert all(finding.severity == "note" for finding in findings)


def test_a_trial_in_a_german_spreadsheet_is_the_same_trial(tmp_path: Path) -> None:
    expected = load_trial(write_trial(tmp_path / "good"))
    folder = write_trial(tmp_path / "german", plan=good_plan(), tables={})
    for name, table in good_tables().items():
        dates = {
            each: table[each].dt.strftime("%d%b%Y") for each in table.select_dtypes("datetime")
        }
        text = table.assign(**dates).to_csv(
            index=False, sep=";", decimal=",", lineterminator="\r\n"
        )
        (folder / f"{name}.csv").write_bytes(text.encode("cp1252"))
    trial = load_trial(folder)
    for name, table in expected.tables.items():
        pd.testing.assert_frame_equal(trial.tables[name], table)
    seen = {(each.file, each.rule) for each in trial.findings}
    assert {("adgr", "separator"), ("adgr", "decimal comma"), ("adae", "worded dates")} <= seen


def test_a_file_that_cannot_be_read_stops_with_a_sentence(tmp_path: Path) -> None:
    folder = write_trial(tmp_path / "t", suffix="csv")
    path = folder / "advs.csv"
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(UserError, match=r"advs\.csv must be a readable csv table; got: line 121"):
        read_trial(folder)
