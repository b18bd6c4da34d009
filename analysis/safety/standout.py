"""What stands out: terms whose interval excludes 0, or what a single arm had most."""

import pandas as pd

from analysis.display.arm_table import CONTRAST
from analysis.display.tables import Table
from analysis.results import PROPORTION, Results, section
from analysis.results.withheld import RESTS
from analysis.safety.coding import ANY
from analysis.safety.incidence import (
    contrast_label,
    contrasted,
    difference_method,
    difference_rows,
    excludes_zero,
    incidence_results,
)
from analysis.safety.interest import interest_groups
from analysis.safety.population import safety_population
from analysis.safety.settings import SafetyRun
from analysis.safety.special_interest import COUNTS, special_interest
from analysis.safety.tables import DIFFERENCES, columns_of, compares, methods, population_words
from analysis.safety.terms import term_counts

TERMS = "Preferred terms"
"""Variable of the row that says how many terms were compared."""
FREQUENT, SPECIAL = "most frequent", "special interest"
"""Why a term of a single arm is named."""
MOST = 3
"""So many of the most frequent terms are named where there is nothing to compare with."""


@section
def standout(run: SafetyRun) -> Results:
    """Return the terms that stand out, and how many were looked at.

    Returns
    -------
    Results
        With a reference: for each contrast one row ``variable`` `TERMS` with N terms compared,
        n whose interval of the risk difference excludes 0, and ``n.chance``, how many would be
        expected to at most if no term differed; then one row for each such term, largest
        difference first, with estimate, limits and Fisher's p. In a single arm: the most
        frequent terms with n, N and p, and the events of special interest that occurred
        (``group2_level`` `FREQUENT` or `SPECIAL`).

    Notes
    -----
    All terms of the table by term are compared, each by itself, at the level of the run, but
    those whose counts the plan withholds. An
    interval that excludes 0 is a signal to look at, not a finding: levels are not adjusted.
    ``n.chance`` is (1 − level) × terms; with so few events an exact error rate is lower.
    """
    frame = _compared(run) if run.reference else _frequent(run)
    return run.results(
        frame,
        "standout",
        group1=CONTRAST if run.reference else "arm",
        unit=PROPORTION,
        dataset=run.events_source,
        method=difference_method(run) if run.reference else "",
    )


def _compared(run: SafetyRun) -> pd.DataFrame:
    every = term_counts(run).counts
    counts = every[every["variable_level"] != ANY].reset_index(drop=True)
    found = difference_rows(run, counts, test=True)
    if run.trial.plan.allowed.minimum > 1:
        # Of a few, that their interval excludes 0 says how many they are.
        shown = incidence_results(run, every, "ae-by-term").select(group1=CONTRAST)
        named = ["group1_level", "variable", "variable_level"]
        known = shown.wide("stat").dropna(subset=["estimate"])[named]
        found = found.merge(known, on=named, validate="one_to_one")
    return with_summary(run, found, TERMS)


def with_summary(run: SafetyRun, found: pd.DataFrame, what: str) -> pd.DataFrame:
    """Return of each contrast how many differences were looked at, and those that exclude 0.

    Parameters
    ----------
    run
        What is compared.
    found
        ``group1_level`` (the contrast), ``estimate, conf.low, conf.high`` and what names a row.
    what
        Variable of the row that holds the numbers ``n``, ``N`` and ``n.chance``.
    """
    sizes = safety_population(run).sizes
    parts = []
    for arm in contrasted(run):
        label, size = contrast_label(run, arm), int(sizes[arm] + sizes[run.reference])
        own = found[found["group1_level"] == label]
        outside = own[excludes_zero(own)]
        outside = outside.sort_values("estimate", key=abs, ascending=False, kind="stable")
        summary = {"group1_level": label, "variable": what, "n_population": size}
        numbers = {"n": len(outside), "N": len(own), "n.chance": (1 - run.conf_level) * len(own)}
        # It counts terms or findings, and nobody.
        parts += [pd.DataFrame([summary | numbers | {RESTS: ()}]), outside]
    return pd.concat(parts, ignore_index=True)


def _frequent(run: SafetyRun) -> pd.DataFrame:
    """Return the most frequent terms of a single arm, and the declared ones that occurred."""
    counts = term_counts(run).counts
    counts = counts[(counts["variable_level"] != ANY) & (counts["n"] > 0)]
    most = counts.sort_values(["n", "variable_level"], ascending=[False, True], kind="stable")
    parts = [most.head(MOST).rename(columns={"arm": "group1_level"}).assign(group2_level=FREQUENT)]
    if interest_groups(run):
        declared = special_interest(run).select(analysis_id=COUNTS).wide("stat")
        # A group's name may say more than its terms, so that they stand below it.
        declared = declared[pd.to_numeric(declared["n"]) > 0]
        parts.append(declared.assign(group2_level=SPECIAL))
    kept = ["group1_level", "group2_level", "variable", "variable_level", "n", "N", "p"]
    return pd.concat([part.reindex(columns=kept).astype(object) for part in parts])


@standout.shows
def standout_table(standout: Results, run: SafetyRun) -> Table:
    """Show the terms whose interval of the difference excludes 0."""
    named = standout.where(standout.frame["variable"] != TERMS)
    caution = "A signal to look at, not a finding: each term was compared by itself."
    if not compares(standout):
        return Table(
            "Most frequent events, and those of special interest that occurred",
            named,
            {"variable": "Organ class or group", "variable_level": "Event"},
            columns_of({"n of N": "{n} of {N}", "Per cent": "{p}"}),
            groups="group2_level",
            footnotes=[population_words(run)],
        )
    least = run.trial.plan.allowed.minimum
    of_few = [f"Terms of which fewer than {least} participants can be told are not compared."]
    return Table(
        "Terms whose interval of the risk difference excludes 0",
        named,
        {"variable_level": "Preferred term", "variable": "System organ class"},
        DIFFERENCES,
        groups="group1_level",
        footnotes=[
            population_words(run),
            methods(standout),
            caution,
            *(of_few if least > 1 else []),
        ],
        empty="None.",
    )
