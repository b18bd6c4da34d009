"""Every hypothesis that the plan tests, and which of them may be claimed."""

from typing import Any

from analysis.display import columns
from analysis.display.reading import Reading
from analysis.display.rows import has, synthetic_words
from analysis.display.tables import Column, Table
from analysis.efficacy.claims import CLAIMED, Claim, claims, columns_of, procedure_words
from analysis.efficacy.comparisons import has_several
from analysis.efficacy.hypotheses import hypotheses as families_of
from analysis.efficacy.hypotheses import why_not_tested
from analysis.efficacy.rows import endpoint_results
from analysis.efficacy.settings import Settings
from analysis.errors import NoSection, UserError
from analysis.numbers import level
from analysis.results import Results, section
from analysis.words import counted, listed


@section
def hypotheses(run: Settings) -> Results:
    """Return every hypothesis of the plan with its p-value, its adjusted one, and the claim.

    Raises
    ------
    NoSection
        Where the plan declares no procedure, or one hypothesis alone is tested.
    UserError
        Where the run has another endpoint or reference than the plan.

    Notes
    -----
    Each by the method of the primary analysis; a secondary endpoint is tested for superiority.
    """
    declared = run.trial.plan.analysis.multiplicity
    other = why_not_tested(run)
    if other:
        raise UserError(f"the hypotheses of the plan are not those of this run: {other}")
    every = claims(run)
    if declared is None or len(every) < 2:
        raise NoSection("the plan tests no more than one hypothesis")
    families = families_of(run)
    names = [
        f"Family {place}, by {family.method}" if len(families) > 1 else ""
        for place, family in enumerate(families, start=1)
        for _ in family.hypotheses
    ]
    shares = declared.weights or [None] * len(every)
    rows = [
        _row(each, name) | ({} if share is None else {"alpha.share": share})
        for each, name, share in zip(every, names, shares, strict=True)
    ]
    return endpoint_results(
        run, rows, "hypotheses", group1="contrast", group2="family",
        method=f"{procedure_words(declared)}; {run.model} as planned for the primary endpoint; "
        f"level {level(run.conf_level)}",
    )  # fmt: skip


def _row(claim: Claim, family: str) -> dict[str, Any]:
    endpoint = claim.hypothesis.run.endpoint
    estimated = claim.hypothesis.difference is not None
    return {
        "group1_level": claim.contrast,
        "group2_level": family,
        "variable": endpoint.name,
        "variable_level": endpoint.unit,
        "dataset": endpoint.dataset,
        **({"p.value": claim.hypothesis.p_value} if estimated else {}),
        **columns_of(claim),
    }


@hypotheses.shows
def hypotheses_reading(hypotheses: Results, run: Settings) -> Reading:
    """Say in one sentence what may be claimed."""
    every = claims(run)
    clear = [each.name for each in every if each.conclusion == CLAIMED]
    number = counted(len(clear)) if clear else "none"
    said = f"Of {counted(len(every), 'hypothesis')} {number} may be claimed"
    named = f": {listed(clear)}." if clear else "."
    return Reading([said + named, *synthetic_words(hypotheses)], hypotheses)


@hypotheses.shows
def hypotheses_table(hypotheses: Results, run: Settings) -> Table:
    """Show every hypothesis in the order in which it is tested."""
    several = len({each.endpoint for each in claims(run)}) > 1
    families = len(families_of(run)) > 1
    labels = {"variable": "Endpoint"} if several else {}
    if has_several(run) or not several:
        labels["group1_level"] = "Difference"
    tested = "the margin in the primary endpoint, else none" if run.margin else "zero"
    return Table(
        title="The hypotheses in their order, and which may be claimed",
        results=hypotheses,
        groups="group2_level" if families else "",
        labels=labels,
        columns=[
            *(
                [Column("Share of alpha, %", "{alpha.share}")]
                if has(hypotheses, "alpha.share")
                else []
            ),
            *([Column("p", "{p.value}")] if has(hypotheses, "p.value") else []),
            *(
                [Column("p, adjusted", "{p.value.adjusted}")]
                if has(hypotheses, "p.value.adjusted")
                else []
            ),
            columns.CLAIM,
        ],
        footnotes=[
            f"{'' if has_several(run) else f'{run.contrast}. '}Population: {run.population_words}. "
            f"{_procedure(run)}. p: two-sided, of the difference being {tested}. A claim needs the "
            "adjusted p below one minus the level, and the estimate on the better side."
        ],
    )


def _procedure(run: Settings) -> str:
    """Return the procedure in words, with what a reader needs to follow it."""
    declared = run.trial.plan.analysis.multiplicity
    if declared is None:
        return ""
    if declared.weights:
        return (
            f"Tested by {procedure_words(declared)}; share of alpha: before any hypothesis is "
            "claimed, whose share then goes to others"
        )
    how = {
        "serial": "a family is tested where all before it may be claimed",
        "parallel": "a family is tested at the part of alpha that the claimed hypotheses had",
    }
    gate = f", {how[declared.gate]}" if declared.method == "gatekeeping" else ""
    return f"Tested by {procedure_words(declared)}{gate}"
