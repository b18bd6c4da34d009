"""How the protocol was kept: deviations, and who left the per-protocol set."""

import pandas as pd

from analysis.display.tables import Column, Table
from analysis.efficacy.participants import WITH_ARM, counts
from analysis.efficacy.settings import Settings
from analysis.errors import NoSection, UserError
from analysis.results import Results, placed, section, tally
from analysis.words import sentence_case

ANY = "Any"


def _sizes(run: Settings) -> dict[str, int]:
    """Return how many participants have each arm of the run."""
    arms = run.trial.tables["adsl"]["TRT01P"]
    return {arm: int((arms == arm).sum()) for arm in run.arms}


@section
def deviations(run: Settings) -> Results:
    """Return the protocol deviations, arm by arm: participants with each, and with any.

    Notes
    -----
    From the deviations table that the plan names, of everyone with an arm; a participant counts
    once per row. DVCAT, where a trial has it, tells major from minor ones.
    """
    name = run.trial.plan.deviations.lower()
    if not name:
        raise NoSection("the plan of the trial names no table of deviations")
    if "DVTERM" not in run.trial.tables[name]:
        raise UserError(f"{name} has no DVTERM, the deviation in words")
    arms = run.trial.tables["adsl"][["USUBJID", "TRT01P"]]
    table = placed(run.trial.tables[name], name)
    found = table.drop(columns="TRT01P", errors="ignore").merge(arms)
    found = found[found["TRT01P"].isin(run.arms)]
    kind = found["DVCAT"].map(sentence_case) if "DVCAT" in found else "Deviation"
    found = found.assign(group2_level=kind, variable=found["DVTERM"])
    every = pd.concat([found, found.assign(variable=ANY)])
    if every.empty:
        raise UserError("no participant has a protocol deviation")
    cells = dict(iter(every.groupby(["group2_level", "variable"])))
    size_of = {row: own["USUBJID"].nunique() for row, own in cells.items()}
    rows = [
        {
            "group2_level": level,
            "variable": term,
            "group1_level": arm,
            "n_population": size,
            **tally(cells[level, term][cells[level, term]["TRT01P"] == arm]),
        }
        for level, term in sorted(cells, key=lambda row: (row[0], row[1] != ANY, -size_of[row]))
        for arm, size in _sizes(run).items()
    ]
    frame = pd.DataFrame(rows)
    return run.results(
        frame.assign(
            p=frame["n"] / frame["n_population"].where(frame["n_population"] > 0),
            dataset=name,
            population=WITH_ARM,
        ),
        "deviations",
        group1="arm",
        group2="category",
        context="participants",
    )


@deviations.shows
def deviations_table(deviations: Results, run: Settings) -> Table:
    """Show the protocol deviations by category."""
    who = "; ".join(f"{arm} N {size}" for arm, size in _sizes(run).items())
    return Table(
        title="Protocol deviations, participants n (%)",
        results=deviations,
        groups="group2_level",
        labels={"variable": "Deviation"},
        across="group1_level",
        columns=[Column("", "{n} ({p})")],
        footnotes=[f"Everyone with an arm: {who}. A participant counts once in each row."],
    )


@section
def exclusions(run: Settings) -> Results:
    """Return why participants are not in the per-protocol set, arm by arm.

    Notes
    -----
    From PPEXCL of ADSL, where a trial has it.
    """
    adsl = run.trial.tables["adsl"]
    if "PPEXCL" not in adsl:
        raise NoSection("ADSL has no PPEXCL, the reason for leaving the per-protocol set")
    named = adsl[(adsl["PPEXCL"] != "") & adsl["TRT01P"].isin(run.arms)]
    if named.empty:
        raise UserError("no participant was left out of the per-protocol set")
    place = {"population": WITH_ARM}
    rows = [
        place
        | {"variable": reason, "group1_level": arm, "n_population": size}
        | tally(own[own["TRT01P"] == arm])
        for reason, own in named.groupby("PPEXCL")
        for arm, size in _sizes(run).items()
    ]
    return counts(run, rows, "per-protocol-exclusions")


@exclusions.shows
def exclusions_table(exclusions: Results, _run: Settings) -> Table:
    """Show the protocol deviations behind the per-protocol set."""
    return Table(
        title="Protocol deviations that end the per-protocol set, participants",
        results=exclusions,
        labels={"variable": "Reason"},
        across="group1_level",
        columns=[Column("", "{n}")],
    )
