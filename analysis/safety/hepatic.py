"""Hepatic screening: peak transaminase against peak bilirubin, in multiples of the upper limit."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.display.arm_table import ArmTable
from analysis.display.figures import COLOURS, Figure
from analysis.display.legends import name_marks_of
from analysis.display.lettering import drawable
from analysis.display.rows import numbers
from analysis.display.tables import Column
from analysis.errors import UserError
from analysis.results import PLACE, Results, section
from analysis.results.points import MOST_LINES, for_lines, points_of, who_words
from analysis.safety.abnormal import with_multiples
from analysis.safety.drawing import by_arm, looks
from analysis.safety.incidence import count_results, findings
from analysis.safety.measurements import ON_TREATMENT, RULE, of_roles
from analysis.safety.population import safety_population
from analysis.safety.roles import need_roles
from analysis.safety.settings import SafetyRun
from analysis.safety.tables import last_method, population_words
from analysis.sources.trial.columns import each_once
from analysis.thresholds import above, at_least, below

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

QUADRANTS = HY, TEMPLE, CHOLESTASIS, NORMAL = (
    "Possible Hy's law", "Temple's corollary", "Cholestasis range", "Neither raised",
)  # fmt: skip
ALP_MULTIPLE = 2.0
"""Alkaline phosphatase from so many upper limits on speaks for cholestasis, against Hy's law."""
WITHOUT_ALP = f"{HY}, alkaline phosphatase below {ALP_MULTIPLE:g} × ULN"
INCOMPLETE = "No peak of both"
GUIDANCE = "the FDA's guidance on drug-induced liver injury (2009)"
AXES = ["transaminase", "bilirubin"]
MANY = (
    f"Where more than {MOST_LINES} participants of an arm lie in one quadrant, a point is the mean "
    "of several of them; all others have a point each"
)
POINTS, COUNTS = "hepatic-points", "hepatic-quadrants"
"""The two analyses of the section."""


@lru_cache(maxsize=8)
def peak_records(run: SafetyRun) -> pd.DataFrame:
    """Return the records that are a participant's peaks on treatment, with their ``TIMES`` the ULN.

    ``WHAT`` is transaminase (the higher of ALT and AST), bilirubin or alp.

    Raises
    ------
    NoSection
        If the trial names no bilirubin, or neither ALT nor AST.

    Notes
    -----
    Each peak over its own records and their own limits; the two need not be of the same day.
    """
    codes = need_roles(run, "alt", "ast") | need_roles(run, "bilirubin")
    if alp := run.plan.roles.alp:
        codes["alp"] = alp
    kind = {"alt": "transaminase", "ast": "transaminase"}
    what = {code: kind.get(role, role) for role, code in codes.items()}
    records = with_multiples(of_roles(run, codes, ON_TREATMENT))
    records = records.assign(WHAT=each_once(records["PARAMCD"], what.get))
    ranked = records.dropna(subset=["TIMES"]).sort_values("TIMES", kind="stable")
    return ranked.drop_duplicates(["USUBJID", "WHAT"], keep="last")


@lru_cache(maxsize=8)
def peaks(run: SafetyRun) -> pd.DataFrame:
    """Return each participant's peaks on treatment, in multiples of the upper limit of normal.

    Returns
    -------
    pandas.DataFrame
        ``USUBJID, transaminase, bilirubin, alp`` (missing where not measured) and ``QUADRANT``;
        one row per participant with both peaks. See `peak_records`.
    """
    highest = peak_records(run).pivot(index="USUBJID", columns="WHAT", values="TIMES")
    highest = highest.reindex(columns=["transaminase", "bilirubin", "alp"]).reset_index()
    both = highest.dropna(subset=["transaminase", "bilirubin"])
    if both.empty:
        raise UserError(
            "no participant has a transaminase and a bilirubin on treatment with upper limits"
        )
    return both.assign(QUADRANT=quadrants(run, both)).rename_axis(columns=None)


