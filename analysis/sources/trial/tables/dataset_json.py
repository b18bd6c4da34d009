"""Dataset-JSON 1.1 of CDISC, as one json document or one json line a row (NDJSON).

Metadata come first: name of the table, and of each variable its name, label and type. Values are
text, numbers, true and false, or null where missing; dates are ISO 8601 text, whatever type they
have in a SAS data set (``targetDataType``).
"""

import gzip
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.sources.trial.finding import TrialFinding
from analysis.sources.trial.tables.encoding import as_utf8, unpacked

HEAD = 1 << 16
"""Bytes of a file in which its name is looked for; by the standard it comes before the columns."""
MARKS = ("datasetJSONVersion", "itemGroupOID", "itemGroupData", "clinicalData")
"""Words by which a json file shows that it means to be Dataset-JSON."""
NUMBERS = ("integer", "float", "double", "decimal")
TEXTS = ("string", "datetime", "date", "time", "URI")


def name_of(path: Path) -> str | None:
    """Return the name of a table by its metadata.

    Returns
    -------
    str or None
        "" for a file that does not mean to be Dataset-JSON; None for one that does, or cannot
        be read at all, and gives no name.
    """
    try:
        with (gzip.open if path.suffix.lower() == ".gz" else open)(path, "rb") as file:
            head = file.read(HEAD)
            if not any(f'"{mark}"'.encode() in head for mark in MARKS):
                return ""
            before = re.split(rb'"(?:columns|rows)"\s*:', head)[0].strip().rstrip(b",") + b"}"
            try:
                name = json.loads(before.removeprefix(b"\xef\xbb\xbf")).get("name")
            except ValueError:
                name = None
            if name is None and b'"name"' in head:
                name = json.loads(head + file.read()).get("name")
    except (OSError, EOFError, ValueError, AttributeError):
        return None
    return name.strip().lower() or None if isinstance(name, str) else None


def read_dataset_json(
    data: bytes, *, lines: bool
) -> tuple[pd.DataFrame, dict[str, str], list[TrialFinding]]:
    """Read a table.

    Parameters
    ----------
    data
        Content of the file.
    lines
        Whether it is NDJSON.

    Returns
    -------
    table : pandas.DataFrame
        Text, numbers and truth values as the metadata say.
    labels : dict
        Variable → label.
    findings : list of TrialFinding
        Notes of the encoding.

    Raises
    ------
    ValueError
        If the file is not what the standard says, with what it lacks.
    """
    data, findings = as_utf8(unpacked(data))
    metadata, rows = _by_line(data) if lines else _as_one(data)
    columns = _columns(metadata)
    stated = metadata.get("records")
    if isinstance(stated, int) and stated != len(rows):
        raise ValueError(
            f"its metadata say {stated} records and it has {len(rows)}, as a file cut short; "
            "export it anew"
        )
    for at, row in enumerate(rows, start=1):
        if not isinstance(row, list) or len(row) != len(columns):
            have = f"{len(row)} values" if isinstance(row, list) else "no list"
            raise ValueError(f"record {at} has {have} for {len(columns)} columns; export it anew")
    cells = zip(*rows, strict=True) if rows else ((),) * len(columns)
    table = pd.concat(
        [
            pd.Series(_typed(column, each), name=column["name"])
            for column, each in zip(columns, cells, strict=True)
        ],
        axis=1,
    )
    labels = {column["name"]: str(column.get("label") or "") for column in columns}
    return table, labels, findings


def _as_one(data: bytes) -> tuple[dict[str, Any], list[Any]]:
    try:
        whole = json.loads(data)
    except ValueError as error:
        raise ValueError(f"it is no whole json document ({error}); export it anew") from None
    metadata = _is_metadata(whole)
    rows = metadata.get("rows") or []
    if not isinstance(rows, list):
        raise ValueError("rows must be a list of records")
    return metadata, rows


def _by_line(data: bytes) -> tuple[dict[str, Any], list[Any]]:
    values = []
    for at, line in enumerate(data.split(b"\n"), start=1):
        try:
            values += [json.loads(line)] if line.strip() else []
        except ValueError:
            raise ValueError(f"line {at} is no whole json value; export it anew") from None
    return _is_metadata(values[0] if values else None), values[1:]


def _is_metadata(value: Any) -> dict[str, Any]:
    if isinstance(value, dict) and ("clinicalData" in value or "referenceData" in value):
        raise ValueError("it is Dataset-JSON 1.0; convert it to version 1.1")
    if not isinstance(value, dict) or not isinstance(value.get("columns"), list):
        raise ValueError("it must begin with the metadata of Dataset-JSON 1.1, columns among them")
    return value


def _columns(metadata: dict[str, Any]) -> list[dict[str, Any]]:
    for at, column in enumerate(metadata["columns"], start=1):
        name = column.get("name") if isinstance(column, dict) else None
        if not isinstance(name, str) or not name.strip():
            raise ValueError(f"column {at} must have a name")
        if column.get("dataType") not in (*NUMBERS, *TEXTS, "boolean"):
            known = ", ".join((*TEXTS, *NUMBERS, "boolean"))
            raise ValueError(
                f"dataType of {name} must be one of {known}; got '{column.get('dataType')}'"
            )
    return metadata["columns"]


def _typed(column: dict[str, Any], cells: tuple[Any, ...]) -> Any:
    """Return the values of a column in the type that its metadata say."""
    kind = column["dataType"]
    if kind in NUMBERS or (column.get("targetDataType") and _are_numbers(cells)):
        return np.array(
            [_number(column, at, cell) for at, cell in enumerate(cells, start=1)], float
        )
    allowed = bool if kind == "boolean" else (str, int, float)
    for at, cell in enumerate(cells, start=1):
        if cell is not None and (
            not isinstance(cell, allowed) or isinstance(cell, bool) != (kind == "boolean")
        ):
            raise ValueError(f"{column['name']}, record {at}, must be {kind}; got '{cell}'")
    if kind == "boolean":
        return pd.array(list(cells), dtype="boolean")
    return pd.array([None if cell is None else str(cell) for cell in cells], dtype="str")


def _are_numbers(cells: tuple[Any, ...]) -> bool:
    """Return whether dates stand as the numbers that SAS keeps, against the standard."""
    return all(cell is None or isinstance(cell, int | float) for cell in cells)


def _number(column: dict[str, Any], at: int, cell: Any) -> float:
    if cell is None or cell == "":
        return np.nan
    # A decimal is text, so that none of its digits is lost, with commas between thousands.
    try:
        if isinstance(cell, str) and column["dataType"] == "decimal":
            cell = float(cell.replace(",", ""))
        if isinstance(cell, int | float) and not isinstance(cell, bool):
            return float(cell)
    except ValueError:
        pass
    raise ValueError(f"{column['name']}, record {at}, must be a number; got '{cell}'")
