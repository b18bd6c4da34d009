"""What the two sides of a comparison name: files, a git revision, or the working tree."""

import io
import os
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path

from analysis import paths
from analysis.errors import UserError
from analysis.report.build import build
from analysis.report.results_files import COMPARABLE
from analysis.report.runs import choose, load_runs
from analysis.report.scratch import scratch

REPORTS = "build", "revisions"
"""Where the reports of revisions are kept, below the project."""


def side(name: str, runs: Sequence[str] = ()) -> tuple[Path, str]:
    """Return what is to be compared, made anew if it has to be, and what it is in words.

    `name` is a path, a git revision, or nothing for the report of the working tree.

    Raises
    ------
    UserError
        If it is none of these, or its report fails.
    """
    if not name:
        build(choose(load_runs(), runs))
        return paths.REPORTS, "the working tree"
    if Path(name).exists():
        return Path(name), paths.shown(Path(name))
    if commit := find_revision(name):
        return report_of(commit, runs), f"revision {name} ({commit[:12]})"
    raise UserError(f"there is no '{name}'; name {COMPARABLE}, or a revision of git")


def find_revision(name: str) -> str:
    """Return the id of the commit that git understands by a name; empty if none, or no git."""
    if name.startswith("-"):
        return ""
    return _git("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}").decode().strip()


def report_of(commit: str, runs: Sequence[str] = ()) -> Path:
    """Make the report of a commit from its own notebooks, code and data, and return its folder.

    Raises
    ------
    UserError
        If the revision's own report fails.

    Notes
    -----
    The revision is unpacked into a temporary folder, which git need not know of, and executed with
    the packages of the present environment. Its report is kept below ``build/revisions``, so that
    the next comparison is quick.
    """
    folder = paths.ROOT.joinpath(*REPORTS, commit[:12])
    with scratch("revision") as made:
        tree = made / "project"
        # A zip, since a tar needs a filter that the first versions of Python 3.11 lack.
        with zipfile.ZipFile(io.BytesIO(_git("archive", "--format=zip", commit))) as archive:
            archive.extractall(tree)
        done = subprocess.run(
            [sys.executable, "-m", "analysis", "report", *runs, "--folder", str(folder)],
            cwd=tree,
            env={**os.environ, "PYTHONPATH": str(tree)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    if done.returncode:
        said = done.stderr.strip().rpartition("error: ")[2] or "it said nothing"
        raise UserError(f"the report of revision {commit[:12]} failed: {said}")
    return folder


def _git(*arguments: str) -> bytes:
    try:
        found = subprocess.run(["git", *arguments], cwd=paths.ROOT, capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return b""
    return found.stdout
