"""The page that a notebook builds: it shows things of the run, and keeps their results."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any, Generic, TypeVar

from analysis.display.figures import Figure
from analysis.display.finished import Finished
from analysis.display.html import render, stylesheet
from analysis.display.progress import progress
from analysis.display.reading import Absent, Reading
from analysis.display.shown import Displayed, Shown
from analysis.display.undrawn import why_not
from analysis.errors import UserError, warnings_are_errors
from analysis.parameters import NotebookParameters, as_words
from analysis.results import KEY, DeclaredRun, Results, Section, combine, is_absent, reason_of

RESULTS_FILE = "ANALYSIS_RESULTS"
"""Environment variable by which a run of the report says where its results go."""
FIGURES_FOLDER = "ANALYSIS_FIGURES"
"""Environment variable by which a run of the report asks for its figures as files."""

AnyShown = TypeVar("AnyShown", bound=Shown)
AnyRun = TypeVar("AnyRun", bound=DeclaredRun)
AnyParameters = TypeVar("AnyParameters", bound=NotebookParameters)


class Page(Displayed, Generic[AnyParameters, AnyRun]):
    """What a notebook shows, and the results behind it.

    Parameters
    ----------
    namespace
        ``globals()`` of the notebook. Its parameters are read and checked whenever something is
        shown, so that after another value of one any cell can be run again.
    parameters
        The class of the notebook's parameters.
    resolve
        Makes the run from the parameters. Without it the page has no run of its own, and what
        it shows names one: ``page.show(section, run)``.
    """

    def __init__(
        self,
        namespace: dict[str, Any],
        parameters: type[AnyParameters],
        resolve: Callable[[AnyParameters], AnyRun] | None = None,
    ) -> None:
        self._namespace, self._kind, self._resolve = namespace, parameters, resolve
        self._opened = self._made_with = self.parameters
        self._run: AnyRun | None = None
        self._former: list[AnyRun] = []
        self._shown: dict[str, Shown] = {}
        self._outdated: set[str] = set()

    @property
    def parameters(self) -> AnyParameters:
        """The parameters as they stand in the notebook now, checked."""
        return self._kind.from_notebook(self._namespace)

    @property
    def run(self) -> AnyRun:
        """The run of the parameters as they are now; made anew when one of them has changed.

        Raises
        ------
        ParameterError
            If a parameter is wrong; nothing is shown with the one before.
        UserError
            If the parameters cannot be analysed.
        """
        parameters = self.parameters
        if self._run and parameters == self._made_with and self._run.is_current:
            return self._run
        if self._resolve is None:
            raise UserError("this page has no run of its own; name one: page.show(section, run)")
        self._leave()
        with warnings_are_errors(), progress("reading the data"):
            self._run, self._made_with = self._resolve(parameters), parameters
        return self._run

    def _leave(self) -> None:
        """Let go of the run before, and of the results of what was shown of it."""
        if self._run:
            self._former.append(self._run)
            self._outdated |= set(self._shown)
        self._run = None
        self._shown.clear()

    def show(self, what: Section[Any] | Shown, run: DeclaredRun | None = None) -> Shown:
        """Show a section of the run, or one thing, and keep its results.

        Running a cell again replaces what it showed before; after a change of a parameter it
        shows what holds now, and says which parameters differ from those above.

        Parameters
        ----------
        what
            A section, whose views are shown under one another; or what is shown itself.
        run
            What the section is a section of, where that is not ``page.run``.

        Returns
        -------
        Shown
            What JupyterLab displays: the last view; those before it are displayed already. A
            section that could not be analysed says why.
        """
        # A notebook has it loaded; the command line never needs it.
        from IPython.display import display

        self._refuse_former(run)
        if not isinstance(what, Section):
            return self._keep(what)
        run = run or self.run
        with warnings_are_errors(), progress(f"computing {what.words}"):
            *before, last = [self._keep(each) for each in views_of(what, run, apart=True)]
        if changed := self._changed():
            display(Reading([changed]))
        # Each view is an output of its own, so that the report finds every table and figure.
        for each in before:
            display(each)
        return last

    def _refuse_former(self, run: DeclaredRun | None) -> None:
        """Refuse a run, or a part of one, that was made before a parameter changed."""
        if self._resolve:
            _ = self.run
        if any(run is each for former in self._former for each in _with_parts(former)):
            raise UserError(
                "this run was made with other parameters than the notebook has now; take page.run"
            )

    def _changed(self) -> str:
        """Return in words what differs from the parameters that the setup cell shows."""
        now, then = self._made_with, self._opened
        differ = [
            f"{name} = {as_words(getattr(now, name))} (above: {as_words(getattr(then, name))})"
            for name in self._kind.model_fields
            if getattr(now, name) != getattr(then, name)
        ]
        return f"With {', '.join(differ)}." if differ else ""

    def _keep(self, shown: AnyShown) -> AnyShown:
        if isinstance(shown, Figure):
            # Its files are numbered in the order of the page; a cell run again keeps its number.
            others = [n for n, s in self._shown.items() if isinstance(s, Figure)]
            place = others.index(shown.name) if shown.name in others else len(others)
            shown = replace(shown, number=place + 1)
        self._shown[shown.name] = shown
        self._outdated.discard(shown.name)
        return shown

    @property
    def results(self) -> Results:
        """All results shown so far with the parameters as they are, in order, each once."""
        frame = combine(shown.results for shown in self._shown.values()).frame
        return Results(frame[~frame.duplicated(KEY)].reset_index(drop=True))

    def finish(self) -> Finished:
        """Hand over the results: in the output of this cell, and where the report asks for them."""
        if self._resolve:
            _ = self.run
        results = self.results
        if target := os.environ.get(RESULTS_FILE):
            results.to_csv(Path(target))
        if folder := os.environ.get(FIGURES_FOLDER):
            self._draw_files(Path(folder))
        return Finished(results, outdated=len(self._outdated))

    def _draw_files(self, folder: Path) -> None:
        for figure in self._shown.values():
            with suppress(Exception):  # Its place on the page says why it is not drawn.
                if isinstance(figure, Figure):
                    for name, drawn in figure.files().items():
                        (folder / name).write_bytes(drawn)

    def text(self) -> str:
        """Return the parameters as text."""
        return str(self._opened)

    def html(self) -> str:
        """Return the stylesheet, for JupyterLab, and the parameters."""
        return render(
            "page",
            style=stylesheet(),
            parameters=[(*row, row[1] != row[2]) for row in self._opened.described()],
        )


def _with_parts(run: DeclaredRun) -> Iterator[DeclaredRun]:
    """Return a run, and the runs that it holds."""
    yield run
    for part in fields(run) if is_dataclass(run) else ():
        held = getattr(run, part.name)
        if isinstance(held, DeclaredRun):
            yield held


def views_of(section: Section[AnyRun], run: AnyRun, *, apart: bool = False) -> list[Any]:
    """Return what shows a section of a run; its reason where it could not be analysed.

    With `apart`, as on a page, a view that cannot be made costs itself only: a sentence stands in
    its place.
    """
    results = section.rows(run)
    reason = reason_of(results)
    if not reason:
        shown = [
            _apart(view, results, run) if apart else view(results, run) for view in section.views
        ]
        # A view may be several things of one kind: a table a severity, a figure an arm.
        return [each for one in shown for each in (one if isinstance(one, list) else [one])]
    if is_absent(results):
        return [Absent(reason)]
    name = results.frame["group1_level"].iloc[0]
    return [Reading([f"Not estimable ({name}): {reason}."], results)]


def _apart(view: Callable[[Results, Any], Any], results: Results, run: Any) -> Any:
    try:
        return view(results, run)
    except Exception as error:
        name = str(getattr(view, "__name__", "view")).replace("_", " ")
        return why_not(name.capitalize(), error, results=results)
