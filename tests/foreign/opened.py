"""Which tables somebody opens: who opens none that was altered finds what was there before."""

from collections.abc import ItemsView, Iterator, Mapping, ValuesView
from typing import Any

import pandas as pd


class Opened(dict[str, pd.DataFrame]):
    """Tables that keep the names of those that were opened; a copy of them opens all.

    Examples
    --------
    >>> tables = Opened({"adsl": pd.DataFrame(), "adae": pd.DataFrame()})
    >>> "adae" in tables, len(tables["adsl"]), sorted(tables.names)
    (True, 0, ['adsl'])
    >>> len(tables | {}), sorted(tables.names)
    (2, ['adae', 'adsl'])
    """

    def __init__(self, tables: Mapping[str, pd.DataFrame]) -> None:
        super().__init__(tables)
        self.names: set[str] = set()

    def __getitem__(self, name: str) -> pd.DataFrame:
        self.names.add(name)
        return super().__getitem__(name)

    def get(self, name: str, default: Any = None) -> Any:
        self.names.add(name)
        return super().get(name, default)

    def items(self) -> ItemsView[str, pd.DataFrame]:  # type: ignore[override]
        self.names.update(self.keys())
        return super().items()

    def values(self) -> ValuesView[pd.DataFrame]:  # type: ignore[override]
        self.names.update(self.keys())
        return super().values()

    def __iter__(self) -> Iterator[str]:
        """As ever; but with one of its own, a copy is made by way of the above."""
        return super().__iter__()
