"""Who was studied: the flow from screening to analysis, and the analysis sets.

Sets and analyses count different people; where two numbers of a page could be taken for one,
each says what it counts, and the difference has its reason and its size.
"""

from collections.abc import Iterator
from typing import Any

import pandas as pd

from analysis.display import Arrow, Box, Figure, diagram
from analysis.display.tables import Column, Table
from analysis.efficacy.analysed import analysed
from analysis.efficacy.baseline_table import baseline as baseline
from analysis.efficacy.settings import Settings, compares
from analysis.errors import UserError
from analysis.results import Results, combine, section, tally
from analysis.results.withheld import AMONG
from analysis.sources.trial.standing import COMPLETED as COMPLETED_STUDY
from analysis.sources.trial.standing import ONGOING as ONGOING_STUDY
from analysis.sources.trial.standing import STOPPED as STOPPED_STUDY
from analysis.sources.trial.standing import UNKNOWN as UNKNOWN_STATUS
from analysis.sources.trial.standing import Standing, speaks_of_completion, standing
from analysis.sources.trial.variable_words import label_of
from analysis.words import begins_sentence, sentence_case

ALL, SCREENED, STOPPED = "All", "Screened", "Stopped"
TREATED, COMPLETED, ANALYSED = "Treated", "Completed", "Analysed"
IN_SET, NOT_ANALYSED = "In the analysis set", "In the set and not analysed"
ONGOING, UNKNOWN = "Ongoing", "End not recorded"
SETS, COMPLETERS = "analysis-sets", "analysis-sets-completers"
"""The two analyses of the sets: their sizes, and how sets of completers differ from the flow."""
NOT_RECORDED = "not recorded"
"""In place of a number that ADSL does not hold."""
NO_ANALYSIS = "none: the primary analysis is not estimable"
"""In place of the number analysed."""
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
    with an arm. Treated, completed, stopped and why: see `standing`. Analysed: who is in the
    primary analysis of the run; of its population those who are not have a row a reason. What ADSL
    does not record is "not recorded", never a number.
    """
    adsl = run.trial.tables["adsl"]
    with_arm = adsl["TRT01P"].isin(run.arms)
    known = standing(adsl, with_arm)
    everyone = {"group1_level": ALL, "population": "everyone screened", "n_population": len(adsl)}
    rows: list[dict[str, Any]] = [
        everyone | {"variable": step} | _counted(adsl[at] if known.screened else None)
        for step, at in ((SCREENED, with_arm | ~with_arm), (no_entry(run), ~with_arm))
    ]
    inside, why_not = adsl["USUBJID"].isin(run.subjects()["USUBJID"]), _why_not(run)
    completed = None if known.ended is None else known.ended == COMPLETED_STUDY
    steps = {entry(run): with_arm, TREATED: known.treated, COMPLETED: completed, IN_SET: inside}
    for arm in run.arms:
        own = adsl["TRT01P"] == arm
        place = {"group1_level": arm, "population": WITH_ARM, "n_population": int(own.sum())}
        for step, at in steps.items():
            row = _counted(None if at is None else adsl[own & at])
            rows.append(place | {"variable": step} | row)
        members = adsl[own & inside]
        rows += [place | row for row in _used(run, why_not, members)]
        for what, level, at in _left(run, known, own):
            rows.append(place | {"variable": what, "variable_level": level} | tally(adsl[at]))
    return counts(run, rows, "disposition")


def _used(run: Settings, why_not: pd.Series | None, members: pd.DataFrame) -> list[dict[str, Any]]:
    """Return how many members of the analysis set are analysed, and why the others are not."""
    if why_not is None:
        return [{"variable": ANALYSED, "remark": NO_ANALYSIS}]
    why = members["USUBJID"].map(why_not)
    return [
        {"variable": ANALYSED, **tally(members[why == ""])},
        *(
            {"variable": NOT_ANALYSED, "variable_level": reason, **tally(members[why == reason])}
            for reason in by_size(run, why[why != ""])
        ),
    ]


def by_size(run: Settings, reasons: pd.Series) -> list[str]:
    """Return reasons, the most frequent first; those of few by name, whose order tells nothing."""
    found, small = reasons.value_counts(), run.trial.plan.allowed.small
    few = [str(reason) for reason, count in found.items() if small(count)]
    return [*(str(each) for each in found.index if str(each) not in few), *sorted(few)]


def _why_not(run: Settings) -> pd.Series | None:
    """Return why each participant is not in the primary analysis, "" where one is; None without it.

    Who has several rows is analysed where one of them is.
    """
    try:
        rows = analysed(run)
    except UserError:
        return None  # The section of the analysis says why there is none.
    return (
        rows.sort_values("why_not", kind="stable")
        .drop_duplicates("USUBJID")
        .set_index("USUBJID")["why_not"]
    )


def _counted(who: pd.DataFrame | None) -> dict[str, Any]:
    """Return a number of participants, or that it is not recorded."""
    return {"remark": NOT_RECORDED} if who is None else tally(who)


def _left(run: Settings, known: Standing, own: pd.Series) -> Iterator[tuple[str, str, pd.Series]]:
    """Yield who of an arm stopped, by reason, and whose end is yet to come or not recorded."""
    if known.ended is None:
        return
    stopped = own & (known.ended == STOPPED_STUDY)
    if known.reasons is None:
        reasons = pd.Series("Reason not recorded", index=own.index)
    else:
        reasons = known.reasons.str.strip().replace("", "Not stated").map(sentence_case)
    for reason in by_size(run, reasons[stopped]):
        yield STOPPED, reason, stopped & (reasons == reason)
    for what, status in ((ONGOING, ONGOING_STUDY), (UNKNOWN, UNKNOWN_STATUS)):
        if (at := own & (known.ended == status)).any():
            yield what, "", at


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
        entered, treated, completed, used = (
            _said(own, step) for step in (entry(run), TREATED, COMPLETED, ANALYSED)
        )
        ends = [f"completed {completed}", *_set_words(own, run)]
        entering = [f"{entry(run).lower()} {entered}", f"treated {treated}"]
        why = _stopped_words(own, completed)
        boxes.append(
            [
                Box(f"r{place}", arm, "\n".join(entering)),
                Box(f"s{place}", "Stopped early", ",\n".join(why)),
                Box(f"a{place}", f"Analysed {used}", ",\n".join(ends)),
            ]
        )
        said.append(
            f"{arm}: {', '.join(entering)}, stopped early ({', '.join(why)}), "
            f"analysed {used} ({', '.join(ends)})"
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
        caption="Counted from the data. Completed: the study. Analysed: those whose values are in "
        "the primary analysis of this run.",
    )


@disposition.shows
def flow_table(disposition: Results, _run: Settings) -> Table:
    """Show the numbers of the flow, each of which can open its records as a picture cannot."""
    steps = dict.fromkeys(disposition.frame["variable"])
    return Table(
        title="Flow of participants, its numbers",
        results=combine([disposition.select(variable=step) for step in steps]),
        labels={"variable": "Step", "variable_level": "Reason"},
        across="group1_level",
        columns=[Column("", ["{n}", "{remark}"])],
        footnotes=["A dash: nobody for that reason, or a step that is not counted by arm."],
        folded=True,
    )


def _set_words(own: Results, run: Settings) -> list[str]:
    """Return the size of the analysis set and why some of it are not analysed, in words."""
    reasons = own.select(variable=NOT_ANALYSED).frame
    words = [f"{run.population} set {_said(own, IN_SET)}"]
    return words + [
        f"not analysed {n}: {reason}"
        for reason, n in zip(reasons["variable_level"], reasons["stat_fmt"], strict=True)
    ]


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
    """Return the size of every population of the trial, arm by arm.

    Returns
    -------
    Results
        ``analysis_id`` `SETS`; and `COMPLETERS`, of each population of completers that is not the
        completers of the flow how the two differ, in words (``remark``).
    """
    rows = []
    everybody = run.trial.tables["adsl"]["TRT01P"].value_counts()
    for population in run.trial.plan.populations:
        subjects = run.trial.subjects(population, treatment=run.treatment_variable)
        for arm in run.arms:
            place = {"variable": population, "group1_level": arm, "population": population}
            place[AMONG] = everybody.get(arm, 0)
            rows.append(place | tally(subjects[subjects["arm"] == arm]))
    differing = [
        {"variable": name, "group1_level": ALL, "remark": words}
        for name, flag in run.trial.plan.populations.items()
        if speaks_of_completion(name, flag) and (words := _completers_words(run, name, flag))
    ]
    sizes = counts(run, rows, SETS)
    return combine([sizes, counts(run, differing, COMPLETERS)]) if differing else sizes


def _completers_words(run: Settings, population: str, flag: str) -> str:
    """Say how a population of completers differs from the completers of the flow; else "".

    Counted are those with an arm, as in the flow.
    """
    adsl = run.trial.tables["adsl"]
    with_arm = adsl["TRT01P"].isin(run.arms)
    known = standing(adsl, with_arm)
    if known.ended is None:
        return ""
    inside = with_arm & adsl["USUBJID"].isin(run.trial.subjects(population)["USUBJID"])
    completed = with_arm & (known.ended == COMPLETED_STUDY)
    more, fewer = inside & ~completed, completed & ~inside
    if not (more.any() or fewer.any()):
        return ""
    by = f"{population}, by “{label_of(flag, [adsl])}”"
    allowed, everybody = run.trial.plan.allowed, int(with_arm.sum())
    ended = [
        ((level or what).lower(), int(at.sum())) for what, level, at in _left(run, known, more)
    ]
    differ = [int(more.sum()), int(fewer.sum()), *(n for _, n in ended)]
    sizes = [int(inside.sum()), int(completed.sum())]
    if any(map(allowed.small, [*differ, *sizes, *(everybody - size for size in sizes)])):
        return f"{by}: not those who completed the study, in the flow; by how many, is withheld"
    said = [f"{by}: {sizes[0]}; completed the study, in the flow: {sizes[1]}"]
    if more.any():
        why = ", ".join(f"{what} {n}" for what, n in ended)
        said.append(f"in the set and not completed: {differ[0]} ({why})")
    if fewer.any():
        said.append(f"completed and not in the set: {differ[1]}")
    return "; ".join(said)


@analysis_sets.shows
def sets_table(sets: Results, run: Settings) -> Table:
    """Show the analysis sets; a set named after randomisation is explained where nobody was."""
    misnamed = not compares(run) and RANDOMISED in run.trial.plan.populations
    remarks = sets.select(analysis_id=COMPLETERS).frame["stat_fmt"]
    return Table(
        title="Analysis sets, participants",
        results=sets.select(analysis_id=SETS),
        labels={"variable": "Population"},
        across="group1_level",
        columns=[Column("", "{n}")],
        footnotes=[
            *(["Nobody was randomised: that set holds the enrolled."] if misnamed else []),
            *(f"{begins_sentence(words)}." for words in remarks),
        ],
    )
