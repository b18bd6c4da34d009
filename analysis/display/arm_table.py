"""A table with the arms side by side, and the differences between them beside the arms."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from analysis.brief import brief
from analysis.display.tables import Cell, Column, Table

CONTRAST = "contrast"
"""``group1`` of rows whose level is a difference between arms."""


@brief(words="in_brief")
@dataclass(frozen=True, slots=True)
class ArmTable(Table):
    """A table of rows by arm: each arm has `columns`, each difference has `differences`.

    Parameters
    ----------
    differences
        The columns of a contrast, where those of an arm do not fit.
    sizes
        Whether the header of an arm gives its size.

    Notes
    -----
    A row that is not given says why in place of its first cell (its text ``reason``).
    """

    differences: Sequence[Column] = ()
    sizes: bool = True

    def _levels(self) -> dict[str, Sequence[Column]]:
        """Return every arm and difference with its columns."""
        frame = self.results.frame
        kinds = frame.drop_duplicates("group1_level").set_index("group1_level")["group1"]
        return {
            str(level): self.differences if kind == CONTRAST else self.columns
            for level, kind in kinds.items()
        }

    def _named_by(self) -> list[str]:
        """Return the columns of the results that name what a row of them is of."""
        return list(dict.fromkeys([*self.labels, "group1_level"]))

    def headers(self) -> list[Column]:
        """Return the columns of values, each under its arm or difference."""
        frame = self.results.frame
        own = frame[frame["group1"] != CONTRAST].drop_duplicates("group1_level")
        sizes = dict(zip(own["group1_level"], own["n_population"], strict=True))
        heads = {
            level: f"{level} (N {sizes[level]})"
            if self.sizes and sizes.get(level, "") != ""
            else level
            for level in self._levels()
        }
        return [
            replace(column, title=f"{heads[level]}{', ' if column.title else ''}{column.title}")
            for level, columns in self._levels().items()
            for column in columns
        ]

    def rows(self) -> list[tuple[str, list[str], list[Cell]]]:
        """Return group heading, row labels and formatted cells of every row."""
        if not len(self.results):
            return []
        names = [*([self.groups] if self.groups else []), *self.labels]
        levels = self._levels()
        found: dict[tuple[Any, ...], dict[str, Mapping[Hashable, object]]] = {}
        for row in self.results.wide().to_dict("records"):
            found.setdefault(tuple(row[name] for name in names), {})[row["group1_level"]] = row
        return [
            (
                str(key[0]) if self.groups else "",
                [str(label) for label in key[-len(self.labels) :]],
                [
                    self._filled(column, by_level.get(level, {}), first=place == 0)
                    for level, columns in levels.items()
                    for place, column in enumerate(columns)
                ],
            )
            for key, by_level in found.items()
        ]

    def _filled(self, column: Column, row: Mapping[Hashable, object], *, first: bool) -> Cell:
        reason = row.get("reason")
        return Cell(reason) if first and isinstance(reason, str) else self._cell(column, row)
