"""Everything that the page takes for granted, in one table."""

import pandas as pd

from analysis.contrasts.inclusion import comparable
from analysis.contrasts.indirect import DAILY_NODE
from analysis.contrasts.mixture import comparator_doses, doses_in_words, models_in_words
from analysis.contrasts.plausible import MEAN, SD, plausible_ranges
from analysis.contrasts.settings import LEDGER, ContrastRun
from analysis.contrasts.synthesis import headline_model, interval_words, method_of
from analysis.contrasts.tipping import open_contrasts
from analysis.display.tables import Column, Table
from analysis.errors import UserError
from analysis.numbers import fixed, level
from analysis.results import Results, section
from analysis.words import counted

HANDBOOK = "Cochrane Handbook, section {}"


@section
def assumption_ledger(run: ContrastRun) -> Results:
    """Return every assumption in force on the page: its value, why, and where it is used.

    Returns
    -------
    Results
        Per assumption (``group1_level`` is its kind, ``group2_level`` its name): ``used``,
        ``why``, ``used.in``.
    """
    rows = [*_comparability(run), *_conversion(), *_decision(run), *_tipping(run), *_pooling(run)]
    names = ["group1_level", "group2_level", "used", "why", "used.in", "source.words"]
    frame = pd.DataFrame(rows, columns=names)
    return run.results(
        frame.assign(source=frame["source.words"]),
        "assumptions",
        group1="kind",
        group2="assumption",
        context="assumption",
    )


@assumption_ledger.shows
def assumptions_table(assumptions: Results, _: ContrastRun) -> Table:
    """Show every assumption in force on the page."""
    return Table(
        title="Assumptions in force on this page",
        results=assumptions,
        groups="group1_level",
        labels={"group2_level": "Assumption"},
        columns=[
            Column("In this run", "{used}", "text"),
            Column("Why", "{why}", "text"),
            Column("Used in", "{used.in}", "text"),
            Column("Source", "{source.words}", "text"),
        ],
    )


Row = tuple[str, str, str, str, str, str]


def _comparability(run: ContrastRun) -> list[Row]:
    kind = "Which trials are comparable"
    return [
        (kind, "Indication", run.indication, "growth on treatment differs between indications",
         "all sections", "parameter"),
        (kind, "Allocation", "randomised; where a source does not say so, not",
         "only then a difference belongs to the products", "within trial, synthesis",
         HANDBOOK.format("24.1")),
        (kind, "Time", run.window,
         "catch-up growth is fastest at the start, so rates from shorter periods run higher",
         "synthesis", "source audit"),
        (kind, "Products", "long-acting or follow-on against daily somatropin",
         "the question of the page", "synthesis, network", "declared"),
        (kind, "Confidence of a number", f"{run.min_confidence} or better",
         "how well a number was read and sourced", "all sections", "parameter"),
        (kind, "Impossible and doubled data", "left out",
         "the audit finds growth that no child grows and cohorts reported twice",
         "all sections", "source audit"),
        (kind, "Studies put back", ", ".join(run.include) or "none",
         "the run's choice against the one rule that is named for each; the others hold on",
         "all sections", "parameter"),
        (kind, "Studies left out", ", ".join(run.exclude) or "none",
         "the run's choice against a rule", "all sections", "parameter"),
    ]  # fmt: skip


def _conversion() -> list[Row]:
    kind = "From the paper to a difference"
    return [
        (kind, "Order of routes",
         "reported interval, one limit, standard errors, means with SDs, p-value",
         "the reported interval alone carries the paper's model", "within trial",
         HANDBOOK.format("6.3.1")),
        (kind, "Distribution", "Student's t with n − 2 df; normal where n is not in the texts read",
         "papers rarely print the df of their model", "within trial",
         HANDBOOK.format("6.5.2.3")),
        (kind, "Adjusted means", "independent of one another",
         "their covariance is rarely printed; it is small in a randomised trial", "within trial",
         "declared"),
        (kind, "Means with SDs", "unequal variances (Welch)", "SDs of the two arms often differ",
         "within trial, single arm", "declared"),
        (kind, "SDs that are not in the texts read", "never assumed",
         "a contrast without any spread is not estimable", "within trial", "declared"),
        (kind, "Several doses of one product", "combined into one arm",
         "a comparator counts once", "synthesis, network", HANDBOOK.format("6.5.2.10")),
        (kind, "Counts that are not in the texts read",
         "derived where one whole number alone gives the printed percentage",
         "a count is needed for a score interval", "safety", "declared"),
    ]  # fmt: skip


def _decision(run: ContrastRun) -> list[Row]:
    kind = "Decision"
    margin = f"{fixed(run.margin, 2)} {run.unit}" if run.margin is not None else "none declared"
    return [
        (kind, "Margin", margin,
         "the strictest margin that a trial of the field prints" if run.margin is not None
         else "no trial of the ledger prints a margin on this endpoint", "all verdicts",
         run.margin_source or "ledger"),
        (kind, "Confidence level", level(run.conf_level),
         "the lower limit of the two-sided interval must lie above the margin", "all sections",
         "conventions of the ledger"),
        (kind, "Number of verdicts", "not adjusted for", "each contrast answers its own question",
         "within trial", "declared"),
    ]  # fmt: skip


