"""What the ledger's claims say on a topic, read without the rest of the ledger."""

from functools import lru_cache
from pathlib import Path

from analysis import paths
from analysis.sources.schemas import SCHEMAS
from analysis.sources.tables import TableError, read_table

AUTHORISATION = "EU authorisation"
"""Topic of the claim on where the product may be sold."""


def confirmed_claim(topic: str) -> str:
    """Return the claim of the source document on a topic that another source confirms.

    Parameters
    ----------
    topic
        As in ``data/published/claims.csv``.

    Returns
    -------
    str
        The claim in words; "" where the topic is not there or its claim is not confirmed.
    """
    return _confirmed(topic, paths.PUBLISHED)


@lru_cache(maxsize=8)
def _confirmed(topic: str, folder: Path) -> str:
    table, findings = read_table(folder / "claims.csv", SCHEMAS["claims"])
    if findings:
        raise TableError("\n".join(findings))
    found = table[(table["topic"] == topic) & (table["status"] == "confirmed")]["claim"]
    return str(found.iloc[0]) if len(found) else ""
