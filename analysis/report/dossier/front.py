"""What the documents of a run say beside its tables: on the first page and at the head of all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from analysis.display.html import badge_words
from analysis.report.dossier.rows import Paragraph
from analysis.report.dossier.sheets import Sheet


@dataclass(frozen=True, slots=True)
class Front:
    """The words of a document.

    Parameters
    ----------
    run, title
        Name of the run, and the title of its page.
    statuses
        The statuses of all its data.
    """

    run: str
    title: str
    statuses: Sequence[str]

    @property
    def mark(self) -> str:
        """What a reader is told of the data of the run."""
        return badge_words(self.statuses)

    def mark_of(self, sheet: Sheet) -> str:
        """Return what stands at the head of a sheet's pages: of a table without data, the run's."""
        return badge_words(sheet.table.statuses) or self.mark

    def header(self, mark: str) -> list[Paragraph]:
        """Return the head of a page."""
        said = f"{self.title} · run {self.run}"
        return [Paragraph("Page header", said), Paragraph("Page mark", mark)]

    def opening(self, sheets: Iterable[Sheet]) -> list[Paragraph]:
        """Return what the first page says before the list of tables."""
        tables = len({id(sheet.table) for sheet in sheets})
        said = (
            f"{'The table' if tables == 1 else f'The {tables} tables'} of the run {self.run}, "
            "with the cells of its page. Research use only; not clinical advice."
        )
        return [
            Paragraph("Document title", self.title),
            Paragraph("Document mark", self.mark),
            Paragraph("Document text", said),
        ]


def links(sheets: Sequence[Sheet]) -> list[tuple[str, Paragraph]]:
    """Return the list of tables: the bookmark of each, and its title."""
    first = {id(sheet.table): number for number, sheet in reversed([*enumerate(sheets)])}
    return [
        (bookmark(number), Paragraph("Table link", sheets[number].table.title))
        for number in sorted(first.values())
    ]


def bookmark(number: int) -> str:
    """Return the name of the place of a sheet in its document."""
    return f"table{number + 1}"
