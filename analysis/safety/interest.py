"""The groups of events of special interest of a run, and what its events have of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain

import pandas as pd

from analysis.safety.coding import NOT_CODED
from analysis.safety.emergent import emergent_events
from analysis.safety.settings import SafetyRun
from analysis.sources.special_interest import SearchTerm, groups_of, stems_of
from analysis.sources.trial.spelling import plain_spelling, words_of_term


@dataclass(frozen=True, slots=True)
class InterestGroup:
    """A group of events of special interest.

    Parameters
    ----------
    name
        As the list or the plan names it.
    searched
        The terms that are searched, those of the plan's own last.
    terms
        The preferred terms that count in it, as the trial writes them: those of a list that an
        emergent event has, and every one that the plan itself declares.
    """

    name: str
    searched: tuple[SearchTerm, ...]
    terms: tuple[str, ...]

    @property
    def own(self) -> tuple[str, ...]:
        """The terms that the plan itself declares."""
        return tuple(each.term for each in self.searched if not each.document)

    @property
    def documents(self) -> tuple[str, ...]:
        """The labels and guidelines that name the others."""
        return tuple(dict.fromkeys(each.document for each in self.searched if each.document))


@lru_cache(maxsize=4)
def interest_groups(run: SafetyRun) -> tuple[InterestGroup, ...]:
    """Return the groups of the lists that the plan names, then those of its own.

    Notes
    -----
    An own group of the name of one of a list adds its terms to it: a term of a label is never
    left out unseen. Terms are compared whatever their case, accents, order of words and spelling,
    British or American; a term may be in several groups.
    """
    searched = dict(groups_of(run.plan.special_interest_lists))
    known = {plain_spelling(name): name for name in searched}
    for name, own in run.plan.special_interest.items():
        place = known.get(plain_spelling(name), name)
        searched[place] = (*searched.get(place, ()), *map(SearchTerm, own))
    found = emergent_events(run)
    happened, by_word = set(found.records["AEDECOD"].unique()), _by_word(found.organ_classes)
    groups = []
    for name, terms in searched.items():
        met = chain.from_iterable(_met(each, by_word, happened) for each in terms)
        groups.append(InterestGroup(name, terms, tuple(dict.fromkeys(met))))
    return tuple(groups)


def _by_word(recorded: Iterable[str]) -> dict[str, list[str]]:
    """Return word → the terms that have it, so that a search looks at few; "" → every term."""
    by_word: dict[str, list[str]] = {}
    for term in recorded:
        for word in ("", *words_of_term(term)):
            by_word.setdefault(word, []).append(term)
    return by_word


def _met(searched: SearchTerm, by_word: dict[str, list[str]], happened: set[str]) -> list[str]:
    """Return the terms of the data that are the one searched; an own one is there in any case."""
    near = [by_word.get(word, []) for word in ("", *words_of_term(searched.term))]
    met = [term for term in min(near, key=len) if searched.meets(term)]
    if searched.document:
        return [term for term in met if term in happened]
    return met or [searched.term]


def terms_in_no_group(run: SafetyRun) -> pd.DataFrame:
    """Return every preferred term with an emergent event that is in no group.

    Returns
    -------
    pandas.DataFrame
        ``AEDECOD, GROUP``: the group that a part of the term, or its organ class, speaks of; ""
        where none does. By the order of the groups, then by name.
    """
    groups, found = interest_groups(run), emergent_events(run)
    inside = {term for group in groups for term in group.terms}
    stems = stems_of(group.name for group in groups)
    rows = []
    for term in sorted(set(found.records["AEDECOD"].unique()) - inside - {NOT_CODED}):
        organ_class = found.organ_classes[term]
        spoken = (stem.group for stem in stems if stem.speaks(term, organ_class))
        rows.append((term, next(spoken, "")))
    place = {group.name: number for number, group in enumerate(groups)}
    rows.sort(key=lambda row: place.get(row[1], len(place)))
    return pd.DataFrame(rows, columns=["AEDECOD", "GROUP"], dtype=object)
