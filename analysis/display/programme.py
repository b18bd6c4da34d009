"""How notebook 1 looks: the tables, figures, diagrams and sentences of the programme."""

from analysis.display.programme_answer import answer, own_growth_figure, own_sentences
from analysis.display.programme_diagrams import mechanism_diagram, workflow_diagram
from analysis.display.programme_field import (
    covariates_table,
    evidence_figure,
    evidence_table,
    left_out_table,
    margins_table,
)
from analysis.display.programme_note import (
    claims_table,
    findings_table,
    note_contrast_reading,
    note_reading,
    note_table,
    rules_table,
    trials_table,
)
from analysis.display.programme_sources import (
    conventions_table,
    searches_reading,
    searches_table,
    sources_table,
)

__all__ = [
    "answer",
    "claims_table",
    "conventions_table",
    "covariates_table",
    "evidence_figure",
    "evidence_table",
    "findings_table",
    "left_out_table",
    "margins_table",
    "mechanism_diagram",
    "note_contrast_reading",
    "note_reading",
    "note_table",
    "own_growth_figure",
    "own_sentences",
    "rules_table",
    "searches_reading",
    "searches_table",
    "sources_table",
    "trials_table",
    "workflow_diagram",
]
