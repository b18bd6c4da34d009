"""What other reports say of the cells of the source document's tables."""

from collections.abc import Iterable
from functools import lru_cache

import pandas as pd

from analysis.numbers import fixed
from analysis.sources.audit import Finding
from analysis.sources.audit.agreement import same_study_cells
from analysis.sources.choice import best_reports
from analysis.sources.evidence import TWELVE_MONTHS, Ledger
from analysis.sources.schemas import INFERRED
from analysis.thresholds import above

ARM = ["study_id", "arm_id"]
OTHER = ["same_as_study_id", "same_as_arm_id"]
COLUMNS = ["result_id", "independent", "independent_source", "agrees", "inferred", "fewer"]


@lru_cache(maxsize=4)
def independent_reports(ledger: Ledger) -> pd.DataFrame:
    """Return what the independent report of the same trial says of each cell.

    Parameters
    ----------
    ledger
        The published ledger; ``identities`` says which arms are the same participants.

    Returns
    -------
    pandas.DataFrame
        ``result_id, independent`` (in words), ``independent_source, agrees`` (to the rounding
        of both), ``inferred`` (whether the identity of the two is), ``fewer`` (a count below
        that of the report, or a mean of another number of participants, as an analysis set has);
        one row a cell that has such a report.
    """
    identities = ledger.identities.assign(inferred=ledger.identities["basis"] == INFERRED)
    found = pd.concat([_values(ledger), _counts(ledger)], ignore_index=True)
    found = found.merge(identities[[*ARM, "inferred"]], on=ARM)
    return found[COLUMNS]


def _values(ledger: Ledger) -> pd.DataFrame:
    """Return the reported mean beside each mean of the document."""
    pairs = same_study_cells(ledger)
    pairs = pairs[(pairs["statistic"] == "mean") & pairs["value_other"].notna()]
    pairs = pairs.merge(_spreads(ledger), left_on="result_id_other", right_on="mean_id", how="left")
    pairs["agrees"] = (pairs["value"] - pairs["value_other"]).abs() <= pairs["rounding"] + 1e-9
    # Of several reports of the trial, one that agrees is told before the best of the others.
    own = pairs.drop(columns=["source_id", "population", "printing"]).rename(
        columns={"source_id_other": "source_id", "population_other": "population"}
    )
    own = own.assign(printing=1).sort_values("agrees", ascending=False, kind="stable")
    best = best_reports(own, ledger, ["result_id", "agrees"]).drop_duplicates("result_id")
    return best.assign(
        independent=[_value_words(row) for row in best.to_dict("records")],
        independent_source=best["source_id"],
        fewer=~best["agrees"].astype(bool) & _could_be_a_set(best),
    )


def _could_be_a_set(pairs: pd.DataFrame) -> pd.Series:
    """Return which means may be those of other participants of the trial, as of an analysis set.

    Of m of N participants the mean lies no further from that of all than s √((N − 1)(N − m) / mN),
    where all others lie at one value; what lies further is no analysis set of theirs.
    """
    m, n = pairs["n"], pairs["n_other"]
    ratio = ((n - 1) * (n - m) / (m * n)).clip(lower=0)
    off = (pairs["value"] - pairs["value_other"]).abs() - pairs["rounding"]
    beyond = above(off, pairs["sd"] * ratio**0.5)
    return (m != n) & ~((m < n) & beyond)


def _spreads(ledger: Ledger) -> pd.DataFrame:
    """Return the SD that stands beside each mean: mean_id, population_other, sd, sd_decimals."""
    place = [*ARM, "reference_arm_id", "paramcd", "months", "population", "source_id", "printing"]
    rows = ledger.results
    means = rows[rows["statistic"] == "mean"][[*place, "result_id"]]
    sds = rows[rows["statistic"] == "sd"].drop_duplicates(place)
    sds = sds[[*place, "value", "decimals"]].rename(
        columns={"value": "sd", "decimals": "sd_decimals"}
    )
    spreads = means.merge(sds, on=place, how="left").rename(
        columns={"result_id": "mean_id", "population": "population_other"}
    )
    return spreads[["mean_id", "population_other", "sd", "sd_decimals"]]


