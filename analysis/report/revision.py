"""The report of a git revision, made from its own files beside the working tree."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Sequence
from pathlib import Path

from analysis import paths
from analysis.errors import UserError

REPORTS = "build", "revisions"
"""Where the reports of revisions are kept, below the project."""


def find_revision(name: str) -> str:
    """Return the full id of a commit; empty if there is no such commit, or no git.

    Parameters
    ----------
    name
        Anything that git understands: a branch, a tag, ``HEAD~1``, an id.
    """
    if name.startswith("-"):
        return ""
    return _git("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}").decode().strip()


def report_of(commit: str, runs: Sequence[str] = ()) -> Path:
    """Make the report of a revision and return its folder.

    Parameters
    ----------
    commit
        The full id of a commit.
    runs
        Names of runs; all of that revision's if none.

    Returns
    -------
    pathlib.Path
        A report folder below ``build/revisions``, kept so that the next comparison is quick.

    Raises
    ------
    UserError
        If the revision's own report fails.

    Notes
    -----
    The revision's notebooks, code and data are unpacked into a temporary folder, which git need
    not know of, and executed with the packages of the present environment.
    """
    folder = paths.ROOT.joinpath(*REPORTS, commit[:12])
    with tempfile.TemporaryDirectory(prefix="analysis-revision-") as name:
        tree = Path(name) / "project"
        with tarfile.open(fileobj=io.BytesIO(_git("archive", "--format=tar", commit))) as archive:
            archive.extractall(tree, filter="data")
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