def quadrants(run: SafetyRun, values: pd.DataFrame) -> np.ndarray:
    """Return the quadrant of each participant.

    Notes
    -----
    As FDA (2009) words the components of Hy's law: "3-fold or greater elevations above the ULN of
    ALT or AST", so at the multiple is raised; "elevation of serum TBL to >2xULN", so bilirubin is
    raised above its multiple, not at it.

    References
    ----------
    FDA (2009). Guidance for industry. Drug-induced liver injury: premarketing clinical
    evaluation, section II.B.
    """
    liver = at_least(values["transaminase"], run.parameters.alt_multiple)
    yellow = above(values["bilirubin"], run.parameters.bilirubin_multiple)
    return np.select([liver & yellow, liver, yellow], [HY, TEMPLE, CHOLESTASIS], default=NORMAL)


def hepatic_points(run: SafetyRun) -> Results:
    """Return the points to be drawn, one a participant unless there are many.

    Notes
    -----
    Points are numbered by their values within an arm, so that a number cannot be traced. Above
    `MOST_LINES` participants see `_fewer_points`; ``note`` says so.
    """
    own = safety_population(run).restrict(peaks(run))
    own = own.sort_values(["arm", "transaminase", "bilirubin"], ascending=[True, False, False])
    allowed = for_lines(run.trial.plan.allowed, len(own))
    if allowed == run.trial.plan.allowed or run.trial.plan.allowed.points == "grouped":
        own = points_of(own, AXES, allowed, by=["arm"], places=2)
        own, note = own.assign(QUADRANT=quadrants(run, own)), ""
    else:
        own, note = _fewer_points(run, own), MANY
    number = own["number"]
    return run.results(
        own[AXES].assign(
            group1_level=own["arm"].astype(str),
            variable=own["QUADRANT"],
            variable_level="point " + number.astype(str),
            note=note,
        ),
        POINTS,
        group1="arm", method=_rule(run), dataset=run.laboratory_source,
    )  # fmt: skip


def _fewer_points(run: SafetyRun, own: pd.DataFrame) -> pd.DataFrame:
    """Return the points of many participants: of a quadrant that is full, means of several.

    Those of one arm and quadrant go together, so that the few who are looked for keep a point
    each, and a mean lies in the quadrant of all whom it stands for.
    """
    allowed = run.trial.plan.allowed
    found = pd.concat(
        points_of(each, AXES, for_lines(allowed, len(each)), by=["arm"], places=2)
        for _, each in own.groupby(["arm", "QUADRANT"], sort=False, observed=True)
    )
    number = found.groupby(["arm", "QUADRANT"], sort=False, observed=True).cumcount() + 1
    return found.assign(number=number)


@section
def hepatic(run: SafetyRun) -> Results:
    """Return `hepatic_points` and `hepatic_quadrants`."""
    return hepatic_points(run) + hepatic_quadrants(run)


def hepatic_quadrants(run: SafetyRun) -> Results:
    """Return how many participants of each arm are in each quadrant.

    Notes
    -----
    Per cent of all participants of the arm; those without both peaks have their own row. A
    screening: whether a participant in the upper right meets Hy's law needs the exclusion of
    other causes, and no alkaline phosphatase of 2 × ULN or more.

    References
    ----------
    FDA (2009). Guidance for industry. Drug-induced liver injury: premarketing clinical
    evaluation.
    """
    everyone = safety_population(run).subjects[["USUBJID"]]
    own = everyone.merge(peaks(run), on="USUBJID", how="left", validate="one_to_one")
    own = own.assign(QUADRANT=own["QUADRANT"].fillna(INCOMPLETE))
    levels = [*QUADRANTS, INCOMPLETE]
    if run.plan.roles.alp:
        clear = own[(own["QUADRANT"] == HY) & below(own["alp"], ALP_MULTIPLE)]
        own = pd.concat([own, clear.assign(QUADRANT=WITHOUT_ALP)])
        levels.insert(1, WITHOUT_ALP)
    own = own.merge(peak_records(run)[["USUBJID", *PLACE]], on="USUBJID", how="left")
    counted = findings(run, own, everyone, pd.DataFrame({"QUADRANT": levels}), [])
    return count_results(run, counted, COUNTS, rule=_rule(run), compared=False)


def _rule(run: SafetyRun) -> str:
    which = " or ".join(role.upper() for role in ("alt", "ast") if getattr(run.plan.roles, role))
    return (
        f"peak {which} of {run.parameters.alt_multiple:g} × ULN or more and peak bilirubin above "
        f"{run.parameters.bilirubin_multiple:g} × ULN, as {GUIDANCE} words Hy's law, each at its "
        f"own time. {RULE}"
    )


