"""A csv file whole: every row as long as its header, every cell text or, by rule, a number."""

import csv
import io
from collections.abc import Collection

import pandas as pd
import pyarrow as pa
import pyarrow.csv

from analysis.sources.trial.finding import TrialFinding
from analysis.sources.trial.tables.csv_numbers import with_numbers
from analysis.sources.trial.tables.encoding import as_utf8, unpacked
from analysis.sources.trial.tables.separator import SEPARATORS, Header, read_header


def read_csv(data: bytes, text: Collection[str]) -> tuple[pd.DataFrame, list[TrialFinding]]:
    """Read a csv table, its dialect found by rule.

    Parameters
    ----------
    data
        Content of the file.
    text
        Variables that are text even where only digits stand in them, such as strata.

    Returns
    -------
    table : pandas.DataFrame
        Columns named as in the file, twice where the file names one twice; identifiers such as
        0012 are text, and what is written as a number throughout is one.
    findings : list of TrialFinding
        Notes of what was decided.

    Raises
    ------
    ValueError
        If a row is longer or shorter than the header, or a cell can be read in two ways.
    """
    data, findings = as_utf8(unpacked(data))
    header = read_header(data)
    table = _cells(data, header)
    table, dropped = _named(table)
    table, empty = _records(table)
    findings += dropped + empty
    if header.separator != ",":
        message = f"cells are parted by {SEPARATORS.get(header.separator, header.separator)}"
        findings.append(TrialFinding("", "", "separator", message, "note", count=len(table)))
    if not data.endswith((b"\n", b"\r")) and len(table):
        message = "the last line has no line break, as in a file cut short; see that it is whole"
        findings.append(TrialFinding("", "", "last line", message, "note", len(table)))
    table, found = with_numbers(table, separator=header.separator, text=text)
    return table, findings + found


def _cells(data: bytes, header: Header) -> pd.DataFrame:
    """Return every cell as text, missing where empty.

    Columns are categories: each text of a million cells is made once, and looked at once.
    """
    places = [str(at) for at in range(len(header.names))]
    if data.count(b'"') % 2:
        _explain(data, header)
    if not data[header.size :].strip():
        return pd.DataFrame({at: pd.Series(dtype="str") for at in places}).set_axis(
            header.names, axis=1
        )
    try:
        table = pa.csv.read_csv(
            pa.BufferReader(memoryview(data)[header.size :]),
            read_options=pa.csv.ReadOptions(column_names=places),
            parse_options=pa.csv.ParseOptions(delimiter=header.separator, newlines_in_values=True),
            convert_options=pa.csv.ConvertOptions(
                column_types=dict.fromkeys(places, pa.dictionary(pa.int32(), pa.string())),
                strings_can_be_null=True,
                null_values=[""],
            ),
        )
    except pa.ArrowInvalid:
        _explain(data, header)
        raise
    return table.to_pandas().set_axis(header.names, axis=1)


def _explain(data: bytes, header: Header) -> None:
    """Say which line of a file that cannot be read is wrong; too slow for one that can."""
    lines = io.StringIO(data[header.size :].decode(), newline="")
    before = data[: header.size].decode().count("\n") or 1
    rows = csv.reader(lines, delimiter=header.separator, strict=True)
    wrong = []
    try:
        for row in rows:
            if row and len(row) != len(header.names):
                wrong.append((rows.line_num + before, len(row)))
    except csv.Error:
        raise ValueError(
            f"a quotation mark before line {rows.line_num + before} is not closed; correct it"
        ) from None
    if wrong:
        line, cells = wrong[0]
        more = "more" if cells > len(header.names) else "fewer"
        others = f", and {len(wrong) - 1} other lines are wrong too" if len(wrong) > 1 else ""
        raise ValueError(
            f"line {line} has {cells} cells, {more} than its header has names, "
            f"{len(header.names)}{others}; correct it"
        )


def _named(table: pd.DataFrame) -> tuple[pd.DataFrame, list[TrialFinding]]:
    """Leave out columns without a name that hold nothing, or only the number of the row."""
    blank = [at for at, name in enumerate(table.columns) if not name]
    for at in blank:
        values = table.iloc[:, at].dropna()
        if len(values) and not _counts_rows(values, len(table)):
            raise ValueError(f"column {at + 1} has values and no name; name it")
    if not blank:
        return table, []
    message = "columns without a name are empty or number the rows, and are not read"
    note = TrialFinding("", "", "column without name", message, "note", count=len(blank))
    return table.loc[:, [bool(name) for name in table.columns]], [note]


def _counts_rows(values: pd.Series, rows: int) -> bool:
    first = values.iloc[0]
    counted = (str(at) for at in range(int(first), int(first) + rows)) if first in "01" else ()
    return values.tolist() == list(counted)


def _records(table: pd.DataFrame) -> tuple[pd.DataFrame, list[TrialFinding]]:
    """Leave out rows without any value, which spreadsheets write below the last record."""
    maybe = table.iloc[:, 0].isna().to_numpy()
    if not maybe.any() or table.shape[1] == 1:
        return table, []
    empty = maybe.copy()
    empty[maybe] = table[maybe].isna().all(axis=1)
    if not empty.any():
        return table, []
    first = int(empty.argmax()) + 1
    message = "lines without any value are no records and are not read"
    note = TrialFinding("", "", "empty line", message, "note", first, "", int(empty.sum()))
    return table[~empty].reset_index(drop=True), [note]
