"""The first screen: the contrast that is asked for, the product's own single arms, the audit."""

from analysis.contrasts.answer import answer as contrast_asked
from analysis.contrasts.answer_words import answer_sentences
from analysis.display.reading import Reading
from analysis.programme.audit import audit_counts, audit_words
from analysis.programme.own import own_sentences, own_single_arms
from analysis.programme.settings import ProgrammeRun
from analysis.results import Results, combine, section


@section
def answer(run: ProgrammeRun) -> Results:
    """Return what is known of the product: the rows that the answer rests on."""
    return combine([contrast_asked(run.contrast), own_single_arms(run), audit_counts(run)])


@answer.shows
def answer_reading(answer: Results, run: ProgrammeRun) -> Reading:
    """Show the answer in sentences."""
    sentences = [
        *answer_sentences(contrast_asked(run.contrast)),
        *own_sentences(own_single_arms(run)),
        audit_words(audit_counts(run)),
    ]
    return Reading(sentences, answer, heading="The answer")
