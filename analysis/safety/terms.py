"""Counts of adverse events by system organ class and preferred term, sorted and filtered."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd

from analysis.brief import brief
from analysis.display.reading import Reading
from analysis.errors import UserError
from analysis.results import COUNTED, PLACE, Results
from analysis.safety.coding import ALL_CLASSES, ANY, NOT_CODED
from analysis.safety.emergent import EmergentEvents, emergent_events
from analysis.safety.incidence import with_zeros
from analysis.safety.interest import interest_groups
from analysis.safety.kinds import EMERGENT, selected
from analysis.safety.population import SafetyPopulation, safety_population
from analysis.safety.settings import SafetyRun
from analysis.thresholds import at_least
from analysis.words import numbered

NO_CLASS = "Declared terms that no event had"
"""Organ class of a declared term that occurs nowhere in the trial's events."""


LEVELS = ["variable", "variable_level"]
COMMON = 5.0
"""Percentage of an arm from which on a term is common, as in the registries of results
(ClinicalTrials.gov, EudraCT)."""
MANY = 100
"""Terms beyond which a table that repeats those of the table by term leaves out the rare ones."""


@brief
@dataclass(frozen=True, slots=True, eq=False)
class TermCounts:
    """Participants and events by system organ class and preferred term.

    Parameters
    ----------
    counts
        Rows of `SafetyPopulation.count` with ``variable`` (organ class) and
        ``variable_level`` (preferred term, or `ANY`), in the order of the table.
    shown, hidden
        How many preferred terms are in `counts`, and how many fell under the least percentage.
    kept
        Terms below the least percentage that are kept, being of special interest.
    """

    counts: pd.DataFrame
    shown: int
    hidden: int
    kept: int


def coded_events(run: SafetyRun) -> EmergentEvents:
    """Return the events of a run, which must have terms.

    Raises
    ------
    UserError
        If the table of adverse events has no AEDECOD.
    """
    found = emergent_events(run)
    if not found.coded:
        raise UserError(f"{run.plan.adverse_events} must have AEDECOD to be counted by term")
    return found


def frequent_rows(run: SafetyRun, least: float) -> pd.DataFrame:
    """Return the organ classes and terms of which an arm had at least a percentage, in order.

    Returns
    -------
    pandas.DataFrame
        ``variable`` and ``variable_level``; a row that nobody had is never among them.
    """
    counts = term_counts(run).counts
    arms = counts[(counts["variable"] != ALL_CLASSES) & counts["arm"].isin(list(run.arms))]
    enough = arms["n"].gt(0) & at_least(100 * arms["p"].fillna(0), least)
    return arms.loc[enough, LEVELS].drop_duplicates()


def without_rare_terms(
    run: SafetyRun, results: Results, title: str, term: str = "variable_level"
) -> tuple[Results, list[Reading]]:
    """Return the rows of a table that stand on a page, and the sentence that says so.

    Where there are more than `MANY` terms, the organ classes and the terms that at least `COMMON`
    per cent of an arm had. The table by term has them all, and so have the results: the sentence
    rests on every row, and so takes those along that no table shows.

    Parameters
    ----------
    run
        Whose events they are.
    results
        Rows by organ class (``variable``) and term.
    title
        Of the table.
    term
        The column of the term.
    """
    terms = results.frame.loc[results.frame[term] != ANY, ["variable", term]].drop_duplicates()
    if len(terms) <= MANY:
        return results, []
    rows = pd.MultiIndex.from_frame(results.frame[["variable", term]])
    common = rows.isin(pd.MultiIndex.from_frame(frequent_rows(run, COMMON)))
    kept = results.where(common | (results.frame[term] == ANY))
    left = kept.frame.loc[kept.frame[term] != ANY, ["variable", term]].drop_duplicates()
    note = (
        f"{title}: shown are the organ classes and {len(left)} of {numbered(len(terms), 'term')}, "
        f"those that at least {COMMON:g} % of an arm had; every term has its rows in results.csv."
    )
    return kept, [Reading([note], results)]


def class_notes(run: SafetyRun) -> list[str]:
    """Say, as a footnote, that no event has an organ class; nothing where any has one."""
    if set(emergent_events(run).organ_classes.values()) != {NOT_CODED}:
        return []
    return [f"No event has an organ class (AEBODSYS): all terms stand under '{NOT_CODED}'."]


