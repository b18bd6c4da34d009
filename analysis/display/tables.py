"""Tables: a view of result rows, as fixed-width text and as accessible HTML."""

import re
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from tabulate import tabulate

from analysis.brief import brief
from analysis.display.caveats import STATISTICS, said_once
from analysis.display.disagreements import disagreements
from analysis.display.html import badge_words
from analysis.display.not_shown import all_withheld, in_one_line
from analysis.display.records import Numbered, hand_over
from analysis.display.shown import Displayed, plan_footnotes, populations, statuses
from analysis.display.table_html import table_html
from analysis.numbers import NOT_AVAILABLE
from analysis.results import ROW_KEY, Counted, Results
from analysis.words import numbered

TEXT_WIDTH = 44
"""Characters after which a cell of the text form wraps."""
BESIDE = {"p.value", "conf.low"}
"""What a table shows where a p-value stands beside an interval."""
NAMED = re.compile(r"\{([^}]+)\}")
"""A statistic in the pattern of a column."""
FOLDED = "Rows of which no number but 0 is shown are counted in one line; results.csv names them."
"""Under a table that has such a line."""


class Cell(str):
    """The words of a cell, and the records that its number counts; None where it counts none."""

    counted: Counted | None

    def __new__(cls, words: str, counted: Counted | None = None) -> "Cell":
        """Return the words, which may count something."""
        cell = super().__new__(cls, words)
        cell.counted = counted
        return cell


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table.

    Parameters
    ----------
    title
        Column header, with the unit where there is one.
    shows
        What a cell shows: ``"{mean} ({sd})"`` is filled with the formatted results of that
        name. Of several patterns a row takes the first of which it has all results, else the one
        of which it lacks fewest, such as means and then counts. A cell none of whose results exists
        is a dash.
    kind
        ``"number"`` is aligned right, ``"text"`` left with its line breaks kept,
        ``"status"`` is drawn as a mark, and ``"link"`` leads to the address that the cell is.
    """

    title: str
    shows: str | Sequence[str]
    kind: str = "number"

    @property
    def patterns(self) -> Sequence[str]:
        """What a cell may show, the first choice first."""
        return [self.shows] if isinstance(self.shows, str) else self.shows

    @property
    def statistics(self) -> set[str]:
        """Names of the results that a cell may show."""
        return {name for pattern in self.patterns for name in NAMED.findall(pattern)}

    def fill(self, row: Mapping[Hashable, object], results: Results | None = None) -> Cell:
        """Return the cell of one table row.

        Parameters
        ----------
        row
            Formatted results by stat name; of a row of `results` also its levels.
        results
            They know what the number of the cell counts.
        """
        has = {name for name, text in row.items() if isinstance(text, str)}
        known = [each for each in self.patterns if not has.isdisjoint(NAMED.findall(each))]
        known.sort(key=lambda each: len(set(NAMED.findall(each)) - has))
        for pattern in known[:1]:
            names = NAMED.findall(pattern)
            words = said(pattern, [str(row[n]) if n in has else NOT_AVAILABLE for n in names])
            return Cell(words, results.counted_in(row, names) if results else None)
        return Cell(NOT_AVAILABLE)


OF_ROW = Column("Data", "", "text")
"""What the data of a row are, in a table that holds several kinds."""
Row = tuple[str, list[str], list[Cell]]
"""Group heading, row labels and cells of a row."""


def said(pattern: str, words: Sequence[str]) -> str:
    """Return a pattern with its numbers as written; where all are withheld, that once.

    Examples
    --------
    >>> said("{n} ({p})", ["12", "24.0"]), said("{n} ({p})", ["< 5", "withheld"])
    ('12 (24.0)', '< 5')
    """
    if all_withheld(words):
        return words[0]
    left = iter(words)
    return NAMED.sub(lambda _: next(left), pattern)


@brief(words="in_brief")
@dataclass(frozen=True, slots=True)
class Table(Displayed):
    """A titled table whose cells are views of result rows.

    Parameters
    ----------
    title
        What the table shows, with population and time where they matter.
    results
        Result rows; one table row for each distinct set of levels, in order.
    labels
        Level column → header of the row labels, for example ``{"group1_level": "Study"}``.
    columns
        The columns of values.
    groups
        Level column whose changes start a new group of rows with a heading; "" for none.
    across
        Level column whose values stand side by side: each column of `columns` appears once
        for each of them, under its name; "" for none.
    footnotes
        Sentences under the table: method, conventions, sources.
    empty
        Sentence shown in place of a table without rows.
    folded
        Whether the HTML form starts closed under its title: for long tables of reference.
    foldable
        Whether a reader can close and open each group; its first row, such as the total of the
        group, stays. Without effect on the text form.
    """

    title: str
    results: Results
    labels: Mapping[str, str]
    columns: Sequence[Column]
    groups: str = ""
    across: str = ""
    footnotes: Sequence[str] = field(default=())
    empty: str = "Nothing to show."
    folded: bool = False
    foldable: bool = False

    @property
    def name(self) -> str:
        """Title, which tells it from others on its page."""
        return self.title

    def in_brief(self) -> dict[str, object]:
        """Return what a person wants to know of the table, label → words."""
        return {
            "title": self.title,
            "data": badge_words(statuses(self.results)),
            "rows": len(self.rows()),
            "columns": ", ".join(column.title for column in self.headers()).strip(", "),
            "results": f"{numbered(len(self.results), 'row')}: .results",
        }

    def headers(self) -> list[Column]:
        """Return the columns of values as they stand, those side by side under their own names."""
        if not self.across:
            return list(self.columns)
        return [
            replace(column, title=f"{level}{', ' if column.title else ''}{column.title}")
            for level in dict.fromkeys(self.results.frame[self.across])
            for column in self.columns
        ]

    def rows(self) -> list[tuple[str, list[str], list[Cell]]]:
        """Return group heading, row labels and formatted cells of every row."""
        if not len(self.results):
            return []
        wide = self.results.wide()
        if not self.across:
            return [
                (
                    self._group(row),
                    self._labels(row),
                    [self._cell(each, row) for each in self.columns],
                )
                for row in wide.to_dict("records")
            ]
        levels = list(dict.fromkeys(wide[self.across]))
        rows = []
        keys = [*([self.groups] if self.groups else []), *self.labels]
        for _, members in wide.groupby(keys, sort=False):
            by_level = {row[self.across]: row for row in members.to_dict("records")}
            first = members.iloc[0].to_dict()
            cells = [
                self._cell(column, by_level.get(level, {}))
                for level in levels
                for column in self.columns
            ]
            rows.append((self._group(first), self._labels(first), cells))
        return rows

    def _shown_rows(self) -> tuple[list[Row], list[str]]:
        """Return the rows, those that show nothing counted in one line, and what says so."""
        rows = self.rows()
        if len(statuses(self.results)) > 1:  # Each row then says what its data are.
            return rows, []
        shown = list(in_one_line(rows))
        return shown, [FOLDED] if len(shown) < len(rows) else []

    def row_statuses(self) -> list[str]:
        """Return the status of the data of every row, in the order of `rows`."""
        keys = list(self.labels) if self.across else ["analysis_id", "group1", "group2", *ROW_KEY]
        keys = list(dict.fromkeys([*([self.groups] if self.groups else []), *keys]))
        found = self.results.frame.groupby(keys, sort=False, dropna=False)["data_status"]
        return [" ".join(dict.fromkeys(statuses)) for _, statuses in found]

    def _told_apart(self, rows: list[Row]) -> tuple[list[Column], list[Row]]:
        """Return headers and rows, where the data are of several kinds with each row's own."""
        if len(statuses(self.results)) < 2:
            return self.headers(), rows
        own = [Cell(badge_words(each.split())) for each in self.row_statuses()]
        told = [
            (group, labels, [*cells, cell])
            for (group, labels, cells), cell in zip(rows, own, strict=True)
        ]
        return [*self.headers(), OF_ROW], told

    def _cell(self, column: Column, row: Mapping[Hashable, object]) -> Cell:
        return column.fill(row, self.results if row else None)

    def _numbers(self, rows: Sequence[tuple[str, list[str], list[Cell]]]) -> list[Numbered]:
        """Return the numbers that count records."""
        headers = [column.title for column in self.headers()]
        return [
            Numbered(
                f"r{place + 1}c{number + 1}",
                ": ".join(filter(None, [group, *labels])),
                header,
                cell,
                cell.counted,
            )
            for place, (group, labels, cells) in enumerate(rows)
            for number, (header, cell) in enumerate(zip(headers, cells, strict=True))
            if cell.counted is not None and cell.counted.size
        ]

    def _group(self, row: Mapping[Hashable, object]) -> str:
        return str(row[self.groups]) if self.groups else ""

    def _labels(self, row: Mapping[Hashable, object]) -> list[str]:
        return [str(row[level]) for level in self.labels]

    def notes(self) -> list[str]:
        """Return the footnotes, with where p and interval disagree and the stamp of exploration."""
        return [*self.footnotes, *self._disagreements(), *plan_footnotes(self.results)]

    def _disagreements(self) -> list[str]:
        """Say where a p-value that the table shows and the interval beside it disagree."""
        shown = set[str]().union(*(column.statistics for column in self.headers()))
        if not shown >= BESIDE:
            return []
        return disagreements(self.results, self._named_by(), self.groups)

    def _named_by(self) -> list[str]:
        """Return the columns of the results that name what a row of them is of."""
        return [*self.labels, *([self.across] if self.across else [])]

    def text(self) -> str:
        """Return the table as fixed-width text."""
        status = badge_words(statuses(self.results))
        heading = f"{self.title} [{status}]" if status else self.title
        given, counted = self._shown_rows()
        headers, rows = self._told_apart(given)
        if not rows:
            return f"{heading}\n{self.empty}"
        body = []
        for index, (group, labels, cells) in enumerate(rows):
            if group and (index == 0 or rows[index - 1][0] != group):
                body.append([f"[{group}]", *[""] * (len(labels) + len(cells) - 1)])
            body.append([*labels, *cells])
        aligned = ["left"] * len(self.labels)
        aligned += ["right" if column.kind == "number" else "left" for column in headers]
        grid = tabulate(
            body,
            headers=[*self.labels.values(), *(column.title for column in headers)],
            tablefmt="simple",
            disable_numparse=True,
            colalign=aligned,
            maxcolwidths=TEXT_WIDTH,
        )
        return "\n".join([heading, grid, *(f"  {note}" for note in [*self.notes(), *counted])])

    def html(self) -> str:
        """Return the table as HTML: caption, header scopes, footnotes, data-status badge."""
        given, counted = self._shown_rows()
        numbers = self._numbers(given)
        headers, given = self._told_apart(given)
        caveats = [n for n, each in enumerate(headers) if set() < each.statistics <= STATISTICS]
        rows, once = said_once(given, caveats)
        return table_html(
            self.title,
            rows,
            labels=list(self.labels.values()),
            columns=headers,
            statuses=statuses(self.results),
            # Said of each row where the table's badges do not say it of all.
            row_statuses=self.row_statuses() if len(statuses(self.results)) > 1 else [],
            population=populations(self.results),
            notes=[*self.notes(), *counted, *once],
            empty=self.empty,
            folded=self.folded and bool(len(self.results)),
            foldable=self.foldable,
            records=hand_over(self.title, self.results, numbers),
            opens={each.at for each in numbers},
        )
