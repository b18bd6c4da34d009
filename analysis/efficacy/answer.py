"""The answer: the primary difference, its interval, and the verdict on it."""

from collections.abc import Mapping
from typing import Any

from analysis.display import columns
from analysis.display.figures import Figure
from analysis.display.reading import Reading
from analysis.display.rows import filled, has, interval, synthetic_words, unit_shown, unit_words
from analysis.display.tables import Column, Table
from analysis.efficacy.analysed import analysed_by_arm
from analysis.efficacy.claims import claim_columns, claims_words
from analysis.efficacy.comparisons import has_several
from analysis.efficacy.effect_forest import effect_forest
from analysis.efficacy.primary import analyse, bound_columns, to_be_shown
from analysis.efficacy.rows import effect_results
from analysis.efficacy.settings import Settings
from analysis.efficacy.values import notes_on
from analysis.numbers import level
from analysis.results import Results, section
from analysis.results.intervals import TESTED, interval_columns
from analysis.stats.verdicts import Verdict

ADJUSTED = [Column("p, adjusted", "{p.value.adjusted}")]
SIMULTANEOUS = [
    Column("Simultaneous interval", "{conf.low.adjusted} to {conf.high.adjusted}"),
]
VERDICT = ["{conclusion}; {tested.after}; {zero}", "{conclusion}; {zero}", "{conclusion}"]
ADJUSTED_NOTE = (
    "Interval, p and verdict of a row are not adjusted for the other hypotheses. The adjusted p "
    "is two-sided, of the difference being the margin, or none without a margin; a claim needs it "
    "below one minus the level, and the estimate on the better side."
)


@section
def answer(run: Settings) -> Results:
    """Return the differences from the reference, and the verdict on the planned one."""
    primary = analyse(run)
    verdict = primary.verdict
    sizes = analysed_by_arm(run)
    rows = [
        {
            "group1_level": contrast,
            "n.test": sizes[arm],
            "n.reference": sizes[run.reference],
            **interval_columns(each, *TESTED),
            **claim_columns(run, contrast),
        }
        for arm, each in {run.treatment: primary.contrast, **primary.others}.items()
        for contrast in [run.contrast_of(arm)]
    ]
    rows[0] |= {
        **bound_columns(verdict),
        "conclusion": verdict.conclusion,
        "tested.after": verdict.after_words,
        "zero": verdict.zero_words,
        "null": verdict.null,
        "alternative": verdict.alternative,
        "reason": verdict.reason,
        # The margin is written as the plan declares it, on the scale of the difference.
        "margin": verdict.bound if run.margin else None,
        "margin.source": run.margin_source,
        "remark": ". ".join(notes_on(primary.data, run.endpoint, run.trial.plan.allowed)),
    }
    return effect_results(run, rows, "primary-contrasts", group1="contrast", method=primary.words)


@answer.shows
def answer_reading(answer: Results, run: Settings) -> Reading:
    """Say the primary estimate, its interval and the verdict in one sentence."""
    row = answer.wide().to_dict("records")[0]
    said = sentence(row, analyse(run).verdict, run)
    remarks = [f"{row['remark']}."] if isinstance(row.get("remark"), str) else []
    if run.margin_understood:
        remarks.insert(0, f"Margin: {row['margin.source']}.")
    several = [*_others(answer, run), *filter(None, [claims_words(run)])]
    said_of_all = [said, *several, *remarks, *synthetic_words(answer)]
    return Reading(said_of_all, answer, heading="The answer")


def _others(answer: Results, run: Settings) -> list[str]:
    """Say the other comparisons with the reference, on which the plan has no verdict."""
    rows = answer.wide().to_dict("records")[1:]
    named = [f"{row['group1_level']}{_sizes(row)} {interval(row)}" for row in rows]
    unit = unit_shown(run.effect_unit)
    which = f"with {level(run.conf_level)} intervals{f', in {unit}' if unit else ''}"
    return [f"Beside it, {which}: {'; '.join(named)}."] if named else []


def sentence(row: Mapping[Any, Any], verdict: Verdict, run: Settings) -> str:
    """Return the answer in one sentence: the planned effect as it is shown, and its verdict."""
    name = f"{run.endpoint.name}, {row['group1_level']}{_sizes(row)}"
    said = verdict.sentence(_bound(row))
    if not isinstance(row.get("estimate"), str):
        return f"{name}: {said}."
    unit = unit_shown(run.effect_unit)
    measure = "" if run.effect.of_means else f"{run.effect.measure.lower()} "
    estimate = f"{measure}{row['estimate']} {unit}".strip()
    interval = f"{level(run.conf_level)} interval {row['conf.low']} to {row['conf.high']}"
    return f"{name}: {estimate} ({interval}), {said}."


def _sizes(row: Mapping[Any, Any]) -> str:
    """Return how many were analysed in the two arms, as it follows their names."""
    return filled(row, " (analysed {n.test} v {n.reference})")


def _bound(row: Mapping[Any, Any]) -> str:
    """Return the margin as it is shown, or the two of equivalence."""
    both = isinstance(row.get("bound.high"), str)
    return f"{row['bound']} to {row['bound.high']}" if both else f"{row['bound']}"


@answer.shows
def answer_figure(answer: Results, run: Settings) -> Figure | Reading:
    """Draw the primary differences with their intervals and the margin."""
    return effect_forest(
        answer,
        run,
        title=f"{run.effect.measure} {run.effect.link} the reference",
        labels=["group1_level"],
        several=has_several(run),
        caption=f"Dot: {_dot(run)}; bar: its interval. {margin_caption(run)}",
    )


def margin_caption(run: Settings) -> str:
    """Say what the dashed line of a forest is."""
    return f"Dashed: {to_be_shown(run).margin_words}, to be cleared by the whole interval."


def _dot(run: Settings) -> str:
    effect = run.effect
    return "least-squares mean difference" if effect.of_means else effect.measure.lower()


@section
def contrasts(run: Settings) -> Results:
    """Return the differences of the answer, for their table beside the least-squares means."""
    return answer(run)


@contrasts.shows
def contrasts_table(contrasts: Results, run: Settings) -> Table:
    """Show the differences from the reference, with the verdict on the planned one."""
    source = contrasts.select(stat_name="margin.source").frame["stat_fmt"]
    what = f"{run.effect.kind}s {run.effect.link} the reference"
    return Table(
        title=f"{run.endpoint_words}, {what}{unit_words(contrasts)}",
        results=contrasts,
        labels={"group1_level": run.effect.measure},
        columns=[
            Column("Estimate", "{estimate}"),
            *columns.PRECISION,
            columns.P,
            *(ADJUSTED if has(contrasts, "p.value.adjusted") else []),
            *(SIMULTANEOUS if has(contrasts, "conf.low.adjusted") else []),
            columns.MARGIN,
            Column(to_be_shown(run).objective.capitalize(), VERDICT, "text"),
            *([columns.CLAIM] if has(contrasts, "claimed") else []),
        ],
        footnotes=[
            f"Population: {run.population_words}. {analyse(run).words}. p: two-sided, no "
            f"{'effect' if run.effect.is_ratio else 'difference'}. The verdict is read off the "
            f"interval and {to_be_shown(run).margin_words}.",
            *filter(None, [claims_words(run)]),
            *([ADJUSTED_NOTE] if has(contrasts, "claimed") else []),
            *(f"Where the margin comes from: {words}." for words in source),
        ],
    )
