"""One spelling of a medical term: British and American, upper and lower case are one word."""

import re
import unicodedata
from functools import lru_cache

LETTERS = str.maketrans({"æ": "ae", "œ": "oe", "'": "", "’": ""})
AMERICAN = (
    (re.compile(r"ae|oe"), "e"),
    (re.compile(r"our"), "or"),
    (re.compile(r"is(?=(e|ed|er|ing|ation)\b)"), "iz"),
    (re.compile(r"ys(?=(e|ed|ing)\b)"), "yz"),
    (re.compile(r"(?<=[bt])re\b"), "er"),
    (re.compile(r"sulph"), "sulf"),
)
"""British spelling → American, wherever it stands: both sides of a comparison pass through it."""
APART = re.compile(r"[^\w%+]+|_")


def folded(name: str) -> str:
    """Return a term without what does not tell terms apart: case, accents, spaces.

    Examples
    --------
    >>> folded("  Oedème   péripherique "), folded("OEDEME PERIPHERIQUE")
    ('oedeme peripherique', 'oedeme peripherique')
    """
    plain = unicodedata.normalize("NFKD", name.casefold())
    kept = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return " ".join(kept.casefold().split())


@lru_cache(maxsize=20_000)
def plain_spelling(term: str) -> str:
    """Return a term without what is a matter of case, of accents, of hyphens or of spelling.

    Parameters
    ----------
    term
        As a dictionary of terms or a label writes it.

    Returns
    -------
    str
        Its words, one space apart; for comparing, not for showing.

    Examples
    --------
    >>> plain_spelling("Oedema  peripheral") == plain_spelling("EDEMA PERIPHERAL")
    True
    >>> plain_spelling("Tumour, Legg-Calvé-Perthes"), plain_spelling("Goitre")
    ('tumor legg calve perthes', 'goiter')
    """
    words = " ".join(APART.sub(" ", folded(term.casefold().translate(LETTERS))).split())
    for british, american in AMERICAN:
        words = british.sub(american, words)
    return words


@lru_cache(maxsize=20_000)
def words_of_term(term: str) -> frozenset[str]:
    """Return the words of a term, in one spelling and without their order.

    Dictionaries invert terms: "Oedema peripheral" is peripheral oedema.

    Examples
    --------
    >>> words_of_term("Oedema peripheral") == words_of_term("peripheral edema")
    True
    """
    return frozenset(plain_spelling(term).split())