@lru_cache(maxsize=8)
def term_counts(run: SafetyRun, kind: str = EMERGENT) -> TermCounts:
    """Count participants and events of one kind by organ class and term, sorted and filtered.

    Parameters
    ----------
    run
        What is analysed.
    kind
        One of those of `kinds` that every run has.

    Raises
    ------
    UserError
        If no event is coded, nobody can say which events are of the kind, or terms are to be
        sorted by a risk difference that the trial does not have.

    Notes
    -----
    A participant counts once in each row, so that rows do not add up. A term has one
    organ class, see `one_class`. Sorted by frequency (all arms together) or by the risk
    difference of the treatment under test, largest first; ties by number of events, then by
    name. Of all emergent events the least percentage must be reached in any one arm, and declared
    terms have their row without an event too; of a kind among them every term counts.
    """
    if run.parameters.sort == "risk difference" and not run.reference:
        raise UserError(
            "sort must be frequency in a single-arm trial, which has no risk difference; "
            "got 'risk difference'"
        )
    population, found = safety_population(run), coded_events(run)
    whole = kind == EMERGENT
    events = found.records if whole else selected(run, kind)
    records = events[["USUBJID", "AEBODSYS", "AEDECOD", *PLACE]]
    names = {"AEBODSYS": "variable", "AEDECOD": "variable_level"}
    everyone = population.count(records).assign(variable=ALL_CLASSES, variable_level=ANY)
    classes = population.count(records, ["AEBODSYS"]).rename(columns=names)
    terms = population.count(records, ["AEBODSYS", "AEDECOD"]).rename(columns=names)
    of_interest = terms_of_interest(run) if whole else []
    terms = terms.astype({"variable": object})
    terms = _with_declared(population, found, terms, of_interest)
    classes = with_zeros(
        population,
        classes.assign(variable_level=ANY),
        _levels(terms, population)[["variable"]].drop_duplicates().assign(variable_level=ANY),
    )
    rows = pd.concat([classes, terms], ignore_index=True)
    least = run.parameters.min_percent if whole else 0.0
    keep, kept, order = _arranged(run, population, rows, len(classes), of_interest, least)
    width = len(population.columns)
    rows = rows.iloc[(order[:, None] * width + np.arange(width)).ravel()]
    total = int(keep.sum())
    columns = ["variable", "variable_level", "arm", "n", "events", "N", "p", COUNTED]
    return TermCounts(
        counts=pd.concat([everyone[columns], rows[columns]], ignore_index=True),
        shown=total,
        hidden=len(keep) - total,
        kept=kept,
    )


def _levels(counts: pd.DataFrame, population: SafetyPopulation) -> pd.DataFrame:
    """Return the levels of counts, one row each."""
    names = ["variable", "variable_level"]
    return counts[names].iloc[:: len(population.columns)].astype(object).reset_index(drop=True)


def terms_of_interest(run: SafetyRun) -> list[str]:
    """Return every term of special interest, as the trial writes it."""
    return list(dict.fromkeys(term for group in interest_groups(run) for term in group.terms))


def _with_declared(
    population: SafetyPopulation,
    found: EmergentEvents,
    terms: pd.DataFrame,
    of_interest: list[str],
) -> pd.DataFrame:
    """Add a zero row for every declared term without an emergent event."""
    levels = _levels(terms, population)
    known = set(levels["variable_level"])
    missing = [term for term in of_interest if term not in known]
    classes = [found.organ_classes.get(term, NO_CLASS) for term in missing]
    added = pd.DataFrame({"variable": classes, "variable_level": missing}, dtype=object)
    return with_zeros(population, terms, pd.concat([levels, added], ignore_index=True))


def _arranged(
    run: SafetyRun,
    population: SafetyPopulation,
    rows: pd.DataFrame,
    in_classes: int,
    of_interest: list[str],
    least: float,
) -> tuple[np.ndarray, int, np.ndarray]:
    """Say which terms stay, how many of them as declared, and the order of classes and terms.

    The first rows count the classes, the others the terms.
    """
    width, arms = len(population.columns), list(population.arms)
    share, n, events = (
        rows[name].to_numpy(dtype=float).reshape(-1, width) for name in ("p", "n", "events")
    )
    share = np.nan_to_num(100 * share)
    names = _levels(rows, population)
    is_term = np.arange(len(names)) * width >= in_classes
    frequent = at_least(share[:, : len(arms)], least).any(axis=1)
    wanted = names["variable_level"].isin(of_interest).to_numpy() & is_term
    stays = frequent | wanted
    heads = names.loc[stays & is_term, "variable"].unique()
    stays |= ~is_term & names["variable"].isin(heads).to_numpy()
    size = n[:, -1]
    if run.parameters.sort == "risk difference":
        size = share[:, arms.index(run.treatment)] - share[:, arms.index(run.reference)]
        # Equal differences go by events and name, not by the last bit of a subtraction.
        size = size.round(9)
    # An order by numbers that are not shown would tell them: those go by name, after the others.
    allowed, sizes = run.trial.plan.allowed, rows["N"].to_numpy(dtype=float).reshape(-1, width)
    told = np.array([any(map(allowed.few, *each)) for each in zip(n, sizes, strict=True)])
    size = np.where(told, size.min(initial=0), size)
    ranked = names.assign(is_term=is_term, size=size, events=np.where(told, 0, events[:, -1]))
    head = ranked[~is_term].set_index("variable")
    ranked["class_size"] = ranked["variable"].map(head["size"])
    ranked["class_events"] = ranked["variable"].map(head["events"])
    ranked = ranked[stays].sort_values(
        ["class_size", "class_events", "variable", "is_term", "size", "events", "variable_level"],
        ascending=[False, False, True, True, False, False, True],
        kind="stable",
    )
    return stays[is_term], int((wanted & ~frequent).sum()), ranked.index.to_numpy()
