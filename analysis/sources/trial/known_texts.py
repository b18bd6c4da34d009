"""The texts of a trial's columns as numbers, kept by whoever read them for those who count them.

A million records of events have ten columns of few words. The checks number them; an analysis
would have to look at each text again.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from analysis.sources.trial.columns import coded


class KnownTexts:
    """Columns of texts that were numbered once.

    Parameters
    ----------
    columns
        Table and variable → the column, the code of each cell (−1 for an empty one) and the texts
        that the codes stand for.

    Notes
    -----
    A column is recognised by the memory in which its texts are. Those that are kept are held here,
    so that pandas (copy-on-write) changes no cell in that memory: a column of which one was changed
    is in another, and is numbered anew.

    Examples
    --------
    >>> texts = pd.Series(["MILD", "", "MILD"], dtype="str")
    >>> known = KnownTexts({("adae", "AESEV"): (texts, np.array([0, -1, 0]), pd.Index(["MILD"]))})
    >>> known.of("adae", texts).tolist()
    ['MILD', '', 'MILD']
    """

    def __init__(
        self,
        columns: Mapping[tuple[str, str], tuple[pd.Series, np.ndarray, pd.Index]] | None = None,
    ) -> None:
        self._columns = {
            key: (values.copy(deep=False), codes, texts)
            for key, (values, codes, texts) in (columns or {}).items()
        }

    def of(self, table: str, values: pd.Series) -> pd.Categorical:
        """Return a column of texts of a table as categories."""
        known = self._columns.get((table, str(values.name)))
        if known is None or _memory(known[0]) != _memory(values):
            return pd.Categorical.from_codes(*coded(values))
        _, codes, texts = known
        blank = codes < 0
        if not blank.any():
            return pd.Categorical.from_codes(codes, texts)
        return pd.Categorical.from_codes(np.where(blank, len(texts), codes), [*texts, ""])

    def __reduce__(self) -> tuple[type["KnownTexts"], tuple[()]]:
        """Take nothing along to another process, where the texts are in other memory."""
        return KnownTexts, ()


def _memory(values: pd.Series) -> tuple[object, ...]:
    """Return where the texts of a column are in memory, and how they lie there."""
    texts = values.to_numpy(dtype=object)
    return texts.__array_interface__["data"][0], texts.shape, texts.strides
