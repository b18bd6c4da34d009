"""The Valtropin programme: what its source document says, and what holds up.

Topic of notebook 1. Every function takes the published ledger and returns `Results`.
"""

from __future__ import annotations

from collections import Counter
from typing import Literal

import numpy as np
import pandas as pd
import pydantic

from analysis.numbers import fixed, percent
from analysis.parameters import NotebookParameters
from analysis.results import Results, Stat, from_frame
from analysis.sources import dispersion
from analysis.sources.audit import RULES, SEVERITIES, Finding, excluded_results, to_frame
from analysis.sources.audit.agreement import same_study_cells
from analysis.sources.evidence import Ledger, arm_summaries

PUBLISHED: Literal["published"] = "published"
TWELVE_MONTHS = 12.0


class ProgrammeParameters(NotebookParameters):
    """Parameters of ``1_programme``."""

    indication: Literal["all", "GHD", "TS", "ISS", "SGA"] = pydantic.Field(
        "all", description="indication shown of the field: all, GHD, TS, ISS or SGA"
    )
    min_confidence: Literal["low", "medium", "high"] = pydantic.Field(
        "low", description="weakest confidence of a number that is shown: low, medium or high"
    )
    conf_level: float = pydantic.Field(
        0.95, gt=0, lt=1, description="level of the confidence intervals, between 0 and 1"
    )


def note_cells(ledger: Ledger, findings: list[Finding]) -> Results:
    """Judge every cell of the source document's tables.

    Parameters
    ----------
    ledger
        The published ledger.
    findings
        What the audit found.

    Returns
    -------
    Results
        One set of rows per cell: ``printed`` (as in the document), ``status``,
        ``independent`` (mean, SD and n of the independent report), ``reason``.

    Notes
    -----
    A cell is *not reported* where the document says so; *contradicted* where the audit found
    it in the table of another population, or where the independent report of the same study
    differs by more than rounding; *confirmed* where that report agrees; else *unverified*.
    """
    cells = ledger.described()
    cells = cells[(cells["evidence"] == "note") & cells["statistic"].isin(["mean", "n"])]
    cells = cells.merge(_independent(ledger), on="result_id", how="left")
    copied = _copied_rows(ledger, findings)
    cells["copied"] = cells["result_id"].map(copied)
    judged = [
        cells["reported"] == "no",
        cells["copied"].notna(),
        cells["agrees"].isin([False]),
        cells["agrees"].isin([True]),
    ]
    cells["status"] = np.select(
        judged, ["not reported", "contradicted", "contradicted", "confirmed"], "unverified"
    )
    cells["reason"] = np.select(
        judged,
        [
            "the document leaves the cell out",
            cells["copied"].fillna(""),
            "differs from the independent report by more than rounding",
            "agrees with the independent report to rounding",
        ],
        "no independent report of this value was found",
    )
    cells["printed"] = [
        "Not Reported" if reported == "no" else fixed(value, places)
        for reported, value, places in zip(
            cells["reported"], cells["value"], cells["decimals"], strict=True
        )
    ]
    return from_frame(
        cells.assign(
            group1_level=cells["label"],
            group2_level=cells["arm"],
            variable=cells["param"],
            variable_level=cells["months"].map(_month),
            n_population=cells["n"],
            source=cells["source_id"],
            note=cells["locator"],
        ),
        {
            "value": Stat("value", "As printed", "decimals", "unit"),
            "printed": Stat("printed", "As printed, in words"),
            "status": Stat("status", "Status"),
            "independent": Stat("independent", "Independent report", source="independent_source"),
            "independent_source": Stat("independent_source", "Independent source"),
            "reason": Stat("reason", "Reason"),
        },
        analysis_id="note-cells",
        group1="table",
        group2="column",
        context="source audit",
        data_status=PUBLISHED,
    )


def _month(months: float) -> str:
    if pd.isna(months):
        return ""
    return "Baseline" if months == 0 else f"Month {months:.0f}"


