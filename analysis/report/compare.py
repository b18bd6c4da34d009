"""Compare results: which verdicts, texts and numbers differ between two runs or reports.

A run that no stored notebook covers is held by its results: they stand, rounded, in
`REFERENCE`, and a test compares every report with them.
"""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

from analysis import paths
from analysis.errors import UserError
from analysis.report.dossier.cells import DOCUMENT, read_cells
from analysis.report.place import RESULTS
from analysis.report.results_files import STATUSES, other_parameters, read_results, runs_of
from analysis.results import KEY, Results

REFERENCE = paths.ROOT / "tests" / "reference"
"""Where the stored results stand, one folder a run."""

VERDICTS = ["conclusion", "verdict"]
"""The names of the texts that state a conclusion."""

KINDS = ["verdict", "text", "status", "moved", "added", "removed", "shown differently"]
"""The kinds of change, in the order in which they are reported."""

NUMBERS = ["stat_before", "stat_after", "absolute", "relative"]
CHANGES = ["run", "change", *KEY, "data_status", "results", "before", "after", *NUMBERS]


@dataclass(frozen=True, slots=True)
class Comparison:
    r"""What differs between two results files or reports.

    Attributes
    ----------
    changes
        One row a change, verdicts first, then in the order of `KINDS` and of the page. The key
        of the result; ``before`` and ``after`` as shown, ``stat_before`` and ``stat_after`` with
        all digits (missing for a text); ``absolute`` is after minus before, ``relative`` that
        over the size of before (missing where this is zero). ``data_status`` is that of a result,
        both where the sides differ. ``results`` is the number of
        results that a change of status, or a run added or removed, stands for; 0 elsewhere.
    compared
        Number of results that both sides have.
    tolerance
        Numbers a and b are equal where \|a − b\| ≤ tolerance · max(1, \|a\|, \|b\|).
    parameters
        One sentence for each run that the two sides made with other parameters, where the
        notebooks of both are known.
    """

    changes: pd.DataFrame
    compared: int
    tolerance: float
    parameters: tuple[str, ...] = ()

    @property
    def differs(self) -> bool:
        """Whether anything changed but the way in which an equal number is shown."""
        return bool((self.changes["change"] != "shown differently").any())


def compare(before: pd.DataFrame, after: pd.DataFrame, *, tolerance: float = 1e-8) -> Comparison:
    """Compare two results tables as `read_results` returns them.

    A status that only one of them has is not compared. `tolerance`: how far two numbers may differ,
    relative to the larger of them or to 1.

    Raises
    ------
    UserError
        If the tolerance is negative or not a number.
    """
    if not 0 <= tolerance < math.inf:
        raise UserError(f"the tolerance must be 0 or greater and finite; got {tolerance}")
    old, new = before.set_index(KEY), after.set_index(KEY)
    both = old.index[old.index.isin(new.index)]
    parts = [
        _changed(old.loc[both], new.loc[both], tolerance),
        *(
            _status_changes(old.loc[both], new.loc[both], status)
            for status in STATUSES
            if status in old and status in new
        ),
        _one_sided(old[~old.index.isin(both)], "removed"),
        _one_sided(new[~new.index.isin(both)], "added"),
    ]
    return Comparison(_ordered(parts), len(both), tolerance)


def compare_paths(
    before: Path, after: Path, *, tolerance: float = 1e-8, runs: Collection[str] = ()
) -> Comparison:
    """Compare two runs, or two reports run by run.

    Parameters
    ----------
    before, after
        One run (a ``results.csv``, an executed notebook, a folder with results, a DOCX of its
        tables) or several (a report, a folder of executed notebooks, which are named by their
        files); both of one kind. With a DOCX the cells of tables are compared.
    tolerance
        As in `compare`.
    runs
        Names of the runs that are compared, all if none. One name makes a report one run.

    Raises
    ------
    UserError
        If a path does not exist or holds no results, or several runs are compared with one.
    """
    old, new = _runs_of_both(before, after, runs)
    documents = any(path.suffix == DOCUMENT for path in (*old.values(), *new.values()))
    read = read_cells if documents else read_results
    tables_old, tables_new = (
        {name: read(path) for name, path in found.items()} for found in (old, new)
    )
    parts, parameters = [], []
    compared = 0
    for name, table in tables_old.items():
        if name in tables_new:
            found = compare(table, tables_new[name], tolerance=tolerance)
            parts.append(found.changes.assign(run=name))
            compared += found.compared
            if said := other_parameters(old[name], new[name]):
                parameters.append(f"{name}: {said}." if name else f"{said}.")
        else:
            parts.append(_whole_run(name, "removed", len(table)))
    parts += [
        _whole_run(name, "added", len(table))
        for name, table in tables_new.items()
        if name not in tables_old
    ]
    return Comparison(_ordered(parts), compared, tolerance, tuple(parameters))


def _runs_of_both(
    before: Path, after: Path, runs: Collection[str]
) -> tuple[dict[str, Path], dict[str, Path]]:
    """Return the files with results of both sides, by run: of the runs chosen, all if none."""
    old, new = (
        {name: file for name, file in runs_of(path).items() if not (runs and name) or name in runs}
        for path in (before, after)
    )
    if ("" in old) == ("" in new):
        return old, new
    several, report, run = (new, after, before) if "" in old else (old, before, after)
    if not runs or len(several) != 1:
        raise UserError(
            f"{paths.shown(report)} holds several runs and {paths.shown(run)} is one run; name the "
            f"folder of a run in {paths.shown(report)}, or one run by --runs"
        )
    one = {"": next(iter(several.values()))}
    return (old, one) if several is new else (one, new)


