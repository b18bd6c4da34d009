import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from corpus import good_plan, good_tables, write_trial

from analysis.errors import UserError
from analysis.sources.trial.plan import TrialPlan
from analysis.sources.trial.tables import data_folder, normalise, read_table, table_files
from analysis.sources.trial.trial import load_trial, read_trial
from analysis.sources.trial.trial_folder import trial_folder

# sas7bdat is read through pyreadstat like xpt, but nothing free writes it, so there is no file
# to test with; a stub would test itself.
FORMATS = ["csv", "xpt5", "xpt8"]


@pytest.mark.parametrize("suffix", FORMATS)
def test_every_format_gives_the_same_tables(suffix: str, tmp_path: Path) -> None:
    expected = load_trial(write_trial(tmp_path / "parquet")).tables
    read = load_trial(write_trial(tmp_path / suffix, suffix=suffix))
    assert list(read.tables) == list(expected)
    for name, table in expected.items():
        pd.testing.assert_frame_equal(read.tables[name], table, check_exact=False, rtol=1e-12)


def test_names_are_read_in_any_case(tmp_path: Path) -> None:
    folder = write_trial(tmp_path / "t", suffix="csv")
    (folder / "adsl.csv").rename(folder / "ADSL.CSV")
    assert "adsl" in table_files(folder)
    table, findings = normalise("adsl", pd.DataFrame({" usubjid ": ["1"], 7: [1.0]}))
    assert list(table.columns) == ["USUBJID", "7"]
    assert findings == []


@pytest.mark.parametrize(
    "values",
    [
        ["2003-02-24", ""],
        ["2003-02-24T08:30", None],
        [datetime.date(2003, 2, 24), None],
        [pd.Timestamp("2003-02-24 08:30"), pd.NaT],
        [pd.Timestamp("2003-02-24 08:30", tz="UTC"), pd.NaT],
        [15760.0, np.nan],
        ["15760", "."],
        ["2003-02-24T08:30:00Z", "NA"],
        ["2003-02-24T00:00:00+00:00", ""],
        ["24FEB2003", ""],
        ["24-Feb-2003", " "],
        ["24FEB2003:08:30:00", None],
    ],
)
def test_dates_of_every_kind(values: list[object]) -> None:
    table, findings = normalise("adsl", pd.DataFrame({"TRTSDT": values}))
    assert table["TRTSDT"].tolist() == [pd.Timestamp("2003-02-24"), pd.NaT]
    assert all(finding.severity == "note" for finding in findings)


@pytest.mark.parametrize(
    "value",
    [
        *("2003-02-30", "20030224", 20030224.0, 1.36e9, "2999-12-31", "0001-01-01"),
        *("2003-02-245", "24/02/2003", "31FEB2003", "24FEV2003"),
    ],
)
def test_what_is_no_date_is_named(value: object) -> None:
    table, findings = normalise("adsl", pd.DataFrame({"TRTSDT": [None, value]}))
    (finding,) = findings
    assert (finding.rule, finding.row, finding.severity) == ("wrong type", 2, "error")
    assert table["TRTSDT"].isna().all()


def test_dates_far_off_as_timestamps_are_named() -> None:
    far = pd.Series(np.array(["2003-02-24", "2999-12-31"], dtype="datetime64[s]"))
    table, (finding,) = normalise("adsl", pd.DataFrame({"TRTSDT": far}))
    assert (finding.row, finding.rule) == (2, "wrong type")
    assert table["TRTSDT"].notna().tolist() == [True, False]


def test_missing_flags_and_numbers_of_nullable_types() -> None:
    table, findings = normalise(
        "adsl",
        pd.DataFrame(
            {
                "SAFFL": pd.array([True, None], dtype="boolean"),
                "AGE": pd.array([7, None], dtype="Int64"),
                "SEX": pd.Categorical(["F", None]),
            }
        ),
    )
    assert findings == []
    assert table["SAFFL"].tolist() == ["Y", ""]
    assert table["SEX"].tolist() == ["F", ""]
    assert table["AGE"].tolist() == [7.0, pytest.approx(np.nan, nan_ok=True)]


def test_text_that_is_empty_throughout_stays_text() -> None:
    """Pandas stores it as missing numbers; every record would then seem derived."""
    table, _ = normalise("adgr", pd.DataFrame({"DTYPE": [np.nan] * 2, "AVAL": [np.nan] * 2}))
    assert table["DTYPE"].tolist() == ["", ""]
    assert table["AVAL"].dtype == float


