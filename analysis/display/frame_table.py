"""A table of an analyst's frame: its cells are the written results, its layout is the frame's."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from analysis.brief import brief
from analysis.display.tables import Cell, Column, Table
from analysis.errors import UserError, suggestion
from analysis.numbers import NOT_AVAILABLE
from analysis.results.frames import Tidy

Key = tuple[str, str, str, str, str]


@brief(show=("title",))
@dataclass(frozen=True, slots=True)
class FrameTable(Table):
    """A table with the rows and columns of a frame; `cell` returns a number as it is shown.

    Parameters
    ----------
    lines
        The labels of each row.
    cells
        The results that each row shows, one a column; a dash where there is none.
    names
        The columns' names in the frame.
    """

    lines: Sequence[tuple[str, ...]] = field(default=())
    cells: Sequence[Sequence[Key]] = field(default=())
    names: Sequence[str] = field(default=())

    def rows(self) -> list[tuple[str, list[str], list[Cell]]]:
        """Return no group, the labels and the written results of every row."""
        columns = ["group1_level", "group2_level", "variable_level", "variable", "stat_name"]
        frame = self.results.frame
        written = dict(zip(zip(*(frame[name] for name in columns), strict=True),
                           frame["stat_fmt"], strict=True))  # fmt: skip
        return [
            ("", list(line), [Cell(written.get(key, NOT_AVAILABLE)) for key in keys])
            for line, keys in zip(self.lines, self.cells, strict=True)
        ]

    def cell(self, *labels: object, column: str) -> str:
        """Return one cell as the table shows it, for a sentence.

        Parameters
        ----------
        labels
            The labels of the row.
        column
            Name of the column in the frame.

        Raises
        ------
        UserError
            If the table has no such row or column.
        """
        row = tuple(map(str, labels))
        if row not in self.lines:
            known = ["; ".join(line) for line in self.lines]
            hint = suggestion("; ".join(row), known) or f"; rows are {', '.join(known[:9])}"
            raise UserError(f"table '{self.title}' has no row '{'; '.join(row)}'{hint}")
        if column not in self.names:
            hint = suggestion(column, self.names) or f"; columns are {', '.join(self.names)}"
            raise UserError(f"table '{self.title}' has no column '{column}'{hint}")
        place = list(self.lines).index(row)
        return self.rows()[place][2][list(self.names).index(column)]


def keys_of(tidy: Tidy) -> list[list[Key]]:
    """Return the results that the cells of a frame are, row by row."""
    return [
        [(*key.values(), each.variable, each.statistic.name) for each in tidy.columns]  # type: ignore[misc]
        for key in tidy.row_keys()
    ]


def columns_of(tidy: Tidy, headers: dict[str, str]) -> list[Column]:
    """Return the columns of a table, under the headers given for some."""
    return [
        Column(
            headers.get(each.name, each.title),
            f"{{{each.statistic.name}}}",
            "text" if each.statistic.scale == "text" else "number",
        )
        for each in tidy.columns
    ]
