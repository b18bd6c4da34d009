"""The published safety evidence on growth hormone, beside the trial and never pooled with it."""

import pandas as pd

from analysis.display.shown import IN_RESULTS
from analysis.display.tables import Table
from analysis.errors import NoSection, UserError
from analysis.results import Results, section
from analysis.safety.settings import SafetyRun
from analysis.safety.tables import columns_of
from analysis.sources.evidence import load_ledger
from analysis.sources.indications import indication_of
from analysis.sources.schemas import INDICATIONS
from analysis.words import begins_sentence

RESULT = [
    "group1_level", "group2_level", "variable", "variable_level", "population", "n_population",
    "source", "note", "data_status", "plan_status", "n", "N", "p", "places:p", "time", "locator",
]  # fmt: skip
"""Columns of a row of results."""
ROW = ["indication", "study_id", "arm_id", "paramcd", "population", "months", "printing"]


def own_indication(run: SafetyRun) -> str:
    """Return the ledger's code of the trial's indication; "" where it has none."""
    return indication_of(run.trial.plan.indication)


@section
def published_safety(run: SafetyRun) -> Results:
    """Return what was published of the safety of growth hormone, as printed.

    Returns
    -------
    Results
        All rows are ``data_status`` "published". ``group1_level`` study and arm,
        ``group2_level`` indication (the trial's own first), ``variable`` the endpoint: n, N and
        p (per cent) as far as the source prints them, and its locator.

    Raises
    ------
    NoSection
        If the trial is not one of growth hormone: its plan declares no growth.
    UserError
        If the ledger has nothing on safety.

    Notes
    -----
    Nothing is computed from these numbers; a percentage that a source does not print is not
    filled in.
    """
    if run.trial.plan.growth is None:
        raise NoSection(
            f"trial '{run.trial.plan.id}' declares no growth, so that the published safety of "
            "growth hormone does not belong beside it"
        )
    rows = load_ledger().described()
    rows = rows[rows["domain"] == "safety"]
    if not len(rows):
        raise UserError("the published ledger has no row on safety")
    return run.results(
        _one_row_per_arm(rows, own_indication(run)),
        "published-safety",
        group1="arm",
        group2="indication",
        context="published",
        method="as printed",
    )


@published_safety.shows
def published_table(published: Results, _run: SafetyRun) -> Table:
    """Show the published safety evidence, as printed."""
    return Table(
        title="Published safety of growth hormone in children",
        results=published,
        groups="group2_level",
        labels={"variable": "Event", "group1_level": "Study and arm"},
        columns=columns_of(
            {"n of N": "{n} of {N}", "Per cent": "{p}", "Months": "{time}", "Read in": "{locator}"}
        ),
        footnotes=[
            f"As printed, one source a row (named {IN_RESULTS}); nothing is computed and "
            "nothing is pooled with the data of the trial.",
            "Definitions, follow-up and collection differ between studies: rates across rows "
            "are no comparison.",
        ],
        folded=True,
    )


def _one_row_per_arm(rows: pd.DataFrame, own: str) -> pd.DataFrame:
    """Put count and percentage of one arm and endpoint into one row."""
    keys = rows[ROW].astype(object).where(rows[ROW].notna(), "")
    percentages = rows["statistic"] == "pct"
    rows = rows.assign(
        **{name: keys[name] for name in ROW},
        n_events=rows["value"].where(rows["statistic"] == "events"),
        p=rows["value"].where(percentages) / 100,
        places=rows["decimals"].where(percentages),
    )
    joined = rows.groupby(ROW, sort=False, as_index=False).agg(
        n_events=("n_events", "first"),
        p=("p", "first"),
        places=("places", "first"),
        N=("n", "first"),
        study=("label", "first"),
        arm=("arm", "first"),
        variable=("param", "first"),
        note=("note", "first"),
        sources=("source_id", lambda each: "; ".join(dict.fromkeys(each))),
        locator=("locator", lambda each: "; ".join(dict.fromkeys(each))),
        ids=("result_id", lambda each: "; ".join(each)),
    )
    joined = joined.sort_values("indication", key=lambda code: code != own, kind="stable")
    # Tells rows of one study, arm and endpoint apart, where there are several.
    same = joined.duplicated(["study", "arm", "paramcd", "indication"], keep=False)
    more = joined["population"].astype(str) + ", " + joined["months"].astype(str) + " months"
    joined = joined.rename(columns={"places": "places:p", "n_events": "n"}).assign(
        group1_level=joined["study"] + ", " + joined["arm"],
        group2_level=joined["indication"].map(INDICATIONS).map(begins_sentence),
        variable_level=more.where(same, ""),
        n_population=joined["N"],
        source=joined["sources"] + ": " + joined["ids"],
        data_status="published",
        plan_status="planned",
        time=pd.to_numeric(joined["months"], errors="coerce"),
    )
    return joined[RESULT]
