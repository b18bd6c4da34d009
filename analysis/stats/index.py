"""The index of methods: the field's names, and the function and option that each of them is."""

from __future__ import annotations

import difflib
from collections.abc import Mapping

import pandas as pd

from analysis.errors import UserError
from analysis.stats._words import plain, rows

COLUMNS = ("method", "call", "purpose", "convention", "reference")
"""Columns of `methods`."""


def methods(word: str = "") -> pd.DataFrame:
    """Find the function for a method by the field's own name for it.

    Parameters
    ----------
    word : str, optional
        A name, a short form or a purpose, such as "Kenward-Roger", "MMRM", "non-inferiority"
        or "missing data"; capitals, accents and dashes do not matter. All methods without it.

    Returns
    -------
    pandas.DataFrame
        One row a method: method, call (function and option), purpose, convention (where it agrees
        with SAS and R), reference.

    Raises
    ------
    UserError
        When the word meets nothing; the message names the nearest.

    Examples
    --------
    >>> methods("miettinen")["call"].iloc[0]
    'risk_difference(…, method="miettinen-nurminen")'
    >>> methods("kenward roger")["method"].iloc[0]
    'Kenward–Roger degrees of freedom'
    """
    if not isinstance(word, str):
        raise UserError(f'methods takes a word, such as methods("ANCOVA"), not {word!r}.')
    found = sorted(
        (rank, place) for place, row in enumerate(rows()) if (rank := _rank(row, word)) is not None
    )
    if not found:
        near = difflib.get_close_matches(plain(word), _known(), n=3, cutoff=0.6)
        names = ", ".join(f"'{_known()[each]}'" for each in near)
        advice = f"the nearest are {names}" if names else "methods() lists them all"
        raise UserError(f"no method here is called {word!r}; {advice}.")
    chosen = [rows()[place] for _, place in found]
    return pd.DataFrame(
        [{name: call(row) if name == "call" else row[name] for name in COLUMNS} for row in chosen],
        columns=list(COLUMNS),
    )


def call(row: Mapping[str, str]) -> str:
    """Return how a method is called, without its data."""
    option = f'{row["option"]}="{row["value"]}"' if row["option"] else ""
    return f"{row['function']}({', '.join(part for part in ('…', option) if part)})"


def _rank(row: Mapping[str, str], word: str) -> int | None:
    """Return how near a row is to a word: its name, its other names, its purpose; None if not."""
    wanted = plain(word)
    names = [row["method"], row["function"], row["value"], *row["short"].split(";")]
    names = [plain(name) for name in names]
    others = [plain(each) for each in row["words"].split(";")]
    if not wanted or wanted in names:
        return 0
    if len(wanted) < 4:  # a short form is a word of its own, not a part of another
        parts = {plain(part) for part in " ".join((row["method"], row["words"])).split()}
        return 1 if wanted in parts else None
    for rank, texts in ((1, names), (2, others), (3, [plain(row["purpose"])])):
        if any(wanted in text for text in texts):
            return rank
    everything = "".join([*names, *others, plain(row["purpose"])])
    return 4 if all(plain(part) in everything for part in word.split()) else None


def _known() -> dict[str, str]:
    """Return every name that a row may be found by, as people write it."""
    found: dict[str, str] = {}
    for row in rows():
        for name in (*row["short"].split(";"), *row["words"].split(";"), row["method"]):
            if name.strip():
                found[plain(name)] = name.strip()
            for part in name.split():
                found.setdefault(plain(part), part.strip("(),'"))
    return found


def methods_page() -> str:
    """Return the page of all methods, as ``docs/methods.md`` holds it."""
    head = (
        "# Methods\n\n"
        "Every statistical method, by the name that the field gives it. In a notebook: "
        '`from analysis.stats import methods`, then `methods("kenward")`; a short form is as good '
        "as the full word wherever a method is named, and capitals and dashes do not matter. "
        "The page is written from `analysis/stats/methods.csv`.\n\n"
        "| method | call | short forms | for | agrees with | reference |\n"
        "|---|---|---|---|---|---|\n"
    )
    lines = (
        f"| {row['method']} | `{call(row)}` | {row['short'].replace(';', ',')} "
        f"| {row['purpose']} | {row['convention']} | {row['reference']} |"
        for row in rows()
    )
    return head + "\n".join(lines) + "\n"
