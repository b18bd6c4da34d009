"""Hold tables against what a define.xml says of them: variables, labels, types, code lists.

No result here rests on it, so that all findings are notes, one for each rule and table. They are
made of the tables as read, before anything is derived that no define.xml can know of.
"""

from collections.abc import Callable, Collection, Iterator

import pandas as pd

from analysis.sources.define import Dataset, Metadata, Variable
from analysis.sources.trial.columns import as_text, kind_of
from analysis.sources.trial.finding import TrialFinding
from analysis.sources.trial.tables.described import DEFINE
from analysis.sources.trial.tables.labels import labels_of
from analysis.words import listed

NAMED = 6
"""Variables that a note names; the rest are counted."""
ADSL_LABEL = "Subject-Level Analysis Dataset"
Odd = Callable[[pd.Series, Variable], str]
"""Says in words what is odd in the values of a variable; "" for nothing."""


def tables_differ(metadata: Metadata, available: Collection[str]) -> Iterator[TrialFinding]:
    """Note tables that are described and not there, and the other way round.

    Parameters
    ----------
    metadata
        Of the define.xml.
    available
        Names of all tables in the folder, in lower case.
    """
    for names, message in (
        (set(metadata.datasets) - set(available), "it describes tables that are not in the folder"),
        (set(available) - set(metadata.datasets), "it says nothing of tables of the folder"),
    ):
        if names:
            yield _note(DEFINE, "metadata: tables", message, sorted(names))


def differences(table: pd.DataFrame, said: Dataset) -> Iterator[TrialFinding]:
    """Note where a table is not what a define.xml says of it.

    Parameters
    ----------
    table
        Normalised, with the labels of its own file alone.
    said
        What is said of it.
    """
    absent = [each for each in said.variables if each not in table]
    more = [each for each in table if each not in said.variables]
    if absent:
        message = f"{DEFINE} describes variables that the table has not"
        yield _note(said.name, "metadata: variables", message, absent)
    if more:
        message = f"{DEFINE} says nothing of variables of the table"
        yield _note(said.name, "metadata: variables", message, more)
    if said.name == "adsl" and said.label and said.label != ADSL_LABEL:
        message = f"CDISC check 320: the label of ADSL is {ADSL_LABEL}; {DEFINE} has"
        yield _note(said.name, "metadata: label", message, [said.label])
    for rule, message, odd in (
        ("type", f"{DEFINE} gives another type", _type),
        ("length", f"{DEFINE} gives a length that a text exceeds", _length),
        ("code list", f"the code list of {DEFINE} does not have the value", _unlisted),
        ("code list", f"the code list of {DEFINE} has values that no record has", _unused),
    ):
        shared = ((name, each) for name, each in said.variables.items() if name in table)
        words = [
            f"{name} ({said_of})" for name, each in shared if (said_of := odd(table[name], each))
        ]
        if words:
            yield _note(said.name, f"metadata: {rule}", message, words)
    own = labels_of(table)
    other = [each for each, label in said.labels.items() if own.get(each, label) != label]
    if other:
        message = f"{DEFINE} gives another label than the file of the table"
        yield _note(said.name, "metadata: label", message, other)


def unlabelled(name: str, table: pd.DataFrame) -> Iterator[TrialFinding]:
    """Note variables of a table without a label where others have one."""
    labels = labels_of(table)
    bare = [each for each in table if labels and each not in labels]
    if bare:
        yield _note(name, "no label", "other variables have a label; none for", bare)


def _type(values: pd.Series, said: Variable) -> str:
    kind, given = kind_of(values), _given(values)
    if said.kind == "text" and kind == "number" and len(given):
        return "text, has numbers"
    if said.kind in ("integer", "float") and kind == "text" and len(given):
        return f"{said.kind}, has texts"
    if said.kind == "integer" and kind == "number" and (given.astype(float) % 1 != 0).any():
        return "integer, has decimals"
    return ""


def _length(values: pd.Series, said: Variable) -> str:
    # Lengths of numbers are bytes in many a file, and digits by the standard.
    if said.kind != "text" or said.length is None or kind_of(values) != "text":
        return ""
    longest = max((len(each) for each in _given(values).unique()), default=0)
    return f"{said.length}, has {longest}" if longest > said.length else ""


def _unlisted(values: pd.Series, said: Variable) -> str:
    if not said.levels:
        return ""
    return listed([f"'{each}'" for each in _seen(values) if each not in said.levels][:NAMED])


def _unused(values: pd.Series, said: Variable) -> str:
    seen = set(_seen(values)) if said.levels else ()
    return listed([f"'{each}'" for each in said.levels if each not in seen][:NAMED])


def _seen(values: pd.Series) -> list[str]:
    texts = as_text(values)
    return sorted({each.strip() for each in texts.unique()} - {""})


def _given(values: pd.Series) -> pd.Series:
    return values[values != ""] if kind_of(values) == "text" else values.dropna()


def _note(name: str, rule: str, message: str, words: list[str]) -> TrialFinding:
    more = len(words) - NAMED
    shown = ", ".join(words[:NAMED]) + (f" and {more} more" if more > 0 else "")
    return TrialFinding(name, "", rule, f"{message}: {shown}", "note", value=shown, count=0)
