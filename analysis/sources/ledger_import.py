"""New numbers for the published ledger: read, checked and laid beside what stands there.

Nothing is written until `write_import` is called with what `read_import` found.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
import pandera.pandas as pa

from analysis import paths
from analysis.brief import brief
from analysis.errors import UserError
from analysis.numbers import decimals
from analysis.sources.audit import Finding
from analysis.sources.audit.finding import half_unit
from analysis.sources.evidence import Ledger, cross_table_findings, ledger_of, load_ledger
from analysis.sources.registry import write_registry
from analysis.sources.schemas import RESULT_KEY, SCHEMAS
from analysis.sources.tables import TableError, read_table, read_text, repeated_keys
from analysis.words import with_units

BESIDE = ("sources", "studies", "products", "arms", "endpoints", "verdicts", "identities")
"""Tables that are read, where they exist, from the folder of the new numbers."""

QUANTITY = "study_id arm_id reference_arm_id paramcd months statistic level interval".split()
"""What one quantity is, whoever prints it: limits at two levels are two quantities."""

ID = re.compile(r"R(\d+)")


@brief
@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """What a file of new numbers adds to the ledger.

    Parameters
    ----------
    file
        The file of new numbers.
    before, after
        The ledger as it is, and as it would be.
    added
        Table name → its new rows as they would be written, every cell as text.
    repeated
        Table name → how many rows stand in the ledger already and are skipped.
    contradictions
        One row for each new number and ledger number of one quantity that differ by more than
        rounding: the columns of the results, with the suffix ``_new`` for the new one.
    """

    file: Path
    before: Ledger
    after: Ledger
    added: Mapping[str, pd.DataFrame]
    repeated: Mapping[str, int]
    contradictions: pd.DataFrame

    @property
    def size(self) -> int:
        """How many rows are new, in all tables."""
        return sum(len(rows) for rows in self.added.values())

    @property
    def touched(self) -> pd.DataFrame:
        """The study, arm and endpoint of each new number and verdict, once."""
        columns = ["study_id", "arm_id", "paramcd"]
        tables = [self.added[name] for name in ("results", "verdicts") if name in self.added]
        return pd.concat([table[columns] for table in tables]).drop_duplicates(ignore_index=True)


@dataclass(frozen=True, slots=True)
class _Table:
    """A table as it is printed and as it is understood; both have the same rows."""

    text: pd.DataFrame
    values: pd.DataFrame

    def where(self, keep: pd.Series) -> _Table:
        return _Table(self.text[keep], self.values[keep])


def read_import(
    file: Path, folder: Path = paths.PUBLISHED, *, registry: Path = paths.REGISTRY
) -> Import:
    """Read new numbers and the tables beside them, and check them against the ledger.

    Parameters
    ----------
    file
        A csv in the columns of ``results.csv``; an empty ``result_id`` is given the next free
        one. Tables of its folder named as in `BESIDE` hold what the numbers need.
    folder
        Folder of the ledger's tables.
    registry
        SHA-256 registry above the folder.

    Returns
    -------
    Import
        What is new, what is skipped, and what contradicts the ledger. Nothing is written.

    Raises
    ------
    TableError
        With one sentence per problem, as `load_ledger`; also where a row shares its key with a
        row of the ledger and differs from it.
    UserError
        If there is nothing to import.

    Notes
    -----
    A number stands in the ledger already where study, arms, endpoint, time, statistic, analysis
    set and value are the same, whoever prints it.
    """
    before = load_ledger(folder, registry=registry)
    given, findings = _read(file)
    files = {name: _file_of(name, file) for name in given}
    # A table that cannot be read would make every reference to it a second finding.
    if all(list(table.values) == list(SCHEMAS[name].columns) for name, table in given.items()):
        findings += _reference_findings(files, given, before)
    _refuse(findings)
    if not any(len(table.values) for table in given.values()):
        raise UserError(f"{paths.shown(file)} has a header and no rows; there is nothing to import")
    new = {}
    for name in (each for each in BESIDE if each in given):
        standing = getattr(before, name)
        new[name], found = _without_repeats(name, files[name], given[name], standing)
        findings += found
    results = given["results"]
    findings += _taken(files["results"], results.values, before.results)
    _refuse(findings)
    new["results"] = results.where(~_stands(results.values, before.results))
    added = {name: table.text for name, table in new.items()}
    added["results"] = _numbered(added["results"], before.results["result_id"])
    return Import(
        file=file,
        before=before,
        after=_ledger_with(added, folder) if any(map(len, added.values())) else before,
        added=added,
        repeated={name: len(given[name].text) - len(table) for name, table in added.items()},
        contradictions=_contradictions(added["results"], new["results"].values, before.results),
    )


def write_import(
    found: Import, folder: Path = paths.PUBLISHED, *, registry: Path = paths.REGISTRY
) -> int:
    """Append the new rows to the ledger's tables and register the files.

    Parameters
    ----------
    found
        What `read_import` found in the same folder.
    folder, registry
        As for `read_import`.

    Returns
    -------
    int
        How many rows were written.
    """
    _append(found.added, folder)
    write_registry(registry)
    return found.size


def changed_findings(
    before: Sequence[Finding], after: Sequence[Finding]
) -> tuple[list[Finding], list[Finding]]:
    """Return the findings of the audit that are new, and those that are gone."""
    old, new = ({(each.rule, each.sentence) for each in side} for side in (before, after))
    return (
        [each for each in after if (each.rule, each.sentence) not in old],
        [each for each in before if (each.rule, each.sentence) not in new],
    )


def _refuse(findings: list[str]) -> None:
    if findings:
        raise TableError("\n".join(dict.fromkeys(findings)))


def _file_of(name: str, file: Path) -> Path:
    return file if name == "results" else file.parent / f"{name}.csv"


def _read(file: Path) -> tuple[dict[str, _Table], list[str]]:
    """Read the new numbers and the tables beside them."""
    tables, findings = {}, []
    for name in (*BESIDE, "results"):
        path = _file_of(name, file)
        if name != "results" and not path.is_file():
            continue
        schema = _unnumbered() if name == "results" else SCHEMAS[name]
        values, found = read_table(path, schema)
        findings += found
        tables[name] = _Table(values if found else read_text(path), values)
    ids = tables["results"].values
    if "result_id" in ids:
        findings += repeated_keys(paths.shown(file), ids[ids["result_id"] != ""], ["result_id"])
    return tables, findings


@cache
def _unnumbered() -> pa.DataFrameSchema:
    """Return the schema of the results where a row need not have an id yet."""
    schema = SCHEMAS["results"].update_column("result_id", checks=[])
    return pa.DataFrameSchema(schema.columns, name="results", unique=RESULT_KEY, strict=True)


def _reference_findings(
    files: Mapping[str, Path], given: Mapping[str, _Table], before: Ledger
) -> list[str]:
    """Check references, repeats and values of the new rows against ledger and new rows."""
    values = {name: table.values for name, table in given.items()}
    targets = {name: getattr(before, name) for name in SCHEMAS}
    for name, table in values.items():
        targets[name] = pd.concat([targets[name], table], ignore_index=True)
    return cross_table_findings(files, values, targets)


def _without_repeats(
    name: str, file: Path, given: _Table, standing: pd.DataFrame
) -> tuple[_Table, list[str]]:
    """Leave out the rows that the ledger has; report those that share a key and differ."""
    key = list(SCHEMAS[name].unique or [])
    columns = list(SCHEMAS[name].columns)
    known = {_key(row, key): row for row in standing[columns].to_dict("records")}
    findings, repeated = [], []
    for index, row in zip(given.values.index, given.values.to_dict("records"), strict=True):
        old = known.get(_key(row, key))
        repeated.append(old is not None)
        off = [] if old is None else [c for c in columns if _cell(old[c]) != _cell(row[c])]
        findings += [
            f"{paths.shown(file)}, row {index + 2}, column '{column}': the ledger has "
            f"'{', '.join(_key(row, key))}' already, with '{_cell(old[column])}'; "
            f"got '{_cell(row[column])}'; take one of the two"
            for column in off
            if old is not None
        ]
    return given.where(~pd.Series(repeated, given.values.index, dtype=bool)), findings


@lru_cache(maxsize=50_000, typed=True)  # A ledger has few words, in many cells.
def _cell(value: object) -> str:
    """Return a cell such that the same number, the same unit, and none at all, are the same words.

    The ledger is read with its units written in one way; a file may write them in another.
    """
    if isinstance(value, float):
        return "" if pd.isna(value) else f"{value:.15g}"
    return with_units(str(value).strip())


def _key(row: Mapping[str, object], columns: list[str]) -> tuple[str, ...]:
    return tuple(_cell(row[column]) for column in columns)


def _keys(table: pd.DataFrame, columns: list[str]) -> list[tuple[str, ...]]:
    return [_key(row, columns) for row in table[columns].to_dict("records")]


def _stands(results: pd.DataFrame, standing: pd.DataFrame) -> pd.Series:
    """Say of each new number whether the ledger has it already."""
    number = [*QUANTITY, "population", "value"]
    known = set(_keys(standing, number))
    return pd.Series([key in known for key in _keys(results, number)], results.index, dtype=bool)


def _taken(file: Path, results: pd.DataFrame, standing: pd.DataFrame) -> list[str]:
    """Return one sentence for each new number whose id or whose place another number has."""
    where = paths.shown(file)
    fresh = results[~_stands(results, standing)]
    place = dict(zip(_keys(standing, RESULT_KEY), standing.to_dict("records"), strict=True))
    ids = set(standing["result_id"])
    findings = []
    for index, row in zip(fresh.index, fresh.to_dict("records"), strict=True):
        old = place.get(_key(row, RESULT_KEY))
        if old is not None:
            findings.append(
                f"{where}, row {index + 2}, column 'value': the ledger has this number of "
                f"{row['source_id']} already, as {_cell(old['value'])} ({old['result_id']}); got "
                f"{_cell(row['value'])}; correct one, or say printing 2 if the source prints both"
            )
        elif row["result_id"] in ids:
            findings.append(
                f"{where}, row {index + 2}, column 'result_id': another number of the ledger is "
                f"'{row['result_id']}'; leave it empty for the next free one"
            )
    return findings


def _numbered(results: pd.DataFrame, ids: pd.Series) -> pd.DataFrame:
    """Give the next free ids to rows without one, in their order."""
    matches = (ID.fullmatch(each) for each in [*ids, *results["result_id"]])
    used = [int(found[1]) for found in matches if found]
    empty = results["result_id"] == ""
    first = max(used, default=0) + 1
    given = [f"R{number:03d}" for number in range(first, first + int(empty.sum()))]
    numbered = results["result_id"].copy()
    numbered[empty] = given
    return results.assign(result_id=numbered)


def _contradictions(
    text: pd.DataFrame, values: pd.DataFrame, standing: pd.DataFrame
) -> pd.DataFrame:
    """Pair each new number with the ledger's number of the same quantity, where they differ."""
    new = values.assign(
        result_id=text["result_id"], decimals=text["value"].map(decimals).astype(int)
    )
    new = new.assign(quantity=_keys(new, QUANTITY))
    old = standing.assign(quantity=_keys(standing, QUANTITY))
    pairs = old.merge(new, on="quantity", suffixes=("", "_new")).drop(columns="quantity")
    rounding = half_unit(pairs["decimals"]) + half_unit(pairs["decimals_new"])
    off = (pairs["value"] - pairs["value_new"]).abs() > rounding + 1e-9
    return pairs[off].reset_index(drop=True)


def _ledger_with(added: Mapping[str, pd.DataFrame], folder: Path) -> Ledger:
    """Return the ledger as it would be read after the rows are written."""
    with TemporaryDirectory() as place:
        copy = Path(place) / folder.name
        shutil.copytree(folder, copy)
        _append(added, copy)
        return ledger_of(copy, [])


def _append(added: Mapping[str, pd.DataFrame], folder: Path) -> None:
    for name, rows in added.items():
        if rows.empty:
            continue
        path = folder / f"{name}.csv"
        text = path.read_text(encoding="utf-8")
        ending = "" if text.endswith("\n") else "\n"
        # The order of the ledger's own header, whatever that of the new file is.
        lines = rows[list(read_text(path).columns)].to_csv(
            index=False, header=False, lineterminator="\n"
        )
        path.write_text(f"{text}{ending}{lines}", encoding="utf-8", newline="\n")
