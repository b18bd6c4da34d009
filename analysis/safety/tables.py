"""What the tables of the safety page share: columns of arms and differences, and footnotes."""

from __future__ import annotations

from analysis.display.arm_table import CONTRAST, ArmTable
from analysis.display.rows import has
from analysis.display.tables import Column
from analysis.results import Results
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


def population_words(results: Results) -> str:
    """Say who is counted, for a footnote."""
    return f"Population: {results.frame['population'].iloc[0]}, by actual treatment."


def _arm_columns(results: Results, cell: str) -> list[Column]:
    """Return the columns of an arm; with an interval where there is nothing to compare with."""
    alone = not compares(results) and has(results, "conf.low")
    return [Column("", cell), *([INTERVAL] if alone else [])]


def event_table(
    results: Results,
    title: str,
    labels: dict[str, str],
    *notes: str,
    groups: str = "variable",
    events: bool = True,
    folded: bool = False,
    foldable: bool = False,
) -> ArmTable:
    """Show participants with adverse events, of all in the arm; differences beside the arms."""
    cell = "n (per cent) events" if events else "n (per cent)"
    who = results.frame["population"].iloc[0]
    return ArmTable(
        title=title,
        results=results,
        groups=groups,
        labels=labels,
        columns=_arm_columns(results, "{n} ({p}) {events}" if events else "{n} ({p})"),
        differences=DIFFERENCES,
        footnotes=[
            f"Cells: {cell}, of the {who} population. {methods(results)}",
            "Differences in percentage points." if compares(results) else DESCRIPTIVE,
            *notes,
        ],
        folded=folded,
        foldable=foldable,
    )


def finding_table(
    results: Results,
    title: str,
    labels: dict[str, str],
    *notes: str,
    groups: str = "",
    folded: bool = False,
) -> ArmTable:
    """Show participants with a finding, of those looked at; differences beside the arms."""
    points = "; differences in percentage points" if compares(results) else ""
    return ArmTable(
        title=title,
        results=results,
        groups=groups,
        labels=labels,
        columns=_arm_columns(results, "{n}/{N} ({p})"),
        differences=[DIFFERENCE],
        sizes=False,
        footnotes=[
            f"{population_words(results)} Cells: n/N (per cent){points}.",
            last_method(results),
            *notes,
        ],
        folded=folded,
    )
