"""The tables of a trial as attributes: ``trial.adsl``, also among what TAB offers."""

from typing import TYPE_CHECKING

import pandas as pd

from analysis.errors import UnknownAttribute, suggestion


class TablesByName:
    """Mixin: a table of the trial is an attribute under its own name.

    What is returned is the reader's own: a column that is added or changed in it is not so in
    the trial.
    """

    __slots__ = ()
    tables: dict[str, pd.DataFrame]

    # A type checker would take every misspelt attribute for a table.
    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> pd.DataFrame:
            """Return a table of the trial.

            Raises
            ------
            UnknownAttribute
                If the trial has no table of that name; it names those that there are.
            """
            # What Python and Jupyter ask of any object, and what is not yet set, is no table.
            if name.startswith("_") or name in type(self).__slots__:
                raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")
            if name.lower() in self.tables:
                return self.tables[name.lower()].copy(deep=False)
            own = [each for each in object.__dir__(self) if not each.startswith("_")]
            hint = suggestion(name.lower(), [*self.tables, *own])
            known = ", ".join(self.tables)
            raise UnknownAttribute(
                f"trial '{self.plan.id}' has no table '{name}'; its tables are {known}{hint}"
            )

    def __dir__(self) -> list[str]:
        """Return what a trial has, its tables among it."""
        return sorted({*object.__dir__(self), *filter(str.isidentifier, self.tables)})
