"""How notebook 5 looks: its tables and sentences."""

from __future__ import annotations

from analysis.display.html import BADGES
from analysis.display.reading import Reading
from analysis.display.sections import has, interval, method_words, or_reason, reason_of, unit_words
from analysis.display.tables import Column, Table
from analysis.results import Results, combine
from analysis.words import begins_sentence, counted, in_sentence

SELECTIVE = (
    "Selective reporting: a table that lists only events more frequent on the test arm makes "
    "every difference look harmful and hides the events that were rarer; do not pool it."
)


@or_reason
def contrasts_table(within: Results) -> Table:
    """Show every randomised pair: how its difference was obtained, and the verdicts."""
    return _pairs_table(within, f"Every randomised pair{unit_words(within)}")


@or_reason
def velocity_table(itself: Results) -> Table:
    """Show the pairs on the endpoint itself, where the page analyses its change."""
    of = in_sentence(str(itself.frame["variable"].iloc[0]))
    return _pairs_table(itself, f"The same pairs on {of} itself{unit_words(itself)}")


def _pairs_table(within: Results, title: str) -> Table:
    return Table(
        title=title,
        results=within,
        labels={"group1_level": "Contrast", "group2_level": "Study"},
        columns=[
            Column("Difference", "{estimate}"),
            Column("Interval", "{conf.low} to {conf.high}"),
            Column("Non-inferiority", "{conclusion}", "text"),
            Column("Equivalence", "{equivalence}", "text"),
            Column("How obtained, or why not", "{basis}", "text"),
        ],
        footnotes=[
            "Test minus reference; higher is better. Non-inferior: the lower limit lies above the "
            f"margin{_margin_words(within)}; equivalent: the whole interval lies between it and "
            "its opposite. Not adjusted for the number of contrasts. Times and printed numbers: "
            "in the next table."
        ],
    )


@or_reason
def printed_table(within: Results) -> Table:
    """Show what the papers print of every pair, when, and the verdict at the trial's own margin."""
    own = [Column("At its own margin", "{own.margin} ({own.level}): {own.conclusion}", "text")]
    return Table(
        title=f"The same pairs as printed{unit_words(within)}",
        results=within,
        labels={"group1_level": "Contrast", "group2_level": "Study"},
        columns=[
            Column("n", "{n.test} v {n.reference}"),
            Column("As printed", "{printed}", "text"),
            Column("Time", "{time}", "text"),
            *(own if has(within, "own.conclusion") else []),
            Column("Confidence", "{confidence}", "text"),
        ],
        footnotes=[
            "Mean of test v reference first. The trial's own margin is judged at the level of its "
            "own interval."
        ],
        folded=True,
    )


def _margin_words(results: Results) -> str:
    found = results.select(stat_name="margin").frame
    if not len(found):
        return ""
    level = results.select(stat_name="conf.level").frame["stat_fmt"].iloc[0]
    return f" of {found['stat_fmt'].iloc[0]} {found['unit'].iloc[0]} (level {level})"


@or_reason
def routes_table(routes: Results) -> Table:
    """Show the contrasts that can be had by several routes."""
    return Table(
        title="The same contrast by every route its numbers allow",
        results=routes,
        groups="group2_level",
        labels={"group1_level": "Contrast", "variable_level": "Route"},
        columns=[
            Column("Difference", "{estimate}"),
            Column("SE", "{std.error}"),
            Column("Interval", "{conf.low} to {conf.high}"),
            Column("In use", "{used}", "text"),
        ],
        footnotes=["Routes from one paper should agree; where they do not, the first is used."],
        folded=True,
        empty="No contrast can be had by more than one route.",
    )


@or_reason
def inputs_table(inputs: Results) -> Table:
    """Show the printed numbers behind the contrasts with their rows of the ledger."""
    return Table(
        title="The printed numbers behind the contrasts",
        results=inputs,
        groups="group1_level",
        labels={"group2_level": "Arm", "variable": "Statistic", "variable_level": "Row"},
        columns=[
            Column("As printed", "{value}"),
            Column("Time", "{time}", "text"),
            Column("Source", "{source}", "text"),
        ],
        folded=True,
    )


@or_reason
def needed_table(needed: Results) -> Table:
    """Show what would make each contrast that cannot be estimated non-inferior."""
    return Table(
        title=f"What would have to be true{unit_words(needed)}",
        results=needed,
        labels={"group1_level": "Contrast", "group2_level": "Study"},
        columns=[
            Column("n", "{n.test} v {n.reference}"),
            Column("Printed", "{difference}"),
            Column("Needed", "{needed.low} to {needed.high}"),
            Column("SD limit", "{sd.limit}"),
            Column("n limit", "{n.needed}"),
            Column("So the contrast is", "{reading}", "text"),
        ],
        footnotes=[
            "Printed: difference of the printed means. Needed: the observed difference above "
            "which the contrast is non-inferior, at the smallest and the largest plausible SD. "
            "SD limit: the SD below which, and n limit: the children an arm from which the "
            "printed difference is non-inferior.",
            *([f"{begins_sentence(method_words(needed))}."] if len(needed) else []),
        ],
        empty="No contrast is open here. Considered are randomised pairs of two products, the "
        "reference a treatment, whose rates belong to the time window or have no time, without "
        "those that the audit takes out; the table of every randomised pair says what became of "
        "each.",
    )


