"""The tables of ``data/validation``: outside numbers, their sources, and the data behind them."""

from functools import cache
from pathlib import Path

import pandas as pd
import pandera.pandas as pa

from analysis import paths
from analysis.sources.registry import changed_files
from analysis.sources.tables import TableError, read_table, unknown_references

VALIDATION = paths.DATA / "validation"

_FILLED = pa.Check(lambda s: s.str.strip() != "", error="must not be empty")
_NUMERAL = pa.Check.str_matches(r"^-?\d+(\.\d+)?$", error="must be a number as it was printed")
_ORIGIN = pa.Check.str_matches(
    r"^(R\d{3,4}|assumed)$", error="must be a row of the ledger, or 'assumed'"
)
_ABOVE_0 = pa.Check.gt(0, error="must be above 0, or empty for half a unit of the last place")


def _schema(unique: list[str], **columns: pa.Column) -> pa.DataFrameSchema:
    return pa.DataFrameSchema(columns, unique=unique, strict=True)


def _text() -> pa.Column:
    return pa.Column(str, checks=[_FILLED])


SCHEMAS = {
    "expected": _schema(
        ["case", "method", "quantity"],
        family=_text(),
        case=_text(),
        method=_text(),
        quantity=_text(),
        expected=pa.Column(str, checks=[_NUMERAL]),
        tolerance=pa.Column(float, checks=[_ABOVE_0], nullable=True),
        reason=pa.Column(str),
        source_id=_text(),
        note=pa.Column(str),
    ),
    "sources": _schema(["source_id"], source_id=_text(), title=_text(), address=pa.Column(str)),
    "conventions": _schema(
        ["topic", "question"],
        topic=_text(),
        question=_text(),
        here=_text(),
        elsewhere=_text(),
        effect=_text(),
    ),
    "not_validated": _schema(["method"], method=_text(), missing=_text(), instead=_text()),
    "realism": _schema(
        ["property", "trial"],
        property=_text(),
        label=_text(),
        trial=_text(),
        low=pa.Column(float, nullable=True),
        high=pa.Column(float, nullable=True),
        origin=pa.Column(str, checks=[_ORIGIN]),
        because=_text(),
        before=pa.Column(float, nullable=True),
    ),
}
"""What each table must hold."""


def load_table(name: str, folder: Path = VALIDATION) -> pd.DataFrame:
    """Read one of the tables and check it.

    Parameters
    ----------
    name
        A key of `SCHEMAS`.
    folder
        The folder of the tables; the shipped one is also checked against the registry.

    Returns
    -------
    pandas.DataFrame
        Text as text, tolerances as numbers.

    Raises
    ------
    TableError
        With one sentence per finding: file, row, column, rule, value.
    """
    findings = changed_files(VALIDATION / f"{name}.csv") if folder == VALIDATION else []
    table, wrong = read_table(folder / f"{name}.csv", SCHEMAS[name])
    findings += wrong
    if name == "expected" and not findings:
        where = paths.shown(folder / "expected.csv")
        known = load_table("sources", folder)
        findings += unknown_references(where, table, ["source_id"], "sources", known, ["source_id"])
        findings += [
            f"{where}, row {index + 2}: a tolerance needs a reason, and a reason a tolerance"
            for index in table.index[table["tolerance"].notna() != (table["reason"] != "")]
        ]
    if findings:
        raise TableError("\n".join(findings))
    return table


@cache
def load_data(name: str) -> pd.DataFrame:
    """Read a data set that outside numbers rest on; `name` is its file name without ``.csv``."""
    path = VALIDATION / f"{name}.csv"
    if findings := changed_files(path):
        raise TableError("\n".join(findings))
    return pd.read_csv(path)
