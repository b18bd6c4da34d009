"""The comparison page of a grid: a figure of all scenarios, and a row for each."""

from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.display.effect_axis import BOUNDS
from analysis.display.reading import Reading
from analysis.display.shown import statuses
from analysis.display.specification_curve import PARAMETER, specification_curve
from analysis.display.table_html import table_html
from analysis.display.tables import Column
from analysis.numbers import NOT_AVAILABLE
from analysis.parameters import name_in_words
from analysis.report.anchors import addresses
from analysis.report.citations import cited_places, with_links
from analysis.report.grid import Grid
from analysis.report.grid_results import REASON, grid_results, panels, tally
from analysis.report.page_outputs import on_a_page
from analysis.report.pages import fill
from analysis.report.place import DESCRIPTION, PAGE, RESULTS, put_file
from analysis.report.summary import sealed
from analysis.results import Results, combine
from analysis.words import begins_sentence, in_sentence, numbered

COLUMNS = [
    Column("Bound", ""),
    Column("Estimate (interval)", ""),
    Column("p", ""),
    Column("Verdict", "", "status"),
    Column("Because", "", "text"),
    Column("Page", "", "link"),
]
NAMED_THERE = "Each page names its method."


def write_grid_page(grid: Grid, folder: Path) -> None:
    """Write the page, the results and the description of a grid from its executed scenarios."""
    results = grid_results(grid, folder)
    if not len(results):
        return
    counted = tally(results)
    answer, addressed = _answer(grid, counted), addresses()
    shown = [(title, addressed(_panel(grid, title, rows))) for title, rows in panels(results)]
    page = fill(
        "grid",
        title=grid.title,
        statuses=statuses(results),
        about=" ".join(answer.sentences),
        run=grid.name,
        script="page",
        styles=["page"],
        # The report of which the grid is part; one that stands by itself has none.
        home="../../index.html" if folder.parent.name == "grids" else "",
        answer=answer.html(),
        panels=[(title, with_links(html)) for title, html in shown],
        places=cited_places((html for _, html in shown), f"grid {grid.name}"),
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
    put_file(folder / DESCRIPTION, sealed(described))


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
    many = numbered(len(grid.runs), "scenario")
    first = f"{many}, by their verdict." if said else f"{many}; their analysis tests nothing."
    return Reading(
        [first, *said],
        counted,
        heading="The answer",
    )


def _panel(grid: Grid, title: str, results: Results) -> str:
    """Return figure and table of the scenarios that stand on one scale."""
    units = [unit for unit in dict.fromkeys(results.frame["unit"]) if unit]
    unit = units[0] if units else ""
    figure = specification_curve(results, title=f"Every scenario, sorted: {title}", unit=unit)
    return f"{figure.html()}\n{_table(grid, title, results, unit)}"


def _table(grid: Grid, title: str, results: Results, unit: str) -> str:
    """Return a row a scenario: what was chosen, what came of it, and where its page is."""
    rows = [_row(row) for row in results.wide().to_dict("records")]
    columns = [each for each in COLUMNS if any(row[each.title] for row in rows)]
    chosen, shared = _choices(grid, results)
    return on_a_page(
        table_html(
            f"A row a scenario: {title}",
            [
                ("", labels, [row[each.title] for each in columns])
                for labels, row in zip(chosen.to_numpy().tolist(), rows, strict=True)
            ],
            labels=list(chosen),
            columns=columns,
            statuses=statuses(results),
            notes=[*shared, *_notes(results, unit)],
            sifted=True,
        )
    )


def _choices(grid: Grid, results: Results) -> tuple[pd.DataFrame, list[str]]:
    """Return the choices that tell the scenarios apart, a column each, and a note of the others."""
    chosen = results.wide()[[f"{PARAMETER}{name}" for name in grid.varied]].fillna("")
    chosen.columns = pd.Index([begins_sentence(name_in_words(name)) for name in grid.varied])
    telling = [name for name in chosen if chosen[name].nunique() > 1] or list(chosen)
    shared = [f"{name} {chosen[name].iloc[0]}" for name in chosen if name not in telling]
    return chosen[telling], [f"All scenarios: {in_sentence('; '.join(shared))}."] if shared else []


def _notes(results: Results, unit: str) -> list[str]:
    """Return unit, methods where they are few (else the pages name them), and departures."""
    methods = list(dict.fromkeys(results.select(stat_name="estimate").frame["method"]))
    plan = results.frame.drop_duplicates("group1_level")["plan_status"]
    departing = int((plan == "exploratory").sum())
    return [
        *([f"Estimates in {unit}."] if unit else []),
        *([f"{each}." for each in methods] if 0 < len(methods) <= 3 else [NAMED_THERE]),
        *([f"{departing} of these scenarios depart from the plan; they are EXPLORATORY."]
          if departing else []),
    ]  # fmt: skip


def _row(row: Mapping[Hashable, Any]) -> dict[str, str]:
    """Return the cells of a scenario: header → words, "" where nothing is to say."""

    def words(name: str) -> str:
        return row[name] if isinstance(row.get(name), str) else ""

    interval = f" ({words('conf.low')} to {words('conf.high')})" if words("conf.low") else ""
    return {
        "Bound": " to ".join(filter(None, map(words, BOUNDS))) or NOT_AVAILABLE,
        "Estimate (interval)": f"{words('estimate') or NOT_AVAILABLE}{interval}",
        "p": words("p.value") or NOT_AVAILABLE,
        "Verdict": words("conclusion") or words("verdict") or NOT_AVAILABLE,
        "Because": words(REASON),
        "Page": f"{row['group1_level']}/{PAGE}",
    }
