"""The names that `analysis.display` gives; importing them takes a second, mostly for drawing."""

from analysis.display.arrangement import Band
from analysis.display.arrows import Arrow
from analysis.display.boxes import Box
from analysis.display.departures_table import departures
from analysis.display.diagrams import diagram
from analysis.display.figures import Figure
from analysis.display.opening_words import opening
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
