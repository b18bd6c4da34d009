"""Where each source can be read: all that the project lists, by the id that pages show."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from analysis import paths
from analysis.brief import brief
from analysis.words import with_units

LISTS = ("published/sources.csv", "validation/sources.csv")
"""The files below ``data`` that list sources under ``source_id``."""

IDENTIFIERS = (
    (r"https?://[^\s<>\"]*[^\s<>\".,;:)\]]", "{0}"),
    (r"(?:\bdoi:? ?)?\b(10\.\d{4,9}/[^\s<>\",;]*[^\s<>\",;.:)\]])", "https://doi.org/{1}"),
    (r"\bPMID[ :-]{0,2}(\d{4,9})\b", "https://pubmed.ncbi.nlm.nih.gov/{1}/"),
    (r"\bPMC(\d{4,9})\b", "https://pmc.ncbi.nlm.nih.gov/articles/PMC{1}/"),
    (r"\bNCT(\d{8})\b", "https://clinicaltrials.gov/study/NCT{1}"),
    (
        r"\b(20\d{2}-\d{6}-\d{2})\b",
        "https://www.clinicaltrialsregister.eu/ctr-search/search?query=eudract_number:{1}",
    ),
)
"""How what the world numbers is written, and the address that follows from the number."""


@brief
@dataclass(frozen=True, slots=True)
class Document:
    """One source of the project.

    Parameters
    ----------
    source_id
        As pages and results name it.
    title, kind, note
        What it is; kind and note may be "".
    address
        Where it was read; a web address, or words where none was kept.
    """

    source_id: str
    title: str
    address: str
    kind: str = ""
    note: str = ""

    @property
    def link(self) -> str:
        """The address that its id gives, else that where it was read; "" where it has none.

        Examples
        --------
        >>> Document("PMID-17627092", "A trial", "https://copy.example/17627092").link
        'https://pubmed.ncbi.nlm.nih.gov/17627092/'
        >>> Document("KMID-06", "An abstract", "KMID 06 (no web address)").link
        ''
        """
        by_id = address_of(self.source_id)
        return by_id or (self.address if self.address.startswith(("https://", "http://")) else "")


def documents(data: Path | None = None) -> dict[str, Document]:
    """Return every source that the project lists, by id.

    Parameters
    ----------
    data
        The folder ``data``; the project's where it is left out. A list that is not there is none.
    """
    files = (file for file in source_lists(data) if file.is_file())
    return {each.source_id: each for file in files for each in _listed(file)}


def source_lists(data: Path | None = None) -> list[Path]:
    """Return the files that list sources."""
    return [(data or paths.DATA) / name for name in LISTS]


def _listed(file: Path) -> Iterator[Document]:
    with file.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            told = {name: row[name] for name in Document.__slots__ if name in row}
            yield Document(**told | {"title": with_units(row["title"])})


def address_of(text: str) -> str:
    """Return the web address of a text that is one identifier; "" where it is none.

    Examples
    --------
    >>> address_of("NCT02339090"), address_of("doi 10.1159/000105494")
    ('https://clinicaltrials.gov/study/NCT02339090', 'https://doi.org/10.1159/000105494')
    >>> address_of("Horm Res 2007")
    ''
    """
    for pattern, address in IDENTIFIERS:
        if found := re.fullmatch(pattern, text):
            return address.format(found[0], *found.groups())
    return ""
