"""What the randomised pairs of the ledger come to, counted."""

import numpy as np
import pandas as pd

from analysis.contrasts.printed import PAIR
from analysis.contrasts.settings import ContrastRun
from analysis.contrasts.within_trial import NOT_SHOWN, SHOWN, differences
from analysis.display.tables import Column, Table
from analysis.results import NOT_ESTIMABLE, Results, section

PRINTED = "verdict printed without the numbers for it"
NO_VERDICT = "no verdict: no treatment, two doses of one product, or no margin"
COUNTED = (
    *("non-inferiority shown", "non-inferiority not shown"),
    *(PRINTED, NOT_ESTIMABLE, NO_VERDICT),
)
"""What a randomised pair can come to; each pair is counted under one."""


@section
def verdict_counts(run: ContrastRun) -> Results:
    """Count the randomised pairs of the indication by what is known of them.

    Returns
    -------
    Results
        One ``n`` a state (`COUNTED`) and one for all; the pairs of a secondary document are not
        counted. ``note`` names the pairs.
    """
    found = differences(run)
    found = found[found["evidence"] != "note"]
    estimable = found["estimate"].notna()
    printed = ~estimable & (found["verdict"] != "")
    state = np.select(
        [found["conclusion"] == SHOWN, found["conclusion"] == NOT_SHOWN, estimable, printed],
        [*COUNTED[:2], NO_VERDICT, PRINTED],
        NOT_ESTIMABLE,
    )
    named = found["contrast"] + " (" + found["label"] + ")"
    # A verdict without numbers stands in no other table, so it is told here.
    named = named.mask(printed, named + ": " + found["verdict"])
    rows = [
        {"group1_level": words, "n": int((state == words).sum()),
         "note": "; ".join(named[state == words])}
        for words in COUNTED
    ]  # fmt: skip
    rows.append({"group1_level": "all randomised pairs", "n": len(found), "note": ""})
    return run.results(
        pd.DataFrame(rows).assign(
            variable=run.param, variable_level=f"nearest to {run.window}", pairs=lambda f: f.note
        ),
        "verdict-counts",
        group1="state",
        method=f"one state a pair, as of {', '.join(PAIR)}",
    )


@verdict_counts.shows
def counts_table(counts: Results, _: ContrastRun) -> Table:
    """Show how many randomised pairs come to which verdict, and which they are."""
    return Table(
        title="What the randomised pairs of the ledger come to",
        results=counts,
        labels={"group1_level": "State"},
        columns=[Column("Pairs", "{n}"), Column("Which", "{pairs}", "text")],
        footnotes=["Each pair counts once; a secondary document is not counted."],
        folded=True,
    )
