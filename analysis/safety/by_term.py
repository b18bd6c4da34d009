"""Adverse events by system organ class and preferred term."""

import pandas as pd

from analysis.display.arm_table import ArmTable
from analysis.display.figures import Figure
from analysis.results import Results, section
from analysis.safety.coding import ANY
from analysis.safety.dot_plot import dot_plot
from analysis.safety.emergent import emergent_events
from analysis.safety.incidence import incidence_results
from analysis.safety.settings import SafetyRun
from analysis.safety.tables import event_table
from analysis.safety.terms import class_notes, term_counts
from analysis.safety.volcano import volcano_figure


@section
def by_term(run: SafetyRun) -> Results:
    """Return participants and events by organ class and preferred term.

    Returns
    -------
    Results
        ``variable`` is the organ class, ``variable_level`` the preferred term or `ANY`; first
        the row of all classes. Arms and total with n, N, p and events; differences from the
        reference with their interval and Fisher's p.

    Raises
    ------
    UserError
        If the terms cannot be sorted as asked.

    Notes
    -----
    See `term_counts`.
    """
    return incidence_results(run, term_counts(run).counts, "ae-by-term")


@section
def terms_shown(run: SafetyRun) -> Results:
    """Return how many preferred terms the tables show, and how many they leave out."""
    found = term_counts(run)
    least = f"below {run.parameters.min_percent:g} % in every arm"
    rows = [{"variable_level": "shown", "n": found.shown}]
    if run.parameters.min_percent > 0:
        rows += [
            {"variable_level": f"left out, {least}", "n": found.hidden},
            {
                "variable_level": f"shown although {least}, being of special interest",
                "n": found.kept,
            },
        ]
    frame = pd.DataFrame(rows).assign(variable="Preferred terms")
    return run.results(frame, "ae-terms-shown", dataset=run.plan.adverse_events)


@by_term.shows
def most_frequent_figure(by_term: Results, run: SafetyRun) -> Figure:
    """Draw the most frequent terms: the share of each arm, and the differences."""
    terms = by_term.where(by_term.frame["variable_level"] != ANY)
    return dot_plot(terms, run, title="Incidence of the most frequent terms", most_frequent=True)


@by_term.shows
def by_term_table(by_term: Results, run: SafetyRun) -> ArmTable:
    """Show events by organ class and preferred term."""
    rows = terms_shown(run).wide().to_dict("records")
    said = ", ".join(f"{row['variable_level']} {row['n']}" for row in rows)
    return event_table(
        by_term,
        run,
        "Adverse events by system organ class and preferred term",
        {"variable_level": "Preferred term"},
        "A participant counts once in each row, so that rows do not add up.",
        f"Preferred terms: {said}.",
        *class_notes(run),
        *(f"{row.said}." for row in emergent_events(run).moved.itertuples()),
        foldable=True,
    )


by_term.shows(volcano_figure)
