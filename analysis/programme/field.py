"""The field: growth of every arm in the first year, what the map leaves out, and the margins."""

import numpy as np
import pandas as pd

from analysis.display.shown import IN_RESULTS
from analysis.display.tables import Column, Table
from analysis.numbers import level
from analysis.programme.field_figure import FIGURE, NO_ARM, RANDOMISED, TABLE, evidence_figure
from analysis.programme.settings import ProgrammeRun
from analysis.results import Results, section
from analysis.sources.arm_summaries import arm_summaries
from analysis.sources.audit import excluded_results, without_unusable_sds
from analysis.sources.choice import best_reports
from analysis.sources.evidence import TWELVE_MONTHS
from analysis.stats.dispersion import with_interval

MOST_DRAWN = 40
"""Arms that one figure can show and name."""


@section
def evidence_map(run: ProgrammeRun) -> Results:
    """Return the 12-month height velocity of every arm in the field.

    Returns
    -------
    Results
        Per arm: n, mean, sd, conf.low, conf.high, how the SD was obtained, the words that
        place it (product class and design), and where it is shown (``shown.in``): arms of the
        asked product and indication are drawn first where there is no room for all.

    Notes
    -----
    Source documents of class *note* are left out: they are what is audited. Means are those
    that the papers print, observed or adjusted; arms of different studies are not compared.
    """
    asked = run.parameters
    arms = _arms(run)
    randomised = arms["randomised"] == "yes"
    frame = pd.DataFrame(
        {
            "group1_level": arms["label"],
            "group2_level": arms["arm"],
            "variable": "Height velocity",
            "variable_level": arms["indication"],
            "n": arms["n"],
            "mean": arms["mean"],
            "places:mean": arms["decimals"],
            "sd": arms["sd"],
            # A derived SD is printed by no paper.
            "places:sd": arms["sd_decimals"].fillna(1),
            "conf.low": arms["conf_low"],
            "conf.high": arms["conf_high"],
            "sd.method": arms["sd_method"],
            "product": arms["product"],
            "product.class": arms["product_class"],
            "design": arms["design"].mask(randomised, RANDOMISED),
            "confidence": arms["confidence"],
            "shown.in": _places(arms, asked.product, asked.indication),
            "population": arms["population"],
            "n_population": arms["n"],
            "source": arms["source_id"],
            "note": arms["result_ids"],
        }
    )
    return run.results(
        frame,
        "evidence-map",
        group1="study",
        group2="arm",
        context="published",
        unit="cm/year",
        method=f"t interval of a mean, level {level(asked.conf_level)}; SDs by the Cochrane "
        "Handbook, 6.5.2",
    )


evidence_map.shows(evidence_figure)


@evidence_map.shows
def evidence_table(field: Results, _run: ProgrammeRun) -> Table:
    """Show the numbers of the evidence map with their sources."""
    return Table(
        title="The field in numbers: 12-month height velocity, cm/year",
        results=field,
        groups="variable_level",
        labels={"group1_level": "Study", "group2_level": "Arm"},
        columns=[
            Column("n", "{n}"),
            Column("Mean", "{mean}"),
            Column("SD", "{sd}"),
            Column("Interval of the mean", "{conf.low} to {conf.high}"),
            Column("How the SD was obtained", "{sd.method}", "text"),
            Column("Class and design", "{product.class}, {design}", "text"),
            Column("Confidence", "{confidence}", "text"),
        ],
        footnotes=[
            "Means as printed, observed or least-squares. SDs not printed are derived by the "
            "Cochrane Handbook, sections 6.5.2.2 and 6.5.2.3, and never assumed. Intervals are "
            f"t intervals of one arm's mean. Sources: {IN_RESULTS} and in the list below."
        ],
        folded=True,
        empty=NO_ARM,
    )


def _arms(run: ProgrammeRun) -> pd.DataFrame:
    """Return the best report of each arm that the audit lets stand, fast ones first."""
    arms = arm_summaries(run.shown, paramcd="HV", months=TWELVE_MONTHS)
    arms = arms[(arms["evidence"] != "note") & arms["mean"].notna()]
    out = set(excluded_results(run.findings).index)
    excluded = arms["result_ids"].map(lambda ids: bool(out & set(ids.split("; ")))).astype(bool)
    arms = without_unusable_sds(arms[~excluded], run.shown, run.findings)
    arms = best_reports(arms, run.shown, ["study_id", "arm_id"])
    arms = with_interval(arms, conf_level=run.parameters.conf_level)
    # The arms of a study stay together; studies and arms go from fast to slow.
    arms["study_mean"] = arms.groupby(["indication", "study_id"])["mean"].transform("max")
    return arms.sort_values(
        ["indication", "study_mean", "study_id", "mean"], ascending=[True, False, True, False]
    )


