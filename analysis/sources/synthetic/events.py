"""Adverse events, with the same rates in every arm."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.sources.synthetic.assumptions import Assumptions, Events, Share
from analysis.sources.synthetic.disposition import Course
from analysis.sources.synthetic.draws import Truths
from analysis.sources.synthetic.findings import found_in_blood
from analysis.sources.synthetic.growth_factors import GrowthFactors
from analysis.sources.synthetic.schedule import BLOOD, DAYS_PER_YEAR
from analysis.sources.trial.columns import study_day

WITHDRAWN = "ADVERSE EVENT"
"""The reason for leaving that has an event behind it."""
WITHDRAWS, REDUCES = "withdraws", "reduces"
"""What an event led to."""
REDUCED = "DOSE REDUCED"
"""The action that exposure shows, so that no event takes it by chance."""

COLUMNS = [
    *"STUDYID USUBJID TRTP TRTA AESEQ AETERM AEDECOD AEBODSYS ASTDT AENDT ASTDY AENDY".split(),
    *"AESEV AESER AEREL AEACN AEOUT TRTEMFL".split(),
]


def drawn_events(
    assumptions: Assumptions,
    children: pd.DataFrame,
    course: Course,
    factors: GrowthFactors,
    taken: Truths,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Return which child has which event on which day: ``child, AEDECOD, day, sample, why``.

    Notes
    -----
    Of a term that a share p of children has within 12 months, each child has a Poisson number
    of episodes with rate -ln(1 - p) a year over its own time at risk, whatever its arm. An event
    that rests on a laboratory value begins with the sample that shows it; ``sample`` is its
    column. ``why`` says what the event led to: withdrawal, a reduced dose, or nothing.
    """
    plan = assumptions.events
    leaving = np.flatnonzero(course.dropout == WITHDRAWN)
    reduced = np.flatnonzero(factors.reduced)
    term = assumptions.laboratory.dose_reduction.term.value
    frame = pd.concat(
        [
            found_in_blood(plan, _onsets(plan, course.end_day, rng), course, taken),
            _before_treatment(plan, children, rng),
            _caused(leaving, plan.withdrawal_term.value, course.last_day[leaving], WITHDRAWS),
            _caused(reduced, term, course.days[reduced, BLOOD[1]], REDUCES),
        ],
        ignore_index=True,
    )
    child = frame["child"].to_numpy()
    same = course.days[child][:, BLOOD] == frame["day"].to_numpy()[:, None]
    return frame.fillna({"why": ""}).assign(
        sample=np.where(same.any(axis=1), same.argmax(axis=1), -1)
    )