def _tipping(run: ContrastRun) -> list[Row]:
    kind = "What would have to be true"
    low, high = run.correlation
    try:
        found = plausible_ranges(run)
    except UserError as error:
        ranges = [(f"Plausible {name}", "none", str(error)) for name in ("means", "SDs")]
    else:
        ranges = [
            (
                f"Plausible {name}",
                f"{found.text('min', group1_level=quantity)} to "
                f"{found.text('max', group1_level=quantity)} {run.unit}",
                f"range over {counted(int(found.text('n', group1_level=quantity)), 'arm')} of "
                "comparable trials",
            )
            for name, quantity in (("means", MEAN), ("SDs", SD))
        ]
    return [
        *[(kind, name, value, why, "tipping", LEDGER) for name, value, why in ranges],
        (kind, "Correlation of baseline and outcome", f"{low:g} to {high:g}",
         "only its square enters, so the lowest is the cautious end" + _printed_correlations(run),
         "tipping", "parameter"),
        (kind, "One SD for both arms", "yes", "where none is in the texts read, one has to do",
         "tipping", "declared"),
        (kind, "Children of a trial that would do", "two arms of equal size, t with 2n − 2 df",
         "the smallest n at which the printed means and SDs are non-inferior", "tipping",
         "declared"),
        *_retold(run),
    ]  # fmt: skip


def _printed_correlations(run: ContrastRun) -> str:
    """Return what the ledger prints of velocity before treatment and response; "" for nothing."""
    rows = run.ledger.results
    rows = rows[(rows["paramcd"] == "CORPRE") & (rows["statistic"] == "r") & rows["value"].notna()]
    if rows.empty:
        return ""
    ends = (fixed(rows["value"].min(), 2), fixed(rows["value"].max(), 2))
    found = " to ".join(dict.fromkeys(ends))
    return f"; papers print {found} for velocity before treatment and the response"


def _retold(run: ContrastRun) -> list[Row]:
    """Return the row on sizes that only the source document prints, where one is in use."""
    kind = "What would have to be true"
    if run.margin is None:
        return []
    found = open_contrasts(run)
    found = found[(found["evidence"] == "note") & found["n"].notna()]
    return [
        (kind, "n of the source document's trial", "as printed, unverified",
         "no source of the ledger reports the contrast itself", "tipping", source)
        for source in found["source_id"].head(1)
    ]  # fmt: skip


def _pooling(run: ContrastRun) -> list[Row]:
    kind = "Synthesis"
    return [
        (kind, "Model of the headline",
         "network" if run.model == "network" else method_of(run, headline_model(run, 2)),
         "trials differ in population, dose and product, so one common effect is not expected",
         "synthesis", "parameter"),
        (kind, "Prediction interval", "t with k − 2 df", "the effect in a new trial like these",
         "synthesis", "Higgins, Thompson and Spiegelhalter 2009"),
        (kind, "Intervals of pool and network", interval_words(run, "k − p"),
         "one rule for both: k trials and p estimated effects, 1 in the pool, a product each in "
         "the network; what rests on few df is wide; where no pair of the network is compared "
         "twice, a trial keeps its own interval and products that never met have a normal one",
         "synthesis, network", "Knapp and Hartung 2003"),
        (kind, "Verdict on a pool", "on trials of one kind of product",
         "a mean over several kinds of product is no product's effect", "synthesis",
         "declared"),
        *_mixed(run),
        (kind, "One comparator", f"all daily somatropins are one node, {DAILY_NODE}",
         "without it the products are not connected", "network, indirect contrasts",
         "declared"),
        (kind, "Similarity", "trials are alike in what modifies the effect",
         "an indirect contrast needs it and no arithmetic can check it",
         "network, indirect contrasts", "Bucher and others 1997"),
        (kind, "Patient-level and published", "side by side" if not run.pool_trial
         else "pooled because the run asks for it",
         "three kinds of data never mix silently", "patient level", "declared"),
    ]  # fmt: skip


def _mixed(run: ContrastRun) -> list[Row]:
    """Return what the pooled trials mix, as far as their papers show it."""
    kind = "Synthesis"
    found = comparable(run)
    if found.empty:
        return []
    rows: list[Row] = []
    if models := models_in_words(found):
        rows.append(
            (kind, "Adjusted and raw differences", f"pooled as one quantity: {models}",
             "in a randomised trial both estimate the same difference; where arms differ at "
             "baseline the adjusted one is the more exact", "synthesis", LEDGER)
        )  # fmt: skip
    if doses := doses_in_words(run, found):
        sources = "; ".join(dict.fromkeys(comparator_doses(run, found)["source_id"]))
        rows.append(
            (kind, "Dose of the comparator", f"as each trial chose it: {doses}",
             "a lower dose of the comparator favours the test product, so it may explain why "
             "trials differ", "synthesis", sources)
        )  # fmt: skip
    return rows
