"""Robustness: the same difference by the planned sensitivity analyses, and by further ones."""

from collections.abc import Iterator
from typing import Any

from analysis.display import columns
from analysis.display.figures import Figure
from analysis.display.reading import Reading
from analysis.display.rows import has, unit_words
from analysis.display.tables import Column, Table
from analysis.efficacy.answer import margin_caption
from analysis.efficacy.comparisons import by_comparison, comparisons, has_several
from analysis.efficacy.effect_forest import effect_forest
from analysis.efficacy.primary import bound_columns, to_be_shown, verdict_on
from analysis.efficacy.rows import effect_results, of_any_handling
from analysis.efficacy.sensitivity import Found, Sensitivity, further, named
from analysis.efficacy.settings import Settings
from analysis.errors import NoSection, UserError
from analysis.numbers import level
from analysis.results import NOT_ESTIMABLE, Results, section
from analysis.results.intervals import interval_columns
from analysis.results.shared import shared
from analysis.stats.intervals import Interval, no_interval

AGREEMENT = "Agreement"
"""Row that says whether the analyses concur; it is none itself."""
TIPS = "the verdict tips here"
"""Conclusion of the row that shows where the verdict breaks."""
PRIMARY, PLANNED, ALSO = "primary", "planned", "further"
"""What an analysis is in the plan."""

ANCHORED = (
    Column("SE, information-anchored", "{std.error.anchored}"),
    Column("Interval, information-anchored", "{conf.low.anchored} to {conf.high.anchored}"),
)
ANCHORED_NOTE = (
    "Of conditional means the SE is the jackknife's, the frequentist one, on which the verdict "
    "rests: every participant is left out in turn and everything done anew. The "
    "information-anchored one (Lu 2021) keeps how far an assumption moves the imputed values from "
    "those at random, and so grows with what is missing as it does at random. Both intervals are "
    "normal."
)


@section
def robustness(run: Settings) -> Results:
    """Return the treatment difference by every analysis, each with its own verdict.

    Returns
    -------
    Results
        The primary analysis, then the sensitivity analyses of the plan, then the further ones:
        every other population of the trial, the unadjusted difference, peak growth hormone as a
        covariate where it is recorded and the model has not got it, the other models,
        conditional means under missing at random, the reference-based ones and the last mean
        carried forward, multiple imputation, and the tipping point. An analysis that cannot be
        done is a row too: *not estimable*, and why. With several arms all this for each
        comparison, under its name.

    Notes
    -----
    Imputation models the endpoint's visits jointly, by arm mean and pooled covariance, with the
    covariates and strata of the plan. Conditional means are analysed by ANCOVA; their standard
    error is the jackknife's, on which the verdict rests, with the information-anchored one
    (``std.error.anchored``) beside it. Each data set of multiple imputation is analysed by the
    model of the run, and pooled by Rubin's rules with Barnard and Rubin's degrees of freedom.
    """
    several = has_several(run)
    rows = [
        row | of_any_handling(run) | ({"group2_level": each.contrast} if several else {})
        for each in comparisons(run)
        for row in _of_one(each)
    ]
    return effect_results(
        run, rows, "robustness", group1="analysis", group2="contrast" if several else "",
        context="sensitivity",
    )  # fmt: skip


def _of_one(run: Settings) -> list[dict[str, Any]]:
    """Return every analysis of one comparison, and whether they concur."""
    rows = [row for standing, each in _analyses(run) if (row := _row(run, each, standing))]
    conclusions = {row["conclusion"] for row in rows} - {NOT_ESTIMABLE, TIPS}
    agreement = {
        "group1_level": AGREEMENT,
        "conclusion": "all concur" if len(conclusions) == 1 else "they do not all concur",
        "detail": " and ".join(sorted(conclusions)),
    }
    return [*rows, agreement]


