"""How laboratory, vital signs, growth-hormone specifics and antibodies look: tables."""

from __future__ import annotations

from analysis.display.arm_table import ArmTable
from analysis.display.reading import Reading
from analysis.display.sections import has, or_reason
from analysis.display.tables import Column, Table
from analysis.results import Results
from analysis.words import begins_sentence

SHARE = Column("", "{n}/{N} ({p})")
INTERVAL = Column("interval", "{conf.low} to {conf.high}")
DIFFERENCE = Column("difference (interval)", "{estimate} ({conf.low} to {conf.high})")


def _methods(results: Results) -> list[str]:
    """Return the methods of the rows, each once: the last says the most."""
    return [f"{begins_sentence(words)}." for words in results.frame["method"].unique()[-1:]]


def _population(results: Results) -> str:
    return f"Population: {results.frame['population'].iloc[0]}, by actual treatment."


def _compared(
    results: Results,
    title: str,
    labels: dict[str, str],
    *,
    groups: str = "",
    folded: bool = False,
    notes: tuple[str, ...] = (),
) -> ArmTable:
    """Show participants with a finding: arms and differences side by side."""
    compares = has(results, "estimate")
    cells = "Cells: n/N (per cent)"
    if compares:
        cells = f"{cells}; differences in percentage points"
    return ArmTable(
        title=title,
        results=results,
        groups=groups,
        labels=labels,
        columns=[SHARE] if compares or not has(results, "conf.low") else [SHARE, INTERVAL],
        differences=[DIFFERENCE],
        sizes=False,
        footnotes=[f"{_population(results)} {cells}.", *_methods(results), *notes],
        folded=folded,
    )


@or_reason
def summary_table(summary: Results, title: str) -> Table:
    """Show value and change of measurements, arm by arm."""
    return Table(
        title=title,
        results=summary,
        groups="variable",
        labels={"variable_level": "Time", "group1_level": "Arm"},
        columns=[
            Column("n", "{n}"),
            Column("Mean (SD)", "{mean} ({sd})"),
            Column("Median", "{median}"),
            Column("Range", "{min} to {max}"),
            Column("Change, mean (SD)", "{mean.change} ({sd.change})"),
            Column("Change, median", "{median.change}"),
        ],
        footnotes=[_population(summary), *_methods(summary)],
        folded=True,
    )


@or_reason
def shift_table(shift: Results, title: str, *, folded: bool = False) -> Table:
    """Show the shift from baseline, one row a level at baseline and arm."""
    return Table(
        title=title,
        results=shift,
        groups="variable",
        labels={"group1_level": "Arm", "variable_level": "At baseline"},
        across="group2_level",
        columns=[Column("", "{n} ({p})")],
        footnotes=[
            f"{_population(shift)} Cells: n (per cent); columns: {shift.frame['group2'].iloc[0]}.",
            *_methods(shift),
        ],
        folded=folded,
    )


@or_reason
def new_abnormalities_table(abnormal: Results) -> ArmTable:
    """Show new low and high values on treatment."""
    return _compared(
        abnormal,
        "New low and high laboratory values on treatment",
        {"variable": "Test", "variable_level": "New"},
        folded=True,
        notes=("Tests that nobody left in that direction are not shown.",),
    )


@or_reason
def marked_table(marked: Results) -> ArmTable:
    """Show liver tests above multiples of the upper limit."""
    return _compared(
        marked,
        "Liver tests above multiples of the upper limit of normal (ULN)",
        {"variable_level": "Peak"},
        groups="variable",
    )


@or_reason
def hepatic_table(quadrants: Results) -> ArmTable:
    """Show how many participants are in each quadrant of the hepatic screening."""
    return ArmTable(
        title="Hepatic screening: participants by quadrant",
        results=quadrants,
        labels={"variable": "Quadrant"},
        columns=[Column("", "{n} ({p})")],
        footnotes=[
            f"{_population(quadrants)} Cells: n (per cent).",
            *_methods(quadrants),
            "A screening: Hy's law also asks that alkaline phosphatase is below 2 × ULN and that "
            "no other cause explains the values.",
        ],
    )


@or_reason
def glycaemia_tests_table(tests: Results) -> Table:
    """Show which measurements of glycaemia the trial has."""
    return Table(
        title="Glycaemia: what was measured",
        results=tests,
        labels={"variable": "Measurement"},
        columns=[
            Column("PARAMCD", "{code}", "text"),
            Column("Unit", "{unit}", "text"),
            Column("With baseline", "{n.baseline}"),
            Column("On treatment", "{n.on.treatment}"),
            Column("Prediabetes range from", "{prediabetes}"),
            Column("Diabetes range from", "{diabetes}"),
        ],
        footnotes=[
            f"{_population(tests)} Numbers of participants. Glucose in mg/dL, HbA1c in %.",
            *_methods(tests),
        ],
    )


