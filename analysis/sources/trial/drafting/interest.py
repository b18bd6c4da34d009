"""Events of special interest: the lists whose indication the data speak of."""

import pandas as pd

from analysis.sources.special_interest import list_names, lists_in
from analysis.sources.trial.columns import as_text
from analysis.sources.trial.drafting.folder import Folder
from analysis.sources.trial.drafting.growth import find_heights
from analysis.sources.trial.drafting.writing import comment, listed

FEW = 30
"""A variable with more values than these is of single participants."""
HISTORY = ("MHDECOD", "MHTERM")


def interest_lines(folder: Folder) -> list[str]:
    """Return the lines on events of special interest.

    A list is written where the folder, ADSL or the medical history names its indication, and
    asked for where heights of children are all that speaks of growth hormone.
    """
    words = 'groups of events to watch, for example {"falls": ["FALL"]}, by AEDECOD'
    own = f"  special_interest: {{}}  # {words}"
    names = listed(list_names())
    if found := lists_in(_words(folder)):
        said = f"Lists by the terms of labels, as the data speak of these indications; all: {names}"
        return [own, *comment(said, indent=2), f"  special_interest_lists: {listed(found)}"]
    if find_heights(folder):
        said = (
            f"Which lists by the terms of labels are to be searched? There are {names}; [] where "
            "the treatment is no growth hormone."
        )
        return [own, *comment(said, indent=2), '  special_interest_lists: "?"']
    return [own, *comment(f"special_interest_lists would name of these: {names}", indent=2)]


def _words(folder: Folder) -> list[str]:
    """Return what names an indication: the folder, short lists of ADSL, the medical history."""
    adsl = folder.adsl
    words = [folder.path.resolve().name]
    for name in adsl.columns[~adsl.dtypes.map(pd.api.types.is_numeric_dtype)]:
        values = as_text(adsl[name]).unique()
        words += values.tolist() if len(values) <= FEW else []
    for table in folder.named("admh").values():
        words += [
            each for name in HISTORY if name in table for each in as_text(table[name]).unique()
        ]
    return words
