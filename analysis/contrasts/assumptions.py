"""Section 7: everything that the page takes for granted, in one table."""

from __future__ import annotations

import pandas as pd

from analysis.contrasts.indirect import DAILY_NODE
from analysis.contrasts.plausible import plausible_ranges
from analysis.contrasts.settings import LEDGER, ContrastRun
from analysis.contrasts.synthesis import headline_model, method_of
from analysis.errors import UserError
from analysis.numbers import fixed, percent
from analysis.results import Results, Stat, from_frame
from analysis.sources.searches import not_found_words

HANDBOOK = "Cochrane Handbook, section {}"


def assumption_ledger(run: ContrastRun) -> Results:
    """Return every assumption in force on the page: its value, why, and where it is used.

    Returns
    -------
    Results
        Per assumption (``group1_level`` is its kind, ``group2_level`` its name): ``value``,
        ``why``, ``used.in``.
    """
    rows = [*_comparability(run), *_conversion(), *_decision(run), *_tipping(run), *_pooling(run)]
    frame = pd.DataFrame(
        rows, columns=["group1_level", "group2_level", "value", "why", "used_in", "source"]
    )
    return from_frame(
        frame,
        {
            "value": Stat("value", "In this run"),
            "why": Stat("why", "Why"),
            "used_in": Stat("used.in", "Used in"),
            "source": Stat("source", "Source"),
        },
        analysis_id="assumptions",
        group1="kind",
        group2="assumption",
        context="assumption",
        **run.result_labels,
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
         "the run's choice against a rule", "all sections", "parameter"),
        (kind, "Studies left out", ", ".join(run.exclude) or "none",
         "the run's choice against a rule", "all sections", "parameter"),
    ]  # fmt: skip


def _conversion() -> list[Row]:
    kind = "From the paper to a difference"
    return [
        (kind, "Order of routes",
         "reported interval, one limit, standard errors, p-value, means with SDs",
         "the reported interval alone carries the paper's model", "within trial",
         HANDBOOK.format("6.3.1")),
        (kind, "Distribution", "Student's t with n − 2 df; normal where n is not printed",
         "papers rarely print the df of their model", "within trial",
         HANDBOOK.format("6.5.2.3")),
        (kind, "Adjusted means", "independent of one another",
         "their covariance is not printed; it is small in a randomised trial", "within trial",
         "declared"),
        (kind, "Means with SDs", "unequal variances (Welch)", "SDs of the two arms often differ",
         "within trial, single arm", "declared"),
        (kind, "SDs that are not printed", "never assumed",
         "a contrast without any spread is not estimable", "within trial", "declared"),
        (kind, "Several doses of one product", "combined into one arm",
         "a comparator counts once", "synthesis, network", HANDBOOK.format("6.5.2.10")),
        (kind, "Counts that are not printed",
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
        (kind, "Confidence level", percent(run.conf_level),
         "the lower limit of the two-sided interval must lie above the margin", "all sections",
         "conventions of the ledger"),
        (kind, "Number of verdicts", "not adjusted for", "each contrast answers its own question",
         "within trial", "declared"),
    ]  # fmt: skip


def _tipping(run: ContrastRun) -> list[Row]:
    kind = "What would have to be true"
    low, high = run.correlation
    unfound = not_found_words(
        run.ledger, product=run.product, comparator=run.comparator, indication=run.indication
    )
    try:
        found = plausible_ranges(run)
    except UserError as error:
        ranges = [(f"Plausible {name}", "none", str(error)) for name in ("means", "SDs")]
    else:
        ranges = [
            (
                f"Plausible {name}",
                f"{found.text('min', group1_level=level)} to "
                f"{found.text('max', group1_level=level)} {run.unit}",
                f"range over {found.text('n', group1_level=level)} arms of comparable trials",
            )
            for name, level in (("means", "Mean on daily somatropin"), ("SDs", "SD"))
        ]
    return [
        *[(kind, name, value, why, "tipping", LEDGER) for name, value, why in ranges],
        (kind, "Correlation of baseline and outcome", f"{low:g} to {high:g}",
         "no paper of the ledger prints one; the lowest is the cautious end", "tipping",
         "parameter"),
        (kind, "One SD for both arms", "yes", "neither is printed", "tipping", "declared"),
        (kind, "n of the source document's trial", "as printed, unverified",
         f"another source of it: {unfound}", "tipping", "APPLICATION-NOTE"),
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
