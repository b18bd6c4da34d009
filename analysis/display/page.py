"""The page that a notebook builds: it shows things and keeps their results."""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import TypeVar

from analysis.display.figures import Figure, file_stem
from analysis.display.html import render, stylesheet
from analysis.display.shown import Displayed, Shown, statuses
from analysis.parameters import NotebookParameters
from analysis.results import ROW_KEY, Results, combine

RESULTS_FILE = "ANALYSIS_RESULTS"
"""Environment variable by which a run of the report says where its results go."""
FIGURES_FOLDER = "ANALYSIS_FIGURES"
"""Environment variable by which a run of the report asks for its figures as SVG files."""

AnyShown = TypeVar("AnyShown", bound=Shown)


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

    def show(self, shown: AnyShown) -> AnyShown:
        """Keep the results of something and hand it back to be displayed.

        Running a cell again replaces what it showed before.
        """
        self._results[shown.name] = shown.results
        if isinstance(shown, Figure):
            self._figures[shown.name] = shown
        return shown

    @property
    def results(self) -> Results:
        """All results shown so far, in order, each once."""
        frame = combine(self._results.values()).frame
        again = frame.duplicated(["analysis_id", *ROW_KEY, "stat_name"])
        return Results(frame[~again].reset_index(drop=True))

    def finish(self) -> Finished:
        """Write results and figures where the report asks for them, and say how many there are."""
        if target := os.environ.get(RESULTS_FILE):
            self.results.to_csv(Path(target))
        if folder := os.environ.get(FIGURES_FOLDER):
            for number, figure in enumerate(self._figures.values(), start=1):
                stem = file_stem(number, figure.title)
                (Path(folder) / f"{stem}.svg").write_bytes(figure.svg())
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