def _analyses(run: Settings) -> Iterator[tuple[str, Sensitivity]]:
    """Yield every analysis once, under what it is first: primary, planned or further."""
    imputes = run.missing_data == "multiple imputation"
    words = [
        (PRIMARY, run.missing_data if imputes else run.population),
        *((PLANNED, word) for word in run.trial.plan.analysis_of(run.endpoint).sensitivity),
        *((ALSO, word) for word in (*run.trial.plan.populations, *further(run))),
    ]
    seen: set[str] = set()
    for standing, word in words:
        found = named(run, word)
        if found.label not in seen:
            seen.add(found.label)
            yield standing, found


def _row(run: Settings, analysis: Sensitivity, standing: str) -> dict[str, Any]:
    try:
        found = shared(f"sensitivity {analysis.label}", run, analysis.analyse)
    except UserError as error:
        if standing == ALSO and isinstance(error, NoSection):
            return {}  # Nobody asked for what the trial does not record.
        absent = no_interval(
            str(error), level=run.conf_level, method=analysis.label, ratio=run.effect.is_ratio
        )
        found = Found(interval=absent, rests_on="")
    verdict = verdict_on(run, found.interval)
    return {
        "group1_level": analysis.label,
        "population": analysis.population or run.population,
        "method": f"{found.interval.method}; level {level(run.conf_level)}",
        **interval_columns(found.interval),
        **_anchored(found.anchored),
        **bound_columns(verdict),
        "conclusion": TIPS if found.tips else verdict.conclusion,
        "zero": "" if found.tips else verdict.zero_words,
        "worse": verdict.worse_words,
        "reason": verdict.reason if verdict.conclusion == NOT_ESTIMABLE else "",
        "detail": found.rests_on,
        "standing": standing,
    }


def _anchored(found: Interval | None) -> dict[str, Any]:
    """Return the information-anchored standard error and interval, where there is one."""
    names = ("std.error", "conf.low", "conf.high")
    columns = interval_columns(found, *names) if found else {}
    return {f"{name}.anchored": value for name, value in columns.items()}


@robustness.shows
def robustness_figures(robustness: Results, run: Settings) -> list[Figure | Reading]:
    """Draw the differences by every analysis, the margin drawn; agreement is no analysis."""
    rows = robustness.frame
    analyses = Results(rows[rows["group1_level"] != AGREEMENT].reset_index(drop=True))
    return [
        effect_forest(
            each,
            own,
            title=f"The same {run.effect.kind} by other populations, models and assumptions"
            + _which(each),
            labels=["group1_level"],
            caption=f"Dot: estimate; bar: interval. {margin_caption(run)} An analysis without a "
            "dot is not estimable; the table says why.",
        )
        for own, each in zip(comparisons(run), by_comparison(analyses, "group2_level"), strict=True)
    ]


def _which(analyses: Results) -> str:
    """Return the comparison for the end of a title, where there are several."""
    which = str(analyses.frame["group2_level"].iloc[0])
    return f": {which}" if which else ""


@robustness.shows
def robustness_table(robustness: Results, run: Settings) -> Table:
    """Show every analysis of the forest with its verdict."""
    return Table(
        title=f"Robustness: the same {run.effect.kind} by other analyses{unit_words(robustness)}",
        results=robustness,
        labels={"group1_level": "Analysis"},
        groups="group2_level" if has_several(run) else "",
        columns=[
            Column("In the plan", "{standing}", "text"),
            Column("Estimate", "{estimate}"),
            *columns.PRECISION,
            *(ANCHORED if has(robustness, "std.error.anchored") else []),
            Column(to_be_shown(run).objective.capitalize(), columns.VERDICT, "text"),
            Column("Rests on", "{detail}", "text"),
            *([columns.REMARK] if has(robustness, "reason") else []),
        ],
        footnotes=[
            f"Population, where a row names no other: {run.population_words}. Primary and planned: "
            "named in the plan; further: shown beside it.",
            *([ANCHORED_NOTE] if has(robustness, "std.error.anchored") else []),
        ],
    )
