"""Results: the vocabulary of statistics, the results table, runs, and the section.

`vocabulary` declares every statistic once; `rows_of` and `DeclaredRun.results` write them;
`section` joins what is computed with what shows it.
"""

from analysis.numbers import PROPORTION
from analysis.results.counted import COUNTED, PLACE, Counted, placed, tally
from analysis.results.declarations import STATISTICS
from analysis.results.melted import rows_of
from analysis.results.precision import recorded_decimals
from analysis.results.run import (
    AS_PLANNED,
    Choices,
    DeclaredRun,
    Departure,
    Planned,
    as_planned_or,
)
from analysis.results.section import Section, is_absent, reason_of, section
from analysis.results.table import (
    ABSENT,
    COLUMNS,
    KEY,
    NOT_ESTIMABLE,
    OWN_ANALYSIS,
    ROW_KEY,
    DataStatus,
    Results,
    combine,
)
from analysis.results.vocabulary import Statistic
from analysis.texts import as_python as _as_python

_as_python()

__all__ = [
    "ABSENT",
    "AS_PLANNED",
    "COLUMNS",
    "COUNTED",
    "KEY",
    "NOT_ESTIMABLE",
    "OWN_ANALYSIS",
    "PLACE",
    "PROPORTION",
    "ROW_KEY",
    "STATISTICS",
    "Choices",
    "Counted",
    "DataStatus",
    "DeclaredRun",
    "Departure",
    "Planned",
    "Results",
    "Section",
    "Statistic",
    "as_planned_or",
    "combine",
    "is_absent",
    "placed",
    "reason_of",
    "recorded_decimals",
    "rows_of",
    "section",
    "tally",
]
