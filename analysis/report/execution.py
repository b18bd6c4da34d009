"""What the execution of a notebook leaves, from which its page can be rendered at any time.

All of it stays in the folder of the run: a page whose stylesheet or template changed is made anew
from there, and nothing is computed again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from analysis.display.pictures import NARROW_FILE
from analysis.display.records import PAGES
from analysis.report.execute import FIGURES, READ
from analysis.report.fingerprint import recorded
from analysis.report.normalise import normal_form
from analysis.report.page_outputs import with_present_style
from analysis.report.place import NOTEBOOK, RESULTS
from analysis.report.records import handed_over
from analysis.report.summary import read_summary

DRAWN_APART = (".svg", NARROW_FILE)
"""Ends of the files of a figure whose drawing does not stand in the notebook."""


@dataclass(frozen=True, slots=True)
class Execution:
    """What an execution left.

    Attributes
    ----------
    notebook
        The executed notebook.
    results
        Its ``results.csv``; nothing where it has none.
    figures
        Name → drawing, of those that the notebook does not hold.
    records
        Name of a table → what it handed over of the records behind it, as JSON.
    read
        File that the kernel read → hash.
    """

    notebook: bytes
    results: bytes
    figures: Mapping[str, bytes]
    records: Mapping[str, bytes]
    read: Mapping[str, str]

    @classmethod
    def of_kernel(cls, folder: Path) -> "Execution":
        """Return what a kernel wrote into its folder."""
        results = folder / RESULTS
        return cls(
            (folder / NOTEBOOK).read_bytes(),
            results.read_bytes() if results.is_file() else b"",
            _files(folder / FIGURES, DRAWN_APART),
            {Path(name).stem: held for name, held in _files(folder / PAGES, ".json").items()},
            recorded(folder / READ),
        )

    @classmethod
    def of_page(cls, folder: Path) -> "Execution":
        """Return what the folder of a run in a report, which is whole, holds of its execution."""
        pages = _files(folder / PAGES, ".html")
        return cls(
            _restyled((folder / NOTEBOOK).read_bytes()),
            (folder / RESULTS).read_bytes(),
            _files(folder / FIGURES, DRAWN_APART),
            {Path(name).stem: handed_over(page) for name, page in pages.items()},
            read_summary(folder)["inputs"]["data"],
        )


def _files(folder: Path, ending: str | tuple[str, ...]) -> dict[str, bytes]:
    if not folder.is_dir():
        return {}
    found = sorted(path for path in folder.iterdir() if path.name.endswith(ending))
    return {path.name: path.read_bytes() for path in found}


def _restyled(notebook: bytes) -> bytes:
    """Return an executed notebook with the stylesheet as it is now, as an execution would."""
    import nbformat

    restyled = with_present_style(nbformat.reads(notebook.decode(), as_version=4))
    return normal_form(nbformat.writes(restyled).encode())
