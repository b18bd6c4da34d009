"""Write the files of a synthetic trial: all of them, or none."""

import tempfile
from collections.abc import Mapping
from pathlib import Path


def put(files: Mapping[str, str], folder: Path) -> None:
    """Write files into a folder, each moved into place whole.

    Parameters
    ----------
    files
        Name → text.
    folder
        Made if it is not there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    # Moved into place whole, so that an interrupted run leaves no half table.
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        for name, text in files.items():
            path = Path(scratch) / name
            path.write_text(text, encoding="utf-8", newline="\n")
            path.replace(folder / path.name)
