"""Text columns of frames are Python strings.

With pyarrow installed pandas keeps text as Arrow arrays, which is quicker for millions of rows
and slower for the hundreds that a page, a ledger or a table of a trial has: an answer takes half
the time without. Values, types ("str") and comparisons are the same.
"""

import pandas as pd


def as_python() -> None:
    """Have pandas keep the text columns that it makes from now on as Python strings."""
    pd.set_option("mode.string_storage", "python")
