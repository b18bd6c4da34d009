"""Validation: every method of `analysis.stats` against outside numbers, and by simulation.

Topic of notebook 7. `compare_cases` recomputes what others have published and says where it
agrees; `coverage` simulates how often each interval holds the true value.
"""

from analysis.validation.comparison import CASES, compare_cases, tally_cases
from analysis.validation.coverage import coverage, tally_coverage
from analysis.validation.parameters import ValidationParameters
from analysis.validation.tables import conventions, not_validated, sources

__all__ = [
    "CASES",
    "ValidationParameters",
    "compare_cases",
    "conventions",
    "coverage",
    "not_validated",
    "sources",
    "tally_cases",
    "tally_coverage",
]
