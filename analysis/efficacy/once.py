"""Results kept by what they depend on: the rows analysed and the words of the analysis.

A run is made anew with every change of a parameter. What took long is looked up by the content of
the rows and by the choices that it rests on, so that another margin passes another verdict and
fits nothing, while another covariate, which is another column of the rows, fits anew.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

import pandas as pd

from analysis.results.fingerprints import fingerprint
from analysis.shared_folder import made_once

Kept = TypeVar("Kept")


class Once(Generic[Kept]):
    """The last results of one computation, each made once.

    Parameters
    ----------
    name
        Tells its results from those of others, where processes share what they make.
    size
        How many are kept.

    Examples
    --------
    >>> fits = Once[float]("means", size=2)
    >>> rows = pd.DataFrame({"y": [1.0, 2.0]})
    >>> fits.of(rows, ("mean",), lambda: 1.5), fits.of(rows, ("mean",), lambda: 9.9)
    (1.5, 1.5)
    """

    def __init__(self, name: str, size: int) -> None:
        self._name, self._size = name, size
        self._kept: OrderedDict[tuple[str, Hashable], Kept] = OrderedDict()

    def of(self, rows: pd.DataFrame, words: Hashable, make: Callable[[], Kept]) -> Kept:
        """Return what was made of these rows with these words, else make it.

        Parameters
        ----------
        rows
            All data that the result depends on.
        words
            All choices that it depends on, of which ``repr`` says all.
        make
            Makes it; an error is not kept.
        """
        key = fingerprint(rows), words
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        made = self._kept[key] = made_once(f"{self._name} {key}", make)
        while len(self._kept) > self._size:
            self._kept.popitem(last=False)
        return made