def adverse_events(
    assumptions: Assumptions,
    children: pd.DataFrame,
    course: Course,
    drawn: pd.DataFrame,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Return ADAE, one row an event, from events drawn.

    Notes
    -----
    An event is treatment-emergent from the first dose until the end of follow-up after the last.
    """
    plan = assumptions.events
    classes = {term: event.soc for term, event in plan.terms.items()}
    frame = drawn.assign(AEBODSYS=drawn["AEDECOD"].map(classes))
    return _dated(_described(plan, frame, course.end_day, rng), children)


def _caused(
    child: npt.NDArray[np.int64], term: str, day: npt.NDArray[np.int64], why: str
) -> pd.DataFrame:
    return pd.DataFrame({"child": child, "AEDECOD": term, "day": day, "why": why})


def _onsets(
    plan: Events, followed: npt.NDArray[np.int64], rng: np.random.Generator
) -> pd.DataFrame:
    """Draw episodes from the day of the first dose to the end of follow-up."""
    at_risk = followed + 1
    frames = []
    for term, event in plan.terms.items():
        rate = -np.log1p(-event.percent.value / 100) / DAYS_PER_YEAR
        episodes = rng.poisson(rate * at_risk)
        child = np.repeat(np.arange(len(at_risk)), episodes)
        day = np.floor(rng.random(len(child)) * at_risk[child]).astype(np.int64)
        frames.append(pd.DataFrame({"child": child, "AEDECOD": term, "day": day}))
    return pd.concat(frames, ignore_index=True)


def _before_treatment(
    plan: Events, children: pd.DataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    """Draw events between consent and the first dose, of terms that need no dose."""
    n = len(children)
    wait = (children["RANDDT"] - children["RFICDT"]).dt.days.to_numpy()
    child = np.flatnonzero(rng.random(n) < plan.percent_before_treatment.value / 100)
    possible = [term for term in plan.terms if term not in plan.only_on_treatment.value]
    weight = np.array([plan.terms[term].percent.value for term in possible])
    term = rng.choice(possible, size=len(child), p=weight / weight.sum())
    day = -1 - np.floor(rng.random(len(child)) * wait[child]).astype(np.int64)
    return pd.DataFrame({"child": child, "AEDECOD": term, "day": day})


def _described(
    plan: Events, frame: pd.DataFrame, followed: npt.NDArray[np.int64], rng: np.random.Generator
) -> pd.DataFrame:
    """Add severity, seriousness, relation, action, outcome and duration."""
    n = len(frame)
    gone = (frame["why"] == WITHDRAWS).to_numpy()
    less = (frame["why"] == REDUCES).to_numpy()
    severity = _levels(plan.severity.value, n, rng)
    grave = frame["AEDECOD"].isin(plan.always_serious.value).to_numpy()
    severity[(gone | grave) & (severity == "MILD")] = "MODERATE"
    severity[less] = "MILD"
    frame["AESEV"] = severity
    serious = frame["AESEV"].map(plan.percent_serious.value).to_numpy(float)
    frame["AESER"] = np.where((rng.random(n) * 100 < serious) | grave, "Y", "N")
    default = plan.percent_related.value["other"]
    related = frame["AEDECOD"].map(plan.percent_related.value).fillna(default).to_numpy(float)
    on_treatment = (frame["day"] >= 0).to_numpy()
    causal = on_treatment & ((rng.random(n) * 100 < related) | gone | less)
    frame["AEREL"] = np.where(causal, "RELATED", "NOT RELATED")

    action = _levels(plan.percent_action.value, n, rng)
    action[~causal | (action == REDUCED)] = "DOSE NOT CHANGED"
    action[~on_treatment] = "NOT APPLICABLE"
    action[gone] = "DRUG WITHDRAWN"
    action[less] = REDUCED
    frame["AEACN"] = action

    days = frame["AEDECOD"].map(plan.days.value).fillna(plan.days.value["other"]).to_numpy(float)
    length = np.floor(rng.exponential(days)).astype(np.int64)
    end = frame["day"].to_numpy() + length
    lasting = frame["AEDECOD"].isin(plan.lasting.value).to_numpy()
    ongoing = lasting | (end > followed[frame["child"].to_numpy()])
    frame["until"] = np.where(ongoing, np.inf, end)
    frame["end"] = np.where(ongoing, np.nan, end)
    frame["AEOUT"] = np.where(ongoing, "NOT RECOVERED/NOT RESOLVED", "RECOVERED/RESOLVED")
    return _apart(frame)


def _apart(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the events without those that would begin while the same one still lasts."""
    frame = frame.sort_values(["child", "AEDECOD", "day"], kind="stable", ignore_index=True)
    before = frame.groupby(["child", "AEDECOD"])["until"]
    lasting = before.cummax().groupby([frame["child"], frame["AEDECOD"]]).shift()
    # What led to something is the event that is kept in mind.
    return frame[~(frame["day"] <= lasting) | (frame["why"] != "")].reset_index(drop=True)


def _levels(shares: Share, n: int, rng: np.random.Generator) -> npt.NDArray[np.object_]:
    weight = np.array(list(shares.values()))
    return rng.choice(list(shares), size=n, p=weight / weight.sum()).astype(object)


def _dated(frame: pd.DataFrame, children: pd.DataFrame) -> pd.DataFrame:
    """Add dates, study days and the treatment-emergent flag; number the events of each child."""
    child = frame["child"].to_numpy()
    who = children.iloc[child].reset_index(drop=True)
    start = who["RANDDT"]
    frame["STUDYID"], frame["USUBJID"] = who["STUDYID"], who["USUBJID"]
    frame["TRTP"] = frame["TRTA"] = who["ARM"]
    frame["AETERM"] = frame["AEDECOD"].str.upper()
    frame["ASTDT"] = start + pd.to_timedelta(frame["day"], unit="D")
    frame["AENDT"] = start + pd.to_timedelta(frame["end"], unit="D")
    frame["ASTDY"] = study_day(frame["ASTDT"], start)
    frame["AENDY"] = study_day(frame["AENDT"], start).where(frame["AENDT"].notna())
    # No onset lies after follow-up, so that the first dose alone decides.
    frame["TRTEMFL"] = np.where(frame["day"] >= 0, "Y", "")
    frame = frame.sort_values(["USUBJID", "ASTDT", "AEDECOD"], kind="stable", ignore_index=True)
    frame["AESEQ"] = frame.groupby("USUBJID").cumcount() + 1
    return frame[COLUMNS]
