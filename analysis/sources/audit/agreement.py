"""Rules on agreement: between two sources of one study, and within one source."""

import pandas as pd

from analysis.sources.audit.cells import rows_of
from analysis.sources.audit.finding import Found, half_unit, printed, rule
from analysis.sources.evidence import Ledger, where
from analysis.sources.populations import is_per_protocol
from analysis.words import in_sentence

CELL = ["paramcd", "months", "statistic", "model"]
"""What makes two numbers the same quantity: an adjusted mean is another than an observed one."""


def same_study_cells(ledger: Ledger) -> pd.DataFrame:
    """Pair each cell of one report with the same cell of an independent report of the study.

    The ledger's ``identities`` say which arms are the same participants. The columns of the
    independent report have the suffix ``_other``; ``rounding`` is the most that rounding alone can
    make the two differ.
    """
    results = ledger.results[(ledger.results["reference_arm_id"] == "")]
    columns = ["study_id", "arm_id", *CELL, "value", "decimals", "n", "result_id", "source_id"]
    other = results[columns].rename(
        columns={"study_id": "same_as_study_id", "arm_id": "same_as_arm_id"}
    )
    pairs = (
        results.merge(
            ledger.identities[["study_id", "arm_id", "same_as_study_id", "same_as_arm_id"]]
        )
        .merge(other, on=["same_as_study_id", "same_as_arm_id", *CELL], suffixes=("", "_other"))
        .merge(ledger.endpoints[["paramcd", "param"]], on="paramcd")
    )
    pairs["rounding"] = half_unit(pairs["decimals"]) + half_unit(pairs["decimals_other"])
    return pairs


@rule(
    "sources disagree",
    "warning",
    "The independent source is used; the other value is a sensitivity value",
)
def sources_disagree(ledger: Ledger) -> Found:
    """Find a value that an independent report of the same study gives otherwise."""
    pairs = same_study_cells(ledger)
    pairs = pairs[pairs["paramcd"] != "PARTIC"]
    off = (pairs["value"] - pairs["value_other"]).abs() > pairs["rounding"] + 1e-9
    for _, pair in pairs[off].iterrows():
        yield (
            _pair_rows(pair),
            f"{pair['study_id']}, {pair['arm_id']}: {in_sentence(pair['param'])} at month "
            f"{pair['months']:.0f} is {printed(pair)}, and "
            f"{printed(pair, 'value_other', 'decimals_other')} in {pair['same_as_study_id']}",
        )


@rule(
    "documents disagree",
    "warning",
    "The fuller document is used; the other value is shown beside it",
)
def documents_disagree(ledger: Ledger) -> Found:
    """Find one quantity of one study that two documents print differently, beyond rounding."""
    rows = where(ledger.described(), "value", domain=["growth", "baseline"], printing=1)
    rows = rows.assign(per_protocol=rows["population"].map(is_per_protocol).astype(bool))
    place = ["study_id", "arm_id", "reference_arm_id", *CELL, "unit", "per_protocol"]
    pairs = rows.merge(rows, on=place, suffixes=("", "_other"))
    pairs = pairs[pairs["source_id"] < pairs["source_id_other"]]
    # Two numbers of participants are two analysis sets.
    sized = pairs["n"].notna() & pairs["n_other"].notna()
    pairs = pairs[~sized | (pairs["n"] == pairs["n_other"])]
    rounding = half_unit(pairs["decimals"]) + half_unit(pairs["decimals_other"])
    off = (pairs["value"] - pairs["value_other"]).abs() > rounding + 1e-9
    for _, pair in pairs[off].iterrows():
        yield (
            _pair_rows(pair, "study_id"),
            f"{pair['study_id']}, {pair['arm_id']}: {in_sentence(pair['param'])} "
            f"({pair['statistic']}) at month {pair['months']:.0f} is {printed(pair)} in "
            f"{pair['source_id']} and {printed(pair, 'value_other', 'decimals_other')} in "
            f"{pair['source_id_other']}",
        )


