"""Analysis sets, as sources name them."""

import re


def is_per_protocol(population: str) -> bool:
    """Say whether an analysis set holds only those who kept to the protocol.

    Examples
    --------
    >>> is_per_protocol("Per-protocol set"), is_per_protocol("full analysis set")
    (True, False)
    """
    words = population.casefold().replace("-", " ")
    return "per protocol" in words or "completer" in words


ANALYSIS_SET = re.compile(
    r"\b(intention|intent|itt|full analysis|fas|random\w*|treated|safety|exposed|enrolled|all"
    r"|per protocol|complet\w*|evalua\w*|analysed|extension|main phase|started|tested|not stated"
    r"|planned|registry|interim|continued|entered year|in the table|measured)\b"
)
"""Words of sets that one participant may be in several of, one within the other."""


def is_analysis_set(population: str) -> bool:
    """Say whether a set is of those who came so far, and not of those who are something.

    Examples
    --------
    >>> is_analysis_set("Randomised"), is_analysis_set("per-protocol"), is_analysis_set("pubertal")
    (True, True, False)
    """
    return bool(ANALYSIS_SET.search(population.casefold().replace("-", " ")))
