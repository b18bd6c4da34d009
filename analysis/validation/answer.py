"""The first screen: what agrees, what does not, and how the intervals do."""

from analysis.display.reading import Reading
from analysis.results import Results, combine, section
from analysis.validation.comparison import DIFFERS, cases, tally
from analysis.validation.coverage import coverage, coverage_tally
from analysis.validation.coverage_figure import BELOW
from analysis.validation.settings import ValidationRun
from analysis.validation.statements import NOT_OFFERED, WITHOUT_NUMBER, missing_tally
from analysis.validation.tallies import row_of
from analysis.words import numbered


@section
def answer(run: ValidationRun) -> Results:
    """Return what the answer rests on: the tallies."""
    return combine([tally(run), missing_tally(run), coverage_tally(run)])


@answer.shows
def answer_reading(answer: Results, run: ValidationRun) -> Reading:
    """Show the answer in sentences."""
    counts = missing_tally(run)
    missing, absent = (
        counts.text("n", group1_level=kind) for kind in (WITHOUT_NUMBER, NOT_OFFERED)
    )
    sentences = [
        "{agree} of {n} quantities agree with a number published elsewhere: {printed} to the "
        "digits printed there, {stated} within a wider tolerance that is stated beside the "
        "number, with its reason.".format(**row_of(tally(run))),
        worst_words(cases(run), tally(run)),
        f"{missing} methods or options have no outside number; they are listed, with what was "
        f"done instead, and so are {absent} that other packages have and this one has not.",
        covered_words(coverage(run), coverage_tally(run)),
    ]
    return Reading(sentences, answer, heading="The answer")


def worst_words(cases: Results, tally: Results) -> str:
    """Name what differs, or say how large the largest difference is."""
    wide = cases.wide()
    wrong = wide[wide["verdict"] == DIFFERS]
    if len(wrong):
        named = "; ".join(
            f"{row['variable']}, {row['group2_level']}, {row['variable_level']}"
            for row in wrong.to_dict("records")
        )
        return f"These differ: {named}."
    return (
        f"None differs; the largest difference is {row_of(tally)['max']} of its tolerance, and "
        "rounding in print alone makes differences up to 1."
    )


def covered_words(coverage: Results, simulated: Results) -> str:
    """Say how the coverages lie about the nominal level."""
    total, wide = row_of(simulated), coverage.wide()
    families = [
        f"{family} ({', '.join(dict.fromkeys(rows['group2_level']))})"
        for family, rows in wide[wide["judged"] == BELOW].groupby("group1_level", sort=False)
    ]
    named = f": {'; '.join(families)}" if families else ""
    return (
        f"In simulation, intervals of nominal level {total['nominal']} hold the truth in "
        f"{total['min']}\u202f% ({total['lowest']}) to {total['max']}\u202f% "
        f"({total['highest']}) of data sets. {total['below']} of "
        f"{numbered(total['n'], 'coverage')} lie "
        f"below the level by more than chance explains{named}."
    )
