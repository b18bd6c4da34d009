"""What a reader sees: tables, figures, diagrams and sentences, each a view of results.

Every displayed object has two forms: a fixed text, which nbval compares between runs, and an
accessible HTML, which people read. Only this package knows HTML; nothing in it computes.
"""

from analysis.display.arrangement import Band
from analysis.display.arrows import Arrow
from analysis.display.boxes import Box
from analysis.display.departures import departures
from analysis.display.diagrams import diagram
from analysis.display.figures import Figure
from analysis.display.opening import opening
from analysis.display.page import Page
from analysis.display.reading import Reading
from analysis.display.tables import Column, Table

__all__ = [
    "Arrow",
    "Band",
    "Box",
    "Column",
    "Figure",
    "Page",
    "Reading",
    "Table",
    "departures",
    "diagram",
    "opening",
]
