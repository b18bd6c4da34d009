"""Tables in their one form, kept by the content of their files.

After an edit of ``trial.yml``, or of one table, the others need not be parsed again.
"""

from collections.abc import Collection
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from analysis.sources.registry import sha256
from analysis.sources.trial.finding import TrialFinding
from analysis.sources.trial.plan import TrialPlan
from analysis.sources.trial.tables.files import format_of
from analysis.sources.trial.tables.kinds import words_of_na
from analysis.sources.trial.tables.normal import normalise
from analysis.sources.trial.tables.reading import read_table

MOST_CELLS = 10_000_000
"""Cells that stay in memory, of the tables asked for last; a larger table is not kept."""
_KEPT: "dict[tuple[Any, ...], Kept]" = {}


class Kept(NamedTuple):
    """A table in its form, and what was found on the way."""

    table: pd.DataFrame
    findings: list[TrialFinding]

    def copy(self) -> tuple[pd.DataFrame, list[TrialFinding]]:
        """Return both; what is done to them does not show in what is kept."""
        return self.table.copy(deep=False), list(self.findings)


def read_normal(
    name: str, path: Path, plan: TrialPlan | None = None, *, text: Collection[str] = ()
) -> tuple[pd.DataFrame, list[TrialFinding]]:
    """Read a table and bring it into its form; from memory if the same content was read before.

    Parameters
    ----------
    name
        Table name, for the findings.
    path
        Its file.
    plan
        The trial's plan, which says what is text, and where NA is a word; None before there is
        one.
    text
        Further variables that are text, whatever a csv has in them.

    Returns
    -------
    table, findings
        As `normalise` returns them.

    Raises
    ------
    UserError
        If the file cannot be read as what its name says.
    """
    texts = frozenset(text) | (plan.categories if plan else frozenset())
    key = _key(name, path, plan, texts)
    kept = _KEPT.pop(key, None)
    if kept is None:
        kept = Kept(*normalise(name, read_table(path, text=texts), plan))
        if _key(name, path, plan, texts) != key:
            return kept.copy()  # It was written to while it was read, and may be neither.
    if key and kept.table.size <= MOST_CELLS:
        _KEPT[key] = kept
    while sum(each.table.size for each in _KEPT.values()) > MOST_CELLS:
        del _KEPT[next(iter(_KEPT))]
    return kept.copy()


def _key(name: str, path: Path, plan: TrialPlan | None, texts: frozenset[str]) -> tuple[Any, ...]:
    """Return all on which a table in its form depends; empty for a file that cannot be read."""
    try:
        digest = sha256(path)
    except OSError:
        return ()
    suffix = format_of(path)
    # The other formats say themselves what is text.
    read = name, suffix, digest, texts if suffix == "csv" else ()
    return read if plan is None else (*read, words_of_na(plan))
