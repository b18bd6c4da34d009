"""The page that a notebook builds: it shows things and keeps their results."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from analysis.display.figures import Figure, file_stem
from analysis.display.html import render, stylesheet
from analysis.display.reading import Absent, Reading
from analysis.display.shown import Displayed, Shown, statuses
from analysis.display.undrawn import why_not
from analysis.errors import UserError
from analysis.parameters import NotebookParameters
from analysis.results import KEY, DeclaredRun, Results, Section, combine, is_absent, reason_of

RESULTS_FILE = "ANALYSIS_RESULTS"
"""Environment variable by which a run of the report says where its results go."""
FIGURES_FOLDER = "ANALYSIS_FIGURES"
"""Environment variable by which a run of the report asks for its figures as SVG files."""

AnyShown = TypeVar("AnyShown", bound=Shown)
AnyRun = TypeVar("AnyRun", bound=DeclaredRun)


class Page(Displayed):
    """What a notebook shows, and the results behind it.

    Parameters
    ----------
    parameters
        The validated parameters of the notebook; showing the page shows them.
    """

    def __init__(self, parameters: NotebookParameters) -> None:
        self.parameters = parameters
        self._results: dict[str, Results] = {}
        self._figures: dict[str, Figure] = {}
        # A warning in a notebook is a number nobody checked, so it stops the run. Named
        # categories only: a blanket filter trips over ipykernel's own shutdown warning.
        for category in (RuntimeWarning, UserWarning, FutureWarning):
            warnings.simplefilter("error", category)

    def show(self, what: Section[AnyRun] | Shown, run: AnyRun | None = None) -> Shown:
        """Show a section of a run, or one thing, and keep its results.

        Running a cell again replaces what it showed before.

        Parameters
        ----------
        what
            A section, whose views are shown under one another; or what is shown itself.
        run
            What the section is a section of.

        Returns
        -------
        Shown
            What JupyterLab displays: the last view; those before it are displayed already. A
            section that could not be analysed says why.
        """
        if not isinstance(what, Section):
            return self._keep(what)
        if run is None:
            raise UserError("show a section of a run: page.show(section, run)")
        # A notebook has it loaded; the command line never needs it.
        from IPython.display import display

        *before, last = [self._keep(each) for each in views_of(what, run, apart=True)]
        # Each view is an output of its own, so that the report finds every table and figure.
        for each in before:
            display(each)
        return last

    def _keep(self, shown: AnyShown) -> AnyShown:
        self._results[shown.name] = shown.results
        if isinstance(shown, Figure):
            self._figures[shown.name] = shown
        return shown

    @property
    def results(self) -> Results:
        """All results shown so far, in order, each once."""
        frame = combine(self._results.values()).frame
        return Results(frame[~frame.duplicated(KEY)].reset_index(drop=True))

    def finish(self) -> Finished:
        """Write results and figures where the report asks for them, and say how many there are."""
        if target := os.environ.get(RESULTS_FILE):
            self.results.to_csv(Path(target))
        if folder := os.environ.get(FIGURES_FOLDER):
            for number, figure in enumerate(self._figures.values(), start=1):
                with suppress(Exception):  # Its place on the page says why it is not drawn.
                    drawn = figure.svg()
                    (Path(folder) / f"{file_stem(number, figure.title)}.svg").write_bytes(drawn)
        return Finished(self.results)

    def text(self) -> str:
        """Return the parameters as text."""
        return str(self.parameters)

    def html(self) -> str:
        """Return the stylesheet, for JupyterLab, and the parameters."""
        return render(
            "page",
            style=stylesheet(),
            parameters=[(*row, row[1] != row[2]) for row in self.parameters.described()],
        )


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


class Finished(Displayed):
    """The end of a page: what `Page.results` holds."""

    def __init__(self, results: Results) -> None:
        self.results = results

    def text(self) -> str:
        """Return how many numbers and words the page rests on."""
        frame = self.results.frame
        numbers = int(frame["stat"].notna().sum())
        status = " and ".join(statuses(self.results)) or "no"
        return (
            f"{numbers} numbers and {len(frame) - numbers} texts in results.csv, "
            f"from {status} data."
        )

    def html(self) -> str:
        """Return the same sentence."""
        return render("reading", heading="", sentences=[self.text()], statuses=[])
