"""Rules on whole tables: repeated values, cells not reported, changes that add nothing."""

import pandas as pd

from analysis.sources.audit.finding import Found, half_unit, printed, rule
from analysis.sources.evidence import Ledger, where
from analysis.words import in_sentence

CELL = ["paramcd", "months", "statistic"]
FEWEST_EQUAL_CELLS = 3
"""Two numbers can agree by chance; three in the same places, and none different, do not."""


def _equal_cells(ledger: Ledger, place: list[str]) -> pd.DataFrame:
    """Return the pairs of cells of two studies that stand in the same place of their tables."""
    statistics = ["mean", "sd", "se"]
    cells = where(ledger.described(), "months", "value", reference_arm_id="", statistic=statistics)
    pairs = cells.merge(cells, on=[*place, *CELL], suffixes=("", "_other"))
    pairs = pairs[pairs["study_id"] < pairs["study_id_other"]]
    return pairs.assign(equal=pairs["value"] == pairs["value_other"])


def _both_sides(pairs: pd.DataFrame) -> pd.DataFrame:
    other = pairs[["study_id_other", "result_id_other"]]
    other.columns = ["study_id", "result_id"]
    return pd.concat([pairs[["study_id", "result_id"]], other])


@rule(
    "repeated table",
    "error",
    "No value of either copy is used as evidence on the population it does not belong to; "
    "the independent source decides which that is",
)
def repeated_table(ledger: Ledger) -> Found:
    """Find the same values in the same column order, in tables of two different populations."""
    pairs = _equal_cells(ledger, ["position"])
    pairs = pairs[pairs["indication"] != pairs["indication_other"]]
    for (study, other), cells in pairs.groupby(["study_id", "study_id_other"]):
        if len(cells) >= FEWEST_EQUAL_CELLS and cells["equal"].all():
            values = ", ".join(dict.fromkeys(printed(cell) for _, cell in cells.iterrows()))
            first = cells.iloc[0]
            yield (
                _both_sides(cells),
                f"{first['label']} ({first['indication']}) and {first['label_other']} "
                f"({first['indication_other']}) have the same values in the same columns: "
                f"{values} ({study}, {other})",
            )


@rule(
    "cohort counted twice",
    "error",
    "Left out of every summary; the fuller report is kept",
    excludes=True,
)
def cohort_counted_twice(ledger: Ledger) -> Found:
    """Find an arm with the same n and the same values as an arm of another study."""
    pairs = _equal_cells(ledger, ["indication", "n"])
    # In a wider report the copy is the arm of the study that says less.
    size = ledger.results.groupby("study_id").size()
    arms = ["study_id", "arm_id", "study_id_other", "arm_id_other"]
    for (study, arm, other, other_arm), cells in pairs.groupby(arms):
        if len(cells) < FEWEST_EQUAL_CELLS or not cells["equal"].all():
            continue
        copy, kept = (study, other) if size[study] <= size[other] else (other, study)
        rows = _both_sides(cells)
        yield (
            rows[rows["study_id"] == copy],
            f"{copy} repeats {kept}: {arm} and {other_arm} have n {cells['n'].iloc[0]:.0f} and "
            f"{len(cells)} equal values, so the same participants would count twice",
        )


@rule(
    "not reported", "error", "The contrast is not estimable and is shown so; nothing is filled in"
)
def not_reported(ledger: Ledger) -> Found:
    """Find a cell that a comparative table leaves out."""
    rows = where(ledger.described(), reported="no", role=["test", "comparator"])
    for (study, arm, label), cells in rows.groupby(["study_id", "arm", "label"]):
        what = " and ".join(
            f"{in_sentence(cell['param'])} at month {cell['months']:.0f}"
            for _, cell in cells.iterrows()
        )
        yield cells, f"{label} does not report {what} of {arm} ({study})"


def _changes(ledger: Ledger) -> pd.DataFrame:
    """Return each mean change beside the two means it should be the difference of."""
    means = where(ledger.results, "value", statistic="mean", reference_arm_id="")
    arm = ["study_id", "arm_id", "population"]
    columns = [*arm, "paramcd", "months", "value", "decimals", "result_id"]
    end = means[columns].rename(columns={"paramcd": "change_of"})
    start = end[end["months"] == 0].drop(columns="months")
    changes = (
        means.merge(ledger.endpoints[["paramcd", "param", "change_of"]], on="paramcd")
        .merge(end, on=[*arm, "change_of", "months"], suffixes=("", "_end"))
        .merge(start, on=[*arm, "change_of"], suffixes=("", "_start"))
    )
    places = ["decimals", "decimals_end", "decimals_start"]
    changes["difference"] = changes["value_end"] - changes["value_start"]
    changes["rounding"] = sum(half_unit(changes[place]) for place in places)
    return changes


def _change_rows(change: pd.Series) -> pd.DataFrame:
    ids = [change["result_id"], change["result_id_start"], change["result_id_end"]]
    return pd.DataFrame({"study_id": change["study_id"], "result_id": ids})


@rule(
    "change is not end minus baseline",
    "warning",
    "The printed values are kept and shown side by side; the change is not recomputed",
)
def change_mismatch(ledger: Ledger) -> Found:
    """Find a change that is not the end minus the baseline, beyond rounding."""
    changes = _changes(ledger)
    off = (changes["value"] - changes["difference"]).abs() > changes["rounding"] + 1e-9
    for _, change in changes[off].iterrows():
        yield (
            _change_rows(change),
            f"{change['study_id']}, {change['arm_id']}: {in_sentence(change['param'])} "
            f"{printed(change)} is not {printed(change, 'value_end', 'decimals_end')} minus "
            f"{printed(change, 'value_start', 'decimals_start')}",
        )


@rule("change is only a subtraction", "note", "Not counted as an independent result")
def change_is_subtraction(ledger: Ledger) -> Found:
    """Find a change without a spread that is exactly the end minus the baseline."""
    changes = _changes(ledger)
    own = ["study_id", "arm_id", "paramcd", "months"]
    spread = ledger.results[ledger.results["statistic"].isin(["sd", "se", "ci_low"])]
    with_spread = pd.MultiIndex.from_frame(changes[own]).isin(pd.MultiIndex.from_frame(spread[own]))
    exact = (changes["value"] - changes["difference"]).abs() < 1e-9
    for _, change in changes[exact & ~with_spread].iterrows():
        yield (
            _change_rows(change),
            f"{change['study_id']}, {change['arm_id']}: {in_sentence(change['param'])} "
            f"{printed(change)} is only {printed(change, 'value_end', 'decimals_end')} − "
            f"{printed(change, 'value_start', 'decimals_start')}, with no spread, and so adds "
            "no information",
        )