def _places(arms: pd.DataFrame, product: str, indication: str) -> pd.Series:
    """Return where each arm is shown: all in the figure while there is room.

    Studies with an arm of the product come first, then randomised ones of the indication, other
    randomised ones, others of the indication, and the rest; a group that has no room for all of
    its arms stands in the table, and so do those after it.
    """
    own = arms["study_id"].isin(arms.loc[arms["product"] == product, "study_id"])
    randomised, asked = arms["randomised"] == "yes", arms["indication"] == indication
    groups = [own, randomised & asked, randomised, asked]
    rank = pd.Series(np.select(groups, range(len(groups)), len(groups)), arms.index)
    drawn_up_to = rank.value_counts().sort_index().cumsum()
    # The first group with any arm is drawn whatever its size.
    last = max([*drawn_up_to[drawn_up_to <= MOST_DRAWN].index, rank.min() if len(rank) else 0])
    return pd.Series(np.where(rank <= last, FIGURE, TABLE), arms.index, dtype=object)


@section
def left_out(run: ProgrammeRun) -> Results:
    """Return the studies with height velocities that the evidence map leaves out, and why."""
    rows = run.shown.described()
    rows = rows[rows["paramcd"].isin(["HV", "CHGHV"]) & (rows["statistic"].isin(["mean", "diff"]))]
    on_map = {row for ids in evidence_map(run).frame["note"] for row in ids.split("; ")}
    mapped = rows[rows["result_id"].isin(on_map)]["study_id"]
    gone = rows[~rows["study_id"].isin(mapped)]
    excluded = excluded_results(run.findings)
    studies = gone.drop_duplicates("study_id")
    reasons = [
        _why_left_out(gone[gone["study_id"] == study], excluded) for study in studies["study_id"]
    ]
    frame = pd.DataFrame(
        {
            "group1_level": studies["label"],
            "group2_level": studies["indication"],
            "reason": reasons,
            "source": studies["source_id"],
        }
    )
    return run.results(frame, "left-out", group1="study", group2="indication", context="published")


@left_out.shows
def left_out_table(left_out: Results, _run: ProgrammeRun) -> Table:
    """Show which studies the map leaves out and why."""
    return Table(
        title="Studies with a height velocity that are not on the map",
        results=left_out,
        labels={"group1_level": "Study", "group2_level": "Indication"},
        columns=[Column("Why", "{reason}", "text")],
        folded=True,
        empty="None is left out.",
    )


def _why_left_out(rows: pd.DataFrame, excluded: pd.Series) -> str:
    audited = rows["result_id"].map(excluded).dropna()
    if not audited.empty:
        return str(audited.iloc[0])
    if (rows["evidence"] == "note").all():
        return "the source document itself, audited above"
    if (rows["evidence"] == "pooled").all():
        return "a review: pooled differences, no arm of its own"
    if (rows["paramcd"] == "CHGHV").all():
        return "gives the change in height velocity only"
    if (rows["statistic"] == "diff").all():
        return "gives a difference only, no mean of an arm"
    return "no value at 12 months"


@section
def margins(run: ProgrammeRun) -> Results:
    """Return the non-inferiority margins of the field, as printed."""
    rows = run.shown.described()
    rows = rows[rows["statistic"] == "margin"]
    frame = pd.DataFrame(
        {
            "group1_level": rows["label"],
            "group2_level": rows["indication"],
            "variable": rows["param"],
            "variable_level": rows["timepoint_printed"],
            "margin": rows["value"],
            "places:margin": rows["decimals"],
            "unit": rows["unit"],
            "unit.words": rows["unit"],
            "source.words": rows["source_id"],
            "remark": rows["note"],
            "population": rows["population"],
            "source": rows["source_id"],
            "note": rows["note"],
        }
    )
    return run.results(frame, "margins", group1="study", group2="indication", context="published")


@margins.shows
def margins_table(margins: Results, _run: ProgrammeRun) -> Table:
    """Show the non-inferiority margins of the field."""
    return Table(
        title="Non-inferiority margins used in the field",
        results=margins,
        labels={"group1_level": "Study", "group2_level": "Indication", "variable": "Endpoint"},
        columns=[
            Column("Margin", "{margin}"),
            Column("Unit", "{unit.words}", "text"),
            Column("Remark", "{remark}", "text"),
            Column("Source", "{source.words}", "text"),
        ],
        footnotes=["As printed: test minus reference, except where a paper prints no sign."],
        empty="The ledger has no margin of a study of this selection.",
    )
