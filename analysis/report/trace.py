"""From a number of a page back to what it counts, or to the document that printed it.

The number is looked up in the results of the report. What it counts is not stored anywhere: the
section that makes it is computed anew, by its notebook, and hands on the records with the number.
"""

import ast
import inspect
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analysis.brief import brief
from analysis.errors import UnknownName, UserError, suggestion
from analysis.report.runs import Run
from analysis.report.source import read_source
from analysis.results import COLUMNS, KEY, ROW_KEY, Counted, Results, Section
from analysis.results.run import DeclaredRun
from analysis.results.table import FORMULA
from analysis.sources.evidence import Ledger, load_ledger

SHORT = {"statistic": "stat_name", "analysis": "analysis_id"}
"""What a column may be called in short; a level also by what it is a level of: ``arm=Placebo``."""
SETUP, SHOW = "Page", "show"
"""What a notebook's setup cell calls, and what its other cells call to show a section."""
NAMED = re.compile(r"[A-Z]+\d*[\w-]*\d")
"""What may be the id of a row of the ledger, or of a source."""


@brief
@dataclass(frozen=True, slots=True, eq=False)
class Traced:
    """A table row of a run's results, and what its numbers rest on.

    Parameters
    ----------
    rows
        Its numbers and texts, as in ``results.csv``.
    counted
        Statistic → what it counts.
    printed
        The rows of the published ledger that are named beside it.
    sources
        The documents that are.
    """

    rows: pd.DataFrame
    counted: dict[str, Counted]
    printed: pd.DataFrame
    sources: pd.DataFrame


def find(table: pd.DataFrame, words: Sequence[str]) -> pd.DataFrame:
    """Return the results that an address names.

    Parameters
    ----------
    table
        Results as text, with the columns of ``results.csv``.
    words
        The id of an analysis, and COLUMN=VALUE; none: all results. A column is one of the table's,
        one of `SHORT`, or what a level is a level of. Case counts in neither.

    Raises
    ------
    UnknownName
        If there is no such analysis, column or value; it names what there is.
    """
    for word in words:
        column, _, value = word.partition("=") if "=" in word else ("analysis", "", word)
        table = _where(table, column.strip().casefold(), value.strip())
    return table


def _where(table: pd.DataFrame, column: str, value: str) -> pd.DataFrame:
    column = SHORT.get(column, column)
    kinds = [
        group for group in ("group1", "group2") if (table[group].str.casefold() == column).any()
    ]
    columns = [column] if column in COLUMNS else [f"{group}_level" for group in kinds]
    if not columns:
        known = sorted({*COLUMNS, *SHORT, *table["group1"], *table["group2"]} - {""})
        hint = suggestion(column, known) or f"; columns are {', '.join(known)}"
        raise UnknownName(f"results have no column '{column}'{hint}")
    own = table[columns]
    exact = (own == value).any(axis=1)  # n is not N, where both are there.
    keep = exact if exact.any() else (own.map(_plain) == _plain(value)).any(axis=1)
    if not keep.any():
        known = list(dict.fromkeys(name for each in columns for name in table[each] if name))
        few = f"; there are {', '.join(known[:40])}{' …' if len(known) > 40 else ''}"
        raise UnknownName(f"no result has {column} '{value}'{suggestion(value, known) or few}")
    return table[keep]


def _plain(value: str) -> str:
    return " ".join(value.casefold().replace("_", "-").split())


def table_rows(found: pd.DataFrame) -> int:
    """Return how many rows of tables some results are of."""
    return len(found.drop_duplicates(["analysis_id", *ROW_KEY]))


def trace(run: Run, found: pd.DataFrame) -> Traced:
    """Return what the results of one table row rest on.

    Parameters
    ----------
    run
        Whose results they are.
    found
        Of `find`, all of one table row.

    Raises
    ------
    UserError
        If the report is no longer what its notebook computes.
    """
    if (found["data_status"] == "published").all():
        return Traced(found, {}, *_documents(found, load_ledger()))
    return traced(run.name, found, recomputed(run, found["analysis_id"].iloc[0]))


