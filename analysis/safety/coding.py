"""One name a term, and one organ class: what repeated coding wrote in several ways."""

import numpy as np
import pandas as pd

from analysis.sources.trial.spelling import folded
from analysis.words import numbered

NOT_CODED = "Not coded"
"""Stands for an empty AEDECOD or AEBODSYS."""
ANY = "Any event"
"""Level of a row that counts whoever had at least one."""
ALL_CLASSES = "All system organ classes"
"""Heading of the row that counts the events of every organ class."""


def one_spelling(values: pd.Series) -> tuple[pd.Categorical, pd.DataFrame]:
    """Give every term its most frequent spelling.

    Parameters
    ----------
    values
        Terms as recorded; an empty one becomes `NOT_CODED`.

    Returns
    -------
    terms : pandas.Categorical
        As many as values.
    spellings : pandas.DataFrame
        ``term, spelling, events`` of what was written otherwise (a difference in spaces alone
        is not shown).
    """
    codes, recorded = pd.factorize(values)
    written = [_written(str(name)) for name in recorded]
    group, _ = pd.factorize(pd.Series([folded(name) for name in written], dtype=object))
    events = np.bincount(codes, minlength=len(written)) if len(written) else np.zeros(0, int)
    table = pd.DataFrame({"group": group, "spelling": written, "events": events})
    table = table.groupby(["group", "spelling"], sort=False, as_index=False)["events"].sum()
    ranked = table.sort_values("events", ascending=False, kind="stable")
    chosen = ranked.drop_duplicates("group").set_index("group")["spelling"].sort_index()
    terms = pd.Categorical.from_codes(group[codes], categories=chosen.tolist())
    table = table.assign(term=table["group"].map(chosen))
    other = table[table["term"] != table["spelling"]]
    return terms, other[["term", "spelling", "events"]].reset_index(drop=True)


def _written(name: str) -> str:
    """Return a term as it is shown; never under the name of the row that counts them all."""
    plain = " ".join(name.split()) or NOT_CODED
    return f"{plain} (as coded)" if plain in (ANY, ALL_CLASSES) else plain


def one_class(
    terms: pd.Categorical, classes: pd.Categorical
) -> tuple[pd.Categorical, pd.DataFrame]:
    """Give every term its most frequent organ class, the first by name of several.

    Parameters
    ----------
    terms, classes
        Preferred term and organ class of every event, each in one spelling.

    Returns
    -------
    classes : pandas.Categorical
        As many as events. A known class comes before `NOT_CODED`; events that are `NOT_CODED`
        themselves keep theirs.
    moved : pandas.DataFrame
        ``term, said, events``: in words, and how many events were recorded under another class.
    """
    width = max(len(classes.categories), 1)
    place, pairs = pd.factorize(terms.codes.astype(np.int64) * width + classes.codes)
    events = np.bincount(place, minlength=len(pairs))
    table = pd.DataFrame({"term": pairs // width, "class": pairs % width, "events": events})
    table = table.assign(
        name=np.asarray(classes.categories, dtype=object)[table["class"]],
        word=np.asarray(terms.categories, dtype=object)[table["term"]],
    )
    table = table[table["word"] != NOT_CODED]
    table = table.assign(unknown=table["name"] == NOT_CODED).sort_values(
        ["term", "unknown", "events", "name"], ascending=[True, True, False, True]
    )
    several = table[table.duplicated("term", keep=False)]
    if several.empty:
        return classes, pd.DataFrame(columns=["term", "said", "events"])
    chosen = several.drop_duplicates("term").set_index("term")["class"]
    place = np.full(len(terms.categories), -1)
    place[chosen.index] = chosen
    new = place[terms.codes]
    one = pd.Categorical.from_codes(np.where(new < 0, classes.codes, new), classes.categories)
    moved = pd.DataFrame([_moved(own) for _, own in several.groupby("term", sort=False)])
    return one, moved.sort_values("term", kind="stable", ignore_index=True)


def _moved(own: pd.DataFrame) -> dict[str, object]:
    """Say what was done with a term, whose classes are given, the chosen one first."""
    term, chosen = own["word"].iloc[0], own["name"].iloc[0]
    each = ", ".join(f"{row['name']} {row['events']}" for row in own.to_dict("records"))
    classes = numbered(len(own), "organ class")
    said = f"{term} was recorded under {classes} ({each}): all its events stand"
    events = int(own["events"].iloc[1:].sum())
    return {"term": term, "said": f"{said} under {chosen}", "events": events}
