"""The columns that frames of this topic share: those that place a pair."""

import numpy as np
import pandas as pd

from analysis.contrasts.settings import ContrastRun
from analysis.display.rows import has
from analysis.display.tables import Column
from analysis.results import NOT_ESTIMABLE, Results

POPULATION = "as the paper analysed"
PRINTED = {
    "n": "n.test",
    "n_reference": "n.reference",
    "n_total": "n",
    "margin": "own.margin",
    "printed": "printed.words",
    "verdict": "verdict.printed",
    "product_class": "product.class",
    "study_id": "study.id",
}
"""Column of a pair, or of its study → statistic."""


def described(run: ContrastRun, found: pd.DataFrame, *statistics: str) -> pd.DataFrame:
    """Return statistics of pairs with the columns that place them in a results table.

    Parameters
    ----------
    run
        What is compared.
    found
        Pairs, with the columns of `analysis.contrasts.within_trial.differences`.
    statistics
        Names of the vocabulary.
    """
    placing = pd.DataFrame(
        {
            "group1_level": found["contrast"],
            "group2_level": found["label"],
            "variable": run.param,
            "variable_level": found["timepoint"].fillna(""),
            "population": POPULATION,
            "n_population": found["n_total"],
            "source": found["source_id"],
            "note": found["result_ids"],
            "method": found["route"].where(found["route"] != "", NOT_ESTIMABLE),
        }
    )
    return placing.join(found.rename(columns=PRINTED)[list(statistics)])


def time_words(found: pd.DataFrame) -> pd.Series:
    """Return the time of each difference as printed, and whether it is outside the window."""
    outside = np.where(found["in_window"] | found["months"].isna(), "", ", outside the window")
    return found["timepoint"].fillna("") + outside


def known(results: Results, *columns: Column) -> list[Column]:
    """Return the columns of a table for which there is something to show."""
    return [column for column in columns if all(has(results, name) for name in column.statistics)]
