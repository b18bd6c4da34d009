"""Which indication of the ledger the words of a plan mean."""

import re

MEANT = {
    "AGHD": r"(deficien|\bGHD\b).*\badult|\badult.*(growth.?hormone|\bGHD\b)|\bAGHD\b",
    "GHD": r"growth.?hormone.{0,3}(deficien|insufficien)|\bGHD\b",
    "TS": r"turner|^(UTS|TS)$",
    "ISS": r"idiopathic short|^ISS$",
    "SGA": r"small.for.gestational|\bSGA\b",
}
"""Code of an indication → what words for it hold, the more particular first."""


def indication_of(words: str) -> str:
    """Return the code of the indication that words name; "" for none of the ledger's.

    Examples
    --------
    >>> indication_of("Growth-hormone deficiency"), indication_of("GHD"), indication_of("TS")
    ('GHD', 'GHD', 'TS')
    >>> indication_of("Growth hormone deficiency in adults"), indication_of("SHOX deficiency")
    ('AGHD', '')
    """
    return next((code for code, said in MEANT.items() if re.search(said, words, re.I)), "")
