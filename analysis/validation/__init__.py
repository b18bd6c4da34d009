"""Validation: every method of `analysis.stats` against outside numbers, and by simulation.

Topic of notebook 7: the sections of the page, and the run that they are sections of. `cases`
recomputes what others have published and says where it agrees; `coverage` simulates how often
each interval holds the true value.
"""

from analysis.validation.agreement import agreement
from analysis.validation.answer import answer
from analysis.validation.comparison import CASES, cases, tally
from analysis.validation.coverage import coverage, coverage_tally
from analysis.validation.realism import realism
from analysis.validation.settings import ValidationParameters, ValidationRun, resolve
from analysis.validation.statements import conventions, not_validated, sources

__all__ = [
    "CASES",
    "ValidationParameters",
    "ValidationRun",
    "agreement",
    "answer",
    "cases",
    "conventions",
    "coverage",
    "coverage_tally",
    "not_validated",
    "realism",
    "resolve",
    "sources",
    "tally",
]
