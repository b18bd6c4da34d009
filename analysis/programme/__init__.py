"""The programme: what its source document says, what holds up, and the field around it.

Topic of notebook 1: the sections of the page, and the run that they are sections of.
"""

from analysis.programme.answer import answer
from analysis.programme.audit import audit_counts, audit_findings, audit_rules
from analysis.programme.covariates import covariates
from analysis.programme.diagrams import workflow
from analysis.programme.field import evidence_map, left_out, margins
from analysis.programme.mechanism import mechanism
from analysis.programme.note import controlled_contrast, note_cells, note_counts
from analysis.programme.own import own_single_arms
from analysis.programme.searches import search_counts, searches, sources
from analysis.programme.settings import ProgrammeParameters, ProgrammeRun, resolve
from analysis.programme.statements import claims, conventions, trials

__all__ = [
    "ProgrammeParameters",
    "ProgrammeRun",
    "answer",
    "audit_counts",
    "audit_findings",
    "audit_rules",
    "claims",
    "controlled_contrast",
    "conventions",
    "covariates",
    "evidence_map",
    "left_out",
    "margins",
    "mechanism",
    "note_cells",
    "note_counts",
    "own_single_arms",
    "resolve",
    "search_counts",
    "searches",
    "sources",
    "trials",
    "workflow",
]
