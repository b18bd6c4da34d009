"""Synthetic trials: patients generated from declared assumptions, and from nothing else."""

from analysis.sources.synthetic.assumptions import Assumption, Assumptions
from analysis.sources.synthetic.generate import generate, synthesise
from analysis.sources.synthetic.reading import disagreements, entries, read_assumptions

__all__ = [
    "Assumption",
    "Assumptions",
    "disagreements",
    "entries",
    "generate",
    "read_assumptions",
    "synthesise",
]
