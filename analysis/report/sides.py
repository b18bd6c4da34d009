"""What the two sides of a comparison name: files, a git revision, or the working tree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from analysis import paths
from analysis.errors import UserError
from analysis.report.build import build
from analysis.report.revision import find_revision, report_of
from analysis.report.runs import choose, load_runs


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a comparison.

    Parameters
    ----------
    path
        A results file, a run, or a report.
    words
        What it is, for a reader.
    """

    path: Path
    words: str


def side(name: str, runs: Sequence[str] = ()) -> Side:
    """Find what is to be compared, and make it if it has to be executed first.

    Parameters
    ----------
    name
        A path, a git revision, or nothing for the report of the working tree.
    runs
        Names of runs; all if none.

    Raises
    ------
    UserError
        If it is none of these, or its report fails.
    """
    if not name:
        build(choose(load_runs(), runs))
        return Side(paths.REPORTS, "the working tree")
    if Path(name).exists():
        return Side(Path(name), paths.shown(Path(name)))
    if commit := find_revision(name):
        return Side(report_of(commit, runs), f"revision {name} ({commit[:12]})")
    raise UserError(
        f"there is no '{name}'; name a results.csv, the folder of a run, a report, or a revision "
        "of git"
    )
