"""The answer: the primary difference, its interval, and the verdict on it."""

from collections.abc import Mapping
from typing import Any

from analysis.display import columns
from analysis.display.figures import Figure
from analysis.display.forest import forest_figure
from analysis.display.reading import Reading
from analysis.display.rows import has, synthetic_words, unit_words
from analysis.display.tables import Column, Table
from analysis.efficacy.claims import claim_columns, claims_words
from analysis.efficacy.comparisons import has_several
from analysis.efficacy.primary import analyse
from analysis.efficacy.rows import endpoint_results
from analysis.efficacy.settings import Settings
from analysis.efficacy.values import notes_on
from analysis.results import Results, section
from analysis.results.intervals import TESTED, interval_columns
from analysis.sources.trial.plan_endpoint import Endpoint
from analysis.stats.verdicts import Verdict

ADJUSTED = [Column("p, adjusted", "{p.value.adjusted}")]
SIMULTANEOUS = [
    Column("Simultaneous interval", "{conf.low.adjusted} to {conf.high.adjusted}"),
]
CLAIM = Column("May it be claimed", ["{claimed}, because {claimed.reason}", "{claimed}"], "text")
ADJUSTED_NOTE = (
    "Interval, p and verdict of a row are not adjusted for the other comparisons. The adjusted p "
    "is two-sided, of the difference being the bound; a claim needs it below one minus the level, "
    "and the estimate on the better side."
)


@section
def answer(run: Settings) -> Results:
    """Return the differences from the reference, and the verdict on the planned one."""
    primary = analyse(run)
    verdict = primary.verdict
    rows = [
        {
            "group1_level": contrast,
            **interval_columns(each, *TESTED),
            **claim_columns(run, contrast),
        }
        for arm, each in {run.treatment: primary.contrast, **primary.others}.items()
        for contrast in [f"{arm} − {run.reference}"]
    ]
    rows[0] |= {
        "bound": verdict.bound,
        "conclusion": verdict.conclusion,
        "zero": verdict.zero_words,
        "null": verdict.null,
        "alternative": verdict.alternative,
        "reason": verdict.reason,
        # The margin is written as the plan declares it, on the scale of the difference.
        "margin": verdict.bound if run.margin else None,
        "margin.source": run.margin_source,
        "remark": ". ".join(notes_on(primary.data, run.endpoint)),
    }
    return endpoint_results(run, rows, "primary-contrasts", group1="contrast", method=primary.words)


@answer.shows
def answer_reading(answer: Results, run: Settings) -> Reading:
    """Say the primary estimate, its interval and the verdict in one sentence."""
    row = answer.wide().to_dict("records")[0]
    said = sentence(row, analyse(run).verdict, run.endpoint)
    remarks = [f"{row['remark']}."] if isinstance(row.get("remark"), str) else []
    if run.margin_understood:
        remarks.insert(0, f"Margin: {row['margin.source']}.")
    several = filter(None, [claims_words(run)])
    said_of_all = [said, *several, *remarks, *synthetic_words(answer)]
    return Reading(said_of_all, answer, heading="The answer")


def sentence(row: Mapping[Any, Any], verdict: Verdict, endpoint: Endpoint) -> str:
    """Return the answer in one sentence: the planned difference as it is shown, and its verdict."""
    estimate = f"{row['estimate']} {endpoint.unit}".strip()
    return (
        f"{endpoint.name}, {row['group1_level']}: {estimate} ({row['conf.low']} to "
        f"{row['conf.high']}), {verdict.sentence(row['bound'])}."
    )


@answer.shows
def answer_figure(answer: Results, run: Settings) -> Figure | Reading:
    """Draw the primary differences with their intervals and the bound."""
    return forest_figure(
        answer,
        title="Difference from the reference",
        labels=["group1_level"],
        unit=run.endpoint.unit,
        caption="Dot: least-squares mean difference; bar: its interval. Dashed: the bound that "
        "the interval must clear.",
    )


@section
def contrasts(run: Settings) -> Results:
    """Return the differences of the answer, for their table beside the least-squares means."""
    return answer(run)


@contrasts.shows
def contrasts_table(contrasts: Results, run: Settings) -> Table:
    """Show the differences from the reference, with the verdict on the planned one."""
    source = contrasts.select(stat_name="margin.source").frame["stat_fmt"]
    return Table(
        title=f"Primary endpoint, differences from the reference{unit_words(contrasts)}",
        results=contrasts,
        labels={"group1_level": "Difference"},
        columns=[
            Column("Estimate", "{estimate}"),
            *columns.PRECISION,
            columns.P,
            *(ADJUSTED if has(contrasts, "p.value.adjusted") else []),
            *(SIMULTANEOUS if has(contrasts, "conf.low.adjusted") else []),
            Column("Bound", "{bound}"),
            Column("Verdict", "{conclusion}; {zero}", "text"),
            *([CLAIM] if has(contrasts, "claimed") else []),
        ],
        footnotes=[
            f"Population: {run.population_words}. {analyse(run).words}. p: two-sided, no "
            "difference. The verdict is read off the interval and the bound.",
            *([claims_words(run)] if has_several(run) else []),
            *([ADJUSTED_NOTE] if has(contrasts, "claimed") else []),
            *(f"Where the margin comes from: {words}." for words in source),
        ],
    )
