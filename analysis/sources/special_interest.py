"""Lists of events of special interest, by the terms of labels and guidelines.

``data/references/special_interest.csv`` has one row a term, with the document that names it and a
few of its words. A list is for searching, not a statement about any data: that nobody had a term
is a result.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import pandas as pd

from analysis import paths
from analysis.errors import UserError, suggestion
from analysis.sources.tables import read_text
from analysis.sources.trial.spelling import plain_spelling, words_of_term

FOLDER = paths.DATA / "references"
NO_EVENT = re.compile(r"\b(family history|prophylaxis|screening|negative|vaccination)\b")
"""Terms that name a disease that the participant has not: never counted by a part of them."""


@dataclass(frozen=True, slots=True)
class SearchTerm:
    """A term that is searched among the preferred terms of a trial.

    Parameters
    ----------
    term
        As MedDRA writes it, in British spelling.
    whole
        Whether only the term itself counts; otherwise every term that has all its words, such as
        "Acute lymphocytic leukaemia" for "Leukaemia".
    document
        The label or guideline that names it; "" for a term of the plan's own.
    """

    term: str
    whole: bool = True
    document: str = ""

    def meets(self, term: str) -> bool:
        """Say whether a preferred term is one of those searched.

        Examples
        --------
        >>> SearchTerm("Leukaemia", whole=False).meets("ACUTE MYELOID LEUKEMIA")
        True
        >>> SearchTerm("Headache").meets("Intracranial hypertension")
        False
        """
        own, words = words_of_term(self.term), words_of_term(term)
        if self.whole:
            return own == words
        return own <= words and not NO_EVENT.search(plain_spelling(term))


@dataclass(frozen=True, slots=True)
class Stem:
    """A part of a term, or of its organ class, that speaks of a group the term is not in.

    Parameters
    ----------
    group
        The group it speaks of.
    stem
        The part, in any spelling.
    but_not
        What else a term must not have, several apart by "|".
    in_class
        Whether it is looked for in the organ class.
    """

    group: str
    stem: str
    but_not: str = ""
    in_class: bool = False

    def speaks(self, term: str, organ_class: str = "") -> bool:
        """Say whether a preferred term, or its organ class, has it.

        Examples
        --------
        >>> Stem("diabetes", "diabet", "insipidus").speaks("Diabetes insipidus")
        False
        """
        written = plain_spelling(organ_class if self.in_class else term)
        other = any(plain_spelling(each) in written for each in self.but_not.split("|") if each)
        return plain_spelling(self.stem) in written and not other


def list_names() -> tuple[str, ...]:
    """Return the names of the lists.

    Examples
    --------
    >>> list_names()[:3]
    ('somatropin', 'growth hormone deficiency', 'Turner syndrome')
    """
    return tuple(_read("special_interest_lists")["list"])


def list_named(name: str) -> str:
    """Return the name of a list as it is written here, whatever its case.

    Raises
    ------
    UserError
        If there is no such list.

    Examples
    --------
    >>> list_named("turner  Syndrome")
    'Turner syndrome'
    """
    known = {plain_spelling(each): each for each in list_names()}
    if (found := known.get(plain_spelling(name))) is None:
        raise UserError(
            f"must be one of {', '.join(map(repr, known.values()))}; "
            f"got '{name}'{suggestion(name, known.values())}"
        )
    return found


def lists_in(words: Iterable[str]) -> tuple[str, ...]:
    """Return the lists whose indication is among some words.

    Examples
    --------
    >>> lists_in(["Girls with TURNER syndrome", "Placebo"])
    ('somatropin', 'Turner syndrome')
    """
    said = " | ".join(map(plain_spelling, words))
    rows = _read("special_interest_lists").to_dict("records")
    found = [str(row["list"]) for row in rows if re.search(rf"\b({row['indication']})", said)]
    # The first list is of every treatment with growth hormone: without it, it is another drug.
    return tuple(found) if found[:1] == list(list_names()[:1]) else ()


def groups_of(lists: Iterable[str]) -> dict[str, tuple[SearchTerm, ...]]:
    """Return the groups of some lists with their terms, in the order of the table.

    A group that several lists have is one, with the terms of them all.

    Examples
    --------
    >>> [each.term for each in groups_of(["somatropin"])["pancreatitis"]]
    ['Pancreatitis']
    """
    names = set(lists)
    documents = dict(_read("special_interest_sources")[["source", "document"]].to_numpy())
    groups: dict[str, dict[str, SearchTerm]] = {}
    for row in _read("special_interest").to_dict("records"):
        if row["list"] in names:
            searched = SearchTerm(row["term"], row["match"] == "whole", documents[row["source"]])
            groups.setdefault(row["group"], {}).setdefault(row["term"], searched)
    return {name: tuple(terms.values()) for name, terms in groups.items()}


def stems_of(groups: Iterable[str]) -> tuple[Stem, ...]:
    """Return the stems of some groups, in the order of the table.

    Examples
    --------
    >>> stems_of(["scoliosis"])[0].stem
    'scolio'
    """
    names, rows = set(groups), _read("special_interest_stems")
    return tuple(
        Stem(row["group"], row["stem"], row["but_not"], row["place"] == "organ class")
        for row in rows.to_dict("records")
        if row["group"] in names
    )


@lru_cache(maxsize=8)
def _read(name: str) -> pd.DataFrame:
    path = FOLDER / f"{name}.csv"
    if not path.is_file():
        raise UserError(f"{paths.shown(path)} is missing; restore it")
    return read_text(path)