@or_reason
def plausible_table(plausible: Results) -> Table:
    """Show the ranges that comparable trials make plausible."""
    return Table(
        title=f"What comparable trials make plausible{unit_words(plausible)}",
        results=plausible,
        labels={"group1_level": "Quantity"},
        columns=[
            Column("Arms", "{n}"),
            Column("Lowest", "{min}"),
            Column("Highest", "{max}"),
        ],
        footnotes=[
            "Arms of randomised trials of the indication within the time window. SDs: observed "
            "ones only; a residual SD of a model is another quantity."
        ],
    )


@or_reason
def tipping_reading(corners: Results) -> Reading:
    """Say where the verdict of the open contrast would change, and what is printed or plausible."""
    small, large = corners.wide().to_dict("records")
    test, reference = small["group1_level"].split(" − ")
    printed = (
        f"Its source prints {small['reference.printed']} for {reference}"
        if has(corners, "reference.printed")
        else f"A mean of {reference} is not in the texts read; daily somatropin in comparable "
        f"trials ran from {small['min']} to {small['max']}"
    )
    difference = (
        f" The printed means differ by {small['difference.printed']}."
        if has(corners, "difference.printed")
        else ""
    )
    return Reading(
        [
            f"{small['group1_level']}: {small['conclusion']}. With the printed mean of {test}, "
            f"{small['test.mean']}, it would be non-inferior only while {reference}'s mean stayed "
            f"below {small['reference.mean']} (SD {small['sd']}) or {large['reference.mean']} "
            f"(SD {large['sd']}). {printed}.",
            "Whatever the means, the observed difference would have to be above "
            f"{small['difference']} at the smallest plausible SD and {large['difference']} at the "
            f"largest.{difference}",
        ],
        corners,
    )


@or_reason
def safety_table(safety: Results) -> Table:
    """Show the risk differences and ratios, the caveat beside each row it holds for."""
    return Table(
        title="Adverse events within randomised trials",
        results=safety,
        groups="group2_level",
        labels={"group1_level": "Contrast", "variable": "Event"},
        columns=[
            *([Column("As printed", "{printed}", "text")] if has(safety, "printed") else []),
            Column("Test", "{n.event}/{n}"),
            Column("Reference", "{n.event.reference}/{n.reference}"),
            Column("Risk difference", "{estimate} ({conf.low} to {conf.high})"),
            Column("Risk ratio", "{ratio} ({ratio.low} to {ratio.high})"),
            *([Column("Caveat", "{caveat}", "text")] if has(safety, "caveat") else []),
            *([Column("Remark", "{remark}", "text")] if has(safety, "remark") else []),
        ],
        footnotes=[
            f"{begins_sentence(method_words(safety))}; participants with the event; not adjusted "
            "for the number of events.",
            *([SELECTIVE] if _says(safety, "selective") else []),
        ],
    )


def _says(safety: Results, word: str) -> bool:
    return bool(safety.select(stat_name="caveat").frame["stat_fmt"].str.startswith(word).any())


@or_reason
def single_counts_table(counts: Results) -> Table:
    """Show the events that are printed for one arm only."""
    return Table(
        title="Events printed for one arm only, or for the arms together",
        results=counts,
        groups="group1_level",
        labels={"group2_level": "Arm", "variable": "Event"},
        columns=[
            *([Column("As printed", "{printed}", "text")] if has(counts, "printed") else []),
            Column("With event", "{n.event}/{n}"),
            Column("Share", "{p}"),
            Column("Interval", "{conf.low} to {conf.high}"),
        ],
        footnotes=[f"{method_words(counts)}. Nothing to compare with."],
        folded=True,
    )


def overlay_reading(trial: Results, pooled: Results) -> Reading:
    """Say what the trial's own estimate is, and whether anything was pooled with it."""
    if reason_of(trial):
        return Reading(["Nothing was pooled with the published contrasts."])
    row = trial.wide().to_dict("records")[0]
    badge = BADGES[trial.frame["data_status"].iloc[0]]
    said = [
        f"{badge}. Trial {row['group2_level']} ({row['title']}): {row['group1_level']} "
        f"{interval(row)}, n {row['n']}, {row['conclusion']}."
    ]
    if reason_of(pooled):
        said.append("It stands beside the published contrasts and is not pooled with them.")
        return Reading(said, trial)
    both = pooled.wide().to_dict("records")[0]
    said.append(
        f"Pooled because this run asks for it: {counted(int(both['k']), 'trial')}, "
        f"{interval(both)}, {both['conclusion']}."
    )
    return Reading(said, combine([trial, pooled]))


def assumptions_table(assumptions: Results) -> Table:
    """Show every assumption in force on the page."""
    return Table(
        title="Assumptions in force on this page",
        results=assumptions,
        groups="group1_level",
        labels={"group2_level": "Assumption"},
        columns=[
            Column("In this run", "{value}", "text"),
            Column("Why", "{why}", "text"),
            Column("Used in", "{used.in}", "text"),
            Column("Source", "{source}", "text"),
        ],
    )