def compare_results(before: Mapping[str, Results], after: Mapping[str, Results]) -> Comparison:
    """Compare results that no report holds, by name of a run, as `compare_paths` does."""
    with TemporaryDirectory() as place:
        sides = Path(place, "before"), Path(place, "after")
        for folder, runs in zip(sides, (before, after), strict=True):
            for name, results in runs.items():
                (folder / name).mkdir(parents=True)
                results.to_csv(folder / name / RESULTS)
        return compare_paths(*sides)


def write_reference(results: Path, target: Path) -> None:
    """Store the results of a run for later comparison: what `compare` needs of them.

    Numbers have 12 significant digits, so that the bytes do not hang on the last bits.
    """
    table = read_results(results)
    rounded = [f"{float(number):.12g}" if number else "" for number in table["stat"]]
    target.parent.mkdir(parents=True, exist_ok=True)
    table.assign(stat=rounded).to_csv(target, index=False, lineterminator="\n", encoding="utf-8")


def _changed(old: pd.DataFrame, new: pd.DataFrame, tolerance: float) -> pd.DataFrame:
    """Compare results that both sides have, in the same order; equal ones give no row."""
    new = new.reindex(old.index)
    a, b = _numbers(old), _numbers(new)
    no_a, no_b = (old["stat"] == "").to_numpy(), (new["stat"] == "").to_numpy()
    text = no_a | no_b
    # A number that became a text has changed even where both are shown alike.
    differs = (old["stat_fmt"] != new["stat_fmt"]).to_numpy() | (no_a != no_b)
    with np.errstate(over="ignore", invalid="ignore"):
        absolute = b - a
        size = np.maximum(1.0, np.maximum(np.abs(a), np.abs(b)))
        near = np.isfinite(a) & np.isfinite(b) & (np.abs(absolute) <= tolerance * size)
        relative = np.full(len(a), np.nan)
        np.divide(absolute, np.abs(a), out=relative, where=a != 0)
    equal = near | (a == b) | (np.isnan(a) & np.isnan(b))
    verdict = old.index.get_level_values("stat_name").isin(VERDICTS)
    change = np.select(
        [text & differs & verdict, text & differs, ~text & ~equal, ~text & differs],
        ["verdict", "text", "moved", "shown differently"],
        "",
    )
    moved = change == "moved"
    rows = pd.DataFrame(
        {
            "change": change,
            "data_status": _statuses(old, new),
            "before": old["stat_fmt"],
            "after": new["stat_fmt"],
            "stat_before": a,
            "stat_after": b,
            "absolute": np.where(moved, absolute, np.nan),
            "relative": np.where(moved, relative, np.nan),
        },
        index=old.index,
    )
    return rows[change != ""].reset_index()


def _statuses(*sides: pd.DataFrame) -> list[str]:
    """Return the status of the data of each result, both where the sides differ.

    It is "" where a stored file has none.
    """
    found = [side["data_status"] if "data_status" in side else [""] * len(side) for side in sides]
    return [" ".join(sorted({*each} - {""})) for each in zip(*found, strict=True)]


def _numbers(table: pd.DataFrame) -> np.ndarray:
    return np.array([float(number) if number else np.nan for number in table["stat"]], dtype=float)


def _status_changes(old: pd.DataFrame, new: pd.DataFrame, status: str) -> pd.DataFrame:
    """Return one row for each way in which the status of an analysis changed."""
    pairs = pd.DataFrame(
        {
            "analysis_id": old.index.get_level_values("analysis_id"),
            "before": old[status].to_numpy(),
            "after": new[status].reindex(old.index).to_numpy(),
        }
    )
    pairs = pairs[pairs["before"] != pairs["after"]]
    counted = pairs.groupby(list(pairs), sort=False).size().rename("results").reset_index()
    return counted.assign(change="status", stat_name=status)


def _one_sided(table: pd.DataFrame, change: str) -> pd.DataFrame:
    side = "before" if change == "removed" else "after"
    rows = table[["stat_fmt"]].rename(columns={"stat_fmt": side})
    rows = rows.assign(data_status=_statuses(table))
    return rows.assign(**{"change": change, f"stat_{side}": _numbers(table)}).reset_index()


def _whole_run(name: str, change: str, results: int) -> pd.DataFrame:
    return pd.DataFrame([{"run": name, "change": change, "results": results}])


def _ordered(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Put changes under one another, kinds in their order, verdicts first within a kind."""
    texts = ["run", "change", *KEY, "data_status", "before", "after"]
    shaped = [part.reindex(columns=CHANGES) for part in parts if len(part)]
    if not shaped:
        return pd.DataFrame(columns=CHANGES)
    rows = pd.concat([part.astype(dict.fromkeys(CHANGES, object)) for part in shaped])
    rows[texts] = rows[texts].where(rows[texts].notna(), "")
    rows["results"] = rows["results"].astype(float).fillna(0).astype(int)
    rows[NUMBERS] = rows[NUMBERS].astype(float)
    rank = rows["change"].map(KINDS.index)
    first = ~rows["stat_name"].isin(VERDICTS)
    order = np.lexsort((first.to_numpy(), rank.to_numpy()))
    return rows.iloc[order].reset_index(drop=True)
