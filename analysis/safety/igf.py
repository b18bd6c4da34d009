"""IGF-I SDS above a limit: how many, when, and for how long."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.display.arm_table import ArmTable
from analysis.display.figures import COLOURS, Figure
from analysis.display.legends import name_marks_of
from analysis.display.lettering import drawable
from analysis.display.reading import Absent
from analysis.display.rows import numbers
from analysis.display.tables import Table
from analysis.errors import UserError
from analysis.results import COUNTED, Results, section
from analysis.results.counted import in_groups, nobody_where_none
from analysis.results.points import points_of, who_words
from analysis.safety.drawing import by_arm, looks
from analysis.safety.igf_limit import own_range_words
from analysis.safety.incidence import count_results, findings
from analysis.safety.measurements import ON_TREATMENT, RULE, VISIT_RULE, of_roles
from analysis.safety.population import safety_population
from analysis.safety.roles import need_roles
from analysis.safety.settings import SafetyRun
from analysis.safety.tables import finding_table, population_table
from analysis.thresholds import above

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

EVER = "Ever on treatment"
DURATION = (
    "from the first to the last of consecutive high records, the longest such stretch of a "
    "participant; one high record alone is 0 days. How long the value was high before and after "
    "is not observed"
)
HIGH, NOT_HIGH = "high", "not high"
POINTS, SHARES = "igf1-sds-points", "igf1-sds-high"
"""The two analyses of the section."""
COUNT_LINE = 0.055
"""Share of the height of the points that a line of counts takes on a phone."""
JITTER = 0.618
"""Golden ratio: points numbered one after the other fall evenly and the same every time."""


@section
def igf1_sds(run: SafetyRun) -> Results:
    """Return `igf1_sds_points` and `igf1_sds_high`."""
    return igf1_sds_points(run) + igf1_sds_high(run)


def igf1_sds_high(run: SafetyRun) -> Results:
    """Return participants with IGF-I SDS above the limit, by visit and ever on treatment.

    Notes
    -----
    Above, not at, the parameter ``igf1_sds``. Per cent of those with a value at the visit, or
    of those with any value on treatment.
    """
    codes = need_roles(run, "igf1_sds")
    visits = of_roles(run, codes).sort_values("ORDER", kind="stable")
    ever = of_roles(run, codes, ON_TREATMENT).assign(AVISIT=EVER)
    records = pd.concat([visits, ever])
    if records.empty:
        raise UserError("no participant has an IGF-I SDS at a visit or on treatment")
    wanted = records[["AVISIT"]].drop_duplicates()
    high = records[above(records["AVAL"], run.parameters.igf1_sds)]
    rule = (
        f"IGF-I SDS above {run.parameters.igf1_sds:g}; per cent of those with a value. "
        f"{VISIT_RULE}. {RULE}"
    )
    rule = ". ".join(filter(None, [rule, own_range_words(run)]))
    counted = findings(run, high, records, wanted, ["AVISIT"])
    return count_results(run, counted, SHARES, rule=rule)


def igf1_sds_points(run: SafetyRun) -> Results:
    """Return the IGF-I SDS of every participant at every visit, to be drawn.

    Notes
    -----
    Points are numbered by their values within an arm and a visit: a number cannot be traced
    to a participant, nor from visit to visit.
    """
    records = of_roles(run, need_roles(run, "igf1_sds")).sort_values("AVAL", kind="stable")
    # One point a participant, the highest, where a visit has several values.
    records = records.drop_duplicates(["USUBJID", "AVISIT"], keep="last")
    records = records.sort_values(["ORDER", "arm", "AVAL"], kind="stable")
    places = int(records["DECIMALS"].max()) if len(records) else 0
    records = points_of(
        records, ["AVAL"], run.trial.plan.allowed, by=["ORDER", "AVISIT", "arm"], places=places
    )
    number = records["number"]
    high = above(records["AVAL"], run.parameters.igf1_sds)
    return run.results(
        pd.DataFrame(
            {
                "group1_level": records["arm"].astype(str),
                "group2_level": records["AVISIT"],
                "variable": np.where(high, HIGH, NOT_HIGH),
                "variable_level": "point " + number.astype(str),
                "decimals": records["DECIMALS"],
                "value": records["AVAL"],
            }
        ),
        POINTS,
        group1="arm", group2="visit", unit="SDS", method=VISIT_RULE, dataset=run.laboratory_source,
    )  # fmt: skip


@igf1_sds.shows
def igf_figure(igf1_sds: Results, run: SafetyRun) -> Figure | Absent:
    """Draw the IGF-I SDS of every participant at every visit, with the limit."""
    limit, high = run.parameters.igf1_sds, igf1_sds.select(analysis_id=SHARES)
    frame = numbers(igf1_sds.select(analysis_id=POINTS), "value")
    if frame.empty:
        return Absent("no IGF-I SDS is filed under a visit")
    visits = list(dict.fromkeys(frame["group2_level"]))
    arms = list(dict.fromkeys(frame["group1_level"]))
    arm_look = looks(run)
    share = {
        (row["variable"], row["group1_level"]): f"{row['n']}/{row['N']}"
        for row in high.wide().to_dict("records")
        if isinstance(row.get("n"), str)
    }

    def draw(canvas: Canvas, narrow: bool) -> None:
        axes = canvas.subplots()
        top, low = frame["value"].max() + 0.5, frame["value"].min() - 0.4
        width = 0.8 / len(arms)
        # Where counts have no room side by side, those of each arm are a line of their own.
        line = COUNT_LINE * (top - low) if narrow else 0.0
        for place_of_arm, (arm, rows, beside, (colour, mark, _)) in enumerate(
            by_arm(frame, arms, arm_look)
        ):
            place = rows["group2_level"].map(visits.index).astype(float)
            shift = width * beside
            order = rows["variable_level"].str.extract(r"(\d+)")[0].astype(int)
            at = place + shift + ((order * JITTER) % 1 - 0.5) * width * 0.75
            filled = rows["variable"] == HIGH
            axes.plot(at[~filled], rows["value"][~filled], mark, ms=3.5,
                      mfc="none", mec=colour, alpha=0.6)  # fmt: skip
            axes.plot(at[filled], rows["value"][filled], mark, ms=4.5, color=colour,
                      label=drawable(arm))  # fmt: skip
            axes.plot([], [], mark, color=colour, label="" if filled.any() else drawable(arm))
            for visit in place.unique():
                said = share.get((visits[int(visit)], arm), "")
                height = top + line * (len(arms) - 1 - place_of_arm)
                axes.text(
                    visit + (0 if narrow else shift), height, said, ha="center", fontsize=8,
                    color=colour,
                )  # fmt: skip
        axes.axhline(limit, color=COLOURS["grey"], ls="--", lw=1)
        axes.set_ylim(low, top + 0.5 + line * (len(arms) - 1))
        axes.set_xticks(range(len(visits)), [drawable(visit, 24) for visit in visits])
        axes.set_ylabel("IGF-I SDS")
        name_marks_of(canvas, axes, narrow=narrow)

    last = visits[-1]
    said = "; ".join(f"{arm} {share.get((last, arm), '')}" for arm in arms)
    return Figure(
        title=f"IGF-I SDS by visit, with the limit of {limit:g}",
        alt=f"Points of the IGF-I SDS of every participant at {', '.join(visits)}, with a line at "
        f"{limit:g}. Above it at {last}, of those with a value: {said}.",
        draw=draw,
        height=3.8,
        narrow_height=4.4,
        results=igf1_sds,
        caption=f"A point is {who_words(run.trial.plan.allowed)}; filled: above the limit. Above "
        "the points: how many of those with a value are above it.",
    )


@igf1_sds.shows
def igf_table(igf1_sds: Results, run: SafetyRun) -> ArmTable:
    """Show how many participants had IGF-I SDS above the limit."""
    title = f"IGF-I SDS above {run.parameters.igf1_sds:g}"
    return finding_table(igf1_sds.select(analysis_id=SHARES), run, title, {"variable": "Time"})


def stretches(records: pd.DataFrame, limit: float) -> pd.DataFrame:
    """Return each unbroken stretch of high records.

    Parameters
    ----------
    records
        ``USUBJID, ADY, AVAL`` on treatment.
    limit
        A value above it is high.

    Returns
    -------
    pandas.DataFrame
        ``USUBJID, first, last, records, days``: days from the first to the last high record,
        0 for one record.

    Examples
    --------
    >>> days = pd.DataFrame({"USUBJID": "A", "ADY": [30, 90, 180, 270], "AVAL": [3, 3, 1, 3]})
    >>> stretches(days, 2)["days"].tolist()
    [60, 0]
    """
    # Several values of a day, such as time points, are one record: the highest.
    ordered = records.dropna(subset=["ADY"]).sort_values(["USUBJID", "ADY", "AVAL"], kind="stable")
    ordered = ordered.drop_duplicates(["USUBJID", "ADY"], keep="last")
    high = above(ordered["AVAL"], limit)
    # A stretch ends at every record that is not high and at every new participant.
    ends = ~high | (ordered["USUBJID"] != ordered["USUBJID"].shift())
    named = ordered.assign(STRETCH=ends.cumsum())[high]
    grouped = named.groupby(["USUBJID", "STRETCH"], sort=False)["ADY"]
    found = grouped.agg(first="min", last="max", records="count").reset_index()
    return found.assign(days=found["last"] - found["first"]).drop(columns="STRETCH")


@section
def igf1_sds_duration(run: SafetyRun) -> Results:
    """Return for how long IGF-I SDS was above the limit, of those who ever were.

    Raises
    ------
    UserError
        If no participant was.
    """
    records = of_roles(run, need_roles(run, "igf1_sds"), ON_TREATMENT)
    limit = run.parameters.igf1_sds
    found = stretches(records, limit)
    if found.empty:
        raise UserError(f"no participant has an IGF-I SDS above {limit:g} on treatment")
    longest = found.sort_values(["days", "records"]).drop_duplicates("USUBJID", keep="last")
    own = safety_population(run).restrict(longest)
    grouped = own.groupby("arm", observed=False)
    rows = grouped["days"].agg(n="count", median="median", min="min", max="max")
    rows["n.lasting"] = grouped["records"].agg(lambda counts: int((counts > 1).sum()))
    # What is counted are the high records of the longest stretch.
    high = own[["USUBJID", "first", "last", "records"]].rename(columns={"records": "lasting"})
    high = records[above(records["AVAL"], limit)].merge(high, on="USUBJID")
    high = high[high["ADY"].between(high["first"], high["last"])]
    rows[COUNTED] = in_groups(high, ["arm"])
    rows[f"{COUNTED}:n.lasting"] = in_groups(high[high["lasting"] > 1], ["arm"])
    rows = nobody_where_none(rows.reindex(list(run.arms)), "n", "n.lasting")
    rows = rows.reset_index(names="group1_level")
    return run.results(
        rows.assign(variable=f"IGF-I SDS above {limit:g}"),
        "igf1-sds-duration",
        group1="arm", unit="days", decimals=0, method=f"{DURATION}. {RULE}",
        dataset=run.laboratory_source,
    )  # fmt: skip


@igf1_sds_duration.shows
def igf_duration_table(duration: Results, run: SafetyRun) -> Table:
    """Show for how long IGF-I SDS was above the limit."""
    title = f"IGF-I SDS above {run.parameters.igf1_sds:g}: for how long"
    columns = {
        "Ever high": "{n}", "In consecutive records": "{n.lasting}",
        "Median, days": "{median}", "Range, days": "{min} to {max}",
    }  # fmt: skip
    return population_table(duration, run, title, {"group1_level": "Arm"}, columns)