def _independent(ledger: Ledger) -> pd.DataFrame:
    """Return, per cell of the document, the independent report's value in words and agreement."""
    pairs = same_study_cells(ledger)
    pairs = pairs[pairs["statistic"] == "mean"]
    spread = ledger.results[ledger.results["statistic"] == "sd"]
    place = ["same_as_study_id", "same_as_arm_id", "paramcd", "months"]
    sd = spread.rename(
        columns={"study_id": "same_as_study_id", "arm_id": "same_as_arm_id", "value": "sd"}
    )[[*place, "sd", "decimals"]]
    pairs = pairs.merge(sd, on=place, how="left", suffixes=("", "_sd"))
    words = [
        f"{fixed(mean, places)} (SD {fixed(spread, sd_places)}), n {fixed(n, 0)}"
        for mean, places, spread, sd_places, n in zip(
            pairs["value_other"],
            pairs["decimals_other"],
            pairs["sd"],
            pairs["decimals_sd"].fillna(0).astype(int),
            pairs["n_other"],
            strict=True,
        )
    ]
    values = pairs.assign(
        independent=words,
        agrees=(pairs["value"] - pairs["value_other"]).abs() <= pairs["rounding"] + 1e-9,
        independent_source=pairs["source_id_other"],
    )
    kept = ["result_id", "independent", "independent_source", "agrees"]
    return pd.concat([values[kept], _independent_n(ledger)[kept]])


def _independent_n(ledger: Ledger) -> pd.DataFrame:
    """Compare the n over a column with the n that the independent growth values rest on."""
    header = ledger.results[(ledger.results["paramcd"] == "PARTIC")].merge(
        ledger.identities.drop(columns="note")
    )
    velocity = ledger.results[
        (ledger.results["paramcd"] == "HV")
        & (ledger.results["months"] == TWELVE_MONTHS)
        & (ledger.results["statistic"] == "mean")
    ][["study_id", "arm_id", "n", "source_id"]]
    velocity.columns = ["same_as_study_id", "same_as_arm_id", "n_other", "independent_source"]
    pairs = header.merge(velocity, on=["same_as_study_id", "same_as_arm_id"])
    return pairs.assign(
        independent=[f"n {fixed(n, 0)} analysed for growth" for n in pairs["n_other"]],
        agrees=pairs["value"] == pairs["n_other"],
    )


def _copied_rows(ledger: Ledger, findings: list[Finding]) -> dict[str, str]:
    """Return the rows that belong to another population: result_id → why.

    Of two tables with equal values, the one whose arms have an independent report is the
    original, and the other is the copy.
    """
    original = set(ledger.identities["study_id"])
    study = ledger.results.set_index("result_id")["study_id"]
    label = ledger.studies.set_index("study_id")["label"]
    copied: dict[str, str] = {}
    # A value that stands in both kinds of finding is a copied one first.
    for rule in ("change is only a subtraction", "repeated table"):
        for finding in (f for f in findings if f.rule == rule):
            whose = " and ".join(
                label[study] for study in sorted(original & set(finding.study_ids))
            )
            reason = (
                f"the same value stands in the same column of {whose}"
                if rule == "repeated table"
                else f"no result of its own: {finding.sentence.partition(': ')[2]}"
            )
            copied |= {row: reason for row in finding.result_ids if study[row] not in original}
    return copied


def tally(results: Results, stat_name: str, by: str = "stat_fmt") -> Results:
    """Count the rows of a text result by what they say, or by one of their levels.

    Parameters
    ----------
    results
        Results with a text statistic.
    stat_name
        Which one is counted.
    by
        Column whose values are counted.

    Returns
    -------
    Results
        One ``n`` per value, in order of appearance, and one for all of them.
    """
    rows = results.select(stat_name=stat_name).frame
    counts = rows[by].value_counts(sort=False)
    counts["all"] = len(rows)
    name = rows["analysis_id"].iloc[0] if len(rows) else "none"
    return from_frame(
        pd.DataFrame({"group1_level": counts.index, "n": counts.to_numpy()}),
        {"n": Stat("n", "Count", 0)},
        analysis_id=f"{name}-count",
        group1=stat_name,
        context="source audit",
        data_status=PUBLISHED,
    )


