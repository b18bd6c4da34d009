"""The folder of a trial: a shipped one by its id, any other by its path."""

import os
from pathlib import Path

from analysis import paths
from analysis.errors import UserError, suggestion
from analysis.words import counted, listed

TRIALS = paths.DATA / "trials"


def trial_folder(trial: str | Path) -> Path:
    """Return the folder of a shipped trial by its id, or of any other by its path.

    Parameters
    ----------
    trial
        An id or a path. A relative path is looked for in the current directory, in the project's
        root and in its ``notebooks``, so that it means the same wherever a notebook is run.

    Raises
    ------
    UserError
        If there is no such folder, which says where it was looked for; or if a relative path
        names two different ones with a ``trial.yml``, as which it is would hang on where one is.
    """
    shipped = TRIALS / str(trial)
    if isinstance(trial, str) and trial and os.path.isfile(shipped / "trial.yml"):
        return shipped
    places = paths.candidates(trial) if str(trial).strip() else ()
    folders = [Path(os.path.realpath(place)) for place in places if os.path.isdir(place)]
    planned = [folder for folder in dict.fromkeys(folders) if (folder / "trial.yml").is_file()]
    if len(planned) > 1:
        raise UserError(
            f"trial '{trial}' names {counted(len(planned), 'folder')}, "
            f"{listed(list(map(str, planned)))}; give the whole path of the one that is meant"
        )
    if folders:
        return (planned or folders)[0]
    known = sorted(path.parent.name for path in TRIALS.glob("*/trial.yml"))
    looked = f"; looked for {listed(list(map(str, places)))}" if places else ""
    raise UserError(
        f"trial must be one of {', '.join(known)}, or a folder with a trial.yml; got '{trial}'"
        f"{looked}{suggestion(str(trial), known)}"
    )
