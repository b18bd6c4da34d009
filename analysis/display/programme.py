"""How notebook 1 looks: the tables, figures, diagrams and sentences of the programme."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from analysis.display.diagrams import Arrow, Band, Box, Diagram
from analysis.display.figures import COLOURS, Figure
from analysis.display.reading import Reading
from analysis.display.sections import numbers
from analysis.display.tables import Column, Table
from analysis.results import Results, combine
from analysis.sources.schemas import INDICATIONS
from analysis.words import begins_sentence

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

CLASS_COLOURS = {
    "follow-on daily": COLOURS["orange"],
    "reference daily": COLOURS["blue"],
    "unbranded daily": COLOURS["grey"],
    "long-acting": COLOURS["green"],
}
NO_ARM = "No arm of this indication has a 12-month height velocity with enough confidence."


def answer(contrast: Results, known: Results, severities: Results) -> Reading:
    """Say in a few sentences what is known of the product, from the results."""
    sentences = [
        f"{row['group1_level'].replace(' − ', ' against ')} in "
        f"{INDICATIONS[row['group2_level']]}: {row['conclusion']}, because {row['reason']}."
        for row in contrast.wide().to_dict("records")
    ]
    after = known.select(variable_level="Month 12").wide()
    sentences += [
        f"{row['group1_level']}: {row['n']} girls grew {row['mean']} cm/year in the first year on "
        f"treatment (SD {row['sd']}, {row['conf.level']} interval of the mean {row['conf.low']} to "
        f"{row['conf.high']}); a single arm, so there is nothing to compare with."
        for row in after.to_dict("records")
    ]
    counts = dict(severities.frame[["group1_level", "stat_fmt"]].itertuples(index=False))
    sentences.append(
        f"The source audit lists {counts['all']} findings over the field, "
        f"{counts.get('error', 'none')} of them values that must not be used."
    )
    return Reading(sentences, combine([contrast, known, severities]), heading="The answer")


def known_growth_figure(known: Results) -> Figure:
    """Draw height velocity before and in the first year of treatment, trial by trial."""
    frame = _marks(known)
    names = list(dict.fromkeys(known.frame["group1_level"]))

    def draw(canvas: Canvas, _narrow: bool) -> None:
        axes = canvas.subplots()
        for y, name in enumerate(reversed(names)):
            rows = frame[frame["group1_level"] == name].set_index("variable_level")
            if rows["mean"].isna().all():
                axes.text(
                    0.4, y, "not estimable", va="center", color=COLOURS["grey"], style="italic"
                )
                continue
            before, after = rows.loc["Baseline"], rows.loc["Month 12"]
            axes.plot([before["mean"], after["mean"]], [y, y], color=COLOURS["pale"], lw=3)
            for row, colour in ((before, COLOURS["grey"]), (after, COLOURS["orange"])):
                axes.plot([row["conf.low"], row["conf.high"]], [y, y], color=colour, lw=2.5)
                axes.plot(row["mean"], y, "o", color=colour, ms=7)
                axes.annotate(
                    row["shown"],
                    (row["mean"], y),
                    (0, 9),
                    textcoords="offset points",
                    ha="center",
                    color=colour,
                    weight="bold",
                )
        top = names[::-1].index(
            next(n for n in names if frame.set_index("group1_level").loc[[n], "mean"].notna().any())
        )
        for level, colour, word in (
            ("Baseline", COLOURS["grey"], "before"),
            ("Month 12", COLOURS["orange"], "first year"),
        ):
            row = frame[
                (frame["group1_level"] == names[::-1][top]) & (frame["variable_level"] == level)
            ].iloc[0]
            axes.annotate(
                word,
                (row["mean"], top),
                (0, -17),
                textcoords="offset points",
                ha="center",
                color=colour,
            )
        axes.set(xlim=(0, 12), ylim=(-0.6, len(names) - 0.4), xlabel="Height velocity, cm/year")
        axes.set_yticks(range(len(names)), [name.replace(", ", ",\n") for name in reversed(names)])
        axes.tick_params(axis="y", length=0)

    means = known.select(stat_name="mean").frame
    words = ", ".join(
        f"{row['group1_level']} {row['variable_level'].lower()} {row['stat_fmt']}"
        for row in means.to_dict("records")
    )
    return Figure(
        title="Height velocity before treatment and in the first year",
        alt=f"Dot plot of mean height velocity in cm/year: {words}. Both columns of the "
        "growth-hormone-deficiency table are not estimable.",
        draw=draw,
        height=3.2,
        narrow_height=3.6,
        results=known,
        caption="Dots are means, bars their t intervals at the level of this run. "
        "The values are those of the independent reports.",
    )


def note_table(cells: Results, table: str) -> Table:
    """Show one table of the source document, every cell judged."""
    return Table(
        title=f"{table}: every cell as printed, and what holds up",
        results=cells.select(group1_level=table),
        groups="group2_level",
        labels={"variable": "Value", "variable_level": "Time"},
        columns=[
            Column("As printed", "{printed}"),
            Column("Status", "{status}", "status"),
            Column("Independent report", "{independent}", "text"),
            Column("Source", "{independent_source}", "text"),
            Column("Why", "{reason}", "text"),
        ],
        footnotes=[
            "Confirmed and contradicted are judged to the rounding of both printed values. "
            "Units: height velocity cm/year, height SDS in SD units of the general population."
        ],
    )


def claims_table(claims: Results) -> Table:
    """Show the claims of the source document and what follows for each."""
    return Table(
        title="What the source document claims, and what follows",
        results=claims,
        labels={"variable": "Topic"},
        columns=[
            Column("Claim", "{claim}", "text"),
            Column("Status", "{status}", "status"),
            Column("Evidence seen", "{evidence}", "text"),
            Column("What follows here", "{consequence}", "text"),
            Column("Source", "{source_id}", "text"),
        ],
    )


def trials_table(trials: Results) -> Table:
    """Show the three trials side by side."""
    return Table(
        title="The three trials side by side",
        results=trials,
        labels={"group1_level": "Aspect"},
        across="group2_level",
        columns=[Column("", "{note_says}.\nElsewhere: {independent_says}.\n[{status}]", "text")],
        footnotes=[
            "First what the source document says, then what an independent source says, then "
            "whether the two agree."
        ],
    )


def rules_table(rules: Results) -> Table:
    """Show the rules of the source audit, how often each found something, and what follows."""
    return Table(
        title="Rules of the source audit",
        results=rules,
        groups="group1_level",
        labels={"group2_level": "Rule"},
        columns=[Column("Findings", "{n}"), Column("What the project does", "{action}", "text")],
        footnotes=["General rules, run over every study; none is written for a study or a row."],
    )


def findings_table(findings: Results, severity: str, *, folded: bool = False) -> Table:
    """Show the findings of one severity."""
    return Table(
        title=f"Findings: {severity}s",
        results=findings.select(group1_level=severity),
        labels={"group2_level": "Rule"},
        columns=[Column("Finding", "{sentence}", "text"), Column("Rows", "{n}")],
        footnotes=[
            "Rows: how many numbers of the ledger a finding concerns; results.csv names them."
        ],
        empty="None concerns the studies shown.",
        folded=folded,
    )


def note_reading(statuses: Results, findings: Results) -> Reading:
    """Say how many cells of the source document hold up, and what its tables repeat."""
    counts = dict(statuses.frame[["group1_level", "stat_fmt"]].itertuples(index=False))
    total = counts.pop("all")
    words = ", ".join(f"{count} are {status}" for status, count in counts.items())
    repeated = findings.select(group2_level="repeated table", stat_name="sentence")
    sentences = [f"{sentence}." for sentence in repeated.frame["stat_fmt"]]
    return Reading([f"Of the {total} cells, {words}.", *sentences], statuses)


def evidence_figure(field: Results, conf_level: str) -> Figure | Reading:
    """Draw the 12-month height velocity of every arm in the field, or say that there is none."""
    if not len(field):
        return Reading([NO_ARM])
    frame = _marks(field)
    count, groups = len(frame), frame["variable_level"].nunique()

    def draw(canvas: Canvas, narrow: bool) -> None:
        _forest(canvas.subplots(), frame, narrow=narrow)

    lowest, highest = (
        frame.loc[at, "shown"] for at in (frame["mean"].idxmin(), frame["mean"].idxmax())
    )
    return Figure(
        title="The field: height velocity in the first year of treatment",
        alt=f"Dot plot of {count} arms, grouped by indication, with means from {lowest} to "
        f"{highest} cm/year. "
        "The table below has every number.",
        draw=draw,
        height=1.2 + 0.235 * (count + 1.6 * groups),
        narrow_height=1.4 + 0.40 * (count + groups),
        results=field,
        caption="Dot: mean; the larger, the more participants; filled where the study is "
        f"randomised. Thick bar: {conf_level} interval of the mean; thin bar: mean ± 1 SD; none "
        "where the paper prints no spread. Arms of different studies are not comparable as drawn.",
    )


def _forest(axes: Axes, frame: pd.DataFrame, *, narrow: bool) -> None:
    y, ticks = 0.0, []
    previous = ""
    for row in frame.to_dict("records"):
        if row["variable_level"] != previous:
            y -= 1.6 if previous else 1
            previous = row["variable_level"]
            axes.text(
                0,
                y,
                begins_sentence(INDICATIONS[previous]),
                weight="bold",
                va="center",
                transform=axes.get_yaxis_transform(),
            )
            y -= 1.0
        colour = CLASS_COLOURS.get(row["product_class"], COLOURS["grey"])
        if pd.notna(row["sd"]):
            axes.plot(
                [row["mean"] - row["sd"], row["mean"] + row["sd"]],
                [y, y],
                color=colour,
                lw=0.9,
                alpha=0.55,
            )
        if pd.notna(row["conf.low"]):
            axes.plot([row["conf.low"], row["conf.high"]], [y, y], color=colour, lw=3)
        size = 4 + min((row["n"] if pd.notna(row["n"]) else 10) ** 0.5, 16) * 0.35
        filled = row["design"] == "randomised"
        axes.plot(
            row["mean"], y, "o", ms=size, color=colour, mfc=colour if filled else "white", mew=1.4
        )
        name = row["group1_level"] if narrow else f"{row['group1_level']}: {row['group2_level']}"
        if narrow:
            axes.text(
                0.0,
                y + 0.46,
                f"{name}: {row['group2_level']}",
                fontsize=7.5,
                va="center",
                transform=axes.get_yaxis_transform(),
            )
        else:
            ticks.append((y, name, row))
        y -= 1.0
    axes.set_ylim(y, 0.3)
    axes.set_xlim(3.5, 16)
    axes.set_yticks([tick[0] for tick in ticks], [tick[1] for tick in ticks], fontsize=8.5)
    axes.tick_params(axis="y", length=0)
    for at, _, row in ticks:
        n = f"n {row['n']:.0f}" if pd.notna(row["n"]) else "n ?"
        axes.text(
            1.0,
            at,
            n,
            fontsize=8,
            va="center",
            ha="right",
            color=COLOURS["grey"],
            transform=axes.get_yaxis_transform(),
        )
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x", color=COLOURS["pale"], lw=0.6)
    axes.set_axisbelow(True)
    axes.set_xlabel("Height velocity at 12 months, cm/year")
    _class_key(
        axes, [name for name in CLASS_COLOURS if name in set(frame["product_class"])], narrow=narrow
    )


def _class_key(axes: Axes, names: list[str], *, narrow: bool) -> None:
    """Write each product class in its colour above the plot."""
    handles = [
        axes.plot([], [], "o", ms=6, color=CLASS_COLOURS[name], label=name)[0] for name in names
    ]
    if handles:
        axes.legend(
            handles=handles,
            loc="lower left",
            bbox_to_anchor=(0, 1.0),
            ncols=2 if narrow else 4,
            frameon=False,
            fontsize=8.5,
            labelcolor="linecolor",
            handletextpad=0.1,
            borderaxespad=0,
        )


def evidence_table(field: Results) -> Table:
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
            Column("How the SD was obtained", "{sd_method}", "text"),
            Column("Class and design", "{product_class}, {design}", "text"),
            Column("Confidence", "{confidence}", "text"),
        ],
        footnotes=[
            "Means as printed, observed or least-squares. SDs not printed are derived by the "
            "Cochrane Handbook, sections 6.5.2.2 and 6.5.2.3, and never assumed. Intervals are "
            "t intervals of one arm's mean. Sources: in results.csv and in the list below."
        ],
        folded=True,
        empty=NO_ARM,
    )


def left_out_table(left_out: Results) -> Table:
    """Show which studies the map leaves out and why."""
    return Table(
        title="Studies with a height velocity that are not on the map",
        results=left_out,
        labels={"group1_level": "Study", "group2_level": "Indication"},
        columns=[Column("Why", "{reason}", "text")],
        folded=True,
        empty="None is left out.",
    )


def margins_table(margins: Results) -> Table:
    """Show the non-inferiority margins of the field."""
    return Table(
        title="Non-inferiority margins used in the field",
        results=margins,
        labels={"group1_level": "Study", "group2_level": "Indication", "variable": "Endpoint"},
        columns=[
            Column("Margin", "{margin}"),
            Column("Unit", "{unit}", "text"),
            Column("Remark", "{remark}", "text"),
            Column("Source", "{source}", "text"),
        ],
        footnotes=["As printed: test minus reference, except where a paper prints no sign."],
        empty="No study of this selection prints a margin.",
    )


def conventions_table(conventions: Results) -> Table:
    """Show the regulatory and analytical conventions with their sources."""
    return Table(
        title="Conventions of endpoint, decision and analysis",
        results=conventions,
        groups="group1_level",
        labels={"variable": "Convention"},
        columns=[
            Column("Seen in", "{where_seen}", "text"),
            Column("Source", "{source_id}", "text"),
        ],
    )


def sources_table(sources: Results) -> Table:
    """Show every source the numbers were read in."""
    return Table(
        title="Sources",
        results=sources,
        labels={"group1_level": "Source"},
        columns=[
            Column("Kind", "{kind}", "text"),
            Column("What it is", "{title}", "text"),
            Column("Where", "{address}", "text"),
            Column("Numbers", "{n}"),
        ],
        folded=True,
        footnotes=["Numbers: how many rows of the ledger, as filtered here, were read there."],
    )


def mechanism_diagram() -> Diagram:
    """Draw how growth hormone acts, from the receptor to IGF-I."""
    return Diagram(
        title="How somatropin acts",
        alt="Somatropin binds the growth-hormone receptor on the cell surface; two receptors "
        "pair and bring their JAK2 kinases together; JAK2 phosphorylates the receptor and "
        "STAT5; two STAT5 pair, enter the nucleus and bind to DNA; the cell makes IGF-I, which "
        "drives growth and holds growth hormone back.",
        rows=[
            [Box("gh", "Somatropin (GH)", "subcutaneous injection", "drug")],
            [Box("ghr", "GH receptor", "binds one hormone, then a second receptor: a dimer")],
            [
                Box("jak", "JAK2", "activated on both receptors"),
                Box("stat", "STAT5", "phosphorylated, pairs up"),
            ],
            [Box("dna", "Target genes", "STAT5 pair binds to DNA")],
            [Box("igf", "IGF-I", "with IGFBP-3 in the blood: a marker of response", "drug")],
        ],
        arrows=[
            Arrow("gh", "ghr", "binds"),
            Arrow("ghr", "jak"),
            Arrow("jak", "stat"),
            Arrow("stat", "dna", "moves in"),
            Arrow("dna", "igf", "transcription"),
        ],
        bands=[
            Band("Cell membrane", 1, 1),
            Band("Inside the cell", 2, 2),
            Band("Nucleus", 3, 3),
        ],
        caption="The JAK2–STAT5 pathway as the source document describes it.",
    )


def workflow_diagram() -> Diagram:
    """Draw the general course of the trials, from screening to analysis."""
    return Diagram(
        title="The course of a trial, from screening to analysis",
        alt="Children are screened; their growth before treatment is measured; eligible ones "
        "enter the controlled trial, where they are randomised to Valtropin or Humatrope, or a "
        "single-arm Turner study, where all receive Valtropin; heights are measured at visits up "
        "to 12 months while adverse events and laboratory tests are recorded; then the data are "
        "analysed for efficacy and safety.",
        rows=[
            [Box("screen", "Screening", "diagnosis, consent, eligibility")],
            [Box("before", "Growth before treatment", "height velocity over 6 to 18 months")],
            [
                Box("random", "GHD: randomisation", "Valtropin or Humatrope"),
                Box("single", "Turner syndrome: one arm", "all receive Valtropin"),
            ],
            [
                Box(
                    "visits",
                    "12 months of treatment",
                    "height at visits; IGF-I, laboratory tests, antibodies, adverse events",
                )
            ],
            [
                Box("efficacy", "Efficacy", "height velocity and its change, height SDS"),
                Box("safety", "Safety", "adverse events, laboratory, antibodies"),
            ],
        ],
        arrows=[
            Arrow("screen", "before"),
            Arrow("before", "random"),
            Arrow("before", "single"),
            Arrow("random", "visits"),
            Arrow("single", "visits"),
            Arrow("visits", "efficacy"),
            Arrow("visits", "safety"),
        ],
        caption="The general course; detailed protocols of the three trials are not public. The "
        "pre-treatment interval is the field's convention, cited below.",
    )


def _marks(results: Results) -> pd.DataFrame:
    """Return one row per mark to draw, with the mean as shown beside the mean as a number."""
    shown = results.wide().get("mean", "")
    return numbers(results, "n", "mean", "sd", "conf.low", "conf.high").assign(shown=shown)
