"""What the tables of the safety page share: columns of arms and differences, and footnotes."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from analysis.display.arm_table import CONTRAST, ArmTable
from analysis.display.rows import filled, has
from analysis.display.tables import Column, Table
from analysis.results import STATISTICS, Results
from analysis.safety.population import TOTAL
from analysis.safety.settings import SafetyRun
from analysis.words import begins_sentence

DESCRIPTIVE = "Intervals and p-values are descriptive and not adjusted for multiplicity."
INTERVAL = Column("interval", "{conf.low} to {conf.high}")
DIFFERENCE = Column("difference (interval)", "{estimate} ({conf.low} to {conf.high})")
DIFFERENCES = (DIFFERENCE, Column("p", "{p.value}"))


def compares(results: Results) -> bool:
    """Say whether arms are compared."""
    return bool((results.frame["group1"] == CONTRAST).any())


def methods(results: Results) -> str:
    """Return every method of the rows as one sentence."""
    return f"{begins_sentence('; '.join(dict.fromkeys(results.frame['method'])))}."


def last_method(results: Results) -> str:
    """Return the method of the last rows, which says the most where differences follow arms."""
    return f"{begins_sentence(str(results.frame['method'].iloc[-1]))}."


def population_words(run: SafetyRun) -> str:
    """Say who is counted, and how many they are in each arm, for a footnote of every table."""
    return f"Population: {run.population_words}, by actual treatment."


def view(builder: Callable[..., Any], *given: Any, **options: Any) -> Callable[..., Any]:
    """Return a view that builds a table of the results of a run."""
    return lambda results, run: builder(results, run, *given, **options)


def shares(rows: Iterable[Mapping[Any, Any]]) -> str:
    """Write the participants of each arm in a sentence, of all in it; of a single arm unnamed.

    Examples
    --------
    >>> shares([{"group1_level": "A", "n": "1", "N": "8", "p": "12.5"}])
    '1 of 8 (12.5 %)'
    """
    arms = [row for row in rows if row["group1_level"] != TOTAL]
    names = [f"{row['group1_level']} " if len(arms) > 1 else "" for row in arms]
    return ", ".join(
        f"{name}{row['n']} of {row['N']}{filled(row, ' ({p} %)')}"
        for name, row in zip(names, arms, strict=True)
    )


def columns_of(patterns: Mapping[str, str]) -> list[Column]:
    """Return columns by their headers; those of statistics that are texts are aligned left."""
    columns = [Column(title, shows) for title, shows in patterns.items()]
    texts = {name for name, statistic in STATISTICS.items() if statistic.scale == "text"}
    return [
        Column(each.title, each.shows, "text" if each.statistics <= texts else "number")
        for each in columns
    ]


def population_table(
    results: Results,
    run: SafetyRun,
    title: str,
    labels: Mapping[str, str],
    patterns: Mapping[str, str],
    cells: str = "",
    **options: Any,
) -> Table:
    """Show rows of participants; footnotes say who they are, what the cells hold, and how."""
    notes = [f"{population_words(run)}{cells}", last_method(results)]
    return Table(title, results, labels, columns_of(patterns), footnotes=notes, **options)


def _arm_table(
    results: Results,
    title: str,
    labels: Mapping[str, str],
    cell: str,
    notes: list[str],
    **options: Any,
) -> ArmTable:
    """Show arms beside one another, with an interval where there is nothing to compare with."""
    alone = not compares(results) and has(results, "conf.low")
    columns = [Column("", cell), *([INTERVAL] if alone else [])]
    return ArmTable(title, results, labels, columns, footnotes=notes, **options)


def event_table(
    results: Results,
    run: SafetyRun,
    title: str,
    labels: Mapping[str, str],
    *notes: str,
    groups: str = "variable",
    events: bool = True,
    **options: Any,
) -> ArmTable:
    """Show participants with adverse events, of all in the arm; differences beside the arms."""
    cell = "n (per cent) events" if events else "n (per cent)"
    said = [
        f"{population_words(run)} Cells: {cell} of all participants of the arm.",
        methods(results),
        "Differences in percentage points." if compares(results) else DESCRIPTIVE,
        *notes,
    ]
    shown = "{n} ({p}) {events}" if events else "{n} ({p})"
    options |= {"groups": groups, "differences": DIFFERENCES}
    return _arm_table(results, title, labels, shown, said, **options)


def finding_table(
    results: Results,
    run: SafetyRun,
    title: str,
    labels: Mapping[str, str],
    *notes: str,
    of: str = "those looked at",
    **options: Any,
) -> ArmTable:
    """Show participants with a finding, of those looked at; differences beside the arms."""
    points = "; differences in percentage points" if compares(results) else ""
    cells = f"{population_words(run)} Cells: n/N (per cent), N: {of}{points}."
    said = [cells, last_method(results), *notes]
    options |= {"differences": [DIFFERENCE], "sizes": False}
    return _arm_table(results, title, labels, "{n}/{N} ({p})", said, **options)
