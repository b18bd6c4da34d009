"""Rules on the kind of an endpoint: what is no measurement is averaged only as the plan says."""

from collections.abc import Iterator

from analysis.sources.trial.checks.outcome import table_of
from analysis.sources.trial.checks.study import Study
from analysis.sources.trial.columns import number, text
from analysis.sources.trial.finding import TrialFinding
from analysis.sources.trial.scales import few_whole_numbers, named_steps

MOST_SHOWN = 10
"""Steps of a scale that a message names."""


def times_are_no_measurements(study: Study) -> Iterator[TrialFinding]:
    """Find endpoints that would be averaged although their records say how a time ended."""
    for endpoint in study.plan.decided:
        ends = number(table_of(study, endpoint), "CNSR")
        if endpoint.kind != "continuous" or ends is None:
            continue
        name, code = endpoint.dataset.lower(), endpoint.paramcd
        its = study.equal(name, "PARAMCD", code) & ends.notna()
        said = "is declared continuous" if endpoint.declares_kind else "declares no kind"
        message = (
            f"'{endpoint.name}' {said}, and {code} has CNSR, so it is a time to an event, some of "
            "them censored: write kind: time-to-event"
        )
        yield from study.errors(name, "CNSR", its, "kind and data", message)


def scales_are_declared(study: Study) -> Iterator[TrialFinding]:
    """Find endpoints of no declared kind that look like yes and no, or like steps of a scale.

    Where the plan declares them continuous, its author wants their scores averaged: a note.
    """
    said: set[tuple[str, str, bool]] = set()
    for endpoint in study.plan.decided:
        table, name = table_of(study, endpoint), endpoint.dataset.lower()
        key = (name, endpoint.paramcd, endpoint.declares_kind)
        values = number(table, "AVAL")
        if values is None or endpoint.kind != "continuous" or key in said:
            continue
        said.add(key)
        chosen = study.selected(endpoint) & study.equal(name, "PARAMCD", endpoint.paramcd)
        its = chosen & values.notna()
        if "CNSR" in table and (its & table["CNSR"].notna()).any():
            continue  # The rule above has said what it is.
        own = table.loc[its, table.columns.intersection(["AVAL", "AVALC"])]
        words = text(own, "AVALC")
        steps = named_steps(own["AVAL"], words) if words is not None else {}
        levels = list(steps) or few_whole_numbers(own["AVAL"])
        if len(levels) < 2:
            continue
        seen = f"{endpoint.paramcd} has {len(levels)} values, {_shown(levels, steps)}"
        if endpoint.declares_kind:
            message = f"{seen}: declared continuous, so its scores are averaged"
            yield from study.notes(name, "AVAL", its, "few values", message)
        else:
            message = f"{seen}, and '{endpoint.name}' declares no kind: {_remedy(levels, steps)}"
            yield from study.errors(name, "AVAL", its, "kind not declared", message)


def _shown(levels: list[float], steps: dict[float, str]) -> str:
    each = [f"{level:g}" + (f" ({steps[level]} by AVALC)" if steps else "") for level in levels]
    more = [f"and {len(each) - MOST_SHOWN} more"] if len(each) > MOST_SHOWN else []
    return ", ".join([*each[:MOST_SHOWN], *more])


def _remedy(levels: list[float], steps: dict[float, str]) -> str:
    variable, example = ("AVALC", steps[levels[-1]]) if steps else ("AVAL", f"{levels[-1]:g}")
    rule = f'response: {{variable: {variable}, is: "{example}"}}'
    what = "or whichever is a response" if len(levels) == 2 else "or whichever are a response"
    return (
        f"write kind: binary with {rule}, {what}, or kind: continuous if its scores are to be "
        "averaged"
    )


def words_are_responses(study: Study) -> Iterator[TrialFinding]:
    """Find endpoints of no declared kind in a table of words, AVALC, without numbers."""
    for endpoint in study.plan.decided:
        table, name = table_of(study, endpoint), endpoint.dataset.lower()
        words = text(table, "AVALC")
        if words is None or endpoint.kind != "continuous" or endpoint.declares_kind:
            continue
        own = study.selected(endpoint) & study.equal(name, "PARAMCD", endpoint.paramcd)
        seen = sorted(set(words[own].unique()) - {""})
        if not seen or "AVAL" in table:
            continue  # Where AVAL is there and blank, the endpoint has no values.
        message = (
            f"'{endpoint.name}' declares no kind, and {endpoint.paramcd} has no AVAL but the words "
            f"{', '.join(seen[:MOST_SHOWN])}: write kind: binary with "
            f'response: {{variable: AVALC, is: "{seen[-1]}"}}, or whichever are a response'
        )
        its = own & (words != "")
        yield from study.errors(
            name, "AVALC", its, "kind not declared", message, shown=table["AVALC"]
        )