@rule(
    "n differs between sources",
    "warning",
    "The n of the source that states its analysis set is used",
)
def n_differs(ledger: Ledger) -> Found:
    """Find an n that differs between two sources of one study."""
    pairs = same_study_cells(ledger)
    pairs = pairs[pairs["n"].notna() & pairs["n_other"].notna() & (pairs["n"] != pairs["n_other"])]
    arms = ["study_id", "arm_id", "same_as_study_id", "n", "n_other"]
    for (study, arm, other, n, n_other), cells in pairs.groupby(arms):
        rows = pd.concat([_pair_rows(cell) for _, cell in cells.iterrows()])
        yield (
            rows,
            f"{study}, {arm}: n is {n:.0f}, and {n_other:.0f} for the same values in {other}",
        )


def _pair_rows(
    pair: pd.Series, other: str = "same_as_study_id", suffix: str = "_other"
) -> pd.DataFrame:
    ids = (pair["result_id"],), (pair[f"result_id{suffix}"],)
    return rows_of((pair["study_id"], ids[0]), (pair[other], ids[1]))


@rule(
    "printed twice differently",
    "warning",
    "Both values are kept and shown; a summary uses neither without naming the other",
)
def printed_twice(ledger: Ledger) -> Found:
    """Find one quantity that one source prints twice with different values."""
    results = ledger.results[ledger.results["value"].notna()]
    place = "study_id arm_id reference_arm_id population paramcd endpoint_printed".split()
    keys = [*place, "timepoint_printed", "statistic", "source_id"]
    several = results[results.groupby(keys)["value"].transform("nunique") > 1]
    for key, rows in several.groupby(keys):
        values = " and ".join(printed(row) for _, row in rows.iterrows())
        yield (
            rows,
            f"{key[0]}, {key[1]}: {rows['endpoint_printed'].iloc[0]} "
            f"({rows['statistic'].iloc[0]}) at {rows['timepoint_printed'].iloc[0]} "
            f"is printed as {values}",
        )


@rule(
    "pooled estimate contradicts a trial",
    "warning",
    "The review is shown for context and never pooled; trials are read one by one",
)
def pooled_contradicts_trial(ledger: Ledger) -> Found:
    """Find a pooled estimate whose interval leaves out what a randomised trial found."""
    contrasts = _contrasts(ledger)
    # Reviews pool over follow-up times; a trial is asked for its estimate at 9 months or later.
    trials = contrasts[(contrasts["randomised"] == "yes") & (contrasts["months"] >= 9)]
    pooled = contrasts[contrasts["evidence"] == "pooled"]
    pairs = pooled.merge(
        trials[trials["value"].notna()], on=["paramcd", "product"], suffixes=("", "_trial")
    )
    same = (pairs["product_reference"] == pairs["product_reference_trial"]) | (
        pairs["product_reference"] == "somatropin (several)"
    )
    outside = (pairs["value_trial"] < pairs["ci_low"]) | (pairs["value_trial"] > pairs["ci_high"])
    for _, pair in pairs[same & outside].iterrows():
        yield (
            _pair_rows(pair, "study_id_trial", "_trial"),
            f"{pair['study_id']}: {pair['product']} v {pair['product_reference']} pooled as "
            f"{printed(pair)} ({printed(pair, 'ci_low', 'ci_low_decimals')} to "
            f"{printed(pair, 'ci_high', 'ci_high_decimals')}), while "
            f"the trial {pair['study_id_trial']} found "
            f"{printed(pair, 'value_trial', 'decimals_trial')}",
        )


def _contrasts(ledger: Ledger) -> pd.DataFrame:
    """Return one row per printed difference, with its limits and both arms' products."""
    rows = ledger.described()
    rows = rows[(rows["reference_arm_id"] != "") & (rows["domain"] == "growth")]
    key = ["study_id", "arm_id", "reference_arm_id", "paramcd", "timepoint_printed"]
    limits = rows[rows["statistic"].isin(["ci_low", "ci_high"])].pivot_table(
        index=key, columns="statistic", values=["value", "decimals"]
    )
    limits.columns = [n if kind == "value" else f"{n}_decimals" for kind, n in limits.columns]
    names = ("ci_low", "ci_high", "ci_low_decimals", "ci_high_decimals")
    limits = limits.reindex(columns=list(names))  # a ledger may print no interval at all
    reference = ledger.arms[["study_id", "arm_id", "product"]].rename(
        columns={"arm_id": "reference_arm_id"}
    )
    return (
        rows[rows["statistic"] == "diff"]
        .merge(limits.reset_index(), on=key)
        .merge(reference, on=["study_id", "reference_arm_id"], suffixes=("", "_reference"))
    )
