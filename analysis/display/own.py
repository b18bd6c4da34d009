"""Tables and figures of an analyst's own on a page: result rows, badge and style as the project's.

Whatever is shown is a row of ``results.csv`` first; the page shows how that row is written.
"""

from __future__ import annotations

import os
import re
from collections.abc import Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, get_args

from analysis.brief import brief
from analysis.display.finished import FIGURES_FOLDER
from analysis.display.frame_table import FrameTable, columns_of, keys_of
from analysis.display.own_figure import Drawing, OwnFigure
from analysis.errors import UserError, warnings_are_errors
from analysis.parameters import ParameterError
from analysis.results import OWN_ANALYSIS, DataStatus, DeclaredRun, Results, rows_of
from analysis.results.frames import Tidy, read_frame

STATUSES = get_args(DataStatus)
NOT_STATED = "not stated"
"""The source of numbers whose author names none."""


@brief
@dataclass(frozen=True, slots=True)
class Origin:
    """What numbers rest on: the run they are of, if any, and what their author says of them."""

    run: DeclaredRun | None
    data_status: str
    plan_status: str
    words: Mapping[str, str]

    def results(self, tidy: Tidy, analysis_id: str) -> Results:
        """Return the rows of a frame."""
        frame = tidy.long()
        if frame.empty:
            return Results()
        given = {name: text for name, text in self.words.items() if text}
        frame = frame.assign(plan_status=self.plan_status, **given)
        options: dict[str, Any] = {"context": OWN_ANALYSIS, **tidy.groups()}
        if self.run is None:
            return rows_of(frame.assign(data_status=self.data_status), analysis_id, **options)
        # Not by the run's own `results`: a topic's has a context of its own.
        return self.run.written(frame, analysis_id, **options)


class OwnAnalyses:
    """The methods of a page for tables and figures of one's own."""

    def table(
        self: Any,
        frame: Any,
        title: str,
        *,
        rows: Sequence[Hashable] | None = None,
        statistics: Mapping[Hashable, str] | None = None,
        headers: Mapping[str, str] | None = None,
        unit: str | Mapping[Hashable, str] = "",
        decimals: int | Mapping[Hashable, int] | None = None,
        data_status: str = "",
        source: str = "",
        population: str = "",
        method: str = "",
        note: str = "",
        footnotes: Sequence[str] = (),
        planned: bool = False,
    ) -> FrameTable:
        """Show a frame as a table, and keep its numbers as results.

        A column called like a statistic (``n``, ``mean``, ``std``, ``conf.low``, ``p.value``, …)
        is written by the rule of that statistic, any other number as it was recorded; words, days
        and yes or no are results in words. Running a cell again replaces its table.

        Parameters
        ----------
        frame
            A tidy pandas frame, or a series.
        title
            What it shows; the name of the table on its page.
        rows
            Columns that name the rows; by default an index that has a name or words, else the
            columns of words.
        statistics
            Column → statistic of ``analysis/results/statistics.csv``, where it is not called so.
        headers
            Column → header, where another is wanted.
        unit, decimals
            Of all columns, or by column; decimals are those shown.
        data_status
            ``"published"``, ``"synthetic"`` or ``"real"``: needed where the page has no trial.
        source, population, method, note
            What stands with every number in ``results.csv``; by default the trial's.
        footnotes
            Sentences under the table.
        planned
            Whether a plan declared this analysis beforehand; otherwise it is exploratory.

        Returns
        -------
        FrameTable
            What JupyterLab shows; ``cell("A", column="mean")`` is a number of it as written.

        Raises
        ------
        UserError
            Naming the column or row that cannot be shown as it is, and what to do.

        Examples
        --------
        >>> import pandas as pd
        >>> from analysis.display import Page
        >>> from analysis.parameters import NotebookParameters
        >>> means = pd.DataFrame({"arm": ["A", "B"], "n": [9, 8], "mean": [5.25, 4.5]})
        >>> page = Page({}, NotebookParameters)
        >>> table = page.table(means, "Height, by arm", unit="cm", data_status="synthetic")
        >>> table.cell("A", column="mean"), table.results.text("n", group1_level="B")
        ('5.250', '8')
        """
        with _named("table", title), warnings_are_errors():
            analysis_id = _analysis_id(title, OWN_TABLE)
            run = self._run_of_own()
            origin = _origin(run, data_status, planned, source, population, method, note)
            tidy = read_frame(frame, rows=rows, statistics=statistics, unit=unit, decimals=decimals)
            results = origin.results(tidy, analysis_id)
            shown = FrameTable(
                title=title,
                results=results,
                labels={f"label{n}": label for n, label in enumerate(tidy.labels)},
                columns=columns_of(tidy, {str(k): v for k, v in (headers or {}).items()}),
                footnotes=[*footnotes, *_source_notes(origin, method, source)],
                lines=tidy.lines,
                cells=keys_of(tidy),
                names=[column.name for column in tidy.columns],
            )
            kept: FrameTable = self._keep_own(shown, analysis_id)
        return kept

    def figure(
        self: Any,
        draw: Any,
        title: str,
        *,
        alt: str = "",
        data: Any = None,
        height: float = 3.6,
        narrow_height: float = 0.0,
        caption: str = "",
        rows: Sequence[Hashable] | None = None,
        statistics: Mapping[Hashable, str] | None = None,
        unit: str | Mapping[Hashable, str] = "",
        decimals: int | Mapping[Hashable, int] | None = None,
        data_status: str = "",
        source: str = "",
        population: str = "",
        method: str = "",
        note: str = "",
        planned: bool = False,
    ) -> OwnFigure:
        """Show what a function draws, and keep the numbers that it draws as results.

        Parameters
        ----------
        draw
            A function of matplotlib axes, ``draw(axes)``; with a second parameter, ``narrow``,
            it is told whether it draws for a phone. pandas draws by ``frame.plot(ax=axes)``.
        title
            What it shows; stands above it.
        alt
            A sentence for those who cannot see it: what is drawn, and what it shows.
        data
            What is drawn: a frame, read like that of a table; or what ``page.table`` returned.
        height, narrow_height
            Inches, on a desk and on a phone; the same where the second is left out.
        caption
            A sentence under it.
        rows, statistics, unit, decimals, data_status, source, population, method, note, planned
            As in `table`.

        Returns
        -------
        OwnFigure
            What JupyterLab shows.

        Raises
        ------
        UserError
            If `draw` is no function, draws nothing, or its data or words are missing.
        """
        with _named("figure", title):
            analysis_id = _analysis_id(title, OWN_FIGURE)
            drawing = Drawing(draw)
            if len(str(alt).split()) < 4:
                raise UserError(
                    "alt must be a sentence that tells what is drawn and what it shows, for those "
                    f"who cannot see it; got '{alt}'"
                )
            if data is None:
                raise UserError(
                    "data must be what is drawn: a frame, or what page.table returned; every "
                    "number on a page is a result"
                )
            results, said = getattr(data, "results", data), []
            with warnings_are_errors():
                # What is on the page already says itself what it rests on.
                run = self._run_of_own()
                self._refuse_own_before(results)
                if not isinstance(results, Results):
                    origin = _origin(run, data_status, planned, source, population, method, note)
                    tidy = read_frame(
                        data, rows=rows, statistics=statistics, unit=unit, decimals=decimals
                    )
                    results = origin.results(tidy, analysis_id)
                    said = _source_notes(origin, method, source)
            shown = OwnFigure(
                title=title,
                alt=alt,
                draw=drawing,
                height=height,
                narrow_height=narrow_height or height,
                results=results,
                caption=" ".join([caption, *said]).strip(),
            )
            _draw_now(shown, drawing)
            kept: OwnFigure = self._keep_own(shown, analysis_id)
        return kept


