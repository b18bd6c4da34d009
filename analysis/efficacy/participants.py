"""Who was studied: the flow from screening to analysis, and the analysis sets."""

from collections.abc import Iterator
from typing import Any

import pandas as pd

from analysis.display import Arrow, Box, Figure, diagram
from analysis.display.tables import Column, Table
from analysis.efficacy.baseline_table import baseline as baseline
from analysis.efficacy.settings import Settings, compares
from analysis.results import Results, section
from analysis.sources.trial.standing import COMPLETED as COMPLETED_STUDY
from analysis.sources.trial.standing import ONGOING as ONGOING_STUDY
from analysis.sources.trial.standing import STOPPED as STOPPED_STUDY
from analysis.sources.trial.standing import UNKNOWN as UNKNOWN_STATUS
from analysis.sources.trial.standing import Standing, standing

ALL, SCREENED, STOPPED = "All", "Screened", "Stopped"
TREATED, COMPLETED, ANALYSED = "Treated", "Completed", "Analysed"
ONGOING, UNKNOWN = "Ongoing", "End not recorded"
NOT_RECORDED = "not recorded"
"""In place of a number that ADSL does not hold."""
WITH_ARM = "everyone with an arm"
"""Population of what is counted whatever the analysis set."""
RANDOMISED = "randomised"
"""Name of a population: where nobody was, it holds the enrolled."""


def entry(run: Settings) -> str:
    """Return what it is called to get an arm; nobody is randomised to the only one."""
    return "Randomised" if compares(run) else "Enrolled"


def no_entry(run: Settings) -> str:
    """Return what it is called to be screened and get no arm."""
    return f"Not {entry(run).lower()}"


@section
def disposition(run: Settings) -> Results:
    """Return participant numbers from screening to analysis, arm by arm, with reasons.

    Notes
    -----
    Screened: rows of ADSL, where it holds those who got no arm. Randomised, or enrolled: those
    with an arm. Treated, completed, stopped and why: see `standing`. Analysed: the population of
    the run. What ADSL does not record is "not recorded", never a number.
    """
    adsl = run.trial.tables["adsl"]
    with_arm = adsl["TRT01P"].isin(run.arms)
    known = standing(adsl, with_arm)
    everyone = {"group1_level": ALL, "population": "everyone screened", "n_population": len(adsl)}
    rows: list[dict[str, Any]] = [
        everyone | {"variable": SCREENED} | _counted(known.screened, len(adsl)),
        everyone | {"variable": no_entry(run)} | _counted(known.screened, int((~with_arm).sum())),
    ]
    analysed = adsl["USUBJID"].isin(run.subjects()["USUBJID"])
    completed = None if known.ended is None else known.ended == COMPLETED_STUDY
    steps = {entry(run): with_arm, TREATED: known.treated, COMPLETED: completed, ANALYSED: analysed}
    for arm in run.arms:
        own = adsl["TRT01P"] == arm
        place = {"group1_level": arm, "population": WITH_ARM, "n_population": int(own.sum())}
        for step, at in steps.items():
            row = _counted(at is not None, 0 if at is None else int((own & at).sum()))
            rows.append(place | {"variable": step} | row)
        for what, level, n in _left(known, own):
            rows.append(place | {"variable": what, "variable_level": level, "n": n})
    return counts(run, rows, "disposition")


def _counted(recorded: bool, n: int) -> dict[str, Any]:
    """Return a number of participants, or that it is not recorded."""
    return {"n": n} if recorded else {"remark": NOT_RECORDED}


def _left(known: Standing, own: pd.Series) -> Iterator[tuple[str, str, int]]:
    """Yield who of an arm stopped, by reason, and whose end is yet to come or not recorded."""
    if known.ended is None:
        return
    stopped = own & (known.ended == STOPPED_STUDY)
    if known.reasons is None:
        reasons = pd.Series("Reason not recorded", index=own.index)
    else:
        reasons = known.reasons.str.strip().replace("", "Not stated").str.capitalize()
    for reason, n in reasons[stopped].value_counts().items():
        yield STOPPED, str(reason), int(n)
    for what, status in ((ONGOING, ONGOING_STUDY), (UNKNOWN, UNKNOWN_STATUS)):
        if n := int((own & (known.ended == status)).sum()):
            yield what, "", n


