"""Adverse events by organ class and preferred term, severity, relation and special interest."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from analysis.errors import UserError
from analysis.results import Results, Stat, from_frame
from analysis.safety.emergent import emergent_events
from analysis.safety.incidence import ALL_CLASSES, ANY, incidence_results, with_zeros
from analysis.safety.overview import recorded, severities
from analysis.safety.population import safety_population
from analysis.safety.settings import SafetyRun
from analysis.safety.terms import as_recorded, term_counts

NOT_RECORDED = "Not recorded"


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
    return incidence_results(run, term_counts(run).counts, analysis_id="ae-by-term")


def terms_shown(run: SafetyRun) -> Results:
    """Return how many preferred terms the tables show, and how many they leave out."""
    found = term_counts(run)
    least = f"below {run.parameters.min_percent:g} % in every arm"
    rows = [{"variable_level": "shown", "n": found.shown}]
    if run.parameters.min_percent > 0:
        rows += [
            {"variable_level": f"left out, {least}", "n": found.hidden},
            {"variable_level": f"shown although {least}, being declared", "n": found.kept},
        ]
    return from_frame(
        pd.DataFrame(rows).assign(
            variable="Preferred terms",
            population=run.population,
            source=f"{run.trial.plan.id}: {run.plan.adverse_events}",
        ),
        {"n": Stat("n", "Preferred terms", 0)},
        analysis_id="ae-terms-shown",
        context="safety",
        **run.result_labels,
    )


def by_severity(run: SafetyRun) -> Results:
    """Return participants by their worst severity, overall, by organ class and by term.

    Returns
    -------
    Results
        ``variable`` organ class, ``group2_level`` term or `ANY`, ``variable_level`` severity.
        A severity that nobody had in a row has no row.

    Raises
    ------
    UserError
        If AESEV is not recorded.

    Notes
    -----
    Each participant counts once in each row, at the worst severity of the events of that row.
    An event without AESEV counts below every grade.
    """
    records = emergent_events(run).records
    if not recorded(records, "AESEV"):
        raise UserError("AESEV is not recorded, so that events cannot be counted by severity")
    return _by_worst(
        run, records["AESEV"].astype(object), severities(run), analysis_id="ae-by-severity"
    )


def by_relation(run: SafetyRun) -> Results:
    """Return participants by relation to treatment, overall, by organ class and by term.

    Returns
    -------
    Results
        Like `by_severity`; ``variable_level`` is "Related", "Not related" or `NOT_RECORDED`.

    Raises
    ------
    UserError
        If AEREL is not recorded.

    Notes
    -----
    A participant with any related event in a row counts as related. An event without AEREL
    counts below both.
    """
    records = emergent_events(run).records
    if not recorded(records, "AEREL"):
        raise UserError("AEREL is not recorded, so that events cannot be counted by relation")
    given = records["AEREL"].astype(object)
    related = given.isin([value.upper() for value in run.plan.related])
    words = given.where(given == "", "Not related").where(~related, "Related")
    return _by_worst(run, words, ("Not related", "Related"), analysis_id="ae-by-relation")


def _by_worst(
    run: SafetyRun, values: pd.Series, grades: Sequence[str], *, analysis_id: str
) -> Results:
    """Count every participant at the worst grade of the events of each row."""
    population, terms = safety_population(run), term_counts(run)
    records = emergent_events(run).records[["USUBJID", "AEBODSYS", "AEDECOD"]]
    if not len(records):
        raise UserError("no treatment-emergent event was recorded")
    unknown = [grade for grade in dict.fromkeys(values) if grade and grade not in grades]
    names = [NOT_RECORDED, *unknown, *grades]
    grade = values.where(values != "", NOT_RECORDED).map({name: i for i, name in enumerate(names)})
    records = records.astype({"AEBODSYS": object, "AEDECOD": object}).assign(grade=grade)
    every = pd.concat(
        [
            records.assign(AEBODSYS=ALL_CLASSES, AEDECOD=ANY),
            records.assign(AEDECOD=ANY),
            records,
        ],
        ignore_index=True,
    ).rename(columns={"AEBODSYS": "variable", "AEDECOD": "group2_level"})
    worst = every.sort_values("grade", ascending=False, kind="stable").drop_duplicates(
        ["USUBJID", "variable", "group2_level"]
    )
    counts = population.count(worst, ["variable", "group2_level", "grade"])
    wanted = terms.counts.loc[:, ["variable", "variable_level"]].drop_duplicates()
    place = {key: i for i, key in enumerate(wanted.itertuples(index=False, name=None))}
    keys = list(zip(counts["variable"], counts["group2_level"], strict=True))
    counts["place"] = [place.get(key, -1) for key in keys]
    counts = counts[counts["place"] >= 0].sort_values(
        ["place", "grade"], ascending=[True, False], kind="stable"
    )
    words = pd.Series(names, dtype=object).str.capitalize()
    counts["variable_level"] = counts["grade"].map(words)
    return incidence_results(
        run,
        counts.drop(columns=["place", "grade", "events"]).reset_index(drop=True),
        analysis_id=analysis_id,
        group2="preferred term",
        differences=False,
    )


def special_interest(run: SafetyRun) -> Results:
    """Return the events of special interest that the plan declares, zero rows included.

    Returns
    -------
    Results
        ``variable`` is the group of the plan, ``variable_level`` the term or `ANY`.

    Raises
    ------
    UserError
        If the plan declares none.

    Notes
    -----
    Terms are matched whatever their case, accents and spaces, in any organ class.
    """
    groups = run.plan.special_interest
    if not groups:
        raise UserError(
            f"trial.yml of '{run.trial.plan.id}' declares no events of special interest; "
            "list them under safety.special_interest"
        )
    population, found = safety_population(run), emergent_events(run)
    spelled = as_recorded(run, found)
    levels = pd.DataFrame(
        [
            (group, term)
            for group, terms in groups.items()
            for term in (ANY, *dict.fromkeys(spelled[term] for term in terms))
        ],
        columns=["variable", "variable_level"],
        dtype=object,
    )
    listed = levels[levels["variable_level"] != ANY]
    records = found.records[["USUBJID", "AEDECOD"]].astype({"AEDECOD": object})
    matched = records.merge(listed, left_on="AEDECOD", right_on="variable_level")
    every = pd.concat([matched.assign(variable_level=ANY), matched], ignore_index=True)
    counts = population.count(every, ["variable", "variable_level"])
    return incidence_results(
        run, with_zeros(population, counts, levels), analysis_id="ae-special-interest"
    )