CORNERS = (
    (HY, 0.98, 0.97, "right", "top"),
    (CHOLESTASIS, 0.02, 0.97, "left", "top"),
    (TEMPLE, 0.98, 0.03, "right", "bottom"),
    (NORMAL, 0.02, 0.03, "left", "bottom"),
)
"""Where the figure says how many participants are in a quadrant."""


@hepatic.shows
def hepatic_figure(hepatic: Results, run: SafetyRun) -> Figure:
    """Draw peak transaminase against peak bilirubin with the four quadrants."""
    alt, bilirubin = run.parameters.alt_multiple, run.parameters.bilirubin_multiple
    frame = numbers(hepatic.select(analysis_id=POINTS), "transaminase", "bilirubin")
    everybody = safety_population(run).columns[-1]
    quadrants = hepatic.select(analysis_id=COUNTS, group1_level=everybody)
    said = {name: f"{name}: {quadrants.text('n', variable=name)}" for name, *_ in CORNERS}

    def draw(canvas: Canvas, narrow: bool) -> None:
        axes = canvas.subplots()
        arms = list(dict.fromkeys(frame["group1_level"]))
        for arm, rows, _, look in by_arm(frame, arms, looks(run)):
            axes.plot(
                rows["transaminase"], rows["bilirubin"], look.mark, ms=5, color=look.colour,
                alpha=0.55, mec="white", mew=0.4, label=drawable(arm),
            )  # fmt: skip
        axes.set(xscale="log", yscale="log")
        axes.set_xlim(min(frame["transaminase"].min() / 1.3, 0.1), _end(frame["transaminase"], alt))
        axes.set_ylim(min(frame["bilirubin"].min() / 2, 0.1), _end(frame["bilirubin"], bilirubin))
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_formatter("{x:g}")
            axis.set_minor_formatter("")
        axes.axvline(alt, color=COLOURS["grey"], ls="--", lw=1)
        axes.axhline(bilirubin, color=COLOURS["grey"], ls="--", lw=1)
        for name, x, y, across, up in CORNERS:
            axes.text(
                x, y, said[name].replace(": ", ":\n") if narrow else said[name],
                transform=axes.transAxes, ha=across, va=up, fontsize=8.5, color=COLOURS["ink"],
                zorder=1, bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
            )  # fmt: skip
        axes.set(xlabel="Peak ALT or AST, × ULN (log scale)")
        axes.set(ylabel="Peak bilirubin, × ULN (log scale)")
        name_marks_of(canvas, axes, narrow=narrow)

    counted = ", ".join(words.replace(": ", " ") for words in said.values())
    note = next(iter(hepatic.select(analysis_id=POINTS).frame["note"]), "")
    allowed = for_lines(run.trial.plan.allowed, len(peaks(run)))
    who = "one participant or the mean of several" if note else who_words(allowed)
    return Figure(
        title="Hepatic screening: peak transaminase against peak bilirubin",
        alt=f"Scatter plot on log scales, a point for {who}, with "
        f"lines at {alt:g} and {bilirubin:g} times the upper limit of normal. Participants in the "
        f"quadrants: {counted}.",
        draw=draw,
        height=4.6,
        narrow_height=4.6,
        results=hepatic,
        caption="Each peak over the time on treatment; the two need not be of the same day. ULN: "
        f"upper limit of normal.{f' {note}.' if note else ''}",
    )


def _end(values: pd.Series, threshold: float) -> float:
    return float(max(values.max() * 2.5, threshold * 8))


@hepatic.shows
def hepatic_table(hepatic: Results, run: SafetyRun) -> ArmTable:
    """Show how many participants are in each quadrant of the hepatic screening."""
    quadrants = hepatic.select(analysis_id=COUNTS)
    return ArmTable(
        title="Hepatic screening: participants by quadrant",
        results=quadrants,
        labels={"variable": "Quadrant"},
        columns=[Column("", "{n} ({p})")],
        footnotes=[
            f"{population_words(run)} Cells: n (per cent) of all participants of the arm.",
            last_method(quadrants),
            "A screening: Hy's law also asks that alkaline phosphatase is below 2 × ULN and that "
            "no other cause explains the values.",
        ],
    )