@or_reason
def glycaemia_table(emergent: Results) -> ArmTable:
    """Show treatment-emergent categories of glycaemia."""
    return _compared(
        emergent,
        "Glycaemia: treatment-emergent categories",
        {"variable_level": "Worst on treatment"},
        groups="variable",
    )


@or_reason
def igf_table(high: Results, limit: float) -> ArmTable:
    """Show how many participants had IGF-I SDS above the limit."""
    return _compared(high, f"IGF-I SDS above {limit:g}", {"variable": "Time"})


@or_reason
def igf_duration_table(duration: Results) -> Table:
    """Show for how long IGF-I SDS was above the limit."""
    return Table(
        title=f"{duration.frame['variable'].iloc[0]}: for how long",
        results=duration,
        labels={"group1_level": "Arm"},
        columns=[
            Column("Ever high", "{n}"),
            Column("In consecutive records", "{n.lasting}"),
            Column("Median, days", "{median}"),
            Column("Range, days", "{min} to {max}"),
        ],
        footnotes=[_population(duration), *_methods(duration)],
    )


@or_reason
def thyroid_table(thyroid: Results) -> ArmTable:
    """Show TSH and free T4 outside their limits."""
    return _compared(
        thyroid,
        "Thyroid: TSH and free T4 outside their limits",
        {"variable_level": "Finding"},
        groups="variable",
    )


@or_reason
def antibodies_table(by_visit: Results) -> ArmTable:
    """Show positive participants by visit."""
    return _compared(by_visit, "Anti-GH antibodies by visit, positive", {"variable": "Visit"})


@or_reason
def emergent_antibodies_table(emergent: Results) -> ArmTable:
    """Show participants who became positive."""
    return _compared(emergent, "Anti-GH antibodies after baseline", {"variable": "Antibodies"})


@or_reason
def growth_by_antibodies_table(growth: Results) -> Table:
    """Show the primary endpoint in positive and negative participants."""
    first = growth.frame.iloc[0]
    return Table(
        title=f"{first['variable']}, by antibodies after baseline",
        results=growth,
        labels={"group1_level": "Antibodies"},
        columns=[
            Column("n", "{n}"),
            Column("Mean (SD)", "{mean} ({sd})"),
            Column("Median", "{median}"),
            Column("Range", "{min} to {max}"),
            Column("Difference", "{estimate}"),
            Column("Interval", "{conf.low} to {conf.high}"),
            *([Column("Remark", "{reason}", "text")] if has(growth, "reason") else []),
        ],
        footnotes=[_population(growth), *_methods(growth)],
    )


@or_reason
def listing_table(listing: Results, title: str) -> Table | Reading:
    """Show a listing; participants are named only where their rows name them."""
    if not (listing.frame["group1_level"] != "").any():
        rule = listing.frame["method"].iloc[0]
        return Reading([f"{title}: none. Rule: {rule}."], listing)
    return Table(
        title=title,
        results=listing,
        labels={"group1_level": "Arm", "variable": "Participant"},
        columns=_listed_columns(listing),
        footnotes=[_population(listing), *_methods(listing)],
        folded=True,
    )


def _listed_columns(listing: Results) -> list[Column]:
    """Return one column a statistic: limits in one, what was before in brackets behind."""
    rows = listing.frame.drop_duplicates("stat_name").to_dict("records")
    names = {row["stat_name"] for row in rows}
    columns = []
    for row in rows:
        name, kind = row["stat_name"], "text" if row["stat"] is None else "number"
        before = f"{name}.baseline"
        if name == "limit.low":
            columns.append(Column("Normal limits", "{limit.low} to {limit.high}"))
        elif before in names:
            shows = f"{{{name}}} ({{{before}}})"
            columns.append(Column(f"{row['stat_label']} (at baseline)", shows, kind))
        elif name != "limit.high" and not name.endswith(".baseline"):
            columns.append(Column(row["stat_label"], f"{{{name}}}", kind))
    return columns


@or_reason
def records_table(records: Results) -> Table:
    """Show how many records were used, and what was left out."""
    return Table(
        title="Laboratory and vital-sign records, used and set apart",
        results=records,
        groups="variable",
        labels={"variable_level": "Records"},
        columns=[Column("n", "{n}")],
        footnotes=[
            "Records that are later, without a day or outside a visit's window are among the "
            "records used, and stay out of the tables that the rule excludes them from.",
            *_methods(records),
        ],
        folded=True,
    )
