"""Rules on counts: percentages, and arms that do not add up."""

import pandas as pd

from analysis.numbers import fixed
from analysis.sources.audit.finding import Found, half_unit, printed, rule
from analysis.sources.evidence import Ledger, where

CELL = ["study_id", "arm_id", "population", "paramcd", "timepoint_printed", "source_id", "n"]


@rule(
    "percentage is not events / n",
    "note",
    "The counts are used; percentages are always computed from them",
)
def percentage_mismatch(ledger: Ledger) -> Found:
    """Find a percentage that is not events divided by n, beyond rounding."""
    columns = [*CELL, "endpoint_printed", "value", "decimals", "result_id"]
    rows = ledger.results
    pairs = rows[rows["statistic"] == "pct"][columns].merge(
        rows[rows["statistic"] == "events"][[*CELL, "endpoint_printed", "value", "result_id"]],
        on=[*CELL, "endpoint_printed"],
        suffixes=("", "_events"),
    )
    exact = 100 * pairs["value_events"] / pairs["n"]
    off = (pairs["value"] - exact).abs() > half_unit(pairs["decimals"]) + 1e-9
    for index, pair in pairs[off].iterrows():
        ids = [pair["result_id"], pair["result_id_events"]]
        yield (
            pd.DataFrame({"study_id": pair["study_id"], "result_id": ids}),
            f"{pair['study_id']}, {pair['arm_id']}: {pair['endpoint_printed']} is printed as "
            f"{printed(pair)} %, but {pair['value_events']:.0f} of {pair['n']:.0f} is "
            f"{fixed(exact[index], 2)} %",
        )


@rule("more events than participants", "error", "Left out of every summary", excludes=True)
def impossible_count(ledger: Ledger) -> Found:
    """Find more participants with an event than participants."""
    rows = where(ledger.results, statistic="events")
    for _, row in rows[rows["value"] > rows["n"]].iterrows():
        yield (
            row.to_frame().T,
            f"{row['study_id']}, {row['arm_id']}: {row['value']:.0f} participants with "
            f"{row['endpoint_printed']} among {row['n']:.0f}",
        )


@rule("arms do not add up", "warning", "The n of each arm is used; the printed total is not")
def arms_do_not_add_up(ledger: Ledger) -> Found:
    """Find arms of one analysis set whose n do not add up to the printed total."""
    rows = ledger.described()
    totals = where(rows, paramcd="PARTIC", role="all")
    arms = where(rows[rows["role"] != "all"], "n", reference_arm_id="")
    sizes = arms.drop_duplicates(["study_id", "arm_id", "population", "n"])
    for _, total in totals.iterrows():
        study = total["study_id"]
        of_set = {"study_id": study, "population": total["population"]}
        parts, planned = where(sizes, **of_set), where(ledger.arms, study_id=study)
        every_arm = set(parts["arm_id"]) == set(planned[planned["role"] != "all"]["arm_id"])
        if every_arm and not parts.empty and parts["n"].sum() != total["value"]:
            members = where(arms, **of_set)
            summed = " + ".join(f"{n:.0f}" for n in parts["n"])
            yield (
                pd.concat([total.to_frame().T, members])[["study_id", "result_id"]],
                f"{total['study_id']}: {summed} = {parts['n'].sum():.0f} in the arms, and "
                f"{total['value']:.0f} in all",
            )