def known_growth(ledger: Ledger, *, conf_level: float) -> Results:
    """Return what is known of growth in each column of the source document's tables.

    Parameters
    ----------
    ledger
        The published ledger.
    conf_level
        Level of the interval of the mean.

    Returns
    -------
    Results
        Per column: n, mean and SD at baseline and month 12 from the independent report, with
        a t interval of the mean; or ``conclusion`` "not estimable" and the ``reason``.

    Notes
    -----
    Estimand: the mean height velocity of those analysed; a single-arm mean, no effect.
    """
    columns = ledger.described()
    columns = columns[columns["evidence"] == "note"].drop_duplicates(["study_id", "arm_id"])
    columns = columns[["study_id", "arm_id", "label", "arm", "indication", "role"]].merge(
        ledger.identities[["study_id", "arm_id", "same_as_study_id", "same_as_arm_id"]], how="left"
    )
    values = pd.concat(
        [
            arm_summaries(ledger, paramcd="HV", months=months).assign(months=months)
            for months in (0.0, TWELVE_MONTHS)
        ]
    )
    values = with_interval(values, conf_level=conf_level)
    kept = (
        "study_id arm_id months n mean decimals sd sd_decimals conf_low conf_high source_id".split()
    )
    values = values[kept].rename(
        columns={"study_id": "same_as_study_id", "arm_id": "same_as_arm_id"}
    )
    known = columns.merge(values, on=["same_as_study_id", "same_as_arm_id"], how="left")
    missing = known["mean"].isna()
    known["level"] = np.where(missing, np.nan, conf_level)
    known["conclusion"] = np.where(missing, "not estimable", "")
    known["reason"] = np.where(missing, "no value that belongs to this population", "")
    return from_frame(
        known.assign(
            group1_level=_trial_name(known),
            group2_level=known["indication"],
            variable="Height velocity",
            variable_level=known["months"].map(_month),
            n_population=known["n"],
            source=known["source_id"],
        ),
        {
            "n": Stat("n", "n", 0),
            "mean": Stat("mean", "Mean", "decimals", "cm/year"),
            "sd": Stat("sd", "SD", "sd_decimals", "cm/year"),
            "conf_low": Stat("conf.low", "Lower limit", 2, "cm/year"),
            "conf_high": Stat("conf.high", "Upper limit", 2, "cm/year"),
            "level": Stat("conf.level", "Confidence level", 0, form=percent),
            "conclusion": Stat("conclusion", "Conclusion"),
            "reason": Stat("reason", "Reason"),
        },
        analysis_id="known-growth",
        group1="trial",
        group2="indication",
        context="published",
        method=f"t interval of a mean, level {conf_level:g}",
        data_status=PUBLISHED,
    )


def _trial_name(columns: pd.DataFrame) -> pd.Series:
    single = columns["role"] == "single"
    return ("Turner " + columns["arm"]).where(
        single, columns["indication"] + " trial, " + columns["arm"]
    )


def with_interval(summaries: pd.DataFrame, *, conf_level: float) -> pd.DataFrame:
    """Add the t interval of each mean: ``conf_low`` and ``conf_high``, missing without SD or n.

    Parameters
    ----------
    summaries
        Frame with ``n``, ``mean`` and ``sd``.
    conf_level
        Between 0 and 1.
    """
    enough = summaries["n"].where(summaries["n"] > 1)
    margin = dispersion.t_quantile(conf_level, enough - 1) * summaries["sd"] / np.sqrt(enough)
    return summaries.assign(
        conf_low=summaries["mean"] - margin, conf_high=summaries["mean"] + margin
    )


