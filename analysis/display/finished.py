"""The end of a page: how many results it rests on, and the results themselves."""

from __future__ import annotations

import base64
import gzip
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from analysis.brief import brief
from analysis.display.html import render
from analysis.display.shown import Displayed, statuses
from analysis.results import STATISTICS, Results
from analysis.words import begins_sentence, numbered

RESULTS_FILE = "ANALYSIS_RESULTS"
"""Environment variable by which a run of the report says where its results go."""
FIGURES_FOLDER = "ANALYSIS_FIGURES"
"""Environment variable by which a run of the report asks for its figures as files."""
RESULTS_TYPE = "application/gzip"
"""MIME type under which ``results.csv`` travels in the output of a notebook's last cell."""


@brief
@dataclass(frozen=True)
class Finished(Displayed):
    """The end of a page.

    Parameters
    ----------
    results
        What the page rests on.
    outdated
        How many things above were shown with other parameters, and not again since.
    """

    results: Results
    outdated: int = 0

    @cached_property
    def csv(self) -> bytes:
        """The bytes of ``results.csv``."""
        return self.results.csv().encode()

    def sentences(self) -> list[str]:
        """Return how many numbers and words the page rests on, and where they are."""
        frame = self.results.frame
        numbers, withheld = int(frame["stat"].notna().sum()), _withheld(frame)
        texts = len(frame) - numbers - withheld
        status = " and ".join(statuses(self.results)) or "no"
        said = [
            f"{numbered(numbers, 'number')} and {numbered(texts, 'text')} from {status} data, with "
            "all their digits, population, method and source, are the results of this page: they "
            "travel in this output of the notebook (read them with python -m analysis results "
            "NOTEBOOK), and stand beside a page of the report as results.csv."
        ]
        if withheld:
            said.append(
                f"{begins_sentence(numbered(withheld, 'number'))} of few participants, or from "
                "which one could be computed, are withheld, as trial.yml asks (disclosure)."
            )
        if self.outdated:
            what = "1 table or figure" if self.outdated == 1 else f"{self.outdated} of the above"
            said.append(
                f"Without {what}, shown with other parameters: run the cells again to have them."
            )
        return said

    def text(self) -> str:
        """Return the sentences, one a line."""
        return "\n".join(self.sentences())

    def html(self) -> str:
        """Return the same sentences."""
        return render("reading", heading="", sentences=self.sentences(), statuses=[])

    def _repr_mimebundle_(self, **options: object) -> Any:
        packed = gzip.compress(self.csv, mtime=0)
        shown = super()._repr_mimebundle_(**options)  # type: ignore[misc]
        return {**shown, RESULTS_TYPE: base64.b64encode(packed).decode()}


def _withheld(frame: pd.DataFrame) -> int:
    """Return how many results are numbers that are not shown."""
    names = frame.loc[frame["stat"].isna(), "stat_name"]
    return int(sum(STATISTICS[name].scale != "text" for name in names if name in STATISTICS))
