"""What a section showed, shown again of another run of which it reads the same."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from analysis.brief import brief
from analysis.display.figures import Figure
from analysis.display.finished import FIGURES_FOLDER
from analysis.display.records import RECORDS_FOLDER
from analysis.results import DeclaredRun, Results, Section
from analysis.results.shared import shared
from analysis.shared_folder import shared_place

BESIDE = FIGURES_FOLDER, RECORDS_FOLDER
"""Environment variables of the folders into which a view writes files."""

Output = tuple[dict[str, Any], dict[str, Any]]
"""Data and metadata of an output of a notebook."""


@brief(show=("name", "number"))
@dataclass(frozen=True, slots=True)
class Again:
    """A view as it was shown.

    Attributes
    ----------
    name, results
        As of the view.
    number
        Its place among the figures of its page; 0 for what is no figure.
    outputs
        What it showed.
    """

    name: str
    results: Results
    number: int
    outputs: tuple[Output, ...]

    def text(self) -> str:
        """Return the text form."""
        return str(self.outputs[0][0].get("text/plain", ""))

    def html(self) -> str:
        """Return the HTML form."""
        return str(self.outputs[0][0].get("text/html", ""))

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        return self.outputs[0][0]


class DrawnAgain(Again):
    """A view that shows several outputs, as a figure does."""

    __slots__ = ()

    def _ipython_display_(self) -> None:
        from IPython.display import display

        for data, metadata in self.outputs:
            display(data, metadata=metadata, raw=True)


def shown_again(
    section: Section[Any], run: DeclaredRun, first: int, make: Callable[[DeclaredRun], list[Any]]
) -> list[Any]:
    """Return the views of a section, as they were shown before where nothing of them differs.

    Parameters
    ----------
    section, run
        The section of the run.
    first
        The number of its first figure on the page.
    make
        Makes the views of a run.

    Returns
    -------
    list
        The views themselves where no other run can show them: nobody asks, or the section is not
        the project's and may rest on more than the run.
    """
    name = f"{section.__module__} {section.words} {first}"
    if shared_place(name) is None or not _is_own(section):
        return make(run)

    def show(run: DeclaredRun) -> tuple[list[Again], Mapping[str, Mapping[str, bytes]]]:
        with _own_folders() as files:
            return [_as_shown(view) for view in _numbered(make(run), first)], files()

    views, files = shared(name, run, show)
    for variable, contents in files.items():
        for file, content in contents.items():
            (Path(os.environ[variable]) / file).write_bytes(content)
    return views


def _is_own(section: Section[Any]) -> bool:
    """Say whether a section and all its views are the project's: functions of a run alone."""
    modules = {section.__module__, *(getattr(view, "__module__", "") for view in section.views)}
    return all(name.startswith(f"{__name__.partition('.')[0]}.") for name in modules)


@contextmanager
def _own_folders() -> Iterator[Callable[[], dict[str, dict[str, bytes]]]]:
    """Let views write into folders of their own; give what returns the files in these."""
    asked = {name: os.environ[name] for name in BESIDE if os.environ.get(name)}
    with tempfile.TemporaryDirectory() as folder:
        own = {name: Path(folder) / name for name in asked}
        for name, path in own.items():
            path.mkdir()
            os.environ[name] = str(path)
        try:
            yield lambda: {
                name: {file.name: file.read_bytes() for file in sorted(path.iterdir())}
                for name, path in own.items()
            }
        finally:
            os.environ |= asked


def _numbered(views: Iterable[Any], first: int) -> Iterator[Any]:
    """Yield views, the figures among them with the numbers that they have on their page."""
    for view in views:
        if isinstance(view, Figure):
            view = replace(view, number=first)
            first += 1
        yield view


def _as_shown(view: Any) -> Again:
    """Return a view with what it displays."""
    from IPython.utils.capture import capture_output

    number = view.number if isinstance(view, Figure) else 0
    results = Results(view.results.frame)
    if not hasattr(view, "_ipython_display_"):
        return Again(view.name, results, number, ((view._repr_mimebundle_(), {}),))
    with capture_output(stdout=False, stderr=False) as shown:
        view._ipython_display_()
    outputs = tuple((each.data, each.metadata or {}) for each in shown.outputs)
    return DrawnAgain(view.name, results, number, outputs)
