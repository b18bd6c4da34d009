"""Read a folder of csv tables and say everything that is wrong with them at once."""

import csv
from pathlib import Path

import numpy as np
import pandas as pd
import pandera.pandas as pa

from analysis import paths
from analysis.errors import UserError, suggestion
from analysis.sources.registry import sha256

ENCODING = "utf-8-sig"
MOST_GOOD = 64
"""Tables without a finding that stay in memory, those asked for last: a ledger or two."""
_GOOD: dict[tuple[int, str], tuple[pa.DataFrameSchema, pd.DataFrame]] = {}
"""Schema and content → both; that the schema stays keeps its number from becoming another's."""


class TableError(UserError):
    """Everything wrong with a folder of tables, one sentence a line."""


def read_table(path: Path, schema: pa.DataFrameSchema) -> tuple[pd.DataFrame, list[str]]:
    """Read one csv table and check it against its schema.

    Parameters
    ----------
    path
        A UTF-8 csv file with a header row; a byte order mark, as Excel writes it, is no matter.
    schema
        What the columns must hold.

    Returns
    -------
    table : pandas.DataFrame
        Text columns as text, number columns as floats (empty cells missing). Number columns
        whose cells are not all numbers stay text.
    findings : list of str
        One sentence per problem: file, row, column, rule, value. Row 1 is the header.
    """
    where = paths.shown(path)
    if not path.is_file():
        return pd.DataFrame(), [f"{where} is missing; restore it"]
    key = id(schema), sha256(path)
    good = _GOOD.pop(key, None)
    if good is None:
        table, findings = _read(where, path, schema)
        if findings or sha256(path) != key[1]:
            return table, findings
        good = schema, table
    _GOOD[key] = good
    while len(_GOOD) > MOST_GOOD:
        del _GOOD[next(iter(_GOOD))]
    return good[1].copy(deep=False), []


def _read(where: str, path: Path, schema: pa.DataFrameSchema) -> tuple[pd.DataFrame, list[str]]:
    try:
        findings = _check_widths(where, path)
        if findings:
            return pd.DataFrame(), findings
        table = read_text(path)
    except (UnicodeDecodeError, csv.Error, pd.errors.ParserError) as error:
        return pd.DataFrame(), [f"{where} must be a UTF-8 csv table; got: {error}"]
    except pd.errors.EmptyDataError:
        return pd.DataFrame(), [f"{where} is empty; it must begin with a header row"]
    findings = _check_header(where, table, schema)
    if findings:
        return table, findings
    table, findings = _read_numbers(where, table, schema)
    return table, findings or _check_values(where, table, schema)


def read_text(path: Path) -> pd.DataFrame:
    """Read every cell of a csv table as the text that stands there."""
    return pd.read_csv(path, dtype=str, keep_default_na=False, encoding=ENCODING)


def _check_widths(where: str, path: Path) -> list[str]:
    """Return one sentence for each row that has more or fewer cells than the header.

    pandas fills a short row with empty cells and shifts a long one, and says nothing.
    """
    with path.open(encoding=ENCODING, newline="") as file:
        rows = [row for row in csv.reader(file) if row]
    return [
        f"{where}, row {number}: must have {len(rows[0])} cells, as the header; got {len(row)}; "
        "look for a comma outside quotation marks"
        for number, row in enumerate(rows[1:], start=2)
        if len(row) != len(rows[0])
    ]


def _check_header(where: str, table: pd.DataFrame, schema: pa.DataFrameSchema) -> list[str]:
    expected, got = list(schema.columns), list(table.columns)
    missing = [name for name in expected if name not in got]
    findings = []
    for name in got:
        if name in expected:
            continue
        hint = suggestion(name, missing)
        # A misspelt column is one mistake: what it stands for is not also missing.
        missing = [known for known in missing if f"'{known}'" not in hint]
        findings.append(
            f"{where}: column '{name}' is not one of the table's columns{hint or '; remove it'}"
        )
    return [f"{where}: column '{name}' is required and missing" for name in missing] + findings


def _read_numbers(
    where: str, table: pd.DataFrame, schema: pa.DataFrameSchema
) -> tuple[pd.DataFrame, list[str]]:
    findings = []
    numbers = {}
    for name, column in schema.columns.items():
        if str(column.dtype) != "float64":
            continue
        text = table[name].str.strip()
        value = pd.to_numeric(text.where(text != "", np.nan), errors="coerce")
        wrong = (text != "") & ~np.isfinite(value.astype(float))
        findings += [
            f"{where}, row {index + 2}, column '{name}': must be a number or empty; "
            f"got '{text[index]}'; correct the cell"
            for index in table.index[wrong]
        ]
        numbers[name] = value.astype(float)
    return (table if findings else table.assign(**numbers)), findings


def _check_values(where: str, table: pd.DataFrame, schema: pa.DataFrameSchema) -> list[str]:
    findings = []
    try:
        # Columns only: repeated keys are reported below, with the row each repeats.
        pa.DataFrameSchema(schema.columns, strict=True).validate(table, lazy=True)
    except pa.errors.SchemaErrors as errors:
        for case in errors.failure_cases.to_dict("records"):
            row = "" if pd.isna(case["index"]) else f", row {int(case['index']) + 2}"
            rule = str(case["check"])
            findings.append(
                f"{where}{row}, column '{case['column']}': {rule}; "
                f"got '{case['failure_case']}'; correct the cell"
            )
    return findings + repeated_keys(where, table, list(schema.unique or []))


def repeated_keys(where: str, table: pd.DataFrame, key: list[str]) -> list[str]:
    """Return one sentence for each row whose key already stands in an earlier row."""
    first = table.reset_index().groupby(key, sort=False)["index"].transform("first")
    return [
        f"{where}, row {index + 2}: {' + '.join(key)} must be unique; got "
        f"'{', '.join(str(part) for part in table.loc[index, key] if part != '')}', "
        f"which row {first[index] + 2} already has; remove one"
        for index in table.index[first.to_numpy() != table.index]
    ]


def unknown_references(
    where: str,
    table: pd.DataFrame,
    columns: list[str],
    target_name: str,
    target: pd.DataFrame,
    target_columns: list[str],
) -> list[str]:
    """Return one sentence for each row that refers to a row the target table does not have.

    A row whose last referring column is empty refers to nothing. Of a reference in two columns,
    such as study and arm, the first that is unknown is named.
    """
    known = pd.MultiIndex.from_frame(target[target_columns])
    refers = pd.MultiIndex.from_frame(table[columns])
    bad = ~refers.isin(known) & (table[columns[-1]] != "").to_numpy()
    findings = []
    for index in table.index[bad]:
        within, place = target, ""
        for column, target_column in zip(columns, target_columns, strict=True):
            value = table.loc[index, column]
            found = within[within[target_column] == value]
            if found.empty:
                break
            within, place = found, f" with {target_column} '{value}'"
        hint = suggestion(value, within[target_column])
        article = "an" if target_column[0] in "aeiou" else "a"
        findings.append(
            f"{where}, row {index + 2}, column '{column}': must be {article} {target_column} of "
            f"{target_name}.csv{place}; got '{value}'{hint or '; add it there'}"
        )
    return findings
