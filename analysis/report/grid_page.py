"""The comparison page of a grid: a figure of all scenarios, and a row for each."""

from pathlib import Path
from typing import Any

from analysis.display.effect_axis import BOUNDS
from analysis.display.reading import Reading
from analysis.display.shown import statuses
from analysis.display.specification_curve import PARAMETER, specification_curve
from analysis.numbers import NOT_AVAILABLE
from analysis.report.grid import Grid
from analysis.report.grid_results import REASON, grid_results, panels, tally
from analysis.report.manifest import json_text
from analysis.report.pages import fill
from analysis.report.place import PAGE, RESULTS, put_file
from analysis.results import Results, combine
from analysis.words import numbered

DESCRIPTION = "grid.json"
"""What the front page of the report needs to know of a grid."""


def write_grid_page(grid: Grid, folder: Path) -> None:
    """Write the page, the results and the description of a grid from its executed scenarios."""
    results = grid_results(grid, folder)
    if not len(results):
        return
    counted = tally(results)
    answer = _answer(grid, counted)
    page = fill(
        "grid",
        title=grid.title,
        statuses=statuses(results),
        about=" ".join(answer.sentences),
        name=grid.name,
        # The report of which the grid is part; one that stands by itself has none.
        home="../../index.html" if folder.parent.name == "grids" else "",
        answer=answer.html(),
        panels=[_panel(grid, title, rows) for title, rows in panels(results)],
    )
    put_file(folder / PAGE, page)
    every = combine([counted, results]).frame
    put_file(folder / RESULTS, every.to_csv(index=False, lineterminator="\n"))
    described = {
        "grid": grid.name,
        "title": grid.title,
        "scenarios": len(grid.runs),
        "data_status": statuses(results),
        "answer": answer.html(),
    }
    put_file(folder / DESCRIPTION, json_text(described))


def _answer(grid: Grid, counted: Results) -> Reading:
    rows = counted.wide().to_dict("records")
    said = [
        f"{kind.capitalize()} data: "
        + ", ".join(
            f"{row['n']} {row['group1_level']}" for row in rows if row["group2_level"] == kind
        )
        + "."
        for kind in statuses(counted)
    ]
    return Reading(
        [f"{numbered(len(grid.runs), 'scenario')}, by their verdict.", *said],
        counted,
        heading="The answer",
    )


def _panel(grid: Grid, title: str, results: Results) -> dict[str, Any]:
    units = [unit for unit in dict.fromkeys(results.frame["unit"]) if unit]
    unit = units[0] if units else ""
    plan = results.frame.drop_duplicates("group1_level")["plan_status"]
    return {
        "title": title,
        "figure": specification_curve(results, title="Every scenario, sorted", unit=unit).html(),
        "statuses": statuses(results),
        "labels": [name.replace("_", " ").capitalize() for name in grid.varied],
        "rows": [_row(grid, row) for row in results.wide().to_dict("records")],
        "unit": f"Estimates in {unit}" if unit else "",
        "methods": _methods(results),
        "exploratory": int((plan == "exploratory").sum()),
    }


def _methods(results: Results) -> list[str]:
    """Return the methods of the estimates; where there are many, the pages name them."""
    rows = results.select(stat_name="estimate").frame
    methods = list(dict.fromkeys(rows["method"]))
    return methods if len(methods) <= 3 else []


def _row(grid: Grid, row: Any) -> dict[str, Any]:
    def words(name: str) -> str:
        return row[name] if isinstance(row.get(name), str) else ""

    interval = f" ({words('conf.low')} to {words('conf.high')})" if words("conf.low") else ""
    verdict = words("conclusion") or words("verdict") or NOT_AVAILABLE
    return {
        "name": row["group1_level"],
        "choices": [words(f"{PARAMETER}{name}") for name in grid.varied],
        "bound": " to ".join(filter(None, map(words, BOUNDS))) or NOT_AVAILABLE,
        "estimate": f"{words('estimate') or NOT_AVAILABLE}{interval}",
        "p": words("p.value") or NOT_AVAILABLE,
        "verdict": verdict,
        "mark": verdict.replace(" ", "-"),
        "reason": words(REASON),
    }
