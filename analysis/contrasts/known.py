"""What is known of the asked contrast, in one figure: itself, its relatives and the field."""

from analysis.contrasts.answer import answer
from analysis.contrasts.forest import Given, forest, given_rows, margins_of, row_of
from analysis.contrasts.headline import field
from analysis.contrasts.relatives import relatives
from analysis.contrasts.reports import by_source
from analysis.contrasts.settings import ContrastRun
from analysis.contrasts.synthesis import pooled_rows
from analysis.display.figures import Figure
from analysis.display.forest_rows import Row
from analysis.display.rows import number, unit_of
from analysis.results import Results, combine, reason_of, section

MARGINS = {"own.margin": "trial's margin", "margin": "run's margin"}


@section
def what_is_known(run: ContrastRun) -> Results:
    """Return the answer with the reports beside it, its relatives and the field."""
    parts = [answer(run), *(each.rows(run) for each in (by_source, relatives, field))]
    return combine(part for part in parts if not reason_of(part))


@what_is_known.shows
def answer_figure(known: Results, run: ContrastRun) -> Figure:
    """Draw the asked contrast, its raw twin and other reports, its relatives and the field."""
    asked, pooled = answer(run), field.rows(run)
    relative_rows = [
        row_of(given, detail=f"{given[0]['group2_level']}, {given[0]['time.words']}")
        for given in given_rows(relatives.rows(run))
        if _known(given)
    ]
    reports = _other_reports(given_rows(by_source.rows(run)))
    unit = unit_of(known)
    return forest(
        [*_asked_rows(asked), *reports, *relative_rows, *pooled_rows(pooled)],
        title=f"{asked.frame['group1_level'].iloc[0]}: what is known",
        results=known,
        xlabel=f"Difference, test minus reference{f', {unit}' if unit else ''}",
        caption="Dot: difference of one trial; bar: its interval. Open dot: the printed means as "
        "they stand. Diamond: pooled difference of a class of products; thin line: where a new "
        "trial is expected. Dashed: non-inferiority margins.",
        margins=margins_of(MARGINS, asked, pooled),
    )


def _known(given: Given) -> bool:
    return number(given[1], "estimate") is not None


def _asked_rows(answer: Results) -> list[Row]:
    [given] = given_rows(answer)
    row, value = given
    name = row["group1_level"]
    if not _known(given):
        return [Row(label=name, detail=row["indication"], words=row["conclusion"], kind="missing")]
    rows = [row_of(given, detail=f"{row['group2_level']}: as reported", kind="asked")]
    if number(value, "raw.estimate") is not None:
        rows.append(
            Row(
                label=name, detail="printed means, unadjusted", kind="raw",
                words=f"{row['raw.estimate']} ({row['raw.low']} to {row['raw.high']})",
                estimate=number(value, "raw.estimate"), low=number(value, "raw.low"),
                high=number(value, "raw.high"),
            )
        )  # fmt: skip
    return rows


def _other_reports(reports: list[Given]) -> list[Row]:
    """Return the reports beside the best one; of a study without an estimate one row is enough."""
    shown = {row["group2_level"] for row, _ in reports[:1]}
    rows = []
    # What can be estimated first, so that a study is not called inestimable beside its estimate.
    for given in sorted(reports[1:], key=lambda given: not _known(given)):
        study = given[0]["group2_level"]
        if _known(given) or study not in shown:
            rows.append(row_of(given, detail=study, kind="faint"))
        shown.add(study)
    return rows
