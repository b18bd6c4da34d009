"""Events of special interest: those that the trial's plan declares."""

import pandas as pd

from analysis.errors import UserError
from analysis.results import Results, section
from analysis.safety.coding import ANY
from analysis.safety.incidence import incidence_results, with_zeros
from analysis.safety.population import safety_population
from analysis.safety.settings import SafetyRun
from analysis.safety.tables import event_table, view
from analysis.safety.terms import as_recorded, coded_events


@section
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
    population, found = safety_population(run), coded_events(run)
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
    return incidence_results(run, with_zeros(population, counts, levels), "ae-special-interest")


special_interest.shows(
    view(
        event_table,
        "Adverse events of special interest",
        {"variable_level": "Preferred term"},
        "Groups and terms as trial.yml declares them; a term without an event keeps its row.",
    )
)
