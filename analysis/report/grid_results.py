"""The key results of every scenario of a grid, side by side as results of the grid."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.errors import UserError
from analysis.report.compare import VERDICTS
from analysis.report.grid import Grid
from analysis.report.place import RESULTS
from analysis.report.runs import Run
from analysis.report.source import read_source
from analysis.results import COLUMNS, NOT_ESTIMABLE, Results, combine, rows_of

KEY_STATS = [
    "estimate", "std.error", "conf.low", "conf.high", "p.value", "bound", "bound.high", *VERDICTS,
]  # fmt: skip
"""What is compared, with the reason where there is no verdict."""
REASON = "reason"


def grid_results(grid: Grid, folder: Path) -> Results:
    """Collect the key results of the scenarios that have been executed in a folder.

    Returns
    -------
    Results
        One ``analysis_id``, ``grid``. ``group1_level`` is the scenario, ``group2_level`` the
        contrast; the statistics are those of its analysis, and one text for each parameter that
        the grid varies. Status, population, method and source are the scenario's own.

    Raises
    ------
    UserError
        If a scenario has no results of the analysis that the grid names.
    """
    defaults = read_source(grid.runs[0].path).parameters()
    return combine(
        _of_scenario(grid, run, folder / run.name / RESULTS, defaults)
        for run in grid.runs
        if (folder / run.name / RESULTS).is_file()
    )


def _of_scenario(grid: Grid, run: Run, path: Path, defaults: dict[str, Any]) -> Results:
    rows = pd.read_csv(path, dtype=str, keep_default_na=False)
    key = _key_rows(rows, grid, run)
    chosen = {**defaults, **run.parameters}
    first = key.iloc[[0]].assign(stat="", unit="", n_population="", note="")
    words = [
        first.assign(stat_name=f"parameter:{name}", stat_label=name, stat_fmt=_words(chosen[name]))
        for name in grid.varied
    ]
    kept = key[key["stat_name"].isin([*KEY_STATS, REASON])]
    frame = pd.concat([*words, kept]).assign(
        analysis_id="grid",
        group1="scenario",
        group1_level=run.name,
        group2="contrast",
        group2_level=key["group1_level"].iloc[0],
        context="grid",
    )
    numbers = pd.to_numeric(frame["stat"]).astype(object)
    return Results(frame.assign(stat=numbers.where(frame["stat"] != "", None))[COLUMNS])


def _key_rows(rows: pd.DataFrame, grid: Grid, run: Run) -> pd.DataFrame:
    """Return the first row of a table: that of the grid's analysis, or of the first verdict."""
    if grid.analysis:
        # A section that could not be analysed has a row of its own, with the reason.
        names = [grid.analysis, *rows.loc[rows["context"] == NOT_ESTIMABLE, "analysis_id"]]
        found = rows[rows["analysis_id"].isin(names[:1])]
        found = found if len(found) else rows[rows["analysis_id"].isin(names[1:])]
    else:
        named = rows.loc[rows["stat_name"].isin(VERDICTS), "analysis_id"]
        found = rows[rows["analysis_id"] == next(iter(named), None)]
    if found.empty:
        what = f"the analysis '{grid.analysis}'" if grid.analysis else "a verdict"
        raise UserError(
            f"scenario {run.name} has no results of {what}; name another under 'analysis'"
        )
    levels = ["analysis_id", "group1_level", "group2_level", "variable", "variable_level"]
    return found[(found[levels] == found.iloc[0][levels]).all(axis=1)]


def _words(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "none"
    return f"{value:g}" if isinstance(value, float) else str(value) or "none"


def tally(results: Results) -> Results:
    """Count the scenarios by verdict, each kind of data by itself."""
    frame = results.frame
    verdicts = frame[frame["stat_name"].isin(VERDICTS)]
    counted = (
        verdicts.groupby(["data_status", "stat_fmt"], sort=False).size().rename("n").reset_index()
    )
    return combine(
        rows_of(
            rows.assign(group1_level=rows["stat_fmt"], group2_level=status)[
                ["group1_level", "group2_level", "n"]
            ],
            "grid-tally",
            group1="verdict",
            group2="data status",
            context="grid",
            data_status=status,
        )
        for status, rows in counted.groupby("data_status", sort=False)
    )


def panels(results: Results) -> Iterable[tuple[str, Results]]:
    """Return title and results of what may stand on one scale.

    Scenarios of different endpoints, units or kinds of data are never drawn together.
    """
    frame = results.frame
    estimates = frame[frame["stat_name"] == "estimate"]
    # A scenario without an estimate belongs to those of the same endpoint.
    units = estimates.set_index("group1_level")["unit"]
    alike = ["source", "variable", "variable_level", "group2_level", "data_status"]
    by = [*(frame[name] for name in alike), frame["group1_level"].map(units).fillna("")]
    for levels, rows in frame.groupby(by, sort=False):
        title = ", ".join(part for part in (levels[3], levels[1], levels[2]) if part)
        yield title, Results(rows.reset_index(drop=True))