def controlled_contrast(ledger: Ledger, findings: list[Finding]) -> Results:
    """Say whether the document's controlled trial gives a contrast, and why not.

    Parameters
    ----------
    ledger
        The published ledger.
    findings
        What the audit found.

    Returns
    -------
    Results
        For each comparative table of the document one ``conclusion`` and its ``reason``.

    Notes
    -----
    Estimand asked for: the difference in mean change of height velocity at 12 months. It needs
    mean, SD and n of both arms, in the population that the table is about.
    """
    copied = _copied_rows(ledger, findings)
    cells = ledger.described()
    cells = cells[(cells["evidence"] == "note") & cells["role"].isin(["test", "comparator"])]
    rows = []
    for (study, label, indication), table in cells.groupby(["study_id", "label", "indication"]):
        test, comparator = (table[table["role"] == role] for role in ("test", "comparator"))
        reasons = []
        if table["result_id"].isin(copied).any():
            reasons.append("the growth values of its table are those of another population")
        for arms in (test, comparator):
            at_12 = arms[(arms["months"] == TWELVE_MONTHS) & (arms["statistic"] == "mean")]
            if (at_12["reported"] == "no").all():
                reasons.append(f"the 12-month value of {arms['product'].iloc[0]} is not reported")
        if not table["statistic"].isin(["sd", "se", "ci_low"]).any():
            reasons.append("no cell has a standard deviation or an interval")
        rows.append(
            {
                "group1_level": f"{test['product'].iloc[0]} − {comparator['product'].iloc[0]}",
                "group2_level": indication,
                "variable": "Change in height velocity",
                "variable_level": _month(TWELVE_MONTHS),
                "conclusion": "not estimable" if reasons else "estimable",
                "reason": _listed(reasons),
                "source": table["source_id"].iloc[0],
                "note": f"{label} ({study})",
            }
        )
    return from_frame(
        pd.DataFrame(rows),
        {
            "conclusion": Stat("conclusion", "Conclusion"),
            "reason": Stat("reason", "Because"),
        },
        analysis_id="controlled-contrast",
        group1="contrast",
        group2="indication",
        context="published",
        data_status=PUBLISHED,
    )


def _listed(parts: list[str]) -> str:
    return ", ".join(parts[:-1]) + " and " + parts[-1] if len(parts) > 1 else "".join(parts)


def audit_findings(findings: list[Finding], ledger: Ledger) -> Results:
    """Return the audit's findings that concern the studies of a (filtered) ledger.

    Parameters
    ----------
    findings
        What the audit found in the whole ledger.
    ledger
        The ledger as filtered for the page.

    Returns
    -------
    Results
        Per finding: its ``sentence`` and how many ledger rows it concerns (``n``).
    """
    shown = concerning(findings, ledger)
    frame = to_frame(shown)
    frame["n"] = [len(finding.result_ids) for finding in shown]
    source = ledger.results.groupby("study_id")["source_id"].agg(
        lambda ids: "; ".join(sorted(set(ids)))
    )
    return from_frame(
        frame.assign(
            group1_level=frame["severity"],
            group2_level=frame["rule"],
            variable=frame["studies"],
            variable_level=[f"finding {number}" for number in range(1, len(frame) + 1)],
            source=[
                "; ".join(source[study] for study in finding.study_ids if study in source)
                for finding in shown
            ],
            note=frame["results"],
        ),
        {
            "sentence": Stat("sentence", "Finding"),
            "n": Stat("n", "Ledger rows", 0),
        },
        analysis_id="audit-findings",
        group1="severity",
        group2="rule",
        context="source audit",
        data_status=PUBLISHED,
    )


def concerning(findings: list[Finding], ledger: Ledger) -> list[Finding]:
    """Return the findings that concern a study of the (filtered) ledger."""
    studies = set(ledger.studies["study_id"])
    return [finding for finding in findings if studies & set(finding.study_ids)]


def audit_rules(findings: list[Finding], ledger: Ledger) -> Results:
    """Return every rule of the audit, how often it found something, and what follows.

    Parameters
    ----------
    findings
        What the audit found in the whole ledger.
    ledger
        The ledger as filtered for the page.
    """
    found = Counter(finding.rule for finding in concerning(findings, ledger))
    frame = pd.DataFrame(
        [(rule.severity, rule.name, rule.action, found[rule.name]) for rule in RULES],
        columns=["group1_level", "group2_level", "action", "n"],
    )
    order = frame["group1_level"].map(SEVERITIES.index)
    return from_frame(
        frame.loc[order.sort_values(kind="stable").index],
        {"n": Stat("n", "Findings", 0), "action": Stat("action", "What the project does")},
        analysis_id="audit-rules",
        group1="severity",
        group2="rule",
        context="source audit",
        data_status=PUBLISHED,
    )


