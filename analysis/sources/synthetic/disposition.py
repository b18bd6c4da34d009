"""What becomes of each child: visits attended, end of treatment, deviations, populations."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.sources.synthetic.assumptions import Assumptions, Disposition
from analysis.sources.synthetic.draws import Truths, limited
from analysis.sources.synthetic.schedule import BASELINE, MONTH_12, PLANNED_DAYS, PRESTUDY, VISITS

Whole = npt.NDArray[np.int64]

MISSED_12 = "Month 12 visit missed"
LATE_12 = "Month 12 visit out of window"


@dataclass(frozen=True, slots=True)
class Course:
    """The course of every child, one row a child and one column a visit.

    Parameters
    ----------
    days
        Days from baseline to each visit, as it would be held.
    attended, inside
        Whether it was held, and inside its window.
    last_day
        Days from baseline to the last dose.
    dropout, deviation
        Reason for leaving, and for exclusion from the per-protocol set; "" for none.
    """

    days: Whole
    attended: Truths
    inside: Truths
    last_day: Whole
    dropout: npt.NDArray[np.object_]
    deviation: npt.NDArray[np.object_]

    @property
    def measured_at_month_12(self) -> Truths:
        """Whether a child has a height inside the Month 12 window."""
        return self.attended[:, MONTH_12] & self.inside[:, MONTH_12]


def follow(
    assumptions: Assumptions,
    n: int,
    *,
    calendar: np.random.Generator,
    disposition: np.random.Generator,
) -> Course:
    """Return the course of n children; it does not depend on arm, age or growth."""
    when = assumptions.calendar
    dropout, deviation = _reasons(assumptions.disposition, n, disposition)
    days = np.tile(PLANNED_DAYS, (n, 1))
    days[:, PRESTUDY] = -np.rint(limited(calendar, n, when.prestudy_days_before.value))
    for visit in range(BASELINE + 1, len(VISITS)):
        days[:, visit] += np.rint(limited(calendar, n, when.visit_days_off.value)).astype(np.int64)

    between = slice(BASELINE + 1, MONTH_12)
    shape = (n, MONTH_12 - BASELINE - 1)
    earliest, latest = when.late_days.value
    late = np.zeros(days.shape, dtype=bool)
    late[:, between] = calendar.random(shape) < when.percent_late.value / 100
    late[:, MONTH_12] = deviation == LATE_12
    delay = calendar.integers(earliest, latest + 1, days.shape)
    days = np.where(late, PLANNED_DAYS + delay, days)

    leaves = dropout != ""
    first, last = assumptions.disposition.dropout_days.value
    last_day = np.where(leaves, disposition.integers(first, last + 1, n), days[:, MONTH_12])
    attended = np.ones(days.shape, dtype=bool)
    attended[:, between] = calendar.random(shape) >= when.percent_missed.value / 100
    attended[:, MONTH_12] = deviation != MISSED_12
    attended &= ~leaves[:, None] | (days <= last_day[:, None])
    inside = np.abs(days - PLANNED_DAYS) <= when.window_days.value
    inside[:, [PRESTUDY, BASELINE]] = True
    return Course(days, attended, inside, last_day, dropout, deviation)


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
