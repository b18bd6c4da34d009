"""Read one table of any format as it is stored, and say how it was read."""

import re
import warnings
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet

from analysis import paths
from analysis.errors import UserError
from analysis.sources.trial.finding import TrialFinding
from analysis.sources.trial.tables.csv_table import read_csv
from analysis.sources.trial.tables.dataset_json import read_dataset_json
from analysis.sources.trial.tables.encoding import FALLBACK, guessed
from analysis.sources.trial.tables.files import format_of
from analysis.sources.trial.tables.labels import parquet_labels, tidy

Read = tuple[pd.DataFrame, Mapping[str, str], list[TrialFinding]]
"""A table, its labels, and notes of how it was read."""


def read_table(path: Path, *, text: Collection[str] = ()) -> pd.DataFrame:
    """Read one table as it is stored.

    Parameters
    ----------
    path
        A csv, parquet, xpt (version 5 or 8), sas7bdat or Dataset-JSON (json, ndjson) file.
    text
        Variables that are text even where a csv has only digits in them, such as strata.

    Returns
    -------
    pandas.DataFrame
        Its ``attrs`` carry to `normalise` the labels of its variables and what a reader should
        know of how it was read.

    Raises
    ------
    UserError
        If the file cannot be read as what its name says.
    """
    suffix = format_of(path)
    try:
        table, labels, notes = _read(path, suffix, text)
    except UserError:
        raise
    except Exception as error:
        said = " ".join(str(error).split()) or type(error).__name__
        raise UserError(
            f"{paths.shown(path)} must be a readable {suffix} table; got: {said}"
        ) from None
    # As plain values, so that the table can still be written to a file.
    table.attrs = {
        "labels": tidy(labels),
        "words": table.attrs.get("words", {}),
        "read": [asdict(note) for note in notes],
    }
    return table


def _read(path: Path, suffix: str, text: Collection[str]) -> Read:
    if suffix == "csv":
        table, notes = read_csv(path.read_bytes(), text)
        return table, {}, notes
    if suffix in ("json", "ndjson"):
        return read_dataset_json(path.read_bytes(), lines=suffix == "ndjson")
    if suffix == "parquet":
        return _by_parquet(path)
    # Imported late: most trials are csv or parquet.
    import pyreadstat

    return _by_sas(path, pyreadstat.read_xport if suffix == "xpt" else pyreadstat.read_sas7bdat)


def _by_parquet(path: Path) -> Read:
    schema = pyarrow.parquet.read_schema(path)
    if twice := sorted({name for name in schema.names if schema.names.count(name) > 1}):
        raise ValueError(f"two columns are called {twice[0]}; rename or remove one of them")
    # Dates as numbers, and equal texts as one, and not as a Python object each: the laboratory of
    # 30,000 participants has 15,000,000 texts. `normalise` makes texts of them. As the file stores
    # each text once, too, it is read as it is stored.
    options = {"date_as_object": False, "strings_to_categorical": True}
    texts = [field.name for field in schema if _is_text(field.type)]
    table = pd.read_parquet(path, read_dictionary=texts, to_pandas_kwargs=options)
    labels, table.attrs = parquet_labels(path, table.attrs), {}
    pyarrow.default_memory_pool().release_unused()
    return table, labels, []


def _is_text(kind: pyarrow.DataType) -> bool:
    return bool(pyarrow.types.is_string(kind) or pyarrow.types.is_large_string(kind))


def _by_sas(path: Path, reader: Callable[..., tuple[pd.DataFrame, Any]]) -> Read:
    """Read a file of SAS; one whose text is no UTF-8, and declares nothing, as Windows-1252."""
    notes: list[TrialFinding] = []
    with warnings.catch_warnings():
        # A variable named twice gets another name and a warning; `normalise` calls it an error.
        warnings.simplefilter("ignore")
        try:
            table, metadata = reader(str(path))
            labels = metadata.column_names_to_labels
        except (UnicodeDecodeError, _unconvertible()):
            table, metadata = reader(str(path), encoding=FALLBACK.replace("cp", "windows-"))
            labels = metadata.column_names_to_labels
            notes.append(guessed(_texts(table, labels)))
    table.columns = [re.sub(r"_duplicated\d+$", "", name) for name in table.columns]
    return table, labels, notes


def _texts(table: pd.DataFrame, labels: Mapping[str, str | None]) -> Iterator[str]:
    """Yield every text of a table, values first."""
    for column in table.select_dtypes(["object", "str"]):
        yield from (each for each in table[column].unique() if isinstance(each, str))
    yield from (label for label in labels.values() if label)


def _unconvertible() -> type[Exception]:
    """Return the error of pyreadstat for text that is not in the encoding declared."""
    from pyreadstat import ReadstatError

    return ReadstatError
