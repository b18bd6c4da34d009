"""The answer: the primary difference, its interval, and the verdict on it."""

from collections.abc import Mapping
from typing import Any

from analysis.display import columns
from analysis.display.figures import Figure
from analysis.display.forest import forest_figure
from analysis.display.reading import Reading
from analysis.display.rows import synthetic_words, unit_words
from analysis.display.tables import Column, Table
from analysis.efficacy.primary import analyse
from analysis.efficacy.rows import endpoint_results
from analysis.efficacy.settings import Settings
from analysis.efficacy.values import notes_on
from analysis.results import Results, section
from analysis.results.intervals import TESTED, interval_columns
from analysis.sources.trial.plan import Endpoint
from analysis.stats.verdicts import Verdict


@section
def answer(run: Settings) -> Results:
    """Return the differences from the reference, and the verdict on the planned one."""
    primary = analyse(run)
    verdict = primary.verdict
    rows = [
        {"group1_level": f"{arm} − {run.reference}", **interval_columns(each, *TESTED)}
        for arm, each in {run.treatment: primary.contrast, **primary.others}.items()
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
    return Reading([said, *remarks, *synthetic_words(answer)], answer, heading="The answer")


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
            Column("Bound", "{bound}"),
            Column("Verdict", "{conclusion}; {zero}", "text"),
        ],
        footnotes=[
            f"Population: {run.population_words}. {analyse(run).words}. p: two-sided, no "
            "difference. The verdict is read off the interval and the bound.",
            *(f"Where the margin comes from: {words}." for words in source),
        ],
    )
