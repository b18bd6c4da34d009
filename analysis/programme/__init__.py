"""The programme: what its source document says, what holds up, and the field around it.

Topic of notebook 1. Every function takes the published ledger and returns `Results`.
"""

from analysis.programme.audit import audit_findings, audit_rules
from analysis.programme.counts import tally
from analysis.programme.covariates import covariates
from analysis.programme.field import evidence_map, left_out, margins
from analysis.programme.note import note_cells
from analysis.programme.note_contrast import controlled_contrast
from analysis.programme.own import own_single_arms
from analysis.programme.parameters import ProgrammeParameters
from analysis.programme.statements import claims, conventions, searches, sources, trials

__all__ = [
    "ProgrammeParameters",
    "audit_findings",
    "audit_rules",
    "claims",
    "controlled_contrast",
    "conventions",
    "covariates",
    "evidence_map",
    "left_out",
    "margins",
    "note_cells",
    "own_single_arms",
    "searches",
    "sources",
    "tally",
    "trials",
]
