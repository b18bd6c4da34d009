"""Compare results files: which verdicts, texts and numbers differ between two runs or reports.

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
from analysis.results import KEY, Results

REFERENCE = paths.ROOT / "tests" / "reference"
"""Where the stored results stand, one folder a run."""

FILE = "results.csv"
STATUSES = ["data_status", "plan_status"]
VERDICTS = ["conclusion", "verdict"]
"""The names of the texts that state a conclusion."""

KINDS = ["verdict", "text", "status", "moved", "added", "removed", "shown differently"]
"""The kinds of change, in the order in which they are reported."""

NUMBERS = ["stat_before", "stat_after", "absolute", "relative"]
CHANGES = ["run", "change", *KEY, "results", "before", "after", *NUMBERS]


@dataclass(frozen=True, slots=True)
class Comparison:
    r"""What differs between two results files or reports.

    Attributes
    ----------
    changes
        One row a change, verdicts first, then in the order of `KINDS` and of the page. The key
        of the result; ``before`` and ``after`` as shown, ``stat_before`` and ``stat_after`` with
        all digits (missing for a text); ``absolute`` is after minus before, ``relative`` that
        over the size of before (missing where this is zero). ``results`` is the number of
        results that a change of status, or a run added or removed, stands for; 0 elsewhere.
    compared
        Number of results that both sides have.
    tolerance
        Numbers a and b are equal where \|a − b\| ≤ tolerance · max(1, \|a\|, \|b\|).
    """

    changes: pd.DataFrame
    compared: int
    tolerance: float

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
    """Compare two results files, two run folders, or two reports run by run.

    Parameters
    ----------
    before, after
        A ``results.csv``, a folder with one, or a folder of such folders; both of one kind,
        where a file and a run folder count as the same.
    tolerance
        As in `compare`.
    runs
        Names of the runs that are compared; all if none.

    Raises
    ------
    UserError
        If a path does not exist or holds no results, or a report is compared with one run.
    """
    old, new = _runs_of(before), _runs_of(after)
    if ("" in old) != ("" in new):
        report, run = (after, before) if "" in old else (before, after)
        raise UserError(
            f"{paths.shown(report)} is a report of several runs and {paths.shown(run)} is one run; "
            f"name the folder of a run in {paths.shown(report)}"
        )
    tables_old, tables_new = (
        {name: read_results(path) for name, path in found.items() if not runs or name in runs}
        for found in (old, new)
    )
    parts = []
    compared = 0
    for name, table in tables_old.items():
        if name in tables_new:
            found = compare(table, tables_new[name], tolerance=tolerance)
            parts.append(found.changes.assign(run=name))
            compared += found.compared
        else:
            parts.append(_whole_run(name, "removed", len(table)))
    parts += [
        _whole_run(name, "added", len(table))
        for name, table in tables_new.items()
        if name not in tables_old
    ]
    return Comparison(_ordered(parts), compared, tolerance)


def compare_results(before: Mapping[str, Results], after: Mapping[str, Results]) -> Comparison:
    """Compare results that no report holds, by name of a run, as `compare_paths` does."""
    with TemporaryDirectory() as place:
        sides = Path(place, "before"), Path(place, "after")
        for folder, runs in zip(sides, (before, after), strict=True):
            for name, results in runs.items():
                (folder / name).mkdir(parents=True)
                results.to_csv(folder / name / FILE)
        return compare_paths(*sides)


def read_results(path: Path) -> pd.DataFrame:
    """Read a results file as text: its key, its numbers, what is shown, and its statuses.

    Parameters
    ----------
    path
        A ``results.csv`` of a run, or a stored one with fewer columns.

    Raises
    ------
    UserError
        If it cannot be read, lacks a column, holds a number that is none, or names a result
        twice.
    """
    where = paths.shown(path)
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8")
    except (OSError, ValueError) as error:
        first = str(error).strip().split("\n")[0]
        raise UserError(f"{where} is not a results file; reading it gave: {first}") from None
    missing = [name for name in (*KEY, "stat", "stat_fmt") if name not in table]
    if missing:
        raise UserError(f"{where} is not a results file; it lacks the columns {', '.join(missing)}")
    for number in table["stat"][table["stat"] != ""]:
        try:
            float(number)
        except ValueError:
            raise UserError(
                f"{where} is not a results file; stat must be a number or empty, got '{number}'"
            ) from None
    twice = table[table.duplicated(KEY)]
    if len(twice):
        named = ", ".join(part for part in twice.iloc[0][KEY] if part)
        raise UserError(f"{where} names one result twice: {named}")
    kept = [*KEY, "stat", "stat_fmt", *(name for name in STATUSES if name in table)]
    return table[kept]


def write_reference(results: Path, target: Path) -> None:
    """Store the results of a run for later comparison: what `compare` needs of them.

    Numbers have 12 significant digits, so that the bytes do not hang on the last bits.
    """
    table = read_results(results)
    rounded = [f"{float(number):.12g}" if number else "" for number in table["stat"]]
    target.parent.mkdir(parents=True, exist_ok=True)
    table.assign(stat=rounded).to_csv(target, index=False, lineterminator="\n", encoding="utf-8")


def _runs_of(path: Path) -> dict[str, Path]:
    """Return the results files of a path by run; the name of a single run is empty."""
    if path.is_file():
        return {"": path}
    if (path / FILE).is_file():
        return {"": path / FILE}
    if not path.exists():
        raise UserError(
            f"there is no '{paths.shown(path)}'; name a {FILE}, the folder of a run, or a report"
        )
    found = {
        file.parent.name: file
        for file in sorted(path.glob(f"*/{FILE}"))
        # A report that is being built stands in hidden folders.
        if not file.parent.name.startswith(".")
    }
    if not found:
        raise UserError(f"{paths.shown(path)} holds no {FILE}, and neither does a folder in it")
    return found


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
    return rows.assign(**{"change": change, f"stat_{side}": _numbers(table)}).reset_index()


def _whole_run(name: str, change: str, results: int) -> pd.DataFrame:
    return pd.DataFrame([{"run": name, "change": change, "results": results}])


def _ordered(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Put changes under one another, kinds in their order, verdicts first within a kind."""
    texts = ["run", "change", *KEY, "before", "after"]
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