def _value_words(row: dict[str, float]) -> str:
    mean = fixed(row["value_other"], int(row["decimals_other"]))
    spread = f" (SD {fixed(row['sd'], int(row['sd_decimals']))})" if pd.notna(row["sd"]) else ""
    n = f", n {fixed(row['n_other'], 0)}" if pd.notna(row["n_other"]) else ""
    return f"{mean}{spread}{n}"


def _counts(ledger: Ledger) -> pd.DataFrame:
    """Compare the n over each column with those enrolled and those analysed for growth."""
    results = ledger.results
    header = results[(results["paramcd"] == "PARTIC") & (results["statistic"] == "n")]
    enrolled = header[[*ARM, "value", "source_id"]].drop_duplicates(ARM)
    enrolled = enrolled.set_axis([*OTHER, "enrolled", "enrolled_source"], axis=1)
    velocity = results[(results["paramcd"] == "HV") & (results["months"] == TWELVE_MONTHS)]
    velocity = velocity[(velocity["statistic"] == "mean") & (velocity["reference_arm_id"] == "")]
    analysed = best_reports(velocity, ledger, ARM)[[*ARM, "n", "source_id"]]
    analysed = analysed.set_axis([*OTHER, "analysed", "analysed_source"], axis=1)
    pairs = header.merge(ledger.identities.drop(columns="note"), on=ARM)
    pairs = pairs.merge(enrolled, on=OTHER, how="left").merge(analysed, on=OTHER, how="left")
    pairs = pairs[pairs["enrolled"].notna() | pairs["analysed"].notna()]
    most = pairs[["enrolled", "analysed"]].max(axis=1)
    return pairs.assign(
        independent=[_count_words(row) for row in pairs.to_dict("records")],
        independent_source=pairs["enrolled_source"].fillna(pairs["analysed_source"]),
        agrees=(pairs["value"] == pairs["enrolled"]) | (pairs["value"] == pairs["analysed"]),
        fewer=pairs["value"] < most,
    )


def _count_words(row: dict[str, float]) -> str:
    if row["enrolled"] == row["analysed"]:
        return f"n {fixed(row['enrolled'], 0)}"
    said = {"enrolled": row["enrolled"], "analysed for growth": row["analysed"]}
    return ", ".join(f"n {fixed(n, 0)} {what}" for what, n in said.items() if pd.notna(n))


def copied_rows(ledger: Ledger, findings: Iterable[Finding]) -> dict[str, str]:
    """Return the cells whose value is another population's: result_id → why.

    Of two tables with equal values, the one that an independent report of its own trial
    confirms is the original, and the other is the copy.
    """
    reports = independent_reports(ledger)
    confirmed = set(reports[reports["agrees"] & ~reports["fewer"]]["result_id"])
    study = ledger.results.set_index("result_id")["study_id"]
    label = ledger.studies.set_index("study_id")["label"]
    copied: dict[str, str] = {}
    for finding in (each for each in findings if each.rule == "repeated table"):
        original = {study[row] for row in finding.result_ids if row in confirmed}
        whose = " and ".join(label[name] for name in sorted(original))
        reason = f"the same value stands in the same column of {whose}"
        if whose:
            copied |= {row: reason for row in finding.result_ids if study[row] not in original}
    return copied


def derived_rows(ledger: Ledger, findings: Iterable[Finding]) -> dict[str, str]:
    """Return the changes that are only a subtraction of two printed cells: result_id → why."""
    changes = set(ledger.endpoints[ledger.endpoints["change_of"] != ""]["paramcd"])
    paramcd = ledger.results.set_index("result_id")["paramcd"]
    return {
        row: f"no result of its own: {finding.sentence.partition(': ')[2]}"
        for finding in findings
        if finding.rule == "change is only a subtraction"
        for row in finding.result_ids
        if paramcd[row] in changes
    }
