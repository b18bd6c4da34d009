"""The page that a notebook builds: it shows things of the run, and keeps their results."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any, Generic, TypeVar, cast
from weakref import WeakSet

from analysis.declared import declared_parameters
from analysis.display.again import shown_again
from analysis.display.figures import Figure
from analysis.display.finished import RESULTS_FILE, Finished
from analysis.display.frame_table import FrameTable
from analysis.display.html import render, stylesheet
from analysis.display.own import OwnAnalyses
from analysis.display.own_figure import OwnFigure
from analysis.display.progress import progress
from analysis.display.reading import Absent, Reading
from analysis.display.shown import Displayed, Shown
from analysis.display.undrawn import why_not
from analysis.errors import UserError, warnings_are_errors
from analysis.parameters import CHECKED, NotebookParameters, as_words
from analysis.results import KEY, DeclaredRun, Results, Section, combine, is_absent, reason_of
from analysis.results.run import RUN_PARAMETERS

ONE_RESULT = [*KEY, "stat", "stat_fmt", "source"]
"""What is the same where two things on a page show one result."""

AnyShown = TypeVar("AnyShown", bound=Shown)
AnyRun = TypeVar("AnyRun", bound=DeclaredRun)
AnyParameters = TypeVar("AnyParameters", bound=NotebookParameters)


class Page(Displayed, OwnAnalyses, Generic[AnyParameters, AnyRun]):
    """What a notebook shows, and the results behind it.

    ``page.show(section)`` shows what the project analyses, ``page.table(frame, title)`` and
    ``page.figure(draw, title, …)`` what is an analyst's own.

    Parameters
    ----------
    namespace
        ``globals()`` of the notebook. Its parameters are read and checked whenever something is
        shown, so that after another value of one any cell can be run again.
    parameters
        The class of the notebook's parameters. Without it they are those that the parameters
        cell declares, such as ``cutoff: float = 2.0  # what it is``; where it declares ``trial``,
        and perhaps ``population`` and ``conf_level``, the page has the run of that trial.
    resolve
        Makes the run from the parameters. Without it the page has no run of its own, and what
        it shows names one: ``page.show(section, run)``.
    """

    def __init__(
        self,
        namespace: dict[str, Any],
        parameters: type[AnyParameters] | None = None,
        resolve: Callable[[AnyParameters], AnyRun] | None = None,
    ) -> None:
        self._namespace, self._resolve = namespace, resolve
        self._kind = parameters or cast("type[AnyParameters]", declared_parameters(namespace))
        self._of_run = set(self._kind.model_fields)
        if parameters is None:
            # What papermill gave is checked; other variables are the notebook's own.
            namespace[CHECKED] = True
            self._of_run &= RUN_PARAMETERS
            if getattr(self.parameters, "trial", ""):
                # Not before it is needed: reading trials takes a second to import.
                from analysis.results.trial_run import trial_run

                self._resolve = resolve or cast("Callable[[AnyParameters], AnyRun]", trial_run)
        self._opened = self._made_with = self.parameters
        self._run: AnyRun | None = None
        self._former: WeakSet[DeclaredRun] = WeakSet()
        self._shown: dict[str, Shown] = {}
        self._outdated: set[str] = set()
        self._own_before: list[Results] = []
        self._made_in: dict[str, tuple[str, int]] = {}

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
            raise UserError(
                "this page has no run of its own; name one: page.show(section, run), or declare a "
                "trial in the parameters cell"
            )
        self._leave()
        with warnings_are_errors(), progress("reading the data"):
            self._run, self._made_with = self._resolve(parameters), parameters
        return self._run

    def _settled(self) -> AnyRun | None:
        """Take in the parameters as they are now; return the run, where the page has one."""
        if self._resolve:
            return self.run
        if self.parameters != self._made_with:
            self._leave()
            self._made_with = self.parameters
        return None

    def _leave(self) -> None:
        """Let go of the run before, and of the results of what was shown of it."""
        if self._run:
            self._former.update(_with_parts(self._run))
        self._outdated |= set(self._shown)
        own = (each.results for each in self._shown.values() if _is_own(each))
        self._own_before += [results for results in own if len(results)]
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
        current = self._settled()
        if run in self._former:
            raise UserError(
                "this run was made with other parameters than the notebook has now; take page.run"
            )
        if not isinstance(what, Section):
            self._refuse_own_before(what.results)
            return self._keep(what)
        run = run or current or self.run
        try:
            with warnings_are_errors(), progress(f"computing {what.words}"):
                *before, last = [self._keep(each) for each in self._views(what, run)]
        except AttributeError as error:
            # The section asks the run for what only another kind has.
            if isinstance(error.obj, type(run)):
                what.refuse(run)
            raise
        self._display(*before)
        return last

    def _views(self, what: Section[Any], run: DeclaredRun) -> list[Any]:
        """Return the views of a section; in a run of a grid, perhaps as another has shown them."""

        def make(run: DeclaredRun) -> list[Any]:
            return views_of(what, run, apart=True)

        own = run is self._run
        return shown_again(what, run, len(self._figures()) + 1, make) if own else make(run)

    def _figures(self) -> list[str]:
        """Return the keys of the figures of the page, in their order."""
        return [key for key, each in self._shown.items() if getattr(each, "number", 0)]

    def _display(self, *before: Shown) -> None:
        """Show what differs from the setup cell, and the views before a last one."""
        # A notebook has it loaded; the command line never needs it.
        from IPython.display import display

        if changed := self._changed():
            display(Reading([changed]))
        # Each view is an output of its own, so that the report finds every table and figure.
        for each in before:
            display(each)

    def _changed(self) -> str:
        """Return in words what differs from the parameters that the setup cell shows."""
        now, then = self._made_with, self._opened
        differ = [
            f"{name} = {as_words(getattr(now, name))} (above: {as_words(getattr(then, name))})"
            for name in self._kind.model_fields
            if getattr(now, name) != getattr(then, name)
        ]
        return f"With {', '.join(differ)}." if differ else ""

    def _run_of_own(self) -> AnyRun | None:
        """Return the run, if any, of what an analyst made; refuse what was made before it."""
        now = self.parameters
        moved = [
            name
            for name in self._kind.model_fields
            if name in self._of_run and getattr(now, name) != getattr(self._made_with, name)
        ]
        if self._run and not self._run.is_current:
            moved.append("a file of the trial")
        if self._run and moved:
            raise UserError(
                f"{' and '.join(moved)} changed after its data were made; run the cells that take "
                "them from page.run again, then this one"
            )
        return self._settled()

    def _refuse_own_before(self, results: Results) -> None:
        """Refuse an analyst's own table, and what is said of it, that a parameter outdated."""
        if any(results is each for each in self._own_before):
            raise UserError(
                "this was made before its data or the parameters changed; run the cell that makes "
                "it again"
            )

    def _keep_own(self, shown: AnyShown, analysis_id: str) -> AnyShown:
        """Keep what is an analyst's own; refuse two of one title, which would hide each other."""
        cell, key = len(self._namespace.get("In", ())), _key(shown)
        title, cell_before = self._made_in.get(analysis_id, (shown.name, -1))
        # A cell that is run again replaces what it showed; in a report each runs once.
        again = cell == cell_before > 0 or (cell_before >= 0 and RESULTS_FILE in os.environ)
        if title != shown.name or (again and key in self._shown):
            raise UserError(f"'{title}' is on this page already; give this one a title of its own")
        self._made_in[analysis_id] = shown.name, cell
        self._outdate_what_rests_on(key, shown.results)
        self._display()
        return self._keep(shown)

    def _outdate_what_rests_on(self, key: str, new: Results) -> None:
        """Let go of figures and sentences of a table that is made anew with other numbers."""
        former = self._shown.get(key)
        if former is None or former.results.frame.equals(new.frame):
            return
        self._own_before.append(former.results)
        rest = [k for k, each in self._shown.items() if each.results is former.results]
        for other in (each for each in rest if each != key):
            del self._shown[other]
            self._outdated.add(other)

    def _keep(self, shown: AnyShown) -> AnyShown:
        key = _key(shown)
        if isinstance(shown, Figure):
            # Its files are numbered in the order of the page; a cell run again keeps its number.
            others = self._figures()
            place = others.index(key) if key in others else len(others)
            shown = replace(shown, number=place + 1)
        self._shown[key] = shown
        self._outdated.discard(key)
        return shown

    @property
    def results(self) -> Results:
        """All results shown so far with the parameters as they are, in order, each once.

        Raises
        ------
        UserError
            If two results of one name differ, as they would for one section of two trials.
        """
        frame = combine(shown.results for shown in self._shown.values()).frame
        once = frame[~frame.duplicated(ONE_RESULT)]
        if (again := once.duplicated(KEY)).any():
            raise UserError(
                "two results on this page have one name and differ: "
                f"{once.loc[again, KEY].iloc[0].to_dict()}; show one of them, or give the table "
                "of your own another title"
            )
        return Results(once.reset_index(drop=True))

    def finish(self) -> Finished:
        """Hand over the results: in the output of this cell, and where the report asks for them."""
        self._settled()
        finished = Finished(self.results, outdated=len(self._outdated))
        if target := os.environ.get(RESULTS_FILE):
            Path(target).write_bytes(finished.csv)
        return finished

    def text(self) -> str:
        """Return the parameters as text."""
        return str(self._opened) or "No parameters."

    def html(self) -> str:
        """Return the stylesheet, for JupyterLab, and the parameters."""
        return render(
            "page",
            style=stylesheet(),
            parameters=[(*row, row[1] != row[2]) for row in self._opened.described()],
        )


def _key(shown: Shown) -> str:
    """Return what tells a thing from others of its page; an analyst's titles are free."""
    return f"{type(shown).__name__}: {shown.name}" if _is_own(shown) else shown.name


def _is_own(shown: Shown) -> bool:
    return isinstance(shown, FrameTable | OwnFigure)


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
