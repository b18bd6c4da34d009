"""What the tables and variables of the synthetic trials mean: ``data/trials/*.csv``."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from analysis import paths
from analysis.errors import UserError

DATASETS = paths.DATA / "trials" / "datasets.csv"
VARIABLES = paths.DATA / "trials" / "variables.csv"
ANY = "*"
"""Stands for every table."""
TYPES = ("text", "integer", "float", "date")
ORIGINS = ("Assigned", "Collected", "Derived", "Predecessor", "Protocol")
"""Origin Types of Define-XML 2.1."""


@dataclass(frozen=True, slots=True)
class DatasetEntry:
    """One table: its label, its ADaM class, what a record is, and the variables of its key."""

    table: str
    label: str
    kind: str
    structure: str
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class VariableEntry:
    """One variable in one or several tables.

    Parameters
    ----------
    tables
        Table names in lower case, or `ANY`.
    variable, label
        Name; label of at most forty characters.
    type
        One of `TYPES`.
    core
        Whether ADaM requires it: ``"Req"``, ``"Cond"`` or ``"Perm"``; "" for one of our own.
    levels
        Whether its values are a list: "" for no, ``"yes"``, or the variable that holds the word
        for each of its codes.
    origin, derivation
        One of `ORIGINS`; in words how it comes about, or of which variable it is a copy.
    """

    tables: tuple[str, ...]
    variable: str
    label: str
    type: str
    core: str
    levels: str
    origin: str
    derivation: str


@dataclass(frozen=True, slots=True)
class Dictionary:
    """The entries of both files; `dataset` and `variables` look them up."""

    datasets: tuple[DatasetEntry, ...]
    entries: tuple[VariableEntry, ...]

    def dataset(self, table: str) -> DatasetEntry:
        """Return the entry of a table.

        Raises
        ------
        UserError
            If there is none.
        """
        for entry in self.datasets:
            if entry.table == table:
                return entry
        raise UserError(
            f"{paths.shown(DATASETS)} must have a row for every table; none for '{table}'"
        )

    def variables(self, table: str, names: Iterable[str]) -> list[VariableEntry]:
        """Return the entries of variables of a table; one for the table goes before one for all.

        Raises
        ------
        UserError
            If a variable has no entry.
        """
        found = {each.variable: each for each in self.entries if ANY in each.tables}
        found |= {each.variable: each for each in self.entries if table in each.tables}
        names = list(names)
        absent = [name for name in names if name not in found]
        if absent:
            raise UserError(
                f"{paths.shown(VARIABLES)} must have a row for every variable of {table}; none for "
                f"{', '.join(absent)}"
            )
        return [found[name] for name in names]


def read_dictionary(datasets: Path = DATASETS, variables: Path = VARIABLES) -> Dictionary:
    """Read the dictionary.

    Parameters
    ----------
    datasets, variables
        Its two files.

    Raises
    ------
    UserError
        If a file cannot be read, or a type or origin is none that the standard has.

    Examples
    --------
    >>> dictionary = read_dictionary()
    >>> dictionary.dataset("adsl").label
    'Subject-Level Analysis Dataset'
    >>> dictionary.variables("adlb", ["ANRLO"])[0].label
    'Analysis Normal Range Lower Limit'
    """
    tables = [
        DatasetEntry(
            row["table"], row["label"], row["class"], row["structure"], tuple(row["keys"].split())
        )
        for row in _rows(datasets, "table label class structure keys")
    ]
    columns = "tables variable label type core levels origin derivation"
    entries = [
        VariableEntry(tuple(row.pop("tables").split()), **row) for row in _rows(variables, columns)
    ]
    for entry in entries:
        for what, value, known in (
            ("type", entry.type, TYPES),
            ("origin", entry.origin, ORIGINS),
        ):
            if value not in known:
                raise UserError(
                    f"{paths.shown(variables)}: {what} of {entry.variable} must be one of "
                    f"{', '.join(known)}; got '{value}'"
                )
    return Dictionary(tuple(tables), tuple(entries))


def _rows(path: Path, columns: str) -> list[dict[str, str]]:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            rows = list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{paths.shown(path)} must be a readable csv; got: {error}") from None
    names = list(reader.fieldnames or [])
    if names != columns.split() or any(None in row or None in row.values() for row in rows):
        raise UserError(
            f"{paths.shown(path)} must have the columns {', '.join(columns.split())}, each in "
            f"every row; got {', '.join(names)}"
        )
    return rows
