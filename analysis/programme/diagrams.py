"""The course of a trial, drawn from screening to analysis."""

from collections.abc import Sequence

from analysis.display import Arrow, Box, Figure, diagram
from analysis.programme.own import own_single_arms
from analysis.programme.settings import ProgrammeRun
from analysis.results import Results, section
from analysis.sources.schemas import INDICATIONS
from analysis.words import begins_sentence


@section
def workflow(_run: ProgrammeRun) -> Results:
    """Return nothing: the course of the trials is a diagram without numbers."""
    return Results()


@workflow.shows
def workflow_diagram(_nothing: Results, run: ProgrammeRun) -> Figure:
    """Draw the course of the trials of the asked product."""
    return course_diagram(
        product=run.parameters.product,
        comparator=run.parameters.comparator,
        indication=run.parameters.indication,
        single_arms=list(dict.fromkeys(own_single_arms(run).frame["group2_level"])),
    )


def course_diagram(
    *, product: str, comparator: str, indication: str, single_arms: Sequence[str]
) -> Figure:
    """Draw the general course of the trials, from screening to analysis.

    Parameters
    ----------
    product, comparator, indication
        The randomised comparison that is asked for.
    single_arms
        Codes of the indications in which the product has single-arm studies.
    """
    names = " or ".join(INDICATIONS[code] for code in single_arms)
    arms = {"random": (f"{begins_sentence(INDICATIONS[indication])}: randomisation",
                       f"{product} or {comparator}")}  # fmt: skip
    told = f"the controlled trial, where they are randomised to {product} or {comparator}"
    if single_arms:
        arms["single"] = (f"{begins_sentence(names)}: one arm", f"all receive {product}")
        told += f", or a single-arm study of {names}, where all receive {product}"
    return diagram(
        title="The course of a trial, from screening to analysis",
        alt=f"Children are screened; their growth before treatment is measured; eligible ones "
        f"enter {told}; heights are measured at visits up to 12 months while adverse events and "
        "laboratory tests are recorded; then the data are analysed for efficacy and safety.",
        rows=[
            [Box("screen", "Screening", "diagnosis, consent, eligibility")],
            [Box("before", "Growth before treatment", "height velocity over 6 to 18 months")],
            [Box(key, title, detail) for key, (title, detail) in arms.items()],
            [
                Box(
                    "visits",
                    "12 months of treatment",
                    "height at visits; IGF-I, laboratory tests, antibodies, adverse events",
                )
            ],
            [
                Box("efficacy", "Efficacy", "height velocity and its change, height SDS"),
                Box("safety", "Safety", "adverse events, laboratory, antibodies"),
            ],
        ],
        arrows=[
            Arrow("screen", "before"),
            *(Arrow("before", key) for key in arms),
            *(Arrow(key, "visits") for key in arms),
            Arrow("visits", "efficacy"),
            Arrow("visits", "safety"),
        ],
        caption="The general course, as the source document describes it: it says that the "
        "detailed protocols are not public. The pre-treatment interval is the field's "
        "convention, cited below.",
    )