def counts(run: Settings, rows: list[dict[str, Any]], analysis_id: str) -> Results:
    """Return counts of participants in ADSL as results."""
    frame = pd.DataFrame(rows).assign(dataset="adsl")
    return run.results(frame, analysis_id, group1="arm", context="participants")


@disposition.shows
def flow_diagram(disposition: Results, run: Settings) -> Figure:
    """Draw the flow of participants from the data (CONSORT)."""
    levels = dict.fromkeys(disposition.frame["group1_level"])
    arms = [arm for arm in levels if arm != ALL]
    screened, left = (_said(disposition, each) for each in (SCREENED, no_entry(run)))
    boxes, said = [], []
    for place, arm in enumerate(arms):
        own = disposition.select(group1_level=arm)
        entered, treated, completed, analysed = (
            _said(own, step) for step in (entry(run), TREATED, COMPLETED, ANALYSED)
        )
        entering = [f"{entry(run).lower()} {entered}", f"treated {treated}"]
        why = _stopped_words(own, completed)
        boxes.append(
            [
                Box(f"r{place}", arm, "\n".join(entering)),
                Box(f"s{place}", "Stopped early", ",\n".join(why)),
                Box(f"a{place}", f"Analysed {analysed}", f"completed {completed}"),
            ]
        )
        said.append(
            f"{arm}: {', '.join(entering)}, stopped early ({', '.join(why)}), "
            f"completed {completed}, analysed {analysed}"
        )
    detail = f"{no_entry(run).lower()} {left}" if left != NOT_RECORDED else ""
    top = Box("screened", f"Screened {screened}" if detail else f"Screened: {screened}", detail)
    return diagram(
        title="Flow of participants",
        alt=f"{', '.join(filter(None, [top.title, detail]))}. {'; '.join(said)}.",
        rows=[[top], *(list(row) for row in zip(*boxes, strict=True))],
        arrows=[
            Arrow(start.name, end.name)
            for column in boxes
            for start, end in zip([top, *column], column, strict=False)
        ],
        results=disposition,
        caption="Counted from the data; analysed: the population of this run.",
    )


def _said(results: Results, step: str) -> str:
    """Return the number of a step as written, or that it is not recorded."""
    [words] = results.select(variable=step).frame["stat_fmt"]
    return str(words)


def _stopped_words(own: Results, completed: str) -> list[str]:
    """Return who of an arm stopped, reason by reason, in words."""
    if completed == NOT_RECORDED:
        return [NOT_RECORDED]
    frame = own.frame
    stopped = frame[frame["variable"] == STOPPED]
    words = list(stopped["variable_level"].str.lower() + " " + stopped["stat_fmt"]) or ["none"]
    for what in (ONGOING, UNKNOWN):
        words += [f"{what.lower()} {n}" for n in frame.loc[frame["variable"] == what, "stat_fmt"]]
    return words


@section
def analysis_sets(run: Settings) -> Results:
    """Return the size of every population of the trial, arm by arm."""
    rows = []
    for population in run.trial.plan.populations:
        for arm in run.arms:
            size = run.size_of(population, arm)
            rows.append(
                {"variable": population, "group1_level": arm, "n": size, "population": population}
            )
    return counts(run, rows, "analysis-sets")


@analysis_sets.shows
def sets_table(sets: Results, run: Settings) -> Table:
    """Show the analysis sets; a set named after randomisation is explained where nobody was."""
    misnamed = not compares(run) and RANDOMISED in run.trial.plan.populations
    return Table(
        title="Analysis sets, participants",
        results=sets,
        labels={"variable": "Population"},
        across="group1_level",
        columns=[Column("", "{n}")],
        footnotes=["Nobody was randomised: that set holds the enrolled."] if misnamed else [],
    )