def evidence_map(ledger: Ledger, findings: list[Finding], *, conf_level: float) -> Results:
    """Return the 12-month height velocity of every arm in the field.

    Parameters
    ----------
    ledger
        The ledger, filtered or not.
    findings
        What the audit found; arms it excludes are left out.
    conf_level
        Level of the interval of each mean.

    Returns
    -------
    Results
        Per arm: n, mean, sd, conf.low, conf.high, how the SD was obtained, and the words that
        place it: product class and design.

    Notes
    -----
    Source documents of class *note* are left out: they are what is audited. Means are those
    that the papers print, observed or adjusted; arms of different studies are not compared.
    """
    arms = arm_summaries(ledger, paramcd="HV", months=TWELVE_MONTHS)
    arms = arms[(arms["evidence"] != "note") & arms["mean"].notna()]
    out = set(excluded_results(findings).index)
    excluded = arms["result_ids"].map(lambda ids: bool(out & set(ids.split("; ")))).astype(bool)
    arms = arms[~excluded]
    arms = with_interval(arms, conf_level=conf_level)
    arms["sd_decimals"] = arms["sd_decimals"].fillna(1)
    arms["design_words"] = np.where(arms["randomised"] == "yes", "randomised", arms["design"])
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
        },
        analysis_id="evidence-map",
        group1="study",
        group2="arm",
        context="published",
        method=f"t interval of a mean, level {conf_level:g}; SDs by the Cochrane Handbook, 6.5.2",
        data_status=PUBLISHED,
    )


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


def claims(ledger: Ledger) -> Results:
    """Return every claim of the source document, its status and what follows for the project."""
    rows = ledger.claims
    return _texts(
        rows.assign(group1_level=rows["claim_id"], variable=rows["topic"]),
        ["claim", "evidence", "status", "consequence", "source_id"],
        analysis_id="claims",
        group1="claim",
    )


def trials(ledger: Ledger) -> Results:
    """Return the three trials side by side: what the document and other sources say of each."""
    rows = ledger.programme
    return _texts(
        rows.assign(group1_level=rows["aspect"], group2_level=rows["trial"]),
        ["note_says", "independent_says", "status", "source_id"],
        analysis_id="trials",
        group1="aspect",
        group2="trial",
    )


def conventions(ledger: Ledger) -> Results:
    """Return the regulatory and analytical conventions of the field, with sources."""
    rows = ledger.conventions
    together = rows.groupby(["topic", "convention"], sort=False, as_index=False).agg(
        where_seen=("where_seen", "; ".join), source_id=("source_id", "; ".join)
    )
    return _texts(
        together.assign(group1_level=together["topic"], variable=together["convention"]),
        ["where_seen", "source_id"],
        analysis_id="conventions",
        group1="topic",
    )


def sources(ledger: Ledger) -> Results:
    """Return the sources that the (filtered) ledger's numbers were read in."""
    counts = ledger.results.groupby("source_id").size().rename("n").reset_index()
    rows = ledger.sources.merge(counts, on="source_id")
    return from_frame(
        rows.assign(group1_level=rows["source_id"], source=rows["source_id"]),
        {
            "kind": Stat("kind", "Kind"),
            "title": Stat("title", "Title"),
            "address": Stat("address", "Address"),
            "n": Stat("n", "Numbers", 0),
        },
        analysis_id="sources",
        group1="source",
        context="published",
        data_status=PUBLISHED,
    )


def _texts(
    frame: pd.DataFrame, columns: list[str], *, analysis_id: str, group1: str, group2: str = ""
) -> Results:
    return from_frame(
        frame.assign(source=frame["source_id"]),
        {name: Stat(name, name.replace("_", " ").capitalize()) for name in columns},
        analysis_id=analysis_id,
        group1=group1,
        group2=group2,
        context="published",
        data_status=PUBLISHED,
    )
