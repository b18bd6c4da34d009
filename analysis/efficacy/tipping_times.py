"""The tipping point of a time: how much worse those who left early would have to fare."""

from functools import lru_cache
from itertools import pairwise
from typing import Any

from analysis.display import columns
from analysis.display.reading import Reading
from analysis.display.rows import has, method_words
from analysis.display.tables import Column, Table
from analysis.efficacy.comparisons import comparisons, has_several
from analysis.efficacy.methods.subgroups import ratio_of_logarithm
from analysis.efficacy.methods.survival import TIES
from analysis.efficacy.primary import modelled, one_bound, verdict_on
from analysis.efficacy.rows import effect_results
from analysis.efficacy.settings import Settings
from analysis.errors import NoSection, UserError
from analysis.numbers import fixed, level
from analysis.results import NOT_ESTIMABLE, Results, section
from analysis.results.intervals import interval_columns
from analysis.stats.intervals import Interval, no_interval
from analysis.stats.tipping_hazard import impute_times, pool_hazard_ratio

DELTAS = (1.0, 1.25, 1.5, 2.0, 3.0, 5.0, 10.0)
"""What the hazard of those who left early is multiplied by, or divided where it is to fall."""
SHOWN = ("estimate", "std.error", "conf.low", "conf.high")


@lru_cache(maxsize=8)
def path(run: Settings) -> tuple[tuple[float, Interval], ...]:
    """Return the hazard ratio for each delta, from censoring at random on.

    Notes
    -----
    Kaplan–Meier multiple imputation of the treatment's participants who were censored before the
    last time of the data, or the plan's ``until``; the hazard ratio of the run's Cox model in each
    completed data set, pooled by Rubin's rules on the log scale.
    """
    data = modelled(run)
    until = run.endpoint.until or float(data["response"].max())

    def at(delta: float) -> Interval:
        try:
            found = impute_times(
                data, time="response", event="event", arm="arm", arms=run.treatment, until=until,
                delta=delta, n_imputations=run.imputations, seed=run.seed,
            )  # fmt: skip
            pooled = pool_hazard_ratio(
                found, arm=run.treatment, reference=run.reference,
                covariates=list(run.covariates), strata=list(run.strata), ties=TIES,
                level=run.conf_level,
            )  # fmt: skip
        except UserError as error:
            return no_interval(
                str(error), level=run.conf_level, method="multiple imputation", ratio=True
            )
        return ratio_of_logarithm(pooled, "multiple imputation")

    start = at(1.0)
    # What is not shown can only be changed by a hazard on the better side, and the other way round.
    verdict = verdict_on(run, start)
    one_bound(verdict)
    rises = verdict.shown == (run.effect_direction == "lower")
    deltas = [each if rises else 1.0 / each for each in DELTAS[1:]]
    return ((1.0, start), *((each, at(each)) for each in deltas))


@section
def tipping_times(run: Settings) -> Results:
    """Return the hazard ratio as the hazard of those who left the treatment early is changed.

    Returns
    -------
    Results
        One row a ``delta``, what their hazard is multiplied by: hazard ratio, limits and
        ``conclusion``; ``remark`` of the first row says where the verdict changes.

    Raises
    ------
    NoSection
        If the model of the run estimates no hazard ratio.
    """
    if not run.effect.of_hazard:
        raise NoSection("the model of the run estimates no hazard ratio")
    rows = [row | {"group1_level": each.contrast} for each in comparisons(run)
            for row in _of_one(each)]  # fmt: skip
    return effect_results(
        run, rows, "tipping-times", group1="contrast", context="sensitivity",
        method="Kaplan–Meier multiple imputation of who was censored early, hazard times delta; "
        f"Cox regression, Rubin's rules; level {level(run.conf_level)}",
    )  # fmt: skip


def _of_one(run: Settings) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for delta, found in path(run):
        row: dict[str, Any] = {"variable_level": f"delta {delta:.4g}", "ratio.delta": delta}
        verdict = verdict_on(run, found)
        row["conclusion"] = verdict.conclusion
        row |= {"reason": found.reason} if found.estimate is None else interval_columns(
            found, *SHOWN
        )  # fmt: skip
        rows.append(row)
    return [rows[0] | {"remark": said(run)}, *rows[1:]]


def said(run: Settings) -> str:
    """Say at which delta the verdict changes, as far as it was looked for."""
    conclusions = [(delta, verdict_on(run, found).conclusion) for delta, found in path(run)]
    first = conclusions[0][1]
    if first == NOT_ESTIMABLE:
        return f"{NOT_ESTIMABLE}, because {path(run)[0][1].reason}"
    last = first_change(conclusions)
    who = f"those of {run.treatment} who were censored early"
    if last is None:
        return (
            f"with the hazard of {who} multiplied by anything from 1 to "
            f"{fixed(conclusions[-1][0], 2)} the verdict stays: {first}"
        )
    before, delta, other = last
    return (
        f"the verdict ({first}) becomes {other} when the hazard of {who} is multiplied by a number "
        f"between {fixed(before, 2)} and {fixed(delta, 2)}"
    )


def first_change(conclusions: list[tuple[float, str]]) -> tuple[float, float, str] | None:
    """Return the deltas between which the verdict first changes, and what it becomes.

    Examples
    --------
    >>> first_change([(1.0, "superior"), (1.5, "superior"), (2.0, "not shown")])
    (1.5, 2.0, 'not shown')
    """
    for (before, _), (delta, word) in pairwise(conclusions):
        if word not in (conclusions[0][1], NOT_ESTIMABLE):
            return before, delta, word
    return None


@tipping_times.shows
def tipping_reading(tipping: Results, run: Settings) -> Reading:
    """Say how much worse, or better, those who left early would have to fare."""
    rows = tipping.wide().dropna(subset=["remark"]).to_dict("records")
    several = has_several(run)
    which = (f" of {row['group1_level']}" if several else "" for row in rows)
    return Reading(
        [f"Tipping point{of}: {row['remark']}." for of, row in zip(which, rows, strict=True)],
        tipping,
    )


@tipping_times.shows
def tipping_table(tipping: Results, run: Settings) -> Table:
    """Show the hazard ratio along the way."""
    return Table(
        title="When those who left early fare otherwise",
        results=tipping,
        groups="group1_level" if has_several(run) else "",
        labels={},
        columns=[
            Column("Hazard times", "{ratio.delta}"),
            Column("Hazard ratio", "{estimate}"),
            columns.SE,
            columns.INTERVAL,
            Column("Verdict", "{conclusion}", "text"),
            *([columns.REMARK] if has(tipping, "reason") else []),
        ],
        footnotes=[f"Population: {run.population_words}. {method_words(tipping)}."],
        folded=True,
    )
