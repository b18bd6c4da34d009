"""How the asked contrast looks: its sentences, its forest and its table of reports."""

from analysis.display.answer_forest import answer_figure, counts_table, reports_table
from analysis.display.answer_words import (
    answer_sentences,
    contrasts_answer,
    counts_sentence,
    field_sentences,
    relatives_sentences,
)

__all__ = [
    "answer_figure",
    "answer_sentences",
    "contrasts_answer",
    "counts_sentence",
    "counts_table",
    "field_sentences",
    "relatives_sentences",
    "reports_table",
]
