"""The folder of a calibrated study on disk: written whole, and its table read back."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from analysis import paths
from analysis.errors import UserError
from analysis.sources.synthetic.reading import TABLE
from analysis.sources.synthetic.writing import put
from analysis.yaml_files import YamlError, read_yaml

PLAN = "trial.yml"


def write_folder(files: Mapping[str, str], folder: Path, trial_id: str) -> None:
    """Write the files of a trial folder.

    Parameters
    ----------
    files
        Name → text.
    folder
        Where; new, empty, or of the same trial. What an earlier version left there is removed.
    trial_id
        Id of the trial.

    Raises
    ------
    UserError
        If the folder holds something else. Nothing is written then.
    """
    where = paths.shown(folder)
    if folder.exists() and not folder.is_dir():
        raise UserError(f"--folder must be a folder; {where} is a file; name another")
    there = sorted(each.name for each in folder.iterdir()) if folder.is_dir() else []
    if there and _id(folder / PLAN) != trial_id:
        raise UserError(
            f"--folder must be new, empty, or made before of this study; {where} holds "
            f"{', '.join(there[:3])}{' …' if len(there) > 3 else ''}; name another"
        )
    put(files, folder)
    for name in there:
        if name not in files and name.endswith(".csv"):
            (folder / name).unlink()


def _id(plan: Path) -> str:
    try:
        return str(read_yaml(plan)["id"])
    except (YamlError, KeyError, TypeError):
        return ""


def read_reproduced(folder: Path) -> pd.DataFrame | None:
    """Return the table of a calibrated study; None where the folder has none.

    Parameters
    ----------
    folder
        A trial folder.
    """
    file = folder / TABLE
    if not file.is_file():
        return None
    frame = pd.read_csv(file, sep="\t", dtype=str, keep_default_na=False)
    return frame.assign(value=pd.to_numeric(frame["value"]), decimals=frame["decimals"].astype(int))
