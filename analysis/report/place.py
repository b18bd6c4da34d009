"""Put what was made in its place whole or not at all, whenever the process may end.

A folder is made beside its place and then renamed; a file likewise. A process that is killed
leaves a hidden folder behind, from which the next one restores and which it clears away.
"""

import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

BUILDING = ".building-"
OLD = "old"
PAGE, NOTEBOOK, RESULTS, SUMMARY = "index.html", "notebook.ipynb", "results.csv", "run.json"
FOUND = "search.json"
"""The files of a run; its figures stand in a folder beside them."""
DESCRIPTION = "grid.json"
"""What the front page of the report needs to know of a grid."""
SEARCHED = "search-data.js"
"""All that the front page finds, beside it."""


def put_folder(folder: Path, name: str, files: Mapping[str, bytes]) -> None:
    """Replace a folder below the report folder by new files: path below it → content."""
    with tempfile.TemporaryDirectory(prefix=f"{BUILDING}{name}-", dir=folder) as made:
        new = Path(made) / name
        for path, content in files.items():
            (new / path).parent.mkdir(parents=True, exist_ok=True)
            (new / path).write_bytes(content)
        if (folder / name).exists():
            os.replace(folder / name, Path(made) / OLD)
        os.replace(new, folder / name)


def put_file(path: Path, content: str | bytes) -> bool:
    """Replace a file; return whether its content is new."""
    content = content.encode() if isinstance(content, str) else content
    if path.is_file() and path.read_bytes() == content:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f"{BUILDING}{path.name}-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return True


def recover(folder: Path) -> None:
    """Restore and clear away what a killed process left in a report folder."""
    for left in folder.glob(f"{BUILDING}*"):
        name = left.name.removeprefix(BUILDING).rpartition("-")[0]
        # Killed between the two renames: the old page comes back until the new one is made.
        if (left / OLD).is_dir() and not (folder / name).exists():
            os.replace(left / OLD, folder / name)
        if left.is_dir():
            shutil.rmtree(left, ignore_errors=True)
        else:
            left.unlink(missing_ok=True)
