"""The field: growth of every arm in the first year, what is left out, and the margins."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.programme.words import PUBLISHED
from analysis.results import Results, Stat, from_frame
from analysis.sources.arm_summaries import arm_summaries
from analysis.sources.audit import Finding, excluded_results, without_unusable_sds
from analysis.sources.choice import best_reports
from analysis.sources.evidence import TWELVE_MONTHS, Ledger
from analysis.stats.dispersion import with_interval

MOST_DRAWN = 40
"""Arms that one figure can show and name."""


def evidence_map(
    ledger: Ledger,
    findings: list[Finding],
    *,
    conf_level: float,
    product: str = "",
    indication: str = "",
) -> Results:
    """Return the 12-month height velocity of every arm in the field.

    Parameters
    ----------
    ledger
        The ledger, filtered or not.
    findings
        What the audit found; arms it excludes are left out.
    conf_level
        Level of the interval of each mean.
    product, indication
        What is asked for: its arms are drawn first where there is no room for all.

    Returns
    -------
    Results
        Per arm: n, mean, sd, conf.low, conf.high, how the SD was obtained, the words that
        place it (product class and design), and its ``place``: "figure" or "table".

    Notes
    -----
    Source documents of class *note* are left out: they are what is audited. Means are those
    that the papers print, observed or adjusted; arms of different studies are not compared.
    """
    arms = arm_summaries(ledger, paramcd="HV", months=TWELVE_MONTHS)
    arms = arms[(arms["evidence"] != "note") & arms["mean"].notna()]
    out = set(excluded_results(findings).index)
    excluded = arms["result_ids"].map(lambda ids: bool(out & set(ids.split("; ")))).astype(bool)
    arms = without_unusable_sds(arms[~excluded], ledger, findings)
    arms = best_reports(arms, ledger, ["study_id", "arm_id"])
    arms = with_interval(arms, conf_level=conf_level)
    arms["sd_decimals"] = arms["sd_decimals"].fillna(1)
    arms["design_words"] = np.where(arms["randomised"] == "yes", "randomised", arms["design"])
    arms["place"] = _places(arms, product, indication)
    # The arms of a study stay together; studies and arms go from fast to slow.
    arms["study_mean"] = arms.groupby(["indication", "study_id"])["mean"].transform("max")
    arms = arms.sort_values(
        ["indication", "study_mean", "study_id", "mean"], ascending=[True, False, True, False]
    )
    return from_frame(
        arms.assign(
            group1_level=arms["label"],
            group2_level=arms["arm"],
            variable="Height velocity",
            variable_level=arms["indication"],
            n_population=arms["n"],
            source=arms["source_id"],
            note=arms["result_ids"],
        ),
        {
            "n": Stat("n", "n", 0),
            "mean": Stat("mean", "Mean", "decimals", "cm/year"),
            "sd": Stat("sd", "SD", "sd_decimals", "cm/year"),
            "conf_low": Stat("conf.low", "Lower limit", 2, "cm/year"),
            "conf_high": Stat("conf.high", "Upper limit", 2, "cm/year"),
            "sd_method": Stat("sd_method", "SD"),
            "product": Stat("product", "Product"),
            "product_class": Stat("product_class", "Class"),
            "design_words": Stat("design", "Design"),
            "confidence": Stat("confidence", "Confidence"),
            "place": Stat("place", "Where it is shown"),
        },
        analysis_id="evidence-map",
        group1="study",
        group2="arm",
        context="published",
        method=f"t interval of a mean, level {conf_level:g}; SDs by the Cochrane Handbook, 6.5.2",
        data_status=PUBLISHED,
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
    return pd.Series(np.where(rank <= last, "figure", "table"), arms.index, dtype=object)


def left_out(ledger: Ledger, findings: list[Finding]) -> Results:
    """Return the studies with height velocities that the evidence map leaves out, and why.

    Parameters
    ----------
    ledger
        The ledger as filtered for the page.
    findings
        What the audit found.
    """
    rows = ledger.described()
    rows = rows[rows["paramcd"].isin(["HV", "CHGHV"]) & (rows["statistic"].isin(["mean", "diff"]))]
    kept = evidence_map(ledger, findings, conf_level=0.95).frame["note"]
    on_map = {row for ids in kept for row in ids.split("; ")}
    at_12 = rows[rows["result_id"].isin(on_map)]["study_id"]
    gone = rows[~rows["study_id"].isin(at_12)].drop_duplicates(["study_id"])
    excluded = excluded_results(findings)
    reasons = []
    for study in gone["study_id"]:
        own = rows[rows["study_id"] == study]
        reasons.append(_why_left_out(own, excluded))
    return from_frame(
        gone.assign(
            group1_level=gone["label"],
            group2_level=gone["indication"],
            reason=reasons,
            source=gone["source_id"],
        ),
        {"reason": Stat("reason", "Why it is not on the map")},
        analysis_id="left-out",
        group1="study",
        group2="indication",
        context="published",
        data_status=PUBLISHED,
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


def margins(ledger: Ledger) -> Results:
    """Return the non-inferiority margins of the field."""
    rows = ledger.described()
    rows = rows[rows["statistic"] == "margin"]
    return from_frame(
        rows.assign(
            group1_level=rows["label"],
            group2_level=rows["indication"],
            variable=rows["param"],
            variable_level=rows["timepoint_printed"],
            source=rows["source_id"],
            source_words=rows["source_id"],
        ),
        {
            "value": Stat("margin", "Margin", "decimals", "unit"),
            "unit": Stat("unit", "Unit"),
            "source_words": Stat("source", "Source"),
            "note": Stat("remark", "Remark"),
        },
        analysis_id="margins",
        group1="study",
        group2="indication",
        context="published",
        data_status=PUBLISHED,
    )