def test_equal_texts_of_a_large_parquet_are_one_object(tmp_path: Path) -> None:
    # Two row groups: what reads them makes each text of each anew.
    texts = pd.Series(["Humatrope", "Valtropin ", None, ""] * 500, dtype=str)
    kinds = pd.Series(["a", "b", None, "a"] * 500, dtype="category")
    path = tmp_path / "t.parquet"
    pd.DataFrame({"TRTP": texts, "KIND": kinds}).to_parquet(path, row_group_size=900)
    read = read_table(path)
    pd.testing.assert_series_equal(read["TRTP"].astype(str), texts.rename("TRTP"))
    assert isinstance(read["KIND"].dtype, pd.CategoricalDtype)
    assert len({id(each) for each in read["TRTP"].to_numpy(dtype=object)}) == 4
    table, _ = normalise("t", read)
    assert len({id(each) for each in table["TRTP"].to_numpy(dtype=object)}) == 3


def test_csv_numbers_and_identifiers(tmp_path: Path) -> None:
    text = "USUBJID,SITEID,BAGE,CODE,REGION,TRT01P\n0012,7,3.5,007,1,NA\n0013,8,-4,008,2,\n"
    (tmp_path / "adsl.csv").write_text(text)
    table, findings = normalise("adsl", read_table(tmp_path / "adsl.csv", text={"REGION"}))
    assert findings == []
    assert table.to_dict("list") == {
        "USUBJID": ["0012", "0013"],
        "SITEID": ["7", "8"],
        "BAGE": [3.5, -4.0],
        "CODE": ["007", "008"],
        "REGION": ["1", "2"],
        "TRT01P": ["NA", ""],
    }


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("adsl.csv", b""),
        ("adsl.csv", b"USUBJID\n1,2\n3,4\n"),
        ("adsl.csv", b"USUBJID,SEX\n1,F\n2,F,F\n"),
        ("adsl.csv", b"USUBJID\n\x81\n"),
        ("adsl.parquet", b"PAR1 and nothing else"),
        ("adsl.xpt", b"no transport file"),
        ("adsl.xpt", b""),
        ("adsl.sas7bdat", b"no SAS data set"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(name: str, content: bytes, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError, match=rf"{name} must be a readable {name.partition('.')[2]}"):
        read_table(tmp_path / name)


def test_a_truncated_table_is_named(tmp_path: Path) -> None:
    for suffix in ("parquet", "xpt5"):
        folder = write_trial(tmp_path / suffix, suffix=suffix)
        path = table_files(folder)["adsl"]
        path.write_bytes(path.read_bytes()[:200])
        with pytest.raises(UserError, match="must be a readable"):
            read_trial(folder)


def test_folders_that_are_none() -> None:
    plan = TrialPlan.model_validate({**good_plan(), "data": {"folder": "elsewhere"}})
    with pytest.raises(UserError, match=r"data\.folder must be a folder; got 'elsewhere'"):
        data_folder(plan, Path("/nowhere"))
    plan = TrialPlan.model_validate({**good_plan(), "data": {"package": "no_such_package/x"}})
    with pytest.raises(UserError, match="pip install no_such_package"):
        data_folder(plan, Path("/nowhere"))
    with pytest.raises(UserError, match="did you mean 'cdisc-pilot'"):
        trial_folder("cdisc-pilto")


@pytest.mark.parametrize(
    "package", ["received.part/data", "received/../other", "received//etc", "a b/c", "/tmp"]
)
def test_a_received_plan_runs_no_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: str
) -> None:
    """To look for a module inside a package is to run the package."""
    (tmp_path / "received").mkdir()
    (tmp_path / "received" / "__init__.py").write_text("raise SystemExit('code was run')")
    monkeypatch.syspath_prepend(tmp_path)
    plan = TrialPlan.model_validate({**good_plan(), "data": {"package": package}})
    with pytest.raises(UserError, match=r"data\.package must be a package, a slash and a folder"):
        data_folder(plan, tmp_path)


def test_the_folder_of_a_package_is_found_without_running_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "received" / "data").mkdir(parents=True)
    (tmp_path / "received" / "__init__.py").write_text("raise SystemExit('code was run')")
    monkeypatch.syspath_prepend(tmp_path)
    plan = TrialPlan.model_validate({**good_plan(), "data": {"package": "received/data"}})
    assert data_folder(plan, tmp_path) == tmp_path / "received" / "data"


def test_an_empty_folder_names_every_table(tmp_path: Path) -> None:
    findings = read_trial(write_trial(tmp_path / "t", tables={})).findings
    absent = {finding.file for finding in findings if finding.rule == "table missing"}
    assert absent == set(good_tables())
