"""A git filter: git sees every notebook in its stored form, whatever wrote it.

``.gitattributes`` names the filter, and git knows nothing of it until it is set up in the
repository's own settings. Without it, or where the environment has gone, git works as ever.
A file of another size is changed to ``git status`` before any filter sees it, until ``git add``;
so the JupyterLab of ``make lab`` writes the stored form itself (`lab`).
"""

import shlex
import subprocess
import sys

from analysis import paths
from analysis.errors import UserError
from analysis.report.normalise import stored_notebooks

NAME = "valtropin-notebook"
SETTING = f"filter.{NAME}.clean"


def install() -> str:
    """Set the filter up in the repository that holds the project, and say so.

    Raises
    ------
    UserError
        If there is no git, no repository, or another filter for notebooks.
    """
    python, module = shlex.quote(sys.executable), "analysis/report/normalise.py"
    # git runs it at the top of its folder; the project may lie deeper, or be older than the filter.
    here = shlex.quote(_git("rev-parse", "--show-prefix") or ".")
    command = (
        f"if cd {here} 2>/dev/null && test -x {python} && test -f {module}; "
        f"then {python} -m analysis normalise -; else cat; fi"
    )
    _git("config", "--local", SETTING, command)
    other = _other_filter()
    if other:
        raise UserError(
            f"git uses the filter {other!r} for notebooks, so that this one does nothing; remove "
            "that one from .git/info/attributes to use this one"
        )
    return (
        "git now sees notebooks in their stored form; undo it with: "
        "python -m analysis normalise --uninstall"
    )


def uninstall() -> str:
    """Take out what `install` set up, and say so."""
    if not _has_setting():
        return "git has no filter for notebooks here: nothing is to be undone"
    _git("config", "--local", "--remove-section", f"filter.{NAME}")
    for path in stored_notebooks():
        # git remembers files by their times; now it has to look at their content again.
        path.touch()
    return "git sees notebooks again as they are on the disk"


def is_set_up() -> bool:
    """Say whether git sees the stored notebooks through the filter."""
    try:
        return _has_setting() and not _other_filter()
    except UserError:
        return False


def _has_setting() -> bool:
    return bool(_git("config", "--local", "--default", "", "--get", SETTING))


def _other_filter() -> str:
    """Return the filter that git uses for a notebook if it is not this one."""
    notebook = (paths.NOTEBOOKS / "any.ipynb").relative_to(paths.ROOT).as_posix()
    used = _git("check-attr", "filter", "--", notebook).rpartition(": ")[2]
    return "" if used == NAME else used


def _git(*arguments: str) -> str:
    try:
        done = subprocess.run(
            ["git", *arguments], cwd=paths.ROOT, capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        raise UserError("git is not installed: there is nothing to set up") from None
    if done.returncode:
        said = done.stderr.strip().removeprefix("fatal: ")
        raise UserError(f"git cannot do this in {paths.ROOT}: {said}")
    return done.stdout.strip()
