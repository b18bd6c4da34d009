"""What becomes of each child: visits attended, end of treatment, deviations, populations."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.sources.synthetic.assumptions import Assumptions, Disposition
from analysis.sources.synthetic.calendar import moved
from analysis.sources.synthetic.draws import Floats, Truths, limited
from analysis.sources.synthetic.schedule import BASELINE, MONTH_12, PLANNED_DAYS, PRESTUDY, VISITS

Whole = npt.NDArray[np.int64]

MISSED_12 = "Month 12 visit missed"
LATE_12 = "Month 12 visit out of window"
LOST = "LOST TO FOLLOW-UP"
"""The reason for leaving after which nobody is seen again."""


@dataclass(frozen=True, slots=True)
class Course:
    """The course of every child, one row a child and one column a visit.

    Parameters
    ----------
    days
        Days from baseline to each visit, as it would be held.
    attended, inside
        Whether it was held, and inside its window.
    last_day, end_day
        Days from baseline to the last dose, and to the end of study.
    taken
        Percent of the doses taken.
    dropout, deviation
        Reason for leaving, and for exclusion from the per-protocol set; "" for none.
    """

    days: Whole
    attended: Truths
    inside: Truths
    last_day: Whole
    end_day: Whole
    taken: Floats
    dropout: npt.NDArray[np.object_]
    deviation: npt.NDArray[np.object_]

    @property
    def measured_at_month_12(self) -> Truths:
        """Whether a child has a height inside the Month 12 window."""
        return self.attended[:, MONTH_12] & self.inside[:, MONTH_12]


def follow(
    assumptions: Assumptions,
    children: pd.DataFrame,
    *,
    calendar: np.random.Generator,
    disposition: np.random.Generator,
) -> Course:
    """Return the course of the children; it does not depend on arm, age or growth."""
    plan, n, baseline = assumptions.disposition, len(children), children["RANDDT"]
    dropout, deviation = _reasons(plan, n, disposition)
    days = moved(baseline, _planned(assumptions, deviation == LATE_12, calendar))
    leaves = dropout != ""
    first, last = plan.dropout_days.value
    last_day = np.where(leaves, disposition.integers(first, last + 1, n), days[:, MONTH_12])
    attended = np.ones(days.shape, dtype=bool)
    between = slice(BASELINE + 1, MONTH_12)
    shape = (n, MONTH_12 - BASELINE - 1)
    attended[:, between] = calendar.random(shape) >= assumptions.calendar.percent_missed.value / 100
    attended[:, MONTH_12] = deviation != MISSED_12
    attended &= ~leaves[:, None] | (days <= last_day[:, None])
    inside = np.abs(days - PLANNED_DAYS) <= assumptions.calendar.window_days.value
    inside[:, [PRESTUDY, BASELINE]] = True
    earliest, latest = assumptions.calendar.follow_up_days.value
    seen_again = moved(baseline, last_day + calendar.integers(earliest, latest + 1, n))
    # Nobody sees again who was lost: the last contact ends the study.
    end_day = np.where(dropout == LOST, last_day, seen_again)
    taken = _taken(plan, deviation, disposition)
    return Course(days, attended, inside, last_day, end_day, taken, dropout, deviation)


def _planned(assumptions: Assumptions, late_12: Truths, rng: np.random.Generator) -> Whole:
    """Return the days of the visits as families keep them, before a clinic's calendar is asked."""
    when, n = assumptions.calendar, len(late_12)
    days = np.tile(PLANNED_DAYS, (n, 1))
    days[:, PRESTUDY] = -np.rint(limited(rng, n, when.prestudy_days_before.value))
    for visit in range(BASELINE + 1, len(VISITS)):
        days[:, visit] += np.rint(limited(rng, n, when.visit_days_off.value)).astype(np.int64)
    late = np.zeros(days.shape, dtype=bool)
    between = slice(BASELINE + 1, MONTH_12)
    late[:, between] = rng.random((n, MONTH_12 - BASELINE - 1)) < when.percent_late.value / 100
    late[:, MONTH_12] = late_12
    earliest, latest = when.late_days.value
    return np.where(late, PLANNED_DAYS + rng.integers(earliest, latest + 1, days.shape), days)


def _taken(
    plan: Disposition, deviation: npt.NDArray[np.object_], rng: np.random.Generator
) -> Floats:
    """Return the percent of doses taken, to one decimal."""
    n = len(deviation)
    regular = limited(rng, n, plan.compliance.value)
    irregular = limited(rng, n, plan.compliance_irregular.value)
    percent = np.where(deviation == plan.irregular_treatment.value, irregular, regular)
    return np.asarray(percent.round(1))


def _reasons(
    plan: Disposition, n: int, rng: np.random.Generator
) -> tuple[npt.NDArray[np.object_], npt.NDArray[np.object_]]:
    """Deal the reasons out at random: each child outside the per-protocol set has one."""
    leaving = [(reason, k) for reason, k in plan.dropouts.value.items()]
    deviating = [
        (MISSED_12, plan.month_12_missed.value),
        (LATE_12, plan.month_12_late.value),
        *plan.other_deviations.value.items(),
        (plan.irregular_treatment.value, plan.irregular),
    ]
    dropout, deviation = np.full(n, "", dtype=object), np.full(n, "", dtype=object)
    order = iter(rng.permutation(n))
    for reason, k in leaving:
        for child in [next(order) for _ in range(k)]:
            dropout[child] = reason
            deviation[child] = "No Month 12 height: treatment discontinued"
    for reason, k in deviating:
        for child in [next(order) for _ in range(k)]:
            deviation[child] = reason
    return dropout, deviation


def deviations(children: pd.DataFrame, course: Course) -> pd.DataFrame:
    """Return protocol deviations, one row each: ``USUBJID, DVTERM, DVCAT, ASTDT``.

    Major ones exclude from the per-protocol set; missed and late visits in between are minor.
    """
    baseline = children["RANDDT"].to_numpy("datetime64[D]")
    major = course.deviation != ""
    day = np.where(course.dropout != "", course.last_day, course.days[:, MONTH_12])
    frames = [_rows(children, major, course.deviation, "MAJOR", baseline + day)]
    treated = course.days <= course.last_day[:, None]
    for visit in range(BASELINE + 1, MONTH_12):
        held, inside = course.attended[:, visit], course.inside[:, visit]
        due = baseline + course.days[:, visit]
        missed = treated[:, visit] & ~held
        name = VISITS[visit]
        frames.append(_rows(children, missed, f"{name} visit missed", "MINOR", due))
        frames.append(_rows(children, held & ~inside, f"{name} visit out of window", "MINOR", due))
    found = pd.concat(frames, ignore_index=True)
    return found.sort_values(["USUBJID", "ASTDT", "DVTERM"], kind="stable", ignore_index=True)


def _rows(
    children: pd.DataFrame,
    chosen: Truths,
    term: npt.NDArray[np.object_] | str,
    category: str,
    dates: npt.NDArray[np.datetime64],
) -> pd.DataFrame:
    frame = children[["USUBJID", "ARM", "RANDDT"]].assign(DVTERM=term, DVCAT=category, ASTDT=dates)
    return frame[chosen]