def traced(name: str, found: pd.DataFrame, made: Results) -> Traced:
    """Return what the results of one table row rest on, given their analysis computed anew.

    Raises
    ------
    UserError
        If it has other numbers; `name` is the run in the message.
    """
    first = found.iloc[0]
    place = {column: _as_it_was(first[column]) for column in KEY[:-1]}
    now = {row["stat_name"]: row for row in made.select(**place).frame.to_dict("records")}
    counted = {}
    for statistic, shown in zip(found["stat_name"], found["stat_fmt"], strict=True):
        row = now.get(statistic, {"stat_fmt": "nothing"})
        if row["stat_fmt"] != _as_it_was(shown):
            raise UserError(
                f"the report of {name} shows {shown} where its notebook computes "
                f"{row['stat_fmt']} now; make it anew: python -m analysis report {name}"
            )
        if (each := made.counted_in(row, [statistic])) is not None:
            counted[statistic] = each
    return Traced(found, counted, *_documents(found, load_ledger()))


def _as_it_was(text: str) -> str:
    """Return a text of ``results.csv`` without the mark that keeps it from being a formula."""
    return text[1:] if text.startswith("'") and text[1:].startswith(FORMULA) else text


def recomputed(run: Run, analysis_id: str) -> Results:
    """Return an analysis of a run, computed anew.

    Raises
    ------
    UserError
        If no section of its notebook has the analysis, as of an analyst's own tables.
    """
    for section, of in shown_sections(run, analysis_id):
        results = section.rows(of)
        if analysis_id in results:
            return results
    raise UserError(
        f"'{analysis_id}' is made by no section of {run.notebook}, so that nobody knows what it "
        "counts; an analyst's own tables are such"
    )


def shown_sections(run: Run, analysis_id: str = "") -> Iterator[tuple[Section[Any], DeclaredRun]]:
    """Yield the sections of a notebook with their runs, first those whose module names the id."""
    source = read_source(run.path)
    namespace: dict[str, Any] = {**source.parameters(), **run.parameters}
    shown: list[ast.Call] = []
    for cell in (cell["source"] for cell in source.cells if cell["cell_type"] == "code"):
        calls = [node for node in ast.walk(ast.parse(cell)) if isinstance(node, ast.Call)]
        if any(isinstance(call.func, ast.Name) and call.func.id == SETUP for call in calls):
            exec(cell, namespace)  # What a report would run, too.
        shown += [call for call in calls if getattr(call.func, "attr", "") == SHOW]
    sections = [(_value(call.args[0], namespace), call.args[1:]) for call in shown]
    sections = [each for each in sections if isinstance(each[0], Section)]
    sections.sort(key=lambda each: not _names(each[0], analysis_id))
    for section, given in sections:
        yield section, _value(given[0], namespace) if given else namespace["page"].run


def _value(node: ast.expr, namespace: dict[str, Any]) -> Any:
    try:
        return eval(compile(ast.Expression(node), "cell", "eval"), namespace)
    except (NameError, AttributeError):
        return None  # Made by a cell of an analyst's own, which is not run here.


def _names(section: Section[Any], analysis_id: str) -> bool:
    module = sys.modules[section.__wrapped__.__module__]
    return f'"{analysis_id}"' in inspect.getsource(module)


def _documents(found: pd.DataFrame, ledger: Ledger) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the rows of the ledger that results name, and the documents that these are from."""
    said = " ".join(dict.fromkeys([*found["source"], *found["note"]]))
    named = set(NAMED.findall(said))
    rows = ledger.results[ledger.results["result_id"].isin(named)]
    ids = named | set(rows["source_id"])
    return rows, ledger.sources[ledger.sources["source_id"].isin(ids)]
