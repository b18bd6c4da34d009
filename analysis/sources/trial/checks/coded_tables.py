"""Columns of a trial's tables as numbers: each text is looked at once, and not in every row."""

from collections.abc import Callable, Iterable
from functools import cached_property

import numpy as np
import pandas as pd

from analysis.sources.trial.columns import coded, joined, kind_of
from analysis.sources.trial.known_texts import KnownTexts


class CodedTables:
    """Tables whose columns are numbered when they are first asked for.

    Attributes
    ----------
    tables
        Table name → normalised table.
    """

    tables: dict[str, pd.DataFrame]

    @cached_property
    def _factors(self) -> dict[tuple[str, str], tuple[np.ndarray, pd.Index]]:
        return {}

    def _factor(self, name: str, column: str) -> tuple[np.ndarray, pd.Index]:
        """Return codes and levels of a column, numbered once: this is what takes the time."""
        if (name, column) not in self._factors:
            values = self.tables[name][column]
            texts = kind_of(values) == "text"
            codes, levels = coded(values) if texts else pd.factorize(values)
            blank = np.flatnonzero(levels == "") if texts else ()
            levels = pd.Index(levels)
            if len(blank):
                codes = np.where(codes == blank, -1, codes - (codes > blank))
                levels = levels.delete(blank)
            # As short numbers, with one to spare: they stay as long as the trial does.
            codes = codes.astype(np.min_scalar_type(-len(levels) - 2))
            self._factors[name, column] = codes, levels
        return self._factors[name, column]

    def codes(self, name: str, column: str) -> np.ndarray:
        """Return the place of each value among `distinct`; −1 for blank and missing."""
        return self._factor(name, column)[0]

    def distinct(self, name: str, column: str) -> pd.Index:
        """Return the values of a column, each once, without blank and missing."""
        return self._factor(name, column)[1]

    def known_texts(self) -> KnownTexts:
        """Return the columns of texts that were numbered, for those who count them later."""
        columns = {key: self.tables[key[0]][key[1]] for key in self._factors}
        texts = {key: values for key, values in columns.items() if kind_of(values) == "text"}
        return KnownTexts({key: (values, *self._factors[key]) for key, values in texts.items()})

    def row_keys(self, name: str, columns: Iterable[str]) -> pd.Series:
        """Return one whole number per row that is equal where all `columns` are equal."""
        table = self.tables[name]
        factors = (self._factor(name, column) for column in columns)
        shifted = ((codes + 1, len(levels) + 1) for codes, levels in factors)  # −1 is blank.
        return pd.Series(joined(shifted, len(table)), index=table.index)

    def holds(self, name: str, column: str, test: Callable[[str], bool]) -> pd.Series:
        """Say of which records of a table a test of a text holds, made once of each text."""
        codes, levels = self._factor(name, column)
        marks = np.array([*map(test, levels), test("")], dtype=bool)
        return pd.Series(marks[codes], index=self.tables[name].index)  # −1, for blank: the last.

    def equal(self, name: str, column: str, value: str) -> pd.Series:
        """Say which records of a table have a value, compared once; not to be changed in place."""
        key = (name, column, value)
        if key not in self._equal:
            values = self.tables[name][column]
            is_text = kind_of(values) == "text"
            same = self.holds(name, column, value.__eq__) if is_text else values == value
            self._equal[key] = same
        return self._equal[key]

    @cached_property
    def _equal(self) -> dict[tuple[str, str, str], pd.Series]:
        return {}

    def blank(self, name: str, column: str) -> bool:
        """Say whether no record of a table has a value of a variable."""
        values = self.tables[name][column]
        given = self.codes(name, column) >= 0 if kind_of(values) == "text" else values.notna()
        return not given.any()