OWN_TABLE, OWN_FIGURE = "own", "own-figure"
"""How the names of own analyses begin in ``results.csv``."""


def _draw_now(figure: OwnFigure, drawing: Drawing) -> None:
    """Make the drawings that will be asked for; an error in the function is the analyst's."""
    wanted_as_files = bool(os.environ.get(FIGURES_FOLDER))
    figure.drawn(narrow=False, vector=wanted_as_files)
    told = list(drawing.warned)
    if wanted_as_files:
        figure.drawn(narrow=True)
    drawing.warned[:] = told
    drawing.tell()


@contextmanager
def _named(kind: str, title: Any) -> Iterator[None]:
    """Let a sentence begin with what it is about."""
    try:
        yield
    except ParameterError:
        raise
    except UserError as error:
        said = str(error)
        named = said if said.startswith(f"{kind} '") else f"{kind} '{title}': {said}"
        raise type(error)(named) from None


def _analysis_id(title: Any, prefix: str) -> str:
    """Return the name of an own analysis; refuse a title that is none, or another's."""
    if not isinstance(title, str) or not re.search(r"\w", title):
        raise UserError("the title must be words that say what is shown")
    words = re.sub(r"\W+", "-", title.casefold()).strip("-")
    return f"{prefix}-{words}"


def _origin(
    run: DeclaredRun | None,
    status: str,
    planned: bool,
    source: str,
    population: str,
    method: str,
    note: str,
) -> Origin:
    """Return what the numbers rest on, by the page's run and by what is said of them."""
    if status and status not in STATUSES:
        raise UserError(f"data_status must be {_choice()}; got '{status}'")
    words = {"source": source, "population": population, "method": method, "note": note}
    if run is None and not status:
        raise UserError(f"say what kind of data these are: data_status={_choice()}")
    if run is not None and status not in ("", run.data_status):
        if not source:
            raise UserError(
                f"the data of this page's trial are {run.data_status}; if these are other data, "
                f"{status}, say where they come from: source='…'"
            )
        run = None
    followed = planned and not (run and run.departures)
    if run is None:
        words["source"] = source or NOT_STATED
    return Origin(run, status, "planned" if followed else "exploratory", words)


def _choice() -> str:
    *others, last = (f"'{status}'" for status in STATUSES)
    return f"{', '.join(others)} or {last}"


def _source_notes(origin: Origin, method: str, source: str) -> list[str]:
    """Return the method, and the source where it is not the page's own."""
    said = [f"{method.rstrip('.')}."] if method else []
    if origin.run is None or source:
        said.append(f"Source: {origin.words['source'].rstrip('.')}.")
    return said
